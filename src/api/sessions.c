/*
 * /api/v1/sessions and /api/v1/users/{user_id}/sessions: where somebody is signed in, and ending
 * it: the HTTP face of sessions in book/session.h.  Ended sessions lose their streams.
 *
 * Not here: signing in and out (session.c).
 */
#include "base/str.h"

#include "api/access.h"
#include "api/auth.h"
#include "api/resources.h"
#include "net/agent.h"

struct session_view {
    cn_session_id id;
    bool is_current;
    cn_str browser;
    enum cn_given browser_given;
    cn_str address;
    cn_time created_at;
    cn_time seen_at;
    cn_time expires_at;
};
#define ROW(member, ...) CN_FIELD(struct session_view, member, __VA_ARGS__)
static const struct cn_field session_rows[] = {
    CN_FIELD_OF_ID(struct session_view, id, CN_SESSION_PREFIX, .doc = "the session"),
    ROW(is_current, .doc = "it is the one that asks"),
    ROW(browser, CN_MAY(struct session_view, browser, BE_NULL), .max = CN_AGENT_WORDS_BYTES,
        .doc = "as it called itself, such as Firefox on Windows; null: unknown"),
    ROW(address, .max = 64, .doc = "from which they signed in"),
    ROW(created_at, .doc = "when they signed in"),
    ROW(seen_at, .doc = "when it last asked for something, to a minute"),
    ROW(expires_at, .doc = "when it ends at the latest"),
};
static const struct cn_fields session_fields =
    CN_FIELDS("SessionRow", struct session_view, session_rows);

