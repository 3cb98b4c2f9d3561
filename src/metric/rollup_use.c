/*
 * What the program's metrics need besides what is rolled up anyway.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "metric/rollup.h"
#include "metric/rollup_impl.h"

void cn_rollup_feed_metric(struct cn_rollup *rollup, const struct cn_metric *metric,
                           uint32_t number)
{
    bool is_plain = !metric->of_trait && metric->property.len == 0;
    struct cn_match_rule rule = { .target = number, .property = metric->property };
    if (metric->member == CN_MEMBER_NAME) {
        rule.take = CN_TAKE_NAME;
    } else if (metric->member == CN_MEMBER_VALUE) {
        rule.take = CN_TAKE_VALUE;
    } else {
        rule.take = is_plain ? CN_TAKE_EVENT_USER : CN_TAKE_NUMBER;
    }
    if (metric->of_trait) {
        cn_matcher_add_trait(&rollup->matcher, rule);
    } else {
        cn_matcher_add(&rollup->matcher, metric->event, rule);
    }
}

/* A metric that the program names, with the rule that feeds its rows. */
static void use_metric(struct cn_rollup *rollup, const struct cn_metric *metric, bool has_events)
{
    char text[CN_ROLLUP_METRIC_NAME_MAX_BYTES];
    bool was_new = false;
    bool is_plain = !metric->of_trait && metric->property.len == 0;
    if (is_plain && metric->member != CN_MEMBER_NAME && cn_str_equal(metric->event, CN_STR("*"))) {
        return;
    }
    /* An event that never came while there was room for its name has no rows to miss. */
    bool was_counted =
        is_plain && metric->member != CN_MEMBER_NAME && rollup->event_names < rollup->names_max;
    cn_str name = cn_rollup_metric_name(metric, text);
    cn_rollup_feed_metric(rollup, metric,
                          cn_rollup_number(rollup, name, !has_events || was_counted, &was_new));
}

static bool is_used(const struct cn_rollup_metric *metric, const struct cn_metric_list *metrics)
{
    char text[CN_ROLLUP_METRIC_NAME_MAX_BYTES];
    if (cn_str_starts_with(metric->name, CN_STR("event:"))) {
        return true;
    }
    for (size_t i = 0; i < metrics->count; i++) {
        if (cn_str_equal(metric->name, cn_rollup_metric_name(&metrics->items[i], text))) {
            return true;
        }
    }
    return false;
}

/* Without rows yet: those of an event that never came while there was room for its name are
 * complete. */
static bool would_be_complete(const struct cn_rollup *rollup, const struct cn_metric *metric)
{
    bool is_plain = !metric->of_trait && metric->property.len == 0;
    return is_plain && metric->member != CN_MEMBER_NAME && !rollup->is_full &&
           rollup->event_names < rollup->names_max;
}

bool cn_rollup_missing(struct cn_rollup *rollup, const struct cn_metric_list *metrics,
                       bool *missing_out, size_t *count_out, struct cn_error *err)
{
    char text[CN_ROLLUP_METRIC_NAME_MAX_BYTES];
    bool has_events = rollup->is_shared;
    if (rollup->is_shared && !cn_rollup_has_rows(rollup, &has_events, err)) {
        return false;
    }
    size_t count = 0;
    pthread_mutex_lock(&rollup->lock);
    has_events = has_events || rollup->upto.seq > 0;
    for (size_t i = 0; i < metrics->count; i++) {
        const struct cn_metric *metric = &metrics->items[i];
        cn_str name = cn_rollup_metric_name(metric, text);
        const uint64_t *index = cn_str_map_get(&rollup->by_name, name);
        bool is_every = cn_str_equal(name, CN_STR("event:*"));
        missing_out[i] =
            !is_every && (index != NULL ? !rollup->metrics[*index].built
                                        : has_events && !would_be_complete(rollup, metric));
        count += missing_out[i];
    }
    pthread_mutex_unlock(&rollup->lock);
    *count_out = count;
    return true;
}

