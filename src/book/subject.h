/*
 * Which account a subject belongs to at a moment: a pure function of a set of claims.
 *
 * A claim says that from an event at `at` the subject was seen to belong to an account.  For an
 * event at t the candidates are the claims at or before t, and those after t within the
 * re-attribution window: an identify that comes a little later counts for what went before.  If
 * there are none, the earliest claim of all counts, so that a parked event joins however old it is.
 *
 * Among candidates the best rule wins; then the latest at or before t, else the earliest after; and
 * of two at the same moment the one whose account has the smaller external key.  The order in which
 * claims arrived never matters.
 *
 * Not here: where claims are kept (book/subject_map.h), how they come about (book/apply.h).
 */
#ifndef CAIRN_BOOK_SUBJECT_H
#define CAIRN_BOOK_SUBJECT_H

#include "base/base.h"

/* Smaller is better. */
enum cn_claim_rule {
    CN_CLAIM_GROUP_KEY = 1,  /* the subject is the group key of the account */
    CN_CLAIM_GROUP_CALL = 2, /* a group call of the user */
    CN_CLAIM_DOMAIN = 3,     /* the domain of the user's e-mail address */
};

struct cn_claim {
    cn_time at;
    enum cn_claim_rule rule;
    int64_t account_id;
    cn_str account_key; /* external id, for ties */
};

/* The claim that decides for an event at `t`, or NULL without claims. */
const struct cn_claim *cn_claim_decide(const struct cn_claim *claims, size_t count, cn_time t,
                                       int64_t window_us);

#endif
