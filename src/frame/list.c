/*
 * A page without sorting everything.  Each row gets a key of 64 bits that orders as its value.  A
 * sample tells between which keys the page lies, most often rightly: then rows are looked at once
 * and only those are kept.  Otherwise a histogram of all keys between the least and the greatest
 * tells in which buckets the page lies, again within these until hardly more than the page is left.
 * What is left is selected and sorted by full comparison.
 */
#include "frame/list.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum {
    BUCKET_BITS = 12,
    BUCKETS = 1 << BUCKET_BITS,
    SMALL = 64,         /* fewer candidates than this are sorted at once */
    SAMPLES = 1024,     /* rows, at most, by which it is guessed where a page lies */
    WINDOW_ROWS = 8192, /* that are sorted for a page, if so few are about there */
};

struct candidate {
    uint64_t key;
    uint32_t row;
};

struct order {
    const struct cn_frame *frame;
    const struct cn_column *sort;
    uint64_t flip; /* of keys: all bits if descending */
};

/* Sign bit set: the larger the smaller; else above all of those. */
static inline uint64_t f64_key(double value)
{
    uint64_t bits = 0;
    double plain = value + 0.0; /* -0 is 0 */
    memcpy(&bits, &plain, sizeof(bits));
    uint64_t is_negative = (uint64_t)0 - (bits >> 63);
    return bits ^ (is_negative | UINT64_C(1) << 63);
}

static inline uint64_t i64_key(int64_t value)
{
    return (uint64_t)value ^ UINT64_C(1) << 63;
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
            return order->flip != 0 ? -by_text : by_text;
        }
    }
    const int64_t *accounts = cn_frame_accounts(order->frame);
    return (accounts[x->row] > accounts[y->row]) - (accounts[x->row] < accounts[y->row]);
}

/* Keys of the candidates: all rows of `match` with a value, or all without. */
static size_t list_rows(const struct cn_bitmap *match, const struct cn_column *sort, bool missing,
                        struct candidate *items)
{
    size_t count = 0;
    for (size_t w = 0; w < (match->rows + 63) / 64; w++) {
        uint64_t word = match->words[w];
        if (sort != NULL) {
            word &= missing ? sort->missing[w] : ~sort->missing[w];
        }
        if (word == ~UINT64_C(0)) {
            for (size_t b = 0; b < 64; b++) {
                items[count + b].row = (uint32_t)(w * 64 + b);
            }
            count += 64;
            continue;
        }
        for (; word != 0; word &= word - 1) {
            items[count++].row = (uint32_t)(w * 64 + (size_t)__builtin_ctzll(word));
        }
    }
    return count;
}

#define SET_KEYS(expression)                       \
    for (size_t i = 0; i < count; i++) {           \
        uint32_t row = items[i].row;               \
        items[i].key = (expression) ^ order->flip; \
    }                                              \
    break

/* Part `part` of the keys; only texts have more than one. */
static void set_keys(const struct order *order, int part, struct candidate *items, size_t count)
{
    const struct cn_column *sort = order->sort;
    const struct cn_interner *strings = cn_frame_strings(order->frame);
    const int64_t *accounts = cn_frame_accounts(order->frame);
    if (sort == NULL) {
        for (size_t i = 0; i < count; i++) {
            items[i].key = i64_key(accounts[items[i].row]) ^ order->flip;
        }
        return;
    }
    switch (sort->type) {
    case CN_COLUMN_F64:
        SET_KEYS(f64_key(sort->as.f64[row]));
    case CN_COLUMN_I64:
    case CN_COLUMN_TIME:
    case CN_COLUMN_SPAN:
        SET_KEYS(i64_key(sort->as.i64[row]));
    case CN_COLUMN_BOOL:
        SET_KEYS((uint64_t)sort->as.flag[row]);
    case CN_COLUMN_STR:
        SET_KEYS(cn_interned_order(strings, sort->as.str[row], part));
    }
}

static int shift_for(const struct candidate *items, size_t count, uint64_t *least_out)
{
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    for (size_t i = 0; i < count; i++) {
        least = items[i].key < least ? items[i].key : least;
        most = items[i].key > most ? items[i].key : most;
    }
    *least_out = least;
    int bits = most == least ? 0 : 64 - __builtin_clzll(most - least);
    return bits > BUCKET_BITS ? bits - BUCKET_BITS : 0;
}

/*
 * Keeps of `items` only the ones that can be in [*offset, *offset + limit) of their order; *offset
 * is moved to count from the first that is kept.  False if their keys tell nothing more.
 */
