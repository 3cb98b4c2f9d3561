/*
 * Counts of durations in buckets that are 1/32 of their value wide, so that a percentile is exact
 * to three per cent whatever the range.  Fixed size, no allocation.
 */
#ifndef CAIRN_BENCH_LOAD_HISTOGRAM_H
#define CAIRN_BENCH_LOAD_HISTOGRAM_H

#include "base/base.h"

enum {
    CN_LOAD_BUCKETS = 32 * 40
};

struct cn_load_histogram {
    uint64_t counts[CN_LOAD_BUCKETS];
    uint64_t total;
    int64_t max_us;
};

void cn_load_histogram_add(struct cn_load_histogram *histogram, int64_t us);

/* The duration that `per_cent` of the counted ones do not exceed; 0 if there are none. */
int64_t cn_load_histogram_percentile(const struct cn_load_histogram *histogram, double per_cent);

#endif
