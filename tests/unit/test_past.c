/* The past of accounts that rules compare with one another. */
#include "base/str.h"

#include "engine/backfill.h"
#include "engine/explain.h"
#include "engine/lists.h"
#include "health/drift.h"
#include "health/shadow_history.h"
#include "tests/unit/spine_batch.h"

enum {
    EVENTS = 300,
    RECORDS = 60,
    PAST_DAYS = 20,
    MANY = 150
};

static int set_up(void **state)
{
    static struct spine spine;
    const struct cn_program_file files[] = { world_metrics, world_scorecards };
    struct cn_rng rng = { 42 };
    world_start(&spine, files, CN_ARRAY_LEN(files), &rng, EVENTS);
    for (int i = 0; i < RECORDS; i++) {
        world_record(&spine, &rng);
    }
    settle(&spine);
    *state = &spine;
    return 0;
}

static struct cn_account_list accounts_of(struct spine *spine)
{
    struct cn_error err;
    struct cn_account_list accounts;
    struct cn_unit unit = { .arena = &spine->arena, .scope = CN_SCOPE_ALL };
    struct cn_account_filter filter = { .sort = CN_SORT_NAME, .limit = MANY };
    assert_true(cn_engine_list(spine->engine, &unit, &filter, &accounts, &err));
    assert_true(accounts.total == WORLD_ACCOUNTS || accounts.count == MANY);
    return accounts;
}

static void fill_back(struct spine *spine, const int64_t *account_ids, size_t count)
{
    struct cn_error err;
    int64_t today = cn_tz_day(spine->tz, SPINE_NOW);
    struct cn_backfill past = { .account_ids = account_ids,
                                .count = count,
                                .first_day = today - PAST_DAYS,
                                .last_day = today - 1 };
    if (!cn_engine_backfill(spine->engine, &past, &err)) {
        fail_msg("%s", err.message);
    }
}

static struct cn_health_row_list history_of(struct spine *spine, int64_t account_id)
{
    struct cn_error err;
    struct cn_sql_conn *conn = NULL;
    struct cn_health_row_list list;
    struct cn_health_range range = { account_id, { 0 }, SPINE_NOW, 1000 };
    assert_true(cn_db_read(spine->db, &conn, &err));
    assert_true(cn_health_history_load(conn, &range, &spine->arena, &list, &err));
    cn_db_release(spine->db, conn);
    return list;
}

static void one_account_is_filled_back_as_among_all(void **state)
{
    struct spine *spine = *state;
    struct cn_account_list accounts = accounts_of(spine);
    struct cn_health_row_list want[WORLD_ACCOUNTS];
    size_t rows = 0;
    fill_back(spine, NULL, 0);
    for (size_t i = 0; i < accounts.count; i++) {
        want[i] = history_of(spine, accounts.items[i].id.value);
        rows += want[i].count;
    }
    assert_true(rows > 40);
    for (size_t i = 0; i < accounts.count; i++) {
        fill_back(spine, &accounts.items[i].id.value, 1);
        struct cn_health_row_list got = history_of(spine, accounts.items[i].id.value);
        assert_int_equal(got.count, want[i].count);
        for (size_t j = 0; j < got.count; j++) {
            assert_int_equal(got.items[j].at.us, want[i].items[j].at.us);
            assert_int_equal(got.items[j].score.points, want[i].items[j].score.points);
            assert_int_equal(got.items[j].score.confidence, want[i].items[j].score.confidence);
        }
    }
}

static void what_changed_is_explained_from_all_accounts(void **state)
{
    struct spine *spine = *state;
    struct cn_account_list accounts = accounts_of(spine);
    struct cn_error err;
    size_t explained = 0;
    fill_back(spine, NULL, 0);
    for (size_t i = 0; i < accounts.count; i++) {
        struct cn_health_row_list history = history_of(spine, accounts.items[i].id.value);
        for (size_t j = 0; j < history.count; j += 3) {
            struct cn_engine_explanation explanation;
            const struct cn_health_row *row = &history.items[j];
            assert_true(cn_engine_explain(spine->engine, row->account_id,
                                          &(struct cn_explain_ask){ .since = row->at },
                                          &spine->arena, &explanation, &err));
            if (row->score.has_points) {
                assert_true(explanation.has_previous);
                assert_int_equal(explanation.previous_at.us, row->at.us);
                assert_int_equal(explanation.previous.points, row->score.points);
                explained++;
            }
        }
    }
    assert_true(explained > 10);
}