static bool narrow(struct candidate *items, size_t *count, size_t *offset, size_t limit)
{
    uint32_t histogram[BUCKETS] = { 0 };
    uint64_t least = 0;
    int shift = shift_for(items, *count, &least);
    for (size_t i = 0; i < *count; i++) {
        histogram[(items[i].key - least) >> shift]++;
    }
    size_t first = 0;
    size_t before = 0;
    while (before + histogram[first] <= *offset) {
        before += histogram[first++];
    }
    size_t last = first;
    size_t through = before + histogram[first];
    while (through < *offset + limit && last < BUCKETS - 1) {
        through += histogram[++last];
    }
    uint64_t from = least + ((uint64_t)first << shift);
    uint64_t width = ((uint64_t)(last - first + 1) << shift) - 1;
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        items[kept] = items[i];
        kept += items[i].key - from <= width;
    }
    *offset -= before;
    *count = kept;
    return shift > 0 && first == last;
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

static bool all_equal(const struct candidate *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (items[i].key != items[0].key) {
            return false;
        }
    }
    return true;
}

/* Adds to the page those of `items` that lie in [offset, offset + limit) of their order. */
static void take(const struct order *order, struct candidate *items, size_t count, size_t offset,
                 size_t limit, struct cn_list_page *page)
{
    bool is_text = order->sort != NULL && order->sort->type == CN_COLUMN_STR;
    int parts = is_text ? CN_INTERNED_ORDER_PARTS : 1;
    if (offset >= count || limit == 0) {
        return;
    }
    bool is_equal = true;
    for (int part = 0; part < parts && is_equal && count > limit + SMALL; part++) {
        set_keys(order, part, items, count);
        while (narrow(items, &count, &offset, limit) && count > limit + SMALL) {
        }
        is_equal = all_equal(items, count); /* only then does the next part order them */
    }
    set_keys(order, 0, items, count);
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

static inline uint64_t key_of(const struct order *order, enum cn_column_type type, size_t row)
{
    switch (type) {
    case CN_COLUMN_F64:
        return f64_key(order->sort->as.f64[row]) ^ order->flip;
    case CN_COLUMN_I64:
    case CN_COLUMN_TIME:
    case CN_COLUMN_SPAN:
        return i64_key(order->sort->as.i64[row]) ^ order->flip;
    case CN_COLUMN_BOOL:
        return order->sort->as.flag[row] ^ order->flip;
    case CN_COLUMN_STR:
        return cn_interned_order(cn_frame_strings(order->frame), order->sort->as.str[row], 0) ^
               order->flip;
    }
    return 0;
}

/* The rows of one word of the match that have a value. */
static inline uint64_t present_word(const struct order *order, const struct cn_bitmap *match,
                                    size_t w)
{
    return match->words[w] & (order->sort == NULL ? ~UINT64_C(0) : ~order->sort->missing[w]);
}

static size_t count_present(const struct order *order, const struct cn_bitmap *match)
{
    size_t count = 0;
    for (size_t w = 0; w < (match->rows + 63) / 64; w++) {
        count += (size_t)__builtin_popcountll(present_word(order, match, w));
    }
    return count;
}

/* Keys between which a page is expected, both included. */
struct window {
    uint64_t least;
    uint64_t most;
};

/* From a sample, by ranks of the page in it, with twice their standard deviation on either side. */
static struct window guess_window(const struct order *order, const struct cn_bitmap *match,
                                  const struct cn_list_query *query, size_t present,
                                  struct candidate *samples)
{
    const size_t words = (match->rows + 63) / 64;
    const size_t step = words / SAMPLES + 1;
    size_t count = 0;
    for (size_t w = 0; w < words; w += step) {
        uint64_t word = present_word(order, match, w);
        if (word != 0) {
            samples[count++].row = (uint32_t)(w * 64 + (size_t)__builtin_ctzll(word));
        }
    }
    set_keys(order, 0, samples, count);
    const double share = (double)query->offset / (double)present;
    const double margin = 2 * sqrt((double)count * share * (1 - share)) + 2;
    const double low = (double)count * share - margin;
    const double high =
        (double)count * (double)(query->offset + query->limit) / (double)present + margin;
    struct window window = { .least = 0, .most = UINT64_MAX };
    if (high < (double)count) {
        select_at(samples, count, (size_t)high, order);
        window.most = samples[(size_t)high].key;
        count = (size_t)high;
    }
    if (low > 0 && low < (double)count) {
        select_at(samples, count, (size_t)low, order);
        window.least = samples[(size_t)low].key;
    }
    return window;
}

/* The rows of the window, and how many are before it; false if they are too many.  Inlined with a
 * constant type. */
static inline __attribute__((always_inline)) bool look_through(
    const struct order *order, enum cn_column_type type, const struct cn_bitmap *match,
    const struct window *window, struct candidate *items, size_t *count_out, size_t *before_out)
{
    const uint64_t least = window->least;
    const uint64_t width = window->most - least;
    size_t count = 0;
    size_t before = 0;
    for (size_t w = 0; w < (match->rows + 63) / 64; w++) {
        if (count > WINDOW_ROWS - 64) {
            return false;
        }
        for (uint64_t word = present_word(order, match, w); word != 0; word &= word - 1) {
            const size_t row = w * 64 + (size_t)__builtin_ctzll(word);
            const uint64_t key = key_of(order, type, row);
            if (key - least <= width) {
                items[count++] = (struct candidate){ key, (uint32_t)row };
            }
            before += key < least;
        }
    }
    *count_out = count;
    *before_out = before;
    return true;
}

static bool look(const struct order *order, const struct cn_bitmap *match,
                 const struct window *window, struct candidate *items, size_t *count_out,
                 size_t *before_out)
{
    switch (order->sort->type) {
    case CN_COLUMN_F64:
        return look_through(order, CN_COLUMN_F64, match, window, items, count_out, before_out);
    case CN_COLUMN_I64:
    case CN_COLUMN_TIME:
    case CN_COLUMN_SPAN:
        return look_through(order, CN_COLUMN_I64, match, window, items, count_out, before_out);
    case CN_COLUMN_BOOL:
        return look_through(order, CN_COLUMN_BOOL, match, window, items, count_out, before_out);
    case CN_COLUMN_STR:
        return look_through(order, CN_COLUMN_STR, match, window, items, count_out, before_out);
    }
    return false;
}

/* A page of rows that all have a value, from those that a sample says are about there.  False if it
 * was wrong, or too many are. */
static bool sampled_page(const struct order *order, const struct cn_bitmap *match,
                         const struct cn_list_query *query, struct cn_list_page *page)
{
    struct candidate items[WINDOW_ROWS]; /* the heap would give it back, and get it page by page */
    const size_t present = order->sort == NULL ? 0 : count_present(order, match);
    const size_t end = query->offset + query->limit;
    size_t count = 0;
    size_t before = 0;
    if (query->offset >= present || query->limit > present - query->offset) {
        return false;
    }
    const struct window window = present > WINDOW_ROWS - 64
                                     ? guess_window(order, match, query, present, items)
                                     : (struct window){ .least = 0, .most = UINT64_MAX };
    if (!look(order, match, &window, items, &count, &before) || before > query->offset ||
        before + count < end) {
        return false;
    }
    take(order, items, count, query->offset - before, query->limit, page);
    return true;
}

/* Any page: from all candidates. */
static void any_page(const struct order *order, const struct cn_bitmap *match,
                     const struct cn_list_query *query, size_t room, struct cn_list_page *page)
{
    struct candidate *items = cn_heap_resize(NULL, (page->total + 1) * sizeof(*items));
    size_t present = list_rows(match, query->sort, false, items);
    take(order, items, present, query->offset, query->limit, page);
    if (page->count < room && present < page->total && query->offset + query->limit > present) {
        struct order by_id = { order->frame, NULL, 0 };
        size_t missing = list_rows(match, query->sort, true, items);
        size_t offset = query->offset > present ? query->offset - present : 0;
        take(&by_id, items, missing, offset, query->limit - page->count, page);
    }
    free(items);
}

void cn_frame_list(const struct cn_frame *frame, const struct cn_list_query *query,
                   struct cn_arena *arena, struct cn_list_page *page_out)
{
    struct order order = { frame, query->sort, query->descending ? UINT64_MAX : 0 };
    const struct cn_bitmap *match = query->match != NULL ? query->match : cn_frame_live(frame);
    size_t total = cn_bitmap_count(match);
    size_t room = query->limit < total ? query->limit : total;
    struct cn_list_page page = { .rows = cn_arena_array(arena, uint32_t, room), .total = total };
    if (!sampled_page(&order, match, query, &page)) {
        any_page(&order, match, query, room, &page);
    }
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
