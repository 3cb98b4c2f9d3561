/* The spine in one process: events in, explained health out. */
#include <pthread.h>

#include "base/time.h"

#include "book/contract.h"
#include "book/person.h"
#include "engine/backfill.h"
#include "engine/explain.h"
#include "engine/lists.h"
#include "engine/parts.h"
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

static void a_list_shows_no_account_before_its_record(void **state)
{
    struct spine *spine = *state;
    cn_engine_hold(spine->engine, true);
    send_body(spine,
              "{\"batch\":[" EVENT("1", "u1", "acme", "Signed In", "2026-11-23T13:00:00Z") "]}");
    struct cn_account_list accounts = list(spine);
    assert_int_equal(accounts.total, 0); /* its row is there, and empty */
    assert_int_equal(accounts.count, 0);
    cn_engine_hold(spine->engine, false);
    settle(spine);
    accounts = list(spine);
    assert_int_equal(accounts.total, 1);
    assert_true(cn_str_equal(accounts.items[0].name, CN_STR("acme")));
}

/* What was counted equals a replay of the log into a database of that name. */
static void assert_replay_agrees(struct spine *spine, const char *name)
{
    struct cn_error err;
    struct cn_db *db = NULL;
    struct cn_rollup *again = NULL;
    struct cn_rollup_difference difference = { 0 };
    open_db(spine, name, &db);
    assert_true(cn_db_write(db, migrate_rollup, NULL, &err));
    assert_true(cn_rollup_open(&(struct cn_rollup_options){ .db = db }, &again, &err));
    assert_true(cn_engine_replay(spine->engine, again, &difference, &err));
    assert_true(difference.rows > 0);
    if (difference.differing != 0) {
        fail_msg("%s", difference.first);
    }
    cn_rollup_close(again);
    cn_db_close(db);
}

static void a_restart_keeps_everything_and_a_replay_agrees(void **state)
{
    struct spine *spine = *state;
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
    assert_replay_agrees(spine, "replay.db");
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
    assert_true(cn_engine_explain(spine->engine, deal.id.value, &(struct cn_explain_ask){ 0 },
                                  &spine->arena, &explanation, &err));
    int64_t sum = 0;
    for (size_t i = 0; i < explanation.now.count; i++) {
        sum += explanation.now.items[i].depth == 1 ? explanation.now.items[i].points : 0;
    }
    assert_int_equal(sum, explanation.now.score.points);
    assert_int_equal(sum, list(spine).items[0].derived.points);
}

/* ---- merging ---- */

struct joining {
    struct spine *spine;
    cn_account_id from;
    cn_account_id into;
};

static bool join(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct joining *joining = arg;
    struct cn_unit unit = { .conn = conn,
                            .arena = &joining->spine->arena,
                            .ids = &joining->spine->ids,
                            .scope = CN_SCOPE_ALL,
                            .now = cn_now(&joining->spine->clock) };
    struct cn_account survivor;
    return cn_account_merge(&unit,
                            &(struct cn_merge){ .from = joining->from,
                                                .into = joining->into,
                                                .parts = cn_account_parts,
                                                .part_count = cn_account_part_count },
                            &survivor, err);
}

static cn_account_id account_of(struct spine *spine, const char *external_id)
{
    struct cn_account_list accounts = list(spine);
    for (size_t i = 0; i < accounts.count; i++) {
        if (cn_str_equal(accounts.items[i].external_id, cn_str_of(external_id))) {
            return accounts.items[i].id;
        }
    }
    return (cn_account_id){ 0 };
}

static int64_t ask(struct cn_sql_conn *conn, const char *sql, int64_t value)
{
    struct cn_error err;
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    assert_true(cn_sql_prepare(conn, sql, &stmt, &err));
    cn_sql_bind_i64(stmt, 1, value);
    assert_true(cn_sql_step(stmt, &row, &err) && row);
    int64_t answer = cn_sql_column_i64(stmt, 0);
    cn_sql_finish(stmt);
    return answer;
}

