#include "metric/series.h"

#include <assert.h>
#include <stdlib.h>

#include "base/str.h"

#include "metric/load.h"
#include "metric/rollup_impl.h"
#include "metric/series_impl.h"

enum {
    AHEAD_DAYS = 7, /* after today: what clocks that are fast may send */
    STRETCH_FACTS = 16,
    STRETCH_ROWS = 64,
};

static void add_rules(struct cn_series *series)
{
    static const enum cn_match_take takes[] = { [CN_MEMBER_NONE] = CN_TAKE_NUMBER,
                                                [CN_MEMBER_USER] = CN_TAKE_USER,
                                                [CN_MEMBER_NAME] = CN_TAKE_NAME,
                                                [CN_MEMBER_VALUE] = CN_TAKE_VALUE };
    for (size_t i = 0; i < series->metrics->count; i++) {
        const struct cn_metric *metric = &series->metrics->items[i];
        struct cn_match_rule rule = { .take = takes[metric->member],
                                      .target = (uint32_t)i,
                                      .property = metric->property };
        if (metric->kind == CN_METRIC_COUNT) {
            rule.take = CN_TAKE_EVENT;
        }
        if (metric->of_trait) {
            cn_matcher_add_trait(&series->matcher, rule);
        } else {
            cn_matcher_add(&series->matcher, metric->event, rule);
        }
    }
}

struct cn_series *cn_series_new(const struct cn_series_options *options)
{
    struct cn_series *series = cn_heap_resize(NULL, sizeof(*series));
    assert(options->reach_days >= 0 && options->reach_days <= CN_WINDOW_DAYS_MAX);
    assert(options->first_day <= options->last_day);
    *series = (struct cn_series){
        .metrics = options->metrics,
        .reach_days = options->reach_days,
        .members_max =
            options->members_max > 0 ? (size_t)options->members_max : CN_ROLLUP_MEMBERS_MAX,
        .lock = PTHREAD_RWLOCK_INITIALIZER,
        .first_today = options->first_day,
        .last_today = options->last_day,
        .at.seq = -1,
    };
    series->shape.oldest = options->first_day - options->reach_days;
    int32_t days = options->last_day - series->shape.oldest + 1 + AHEAD_DAYS;
    series->shape.words = cn_ring_words(days);
    cn_matcher_init(&series->matcher);
    add_rules(series);
    return series;
}

static bool counts_the_same(const struct cn_metric *a, const struct cn_metric *b)
{
    return a->kind == b->kind && a->member == b->member && a->of_trait == b->of_trait &&
           cn_str_equal(a->event, b->event) && cn_str_equal(a->property, b->property);
}

bool cn_series_fits(const struct cn_series *series, const struct cn_metric_list *metrics,
                    int32_t reach_days)
{
    bool fits = metrics->count == series->metrics->count && reach_days <= series->reach_days;
    for (size_t i = 0; fits && i < metrics->count; i++) {
        fits = counts_the_same(&series->metrics->items[i], &metrics->items[i]);
    }
    return fits;
}

void cn_series_use(struct cn_series *series, const struct cn_metric_list *metrics)
{
    pthread_rwlock_wrlock(&series->lock);
    series->metrics = metrics;
    pthread_rwlock_unlock(&series->lock);
}

void cn_series_empty_row(struct cn_series *series, size_t row)
{
    struct cn_cell *cells = &series->cells[row * series->metrics->count];
    for (size_t i = 0; i < series->metrics->count; i++) {
        cn_cell_deinit(&cells[i]);
    }
    series->accounts[row].first_day = CN_NO_DAY;
}

void cn_series_free(struct cn_series *series)
{
    if (series == NULL) {
        return;
    }
    for (size_t row = 0; row < series->count; row++) {
        cn_series_empty_row(series, row);
    }
    free(series->accounts);
    free(series->cells);
    free(series->crowds);
    free(series->touches.items);
    cn_bitmap_deinit(&series->changed);
    cn_map_deinit(&series->rows);
    cn_matcher_deinit(&series->matcher);
    pthread_rwlock_destroy(&series->lock);
    free(series);
}

