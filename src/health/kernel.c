/*
 * Built once for each instruction set, with CN_KERNEL_NAME naming the entry, and with
 * -fno-trapping-math -fno-signed-zeros, without which the selections below do not vectorise.  Every
 * loop runs over a whole block; rows past the end are computed and ignored.
 *
 * The kernel's order of operations is that of health/tree.c, step by step.
 */
#include "health/kernel.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define ROWS for (size_t i = 0; i < CN_BLOCK_ROWS; i++)

/* 1 where there is a finite value. */
static void find_valid(const struct cn_kernel_input *input, double *restrict valid)
{
    const double *restrict x = input->values;
    for (size_t w = 0; w < CN_BLOCK_WORDS; w++) {
        uint64_t missing = input->missing[w];
        for (size_t b = 0; b < 64; b++) {
            valid[w * 64 + b] = (double)(~missing >> b & 1);
        }
    }
    ROWS
    {
        valid[i] = fabs(x[i]) <= DBL_MAX ? valid[i] : 0.0;
    }
}

/* Pieces from left to right: where the next one has begun, it wins. */
static void apply_map(const struct cn_health_node *node, const double *restrict x,
                      double *restrict score)
{
    double first = node->ys[0];
    ROWS
    {
        score[i] = first;
    }
    for (size_t k = 0; k + 1 < node->point_count; k++) {
        double from = node->xs[k];
        double base = node->ys[k];
        double slope = (node->ys[k + 1] - base) / (node->xs[k + 1] - from);
        ROWS
        {
            double y = base + (x[i] - from) * slope;
            score[i] = x[i] >= from ? y : score[i];
        }
    }
    double end = node->xs[node->point_count - 1];
    double last = node->ys[node->point_count - 1];
    ROWS
    {
        score[i] = x[i] >= end ? last : score[i];
    }
}

static void clamp(const double *restrict x, double *restrict score)
{
    ROWS
    {
        double low = x[i] > 0.0 ? x[i] : 0.0;
        score[i] = low < 100.0 ? low : 100.0;
    }
}

/* Confidence takes the freshness; the score sinks towards neutral with it. */
static void fade(const struct cn_health_node *node, const struct cn_kernel_input *age,
                 struct cn_kernel_scratch *s)
{
    ROWS
    {
        if ((age->missing[i / 64] >> (i % 64) & 1) != 0 || !(fabs(age->values[i]) <= DBL_MAX)) {
            s->valid[i] = 0;
            s->known[i] = 0;
            continue;
        }
        double over = floor(age->values[i]) - node->validity_days;
        double fresh = over > 0 ? cn_kernel_fade(over, node->halflife_days) : 1.0;
        double faded = fresh * s->score[i] + (1.0 - fresh) * node->neutral;
        s->score[i] = faded < s->score[i] ? faded : s->score[i];
        s->known[i] = s->valid[i] * fresh;
        if (node->stale == CN_STALE_DROP && fresh < 0.1) {
            s->valid[i] = 0;
            s->known[i] = 0;
        }
    }
}

/* What is missing counts as `value`. */
static void substitute(double value, struct cn_kernel_scratch *s)
{
    ROWS
    {
        s->score[i] = s->valid[i] != 0.0 ? s->score[i] : value;
        s->valid[i] = 1.0;
    }
}

static void apply_missing(const struct cn_health_node *node, struct cn_kernel_scratch *s)
{
    switch (node->missing) {
    case CN_MISSING_SKIP:
        break;
    case CN_MISSING_ZERO:
        substitute(0, s);
        break;
    case CN_MISSING_NEUTRAL:
        substitute(node->neutral, s);
        break;
    case CN_MISSING_BLOCK:
        ROWS
        {
            s->blocked[i] = s->valid[i] != 0.0 ? s->blocked[i] : 1.0;
        }
        break;
    }
}

static void score_measure(const struct cn_health_node *node, const struct cn_kernel_input *rules,
                          struct cn_kernel_scratch *s)
{
    const struct cn_kernel_input *input = &rules[node->rule];
    find_valid(input, s->valid);
    if (node->point_count > 0) {
        apply_map(node, input->values, s->score);
    } else {
        clamp(input->values, s->score);
    }
    memcpy(s->known, s->valid, sizeof(s->known));
    if (node->age_rule != CN_NO_RULE) {
        fade(node, &rules[node->age_rule], s);
    }
    apply_missing(node, s);
}

/* The node's score joins its parent's sums. */
static void add_to_level(double weight, const struct cn_kernel_scratch *s,
                         struct cn_kernel_level *restrict level)
{
    const double *restrict score = s->score;
    const double *restrict valid = s->valid;
    const double *restrict known = s->known;
    ROWS
    {
        double share = valid[i] != 0.0 ? weight : 0.0;
        double part = valid[i] != 0.0 ? weight * score[i] : 0.0;
        level->sum[i] += part;
        level->weight[i] += share;
        level->known[i] += weight * known[i];
    }
}

/* A finished level becomes the score of its group. */
static void finish_group(const struct cn_health_node *node,
                         const struct cn_kernel_level *restrict level, struct cn_kernel_scratch *s)
{
    double all = node->weight_sum;
    double coverage = node->min_coverage;
    double *restrict score = s->score;
    double *restrict valid = s->valid;
    double *restrict known = s->known;
    ROWS
    {
        bool is_valid = (level->weight[i] > 0.0) & (level->weight[i] / all >= coverage);
        double divisor = is_valid ? level->weight[i] : 1.0;
        score[i] = is_valid ? level->sum[i] / divisor : 0.0;
        known[i] = is_valid ? level->known[i] / all : 0.0;
        valid[i] = is_valid ? 1.0 : 0.0;
    }
}

static void round_off(const struct cn_kernel_scratch *s, struct cn_kernel_result *result)
{
    ROWS
    {
        bool has = (s->valid[i] != 0.0) & (s->blocked[i] == 0.0);
        int32_t points = (int32_t)(s->score[i] * 1000.0 + 0.5);
        result->points[i] = has ? points : -1;
        result->confidence[i] = (int32_t)(s->known[i] * 1000.0 + 0.5);
    }
}

void CN_KERNEL_NAME(const struct cn_scorecard *card, const struct cn_kernel_input *rules,
                    struct cn_kernel_scratch *scratch, struct cn_kernel_result *result)
{
    uint32_t open[CN_SCORECARD_DEPTH_MAX + 2]; /* groups that are not finished, by depth */
    size_t depth = 0;
    memset(scratch->blocked, 0, sizeof(scratch->blocked));
    for (uint32_t n = 0; n <= card->node_count; n++) {
        while (depth > 0 && card->nodes[open[depth - 1]].end == n) {
            const struct cn_health_node *group = &card->nodes[open[--depth]];
            finish_group(group, &scratch->levels[depth], scratch);
            if (depth > 0) {
                add_to_level(group->weight, scratch, &scratch->levels[depth - 1]);
            }
        }
        if (n == card->node_count) {
            break;
        }
        if (card->nodes[n].kind == CN_HEALTH_GROUP) {
            memset(&scratch->levels[depth], 0, sizeof(scratch->levels[depth]));
            open[depth++] = n;
        } else {
            score_measure(&card->nodes[n], rules, scratch);
            add_to_level(card->nodes[n].weight, scratch, &scratch->levels[depth - 1]);
        }
    }
    round_off(scratch, result);
}
