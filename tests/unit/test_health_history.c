/* The history of health, on both databases. */
#include "health/shadow_history.h"
#include "tests/unit/health_fixture.h"
#include "tests/unit/store.h"

static void count_row(void *arg, const struct cn_health_row *row)
{
    int64_t *sums = arg;
    sums[0]++;
    sums[1] += row->score.points + row->account_id;
}

static bool load_range(struct fixture *f, struct cn_sql_conn *conn, int64_t from_us,
                       struct cn_health_row_list *list)
{
    struct cn_health_range range = { 7, { from_us }, { 9000 }, 10 };
    return cn_health_history_load(conn, &range, &f->arena, list, &f->err);
}

static void keep_and_find(struct fixture *f, struct cn_sql_conn *conn)
{
    struct cn_health_row_list list;
    struct cn_health_row row;
    bool found = true;
    compile_text(f, "scorecard: h1\n" H1_GROUPS(
                        "skip") "exceptions:\n"
                                "  - {when: \"!has_champion\", cap: 49, because: no champion}\n");
    struct cn_health_row rows[5];
    for (int32_t i = 0; i < 5; i++) {
        struct cn_health_score score = { true, 50000 + i, CN_BAND_YELLOW, i == 1, 900, 0, 1 };
        rows[i] = cn_health_history_row(f->model, i < 4 ? 7 : 8,
                                        (cn_time){ INT64_C(1000) * (i + 1) }, &score, &f->arena);
        rows[i].is_backfilled = i < 2;
        rows[i].program_version = 3;
    }
    rows[2].score.has_points = false;
    assert_true(cn_health_history_save(conn, rows, 5, &f->err));
    assert_true(cn_health_history_save(conn, rows, 5, &f->err)); /* the same moments again */
    assert_true(load_range(f, conn, 2500, &list));
    assert_int_equal(list.count, 3);
    assert_int_equal(list.items[0].at.us, 2000); /* held when the range began */
    assert_true(list.items[0].is_backfilled);
    assert_true(list.items[0].score.is_grey);
    assert_false(list.items[1].score.has_points);
    assert_str(list.items[0].scorecard, "h1");
    assert_str(list.items[0].because, "no champion");
    assert_true(cn_health_history_at(conn, 7, (cn_time){ 999 }, &f->arena, &row, &found, &f->err));
    assert_false(found);
    assert_true(cn_health_history_at(conn, 7, (cn_time){ 1999 }, &f->arena, &row, &found, &f->err));
    assert_true(found);
    assert_int_equal(row.score.points, 50000);
    int64_t sums[2] = { 0 };
    assert_true(cn_health_history_all_at(conn, (cn_time){ 9000 }, count_row, sums, &f->err));
    assert_int_equal(sums[0], 2);
    assert_int_equal(sums[1], 50003 + 7 + 50004 + 8);
    assert_true(cn_health_history_forget(conn, 0, (cn_time){ 0 }, (cn_time){ 1500 }, &f->err));
    assert_true(cn_health_history_forget(conn, 7, (cn_time){ 0 }, (cn_time){ 9000 }, &f->err));
    assert_true(load_range(f, conn, 0, &list));
    assert_int_equal(list.count, 2); /* the lived ones */
}

static struct cn_health_row shadow_row(int64_t account_id, const char *name, int64_t at_us,
                                       int32_t points)
{
    return (struct cn_health_row){ .account_id = account_id,
                                   .at = { at_us },
                                   .score = { true, points, CN_BAND_YELLOW, false, 900, 0, 0 },
                                   .scorecard = cn_str_of(name),
                                   .because = CN_STR(""),
                                   .program_version = 2 };
}

