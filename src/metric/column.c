#include "metric/column.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/utf8.h"

enum {
    TEXT_BLOCK_BYTES = 4096,
    CHUNK_ROWS = 1024,
    SUGGEST_DISTANCE = 3,
    DOC_MAX_BYTES = 600,
};

struct cn_metric_source {
    struct cn_column_source columns;
    const struct cn_metric_list *metrics;
    struct cn_rollup *rollup;
    const struct cn_tz *tz;
    struct cn_arena texts;
    struct cn_column_name *names; /* every metric with every method that suits it */
    size_t name_count;
    _Atomic int32_t reach;

    pthread_rwlock_t live_lock;
    struct cn_series *live;

    pthread_mutex_t past_lock; /* held while the past is loaded and read */
    struct cn_series *past;
    int32_t past_reach;
    bool past_has_all;
    bool is_prepared; /* the past is a stretch that is in use */
    struct cn_map past_accounts;
};

static bool suits(const struct cn_metric *metric, const struct cn_window_row *row)
{
    return (row->kinds >> metric->kind & 1) != 0;
}

static const char *unit_of(const struct cn_metric *metric, enum cn_window_method method)
{
    if (method == CN_WINDOW_DAYS_SINCE || method == CN_WINDOW_DAYS_OBSERVED) {
        return "days";
    }
    if (method == CN_WINDOW_CHANGE || method == CN_WINDOW_SLOPE || method == CN_WINDOW_COUNT) {
        return "";
    }
    return metric->unit.len > 0 ? metric->unit.ptr : "";
}

/* What the method does, and what the metric is: "sum over the days; logins: people sign in". */
static cn_str doc_of(struct cn_metric_source *source, const struct cn_metric *metric,
                     const struct cn_window_row *row)
{
    char text[DOC_MAX_BYTES];
    if (metric->doc.len == 0) {
        return cn_str_of(row->doc);
    }
    (void)snprintf(text, sizeof(text), "%s; %.*s: %.*s", row->doc, CN_STR_ARG(metric->name),
                   CN_STR_ARG(metric->doc)); /* may be cut */
    cn_str cut = cn_str_of(text);
    return cn_arena_str(&source->texts, cn_str_slice(cut, 0, cn_utf8_valid_len(cut)));
}

static void list_names(struct cn_metric_source *source)
{
    source->names = cn_arena_array(&source->texts, struct cn_column_name,
                                   source->metrics->count * CN_WINDOW_METHODS + 1);
    for (size_t i = 0; i < source->metrics->count; i++) {
        const struct cn_metric *metric = &source->metrics->items[i];
        for (int method = 0; method < CN_WINDOW_METHODS; method++) {
            const struct cn_window_row *row = &cn_window_rows[method];
            char usage[160];
            if (!suits(metric, row)) {
                continue;
            }
            (void)snprintf(usage, sizeof(usage), "%.*s.%s(%s)", CN_STR_ARG(metric->name), row->name,
                           row->takes_days ? "days" : ""); /* may be cut */
            source->names[source->name_count++] = (struct cn_column_name){
                .name = metric->name,
                .method = cn_str_of(row->name),
                .usage = cn_arena_str(&source->texts, cn_str_of(usage)),
                .doc = doc_of(source, metric, row),
                .type = CN_COLUMN_F64,
                .unit = unit_of(metric, (enum cn_window_method)method),
            };
        }
    }
}

static bool list(void *ctx, size_t index, struct cn_column_name *name_out)
{
    const struct cn_metric_source *source = ctx;
    if (index >= source->name_count) {
        return false;
    }
    *name_out = source->names[index];
    return true;
}

