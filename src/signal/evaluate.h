/*
 * Asking all rules, a block of rows at a time; only where an answer differs from where the account
 * stands is anything done for a row.
 */
#ifndef CAIRN_SIGNAL_EVALUATE_H
#define CAIRN_SIGNAL_EVALUATE_H

#include "frame/frame.h"
#include "health/evaluate.h"
#include "signal/hold.h"
#include "signal/states.h"

/* A rule moved for a row. */
struct cn_signal_moved {
    uint32_t row;
    uint32_t rule;
    int64_t about_id; /* the record that it is about; 0: the account */
    enum cn_signal_move move;
    struct cn_signal_mark before;
    struct cn_signal_mark after;
};

/* A stored signal about a record that is over: it is not asked for any more. */
struct cn_signal_over {
    int64_t account_id;
    int64_t about_id;
    int64_t signal_id;
};

struct cn_signal_moves {
    struct cn_signal_moved *items; /* on the heap, as overs */
    size_t count;
    size_t capacity;
    struct cn_signal_over *overs;
    size_t over_count;
    size_t over_capacity;
};

void cn_signal_moves_deinit(struct cn_signal_moves *moves);
void cn_signal_moves_clear(struct cn_signal_moves *moves); /* for the next round */

/* A person picked what was already true. */
struct cn_signal_start {
    int64_t account_id;
    int64_t signal_id;
    int64_t about_id;
    cn_str rule;
    int64_t user_id;
};

struct cn_signal_round {
    const struct cn_signal_model *model;
    const struct cn_frame *frame;
    const struct cn_health_state *health; /* of the same rows */
    const struct cn_hold_set *holds;
    const struct cn_signal_start *starts;
    size_t start_count;
    const bool *at_once; /* by rule: raises what is true at its first answer; NULL: none does */
    /* Whether the account's records still arrive at that moment. */
    bool (*is_settling)(void *arg, int64_t account_id, cn_time now);
    void *arg;
    cn_time now;
    /* Of the frame's values.  NULL: no records stand behind them, and a rule about records is asked
     * of the account. */
    const struct cn_when *when;
};

/*
 * Signals as a consumer of the program's rules (frame/rules.h): the pass moves `states` on and adds
 * to `moves`.  Health is scored by the same pass, before the rules that read it are asked.  `round`
 * and `arena` must outlive the pass; `states` has the frame's rows.
 */
struct cn_rule_consumer cn_signal_consumer(const struct cn_signal_round *round,
                                           struct cn_signal_states *states,
                                           struct cn_signal_moves *moves, struct cn_arena *arena);

#endif
