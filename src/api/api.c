/* Starting, stopping, and who gets a request: tracking, API, operators or the web app. */
#include "api/api.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"

#include "api/backtest_runner.h"
#include "api/chores.h"
#include "api/core.h"
#include "api/key_use.h"
#include "api/openapi.h"
#include "api/operate.h"
#include "api/parsers.h"
#include "api/problem.h"
#include "api/stream.h"
#include "api/throttle.h"
#include "api/track.h"

const char *const cn_route_run_names[CN_API_POOLS] = {
    [CN_RUN_READ] = "read",
    [CN_RUN_WRITE] = "write",
    [CN_RUN_SLOW] = "slow",
    [CN_RUN_EXPLAIN] = "explain",
};

void cn_api_request_id(struct cn_api *api, char text_out[CN_REQUEST_ID_BYTES])
{
    cn_id_format("req", cn_id_next(api->options.ids, cn_now(api->options.clock)), text_out);
}

void cn_api_count(struct cn_api *api, int status)
{
    const size_t class = (size_t)status / 100;
    atomic_fetch_add(&api->answers[class < CN_ARRAY_LEN(api->answers) ? class : 0], 1);
}

void cn_api_send(struct cn_api *api, struct cn_http_exchange *exchange, int status,
                 const char *media_type, struct cn_buf *body)
{
    cn_api_count(api, status);
    cn_http_add_header(exchange, "content-type", cn_str_of(media_type));
    cn_http_reply(exchange, status, body);
}

void cn_api_fail(struct cn_api *api, struct cn_http_exchange *exchange, const struct cn_error *err,
                 const struct cn_diagnostics *problems, cn_str request_id)
{
    static const struct cn_diagnostics none = { 0 };
    struct cn_json_writer out;
    struct cn_buf body;
    struct cn_error unwritable;
    cn_str unused;
    if (err->code == CN_INTERNAL || err->code == CN_STORAGE_FULL) {
        cn_log_error("api", err, "request %.*s", CN_STR_ARG(request_id));
    }
    cn_buf_init(&body, CN_API_RESPONSE_MAX_BYTES);
    cn_json_writer_init(&out, &body);
    cn_problem_write(&out, err, problems != NULL ? problems : &none, request_id);
    if (!cn_json_finish(&out, &unused, &unwritable)) {
        cn_buf_clear(&body); /* a message with text that is not UTF-8: the status says enough */
        cn_buf_add_str(&body, CN_STR("{\"title\":\"error\"}"));
    }
    cn_http_add_header(exchange, "x-request-id", request_id);
    cn_http_add_header(exchange, "cache-control", CN_STR("no-store"));
    if (err->code == CN_UNAUTHENTICATED) {
        cn_http_add_header(exchange, "www-authenticate", CN_STR("Bearer realm=\"cairn\""));
    }
    cn_api_send(api, exchange, cn_code_http_status(err->code), "application/problem+json", &body);
}

static void on_begin(void *arg, struct cn_http_exchange *exchange)
{
    struct cn_api *api = arg;
    struct cn_route_match match = { 0 };
    if (cn_track_owns(cn_http_path(exchange))) {
        cn_track_begin(api->track, exchange);
    } else if (cn_str_starts_with(cn_http_path(exchange), CN_STR("/api/v1/program/"))) {
        cn_route_find(cn_http_method(exchange), cn_http_path(exchange), &match);
        if (match.route != NULL && match.route->takes_program) {
            cn_http_set_body_max(exchange, api->options.config->http_program_body_max_bytes);
        }
    }
}

/* An address that the web app routes itself: neither a file nor an attempt to climb. */
static bool is_page(cn_str path)
{
    static const char others[] = { '.', '%', '\\' };
    for (size_t i = 0; i < path.len; i++) {
        if (memchr(others, path.ptr[i], sizeof(others)) != NULL) {
            return false;
        }
    }
    return true;
}

/* A path of the app: a file, or a page that the app draws itself from the address. */
static void serve_app(struct cn_api *api, struct cn_http_exchange *exchange)
{
    struct cn_error err;
    char request_id[CN_REQUEST_ID_BYTES];
    cn_str path = cn_http_path(exchange);
    const enum cn_http_method method = cn_http_method(exchange);
    cn_api_request_id(api, request_id);
    if (method != CN_GET && method != CN_HEAD) {
        cn_http_add_header(exchange, "allow", CN_STR("GET, HEAD"));
        cn_fail(&err, CN_BAD_METHOD, "this address only has something to read");
        cn_api_fail(api, exchange, &err, NULL, cn_str_of(request_id));
        return;
    }
    if (cn_http_files_serve(api->files, exchange, path) ||
        (is_page(path) && cn_http_files_serve(api->files, exchange, CN_STR("/")))) {
        cn_api_count(api, 200);
        return;
    }
    cn_fail(&err, CN_NOT_FOUND, "there is nothing at this address");
    cn_api_fail(api, exchange, &err, NULL, cn_str_of(request_id));
}

static void on_request(void *arg, struct cn_http_exchange *exchange)
{
    struct cn_api *api = arg;
    cn_str path = cn_http_path(exchange);
    if (cn_track_owns(path)) {
        cn_track_handle(api->track, exchange);
    } else if (cn_str_starts_with(path, CN_STR("/api/"))) {
        cn_dispatch(api, exchange);
    } else if (!cn_operate(api, exchange)) {
        serve_app(api, exchange);
    }
}

