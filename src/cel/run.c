/*
 * Runs a plan over a block.  Operations of numbers and bools are loops of kernel.c, those of lists
 * are in run_list.c; here are those of text, and the fall-back row by row.
 *
 * A bool's truth is never set where its error is.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "cel/eval.h"
#include "cel/kernel.h"
#include "cel/run_ahead.h"
#include "cel/run_list.h"
#include "cel/step.h"

enum {
    WORDS = CN_CEL_BLOCK_WORDS,
    MEMORY_SIZE = 512, /* texts that a TEXT step remembers; a power of two */
    ROW_ARENA_BYTES = 4096,
    RUN_ARENA_BYTES = 64 * 1024,
};

/* What a TEXT step knows of texts, by their number. */
struct memory {
    struct {
        int64_t result; /* a bool or an int */
        uint32_t number;
        bool is_known;
    } texts[MEMORY_SIZE];
    struct cn_cel_regex *regex; /* of matches() */
};

struct bits {
    uint64_t truth[WORDS];
    uint64_t errors[WORDS];
};

struct wide {
    uint64_t values[CN_CEL_BLOCK_ROWS];
    uint64_t errors[WORDS];
};

struct output {
    const void *values;
    const uint64_t *truth; /* where the step has them, if the block is whole */
    const uint64_t *errors;
    struct bits cut;    /* else without the bits past its last row */
    uint64_t *constant; /* the value for every row, if it is one */
};

struct cn_cel_run {
    const struct cn_cel_plan *plan;
    const struct cn_cel_kernels *kernels;
    struct cn_cel_operand *values; /* of each step */
    struct wide *wide;
    struct bits *bits;
    struct memory **memories;  /* of each step; NULL but for TEXT */
    struct cn_cel_run **inner; /* of each step; NULL but for tests of lists */
    struct output *outputs;
    uint64_t *constants; /* of each step */
    struct wide *unused; /* what a target points to that has no such part */
    struct cn_cel_ahead ahead;
    struct cn_cel_cache cache;
    struct cn_arena arena;
    struct cn_arena scratch; /* of one row */
};

static const uint64_t no_bits[WORDS];
static const uint64_t all_bits[WORDS] = {
    ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0),
    ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0),
    ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0),
};

/* A constant's one element, as its column would hold it. */
static void write_constant(const struct cn_cel_step *step, uint64_t *out)
{
    const struct cn_cel_value *value = &step->node->value;
    switch ((int)value->kind) {
    case CN_CEL_STRING:
        memcpy(out, &step->interned, sizeof(step->interned));
        break;
    case CN_CEL_TIMESTAMP:
    case CN_CEL_DURATION:
        memcpy(out, &value->as.time.us, sizeof(*out));
        break;
    default:
        memcpy(out, &value->as, sizeof(*out));
        break;
    }
}

/* NOLINTBEGIN(misc-no-recursion): the plan of a list's test has no list tests */
static void prepare_step(struct cn_cel_run *run, uint32_t i)
{
    const struct cn_cel_step *step = &run->plan->steps[i];
    if (step->inner != NULL) {
        run->inner[i] = cn_cel_run_new_with(step->inner, run->kernels);
    }
    if (step->op == CN_CEL_OP_CONST) {
        bool is_true = step->kind == CN_CEL_BOOL && step->node->value.as.flag;
        write_constant(step, &run->constants[i]);
        run->values[i] = (struct cn_cel_operand){ .values = &run->constants[i],
                                                  .truth = is_true ? all_bits : no_bits,
                                                  .errors = no_bits,
                                                  .is_constant = true };
    } else if (step->slot == CN_CEL_NO_STEP) {
        return; /* a column, read where it is */
    } else if (step->kind == CN_CEL_BOOL) {
        struct bits *bits = &run->bits[step->slot];
        run->values[i] = (struct cn_cel_operand){ .truth = bits->truth, .errors = bits->errors };
    } else {
        struct wide *wide = &run->wide[step->slot];
        run->values[i] = (struct cn_cel_operand){ .values = wide->values, .errors = wide->errors };
    }
    if (step->op == CN_CEL_OP_TEXT) {
        run->memories[i] = cn_arena_new(&run->arena, struct memory);
        if (cn_str_equal(step->node->name, CN_STR("matches"))) {
            run->memories[i]->regex = cn_cel_regex_new(step->node->args[1]->value.as.text);
        }
    }
}

