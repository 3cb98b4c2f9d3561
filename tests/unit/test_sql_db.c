#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sql/db.h"
#include "sql/driver.h"
#include "sql/postgres.h"
#include "sql/test_driver.h"
#include "tests/unit/unit.h"

enum {
    CANCELLED_READS = 3000
};

struct fixture {
    char dir[64];
    char url[96];
    struct cn_db *db;
    struct cn_error err;
};

static bool exec_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    return cn_sql_exec(conn, arg, err);
}

static bool exec_and_fail(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    return cn_sql_exec(conn, arg, err) && cn_fail(err, CN_INVALID, "on purpose");
}

static bool write_text(struct fixture *f, const char *sql)
{
    char text[128];
    (void)snprintf(text, sizeof(text), "%s", sql);
    return cn_db_write(f->db, exec_work, text, &f->err);
}

static int64_t count_on(struct cn_sql_conn *conn)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_error err;
    bool row = false;
    assert_true(cn_sql_prepare(conn, "SELECT count(*) FROM t", &stmt, &err));
    assert_true(cn_sql_step(stmt, &row, &err));
    int64_t count = cn_sql_column_i64(stmt, 0);
    cn_sql_finish(stmt);
    return count;
}

static int64_t count_rows(struct fixture *f)
{
    struct cn_sql_conn *conn = NULL;
    assert_true(cn_db_read(f->db, &conn, &f->err));
    int64_t count = count_on(conn);
    cn_db_release(f->db, conn);
    return count;
}

static void a_write_is_there_when_it_returns(void **state)
{
    struct fixture *f = *state;
    assert_true(write_text(f, "INSERT INTO t(id) VALUES(1)"));
    assert_int_equal(count_rows(f), 1);
}

static void a_failing_write_takes_back_only_itself(void **state)
{
    struct fixture *f = *state;
    char insert[] = "INSERT INTO t(id) VALUES(2)";
    assert_true(write_text(f, "INSERT INTO t(id) VALUES(1)"));
    assert_false(cn_db_write(f->db, exec_and_fail, insert, &f->err));
    assert_int_equal(f->err.code, CN_INVALID);
    assert_false(write_text(f, "INSERT INTO t(id) VALUES(1)"));
    assert_int_equal(f->err.code, CN_CONFLICT);
    assert_int_equal(count_rows(f), 1);
}

static void all_reads_of_one_connection_see_one_snapshot(void **state)
{
    struct fixture *f = *state;
    struct cn_sql_conn *conn = NULL;
    assert_true(cn_db_read(f->db, &conn, &f->err));
    assert_int_equal(count_on(conn), 0);
    assert_true(write_text(f, "INSERT INTO t(id) VALUES(1)"));
    assert_int_equal(count_on(conn), 0);
    cn_db_release(f->db, conn);
    assert_int_equal(count_rows(f), 1);
}

static void a_reader_cannot_write(void **state)
{
    struct fixture *f = *state;
    struct cn_sql_conn *conn = NULL;
    assert_true(cn_db_read(f->db, &conn, &f->err));
    assert_false(cn_sql_exec(conn, "INSERT INTO t(id) VALUES(1)", &f->err));
    cn_db_release(f->db, conn);
}

struct writer {
    struct fixture *f;
    int64_t first;
    _Atomic int failed;
};

enum {
    WRITERS = 8,
    WRITES_EACH = 50,
};

static bool insert_id(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const int64_t *id = arg;
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, "INSERT INTO t(id) VALUES($1)", &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, *id);
    if (!cn_sql_run(stmt, err)) {
        return false;
    }
    return *id % 5 != 0 || cn_fail(err, CN_INVALID, "every fifth fails");
}

static void *write_many(void *arg)
{
    struct writer *writer = arg;
    for (int64_t i = 0; i < WRITES_EACH; i++) {
        int64_t id = writer->first + i;
        struct cn_error err;
        writer->failed += !cn_db_write(writer->f->db, insert_id, &id, &err);
    }
    return NULL;
}

static void many_threads_write_in_groups_and_each_hears_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){ .f = f, .first = (int64_t)i * WRITES_EACH };
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(writers[i].failed, WRITES_EACH / 5);
    }
    assert_int_equal(count_rows(f), WRITERS * WRITES_EACH * 4 / 5);
}

