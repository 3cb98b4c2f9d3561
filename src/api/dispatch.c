/*
 * One request of the API, from its row: match, sign-in, permission, preconditions, decoding, the
 * handler, the answer.  Matching happens on the loop thread; everything else on the row's pool.
 */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"

#include "api/auth.h"
#include "api/core.h"
#include "api/decode.h"
#include "api/page.h"
#include "api/parsers.h"
#include "api/stream.h"
#include "book/answer.h"
#include "net/coding.h"

struct call {
    struct cn_work work; /* first */
    struct cn_api *api;
    struct cn_http_exchange *exchange;
    struct cn_route_match match;
    struct cn_caller caller;
    struct cn_request req;
    struct cn_response res;
    struct cn_diagnostics problems;
    struct cn_buf file;
    bool has_key; /* an Idempotency-Key */
    bool is_replay;
    struct cn_answer_key key;
    struct cn_answer stored; /* what the first of these requests was answered */
    char request_id[CN_REQUEST_ID_BYTES];
};

/* A person with a browser looks at it. */
static bool is_page(const struct cn_route *route)
{
    return route != NULL && route->kind == CN_RESPONSE_FILE &&
           strcmp(route->media_type, CN_PAGE_MEDIA_TYPE) == 0;
}

static void fail_page(struct call *call, const struct cn_error *err)
{
    struct cn_buf body;
    cn_buf_init(&body, CN_API_RESPONSE_MAX_BYTES);
    cn_page_begin(&body, CN_STR("This did not work"));
    cn_buf_add_str(&body, CN_STR("<p>"));
    cn_page_text(&body, cn_str_of(err->code == CN_INTERNAL ? "An error of Cairn: try again later"
                                                           : err->message));
    cn_buf_printf(&body, "</p><p>Request %s</p><p><a href=\"/signals\">Open Cairn</a></p>",
                  call->request_id);
    cn_page_end(&body);
    if (err->code == CN_INTERNAL) {
        cn_log_error("api", err, "request %s", call->request_id);
    }
    cn_http_add_header(call->exchange, "cache-control", CN_STR("no-store"));
    cn_http_add_header(call->exchange, "content-security-policy", CN_STR(CN_PAGE_POLICY));
    cn_api_send(call->api, call->exchange, cn_code_http_status(err->code), CN_PAGE_CONTENT_TYPE,
                &body);
}

static void fail(struct call *call, const struct cn_error *err)
{
    cn_str accept = CN_STR("");

    char seconds[24];
    if (call->res.retry_after_s > 0) {
        (void)snprintf(seconds, sizeof(seconds), "%lld", (long long)call->res.retry_after_s);
        cn_http_add_header(call->exchange, "retry-after", cn_str_of(seconds));
    }
    cn_buf_deinit(&call->file);
    if (is_page(call->match.route) && cn_http_header(call->exchange, "accept", &accept) &&
        memmem(accept.ptr, accept.len, "text/html", 9) != NULL) {
        fail_page(call, err);
        return;
    }
    cn_api_fail(call->api, call->exchange, err, &call->problems, cn_str_of(call->request_id));
}

static const char *media_type_of(const struct cn_route *route)
{
    switch (route->kind) {
    case CN_RESPONSE_JSON:
    case CN_RESPONSE_EMPTY:
        return "application/json";
    case CN_RESPONSE_EVENTS:
        return "text/event-stream";
    case CN_RESPONSE_FILE:
        return route->media_type;
    }
    return NULL;
}

static bool check_accept(const struct call *call, struct cn_error *err)
{
    cn_str accept = CN_STR("");
    const char *offered = media_type_of(call->match.route);
    (void)cn_http_header(call->exchange, "accept", &accept); /* none takes everything */
    return cn_accepts(accept, cn_str_of(offered)) ||
           cn_fail(err, CN_NOT_ACCEPTABLE, "the answer is %s", offered);
}

static bool check_body(struct call *call, struct cn_error *err)
{
    const struct cn_route *route = call->match.route;
    cn_str body = cn_http_body(call->exchange);
    cn_str type = CN_STR("");
    if (route->body == NULL) {
        return body.len == 0 || cn_fail(err, CN_MALFORMED, "this request takes no body");
    }
    const char *wanted =
        route->method == CN_PATCH ? "application/merge-patch+json" : "application/json";
    (void)cn_http_header(call->exchange, "content-type", &type); /* none is a wrong one */
    if (!cn_is_media_type(type, cn_str_of(wanted))) {
        if (route->method == CN_PATCH) {
            cn_http_add_header(call->exchange, "accept-patch", cn_str_of(wanted));
        }
        return cn_fail(err, CN_BAD_MEDIA_TYPE, "the body must be %s", wanted);
    }
    /* After signing in: a long body costs nobody else's memory.  What is read is copied. */
    struct cn_json_parser *parser = cn_parsers_take(call->api->parsers, body.len);
    bool ok = cn_decode_body(call->req.unit.arena, parser, route->body, body, &call->req.body,
                             &call->problems, err);
    cn_parsers_give(call->api->parsers, parser, body.len);
    return ok;
}

