#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "sql/driver.h"
#include "sql/postgres.h"
#include "sql/rows.h"
#include "sql/sqlite.h"
#include "tests/unit/unit.h"

/* Every test runs on SQLite, and again on PostgreSQL when CAIRN_TEST_PG_URL names one. */
struct fixture {
    struct cn_sql_conn *conn;
    struct cn_error err;
};

static void exec(struct fixture *f, const char *sql)
{
    if (!cn_sql_exec(f->conn, sql, &f->err)) {
        fail_msg("%s: %s", sql, f->err.message);
    }
}

static struct cn_sql_stmt *prepare(struct fixture *f, const char *sql)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(f->conn, sql, &stmt, &f->err)) {
        fail_msg("%s: %s", sql, f->err.message);
    }
    return stmt;
}

static bool step(struct fixture *f, struct cn_sql_stmt *stmt)
{
    bool row = false;
    if (!cn_sql_step(stmt, &row, &f->err)) {
        fail_msg("%s", f->err.message);
    }
    return row;
}

static int64_t one(struct fixture *f, const char *sql)
{
    struct cn_sql_stmt *stmt = prepare(f, sql);
    assert_true(step(f, stmt));
    int64_t value = cn_sql_column_i64(stmt, 0);
    cn_sql_finish(stmt);
    return value;
}

static void insert(struct fixture *f, int64_t id)
{
    struct cn_sql_stmt *stmt = prepare(f, "INSERT INTO t(id) VALUES($1)");
    cn_sql_bind_i64(stmt, 1, id);
    assert_true(cn_sql_run(stmt, &f->err));
}

static void placeholders_count_by_number_not_by_place(void **state)
{
    struct fixture *f = *state;
    struct cn_sql_stmt *stmt = prepare(f, "SELECT $2, $1, $2");
    cn_sql_bind_i64(stmt, 1, 11);
    cn_sql_bind_i64(stmt, 2, 22);
    assert_true(step(f, stmt));
    assert_int_equal(cn_sql_column_count(stmt), 3);
    assert_int_equal(cn_sql_column_i64(stmt, 0), 22);
    assert_int_equal(cn_sql_column_i64(stmt, 1), 11);
    assert_int_equal(cn_sql_column_i64(stmt, 2), 22);
    assert_false(step(f, stmt));
    cn_sql_finish(stmt);
}

static void values_come_back_as_they_went_in(void **state)
{
    struct fixture *f = *state;
    static const char bytes[] = "\0\xff\\'x";
    exec(f, "CREATE TABLE v(i bigint, d double precision, s text, b bytea, n bigint)");
    struct cn_sql_stmt *stmt = prepare(f, "INSERT INTO v(i, d, s, b, n) VALUES($1,$2,$3,$4,$5)");
    cn_sql_bind_i64(stmt, 1, INT64_MIN);
    cn_sql_bind_f64(stmt, 2, 0.1);
    cn_sql_bind_str(stmt, 3, CN_STR("it's \"so\" \xc3\xa9\n"));
    cn_sql_bind_blob(stmt, 4, (cn_str){ bytes, sizeof(bytes) - 1 });
    assert_true(cn_sql_run(stmt, &f->err));
    stmt = prepare(f, "SELECT i, d, s, b, n FROM v");
    assert_true(step(f, stmt));
    assert_true(cn_sql_column_i64(stmt, 0) == INT64_MIN);
    assert_true(cn_sql_column_f64(stmt, 1) == 0.1);
    assert_true(cn_str_equal(cn_sql_column_str(stmt, 2), CN_STR("it's \"so\" \xc3\xa9\n")));
    assert_int_equal(cn_sql_column_blob(stmt, 3).len, sizeof(bytes) - 1);
    assert_memory_equal(cn_sql_column_blob(stmt, 3).ptr, bytes, sizeof(bytes) - 1);
    assert_true(cn_sql_column_is_null(stmt, 4));
    assert_false(cn_sql_column_is_null(stmt, 0));
    assert_int_equal(cn_sql_column_i64(stmt, 4), 0);
    assert_int_equal(cn_sql_column_str(stmt, 4).len, 0);
    cn_sql_finish(stmt);
}

