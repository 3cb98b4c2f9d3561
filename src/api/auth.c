#include "api/auth.h"

#include "base/log.h"
#include "base/str.h"

#include "api/decode.h"
#include "api/key_use.h"
#include "book/session.h"

enum {
    ORIGIN_TOLD_MAX = 80, /* bytes of what a client says of itself */
};

cn_str cn_auth_address(const struct cn_api *api, const struct cn_http_exchange *exchange)
{
    cn_str address = cn_http_remote_address(exchange);
    cn_str list;
    cn_str item;
    if (!cn_str_equal(address, api->options.config->http_trusted_proxy) ||
        !cn_http_header(exchange, "x-forwarded-for", &list)) {
        return address;
    }
    while (cn_str_split(&list, ',', &item)) {
        address = cn_str_trim(item); /* those before the last are the client's own words */
    }
    return address;
}

bool cn_auth_session_token(struct cn_http_exchange *exchange, cn_str *token_out)
{
    cn_str header;
    return cn_http_header(exchange, "cookie", &header) &&
           cn_cookie(header, CN_STR(CN_SESSION_COOKIE), token_out);
}

cn_str cn_auth_cookie(struct cn_api *api, struct cn_arena *arena, cn_str token)
{
    const struct cn_config *config = api->options.config;
    struct cn_buf buf;
    cn_buf_init(&buf, 1024);
    cn_buf_printf(&buf, "%s=%.*s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%lld%s",
                  CN_SESSION_COOKIE, CN_STR_ARG(token),
                  token.len > 0 ? (long long)(config->session_max_age_ms / 1000) : 0,
                  config->session_cookie_secure ||
                          cn_str_starts_with(config->http_public_url, CN_STR("https://"))
                      ? "; Secure"
                      : "");
    cn_str text = cn_arena_str(arena, cn_buf_str(&buf));
    cn_buf_deinit(&buf);
    return text;
}

static bool bearer(struct cn_http_exchange *exchange, cn_str *token_out)
{
    cn_str header;
    if (!cn_http_header(exchange, "authorization", &header) || header.len < 7 ||
        !cn_str_equal_nocase(cn_str_slice(header, 0, 7), CN_STR("bearer "))) {
        return false;
    }
    *token_out = cn_str_trim(cn_str_slice(header, 7, header.len));
    return true;
}

static void fill(struct cn_caller *caller, const struct cn_user *user)
{
    caller->user = user->id;
    caller->role = user->role;
    caller->grant = user->scope;
    caller->team = user->team_id_given == CN_GIVEN ? user->team_id : (cn_team_id){ 0 };
}

/* A row that neither leaders nor CSMs may use is about running the system. */
static bool is_administration(const struct cn_route *route)
{
    return route->access[CN_ROLE_LEADER] == CN_SCOPE_NONE &&
           route->access[CN_ROLE_CSM] == CN_SCOPE_NONE;
}

/* Kept in memory until the chores write it, and that once an hour a key. */
static void note_use(struct cn_api *api, const struct cn_api_key *key, cn_time now)
{
    if (key->last_used_at_given != CN_GIVEN ||
        now.us - key->last_used_at.us >= CN_API_KEY_USED_EVERY_S * (int64_t)1000000) {
        cn_key_uses_note(api->key_uses, key->id, now);
    }
}

static bool check_key(struct cn_api *api, const struct cn_route *route, const struct cn_unit *unit,
                      cn_str token, struct cn_caller *caller, struct cn_error *err)
{
    struct cn_user user;
    struct cn_api_key key;
    if (!cn_api_key_check(unit, token, &user, &key, err)) {
        return false;
    }
    note_use(api, &key, unit->now);
    if (route->needs_session || (is_administration(route) && (key.scopes & CN_KEY_ADMIN) == 0)) {
        return cn_fail(err, CN_DENIED, "an API key cannot do this: sign in");
    }
    if ((key.scopes & (route->method == CN_GET ? CN_KEY_READ : CN_KEY_WRITE)) == 0) {
        return cn_fail(err, CN_DENIED,
                       route->method == CN_GET ? "the key may not read"
                                               : "the key may only read: make one with --write");
    }
    fill(caller, &user);
    caller->key = key.id;
    return true;
}

static bool touch(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct cn_unit *asked = arg;
    struct cn_unit unit = *asked;
    unit.conn = conn;
    return cn_session_touch(&unit, (cn_session_id){ asked->user.value }, err);
}

bool cn_auth_caller(struct cn_api *api, struct cn_http_exchange *exchange,
                    const struct cn_route *route, const struct cn_unit *unit,
                    struct cn_caller *caller_out, struct cn_error *err)
{
    struct cn_caller caller = { .address = cn_auth_address(api, exchange) };
    struct cn_user user;
    struct cn_session session;
    struct cn_error unimportant;
    bool is_due = false;
    cn_str token;
    if (bearer(exchange, &token)) {
        if (!check_key(api, route, unit, token, &caller, err)) {
            return false;
        }
        *caller_out = caller;
        return true;
    }
    if (!cn_auth_session_token(exchange, &token)) {
        return cn_fail(err, CN_UNAUTHENTICATED, "sign in, or send an API key");
    }
    if (!cn_session_check(unit, token, api->options.config->session_idle_ms * 1000, &user, &session,
                          &is_due, err)) {
        return false;
    }
    if (is_due) {
        struct cn_unit when = *unit;
        when.user.value = session.id.value;
        if (!cn_db_write(api->options.db, touch, &when, &unimportant)) {
            /* Only how long it was idle; the next request tries again. */
            cn_log_error("api", &unimportant, "marking a session as used");
        }
    }
    fill(&caller, &user);
    caller.by_session = true;
    caller.token = token;
    caller.session = session.id;
    *caller_out = caller;
    return true;
}

bool cn_auth_scope(const struct cn_route *route, const struct cn_caller *caller,
                   enum cn_scope *scope_out, struct cn_error *err)
{
    const enum cn_scope by_row = (enum cn_scope)route->access[caller->role];
    const enum cn_scope scope = cn_scope_within(caller->grant, by_row, caller->team);
    if (scope == CN_SCOPE_NONE) {
        return cn_fail(err, CN_DENIED, "your role does not allow this");
    }
    *scope_out = scope;
    return true;
}

bool cn_auth_origin(struct cn_api *api, struct cn_http_exchange *exchange, bool needs_proof,
                    struct cn_error *err)
{
    cn_str origin;
    cn_str host = CN_STR("");
    cn_str site;
    (void)cn_http_header(exchange, "host", &host); /* HTTP/1.0 may lack it */
    if (cn_http_header(exchange, "origin", &origin)) {
        return cn_is_own_origin(origin, host, api->options.config->http_public_url) ||
               cn_fail(err, CN_DENIED,
                       "the request comes from another site: its origin is %.*s, and here is "
                       "%.*s; if both are this Cairn, behind a proxy, set http.public_url",
                       (int)(origin.len < ORIGIN_TOLD_MAX ? origin.len : ORIGIN_TOLD_MAX),
                       origin.ptr, (int)(host.len < ORIGIN_TOLD_MAX ? host.len : ORIGIN_TOLD_MAX),
                       host.ptr);
    }
    if (cn_http_header(exchange, "sec-fetch-site", &site)) {
        return cn_str_equal(site, CN_STR("same-origin")) || cn_str_equal(site, CN_STR("none")) ||
               cn_fail(err, CN_DENIED, "the request comes from another site");
    }
    return !needs_proof ||
           cn_fail(err, CN_DENIED, "a change with a session cookie needs an Origin header");
}
