/*
 * Which process derives state in a PostgreSQL database: the one that took over last.
 *
 * The row "engine" of the consumers holds a number that grows with each take-over.  Whatever the
 * engine writes begins by holding that row under its own number until the commit.  So a take-over
 * waits for what is being written, and afterwards the process before it writes nothing any more,
 * even if it does not know yet that its lease (sql/lease.h) is gone.
 *
 * Embedded, the lock of the data folder does this.
 */
#include "book/change.h"
#include "engine/state.h"

static bool take_over(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct cn_engine *engine = arg;
    struct cn_unit unit = cn_engine_unit(engine, conn, &engine->scratch);
    return cn_position_advance(&unit, "engine", &engine->fence, err);
}

bool cn_engine_take_over(struct cn_engine *engine, struct cn_error *err)
{
    return cn_db_is_embedded(engine->options.db) ||
           cn_db_write(engine->options.db, take_over, engine, err);
}

bool cn_engine_guard(struct cn_engine *engine, const struct cn_unit *unit, struct cn_error *err)
{
    bool holds = false;
    if (cn_sql_is_embedded(unit->conn)) {
        return true;
    }
    return cn_position_hold(unit, "engine", engine->fence, &holds, err) &&
           (holds || cn_fail(err, CN_CONFLICT, "another cairn has taken over the database"));
}

bool cn_engine_is_done(const struct cn_unit *unit, const char *consumer, int64_t seq,
                       bool *done_out, struct cn_error *err)
{
    int64_t position = 0;
    if (cn_sql_is_embedded(unit->conn)) {
        *done_out = false; /* its commits never lose their answer */
        return true;
    }
    if (!cn_position_load(unit, consumer, &position, err)) {
        return false;
    }
    *done_out = position >= seq;
    return true;
}

/* A flush of the rollups on PostgreSQL. */
static bool begin_flush(void *arg, struct cn_sql_conn *conn, int64_t seq, bool *done_out,
                        struct cn_error *err)
{
    struct cn_engine *engine = arg;
    struct cn_arena arena;
    cn_arena_init(&arena, 1024);
    struct cn_unit unit = cn_engine_unit(engine, conn, &arena);
    engine->flushed_seq = seq;
    bool ok = cn_engine_guard(engine, &unit, err) &&
              cn_engine_is_done(&unit, "rollup", seq, done_out, err);
    cn_arena_deinit(&arena);
    return ok;
}

static bool write_flush(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct cn_engine *engine = arg;
    struct cn_arena arena;
    cn_arena_init(&arena, 1024);
    struct cn_unit unit = cn_engine_unit(engine, conn, &arena);
    bool ok = cn_parked_write(engine->parked, conn, err) &&
              cn_position_save(&unit, "rollup", engine->flushed_seq, err);
    cn_arena_deinit(&arena);
    return ok;
}

static void end_flush(void *arg)
{
    const struct cn_engine *engine = arg;
    cn_parked_written(engine->parked);
}

void cn_engine_accompany(struct cn_engine *engine)
{
    struct cn_rollup_companion embedded = { .write = cn_parked_write,
                                            .written = cn_parked_written,
                                            .arg = engine->parked };
    struct cn_rollup_companion shared = {
        .begin = begin_flush, .write = write_flush, .written = end_flush, .arg = engine
    };
    cn_rollup_accompany(engine->options.rollup,
                        cn_db_is_embedded(engine->options.db) ? &embedded : &shared);
}
