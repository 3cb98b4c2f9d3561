#include "metric/cell.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_ENTRIES = 4,
    FIRST_SLOTS = 4,
};

void cn_cell_deinit(struct cn_cell *cell)
{
    free(cell->as.any);
    *cell = (struct cn_cell){ 0 };
}

/*
 * Counts and values differ in their size only: both begin with their day.
 */
static int32_t day_of(const struct cn_cell *cell, size_t size, size_t i)
{
    int32_t day = 0;
    memcpy(&day, (const char *)cell->as.any + i * size, sizeof(day));
    return day;
}

/* Makes room for one more: drops what no window reaches, but for the newest of that, or grows. */
static void make_room(struct cn_cell *cell, size_t size, int32_t oldest)
{
    size_t expired = 0;
    while (expired < cell->count && day_of(cell, size, expired) < oldest) {
        expired++;
    }
    if (expired > 1) {
        size_t drop = expired - 1;
        char *items = cell->as.any;
        memmove(items, items + drop * size, (cell->count - drop) * size);
        cell->count -= (uint32_t)drop;
        return;
    }
    /* One that was restored has no more room than it had entries, which may be one. */
    cell->capacity =
        cell->capacity < FIRST_ENTRIES ? FIRST_ENTRIES : cell->capacity + cell->capacity / 2;
    cell->as.any = cn_heap_resize(cell->as.any, cell->capacity * size);
}

/* The entry of the day, zeroed but for its day if it is new; NULL: too old to matter. */
static void *entry_of(struct cn_cell *cell, size_t size, int32_t oldest, int32_t day)
{
    size_t at = cell->count;
    while (at > 0 && day_of(cell, size, at - 1) > day) {
        at--;
    }
    if (at > 0 && day_of(cell, size, at - 1) == day) {
        return (char *)cell->as.any + (at - 1) * size;
    }
    if (at < cell->count && day_of(cell, size, at) < oldest) {
        return NULL;
    }
    if (cell->count == cell->capacity) {
        uint32_t before = cell->count;
        make_room(cell, size, oldest);
        size_t dropped = before - cell->count;
        at = at > dropped ? at - dropped : 0;
    }
    char *entry = (char *)cell->as.any + at * size;
    memmove(entry + size, entry, (cell->count - at) * size);
    memset(entry, 0, size);
    memcpy(entry, &day, sizeof(day));
    cell->count++;
    return entry;
}

static uint32_t saturating_count(uint32_t count, uint64_t more)
{
    return more > UINT32_MAX - count ? UINT32_MAX : count + (uint32_t)more;
}

void cn_cell_add_count(struct cn_cell *cell, const struct cn_cell_shape *shape, int32_t day,
                       uint64_t count)
{
    struct cn_day_count *entry = entry_of(cell, sizeof(struct cn_day_count), shape->oldest, day);
    if (entry != NULL) {
        entry->count = saturating_count(entry->count, count);
    }
}

static void merge_value(struct cn_day_value *entry, enum cn_metric_kind kind,
                        const struct cn_delta_number *number)
{
    bool is_first = entry->count == 0;
    entry->plus = cn_saturating_add(entry->plus, number->plus);
    entry->minus = cn_saturating_add(entry->minus, number->minus);
    if (kind == CN_METRIC_MIN && (is_first || number->min < entry->value)) {
        entry->value = number->min;
    }
    if (kind == CN_METRIC_MAX && (is_first || number->max > entry->value)) {
        entry->value = number->max;
    }
    bool is_newer = number->last_at > entry->last_at ||
                    (number->last_at == entry->last_at && number->last_tie > entry->last_tie);
    if (is_first || is_newer) {
        entry->last_at = number->last_at;
        entry->last_tie = number->last_tie;
        entry->value = kind == CN_METRIC_LAST ? number->last : entry->value;
    }
}

void cn_cell_add_number(struct cn_cell *cell, const struct cn_cell_shape *shape,
                        enum cn_metric_kind kind, int32_t day, uint64_t count,
                        const struct cn_delta_number *number)
{
    struct cn_day_value *entry = entry_of(cell, sizeof(struct cn_day_value), shape->oldest, day);
    if (entry != NULL) {
        merge_value(entry, kind, number);
        entry->count = saturating_count(entry->count, count);
    }
}

