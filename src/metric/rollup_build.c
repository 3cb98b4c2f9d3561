/*
 * Metrics that are counted for the first time: their rows are made from a scan of the log.
 *
 * Others write while the log is scanned.  Everything up to a boundary is the scan's, what comes
 * after it is flushed as always, and the scan writes in parts, each in a transaction of its own
 * with how far it came: rows add up in any order.  Accounts whose rows are made anew meanwhile are
 * complete by that, and left out from then on.
 *
 * Boundary, how far and those accounts are on disk, and while they are, the metrics are counted
 * whatever the program: so that after a crash the same build goes on after its last part.  Until
 * that the metrics are not built.
 */
#include <assert.h>
#include <stdlib.h>

#include "metric/rollup.h"
#include "metric/rollup_impl.h"

enum {
    PART_ROWS = 200000 /* and members; they take some 100 bytes each */
};

struct cn_rollup_build {
    struct cn_rollup_collector collector; /* first */
    const struct cn_rollup_builder *with;
    uint32_t *metrics; /* ascending */
    size_t metric_count;
    size_t part_rows;
    int64_t after_seq;     /* where it begins or goes on */
    int64_t upto_seq;      /* the boundary */
    struct cn_map rebuilt; /* accounts that are left out */
    size_t matching;       /* metrics on disk that are among ours */
    size_t stored;         /* metrics on disk */
    bool is_spoilt;        /* some days of an account were made anew, which nobody does */
    bool has_failed;
    struct cn_error err; /* then */
};

static bool is_building(const struct cn_rollup_build *build, uint32_t metric)
{
    for (size_t i = 0; i < build->metric_count; i++) {
        if (build->metrics[i] == metric) {
            return true;
        }
    }
    return false;
}

static bool keep_building_metric(void *arg, uint32_t metric)
{
    return is_building(arg, metric);
}

static void list_building(struct cn_rollup *rollup, struct cn_rollup_build *build)
{
    pthread_mutex_lock(&rollup->lock);
    build->metrics = cn_heap_resize(NULL, (rollup->metric_count + 1) * sizeof(uint32_t));
    for (size_t i = 0; i < rollup->metric_count; i++) {
        if (rollup->metrics[i].is_used && !rollup->metrics[i].built) {
            build->metrics[build->metric_count++] = rollup->metrics[i].metric;
        }
    }
    pthread_mutex_unlock(&rollup->lock);
}

/* From when they are on disk until they are built. */
static void mark(struct cn_rollup *rollup, const struct cn_rollup_build *build, bool is_built)
{
    pthread_mutex_lock(&rollup->lock);
    for (size_t i = 0; i < rollup->metric_count; i++) {
        struct cn_rollup_metric *metric = &rollup->metrics[i];
        metric->is_kept = !is_built && is_building(build, metric->metric);
        metric->built = metric->built || (is_built && is_building(build, metric->metric));
    }
    pthread_mutex_unlock(&rollup->lock);
}

void cn_rollup_note_rebuilt(struct cn_rollup *rollup, const struct cn_rollup_scope *scope)
{
    struct cn_rollup_build *build = rollup->build;
    bool was_new = false;
    if (build == NULL) {
        return;
    }
    build->is_spoilt |= scope->first_day > INT32_MIN || scope->last_day < INT32_MAX;
    for (size_t i = 0; i < scope->account_count; i++) {
        (void)cn_map_put(&build->rebuilt, (uint64_t)scope->accounts[i], &was_new);
    }
}

static void look_at(void *arg, const struct cn_store_build *stored)
{
    struct cn_rollup_build *build = arg;
    build->stored++;
    build->matching += is_building(build, stored->metric) && stored->after_seq >= 0;
    build->after_seq = stored->after_seq;
    build->upto_seq = stored->upto_seq;
}

/* Nothing is there of them yet, or something of which nobody knows how much. */
static bool begin_anew(struct cn_rollup_build *build, struct cn_sql_conn *conn,
                       struct cn_error *err)
{
    const struct cn_rollup_builder *with = build->with;
    build->after_seq = 0;
    build->upto_seq = build->collector.rollup->stored.seq;
    if (!cn_store_end_build(conn, err) ||
        (with->position != NULL && !with->position(with->arg, conn, &build->upto_seq, err))) {
        return false;
    }
    for (size_t i = 0; i < build->metric_count; i++) {
        struct cn_store_build begun = { build->metrics[i], 0, build->upto_seq };
        if (!cn_store_drop_metric(conn, begun.metric, err) ||
            !cn_store_begin_build(conn, &begun, err)) {
            return false;
        }
    }
    return true;
}

static bool begin_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct cn_rollup_build *build = arg;
    const struct cn_rollup_builder *with = build->with;
    build->stored = 0;
    build->matching = 0;
    if ((with->guard != NULL && !with->guard(with->arg, conn, err)) ||
        !cn_store_build(conn, look_at, build, err)) {
        return false;
    }
    bool goes_on = build->stored == build->metric_count && build->matching == build->metric_count;
    return goes_on ? cn_store_rebuilt(conn, &build->rebuilt, err) : begin_anew(build, conn, err);
}

