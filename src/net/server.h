/*
 * The HTTP server: libmicrohttpd behind loop threads of our own.
 *
 * Each loop thread polls one daemon and one eventfd.  It reads, checks the framing, and calls
 * `begin` when a header is complete and `handle` when the body is.  Both run on the loop thread and
 * must not wait: what may wait calls cn_http_suspend(), goes to a worker, and answers later.  An
 * exchange answers exactly once, by cn_http_reply() or cn_sse_open(); a suspended one may do so on
 * any thread and is the answering thread's until then.
 *
 * A POST to a path that `is_brief` knows, come whole in one read, does not go through libmicrohttpd
 * (direct.c).  Handlers see no difference; a client that sends more before it has its answer may
 * find the connection closed after it.
 *
 * Requests that two parsers could read differently - both Content-Length and Transfer-Encoding, a
 * repeated Content-Length, a bare LF, a space before a colon, no Host, a coding other than chunked
 * - get 400 and the connection is closed.  While an exchange is suspended its client's
 * disappearance is not noticed.
 *
 * Not here: routes, sign-in, problem documents (api/), TLS (a reverse proxy does it).
 */
#ifndef CAIRN_NET_SERVER_H
#define CAIRN_NET_SERVER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

struct cn_http_server;
struct cn_http_exchange;

enum cn_http_method {
    CN_GET,
    CN_HEAD,
    CN_POST,
    CN_PUT,
    CN_PATCH,
    CN_DELETE,
    CN_OPTIONS,
    CN_OTHER_METHOD
};

typedef void cn_http_callback(void *arg, struct cn_http_exchange *exchange);

/* Answers a request that the server refuses by itself: 400, 413 or 503, and why in a text of the
 * call's duration. */
typedef void cn_http_refusal(void *arg, struct cn_http_exchange *exchange, int status,
                             const char *why);

/* Whether that can be `listen` of the options: an address of this machine's own form and a port.  A
 * port that somebody else serves is found only when the server starts.  Fails with CN_INVALID. */
CN_MUST_CHECK bool cn_http_check_listen(cn_str listen, struct cn_error *err);

struct cn_http_options {
    cn_str listen; /* "127.0.0.1:7117", "[::1]:7117"; port 0: the kernel chooses */
    size_t loops;
    int64_t connections_max;
    int64_t connections_per_address_max; /* IPv6 counts by /64 */
    int64_t header_timeout_ms;           /* first byte of a connection to end of the header */
    int64_t body_timeout_ms;             /* end of the header to end of the body */
    int64_t idle_timeout_ms;             /* between two requests of a connection */
    int64_t send_timeout_ms;             /* answer to its last byte; streams are exempt */
    int64_t body_max_bytes;              /* unless `begin` says otherwise */
    int64_t bodies_max_bytes;            /* of all requests in hand together; then 503 */
    int64_t heartbeat_ms;                /* comment line on every stream */
    int64_t stream_max_bytes;            /* unread bytes of one; 0: CN_SSE_QUEUE_MAX_BYTES */
    cn_http_callback *begin;             /* header complete; may refuse, or set the cap; or NULL */
    cn_http_callback *handle;            /* body complete, unless `begin` has answered */
    bool (*is_brief)(void *arg, cn_str path); /* a POST's answer has a short body; NULL: no */
    cn_http_refusal *refuse;                  /* NULL: a line of plain text */
    void (*turn_over)(void *arg); /* a loop has handed over all that had arrived; or NULL */
    void *arg;
};

/* Listens and starts the loops; *server_out is set before a request can come.  Fails with
 * CN_UNAVAILABLE if the address cannot be used. */
CN_MUST_CHECK bool cn_http_start(const struct cn_http_options *options,
                                 struct cn_http_server **server_out, struct cn_error *err);

uint16_t cn_http_port(const struct cn_http_server *server);

/* Stops accepting, answers new requests with 503, closes streams, waits until every suspended
 * exchange was answered, and ends the loops.  Whoever answers must still run.  NULL is allowed. */
