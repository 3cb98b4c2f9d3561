/*
 * Whatever text it is: the checker says what is wrong within the text, a fix that it offers can be
 * applied and is not offered again, and what it accepts takes no more steps than
 * it estimated and has the type that it said.
 */
#include <stdlib.h>

#include "base/buf.h"

#include "cel/eval.h"
#include "tests/unit/cel_world.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cn_cel_expr *check(struct world *world, struct cn_arena *arena, cn_str source,
                                 struct cn_cel_problems *problems)
{
    struct cn_cel_options options = { .want = CN_CEL_DYN };
    struct cn_cel_expr *expr = NULL;
    cn_cel_problems_init(problems, arena, source);
    if (!cn_cel_check(arena, &world->schema, source, &options, &expr, problems) &&
        problems->count == 0) {
        abort();
    }
    return expr;
}

static void apply(struct world *world, struct cn_arena *arena, cn_str source,
                  const struct cn_cel_problem *problem)
{
    struct cn_cel_problems after;
    struct cn_buf fixed;
    cn_buf_init(&fixed, 1 << 20);
    cn_buf_add_str(&fixed, cn_str_slice(source, 0, problem->fix_offset));
    cn_buf_add_str(&fixed, problem->fix_text);
    cn_buf_add_str(&fixed, cn_str_slice(source, (size_t)problem->fix_offset + problem->fix_length,
                                        source.len));
    cn_str text = cn_arena_str(arena, cn_buf_str(&fixed));
    (void)check(world, arena, text, &after); /* other problems may come */
    for (size_t i = 0; i < after.count; i++) {
        bool is_same = after.items[i].kind == problem->kind && after.items[i].has_fix &&
                       after.items[i].fix_offset == problem->fix_offset &&
                       cn_str_equal(after.items[i].fix_text, problem->fix_text);
        if (is_same) {
            abort();
        }
    }
    cn_buf_deinit(&fixed);
}

static void evaluate(struct world *world, struct cn_arena *arena, const struct cn_cel_expr *expr)
{
    struct cn_cel_batch_row at = { .batch = &world->batch, .row = 3 };
    struct cn_cel_row row = cn_cel_row_of_batch(&at);
    struct cn_cel_cache cache = { 0 };
    struct cn_cel_call call = { .arena = arena,
                                .bytes_left = CN_CEL_MEMORY_MAX_BYTES,
                                .steps_left = SIZE_MAX,
                                .cache = &cache };
    struct cn_cel_value value = cn_cel_eval_node(expr->root, &row, &call);
    enum cn_cel_kind kind = cn_cel_expr_type(expr)->kind;
    if (SIZE_MAX - call.steps_left > cn_cel_expr_steps(expr)) {
        abort();
    }
    bool is_null = kind == CN_CEL_OPTIONAL && value.kind == CN_CEL_NULL;
    if (value.kind != CN_CEL_ERROR && kind != CN_CEL_DYN && value.kind != kind && !is_null) {
        abort();
    }
    cn_cel_cache_deinit(&cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world *world; /* the columns stay the same for all inputs */
    struct cn_cel_problems problems;
    struct cn_arena arena;
    cn_str source = { (const char *)data, size };
    if (world == NULL) {
        world = cn_heap_resize(NULL, sizeof(*world));
        world_init(world);
    }
    cn_arena_init(&arena, 1 << 14);
    struct cn_cel_expr *expr = check(world, &arena, source, &problems);
    if (expr != NULL) {
        evaluate(world, &arena, expr);
    }
    for (size_t i = 0; i < problems.count; i++) {
        const struct cn_cel_problem *problem = &problems.items[i];
        if ((size_t)problem->offset + problem->length > size ||
            (problem->has_fix && (size_t)problem->fix_offset + problem->fix_length > size)) {
            abort();
        }
        if (problem->has_fix) {
            apply(world, &arena, source, problem);
        }
    }
    cn_arena_deinit(&arena);
    return 0;
}
