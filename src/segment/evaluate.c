/* A block of rows: who is in which set now, 64 rows at a time. */
#include "segment/evaluate.h"

#include <string.h>

struct placing {
    const struct cn_segment_model *model;
    struct cn_membership *state;
    const struct cn_rule_block *block;
    size_t words; /* of the block */
};

/* Rows on which all conditions of the item hold. */
static void conditions(const struct placing *p, const struct cn_segment *item, uint64_t *truth)
{
    const uint32_t rules[] = { item->rule, item->band_rule };
    bool has_any = false;
    memset(truth, 0xff, CN_RULE_WORDS * sizeof(*truth));
    for (size_t i = 0; i < CN_ARRAY_LEN(rules); i++) {
        if (rules[i] == CN_NO_RULE) {
            continue;
        }
        has_any = true;
        struct cn_cel_result result = cn_rule_result(p->block, rules[i]);
        for (size_t w = 0; w < p->words; w++) {
            truth[w] &= result.truth[w];
        }
    }
    if (!has_any) {
        memset(truth, 0, CN_RULE_WORDS * sizeof(*truth));
    }
}

/* The set's words of the next block, which come after those of all other sets. */
static void fetch_next(const uint64_t *members)
{
    enum {
        LINE_WORDS = CN_HEAP_LINE_BYTES / sizeof(uint64_t)
    };
    for (size_t w = 0; w < CN_RULE_WORDS; w += LINE_WORDS) {
        __builtin_prefetch(members + CN_RULE_WORDS + w, 1);
    }
}

/* The wanted rows of the item's set are those of `truth` from now on; rows that are gone leave. */
static void place(const struct placing *p, uint32_t index, const uint64_t *truth)
{
    uint64_t *members = p->state->members[index].words + p->block->first / 64;
    uint64_t *touched = p->state->touched.words + p->block->first / 64;
    fetch_next(members);
    for (size_t w = 0; w < p->words; w++) {
        uint64_t wanted = p->block->rows[w];
        touched[w] |= (members[w] ^ truth[w]) & wanted;
        members[w] = (members[w] & ~wanted & ~p->block->gone[w]) | (truth[w] & wanted);
    }
}

/* The first item of the group that applies, in the order of the file. */
static void place_group(const struct placing *p, uint32_t group)
{
    const struct cn_segment_model *model = p->model;
    uint64_t left[CN_RULE_WORDS];
    memcpy(left, p->block->rows, sizeof(left));
    for (uint32_t i = 0; i < model->count; i++) {
        uint64_t truth[CN_RULE_WORDS];
        if (model->items[i].group != group) {
            continue;
        }
        conditions(p, &model->items[i], truth);
        for (size_t w = 0; w < p->words; w++) {
            truth[w] &= left[w];
            left[w] &= ~truth[w];
        }
        place(p, i, truth);
    }
}

/* ---- stages ---- */

static void count_days(const struct placing *p)
{
    const struct cn_segment_model *model = p->model;
    struct cn_cel_result tenure = cn_rule_result(p->block, model->tenure_rule);
    const double *days = tenure.values;
    for (size_t i = 0; i < p->block->count; i++) {
        if ((p->block->rows[i / 64] >> (i % 64) & 1) != 0) {
            cn_column_set_missing(&p->state->days_in_stage, p->block->first + i);
        }
    }
    for (uint32_t s = 0; s < model->count; s++) {
        const struct cn_segment *item = &model->items[s];
        if (item->kind != CN_SEGMENT_STAGE) {
            continue;
        }
        const uint64_t *members = p->state->members[s].words + p->block->first / 64;
        for (size_t w = 0; w < p->words; w++) {
            for (uint64_t word = members[w] & p->block->rows[w]; word != 0; word &= word - 1) {
                size_t i = w * 64 + (size_t)__builtin_ctzll(word);
                cn_column_set_f64(&p->state->days_in_stage, p->block->first + i,
                                  days[i] - (double)item->lifecycle->from_day);
            }
        }
    }
}

/* Late in the stage, and a goal of it is not reached. */
static void add_stalled(const struct placing *p, uint32_t stage, uint64_t *stalled)
{
    const struct cn_segment_model *model = p->model;
    struct cn_cel_result late = cn_rule_result(p->block, model->items[stage].lifecycle->stall_rule);
    uint64_t reached[CN_RULE_WORDS];
    memset(reached, 0xff, sizeof(reached));
    for (uint32_t i = 0; i < model->count; i++) {
        const uint64_t *members = p->state->members[i].words + p->block->first / 64;
        for (size_t w = 0; w < p->words; w++) {
            bool is_goal =
                model->items[i].kind == CN_SEGMENT_GOAL && model->items[i].within == stage;
            reached[w] &= is_goal ? members[w] : ~UINT64_C(0);
        }
    }
    for (size_t w = 0; w < p->words; w++) {
        stalled[w] |= late.truth[w] & ~reached[w];
    }
}

static void place_stalled(const struct placing *p, uint32_t index)
{
    uint64_t stalled[CN_RULE_WORDS] = { 0 };
    for (uint32_t i = 0; i < p->model->count; i++) {
        const struct cn_lifecycle_stage *lifecycle = p->model->items[i].lifecycle;
        if (lifecycle != NULL && lifecycle->stall_rule != CN_NO_RULE) {
            add_stalled(p, i, stalled);
        }
    }
    place(p, index, stalled);
}

