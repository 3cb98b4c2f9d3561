/* /api/v1/accounts/{account_id}/health/history: what the score was, and what shadows made of it. */
#include "api/accounts.h"
#include "api/core.h"
#include "health/shadow_history.h"

enum {
    HISTORY_MAX = 2000,
    SHADOW_POINTS_MAX = (CN_SHADOW_DAYS + 1) * CN_SHADOWS_MAX,
    TEXT_MAX = 20000
};

struct history_query {
    cn_time from;
    enum cn_given from_given;
    cn_time to;
    enum cn_given to_given;
};
static const struct cn_field history_query_rows[] = {
    CN_FIELD(struct history_query, from, CN_MAY(struct history_query, from, BE_ABSENT),
             .doc = "a year ago unless given"),
    CN_FIELD(struct history_query, to, CN_MAY(struct history_query, to, BE_ABSENT),
             .doc = "whatever is newest unless given"),
};
static const struct cn_fields history_query_fields =
    CN_FIELDS("HistoryQuery", struct history_query, history_query_rows);

struct point_view {
    cn_time at;
    double points;
    int band;
    bool grey;
    bool backfilled;
    cn_str because;
    enum cn_given because_given;
    cn_str scorecard;
    int64_t program_version;
};
static const struct cn_field point_rows[] = {
    CN_FIELD(struct point_view, at, .doc = "from this moment until the next"),
    CN_FIELD(struct point_view, points, .min = 0, .max = 100,
             .doc = "the score, 0 to 100; 100 is healthy"),
    CN_FIELD_OF_ENUM(struct point_view, band, &cn_band_views, .doc = "the colour"),
    CN_FIELD(struct point_view, grey, .doc = "too little was known"),
    CN_FIELD(struct point_view, backfilled, .doc = "computed later, not lived"),
    CN_FIELD(struct point_view, because, CN_MAY(struct point_view, because, BE_NULL),
             .max = TEXT_MAX, .doc = "exceptions that fired"),
    CN_FIELD(struct point_view, scorecard, .max = TEXT_MAX, .doc = "that the score is of"),
    CN_FIELD(struct point_view, program_version, .min = 0, .max = INT64_MAX,
             .doc = "of the program that made it"),
};
static const struct cn_fields point_fields =
    CN_FIELDS("HistoryPoint", struct point_view, point_rows);
static const struct cn_field point_item = { .type = CN_FIELD_OBJECT, .object = &point_fields };

struct shadow_point_view {
    cn_str scorecard;
    cn_time at;
    double points;
    enum cn_given points_given;
    int band;
    enum cn_given band_given;
    bool grey;
    bool backfilled;
    int64_t program_version;
};
#define SHADOW(member, ...) CN_FIELD(struct shadow_point_view, member, __VA_ARGS__)
#define MAY(member)         CN_MAY(struct shadow_point_view, member, BE_NULL)
static const struct cn_field shadow_point_rows[] = {
    SHADOW(scorecard, .max = TEXT_MAX, .doc = "the shadow's name"),
    SHADOW(at, .doc = "from this moment until its next"),
    SHADOW(points, MAY(points), .min = 0, .max = 100,
           .doc = "what it made of the account; null: no score, or it did not apply"),
    CN_FIELD_OF_ENUM(struct shadow_point_view, band, &cn_band_views, MAY(band),
                     .doc = "the colour that it would have had"),
    SHADOW(grey, .doc = "too little was known"),
    SHADOW(backfilled, .doc = "computed later, not lived"),
    SHADOW(program_version, .min = 0, .max = INT64_MAX, .doc = "of the program that made it"),
};
#undef MAY
static const struct cn_fields shadow_point_fields =
    CN_FIELDS("ShadowPoint", struct shadow_point_view, shadow_point_rows);
static const struct cn_field shadow_point_item = { .type = CN_FIELD_OBJECT,
                                                   .object = &shadow_point_fields };

