/* Scorecards from their text to scores. */
#include <stdio.h>

#include "health/history.h"
#include "sql/migrate.h"
#include "sql/sqlite.h"
#include "tests/unit/health_fixture.h"

/* --- H1 --- */

static void h1_is_52_yellow(void **state)
{
    struct fixture *f = *state;
    compile_text(f, "scorecard: h1\n" H1_GROUPS("skip"));
    set_h1(f);
    struct cn_health_score score = score_of(f, 0);
    assert_true(score.has_points);
    assert_int_equal(score.points, 52000);
    assert_int_equal(score.confidence, 900);
    assert_int_equal(score.band, CN_BAND_YELLOW);
    assert_false(score.is_grey);
    struct cn_explanation why = explain(f, 0);
    assert_int_equal(why.score.points, 52000);
    assert_int_equal(item_of(&why, "usage")->points, 32000);
    assert_int_equal(item_of(&why, "support")->points, 14000);
    assert_int_equal(item_of(&why, "relationship")->points, 6000);
    assert_int_equal(item_of(&why, "usage/logins")->points, 24000);
    assert_int_equal(item_of(&why, "support/csat")->points, 0);
    assert_false(item_of(&why, "support/csat")->has_value);
    assert_str(item_of(&why, "support/csat")->reason, "no data: left out");
    assert_true(item_of(&why, "support/tickets")->weight == 1.0);
    assert_int_equal(item_of(&why, "usage/logins")->fact_count, 1);
    assert_str(item_of(&why, "usage/logins")->facts[0].value_text, "80");
}

static void h1_is_45_red_when_missing_counts_as_zero(void **state)
{
    struct fixture *f = *state;
    compile_text(f, "scorecard: h1\n" H1_GROUPS("zero"));
    set_h1(f);
    struct cn_health_score score = score_of(f, 0);
    assert_int_equal(score.points, 45000);
    assert_int_equal(score.confidence, 900);
    assert_int_equal(score.band, CN_BAND_RED);
}

static void h1_is_capped_at_49_red_without_champion(void **state)
{
    struct fixture *f = *state;
    compile_text(f, "scorecard: h1\n" H1_GROUPS(
                        "skip") "exceptions:\n"
                                "  - {when: \"!has_champion\", cap: 49, because: no champion}\n"
                                "  - {when: has_champion, cap: 10, because: never}\n");
    set_h1(f);
    set(f, 0, FAKE_HAS_CHAMPION, 0);
    struct cn_health_score score = score_of(f, 0);
    assert_int_equal(score.points, 49000);
    assert_int_equal(score.band, CN_BAND_RED);
    assert_int_equal(score.fired, 1);
    struct cn_explanation why = explain(f, 0);
    assert_int_equal(item_of(&why, "exceptions/1")->points, -3000);
    assert_str(item_of(&why, "exceptions/1")->reason, "caps at 49");
    assert_str(why.because, "no champion");
    set(f, 0, FAKE_HAS_CHAMPION, NAN); /* what is not known is no reason */
    assert_int_equal(score_of(f, 0).points, 52000);
}

/* --- shipped --- */

/* 003-28: $45K, usage down by 45 % over 60 days, no sponsor, renewal in three months. */
static void set_techcorp(struct fixture *f, size_t row)
{
    set(f, row, FAKE_ARR, 45000);
    set(f, row, FAKE_SEATS, 60);
    set(f, row, FAKE_SEATS_USED, 35);
    set(f, row, FAKE_DAYS_TO_RENEWAL, 90);
    set(f, row, FAKE_HAS_SPONSOR, 0);
    set(f, row, FAKE_OPEN_TICKETS, 0);
    set(f, row, FAKE_CRITICAL_TICKETS, 0);
    set(f, row, FAKE_FEATURES, 8);
    set(f, row, FAKE_EVENTS_CHANGE, -0.243); /* on a straight line to -45 % in 60 days */
}