/* No table that belongs to accounts still has the merged one, but for what is its history. */
static void assert_nothing_left(struct spine *spine, cn_account_id id)
{
    static const char *const kept[] = { "ident", "account_domain", "change", "health_history",
                                        "placement_history" };
    struct cn_error err;
    struct cn_sql_conn *conn = NULL;
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    size_t tables = 0;
    assert_true(cn_db_read(spine->db, &conn, &err));
    assert_true(cn_sql_prepare(conn,
                               "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c"
                               " WHERE m.type = 'table' AND c.name = 'account_id'",
                               &stmt, &err));
    while (cn_sql_step(stmt, &row, &err) && row) {
        char sql[160];
        cn_str table = cn_sql_column_str(stmt, 0);
        bool is_kept = false;
        for (size_t i = 0; i < CN_ARRAY_LEN(kept); i++) {
            is_kept = is_kept || cn_str_equal(table, cn_str_of(kept[i]));
        }
        (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %.*s WHERE account_id = $1",
                       CN_STR_ARG(table));
        if (!is_kept && ask(conn, sql, id.value) != 0) {
            fail_msg("%.*s still has rows", CN_STR_ARG(table));
        }
        tables++;
    }
    cn_sql_finish(stmt);
    assert_true(tables > 8);
    assert_int_equal(ask(conn,
                         "SELECT points IS NULL FROM health_history WHERE account_id = $1"
                         " ORDER BY at_us DESC LIMIT 1",
                         id.value),
                     1);
    cn_db_release(spine->db, conn);
}

static void two_customers(struct spine *spine)
{
    send_body(
        spine,
        "{\"batch\":[" EVENT("1", "u1", "acme", "Signed In", "2026-11-23T13:00:00Z") "," EVENT(
            "2", "u2", "acme", "Signed In",
            "2026-11-22T13:00:00Z") "," EVENT("3", "u3", "beta", "Signed In",
                                              "2026-11-21T13:00:00Z") ","
                                                                      "{\"type\":\"group\","
                                                                      "\"messageId\":\"4\","
                                                                      "\"userId\":\"u3\","
                                                                      "\"groupId\":\"beta\","
                                                                      "\"traits\":{\"seats_used\":"
                                                                      "5}}]}");
}

static void what_one_account_had_is_the_others_after_a_merge(void **state)
{
    struct spine *spine = *state;
    struct cn_error err;
    two_customers(spine);
    struct deal deal = { spine, account_of(spine, "beta") };
    assert_true(cn_db_write(spine->db, sign, &deal, &err));
    assert_true(cn_db_write(spine->db, hire, &deal, &err));
    assert_true(cn_engine_settle(spine->engine, &err));
    struct joining joining = { spine, deal.id, account_of(spine, "acme") };
    assert_true(count_logins(spine, joining.into.value) == 2);
    assert_true(cn_db_write(spine->db, join, &joining, &err));
    assert_true(cn_engine_settle(spine->engine, &err));

    struct cn_account account = list(spine).items[0];
    assert_int_equal(list(spine).total, 1);
    assert_int_equal(account.id.value, joining.into.value);
    assert_int_equal(account.arr.minor, 4500000); /* of the contract that moved */
    assert_true(count_logins(spine, joining.into.value) == 3);
    assert_true(count_logins(spine, joining.from.value) == 0);
    assert_nothing_left(spine, joining.from);

    /* The old key leads there, for events of now and of the past, and after a restart. */
    send_body(spine,
              "{\"batch\":[" EVENT("5", "u4", "beta", "Signed In", "2026-11-20T13:00:00Z") "]}");
    assert_true(count_logins(spine, joining.into.value) == 4);
    stop(spine);
    start(spine);
    send_body(spine,
              "{\"batch\":[" EVENT("6", "u5", "beta", "Signed In", "2026-11-23T13:30:00Z") "]}");
    assert_true(count_logins(spine, joining.into.value) == 5);
    assert_int_equal(list(spine).total, 1);
    assert_replay_agrees(spine, "replay.db");
}

static void a_merge_that_a_crash_cut_off_is_counted_at_the_next_start(void **state)
{
    struct spine *spine = *state;
    struct cn_error err;
    two_customers(spine);
    struct joining joining = { spine, account_of(spine, "beta"), account_of(spine, "acme") };
    stop(spine);
    struct cn_db *db = NULL; /* the merge commits, and nobody is there to count */
    open_db(spine, "cairn.db", &db);
    assert_true(cn_db_write(db, join, &joining, &err));
    cn_db_close(db);
    start(spine);
    settle(spine);
    assert_int_equal(list(spine).total, 1);
    assert_true(count_logins(spine, joining.into.value) == 3);
    assert_true(count_logins(spine, joining.from.value) == 0);
    assert_replay_agrees(spine, "replay.db");
}

/* A clock that lets nobody but the test's own thread see what time it is until it is opened. */
static struct {
    pthread_t test;
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool is_open;
} gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER };

