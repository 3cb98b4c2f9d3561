#include "api/track.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"

#include "api/decode.h"
#include "api/stream.h"
#include "api/track_settings.h"
#include "event/parse.h"
#include "net/gzip.h"

enum {
    PARSERS_KEPT = 16,
    KEY_MAX_BYTES = 200,
    LARGE_BODY_BYTES = 256 * 1024, /* more is decoded on a thread of its own */
};

struct cn_track {
    struct cn_api *api;
    struct cn_workers *decoders;
    struct cn_http_prepared *success;
    struct cn_http_prepared *form_success;
    pthread_mutex_t lock;
    struct cn_event_parser *parsers[PARSERS_KEPT];
    size_t parser_count;
    _Atomic int64_t waiting; /* requests whose events are being decoded or stored */
    _Atomic int64_t shed_total;
    _Atomic int64_t unknown_key_total;
    _Atomic int64_t malformed_total;
    _Atomic int64_t last_complaint_us;
};

/* One request. */
struct intake {
    struct cn_work work; /* first */
    struct cn_track *track;
    struct cn_http_exchange *exchange;
    const struct cn_http_prepared *success; /* the answer when all is stored */
    enum cn_event_call call;
    bool is_strict;
    bool is_suspended;
};

static struct cn_http_prepared *prepare(const char *media_type, cn_str body)
{
    const struct cn_http_header headers[] = { { "access-control-allow-origin", "*" },
                                              { "access-control-expose-headers", "Retry-After" },
                                              { "content-type", media_type } };
    return cn_http_prepare(200, headers, CN_ARRAY_LEN(headers), body);
}

struct cn_track *cn_track_new(struct cn_api *api)
{
    const struct cn_config *config = api->options.config;
    struct cn_track *track = cn_heap_resize(NULL, sizeof(*track));
    memset(track, 0, sizeof(*track));
    track->api = api;
    (void)pthread_mutex_init(&track->lock, NULL);
    track->success = prepare("application/json", CN_STR("{\"success\":true}"));
    track->form_success = prepare("text/plain", CN_STR("OK"));
    track->decoders =
        cn_workers_new("decode", (size_t)config->intake_threads, (size_t)config->intake_queue_max);
    return track;
}

void cn_track_free(struct cn_track *track)
{
    if (track == NULL) {
        return;
    }
    cn_workers_free(track->decoders);
    cn_http_prepared_free(track->success);
    cn_http_prepared_free(track->form_success);
    for (size_t i = 0; i < track->parser_count; i++) {
        cn_event_parser_free(track->parsers[i]);
    }
    (void)pthread_mutex_destroy(&track->lock);
    free(track);
}

static struct cn_event_parser *take_parser(struct cn_track *track)
{
    struct cn_event_parser *parser = NULL;
    (void)pthread_mutex_lock(&track->lock);
    if (track->parser_count > 0) {
        parser = track->parsers[--track->parser_count];
    }
    (void)pthread_mutex_unlock(&track->lock);
    const int64_t max = track->api->options.config->intake_body_max_bytes;
    return parser != NULL ? parser : cn_event_parser_new((size_t)max);
}

static void give_parser(struct cn_track *track, struct cn_event_parser *parser)
{
    (void)pthread_mutex_lock(&track->lock);
    if (track->parser_count < PARSERS_KEPT) {
        track->parsers[track->parser_count++] = parser;
        parser = NULL;
    }
    (void)pthread_mutex_unlock(&track->lock);
    cn_event_parser_free(parser);
}

/* "/v1/batch/" to "batch"; "" if it is not below /v1/. */
static cn_str rest_of(cn_str path)
{
    while (cn_str_ends_with(path, CN_STR("/"))) {
        path.len--;
    }
    return cn_str_starts_with(path, CN_STR("/v1/")) ? cn_str_slice(path, 4, path.len) : CN_STR("");
}

bool cn_track_owns(cn_str path)
{
    return cn_str_starts_with(path, CN_STR("/v1/"));
}

/* "projects/KEY/settings" */
static bool is_settings(cn_str rest, cn_str *key_out)
{
    if (!cn_str_starts_with(rest, CN_STR("projects/")) ||
        !cn_str_ends_with(rest, CN_STR("/settings")) || rest.len <= 18) {
        return false;
    }
    *key_out = cn_str_slice(rest, 9, rest.len - 9);
    return true;
}

