/* What is kept a row, and placements as text. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
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

/*
 * What accounts are in is a key: a bit an item, in the order in which a placement names them.  Many
 * accounts are in the same, so that the text of each key is made once.
 */
struct placement {
    cn_str text;
    uint64_t hash;
    uint64_t key[];
};

struct placements {
    const struct cn_segment_model *model;
    struct cn_arena *arena;
    size_t words;        /* of a key */
    struct cn_map known; /* by key, or by its hash where it has many words; the values are pointers */
};

enum {
    KNOWN_MAX = 1 << 16, /* beyond that they are all different anyhow */
    KEY_WORDS = (CN_SEGMENTS_MAX + 63) / 64,
};

static size_t words_of(const struct cn_segment_model *model)
{
    return (model->count + 63) / 64;
}

/* The items of the key, ascending in its order, to items_out with room for all; how many. */
static size_t items_of(const struct cn_segment_model *model, const uint64_t *key,
                       const struct cn_segment **items_out)
{
    size_t count = 0;
    for (size_t w = 0; w < words_of(model); w++) {
        for (uint64_t word = key[w]; word != 0; word &= word - 1) {
            size_t at = w * 64 + (size_t)__builtin_ctzll(word);
            items_out[count++] = &model->items[model->order[at]];
        }
    }
    return count;
}

static cn_str text_of(const struct cn_segment_model *model, const uint64_t *key,
                      struct cn_arena *arena)
{
    const struct cn_segment *items[CN_SEGMENTS_MAX];
    size_t count = items_of(model, key, items);
    size_t len = 1;
    for (size_t i = 0; i < count; i++) {
        len += items[i]->piece.len;
    }
    if (count == 0) {
        return CN_STR("");
    }
    char *text = cn_arena_calloc(arena, len + 1, 1); /* with a NUL */
    char *at = text;
    *at++ = '|';
    for (size_t i = 0; i < count; i++) {
        memcpy(at, items[i]->piece.ptr, items[i]->piece.len);
        at += items[i]->piece.len;
    }
    return (cn_str){ text, len };
}

cn_str cn_segment_placement(const struct cn_segment_model *model, const struct cn_membership *state,
                            size_t row, struct cn_arena *arena)
{
    uint64_t key[KEY_WORDS] = { 0 };
    for (size_t i = 0; i < model->count; i++) {
        bool is_in = cn_membership_has(state, model->order[i], row);
        key[i / 64] |= (uint64_t)is_in << (i % 64);
    }
    return text_of(model, key, arena);
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

static const struct placement *make(const struct placements *p, const uint64_t *key)
{
    struct placement *made =
        cn_arena_calloc(p->arena, sizeof(*made) + p->words * sizeof(*key), 1);
    memcpy(made->key, key, p->words * sizeof(*key));
    made->text = text_of(p->model, key, p->arena);
    made->hash = hash_of(made->text);
    return made;
}

static bool is_of(const struct placements *p, const struct placement *placement,
                  const uint64_t *key)
{
    uint64_t other = 0;
    for (size_t w = 0; w < p->words; w++) {
        other |= placement->key[w] ^ key[w];
    }
    return other == 0;
}

static const struct placement *placement_of(struct placements *p, const uint64_t *key)
{
    uint64_t name =
        p->words == 1 ? key[0] : cn_hash64((cn_str){ (const char *)key, p->words * sizeof(*key) });
    const uint64_t *known = cn_map_get(&p->known, name);
    if (known != NULL) {
        const struct placement *placement = (const struct placement *)(uintptr_t)*known;
        return is_of(p, placement, key) ? placement : make(p, key);
    }
    const struct placement *made = make(p, key);
    if (p->known.count < KNOWN_MAX) {
        bool was_new = false;
        *cn_map_put(&p->known, name, &was_new) = (uintptr_t)made;
    }
    return made;
}

enum {
    AHEAD_WORDS = 4
};

/* What is compared is far apart in memory: it is on its way while other rows are looked at. */
static void fetch_told(const struct cn_membership *state, size_t word)
{
    if (word >= (state->touched.rows + 63) / 64) {
        return;
    }
    for (uint64_t left = state->touched.words[word]; left != 0; left &= left - 1) {
        __builtin_prefetch(&state->told[word * 64 + (size_t)__builtin_ctzll(left)], 1);
    }
}

/* The touched ones of 64 rows. */
static void collect_word(struct placements *p, const struct cn_membership *state, size_t word,
                         uint64_t *members, struct cn_segment_changes *changes)
{
    const struct cn_segment_model *model = p->model;
    fetch_told(state, word + AHEAD_WORDS);
    for (size_t i = 0; i < model->count; i++) {
        members[i] = state->members[model->order[i]].words[word];
    }
    for (uint64_t left = state->touched.words[word]; left != 0; left &= left - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(left);
        size_t row = word * 64 + bit;
        uint64_t key[KEY_WORDS] = { 0 };
        for (size_t i = model->count; i-- > 0;) {
            key[i / 64] = key[i / 64] << 1 | (members[i] >> bit & 1);
        }
        const struct placement *placement = placement_of(p, key);
        if (placement->hash != state->told[row]) {
            state->told[row] = placement->hash;
            changes->items[changes->count++] =
                (struct cn_segment_change){ (uint32_t)row, placement->text };
        }
    }
}

void cn_segment_collect(const struct cn_segment_model *model, struct cn_membership *state,
                        struct cn_arena *arena, struct cn_segment_changes *changes_out)
{
    uint64_t members[CN_SEGMENTS_MAX];
    struct placements p = { .model = model, .arena = arena, .words = words_of(model) };
    size_t count = cn_bitmap_count(&state->touched);
    struct cn_segment_changes changes = { .items = cn_arena_array(arena, struct cn_segment_change,
                                                                  count + 1) };
    for (size_t word = 0; word < (state->touched.rows + 63) / 64; word++) {
        if (state->touched.words[word] != 0) {
            collect_word(&p, state, word, members, &changes);
        }
    }
    cn_map_deinit(&p.known);
    cn_bitmap_fill(&state->touched, false);
    *changes_out = changes;
}
