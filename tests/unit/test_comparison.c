/* Two programs over the same past: capabilities 24. */
#include "base/str.h"
#include "base/time.h"

#include "book/account.h"
#include "book/trait.h"
#include "engine/comparison.h"
#include "tests/unit/spine.h"

enum {
    HISTORY_DAYS = 120,
    FELL_DAYS = 10, /* ago */
    TOLD_DAYS = 4,  /* ago, that it fell */
    RANGE_DAYS = 21
};
#define DAY_US ((int64_t)DAY_S * 1000000)

/* The trait "use" of each; of the last it falls to 10. */
static const struct {
    const char *name;
    int64_t use;
    const char *currency;
} customers[] = {
    { "Low", 20, "USD" }, { "Middle", 45, "USD" }, { "High", 80, "EUR" }, { "Falls", 60, "USD" }
};
enum {
    CUSTOMERS = 4,
    FALLS = 3
};

struct world {
    struct spine spine;
    int64_t today;
    int64_t ids[CUSTOMERS];
};

static bool tell(struct cn_unit *unit, int64_t account, int64_t value, int64_t at_us,
                 int64_t known_us, struct cn_error *err)
{
    bool newest = false;
    struct cn_trait_observation observation = {
        .account_id = { account },
        .name = CN_STR("use"),
        .value = cn_number_text(unit->arena, (double)value, ""),
        .at = { at_us },
    };
    unit->now.us = known_us;
    return cn_trait_observe(unit, &observation, &newest, err);
}

static bool write_world(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct world *world = arg;
    struct spine *spine = &world->spine;
    struct cn_unit unit = { .conn = conn,
                            .arena = &spine->arena,
                            .ids = &spine->ids,
                            .scope = CN_SCOPE_ALL,
                            .now = SPINE_NOW,
                            .tz = spine->tz };
    const int64_t began = SPINE_NOW.us - HISTORY_DAYS * DAY_US;
    for (size_t i = 0; i < CUSTOMERS; i++) {
        struct cn_account account;
        struct cn_account_new draft = { .name = cn_str_of(customers[i].name),
                                        .external_id = cn_str_of(customers[i].name),
                                        .arr = { .minor = 1000000 },
                                        .arr_given = CN_GIVEN,
                                        .created_at = { began } };
        memcpy(draft.arr.currency, customers[i].currency, 3);
        unit.now = SPINE_NOW;
        if (!cn_account_create(&unit, &draft, &account, err) ||
            !tell(&unit, account.id.value, customers[i].use, began, began, err)) {
            return false;
        }
        world->ids[i] = account.id.value;
    }
    return tell(&unit, world->ids[FALLS], 10, SPINE_NOW.us - FELL_DAYS * DAY_US,
                SPINE_NOW.us - TOLD_DAYS * DAY_US, err);
}

