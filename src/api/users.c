/*
 * /api/v1/users: who works with Cairn, and for admins adding and changing them: the HTTP face of
 * book/user.h.
 *
 * Not here: signing in (session.c), their sessions (sessions.c), API keys (keys.c).
 */
#include <stdio.h>

#include "base/str.h"

#include "api/access.h"
#include "api/resources.h"
#include "book/name.h"
#include "book/user.h"
#include "net/mime.h"

static const struct cn_names roles = { cn_role_names, CN_ROLE_COUNT };

/* Everybody has a scope: the names begin after "none". */
enum given_scope {
    GIVEN_OWN,
    GIVEN_TEAM,
    GIVEN_ALL,
    GIVEN_SCOPE_COUNT
};
static const struct cn_names scopes = { cn_scope_names + CN_SCOPE_OWN, GIVEN_SCOPE_COUNT };

static enum cn_scope scope_of(enum given_scope given)
{
    return (enum cn_scope)(CN_SCOPE_OWN + (int)given);
}

struct user_view {
    cn_user_id id;
    cn_str name;
    cn_str email;
    enum cn_role role;
    enum given_scope scope;
    cn_str team;
    enum cn_given team_given;
    bool is_disabled;
    cn_time created_at;
    int64_t version;
};
#define ROW(member, ...) CN_FIELD(struct user_view, member, __VA_ARGS__)
static const struct cn_field user_rows[] = {
    CN_FIELD_OF_ID(struct user_view, id, CN_USER_PREFIX, .doc = "the user"),
    ROW(name, .max = CN_NAME_MAX_BYTES, .doc = "display name"),
    ROW(email, .max = CN_MAIL_ADDRESS_MAX_BYTES, .doc = "also what they sign in with"),
    CN_FIELD_OF_ENUM(struct user_view, role, &roles, .doc = "what they may do"),
    CN_FIELD_OF_ENUM(struct user_view, scope, &scopes,
                     .doc = "whose accounts they see, as far as the role allows"),
    ROW(team, CN_MAY(struct user_view, team, BE_NULL), .max = CN_NAME_MAX_BYTES,
        .doc = "its name; null: in none"),
    ROW(is_disabled, .doc = "they cannot sign in"),
    ROW(created_at, .doc = "when they were added"),
    ROW(version, .min = 1, .max = INT64_MAX, .doc = "of the user, as in its ETag"),
};
static const struct cn_fields user_fields = CN_FIELDS("UserRow", struct user_view, user_rows);

