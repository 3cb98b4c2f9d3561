/* For health/ only: the rows of an explanation, shared by that of a score and that of a change. */
#ifndef CAIRN_HEALTH_ITEMS_H
#define CAIRN_HEALTH_ITEMS_H

#include "health/scored.h"

/* A line for each child that counts or counted, and one for all that are too many. */
struct cn_child_lines {
    uint32_t first; /* in the explanation */
    size_t count;
    size_t union_count;                 /* children at either end, by account */
    int64_t *account;                   /* by child */
    uint32_t *line;                     /* by child: its line, counted from `first` */
    const struct cn_scored_child **is;  /* by child: NULL if it does not count */
    const struct cn_scored_child **was; /* by child, in `other` */
};

/* An explanation with the places of its lines, CN_NO_LINE where there is none. */
struct cn_explain_lines {
    struct cn_explanation out;
    uint32_t *node;      /* by node; the root has none */
    uint32_t *bound;     /* by node: of a group's floor or cap */
    uint32_t *exception; /* by exception */
    uint32_t children;   /* the line of all children */
    struct cn_child_lines child;
};

#define CN_NO_LINE UINT32_MAX

/* The scorecard's tree in pre-order, then exceptions: those that fired, in `scored` or in `other`
 * (NULL: none) of the same scorecard; bounds likewise. */
CN_MUST_CHECK bool cn_explain_items(const struct cn_explain_at *at, const struct cn_scored *scored,
                                    const struct cn_scored *other, struct cn_arena *arena,
                                    struct cn_explain_lines *lines_out, struct cn_error *err);

/* The lines of children, after what is in the explanation already; items have room for
 * CN_CHILD_LINES_MAX + 2.  `part`: what all of them contribute, thousandths. */
enum {
    CN_CHILD_LINES_MAX = 50
};
void cn_explain_children(const struct cn_explain_at *at, const struct cn_scored *scored,
                         const struct cn_scored *other, int32_t part, struct cn_arena *arena,
                         struct cn_explain_lines *lines);

/* The change of each child, not rounded, thousandths: union_count of them. */
void cn_explain_child_changes(const struct cn_child_lines *lines, double *ideals);

/* What each node contributes, and what each group's floor or cap does, thousandths; of a score that
 * is there.  Arrays of one a node, zeros at first; that of node 0 is the part of the
 * account's own tree. */
void cn_explain_contribute(const struct cn_scored *scored, struct cn_arena *arena, int32_t *points,
                           int32_t *bounds);

/* The line of an override that stands first, and what is effective with it. */
void cn_explain_override(const struct cn_explain_at *at, struct cn_arena *arena,
                         struct cn_explanation *out);

/* The grade of what is effective, by the scorecard (NULL: none applies). */
void cn_explain_grade(const struct cn_scorecard *card, struct cn_arena *arena,
                      struct cn_explanation *out);

/* What the later moment's score would be by the scorecard, had the sentiment stayed as it was at
 * the earlier one.  False: it did stay, or this cannot be told. */
bool cn_explain_unsaid(const struct cn_explain_at *before, const struct cn_explain_at *after,
                       const struct cn_scored *now, struct cn_arena *arena,
                       struct cn_scored *unsaid_out);

/* The lines of what was said in between: `sentiment` is what another sentiment did, thousandths;
 * had and has are the computed scores at the ends.  Sets what is effective and its change.  Room
 * for CN_SAID_LINES is there. */
enum {
    CN_SAID_LINES = 3
};
void cn_explain_said_lines(const struct cn_explain_at *before, const struct cn_explain_at *after,
                           int32_t sentiment, int32_t had, int32_t has, struct cn_arena *arena,
                           struct cn_explanation *out);

/* What other rules make of the same facts: `now` of the rules as they are against `then` of those
 * as they were, a line of kind CN_EXPLAIN_RULES for each measure and exception that differs; they
 * add up to the difference of the points.  Both have points.  Room for that many lines is at
 * items_out: the nodes and exceptions of both scorecards and one more. */
size_t cn_explain_rules(const struct cn_scored *then, const struct cn_scored *now,
                        struct cn_arena *arena, struct cn_explain_item *items_out);

#endif
