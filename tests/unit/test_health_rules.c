/* What a scorecard can say, each to the digit: weights, missing data, exceptions, bands; and the
 * roll-ups of other products written as scorecards. */
#include "health/grade.h"
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

/* Three scorecards, the first and the last with the same bands, their accounts mixed. */
static void accounts_side_by_side_have_the_bands_of_their_scorecards(void **state)
{
    struct fixture *f = *state;
    enum {
        ACCOUNTS = 1500
    };
    static const struct {
        int32_t points;
        enum cn_band band;
        uint64_t fired;
    } by_card[] = { { 50000, CN_BAND_YELLOW, 0 },
                    { 50000, CN_BAND_GREEN, 1 },
                    { 60000, CN_BAND_YELLOW, 0 } };
    struct cn_program_file items[] = {
        { CN_STR("a.yaml"), CN_STR("scorecard: a\npriority: 3\napplies_when: arr == 0.0\n"
                                   "measures: [{name: m, weight: 1, score: logins}]\n"
                                   "bands: {yellow: 40, green: 70, margin: 3}\n") },
        { CN_STR("b.yaml"),
          CN_STR("scorecard: b\npriority: 2\napplies_when: arr == 1.0\n"
                 "measures: [{name: m, weight: 1, score: tickets}]\n"
                 "exceptions: [{when: tickets > 80.0, cap: 50, because: too many}]\n"
                 "bands: {yellow: 20, green: 45, margin: 3}\n") },
        { CN_STR("c.yaml"), CN_STR("scorecard: c\npriority: 1\n"
                                   "measures: [{name: m, weight: 1, score: breadth}]\n"
                                   "bands: {yellow: 40, green: 70, margin: 3}\n") },
    };
    struct cn_program_files files = { items, CN_ARRAY_LEN(items) };
    assert_true(compile(f, &files));
    add_accounts(f, ACCOUNTS);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        set(f, i, FAKE_ARR, (double)(i * i % 3 + i % 2));
        set(f, i, FAKE_LOGINS, 50);
        set(f, i, FAKE_TICKETS, 90);
        set(f, i, FAKE_BREADTH, 60);
    }
    evaluate(f, NULL);
    assert_int_equal(f->changes.count, ACCOUNTS);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        size_t card = i * i % 3 + i % 2;
        struct cn_health_score score = cn_health_state_get(&f->health, i);
        assert_int_equal(score.scorecard, card);
        assert_int_equal(score.points, by_card[card].points);
        assert_int_equal(score.band, by_card[card].band);
        assert_int_equal(score.fired, by_card[card].fired);
    }
}

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

#define GRADED "scorecard: graded\nmeasures:\n  - {name: m, weight: 1, score: logins}\n"

/* From 0.000 to 100.000 nothing is without a grade; each is of the point that is shown, and that is
 * never above the border of the colour. */
static void grades_begin_where_they_say_and_are_of_the_point_that_is_shown(void **state)
{
    struct fixture *f = *state;
    static const struct {
        double points;
        int64_t shown;
        const char *grade;
    } cases[] = {
        { 0, 0, "F" },   { 29.499, 29, "F" }, { 29.5, 30, "D" },     { 30, 30, "D" },
        { 49, 49, "D" }, { 49.999, 49, "D" }, { 50, 50, "C" },       { 69.499, 69, "C" },
        { 70, 70, "B" }, { 84.499, 84, "B" }, { 84.5, 85, "A" },     { 84.999, 85, "A" },
        { 85, 85, "A" }, { 99.499, 99, "A" }, { 99.5, 100, "best" }, { 100, 100, "best" }
    };
    compile_text(f, GRADED "grades: {best: 100, A: 85, B: 70, C: 50, D: 30, F: 0}\n");
    const struct cn_scorecard *card = &f->model->scorecards[0];
    assert_int_equal(card->grade_count, 6);
    add_accounts(f, CN_ARRAY_LEN(cases));
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        set(f, i, FAKE_LOGINS, cases[i].points);
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        const struct cn_health_score score = score_of(f, i);
        assert_int_equal(cn_health_display(card, &score), cases[i].shown);
        assert_str(cn_health_grade(card, &score), cases[i].grade);
        assert_str(explain(f, (uint32_t)i).grade, cases[i].grade);
    }
    const struct cn_health_score none = { .band = CN_BAND_RED };
    assert_str(cn_health_grade(card, &none), "");
    compile_text(f, GRADED);
    const struct cn_health_score full = score_of(f, CN_ARRAY_LEN(cases) - 1);
    assert_int_equal(full.points, 100000);
    assert_str(cn_health_grade(&f->model->scorecards[0], &full), "");
}

