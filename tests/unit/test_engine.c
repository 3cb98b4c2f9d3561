/* The spine in one process: events in, explained health out. */
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/time.h"

#include "book/change.h"
#include "book/contract.h"
#include "book/person.h"
#include "engine/backfill.h"
#include "engine/explain.h"
#include "engine/lists.h"
#include "engine/migrations.h"
#include "engine/replay.h"
#include "event/parse.h"
#include "metric/query.h"
#include "metric/rollup.h"
#include "sql/migrate.h"
#include "tests/unit/unit.h"

enum {
    DAY_S = 86400
};

struct spine {
    char dir[64];
    struct cn_clock clock;
    struct cn_id_source ids;
    struct cn_tz *tz;
    struct cn_db *db;
    struct cn_db *rollup_db;
    struct cn_rollup *rollup;
    struct cn_engine *engine;
    struct cn_event_log *log;
    struct cn_event_parser *parser;
    struct cn_arena arena;
};

static void open_db(struct spine *spine, const char *name, struct cn_db **db_out)
{
    char url[128];
    struct cn_error err;
    (void)snprintf(url, sizeof(url), "sqlite:%s/%s", spine->dir, name);
    assert_true(cn_db_open(&(struct cn_db_options){ .url = cn_str_of(url), .flush = cn_book_flush },
                           db_out, &err));
}

static bool migrate(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_migrate(conn, "main", cn_main_migrations, cn_main_migrations_count, (cn_time){ 0 },
                      err);
}

static bool migrate_rollup(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_rollup_migrate(conn, (cn_time){ 0 }, err);
}

/* Everything but the folder; also used to start again. */
static void start(struct spine *spine)
{
    struct cn_error err;
    char events[96];
    open_db(spine, "cairn.db", &spine->db);
    open_db(spine, "rollup.db", &spine->rollup_db);
    assert_true(cn_db_write(spine->db, migrate, NULL, &err));
    assert_true(cn_db_write(spine->rollup_db, migrate_rollup, NULL, &err));
    assert_true(cn_rollup_open(&(struct cn_rollup_options){ .db = spine->rollup_db },
                               &spine->rollup, &err));
    spine->engine =
        cn_engine_new(&(struct cn_engine_options){ .db = spine->db,
                                                   .rollup = spine->rollup,
                                                   .tz = spine->tz,
                                                   .clock = &spine->clock,
                                                   .ids = &spine->ids,
                                                   .creates_accounts = true,
                                                   .reattribute_us = (int64_t)30 * DAY_S * 1000000,
                                                   .tick_us = 1000000 });
    (void)snprintf(events, sizeof(events), "%s/events", spine->dir);
    assert_true(cn_event_log_open(&(struct cn_event_log_options){ .dir = events,
                                                                  .clock = &spine->clock,
                                                                  .on_commit = cn_engine_on_commit,
                                                                  .on_commit_arg = spine->engine },
                                  &spine->log, &err));
    if (!cn_engine_start(spine->engine, spine->log, &err)) {
        fail_msg("%s", err.message);
    }
}

static void stop(struct spine *spine)
{
    cn_engine_stop(spine->engine);
    cn_event_log_close(spine->log);
    cn_engine_free(spine->engine);
    cn_rollup_close(spine->rollup);
    cn_db_close(spine->rollup_db);
    cn_db_close(spine->db);
}

static int set_up(void **state)
{
    static struct spine spine;
    struct cn_error err;
    spine = (struct spine){ .dir = "/tmp/cairn-engine-XXXXXX" };
    assert_non_null(mkdtemp(spine.dir));
    cn_clock_fixed(&spine.clock, (cn_time){ 1795442400000000 }); /* 2026-11-23 14:00 UTC */
    cn_id_source_init(&spine.ids, 0, 0);
    assert_true(cn_tz_load(CN_STR("UTC"), &spine.tz, &err));
    spine.parser = cn_event_parser_new(4 * 1024 * 1024);
    cn_arena_init(&spine.arena, 64 * 1024);
    start(&spine);
    *state = &spine;
    return 0;
}

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int tear_down(void **state)
{
    struct spine *spine = *state;
    stop(spine);
    cn_event_parser_free(spine->parser);
    cn_arena_deinit(&spine->arena);
    cn_tz_free(spine->tz);
    return nftw(spine->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void count_done(void *arg, struct cn_event_batch *batch, const struct cn_error *err)
{
    (void)batch;
    assert_null(err);
    atomic_fetch_add((_Atomic int *)arg, 1);
}

/* Sends one batch body through intake and waits until it is scored. */
static void send_body(struct spine *spine, const char *body)
{
    struct cn_error err;
    struct cn_event_batch *batch = NULL;
    _Atomic int done = 0;
    assert_true(cn_event_parse(spine->parser, CN_CALL_BATCH, cn_str_of(body), cn_now(&spine->clock),
                               &cn_event_limits_default, &batch, &err));
    assert_int_equal(batch->rejection_count, 0);
    cn_event_batch_set_source(batch, 1);
    assert_true(cn_event_log_append(spine->log, batch, count_done, &done, &err));
    while (atomic_load(&done) == 0) {
        (void)usleep(1000);
    }
    assert_true(cn_engine_settle(spine->engine, &err));
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

static void an_identify_that_comes_later_moves_what_was_parked(void **state)
{
    struct spine *spine = *state;
    struct cn_error err;
    send_body(spine,
              "{\"batch\":[{\"type\":\"track\",\"messageId\":\"1\",\"userId\":\"u9\",\"event\":"
              "\"Signed In\",\"timestamp\":\"2026-11-21T13:00:00Z\"}]}");
    assert_int_equal(list(spine).total, 0);
    send_body(spine, "{\"batch\":[{\"type\":\"group\",\"messageId\":\"2\",\"userId\":\"u9\","
                     "\"groupId\":\"acme\",\"timestamp\":\"2026-11-23T13:00:00Z\"}]}");
    struct cn_account_list accounts = list(spine);
    assert_int_equal(accounts.total, 1);
    assert_true(cn_rollup_flush(spine->rollup, &err));
    struct cn_chart_list charts;
    int64_t today = cn_tz_day(spine->tz, cn_now(&spine->clock));
    assert_true(cn_metric_charts(spine->rollup, cn_engine_metrics(spine->engine),
                                 accounts.items[0].id.value, today - 5, today, &spine->arena,
                                 &charts, &err));
    double logins = 0;
    for (size_t i = 0; i < charts.count; i++) {
        if (cn_str_equal(charts.items[i].metric->name, CN_STR("logins"))) {
            for (size_t j = 0; j < charts.items[i].count; j++) {
                logins += charts.items[i].days[j].value;
            }
        }
    }
    assert_true(logins == 1);
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
        CN_TEST_WITH("an identify that comes later moves what was parked",
                     an_identify_that_comes_later_moves_what_was_parked, set_up, tear_down),
        CN_TEST_WITH("003-28 records move the score and the parts add up",
                     records_move_the_score_and_the_parts_add_up, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
