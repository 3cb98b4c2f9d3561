/*
 * A bounded set of connections that threads borrow.  Only sql/ includes this header.
 *
 * Connections are made when first needed and dropped when they turn out dead, so a database that
 * went away and came back is met with new ones.
 */
#ifndef CAIRN_SQL_POOL_H
#define CAIRN_SQL_POOL_H

#include "sql/db.h"

struct cn_sql_pool;

struct cn_sql_pool *cn_sql_pool_new(size_t max, cn_db_connect *connect, void *connect_arg,
                                    bool for_writing);
void cn_sql_pool_free(struct cn_sql_pool *pool); /* all must be back; NULL is allowed */

/* Waits for a free one for up to CN_DB_READ_WAIT_MS.  Fails with CN_UNAVAILABLE. */
CN_MUST_CHECK bool cn_sql_pool_take(struct cn_sql_pool *pool, struct cn_sql_conn **conn_out,
                                    struct cn_error *err);

/* A transaction that is still on it is rolled back; if that fails the connection is dropped. */
void cn_sql_pool_give(struct cn_sql_pool *pool, struct cn_sql_conn *conn);

#endif