static void prepare_output(struct cn_cel_run *run, size_t i)
{
    const struct cn_cel_step *step = &run->plan->steps[run->plan->outputs[i]];
    if (step->op != CN_CEL_OP_CONST || step->kind == CN_CEL_BOOL) {
        return;
    }
    struct output *output = &run->outputs[i];
    output->constant = cn_arena_array(&run->arena, uint64_t, CN_CEL_BLOCK_ROWS);
    uint64_t value = 0;
    write_constant(step, &value);
    for (size_t row = 0; row < CN_CEL_BLOCK_ROWS; row++) {
        if (step->kind == CN_CEL_STRING) {
            ((uint32_t *)output->constant)[row] = step->interned;
        } else {
            output->constant[row] = value;
        }
    }
}

struct cn_cel_run *cn_cel_run_new(const struct cn_cel_plan *plan)
{
    struct cn_cel_target_set targets[CN_CEL_TARGETS_MAX];
    size_t count = 0;
    cn_cel_kernel_targets(targets, &count);
    return cn_cel_run_new_with(plan, targets[count - 1].kernels);
}

struct cn_cel_run *cn_cel_run_new_with(const struct cn_cel_plan *plan,
                                       const struct cn_cel_kernels *kernels)
{
    struct cn_cel_run *run = cn_heap_resize(NULL, sizeof(*run));
    *run = (struct cn_cel_run){ .plan = plan, .kernels = kernels };
    cn_arena_init(&run->arena, RUN_ARENA_BYTES);
    cn_arena_init(&run->scratch, ROW_ARENA_BYTES);
    run->values = cn_arena_array(&run->arena, struct cn_cel_operand, plan->step_count + 1);
    cn_cel_ahead_init(&run->ahead, plan, &run->arena);
    run->wide = cn_arena_array(&run->arena, struct wide, plan->wide_slots + 1);
    run->unused = cn_arena_new(&run->arena, struct wide);
    run->bits = cn_arena_array(&run->arena, struct bits, plan->bit_slots + 1);
    run->memories = cn_arena_array(&run->arena, struct memory *, plan->step_count + 1);
    run->inner = cn_arena_array(&run->arena, struct cn_cel_run *, plan->step_count + 1);
    run->outputs = cn_arena_array(&run->arena, struct output, plan->output_count + 1);
    run->constants = cn_arena_array(&run->arena, uint64_t, plan->step_count + 1);
    for (uint32_t i = 0; i < plan->step_count; i++) {
        prepare_step(run, i);
    }
    for (size_t i = 0; i < plan->output_count; i++) {
        prepare_output(run, i);
    }
    return run;
}

void cn_cel_run_free(struct cn_cel_run *run)
{
    if (run == NULL) {
        return;
    }
    for (uint32_t i = 0; i < run->plan->step_count; i++) {
        if (run->memories[i] != NULL) {
            cn_cel_regex_free(run->memories[i]->regex);
        }
        cn_cel_run_free(run->inner[i]);
    }
    cn_cel_cache_deinit(&run->cache);
    cn_arena_deinit(&run->scratch);
    cn_arena_deinit(&run->arena);
    free(run);
}
/* NOLINTEND(misc-no-recursion) */

static bool has_bit(const uint64_t *bits, size_t row)
{
    return (bits[row / 64] >> (row % 64) & 1) != 0;
}

static void put_bit(uint64_t *bits, size_t row, bool value)
{
    uint64_t bit = UINT64_C(1) << (row % 64);
    bits[row / 64] = value ? bits[row / 64] | bit : bits[row / 64] & ~bit;
}

static struct cn_cel_target target_of(struct cn_cel_run *run, const struct cn_cel_step *step)
{
    if (step->kind == CN_CEL_BOOL) {
        struct bits *bits = &run->bits[step->slot];
        return (struct cn_cel_target){ run->unused->values, bits->truth, bits->errors };
    }
    struct wide *wide = &run->wide[step->slot];
    return (struct cn_cel_target){ wide->values, run->unused->errors, wide->errors };
}

/* What an operation without a second operand reads in its place. */
static const struct cn_cel_operand nothing = { no_bits, no_bits, no_bits, true };

