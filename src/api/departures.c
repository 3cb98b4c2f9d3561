/* /api/v1/departures and /api/v1/accounts/{account_id}/departure: the HTTP face of
 * book/departure.h. */
#include "api/access.h"
#include "api/resources.h"
#include "book/departure.h"

enum {
    CSV_MAX_BYTES = 1024 * 1024
};

struct mark_body {
    int64_t left_on;
    cn_str reason;
    enum cn_given reason_given;
};
static const struct cn_field mark_rows[] = {
    CN_FIELD_OF_DATE(struct mark_body, left_on, .doc = "the day it left, today or before"),
    CN_FIELD(struct mark_body, reason, CN_MAY(struct mark_body, reason, BE_ABSENT),
             .max = CN_DEPARTURE_REASON_MAX_BYTES, .doc = "why"),
};
static const struct cn_fields mark_fields = CN_FIELDS("DepartureMark", struct mark_body, mark_rows);

static const struct cn_field departure_rows[] = {
    CN_FIELD_OF_ID(struct cn_departure, account_id, CN_ACCOUNT_PREFIX, .doc = "the account"),
    CN_FIELD(struct cn_departure, name, .max = 200, .doc = "its display name"),
    CN_FIELD_OF_DATE(struct cn_departure, left_on, .doc = "the day it left"),
    CN_FIELD(struct cn_departure, reason, .max = CN_DEPARTURE_REASON_MAX_BYTES,
             .doc = "why, or nothing"),
    CN_FIELD(struct cn_departure, known, .doc = "when it was told"),
};
static const struct cn_fields departure_fields =
    CN_FIELDS("Departure", struct cn_departure, departure_rows);

static const struct cn_field query_rows[] = { CN_PAGE_ROWS(CN_ACCOUNT_PREFIX) };
static const struct cn_fields query_fields =
    CN_FIELDS("DepartureQuery", struct cn_page_query, query_rows);

