/*
 * Where every account stands with every signal: three bits a rule and row, and what is known of the
 * few that were raised or found.  To a rule about records an account is only unknown or clear,
 * which is whether the rule has answered; the records stand in `abouts`.
 *
 * One thread at a time; of different CN_STRETCH_ROWS several may get and set states, but for those
 * of records.
 *
 * Not here: the rules of moving (signal/state.h), what is stored (signal/store.h).
 */
#ifndef CAIRN_SIGNAL_STATES_H
#define CAIRN_SIGNAL_STATES_H

#include "frame/bitmap.h"
#include "signal/about.h"
#include "signal/detail.h"
#include "signal/rule.h"
#include "signal/state.h"

enum {
    CN_SIGNAL_STATE_BITS = 3,
};

/* A rule and a block of rows: the numbers of their states, bit by bit.  CN_SIGNAL_UNKNOWN is 0. */
struct cn_signal_block {
    uint64_t bits[CN_SIGNAL_STATE_BITS][CN_RULE_WORDS];
};

struct cn_signal_states {
    size_t rule_count;
    size_t rows;
    /* As a pass asks: those of all rules for a block of rows, in order, then for the next one. */
    struct cn_signal_block *blocks;
    size_t block_capacity; /* blocks of rows */
    struct cn_signal_details details;
    struct cn_abouts abouts;
    /* Rows on which a rule may move although no value of them does: it was asked and waits for a
     * moment, a record or the end of a hold; or it was put somewhere.  See
     * cn_signal_states_rouse(). */
    struct cn_bitmap restless;
};

/* A zeroed struct has no rules and no rows. */
void cn_signal_states_init(struct cn_signal_states *states, size_t rule_count);
void cn_signal_states_deinit(struct cn_signal_states *states);

/* New rows are unknown to every rule. */
void cn_signal_states_resize(struct cn_signal_states *states, size_t rows);

struct cn_signal_mark cn_signal_states_get(const struct cn_signal_states *states, size_t rule,
                                           size_t row);
void cn_signal_states_set(struct cn_signal_states *states, size_t rule, size_t row,
                          const struct cn_signal_mark *mark);

/* Where the rule's states of the row are kept, with those of its block. */
static inline struct cn_signal_block *cn_signal_states_block(const struct cn_signal_states *states,
                                                             size_t rule, size_t row)
{
    return &states->blocks[row / CN_BLOCK_ROWS * states->rule_count + rule];
}

/* Those of 64 rows in that state, by bit. */
static inline uint64_t cn_signal_block_in(const struct cn_signal_block *block,
                                          enum cn_signal_state state, size_t word)
{
    uint64_t rows = ~UINT64_C(0);
    for (size_t bit = 0; bit < CN_SIGNAL_STATE_BITS; bit++) {
        const uint64_t is_set = block->bits[bit][word];
        rows &= ((unsigned)state >> bit & 1) != 0 ? is_set : ~is_set;
    }
    return rows;
}

enum cn_signal_state cn_signal_states_state(const struct cn_signal_states *states, size_t rule,
                                            size_t row);

/* The id of the newest signal; 0: there was none. */
int64_t cn_signal_states_id(const struct cn_signal_states *states, size_t rule, size_t row);
void cn_signal_states_set_id(struct cn_signal_states *states, size_t rule, size_t row,
                             int64_t signal_id);

/* Where it is raised for the account, or for one of its records. */
void cn_signal_states_add_raised(const struct cn_signal_states *states, size_t rule,
                                 struct cn_bitmap *rows);

/* Moves the restless rows to `into`, which is of as many rows: who evaluates these, and those of
 * which a value moved, has evaluated all. */
void cn_signal_states_rouse(struct cn_signal_states *states, struct cn_bitmap *into);

/* The row is free: unknown to every rule. */
void cn_signal_states_clear(struct cn_signal_states *states, size_t row);

/*
 * Goes on under another model: rules that are the same, or were called so before, keep their
 * states; one with another condition keeps what is raised and asks anew for the rest.
 */
void cn_signal_states_use(struct cn_signal_states *states, const struct cn_signal_model *before,
                          const struct cn_signal_model *after);

#endif
