/*
 * A page without sorting everything.  Each row gets a key of 64 bits that orders as its value; a
 * radix select then narrows the candidates to the buckets that hold the page, 16 bits at a time,
 * and what is left, hardly more than the page, is selected and sorted by full comparison.
 */
#include "frame/list.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum {
    DIGIT_BITS = 11,
    DIGITS = 1 << DIGIT_BITS,
    SMALL = 64 /* fewer candidates than this are sorted at once */
};

struct candidate {
    uint64_t key;
    uint32_t row;
};

struct order {
    const struct cn_frame *frame;
    const struct cn_column *sort;
    bool descending;
};

static uint64_t flip(uint64_t key, bool descending)
{
    return descending ? ~key : key;
}

/* Sign bit set: the larger the smaller; else above all of those. */
static uint64_t f64_key(double value)
{
    uint64_t bits = 0;
    if (value == 0) {
        value = 0; /* -0 is 0 */
    }
    memcpy(&bits, &value, sizeof(bits));
    return bits >> 63 != 0 ? ~bits : bits | UINT64_C(1) << 63;
}

static uint64_t value_key(const struct order *order, size_t row)
{
    const struct cn_column *column = order->sort;
    switch (column->type) {
    case CN_COLUMN_F64:
        return f64_key(column->as.f64[row]);
    case CN_COLUMN_I64:
    case CN_COLUMN_TIME:
    case CN_COLUMN_SPAN:
        return (uint64_t)column->as.i64[row] ^ UINT64_C(1) << 63;
    case CN_COLUMN_BOOL:
        return column->as.flag[row];
    case CN_COLUMN_STR:
        return cn_interned_order(cn_frame_strings(order->frame), column->as.str[row]);
    }
    return 0;
}

static int compare(const void *a, const void *b, void *arg)
{
    const struct candidate *x = a;
    const struct candidate *y = b;
    const struct order *order = arg;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    if (order->sort != NULL && order->sort->type == CN_COLUMN_STR) {
        int by_text = cn_interned_compare(cn_frame_strings(order->frame),
                                          order->sort->as.str[x->row], order->sort->as.str[y->row]);
        if (by_text != 0) {
            return order->descending ? -by_text : by_text;
        }
    }
    const int64_t *accounts = cn_frame_accounts(order->frame);
    return (accounts[x->row] > accounts[y->row]) - (accounts[x->row] < accounts[y->row]);
}

/*
 * Keeps of `items` only the ones that can be in [*offset, *offset + limit) of the whole order;
 * *offset is moved to count from the first that is kept.
 */
static size_t narrow(struct candidate *items, size_t count, size_t *offset, size_t limit)
{
    size_t *histogram = cn_heap_resize(NULL, DIGITS * sizeof(*histogram));
    int shift = 64 - DIGIT_BITS;
    for (; shift > 0 && count > limit + SMALL; shift -= DIGIT_BITS) {
        memset(histogram, 0, DIGITS * sizeof(*histogram));
        for (size_t i = 0; i < count; i++) {
            histogram[items[i].key >> shift & (DIGITS - 1)]++;
        }
        size_t first = 0;
        size_t before = 0;
        while (before + histogram[first] <= *offset) {
            before += histogram[first++];
        }
        size_t last = first;
        size_t through = before + histogram[first];
        while (through < *offset + limit && last < DIGITS - 1) {
            through += histogram[++last];
        }
        size_t kept = 0;
        for (size_t i = 0; i < count; i++) {
            size_t digit = items[i].key >> shift & (DIGITS - 1);
            if (digit >= first && digit <= last) {
                items[kept++] = items[i];
            }
        }
        *offset -= before;
        count = kept;
        if (first != last) {
            break; /* the next digits order only within a bucket */
        }
    }
    free(histogram);
    return count;
}

static void swap(struct candidate *items, size_t a, size_t b)
{
    struct candidate item = items[a];
    items[a] = items[b];
    items[b] = item;
}

/* Quickselect: afterwards nothing before `at` orders after it, and nothing behind it before. */
static void select_at(struct candidate *items, size_t count, size_t at, const struct order *order)
{
    void *arg = (void *)(uintptr_t)order;
    size_t low = 0;
    size_t high = count; /* the item is in [low, high) */
    while (high - low > SMALL) {
        swap(items, low + (high - low) / 2, high - 1); /* no run of sorted input is slow */
        struct candidate pivot = items[high - 1];
        size_t less = low;
        for (size_t i = low; i < high - 1; i++) {
            if (compare(&items[i], &pivot, arg) < 0) {
                swap(items, i, less++);
            }
        }
        swap(items, less, high - 1);
        if (at == less) {
            return;
        }
        if (at < less) {
            high = less;
        } else {
            low = less + 1;
        }
    }
    qsort_r(items + low, high - low, sizeof(*items), compare, arg);
}

