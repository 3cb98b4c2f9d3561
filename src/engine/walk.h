/*
 * A program on its way through the past: the same accounts evaluated at one midnight after the
 * other, by the pass that live scoring goes through.  For engine/ only.
 *
 * A walker has a frame of its own; records are those of the running engine, which goes on
 * meanwhile. What was computed for a day stays there to be looked at until the next day.  Nothing
 * is written.
 *
 * One walker belongs to one thread.
 */
#ifndef CAIRN_ENGINE_WALK_H
#define CAIRN_ENGINE_WALK_H

#include "engine/pass.h"
#include "engine/state.h"

enum {
    CN_WALK_CHUNK = 500 /* accounts whose past is in memory at once, unless rules compare them */
};

struct cn_walk_account {
    int64_t id;
    int64_t known_us; /* when it was made here */
    int64_t true_us;  /* the same, or when its first contract began, if that was earlier */
};

struct cn_walk_accounts {
    struct cn_walk_account *items; /* on the heap, by id */
    size_t count;
};

struct cn_walker {
    const struct cn_engine_program *program;
    const struct cn_tz *tz;
    struct cn_frame *frame; /* rows are the accounts in the order in which they were added */
    struct cn_bitmap there; /* rows of accounts that were there by now: others are not evaluated */
    struct cn_health_state health;
    struct cn_membership segments;
    struct cn_signal_states signals;
    struct cn_signal_moves moves; /* of the day */
    struct cn_when when;          /* the day's beginning */
    struct cn_arena scratch;
    int64_t *there_us; /* since when an account is there, by row */
    bool asks_signals; /* set after opening, by who wants `moves` */
};

/* All accounts of the book; days of contracts are those of `tz`.  The caller frees the items. Fails
 * as sql/sql.h says, and the items are to be freed then, too. */
CN_MUST_CHECK bool cn_walk_read_accounts(struct cn_sql_conn *conn, const struct cn_tz *tz,
                                         struct cn_walk_accounts *accounts_out,
                                         struct cn_error *err);

/* For at most `count` accounts.  `program` outlives the walker; its metrics must have been prepared
 * for them and the days. */
void cn_walker_open(struct cn_engine *engine, const struct cn_engine_program *program, size_t count,
                    struct cn_walker *walker_out);
void cn_walker_add(struct cn_walker *walker, int64_t account_id, int64_t there_us);
void cn_walker_close(struct cn_walker *walker);

/* Evaluates the midnight with which the day begins.  What is true when an account comes is a
 * baseline of its signals, as it is live.  Scores need no signals.  Fails as column sources do. */
CN_MUST_CHECK bool cn_walker_day(struct cn_walker *walker, int64_t day, bool as_true,
                                 struct cn_error *err);

/* Of a column that is a number or a truth; false if it is missing, or is neither. */
bool cn_walker_number(const struct cn_walker *walker, uint32_t column, size_t row,
                      double *number_out);

/* Between two days: live scoring has the machine first. */
void cn_walk_pause(void);

#endif
