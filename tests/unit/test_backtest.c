/* The back-test over an engine: what is planted is found, chance is not, a leak is refused. */
#include "base/buf.h"
#include "base/random.h"
#include "base/str.h"
#include "base/time.h"

#include "book/account.h"
#include "book/departure.h"
#include "book/trait.h"
#include "engine/backtest.h"
#include "tests/unit/spine.h"

enum {
    ACCOUNTS = 120,
    LEFT = 30,
    LATE = 150, /* accounts that came yesterday */
    HISTORY_DAYS = 420,
    TEXT_MAX_BYTES = 2000
};
#define DAY_US ((int64_t)DAY_S * 1000000)

/*
 * Trait "use" is told in time, and falls before an account leaves; "luck" is told in time and is
 * chance; "goodbye" of those who left is dated back to their beginning, but was told after it.
 */
struct world {
    struct spine spine;
    int64_t today;
    const bool *asked; /* of the departures, the newest first; NULL: all */
};

struct writing {
    struct world *world;
    struct cn_rng rng;
};

static bool tell(struct cn_unit *unit, cn_account_id account_id, const char *name, int64_t value,
                 const int64_t at_known_us[2], struct cn_error *err)
{
    bool newest = false;
    struct cn_trait_observation observation = {
        .account_id = account_id,
        .name = cn_str_of(name),
        .value = cn_number_text(unit->arena, (double)value, ""),
        .at = { at_known_us[0] },
    };
    unit->now.us = at_known_us[1];
    return cn_trait_observe(unit, &observation, &newest, err);
}

static bool add_account(struct writing *writing, struct cn_unit *unit, int number,
                        struct cn_error *err)
{
    struct world *world = writing->world;
    struct cn_account account;
    char name[32];
    (void)snprintf(name, sizeof(name), "Account %d", number);
    const int64_t began = SPINE_NOW.us - HISTORY_DAYS * DAY_US;
    const int64_t in_time[2] = { began, began };
    const int64_t left_on = world->today - 20 - number * 5;
    const int64_t fell = SPINE_NOW.us - (world->today - left_on + 100 + number) * DAY_US;
    const int64_t falls[2] = { fell, fell };
    const int64_t backdated[2] = { began + 1,
                                   SPINE_NOW.us - (world->today - left_on - 5) * DAY_US };
    bool leaves = number < LEFT;
    struct cn_account_new draft = { .name = cn_arena_str(unit->arena, cn_str_of(name)),
                                    .external_id = cn_arena_str(unit->arena, cn_str_of(name)),
                                    .arr = { 1000000, "USD" },
                                    .arr_given = CN_GIVEN,
                                    .created_at = { began } };
    if (!cn_account_create(unit, &draft, &account, err) ||
        !tell(unit, account.id, "use", cn_rng_between(&writing->rng, 60, 100), in_time, err) ||
        !tell(unit, account.id, "luck", cn_rng_between(&writing->rng, 0, 100), in_time, err) ||
        !tell(unit, account.id, "goodbye", 100, in_time, err)) {
        return false;
    }
    if (!leaves) {
        return true;
    }
    bool ok = tell(unit, account.id, "use", 15, falls, err) &&
              tell(unit, account.id, "goodbye", 0, backdated, err);
    unit->now = SPINE_NOW;
    return ok && cn_departure_set(unit, account.id, left_on, CN_STR("price"), err);
}

/* Comes when all is over, and stands beside nobody. */
static bool add_late(struct cn_unit *unit, int number, struct cn_error *err)
{
    struct cn_account account;
    char name[32];
    (void)snprintf(name, sizeof(name), "Late %d", number);
    struct cn_account_new draft = { .name = cn_arena_str(unit->arena, cn_str_of(name)),
                                    .external_id = cn_arena_str(unit->arena, cn_str_of(name)),
                                    .created_at = { SPINE_NOW.us - DAY_US } };
    return cn_account_create(unit, &draft, &account, err);
}

static bool write_world(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct writing writing = *(const struct writing *)arg;
    struct spine *spine = &writing.world->spine;
    struct cn_unit unit = { .conn = conn,
                            .arena = &spine->arena,
                            .ids = &spine->ids,
                            .scope = CN_SCOPE_ALL,
                            .now = SPINE_NOW,
                            .tz = spine->tz };
    for (int i = 0; i < ACCOUNTS; i++) {
        unit.now = SPINE_NOW;
        if (!add_account(&writing, &unit, i, err)) {
            return false;
        }
    }
    unit.now = SPINE_NOW;
    for (int i = 0; i < LATE; i++) {
        if (!add_late(&unit, i, err)) {
            return false;
        }
    }
    return true;
}

