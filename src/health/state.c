/* The health of all rows, and what a colour does next. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "health/evaluate.h"
#include "health/status.h"

void cn_health_state_init(struct cn_health_state *state)
{
    *state = (struct cn_health_state){ 0 };
    cn_column_init(&state->points, CN_COLUMN_I64);
}

/* NOLINTNEXTLINE(misc-no-recursion): shadows have none */
void cn_health_state_deinit(struct cn_health_state *state)
{
    cn_column_deinit(&state->points);
    free(state->status);
    free(state->fired);
    free(state->own);
    cn_bitmap_deinit(&state->parents);
    for (size_t i = 0; i < state->shadow_count; i++) {
        cn_health_state_deinit(&state->shadows[i]);
    }
    free(state->shadows);
    cn_health_state_init(state);
}

/* NOLINTNEXTLINE(misc-no-recursion): shadows have none */
void cn_health_state_resize(struct cn_health_state *state, size_t rows)
{
    const size_t had = state->capacity;
    cn_column_reserve(&state->points, rows);
    if (state->points.capacity > state->capacity) {
        size_t capacity = state->points.capacity;
        state->status =
            cn_heap_resize_lines(state->status, state->capacity * sizeof(*state->status),
                                 capacity * sizeof(*state->status));
        state->fired = cn_heap_resize_lines(state->fired, state->capacity * sizeof(*state->fired),
                                            capacity * sizeof(*state->fired));
        const struct cn_health_score none = { .scorecard = -1 };
        for (size_t row = state->capacity; row < capacity; row++) {
            state->status[row] = cn_status_pack(&none);
            state->fired[row] = 0;
        }
        state->capacity = capacity;
    }
    state->rows = rows;
    if (state->own != NULL && state->capacity > had) {
        state->own = cn_heap_resize_lines(state->own, had * sizeof(*state->own),
                                          state->capacity * sizeof(*state->own));
    }
    if (state->own != NULL) {
        cn_bitmap_resize(&state->parents, rows);
    }
    for (size_t i = 0; i < state->shadow_count; i++) {
        cn_health_state_resize(&state->shadows[i], rows);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): shadows have none */
void cn_health_state_prepare(struct cn_health_state *state, const struct cn_health_model *model)
{
    if (model->has_families && state->own == NULL) {
        state->own = cn_heap_resize_lines(NULL, 0, (state->capacity + 1) * sizeof(*state->own));
        cn_bitmap_resize(&state->parents, state->rows);
    }
    if (model->shadow_count > state->shadow_count) {
        state->shadows =
            cn_heap_resize(state->shadows, model->shadow_count * sizeof(*state->shadows));
        for (; state->shadow_count < model->shadow_count; state->shadow_count++) {
            cn_health_state_init(&state->shadows[state->shadow_count]);
            cn_health_state_resize(&state->shadows[state->shadow_count], state->rows);
        }
    }
    const struct cn_health_model families = { .has_families = model->has_families };
    for (size_t i = 0; i < state->shadow_count; i++) {
        cn_health_state_prepare(&state->shadows[i], &families);
    }
}

static const struct cn_scorecard *find_shadow(const struct cn_health_model *model, cn_str name)
{
    for (size_t i = 0; i < model->scorecard_count; i++) {
        const struct cn_scorecard *card = &model->scorecards[i];
        if (card->is_shadow && cn_str_equal(card->name, name)) {
            return card;
        }
    }
    return NULL;
}

void cn_health_state_move_shadows(struct cn_health_state *state, const struct cn_health_model *from,
                                  const struct cn_health_model *to)
{
    struct cn_health_state *shadows =
        cn_heap_resize(NULL, (to->shadow_count + 1) * sizeof(*shadows));
    for (size_t i = 0; i < to->shadow_count; i++) {
        cn_health_state_init(&shadows[i]);
        cn_health_state_resize(&shadows[i], state->rows);
    }
    for (size_t i = 0; i < to->scorecard_count; i++) {
        const struct cn_scorecard *card = &to->scorecards[i];
        const struct cn_scorecard *was = find_shadow(from, card->name);
        if (card->is_shadow && was != NULL && was->shadow < state->shadow_count) {
            cn_health_state_deinit(&shadows[card->shadow]);
            shadows[card->shadow] = state->shadows[was->shadow];
            cn_health_state_init(&state->shadows[was->shadow]);
        }
    }
    for (size_t i = 0; i < state->shadow_count; i++) {
        cn_health_state_deinit(&state->shadows[i]);
    }
    free(state->shadows);
    state->shadows = shadows;
    state->shadow_count = to->shadow_count;
}

struct cn_health_score cn_health_state_get(const struct cn_health_state *state, size_t row)
{
    return cn_status_score(!cn_column_is_missing(&state->points, row), state->points.as.i64[row],
                           state->status[row], state->fired[row]);
}

uint64_t cn_health_state_grey(const struct cn_health_state *state, size_t word)
{
    const size_t first = word * 64;
    const size_t count = first + 64 <= state->rows ? 64 : state->rows - first;
    uint64_t grey = 0;
    assert(first < state->rows);
    for (size_t i = 0; i < count; i++) {
        grey |= (uint64_t)((state->status[first + i] & CN_STATUS_GREY) != 0) << i;
    }
    return grey;
}

void cn_health_state_set(struct cn_health_state *state, size_t row,
                         const struct cn_health_score *score)
{
    assert(row < state->rows);
    cn_column_set_i64(&state->points, row, score->has_points ? score->points : 0);
    if (!score->has_points) {
        cn_column_set_missing(&state->points, row);
    }
    state->status[row] = cn_status_pack(score);
    state->fired[row] = score->fired;
}

enum cn_band cn_health_next_band(const struct cn_health_bands *bands, int32_t points,
                                 enum cn_band before)
{
    bool was_green = before == CN_BAND_GREEN || before == CN_BAND_NONE;
    int32_t green = bands->green + (was_green ? 0 : bands->margin);
    int32_t yellow = bands->yellow + (before == CN_BAND_RED ? bands->margin : 0);
    if (points >= green) {
        return CN_BAND_GREEN;
    }
    return points >= yellow ? CN_BAND_YELLOW : CN_BAND_RED;
}

int64_t cn_health_display(const struct cn_scorecard *card, const struct cn_health_score *score)
{
    const struct cn_health_bands *bands = &card->bands;
    int32_t borders[] = {
        bands->yellow,
        bands->green,
        score->band == CN_BAND_RED ? bands->yellow + bands->margin : 0,
        score->band == CN_BAND_YELLOW ? bands->green + bands->margin : 0,
    };
    int32_t rounded = (score->points + 500) / 1000;
    for (size_t i = 0; i < CN_ARRAY_LEN(borders); i++) {
        if (score->points < borders[i] && rounded * 1000 >= borders[i]) {
            return score->points / 1000;
        }
    }
    return rounded;
}

void cn_health_where_band(struct cn_bitmap *into, const struct cn_health_state *state,
                          unsigned mask)
{
    size_t rows = into->rows < state->rows ? into->rows : state->rows;
    for (size_t row = 0; row < rows; row++) {
        if ((mask >> cn_status_band(state->status[row]) & 1) != 0) {
            cn_bitmap_add(into, row);
        }
    }
}

void cn_health_changes_deinit(struct cn_health_changes *changes)
{
    free(changes->items);
    *changes = (struct cn_health_changes){ 0 };
}
