/*
 * What the rounds of a measurement come to.  Not for measuring: each bench times its own rounds.
 */
#ifndef CAIRN_BENCH_ROUNDS_H
#define CAIRN_BENCH_ROUNDS_H

#include <stdint.h>
#include <stdlib.h>

static inline int rounds_by_time(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;
    return (*x > *y) - (*x < *y);
}

/* In milliseconds, of an odd number of rounds in microseconds, which are sorted. */
static inline double rounds_median_ms(int64_t *rounds_us, size_t count)
{
    qsort(rounds_us, count, sizeof(*rounds_us), rounds_by_time);
    return (double)rounds_us[count / 2] / 1e3;
}

#endif
