/*
 * One log segment, raw or packed; for event/ only.
 *
 * Raw: a SQLite file with a row a block, as it was written.  While it is open the writer thread
 * appends; any thread reads, in ranges so short that they never keep SQLite's log from being cut.
 * Packed: see event/pack.h.
 *
 * A segment is counted, since readers may still use the raw one when the packed one takes its
 * place; the last release of a deleted segment deletes its file.
 */
#ifndef CAIRN_EVENT_SEGMENT_H
#define CAIRN_EVENT_SEGMENT_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"

#include "event/block.h"
#include "event/files.h"
#include "event/store.h"
#include "sql/sqlite.h"

struct cn_segment;

/* Who wants the events; *stopped when they want no more. */
struct cn_visit {
    cn_event_visitor *visit;
    void *arg;
    bool *stopped;
};

/* What differs between raw and packed. */
struct cn_segment_kind {
    bool (*scan)(struct cn_segment *segment, struct cn_sql_conn *conn, int64_t from, int64_t to,
                 const struct cn_visit *visit, struct cn_error *err);
    bool (*scan_subject)(struct cn_segment *segment, struct cn_sql_conn *conn,
                         const struct cn_subject_range *range, const struct cn_visit *visit,
                         struct cn_error *err);
};

/* What a packed segment covers; larger ones take the place of those they were merged from. */
enum cn_pack_level {
    CN_PACK_SEGMENT,
    CN_PACK_DAY,
    CN_PACK_MONTH,
};

enum {
    CN_PACK_LEVELS = 3
};

/* A head that was moved by events which are not committed yet. */
struct cn_moved_head {
    int64_t subject;
    int64_t head;
};

struct cn_segment {
    const struct cn_segment_kind *kind;
    _Atomic int references;
    _Atomic int state;        /* enum cn_segment_state */
    enum cn_pack_level level; /* of a packed one */
    int64_t first_seq;
    _Atomic int64_t last_seq;       /* committed */
    _Atomic int64_t first_received; /* microseconds; 0 while it is empty */
    _Atomic int64_t last_received;
    _Atomic bool is_deleted;
    struct cn_sql_conn *writer; /* of an open one; then its keeper closes it */

    pthread_mutex_t lock;     /* of what follows */
    struct cn_sql_conn *idle; /* a reader that nobody uses */
    struct cn_map heads;      /* raw: subject to its last seq here */
    struct cn_moved_head *moved;
    size_t moved_count;
    size_t moved_capacity;
    char path[CN_SEGMENT_PATH_BYTES];
};

/* A new, empty and open one. */
CN_MUST_CHECK bool cn_segment_create(const char *dir, int64_t first_seq, bool is_unsynced,
                                     cn_time now, struct cn_segment **segment_out,
                                     struct cn_error *err);

/* Opens a raw segment; with a writer if it is to be appended to.  Rebuilds the heads. */
CN_MUST_CHECK bool cn_segment_open_raw(const char *dir, int64_t first_seq, bool for_writing,
                                       bool is_unsynced, cn_time now,
                                       struct cn_segment **segment_out, struct cn_error *err);

/* For event/pack.c: the struct alone. */
struct cn_segment *cn_segment_new(const struct cn_segment_kind *kind, int64_t first_seq);

void cn_segment_retain(struct cn_segment *segment);
void cn_segment_release(struct cn_segment *segment); /* NULL is allowed */

/* The ids of all events. */
typedef void cn_segment_ids(void *arg, struct cn_hash128 id);
CN_MUST_CHECK bool cn_segment_each_ids(struct cn_segment *segment, cn_segment_ids *visit, void *arg,
                                       struct cn_error *err);

/* A row to write. */
struct cn_block_row {
    int64_t seq;
    size_t count;
    cn_time received;
    cn_str ids;
    cn_str chain;
    enum cn_codec codec;
    cn_str body;
};
CN_MUST_CHECK bool cn_segment_insert(struct cn_segment *segment, const struct cn_block_row *row,
                                     struct cn_error *err);

/* Makes seq the head of its subject and yields the one before, or 0.  Locked. */
int64_t cn_segment_link(struct cn_segment *segment, int64_t subject, int64_t seq);

/* After the commit, or instead of it: the heads moved since are kept, or are what they were. */
void cn_segment_keep(struct cn_segment *segment, int64_t last_seq, cn_time received);
void cn_segment_undo(struct cn_segment *segment);

/* Empties SQLite's log and closes the writer of a segment that is no longer open. */
CN_MUST_CHECK bool cn_segment_finish(struct cn_segment *segment, struct cn_error *err);

/* Events with from <= seq <= to in their order; *stopped_out if the visitor said so. */
CN_MUST_CHECK bool cn_segment_scan(struct cn_segment *segment, int64_t from, int64_t to,
                                   cn_event_visitor *visit, void *arg, bool *stopped_out,
                                   struct cn_error *err);

CN_MUST_CHECK bool cn_segment_scan_subject(struct cn_segment *segment,
                                           const struct cn_subject_range *range,
                                           cn_event_visitor *visit, void *arg, bool *stopped_out,
                                           struct cn_error *err);

#endif
