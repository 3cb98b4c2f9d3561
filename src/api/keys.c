/*
 * /api/v1/api-keys: what programs show to act as a user: the HTTP face of keys in book/session.h.
 *
 * Everybody makes, lists and revokes their own, which never may more than they; admins list and
 * revoke all.  A key does none of it: who finds one could make another that outlives it.
 */
#include <stdio.h>

#include "base/str.h"

#include "api/access.h"
#include "api/core.h"
#include "api/key_use.h"
#include "api/resources.h"
#include "book/name.h"

static const struct cn_names roles = { cn_role_names, CN_ROLE_COUNT };
static const struct cn_names scopes = { cn_scope_names, CN_SCOPE_ALL + 1 };

struct holder_view {
    cn_user_id id;
    cn_str name;
    enum cn_role role;
    enum cn_scope scope;
};
static const struct cn_field holder_rows[] = {
    CN_FIELD_OF_ID(struct holder_view, id, CN_USER_PREFIX, .doc = "the user"),
    CN_FIELD(struct holder_view, name, .max = CN_NAME_MAX_BYTES, .doc = "display name"),
    CN_FIELD_OF_ENUM(struct holder_view, role, &roles, .doc = "what the key may do as they may"),
    CN_FIELD_OF_ENUM(struct holder_view, scope, &scopes, .doc = "whose accounts the key sees"),
};
static const struct cn_fields holder_fields =
    CN_FIELDS("ApiKeyUser", struct holder_view, holder_rows);

struct key_view {
    cn_key_id id;
    cn_str name;
    cn_str hint;
    bool may_write;
    struct holder_view user;
    cn_time created_at;
    cn_time last_used_at;
    enum cn_given last_used_at_given;
    cn_time expires_at;
    enum cn_given expires_at_given;
    cn_str secret; /* once, when it was made */
    enum cn_given secret_given;
};
#define ROW(member, ...)  CN_FIELD(struct key_view, member, __VA_ARGS__)
#define MAY(member, what) CN_MAY(struct key_view, member, what)
#define KEY_ROWS                                                                          \
    CN_FIELD_OF_ID(struct key_view, id, CN_KEY_PREFIX, .doc = "the key, not its secret"), \
        ROW(name, .max = CN_NAME_MAX_BYTES, .doc = "what it is for"),                     \
        ROW(hint, .max = 16, .doc = "the end of its secret"),                             \
        ROW(may_write, .doc = "it also changes records; else it only reads"),             \
        CN_FIELD_OF_OBJECT(struct key_view, user, &holder_fields,                         \
                           .doc = "who made it, and as whom it acts"),                    \
        ROW(created_at, .doc = "when it was made"),                                       \
        ROW(last_used_at, MAY(last_used_at, BE_NULL),                                     \
            .doc = "when it was last used, to an hour; null: never"),                     \
        ROW(expires_at, MAY(expires_at, BE_NULL), .doc = "refused from then on; null: never")
static const struct cn_field key_rows[] = { KEY_ROWS };
static const struct cn_fields key_fields = CN_FIELDS("ApiKey", struct key_view, key_rows);
static const struct cn_field created_rows[] = {
    KEY_ROWS,
    ROW(secret, MAY(secret, BE_ABSENT), .max = CN_TOKEN_BYTES,
        .doc = "to be sent as `Authorization: Bearer ...`; shown this once"),
};
static const struct cn_fields created_fields =
    CN_FIELDS("CreatedApiKey", struct key_view, created_rows);

