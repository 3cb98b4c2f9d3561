#include "frame/bitmap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static size_t words_of(size_t rows)
{
    return (rows + 63) / 64;
}

static void clear_tail(struct cn_bitmap *bitmap)
{
    if (bitmap->rows % 64 != 0) {
        bitmap->words[bitmap->rows / 64] &= (UINT64_C(1) << (bitmap->rows % 64)) - 1;
    }
}

void cn_bitmap_deinit(struct cn_bitmap *bitmap)
{
    free(bitmap->words);
    *bitmap = (struct cn_bitmap){ 0 };
}

void cn_bitmap_resize(struct cn_bitmap *bitmap, size_t rows)
{
    size_t had = words_of(bitmap->rows);
    size_t wants = words_of(rows);
    if (wants > bitmap->capacity_words) {
        size_t capacity = wants + wants / 2;
        bitmap->words = cn_heap_resize(bitmap->words, capacity * sizeof(uint64_t));
        bitmap->capacity_words = capacity;
    }
    if (wants > had) {
        memset(bitmap->words + had, 0, (wants - had) * sizeof(uint64_t));
    }
    bitmap->rows = rows;
    if (rows > 0) {
        clear_tail(bitmap);
    }
}

void cn_bitmap_fill(struct cn_bitmap *bitmap, bool value)
{
    if (bitmap->rows > 0) {
        memset(bitmap->words, value ? 0xFF : 0, words_of(bitmap->rows) * sizeof(uint64_t));
        clear_tail(bitmap);
    }
}

size_t cn_bitmap_count(const struct cn_bitmap *bitmap)
{
    size_t count = 0;
    for (size_t i = 0; i < words_of(bitmap->rows); i++) {
        count += (size_t)__builtin_popcountll(bitmap->words[i]);
    }
    return count;
}

bool cn_bitmap_is_empty(const struct cn_bitmap *bitmap)
{
    size_t row = 0;
    return !cn_bitmap_next(bitmap, 0, &row);
}

bool cn_bitmap_next(const struct cn_bitmap *bitmap, size_t from, size_t *row_out)
{
    if (from >= bitmap->rows) {
        return false;
    }
    size_t i = from / 64;
    uint64_t word = bitmap->words[i] & (~UINT64_C(0) << (from % 64));
    while (word == 0) {
        if (++i == words_of(bitmap->rows)) {
            return false;
        }
        word = bitmap->words[i];
    }
    *row_out = i * 64 + (size_t)__builtin_ctzll(word);
    return true;
}

void cn_bitmap_and(struct cn_bitmap *into, const struct cn_bitmap *other)
{
    assert(into->rows == other->rows);
    for (size_t i = 0; i < words_of(into->rows); i++) {
        into->words[i] &= other->words[i];
    }
}

void cn_bitmap_or(struct cn_bitmap *into, const struct cn_bitmap *other)
{
    assert(into->rows == other->rows);
    for (size_t i = 0; i < words_of(into->rows); i++) {
        into->words[i] |= other->words[i];
    }
}

void cn_bitmap_and_not(struct cn_bitmap *into, const struct cn_bitmap *other)
{
    assert(into->rows == other->rows);
    for (size_t i = 0; i < words_of(into->rows); i++) {
        into->words[i] &= ~other->words[i];
    }
}

void cn_bitmap_copy(struct cn_bitmap *into, const struct cn_bitmap *other)
{
    cn_bitmap_resize(into, other->rows);
    if (other->rows > 0) {
        memcpy(into->words, other->words, words_of(other->rows) * sizeof(uint64_t));
    }
}

size_t cn_bitmap_list(const struct cn_bitmap *bitmap, uint32_t *rows_out)
{
    size_t count = 0;
    for (size_t i = 0; i < words_of(bitmap->rows); i++) {
        for (uint64_t word = bitmap->words[i]; word != 0; word &= word - 1) {
            rows_out[count++] = (uint32_t)(i * 64 + (size_t)__builtin_ctzll(word));
        }
    }
    return count;
}
