/* For frame/ only: what a rule set is made of. */
#ifndef CAIRN_FRAME_RULES_STATE_H
#define CAIRN_FRAME_RULES_STATE_H

#include "frame/rules.h"

struct rule {
    const struct cn_cel_expr *expr;
    struct cn_place place;
    uint32_t unit;
    size_t output; /* of the plan of its stratum */
};

struct unit_after {
    uint32_t unit;
    struct unit_after *next;
};

struct rule_unit {
    struct cn_unit_spec spec;
    struct unit_after *after;
    uint32_t stratum;
    bool reads_state;
};

struct rule_stratum {
    const struct cn_cel_plan *plan;
    uint32_t sections; /* by bit: those that have units here */
};

struct cn_rules {
    struct cn_arena *arena;
    struct cn_column_set *columns;
    struct cn_cel_schema schema;
    struct cn_cel_strings strings;
    struct rule *items;
    size_t count;
    size_t capacity;
    struct rule_unit *units;
    size_t unit_count;
    size_t unit_capacity;
    uint32_t section_count;
    struct rule_stratum *strata;
    uint32_t stratum_count;
};

#endif
