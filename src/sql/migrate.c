#include "sql/migrate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/parse.h"
#include "base/str.h"

#include "sql/sql.h"

enum {
    NAME_MAX_BYTES = 63, /* of a table; PostgreSQL's limit */
    PLACED_MAX_BYTES = 512,
};

static bool ensure_table(struct cn_sql_conn *conn, struct cn_error *err)
{
    return cn_sql_exec(conn,
                       "CREATE TABLE IF NOT EXISTS schema_migration("
                       " set_name text NOT NULL,"
                       " number bigint NOT NULL,"
                       " file_name text NOT NULL,"
                       " applied_us bigint NOT NULL,"
                       " PRIMARY KEY(set_name, number)) {{table_suffix}}",
                       err);
}

/* "0001_book.sql" gives 1. */
static bool number_of(const struct cn_embedded_file *file, int64_t *number_out,
                      struct cn_error *err)
{
    cn_str name = cn_str_of(file->name);
    cn_str digits = cn_str_slice(name, 0, 4);
    while (digits.len > 1 && digits.ptr[0] == '0') {
        digits = cn_str_slice(digits, 1, digits.len);
    }
    return (name.len > 5 && name.ptr[4] == '_' && cn_parse_i64(digits, number_out)) ||
           cn_fail(err, CN_INTERNAL, "migration '%s' is not named NNNN_what.sql", file->name);
}

