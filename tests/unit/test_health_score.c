/* The arithmetic of scorecards: kernels, trees, colours and shares, without expressions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#include "health/evaluate.h"
#include "health/kernel.h"
#include "health/split.h"
#include "health/status.h"
#include "tests/unit/health_builder.h"
#include "tests/unit/unit.h"

enum {
    RULES = 64,
    SCORECARD = 5,
    UNTOUCHED = 0x55555555
};

static const struct cn_health_bands bands = { 50000, 75000, 3000 };

/* formulas.md 3.2; the values are the scores themselves. */
enum {
    LOGINS,
    BREADTH,
    CSAT,
    TICKETS,
    SPONSOR
};

static void make_h1(struct builder *b)
{
    memset(b, 0, sizeof(*b));
    add(b, CN_HEALTH_GROUP, 0, 1);
    add(b, CN_HEALTH_GROUP, 0, 0.5);
    add(b, CN_HEALTH_MEASURE, 1, 60);
    add(b, CN_HEALTH_MEASURE, 1, 40);
    add(b, CN_HEALTH_GROUP, 0, 0.2);
    add(b, CN_HEALTH_MEASURE, 4, 50);
    add(b, CN_HEALTH_MEASURE, 4, 50);
    add(b, CN_HEALTH_GROUP, 0, 0.3);
    add(b, CN_HEALTH_MEASURE, 7, 100);
}

static void h1_is_52_and_45_with_confidence_090(void **state)
{
    (void)state;
    struct builder b;
    struct cn_tree_node nodes[NODES_MAX];
    const double values[] = { 80, 40, 0, 70, 20 };
    const bool present[] = { true, true, false, true, true };
    int32_t points = 0;
    int32_t confidence = 0;
    make_h1(&b);
    cn_tree_score(&b.card, values, present, nodes, &points, &confidence);
    assert_int_equal(points, 52000);
    assert_int_equal(confidence, 900);
    assert_true(nodes[1].score == 64.0);
    assert_true(nodes[4].score == 70.0);
    assert_true(nodes[7].score == 20.0);
    b.nodes[5].missing = CN_MISSING_ZERO;
    cn_tree_score(&b.card, values, present, nodes, &points, &confidence);
    assert_int_equal(points, 45000);
    assert_int_equal(confidence, 900);
    assert_true(nodes[4].score == 35.0);
    b.nodes[5].missing = CN_MISSING_NEUTRAL;
    cn_tree_score(&b.card, values, present, nodes, &points, &confidence);
    assert_int_equal(points, 50000);
    b.nodes[5].missing = CN_MISSING_BLOCK;
    cn_tree_score(&b.card, values, present, nodes, &points, &confidence);
    assert_int_equal(points, CN_POINTS_BLOCKED);
}

static void a_group_with_too_little_data_has_no_score(void **state)
{
    (void)state;
    struct builder b;
    struct cn_tree_node nodes[NODES_MAX];
    const double values[] = { 80, 40, 0, 70, 20 };
    bool present[] = { true, true, false, true, true };
    int32_t points = 0;
    int32_t confidence = 0;
    make_h1(&b);
    b.nodes[4].min_coverage = 0.51;
    cn_tree_score(&b.card, values, present, nodes, &points, &confidence);
    assert_false(nodes[4].is_valid);
    assert_int_equal(points, 47500); /* (32 + 6) / 0.8 */
    assert_int_equal(confidence, 800);
    present[LOGINS] = false;
    cn_tree_score(&b.card, values, present, nodes, &points, &confidence);
    assert_false(nodes[1].is_valid);
    assert_int_equal(points, -1); /* 0.3 of the weights is left */
}

