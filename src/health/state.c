/* The health of all rows, and what a colour does next. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "health/evaluate.h"
#include "health/status.h"

void cn_health_state_init(struct cn_health_state *state)
{
    *state = (struct cn_health_state){ 0 };
    cn_column_init(&state->points, CN_COLUMN_I64);
}

void cn_health_state_deinit(struct cn_health_state *state)
{
    cn_column_deinit(&state->points);
    free(state->status);
    free(state->fired);
    cn_health_state_init(state);
}

void cn_health_state_resize(struct cn_health_state *state, size_t rows)
{
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
}

struct cn_health_score cn_health_state_get(const struct cn_health_state *state, size_t row)
{
    return cn_status_score(!cn_column_is_missing(&state->points, row), state->points.as.i64[row],
                           state->status[row], state->fired[row]);
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