/* A column is read where it is; only bools are bytes there and bits here. */
static void load_column(struct cn_cel_run *run, const struct cn_cel_step *step,
                        const struct cn_cel_batch *batch, struct cn_cel_operand *value)
{
    assert(step->node->column < batch->column_count);
    const struct cn_cel_cells *cells = &batch->columns[step->node->column];
    value->errors = cells->missing != NULL ? cells->missing + batch->first / 64 : no_bits;
    if (step->kind == CN_CEL_LIST) {
        value->values = cells->values;
        value->offsets = cells->offsets + batch->first;
        return;
    }
    value->values = (const uint8_t *)cells->values + batch->first * cn_cel_cell_bytes(step->kind);
    if (step->kind == CN_CEL_BOOL) {
        const struct cn_cel_operand flags = *value;
        const struct cn_cel_target out = target_of(run, step);
        run->kernels->of[CN_CEL_OP_COLUMN](&flags, &nothing, &out, batch->rows);
        value->truth = out.truth;
    }
}

static void has_column(const struct cn_cel_step *step, const struct cn_cel_batch *batch,
                       const struct cn_cel_target *out, size_t words)
{
    assert(step->node->column < batch->column_count);
    const uint64_t *missing = batch->columns[step->node->column].missing;
    for (size_t w = 0; w < words; w++) {
        out->truth[w] = missing == NULL ? ~UINT64_C(0) : ~missing[batch->first / 64 + w];
        out->errors[w] = 0;
    }
}

/* Text in the order of its code points, which is that of its bytes. */
static void compare_text(enum cn_cel_op op, const struct cn_cel_operand *a,
                         const struct cn_cel_operand *b, const struct cn_cel_strings *strings,
                         const struct cn_cel_target *out, size_t rows)
{
    const uint32_t *xs = a->values;
    const uint32_t *ys = b->values;
    for (size_t i = 0; i < rows; i++) {
        bool truth = false;
        if (!has_bit(out->errors, i)) {
            int order = cn_str_compare(strings->text(strings->ctx, xs[a->is_constant ? 0 : i]),
                                       strings->text(strings->ctx, ys[b->is_constant ? 0 : i]));
            truth = op == CN_CEL_OP_LT_STR ? order < 0 : order <= 0;
        }
        put_bit(out->truth, i, truth);
    }
}

static int64_t ask_text(struct memory *memory, const struct cn_cel_node *node, uint32_t number,
                        const struct cn_cel_strings *strings)
{
    enum {
        ARGS = 3
    };
    struct cn_cel_value args[ARGS];
    cn_str text = strings->text(strings->ctx, number);
    if (memory->regex != NULL) {
        return cn_cel_regex_matches(memory->regex, text);
    }
    args[0] = cn_cel_string(text);
    for (uint32_t i = 1; i < node->arg_count && i < ARGS; i++) {
        args[i] = node->args[i]->value;
    }
    struct cn_cel_call call = { .steps_left = SIZE_MAX }; /* it makes nothing and does not fail */
    struct cn_cel_value result = node->overload->run(&call, args, node->arg_count);
    return result.kind == CN_CEL_BOOL ? result.as.flag : result.as.i64;
}

static int64_t recall(struct memory *memory, const struct cn_cel_node *node, uint32_t number,
                      const struct cn_cel_strings *strings)
{
    size_t place = number & (MEMORY_SIZE - 1);
    if (!memory->texts[place].is_known || memory->texts[place].number != number) {
        memory->texts[place].result = ask_text(memory, node, number, strings);
        memory->texts[place].number = number;
        memory->texts[place].is_known = true;
    }
    return memory->texts[place].result;
}

/* Bits past the last row are 0. */
static uint64_t word_mask(size_t rows, size_t w)
{
    size_t from = w * 64;
    return rows >= from + 64 ? ~UINT64_C(0) : rows <= from ? 0 : (UINT64_C(1) << (rows - from)) - 1;
}

static void run_text(struct cn_cel_run *run, uint32_t at, const struct cn_cel_operand *a,
                     const uint64_t *guard, const struct cn_cel_target *out, size_t rows)
{
    const struct cn_cel_step *step = &run->plan->steps[at];
    const uint32_t *numbers = a->values;
    int64_t *values = out->values;
    for (size_t w = 0; w < (rows + 63) / 64; w++) {
        uint64_t asked = guard[w] & ~out->errors[w] & word_mask(rows, w);
        uint64_t truth = 0;
        for (uint64_t left = asked; left != 0; left &= left - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(left);
            size_t i = w * 64 + bit;
            int64_t result = recall(run->memories[at], step->node, numbers[a->is_constant ? 0 : i],
                                    run->plan->strings);
            if (step->kind == CN_CEL_BOOL) {
                truth |= (uint64_t)(result != 0) << bit;
            } else {
                values[i] = result;
            }
        }
        out->errors[w] |= ~asked;
        out->truth[w] = truth;
    }
}

