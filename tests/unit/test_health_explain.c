/* Explanations agree with the batch evaluation and add up, whatever the facts. */
#include "base/parse.h"
#include "base/random.h"

#include "tests/unit/health_fixture.h"

static void scatter(struct fixture *f, struct cn_rng *rng, size_t rows)
{
    static const double scales[FAKE_COLUMNS] = {
        [FAKE_ARR] = 150000,         [FAKE_SEATS] = 100,         [FAKE_DAYS_TO_RENEWAL] = 365,
        [FAKE_HAS_CHAMPION] = 2,     [FAKE_HAS_SPONSOR] = 2,     [FAKE_OPEN_TICKETS] = 12,
        [FAKE_CRITICAL_TICKETS] = 2, [FAKE_CRITICAL_HOURS] = 90, [FAKE_FEATURES] = 10,
        [FAKE_USERS_CHANGE] = 1,     [FAKE_USERS_SINCE] = 40,    [FAKE_EVENTS_CHANGE] = 1,
        [FAKE_SEATS_USED] = 100,     [FAKE_LOGINS] = 110,        [FAKE_BREADTH] = 110,
        [FAKE_CSAT] = 110,           [FAKE_TICKETS] = 110,       [FAKE_SPONSOR] = 110,
        [FAKE_SURVEY_AGE] = 200,     [FAKE_EMPLOYEES] = 2000,
    };
    for (size_t c = 0; c < FAKE_COLUMNS; c++) {
        for (size_t row = 0; row < rows; row++) {
            double value = cn_rng_unit(rng) * scales[c];
            bool is_change = c == FAKE_USERS_CHANGE || c == FAKE_EVENTS_CHANGE;
            bool is_whole = c == FAKE_HAS_CHAMPION || c == FAKE_HAS_SPONSOR ||
                            c == FAKE_CRITICAL_TICKETS || c == FAKE_OPEN_TICKETS;
            value = is_change ? value - 0.6 : value;
            value = is_whole ? floor(value) : value;
            set(f, row, (enum fake_column)c, cn_rng_between(rng, 0, 4) == 0 ? NAN : value);
        }
    }
}

static const char wide_card[] =
    "scorecard: wide\n"
    "priority: 100\n"
    "applies_when: arr > 120000.0\n"
    "min_coverage: 0.2\n"
    "groups:\n"
    "  - name: a\n"
    "    weight: 33.3\n"
    "    floor: 35\n"
    "    cap: 62.5\n"
    "    groups:\n"
    "      - name: deep\n"
    "        weight: 0.1\n"
    "        min_coverage: 0\n"
    "        needs: 2\n"
    "        floor: 20\n"
    "        measures:\n"
    "          - {name: x, weight: 1, score: logins, missing: neutral, neutral: 33}\n"
    "          - {name: y, weight: 3, score: breadth, age: survey_age, validity: 20d,\n"
    "             halflife: 30d, stale: drop}\n"
    "    measures:\n"
    "      - {name: z, weight: 0.7, value: csat, map: {0: 100, 20: 10, 70: 15, 90: 0}}\n"
    "  - name: b\n"
    "    weight: 21.7\n"
    "    measures:\n"
    "      - {name: t, weight: 1, score: tickets, age: survey_age, validity: 60d}\n"
    "      - {name: s, weight: 1, score: sponsor, missing: zero}\n"
    "exceptions:\n"
    "  - {when: logins > breadth, floor: 20, because: logins}\n"
    "  - {when: has_champion, cap: 70, because: champion}\n"
    "  - {when: csat < 5.0, set: 12.345, because: unhappy}\n";

static void compile_all(struct fixture *f)
{
    struct cn_program_files shipped;
    cn_program_shipped(&f->arena, &shipped);
    struct cn_program_files files = {
        cn_arena_array(&f->arena, struct cn_program_file, shipped.count + 1), shipped.count + 1
    };
    memcpy(files.items, shipped.items, shipped.count * sizeof(*files.items));
    files.items[shipped.count] =
        (struct cn_program_file){ CN_STR("wide.yaml"), cn_str_of(wide_card) };
    assert_true(compile(f, &files));
}

