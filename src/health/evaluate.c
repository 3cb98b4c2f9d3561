/*
 * A block at a time, its expressions evaluated: each scorecard that a row of the block has, then
 * exceptions and colours, then the comparison with what was known.
 */
#include "health/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "health/kernel.h"
#include "health/status.h"

struct evaluation {
    const struct cn_health_model *model;
    struct cn_health_state *state;
    struct cn_health_changes *changes;
    struct cn_kernel_target kernel;
    const struct cn_rule_block *rules;
    struct cn_kernel_input *inputs; /* by rule */
    struct cn_kernel_scratch *scratch;
    struct cn_kernel_result *result;
    struct cn_kernel_state *block; /* of the state */
    size_t first;
};

static struct cn_cel_result result_of(const struct evaluation *e, uint32_t rule)
{
    return cn_rule_result(e->rules, e->model->rule_numbers[rule]);
}

static void add_change(struct evaluation *e, size_t row, const struct cn_health_score *before,
                       const struct cn_health_score *after)
{
    struct cn_health_changes *changes = e->changes;
    if (changes->count == changes->capacity) {
        changes->capacity = changes->capacity == 0 ? 256 : changes->capacity * 2;
        changes->items =
            cn_heap_resize(changes->items, changes->capacity * sizeof(*changes->items));
    }
    bool is_history = before->has_points != after->has_points || before->band != after->band ||
                      before->is_grey != after->is_grey || before->fired != after->fired ||
                      before->scorecard != after->scorecard;
    if (!is_history && after->has_points) {
        const struct cn_scorecard *card = &e->model->scorecards[after->scorecard];
        is_history = cn_health_display(card, before) != cn_health_display(card, after);
    }
    changes->items[changes->count++] = (struct cn_health_change){
        .row = (uint32_t)row, .before = *before, .after = *after, .is_history = is_history
    };
}

/* A row that has no score, or will have none. */
static void clear_row(struct evaluation *e, size_t row)
{
    static const struct cn_health_score none = { .scorecard = -1 };
    struct cn_health_score before = cn_health_state_get(e->state, row);
    if (!before.has_points && e->state->status[row] == cn_status_pack(&none) && before.fired == 0) {
        return;
    }
    cn_health_state_set(e->state, row, &none);
    if (e->changes != NULL) {
        add_change(e, row, &before, &none);
    }
}

/* Rows of `mask` on which the exception is true are bent by it. */
static void apply_exception(struct evaluation *e, const struct cn_health_exception *exception,
                            size_t number, const uint64_t *mask)
{
    struct cn_cel_result result = result_of(e, exception->rule);
    for (size_t w = 0; w < CN_BLOCK_WORDS; w++) {
        for (uint64_t word = result.truth[w] & mask[w]; word != 0; word &= word - 1) {
            size_t i = w * 64 + (size_t)__builtin_ctzll(word);
            int32_t points = e->result->points[i];
            e->result->fired[i] |= UINT64_C(1) << number;
            if (points >= 0) {
                e->result->points[i] = cn_health_bend(exception, points);
            }
        }
    }
}

/* What the rows of `mask` in `words` are about to become, where it is not what they are. */
static void add_changes(struct evaluation *e, uint64_t words, const uint64_t *mask)
{
    const struct cn_kernel_state *block = e->block;
    for (; words != 0; words &= words - 1) {
        size_t w = (size_t)__builtin_ctzll(words);
        for (uint64_t word = mask[w]; word != 0; word &= word - 1) {
            size_t i = w * 64 + (size_t)__builtin_ctzll(word);
            int32_t points = e->result->points[i];
            struct cn_health_score before;
            struct cn_health_score after;
            int64_t kept = points >= 0 ? points : 0;
            if (block->points[i] == kept && block->status[i] == block->new_status[i] &&
                block->fired[i] == e->result->fired[i]) {
                continue;
            }
            before = cn_health_state_get(e->state, e->first + i);
            after = cn_status_score(points >= 0, kept, block->new_status[i], e->result->fired[i]);
            add_change(e, e->first + i, &before, &after);
        }
    }
}

