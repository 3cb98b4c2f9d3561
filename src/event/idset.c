#include "event/idset.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum {
    FIRST_CAPACITY = 16,
};

static struct cn_hash128 normal(struct cn_hash128 id)
{
    if (id.hi == 0 && id.lo == 0) {
        id.lo = 1;
    }
    return id;
}

static bool is_empty(struct cn_hash128 id)
{
    return id.hi == 0 && id.lo == 0;
}

static bool is_same(struct cn_hash128 a, struct cn_hash128 b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

static size_t shard_of(struct cn_hash128 id)
{
    return (size_t)(id.hi >> 56);
}

void cn_id_set_deinit(struct cn_id_set *set)
{
    for (size_t i = 0; i < CN_ID_SHARDS; i++) {
        free(set->shards[i].slots);
    }
    *set = (struct cn_id_set){ 0 };
}

/* Where id is, or the empty slot where it belongs. */
static uint32_t find(const struct cn_id_shard *shard, struct cn_hash128 id)
{
    uint32_t mask = shard->capacity - 1;
    uint32_t i = (uint32_t)id.lo & mask;
    while (!is_empty(shard->slots[i]) && !is_same(shard->slots[i], id)) {
        i = (i + 1) & mask;
    }
    return i;
}

static void grow(struct cn_id_shard *shard)
{
    struct cn_id_shard old = *shard;
    shard->capacity = old.capacity > 0 ? old.capacity * 2 : FIRST_CAPACITY;
    size_t bytes = shard->capacity * sizeof(shard->slots[0]);
    shard->slots = memset(cn_heap_resize(NULL, bytes), 0, bytes);
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (!is_empty(old.slots[i])) {
            shard->slots[find(shard, old.slots[i])] = old.slots[i];
        }
    }
    free(old.slots);
}

bool cn_id_set_add(struct cn_id_set *set, struct cn_hash128 id)
{
    id = normal(id);
    struct cn_id_shard *shard = &set->shards[shard_of(id)];
    if ((uint64_t)shard->count * 4 >= (uint64_t)shard->capacity * 3) {
        grow(shard);
    }
    uint32_t i = find(shard, id);
    if (!is_empty(shard->slots[i])) {
        return false;
    }
    shard->slots[i] = id;
    shard->count++;
    set->count++;
    return true;
}

bool cn_id_set_has(const struct cn_id_set *set, struct cn_hash128 id)
{
    id = normal(id);
    const struct cn_id_shard *shard = &set->shards[shard_of(id)];
    return shard->capacity > 0 && !is_empty(shard->slots[find(shard, id)]);
}

void cn_id_set_remove(struct cn_id_set *set, struct cn_hash128 id)
{
    id = normal(id);
    struct cn_id_shard *shard = &set->shards[shard_of(id)];
    if (shard->capacity == 0 || is_empty(shard->slots[find(shard, id)])) {
        return;
    }
    uint32_t mask = shard->capacity - 1;
    uint32_t hole = find(shard, id);
    shard->count--;
    set->count--;
    /* Close the hole with whatever behind it would no longer be found. */
    for (uint32_t i = (hole + 1) & mask; !is_empty(shard->slots[i]); i = (i + 1) & mask) {
        uint32_t home = (uint32_t)shard->slots[i].lo & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            shard->slots[hole] = shard->slots[i];
            hole = i;
        }
    }
    shard->slots[hole] = (struct cn_hash128){ 0 };
}

size_t cn_id_set_bytes(const struct cn_id_set *set)
{
    size_t bytes = sizeof(*set);
    for (size_t i = 0; i < CN_ID_SHARDS; i++) {
        bytes += set->shards[i].capacity * sizeof(set->shards[i].slots[0]);
    }
    return bytes;
}

void cn_id_set_prefetch(const struct cn_id_set *set, struct cn_hash128 id)
{
    const struct cn_id_shard *shard = &set->shards[shard_of(id)];
    if (shard->capacity > 0) {
        __builtin_prefetch(&shard->slots[(uint32_t)id.lo & (shard->capacity - 1)]);
    }
}

int cn_id_compare(struct cn_hash128 a, struct cn_hash128 b)
{
    if (a.hi != b.hi) {
        return a.hi < b.hi ? -1 : 1;
    }
    return a.lo < b.lo ? -1 : a.lo > b.lo;
}

static int compare_ids(const void *a, const void *b)
{
    return cn_id_compare(*(const struct cn_hash128 *)a, *(const struct cn_hash128 *)b);
}

void cn_id_set_sorted_shard(const struct cn_id_set *set, size_t shard, struct cn_hash128 *ids_out)
{
    const struct cn_id_shard *from = &set->shards[shard];
    size_t count = 0;
    for (uint32_t i = 0; i < from->capacity; i++) {
        if (!is_empty(from->slots[i])) {
            ids_out[count++] = from->slots[i];
        }
    }
    if (count > 0) {
        qsort(ids_out, count, sizeof(*ids_out), compare_ids);
    }
}
