/*
 * All rules of a program together: checked expressions, in the order in which some read what others
 * make, and the one loop that evaluates them.
 *
 * A section of the program (health, segments, signals) adds its expressions a *unit* at a time: a
 * segment, a scorecard.  What a unit comes to can be a column of others ("health.score"): a column
 * whose spec names its maker.  Order follows from use.  Columns and units are sorted into strata:
 * a unit is evaluated in the stratum of the last column that it reads, and what it makes can be
 * read one stratum later.  What reads itself, by whatever way, is a problem that names all members.
 *
 * For each stratum there is one plan over all sections, so that what two of them say alike is
 * computed once.  A pass fills the stratum's columns, then runs the plan block by block and hands
 * each block to the sections that have units there: they are the consumers, and keep state.
 *
 * Live rounds, replay, back-fill and explanations are all passes; they differ in frame, rows, and
 * state.  A pass over many blocks can be shared by several threads: each has a run of the plan and
 * of its consumers for a stretch of blocks that lie together.
 *
 * A section's state over a frame's rows is bound to the frame (cn_frame_bind()) under the section's
 * number; that is where its column source fills from.
 *
 * Built while a program is compiled, immutable once finished: threads may share it.
 */
#ifndef CAIRN_FRAME_RULES_H
#define CAIRN_FRAME_RULES_H

#include "base/workers.h"

#include "cel/plan.h"
#include "frame/frame.h"
#include "frame/schema.h"
#include "program/node.h"

enum {
    CN_RULES_MAX = 20000,
    CN_NO_RULE = UINT32_MAX,
    CN_NO_UNIT = UINT32_MAX,
    CN_RULE_WORDS = CN_BLOCK_ROWS / 64,
};

struct cn_rules;

/* What it names must outlive it; it lives in `arena`. */
struct cn_rules *cn_rules_new(struct cn_arena *arena, struct cn_column_set *columns,
                              struct cn_interner *strings);

struct cn_column_set *cn_rules_columns(const struct cn_rules *rules);
const struct cn_cel_strings *cn_rules_strings(const struct cn_rules *rules);

/* ---- while compiling ---- */

/* A number for the section, at most CN_FRAME_STATES of them: for consumers and cn_frame_bind(). */
uint32_t cn_rules_section(struct cn_rules *rules);

struct cn_unit_spec {
    uint32_t section;
    cn_str name;      /* for people: "segment vip" */
    uint32_t part_of; /* evaluated with that unit, which reads it; or CN_NO_UNIT */
};

/* The number of the new unit.  A column made by it has this number plus 1 as spec.maker. */
uint32_t cn_rules_unit(struct cn_rules *rules, const struct cn_unit_spec *spec);

/* Checks the expression of a YAML scalar and adds it to the unit; the number of the rule.
 * CN_NO_RULE, with every problem at its place, if it is wrong. */
uint32_t cn_rules_add(struct cn_rules *rules, uint32_t unit, const struct cn_node *node,
                      enum cn_cel_kind want, struct cn_diagnostics *problems);

/* The same from a text that stands for what the node says: problems are at the node. */
uint32_t cn_rules_add_text(struct cn_rules *rules, uint32_t unit, cn_str text,
                           const struct cn_node *node, enum cn_cel_kind want,
                           struct cn_diagnostics *problems);

/* The unit also reads, not through a column, what the other one comes to. */
void cn_rules_after(struct cn_rules *rules, uint32_t unit, uint32_t other);

/* After all sections have added theirs: sorts columns and units into strata and plans.  False, with
 * a problem for each, if something reads itself or there is too much. */
bool cn_rules_finish(struct cn_rules *rules, struct cn_diagnostics *problems);

/* ---- once finished ---- */

size_t cn_rules_count(const struct cn_rules *rules);
const struct cn_cel_expr *cn_rules_expr(const struct cn_rules *rules, uint32_t rule);

/* Where the unit is evaluated. */
uint32_t cn_rules_stratum(const struct cn_rules *rules, uint32_t unit);

/* The unit reads, directly or through others, state such as a colour: what it comes to exists as
 * known only, never as true. */
bool cn_rules_reads_state(const struct cn_rules *rules, uint32_t unit);

/* Marks the columns that the unit reads, directly or through what others make; `columns` has a
 * place for each of the set, all false.  `arena` is scratch for the call. */
void cn_rules_mark_read(const struct cn_rules *rules, uint32_t unit, struct cn_arena *arena,
                        bool *columns);

/* A block of rows with its plan evaluated; for the duration of the call. */
struct cn_rule_block {
    const struct cn_rules *rules;
    const struct cn_frame *frame;
    const struct cn_cel_run *run;
    uint32_t stratum;
    size_t first; /* row of the frame at which it begins, a multiple of CN_BLOCK_ROWS */
    size_t count; /* rows in it */
    uint64_t rows[CN_RULE_WORDS]; /* those to be evaluated, by bit from `first` */
    uint64_t gone[CN_RULE_WORDS]; /* those of which the account is gone: they lose their state */
};

/* The result of a rule whose unit is evaluated in the block's stratum. */
struct cn_cel_result cn_rule_result(const struct cn_rule_block *block, uint32_t rule);

/* A section at work. */
struct cn_rule_consumer {
    uint32_t section;
    void *ctx;
    /* Called for each block of each stratum in which the section has units, ascending. */
    void (*block)(void *ctx, const struct cn_rule_block *block);
    /* After the last block of such a stratum; may be NULL. */
    void (*end)(void *ctx, const struct cn_frame *frame, uint32_t stratum);
    /* Another `ctx`, made in `arena`, that can be given later blocks of the stratum on another
     * thread meanwhile: of what they share, `block` writes what belongs to its CN_STRETCH_ROWS
     * alone, and nobody else is given blocks of those.  NULL: a stratum in which the section has
     * units is evaluated on one thread. */
    void *(*fork)(void *ctx, struct cn_arena *arena);
    /* Before `end`, in the order of their blocks: what the fork found joins what `ctx` did, and the
     * fork is gone.  May be NULL. */
    void (*join)(void *ctx, void *forked);
};

struct cn_rule_pass {
    const struct cn_frame *frame;
    const struct cn_bitmap *rows; /* NULL: all.  Read anew in each stratum: it may grow meanwhile */
    /* Brings the columns of the stratum up to date; NULL: they are. */
    bool (*fill)(void *arg, uint32_t stratum, struct cn_error *err);
    void *arg;
    const struct cn_rule_consumer *consumers;
    size_t consumer_count;
    struct cn_workers *workers; /* share the blocks if those are many; NULL: this thread alone */
};

/* Evaluates all strata.  Blocks without a row to be evaluated cost nothing.  The result is the same
 * whoever shares the work.  `arena` is scratch for the call.  Fails as `fill` does. */
CN_MUST_CHECK bool cn_rules_run(const struct cn_rules *rules, const struct cn_rule_pass *pass,
                                struct cn_arena *arena, struct cn_error *err);

#endif
