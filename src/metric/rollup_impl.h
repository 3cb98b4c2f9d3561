/*
 * The rollup as rollup*.c, compare.c and load.c share it.  Nobody else includes this header.
 */
#ifndef CAIRN_METRIC_ROLLUP_IMPL_H
#define CAIRN_METRIC_ROLLUP_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "metric/known.h"
#include "metric/rollup.h"
#include "metric/store.h"
#include "sql/db.h"

/* Metrics that are always there. */
enum {
    CN_ROLLUP_EVERY = 1,  /* every event */
    CN_ROLLUP_OTHER = 2,  /* events whose names are over the limit */
    CN_ROLLUP_GROUPS = 3, /* group calls */
    CN_ROLLUP_FIRST = 16, /* number of the first other metric */
    CN_ROLLUP_METRIC_NAME_MAX_BYTES = 1100,
};

struct cn_rollup_metric {
    cn_str name; /* in cn_rollup.texts */
    uint32_t metric;
    bool built;
    bool is_used; /* by the program's metrics */
    bool is_kept; /* its build has begun, so that it is counted whatever the program */
};

struct cn_rollup {
    struct cn_db *db;
    bool is_shared; /* PostgreSQL: other processes write too, and give names their numbers */
    size_t names_max;
    int64_t members_max;
    _Atomic bool is_folding_over;
    _Atomic bool is_folded;               /* the last call left no day */
    struct cn_rollup_companion companion; /* write: NULL if there is none */

    /* One thread flushes, folds or rebuilds at a time; taken before `lock`. */
    pthread_mutex_t write_lock;
    _Atomic int wanted;       /* how many wait for it who must not wait long */
    struct cn_deltas waiting; /* taken off `deltas` by a flush that has not succeeded yet */
    struct cn_rollup_position waiting_upto;
    bool has_waiting;
    struct cn_rollup_position stored; /* what rollup_position holds */
    struct cn_rollup_build *build;    /* metrics that are being built, or NULL; rollup_build.c */

    pthread_mutex_t lock; /* of everything below, never held while waiting for the disk */
    struct cn_deltas deltas;
    size_t taken_rows; /* in `waiting`, not written yet */
    struct cn_rollup_position upto;
    struct cn_matcher matcher;
    struct cn_match_touches touches;
    struct cn_rollup_metric *metrics; /* in the order of their numbers, as are those on disk */
    size_t metric_count;
    size_t stored_metrics;         /* the first of them are on disk */
    size_t event_names;            /* of them are names of events */
    bool is_full;                  /* shared: no more names may be made */
    struct cn_known_members known; /* shared */
    struct cn_str_map by_name;
    struct cn_arena texts;
};

/* Takes `write_lock`; folding, which may go on for long, lets go of it. */
void cn_rollup_lock_writes(struct cn_rollup *rollup);

/* Which facts and metrics are added; NULL: all. */
struct cn_rollup_filter {
    bool (*keep_fact)(void *arg, const struct cn_metric_fact *fact);
    bool (*keep_metric)(void *arg, uint32_t metric);
    void *arg;
};

/* The name under which a program's metric is rolled up, written to `text`. */
cn_str cn_rollup_metric_name(const struct cn_metric *metric,
                             char text[CN_ROLLUP_METRIC_NAME_MAX_BYTES]);

/* The number of the rows that a program's metric reads; false if none were ever made. */
bool cn_rollup_metric_of(struct cn_rollup *rollup, const struct cn_metric *metric,
                         uint32_t *number_out);

/* With `lock` held.  The number of the name, made if it is new. */
uint32_t cn_rollup_number(struct cn_rollup *rollup, cn_str name, bool built, bool *was_new_out);

/* With `lock` held.  Takes over a name that has a number already, with the rule for an event's. */
void cn_rollup_know(struct cn_rollup *rollup, const struct cn_store_metric *metric);

/* Whether an event of that name may have rows of its own. */
bool cn_rollup_is_countable(cn_str event_name);

/* Shared: the program's metrics get their numbers. */
CN_MUST_CHECK bool cn_rollup_learn_metrics(struct cn_rollup *rollup,
                                           const struct cn_metric_list *metrics,
                                           struct cn_error *err);

/* Shared: whether anything has been counted; flushes, so with no lock held. */
CN_MUST_CHECK bool cn_rollup_has_rows(struct cn_rollup *rollup, bool *has_rows_out,
                                      struct cn_error *err);

/* Shared: what a flush does in its transaction; tell of the fresh members after the commit. */
CN_MUST_CHECK bool cn_rollup_write_shared(struct cn_rollup *rollup, struct cn_sql_conn *conn,
                                          struct cn_fresh_members *fresh, struct cn_error *err);
void cn_rollup_written_shared(struct cn_rollup *rollup, const struct cn_fresh_members *fresh);

/* A sink that adds what is scanned to deltas of its own. */
struct cn_rollup_collector {
    struct cn_rollup_sink sink; /* first */
    struct cn_rollup *rollup;
    struct cn_deltas deltas;
    struct cn_rollup_filter filter;
};

void cn_rollup_collect(struct cn_rollup_sink *sink, const struct cn_metric_fact *facts,
                       size_t count);

/* What a rebuild drops: rows of accounts, ascending, and days. */
struct cn_rollup_scope {
    int64_t *accounts;
    size_t account_count;
    int64_t first_day;
    int64_t last_day;
    bool (*guard)(void *arg, struct cn_sql_conn *conn, struct cn_error *err); /* or NULL */
};

/* With `write_lock` held: these rows were made anew, those of metrics that are being built, too. */
void cn_rollup_note_rebuilt(struct cn_rollup *rollup, const struct cn_rollup_scope *scope);

CN_MUST_CHECK bool cn_rollup_drop(struct cn_sql_conn *conn, const struct cn_rollup_scope *scope,
                                  struct cn_error *err);

/* Shared: drops and makes anew in one transaction, while writers wait. */
CN_MUST_CHECK bool cn_rollup_rebuild_shared(struct cn_rollup_collector *collector,
                                            const struct cn_rollup_scope *scope, int64_t mapping,
                                            cn_rollup_scan *scan, void *arg, struct cn_error *err);

/* With `lock` held.  The rules that do not depend on a program: every event, every known name,
 * group calls, and what is being built. */
void cn_rollup_start_matcher(struct cn_rollup *rollup);

/* With `lock` held.  Feeds rows that a metric of a program names, which has a number. */
void cn_rollup_feed_metric(struct cn_rollup *rollup, const struct cn_metric *metric,
                           uint32_t number);

/* With `lock` held.  filter may be NULL. */
void cn_rollup_accumulate(struct cn_rollup *rollup, struct cn_deltas *deltas,
                          const struct cn_metric_fact *facts, size_t count,
                          const struct cn_rollup_filter *filter);

/* With `write_lock` held.  Takes what was added off, to be written. */
void cn_rollup_take(struct cn_rollup *rollup);

/* With `write_lock` held.  Writes everything that was added before the call. */
CN_MUST_CHECK bool cn_rollup_flush_all(struct cn_rollup *rollup, struct cn_error *err);

/* What a flush writes besides the deltas that wait; runs before them in the transaction. */
typedef bool cn_rollup_also(void *arg, struct cn_sql_conn *conn, struct cn_error *err);

/* With `write_lock` held.  Writes what waits, the new names and the position. */
CN_MUST_CHECK bool cn_rollup_write_waiting(struct cn_rollup *rollup, cn_rollup_also *also,
                                           void *arg, struct cn_error *err);

#endif
