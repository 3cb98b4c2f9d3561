/* The formulas of the back-test, by hand and against a plain count of pairs. */
#include <math.h>

#include "base/random.h"

#include "health/backtest.h"
#include "tests/unit/unit.h"

enum {
    CASES = 240,
    ROUNDS = 400
};

#define assert_near(a, b, within) assert_true(fabs((a) - (b)) <= (within))

/* Each pair looked at. */
static double plain_auc(const struct cn_backtest_case *cases, size_t count)
{
    double sum = 0;
    double pairs = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            if (cases[i].left && !cases[j].left) {
                pairs++;
                sum += cases[i].score < cases[j].score   ? 1
                       : cases[i].score > cases[j].score ? 0
                                                         : 0.5;
            }
        }
    }
    return pairs > 0 ? sum / pairs : 0.5;
}

static void make_cases(struct cn_rng *rng, struct cn_backtest_case *cases, int64_t pull)
{
    for (size_t i = 0; i < CASES; i++) {
        cases[i].left = cn_rng_between(rng, 0, 3) == 0;
        cases[i].score =
            (double)(cn_rng_between(rng, 0, 60) + (cases[i].left ? -pull : 0)); /* with ties */
    }
}

static void the_auc_counts_pairs_and_ties_by_half(void **state)
{
    (void)state;
    /* Left: 10, 20; stayed: 20, 30.  10 is below both, 20 ties with one and is below the other. */
    struct cn_backtest_case cases[] = { { 30, false }, { 20, true }, { 20, false }, { 10, true } };
    struct cn_backtest_auc auc = cn_backtest_auc(cases, 4);
    assert_near(auc.auc.value, 3.5 / 4, 1e-12);
    assert_int_equal(auc.left, 2);
    assert_int_equal(auc.stayed, 2);
    assert_int_equal(auc.verdict, CN_BACKTEST_TOO_FEW);
}

static void the_auc_equals_a_plain_count_of_all_pairs(void **state)
{
    (void)state;
    struct cn_rng rng = { 7 };
    for (int i = 0; i < 50; i++) {
        struct cn_backtest_case cases[CASES];
        make_cases(&rng, cases, i % 20);
        double plain = plain_auc(cases, CASES);
        assert_near(cn_backtest_auc(cases, CASES).auc.value, plain, 1e-12);
    }
}

static void a_random_score_shows_no_effect_as_often_as_its_interval_says(void **state)
{
    (void)state;
    struct cn_rng rng = { 11 };
    int effects = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct cn_backtest_case cases[CASES];
        make_cases(&rng, cases, 0);
        effects += cn_backtest_auc(cases, CASES).verdict != CN_BACKTEST_NO_EFFECT;
    }
    assert_in_range(effects, ROUNDS / 100, ROUNDS / 11); /* 5 % of them: 1 % to 9 % */
}

static void a_planted_signal_is_found_in_either_direction(void **state)
{
    (void)state;
    struct cn_rng rng = { 13 };
    struct cn_backtest_case cases[CASES];
    make_cases(&rng, cases, 25);
    assert_int_equal(cn_backtest_auc(cases, CASES).verdict, CN_BACKTEST_TELLS);
    make_cases(&rng, cases, -25);
    assert_int_equal(cn_backtest_auc(cases, CASES).verdict, CN_BACKTEST_REVERSED);
}

static void a_perfect_score_of_few_accounts_keeps_a_wide_interval(void **state)
{
    (void)state;
    struct cn_backtest_case cases[20];
    for (size_t i = 0; i < 20; i++) {
        cases[i] = (struct cn_backtest_case){ (double)i, i < 10 };
    }
    struct cn_backtest_auc auc = cn_backtest_auc(cases, 20);
    assert_near(auc.auc.value, 1, 1e-12);
    assert_true(auc.auc.low > 0.6 && auc.auc.low < 0.95);
    assert_int_equal(auc.verdict, CN_BACKTEST_TELLS);
    assert_int_equal(cn_backtest_auc(cases, 5).verdict, CN_BACKTEST_TOO_FEW);
    assert_near(cn_backtest_auc(NULL, 0).auc.value, 0.5, 0);
}

static void lift_splits_the_tie_on_the_border(void **state)
{
    (void)state;
    /* The worst fifth of ten is two: one at 1 that left, and half of the tie of two at 2, of which
     * one left: 1.5 of 2 caught in a fifth. */
    struct cn_backtest_case cases[10] = { { 1, true }, { 2, false }, { 2, true } };
    for (size_t i = 3; i < 10; i++) {
        cases[i] = (struct cn_backtest_case){ (double)i, false };
    }
    assert_near(cn_backtest_lift(cases, 10, 0.2), 1.5 / (0.2 * 2), 1e-12);
    assert_near(cn_backtest_lift(cases, 10, 1), 1, 1e-12);
    assert_near(cn_backtest_lift(cases, 0, 0.1), 0, 0);
}

static void rates_have_the_interval_of_wilson(void **state)
{
    (void)state;
    /* 1 of 10, worked by hand: 0.0179 to 0.4042. */
    struct cn_backtest_estimate rate = cn_backtest_rate(1, 10);
    assert_near(rate.value, 0.1, 1e-12);
    assert_near(rate.low, 0.0179, 5e-5);
    assert_near(rate.high, 0.4042, 5e-5);
    rate = cn_backtest_rate(0, 0);
    assert_near(rate.high, 1, 0);
}

static void quartiles_lie_between_neighbours(void **state)
{
    (void)state;
    double values[] = { 40, 10, 30, 20 };
    assert_near(cn_backtest_quantile(values, 4, 0.5), 25, 1e-12);
    assert_near(cn_backtest_quantile(values, 4, 0.25), 17.5, 1e-12);
    assert_near(cn_backtest_quantile(values, 4, 1), 40, 1e-12);
    assert_near(cn_backtest_quantile(NULL, 0, 0.5), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("capabilities 30: the auc counts pairs and ties by half",
                the_auc_counts_pairs_and_ties_by_half),
        CN_TEST("the auc equals a plain count of all pairs",
                the_auc_equals_a_plain_count_of_all_pairs),
        CN_TEST("capabilities 30: a random score shows no effect as often as its interval says",
                a_random_score_shows_no_effect_as_often_as_its_interval_says),
        CN_TEST("capabilities 30: a planted signal is found in either direction",
                a_planted_signal_is_found_in_either_direction),
        CN_TEST("a perfect score of few accounts keeps a wide interval",
                a_perfect_score_of_few_accounts_keeps_a_wide_interval),
        CN_TEST("capabilities 30: lift splits the tie on the border",
                lift_splits_the_tie_on_the_border),
        CN_TEST("rates have the interval of wilson", rates_have_the_interval_of_wilson),
        CN_TEST("quartiles lie between neighbours", quartiles_lie_between_neighbours),
    };
    return cmocka_run_group_tests_name("backtest_formulas", tests, NULL, NULL);
}