static void freshness_only_ever_takes_away(void **state)
{
    (void)state;
    struct cn_rng rng = { 3 };
    struct cn_tree_node nodes[NODES_MAX];
    struct builder b;
    memset(&b, 0, sizeof(b));
    add(&b, CN_HEALTH_GROUP, 0, 1);
    struct cn_health_node *measure = add(&b, CN_HEALTH_MEASURE, 0, 1);
    measure->age_rule = b.rules++;
    for (int round = 0; round < 2000; round++) {
        bool present[] = { true, true };
        int32_t last_points = 100000;
        int32_t last_confidence = 1000;
        double score = (double)cn_rng_between(&rng, 0, 100);
        measure->validity_days = (double)cn_rng_between(&rng, 1, 60);
        measure->halflife_days = (double)cn_rng_between(&rng, 1, 60);
        measure->neutral = (double)cn_rng_between(&rng, 0, 100);
        for (int tenths = 0; tenths < 2000; tenths += 7) {
            double age = (double)tenths / 10;
            double values[] = { score, age };
            int32_t points = 0;
            int32_t confidence = 0;
            cn_tree_score(&b.card, values, present, nodes, &points, &confidence);
            assert_true(points <= last_points && points <= (int32_t)(score * 1000));
            assert_true(confidence <= last_confidence);
            if (floor(age) <= measure->validity_days) {
                assert_int_equal(points, (int32_t)(score * 1000));
                assert_int_equal(confidence, 1000);
            }
            last_points = points;
            last_confidence = confidence;
        }
    }
    measure->stale = CN_STALE_DROP;
    measure->validity_days = 10;
    measure->halflife_days = 10;
    double values[] = { 80, 43 }; /* 2^-3.3 is above 0.1 */
    bool present[] = { true, true };
    int32_t points = 0;
    int32_t confidence = 0;
    cn_tree_score(&b.card, values, present, nodes, &points, &confidence);
    assert_true(points > 0);
    values[1] = 44;
    cn_tree_score(&b.card, values, present, nodes, &points, &confidence);
    assert_int_equal(points, -1);
    assert_true(fabs(cn_kernel_fade(30, 30) - 0.5) < 1e-15);
    assert_true(fabs(cn_kernel_fade(7, 30) - exp2(-7.0 / 30)) < 1e-15);
    assert_true(cn_kernel_fade(1e9, 1) == 0);
}

static void a_map_meets_its_points_and_is_flat_outside(void **state)
{
    (void)state;
    struct builder b;
    struct cn_tree_node nodes[NODES_MAX];
    static const double cases[][2] = { { -1, 0 }, { 0, 0 },   { 2, 30 }, { 4, 60 },
                                       { 6, 80 }, { 8, 100 }, { 9, 100 } };
    double xs[] = { 0, 4, 8 };
    double ys[] = { 0, 60, 100 };
    memset(&b, 0, sizeof(b));
    add(&b, CN_HEALTH_GROUP, 0, 1);
    struct cn_health_node *measure = add(&b, CN_HEALTH_MEASURE, 0, 1);
    measure->xs = xs;
    measure->ys = ys;
    measure->point_count = 3;
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        bool present = true;
        int32_t points = 0;
        int32_t confidence = 0;
        cn_tree_score(&b.card, &cases[i][0], &present, nodes, &points, &confidence);
        assert_int_equal(points, (int32_t)(cases[i][1] * 1000));
    }
}

/* Two of three have data: 90 and 30 of equal weight, 60 before bounds. */
static void a_group_has_a_floor_a_cap_and_a_number_that_it_needs(void **state)
{
    (void)state;
    static const struct {
        double floor;
        double cap;
        uint32_t needs;
        int32_t points;
        double bound;
    } cases[] = {
        { 0, 100, 0, 60000, 0 },   { 0, 100, 2, 60000, 0 },  { 0, 100, 3, -1, 0 },
        { 70, 100, 0, 70000, 10 }, { 0, 45, 2, 45000, -15 }, { 60, 60, 2, 60000, 0 },
    };
    static const double values[] = { 90, 0, 30 };
    static const bool present[] = { true, false, true };
    struct builder b;
    struct cn_tree_node nodes[NODES_MAX + 1];
    memset(&b, 0, sizeof(b));
    add(&b, CN_HEALTH_GROUP, 0, 1);
    struct cn_health_node *group = add(&b, CN_HEALTH_GROUP, 0, 1);
    for (int i = 0; i < 3; i++) {
        add(&b, CN_HEALTH_MEASURE, 1, 10);
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        int32_t points = 0;
        int32_t confidence = 0;
        group->floor = cases[i].floor;
        group->cap = cases[i].cap;
        group->needs = cases[i].needs;
        cn_tree_score(&b.card, values, present, nodes, &points, &confidence);
        assert_int_equal(points, cases[i].points);
        assert_true(nodes[1].bound == cases[i].bound);
        assert_int_equal(nodes[1].count, 2);
    }
}

static double random_weight(struct cn_rng *rng)
{
    static const double weights[] = { 0, 0.1, 1, 15, 33.3, 40, 100 };
    return weights[cn_rng_between(rng, 0, 6)];
}