/* The candidates of one kind: with a value, or without. */
static size_t collect(const struct order *order, const struct cn_bitmap *match, bool missing,
                      struct candidate *items)
{
    size_t count = 0;
    for (size_t i = 0; i < (match->rows + 63) / 64; i++) {
        uint64_t word = match->words[i];
        if (order->sort != NULL) {
            word &= missing ? order->sort->missing[i] : ~order->sort->missing[i];
        } else if (missing) {
            word = 0;
        }
        for (; word != 0; word &= word - 1) {
            size_t row = i * 64 + (size_t)__builtin_ctzll(word);
            uint64_t key = 0;
            if (order->sort == NULL || missing) {
                key = (uint64_t)cn_frame_accounts(order->frame)[row];
            } else {
                key = flip(value_key(order, row), order->descending);
            }
            items[count++] = (struct candidate){ key, (uint32_t)row };
        }
    }
    return count;
}

/* Adds to the page those of `items` that lie in [offset, offset + limit) of their order. */
static void take(const struct order *order, struct candidate *items, size_t count, size_t offset,
                 size_t limit, struct cn_list_page *page)
{
    if (offset >= count || limit == 0) {
        return;
    }
    count = narrow(items, count, &offset, limit);
    size_t end = offset + limit < count ? offset + limit : count;
    select_at(items, count, offset, order);
    if (end < count) {
        select_at(items + offset, count - offset, end - offset, order);
    }
    qsort_r(items + offset, end - offset, sizeof(*items), compare, (void *)(uintptr_t)order);
    for (size_t i = offset; i < end; i++) {
        page->rows[page->count++] = items[i].row;
    }
}

void cn_frame_list(const struct cn_frame *frame, const struct cn_list_query *query,
                   struct cn_arena *arena, struct cn_list_page *page_out)
{
    struct order order = { frame, query->sort, query->descending };
    const struct cn_bitmap *match = query->match != NULL ? query->match : cn_frame_live(frame);
    size_t total = cn_bitmap_count(match);
    size_t room = query->limit < total ? query->limit : total;
    struct cn_list_page page = { .rows = cn_arena_array(arena, uint32_t, room), .total = total };
    struct candidate *items = cn_heap_resize(NULL, (total + 1) * sizeof(*items));
    size_t present = collect(&order, match, false, items);
    take(&order, items, present, query->offset, query->limit, &page);
    if (page.count < room && present < total && query->offset + query->limit > present) {
        struct order by_id = { frame, NULL, false };
        size_t missing = collect(&order, match, true, items);
        size_t offset = query->offset > present ? query->offset - present : 0;
        take(&by_id, items, missing, offset, query->limit - page.count, &page);
    }
    free(items);
    *page_out = page;
}

static bool is_one_of(const int64_t *values, size_t count, int64_t value)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i] == value) {
            return true;
        }
    }
    return false;
}

/* Calls for each live row with a value. */
#define FOR_EACH_PRESENT(row, frame, column)                                             \
    for (size_t row = 0, more_ = cn_bitmap_next(cn_frame_live(frame), 0, &(row)); more_; \
         more_ = cn_bitmap_next(cn_frame_live(frame), (row) + 1, &(row)))                \
        if (!cn_column_is_missing(column, row))

void cn_bitmap_where_i64(struct cn_bitmap *into, const struct cn_frame *frame,
                         const struct cn_column *column, const int64_t *values, size_t count)
{
    cn_bitmap_resize(into, cn_frame_rows(frame));
    cn_bitmap_fill(into, false);
    FOR_EACH_PRESENT (row, frame, column) {
        if (is_one_of(values, count, column->as.i64[row])) {
            cn_bitmap_add(into, row);
        }
    }
}

void cn_bitmap_where_f64(struct cn_bitmap *into, const struct cn_frame *frame,
                         const struct cn_column *column, double low, double high)
{
    cn_bitmap_resize(into, cn_frame_rows(frame));
    cn_bitmap_fill(into, false);
    FOR_EACH_PRESENT (row, frame, column) {
        if (column->as.f64[row] >= low && column->as.f64[row] <= high) {
            cn_bitmap_add(into, row);
        }
    }
}

static bool contains(cn_str text, cn_str needle)
{
    for (size_t i = 0; i + needle.len <= text.len; i++) {
        if (cn_str_equal_nocase(cn_str_slice(text, i, i + needle.len), needle)) {
            return true;
        }
    }
    return false;
}

void cn_bitmap_where_text(struct cn_bitmap *into, const struct cn_frame *frame,
                          const struct cn_column *column, cn_str needle)
{
    cn_bitmap_resize(into, cn_frame_rows(frame));
    cn_bitmap_fill(into, false);
    FOR_EACH_PRESENT (row, frame, column) {
        if (contains(cn_interned(cn_frame_strings(frame), column->as.str[row]), needle)) {
            cn_bitmap_add(into, row);
        }
    }
}
