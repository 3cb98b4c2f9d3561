/*
 * A page has the details of a rule for a block of rows: a bit a row says who has one, and they
 * stand in the order of rows, in a run of the pool.  Pages and pool of many rows are a long array
 * each, since a processor finds its way in a million small pieces far slower than what it does
 * there takes; and they are those of some rows alone, so that threads can work on others.
 */
#include "signal/detail.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#include "frame/column.h"

enum {
    PAGE_WORDS = CN_BLOCK_ROWS / 64,
    STRETCH_BLOCKS = CN_STRETCH_ROWS / CN_BLOCK_ROWS,
    FIRST_CAPACITY = 4,
    FIRST_POOL = 256,
};

_Static_assert(FIRST_CAPACITY << (CN_SIGNAL_DETAIL_SIZES - 1) >= CN_BLOCK_ROWS,
               "a page may have all rows of its block");

struct cn_signal_page {
    uint64_t has[PAGE_WORDS];
    uint16_t before[PAGE_WORDS]; /* how many stand before those of the word */
    uint16_t count;
    uint16_t capacity; /* 0, or a power of two */
    uint32_t first;    /* of its run */
};

void cn_signal_details_init(struct cn_signal_details *details, size_t rule_count)
{
    *details = (struct cn_signal_details){ .rule_count = rule_count };
}

void cn_signal_details_deinit(struct cn_signal_details *details)
{
    for (size_t i = 0; i < details->count; i++) {
        free(details->stretches[i].pages);
        free(details->stretches[i].pool);
    }
    free(details->stretches);
    *details = (struct cn_signal_details){ 0 };
}

void cn_signal_details_resize(struct cn_signal_details *details, size_t rows)
{
    const size_t wanted = (rows + CN_STRETCH_ROWS - 1) / CN_STRETCH_ROWS;
    const size_t bytes =
        details->rule_count * STRETCH_BLOCKS * sizeof(details->stretches[0].pages[0]);
    if (wanted <= details->count || bytes == 0) {
        return;
    }
    details->stretches = cn_heap_resize(details->stretches, wanted * sizeof(details->stretches[0]));
    for (; details->count < wanted; details->count++) {
        struct cn_signal_stretch *stretch = &details->stretches[details->count];
        *stretch = (struct cn_signal_stretch){ .pool_count = 1 };
        stretch->pages = cn_heap_resize_lines(NULL, 0, bytes);
        memset(stretch->pages, 0, bytes);
    }
}

static struct cn_signal_stretch *stretch_of(const struct cn_signal_details *details, size_t row)
{
    assert(row / CN_STRETCH_ROWS < details->count);
    return &details->stretches[row / CN_STRETCH_ROWS];
}

static struct cn_signal_page *page_of(const struct cn_signal_details *details, size_t rule,
                                      size_t row)
{
    assert(rule < details->rule_count);
    const size_t block = row % CN_STRETCH_ROWS / CN_BLOCK_ROWS;
    return &stretch_of(details, row)->pages[block * details->rule_count + rule];
}

static uint64_t bit_of(size_t row)
{
    return UINT64_C(1) << (row % 64);
}

static bool has(const struct cn_signal_page *page, size_t row)
{
    return (page->has[row % CN_BLOCK_ROWS / 64] & bit_of(row)) != 0;
}

/* Where the row's detail stands, or would stand. */
static size_t place_of(const struct cn_signal_page *page, size_t row)
{
    const size_t word = row % CN_BLOCK_ROWS / 64;
    const uint64_t lower = page->has[word] & (bit_of(row) - 1);
    return page->before[word] + (size_t)__builtin_popcountll(lower);
}

const struct cn_signal_detail *cn_signal_details_get(const struct cn_signal_details *details,
                                                     size_t rule, size_t row)
{
    const struct cn_signal_page *page = page_of(details, rule, row);
    return has(page, row) ? &stretch_of(details, row)->pool[page->first + place_of(page, row)]
                          : NULL;
}

/* Which of the lists of free runs has those of that capacity. */
static size_t size_of(size_t capacity)
{
    return (size_t)__builtin_ctzll(capacity / FIRST_CAPACITY);
}

