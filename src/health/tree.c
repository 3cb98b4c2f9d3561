/* One row at a time, in the kernel's order of operations, keeping what each node got; and what the
 * kernels share. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "health/kernel.h"

/* 2^-x = 2^-whole x e^(-rest ln 2), the latter by its series: libm's exp2 differs between machines.
 */
double cn_kernel_fade(double days, double halflife)
{
    enum {
        TERMS = 20,
        HALVINGS_MAX = 1000
    };
    double x = days / halflife;
    if (!(x < HALVINGS_MAX)) {
        return 0;
    }
    double whole = floor(x);
    double y = -(x - whole) * 0.69314718055994530942;
    double sum = 1;
    for (int n = TERMS; n >= 1; n--) {
        sum = 1 + sum * y / n;
    }
    return ldexp(sum, -(int)whole);
}

static double map_value(const struct cn_health_node *node, double x)
{
    size_t last = node->point_count - 1;
    double score = node->ys[0];
    for (size_t k = 0; k < last; k++) {
        double slope = (node->ys[k + 1] - node->ys[k]) / (node->xs[k + 1] - node->xs[k]);
        double y = node->ys[k] + (x - node->xs[k]) * slope;
        score = x >= node->xs[k] ? y : score;
    }
    return x >= node->xs[last] ? node->ys[last] : score;
}

static void fade(const struct cn_health_node *node, const double *values, const bool *present,
                 struct cn_tree_node *got)
{
    double age = values[node->age_rule];
    if (!present[node->age_rule] || !(fabs(age) <= DBL_MAX)) {
        got->has_data = false;
        return;
    }
    got->age_days = floor(age);
    double over = got->age_days - node->validity_days;
    got->freshness = over > 0 ? cn_kernel_fade(over, node->halflife_days) : 1.0;
    double faded = got->freshness * got->score + (1.0 - got->freshness) * node->neutral;
    got->score = faded < got->score ? faded : got->score;
    got->has_data &= node->stale != CN_STALE_DROP || got->freshness >= 0.1;
}

/* False if the measure blocks the whole score. */
static bool score_measure(const struct cn_health_node *node, const double *values,
                          const bool *present, struct cn_tree_node *got)
{
    double raw = values[node->rule];
    *got = (struct cn_tree_node){ .freshness = 1, .raw = raw };
    got->has_data = present[node->rule] && fabs(raw) <= DBL_MAX;
    if (got->has_data) {
        double low = raw > 0.0 ? raw : 0.0;
        got->score = low < 100.0 ? low : 100.0;
        if (node->point_count > 0) {
            got->score = map_value(node, raw);
        }
        if (node->age_rule != CN_NO_RULE) {
            fade(node, values, present, got);
        }
    }
    got->known = got->has_data ? got->freshness : 0.0;
    got->is_valid = got->has_data;
    if (got->has_data) {
        return true;
    }
    got->score = node->missing == CN_MISSING_NEUTRAL ? node->neutral : 0.0;
    got->is_valid = node->missing == CN_MISSING_ZERO || node->missing == CN_MISSING_NEUTRAL;
    return node->missing != CN_MISSING_BLOCK;
}

static void score_group(const struct cn_scorecard *card, uint32_t index, struct cn_tree_node *nodes)
{
    const struct cn_health_node *group = &card->nodes[index];
    double sum = 0;
    double weight = 0;
    double known = 0;
    uint32_t count = 0;
    for (uint32_t n = index + 1; n < group->end; n = card->nodes[n].end) {
        double w = card->nodes[n].weight;
        count += nodes[n].is_valid ? 1 : 0;
        sum += nodes[n].is_valid ? w * nodes[n].score : 0.0;
        weight += nodes[n].is_valid ? w : 0.0;
        known += w * nodes[n].known;
    }
    bool is_valid =
        weight > 0.0 && weight >= group->min_coverage * group->weight_sum && count >= group->needs;
    double score = is_valid ? sum * (1.0 / weight) : 0.0;
    double bent = score < group->floor ? group->floor : score;
    bent = bent > group->cap ? group->cap : bent;
    bent = is_valid ? bent : 0.0;
    nodes[index] = (struct cn_tree_node){
        .is_valid = is_valid,
        .score = bent,
        .known = is_valid ? known * (1.0 / group->weight_sum) : 0.0,
        .freshness = 1,
        .weight_valid = weight,
        .bound = bent - score,
        .count = count,
    };
}

void cn_tree_score(const struct cn_scorecard *card, const double *values, const bool *present,
                   struct cn_tree_node *nodes_out, int32_t *points_out, int32_t *confidence_out)
{
    bool is_blocked = false;
    for (size_t i = card->node_count; i > 0; i--) { /* what is below a group comes before it */
        uint32_t n = (uint32_t)i - 1;
        if (card->nodes[n].kind == CN_HEALTH_GROUP) {
            score_group(card, n, nodes_out);
        } else if (!score_measure(&card->nodes[n], values, present, &nodes_out[n])) {
            is_blocked = true;
        }
    }
    bool has_points = nodes_out[0].is_valid && !is_blocked;
    *points_out = has_points ? (int32_t)(nodes_out[0].score * 1000.0 + 0.5) : CN_POINTS_NONE;
    *points_out = is_blocked ? CN_POINTS_BLOCKED : *points_out;
    *confidence_out = (int32_t)(nodes_out[0].known * 1000.0 + 0.5);
}

void cn_kernel_targets(struct cn_kernel_target targets_out[3], size_t *count_out)
{
    size_t count = 0;
    targets_out[count++] = (struct cn_kernel_target){ "base", cn_kernel_score_base,
                                                      cn_kernel_finish_base, cn_kernel_keep_base };
#ifdef CN_KERNEL_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) {
        targets_out[count++] =
            (struct cn_kernel_target){ "avx2", cn_kernel_score_avx2, cn_kernel_finish_avx2,
                                       cn_kernel_keep_avx2 };
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("popcnt")) {
        targets_out[count++] =
            (struct cn_kernel_target){ "avx512", cn_kernel_score_avx512, cn_kernel_finish_avx512,
                                       cn_kernel_keep_avx512 };
    }
#endif
    *count_out = count;
}
