/*
 * What the engine keeps; for the files of engine/ only.
 *
 * After the start the engine's thread is the only one to change anything here.  What other threads
 * read (frame, facts, health, lists) it changes under the write lock; itself it reads without one.
 */
#ifndef CAIRN_ENGINE_STATE_H
#define CAIRN_ENGINE_STATE_H

#include <pthread.h>

#include "base/queue.h"

#include "book/apply.h"
#include "book/column.h"
#include "engine/engine.h"
#include "engine/parked.h"
#include "engine/signals.h"
#include "engine/tick.h"
#include "health/history.h"
#include "segment/evaluate.h"
#include "segment/history.h"

enum {
    CN_TREND_DAYS = 28,
    CN_ENGINE_NODE = 0 /* one process; others come with leases */
};

/* How far the engine has come. */
struct cn_engine_position {
    int64_t seq;     /* log: everything up to it has been counted */
    int64_t book;    /* log: everything up to it has been applied to the book */
    int64_t change;  /* change table: everything up to it has been read */
    int64_t mapping; /* version of the subjects' mapping under which all that is counted is */
};

/* Account ids in no particular order, some perhaps twice. */
struct cn_id_list {
    int64_t *items;
    size_t count;
    size_t capacity;
};

/* Colours that back-fills handed over. */
struct cn_colour_list {
    struct cn_tick_colour *items;
    size_t count;
    size_t capacity;
};

/* Scores that moved and wait for being stored, with the ticks that they come from. */
struct cn_pending {
    struct cn_health_row *rows; /* text lives in `arena` */
    size_t count;
    size_t capacity;
    struct cn_arena arena;
    struct cn_tick *ticks;
    size_t tick_count;
    size_t tick_capacity;
    struct cn_colour_list colours;
    struct cn_health_row *shadows; /* what moved in those; no tick stands on it */
    size_t shadow_count;
    size_t shadow_capacity;
};

/* Placements that wait for being stored, or for being compared. */
struct cn_placed {
    struct cn_placement_row *rows; /* on the heap; text lives in `arena` */
    size_t count;
    size_t capacity;
    size_t next; /* to be compared */
    struct cn_arena arena;
};

/* When ranks, which are as of last night, are computed again because facts of then came late. */
struct cn_ranking {
    bool has_late;   /* some came since they were */
    cn_time next;    /* not before */
    int64_t wait_us; /* until then; longer each time, from a start or a new day on */
};

/* What a round of the engine is to do.  What it computes is a function of its facts and of this. */
struct cn_round {
    cn_time clock; /* the moment for all that depends on time */
    bool is_full;  /* the clock has moved: rows that wait, and those to which that does something */
    bool is_fresh; /* a start, a new day, late facts: all rows, and ranks as of last night */
    bool is_whole; /* with is_full: all rows, which makes the same moves, as replays prove */
};

/* Rows of which the newest activity waits for being stored. */
struct cn_activity {
    struct cn_bitmap moved;  /* since the stretch that is being stored began */
    struct cn_bitmap saving; /* left of that stretch */
    int64_t upto_seq;        /* of the log, where it began */
    bool is_done;            /* it is stored, and what comes is the next one's */
    int64_t begun_us;        /* by the monotonic clock */
};

/* How far the thread is with what a start leaves to it. */
enum cn_begun {
    CN_BEGINNING,
    CN_BEGIN_FAILED, /* and trying again does not help; it does try */
    CN_BEGUN,
};

/* Daily values as a file, see keep.c.  The loading thread's, then the flusher's. */
struct cn_keeping {
    int64_t seq;             /* up to where they were kept; 0: not yet */
    _Atomic bool are_others; /* since then: of another program */
    int64_t at_us;           /* when it was tried last, by the monotonic clock */
    int64_t took_us;
};

struct cn_apply;    /* engine/apply.c */
struct cn_compiled; /* engine/compiled.h */
struct cn_engine {
    struct cn_engine_options options;
    struct cn_event_log *log;
    struct cn_queue inbox;       /* of struct cn_event_batch, retained, or &wake */
    _Atomic size_t inbox_events; /* of those batches, and of what is fed now */
    _Atomic bool has_skipped;    /* events that did not go into it: they are in the log */
    char wake;                   /* its address in the inbox: look now */

    struct cn_interner *strings;
    struct cn_book_facts *facts;
    struct cn_subject_map *subjects;
    struct cn_parked *parked;
    struct cn_engine_program
        *program;             /* another one: under the write lock of `lock` and of apply */
    struct cn_series *series; /* the same */
    struct cn_keeping keeping;
    struct cn_apply *apply;
    struct cn_compiled *compiled; /* for explanations of the past */
    struct cn_book_batch_options book_options;

