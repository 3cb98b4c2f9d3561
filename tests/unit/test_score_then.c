/* Scores and sets that accounts had at a past moment, on both databases. */
#include "book/migrations.h"
#include "health/history.h"
#include "health/score_then.h"
#include "segment/history.h"
#include "tests/unit/store.h"

enum {
    FILES_MAX = 64,
    ACCOUNTS_MAX = 16
};

static size_t add_files(struct cn_embedded_file *all, size_t count,
                        const struct cn_embedded_file *files, size_t file_count)
{
    for (size_t i = 0; i < file_count; i++) {
        assert_true(count < FILES_MAX);
        all[count++] = files[i];
    }
    return count;
}

static int by_name(const void *a, const void *b)
{
    const struct cn_embedded_file *x = a;
    const struct cn_embedded_file *y = b;
    return strcmp(x->name, y->name);
}

/* 7 and 8 are there, 9 has become part of 8 at 5000. */
static struct cn_sql_conn *open_store(const char *schema)
{
    static const char *const rows[] = {
        "INSERT INTO account(account_id, external_id, name, name_folded, stage, currency,"
        " created_us, version) VALUES(7, 'a', 'A', 'a', 0, 'USD', 1, 1),"
        " (8, 'b', 'B', 'b', 0, 'USD', 1, 1)",
        "INSERT INTO account_merge(merged_id, survivor_id, user_id, known_us, version)"
        " VALUES(9, 8, 0, 5000, 1)",
        "INSERT INTO judgement(account_id, judgement_id, kind, value, reason, author_id, at_us,"
        " until_us, known_us, until_known_us) VALUES(7, 1, 1, 90, 'r', 0, 2000, 4000, 2000, 2000),"
        " (7, 2, 0, 10, 'r', 0, 2000, 9000, 2000, 2000)",
    };
    struct cn_embedded_file files[FILES_MAX];
    struct cn_error err = { 0 };
    size_t count = add_files(files, 0, cn_book_migrations, cn_book_migrations_count);
    count = add_files(files, count, cn_health_migrations, cn_health_migrations_count);
    count = add_files(files, count, cn_placement_migrations, cn_placement_migrations_count);
    qsort(files, count, sizeof(files[0]), by_name);
    struct cn_sql_conn *conn = store_open(schema, files, count);
    for (size_t i = 0; i < CN_ARRAY_LEN(rows); i++) {
        if (!cn_sql_exec(conn, rows[i], &err)) {
            fail_msg("%s", err.message);
        }
    }
    return conn;
}

static struct cn_health_row row_of(int64_t account_id, int64_t at_us, int32_t points,
                                   enum cn_band band)
{
    return (struct cn_health_row){ .account_id = account_id,
                                   .at = { at_us },
                                   .score = { .has_points = points >= 0,
                                              .points = points < 0 ? 0 : points,
                                              .band = band,
                                              .confidence = 1000 },
                                   .scorecard = CN_STR("h1"),
                                   .because = CN_STR(""),
                                   .program_version = 3 };
}

struct found {
    struct cn_score_then scores[ACCOUNTS_MAX];
    size_t count;
};

static void take(void *arg, const struct cn_score_then *score)
{
    struct found *found = arg;
    assert_true(found->count < ACCOUNTS_MAX);
    found->scores[found->count++] = *score;
}

static struct cn_score_then score_at(struct cn_sql_conn *conn, struct cn_scores_ask ask,
                                     int64_t account_id)
{
    struct found found = { 0 };
    struct cn_error err = { 0 };
    ask.only = account_id;
    if (!cn_scores_then(conn, &ask, take, &found, &err)) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(found.count, 1);
    assert_int_equal(found.scores[0].account_id, account_id);
    return found.scores[0];
}

