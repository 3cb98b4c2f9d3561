/*
 * The rows of a part, and a measure a step at a time: for those with an age, or whose missing
 * values count for something.  Only health/kernel.c includes this header; it does the others in one
 * pass.
 */
#ifndef CAIRN_HEALTH_KERNEL_STEPS_H
#define CAIRN_HEALTH_KERNEL_STEPS_H

#include <float.h>
#include <math.h>
#include <string.h>

#include "health/kernel_compress.h"
#include "health/kernel_impl.h"

/* The rows that are worked on now; those of a rule before are gone. */
static struct cn_kernel_input part_of(const struct cn_kernel_input *block,
                                      struct cn_kernel_scratch *s)
{
    if (s->list->is_whole) {
        return (struct cn_kernel_input){ block->values + s->first, block->missing + s->first / 64 };
    }
    gather(block, s->list, s->first, &s->gathered);
    return (struct cn_kernel_input){ s->gathered.values + CN_SPARE_ROWS, s->gathered.missing };
}

/* 1 where there is a finite value. */
static void find_valid(const struct cn_kernel_input *input, size_t rows, double *restrict valid)
{
    const double *restrict x = input->values;
    for (size_t w = 0; w < rows / 64; w++) {
        uint64_t missing = input->missing[w];
        for (size_t b = 0; b < 64; b++) {
            size_t i = w * 64 + b;
            double is_there = (missing & bit_of[b]) == 0 ? 1.0 : 0.0;
            valid[i] = fabs(x[i]) <= DBL_MAX ? is_there : 0.0;
        }
    }
}

/* Pieces from left to right: where the next one has begun, it wins. */
static void apply_map(const struct cn_health_node *node, const double *restrict x, size_t rows,
                      double *restrict score)
{
    double first = node->ys[0];
    FOR_EACH_ROW (i, rows) {
        score[i] = first;
    }
    for (size_t k = 0; k + 1 < node->point_count; k++) {
        double from = node->xs[k];
        double base = node->ys[k];
        double slope = (node->ys[k + 1] - base) / (node->xs[k + 1] - from);
        FOR_EACH_ROW (i, rows) {
            double y = base + (x[i] - from) * slope;
            score[i] = x[i] >= from ? y : score[i];
        }
    }
    double end = node->xs[node->point_count - 1];
    double last = node->ys[node->point_count - 1];
    FOR_EACH_ROW (i, rows) {
        score[i] = x[i] >= end ? last : score[i];
    }
}

static void clamp(const double *restrict x, size_t rows, double *restrict score)
{
    FOR_EACH_ROW (i, rows) {
        double low = x[i] > 0.0 ? x[i] : 0.0;
        score[i] = low < 100.0 ? low : 100.0;
    }
}

/* Confidence takes the freshness; the score sinks towards neutral with it. */
static void fade(const struct cn_health_node *node, const struct cn_kernel_input *age,
                 struct cn_kernel_scratch *s)
{
    FOR_EACH_ROW (i, s->rows) {
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
    FOR_EACH_ROW (i, s->rows) {
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
        FOR_EACH_ROW (i, s->rows) {
            s->blocked[i] = s->valid[i] != 0.0 ? s->blocked[i] : 1.0;
        }
        break;
    }
}

static void score_measure(const struct cn_health_node *node, const struct cn_kernel_input *input,
                          const struct cn_kernel_input *rules, struct cn_kernel_scratch *s)
{
    find_valid(input, s->rows, s->valid);
    if (node->point_count > 0) {
        apply_map(node, input->values, s->rows, s->score);
    } else {
        clamp(input->values, s->rows, s->score);
    }
    memcpy(s->known, s->valid, sizeof(s->known));
    if (node->age_rule != CN_NO_RULE) {
        struct cn_kernel_input age = part_of(&rules[node->age_rule], s);
        fade(node, &age, s);
    }
    apply_missing(node, s);
}

#endif