static void explanations_equal_the_batch_and_add_up(void **state)
{
    struct fixture *f = *state;
    struct cn_rng rng = { 21 };
    compile_all(f);
    add_accounts(f, 2000);
    for (int round = 0; round < 3; round++) {
        scatter(f, &rng, 2000);
        evaluate(f, NULL);
        for (uint32_t row = 0; row < 2000; row++) {
            struct cn_health_score score = cn_health_state_get(&f->health, row);
            struct cn_explanation why = explain(f, row);
            assert_int_equal(why.score.has_points, score.has_points);
            assert_int_equal(why.score.points, score.points);
            assert_int_equal(why.score.confidence, score.confidence);
            assert_int_equal(why.score.scorecard, score.scorecard);
            assert_int_equal(why.score.fired, score.fired);
            assert_int_equal(why.score.is_grey, score.is_grey);
            if (why.score.has_points) {
                assert_adds_up(&why, false);
            }
            cn_arena_reset(&f->scratch);
        }
    }
}

static void changes_add_up_whatever_changed(void **state)
{
    struct fixture *f = *state;
    struct cn_rng rng = { 22 };
    struct cn_frame *before = cn_frame_new(f->strings);
    size_t explained = 0;
    compile_all(f);
    add_accounts(f, 1500);
    for (int64_t i = 1; i <= 1500; i++) {
        (void)cn_frame_add(before, i);
    }
    cn_frame_use(before, &f->columns, NULL);
    struct cn_frame *after = f->frame;
    scatter(f, &rng, 1500);
    f->frame = before; /* with what rules make of it */
    evaluate(f, NULL);
    f->frame = after;
    scatter(f, &rng, 1500);
    evaluate(f, NULL);
    for (uint32_t row = 0; row < 1500; row++) {
        struct cn_health_score shown = { .has_points = true,
                                         .points = (int32_t)cn_rng_between(&rng, 0, 100000) };
        struct cn_explain_at then = {
            .model = f->model, .frame = before, .row = row, .shown = row % 2 == 0 ? &shown : NULL
        };
        struct cn_explain_at now = { .model = f->model, .frame = f->frame, .row = row };
        struct cn_explanation why;
        assert_true(cn_health_explain_change(&then, &now, &f->scratch, &why, &f->err));
        if (why.has_change) {
            explained++;
            assert_adds_up(&why, true);
            if (row % 2 == 0) {
                assert_int_equal(why.change, why.score.points - shown.points);
            }
        }
        cn_arena_reset(&f->scratch);
    }
    assert_true(explained > 500);
    cn_frame_free(before);
}

/* What somebody says at random; `cells` are of the columns "csat" and "survey_age". */
static struct cn_explain_said say(struct cn_rng *rng, struct cn_explain_cell *cells)
{
    const bool has = cn_rng_between(rng, 0, 3) > 0;
    cells[0] = (struct cn_explain_cell){ CN_STR("csat"), has, cn_rng_unit(rng) * 110 };
    cells[1] = (struct cn_explain_cell){ CN_STR("survey_age"), has, cn_rng_unit(rng) * 200 };
    return (struct cn_explain_said){ .override_id = (int64_t)cn_rng_between(rng, 0, 3),
                                     .override = (int32_t)cn_rng_between(rng, 0, 100) * 1000,
                                     .stands_first = cn_rng_between(rng, 0, 3) > 0,
                                     .sentiment_id = (int64_t)cn_rng_between(rng, 0, 3),
                                     .cells = cells,
                                     .cell_count = 2 };
}

