/*
 * Plans: all expressions of a program together, evaluated over blocks of rows.
 *
 * A planner turns checked expressions into one list of operations over typed registers, each a
 * block of values and an error bit a row.  What is the same in two expressions is computed once.
 * What has no operation (text that is made, lists, regular expressions) is evaluated row by row,
 * for those rows only on which the result depends.
 *
 * A finished plan is immutable; threads share it, each with a run of its own.
 */
#ifndef CAIRN_CEL_PLAN_H
#define CAIRN_CEL_PLAN_H

#include "cel/cel.h"

enum {
    CN_CEL_PLAN_OPS_MAX = 100 * 1000,
};

struct cn_cel_planner;
struct cn_cel_plan;
struct cn_cel_run;

/* The planner and its plan live in `arena`, `strings` must outlive both; it numbers the constants.
 */
struct cn_cel_planner *cn_cel_planner_new(struct cn_arena *arena,
                                          const struct cn_cel_strings *strings);

/* Adds an expression, which must outlive the plan; *output_out numbers its result: 0, 1, ...
 * Fails with CN_TOO_LARGE over CN_CEL_PLAN_OPS_MAX, and with CN_INVALID if the type of the result
 * has no representation in columns (cel/batch.h). */
CN_MUST_CHECK bool cn_cel_plan_add(struct cn_cel_planner *planner, const struct cn_cel_expr *expr,
                                   size_t *output_out, struct cn_error *err);

/* Ends planning. */
const struct cn_cel_plan *cn_cel_plan_finish(struct cn_cel_planner *planner);

size_t cn_cel_plan_outputs(const struct cn_cel_plan *plan);
size_t cn_cel_plan_ops(const struct cn_cel_plan *plan); /* a block needs; for tests and gauges */

/* The registers of one thread. */
struct cn_cel_run *cn_cel_run_new(const struct cn_cel_plan *plan);
void cn_cel_run_free(struct cn_cel_run *run); /* NULL is allowed */

/* Evaluates all expressions for the rows of the batch, which must have every column of the plan. */
void cn_cel_run_block(struct cn_cel_run *run, const struct cn_cel_batch *batch);

/*
 * Result number `output` of the last block.  Row i has no value if its bit of `errors` is set; bits
 * past the last row are 0 in both masks, values there are undefined.  Borrowed until the next
 * block.  `values` as in cel/batch.h, but that those of BOOL are bits, too; moments and spans are
 * cut to microseconds.
 */
struct cn_cel_result {
    enum cn_cel_kind kind;
    const void *values;     /* not of BOOL */
    const uint64_t *truth;  /* of BOOL: bit set means true, which excludes an error */
    const uint64_t *errors; /* CN_CEL_BLOCK_WORDS words */
};

struct cn_cel_result cn_cel_run_result(const struct cn_cel_run *run, size_t output);

#endif
