/* Rollups made anew from the log: for accounts whose subjects moved. */
#include "engine/state.h"

enum {
    /* Subjects are scattered over the log until it is packed: reading one by one an eighth of them
     * takes longer than reading everything once. */
    SCAN_ALL_FROM_SHARE = 8,
};

struct collection {
    struct cn_engine *engine;
    struct cn_rollup_sink *sink;
    struct cn_metric_fact fact;
};

/* A fact borrows the event's text, so it is handed on at once. */
static bool collect(void *arg, const struct cn_event *event)
{
    struct collection *into = arg;
    struct cn_engine *engine = into->engine;
    int64_t account = cn_subject_map_find(engine->subjects, event->subject, event->at);
    if (account != 0 && cn_metric_fact_from(event, account, engine->options.tz, &into->fact)) {
        into->sink->add(into->sink, &into->fact, 1);
    }
    return true;
}

struct rebuilding {
    struct cn_engine *engine;
    const int64_t *account_ids;
    size_t count;
};

static bool guard(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct rebuilding *what = arg;
    struct cn_unit unit = cn_engine_unit(what->engine, conn, &what->engine->scratch);
    return cn_engine_guard(what->engine, &unit, err);
}

/* The subjects of the accounts; a subject may belong to several. */
static void gather_subjects(const struct rebuilding *what, struct cn_arena *arena,
                            struct cn_map *subjects)
{
    for (size_t i = 0; i < what->count; i++) {
        int64_t *items = NULL;
        size_t count =
            cn_subject_map_subjects(what->engine->subjects, what->account_ids[i], arena, &items);
        for (size_t j = 0; j < count; j++) {
            bool is_new = false;
            (void)cn_map_put(subjects, (uint64_t)items[j], &is_new); /* only whether it is there */
        }
    }
}

static bool scan_subjects(void *arg, int64_t upto_seq, struct cn_rollup_sink *sink,
                          struct cn_error *err)
{
    const struct rebuilding *what = arg;
    struct cn_engine *engine = what->engine;
    struct collection into = { .engine = engine, .sink = sink };
    /* What comes after is counted when it is fed, under the new mapping. */
    int64_t last = upto_seq < engine->position.seq ? upto_seq : engine->position.seq;
    struct cn_arena arena;
    struct cn_map subjects = { 0 };
    cn_arena_init(&arena, (size_t)16 * 1024);
    gather_subjects(what, &arena, &subjects);
    bool ok = true;
    if (subjects.count * SCAN_ALL_FROM_SHARE >= cn_subject_map_count(engine->subjects)) {
        ok = cn_event_log_scan(engine->log, 1, last, collect, &into, err);
    } else {
        size_t cursor = 0;
        uint64_t subject = 0;
        uint64_t unused = 0;
        while (ok && cn_map_next(&subjects, &cursor, &subject, &unused)) {
            ok = cn_event_log_scan_subject(engine->log, (int64_t)subject, 1, last, collect, &into,
                                           err);
        }
    }
    cn_map_deinit(&subjects);
    cn_arena_deinit(&arena);
    return ok;
}

bool cn_engine_rebuild(struct cn_engine *engine, const int64_t *account_ids, size_t count,
                       struct cn_error *err)
{
    struct rebuilding what = { engine, account_ids, count };
    struct cn_rollup_rebuild rebuild = {
        .account_ids = account_ids,
        .account_count = count,
        .first_day = INT32_MIN,
        .last_day = INT32_MAX,
        .mapping = cn_subject_map_version(engine->subjects),
        .guard = guard,
        .scan = scan_subjects,
        .arg = &what,
    };
    if (!cn_rollup_rebuild(engine->options.rollup, &rebuild, err) ||
        !cn_series_load(engine->series, engine->options.rollup, account_ids, count, err)) {
        return cn_error_context(err, "counting moved events anew");
    }
    return true;
}
