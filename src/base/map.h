/*
 * Hash tables that live on the heap and only grow: 64-bit keys to 64-bit values, and text keys to
 * 64-bit values.  A value may be an index into the owner's array or a pointer.
 *
 * Open addressing with linear probing, at most 3/4 full.  One thread at a time.
 */
#ifndef CAIRN_BASE_MAP_H
#define CAIRN_BASE_MAP_H

#include "base/arena.h"

struct cn_map {
    struct cn_map_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

/* A zeroed struct is an empty map. */
void cn_map_deinit(struct cn_map *map);
void cn_map_clear(struct cn_map *map); /* keeps the memory */

/* NULL if absent.  Borrowed until the next set or remove. */
uint64_t *cn_map_get(const struct cn_map *map, uint64_t key);

/* Brings the place where the key is looked for into the cache, for what follows a little later. */
void cn_map_prefetch(const struct cn_map *map, uint64_t key);

/* The value's place; *was_new_out says whether it was made (with value 0) by this call. */
uint64_t *cn_map_put(struct cn_map *map, uint64_t key, bool *was_new_out);

/* False if it was not there. */
bool cn_map_remove(struct cn_map *map, uint64_t key);

/* Walks all entries in no particular order; *cursor starts at 0.  False at the end. */
bool cn_map_next(const struct cn_map *map, size_t *cursor, uint64_t *key_out, uint64_t *value_out);

struct cn_str_map {
    struct cn_str_map_slot *slots;
    size_t capacity;
    size_t count;
    struct cn_arena keys; /* copies of the keys */
};

void cn_str_map_init(struct cn_str_map *map);
void cn_str_map_deinit(struct cn_str_map *map); /* safe on a zeroed map and twice */
uint64_t *cn_str_map_get(const struct cn_str_map *map, cn_str key);
uint64_t *cn_str_map_put(struct cn_str_map *map, cn_str key, bool *was_new_out); /* copies key */
bool cn_str_map_next(const struct cn_str_map *map, size_t *cursor, cn_str *key_out,
                     uint64_t *value_out);

#endif
