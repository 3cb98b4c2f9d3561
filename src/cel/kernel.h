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

/* Where an operation writes: nowhere that it reads. */
struct cn_cel_target {
    void *values;
    uint64_t *truth;
    uint64_t *errors;
};

/* Computes `rows` rows.  Errors are those of the operands, but for operations on bools that an
 * operand decides, and the operation's own; no truth is set where there is an error.  A unary one
 * has the operand without values for b. */
typedef void cn_cel_kernel(const struct cn_cel_operand *a, const struct cn_cel_operand *b,
                           const struct cn_cel_target *out, size_t rows);

/* test ? a : b, of values. */
typedef void cn_cel_choice(const struct cn_cel_operand *test, const struct cn_cel_operand *a,
                           const struct cn_cel_operand *b, const struct cn_cel_target *out,
                           size_t rows);

/* The loops of one instruction set. */
struct cn_cel_kernels {
    cn_cel_kernel *of[CN_CEL_OPS]; /* NULL for the operations that run.c does itself */
    cn_cel_choice *choose_bool;
    cn_cel_choice *choose_4; /* of values of 4 bytes */
    cn_cel_choice *choose_8;
};

extern const struct cn_cel_kernels cn_cel_kernels_base;
extern const struct cn_cel_kernels cn_cel_kernels_avx2;
extern const struct cn_cel_kernels cn_cel_kernels_avx512;

enum {
    CN_CEL_TARGETS_MAX = 3,
};

/* An instruction set that this processor has. */
struct cn_cel_target_set {
    const char *name;
    const struct cn_cel_kernels *kernels;
};

/* All of them, the best one last. */
void cn_cel_kernel_targets(struct cn_cel_target_set targets_out[CN_CEL_TARGETS_MAX],
                           size_t *count_out);

struct cn_cel_plan;
struct cn_cel_run;

/* cn_cel_run_new() with other loops than the best: for tests that compare them. */
struct cn_cel_run *cn_cel_run_new_with(const struct cn_cel_plan *plan,
                                       const struct cn_cel_kernels *kernels);

#endif
