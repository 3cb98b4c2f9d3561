#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"

struct cn_map_slot {
    uint64_t key;
    uint64_t value;
    bool used;
};

struct cn_str_map_slot {
    cn_str key; /* ptr is NULL in a free slot */
    uint64_t hash;
    uint64_t value;
};

enum {
    FIRST_CAPACITY = 16
};

/* Keys are often ids whose low bits hardly differ. */
static uint64_t mix(uint64_t key)
{
    key ^= key >> 32;
    key *= 0x9e3779b97f4a7c15U;
    return key ^ key >> 29;
}

static bool is_full(size_t count, size_t capacity)
{
    return (count + 1) * 4 > capacity * 3;
}

void cn_map_deinit(struct cn_map *map)
{
    free(map->slots);
    *map = (struct cn_map){ 0 };
}

void cn_map_clear(struct cn_map *map)
{
    if (map->slots != NULL) {
        memset(map->slots, 0, map->capacity * sizeof(map->slots[0]));
    }
    map->count = 0;
}

/* The key's slot, or the free one where it belongs. */
static struct cn_map_slot *find(const struct cn_map *map, uint64_t key)
{
    size_t mask = map->capacity - 1;
    size_t i = mix(key) & mask;
    while (map->slots[i].used && map->slots[i].key != key) {
        i = (i + 1) & mask;
    }
    return &map->slots[i];
}

uint64_t *cn_map_get(const struct cn_map *map, uint64_t key)
{
    if (map->count == 0) {
        return NULL;
    }
    struct cn_map_slot *slot = find(map, key);
    return slot->used ? &slot->value : NULL;
}

void cn_map_prefetch(const struct cn_map *map, uint64_t key)
{
    if (map->capacity > 0) {
        __builtin_prefetch(&map->slots[mix(key) & (map->capacity - 1)]);
    }
}

static void grow(struct cn_map *map)
{
    struct cn_map old = *map;
    map->capacity = old.capacity == 0 ? FIRST_CAPACITY : old.capacity * 2;
    map->slots = cn_heap_resize_lines(NULL, 0, map->capacity * sizeof(map->slots[0]));
    memset(map->slots, 0, map->capacity * sizeof(map->slots[0]));
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].used) {
            *find(map, old.slots[i].key) = old.slots[i];
        }
    }
    free(old.slots);
}

uint64_t *cn_map_put(struct cn_map *map, uint64_t key, bool *was_new_out)
{
    if (is_full(map->count, map->capacity)) {
        grow(map);
    }
    struct cn_map_slot *slot = find(map, key);
    *was_new_out = !slot->used;
    if (!slot->used) {
        *slot = (struct cn_map_slot){ .key = key, .used = true };
        map->count++;
    }
    return &slot->value;
}

bool cn_map_remove(struct cn_map *map, uint64_t key)
{
    if (map->count == 0) {
        return false;
    }
    size_t mask = map->capacity - 1;
    struct cn_map_slot *slot = find(map, key);
    if (!slot->used) {
        return false;
    }
    /* Moves later entries of the same run back, so that no probe stops at the hole. */
    size_t hole = (size_t)(slot - map->slots);
    for (size_t i = (hole + 1) & mask; map->slots[i].used; i = (i + 1) & mask) {
        size_t home = mix(map->slots[i].key) & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            map->slots[hole] = map->slots[i];
            hole = i;
        }
    }
    map->slots[hole].used = false;
    map->count--;
    return true;
}

bool cn_map_next(const struct cn_map *map, size_t *cursor, uint64_t *key_out, uint64_t *value_out)
{
    while (*cursor < map->capacity) {
        const struct cn_map_slot *slot = &map->slots[(*cursor)++];
        if (slot->used) {
            *key_out = slot->key;
            *value_out = slot->value;
            return true;
        }
    }
    return false;
}

enum {
    KEY_BLOCK_BYTES = 4096
};

void cn_str_map_init(struct cn_str_map *map)
{
    *map = (struct cn_str_map){ 0 };
    cn_arena_init(&map->keys, KEY_BLOCK_BYTES);
}

void cn_str_map_deinit(struct cn_str_map *map)
{
    free(map->slots);
    cn_arena_deinit(&map->keys);
    *map = (struct cn_str_map){ 0 };
}

static struct cn_str_map_slot *find_text(const struct cn_str_map *map, cn_str key, uint64_t hash)
{
    size_t mask = map->capacity - 1;
    size_t i = hash & mask;
    while (map->slots[i].key.ptr != NULL &&
           (map->slots[i].hash != hash || !cn_str_equal(map->slots[i].key, key))) {
        i = (i + 1) & mask;
    }
    return &map->slots[i];
}

uint64_t *cn_str_map_get(const struct cn_str_map *map, cn_str key)
{
    if (map->count == 0) {
        return NULL;
    }
    struct cn_str_map_slot *slot = find_text(map, key, cn_hash64(key));
    return slot->key.ptr != NULL ? &slot->value : NULL;
}

static void grow_text(struct cn_str_map *map)
{
    struct cn_str_map_slot *old = map->slots;
    size_t old_capacity = map->capacity;
    map->capacity = old_capacity == 0 ? FIRST_CAPACITY : old_capacity * 2;
    map->slots = cn_heap_resize(NULL, map->capacity * sizeof(map->slots[0]));
    memset(map->slots, 0, map->capacity * sizeof(map->slots[0]));
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].key.ptr != NULL) {
            *find_text(map, old[i].key, old[i].hash) = old[i];
        }
    }
    free(old);
}

uint64_t *cn_str_map_put(struct cn_str_map *map, cn_str key, bool *was_new_out)
{
    if (is_full(map->count, map->capacity)) {
        grow_text(map);
    }
    uint64_t hash = cn_hash64(key);
    struct cn_str_map_slot *slot = find_text(map, key, hash);
    *was_new_out = slot->key.ptr == NULL;
    if (*was_new_out) {
        slot->key = cn_arena_str(&map->keys, key);
        slot->hash = hash;
        map->count++;
    }
    return &slot->value;
}

bool cn_str_map_next(const struct cn_str_map *map, size_t *cursor, cn_str *key_out,
                     uint64_t *value_out)
{
    while (*cursor < map->capacity) {
        const struct cn_str_map_slot *slot = &map->slots[(*cursor)++];
        if (slot->key.ptr != NULL) {
            *key_out = slot->key;
            *value_out = slot->value;
            return true;
        }
    }
    return false;
}