/* The rows of depth 1 add up to the score and to its change, those below a row to the row. */
static void assert_adds_up(const struct cn_engine_explanation *explanation)
{
    const struct cn_explanation *why = &explanation->now;
    int64_t points = 0;
    int64_t change = 0;
    int64_t by_hand = 0;
    for (size_t i = 0; i < why->count; i++) {
        const struct cn_explain_item *item = &why->items[i];
        int64_t below = 0;
        bool has_parts = false;
        for (size_t k = i + 1; k < why->count && why->items[k].depth > item->depth; k++) {
            has_parts |= why->items[k].depth == item->depth + 1;
            below += why->items[k].depth == item->depth + 1 ? why->items[k].change : 0;
        }
        if (has_parts) {
            assert_int_equal(item->change, below);
        }
        points += item->depth == 1 ? item->points : 0;
        change += item->depth == 1 ? item->change : 0;
        by_hand += cn_str_starts_with(item->path, CN_STR("judgements/override")) ? item->change : 0;
    }
    assert_int_equal(points, why->effective);
    if (explanation->has_previous) {
        assert_true(why->has_change);
        assert_int_equal(change, why->change);
        assert_int_equal(change, why->effective - why->was);
        assert_int_equal(change - by_hand, why->score.points - explanation->previous.points);
    }
}

static size_t explain_pairs(struct spine *spine, const struct cn_health_row_list *history)
{
    struct cn_error err;
    size_t explained = 0;
    for (size_t j = 0; j < history->count; j++) {
        for (size_t i = 0; i < j; i += 2) {
            struct cn_engine_explanation explanation;
            const struct cn_health_row *was = &history->items[i];
            const struct cn_health_row *is = &history->items[j];
            const struct cn_explain_ask ask = { .at = is->at, .since = was->at };
            if (!was->is_backfilled || !is->is_backfilled || !was->score.has_points ||
                !is->score.has_points) {
                continue;
            }
            assert_true(cn_engine_explain(spine->engine, was->account_id, &ask, &spine->arena,
                                          &explanation, &err));
            assert_true(explanation.has_previous);
            assert_int_equal(explanation.now.score.points, is->score.points);
            assert_int_equal(explanation.previous.points, was->score.points);
            assert_adds_up(&explanation);
            explained++;
        }
    }
    return explained;
}

static void two_dates_add_up_to_what_history_shows(void **state)
{
    struct spine *spine = *state;
    struct cn_account_list accounts = accounts_of(spine);
    size_t explained = 0;
    fill_back(spine, NULL, 0);
    for (size_t i = 0; i < accounts.count; i++) {
        struct cn_health_row_list history = history_of(spine, accounts.items[i].id.value);
        explained += explain_pairs(spine, &history);
    }
    assert_true(explained > 50);
}

/* A shadow with the same tree and the same colours. */
static void apply_twin(struct spine *spine)
{
    struct cn_buf twin;
    cn_buf_init(&twin, BODY_MAX_BYTES);
    cn_buf_printf(&twin, "shadow: true\n");
    cn_str rest = world_scorecards.text;
    for (cn_str line; cn_str_split(&rest, '\n', &line);) {
        const bool is_name = cn_str_starts_with(line, CN_STR("scorecard:"));
        cn_buf_printf(&twin, "%.*s\n", CN_STR_ARG(is_name ? CN_STR("scorecard: twin") : line));
    }
    const struct cn_program_file files[] = {
        world_metrics, world_scorecards, { CN_STR("scorecards/twin.yaml"), cn_buf_str(&twin) }
    };
    stop(spine);
    open_stores(spine);
    use_program(spine, files, CN_ARRAY_LEN(files));
    close_stores(spine);
    start(spine);
    settle(spine);
    cn_buf_deinit(&twin);
}

