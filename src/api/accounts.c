/* /api/v1/accounts: the HTTP face of book/account.h.  No SQL and no business rules in this file. */
#include "api/accounts.h"

#include "base/str.h"

#include "api/core.h"
#include "api/past.h"
#include "book/trait.h"
#include "signal/hand.h"

enum {
    OFFSET_MAX = 10000000
};

static const struct cn_names stages = { cn_stage_names, CN_STAGE_COUNT };

struct create_body {
    cn_str name;
    cn_str external_id;
    enum cn_given external_id_given;
    cn_str domain;
    enum cn_given domain_given;
    cn_user_id owner_id;
    enum cn_given owner_id_given;
    cn_account_id parent_id;
    enum cn_given parent_id_given;
    enum cn_stage stage;
    enum cn_given stage_given;
    struct cn_money arr;
    enum cn_given arr_given;
};
static const struct cn_field create_rows[] = {
    CN_FIELD(struct create_body, name, .min = 1, .max = CN_ACCOUNT_NAME_MAX_BYTES,
             .doc = "display name"),
    CN_FIELD(struct create_body, external_id, CN_MAY(struct create_body, external_id, BE_ABSENT),
             .min = 1, .max = CN_ACCOUNT_KEY_MAX_BYTES,
             .doc = "the id in your own systems, which events name as groupId"),
    CN_FIELD(struct create_body, domain, CN_MAY(struct create_body, domain, BE_BOTH), .min = 1,
             .max = 255, .doc = "of its e-mail addresses"),
    CN_FIELD_OF_ID(struct create_body, owner_id, CN_USER_PREFIX,
                   CN_MAY(struct create_body, owner_id, BE_BOTH), .doc = "null: nobody"),
    CN_FIELD_OF_ID(struct create_body, parent_id, CN_ACCOUNT_PREFIX,
                   CN_MAY(struct create_body, parent_id, BE_BOTH),
                   .doc = "the account above it; null: none"),
    CN_FIELD_OF_ENUM(struct create_body, stage, &stages,
                     CN_MAY(struct create_body, stage, BE_ABSENT), .doc = "lifecycle stage"),
    CN_FIELD(struct create_body, arr, CN_MAY(struct create_body, arr, BE_BOTH), .max = CN_ARR_MAX,
             .doc = "annual recurring revenue, while there are no contracts"),
};
static const struct cn_fields create_fields =
    CN_FIELDS("AccountCreate", struct create_body, create_rows);

#define PATCH(member, ...) CN_FIELD(struct cn_account_patch, member, __VA_ARGS__)
static const struct cn_field patch_rows[] = {
    PATCH(name, CN_MAY(struct cn_account_patch, name, BE_ABSENT), .min = 1,
          .max = CN_ACCOUNT_NAME_MAX_BYTES, .doc = "display name"),
    PATCH(domain, CN_MAY(struct cn_account_patch, domain, BE_BOTH), .min = 1, .max = 255,
          .doc = "of its e-mail addresses"),
    CN_FIELD_OF_ID(struct cn_account_patch, owner_id, CN_USER_PREFIX,
                   CN_MAY(struct cn_account_patch, owner_id, BE_BOTH), .doc = "null: nobody"),
    CN_FIELD_OF_ID(struct cn_account_patch, parent_id, CN_ACCOUNT_PREFIX,
                   CN_MAY(struct cn_account_patch, parent_id, BE_BOTH),
                   .doc = "the account above it, which is not below it; null: none"),
    CN_FIELD_OF_ENUM(struct cn_account_patch, stage, &stages,
                     CN_MAY(struct cn_account_patch, stage, BE_ABSENT), .doc = "lifecycle stage"),
    PATCH(arr, CN_MAY(struct cn_account_patch, arr, BE_BOTH), .max = CN_ARR_MAX,
          .doc = "annual recurring revenue, while there are no contracts"),
};
static const struct cn_fields patch_fields =
    CN_FIELDS("AccountPatch", struct cn_account_patch, patch_rows);

