/*
 * The first promise of replay: what was lived comes out again, as known, bit for bit.  Random
 * events, changes of records, clock steps, restarts, back-fills and new programs, then a replay of
 * it all. CAIRN_SEEDS is how many worlds are tried (3).
 */
#include "engine/backfill.h"
#include "engine/known.h"
#include "signal/inbox.h"
#include "tests/unit/spine_apply.h"
#include "tests/unit/spine_world.h"

enum {
    SEEDS = 3,
    STEPS = 120,
    TEXT_MAX = 400
};

static int64_t seeds(void)
{
    const char *text = getenv("CAIRN_SEEDS"); /* NOLINT(concurrency-mt-unsafe): one thread */
    return text != NULL ? strtol(text, NULL, 10) : SEEDS;
}

static void send_some(struct spine *spine, struct cn_rng *rng, int64_t *number)
{
    struct cn_buf body;
    cn_buf_init(&body, BODY_MAX_BYTES);
    cn_buf_printf(&body, "{\"batch\":[");
    int64_t count = cn_rng_between(rng, 1, 12);
    for (int64_t i = 0; i < count; i++) {
        cn_buf_printf(&body, "%s", i > 0 ? "," : "");
        /* Now and then one that was sent before. */
        bool is_old = *number > 20 && pick(rng, 12) == 0;
        world_event(rng, is_old ? pick(rng, *number) : (*number)++, cn_now(&spine->clock), &body);
    }
    cn_buf_printf(&body, "]}");
    cn_buf_add(&body, "", 1);
    append_body(spine, cn_buf_str(&body).ptr);
    cn_buf_deinit(&body);
}

static void step_clock(struct spine *spine, struct cn_rng *rng)
{
    static const int64_t most_s[] = { 1, 60, 3600, 4 * 3600, 26 * 3600 };
    int64_t now = atomic_load(&spine->clock.fixed_us);
    int64_t by = cn_rng_between(rng, 1, most_s[pick(rng, 5)] * 1000000);
    if (pick(rng, 12) == 0) { /* to the very midnight */
        by = (int64_t)DAY_S * 1000000 - now % ((int64_t)DAY_S * 1000000);
    }
    atomic_store(&spine->clock.fixed_us, now + by);
}

static void fill_back(struct spine *spine)
{
    struct cn_error err;
    int64_t today = cn_tz_day(spine->tz, cn_now(&spine->clock));
    settle(spine);
    if (!cn_engine_backfill(spine->engine,
                            &(struct cn_backfill){ .first_day = today - 20, .last_day = today - 1 },
                            &err)) {
        fail_msg("%s", err.message);
    }
}

/* A hold that begins or ends, or a start of what was already true. */
static bool decide(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct world_change *change = arg;
    struct spine *spine = change->spine;
    struct cn_rng rng = change->rng;
    struct cn_unit unit = { .conn = conn,
                            .arena = &spine->arena,
                            .ids = &spine->ids,
                            .scope = CN_SCOPE_ALL,
                            .now = cn_now(&spine->clock) };
    const struct cn_hold_new hold = {
        .kind = pick(&rng, 2) == 0 ? CN_STR("expansion") : CN_STR("all"),
        .reason = CN_STR("later"),
        .until = { pick(&rng, 3) == 0 ? 0 : unit.now.us + cn_rng_between(&rng, 1, 90) * 3600000000 }
    };
    const struct cn_signal_filter filter = { .views = 1U << CN_SIGNAL_VIEW_ALREADY_TRUE,
                                             .limit = 5 };
    struct cn_signal_list signals;
    struct cn_signal signal;
    struct cn_account account;
    struct cn_hold_list holds;
    struct cn_hold out;
    cn_str key = world_text(spine, "g", change->account);
    if (pick(&rng, 2) == 0) {
        const struct cn_signal_action start = { .verb = CN_SIGNAL_START };
        return cn_signal_list(&unit, &filter, &signals, err) &&
               (signals.count == 0 ||
                cn_signal_act(&unit, signals.items[0].id, &start, &signal, err));
    }
    if (!cn_account_load_external(&unit, key, &account, err)) {
        return err->code == CN_NOT_FOUND;
    }
    if (!cn_hold_list(&unit, account.id, &holds, err)) {
        return false;
    }
    return holds.count > 0 && pick(&rng, 2) == 0
               ? cn_hold_end(&unit, account.id, holds.items[0].id, &out, err)
               : cn_hold_create(&unit, account.id, &hold, &out, err);
}

