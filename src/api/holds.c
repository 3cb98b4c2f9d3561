/* /api/v1/accounts/{account_id}/holds: the HTTP face of signal/hold.h. */
#include "api/access.h"
#include "api/resources.h"
#include "signal/hold.h"

#define ROW(member, ...)  CN_FIELD(struct cn_hold, member, __VA_ARGS__)
#define MAY(member, what) CN_MAY(struct cn_hold, member, what)
static const struct cn_field hold_rows[] = {
    CN_FIELD_OF_ID(struct cn_hold, id, CN_HOLD_PREFIX, .doc = "the hold"),
    ROW(kind, .max = CN_SIGNAL_HOLD_KIND_MAX_BYTES, .doc = "of signals that it suppresses"),
    ROW(reason, .max = CN_HOLD_REASON_MAX_BYTES, .doc = "why"),
    ROW(from, .doc = "when it begins"),
    ROW(until, MAY(until, BE_NULL), .doc = "null: until it is ended"),
    ROW(ended_at, MAY(ended_at, BE_NULL), .doc = "when somebody ended it"),
    ROW(created_at, .doc = "when it was added"),
};
static const struct cn_fields hold_fields = CN_FIELDS("Hold", struct cn_hold, hold_rows);

struct create_body {
    cn_str kind;
    cn_str reason;
    cn_time from;
    enum cn_given from_given;
    cn_time until;
    enum cn_given until_given;
};
static const struct cn_field create_rows[] = {
    CN_FIELD(struct create_body, kind, .min = 1, .max = CN_SIGNAL_HOLD_KIND_MAX_BYTES,
             .doc = "what rules call it: \"expansion\"; \"all\" stands for every kind"),
    CN_FIELD(struct create_body, reason, .min = 1, .max = CN_HOLD_REASON_MAX_BYTES, .doc = "why"),
    CN_FIELD(struct create_body, from, CN_MAY(struct create_body, from, BE_ABSENT),
             .doc = "now unless given"),
    CN_FIELD(struct create_body, until, CN_MAY(struct create_body, until, BE_BOTH),
             .doc = "null: until it is ended"),
};
static const struct cn_fields create_fields =
    CN_FIELDS("HoldCreate", struct create_body, create_rows);

static const struct cn_field path_rows[] = { CN_RECORD_PATH_ROWS("hold_id", CN_HOLD_PREFIX,
                                                                 "the hold") };
static const struct cn_fields path_fields =
    CN_FIELDS("HoldPath", struct cn_account_path, path_rows);

static const struct cn_field query_rows[] = { CN_PAGE_ROWS(CN_HOLD_PREFIX) };
static const struct cn_fields query_fields =
    CN_FIELDS("HoldQuery", struct cn_page_query, query_rows);

struct hold_page {
    struct cn_hold_list data;
    struct cn_page_end next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field page_item = { .type = CN_FIELD_OBJECT, .object = &hold_fields };
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct hold_page, data, &page_item, .max = CN_PAGE_MAX,
                     .doc = "newest first, those that are over too"),
    CN_FIELD_OF_ID(struct hold_page, next_cursor, CN_HOLD_PREFIX,
                   CN_MAY(struct hold_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields page_fields = CN_FIELDS("HoldList", struct hold_page, page_rows);

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct hold_page *page = res->body;
    return cn_hold_list(&req->unit, path->account_id, &page->data, err) &&
           cn_page_cut(req->query, sizeof(struct cn_hold), &page->data, &page->next_cursor,
                       &page->next_cursor_given, err);
}

static bool handle_create(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    const struct create_body *body = req->body;
    const struct cn_hold_new draft = {
        .kind = body->kind, .reason = body->reason, .from = body->from, .until = body->until
    };
    res->changed = path->account_id;
    return cn_hold_create(&req->unit, path->account_id, &draft, res->body, err);
}

static bool handle_end(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    res->changed = path->account_id;
    return cn_hold_end(&req->unit, path->account_id, (cn_hold_id){ path->record_id }, res->body,
                       err);
}

static const struct cn_route hold_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/holds",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listHolds",
      .doc = "The account's holds" },
    { .method = CN_POST,
      .path = "/api/v1/accounts/{account_id}/holds",
      .access = CN_WRITERS,
      .path_params = &cn_account_path_fields,
      .body = &create_fields,
      .response = &hold_fields,
      .run = CN_RUN_WRITE,
      .failures = CN_FAILS(CN_INVALID),
      .success_status = 201,
      .handler = handle_create,
      .operation = "createHold",
      .doc = "Suppress signals of a kind for a time, for a reason" },
    { .method = CN_POST,
      .path = "/api/v1/accounts/{account_id}/holds/{hold_id}/end",
      .access = CN_WRITERS,
      .path_params = &path_fields,
      .response = &hold_fields,
      .run = CN_RUN_WRITE,
      .success_status = 200,
      .handler = handle_end,
      .operation = "endHold",
      .doc = "End a hold now" },
};

const struct cn_route_table cn_api_holds = CN_ROUTE_TABLE(hold_routes);
