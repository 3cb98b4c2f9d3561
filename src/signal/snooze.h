/*
 * Snoozes that are over: the signal asks again, and its assignee is told again.
 *
 * Called by the one who derives, each second; what is due is in the book, so no restart forgets it,
 * and it is ended in the transaction that tells, so it is told once.
 *
 * Not here: snoozing (signal/inbox.h).
 */
#ifndef CAIRN_SIGNAL_SNOOZE_H
#define CAIRN_SIGNAL_SNOOZE_H

#include "book/unit.h"
#include "signal/tell.h"

enum {
    CN_SNOOZES_AT_ONCE = 500,
};

/* When the next one is over; INT64_MAX: none runs. */
CN_MUST_CHECK bool cn_snooze_next(struct cn_sql_conn *conn, cn_time *next_out,
                                  struct cn_error *err);

/* Ends those that are over, CN_SNOOZES_AT_ONCE at most.  Notes CN_CHANGE_SIGNAL.  The accounts of
 * those that ask again are in unit->arena.  `tell` may be NULL: nobody is told. */
CN_MUST_CHECK bool cn_snooze_end(const struct cn_unit *unit, const struct cn_tell_options *tell,
                                 int64_t **accounts_out, size_t *count_out, struct cn_error *err);

#endif