static void send(struct cn_track *track, struct cn_http_exchange *exchange, int status,
                 const char *media_type, cn_str text)
{
    struct cn_buf body;
    cn_buf_init(&body, CN_API_RESPONSE_MAX_BYTES);
    cn_buf_add_str(&body, text);
    cn_http_add_header(exchange, "access-control-allow-origin", CN_STR("*"));
    cn_http_add_header(exchange, "access-control-expose-headers", CN_STR("Retry-After"));
    cn_api_send(track->api, exchange, status, media_type, &body);
}

static void send_error(struct cn_track *track, struct cn_http_exchange *exchange, int status,
                       cn_str message, int offset)
{
    struct cn_buf text;
    struct cn_json_writer out;
    struct cn_error unwritable;
    cn_str json;
    cn_buf_init(&text, 4096);
    cn_json_writer_init(&out, &text);
    cn_json_object_begin(&out);
    cn_json_key(&out, CN_STR("success"));
    cn_json_bool(&out, false);
    cn_json_key(&out, CN_STR("message"));
    cn_json_str(&out, message);
    if (offset >= 0) {
        cn_json_key(&out, CN_STR("offset"));
        cn_json_i64(&out, offset);
    }
    cn_json_object_end(&out);
    if (!cn_json_finish(&out, &json, &unwritable)) {
        json = CN_STR("{\"success\":false}"); /* the message quotes what is not UTF-8 */
    }
    send(track, exchange, status, "application/json", json);
    cn_buf_deinit(&text);
}

/* What passes by itself: the one answer that every SDK waits for. */
static void send_busy(struct cn_track *track, struct cn_http_exchange *exchange)
{
    char seconds[24];
    const int64_t ms = track->api->options.config->intake_retry_after_ms;
    (void)snprintf(seconds, sizeof(seconds), "%lld", (long long)((ms + 999) / 1000));
    atomic_fetch_add(&track->shed_total, 1);
    cn_http_add_header(exchange, "retry-after", cn_str_of(seconds));
    cn_http_add_header(exchange, "x-ratelimit-reset", cn_str_of(seconds));
    send_error(track, exchange, 429, CN_STR("busy, try again later"), -1);
}

static void send_failure(struct cn_track *track, struct cn_http_exchange *exchange,
                         const struct cn_error *err)
{
    const enum cn_code code = err->code;
    if (code == CN_MALFORMED || code == CN_TOO_LARGE || code == CN_INVALID) {
        atomic_fetch_add(&track->malformed_total, 1);
        send_error(track, exchange, 400, cn_str_of(err->message), err->offset);
    } else if (code == CN_UNAUTHENTICATED) {
        send_error(track, exchange, 401, cn_str_of(err->message), -1);
    } else {
        if (code != CN_TOO_MANY && code != CN_UNAVAILABLE) {
            cn_log_error("track", err, "storing events");
        }
        send_busy(track, exchange); /* nothing was stored: the sender must keep them */
    }
}

static const struct cn_http_prepared *success_for(const struct cn_track *track,
                                                  const struct cn_http_exchange *exchange)
{
    cn_str type;
    /* RudderStack labels its bodies as forms and knows the answer "OK". */
    const bool is_form = cn_http_header(exchange, "content-type", &type) &&
                         cn_str_starts_with(type, CN_STR("application/x-www-form-urlencoded"));
    return is_form ? track->form_success : track->success;
}

static void send_success(struct cn_track *track, struct cn_http_exchange *exchange,
                         const struct cn_http_prepared *success)
{
    cn_api_count(track->api, 200);
    cn_http_reply_prepared(exchange, success);
}

static void finish(struct intake *intake)
{
    if (intake->is_suspended) {
        atomic_fetch_sub(&intake->track->waiting, 1);
    }
}

static void confirm(struct intake *intake, struct cn_event_batch *batch)
{
    struct cn_track *track = intake->track;
    finish(intake);
    cn_intake_count(track->api->options.intake, batch);
    cn_stream_source(track->api->streams, (cn_source_id){ batch->source_id });
    if (batch->rejection_count > 0) {
        cn_intake_reject(track->api->options.intake, batch);
    }
    send_success(track, intake->exchange, intake->success);
}

/* On the log's thread, after the commit or its failure. */
static void on_stored(void *arg, struct cn_event_batch *batch, const struct cn_error *err)
{
    struct intake *intake = arg;
    struct cn_track *track = intake->track;
    if (batch->ends_group) {
        cn_http_wake(track->api->http); /* first: with the last answer all of it may be gone */
    } else {
        cn_http_answer_quietly(intake->exchange);
    }
    if (err != NULL) {
        finish(intake);
        send_failure(track, intake->exchange, err);
    } else {
        confirm(intake, batch);
    }
}