struct changes {
    struct cn_arena arena;
    struct cn_store_metric *items;
    size_t count;
};

/* A metric that is no longer fed is incomplete when a later program names it again. */
static void apply_program(struct cn_rollup *rollup, const struct cn_metric_list *metrics,
                          struct changes *changes, size_t *building_out)
{
    bool has_events = rollup->upto.seq > 0;
    cn_rollup_start_matcher(rollup);
    for (size_t i = 0; i < metrics->count; i++) {
        use_metric(rollup, &metrics->items[i], has_events);
    }
    changes->items =
        cn_arena_array(&changes->arena, struct cn_store_metric, rollup->metric_count + 1);
    for (size_t i = 0; i < rollup->metric_count; i++) {
        struct cn_rollup_metric *metric = &rollup->metrics[i];
        bool used = is_used(metric, metrics);
        metric->is_used = used;
        *building_out += used && !metric->built;
        if (i >= rollup->stored_metrics || (!used && metric->built)) {
            metric->built = metric->built && used;
            changes->items[changes->count++] =
                (struct cn_store_metric){ .metric = metric->metric,
                                          .name = cn_arena_str(&changes->arena, metric->name),
                                          .built = metric->built };
        }
    }
    rollup->stored_metrics = rollup->metric_count;
}

static bool save_changes(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct changes *changes = arg;
    for (size_t i = 0; i < changes->count; i++) {
        if (!cn_store_save_metric(conn, &changes->items[i], err)) {
            return false;
        }
    }
    return true;
}

bool cn_rollup_use(struct cn_rollup *rollup, const struct cn_metric_list *metrics,
                   size_t *building_out, struct cn_error *err)
{
    struct changes changes = { 0 };
    size_t building = 0;
    if (rollup->is_shared && !cn_rollup_learn_metrics(rollup, metrics, err)) {
        return cn_error_context(err, "preparing the program's metrics");
    }
    cn_arena_init(&changes.arena, 4096);
    cn_rollup_lock_writes(rollup);
    pthread_mutex_lock(&rollup->lock);
    size_t stored_before = rollup->stored_metrics;
    apply_program(rollup, metrics, &changes, &building);
    pthread_mutex_unlock(&rollup->lock);
    bool ok = changes.count == 0 || cn_db_write(rollup->db, save_changes, &changes, err);
    if (!ok) {
        pthread_mutex_lock(&rollup->lock);
        rollup->stored_metrics = stored_before; /* the next flush writes them */
        pthread_mutex_unlock(&rollup->lock);
    }
    pthread_mutex_unlock(&rollup->write_lock);
    cn_arena_deinit(&changes.arena);
    if (!ok) {
        return cn_error_context(err, "preparing the program's metrics");
    }
    *building_out = building;
    return true;
}

/* Names are copied with their numbers. */
static bool copy_into(struct cn_rollup *into, struct cn_rollup *from, struct cn_error *err)
{
    bool ok = true;
    pthread_mutex_lock(&from->lock);
    pthread_mutex_lock(&into->lock);
    if (into->metric_count > 0) {
        ok = cn_fail(err, CN_CONFLICT, "the rollup has names already");
    }
    for (size_t i = 0; ok && i < from->metric_count; i++) {
        bool was_new = false;
        cn_rollup_number(into, from->metrics[i].name, true, &was_new);
        into->metrics[i].metric = from->metrics[i].metric;
    }
    cn_rollup_start_matcher(into);
    pthread_mutex_unlock(&into->lock);
    pthread_mutex_unlock(&from->lock);
    return ok;
}

bool cn_rollup_copy_names(struct cn_rollup *into, struct cn_rollup *from, struct cn_error *err)
{
    return copy_into(into, from, err) || cn_error_context(err, "copying the names of metrics");
}