struct user_page {
    struct {
        struct user_view *items;
        size_t count;
    } data;
    struct cn_page_end next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field user_item = { .type = CN_FIELD_OBJECT, .object = &user_fields };
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct user_page, data, &user_item, .max = CN_PAGE_MAX, .doc = "by name"),
    CN_FIELD_OF_ID(struct user_page, next_cursor, CN_USER_PREFIX,
                   CN_MAY(struct user_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields page_fields = CN_FIELDS("UserList", struct user_page, page_rows);

struct user_query {
    struct cn_page_query page; /* first: CN_PAGE_ROWS() say where its members are */
    bool disabled;
    enum cn_given disabled_given;
};
static const struct cn_field query_rows[] = {
    CN_PAGE_ROWS(CN_USER_PREFIX),
    CN_FIELD(struct user_query, disabled, CN_MAY(struct user_query, disabled, BE_ABSENT),
             .doc = "true: those too who are disabled"),
};
static const struct cn_fields query_fields = CN_FIELDS("UserQuery", struct user_query, query_rows);

struct user_path {
    cn_user_id user_id;
};
static const struct cn_field path_rows[] = {
    CN_FIELD_OF_ID(struct user_path, user_id, CN_USER_PREFIX, .doc = "the user"),
};
static const struct cn_fields path_fields = CN_FIELDS("UserPath", struct user_path, path_rows);

/* What is sent of a user, to add and to change one. */
struct user_body {
    cn_str name;
    enum cn_given name_given;
    cn_str email;
    enum cn_given email_given;
    enum cn_role role;
    enum cn_given role_given;
    enum given_scope scope;
    enum cn_given scope_given;
    cn_str team;
    enum cn_given team_given;
    bool is_disabled;
    enum cn_given is_disabled_given;
    cn_str password;
    enum cn_given password_given;
};
#define SENT(member, ...) CN_FIELD(struct user_body, member, __VA_ARGS__)
#define MAY(member, what) CN_MAY(struct user_body, member, what)
#define TEAM_ROW                                                       \
    SENT(team, MAY(team, BE_BOTH), .min = 1, .max = CN_NAME_MAX_BYTES, \
         .doc = "its name, made if there is none such; null: in none")
/* How long a password is, is counted in bytes: the book says so. */
static const struct cn_field create_rows[] = {
    SENT(email, .min = 1, .max = CN_MAIL_ADDRESS_MAX_BYTES, .doc = "what they sign in with"),
    SENT(name, MAY(name, BE_ABSENT), .min = 1, .max = CN_NAME_MAX_BYTES,
         .doc = "as others see it; the address unless given"),
    CN_FIELD_OF_ENUM(struct user_body, role, &roles, MAY(role, BE_ABSENT),
                     .doc = "what they may do; csm unless given"),
    CN_FIELD_OF_ENUM(struct user_body, scope, &scopes, MAY(scope, BE_ABSENT),
                     .doc = "whose accounts they see, as far as the role allows; all unless given"),
    TEAM_ROW,
    SENT(password, .min = 1, .max = CN_PASSWORD_MAX_BYTES, .doc = "the first, 8 to 256 bytes"),
};
static const struct cn_fields create_fields =
    CN_FIELDS("UserCreate", struct user_body, create_rows);
static const struct cn_field patch_rows[] = {
    SENT(email, MAY(email, BE_ABSENT), .min = 1, .max = CN_MAIL_ADDRESS_MAX_BYTES,
         .doc = "what they sign in with"),
    SENT(name, MAY(name, BE_ABSENT), .min = 1, .max = CN_NAME_MAX_BYTES, .doc = "as others see it"),
    CN_FIELD_OF_ENUM(struct user_body, role, &roles, MAY(role, BE_ABSENT),
                     .doc = "what they may do"),
    CN_FIELD_OF_ENUM(struct user_body, scope, &scopes, MAY(scope, BE_ABSENT),
                     .doc = "whose accounts they see, as far as the role allows"),
    TEAM_ROW,
    SENT(is_disabled, MAY(is_disabled, BE_ABSENT),
         .doc = "true: ends their sessions and revokes their API keys"),
    SENT(password, MAY(password, BE_ABSENT), .min = 1, .max = CN_PASSWORD_MAX_BYTES,
         .doc = "a new one, 8 to 256 bytes; ends their sessions"),
};
static const struct cn_fields patch_fields = CN_FIELDS("UserPatch", struct user_body, patch_rows);

static struct user_view view_of(const struct cn_user *user, const struct cn_team_list *teams)
{
    struct user_view view = {
        .id = user->id,
        .name = user->name,
        .email = user->email,
        .role = user->role,
        /* "none", which a command could give, shows as the least that can be given here. */
        .scope = user->scope > CN_SCOPE_OWN
                     ? (enum given_scope)((int)user->scope - (int)CN_SCOPE_OWN)
                     : GIVEN_OWN,
        .team_given = CN_NULL,
        .is_disabled = user->is_disabled,
        .created_at = user->created_at,
        .version = user->version,
    };
    for (size_t i = 0; i < teams->count; i++) {
        if (teams->items[i].id.value == user->team_id.value) {
            view.team = teams->items[i].name;
            view.team_given = CN_GIVEN;
        }
    }
    return view;
}

static bool show(const struct cn_request *req, const struct cn_user *user, struct cn_response *res,
                 struct cn_error *err)
{
    struct cn_team_list teams;
    if (!cn_team_list(&req->unit, &teams, err)) {
        return false;
    }
    *(struct user_view *)res->body = view_of(user, &teams);
    res->version = user->version;
    return true;
}

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct user_query *query = req->query;
    struct user_page *page = res->body;
    struct cn_user_list users;
    struct cn_team_list teams;
    if (!cn_user_list(&req->unit, &users, err) || !cn_team_list(&req->unit, &teams, err)) {
        return false;
    }
    page->data.items = cn_arena_array(req->unit.arena, struct user_view, users.count);
    for (size_t i = 0; i < users.count; i++) {
        if (!users.items[i].is_disabled || query->disabled) {
            page->data.items[page->data.count++] = view_of(&users.items[i], &teams);
        }
    }
    struct cn_list list = { page->data.items, page->data.count };
    if (!cn_page_cut(&query->page, sizeof(struct user_view), &list, &page->next_cursor,
                     &page->next_cursor_given, err)) {
        return false;
    }
    page->data.items = list.items;
    page->data.count = list.count;
    return true;
}

static bool handle_get(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct user_path *path = req->path;
    struct cn_user user;
    return cn_user_load(&req->unit, path->user_id, &user, err) && show(req, &user, res, err);
}

static void check_name(const struct cn_request *req, const char *pointer, enum cn_given given,
                       cn_str name)
{
    const struct cn_place place = { .pointer = cn_str_of(pointer) };
    struct cn_error wrong;
    if (given == CN_GIVEN && !cn_check_name(pointer + 1, name, &wrong)) {
        (void)cn_diagnose(req->problems, &place, "%s", wrong.message);
    }
}

/* What the table cannot say; *address_out is the address alone. */
static bool check_body(const struct cn_request *req, const struct user_body *body,
                       cn_str *address_out, struct cn_error *err)
{
    const struct cn_place place = { .pointer = CN_STR("/email") };
    struct cn_error wrong;
    *address_out = body->email;
    if (body->email.len > 0 && !cn_mail_address(body->email, address_out, &wrong)) {
        (void)cn_diagnose(req->problems, &place, "is not an e-mail address");
    }
    check_name(req, "/name", body->name_given, body->name);
    check_name(req, "/team", body->team_given, body->team);
    return cn_diagnostics_none(req->problems, err);
}

/* What is made of a body before the transaction. */
struct prepared {
    cn_str address;
    cn_str password_hash;
};

static bool prepare(const struct cn_request *req, const void **prepared_out, struct cn_error *err)
{
    const struct user_body *body = req->body;
    struct prepared *prepared = cn_arena_new(req->unit.arena, struct prepared);
    *prepared = (struct prepared){ .password_hash = CN_STR("") };
    *prepared_out = prepared;
    return check_body(req, body, &prepared->address, err) &&
           (body->password.len == 0 || /* at least 1 where it is given */
            cn_user_hash_password(req->unit.arena, body->password, &prepared->password_hash, err));
}

static bool find_team(const struct cn_request *req, const struct user_body *body,
                      cn_team_id *team_out, struct cn_error *err)
{
    *team_out = (cn_team_id){ 0 };
    return body->team_given != CN_GIVEN || cn_team_ensure(&req->unit, body->team, team_out, err);
}

static cn_str location_of(struct cn_arena *arena, cn_user_id user)
{
    char id[CN_ID_TEXT_BYTES];
    char path[64];
    cn_id_format(CN_USER_PREFIX, user.value, id);
    (void)snprintf(path, sizeof(path), "/api/v1/users/%s", id);
    return cn_arena_str(arena, cn_str_of(path));
}

static bool handle_create(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct user_body *body = req->body;
    const struct prepared *prepared = req->prepared;
    struct cn_user user;
    struct cn_user_new draft = {
        .email = prepared->address,
        .role = body->role_given == CN_GIVEN ? body->role : CN_ROLE_CSM,
        .scope = body->scope_given == CN_GIVEN ? scope_of(body->scope) : CN_SCOPE_ALL,
        .password_hash = prepared->password_hash,
    };
    if (!find_team(req, body, &draft.team_id, err)) {
        return false;
    }
    draft.name = body->name_given == CN_GIVEN ? body->name : draft.email;
    if (!cn_user_create(&req->unit, &draft, &user, err)) {
        return false;
    }
    res->location = location_of(req->unit.arena, user.id);
    return show(req, &user, res, err);
}

static bool handle_update(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct user_path *path = req->path;
    const struct user_body *body = req->body;
    const struct prepared *prepared = req->prepared;
    struct cn_user user;
    struct cn_user_patch patch = {
        .email = prepared->address,
        .email_given = body->email_given,
        .name = body->name,
        .name_given = body->name_given,
        .role = body->role,
        .role_given = body->role_given,
        .scope = scope_of(body->scope),
        .scope_given = body->scope_given,
        .team_id_given = body->team_given,
        .is_disabled = body->is_disabled,
        .is_disabled_given = body->is_disabled_given,
        .password_hash = prepared->password_hash,
        .password_given = body->password_given,
    };
    res->ends_access = true;
    return find_team(req, body, &patch.team_id, err) &&
           cn_user_update(&req->unit, path->user_id, req->if_match, &patch, &user, err) &&
           show(req, &user, res, err);
}

static const struct cn_route user_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/users",
      .access = CN_EVERYBODY,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listUsers",
      .doc = "Who works with Cairn" },
    { .method = CN_POST,
      .path = "/api/v1/users",
      .access = CN_ADMINS,
      .body = &create_fields,
      .response = &user_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_ETAG | CN_HEADER_LOCATION,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 201,
      .prepare = prepare,
      .handler = handle_create,
      .operation = "createUser",
      .doc = "Add somebody who works with Cairn" },
    { .method = CN_GET,
      .path = "/api/v1/users/{user_id}",
      .access = CN_ADMINS,
      .path_params = &path_fields,
      .response = &user_fields,
      .headers = CN_HEADER_ETAG,
      .success_status = 200,
      .handler = handle_get,
      .operation = "getUser",
      .doc = "One user" },
    { .method = CN_PATCH,
      .path = "/api/v1/users/{user_id}",
      .needs_if_match = true,
      .access = CN_ADMINS,
      .path_params = &path_fields,
      .body = &patch_fields,
      .response = &user_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_ETAG,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 200,
      .prepare = prepare,
      .handler = handle_update,
      .operation = "updateUser",
      .doc = "Change some members of a user, set a new password, disable them or let them sign in "
             "again.  The last admin who can sign in stays one" },
};

const struct cn_route_table cn_api_users = CN_ROUTE_TABLE(user_routes);