/* The method of that name, else the one that suits the metric and reads most like it. */
static bool find_method(const struct cn_metric *metric, cn_str name,
                        enum cn_window_method *method_out, const char **guess_out)
{
    size_t best = SUGGEST_DISTANCE + 1;
    for (int i = 0; i < CN_WINDOW_METHODS; i++) {
        cn_str known = cn_str_of(cn_window_rows[i].name);
        if (cn_str_equal(known, name)) {
            *method_out = (enum cn_window_method)i;
            return true;
        }
        size_t distance = cn_str_distance(known, name, SUGGEST_DISTANCE);
        if (distance < best && suits(metric, &cn_window_rows[i])) {
            best = distance;
            *guess_out = cn_window_rows[i].name;
        }
    }
    return false;
}

/* What is asked first of a metric of that kind. */
static const char *usual_method(const struct cn_metric *metric)
{
    if (metric->kind == CN_METRIC_DISTINCT) {
        return "distinct(28)";
    }
    return suits(metric, &cn_window_rows[CN_WINDOW_SUM]) ? "sum(28)" : "last()";
}

static bool read_days(const struct cn_column_arg *arg, int32_t min, int32_t *days_out,
                      struct cn_error *err)
{
    if (arg->is_text || arg->number != floor(arg->number) || arg->number < min ||
        arg->number > CN_WINDOW_DAYS_MAX) {
        return cn_fail(err, CN_INVALID, "days must be a whole number from %d to %d", (int)min,
                       CN_WINDOW_DAYS_MAX);
    }
    *days_out = (int32_t)arg->number;
    return true;
}

static bool read_args(const struct cn_column_request *request, const struct cn_window_row *row,
                      struct cn_window *window, struct cn_error *err)
{
    size_t least = row->takes_days ? 1 : 0;
    size_t most = least + (row->takes_back ? 1 : 0);
    if (request->arg_count < least || request->arg_count > most) {
        return cn_fail(err, CN_INVALID, "%.*s.%s is used as %s", CN_STR_ARG(request->name),
                       row->name, row->usage);
    }
    if (request->arg_count > 0 && !read_days(&request->args[0], 1, &window->days, err)) {
        return false;
    }
    if (request->arg_count > 1 && !read_days(&request->args[1], 0, &window->back, err)) {
        return false;
    }
    if (cn_window_reach(window) > CN_WINDOW_DAYS_MAX) {
        return cn_fail(err, CN_INVALID, "%.*s.%s would look back %d days, of %d at most",
                       CN_STR_ARG(request->name), row->name, (int)cn_window_reach(window),
                       CN_WINDOW_DAYS_MAX);
    }
    return true;
}

static bool read_window(const struct cn_metric *metric, const struct cn_column_request *request,
                        struct cn_window *window, struct cn_error *err)
{
    enum cn_window_method method = CN_WINDOW_SUM;
    const char *guess = NULL;
    if (request->method.len == 0) {
        return cn_fail(err, CN_INVALID, "%.*s is a metric: ask for a window, such as %.*s.%s",
                       CN_STR_ARG(metric->name), CN_STR_ARG(metric->name), usual_method(metric));
    }
    if (!find_method(metric, request->method, &method, &guess)) {
        return guess != NULL
                   ? cn_fail(err, CN_INVALID, "a metric has no %.*s (did you mean %s?)",
                             CN_STR_ARG(request->method), guess)
                   : cn_fail(err, CN_INVALID, "a metric has no %.*s", CN_STR_ARG(request->method));
    }
    if (!suits(metric, &cn_window_rows[method])) {
        return cn_fail(err, CN_INVALID, "%s does not suit %.*s; try %.*s.%s",
                       cn_window_rows[method].name, CN_STR_ARG(metric->name),
                       CN_STR_ARG(metric->name), usual_method(metric));
    }
    *window = (struct cn_window){ .method = method };
    return read_args(request, &cn_window_rows[method], window, err);
}

