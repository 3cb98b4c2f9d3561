/* /api/v1/accounts/{account_id}/metrics: daily values for charts. */
#include "api/access.h"
#include "api/core.h"
#include "api/resources.h"

enum {
    METRICS_MAX = 2000,
    USUAL_DAYS = 90
};

struct day_view {
    int64_t day;
    double value;
    enum cn_given value_given;
};
static const struct cn_field day_rows[] = {
    CN_FIELD_OF_DATE(struct day_view, day, .doc = "in the workspace's zone"),
    CN_FIELD(struct day_view, value, CN_MAY(struct day_view, value, BE_NULL),
             .doc = "null: none, or one that does not fit"),
};
static const struct cn_fields day_fields = CN_FIELDS("MetricDay", struct day_view, day_rows);
static const struct cn_field day_item = { .type = CN_FIELD_OBJECT, .object = &day_fields };

struct series_view {
    cn_str name;
    cn_str doc;
    enum cn_given doc_given;
    cn_str unit;
    enum cn_given unit_given;
    bool at_least;
    struct {
        struct day_view *items;
        size_t count;
    } days;
};
static const struct cn_field series_rows[] = {
    CN_FIELD(struct series_view, name, .max = 200, .doc = "as rules call it"),
    CN_FIELD(struct series_view, doc, CN_MAY(struct series_view, doc, BE_NULL), .max = 2000,
             .doc = "what it measures"),
    CN_FIELD(struct series_view, unit, CN_MAY(struct series_view, unit, BE_NULL), .max = 100,
             .doc = "of its values"),
    CN_FIELD(struct series_view, at_least, .doc = "a day has more members than are kept"),
    CN_FIELD_OF_LIST(struct series_view, days, &day_item, .max = CN_CHART_DAYS_MAX,
                     .doc = "every day that was asked for"),
};
static const struct cn_fields series_fields =
    CN_FIELDS("MetricSeries", struct series_view, series_rows);
static const struct cn_field series_item = { .type = CN_FIELD_OBJECT, .object = &series_fields };

struct metrics_page {
    struct {
        struct series_view *items;
        size_t count;
    } data;
    cn_account_id next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct metrics_page, data, &series_item, .max = METRICS_MAX,
                     .doc = "one a metric of the program"),
    CN_FIELD_OF_ID(struct metrics_page, next_cursor, CN_ACCOUNT_PREFIX,
                   CN_MAY(struct metrics_page, next_cursor, BE_NULL), .doc = "always null"),
};
static const struct cn_fields page_fields =
    CN_FIELDS("MetricSeriesList", struct metrics_page, page_rows);

struct metrics_query {
    int64_t from;
    enum cn_given from_given;
    int64_t to;
    enum cn_given to_given;
};
static const struct cn_field query_rows[] = {
    CN_FIELD_OF_DATE(struct metrics_query, from, CN_MAY(struct metrics_query, from, BE_ABSENT),
                     .doc = "first day, 90 days back unless given"),
    CN_FIELD_OF_DATE(struct metrics_query, to, CN_MAY(struct metrics_query, to, BE_ABSENT),
                     .doc = "last day, today unless given"),
};
static const struct cn_fields query_fields =
    CN_FIELDS("MetricQuery", struct metrics_query, query_rows);

static struct series_view view_of(const struct cn_chart *chart, struct cn_arena *arena)
{
    struct series_view view = {
        .name = chart->metric->name,
        .doc = chart->metric->doc,
        .doc_given = chart->metric->doc.len > 0 ? CN_GIVEN : CN_NULL,
        .unit = chart->metric->unit,
        .unit_given = chart->metric->unit.len > 0 ? CN_GIVEN : CN_NULL,
        .at_least = chart->at_least,
    };
    view.days.count = chart->count;
    view.days.items = cn_arena_array(arena, struct day_view, chart->count);
    for (size_t i = 0; i < chart->count; i++) {
        const struct cn_chart_day *day = &chart->days[i];
        view.days.items[i] =
            (struct day_view){ day->day, day->value, day->is_missing ? CN_NULL : CN_GIVEN };
    }
    return view;
}

static bool handle_metrics(const struct cn_request *req, struct cn_response *res,
                           struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    const struct metrics_query *query = req->query;
    const struct cn_api_engine *engine = &req->api->options.engine;
    struct metrics_page *page = res->body;
    struct cn_chart_list charts = { 0 };
    const int64_t today = cn_tz_day(req->api->options.tz, req->unit.now);
    const int64_t last = query->to_given == CN_GIVEN ? query->to : today;
    const int64_t first = query->from_given == CN_GIVEN ? query->from : last - USUAL_DAYS + 1;
    if (first > last || last - first >= CN_CHART_DAYS_MAX) {
        cn_fail(err, CN_INVALID, "from must not be after to, nor more than %d days before",
                CN_CHART_DAYS_MAX);
        return cn_error_field(err, "from");
    }
    if (!cn_account_visible(&req->unit, path->account_id, err) ||
        !engine->charts(engine->arg, path->account_id, first, last, req->unit.arena, &charts,
                        err)) {
        return false;
    }
    page->next_cursor_given = CN_NULL;
    page->data.count = charts.count;
    page->data.items = cn_arena_array(req->unit.arena, struct series_view, charts.count);
    for (size_t i = 0; i < charts.count; i++) {
        page->data.items[i] = view_of(&charts.items[i], req->unit.arena);
    }
    return true;
}

static const struct cn_route metric_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/metrics",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .query = &query_fields,
      .response = &page_fields,
      .failures = CN_FAILS(CN_INVALID),
      .success_status = 200,
      .handler = handle_metrics,
      .operation = "listMetrics",
      .doc = "Daily values of the account's metrics" },
};

const struct cn_route_table cn_api_metrics = CN_ROUTE_TABLE(metric_routes);
