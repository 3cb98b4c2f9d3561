/*
 * Reads a large result row by row in bounded memory.
 *
 * SQLite steps through it.  PostgreSQL would send all of it at once, so it is asked for a batch at
 * a time, by a cursor.  Inside a transaction: that of cn_db_read() will do.
 */
#ifndef CAIRN_SQL_STREAM_H
#define CAIRN_SQL_STREAM_H

#include "sql/sql.h"

struct cn_sql_stream {
    struct cn_sql_conn *conn;
    struct cn_sql_stmt *stmt; /* where the row's columns are read */
    bool has_cursor;
    bool in_batch; /* a row of the batch was read */
};

/* Runs `select`, a text without placeholders.  `name` is that of no other stream of the
 * transaction; of a table, say.  On failure the stream is closed. */
CN_MUST_CHECK bool cn_sql_stream_open(struct cn_sql_conn *conn, const char *name,
                                      const char *select, struct cn_sql_stream *stream_out,
                                      struct cn_error *err);

/* Moves to the next row; *row_out is false after the last one. */
CN_MUST_CHECK bool cn_sql_stream_next(struct cn_sql_stream *stream, bool *row_out,
                                      struct cn_error *err);

void cn_sql_stream_close(struct cn_sql_stream *stream); /* safe on a zeroed one, and twice */

#endif
