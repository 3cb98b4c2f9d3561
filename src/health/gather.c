/*
 * The rows of a block that a scorecard has, and their values side by side.
 *
 * Built once, without the larger instruction sets: one value after the other is faster than their
 * gathering instructions.  health/kernel_compress.h does the same where there is better.
 */
#include <string.h>

#include "health/kernel_impl.h"

enum {
    MOSTLY = CN_BLOCK_ROWS / 8 * 5 /* from so many rows on the others are scored, too */
};

void cn_kernel_list(const uint64_t *mask, struct cn_kernel_rows *rows_out)
{
    size_t count = 0;
    for (size_t w = 0; w < CN_BLOCK_WORDS; w++) {
        count += (size_t)__builtin_popcountll(mask[w]);
    }
    rows_out->mask = mask;
    rows_out->is_whole = count >= MOSTLY;
    rows_out->count = rows_out->is_whole ? CN_BLOCK_ROWS : count;
    if (rows_out->is_whole) {
        return;
    }
    count = 0;
    for (size_t w = 0; w < CN_BLOCK_WORDS; w++) {
        rows_out->before[w] = (uint16_t)count;
        for (uint64_t word = mask[w]; word != 0; word &= word - 1) {
            rows_out->at[count++] = (uint16_t)(w * 64 + (size_t)__builtin_ctzll(word));
        }
    }
    for (; count % 64 != 0; count++) {
        rows_out->at[count] = rows_out->at[count - 1];
    }
}

/* Bit i: row first + i of the list has none. */
static void gather_missing(const uint64_t *missing, const struct cn_kernel_rows *rows, size_t first,
                           struct cn_kernel_gathered *out)
{
    const size_t end = first + out->rows;
    const size_t last_word = rows->at[end - 1] / 64;
    memset(out->missing, 0, sizeof(out->missing));
    for (size_t w = rows->at[first] / 64; w <= last_word; w++) {
        for (uint64_t word = missing[w] & rows->mask[w]; word != 0; word &= word - 1) {
            uint64_t below = (word & -word) - 1;
            size_t i = rows->before[w] + (size_t)__builtin_popcountll(rows->mask[w] & below);
            if (i >= first && i < end) { /* else it is of the part before or after */
                out->missing[(i - first) / 64] |= UINT64_C(1) << ((i - first) % 64);
            }
        }
    }
}

void cn_kernel_gather(const struct cn_kernel_input *block, const struct cn_kernel_rows *rows,
                      size_t first, struct cn_kernel_gathered *out)
{
    const uint16_t *at = rows->at + first;
    const double *from = block->values;
    double *to = out->values + CN_SPARE_ROWS;
    const size_t last = at[out->rows - 1];
    for (size_t i = at[0]; i <= last; i += LINE_VALUES) {
        prefetch_line(from + i);
    }
    for (size_t i = 0; i < out->rows; i += 4) {
        to[i] = from[at[i]];
        to[i + 1] = from[at[i + 1]];
        to[i + 2] = from[at[i + 2]];
        to[i + 3] = from[at[i + 3]];
    }
    gather_missing(block->missing, rows, first, out);
}

void cn_kernel_scatter(const struct cn_kernel_scratch *scratch, int32_t index,
                       struct cn_kernel_result *result)
{
    const uint16_t *at = scratch->list->at + scratch->first;
    const size_t left = scratch->list->count - scratch->first;
    for (size_t i = 0; i < scratch->rows && i < left; i++) {
        result->points[at[i]] = scratch->points[i];
        result->confidence[at[i]] = scratch->confidence[i];
        result->scorecard[at[i]] = index;
    }
}
