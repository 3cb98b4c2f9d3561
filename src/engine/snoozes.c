/* Snoozes that are over, looked for each second: only when one can be, in the book. */
#include "base/str.h"

#include "engine/state.h"
#include "signal/snooze.h"

static bool look(struct cn_engine *engine, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_snooze_next(conn, &engine->signals.snooze_next, err);
    cn_db_release(engine->options.db, conn);
    return ok;
}

struct ending {
    struct cn_engine *engine;
    struct cn_arena *arena; /* of the round */
    int64_t *accounts;
    size_t count;
};

static bool end_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct ending *ending = arg;
    struct cn_unit unit = cn_engine_unit(ending->engine, conn, ending->arena);
    return cn_engine_guard(ending->engine, &unit, err) &&
           cn_snooze_end(&unit, ending->engine->options.tell, &ending->accounts, &ending->count,
                         err);
}

bool cn_engine_end_snoozes(struct cn_engine *engine, cn_time now, struct cn_error *err)
{
    struct cn_signals *signals = &engine->signals;
    struct ending ending = { .engine = engine, .arena = &engine->scratch };
    if (signals->snooze_next.us == 0 && !look(engine, err)) {
        return false;
    }
    if (signals->snooze_next.us > now.us) {
        return true;
    }
    signals->snooze_next = (cn_time){ 0 }; /* another one is the next then */
    if (!cn_db_write(engine->options.db, end_work, &ending, err)) {
        return false;
    }
    for (size_t i = 0; i < ending.count; i++) {
        uint32_t row = 0;
        if (cn_frame_find(engine->frame, ending.accounts[i], &row)) {
            cn_bitmap_add(&engine->active, row); /* who looks at it is told */
        }
    }
    return true;
}
