/*
 * The series as series.c and snapshot.c share it.  Nobody else includes this header.
 */
#ifndef CAIRN_METRIC_SERIES_IMPL_H
#define CAIRN_METRIC_SERIES_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "frame/bitmap.h"
#include "metric/cell.h"
#include "metric/match.h"
#include "metric/series.h"

struct cn_series_account {
    int64_t account_id;
    int32_t first_day; /* or CN_NO_DAY */
};

struct cn_series_crowd {
    uint32_t row;
    uint32_t metric;
};

struct cn_series {
    const struct cn_metric_list *metrics;
    int32_t reach_days;
    size_t members_max;
    atomic_bool counts_days; /* a window was asked for that changes each day for everybody */

    pthread_rwlock_t lock; /* of everything below */
    int32_t first_today;
    int32_t last_today;
    struct cn_cell_shape shape;
    struct cn_matcher matcher; /* targets are indexes of metrics */
    struct cn_match_touches touches;
    struct cn_series_account *accounts;
    struct cn_cell *cells; /* metrics->count for each account */
    size_t count;
    size_t capacity;
    struct cn_map rows;             /* account id to index */
    struct cn_series_crowd *crowds; /* members that are over the limit until settled */
    size_t crowd_count;
    struct cn_rollup_position at; /* seq -1: unknown */
    bool is_saving;
    bool is_spoilt;           /* then: every row may have changed */
    struct cn_bitmap changed; /* then: rows that did, since it began or looked last */
};

/* The four below with the lock held. */

/* The row of the account, made if it is new. */
size_t cn_series_row(struct cn_series *series, int64_t account_id);
struct cn_cell *cn_series_cell(const struct cn_series *series, size_t row, size_t metric);
void cn_series_empty_row(struct cn_series *series, size_t row);
void cn_series_note_row(struct cn_series *series, size_t row); /* it changes */

/* With the lock held: `today` becomes the only day that can be. */
void cn_series_move(struct cn_series *series, int32_t today);

/* Takes a reading lock, once nothing is crowded. */
void cn_series_lock_for_reading(struct cn_series *series);

#endif
