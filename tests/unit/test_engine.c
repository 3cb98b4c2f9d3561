/* The spine in one process: events in, explained health out. */
#include "base/time.h"

#include "book/contract.h"
#include "book/person.h"
#include "engine/backfill.h"
#include "engine/explain.h"
#include "engine/lists.h"
#include "engine/replay.h"
#include "metric/query.h"
#include "tests/unit/spine.h"

static int set_up(void **state)
{
    static struct spine spine;
    spine_init(&spine, NULL);
    start(&spine);
    *state = &spine;
    return 0;
}

static int tear_down(void **state)
{
    struct spine *spine = *state;
    stop(spine);
    return spine_deinit(spine);
}

static struct cn_account_list list(struct spine *spine)
{
    struct cn_error err;
    struct cn_account_list accounts;
    struct cn_unit unit = { .arena = &spine->arena, .scope = CN_SCOPE_ALL };
    struct cn_account_filter filter = { .sort = CN_SORT_NAME, .limit = 50 };
    assert_true(cn_engine_list(spine->engine, &unit, &filter, &accounts, &err));
    return accounts;
}

#define EVENT(id, user, group, name, at)                                                     \
    "{\"type\":\"track\",\"messageId\":\"" id "\",\"userId\":\"" user "\",\"event\":\"" name \
    "\",\"timestamp\":\"" at "\",\"context\":{\"groupId\":\"" group "\"}}"

static void an_event_makes_an_account_that_is_listed(void **state)
{
    struct spine *spine = *state;
    send_body(spine,
              "{\"batch\":[" EVENT(
                  "1", "u1", "acme", "Signed In",
                  "2026-11-23T13:00:00Z") ","
                                          "{\"type\":\"group\",\"messageId\":\"2\",\"userId\":"
                                          "\"u1\",\"groupId\":\"acme\","
                                          "\"traits\":{\"name\":\"Acme Inc\",\"seats_used\":5}}]}");
    struct cn_account_list accounts = list(spine);
    assert_int_equal(accounts.total, 1);
    assert_true(cn_str_equal(accounts.items[0].external_id, CN_STR("acme")));
    assert_true(cn_str_equal(accounts.items[0].name, CN_STR("Acme Inc")));
    assert_int_equal(accounts.items[0].derived.last_activity_at_given, CN_GIVEN);
}

static void a_restart_keeps_everything_and_a_replay_agrees(void **state)
{
    struct spine *spine = *state;
    struct cn_error err;
    send_body(
        spine,
        "{\"batch\":[" EVENT("1", "u1", "acme", "Signed In", "2026-11-23T13:00:00Z") "," EVENT(
            "2", "u2", "acme", "Report Exported",
            "2026-11-22T13:00:00Z") "," EVENT("3", "u3", "beta", "Signed In",
                                              "2026-11-20T13:00:00Z") "]}");
    stop(spine);
    start(spine);
    send_body(spine,
              "{\"batch\":[" EVENT("2", "u2", "acme", "Report Exported",
                                   "2026-11-22T13:00:00Z") "," EVENT("4", "u2", "acme", "Signed In",
                                                                     "2026-11-23T13:30:00Z") "]}");
    assert_int_equal(list(spine).total, 2);
    assert_int_equal(cn_event_log_position(spine->log), 4);

    struct cn_db *db = NULL;
    struct cn_rollup *again = NULL;
    struct cn_rollup_difference difference = { 0 };
    open_db(spine, "replay.db", &db);
    assert_true(cn_db_write(db, migrate_rollup, NULL, &err));
    assert_true(cn_rollup_open(&(struct cn_rollup_options){ .db = db }, &again, &err));
    assert_true(cn_engine_replay(spine->engine, again, &difference, &err));
    assert_true(difference.rows > 0);
    assert_int_equal(difference.differing, 0);
    cn_rollup_close(again);
    cn_db_close(db);
}

/* Of the last five days. */
static double count_logins(struct spine *spine, int64_t account_id)
{
    struct cn_error err;
    struct cn_chart_list charts;
    int64_t today = cn_tz_day(spine->tz, cn_now(&spine->clock));
    double logins = 0;
    assert_true(cn_rollup_flush(spine->rollup, &err));
    assert_true(cn_metric_charts(spine->rollup, cn_engine_metrics(spine->engine), account_id,
                                 today - 5, today, &spine->arena, &charts, &err));
    for (size_t i = 0; i < charts.count; i++) {
        for (size_t j = 0; cn_str_equal(charts.items[i].metric->name, CN_STR("logins")) &&
                           j < charts.items[i].count;
             j++) {
            logins += charts.items[i].days[j].value;
        }
    }
    return logins;
}

#define LOOSE(id, user)                                               \
    "{\"type\":\"track\",\"messageId\":\"" id "\",\"userId\":\"" user \
    "\",\"event\":\"Signed In\",\"timestamp\":\"2026-11-21T13:00:00Z\"}"
#define JOINS(id, user, group)                                                                  \
    "{\"type\":\"group\",\"messageId\":\"" id "\",\"userId\":\"" user "\",\"groupId\":\"" group \
    "\",\"timestamp\":\"2026-11-23T13:00:00Z\"}"

static size_t count_parked(struct spine *spine)
{
    struct cn_engine_stats stats;
    cn_engine_stats(spine->engine, &stats);
    return stats.parked_subjects;
}

static void an_identify_that_comes_later_moves_what_was_parked(void **state)
{
    struct spine *spine = *state;
    send_body(spine, "{\"batch\":[" LOOSE("1", "u9") "]}");
    assert_int_equal(list(spine).total, 0);
    assert_int_equal(count_parked(spine), 1);
    send_body(spine, "{\"batch\":[" JOINS("2", "u9", "acme") "]}");
    struct cn_account_list accounts = list(spine);
    assert_int_equal(accounts.total, 1);
    assert_true(count_logins(spine, accounts.items[0].id.value) == 1);
    assert_int_equal(count_parked(spine), 0);
}

