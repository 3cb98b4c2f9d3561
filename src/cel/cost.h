/*
 * Only cel/ includes this.  How much work an expression can be, before it runs.
 *
 * The estimate counts as the row evaluator does (CN_CEL_STEPS_MAX in cel/cel.h), with every test
 * going the costly way, texts and lists as large as their columns declare, and lists that are made
 * as large as they can get.  It is never less than what an evaluation takes.
 */
#ifndef CAIRN_CEL_COST_H
#define CAIRN_CEL_COST_H

#include "cel/ast.h"

enum {
    /* Of columns that do not say: bytes of a text, elements of a list. */
    CN_CEL_TEXT_TYPICAL_BYTES = 256,
    CN_CEL_LIST_TYPICAL_ITEMS = 64,
};

uint64_t cn_cel_estimate(const struct cn_cel_node *root);

#endif
