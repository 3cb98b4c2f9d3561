#include <math.h>

#include "metric/window.h"
#include "tests/unit/unit.h"

enum {
    TODAY = 20100,
};

static const struct cn_window_when now = { .today = TODAY, .until = TODAY };

/* Two events a day from the 60th day before today to today, with ten more on the newest. */
static struct cn_day_count two_a_day[61];

static struct cn_metric_view counts(void)
{
    for (int i = 0; i < 61; i++) {
        two_a_day[i] = (struct cn_day_count){ TODAY - 60 + i, i == 60 ? 12 : 2 };
    }
    return (struct cn_metric_view){
        .kind = CN_METRIC_COUNT, .first_day = TODAY - 60, .counts = two_a_day, .day_count = 61
    };
}

static double value(const struct cn_metric_view *view, enum cn_window_method method, int32_t days,
                    int32_t back)
{
    struct cn_window window = { method, days, back };
    double value = 0;
    assert_true(cn_window_value(view, &window, now, &value));
    return value;
}

static bool is_missing(const struct cn_metric_view *view, enum cn_window_method method,
                       int32_t days, int32_t back)
{
    struct cn_window window = { method, days, back };
    double value = 0;
    return !cn_window_value(view, &window, now, &value);
}

static void close_to(double a, double b)
{
    assert_true(fabs(a - b) < 1e-9);
}

static void today_counts_in_sums_and_not_in_means(void **state)
{
    (void)state;
    struct cn_metric_view view = counts();
    close_to(value(&view, CN_WINDOW_SUM, 28, 0), 27 * 2 + 12);
    close_to(value(&view, CN_WINDOW_SUM, 28, 28), 28 * 2);
    close_to(value(&view, CN_WINDOW_COUNT, 1, 0), 12);
    close_to(value(&view, CN_WINDOW_AVG, 28, 0), 2);
    close_to(value(&view, CN_WINDOW_CHANGE, 28, 0), 0);
    close_to(value(&view, CN_WINDOW_SLOPE, 56, 0), 0);
    close_to(value(&view, CN_WINDOW_MAX, 28, 0), 12);
    close_to(value(&view, CN_WINDOW_MIN, 28, 0), 2);
    close_to(value(&view, CN_WINDOW_LAST, 0, 0), 12);
    close_to(value(&view, CN_WINDOW_DAYS_SINCE, 0, 0), 0);
    close_to(value(&view, CN_WINDOW_DAYS_OBSERVED, 0, 0), 60);
}

static void a_day_that_has_not_begun_has_nothing(void **state)
{
    (void)state;
    struct cn_metric_view view = counts();
    struct cn_window_when midnight = { .today = TODAY, .until = TODAY - 1 };
    struct cn_window sum = { CN_WINDOW_SUM, 28, 0 };
    struct cn_window since = { CN_WINDOW_DAYS_SINCE, 0, 0 };
    double value = 0;
    assert_true(cn_window_value(&view, &sum, midnight, &value));
    close_to(value, 27 * 2);
    assert_true(cn_window_value(&view, &since, midnight, &value));
    close_to(value, 1);
}

static void days_before_the_account_was_observed_are_no_zeros(void **state)
{
    (void)state;
    struct cn_day_count day = { TODAY - 4, 8 };
    struct cn_metric_view view = {
        .kind = CN_METRIC_COUNT, .first_day = TODAY - 4, .counts = &day, .day_count = 1
    };
    close_to(value(&view, CN_WINDOW_SUM, 28, 0), 8);
    close_to(value(&view, CN_WINDOW_AVG, 28, 0), 2);
    close_to(value(&view, CN_WINDOW_MIN, 28, 0), 0);
    close_to(value(&view, CN_WINDOW_DAYS_OBSERVED, 0, 0), 4);
    assert_true(is_missing(&view, CN_WINDOW_SUM, 28, 28));
    assert_true(is_missing(&view, CN_WINDOW_CHANGE, 28, 0));
    assert_true(is_missing(&view, CN_WINDOW_SLOPE, 28, 0));
    close_to(value(&view, CN_WINDOW_SLOPE, 8, 0), -2.4);
}

