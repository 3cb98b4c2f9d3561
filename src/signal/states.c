#include "signal/states.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

_Static_assert(CN_SIGNAL_UNKNOWN == 0, "rows of zeros are unknown");
_Static_assert(CN_SIGNAL_STATE_COUNT <= 1 << CN_SIGNAL_STATE_BITS, "each state has its number");

void cn_signal_states_init(struct cn_signal_states *states, size_t rule_count)
{
    *states = (struct cn_signal_states){ .rule_count = rule_count };
    cn_signal_details_init(&states->details, rule_count);
    cn_abouts_init(&states->abouts, rule_count);
}

void cn_signal_states_deinit(struct cn_signal_states *states)
{
    free(states->blocks);
    cn_signal_details_deinit(&states->details);
    cn_abouts_deinit(&states->abouts);
    cn_bitmap_deinit(&states->restless);
    *states = (struct cn_signal_states){ 0 };
}

static void reserve(struct cn_signal_states *states, size_t rows)
{
    const size_t wanted = (rows + CN_BLOCK_ROWS - 1) / CN_BLOCK_ROWS;
    const size_t of_block = states->rule_count * sizeof(states->blocks[0]);
    const size_t kept = states->block_capacity * of_block;
    if (wanted <= states->block_capacity || of_block == 0) {
        return;
    }
    states->block_capacity = wanted + wanted / 2;
    states->blocks = cn_heap_resize_lines(states->blocks, kept, states->block_capacity * of_block);
    memset((char *)states->blocks + kept, 0, states->block_capacity * of_block - kept);
}

void cn_signal_states_resize(struct cn_signal_states *states, size_t rows)
{
    if (rows == states->rows) {
        return;
    }
    for (size_t row = rows; row < states->rows; row++) {
        cn_signal_states_clear(states, row);
    }
    reserve(states, rows);
    cn_signal_details_resize(&states->details, rows);
    cn_abouts_resize(&states->abouts, rows);
    cn_bitmap_resize(&states->restless, rows);
    states->rows = rows;
}

enum cn_signal_state cn_signal_states_state(const struct cn_signal_states *states, size_t rule,
                                            size_t row)
{
    const struct cn_signal_block *block = cn_signal_states_block(states, rule, row);
    const size_t word = row % CN_BLOCK_ROWS / 64;
    unsigned state = 0;
    for (size_t bit = 0; bit < CN_SIGNAL_STATE_BITS; bit++) {
        state |= (unsigned)(block->bits[bit][word] >> (row % 64) & 1) << bit;
    }
    return (enum cn_signal_state)state;
}

static void set_state(struct cn_signal_states *states, size_t rule, size_t row,
                      enum cn_signal_state state)
{
    struct cn_signal_block *block = cn_signal_states_block(states, rule, row);
    const size_t word = row % CN_BLOCK_ROWS / 64;
    for (size_t bit = 0; bit < CN_SIGNAL_STATE_BITS; bit++) {
        block->bits[bit][word] &= ~(UINT64_C(1) << (row % 64));
        block->bits[bit][word] |= (uint64_t)((unsigned)state >> bit & 1) << (row % 64);
    }
}

static const struct cn_signal_detail *detail_of(const struct cn_signal_states *states, size_t rule,
                                                size_t row)
{
    static const struct cn_signal_detail none = { 0 };
    const struct cn_signal_detail *detail = cn_signal_details_get(&states->details, rule, row);
    return detail != NULL ? detail : &none;
}

struct cn_signal_mark cn_signal_states_get(const struct cn_signal_states *states, size_t rule,
                                           size_t row)
{
    const struct cn_signal_detail *detail = detail_of(states, rule, row);
    return (struct cn_signal_mark){ .state = cn_signal_states_state(states, rule, row),
                                    .was_raised = detail->was_raised,
                                    .cleared_at = detail->cleared_at };
}

void cn_signal_states_set(struct cn_signal_states *states, size_t rule, size_t row,
                          const struct cn_signal_mark *mark)
{
    set_state(states, rule, row, mark->state);
    cn_bitmap_add(&states->restless, row);
    const struct cn_signal_detail *detail = detail_of(states, rule, row);
    if (detail->was_raised != mark->was_raised || detail->cleared_at.us != mark->cleared_at.us) {
        struct cn_signal_detail *own = cn_signal_details_put(&states->details, rule, row);
        own->was_raised = mark->was_raised;
        own->cleared_at = mark->cleared_at;
    }
}

int64_t cn_signal_states_id(const struct cn_signal_states *states, size_t rule, size_t row)
{
    return detail_of(states, rule, row)->signal_id;
}