static void a_text_prepared_again_is_the_same_statement_without_its_values(void **state)
{
    struct fixture *f = *state;
    const char *sql = "SELECT CAST($1 AS bigint)";
    struct cn_sql_stmt *first = prepare(f, sql);
    cn_sql_bind_i64(first, 1, 5);
    assert_true(step(f, first));
    struct cn_sql_stmt *inside = prepare(f, sql); /* while the first is in use */
    assert_ptr_not_equal(inside, first);
    cn_sql_finish(inside);
    cn_sql_finish(first);
    struct cn_sql_stmt *second = prepare(f, sql);
    assert_ptr_equal(second, first);
    assert_true(step(f, second));
    assert_true(cn_sql_column_is_null(second, 0));
    cn_sql_finish(second);
}

static void a_list_of_ids_is_one_value(void **state)
{
    struct fixture *f = *state;
    const int64_t ids[] = { 3, INT64_MAX, -1 };
    insert(f, 3);
    insert(f, 4);
    insert(f, INT64_MAX);
    struct cn_sql_stmt *stmt =
        prepare(f, "SELECT count(*) FROM t WHERE id {{in_ids $1}} AND id <> $2");
    cn_sql_bind_ids(stmt, 1, ids, CN_ARRAY_LEN(ids));
    cn_sql_bind_i64(stmt, 2, 99);
    assert_true(step(f, stmt));
    assert_int_equal(cn_sql_column_i64(stmt, 0), 2);
    cn_sql_reset(stmt);
    cn_sql_bind_ids(stmt, 1, ids, 0);
    cn_sql_bind_i64(stmt, 2, 99);
    assert_true(step(f, stmt));
    assert_int_equal(cn_sql_column_i64(stmt, 0), 0);
    cn_sql_finish(stmt);
}

/* Rows id 1 to `count` with the name "n<id>", and null instead of every third note. */
static void write_rows(struct fixture *f, const char *sql, int64_t count)
{
    struct cn_sql_rows rows;
    char name[24];
    bool ok = cn_sql_rows_begin(&rows, f->conn, sql, "iti", &f->err);
    for (int64_t id = 1; ok && id <= count; id++) {
        ok = cn_sql_rows_next(&rows, (uint64_t)id, &f->err);
        (void)snprintf(name, sizeof(name), "n%lld", (long long)id);
        cn_sql_rows_i64(&rows, id);
        cn_sql_rows_str(&rows, cn_str_of(name));
        if (id % 3 == 0) {
            cn_sql_rows_null(&rows);
        } else {
            cn_sql_rows_i64(&rows, -id);
        }
    }
    if (!cn_sql_rows_end(&rows, ok, &f->err)) {
        fail_msg("%s", f->err.message);
    }
}

static void many_rows_are_one_statement(void **state)
{
    struct fixture *f = *state;
    const int64_t count = 2 * CN_SQL_ROWS_MAX + 7;
    exec(f, "CREATE TABLE r(id bigint PRIMARY KEY, name text NOT NULL, note integer)");
    assert_true(cn_sql_begin(f->conn, &f->err));
    write_rows(f, "INSERT INTO r (id, name, note) {{rows id, name, note}}", count);
    assert_int_equal(one(f, "SELECT count(*) FROM r"), count);
    assert_int_equal(one(f, "SELECT count(*) FROM r WHERE note IS NULL"), count / 3);
    assert_int_equal(one(f, "SELECT count(*) FROM r WHERE name = 'n' || id"), count);
    assert_int_equal(one(f, "SELECT count(*) FROM r WHERE note = -id"), count - count / 3);
    exec(f, "UPDATE r SET name = '', note = 0");
    exec(f, "INSERT INTO r VALUES(0, 'other', 5)");
    write_rows(f, "UPDATE r {{set_rows id, name, note}}", count - 1);
    assert_int_equal(one(f, "SELECT count(*) FROM r WHERE name = 'n' || id"), count - 1);
    assert_int_equal(one(f, "SELECT note FROM r WHERE id = 0"), 5);
    assert_int_equal(one(f, "SELECT note FROM r WHERE id = 2"), -2);
    write_rows(f,
               "INSERT INTO r (id, name, note) {{rows id, name, note}}"
               " ON CONFLICT (id) DO UPDATE SET note = excluded.note WHERE r.id = 2",
               4);
    assert_true(cn_sql_commit(f->conn, &f->err));
    assert_int_equal(one(f, "SELECT count(*) FROM r"), count + 1);
}

