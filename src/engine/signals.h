/*
 * Signals in the engine: what people decided is read, rules move what they find, and what moved is
 * kept until it is stored with its tick.  For the files of engine/ only.
 *
 * All of it belongs to the engine's thread.
 *
 * Not here: the rules of moving (signal/state.h), what people do (signal/inbox.h).
 */
#ifndef CAIRN_ENGINE_SIGNALS_H
#define CAIRN_ENGINE_SIGNALS_H

#include "engine/tick.h"
#include "signal/store.h"

struct cn_engine;
struct cn_frame;

/* What waits for being stored; text lives in the engine's pending.arena. */
struct cn_signals_pending {
    struct cn_signal_row *rows;
    size_t count;
    size_t capacity;
    struct cn_signal_decision *decisions;
    size_t decision_count;
    size_t decision_capacity;
    struct cn_signal_over *overs;
    size_t over_count;
    size_t over_capacity;
};

struct cn_signals {
    struct cn_signal_states states;
    struct cn_hold_set holds;
    struct cn_signal_moves moves;   /* since the last tick was kept */
    struct cn_signal_start *starts; /* that the next round takes into account */
    size_t start_count;
    size_t start_capacity;
    struct cn_arena text;                 /* of the starts */
    struct cn_signal_decision *decisions; /* that the next tick is to say */
    size_t decision_count;
    size_t decision_capacity;
    struct cn_signal_row *orphans; /* of rules that are gone, to be ended; text in `text` */
    size_t orphan_count;
    size_t orphan_capacity;
    struct cn_bitmap answered; /* rows for which another rule has answered */
    bool is_opening;           /* the next round is the program's first: see its at_once */
    struct cn_signals_pending pending;
    cn_time snooze_next; /* no snooze is over before; 0: not known */
};

void cn_signals_init(struct cn_signals *signals);
void cn_signals_deinit(struct cn_signals *signals);

/* The frame has so many rows. */
void cn_signals_resize(struct cn_engine *engine, size_t rows);

/* The clock has moved: rows of which a signal may move with it join the dirty set, so that a round
 * of that set leaves out no move (signal/states.h). */
void cn_engine_rouse(struct cn_engine *engine);

/* The account of the row is gone. */
void cn_signals_remove(struct cn_engine *engine, int64_t account_id, uint32_t row);

/* At a start: where everything stands.  Rows must be there. */
CN_MUST_CHECK bool cn_engine_load_signals(struct cn_engine *engine, struct cn_sql_conn *conn,
                                          struct cn_error *err);

/* Another program takes the place of the running one: goes on with what still stands.  Under the
 * write lock, before anything is evaluated. */
void cn_engine_move_signals(struct cn_engine *engine, const struct cn_signal_model *before,
                            const struct cn_signal_model *after);

/* Reads what people decided about an account, which is dirty then. */
CN_MUST_CHECK bool cn_engine_read_decisions(struct cn_engine *engine, struct cn_sql_conn *conn,
                                            int64_t account_id, struct cn_error *err);

/* Whether the records of an account still arrive; arg: the engine. */
bool cn_engine_is_settling(void *arg, int64_t account_id, cn_time now);

/* A decision of the past, for replay. */
void cn_engine_take_decision(struct cn_engine *engine, const struct cn_signal_decision *decision);

/* Rows of what moved, and decisions, under the tick; how many. */
size_t cn_engine_remember_signals(struct cn_engine *engine, const struct cn_tick *tick);

/* Inside the tick's transaction. */
CN_MUST_CHECK bool cn_engine_store_signals(struct cn_engine *engine, const struct cn_unit *unit,
                                           struct cn_error *err);

/* Signals of which the snooze is over ask again, in a transaction of its own; their accounts are
 * active. */
CN_MUST_CHECK bool cn_engine_end_snoozes(struct cn_engine *engine, cn_time now,
                                         struct cn_error *err);

/* It has been stored. */
void cn_engine_signals_stored(struct cn_engine *engine);

#endif
