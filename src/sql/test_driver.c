#include "sql/test_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/parse.h"
#include "base/str.h"

#include "sql/driver.h"

struct scripted_conn {
    struct cn_sql_conn base;
    struct cn_script *script;
    int64_t changes;
    bool is_open;
    bool has_transaction;
};

struct scripted_stmt {
    struct cn_sql_stmt base;
    const char *sql;
    const struct cn_scripted_step *step; /* NULL until stepped */
    int row;
};

static struct scripted_conn *conn_of(struct cn_sql_conn *conn)
{
    return (struct scripted_conn *)conn;
}

static struct scripted_stmt *stmt_of(struct cn_sql_stmt *stmt)
{
    return (struct scripted_stmt *)stmt;
}

static const struct cn_scripted_step *take_step(struct scripted_conn *conn, const char *sql,
                                                struct cn_error *err)
{
    struct cn_script *script = conn->script;
    if (script->next >= script->count) {
        (void)snprintf(script->complaint, sizeof(script->complaint), "after the end: %s", sql);
        (void)cn_fail(err, CN_INTERNAL, "%s", script->complaint);
        return NULL;
    }
    const struct cn_scripted_step *step = &script->steps[script->next];
    if (strncmp(sql, step->sql, strlen(step->sql)) != 0) {
        (void)snprintf(script->complaint, sizeof(script->complaint), "step %zu is '%s', not: %s",
                       script->next, step->sql, sql);
        (void)cn_fail(err, CN_INTERNAL, "%s", script->complaint);
        return NULL;
    }
    script->next++;
    if (step->loses_transaction || (strcmp(sql, "ROLLBACK") == 0 && step->fails == CN_OK)) {
        conn->has_transaction = false;
    }
    conn->is_open = conn->is_open && !step->loses_connection;
    conn->base.sync_failed = conn->base.sync_failed || step->fails_sync;
    conn->changes = step->changes;
    if (step->fails != CN_OK) {
        (void)cn_fail(err, step->fails, "scripted failure of %s", step->sql);
        return NULL;
    }
    if (strncmp(sql, "BEGIN", strlen("BEGIN")) == 0) {
        conn->has_transaction = true;
    } else if (strcmp(sql, "COMMIT") == 0) {
        conn->has_transaction = false;
    }
    return step;
}

static bool scripted_prepare(struct cn_sql_conn *conn, const char *sql,
                             struct cn_sql_stmt **stmt_out, struct cn_error *err)
{
    (void)err; /* a script fails when it is executed */
    struct scripted_stmt *stmt = cn_heap_resize(NULL, sizeof(*stmt));
    *stmt = (struct scripted_stmt){ .base.conn = conn, .sql = sql, .row = -1 };
    *stmt_out = &stmt->base;
    return true;
}

static void bind_i64(struct cn_sql_stmt *stmt, int n, int64_t value)
{
    (void)stmt;
    (void)n;
    (void)value;
}

static void bind_f64(struct cn_sql_stmt *stmt, int n, double value)
{
    (void)stmt;
    (void)n;
    (void)value;
}

static void bind_str(struct cn_sql_stmt *stmt, int n, cn_str value)
{
    (void)stmt;
    (void)n;
    (void)value;
}

static void bind_null(struct cn_sql_stmt *stmt, int n)
{
    (void)stmt;
    (void)n;
}

static void bind_ids(struct cn_sql_stmt *stmt, int n, const int64_t *ids, size_t count)
{
    (void)stmt;
    (void)n;
    (void)ids;
    (void)count;
}

static bool scripted_step(struct cn_sql_stmt *base, bool *row_out, struct cn_error *err)
{
    struct scripted_stmt *stmt = stmt_of(base);
    if (stmt->step == NULL) {
        stmt->step = take_step(conn_of(base->conn), stmt->sql, err);
        if (stmt->step == NULL) {
            return false;
        }
    }
    stmt->row++;
    *row_out = stmt->row < stmt->step->rows;
    return true;
}