static void an_account_that_nothing_is_known_of_is_missing(void **state)
{
    (void)state;
    struct cn_metric_view view = { .kind = CN_METRIC_COUNT, .first_day = CN_NO_DAY };
    for (int method = 0; method < CN_WINDOW_METHODS; method++) {
        if (method != CN_WINDOW_DAYS_OBSERVED && method != CN_WINDOW_DISTINCT) {
            assert_true(is_missing(&view, (enum cn_window_method)method, 28, 0));
        }
    }
    close_to(value(&view, CN_WINDOW_DAYS_OBSERVED, 0, 0), 0);
    /* Known, and it does nothing: that is 0. */
    view.first_day = TODAY - 100;
    close_to(value(&view, CN_WINDOW_SUM, 28, 0), 0);
    close_to(value(&view, CN_WINDOW_CHANGE, 28, 0), 0);
    assert_true(is_missing(&view, CN_WINDOW_DAYS_SINCE, 0, 0));
}

static void change_compares_complete_windows(void **state)
{
    (void)state;
    struct cn_day_count days[] = { { TODAY - 40, 10 }, { TODAY - 10, 4 }, { TODAY, 1000 } };
    struct cn_metric_view view = {
        .kind = CN_METRIC_COUNT, .first_day = TODAY - 90, .counts = days, .day_count = 3
    };
    close_to(value(&view, CN_WINDOW_CHANGE, 28, 0), -0.6);
    assert_true(is_missing(&view, CN_WINDOW_CHANGE, 28, 28)); /* from nothing */
}

static void growth_from_nothing_has_no_measure(void **state)
{
    (void)state;
    struct cn_day_count day = { TODAY - 10, 4 };
    struct cn_metric_view view = {
        .kind = CN_METRIC_COUNT, .first_day = TODAY - 90, .counts = &day, .day_count = 1
    };
    assert_true(is_missing(&view, CN_WINDOW_CHANGE, 28, 0));
}

static void sums_are_exact_and_say_when_they_do_not_fit(void **state)
{
    (void)state;
    struct cn_day_value days[] = {
        { .day = TODAY - 2, .count = 1, .plus = 100000 },
        { .day = TODAY - 1, .count = 1, .plus = 200000 },
        { .day = TODAY, .count = 2, .plus = INT64_MAX - 1, .minus = INT64_MAX - 1 },
    };
    struct cn_metric_view view = {
        .kind = CN_METRIC_SUM, .first_day = TODAY - 9, .values = days, .day_count = 3
    };
    assert_true(value(&view, CN_WINDOW_SUM, 28, 0) == 0.3);
    close_to(value(&view, CN_WINDOW_COUNT, 28, 0), 4);
    days[2].plus = INT64_MAX;
    assert_true(is_missing(&view, CN_WINDOW_SUM, 28, 0));
    close_to(value(&view, CN_WINDOW_SUM, 3, 1), 0.3);
    assert_true(is_missing(&view, CN_WINDOW_MAX, 28, 0));
}

static void a_line_is_fitted_to_complete_days(void **state)
{
    (void)state;
    struct cn_day_count days[29];
    for (int i = 0; i < 29; i++) {
        days[i] = (struct cn_day_count){ TODAY - 28 + i, (uint32_t)(5 + 3 * i) };
    }
    days[28].count = 0; /* today says nothing yet */
    struct cn_metric_view view = {
        .kind = CN_METRIC_COUNT, .first_day = TODAY - 28, .counts = days, .day_count = 29
    };
    close_to(value(&view, CN_WINDOW_SLOPE, 28, 0), 3);
    close_to(value(&view, CN_WINDOW_SLOPE, 7, 0), 3);
    close_to(value(&view, CN_WINDOW_SLOPE, 40, 0), 3); /* of 28 observed days */
    /* Days without events are 0: 6, 0, 0, 0. */
    struct cn_day_count once = { TODAY - 4, 6 };
    view.counts = &once;
    view.day_count = 1;
    close_to(value(&view, CN_WINDOW_SLOPE, 4, 0), -1.8);
    close_to(value(&view, CN_WINDOW_MIN, 4, 0), 0);
    close_to(value(&view, CN_WINDOW_MAX, 4, 1), 6);
}

static void a_last_value_holds_until_the_next(void **state)
{
    (void)state;
    struct cn_day_value days[] = {
        { .day = TODAY - 300, .count = 1, .value = 10 },
        { .day = TODAY - 14, .count = 1, .value = 20 },
    };
    struct cn_metric_view view = {
        .kind = CN_METRIC_LAST, .first_day = TODAY - 400, .values = days, .day_count = 2
    };
    close_to(value(&view, CN_WINDOW_LAST, 0, 0), 20);
    close_to(value(&view, CN_WINDOW_AVG, 28, 0), 15);
    close_to(value(&view, CN_WINDOW_MIN, 28, 0), 10);
    close_to(value(&view, CN_WINDOW_CHANGE, 14, 0), 1);
    close_to(value(&view, CN_WINDOW_DAYS_SINCE, 0, 0), 14);
    close_to(value(&view, CN_WINDOW_COUNT, 28, 0), 1);
    struct cn_metric_view young = view;
    young.values = &days[1];
    young.day_count = 1;
    close_to(value(&young, CN_WINDOW_AVG, 28, 0), 20);
    assert_true(is_missing(&young, CN_WINDOW_CHANGE, 14, 0));
}