static void random_measure(struct builder *b, struct cn_rng *rng, uint32_t parent)
{
    uint32_t index = (uint32_t)b->card.node_count;
    struct cn_health_node *node = add(b, CN_HEALTH_MEASURE, parent, random_weight(rng));
    node->missing = (enum cn_missing)cn_rng_between(rng, 0, 9);
    if (node->missing > CN_MISSING_BLOCK) {
        node->missing = CN_MISSING_SKIP;
    }
    node->neutral = (double)cn_rng_between(rng, 0, 100);
    if (cn_rng_between(rng, 0, 2) > 0) {
        node->xs = b->xs[index];
        node->ys = b->ys[index];
        node->point_count = (size_t)cn_rng_between(rng, 2, 6);
        for (size_t i = 0; i < node->point_count; i++) {
            node->xs[i] = (i > 0 ? node->xs[i - 1] : -3) + 0.5 + cn_rng_unit(rng) * 30;
            node->ys[i] = cn_rng_unit(rng) * 100;
        }
    }
    if (cn_rng_between(rng, 0, 3) == 0) {
        node->age_rule = b->rules++;
        node->validity_days = (double)cn_rng_between(rng, 1, 30);
        node->halflife_days = (double)cn_rng_between(rng, 1, 30);
        node->stale = (enum cn_stale)cn_rng_between(rng, 0, 1);
    }
}

static void random_bounds(struct cn_health_node *node, struct cn_rng *rng, bool is_root)
{
    if (node->kind == CN_HEALTH_MEASURE) {
        return;
    }
    node->needs = (uint32_t)(cn_rng_between(rng, 0, 3) == 0 ? cn_rng_between(rng, 1, 3) : 0);
    if (!is_root && cn_rng_between(rng, 0, 3) == 0) {
        node->floor = cn_rng_unit(rng) * 50;
    }
    if (!is_root && cn_rng_between(rng, 0, 3) == 0) {
        node->cap = 50 + cn_rng_unit(rng) * 50;
    }
}

static void make_random(struct builder *b, struct cn_rng *rng)
{
    memset(b, 0, sizeof(*b));
    add(b, CN_HEALTH_GROUP, 0, 1);
    size_t groups = (size_t)cn_rng_between(rng, 1, 6);
    uint32_t parent = 0;
    for (size_t g = 0; g < groups; g++) {
        uint32_t index = (uint32_t)b->card.node_count;
        add(b, CN_HEALTH_GROUP, parent, random_weight(rng))->min_coverage = cn_rng_unit(rng);
        size_t measures = (size_t)cn_rng_between(rng, 1, 5);
        for (size_t m = 0; m < measures; m++) {
            random_measure(b, rng, index);
        }
        parent = cn_rng_between(rng, 0, 1) == 1 ? index : 0;
    }
    for (size_t n = 0; n < b->card.node_count; n++) {
        random_bounds(&b->nodes[n], rng, n == 0);
        if (b->nodes[n].kind == CN_HEALTH_GROUP && b->nodes[n].weight_sum <= 0) {
            b->nodes[n].weight_sum = 1;
            b->nodes[n + 1].weight = 1; /* what the compiler refuses cannot be meant */
        }
    }
}

struct block {
    double values[RULES][CN_BLOCK_ROWS];
    uint64_t missing[RULES][CN_BLOCK_WORDS];
    struct cn_kernel_input inputs[RULES];
    struct cn_kernel_rows rows;
    struct cn_kernel_scratch scratch;
    struct cn_kernel_result result;
};

static void *on_line(size_t bytes)
{
    return memset(cn_heap_resize_lines(NULL, 0, bytes), 0, bytes);
}

static void fill_block(struct block *block, struct cn_rng *rng)
{
    static const double odd[] = { NAN, INFINITY, -INFINITY, -0.0, 1e300 };
    memset(block->missing, 0, sizeof(block->missing));
    for (size_t r = 0; r < RULES; r++) {
        int64_t gaps = cn_rng_between(rng, 0, 3);
        for (size_t i = 0; i < CN_BLOCK_ROWS; i++) {
            block->values[r][i] = cn_rng_between(rng, 0, 50) == 0 ? odd[cn_rng_between(rng, 0, 4)]
                                                                  : cn_rng_unit(rng) * 130 - 10;
            if (gaps > 0 && cn_rng_between(rng, 0, 3) < gaps) {
                block->missing[r][i / 64] |= UINT64_C(1) << (i % 64);
            }
        }
        block->inputs[r] = (struct cn_kernel_input){ block->values[r], block->missing[r] };
    }
}