static int begin(void **state, const char *schema)
{
    static struct world world;
    struct cn_error err;
    spine_init(&world.spine, schema);
    world.today = cn_tz_day(world.spine.tz, SPINE_NOW);
    start(&world.spine);
    if (!cn_db_write(world.spine.db, write_world, &world, &err)) {
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
    return begin(state, "comparison_test");
}

static int tear_down(void **state)
{
    struct world *world = *state;
    stop(&world->spine);
    return spine_deinit(&world->spine);
}

/* The score is the use, or twice that. */
#define CARD(map)                                                                       \
    "scorecard: all\npriority: 1\nbands: {yellow: 40, green: 70, margin: 0}\ngroups:\n" \
    "  - name: one\n    weight: 100\n    measures:\n"                                   \
    "      - {name: it, weight: 100, value: trait.use.number(), map: {" map "}}\n"
static const char plain_card[] = CARD("0: 0, 100: 100");
static const char generous_card[] = CARD("0: 0, 50: 100");

static struct cn_program_files program_of(struct cn_arena *arena, const char *card)
{
    struct cn_program_file *file = cn_arena_new(arena, struct cn_program_file);
    *file =
        (struct cn_program_file){ .name = CN_STR("scorecards/all.yaml"), .text = cn_str_of(card) };
    return (struct cn_program_files){ file, 1 };
}

static struct cn_comparison_question question_of(const struct world *world,
                                                 const struct cn_program_files *before,
                                                 const struct cn_program_files *after)
{
    return (struct cn_comparison_question){ .files = { before, after },
                                            .basis = CN_BACKTEST_TRUE,
                                            .first_day = world->today - RANGE_DAYS,
                                            .last_day = world->today,
                                            .step_days = 1,
                                            .segment = CN_STR(""),
                                            .currency = CN_STR("USD") };
}

static struct cn_comparison compare(struct world *world,
                                    const struct cn_comparison_question *question)
{
    struct cn_error err;
    struct cn_diagnostics problems;
    struct cn_comparison comparison;
    cn_diagnostics_init(&problems, &world->spine.arena);
    if (!cn_engine_compare(world->spine.engine, question, &world->spine.arena, &comparison,
                           &problems, &err)) {
        fail_msg("%s", err.message);
    }
    return comparison;
}

static void assert_near(double got, double expected)
{
    if (got < expected - 0.005 || got > expected + 0.005) {
        fail_msg("%f is not %f", got, expected);
    }
}

static void assert_colours(const struct cn_comparison_standing *standing, int64_t red,
                           int64_t yellow, int64_t green)
{
    assert_int_equal(standing->colours[CN_BAND_RED].count, red);
    assert_int_equal(standing->colours[CN_BAND_YELLOW].count, yellow);
    assert_int_equal(standing->colours[CN_BAND_GREEN].count, green);
    assert_int_equal(standing->colours[CN_BAND_NONE].count, 0);
}

static void colours_arr_and_means_stand_side_by_side_day_by_day(void **state)
{
    struct world *world = *state;
    const struct cn_program_files before = program_of(&world->spine.arena, plain_card);
    const struct cn_program_files after = program_of(&world->spine.arena, generous_card);
    const struct cn_comparison_question question = question_of(world, &before, &after);
    const struct cn_comparison comparison = compare(world, &question);
    assert_int_equal(comparison.accounts, CUSTOMERS);
    assert_int_equal(comparison.differ, CUSTOMERS);
    assert_int_equal(comparison.day_count, RANGE_DAYS + 1);
    const struct cn_comparison_day *first = &comparison.days[0];
    assert_int_equal(first->day, world->today - RANGE_DAYS);
    assert_colours(&first->sides[CN_COMPARISON_BEFORE], 1, 2, 1); /* 20, 45, 80, 60 */
    assert_near(first->sides[CN_COMPARISON_BEFORE].mean, (20 + 45 + 80 + 60) / 4.0);
    assert_colours(&first->sides[CN_COMPARISON_AFTER], 0, 1, 3); /* 40, 90, 100, 100 */
    assert_near(first->sides[CN_COMPARISON_AFTER].mean, (40 + 90 + 100 + 100) / 4.0);
    assert_int_equal(first->moved, 3);
    /* What is in another currency is counted, and not added. */
    assert_near(first->sides[CN_COMPARISON_BEFORE].colours[CN_BAND_YELLOW].arr, 20000);
    assert_near(first->sides[CN_COMPARISON_BEFORE].colours[CN_BAND_GREEN].arr, 0);
    assert_near(first->sides[CN_COMPARISON_AFTER].colours[CN_BAND_GREEN].arr, 20000);

    const struct cn_comparison_day *last = &comparison.days[comparison.day_count - 1];
    assert_int_equal(last->day, world->today);
    assert_colours(&last->sides[CN_COMPARISON_BEFORE], 2, 1, 1); /* 20, 45, 80, 10 */
    assert_colours(&last->sides[CN_COMPARISON_AFTER], 1, 1, 2);  /* 40, 90, 100, 20 */
    assert_int_equal(comparison.moves[CN_BAND_RED][CN_BAND_RED].count, 1);
    assert_int_equal(comparison.moves[CN_BAND_RED][CN_BAND_YELLOW].count, 1);
    assert_int_equal(comparison.moves[CN_BAND_YELLOW][CN_BAND_GREEN].count, 1);
    assert_int_equal(comparison.moves[CN_BAND_GREEN][CN_BAND_GREEN].count, 1);
}

static void who_differs_most_comes_first_with_the_day_on_which_it_does(void **state)
{
    struct world *world = *state;
    const struct cn_program_files before = program_of(&world->spine.arena, plain_card);
    const struct cn_program_files after = program_of(&world->spine.arena, generous_card);
    const struct cn_comparison_question question = question_of(world, &before, &after);
    const struct cn_comparison comparison = compare(world, &question);
    assert_int_equal(comparison.furthest_count, CUSTOMERS);
    const struct cn_comparison_account *middle = &comparison.furthest[0];
    assert_true(cn_str_equal(middle->name, CN_STR("Middle")));
    assert_near(middle->distance, 45);
    assert_int_equal(middle->days, RANGE_DAYS + 1);
    const struct cn_comparison_account *falls = &comparison.furthest[1];
    assert_int_equal(falls->id, world->ids[FALLS]);
    /* Midnights from the first day: 12 with 60 against 100, then 10 with 10 against 20. */
    assert_near(falls->distance, (12 * 40 + 10 * 10) / 22.0);
    assert_int_equal(falls->widest_day, world->today - RANGE_DAYS);
    assert_near(falls->widest[CN_COMPARISON_BEFORE].points, 60);
    assert_near(falls->widest[CN_COMPARISON_AFTER].points, 100);
    assert_near(falls->last[CN_COMPARISON_BEFORE].points, 10);
    assert_int_equal(falls->last[CN_COMPARISON_AFTER].band, CN_BAND_RED);
}

/* It was told six days after it was so. */
static void what_was_known_then_is_another_past(void **state)
{
    struct world *world = *state;
    const struct cn_program_files program = program_of(&world->spine.arena, plain_card);
    struct cn_comparison_question question = question_of(world, &program, &program);
    const struct cn_comparison as_true = compare(world, &question);
    question.basis = CN_BACKTEST_KNOWN;
    const struct cn_comparison known = compare(world, &question);
    int64_t red_true = 0;
    int64_t red_known = 0;
    for (size_t i = 0; i < known.day_count; i++) {
        red_true += as_true.days[i].sides[0].colours[CN_BAND_RED].count;
        red_known += known.days[i].sides[0].colours[CN_BAND_RED].count;
    }
    assert_int_equal(red_true - red_known, FELL_DAYS - TOLD_DAYS);
    /* A program is not apart from itself. */
    assert_int_equal(as_true.differ, 0);
    assert_int_equal(as_true.furthest_count, 0);
    assert_int_equal(known.differ, 0);
}

static void by_week_the_last_day_is_shown_and_every_day_is_evaluated(void **state)
{
    struct world *world = *state;
    const struct cn_program_files before = program_of(&world->spine.arena, plain_card);
    const struct cn_program_files after = program_of(&world->spine.arena, generous_card);
    struct cn_comparison_question question = question_of(world, &before, &after);
    question.step_days = 7;
    const struct cn_comparison comparison = compare(world, &question);
    assert_int_equal(comparison.day_count, 4);
    for (size_t i = 0; i < comparison.day_count; i++) {
        assert_int_equal(comparison.days[i].day, world->today - 21 + 7 * (int64_t)i);
    }
    assert_colours(&comparison.days[3].sides[CN_COMPARISON_BEFORE], 2, 1, 1);
    assert_int_equal(comparison.furthest[0].days, 4);
}

static bool stop_soon(void *arg, int64_t done, int64_t total)
{
    int64_t *calls = arg;
    ++*calls;
    assert_int_equal(total, RANGE_DAYS + 1 + CN_COMPARISON_WARM_DAYS);
    assert_int_equal(done, *calls);
    return *calls < 3;
}

static void it_says_how_far_it_is_and_stops_when_told(void **state)
{
    struct world *world = *state;
    const struct cn_program_files program = program_of(&world->spine.arena, plain_card);
    struct cn_comparison_question question = question_of(world, &program, &program);
    struct cn_comparison comparison;
    struct cn_diagnostics problems;
    struct cn_error err;
    int64_t calls = 0;
    cn_diagnostics_init(&problems, &world->spine.arena);
    question.progress = stop_soon;
    question.arg = &calls;
    assert_false(cn_engine_compare(world->spine.engine, &question, &world->spine.arena, &comparison,
                                   &problems, &err));
    assert_int_equal(err.code, CN_UNAVAILABLE);
    assert_int_equal(calls, 3);
}

static void a_segment_that_is_not_there_has_nobody_and_a_wrong_program_says_where(void **state)
{
    struct world *world = *state;
    const struct cn_program_files right = program_of(&world->spine.arena, plain_card);
    const struct cn_program_files wrong = program_of(&world->spine.arena, "scorecard: all\n");
    struct cn_comparison_question question = question_of(world, &right, &right);
    struct cn_comparison none;
    struct cn_diagnostics problems;
    struct cn_error err;
    question.segment = CN_STR("nobody");
    none = compare(world, &question);
    assert_int_equal(none.accounts, 0);
    assert_int_equal(none.day_count, RANGE_DAYS + 1);
    assert_int_equal(none.days[0].sides[0].scored, 0);

    cn_diagnostics_init(&problems, &world->spine.arena);
    question.files[CN_COMPARISON_AFTER] = &wrong;
    assert_false(cn_engine_compare(world->spine.engine, &question, &world->spine.arena, &none,
                                   &problems, &err));
    assert_int_equal(err.code, CN_INVALID);
    assert_true(problems.count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST(
            "capabilities 24: colours, ARR and means of two programs stand side by side, day by "
            "day",
            colours_arr_and_means_stand_side_by_side_day_by_day),
        CN_TEST("capabilities 24: who differs most comes first, with the day on which it does",
                who_differs_most_comes_first_with_the_day_on_which_it_does),
        CN_TEST("what was known then is another past than what was so",
                what_was_known_then_is_another_past),
        CN_TEST("by week the last day is shown, and every day is evaluated",
                by_week_the_last_day_is_shown_and_every_day_is_evaluated),
        CN_TEST("it says how far it is, and stops when it is told to",
                it_says_how_far_it_is_and_stops_when_told),
        CN_TEST("a segment that is not there has nobody, and a wrong program says where",
                a_segment_that_is_not_there_has_nobody_and_a_wrong_program_says_where),
    };
    int failed = cmocka_run_group_tests_name("comparison", tests, set_up, tear_down);
    if (spine_server() != NULL) {
        failed +=
            cmocka_run_group_tests_name("comparison_postgresql", tests, set_up_server, tear_down);
    }
    return failed;
}
