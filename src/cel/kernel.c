/*
 * Loops made from the lists of op.h, compiled once an instruction set.  The compiler vectorises
 * those whose definition has no branch; each has variants for a constant on either side, so that a
 * constant is a register and no array.
 *
 * Compiled without any flag that changes what floating point means: the row evaluator uses the same
 * definitions, and both agree to the bit.
 */
#include "cel/kernel.h"

#include "cel/kernel_eight.h"

#ifndef CN_KERNEL
#define CN_KERNEL _base /* for tools that read this file alone */
#endif
#define JOIN_(a, b) a##b /* NOLINT(bugprone-macro-parentheses): makes a name */
#define JOIN(a, b)  JOIN_(a, b)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "pack() counts on the order of bytes");

/* The words of the rows' bits. */
static inline size_t words_of(size_t rows)
{
    return (rows + 63) / 64;
}

static inline void merge_errors(const struct cn_cel_operand *a, const struct cn_cel_operand *b,
                                const struct cn_cel_target *out, size_t rows)
{
    const uint64_t *restrict xs = a->errors;
    const uint64_t *restrict ys = b->errors;
    uint64_t *restrict errors = out->errors;
    for (size_t w = 0; w < words_of(rows); w++) {
        errors[w] = xs[w] | ys[w];
    }
}

/* The errors of the operands, and no truth where there is one. */
static inline void settle(const struct cn_cel_operand *a, const struct cn_cel_operand *b,
                          const struct cn_cel_target *out, size_t rows)
{
    const uint64_t *restrict errors = out->errors;
    uint64_t *restrict truth = out->truth;
    merge_errors(a, b, out, rows);
    for (size_t w = 0; w < words_of(rows); w++) {
        truth[w] &= ~errors[w];
    }
}

/* 64 bytes of 0 or 1 to bits: the product gathers bit 0 of eight bytes in its highest byte. */
static uint64_t pack(const uint8_t flags[64])
{
    uint64_t bits = 0;
    for (size_t i = 0; i < 8; i++) {
        uint64_t eight;
        __builtin_memcpy(&eight, flags + i * 8, sizeof(eight));
        bits |= (eight * UINT64_C(0x0102040810204080) >> 56) << (i * 8);
    }
    return bits;
}

/* clang-format off */
/* Moments and spans are int64 microseconds in a block. */
#define BLOCK_F64 double
#define BLOCK_I64 int64_t
#define BLOCK_U64 uint64_t
#define BLOCK_MOMENT int64_t
#define BLOCK_SPAN int64_t

/* A loop for each place that a constant can have.  BODY(i, x, y) handles row i. */
#define EACH_ROW(A, B, from, to, BODY)                                          \
    if (a->is_constant && b->is_constant) {                                     \
        const A x = *(const A *)a->values;                                      \
        const B y = *(const B *)b->values;                                      \
        for (size_t i = (from); i < (to); i++) { BODY(i, x, y) }                \
    } else if (a->is_constant) {                                                \
        const A x = *(const A *)a->values;                                      \
        const B *restrict ys = b->values;                                       \
        for (size_t i = (from); i < (to); i++) { BODY(i, x, ys[i]) }            \
    } else if (b->is_constant) {                                                \
        const A *restrict xs = a->values;                                       \
        const B y = *(const B *)b->values;                                      \
        for (size_t i = (from); i < (to); i++) { BODY(i, xs[i], y) }            \
    } else {                                                                    \
        const A *restrict xs = a->values;                                       \
        const B *restrict ys = b->values;                                       \
        for (size_t i = (from); i < (to); i++) { BODY(i, xs[i], ys[i]) }        \
    }

#define KERNEL(op) \
    static void kernel_##op(const struct cn_cel_operand *a, const struct cn_cel_operand *b, \
                            const struct cn_cel_target *out, size_t rows)

