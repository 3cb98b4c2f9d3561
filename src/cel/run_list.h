/*
 * Only run.c includes this.  Operations on columns of lists, for the rows of one block.
 *
 * A list operand has the elements of all rows in `values` and where those of the block's rows begin
 * in `offsets`.  Errors of the operands are already merged into out->errors.
 */
#ifndef CAIRN_CEL_RUN_LIST_H
#define CAIRN_CEL_RUN_LIST_H

#include "cel/kernel.h"
#include "cel/plan.h"

void cn_cel_run_list_size(const struct cn_cel_operand *list, const struct cn_cel_target *out,
                          size_t rows);

/* item in list */
void cn_cel_run_list_has(enum cn_cel_op op, const struct cn_cel_operand *item,
                         const struct cn_cel_operand *list, const struct cn_cel_target *out,
                         size_t rows);

/* exists() and all(): `run` computes the test over elements, of which it sees only its column 0. */
void cn_cel_run_list_test(enum cn_cel_op op, struct cn_cel_run *run,
                          const struct cn_cel_operand *list, const struct cn_cel_batch *batch,
                          const struct cn_cel_target *out);

#endif
