#include "metric/rollup.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "metric/rollup_impl.h"
#include "sql/migrate.h"

extern const struct cn_embedded_file cn_rollup_migrations[];
extern const size_t cn_rollup_migrations_count;

enum {
    TEXT_BLOCK_BYTES = 4096,
    EVENT_NAME_MAX_BYTES = 512,
    STRETCH_FACTS = 16,
};

#define EVENT_PREFIX "event:"
#define PART         "\x1f" /* between the parts of a name */

bool cn_rollup_migrate(struct cn_sql_conn *conn, cn_time now, struct cn_error *err)
{
    return cn_migrate(conn, "rollup", cn_rollup_migrations, cn_rollup_migrations_count, now, err);
}

bool cn_rollup_check(struct cn_sql_conn *conn, struct cn_error *err)
{
    return cn_migrate_check(conn, "rollup", cn_rollup_migrations, cn_rollup_migrations_count, err);
}

cn_str cn_rollup_metric_name(const struct cn_metric *metric,
                             char text[CN_ROLLUP_METRIC_NAME_MAX_BYTES])
{
    size_t size = CN_ROLLUP_METRIC_NAME_MAX_BYTES;
    int len = 0;
    if (metric->of_trait) {
        len = snprintf(text, size, "trait:%.*s", CN_STR_ARG(metric->property));
    } else if (metric->member == CN_MEMBER_NAME) {
        len = snprintf(text, size, "names:*");
    } else if (metric->member == CN_MEMBER_VALUE) {
        len = snprintf(text, size, "values:%.*s" PART "%.*s", CN_STR_ARG(metric->event),
                       CN_STR_ARG(metric->property));
    } else if (metric->kind == CN_METRIC_COUNT || metric->member == CN_MEMBER_USER) {
        len = snprintf(text, size, EVENT_PREFIX "%.*s", CN_STR_ARG(metric->event));
    } else {
        len = snprintf(text, size, "number:%.*s" PART "%.*s", CN_STR_ARG(metric->event),
                       CN_STR_ARG(metric->property));
    }
    assert(len > 0 && (size_t)len < size); /* definitions are shorter */
    return (cn_str){ text, (size_t)len };
}

uint32_t cn_rollup_number(struct cn_rollup *rollup, cn_str name, bool built, bool *was_new_out)
{
    uint64_t *index = cn_str_map_put(&rollup->by_name, name, was_new_out);
    if (!*was_new_out) {
        return rollup->metrics[*index].metric;
    }
    *index = rollup->metric_count;
    rollup->metrics =
        cn_heap_resize(rollup->metrics, (rollup->metric_count + 1) * sizeof(rollup->metrics[0]));
    uint32_t number = CN_ROLLUP_FIRST;
    if (rollup->metric_count > 0) {
        number = rollup->metrics[rollup->metric_count - 1].metric + 1;
    }
    rollup->metrics[rollup->metric_count++] = (struct cn_rollup_metric){
        .name = cn_arena_str(&rollup->texts, name), .metric = number, .built = built
    };
    rollup->event_names += cn_str_starts_with(name, CN_STR(EVENT_PREFIX));
    return number;
}

bool cn_rollup_metric_of(struct cn_rollup *rollup, const struct cn_metric *metric,
                         uint32_t *number_out)
{
    char text[CN_ROLLUP_METRIC_NAME_MAX_BYTES];
    cn_str name = cn_rollup_metric_name(metric, text);
    bool is_every = cn_str_equal(name, CN_STR(EVENT_PREFIX "*"));
    pthread_mutex_lock(&rollup->lock);
    const uint64_t *index = cn_str_map_get(&rollup->by_name, name);
    uint32_t number = index != NULL ? rollup->metrics[*index].metric : 0;
    pthread_mutex_unlock(&rollup->lock);
    *number_out = is_every ? (uint32_t)CN_ROLLUP_EVERY : number;
    return is_every || index != NULL;
}

