/*
 * Plans: that blocks agree with rows to the bit, share what is the same, and skip what is not
 * needed.
 */
#include "tests/unit/unit.h"
/* after unit.h */
#include "base/parse.h"

#include "cel/kernel.h"
#include "tests/unit/cel_random.h"

enum {
    PROGRAMS = 2000,   /* for each instruction set; CEL_PROGRAMS is another number */
    PLAN_PROGRAMS = 8, /* in one plan, so that they share steps and slots */
};

/* A number from the environment, for long runs. */
static int64_t setting(const char *name, int64_t otherwise)
{
    int64_t value = otherwise;
    const char *text = getenv(name);
    assert_true(text == NULL || cn_parse_i64(cn_str_of(text), &value));
    return value;
}

static bool check(struct world *world, struct cn_arena *arena, const char *source,
                  struct cn_cel_expr **expr_out)
{
    struct cn_cel_problems problems;
    struct cn_cel_options options = { .want = CN_CEL_DYN };
    cn_cel_problems_init(&problems, arena, cn_str_of(source));
    return cn_cel_check(arena, &world->schema, cn_str_of(source), &options, expr_out, &problems);
}

static bool same_f64(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof(a)) == 0;
}

static bool same_cell(const struct world *world, const struct cn_cel_result *result, size_t row,
                      const struct cn_cel_value *value)
{
    bool is_error = (result->errors[row / 64] >> (row % 64) & 1) != 0;
    bool is_true = (result->truth[row / 64] >> (row % 64) & 1) != 0;
    if (is_error || value->kind == CN_CEL_ERROR) {
        return is_error && value->kind == CN_CEL_ERROR && !is_true;
    }
    switch ((int)result->kind) {
    case CN_CEL_BOOL:
        return is_true == value->as.flag;
    case CN_CEL_DOUBLE:
        return same_f64(((const double *)result->values)[row], value->as.f64);
    case CN_CEL_STRING:
        return cn_str_equal(world->texts[((const uint32_t *)result->values)[row]], value->as.text);
    case CN_CEL_TIMESTAMP:
    case CN_CEL_DURATION:
        return ((const int64_t *)result->values)[row] == value->as.time.us;
    default:
        return ((const int64_t *)result->values)[row] == value->as.i64;
    }
}

/* Runs the programs as one plan over the batch, and each row of each by itself. */
static void compare(struct world *world, struct cn_arena *arena,
                    const struct cn_cel_kernels *kernels, struct cn_cel_expr **exprs, size_t count)
{
    struct cn_error err;
    struct cn_cel_planner *planner = cn_cel_planner_new(arena, &world->strings);
    for (size_t i = 0; i < count; i++) {
        size_t output = 0;
        assert_true(cn_cel_plan_add(planner, exprs[i], &output, &err));
        assert_int_equal(output, i);
    }
    struct cn_cel_run *run = cn_cel_run_new_with(cn_cel_plan_finish(planner), kernels);
    struct cn_arena scratch;
    cn_arena_init(&scratch, 4096);
    cn_cel_run_block(run, &world->batch);
    for (size_t i = 0; i < count; i++) {
        struct cn_cel_result result = cn_cel_run_result(run, i);
        for (size_t row = 0; row < world->batch.rows; row++) {
            struct cn_cel_value value =
                cn_cel_eval_batch_row(exprs[i], &world->batch, row, &scratch);
            if (!same_cell(world, &result, row, &value)) {
                cn_str text = cn_cel_value_text(&scratch, &value);
                print_message("%.*s\n  row %zu: %.*s by itself, not so in a block\n",
                              CN_STR_ARG(cn_cel_expr_source(exprs[i])), row, CN_STR_ARG(text));
                fail();
            }
            cn_arena_reset(&scratch);
        }
        if (world->batch.rows == WORLD_ROWS) {
            assert_int_equal(result.errors[15] >> (WORLD_ROWS % 64), 0);
            assert_int_equal(result.truth[15] >> (WORLD_ROWS % 64), 0);
        }
    }
    cn_arena_deinit(&scratch);
    cn_cel_run_free(run);
}

/* How many of the random programs pass the check. */
static int64_t compare_programs(struct world *world, const struct cn_cel_kernels *kernels,
                                struct cn_rng *rng, int64_t programs)
{
    struct cn_arena arena;
    cn_arena_init(&arena, 1 << 16);
    int64_t checked = 0;
    size_t count = 0;
    struct cn_cel_expr *exprs[PLAN_PROGRAMS];
    for (int64_t i = 0; i < programs; i++) {
        struct random_program program = { .rng = rng };
        generate(&program, "bbbdiusme"[cn_rng_between(rng, 0, 8)], (int)cn_rng_between(rng, 1, 4));
        if (check(world, &arena, program.text, &exprs[count])) {
            count++;
            checked++;
        }
        if (count == PLAN_PROGRAMS) {
            compare(world, &arena, kernels, exprs, count);
            cn_arena_reset(&arena);
            count = 0;
        }
    }
    cn_arena_deinit(&arena);
    return checked;
}

