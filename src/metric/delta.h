/*
 * Rollup rows in memory: what was added since the last flush.  Only metric/ includes this header.
 *
 * Adding is a few probes of open-addressed tables; order comes with cn_deltas_sort(), once a flush.
 * One thread at a time.
 */
#ifndef CAIRN_METRIC_DELTA_H
#define CAIRN_METRIC_DELTA_H

#include "metric/match.h"

enum cn_delta_order {
    CN_ORDER_BY_DAY,     /* day, account, metric: rollup_hot */
    CN_ORDER_BY_ACCOUNT, /* account, metric, day: metric_daily */
};

struct cn_delta {
    int64_t account_id;
    int32_t day;
    uint32_t metric;
    uint32_t count;
    uint32_t number; /* index into `numbers` + 1, or 0 */
};

/* What the numbers of a row come to. */
struct cn_delta_number {
    int64_t plus;  /* millionths; INT64_MAX: does not fit */
    int64_t minus; /* the same of the negative ones, as a positive number */
    double min;
    double max;
    double last; /* of the greatest (last_at, last_tie) */
    int64_t last_at;
    int64_t last_tie;
};

struct cn_delta_member {
    uint64_t member;
    uint32_t row; /* index into `rows` */
};

/* Hash in the upper half, index + 1 in the lower; 0 is free. */
struct cn_delta_table {
    uint64_t *slots;
    size_t capacity; /* a power of two, or 0 */
};

struct cn_deltas {
    struct cn_delta *rows;
    size_t count;
    size_t capacity;
    struct cn_delta_table row_table;
    struct cn_delta_number *numbers;
    size_t number_count;
    size_t number_capacity;
    struct cn_delta_member *members;
    size_t member_count;
    size_t member_capacity;
    struct cn_delta_table member_table;
};

/* A zeroed struct is empty. */
void cn_deltas_deinit(struct cn_deltas *deltas);
void cn_deltas_clear(struct cn_deltas *deltas); /* keeps the memory, unless it is that of a flood */

/* Brings the place that cn_deltas_row() will look at into the cache. */
void cn_deltas_prefetch(const struct cn_deltas *deltas, const struct cn_metric_fact *fact,
                        uint32_t metric);

/* The row of the fact and metric, made if it is new; brings what is next into the cache. */
uint32_t cn_deltas_row(struct cn_deltas *deltas, const struct cn_metric_fact *fact,
                       const struct cn_touch *touch);

/* False: the number was too large for a sum, and left out of it. */
bool cn_deltas_add(struct cn_deltas *deltas, uint32_t row, const struct cn_metric_fact *fact,
                   const struct cn_touch *touch);

/* Whether to keep a row. */
typedef bool cn_delta_keep(void *arg, const struct cn_delta *row);

/* The rows, with their members, that `keep` wants, as new deltas. */
struct cn_deltas cn_deltas_filter(const struct cn_deltas *deltas, cn_delta_keep *keep, void *arg);

/* Rows and members in the order of a table's key: members of a row ascend as signed numbers. */
struct cn_delta_list {
    uint32_t *rows;
    size_t row_count;
    struct cn_delta_member *members; /* row: the place in `rows` */
    size_t member_count;
};

/* Free with cn_delta_list_deinit(). */
void cn_deltas_sort(const struct cn_deltas *deltas, enum cn_delta_order order,
                    struct cn_delta_list *list_out);
void cn_delta_list_deinit(struct cn_delta_list *list);

/* Adds to plus or minus.  False: too large for a sum. */
bool cn_delta_number_add_sum(struct cn_delta_number *number, double value);

/* Adds up two parts of the same row. */
void cn_delta_number_merge(struct cn_delta_number *into, const struct cn_delta_number *other);

/* Sums of one sign never shrink, so that INT64_MAX stays: the order of adding does not matter. */
static inline int64_t cn_saturating_add(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

#endif
