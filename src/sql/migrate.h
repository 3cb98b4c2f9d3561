/*
 * Migrations: numbered SQL files of a set, each applied once, in order, in one transaction each.
 *
 * Forward only.  A database that knows a later migration than the program is refused, so that an
 * old program never writes to a new schema.  Sets keep their versions apart: `main`, `rollup` and
 * `eventpg` may share one PostgreSQL database.
 *
 * A line "-- @dist COLUMN", "-- @ref" or "-- @local" after a CREATE TABLE says how Citus places
 * that table.  It is acted on where the functions of Citus exist, else it is a comment.
 */
#ifndef CAIRN_SQL_MIGRATE_H
#define CAIRN_SQL_MIGRATE_H

#include "base/embedded.h"

#include "sql/sql.h"

/*
 * Brings the set up to date.  Files are named "NNNN_what.sql" and sorted; several folders may each
 * add files to a set by calling once with all of them.
 *
 * Fails with CN_INVALID if the database is newer or an applied file has another name than then, and
 * as sql/sql.h says; then the migration that failed left no trace.
 */
CN_MUST_CHECK bool cn_migrate(struct cn_sql_conn *conn, const char *set,
                              const struct cn_embedded_file *files, size_t count, cn_time now,
                              struct cn_error *err);

/* Only looks.  Fails with CN_INVALID unless exactly these migrations have been applied. */
CN_MUST_CHECK bool cn_migrate_check(struct cn_sql_conn *conn, const char *set,
                                    const struct cn_embedded_file *files, size_t count,
                                    struct cn_error *err);

/* The number of the newest migration that was applied, or 0. */
CN_MUST_CHECK bool cn_migrate_version(struct cn_sql_conn *conn, const char *set,
                                      int64_t *version_out, struct cn_error *err);

#endif
