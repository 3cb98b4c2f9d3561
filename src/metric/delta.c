#include "metric/delta.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_CAPACITY = 1024,
    KEEP_ROWS = 1 << 18
};

static const double sum_value_max = 1e9;
static const double million = 1e6;

void cn_deltas_deinit(struct cn_deltas *deltas)
{
    free(deltas->rows);
    free(deltas->row_table.slots);
    free(deltas->numbers);
    free(deltas->members);
    free(deltas->member_table.slots);
    *deltas = (struct cn_deltas){ 0 };
}

static void clear_table(struct cn_delta_table *table)
{
    if (table->slots != NULL) {
        memset(table->slots, 0, table->capacity * sizeof(table->slots[0]));
    }
}

void cn_deltas_clear(struct cn_deltas *deltas)
{
    if (deltas->capacity > KEEP_ROWS || deltas->member_capacity > KEEP_ROWS) {
        cn_deltas_deinit(deltas);
        return;
    }
    clear_table(&deltas->row_table);
    clear_table(&deltas->member_table);
    deltas->count = 0;
    deltas->number_count = 0;
    deltas->member_count = 0;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product =
        (unsigned __int128)(a ^ 0x9e3779b97f4a7c15U) * (b ^ 0xbf58476d1ce4e5b9U);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t row_hash(int64_t account_id, int32_t day, uint32_t metric)
{
    return mix((uint64_t)account_id, (uint64_t)(uint32_t)day << 32 | metric);
}

static uint64_t member_hash(uint32_t row, uint64_t member)
{
    return mix(member, row);
}

/* Doubles the table; `hash_of` tells the hash of entry number i. */
static void grow(struct cn_delta_table *table, const struct cn_deltas *deltas, size_t count,
                 uint64_t (*hash_of)(const struct cn_deltas *deltas, size_t i))
{
    free(table->slots);
    table->capacity = table->capacity == 0 ? FIRST_CAPACITY : table->capacity * 2;
    table->slots = cn_heap_resize(NULL, table->capacity * sizeof(table->slots[0]));
    clear_table(table);
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = hash_of(deltas, i);
        size_t at = hash & (table->capacity - 1);
        while (table->slots[at] != 0) {
            at = (at + 1) & (table->capacity - 1);
        }
        table->slots[at] = (hash >> 32) << 32 | (i + 1);
    }
}

static uint64_t hash_of_row(const struct cn_deltas *deltas, size_t i)
{
    const struct cn_delta *row = &deltas->rows[i];
    return row_hash(row->account_id, row->day, row->metric);
}

static uint64_t hash_of_member(const struct cn_deltas *deltas, size_t i)
{
    return member_hash(deltas->members[i].row, deltas->members[i].member);
}

void cn_deltas_prefetch(const struct cn_deltas *deltas, const struct cn_metric_fact *fact,
                        uint32_t metric)
{
    if (deltas->row_table.capacity > 0) {
        uint64_t hash = row_hash(fact->account_id, (int32_t)fact->day, metric);
        __builtin_prefetch(&deltas->row_table.slots[hash & (deltas->row_table.capacity - 1)]);
    }
}

static uint32_t find_row(struct cn_deltas *deltas, int64_t account_id, int32_t day, uint32_t metric)
{
    struct cn_delta_table *table = &deltas->row_table;
    if (2 * (deltas->count + 1) > table->capacity) {
        grow(table, deltas, deltas->count, hash_of_row);
    }
    uint64_t hash = row_hash(account_id, day, metric);
    size_t at = hash & (table->capacity - 1);
    for (; table->slots[at] != 0; at = (at + 1) & (table->capacity - 1)) {
        assert(deltas->rows != NULL);
        uint32_t index = (uint32_t)table->slots[at] - 1;
        const struct cn_delta *row = &deltas->rows[index];
        if (table->slots[at] >> 32 == hash >> 32 && row->account_id == account_id &&
            row->day == day && row->metric == metric) {
            return index;
        }
    }
    if (deltas->count == deltas->capacity) {
        deltas->capacity = deltas->capacity == 0 ? FIRST_CAPACITY : deltas->capacity * 2;
        deltas->rows = cn_heap_resize(deltas->rows, deltas->capacity * sizeof(deltas->rows[0]));
    }
    uint32_t index = (uint32_t)deltas->count++;
    deltas->rows[index] =
        (struct cn_delta){ .account_id = account_id, .day = day, .metric = metric };
    table->slots[at] = (hash >> 32) << 32 | (index + 1);
    return index;
}

