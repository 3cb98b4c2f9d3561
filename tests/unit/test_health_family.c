/* Parents that take the scores of their children, and shadows that are scored beside. */
#include "base/random.h"

#include "tests/unit/health_fixture.h"

/* A holding (1) with three subsidiaries (2 to 4), of which 4 has one of its own (5). */
#define FAMILY(take, share)                                  \
    "scorecard: parents\n"                                   \
    "priority: 2\n"                                          \
    "applies_when: has_sponsor\n"                            \
    "children: {take: " take ", share: " share "}\n"         \
    "measures: [{name: logins, weight: 1, score: logins}]\n" \
    "exceptions:\n"                                          \
    "  - {when: \"!has_champion\", cap: 49, because: no champion}\n"

static const char plain_card[] = "scorecard: plain\n"
                                 "priority: 1\n"
                                 "measures: [{name: logins, weight: 1, score: logins}]\n";

static void compile_two(struct fixture *f, const char *first, const char *second)
{
    struct cn_program_file items[] = { { CN_STR("a.yaml"), cn_str_of(first) },
                                       { CN_STR("b.yaml"), cn_str_of(second) } };
    struct cn_program_files files = { items, 2 };
    if (!compile(f, &files)) {
        fail_msg("%.*s", CN_STR_ARG(f->problems.items[0].message));
    }
}

static void set_family(struct fixture *f)
{
    static const double logins[] = { 90, 80, 20, 10, 60 };
    static const double arr[] = { 5000, 1000, 3000, NAN, 1000 };
    static const double parents[] = { NAN, 1, 1, 1, 4 };
    add_accounts(f, 5);
    for (size_t row = 0; row < 5; row++) {
        set(f, row, FAKE_LOGINS, logins[row]);
        set(f, row, FAKE_ARR, arr[row]);
        set(f, row, FAKE_PARENT, parents[row]);
        set(f, row, FAKE_HAS_SPONSOR, row == 0 || row == 3);
        set(f, row, FAKE_HAS_CHAMPION, 1);
    }
}

static int32_t points_of(struct fixture *f, const char *card)
{
    compile_two(f, card, plain_card);
    return score_of(f, 0).points;
}

/* 4 is half its own 10 and half the 60 of 5: 35. */
static void a_parent_takes_mean_least_or_weighted_by_arr(void **state)
{
    struct fixture *f = *state;
    set_family(f);
    assert_int_equal(points_of(f, FAMILY("mean", "0.5")), 67500); /* 90, and (80 + 20 + 35) / 3 */
    assert_int_equal(cn_health_state_get(&f->health, 3).points, 35000);
    assert_int_equal(points_of(f, FAMILY("least", "0.5")), 55000); /* 90 and 20 */
    assert_int_equal(points_of(f, FAMILY("arr", "0.5")), 62500);   /* 90, and (80 + 3 x 20) / 4 */
    assert_int_equal(points_of(f, FAMILY("mean", "1")), 53333);    /* (80 + 20 + 60) / 3 */
    assert_int_equal(points_of(f, FAMILY("mean", "0")), 90000);
    set(f, 0, FAKE_HAS_CHAMPION, 0);
    assert_int_equal(points_of(f, FAMILY("mean", "0.5")), 49000); /* exceptions come after */
}

static void what_is_missing_leaves_the_other_alone(void **state)
{
    struct fixture *f = *state;
    set_family(f);
    compile_two(f, FAMILY("mean", "0.5"), plain_card);
    set(f, 0, FAKE_LOGINS, NAN); /* no data of its own: the children alone */
    struct cn_health_score score = score_of(f, 0);
    assert_int_equal(score.points, 45000);
    assert_int_equal(score.confidence, 500);
    set(f, 0, FAKE_LOGINS, 90);
    for (size_t row = 1; row < 5; row++) {
        set(f, row, FAKE_LOGINS, NAN);
    }
    score = score_of(f, 0);
    assert_int_equal(score.points, 90000);
    assert_int_equal(score.confidence, 500);
}

