/* A page has the details of a rule for a block of rows: a bit a row says who has one, and they
 * stand in the order of rows. */
#include "signal/detail.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#include "frame/column.h"

enum {
    PAGE_WORDS = CN_BLOCK_ROWS / 64,
    FIRST_CAPACITY = 4,
};

struct cn_signal_page {
    uint64_t has[PAGE_WORDS];
    uint16_t before[PAGE_WORDS]; /* how many stand before those of the word */
    uint16_t count;
    uint16_t capacity;
    struct cn_signal_detail items[];
};

void cn_signal_details_init(struct cn_signal_details *details, size_t rule_count)
{
    *details = (struct cn_signal_details){ .rule_count = rule_count };
}

void cn_signal_details_deinit(struct cn_signal_details *details)
{
    for (size_t i = 0; i < details->rule_count * details->block_capacity; i++) {
        free(details->pages[i]);
    }
    free(details->pages);
    *details = (struct cn_signal_details){ 0 };
}

void cn_signal_details_resize(struct cn_signal_details *details, size_t rows)
{
    const size_t wanted = (rows + CN_BLOCK_ROWS - 1) / CN_BLOCK_ROWS;
    const size_t had = details->block_capacity * details->rule_count;
    if (wanted <= details->block_capacity) {
        return;
    }
    details->block_capacity = wanted + wanted / 2;
    const size_t count = details->block_capacity * details->rule_count;
    details->pages = cn_heap_resize(details->pages, (count + 1) * sizeof(details->pages[0]));
    memset(details->pages + had, 0, (count - had) * sizeof(details->pages[0]));
}

static struct cn_signal_page **page_of(const struct cn_signal_details *details, size_t rule,
                                       size_t row)
{
    assert(rule < details->rule_count && row / CN_BLOCK_ROWS < details->block_capacity);
    return &details->pages[row / CN_BLOCK_ROWS * details->rule_count + rule];
}

static uint64_t bit_of(size_t row)
{
    return UINT64_C(1) << (row % 64);
}

static bool has(const struct cn_signal_page *page, size_t row)
{
    return page != NULL && (page->has[row % CN_BLOCK_ROWS / 64] & bit_of(row)) != 0;
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
    const struct cn_signal_page *page = *page_of(details, rule, row);
    return has(page, row) ? &page->items[place_of(page, row)] : NULL;
}

static struct cn_signal_page *grow(struct cn_signal_page *page)
{
    const uint16_t capacity = page == NULL ? FIRST_CAPACITY : (uint16_t)(page->capacity * 2);
    struct cn_signal_page *grown =
        cn_heap_resize(page, sizeof(*page) + capacity * sizeof(page->items[0]));
    if (page == NULL) {
        memset(grown, 0, sizeof(*grown));
    }
    grown->capacity = capacity;
    return grown;
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
    struct cn_signal_page **at = page_of(details, rule, row);
    if (has(*at, row)) {
        return &(*at)->items[place_of(*at, row)];
    }
    if (*at == NULL || (*at)->count == (*at)->capacity) {
        *at = grow(*at);
    }
    struct cn_signal_page *page = *at;
    const size_t place = place_of(page, row);
    struct cn_signal_detail *item = &page->items[place];
    memmove(item + 1, item, (page->count - place) * sizeof(*item));
    *item = (struct cn_signal_detail){ 0 };
    mark(page, row, 1);
    return item;
}

void cn_signal_details_drop(struct cn_signal_details *details, size_t rule, size_t row)
{
    struct cn_signal_page *page = *page_of(details, rule, row);
    if (!has(page, row)) {
        return;
    }
    const size_t place = place_of(page, row);
    struct cn_signal_detail *item = &page->items[place];
    memmove(item, item + 1, (page->count - place - 1) * sizeof(*item));
    mark(page, row, -1);
}

void cn_signal_details_prefetch(const struct cn_signal_details *details, size_t rule, size_t row)
{
    if (row / CN_BLOCK_ROWS < details->block_capacity) {
        __builtin_prefetch(*page_of(details, rule, row));
    }
}
