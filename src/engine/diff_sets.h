/*
 * What a program would do to segments and signals: the half of engine/diff.h beside scores.  For
 * engine/ only.
 *
 * Signals go on from where they stand now, under the rules of signal/state.h, in a copy.
 */
#ifndef CAIRN_ENGINE_DIFF_SETS_H
#define CAIRN_ENGINE_DIFF_SETS_H

#include "engine/candidate.h"
#include "engine/diff.h"

struct cn_diff_sets {
    const struct cn_candidate *candidate;
    const struct cn_engine_program *program; /* the other one */
    const struct cn_unit *unit;
    const bool *at_once; /* by signal of the other: raised instead of found already true */
    struct cn_membership segments; /* under it */
    struct cn_signal_states states;
    struct cn_signal_moves moves;
    struct cn_hold_set holds;
    struct cn_bitmap *gone; /* by rule of the running program: raised rows of one that ends */
    struct cn_signal_round round;
};

/* Before the pass.  `scratch` and what is given outlive the sets; to be ended, also after a
 * failure. */
CN_MUST_CHECK bool cn_diff_sets_begin(struct cn_diff_sets *sets, struct cn_arena *scratch,
                                      struct cn_error *err);
void cn_diff_sets_end(struct cn_diff_sets *sets);

/* After it: fills the lists of segments and signals, and adds to `rows` the accounts seen that
 * enter, leave, raise or clear. */
void cn_diff_sets_count(const struct cn_diff_sets *sets, struct cn_arena *arena,
                        struct cn_diff *diff, struct cn_bitmap *rows);

/* Fills the names of what the row enters, leaves, raises and clears. */
void cn_diff_sets_account(const struct cn_diff_sets *sets, uint32_t row, struct cn_arena *arena,
                          struct cn_diff_account *account);

#endif
