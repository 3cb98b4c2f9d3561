/*
 * An account goes to another owner, and what it asks goes with it.
 *
 * Not here: handing one signal to somebody (signal/inbox.h).
 */
#ifndef CAIRN_SIGNAL_HAND_H
#define CAIRN_SIGNAL_HAND_H

#include "book/account.h"
#include "signal/tell.h"

/* Updates an account as cn_account_update does.  Open and snoozed signals that its owner was asked
 * about are assigned to a new owner who may see it, CN_SIGNAL_LIST_MAX of each at most, and the new
 * owner is told as of any that is handed over.  Nobody as the owner leaves them where they are.
 * `tell` may be NULL: nobody is told. */
CN_MUST_CHECK bool cn_signal_update_account(const struct cn_unit *unit, cn_account_id id,
                                            int64_t version, const struct cn_account_patch *patch,
                                            const struct cn_tell_options *tell,
                                            struct cn_account *account_out, struct cn_error *err);

#endif
