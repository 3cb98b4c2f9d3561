/*
 * Which accounts came to which end: those that left, those that renewed.  Not what is still open,
 * as book/portfolio.h counts what is at risk.
 */
#ifndef CAIRN_BOOK_FATE_H
#define CAIRN_BOOK_FATE_H

#include "book/unit.h"

enum cn_fate {
    CN_FATE_LEFT,    /* marked as left on that day or later */
    CN_FATE_RENEWED, /* a contract ended on that day or later, one that began after it is active
                        now, and they have not left since it began */
    CN_FATE_COUNT
};

enum {
    CN_FATE_RECENT_DAYS = 365 /* what counts as a fate of a set of accounts */
};

/* For cn_fate_accounts(): since whenever. */
#define CN_FATE_EVER INT64_MIN

/* Ascending; not NULL, also if there are none. */
struct cn_fate_accounts {
    int64_t *ids;
    size_t count;
};

bool cn_fate_has(const struct cn_fate_accounts *accounts, cn_account_id account_id);

/* The accounts in scope that came to that end since the day `since`, in the unit's arena: as many
 * as there are.  Fails as sql/sql.h says. */
CN_MUST_CHECK bool cn_fate_accounts(const struct cn_unit *unit, enum cn_fate fate, int64_t since,
                                    struct cn_fate_accounts *accounts_out, struct cn_error *err);

#endif
