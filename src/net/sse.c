#include "net/sse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "net/loop.h"

enum {
    BLOCK_BYTES = 4096 /* asked of the reader at a time */
};

static void drop_hold(struct cn_sse_stream *stream)
{
    if (atomic_fetch_sub(&stream->holds, 1) == 1) {
        cn_buf_deinit(&stream->queue);
        (void)pthread_mutex_destroy(&stream->lock);
        free(stream);
    }
}

/* On the loop thread: there is something to send, or the end. */
static void wake(struct cn_http_note *note)
{
    struct cn_sse_stream *stream = (struct cn_sse_stream *)note; /* its first member */
    (void)pthread_mutex_lock(&stream->lock);
    const bool is_parked = stream->is_parked;
    stream->is_parked = false;
    (void)pthread_mutex_unlock(&stream->lock);
    if (is_parked) {
        MHD_resume_connection(stream->mhd);
    }
    drop_hold(stream); /* of the note */
}

/* With the lock held.  The note holds the stream until the loop has looked at it. */
static void post(struct cn_sse_stream *stream)
{
    if (!stream->is_parked || stream->is_closed) {
        return; /* the reader will come back by itself */
    }
    atomic_fetch_add(&stream->holds, 1);
    if (!cn_http_loop_post(stream->loop, &stream->note)) {
        atomic_fetch_sub(&stream->holds, 1);
    }
}

static ssize_t read_stream(void *arg, uint64_t position, char *bytes, size_t max)
{
    struct cn_sse_stream *stream = arg;
    (void)position;
    (void)pthread_mutex_lock(&stream->lock);
    size_t len = stream->queue.len - stream->sent;
    ssize_t result = 0;
    if (len > 0) {
        len = len < max ? len : max;
        memcpy(bytes, stream->queue.data + stream->sent, len);
        stream->sent += len;
        if (stream->sent == stream->queue.len) {
            cn_buf_clear(&stream->queue);
            stream->sent = 0;
        }
        result = (ssize_t)len;
    } else if (stream->is_ending) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        /* Returning 0 without suspending would have the daemon ask again at once, for ever. */
        stream->is_parked = true;
        MHD_suspend_connection(stream->mhd);
    }
    (void)pthread_mutex_unlock(&stream->lock);
    return result;
}

/* The answer is over: the client is gone, or the stream was ended. */
static void end_stream(void *arg)
{
    struct cn_sse_stream *stream = arg;
    struct cn_http_loop *loop = stream->loop;
    if (stream->previous != NULL) {
        stream->previous->next = stream->next;
    } else {
        loop->streams = stream->next;
    }
    if (stream->next != NULL) {
        stream->next->previous = stream->previous;
    }
    atomic_fetch_sub(&loop->server->streams, 1);
    (void)pthread_mutex_lock(&stream->lock);
    stream->is_closed = true;
    stream->is_parked = false;
    (void)pthread_mutex_unlock(&stream->lock);
    if (stream->closed != NULL) {
        stream->closed(stream->arg, stream);
    }
    drop_hold(stream); /* the connection's */
}

struct MHD_Response *cn_sse_response(struct cn_sse_stream *stream, struct MHD_Connection *mhd)
{
    struct cn_http_loop *loop = stream->loop;
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, stream, end_stream);
    stream->mhd = mhd;
    stream->next = loop->streams;
    if (loop->streams != NULL) {
        loop->streams->previous = stream;
    }
    loop->streams = stream;
    if (atomic_load(&loop->server->is_stopping)) {
        cn_sse_close(stream);
    }
    return response;
}

void cn_sse_heartbeat(struct cn_http_loop *loop)
{
    for (struct cn_sse_stream *stream = loop->streams; stream != NULL; stream = stream->next) {
        (void)pthread_mutex_lock(&stream->lock);
        cn_buf_add_str(&stream->queue, CN_STR(": still here\n\n"));
        post(stream);
        (void)pthread_mutex_unlock(&stream->lock);
    }
}

void cn_sse_close_all(struct cn_http_loop *loop)
{
    for (struct cn_sse_stream *stream = loop->streams; stream != NULL; stream = stream->next) {
        cn_sse_close(stream);
    }
}

struct cn_sse_stream *cn_sse_open(struct cn_http_exchange *exchange, cn_sse_closed *closed,
                                  void *arg)
{
    struct cn_sse_stream *stream = cn_heap_resize(NULL, sizeof(*stream));
    memset(stream, 0, sizeof(*stream));
    stream->note.run = wake;
    stream->loop = exchange->loop;
    stream->closed = closed;
    stream->arg = arg;
    atomic_store(&stream->holds, 2); /* the connection's and the caller's */
    (void)pthread_mutex_init(&stream->lock, NULL);
    int64_t most = stream->loop->server->options.stream_max_bytes;
    cn_buf_init(&stream->queue, most > 0 ? (size_t)most : CN_SSE_QUEUE_MAX_BYTES);
    cn_buf_add_str(&stream->queue, CN_STR(": welcome\n\n")); /* so that the header goes out */
    atomic_fetch_add(&stream->loop->server->streams, 1);
    cn_http_add_header(exchange, "content-type", CN_STR("text/event-stream"));
    cn_http_add_header(exchange, "cache-control", CN_STR("no-store"));
    cn_http_add_header(exchange, "x-accel-buffering", CN_STR("no")); /* nginx */
    exchange->stream = stream;
    cn_http_reply(exchange, 200, NULL);
    return stream;
}

bool cn_sse_send(struct cn_sse_stream *stream, cn_str name, cn_str data)
{
    cn_str line;
    (void)pthread_mutex_lock(&stream->lock);
    const size_t len = stream->queue.len;
    bool ok = !stream->is_ending && !stream->is_closed;
    if (ok) {
        cn_buf_add_str(&stream->queue, CN_STR("event: "));
        cn_buf_add_str(&stream->queue, name);
        while (cn_str_split(&data, '\n', &line)) {
            cn_buf_add_str(&stream->queue, CN_STR("\ndata: "));
            cn_buf_add_str(&stream->queue, line);
        }
        cn_buf_add_str(&stream->queue, CN_STR("\n\n"));
        if (stream->queue.overflowed) {
            stream->queue.len = len; /* no half event */
            stream->is_ending = true;
            ok = false;
        }
        post(stream);
    }
    (void)pthread_mutex_unlock(&stream->lock);
    return ok;
}

void cn_sse_close(struct cn_sse_stream *stream)
{
    (void)pthread_mutex_lock(&stream->lock);
    stream->is_ending = true;
    post(stream);
    (void)pthread_mutex_unlock(&stream->lock);
}

void cn_sse_release(struct cn_sse_stream *stream)
{
    if (stream != NULL) {
        cn_sse_close(stream);
        drop_hold(stream);
    }
}
