/* For health/ only: the rows of an explanation, shared by that of a score and that of a change. */
#ifndef CAIRN_HEALTH_ITEMS_H
#define CAIRN_HEALTH_ITEMS_H

#include "health/scored.h"

/* Nodes 1, 2, ... of the scorecard, then the exceptions in the set; room for one more item. */
CN_MUST_CHECK bool cn_explain_items(const struct cn_explain_at *at, const struct cn_scored *scored,
                                    uint64_t exceptions, struct cn_arena *arena,
                                    struct cn_explanation *explanation_out, struct cn_error *err);

/* The reasons of the exceptions that fired, joined by "; ". */
cn_str cn_health_because(const struct cn_scorecard *card, uint64_t fired, struct cn_arena *arena);

#endif