struct key_page {
    struct {
        struct key_view *items;
        size_t count;
    } data;
    struct cn_page_end next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field key_item = { .type = CN_FIELD_OBJECT, .object = &key_fields };
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct key_page, data, &key_item, .max = CN_PAGE_MAX,
                     .doc = "those not revoked, the newest first"),
    CN_FIELD_OF_ID(struct key_page, next_cursor, CN_KEY_PREFIX,
                   CN_MAY(struct key_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields page_fields = CN_FIELDS("ApiKeyList", struct key_page, page_rows);
static const struct cn_field query_rows[] = { CN_PAGE_ROWS(CN_KEY_PREFIX) };
static const struct cn_fields query_fields =
    CN_FIELDS("ApiKeyQuery", struct cn_page_query, query_rows);

struct create_body {
    cn_str name;
    bool may_write;
    enum cn_given may_write_given;
    cn_time expires_at;
    enum cn_given expires_at_given;
};
static const struct cn_field create_rows[] = {
    CN_FIELD(struct create_body, name, .min = 1, .max = CN_NAME_MAX_BYTES, .doc = "what it is for"),
    CN_FIELD(struct create_body, may_write, CN_MAY(struct create_body, may_write, BE_ABSENT),
             .doc = "true: it also changes records"),
    CN_FIELD(struct create_body, expires_at, CN_MAY(struct create_body, expires_at, BE_BOTH),
             .doc = "refused from then on; never unless given"),
};
static const struct cn_fields create_fields =
    CN_FIELDS("ApiKeyCreate", struct create_body, create_rows);

struct key_path {
    cn_key_id key_id;
};
static const struct cn_field path_rows[] = {
    CN_FIELD_OF_ID(struct key_path, key_id, CN_KEY_PREFIX, .doc = "the key"),
};
static const struct cn_fields path_fields = CN_FIELDS("ApiKeyPath", struct key_path, path_rows);

static struct key_view view_of(const struct cn_request *req, const struct cn_api_key *key,
                               const struct cn_user *user)
{
    struct key_view view = {
        .id = key->id,
        .name = key->name,
        .hint = key->hint,
        .may_write = (key->scopes & CN_KEY_WRITE) != 0,
        .user = { user->id, user->name, user->role, user->scope },
        .created_at = key->created_at,
        .last_used_at = key->last_used_at,
        .last_used_at_given = key->last_used_at_given == CN_GIVEN ? CN_GIVEN : CN_NULL,
        .expires_at = key->expires_at,
        .expires_at_given = key->expires_at_given == CN_GIVEN ? CN_GIVEN : CN_NULL,
    };
    if (cn_key_uses_get(req->api->key_uses, key->id, &view.last_used_at)) {
        view.last_used_at_given = CN_GIVEN;
    }
    return view;
}

static bool is_admin(const struct cn_request *req)
{
    return req->caller->role == CN_ROLE_ADMIN;
}

/* Whose keys somebody lists and revokes; 0: everybody's. */
static cn_user_id owner_for(const struct cn_request *req)
{
    const cn_user_id everybody = { 0 };
    return is_admin(req) ? everybody : req->caller->user;
}

static const struct cn_user *find_user(const struct cn_user_list *users, cn_user_id id)
{
    static const struct cn_user unlisted = { 0 };
    for (size_t i = 0; i < users->count; i++) {
        if (users->items[i].id.value == id.value) {
            return &users->items[i];
        }
    }
    return &unlisted;
}

static bool load_holders(const struct cn_request *req, struct cn_user_list *users_out,
                         struct cn_error *err)
{
    if (is_admin(req)) {
        return cn_user_list(&req->unit, users_out, err);
    }
    struct cn_user *self = cn_arena_new(req->unit.arena, struct cn_user);
    *users_out = (struct cn_user_list){ self, 1 };
    return cn_user_load(&req->unit, req->caller->user, self, err);
}

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct key_page *page = res->body;
    struct cn_api_key_list keys;
    struct cn_user_list users;
    if (!cn_api_key_list(&req->unit, owner_for(req), &keys, err)) {
        return false;
    }
    struct cn_list cut = { keys.items, keys.count };
    if (!cn_page_cut(req->query, sizeof(keys.items[0]), &cut, &page->next_cursor,
                     &page->next_cursor_given, err) ||
        !load_holders(req, &users, err)) {
        return false;
    }
    const struct cn_api_key *shown = cut.items;
    page->data.items = cn_arena_array(req->unit.arena, struct key_view, cut.count);
    page->data.count = cut.count;
    for (size_t i = 0; i < cut.count; i++) {
        page->data.items[i] = view_of(req, &shown[i], find_user(&users, shown[i].user_id));
    }
    return true;
}

static bool check_body(const struct cn_request *req, const struct create_body *body,
                       struct cn_error *err)
{
    struct cn_error wrong;
    if (!cn_check_name("name", body->name, &wrong)) {
        const struct cn_place place = { .pointer = CN_STR("/name") };
        (void)cn_diagnose(req->problems, &place, "%s", wrong.message);
    }
    if (body->expires_at_given == CN_GIVEN && body->expires_at.us <= req->unit.now.us) {
        const struct cn_place place = { .pointer = CN_STR("/expires_at") };
        (void)cn_diagnose(req->problems, &place, "is not in the future");
    }
    return cn_diagnostics_none(req->problems, err);
}

static cn_str location_of(struct cn_arena *arena, cn_key_id key)
{
    char id[CN_ID_TEXT_BYTES];
    char path[64];
    cn_id_format(CN_KEY_PREFIX, key.value, id);
    (void)snprintf(path, sizeof(path), "/api/v1/api-keys/%s", id);
    return cn_arena_str(arena, cn_str_of(path));
}

static bool handle_create(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct create_body *body = req->body;
    struct key_view *view = res->body;
    char secret[CN_TOKEN_BYTES];
    struct cn_api_key key;
    struct cn_user user;
    struct cn_api_key_new draft = { .user_id = req->caller->user,
                                    .name = body->name,
                                    .scopes = CN_KEY_READ };
    if (body->may_write) {
        draft.scopes |= CN_KEY_WRITE;
    }
    if (body->expires_at_given == CN_GIVEN) {
        draft.expires_at = body->expires_at;
    }
    if (!check_body(req, body, err) || !cn_api_key_create(&req->unit, &draft, secret, &key, err) ||
        !cn_user_load(&req->unit, req->caller->user, &user, err)) {
        return false;
    }
    *view = view_of(req, &key, &user);
    view->secret = cn_arena_str(req->unit.arena, cn_str_of(secret));
    view->secret_given = CN_GIVEN;
    res->secret = &view->secret_given;
    res->location = location_of(req->unit.arena, key.id);
    return true;
}

static bool handle_revoke(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct key_path *path = req->path;
    res->ends_access = true;
    return cn_api_key_revoke(&req->unit, owner_for(req), path->key_id, err);
}

static const struct cn_route key_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/api-keys",
      .needs_session = true,
      .access = CN_EVERYBODY,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listApiKeys",
      .doc = "One's API keys, for admins everybody's; never with their secrets" },
    { .method = CN_POST,
      .path = "/api/v1/api-keys",
      .needs_session = true,
      .access = CN_EVERYBODY,
      .body = &create_fields,
      .response = &created_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_LOCATION,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 201,
      .handler = handle_create,
      .operation = "createApiKey",
      .doc = "Make an API key that acts as oneself; its secret is shown this once" },
    { .method = CN_DELETE,
      .path = "/api/v1/api-keys/{key_id}",
      .needs_session = true,
      .access = CN_EVERYBODY,
      .path_params = &path_fields,
      .kind = CN_RESPONSE_EMPTY,
      .run = CN_RUN_WRITE,
      .success_status = 204,
      .handler = handle_revoke,
      .operation = "revokeApiKey",
      .doc = "Revoke an API key: it is refused at once, and its streams end" },
};

const struct cn_route_table cn_api_keys = CN_ROUTE_TABLE(key_routes);