static void the_parent_follows_a_child_that_alone_is_evaluated(void **state)
{
    struct fixture *f = *state;
    struct cn_bitmap rows = { 0 };
    set_family(f);
    compile_two(f, FAMILY("mean", "0.5"), plain_card);
    evaluate(f, NULL);
    cn_bitmap_resize(&rows, 5);
    cn_bitmap_fill(cn_frame_dirty(f->frame), false);
    cn_bitmap_add(&rows, 4);
    set(f, 4, FAKE_LOGINS, 90); /* 4 becomes 50, 1 has 90 and 50 */
    evaluate(f, &rows);
    assert_int_equal(cn_health_state_get(&f->health, 3).points, 50000);
    assert_int_equal(cn_health_state_get(&f->health, 0).points, 70000);
    assert_int_equal(f->changes.count, 3);
    assert_int_equal(f->changes.items[0].row, 0);
    assert_int_equal(f->changes.items[2].row, 4);
    assert_true(cn_bitmap_has(cn_frame_dirty(f->frame), 0));
    assert_false(cn_bitmap_has(cn_frame_dirty(f->frame), 1));
    set(f, 1, FAKE_PARENT, NAN); /* it leaves the family */
    cn_bitmap_fill(&rows, false);
    cn_bitmap_add(&rows, 1);
    evaluate(f, &rows);
    assert_int_equal(cn_health_state_get(&f->health, 0).points, 62500); /* 90, and (20 + 50) / 2 */
    cn_bitmap_deinit(&rows);
}

enum {
    BOOK = 700,   /* several words of rows, and no whole number of them */
    PARENTS = 30, /* any of these rows may have children */
};

static uint32_t parent_place(uint32_t i)
{
    return i * 23; /* among their children, which may be far away */
}

static bool is_parent_place(size_t row)
{
    return row % 23 == 0 && row / 23 < PARENTS;
}

/* Who has which parent; some of those have no child. */
static void move_children(struct fixture *f, struct cn_rng *rng, uint32_t parents[BOOK])
{
    for (uint32_t row = 0; row < BOOK; row++) {
        bool has_parent = !is_parent_place(row) && cn_rng_between(rng, 0, 9) < 2;
        parents[row] = has_parent ? parent_place((uint32_t)cn_rng_between(rng, 0, PARENTS - 1)) : 0;
        parents[row] += has_parent ? 1 : 0; /* the account, which is one more than the row */
        set(f, row, FAKE_PARENT, has_parent ? (double)parents[row] : NAN);
        set(f, row, FAKE_LOGINS, (double)cn_rng_between(rng, 0, 100));
    }
}

/* Half its own, half the mean of the children; without any its own, as one that is no parent. */
static void assert_by_hand(const struct fixture *f, const uint32_t parents[BOOK], uint32_t row)
{
    const double *logins = f->table.cells[FAKE_LOGINS];
    const struct cn_health_score score = cn_health_state_get(&f->health, row);
    const enum cn_children takes = f->model->scorecards[score.scorecard].children;
    double sum = 0;
    double count = 0;
    for (uint32_t child = 0; child < BOOK; child++) {
        bool counts = parents[child] == row + 1 && cn_frame_accounts(f->frame)[child] != 0;
        sum += counts ? logins[child] * 1000.0 : 0;
        count += counts ? 1 : 0;
    }
    double own = logins[row] * 1000.0;
    assert_int_equal(takes, count > 0 ? CN_CHILDREN_MEAN : CN_CHILDREN_NONE);
    assert_int_equal(score.points,
                     (int32_t)(count > 0 ? 0.5 * own + 0.5 * (sum / count) + 0.5 : own));
}

static void a_large_book_has_its_families_wherever_they_are(void **state)
{
    struct fixture *f = *state;
    struct cn_rng rng = { 20 };
    uint32_t parents[BOOK];
    add_accounts(f, BOOK);
    compile_two(f,
                "scorecard: parents\n"
                "priority: 2\n"
                "applies_when: children.count() > 0.0\n"
                "children: {take: mean, share: 0.5}\n"
                "measures: [{name: logins, weight: 1, score: logins}]\n",
                plain_card);
    for (int round = 0; round < 6; round++) {
        move_children(f, &rng, parents);
        if (round == 3) {
            assert_true(cn_frame_remove(f->frame, 1 + parent_place(2)));
            assert_true(cn_frame_remove(f->frame, 1 + 641));
        }
        evaluate(f, NULL);
        for (uint32_t row = 0; row < BOOK; row++) {
            if (cn_frame_accounts(f->frame)[row] != 0) {
                assert_by_hand(f, parents, row);
            }
        }
    }
}

