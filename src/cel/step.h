/*
 * Only plan.c, step.c and run.c include this: what a plan consists of.
 *
 * Step number i computes value number i, of the operands named by number; a value is then kept in a
 * slot, which is given to another value after its last use.
 */
#ifndef CAIRN_CEL_STEP_H
#define CAIRN_CEL_STEP_H

#include "cel/ast.h"
#include "cel/op.h"
#include "cel/plan.h"

#define CN_CEL_NO_STEP UINT32_MAX

enum {
    CN_CEL_OPERANDS_MAX = 3,
};

struct cn_cel_step {
    enum cn_cel_op op;
    enum cn_cel_kind kind;
    uint32_t operands[CN_CEL_OPERANDS_MAX]; /* CN_CEL_NO_STEP: none */
    uint32_t guard;                         /* of ROWS and TEXT: a bool, the rows that count */
    const struct cn_cel_node *node;         /* of CONST, COLUMN, HAS, TEXT, ROWS, LIST_ANY... */
    const struct cn_cel_plan *inner;        /* of LIST_ANY and LIST_ALL: the test of an element */
    uint32_t interned;                      /* of a CONST text */
    uint32_t slot;                          /* CN_CEL_NO_STEP: a constant, a column's own array */
    uint32_t last_use;                      /* step, UINT32_MAX: a result */
    uint32_t next;                          /* in the planner's table */
};

struct cn_cel_plan {
    const struct cn_cel_strings *strings;
    struct cn_cel_step *steps;
    uint32_t step_count;
    uint32_t *outputs; /* steps */
    size_t output_count;
    uint32_t *columns;
    size_t column_count;
    uint32_t wide_slots; /* with values */
    uint32_t bit_slots;  /* truth and errors only */
};

/* Whether they compute the same: sharing one is what makes a plan cheaper than its programs. */
bool cn_cel_same_step(const struct cn_cel_step *a, const struct cn_cel_step *b);

/* Equal for steps that are the same. */
uint64_t cn_cel_hash_step(const struct cn_cel_step *step);

#endif