/* One row's value to where its column would have it. */
static void store(struct cn_cel_run *run, const struct cn_cel_target *out, size_t row,
                  const struct cn_cel_value *value)
{
    const struct cn_cel_strings *strings = run->plan->strings;
    switch ((int)value->kind) {
    case CN_CEL_BOOL:
        put_bit(out->truth, row, value->as.flag);
        break;
    case CN_CEL_STRING:
        ((uint32_t *)out->values)[row] = strings->intern(strings->ctx, value->as.text);
        break;
    case CN_CEL_TIMESTAMP:
    case CN_CEL_DURATION:
        ((int64_t *)out->values)[row] = value->as.time.us;
        break;
    default:
        memcpy((uint64_t *)out->values + row, &value->as, sizeof(uint64_t));
        break;
    }
}

static void run_rows(struct cn_cel_run *run, const struct cn_cel_step *step,
                     const struct cn_cel_batch *batch, const uint64_t *guard,
                     const struct cn_cel_target *out)
{
    for (size_t i = 0; i < batch->rows; i++) {
        struct cn_cel_value value = cn_cel_failed(CN_CEL_NO_VALUE);
        if (has_bit(guard, i)) {
            struct cn_cel_batch_row at = { .batch = batch, .row = i };
            struct cn_cel_row row = cn_cel_row_of_batch(&at);
            struct cn_cel_call call = { .arena = &run->scratch,
                                        .bytes_left = CN_CEL_MEMORY_MAX_BYTES,
                                        .steps_left = CN_CEL_STEPS_MAX,
                                        .cache = &run->cache };
            value = cn_cel_eval_node(step->node, &row, &call);
        }
        bool failed = value.kind != step->kind; /* dyn may turn out to be anything */
        put_bit(out->errors, i, failed);
        if (!failed) {
            store(run, out, i, &value);
        } else if (step->kind == CN_CEL_BOOL) {
            put_bit(out->truth, i, false);
        }
        cn_arena_reset(&run->scratch);
    }
}

static void merge_errors(const struct cn_cel_operand *a, const struct cn_cel_operand *b,
                         uint64_t *out, size_t words)
{
    for (size_t w = 0; w < words; w++) {
        out[w] = a->errors[w] | b->errors[w];
    }
}

static const struct cn_cel_operand *operand(const struct cn_cel_run *run, uint32_t step)
{
    return step != CN_CEL_NO_STEP ? &run->values[step] : &nothing;
}

static const uint64_t *rows_of(const struct cn_cel_run *run, uint32_t guard)
{
    return guard != CN_CEL_NO_STEP ? run->values[guard].truth : all_bits;
}