size_t cn_series_row(struct cn_series *series, int64_t account_id)
{
    bool was_new = false;
    uint64_t *row = cn_map_put(&series->rows, (uint64_t)account_id, &was_new);
    if (!was_new) {
        return *row;
    }
    if (series->count == series->capacity) {
        size_t width = series->metrics->count;
        series->capacity = series->capacity == 0 ? 64 : series->capacity * 2;
        series->accounts =
            cn_heap_resize(series->accounts, series->capacity * sizeof(series->accounts[0]));
        series->cells = cn_heap_resize(series->cells,
                                       (series->capacity * width + 1) * sizeof(series->cells[0]));
    }
    *row = series->count;
    series->accounts[series->count] =
        (struct cn_series_account){ .account_id = account_id, .first_day = CN_NO_DAY };
    for (size_t i = 0; i < series->metrics->count; i++) {
        series->cells[series->count * series->metrics->count + i] = (struct cn_cell){ 0 };
    }
    return series->count++;
}

struct cn_cell *cn_series_cell(const struct cn_series *series, size_t row, size_t metric)
{
    return &series->cells[row * series->metrics->count + metric];
}

static void see_day(struct cn_series *series, size_t row, int32_t day)
{
    int32_t *first_day = &series->accounts[row].first_day;
    if (*first_day == CN_NO_DAY || day < *first_day) {
        *first_day = day;
    }
}

/* Reading waits until a cell with too many members has been cut. */
static void add_member(struct cn_series *series, size_t row, size_t metric, int32_t day,
                       uint64_t member)
{
    struct cn_cell *cell = cn_series_cell(series, row, metric);
    cn_cell_add_member(cell, &series->shape, day, member);
    struct cn_cell_members *members = cell->as.members;
    if (members->used <= series->members_max || members->is_crowded) {
        return;
    }
    members->is_crowded = true;
    series->crowds =
        cn_heap_resize(series->crowds, (series->crowd_count + 1) * sizeof(series->crowds[0]));
    series->crowds[series->crowd_count++] =
        (struct cn_series_crowd){ (uint32_t)row, (uint32_t)metric };
}

static void settle(struct cn_series *series)
{
    for (size_t i = 0; i < series->crowd_count; i++) {
        struct cn_cell *cell =
            cn_series_cell(series, series->crowds[i].row, series->crowds[i].metric);
        if (cell->as.members != NULL && cell->as.members->is_crowded) {
            cn_cell_settle(cell, &series->shape, series->members_max);
        }
    }
    series->crowd_count = 0;
}

/* One number as the deltas would have it. */
static struct cn_delta_number number_of(const struct cn_metric_fact *fact, double value)
{
    struct cn_delta_number number = {
        .min = value, .max = value, .last = value, .last_at = fact->at.us, .last_tie = fact->tie
    };
    (void)cn_delta_number_add_sum(&number, value); /* the rollup reports what is too large */
    return number;
}

static void add_touch(struct cn_series *series, size_t row, const struct cn_metric_fact *fact,
                      const struct cn_touch *touch)
{
    enum cn_metric_kind kind = series->metrics->items[touch->target].kind;
    int32_t day = (int32_t)fact->day;
    struct cn_cell *cell = cn_series_cell(series, row, touch->target);
    if (kind == CN_METRIC_COUNT) {
        cn_cell_add_count(cell, &series->shape, day, 1);
    } else if (kind == CN_METRIC_DISTINCT) {
        add_member(series, row, touch->target, day, touch->member);
    } else {
        struct cn_delta_number number = number_of(fact, touch->number);
        cn_cell_add_number(cell, &series->shape, kind, day, 1, &number);
    }
}

/* Brings the end of the cell, where most facts go, into the cache. */
static void prefetch_items(const struct cn_cell *cell, enum cn_metric_kind kind)
{
    if (cell->as.any == NULL) {
        return;
    }
    if (kind == CN_METRIC_COUNT) {
        __builtin_prefetch(cell->as.counts + cell->count);
    } else if (kind == CN_METRIC_DISTINCT) {
        __builtin_prefetch(cell->as.members);
    } else {
        __builtin_prefetch(cell->as.values + cell->count);
    }
}