struct session_page {
    struct {
        struct session_view *items;
        size_t count;
    } data;
    struct cn_page_end next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field session_item = { .type = CN_FIELD_OBJECT, .object = &session_fields };
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct session_page, data, &session_item, .max = CN_PAGE_MAX,
                     .doc = "the most recently seen first"),
    CN_FIELD_OF_ID(struct session_page, next_cursor, CN_SESSION_PREFIX,
                   CN_MAY(struct session_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields page_fields =
    CN_FIELDS("SessionList", struct session_page, page_rows);
static const struct cn_field query_rows[] = { CN_PAGE_ROWS(CN_SESSION_PREFIX) };
static const struct cn_fields query_fields =
    CN_FIELDS("SessionQuery", struct cn_page_query, query_rows);

struct session_path {
    cn_session_id session_id;
    cn_user_id user_id;
};
#define SESSION_ID_ROW \
    CN_FIELD_OF_ID(struct session_path, session_id, CN_SESSION_PREFIX, .doc = "the session")
#define USER_ID_ROW CN_FIELD_OF_ID(struct session_path, user_id, CN_USER_PREFIX, .doc = "the user")
static const struct cn_field own_path_rows[] = { SESSION_ID_ROW };
static const struct cn_fields own_path_fields =
    CN_FIELDS("SessionPath", struct session_path, own_path_rows);
static const struct cn_field users_path_rows[] = { USER_ID_ROW };
static const struct cn_fields users_path_fields =
    CN_FIELDS("UserSessionsPath", struct session_path, users_path_rows);
static const struct cn_field other_path_rows[] = { USER_ID_ROW, SESSION_ID_ROW };
static const struct cn_fields other_path_fields =
    CN_FIELDS("UserSessionPath", struct session_path, other_path_rows);

/* Below /users/ the path says whose; else they are the caller's own. */
static cn_user_id owner_of(const struct cn_request *req)
{
    const struct session_path *path = req->path;
    return path != NULL && path->user_id.value != 0 ? path->user_id : req->caller->user;
}

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct session_page *page = res->body;
    const int64_t idle_us = req->api->options.config->session_idle_ms * 1000;
    struct cn_session_list sessions;
    struct cn_user user;
    if (!cn_user_load(&req->unit, owner_of(req), &user, err) ||
        !cn_session_list(&req->unit, user.id, idle_us, &sessions, err)) {
        return false;
    }
    struct cn_list cut = { sessions.items, sessions.count };
    if (!cn_page_cut(req->query, sizeof(sessions.items[0]), &cut, &page->next_cursor,
                     &page->next_cursor_given, err)) {
        return false;
    }
    const struct cn_session *shown = cut.items;
    page->data.items = cn_arena_array(req->unit.arena, struct session_view, cut.count);
    page->data.count = cut.count;
    for (size_t i = 0; i < cut.count; i++) {
        page->data.items[i] = (struct session_view){
            .id = shown[i].id,
            .is_current = shown[i].id.value == req->caller->session.value,
            .browser = shown[i].agent,
            .browser_given = shown[i].agent.len > 0 ? CN_GIVEN : CN_NULL,
            .address = shown[i].address,
            .created_at = shown[i].created_at,
            .seen_at = shown[i].seen_at,
            .expires_at = shown[i].expires_at,
        };
    }
    return true;
}

static bool handle_end(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct session_path *path = req->path;
    if (path->session_id.value == req->caller->session.value) {
        res->set_cookie = cn_auth_cookie(req->api, req->unit.arena, CN_STR(""));
    }
    res->ends_access = true;
    return cn_session_revoke(&req->unit, owner_of(req), path->session_id, err);
}

/* The one that asks stays. */
static bool handle_end_others(const struct cn_request *req, struct cn_response *res,
                              struct cn_error *err)
{
    struct cn_user user;
    res->ends_access = true;
    return cn_user_load(&req->unit, owner_of(req), &user, err) &&
           cn_session_revoke_others(&req->unit, user.id, req->caller->session, err);
}

static const struct cn_route session_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/sessions",
      .needs_session = true,
      .access = CN_EVERYBODY,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listSessions",
      .doc = "Where one is signed in" },
    { .method = CN_DELETE,
      .path = "/api/v1/sessions",
      .needs_session = true,
      .access = CN_EVERYBODY,
      .kind = CN_RESPONSE_EMPTY,
      .run = CN_RUN_WRITE,
      .success_status = 204,
      .handler = handle_end_others,
      .operation = "endOtherSessions",
      .doc = "Sign out everywhere else: all of one's sessions end but for the one that asks" },
    { .method = CN_DELETE,
      .path = "/api/v1/sessions/{session_id}",
      .needs_session = true,
      .access = CN_EVERYBODY,
      .path_params = &own_path_fields,
      .kind = CN_RESPONSE_EMPTY,
      .run = CN_RUN_WRITE,
      .success_status = 204,
      .handler = handle_end,
      .operation = "endSession",
      .doc = "End one of one's sessions; its streams end, too" },
    { .method = CN_GET,
      .path = "/api/v1/users/{user_id}/sessions",
      .needs_session = true,
      .access = CN_ADMINS,
      .path_params = &users_path_fields,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listUserSessions",
      .doc = "Where a user is signed in" },
    { .method = CN_DELETE,
      .path = "/api/v1/users/{user_id}/sessions",
      .needs_session = true,
      .access = CN_ADMINS,
      .path_params = &users_path_fields,
      .kind = CN_RESPONSE_EMPTY,
      .run = CN_RUN_WRITE,
      .success_status = 204,
      .handler = handle_end_others,
      .operation = "endUserSessions",
      .doc = "End all sessions of a user; the one that asks stays" },
    { .method = CN_DELETE,
      .path = "/api/v1/users/{user_id}/sessions/{session_id}",
      .needs_session = true,
      .access = CN_ADMINS,
      .path_params = &other_path_fields,
      .kind = CN_RESPONSE_EMPTY,
      .run = CN_RUN_WRITE,
      .success_status = 204,
      .handler = handle_end,
      .operation = "endUserSession",
      .doc = "End a session of a user; its streams end, too" },
};

const struct cn_route_table cn_api_sessions = CN_ROUTE_TABLE(session_routes);