static int begin(void **state, const char *schema)
{
    static struct world world;
    struct cn_error err;
    struct writing writing = { &world, { 5 } };
    spine_init(&world.spine, schema);
    world.today = cn_tz_day(world.spine.tz, SPINE_NOW);
    start(&world.spine);
    if (!cn_db_write(world.spine.db, write_world, &writing, &err)) {
        fail_msg("%s", err.message);
    }
    settle(&world.spine);
    *state = &world;
    return 0;
}

static int set_up(void **state)
{
    return begin(state, NULL);
}

static int set_up_server(void **state)
{
    return begin(state, "backtest_test");
}

static int tear_down(void **state)
{
    struct world *world = *state;
    stop(&world->spine);
    return spine_deinit(&world->spine);
}

static struct cn_departure_list departures_of(struct world *world)
{
    struct cn_error err;
    struct cn_sql_conn *conn = NULL;
    struct cn_departure_list list;
    assert_true(cn_db_read(world->spine.db, &conn, &err));
    struct cn_unit unit = { .conn = conn, .arena = &world->spine.arena, .scope = CN_SCOPE_ALL };
    if (!cn_departure_list(&unit, &list, &err)) {
        fail_msg("%s", err.message);
    }
    cn_db_release(world->spine.db, conn);
    return list;
}

static struct cn_backtest_report test_files(struct world *world,
                                            const struct cn_program_files *program,
                                            enum cn_backtest_basis basis)
{
    struct cn_error err;
    struct cn_diagnostics problems;
    struct cn_backtest_report report;
    const struct cn_departure_list departures = departures_of(world);
    const struct cn_backtest_question question = {
        .files = program, .departures = &departures, .asked = world->asked, .basis = basis
    };
    cn_diagnostics_init(&problems, &world->spine.arena);
    if (!cn_engine_backtest(world->spine.engine, &question, &world->spine.arena, &report, &problems,
                            &err)) {
        fail_msg("%s", err.message);
    }
    return report;
}

/* A program of which score and signal read that trait. */
static struct cn_backtest_report test(struct world *world, const char *trait,
                                      enum cn_backtest_basis basis)
{
    char card[TEXT_MAX_BYTES];
    char signals[TEXT_MAX_BYTES];
    int card_len = snprintf(card, sizeof(card),
                            "scorecard: all\npriority: 1\nbands: {yellow: 40, green: 70, margin: "
                            "0}\ngroups:\n  - name: one\n    weight: 100\n    measures:\n"
                            "      - {name: it, weight: 100, value: trait.%s.number(), map: {0: 0, "
                            "100: 100}}\n",
                            trait);
    int signals_len = snprintf(signals, sizeof(signals),
                               "signals:\n  low:\n    when: trait.%s.number() < 30.0\n"
                               "    severity: high\n",
                               trait);
    struct cn_program_file files[] = {
        { .name = CN_STR("scorecards/all.yaml"), .text = { card, (size_t)card_len } },
        { .name = CN_STR("signals.yaml"), .text = { signals, (size_t)signals_len } },
    };
    const struct cn_program_files program = { files, CN_ARRAY_LEN(files) };
    return test_files(world, &program, basis);
}

static void a_planted_signal_is_recovered(void **state)
{
    struct cn_backtest_report report = test(*state, "use", CN_BACKTEST_KNOWN);
    assert_int_equal(report.left, LEFT);
    assert_int_equal(report.refused.len, 0);
    for (size_t h = 1; h < CN_BACKTEST_HORIZONS; h++) {
        assert_int_equal(report.horizons[h].auc.verdict, CN_BACKTEST_TELLS);
        assert_true(report.horizons[h].auc.auc.value > 0.999);
        assert_int_equal(report.horizons[h].lost[CN_BAND_RED].count, LEFT);
    }
    /* 180 days before, nobody's use had fallen. */
    assert_int_equal(report.horizons[0].auc.verdict, CN_BACKTEST_NO_EFFECT);
    assert_int_equal(report.horizons[0].lost[CN_BAND_RED].count, 0);
    assert_int_equal(report.signal_count, 1);
    const struct cn_backtest_signal *low = &report.signals[0];
    assert_int_equal(low->caught, LEFT);
    assert_int_equal(low->right, LEFT);
    assert_int_equal(low->wrong, 0);
    assert_int_equal(low->auc.verdict, CN_BACKTEST_TELLS);
    /* It fell 100 to 129 days before, in the afternoon: raised the next midnight. */
    assert_true(low->lead[1] > 112.9 && low->lead[1] < 114.1);
    assert_int_equal(low->refused.len, 0);
}

