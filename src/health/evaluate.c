/*
 * A block at a time, its expressions evaluated: each scorecard that a row of the block has, then
 * exceptions and colours, then the comparison with what was known.
 */
#include "health/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "health/family.h"
#include "health/kernel.h"
#include "health/status.h"

struct evaluation {
    const struct cn_health_model *model;
    struct cn_health_state *state;
    struct cn_health_changes *changes;
    struct cn_health_changes *shadow_changes; /* may be NULL */
    uint32_t shadow;                          /* that `state` is */
    struct cn_kernel_target kernel;
    const struct cn_rule_block *rules;
    struct cn_kernel_input *inputs; /* by rule */
    struct cn_kernel_rows *list;
    struct cn_kernel_scratch *scratch;
    struct cn_kernel_result *result;
    uint64_t scored[CN_BLOCK_WORDS];     /* rows whose points wait for their colours */
    const struct cn_health_bands *bands; /* of all those; NULL: there are none */
    struct cn_kernel_state *block;       /* of the state */
    size_t first;
    struct cn_health_state *live; /* `state` is this one, or a shadow of it */
    struct cn_bitmap *dirty;      /* may be NULL */
    struct cn_arena *arena;
    struct cn_health_changes own; /* of a fork: what joins `changes` */
    struct cn_health_changes own_shadow;
};

static struct cn_cel_result result_of(const struct evaluation *e, uint32_t rule)
{
    return cn_rule_result(e->rules, e->model->rule_numbers[rule]);
}

/* A shadow applies or does not; its place in the model may be another one than before. */
static bool is_other(const struct evaluation *e, int32_t before, int32_t after)
{
    return e->state == e->live ? before != after : (before < 0) != (after < 0);
}

static void reserve_changes(struct cn_health_changes *changes, size_t count)
{
    changes->items =
        cn_heap_reserve(changes->items, count, &changes->capacity, sizeof(*changes->items));
}

