/*
 * The second thread of the engine: each second, or in a flood each five, it writes what was counted
 * and folds days that are over; it packs the log; it keeps daily values for the next start
 * (keep.c); now and then it gives memory back.
 *
 * Not here: what is counted (feed.c), how it is written (metric/rollup.h).
 */
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#include "engine/keep.h"
#include "engine/state.h"

enum {
    NICE = 10,
    FLUSH_US = 1000000,
    FLUSH_MOST_US = 5000000,
    FLOOD_ROWS = 20000,       /* that waited: then the next flush gathers more */
    REST_TIMES = 3,           /* as long as a flush took, on PostgreSQL */
    TRIM_EVERY_US = 15000000, /* what a start or a flood took is given back */
};

void cn_engine_flush(struct cn_engine *engine)
{
    struct cn_error err;
    if (!cn_rollup_flush(engine->options.rollup, &err)) {
        cn_log_error("engine", &err, "writing rollups; the next second tries again");
        return;
    }
    int64_t today = cn_tz_day(engine->options.tz, cn_now(engine->options.clock));
    int64_t rows = 0;
    if (!cn_rollup_fold(engine->options.rollup, today - 1, &rows, &err)) {
        cn_log_error("engine", &err, "folding rollups of closed days");
    }
    if (cn_db_is_embedded(engine->options.db)) {
        cn_event_log_set_consumed(engine->log, cn_rollup_position(engine->options.rollup).seq);
    }
}

/*
 * A second, but what is written costs the more the fewer events it gathers, so it waits longer in a
 * flood: a start after a crash then counts so much more.  On PostgreSQL no more than a quarter of
 * the time goes into writing, since there a flush takes seconds.
 */
static int64_t pause_us(const struct cn_engine *engine, int64_t took_us, size_t rows)
{
    if (cn_db_is_embedded(engine->options.db)) {
        return rows < FLOOD_ROWS ? FLUSH_US : FLUSH_MOST_US;
    }
    int64_t rest_us = took_us * REST_TIMES;
    rest_us = rest_us < FLUSH_MOST_US ? rest_us : FLUSH_MOST_US;
    return rest_us > FLUSH_US ? rest_us : FLUSH_US;
}

/* When the next flush is due. */
static int64_t flush_and_rest(struct cn_engine *engine)
{
    struct cn_rollup_stats stats;
    int64_t from_us = cn_clock_monotonic_us();
    cn_rollup_stats(engine->options.rollup, &stats);
    cn_engine_flush(engine);
    int64_t now_us = cn_clock_monotonic_us();
    /* Less half a second: it is looked at each second. */
    return now_us + pause_us(engine, now_us - from_us, stats.waiting_rows) - FLUSH_US / 2;
}

/* False when the engine stops. */
static bool sleep_for(struct cn_engine *engine, int64_t us)
{
    const struct timespec until = cn_clock_until(us);
    (void)pthread_mutex_lock(&engine->settle_lock);
    int rc = 0;
    while (rc == 0 && !atomic_load(&engine->stopping)) {
        rc = pthread_cond_timedwait(&engine->halted, &engine->settle_lock, &until);
    }
    (void)pthread_mutex_unlock(&engine->settle_lock);
    return !atomic_load(&engine->stopping);
}

static void trim_if_due(int64_t *trimmed_us)
{
    int64_t now_us = cn_clock_monotonic_us();
    if (now_us - *trimmed_us >= TRIM_EVERY_US) {
        cn_heap_trim();
        *trimmed_us = now_us;
    }
}

void *cn_engine_run_flusher(void *arg)
{
    struct cn_engine *engine = arg;
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE); /* as in engine.c */
    int64_t trimmed_us = cn_clock_monotonic_us();
    engine->keeping.at_us = trimmed_us;
    int64_t due_us = trimmed_us;
    while (sleep_for(engine, FLUSH_US)) {
        if (cn_clock_monotonic_us() >= due_us) {
            due_us = flush_and_rest(engine);
        }
        if (cn_engine_series_is_due(engine)) {
            cn_engine_keep_series(engine);
        }
        trim_if_due(&trimmed_us);
        bool packed = false;
        struct cn_error err;
        if (!cn_event_log_pack(engine->log, &packed, &err)) {
            cn_log_error("engine", &err, "packing the event log");
        }
        trim_if_due(&trimmed_us);
    }
    return NULL;
}
