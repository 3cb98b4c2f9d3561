/* For health/ only: one account scored by hand, with all that explanations need. */
#ifndef CAIRN_HEALTH_SCORED_H
#define CAIRN_HEALTH_SCORED_H

#include "health/explain.h"
#include "health/kernel.h"

/* A child account in its parent's score. */
struct cn_scored_child {
    int64_t account_id;
    uint32_t row;
    uint64_t weight; /* 0: it does not count */
    double score;    /* 0 to 100 */
    double overall;  /* of the parent's score */
};

struct cn_scored {
    const struct cn_scorecard *card; /* NULL: none applies */
    int32_t card_index;
    struct cn_tree_node *nodes; /* by node */
    double *share;              /* by node: of its siblings' valid weights, 0 if it has no score */
    double *overall;            /* the same down the whole tree */
    double *values;             /* by rule */
    bool *present;
    bool has_points;
    int32_t own; /* the account's own tree; below 0: none */
    double own_share;
    double children_share;            /* 0: children add nothing */
    double children_score;            /* 0 to 100 */
    struct cn_scored_child *children; /* those with a score, by account */
    size_t child_count;
    int32_t base;   /* of both, before exceptions */
    int32_t points; /* after */
    int32_t confidence;
    uint64_t fired;
    int32_t *bent; /* by exception: what it added */
};

/* card_index -1: the one that applies. */
void cn_scored_make(const struct cn_explain_at *at, int32_t card_index, struct cn_arena *arena,
                    struct cn_scored *scored_out);

struct cn_health_score cn_scored_score(const struct cn_scored *scored, enum cn_band before);

#endif
