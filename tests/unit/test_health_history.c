/* The history of health, on both databases. */
#include "health/history.h"
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
    };
    return cmocka_run_group_tests_name("health_history", tests, NULL, NULL);
}