/* A wrong key is somebody's lost data: say so, but not a thousand times a second. */
static void complain(struct cn_track *track, cn_str key)
{
    const int64_t now_us = cn_now(track->api->options.clock).us;
    int64_t last_us = atomic_load(&track->last_complaint_us);
    atomic_fetch_add(&track->unknown_key_total, 1);
    if (now_us - last_us > 1000000 &&
        atomic_compare_exchange_strong(&track->last_complaint_us, &last_us, now_us)) {
        const size_t shown = key.len < 4 ? 0 : 4;
        cn_log(CN_LOG_WARN, "track", "events with an unknown write key that ends in \"%.*s\"",
               (int)shown, key.ptr + key.len - shown);
    }
}

static bool find_source(struct cn_track *track, cn_str key, cn_source_id *id_out,
                        struct cn_error *err)
{
    if (key.len == 0 || key.len > KEY_MAX_BYTES) {
        return cn_fail(
            err, CN_UNAUTHENTICATED,
            "no write key: send it as the user name of Basic authentication, or as writeKey");
    }
    if (!cn_source_find(track->api->sources, key, cn_now(track->api->options.clock), id_out, err)) {
        if (err->code == CN_UNAUTHENTICATED) {
            complain(track, key);
        }
        return false;
    }
    return true;
}

/* The write key of "Authorization: Basic base64(key:)"; "" if there is none. */
static cn_str header_key(struct cn_http_exchange *exchange)
{
    cn_str header;
    if (!cn_http_header(exchange, "authorization", &header) || header.len < 6 ||
        !cn_str_equal_nocase(cn_str_slice(header, 0, 6), CN_STR("basic "))) {
        return CN_STR("");
    }
    cn_str code = cn_str_trim(cn_str_slice(header, 6, header.len));
    if (code.len == 0 || code.len > (size_t)4 * KEY_MAX_BYTES || code.len % 4 != 0) {
        return CN_STR("");
    }
    unsigned char *text = cn_arena_array(cn_http_arena(exchange), unsigned char, code.len + 4);
    int len = EVP_DecodeBlock(text, (const unsigned char *)code.ptr, (int)code.len);
    if (len < 0) {
        return CN_STR("");
    }
    cn_str pair = { (const char *)text, (size_t)len };
    const char *colon = memchr(pair.ptr, ':', pair.len);
    return cn_str_slice(pair, 0,
                        colon != NULL ? (size_t)(colon - pair.ptr) : strnlen(pair.ptr, pair.len));
}

static struct cn_event_limits limits_of(const struct intake *intake)
{
    const struct cn_config *config = intake->track->api->options.config;
    if (intake->is_strict) {
        struct cn_event_limits limits = cn_event_limits_strict;
        limits.body_max_bytes = limits.body_max_bytes < (size_t)config->intake_body_max_bytes
                                    ? limits.body_max_bytes
                                    : (size_t)config->intake_body_max_bytes;
        return limits;
    }
    return (struct cn_event_limits){
        .body_max_bytes = (size_t)config->intake_body_max_bytes,
        .event_max_bytes = (size_t)config->intake_event_max_bytes,
        .batch_max_events = (size_t)config->intake_batch_max_events,
        .past_max_us = config->intake_max_age_ms * 1000,
        .future_max_us = config->intake_future_ms * 1000,
        .needs_user = cn_event_limits_default.needs_user,
    };
}

static bool parse(struct intake *intake, cn_str body, struct cn_event_batch **batch_out,
                  struct cn_error *err)
{
    struct cn_track *track = intake->track;
    const struct cn_event_limits limits = limits_of(intake);
    struct cn_event_parser *parser = take_parser(track);
    bool ok = cn_event_parse(parser, intake->call, body, cn_now(track->api->options.clock), &limits,
                             batch_out, err);
    give_parser(track, parser);
    return ok;
}

