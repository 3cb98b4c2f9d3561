#include "cel/run_bits.h"

void cn_cel_run_bits(enum cn_cel_op op, const struct cn_cel_operand *a,
                     const struct cn_cel_operand *b, const struct cn_cel_target *out, size_t words)
{
    for (size_t w = 0; w < words; w++) {
        uint64_t at = a->truth[w];
        uint64_t ae = a->errors[w];
        uint64_t bt = b->truth[w];
        uint64_t be = b->errors[w];
        uint64_t errors = ae | be;
        uint64_t truth = 0;
        switch ((int)op) {
        case CN_CEL_OP_NOT:
            truth = ~at;
            break;
        case CN_CEL_OP_AND:
            errors &= (at | ae) & (bt | be); /* neither side is false */
            truth = at & bt;
            break;
        case CN_CEL_OP_OR:
            truth = at | bt;
            errors &= ~truth;
            break;
        case CN_CEL_OP_EQ_BOOL:
            truth = ~(at ^ bt);
            break;
        case CN_CEL_OP_LT_BOOL:
            truth = ~at & bt;
            break;
        case CN_CEL_OP_LE_BOOL:
            truth = ~at | bt;
            break;
        default:
            break;
        }
        out->truth[w] = truth & ~errors;
        out->errors[w] = errors;
    }
}

void cn_cel_run_guard(enum cn_cel_op op, const struct cn_cel_operand *a, const uint64_t *within,
                      const struct cn_cel_target *out, size_t words)
{
    for (size_t w = 0; w < words; w++) {
        uint64_t truth = a->truth[w];
        uint64_t open = op == CN_CEL_OP_UNLESS_FALSE  ? truth | a->errors[w]
                        : op == CN_CEL_OP_UNLESS_TRUE ? ~truth
                        : op == CN_CEL_OP_IF_TRUE     ? truth
                                                      : ~(truth | a->errors[w]);
        out->truth[w] = open & within[w];
        out->errors[w] = 0;
    }
}

static void choose_errors(const struct cn_cel_operand *test, const struct cn_cel_operand *a,
                          const struct cn_cel_operand *b, const struct cn_cel_target *out,
                          size_t words)
{
    for (size_t w = 0; w < words; w++) {
        uint64_t taken = test->truth[w];
        out->errors[w] = test->errors[w] | (taken & a->errors[w]) | (~taken & b->errors[w]);
    }
}

static void choose_truth(const struct cn_cel_operand *test, const struct cn_cel_operand *a,
                         const struct cn_cel_operand *b, const struct cn_cel_target *out,
                         size_t words)
{
    for (size_t w = 0; w < words; w++) {
        uint64_t taken = test->truth[w];
        out->truth[w] = ((taken & a->truth[w]) | (~taken & b->truth[w])) & ~test->errors[w];
    }
}

/* NOLINTBEGIN(bugprone-macro-parentheses): a type takes none */
#define CHOOSE(name, type)                                                                         \
    static void name(const struct cn_cel_operand *test, const struct cn_cel_operand *a,            \
                     const struct cn_cel_operand *b, const struct cn_cel_target *out, size_t rows) \
    {                                                                                              \
        const type *xs = a->values;                                                                \
        const type *ys = b->values;                                                                \
        type *zs = out->values;                                                                    \
        size_t x_stride = a->is_constant ? 0 : 1;                                                  \
        size_t y_stride = b->is_constant ? 0 : 1;                                                  \
        for (size_t i = 0; i < rows; i++) {                                                        \
            type taken = (type)0 - (type)(test->truth[i / 64] >> (i % 64) & 1);                    \
            zs[i] = (xs[i * x_stride] & taken) | (ys[i * y_stride] & ~taken);                      \
        }                                                                                          \
    }
CHOOSE(choose_4, uint32_t)
CHOOSE(choose_8, uint64_t)
/* NOLINTEND(bugprone-macro-parentheses) */

void cn_cel_run_choice(enum cn_cel_op op, const struct cn_cel_operand *test,
                       const struct cn_cel_operand *a, const struct cn_cel_operand *b,
                       const struct cn_cel_target *out, size_t rows)
{
    choose_errors(test, a, b, out, (rows + 63) / 64);
    if (op == CN_CEL_OP_CHOOSE_BOOL) {
        choose_truth(test, a, b, out, (rows + 63) / 64);
    } else if (op == CN_CEL_OP_CHOOSE_4) {
        choose_4(test, a, b, out, rows);
    } else {
        choose_8(test, a, b, out, rows);
    }
}