    pthread_rwlock_t lock; /* of facts, the live frame and all that has a value a row */
    struct cn_frame *frame;
    struct cn_health_state health;
    struct cn_membership segments;
    struct cn_column last_activity; /* TIME: of the newest event */
    struct cn_activity activity;    /* which of them are not stored yet */
    struct cn_column past_points;   /* I64: thousandths, CN_TREND_DAYS ago */
    struct cn_column trend;         /* I64: thousandths */
    struct cn_list_columns *lists;  /* what lists sort by besides; engine/lists.c */
    struct cn_past *past;           /* what a new day makes of it, while it is read; past.c */
    _Atomic uint64_t past_loads;    /* how often all of it was read at once */

    struct cn_engine_position position;
    int64_t fence;       /* PostgreSQL: the number of our take-over, see guard.c */
    int64_t flushed_seq; /* the same, of the flush that is under way */
    int64_t day;         /* of the last evaluation, in the workspace's zone */
    cn_time clock;       /* of the last round that looked at it */
    bool needs_all;      /* nothing of the frame has been filled yet, or not all rows were asked */
    struct cn_ranking ranking;
    bool needs_clock;             /* a round failed that had begun to fill for a later moment */
    struct cn_tick tick;          /* the newest that was kept, or number 0 */
    struct cn_colour_list handed; /* under the lock: for the next tick */
    struct cn_id_list touched;    /* records to read again */
    struct cn_id_list stale;      /* to be counted anew: subjects moved to or from them */
    struct cn_id_list removed;    /* accounts that are gone, to be told */
    struct cn_bitmap active;      /* rows with events since the last evaluation */
    struct cn_health_changes changes;
    struct cn_health_changes shadow_changes;
    int64_t pruned_day; /* on which their history was last freed of what is too old */
    struct cn_signals signals;
    struct cn_id_list decided; /* accounts about which people decided something */
    struct cn_pending pending;
    struct cn_segment_changes moved; /* placements of the newest round; in `scratch` */
    struct cn_placed placed;

    pthread_mutex_t settle_lock;
    pthread_cond_t settled;            /* by the monotonic clock */
    pthread_cond_t halted;             /* stopping is set; by the monotonic clock */
    struct cn_engine_position reached; /* and scored, stored, published */
    enum cn_begun begun;
    struct cn_error begin_error; /* the last */

    pthread_t thread;
    pthread_t flusher;
    bool is_prepared;
    size_t building; /* metrics that were to be counted from the log first */
    bool has_threads;
    bool is_behind; /* of what was popped from the inbox: catch up from the log */
    _Atomic bool stopping;
    _Atomic bool held;       /* nothing is scored */
    _Atomic bool looks_back; /* a question about the past is being answered, see asof_known.h */
    _Atomic bool unscored;   /* since it is no longer held there was no round */
    struct cn_arena scratch; /* of one round */
};

void cn_id_list_add(struct cn_id_list *list, int64_t id);

/* Copies the row; its text must live in pending->arena. */
void cn_pending_add(struct cn_pending *pending, const struct cn_health_row *row);
void cn_pending_add_tick(struct cn_pending *pending, const struct cn_tick *tick);

void cn_colour_list_add(struct cn_colour_list *list, const struct cn_tick_colour *colour);

/* A unit of the engine itself: all accounts, no user. */
struct cn_unit cn_engine_unit(struct cn_engine *engine, struct cn_sql_conn *conn,
                              struct cn_arena *arena);

/* PostgreSQL: from here on we derive, and nobody else.  Before anything is loaded. */
CN_MUST_CHECK bool cn_engine_take_over(struct cn_engine *engine, struct cn_error *err);

/* What is written with the rollups, see cn_rollup_accompany(). */
void cn_engine_accompany(struct cn_engine *engine);

/* First in every transaction of the engine.  CN_CONFLICT: another process has taken over. */
CN_MUST_CHECK bool cn_engine_guard(struct cn_engine *engine, const struct cn_unit *unit,
                                   struct cn_error *err);

/* After the guard: whether the consumer has come to seq already, because a commit whose answer was
 * lost did happen. */
CN_MUST_CHECK bool cn_engine_is_done(const struct cn_unit *unit, const char *consumer, int64_t seq,
                                     bool *done_out, struct cn_error *err);

