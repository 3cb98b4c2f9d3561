/*
 * Types with parameters, as the checker makes them.
 */
#include "cel/checker.h"

const struct cn_cel_type cn_cel_type_open = { .kind = CN_CEL_DYN };

enum {
    TYPE_DEPTH_MAX = 12, /* what is deeper is dyn */
};

static const struct cn_cel_type *make(struct cn_arena *arena, enum cn_cel_kind kind,
                                      const struct cn_cel_type *key,
                                      const struct cn_cel_type *element)
{
    if (element->depth >= TYPE_DEPTH_MAX) {
        element = cn_cel_type_of(CN_CEL_DYN);
    }
    struct cn_cel_type *type = cn_arena_new(arena, struct cn_cel_type);
    *type = (struct cn_cel_type){
        .kind = kind, .element = element, .key = key, .depth = element->depth + 1
    };
    return type;
}

const struct cn_cel_type *cn_cel_list_type(struct cn_arena *arena,
                                           const struct cn_cel_type *element)
{
    return make(arena, CN_CEL_LIST, NULL, element);
}

const struct cn_cel_type *cn_cel_optional_type(struct cn_arena *arena,
                                               const struct cn_cel_type *inner)
{
    return make(arena, CN_CEL_OPTIONAL, NULL, inner);
}

const struct cn_cel_type *cn_cel_map_type(struct cn_arena *arena, const struct cn_cel_type *key,
                                          const struct cn_cel_type *value)
{
    /* Only these can be keys; so types stay chains and do not branch. */
    bool is_key = key->kind == CN_CEL_BOOL || key->kind == CN_CEL_INT || key->kind == CN_CEL_UINT ||
                  key->kind == CN_CEL_STRING || key == &cn_cel_type_open;
    return make(arena, CN_CEL_MAP, is_key ? key : cn_cel_type_of(CN_CEL_DYN), value);
}

/* NOLINTNEXTLINE(misc-no-recursion): types nest at most TYPE_DEPTH_MAX deep */
const struct cn_cel_type *cn_cel_join_types(struct cn_arena *arena, const struct cn_cel_type *a,
                                            const struct cn_cel_type *b)
{
    if (a == &cn_cel_type_open || a == b) {
        return b;
    }
    if (b == &cn_cel_type_open) {
        return a;
    }
    /* null is no optional, but counts as one that holds nothing. */
    if (a->kind == CN_CEL_OPTIONAL && b->kind == CN_CEL_NULL) {
        return a;
    }
    if (b->kind == CN_CEL_OPTIONAL && a->kind == CN_CEL_NULL) {
        return b;
    }
    if (a->kind != b->kind) {
        return cn_cel_type_of(CN_CEL_DYN);
    }
    if (a->element == NULL || b->element == NULL) {
        return a;
    }
    const struct cn_cel_type *element = cn_cel_join_types(arena, a->element, b->element);
    if (a->kind == CN_CEL_MAP) {
        return cn_cel_map_type(arena, cn_cel_join_types(arena, a->key, b->key), element);
    }
    return make(arena, a->kind, NULL, element);
}