static enum cn_resolve resolve(void *ctx, const struct cn_column_request *request,
                               struct cn_column_spec *spec_out, struct cn_error *err)
{
    struct cn_metric_source *source = ctx;
    struct cn_window window = { 0 };
    size_t index = 0;
    const struct cn_metric *metric = cn_metric_find(source->metrics, request->name, &index);
    if (metric == NULL) {
        return CN_RESOLVE_UNKNOWN;
    }
    if (!read_window(metric, request, &window, err)) {
        return CN_RESOLVE_WRONG;
    }
    int32_t reach = (int32_t)cn_window_reach(&window);
    int32_t known = atomic_load(&source->reach);
    while (known < reach && !atomic_compare_exchange_weak(&source->reach, &known, reach)) {
    }
    *spec_out = (struct cn_column_spec){
        .type = CN_COLUMN_F64,
        .pace = CN_PACE_DAY,
        .unit = unit_of(metric, window.method),
        .op = (int32_t)window.method,
        .index = (int32_t)index,
        .args = { window.days, window.back },
    };
    return CN_RESOLVE_FOUND;
}

static struct cn_window window_of(const struct cn_column_spec *spec)
{
    return (struct cn_window){ .method = (enum cn_window_method)spec->op,
                               .days = (int32_t)spec->args[0],
                               .back = (int32_t)spec->args[1] };
}

/* At its first moment nothing of a day has happened. */
static struct cn_window_when when_of(const struct cn_metric_source *source,
                                     const struct cn_fill *fill)
{
    bool has_begun = fill->all_known || fill->now.us > cn_tz_day_start(source->tz, fill->day).us;
    return (struct cn_window_when){ .today = (int32_t)fill->day,
                                    .until = (int32_t)fill->day - (has_begun ? 0 : 1) };
}

static void fill_from(struct cn_series *series, const struct cn_column_spec *spec,
                      const struct cn_fill *fill, struct cn_window_when when,
                      struct cn_column *column)
{
    double values[CHUNK_ROWS];
    bool missing[CHUNK_ROWS];
    for (size_t first = 0; first < fill->count; first += CHUNK_ROWS) {
        struct cn_series_fill chunk = {
            .metric = (size_t)spec->index,
            .window = window_of(spec),
            .when = when,
            .accounts = fill->accounts,
            .first = first,
            .rows = fill->rows != NULL ? fill->rows + first : NULL,
            .count = fill->count - first < CHUNK_ROWS ? fill->count - first : CHUNK_ROWS,
        };
        cn_series_fill(series, &chunk, values, missing);
        for (size_t i = 0; i < chunk.count; i++) {
            size_t row = cn_fill_row(fill, first + i);
            if (missing[i]) {
                cn_column_set_missing(column, row);
            } else {
                cn_column_set_f64(column, row, values[i]);
            }
        }
    }
}

/* With past_lock held. */
static bool load_past(struct cn_metric_source *source, int32_t first_day, int32_t last_day,
                      const int64_t *account_ids, size_t count, struct cn_error *err)
{
    if (source->rollup == NULL) {
        return cn_fail(err, CN_INTERNAL, "no rollups to read day %d from", (int)first_day);
    }
    struct cn_series_options options = { .metrics = source->metrics,
                                         .first_day = first_day,
                                         .last_day = last_day,
                                         .reach_days = atomic_load(&source->reach) };
    struct cn_series *series = cn_series_new(&options);
    if (!cn_series_load(series, source->rollup, account_ids, count, err)) {
        cn_series_free(series);
        return false;
    }
    cn_series_free(source->past);
    source->past = series;
    source->past_reach = options.reach_days;
    source->past_has_all = account_ids == NULL;
    source->is_prepared = false;
    cn_map_clear(&source->past_accounts);
    for (size_t i = 0; account_ids != NULL && i < count; i++) {
        bool was_new = false;
        *cn_map_put(&source->past_accounts, (uint64_t)account_ids[i], &was_new) = 1;
    }
    return true;
}

