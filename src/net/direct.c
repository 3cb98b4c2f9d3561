/*
 * Short requests past libmicrohttpd.
 *
 * A connection that waits for an answer from another thread is suspended, and libmicrohttpd then
 * takes it out of epoll, puts it back, asks it for bytes in vain and wipes its pool: for a request
 * of one event that is half of all there is to do.  So what comes whole in one read, and is asked
 * of a path whose answers are short (`is_brief`), is parsed (direct_parse.h), handed over and
 * answered here; recv() is ours (loop.c) and tells libmicrohttpd that nothing has come.  Whatever
 * is unusual in it - an expectation, a coding, a connection that is to end - goes to libmicrohttpd
 * as any other does.
 *
 * Where a request ends has been proved by net/framing.h before.  While one is in hand nothing is
 * read.  What a client sent meanwhile libmicrohttpd cannot be told of any more: it is another such
 * request, or the connection is closed, as a server may do to those who do not wait.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"

#include "net/direct_parse.h"
#include "net/loop.h"

static struct cn_http_connection *connection_of(struct cn_http_exchange *exchange)
{
    return (struct cn_http_connection *)exchange; /* its first member */
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static const char *date_of(struct cn_http_loop *loop)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm = { 0 };
    const time_t now_s = cn_now(&cn_clock_system).us / 1000000; /* libmicrohttpd's clock, too */
    if (now_s != loop->date_s) {
        loop->date_s = now_s;
        (void)gmtime_r(&now_s, &tm); /* fails for years beyond int alone */
        (void)snprintf(loop->date, sizeof(loop->date), "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                       days + (size_t)3 * (size_t)tm.tm_wday, tm.tm_mday,
                       months + (size_t)3 * (size_t)tm.tm_mon, tm.tm_year + 1900, tm.tm_hour,
                       tm.tm_min, tm.tm_sec);
    }
    return loop->date;
}

static void add_header(struct cn_buf *out, const char *name, const char *value)
{
    cn_buf_add_str(out, cn_str_of(name));
    cn_buf_add_str(out, CN_STR(": "));
    cn_buf_add_str(out, cn_str_of(value));
    cn_buf_add_str(out, CN_STR("\r\n"));
}

/* Up to the value of the Date line, which comes before all fields that differ. */
static void write_head(struct cn_buf *out, int status, size_t body_len)
{
    cn_buf_printf(out, "HTTP/1.1 %d %s\r\ncontent-length: %zu\r\ndate: ", status,
                  MHD_get_reason_phrase_for((unsigned)status), body_len);
}

/* What follows that value. */
static void write_rest(struct cn_buf *out, const struct cn_http_header *headers, size_t count,
                       bool is_last, cn_str body)
{
    cn_buf_add_str(out, CN_STR("\r\n"));
    for (size_t i = 0; i < count; i++) {
        add_header(out, headers[i].name, headers[i].value);
    }
    add_header(out, "x-content-type-options", "nosniff");
    if (is_last) {
        add_header(out, "connection", "close");
    }
    cn_buf_add_str(out, CN_STR("\r\n"));
    cn_buf_add_str(out, body);
}

void cn_http_direct_prepare(struct cn_http_prepared *prepared)
{
    cn_buf_init(&prepared->head, CN_HTTP_BRIEF_MAX_BYTES);
    cn_buf_init(&prepared->rest, CN_HTTP_BRIEF_MAX_BYTES);
    write_head(&prepared->head, prepared->status, prepared->body.len);
    write_rest(&prepared->rest, prepared->headers, prepared->header_count, false, prepared->body);
    assert(!prepared->head.overflowed && !prepared->rest.overflowed);
}

static void write_answer(struct cn_http_exchange *exchange, struct cn_buf *out)
{
    cn_str body =
        exchange->answer.data != NULL ? cn_buf_str(&exchange->answer) : exchange->answer_text;
    const struct cn_http_prepared *prepared = exchange->close_after ? NULL : exchange->prepared;
    cn_str date = cn_str_of(date_of(exchange->loop));
    cn_buf_clear(out);
    if (prepared != NULL) {
        cn_buf_add_str(out, cn_buf_str(&prepared->head));
        cn_buf_add_str(out, date);
        cn_buf_add_str(out, cn_buf_str(&prepared->rest));
    } else {
        write_head(out, exchange->status, body.len);
        cn_buf_add_str(out, date);
        write_rest(out, exchange->headers, exchange->header_count, exchange->close_after, body);
    }
    assert(!out->overflowed); /* brief, as was promised */
}

