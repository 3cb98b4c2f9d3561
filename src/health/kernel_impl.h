/*
 * What the kernels share in how they are written: their names, their loops, and what a processor is
 * helped with.  Only kernel*.c, kernel_*.h and gather.c of health/ include this header.
 */
#ifndef CAIRN_HEALTH_KERNEL_IMPL_H
#define CAIRN_HEALTH_KERNEL_IMPL_H

#include "health/kernel.h"

#define JOIN_(a, b)  a##b /* NOLINT(bugprone-macro-parentheses): makes a name */
#define JOIN(a, b)   JOIN_(a, b)
#define KERNEL(what) JOIN(cn_kernel_##what, CN_KERNEL)
#define INLINED      static inline __attribute__((always_inline))

enum {
    LINE_VALUES = 8, /* of a cache line */
    SECOND_LEVEL = 2 /* a block of every column is more than the first level of the cache holds */
};

/* The inner loop's length is known to the compiler, which then needs no code for a rest. */
/* NOLINTBEGIN(bugprone-macro-parentheses): i is declared here */
#define FOR_EACH_ROW(i, rows)                              \
    for (size_t i##_of = 0; i##_of < (rows); i##_of += 64) \
        for (size_t i = i##_of; i < i##_of + 64; i++)
/* NOLINTEND(bugprone-macro-parentheses) */

#define BIT(b) (UINT64_C(1) << (b))
#define BITS_8(b)                                                                               \
    BIT(b), BIT((b) + 1), BIT((b) + 2), BIT((b) + 3), BIT((b) + 4), BIT((b) + 5), BIT((b) + 6), \
        BIT((b) + 7)

/* Each bit of a word in a lane of its own: testing against it vectorises, shifting by the lane's
 * number does not in clang 14. */
static const uint64_t bit_of[64] = { BITS_8(0),  BITS_8(8),  BITS_8(16), BITS_8(24),
                                     BITS_8(32), BITS_8(40), BITS_8(48), BITS_8(56) };

/* The line of a column that is a block further. */
INLINED void prefetch_line(const void *values)
{
    const uint64_t *x = values;
    __builtin_prefetch(x + CN_BLOCK_ROWS, 0, SECOND_LEVEL);
}

/* 64 values of the next block: columns are far apart in memory, and a block of each is too short
 * for the processor to see that it goes on. */
INLINED void prefetch_next(const void *values)
{
    const uint64_t *x = values;
    for (size_t i = 0; i < 64; i += LINE_VALUES) {
        prefetch_line(x + i);
    }
}

#endif
