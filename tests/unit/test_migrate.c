#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "sql/migrate.h"
#include "sql/postgres.h"
#include "sql/sqlite.h"
#include "tests/unit/unit.h"

static const cn_time noon = { 1772357400000000 };

#define FILE_OF(name_, text)                                     \
    {                                                            \
        .name = (name_), .data = (const unsigned char *)(text),  \
        .end = (const unsigned char *)(text) + sizeof(text) - 1, \
    }

static const struct cn_embedded_file files[] = {
    FILE_OF("0001_one.sql",
            "CREATE TABLE account(account_id bigint PRIMARY KEY) {{table_suffix}};\n"
            "-- @dist account_id\n"
            "CREATE TABLE person(\n"
            " account_id bigint, person_id bigint, PRIMARY KEY(account_id, person_id)\n"
            ");\n"
            "-- @dist account_id\n"
            "CREATE TABLE setting(name text PRIMARY KEY);\n"
            "-- @ref\n"
            "CREATE TABLE lease(name text PRIMARY KEY);\n"
            "-- @local\n"),
    FILE_OF("0002_two.sql", "ALTER TABLE account ADD COLUMN name text"),
    FILE_OF("0010_bad.sql", "CREATE TABLE extra(id bigint); SELECT no_such_column FROM account;"),
};

struct fixture {
    struct cn_sql_conn *conn;
    struct cn_error err;
};

static int64_t version(struct fixture *f)
{
    int64_t version = -1;
    assert_true(cn_migrate_version(f->conn, "main", &version, &f->err));
    return version;
}

static void migrations_are_applied_once_and_in_order(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(version(f), 0);
    if (!cn_migrate(f->conn, "main", files, 1, noon, &f->err)) {
        fail_msg("%s", f->err.message);
    }
    assert_int_equal(version(f), 1);
    assert_true(cn_migrate(f->conn, "main", files, 2, noon, &f->err));
    assert_true(cn_migrate(f->conn, "main", files, 2, noon, &f->err));
    assert_int_equal(version(f), 2);
    assert_true(
        cn_sql_exec(f->conn, "INSERT INTO account(account_id, name) VALUES(1, 'x')", &f->err));
}

static void a_migration_that_fails_leaves_no_trace(void **state)
{
    struct fixture *f = *state;
    assert_false(cn_migrate(f->conn, "main", files, 3, noon, &f->err));
    assert_non_null(strstr(f->err.message, "0010_bad.sql"));
    assert_int_equal(version(f), 2);
    assert_true(cn_sql_exec(f->conn, "CREATE TABLE extra(id bigint)", &f->err));
}

static void a_newer_database_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_true(cn_migrate(f->conn, "main", files, 2, noon, &f->err));
    assert_false(cn_migrate(f->conn, "main", files, 1, noon, &f->err));
    assert_int_equal(f->err.code, CN_INVALID);
    assert_non_null(strstr(f->err.message, "newer than this program"));
}

static void another_file_of_the_same_number_is_refused(void **state)
{
    struct fixture *f = *state;
    const struct cn_embedded_file other[] = { FILE_OF("0001_other.sql", "SELECT 1") };
    assert_true(cn_migrate(f->conn, "main", files, 1, noon, &f->err));
    assert_false(cn_migrate(f->conn, "main", other, 1, noon, &f->err));
    assert_int_equal(f->err.code, CN_INVALID);
}

static void sets_keep_their_versions_apart(void **state)
{
    struct fixture *f = *state;
    const struct cn_embedded_file rollup[] = { FILE_OF("0001_rollup.sql",
                                                       "CREATE TABLE extra(id bigint)") };
    assert_true(cn_migrate(f->conn, "main", files, 2, noon, &f->err));
    assert_true(cn_migrate(f->conn, "rollup", rollup, 1, noon, &f->err));
    assert_int_equal(version(f), 2);
}

