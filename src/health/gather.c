/*
 * The rows of a block that a scorecard has, and their values side by side.
 *
 * Built once, without the larger instruction sets: one value after the other is faster than their
 * gathering instructions.
 */
#include <string.h>

#include "health/kernel_impl.h"

enum {
    MOSTLY = CN_BLOCK_ROWS / 8 * 7 /* from so many rows on the others are scored, too */
};

/* Which bits of a word go 1, 2, 4 .. 32 places down so that those of the mask end up side by side
 * (Hacker's Delight, 7-4). */
static void find_steps(uint64_t mask, uint64_t steps_out[CN_STEPS])
{
    uint64_t gaps = ~mask << 1;
    for (size_t s = 0; s < CN_STEPS; s++) {
        uint64_t odd = gaps; /* bits with an odd number of gaps at and below them */
        for (size_t shift = 1; shift < 64; shift *= 2) {
            odd ^= odd << shift;
        }
        steps_out[s] = odd & mask;
        mask = (mask ^ steps_out[s]) | steps_out[s] >> (1U << s);
        gaps &= ~odd;
    }
}

static uint64_t compress(uint64_t word, const uint64_t steps[CN_STEPS])
{
    for (size_t s = 0; s < CN_STEPS; s++) {
        uint64_t moved = word & steps[s];
        word = (word ^ moved) | moved >> (1U << s);
    }
    return word;
}

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
        find_steps(mask[w], rows_out->steps[w]);
    }
    for (; count % 64 != 0; count++) {
        rows_out->at[count] = rows_out->at[count - 1];
    }
}

/* Bit i: row first + i of the list has none. */
static void gather_missing(const uint64_t *missing, const struct cn_kernel_rows *rows, size_t first,
                           struct cn_kernel_gathered *out)
{
    size_t begin = rows->at[first] / 64;
    size_t end = rows->at[first + out->rows - 1] / 64 + 1;
    uint64_t any = 0;
    memset(out->missing, 0, sizeof(out->missing));
    for (size_t w = begin; w < end; w++) {
        any |= missing[w];
    }
    for (size_t w = begin; w < end && any != 0; w++) {
        uint64_t word = compress(missing[w] & rows->mask[w], rows->steps[w]);
        size_t to = rows->before[w];
        if (to < first) {
            word >>= first - to; /* the word's first rows are of the part before */
            to = first;
        }
        to -= first;
        out->missing[to / 64] |= word << to % 64;
        out->missing[to / 64 + 1] |= word >> 1 >> (63 - to % 64);
    }
}

void cn_kernel_gather(const struct cn_kernel_input *block, const struct cn_kernel_rows *rows,
                      size_t first, struct cn_kernel_gathered *out)
{
    const uint16_t *at = rows->at + first;
    const double *values = block->values;
    const size_t last = at[out->rows - 1];
    for (size_t i = at[0]; i <= last; i += LINE_VALUES) {
        prefetch_line(values + i);
    }
    for (size_t i = 0; i < out->rows; i += 4) {
        out->values[i] = values[at[i]];
        out->values[i + 1] = values[at[i + 1]];
        out->values[i + 2] = values[at[i + 2]];
        out->values[i + 3] = values[at[i + 3]];
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
