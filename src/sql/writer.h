/*
 * The one thread that writes to an embedded database, in groups.  Only sql/ includes this header;
 * sql/db.h says what its groups promise.
 */
#ifndef CAIRN_SQL_WRITER_H
#define CAIRN_SQL_WRITER_H

#include "sql/db.h"

struct cn_sql_writer;

/* Takes `conn` over and starts the thread. */
struct cn_sql_writer *cn_sql_writer_new(struct cn_sql_conn *conn, size_t queue_max,
                                        size_t group_max);

/* Runs what is queued, stops the thread, closes the connection.  NULL is allowed. */
void cn_sql_writer_free(struct cn_sql_writer *writer);

CN_MUST_CHECK bool cn_sql_writer_post(struct cn_sql_writer *writer, struct cn_db_job *job,
                                      struct cn_error *err);

size_t cn_sql_writer_waiting(struct cn_sql_writer *writer);
bool cn_sql_writer_is_broken(const struct cn_sql_writer *writer);

#endif
