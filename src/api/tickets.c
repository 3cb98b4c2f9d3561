/* /api/v1/accounts/{account_id}/tickets: the HTTP face of book/ticket.h. */
#include <string.h>

#include "api/access.h"
#include "api/resources.h"
#include "book/ticket.h"

enum {
    AHEAD_MAX_US = 60 * 1000 * 1000, /* a help desk's clock before ours */
};

static const struct cn_names priorities = { cn_ticket_priority_names, CN_TICKET_PRIORITY_COUNT };
static const struct cn_names statuses = { cn_ticket_status_names, CN_TICKET_STATUS_COUNT };

#define ROW(member, ...)  CN_FIELD(struct cn_ticket, member, __VA_ARGS__)
#define MAY(member, what) CN_MAY(struct cn_ticket, member, what)
static const struct cn_field ticket_rows[] = {
    CN_FIELD_OF_ID(struct cn_ticket, id, CN_TICKET_PREFIX, .doc = "the ticket"),
    ROW(external_id, MAY(external_id, BE_NULL), .max = 200, .doc = "the id in the help desk"),
    ROW(subject, .max = 500, .doc = "what it is about"),
    CN_FIELD_OF_ENUM(struct cn_ticket, priority, &priorities, .doc = "how urgent"),
    CN_FIELD_OF_ENUM(struct cn_ticket, status, &statuses, .doc = "where it stands"),
    ROW(opened_at, .doc = "by the customer"),
    ROW(first_response_at, MAY(first_response_at, BE_NULL), .doc = "null: none yet"),
    ROW(solved_at, MAY(solved_at, BE_NULL), .doc = "null: not yet"),
    ROW(version, .min = 1, .max = INT64_MAX, .doc = "of the record, as in its ETag"),
};
static const struct cn_fields ticket_fields = CN_FIELDS("Ticket", struct cn_ticket, ticket_rows);

struct create_body {
    cn_str external_id;
    enum cn_given external_id_given;
    cn_str subject;
    enum cn_ticket_priority priority;
    enum cn_given priority_given;
    enum cn_ticket_status status;
    enum cn_given status_given;
    cn_time opened_at;
    enum cn_given opened_at_given;
    cn_time solved_at;
    enum cn_given solved_at_given;
};
static const struct cn_field create_rows[] = {
    CN_FIELD(struct create_body, external_id, CN_MAY(struct create_body, external_id, BE_ABSENT),
             .min = 1, .max = 200, .doc = "the id in the help desk"),
    CN_FIELD(struct create_body, subject, .min = 1, .max = 500, .doc = "what it is about"),
    CN_FIELD_OF_ENUM(struct create_body, priority, &priorities,
                     CN_MAY(struct create_body, priority, BE_ABSENT), .doc = "normal unless given"),
    CN_FIELD_OF_ENUM(struct create_body, status, &statuses,
                     CN_MAY(struct create_body, status, BE_ABSENT), .doc = "open unless given"),
    CN_FIELD(struct create_body, opened_at, CN_MAY(struct create_body, opened_at, BE_ABSENT),
             .doc = "now unless given; that of a ticket which is there stays"),
    CN_FIELD(struct create_body, solved_at, CN_MAY(struct create_body, solved_at, BE_ABSENT),
             .doc = "now, if the status says solved"),
};
static const struct cn_fields create_fields =
    CN_FIELDS("TicketCreate", struct create_body, create_rows);

#define PATCH(member, what, ...)                                                           \
    CN_FIELD(struct cn_ticket_patch, member, CN_MAY(struct cn_ticket_patch, member, what), \
             __VA_ARGS__)
static const struct cn_field patch_rows[] = {
    PATCH(subject, BE_ABSENT, .min = 1, .max = 500, .doc = "what it is about"),
    CN_FIELD_OF_ENUM(struct cn_ticket_patch, priority, &priorities,
                     CN_MAY(struct cn_ticket_patch, priority, BE_ABSENT), .doc = "how urgent"),
    CN_FIELD_OF_ENUM(struct cn_ticket_patch, status, &statuses,
                     CN_MAY(struct cn_ticket_patch, status, BE_ABSENT), .doc = "where it stands"),
    PATCH(first_response_at, BE_BOTH, .doc = "null: none yet"),
    PATCH(solved_at, BE_BOTH, .doc = "null: not yet"),
};
static const struct cn_fields patch_fields =
    CN_FIELDS("TicketPatch", struct cn_ticket_patch, patch_rows);

static const struct cn_field path_rows[] = { CN_RECORD_PATH_ROWS("ticket_id", CN_TICKET_PREFIX,
                                                                 "the ticket") };
static const struct cn_fields path_fields =
    CN_FIELDS("TicketPath", struct cn_account_path, path_rows);

