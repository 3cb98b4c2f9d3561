/*
 * Only cel/ includes this.  What functions and the row evaluator share while one expression is
 * evaluated: the limits of cel/cel.h, lists and maps that grow, and what is costly to prepare.
 *
 * Lists and maps are values, and never change for whoever holds one.  `a + [x]` in a comprehension
 * would copy a each time; so what is made that way has room for more after its last item, and the
 * value that has all the items so far may use it.
 */
#ifndef CAIRN_CEL_CALL_H
#define CAIRN_CEL_CALL_H

#include "base/tz.h"

#include "cel/regex.h"
#include "cel/value.h"

enum {
    CN_CEL_CACHED = 4, /* patterns, and zones */
};

/* Patterns and time zones that were asked for, the latest few.  Zeroed: empty. */
struct cn_cel_cache {
    struct {
        char *text; /* of the heap */
        size_t len;
        struct cn_cel_regex *regex; /* NULL: not valid */
    } patterns[CN_CEL_CACHED];
    struct cn_tz *zones[CN_CEL_CACHED];
    unsigned next_pattern;
    unsigned next_zone;
};

void cn_cel_cache_deinit(struct cn_cel_cache *cache);

/* What a call gets besides its arguments. */
struct cn_cel_call {
    struct cn_arena *arena; /* for what it makes: see cn_cel_take() */
    size_t bytes_left;
    size_t steps_left;
    struct cn_cel_cache *cache;
};

/* Counts work; false, and nothing left, if that is more than what is left. */
bool cn_cel_charge(struct cn_cel_call *call, size_t steps);
/* The work of reading so much text. */
bool cn_cel_charge_text(struct cn_cel_call *call, size_t bytes);

/* Zeroed memory for `count` items; NULL over the limit. */
void *cn_cel_take(struct cn_cel_call *call, size_t count, size_t size);

/* A text of the given kind that is a copy; an error over the limit. */
struct cn_cel_value cn_cel_make_text(struct cn_cel_call *call, enum cn_cel_kind kind, cn_str text);

/* list + items.  False over the limit. */
bool cn_cel_append(struct cn_cel_call *call, struct cn_cel_value *list,
                   const struct cn_cel_value *items, size_t count);

/* Adds a key that the map does not have: false, and why, if it has, or is no key. */
enum cn_cel_failure cn_cel_put(struct cn_cel_call *call, struct cn_cel_value *map,
                               const struct cn_cel_value *key, const struct cn_cel_value *value);

/* Like cn_cel_equal_within(), and counts as work. */
bool cn_cel_compare(struct cn_cel_call *call, const struct cn_cel_value *a,
                    const struct cn_cel_value *b, bool *equal_out);

/* *value_out is NULL if there is no such key.  False over the limit. */
bool cn_cel_find_key(struct cn_cel_call *call, const struct cn_cel_map *map,
                     const struct cn_cel_value *key, const struct cn_cel_value **value_out);

/* NULL if the pattern is not valid; borrowed until some later patterns. */
const struct cn_cel_regex *cn_cel_cached_regex(struct cn_cel_call *call, cn_str pattern);

/* NULL if there is no such zone; borrowed until some later zones. */
const struct cn_tz *cn_cel_cached_zone(struct cn_cel_call *call, cn_str name);

#endif
