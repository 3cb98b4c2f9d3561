/*
 * Built once for each instruction set, with CN_KERNEL naming it, and with -fno-trapping-math
 * -fno-signed-zeros, without which the selections below do not vectorise.  Every loop runs over
 * whole words of 64 rows; those that are no rows of the scorecard are computed and ignored.
 *
 * The order of operations is that of health/tree.c, step by step.  A measure without an age is one
 * pass over its values: map and add; a group is one, too.
 */
#include "health/kernel.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "health/kernel_impl.h"
#include "health/kernel_steps.h"

/* The loop over a map's points must be gone before the one over rows can be vectorised. */
#ifdef __clang__
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 6")
#endif

enum {
    UNROLLED_POINTS_MAX = 6,
};

/* Rows begin to differ: the common weights become one a row. */
static void spread(struct cn_kernel_level *level)
{
    double weight = level->uniform_weight;
    double known = level->uniform_known;
    level->is_empty = false;
    if (!level->is_uniform) {
        return;
    }
    level->is_uniform = false;
    level->known_is_weight = known == weight;
    FOR_EACH_ROW (i, level->rows) {
        level->weight[i] = weight;
    }
    if (level->counts) {
        FOR_EACH_ROW (i, level->rows) {
            level->count[i] = level->uniform_count;
        }
    }
    if (!level->known_is_weight) {
        FOR_EACH_ROW (i, level->rows) {
            level->known[i] = known;
        }
    }
}

/* From here on confidence goes ways of its own. */
static void part_known(struct cn_kernel_level *level)
{
    if (level->known_is_weight) {
        memcpy(level->known, level->weight, sizeof(level->known));
        level->known_is_weight = false;
    }
}

/* The first to join, to what is 0 so far. */
static void begin_level(double weight, const struct cn_kernel_scratch *s,
                        struct cn_kernel_level *restrict level)
{
    const double *restrict score = s->score;
    const double *restrict valid = s->valid;
    const double *restrict known = s->known;
    level->is_empty = false;
    level->is_uniform = false;
    level->known_is_weight = false;
    FOR_EACH_ROW (i, level->rows) {
        level->sum[i] = valid[i] != 0.0 ? weight * score[i] : 0.0;
        level->weight[i] = valid[i] != 0.0 ? weight : 0.0;
        level->known[i] = weight * known[i];
    }
    if (level->counts) {
        memcpy(level->count, valid, sizeof(level->count));
    }
}

/* The node's score joins its parent's sums. */
static void add_to_level(double weight, const struct cn_kernel_scratch *s,
                         struct cn_kernel_level *restrict level)
{
    const double *restrict score = s->score;
    const double *restrict valid = s->valid;
    const double *restrict known = s->known;
    if (level->is_empty) {
        begin_level(weight, s, level);
        return;
    }
    spread(level);
    part_known(level);
    FOR_EACH_ROW (i, level->rows) {
        double share = valid[i] != 0.0 ? weight : 0.0;
        double part = valid[i] != 0.0 ? weight * score[i] : 0.0;
        level->sum[i] += part;
        level->weight[i] += share;
        level->known[i] += weight * known[i];
    }
    if (level->counts) {
        FOR_EACH_ROW (i, level->rows) {
            level->count[i] += valid[i];
        }
    }
}

/* The same for the weights of a node that is valid in all rows, `known` being its confidence. */
static void add_uniform(double weight, double known, struct cn_kernel_level *restrict level)
{
    double part = weight * known;
    level->is_empty = false;
    if (level->is_uniform) {
        level->uniform_count += 1.0;
        level->uniform_weight += weight;
        level->uniform_known += part;
        return;
    }
    if (!level->known_is_weight || part != weight) {
        part_known(level);
        FOR_EACH_ROW (i, level->rows) {
            level->known[i] += part;
        }
    }
    FOR_EACH_ROW (i, level->rows) {
        level->weight[i] += weight;
    }
    if (level->counts) {
        FOR_EACH_ROW (i, level->rows) {
            level->count[i] += 1.0;
        }
    }
}

/* A map's pieces where the compiler can keep them in registers; without points, the score itself.
 */
struct pieces {
    double xs[UNROLLED_POINTS_MAX];
    double ys[UNROLLED_POINTS_MAX];
    double slopes[UNROLLED_POINTS_MAX];
};

INLINED void load_pieces(const struct cn_health_node *node, size_t points, struct pieces *pieces)
{
    for (size_t k = 0; k < points; k++) {
        pieces->xs[k] = node->xs[k];
        pieces->ys[k] = node->ys[k];
        pieces->slopes[k] = k + 1 < points
                                ? (node->ys[k + 1] - node->ys[k]) / (node->xs[k + 1] - node->xs[k])
                                : 0.0;
    }
}

