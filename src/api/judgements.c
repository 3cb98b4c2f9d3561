/* /api/v1/accounts/{account_id}/judgements: the HTTP face of book/judgement.h. */
#include "api/accounts.h"
#include "book/judgement.h"

static const struct cn_names kinds = { cn_judgement_names, CN_JUDGEMENT_KINDS };

struct judgement_view {
    cn_judgement_id id;
    enum cn_judgement_kind kind;
    int64_t value;
    cn_str reason;
    struct cn_owner_view author;
    enum cn_given author_given;
    cn_time at;
    cn_time until;
    bool is_current;
};
#define ROW(member, ...) CN_FIELD(struct judgement_view, member, __VA_ARGS__)
static const struct cn_field judgement_rows[] = {
    CN_FIELD_OF_ID(struct judgement_view, id, CN_JUDGEMENT_PREFIX, .doc = "the judgement"),
    CN_FIELD_OF_ENUM(struct judgement_view, kind, &kinds,
                     .doc = "sentiment: how the customer feels, which rules can read; override: a "
                            "score set by hand, beside the computed one"),
    ROW(value, .min = 0, .max = 100, .doc = "0 to 100; 100 is healthy"),
    ROW(reason, .max = CN_JUDGEMENT_REASON_MAX_BYTES, .doc = "why"),
    CN_FIELD_OF_OBJECT(struct judgement_view, author, &cn_owner_fields,
                       CN_MAY(struct judgement_view, author, BE_NULL), .doc = "null: Cairn itself"),
    ROW(at, .doc = "when it was said"),
    ROW(until, .doc = "when it ends by itself, or did: a newer one of its kind ends it, too"),
    ROW(is_current, .doc = "it counts now"),
};
static const struct cn_fields judgement_fields =
    CN_FIELDS("Judgement", struct judgement_view, judgement_rows);

struct create_body {
    enum cn_judgement_kind kind;
    int64_t value;
    cn_str reason;
    cn_time until;
    enum cn_given until_given;
};
static const struct cn_field create_rows[] = {
    CN_FIELD_OF_ENUM(struct create_body, kind, &kinds, .doc = "sentiment or override"),
    CN_FIELD(struct create_body, value, .min = 0, .max = 100, .doc = "0 to 100; 100 is healthy"),
    CN_FIELD(struct create_body, reason, .min = 1, .max = CN_JUDGEMENT_REASON_MAX_BYTES,
             .doc = "why"),
    CN_FIELD(struct create_body, until, CN_MAY(struct create_body, until, BE_ABSENT),
             .doc = "within a year; a sentiment lasts 90 days and an override 30 unless given"),
};
static const struct cn_fields create_fields =
    CN_FIELDS("JudgementCreate", struct create_body, create_rows);

static const struct cn_field path_rows[] = { CN_RECORD_PATH_ROWS(
    "judgement_id", CN_JUDGEMENT_PREFIX, "the judgement") };
static const struct cn_fields path_fields =
    CN_FIELDS("JudgementPath", struct cn_account_path, path_rows);

static const struct cn_field query_rows[] = { CN_PAGE_ROWS(CN_JUDGEMENT_PREFIX) };
static const struct cn_fields query_fields =
    CN_FIELDS("JudgementQuery", struct cn_page_query, query_rows);

struct judgement_page {
    struct {
        struct judgement_view *items;
        size_t count;
    } data;
    struct cn_page_end next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field page_item = { .type = CN_FIELD_OBJECT, .object = &judgement_fields };
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct judgement_page, data, &page_item, .max = CN_PAGE_MAX,
                     .doc = "the newest first"),
    CN_FIELD_OF_ID(struct judgement_page, next_cursor, CN_JUDGEMENT_PREFIX,
                   CN_MAY(struct judgement_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields page_fields =
    CN_FIELDS("JudgementList", struct judgement_page, page_rows);

static struct judgement_view view_of(const struct cn_judgement *judgement,
                                     const struct cn_user_list *users, cn_time now)
{
    struct judgement_view view = {
        .id = judgement->id,
        .kind = judgement->kind,
        .value = judgement->value,
        .reason = judgement->reason,
        .at = judgement->at,
        .until = judgement->until,
        .is_current = judgement->at.us <= now.us && now.us < judgement->until.us,
    };
    view.author_given = cn_owner_view_of(users, judgement->author_id, &view.author);
    return view;
}

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct judgement_page *page = res->body;
    struct cn_judgement_list judgements;
    struct cn_user_list users;
    if (!cn_judgement_list(&req->unit, path->account_id, &judgements, err) ||
        !cn_user_list(&req->unit, &users, err)) {
        return false;
    }
    page->data.items = cn_arena_array(req->unit.arena, struct judgement_view, judgements.count);
    page->data.count = judgements.count;
    bool has_current[CN_JUDGEMENT_KINDS] = { false };
    for (size_t i = 0; i < judgements.count; i++) {
        struct judgement_view *view = &page->data.items[i];
        *view = view_of(&judgements.items[i], &users, req->unit.now);
        view->is_current = view->is_current && !has_current[view->kind]; /* after a merge */
        has_current[view->kind] |= view->is_current;
    }
    return cn_page_cut(req->query, sizeof(struct judgement_view), &page->data, &page->next_cursor,
                       &page->next_cursor_given, err);
}

static bool handle_create(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    const struct create_body *body = req->body;
    const struct cn_judgement_new draft = { body->kind, body->value, body->reason, body->until };
    struct judgement_view *view = res->body;
    struct cn_judgement judgement;
    struct cn_user_list users;
    res->changed = path->account_id;
    if (!cn_judgement_create(&req->unit, path->account_id, &draft, &judgement, err) ||
        !cn_user_list(&req->unit, &users, err)) {
        return false;
    }
    *view = view_of(&judgement, &users, req->unit.now);
    res->location = cn_account_location(req->unit.arena, path->account_id, "judgements",
                                        CN_JUDGEMENT_PREFIX, judgement.id.value);
    return true;
}

static bool handle_end(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    res->changed = path->account_id;
    return cn_judgement_end(&req->unit, path->account_id, (cn_judgement_id){ path->record_id },
                            err);
}

static const struct cn_route judgement_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/judgements",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listJudgements",
      .doc = "What users said of the account: sentiments and overrides" },
    { .method = CN_POST,
      .path = "/api/v1/accounts/{account_id}/judgements",
      .access = CN_WRITERS,
      .path_params = &cn_account_path_fields,
      .body = &create_fields,
      .response = &judgement_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_LOCATION,
      .success_status = 201,
      .handler = handle_create,
      .operation = "createJudgement",
      .doc = "Say how the customer feels, or set a score by hand; ends the one before" },
    { .method = CN_DELETE,
      .path = "/api/v1/accounts/{account_id}/judgements/{judgement_id}",
      .access = CN_WRITERS,
      .path_params = &path_fields,
      .kind = CN_RESPONSE_EMPTY,
      .run = CN_RUN_WRITE,
      .success_status = 204,
      .handler = handle_end,
      .operation = "endJudgement",
      .doc = "Take it back: it ends now, and stays as history" },
};

const struct cn_route_table cn_api_judgements = CN_ROUTE_TABLE(judgement_routes);