/* Whether the database knows this number; under another file name it is not our database. */
static bool is_applied(struct cn_sql_conn *conn, const char *set, int64_t number, const char *name,
                       bool *applied_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool ok = false;
    if (!cn_sql_prepare(conn,
                        "SELECT file_name FROM schema_migration"
                        " WHERE set_name = $1 AND number = $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_str_of(set));
    cn_sql_bind_i64(stmt, 2, number);
    bool row = false;
    if (cn_sql_step(stmt, &row, err)) {
        ok =
            !row || cn_str_equal(cn_sql_column_str(stmt, 0), cn_str_of(name)) ||
            cn_fail(err, CN_INVALID, "the database has migration '%.*s' where the program has '%s'",
                    CN_STR_ARG(cn_sql_column_str(stmt, 0)), name);
    }
    if (ok) {
        *applied_out = row;
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool note_applied(struct cn_sql_conn *conn, const char *set, int64_t number,
                         const char *name, cn_time now, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn,
                        "INSERT INTO schema_migration(set_name, number, file_name, applied_us)"
                        " VALUES($1, $2, $3, $4)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_str_of(set));
    cn_sql_bind_i64(stmt, 2, number);
    cn_sql_bind_str(stmt, 3, cn_str_of(name));
    cn_sql_bind_i64(stmt, 4, now.us);
    return cn_sql_run(stmt, err);
}

/* Citus, or functions of its names as tests make them. */
static bool has_citus(struct cn_sql_conn *conn, bool *has_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (cn_sql_is_embedded(conn)) {
        *has_out = false;
        return true;
    }
    if (!cn_sql_prepare(conn,
                        "SELECT count(*) FROM pg_proc WHERE proname = 'create_distributed_table'"
                        " AND pg_function_is_visible(oid)",
                        &stmt, err)) {
        return false;
    }
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *has_out = row && cn_sql_column_i64(stmt, 0) > 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

/* Runs the text that `buf` has gathered and empties it. */
static bool run_gathered(struct cn_sql_conn *conn, struct cn_buf *buf, struct cn_error *err)
{
    cn_buf_add(buf, "", 1);
    bool ok = !buf->overflowed || cn_fail(err, CN_INTERNAL, "the migration is too long");
    ok = ok && cn_sql_exec(conn, buf->data, err);
    cn_buf_clear(buf);
    return ok;
}

static bool place_table(struct cn_sql_conn *conn, cn_str table, cn_str column, struct cn_error *err)
{
    struct cn_buf buf;
    cn_buf_init(&buf, PLACED_MAX_BYTES);
    if (column.len == 0) {
        cn_buf_printf(&buf, "SELECT create_reference_table('%.*s')", CN_STR_ARG(table));
    } else if (!cn_str_equal(column, CN_STR("account_id")) ||
               cn_str_equal(table, CN_STR("account"))) {
        cn_buf_printf(&buf,
                      "SELECT create_distributed_table('%.*s', '%.*s', colocate_with => 'none')",
                      CN_STR_ARG(table), CN_STR_ARG(column));
    } else {
        cn_buf_printf(
            &buf,
            "SELECT create_distributed_table('%.*s', 'account_id', colocate_with => 'account')",
            CN_STR_ARG(table));
    }
    bool ok = run_gathered(conn, &buf, err);
    cn_buf_deinit(&buf);
    return ok;
}

/* Runs a migration of which the lines that place tables are acted on as they come. */
static bool run_placed(struct cn_sql_conn *conn, cn_str text, struct cn_error *err)
{
    struct cn_buf buf;
    char table[NAME_MAX_BYTES + 1] = "";
    cn_str line;
    bool ok = cn_sql_exec(conn,
                          "SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;"
                          "SET LOCAL citus.multi_shard_modify_mode TO 'sequential'",
                          err);
    cn_buf_init(&buf, text.len + 2);
    while (ok && cn_str_split(&text, '\n', &line)) {
        if (cn_str_starts_with(line, CN_STR("CREATE TABLE "))) {
            cn_str rest = cn_str_slice(line, strlen("CREATE TABLE "), line.len);
            cn_str name = { 0 };
            (void)cn_str_split(&rest, '(', &name); /* an empty name fails when it is used */
            name = cn_str_slice(cn_str_trim(name), 0, NAME_MAX_BYTES);
            memcpy(table, name.ptr, name.len);
            table[name.len] = '\0';
        }
        bool dist = cn_str_starts_with(line, CN_STR("-- @dist "));
        if (dist || cn_str_starts_with(line, CN_STR("-- @ref"))) {
            cn_str column = dist ? cn_str_trim(cn_str_slice(line, 9, line.len)) : (cn_str){ 0 };
            ok = run_gathered(conn, &buf, err) && place_table(conn, cn_str_of(table), column, err);
        } else {
            cn_buf_add_str(&buf, line);
            cn_buf_add(&buf, "\n", 1);
        }
    }
    ok = ok && run_gathered(conn, &buf, err);
    cn_buf_deinit(&buf);
    return ok;
}

static bool run_plain(struct cn_sql_conn *conn, cn_str text, struct cn_error *err)
{
    struct cn_buf buf;
    cn_buf_init(&buf, text.len + 1);
    cn_buf_add_str(&buf, text);
    bool ok = run_gathered(conn, &buf, err);
    cn_buf_deinit(&buf);
    return ok;
}

static bool apply_locked(struct cn_sql_conn *conn, const char *set,
                         const struct cn_embedded_file *file, cn_time now, struct cn_error *err)
{
    int64_t number = 0;
    bool applied = false;
    bool citus = false;
    if (!cn_sql_exec(conn, "{{migration_lock}}", err) || !number_of(file, &number, err) ||
        !is_applied(conn, set, number, file->name, &applied, err) ||
        !has_citus(conn, &citus, err)) {
        return false;
    }
    cn_str text = cn_embedded_text(file);
    return applied || ((citus ? run_placed(conn, text, err) : run_plain(conn, text, err)) &&
                       note_applied(conn, set, number, file->name, now, err));
}

static bool apply(struct cn_sql_conn *conn, const char *set, const struct cn_embedded_file *file,
                  cn_time now, struct cn_error *err)
{
    if (!cn_sql_begin(conn, err) || !apply_locked(conn, set, file, now, err) ||
        !cn_sql_commit(conn, err)) {
        cn_sql_rollback(conn);
        return cn_error_context(err, "migration %s/%s", set, file->name);
    }
    return true;
}

/* The number that `sql` gives of the set $1; nothing counts as 0. */
static bool ask_number(struct cn_sql_conn *conn, const char *sql, const char *set,
                       int64_t *number_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_str_of(set));
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *number_out = cn_sql_column_i64(stmt, 0);
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_migrate_version(struct cn_sql_conn *conn, const char *set, int64_t *version_out,
                        struct cn_error *err)
{
    return ensure_table(conn, err) &&
           ask_number(conn, "SELECT max(number) FROM schema_migration WHERE set_name = $1", set,
                      version_out, err);
}

bool cn_migrate_check(struct cn_sql_conn *conn, const char *set,
                      const struct cn_embedded_file *files, size_t count, struct cn_error *err)
{
    int64_t applied = 0;
    if (!ask_number(conn, "SELECT count(*) FROM schema_migration WHERE set_name = $1", set,
                    &applied, err)) {
        return cn_error_context(err, "looking at the migrations of %s", set);
    }
    bool same = applied == (int64_t)count;
    for (size_t i = 0; same && i < count; i++) {
        int64_t number = 0;
        if (!number_of(&files[i], &number, err) ||
            !is_applied(conn, set, number, files[i].name, &same, err)) {
            return false;
        }
    }
    return same ||
           cn_fail(err, CN_INVALID, "the database has %lld migrations of %s, the program %zu",
                   (long long)applied, set, count);
}

bool cn_migrate(struct cn_sql_conn *conn, const char *set, const struct cn_embedded_file *files,
                size_t count, cn_time now, struct cn_error *err)
{
    int64_t newest = 0;
    int64_t version = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t number = 0;
        if (!number_of(&files[i], &number, err)) {
            return false;
        }
        assert(number > newest);
        newest = number;
    }
    /* Before anything is looked at or made, the table of migrations included: processes that start
     * together go one after the other. */
    if (!cn_sql_exec(conn, "{{migration_lock}}", err) ||
        !cn_migrate_version(conn, set, &version, err)) {
        return cn_error_context(err, "migrating %s", set);
    }
    if (version > newest) {
        return cn_fail(err, CN_INVALID,
                       "the database is newer than this program: its %s has migration %lld, the "
                       "program knows %lld",
                       set, (long long)version, (long long)newest);
    }
    for (size_t i = 0; i < count; i++) {
        if (!apply(conn, set, &files[i], now, err)) {
            return false;
        }
    }
    return true;
}
