/*
 * Comparisons over blocks on each instruction set: NaN in every place of a register, constants on
 * either side, and blocks of any length.  What is right is said here in plain C; that blocks agree
 * with rows is test_cel_batch.c's.
 */
#include "tests/unit/unit.h"
/* after unit.h */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#include "cel/kernel.h"
#include "cel/plan.h"

enum {
    FIRST = 64, /* row of the columns where blocks begin: one that is not theirs is before them */
    X = 0,      /* the columns */
    Y = 1,
    S = 2,
    T = 3,
    COLUMNS = 4,
    TEXTS = 5,
    OPERANDS = 7,
    PROGRAMS_MAX = 6 * OPERANDS * OPERANDS,
    SOURCE_BYTES = 64,
};

static const char *const column_names[COLUMNS] = { "x", "y", "s", "t" };

/* Comparisons of values that have an order, or of NaN, which has none. */
enum order {
    LESS,
    SAME,
    MORE,
    NO_ORDER
};

static const struct {
    const char *sign;
    bool holds[4]; /* by order */
} signs[] = {
    { "==", { [SAME] = true } }, { "!=", { [LESS] = true, [MORE] = true, [NO_ORDER] = true } },
    { "<", { [LESS] = true } },  { "<=", { [LESS] = true, [SAME] = true } },
    { ">", { [MORE] = true } },  { ">=", { [MORE] = true, [SAME] = true } },
};

static const char *const texts[TEXTS] = { "", "pro", "free", "vip", "beta" };

/* Every pair of these is in 81 rows on end, and as 81 is odd, in time in each place of eight. */
static const double numbers[] = { NAN, 1.0, -INFINITY, 0.0, -0.0, INFINITY, 2.0, -1.0, 0.5 };

struct operand {
    const char *source;
    int column; /* -1 for a constant */
    double number;
    uint32_t text;
};

static const struct operand number_operands[OPERANDS] = {
    { "x", X, 0, 0 },
    { "y", Y, 0, 0 },
    { "double('NaN')", -1, NAN, 0 },
    { "1.0", -1, 1.0, 0 },
    { "0.0", -1, 0.0, 0 },
    { "double('Infinity')", -1, INFINITY, 0 },
    { "double('-Infinity')", -1, -INFINITY, 0 },
};

static const struct operand text_operands[] = {
    { "s", S, 0, 0 },      { "t", T, 0, 0 },       { "''", -1, 0, 0 },
    { "'pro'", -1, 0, 1 }, { "'beta'", -1, 0, 4 },
};

/* A comparison and what it is of. */
struct program {
    char source[SOURCE_BYTES];
    size_t sign;
    const struct operand *a;
    const struct operand *b;
    bool is_of_texts;
};

static uint32_t intern(void *ctx, cn_str text)
{
    (void)ctx;
    for (uint32_t i = 0; i < TEXTS; i++) {
        if (cn_str_equal(text, cn_str_of(texts[i]))) {
            return i;
        }
    }
    return TEXTS;
}

static cn_str text_of(void *ctx, uint32_t number)
{
    (void)ctx;
    return cn_str_of(texts[number]);
}

static const struct cn_cel_strings strings = { .intern = intern, .text = text_of };

static enum cn_cel_resolve resolve(void *ctx, const struct cn_cel_reference *reference,
                                   struct cn_cel_column *column_out, struct cn_error *err)
{
    (void)ctx;
    (void)err;
    for (uint32_t i = 0; i < COLUMNS; i++) {
        if (cn_str_equal(reference->name, cn_str_of(column_names[i]))) {
            *column_out =
                (struct cn_cel_column){ .id = i, .kind = i < S ? CN_CEL_DOUBLE : CN_CEL_STRING };
            return CN_CEL_FOUND;
        }
    }
    return CN_CEL_UNKNOWN;
}

static double number_at(int column, size_t row)
{
    size_t count = CN_ARRAY_LEN(numbers);
    return numbers[(column == X ? row : row / count) % count];
}

static uint32_t text_at(int column, size_t row)
{
    return (uint32_t)((column == S ? row : row / TEXTS) % TEXTS);
}

static enum order order_of(const struct program *program, size_t row)
{
    const struct operand *a = program->a;
    const struct operand *b = program->b;
    if (program->is_of_texts) {
        uint32_t x = a->column < 0 ? a->text : text_at(a->column, row);
        uint32_t y = b->column < 0 ? b->text : text_at(b->column, row);
        return x == y ? SAME : LESS; /* programs only ask whether they are the same */
    }
    double x = a->column < 0 ? a->number : number_at(a->column, row);
    double y = b->column < 0 ? b->number : number_at(b->column, row);
    if (isnan(x) || isnan(y)) {
        return NO_ORDER;
    }
    return isless(x, y) ? LESS : isgreater(x, y) ? MORE : SAME;
}

/* Comparisons of all pairs with a column in them. */
static size_t list_programs(struct program *programs, const struct operand *operands, size_t count,
                            size_t sign_count, bool is_of_texts)
{
    size_t made = 0;
    for (size_t i = 0; i < sign_count * count * count; i++) {
        struct program one = { .sign = i / (count * count),
                               .a = &operands[i / count % count],
                               .b = &operands[i % count],
                               .is_of_texts = is_of_texts };
        if (one.a->column >= 0 || one.b->column >= 0) {
            (void)snprintf(one.source, sizeof(one.source), "%s %s %s", one.a->source,
                           signs[one.sign].sign, one.b->source);
            programs[made++] = one;
        }
    }
    return made;
}

