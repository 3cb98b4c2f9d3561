/* One request and its answer: the callbacks of libmicrohttpd, and what handlers call. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"
#include "base/str.h"

#include "net/loop.h"

enum {
    REFUSAL_BYTES = 200,
};

static const char *const method_names[] = {
    [CN_GET] = "GET",     [CN_HEAD] = "HEAD",     [CN_POST] = "POST",       [CN_PUT] = "PUT",
    [CN_PATCH] = "PATCH", [CN_DELETE] = "DELETE", [CN_OPTIONS] = "OPTIONS", [CN_OTHER_METHOD] = "",
};

const char *cn_http_method_name(enum cn_http_method method)
{
    return method_names[method];
}

static enum cn_http_method method_of(const char *name)
{
    for (size_t i = 0; i < CN_OTHER_METHOD; i++) {
        if (strcmp(method_names[i], name) == 0) {
            return (enum cn_http_method)i;
        }
    }
    return CN_OTHER_METHOD;
}

static struct cn_http_connection *connection_of(struct cn_http_exchange *exchange)
{
    return (struct cn_http_connection *)exchange; /* its first member */
}

void cn_http_set_deadline(struct cn_http_exchange *exchange, int64_t timeout_ms)
{
    connection_of(exchange)->deadline_us =
        timeout_ms > 0 ? cn_clock_monotonic_us() + timeout_ms * 1000 : 0;
}

/* The request line was read; the field lines come next. */
void *cn_http_on_uri(void *arg, const char *uri, struct MHD_Connection *mhd)
{
    struct cn_http_loop *loop = arg;
    struct cn_http_connection *connection =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    struct cn_http_exchange *exchange = &connection->exchange;
    cn_str target = cn_str_of(uri);
    const char *mark = memchr(target.ptr, '?', target.len);
    const size_t path_len = mark != NULL ? (size_t)(mark - target.ptr) : target.len;

    target = cn_arena_str(&exchange->arena, target);
    exchange->path = cn_str_slice(target, 0, path_len);
    exchange->query = mark != NULL ? cn_str_slice(target, path_len + 1, target.len) : CN_STR("");
    exchange->index = connection->requests++;
    exchange->phase = CN_PHASE_NEW;
    cn_http_set_deadline(exchange, loop->server->options.header_timeout_ms);
    atomic_fetch_add(&loop->server->requests_total, 1);
    return exchange;
}

static void refuse(struct cn_http_exchange *exchange, int status, const char *why)
{
    const struct cn_http_options *options = &exchange->loop->server->options;
    if (options->refuse != NULL) {
        options->refuse(options->arg, exchange, status, why);
        return;
    }
    struct cn_buf body;
    cn_buf_init(&body, REFUSAL_BYTES);
    cn_buf_add_str(&body, cn_str_of(why));
    cn_http_add_header(exchange, "content-type", CN_STR("text/plain"));
    cn_http_reply(exchange, status, &body);
}

static void refuse_large(struct cn_http_exchange *exchange)
{
    char why[REFUSAL_BYTES];
    (void)snprintf(why, sizeof(why), "the body is larger than the %" PRId64 " bytes allowed",
                   exchange->body_max);
    refuse(exchange, 413, why);
}

static bool refuse_framing(struct cn_http_exchange *exchange)
{
    const char *why = cn_framing_problem(&connection_of(exchange)->framing, exchange->index);
    if (why == NULL) {
        return false;
    }
    atomic_fetch_add(&exchange->loop->server->refused_framing_total, 1);
    cn_http_close_after(exchange);
    refuse(exchange, 400, why);
    return true;
}

void cn_http_count_body(struct cn_http_exchange *exchange, int64_t bytes)
{
    exchange->counted += bytes;
    atomic_fetch_add(&exchange->loop->server->bodies_bytes, bytes);
}

static struct MHD_Response *static_response(cn_str body)
{
    /* Not written to; the interface knows no const. */
    return MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr,
                                           MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *make_response(struct cn_http_exchange *exchange)
{
    if (exchange->stream != NULL) {
        return cn_sse_response(exchange->stream, exchange->mhd);
    }
    if (exchange->answer.data != NULL) {
        struct MHD_Response *response = MHD_create_response_from_buffer(
            exchange->answer.len, exchange->answer.data, MHD_RESPMEM_MUST_FREE);
        exchange->answer = (struct cn_buf){ 0 };
        return response;
    }
    return static_response(exchange->answer_text);
}

static void add_headers(struct MHD_Response *response, const struct cn_http_header *headers,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)MHD_add_response_header(response, headers[i].name, headers[i].value);
    }
    (void)MHD_add_response_header(response, "x-content-type-options", "nosniff");
}

