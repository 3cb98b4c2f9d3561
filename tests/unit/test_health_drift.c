/* Arrows say what the weeks say, not what last night says. */
#include <math.h>

#include "base/random.h"

#include "health/drift.h"
#include "tests/unit/unit.h"

static struct cn_drift drift_of(double (*score)(int x))
{
    struct cn_drift_sums sums = { 0 };
    for (int x = 1 - CN_DRIFT_DAYS; x <= 1; x++) {
        cn_drift_add(&sums, x, (int32_t)lround(score(x) * 1000));
    }
    return cn_drift_of(&sums);
}

static double flat(int x)
{
    (void)x;
    return 61.25;
}

static double slow_fall(int x)
{
    return 70 - 0.25 * x;
}

static double slow_rise(int x)
{
    return 40 + 0.25 * x;
}

static double creep(int x)
{
    return 50 + 0.05 * x; /* 1.4 points in four weeks: less than anybody should care about */
}

/* Measures that are updated once a week: ten points down on each Monday, and back. */
static double weekly(int x)
{
    return 60 - ((x + 70) % 7 == 0 ? 10 : 0);
}

static double last_night(int x)
{
    return x >= 1 ? 55 : 60 + ((x & 1) != 0 ? 3 : -3);
}

static double collapse(int x)
{
    return x < -10 ? 80 : 40;
}

static void a_line_is_told_to_the_digit(void **state)
{
    (void)state;
    struct cn_drift drift = drift_of(slow_fall);
    assert_int_equal(drift.drift, -7000);
    assert_int_equal(drift.noise, 2000);
    assert_int_equal(drift.way, CN_DRIFT_FALLING);
    assert_int_equal(drift_of(slow_rise).way, CN_DRIFT_RISING);
    assert_int_equal(drift_of(flat).drift, 0);
    assert_int_equal(drift_of(flat).way, CN_DRIFT_STEADY);
    assert_int_equal(drift_of(creep).way, CN_DRIFT_STEADY);
    assert_int_equal(drift_of(collapse).way, CN_DRIFT_FALLING);
}

static void noise_moves_no_arrow(void **state)
{
    (void)state;
    assert_int_equal(drift_of(weekly).way, CN_DRIFT_STEADY);
    assert_int_equal(drift_of(last_night).way, CN_DRIFT_STEADY);
}

static void few_points_say_nothing(void **state)
{
    (void)state;
    struct cn_drift_sums sums = { 0 };
    for (int x = 1; x > 1 - CN_DRIFT_LEAST + 1; x--) {
        cn_drift_add(&sums, x, 50000 + x * 5000);
        assert_int_equal(cn_drift_of(&sums).way, CN_DRIFT_UNKNOWN);
    }
    cn_drift_add(&sums, 1 - CN_DRIFT_LEAST + 1, 10000);
    assert_int_not_equal(cn_drift_of(&sums).way, CN_DRIFT_UNKNOWN);
}

/* The formula of the header, written plainly. */
static void random_scores_agree_with_the_formula(void **state)
{
    struct cn_rng rng = { 5 };
    size_t seen[CN_DRIFT_WAYS] = { 0 };
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct cn_drift_sums sums = { 0 };
        double xs[CN_DRIFT_DAYS + 1];
        double ys[CN_DRIFT_DAYS + 1];
        const double tilt = (cn_rng_unit(&rng) - 0.5) * 2;
        const double wobble = cn_rng_unit(&rng) * 20;
        int n = 0;
        double mean_x = 0;
        double mean_y = 0;
        for (int x = 1 - CN_DRIFT_DAYS; x <= 1; x++) {
            double y = 50 + tilt * x + (cn_rng_unit(&rng) - 0.5) * wobble;
            int32_t points = (int32_t)lround((y < 0 ? 0 : y > 100 ? 100 : y) * 1000);
            if (cn_rng_between(&rng, 0, 9) == 0) {
                continue; /* a day without a score */
            }
            cn_drift_add(&sums, x, points);
            xs[n] = x;
            ys[n++] = points;
            mean_x += x;
            mean_y += points;
        }
        mean_x /= n;
        mean_y /= n;
        double sxx = 0;
        double sxy = 0;
        for (int i = 0; i < n; i++) {
            sxx += (xs[i] - mean_x) * (xs[i] - mean_x);
            sxy += (xs[i] - mean_x) * (ys[i] - mean_y);
        }
        double off = 0;
        for (int i = 0; i < n; i++) {
            double line = mean_y + sxy / sxx * (xs[i] - mean_x);
            off += (ys[i] - line) * (ys[i] - line);
        }
        const double noise = fmax(2000, 2 * sqrt(off / (n - 2)));
        struct cn_drift drift = cn_drift_of(&sums);
        assert_true(fabs(drift.drift - sxy / sxx * CN_DRIFT_DAYS) < 1);
        assert_true(fabs(drift.noise - noise) < 1);
        seen[drift.way]++;
    }
    assert_true(seen[CN_DRIFT_FALLING] > 1000 && seen[CN_DRIFT_STEADY] > 1000 &&
                seen[CN_DRIFT_RISING] > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("a line is told to the digit", a_line_is_told_to_the_digit),
        CN_TEST("capabilities 25: what comes back, and what came last night, moves no arrow",
                noise_moves_no_arrow),
        CN_TEST("few points say nothing", few_points_say_nothing),
        CN_TEST("random scores agree with the formula", random_scores_agree_with_the_formula),
    };
    return cmocka_run_group_tests_name("health_drift", tests, NULL, NULL);
}
