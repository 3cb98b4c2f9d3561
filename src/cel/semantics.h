/*
 * Only cel/ includes this.  What each operation on plain values does, defined once: the row
 * evaluator wraps these functions in values (function.c), the block evaluator loops over them
 * (kernel.c), so that both agree to the bit.
 *
 * A function gives CN_CEL_NO_FAILURE and sets *out, or gives the failure and sets *out to anything:
 * the caller's loop has no branch.  CEL specification, "Numeric values", "Operators".
 */
#ifndef CAIRN_CEL_SEMANTICS_H
#define CAIRN_CEL_SEMANTICS_H

#include <math.h>

#include "cel/text.h"

#define CN_CEL_PURE static inline enum cn_cel_failure

/* clang-format off */
CN_CEL_PURE cn_cel_add_f64(double a, double b, double *out) { *out = a + b; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_sub_f64(double a, double b, double *out) { *out = a - b; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_mul_f64(double a, double b, double *out) { *out = a * b; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_div_f64(double a, double b, double *out) { *out = a / b; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_neg_f64(double a, double *out) { *out = -a; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_abs_f64(double a, double *out) { *out = fabs(a); return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_round_f64(double a, double *out) { *out = round(a); return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_floor_f64(double a, double *out) { *out = floor(a); return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_ceil_f64(double a, double *out) { *out = ceil(a); return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_trunc_f64(double a, double *out) { *out = trunc(a); return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_sign_f64(double a, double *out) { *out = a > 0 ? 1.0 : a < 0 ? -1.0 : a; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_least_f64(double a, double b, double *out) { *out = b < a ? b : a; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_greatest_f64(double a, double b, double *out) { *out = b > a ? b : a; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_least_i64(int64_t a, int64_t b, int64_t *out) { *out = b < a ? b : a; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_greatest_i64(int64_t a, int64_t b, int64_t *out) { *out = b > a ? b : a; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_least_u64(uint64_t a, uint64_t b, uint64_t *out) { *out = b < a ? b : a; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_greatest_u64(uint64_t a, uint64_t b, uint64_t *out) { *out = b > a ? b : a; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_i64_to_f64(int64_t a, double *out) { *out = (double)a; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_u64_to_f64(uint64_t a, double *out) { *out = (double)a; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_sign_i64(int64_t a, int64_t *out) { *out = (a > 0) - (a < 0); return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_sign_u64(uint64_t a, uint64_t *out) { *out = a > 0; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_sqrt_f64(double a, double *out) { *out = sqrt(a); return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_and_u64(uint64_t a, uint64_t b, uint64_t *out) { *out = a & b; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_or_u64(uint64_t a, uint64_t b, uint64_t *out) { *out = a | b; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_xor_u64(uint64_t a, uint64_t b, uint64_t *out) { *out = a ^ b; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_not_u64(uint64_t a, uint64_t *out) { *out = ~a; return CN_CEL_NO_FAILURE; }
CN_CEL_PURE cn_cel_same_u64(uint64_t a, uint64_t *out) { *out = a; return CN_CEL_NO_FAILURE; }

/* NOLINTBEGIN(bugprone-macro-parentheses): a type takes none */
/* Signed overflow, unsigned wrap-around. */
#define CN_CEL_CHECKED(name, type, builtin)                                     \
    CN_CEL_PURE name(type a, type b, type *out)                                 \
    {                                                                           \
        return builtin(a, b, out) ? CN_CEL_OVERFLOW : CN_CEL_NO_FAILURE;        \
    }
CN_CEL_CHECKED(cn_cel_add_i64, int64_t, __builtin_add_overflow)
CN_CEL_CHECKED(cn_cel_sub_i64, int64_t, __builtin_sub_overflow)
CN_CEL_CHECKED(cn_cel_mul_i64, int64_t, __builtin_mul_overflow)
CN_CEL_CHECKED(cn_cel_add_u64, uint64_t, __builtin_add_overflow)
CN_CEL_CHECKED(cn_cel_sub_u64, uint64_t, __builtin_sub_overflow)
CN_CEL_CHECKED(cn_cel_mul_u64, uint64_t, __builtin_mul_overflow)
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

CN_CEL_PURE cn_cel_div_i64(int64_t a, int64_t b, int64_t *out)
{
    *out = 0;
    if (b == 0) {
        return CN_CEL_DIVIDE_BY_ZERO;
    }
    if (a == INT64_MIN && b == -1) {
        return CN_CEL_OVERFLOW;
    }
    *out = a / b;
    return CN_CEL_NO_FAILURE;
}

CN_CEL_PURE cn_cel_mod_i64(int64_t a, int64_t b, int64_t *out)
{
    *out = 0;
    if (b == 0) {
        return CN_CEL_MODULUS_BY_ZERO;
    }
    if (a == INT64_MIN && b == -1) {
        return CN_CEL_OVERFLOW;
    }
    *out = a % b;
    return CN_CEL_NO_FAILURE;
}

CN_CEL_PURE cn_cel_div_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    *out = b == 0 ? 0 : a / b;
    return b == 0 ? CN_CEL_DIVIDE_BY_ZERO : CN_CEL_NO_FAILURE;
}

CN_CEL_PURE cn_cel_mod_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    *out = b == 0 ? 0 : a % b;
    return b == 0 ? CN_CEL_MODULUS_BY_ZERO : CN_CEL_NO_FAILURE;
}

CN_CEL_PURE cn_cel_neg_i64(int64_t a, int64_t *out)
{
    return __builtin_sub_overflow(0, a, out) ? CN_CEL_OVERFLOW : CN_CEL_NO_FAILURE;
}

CN_CEL_PURE cn_cel_abs_i64(int64_t a, int64_t *out)
{
    *out = a < 0 ? (int64_t)(0 - (uint64_t)a) : a;
    return a == INT64_MIN ? CN_CEL_OVERFLOW : CN_CEL_NO_FAILURE;
}

/* The bounds are exclusive: 2^63 and its neighbours below round to it. */
CN_CEL_PURE cn_cel_f64_to_i64(double a, int64_t *out)
{
    bool fits = a > -9223372036854775808.0 && a < 9223372036854775808.0;
    *out = fits ? (int64_t)a : 0;
    return fits ? CN_CEL_NO_FAILURE : CN_CEL_OVERFLOW;
}

CN_CEL_PURE cn_cel_f64_to_u64(double a, uint64_t *out)
{
    bool fits = a > -1.0 && a < 18446744073709551616.0;
    *out = fits ? (uint64_t)a : 0;
    return fits ? CN_CEL_NO_FAILURE : CN_CEL_OVERFLOW;
}

CN_CEL_PURE cn_cel_i64_to_u64(int64_t a, uint64_t *out)
{
    *out = (uint64_t)a;
    return a < 0 ? CN_CEL_OVERFLOW : CN_CEL_NO_FAILURE;
}

CN_CEL_PURE cn_cel_u64_to_i64(uint64_t a, int64_t *out)
{
    *out = (int64_t)a;
    return a > INT64_MAX ? CN_CEL_OVERFLOW : CN_CEL_NO_FAILURE;
}

/* Bits move out at the end; ints are taken as their 64 bits. */
CN_CEL_PURE cn_cel_left_u64(uint64_t a, int64_t by, uint64_t *out)
{
    *out = by >= 0 && by < 64 ? a << by : 0;
    return by < 0 ? CN_CEL_BAD_ARGUMENT : CN_CEL_NO_FAILURE;
}

CN_CEL_PURE cn_cel_right_u64(uint64_t a, int64_t by, uint64_t *out)
{
    *out = by >= 0 && by < 64 ? a >> by : 0;
    return by < 0 ? CN_CEL_BAD_ARGUMENT : CN_CEL_NO_FAILURE;
}

/* An int and a double compare as doubles, as the specification's tests have it: 2^63 - 1 is equal
 * to 2^63.0.  Ints and uints compare exactly. */
static inline int cn_cel_order_i64_u64(int64_t a, uint64_t b)
{
    return a < 0 || (uint64_t)a < b ? -1 : (uint64_t)a > b;
}

/* clang-format off */
#define CN_CEL_COMPARES(suffix, A, B, eq, lt, le)                                       \
    static inline bool cn_cel_eq_##suffix(A a, B b) { return (eq); }                    \
    static inline bool cn_cel_lt_##suffix(A a, B b) { return (lt); }                    \
    static inline bool cn_cel_le_##suffix(A a, B b) { return (le); }
CN_CEL_COMPARES(f64, double, double, a == b, a < b, a <= b)
CN_CEL_COMPARES(i64, int64_t, int64_t, a == b, a < b, a <= b)
CN_CEL_COMPARES(u64, uint64_t, uint64_t, a == b, a < b, a <= b)
CN_CEL_COMPARES(i64_f64, int64_t, double, (double)a == b, (double)a < b, (double)a <= b)
CN_CEL_COMPARES(f64_i64, double, int64_t, a == (double)b, a < (double)b, a <= (double)b)
CN_CEL_COMPARES(u64_f64, uint64_t, double, (double)a == b, (double)a < b, (double)a <= b)
CN_CEL_COMPARES(f64_u64, double, uint64_t, a == (double)b, a < (double)b, a <= (double)b)
CN_CEL_COMPARES(i64_u64, int64_t, uint64_t, cn_cel_order_i64_u64(a, b) == 0, cn_cel_order_i64_u64(a, b) == -1, cn_cel_order_i64_u64(a, b) <= 0)
CN_CEL_COMPARES(u64_i64, uint64_t, int64_t, cn_cel_order_i64_u64(b, a) == 0, cn_cel_order_i64_u64(b, a) == 1, cn_cel_order_i64_u64(b, a) >= 0)
static inline bool cn_cel_is_nan(double a) { return isnan(a); }
static inline bool cn_cel_is_inf(double a) { return isinf(a); }
static inline bool cn_cel_is_finite(double a) { return isfinite(a); }
/* clang-format on */

static inline int cn_cel_order_time(struct cn_cel_time a, struct cn_cel_time b)
{
    return a.us != b.us ? (a.us < b.us ? -1 : 1) : (a.ns > b.ns) - (a.ns < b.ns);
}

/* a + sign * b, with the nanoseconds kept in 0 to 999; both within the range of spans or moments,
 * so that nothing overflows. */
static inline struct cn_cel_time cn_cel_move_time(struct cn_cel_time a, struct cn_cel_time b,
                                                  int sign)
{
    int64_t us = a.us + sign * b.us;
    int32_t ns = a.ns + sign * b.ns;
    int32_t carry = ns < 0 ? -1 : ns > 999;
    return (struct cn_cel_time){ .us = us + carry, .ns = ns - carry * 1000 };
}

static inline bool cn_cel_timestamp_fits(struct cn_cel_time time)
{
    return time.us >= CN_CEL_TIMESTAMP_MIN_US && time.us <= CN_CEL_TIMESTAMP_MAX_US;
}

static inline bool cn_cel_duration_fits(struct cn_cel_time time)
{
    return time.us >= -CN_CEL_DURATION_MAX_US && time.us <= CN_CEL_DURATION_MAX_US;
}

#define CN_CEL_MOVE(name, sign, fits)                                                     \
    CN_CEL_PURE name(struct cn_cel_time a, struct cn_cel_time b, struct cn_cel_time *out) \
    {                                                                                     \
        *out = cn_cel_move_time(a, b, sign);                                              \
        return fits(*out) ? CN_CEL_NO_FAILURE : CN_CEL_OUT_OF_RANGE;                      \
    }
/* clang-format off */
CN_CEL_MOVE(cn_cel_add_moment, 1, cn_cel_timestamp_fits)
CN_CEL_MOVE(cn_cel_sub_moment, -1, cn_cel_timestamp_fits)
CN_CEL_MOVE(cn_cel_add_span, 1, cn_cel_duration_fits)
CN_CEL_MOVE(cn_cel_sub_span, -1, cn_cel_duration_fits)
/* clang-format on */

/* Whole seconds, towards the past for moments, towards 0 for spans. */
CN_CEL_PURE cn_cel_moment_to_i64(struct cn_cel_time a, int64_t *out)
{
    *out = a.us / 1000000 - (a.us % 1000000 < 0);
    return CN_CEL_NO_FAILURE;
}

#endif