static bool unpack(struct intake *intake, struct cn_buf *unpacked, cn_str *body_out,
                   struct cn_error *err)
{
    cn_str body = cn_http_body(intake->exchange);
    cn_str coding = CN_STR("");
    const bool is_coded = cn_http_header(intake->exchange, "content-encoding", &coding) &&
                          !cn_str_equal_nocase(coding, CN_STR("identity"));
    if (is_coded && !cn_str_equal_nocase(coding, CN_STR("gzip"))) {
        return cn_fail(err, CN_MALFORMED, "the only content encoding known is gzip");
    }
    if (!is_coded && !cn_gzip_is(body)) {
        *body_out = body;
        return true;
    }
    if (!cn_gzip_decode(body, unpacked, err)) {
        return false;
    }
    *body_out = cn_buf_str(unpacked);
    return true;
}

/* Decodes the body and finds out who sent it; nothing is stored yet. */
static bool decode(struct intake *intake, struct cn_event_batch **batch_out, struct cn_error *err)
{
    struct cn_track *track = intake->track;
    struct cn_event_batch *batch = NULL;
    struct cn_buf unpacked;
    cn_source_id source = { 0 };
    cn_str body = { 0 };
    cn_str key = header_key(intake->exchange);
    if (key.len > 0 && !find_source(track, key, &source, err)) {
        return false;
    }
    cn_buf_init(&unpacked, (size_t)track->api->options.config->intake_body_max_bytes);
    bool ok = unpack(intake, &unpacked, &body, err) && parse(intake, body, &batch, err);
    cn_buf_deinit(&unpacked);
    if (!ok) {
        return false;
    }
    if (key.len == 0 && !find_source(track, batch->write_key, &source, err)) {
        cn_event_batch_release(batch);
        return false;
    }
    cn_event_batch_set_source(batch, source.value);
    *batch_out = batch;
    return true;
}

static void answer_strictly(struct intake *intake, const struct cn_event_batch *batch)
{
    const struct cn_rejection *first = &batch->rejections[0];
    struct cn_buf text;
    cn_buf_init(&text, 2048);
    cn_buf_add_str(&text, first->pointer);
    cn_buf_add_str(&text, CN_STR(": "));
    cn_buf_add_str(&text, first->reason);
    atomic_fetch_add(&intake->track->malformed_total, 1);
    finish(intake);
    send_error(intake->track, intake->exchange, 400, cn_buf_str(&text), -1);
    cn_buf_deinit(&text);
}

static void take_in(struct intake *intake)
{
    struct cn_track *track = intake->track;
    struct cn_event_batch *batch = NULL;
    struct cn_error err;
    if (!decode(intake, &batch, &err)) {
        finish(intake);
        send_failure(track, intake->exchange, &err);
        return;
    }
    if (intake->is_strict && batch->rejection_count > 0) {
        answer_strictly(intake, batch);
        cn_event_batch_release(batch);
        return;
    }
    if (batch->count == 0) {
        confirm(intake, batch); /* there is nothing to wait for */
        cn_event_batch_release(batch);
        return;
    }
    const bool is_on_loop = !intake->is_suspended;
    if (is_on_loop) {
        intake->is_suspended = true;
        atomic_fetch_add(&track->waiting, 1);
        cn_http_suspend(intake->exchange);
    }
    struct cn_event_log *log = track->api->options.events;
    bool ok = is_on_loop ? cn_event_log_append_quietly(log, batch, on_stored, intake, &err)
                         : cn_event_log_append(log, batch, on_stored, intake, &err);
    if (!ok) {
        cn_event_batch_release(batch);
        finish(intake);
        send_failure(track, intake->exchange, &err);
    }
}

static void run_large(struct cn_work *work)
{
    take_in((struct intake *)work); /* its first member */
}

static void take_events(struct cn_track *track, struct cn_http_exchange *exchange,
                        enum cn_event_call call)
{
    struct intake *intake = cn_arena_new(cn_http_arena(exchange), struct intake);
    cn_str strict;
    *intake = (struct intake){
        .work = { run_large },
        .track = track,
        .exchange = exchange,
        .success = success_for(track, exchange),
        .call = call,
        .is_strict = (cn_http_header(exchange, "x-strict-mode", &strict) &&
                      cn_str_equal(strict, CN_STR("1"))) ||
                     track->api->options.config->intake_strict,
    };
    cn_str body = cn_http_body(exchange);
    if (body.len <= LARGE_BODY_BYTES && !cn_gzip_is(body)) {
        take_in(intake);
        return;
    }
    /* A small gzip body can be a large one. */
    intake->is_suspended = true;
    atomic_fetch_add(&track->waiting, 1);
    cn_http_suspend(exchange);
    if (!cn_workers_submit(track->decoders, &intake->work)) {
        finish(intake);
        send_busy(track, exchange);
    }
}