static void a_cycle_ends(void **state)
{
    struct fixture *f = *state;
    set_family(f);
    set(f, 0, FAKE_PARENT, 4);
    compile_two(f, FAMILY("mean", "0.5"), plain_card);
    assert_true(score_of(f, 0).has_points);
}

static void the_part_of_the_children_is_explained(void **state)
{
    struct fixture *f = *state;
    struct cn_frame *before = cn_frame_new(f->strings);
    struct cn_health_state was;
    set_family(f);
    compile_two(f, FAMILY("mean", "0.5"), plain_card);
    for (int64_t i = 1; i <= 5; i++) {
        (void)cn_frame_add(before, i);
    }
    cn_frame_use(before, &f->columns, NULL);
    struct cn_frame *after = f->frame;
    f->frame = before;
    evaluate(f, NULL);
    was = f->health;
    cn_health_state_init(&f->health);
    f->frame = after;
    evaluate(f, NULL);
    struct cn_explanation why = explain(f, 0);
    assert_int_equal(why.score.points, 67500);
    assert_int_equal(item_of(&why, "logins")->points, 45000);
    assert_int_equal(item_of(&why, "children")->points, 22500);
    assert_str(item_of(&why, "children")->reason, "the mean of 3 child accounts");
    assert_int_equal(item_of(&why, "children/1")->points, 13333);
    assert_int_equal(item_of(&why, "children/1")->account_id, 2);
    assert_adds_up(&why, false);
    set(f, 1, FAKE_LOGINS, 50); /* a third of a half of 30 */
    set(f, 0, FAKE_LOGINS, 80);
    set(f, 2, FAKE_PARENT, NAN); /* who took the mean down */
    evaluate(f, NULL);
    struct cn_explain_at then = { .model = f->model, .frame = before, .scores = &was };
    struct cn_explain_at now = { .model = f->model, .frame = f->frame, .scores = &f->health };
    assert_true(cn_health_explain_change(&then, &now, &f->arena, &why, &f->err));
    assert_int_equal(why.change, 61250 - 67500); /* 80, and (50 + 35) / 2 */
    assert_int_equal(item_of(&why, "logins")->change, -5000);
    assert_int_equal(item_of(&why, "children")->change, -1250);
    assert_adds_up(&why, true);
    cn_health_state_deinit(&was);
    cn_frame_free(before);
}

static void scatter_family(struct fixture *f, struct cn_rng *rng, size_t rows)
{
    for (size_t row = 0; row < rows; row++) {
        set(f, row, FAKE_LOGINS, cn_rng_between(rng, 0, 5) == 0 ? NAN : cn_rng_unit(rng) * 100);
        set(f, row, FAKE_ARR, cn_rng_between(rng, 0, 5) == 0 ? NAN : cn_rng_unit(rng) * 1e6);
        set(f, row, FAKE_PARENT,
            row < 10 || cn_rng_between(rng, 0, 3) == 0
                ? NAN
                : (double)cn_rng_between(rng, 1, (int64_t)(row / (row < 400 ? 2 : 40)) + 1));
        set(f, row, FAKE_HAS_SPONSOR, (double)cn_rng_between(rng, 0, 1));
        set(f, row, FAKE_HAS_CHAMPION, (double)cn_rng_between(rng, 0, 1));
    }
}