static void blocks_agree_with_rows(void **state)
{
    enum {
        PROGRAMS_A_WORLD = 2000 /* which then has numbered many texts */
    };
    (void)state;
    struct cn_cel_target_set targets[CN_CEL_TARGETS_MAX];
    size_t count = 0;
    int64_t programs = setting("CEL_PROGRAMS", PROGRAMS);
    cn_cel_kernel_targets(targets, &count);
    for (size_t t = 0; t < count; t++) {
        struct cn_rng rng = { (uint64_t)setting("CEL_SEED", 7) + t };
        int64_t checked = 0;
        for (int64_t done = 0; done < programs; done += PROGRAMS_A_WORLD) {
            struct world *world = cn_heap_resize(NULL, sizeof(*world));
            world_init(world);
            /* All rows in the short run; other rows of other worlds in a long one. */
            world->batch.rows = programs > PROGRAMS ? 200 : WORLD_ROWS;
            world->batch.first = programs > PROGRAMS ? (size_t)cn_rng_between(&rng, 0, 12) * 64 : 0;
            checked += compare_programs(world, targets[t].kernels, &rng, PROGRAMS_A_WORLD);
            world_deinit(world);
            free(world);
        }
        print_message("%s: %lld programs\n", targets[t].name, (long long)checked);
        /* The others are folded to a problem, as a constant that never converts, or cost too much.
         */
        assert_true(checked > programs * 9 / 10);
    }
}

static size_t ops_of(struct world *world, const char *const *sources, size_t count)
{
    struct cn_arena arena;
    struct cn_error err;
    cn_arena_init(&arena, 1 << 16);
    struct cn_cel_planner *planner = cn_cel_planner_new(&arena, &world->strings);
    for (size_t i = 0; i < count; i++) {
        struct cn_cel_expr *expr = NULL;
        size_t output = 0;
        assert_true(check(world, &arena, sources[i], &expr));
        assert_true(cn_cel_plan_add(planner, expr, &output, &err));
    }
    size_t ops = cn_cel_plan_ops(cn_cel_plan_finish(planner));
    cn_arena_deinit(&arena);
    return ops;
}

static void what_two_programs_share_is_computed_once(void **state)
{
    const char *const sources[] = { "x * 2.0 > y && s == 'pro'", "x * 2.0 > y || has(i)",
                                    "y < x * 2.0" };
    assert_int_equal(ops_of(*state, sources, 1), 9);
    assert_int_equal(ops_of(*state, sources, 2), 11);
    assert_int_equal(ops_of(*state, sources, 3), 11);
}

static void constants_are_folded(void **state)
{
    const char *const sources[] = { "1.5 * 2.0 + double(size('abc'))" };
    const char *const logic[] = { "true || x > 1.0" };
    assert_int_equal(ops_of(*state, sources, 1), 1);
    assert_int_equal(ops_of(*state, logic, 1), 1);
}

/* A text function asks for the text, and so shows how often it was needed. */
static size_t asked;

static cn_str count_text(void *ctx, uint32_t number)
{
    asked++;
    return world_text(ctx, number);
}

static void costly_operands_see_only_the_rows_that_need_them(void **state)
{
    struct world *world = *state;
    struct cn_arena arena;
    struct cn_error err;
    struct cn_cel_expr *expr = NULL;
    size_t output = 0;
    struct cn_cel_strings strings = world->strings;
    strings.text = count_text;
    struct cn_cel_batch batch = world->batch;
    batch.strings = &strings;
    cn_arena_init(&arena, 1 << 16);
    assert_true(check(world, &arena, "(s + 'x').startsWith('p') && i == 28", &expr));
    struct cn_cel_planner *planner = cn_cel_planner_new(&arena, &strings);
    assert_true(cn_cel_plan_add(planner, expr, &output, &err));
    struct cn_cel_run *run = cn_cel_run_new(cn_cel_plan_finish(planner));
    asked = 0;
    cn_cel_run_block(run, &batch);
    assert_in_range(asked, 1, WORLD_ROWS / 4);
    cn_cel_run_free(run);
    cn_arena_deinit(&arena);
}

static void results_without_columns_are_refused(void **state)
{
    struct world *world = *state;
    struct cn_arena arena;
    struct cn_error err;
    struct cn_cel_expr *expr = NULL;
    size_t output = 42;
    cn_arena_init(&arena, 1 << 16);
    struct cn_cel_planner *planner = cn_cel_planner_new(&arena, &world->strings);
    assert_true(check(world, &arena, "[x, y]", &expr));
    assert_false(cn_cel_plan_add(planner, expr, &output, &err));
    assert_int_equal(err.code, CN_INVALID);
    assert_int_equal(output, 42);
    cn_arena_deinit(&arena);
}

static int setup(void **state)
{
    struct world *world = cn_heap_resize(NULL, sizeof(*world));
    world_init(world);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    world_deinit(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("blocks agree with rows on random programs", blocks_agree_with_rows),
        CN_TEST("what two programs share is computed once",
                what_two_programs_share_is_computed_once),
        CN_TEST("constants are folded", constants_are_folded),
        CN_TEST("costly operands see only the rows that need them",
                costly_operands_see_only_the_rows_that_need_them),
        CN_TEST("results without columns are refused", results_without_columns_are_refused),
    };
    return cmocka_run_group_tests_name("cel_batch", tests, setup, teardown);
}