static cn_time gated_now(const struct cn_clock *clock)
{
    (void)pthread_mutex_lock(&gate.lock);
    while (!gate.is_open && !pthread_equal(gate.test, pthread_self())) {
        (void)pthread_cond_wait(&gate.opened, &gate.lock);
    }
    (void)pthread_mutex_unlock(&gate.lock);
    return (cn_time){ atomic_load(&clock->fixed_us) };
}

static void open_gate(void)
{
    (void)pthread_mutex_lock(&gate.lock);
    gate.is_open = true;
    (void)pthread_cond_broadcast(&gate.opened);
    (void)pthread_mutex_unlock(&gate.lock);
}

static void a_start_does_not_wait_for_what_a_crash_left_to_count(void **state)
{
    struct spine *spine = *state;
    struct cn_error err;
    struct cn_engine_explanation explanation;
    two_customers(spine);
    struct joining joining = { spine, account_of(spine, "beta"), account_of(spine, "acme") };
    struct cn_account_list before = list(spine);
    const struct cn_account *acme = &before.items[0];
    assert_int_equal(acme->id.value, joining.into.value);
    assert_int_equal(acme->derived.points_given, CN_GIVEN);
    stop(spine);
    struct cn_db *db = NULL;
    open_db(spine, "cairn.db", &db);
    assert_true(cn_db_write(db, join, &joining, &err));
    cn_db_close(db);

    gate.test = pthread_self();
    gate.is_open = false;
    spine->clock.now = gated_now;
    start(spine);
    assert_false(cn_engine_has_begun(spine->engine, 1000));
    struct cn_account_list during = list(spine);
    assert_int_equal(during.total, 1);
    assert_string_equal(during.items[0].name.ptr, acme->name.ptr);
    assert_int_equal(during.items[0].derived.points, acme->derived.points);
    assert_false(cn_engine_explain(spine->engine, joining.into.value, &(struct cn_explain_ask){ 0 },
                                   &spine->arena, &explanation, &err));
    assert_int_equal(err.code, CN_UNAVAILABLE);

    open_gate();
    settle(spine);
    assert_true(cn_engine_has_begun(spine->engine, 0));
    assert_true(cn_engine_explain(spine->engine, joining.into.value, &(struct cn_explain_ask){ 0 },
                                  &spine->arena, &explanation, &err));
    assert_true(count_logins(spine, joining.into.value) == 3);
    assert_replay_agrees(spine, "replay.db");
}

static void a_merge_of_a_merge_leads_to_the_last(void **state)
{
    struct spine *spine = *state;
    struct cn_error err;
    two_customers(spine);
    send_body(spine,
              "{\"batch\":[" EVENT("5", "u6", "gamma", "Signed In", "2026-11-23T12:00:00Z") "]}");
    struct joining first = { spine, account_of(spine, "beta"), account_of(spine, "acme") };
    struct joining second = { spine, first.into, account_of(spine, "gamma") };
    assert_true(cn_db_write(spine->db, join, &first, &err));
    assert_true(cn_db_write(spine->db, join, &second, &err));
    assert_true(cn_engine_settle(spine->engine, &err));
    assert_int_equal(list(spine).total, 1);
    assert_true(count_logins(spine, second.into.value) == 4);
    send_body(spine,
              "{\"batch\":[" EVENT("6", "u3", "beta", "Signed In", "2026-11-23T13:40:00Z") "]}");
    assert_true(count_logins(spine, second.into.value) == 5);
    assert_replay_agrees(spine, "replay.db");
    assert_false(cn_db_write(spine->db, join, &first, &err));
    assert_int_equal(err.code, CN_GONE);
    char id[CN_ID_TEXT_BYTES];
    cn_id_format(CN_ACCOUNT_PREFIX, second.into.value, id);
    assert_string_equal(err.successor, id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST_WITH("an event makes an account that is listed",
                     an_event_makes_an_account_that_is_listed, set_up, tear_down),
        CN_TEST_WITH("a list shows no account before its record",
                     a_list_shows_no_account_before_its_record, set_up, tear_down),
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
        CN_TEST_WITH("what one account had is the other's after a merge",
                     what_one_account_had_is_the_others_after_a_merge, set_up, tear_down),
        CN_TEST_WITH("reliability 1: a merge that a crash cut off is counted at the next start",
                     a_merge_that_a_crash_cut_off_is_counted_at_the_next_start, set_up, tear_down),
        CN_TEST_WITH("reliability 1: a start does not wait for what a crash left to count",
                     a_start_does_not_wait_for_what_a_crash_left_to_count, set_up, tear_down),
        CN_TEST_WITH("a merge of a merge leads to the last", a_merge_of_a_merge_leads_to_the_last,
                     set_up, tear_down),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
