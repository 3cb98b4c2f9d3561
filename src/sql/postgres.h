/*
 * PostgreSQL and Citus connections, through libpq.  Used by sql/db.h.
 *
 * Numbers that are bound count as bigint or double precision, texts as text and blobs as bytea,
 * wherever in the statement they stand.
 */
#ifndef CAIRN_SQL_POSTGRES_H
#define CAIRN_SQL_POSTGRES_H

#include "sql/sql.h"

/* Connects to "postgresql://...".  Fails with CN_UNAVAILABLE while the server cannot be reached. */
CN_MUST_CHECK bool cn_postgres_open(const char *url, struct cn_sql_conn **conn_out,
                                    struct cn_error *err);

#endif
