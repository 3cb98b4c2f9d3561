#include <stdlib.h>

#include "base/str.h"

#include "job/sender.h"
#include "sql/migrate.h"
#include "sql/sqlite.h"
#include "tests/unit/unit.h"

struct fixture {
    struct cn_sql_conn *conn;
    struct cn_arena arena;
    struct cn_error err;
};

static int open_fixture(void **state)
{
    struct fixture *f = cn_heap_resize(NULL, sizeof(*f));
    *f = (struct fixture){ 0 };
    cn_arena_init(&f->arena, 4096);
    assert_true(cn_sqlite_open(":memory:", &f->conn, &f->err));
    assert_true(cn_migrate(f->conn, "main", cn_job_migrations, cn_job_migrations_count,
                           (cn_time){ 1 }, &f->err));
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;
    cn_sql_close(f->conn);
    cn_arena_deinit(&f->arena);
    free(f);
    return 0;
}

static bool add(struct fixture *f, int64_t id, const char *dedup, enum cn_channel channel,
                int64_t due_us)
{
    bool added = false;
    const struct cn_outbox_item item = { .id = id,
                                         .dedup = cn_str_of(dedup),
                                         .channel = channel,
                                         .user_id = 7,
                                         .body = CN_STR(""),
                                         .due = { due_us },
                                         .created = { 1 } };
    assert_true(cn_outbox_add(f->conn, &item, &added, &f->err));
    return added;
}

static int64_t next(struct fixture *f, enum cn_channel channel, int64_t now_us)
{
    int64_t id = -1;
    assert_true(
        cn_outbox_next(f->conn, CN_CHANNEL_BIT(channel), (cn_time){ now_us }, &id, &f->err));
    return id;
}

static bool claim(struct fixture *f, int64_t id, struct cn_outbox_item *item_out)
{
    bool claimed = false;
    assert_true(cn_outbox_claim(f->conn, &f->arena, id, item_out, &claimed, &f->err));
    return claimed;
}

static void settle(struct fixture *f, int64_t id, enum cn_outbox_state result, int64_t due_us)
{
    const struct cn_outbox_result outcome = {
        .id = id, .state = result, .due = { due_us }, .at = { 50 }, .error = CN_STR("why")
    };
    assert_true(cn_outbox_settle(f->conn, &outcome, &f->err));
}

static void the_same_reason_is_written_once(void **state)
{
    struct fixture *f = *state;
    assert_true(add(f, 1, "signal 5 email 7", CN_CHANNEL_EMAIL, 10));
    assert_false(add(f, 2, "signal 5 email 7", CN_CHANNEL_EMAIL, 10));
    assert_true(add(f, 3, "signal 5 slack 7", CN_CHANNEL_SLACK, 10));
}

static void a_message_is_claimed_once_and_waits_again_after_a_crash(void **state)
{
    struct fixture *f = *state;
    struct cn_outbox_item item;
    (void)add(f, 1, "a", CN_CHANNEL_EMAIL, 20); /* the fixture is new */
    (void)add(f, 2, "b", CN_CHANNEL_EMAIL, 10);
    assert_int_equal(next(f, CN_CHANNEL_EMAIL, 9), 0);
    assert_int_equal(next(f, CN_CHANNEL_SLACK, 99), 0);
    assert_int_equal(next(f, CN_CHANNEL_EMAIL, 20), 2);
    assert_true(claim(f, 2, &item));
    assert_int_equal(item.attempts, 1);
    assert_false(claim(f, 2, &item));
    assert_int_equal(next(f, CN_CHANNEL_EMAIL, 20), 1);
    assert_true(cn_outbox_release(f->conn, (cn_time){ 30 }, &f->err));
    assert_int_equal(next(f, CN_CHANNEL_EMAIL, 30), 1);
    assert_true(claim(f, 2, &item));
    assert_int_equal(item.attempts, 2); /* a message that brings us down ends some day */
    settle(f, 2, CN_OUTBOX_SENT, 0);
    settle(f, 2, CN_OUTBOX_WAITING, 0); /* what a process before us still says */
    assert_false(claim(f, 2, &item));
}

static void what_failed_is_tried_again_when_asked(void **state)
{
    struct fixture *f = *state;
    struct cn_outbox_item item;
    int64_t waiting = 0;
    int64_t failed = 0;
    (void)add(f, 1, "a", CN_CHANNEL_EMAIL, 10); /* the fixture is new */
    assert_false(cn_outbox_retry(f->conn, 1, (cn_time){ 40 }, &f->err));
    assert_int_equal(f->err.code, CN_CONFLICT);
    assert_false(cn_outbox_retry(f->conn, 9, (cn_time){ 40 }, &f->err));
    assert_int_equal(f->err.code, CN_NOT_FOUND);
    assert_true(claim(f, 1, &item));
    settle(f, 1, CN_OUTBOX_FAILED, 0);
    assert_true(cn_outbox_count(f->conn, &waiting, &failed, &f->err));
    assert_int_equal(waiting, 0);
    assert_int_equal(failed, 1);
    assert_true(cn_outbox_retry(f->conn, 1, (cn_time){ 60 }, &f->err));
    assert_int_equal(next(f, CN_CHANNEL_EMAIL, 60), 1);
    assert_true(claim(f, 1, &item));
    assert_int_equal(item.attempts, 1);
    settle(f, 1, CN_OUTBOX_SENT, 0);
    assert_true(cn_outbox_prune(f->conn, (cn_time){ 50 }, &f->err));
    assert_true(cn_outbox_retry(f->conn, 1, (cn_time){ 60 }, &f->err) ||
                f->err.code == CN_CONFLICT);
    assert_true(cn_outbox_prune(f->conn, (cn_time){ 51 }, &f->err));
    assert_false(cn_outbox_retry(f->conn, 1, (cn_time){ 60 }, &f->err));
    assert_int_equal(f->err.code, CN_NOT_FOUND);
}

static void pauses_double_up_to_a_limit_and_are_spread(void **state)
{
    (void)state;
    assert_int_equal(cn_retry_pause_us(1, 1000, 60000, 0), 500);
    assert_int_equal(cn_retry_pause_us(1, 1000, 60000, UINT32_MAX), 999);
    assert_int_equal(cn_retry_pause_us(2, 1000, 60000, 0), 1000);
    assert_int_equal(cn_retry_pause_us(5, 1000, 60000, 0), 8000);
    assert_int_equal(cn_retry_pause_us(60, 1000, 60000, 0), 30000);
    assert_int_equal(cn_retry_pause_us(1000000, 1, INT64_MAX / 4, 0), INT64_MAX / 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST_WITH("the same reason is written once", the_same_reason_is_written_once,
                     open_fixture, close_fixture),
        CN_TEST_WITH("reliability 12: a message is claimed once and waits again after a crash",
                     a_message_is_claimed_once_and_waits_again_after_a_crash, open_fixture,
                     close_fixture),
        CN_TEST_WITH("what failed is tried again when asked", what_failed_is_tried_again_when_asked,
                     open_fixture, close_fixture),
        CN_TEST("pauses double up to a limit and are spread",
                pauses_double_up_to_a_limit_and_are_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