static void place_unsegmented(const struct placing *p, uint32_t index)
{
    uint64_t none[CN_RULE_WORDS];
    memset(none, 0xff, sizeof(none));
    for (uint32_t i = 0; i < p->model->count; i++) {
        if (p->model->items[i].group == p->model->primary) {
            const uint64_t *members = p->state->members[i].words + p->block->first / 64;
            for (size_t w = 0; w < p->words; w++) {
                none[w] &= ~members[w];
            }
        }
    }
    place(p, index, none);
}

/* Of its coverage model, and what that needs is not there, or nobody can tell. */
static void place_gap(const struct placing *p, uint32_t index)
{
    const struct cn_segment *item = &p->model->items[index];
    const uint64_t *members = p->state->members[item->within].words + p->block->first / 64;
    uint64_t truth[CN_RULE_WORDS];
    conditions(p, item, truth);
    for (size_t w = 0; w < p->words; w++) {
        truth[w] = members[w] & ~truth[w];
    }
    place(p, index, truth);
}

/* ---- cadence ---- */

int64_t cn_coverage_cadence(const struct cn_coverage *coverage, size_t colour)
{
    const int64_t own = colour < CN_SEGMENT_COLOURS ? coverage->colour_days[colour] : 0;
    const bool is_shorter =
        own > 0 && (coverage->cadence_days == 0 || own < coverage->cadence_days);
    return is_shorter ? own : coverage->cadence_days;
}

/* CN_SEGMENT_COLOURS: none of them. */
static size_t colour_of(const struct cn_segment_model *model, bool has_colour, uint32_t colour)
{
    size_t i = 0;
    while (i < CN_SEGMENT_COLOURS && !(has_colour && colour == model->colours[i])) {
        i++;
    }
    return i;
}

static const struct cn_coverage *coverage_of(const struct placing *p, size_t row)
{
    for (uint32_t i = 0; i < p->model->count; i++) {
        if (p->model->items[i].coverage != NULL && cn_membership_has(p->state, i, row)) {
            return p->model->items[i].coverage;
        }
    }
    return NULL;
}

static void place_cadence(const struct placing *p)
{
    const bool reads_colour = p->model->colour_rule != CN_NO_RULE;
    struct cn_cel_result colour = { 0 };
    if (reads_colour) {
        colour = cn_rule_result(p->block, p->model->colour_rule);
    }
    const uint32_t *colours = colour.values;
    struct cn_column *column = &p->state->cadence_days;
    for (size_t i = 0; i < p->block->count; i++) {
        size_t row = p->block->first + i;
        if ((p->block->rows[i / 64] >> (i % 64) & 1) == 0) {
            continue;
        }
        bool has_colour = reads_colour && (colour.errors[i / 64] >> (i % 64) & 1) == 0;
        const struct cn_coverage *coverage = coverage_of(p, row);
        size_t which = colour_of(p->model, has_colour, has_colour ? colours[i] : 0);
        int64_t days = coverage != NULL ? cn_coverage_cadence(coverage, which) : 0;
        if (days > 0) {
            cn_column_set_f64(column, row, (double)days);
        } else {
            cn_column_set_missing(column, row);
        }
    }
}

/* ---- the block ---- */

static bool is_here(const struct placing *p, uint32_t unit)
{
    return unit != CN_NO_UNIT && cn_rules_stratum(p->block->rules, unit) == p->block->stratum;
}

static void place_alone(const struct placing *p, uint32_t index)
{
    const struct cn_segment *item = &p->model->items[index];
    uint64_t truth[CN_RULE_WORDS];
    switch (item->flag) {
    case CN_FLAG_STALLED:
        place_stalled(p, index);
        return;
    case CN_FLAG_UNSEGMENTED:
        place_unsegmented(p, index);
        return;
    case CN_FLAG_NONE:
        if (item->kind == CN_SEGMENT_GAP) {
            place_gap(p, index);
            return;
        }
        conditions(p, item, truth);
        place(p, index, truth);
        return;
    }
}

static void take_block(void *ctx, const struct cn_rule_block *block)
{
    struct placing *p = ctx;
    const struct cn_segment_model *model = p->model;
    p->block = block;
    p->words = (block->count + 63) / 64;
    for (uint32_t i = 0; i < model->group_count; i++) {
        if (is_here(p, model->groups[i].unit)) {
            place_group(p, i);
        }
    }
    for (uint32_t i = 0; i < model->count; i++) {
        if (model->items[i].group == CN_SEGMENT_NO_GROUP && is_here(p, model->items[i].unit)) {
            place_alone(p, i);
        }
    }
    if (is_here(p, model->stage_unit)) {
        count_days(p);
    }
    if (is_here(p, model->cadence_unit)) {
        place_cadence(p);
    }
}

/* Sets have words of their own for the rows of a block. */
static void *fork_placing(void *ctx, struct cn_arena *arena)
{
    struct placing *forked = cn_arena_new(arena, struct placing);
    *forked = *(const struct placing *)ctx;
    return forked;
}

struct cn_rule_consumer cn_segment_consumer(const struct cn_segment_model *model,
                                            struct cn_membership *state, struct cn_arena *arena)
{
    struct placing *p = cn_arena_new(arena, struct placing);
    *p = (struct placing){ .model = model, .state = state };
    return (struct cn_rule_consumer){
        .section = model->section, .ctx = p, .block = take_block, .fork = fork_placing
    };
}

void cn_segment_bind(const struct cn_segment_model *model, struct cn_frame *frame,
                     const struct cn_membership *state)
{
    cn_frame_bind(frame, model->section, state);
}