static void a_random_score_shows_no_effect(void **state)
{
    struct cn_backtest_report report = test(*state, "luck", CN_BACKTEST_KNOWN);
    for (size_t h = 0; h < CN_BACKTEST_HORIZONS; h++) {
        assert_int_equal(report.horizons[h].auc.verdict, CN_BACKTEST_NO_EFFECT);
    }
    assert_true(cn_str_starts_with(report.verdict, CN_STR("No effect shown")));
    assert_int_equal(report.refused.len, 0);
    assert_int_equal(report.signals[0].caught, 0); /* who is always low was not raised */
}

static void assert_refused(const struct cn_backtest_report *report)
{
    assert_true(cn_str_equal(report->refused, CN_STR("trait.goodbye.number()")));
    assert_true(cn_str_starts_with(report->verdict, CN_STR("Refused")));
}

static void a_score_that_was_told_afterwards_is_refused(void **state)
{
    struct cn_backtest_report report = test(*state, "goodbye", CN_BACKTEST_TRUE);
    assert_int_equal(report.horizons[1].auc.verdict, CN_BACKTEST_TELLS); /* it looks perfect */
    assert_refused(&report);
    report = test(*state, "goodbye", CN_BACKTEST_KNOWN);
    assert_int_equal(report.horizons[1].auc.verdict, CN_BACKTEST_NO_EFFECT); /* left out */
    assert_refused(&report);
}

static void an_honest_score_is_not_refused_as_true(void **state)
{
    struct cn_backtest_report report = test(*state, "use", CN_BACKTEST_TRUE);
    assert_int_equal(report.refused.len, 0);
    assert_int_equal(report.horizons[1].auc.verdict, CN_BACKTEST_TELLS);
}

static void who_comes_later_does_not_thin_out_the_others(void **state)
{
    struct cn_backtest_report report = test(*state, "luck", CN_BACKTEST_KNOWN);
    for (size_t h = 0; h < CN_BACKTEST_HORIZONS; h++) {
        /* About 20 of the 90 that stayed, and of those that left much later. */
        assert_in_range(report.horizons[h].auc.stayed, LEFT * CN_BACKTEST_CONTROLS * 3 / 4,
                        LEFT * CN_BACKTEST_CONTROLS * 5 / 4);
    }
    assert_int_equal(report.others, ACCOUNTS - LEFT + LATE);
}

/* They fell, too, and were right to be warned of. */
static void who_left_on_other_days_does_not_stand_for_those_that_stayed(void **state)
{
    enum {
        ASKED = LEFT / 2
    };
    struct world *world = *state;
    bool newest[LEFT] = { false };
    memset(newest, true, ASKED * sizeof(newest[0]));
    world->asked = newest;
    struct cn_backtest_report report = test(world, "use", CN_BACKTEST_KNOWN);
    world->asked = NULL;
    assert_int_equal(report.left, ASKED);
    assert_int_equal(report.others, ACCOUNTS - ASKED + LATE);
    for (size_t h = 1; h < CN_BACKTEST_HORIZONS; h++) {
        assert_true(report.horizons[h].auc.auc.value > 0.999);
    }
    assert_int_equal(report.signals[0].caught, ASKED);
    assert_true(report.signals[0].right > ASKED);
    assert_int_equal(report.signals[0].wrong, 0);
}

static const struct cn_backtest_measure *measure_of(const struct cn_backtest_report *report,
                                                    const char *path)
{
    for (size_t i = 0; i < report->measure_count; i++) {
        if (cn_str_equal(report->measures[i].path, cn_str_of(path))) {
            return &report->measures[i];
        }
    }
    fail_msg("no part is called %s", path);
    return NULL;
}

/* A scorecard of all three, evenly: one of them tells. */
static struct cn_backtest_report test_mixed(struct world *world, enum cn_backtest_basis basis)
{
    static const char card[] =
        "scorecard: all\npriority: 1\nbands: {yellow: 40, green: 70, margin: 0}\ngroups:\n"
        "  - name: honest\n    weight: 70\n    measures:\n"
        "      - {name: use, weight: 50, value: trait.use.number(), map: {0: 0, 100: 100}}\n"
        "      - {name: luck, weight: 50, value: trait.luck.number(), map: {0: 0, 100: 100}}\n"
        "  - name: late\n    weight: 30\n    measures:\n"
        "      - {name: goodbye, weight: 100, value: trait.goodbye.number(), map: {0: 0, 100: "
        "100}}\n";
    struct cn_program_file files[] = { { .name = CN_STR("scorecards/all.yaml"),
                                         .text = cn_str_of(card) } };
    const struct cn_program_files program = { files, CN_ARRAY_LEN(files) };
    return test_files(world, &program, basis);
}