static void techcorp_is_red_by_the_cap_and_yellow_with_a_champion(void **state)
{
    struct fixture *f = *state;
    compile_shipped(f);
    add_accounts(f, 2);
    set_techcorp(f, 0);
    set_techcorp(f, 1);
    set(f, 0, FAKE_HAS_CHAMPION, 0);
    set(f, 1, FAKE_HAS_CHAMPION, 1);
    struct cn_health_score without = score_of(f, 0);
    struct cn_health_score with = score_of(f, 1);
    assert_str(f->model->scorecards[without.scorecard].name, "mid-touch");
    assert_int_equal(without.points, 49000);
    assert_int_equal(without.band, CN_BAND_RED);
    struct cn_explanation why = explain(f, 0);
    assert_str(why.because, "no champion");
    assert_true(item_of(&why, "exceptions/1")->points < 0);
    assert_int_equal(with.band, CN_BAND_YELLOW);
    assert_true(with.points < 75000);
}

static void techcorp_turns_red_by_each_blow_and_recovers(void **state)
{
    struct fixture *f = *state;
    compile_shipped(f);
    add_accounts(f, 1);
    set_techcorp(f, 0);
    set(f, 0, FAKE_HAS_CHAMPION, 1);
    assert_int_equal(score_of(f, 0).band, CN_BAND_YELLOW);
    set(f, 0, FAKE_HAS_CHAMPION, 0);
    assert_int_equal(score_of(f, 0).band, CN_BAND_RED);
    set(f, 0, FAKE_HAS_CHAMPION, 1);
    assert_int_equal(score_of(f, 0).band, CN_BAND_YELLOW);
    set(f, 0, FAKE_SEATS_USED, 9);
    assert_int_equal(score_of(f, 0).band, CN_BAND_RED);
    set(f, 0, FAKE_SEATS_USED, 35);
    assert_int_equal(score_of(f, 0).band, CN_BAND_YELLOW);
    set(f, 0, FAKE_OPEN_TICKETS, 1);
    set(f, 0, FAKE_CRITICAL_TICKETS, 1);
    set(f, 0, FAKE_CRITICAL_HOURS, 0);
    assert_int_equal(score_of(f, 0).band, CN_BAND_RED);
    set(f, 0, FAKE_OPEN_TICKETS, 0);
    set(f, 0, FAKE_CRITICAL_TICKETS, 0);
    set(f, 0, FAKE_CRITICAL_HOURS, NAN);
    assert_int_equal(score_of(f, 0).band, CN_BAND_YELLOW);
}

static void models_follow_half_open_bands_of_arr(void **state)
{
    struct fixture *f = *state;
    static const struct {
        double arr;
        const char *scorecard;
    } cases[] = {
        { 4999.99, "tech-touch" }, { 19999.99, "tech-touch" }, { 20000, "mid-touch" },
        { 99999.99, "mid-touch" }, { 100000, "high-touch" },   { NAN, "tech-touch" },
    };
    compile_shipped(f);
    add_accounts(f, CN_ARRAY_LEN(cases));
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        set(f, i, FAKE_ARR, cases[i].arr);
    }
    evaluate(f, NULL);
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        struct cn_health_score score = cn_health_state_get(&f->health, i);
        assert_str(f->model->scorecards[score.scorecard].name, cases[i].scorecard);
    }
}

/* --- state --- */

static void a_colour_freezes_below_half_confidence(void **state)
{
    struct fixture *f = *state;
    compile_text(f, "scorecard: s\nmin_coverage: 0\nmeasures:\n"
                    "  - {name: logins, weight: 40, score: logins}\n"
                    "  - {name: breadth, weight: 60, score: breadth}\n");
    add_accounts(f, 1);
    set(f, 0, FAKE_LOGINS, 80);
    set(f, 0, FAKE_BREADTH, 80);
    struct cn_health_score score = score_of(f, 0);
    assert_int_equal(score.band, CN_BAND_GREEN);
    assert_int_equal(f->changes.count, 1);
    assert_true(f->changes.items[0].is_history);
    set(f, 0, FAKE_BREADTH, NAN);
    set(f, 0, FAKE_LOGINS, 10);
    score = score_of(f, 0);
    assert_int_equal(score.points, 10000);
    assert_int_equal(score.confidence, 400);
    assert_true(score.is_grey);
    assert_int_equal(score.band, CN_BAND_GREEN);
    set(f, 0, FAKE_BREADTH, 76.5); /* back again: green needs 75 from green */
    set(f, 0, FAKE_LOGINS, 76.5);
    assert_int_equal(score_of(f, 0).band, CN_BAND_GREEN);
    set(f, 0, FAKE_LOGINS, NAN);
    set(f, 0, FAKE_BREADTH, NAN);
    score = score_of(f, 0);
    assert_false(score.has_points);
    assert_true(score.is_grey);
    assert_int_equal(score.band, CN_BAND_GREEN);
}

