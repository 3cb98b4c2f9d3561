/* Rollups made anew from the log: for accounts whose subjects moved, and for metrics that a program
 * counts for the first time. */
#include "book/change.h"
#include "engine/apply_state.h"
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
    cn_apply_note_accounts(engine->apply, account_ids, count);
    return true;
}

enum {
    TELL_EVENTS = 4096
};

struct building {
    struct collection into; /* first */
    const struct cn_engine_build *what;
    int64_t count;
    bool is_stopped;
};

static bool guard_build(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct building *building = arg;
    struct cn_engine *engine = building->into.engine;
    struct cn_arena arena;
    cn_arena_init(&arena, 1024);
    struct cn_unit unit = cn_engine_unit(engine, conn, &arena);
    bool ok = cn_engine_guard(engine, &unit, err);
    cn_arena_deinit(&arena);
    return ok;
}

static bool load_position(void *arg, struct cn_sql_conn *conn, int64_t *seq_out,
                          struct cn_error *err)
{
    struct building *building = arg;
    struct cn_arena arena;
    cn_arena_init(&arena, 1024);
    struct cn_unit unit = cn_engine_unit(building->into.engine, conn, &arena);
    bool ok = cn_position_load(&unit, "rollup", seq_out, err);
    cn_arena_deinit(&arena);
    return ok;
}

static bool collect_and_tell(void *arg, const struct cn_event *event)
{
    struct building *building = arg;
    const struct cn_engine_build *what = building->what;
    if (building->count++ % TELL_EVENTS == 0 && what->progress != NULL &&
        !what->progress(what->arg, event->received)) {
        building->is_stopped = true;
        return false;
    }
    building->into.sink->seq = event->seq;
    return collect(&building->into, event);
}

static bool scan_everything(void *arg, int64_t upto_seq, struct cn_rollup_sink *sink,
                            struct cn_error *err)
{
    struct building *building = arg;
    building->into.sink = sink;
    building->count = 0;
    building->is_stopped = false;
    return cn_event_log_scan(building->into.engine->log, sink->after_seq + 1, upto_seq,
                             collect_and_tell, building, err) &&
           (!building->is_stopped || cn_fail(err, CN_UNAVAILABLE, "counting was given up"));
}

bool cn_engine_build_metrics(struct cn_engine *engine, const struct cn_engine_build *what,
                             struct cn_error *err)
{
    struct building building = { .into = { .engine = engine }, .what = what };
    bool is_shared = !cn_db_is_embedded(engine->options.db);
    struct cn_rollup_builder with = { .guard = is_shared ? guard_build : NULL,
                                      .position = is_shared ? load_position : NULL,
                                      .scan = scan_everything,
                                      .arg = &building };
    return cn_rollup_build(engine->options.rollup, &with, err);
}
