/*
 * Scorecards: the rules of health, compiled from the program.
 *
 * A scorecard is a tree of weighted groups and measures.  A measure turns a value (CEL, a number)
 * into 0 to 100 by a piecewise linear map, or says the score itself; 100 is always healthy.  What
 * is missing is handled by the measure's policy and lowers the confidence.  Exceptions cap, lift or
 * set the result and name themselves.  Which scorecard an account gets: of those that apply, the
 * one of the highest priority.
 *
 *   scorecard: mid-touch
 *   priority: 20
 *   applies_when: arr >= 20000 && arr < 100000
 *   min_coverage: 0.5                       of the weights that must have data, else no score
 *   groups:
 *     - name: usage
 *       weight: 40
 *       floor: 10                           the group's own score is at least this
 *       cap: 90                             and at most this
 *       needs: 2                            so many of its parts must have a score
 *       measures:
 *         - {name: breadth, weight: 40, value: features_used.distinct(28), map: {0: 0, 4: 60, 8:
 * 100}}
 *         - {name: nps, weight: 20, score: "...", missing: neutral, age: "...", validity: 30d,
 *            halflife: 30d, stale: fade, neutral: 50}
 *       groups: [...]
 *   exceptions:
 *     - {when: "!has_champion", cap: 49, because: no champion}
 *   bands: {yellow: 50, green: 75, margin: 3}
 *   grades: {A: 85, B: 70, C: 50, D: 30, F: 0}   what the score is called: health/grade.h
 *   children: {take: mean, share: 0.5}        of the child accounts: mean, least or arr
 *   shadow: true                              scored beside the live one, decides nothing
 *
 * Children join before the exceptions.  A shadow is scored for all accounts to which it applies,
 * whatever its priority.
 *
 * Immutable once compiled; any number of threads may evaluate with it.
 *
 * Not here: evaluating (health/evaluate.h), explaining (health/explain.h).
 */
#ifndef CAIRN_HEALTH_SCORECARD_H
#define CAIRN_HEALTH_SCORECARD_H

#include "frame/rules.h"
#include "program/program.h"

enum {
    CN_SCORECARDS_MAX = 100,
    CN_SCORECARD_NODES_MAX = 500,
    CN_SCORECARD_DEPTH_MAX = 12,
    CN_MAP_POINTS_MAX = 32,
    CN_EXCEPTIONS_MAX = 63, /* so that what fired fits a bit mask */
    CN_SHADOWS_MAX = 8,
    CN_GRADES_MAX = 12,
    CN_GRADE_NAME_MAX_BYTES = 8,
    CN_GRADE_EDGE_MAX = 100,
};

enum cn_missing {
    CN_MISSING_SKIP,    /* leave it out and share its weight among its siblings */
    CN_MISSING_ZERO,    /* count it as 0 */
    CN_MISSING_NEUTRAL, /* count it as the neutral value */
    CN_MISSING_BLOCK,   /* no score at all */
};

enum cn_stale {
    CN_STALE_FADE, /* sink towards neutral, never above the value itself */
    CN_STALE_DROP, /* the same, and missing once freshness is below 0.1 */
};

enum cn_health_kind {
    CN_HEALTH_GROUP,
    CN_HEALTH_MEASURE,
};

/* Nodes are in pre-order, node 0 being the scorecard itself. */
struct cn_health_node {
    enum cn_health_kind kind;
    cn_str name;
    cn_str path; /* "usage/breadth", "" for the root */
    uint32_t parent;
    uint32_t end; /* one past its last descendant */
    uint32_t depth;
    double weight;
    double min_coverage; /* of a group */
    double weight_sum;   /* of a group's children */
    uint32_t needs;      /* of a group: so many of its children must be valid; 0: any */
    double floor;        /* of a group: its score is at least this; 0: nothing */
    double cap;          /* at most this; 100: nothing */

    /* Of a measure.  Rules are numbers of the model; CN_NO_RULE where there is none. */
    uint32_t rule; /* gives the raw value, or the score if there is no map */
    uint32_t age_rule;
    size_t point_count; /* 0: the rule is the score */
    double *xs;         /* rising */
    double *ys;
    enum cn_missing missing;
    enum cn_stale stale;
    double neutral;
    double validity_days;
    double halflife_days;
    cn_str text; /* of the expression */
};

enum cn_exception_kind {
    CN_EXCEPTION_CAP,
    CN_EXCEPTION_FLOOR,
    CN_EXCEPTION_SET,
};

struct cn_health_exception {
    enum cn_exception_kind kind;
    int32_t points; /* thousandths */
    uint32_t rule;
    cn_str because;
    cn_str text; /* of the condition */
};

/* Thousandths of a point. */
struct cn_health_bands {
    int32_t yellow; /* red below */
    int32_t green;
    int32_t margin; /* what rising takes on top */
};

/* From the next higher one down to this point, which it includes. */
struct cn_grade {
    cn_str name;
    int32_t from; /* whole points */
};

/* What of the child accounts joins the score. */
enum cn_children {
    CN_CHILDREN_NONE,
    CN_CHILDREN_MEAN,
    CN_CHILDREN_LEAST,
    CN_CHILDREN_ARR, /* the mean, weighted by ARR */
};

struct cn_scorecard {
    cn_str name;
    cn_str doc;
    int64_t priority;
    bool is_shadow;
    uint32_t shadow; /* of a shadow: its number among them */
    enum cn_children children;
    double children_share; /* of the score, 0 to 1; the rest is the account's own tree */
    uint32_t applies_rule;
    cn_str applies_text;
    struct cn_health_node *nodes;
    size_t node_count;
    struct cn_health_exception *exceptions;
    size_t exception_count;
    struct cn_health_bands bands;
    struct cn_grade *grades; /* by falling edge; the last begins at 0 */
    size_t grade_count;      /* 0: it has none */
};

struct cn_health_model {
    struct cn_scorecard *scorecards; /* by falling priority, then name */
    size_t scorecard_count;
    size_t shadow_count; /* of those */
    bool has_families;   /* some take children: then the two columns are there */
    uint32_t parent_column;
    uint32_t arr_column;
    const struct cn_rules *rules; /* of the whole program */
    uint32_t section;             /* its number there */
    uint32_t unit;                /* there: the health of an account */
    uint32_t *rule_numbers;       /* rule i of the model is that one of `rules` */
    size_t rule_count;
};

/* What the engine prepares before the section is compiled. */
struct cn_health_env {
    struct cn_rules *rules; /* the scorecards' expressions are added to it */
    uint32_t section;
    uint32_t unit; /* of `rules`: the health of an account */
    struct cn_health_columns *columns;
};

/* Before any expression of the program is checked, so that those of other sections may read health:
 * names the columns health.score, .colour, .is_grey, .confidence, .scorecard and
 * .fired("because").  All lives in `arena`; `tree` must outlive the compiling. */
void cn_health_prepare(struct cn_arena *arena, struct cn_rules *rules,
                       const struct cn_program_tree *tree, struct cn_health_env *env_out);

/* The source of these columns.  It fills from the struct cn_health_state that is bound to the frame
 * (cn_health_bind()), once the section has been compiled. */
const struct cn_column_source *cn_health_source(const struct cn_health_env *env);

/* The program section `scorecard`; env is a struct cn_health_env, what is compiled a struct
 * cn_health_model. */
extern const struct cn_program_section cn_health_section;

/* The columns that a rule reads, borrowed from the model. */
const uint32_t *cn_health_rule_columns(const struct cn_health_model *model, uint32_t rule,
                                       size_t *count_out);

#endif