void cn_http_stop(struct cn_http_server *server);

/* What is going on, for /metrics. */
struct cn_http_figures {
    int64_t connections;
    int64_t streams;
    int64_t suspended;
    int64_t requests_total;
    int64_t refused_connections_total; /* over a cap */
    int64_t refused_framing_total;
    int64_t timeouts_total;
    int64_t bodies_bytes; /* held now */
};
struct cn_http_figures cn_http_figures(const struct cn_http_server *server);

/* The request.  Texts are borrowed until the answer was sent; the exchange has its own arena, which
 * lives as long. */
enum cn_http_method cn_http_method(const struct cn_http_exchange *exchange);
cn_str cn_http_path(const struct cn_http_exchange *exchange);  /* as sent, before any '?' */
cn_str cn_http_query(const struct cn_http_exchange *exchange); /* as sent, without the '?' */
cn_str cn_http_body(const struct cn_http_exchange *exchange);
struct cn_arena *cn_http_arena(struct cn_http_exchange *exchange);

/* False if there is none; of a repeated header the first. */
bool cn_http_header(const struct cn_http_exchange *exchange, const char *name, cn_str *value_out);

/* "203.0.113.9", without a port. */
cn_str cn_http_remote_address(const struct cn_http_exchange *exchange);

/* In `begin`: the cap of this request's body; a larger one gets 413. */
void cn_http_set_body_max(struct cn_http_exchange *exchange, int64_t bytes);

/* Which of options.loops this is on, from 0: so that a loop can have things of its own. */
size_t cn_http_loop_index(const struct cn_http_exchange *exchange);

/* A pointer of the caller's own, NULL at first. */
void cn_http_set_context(struct cn_http_exchange *exchange, void *context);
void *cn_http_context(const struct cn_http_exchange *exchange);

/* One line of the answer's header.  The value must have no line end; that is asserted. */
void cn_http_add_header(struct cn_http_exchange *exchange, const char *name, cn_str value);

/*
 * Answers.  *body is taken over and left empty; NULL is an empty body.  Headers that were added
 * before go with it, and on every answer `x-content-type-options` and `date`.
 *
 * In `begin`, the request's body is read and dropped first, up to 16 MiB, since a client that is
 * still sending would not read the answer; the connection then lives on.  A client that waits for
 * "100 Continue" is answered at once.
 */
void cn_http_reply(struct cn_http_exchange *exchange, int status, struct cn_buf *body);

/* The same with a body that outlives the exchange (built in, or in its own arena). */
void cn_http_reply_text(struct cn_http_exchange *exchange, int status, cn_str body);

/* An answer that is given often, and made only once: its lines and its body are static text, and it
 * outlives the exchanges that it answers. */
struct cn_http_prepared;
struct cn_http_header {
    const char *name;
    const char *value;
};
struct cn_http_prepared *cn_http_prepare(int status, const struct cn_http_header *headers,
                                         size_t header_count, cn_str body);
void cn_http_prepared_free(struct cn_http_prepared *prepared); /* NULL is allowed */

/* The same as cn_http_reply_text() after its lines were added; no others may have been. */
void cn_http_reply_prepared(struct cn_http_exchange *exchange,
                            const struct cn_http_prepared *prepared);

/* In `handle`: the answer comes later.  Call it before another thread can know the exchange. */
void cn_http_suspend(struct cn_http_exchange *exchange);

/* Before a suspended exchange is answered: its loop may sleep on until cn_http_wake().  For who
 * answers many at a time; the last of them is answered aloud after cn_http_wake(), since with it
 * the server may end. */
void cn_http_answer_quietly(struct cn_http_exchange *exchange);
void cn_http_wake(struct cn_http_server *server);

/* Closes the connection after the answer.  Before cn_http_reply(). */
void cn_http_close_after(struct cn_http_exchange *exchange);

const char *cn_http_method_name(enum cn_http_method method);

#endif
