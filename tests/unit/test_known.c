/*
 * The first promise of replay: what was lived comes out again, as known, bit for bit.  Random
 * events, changes of records, clock steps, restarts, back-fills and new programs, then a replay of
 * it all.
 */
#include "engine/known.h"
#include "tests/unit/spine_lived.h"

enum {
    TEXT_MAX = 400
};

struct found {
    struct spine *spine;
    int64_t count;
    char first[TEXT_MAX];
};

static void say_row(char *text, size_t size, const struct cn_health_row *row)
{
    if (row == NULL) {
        (void)snprintf(text, size, "nothing");
        return;
    }
    (void)snprintf(text, size,
                   "%s%d band %d grey %d confidence %d fired %llx card %.*s version %lld",
                   row->score.has_points ? "" : "none ", row->score.points, (int)row->score.band,
                   row->score.is_grey, row->score.confidence, (unsigned long long)row->score.fired,
                   CN_STR_ARG(row->scorecard), (long long)row->program_version);
}

static cn_str rule_of(const struct cn_signal_row *row)
{
    return row != NULL ? row->rule : CN_STR("none");
}

static const char *event_of(const struct cn_signal_row *row)
{
    return row != NULL ? cn_signal_event_names[row->kind] : "";
}

static void note(void *arg, const struct cn_known_difference *difference)
{
    struct found *found = arg;
    char lived[TEXT_MAX / 3];
    char replayed[TEXT_MAX / 3];
    if (found->count++ == 0 && difference->is_placement) {
        cn_str then = difference->lived_placement != NULL ? difference->lived_placement->placement
                                                          : CN_STR("nothing");
        cn_str now = difference->replayed_placement != NULL
                         ? difference->replayed_placement->placement
                         : CN_STR("nothing");
        (void)snprintf(found->first, sizeof(found->first),
                       "tick %lld, account %lld: %.*s; now %.*s", (long long)difference->tick,
                       (long long)difference->account_id, CN_STR_ARG(then), CN_STR_ARG(now));
    } else if (found->count == 1 &&
               (difference->lived_signal != NULL || difference->replayed_signal != NULL)) {
        const struct cn_signal_row *lived_signal = difference->lived_signal;
        const struct cn_signal_row *replayed_signal = difference->replayed_signal;
        (void)snprintf(found->first, sizeof(found->first),
                       "tick %lld, account %lld: signal %.*s %s; now %.*s %s",
                       (long long)difference->tick, (long long)difference->account_id,
                       CN_STR_ARG(rule_of(lived_signal)), event_of(lived_signal),
                       CN_STR_ARG(rule_of(replayed_signal)), event_of(replayed_signal));
    } else if (found->count == 1) {
        say_row(lived, sizeof(lived), difference->lived);
        say_row(replayed, sizeof(replayed), difference->replayed);
        (void)snprintf(found->first, sizeof(found->first), "tick %lld, account %lld: %s; now %s",
                       (long long)difference->tick, (long long)difference->account_id, lived,
                       replayed);
    }
}

static struct cn_known_report replay(struct spine *spine, struct found *found)
{
    struct cn_error err;
    struct cn_db *db = NULL;
    struct cn_rollup *into = NULL;
    struct cn_known_report report = { 0 };
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/replay.db", spine->dir);
    (void)unlink(path);
    *found = (struct found){ .spine = spine };
    open_db(spine, "replay.db", &db);
    assert_true(cn_db_write(db, migrate_rollup, NULL, &err));
    assert_true(cn_rollup_open(&(struct cn_rollup_options){ .db = db }, &into, &err));
    struct cn_known_options options = {
        .scratch = db, .into = into, .difference = note, .arg = found
    };
    if (!cn_engine_replay_known(spine->engine, &options, &report, &err)) {
        fail_msg("%s", err.message);
    }
    cn_rollup_close(into);
    cn_db_close(db);
    return report;
}

/* How many moves of signals were compared. */
static int64_t try_world(uint64_t seed, const char *schema)
{
    struct spine spine;
    struct found found;
    struct cn_rng rng = { seed };
    lived_begin(&spine, schema, seed % 2 == 1);
    lived_go(&spine, &rng);
    struct cn_known_report report = replay(&spine, &found);
    if (report.differing != 0) {
        fail_msg("seed %llu: %lld of %lld rows differ; %s", (unsigned long long)seed,
                 (long long)report.differing, (long long)report.rows, found.first);
    }
    assert_true(report.rows > 20);
    assert_int_equal(report.ticks_outside, 0);
    assert_int_equal(found.count, 0);
    stop(&spine);
    assert_int_equal(spine_deinit(&spine), 0);
    return report.signals;
}

static void what_was_lived_comes_out_again(void **state)
{
    (void)state;
    int64_t signals = 0;
    for (int64_t seed = lived_first_seed(); seed <= lived_seeds(); seed++) {
        signals += try_world((uint64_t)seed, NULL);
    }
    assert_true(signals > 10 || lived_first_seed() > 1); /* few worlds may have fewer */
    /* A user whose claims begin on different days finds an account in one piece after the other. */
    (void)try_world(97, NULL);
}