/* More children than have lines of their own, too. */
static void explanations_of_random_families_add_up(void **state)
{
    struct fixture *f = *state;
    static const char *const cards[] = { FAMILY("mean", "0.3"), FAMILY("least", "0.65"),
                                         FAMILY("arr", "1") };
    enum {
        ROWS = 1500
    };
    struct cn_rng rng = { 31 };
    struct cn_frame *before = cn_frame_new(f->strings);
    struct cn_frame *after = f->frame;
    size_t explained = 0;
    add_accounts(f, ROWS);
    for (int64_t i = 1; i <= ROWS; i++) {
        (void)cn_frame_add(before, i);
    }
    for (size_t c = 0; c < CN_ARRAY_LEN(cards); c++) {
        struct cn_health_state was;
        compile_two(f, cards[c], plain_card);
        cn_frame_use(before, &f->columns, NULL);
        scatter_family(f, &rng, ROWS);
        f->frame = before;
        evaluate(f, NULL);
        was = f->health;
        cn_health_state_init(&f->health);
        f->frame = after;
        scatter_family(f, &rng, ROWS);
        evaluate(f, NULL);
        for (uint32_t row = 0; row < ROWS; row++) {
            struct cn_health_score score = cn_health_state_get(&f->health, row);
            struct cn_explain_at then = {
                .model = f->model, .frame = before, .row = row, .scores = &was
            };
            struct cn_explain_at now = {
                .model = f->model, .frame = f->frame, .row = row, .scores = &f->health
            };
            struct cn_explanation why;
            assert_true(cn_health_explain_change(&then, &now, &f->scratch, &why, &f->err));
            assert_int_equal(why.score.has_points, score.has_points);
            assert_int_equal(why.score.points, score.points);
            assert_int_equal(why.score.confidence, score.confidence);
            if (score.has_points) {
                assert_adds_up(&why, false);
            }
            if (why.has_change) {
                explained++;
                assert_adds_up(&why, true);
            }
            cn_arena_reset(&f->scratch);
        }
        cn_health_state_deinit(&was);
    }
    assert_true(explained > 2000);
    cn_frame_free(before);
}

static void a_shadow_is_scored_beside_and_decides_nothing(void **state)
{
    struct fixture *f = *state;
    add_accounts(f, 2);
    set(f, 0, FAKE_LOGINS, 80);
    set(f, 0, FAKE_BREADTH, 40);
    set(f, 1, FAKE_LOGINS, 60);
    set(f, 1, FAKE_BREADTH, 10);
    set(f, 0, FAKE_HAS_CHAMPION, 1);
    set(f, 1, FAKE_HAS_CHAMPION, 0);
    compile_two(f, plain_card,
                "scorecard: next\n"
                "shadow: true\n"
                "priority: 100\n"
                "applies_when: has_champion\n"
                "measures: [{name: breadth, weight: 1, score: breadth}]\n");
    struct cn_health_score live = score_of(f, 0);
    assert_int_equal(live.points, 80000);
    assert_str(f->model->scorecards[live.scorecard].name, "plain");
    struct cn_health_score shadow = cn_health_state_get(&f->health.shadows[0], 0);
    assert_int_equal(shadow.points, 40000);
    assert_int_equal(shadow.band, CN_BAND_RED);
    assert_str(f->model->scorecards[shadow.scorecard].name, "next");
    assert_int_equal(cn_health_state_get(&f->health.shadows[0], 1).scorecard, -1);
    struct cn_explanation why;
    struct cn_explain_at at = { .model = f->model, .frame = f->frame, .scores = &f->health };
    assert_true(cn_health_explain_by(&at, shadow.scorecard, &f->arena, &why, &f->err));
    assert_int_equal(why.score.points, 40000);
    assert_int_equal(item_of(&why, "breadth")->points, 40000);
    f->changes.count = 0;
    set(f, 0, FAKE_BREADTH, 90); /* moves the shadow alone */
    evaluate(f, NULL);
    assert_int_equal(f->changes.count, 0);
    assert_int_equal(cn_health_state_get(&f->health.shadows[0], 0).points, 90000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("capabilities 27: a parent takes its children's mean, least, or mean by ARR",
             a_parent_takes_mean_least_or_weighted_by_arr),
        TEST("capabilities 27: without data of its own, or of children, the other is all",
             what_is_missing_leaves_the_other_alone),
        TEST("capabilities 27: the parent follows a child that alone was evaluated",
             the_parent_follows_a_child_that_alone_is_evaluated),
        TEST("capabilities 27: a large book has its families, wherever their rows are",
             a_large_book_has_its_families_wherever_they_are),
        TEST("capabilities 27: a cycle of accounts ends", a_cycle_ends),
        TEST("capabilities 27: the part of the children is explained to the last digit",
             the_part_of_the_children_is_explained),
        TEST("capabilities 28: explanations of random families add up",
             explanations_of_random_families_add_up),
        TEST("capabilities 26: a shadow is scored beside and decides nothing",
             a_shadow_is_scored_beside_and_decides_nothing),
    };
    return cmocka_run_group_tests_name("health_family", tests, NULL, NULL);
}