static int column_count(struct cn_sql_stmt *base)
{
    return stmt_of(base)->step->columns;
}

static const char *value_at(struct cn_sql_stmt *base, int column)
{
    const struct scripted_stmt *stmt = stmt_of(base);
    return stmt->step->values[stmt->row * stmt->step->columns + column];
}

static bool column_is_null(struct cn_sql_stmt *base, int column)
{
    return value_at(base, column) == NULL;
}

static cn_str column_str(struct cn_sql_stmt *base, int column)
{
    return cn_str_of(value_at(base, column));
}

static int64_t column_i64(struct cn_sql_stmt *base, int column)
{
    int64_t value = 0;
    return cn_parse_i64(column_str(base, column), &value) ? value : 0;
}

static double column_f64(struct cn_sql_stmt *base, int column)
{
    double value = 0;
    return cn_parse_f64(column_str(base, column), &value) ? value : 0;
}

static void scripted_reset(struct cn_sql_stmt *base)
{
    stmt_of(base)->step = NULL;
    stmt_of(base)->row = -1;
}

static void scripted_finish(struct cn_sql_stmt *base)
{
    free(stmt_of(base));
}

static bool scripted_exec(struct cn_sql_conn *conn, const char *sql, struct cn_error *err)
{
    return take_step(conn_of(conn), sql, err) != NULL;
}

static bool scripted_copy(struct cn_sql_conn *conn, const char *sql, cn_str rows,
                          struct cn_error *err)
{
    (void)rows;
    return take_step(conn_of(conn), sql, err) != NULL;
}

static int64_t scripted_changes(struct cn_sql_conn *conn)
{
    return conn_of(conn)->changes;
}

static bool scripted_has_transaction(struct cn_sql_conn *conn)
{
    return conn_of(conn)->has_transaction;
}

static bool scripted_is_alive(struct cn_sql_conn *conn)
{
    return conn_of(conn)->is_open;
}

static void scripted_close(struct cn_sql_conn *conn)
{
    free(conn_of(conn));
}

#define SCRIPTED(name_, is_embedded_)                                                              \
    {                                                                                              \
        .name = (name_), .is_embedded = (is_embedded_), .begin_write = "BEGIN",                    \
        .begin_read = "BEGIN READ", .fragments = { "", "= ANY(?)", "", "", "", "LOCK", "" },       \
        .prepare = scripted_prepare, .bind_i64 = bind_i64, .bind_f64 = bind_f64,                   \
        .bind_str = bind_str, .bind_blob = bind_str, .bind_null = bind_null, .bind_ids = bind_ids, \
        .step = scripted_step, .column_count = column_count, .column_is_null = column_is_null,     \
        .column_i64 = column_i64, .column_f64 = column_f64, .column_str = column_str,              \
        .column_blob = column_str, .reset = scripted_reset, .finish = scripted_finish,             \
        .exec = scripted_exec, .copy = scripted_copy, .changes = scripted_changes,                 \
        .has_transaction = scripted_has_transaction, .is_alive = scripted_is_alive,                \
        .close = scripted_close,                                                                   \
    }

static const struct cn_sql_driver embedded_driver = SCRIPTED("scripted", true);
static const struct cn_sql_driver server_driver = SCRIPTED("scripted server", false);

bool cn_scripted_open(struct cn_script *script, struct cn_sql_conn **conn_out, struct cn_error *err)
{
    (void)err; /* opening is not scripted */
    struct scripted_conn *conn = cn_heap_resize(NULL, sizeof(*conn));
    *conn = (struct scripted_conn){
        .base.driver = script->is_embedded ? &embedded_driver : &server_driver,
        .script = script,
        .is_open = true,
    };
    script->opened++;
    *conn_out = &conn->base;
    return true;
}

bool cn_scripted_connect(void *arg, bool for_writing, struct cn_sql_conn **conn_out,
                         struct cn_error *err)
{
    (void)for_writing;
    return cn_scripted_open(arg, conn_out, err);
}