/* The rows of `within` that the left side leaves to the right one. */
static void run_guard(enum cn_cel_op op, const struct cn_cel_operand *a, const uint64_t *within,
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

/* NOLINTBEGIN(misc-no-recursion): the plan of a list's test has no list tests */
static void run_list(struct cn_cel_run *run, uint32_t at, const struct cn_cel_batch *batch,
                     const struct cn_cel_target *out)
{
    const struct cn_cel_step *step = &run->plan->steps[at];
    const struct cn_cel_operand *a = operand(run, step->operands[0]);
    if (step->op == CN_CEL_OP_LIST_SIZE) {
        cn_cel_run_list_size(a, out, batch->rows);
    } else if (step->inner != NULL) {
        cn_cel_run_list_test(step->op, run->inner[at], a, batch, out);
    } else {
        cn_cel_run_list_has(step->op, a, operand(run, step->operands[1]), out, batch->rows);
    }
}

static void run_computed(struct cn_cel_run *run, uint32_t at, const struct cn_cel_batch *batch)
{
    const struct cn_cel_step *step = &run->plan->steps[at];
    const struct cn_cel_operand *a = operand(run, step->operands[0]);
    const struct cn_cel_operand *b = operand(run, step->operands[1]);
    struct cn_cel_target out = target_of(run, step);
    size_t words = (batch->rows + 63) / 64;
    switch ((int)step->op) {
    case CN_CEL_OP_HAS:
        has_column(step, batch, &out, words);
        break;
    case CN_CEL_OP_UNLESS_FALSE:
    case CN_CEL_OP_UNLESS_TRUE:
    case CN_CEL_OP_IF_TRUE:
    case CN_CEL_OP_IF_FALSE:
        run_guard(step->op, a, rows_of(run, step->operands[1]), &out, words);
        break;
    case CN_CEL_OP_LT_STR:
    case CN_CEL_OP_LE_STR:
        merge_errors(a, b, out.errors, words);
        compare_text(step->op, a, b, run->plan->strings, &out, batch->rows);
        break;
    case CN_CEL_OP_TEXT:
        merge_errors(a, &nothing, out.errors, words);
        run_text(run, at, a, rows_of(run, step->guard), &out, batch->rows);
        break;
    case CN_CEL_OP_ROWS:
        run_rows(run, step, batch, rows_of(run, step->guard), &out);
        break;
    case CN_CEL_OP_LIST_SIZE:
    case CN_CEL_OP_LIST_HAS_4:
    case CN_CEL_OP_LIST_HAS_8:
    case CN_CEL_OP_LIST_HAS_F64:
    case CN_CEL_OP_LIST_ANY:
    case CN_CEL_OP_LIST_ALL:
        merge_errors(a, b, out.errors, words);
        run_list(run, at, batch, &out);
        break;
    case CN_CEL_OP_CHOOSE_BOOL:
        run->kernels->choose_bool(a, b, operand(run, step->operands[2]), &out, batch->rows);
        break;
    case CN_CEL_OP_CHOOSE_4:
        run->kernels->choose_4(a, b, operand(run, step->operands[2]), &out, batch->rows);
        break;
    case CN_CEL_OP_CHOOSE_8:
        run->kernels->choose_8(a, b, operand(run, step->operands[2]), &out, batch->rows);
        break;
    default:
        run->kernels->of[step->op](a, b, &out, batch->rows);
        break;
    }
}

static void run_step(struct cn_cel_run *run, uint32_t at, const struct cn_cel_batch *batch)
{
    const struct cn_cel_step *step = &run->plan->steps[at];
    if (step->op == CN_CEL_OP_COLUMN) {
        load_column(run, step, batch, &run->values[at]);
    } else if (step->op != CN_CEL_OP_CONST) {
        run_computed(run, at, batch);
    }
}

static void put_out(struct output *output, const struct cn_cel_operand *from, size_t rows)
{
    output->values = output->constant != NULL ? output->constant : from->values;
    output->truth = from->truth != NULL ? from->truth : no_bits;
    output->errors = from->errors;
    if (rows == CN_CEL_BLOCK_ROWS) {
        return;
    }
    for (size_t w = 0; w < WORDS; w++) {
        const uint64_t mask = word_mask(rows, w);
        /* A column has no word past its last row. */
        output->cut.errors[w] = mask == 0 ? 0 : output->errors[w] & mask;
        output->cut.truth[w] = mask == 0 ? 0 : output->truth[w] & mask;
    }
    output->truth = output->cut.truth;
    output->errors = output->cut.errors;
}

void cn_cel_run_block(struct cn_cel_run *run, const struct cn_cel_batch *batch)
{
    const struct cn_cel_plan *plan = run->plan;
    assert(batch->rows <= CN_CEL_BLOCK_ROWS && batch->first % 64 == 0);
    cn_cel_ahead_begin(&run->ahead, batch);
    for (uint32_t i = 0; i < plan->step_count; i++) {
        cn_cel_ahead_fetch(&run->ahead);
        run_step(run, i, batch);
    }
    for (size_t i = 0; i < plan->output_count; i++) {
        put_out(&run->outputs[i], &run->values[plan->outputs[i]], batch->rows);
    }
}

/* NOLINTEND(misc-no-recursion) */

struct cn_cel_result cn_cel_run_result(const struct cn_cel_run *run, size_t output)
{
    assert(output < run->plan->output_count);
    const struct output *out = &run->outputs[output];
    const struct cn_cel_step *step = &run->plan->steps[run->plan->outputs[output]];
    return (struct cn_cel_result){
        .kind = step->kind, .values = out->values, .truth = out->truth, .errors = out->errors
    };
}
