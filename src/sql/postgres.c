#include "sql/postgres.h"

#include <assert.h>
#include <endian.h>
#include <libpq-fe.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/parse.h"
#include "base/str.h"

#include "sql/driver.h"
#include "sql/pg_array.h"

enum {
    NUMBER_BYTES = 8,
    NAME_BYTES = 24,
    ARENA_BLOCK_BYTES = 1024,
    SENT_MAX = 256, /* so that answers never fill what is between us and the server */
};

/* Types as pg_type numbers them; these never change. */
enum {
    OID_UNKNOWN = 0, /* the server infers it */
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_TEXT = 25,
    OID_FLOAT8 = 701,
    OID_TEXT_ARRAY = 1009,
    OID_INT8_ARRAY = 1016,
};

struct pg_conn {
    struct cn_sql_conn base;
    PGconn *link;
    int64_t changes;
    int64_t statement_count; /* names them */
    int sent;                /* statements of which the answers were not read yet */
};

struct pg_param {
    const char *ptr; /* NULL is SQL NULL */
    int len;
    int is_binary; /* an int because libpq wants an array of them */
    Oid type;
    char number[NUMBER_BYTES];
};

struct pg_stmt {
    struct cn_sql_stmt base;
    const char *sql;
    char name[NAME_BYTES];
    bool is_prepared; /* on the server, with these types */
    bool bad_index;
    PGresult *result; /* NULL until stepped */
    int row;          /* of result, -1 before the first */
    int param_count;
    struct pg_param *params;
    const char **values; /* what libpq takes, filled for each call */
    int *lengths;
    int *formats;
    Oid *types;            /* of each value but null that was bound last */
    struct cn_arena arena; /* until reset: id lists and decoded bytes */
};

static struct pg_conn *conn_of(struct cn_sql_conn *conn)
{
    return (struct pg_conn *)conn;
}

static struct pg_stmt *stmt_of(struct cn_sql_stmt *stmt)
{
    return (struct pg_stmt *)stmt;
}

struct state_code {
    const char *prefix; /* of the SQLSTATE */
    enum cn_code code;
};

/* The first prefix that fits decides. */
static const struct state_code state_codes[] = {
    { "40", CN_UNAVAILABLE },     /* serialization failure, deadlock */
    { "08", CN_UNAVAILABLE },     /* connection */
    { "53100", CN_STORAGE_FULL }, /* disk full */
    { "53", CN_UNAVAILABLE },     /* too many connections, out of memory */
    { "57", CN_UNAVAILABLE },     /* shutdown, cancelled by timeout */
    { "55P03", CN_UNAVAILABLE },  /* lock timeout */
    { "25006", CN_UNAVAILABLE },  /* read only: a standby that is not yet promoted */
    { "25P03", CN_UNAVAILABLE },  /* idle in transaction for too long */
    { "58030", CN_UNAVAILABLE },  /* I/O error */
    { "23", CN_CONFLICT },        /* unique, foreign key, check */
};

static enum cn_code code_of(const char *state)
{
    for (size_t i = 0; i < CN_ARRAY_LEN(state_codes); i++) {
        if (strncmp(state, state_codes[i].prefix, strlen(state_codes[i].prefix)) == 0) {
            return state_codes[i].code;
        }
    }
    return CN_INTERNAL;
}

/* Branches on SQLSTATE only: under Citus names of constraints are missing and tables are shards. */
static bool fail(struct pg_conn *conn, const PGresult *result, struct cn_error *err)
{
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (state == NULL || PQstatus(conn->link) != CONNECTION_OK) {
        cn_str all = cn_str_trim(cn_str_of(PQerrorMessage(conn->link)));
        return cn_fail(err, CN_UNAVAILABLE, "postgresql: %.*s", CN_STR_ARG(all));
    }
    return cn_fail(err, code_of(state), "postgresql: %s (%s)", text != NULL ? text : "", state);
}

/* The largest n of $n.  Our texts hold no other dollar signs. */
static int count_params(const char *sql)
{
    int largest = 0;
    for (const char *at = strchr(sql, '$'); at != NULL; at = strchr(at + 1, '$')) {
        int n = 0;
        for (const char *digit = at + 1; *digit >= '0' && *digit <= '9' && n < INT_MAX / 20;
             digit++) {
            n = n * 10 + (*digit - '0');
        }
        largest = n > largest ? n : largest;
    }
    return largest;
}

