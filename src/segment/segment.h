/*
 * Where an account stands: its segments, its coverage model, its lifecycle stage.  Compiled from
 * the program's sections `segments`, `segment_models`, `coverage` and `lifecycle`.
 *
 * All of them are sets of accounts, of different kinds.  A set has conditions (CEL); those of one
 * group are told apart: an account is in the first of them that applies, in the order of the file.
 * Coverage models are one group, by bands of ARR that leave no gap; stages are one, by days since
 * the first contract began; the segments of a segment model are one each.  Segments without a model
 * stand alone, an account is in any number of them.
 *
 * What rules can read of it:
 *
 *   segment.vip, segment.has("key-account")   in that segment
 *   segment.answered                          of the seven questions of segmentation, 0 to 7
 *   coverage, cadence_days                    the coverage model; the days between two touches
 *   stage, days_in_stage                      the lifecycle stage instead of that of the record
 *   in_renewal_window, is_stalled             beside any stage
 *
 * An expression without a value does not hold.  Immutable once compiled.
 *
 * Not here: who is in it (segment/evaluate.h), who was (segment/history.h).
 */
#ifndef CAIRN_SEGMENT_SEGMENT_H
#define CAIRN_SEGMENT_SEGMENT_H

#include "frame/rules.h"
#include "program/program.h"

enum {
    CN_SEGMENTS_MAX = 500, /* sets of all kinds */
    CN_SEGMENT_COLOURS = 3,
    CN_SEGMENT_NO_GROUP = UINT32_MAX,
    CN_SEGMENT_NAME_MAX_BYTES = 140,
};

enum cn_segment_kind {
    CN_SEGMENT_COVERAGE,
    CN_SEGMENT_FLAG, /* "renewal-window", "stalled", "unsegmented" */
    CN_SEGMENT_GAP,  /* what a coverage model needs and is not there: "high/sponsor" */
    CN_SEGMENT_GOAL, /* of a stage: "onboarding/activated" */
    CN_SEGMENT_PLAIN,
    CN_SEGMENT_STAGE,
    CN_SEGMENT_KINDS
};

/* "coverage", "flag", "gap", "goal", "segment", "stage" */
extern const char *const cn_segment_kind_names[CN_SEGMENT_KINDS];

/* What a segment model answers (requirements 004-05 to 004-11). */
enum cn_segment_question {
    CN_QUESTION_NONE,
    CN_QUESTION_WHO,
    CN_QUESTION_PROFIT,
    CN_QUESTION_SATISFACTION,
    CN_QUESTION_WALLET,
    CN_QUESTION_FOOTPRINT,
    CN_QUESTION_MARKET,
    CN_QUESTION_INFLUENCE,
    CN_QUESTIONS
};

/* "none", "who", "profit", "satisfaction", "wallet", "footprint", "market", "influence" */
extern const char *const cn_segment_question_names[CN_QUESTIONS];

/* Of a coverage model. */
struct cn_coverage {
    double from; /* ARR in major units, included */
    double below;
    bool has_below;
    int64_t ratio_min; /* accounts of one owner, or of the pool; 0: any */
    int64_t ratio_max;
    bool is_pool;
    int64_t cadence_days;                    /* 0: none */
    int64_t colour_days[CN_SEGMENT_COLOURS]; /* red, yellow, green; 0: as cadence_days */
    cn_str colour_focus[CN_SEGMENT_COLOURS]; /* "rescue" */
};

/* Days between two touches: the shorter of the model's and the colour's (0: red, 1: yellow, 2:
 * green; others: no colour); 0: none. */
int64_t cn_coverage_cadence(const struct cn_coverage *coverage, size_t colour);

/* Of a lifecycle stage. */
struct cn_lifecycle_stage {
    int64_t from_day;
    int64_t end_day;          /* first day after it; INT64_MAX: it has no end */
    int64_t stall_after_days; /* 0: never */
    uint32_t stall_rule;      /* it is late enough, and not too late */
};