void cn_rollup_know(struct cn_rollup *rollup, const struct cn_store_metric *metric)
{
    bool was_new = false;
    cn_rollup_number(rollup, metric->name, metric->built, &was_new);
    if (!was_new) {
        return;
    }
    rollup->metrics[rollup->metric_count - 1].metric = metric->metric;
    if (cn_str_starts_with(metric->name, CN_STR(EVENT_PREFIX))) {
        cn_str event = cn_str_slice(metric->name, sizeof(EVENT_PREFIX) - 1, metric->name.len);
        cn_matcher_add(
            &rollup->matcher, event,
            (struct cn_match_rule){ .take = CN_TAKE_EVENT_USER, .target = metric->metric });
    }
}

static bool load_metric(void *arg, const struct cn_store_metric *metric, struct cn_error *err)
{
    (void)err; /* cannot fail */
    cn_rollup_know(arg, metric);
    return true;
}

/* A name says what is counted under it. */
static void feed_kept(struct cn_rollup *rollup, const struct cn_rollup_metric *of)
{
    struct cn_metric metric = { .kind = CN_METRIC_SUM };
    cn_str rest = of->name;
    cn_str kind = CN_STR("");
    cn_str event = CN_STR("");
    (void)cn_str_split(&rest, ':', &kind); /* there is one */
    (void)cn_str_split(&rest, PART[0], &event);
    if (cn_str_equal(kind, CN_STR("trait"))) {
        metric.of_trait = true;
        metric.property = event;
    } else {
        metric.event = event;
        metric.property = rest;
    }
    if (cn_str_equal(kind, CN_STR("names"))) {
        metric.member = CN_MEMBER_NAME;
    } else if (cn_str_equal(kind, CN_STR("values"))) {
        metric.member = CN_MEMBER_VALUE;
    }
    cn_rollup_feed_metric(rollup, &metric, of->metric);
}

void cn_rollup_start_matcher(struct cn_rollup *rollup)
{
    int64_t refused = rollup->matcher.refused;
    cn_matcher_deinit(&rollup->matcher);
    cn_matcher_init(&rollup->matcher);
    rollup->matcher.refused = refused;
    cn_matcher_add(&rollup->matcher, CN_STR("*"),
                   (struct cn_match_rule){ .take = CN_TAKE_EVENT_USER, .target = CN_ROLLUP_EVERY });
    cn_matcher_add_trait(&rollup->matcher, (struct cn_match_rule){ .take = CN_TAKE_EVENT,
                                                                   .target = CN_ROLLUP_GROUPS });
    for (size_t i = 0; i < rollup->metric_count; i++) {
        const struct cn_rollup_metric *metric = &rollup->metrics[i];
        if (cn_str_starts_with(metric->name, CN_STR(EVENT_PREFIX))) {
            cn_str event = cn_str_slice(metric->name, sizeof(EVENT_PREFIX) - 1, metric->name.len);
            cn_matcher_add(
                &rollup->matcher, event,
                (struct cn_match_rule){ .take = CN_TAKE_EVENT_USER, .target = metric->metric });
        } else if (metric->is_kept) {
            feed_kept(rollup, metric);
        }
    }
}

static void load_build(void *arg, const struct cn_store_build *build)
{
    struct cn_rollup *rollup = arg;
    for (size_t i = 0; i < rollup->metric_count; i++) {
        rollup->metrics[i].is_kept |= rollup->metrics[i].metric == build->metric;
    }
}

static bool read_catalogue(struct cn_rollup *rollup, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(rollup->db, &conn, err)) {
        return false;
    }
    bool ok = cn_store_metrics(conn, load_metric, rollup, err) &&
              cn_store_build(conn, load_build, rollup, err) &&
              cn_store_position(conn, &rollup->stored, err);
    cn_db_release(rollup->db, conn);
    rollup->stored_metrics = rollup->metric_count;
    rollup->upto = rollup->stored;
    return ok;
}