static void smallest_and_largest_skip_days_without_values(void **state)
{
    (void)state;
    struct cn_day_value days[] = { { .day = TODAY - 9, .count = 3, .value = 4 },
                                   { .day = TODAY - 3, .count = 1, .value = 8 } };
    struct cn_metric_view view = {
        .kind = CN_METRIC_MAX, .first_day = TODAY - 60, .values = days, .day_count = 2
    };
    close_to(value(&view, CN_WINDOW_MAX, 28, 0), 8);
    close_to(value(&view, CN_WINDOW_MIN, 28, 0), 4);
    close_to(value(&view, CN_WINDOW_AVG, 28, 0), 6);
    assert_true(is_missing(&view, CN_WINDOW_MAX, 2, 0));
}

static uint64_t bit(int32_t day)
{
    return UINT64_C(1) << cn_ring_bit(1, day);
}

static void members_are_counted_once_in_a_window(void **state)
{
    (void)state;
    uint64_t items[] = {
        5, bit(TODAY) | bit(TODAY - 1) | bit(TODAY - 20), /* two numbers a slot */
        0, 0,                                             /* a free one */
        6, bit(TODAY - 20),
        7, bit(TODAY - 35),
    };
    struct cn_metric_view view = {
        .kind = CN_METRIC_DISTINCT,
        .first_day = TODAY - 90,
        .members = { .items = items,
                     .slots = 4,
                     .words = 1,
                     .first_day = TODAY - 60,
                     .before = TODAY - 80 },
    };
    close_to(value(&view, CN_WINDOW_DISTINCT, 1, 0), 1);
    close_to(value(&view, CN_WINDOW_DISTINCT, 28, 0), 2);
    close_to(value(&view, CN_WINDOW_DISTINCT, 28, 28), 1);
    close_to(value(&view, CN_WINDOW_DISTINCT, 56, 0), 3);
    close_to(value(&view, CN_WINDOW_CHANGE, 28, 0), 1);
    close_to(value(&view, CN_WINDOW_MAX, 28, 0), 2);
    close_to(value(&view, CN_WINDOW_AVG, 28, 0), 3.0 / 28);
    close_to(value(&view, CN_WINDOW_DAYS_SINCE, 0, 0), 0);
    struct cn_metric_view gone = view;
    gone.members.slots = 0;
    close_to(value(&gone, CN_WINDOW_DAYS_SINCE, 0, 0), 80);
}

static void days_before_the_account_was_observed_have_no_members(void **state)
{
    (void)state;
    uint64_t items[] = { 5, bit(TODAY - 1) | bit(TODAY - 2), 6, bit(TODAY - 1) };
    struct cn_metric_view view = {
        .kind = CN_METRIC_DISTINCT,
        .first_day = TODAY - 2,
        .members = { .items = items,
                     .slots = 2,
                     .words = 1,
                     .first_day = TODAY - 60,
                     .before = CN_NO_DAY },
    };
    double chart = 0;
    close_to(value(&view, CN_WINDOW_AVG, 28, 0), 1.5);
    close_to(value(&view, CN_WINDOW_MIN, 28, 0), 1);
    close_to(value(&view, CN_WINDOW_SLOPE, 3, 0), 1);
    assert_true(cn_day_value_of(&view, TODAY, &chart)); /* nobody came: that is 0 */
    close_to(chart, 0);
    assert_false(cn_day_value_of(&view, TODAY - 3, &chart));
}