struct departure_page {
    struct cn_departure_list data;
    struct cn_page_end next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field page_item = { .type = CN_FIELD_OBJECT, .object = &departure_fields };
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct departure_page, data, &page_item, .max = CN_PAGE_MAX,
                     .doc = "the newest first"),
    CN_FIELD_OF_ID(struct departure_page, next_cursor, CN_ACCOUNT_PREFIX,
                   CN_MAY(struct departure_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields page_fields =
    CN_FIELDS("DepartureList", struct departure_page, page_rows);

/* ---- many at once ---- */

struct import_body {
    cn_str csv;
};
static const struct cn_field import_rows[] = {
    CN_FIELD(struct import_body, csv, .min = 1, .max = CSV_MAX_BYTES,
             .doc = "lines of account, day as 2026-03-31 and perhaps a reason, with or without a "
                    "heading; the account is its id, external id, domain or name"),
};
static const struct cn_fields import_fields =
    CN_FIELDS("DepartureImport", struct import_body, import_rows);

struct imported_view {
    int64_t marked;
};
static const struct cn_field imported_rows[] = {
    CN_FIELD(struct imported_view, marked, .max = INT64_MAX, .doc = "accounts"),
};
static const struct cn_fields imported_fields =
    CN_FIELDS("DepartureImported", struct imported_view, imported_rows);

static bool handle_import(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct import_body *body = req->body;
    struct imported_view *view = res->body;
    struct cn_departure_import import;
    if (!cn_departure_take_csv(&req->unit, body->csv, &import, err)) {
        return false;
    }
    for (size_t i = 0; i < import.problem_count; i++) {
        const struct cn_departure_problem *problem = &import.problems[i];
        const struct cn_place place = { .pointer = CN_STR("/csv"),
                                        .line = problem->line,
                                        .column = 1 };
        (void)cn_diagnose(req->problems, &place, "line %lld: %.*s", (long long)problem->line,
                          CN_STR_ARG(problem->text));
        cn_diagnose_end(req->problems, problem->line + 1, 1);
    }
    view->marked = (int64_t)import.marked;
    return import.problem_count == 0 ||
           cn_fail(err, CN_INVALID, "nothing was marked: %zu %s wrong", import.problem_count,
                   import.problem_count == 1 ? "line is" : "lines are");
}

/* ---- one account ---- */

struct mark_view {
    int64_t left_on;
    enum cn_given left_on_given;
    cn_str reason;
};
static const struct cn_field mark_view_rows[] = {
    CN_FIELD_OF_DATE(struct mark_view, left_on, CN_MAY(struct mark_view, left_on, BE_NULL),
                     .doc = "the day it left; null: it is not marked"),
    CN_FIELD(struct mark_view, reason, .max = CN_DEPARTURE_REASON_MAX_BYTES,
             .doc = "why, or nothing"),
};
static const struct cn_fields mark_view_fields =
    CN_FIELDS("DepartureOfAccount", struct mark_view, mark_view_rows);

static bool handle_get(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct mark_view *view = res->body;
    struct cn_departure departure = { .reason = CN_STR("") };
    bool is_marked = false;
    if (!cn_departure_get(&req->unit, path->account_id, &departure, &is_marked, err)) {
        return false;
    }
    *view = (struct mark_view){ .left_on = departure.left_on,
                                .left_on_given = is_marked ? CN_GIVEN : CN_NULL,
                                .reason = departure.reason };
    return true;
}

/* ---- lists ---- */

/* A page of the list, which becomes its part. */
static bool cut(const struct cn_request *req, struct departure_page *page, struct cn_error *err)
{
    return cn_page_cut(req->query, sizeof(struct cn_departure), &page->data, &page->next_cursor,
                       &page->next_cursor_given, err);
}

static bool handle_suggest(const struct cn_request *req, struct cn_response *res,
                           struct cn_error *err)
{
    struct departure_page *page = res->body;
    return cn_departure_suggest(&req->unit, &page->data, err) && cut(req, page, err);
}

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct departure_page *page = res->body;
    return cn_departure_list(&req->unit, &page->data, err) && cut(req, page, err);
}

static bool handle_mark(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    const struct mark_body *body = req->body;
    (void)res;
    return cn_departure_set(&req->unit, path->account_id, body->left_on, body->reason, err);
}

static bool handle_remove(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    (void)res;
    return cn_departure_remove(&req->unit, path->account_id, err);
}

static const struct cn_route departure_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/departures",
      .access = CN_READERS,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listDepartures",
      .doc = "Accounts that are marked as left" },
    { .method = CN_POST,
      .path = "/api/v1/departures",
      .access = CN_WRITERS,
      .body = &import_fields,
      .response = &imported_fields,
      .run = CN_RUN_WRITE,
      .failures = CN_FAILS(CN_INVALID),
      .success_status = 200,
      .handler = handle_import,
      .operation = "importDepartures",
      .doc = "Mark the accounts of a CSV file as left, all or none: each wrong line is named" },
    { .method = CN_GET,
      .path = "/api/v1/departures/suggested",
      .access = CN_READERS,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_suggest,
      .operation = "suggestDepartures",
      .doc = "Accounts whose last contract ended and that are not marked, with the day after" },
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/departure",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .response = &mark_view_fields,
      .success_status = 200,
      .handler = handle_get,
      .operation = "getDeparture",
      .doc = "Whether the account is marked as left" },
    { .method = CN_POST,
      .path = "/api/v1/accounts/{account_id}/departure",
      .access = CN_WRITERS,
      .path_params = &cn_account_path_fields,
      .body = &mark_fields,
      .kind = CN_RESPONSE_EMPTY,
      .run = CN_RUN_WRITE,
      .success_status = 204,
      .handler = handle_mark,
      .operation = "markDeparture",
      .doc = "Mark the account as left, or change its mark" },
    { .method = CN_DELETE,
      .path = "/api/v1/accounts/{account_id}/departure",
      .access = CN_WRITERS,
      .path_params = &cn_account_path_fields,
      .kind = CN_RESPONSE_EMPTY,
      .run = CN_RUN_WRITE,
      .success_status = 204,
      .handler = handle_remove,
      .operation = "unmarkDeparture",
      .doc = "Take the mark back" },
};

const struct cn_route_table cn_api_departures = CN_ROUTE_TABLE(departure_routes);
