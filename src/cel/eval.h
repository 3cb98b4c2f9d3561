/*
 * Only cel/ includes this.  The row evaluator's parts that checker and planner use.
 */
#ifndef CAIRN_CEL_EVAL_H
#define CAIRN_CEL_EVAL_H

#include "cel/ast.h"

/* Evaluates the tree below `node`, which may be a part of an expression, within what is left to
 * the call. */
struct cn_cel_value cn_cel_eval_node(const struct cn_cel_node *node, const struct cn_cel_row *row,
                                     struct cn_cel_call *call);

/* The row of a batch as cn_cel_eval_node() wants it. */
struct cn_cel_batch_row {
    const struct cn_cel_batch *batch;
    size_t row; /* from the batch's first */
};
struct cn_cel_row cn_cel_row_of_batch(struct cn_cel_batch_row *at);

#endif