INLINED double map_one(const struct pieces *pieces, size_t points, double x)
{
    if (points == 0) {
        double low = x > 0.0 ? x : 0.0;
        return low < 100.0 ? low : 100.0;
    }
    double y = pieces->ys[0];
    UNROLLED
    for (size_t k = 0; k + 1 < points; k++) {
        double piece = pieces->ys[k] + (x - pieces->xs[k]) * pieces->slopes[k];
        y = x >= pieces->xs[k] ? piece : y;
    }
    return x >= pieces->xs[points - 1] ? pieces->ys[points - 1] : y;
}

/* A measure that all rows have, where all weigh the same. */
INLINED void add_full(const struct cn_health_node *node, const double *restrict x,
                      struct cn_kernel_level *restrict level, size_t points)
{
    struct pieces pieces = { 0 };
    double *restrict sum = level->sum;
    double weight = node->weight;
    load_pieces(node, points, &pieces);
    FOR_EACH_ROW (i, level->rows) {
        sum[i] += weight * map_one(&pieces, points, x[i]);
    }
}

/* A measure that some rows lack, and that is then left out. */
INLINED void add_some(const struct cn_health_node *node, const struct cn_kernel_input *input,
                      struct cn_kernel_level *restrict level, size_t points)
{
    struct pieces pieces = { 0 };
    const double *restrict x = input->values;
    double *restrict sum = level->sum;
    double *restrict weights = level->weight;
    double weight = node->weight;
    load_pieces(node, points, &pieces);
    for (size_t w = 0; w < level->rows / 64; w++) {
        uint64_t missing = input->missing[w];
        for (size_t b = 0; b < 64; b++) {
            size_t i = w * 64 + b;
            double share = (missing & bit_of[b]) == 0 ? weight : 0.0;
            share = fabs(x[i]) <= DBL_MAX ? share : 0.0;
            double part = weight * map_one(&pieces, points, x[i]);
            sum[i] += share != 0.0 ? part : 0.0;
            weights[i] += share;
        }
    }
}

/* The two for one number of points. */
#define FOR_POINTS(count)                                \
    case count:                                          \
        if (full) {                                      \
            add_full(node, input->values, level, count); \
        } else {                                         \
            add_some(node, input, level, count);         \
        }                                                \
        return true

/* False if there are more points than are worth it. */
static bool add_at_once(const struct cn_health_node *node, const struct cn_kernel_input *input,
                        bool full, struct cn_kernel_level *level)
{
    switch (node->point_count) {
        FOR_POINTS(0);
        FOR_POINTS(2);
        FOR_POINTS(3);
        FOR_POINTS(4);
        FOR_POINTS(5);
        FOR_POINTS(6);
    default:
        return false;
    }
}

/* The block stands as it is in memory: the next one is asked for; else gathering did that. */
static void prefetch_part(const struct cn_kernel_input *input, const struct cn_kernel_scratch *s)
{
    for (size_t w = 0; w < s->rows / 64 && s->list->is_whole; w++) {
        prefetch_next(input->values + w * 64);
    }
}

static bool is_full(const struct cn_kernel_input *input, size_t rows)
{
    const double *restrict x = input->values;
    uint64_t missing = 0;
    uint64_t bad = 0;
    for (size_t w = 0; w < rows / 64; w++) {
        missing |= input->missing[w];
    }
    if (missing != 0) {
        return false;
    }
    FOR_EACH_ROW (i, rows) {
        bad |= fabs(x[i]) <= DBL_MAX ? 0 : 1;
    }
    return bad == 0;
}

static void add_measure(const struct cn_health_node *node, const struct cn_kernel_input *rules,
                        struct cn_kernel_scratch *s, struct cn_kernel_level *level)
{
    const struct cn_kernel_input input = part_of(&rules[node->rule], s);
    prefetch_part(&input, s);
    if (node->age_rule == CN_NO_RULE) {
        bool may_skip = node->missing == CN_MISSING_SKIP;
        bool is_same = level->is_uniform || !may_skip;
        if (is_same && is_full(&input, s->rows)) {
            if (add_at_once(node, &input, true, level)) {
                add_uniform(node->weight, 1.0, level);
                return;
            }
        } else if (may_skip && !level->counts) {
            spread(level);
            if (level->known_is_weight && add_at_once(node, &input, false, level)) {
                return;
            }
        }
    }
    score_measure(node, &input, rules, s);
    add_to_level(node->weight, s, level);
}

