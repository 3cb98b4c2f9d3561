/*
 * What each part of an account's scorecard gives, 0 to 100, as it counts in the score: for whoever
 * compares parts over many accounts.  Cheaper than an explanation, which also names facts.
 */
#ifndef CAIRN_HEALTH_PARTS_H
#define CAIRN_HEALTH_PARTS_H

#include "health/explain.h"

struct cn_health_parts {
    int32_t scorecard; /* index in the model; -1: none applies, and nothing else is filled */
    bool *counts;      /* by node: it has a value, if only by its missing-data policy */
    double *values;    /* by node */
};

/* Of the account's own tree, children aside.  The arrays are in `arena`. */
void cn_health_parts(const struct cn_explain_at *at, struct cn_arena *arena,
                     struct cn_health_parts *parts_out);

#endif