static const struct cn_field query_rows[] = {
    CN_ACCOUNT_FILTER_ROWS,
    CN_ACCOUNT_QUERY(sort, .max = 40,
                     .doc = "name, score, trend, arr, renewal_at, owner, last_activity_at, "
                            "open_tickets or created_at; with - in front the other way"),
    CN_ACCOUNT_QUERY(limit, .min = 1, .max = CN_PAGE_MAX, .doc = "rows of a page, 50 unless given"),
    CN_ACCOUNT_QUERY(offset, .min = 0, .max = OFFSET_MAX,
                     .doc = "rows to skip, instead of a cursor"),
    CN_FIELD_OF_ID(struct cn_account_list_query, cursor, CN_ACCOUNT_PREFIX,
                   CN_MAY(struct cn_account_list_query, cursor, BE_ABSENT),
                   .doc = "next_cursor of the page before"),
    CN_ACCOUNT_QUERY(as_of, CN_AS_OF_TEXT),
};
static const struct cn_fields query_fields =
    CN_FIELDS("AccountQuery", struct cn_account_list_query, query_rows);

struct account_page {
    struct {
        struct cn_account_row *items;
        size_t count;
    } data;
    cn_account_id next_cursor;
    enum cn_given next_cursor_given;
    int64_t total;
    struct cn_as_of_view as_of;
    enum cn_given as_of_given;
};
static const struct cn_field page_item = { .type = CN_FIELD_OBJECT,
                                           .object = &cn_account_row_fields };
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct account_page, data, &page_item, .max = CN_PAGE_MAX, .doc = "the page"),
    CN_FIELD_OF_ID(struct account_page, next_cursor, CN_ACCOUNT_PREFIX,
                   CN_MAY(struct account_page, next_cursor, BE_NULL), .doc = "null: no more"),
    CN_FIELD(struct account_page, total, .doc = "accounts that match, on all pages"),
    CN_FIELD_OF_OBJECT(struct account_page, as_of, &cn_as_of_fields,
                       CN_MAY(struct account_page, as_of, BE_NULL),
                       .doc = "the past moment that the list is of; null: now"),
};
static const struct cn_fields page_fields =
    CN_FIELDS("AccountList", struct account_page, page_rows);

/* A full page may have been the last: then the next is empty. */
static void end_page(struct account_page *page, int64_t limit)
{
    page->next_cursor_given = (int64_t)page->data.count == limit ? CN_GIVEN : CN_NULL;
    if (page->next_cursor_given == CN_GIVEN) {
        page->next_cursor = page->data.items[page->data.count - 1].id;
    }
}

/* The list as it was known at a past moment. */
static bool list_then(const struct cn_request *req, struct account_page *page, struct cn_error *err)
{
    const struct cn_account_list_query *query = req->query;
    struct cn_then_filter filter;
    struct cn_user_list owners;
    struct cn_then then;
    cn_time at;
    if (!cn_as_of_parse(req, query->as_of, &at, err) ||
        !cn_account_then_filter_of(req, query, at, &filter, err) ||
        !cn_user_list(&req->unit, &owners, err)) {
        return false;
    }
    filter.list.users = &owners;
    if (!cn_past_load(req, at, (cn_account_id){ 0 }, &then, err) ||
        !cn_then_list(&req->unit, &filter, &then, err)) {
        return false;
    }
    page->total = then.total;
    page->data.count = then.count;
    page->data.items = cn_arena_array(req->unit.arena, struct cn_account_row, then.count);
    for (size_t i = 0; i < then.count; i++) {
        cn_past_row_fill(req, &then.items[i], &owners, &page->data.items[i]);
    }
    page->as_of = cn_as_of_view_of(req, &then, CN_PAST_LIST);
    page->as_of_given = CN_GIVEN;
    end_page(page, filter.list.limit);
    return true;
}

