/*
 * Only cel/ includes this.  Loops over a block for the operations that are defined in semantics.h.
 */
#ifndef CAIRN_CEL_KERNEL_H
#define CAIRN_CEL_KERNEL_H

#include "cel/batch.h"
#include "cel/op.h"

/* A value of a block as an operation reads it. */
struct cn_cel_operand {
    const void *values;      /* not of bools */
    const uint64_t *truth;   /* of bools */
    const uint64_t *errors;  /* never NULL */
    bool is_constant;        /* `values` has one element */
    const uint32_t *offsets; /* of lists, whose elements are `values` */
};

/* Where an operation writes. */
struct cn_cel_target {
    void *values;
    uint64_t *truth;
    uint64_t *errors;
};

/* Computes `rows` rows.  Errors of the operands are already merged into out->errors, to which a
 * kernel adds its own; truth may be set where there is an error.  A unary one does not look at b.
 */
typedef void cn_cel_kernel(const struct cn_cel_operand *a, const struct cn_cel_operand *b,
                           const struct cn_cel_target *out, size_t rows);

/* NULL for the operations that run.c does itself. */
cn_cel_kernel *cn_cel_kernel_of(enum cn_cel_op op);

#endif