static void only_what_people_see_makes_history(void **state)
{
    struct fixture *f = *state;
    compile_text(f, "scorecard: s\nmeasures: [{name: a, weight: 1, score: logins}]\n"
                    "exceptions: [{when: has_champion, floor: 1, because: champion}]\n");
    add_accounts(f, 1);
    set(f, 0, FAKE_LOGINS, 60);
    evaluate(f, NULL);
    assert_int_equal(f->changes.count, 1);
    assert_int_equal(f->changes.items[0].before.band, CN_BAND_NONE);
    evaluate(f, NULL);
    assert_int_equal(f->changes.count, 0);
    set(f, 0, FAKE_LOGINS, 60.2);
    evaluate(f, NULL);
    assert_int_equal(f->changes.count, 1);
    assert_false(f->changes.items[0].is_history);
    assert_int_equal(f->changes.items[0].after.points, 60200);
    set(f, 0, FAKE_LOGINS, 60.5);
    evaluate(f, NULL);
    assert_true(f->changes.items[0].is_history);
    set(f, 0, FAKE_HAS_CHAMPION, 1);
    evaluate(f, NULL);
    assert_int_equal(f->changes.count, 1);
    assert_true(f->changes.items[0].is_history);
    assert_int_equal(f->changes.items[0].after.points, 60500);
}

static void only_the_rows_asked_for_move_and_free_rows_lose_their_score(void **state)
{
    struct fixture *f = *state;
    struct cn_bitmap rows = { 0 };
    compile_text(f, "scorecard: s\nmeasures: [{name: a, weight: 1, score: logins}]\n");
    add_accounts(f, 2500);
    for (size_t i = 0; i < 2500; i++) {
        set(f, i, FAKE_LOGINS, 60);
    }
    evaluate(f, NULL);
    assert_int_equal(f->changes.count, 2500);
    for (size_t i = 0; i < 2500; i++) {
        set(f, i, FAKE_LOGINS, 70);
    }
    cn_bitmap_resize(&rows, 2500);
    cn_bitmap_add(&rows, 3);
    cn_bitmap_add(&rows, 2499);
    evaluate(f, &rows);
    assert_int_equal(f->changes.count, 2);
    assert_int_equal(f->changes.items[1].row, 2499);
    assert_int_equal(cn_health_state_get(&f->health, 4).points, 60000);
    assert_true(cn_frame_remove(f->frame, 4));
    evaluate(f, &rows);
    assert_int_equal(f->changes.count, 1);
    assert_false(f->changes.items[0].after.has_points);
    assert_int_equal(cn_health_state_get(&f->health, 3).scorecard, -1);
    cn_bitmap_deinit(&rows);
}

/* --- mistakes --- */

static void scorecards_are_told_apart_by_name_and_chosen_by_priority(void **state)
{
    struct fixture *f = *state;
    static const char low[] = "scorecard: low\npriority: -1\n"
                              "measures: [{name: a, weight: 1, score: logins}]\n";
    static const char high[] = "scorecard: high\npriority: 1\napplies_when: arr > 10.0\n"
                               "measures: [{name: a, weight: 1, score: logins}]\n";
    struct cn_program_file items[] = { { CN_STR("a.yaml"), cn_str_of(low) },
                                       { CN_STR("b.yaml"), cn_str_of(high) },
                                       { CN_STR("c.yaml"), cn_str_of(low) } };
    struct cn_program_files two = { items, 2 };
    struct cn_program_files three = { items, 3 };
    assert_false(compile(f, &three));
    assert_str(f->problems.items[0].message, "there is a scorecard \"low\" in a.yaml already");
    assert_str(f->problems.items[0].place.source, "c.yaml");
    cn_diagnostics_init(&f->problems, &f->arena);
    assert_true(compile(f, &two));
    assert_str(f->model->scorecards[0].name, "high");
    add_accounts(f, 2);
    set(f, 0, FAKE_ARR, 11);
    evaluate(f, NULL);
    assert_int_equal(cn_health_state_get(&f->health, 0).scorecard, 0);
    assert_int_equal(cn_health_state_get(&f->health, 1).scorecard, 1);
}