static const struct cn_cel_plan *plan_of(struct cn_arena *arena, const struct program *programs,
                                         size_t count)
{
    struct cn_error err;
    struct cn_cel_schema schema = { .resolve = resolve };
    struct cn_cel_options options = { .want = CN_CEL_BOOL };
    struct cn_cel_planner *planner = cn_cel_planner_new(arena, &strings);
    for (size_t i = 0; i < count; i++) {
        cn_str source = cn_str_of(programs[i].source);
        struct cn_cel_problems problems;
        struct cn_cel_expr *expr = NULL;
        size_t output = 0;
        cn_cel_problems_init(&problems, arena, source);
        assert_true(cn_cel_check(arena, &schema, source, &options, &expr, &problems));
        assert_true(cn_cel_plan_add(planner, expr, &output, &err));
        assert_int_equal(output, i);
    }
    return cn_cel_plan_finish(planner);
}

/* One block of `rows` rows.  Its columns end with it, so that a sanitizer sees who reads on. */
static void check_block(struct cn_cel_run *run, const char *target, const struct program *programs,
                        size_t count, size_t rows)
{
    struct cn_cel_cells cells[COLUMNS] = { 0 };
    void *values[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) {
        size_t size = c < S ? sizeof(double) : sizeof(uint32_t);
        values[c] = cn_heap_resize(NULL, (FIRST + rows) * size);
        for (size_t row = 0; row < FIRST + rows; row++) {
            if (c < S) {
                ((double *)values[c])[row] = number_at(c, row);
            } else {
                ((uint32_t *)values[c])[row] = text_at(c, row);
            }
        }
        cells[c].values = values[c];
    }
    struct cn_cel_batch batch = { cells, COLUMNS, FIRST, rows, &strings };
    cn_cel_run_block(run, &batch);
    for (size_t i = 0; i < count; i++) {
        struct cn_cel_result result = cn_cel_run_result(run, i);
        for (size_t row = 0; row < CN_CEL_BLOCK_ROWS; row++) {
            bool is_true = (result.truth[row / 64] >> (row % 64) & 1) != 0;
            bool holds =
                row < rows && signs[programs[i].sign].holds[order_of(&programs[i], FIRST + row)];
            if (is_true != holds) {
                print_message("%s: %s is %s in row %zu of %zu\n", target, programs[i].source,
                              is_true ? "true" : "false", row, rows);
                fail();
            }
        }
    }
    for (int c = 0; c < COLUMNS; c++) {
        free(values[c]);
    }
}

/* The programs as one plan, on each instruction set, in blocks of lengths about those of a
 * register, a word and a block. */
static void check_programs(const struct program *programs, size_t count)
{
    static const size_t lengths[] = { 1,   2,   3,   4,   5,   7,   8,    9,    15,  16,
                                      31,  63,  64,  65,  71,  72,  73,   127,  128, 129,
                                      200, 511, 513, 700, 960, 961, 1000, 1023, 1024 };
    struct cn_cel_target_set targets[CN_CEL_TARGETS_MAX];
    size_t target_count = 0;
    struct cn_arena arena;
    cn_arena_init(&arena, 1 << 16);
    const struct cn_cel_plan *plan = plan_of(&arena, programs, count);
    cn_cel_kernel_targets(targets, &target_count);
    for (size_t t = 0; t < target_count; t++) {
        struct cn_cel_run *run = cn_cel_run_new_with(plan, targets[t].kernels);
        for (size_t i = 0; i < CN_ARRAY_LEN(lengths); i++) {
            check_block(run, targets[t].name, programs, count, lengths[i]);
        }
        /* A short block after a long one has nothing of it. */
        check_block(run, targets[t].name, programs, count, 13);
        cn_cel_run_free(run);
    }
    cn_arena_deinit(&arena);
}

static void numbers_compare_as_in_c(void **state)
{
    static struct program programs[PROGRAMS_MAX];
    (void)state;
    size_t count = list_programs(programs, number_operands, OPERANDS, CN_ARRAY_LEN(signs), false);
    assert_int_equal(count, 6 * (OPERANDS * OPERANDS - 5 * 5));
    check_programs(programs, count);
}

static void texts_are_equal_by_their_number(void **state)
{
    static struct program programs[PROGRAMS_MAX];
    (void)state;
    size_t count = list_programs(programs, text_operands, CN_ARRAY_LEN(text_operands), 2, true);
    assert_int_equal(count, 2 * (5 * 5 - 3 * 3));
    check_programs(programs, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST(
            "numbers compare as in C, NaN and constants on either side, in blocks of any length",
            numbers_compare_as_in_c),
        CN_TEST(
            "texts are equal by their number, constants on either side, in blocks of any length",
            texts_are_equal_by_their_number),
    };
    return cmocka_run_group_tests_name("cel_compare", tests, NULL, NULL);
}