/* Rows in a thousand that the scorecard has. */
static void choose_rows(struct cn_rng *rng, int64_t thousandths, uint64_t *mask)
{
    memset(mask, 0, CN_BLOCK_WORDS * sizeof(*mask));
    for (size_t i = 0; i < CN_BLOCK_ROWS; i++) {
        mask[i / 64] |= (uint64_t)(cn_rng_between(rng, 1, 1000) <= thousandths) << (i % 64);
    }
    mask[cn_rng_between(rng, 0, CN_BLOCK_WORDS - 1)] |= 1;
}

static void assert_row_is_the_same(const struct builder *b, const struct block *block, size_t i)
{
    double values[RULES];
    bool present[RULES];
    struct cn_tree_node nodes[NODES_MAX + 1];
    int32_t points = 0;
    int32_t confidence = 0;
    for (size_t r = 0; r < b->rules; r++) {
        values[r] = block->values[r][i];
        present[r] = (block->missing[r][i / 64] >> (i % 64) & 1) == 0;
    }
    cn_tree_score(&b->card, values, present, nodes, &points, &confidence);
    assert_int_equal(block->result.points[i], points);
    assert_int_equal(block->result.confidence[i], confidence);
    assert_int_equal(block->result.scorecard[i], SCORECARD);
}

/* Those of the mask as one row at a time; the others are left alone. */
static void assert_rows_are_the_same(const struct builder *b, const struct block *block,
                                     const uint64_t *mask)
{
    for (size_t i = 0; i < CN_BLOCK_ROWS; i++) {
        if ((mask[i / 64] >> (i % 64) & 1) != 0) {
            assert_row_is_the_same(b, block, i);
        } else {
            assert_int_equal(block->result.points[i], UNTOUCHED);
            assert_int_equal(block->result.confidence[i], UNTOUCHED);
            assert_int_equal(block->result.scorecard[i], UNTOUCHED);
        }
    }
}

static void assert_kernels_agree(const struct builder *b, struct block *block, const uint64_t *mask)
{
    struct cn_kernel_target targets[3];
    size_t target_count = 0;
    cn_kernel_targets(targets, &target_count);
    assert_true(target_count >= 1);
    cn_kernel_list(mask, &block->rows);
    for (size_t t = 0; t < target_count; t++) {
        memset(&block->result, UNTOUCHED & 0xFF, sizeof(block->result));
        targets[t].score(&b->card, SCORECARD, block->inputs, &block->rows, &block->scratch,
                         &block->result);
        assert_rows_are_the_same(b, block, mask);
    }
}

static void every_kernel_gives_the_bits_of_one_row_at_a_time(void **state)
{
    (void)state;
    struct cn_rng rng = { 11 };
    static const int64_t shares[] = { 1000, 1, 10, 160, 330, 510, 800, 950, 999 };
    uint64_t mask[CN_BLOCK_WORDS];
    struct block *block = on_line(sizeof(*block));
    struct builder *b = calloc(1, sizeof(*b));
    for (int round = 0; round < 120; round++) {
        make_random(b, &rng);
        assert_true(b->rules <= RULES);
        fill_block(block, &rng);
        choose_rows(&rng, shares[round % (int)CN_ARRAY_LEN(shares)], mask);
        assert_kernels_agree(b, block, mask);
    }
    free(b);
    free(block);
}

/* A group that all rows have, whose one weight times its own inverse is just below 1, after a
 * measure that some rows lack: of those confidence is 562.4999 thousandths, of weights it would be
 * 562.5. */
static void a_full_group_joins_rows_that_differ(void **state)
{
    (void)state;
    uint64_t mask[CN_BLOCK_WORDS];
    struct builder b;
    struct block *block = on_line(sizeof(*block));
    memset(&b, 0, sizeof(b));
    add(&b, CN_HEALTH_GROUP, 0, 1);
    add(&b, CN_HEALTH_MEASURE, 0, 7);
    add(&b, CN_HEALTH_GROUP, 0, 9);
    add(&b, CN_HEALTH_MEASURE, 2, 49);
    for (size_t r = 0; r < b.rules; r++) {
        block->inputs[r] = (struct cn_kernel_input){ block->values[r], block->missing[r] };
    }
    memset(block->missing[0], 0x0F, sizeof(block->missing[0]));
    memset(mask, 0xFF, sizeof(mask));
    assert_kernels_agree(&b, block, mask);
    assert_int_equal(block->result.confidence[0], 562);
    free(block);
}

