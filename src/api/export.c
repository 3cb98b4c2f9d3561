/* /api/v1/export: lists as files for spreadsheets. */
#include <inttypes.h>

#include "base/str.h"
#include "base/time.h"

#include "api/accounts.h"
#include "api/core.h"
#include "api/csv.h"

static const struct cn_field query_rows[] = {
    CN_ACCOUNT_FILTER_ROWS,
    CN_ACCOUNT_QUERY(sort, .max = 40, .doc = "as for the list"),
};
static const struct cn_fields query_fields =
    CN_FIELDS("AccountExportQuery", struct cn_account_list_query, query_rows);

static const char *const headings[] = {
    "id",          "external_id",     "name",           "score",
    "band",        "confidence",      "trend",          "arr",
    "currency",    "renewal_on",      "owner",          "last_activity_at",
    "scorecard",   "open_tickets",    "coverage",       "lifecycle_stage",
    "segments",    "score_by",        "computed_score", "override",
    "score_scale", "score_direction", "grade",
};

static void add_optional(struct cn_buf *out, enum cn_given given, double value)
{
    if (given == CN_GIVEN) {
        cn_csv_number(out, value);
    } else {
        cn_csv_cell(out, CN_STR(""));
    }
}

/* In one cell, with spaces. */
static void add_names(struct cn_buf *out, const struct cn_account_row *row)
{
    struct cn_buf names;
    cn_buf_init(&names, (size_t)CN_SEGMENTS_MAX * CN_SEGMENT_NAME_MAX_BYTES);
    for (size_t i = 0; i < row->segments.count; i++) {
        cn_buf_printf(&names, "%s%.*s", i > 0 ? " " : "", CN_STR_ARG(row->segments.items[i]));
    }
    cn_csv_cell(out, cn_buf_str(&names));
    cn_buf_deinit(&names);
}

/* How the score is shown: whose it is, its scale and what it is called; NULL: there is none. */
static void add_shown(struct cn_buf *out, const struct cn_score_view *score)
{
    static const struct cn_score_view none = { .computed_given = CN_NULL,
                                               .override_given = CN_NULL };
    const bool has_score = score != NULL;
    score = has_score ? score : &none;
    cn_csv_cell(out, cn_str_of(!has_score ? "" : score->by_hand ? "override" : "computed"));
    add_optional(out, score->computed_given, score->computed);
    add_optional(out, score->override_given, score->override);
    cn_csv_cell(out, cn_str_of(has_score ? "0-100" : ""));
    cn_csv_cell(out, cn_str_of(has_score ? "higher is healthier" : ""));
    cn_csv_cell(out, score->grade);
}

static void add_row(struct cn_buf *out, const struct cn_account_row *row,
                    const struct cn_account *account)
{
    char text[CN_TIME_TEXT_BYTES] = "";
    char id[CN_ID_TEXT_BYTES];
    const bool has_score = row->score_given == CN_GIVEN;
    const bool has_arr = row->arr_given == CN_GIVEN;
    cn_id_format(CN_ACCOUNT_PREFIX, row->id.value, id);
    cn_csv_cell(out, cn_str_of(id));
    cn_csv_cell(out, row->external_id);
    cn_csv_cell(out, row->name);
    add_optional(out, row->score_given, row->score.points);
    cn_csv_cell(out, cn_str_of(has_score ? cn_band_views.texts[row->score.band] : ""));
    add_optional(out, row->score_given, row->score.confidence);
    add_optional(out, row->trend_given, row->trend);
    add_optional(out, row->arr_given, (double)row->arr.minor / 100);
    cn_csv_cell(out, cn_str_of(has_arr ? row->arr.currency : ""));
    if (row->renewal_at_given == CN_GIVEN) {
        cn_date_format(account->renewal_on, text);
    }
    cn_csv_cell(out, cn_str_of(text));
    cn_csv_cell(out, row->owner_given == CN_GIVEN ? row->owner.name : CN_STR(""));
    text[0] = '\0';
    if (row->last_activity_at_given == CN_GIVEN) {
        cn_time_format(row->last_activity_at, text);
    }
    cn_csv_cell(out, cn_str_of(text));
    cn_csv_cell(out, row->scorecard_given == CN_GIVEN ? row->scorecard : CN_STR(""));
    cn_csv_number(out, (double)row->open_tickets);
    cn_csv_cell(out, row->coverage_given == CN_GIVEN ? row->coverage : CN_STR(""));
    cn_csv_cell(out, row->lifecycle_stage_given == CN_GIVEN ? row->lifecycle_stage : CN_STR(""));
    add_names(out, row);
    add_shown(out, has_score ? &row->score : NULL);
    cn_csv_end_line(out);
}

static bool add_page(const struct cn_request *req, const struct cn_account_filter *filter,
                     struct cn_buf *out, size_t *count_out, struct cn_error *err)
{
    const int64_t rows_max = req->api->options.config->api_export_max_rows;
    struct cn_account_list list;
    struct cn_user_list owners;
    if (!cn_accounts_list(req, filter, &list, err) || !cn_user_list(&req->unit, &owners, err)) {
        return false;
    }
    if (list.total > rows_max) { /* a part would pass for the whole */
        return cn_fail(err, CN_TOO_LARGE,
                       "%" PRId64 " accounts match, and an export has at most %" PRId64
                       " rows: filter them, or see api.export_max_rows",
                       list.total, rows_max);
    }
    for (size_t i = 0; i < list.count; i++) {
        struct cn_account_row row = { 0 };
        cn_account_row_fill(&row, &list.items[i], &owners, req->api->options.tz);
        cn_account_rows_place(req, &row, 1);
        add_row(out, &row, &list.items[i]);
    }
    *count_out = list.count;
    return true;
}

static bool write_accounts(const struct cn_request *req, struct cn_response *res,
                           struct cn_error *err)
{
    struct cn_account_filter filter;
    size_t count = 0;
    if (!cn_account_filter_of(req, req->query, &filter, err)) {
        return false;
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(headings); i++) {
        cn_csv_cell(res->file, cn_str_of(headings[i]));
    }
    cn_csv_end_line(res->file);
    filter.limit = CN_PAGE_MAX;
    do {
        if (!add_page(req, &filter, res->file, &count, err)) {
            return false;
        }
        filter.offset += (int64_t)count;
    } while (count == CN_PAGE_MAX);
    if (res->file->overflowed) {
        return cn_fail(err, CN_TOO_LARGE, "the export is too large; filter it");
    }
    res->file_name = CN_STR("accounts.csv");
    return true;
}

static bool handle_accounts(const struct cn_request *req, struct cn_response *res,
                            struct cn_error *err)
{
    struct cn_request with = *req;
    if (!cn_db_read(req->api->options.db, &with.unit.conn, err)) {
        return false;
    }
    bool ok = write_accounts(&with, res, err); /* all of one snapshot */
    cn_db_release(req->api->options.db, with.unit.conn);
    return ok;
}

static const struct cn_route export_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/export/accounts.csv",
      .access = CN_READERS,
      .query = &query_fields,
      .kind = CN_RESPONSE_FILE,
      .media_type = "text/csv",
      .run = CN_RUN_SLOW,
      .success_status = 200,
      .handler = handle_accounts,
      .operation = "exportAccounts",
      .doc = "The accounts that the caller may see, as CSV" },
};

const struct cn_route_table cn_api_export = CN_ROUTE_TABLE(export_routes);