/* The server hears of it at the first step, when the types of the values are known. */
static bool pg_prepare(struct cn_sql_conn *base, const char *sql, struct cn_sql_stmt **stmt_out,
                       struct cn_error *err)
{
    int params = count_params(sql);
    if (params > CN_SQL_PARAMS_MAX) {
        return cn_fail(err, CN_INTERNAL, "%d placeholders are too many", params);
    }
    size_t count = (size_t)params + 1; /* never 0 bytes */
    struct pg_stmt *stmt = cn_heap_resize(NULL, sizeof(*stmt));
    *stmt = (struct pg_stmt){
        .base.conn = base,
        .sql = sql,
        .row = -1,
        .param_count = params,
        .params = cn_heap_resize(NULL, count * sizeof(struct pg_param)),
        .values = cn_heap_resize(NULL, count * sizeof(const char *)),
        .lengths = cn_heap_resize(NULL, count * sizeof(int)),
        .formats = cn_heap_resize(NULL, count * sizeof(int)),
        .types = cn_heap_resize(NULL, count * sizeof(Oid)),
    };
    memset(stmt->params, 0, count * sizeof(struct pg_param));
    memset(stmt->types, 0, count * sizeof(Oid));
    cn_arena_init(&stmt->arena, ARENA_BLOCK_BYTES);
    *stmt_out = &stmt->base;
    return true;
}

static struct pg_param *param_at(struct cn_sql_stmt *base, int n)
{
    struct pg_stmt *stmt = stmt_of(base);
    if (n < 1 || n > stmt->param_count) {
        stmt->bad_index = true;
        return &stmt->params[stmt->param_count]; /* the spare one */
    }
    return &stmt->params[n - 1];
}

/* Numbers cross the network with the most significant byte first. */
static void bind_number(struct cn_sql_stmt *base, int n, uint64_t bits, Oid type)
{
    struct pg_param *param = param_at(base, n);
    uint64_t big_endian = htobe64(bits);
    memcpy(param->number, &big_endian, sizeof(big_endian));
    param->len = sizeof(big_endian);
    param->ptr = param->number;
    param->is_binary = 1;
    param->type = type;
}

static void pg_bind_i64(struct cn_sql_stmt *base, int n, int64_t value)
{
    bind_number(base, n, (uint64_t)value, OID_INT8);
}

static void pg_bind_f64(struct cn_sql_stmt *base, int n, double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(bits));
    bind_number(base, n, bits, OID_FLOAT8);
}

static void bind_bytes(struct cn_sql_stmt *base, int n, cn_str bytes, Oid type)
{
    struct pg_param *param = param_at(base, n);
    assert(bytes.len <= INT_MAX);
    param->ptr = bytes.ptr != NULL ? bytes.ptr : "";
    param->len = (int)bytes.len;
    param->is_binary = 1; /* which needs no NUL and no escapes */
    param->type = type;
}

static void pg_bind_str(struct cn_sql_stmt *base, int n, cn_str value)
{
    bind_bytes(base, n, value, OID_TEXT);
}

static void pg_bind_blob(struct cn_sql_stmt *base, int n, cn_str bytes)
{
    bind_bytes(base, n, bytes, OID_BYTEA);
}

static void pg_bind_null(struct cn_sql_stmt *base, int n)
{
    struct pg_param *param = param_at(base, n);
    param->ptr = NULL;
    param->type = OID_UNKNOWN;
}

static void pg_bind_ids(struct cn_sql_stmt *base, int n, const int64_t *ids, size_t count)
{
    bind_bytes(base, n, cn_pg_array_of_ids(&stmt_of(base)->arena, ids, count), OID_INT8_ARRAY);
}

static void pg_bind_list(struct cn_sql_stmt *base, int n, bool is_text,
                         const struct cn_sql_list *list)
{
    const Oid element = is_text ? OID_TEXT : OID_INT8;
    bind_bytes(base, n, cn_pg_array(&stmt_of(base)->arena, element, list),
               is_text ? OID_TEXT_ARRAY : OID_INT8_ARRAY);
}

/* Reads the answers of what was sent up to the mark behind it; the first error counts.  A lost
 * connection yields an error and then nothing more. */