static void reserve_pool(struct cn_signal_stretch *stretch, size_t count)
{
    const size_t kept = stretch->pool == NULL ? 0 : stretch->pool_count;
    size_t capacity = stretch->pool == NULL ? FIRST_POOL : stretch->pool_capacity;
    while (capacity < count) {
        capacity *= 2;
    }
    assert(capacity <= UINT32_MAX); /* a run is known by 32 bits */
    if (capacity > stretch->pool_capacity) {
        stretch->pool = cn_heap_resize_lines(stretch->pool, kept * sizeof(stretch->pool[0]),
                                             capacity * sizeof(stretch->pool[0]));
        stretch->pool_capacity = capacity;
    }
}

static uint32_t take_run(struct cn_signal_stretch *stretch, size_t capacity)
{
    uint32_t *free_run = &stretch->free_runs[size_of(capacity)];
    const uint32_t run = *free_run;
    if (run != 0) {
        *free_run = (uint32_t)stretch->pool[run].signal_id;
        return run;
    }
    reserve_pool(stretch, stretch->pool_count + capacity);
    stretch->pool_count += capacity;
    return (uint32_t)(stretch->pool_count - capacity);
}

static void give_run(struct cn_signal_stretch *stretch, uint32_t run, size_t capacity)
{
    uint32_t *free_run = &stretch->free_runs[size_of(capacity)];
    stretch->pool[run].signal_id = *free_run;
    *free_run = run;
}

static void grow(struct cn_signal_stretch *stretch, struct cn_signal_page *page)
{
    const size_t had = page->capacity;
    const size_t capacity = had == 0 ? FIRST_CAPACITY : had * 2;
    const uint32_t run = take_run(stretch, capacity);
    if (had > 0) {
        memcpy(&stretch->pool[run], &stretch->pool[page->first],
               page->count * sizeof(stretch->pool[0]));
        give_run(stretch, page->first, had);
    }
    page->first = run;
    page->capacity = (uint16_t)capacity;
}

/* The row has a detail from now on, or none; so those of later words stand one further, or less. */
static void mark(struct cn_signal_page *page, size_t row, int more)
{
    const size_t word = row % CN_BLOCK_ROWS / 64;
    page->has[word] ^= bit_of(row);
    page->count = (uint16_t)(page->count + more);
    for (size_t w = word + 1; w < PAGE_WORDS; w++) {
        page->before[w] = (uint16_t)(page->before[w] + more);
    }
}

struct cn_signal_detail *cn_signal_details_put(struct cn_signal_details *details, size_t rule,
                                               size_t row)
{
    struct cn_signal_stretch *stretch = stretch_of(details, row);
    struct cn_signal_page *page = page_of(details, rule, row);
    const size_t place = place_of(page, row);
    if (has(page, row)) {
        return &stretch->pool[page->first + place];
    }
    if (page->count == page->capacity) {
        grow(stretch, page);
    }
    struct cn_signal_detail *item = &stretch->pool[page->first + place];
    memmove(item + 1, item, (page->count - place) * sizeof(*item));
    *item = (struct cn_signal_detail){ 0 };
    mark(page, row, 1);
    return item;
}

void cn_signal_details_drop(struct cn_signal_details *details, size_t rule, size_t row)
{
    struct cn_signal_page *page = page_of(details, rule, row);
    if (!has(page, row)) {
        return;
    }
    const size_t place = place_of(page, row);
    struct cn_signal_detail *item = &stretch_of(details, row)->pool[page->first + place];
    memmove(item, item + 1, (page->count - place - 1) * sizeof(*item));
    mark(page, row, -1);
}

void cn_signal_details_prefetch(const struct cn_signal_details *details, size_t rule, size_t row)
{
    if (row / CN_STRETCH_ROWS < details->count) {
        const char *page = (const char *)page_of(details, rule, row);
        for (size_t at = 0; at < sizeof(struct cn_signal_page); at += CN_HEAP_LINE_BYTES) {
            __builtin_prefetch(page + at);
        }
    }
}
