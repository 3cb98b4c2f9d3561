/*
 * Rows in PostgreSQL's binary COPY format, for cn_sql_copy().
 *
 *   cn_copy_begin(&buf);
 *   cn_copy_row(&buf, 2); cn_copy_i64(&buf, id, 8); cn_copy_str(&buf, name);   a row: its columns
 *   cn_copy_send(conn, "COPY t (id, name) FROM STDIN (FORMAT binary)", &buf, err);
 *
 * The buffer is the caller's and may be used again.  PostgreSQL takes no message over a gigabyte,
 * so send about every CN_COPY_BYTES.
 *
 * Not here: which columns a table has (sql/carry.h).
 */
#ifndef CAIRN_SQL_COPY_H
#define CAIRN_SQL_COPY_H

#include "base/buf.h"

#include "sql/sql.h"

enum {
    CN_COPY_BYTES = 16 << 20,
    CN_COPY_MAX_BYTES = 1 << 30 /* for cn_buf_init() */
};

/* Clears the buffer and starts anew. */
void cn_copy_begin(struct cn_buf *buf);

/* Starts a row, which that many columns must follow. */
void cn_copy_row(struct cn_buf *buf, size_t columns);

/* An integer of 2, 4 or 8 bytes: smallint, integer, bigint. */
void cn_copy_i64(struct cn_buf *buf, int64_t value, size_t bytes);
void cn_copy_f64(struct cn_buf *buf, double value);
void cn_copy_str(struct cn_buf *buf, cn_str value); /* text, or bytea */
void cn_copy_null(struct cn_buf *buf);

/* Sends the rows.  Fails as cn_sql_copy() does, CN_TOO_LARGE if they did not fit the buffer. */
CN_MUST_CHECK bool cn_copy_send(struct cn_sql_conn *conn, const char *sql, struct cn_buf *buf,
                                struct cn_error *err);

#endif
