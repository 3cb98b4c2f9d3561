/* What a scorecard can say, each to the digit: weights, missing data, exceptions, bands; and the
 * roll-ups of other products written as scorecards. */
#include "tests/unit/health_fixture.h"

static void check(struct fixture *f, const char *text, int32_t points, int32_t confidence)
{
    compile_text(f, text);
    struct cn_health_score score = score_of(f, 0);
    assert_true(score.has_points);
    assert_int_equal(score.points, points);
    assert_int_equal(score.confidence, confidence);
}

/* ---- capabilities 15 ---- */

static void weights_are_normalised_at_any_depth(void **state)
{
    struct fixture *f = *state;
    set_h1(f);
    check(f,
          "scorecard: deep\n"
          "groups:\n"
          "  - name: a\n"
          "    weight: 7\n"
          "    groups:\n"
          "      - name: b\n"
          "        weight: 2000\n"
          "        measures:\n"
          "          - {name: logins, weight: 0.3, score: logins}\n"
          "          - {name: breadth, weight: 0.1, score: breadth}\n"
          "    measures:\n"
          "      - {name: tickets, weight: 3000, score: tickets}\n"
          "measures:\n"
          "  - {name: sponsor, weight: 3, score: sponsor}\n",
          55000, 1000); /* 0.7 (0.4 (0.75 80 + 0.25 40) + 0.6 70) + 0.3 20 */
    struct cn_explanation why = explain(f, 0);
    assert_true(fabs(item_of(&why, "a")->weight - 0.7) < 1e-9);
    assert_true(fabs(item_of(&why, "sponsor")->weight - 0.3) < 1e-9);
    assert_true(fabs(item_of(&why, "a/b/logins")->weight - 0.75) < 1e-9);
    assert_int_equal(item_of(&why, "a/b/logins")->points, 16800);
    assert_adds_up(&why, false);
}

/* ---- capabilities 18 ---- */

#define TWO(policy)                                   \
    "scorecard: two\n"                                \
    "measures:\n"                                     \
    "  - {name: logins, weight: 60, score: logins}\n" \
    "  - {name: csat, weight: 40, score: csat, missing: " policy "}\n"

static void each_policy_for_missing_data_says_what_it_counts(void **state)
{
    struct fixture *f = *state;
    set_h1(f); /* there is no CSAT */
    check(f, TWO("skip"), 80000, 600);
    check(f, TWO("zero"), 48000, 600);
    check(f, TWO("neutral"), 68000, 600);
    check(f, TWO("neutral, neutral: 25"), 58000, 600);
    compile_text(f, TWO("block"));
    struct cn_health_score score = score_of(f, 0);
    assert_false(score.has_points);
    set(f, 0, FAKE_CSAT, 30); /* with data no policy matters */
    check(f, TWO("skip"), 60000, 1000);
    check(f, TWO("zero"), 60000, 1000);
    check(f, TWO("neutral"), 60000, 1000);
    check(f, TWO("block"), 60000, 1000);
}

/* ---- capabilities 19 ---- */

static void exceptions_work_in_their_order_and_name_themselves(void **state)
{
    struct fixture *f = *state;
    set_h1(f);
    set(f, 0, FAKE_HAS_CHAMPION, 0);
    set(f, 0, FAKE_HAS_SPONSOR, 1);
    compile_text(f, "scorecard: h1\n" H1_GROUPS(
                        "skip") "exceptions:\n"
                                "  - {when: \"!has_champion\", cap: 40, because: no champion}\n"
                                "  - {when: has_sponsor, floor: 45, because: a sponsor}\n"
                                "  - {when: logins > 90.0, set: 99, because: never}\n"
                                "  - {when: tickets > 60.0, cap: 44, because: tickets}\n");
    struct cn_health_score score = score_of(f, 0);
    assert_int_equal(score.points, 44000); /* 52, at most 40, at least 45, at most 44 */
    assert_int_equal(score.fired, 1 | 2 | 8);
    struct cn_explanation why = explain(f, 0);
    assert_int_equal(item_of(&why, "exceptions/1")->points, -12000);
    assert_int_equal(item_of(&why, "exceptions/2")->points, 5000);
    assert_int_equal(item_of(&why, "exceptions/4")->points, -1000);
    assert_str(item_of(&why, "exceptions/2")->name, "a sponsor");
    assert_adds_up(&why, false);
    set(f, 0, FAKE_LOGINS, 95);
    assert_int_equal(score_of(f, 0).points, 44000); /* set to 99, then at most 44 */
    set(f, 0, FAKE_TICKETS, 50);
    assert_int_equal(score_of(f, 0).points, 99000);
}