bool cn_rollup_open(const struct cn_rollup_options *options, struct cn_rollup **rollup_out,
                    struct cn_error *err)
{
    struct cn_rollup *rollup = cn_heap_resize(NULL, sizeof(*rollup));
    *rollup = (struct cn_rollup){
        .db = options->db,
        .is_shared = !cn_db_is_embedded(options->db),
        .names_max = options->names_max != 0 ? options->names_max : CN_ROLLUP_NAMES_MAX,
        .members_max = options->members_max != 0 ? options->members_max : CN_ROLLUP_MEMBERS_MAX,
        .write_lock = PTHREAD_MUTEX_INITIALIZER,
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    if (rollup->members_max < CN_STORE_MEMBERS_MIN) {
        rollup->members_max = CN_STORE_MEMBERS_MIN;
    }
    cn_str_map_init(&rollup->by_name);
    cn_arena_init(&rollup->texts, TEXT_BLOCK_BYTES);
    cn_matcher_init(&rollup->matcher);
    if (!read_catalogue(rollup, err)) {
        cn_rollup_close(rollup);
        return cn_error_context(err, "opening the rollups");
    }
    cn_rollup_start_matcher(rollup);
    *rollup_out = rollup;
    return true;
}

void cn_rollup_close(struct cn_rollup *rollup)
{
    if (rollup == NULL) {
        return;
    }
    cn_deltas_deinit(&rollup->waiting);
    cn_deltas_deinit(&rollup->deltas);
    cn_known_members_deinit(&rollup->known);
    cn_matcher_deinit(&rollup->matcher);
    free(rollup->touches.items);
    free(rollup->metrics);
    cn_str_map_deinit(&rollup->by_name);
    cn_arena_deinit(&rollup->texts);
    pthread_mutex_destroy(&rollup->lock);
    pthread_mutex_destroy(&rollup->write_lock);
    free(rollup);
}

void cn_rollup_accompany(struct cn_rollup *rollup, const struct cn_rollup_companion *companion)
{
    rollup->companion = *companion;
}

struct cn_rollup_position cn_rollup_position(struct cn_rollup *rollup)
{
    pthread_mutex_lock(&rollup->lock);
    struct cn_rollup_position position = rollup->stored;
    pthread_mutex_unlock(&rollup->lock);
    return position;
}

bool cn_rollup_is_countable(cn_str event_name)
{
    return event_name.len > 0 && event_name.len <= EVENT_NAME_MAX_BYTES &&
           !cn_str_equal(event_name, CN_STR("*")) &&
           memchr(event_name.ptr, '\0', event_name.len) == NULL;
}

/* A name gets rows of its own while there is room; else it counts as "(other)". */
static void meet_name(struct cn_rollup *rollup, cn_str name)
{
    char text[sizeof(EVENT_PREFIX) + EVENT_NAME_MAX_BYTES];
    bool was_new = false;
    if (rollup->is_shared || rollup->event_names >= rollup->names_max ||
        !cn_rollup_is_countable(name)) {
        return;
    }
    int len = snprintf(text, sizeof(text), EVENT_PREFIX "%.*s", CN_STR_ARG(name));
    uint32_t number = cn_rollup_number(rollup, (cn_str){ text, (size_t)len }, true, &was_new);
    cn_matcher_add(&rollup->matcher, name,
                   (struct cn_match_rule){ .take = CN_TAKE_EVENT_USER, .target = number });
}

static void match_fact(struct cn_rollup *rollup, const struct cn_metric_fact *fact)
{
    if (fact->kind == CN_FACT_EVENT && fact->name.len > 0 &&
        !cn_matcher_knows(&rollup->matcher, fact->name)) {
        meet_name(rollup, fact->name);
        if (!cn_matcher_knows(&rollup->matcher, fact->name)) {
            *cn_touch_add(&rollup->touches) = (struct cn_touch){ .target = CN_ROLLUP_OTHER,
                                                                 .has_member = fact->user != 0,
                                                                 .member = fact->user };
        }
    }
    cn_match(&rollup->matcher, fact, &rollup->touches);
}

/* What one fact touches, of which the rows are brought to the cache. */
static void match_kept(struct cn_rollup *rollup, const struct cn_deltas *deltas,
                       const struct cn_metric_fact *fact, uint32_t index,
                       const struct cn_rollup_filter *filter)
{
    size_t kept = rollup->touches.count;
    size_t from = kept;
    if (filter == NULL || filter->keep_fact == NULL || filter->keep_fact(filter->arg, fact)) {
        match_fact(rollup, fact);
    }
    for (size_t i = from; i < rollup->touches.count; i++) {
        struct cn_touch touch = rollup->touches.items[i];
        if (filter == NULL || filter->keep_metric == NULL ||
            filter->keep_metric(filter->arg, touch.target)) {
            cn_deltas_prefetch(deltas, fact, touch.target);
            touch.fact = index;
            rollup->touches.items[kept++] = touch;
        }
    }
    rollup->touches.count = kept;
}

static void accumulate_stretch(struct cn_rollup *rollup, struct cn_deltas *deltas,
                               const struct cn_metric_fact *facts, size_t count,
                               const struct cn_rollup_filter *filter)
{
    rollup->touches.count = 0;
    for (size_t i = 0; i < count; i++) {
        match_kept(rollup, deltas, &facts[i], (uint32_t)i, filter);
    }
    for (size_t i = 0; i < rollup->touches.count; i++) {
        struct cn_touch *touch = &rollup->touches.items[i];
        touch->row = cn_deltas_row(deltas, &facts[touch->fact], touch);
    }
    for (size_t i = 0; i < rollup->touches.count; i++) {
        const struct cn_touch *touch = &rollup->touches.items[i];
        if (!cn_deltas_add(deltas, touch->row, &facts[touch->fact], touch)) {
            cn_match_refuse(&rollup->matcher, facts[touch->fact].name, "too large for a sum");
        }
    }
}

void cn_rollup_accumulate(struct cn_rollup *rollup, struct cn_deltas *deltas,
                          const struct cn_metric_fact *facts, size_t count,
                          const struct cn_rollup_filter *filter)
{
    /* A stretch of facts at a time, so that waiting for memory overlaps. */
    for (size_t first = 0; first < count; first += STRETCH_FACTS) {
        size_t stretch = count - first < STRETCH_FACTS ? count - first : STRETCH_FACTS;
        accumulate_stretch(rollup, deltas, &facts[first], stretch, filter);
    }
}

void cn_rollup_add(struct cn_rollup *rollup, const struct cn_metric_fact *facts, size_t count,
                   struct cn_rollup_position upto)
{
    pthread_mutex_lock(&rollup->lock);
    cn_rollup_accumulate(rollup, &rollup->deltas, facts, count, NULL);
    rollup->upto = upto;
    if (rollup->is_shared) { /* there, rebuilds alone move it */
        rollup->upto.mapping = rollup->stored.mapping;
    }
    pthread_mutex_unlock(&rollup->lock);
}

void cn_rollup_stats(struct cn_rollup *rollup, struct cn_rollup_stats *stats_out)
{
    struct cn_rollup_stats stats = { .names_max = rollup->names_max,
                                     .members_max = rollup->members_max,
                                     .is_folded = atomic_load(&rollup->is_folded) };
    pthread_mutex_lock(&rollup->lock);
    stats.names = rollup->event_names;
    stats.waiting_rows = rollup->taken_rows + rollup->deltas.count + rollup->deltas.member_count;
    stats.refused_values = rollup->matcher.refused;
    memcpy(stats.refused, rollup->matcher.refused_text, sizeof(stats.refused));
    for (size_t i = 0; i < rollup->metric_count; i++) {
        stats.building += !rollup->metrics[i].built;
    }
    pthread_mutex_unlock(&rollup->lock);
    *stats_out = stats;
}