static struct cn_health_row_list shadows_of(struct spine *spine, int64_t account_id)
{
    struct cn_error err;
    struct cn_sql_conn *conn = NULL;
    struct cn_health_row_list list;
    struct cn_health_range range = { account_id, { 0 }, { SPINE_NOW.us + 1000000 }, 1000 };
    assert_true(cn_db_read(spine->db, &conn, &err));
    assert_true(cn_shadow_history_load(conn, &range, &spine->arena, &list, &err));
    cn_db_release(spine->db, conn);
    return list;
}

/* By the day: the last of each, as the live line has them. */
static size_t compare_twin(struct spine *spine, int64_t account_id)
{
    struct cn_health_row_list live = history_of(spine, account_id);
    struct cn_health_row_list twin = shadows_of(spine, account_id);
    size_t compared = 0;
    for (size_t i = 0; i < twin.count; i++) {
        const struct cn_health_row *shadow = &twin.items[i];
        const struct cn_health_row *held = NULL;
        assert_true(cn_str_equal(shadow->scorecard, CN_STR("twin")));
        for (size_t j = 0; j < live.count && live.items[j].at.us <= shadow->at.us; j++) {
            held = &live.items[j];
        }
        assert_true(i == 0 || shadow->at.us - twin.items[i - 1].at.us > 0);
        if (held != NULL && shadow->is_backfilled && held->is_backfilled) {
            assert_int_equal(shadow->at.us, held->at.us);
            assert_int_equal(shadow->score.has_points, held->score.has_points);
            assert_int_equal(shadow->score.points, held->score.points);
            assert_int_equal(shadow->score.band, held->score.band);
            compared++;
        }
    }
    return compared;
}

static void shadows_are_filled_back_and_go_on_after_a_start(void **state)
{
    struct spine *spine = *state;
    struct cn_error err;
    size_t compared = 0;
    size_t lived = 0;
    apply_twin(spine);
    fill_back(spine, NULL, 0);
    struct cn_account_list accounts = accounts_of(spine);
    struct cn_health_row_list before[WORLD_ACCOUNTS];
    for (size_t i = 0; i < accounts.count; i++) {
        compared += compare_twin(spine, accounts.items[i].id.value);
        before[i] = shadows_of(spine, accounts.items[i].id.value);
        lived += before[i].count > 0 && !before[i].items[before[i].count - 1].is_backfilled;
    }
    assert_true(compared > 40);
    assert_true(lived > 3);
    stop(spine);
    start(spine);
    settle(spine);
    for (size_t i = 0; i < accounts.count; i++) {
        struct cn_engine_explanation explanation;
        struct cn_health_row_list after = shadows_of(spine, accounts.items[i].id.value);
        assert_int_equal(after.count, before[i].count);
        for (size_t j = 0; j < after.count; j++) {
            assert_int_equal(after.items[j].at.us, before[i].items[j].at.us);
            assert_int_equal(after.items[j].score.points, before[i].items[j].score.points);
        }
        assert_true(cn_engine_explain(spine->engine, accounts.items[i].id.value,
                                      &(struct cn_explain_ask){ 0 }, &spine->arena, &explanation,
                                      &err));
        assert_int_equal(explanation.shadow_count, 1);
        assert_int_equal(explanation.shadows[0].difference, 0);
    }
}