static void changes_add_up_whatever_was_said(void **state)
{
    enum {
        ROWS = 1500
    };
    struct fixture *f = *state;
    struct cn_rng rng = { 27 };
    struct cn_frame *before = cn_frame_new(f->strings);
    size_t explained = 0;
    size_t sentiments = 0;
    size_t overrides = 0;
    compile_all(f);
    add_accounts(f, ROWS);
    for (int64_t i = 1; i <= ROWS; i++) {
        (void)cn_frame_add(before, i);
    }
    cn_frame_use(before, &f->columns, NULL);
    scatter(f, &rng, ROWS);
    assert_true(cn_frame_fill(before, 0, NULL, &f->when, CN_PACE_FACT, &f->err));
    scatter(f, &rng, ROWS);
    evaluate(f, NULL);
    for (uint32_t row = 0; row < ROWS; row++) {
        struct cn_explain_cell cells[2][2];
        struct cn_health_score shown = { .has_points = true,
                                         .points = (int32_t)cn_rng_between(&rng, 0, 100000) };
        struct cn_explain_said was = say(&rng, cells[0]);
        struct cn_explain_said is = say(&rng, cells[1]);
        is.stands_first = was.stands_first; /* a setting */
        if (is.override_id == was.override_id) {
            is.override = was.override;
        }
        struct cn_explain_at then = { .model = f->model,
                                      .frame = before,
                                      .row = row,
                                      .shown = row % 2 == 0 ? &shown : NULL,
                                      .said = &was };
        struct cn_explain_at now = {
            .model = f->model, .frame = f->frame, .row = row, .said = &is
        };
        struct cn_explanation plain = explain(f, row);
        struct cn_explanation why;
        assert_true(cn_health_explain_change(&then, &now, &f->scratch, &why, &f->err));
        assert_int_equal(explain(f, row).score.points, plain.score.points); /* nothing was left */
        const bool by_hand = is.override_id != 0 && is.stands_first && why.score.has_points;
        assert_int_equal(why.effective, by_hand ? is.override : why.score.points);
        if (why.has_change) {
            explained++;
            assert_adds_up(&why, true);
            assert_adds_up(&why, false);
            assert_int_equal(why.change, why.effective - why.was);
            const struct cn_explain_item *sentiment = find_item(&why, "judgements/sentiment");
            assert_int_equal(sentiment != NULL, was.sentiment_id != is.sentiment_id);
            sentiments += sentiment != NULL && sentiment->change != 0;
            const struct cn_explain_item *ended = find_item(&why, "judgements/override-ended");
            overrides += ended != NULL && ended->change != 0;
            if (was.override_id != 0 && was.stands_first) {
                assert_int_equal(why.was, was.override);
            } else if (row % 2 == 0) {
                assert_int_equal(why.was, shown.points);
            }
        }
        cn_arena_reset(&f->scratch);
    }
    assert_true(explained > 500);
    assert_true(sentiments > 100);
    assert_true(overrides > 100);
    cn_frame_free(before);
}

static void what_was_said_has_lines_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct cn_explanation why;
    compile_text(f, "scorecard: felt\n"
                    "measures:\n"
                    "  - {name: logins, weight: 1, score: logins}\n"
                    "  - {name: feeling, weight: 1, score: csat}\n");
    add_accounts(f, 1);
    struct cn_frame *before = cn_frame_new(f->strings);
    (void)cn_frame_add(before, 1);
    cn_frame_use(before, &f->columns, NULL);
    set(f, 0, FAKE_LOGINS, 60);
    set(f, 0, FAKE_CSAT, 80);
    assert_true(cn_frame_fill(before, 0, NULL, &f->when, CN_PACE_FACT, &f->err));
    set(f, 0, FAKE_LOGINS, 50);
    set(f, 0, FAKE_CSAT, 20);
    evaluate(f, NULL);
    const struct cn_explain_cell cell = { CN_STR("csat"), true, 80 };
    const struct cn_explain_said was = { .override_id = 1,
                                         .override = 30000,
                                         .stands_first = true,
                                         .override_by = CN_STR("Pat on 2026-11-20: their CFO left"),
                                         .sentiment_id = 2,
                                         .sentiment = 80,
                                         .cells = &cell,
                                         .cell_count = 1 };
    const struct cn_explain_said is = { .stands_first = true, .sentiment_id = 3, .sentiment = 20 };
    struct cn_explain_at then = { .model = f->model, .frame = before, .said = &was };
    struct cn_explain_at now = { .model = f->model, .frame = f->frame, .said = &is };
    assert_true(cn_health_explain_change(&then, &now, &f->arena, &why, &f->err));
    assert_int_equal(why.was, 30000);
    assert_int_equal(why.effective, 35000);
    assert_int_equal(why.change, 5000);
    assert_int_equal(item_of(&why, "logins")->change, -5000);
    assert_int_equal(item_of(&why, "feeling")->change, 0);
    assert_int_equal(item_of(&why, "judgements/sentiment")->change, -30000);
    assert_str(item_of(&why, "judgements/sentiment")->name, "sentiment set: 20, before 80");
    assert_int_equal(item_of(&why, "judgements/override-ended")->change,
                     40000); /* 70 was computed */
    assert_str(item_of(&why, "judgements/override-ended")->reason,
               "Pat on 2026-11-20: their CFO left");
    cn_frame_free(before);
}