static bool read_answers(struct pg_conn *conn, struct cn_error *err)
{
    bool ok = true;
    int nothing = 0;
    while (nothing < 2) { /* one stands between two answers */
        PGresult *result = PQgetResult(conn->link);
        ExecStatusType status = result != NULL ? PQresultStatus(result) : PGRES_COMMAND_OK;
        nothing = result != NULL ? 0 : nothing + 1;
        bool is_good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
        if (!is_good && status != PGRES_PIPELINE_SYNC && ok) {
            ok = fail(conn, result, err);
        }
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC) {
            return ok;
        }
    }
    return ok && fail(conn, NULL, err);
}

static bool settle(struct pg_conn *conn, struct cn_error *err)
{
    if (conn->sent == 0) {
        return true;
    }
    conn->sent = 0;
    bool ok = PQpipelineSync(conn->link) == 1 ? read_answers(conn, err) : fail(conn, NULL, err);
    if (PQexitPipelineMode(conn->link) != 1 && ok) {
        ok = fail(conn, NULL, err);
    }
    return ok;
}

/* What was null so far may get its type now; then the server has to hear of it. */
static void gather(struct pg_stmt *stmt)
{
    for (int i = 0; i < stmt->param_count; i++) {
        const struct pg_param *param = &stmt->params[i];
        stmt->values[i] = param->ptr;
        stmt->lengths[i] = param->len;
        stmt->formats[i] = param->is_binary;
        if (param->type != OID_UNKNOWN && param->type != stmt->types[i]) {
            stmt->types[i] = param->type;
            stmt->is_prepared = false;
        }
    }
}

static bool prepare_on_server(struct pg_conn *conn, struct pg_stmt *stmt, struct cn_error *err)
{
    (void)snprintf(stmt->name, sizeof(stmt->name), "s%lld",
                   (long long)conn->statement_count++); /* 19 digits fit */
    PGresult *result = PQprepare(conn->link, stmt->name, stmt->sql, stmt->param_count, stmt->types);
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK || fail(conn, result, err);
    PQclear(result);
    stmt->is_prepared = ok;
    return ok;
}

/* What stepping and sending begin with. */
static bool make_ready(struct pg_conn *conn, struct pg_stmt *stmt, struct cn_error *err)
{
    if (stmt->bad_index) {
        return cn_fail(err, CN_INTERNAL, "postgresql: a value was bound beyond $%d",
                       stmt->param_count);
    }
    gather(stmt);
    return stmt->is_prepared || (settle(conn, err) && prepare_on_server(conn, stmt, err));
}

static bool pg_send(struct cn_sql_stmt *base, struct cn_error *err)
{
    struct pg_conn *conn = conn_of(base->conn);
    struct pg_stmt *stmt = stmt_of(base);
    if (!make_ready(conn, stmt, err)) {
        return false;
    }
    if (conn->sent == 0 && PQenterPipelineMode(conn->link) != 1) {
        return fail(conn, NULL, err);
    }
    conn->sent++; /* whether it works or not: settle() leaves the mode */
    if (PQsendQueryPrepared(conn->link, stmt->name, stmt->param_count, stmt->values, stmt->lengths,
                            stmt->formats, 0) != 1) {
        return fail(conn, NULL, err);
    }
    return conn->sent < SENT_MAX || settle(conn, err);
}

static bool execute(struct pg_conn *conn, struct pg_stmt *stmt, struct cn_error *err)
{
    if (!make_ready(conn, stmt, err) || !settle(conn, err)) {
        return false;
    }
    PGresult *result = PQexecPrepared(conn->link, stmt->name, stmt->param_count, stmt->values,
                                      stmt->lengths, stmt->formats, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        (void)fail(conn, result, err);
        PQclear(result);
        return false;
    }
    int64_t changes = 0;
    conn->changes = cn_parse_i64(cn_str_of(PQcmdTuples(result)), &changes) ? changes : 0;
    stmt->result = result;
    return true;
}

static bool pg_step(struct cn_sql_stmt *base, bool *row_out, struct cn_error *err)
{
    struct pg_stmt *stmt = stmt_of(base);
    if (stmt->result == NULL && !execute(conn_of(base->conn), stmt, err)) {
        return false;
    }
    stmt->row++;
    *row_out = stmt->row < PQntuples(stmt->result);
    return true;
}

static int pg_column_count(struct cn_sql_stmt *base)
{
    return PQnfields(stmt_of(base)->result);
}

static bool pg_column_is_null(struct cn_sql_stmt *base, int column)
{
    struct pg_stmt *stmt = stmt_of(base);
    return PQgetisnull(stmt->result, stmt->row, column) != 0;
}