static void the_measure_that_told_is_found_among_others(void **state)
{
    struct cn_backtest_report report = test_mixed(*state, CN_BACKTEST_KNOWN);
    assert_int_equal(report.measure_count, 5);
    const struct cn_backtest_measure *use = measure_of(&report, "honest/use");
    assert_int_equal(use->auc.verdict, CN_BACKTEST_TELLS);
    assert_true(use->auc.auc.value > 0.999);
    assert_int_equal(use->auc.left, LEFT);
    assert_int_equal(use->refused.len, 0);
    assert_false(use->is_group);
    const struct cn_backtest_measure *luck = measure_of(&report, "honest/luck");
    assert_int_equal(luck->auc.verdict, CN_BACKTEST_NO_EFFECT);
    assert_true(luck->auc.auc.value > 0.35 && luck->auc.auc.value < 0.65);
    const struct cn_backtest_measure *honest = measure_of(&report, "honest");
    assert_true(honest->is_group);
    assert_int_equal(honest->depth, 1);
    assert_int_equal(honest->auc.verdict, CN_BACKTEST_TELLS);
    assert_true(honest->auc.auc.value < use->auc.auc.value); /* luck is mixed in */
}

static void the_measure_that_cheats_is_refused_alone(void **state)
{
    struct cn_backtest_report report = test_mixed(*state, CN_BACKTEST_TRUE);
    assert_true(cn_str_equal(measure_of(&report, "late/goodbye")->refused,
                             CN_STR("trait.goodbye.number()")));
    assert_true(measure_of(&report, "late")->refused.len > 0);
    assert_int_equal(measure_of(&report, "honest/use")->refused.len, 0);
    assert_int_equal(measure_of(&report, "honest")->refused.len, 0);
}

static bool stop_soon(void *arg, int64_t done, int64_t total)
{
    *(int64_t *)arg = total;
    return done < 5;
}

static void it_stops_when_it_is_told_to(void **state)
{
    struct world *world = *state;
    struct cn_error err;
    struct cn_diagnostics problems;
    struct cn_backtest_report report;
    const struct cn_program_files none = { 0 };
    const struct cn_departure_list departures = departures_of(world);
    int64_t total = 0;
    const struct cn_backtest_question question = {
        .files = &none, .departures = &departures, .progress = stop_soon, .arg = &total
    };
    cn_diagnostics_init(&problems, &world->spine.arena);
    assert_false(cn_engine_backtest(world->spine.engine, &question, &world->spine.arena, &report,
                                    &problems, &err));
    assert_int_equal(err.code, CN_UNAVAILABLE);
    assert_true(total > CN_BACKTEST_WINDOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("capabilities 30: the back-test recovers a planted signal",
                a_planted_signal_is_recovered),
        CN_TEST("capabilities 30: a random score shows no effect", a_random_score_shows_no_effect),
        CN_TEST("capabilities 30: a score of facts that were told after leaving is refused by "
                "their name",
                a_score_that_was_told_afterwards_is_refused),
        CN_TEST("an honest score is not refused", an_honest_score_is_not_refused_as_true),
        CN_TEST("accounts that came later do not thin out those that stand beside a departure",
                who_comes_later_does_not_thin_out_the_others),
        CN_TEST("accounts that left on days that are not asked about do not stand for those that "
                "stayed",
                who_left_on_other_days_does_not_stand_for_those_that_stayed),
        CN_TEST("of the parts of a score, the one that told is found, and chance is not",
                the_measure_that_told_is_found_among_others),
        CN_TEST("a part that tells by what was learned later is refused, and no other",
                the_measure_that_cheats_is_refused_alone),
        CN_TEST("it stops when it is told to", it_stops_when_it_is_told_to),
    };
    int failed = cmocka_run_group_tests_name("backtest", tests, set_up, tear_down);
    if (spine_server() != NULL) {
        failed +=
            cmocka_run_group_tests_name("backtest_postgresql", tests, set_up_server, tear_down);
    }
    return failed;
}
