/*
 * A database that answers from a script, for fault tests: busy, lost connection, full disk, failed
 * sync.  Only tests link it.
 *
 * Every statement that is executed takes the next step of the script, which says how its text must
 * start.  A statement that is not the next one fails and leaves its complaint in the script; a test
 * ends by asserting that there is none and that all steps were taken.
 */
#ifndef CAIRN_SQL_TEST_DRIVER_H
#define CAIRN_SQL_TEST_DRIVER_H

#include "sql/sql.h"

struct cn_scripted_step {
    const char *sql;        /* the statement starts with this */
    enum cn_code fails;     /* CN_OK: it succeeds */
    bool loses_transaction; /* rolled back by the database itself */
    bool loses_connection;
    bool fails_sync;
    int64_t changes;
    const char *const *values; /* rows * columns; NULL is null */
    int columns;
    int rows;
};

struct cn_script {
    const struct cn_scripted_step *steps;
    size_t count;
    size_t next;
    size_t opened; /* connections, so far */
    bool is_embedded;
    char complaint[256]; /* "" while all went as scripted */
};

/* The script outlives the connection.  Several connections may share one script, one at a time. */
CN_MUST_CHECK bool cn_scripted_open(struct cn_script *script, struct cn_sql_conn **conn_out,
                                    struct cn_error *err);

/* The same as a cn_db_connect; arg is the struct cn_script. */
CN_MUST_CHECK bool cn_scripted_connect(void *arg, bool for_writing, struct cn_sql_conn **conn_out,
                                       struct cn_error *err);

#endif
