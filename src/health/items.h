/* For health/ only: the rows of an explanation, shared by that of a score and that of a change. */
#ifndef CAIRN_HEALTH_ITEMS_H
#define CAIRN_HEALTH_ITEMS_H

#include "health/scored.h"

/* Nodes 1, 2, ... of the scorecard, then the exceptions in the set; room for one more item. */
CN_MUST_CHECK bool cn_explain_items(const struct cn_explain_at *at, const struct cn_scored *scored,
                                    uint64_t exceptions, struct cn_arena *arena,
                                    struct cn_explanation *explanation_out, struct cn_error *err);

/* What each node contributes, thousandths; of a score that is there.  points: one a node. */
void cn_explain_contribute(const struct cn_scored *scored, struct cn_arena *arena, int32_t *points);

/* What other rules make of the same facts: `now` of the rules as they are against `then` of those
 * as they were, a line of kind CN_EXPLAIN_RULES for each measure and exception that differs; they
 * add up to the difference of the points.  Both have points.  Room for that many lines is at
 * items_out: the nodes and exceptions of both scorecards and one more. */
size_t cn_explain_rules(const struct cn_scored *then, const struct cn_scored *now,
                        struct cn_arena *arena, struct cn_explain_item *items_out);

/* The reasons of the exceptions that fired, joined by "; ". */
cn_str cn_health_because(const struct cn_scorecard *card, uint64_t fired, struct cn_arena *arena);

#endif
