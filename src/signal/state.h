/*
 * What a signal is to an account, and how it moves: a pure function of the state, the condition and
 * the clock.
 *
 *                    true                           clear
 *   unknown ----------------> already true ------------------------+
 *      |                          | a person starts it             v
 *      | false                    v                     true     clear
 *      +-------> clear ------> raised ------------------------> (re-arm)
 *                  |   true       ^                                |
 *                  | under a hold | the hold ends                  | true before it is armed again:
 *                  +-----> held --+                                +--> raised, as before: quietly
 *
 * The first answer of a rule for an account is its baseline: what is true then was so already, is
 * shown, and tells nobody.  So no import and no new rule makes a storm.  The same holds for what
 * becomes true while an account settles: its records still arrive.  Only who applies a program may
 * have a rule raise at once for those that match when it becomes active.
 *
 * A condition without an answer (missing data) moves nothing, nor does one that reads a health that
 * is grey.
 */
#ifndef CAIRN_SIGNAL_STATE_H
#define CAIRN_SIGNAL_STATE_H

#include "base/base.h"

/* Stored as numbers: only add at the end. */
enum cn_signal_state {
    CN_SIGNAL_UNKNOWN, /* no answer yet */
    CN_SIGNAL_CLEAR,
    CN_SIGNAL_BASELINE, /* already true when it was first asked */
    CN_SIGNAL_RAISED,
    CN_SIGNAL_HELD, /* true, and suppressed by a hold */
    CN_SIGNAL_STATE_COUNT
};

extern const char *const cn_signal_state_names[CN_SIGNAL_STATE_COUNT];

enum cn_answer {
    CN_ANSWER_MISSING,
    CN_ANSWER_FALSE,
    CN_ANSWER_TRUE,
};

/* A rule for an account. */
struct cn_signal_mark {
    enum cn_signal_state state;
    bool was_raised;    /* since it was last armed */
    cn_time cleared_at; /* was_raised and clear: since then */
};

struct cn_signal_condition {
    enum cn_answer when;
    enum cn_answer clear; /* the negation of `when` where a rule has none of its own */
    bool is_frozen;       /* it reads a health that is grey */
    bool is_held;         /* a hold that the rule heeds runs */
    bool is_settling;     /* the account's records still arrive */
    bool is_started;      /* a person picked what was already true */
    bool is_at_once;      /* a first answer that is true is raised instead of a baseline */
    int64_t rearm_us;
    cn_time now;
};

/* Stored as numbers: only add at the end. */
enum cn_signal_move {
    CN_SIGNAL_STAYS,
    CN_SIGNAL_LEARNED, /* a first answer: false */
    CN_SIGNAL_FOUND,   /* already true */
    CN_SIGNAL_RAISES,  /* a person is to be told */
    CN_SIGNAL_RETURNS, /* true again before it was armed: the same signal, nobody is told */
    CN_SIGNAL_CLEARS,
    CN_SIGNAL_IS_HELD,
    CN_SIGNAL_MOVE_COUNT
};

/* Moves the mark on. */
enum cn_signal_move cn_signal_step(struct cn_signal_mark *mark,
                                   const struct cn_signal_condition *condition);

/* What the condition was, negated. */
enum cn_answer cn_answer_not(enum cn_answer answer);

/* The rule has another condition: what is raised stays so until it clears, all else is asked anew.
 */
void cn_signal_forget(struct cn_signal_mark *mark);

#endif
