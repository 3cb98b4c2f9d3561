/*
 * Only cel/ includes this.  Elements of lists, maps and optionals.
 *
 * Access to what is in an optional gives an optional.  Keys and lists are values, never errors; a
 * result may be one, without its place.
 */
#ifndef CAIRN_CEL_ACCESS_H
#define CAIRN_CEL_ACCESS_H

#include "cel/call.h"

/* all[key]; as an optional: none if there is no such element. */
struct cn_cel_value cn_cel_element(struct cn_cel_call *call, const struct cn_cel_value *all,
                                   const struct cn_cel_value *key, bool is_optional);

/* has(all.name) */
struct cn_cel_value cn_cel_has_field(struct cn_cel_call *call, const struct cn_cel_value *all,
                                     cn_str name);

/* item in all */
struct cn_cel_value cn_cel_contains(struct cn_cel_call *call, const struct cn_cel_value *item,
                                    const struct cn_cel_value *all);

/* map + the entries of `more` */
struct cn_cel_value cn_cel_insert_all(struct cn_cel_call *call, const struct cn_cel_value *map,
                                      const struct cn_cel_value *more);

struct cn_cel_value cn_cel_optional_of(struct cn_cel_call *call, const struct cn_cel_value *value);

#endif
