/* What is kept a row, and placements as text. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"

#include "segment/evaluate.h"

void cn_membership_init(struct cn_membership *state)
{
    *state = (struct cn_membership){ 0 };
    cn_column_init(&state->days_in_stage, CN_COLUMN_F64);
    cn_column_init(&state->cadence_days, CN_COLUMN_F64);
}

static void free_members(struct cn_membership *state)
{
    for (size_t i = 0; i < state->count; i++) {
        cn_bitmap_deinit(&state->members[i]);
    }
    free(state->members);
    state->members = NULL;
    state->count = 0;
}

void cn_membership_deinit(struct cn_membership *state)
{
    free_members(state);
    cn_column_deinit(&state->days_in_stage);
    cn_column_deinit(&state->cadence_days);
    cn_bitmap_deinit(&state->touched);
    free(state->told);
    cn_membership_init(state);
}

void cn_membership_resize(struct cn_membership *state, size_t count, size_t rows)
{
    if (count != state->count) {
        free_members(state);
        state->members = cn_heap_resize(NULL, (count + 1) * sizeof(state->members[0]));
        memset(state->members, 0, (count + 1) * sizeof(state->members[0]));
        state->count = count;
        state->rows = 0;
    }
    if (rows == state->rows && state->capacity > 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        cn_bitmap_resize(&state->members[i], rows);
    }
    cn_bitmap_resize(&state->touched, rows);
    cn_column_reserve(&state->days_in_stage, rows);
    cn_column_reserve(&state->cadence_days, rows);
    if (rows > state->capacity) {
        size_t capacity = state->days_in_stage.capacity;
        state->told = cn_heap_resize(state->told, capacity * sizeof(state->told[0]));
        memset(state->told + state->capacity, 0,
               (capacity - state->capacity) * sizeof(state->told[0]));
        state->capacity = capacity;
    }
    state->rows = rows;
}

void cn_membership_move(struct cn_membership *state, const struct cn_segment_model *from,
                        const struct cn_segment_model *to)
{
    struct cn_bitmap *old = state->members;
    size_t old_count = state->count;
    size_t rows = state->rows;
    state->members = NULL;
    state->count = 0;
    cn_membership_resize(state, to->count, rows);
    for (uint32_t i = 0; i < old_count && i < from->count; i++) {
        uint32_t index = 0;
        if (cn_segment_find(to, from->items[i].kind, from->items[i].name, &index)) {
            cn_bitmap_or(&state->members[index], &old[i]);
        }
    }
    for (size_t i = 0; i < old_count; i++) {
        cn_bitmap_deinit(&old[i]);
    }
    free(old);
    cn_bitmap_fill(&state->touched, true);
}

void cn_membership_clear(struct cn_membership *state, size_t row)
{
    for (size_t i = 0; i < state->count; i++) {
        cn_bitmap_remove(&state->members[i], row);
    }
    cn_column_set_missing(&state->days_in_stage, row);
    cn_column_set_missing(&state->cadence_days, row);
    cn_bitmap_remove(&state->touched, row);
    state->told[row] = 0;
}

static uint64_t hash_of(cn_str placement)
{
    return placement.len == 0 ? 0 : cn_hash128_of(placement, 0).lo;
}

void cn_membership_set(struct cn_membership *state, const struct cn_segment_model *model,
                       size_t row, cn_str placement)
{
    cn_str rest = placement;
    cn_str kind_name;
    cn_str name;
    for (size_t i = 0; i < state->count; i++) {
        cn_bitmap_remove(&state->members[i], row);
    }
    while (cn_segment_next(&rest, &kind_name, &name)) {
        enum cn_segment_kind kind = CN_SEGMENT_PLAIN;
        uint32_t index = 0;
        if (cn_segment_kind_of(kind_name, &kind) && cn_segment_find(model, kind, name, &index)) {
            cn_bitmap_add(&state->members[index], row);
        }
    }
    state->told[row] = hash_of(placement);
    cn_bitmap_add(&state->touched, row);
}

unsigned cn_segment_answered(const struct cn_segment_model *model,
                             const struct cn_membership *state, size_t row)
{
    unsigned answered = 0;
    for (uint32_t i = 0; i < model->count; i++) {
        const struct cn_segment *item = &model->items[i];
        if (item->kind == CN_SEGMENT_PLAIN && item->group != CN_SEGMENT_NO_GROUP &&
            cn_membership_has(state, i, row)) {
            answered |= 1U << model->groups[item->group].question;
        }
    }
    return (unsigned)__builtin_popcount(answered & ~(1U << CN_QUESTION_NONE));
}

/* ---- placements ---- */

cn_str cn_segment_placement(const struct cn_segment_model *model, const struct cn_membership *state,
                            size_t row, struct cn_arena *arena)
{
    uint32_t in[CN_SEGMENTS_MAX];
    size_t count = 0;
    size_t len = 1;
    for (size_t i = 0; i < model->count; i++) {
        uint32_t index = model->order[i];
        in[count] = index; /* kept if it is in: no branch, since half of them are */
        bool is_in = cn_membership_has(state, index, row);
        count += is_in ? 1 : 0;
        len += is_in ? model->items[index].piece.len : 0;
    }
    if (count == 0) {
        return CN_STR("");
    }
    char *text = cn_arena_calloc(arena, len + 1, 1); /* with a NUL */
    char *at = text;
    *at++ = '|';
    for (size_t i = 0; i < count; i++) {
        cn_str piece = model->items[in[i]].piece;
        memcpy(at, piece.ptr, piece.len);
        at += piece.len;
    }
    return (cn_str){ text, len };
}

bool cn_segment_next(cn_str *rest, cn_str *kind_out, cn_str *name_out)
{
    cn_str piece;
    while (cn_str_split(rest, '|', &piece)) {
        const char *colon = piece.len > 0 ? memchr(piece.ptr, ':', piece.len) : NULL;
        if (colon != NULL) {
            size_t at = (size_t)(colon - piece.ptr);
            *kind_out = cn_str_slice(piece, 0, at);
            *name_out = cn_str_slice(piece, at + 1, piece.len);
            return true;
        }
    }
    return false;
}

void cn_segment_collect(const struct cn_segment_model *model, struct cn_membership *state,
                        struct cn_arena *arena, struct cn_segment_changes *changes_out)
{
    size_t count = cn_bitmap_count(&state->touched);
    struct cn_segment_changes changes = { .items = cn_arena_array(arena, struct cn_segment_change,
                                                                  count + 1) };
    size_t row = 0;
    for (size_t from = 0; cn_bitmap_next(&state->touched, from, &row); from = row + 1) {
        cn_str placement = cn_segment_placement(model, state, row, arena);
        uint64_t hash = hash_of(placement);
        if (hash != state->told[row]) {
            state->told[row] = hash;
            changes.items[changes.count++] = (struct cn_segment_change){ (uint32_t)row, placement };
        }
    }
    cn_bitmap_fill(&state->touched, false);
    *changes_out = changes;
}