static cn_str pg_column_str(struct cn_sql_stmt *base, int column)
{
    struct pg_stmt *stmt = stmt_of(base);
    const char *text = PQgetvalue(stmt->result, stmt->row, column);
    return (cn_str){ text != NULL ? text : "",
                     (size_t)PQgetlength(stmt->result, stmt->row, column) };
}

static double pg_column_f64(struct cn_sql_stmt *base, int column)
{
    double value = 0;
    return cn_parse_f64(pg_column_str(base, column), &value) ? value : 0;
}

static int64_t pg_column_i64(struct cn_sql_stmt *base, int column)
{
    int64_t value = 0;
    return cn_parse_i64(pg_column_str(base, column), &value) ? value : 0;
}

static unsigned hex_value(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10) & 15;
}

/* "\x0aff" is how bytea comes as text. */
static cn_str pg_column_blob(struct cn_sql_stmt *base, int column)
{
    cn_str text = pg_column_str(base, column);
    if (!cn_str_starts_with(text, CN_STR("\\x"))) {
        return text;
    }
    size_t len = (text.len - 2) / 2;
    char *bytes = cn_arena_calloc(&stmt_of(base)->arena, len + 1, 1);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (char)(hex_value(text.ptr[2 + 2 * i]) << 4 | hex_value(text.ptr[3 + 2 * i]));
    }
    return (cn_str){ bytes, len };
}

static void pg_reset(struct cn_sql_stmt *base)
{
    struct pg_stmt *stmt = stmt_of(base);
    PQclear(stmt->result);
    stmt->result = NULL;
    stmt->row = -1;
    stmt->bad_index = false;
    for (int i = 0; i < stmt->param_count; i++) {
        stmt->params[i].ptr = NULL;
        stmt->params[i].type = OID_UNKNOWN;
    }
    cn_arena_reset(&stmt->arena);
}

/* What was prepared on the server stays there until the connection ends: only texts that are not
 * kept come here, and those are few. */
static void pg_finish(struct cn_sql_stmt *base)
{
    struct pg_stmt *stmt = stmt_of(base);
    PQclear(stmt->result);
    cn_arena_deinit(&stmt->arena);
    free(stmt->params);
    free((void *)stmt->values);
    free(stmt->lengths);
    free(stmt->formats);
    free(stmt->types);
    free(stmt);
}

static bool pg_exec(struct cn_sql_conn *base, const char *sql, struct cn_error *err)
{
    struct pg_conn *conn = conn_of(base);
    struct cn_error ignored; /* a rollback undoes whatever went wrong */
    bool undoes = strncmp(sql, "ROLLBACK", strlen("ROLLBACK")) == 0;
    if (!settle(conn, undoes ? &ignored : err) && !undoes) {
        return false;
    }
    PGresult *result = PQexec(conn->link, sql);
    ExecStatusType status = PQresultStatus(result);
    bool ok =
        status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
    if (!ok) {
        (void)fail(conn, result, err);
    } else if (strcmp(sql, "COMMIT") == 0 && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        /* committing a transaction that had failed answers ROLLBACK, as a success */
        ok = cn_fail(err, CN_INTERNAL, "postgresql: commit of a failed transaction");
    }
    PQclear(result);
    return ok;
}

/* The last answer of the COPY: whether it worked. */
static bool end_copy(struct pg_conn *conn, struct cn_error *err)
{
    bool ok = true;
    PGresult *result = PQgetResult(conn->link);
    while (result != NULL) {
        if (ok && PQresultStatus(result) != PGRES_COMMAND_OK) {
            ok = fail(conn, result, err);
        }
        PQclear(result);
        result = PQgetResult(conn->link);
    }
    return ok;
}

static bool pg_copy(struct cn_sql_conn *base, const char *sql, cn_str rows, struct cn_error *err)
{
    struct pg_conn *conn = conn_of(base);
    if (!settle(conn, err)) {
        return false;
    }
    PGresult *result = PQexec(conn->link, sql);
    bool ok = PQresultStatus(result) == PGRES_COPY_IN || fail(conn, result, err);
    PQclear(result);
    if (!ok) {
        return false;
    }
    assert(rows.len <= INT_MAX);
    if (PQputCopyData(conn->link, rows.ptr, (int)rows.len) != 1 ||
        PQputCopyEnd(conn->link, NULL) != 1) {
        return fail(conn, NULL, err);
    }
    return end_copy(conn, err);
}