void cn_signal_states_set_id(struct cn_signal_states *states, size_t rule, size_t row,
                             int64_t signal_id)
{
    cn_signal_details_put(&states->details, rule, row)->signal_id = signal_id;
}

void cn_signal_states_rouse(struct cn_signal_states *states, struct cn_bitmap *into)
{
    cn_bitmap_or(into, &states->restless);
    cn_bitmap_fill(&states->restless, false);
}

void cn_signal_states_clear(struct cn_signal_states *states, size_t row)
{
    static const struct cn_signal_mark unknown = { .state = CN_SIGNAL_UNKNOWN };
    for (size_t rule = 0; rule < states->rule_count; rule++) {
        cn_signal_states_set(states, rule, row, &unknown);
        cn_signal_details_drop(&states->details, rule, row);
    }
    cn_abouts_clear(&states->abouts, row);
}

void cn_signal_states_add_raised(const struct cn_signal_states *states, size_t rule,
                                 struct cn_bitmap *rows)
{
    size_t row = 0;
    assert(rows->rows == states->rows);
    for (size_t w = 0; w < (states->rows + 63) / 64; w++) {
        rows->words[w] |= cn_signal_block_in(cn_signal_states_block(states, rule, w * 64),
                                             CN_SIGNAL_RAISED, w % CN_RULE_WORDS);
    }
    for (size_t from = 0; cn_bitmap_next(&states->abouts.rows[rule], from, &row); from = row + 1) {
        const struct cn_about_list list = cn_abouts_of(&states->abouts, rule, row);
        for (size_t i = 0; i < list.count; i++) {
            if (list.items[i].mark.state == CN_SIGNAL_RAISED) {
                cn_bitmap_add(rows, row);
            }
        }
    }
}

/* A raised signal of the account goes on as that of record 0. */
static void carry_mark(struct cn_signal_states *into, size_t rule, size_t row,
                       const struct cn_signal_mark *mark, int64_t signal_id)
{
    struct cn_about *about = cn_abouts_put(&into->abouts, rule, row, 0);
    about->mark = *mark;
    about->signal_id = signal_id;
}

/* Only to another rule about records. */
static void carry_abouts(struct cn_signal_states *into, size_t rule,
                         const struct cn_signal_states *from, size_t old, bool is_same)
{
    size_t row = 0;
    for (size_t at = 0; cn_bitmap_next(&from->abouts.rows[old], at, &row); at = row + 1) {
        const struct cn_about_list list = cn_abouts_of(&from->abouts, old, row);
        for (size_t i = 0; i < list.count; i++) {
            if (is_same || list.items[i].mark.state == CN_SIGNAL_RAISED) {
                *cn_abouts_put(&into->abouts, rule, row, list.items[i].about_id) = list.items[i];
            }
        }
    }
}

static void carry_rule(struct cn_signal_states *into, size_t rule,
                       const struct cn_signal_states *from, size_t old,
                       const struct cn_signal_rule *after, bool is_same)
{
    const bool is_each = cn_signal_rule_is_each(after);
    for (size_t row = 0; row < from->rows; row++) {
        struct cn_signal_mark mark = cn_signal_states_get(from, old, row);
        int64_t signal_id = cn_signal_states_id(from, old, row);
        if (!is_same) {
            cn_signal_forget(&mark);
        }
        if (is_each && mark.state == CN_SIGNAL_RAISED) {
            carry_mark(into, rule, row, &mark, signal_id);
            continue;
        }
        if (mark.state != CN_SIGNAL_UNKNOWN) {
            cn_signal_states_set(into, rule, row, &mark);
        }
        if (mark.state != CN_SIGNAL_UNKNOWN && signal_id != 0) {
            cn_signal_states_set_id(into, rule, row, signal_id);
        }
    }
    if (is_each) {
        carry_abouts(into, rule, from, old, is_same);
    }
}

void cn_signal_states_use(struct cn_signal_states *states, const struct cn_signal_model *before,
                          const struct cn_signal_model *after)
{
    struct cn_signal_states next;
    cn_signal_states_init(&next, after->rule_count);
    cn_signal_states_resize(&next, states->rows);
    for (size_t rule = 0; before != NULL && rule < after->rule_count; rule++) {
        const struct cn_signal_rule *item = &after->rules[rule];
        size_t old = 0;
        if (cn_signal_rule_find(before, item->name, &old) ||
            (item->was.len > 0 && cn_signal_rule_find(before, item->was, &old))) {
            carry_rule(&next, rule, states, old, item, before->rules[old].hash == item->hash);
        }
    }
    cn_signal_states_deinit(states);
    *states = next;
}
