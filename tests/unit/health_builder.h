/* Scorecards made by hand, for tests of the arithmetic alone. */
#ifndef CAIRN_TESTS_UNIT_HEALTH_BUILDER_H
#define CAIRN_TESTS_UNIT_HEALTH_BUILDER_H

#include "health/scorecard.h"

enum {
    NODES_MAX = 60
};

/* A scorecard made by hand: nodes are added in pre-order. */
struct builder {
    struct cn_scorecard card;
    struct cn_health_node nodes[NODES_MAX + 1];
    double xs[NODES_MAX + 1][CN_MAP_POINTS_MAX];
    double ys[NODES_MAX + 1][CN_MAP_POINTS_MAX];
    uint32_t rules;
};

static inline struct cn_health_node *add(struct builder *b, enum cn_health_kind kind,
                                         uint32_t parent, double weight)
{
    uint32_t index = (uint32_t)b->card.node_count++;
    b->card.nodes = b->nodes;
    b->nodes[index] = (struct cn_health_node){ .kind = kind,
                                               .parent = parent,
                                               .weight = weight,
                                               .min_coverage = 0.5,
                                               .cap = 100,
                                               .neutral = 50,
                                               .rule = CN_NO_RULE,
                                               .age_rule = CN_NO_RULE };
    if (kind == CN_HEALTH_MEASURE) {
        b->nodes[index].rule = b->rules++;
    }
    if (index > 0) {
        b->nodes[parent].weight_sum += weight;
        b->nodes[index].depth = b->nodes[parent].depth + 1;
    }
    b->nodes[index].end = index + 1;
    for (uint32_t n = index; n > 0;) {
        n = b->nodes[n].parent;
        b->nodes[n].end = index + 1;
    }
    return &b->nodes[index];
}

#endif
