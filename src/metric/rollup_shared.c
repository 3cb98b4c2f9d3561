/*
 * Rollups in a database that several processes use: a flush adds to rows that are there for good,
 * and a rebuild keeps it waiting.
 */

#include <stdlib.h>

#include "base/str.h"

#include "metric/rollup.h"
#include "metric/rollup_impl.h"

enum {
    LEARN_ATTEMPTS_MAX = 5,
};

struct learning {
    cn_str name;
    size_t names_max;
    bool built;
    struct cn_store_metric metric;
};

static bool learn_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct learning *learning = arg;
    return cn_store_learn_metric(conn, learning->name, learning->names_max, learning->built,
                                 &learning->metric, err);
}

/* Two processes may choose the same number; the one that loses looks again. */
static bool learn_name(struct cn_rollup *rollup, struct learning *learning, struct cn_error *err)
{
    struct cn_error lost;
    bool ok = false;
    for (int attempt = 1; !ok; attempt++) {
        ok = cn_db_write(rollup->db, learn_work, learning, &lost);
        if (!ok && (lost.code != CN_CONFLICT || attempt == LEARN_ATTEMPTS_MAX)) {
            *err = lost;
            return false;
        }
    }
    pthread_mutex_lock(&rollup->lock);
    if (learning->metric.metric != 0) {
        cn_rollup_know(rollup, &learning->metric);
    } else {
        rollup->is_full = true;
    }
    rollup->stored_metrics = rollup->metric_count;
    pthread_mutex_unlock(&rollup->lock);
    return true;
}

bool cn_rollup_has_rows(struct cn_rollup *rollup, bool *has_rows_out, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_rollup_flush(rollup, err) || !cn_db_read(rollup->db, &conn, err)) {
        return false;
    }
    bool ok = cn_store_has_rows(conn, has_rows_out, err);
    cn_db_release(rollup->db, conn);
    return ok;
}

bool cn_rollup_learn_metrics(struct cn_rollup *rollup, const struct cn_metric_list *metrics,
                             struct cn_error *err)
{
    bool is_late = false;
    if (!cn_rollup_has_rows(rollup, &is_late, err)) {
        return false;
    }
    pthread_mutex_lock(&rollup->lock);
    is_late = is_late || rollup->upto.seq > 0; /* not flushed yet */
    pthread_mutex_unlock(&rollup->lock);
    for (size_t i = 0; i < metrics->count; i++) {
        char text[CN_ROLLUP_METRIC_NAME_MAX_BYTES];
        uint32_t number = 0;
        const struct cn_metric *metric = &metrics->items[i];
        bool was_counted = metric->event.len > 0 && metric->property.len == 0 &&
                           metric->member != CN_MEMBER_NAME && !rollup->is_full;
        struct learning learning = { .name = cn_rollup_metric_name(metric, text),
                                     .names_max = INT32_MAX,
                                     .built = !is_late || was_counted };
        if (!cn_rollup_metric_of(rollup, metric, &number) && !learn_name(rollup, &learning, err)) {
            return false;
        }
    }
    return true;
}

/* The names that have no number here yet, each once. */
static void list_unknown(struct cn_rollup *rollup, const struct cn_metric_fact *facts, size_t count,
                         struct cn_str_map *names)
{
    pthread_mutex_lock(&rollup->lock);
    for (size_t i = 0; !rollup->is_full && i < count; i++) {
        bool was_new = false;
        if (facts[i].kind == CN_FACT_EVENT && cn_rollup_is_countable(facts[i].name) &&
            !cn_matcher_knows(&rollup->matcher, facts[i].name)) {
            (void)cn_str_map_put(names, facts[i].name, &was_new); /* only its key matters */
        }
    }
    pthread_mutex_unlock(&rollup->lock);
}

bool cn_rollup_learn(struct cn_rollup *rollup, const struct cn_metric_fact *facts, size_t count,
                     struct cn_error *err)
{
    struct cn_str_map names;
    size_t cursor = 0;
    cn_str name;
    uint64_t unused = 0;
    bool ok = true;
    cn_str_map_init(&names);
    list_unknown(rollup, facts, count, &names);
    while (ok && cn_str_map_next(&names, &cursor, &name, &unused)) {
        char text[CN_ROLLUP_METRIC_NAME_MAX_BYTES];
        struct cn_metric metric = { .kind = CN_METRIC_COUNT, .event = name };
        struct learning learning = { .name = cn_rollup_metric_name(&metric, text),
                                     .names_max = rollup->names_max,
                                     .built = true };
        ok = learn_name(rollup, &learning, err);
    }
    cn_str_map_deinit(&names);
    return ok || cn_error_context(err, "giving event names their numbers");
}