/* One statement must not write a row twice. */
static void of_rows_with_one_key_the_last_holds(void **state)
{
    struct fixture *f = *state;
    static const int64_t values[] = { 1, 2, 3 };
    struct cn_sql_rows rows;
    exec(f, "CREATE TABLE r(id bigint PRIMARY KEY, note integer)");
    assert_true(cn_sql_begin(f->conn, &f->err));
    bool ok = cn_sql_rows_begin(&rows, f->conn,
                                "INSERT INTO r (id, note) {{rows id, note}}"
                                " ON CONFLICT (id) DO UPDATE SET note = excluded.note",
                                "ii", &f->err);
    for (size_t i = 0; ok && i < CN_ARRAY_LEN(values); i++) {
        ok = cn_sql_rows_next(&rows, 7, &f->err);
        cn_sql_rows_i64(&rows, 7);
        cn_sql_rows_i64(&rows, values[i]);
    }
    assert_true(cn_sql_rows_end(&rows, ok, &f->err));
    assert_true(cn_sql_commit(f->conn, &f->err));
    assert_int_equal(one(f, "SELECT count(*) FROM r"), 1);
    assert_int_equal(one(f, "SELECT note FROM r"), 3);
}

static void what_breaks_a_key_is_a_conflict(void **state)
{
    struct fixture *f = *state;
    insert(f, 1);
    struct cn_sql_stmt *stmt = prepare(f, "INSERT INTO t(id) VALUES($1)");
    cn_sql_bind_i64(stmt, 1, 1);
    assert_false(cn_sql_run(stmt, &f->err));
    assert_int_equal(f->err.code, CN_CONFLICT);
}

static void a_claim_counts_the_rows_it_changed(void **state)
{
    struct fixture *f = *state;
    for (int64_t expected = 1; expected >= 0; expected--) {
        struct cn_sql_stmt *stmt =
            prepare(f, "INSERT INTO t(id) VALUES($1) ON CONFLICT (id) DO NOTHING");
        cn_sql_bind_i64(stmt, 1, 1);
        assert_true(cn_sql_run(stmt, &f->err));
        assert_int_equal(cn_sql_changes(f->conn), expected);
    }
}

static void a_value_without_a_place_fails_the_step(void **state)
{
    struct fixture *f = *state;
    struct cn_sql_stmt *stmt = prepare(f, "SELECT CAST($1 AS bigint)");
    cn_sql_bind_i64(stmt, 2, 5);
    bool row = true;
    assert_false(cn_sql_step(stmt, &row, &f->err));
    assert_int_equal(f->err.code, CN_INTERNAL);
    assert_true(row);
    cn_sql_finish(stmt);
}

static void a_wrong_text_names_itself(void **state)
{
    struct fixture *f = *state;
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = cn_sql_prepare(f->conn, "SELECT nothing FROM nowhere", &stmt, &f->err) &&
              cn_sql_step(stmt, &row, &f->err); /* PostgreSQL hears of it at the step */
    assert_false(ok);
    assert_int_equal(f->err.code, CN_INTERNAL);
    assert_non_null(strstr(f->err.message, "SELECT nothing FROM nowhere"));
    cn_sql_finish(stmt);
    stmt = NULL;
    assert_false(cn_sql_prepare(f->conn, "SELECT {{no_such}}", &stmt, &f->err));
    assert_false(cn_sql_exec(f->conn, "SELECT {{in_ids", &f->err));
}

