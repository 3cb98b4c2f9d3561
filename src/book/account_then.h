/*
 * Accounts as their records were known at a past moment.
 *
 * A field has the value that was told last until then: what the record says now, unless field
 * history says that it was told later.  An account that nobody had told of is not there, whatever
 * day it says that it began on; one that has become part of another since is there as itself again.
 *
 * Whose accounts they are is today's: who may see an account now sees what it was, and who may see
 * the account that it became part of sees it as itself.
 *
 * The records that moved in a merge are where they are now: tickets of both are not counted.
 *
 * Costs a look at the field history of the workspace, and one more for every field that changed
 * since then.
 *
 * Not here: scores and sets of then (health/score_then.h, segment/history.h); the facts that rules
 * read (book/facts.h).
 */
#ifndef CAIRN_BOOK_ACCOUNT_THEN_H
#define CAIRN_BOOK_ACCOUNT_THEN_H

#include "book/account.h"

struct cn_account_then {
    struct cn_account account; /* of what is derived only the open tickets */
    bool has_tickets;          /* they are known: no merge moved them since */
    cn_account_id merged_into; /* what it has become part of since; 0: nothing */
    bool has_left;             /* it was marked as left by then, and the mark is as it was */
    int64_t left_on;
};

struct cn_account_then_list {
    struct cn_account_then *items; /* by account id */
    size_t count;
};

/* The accounts in scope, or that one alone (0: all), in the unit's arena; the list is empty if it
 * was not there.  Fails as sql/sql.h says. */
CN_MUST_CHECK bool cn_accounts_then(const struct cn_unit *unit, cn_time at, cn_account_id only,
                                    struct cn_account_then_list *list_out, struct cn_error *err);

/* The first moment at which the workspace was told of an account; *has_any_out is false if it never
 * was.  A look at the whole field history: for errors. */
CN_MUST_CHECK bool cn_accounts_first_known(const struct cn_unit *unit, cn_time *at_out,
                                           bool *has_any_out, struct cn_error *err);

#endif
