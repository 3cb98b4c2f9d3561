/*
 * The page of 50 rows of a list of 100,000 accounts, with its exact total, by the first, a middle
 * and the last offset: over distinct numbers, over few distinct ones, and over names.  Prints
 * microseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"

#include "frame/list.h"

enum {
    ROWS = 100 * 1000,
    ROUNDS = 200
};

static void measure(const char *title, const struct cn_frame *frame, const struct cn_column *column,
                    const struct cn_bitmap *match)
{
    static const size_t offsets[] = { 0, ROWS / 4, ROWS / 2 - 60 };
    struct cn_arena arena;
    cn_arena_init(&arena, 1 << 16);
    for (size_t o = 0; o < CN_ARRAY_LEN(offsets); o++) {
        int64_t start = cn_clock_monotonic_us();
        size_t shown = 0;
        for (int r = 0; r < ROUNDS; r++) {
            struct cn_list_query query = { match, column, true, offsets[o], 50 };
            struct cn_list_page page;
            cn_frame_list(frame, &query, &arena, &page);
            shown += page.count;
            cn_arena_reset(&arena);
        }
        int64_t took = cn_clock_monotonic_us() - start;
        printf("%s, offset %zu: %.0f us a page (%zu rows)\n", title, offsets[o],
               (double)took / ROUNDS, shown / ROUNDS);
    }
    cn_arena_deinit(&arena);
}

int main(void)
{
    struct cn_interner *strings = cn_interner_new();
    struct cn_frame *frame = cn_frame_new(strings);
    struct cn_column numbers;
    struct cn_column points;
    struct cn_column names;
    struct cn_bitmap match = { 0 };
    struct cn_rng rng = { 9 };
    cn_heap_tune();
    cn_column_init(&numbers, CN_COLUMN_F64);
    cn_column_init(&points, CN_COLUMN_I64);
    cn_column_init(&names, CN_COLUMN_STR);
    cn_column_reserve(&numbers, ROWS);
    cn_column_reserve(&points, ROWS);
    cn_column_reserve(&names, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        char name[40];
        int len = snprintf(name, sizeof(name), "Account %05lld",
                           (long long)cn_rng_between(&rng, 0, 99999));
        (void)cn_frame_add(frame, (int64_t)i + 1);
        cn_column_set_f64(&numbers, i, cn_rng_unit(&rng) * 1e6);
        cn_column_set_i64(&points, i, cn_rng_between(&rng, 0, 100) * 1000);
        cn_column_set_str(&names, i, cn_intern(strings, (cn_str){ name, (size_t)len }));
    }
    cn_bitmap_copy(&match, cn_frame_live(frame));
    for (size_t i = 0; i < ROWS; i += 2) { /* a filter that leaves half */
        cn_bitmap_remove(&match, i);
    }
    measure("arr, all", frame, &numbers, NULL);
    measure("arr, half", frame, &numbers, &match);
    measure("score, all", frame, &points, NULL);
    measure("name, all", frame, &names, NULL);
    cn_bitmap_deinit(&match);
    cn_column_deinit(&numbers);
    cn_column_deinit(&points);
    cn_column_deinit(&names);
    cn_frame_free(frame);
    cn_interner_free(strings);
    return 0;
}
