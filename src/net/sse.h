/*
 * Server-sent events: a stream is an answer that does not end.
 *
 * Any thread may send.  What the client has not read yet waits in a bounded queue; when that is
 * full the stream is closed, since a client that reconnects and asks again is better off than one
 * that lags.  A comment line goes out every `heartbeat_ms`, which is also how a vanished client is
 * noticed.
 *
 * Not here: who may see what (api/stream.c).
 */
#ifndef CAIRN_NET_SSE_H
#define CAIRN_NET_SSE_H

#include "net/server.h"

struct cn_sse_stream;

enum {
    CN_SSE_QUEUE_MAX_BYTES = 256 * 1024, /* unread of one stream, unless the options say so */
};

/* Called once, on the loop thread, when the client is gone or the stream was closed. */
typedef void cn_sse_closed(void *arg, struct cn_sse_stream *stream);

/*
 * Answers the exchange with 200 and text/event-stream, and the headers that were added before.  The
 * caller holds the stream until it calls cn_sse_release(), also after `closed` was called.
 */
struct cn_sse_stream *cn_sse_open(struct cn_http_exchange *exchange, cn_sse_closed *closed,
                                  void *arg);

/* Sends `event: name` and one data line a line of `data`.  False if the stream is closed. */
bool cn_sse_send(struct cn_sse_stream *stream, cn_str name, cn_str data);

/* Ends the stream after what is queued. */
void cn_sse_close(struct cn_sse_stream *stream);

/* Closes it and gives up the caller's hold; `closed` may still be called.  NULL is allowed. */
void cn_sse_release(struct cn_sse_stream *stream);

#endif
