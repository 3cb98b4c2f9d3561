/*
 * CEL, the Common Expression Language: parse and check an expression once, evaluate it often.
 *
 * Source text comes from users and is hostile.  Length, nesting and the number of nodes are
 * bounded; so is the work of an evaluation, which is estimated when the expression is checked and
 * counted when it runs.  Nothing loops for ever, since the language has no recursion and only
 * finite lists.
 *
 * A checked expression is immutable; any number of threads may evaluate it, each with an arena of
 * its own.  There are two evaluators of one semantics: cn_cel_eval() here, one row at a time, which
 * also says why there is no value; and cel/plan.h, many expressions over many rows.
 *
 * Not here: where rules are stored (program/), what columns mean (frame/ and the domains).
 */
#ifndef CAIRN_CEL_CEL_H
#define CAIRN_CEL_CEL_H

#include "cel/batch.h"
#include "cel/problem.h"
#include "cel/schema.h"

enum {
    CN_CEL_SOURCE_MAX_BYTES = 16 * 1024,
    CN_CEL_DEPTH_MAX = 128,  /* of the tree */
    CN_CEL_NODES_MAX = 4096, /* of the tree, macros expanded */
    /* Of one evaluation of one row, counted while it runs; also what an estimate may come to. */
    CN_CEL_STEPS_MAX = 200 * 1000, /* parts computed, elements compared, 64 bytes of text read */
    CN_CEL_MEMORY_MAX_BYTES = 4 << 20, /* text, lists and maps made */
};

struct cn_cel_expr;

struct cn_cel_options {
    /* The kind that the result must have; CN_CEL_DYN: any.  CN_CEL_DOUBLE also takes an int
     * constant, which becomes a double. */
    enum cn_cel_kind want;
};

/*
 * Parses and checks `source`, resolves its names and folds its constants.
 *
 * The expression lives in `arena`; `schema` is only used during the call.  False if there are
 * problems, and then *expr_out is untouched.
 */
CN_MUST_CHECK bool cn_cel_check(struct cn_arena *arena, const struct cn_cel_schema *schema,
                                cn_str source, const struct cn_cel_options *options,
                                struct cn_cel_expr **expr_out, struct cn_cel_problems *problems);

/* The type of the result. */
const struct cn_cel_type *cn_cel_expr_type(const struct cn_cel_expr *expr);

/* Steps that the evaluation of a row takes at most (CN_CEL_STEPS_MAX), if its columns are as large
 * as the schema declares. */
uint64_t cn_cel_expr_steps(const struct cn_cel_expr *expr);

cn_str cn_cel_expr_source(const struct cn_cel_expr *expr);

/* Ids of the columns that it reads, each once, in the order of first appearance; borrowed. */
const uint32_t *cn_cel_expr_columns(const struct cn_cel_expr *expr, size_t *count_out);

/* Where cn_cel_eval() gets the value of a column from. */
struct cn_cel_row {
    void *ctx;
    /* False if there is none.  May allocate what it returns from `arena`. */
    bool (*load)(void *ctx, uint32_t column, enum cn_cel_kind kind, struct cn_arena *arena,
                 struct cn_cel_value *value_out);
};

/* Evaluates for one row.  The result may be of kind CN_CEL_ERROR. */
struct cn_cel_value cn_cel_eval(const struct cn_cel_expr *expr, const struct cn_cel_row *row,
                                struct cn_arena *arena);

/* The same for row number `row` of a batch, counted from its first. */
struct cn_cel_value cn_cel_eval_batch_row(const struct cn_cel_expr *expr,
                                          const struct cn_cel_batch *batch, size_t row,
                                          struct cn_arena *arena);

#endif
