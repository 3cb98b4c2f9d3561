/* /api/v1/session: signing in and out. */
#include "base/str.h"

#include "api/accounts.h"
#include "api/auth.h"
#include "api/throttle.h"
#include "net/agent.h"

static const struct cn_names roles = { cn_role_names, CN_ROLE_COUNT };

struct user_view {
    cn_user_id id;
    cn_str name;
    cn_str email;
    enum cn_role role;
};
static const struct cn_field user_rows[] = {
    CN_FIELD_OF_ID(struct user_view, id, CN_USER_PREFIX, .doc = "the user"),
    CN_FIELD(struct user_view, name, .max = 200, .doc = "display name"),
    CN_FIELD(struct user_view, email, .max = 320, .doc = "also what they sign in with"),
    CN_FIELD_OF_ENUM(struct user_view, role, &roles, .doc = "what they may do"),
};
static const struct cn_fields user_fields = CN_FIELDS("User", struct user_view, user_rows);

struct workspace_view {
    cn_str name;
    cn_str time_zone;
    cn_str currency;
    bool demo;
};
static const struct cn_field workspace_rows[] = {
    CN_FIELD(struct workspace_view, name, .max = 200, .doc = "of the vendor"),
    CN_FIELD(struct workspace_view, time_zone, .max = 64, .doc = "in which days begin"),
    CN_FIELD(struct workspace_view, currency, .max = 3, .doc = "of reports"),
    CN_FIELD(struct workspace_view, demo, .doc = "it is a demo, with /api/v1/demo"),
};
static const struct cn_fields workspace_fields =
    CN_FIELDS("Workspace", struct workspace_view, workspace_rows);

struct session_view {
    struct user_view user;
    struct workspace_view workspace;
};
static const struct cn_field session_rows[] = {
    CN_FIELD_OF_OBJECT(struct session_view, user, &user_fields, .doc = "who is signed in"),
    CN_FIELD_OF_OBJECT(struct session_view, workspace, &workspace_fields, .doc = "where"),
};
static const struct cn_fields session_fields =
    CN_FIELDS("Session", struct session_view, session_rows);

struct sign_in_body {
    cn_str email;
    cn_str password;
};
static const struct cn_field sign_in_rows[] = {
    CN_FIELD(struct sign_in_body, email, .min = 1, .max = 320, .doc = "of the user"),
    CN_FIELD(struct sign_in_body, password, .min = 1, .max = CN_PASSWORD_MAX_BYTES,
             .doc = "of the user"),
};
static const struct cn_fields sign_in_fields =
    CN_FIELDS("SignIn", struct sign_in_body, sign_in_rows);

static void show(const struct cn_request *req, const struct cn_user *user,
                 struct session_view *view)
{
    const struct cn_api_options *options = &req->api->options;
    view->user = (struct user_view){ user->id, user->name, user->email, user->role };
    view->workspace = (struct workspace_view){ options->workspace_name, cn_tz_name(options->tz),
                                               options->currency, options->demo != NULL };
}

/* Connections are held for as short as can be: the password takes its time in between. */
static bool authenticate(const struct cn_request *req, struct cn_user *user_out,
                         struct cn_error *err)
{
    const struct sign_in_body *body = req->body;
    struct cn_db *db = req->api->options.db;
    struct cn_unit unit = req->unit;
    if (!cn_db_read(db, &unit.conn, err)) {
        return false;
    }
    bool ok = cn_user_authenticate(&unit, body->email, body->password, user_out, err);
    cn_db_release(db, unit.conn);
    return ok;
}

struct new_session {
    const struct cn_request *req;
    cn_user_id user;
    char browser[CN_AGENT_WORDS_BYTES];
    char token[CN_TOKEN_BYTES];
};

static bool create(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct new_session *session = arg;
    const struct cn_config *config = session->req->api->options.config;
    struct cn_unit unit = session->req->unit;
    struct cn_session unused;
    const struct cn_session_new draft = { .user_id = session->user,
                                          .max_age_us = config->session_max_age_ms * 1000,
                                          .address = session->req->caller->address,
                                          .agent = cn_str_of(session->browser) };
    unit.conn = conn;
    unit.user = session->user;
    unit.scope = CN_SCOPE_ALL;
    return cn_session_create(&unit, &draft, session->token, &unused, err);
}

