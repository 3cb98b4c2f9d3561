/*
 * A block at a time: all expressions of the model, then each scorecard that a row of the block has,
 * then exceptions and colours, then the comparison with what was known.
 */
#include "health/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "health/kernel.h"
#include "health/plan.h"
#include "health/status.h"

struct evaluation {
    const struct cn_health_model *model;
    struct cn_health_state *state;
    struct cn_health_changes *changes;
    struct cn_kernel_target kernel;
    struct cn_cel_run *run;
    struct cn_kernel_input *inputs; /* by rule */
    struct cn_kernel_scratch *scratch;
    struct cn_kernel_result *result;
    struct cn_kernel_state *block; /* of the state */
    uint64_t rows[CN_BLOCK_WORDS]; /* to be scored */
    size_t first;
};

static void add_change(struct evaluation *e, size_t row, const struct cn_health_score *before)
{
    struct cn_health_changes *changes = e->changes;
    struct cn_health_score after = cn_health_state_get(e->state, row);
    if (changes->count == changes->capacity) {
        changes->capacity = changes->capacity == 0 ? 256 : changes->capacity * 2;
        changes->items =
            cn_heap_resize(changes->items, changes->capacity * sizeof(*changes->items));
    }
    bool is_history = before->has_points != after.has_points || before->band != after.band ||
                      before->is_grey != after.is_grey || before->fired != after.fired ||
                      before->scorecard != after.scorecard;
    if (!is_history && after.has_points) {
        const struct cn_scorecard *card = &e->model->scorecards[after.scorecard];
        is_history = cn_health_display(card, before) != cn_health_display(card, &after);
    }
    changes->items[changes->count++] = (struct cn_health_change){
        .row = (uint32_t)row, .before = *before, .after = after, .is_history = is_history
    };
}

/* Stores a score if it differs from the known one.  points < 0: none. */
static inline void store(struct evaluation *e, size_t row, int32_t points, int64_t status,
                         uint64_t fired)
{
    struct cn_health_state *state = e->state;
    bool has = points >= 0;
    int64_t kept = has ? points : 0;
    if (state->points.as.i64[row] == kept && state->status[row] == status &&
        state->fired[row] == fired) {
        return;
    }
    struct cn_health_score before = { 0 };
    if (e->changes != NULL) {
        before = cn_health_state_get(state, row);
    }
    cn_column_set_i64(&state->points, row, kept);
    if (!has) {
        cn_column_set_missing(&state->points, row);
    }
    state->status[row] = status;
    state->fired[row] = fired;
    if (e->changes != NULL) {
        add_change(e, row, &before);
    }
}

/* Rows of `mask` on which the exception is true are bent by it. */
static void apply_exception(struct evaluation *e, const struct cn_health_exception *exception,
                            size_t number, const uint64_t *mask)
{
    struct cn_cel_result result =
        cn_cel_run_result(e->run, e->model->plan->rules[exception->rule].output);
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
    uint64_t words = e->kernel.finish(&card->bands, index, e->result, mask, e->block);
    for (; words != 0; words &= words - 1) {
        size_t w = (size_t)__builtin_ctzll(words);
        for (uint64_t word = mask[w]; word != 0; word &= word - 1) {
            size_t i = w * 64 + (size_t)__builtin_ctzll(word);
            store(e, e->first + i, e->result->points[i], e->block->new_status[i],
                  e->result->fired[i]);
        }
    }
}