static void every_kernel_gives_the_colours_of_one_row_at_a_time(void **state)
{
    (void)state;
    struct cn_rng rng = { 12 };
    struct cn_kernel_target targets[3];
    size_t target_count = 0;
    struct cn_kernel_result *result = on_line(sizeof(*result));
    struct cn_kernel_state *block = on_line(sizeof(*block));
    int64_t points[CN_BLOCK_ROWS];
    int64_t status[CN_BLOCK_ROWS];
    uint64_t fired[CN_BLOCK_ROWS] = { 0 };
    uint64_t mask[CN_BLOCK_WORDS];
    cn_kernel_targets(targets, &target_count);
    memset(mask, 0xFF, sizeof(mask));
    for (size_t i = 0; i < CN_BLOCK_ROWS; i++) {
        struct cn_health_score score = { true,  0,   (enum cn_band)cn_rng_between(&rng, 0, 3),
                                         false, 900, 3,
                                         0 };
        points[i] = 0;
        status[i] = cn_status_pack(&score);
        result->points[i] = (int32_t)cn_rng_between(&rng, -1, 100) * 1000;
        result->points[i] = result->points[i] < 0 ? -1 : result->points[i];
        result->confidence[i] = (int32_t)cn_rng_between(&rng, 499, 501);
        result->scorecard[i] = (int32_t)i % 7;
    }
    block->points = points;
    block->status = status;
    block->fired = fired;
    for (size_t t = 0; t < target_count; t++) {
        assert_int_equal(targets[t].finish(&bands, result, mask, block), 0xFFFF);
        for (size_t i = 0; i < CN_BLOCK_ROWS; i++) {
            struct cn_health_score score = { .has_points = result->points[i] >= 0,
                                             .points = result->points[i],
                                             .band = cn_status_band(status[i]),
                                             .confidence = result->confidence[i],
                                             .scorecard = (int32_t)i % 7 };
            score.is_grey = !score.has_points || score.confidence < CN_CONFIDENCE_GREY;
            if (!score.is_grey) {
                score.band = cn_health_next_band(&bands, score.points, score.band);
            }
            assert_int_equal(block->new_status[i], cn_status_pack(&score));
        }
    }
    free(result);
    free(block);
}

static void parts_add_up_to_the_whole(void **state)
{
    (void)state;
    struct cn_arena arena;
    struct cn_rng rng = { 5 };
    cn_arena_init(&arena, 4096);
    for (int round = 0; round < 20000; round++) {
        double ideals[12];
        int32_t parts[12];
        size_t count = (size_t)cn_rng_between(&rng, 1, 12);
        double sum = 0;
        int64_t got = 0;
        for (size_t i = 0; i < count; i++) {
            ideals[i] = cn_rng_between(&rng, 0, 4) == 0 ? 0 : (cn_rng_unit(&rng) - 0.4) * 30000;
            sum += ideals[i];
        }
        int32_t total = (int32_t)lround(sum) + (int32_t)cn_rng_between(&rng, -1, 1);
        memset(parts, 0, sizeof(parts));
        cn_split(total, ideals, count, &arena, parts);
        for (size_t i = 0; i < count; i++) {
            got += parts[i];
            assert_true(fabs(parts[i] - ideals[i]) <= 2.5);
        }
        assert_true(got == total || sum == 0);
        cn_arena_reset(&arena);
    }
    int32_t parts[3];
    cn_split(100, (const double[]){ 100.0 / 3, 100.0 / 3, 100.0 / 3 }, 3, &arena, parts);
    assert_int_equal(parts[0], 34);
    assert_int_equal(parts[1], 33);
    assert_int_equal(parts[2], 33);
    cn_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("H1 is 52, 45 when missing is zero, with confidence 0.90",
                h1_is_52_and_45_with_confidence_090),
        CN_TEST("capabilities 16: a group has a floor, a cap and a number of parts that it needs",
                a_group_has_a_floor_a_cap_and_a_number_that_it_needs),
        CN_TEST("capabilities 16: a group with too little data has no score",
                a_group_with_too_little_data_has_no_score),
        CN_TEST("capabilities 22: freshness only ever takes away", freshness_only_ever_takes_away),
        CN_TEST("a map meets its points and is flat outside",
                a_map_meets_its_points_and_is_flat_outside),
        CN_TEST("every kernel gives the bits of one row at a time",
                every_kernel_gives_the_bits_of_one_row_at_a_time),
        CN_TEST("a full group joins rows that differ with its own confidence",
                a_full_group_joins_rows_that_differ),
        CN_TEST("every kernel gives the colours of one row at a time",
                every_kernel_gives_the_colours_of_one_row_at_a_time),
        CN_TEST("parts add up to the whole", parts_add_up_to_the_whole),
    };
    return cmocka_run_group_tests_name("health_score", tests, NULL, NULL);
}