static void what_was_parked_is_known_after_a_restart(void **state)
{
    struct spine *spine = *state;
    send_body(spine, "{\"batch\":[" LOOSE("1", "u8") "," LOOSE("2", "u9") "]}");
    stop(spine);
    start(spine);
    assert_int_equal(count_parked(spine), 2);
    send_body(spine, "{\"batch\":[" JOINS("3", "u9", "acme") "]}");
    struct cn_account_list accounts = list(spine);
    assert_true(count_logins(spine, accounts.items[0].id.value) == 1);
    stop(spine);
    start(spine);
    assert_int_equal(count_parked(spine), 1);
}

static void more_parked_subjects_than_are_listed_are_found_in_the_log(void **state)
{
    struct spine *spine = *state;
    stop(spine);
    spine->parked_max = 1;
    start(spine);
    send_body(spine, "{\"batch\":[" LOOSE("1", "u8") "," LOOSE("2", "u9") "]}");
    assert_int_equal(count_parked(spine), 1);
    stop(spine);
    start(spine);
    send_body(spine, "{\"batch\":[" JOINS("3", "u9", "acme") "]}");
    struct cn_account_list accounts = list(spine);
    assert_true(count_logins(spine, accounts.items[0].id.value) == 1);
}

struct deal {
    struct spine *spine;
    cn_account_id id;
};

static bool sign(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct deal *deal = arg;
    struct cn_unit unit = { .conn = conn,
                            .arena = &deal->spine->arena,
                            .ids = &deal->spine->ids,
                            .scope = CN_SCOPE_ALL,
                            .now = cn_now(&deal->spine->clock) };
    int64_t today = cn_tz_day(deal->spine->tz, unit.now);
    struct cn_contract contract;
    struct cn_contract_new new_contract = { .name = CN_STR("Subscription"),
                                            .arr = { 4500000, "USD" },
                                            .starts_on = today - 270,
                                            .ends_on = today + 90,
                                            .seats = 10,
                                            .seats_given = CN_GIVEN,
                                            .status = CN_CONTRACT_ACTIVE };
    return cn_contract_create(&unit, deal->id, &new_contract, &contract, err);
}

static bool hire(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct deal *deal = arg;
    struct cn_unit unit = { .conn = conn,
                            .arena = &deal->spine->arena,
                            .ids = &deal->spine->ids,
                            .scope = CN_SCOPE_ALL,
                            .now = cn_now(&deal->spine->clock) };
    struct cn_person person;
    struct cn_person_role role = { .role = CN_PERSON_CHAMPION,
                                   .from = { unit.now.us - (int64_t)100 * DAY_S * 1000000 },
                                   .to_given = CN_NULL };
    struct cn_person_new new_person = { .name = CN_STR("Ada"), .roles = { &role, 1 } };
    return cn_person_create(&unit, deal->id, &new_person, &person, err);
}

static void records_move_the_score_and_the_parts_add_up(void **state)
{
    struct spine *spine = *state;
    struct cn_error err;
    send_body(spine, "{\"batch\":[" EVENT(
                         "1", "u1", "tech", "Signed In",
                         "2026-11-23T13:00:00Z") ","
                                                 "{\"type\":\"group\",\"messageId\":\"2\","
                                                 "\"userId\":\"u1\",\"groupId\":\"tech\","
                                                 "\"traits\":{\"seats_used\":9}}]}");
    struct deal deal = { spine, list(spine).items[0].id };
    assert_true(cn_db_write(spine->db, sign, &deal, &err));
    assert_true(cn_engine_settle(spine->engine, &err));
    struct cn_account account = list(spine).items[0];
    assert_true(cn_str_equal(account.derived.scorecard, CN_STR("mid-touch")));
    assert_int_equal(account.derived.points_given, CN_GIVEN);
    assert_true(account.derived.points <= 49000); /* no champion: capped */

    assert_true(cn_db_write(spine->db, hire, &deal, &err));
    assert_true(cn_engine_settle(spine->engine, &err));
    assert_true(list(spine).items[0].derived.points > account.derived.points);

    struct cn_engine_explanation explanation;
    assert_true(cn_engine_explain(spine->engine, deal.id.value, (cn_time){ 0 }, &spine->arena,
                                  &explanation, &err));
    int64_t sum = 0;
    for (size_t i = 0; i < explanation.now.count; i++) {
        sum += explanation.now.items[i].depth == 1 ? explanation.now.items[i].points : 0;
    }
    assert_int_equal(sum, explanation.now.score.points);
    assert_int_equal(sum, list(spine).items[0].derived.points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST_WITH("an event makes an account that is listed",
                     an_event_makes_an_account_that_is_listed, set_up, tear_down),
        CN_TEST_WITH("reliability 14: a restart keeps everything and a replay agrees",
                     a_restart_keeps_everything_and_a_replay_agrees, set_up, tear_down),
        CN_TEST_WITH("what was parked is known after a restart",
                     what_was_parked_is_known_after_a_restart, set_up, tear_down),
        CN_TEST_WITH("more parked subjects than are listed are found in the log",
                     more_parked_subjects_than_are_listed_are_found_in_the_log, set_up, tear_down),
        CN_TEST_WITH("an identify that comes later moves what was parked",
                     an_identify_that_comes_later_moves_what_was_parked, set_up, tear_down),
        CN_TEST_WITH("003-28 records move the score and the parts add up",
                     records_move_the_score_and_the_parts_add_up, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
