/*
 * Only run.c includes this.  Operations on bools, which are words of bits, and choices by them.
 *
 * A bool's truth is never set where its error is.
 */
#ifndef CAIRN_CEL_RUN_BITS_H
#define CAIRN_CEL_RUN_BITS_H

#include "cel/kernel.h"

void cn_cel_run_bits(enum cn_cel_op op, const struct cn_cel_operand *a,
                     const struct cn_cel_operand *b, const struct cn_cel_target *out, size_t words);

/* The rows of `within` that the left side leaves to the right one. */
void cn_cel_run_guard(enum cn_cel_op op, const struct cn_cel_operand *a, const uint64_t *within,
                      const struct cn_cel_target *out, size_t words);

/* test ? a : b */
void cn_cel_run_choice(enum cn_cel_op op, const struct cn_cel_operand *test,
                       const struct cn_cel_operand *a, const struct cn_cel_operand *b,
                       const struct cn_cel_target *out, size_t rows);

#endif