static bool list_now(const struct cn_request *req, struct account_page *page, struct cn_error *err)
{
    struct cn_account_filter filter;
    struct cn_account_list list;
    struct cn_user_list owners;
    if (!cn_account_filter_of(req, req->query, &filter, err) ||
        !cn_accounts_list(req, &filter, &list, err) || !cn_user_list(&req->unit, &owners, err)) {
        return false;
    }
    page->total = list.total;
    page->data.items = cn_arena_array(req->unit.arena, struct cn_account_row, list.count);
    page->data.count = list.count;
    for (size_t i = 0; i < list.count; i++) {
        cn_account_row_fill(&page->data.items[i], &list.items[i], &owners, req->api->options.tz);
    }
    cn_account_rows_spark(req, page->data.items, list.count);
    cn_account_rows_place(req, page->data.items, list.count);
    page->as_of_given = CN_NULL;
    end_page(page, filter.limit);
    return true;
}

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_list_query *query = req->query;
    return query->as_of_given == CN_GIVEN ? list_then(req, res->body, err)
                                          : list_now(req, res->body, err);
}

static void fill_traits(const struct cn_request *req, const struct cn_trait_list *traits,
                        struct cn_account_view *view)
{
    view->traits.count = traits->count < CN_TRAITS_MAX ? traits->count : CN_TRAITS_MAX;
    view->traits.items = cn_arena_array(req->unit.arena, struct cn_trait_view, view->traits.count);
    for (size_t i = 0; i < view->traits.count; i++) {
        view->traits.items[i] =
            (struct cn_trait_view){ traits->items[i].name, traits->items[i].value };
    }
}

/* One account as it is shown: with the health of this moment. */
static bool show(const struct cn_request *req, struct cn_account *account, struct cn_response *res,
                 struct cn_error *err)
{
    struct cn_account_view *view = res->body;
    struct cn_user_list owners;
    struct cn_trait_list traits;
    if (!cn_user_list(&req->unit, &owners, err) ||
        !cn_trait_list(&req->unit, account->id, &traits, err)) {
        return false;
    }
    cn_account_take_live(&req->api->options, req->unit.arena, account);
    cn_account_row_fill(&view->row, account, &owners, req->api->options.tz);
    cn_account_rows_spark(req, &view->row, 1);
    cn_account_rows_place(req, &view->row, 1);
    cn_account_view_fill(view, account);
    view->version = account->version;
    view->version_given = CN_GIVEN;
    fill_traits(req, &traits, view);
    res->version = account->version;
    return true;
}

struct get_query {
    cn_str as_of;
    enum cn_given as_of_given;
};
static const struct cn_field get_query_rows[] = {
    CN_FIELD(struct get_query, as_of, CN_MAY(struct get_query, as_of, BE_ABSENT), CN_AS_OF_TEXT),
};
static const struct cn_fields get_query_fields =
    CN_FIELDS("AccountGetQuery", struct get_query, get_query_rows);

/* The account as it was known at a past moment. */
static bool get_then(const struct cn_request *req, cn_account_id id, cn_str as_of,
                     struct cn_response *res, struct cn_error *err)
{
    struct cn_account_view *view = res->body;
    struct cn_user_list owners;
    struct cn_trait_list traits;
    struct cn_then then;
    cn_time at;
    if (!cn_account_was_visible(&req->unit, id, err) || !cn_as_of_parse(req, as_of, &at, err) ||
        !cn_past_load(req, at, id, &then, err) || !cn_user_list(&req->unit, &owners, err) ||
        !cn_trait_list_then(&req->unit, id, at, &traits, err)) {
        return false;
    }
    if (then.count == 0) {
        return cn_past_not_there(req, id, at, err);
    }
    cn_past_row_fill(req, &then.items[0], &owners, &view->row);
    cn_account_view_fill(view, &then.items[0].record.account);
    fill_traits(req, &traits, view);
    view->as_of = cn_as_of_view_of(req, &then, CN_PAST_ACCOUNT);
    view->as_of_given = CN_GIVEN;
    res->version = CN_NO_VERSION;
    return true;
}

static bool handle_get(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    const struct get_query *query = req->query;
    struct cn_account account;
    if (query->as_of_given == CN_GIVEN) {
        return get_then(req, path->account_id, query->as_of, res, err);
    }
    return cn_account_load(&req->unit, path->account_id, &account, err) &&
           show(req, &account, res, err);
}