static void a_transaction_inside_takes_back_only_itself(void **state)
{
    struct fixture *f = *state;
    assert_true(cn_sql_begin(f->conn, &f->err));
    insert(f, 1);
    assert_true(cn_sql_begin(f->conn, &f->err));
    insert(f, 2);
    struct cn_sql_stmt *stmt = prepare(f, "INSERT INTO t(id) VALUES(1)");
    assert_false(cn_sql_run(stmt, &f->err));
    cn_sql_rollback(f->conn);
    assert_true(cn_sql_begin(f->conn, &f->err));
    insert(f, 3);
    assert_true(cn_sql_commit(f->conn, &f->err));
    assert_true(cn_sql_in_transaction(f->conn));
    assert_true(cn_sql_commit(f->conn, &f->err));
    assert_false(cn_sql_in_transaction(f->conn));
    assert_int_equal(one(f, "SELECT count(*) FROM t"), 2);
    assert_int_equal(one(f, "SELECT count(*) FROM t WHERE id = 2"), 0);
    cn_sql_rollback(f->conn); /* outside: nothing */
}

static bool write_ids(struct cn_sql_conn *conn, void *const *items, size_t count,
                      struct cn_error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct cn_sql_stmt *stmt = NULL;
        if (!cn_sql_prepare(conn, "INSERT INTO t(id) VALUES($1)", &stmt, err)) {
            return false;
        }
        cn_sql_bind_i64(stmt, 1, *(const int64_t *)items[i]);
        if (!cn_sql_run(stmt, err)) {
            return false;
        }
    }
    return true;
}

static void defer(struct fixture *f, int64_t id)
{
    int64_t *item = cn_sql_defer(f->conn, sizeof(*item));
    *item = id;
}

static void what_was_deferred_is_written_at_the_outermost_commit(void **state)
{
    struct fixture *f = *state;
    cn_sql_set_flush(f->conn, write_ids);
    assert_true(cn_sql_begin(f->conn, &f->err));
    defer(f, 10);
    assert_true(cn_sql_begin(f->conn, &f->err));
    defer(f, 20);
    cn_sql_rollback(f->conn);
    assert_true(cn_sql_begin(f->conn, &f->err));
    defer(f, 30);
    assert_true(cn_sql_commit(f->conn, &f->err));
    assert_int_equal(one(f, "SELECT count(*) FROM t"), 0);
    assert_true(cn_sql_commit(f->conn, &f->err));
    assert_int_equal(one(f, "SELECT CAST(sum(id) AS bigint) FROM t"), 40);

    assert_true(cn_sql_begin(f->conn, &f->err));
    defer(f, 10); /* taken, so the whole commit fails */
    insert(f, 11);
    assert_false(cn_sql_commit(f->conn, &f->err));
    assert_int_equal(f->err.code, CN_CONFLICT);
    cn_sql_rollback(f->conn);
    assert_int_equal(one(f, "SELECT count(*) FROM t"), 2);
}

static void greatest_and_least_pass_over_null(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(one(f, "SELECT greatest(1, CAST(NULL AS bigint), 7, 3)"), 7);
    assert_int_equal(one(f, "SELECT least(5, 2, CAST(NULL AS bigint))"), 2);
    assert_int_equal(one(f, "SELECT greatest(9007199254740993, 9007199254740992)"),
                     9007199254740993);
}

static void a_commit_of_a_failed_transaction_is_not_a_success(void **state)
{
    struct fixture *f = *state;
    if (cn_sql_is_embedded(f->conn)) {
        return; /* SQLite goes on after a failed statement */
    }
    insert(f, 1);
    assert_true(cn_sql_begin(f->conn, &f->err));
    struct cn_sql_stmt *stmt = prepare(f, "INSERT INTO t(id) VALUES(1)");
    assert_false(cn_sql_run(stmt, &f->err));
    assert_false(cn_sql_commit(f->conn, &f->err));
    cn_sql_rollback(f->conn);
}