static void groups_nest_to_a_depth_and_no_further(void **state)
{
    struct fixture *f = *state;
    for (int depth = CN_SCORECARD_DEPTH_MAX; depth <= CN_SCORECARD_DEPTH_MAX + 1; depth++) {
        struct cn_buf text;
        cn_buf_init(&text, 1 << 16);
        cn_buf_add_str(&text, CN_STR("scorecard: deep\n"));
        for (int i = 0; i < depth; i++) {
            cn_buf_printf(&text, "groups: [{name: g, weight: 1, ");
        }
        cn_buf_add_str(&text, CN_STR("measures: [{name: a, weight: 1, score: logins}]"));
        for (int i = 0; i < depth; i++) {
            cn_buf_add_str(&text, CN_STR("}]"));
        }
        struct cn_program_file file = { CN_STR("a.yaml"), cn_buf_str(&text) };
        struct cn_program_files files = { &file, 1 };
        cn_diagnostics_init(&f->problems, &f->arena);
        bool ok = compile(f, &files);
        if (!ok) {
            assert_str(f->problems.items[0].message, "groups are nested too deeply");
        }
        assert_int_equal(ok, depth <= CN_SCORECARD_DEPTH_MAX);
        cn_buf_deinit(&text);
    }
}

static cn_str read_golden(struct fixture *f, const char *name, const char *suffix)
{
    char path[512];
    struct cn_buf text;
    char chunk[4096];
    size_t got = 0;
    (void)snprintf(path, sizeof(path), "%s/%s%s", CN_TEST_GOLDEN_FOLDER, name, suffix);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("cannot open %s", path);
    }
    cn_buf_init(&text, 1 << 20);
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0) {
        cn_buf_add(&text, chunk, got);
    }
    assert_int_equal(fclose(file), 0);
    cn_str copy = cn_arena_str(&f->arena, cn_buf_str(&text));
    cn_buf_deinit(&text);
    return copy;
}

/* Each tests/golden/program/NAME.yaml gives the problems of NAME.expected. */
static void every_mistake_is_found_at_once_with_its_place(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = { "cycle", "expressions", "measures", "segments", "shape" };
    for (size_t i = 0; i < CN_ARRAY_LEN(names); i++) {
        char name[64];
        struct cn_buf out;
        (void)snprintf(name, sizeof(name), "%s.yaml", names[i]);
        struct cn_program_file file = { cn_str_of(name), read_golden(f, names[i], ".yaml") };
        struct cn_program_files files = { &file, 1 };
        cn_diagnostics_init(&f->problems, &f->arena);
        assert_false(compile(f, &files));
        cn_buf_init(&out, 1 << 20);
        cn_program_print_problems(&f->problems, &out);
        cn_str expected = read_golden(f, names[i], ".expected");
        if (!cn_str_equal(cn_buf_str(&out), expected)) {
            print_error("%.*s", CN_STR_ARG(cn_buf_str(&out)));
        }
        assert_true(cn_str_equal(cn_buf_str(&out), expected));
        cn_buf_deinit(&out);
    }
    assert_null(f->model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("formulas 3.2, capabilities 15: H1 is 52, yellow, with confidence 0.90, and explained",
             h1_is_52_yellow),
        TEST("capabilities 18: H1 is 45, red, when missing counts as zero",
             h1_is_45_red_when_missing_counts_as_zero),
        TEST("capabilities 19: H1 is capped at 49, red, without champion",
             h1_is_capped_at_49_red_without_champion),
        TEST("003-28 TechCorp is red by the cap and yellow with a champion",
             techcorp_is_red_by_the_cap_and_yellow_with_a_champion),
        TEST("TechCorp turns red by each blow and recovers",
             techcorp_turns_red_by_each_blow_and_recovers),
        TEST("003-11 models follow half-open bands of ARR", models_follow_half_open_bands_of_arr),
        TEST("a colour freezes below half confidence", a_colour_freezes_below_half_confidence),
        TEST("only what people see makes history", only_what_people_see_makes_history),
        TEST("only the rows asked for move and free rows lose their score",
             only_the_rows_asked_for_move_and_free_rows_lose_their_score),
        TEST("capabilities 26: scorecards are told apart by name and chosen by priority",
             scorecards_are_told_apart_by_name_and_chosen_by_priority),
        TEST("groups nest to a depth and no further", groups_nest_to_a_depth_and_no_further),
        TEST("every mistake is found at once with its place",
             every_mistake_is_found_at_once_with_its_place),
    };
    return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