/* A finished level of rows that differ becomes the score of its group. */
static void finish_rows(const struct cn_health_node *node,
                        const struct cn_kernel_level *restrict level, struct cn_kernel_scratch *s)
{
    double enough = node->min_coverage * node->weight_sum;
    double scale = 1.0 / node->weight_sum;
    double *restrict score = s->score;
    double *restrict valid = s->valid;
    double *restrict known = s->known;
    const double *restrict all_known = level->known_is_weight ? level->weight : level->known;
    FOR_EACH_ROW (i, level->rows) {
        bool is_valid = (level->weight[i] > 0.0) & (level->weight[i] >= enough);
        double divisor = is_valid ? level->weight[i] : 1.0;
        score[i] = is_valid ? level->sum[i] * (1.0 / divisor) : 0.0;
        known[i] = is_valid ? all_known[i] * scale : 0.0;
        valid[i] = is_valid ? 1.0 : 0.0;
    }
}

/* The same, and it joins its parent's sums, of which it may be the first. */
INLINED void join_rows(const struct cn_health_node *node,
                       const struct cn_kernel_level *restrict level,
                       struct cn_kernel_level *restrict parent, bool is_first)
{
    double enough = node->min_coverage * node->weight_sum;
    double scale = 1.0 / node->weight_sum;
    double weight = node->weight;
    const double *restrict all_known = level->known_is_weight ? level->weight : level->known;
    FOR_EACH_ROW (i, level->rows) {
        bool is_valid = (level->weight[i] > 0.0) & (level->weight[i] >= enough);
        double divisor = is_valid ? level->weight[i] : 1.0;
        double score = level->sum[i] * (1.0 / divisor);
        double known = is_valid ? all_known[i] * scale : 0.0;
        double part = is_valid ? weight * score : 0.0;
        double share = is_valid ? weight : 0.0;
        parent->sum[i] = is_first ? part : parent->sum[i] + part;
        parent->weight[i] = is_first ? share : parent->weight[i] + share;
        parent->known[i] = is_first ? weight * known : parent->known[i] + weight * known;
    }
}

/* The group's own limits, which few groups have. */
static void bound_rows(const struct cn_health_node *node,
                       const struct cn_kernel_level *restrict level, struct cn_kernel_scratch *s)
{
    if (level->counts) {
        double needs = (double)node->needs;
        FOR_EACH_ROW (i, level->rows) {
            bool is_enough = level->count[i] >= needs;
            s->score[i] = is_enough ? s->score[i] : 0.0;
            s->known[i] = is_enough ? s->known[i] : 0.0;
            s->valid[i] = is_enough ? s->valid[i] : 0.0;
        }
    }
    if (node->floor > 0 || node->cap < 100) {
        FOR_EACH_ROW (i, level->rows) {
            double score = s->score[i] < node->floor ? node->floor : s->score[i];
            score = score > node->cap ? node->cap : score;
            s->score[i] = s->valid[i] != 0.0 ? score : 0.0;
        }
    }
}

static bool is_bound(const struct cn_health_node *node)
{
    return node->needs > 0 || node->floor > 0 || node->cap < 100;
}

/* Of rows that differ. */
static void add_group_rows(const struct cn_health_node *node, struct cn_kernel_level *level,
                           struct cn_kernel_scratch *s, struct cn_kernel_level *parent)
{
    if (is_bound(node) || parent->counts) {
        finish_rows(node, level, s);
        bound_rows(node, level, s);
        add_to_level(node->weight, s, parent);
    } else if (parent->is_empty) {
        parent->is_empty = false;
        parent->is_uniform = false;
        parent->known_is_weight = false;
        join_rows(node, level, parent, true);
    } else {
        spread(parent);
        part_known(parent);
        join_rows(node, level, parent, false);
    }
}

static void add_group(const struct cn_health_node *node, struct cn_kernel_level *restrict level,
                      struct cn_kernel_scratch *s, struct cn_kernel_level *restrict parent)
{
    double sum_weight = level->uniform_weight;
    double weight = node->weight;
    if (is_bound(node)) {
        spread(level);
    }
    if (!level->is_uniform) {
        add_group_rows(node, level, s, parent);
        return;
    }
    if (!(sum_weight > 0.0 && sum_weight >= node->min_coverage * node->weight_sum)) {
        return; /* counts for nothing */
    }
    double scale = 1.0 / sum_weight;
    FOR_EACH_ROW (i, level->rows) {
        parent->sum[i] += weight * (level->sum[i] * scale);
    }
    add_uniform(weight, level->uniform_known * (1.0 / node->weight_sum), parent);
}