/* Of the rows that are left those to which the scorecard applies; they are then no longer left. */
static bool claim(const struct evaluation *e, const struct cn_scorecard *card, uint64_t *left,
                  uint64_t *mask_out)
{
    uint64_t any = 0;
    const uint64_t *truth = NULL;
    if (card->applies_rule != CN_NO_RULE) {
        truth = cn_cel_run_result(e->run, e->model->plan->rules[card->applies_rule].output).truth;
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
    const struct cn_health_score none = { .scorecard = -1 };
    for (size_t w = 0; w < CN_BLOCK_WORDS; w++) {
        for (uint64_t word = mask[w]; word != 0; word &= word - 1) {
            size_t row = e->first + w * 64 + (size_t)__builtin_ctzll(word);
            store(e, row, -1, cn_status_pack(&none), 0);
        }
    }
}

static void evaluate_block(struct evaluation *e, const struct cn_cel_batch *batch,
                           const struct cn_bitmap *live)
{
    uint64_t left[CN_BLOCK_WORDS] = { 0 };
    uint64_t gone[CN_BLOCK_WORDS] = { 0 };
    uint64_t mask[CN_BLOCK_WORDS];
    size_t words = (batch->rows + 63) / 64;
    for (size_t w = 0; w < words; w++) {
        left[w] = e->rows[w] & live->words[e->first / 64 + w];
        gone[w] = e->rows[w] & ~live->words[e->first / 64 + w];
    }
    clear_rows(e, gone);
    cn_cel_run_block(e->run, batch);
    for (size_t i = 0; i < e->model->rule_count; i++) {
        struct cn_cel_result result = cn_cel_run_result(e->run, e->model->plan->rules[i].output);
        e->inputs[i] = (struct cn_kernel_input){ result.values, result.errors };
    }
    for (size_t i = 0; i < e->model->scorecard_count; i++) {
        if (claim(e, &e->model->scorecards[i], left, mask)) {
            score_rows(e, (int32_t)i, mask);
        }
    }
    clear_rows(e, left);
}

/* The rows of the block that are wanted; false if there are none. */
static bool select_rows(struct evaluation *e, const struct cn_bitmap *rows, size_t count)
{
    uint64_t any = 0;
    size_t words = (count + 63) / 64;
    for (size_t w = 0; w < CN_BLOCK_WORDS; w++) {
        uint64_t word = 0;
        if (w < words) {
            word = rows != NULL ? rows->words[e->first / 64 + w] : ~UINT64_C(0);
        }
        if (w == words - 1 && count % 64 != 0) {
            word &= (UINT64_C(1) << (count % 64)) - 1;
        }
        e->rows[w] = word;
        any |= word;
    }
    return any != 0;
}

bool cn_health_evaluate(const struct cn_health_model *model, const struct cn_frame *frame,
                        const struct cn_bitmap *rows, struct cn_health_state *state,
                        struct cn_health_changes *changes, struct cn_arena *arena,
                        struct cn_error *err)
{
    struct cn_kernel_target targets[3];
    size_t target_count = 0;
    size_t row_count = cn_frame_rows(frame);
    const struct cn_cel_cells *cells = cn_frame_cells(frame, arena);
    if (rows != NULL && rows->rows != row_count) {
        return cn_fail(err, CN_INTERNAL, "%zu rows to score, %zu in the frame", rows->rows,
                       row_count);
    }
    cn_kernel_targets(targets, &target_count);
    cn_health_state_resize(state, row_count);
    struct evaluation e = {
        .model = model,
        .state = state,
        .changes = changes,
        .kernel = targets[target_count - 1],
        .run = cn_cel_run_new(model->plan->plan),
        .inputs = cn_arena_array(arena, struct cn_kernel_input, model->rule_count),
        .scratch = cn_arena_new(arena, struct cn_kernel_scratch),
        .result = cn_arena_new(arena, struct cn_kernel_result),
        .block = cn_arena_new(arena, struct cn_kernel_state),
    };
    for (e.first = 0; e.first < row_count; e.first += CN_BLOCK_ROWS) {
        struct cn_cel_batch batch = cn_frame_batch(frame, cells, &model->plan->strings, e.first);
        if (select_rows(&e, rows, batch.rows)) {
            evaluate_block(&e, &batch, cn_frame_live(frame));
        }
    }
    cn_cel_run_free(e.run);
    return true;
}
