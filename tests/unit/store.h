/*
 * An empty database with some migrations: SQLite in memory, or a schema of its own in the
 * PostgreSQL that CAIRN_TEST_PG_URL names.
 */
#ifndef CAIRN_TESTS_UNIT_STORE_H
#define CAIRN_TESTS_UNIT_STORE_H

#include <stdio.h>
#include <stdlib.h>

#include "sql/migrate.h"
#include "sql/postgres.h"
#include "sql/sqlite.h"
#include "tests/unit/unit.h"

static inline const char *store_server(void)
{
    return getenv("CAIRN_TEST_PG_URL"); /* NOLINT(concurrency-mt-unsafe): one thread */
}

/* schema NULL: SQLite. */
static inline struct cn_sql_conn *store_open(const char *schema,
                                             const struct cn_embedded_file *files, size_t count)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_error err = { 0 };
    bool ok = false;
    if (schema == NULL) {
        ok = cn_sqlite_open(":memory:", &conn, &err);
    } else {
        char sql[256];
        (void)snprintf(sql, sizeof(sql),
                       "DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s; SET search_path = %s",
                       schema, schema, schema);
        ok = cn_postgres_open(store_server(), &conn, &err) && cn_sql_exec(conn, sql, &err);
    }
    ok = ok && cn_migrate(conn, "main", files, count, (cn_time){ 1 }, &err);
    if (!ok) {
        fail_msg("%s", err.message);
    }
    return conn;
}

#endif