static void a_day_long_ago_is_found_like_one_of_yesterday(void **state)
{
    enum {
        DAYS = 700
    };
    (void)state;
    static struct cn_day_count entries[DAYS];
    struct cn_metric_view view = { .kind = CN_METRIC_COUNT, .first_day = 100, .counts = entries };
    for (int32_t i = 0; i < DAYS; i++) {
        if (i % 7 != 3 && i % 11 != 5) { /* days without events have no entry */
            entries[view.day_count++] = (struct cn_day_count){ 100 + i, (uint32_t)i + 1 };
        }
    }
    for (int32_t today = 90; today < 100 + DAYS + 5; today++) {
        const struct cn_window_when then = { .today = today, .until = today };
        const struct cn_window sum = { CN_WINDOW_SUM, 28, 0 };
        const struct cn_window since = { CN_WINDOW_DAYS_SINCE, 0, 0 };
        double total = 0;
        double days = 0;
        double expected = 0;
        int32_t newest = CN_NO_DAY;
        for (size_t i = 0; i < view.day_count; i++) {
            bool is_in = entries[i].day <= today && entries[i].day > today - 28;
            expected += is_in ? entries[i].count : 0;
            newest = entries[i].day <= today ? entries[i].day : newest;
        }
        assert_int_equal(cn_window_value(&view, &sum, then, &total), today >= 100);
        assert_int_equal(cn_window_value(&view, &since, then, &days), newest != CN_NO_DAY);
        close_to(total, expected);
        close_to(days, newest != CN_NO_DAY ? today - newest : 0);
    }
}

static void the_newest_day_of_members_is_found_wherever_the_ring_begins(void **state)
{
    enum {
        WORDS = 4,
        DAYS = 64 * WORDS
    };
    (void)state;
    for (int32_t first = 1000; first < 1000 + DAYS; first += 13) {
        uint64_t items[2 * (1 + WORDS)] = { [0] = 5, [1 + WORDS] = 6 };
        const int32_t seen[] = {
            first, first + 1, first + 63, first + 64, first + 130, first + 254
        };
        for (size_t i = 0; i < CN_ARRAY_LEN(seen); i++) { /* each member has every other day */
            const uint32_t at = cn_ring_bit(WORDS, seen[i]);
            items[i % 2 * (1 + WORDS) + 1 + at / 64] |= UINT64_C(1) << at % 64;
        }
        const struct cn_metric_view view = {
            .kind = CN_METRIC_DISTINCT,
            .first_day = 900,
            .members = { .items = items,
                         .slots = 2,
                         .words = WORDS,
                         .first_day = first,
                         .before = first - 40 },
        };
        for (int32_t today = first - 50; today < first + DAYS + 20; today++) {
            const struct cn_window_when then = { .today = today, .until = today };
            const struct cn_window since = { CN_WINDOW_DAYS_SINCE, 0, 0 };
            int32_t newest = today >= first - 40 ? first - 40 : CN_NO_DAY;
            double days = 0;
            for (size_t i = 0; i < CN_ARRAY_LEN(seen); i++) {
                newest = seen[i] <= today ? seen[i] : newest;
            }
            assert_int_equal(cn_window_value(&view, &since, then, &days), newest != CN_NO_DAY);
            close_to(days, newest != CN_NO_DAY ? today - newest : 0);
        }
    }
}

static void every_method_says_what_it_is_for(void **state)
{
    (void)state;
    for (int i = 0; i < CN_WINDOW_METHODS; i++) {
        const struct cn_window_row *row = &cn_window_rows[i];
        assert_non_null(row->name);
        assert_non_null(row->doc);
        assert_true(row->kinds != 0);
        assert_true(!row->takes_back || row->takes_days);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("today counts in sums and not in means", today_counts_in_sums_and_not_in_means),
        CN_TEST("a day that has not begun has nothing", a_day_that_has_not_begun_has_nothing),
        CN_TEST("days before the account was observed are no zeros",
                days_before_the_account_was_observed_are_no_zeros),
        CN_TEST("an account that nothing is known of is missing",
                an_account_that_nothing_is_known_of_is_missing),
        CN_TEST("change compares complete windows", change_compares_complete_windows),
        CN_TEST("growth from nothing has no measure", growth_from_nothing_has_no_measure),
        CN_TEST("sums are exact and say when they do not fit",
                sums_are_exact_and_say_when_they_do_not_fit),
        CN_TEST("a line is fitted to complete days", a_line_is_fitted_to_complete_days),
        CN_TEST("a last value holds until the next", a_last_value_holds_until_the_next),
        CN_TEST("smallest and largest skip days without values",
                smallest_and_largest_skip_days_without_values),
        CN_TEST("members are counted once in a window", members_are_counted_once_in_a_window),
        CN_TEST("a day long ago is found like one of yesterday",
                a_day_long_ago_is_found_like_one_of_yesterday),
        CN_TEST("the newest day of members is found wherever the ring begins",
                the_newest_day_of_members_is_found_wherever_the_ring_begins),
        CN_TEST("days before the account was observed have no members",
                days_before_the_account_was_observed_have_no_members),
        CN_TEST("every method says what it is for", every_method_says_what_it_is_for),
    };
    return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