static void add_stretch(struct cn_series *series, const struct cn_metric_fact *facts, size_t count)
{
    size_t rows[STRETCH_FACTS];
    series->touches.count = 0;
    for (size_t i = 0; i < count; i++) {
        cn_map_prefetch(&series->rows, (uint64_t)facts[i].account_id);
    }
    for (size_t i = 0; i < count; i++) {
        size_t from = series->touches.count;
        rows[i] = cn_series_row(series, facts[i].account_id);
        __builtin_prefetch(&series->accounts[rows[i]]);
        cn_match(&series->matcher, &facts[i], &series->touches);
        for (size_t t = from; t < series->touches.count; t++) {
            struct cn_touch *touch = &series->touches.items[t];
            touch->fact = (uint32_t)i;
            touch->row = (uint32_t)rows[i];
            __builtin_prefetch(cn_series_cell(series, rows[i], touch->target));
        }
    }
    for (size_t i = 0; i < count; i++) {
        see_day(series, rows[i], (int32_t)facts[i].day);
        cn_series_note_row(series, rows[i]);
    }
    for (size_t t = 0; t < series->touches.count; t++) {
        const struct cn_touch *touch = &series->touches.items[t];
        prefetch_items(cn_series_cell(series, touch->row, touch->target),
                       series->metrics->items[touch->target].kind);
    }
    for (size_t t = 0; t < series->touches.count; t++) {
        const struct cn_touch *touch = &series->touches.items[t];
        if (series->metrics->items[touch->target].kind == CN_METRIC_DISTINCT) {
            cn_cell_prefetch_member(cn_series_cell(series, touch->row, touch->target),
                                    &series->shape, touch->member);
        }
    }
    for (size_t t = 0; t < series->touches.count; t++) {
        const struct cn_touch *touch = &series->touches.items[t];
        add_touch(series, touch->row, &facts[touch->fact], touch);
    }
}

void cn_series_follow(struct cn_series *series, const struct cn_metric_fact *facts, size_t count,
                      struct cn_rollup_position upto)
{
    pthread_rwlock_wrlock(&series->lock);
    for (size_t first = 0; first < count; first += STRETCH_FACTS) {
        size_t stretch = count - first < STRETCH_FACTS ? count - first : STRETCH_FACTS;
        add_stretch(series, &facts[first], stretch);
    }
    series->at = upto;
    pthread_rwlock_unlock(&series->lock);
}

void cn_series_add(struct cn_series *series, const struct cn_metric_fact *facts, size_t count)
{
    cn_series_follow(series, facts, count, (struct cn_rollup_position){ .seq = -1 });
}

void cn_series_forget(struct cn_series *series, int64_t account_id)
{
    pthread_rwlock_wrlock(&series->lock);
    const uint64_t *row = cn_map_get(&series->rows, (uint64_t)account_id);
    if (row != NULL) {
        cn_series_empty_row(series, *row);
        cn_series_note_row(series, *row);
    }
    pthread_rwlock_unlock(&series->lock);
}

/* Which metrics of the program read which rows. */
struct loading {
    struct cn_series *series;
    struct cn_load_metric *numbers; /* distinct ones */
    size_t number_count;
    uint32_t *number_of; /* of each metric; 0: it has no rows yet */
};

static void load_first_day(void *arg, int64_t account_id, int32_t day)
{
    struct loading *loading = arg;
    see_day(loading->series, cn_series_row(loading->series, account_id), day);
}

static void load_row(void *arg, const struct cn_load_row *row)
{
    struct loading *loading = arg;
    struct cn_series *series = loading->series;
    size_t at = cn_series_row(series, row->account_id);
    for (size_t i = 0; i < series->metrics->count; i++) {
        enum cn_metric_kind kind = series->metrics->items[i].kind;
        if (loading->number_of[i] != row->metric) {
            continue;
        }
        struct cn_cell *cell = cn_series_cell(series, at, i);
        if (kind == CN_METRIC_COUNT) {
            cn_cell_add_count(cell, &series->shape, row->day, (uint64_t)row->count);
        } else if (kind != CN_METRIC_DISTINCT) {
            cn_cell_add_number(cell, &series->shape, kind, row->day, (uint64_t)row->count,
                               &row->number);
        } else if (row->members > 0 && row->day < series->shape.oldest) {
            cn_cell_add_member(cell, &series->shape, row->day, 0);
        }
    }
}

static void load_member(void *arg, const struct cn_load_row *of, uint64_t member)
{
    struct loading *loading = arg;
    struct cn_series *series = loading->series;
    size_t at = cn_series_row(series, of->account_id);
    for (size_t i = 0; i < series->metrics->count; i++) {
        if (loading->number_of[i] == of->metric &&
            series->metrics->items[i].kind == CN_METRIC_DISTINCT) {
            add_member(series, at, i, of->day, member);
        }
    }
}

