#include "cel/access.h"

struct cn_cel_value cn_cel_optional_of(struct cn_cel_call *call, const struct cn_cel_value *value)
{
    struct cn_cel_value *inner = cn_cel_take(call, 1, sizeof(*inner));
    if (inner == NULL) {
        return cn_cel_failed(CN_CEL_TOO_COSTLY);
    }
    *inner = *value;
    return (struct cn_cel_value){ .kind = CN_CEL_OPTIONAL, .as.inner = inner };
}

/* An int, or a number that is equal to one. */
static bool as_index(const struct cn_cel_value *value, int64_t *index_out)
{
    if (value->kind == CN_CEL_INT) {
        *index_out = value->as.i64;
    } else if (value->kind == CN_CEL_UINT && value->as.u64 <= INT64_MAX) {
        *index_out = (int64_t)value->as.u64;
    } else if (value->kind == CN_CEL_DOUBLE && value->as.f64 >= 0 && value->as.f64 < 1e15 &&
               (double)(int64_t)value->as.f64 == value->as.f64) {
        *index_out = (int64_t)value->as.f64;
    } else {
        return false;
    }
    return true;
}

/* Sets *found_out to the element, or to NULL where there is none. */
static enum cn_cel_failure find(struct cn_cel_call *call, const struct cn_cel_value *all,
                                const struct cn_cel_value *key,
                                const struct cn_cel_value **found_out)
{
    int64_t index = 0;
    *found_out = NULL;
    if (all->kind == CN_CEL_MAP) {
        if (!cn_cel_find_key(call, &all->as.map, key, found_out)) {
            return CN_CEL_TOO_COSTLY;
        }
        return *found_out != NULL ? CN_CEL_NO_FAILURE : CN_CEL_NO_KEY;
    }
    if (all->kind != CN_CEL_LIST || !as_index(key, &index)) {
        return CN_CEL_NO_OVERLOAD;
    }
    if (index < 0 || (uint64_t)index >= all->as.list.count) {
        return CN_CEL_NO_INDEX;
    }
    *found_out = &all->as.list.items[index];
    return CN_CEL_NO_FAILURE;
}

struct cn_cel_value cn_cel_element(struct cn_cel_call *call, const struct cn_cel_value *all,
                                   const struct cn_cel_value *key, bool is_optional)
{
    const struct cn_cel_value *found = NULL;
    if (all->kind == CN_CEL_OPTIONAL) {
        is_optional = true;
        if (all->as.inner == NULL) {
            return *all;
        }
        all = all->as.inner;
    }
    enum cn_cel_failure failure = find(call, all, key, &found);
    if (found != NULL) {
        return is_optional ? cn_cel_optional_of(call, found) : *found;
    }
    bool is_absent = failure == CN_CEL_NO_KEY || failure == CN_CEL_NO_INDEX;
    return is_optional && is_absent ? cn_cel_none() : cn_cel_failed(failure);
}

struct cn_cel_value cn_cel_has_field(struct cn_cel_call *call, const struct cn_cel_value *all,
                                     cn_str name)
{
    struct cn_cel_value key = cn_cel_string(name);
    const struct cn_cel_value *found = NULL;
    if (all->kind == CN_CEL_OPTIONAL) {
        if (all->as.inner == NULL) {
            return cn_cel_bool(false);
        }
        all = all->as.inner;
    }
    if (all->kind != CN_CEL_MAP) {
        return cn_cel_failed(CN_CEL_NO_OVERLOAD);
    }
    return cn_cel_find_key(call, &all->as.map, &key, &found) ? cn_cel_bool(found != NULL)
                                                             : cn_cel_failed(CN_CEL_TOO_COSTLY);
}

struct cn_cel_value cn_cel_contains(struct cn_cel_call *call, const struct cn_cel_value *item,
                                    const struct cn_cel_value *all)
{
    if (all->kind == CN_CEL_MAP) {
        const struct cn_cel_value *found = NULL;
        return cn_cel_find_key(call, &all->as.map, item, &found) ? cn_cel_bool(found != NULL)
                                                                 : cn_cel_failed(CN_CEL_TOO_COSTLY);
    }
    if (all->kind != CN_CEL_LIST) {
        return cn_cel_failed(CN_CEL_NO_OVERLOAD);
    }
    for (size_t i = 0; i < all->as.list.count; i++) {
        bool same = false;
        if (!cn_cel_compare(call, &all->as.list.items[i], item, &same)) {
            return cn_cel_failed(CN_CEL_TOO_COSTLY);
        }
        if (same) {
            return cn_cel_bool(true);
        }
    }
    return cn_cel_bool(false);
}

struct cn_cel_value cn_cel_insert_all(struct cn_cel_call *call, const struct cn_cel_value *map,
                                      const struct cn_cel_value *more)
{
    struct cn_cel_value out = *map;
    if (map->kind != CN_CEL_MAP || more->kind != CN_CEL_MAP) {
        return cn_cel_failed(CN_CEL_NO_OVERLOAD);
    }
    for (size_t i = 0; i < more->as.map.count; i++) {
        enum cn_cel_failure failure =
            cn_cel_put(call, &out, &more->as.map.keys[i], &more->as.map.values[i]);
        if (failure != CN_CEL_NO_FAILURE) {
            return cn_cel_failed(failure);
        }
    }
    return out;
}
