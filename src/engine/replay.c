#include "engine/replay.h"

#include "engine/state.h"

enum {
    FLUSH_EVENTS = 1000000 /* so that memory stays bounded */
};

struct replay {
    struct cn_engine *engine;
    struct cn_rollup *into;
    int64_t mapping;
    int64_t since_flush;
    bool failed;
    struct cn_error *err;
};

static bool count_event(void *arg, const struct cn_event *event)
{
    struct replay *replay = arg;
    struct cn_engine *engine = replay->engine;
    struct cn_metric_fact fact;
    int64_t account = cn_subject_map_find(engine->subjects, event->subject, event->at);
    bool counts = account != 0 && cn_metric_fact_from(event, account, engine->options.tz, &fact);
    cn_rollup_add(replay->into, &fact, counts ? 1 : 0,
                  (struct cn_rollup_position){ event->seq, replay->mapping });
    if (++replay->since_flush == FLUSH_EVENTS) {
        replay->since_flush = 0;
        replay->failed = !cn_rollup_flush(replay->into, replay->err);
    }
    return !replay->failed;
}

bool cn_engine_replay(struct cn_engine *engine, struct cn_rollup *into,
                      struct cn_rollup_difference *difference_out, struct cn_error *err)
{
    struct replay replay = { .engine = engine,
                             .into = into,
                             .mapping = cn_subject_map_version(engine->subjects),
                             .err = err };
    size_t building = 0;
    int64_t end = cn_event_log_position(engine->log);
    if (!cn_rollup_flush(engine->options.rollup, err) ||
        !cn_rollup_copy_names(into, engine->options.rollup, err) ||
        !cn_rollup_use(into, engine->program->metrics, &building, err) ||
        !cn_event_log_scan(engine->log, 1, end, count_event, &replay, err) || replay.failed ||
        !cn_rollup_flush(into, err)) {
        return cn_error_context(err, "counting the log again");
    }
    return cn_rollup_compare(engine->options.rollup, into, difference_out, err);
}
