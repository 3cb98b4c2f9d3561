/*
 * Random numbers of two kinds: unpredictable ones from the kernel for secrets, and a seeded
 * sequence (SplitMix64) that gives the same numbers on every machine, for demo data and tests.
 */
#ifndef CAIRN_BASE_RANDOM_H
#define CAIRN_BASE_RANDOM_H

#include "base/base.h"

/* Fills with unpredictable bytes; aborts if the kernel has none. */
void cn_random_bytes(void *bytes_out, size_t len);

struct cn_rng {
    uint64_t state;
};

uint64_t cn_rng_next(struct cn_rng *rng);

/* From lo to hi, both included; lo <= hi. */
int64_t cn_rng_between(struct cn_rng *rng, int64_t lo, int64_t hi);

double cn_rng_unit(struct cn_rng *rng); /* in [0, 1) */

#endif