/* ---- capabilities 17 ---- */

static void bands_begin_where_they_say_and_leave_no_gap(void **state)
{
    struct fixture *f = *state;
    static const struct {
        double points;
        enum cn_band band;
    } cases[] = { { 0, CN_BAND_RED },         { 39.999, CN_BAND_RED }, { 40, CN_BAND_YELLOW },
                  { 69.999, CN_BAND_YELLOW }, { 70, CN_BAND_GREEN },   { 100, CN_BAND_GREEN } };
    compile_text(f, "scorecard: bands\nmeasures:\n  - {name: m, weight: 1, score: logins}\n"
                    "bands: {yellow: 40, green: 70, margin: 3}\n");
    add_accounts(f, CN_ARRAY_LEN(cases));
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        set(f, i, FAKE_LOGINS, cases[i].points);
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        assert_int_equal(score_of(f, i).band, cases[i].band);
    }
    static const char *const wrong[] = { "{yellow: 70, green: 40}", "{yellow: 50, green: 50}",
                                         "{yellow: 0, green: 40}", "{green: 101}" };
    for (size_t i = 0; i < CN_ARRAY_LEN(wrong); i++) {
        struct cn_program_file file = { .name = CN_STR("card.yaml") };
        const struct cn_program_files files = { &file, 1 };
        char text[200];
        int len = snprintf(text, sizeof(text),
                           "scorecard: b\nmeasures:\n  - {name: m, weight: 1, score: logins}\n"
                           "bands: %s\n",
                           wrong[i]);
        file.text = (cn_str){ text, (size_t)len };
        cn_diagnostics_init(&f->problems, &f->arena);
        assert_false(compile(f, &files));
    }
}

/* ---- formulas 3.1 ---- */

/* Good 100, average 60, poor 0. */
#define THREE(column) "\"" column " >= 75.0 ? 100.0 : " column " >= 50.0 ? 60.0 : 0.0\""

static void roll_ups_of_others_are_scorecards(void **state)
{
    struct fixture *f = *state;
    set_h1(f);
    /* Any weight up to 999,999, normalised: 80 and 40. */
    check(f,
          "scorecard: g\nmeasures:\n"
          "  - {name: a, weight: 999999, score: logins}\n"
          "  - {name: b, weight: 333333, score: breadth}\n",
          70000, 1000);
    /* Good, average and poor by weight: logins good, tickets average, sponsor poor. */
    check(f,
          "scorecard: t\nmeasures:\n"
          "  - {name: a, weight: 50, score: " THREE(
              "logins") "}\n"
                        "  - {name: b, weight: 30, score: " THREE(
                            "tickets") "}\n"
                                       "  - {name: c, weight: 20, score: " THREE("sponsor") "}\n",
          68000, 1000);
    /* Poor 0, concerning 5, healthy 10: (10 + 10 + 0) / 3 = 6.67. */
    check(f,
          "scorecard: v\nmeasures:\n"
          "  - {name: a, weight: 1, value: logins, map: {33.333: 0, 66.667: 100}}\n"
          "  - {name: b, weight: 1, value: tickets, map: {33.333: 0, 66.667: 100}}\n"
          "  - {name: c, weight: 1, value: sponsor, map: {33.333: 0, 66.667: 100}}\n",
          66667, 1000);
    /* The plain mean of a group: (10 + 5 + 5 + 5) / 4 = 6.25. */
    check(f,
          "scorecard: p\nmeasures:\n"
          "  - {name: a, weight: 1, score: \"100.0\"}\n"
          "  - {name: b, weight: 1, score: \"50.0\"}\n"
          "  - {name: c, weight: 1, score: \"50.0\"}\n"
          "  - {name: d, weight: 1, score: \"50.0\"}\n",
          62500, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("capabilities 15: weights of any size are normalised at any depth",
             weights_are_normalised_at_any_depth),
        TEST("capabilities 17: bands begin where they say, and a gap or an overlap is refused",
             bands_begin_where_they_say_and_leave_no_gap),
        TEST("capabilities 18: each of the four policies for missing data, with the confidence",
             each_policy_for_missing_data_says_what_it_counts),
        TEST("capabilities 19: exceptions cap, lift and set in their order, and those that fired "
             "say so",
             exceptions_work_in_their_order_and_name_themselves),
        TEST("formulas 3.1: the roll-ups of others can be written as scorecards",
             roll_ups_of_others_are_scorecards),
    };
    return cmocka_run_group_tests_name("health_rules", tests, NULL, NULL);
}
