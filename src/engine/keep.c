/*
 * Daily values over a restart.  Reading them from the rollups takes long, so that they are kept as
 * a file now and then: after many events, and when a while has passed.  A start takes the file, and
 * adds what was counted since from the log; accounts whose subjects moved since are read from the
 * rollups.  Without a file that can be used, everything is.
 *
 * The file never goes further than the rollups do: it is put into its place only once they were
 * flushed as far.
 */
#include "engine/keep.h"

#include <unistd.h>

#include "base/log.h"

#include "engine/apply_state.h"
#include "engine/state.h"

enum {
    KEEP_EVENTS = 250000, /* adding so many at a start takes a fraction of a second */
    KEEP_PAUSE_US = 20000000,
    KEEP_SHARE = 20,     /* keeping takes no more than one part in so many of the time */
    LOAD_ALL_SHARE = 16, /* of accounts: reading them one by one takes longer than all */
    FEW_ACCOUNTS = 100,
    CATCH_UP_MAX_EVENTS = 1500000, /* adding more takes longer than reading all */
};

bool cn_engine_restore_series(struct cn_engine *engine)
{
    const char *path = engine->options.series_path;
    struct cn_rollup_position at;
    if (path == NULL) {
        return false;
    }
    if (!cn_series_restore(engine->series, path, cn_rollup_position(engine->options.rollup), &at)) {
        (void)unlink(path); /* one that goes too far would seem good once the rollups are there */
        return false;
    }
    engine->keeping.seq = at.seq;
    return true;
}

bool cn_engine_load_series(struct cn_engine *engine, struct cn_error *err)
{
    struct cn_rollup_position at = cn_rollup_position(engine->options.rollup);
    if (!cn_series_load(engine->series, engine->options.rollup, NULL, 0, err)) {
        return false;
    }
    cn_series_note(engine->series, at);
    return true;
}

/* ---- what was counted since ---- */

struct catching_up {
    struct cn_engine *engine;
    struct cn_map moved; /* accounts that are read from the rollups */
    size_t count;
};

static bool add_event(void *arg, const struct cn_event *event)
{
    struct catching_up *up = arg;
    struct cn_engine *engine = up->engine;
    struct cn_metric_fact fact;
    int64_t account = cn_subject_map_find(engine->subjects, event->subject, event->at);
    up->count++;
    if (account != 0 && cn_map_get(&up->moved, (uint64_t)account) == NULL &&
        cn_metric_fact_from(event, account, engine->options.tz, &fact)) {
        cn_series_add(engine->series, &fact, 1);
    }
    return true;
}

static bool list_moved(struct cn_engine *engine, int64_t mapping, int64_t **accounts_out,
                       size_t *count_out, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    *count_out = 0;
    if (mapping >= cn_subject_map_version(engine->subjects)) {
        return true;
    }
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_subject_map_changed_since(engine->subjects, conn, mapping, &engine->scratch,
                                           accounts_out, count_out, err);
    cn_db_release(engine->options.db, conn);
    return ok;
}

static bool add_since(struct catching_up *up, struct cn_rollup_position from,
                      struct cn_rollup_position to, const int64_t *moved, size_t moved_count,
                      struct cn_error *err)
{
    struct cn_engine *engine = up->engine;
    bool was_new = false;
    for (size_t i = 0; i < moved_count; i++) {
        (void)cn_map_put(&up->moved, (uint64_t)moved[i], &was_new); /* only its key matters */
    }
    return (from.seq == to.seq ||
            cn_event_log_scan(engine->log, from.seq + 1, to.seq, add_event, up, err)) &&
           (moved_count == 0 ||
            cn_series_load(engine->series, engine->options.rollup, moved, moved_count, err));
}

bool cn_engine_catch_up_series(struct cn_engine *engine, struct cn_error *err)
{
    struct cn_rollup_position from = cn_series_position(engine->series);
    struct cn_rollup_position to = cn_rollup_position(engine->options.rollup);
    struct catching_up up = { .engine = engine };
    int64_t *moved = NULL;
    size_t moved_count = 0;
    size_t accounts = 0;
    if (from.seq == to.seq && from.mapping == to.mapping) {
        return true;
    }
    (void)cn_book_facts_accounts(engine->facts, &accounts);
    if (!list_moved(engine, from.mapping, &moved, &moved_count, err)) {
        return false;
    }
    if (from.seq < 0 || to.seq - from.seq > CATCH_UP_MAX_EVENTS ||
        moved_count > accounts / LOAD_ALL_SHARE + FEW_ACCOUNTS) {
        return cn_engine_load_series(engine, err);
    }
    bool ok = add_since(&up, from, to, moved, moved_count, err);
    if (ok) {
        cn_series_note(engine->series, to);
        cn_log(CN_LOG_INFO, "engine",
               "daily values: %zu events since they were kept, %zu accounts read anew", up.count,
               moved_count);
    }
    cn_map_deinit(&up.moved);
    return ok;
}

/* ---- keeping ---- */

/* Rollups say a mapping only with what they count; an older one than that of the values makes a
 * start read more accounts anew, and is right too. */
void cn_engine_note_series(struct cn_engine *engine)
{
    int64_t mapping = cn_rollup_position(engine->options.rollup).mapping;
    if (cn_series_position(engine->series).seq == engine->position.seq) {
        return;
    }
    if (mapping > engine->position.mapping) {
        mapping = engine->position.mapping;
    }
    cn_series_note(engine->series, (struct cn_rollup_position){ engine->position.seq, mapping });
}

static bool save(struct cn_engine *engine, struct cn_rollup_position *at_out, struct cn_error *err)
{
    cn_engine_keep_program(engine); /* no other takes the place of the series */
    bool ok = cn_series_save(engine->series, engine->options.series_path, at_out, err);
    cn_engine_let_program(engine);
    return ok;
}

void cn_engine_keep_series(struct cn_engine *engine)
{
    struct cn_rollup *rollup = engine->options.rollup;
    struct cn_rollup_position at;
    struct cn_error err;
    if (engine->options.series_path == NULL) {
        return;
    }
    int64_t from_us = cn_clock_monotonic_us();
    bool were_others = atomic_exchange(&engine->keeping.are_others, false);
    bool ok = save(engine, &at, &err) && cn_rollup_flush(rollup, &err);
    if (ok) {
        struct cn_rollup_position flushed = cn_rollup_position(rollup);
        ok = flushed.seq >= at.seq && flushed.mapping >= at.mapping
                 ? cn_series_keep(engine->options.series_path, &err)
                 : cn_fail(&err, CN_CONFLICT, "the rollups do not go as far");
    }
    engine->keeping.at_us = cn_clock_monotonic_us();
    engine->keeping.took_us = engine->keeping.at_us - from_us;
    if (ok) {
        engine->keeping.seq = at.seq;
        return;
    }
    if (were_others) {
        atomic_store(&engine->keeping.are_others, true);
    }
    if (err.code != CN_CONFLICT) { /* else they were on the move */
        cn_log_error("engine", &err, "keeping daily values; a start may take longer");
    }
}

bool cn_engine_series_is_due(struct cn_engine *engine)
{
    const struct cn_keeping *keeping = &engine->keeping;
    int64_t since_us = cn_clock_monotonic_us() - keeping->at_us;
    int64_t events = cn_rollup_position(engine->options.rollup).seq - keeping->seq;
    if (events >= KEEP_EVENTS && since_us >= KEEP_PAUSE_US) {
        return since_us >= KEEP_SHARE * keeping->took_us;
    }
    return (events > 0 || atomic_load(&keeping->are_others)) && since_us >= engine->options.keep_us;
}