static bool check_if_match(struct call *call, struct cn_error *err)
{
    cn_str text;
    if (!call->match.route->needs_if_match) {
        return true;
    }
    if (!cn_http_header(call->exchange, "if-match", &text)) {
        return cn_fail(err, CN_MATCH_REQUIRED, "send the version's ETag as If-Match");
    }
    if (cn_str_equal(text, CN_STR("*"))) {
        call->req.if_match = 0; /* whatever it is at */
        return true;
    }
    return cn_parse_etag(text, &call->req.if_match) ||
           cn_fail(err, CN_STALE, "If-Match is not an ETag of this resource");
}

/* "key" or key, as a structured field or bare; on requests that make something. */
static bool check_key(struct call *call, struct cn_error *err)
{
    const struct cn_route *route = call->match.route;
    struct cn_arena *arena = call->req.unit.arena;
    char hash_text[40];
    cn_str text;
    if (route->method != CN_POST || route->run != CN_RUN_WRITE ||
        !cn_http_header(call->exchange, "idempotency-key", &text)) {
        return true;
    }
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"') {
        text = cn_str_slice(text, 1, text.len - 1);
    }
    if (text.len == 0 || text.len > CN_ANSWER_KEY_MAX_BYTES || !cn_utf8_valid(text)) {
        return cn_fail(err, CN_MALFORMED, "an idempotency key has 1 to %d characters",
                       CN_ANSWER_KEY_MAX_BYTES);
    }
    /* Bodies that differ in blanks alone count as two. */
    const uint64_t path_hash = cn_hash64(cn_http_path(call->exchange));
    const struct cn_hash128 hash = cn_hash128_of(cn_http_body(call->exchange), path_hash);
    (void)snprintf(hash_text, sizeof(hash_text), "%016llx%016llx", (unsigned long long)hash.hi,
                   (unsigned long long)hash.lo);
    call->has_key = true;
    call->key = (struct cn_answer_key){
        .operation = cn_str_of(route->operation),
        .key = text,
        .request_hash = cn_arena_str(arena, cn_str_of(hash_text)),
        .ttl_us = call->api->options.config->api_idempotency_ttl_ms * 1000,
    };
    return true;
}

static bool sign_in(struct call *call, struct cn_error *err)
{
    const struct cn_route *route = call->match.route;
    struct cn_unit *unit = &call->req.unit;
    struct cn_sql_conn *conn = NULL;
    const bool is_change = route->method != CN_GET;
    if (route->is_public) {
        call->caller.address = cn_auth_address(call->api, call->exchange);
        (void)cn_http_header(call->exchange, "user-agent", &call->caller.agent); /* may lack */
        return !is_change || cn_auth_origin(call->api, call->exchange, false, err);
    }
    if (!cn_db_read(call->api->options.db, &conn, err)) {
        return false;
    }
    unit->conn = conn;
    bool ok = cn_auth_caller(call->api, call->exchange, route, unit, &call->caller, err);
    unit->conn = NULL;
    cn_db_release(call->api->options.db, conn);
    if (ok && is_change && call->caller.by_session) {
        ok = cn_auth_origin(call->api, call->exchange, true, err);
    }
    if (ok) {
        unit->user = call->caller.user;
        unit->team = call->caller.team;
        ok = cn_auth_scope(route, &call->caller, &unit->scope, err);
    }
    return ok;
}

static bool write_body(struct call *call, struct cn_buf *body, struct cn_error *err)
{
    struct cn_json_writer out;
    cn_str unused;
    cn_json_writer_init(&out, body);
    cn_json_write_struct(&out, call->match.route->response, call->res.body);
    return cn_json_finish(&out, &unused, err);
}

/* Keeps the answer, in the transaction of what it tells. */
static bool remember(struct call *call, struct cn_error *err)
{
    struct cn_buf body;
    enum cn_given *secret = call->res.secret;
    cn_buf_init(&body, CN_API_RESPONSE_MAX_BYTES);
    if (secret != NULL) {
        *secret = CN_ABSENT; /* it is stored as its hash alone */
    }
    bool ok = write_body(call, &body, err);
    if (secret != NULL) {
        *secret = CN_GIVEN;
    }
    if (ok) {
        const struct cn_answer answer = { .status = call->match.route->success_status,
                                          .version = call->res.version,
                                          .location = call->res.location,
                                          .body = cn_buf_str(&body) };
        ok = cn_answer_save(&call->req.unit, &call->key, &answer, err);
    }
    cn_buf_deinit(&body);
    return ok;
}