static void decide_something(struct spine *spine, struct cn_rng *rng)
{
    struct cn_error err;
    struct world_change change = { spine, *rng, pick(rng, WORLD_ACCOUNTS) };
    if (!cn_db_write(spine->db, decide, &change, &err)) {
        fail_msg("%s", err.message);
    }
    (void)cn_rng_next(rng);
}

static void restart(struct spine *spine, struct cn_rng *rng)
{
    const struct cn_program_file churned[] = { world_metrics, world_churned, world_scorecards,
                                               world_segments, world_signals };
    const struct cn_program_file renamed[] = { world_metrics, world_chosen, world_scorecards,
                                               world_renamed, world_other_signals };
    switch (pick(rng, 3)) {
    case 0:
        use_program(spine, churned, CN_ARRAY_LEN(churned));
        break;
    case 1:
        use_program(spine, renamed, CN_ARRAY_LEN(renamed));
        break;
    default:
        break;
    }
    stop(spine);
    start(spine);
}

/* Another program while it runs; sometimes the next thing happens before it is active. */
static void apply_live(struct spine *spine, struct cn_rng *rng)
{
    const struct cn_program_file usual[] = { world_metrics, world_scorecards };
    const struct cn_program_file more[] = { world_metrics, world_churned, world_scorecards };
    const struct cn_program_file other[] = { world_other_metrics, world_other_scorecards };
    const struct cn_program_file *const programs[] = { usual, more, other };
    const size_t counts[] = { CN_ARRAY_LEN(usual), CN_ARRAY_LEN(more), CN_ARRAY_LEN(other) };
    int64_t which = pick(rng, 3);
    int64_t number = apply_program(spine, programs[which], counts[which]);
    enum cn_version_state state = CN_VERSION_BUILDING;
    bool waits = pick(rng, 3) > 0;
    while (waits && state == CN_VERSION_BUILDING) { /* also while the log is scanned */
        state = cn_engine_apply_wait(spine->engine, number, 10000);
        assert_true(state == CN_VERSION_ACTIVE || state == CN_VERSION_BUILDING);
        (void)usleep(1000);
    }
}

static void live(struct spine *spine, struct cn_rng *rng)
{
    int64_t number = 0;
    for (int i = 0; i < STEPS; i++) {
        int64_t what = pick(rng, 100);
        if (what < 45) {
            send_some(spine, rng, &number);
        } else if (what < 65) {
            world_record(spine, rng);
        } else if (what < 70) {
            decide_something(spine, rng);
        } else if (what < 93) {
            step_clock(spine, rng);
        } else if (what < 95) {
            restart(spine, rng);
        } else if (what < 97) {
            fill_back(spine);
        } else {
            apply_live(spine, rng);
        }
        if (pick(rng, 4) == 0) {
            settle(spine);
        }
    }
    settle(spine);
}

static void begin(struct spine *spine, const char *schema, bool parks)
{
    const struct cn_program_file files[] = { world_metrics, world_chosen, world_scorecards,
                                             world_segments, world_signals };
    spine_init(spine, schema);
    spine->parks = parks;
    spine->tick_us = 120000; /* some rounds look at the clock, others do not */
    open_stores(spine);
    use_program(spine, files, CN_ARRAY_LEN(files));
    close_stores(spine);
    start(spine);
}

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
    begin(&spine, schema, seed % 2 == 1);
    live(&spine, &rng);
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
    for (int64_t seed = 1; seed <= seeds(); seed++) {
        signals += try_world((uint64_t)seed, NULL);
    }
    assert_true(signals > 10);
}

static void what_was_lived_on_postgresql_comes_out_again(void **state)
{
    (void)state;
    if (spine_server() == NULL) {
        skip();
    }
    for (int64_t seed = 1; seed <= (seeds() + 1) / 2; seed++) {
        (void)try_world((uint64_t)seed, "known_test"); /* how many, see above */
    }
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
    begin(&spine, NULL, false);
    live(&spine, &rng);
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
        CN_TEST("a row that was not lived is found, and where the promise ends is said",
                a_row_that_was_not_lived_is_found),
    };
    return cmocka_run_group_tests_name("known", tests, NULL, NULL);
}
