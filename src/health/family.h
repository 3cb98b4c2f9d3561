/*
 * For health/ only: what children add to the score of their parent.
 *
 * A scorecard that takes children has a share for them: the mean of their scores, the least, or the
 * mean weighted by ARR.  Those of whole families are made from the lowest level up, after all own
 * trees; sums are whole numbers, so that the order of rows changes nothing.
 */
#ifndef CAIRN_HEALTH_FAMILY_H
#define CAIRN_HEALTH_FAMILY_H

#include "health/evaluate.h"

__extension__ typedef unsigned __int128 cn_u128;

struct cn_family_sum {
    uint64_t children; /* all of them */
    uint64_t scored;   /* those that count: with a score, and ARR where it weighs */
    cn_u128 weight;    /* of those */
    cn_u128 points;    /* weight x thousandths; of the least: its own */
    cn_u128 weight_all;
    cn_u128 known; /* weight x confidence, of all */
    int64_t least; /* thousandths, if any is scored */
    int64_t least_account;
};

/* A whole weight.  Without ARR a child weighs nothing in a mean by ARR. */
uint64_t cn_family_weight(enum cn_children take, bool has_arr, double arr);

void cn_family_add(struct cn_family_sum *sum, enum cn_children take, int64_t account_id,
                   uint64_t weight, const struct cn_health_score *child);

/* The own tree with the children. */
struct cn_family_blend {
    double own_share; /* of the score, 0 to 1; both 0 if there is none */
    double children_share;
    double children;    /* thousandths, not rounded */
    int32_t points;     /* before exceptions; below 0: none */
    int32_t confidence; /* thousandths */
};
struct cn_family_blend cn_family_blend(const struct cn_scorecard *card, int32_t own_points,
                                       int32_t own_confidence, const struct cn_family_sum *sum);

/* The row of the account's parent, if that is in the frame. */
bool cn_family_parent(const struct cn_health_model *model, const struct cn_frame *frame, size_t row,
                      uint32_t *parent_out);

/* The weight of the row's account among its siblings. */
uint64_t cn_family_row_weight(const struct cn_health_model *model, const struct cn_frame *frame,
                              enum cn_children take, size_t row);

/* A parent whose score is to be made: the tree of its own is in state->own. */
struct cn_family_member {
    uint32_t row;
    uint32_t depth;
    int64_t account_id;
    struct cn_family_sum sum;
    bool is_done;
};

/* Calls `each` for every row of `state` that takes children, children before their parents, with
 * what theirs came to; `each` stores its score.  The children's scores are those of `scores`, which
 * may be the same state. */
void cn_family_each(const struct cn_health_model *model, const struct cn_frame *frame,
                    struct cn_health_state *state, const struct cn_health_state *scores,
                    struct cn_arena *arena,
                    void (*each)(void *arg, const struct cn_family_member *member), void *arg);

#endif