static enum MHD_Result queue_answer(struct cn_http_exchange *exchange)
{
    const bool is_shared = exchange->prepared != NULL && !exchange->close_after;
    struct MHD_Response *response =
        is_shared ? exchange->prepared->response : make_response(exchange);
    if (response == NULL) {
        return MHD_NO; /* out of memory: the connection is closed */
    }
    if (!is_shared) {
        add_headers(response, exchange->headers, exchange->header_count);
    }
    if (exchange->close_after) {
        (void)MHD_add_response_header(response, "connection", "close");
    }
    exchange->phase = CN_PHASE_QUEUED;
    cn_http_set_deadline(
        exchange, exchange->stream != NULL ? 0 : exchange->loop->server->options.send_timeout_ms);
    enum MHD_Result result =
        MHD_queue_response(exchange->mhd, (unsigned)exchange->status, response);
    if (!is_shared) {
        MHD_destroy_response(response); /* our hold; the connection has its own */
    }
    return result;
}

/* Content-Length, or -1 for a chunked body, or 0 for none. */
static int64_t announced_bytes(const struct cn_http_exchange *exchange)
{
    cn_str text;
    int64_t bytes = 0;
    if (cn_http_header(exchange, "transfer-encoding", &text)) {
        return -1;
    }
    return cn_http_header(exchange, "content-length", &text) && cn_parse_i64(text, &bytes) ? bytes
                                                                                           : 0;
}

static bool expects_continue(const struct cn_http_exchange *exchange)
{
    cn_str text;
    return cn_http_header(exchange, "expect", &text) &&
           cn_str_equal_nocase(text, CN_STR("100-continue"));
}

void cn_http_admit(struct cn_http_exchange *exchange, int64_t bytes)
{
    const struct cn_http_server *server = exchange->loop->server;
    if (refuse_framing(exchange)) {
        return;
    }
    if (atomic_load(&server->is_stopping)) {
        cn_http_close_after(exchange);
        refuse(exchange, 503, "the server is stopping");
        return;
    }
    if (server->options.begin != NULL) {
        server->options.begin(server->options.arg, exchange);
    }
    if (exchange->is_answered) {
        return;
    }
    if (bytes > exchange->body_max) {
        refuse_large(exchange);
    } else if (bytes != 0 && atomic_load(&server->bodies_bytes) + (bytes > 0 ? bytes : 0) >
                                 server->options.bodies_max_bytes) {
        refuse(exchange, 503, "too many bodies at a time");
    }
}

static enum MHD_Result on_header(struct cn_http_exchange *exchange, const char *method)
{
    const struct cn_http_options *options = &exchange->loop->server->options;
    const int64_t bytes = announced_bytes(exchange);
    exchange->method = method_of(method);
    exchange->body_max = options->body_max_bytes;
    exchange->phase = CN_PHASE_BODY;
    cn_http_set_deadline(exchange, options->body_timeout_ms);
    cn_http_admit(exchange, bytes);
    cn_buf_init(&exchange->body, (size_t)exchange->body_max);
    if (!exchange->is_answered) {
        return MHD_YES;
    }
    exchange->phase = CN_PHASE_DISCARD;
    if (bytes > CN_HTTP_DISCARD_MAX_BYTES || (bytes != 0 && expects_continue(exchange)) ||
        (bytes != 0 && exchange->close_after)) {
        exchange->close_after = true;
        return queue_answer(exchange);
    }
    return MHD_YES;
}

static enum MHD_Result on_body(struct cn_http_exchange *exchange, const char *bytes, size_t len)
{
    const struct cn_http_server *server = exchange->loop->server;
    if (exchange->phase == CN_PHASE_DISCARD) {
        exchange->discarded += (int64_t)len;
        return exchange->discarded > CN_HTTP_DISCARD_MAX_BYTES ? MHD_NO : MHD_YES;
    }
    cn_buf_add(&exchange->body, bytes, len);
    cn_http_count_body(exchange, (int64_t)len);
    const bool is_crowded = atomic_load(&server->bodies_bytes) > server->options.bodies_max_bytes;
    const bool is_large = exchange->body.overflowed;
    if (is_large || is_crowded) {
        exchange->phase = CN_PHASE_DISCARD;
        cn_http_count_body(exchange, -exchange->counted);
        cn_buf_deinit(&exchange->body);
        if (is_large) {
            refuse_large(exchange);
        } else {
            refuse(exchange, 503, "too many bodies at a time");
        }
    }
    return MHD_YES;
}