static void list_numbers(struct loading *loading, struct cn_rollup *rollup)
{
    const struct cn_metric_list *metrics = loading->series->metrics;
    loading->number_of = cn_heap_resize(NULL, (metrics->count + 1) * sizeof(uint32_t));
    loading->numbers = cn_heap_resize(NULL, (metrics->count + 1) * sizeof(struct cn_load_metric));
    for (size_t i = 0; i < metrics->count; i++) {
        uint32_t number = 0;
        bool is_distinct = metrics->items[i].kind == CN_METRIC_DISTINCT;
        bool has_rows = cn_rollup_metric_of(rollup, &metrics->items[i], &number);
        loading->number_of[i] = has_rows ? number : 0;
        size_t at = 0;
        while (at < loading->number_count && loading->numbers[at].metric != number) {
            at++;
        }
        if (has_rows && at == loading->number_count) {
            loading->numbers[loading->number_count++] = (struct cn_load_metric){ .metric = number };
        }
        if (has_rows && is_distinct) {
            loading->numbers[at].with_members = true;
        }
    }
}

static bool load(struct loading *loading, struct cn_db *db, const int64_t *account_ids,
                 size_t count, struct cn_error *err)
{
    struct cn_series *series = loading->series;
    struct cn_sql_conn *conn = NULL;
    const struct cn_load what = {
        .metrics = loading->numbers,
        .metric_count = loading->number_count,
        .account_ids = account_ids,
        .account_count = count,
        .first_day = series->shape.oldest,
        .last_day = series->shape.oldest + 64 * (int32_t)series->shape.words - 1,
        .with_before = true,
    };
    const struct cn_load_sink sink = {
        .first_day = load_first_day, .row = load_row, .member = load_member, .arg = loading
    };
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    bool ok = cn_load_rows(conn, &what, &sink, err);
    cn_db_release(db, conn);
    return ok;
}

bool cn_series_load(struct cn_series *series, struct cn_rollup *rollup, const int64_t *account_ids,
                    size_t count, struct cn_error *err)
{
    struct loading loading = { .series = series };
    list_numbers(&loading, rollup);
    pthread_rwlock_wrlock(&series->lock);
    for (size_t row = 0; account_ids == NULL && row < series->count; row++) {
        cn_series_empty_row(series, row);
    }
    for (size_t i = 0; account_ids != NULL && i < count; i++) {
        size_t row = cn_series_row(series, account_ids[i]);
        cn_series_empty_row(series, row);
        cn_series_note_row(series, row);
    }
    series->is_spoilt = series->is_spoilt || account_ids == NULL;
    bool ok = load(&loading, rollup->db, account_ids, count, err);
    if (!ok || account_ids == NULL) {
        series->at.seq = -1; /* who loads all knows how far that goes */
    }
    pthread_rwlock_unlock(&series->lock);
    free(loading.numbers);
    free(loading.number_of);
    return ok || cn_error_context(err, "loading metrics");
}

/* Windows look back reach_days from the new day, and from the day before. */
static bool is_stale(const struct cn_series *series, size_t row, int32_t oldest)
{
    if (series->accounts[row].first_day == CN_NO_DAY) {
        return false;
    }
    if (atomic_load(&series->counts_days) || series->accounts[row].first_day >= oldest) {
        return true;
    }
    for (size_t i = 0; i < series->metrics->count; i++) {
        if (cn_cell_newest(cn_series_cell(series, row, i), &series->shape,
                           series->metrics->items[i].kind) >= oldest) {
            return true;
        }
    }
    return false;
}

void cn_series_move(struct cn_series *series, int32_t today)
{
    int32_t from = series->shape.oldest;
    series->is_spoilt = true;
    series->first_today += today - series->last_today;
    series->last_today = today;
    series->shape.oldest = series->first_today - series->reach_days;
    for (size_t i = 0; i < series->count * series->metrics->count; i++) {
        if (series->metrics->items[i % series->metrics->count].kind == CN_METRIC_DISTINCT) {
            cn_cell_advance(&series->cells[i], &series->shape, from);
        }
    }
}

void cn_series_advance(struct cn_series *series, int32_t today, const int64_t *accounts,
                       struct cn_bitmap *stale)
{
    pthread_rwlock_wrlock(&series->lock);
    int32_t from = series->shape.oldest;
    if (today > series->last_today) {
        for (size_t i = 0; i < stale->rows; i++) {
            const uint64_t *row = cn_map_get(&series->rows, (uint64_t)accounts[i]);
            if (row != NULL && is_stale(series, *row, from)) {
                cn_bitmap_add(stale, i);
            }
        }
        cn_series_move(series, today);
    }
    pthread_rwlock_unlock(&series->lock);
}

bool cn_series_covers(struct cn_series *series, int32_t today)
{
    pthread_rwlock_rdlock(&series->lock);
    bool covers = today >= series->first_today && today <= series->last_today;
    pthread_rwlock_unlock(&series->lock);
    return covers;
}

