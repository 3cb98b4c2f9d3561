/*
 * The daily values of one account and metric in memory.  Only metric/ includes this header.
 *
 * Entries ascend by day.  An entry older than any window reaches is kept only while it is the
 * newest such, for days_since() and for values that hold until the next one.
 */
#ifndef CAIRN_METRIC_CELL_H
#define CAIRN_METRIC_CELL_H

#include "metric/delta.h"
#include "metric/window.h"

/* Members with a ring of bits each, `words` words; see struct cn_day_members. */
struct cn_cell_members {
    uint32_t slots; /* a power of two */
    uint32_t used;
    int32_t before; /* newest day before the ring that had a member */
    bool is_crowded;
    uint64_t items[]; /* slots of 1 + words: hash and bits; a free slot is 0 */
};

struct cn_cell {
    union {
        struct cn_day_count *counts;
        struct cn_day_value *values;
        struct cn_cell_members *members;
        void *any;
    } as;
    uint32_t count; /* not used by members */
    uint32_t capacity;
};

/* What all cells of a series have in common. */
struct cn_cell_shape {
    int32_t oldest; /* first day that a window reaches; members' rings begin there */
    uint32_t words; /* of a ring; see cn_ring_words() */
};

void cn_cell_deinit(struct cn_cell *cell);

void cn_cell_add_count(struct cn_cell *cell, const struct cn_cell_shape *shape, int32_t day,
                       uint64_t count);

/* `count` values of the day, which come to `number`; kind picks min, max or last of it. */
void cn_cell_add_number(struct cn_cell *cell, const struct cn_cell_shape *shape,
                        enum cn_metric_kind kind, int32_t day, uint64_t count,
                        const struct cn_delta_number *number);

/* Where cn_cell_add_member() will look. */
void cn_cell_prefetch_member(const struct cn_cell *cell, const struct cn_cell_shape *shape,
                             uint64_t member);

/* Days after the ring are ignored.  member 0: only that there was one, for days before it. */
void cn_cell_add_member(struct cn_cell *cell, const struct cn_cell_shape *shape, int32_t day,
                        uint64_t member);

/* Moves the ring on to shape->oldest from `from`: forgets days before it. */
void cn_cell_advance(struct cn_cell *cell, const struct cn_cell_shape *shape, int32_t from);

/* Of each day keeps the members_max smallest members, as signed numbers. */
void cn_cell_settle(struct cn_cell *cell, const struct cn_cell_shape *shape, size_t members_max);

/* Gives an empty cell entries that were saved; copies them. */
void cn_cell_set_entries(struct cn_cell *cell, enum cn_metric_kind kind, const void *bytes,
                         uint32_t count);

/* Free slots, a power of two. */
struct cn_cell_members *cn_cell_new_members(uint32_t slots, uint32_t words);

/* One of them, as it is in items[], into a free slot. */
void cn_cell_put_item(struct cn_cell_members *members, const uint64_t *item, uint32_t words);

/* Bytes of an entry of that kind. */
size_t cn_cell_entry_bytes(enum cn_metric_kind kind);

struct cn_metric_view cn_cell_view(const struct cn_cell *cell, const struct cn_cell_shape *shape,
                                   enum cn_metric_kind kind, int32_t first_day);

/* Newest day with a value, or CN_NO_DAY. */
int32_t cn_cell_newest(const struct cn_cell *cell, const struct cn_cell_shape *shape,
                       enum cn_metric_kind kind);

size_t cn_cell_bytes(const struct cn_cell *cell, const struct cn_cell_shape *shape,
                     enum cn_metric_kind kind);

#endif