struct history_page {
    struct {
        struct point_view *items;
        size_t count;
    } data;
    struct {
        struct shadow_point_view *items;
        size_t count;
    } shadows;
    cn_account_id next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field history_page_rows[] = {
    CN_FIELD_OF_LIST(struct history_page, data, &point_item, .max = HISTORY_MAX + 1,
                     .doc = "oldest first, beginning with what held at `from`"),
    CN_FIELD_OF_LIST(struct history_page, shadows, &shadow_point_item, .max = SHADOW_POINTS_MAX,
                     .doc = "what shadows made of the account, by name, oldest first, beginning "
                            "with what held at `from`; at most one a day of each, the last of it; "
                            "kept for two years"),
    CN_FIELD_OF_ID(struct history_page, next_cursor, CN_ACCOUNT_PREFIX,
                   CN_MAY(struct history_page, next_cursor, BE_NULL), .doc = "always null"),
};
static const struct cn_fields history_page_fields =
    CN_FIELDS("History", struct history_page, history_page_rows);

static bool add_shadow_points(const struct cn_request *req, int64_t account_id, cn_time from,
                              cn_time to, struct history_page *page, struct cn_error *err)
{
    const struct cn_health_range range = { account_id, from, to, SHADOW_POINTS_MAX };
    struct cn_health_row_list rows;
    if (!cn_shadow_history_load(req->unit.conn, &range, req->unit.arena, &rows, err)) {
        return false;
    }
    page->shadows.count = rows.count;
    page->shadows.items = cn_arena_array(req->unit.arena, struct shadow_point_view, rows.count);
    for (size_t i = 0; i < rows.count; i++) {
        const struct cn_health_row *row = &rows.items[i];
        page->shadows.items[i] = (struct shadow_point_view){
            .scorecard = row->scorecard,
            .at = row->at,
            .points = (double)row->score.points / 1000,
            .points_given = cn_null_unless(row->score.has_points),
            .band = (int)row->score.band - 1,
            .band_given = cn_null_unless(row->score.band != CN_BAND_NONE),
            .grey = row->score.is_grey,
            .backfilled = row->is_backfilled,
            .program_version = row->program_version,
        };
    }
    return true;
}

static bool handle_history(const struct cn_request *req, struct cn_response *res,
                           struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    const struct history_query *query = req->query;
    struct history_page *page = res->body;
    struct cn_health_row_list rows;
    const cn_time year_ago = { req->unit.now.us - (int64_t)366 * 86400 * 1000000 };
    const cn_time from = query->from_given == CN_GIVEN ? query->from : year_ago;
    /* Without an end: what was stored since this request came is newer than its now. */
    const cn_time to = query->to_given == CN_GIVEN ? query->to : (cn_time){ INT64_MAX };
    const struct cn_health_range range = { path->account_id.value, from, to, HISTORY_MAX };
    if (!cn_account_was_visible(&req->unit, path->account_id, err)) {
        return false;
    }
    if (!cn_health_history_load(req->unit.conn, &range, req->unit.arena, &rows, err) ||
        !add_shadow_points(req, path->account_id.value, from, to, page, err)) {
        return false;
    }
    page->next_cursor_given = CN_NULL;
    page->data.items = cn_arena_array(req->unit.arena, struct point_view, rows.count);
    for (size_t i = 0; i < rows.count; i++) {
        const struct cn_health_row *row = &rows.items[i];
        if (!row->score.has_points || row->score.band == CN_BAND_NONE) {
            continue;
        }
        page->data.items[page->data.count++] = (struct point_view){
            .at = row->at,
            .points = (double)row->score.points / 1000,
            .band = (int)row->score.band - 1,
            .grey = row->score.is_grey,
            .backfilled = row->is_backfilled,
            .because = row->because,
            .because_given = cn_null_unless(row->because.len > 0),
            .scorecard = row->scorecard,
            .program_version = row->program_version,
        };
    }
    return true;
}

static const struct cn_route history_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/health/history",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .query = &history_query_fields,
      .response = &history_page_fields,
      .success_status = 200,
      .handler = handle_history,
      .operation = "listHealthHistory",
      .doc = "What the score was, and what shadows made of the account" },
};

const struct cn_route_table cn_api_health_history = CN_ROUTE_TABLE(history_routes);