static void what_was_null_first_may_be_a_number_later(void **state)
{
    struct fixture *f = *state;
    exec(f, "CREATE TABLE narrow (id bigint NOT NULL PRIMARY KEY, n integer)");
    for (int64_t id = 1; id <= 3; id++) {
        struct cn_sql_stmt *stmt = prepare(f, "INSERT INTO narrow(id, n) VALUES($1, $2)");
        cn_sql_bind_i64(stmt, 1, id);
        if (id == 2) {
            cn_sql_bind_i64(stmt, 2, 70000);
        }
        if (!cn_sql_run(stmt, &f->err)) {
            fail_msg("%s", f->err.message);
        }
    }
    assert_int_equal(one(f, "SELECT CAST(sum(n) AS bigint) FROM narrow"), 70000);
    assert_int_equal(one(f, "SELECT count(*) FROM narrow WHERE n IS NULL"), 2);
    exec(f, "DROP TABLE narrow");
}

/* Sends an insert of each id from `from` up to and including `to`. */
static bool send_ids(struct fixture *f, int64_t from, int64_t to)
{
    struct cn_sql_stmt *stmt = prepare(f, "INSERT INTO t(id) VALUES($1)");
    bool ok = true;
    for (int64_t id = from; ok && id <= to; id++) {
        cn_sql_bind_i64(stmt, 1, id);
        ok = cn_sql_send(stmt, &f->err);
    }
    cn_sql_finish(stmt);
    return ok;
}

static void what_is_sent_is_done_before_what_comes_next(void **state)
{
    struct fixture *f = *state;
    assert_true(cn_sql_begin(f->conn, &f->err));
    assert_true(send_ids(f, 1, 1000));
    assert_int_equal(one(f, "SELECT count(*) FROM t"), 1000);
    assert_true(cn_sql_begin(f->conn, &f->err));
    assert_true(send_ids(f, 1001, 1003));
    cn_sql_rollback(f->conn);
    assert_true(send_ids(f, 2001, 2003));
    assert_true(cn_sql_commit(f->conn, &f->err));
    assert_true(send_ids(f, 3000, 3000)); /* by itself */
    assert_int_equal(one(f, "SELECT count(*) FROM t"), 1004);
}

static void what_was_sent_and_fails_fails_the_transaction(void **state)
{
    struct fixture *f = *state;
    insert(f, 5);
    for (int kind = 0; kind < 3; kind++) {
        assert_true(cn_sql_begin(f->conn, &f->err));
        bool ok = send_ids(f, 1, 9); /* 5 is taken; over a network it is noticed later */
        if (ok && kind == 0) {
            ok = cn_sql_commit(f->conn, &f->err);
        } else if (ok && kind == 1) {
            ok = cn_sql_exec(f->conn, "DELETE FROM t", &f->err);
        } else if (ok) {
            struct cn_sql_stmt *stmt = prepare(f, "DELETE FROM t WHERE id = 1");
            ok = cn_sql_run(stmt, &f->err);
        }
        assert_false(ok);
        assert_int_equal(f->err.code, CN_CONFLICT);
        cn_sql_rollback(f->conn);
        assert_int_equal(one(f, "SELECT count(*) FROM t"), 1);
    }
    assert_true(cn_sql_begin(f->conn, &f->err));
    bool ok = send_ids(f, 5, 6);
    assert_true(ok || cn_sql_is_embedded(f->conn) || f->err.code == CN_CONFLICT);
    cn_sql_rollback(f->conn); /* without having heard of it */
    assert_int_equal(one(f, "SELECT count(*) FROM t"), 1);
}