static void a_change_names_what_moved(void **state)
{
    struct fixture *f = *state;
    struct cn_frame *before = cn_frame_new(f->strings);
    compile_text(f, "scorecard: h1\n" H1_GROUPS(
                        "skip") "exceptions:\n"
                                "  - {when: \"!has_champion\", cap: 49, because: no champion}\n");
    set_h1(f);
    (void)cn_frame_add(before, 1);
    cn_frame_use(before, &f->columns, NULL);
    set(f, 0, FAKE_HAS_CHAMPION, 0);
    assert_true(cn_frame_fill(before, 0, NULL, &f->when, CN_PACE_FACT, &f->err));
    set(f, 0, FAKE_HAS_CHAMPION, 1);
    set(f, 0, FAKE_LOGINS, 90); /* 60 % of 50 % of 10: 3 points */
    set(f, 0, FAKE_CSAT, 50);   /* support from 70 to 60: 2 points less */
    evaluate(f, NULL);
    struct cn_explain_at then = { .model = f->model, .frame = before };
    struct cn_explain_at now = { .model = f->model, .frame = f->frame };
    struct cn_explanation why;
    assert_true(cn_health_explain_change(&then, &now, &f->arena, &why, &f->err));
    assert_int_equal(why.change, 4000); /* 49 to 53 */
    assert_int_equal(item_of(&why, "usage/logins")->change, 3000);
    assert_int_equal(item_of(&why, "usage")->change, 3000);
    assert_int_equal(item_of(&why, "support")->change, -2000);
    assert_int_equal(item_of(&why, "relationship")->change, 0);
    assert_int_equal(item_of(&why, "exceptions/1")->change, 3000);
    assert_int_equal(item_of(&why, "exceptions/1")->points, 0);
    assert_str(item_of(&why, "exceptions/1")->reason, "no longer true");
    cn_frame_free(before);
}

/* H1's usage is 64: capped at 50 it gives 7 less, and a support of which both parts are needed is
 * left out. */
static void a_groups_bounds_have_their_line(void **state)
{
    struct fixture *f = *state;
    struct cn_frame *before = cn_frame_new(f->strings);
    compile_text(f, "scorecard: h1\n"
                    "groups:\n"
                    "  - name: usage\n"
                    "    weight: 50\n"
                    "    cap: 50\n"
                    "    measures:\n"
                    "      - {name: logins, weight: 60, score: logins}\n"
                    "      - {name: breadth, weight: 40, score: breadth}\n"
                    "  - name: support\n"
                    "    weight: 20\n"
                    "    needs: 2\n"
                    "    measures:\n"
                    "      - {name: csat, weight: 50, score: csat}\n"
                    "      - {name: tickets, weight: 50, score: tickets}\n"
                    "  - name: relationship\n"
                    "    weight: 30\n"
                    "    measures: [{name: sponsor, weight: 1, score: sponsor}]\n");
    set_h1(f);
    (void)cn_frame_add(before, 1);
    cn_frame_use(before, &f->columns, NULL);
    assert_true(cn_frame_fill(before, 0, NULL, &f->when, CN_PACE_FACT, &f->err));
    struct cn_health_score score = score_of(f, 0);
    assert_int_equal(score.points, 38750); /* (50 x 50 + 30 x 20) / 80 */
    struct cn_explanation why = explain(f, 0);
    assert_int_equal(why.score.points, score.points);
    assert_int_equal(item_of(&why, "usage")->points, 31250);
    assert_int_equal(item_of(&why, "usage/logins")->points, 30000);
    assert_int_equal(item_of(&why, "usage/breadth")->points, 10000);
    assert_int_equal(item_of(&why, "usage/cap")->points, -8750);
    assert_int_equal(item_of(&why, "usage/cap")->kind, CN_EXPLAIN_BOUND);
    assert_str(item_of(&why, "usage/cap")->reason, "the group is at most 50");
    assert_str(item_of(&why, "support")->reason, "1 of the 2 parts that it needs: left out");
    assert_adds_up(&why, false);
    set(f, 0, FAKE_LOGINS, 50); /* the cap no longer bites: 46 */
    evaluate(f, NULL);
    struct cn_explain_at then = { .model = f->model, .frame = before };
    struct cn_explain_at now = { .model = f->model, .frame = f->frame };
    assert_true(cn_health_explain_change(&then, &now, &f->arena, &why, &f->err));
    assert_int_equal(why.change, -2500);
    assert_int_equal(item_of(&why, "usage/logins")->change, -11250);
    assert_int_equal(item_of(&why, "usage/cap")->change, 8750);
    assert_str(item_of(&why, "usage/cap")->reason, "no longer needed");
    assert_adds_up(&why, true);
    cn_frame_free(before);
}