static int64_t pg_changes(struct cn_sql_conn *conn)
{
    return conn_of(conn)->changes;
}

static bool pg_has_transaction(struct cn_sql_conn *conn)
{
    PGTransactionStatusType status = PQtransactionStatus(conn_of(conn)->link);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE ||
           conn_of(conn)->sent > 0;
}

static bool pg_is_alive(struct cn_sql_conn *conn)
{
    return PQstatus(conn_of(conn)->link) == CONNECTION_OK;
}

static void pg_close(struct cn_sql_conn *conn)
{
    PQfinish(conn_of(conn)->link);
    free(conn_of(conn));
}

static const char migration_lock[] = "SET LOCAL statement_timeout = 0;"
                                     "SET LOCAL lock_timeout = 0;"
                                     "SELECT pg_advisory_xact_lock(7210431)";

static const struct cn_sql_driver driver = {
    .name = "postgresql",
    .is_embedded = false,
    .begin_write = "BEGIN ISOLATION LEVEL READ COMMITTED", /* whatever the default may be */
    .begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    .fragments = { [CN_FRAGMENT_SKIP_LOCKED] = "FOR UPDATE SKIP LOCKED",
                   [CN_FRAGMENT_HOLD_ROW] = "FOR KEY SHARE",
                   [CN_FRAGMENT_IN_IDS] = "= ANY(?)",
                   [CN_FRAGMENT_ROWS] = "SELECT ? FROM unnest(#) AS k(?) WHERE true",
                   [CN_FRAGMENT_SET_ROWS] =
                       "SET & FROM unnest(#) AS k(row_id, ~) WHERE ^ = k.row_id",
                   [CN_FRAGMENT_TABLE_SUFFIX] = "",
                   [CN_FRAGMENT_MIGRATION_LOCK] = migration_lock },
    .prepare = pg_prepare,
    .bind_i64 = pg_bind_i64,
    .bind_f64 = pg_bind_f64,
    .bind_str = pg_bind_str,
    .bind_blob = pg_bind_blob,
    .bind_null = pg_bind_null,
    .bind_ids = pg_bind_ids,
    .bind_list = pg_bind_list,
    .step = pg_step,
    .send = pg_send,
    .column_count = pg_column_count,
    .column_is_null = pg_column_is_null,
    .column_i64 = pg_column_i64,
    .column_f64 = pg_column_f64,
    .column_str = pg_column_str,
    .column_blob = pg_column_blob,
    .reset = pg_reset,
    .finish = pg_finish,
    .exec = pg_exec,
    .copy = pg_copy,
    .changes = pg_changes,
    .has_transaction = pg_has_transaction,
    .is_alive = pg_is_alive,
    .close = pg_close,
};

static void drop_notice(void *arg, const PGresult *result)
{
    (void)arg; /* "relation exists, skipping" is no news */
    (void)result;
}

static const char *const session = "SET statement_timeout = '60s';"
                                   "SET lock_timeout = '10s';"
                                   "SET idle_in_transaction_session_timeout = '60s';"
                                   "SET standard_conforming_strings = on;"
                                   "SET bytea_output = 'hex'";

static bool check_encoding(const char *name, struct cn_error *err)
{
    return name == NULL || strcmp(name, "UTF8") == 0 ||
           cn_fail(err, CN_INVALID, "the database is in %s: use createdb --encoding UTF8", name);
}

bool cn_postgres_open(const char *url, struct cn_sql_conn **conn_out, struct cn_error *err)
{
    static const char *const names[] = { "dbname", "client_encoding", "connect_timeout",
                                         "application_name", NULL };
    const char *const values[] = { url, "UTF8", "5", "cairn", NULL };
    struct pg_conn *conn = cn_heap_resize(NULL, sizeof(*conn));
    *conn = (struct pg_conn){ .base.driver = &driver };

    conn->link = PQconnectdbParams(names, values, 1);
    if (PQstatus(conn->link) != CONNECTION_OK) {
        (void)fail(conn, NULL, err);
        cn_sql_close(&conn->base);
        return false;
    }
    (void)PQsetNoticeReceiver(conn->link, drop_notice, NULL); /* gives the one before */
    if (!check_encoding(PQparameterStatus(conn->link, "server_encoding"), err) ||
        !pg_exec(&conn->base, session, err)) {
        cn_sql_close(&conn->base);
        return cn_error_context(err, "setting up a connection");
    }
    *conn_out = &conn->base;
    return true;
}