/* Sets that no condition of the program says. */
enum cn_segment_flag {
    CN_FLAG_NONE, /* it has a condition */
    CN_FLAG_STALLED,
    CN_FLAG_UNSEGMENTED, /* in no segment of the primary model */
};

struct cn_segment {
    enum cn_segment_kind kind;
    enum cn_segment_flag flag;
    cn_str name;
    cn_str column_name; /* "segment.vip", or "" if it cannot stand in an expression like that */
    cn_str piece;       /* of a placement: "segment:vip|" */
    uint32_t interned;  /* its name */
    cn_str doc;
    cn_str was;         /* its name before, or "" */
    cn_str text;        /* of the condition, or "" */
    uint32_t group;     /* or CN_SEGMENT_NO_GROUP */
    uint32_t unit;      /* of the rules */
    uint32_t rule;      /* the condition, or CN_NO_RULE */
    uint32_t band_rule; /* the band, or CN_NO_RULE */
    uint32_t within;    /* of a goal: the item that is its stage; of a gap: its coverage model */
    const struct cn_coverage *coverage;
    struct cn_lifecycle_stage *lifecycle;
    const struct cn_node *node; /* while compiling */
};

/* Sets of which an account is in one at most. */
struct cn_segment_group {
    enum cn_segment_kind kind;
    cn_str name; /* of a segment model, else that of the kind */
    cn_str doc;
    enum cn_segment_question question;
    int64_t validity_days; /* of the facts behind its segments; 0: they do not age */
    bool is_primary;
    bool is_declared;
    uint32_t unit;
};

struct cn_segment_model {
    struct cn_segment *items; /* by group in its order; see `order` for by name */
    size_t count;
    struct cn_segment_group *groups;
    size_t group_count;
    uint32_t *order;     /* items by kind and name */
    uint32_t primary;    /* group, or CN_SEGMENT_NO_GROUP */
    uint32_t stage_unit; /* or CN_NO_UNIT, as below */
    uint32_t coverage_unit;
    uint32_t cadence_unit;
    uint32_t answered_unit;
    uint32_t colour_rule; /* health.colour, for the cadence; CN_NO_RULE: no model reads it */
    uint32_t tenure_rule; /* tenure_days, for days in the stage */
    const struct cn_rules *rules;
    uint32_t section;
    uint32_t colours[CN_SEGMENT_COLOURS]; /* interned: red, yellow, green */
};

/* What the engine prepares before the sections are compiled. */
struct cn_segment_env {
    struct cn_rules *rules;
    struct cn_segment_model *model;
    struct cn_column_source *source;
    struct cn_interner *strings;
};

/* Before any expression of the program is checked: learns all names from `tree`, which must outlive
 * the compiling.  All lives in `arena`. */
void cn_segment_prepare(struct cn_arena *arena, struct cn_rules *rules, struct cn_interner *strings,
                        const struct cn_program_tree *tree, struct cn_segment_env *env_out);

/* Its columns; to be asked before book/, of which it takes the name `stage` if the program has
 * stages.  Fills from the struct cn_membership that is bound to the frame. */
const struct cn_column_source *cn_segment_source(const struct cn_segment_env *env);

/* The sections; env is a struct cn_segment_env, and what is compiled its model, which is whole when
 * all of them have been.  Models before segments. */
extern const struct cn_program_section cn_segment_model_section;
extern const struct cn_program_section cn_segment_section;
extern const struct cn_program_section cn_coverage_section;
extern const struct cn_program_section cn_lifecycle_section;

/* The item of that name, or that was called so before; false: there is none. */
bool cn_segment_find(const struct cn_segment_model *model, enum cn_segment_kind kind, cn_str name,
                     uint32_t *index_out);

/* The name of a kind; false: it is none. */
bool cn_segment_kind_of(cn_str name, enum cn_segment_kind *kind_out);

#endif