static void what_another_scorecard_makes_of_it_is_a_line_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct cn_frame *before = cn_frame_new(f->strings);
    compile_text(f, "scorecard: small\npriority: 1\nmeasures:\n"
                    "  - {name: logins, weight: 1, score: logins}\n");
    struct cn_health_model *small = f->model;
    compile_text(f, "scorecard: large\npriority: 2\nmeasures:\n"
                    "  - {name: logins, weight: 1, score: logins}\n"
                    "  - {name: breadth, weight: 3, score: breadth}\n");
    add_accounts(f, 1);
    (void)cn_frame_add(before, 1);
    set(f, 0, FAKE_LOGINS, 80);
    set(f, 0, FAKE_BREADTH, 40);
    cn_frame_use(before, &f->columns, NULL);
    assert_true(cn_frame_fill(before, 0, NULL, &f->when, CN_PACE_FACT, &f->err));
    set(f, 0, FAKE_BREADTH, 60);
    evaluate(f, NULL);
    struct cn_explain_at then = { .model = small, .frame = before };
    struct cn_explain_at now = { .model = f->model, .frame = f->frame };
    struct cn_explanation why;
    assert_true(cn_health_explain_change(&then, &now, &f->arena, &why, &f->err));
    assert_int_equal(why.change, 65000 - 80000);
    assert_int_equal(item_of(&why, "breadth")->change, 15000); /* 3/4 of 20 */
    assert_int_equal(item_of(&why, "logins")->change, 0);
    assert_int_equal(item_of(&why, "rules")->change, 50000 - 80000); /* by the new rules, then */
    assert_int_equal(item_of(&why, "rules")->kind, CN_EXPLAIN_RULES);
    assert_int_equal(item_of(&why, "rules/logins")->change, 20000 - 80000); /* a quarter of it */
    assert_str(item_of(&why, "rules/logins")->reason, "weighs 25.0 % of the score, was 100.0 %");
    assert_int_equal(item_of(&why, "rules/breadth")->change, 30000);
    assert_str(item_of(&why, "rules/breadth")->reason, "a new measure");
    assert_str(item_of(&why, "breadth")->was_text, "40");
    assert_adds_up(&why, true);
    cn_frame_free(before);
}

/* Another version of the wide scorecard: other weights, one measure less and one more, another
 * exception. */
static const char wider_card[] =
    "scorecard: wide\n"
    "priority: 100\n"
    "applies_when: arr > 110000.0\n"
    "min_coverage: 0.2\n"
    "groups:\n"
    "  - name: a\n"
    "    weight: 12.5\n"
    "    measures:\n"
    "      - {name: z, weight: 0.7, value: csat, map: {0: 100, 20: 10, 70: 35, 90: 0}}\n"
    "      - {name: x, weight: 1.1, score: logins}\n"
    "  - name: b\n"
    "    weight: 51\n"
    "    measures:\n"
    "      - {name: t, weight: 2, score: tickets}\n"
    "      - {name: s, weight: 1, score: sponsor, missing: neutral, neutral: 10}\n"
    "exceptions:\n"
    "  - {when: logins > breadth, floor: 25, because: logins}\n"
    "  - {when: has_sponsor, cap: 80, because: sponsor}\n";