/* Runs the handler; on PostgreSQL a lost race runs it again, from the start. */
static bool run_handler(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct call *call = arg;
    const struct cn_route *route = call->match.route;
    call->req.unit.conn = conn;
    cn_diagnostics_init(&call->problems, call->req.unit.arena);
    cn_buf_clear(&call->file);
    call->res = (struct cn_response){ .file = &call->file };
    if (route->response != NULL) {
        call->res.body = cn_arena_calloc(call->req.unit.arena, 1, route->response->size);
    }
    if (call->has_key &&
        !cn_answer_find(&call->req.unit, &call->key, &call->stored, &call->is_replay, err)) {
        return false;
    }
    return call->is_replay ||
           (route->handler(&call->req, &call->res, err) && (!call->has_key || remember(call, err)));
}

static bool run(struct call *call, struct cn_error *err)
{
    struct cn_db *db = call->api->options.db;
    const struct cn_route *route = call->match.route;
    struct cn_sql_conn *conn = NULL;
    if (route->prepare != NULL && !route->prepare(&call->req, &call->req.prepared, err)) {
        return false;
    }
    switch (route->run) {
    case CN_RUN_WRITE:
        return cn_db_write(db, run_handler, call, err);
    case CN_RUN_SLOW:
    case CN_RUN_EXPLAIN:
        return run_handler(call, NULL, err);
    case CN_RUN_READ:
        break;
    }
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    bool ok = run_handler(call, conn, err);
    call->req.unit.conn = NULL;
    cn_db_release(db, conn);
    return ok;
}

static void add_etag(struct call *call, bool *is_same_out)
{
    char etag[32];
    cn_str seen;
    *is_same_out = false;
    if (call->res.version == CN_NO_VERSION) {
        return; /* of what cannot be changed */
    }
    (void)snprintf(etag, sizeof(etag), "\"%lld\"", (long long)call->res.version);
    cn_http_add_header(call->exchange, "etag", cn_str_of(etag));
    *is_same_out = (call->match.route->headers & CN_HEADER_NOT_MODIFIED) != 0 &&
                   cn_http_header(call->exchange, "if-none-match", &seen) &&
                   cn_str_equal(seen, cn_str_of(etag));
}

static void add_disposition(struct call *call)
{
    struct cn_buf buf;
    cn_buf_init(&buf, 256);
    cn_buf_printf(&buf, "attachment; filename=\"%.*s\"", CN_STR_ARG(call->res.file_name));
    cn_http_add_header(call->exchange, "content-disposition", cn_buf_str(&buf));
    cn_buf_deinit(&buf);
}

static void send_file(struct call *call)
{
    const struct cn_route *route = call->match.route;
    const char *media_type = route->media_type;
    if (is_page(route)) {
        media_type = CN_PAGE_CONTENT_TYPE;
        cn_http_add_header(call->exchange, "content-security-policy", CN_STR(CN_PAGE_POLICY));
    } else {
        add_disposition(call);
    }
    cn_http_compress(call->exchange, &call->file);
    cn_api_send(call->api, call->exchange, route->success_status, media_type, &call->file);
}

static void answer(struct call *call)
{
    const struct cn_route *route = call->match.route;
    struct cn_error err;
    struct cn_buf body;
    bool is_same = false;
    cn_buf_init(&body, CN_API_RESPONSE_MAX_BYTES);
    if (call->is_replay) {
        call->res.version = call->stored.version;
        call->res.location = call->stored.location;
        cn_buf_add_str(&body, call->stored.body);
        cn_http_add_header(call->exchange, "idempotency-replayed", CN_STR("true"));
    } else if (route->kind == CN_RESPONSE_JSON && !write_body(call, &body, &err)) {
        cn_buf_deinit(&body);
        fail(call, &err);
        return;
    }
    cn_http_add_header(call->exchange, "x-request-id", cn_str_of(call->request_id));
    cn_http_add_header(call->exchange, "cache-control", CN_STR("no-store"));
    if ((route->headers & CN_HEADER_ETAG) != 0) {
        add_etag(call, &is_same);
    }
    if (call->res.location.len > 0) {
        cn_http_add_header(call->exchange, "location", call->res.location);
    }
    if (call->res.set_cookie.len > 0) {
        cn_http_add_header(call->exchange, "set-cookie", call->res.set_cookie);
    }
    if (route->kind == CN_RESPONSE_FILE) {
        send_file(call);
    } else if (route->kind == CN_RESPONSE_EMPTY || is_same) {
        cn_api_count(call->api, is_same ? 304 : route->success_status);
        cn_http_reply(call->exchange, is_same ? 304 : route->success_status, NULL);
    } else {
        if ((route->headers & CN_HEADER_ETAG) == 0) {
            cn_http_compress(call->exchange, &body);
        }
        cn_api_send(call->api, call->exchange, route->success_status, "application/json", &body);
    }
    cn_buf_deinit(&body);
}