/* Days are of UTC. */
static void keep_shadows(struct fixture *f, struct cn_sql_conn *conn)
{
    static const int64_t day_us = (int64_t)86400 * 1000000;
    struct cn_tz *utc = NULL;
    assert_true(cn_tz_load(CN_STR("UTC"), &utc, &f->err));
    struct cn_health_row rows[] = {
        shadow_row(7, "next", 0, 10000),          shadow_row(7, "next", day_us + 5, 20000),
        shadow_row(7, "next", day_us + 9, 30000), shadow_row(7, "other", day_us + 7, 40000),
        shadow_row(8, "next", day_us, 50000),     shadow_row(7, "next", day_us * 3, 60000),
    };
    rows[0].is_backfilled = true;
    assert_true(cn_shadow_history_save(conn, utc, rows, CN_ARRAY_LEN(rows), &f->err));
    /* One a day: the last; and a back-filled one takes the place of no lived one. */
    struct cn_health_row late = shadow_row(7, "next", day_us, 99000);
    late.is_backfilled = true;
    assert_true(cn_shadow_history_save(conn, utc, &late, 1, &f->err));
    struct cn_health_row_list list;
    struct cn_health_range range = { 7, { day_us + 10 }, { day_us * 9 }, 10 };
    assert_true(cn_shadow_history_load(conn, &range, &f->arena, &list, &f->err));
    assert_int_equal(list.count, 3); /* two of "next", of which one held before, one of "other" */
    assert_int_equal(list.items[0].at.us, day_us + 9);
    assert_int_equal(list.items[0].score.points, 30000);
    assert_int_equal(list.items[1].score.points, 60000);
    assert_str(list.items[2].scorecard, "other");
    int64_t sums[2] = { 0 };
    assert_true(cn_shadow_history_each_newest(conn, count_row, sums, &f->err));
    assert_int_equal(sums[0], 3);
    assert_int_equal(sums[1], 60007 + 40007 + 50008);

    assert_true(cn_shadow_history_forget(conn, 7, 0, 9, &f->err)); /* the back-filled one */
    range.from.us = 0;
    assert_true(cn_shadow_history_load(conn, &range, &f->arena, &list, &f->err));
    assert_int_equal(list.count, 3);
    /* What is too old goes, but for what still holds. */
    assert_true(cn_shadow_history_prune(conn, CN_SHADOW_DAYS + 3, &f->err));
    assert_true(cn_shadow_history_load(conn, &range, &f->arena, &list, &f->err));
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].score.points, 60000);
    assert_int_equal(list.items[1].score.points, 40000);
    assert_true(cn_shadow_history_drop(conn, 7, &f->err));
    assert_true(cn_shadow_history_load(conn, &range, &f->arena, &list, &f->err));
    assert_int_equal(list.count, 0);
    cn_tz_free(utc);
}

static void shadows_are_kept_a_row_a_day(void **state)
{
    struct cn_sql_conn *conn = store_open(NULL, cn_health_migrations, cn_health_migrations_count);
    keep_shadows(*state, conn);
    cn_sql_close(conn);
}

static void shadows_on_postgresql(void **state)
{
    if (store_server() == NULL) {
        skip();
    }
    struct cn_sql_conn *conn =
        store_open("test_shadows", cn_health_migrations, cn_health_migrations_count);
    keep_shadows(*state, conn);
    cn_sql_close(conn);
}

static void history_is_kept_and_found_by_moment(void **state)
{
    struct cn_sql_conn *conn = store_open(NULL, cn_health_migrations, cn_health_migrations_count);
    keep_and_find(*state, conn);
    cn_sql_close(conn);
}

static void the_same_on_postgresql(void **state)
{
    if (store_server() == NULL) {
        skip();
    }
    struct cn_sql_conn *conn =
        store_open("test_health", cn_health_migrations, cn_health_migrations_count);
    keep_and_find(*state, conn);
    cn_sql_close(conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("capabilities 23: history is kept and found by moment",
             history_is_kept_and_found_by_moment),
        TEST("capabilities 23: history is kept and found by moment on PostgreSQL",
             the_same_on_postgresql),
        TEST("capabilities 26: what shadows said is kept, a row a day",
             shadows_are_kept_a_row_a_day),
        TEST("capabilities 26: what shadows said is kept, a row a day, on PostgreSQL",
             shadows_on_postgresql),
    };
    return cmocka_run_group_tests_name("health_history", tests, NULL, NULL);
}