static void score_rows(struct evaluation *e, int32_t index, const uint64_t *mask)
{
    const struct cn_scorecard *card = &e->model->scorecards[index];
    e->kernel.score(card, e->inputs, e->scratch, e->result);
    for (size_t x = 0; x < card->exception_count; x++) {
        apply_exception(e, &card->exceptions[x], x, mask);
    }
    e->block->points = e->state->points.as.i64 + e->first;
    e->block->status = e->state->status + e->first;
    e->block->fired = e->state->fired + e->first;
    e->block->missing = e->state->points.missing + e->first / 64;
    uint64_t words = e->kernel.finish(&card->bands, index, e->result, mask, e->block);
    if (e->changes != NULL) {
        add_changes(e, words, mask);
    }
    e->kernel.keep(words, e->result, mask, e->block);
}

/* Of the rows that are left those to which the scorecard applies; they are then no longer left. */
static bool claim(const struct evaluation *e, const struct cn_scorecard *card, uint64_t *left,
                  uint64_t *mask_out)
{
    uint64_t any = 0;
    const uint64_t *truth = NULL;
    if (card->applies_rule != CN_NO_RULE) {
        truth = result_of(e, card->applies_rule).truth;
    }
    for (size_t w = 0; w < CN_BLOCK_WORDS; w++) {
        mask_out[w] = truth != NULL ? left[w] & truth[w] : left[w];
        left[w] &= ~mask_out[w];
        any |= mask_out[w];
    }
    return any != 0;
}

static void clear_rows(struct evaluation *e, const uint64_t *mask)
{
    for (size_t w = 0; w < CN_BLOCK_WORDS; w++) {
        for (uint64_t word = mask[w]; word != 0; word &= word - 1) {
            clear_row(e, e->first + w * 64 + (size_t)__builtin_ctzll(word));
        }
    }
}

static void evaluate_block(void *ctx, const struct cn_rule_block *block)
{
    struct evaluation *e = ctx;
    uint64_t left[CN_BLOCK_WORDS];
    uint64_t mask[CN_BLOCK_WORDS];
    e->rules = block;
    e->first = block->first;
    memcpy(left, block->rows, sizeof(left));
    clear_rows(e, block->gone);
    for (uint32_t i = 0; i < e->model->rule_count; i++) {
        struct cn_cel_result result = result_of(e, i);
        e->inputs[i] = (struct cn_kernel_input){ result.values, result.errors };
    }
    for (size_t i = 0; i < e->model->scorecard_count; i++) {
        if (claim(e, &e->model->scorecards[i], left, mask)) {
            score_rows(e, (int32_t)i, mask);
        }
    }
    clear_rows(e, left);
}

struct cn_rule_consumer cn_health_consumer(const struct cn_health_model *model,
                                           struct cn_health_state *state,
                                           struct cn_health_changes *changes,
                                           struct cn_arena *arena)
{
    struct cn_kernel_target targets[3];
    size_t target_count = 0;
    cn_kernel_targets(targets, &target_count);
    struct evaluation *e = cn_arena_new(arena, struct evaluation);
    *e = (struct evaluation){
        .model = model,
        .state = state,
        .changes = changes,
        .kernel = targets[target_count - 1],
        .inputs = cn_arena_array(arena, struct cn_kernel_input, model->rule_count),
        .scratch = cn_arena_lines(arena, sizeof(struct cn_kernel_scratch)),
        .result = cn_arena_lines(arena, sizeof(struct cn_kernel_result)),
        .block = cn_arena_lines(arena, sizeof(struct cn_kernel_state)),
    };
    return (
        struct cn_rule_consumer){ .section = model->section, .ctx = e, .block = evaluate_block };
}

void cn_health_bind(const struct cn_health_model *model, struct cn_frame *frame,
                    const struct cn_health_state *state)
{
    cn_frame_bind(frame, model->section, state);
}

bool cn_health_evaluate(const struct cn_health_model *model, const struct cn_frame *frame,
                        const struct cn_bitmap *rows, struct cn_health_state *state,
                        struct cn_health_changes *changes, struct cn_arena *arena,
                        struct cn_error *err)
{
    cn_health_state_resize(state, cn_frame_rows(frame));
    struct cn_rule_consumer consumer = cn_health_consumer(model, state, changes, arena);
    struct cn_rule_pass pass = {
        .frame = frame, .rows = rows, .consumers = &consumer, .consumer_count = 1
    };
    return cn_rules_run(model->rules, &pass, arena, err);
}