static void add_member(struct cn_deltas *deltas, uint32_t row, uint64_t member)
{
    struct cn_delta_table *table = &deltas->member_table;
    if (2 * (deltas->member_count + 1) > table->capacity) {
        grow(table, deltas, deltas->member_count, hash_of_member);
    }
    uint64_t hash = member_hash(row, member);
    size_t at = hash & (table->capacity - 1);
    for (; table->slots[at] != 0; at = (at + 1) & (table->capacity - 1)) {
        const struct cn_delta_member *entry = &deltas->members[(uint32_t)table->slots[at] - 1];
        if (table->slots[at] >> 32 == hash >> 32 && entry->row == row && entry->member == member) {
            return;
        }
    }
    if (deltas->member_count == deltas->member_capacity) {
        deltas->member_capacity =
            deltas->member_capacity == 0 ? FIRST_CAPACITY : deltas->member_capacity * 2;
        deltas->members =
            cn_heap_resize(deltas->members, deltas->member_capacity * sizeof(deltas->members[0]));
    }
    deltas->members[deltas->member_count++] =
        (struct cn_delta_member){ .member = member, .row = row };
    table->slots[at] = (hash >> 32) << 32 | deltas->member_count;
}

static struct cn_delta_number *number_of(struct cn_deltas *deltas, struct cn_delta *row)
{
    if (row->number == 0) {
        if (deltas->number_count == deltas->number_capacity) {
            deltas->number_capacity =
                deltas->number_capacity == 0 ? FIRST_CAPACITY : deltas->number_capacity * 2;
            deltas->numbers = cn_heap_resize(deltas->numbers,
                                             deltas->number_capacity * sizeof(deltas->numbers[0]));
        }
        deltas->numbers[deltas->number_count++] = (struct cn_delta_number){
            .min = INFINITY, .max = -INFINITY, .last_at = INT64_MIN, .last_tie = INT64_MIN
        };
        row->number = (uint32_t)deltas->number_count;
    }
    return &deltas->numbers[row->number - 1];
}

bool cn_delta_number_add_sum(struct cn_delta_number *number, double value)
{
    if (fabs(value) > sum_value_max) {
        return false;
    }
    int64_t *sum = value < 0 ? &number->minus : &number->plus;
    *sum = cn_saturating_add(*sum, llrint(fabs(value) * million));
    return true;
}

void cn_delta_number_merge(struct cn_delta_number *into, const struct cn_delta_number *other)
{
    into->plus = cn_saturating_add(into->plus, other->plus);
    into->minus = cn_saturating_add(into->minus, other->minus);
    into->min = other->min < into->min ? other->min : into->min;
    into->max = other->max > into->max ? other->max : into->max;
    if (other->last_at > into->last_at ||
        (other->last_at == into->last_at && other->last_tie > into->last_tie)) {
        into->last = other->last;
        into->last_at = other->last_at;
        into->last_tie = other->last_tie;
    }
}

static bool add_number(struct cn_delta_number *into, const struct cn_metric_fact *fact,
                       double value)
{
    struct cn_delta_number number = {
        .min = value, .max = value, .last = value, .last_at = fact->at.us, .last_tie = fact->tie
    };
    bool is_summed = cn_delta_number_add_sum(&number, value);
    cn_delta_number_merge(into, &number);
    return is_summed;
}

uint32_t cn_deltas_row(struct cn_deltas *deltas, const struct cn_metric_fact *fact,
                       const struct cn_touch *touch)
{
    uint32_t row = find_row(deltas, fact->account_id, (int32_t)fact->day, touch->target);
    if (touch->has_member && deltas->member_table.capacity > 0) {
        uint64_t hash = member_hash(row, touch->member);
        __builtin_prefetch(&deltas->member_table.slots[hash & (deltas->member_table.capacity - 1)]);
    }
    return row;
}