struct posted {
    struct cn_db_job job;
    _Atomic int *done;
    bool ok;
    struct cn_error err;
};

static void note_done(struct cn_db_job *job, const struct cn_error *err)
{
    struct posted *posted = (struct posted *)job;
    posted->ok = err == NULL;
    if (err != NULL) {
        posted->err = *err;
    }
    (*posted->done)++;
}

static void what_is_queued_is_finished_before_closing(void **state)
{
    struct fixture *f = *state;
    char texts[3][64];
    struct posted posted[3];
    _Atomic int done = 0;
    for (int i = 0; i < 3; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "INSERT INTO t(id) VALUES(%d)", i);
        posted[i] =
            (struct posted){ .job = { .work = exec_work, .arg = texts[i], .done = note_done },
                             .done = &done };
        assert_true(cn_db_post(f->db, &posted[i].job, &f->err));
    }
    cn_db_close(f->db);
    f->db = NULL;
    assert_int_equal(done, 3);
    assert_true(posted[0].ok && posted[1].ok && posted[2].ok);
}

static void another_kind_of_url_is_refused_without_being_shown(void **state)
{
    struct fixture *f = *state;
    struct cn_db *db = NULL;
    const struct cn_db_options options = { .url = CN_STR("mysql://root:secret@host/db") };
    assert_false(cn_db_open(&options, &db, &f->err));
    assert_int_equal(f->err.code, CN_INVALID);
    assert_null(strstr(f->err.message, "secret"));
    assert_null(db);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct cn_db *db = NULL;
    const struct cn_db_options options = { .url = CN_STR("sqlite:/no/such/folder/x.db") };
    assert_false(cn_db_open(&options, &db, &f->err));
    assert_null(db);
}

/* ---- against a script ---- */

/* Opens a database of the script, posts `count` works in one go and waits for the answers. */
static void run_script(struct cn_script *script, size_t count, struct posted *posted)
{
    struct cn_db *db = NULL;
    struct cn_error err;
    _Atomic int done = 0;
    static char work[] = "WORK";
    const struct cn_db_options options = { .connect = cn_scripted_connect,
                                           .connect_arg = script,
                                           .connect_is_embedded = script->is_embedded,
                                           .group_max = 4,
                                           .writers = 1 };
    assert_true(cn_db_open(&options, &db, &err));
    for (size_t i = 0; i < count; i++) {
        posted[i] = (struct posted){ .job = { .work = exec_work, .arg = work, .done = note_done },
                                     .done = &done };
        if (!cn_db_post(db, &posted[i].job, &posted[i].err)) {
            done++;
        }
        while (done <= (int)i) {
            (void)usleep(100); /* one at a time, so that the script knows the order */
        }
    }
    if (script->is_embedded && count > 1) {
        assert_false(cn_db_is_writable(db));
    }
    cn_db_close(db);
    assert_string_equal(script->complaint, "");
    assert_int_equal(script->next, script->count);
}

static void a_full_disk_at_commit_fails_the_group(void **state)
{
    (void)state;
    static const struct cn_scripted_step steps[] = {
        { .sql = "BEGIN" },
        { .sql = "SAVEPOINT s1" },
        { .sql = "WORK" },
        { .sql = "RELEASE s1" },
        { .sql = "COMMIT", .fails = CN_STORAGE_FULL },
        { .sql = "ROLLBACK" },
    };
    struct cn_script script = { .steps = steps, .count = CN_ARRAY_LEN(steps), .is_embedded = true };
    struct posted posted[1];
    run_script(&script, 1, posted);
    assert_false(posted[0].ok);
    assert_int_equal(posted[0].err.code, CN_STORAGE_FULL);
}

static void a_member_that_loses_the_transaction_fails_the_group(void **state)
{
    (void)state;
    static const struct cn_scripted_step steps[] = {
        { .sql = "BEGIN" },
        { .sql = "SAVEPOINT s1" },
        { .sql = "WORK", .fails = CN_STORAGE_FULL, .loses_transaction = true },
        { .sql = "ROLLBACK TO s1", .fails = CN_INTERNAL },
        { .sql = "ROLLBACK" },
    };
    struct cn_script script = { .steps = steps, .count = CN_ARRAY_LEN(steps), .is_embedded = true };
    struct posted posted[1];
    run_script(&script, 1, posted);
    assert_int_equal(posted[0].err.code, CN_STORAGE_FULL);
}