static void what_was_lived_on_postgresql_comes_out_again(void **state)
{
    (void)state;
    if (spine_server() == NULL) {
        skip();
    }
    for (int64_t seed = lived_first_seed(); seed <= (lived_seeds() + 1) / 2; seed++) {
        (void)try_world((uint64_t)seed, "known_test"); /* how many, see above */
    }
}

/* Scores that move with what happens, not with time alone; some accounts are grey. */
static const struct cn_program_file world_calm = {
    WORLD_TEXT("scorecards/calm.yaml"),
    WORLD_TEXT(
        "scorecard: calm\n"
        "measures:\n"
        "  - {name: events, weight: 1, value: events.sum(28), map: {0: 0, 9: 100}}\n"
        "  - {name: seats, weight: 3, value: seats_used.last() / seats, map: {0: 0, 1: 100}}\n"
        "bands: {yellow: 40, green: 60, margin: 5}\n")
};

/* The row of a past midnight may be the newest of an account that did not move since. */
static void a_start_goes_on_from_what_was_lived_before_the_past_was_filled(void **state)
{
    enum {
        ROUNDS = 45
    };
    const struct cn_program_file files[] = { world_metrics, world_calm, world_signals };
    struct spine spine;
    struct found found;
    struct cn_rng rng = { 5 };
    int64_t number = 0;
    (void)state;
    spine_init(&spine, NULL);
    open_stores(&spine);
    use_program(&spine, files, CN_ARRAY_LEN(files));
    close_stores(&spine);
    start(&spine);
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 3 == 0) {
            send_some(&spine, &rng, &number);
            world_record(&spine, &rng);
        }
        settle(&spine);
        atomic_fetch_add(&spine.clock.fixed_us, (int64_t)DAY_S * 500000);
        fill_back(&spine);
        stop(&spine);
        start(&spine);
        settle(&spine);
    }
    const struct cn_known_report report = replay(&spine, &found);
    if (report.differing != 0) {
        fail_msg("%lld of %lld rows differ; %s", (long long)report.differing,
                 (long long)report.rows, found.first);
    }
    assert_true(report.rows > 5);
    stop(&spine);
    assert_int_equal(spine_deinit(&spine), 0);
}

static bool run_sql(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    return cn_sql_exec(conn, arg, err);
}

static void change(struct spine *spine, const char *sql)
{
    struct cn_error err;
    char copy[256];
    (void)snprintf(copy, sizeof(copy), "%s", sql);
    if (!cn_db_write(spine->db, run_sql, copy, &err)) {
        fail_msg("%s", err.message);
    }
}

static void a_row_that_was_not_lived_is_found(void **state)
{
    struct spine spine;
    struct found found;
    struct cn_rng rng = { 77 };
    (void)state;
    lived_begin(&spine, NULL, false);
    lived_go(&spine, &rng);
    assert_int_equal(replay(&spine, &found).differing, 0);
    change(&spine, "UPDATE health_history SET confidence = confidence + 1 WHERE tick = (SELECT"
                   " max(tick) FROM health_history) AND account_id = (SELECT max(account_id) FROM"
                   " health_history WHERE tick = (SELECT max(tick) FROM health_history))");
    struct cn_known_report report = replay(&spine, &found);
    assert_int_equal(report.differing, 1);
    assert_int_equal(found.count, 1);
    change(&spine, "UPDATE placement_history SET placement = '|segment:large|' WHERE tick = (SELECT"
                   " max(tick) FROM placement_history) AND account_id = (SELECT max(account_id)"
                   " FROM placement_history WHERE tick = (SELECT max(tick) FROM"
                   " placement_history))");
    report = replay(&spine, &found);
    /* What was lived stands, so a later tick may write the right placement again. */
    assert_in_range(report.differing, 2, 3);
    change(&spine, "UPDATE tick SET engine_version = 0");
    report = replay(&spine, &found);
    assert_int_equal(report.differing, 0);
    assert_int_equal(report.ticks, 0);
    assert_int_equal(report.rows, 0);
    assert_true(report.rows_outside > 20);
    assert_non_null(strstr(report.why, "another version of the engine"));
    stop(&spine);
    assert_int_equal(spine_deinit(&spine), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("what was lived comes out again as known, bit for bit",
                what_was_lived_comes_out_again),
        CN_TEST("what was lived on PostgreSQL comes out again as known, bit for bit",
                what_was_lived_on_postgresql_comes_out_again),
        CN_TEST("a start goes on from what was lived before the past was filled",
                a_start_goes_on_from_what_was_lived_before_the_past_was_filled),
        CN_TEST("a row that was not lived is found, and where the promise ends is said",
                a_row_that_was_not_lived_is_found),
    };
    return cmocka_run_group_tests_name("known", tests, NULL, NULL);
}