static bool check_throttle(const struct cn_request *req, cn_str email, struct cn_response *res,
                           struct cn_error *err)
{
    struct cn_throttle *throttle = req->api->throttle;
    const struct cn_config *config = req->api->options.config;
    int64_t wait_s = 0;
    if (cn_throttle_allows(throttle, 'e', email, config->login_tries_per_account, req->unit.now,
                           &wait_s) &&
        cn_throttle_allows(throttle, 'a', req->caller->address, config->login_tries_per_address,
                           req->unit.now, &wait_s)) {
        return true;
    }
    res->retry_after_s = wait_s;
    return cn_fail(err, CN_TOO_MANY, "too many failed sign-ins; try again in %lld seconds",
                   (long long)wait_s);
}

/* Addresses differ in case and blanks only by accident. */
static cn_str folded(struct cn_arena *arena, cn_str email)
{
    cn_str text = cn_arena_str(arena, cn_str_trim(email));
    char *at = cn_arena_array(arena, char, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        at[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return (cn_str){ at, text.len };
}

static bool handle_sign_in(const struct cn_request *req, struct cn_response *res,
                           struct cn_error *err)
{
    const struct sign_in_body *body = req->body;
    struct cn_throttle *throttle = req->api->throttle;
    struct new_session session = { .req = req };
    struct cn_user user;
    cn_str email = folded(req->unit.arena, body->email);
    if (!check_throttle(req, email, res, err)) {
        return false;
    }
    if (!authenticate(req, &user, err)) {
        if (err->code == CN_UNAUTHENTICATED) {
            cn_throttle_count(throttle, 'e', email, req->unit.now);
            cn_throttle_count(throttle, 'a', req->caller->address, req->unit.now);
        }
        return false;
    }
    session.user = user.id;
    cn_agent_words(req->caller->agent, session.browser);
    if (!cn_db_write(req->api->options.db, create, &session, err)) {
        return false;
    }
    cn_throttle_forget(throttle, 'e', email);
    res->set_cookie = cn_auth_cookie(req->api, req->unit.arena, cn_str_of(session.token));
    show(req, &user, res->body);
    return true;
}

static bool handle_get(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct cn_user user;
    if (!cn_user_load(&req->unit, req->caller->user, &user, err)) {
        return false;
    }
    show(req, &user, res->body);
    return true;
}

static bool handle_sign_out(const struct cn_request *req, struct cn_response *res,
                            struct cn_error *err)
{
    if (!req->caller->by_session) {
        return cn_fail(err, CN_NOT_FOUND, "an API key has no session");
    }
    res->set_cookie = cn_auth_cookie(req->api, req->unit.arena, CN_STR(""));
    res->ends_access = true;
    return cn_session_revoke(&req->unit, req->caller->user, req->caller->session, err);
}

static const struct cn_route session_routes[] = {
    { .method = CN_POST,
      .path = "/api/v1/session",
      .is_public = true,
      .body = &sign_in_fields,
      .response = &session_fields,
      .run = CN_RUN_SLOW,
      .failures = CN_FAILS(CN_UNAUTHENTICATED) | CN_FAILS(CN_TOO_MANY),
      .success_status = 200,
      .handler = handle_sign_in,
      .operation = "signIn",
      .doc = "Sign in; the answer sets the session cookie" },
    { .method = CN_GET,
      .path = "/api/v1/session",
      .access = CN_EVERYBODY,
      .response = &session_fields,
      .success_status = 200,
      .handler = handle_get,
      .operation = "getSession",
      .doc = "Who is signed in" },
    { .method = CN_DELETE,
      .path = "/api/v1/session",
      .access = CN_EVERYBODY,
      .kind = CN_RESPONSE_EMPTY,
      .run = CN_RUN_WRITE,
      .failures = CN_FAILS(CN_NOT_FOUND),
      .success_status = 204,
      .handler = handle_sign_out,
      .operation = "signOut",
      .doc = "Sign out" },
};

const struct cn_route_table cn_api_session = CN_ROUTE_TABLE(session_routes);