static enum MHD_Result on_end(struct cn_http_exchange *exchange)
{
    const struct cn_http_server *server = exchange->loop->server;
    if (!exchange->is_answered && !refuse_framing(exchange)) {
        exchange->phase = CN_PHASE_HANDED;
        cn_http_set_deadline(exchange, 0);
        server->options.handle(server->options.arg, exchange);
        if (exchange->is_suspended) {
            return MHD_YES; /* it is another thread's now */
        }
        assert(exchange->is_answered);
    }
    return queue_answer(exchange);
}

/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd's signature */
enum MHD_Result cn_http_on_access(void *arg, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *upload_data,
                                  size_t *upload_data_size, void **context)
{
    struct cn_http_exchange *exchange = *context;
    (void)arg;
    (void)mhd;
    (void)url;
    (void)version;
    switch (exchange->phase) {
    case CN_PHASE_NEW:
        return on_header(exchange, method);
    case CN_PHASE_BODY:
    case CN_PHASE_DISCARD:
        if (*upload_data_size > 0) {
            enum MHD_Result result = on_body(exchange, upload_data, *upload_data_size);
            *upload_data_size = 0;
            return result;
        }
        return on_end(exchange);
    case CN_PHASE_HANDED:
    case CN_PHASE_QUEUED:
        break;
    }
    *upload_data_size = 0;
    return MHD_YES;
}

void cn_http_exchange_end(struct cn_http_exchange *exchange)
{
    struct cn_http_loop *loop = exchange->loop;
    cn_http_count_body(exchange, -exchange->counted);
    cn_buf_deinit(&exchange->body);
    cn_buf_deinit(&exchange->answer);
    struct cn_arena arena = exchange->arena;
    cn_arena_reset(&arena); /* a block of it is kept for the connection's next request */
    *exchange = (struct cn_http_exchange){ .loop = loop, .mhd = exchange->mhd, .arena = arena };
    cn_http_set_deadline(exchange, loop->server->options.idle_timeout_ms);
}

void cn_http_on_completed(void *arg, struct MHD_Connection *mhd, void **context,
                          enum MHD_RequestTerminationCode code)
{
    struct cn_http_exchange *exchange = *context;
    (void)arg;
    (void)mhd;
    (void)code;
    if (exchange == NULL) {
        return;
    }
    cn_http_exchange_end(exchange);
    *context = NULL;
}

enum cn_http_method cn_http_method(const struct cn_http_exchange *exchange)
{
    return exchange->method;
}

cn_str cn_http_path(const struct cn_http_exchange *exchange)
{
    return exchange->path;
}

cn_str cn_http_query(const struct cn_http_exchange *exchange)
{
    return exchange->query;
}

cn_str cn_http_body(const struct cn_http_exchange *exchange)
{
    return exchange->is_direct ? exchange->direct_body : cn_buf_str(&exchange->body);
}

struct cn_arena *cn_http_arena(struct cn_http_exchange *exchange)
{
    return &exchange->arena;
}

bool cn_http_header(const struct cn_http_exchange *exchange, const char *name, cn_str *value_out)
{
    for (size_t i = 0; i < exchange->field_count; i++) {
        if (cn_str_equal_nocase(exchange->fields[i].name, cn_str_of(name))) {
            *value_out = exchange->fields[i].value;
            return true;
        }
    }
    if (exchange->is_direct) {
        return false;
    }
    const char *value = MHD_lookup_connection_value(exchange->mhd, MHD_HEADER_KIND, name);
    if (value == NULL) {
        return false;
    }
    *value_out = cn_str_trim(cn_str_of(value));
    return true;
}

cn_str cn_http_remote_address(const struct cn_http_exchange *exchange)
{
    return cn_str_of(((const struct cn_http_connection *)exchange)->address);
}

size_t cn_http_loop_index(const struct cn_http_exchange *exchange)
{
    return (size_t)(exchange->loop - exchange->loop->server->loops);
}

