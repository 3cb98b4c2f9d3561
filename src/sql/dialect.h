/*
 * What the common SQL dialect cannot say, as named fragments.  A statement or migration contains
 * {{name}}; preparing puts the driver's text in its place.
 *
 *   {{skip_locked}}    FOR UPDATE SKIP LOCKED, or nothing
 *   {{hold_row}}       the row stays until the transaction ends, for a SELECT of one account
 *   {{in_ids $1}}      = ANY($1) or IN (SELECT ...): of a list bound with cn_sql_bind_ids()
 *   {{rows a, b}}      the rows of an INSERT, instead of its VALUES: see sql/rows.h
 *   {{set_rows id, a}} an UPDATE's SET and WHERE: of the rows with these ids, ditto
 *   {{table_suffix}}   after the ) of CREATE TABLE, when the table has a primary key
 *   {{migration_lock}} a statement that keeps other processes from migrating at the same time
 */
#ifndef CAIRN_SQL_DIALECT_H
#define CAIRN_SQL_DIALECT_H

#include "base/buf.h"
#include "base/error.h"

enum cn_sql_fragment {
    CN_FRAGMENT_SKIP_LOCKED,
    CN_FRAGMENT_IN_IDS,
    CN_FRAGMENT_ROWS,
    CN_FRAGMENT_SET_ROWS,
    CN_FRAGMENT_TABLE_SUFFIX,
    CN_FRAGMENT_MIGRATION_LOCK,
    CN_FRAGMENT_HOLD_ROW,
    CN_FRAGMENT_COUNT
};

/* Adds `sql` to `out` with its fragments replaced by fragments[]; "?" in one of those stands for
 * the argument.  Of an argument that is a list, "#" is $1, $2, ..., "^" the first of its names, "~"
 * the others, "@" sets those to $2, ... and "&" to k.a, ...  Fails with CN_INTERNAL for a fragment
 * of another name. */
CN_MUST_CHECK bool cn_sql_expand(const char *const *fragments, cn_str sql, struct cn_buf *out,
                                 struct cn_error *err);

#endif
