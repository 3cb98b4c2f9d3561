/* /api/v1/departures and /api/v1/accounts/{account_id}/departure: the HTTP face of
 * book/departure.h. */
#include "api/access.h"
#include "api/resources.h"
#include "book/departure.h"

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

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct departure_page *page = res->body;
    if (!cn_departure_list(&req->unit, &page->data, err)) {
        return false;
    }
    struct cn_list list = { page->data.items, page->data.count };
    if (!cn_page_cut(req->query, sizeof(struct cn_departure), &list, &page->next_cursor,
                     &page->next_cursor_given, err)) {
        return false;
    }
    page->data.items = list.items;
    page->data.count = list.count;
    return true;
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