static void add_change(struct evaluation *e, size_t row, const struct cn_health_score *before,
                       const struct cn_health_score *after)
{
    struct cn_health_changes *changes = e->changes;
    reserve_changes(changes, changes->count + 1);
    bool is_history = before->has_points != after->has_points || before->band != after->band ||
                      before->is_grey != after->is_grey || before->fired != after->fired ||
                      is_other(e, before->scorecard, after->scorecard);
    if (!is_history && after->has_points) {
        const struct cn_scorecard *card = &e->model->scorecards[after->scorecard];
        is_history = cn_health_display(card, before) != cn_health_display(card, after);
    }
    changes->items[changes->count++] = (struct cn_health_change){
        .row = (uint32_t)row,
        .before = *before,
        .after = *after,
        .is_history = is_history,
        .shadow = e->shadow,
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

/* Which exceptions are true, by row. */
static void find_exceptions(struct evaluation *e, const struct cn_scorecard *card,
                            const uint64_t *mask)
{
    for (size_t x = 0; x < card->exception_count; x++) {
        struct cn_cel_result result = result_of(e, card->exceptions[x].rule);
        for (size_t w = 0; w < CN_BLOCK_WORDS; w++) {
            for (uint64_t word = result.truth[w] & mask[w]; word != 0; word &= word - 1) {
                size_t i = w * 64 + (size_t)__builtin_ctzll(word);
                e->result->fired[i] |= UINT64_C(1) << x;
            }
        }
    }
}

/* The own trees of rows that take children: the rest waits for those. */
static void keep_own(struct evaluation *e, int32_t index, const uint64_t *mask)
{
    const struct cn_scorecard *card = &e->model->scorecards[index];
    cn_kernel_list(mask, e->list);
    e->kernel.score(card, index, e->inputs, e->list, e->scratch, e->result);
    find_exceptions(e, card, mask);
    for (size_t w = 0; w < CN_BLOCK_WORDS; w++) {
        for (uint64_t word = mask[w]; word != 0; word &= word - 1) {
            size_t i = w * 64 + (size_t)__builtin_ctzll(word);
            cn_bitmap_add(&e->state->parents, e->first + i);
            e->state->own[e->first + i] =
                (struct cn_health_own){ .points = e->result->points[i],
                                        .confidence = e->result->confidence[i],
                                        .scorecard = index,
                                        .fired = e->result->fired[i] };
        }
    }
}

/* They take no children, or none any more. */
static void forget_own(struct evaluation *e, const uint64_t *mask)
{
    if (e->state->own == NULL) {
        return;
    }
    uint64_t *words = e->state->parents.words + e->first / 64;
    size_t count = (e->state->rows - e->first + 63) / 64;
    for (size_t w = 0; w < CN_BLOCK_WORDS && w < count; w++) {
        words[w] &= ~mask[w];
    }
}

/* Colours of the rows that wait for them, and the state moves on. */
static void finish_rows(struct evaluation *e)
{
    if (e->bands == NULL) {
        return;
    }
    e->block->points = e->state->points.as.i64 + e->first;
    e->block->status = e->state->status + e->first;
    e->block->fired = e->state->fired + e->first;
    e->block->missing = e->state->points.missing + e->first / 64;
    uint64_t words = e->kernel.finish(e->bands, e->result, e->scored, e->block);
    if (e->changes != NULL) {
        add_changes(e, words, e->scored);
    }
    e->kernel.keep(words, e->result, e->scored, e->block);
    memset(e->scored, 0, sizeof(e->scored));
    e->bands = NULL;
}

static bool are_bands_equal(const struct cn_health_bands *a, const struct cn_health_bands *b)
{
    return a->yellow == b->yellow && a->green == b->green && a->margin == b->margin;
}

/* Rows of scorecards with the same bands are finished together. */
static void score_rows(struct evaluation *e, int32_t index, const uint64_t *mask)
{
    const struct cn_scorecard *card = &e->model->scorecards[index];
    if (card->children != CN_CHILDREN_NONE) {
        keep_own(e, index, mask);
        return;
    }
    if (e->bands != NULL && !are_bands_equal(e->bands, &card->bands)) {
        finish_rows(e);
    }
    forget_own(e, mask);
    cn_kernel_list(mask, e->list);
    e->kernel.score(card, index, e->inputs, e->list, e->scratch, e->result);
    for (size_t x = 0; x < card->exception_count; x++) {
        apply_exception(e, &card->exceptions[x], x, mask);
    }
    for (size_t w = 0; w < CN_BLOCK_WORDS; w++) {
        e->scored[w] |= mask[w];
    }
    e->bands = &card->bands;
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
    forget_own(e, mask);
    for (size_t w = 0; w < CN_BLOCK_WORDS; w++) {
        for (uint64_t word = mask[w]; word != 0; word &= word - 1) {
            clear_row(e, e->first + w * 64 + (size_t)__builtin_ctzll(word));
        }
    }
}

/* Beside the live ones, whatever those are. */
static void score_shadow(struct evaluation *e, int32_t index, const struct cn_rule_block *block)
{
    const struct cn_scorecard *card = &e->model->scorecards[index];
    struct cn_health_changes *changes = e->changes;
    uint64_t left[CN_BLOCK_WORDS];
    uint64_t mask[CN_BLOCK_WORDS];
    memcpy(left, block->rows, sizeof(left));
    e->state = &e->live->shadows[card->shadow];
    e->changes = e->shadow_changes;
    e->shadow = card->shadow;
    clear_rows(e, block->gone);
    memset(e->result->fired, 0, sizeof(e->result->fired));
    if (claim(e, card, left, mask)) {
        score_rows(e, index, mask);
        finish_rows(e);
    }
    clear_rows(e, left);
    e->state = e->live;
    e->changes = changes;
    e->shadow = 0;
}

static void evaluate_block(void *ctx, const struct cn_rule_block *block)
{
    struct evaluation *e = ctx;
    uint64_t left[CN_BLOCK_WORDS];
    uint64_t mask[CN_BLOCK_WORDS];
    e->rules = block;
    e->first = block->first;
    memcpy(left, block->rows, sizeof(left));
    memset(e->result->fired, 0, sizeof(e->result->fired));
    clear_rows(e, block->gone);
    for (uint32_t i = 0; i < e->model->rule_count; i++) {
        struct cn_cel_result result = result_of(e, i);
        e->inputs[i] = (struct cn_kernel_input){ result.values, result.errors };
    }
    for (size_t i = 0; i < e->model->scorecard_count; i++) {
        const struct cn_scorecard *card = &e->model->scorecards[i];
        if (!card->is_shadow && claim(e, card, left, mask)) {
            score_rows(e, (int32_t)i, mask);
        }
    }
    finish_rows(e);
    clear_rows(e, left);
    for (size_t i = 0; i < e->model->scorecard_count && e->model->shadow_count > 0; i++) {
        if (e->model->scorecards[i].is_shadow) {
            score_shadow(e, (int32_t)i, block);
        }
    }
}

/* ---- families ---- */

static void store_parent(void *arg, const struct cn_family_member *member)
{
    struct evaluation *e = arg;
    const struct cn_health_own *own = &e->state->own[member->row];
    const struct cn_scorecard *card = &e->model->scorecards[own->scorecard];
    struct cn_family_blend blend =
        cn_family_blend(card, own->points, own->confidence, &member->sum);
    struct cn_health_score before = cn_health_state_get(e->state, member->row);
    struct cn_health_score score = { .has_points = blend.points >= 0,
                                     .points = blend.points >= 0 ? blend.points : 0,
                                     .confidence = blend.confidence,
                                     .scorecard = own->scorecard,
                                     .fired = own->fired };
    for (size_t x = 0; score.has_points && x < card->exception_count; x++) {
        if ((own->fired >> x & 1) != 0) {
            score.points = cn_health_bend(&card->exceptions[x], score.points);
        }
    }
    score.is_grey = !score.has_points || score.confidence < CN_CONFIDENCE_GREY;
    score.band =
        score.is_grey ? before.band : cn_health_next_band(&card->bands, score.points, before.band);
    bool differs = before.has_points != score.has_points || before.points != score.points ||
                   e->state->status[member->row] != cn_status_pack(&score) ||
                   before.fired != score.fired;
    if (!differs) {
        return;
    }
    cn_health_state_set(e->state, member->row, &score);
    if (e->changes != NULL) {
        add_change(e, member->row, &before, &score);
    }
    if (e->state == e->live && e->dirty != NULL) {
        cn_bitmap_add(e->dirty, member->row);
    }
}

static int by_row(const void *a, const void *b)
{
    uint32_t x = ((const struct cn_health_change *)a)->row;
    uint32_t y = ((const struct cn_health_change *)b)->row;
    return (x > y) - (x < y);
}

/* All parents, whoever of their children moved, came or went. */
static void end_stratum(void *ctx, const struct cn_frame *frame, uint32_t stratum)
{
    struct evaluation *e = ctx;
    (void)stratum;
    size_t before = e->changes != NULL ? e->changes->count : 0;
    cn_family_each(e->model, frame, e->live, e->live, e->arena, store_parent, e);
    if (e->changes != NULL && e->changes->count > before) {
        qsort(e->changes->items, e->changes->count, sizeof(*e->changes->items), by_row);
    }
    struct cn_health_changes *changes = e->changes;
    e->changes = e->shadow_changes;
    for (size_t i = 0; i < e->model->shadow_count; i++) {
        e->state = &e->live->shadows[i];
        e->shadow = (uint32_t)i;
        cn_family_each(e->model, frame, e->state, e->live, e->arena, store_parent, e);
    }
    e->changes = changes;
    e->state = e->live;
    e->shadow = 0;
}

/* ---- the consumer ---- */

/* What a block is scored with. */
static void add_scratch(struct evaluation *e, struct cn_arena *arena)
{
    e->inputs = cn_arena_array(arena, struct cn_kernel_input, e->model->rule_count);
    e->list = cn_arena_lines(arena, sizeof(struct cn_kernel_rows));
    e->scratch = cn_arena_lines(arena, sizeof(struct cn_kernel_scratch));
    e->result = cn_arena_lines(arena, sizeof(struct cn_kernel_result));
    e->block = cn_arena_lines(arena, sizeof(struct cn_kernel_state));
}

static void *fork_evaluation(void *ctx, struct cn_arena *arena)
{
    const struct evaluation *e = ctx;
    struct evaluation *forked = cn_arena_new(arena, struct evaluation);
    *forked = *e;
    forked->changes = e->changes != NULL ? &forked->own : NULL;
    forked->shadow_changes = e->shadow_changes != NULL ? &forked->own_shadow : NULL;
    add_scratch(forked, arena);
    return forked;
}

static void move_changes(struct cn_health_changes *into, struct cn_health_changes *from)
{
    if (from->count > 0) {
        reserve_changes(into, into->count + from->count);
        memcpy(into->items + into->count, from->items, from->count * sizeof(*from->items));
        into->count += from->count;
    }
    cn_health_changes_deinit(from);
}

static void join_evaluation(void *ctx, void *forked)
{
    struct evaluation *e = ctx;
    struct evaluation *other = forked;
    move_changes(e->changes, &other->own);
    move_changes(e->shadow_changes, &other->own_shadow);
}

struct cn_rule_consumer cn_health_consumer_with(const struct cn_health_model *model,
                                                struct cn_health_state *state,
                                                struct cn_health_changes *changes,
                                                struct cn_health_changes *shadow_changes,
                                                struct cn_bitmap *dirty, struct cn_arena *arena)
{
    struct cn_kernel_target targets[3];
    size_t target_count = 0;
    cn_kernel_targets(targets, &target_count);
    cn_health_state_prepare(state, model);
    struct evaluation *e = cn_arena_new(arena, struct evaluation);
    *e = (struct evaluation){
        .model = model,
        .state = state,
        .live = state,
        .dirty = dirty,
        .arena = arena,
        .changes = changes,
        .shadow_changes = shadow_changes,
        .kernel = targets[target_count - 1],
    };
    add_scratch(e, arena);
    return (struct cn_rule_consumer){ .section = model->section,
                                      .ctx = e,
                                      .block = evaluate_block,
                                      .end = model->has_families ? end_stratum : NULL,
                                      .fork = fork_evaluation,
                                      .join = join_evaluation };
}

struct cn_rule_consumer cn_health_consumer(const struct cn_health_model *model,
                                           struct cn_health_state *state,
                                           struct cn_health_changes *changes,
                                           struct cn_arena *arena)
{
    return cn_health_consumer_with(model, state, changes, NULL, NULL, arena);
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
