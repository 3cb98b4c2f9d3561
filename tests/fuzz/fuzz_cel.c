/*
 * Whatever text it is: if the checker accepts it, a plan over a block of rows agrees with the
 * evaluation of each row.  What the checker says of others is fuzz_cel_check.c's.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cel_world.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_bit(const uint64_t *bits, size_t row)
{
    return (bits[row / 64] >> (row % 64) & 1) != 0;
}

static void compare(struct world *world, struct cn_arena *arena, const struct cn_cel_expr *expr)
{
    enum {
        ROWS = 3
    };
    struct cn_error err;
    size_t output = 0;
    struct cn_cel_batch batch = world->batch;
    batch.rows = ROWS;
    struct cn_cel_planner *planner = cn_cel_planner_new(arena, &world->strings);
    if (!cn_cel_plan_add(planner, expr, &output, &err)) {
        return;
    }
    struct cn_cel_run *run = cn_cel_run_new(cn_cel_plan_finish(planner));
    cn_cel_run_block(run, &batch);
    struct cn_cel_result result = cn_cel_run_result(run, output);
    for (size_t row = 0; row < ROWS; row++) {
        struct cn_cel_value value = cn_cel_eval_batch_row(expr, &batch, row, arena);
        if (has_bit(result.errors, row) != (value.kind == CN_CEL_ERROR)) {
            abort();
        }
        if (value.kind == CN_CEL_BOOL && has_bit(result.truth, row) != value.as.flag) {
            abort();
        }
    }
    cn_cel_run_free(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world *world; /* the columns stay the same for all inputs */
    struct cn_cel_problems problems;
    struct cn_cel_options options = { .want = CN_CEL_DYN };
    struct cn_cel_expr *expr = NULL;
    struct cn_arena arena;
    cn_str source = { (const char *)data, size };
    if (world == NULL || world->text_count > WORLD_TEXTS_MAX / 2) {
        if (world == NULL) {
            world = cn_heap_resize(NULL, sizeof(*world));
        } else {
            world_deinit(world);
        }
        world_init(world);
    }
    cn_arena_init(&arena, 1 << 14);
    cn_cel_problems_init(&problems, &arena, source);
    if (cn_cel_check(&arena, &world->schema, source, &options, &expr, &problems)) {
        compare(world, &arena, expr);
    }
    cn_arena_deinit(&arena);
    return 0;
}
