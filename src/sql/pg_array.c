/* An array as it crosses the network: dimensions, nulls, type, length, first index; then the
 * elements, each behind its length. */
#include "sql/pg_array.h"

#include <endian.h>
#include <string.h>

enum {
    OID_INT8 = 20,
    ID_BYTES = sizeof(uint32_t) + sizeof(uint64_t)
};

struct array {
    char *bytes;
    size_t len;
    char *elements; /* not set yet */
};

static struct array begin(struct cn_arena *arena, uint32_t type, bool has_null, size_t count,
                          size_t len)
{
    const uint32_t head[] = { count > 0, has_null, type, (uint32_t)count, 1 };
    const size_t words = count > 0 ? CN_ARRAY_LEN(head) : 3;
    struct array array = { .len = words * sizeof(uint32_t) + len };
    array.bytes = cn_arena_calloc(arena, array.len, 1);
    array.elements = array.bytes;
    for (size_t i = 0; i < words; i++, array.elements += sizeof(uint32_t)) {
        const uint32_t word = htobe32(head[i]);
        memcpy(array.elements, &word, sizeof(word));
    }
    return array;
}

cn_str cn_pg_array_of_ids(struct cn_arena *arena, const int64_t *ids, size_t count)
{
    const struct array array = begin(arena, OID_INT8, false, count, count * ID_BYTES);
    const uint32_t len = htobe32(sizeof(uint64_t));
    char *at = array.elements;
    for (size_t i = 0; i < count; i++, at += ID_BYTES) {
        const uint64_t id = htobe64((uint64_t)ids[i]);
        memcpy(at, &len, sizeof(len));
        memcpy(at + sizeof(len), &id, sizeof(id));
    }
    return (cn_str){ array.bytes, array.len };
}

cn_str cn_pg_array(struct cn_arena *arena, uint32_t type, const struct cn_sql_list *list)
{
    const struct array array = begin(arena, type, list->has_null, list->count, list->elements.len);
    if (list->elements.len > 0) {
        memcpy(array.elements, list->elements.ptr, list->elements.len);
    }
    return (cn_str){ array.bytes, array.len };
}
