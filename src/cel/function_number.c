/*
 * Functions of numbers: the "math" extension.
 */
#include "cel/rows.h"

/* clang-format off */
CN_CEL_WRAP_UNARY(ABS_F64, cn_cel_abs_f64, F64, F64)
CN_CEL_WRAP_UNARY(ABS_I64, cn_cel_abs_i64, I64, I64)
CN_CEL_WRAP_UNARY(SAME_U64, cn_cel_same_u64, U64, U64)
CN_CEL_WRAP_UNARY(ROUND_F64, cn_cel_round_f64, F64, F64)
CN_CEL_WRAP_UNARY(FLOOR_F64, cn_cel_floor_f64, F64, F64)
CN_CEL_WRAP_UNARY(CEIL_F64, cn_cel_ceil_f64, F64, F64)
CN_CEL_WRAP_UNARY(TRUNC_F64, cn_cel_trunc_f64, F64, F64)
CN_CEL_WRAP_UNARY(SIGN_F64, cn_cel_sign_f64, F64, F64)
CN_CEL_WRAP_UNARY(SIGN_I64, cn_cel_sign_i64, I64, I64)
CN_CEL_WRAP_UNARY(SIGN_U64, cn_cel_sign_u64, U64, U64)
CN_CEL_WRAP_UNARY(SQRT_F64, cn_cel_sqrt_f64, F64, F64)
CN_CEL_TEST_OPS(CN_CEL_WRAP_TEST)

/* Bits: of ints and uints alike, since a value has both in the same 64 bits. */
#define BITS_2(name, define)                                                                       \
    CN_CEL_RUN(name)                                                                               \
    {                                                                                              \
        CN_CEL_UNUSED;                                                                             \
        struct cn_cel_value out = { .kind = args[0].kind };                                        \
        (void)define(args[0].as.u64, args[1].as.u64, &out.as.u64); /* cannot fail */               \
        return out;                                                                                \
    }
BITS_2(bit_and, cn_cel_and_u64)
BITS_2(bit_or, cn_cel_or_u64)
BITS_2(bit_xor, cn_cel_xor_u64)
#define SHIFT(name, define)                                                                        \
    CN_CEL_RUN(name)                                                                               \
    {                                                                                              \
        CN_CEL_UNUSED;                                                                             \
        struct cn_cel_value out = { .kind = args[0].kind };                                        \
        enum cn_cel_failure failure = define(args[0].as.u64, args[1].as.i64, &out.as.u64);         \
        return failure == CN_CEL_NO_FAILURE ? out : cn_cel_failed(failure);                        \
    }
SHIFT(shift_left, cn_cel_left_u64)
SHIFT(shift_right, cn_cel_right_u64)
/* clang-format on */

CN_CEL_RUN(bit_not)
{
    CN_CEL_UNUSED;
    struct cn_cel_value out = { .kind = args[0].kind };
    (void)cn_cel_not_u64(args[0].as.u64, &out.as.u64); /* cannot fail */
    return out;
}

