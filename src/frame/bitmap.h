/*
 * Sets of rows of a frame, one bit a row: what is dirty, what a user may see, what a filter
 * matches.
 *
 * Bits past `rows` in the last word are always 0.  One thread at a time.
 */
#ifndef CAIRN_FRAME_BITMAP_H
#define CAIRN_FRAME_BITMAP_H

#include "base/base.h"

struct cn_bitmap {
    uint64_t *words;
    size_t rows;
    size_t capacity_words;
};

/* A zeroed struct is an empty set over no rows. */
void cn_bitmap_deinit(struct cn_bitmap *bitmap);

/* Grows or shrinks to `rows`; new rows are not in the set. */
void cn_bitmap_resize(struct cn_bitmap *bitmap, size_t rows);

void cn_bitmap_fill(struct cn_bitmap *bitmap, bool value);
size_t cn_bitmap_count(const struct cn_bitmap *bitmap);
bool cn_bitmap_is_empty(const struct cn_bitmap *bitmap);

/* The first member at or after `from`; false if there is none. */
bool cn_bitmap_next(const struct cn_bitmap *bitmap, size_t from, size_t *row_out);

/* Both of the same number of rows; the result goes to `into`. */
void cn_bitmap_and(struct cn_bitmap *into, const struct cn_bitmap *other);
void cn_bitmap_or(struct cn_bitmap *into, const struct cn_bitmap *other);
void cn_bitmap_and_not(struct cn_bitmap *into, const struct cn_bitmap *other);
void cn_bitmap_copy(struct cn_bitmap *into, const struct cn_bitmap *other);

/* Writes the members, ascending, to rows_out, which has room for cn_bitmap_count() of them. */
size_t cn_bitmap_list(const struct cn_bitmap *bitmap, uint32_t *rows_out);

static inline bool cn_bitmap_has(const struct cn_bitmap *bitmap, size_t row)
{
    return (bitmap->words[row / 64] >> (row % 64) & 1) != 0;
}

static inline void cn_bitmap_add(struct cn_bitmap *bitmap, size_t row)
{
    bitmap->words[row / 64] |= UINT64_C(1) << (row % 64);
}

static inline void cn_bitmap_remove(struct cn_bitmap *bitmap, size_t row)
{
    bitmap->words[row / 64] &= ~(UINT64_C(1) << (row % 64));
}

#endif