void cn_http_set_body_max(struct cn_http_exchange *exchange, int64_t bytes)
{
    exchange->body_max = bytes;
}

void cn_http_set_context(struct cn_http_exchange *exchange, void *context)
{
    exchange->context = context;
}

void *cn_http_context(const struct cn_http_exchange *exchange)
{
    return exchange->context;
}

void cn_http_add_header(struct cn_http_exchange *exchange, const char *name, cn_str value)
{
    assert(exchange->header_count < CN_HTTP_HEADERS_MAX);
    assert(memchr(value.ptr, '\n', value.len) == NULL &&
           memchr(value.ptr, '\r', value.len) == NULL);
    exchange->headers[exchange->header_count++] =
        (struct cn_http_header){ name, cn_arena_str(&exchange->arena, value).ptr };
}

void cn_http_answer_quietly(struct cn_http_exchange *exchange)
{
    exchange->answers_quietly = true;
}

void cn_http_close_after(struct cn_http_exchange *exchange)
{
    exchange->close_after = true;
}

/* On the loop thread, after another thread has answered. */
static void resume(struct cn_http_note *note)
{
    struct cn_http_exchange *exchange = (struct cn_http_exchange *)note; /* its first member */
    exchange->is_suspended = false;
    atomic_fetch_sub(&exchange->loop->server->suspended, 1);
    if (exchange->is_direct) {
        cn_http_direct_finish(exchange);
        return;
    }
    if (queue_answer(exchange) == MHD_NO) {
        exchange->phase = CN_PHASE_QUEUED;
    }
    MHD_resume_connection(exchange->mhd);
}

static void answer(struct cn_http_exchange *exchange, int status)
{
    assert(!exchange->is_answered);
    exchange->is_answered = true;
    exchange->status = status;
    if (exchange->is_suspended && exchange->answers_quietly) {
        cn_http_loop_post_quietly(exchange->loop, &exchange->note);
    } else if (exchange->is_suspended) {
        (void)cn_http_loop_post(exchange->loop, &exchange->note); /* its only post */
    }
}

void cn_http_reply(struct cn_http_exchange *exchange, int status, struct cn_buf *body)
{
    if (body != NULL) {
        exchange->answer = *body;
        cn_buf_init(body, body->max);
    }
    exchange->answer_text = CN_STR("");
    answer(exchange, status);
}

void cn_http_reply_text(struct cn_http_exchange *exchange, int status, cn_str body)
{
    exchange->answer_text = body;
    answer(exchange, status);
}

struct cn_http_prepared *cn_http_prepare(int status, const struct cn_http_header *headers,
                                         size_t header_count, cn_str body)
{
    assert(header_count <= CN_HTTP_HEADERS_MAX);
    struct cn_http_prepared *prepared = cn_heap_resize(NULL, sizeof(*prepared));
    *prepared = (struct cn_http_prepared){ .status = status,
                                           .body = body,
                                           .header_count = header_count,
                                           .response = static_response(body) };
    if (prepared->response == NULL) {
        abort(); /* out of memory, as in base/arena.c */
    }
    memcpy(prepared->headers, headers, header_count * sizeof(headers[0]));
    add_headers(prepared->response, headers, header_count);
    cn_http_direct_prepare(prepared);
    return prepared;
}

void cn_http_prepared_free(struct cn_http_prepared *prepared)
{
    if (prepared != NULL) {
        MHD_destroy_response(prepared->response);
        cn_buf_deinit(&prepared->head);
        cn_buf_deinit(&prepared->rest);
        free(prepared);
    }
}

void cn_http_reply_prepared(struct cn_http_exchange *exchange,
                            const struct cn_http_prepared *prepared)
{
    assert(exchange->header_count == 0);
    exchange->prepared = prepared;
    /* Its parts, for an answer that must differ: the last of a connection. */
    memcpy(exchange->headers, prepared->headers,
           prepared->header_count * sizeof(prepared->headers[0]));
    exchange->header_count = prepared->header_count;
    cn_http_reply_text(exchange, prepared->status, prepared->body);
}

void cn_http_suspend(struct cn_http_exchange *exchange)
{
    assert(exchange->phase == CN_PHASE_HANDED && !exchange->is_answered);
    exchange->is_suspended = true;
    exchange->note.run = resume;
    atomic_fetch_add(&exchange->loop->server->suspended, 1);
    if (!exchange->is_direct) {
        MHD_suspend_connection(exchange->mhd);
    }
}
