/*
 * cn_kernel_gather() where the processor can push the chosen lanes of a vector, and the chosen bits
 * of a word, together.  Only health/kernel.c includes this header.
 */
#ifndef CAIRN_HEALTH_KERNEL_COMPRESS_H
#define CAIRN_HEALTH_KERNEL_COMPRESS_H

#include "health/kernel_impl.h"

#if defined(__AVX512F__) && defined(__BMI2__)
#include <immintrin.h>

/* Bits of `word` where those of `mask` are, from the first row of the part on. */
static void put_missing(uint64_t word, uint64_t mask, ptrdiff_t to,
                        struct cn_kernel_gathered *restrict out)
{
    uint64_t bits = _pext_u64(word, mask);
    if (to < 0) {
        bits >>= -to; /* the others are of the part before */
        to = 0;
    }
    out->missing[to / 64] |= bits << (to % 64);
    out->missing[to / 64 + 1] |= bits >> 1 >> (63 - to % 64);
}

/* Whole words of the block, which may reach into the spare rows on both sides. */
static void gather(const struct cn_kernel_input *block, const struct cn_kernel_rows *rows,
                   size_t first, struct cn_kernel_gathered *restrict out)
{
    const size_t begin = rows->at[first] / 64;
    const size_t last = rows->at[first + out->rows - 1] / 64;
    ptrdiff_t at = (ptrdiff_t)rows->before[begin] - (ptrdiff_t)first;
    double *to = out->values + CN_SPARE_ROWS + at;
    for (size_t w = 0; w < CN_PART_WORDS + 1; w++) {
        out->missing[w] = 0;
    }
    for (size_t w = begin; w <= last; w++) {
        const uint64_t mask = rows->mask[w];
        const double *from = block->values + w * 64;
        prefetch_next(from);
        put_missing(block->missing[w], mask, (ptrdiff_t)rows->before[w] - (ptrdiff_t)first, out);
        for (size_t b = 0; b < 64; b += LINE_VALUES) {
            /* Compressing into memory at once is slow on some, so: in a register, all of it stored.
             */
            __mmask8 lanes = (__mmask8)(mask >> b);
            _mm512_storeu_pd(to, _mm512_maskz_compress_pd(lanes, _mm512_loadu_pd(from + b)));
            to += __builtin_popcount(lanes);
        }
    }
}

#else

static void gather(const struct cn_kernel_input *block, const struct cn_kernel_rows *rows,
                   size_t first, struct cn_kernel_gathered *out)
{
    cn_kernel_gather(block, rows, first, out);
}

#endif

#endif