/* The root: its score in thousandths. */
static void round_off(const struct cn_kernel_scratch *s, int32_t *restrict points,
                      int32_t *restrict confidence)
{
    FOR_EACH_ROW (i, s->rows) {
        int32_t rounded = (int32_t)(s->score[i] * 1000.0 + 0.5);
        points[i] = s->valid[i] != 0.0 ? rounded : CN_POINTS_NONE;
        confidence[i] = (int32_t)(s->known[i] * 1000.0 + 0.5);
    }
}

static void take_blocked(const struct cn_kernel_scratch *s, int32_t *restrict points)
{
    FOR_EACH_ROW (i, s->rows) {
        points[i] = s->blocked[i] != 0.0 ? CN_POINTS_BLOCKED : points[i];
    }
}

static bool may_block(const struct cn_scorecard *card)
{
    for (uint32_t n = 0; n < card->node_count; n++) {
        if (card->nodes[n].missing == CN_MISSING_BLOCK) {
            return true;
        }
    }
    return false;
}

static void open_level(const struct cn_health_node *node, size_t rows,
                       struct cn_kernel_level *level)
{
    level->is_empty = true;
    level->rows = rows;
    level->counts = node->needs > 0;
    level->uniform_count = 0;
    level->is_uniform = true;
    level->known_is_weight = false;
    level->uniform_weight = 0;
    level->uniform_known = 0;
    memset(level->sum, 0, rows * sizeof(*level->sum));
}

/* The scores of all nodes, up to the root's, which is left in the scratch. */
static void score_part(const struct cn_scorecard *card, const struct cn_kernel_input *rules,
                       struct cn_kernel_scratch *scratch)
{
    uint32_t open[CN_SCORECARD_DEPTH_MAX + 2]; /* groups that are not finished, by depth */
    size_t depth = 0;
    struct cn_kernel_level *levels = scratch->levels;
    for (uint32_t n = 0; n < card->node_count; n++) {
        while (depth > 1 && card->nodes[open[depth - 1]].end == n) {
            depth--;
            add_group(&card->nodes[open[depth]], &levels[depth], scratch, &levels[depth - 1]);
        }
        if (card->nodes[n].kind == CN_HEALTH_GROUP) {
            open_level(&card->nodes[n], scratch->rows, &levels[depth]);
            open[depth++] = n;
        } else {
            add_measure(&card->nodes[n], rules, scratch, &levels[depth - 1]);
        }
    }
    for (; depth > 1; depth--) {
        add_group(&card->nodes[open[depth - 1]], &levels[depth - 1], scratch, &levels[depth - 2]);
    }
    spread(&levels[0]);
    finish_rows(&card->nodes[0], &levels[0], scratch);
    bound_rows(&card->nodes[0], &levels[0], scratch);
}

/* A part of a block that is scored as it stands: the rows of the mask. */
static void store_part(const struct cn_kernel_scratch *s, int32_t index,
                       struct cn_kernel_result *result)
{
    for (size_t w = 0; w < s->rows / 64; w++) {
        int32_t *restrict points = result->points + s->first + w * 64;
        int32_t *restrict confidence = result->confidence + s->first + w * 64;
        int32_t *restrict scorecard = result->scorecard + s->first + w * 64;
        uint64_t mask = s->list->mask[s->first / 64 + w];
        if (mask == ~UINT64_C(0)) {
            memcpy(points, s->points + w * 64, 64 * sizeof(*points));
            memcpy(confidence, s->confidence + w * 64, 64 * sizeof(*confidence));
            for (size_t b = 0; b < 64; b++) {
                scorecard[b] = index;
            }
            continue;
        }
        for (; mask != 0; mask &= mask - 1) {
            size_t b = (size_t)__builtin_ctzll(mask);
            points[b] = s->points[w * 64 + b];
            confidence[b] = s->confidence[w * 64 + b];
            scorecard[b] = index;
        }
    }
}

void KERNEL(score)(const struct cn_scorecard *card, int32_t index,
                   const struct cn_kernel_input *rules, const struct cn_kernel_rows *rows,
                   struct cn_kernel_scratch *scratch, struct cn_kernel_result *result)
{
    struct cn_kernel_scratch *s = scratch;
    bool blocks = may_block(card);
    s->list = rows;
    for (s->first = 0; s->first < rows->count; s->first += CN_PART_ROWS) {
        size_t left = rows->count - s->first;
        s->rows = left < CN_PART_ROWS ? (left + 63) / 64 * 64 : CN_PART_ROWS;
        s->gathered.rows = s->rows;
        if (blocks) {
            memset(s->blocked, 0, sizeof(s->blocked));
        }
        score_part(card, rules, s);
        round_off(s, s->points, s->confidence);
        if (blocks) {
            take_blocked(s, s->points);
        }
        if (rows->is_whole) {
            store_part(s, index, result);
        } else {
            cn_kernel_scatter(s, index, result);
        }
    }
}
