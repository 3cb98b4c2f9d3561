#include "cel/call.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum {
    TEXT_BYTES_PER_STEP = 64,
    FIRST_CAPACITY = 8,
    PATTERN_STEPS = 100, /* of preparing one, besides its length */
    ZONE_STEPS = 100,
};

bool cn_cel_charge(struct cn_cel_call *call, size_t steps)
{
    if (steps > call->steps_left) {
        call->steps_left = 0;
        return false;
    }
    call->steps_left -= steps;
    return true;
}

bool cn_cel_charge_text(struct cn_cel_call *call, size_t bytes)
{
    return cn_cel_charge(call, bytes / TEXT_BYTES_PER_STEP);
}

void *cn_cel_take(struct cn_cel_call *call, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > call->bytes_left) {
        call->bytes_left = 0;
        return NULL;
    }
    call->bytes_left -= bytes;
    return cn_arena_calloc(call->arena, count == 0 ? 1 : count, size);
}

struct cn_cel_value cn_cel_make_text(struct cn_cel_call *call, enum cn_cel_kind kind, cn_str text)
{
    char *copy = cn_cel_take(call, text.len + 1, 1);
    if (copy == NULL || !cn_cel_charge_text(call, text.len)) {
        return cn_cel_failed(CN_CEL_TOO_COSTLY);
    }
    memcpy(copy, text.ptr, text.len);
    return (struct cn_cel_value){ .kind = kind, .as.text = { copy, text.len } };
}

/* How many of an array that grows are in use is in a value before its first. */
static uint64_t *used_of(const struct cn_cel_value *items)
{
    /* The arena's own memory, which only this file changes. */
    return (uint64_t *)(uintptr_t)&items[-1].as.u64;
}

/* An array that begins with `count` items and has room for `capacity`. */
static struct cn_cel_value *grown(struct cn_cel_call *call, const struct cn_cel_value *items,
                                  size_t count, size_t capacity)
{
    struct cn_cel_value *all = cn_cel_take(call, capacity + 1, sizeof(*all));
    if (all == NULL || !cn_cel_charge(call, count)) {
        return NULL;
    }
    if (items != NULL) {
        memcpy(all + 1, items, count * sizeof(*all));
    }
    return all + 1;
}

static size_t more_than(size_t count)
{
    return count < FIRST_CAPACITY / 2 ? FIRST_CAPACITY : count * 2;
}

bool cn_cel_append(struct cn_cel_call *call, struct cn_cel_value *list,
                   const struct cn_cel_value *items, size_t count)
{
    size_t before = list->as.list.count;
    struct cn_cel_value *all = (struct cn_cel_value *)(uintptr_t)list->as.list.items;
    if (!cn_cel_charge(call, count)) {
        return false;
    }
    if (list->capacity < before + count || *used_of(all) != before) {
        size_t capacity = more_than(before + count);
        if (capacity > UINT32_MAX) {
            return false;
        }
        all = grown(call, list->as.list.items, before, capacity);
        if (all == NULL) {
            return false;
        }
        list->capacity = (uint32_t)capacity;
    }
    if (count > 0) {
        memcpy(all + before, items, count * sizeof(*all));
    }
    *used_of(all) = before + count;
    list->as.list = (struct cn_cel_list){ .items = all, .count = before + count };
    return true;
}

bool cn_cel_compare(struct cn_cel_call *call, const struct cn_cel_value *a,
                    const struct cn_cel_value *b, bool *equal_out)
{
    return cn_cel_equal_within(a, b, &call->steps_left, equal_out);
}

bool cn_cel_find_key(struct cn_cel_call *call, const struct cn_cel_map *map,
                     const struct cn_cel_value *key, const struct cn_cel_value **value_out)
{
    for (size_t i = 0; i < map->count; i++) {
        bool same = false;
        if (!cn_cel_compare(call, &map->keys[i], key, &same)) {
            return false;
        }
        if (same) {
            *value_out = &map->values[i];
            return true;
        }
    }
    *value_out = NULL;
    return true;
}