/* With past_lock held. */
static bool past_covers(struct cn_metric_source *source, const struct cn_fill *fill)
{
    if (source->past == NULL || source->past_reach < atomic_load(&source->reach) ||
        !cn_series_covers(source->past, (int32_t)fill->day)) {
        return false;
    }
    for (size_t i = 0; !source->past_has_all && i < fill->count; i++) {
        int64_t account_id = fill->accounts[cn_fill_row(fill, i)];
        if (account_id != 0 && cn_map_get(&source->past_accounts, (uint64_t)account_id) == NULL) {
            return false;
        }
    }
    return true;
}

/* With past_lock held. */
static bool load_for(struct cn_metric_source *source, const struct cn_fill *fill,
                     struct cn_error *err)
{
    int64_t *accounts = cn_heap_resize(NULL, (fill->count + 1) * sizeof(accounts[0]));
    size_t count = 0;
    for (size_t i = 0; i < fill->count; i++) {
        int64_t account_id = fill->accounts[cn_fill_row(fill, i)];
        accounts[count] = account_id;
        count += account_id != 0;
    }
    int32_t day = (int32_t)fill->day;
    bool ok = load_past(source, day, day, accounts, count, err);
    free(accounts);
    return ok;
}

static bool fill_past(struct cn_metric_source *source, const struct cn_column_spec *spec,
                      const struct cn_fill *fill, struct cn_column *column, struct cn_error *err)
{
    pthread_mutex_lock(&source->past_lock);
    bool ok = past_covers(source, fill) || load_for(source, fill, err);
    if (ok) {
        fill_from(source->past, spec, fill, when_of(source, fill), column);
    }
    pthread_mutex_unlock(&source->past_lock);
    return ok;
}

static bool fill_live(struct cn_metric_source *source, const struct cn_column_spec *spec,
                      const struct cn_fill *fill, struct cn_column *column)
{
    pthread_rwlock_rdlock(&source->live_lock);
    bool covers = source->live != NULL && cn_series_covers(source->live, (int32_t)fill->day);
    if (covers) {
        fill_from(source->live, spec, fill, when_of(source, fill), column);
    }
    pthread_rwlock_unlock(&source->live_lock);
    return covers;
}

static bool fill_column(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                        struct cn_column *column, struct cn_error *err)
{
    struct cn_metric_source *source = ctx;
    return fill_live(source, spec, fill, column) || fill_past(source, spec, fill, column, err) ||
           cn_error_context(err, "reading metric %.*s",
                            CN_STR_ARG(source->metrics->items[spec->index].name));
}

static cn_str date_text(struct cn_arena *arena, int64_t day)
{
    char text[32];
    struct cn_civil date = cn_date_from_day(day);
    (void)snprintf(text, sizeof(text), "%04d-%02d-%02d", (int)date.year, date.month,
                   date.day); /* cannot be cut */
    return cn_arena_str(arena, cn_str_of(text));
}

/* What was read: "Signed In, 2026-10-26 to 2026-11-22". */
static cn_str source_text(const struct cn_metric *metric, const struct cn_window *window,
                          struct cn_window_when when, struct cn_arena *arena)
{
    char text[400];
    cn_str what = metric->of_trait ? metric->property : metric->event;
    bool is_complete = window->method == CN_WINDOW_AVG || window->method == CN_WINDOW_MIN ||
                       window->method == CN_WINDOW_CHANGE || window->method == CN_WINDOW_SLOPE;
    if (cn_str_equal(what, CN_STR("*"))) {
        what = CN_STR("all events");
    }
    if (window->days == 0) {
        return cn_arena_str(arena, what);
    }
    int64_t last = when.today - (is_complete ? 1 : 0) - window->back;
    int64_t first = when.today - (is_complete ? 0 : -1) - cn_window_reach(window);
    (void)snprintf(text, sizeof(text), "%.*s, %.*s to %.*s", CN_STR_ARG(what),
                   CN_STR_ARG(date_text(arena, first)),
                   CN_STR_ARG(date_text(arena, last))); /* may be cut */
    return cn_arena_str(arena, cn_str_of(text));
}

