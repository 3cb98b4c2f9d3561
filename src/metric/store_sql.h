/*
 * Pieces of SQL that store.c and store_many.c share: how a row of rollups is added to one that is
 * there.  Nobody else includes this header.
 */
#ifndef CAIRN_METRIC_STORE_SQL_H
#define CAIRN_METRIC_STORE_SQL_H

/* clang-format off */

/* The largest bigint stands for a sum that does not fit, and stays. */
#define ADD_SUM(table, column)                                                              \
    column " = CASE WHEN " table "." column " > 9223372036854775807 - excluded." column     \
    " THEN 9223372036854775807 ELSE " table "." column " + excluded." column " END"

#define KEEP_IF(table, column, condition) \
    column " = CASE WHEN " condition " THEN excluded." column " ELSE " table "." column " END"

#define IS_NEWER(table)                                  \
    "excluded.last_at > " table ".last_at"               \
    " OR (excluded.last_at = " table ".last_at"          \
    " AND excluded.last_tie > " table ".last_tie)"

#define ADD_COUNTS(table)                                \
    "count = " table ".count + excluded.count, "         \
    "members = " table ".members + excluded.members"

#define ADD_NUMBERS(table)                                                           \
    ADD_SUM(table, "plus") ", "                                                      \
    ADD_SUM(table, "minus") ", "                                                     \
    KEEP_IF(table, "min_value", "excluded.min_value < " table ".min_value") ", "     \
    KEEP_IF(table, "max_value", "excluded.max_value > " table ".max_value") ", "     \
    KEEP_IF(table, "last_value", IS_NEWER(table)) ", "                               \
    KEEP_IF(table, "last_at", IS_NEWER(table)) ", "                                  \
    KEEP_IF(table, "last_tie", IS_NEWER(table))

#define COUNT_COLUMNS "account_id, metric, day, count, members"
#define COLUMNS                                                                             \
    COUNT_COLUMNS ", plus, minus, min_value, max_value, last_value, last_at, last_tie"

/* clang-format on */

#endif
