#include "bench/load/histogram.h"

/* Values below 64 have a bucket each; above, 32 buckets to a power of two. */
static size_t bucket_of(uint64_t us)
{
    if (us < 64) {
        return (size_t)us;
    }
    unsigned power = 63 - (unsigned)__builtin_clzll(us);
    size_t bucket = (size_t)32 * (power - 5) + (size_t)(us >> (power - 5));
    return bucket < CN_LOAD_BUCKETS ? bucket : CN_LOAD_BUCKETS - 1;
}

static uint64_t lowest_of(size_t bucket)
{
    if (bucket < 64) {
        return bucket;
    }
    unsigned power = (unsigned)(bucket / 32) + 4;
    return (uint64_t)(bucket % 32 + 32) << (power - 5);
}

void cn_load_histogram_add(struct cn_load_histogram *histogram, int64_t us)
{
    histogram->counts[bucket_of(us > 0 ? (uint64_t)us : 0)]++;
    histogram->total++;
    if (us > histogram->max_us) {
        histogram->max_us = us;
    }
}

int64_t cn_load_histogram_percentile(const struct cn_load_histogram *histogram, double per_cent)
{
    double wanted = (double)histogram->total * per_cent / 100;
    uint64_t seen = 0;
    for (size_t i = 0; i < CN_LOAD_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen > 0 && (double)seen >= wanted) {
            return (int64_t)lowest_of(i);
        }
    }
    return 0;
}