/* Its end makes libmicrohttpd close the connection.  What the client has sent by then could still
 * be read, and is not: it may be the rest of a request of which libmicrohttpd knows no beginning.
 */
static void end(struct cn_http_connection *connection)
{
    connection->is_ended = true;
    (void)shutdown(connection->fd, SHUT_RDWR); /* it may have ended by itself */
}

static void send_answer(struct cn_http_exchange *exchange)
{
    struct cn_http_connection *connection = connection_of(exchange);
    struct cn_buf *out = &exchange->loop->out;
    write_answer(exchange, out);
    const ssize_t sent = send(connection->fd, out->data, out->len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != (ssize_t)out->len || exchange->close_after) {
        end(connection); /* some kilobytes do not fit: it does not read its answers */
    }
}

static void finish(struct cn_http_exchange *exchange)
{
    send_answer(exchange);
    cn_http_exchange_end(exchange);
}

static void take(struct cn_http_exchange *exchange, cn_str body)
{
    const struct cn_http_options *options = &exchange->loop->server->options;
    exchange->is_direct = true;
    exchange->method = CN_POST;
    exchange->index = connection_of(exchange)->requests++;
    exchange->phase = CN_PHASE_BODY;
    exchange->body_max = options->body_max_bytes;
    atomic_fetch_add(&exchange->loop->server->requests_total, 1);
    cn_http_admit(exchange, (int64_t)body.len);
    exchange->direct_body = CN_STR("");
    if (!exchange->is_answered) {
        exchange->direct_body = cn_arena_str(&exchange->arena, body);
        cn_http_count_body(exchange, (int64_t)body.len);
        exchange->phase = CN_PHASE_HANDED;
        cn_http_set_deadline(exchange, 0);
        options->handle(options->arg, exchange);
    }
    if (!exchange->is_suspended) {
        assert(exchange->is_answered);
        finish(exchange);
    }
}

/* Whether libmicrohttpd has nothing of this connection in hand, nor read. */
static bool is_free(const struct cn_http_connection *connection)
{
    return connection->exchange.phase == CN_PHASE_NEW &&
           connection->framing.requests == connection->requests &&
           cn_framing_is_between(&connection->framing);
}

static bool take_bytes(struct cn_http_connection *connection, const char *bytes, size_t len,
                       bool has_more)
{
    struct cn_http_exchange *exchange = &connection->exchange;
    const struct cn_http_options *options = &exchange->loop->server->options;
    const bool was_free = is_free(connection);
    struct cn_direct_request request;
    cn_framing_feed(&connection->framing, bytes, len);
    if (!was_free || options->is_brief == NULL || !cn_framing_is_between(&connection->framing) ||
        connection->framing.requests != connection->requests + 1) {
        return false;
    }
    if (!cn_direct_parse(&exchange->arena, (cn_str){ bytes, len },
                         (size_t)connection->framing.length, &request) ||
        !options->is_brief(options->arg, request.path)) {
        cn_http_exchange_end(exchange);
        return false;
    }
    exchange->path = request.path;
    exchange->query = request.query;
    exchange->fields = request.fields;
    exchange->field_count = request.field_count;
    connection->has_more = has_more;
    take(exchange, request.body);
    return true;
}

/* Libmicrohttpd was told that nothing had come, and will not ask again for what did. */
static void read_on(struct cn_http_connection *connection)
{
    char bytes[CN_HTTP_POOL_BYTES];
    while (connection->has_more && !connection->is_ended && !connection->exchange.is_direct) {
        connection->has_more = false;
        const ssize_t got =
            recvfrom(connection->fd, bytes, sizeof(bytes), MSG_DONTWAIT, NULL, NULL);
        if (got < 0 && errno == EAGAIN) {
            return;
        }
        if (got <= 0 || !take_bytes(connection, bytes, (size_t)got, (size_t)got == sizeof(bytes))) {
            end(connection);
        }
    }
}

bool cn_http_direct_take(struct cn_http_connection *connection, const char *bytes, size_t len,
                         bool has_more)
{
    if (!take_bytes(connection, bytes, len, has_more)) {
        return false;
    }
    read_on(connection);
    return true;
}

void cn_http_direct_finish(struct cn_http_exchange *exchange)
{
    struct cn_http_connection *connection = connection_of(exchange);
    if (connection->is_gone) {
        cn_http_exchange_end(exchange);
        cn_http_connection_free(connection);
        return;
    }
    finish(exchange);
    read_on(connection);
}
