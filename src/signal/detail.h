/*
 * What is known of the newest signal of a rule for an account, of the few accounts that had one.
 *
 * Signals move block after block of rows: what is known of neighbours lies together, so that a
 * storm of moves reads memory in order.  Part of signal/states.h; one thread at a time for each
 * CN_STRETCH_ROWS.
 */
#ifndef CAIRN_SIGNAL_DETAIL_H
#define CAIRN_SIGNAL_DETAIL_H

#include "base/base.h"

struct cn_signal_detail {
    int64_t signal_id; /* 0: there was none */
    bool was_raised;
    cn_time cleared_at;
};

enum {
    CN_SIGNAL_DETAIL_SIZES = 9, /* of runs */
};

/* Of a stretch of rows. */
struct cn_signal_stretch {
    /* Of all rules for a block of rows, in order, then for the next one. */
    struct cn_signal_page *pages;
    /* Runs of details, each a page's or free; the first detail is nobody's, so that 0 is none. */
    struct cn_signal_detail *pool;
    size_t pool_count;
    size_t pool_capacity;
    uint32_t free_runs[CN_SIGNAL_DETAIL_SIZES]; /* by size; the next one is in signal_id */
};

struct cn_signal_details {
    struct cn_signal_stretch *stretches;
    size_t count;
    size_t rule_count;
};

void cn_signal_details_init(struct cn_signal_details *details, size_t rule_count);
void cn_signal_details_deinit(struct cn_signal_details *details);

/* Room for that many rows. */
void cn_signal_details_resize(struct cn_signal_details *details, size_t rows);

/* NULL: nothing is known.  Borrowed until the next put or drop in its stretch. */
const struct cn_signal_detail *cn_signal_details_get(const struct cn_signal_details *details,
                                                     size_t rule, size_t row);

/* Made if it is new: of zeros.  Borrowed likewise. */
struct cn_signal_detail *cn_signal_details_put(struct cn_signal_details *details, size_t rule,
                                               size_t row);

/* Nothing is known any more; nothing if nothing was. */
void cn_signal_details_drop(struct cn_signal_details *details, size_t rule, size_t row);

/* Brings what is known of the rows from `row` on into the cache, for what follows a little later.
 */
void cn_signal_details_prefetch(const struct cn_signal_details *details, size_t rule, size_t row);

#endif
