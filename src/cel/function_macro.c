/*
 * What the reference says of macros, which macro.c expands.
 */
#include "cel/rows.h"

#define MACRO(name_, usage_, doc_) \
    .name = (name_), .usage = (usage_), .doc = (doc_), .form = CN_CEL_MACRO

static const struct cn_cel_function rows[] = {
    { MACRO("has", "has(name)", "The column, or the field of a map, has a value") },
    { MACRO("all", "list.all(x, test)", "The test holds for every element") },
    { MACRO("exists", "list.exists(x, test)", "The test holds for some element") },
    { MACRO("exists_one", "list.exists_one(x, test)", "The test holds for exactly one element") },
    { MACRO("existsOne", "list.existsOne(i, x, test)",
            "The same with the place of the element, or with key and value of a map") },
    { MACRO("map", "list.map(x, value)", "The value for each element") },
    { MACRO("filter", "list.filter(x, test)", "The elements for which the test holds") },
    { MACRO("transformList", "list.transformList(i, x[, test], value)",
            "The value for each element, or for those for which the test holds") },
    { MACRO("transformMap", "map.transformMap(k, x[, test], value)",
            "A map with the same keys and other values") },
    { MACRO("transformMapEntry", "map.transformMapEntry(k, x[, test], {key: value})",
            "A map of the entries that each entry is turned into") },
    { MACRO("bind", "cel.bind(name, value, result)",
            "The result, in which the name is the value") },
    { MACRO("optMap", "x.optMap(v, value)", "An optional of the value, if x holds something") },
    { MACRO("optFlatMap", "x.optFlatMap(v, optional)", "The optional, if x holds something") },
};

const struct cn_cel_function_list cn_cel_macros = { rows, CN_ARRAY_LEN(rows) };
