/*
 * Signals as they are stored: written by the engine in the transaction of the tick that moved them,
 * read at a start, and by replay.
 *
 * Statements run on the caller's connection and transaction.
 *
 * Not here: what people do with signals (signal/inbox.h).
 */
#ifndef CAIRN_SIGNAL_STORE_H
#define CAIRN_SIGNAL_STORE_H

#include "base/embedded.h"

#include "book/unit.h"
#include "signal/evaluate.h"
#include "signal/tell.h"

/* Of the set "main". */
extern const struct cn_embedded_file cn_signal_migrations[];
extern const size_t cn_signal_migrations_count;

typedef struct cn_signal_id {
    int64_t value;
} cn_signal_id;
#define CN_SIGNAL_PREFIX "sign"

/* What happened to a signal.  The first ones are moves of the engine (enum cn_signal_move).  Stored
 * as numbers: only add at the end. */
enum cn_signal_event_kind {
    CN_SIGNAL_EVENT_FOUND = CN_SIGNAL_FOUND,
    CN_SIGNAL_EVENT_RAISED = CN_SIGNAL_RAISES,
    CN_SIGNAL_EVENT_RETURNED = CN_SIGNAL_RETURNS,
    CN_SIGNAL_EVENT_CLEARED = CN_SIGNAL_CLEARS,
    CN_SIGNAL_EVENT_HELD = CN_SIGNAL_IS_HELD,
    CN_SIGNAL_EVENT_ENDED, /* the program no longer has its rule, or asks something else */
    CN_SIGNAL_EVENT_STARTED,
    CN_SIGNAL_EVENT_ACKNOWLEDGED,
    CN_SIGNAL_EVENT_SNOOZED,
    CN_SIGNAL_EVENT_ASSIGNED,
    CN_SIGNAL_EVENT_RESOLVED,
    CN_SIGNAL_EVENT_TASK_DONE,
    CN_SIGNAL_EVENT_TASK_REOPENED,
    CN_SIGNAL_EVENT_ASKED_AGAIN, /* its snooze is over */
    CN_SIGNAL_EVENT_REOPENED,    /* what a person did about it was taken back */
    CN_SIGNAL_EVENT_COUNT
};

extern const char *const cn_signal_event_names[CN_SIGNAL_EVENT_COUNT];

/* A move of a signal with all that is stored of it.  Text is borrowed. */
struct cn_signal_row {
    int64_t account_id;
    int64_t signal_id;
    int64_t event_id;
    int64_t about_id; /* the record that it is about; 0: the account */
    cn_str rule;
    uint64_t rule_hash;
    cn_str because;
    enum cn_signal_severity severity;
    enum cn_signal_owner owner;
    enum cn_signal_event_kind kind;
    struct cn_signal_mark mark; /* after it */
    bool is_new;                /* a signal that was not there before */
    int64_t replaces;           /* is_new: the newest one before it, or 0 */
    cn_time at;
    int64_t tick;
    int64_t user_id; /* who started it; 0: nobody */
    int64_t program_version;
    cn_str evidence;     /* JSON; "" without */
    const cn_str *tasks; /* of what is raised */
    size_t task_count;
};

/* Writes the move and its event.  Nothing if it is written already, or if the account is gone: what
 * is about a record of an account that was merged is the survivor's.
 * Notes CN_CHANGE_SIGNAL; what is raised is told. */
CN_MUST_CHECK bool cn_signal_save(const struct cn_unit *unit, const struct cn_signal_row *row,
                                  const struct cn_signal_budget *budget, struct cn_error *err);

/* Only the event, with what a person said; *is_new_out is false if it is written already. */
CN_MUST_CHECK bool cn_signal_save_event(const struct cn_unit *unit, const struct cn_signal_row *row,
                                        cn_str note, bool *is_new_out, struct cn_error *err);

/* It is not the newest of its record any more: nothing is, until the record is found anew.  Nothing
 * if the account is gone. */
CN_MUST_CHECK bool cn_signal_save_over(const struct cn_unit *unit,
                                       const struct cn_signal_over *over, struct cn_error *err);

/* Which rules have answered for the accounts of these rows, as far as they are still there. */
CN_MUST_CHECK bool cn_signal_save_answered(const struct cn_unit *unit,
                                           const struct cn_signal_model *model,
                                           const struct cn_signal_states *states,
                                           const int64_t *accounts, const struct cn_bitmap *rows,
                                           struct cn_error *err);

/* Where states are loaded to: the row of an account, or false. */
struct cn_signal_load {
    const struct cn_signal_model *model;
    struct cn_signal_states *states;
    bool (*find)(void *arg, int64_t account_id, uint32_t *row_out);
    /* The newest signal of a rule that the program no longer has, or that asks something else now.
     * May be NULL. */
    void (*orphan)(void *arg, const struct cn_signal_row *row);
    /* What is stored of the row's answers is of another program.  May be NULL. */
    void (*outdated)(void *arg, uint32_t row);
    void *arg;
};

CN_MUST_CHECK bool cn_signal_states_load(struct cn_sql_conn *conn,
                                         const struct cn_signal_load *load, struct cn_error *err);

/* Calls `each` for what people picked of the account, or of all (0), and the engine has not started
 * yet. */
CN_MUST_CHECK bool cn_signal_each_start(struct cn_sql_conn *conn, int64_t account_id,
                                        void (*each)(void *arg,
                                                     const struct cn_signal_start *start),
                                        void *arg, struct cn_error *err);

/* Calls `each` for the engine's moves of the ticks from first to last, by tick, account and rule.
 */
CN_MUST_CHECK bool cn_signal_each_lived(struct cn_sql_conn *conn, int64_t first_tick,
                                        int64_t last_tick,
                                        void (*each)(void *arg, const struct cn_signal_row *row),
                                        void *arg, struct cn_error *err);

/* A decision that a tick took into account. */
struct cn_signal_decision {
    int64_t tick;
    struct cn_hold_span hold; /* kind "": none, it is a start */
    struct cn_signal_start start;
};

CN_MUST_CHECK bool cn_signal_save_decision(struct cn_sql_conn *conn,
                                           const struct cn_signal_decision *decision,
                                           struct cn_error *err);

/* By tick. */
CN_MUST_CHECK bool cn_signal_each_decision(struct cn_sql_conn *conn, int64_t first_tick,
                                           int64_t last_tick,
                                           void (*each)(void *arg,
                                                        const struct cn_signal_decision *decision),
                                           void *arg, struct cn_error *err);

#endif