/* The frame and the series tend to have an account in the same row. */
static bool find_row(const struct cn_series *series, int64_t account_id, size_t hint,
                     size_t *row_out)
{
    if (hint < series->count && series->accounts[hint].account_id == account_id) {
        *row_out = hint;
        return true;
    }
    const uint64_t *row = cn_map_get(&series->rows, (uint64_t)account_id);
    *row_out = row != NULL ? *row : 0;
    return row != NULL;
}

void cn_series_lock_for_reading(struct cn_series *series)
{
    pthread_rwlock_rdlock(&series->lock);
    while (series->crowd_count > 0) {
        pthread_rwlock_unlock(&series->lock);
        pthread_rwlock_wrlock(&series->lock);
        settle(series);
        pthread_rwlock_unlock(&series->lock);
        pthread_rwlock_rdlock(&series->lock);
    }
}

/* Up to STRETCH_ROWS from `first` on.  In steps, so that waiting for memory overlaps. */
static void fill_stretch(const struct cn_series *series, const struct cn_series_fill *fill,
                         size_t first, double *values_out, bool *missing_out)
{
    static const struct cn_cell none = { 0 };
    enum cn_metric_kind kind = series->metrics->items[fill->metric].kind;
    const struct cn_cell *cells[STRETCH_ROWS];
    int32_t first_days[STRETCH_ROWS];
    size_t count = fill->count - first < STRETCH_ROWS ? fill->count - first : STRETCH_ROWS;
    for (size_t i = 0; i < count; i++) {
        size_t at = fill->rows != NULL ? fill->rows[first + i] : fill->first + first + i;
        size_t row = 0;
        missing_out[i] = fill->accounts[at] == 0;
        cells[i] = &none;
        first_days[i] = CN_NO_DAY;
        if (!missing_out[i] && find_row(series, fill->accounts[at], at, &row)) {
            cells[i] = cn_series_cell(series, row, fill->metric);
            first_days[i] = series->accounts[row].first_day;
            __builtin_prefetch(cells[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        prefetch_items(cells[i], kind);
    }
    for (size_t i = 0; i < count; i++) {
        struct cn_metric_view view = cn_cell_view(cells[i], &series->shape, kind, first_days[i]);
        values_out[i] = 0;
        missing_out[i] =
            missing_out[i] || !cn_window_value(&view, &fill->window, fill->when, &values_out[i]);
    }
}

void cn_series_fill(struct cn_series *series, const struct cn_series_fill *fill, double *values_out,
                    bool *missing_out)
{
    if (fill->window.method == CN_WINDOW_DAYS_SINCE ||
        fill->window.method == CN_WINDOW_DAYS_OBSERVED) {
        atomic_store(&series->counts_days, true);
    }
    cn_series_lock_for_reading(series);
    for (size_t first = 0; first < fill->count; first += STRETCH_ROWS) {
        fill_stretch(series, fill, first, values_out + first, missing_out + first);
    }
    pthread_rwlock_unlock(&series->lock);
}

bool cn_series_value(struct cn_series *series, int64_t account_id, size_t metric,
                     const struct cn_window *window, struct cn_window_when when, double *value_out)
{
    struct cn_series_fill fill = {
        .metric = metric, .window = *window, .when = when, .accounts = &account_id, .count = 1
    };
    bool missing = false;
    cn_series_fill(series, &fill, value_out, &missing);
    return !missing;
}

bool cn_series_day(struct cn_series *series, int64_t account_id, size_t metric, int32_t day,
                   double *value_out)
{
    size_t row = 0;
    bool is_known = false;
    cn_series_lock_for_reading(series);
    if (find_row(series, account_id, 0, &row)) {
        struct cn_metric_view view =
            cn_cell_view(cn_series_cell(series, row, metric), &series->shape,
                         series->metrics->items[metric].kind, series->accounts[row].first_day);
        is_known = cn_day_value_of(&view, day, value_out);
    }
    pthread_rwlock_unlock(&series->lock);
    return is_known;
}

size_t cn_series_bytes(struct cn_series *series)
{
    pthread_rwlock_rdlock(&series->lock);
    size_t width = series->metrics->count;
    size_t bytes =
        series->capacity * (sizeof(struct cn_series_account) + width * sizeof(struct cn_cell)) +
        series->rows.capacity * 3 * sizeof(uint64_t);
    for (size_t i = 0; i < series->count * width; i++) {
        bytes += cn_cell_bytes(&series->cells[i], &series->shape,
                               series->metrics->items[i % width].kind);
    }
    pthread_rwlock_unlock(&series->lock);
    return bytes;
}