static void after_a_failed_sync_nothing_is_written(void **state)
{
    (void)state;
    static const struct cn_scripted_step steps[] = {
        { .sql = "BEGIN" },
        { .sql = "SAVEPOINT s1" },
        { .sql = "WORK" },
        { .sql = "RELEASE s1" },
        { .sql = "COMMIT", .fails = CN_UNAVAILABLE, .fails_sync = true },
        { .sql = "ROLLBACK" },
    };
    struct cn_script script = { .steps = steps, .count = CN_ARRAY_LEN(steps), .is_embedded = true };
    struct posted posted[2];
    run_script(&script, 2, posted);
    assert_int_equal(posted[0].err.code, CN_UNAVAILABLE);
    assert_int_equal(posted[1].err.code, CN_UNAVAILABLE);
    assert_non_null(strstr(posted[1].err.message, "failed sync"));
}

static void a_lost_race_is_run_again(void **state)
{
    (void)state;
    static const struct cn_scripted_step steps[] = {
        { .sql = "BEGIN" },    { .sql = "WORK", .fails = CN_UNAVAILABLE },
        { .sql = "ROLLBACK" }, { .sql = "BEGIN" },
        { .sql = "WORK" },     { .sql = "COMMIT", .fails = CN_UNAVAILABLE },
        { .sql = "ROLLBACK" }, { .sql = "BEGIN" },
        { .sql = "WORK" },     { .sql = "COMMIT" },
    };
    struct cn_script script = { .steps = steps, .count = CN_ARRAY_LEN(steps) };
    struct posted posted[1];
    run_script(&script, 1, posted);
    assert_true(posted[0].ok);
}

static void a_commit_without_an_answer_is_not_run_again(void **state)
{
    (void)state;
    static const struct cn_scripted_step steps[] = {
        { .sql = "BEGIN" },
        { .sql = "WORK" },
        { .sql = "COMMIT", .fails = CN_UNAVAILABLE, .loses_connection = true },
        { .sql = "ROLLBACK", .fails = CN_UNAVAILABLE },
    };
    struct cn_script script = { .steps = steps, .count = CN_ARRAY_LEN(steps) };
    struct posted posted[1];
    run_script(&script, 1, posted);
    assert_int_equal(posted[0].err.code, CN_UNAVAILABLE);
}

static void a_dead_connection_is_replaced_before_the_work(void **state)
{
    (void)state;
    static const struct cn_scripted_step steps[] = {
        { .sql = "BEGIN", .fails = CN_UNAVAILABLE, .loses_connection = true },
        { .sql = "BEGIN" },
        { .sql = "WORK" },
        { .sql = "COMMIT" },
    };
    struct cn_script script = { .steps = steps, .count = CN_ARRAY_LEN(steps) };
    struct posted posted[1];
    run_script(&script, 1, posted);
    assert_true(posted[0].ok);
}

static void a_conflict_is_not_run_again(void **state)
{
    (void)state;
    static const struct cn_scripted_step steps[] = {
        { .sql = "BEGIN" },
        { .sql = "WORK", .fails = CN_CONFLICT },
        { .sql = "ROLLBACK" },
    };
    struct cn_script script = { .steps = steps, .count = CN_ARRAY_LEN(steps) };
    struct posted posted[1];
    run_script(&script, 1, posted);
    assert_int_equal(posted[0].err.code, CN_CONFLICT);
}

/* Reads twice, by the same connection if it is fit for that. */
static void read_twice(struct cn_script *script)
{
    struct cn_error err;
    struct cn_sql_conn *conn = NULL;
    struct cn_db *db = NULL;
    const struct cn_db_options options = { .connect = cn_scripted_connect,
                                           .connect_arg = script,
                                           .readers = 1 };
    assert_true(cn_db_open(&options, &db, &err));
    for (int i = 0; i < 2; i++) {
        assert_true(cn_db_read(db, &conn, &err));
        cn_db_release(db, conn);
    }
    cn_db_close(db);
    assert_string_equal(script->complaint, "");
    assert_int_equal(script->next, script->count);
}

