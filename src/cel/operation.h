/*
 * Only plan.c includes this.  Which parts of a tree the block evaluator has operations for; what
 * has none is evaluated row by row.
 */
#ifndef CAIRN_CEL_OPERATION_H
#define CAIRN_CEL_OPERATION_H

#include "cel/ast.h"
#include "cel/op.h"

/* Whether values of the kind can be in a block. */
bool cn_cel_has_columns(enum cn_cel_kind kind);

/* EQ of two kinds; NONE if there is none. */
enum cn_cel_op cn_cel_equality(enum cn_cel_kind a, enum cn_cel_kind b);

/* Whether blocks have an operation for the node itself. */
bool cn_cel_has_operation(const struct cn_cel_node *node);

/* Whether computing it, operands and all, has ROWS or TEXT steps. */
bool cn_cel_is_costly(const struct cn_cel_node *node);

/* size(list) of a column of lists. */
bool cn_cel_is_list_size(const struct cn_cel_node *node);

/* The test of list.exists(v, test) or list.all(v, test), if the list is a column and the test is of
 * v alone, and all of it has operations; else NULL. */
const struct cn_cel_node *cn_cel_list_test(const struct cn_cel_node *node, bool *is_all_out);

#endif
