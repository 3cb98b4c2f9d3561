/*
 * What the files of net/'s server share.  Included by server.c, loop.c, exchange.c and sse.c only.
 *
 * Everything in here belongs to its loop thread, but for the inbox, which any thread may post to,
 * and a suspended exchange, which belongs to whoever will answer it.
 */
#ifndef CAIRN_NET_LOOP_H
#define CAIRN_NET_LOOP_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"

#include "net/direct_parse.h"
#include "net/framing.h"
#include "net/server.h"
#include "net/sse.h"

enum {
    CN_HTTP_POOL_BYTES = 16 * 1024,               /* of libmicrohttpd, for each connection */
    CN_HTTP_DISCARD_MAX_BYTES = 16 * 1024 * 1024, /* of a body whose answer is known already */
    CN_HTTP_HEADERS_MAX = 24,                     /* of an answer */
    CN_HTTP_BRIEF_MAX_BYTES = 64 * 1024,          /* of an answer by direct.c */
    CN_HTTP_ARENA_BYTES = 4096,                   /* each connection keeps so much */
};

/* Something for a loop to look at; embed it.  Posting one that is already posted does nothing. */
struct cn_http_note {
    struct cn_http_note *next;
    _Atomic bool is_posted;
    void (*run)(struct cn_http_note *note);
};

enum cn_http_phase {
    CN_PHASE_NEW,
    CN_PHASE_BODY,
    CN_PHASE_DISCARD, /* the answer is known, the body is still coming */
    CN_PHASE_HANDED,  /* to `handle` */
    CN_PHASE_QUEUED   /* the answer is with libmicrohttpd */
};

/* An answer that is given often. */
struct cn_http_prepared {
    int status;
    cn_str body;
    struct cn_http_header headers[CN_HTTP_HEADERS_MAX];
    size_t header_count;
    struct MHD_Response *response;
    struct cn_buf head; /* for direct.c: all before the value of the Date line, */
    struct cn_buf rest; /* and all after it, body included */
};

struct cn_http_exchange {
    struct cn_http_note note; /* answered while suspended */
    struct cn_http_loop *loop;
    struct MHD_Connection *mhd;
    bool is_direct; /* by direct.c alone, with these fields; libmicrohttpd knows nothing of it */
    struct cn_http_field *fields;
    size_t field_count;
    enum cn_http_phase phase;
    enum cn_http_method method;
    int64_t index; /* of the request in its connection */
    cn_str path;
    cn_str query;
    struct cn_arena arena;
    struct cn_buf body;
    cn_str direct_body; /* instead, when is_direct: in the arena */
    int64_t body_max;
    int64_t discarded;
    int64_t counted; /* body bytes that are in the server's count */
    void *context;
    bool is_suspended;
    bool is_answered;
    bool answers_quietly;
    bool close_after;
    int status;
    struct cn_buf answer; /* or: */
    cn_str answer_text;
    const struct cn_http_prepared *prepared; /* the same as a whole, not this exchange's; or NULL */
    struct cn_sse_stream *stream;            /* or: */
    struct cn_http_header headers[CN_HTTP_HEADERS_MAX];
    size_t header_count;
};

struct cn_http_connection {
    struct cn_http_exchange exchange; /* one at a time */
    struct cn_http_connection *previous;
    struct cn_http_connection *next;
    struct cn_framing framing;
    int fd;
    int64_t requests;
    int64_t deadline_us; /* monotonic; 0: none */
    bool has_more;       /* arrived while a direct exchange was in hand */
    bool is_gone;        /* closed meanwhile: freed with the exchange's end */
    bool is_ended;       /* by direct.c: nothing is read any more */
    uint64_t address_key;
    char address[INET6_ADDRSTRLEN];
};