static void a_rollback_that_was_cancelled_is_done_again(void **state)
{
    (void)state;
    static const struct cn_scripted_step steps[] = {
        { .sql = "BEGIN READ" }, { .sql = "ROLLBACK", .fails = CN_UNAVAILABLE },
        { .sql = "ROLLBACK" },   { .sql = "BEGIN READ" },
        { .sql = "ROLLBACK" },
    };
    struct cn_script script = { .steps = steps, .count = CN_ARRAY_LEN(steps) };
    read_twice(&script);
    assert_int_equal(script.opened, 2); /* and the first to write */
}

static void a_connection_that_cannot_roll_back_is_dropped(void **state)
{
    (void)state;
    static const struct cn_scripted_step steps[] = {
        { .sql = "BEGIN READ" },
        { .sql = "ROLLBACK", .fails = CN_UNAVAILABLE },
        { .sql = "ROLLBACK", .fails = CN_UNAVAILABLE },
        { .sql = "BEGIN READ" },
        { .sql = "ROLLBACK" },
    };
    struct cn_script script = { .steps = steps, .count = CN_ARRAY_LEN(steps) };
    read_twice(&script);
    assert_int_equal(script.opened, 3);
}

/* Cancels whatever the backend does, over and over. */
struct canceller {
    const char *url;
    _Atomic int64_t pid;
    _Atomic bool stopping;
};

static void *cancel(void *arg)
{
    struct canceller *canceller = arg;
    struct cn_sql_conn *conn = NULL;
    struct cn_sql_stmt *stmt = NULL;
    struct cn_error err;
    bool row = false;
    assert_true(cn_postgres_open(canceller->url, &conn, &err));
    while (!atomic_load(&canceller->stopping)) {
        assert_true(cn_sql_prepare(conn,
                                   "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                                   " WHERE pid = $1",
                                   &stmt, &err));
        cn_sql_bind_i64(stmt, 1, atomic_load(&canceller->pid));
        assert_true(cn_sql_step(stmt, &row, &err));
        cn_sql_finish(stmt);
    }
    cn_sql_close(conn);
    return NULL;
}

static bool read_pid(struct cn_db *db, int64_t *pid_out, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    bool ok =
        cn_sql_prepare(conn, "SELECT pg_backend_pid()", &stmt, err) && cn_sql_step(stmt, &row, err);
    *pid_out = ok ? cn_sql_column_i64(stmt, 0) : *pid_out;
    cn_sql_finish(stmt);
    cn_db_release(db, conn);
    return ok;
}

static void a_cancelled_read_is_not_felt_by_the_next(void **state)
{
    struct fixture *f = *state;
    struct canceller canceller = { .url = f->url };
    pthread_t thread;
    struct cn_db *db = NULL;
    int64_t pid = 0;
    int cancelled = 0;
    const struct cn_db_options options = { .url = { f->url, strlen(f->url) }, .readers = 1 };
    assert_true(cn_db_open(&options, &db, &f->err));
    assert_int_equal(pthread_create(&thread, NULL, cancel, &canceller), 0);
    /* A cancel meets a read only if both run: how often depends on the machine. */
    for (int i = 0; i < CANCELLED_READS || (cancelled == 0 && i < 100 * CANCELLED_READS); i++) {
        bool ok = read_pid(db, &pid, &f->err);
        atomic_store(&canceller.pid, pid);
        if (!ok && f->err.code != CN_UNAVAILABLE) {
            fail_msg("%s", f->err.message);
        }
        cancelled += !ok;
    }
    atomic_store(&canceller.stopping, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(cancelled > 0);
    assert_true(read_pid(db, &pid, &f->err) || read_pid(db, &pid, &f->err)); /* one may be late */
    cn_db_close(db);
}

static int open_db(struct fixture *f)
{
    const struct cn_db_options options = { .url = { f->url, strlen(f->url) } };
    return cn_db_open(&options, &f->db, &f->err) &&
                   write_text(f, "DROP TABLE IF EXISTS t; CREATE TABLE t(id bigint PRIMARY KEY)")
               ? 0
               : -1;
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){ 0 };
    temp_path(f.dir, sizeof(f.dir), "test");
    *state = &f;
    if (mkdtemp(f.dir) == NULL) {
        return -1;
    }
    (void)snprintf(f.url, sizeof(f.url), "sqlite:%s/x.db", f.dir);
    return open_db(&f);
}

