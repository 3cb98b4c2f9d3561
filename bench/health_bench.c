/*
 * Scores a million accounts of ten measures by each kernel that this machine can run, and reads the
 * same columns once, in the same run.  Prints milliseconds and the ratio.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"

#include "health/kernel.h"

enum {
    ROWS = 1024 * 1024,
    MEASURES = 10,
    ROUNDS = 15,
    GROUPS = 3
};

static struct cn_health_node nodes[1 + GROUPS + MEASURES];

static void make_card(struct cn_scorecard *card)
{
    static double xs[] = { 0, 20, 60 };
    static double ys[] = { 0, 70, 100 };
    uint32_t n = 0;
    uint32_t rule = 0;
    nodes[n++] = (struct cn_health_node){
        .min_coverage = 0.5,
        .cap = 100,
        .weight = 1,
        .weight_sum = 90,
        .end = CN_ARRAY_LEN(nodes),
    };
    for (uint32_t g = 0; g < GROUPS; g++) {
        uint32_t group = n++;
        uint32_t count = g == 0 ? MEASURES - 3 * (GROUPS - 1) : 3;
        nodes[group] = (struct cn_health_node){
            .min_coverage = 0.5,
            .cap = 100,
            .weight = 30,
            .weight_sum = 10 * count,
            .end = group + 1 + count,
        };
        for (uint32_t m = 0; m < count; m++, n++) {
            nodes[n] = (struct cn_health_node){ .kind = CN_HEALTH_MEASURE,
                                                .parent = group,
                                                .weight = 10,
                                                .end = n + 1,
                                                .rule = rule++,
                                                .age_rule = CN_NO_RULE,
                                                .xs = xs,
                                                .ys = ys,
                                                .point_count = 3 };
        }
    }
    *card = (struct cn_scorecard){ .nodes = nodes, .node_count = n };
}

static double read_once(double *const *columns)
{
    double sum = 0;
    for (size_t m = 0; m < MEASURES; m++) {
        double sums[8] = { 0 };
        for (size_t i = 0; i < ROWS; i += 8) {
            for (size_t k = 0; k < 8; k++) {
                sums[k] += columns[m][i + k];
            }
        }
        sum += sums[0] + sums[7];
    }
    return sum;
}

struct bench {
    struct cn_scorecard card;
    double *columns[MEASURES];
    uint64_t *missing;
    struct cn_kernel_rows *rows;
    struct cn_kernel_scratch *scratch;
    struct cn_kernel_result *result;
    struct cn_kernel_state *state;
    int64_t *points;
    int64_t *status;
    uint64_t *fired;
};

/* Marks every nth value as missing; 0: none. */
static void set_missing(struct bench *b, size_t every)
{
    memset(b->missing, 0, ROWS / 8);
    for (size_t i = 0; every > 0 && i < ROWS; i += every) {
        b->missing[i / 64] |= UINT64_C(1) << (i % 64);
    }
}

static uint64_t score_all(struct bench *b, const struct cn_kernel_target *target)
{
    static const struct cn_health_bands bands = { 50000, 75000, 3000 };
    uint64_t words = 0;
    uint64_t mask[CN_BLOCK_WORDS];
    memset(mask, 0xFF, sizeof(mask));
    cn_kernel_list(mask, b->rows);
    for (size_t first = 0; first < ROWS; first += CN_BLOCK_ROWS) {
        struct cn_kernel_input inputs[MEASURES];
        for (size_t m = 0; m < MEASURES; m++) {
            inputs[m] = (struct cn_kernel_input){ b->columns[m] + first, b->missing + first / 64 };
        }
        target->score(&b->card, 0, inputs, b->rows, b->scratch, b->result);
        b->state->points = b->points + first;
        b->state->status = b->status + first;
        b->state->fired = b->fired + first;
        words += target->finish(&bands, b->result, mask, b->state);
    }
    return words;
}

static int64_t least(int64_t known, int64_t start)
{
    int64_t took = cn_clock_monotonic_us() - start;
    return known == 0 || took < known ? took : known;
}

/* The best of some rounds in turns, so that all see the same machine. */
static double run(struct bench *b, const char *title, const struct cn_kernel_target *targets,
                  size_t target_count)
{
    double sum = 0;
    int64_t read_us = 0;
    int64_t score_us[3] = { 0 };
    for (int r = 0; r < ROUNDS; r++) {
        int64_t start = cn_clock_monotonic_us();
        sum += read_once(b->columns);
        read_us = least(read_us, start);
        for (size_t t = 0; t < target_count; t++) {
            start = cn_clock_monotonic_us();
            sum += (double)score_all(b, &targets[t]);
            score_us[t] = least(score_us[t], start);
        }
    }
    printf("%s: reading 1M x 10 doubles once %.2f ms\n", title, (double)read_us / 1000);
    for (size_t t = 0; t < target_count; t++) {
        printf("%s: scores and colours by %s %.2f ms, %.2f x reading\n", title, targets[t].name,
               (double)score_us[t] / 1000, (double)score_us[t] / (double)read_us);
    }
    return sum;
}

int main(void)
{
    struct bench b;
    struct cn_kernel_target targets[3];
    size_t target_count = 0;
    struct cn_rng rng = { 1 };
    double sum = 0;
    cn_heap_tune();
    b.missing = cn_heap_resize_lines(NULL, 0, ROWS / 8);
    b.rows = cn_heap_resize_lines(NULL, 0, sizeof(*b.rows));
    b.scratch = cn_heap_resize_lines(NULL, 0, sizeof(*b.scratch));
    b.result = cn_heap_resize_lines(NULL, 0, sizeof(*b.result));
    b.state = cn_heap_resize_lines(NULL, 0, sizeof(*b.state));
    b.points = cn_heap_resize_lines(NULL, 0, ROWS * sizeof(int64_t));
    b.status = cn_heap_resize_lines(NULL, 0, ROWS * sizeof(int64_t));
    b.fired = cn_heap_resize_lines(NULL, 0, ROWS * sizeof(uint64_t));
    memset(b.points, 0, ROWS * sizeof(int64_t));
    memset(b.status, 0, ROWS * sizeof(int64_t));
    memset(b.fired, 0, ROWS * sizeof(uint64_t));
    for (size_t m = 0; m < MEASURES; m++) {
        b.columns[m] = cn_heap_resize_lines(NULL, 0, (ROWS + CN_BLOCK_ROWS) * sizeof(double));
        for (size_t i = 0; i < ROWS; i++) {
            b.columns[m][i] = cn_rng_unit(&rng) * 80;
        }
    }
    make_card(&b.card);
    cn_kernel_targets(targets, &target_count);
    set_missing(&b, 0);
    sum += run(&b, "all there", targets, target_count);
    set_missing(&b, 10);
    sum += run(&b, "10 % missing", targets, target_count);
    return sum == 0;
}