/* Half of what was said was said ten days ago and ended three days ago. */
static bool say_long_ago(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    (void)arg;
    if (!cn_sql_prepare(conn,
                        "UPDATE judgement SET at_us = $1, known_us = $1, until_us = $2,"
                        " until_known_us = $2 WHERE account_id % 2 = 0",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, SPINE_NOW.us - (int64_t)10 * DAY_S * 1000000);
    cn_sql_bind_i64(stmt, 2, SPINE_NOW.us - (int64_t)3 * DAY_S * 1000000);
    return cn_sql_run(stmt, err);
}

static void what_was_said_adds_up_between_two_dates(void **state)
{
    struct spine *spine = *state;
    struct cn_error err;
    size_t moved[2] = { 0 }; /* sentiments, overrides: lines that changed something */
    assert_true(cn_db_write(spine->db, say_long_ago, NULL, &err));
    spine->shows_overrides = true;
    stop(spine);
    start(spine);
    settle(spine);
    fill_back(spine, NULL, 0);
    struct cn_account_list accounts = accounts_of(spine);
    for (size_t i = 0; i < accounts.count; i++) {
        for (int days = 1; days < 14; days++) {
            struct cn_engine_explanation explanation;
            const cn_time since = { SPINE_NOW.us - (int64_t)days * DAY_S * 1000000 };
            assert_true(cn_engine_explain(spine->engine, accounts.items[i].id.value,
                                          &(struct cn_explain_ask){ .since = since }, &spine->arena,
                                          &explanation, &err));
            const struct cn_explanation *why = &explanation.now;
            if (!why->score.has_points) {
                continue;
            }
            assert_adds_up(&explanation);
            assert_int_equal(why->effective, accounts.items[i].derived.points);
            for (size_t k = 0; k < why->count; k++) {
                const bool is_said = why->items[k].kind == CN_EXPLAIN_JUDGEMENT;
                moved[cn_str_equal(why->items[k].path, CN_STR("judgements/sentiment")) ? 0 : 1] +=
                    is_said && why->items[k].change != 0;
            }
        }
    }
    assert_true(moved[0] > 5);
    assert_true(moved[1] > 5);
}

/* Back-filled rows of the first version stay: the second scores from today on. */
static void apply_other_weights(struct spine *spine)
{
    struct cn_program_file files[] = { world_metrics, world_scorecards };
    struct cn_buf other;
    cn_str rest = world_scorecards.text;
    cn_str line;
    cn_buf_init(&other, BODY_MAX_BYTES);
    for (int measure = 0; cn_str_split(&rest, '\n', &line);) {
        const bool is_measure = cn_str_starts_with(cn_str_trim(line), CN_STR("- {name:"));
        if (is_measure && measure++ % 3 == 2) {
            continue; /* some are no longer measured: the others weigh more */
        }
        cn_buf_printf(&other, "%.*s\n", CN_STR_ARG(line));
    }
    files[1].text = cn_buf_str(&other);
    stop(spine);
    open_stores(spine);
    use_program(spine, files, CN_ARRAY_LEN(files));
    close_stores(spine);
    start(spine);
    settle(spine);
    cn_buf_deinit(&other);
}

static void changed_rules_are_a_line_with_their_parts(void **state)
{
    struct spine *spine = *state;
    struct cn_account_list accounts = accounts_of(spine);
    struct cn_error err;
    size_t lines = 0;
    fill_back(spine, NULL, 0);
    apply_other_weights(spine);
    for (size_t i = 0; i < accounts.count; i++) {
        struct cn_health_row_list history = history_of(spine, accounts.items[i].id.value);
        for (size_t j = 0; j < history.count; j++) {
            struct cn_engine_explanation explanation;
            const struct cn_explain_ask ask = { .since = history.items[j].at };
            if (!history.items[j].is_backfilled || !history.items[j].score.has_points) {
                continue;
            }
            assert_true(cn_engine_explain(spine->engine, accounts.items[i].id.value, &ask,
                                          &spine->arena, &explanation, &err));
            if (!explanation.now.score.has_points) {
                continue;
            }
            assert_int_equal(explanation.previous.points, history.items[j].score.points);
            assert_int_equal(explanation.previous_version, 1);
            assert_int_equal(explanation.version, 2);
            assert_adds_up(&explanation);
            for (size_t k = 0; k < explanation.now.count; k++) {
                const struct cn_explain_item *item = &explanation.now.items[k];
                lines += item->kind == CN_EXPLAIN_RULES && item->depth == 2;
                /* The midnights were evaluated as they are now: nothing was told later. */
                assert_true(item->kind != CN_EXPLAIN_REST || item->change == 0);
            }
        }
    }
    assert_true(lines > 10);
}

/* The drift of the list is that of what history shows at each of the days. */
static void assert_drift(struct spine *spine, const struct cn_account *account)
{
    const int64_t today = cn_tz_day(spine->tz, SPINE_NOW);
    struct cn_health_row_list history = history_of(spine, account->id.value);
    struct cn_drift_sums sums = { 0 };
    for (int32_t x = 1 - CN_DRIFT_DAYS; x <= 0; x++) {
        const cn_time start = cn_tz_day_start(spine->tz, today + x);
        const struct cn_health_row *held = NULL;
        for (size_t i = 0; i < history.count && history.items[i].at.us <= start.us; i++) {
            held = &history.items[i];
        }
        if (held != NULL && held->score.has_points) {
            cn_drift_add(&sums, x, held->score.points);
        }
    }
    if (account->derived.points_given == CN_GIVEN) {
        cn_drift_add(&sums, 1, (int32_t)account->derived.points);
        const struct cn_drift want = cn_drift_of(&sums);
        assert_int_equal(account->derived.drift_way, want.way);
        assert_int_equal(account->derived.drift, want.drift);
        assert_int_equal(account->derived.noise, want.noise);
    }
}

static void the_trend_is_the_change_that_is_explained(void **state)
{
    struct spine *spine = *state;
    struct cn_error err;
    size_t compared = 0;
    int64_t today = cn_tz_day(spine->tz, SPINE_NOW);
    struct cn_backfill past = { .first_day = today - 40, .last_day = today - 1 };
    assert_true(cn_engine_backfill(spine->engine, &past, &err));
    settle(spine);
    struct cn_account_list accounts = accounts_of(spine);
    for (size_t i = 0; i < accounts.count; i++) {
        const struct cn_account_derived *derived = &accounts.items[i].derived;
        struct cn_engine_explanation explanation;
        assert_drift(spine, &accounts.items[i]);
        const struct cn_explain_ask ask = { .since = cn_tz_day_start(spine->tz, today - 28) };
        if (derived->trend_given != CN_GIVEN) {
            continue;
        }
        assert_true(cn_engine_explain(spine->engine, accounts.items[i].id.value, &ask,
                                      &spine->arena, &explanation, &err));
        assert_true(explanation.has_previous);
        assert_int_equal(explanation.now.change, derived->trend);
        compared++;
    }
    assert_true(compared > 2);
}

static const struct cn_program_file orders[] = {
    { WORLD_TEXT("metrics.yaml"),
      WORLD_TEXT("metrics:\n  orders: {event: Ordered, count: events}\n") },
    { WORLD_TEXT("scorecards/all.yaml"),
      WORLD_TEXT("scorecard: all\nmeasures:\n"
                 "  - {name: orders, weight: 1, value: orders.sum(30), map: {0: 10, 9: 100}}\n") },
};

/* More accounts than are read at a time. */
static void add_many_accounts(struct spine *spine, int64_t now_us, struct cn_buf *body)
{
    cn_buf_clear(body);
    cn_buf_printf(body, "{\"batch\":[");
    for (int i = 0; i < MANY; i++) {
        for (int back = 0; back < 3; back++) {
            char at[CN_TIME_TEXT_BYTES];
            cn_time_format((cn_time){ now_us - ((int64_t)back * 20 + i % 9) * DAY_S * 1000000 },
                           at);
            cn_buf_printf(
                body,
                "%s{\"type\":\"track\",\"event\":\"Ordered\",\"messageId\":\"y%lld-%d-%d\","
                "\"timestamp\":\"%s\",\"userId\":\"y%d\",\"context\":{\"groupId\":\"y%d\"}}",
                i + back > 0 ? "," : "", (long long)now_us, i, back, at, i, i);
        }
    }
    cn_buf_printf(body, "]}");
    cn_buf_add(body, "", 1);
    append_body(spine, cn_buf_str(body).ptr);
    settle(spine);
}

/* What a new day reads a little at a time is what a start reads at once. */
static void a_new_day_reads_the_past_of_all_accounts(void **state)
{
    struct spine *spine = *state;
    struct cn_error err;
    struct cn_buf body;
    const int64_t today = cn_tz_day(spine->tz, SPINE_NOW);
    const struct cn_backfill past = { .first_day = today - 60, .last_day = today - 1 };
    size_t different = 0;
    stop(spine);
    open_stores(spine);
    use_program(spine, orders, CN_ARRAY_LEN(orders));
    close_stores(spine);
    start(spine);
    cn_buf_init(&body, BODY_MAX_BYTES * 4);
    add_many_accounts(spine, SPINE_NOW.us, &body);
    assert_true(cn_engine_backfill(spine->engine, &past, &err));
    settle(spine);
    struct cn_account_list before = accounts_of(spine);
    atomic_store(&spine->clock.fixed_us, SPINE_NOW.us + (int64_t)DAY_S * 1000000);
    for (int i = 0; i < 3; i++) { /* rounds */
        add_many_accounts(spine, SPINE_NOW.us + (int64_t)DAY_S * 1000000 + i, &body);
    }
    cn_buf_deinit(&body);
    struct cn_account_list now = accounts_of(spine);
    stop(spine);
    start(spine);
    settle(spine);
    struct cn_account_list again = accounts_of(spine);
    assert_int_equal(now.count, MANY);
    for (size_t i = 0; i < again.count; i++) {
        const struct cn_account_derived *a = &now.items[i].derived;
        const struct cn_account_derived *b = &again.items[i].derived;
        assert_int_equal(now.items[i].id.value, again.items[i].id.value);
        assert_int_equal(a->trend_given, b->trend_given);
        assert_int_equal(a->trend, b->trend);
        assert_int_equal(a->drift_way, b->drift_way);
        assert_int_equal(a->drift, b->drift);
        assert_int_equal(a->noise, b->noise);
        different += a->drift != before.items[i].derived.drift;
    }
    assert_true(different > MANY / 2); /* it is another day */
}

static bool forget_activity(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_sql_exec(conn, "UPDATE account SET last_activity_us = NULL", err) &&
           cn_sql_exec(conn, "DELETE FROM consumer WHERE name = 'activity'", err);
}

/* As a crash leaves it: counted, but not stored as activity. */
static void activity_is_remembered_after_a_crash(void **state)
{
    struct spine *spine = *state;
    struct cn_error err;
    struct cn_account_list before = accounts_of(spine);
    stop(spine);
    open_stores(spine);
    assert_true(cn_db_write(spine->db, forget_activity, NULL, &err));
    close_stores(spine);
    start(spine);
    settle(spine);
    struct cn_account_list after = accounts_of(spine);
    for (size_t i = 0; i < before.count; i++) {
        assert_int_equal(after.items[i].id.value, before.items[i].id.value);
        assert_int_equal(after.items[i].derived.last_activity_at_given, CN_GIVEN);
        assert_int_equal(after.items[i].derived.last_activity_at.us,
                         before.items[i].derived.last_activity_at.us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST_WITH("capabilities 24: one account is filled back as it is among all",
                     one_account_is_filled_back_as_among_all, set_up, world_stop),
        CN_TEST_WITH("what changed is explained with ranks among all accounts",
                     what_changed_is_explained_from_all_accounts, set_up, world_stop),
        CN_TEST_WITH("the explanation between any two dates adds up to what history shows",
                     two_dates_add_up_to_what_history_shows, set_up, world_stop),
        CN_TEST_WITH("capabilities 28: what was said adds up, also where an override stands first",
                     what_was_said_adds_up_between_two_dates, set_up, world_stop),
        CN_TEST_WITH(
            "capabilities 26: shadows are filled back, and their line goes on after a start",
            shadows_are_filled_back_and_go_on_after_a_start, set_up, world_stop),
        CN_TEST_WITH("what changed rules and weights contributed is a line with its parts",
                     changed_rules_are_a_line_with_their_parts, set_up, world_stop),
        CN_TEST_WITH("the trend of 28 days is the change that the explanation adds up",
                     the_trend_is_the_change_that_is_explained, set_up, world_stop),
        CN_TEST_WITH("design 5: a new day reads the past of all accounts as a start does",
                     a_new_day_reads_the_past_of_all_accounts, set_up, world_stop),
        CN_TEST_WITH("the latest activity is there after a crash",
                     activity_is_remembered_after_a_crash, set_up, world_stop),
    };
    return cmocka_run_group_tests_name("past", tests, NULL, NULL);
}
