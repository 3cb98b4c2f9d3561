/* What each source sent: counters, and the list of rejected events. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "event/migrations.h"
#include "event/rejected.h"
#include "sql/db.h"
#include "sql/migrate.h"
#include "tests/unit/folder.h"

enum {
    SOURCE = 5
};

struct fixture {
    char dir[64];
    struct cn_clock clock;
    struct cn_db *db;
    struct cn_intake *intake;
    struct cn_arena arena;
    struct cn_error err;
};

static bool migrate(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_migrate(conn, "main", cn_event_migrations, cn_event_migrations_count, (cn_time){ 0 },
                      err);
}

static void reject(struct fixture *f, size_t count, const char *reason)
{
    struct cn_event_batch *batch = cn_event_batch_new(1024);
    batch->source_id = SOURCE;
    batch->received = cn_now(&f->clock);
    batch->rejection_count = count;
    batch->rejections = cn_arena_array(&batch->arena, struct cn_rejection, count);
    for (size_t i = 0; i < count; i++) {
        batch->rejections[i] = (struct cn_rejection){ .index = i,
                                                      .reason = cn_str_of(reason),
                                                      .pointer = CN_STR("/batch/0"),
                                                      .excerpt = CN_STR("{}") };
    }
    cn_intake_reject(f->intake, batch);
    cn_intake_count(f->intake, batch);
    cn_event_batch_release(batch);
}

static size_t listed(struct fixture *f, size_t limit, struct cn_rejected **list_out)
{
    struct cn_sql_conn *conn;
    size_t count = 0;
    assert_true(cn_db_read(f->db, &conn, &f->err));
    assert_true(cn_rejected_list(conn, &f->arena, SOURCE, limit, list_out, &count, &f->err));
    cn_db_release(f->db, conn);
    return count;
}

/* Everything that waits is written when the intake ends. */
static void restart(struct fixture *f)
{
    cn_intake_free(f->intake);
    f->intake = cn_intake_new(f->db, &f->clock);
}

static void rejected_events_are_listed_newest_first(void **state)
{
    struct fixture *f = *state;
    struct cn_rejected *list;
    reject(f, 2, "event is missing");
    f->clock.fixed_us += 1000;
    reject(f, 1, "type is missing");
    restart(f);
    assert_int_equal(listed(f, 10, &list), 3);
    assert_true(cn_str_equal(list[0].reason, CN_STR("type is missing")));
    assert_true(cn_str_equal(list[0].pointer, CN_STR("/batch/0")));
    assert_true(cn_str_equal(list[0].excerpt, CN_STR("{}")));
    assert_true(list[0].at.us == list[1].at.us + 1000);
    assert_true(cn_str_equal(list[2].reason, CN_STR("event is missing")));
    assert_int_equal(listed(f, 1, &list), 1);
}

static void the_list_keeps_the_newest_ten_thousand(void **state)
{
    struct fixture *f = *state;
    struct cn_rejected *list;
    for (int i = 0; i < 12; i++) {
        reject(f, 1000, i == 11 ? "new" : "old");
        f->clock.fixed_us += 1;
        restart(f);
    }
    assert_int_equal(listed(f, CN_REJECTED_MAX, &list), CN_REJECTED_MAX);
    assert_true(cn_str_equal(list[999].reason, CN_STR("new")));
    assert_true(cn_str_equal(list[1000].reason, CN_STR("old")));
    struct cn_sql_conn *conn;
    struct cn_sql_stmt *stmt;
    bool found;
    assert_true(cn_db_read(f->db, &conn, &f->err));
    assert_true(cn_sql_prepare(conn, "SELECT count(*) FROM rejected", &stmt, &f->err));
    assert_true(cn_sql_step(stmt, &found, &f->err));
    assert_int_equal(cn_sql_column_i64(stmt, 0), CN_REJECTED_MAX);
    cn_sql_finish(stmt);
    cn_db_release(f->db, conn);
}

static void a_flood_is_counted_and_listed_in_part(void **state)
{
    struct fixture *f = *state;
    struct cn_rejected *list;
    struct cn_intake_counts counts;
    reject(f, 5000, "bad");
    cn_intake_counts(f->intake, SOURCE, &counts);
    assert_int_equal(counts.rejected, 5000);
    restart(f);
    assert_int_equal(listed(f, CN_REJECTED_MAX, &list), 2000);
}

static void count(struct fixture *f, size_t accepted, size_t duplicates)
{
    struct cn_event_batch *batch = cn_event_batch_new(1024);
    batch->source_id = SOURCE;
    batch->received = cn_now(&f->clock);
    batch->accepted = accepted;
    batch->duplicates = duplicates;
    cn_intake_count(f->intake, batch);
    cn_event_batch_release(batch);
}

static void counters_go_by_minutes(void **state)
{
    struct fixture *f = *state;
    struct cn_intake_counts counts;
    cn_intake_counts(f->intake, SOURCE, &counts);
    assert_int_equal(counts.events, 0);
    count(f, 10, 2);
    cn_time last = cn_now(&f->clock);
    f->clock.fixed_us += 60000000;
    count(f, 5, 0);
    f->clock.fixed_us += 2 * 60000000;
    count(f, 0, 3);
    cn_intake_counts(f->intake, SOURCE, &counts);
    assert_int_equal(counts.events, 15);
    assert_int_equal(counts.duplicates, 5);
    assert_int_equal(counts.per_minute[59], 0);
    assert_int_equal(counts.per_minute[57], 5);
    assert_int_equal(counts.per_minute[56], 10);
    assert_true(counts.last_event_at.us == last.us + 60000000);
    f->clock.fixed_us += 57 * 60000000LL;
    cn_intake_counts(f->intake, SOURCE, &counts);
    assert_int_equal(counts.per_minute[0], 5);
    f->clock.fixed_us += 600 * 60000000LL;
    cn_intake_counts(f->intake, SOURCE, &counts);
    for (int i = 0; i < CN_INTAKE_MINUTES; i++) {
        assert_int_equal(counts.per_minute[i], 0);
    }
    assert_int_equal(counts.events, 15);
}

static int setup(void **state)
{
    struct fixture *f = cn_heap_resize(NULL, sizeof(*f));
    char url[128];
    *f = (struct fixture){ 0 };
    temp_path(f->dir, sizeof(f->dir), "rejected");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(url, sizeof(url), "sqlite:%s/cairn.db", f->dir);
    struct cn_db_options options = { .url = cn_str_of(url) };
    cn_clock_fixed(&f->clock, (cn_time){ 1795291200000000 });
    cn_arena_init(&f->arena, 65536);
    assert_true(cn_db_open(&options, &f->db, &f->err));
    assert_true(cn_db_write(f->db, migrate, NULL, &f->err));
    f->intake = cn_intake_new(f->db, &f->clock);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    cn_intake_free(f->intake);
    cn_db_close(f->db);
    delete_folder(f->dir);
    cn_arena_deinit(&f->arena);
    free(f);
    return 0;
}

#define T(title, function) CN_TEST_WITH(title, function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("rejected events are listed newest first", rejected_events_are_listed_newest_first),
        T("reliability 39: the list keeps the newest ten thousand",
          the_list_keeps_the_newest_ten_thousand),
        T("reliability 39: a flood is counted and listed in part",
          a_flood_is_counted_and_listed_in_part),
        T("counters go by minutes", counters_go_by_minutes),
    };
    return cmocka_run_group_tests_name("event_rejected", tests, NULL, NULL);
}
