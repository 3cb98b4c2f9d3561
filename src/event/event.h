/*
 * Tracked events and the batch that carries them from a request to the log and its consumers.
 *
 * A batch is made by cn_event_parse(), stored by cn_event_log_append() and then handed, in the
 * order of the log, to the commit hook.  Everything it points to lives in its own arena.  It is
 * counted: whoever keeps it beyond a call retains it, and the last release frees it.  After it was
 * appended nobody changes it but the log's writer; after the commit hook ran it never changes
 * again.
 *
 * Not here: which account an event belongs to (book/), what it counts for (metric/).
 */
#ifndef CAIRN_EVENT_EVENT_H
#define CAIRN_EVENT_EVENT_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"

enum {
    CN_EVENT_KEY_MAX_BYTES = 512,  /* user, anonymous, group and previous keys, message ids */
    CN_EVENT_NAME_MAX_BYTES = 512, /* event, page and screen names */
    CN_REJECTED_EXCERPT_MAX_BYTES = 200,
};

enum cn_event_type {
    CN_EVENT_IDENTIFY,
    CN_EVENT_TRACK,
    CN_EVENT_PAGE,
    CN_EVENT_SCREEN,
    CN_EVENT_GROUP,
    CN_EVENT_ALIAS,
};

enum {
    CN_EVENT_TYPES = CN_EVENT_ALIAS + 1
};

/* Absent text is "". */
struct cn_event {
    int64_t seq; /* place in the log, from 1; 0: not stored, because it is a duplicate */
    enum cn_event_type type;
    int64_t source_id;
    cn_str message_id;
    cn_str name;     /* of a track, page or screen call */
    cn_str user_key; /* keys as they were sent; a number as its digits */
    cn_str anonymous_key;
    cn_str group_key;    /* of the group call, else context.groupId */
    cn_str previous_key; /* of an alias call */
    cn_str email;        /* traits.email, else context.traits.email */
    cn_time at;          /* when it happened, corrected for the client's clock */
    cn_time received;
    struct cn_hash128 id; /* of source and message id: what makes two events the same */
    int64_t subject;      /* base/subject.h */
    cn_str payload;       /* raw JSON object: properties, or traits of identify and group; or "" */
};

/* One event that was refused while the rest of its batch was not. */
struct cn_rejection {
    size_t index;   /* in the request's batch */
    cn_str reason;  /* "userId and anonymousId are missing" */
    cn_str pointer; /* RFC 6901: "/batch/3/timestamp" */
    cn_str excerpt; /* start of the event as it was sent, made valid UTF-8 */
};

struct cn_event_batch;

/* err is NULL if the batch is stored, or was stored before. */
typedef void cn_event_done(void *arg, struct cn_event_batch *batch, const struct cn_error *err);

struct cn_event_batch {
    struct cn_arena arena;
    _Atomic int references;
    int64_t source_id;
    cn_time received;
    cn_str write_key; /* of the body, for senders that have no Authorization header; or "" */
    struct cn_event *events;
    size_t count;
    struct cn_rejection *rejections;
    size_t rejection_count;

    /* Set by the log before `done`. */
    size_t accepted;
    size_t duplicates;
    bool ends_group; /* the last of its group to be answered */

    /* The log's own. */
    struct cn_buf block; /* the events as the log stores them, or empty */
    int64_t queued_bytes;
    cn_event_done *done;
    void *done_arg;
};

/* One reference, no events.  It lives in its own arena, which grows by at least so many bytes. */
struct cn_event_batch *cn_event_batch_new(size_t arena_bytes);
void cn_event_batch_retain(struct cn_event_batch *batch);
void cn_event_batch_release(struct cn_event_batch *batch); /* NULL is allowed */

/* Says whose events these are, from which follow their ids.  Needed before they are appended. */
void cn_event_batch_set_source(struct cn_event_batch *batch, int64_t source_id);

/* Copies the event's texts into the arena, all in one allocation, without NULs. */
void cn_event_keep_texts(struct cn_arena *arena, struct cn_event *event);

struct cn_hash128 cn_event_id(int64_t source_id, cn_str message_id);

/* "track"; static storage. */
const char *cn_event_type_name(enum cn_event_type type);
CN_MUST_CHECK bool cn_event_type_parse(cn_str name, enum cn_event_type *type_out);

#endif