bool cn_rollup_write_shared(struct cn_rollup *rollup, struct cn_sql_conn *conn,
                            struct cn_fresh_members *fresh, struct cn_error *err)
{
    const struct cn_rollup_companion *companion = &rollup->companion;
    int64_t mapping = 0;
    bool is_done = false;
    if (companion->begin != NULL &&
        !companion->begin(companion->arg, conn, rollup->waiting_upto.seq, &is_done, err)) {
        return false;
    }
    if (is_done) {
        return true;
    }
    if (!cn_store_lock_mapping(conn, false, &mapping, err)) {
        return false;
    }
    if (mapping != rollup->waiting_upto.mapping) {
        return cn_fail(err, CN_CONFLICT, "another process has moved subjects to other accounts");
    }
    pthread_mutex_lock(&rollup->lock);
    cn_known_members_filter(&rollup->known, mapping, &rollup->waiting, fresh);
    pthread_mutex_unlock(&rollup->lock);
    return cn_store_add_many(conn, &rollup->waiting, rollup->members_max, err) &&
           (companion->write == NULL || companion->write(companion->arg, conn, err));
}

void cn_rollup_written_shared(struct cn_rollup *rollup, const struct cn_fresh_members *fresh)
{
    pthread_mutex_lock(&rollup->lock);
    cn_known_members_add(&rollup->known, fresh);
    pthread_mutex_unlock(&rollup->lock);
}

struct shared_rebuild {
    struct cn_rollup_collector *collector;
    const struct cn_rollup_scope *scope;
    int64_t mapping;
    cn_rollup_scan *scan;
    void *arg;
};

/* May run again from its start.  Writers hold the mapping until they commit, so that the scan sees
 * the events of all of them, and wait for this one before they add more. */
static bool rebuild_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct shared_rebuild *rebuild = arg;
    struct cn_rollup_collector *collector = rebuild->collector;
    int64_t mapping = 0;
    cn_deltas_clear(&collector->deltas);
    if ((rebuild->scope->guard != NULL && !rebuild->scope->guard(rebuild->arg, conn, err)) ||
        !cn_store_lock_mapping(conn, true, &mapping, err)) {
        return false;
    }
    struct cn_rollup_position position = { .mapping = rebuild->mapping };
    return rebuild->scan(rebuild->arg, INT64_MAX, &collector->sink, err) &&
           cn_rollup_drop(conn, rebuild->scope, err) &&
           cn_store_add_many(conn, &collector->deltas, collector->rollup->members_max, err) &&
           cn_store_save_position(conn, position, err);
}

bool cn_rollup_rebuild_shared(struct cn_rollup_collector *collector,
                              const struct cn_rollup_scope *scope, int64_t mapping,
                              cn_rollup_scan *scan, void *arg, struct cn_error *err)
{
    struct shared_rebuild rebuild = {
        .collector = collector, .scope = scope, .mapping = mapping, .scan = scan, .arg = arg
    };
    struct cn_rollup *rollup = collector->rollup;
    if (!cn_db_write(rollup->db, rebuild_work, &rebuild, err)) {
        return false;
    }
    pthread_mutex_lock(&rollup->lock);
    cn_known_members_forget(&rollup->known);
    rollup->stored.mapping = mapping;
    rollup->upto.mapping = mapping; /* its seq may have gone on */
    pthread_mutex_unlock(&rollup->lock);
    return true;
}

bool cn_rollup_copied_seq(struct cn_sql_conn *conn, int64_t *seq_out, struct cn_error *err)
{
    struct cn_rollup_position position;
    if (!cn_store_position(conn, &position, err)) {
        return false;
    }
    *seq_out = position.seq;
    return true;
}

static bool fold_all(struct cn_sql_conn *conn, struct cn_error *err)
{
    int64_t days[CN_STORE_FOLD_DAYS_MAX];
    struct cn_store_fold part = { .days = days,
                                  .rows = CN_STORE_FOLD_ROWS,
                                  .members_max = CN_ROLLUP_MEMBERS_MAX };
    for (;;) {
        if (!cn_store_hot_days(conn, INT64_MAX, days, CN_ARRAY_LEN(days), &part.day_count, err)) {
            return false;
        }
        if (part.day_count == 0) {
            return true;
        }
        int64_t moved = 0;
        for (int64_t next = INT64_MIN; next != INT64_MAX;) {
            part.from = next;
            if (!cn_store_fold(conn, &part, &next, &moved, err)) {
                return false;
            }
        }
    }
}

/* PostgreSQL keeps the position among the consumers, in the transaction that counts. */
bool cn_rollup_settle_copy(struct cn_sql_conn *conn, int64_t seq, struct cn_error *err)
{
    struct cn_rollup_position position;
    if (!cn_store_position(conn, &position, err)) {
        return false;
    }
    position.seq = cn_sql_is_embedded(conn) ? seq : 0;
    if (!cn_store_end_build(conn, err)) { /* a build begins again there */
        return false;
    }
    if (!cn_sql_is_embedded(conn) && !fold_all(conn, err)) {
        return cn_error_context(err, "folding the rollups");
    }
    return cn_store_save_position(conn, position, err);
}