/* Events in log order: applies what concerns the book, then counts.  Tries again while the database
 * cannot be written, until the engine is stopped (CN_UNAVAILABLE). */
CN_MUST_CHECK bool cn_engine_feed(struct cn_engine *engine, const struct cn_event *const *events,
                                  size_t count, struct cn_error *err);

/* Copies of the next events of the log after `from`, in `arena`; *count_out is 0 at `to`. */
CN_MUST_CHECK bool cn_engine_read_ahead(struct cn_engine *engine, int64_t from, int64_t to,
                                        struct cn_arena *arena, const struct cn_event ***events_out,
                                        size_t *count_out, struct cn_error *err);

/* Everything of the log behind the position. */
CN_MUST_CHECK bool cn_engine_catch_up(struct cn_engine *engine, struct cn_error *err);

/* Subjects moved: the accounts that they left and joined are stale. */
void cn_engine_note_moves(struct cn_engine *engine, const struct cn_subject_moves *moves);

/* Makes anew what was counted for stale accounts.  If it fails they stay so, for the next turn. */
CN_MUST_CHECK bool cn_engine_follow(struct cn_engine *engine, struct cn_error *err);
/* Nothing is stale: what is counted stands on the mapping as it is. */
void cn_engine_note_mapping(struct cn_engine *engine);

/* Makes the rollups of these accounts anew, after subjects moved to or from them. */
CN_MUST_CHECK bool cn_engine_rebuild(struct cn_engine *engine, const int64_t *account_ids,
                                     size_t count, struct cn_error *err);

/* Fills the rollups of metrics that are building from the log.  Any thread.  CN_UNAVAILABLE:
 * `progress` said to stop. */
struct cn_engine_build {
    /* Told now and then when the event was received that was come to; false: stop.  May be NULL. */
    bool (*progress)(void *arg, cn_time received);
    void *arg;
};
CN_MUST_CHECK bool cn_engine_build_metrics(struct cn_engine *engine,
                                           const struct cn_engine_build *what,
                                           struct cn_error *err);

/* The row of the account, made if it is new.  Under the write lock. */
uint32_t cn_engine_row(struct cn_engine *engine, int64_t account_id);

/* Writes what was counted, and folds days that are over.  One thread at a time. */
void cn_engine_flush(struct cn_engine *engine);

/* A thread, given the engine: does that each second, and packs the log, until it stops. */
void *cn_engine_run_flusher(void *arg);

/* Loads what the frame and the lists start from.  Nothing is scored yet. */
CN_MUST_CHECK bool cn_engine_load(struct cn_engine *engine, struct cn_error *err);

/* After it, with the log: fails if that has not all that was counted; counts the metrics of the
 * program that were not counted yet. */
CN_MUST_CHECK bool cn_engine_load_from_log(struct cn_engine *engine, struct cn_error *err);

/* What a crash left undone: counts accounts anew whose subjects had moved, and catches up with the
 * log.  On the engine's thread; may be done again after it failed. */
CN_MUST_CHECK bool cn_engine_begin(struct cn_engine *engine, struct cn_error *err);

/* Reads changed records, fills and scores what is dirty (is_tick: also what depends on time),
 * stores, publishes. */
CN_MUST_CHECK bool cn_engine_evaluate(struct cn_engine *engine, bool is_tick, struct cn_error *err);

/* Fills and scores; what moved is added to engine->changes.  Under the write lock.  A fresh round
 * wants flushed rollups. */
CN_MUST_CHECK bool cn_engine_score(struct cn_engine *engine, const struct cn_round *round,
                                   struct cn_error *err);

/* Stores the newest activity of some accounts, now and then of all that had any; `all`: at once.  A
 * crash loses a stretch of some seconds, which is read from the log again. */
CN_MUST_CHECK bool cn_engine_keep_activity(struct cn_engine *engine, bool all,
                                           struct cn_error *err);

/* At the beginning: what was counted but not stored as activity. */
CN_MUST_CHECK bool cn_engine_recall_activity(struct cn_engine *engine, struct cn_error *err);

/* The next score of the row stands on this colour, and is news.  Under the write lock. */
void cn_engine_hand(struct cn_engine *engine, uint32_t row, enum cn_band band);

/* What a hand-over makes of a score: it keeps its points, and the next one is news. */
struct cn_health_score cn_engine_handed(struct cn_health_score score, enum cn_band band);

/* Digest of the settings on which scores depend. */
int64_t cn_engine_settings(const struct cn_engine_options *options);

#endif
