/*
 * The rollup as rollup*.c, compare.c and load.c share it.  Nobody else includes this header.
 */
#ifndef CAIRN_METRIC_ROLLUP_IMPL_H
#define CAIRN_METRIC_ROLLUP_IMPL_H

#include <pthread.h>

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
};

struct cn_rollup {
    struct cn_db *db;
    size_t names_max;
    int64_t members_max;

    /* One thread flushes, folds or rebuilds at a time; taken before `lock`. */
    pthread_mutex_t write_lock;
    struct cn_deltas waiting; /* taken off `deltas` by a flush that has not succeeded yet */
    struct cn_rollup_position waiting_upto;
    bool has_waiting;
    struct cn_rollup_position stored; /* what rollup_position holds */

    pthread_mutex_t lock; /* of everything below, never held while waiting for the disk */
    struct cn_deltas deltas;
    struct cn_rollup_position upto;
    struct cn_matcher matcher;
    struct cn_match_touches touches;
    struct cn_rollup_metric *metrics; /* in the order of their numbers, as are those on disk */
    size_t metric_count;
    size_t stored_metrics; /* the first of them are on disk */
    size_t event_names;    /* of them are names of events */
    struct cn_str_map by_name;
    struct cn_arena texts;
};

/* The name under which a program's metric is rolled up, written to `text`. */
cn_str cn_rollup_metric_name(const struct cn_metric *metric,
                             char text[CN_ROLLUP_METRIC_NAME_MAX_BYTES]);

/* The number of the rows that a program's metric reads; false if none were ever made. */
bool cn_rollup_metric_of(struct cn_rollup *rollup, const struct cn_metric *metric,
                         uint32_t *number_out);

/* With `lock` held.  The number of the name, made if it is new. */
uint32_t cn_rollup_number(struct cn_rollup *rollup, cn_str name, bool built, bool *was_new_out);

/* With `lock` held.  The rules that do not depend on a program: every event, every known name,
 * group calls. */
void cn_rollup_start_matcher(struct cn_rollup *rollup);

/* With `lock` held.  Adds the facts that `keep` (NULL: all) wants. */
struct cn_rollup_filter {
    bool (*keep_fact)(void *arg, const struct cn_metric_fact *fact);
    bool (*keep_metric)(void *arg, uint32_t metric);
    void *arg;
};

void cn_rollup_accumulate(struct cn_rollup *rollup, struct cn_deltas *deltas,
                          const struct cn_metric_fact *facts, size_t count,
                          const struct cn_rollup_filter *filter);

/* With `write_lock` held.  Takes what was added off, to be written. */
void cn_rollup_take(struct cn_rollup *rollup);

/* What a flush writes besides the deltas that wait; runs before them in the transaction. */
typedef bool cn_rollup_also(void *arg, struct cn_sql_conn *conn, struct cn_error *err);

/* With `write_lock` held.  Writes what waits, the new names and the position. */
CN_MUST_CHECK bool cn_rollup_write_waiting(struct cn_rollup *rollup, cn_rollup_also *also,
                                           void *arg, struct cn_error *err);

#endif