static const struct cn_field query_rows[] = { CN_PAGE_ROWS(CN_TICKET_PREFIX) };
static const struct cn_fields query_fields =
    CN_FIELDS("TicketQuery", struct cn_page_query, query_rows);

struct ticket_page {
    struct cn_ticket_list data;
    struct cn_page_end next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field page_item = { .type = CN_FIELD_OBJECT, .object = &ticket_fields };
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct ticket_page, data, &page_item, .max = CN_PAGE_MAX,
                     .doc = "open ones first, then the newest"),
    CN_FIELD_OF_ID(struct ticket_page, next_cursor, CN_TICKET_PREFIX,
                   CN_MAY(struct ticket_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields page_fields = CN_FIELDS("TicketList", struct ticket_page, page_rows);

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct ticket_page *page = res->body;
    return cn_ticket_list(&req->unit, path->account_id, &page->data, err) &&
           cn_page_cut(req->query, sizeof(struct cn_ticket), &page->data, &page->next_cursor,
                       &page->next_cursor_given, err);
}

static bool handle_get(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct cn_ticket *ticket = res->body;
    if (!cn_ticket_load(&req->unit, path->account_id, (cn_ticket_id){ path->record_id }, ticket,
                        err)) {
        return false;
    }
    res->version = ticket->version;
    return true;
}

/* What was opened or solved has been: a clock that is a little ahead of ours means now. */
static bool settle_ahead(const struct cn_request *req, const char *field, cn_time *at,
                         struct cn_error *err)
{
    const cn_time now = req->unit.now;
    if (at->us > now.us + AHEAD_MAX_US) {
        (void)cn_fail(err, CN_INVALID, "a ticket is not %s in the future",
                      strcmp(field, "opened_at") == 0 ? "opened" : "solved");
        return cn_error_field(err, field);
    }
    if (at->us > now.us) {
        *at = now;
    }
    return true;
}

static bool handle_create(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    res->changed = path->account_id;
    const struct create_body *body = req->body;
    struct cn_ticket *ticket = res->body;
    struct cn_ticket_new draft = {
        .external_id = body->external_id,
        .subject = body->subject,
        .priority = body->priority_given == CN_GIVEN ? body->priority : CN_TICKET_NORMAL,
        .status = body->status,
        .opened_at = body->opened_at,
        .solved_at = body->solved_at,
    };
    if (!settle_ahead(req, "opened_at", &draft.opened_at, err) ||
        !settle_ahead(req, "solved_at", &draft.solved_at, err) ||
        !cn_ticket_create(&req->unit, path->account_id, &draft, ticket, err)) {
        return false;
    }
    res->version = ticket->version;
    res->location = cn_account_location(req->unit.arena, path->account_id, "tickets",
                                        CN_TICKET_PREFIX, ticket->id.value);
    return true;
}

static bool handle_update(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    res->changed = path->account_id;
    const struct cn_ticket_patch *body = req->body;
    struct cn_ticket_patch patch = *body;
    struct cn_ticket *ticket = res->body;
    if (!settle_ahead(req, "solved_at", &patch.solved_at, err) ||
        !cn_ticket_update(&req->unit, path->account_id, (cn_ticket_id){ path->record_id },
                          req->if_match, &patch, ticket, err)) {
        return false;
    }
    res->version = ticket->version;
    return true;
}

static const struct cn_route ticket_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/tickets",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listTickets",
      .doc = "The account's tickets" },
    { .method = CN_POST,
      .path = "/api/v1/accounts/{account_id}/tickets",
      .access = CN_WRITERS,
      .path_params = &cn_account_path_fields,
      .body = &create_fields,
      .response = &ticket_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_ETAG | CN_HEADER_LOCATION,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 201,
      .handler = handle_create,
      .operation = "createTicket",
      .doc = "Add a ticket, or update the one of that external id to all that is said here" },
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/tickets/{ticket_id}",
      .access = CN_READERS,
      .path_params = &path_fields,
      .response = &ticket_fields,
      .headers = CN_HEADER_ETAG | CN_HEADER_NOT_MODIFIED,
      .success_status = 200,
      .handler = handle_get,
      .operation = "getTicket",
      .doc = "One ticket" },
    { .method = CN_PATCH,
      .path = "/api/v1/accounts/{account_id}/tickets/{ticket_id}",
      .needs_if_match = true,
      .access = CN_WRITERS,
      .path_params = &path_fields,
      .body = &patch_fields,
      .response = &ticket_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_ETAG,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 200,
      .handler = handle_update,
      .operation = "updateTicket",
      .doc = "Change some members of a ticket" },
};

const struct cn_route_table cn_api_tickets = CN_ROUTE_TABLE(ticket_routes);
