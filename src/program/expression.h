/*
 * Expressions in the program's files: the problems of one, as problems of the file.
 *
 * Not here: what may stand in an expression (frame/schema.h), what is done with it (health/ and the
 * other sections).
 */
#ifndef CAIRN_PROGRAM_EXPRESSION_H
#define CAIRN_PROGRAM_EXPRESSION_H

#include "cel/cel.h"
#include "program/node.h"

/* Checks the text of the node as an expression.  False if there is a problem; all of them are added
 * to `problems`, each with its place in the file, where it ends and the edit that repairs it. */
CN_MUST_CHECK bool cn_node_expression(struct cn_arena *arena, const struct cn_cel_schema *schema,
                                      const struct cn_node *node, enum cn_cel_kind want,
                                      struct cn_cel_expr **expr_out,
                                      struct cn_diagnostics *problems);

/* The last part of it, for whoever has checked the node's text. */
void cn_node_report_cel(const struct cn_node *node, const struct cn_cel_problems *found,
                        struct cn_diagnostics *problems);

#endif