/* The least of values of one kind, by the definition that blocks use for two of them. */
#define WRAP_LEAST(op_, define, a, b, r)                                                 \
    static struct cn_cel_value run_##op_(struct cn_cel_call *call,                       \
                                         const struct cn_cel_value *args, size_t count)  \
    {                                                                                    \
        (void)call;                                                                      \
        struct cn_cel_value out = args[0];                                               \
        for (size_t i = 1; i < count; i++) {                                             \
            (void)define(out.as.CN_CEL_M_##a, args[i].as.CN_CEL_M_##b, /* cannot fail */ \
                         &out.as.CN_CEL_M_##r);                                          \
        }                                                                                \
        return out;                                                                      \
    }
/* clang-format off */
WRAP_LEAST(LEAST_F64, cn_cel_least_f64, F64, F64, F64)
WRAP_LEAST(GREATEST_F64, cn_cel_greatest_f64, F64, F64, F64)
WRAP_LEAST(LEAST_I64, cn_cel_least_i64, I64, I64, I64)
WRAP_LEAST(GREATEST_I64, cn_cel_greatest_i64, I64, I64, I64)
WRAP_LEAST(LEAST_U64, cn_cel_least_u64, U64, U64, U64)
WRAP_LEAST(GREATEST_U64, cn_cel_greatest_u64, U64, U64, U64)
/* clang-format on */

static bool is_number(const struct cn_cel_value *value)
{
    return value->kind == CN_CEL_INT || value->kind == CN_CEL_UINT || value->kind == CN_CEL_DOUBLE;
}

static double as_double(const struct cn_cel_value *value)
{
    return value->kind == CN_CEL_DOUBLE ? value->as.f64
           : value->kind == CN_CEL_INT  ? (double)value->as.i64
                                        : (double)value->as.u64;
}

/* a < b, of numbers of any kinds. */
static bool is_less(const struct cn_cel_value *a, const struct cn_cel_value *b)
{
    if (a->kind == CN_CEL_DOUBLE || b->kind == CN_CEL_DOUBLE) {
        return as_double(a) < as_double(b);
    }
    if (a->kind == b->kind) {
        return a->kind == CN_CEL_INT ? a->as.i64 < b->as.i64 : a->as.u64 < b->as.u64;
    }
    return a->kind == CN_CEL_INT ? cn_cel_lt_i64_u64(a->as.i64, b->as.u64)
                                 : cn_cel_lt_u64_i64(a->as.u64, b->as.i64);
}

CN_CEL_RUN(sqrt_of_whole)
{
    CN_CEL_UNUSED;
    return cn_cel_double(sqrt(as_double(&args[0])));
}

static struct cn_cel_value extreme(const struct cn_cel_value *args, size_t count, bool is_least)
{
    if (count == 1 && args[0].kind == CN_CEL_LIST) {
        count = args[0].as.list.count;
        args = args[0].as.list.items;
    }
    if (count == 0) {
        return cn_cel_failed(CN_CEL_BAD_ARGUMENT);
    }
    struct cn_cel_value out = args[0];
    for (size_t i = 0; i < count; i++) {
        if (!is_number(&args[i])) {
            return cn_cel_failed(CN_CEL_NO_OVERLOAD);
        }
        out = is_less(is_least ? &args[i] : &out, is_least ? &out : &args[i]) ? args[i] : out;
    }
    return out;
}

static struct cn_cel_value least_of_any(struct cn_cel_call *call, const struct cn_cel_value *args,
                                        size_t count)
{
    (void)call;
    return extreme(args, count, true);
}

static struct cn_cel_value greatest_of_any(struct cn_cel_call *call,
                                           const struct cn_cel_value *args, size_t count)
{
    (void)call;
    return extreme(args, count, false);
}

#define VARIADIC(kind, run_, op_)                                                                 \
    {                                                                                             \
        .args = { (kind) }, .arg_count = 1, .is_variadic = true, .result = (kind), .run = (run_), \
        .op = (op_)                                                                               \
    }

static const struct cn_cel_overload least_rows[] = {
    VARIADIC(CN_CEL_DOUBLE, run_LEAST_F64, CN_CEL_OP_LEAST_F64),
    VARIADIC(CN_CEL_INT, run_LEAST_I64, CN_CEL_OP_LEAST_I64),
    VARIADIC(CN_CEL_UINT, run_LEAST_U64, CN_CEL_OP_LEAST_U64),
    VARIADIC(CN_CEL_DYN, least_of_any, 0),
};

static const struct cn_cel_overload greatest_rows[] = {
    VARIADIC(CN_CEL_DOUBLE, run_GREATEST_F64, CN_CEL_OP_GREATEST_F64),
    VARIADIC(CN_CEL_INT, run_GREATEST_I64, CN_CEL_OP_GREATEST_I64),
    VARIADIC(CN_CEL_UINT, run_GREATEST_U64, CN_CEL_OP_GREATEST_U64),
    VARIADIC(CN_CEL_DYN, greatest_of_any, 0),
};

static const struct cn_cel_overload abs_rows[] = { CN_CEL_ROW_UNARY(ABS_F64, F64, F64),
                                                   CN_CEL_ROW_UNARY(ABS_I64, I64, I64),
                                                   CN_CEL_ROW_UNARY(SAME_U64, U64, U64) };
static const struct cn_cel_overload sign_rows[] = { CN_CEL_ROW_UNARY(SIGN_F64, F64, F64),
                                                    CN_CEL_ROW_UNARY(SIGN_I64, I64, I64),
                                                    CN_CEL_ROW_UNARY(SIGN_U64, U64, U64) };
static const struct cn_cel_overload round_rows[] = { CN_CEL_ROW_UNARY(ROUND_F64, F64, F64) };
static const struct cn_cel_overload floor_rows[] = { CN_CEL_ROW_UNARY(FLOOR_F64, F64, F64) };
static const struct cn_cel_overload ceil_rows[] = { CN_CEL_ROW_UNARY(CEIL_F64, F64, F64) };
static const struct cn_cel_overload trunc_rows[] = { CN_CEL_ROW_UNARY(TRUNC_F64, F64, F64) };

static const struct cn_cel_overload sqrt_rows[] = {
    CN_CEL_ROW_UNARY(SQRT_F64, F64, F64),
    CN_CEL_TAKES_1(CN_CEL_INT, CN_CEL_DOUBLE, sqrt_of_whole, 0),
    CN_CEL_TAKES_1(CN_CEL_UINT, CN_CEL_DOUBLE, sqrt_of_whole, 0),
};

#define BIT_ROWS(name, run_, op_, other)                               \
    static const struct cn_cel_overload name[] = {                     \
        CN_CEL_TAKES_2(CN_CEL_INT, CN_CEL_INT, CN_CEL_INT, run_, op_), \
        CN_CEL_TAKES_2(CN_CEL_UINT, other, CN_CEL_UINT, run_, op_),    \
    }
BIT_ROWS(and_rows, bit_and, CN_CEL_OP_AND_U64, CN_CEL_UINT);
BIT_ROWS(or_rows, bit_or, CN_CEL_OP_OR_U64, CN_CEL_UINT);
BIT_ROWS(xor_rows, bit_xor, CN_CEL_OP_XOR_U64, CN_CEL_UINT);
BIT_ROWS(left_rows, shift_left, CN_CEL_OP_LEFT_U64, CN_CEL_INT);
BIT_ROWS(right_rows, shift_right, CN_CEL_OP_RIGHT_U64, CN_CEL_INT);
static const struct cn_cel_overload not_rows[] = {
    CN_CEL_TAKES_1(CN_CEL_INT, CN_CEL_INT, bit_not, CN_CEL_OP_NOT_U64),
    CN_CEL_TAKES_1(CN_CEL_UINT, CN_CEL_UINT, bit_not, CN_CEL_OP_NOT_U64),
};

#define TEST_ROWS(name, op_)                                                                  \
    static const struct cn_cel_overload name[] = { CN_CEL_TAKES_1(CN_CEL_DOUBLE, CN_CEL_BOOL, \
                                                                  run_##op_, CN_CEL_OP_##op_) }
TEST_ROWS(nan_rows, IS_NAN);
TEST_ROWS(inf_rows, IS_INF);
TEST_ROWS(finite_rows, IS_FINITE);

#define FUNCTION(name_, usage_, doc_, list)                                       \
    {                                                                             \
        .name = (name_), .usage = (usage_), .doc = (doc_), .form = CN_CEL_GLOBAL, \
        CN_CEL_OVERLOADS(list)                                                    \
    }

static const struct cn_cel_function rows[] = {
    FUNCTION("math.least", "math.least(a, b, ...)", "The least of the numbers", least_rows),
    FUNCTION("math.greatest", "math.greatest(a, b, ...)", "The greatest of the numbers",
             greatest_rows),
    FUNCTION("math.abs", "math.abs(a)", "The number without its sign", abs_rows),
    FUNCTION("math.sign", "math.sign(a)", "-1, 0 or 1", sign_rows),
    FUNCTION("math.round", "math.round(a)", "To the nearest whole number, halves away from 0",
             round_rows),
    FUNCTION("math.floor", "math.floor(a)", "To the next lower whole number", floor_rows),
    FUNCTION("math.ceil", "math.ceil(a)", "To the next higher whole number", ceil_rows),
    FUNCTION("math.trunc", "math.trunc(a)", "Without the fraction", trunc_rows),
    FUNCTION("math.sqrt", "math.sqrt(a)", "Square root; NaN of a negative number", sqrt_rows),
    FUNCTION("math.bitAnd", "math.bitAnd(a, b)", "Bits that are set in both", and_rows),
    FUNCTION("math.bitOr", "math.bitOr(a, b)", "Bits that are set in a, b or both", or_rows),
    FUNCTION("math.bitXor", "math.bitXor(a, b)", "Bits that are set in one of them", xor_rows),
    FUNCTION("math.bitNot", "math.bitNot(a)", "Each bit the other way", not_rows),
    FUNCTION("math.bitShiftLeft", "math.bitShiftLeft(a, n)", "Bits moved up by n places",
             left_rows),
    FUNCTION("math.bitShiftRight", "math.bitShiftRight(a, n)",
             "Bits moved down by n places; zeros come in, also for negative ints", right_rows),
    FUNCTION("math.isNaN", "math.isNaN(a)", "Is not a number", nan_rows),
    FUNCTION("math.isInf", "math.isInf(a)", "Is infinite", inf_rows),
    FUNCTION("math.isFinite", "math.isFinite(a)", "Is neither infinite nor NaN", finite_rows),
};

const struct cn_cel_function_list cn_cel_number_functions = { "Numbers", rows, CN_ARRAY_LEN(rows) };