static void scores_are_those_that_held(struct cn_sql_conn *conn)
{
    struct cn_health_row rows[] = {
        row_of(7, 1000, 49600, CN_BAND_RED),    row_of(7, 3000, 100000, CN_BAND_GREEN),
        row_of(7, 6000, -1, CN_BAND_NONE),      row_of(8, 3000, 60000, CN_BAND_YELLOW),
        row_of(9, 1000, 20000, CN_BAND_RED),    row_of(9, 5000, -1, CN_BAND_NONE),
        row_of(11, 1000, 20000, CN_BAND_GREEN), /* is not there */
    };
    struct cn_error err = { 0 };
    struct found found = { 0 };
    struct cn_effective_bands bands = { CN_STR("h1"), { .yellow = 50000, .green = 75000 } };
    struct cn_scores_ask ask = { .at = { 2999 },
                                 .before = { 999 },
                                 .effective = { false, &bands, 1 } };
    rows[0].is_backfilled = true;
    rows[0].score.is_grey = true;
    rows[0].score.confidence = 412;
    assert_true(cn_health_history_save(conn, rows, CN_ARRAY_LEN(rows), &err));

    struct cn_score_then score = score_at(conn, ask, 7);
    assert_true(score.is_backfilled && score.derived.grey);
    assert_int_equal(score.derived.points, 49600);
    assert_int_equal(score.derived.band, CN_BAND_RED);
    assert_int_equal(score.derived.confidence, 412);
    assert_int_equal(score.derived.whole, 49); /* not across the colour's border */
    assert_int_equal(score.derived.trend_given, CN_NULL);
    assert_true(score.derived.override_given == CN_GIVEN && !score.derived.is_by_hand);
    assert_int_equal(score.derived.override, 90000);
    ask.effective.is_by_hand = true; /* overrides stand first */
    score = score_at(conn, ask, 7);
    assert_true(score.derived.is_by_hand && !score.derived.grey);
    assert_int_equal(score.derived.points, 90000);
    assert_int_equal(score.derived.band, CN_BAND_GREEN);
    assert_int_equal(score.derived.computed, 49600);

    ask.at.us = 4000; /* the override is over */
    ask.before.us = 1000;
    score = score_at(conn, ask, 7);
    assert_true(!score.is_backfilled && !score.derived.is_by_hand);
    assert_int_equal(score.derived.override_given, CN_NULL);
    assert_int_equal(score.derived.points, 100000);
    assert_true(score.derived.trend_given == CN_GIVEN && score.derived.trend == 50400);
    assert_int_equal(score_at(conn, ask, 9).derived.points, 20000);
    assert_true(cn_scores_then(conn, &ask, take, &found, &err));
    assert_int_equal(found.count, 3);

    ask.at.us = 7000; /* 7 has no score, and 9 is part of 8 */
    score = score_at(conn, ask, 7);
    assert_int_equal(score.derived.points_given, CN_NULL);
    assert_int_equal(score.derived.band, CN_BAND_NONE);
    found.count = 0;
    assert_true(cn_scores_then(conn, &ask, take, &found, &err));
    assert_int_equal(found.count, 2);
    ask.at.us = 500;
    found.count = 0;
    assert_true(cn_scores_then(conn, &ask, take, &found, &err));
    assert_int_equal(found.count, 0);
}

struct held {
    int64_t accounts;
    char text[64];
};

static void take_placement(void *arg, int64_t account_id, cn_str placement)
{
    struct held *held = arg;
    held->accounts += account_id;
    (void)snprintf(held->text, sizeof(held->text), "%.*s", CN_STR_ARG(placement));
}

static void placements_are_those_that_held(struct cn_sql_conn *conn)
{
    const struct cn_placement_row rows[] = {
        { .account_id = 7,
          .at = { 1000 },
          .placement = CN_STR("|segment:a|"),
          .is_backfilled = true },
        { .account_id = 7, .at = { 3000 }, .placement = CN_STR("|segment:b|") },
        { .account_id = 9, .at = { 1000 }, .placement = CN_STR("|segment:c|") },
    };
    struct held held = { 0 };
    struct cn_error err = { 0 };
    assert_true(cn_placement_save(conn, rows, CN_ARRAY_LEN(rows), &err));
    assert_true(cn_placement_each_held(conn, (cn_time){ 2999 }, 7, take_placement, &held, &err));
    assert_string_equal(held.text, "|segment:a|");
    assert_true(cn_placement_each_held(conn, (cn_time){ 3000 }, 7, take_placement, &held, &err));
    assert_string_equal(held.text, "|segment:b|");
    held.accounts = 0;
    assert_true(cn_placement_each_held(conn, (cn_time){ 3000 }, 0, take_placement, &held, &err));
    assert_int_equal(held.accounts, 7 + 9);
    held.accounts = 0;
    assert_true(cn_placement_each_held(conn, (cn_time){ 5000 }, 0, take_placement, &held, &err));
    assert_int_equal(held.accounts, 7);
}

static void on_sqlite(void **state)
{
    (void)state;
    struct cn_sql_conn *conn = open_store(NULL);
    scores_are_those_that_held(conn);
    placements_are_those_that_held(conn);
    cn_sql_close(conn);
}

static void on_postgresql(void **state)
{
    (void)state;
    if (store_server() == NULL) {
        skip();
    }
    struct cn_sql_conn *conn = open_store("test_score_then");
    scores_are_those_that_held(conn);
    placements_are_those_that_held(conn);
    cn_sql_close(conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_sqlite),
        cmocka_unit_test(on_postgresql),
    };
    return cmocka_run_group_tests_name("scores of then", tests, NULL, NULL);
}
