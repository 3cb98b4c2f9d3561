#include "metric/query.h"

#include "metric/cell.h"
#include "metric/load.h"
#include "metric/rollup_impl.h"

/* The charts while they are read: a cell for each metric. */
struct reading {
    const struct cn_metric_list *metrics;
    struct cn_cell *cells;
    uint32_t *numbers; /* of each metric; 0: it has no rows */
    bool *at_least;
    struct cn_cell_shape shape;
    int32_t first_day; /* on which the account was first heard of, or CN_NO_DAY */
    int64_t members_max;
};

static void see_first_day(void *arg, int64_t account_id, int32_t day)
{
    struct reading *reading = arg;
    (void)account_id; /* there is only one */
    if (reading->first_day == CN_NO_DAY || day < reading->first_day) {
        reading->first_day = day;
    }
}

static void see_row(void *arg, const struct cn_load_row *row)
{
    struct reading *reading = arg;
    for (size_t i = 0; i < reading->metrics->count; i++) {
        enum cn_metric_kind kind = reading->metrics->items[i].kind;
        if (reading->numbers[i] != row->metric) {
            continue;
        }
        if (kind == CN_METRIC_COUNT) {
            cn_cell_add_count(&reading->cells[i], &reading->shape, row->day, (uint64_t)row->count);
        } else if (kind != CN_METRIC_DISTINCT) {
            cn_cell_add_number(&reading->cells[i], &reading->shape, kind, row->day,
                               (uint64_t)row->count, &row->number);
        } else if (row->day >= reading->shape.oldest && row->members >= reading->members_max) {
            reading->at_least[i] = true;
        }
    }
}

static void see_member(void *arg, const struct cn_load_row *of, uint64_t member)
{
    struct reading *reading = arg;
    for (size_t i = 0; i < reading->metrics->count; i++) {
        if (reading->numbers[i] == of->metric &&
            reading->metrics->items[i].kind == CN_METRIC_DISTINCT) {
            cn_cell_add_member(&reading->cells[i], &reading->shape, of->day, member);
        }
    }
}

static void fill_chart(const struct reading *reading, size_t i, int64_t last_day,
                       struct cn_arena *arena, struct cn_chart *chart)
{
    const struct cn_metric *metric = &reading->metrics->items[i];
    struct cn_metric_view view =
        cn_cell_view(&reading->cells[i], &reading->shape, metric->kind, reading->first_day);
    chart->metric = metric;
    chart->at_least = reading->at_least[i];
    chart->count = (size_t)(last_day - reading->shape.oldest + 1);
    chart->days = cn_arena_array(arena, struct cn_chart_day, chart->count);
    for (size_t at = 0; at < chart->count; at++) {
        struct cn_chart_day *day = &chart->days[at];
        day->day = reading->shape.oldest + (int64_t)at;
        day->is_missing = !cn_day_value_of(&view, (int32_t)day->day, &day->value);
    }
}

static bool read_account(struct reading *reading, struct cn_rollup *rollup, int64_t account_id,
                         int64_t last_day, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_load_metric numbers[CN_METRICS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < reading->metrics->count; i++) {
        uint32_t number = 0;
        bool has_rows = cn_rollup_metric_of(rollup, &reading->metrics->items[i], &number);
        reading->numbers[i] = has_rows ? number : 0;
        size_t at = 0;
        while (at < count && numbers[at].metric != number) {
            at++;
        }
        if (has_rows && at == count) {
            numbers[count++] = (struct cn_load_metric){ .metric = number };
        }
        if (has_rows && reading->metrics->items[i].kind == CN_METRIC_DISTINCT) {
            numbers[at].with_members = true;
        }
    }
    const struct cn_load what = {
        .metrics = numbers,
        .metric_count = count,
        .account_ids = &account_id,
        .account_count = 1,
        .first_day = reading->shape.oldest,
        .last_day = (int32_t)last_day,
        .with_before = true,
    };
    const struct cn_load_sink sink = {
        .first_day = see_first_day, .row = see_row, .member = see_member, .arg = reading
    };
    if (!cn_db_read(rollup->db, &conn, err)) {
        return false;
    }
    bool ok = cn_load_rows(conn, &what, &sink, err);
    cn_db_release(rollup->db, conn);
    return ok;
}

static bool check_days(int64_t first_day, int64_t last_day, struct cn_error *err)
{
    if (last_day < first_day || last_day - first_day >= CN_CHART_DAYS_MAX ||
        first_day < INT32_MIN / 2 || last_day > INT32_MAX / 2) {
        return cn_fail(err, CN_INVALID, "a chart has 1 to %d days", CN_CHART_DAYS_MAX);
    }
    return true;
}

/* NOLINTNEXTLINE(readability-function-size): a question, its answer's arena, and err */
bool cn_metric_charts(struct cn_rollup *rollup, const struct cn_metric_list *metrics,
                      int64_t account_id, int64_t first_day, int64_t last_day,
                      struct cn_arena *arena, struct cn_chart_list *list_out, struct cn_error *err)
{
    struct reading reading = {
        .metrics = metrics,
        .cells = cn_arena_array(arena, struct cn_cell, metrics->count + 1),
        .numbers = cn_arena_array(arena, uint32_t, metrics->count + 1),
        .at_least = cn_arena_array(arena, bool, metrics->count + 1),
        .first_day = CN_NO_DAY,
        .members_max = rollup->members_max,
    };
    if (!check_days(first_day, last_day, err)) {
        return false;
    }
    reading.shape.oldest = (int32_t)first_day;
    reading.shape.words = cn_ring_words((int32_t)(last_day - first_day + 1));
    bool ok = read_account(&reading, rollup, account_id, last_day, err);
    struct cn_chart_list list = {
        .items = cn_arena_array(arena, struct cn_chart, metrics->count + 1),
        .count = ok ? metrics->count : 0,
    };
    for (size_t i = 0; i < list.count; i++) {
        fill_chart(&reading, i, last_day, arena, &list.items[i]);
    }
    for (size_t i = 0; i < metrics->count; i++) {
        cn_cell_deinit(&reading.cells[i]);
    }
    if (!ok) {
        return cn_error_context(err, "reading charts");
    }
    *list_out = list;
    return true;
}
