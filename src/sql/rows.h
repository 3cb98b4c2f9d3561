/*
 * One statement for many rows.  Over a network they cross together and are one statement's work;
 * embedded, where neither costs anything, each is run by itself.
 *
 *   UPDATE t {{set_rows id, a}}
 *   INSERT INTO t (id, a) {{rows id, a}} ON CONFLICT ...
 *
 *   ok = cn_sql_rows_begin(&rows, conn, sql, "it", err);
 *   for (...) {
 *       ok = cn_sql_rows_next(&rows, key, err);                       and then its columns:
 *       cn_sql_rows_i64(&rows, id); cn_sql_rows_str(&rows, name);
 *   }
 *   ok = cn_sql_rows_end(&rows, ok, err);
 *
 * Not here: rows that no statement has to look at (sql/copy.h).
 */
#ifndef CAIRN_SQL_ROWS_H
#define CAIRN_SQL_ROWS_H

#include "base/buf.h"
#include "base/map.h"

#include "sql/sql.h"

enum {
    CN_SQL_ROW_COLUMNS_MAX = 16,
    CN_SQL_ROWS_MAX = 2048 /* of one statement */
};

struct cn_sql_rows {
    struct cn_sql_stmt *stmt;
    const char *types;
    struct cn_map keys; /* of the rows that wait */
    size_t count;       /* rows that wait, the one being filled too */
    size_t column;      /* of that row, the next */
    bool is_embedded;
    struct cn_buf columns[CN_SQL_ROW_COLUMNS_MAX];
    bool has_null[CN_SQL_ROW_COLUMNS_MAX];
};

/* `sql` has one of these fragments, and no other placeholders; `types` is static and has a letter
 * for each of its columns: i a number, t text.  Whether it works or not, cn_sql_rows_end() follows.
 */
CN_MUST_CHECK bool cn_sql_rows_begin(struct cn_sql_rows *rows, struct cn_sql_conn *conn,
                                     const char *sql, const char *types, struct cn_error *err);

/* Starts a row.  No two rows of one statement have the same key: what is written last holds. */
CN_MUST_CHECK bool cn_sql_rows_next(struct cn_sql_rows *rows, uint64_t key, struct cn_error *err);

/* Its columns, in their order; text stays where it is until the next cn_sql_rows_next(). */
void cn_sql_rows_i64(struct cn_sql_rows *rows, int64_t value);
void cn_sql_rows_str(struct cn_sql_rows *rows, cn_str value);
void cn_sql_rows_null(struct cn_sql_rows *rows);

/* Sends what waits if `ok`, and frees everything.  As cn_sql_send(), it does not wait. */
CN_MUST_CHECK bool cn_sql_rows_end(struct cn_sql_rows *rows, bool ok, struct cn_error *err);

#endif