/* Line 4 is that of the grades; the column counts bytes. */
static void grades_with_a_gap_or_an_overlap_are_refused_at_their_place(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *grades;
        int64_t column;
        const char *says;
    } wrong[] = {
        { "{A: 85, B: 70}", 20,
          "there is a gap: a score below 70 has no grade; let \"B\" begin at 0" },
        { "{A: 85, B: 85, C: 0}", 20, "\"A\" and \"B\" overlap: both begin at 85" },
        { "{A: 70, B: 85, C: 0}", 20, "\"B\" overlaps \"A\": it begins at 85, above its 70" },
        { "{C: 5, A: 0, B: 0}", 25, "\"A\" and \"B\" overlap: both begin at 0" },
        { "{C: 0, A: 85}", 19, "write the grades from the highest edge down" },
        { "{A: 101, F: 0}", 13, "\"A\" begins at 101: scores run from 0 to 100" },
        { "{A: 85, F: -1}", 20, "\"F\" begins at -1: scores run from 0 to 100" },
        { "{A: 84.5, F: 0}", 13, "a whole number" },
        { "{A: high, F: 0}", 13, "a whole number" },
        { "{excellent: 85, F: 0}", 10, "the name of a grade is 1 to 8 bytes" },
        { "{\"\": 85, F: 0}", 10, "the name of a grade is 1 to 8 bytes" },
        { "{\"a\\tb\": 85, F: 0}", 10, "name the grade in plain text" },
        { "{\"A,B\": 85, F: 0}", 10, "has a comma" },
        { "{A: 85, A: 0}", 17, "A" },
        { "{}", 9, "a scorecard has from 1 to 12 grades, not 0" },
        { "{a: 12, b: 11, c: 10, d: 9, e: 8, f: 7, g: 6, h: 5, i: 4, j: 3, k: 2, l: 1, m: 0}", 9,
          "a scorecard has from 1 to 12 grades, not 13" },
        { "A", 9, "a map" },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(wrong); i++) {
        struct cn_program_file file = { .name = CN_STR("card.yaml") };
        const struct cn_program_files files = { &file, 1 };
        char text[400];
        int len = snprintf(text, sizeof(text), GRADED "grades: %s\n", wrong[i].grades);
        file.text = (cn_str){ text, (size_t)len };
        cn_diagnostics_init(&f->problems, &f->arena);
        assert_false(compile(f, &files));
        assert_int_equal(f->problems.total, 1);
        const struct cn_diagnostic *problem = &f->problems.items[0];
        (void)snprintf(text, sizeof(text), "%.*s", CN_STR_ARG(problem->message));
        assert_non_null(strstr(text, wrong[i].says));
        assert_int_equal(problem->place.line, 4);
        assert_int_equal(problem->place.column, wrong[i].column);
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

/* ---- what rules read of it ---- */

/* The whole column, and row after row: the same values, missing where there is none. */
static void check_column(struct fixture *f, const char *name)
{
    uint32_t index = 0;
    assert_true(cn_column_set_has(&f->columns, cn_str_of(name), &index));
    const struct cn_column *column = cn_frame_column(f->frame, index);
    const size_t rows = cn_frame_rows(f->frame);
    const size_t bytes = cn_column_value_bytes(column->type);
    unsigned char *whole = calloc(rows, bytes);
    bool *missing = calloc(rows, sizeof(*missing));
    struct cn_bitmap all = { 0 };
    cn_bitmap_resize(&all, rows);
    cn_bitmap_fill(&all, true);
    assert_true(cn_frame_fill_column(f->frame, index, NULL, &f->when, &f->err));
    memcpy(whole, column->as.any, rows * bytes);
    for (size_t row = 0; row < rows; row++) {
        missing[row] = cn_column_is_missing(column, row);
    }
    assert_true(cn_frame_fill_column(f->frame, index, &all, &f->when, &f->err));
    for (size_t row = 0; row < rows; row++) {
        assert_int_equal(cn_column_is_missing(column, row), missing[row]);
        if (!missing[row]) {
            assert_memory_equal((const char *)column->as.any + row * bytes, whole + row * bytes,
                                bytes);
        }
    }
    assert_true(missing[0] && !missing[1]);
    assert_true(cn_column_is_missing(column, rows)); /* nobody is there */
    cn_bitmap_deinit(&all);
    free(missing);
    free(whole);
}

static void all_rows_at_once_read_as_one_by_one(void **state)
{
    struct fixture *f = *state;
    struct cn_program_file file[] = {
        { CN_STR("a.yaml"),
          CN_STR("scorecard: a\nmeasures:\n  - {name: m, weight: 1, score: logins, "
                 "missing: block}\n") },
        { CN_STR("b.yaml"), CN_STR("segments:\n  low: {when: health.score < 40.0}\n  red: {when: "
                                   "health.colour == 'red'}\n") },
    };
    const struct cn_program_files files = { file, CN_ARRAY_LEN(file) };
    assert_true(compile(f, &files));
    add_accounts(f, 200); /* not a whole word */
    for (size_t row = 0; row < 200; row++) {
        set(f, row, FAKE_LOGINS, row % 7 == 0 ? NAN : (double)(row * 13 % 101));
    }
    evaluate(f, NULL);
    check_column(f, "health.score");
    check_column(f, "health.colour");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("capabilities 15: weights of any size are normalised at any depth",
             weights_are_normalised_at_any_depth),
        TEST("capabilities 17: accounts side by side have the bands of their scorecards",
             accounts_side_by_side_have_the_bands_of_their_scorecards),
        TEST("capabilities 17: bands begin where they say, and a gap or an overlap is refused",
             bands_begin_where_they_say_and_leave_no_gap),
        TEST(
            "capabilities 17: a grade begins at its edge, is of the point that is shown, and every "
            "score has one",
            grades_begin_where_they_say_and_are_of_the_point_that_is_shown),
        TEST("capabilities 17: grades with a gap or an overlap are refused, each at its place with "
             "what to do",
             grades_with_a_gap_or_an_overlap_are_refused_at_their_place),
        TEST("capabilities 18: each of the four policies for missing data, with the confidence",
             each_policy_for_missing_data_says_what_it_counts),
        TEST("capabilities 19: exceptions cap, lift and set in their order, and those that fired "
             "say so",
             exceptions_work_in_their_order_and_name_themselves),
        TEST("formulas 3.1: the roll-ups of others can be written as scorecards",
             roll_ups_of_others_are_scorecards),
        TEST("scores and colours of all accounts at once read as one by one",
             all_rows_at_once_read_as_one_by_one),
    };
    return cmocka_run_group_tests_name("health_rules", tests, NULL, NULL);
}