static void send_settings(struct cn_track *track, struct cn_http_exchange *exchange, cn_str key)
{
    struct cn_error err;
    struct cn_buf text;
    cn_source_id source;
    cn_str json;
    if (!cn_utf8_valid(key) || !find_source(track, key, &source, &err)) {
        send_error(track, exchange, 404, CN_STR("unknown write key"), -1);
        return;
    }
    cn_str url = track->api->options.config->http_public_url;
    cn_buf_init(&text, 8192);
    if (cn_track_settings(url, exchange, key, &text, &json, &err)) {
        cn_http_add_header(exchange, "cache-control", CN_STR("no-cache"));
        send(track, exchange, 200, "application/json", json);
    } else {
        send_error(track, exchange, 400, CN_STR("the Host header is not UTF-8"), -1);
    }
    cn_buf_deinit(&text);
}

static void send_preflight(struct cn_track *track, struct cn_http_exchange *exchange)
{
    cn_http_add_header(exchange, "access-control-allow-origin", CN_STR("*"));
    cn_http_add_header(exchange, "access-control-allow-methods", CN_STR("POST, GET, OPTIONS"));
    cn_http_add_header(exchange, "access-control-allow-headers",
                       CN_STR("authorization, content-type, content-encoding, x-retry-count, "
                              "x-strict-mode"));
    cn_http_add_header(exchange, "access-control-max-age", CN_STR("86400"));
    cn_api_count(track->api, 204);
    cn_http_reply(exchange, 204, NULL);
}

void cn_track_begin(struct cn_track *track, struct cn_http_exchange *exchange)
{
    const struct cn_config *config = track->api->options.config;
    cn_http_set_body_max(exchange, config->intake_body_max_bytes);
    if (cn_http_method(exchange) == CN_POST &&
        atomic_load(&track->waiting) >= config->intake_queue_max) {
        send_busy(track, exchange);
    }
}

void cn_track_handle(struct cn_track *track, struct cn_http_exchange *exchange)
{
    cn_str rest = rest_of(cn_http_path(exchange));
    cn_str key;
    enum cn_event_call call;
    const enum cn_http_method method = cn_http_method(exchange);
    const bool wants_settings = is_settings(rest, &key);
    const bool is_self_report = cn_str_equal(rest, CN_STR("m")); /* analytics.js of itself */
    const bool is_call = is_self_report || cn_event_call_parse(rest, &call);
    if (!wants_settings && !is_call) {
        send_error(track, exchange, 404, CN_STR("there is nothing at this address"), -1);
    } else if (method == CN_OPTIONS) {
        send_preflight(track, exchange);
    } else if (wants_settings && (method == CN_GET || method == CN_HEAD)) {
        send_settings(track, exchange, key);
    } else if (method != CN_POST || wants_settings) {
        cn_http_add_header(exchange, "allow",
                           wants_settings ? CN_STR("GET, HEAD, OPTIONS") : CN_STR("POST, OPTIONS"));
        send_error(track, exchange, 405, CN_STR("this address does not take that method"), -1);
    } else if (is_self_report) {
        send_success(track, exchange, success_for(track, exchange));
    } else {
        take_events(track, exchange, call);
    }
}

void cn_track_turn_over(struct cn_track *track)
{
    cn_event_log_wake(track->api->options.events);
}

void cn_track_refuse(struct cn_track *track, struct cn_http_exchange *exchange, int status,
                     const char *why)
{
    if (status == 503) {
        send_busy(track, exchange);
    } else {
        atomic_fetch_add(&track->malformed_total, 1);
        send_error(track, exchange, 400, cn_str_of(why), -1); /* too large too, as Segment says */
    }
}

void cn_track_write_gauges(struct cn_track *track, struct cn_gauges *out)
{
    cn_gauge(out, "cairn_intake_waiting", CN_GAUGE,
             "Tracking requests whose events are not stored yet.",
             (double)atomic_load(&track->waiting));
    cn_gauge(out, "cairn_intake_shed_total", CN_COUNTER, "Tracking requests answered 429.",
             (double)atomic_load(&track->shed_total));
    cn_gauge(out, "cairn_intake_malformed_total", CN_COUNTER, "Tracking requests answered 400.",
             (double)atomic_load(&track->malformed_total));
    cn_gauge(out, "cairn_intake_unknown_key_total", CN_COUNTER,
             "Tracking requests with an unknown write key.",
             (double)atomic_load(&track->unknown_key_total));
}
