/*
 * The event log: stores events once, in one order, and hands them on.
 *
 * Many threads append; one writer thread takes whatever waits, drops duplicates, gives the rest
 * their sequence numbers, commits the group, calls the commit hook and then answers each batch.  It
 * never waits to gather more.  What `done` was told is on disk, and stays there.
 *
 * Two stores behind one interface.  Embedded: log segments, SQLite files in a folder, cut at UTC
 * hours of receive time; the newest is open, earlier ones are sealed and later packed.  PostgreSQL:
 * the table event_log.
 *
 * If a commit fails the whole group is undone and each batch is told why (CN_STORAGE_FULL,
 * CN_UNAVAILABLE).  After a failed sync nothing is appended until the process restarts; reading
 * goes on.
 *
 * Not here: what is done with the events (engine/), HTTP (api/track.c).
 */
#ifndef CAIRN_EVENT_LOG_H
#define CAIRN_EVENT_LOG_H

#include "base/clock.h"

#include "event/event.h"

struct cn_db;        /* sql/db.h */
struct cn_event_log; /* opaque */
struct cn_sql_conn;  /* sql/sql.h */

/* A committed group: batches in the order of the log.  Events with seq 0 are duplicates. */
struct cn_event_commit {
    struct cn_event_batch *const *batches;
    size_t batch_count;
    int64_t first_seq;
    int64_t last_seq;
};

struct cn_event_log_options {
    const char *dir;  /* embedded: folder of the segments, made if missing; NULL for PostgreSQL */
    struct cn_db *db; /* PostgreSQL: where event_log is; outlives the log */
    const struct cn_clock *clock;

    /* PostgreSQL: where ids of the window that do not change any more are kept, in files without a
     * name.  NULL keeps them in memory. */
    const char *scratch_dir;

    /* Runs on the writer thread after each commit and before the batches are answered: it must be
     * quick.  It may retain batches.  May be NULL. */
    void (*on_commit)(void *arg, const struct cn_event_commit *commit);
    void *on_commit_arg;

    /* PostgreSQL only, may be NULL: runs inside the group's transaction, before its COMMIT, and may
     * run again for the same group when the transaction is retried. */
    bool (*in_commit)(void *arg, struct cn_sql_conn *conn, const struct cn_event_commit *commit,
                      struct cn_error *err);
    void *in_commit_arg;

    /* 0 takes the default. */
    size_t queue_batches;       /* waiting to be written; default 4096 */
    int64_t queue_bytes;        /* of waiting batches together; default 64 MiB */
    int64_t dedup_window_us;    /* default 48 hours */
    int64_t segment_max_events; /* default 3,000,000 */
    int64_t first_seq;          /* embedded: of the first event of a new log; default 1 */
    bool is_unsynced;           /* synchronous=OFF, for the bench alone */
    bool is_compressed;         /* zstd for the bodies of open segments */
    bool is_kept_by_caller;     /* no thread of its own: the caller calls cn_event_log_keep() */
};

/* Rebuilds the list of segments, the ids of the window and the sequence from the files. */
CN_MUST_CHECK bool cn_event_log_open(const struct cn_event_log_options *options,
                                     struct cn_event_log **log_out, struct cn_error *err);

/* Stores what was appended, answers it, stops.  NULL is allowed. */
void cn_event_log_close(struct cn_event_log *log);

/*
 * Hands a batch, its source set, to the writer.  On true the log has taken the caller's reference
 * and will call done(arg, ...) once, on the writer thread; the batch is valid during that call.
 * Encodes large batches on the caller's thread.
 *
 * Fails at once, and leaves the reference, with CN_TOO_MANY if the queue is full, CN_UNAVAILABLE if
 * the log is stopping or stopped after a failed sync.
 */
CN_MUST_CHECK bool cn_event_log_append(struct cn_event_log *log, struct cn_event_batch *batch,
                                       cn_event_done *done, void *arg, struct cn_error *err);

