/* What is kept a row, and placements as text. */
#include <assert.h>
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
};

/* Those of one round, in the order in which they were met. */
struct placements {
    const struct cn_segment_model *model;
    struct cn_arena *arena;
    size_t words; /* of a key */
    struct placement *items;
    uint64_t *keys; /* of each item, its words */
    size_t count;
    size_t capacity;
    struct cn_map known;    /* the number of the item, by the name of its key */
    struct placement alone; /* of a key that is not kept */
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

static void placements_init(struct placements *p, const struct cn_segment_model *model,
                            struct cn_arena *arena)
{
    *p = (struct placements){ .model = model, .arena = arena, .words = words_of(model) };
}

static void placements_deinit(struct placements *p)
{
    cn_map_deinit(&p->known);
    free(p->items);
    free(p->keys);
}

/* The key itself where it is one word; else two keys may share a name. */
static uint64_t name_of(const struct placements *p, const uint64_t *key)
{
    return p->words == 1 ? key[0]
                         : cn_hash64((cn_str){ (const char *)key, p->words * sizeof(*key) });
}

static size_t make(struct placements *p, const uint64_t *key)
{
    enum {
        FIRST_COUNT = 1024
    };
    if (p->count == p->capacity) {
        p->capacity = p->capacity == 0 ? FIRST_COUNT : 2 * p->capacity;
        p->items = cn_heap_resize(p->items, p->capacity * sizeof(*p->items));
        p->keys = cn_heap_resize(p->keys, (p->capacity * p->words + 1) * sizeof(*p->keys));
    }
    memcpy(p->keys + p->count * p->words, key, p->words * sizeof(*key));
    cn_str text = text_of(p->model, key, p->arena);
    p->items[p->count] = (struct placement){ text, hash_of(text) };
    return p->count++;
}

/* One that is not kept. */
static const struct placement *make_alone(struct placements *p, const uint64_t *key)
{
    cn_str text = text_of(p->model, key, p->arena);
    p->alone = (struct placement){ text, hash_of(text) };
    return &p->alone;
}

/* Valid until the next one is asked for. */
static const struct placement *placement_of(struct placements *p, const uint64_t *key,
                                            uint64_t name)
{
    const uint64_t *known = cn_map_get(&p->known, name);
    if (known != NULL) {
        size_t bytes = p->words * sizeof(*key);
        assert(p->keys != NULL); /* what is known has one */
        bool is_it = p->words == 1 || memcmp(p->keys + *known * p->words, key, bytes) == 0;
        return is_it ? &p->items[*known] : make_alone(p, key);
    }
    if (p->known.count >= KNOWN_MAX) {
        return make_alone(p, key);
    }
    bool was_new = false;
    size_t made = make(p, key);
    *cn_map_put(&p->known, name, &was_new) = made;
    return &p->items[made];
}

/* ---- what is told ---- */

enum {
    LINE_WORDS = CN_HEAP_LINE_BYTES / sizeof(uint64_t),
};

/* Who is in what, of the rows of a cache line's words; and of those a word at a time. */
struct collecting {
    struct placements placements;
    struct cn_membership *state;
    struct cn_segment_changes *changes;
    uint64_t members[CN_SEGMENTS_MAX][LINE_WORDS]; /* in the order of a key */
    uint64_t keys[64][KEY_WORDS];
    uint64_t names[64];
};

/* Sets are far apart in memory: the next words of all are on their way while these are used. */
static void take_line(struct collecting *c, size_t line, size_t count)
{
    const struct cn_segment_model *model = c->placements.model;
    const struct cn_membership *state = c->state;
    for (size_t i = 0; i < model->count; i++) {
        const uint64_t *members = state->members[model->order[i]].words + line;
        memcpy(c->members[i], members, count * sizeof(*members));
        __builtin_prefetch(members + LINE_WORDS);
    }
}

/* What was told of the touched rows of the line is on its way. */
static void fetch_told(const struct cn_membership *state, size_t line)
{
    size_t words = (state->touched.rows + 63) / 64;
    size_t end = line + LINE_WORDS < words ? line + LINE_WORDS : words;
    for (size_t word = line; word < end; word++) {
        for (uint64_t left = state->touched.words[word]; left != 0; left &= left - 1) {
            __builtin_prefetch(&state->told[word * 64 + (size_t)__builtin_ctzll(left)], 1);
        }
    }
}

/* The keys of the touched ones of 64 rows; where they are looked for is on its way. */
static void take_keys(struct collecting *c, size_t word)
{
    const struct placements *p = &c->placements;
    size_t count = p->model->count;
    for (uint64_t left = c->state->touched.words[word]; left != 0; left &= left - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(left);
        uint64_t *key = c->keys[bit];
        for (size_t w = 0; w < p->words; w++) {
            size_t end = count < (w + 1) * 64 ? count : (w + 1) * 64;
            uint64_t bits = 0;
            for (size_t i = end; i-- > w * 64;) {
                bits = bits << 1 | (c->members[i][word % LINE_WORDS] >> bit & 1);
            }
            key[w] = bits;
        }
        c->names[bit] = name_of(p, key);
        cn_map_prefetch(&p->known, c->names[bit]);
    }
}

static void collect_word(struct collecting *c, size_t word)
{
    struct cn_segment_changes *changes = c->changes;
    take_keys(c, word);
    for (uint64_t left = c->state->touched.words[word]; left != 0; left &= left - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(left);
        uint64_t *told = &c->state->told[word * 64 + bit];
        const struct placement *placement =
            placement_of(&c->placements, c->keys[bit], c->names[bit]);
        if (placement->hash != *told) {
            *told = placement->hash;
            changes->items[changes->count++] =
                (struct cn_segment_change){ (uint32_t)(word * 64 + bit), placement->text };
        }
    }
}

static void collect_line(struct collecting *c, size_t line)
{
    const struct cn_bitmap *touched = &c->state->touched;
    size_t rest = (touched->rows + 63) / 64 - line;
    size_t count = rest < LINE_WORDS ? rest : LINE_WORDS;
    uint64_t any = 0;
    for (size_t w = 0; w < count; w++) {
        any |= touched->words[line + w];
    }
    if (any == 0) {
        return;
    }
    take_line(c, line, count);
    fetch_told(c->state, line + LINE_WORDS);
    for (size_t w = 0; w < count; w++) {
        collect_word(c, line + w);
    }
}

void cn_segment_collect(const struct cn_segment_model *model, struct cn_membership *state,
                        struct cn_arena *arena, struct cn_segment_changes *changes_out)
{
    size_t count = cn_bitmap_count(&state->touched);
    struct cn_segment_changes changes = { .items = cn_arena_array(arena, struct cn_segment_change,
                                                                  count + 1) };
    if (count > 0) {
        struct collecting *c = cn_arena_new(arena, struct collecting);
        c->state = state;
        c->changes = &changes;
        placements_init(&c->placements, model, arena);
        for (size_t line = 0; line * 64 < state->touched.rows; line += LINE_WORDS) {
            collect_line(c, line);
        }
        placements_deinit(&c->placements);
        cn_bitmap_fill(&state->touched, false);
    }
    *changes_out = changes;
}
