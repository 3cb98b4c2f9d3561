/*
 * What statements of this folder have in common.  Only book/ includes this header.
 */
#ifndef CAIRN_BOOK_ROW_H
#define CAIRN_BOOK_ROW_H

#include "book/unit.h"

/* Prepares and binds the scope: for texts with CN_SEES_ACCOUNT or CN_SEES_CHILD. */
CN_MUST_CHECK bool cn_row_prepare(const struct cn_unit *unit, const char *sql,
                                  struct cn_sql_stmt **stmt_out, struct cn_error *err);

/* Runs a statement that returns nothing and says how many rows it changed. */
CN_MUST_CHECK bool cn_row_run(const struct cn_unit *unit, struct cn_sql_stmt *stmt,
                              int64_t *changed_out, struct cn_error *err);

/* Optional values: null unless CN_GIVEN. */
void cn_row_bind_opt_i64(struct cn_sql_stmt *stmt, int n, enum cn_given given, int64_t value);
void cn_row_bind_opt_str(struct cn_sql_stmt *stmt, int n, enum cn_given given, cn_str value);

/* CN_NULL or CN_GIVEN with the value. */
enum cn_given cn_row_opt_i64(struct cn_sql_stmt *stmt, int column, int64_t *value_out);
enum cn_given cn_row_opt_str(struct cn_arena *arena, struct cn_sql_stmt *stmt, int column,
                             cn_str *value_out);

/* Text that outlives the statement. */
cn_str cn_row_str(struct cn_arena *arena, struct cn_sql_stmt *stmt, int column);

void cn_row_currency(struct cn_sql_stmt *stmt, int column, char currency_out[4]);

/* CN_GIVEN unless the text is "". */
enum cn_given cn_given_if(cn_str text);

/* Room for one more element of `size` bytes in a list that lives in the arena: items, possibly
 * moved. *capacity starts at 0. */
void *cn_row_grow(struct cn_arena *arena, void *items, size_t count, size_t *capacity, size_t size);

/* Values as JSON, for history; "" is none. */
cn_str cn_row_json_str(struct cn_arena *arena, enum cn_given given, cn_str value);
cn_str cn_row_json_i64(struct cn_arena *arena, enum cn_given given, int64_t value);
cn_str cn_row_json_id(struct cn_arena *arena, const char *prefix, enum cn_given given,
                      int64_t value);
cn_str cn_row_json_time(struct cn_arena *arena, enum cn_given given, cn_time value);

/* CN_NOT_FOUND unless the account exists and is in scope. */
CN_MUST_CHECK bool cn_row_require_account(const struct cn_unit *unit, cn_account_id id,
                                          struct cn_error *err);

/* The same, and it is not merged before the transaction ends: for whoever writes what belongs to
 * it. */
CN_MUST_CHECK bool cn_row_hold_account(const struct cn_unit *unit, cn_account_id id,
                                       struct cn_error *err);

/* Yields false: CN_GONE if the account became part of one that is in scope, else CN_NOT_FOUND.  In
 * book/merge.c. */
bool cn_row_no_account(const struct cn_unit *unit, cn_account_id id, struct cn_error *err);

/* Yields false with CN_NOT_FOUND, naming what is not there. */
bool cn_row_not_found(const char *what, const char *prefix, int64_t id, struct cn_error *err);

#endif
