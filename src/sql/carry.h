/*
 * Copies tables from one database to another: from SQLite to PostgreSQL or back.
 *
 * Which tables and columns there are is asked of the databases, so that a table which a migration
 * adds is carried without being named anywhere.  Rows are streamed; memory is bounded by one batch.
 *
 * Not here: what of a workspace is to be carried (cli/cmd_move.c), the event log (event/carry.h).
 */
#ifndef CAIRN_SQL_CARRY_H
#define CAIRN_SQL_CARRY_H

#include "base/arena.h"

#include "sql/sql.h"

enum {
    CN_SQL_NAME_MAX_BYTES = 63, /* of a table or column; PostgreSQL's limit */
};

struct cn_sql_carry {
    struct cn_sql_conn *from; /* reads one snapshot: a connection of cn_db_read() */
    struct cn_sql_conn *to;   /* PostgreSQL: in a transaction; SQLite: not in one */

    /* Tells how many rows of a table have been copied, now and then.  May be NULL. */
    void (*progress)(void *arg, const char *table, int64_t rows);
    void *progress_arg;
};

/* The tables of the database (PostgreSQL: of its current schema), sorted, into arena.  Partitions
 * belong to their table and are not listed. */
CN_MUST_CHECK bool cn_sql_tables(struct cn_sql_conn *conn, struct cn_arena *arena,
                                 cn_str **names_out, size_t *count_out, struct cn_error *err);

/*
 * Makes the rows of `table` in `to` those in `from`.  What the table held is deleted.  *rows_out is
 * their number, which is counted again in `to`.
 *
 * Fails with CN_INVALID if the table has other columns there than here.
 */
CN_MUST_CHECK bool cn_sql_carry_table(const struct cn_sql_carry *carry, const char *table,
                                      int64_t *rows_out, struct cn_error *err);

#endif