static size_t members_bytes(uint32_t slots, uint32_t words)
{
    return sizeof(struct cn_cell_members) + (size_t)slots * (1 + words) * sizeof(uint64_t);
}

struct cn_cell_members *cn_cell_new_members(uint32_t slots, uint32_t words)
{
    struct cn_cell_members *members = cn_heap_resize(NULL, members_bytes(slots, words));
    memset(members, 0, members_bytes(slots, words));
    members->slots = slots;
    members->before = CN_NO_DAY;
    return members;
}

/* The slot: the member's hash and behind it its bits. */
static uint64_t *slot_at(struct cn_cell_members *members, size_t slot, uint32_t words)
{
    return members->items + slot * (1 + words);
}

static uint32_t home_of(const struct cn_cell_members *members, uint64_t member)
{
    return (uint32_t)(member >> 32 ^ member) & (members->slots - 1);
}

/* The bits of the member, which has none if it is new. */
static uint64_t *bits_of(struct cn_cell_members *members, uint64_t member, uint32_t words)
{
    uint32_t slot = home_of(members, member);
    uint64_t *item = slot_at(members, slot, words);
    while (item[0] != 0 && item[0] != member) {
        slot = (slot + 1) & (members->slots - 1);
        item = slot_at(members, slot, words);
    }
    members->used += item[0] == 0;
    item[0] = member;
    return item + 1;
}

void cn_cell_put_item(struct cn_cell_members *members, const uint64_t *item, uint32_t words)
{
    memcpy(bits_of(members, item[0], words), item + 1, words * sizeof(item[0]));
}

void cn_cell_prefetch_member(const struct cn_cell *cell, const struct cn_cell_shape *shape,
                             uint64_t member)
{
    struct cn_cell_members *members = cell->as.members;
    if (members != NULL) {
        __builtin_prefetch(slot_at(members, home_of(members, member), shape->words));
    }
}

static bool has_bits(const uint64_t *bits, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++) {
        if (bits[i] != 0) {
            return true;
        }
    }
    return false;
}

/* A copy with `slots`, without members that have no bits left. */
static void rehash(struct cn_cell *cell, uint32_t slots, uint32_t words)
{
    struct cn_cell_members *old = cell->as.members;
    struct cn_cell_members *new = cn_cell_new_members(slots, words);
    new->before = old->before;
    new->is_crowded = old->is_crowded;
    for (uint32_t i = 0; i < old->slots; i++) {
        const uint64_t *item = slot_at(old, i, words);
        if (has_bits(item + 1, words)) {
            memcpy(bits_of(new, item[0], words), item + 1, words * sizeof(item[0]));
        }
    }
    free(old);
    cell->as.members = new;
}

void cn_cell_add_member(struct cn_cell *cell, const struct cn_cell_shape *shape, int32_t day,
                        uint64_t member)
{
    if (cell->as.members == NULL) {
        cell->as.members = cn_cell_new_members(FIRST_SLOTS, shape->words);
    }
    struct cn_cell_members *members = cell->as.members;
    if (day < shape->oldest) {
        members->before = day > members->before ? day : members->before;
        return;
    }
    if (member == 0 || day - shape->oldest >= 64 * (int32_t)shape->words) {
        return;
    }
    if (4 * (members->used + 1) > 3 * members->slots) {
        rehash(cell, members->slots * 2, shape->words);
        members = cell->as.members;
    }
    uint32_t bit = cn_ring_bit(shape->words, day);
    bits_of(members, member, shape->words)[bit / 64] |= UINT64_C(1) << bit % 64;
}

void cn_cell_advance(struct cn_cell *cell, const struct cn_cell_shape *shape, int32_t from)
{
    struct cn_cell_members *members = cell->as.members;
    bool is_anyone_gone = false;
    if (members == NULL) {
        return;
    }
    int32_t size = 64 * (int32_t)shape->words;
    int32_t to = shape->oldest - from < size ? shape->oldest : from + size;
    for (int32_t day = from; day < to; day++) {
        uint32_t bit = cn_ring_bit(shape->words, day);
        uint64_t mask = UINT64_C(1) << bit % 64;
        for (uint32_t slot = 0; slot < members->slots; slot++) {
            uint64_t *bits = slot_at(members, slot, shape->words) + 1;
            if ((bits[bit / 64] & mask) != 0) {
                bits[bit / 64] &= ~mask;
                members->before = day;
                is_anyone_gone = is_anyone_gone || !has_bits(bits, shape->words);
            }
        }
    }
    if (is_anyone_gone) {
        rehash(cell, members->slots, shape->words);
    }
}