static int setup_server(void **state)
{
    static struct fixture f;
    f = (struct fixture){ 0 };
    *state = &f;
    const char *url = getenv("CAIRN_TEST_PG_URL"); /* NOLINT(concurrency-mt-unsafe): one thread */
    (void)snprintf(f.url, sizeof(f.url), "%s", url);
    return open_db(&f);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    cn_db_close(f->db);
    if (f->dir[0] != '\0') {
        char path[96];
        (void)snprintf(path, sizeof(path), "%s/x.db", f->dir);
        assert_int_equal(unlink(path), 0); /* closing has folded the log in */
        assert_int_equal(rmdir(f->dir), 0);
    }
    return 0;
}

#define TESTS(setup_)                                                                           \
    CN_TEST_WITH("a write is there when it returns", a_write_is_there_when_it_returns, setup_,  \
                 teardown),                                                                     \
        CN_TEST_WITH("a failing write takes back only itself",                                  \
                     a_failing_write_takes_back_only_itself, setup_, teardown),                 \
        CN_TEST_WITH("all reads of one connection see one snapshot",                            \
                     all_reads_of_one_connection_see_one_snapshot, setup_, teardown),           \
        CN_TEST_WITH("a reader cannot write", a_reader_cannot_write, setup_, teardown),         \
        CN_TEST_WITH("many threads write in groups and each hears of its own",                  \
                     many_threads_write_in_groups_and_each_hears_of_its_own, setup_, teardown), \
        CN_TEST_WITH("what is queued is finished before closing",                               \
                     what_is_queued_is_finished_before_closing, setup_, teardown)

int main(void)
{
    const struct CMUnitTest sqlite_tests[] = {
        TESTS(setup),
        CN_TEST_WITH("another kind of url is refused without being shown",
                     another_kind_of_url_is_refused_without_being_shown, setup, teardown),
        CN_TEST_WITH("a folder that is not there is an error",
                     a_folder_that_is_not_there_is_an_error, setup, teardown),
    };
    const struct CMUnitTest scripted_tests[] = {
        CN_TEST("reliability 6: a full disk at commit fails the group",
                a_full_disk_at_commit_fails_the_group),
        CN_TEST("a member that loses the transaction fails the group",
                a_member_that_loses_the_transaction_fails_the_group),
        CN_TEST("reliability 8: after a failed sync nothing is written",
                after_a_failed_sync_nothing_is_written),
        CN_TEST("a lost race is run again", a_lost_race_is_run_again),
        CN_TEST("a commit without an answer is not run again",
                a_commit_without_an_answer_is_not_run_again),
        CN_TEST("a dead connection is replaced before the work",
                a_dead_connection_is_replaced_before_the_work),
        CN_TEST("a conflict is not run again", a_conflict_is_not_run_again),
        CN_TEST("a rollback that was cancelled is done again",
                a_rollback_that_was_cancelled_is_done_again),
        CN_TEST("a connection that cannot roll back is dropped",
                a_connection_that_cannot_roll_back_is_dropped),
    };
    const struct CMUnitTest postgres_tests[] = {
        TESTS(setup_server),
        CN_TEST_WITH("a cancelled read is not felt by the next",
                     a_cancelled_read_is_not_felt_by_the_next, setup_server, teardown),
    };
    int failed = cmocka_run_group_tests_name("db on sqlite", sqlite_tests, NULL, NULL);
    failed += cmocka_run_group_tests_name("db on a script", scripted_tests, NULL, NULL);
    if (getenv("CAIRN_TEST_PG_URL") != NULL) { /* NOLINT(concurrency-mt-unsafe): one thread */
        failed += cmocka_run_group_tests_name("db on postgresql", postgres_tests, NULL, NULL);
    }
    return failed;
}
