/*
 * What api/stream.c and api/watch.c share: the streams that are open, and which accounts wait to
 * be sent to them.  Included by these two alone.
 *
 * The hub's thread owns the streams.  Other threads add to what is behind the lock.
 */
#ifndef CAIRN_API_STREAM_HUB_H
#define CAIRN_API_STREAM_HUB_H

#include <pthread.h>

#include "api/stream.h"
#include "api/waiting.h"

struct cn_stream {
    struct cn_stream *next;
    struct cn_sse_stream *sse;
    cn_stream_id id;
    struct cn_unit unit;   /* without connection and arena */
    cn_session_id session; /* 0: it was opened by `key` */
    cn_key_id key;
    bool sees_sources;
    bool watches;          /* it is told of the accounts in `watched` alone; else of all */
    bool has_others;       /* others changed since it was told so */
    struct cn_map watched; /* account ids */
    struct cn_map shown;   /* accounts that were sent and not taken back */
    int64_t *wanted;       /* ids to be watched from the next round; by the hub's lock */
    size_t wanted_count;
    bool has_wanted;
    _Atomic bool is_closed;
};

struct cn_stream_hub {
    const struct cn_api_options *options;
    pthread_t thread;
    _Atomic int64_t count;

    struct cn_stream *streams;  /* the thread's own; changed under the lock */
    struct cn_map watched;      /* the thread's own: what any stream watches */
    struct cn_waiting urgent;   /* the thread's own: watched accounts that changed */
    struct cn_waiting backlog;  /* the thread's own: what changed, for streams that watch nothing */
    struct cn_waiting incoming; /* the thread's own: what changed since the last round */

    pthread_mutex_t lock; /* of what follows; never held while reading */
    pthread_cond_t changed;
    bool is_stopping;
    struct cn_stream *arrivals;
    struct cn_waiting pending; /* account ids */
    struct cn_map sources;     /* ids of those that sent something */
    bool has_progress;
    bool has_program; /* news of its versions */
    bool must_check;  /* whether sessions and keys still hold, in the next round */
    char label[64];
    int64_t done;
    int64_t total;
};

/* Takes what the stream wants to watch; false if it said nothing new.  What it did not watch before
 * is sent as it is now, since its reader may have missed changes. */
bool cn_stream_take_wanted(struct cn_stream_hub *hub, struct cn_stream *stream);

/* hub->watched again, from what each stream watches. */
void cn_stream_gather_watched(struct cn_stream_hub *hub);

/* An account changed: its turn comes, and those who watch others hear that one changed. */
void cn_stream_sort_in(struct cn_stream_hub *hub, int64_t id);

/* Those whose turn it is, in the arena: all that somebody watches, and then some of the others. */
int64_t *cn_stream_take_turns(struct cn_stream_hub *hub, struct cn_arena *arena, size_t *count_out);

#endif