static int setup_on(void **state, const char *pg_url)
{
    static struct fixture f;
    f = (struct fixture){ 0 };
    *state = &f;
    bool ok = pg_url != NULL ? cn_postgres_open(pg_url, &f.conn, &f.err)
                             : cn_sqlite_open(":memory:", &f.conn, &f.err);
    if (!ok) {
        print_error("%s\n", f.err.message);
        return -1;
    }
    /* Others have a table of that name on the same server. */
    return (pg_url == NULL || cn_sql_exec(f.conn, "SET search_path = pg_temp", &f.err)) &&
                   cn_sql_exec(f.conn, "CREATE TABLE t(id bigint PRIMARY KEY)", &f.err)
               ? 0
               : -1;
}

static int setup(void **state)
{
    return setup_on(state, NULL);
}

static int setup_server(void **state)
{
    return setup_on(state,
                    getenv("CAIRN_TEST_PG_URL")); /* NOLINT(concurrency-mt-unsafe): one thread */
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    cn_sql_close(f->conn);
    return 0;
}

#define TESTS(setup_)                                                                              \
    CN_TEST_WITH("placeholders count by number, not by place",                                     \
                 placeholders_count_by_number_not_by_place, setup_, teardown),                     \
        CN_TEST_WITH("values come back as they went in", values_come_back_as_they_went_in, setup_, \
                     teardown),                                                                    \
        CN_TEST_WITH("a text prepared again is the same statement without its values",             \
                     a_text_prepared_again_is_the_same_statement_without_its_values, setup_,       \
                     teardown),                                                                    \
        CN_TEST_WITH("a list of ids is one value", a_list_of_ids_is_one_value, setup_, teardown),  \
        CN_TEST_WITH("many rows are one statement", many_rows_are_one_statement, setup_,           \
                     teardown),                                                                    \
        CN_TEST_WITH("of rows with one key the last holds", of_rows_with_one_key_the_last_holds,   \
                     setup_, teardown),                                                            \
        CN_TEST_WITH("what breaks a key is a conflict", what_breaks_a_key_is_a_conflict, setup_,   \
                     teardown),                                                                    \
        CN_TEST_WITH("a claim counts the rows it changed", a_claim_counts_the_rows_it_changed,     \
                     setup_, teardown),                                                            \
        CN_TEST_WITH("a value without a place fails the step",                                     \
                     a_value_without_a_place_fails_the_step, setup_, teardown),                    \
        CN_TEST_WITH("a wrong text names itself", a_wrong_text_names_itself, setup_, teardown),    \
        CN_TEST_WITH("a transaction inside takes back only itself",                                \
                     a_transaction_inside_takes_back_only_itself, setup_, teardown),               \
        CN_TEST_WITH("what was deferred is written at the outermost commit",                       \
                     what_was_deferred_is_written_at_the_outermost_commit, setup_, teardown),      \
        CN_TEST_WITH("greatest and least pass over null", greatest_and_least_pass_over_null,       \
                     setup_, teardown),                                                            \
        CN_TEST_WITH("what was null first may be a number later",                                  \
                     what_was_null_first_may_be_a_number_later, setup_, teardown),                 \
        CN_TEST_WITH("what is sent is done before what comes next",                                \
                     what_is_sent_is_done_before_what_comes_next, setup_, teardown),               \
        CN_TEST_WITH("what was sent and fails fails the transaction",                              \
                     what_was_sent_and_fails_fails_the_transaction, setup_, teardown),             \
        CN_TEST_WITH("a commit of a failed transaction is not a success",                          \
                     a_commit_of_a_failed_transaction_is_not_a_success, setup_, teardown)

int main(void)
{
    const struct CMUnitTest sqlite_tests[] = { TESTS(setup) };
    const struct CMUnitTest postgres_tests[] = { TESTS(setup_server) };
    int failed = cmocka_run_group_tests_name("sql on sqlite", sqlite_tests, NULL, NULL);
    if (getenv("CAIRN_TEST_PG_URL") != NULL) { /* NOLINT(concurrency-mt-unsafe): one thread */
        failed += cmocka_run_group_tests_name("sql on postgresql", postgres_tests, NULL, NULL);
    }
    return failed;
}
