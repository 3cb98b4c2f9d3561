/* For health/ only: the expressions behind a model's rules. */
#ifndef CAIRN_HEALTH_PLAN_H
#define CAIRN_HEALTH_PLAN_H

#include "cel/plan.h"
#include "frame/schema.h"
#include "health/scorecard.h"

struct cn_health_rule {
    const struct cn_cel_expr *expr;
    size_t output; /* of the plan */
};

struct cn_health_plan {
    struct cn_health_rule *rules;
    const struct cn_cel_plan *plan;
    struct cn_cel_strings strings;
};

#endif
