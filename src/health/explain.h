/*
 * Why is it 62, and why is it 9 less than on Monday?
 *
 * An explanation is the scorecard's tree in pre-order, each row with what it contributes in
 * thousandths of a point: the children of a row add up to it exactly, and the rows of depth 1
 * (groups and the exceptions that moved the score) add up to the score.
 *
 * A change is explained row by row as mean weight x change of value + mean value x change of
 * weight.  What did not come from facts has lines of its own: the rules that were applied in
 * between, measure by measure, another scorecard, and what history keeps otherwise than it is
 * computed now (whole points; facts that were told later).  So has what users said: a sentiment
 * that was set or ended in between, with all that it did to the score, and overrides, which take
 * the place of the score where they stand first.  The lines of depth 1 add up exactly to the
 * change, from the score that history shows, or the override, at the one moment to that of the
 * other.
 *
 * Both are functions of frames: "then" is a frame that was filled for that moment.
 */
#ifndef CAIRN_HEALTH_EXPLAIN_H
#define CAIRN_HEALTH_EXPLAIN_H

#include "health/evaluate.h"

enum cn_explain_kind {
    CN_EXPLAIN_GROUP,
    CN_EXPLAIN_MEASURE,
    CN_EXPLAIN_EXCEPTION,
    CN_EXPLAIN_BOUND,     /* the floor or the cap of a group, below it */
    CN_EXPLAIN_CHILDREN,  /* the part of the child accounts, with a line for each below it */
    CN_EXPLAIN_RULES,     /* change only: other rules or weights, with a line for each below it */
    CN_EXPLAIN_SCORECARD, /* change only: another scorecard applies */
    CN_EXPLAIN_JUDGEMENT, /* what a user said: an override; of a change, a sentiment, too */
    CN_EXPLAIN_REST,      /* what history shows less what is computed now for its moments */
    CN_EXPLAIN_KINDS
};

/* "group", "measure", "exception", "bound", "children", "rules", "scorecard",
 * "judgement", "rest" */
extern const char *const cn_explain_kind_names[CN_EXPLAIN_KINDS];

struct cn_explain_item {
    cn_str path; /* "usage/breadth"; "usage/cap"; "exceptions/1" */
    uint32_t depth;
    cn_str name;
    enum cn_explain_kind kind;
    double weight;  /* share of its siblings' valid weights, 0 to 1 */
    bool has_value; /* else it is missing and counts by its policy */
    double value;   /* 0 to 100, after freshness */
    bool has_raw;
    double raw; /* of a measure: what the expression gave */
    cn_str raw_text;
    int32_t points; /* contribution, thousandths */
    bool has_change;
    int32_t change;  /* thousandths */
    cn_str was_text; /* raw_text at the earlier moment of a change; "": not known */
    double freshness;
    cn_str reason;      /* "no data: left out", "stale: 12 days past its validity", "caps at 49" */
    cn_str rule;        /* the expression */
    int64_t account_id; /* of a child's line, else 0 */
    struct cn_fact *facts;
    size_t fact_count;
};

struct cn_explanation {
    struct cn_health_score score;
    cn_str scorecard;
    cn_str because;    /* the exceptions that fired, or "" */
    int32_t effective; /* thousandths: the override where it stands first, else the score */
    enum cn_band effective_band;
    cn_str grade; /* of what is effective, "" without: health/grade.h */
    bool has_change;
    int32_t change; /* of what is effective, thousandths */
    int32_t was;    /* what was effective then */
    struct cn_explain_item *items;
    size_t count;
};

/* A column that rules read of what users said. */
struct cn_explain_cell {
    cn_str column; /* of numbers */
    bool has_value;
    double value;
};

/* What users had said of the account at a moment.  `by` says who, when and why. */
struct cn_explain_said {
    int64_t override_id; /* 0: there was none */
    int32_t override;    /* thousandths */
    bool stands_first;   /* it takes the place of the computed score */
    cn_str override_by;
    int64_t sentiment_id; /* 0: there was none */
    int64_t sentiment;    /* 0 to 100 */
    cn_str sentiment_by;
    /* Of the earlier moment of a change: the columns as they would be at the later one if nothing
     * had been said or ended in between. */
    const struct cn_explain_cell *cells;
    size_t cell_count;
};

/* A frame with the columns of the model, the row of the account in it, and the moment it was filled
 * for. */
struct cn_explain_at {
    const struct cn_health_model *model;
    const struct cn_frame *frame;
    uint32_t row;
    struct cn_when when;
    enum cn_band band_before; /* colour on which this evaluation stands; CN_BAND_NONE: none */
    int64_t version;          /* of the program that the model is of; 0: not said */
    /* Of a change: the score that history shows, NULL: what is computed now.  The difference goes
     * to the CN_EXPLAIN_REST row. */
    const struct cn_health_score *shown;
    /* Of the earlier moment, if its model is another one than the later's: a frame of the same
     * moment with the columns of the later one's.  NULL: `frame` has them, too. */
    const struct cn_frame *replay;
    uint32_t replay_row;
    /* The scores of the frames' rows: of children.  NULL: children are not counted. */
    const struct cn_health_state *scores;
    const struct cn_health_state *replay_scores;
    const struct cn_explain_said *said; /* NULL: nothing that one knows of */
};

/* Everything is allocated from `arena`.  A change scores the later frame once more with cells of
 * the earlier moment's sentiment, which are put back: nobody else may read it meanwhile.  Fails as
 * the sources' explain do. */
CN_MUST_CHECK bool cn_health_explain(const struct cn_explain_at *at, struct cn_arena *arena,
                                     struct cn_explanation *explanation_out, struct cn_error *err);

/* The same by one scorecard of the model, whichever applies: of a shadow. */
CN_MUST_CHECK bool cn_health_explain_by(const struct cn_explain_at *at, int32_t scorecard,
                                        struct cn_arena *arena,
                                        struct cn_explanation *explanation_out,
                                        struct cn_error *err);

/* The same with `change` filled in against `before`, whose model may be that of another version of
 * the program.  Without a score at one of the two moments there is no change. */
CN_MUST_CHECK bool cn_health_explain_change(const struct cn_explain_at *before,
                                            const struct cn_explain_at *after,
                                            struct cn_arena *arena,
                                            struct cn_explanation *explanation_out,
                                            struct cn_error *err);

/* The reasons of the exceptions that fired, joined by "; ". */
cn_str cn_health_because(const struct cn_scorecard *card, uint64_t fired, struct cn_arena *arena);

#endif