/* The same, but the writer may sleep on until cn_event_log_wake(): for who has many batches at a
 * time, so that they are one group. */
CN_MUST_CHECK bool cn_event_log_append_quietly(struct cn_event_log *log,
                                               struct cn_event_batch *batch, cn_event_done *done,
                                               void *arg, struct cn_error *err);
void cn_event_log_wake(struct cn_event_log *log);

/* Sequence number of the newest committed event; 0 in an empty log. */
int64_t cn_event_log_position(const struct cn_event_log *log);

/* False from the visitor ends the scan early and without an error.  The event is borrowed. */
typedef bool cn_event_visitor(void *arg, const struct cn_event *event);

/* Events with from <= seq <= to in their order.  Any thread; reads short ranges, so that it never
 * holds up the writer. */
CN_MUST_CHECK bool cn_event_log_scan(struct cn_event_log *log, int64_t from, int64_t to,
                                     cn_event_visitor *visit, void *arg, struct cn_error *err);

/* The newest `limit` events of a subject with seq < before (0: all), newest first, into arena. */
CN_MUST_CHECK bool cn_event_log_read_subject(struct cn_event_log *log, struct cn_arena *arena,
                                             int64_t subject, int64_t before, size_t limit,
                                             struct cn_event **events_out, size_t *count_out,
                                             struct cn_error *err);

/* All events of a subject with from <= seq <= to, in their order. */
CN_MUST_CHECK bool cn_event_log_scan_subject(struct cn_event_log *log, int64_t subject,
                                             int64_t from, int64_t to, cn_event_visitor *visit,
                                             void *arg, struct cn_error *err);

/* Both consumers have passed seq: what lies before may be packed. */
void cn_event_log_set_consumed(struct cn_event_log *log, int64_t seq);

/* Drops every sealed segment whose events were all received before `before`. */
CN_MUST_CHECK bool cn_event_log_drop(struct cn_event_log *log, cn_time before, size_t *dropped_out,
                                     struct cn_error *err);

/* Finishes the files of sealed segments, which the log's own thread does as soon as one is sealed,
 * and packs what may be packed.  Slow: for a background thread. */
CN_MUST_CHECK bool cn_event_log_keep(struct cn_event_log *log, struct cn_error *err);

/* Seals the open segment, unless it is empty, at the next append. */
void cn_event_log_seal(struct cn_event_log *log);

/* Packs the oldest sealed segment that both consumers have passed, else merges the packed ones of a
 * UTC day or month that has left the deduplication window; *packed_out is false if there is
 * none.  Slow: for a background thread. */
CN_MUST_CHECK bool cn_event_log_pack(struct cn_event_log *log, bool *packed_out,
                                     struct cn_error *err);

enum cn_segment_state {
    CN_SEGMENT_OPEN,
    CN_SEGMENT_SEALED,
    CN_SEGMENT_PACKED,
};

struct cn_segment_info {
    enum cn_segment_state state;
    int64_t first_seq;
    int64_t last_seq; /* first_seq - 1 if it is empty */
    cn_time first_received;
    cn_time last_received;
};

/* Oldest first, into arena.  PostgreSQL: one per partition, always CN_SEGMENT_OPEN. */
CN_MUST_CHECK bool cn_event_log_segments(struct cn_event_log *log, struct cn_arena *arena,
                                         struct cn_segment_info **segments_out, size_t *count_out,
                                         struct cn_error *err);

/* Message ids of the deduplication window. */
struct cn_id_counts {
    int64_t in_memory;
    int64_t in_files;
    size_t bytes; /* that all of them take in memory */
};

/* Gauges for /metrics. */
struct cn_event_log_stats {
    int64_t events;     /* stored since open */
    int64_t duplicates; /* refused since open */
    int64_t groups;     /* commits since open */
    int64_t queue_batches;
    int64_t queue_bytes;
    struct cn_id_counts ids;
    bool is_stopped; /* after a failed sync */
};
void cn_event_log_stats(struct cn_event_log *log, struct cn_event_log_stats *stats_out);

#endif