struct part {
    struct cn_rollup_build *build;
    struct cn_deltas deltas;
    bool is_last;
};

static bool end_work(const struct cn_rollup_build *build, struct cn_sql_conn *conn,
                     struct cn_error *err)
{
    for (size_t i = 0; i < build->metric_count; i++) {
        if (!cn_store_mark_built(conn, build->metrics[i], err)) {
            return false;
        }
    }
    return cn_store_end_build(conn, err);
}

static bool part_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct part *part = arg;
    const struct cn_rollup_build *build = part->build;
    const struct cn_rollup_builder *with = build->with;
    const struct cn_rollup *rollup = build->collector.rollup;
    int64_t seq = build->collector.sink.seq > 0 ? build->collector.sink.seq : -1;
    if ((with->guard != NULL && !with->guard(with->arg, conn, err)) ||
        !(part->is_last ? end_work(build, conn, err) : cn_store_save_build(conn, seq, err))) {
        return false;
    }
    return rollup->is_shared
               ? cn_store_add_many(conn, &part->deltas, rollup->members_max, err)
               : cn_store_add(conn, CN_STORE_HOT, &part->deltas, rollup->members_max, err);
}

static bool keep_other_account(void *arg, const struct cn_delta *row)
{
    const struct cn_rollup_build *build = arg;
    return cn_map_get(&build->rebuilt, (uint64_t)row->account_id) == NULL;
}

/* With `write_lock` held.  What was collected is written and no longer there. */
static bool write_part(struct cn_rollup_build *build, bool is_last, struct cn_error *err)
{
    struct cn_rollup *rollup = build->collector.rollup;
    if (build->is_spoilt) {
        return cn_fail(err, CN_UNAVAILABLE, "accounts were counted anew in between");
    }
    struct part part = { .build = build, .is_last = is_last };
    part.deltas = cn_deltas_filter(&build->collector.deltas, keep_other_account, build);
    bool ok = cn_db_write(rollup->db, part_work, &part, err);
    cn_deltas_deinit(&part.deltas);
    cn_deltas_clear(&build->collector.deltas);
    return ok;
}

/* A sink cannot fail: the rest of the scan is for nothing then. */
static void collect_part(struct cn_rollup_sink *sink, const struct cn_metric_fact *facts,
                         size_t count)
{
    struct cn_rollup_build *build = (struct cn_rollup_build *)sink;
    struct cn_rollup *rollup = build->collector.rollup;
    if (build->has_failed) {
        return;
    }
    cn_rollup_collect(sink, facts, count);
    if (build->collector.deltas.count + build->collector.deltas.member_count >= build->part_rows) {
        cn_rollup_lock_writes(rollup);
        build->has_failed = !write_part(build, false, &build->err);
        pthread_mutex_unlock(&rollup->write_lock);
    }
}

/* With `write_lock` held, and let go in between. */
static bool build_in_parts(struct cn_rollup *rollup, struct cn_rollup_build *build,
                           struct cn_error *err)
{
    assert(rollup->build == NULL);
    if (!cn_rollup_flush_all(rollup, err) || !cn_db_write(rollup->db, begin_work, build, err)) {
        return false;
    }
    mark(rollup, build, false);
    pthread_mutex_lock(&rollup->lock);
    cn_known_members_forget(&rollup->known);
    pthread_mutex_unlock(&rollup->lock);
    rollup->build = build;
    build->collector.sink.after_seq = build->after_seq;
    build->collector.sink.seq = build->after_seq;
    pthread_mutex_unlock(&rollup->write_lock);
    bool ok = build->with->scan(build->with->arg, build->upto_seq, &build->collector.sink, err);
    cn_rollup_lock_writes(rollup);
    if (ok && build->has_failed) {
        *err = build->err;
    }
    ok = ok && !build->has_failed && write_part(build, true, err);
    rollup->build = NULL;
    if (ok) {
        mark(rollup, build, true);
    }
    return ok;
}

bool cn_rollup_build(struct cn_rollup *rollup, const struct cn_rollup_builder *with,
                     struct cn_error *err)
{
    struct cn_rollup_build build = { .with = with,
                                     .part_rows =
                                         with->part_rows > 0 ? with->part_rows : PART_ROWS };
    build.collector = (struct cn_rollup_collector){
        .sink = { .add = collect_part },
        .rollup = rollup,
        .filter = { .keep_metric = keep_building_metric, .arg = &build },
    };
    cn_rollup_lock_writes(rollup);
    list_building(rollup, &build);
    bool ok = build.metric_count == 0 || build_in_parts(rollup, &build, err);
    pthread_mutex_unlock(&rollup->write_lock);
    cn_deltas_deinit(&build.collector.deltas);
    cn_map_deinit(&build.rebuilt);
    free(build.metrics);
    return ok || cn_error_context(err, "building metrics");
}