/* What Citus' functions would have been told, where stand-ins of their names exist. */
static void tables_are_placed_where_citus_is(void **state)
{
    struct fixture *f = *state;
    static const char *const expected[] = { "account account_id none", "person account_id account",
                                            "setting ref" };
    if (cn_sql_is_embedded(f->conn)) {
        return;
    }
    assert_true(
        cn_sql_exec(f->conn,
                    "CREATE TABLE placed(n serial, what text);"
                    "CREATE FUNCTION create_distributed_table(t text, c text, colocate_with text)"
                    " RETURNS void LANGUAGE sql AS"
                    " 'INSERT INTO placed(what) VALUES(t || '' '' || c || '' '' || colocate_with)';"
                    "CREATE FUNCTION create_reference_table(t text) RETURNS void LANGUAGE sql AS"
                    " 'INSERT INTO placed(what) VALUES(t || '' ref'')'",
                    &f->err));
    if (!cn_migrate(f->conn, "main", files, 2, noon, &f->err)) {
        fail_msg("%s", f->err.message);
    }
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    assert_true(cn_sql_prepare(f->conn, "SELECT what FROM placed ORDER BY n", &stmt, &f->err));
    for (size_t i = 0; i < CN_ARRAY_LEN(expected); i++) {
        assert_true(cn_sql_step(stmt, &row, &f->err) && row);
        assert_string_equal(cn_sql_column_str(stmt, 0).ptr, expected[i]);
    }
    assert_true(cn_sql_step(stmt, &row, &f->err));
    assert_false(row);
    cn_sql_finish(stmt);
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){ 0 };
    *state = &f;
    return cn_sqlite_open(":memory:", &f.conn, &f.err) ? 0 : -1;
}

/* A schema of the test's own stands for an empty database. */
static int setup_server(void **state)
{
    static struct fixture f;
    f = (struct fixture){ 0 };
    *state = &f;
    const char *url = getenv("CAIRN_TEST_PG_URL"); /* NOLINT(concurrency-mt-unsafe): one thread */
    return cn_postgres_open(url, &f.conn, &f.err) &&
                   cn_sql_exec(f.conn,
                               "DROP SCHEMA IF EXISTS test_migrate CASCADE;"
                               "CREATE SCHEMA test_migrate; SET search_path = test_migrate",
                               &f.err)
               ? 0
               : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    bool ok = cn_sql_is_embedded(f->conn) ||
              cn_sql_exec(f->conn, "DROP SCHEMA test_migrate CASCADE", &f->err);
    cn_sql_close(f->conn);
    return ok ? 0 : -1;
}

#define TESTS(setup_)                                                                              \
    CN_TEST_WITH("migrations are applied once and in order",                                       \
                 migrations_are_applied_once_and_in_order, setup_, teardown),                      \
        CN_TEST_WITH("a migration that fails leaves no trace",                                     \
                     a_migration_that_fails_leaves_no_trace, setup_, teardown),                    \
        CN_TEST_WITH("reliability 9: a newer database is refused", a_newer_database_is_refused,    \
                     setup_, teardown),                                                            \
        CN_TEST_WITH("another file of the same number is refused",                                 \
                     another_file_of_the_same_number_is_refused, setup_, teardown),                \
        CN_TEST_WITH("sets keep their versions apart", sets_keep_their_versions_apart, setup_,     \
                     teardown),                                                                    \
        CN_TEST_WITH("tables are placed where Citus is", tables_are_placed_where_citus_is, setup_, \
                     teardown)

int main(void)
{
    const struct CMUnitTest sqlite_tests[] = { TESTS(setup) };
    const struct CMUnitTest postgres_tests[] = { TESTS(setup_server) };
    int failed = cmocka_run_group_tests_name("migrate on sqlite", sqlite_tests, NULL, NULL);
    if (getenv("CAIRN_TEST_PG_URL") != NULL) { /* NOLINT(concurrency-mt-unsafe): one thread */
        failed += cmocka_run_group_tests_name("migrate on postgresql", postgres_tests, NULL, NULL);
    }
    return failed;
}