#define EXACT(op, define, A, B, R)                                              \
    KERNEL(op)                                                                  \
    {                                                                           \
        BLOCK_##R *restrict zs = out->values;                                   \
        merge_errors(a, b, out, rows);                                          \
        EACH_ROW(BLOCK_##A, BLOCK_##B, 0, rows, EXACT_BODY_##op)                \
    }
#define EXACT_BODY(define, i, x, y) (void)define(x, y, &zs[i]); /* cannot fail */
#define EXACT_BODY_ADD_F64(i, x, y) EXACT_BODY(cn_cel_add_f64, i, x, y)
#define EXACT_BODY_SUB_F64(i, x, y) EXACT_BODY(cn_cel_sub_f64, i, x, y)
#define EXACT_BODY_MUL_F64(i, x, y) EXACT_BODY(cn_cel_mul_f64, i, x, y)
#define EXACT_BODY_DIV_F64(i, x, y) EXACT_BODY(cn_cel_div_f64, i, x, y)
#define EXACT_BODY_LEAST_F64(i, x, y) EXACT_BODY(cn_cel_least_f64, i, x, y)
#define EXACT_BODY_GREATEST_F64(i, x, y) EXACT_BODY(cn_cel_greatest_f64, i, x, y)
#define EXACT_BODY_LEAST_I64(i, x, y) EXACT_BODY(cn_cel_least_i64, i, x, y)
#define EXACT_BODY_GREATEST_I64(i, x, y) EXACT_BODY(cn_cel_greatest_i64, i, x, y)
#define EXACT_BODY_LEAST_U64(i, x, y) EXACT_BODY(cn_cel_least_u64, i, x, y)
#define EXACT_BODY_GREATEST_U64(i, x, y) EXACT_BODY(cn_cel_greatest_u64, i, x, y)
#define EXACT_BODY_AND_U64(i, x, y) EXACT_BODY(cn_cel_and_u64, i, x, y)
#define EXACT_BODY_OR_U64(i, x, y) EXACT_BODY(cn_cel_or_u64, i, x, y)
#define EXACT_BODY_XOR_U64(i, x, y) EXACT_BODY(cn_cel_xor_u64, i, x, y)
CN_CEL_EXACT_OPS(EXACT)

/* What may fail goes row by row; such operations are on ints and times. */
#define AT(operand, type, i) (((const type *)(operand)->values)[(operand)->is_constant ? 0 : (i)])

#define CHECKED(op, define, A, B, R)                                            \
    KERNEL(op)                                                                  \
    {                                                                           \
        BLOCK_##R *restrict zs = out->values;                                   \
        merge_errors(a, b, out, rows);                                          \
        for (size_t i = 0; i < rows; i++) {                                     \
            uint64_t failed = define(AT(a, BLOCK_##A, i), AT(b, BLOCK_##B, i),  \
                                     &zs[i]) != CN_CEL_NO_FAILURE;              \
            out->errors[i / 64] |= failed << (i % 64);                          \
        }                                                                       \
    }
CN_CEL_CHECKED_OPS(CHECKED)

#define TIMED(op, define, A, B, R)                                              \
    KERNEL(op)                                                                  \
    {                                                                           \
        BLOCK_##R *restrict zs = out->values;                                   \
        merge_errors(a, b, out, rows);                                          \
        for (size_t i = 0; i < rows; i++) {                                     \
            struct cn_cel_time z;                                               \
            uint64_t failed =                                                   \
                define((struct cn_cel_time){ AT(a, BLOCK_##A, i), 0 },          \
                       (struct cn_cel_time){ AT(b, BLOCK_##B, i), 0 },          \
                       &z) != CN_CEL_NO_FAILURE;                                \
            zs[i] = z.us;                                                       \
            out->errors[i / 64] |= failed << (i % 64);                          \
        }                                                                       \
    }
CN_CEL_TIME_OPS(TIMED)

#define UNARY(op, define, A, R)                                                 \
    KERNEL(op)                                                                  \
    {                                                                           \
        BLOCK_##R *restrict zs = out->values;                                   \
        const BLOCK_##A *restrict xs = a->values;                               \
        size_t stride = a->is_constant ? 0 : 1;                                 \
        merge_errors(a, b, out, rows);                                          \
        if (stride == 1) {                                                      \
            for (size_t i = 0; i < rows; i++) {                                 \
                (void)define(xs[i], &zs[i]); /* cannot fail */                  \
            }                                                                   \
        } else {                                                                \
            for (size_t i = 0; i < rows; i++) {                                 \
                (void)define(xs[0], &zs[i]); /* cannot fail */                  \
            }                                                                   \
        }                                                                       \
    }
CN_CEL_UNARY_OPS(UNARY)

#define CHECKED_UNARY(op, define, A, R)                                         \
    KERNEL(op)                                                                  \
    {                                                                           \
        BLOCK_##R *restrict zs = out->values;                                   \
        merge_errors(a, b, out, rows);                                          \
        for (size_t i = 0; i < rows; i++) {                                     \
            uint64_t failed = define(AT(a, BLOCK_##A, i), &zs[i]) !=            \
                              CN_CEL_NO_FAILURE;                                \
            out->errors[i / 64] |= failed << (i % 64);                          \
        }                                                                       \
    }
CN_CEL_CHECKED_UNARY_OPS(CHECKED_UNARY)

/* 64 rows at a time, so that the inner loop has a fixed length and ends in one word. */
#define TRUTH(op, test, A, B)                                                   \
    static inline uint64_t truth_##op(const struct cn_cel_operand *a,           \
                                      const struct cn_cel_operand *b,           \
                                      size_t from, size_t to)                   \
    {                                                                           \
        uint64_t truth = 0;                                                     \
        EACH_ROW(A, B, from, to, test)                                          \
        return truth;                                                           \
    }
#define COMPARE(op, test, A, B)                                                 \
    TRUTH(op, test, A, B)                                                       \
    KERNEL(op)                                                                  \
    {                                                                           \
        size_t from = 0;                                                        \
        for (; from + 64 <= rows; from += 64) {                                 \
            out->truth[from / 64] = truth_##op(a, b, from, from + 64);          \
        }                                                                       \
        if (from < rows) {                                                      \
            out->truth[from / 64] = truth_##op(a, b, from, rows);               \
        }                                                                       \
        settle(a, b, out, rows);                                                \
    }

/* The same where eight rows make a byte of the word.  A constant stands in a register. */
#ifdef CN_CEL_EIGHT
#define COMPARE_EIGHT(op, test, A, kind, compare)                               \
    TRUTH(op, test, A, A)                                                       \
    KERNEL(op)                                                                  \
    {                                                                           \
        const A *restrict xs = a->values;                                       \
        const A *restrict ys = b->values;                                       \
        uint8_t *restrict bytes = (uint8_t *)out->truth;                        \
        size_t whole = a->is_constant && b->is_constant ? 0 : rows / 64 * 64;   \
        if (a->is_constant) {                                                   \
            const cn_eight_##kind x = cn_eight_all_##kind(*xs);                 \
            EACH_EIGHT(compare(x, cn_eight_at_##kind(ys + i)))                  \
        } else if (b->is_constant) {                                            \
            const cn_eight_##kind y = cn_eight_all_##kind(*ys);                 \
            EACH_EIGHT(compare(cn_eight_at_##kind(xs + i), y))                  \
        } else {                                                                \
            EACH_EIGHT(compare(cn_eight_at_##kind(xs + i),                      \
                               cn_eight_at_##kind(ys + i)))                     \
        }                                                                       \
        for (size_t from = whole; from < rows; from += 64) {                    \
            size_t to = from + 64 < rows ? from + 64 : rows;                    \
            out->truth[from / 64] = truth_##op(a, b, from, to);                 \
        }                                                                       \
        settle(a, b, out, rows);                                                \
    }
#define EACH_EIGHT(BYTE)                                                        \
    for (size_t i = 0; i < whole; i += 8) { bytes[i / 8] = BYTE; }
#else
#define COMPARE_EIGHT(op, test, A, kind, compare) COMPARE(op, test, A, A)
#endif
#define FLAG(test, i, x, y) truth |= (uint64_t)test(x, y) << ((i) - from);
#define COMPARES(upper, lower, A, B)                                            \
    COMPARE(EQ_##upper, FLAG_EQ_##upper, BLOCK_##A, BLOCK_##B)                  \
    COMPARE(LT_##upper, FLAG_LT_##upper, BLOCK_##A, BLOCK_##B)                  \
    COMPARE(LE_##upper, FLAG_LE_##upper, BLOCK_##A, BLOCK_##B)
#define FLAG_EQ_F64(i, x, y) FLAG(cn_cel_eq_f64, i, x, y)
#define FLAG_LT_F64(i, x, y) FLAG(cn_cel_lt_f64, i, x, y)
#define FLAG_LE_F64(i, x, y) FLAG(cn_cel_le_f64, i, x, y)
#define FLAG_EQ_I64(i, x, y) FLAG(cn_cel_eq_i64, i, x, y)
#define FLAG_LT_I64(i, x, y) FLAG(cn_cel_lt_i64, i, x, y)
#define FLAG_LE_I64(i, x, y) FLAG(cn_cel_le_i64, i, x, y)
#define FLAG_EQ_U64(i, x, y) FLAG(cn_cel_eq_u64, i, x, y)
#define FLAG_LT_U64(i, x, y) FLAG(cn_cel_lt_u64, i, x, y)
#define FLAG_LE_U64(i, x, y) FLAG(cn_cel_le_u64, i, x, y)
#define FLAG_EQ_I64_F64(i, x, y) FLAG(cn_cel_eq_i64_f64, i, x, y)
#define FLAG_LT_I64_F64(i, x, y) FLAG(cn_cel_lt_i64_f64, i, x, y)
#define FLAG_LE_I64_F64(i, x, y) FLAG(cn_cel_le_i64_f64, i, x, y)
#define FLAG_EQ_F64_I64(i, x, y) FLAG(cn_cel_eq_f64_i64, i, x, y)
#define FLAG_LT_F64_I64(i, x, y) FLAG(cn_cel_lt_f64_i64, i, x, y)
#define FLAG_LE_F64_I64(i, x, y) FLAG(cn_cel_le_f64_i64, i, x, y)
#define FLAG_EQ_U64_F64(i, x, y) FLAG(cn_cel_eq_u64_f64, i, x, y)
#define FLAG_LT_U64_F64(i, x, y) FLAG(cn_cel_lt_u64_f64, i, x, y)
#define FLAG_LE_U64_F64(i, x, y) FLAG(cn_cel_le_u64_f64, i, x, y)
#define FLAG_EQ_F64_U64(i, x, y) FLAG(cn_cel_eq_f64_u64, i, x, y)
#define FLAG_LT_F64_U64(i, x, y) FLAG(cn_cel_lt_f64_u64, i, x, y)
#define FLAG_LE_F64_U64(i, x, y) FLAG(cn_cel_le_f64_u64, i, x, y)
#define FLAG_EQ_I64_U64(i, x, y) FLAG(cn_cel_eq_i64_u64, i, x, y)
#define FLAG_LT_I64_U64(i, x, y) FLAG(cn_cel_lt_i64_u64, i, x, y)
#define FLAG_LE_I64_U64(i, x, y) FLAG(cn_cel_le_i64_u64, i, x, y)
#define FLAG_EQ_U64_I64(i, x, y) FLAG(cn_cel_eq_u64_i64, i, x, y)
#define FLAG_LT_U64_I64(i, x, y) FLAG(cn_cel_lt_u64_i64, i, x, y)
#define FLAG_LE_U64_I64(i, x, y) FLAG(cn_cel_le_u64_i64, i, x, y)
CN_CEL_COMPARE_OTHER_OPS(COMPARES)
COMPARE_EIGHT(EQ_F64, FLAG_EQ_F64, double, f64, cn_eight_eq_f64)
COMPARE_EIGHT(LT_F64, FLAG_LT_F64, double, f64, cn_eight_lt_f64)
COMPARE_EIGHT(LE_F64, FLAG_LE_F64, double, f64, cn_eight_le_f64)
#define FLAG_EQ_STR(i, x, y) truth |= (uint64_t)((x) == (y)) << ((i) - from);
COMPARE_EIGHT(EQ_STR, FLAG_EQ_STR, uint32_t, str, cn_eight_eq_str)

#define TEST(op, define, A)                                                     \
    KERNEL(op)                                                                  \
    {                                                                           \
        for (size_t from = 0; from < rows; from += 64) {                        \
            uint8_t flags[64] = { 0 };                                          \
            for (size_t i = from; i < rows && i < from + 64; i++) {             \
                flags[i - from] = define(AT(a, BLOCK_##A, i));                  \
            }                                                                   \
            out->truth[from / 64] = pack(flags);                                \
        }                                                                       \
        settle(a, b, out, rows);                                                \
    }
CN_CEL_TEST_OPS(TEST)

/* A column of bools is bytes. */
KERNEL(COLUMN)
{
    const uint8_t *flags = a->values;
    size_t from = 0;
    for (; from + 64 <= rows; from += 64) {
        out->truth[from / 64] = pack(flags + from);
    }
    if (from < rows) {
        uint8_t rest[64] = { 0 };
        __builtin_memcpy(rest, flags + from, rows - from);
        out->truth[from / 64] = pack(rest);
    }
    settle(a, b, out, rows);
}

/* Bools, a word at a time: truth at and bt, errors ae and be. */
#define BITS(op, is_error, is_true)                                             \
    KERNEL(op)                                                                  \
    {                                                                           \
        const uint64_t *restrict a_truth = a->truth;                            \
        const uint64_t *restrict a_errors = a->errors;                          \
        const uint64_t *restrict b_truth = b->truth;                            \
        const uint64_t *restrict b_errors = b->errors;                          \
        uint64_t *restrict truth = out->truth;                                  \
        uint64_t *restrict errors = out->errors;                                \
        for (size_t w = 0; w < words_of(rows); w++) {                           \
            const uint64_t at = a_truth[w];                                     \
            const uint64_t ae = a_errors[w];                                    \
            const uint64_t bt = b_truth[w];                                     \
            const uint64_t be = b_errors[w];                                    \
            const uint64_t failed = is_error;                                   \
            truth[w] = (is_true) & ~failed;                                     \
            errors[w] = failed;                                                 \
        }                                                                       \
    }
BITS(NOT, ae | be, ~(at | bt)) /* b is nothing */
BITS(AND, (ae | be) & (at | ae) & (bt | be), at & bt) /* neither side is false */
BITS(OR, (ae | be) & ~(at | bt), at | bt)             /* neither side is true */
BITS(EQ_BOOL, ae | be, ~(at ^ bt))
BITS(LT_BOOL, ae | be, ~at & bt)
BITS(LE_BOOL, ae | be, ~at | bt)

#define CHOICE(name)                                                            \
    static void name(const struct cn_cel_operand *test,                         \
                     const struct cn_cel_operand *a,                            \
                     const struct cn_cel_operand *b,                            \
                     const struct cn_cel_target *out, size_t rows)

CHOICE(choose_errors)
{
    uint64_t *restrict errors = out->errors;
    for (size_t w = 0; w < words_of(rows); w++) {
        const uint64_t taken = test->truth[w];
        errors[w] = test->errors[w] | (taken & a->errors[w]) | (~taken & b->errors[w]);
    }
}

CHOICE(choose_bool)
{
    uint64_t *restrict truth = out->truth;
    choose_errors(test, a, b, out, rows);
    for (size_t w = 0; w < words_of(rows); w++) {
        const uint64_t taken = test->truth[w];
        truth[w] = ((taken & a->truth[w]) | (~taken & b->truth[w])) & ~test->errors[w];
    }
}

/* NOLINTBEGIN(bugprone-macro-parentheses): a type takes none */
/* 64 rows at a time, so that their bits are one word. */
#define CHOOSE(name, T)                                                         \
    CHOICE(name)                                                                \
    {                                                                           \
        T *restrict zs = out->values;                                           \
        choose_errors(test, a, b, out, rows);                                   \
        for (size_t first = 0; first < rows; first += 64) {                     \
            const uint64_t taken = test->truth[first / 64];                     \
            const size_t end = first + 64 < rows ? first + 64 : rows;           \
            EACH_ROW(T, T, first, end, CHOOSE_BODY)                             \
        }                                                                       \
    }
#define CHOOSE_BODY(i, x, y) zs[i] = (taken >> ((i) - first) & 1) != 0 ? (x) : (y);
CHOOSE(choose_4, uint32_t)
CHOOSE(choose_8, uint64_t)
/* NOLINTEND(bugprone-macro-parentheses) */

#define ROW(op, ...) [CN_CEL_OP_##op] = kernel_##op,
#define ROW_COMPARE(upper, ...)                                                 \
    [CN_CEL_OP_EQ_##upper] = kernel_EQ_##upper,                                 \
    [CN_CEL_OP_LT_##upper] = kernel_LT_##upper,                                 \
    [CN_CEL_OP_LE_##upper] = kernel_LE_##upper,
const struct cn_cel_kernels JOIN(cn_cel_kernels, CN_KERNEL) = { {
    CN_CEL_EXACT_OPS(ROW) CN_CEL_CHECKED_OPS(ROW) CN_CEL_TIME_OPS(ROW) CN_CEL_UNARY_OPS(ROW)
    CN_CEL_CHECKED_UNARY_OPS(ROW) CN_CEL_COMPARE_OPS(ROW_COMPARE) CN_CEL_TEST_OPS(ROW)
    [CN_CEL_OP_EQ_STR] = kernel_EQ_STR,
    ROW(COLUMN) ROW(NOT) ROW(AND) ROW(OR) ROW(EQ_BOOL) ROW(LT_BOOL) ROW(LE_BOOL)
    }, choose_bool, choose_4, choose_8 };
/* clang-format on */