bool cn_deltas_add(struct cn_deltas *deltas, uint32_t row, const struct cn_metric_fact *fact,
                   const struct cn_touch *touch)
{
    deltas->rows[row].count++;
    if (touch->has_member) {
        add_member(deltas, row, touch->member);
    }
    if (touch->has_number) {
        return add_number(number_of(deltas, &deltas->rows[row]), fact, touch->number);
    }
    return true;
}

struct cn_deltas cn_deltas_filter(const struct cn_deltas *deltas, cn_delta_keep *keep, void *arg)
{
    struct cn_deltas kept = { 0 };
    uint32_t *place = cn_heap_resize(NULL, (deltas->count + 1) * sizeof(place[0]));
    for (size_t i = 0; i < deltas->count; i++) {
        const struct cn_delta *row = &deltas->rows[i];
        place[i] = UINT32_MAX;
        if (!keep(arg, row)) {
            continue;
        }
        place[i] = find_row(&kept, row->account_id, row->day, row->metric);
        kept.rows[place[i]].count = row->count;
        if (row->number != 0) {
            *number_of(&kept, &kept.rows[place[i]]) = deltas->numbers[row->number - 1];
        }
    }
    for (size_t i = 0; i < deltas->member_count; i++) {
        if (place[deltas->members[i].row] != UINT32_MAX) {
            add_member(&kept, place[deltas->members[i].row], deltas->members[i].member);
        }
    }
    free(place);
    return kept;
}

/* The key of a table as one number. */
struct sort_key {
    unsigned __int128 key;
    uint32_t index;
};

static int by_key(const void *a, const void *b)
{
    const struct sort_key *left = a;
    const struct sort_key *right = b;
    return (left->key > right->key) - (left->key < right->key);
}

static uint64_t ordered64(int64_t value)
{
    return (uint64_t)value ^ UINT64_C(1) << 63;
}

static uint32_t ordered32(int32_t value)
{
    return (uint32_t)value ^ UINT32_C(1) << 31;
}

static unsigned __int128 key_of(const struct cn_delta *row, enum cn_delta_order order)
{
    unsigned __int128 account = ordered64(row->account_id);
    if (order == CN_ORDER_BY_DAY) {
        return (unsigned __int128)ordered32(row->day) << 96 | account << 32 | row->metric;
    }
    return account << 64 | (uint64_t)row->metric << 32 | ordered32(row->day);
}

void cn_deltas_sort(const struct cn_deltas *deltas, enum cn_delta_order order,
                    struct cn_delta_list *list_out)
{
    size_t most = deltas->count > deltas->member_count ? deltas->count : deltas->member_count;
    struct sort_key *keys = cn_heap_resize(NULL, (most + 1) * sizeof(keys[0]));
    uint32_t *place = cn_heap_resize(NULL, (deltas->count + 1) * sizeof(place[0]));
    struct cn_delta_list list = {
        .rows = cn_heap_resize(NULL, (deltas->count + 1) * sizeof(list.rows[0])),
        .row_count = deltas->count,
        .members = cn_heap_resize(NULL, (deltas->member_count + 1) * sizeof(list.members[0])),
        .member_count = deltas->member_count,
    };

    for (size_t i = 0; i < deltas->count; i++) {
        keys[i] = (struct sort_key){ key_of(&deltas->rows[i], order), (uint32_t)i };
    }
    qsort(keys, deltas->count, sizeof(keys[0]), by_key);
    for (size_t i = 0; i < deltas->count; i++) {
        list.rows[i] = keys[i].index;
        place[keys[i].index] = (uint32_t)i;
    }
    for (size_t i = 0; i < deltas->member_count; i++) {
        const struct cn_delta_member *member = &deltas->members[i];
        keys[i] = (struct sort_key){ (unsigned __int128)place[member->row] << 64 |
                                         ordered64((int64_t)member->member),
                                     (uint32_t)i };
    }
    qsort(keys, deltas->member_count, sizeof(keys[0]), by_key);
    for (size_t i = 0; i < deltas->member_count; i++) {
        list.members[i] = (struct cn_delta_member){ deltas->members[keys[i].index].member,
                                                    (uint32_t)(keys[i].key >> 64) };
    }
    free(place);
    free(keys);
    *list_out = list;
}

void cn_delta_list_deinit(struct cn_delta_list *list)
{
    free(list->rows);
    free(list->members);
    *list = (struct cn_delta_list){ 0 };
}
