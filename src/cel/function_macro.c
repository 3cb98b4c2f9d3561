/*
 * What the reference says of macros, which macro.c expands.
 */
#include "cel/rows.h"

#define MACRO(name_, usage_, doc_, signature_)                                    \
    .name = (name_), .usage = (usage_), .doc = (doc_), .signature = (signature_), \
    .form = CN_CEL_MACRO

static const struct cn_cel_function rows[] = {
    { MACRO("has", "has(name)", "The column, or the field of a map, has a value",
            "has(name) -> bool") },
    { MACRO("all", "list.all(x, test)", "The test holds for every element",
            "list(T).all(x, bool) -> bool\nmap(K, V).all(k, bool) -> bool") },
    { MACRO("exists", "list.exists(x, test)", "The test holds for some element",
            "list(T).exists(x, bool) -> bool\nmap(K, V).exists(k, bool) -> bool") },
    { MACRO("exists_one", "list.exists_one(x, test)", "The test holds for exactly one element",
            "list(T).exists_one(x, bool) -> bool\nmap(K, V).exists_one(k, bool) -> bool") },
    { MACRO("existsOne", "list.existsOne(i, x, test)",
            "The same with the place of the element, or with key and value of a map",
            "list(T).existsOne(i, x, bool) -> bool\nmap(K, V).existsOne(k, v, bool) -> bool") },
    { MACRO("map", "list.map(x, value)", "The value for each element",
            "list(T).map(x, U) -> list(U)\nlist(T).map(x, bool, U) -> list(U)") },
    { MACRO("filter", "list.filter(x, test)", "The elements for which the test holds",
            "list(T).filter(x, bool) -> list(T)") },
    { MACRO(
        "transformList", "list.transformList(i, x[, test], value)",
        "The value for each element, or for those for which the test holds",
        "list(T).transformList(i, x, U) -> list(U)\nmap(K, V).transformList(k, v, U) -> list(U)") },
    { MACRO("transformMap", "map.transformMap(k, x[, test], value)",
            "A map with the same keys and other values",
            "map(K, V).transformMap(k, v, U) -> map(K, U)\nlist(T).transformMap(i, x, U) -> "
            "map(int, U)") },
    { MACRO("transformMapEntry", "map.transformMapEntry(k, x[, test], {key: value})",
            "A map of the entries that each entry is turned into",
            "map(K, V).transformMapEntry(k, v, map(L, U)) -> map(L, "
            "U)\nlist(T).transformMapEntry(i, x, map(L, U)) -> map(L, U)") },
    { MACRO("bind", "cel.bind(name, value, result)", "The result, in which the name is the value",
            "cel.bind(name, T, U) -> U") },
    { MACRO("optMap", "x.optMap(v, value)", "An optional of the value, if x holds something",
            "optional_type(T).optMap(v, U) -> optional_type(U)") },
    { MACRO("optFlatMap", "x.optFlatMap(v, optional)", "The optional, if x holds something",
            "optional_type(T).optFlatMap(v, optional_type(U)) -> optional_type(U)") },
};

const struct cn_cel_function_list cn_cel_macros = { "Macros", rows, CN_ARRAY_LEN(rows) };