/* The newest day that had a value stands for the newest fact. */
static bool explain(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                    struct cn_arena *arena, struct cn_fact *fact, struct cn_error *err)
{
    struct cn_metric_source *source = ctx;
    struct cn_window window = window_of(spec);
    struct cn_column_spec since = *spec;
    struct cn_column column;
    assert(fill->count == 1);
    size_t row = cn_fill_row(fill, 0);
    since.op = CN_WINDOW_DAYS_SINCE;
    since.args[0] = 0;
    since.args[1] = 0;
    cn_column_init(&column, CN_COLUMN_F64);
    cn_column_reserve(&column, row + 1);
    bool ok = fill_column(source, &since, fill, &column, err);
    if (ok && !cn_column_is_missing(&column, row)) {
        fact->at = cn_tz_day_start(source->tz, fill->day - (int64_t)column.as.f64[row]);
    }
    if (ok) {
        fact->source = source_text(&source->metrics->items[spec->index], &window,
                                   when_of(source, fill), arena);
    }
    cn_column_deinit(&column);
    return ok;
}

struct cn_metric_source *cn_metric_source_new(const struct cn_metric_source_options *options)
{
    struct cn_metric_source *source = cn_heap_resize(NULL, sizeof(*source));
    *source = (struct cn_metric_source){
        .columns = { .name = "metric",
                     .ctx = source,
                     .resolve = resolve,
                     .fill = fill_column,
                     .list = list,
                     .explain = explain },
        .metrics = options->metrics,
        .rollup = options->rollup,
        .tz = options->tz,
        .live_lock = PTHREAD_RWLOCK_INITIALIZER,
        .past_lock = PTHREAD_MUTEX_INITIALIZER,
    };
    cn_arena_init(&source->texts, TEXT_BLOCK_BYTES);
    list_names(source);
    return source;
}

void cn_metric_source_free(struct cn_metric_source *source)
{
    if (source == NULL) {
        return;
    }
    cn_series_free(source->past);
    cn_map_deinit(&source->past_accounts);
    cn_arena_deinit(&source->texts);
    pthread_rwlock_destroy(&source->live_lock);
    pthread_mutex_destroy(&source->past_lock);
    free(source);
}

const struct cn_column_source *cn_metric_source_columns(struct cn_metric_source *source)
{
    return &source->columns;
}

int32_t cn_metric_source_reach(struct cn_metric_source *source)
{
    return atomic_load(&source->reach);
}

void cn_metric_source_set_series(struct cn_metric_source *source, struct cn_series *series)
{
    pthread_rwlock_wrlock(&source->live_lock);
    source->live = series;
    pthread_rwlock_unlock(&source->live_lock);
}

/* With past_lock held. */
static void forget_past(struct cn_metric_source *source)
{
    cn_series_free(source->past);
    source->past = NULL;
    source->is_prepared = false;
}

void cn_metric_source_drop(struct cn_metric_source *source)
{
    pthread_mutex_lock(&source->past_lock);
    forget_past(source);
    pthread_mutex_unlock(&source->past_lock);
}

void cn_metric_source_refresh(struct cn_metric_source *source)
{
    pthread_mutex_lock(&source->past_lock);
    if (!source->is_prepared) {
        forget_past(source);
    }
    pthread_mutex_unlock(&source->past_lock);
}

bool cn_metric_source_prepare(struct cn_metric_source *source, int32_t first_day, int32_t last_day,
                              const int64_t *account_ids, size_t count, struct cn_error *err)
{
    bool ok = true;
    pthread_mutex_lock(&source->past_lock);
    if (last_day < first_day) {
        forget_past(source);
    } else {
        ok = load_past(source, first_day, last_day, account_ids, count, err);
        source->is_prepared = ok;
    }
    pthread_mutex_unlock(&source->past_lock);
    return ok;
}
