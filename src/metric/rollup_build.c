/*
 * Metrics that are counted for the first time: their rows are made from a scan of the log.
 *
 * Embedded, others write while the log is scanned.  Everything up to a boundary is the scan's, what
 * comes after it is flushed as always, and the scan writes in parts, each in a transaction of its
 * own: rows add up in any order.  Until the last part the metric is not built, so that a crash
 * begins again, with dropping what there is.  Accounts whose rows are made anew meanwhile are
 * complete by that, and left out from then on.
 *
 * On PostgreSQL it is one transaction that keeps all writers waiting.
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
    struct cn_rollup_scope metrics;
    size_t part_rows;
    struct cn_map rebuilt; /* accounts that are left out */
    bool is_spoilt;        /* some days of an account were made anew, which nobody does */
    bool has_failed;
    struct cn_error err; /* then */
};

static bool is_building(const struct cn_rollup_scope *scope, uint32_t metric)
{
    for (size_t i = 0; i < scope->metric_count; i++) {
        if (scope->metrics[i] == metric) {
            return true;
        }
    }
    return false;
}

static bool keep_building_metric(void *arg, uint32_t metric)
{
    return is_building(arg, metric);
}

static void list_building(struct cn_rollup *rollup, struct cn_rollup_scope *building)
{
    pthread_mutex_lock(&rollup->lock);
    building->metrics = cn_heap_resize(NULL, (rollup->metric_count + 1) * sizeof(uint32_t));
    for (size_t i = 0; i < rollup->metric_count; i++) {
        if (rollup->metrics[i].is_used && !rollup->metrics[i].built) {
            building->metrics[building->metric_count++] = rollup->metrics[i].metric;
        }
    }
    pthread_mutex_unlock(&rollup->lock);
}

static void mark_built(struct cn_rollup *rollup, const struct cn_rollup_scope *building)
{
    pthread_mutex_lock(&rollup->lock);
    for (size_t i = 0; i < rollup->metric_count; i++) {
        if (is_building(building, rollup->metrics[i].metric)) {
            rollup->metrics[i].built = true;
        }
    }
    pthread_mutex_unlock(&rollup->lock);
}

/* ---- embedded ---- */

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

static bool drop_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct cn_rollup_scope *metrics = arg;
    for (size_t i = 0; i < metrics->metric_count; i++) {
        if (!cn_store_drop_metric(conn, metrics->metrics[i], err)) {
            return false;
        }
    }
    return true;
}

struct part {
    struct cn_rollup_build *build;
    struct cn_deltas deltas;
    bool is_last;
};

static bool part_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct part *part = arg;
    const struct cn_rollup_build *build = part->build;
    for (size_t i = 0; part->is_last && i < build->metrics.metric_count; i++) {
        if (!cn_store_mark_built(conn, build->metrics.metrics[i], err)) {
            return false;
        }
    }
    return cn_store_add(conn, CN_STORE_HOT, &part->deltas, build->collector.rollup->members_max,
                        err);
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
                           const struct cn_rollup_builder *with, struct cn_error *err)
{
    assert(rollup->build == NULL);
    build->collector.sink.add = collect_part;
    if (!cn_rollup_flush_all(rollup, err) ||
        !cn_db_write(rollup->db, drop_work, &build->metrics, err)) {
        return false;
    }
    rollup->build = build;
    int64_t upto_seq = rollup->stored.seq;
    pthread_mutex_unlock(&rollup->write_lock);
    bool ok = with->scan(with->arg, upto_seq, &build->collector.sink, err);
    cn_rollup_lock_writes(rollup);
    if (ok && build->has_failed) {
        *err = build->err;
    }
    ok = ok && !build->has_failed && write_part(build, true, err);
    rollup->build = NULL;
    return ok;
}

bool cn_rollup_build(struct cn_rollup *rollup, const struct cn_rollup_builder *with,
                     struct cn_error *err)
{
    struct cn_rollup_build build = { .metrics.guard = with->guard,
                                     .part_rows =
                                         with->part_rows > 0 ? with->part_rows : PART_ROWS };
    build.collector = (struct cn_rollup_collector){
        .sink = { .add = cn_rollup_collect },
        .rollup = rollup,
        .filter = { .keep_metric = keep_building_metric, .arg = &build.metrics },
    };
    bool ok = true;
    cn_rollup_lock_writes(rollup);
    list_building(rollup, &build.metrics);
    if (build.metrics.metric_count > 0 && rollup->is_shared) {
        ok = cn_rollup_flush_all(rollup, err) &&
             cn_rollup_rebuild_shared(&build.collector, &build.metrics, NULL, with->scan, with->arg,
                                      err);
    } else if (build.metrics.metric_count > 0) {
        ok = build_in_parts(rollup, &build, with, err);
    }
    if (ok) {
        mark_built(rollup, &build.metrics);
    }
    pthread_mutex_unlock(&rollup->write_lock);
    cn_deltas_deinit(&build.collector.deltas);
    cn_map_deinit(&build.rebuilt);
    free(build.metrics.metrics);
    return ok || cn_error_context(err, "building metrics");
}