/* After the commit. */
static void tell(struct call *call)
{
    const struct cn_api_engine *engine = &call->api->options.engine;
    if (call->res.ends_access) {
        cn_stream_check(call->api->streams);
    }
    if (call->res.changed.value == 0) {
        return;
    }
    cn_stream_account(call->api->streams, call->res.changed);
    if (engine->wake != NULL) {
        engine->wake(engine->arg);
    }
}

static bool prepare(struct call *call, struct cn_error *err)
{
    const struct cn_route *route = call->match.route;
    struct cn_arena *arena = call->req.unit.arena;
    return sign_in(call, err) && cn_decode_path(arena, &call->match, &call->req.path, err) &&
           cn_decode_query(arena, route->query, cn_http_query(call->exchange), &call->req.query,
                           &call->problems, err) &&
           check_accept(call, err) && check_if_match(call, err) && check_body(call, err) &&
           check_key(call, err);
}

static void run_call(struct cn_work *work)
{
    struct call *call = (struct call *)work; /* its first member */
    struct cn_api *api = call->api;
    struct cn_error err = { .code = CN_OK };
    struct cn_arena *arena = cn_http_arena(call->exchange);
    call->req = (struct cn_request){
        .unit = { .arena = arena,
                  .ids = api->options.ids,
                  .now = cn_now(api->options.clock),
                  .tz = api->options.tz },
        .api = api,
        .caller = &call->caller,
        .problems = &call->problems,
    };
    cn_diagnostics_init(&call->problems, arena);
    cn_buf_init(&call->file, CN_API_RESPONSE_MAX_BYTES);
    bool ok = prepare(call, &err);
    if (ok && call->match.route->kind == CN_RESPONSE_EVENTS) {
        cn_stream_open(api->streams, call->exchange, &call->req);
        return;
    }
    if (ok && run(call, &err)) {
        tell(call);
        answer(call);
    } else {
        fail(call, &err);
    }
}

static void add_allow(struct cn_http_exchange *exchange, unsigned methods)
{
    struct cn_buf buf;
    cn_buf_init(&buf, 128);
    for (unsigned method = CN_GET; method < CN_OTHER_METHOD; method++) {
        const bool is_head_of_get = method == CN_HEAD && (methods & 1U << CN_GET) != 0;
        if ((methods & 1U << method) != 0 || is_head_of_get) {
            cn_buf_printf(&buf, "%s%s", buf.len > 0 ? ", " : "",
                          cn_http_method_name((enum cn_http_method)method));
        }
    }
    cn_http_add_header(exchange, "allow", cn_buf_str(&buf));
    cn_buf_deinit(&buf);
}

void cn_dispatch(struct cn_api *api, struct cn_http_exchange *exchange)
{
    struct cn_error err;
    struct cn_arena *arena = cn_http_arena(exchange);
    struct call *call = cn_arena_new(arena, struct call);
    *call = (struct call){ .work = { run_call }, .api = api, .exchange = exchange };
    cn_diagnostics_init(&call->problems, arena);
    cn_api_request_id(api, call->request_id);
    cn_route_find(cn_http_method(exchange), cn_http_path(exchange), &call->match);
    if (call->match.route == NULL) {
        if (call->match.methods == 0) {
            cn_fail(&err, CN_NOT_FOUND, "there is nothing at this address");
        } else {
            add_allow(exchange, call->match.methods);
            cn_fail(&err, CN_BAD_METHOD, "this address does not take that method");
        }
        fail(call, &err);
        return;
    }
    cn_http_suspend(exchange);
    const enum cn_route_run pool =
        call->match.route->prepare != NULL ? CN_RUN_SLOW : call->match.route->run;
    if (!cn_workers_submit(api->pools[pool], &call->work)) {
        call->res.retry_after_s = 1;
        cn_fail(&err, CN_UNAVAILABLE, "too many requests are waiting");
        fail(call, &err);
    }
}