struct cn_http_loop {
    struct cn_http_server *server;
    struct MHD_Daemon *daemon;
    pthread_t thread;
    bool is_started;
    int listen_fd;
    int wake_fd;
    _Atomic(struct cn_http_note *) inbox; /* the newest first */
    pthread_mutex_t lock;                 /* of waking, and of taking what is in the inbox */
    bool is_woken;                        /* since the inbox was taken last; under the lock */
    struct cn_http_connection *connections;
    struct cn_http_connection **by_fd;
    size_t by_fd_count;
    struct cn_sse_stream *streams;
    int64_t next_sweep_us;
    int64_t next_heartbeat_us;
    bool is_quiet;     /* accepts no more */
    struct cn_buf out; /* a direct answer in the making */
    char date[96];     /* of its Date line */
    int64_t date_s;    /* 0: none yet */
};

struct cn_http_server {
    struct cn_http_options options;
    struct cn_http_loop *loops;
    uint16_t port;
    int64_t sweep_us;
    _Atomic bool is_stopping;
    _Atomic bool is_ending;
    _Atomic int64_t connections;
    _Atomic int64_t streams;
    _Atomic int64_t suspended;
    _Atomic int64_t requests_total;
    _Atomic int64_t refused_connections_total;
    _Atomic int64_t refused_framing_total;
    _Atomic int64_t timeouts_total;
    _Atomic int64_t bodies_bytes;
    pthread_mutex_t lock;
    struct cn_map addresses; /* key -> connections */
};

struct cn_sse_stream {
    struct cn_http_note note; /* has something to send, or is to end */
    struct cn_http_loop *loop;
    struct cn_sse_stream *previous; /* among the loop's */
    struct cn_sse_stream *next;
    struct MHD_Connection *mhd;
    cn_sse_closed *closed;
    void *arg;
    pthread_mutex_t lock;
    struct cn_buf queue;
    size_t sent;    /* bytes of the queue */
    bool is_ending; /* after what is queued */
    bool is_closed;
    bool is_parked; /* suspended, since there is nothing to send */
    _Atomic int holds;
};

void *cn_http_loop_run(void *arg); /* a struct cn_http_loop */

/* Any thread.  False if the note is posted already. */
bool cn_http_loop_post(struct cn_http_loop *loop, struct cn_http_note *note);

/* Any thread.  Nothing happens if the loop was never started. */
void cn_http_loop_wake(struct cn_http_loop *loop);

/* As cn_http_loop_post(), without waking the loop: cn_http_wake() follows. */
void cn_http_loop_post_quietly(struct cn_http_loop *loop, struct cn_http_note *note);

/* The callbacks of libmicrohttpd, in exchange.c. */
void *cn_http_on_uri(void *arg, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result cn_http_on_access(void *arg, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *upload_data,
                                  size_t *upload_data_size, void **context);
void cn_http_on_completed(void *arg, struct MHD_Connection *mhd, void **context,
                          enum MHD_RequestTerminationCode code);

/* In exchange.c, for direct.c. */
void cn_http_admit(struct cn_http_exchange *exchange, int64_t bytes);
void cn_http_count_body(struct cn_http_exchange *exchange, int64_t bytes);
void cn_http_set_deadline(struct cn_http_exchange *exchange, int64_t timeout_ms);
void cn_http_exchange_end(struct cn_http_exchange *exchange); /* ready for the next */

/* In direct.c.  Bytes that were received, all of which framing is fed; true: they were a whole
 * request, it is in hand or answered, and libmicrohttpd must not see them.  has_more: there may be
 * others to be read already. */
bool cn_http_direct_take(struct cn_http_connection *connection, const char *bytes, size_t len,
                         bool has_more);
void cn_http_direct_finish(struct cn_http_exchange *exchange);  /* answers; it may then be gone */
void cn_http_direct_prepare(struct cn_http_prepared *prepared); /* fills its head and rest */

/* In loop.c. */
void cn_http_connection_free(struct cn_http_connection *connection);
void cn_http_on_connection(void *arg, struct MHD_Connection *mhd, void **context,
                           enum MHD_ConnectionNotificationCode code);
enum MHD_Result cn_http_on_accept(void *arg, const struct sockaddr *address, socklen_t len);

/* In sse.c. */
struct MHD_Response *cn_sse_response(struct cn_sse_stream *stream, struct MHD_Connection *mhd);
void cn_sse_heartbeat(struct cn_http_loop *loop);
void cn_sse_close_all(struct cn_http_loop *loop);

#endif
