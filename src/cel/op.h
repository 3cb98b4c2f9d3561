/*
 * Only cel/ includes this.  The operations of the block evaluator.
 *
 * The lists name for each operation the function of semantics.h that defines it and the kinds it
 * works on; value wrappers (function_*.c) and loops (kernel.c) are made from them.
 */
#ifndef CAIRN_CEL_OP_H
#define CAIRN_CEL_OP_H

#include "cel/semantics.h"

/* clang-format off */
/* Kind letters: C type, member of a value's union, kind; in blocks moments are int64_t. */
#define CN_CEL_C_F64 double
#define CN_CEL_M_F64 f64
#define CN_CEL_K_F64 CN_CEL_DOUBLE
#define CN_CEL_C_I64 int64_t
#define CN_CEL_M_I64 i64
#define CN_CEL_K_I64 CN_CEL_INT
#define CN_CEL_C_U64 uint64_t
#define CN_CEL_M_U64 u64
#define CN_CEL_K_U64 CN_CEL_UINT
#define CN_CEL_C_MOMENT struct cn_cel_time
#define CN_CEL_M_MOMENT time
#define CN_CEL_K_MOMENT CN_CEL_TIMESTAMP
#define CN_CEL_C_SPAN struct cn_cel_time
#define CN_CEL_M_SPAN time
#define CN_CEL_K_SPAN CN_CEL_DURATION

/* X(operation, definition, a, b, result): never fail. */
#define CN_CEL_EXACT_OPS(X)                                  \
    X(ADD_F64, cn_cel_add_f64, F64, F64, F64)                \
    X(SUB_F64, cn_cel_sub_f64, F64, F64, F64)                \
    X(MUL_F64, cn_cel_mul_f64, F64, F64, F64)                \
    X(DIV_F64, cn_cel_div_f64, F64, F64, F64)                \
    X(LEAST_F64, cn_cel_least_f64, F64, F64, F64)            \
    X(GREATEST_F64, cn_cel_greatest_f64, F64, F64, F64)      \
    X(LEAST_I64, cn_cel_least_i64, I64, I64, I64)            \
    X(GREATEST_I64, cn_cel_greatest_i64, I64, I64, I64)      \
    X(LEAST_U64, cn_cel_least_u64, U64, U64, U64)            \
    X(GREATEST_U64, cn_cel_greatest_u64, U64, U64, U64)      \
    X(AND_U64, cn_cel_and_u64, U64, U64, U64)                \
    X(OR_U64, cn_cel_or_u64, U64, U64, U64)                  \
    X(XOR_U64, cn_cel_xor_u64, U64, U64, U64)

/* The same, that may fail. */
#define CN_CEL_CHECKED_ARITHMETIC_OPS(X)                     \
    X(ADD_I64, cn_cel_add_i64, I64, I64, I64)                \
    X(SUB_I64, cn_cel_sub_i64, I64, I64, I64)                \
    X(MUL_I64, cn_cel_mul_i64, I64, I64, I64)                \
    X(DIV_I64, cn_cel_div_i64, I64, I64, I64)                \
    X(MOD_I64, cn_cel_mod_i64, I64, I64, I64)                \
    X(ADD_U64, cn_cel_add_u64, U64, U64, U64)                \
    X(SUB_U64, cn_cel_sub_u64, U64, U64, U64)                \
    X(MUL_U64, cn_cel_mul_u64, U64, U64, U64)                \
    X(DIV_U64, cn_cel_div_u64, U64, U64, U64)                \
    X(MOD_U64, cn_cel_mod_u64, U64, U64, U64)
#define CN_CEL_SHIFT_OPS(X)                                  \
    X(LEFT_U64, cn_cel_left_u64, U64, I64, U64)              \
    X(RIGHT_U64, cn_cel_right_u64, U64, I64, U64)
#define CN_CEL_CHECKED_OPS(X) CN_CEL_CHECKED_ARITHMETIC_OPS(X) CN_CEL_SHIFT_OPS(X)

/* Moments and spans; blocks have whole microseconds. */
#define CN_CEL_TIME_OPS(X)                                   \
    X(ADD_MOMENT, cn_cel_add_moment, MOMENT, SPAN, MOMENT)   \
    X(SUB_MOMENT, cn_cel_sub_moment, MOMENT, SPAN, MOMENT)   \
    X(DIFF_MOMENT, cn_cel_sub_span, MOMENT, MOMENT, SPAN)    \
    X(ADD_SPAN, cn_cel_add_span, SPAN, SPAN, SPAN)           \
    X(SUB_SPAN, cn_cel_sub_span, SPAN, SPAN, SPAN)

