/*
 * The outbox: what is to reach people, written in the transaction that gives the reason.
 *
 * So what was decided is sent even if the process ends right after, and what was rolled back is
 * not.  A row is one message to one person, or to one channel, by one way.  It is claimed before
 * it is sent and settled after: a crash in between has it sent once more, under the same id.
 *
 * Functions run on the caller's connection and transaction.
 *
 * Not here: sending (job/sender.h), what messages say (signal/message.h), who is told
 * (signal/tell.h).
 */
#ifndef CAIRN_JOB_OUTBOX_H
#define CAIRN_JOB_OUTBOX_H

#include "base/arena.h"
#include "base/embedded.h"

#include "sql/sql.h"

extern const struct cn_embedded_file cn_job_migrations[]; /* of the set "main" */
extern const size_t cn_job_migrations_count;

enum {
    CN_OUTBOX_LIST_MAX = 200,
    CN_OUTBOX_ERROR_MAX_BYTES = 240,
};

#define CN_OUTBOX_PREFIX "mesg"

/* Stored as numbers: only add at the end. */
enum cn_outbox_kind {
    CN_OUTBOX_SIGNAL,
    CN_OUTBOX_DIGEST,
    CN_OUTBOX_TEST,
    CN_OUTBOX_ASSIGNED,    /* a signal, to who is to look at it from now on; body: who said so */
    CN_OUTBOX_SNOOZE_OVER, /* a signal asks again */
    CN_OUTBOX_KIND_COUNT
};
extern const char *const cn_outbox_kind_names[CN_OUTBOX_KIND_COUNT];

/* Its record is a signal. */
static inline bool cn_outbox_is_of_signal(enum cn_outbox_kind kind)
{
    return kind == CN_OUTBOX_SIGNAL || kind == CN_OUTBOX_ASSIGNED || kind == CN_OUTBOX_SNOOZE_OVER;
}

/* Stored as numbers: only add at the end. */
enum cn_channel {
    CN_CHANNEL_APP, /* is there as soon as it is written */
    CN_CHANNEL_EMAIL,
    CN_CHANNEL_SLACK,         /* a message to the person */
    CN_CHANNEL_SLACK_CHANNEL, /* the incoming webhook */
    CN_CHANNEL_COUNT
};
extern const char *const cn_channel_names[CN_CHANNEL_COUNT];

/* Stored as numbers: only add at the end. */
enum cn_outbox_state {
    CN_OUTBOX_WAITING,
    CN_OUTBOX_SENDING, /* claimed; after a crash it waits again */
    CN_OUTBOX_SENT,
    CN_OUTBOX_FAILED,  /* refused, or tried too often */
    CN_OUTBOX_DROPPED, /* there was no need any more */
    CN_OUTBOX_STATE_COUNT
};
extern const char *const cn_outbox_state_names[CN_OUTBOX_STATE_COUNT];

struct cn_outbox_item {
    int64_t id;
    cn_str dedup; /* the same reason, person and channel: written once */
    enum cn_outbox_kind kind;
    enum cn_channel channel;
    int64_t user_id;   /* 0: a channel that many read */
    int64_t record_id; /* of the kind: the signal */
    cn_str body;       /* of the kind; "" unless it was decided when it was written */
    enum cn_outbox_state state;
    bool is_held; /* by quiet hours */
    cn_time due;
    int64_t attempts; /* begun */
    cn_time created;
    cn_time done; /* 0: not yet */
    cn_str error; /* of the last attempt */
    cn_time read; /* in the app; 0: not yet */
};

/* Writes it, waiting, or in the app sent; state, attempts, done, error and read are not looked at.
 * *added_out is false if a row of the same dedup is there: that is a success. */
CN_MUST_CHECK bool cn_outbox_add(struct cn_sql_conn *conn, const struct cn_outbox_item *item,
                                 bool *added_out, struct cn_error *err);

/* Ways, as a set. */
#define CN_CHANNEL_BIT(channel) (1U << (channel))

/* The one that has been due the longest of these ways, or 0. */
CN_MUST_CHECK bool cn_outbox_next(struct cn_sql_conn *conn, unsigned channels, cn_time now,
                                  int64_t *id_out, struct cn_error *err);

/* Begins an attempt; *claimed_out is false if it is not waiting.  Texts live in the arena. */
CN_MUST_CHECK bool cn_outbox_claim(struct cn_sql_conn *conn, struct cn_arena *arena, int64_t id,
                                   struct cn_outbox_item *item_out, bool *claimed_out,
                                   struct cn_error *err);

/* What became of an attempt. */
struct cn_outbox_result {
    int64_t id;
    enum cn_outbox_state state;
    cn_time due; /* of CN_OUTBOX_WAITING */
    cn_time at;
    cn_str error;
};
CN_MUST_CHECK bool cn_outbox_settle(struct cn_sql_conn *conn, const struct cn_outbox_result *result,
                                    struct cn_error *err);

/* At a start: what a process before us was at waits again. */
CN_MUST_CHECK bool cn_outbox_release(struct cn_sql_conn *conn, cn_time now, struct cn_error *err);

/* What was given up is tried again, from the first attempt.  Fails with CN_NOT_FOUND, and with
 * CN_CONFLICT if it was not given up. */
CN_MUST_CHECK bool cn_outbox_retry(struct cn_sql_conn *conn, int64_t id, cn_time now,
                                   struct cn_error *err);

/* Deletes what was done before. */
CN_MUST_CHECK bool cn_outbox_prune(struct cn_sql_conn *conn, cn_time before, struct cn_error *err);

struct cn_outbox_filter {
    int64_t id;        /* 0: any */
    int64_t user_id;   /* 0: anybody's */
    unsigned channels; /* CN_CHANNEL_BIT(); 0: any */
    unsigned states;   /* 1 << enum cn_outbox_state; 0: any */
    int64_t after;     /* the last of the page before, or 0 */
    int64_t limit;
};

struct cn_outbox_list {
    struct cn_outbox_item *items;
    size_t count;
};

/* The newest first. */
CN_MUST_CHECK bool cn_outbox_list(struct cn_sql_conn *conn, struct cn_arena *arena,
                                  const struct cn_outbox_filter *filter,
                                  struct cn_outbox_list *list_out, struct cn_error *err);

/* How many of the person's messages in the app were not seen. */
CN_MUST_CHECK bool cn_outbox_unread(struct cn_sql_conn *conn, int64_t user_id, int64_t *count_out,
                                    struct cn_error *err);

/* The person has seen those in the app up to that one. */
CN_MUST_CHECK bool cn_outbox_read(struct cn_sql_conn *conn, int64_t user_id, int64_t upto,
                                  cn_time now, struct cn_error *err);

/* How many wait, and how many were given up: for operators. */
CN_MUST_CHECK bool cn_outbox_count(struct cn_sql_conn *conn, int64_t *waiting_out,
                                   int64_t *failed_out, struct cn_error *err);

#endif