static void on_refusal(void *arg, struct cn_http_exchange *exchange, int status, const char *why)
{
    struct cn_api *api = arg;
    struct cn_error err;
    char request_id[CN_REQUEST_ID_BYTES];
    if (cn_track_owns(cn_http_path(exchange))) {
        cn_track_refuse(api->track, exchange, status, why);
        return;
    }
    cn_api_request_id(api, request_id);
    cn_fail(&err,
            status == 413   ? CN_TOO_LARGE
            : status == 503 ? CN_UNAVAILABLE
                            : CN_MALFORMED,
            "%s", why);
    cn_api_fail(api, exchange, &err, NULL, cn_str_of(request_id));
}

static bool is_brief(void *arg, cn_str path)
{
    (void)arg;
    return cn_track_owns(path);
}

static void on_turn_over(void *arg)
{
    struct cn_api *api = arg;
    cn_track_turn_over(api->track);
}

static bool start_http(struct cn_api *api, struct cn_error *err)
{
    const struct cn_config *config = api->options.config;
    const struct cn_http_options options = {
        .listen = config->http_listen,
        .loops = (size_t)config->http_loops,
        .connections_max = config->http_connections_max,
        .connections_per_address_max = config->http_connections_per_address_max,
        .header_timeout_ms = config->http_header_timeout_ms,
        .body_timeout_ms = config->http_body_timeout_ms,
        .idle_timeout_ms = config->http_idle_timeout_ms,
        .send_timeout_ms = config->http_send_timeout_ms,
        .body_max_bytes = config->http_body_max_bytes,
        .bodies_max_bytes = config->http_bodies_max_bytes,
        .heartbeat_ms = config->http_heartbeat_ms,
        .stream_max_bytes = config->http_stream_max_bytes,
        .begin = on_begin,
        .handle = on_request,
        .refuse = on_refusal,
        .is_brief = is_brief,
        .turn_over = on_turn_over,
        .arg = api,
    };
    return cn_http_start(&options, &api->http, err);
}

bool cn_api_start(const struct cn_api_options *options, struct cn_api **api_out,
                  struct cn_error *err)
{
    const struct cn_config *config = options->config;
    const size_t queue = (size_t)config->api_queue_max;
    struct cn_api *api = cn_heap_resize(NULL, sizeof(*api));
    memset(api, 0, sizeof(*api));
    api->options = *options;
    api->pools[CN_RUN_READ] = cn_workers_new("read", (size_t)config->api_read_threads, queue);
    api->pools[CN_RUN_WRITE] = cn_workers_new("write", (size_t)config->api_write_threads, queue);
    api->pools[CN_RUN_SLOW] = cn_workers_new("slow", (size_t)config->api_slow_threads, queue);
    api->pools[CN_RUN_EXPLAIN] =
        cn_workers_new("explain", (size_t)config->api_explain_threads, queue);
    api->files = cn_http_files_new(options->web, options->web_count);
    api->sources = cn_source_cache_new(options->db);
    api->parsers = cn_parsers_new((size_t)config->http_body_max_bytes);
    api->throttle = cn_throttle_new(config->login_window_ms * 1000);
    api->streams = cn_stream_hub_new(&api->options);
    api->track = cn_track_new(api);
    api->key_uses = cn_key_uses_new(&api->options);
    api->chores = cn_chores_new(&api->options, api->key_uses);
    api->backtests = cn_backtest_runner_new(&api->options);
    cn_buf_init(&api->openapi, (size_t)16 * 1024 * 1024);
    if (!cn_openapi_write(&api->openapi, err) || !start_http(api, err)) {
        cn_api_stop(api);
        return false;
    }
    *api_out = api;
    return true;
}

uint16_t cn_api_port(const struct cn_api *api)
{
    return cn_http_port(api->http);
}

void cn_api_set_ready(struct cn_api *api, bool is_ready)
{
    atomic_store(&api->is_ready, is_ready);
}

void cn_api_stop(struct cn_api *api)
{
    if (api == NULL) {
        return;
    }
    cn_http_stop(api->http); /* waits for the answers that the pools are at */
    for (size_t i = 0; i < CN_API_POOLS; i++) {
        cn_workers_free(api->pools[i]);
    }
    cn_backtest_runner_free(api->backtests);
    cn_chores_free(api->chores);
    cn_key_uses_free(api->key_uses);
    cn_stream_hub_free(api->streams);
    cn_track_free(api->track);
    cn_throttle_free(api->throttle);
    cn_parsers_free(api->parsers);
    cn_source_cache_free(api->sources);
    cn_http_files_free(api->files);
    cn_buf_deinit(&api->openapi);
    free(api);
}

void cn_api_publish_account(struct cn_api *api, cn_account_id id)
{
    cn_stream_account(api->streams, id);
}

void cn_api_publish_program(struct cn_api *api)
{
    cn_stream_program(api->streams);
}

void cn_api_publish_progress(struct cn_api *api, const struct cn_progress *progress)
{
    cn_stream_progress(api->streams, progress);
}