/* X(operation, definition, a, result) */
#define CN_CEL_UNARY_OPS(X)                                  \
    X(NEG_F64, cn_cel_neg_f64, F64, F64)                     \
    X(ABS_F64, cn_cel_abs_f64, F64, F64)                     \
    X(ROUND_F64, cn_cel_round_f64, F64, F64)                 \
    X(FLOOR_F64, cn_cel_floor_f64, F64, F64)                 \
    X(CEIL_F64, cn_cel_ceil_f64, F64, F64)                   \
    X(TRUNC_F64, cn_cel_trunc_f64, F64, F64)                 \
    X(SIGN_F64, cn_cel_sign_f64, F64, F64)                   \
    X(SIGN_I64, cn_cel_sign_i64, I64, I64)                   \
    X(SIGN_U64, cn_cel_sign_u64, U64, U64)                   \
    X(SAME_U64, cn_cel_same_u64, U64, U64)                   \
    X(SQRT_F64, cn_cel_sqrt_f64, F64, F64)                   \
    X(NOT_U64, cn_cel_not_u64, U64, U64)                     \
    X(I64_TO_F64, cn_cel_i64_to_f64, I64, F64)               \
    X(U64_TO_F64, cn_cel_u64_to_f64, U64, F64)

#define CN_CEL_CHECKED_UNARY_OPS(X)                          \
    X(NEG_I64, cn_cel_neg_i64, I64, I64)                     \
    X(ABS_I64, cn_cel_abs_i64, I64, I64)                     \
    X(F64_TO_I64, cn_cel_f64_to_i64, F64, I64)               \
    X(F64_TO_U64, cn_cel_f64_to_u64, F64, U64)               \
    X(I64_TO_U64, cn_cel_i64_to_u64, I64, U64)               \
    X(U64_TO_I64, cn_cel_u64_to_i64, U64, I64)

/* X(suffix, a, b): EQ_, LT_ and LE_ of it */
#define CN_CEL_COMPARE_OPS(X) X(F64, f64, F64, F64) CN_CEL_COMPARE_OTHER_OPS(X)
#define CN_CEL_COMPARE_OTHER_OPS(X)                          \
    X(I64, i64, I64, I64)                                    \
    X(U64, u64, U64, U64)                                    \
    X(I64_F64, i64_f64, I64, F64)                            \
    X(F64_I64, f64_i64, F64, I64)                            \
    X(U64_F64, u64_f64, U64, F64)                            \
    X(F64_U64, f64_u64, F64, U64)                            \
    X(I64_U64, i64_u64, I64, U64)                            \
    X(U64_I64, u64_i64, U64, I64)

/* X(operation, definition, a): gives a bool */
#define CN_CEL_TEST_OPS(X)                                   \
    X(IS_NAN, cn_cel_is_nan, F64)                            \
    X(IS_INF, cn_cel_is_inf, F64)                            \
    X(IS_FINITE, cn_cel_is_finite, F64)

#define CN_CEL_OP_ENUM(op, ...) CN_CEL_OP_##op,
#define CN_CEL_OP_ENUM_COMPARE(suffix, ...) \
    CN_CEL_OP_EQ_##suffix, CN_CEL_OP_LT_##suffix, CN_CEL_OP_LE_##suffix,
/* clang-format on */

enum cn_cel_op {
    CN_CEL_OP_NONE,
    CN_CEL_EXACT_OPS(CN_CEL_OP_ENUM)
    CN_CEL_CHECKED_OPS(CN_CEL_OP_ENUM) CN_CEL_TIME_OPS(CN_CEL_OP_ENUM)
        CN_CEL_UNARY_OPS(CN_CEL_OP_ENUM) CN_CEL_CHECKED_UNARY_OPS(CN_CEL_OP_ENUM)
            CN_CEL_COMPARE_OPS(CN_CEL_OP_ENUM_COMPARE) CN_CEL_TEST_OPS(CN_CEL_OP_ENUM)
        /* Of bools, as bits. */
        CN_CEL_OP_NOT,
    CN_CEL_OP_AND,
    CN_CEL_OP_OR,
    CN_CEL_OP_EQ_BOOL,
    CN_CEL_OP_LT_BOOL,
    CN_CEL_OP_LE_BOOL,
    /* Of interned text. */
    CN_CEL_OP_EQ_STR,
    CN_CEL_OP_LT_STR,
    CN_CEL_OP_LE_STR,
    CN_CEL_OP_TEXT, /* a function of one text with constant arguments, remembered by number */
    /* Sources. */
    CN_CEL_OP_CONST,
    CN_CEL_OP_COLUMN,
    CN_CEL_OP_HAS,
    CN_CEL_OP_ROWS, /* row by row */
    /* Of a column of lists: its second operand, or the only one. */
    CN_CEL_OP_LIST_SIZE,
    CN_CEL_OP_LIST_HAS_4, /* `in`, of text */
    CN_CEL_OP_LIST_HAS_8,
    CN_CEL_OP_LIST_HAS_F64,
    CN_CEL_OP_LIST_ANY, /* exists(), all() by a plan over the elements */
    CN_CEL_OP_LIST_ALL,
    /* a ? b : c */
    CN_CEL_OP_CHOOSE_BOOL,
    CN_CEL_OP_CHOOSE_4,
    CN_CEL_OP_CHOOSE_8,
    /* Which rows need the right side; see plan.c. */
    CN_CEL_OP_UNLESS_FALSE,
    CN_CEL_OP_UNLESS_TRUE,
    CN_CEL_OP_IF_TRUE,
    CN_CEL_OP_IF_FALSE,
    CN_CEL_OPS
};

#endif