static bool is_key(enum cn_cel_kind kind)
{
    return kind == CN_CEL_BOOL || kind == CN_CEL_INT || kind == CN_CEL_UINT ||
           kind == CN_CEL_STRING;
}

enum cn_cel_failure cn_cel_put(struct cn_cel_call *call, struct cn_cel_value *map,
                               const struct cn_cel_value *key, const struct cn_cel_value *value)
{
    size_t count = map->as.map.count;
    const struct cn_cel_value *found = NULL;
    if (!is_key(key->kind)) {
        return CN_CEL_BAD_ARGUMENT;
    }
    if (!cn_cel_find_key(call, &map->as.map, key, &found)) {
        return CN_CEL_TOO_COSTLY;
    }
    if (found != NULL) {
        return CN_CEL_TWICE;
    }
    struct cn_cel_value *keys = (struct cn_cel_value *)(uintptr_t)map->as.map.keys;
    struct cn_cel_value *values = (struct cn_cel_value *)(uintptr_t)map->as.map.values;
    if (map->capacity <= count || *used_of(keys) != count) {
        size_t capacity = more_than(count + 1);
        if (capacity > UINT32_MAX) {
            return CN_CEL_TOO_COSTLY;
        }
        keys = grown(call, keys, count, capacity);
        values = grown(call, values, count, capacity);
        if (keys == NULL || values == NULL) {
            return CN_CEL_TOO_COSTLY;
        }
        map->capacity = (uint32_t)capacity;
    }
    assert(keys != NULL && values != NULL); /* there is room */
    keys[count] = *key;
    values[count] = *value;
    *used_of(keys) = count + 1;
    map->as.map = (struct cn_cel_map){ keys, values, count + 1 };
    return CN_CEL_NO_FAILURE;
}

void cn_cel_cache_deinit(struct cn_cel_cache *cache)
{
    for (size_t i = 0; i < CN_CEL_CACHED; i++) {
        free(cache->patterns[i].text);
        cn_cel_regex_free(cache->patterns[i].regex);
        cn_tz_free(cache->zones[i]);
    }
    *cache = (struct cn_cel_cache){ 0 };
}

const struct cn_cel_regex *cn_cel_cached_regex(struct cn_cel_call *call, cn_str pattern)
{
    struct cn_cel_cache *cache = call->cache;
    for (size_t i = 0; i < CN_CEL_CACHED; i++) {
        if (cache->patterns[i].text != NULL &&
            cn_str_equal(pattern, (cn_str){ cache->patterns[i].text, cache->patterns[i].len })) {
            return cache->patterns[i].regex;
        }
    }
    if (!cn_cel_charge(call, PATTERN_STEPS + pattern.len)) {
        return NULL;
    }
    size_t at = cache->next_pattern++ % CN_CEL_CACHED;
    cn_cel_regex_free(cache->patterns[at].regex);
    cache->patterns[at].text = cn_heap_resize(cache->patterns[at].text, pattern.len + 1);
    memcpy(cache->patterns[at].text, pattern.ptr, pattern.len);
    cache->patterns[at].len = pattern.len;
    cache->patterns[at].regex = cn_cel_regex_new(pattern);
    return cache->patterns[at].regex;
}

const struct cn_tz *cn_cel_cached_zone(struct cn_cel_call *call, cn_str name)
{
    struct cn_cel_cache *cache = call->cache;
    struct cn_error err;
    struct cn_tz *zone = NULL;
    for (size_t i = 0; i < CN_CEL_CACHED; i++) {
        if (cache->zones[i] != NULL && cn_str_equal(name, cn_tz_name(cache->zones[i]))) {
            return cache->zones[i];
        }
    }
    if (!cn_cel_charge(call, ZONE_STEPS) || !cn_tz_load(name, &zone, &err)) {
        return NULL;
    }
    size_t at = cache->next_zone++ % CN_CEL_CACHED;
    cn_tz_free(cache->zones[at]);
    cache->zones[at] = zone;
    return zone;
}