/* Both moments of a frame's rows explained against each other under both versions; how many
 * changes there were. */
static size_t explain_all(struct fixture *f, const struct cn_frame *before,
                          const struct cn_health_model *old, struct cn_rng *rng, size_t rows)
{
    size_t explained = 0;
    for (uint32_t row = 0; row < rows; row++) {
        struct cn_health_score was = { .has_points = true,
                                       .points = (int32_t)cn_rng_between(rng, 0, 100000) };
        struct cn_health_score is = { .has_points = true,
                                      .points = (int32_t)cn_rng_between(rng, 0, 100000) };
        struct cn_explain_at then = {
            .model = row % 3 == 0 ? f->model : old,
            .frame = before,
            .row = row,
            .version = row % 3 == 0 ? 2 : 1,
            .shown = row % 2 == 0 ? &was : NULL,
        };
        struct cn_explain_at now = { .model = f->model,
                                     .frame = f->frame,
                                     .row = row,
                                     .version = 2,
                                     .shown = row % 5 == 0 ? &is : NULL };
        struct cn_explain_at alone = {
            .model = f->model, .frame = f->frame, .row = row, .when = f->when, .scores = &f->health
        };
        struct cn_explanation why;
        assert_true(cn_health_explain(&alone, &f->scratch, &why, &f->err));
        if (why.score.has_points) {
            assert_adds_up(&why, false);
        }
        assert_true(cn_health_explain_change(&then, &now, &f->scratch, &why, &f->err));
        if (why.has_change) {
            explained++;
            assert_adds_up(&why, true);
            assert_adds_up(&why, false);
        }
        cn_arena_reset(&f->scratch);
    }
    return explained;
}

/* EXPLANATIONS says how many; script/soak asks for a million. */
static size_t wanted(void)
{
    const char *text = getenv("EXPLANATIONS"); /* NOLINT(concurrency-mt-unsafe): one thread */
    int64_t number = 1000;
    if (text != NULL) {
        assert_true(cn_parse_i64((cn_str){ text, strlen(text) }, &number));
    }
    return (size_t)number;
}

static void random_explanations_add_up(void **state)
{
    enum {
        ROWS = 500
    };
    struct fixture *f = *state;
    struct cn_rng rng = { 23 };
    size_t explained = 0;
    compile_text(f, wider_card);
    struct cn_health_model *old = f->model;
    compile_all(f);
    add_accounts(f, ROWS);
    struct cn_frame *before = cn_frame_new(f->strings);
    for (int64_t i = 1; i <= ROWS; i++) {
        (void)cn_frame_add(before, i);
    }
    cn_frame_use(before, &f->columns, NULL);
    for (const size_t count = wanted(); explained < count;) {
        scatter(f, &rng, ROWS);
        assert_true(cn_frame_fill(before, 0, NULL, &f->when, CN_PACE_FACT, &f->err));
        scatter(f, &rng, ROWS);
        evaluate(f, NULL);
        const size_t more = explain_all(f, before, old, &rng, ROWS);
        assert_true(more > ROWS / 4);
        explained += more;
    }
    cn_frame_free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("explanations equal the batch and add up", explanations_equal_the_batch_and_add_up),
        TEST("changes add up whatever changed", changes_add_up_whatever_changed),
        TEST("capabilities 16: the floor, the cap and the needs of a group have their lines",
             a_groups_bounds_have_their_line),
        TEST("a change names what moved", a_change_names_what_moved),
        TEST("capabilities 28: changes add up whatever was said, with an override at either end",
             changes_add_up_whatever_was_said),
        TEST("capabilities 28: a sentiment and an override have lines of their own",
             what_was_said_has_lines_of_its_own),
        TEST("capabilities 28: explanations of random facts under random rules add up",
             random_explanations_add_up),
        TEST("what another scorecard makes of it is a line of its own",
             what_another_scorecard_makes_of_it_is_a_line_of_its_own),
    };
    return cmocka_run_group_tests_name("health_explain", tests, NULL, NULL);
}
