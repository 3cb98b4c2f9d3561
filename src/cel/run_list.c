#include "cel/run_list.h"

static bool has_bit(const uint64_t *bits, size_t i)
{
    return (bits[i / 64] >> (i % 64) & 1) != 0;
}

static void put_bit(uint64_t *bits, size_t i, bool value)
{
    uint64_t bit = UINT64_C(1) << (i % 64);
    bits[i / 64] = value ? bits[i / 64] | bit : bits[i / 64] & ~bit;
}

void cn_cel_run_list_size(const struct cn_cel_operand *list, const struct cn_cel_target *out,
                          size_t rows)
{
    int64_t *sizes = out->values;
    for (size_t i = 0; i < rows; i++) {
        sizes[i] = list->offsets[i + 1] - list->offsets[i];
    }
}

/* NOLINTBEGIN(bugprone-macro-parentheses): a type takes none */
#define HAS(name, type)                                                                    \
    static void name(const struct cn_cel_operand *item, const struct cn_cel_operand *list, \
                     const struct cn_cel_target *out, size_t rows)                         \
    {                                                                                      \
        const type *wanted = item->values;                                                 \
        const type *elements = list->values;                                               \
        for (size_t i = 0; i < rows; i++) {                                                \
            type one = wanted[item->is_constant ? 0 : i];                                  \
            bool found = false;                                                            \
            for (uint32_t k = list->offsets[i]; k < list->offsets[i + 1] && !found; k++) { \
                found = elements[k] == one;                                                \
            }                                                                              \
            put_bit(out->truth, i, found && !has_bit(out->errors, i));                     \
        }                                                                                  \
    }
HAS(has_4, uint32_t)
HAS(has_8, uint64_t)
HAS(has_f64, double)
/* NOLINTEND(bugprone-macro-parentheses) */

void cn_cel_run_list_has(enum cn_cel_op op, const struct cn_cel_operand *item,
                         const struct cn_cel_operand *list, const struct cn_cel_target *out,
                         size_t rows)
{
    if (op == CN_CEL_OP_LIST_HAS_4) {
        has_4(item, list, out, rows);
    } else if (op == CN_CEL_OP_LIST_HAS_F64) {
        has_f64(item, list, out, rows);
    } else {
        has_8(item, list, out, rows);
    }
}

/* What is known of each row from the elements so far. */
struct verdict {
    uint64_t decided[CN_CEL_BLOCK_WORDS]; /* one is true for exists(), false for all() */
    uint64_t failed[CN_CEL_BLOCK_WORDS];
    size_t row; /* with which the next elements begin */
    size_t rows;
};

/* Whether one of at most 64 bits from number `from` on is set. */
static uint64_t any_bit(const uint64_t *bits, uint32_t from, uint32_t count)
{
    uint32_t shift = from % 64;
    uint64_t found = bits[from / 64] >> shift;
    if (shift + count > 64) {
        found |= bits[from / 64 + 1] << (64 - shift);
    }
    return (found << (64 - count)) != 0;
}

/* Takes the results of the elements from number `begin` to `end` to the rows that they belong to;
 * `decisive` has those that decide for their row. */
static void take_elements(struct verdict *verdict, const uint64_t *decisive, const uint64_t *errors,
                          const uint32_t *offsets, uint32_t begin, uint32_t end)
{
    for (size_t row = verdict->row; row < verdict->rows; row++) {
        uint32_t from = offsets[row] > begin ? offsets[row] - begin : 0;
        uint32_t to = (offsets[row + 1] < end ? offsets[row + 1] : end) - begin;
        for (; from < to; from += 64) {
            uint32_t count = to - from < 64 ? to - from : 64;
            verdict->decided[row / 64] |= any_bit(decisive, from, count) << (row % 64);
            verdict->failed[row / 64] |= any_bit(errors, from, count) << (row % 64);
        }
        verdict->row = row;
        if (offsets[row + 1] > end) {
            return;
        }
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): the plan of a test has no list tests */
void cn_cel_run_list_test(enum cn_cel_op op, struct cn_cel_run *run,
                          const struct cn_cel_operand *list, const struct cn_cel_batch *batch,
                          const struct cn_cel_target *out)
{
    bool is_all = op == CN_CEL_OP_LIST_ALL;
    const struct cn_cel_cells elements = { .values = list->values };
    struct cn_cel_batch part = { .columns = &elements,
                                 .column_count = 1,
                                 .strings = batch->strings };
    struct verdict verdict = { .rows = batch->rows };
    uint32_t end = list->offsets[batch->rows];
    /* A batch begins at a multiple of 64: the few elements before are of other rows. */
    for (uint32_t at = list->offsets[0] & ~UINT32_C(63); at < end; at += CN_CEL_BLOCK_ROWS) {
        part.first = at;
        part.rows = end - at < CN_CEL_BLOCK_ROWS ? end - at : CN_CEL_BLOCK_ROWS;
        cn_cel_run_block(run, &part);
        struct cn_cel_result result = cn_cel_run_result(run, 0);
        uint64_t decisive[CN_CEL_BLOCK_WORDS];
        for (size_t w = 0; w < CN_CEL_BLOCK_WORDS; w++) {
            decisive[w] = is_all ? ~(result.truth[w] | result.errors[w]) : result.truth[w];
        }
        take_elements(&verdict, decisive, result.errors, list->offsets, at,
                      at + (uint32_t)part.rows);
    }
    for (size_t w = 0; w < (batch->rows + 63) / 64; w++) {
        out->errors[w] |= verdict.failed[w] & ~verdict.decided[w];
        out->truth[w] = (is_all ? ~verdict.decided[w] : verdict.decided[w]) & ~out->errors[w];
    }
}