/* Drops from one day all members but the smallest. */
static void settle_day(struct cn_cell_members *members, uint32_t words, uint32_t bit,
                       size_t members_max, int64_t *scratch)
{
    uint64_t mask = UINT64_C(1) << bit % 64;
    size_t count = 0;
    for (uint32_t slot = 0; slot < members->slots; slot++) {
        const uint64_t *item = slot_at(members, slot, words);
        if ((item[1 + bit / 64] & mask) != 0) {
            scratch[count++] = (int64_t)item[0];
        }
    }
    if (count <= members_max) {
        return;
    }
    qsort(scratch, count, sizeof(scratch[0]), cn_order_i64);
    int64_t largest = scratch[members_max - 1];
    for (uint32_t slot = 0; slot < members->slots; slot++) {
        uint64_t *item = slot_at(members, slot, words);
        if ((int64_t)item[0] > largest) {
            item[1 + bit / 64] &= ~mask;
        }
    }
}

void cn_cell_settle(struct cn_cell *cell, const struct cn_cell_shape *shape, size_t members_max)
{
    struct cn_cell_members *members = cell->as.members;
    int64_t *scratch = cn_heap_resize(NULL, members->slots * sizeof(scratch[0]));
    for (uint32_t bit = 0; bit < 64 * shape->words; bit++) {
        settle_day(members, shape->words, bit, members_max, scratch);
    }
    free(scratch);
    members->is_crowded = false;
    rehash(cell, members->slots, shape->words);
}

size_t cn_cell_entry_bytes(enum cn_metric_kind kind)
{
    return kind == CN_METRIC_COUNT ? sizeof(struct cn_day_count) : sizeof(struct cn_day_value);
}

void cn_cell_set_entries(struct cn_cell *cell, enum cn_metric_kind kind, const void *bytes,
                         uint32_t count)
{
    size_t len = count * cn_cell_entry_bytes(kind);
    cell->as.any = cn_heap_resize(NULL, len);
    memcpy(cell->as.any, bytes, len);
    cell->count = count;
    cell->capacity = count;
}

struct cn_metric_view cn_cell_view(const struct cn_cell *cell, const struct cn_cell_shape *shape,
                                   enum cn_metric_kind kind, int32_t first_day)
{
    struct cn_metric_view view = { .kind = kind, .first_day = first_day, .day_count = cell->count };
    if (kind == CN_METRIC_COUNT) {
        view.counts = cell->as.counts;
    } else if (kind != CN_METRIC_DISTINCT) {
        view.values = cell->as.values;
    } else {
        const struct cn_cell_members *members = cell->as.members;
        view.members = (struct cn_day_members){ .words = shape->words,
                                                .first_day = shape->oldest,
                                                .before = CN_NO_DAY };
        if (members != NULL) {
            view.members.items = members->items;
            view.members.slots = members->slots;
            view.members.before = members->before;
        }
    }
    return view;
}

int32_t cn_cell_newest(const struct cn_cell *cell, const struct cn_cell_shape *shape,
                       enum cn_metric_kind kind)
{
    if (kind != CN_METRIC_DISTINCT) {
        size_t size =
            kind == CN_METRIC_COUNT ? sizeof(struct cn_day_count) : sizeof(struct cn_day_value);
        return cell->count > 0 ? day_of(cell, size, cell->count - 1) : CN_NO_DAY;
    }
    /* A member in the ring is recent enough for whoever asks. */
    if (cell->as.members == NULL) {
        return CN_NO_DAY;
    }
    return cell->as.members->used > 0 ? shape->oldest : cell->as.members->before;
}

size_t cn_cell_bytes(const struct cn_cell *cell, const struct cn_cell_shape *shape,
                     enum cn_metric_kind kind)
{
    if (kind == CN_METRIC_DISTINCT) {
        return cell->as.members != NULL ? members_bytes(cell->as.members->slots, shape->words) : 0;
    }
    return cell->capacity * cn_cell_entry_bytes(kind);
}