static bool handle_create(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct create_body *body = req->body;
    struct cn_account account;
    const struct cn_account_new draft = {
        .name = body->name,
        .external_id = body->external_id,
        .domain = body->domain,
        /* Who sees only their own book would lose sight of what they make for nobody. */
        .owner_id = body->owner_id_given == CN_GIVEN  ? body->owner_id
                    : req->unit.scope == CN_SCOPE_OWN ? req->unit.user
                                                      : (cn_user_id){ 0 },
        .parent_id = body->parent_id_given == CN_GIVEN ? body->parent_id : (cn_account_id){ 0 },
        .team_id = req->unit.scope == CN_SCOPE_TEAM ? req->unit.team : (cn_team_id){ 0 },
        .stage = body->stage,
        .arr = body->arr,
        .arr_given = body->arr_given,
    };
    if (!cn_account_create(&req->unit, &draft, &account, err)) {
        return false;
    }
    res->location = cn_account_location(req->unit.arena, account.id, "", "", 0);
    res->changed = account.id;
    return show(req, &account, res, err);
}

static bool handle_update(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct cn_account account;
    res->changed = path->account_id;
    return cn_signal_update_account(&req->unit, path->account_id, req->if_match, req->body,
                                    req->api->options.notices.tell, &account, err) &&
           show(req, &account, res, err);
}

struct merge_body {
    cn_account_id into;
};
static const struct cn_field merge_rows[] = {
    CN_FIELD_OF_ID(struct merge_body, into, CN_ACCOUNT_PREFIX, .doc = "the account that stays"),
};
static const struct cn_fields merge_fields =
    CN_FIELDS("AccountMerge", struct merge_body, merge_rows);

static bool handle_merge(const struct cn_request *req, struct cn_response *res,
                         struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    const struct merge_body *body = req->body;
    const struct cn_api_options *options = &req->api->options;
    const struct cn_merge merge = { .from = path->account_id,
                                    .into = body->into,
                                    .version = req->if_match,
                                    .parts = options->account_parts,
                                    .part_count = options->account_part_count };
    struct cn_account survivor;
    if (!cn_account_merge(&req->unit, &merge, &survivor, err)) {
        return false;
    }
    res->location = cn_account_location(req->unit.arena, survivor.id, "", "", 0);
    res->changed = survivor.id;
    return show(req, &survivor, res, err);
}

static const struct cn_route account_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/accounts",
      .access = CN_READERS,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listAccounts",
      .doc = "The accounts that the caller may see, or as they were known at a past moment" },
    { .method = CN_POST,
      .path = "/api/v1/accounts",
      .access = CN_WRITERS,
      .body = &create_fields,
      .response = &cn_account_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_ETAG | CN_HEADER_LOCATION,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 201,
      .handler = handle_create,
      .operation = "createAccount",
      .doc = "Create an account" },
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .query = &get_query_fields,
      .response = &cn_account_fields,
      .headers = CN_HEADER_ETAG,
      .success_status = 200,
      .handler = handle_get,
      .operation = "getAccount",
      .doc = "One account with its current health, or as it was known at a past moment" },
    { .method = CN_PATCH,
      .path = "/api/v1/accounts/{account_id}",
      .needs_if_match = true,
      .access = CN_WRITERS,
      .path_params = &cn_account_path_fields,
      .body = &patch_fields,
      .response = &cn_account_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_ETAG,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 200,
      .handler = handle_update,
      .operation = "updateAccount",
      .doc = "Change some members of an account" },
    { .method = CN_POST,
      .path = "/api/v1/accounts/{account_id}/merge",
      .needs_if_match = true,
      .access = CN_OPERATORS,
      .path_params = &cn_account_path_fields,
      .body = &merge_fields,
      .response = &cn_account_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_ETAG | CN_HEADER_LOCATION,
      .success_status = 200,
      .handler = handle_merge,
      .operation = "mergeAccount",
      .doc = "Make an account part of another, with all that is told of it.  The answer is the one "
             "that stays; asking for the other is 410 with its successor from then on" },
};

const struct cn_route_table cn_api_accounts = CN_ROUTE_TABLE(account_routes);
