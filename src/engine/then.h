/*
 * The book at a past moment, as it was stored: records as they were known, scores and sets as their
 * histories have them.  Nothing is evaluated, and the engine is not asked.
 *
 * What history does not keep is not there: grades, drifts, weekly points, the time of the last
 * event.
 *
 * The whole book is read for every question, since any field may be what a list is sorted by.
 *
 * Not here: any expression as of a past moment (engine/asof.h), why a score was what it was
 * (engine/explain.h).
 */
#ifndef CAIRN_ENGINE_THEN_H
#define CAIRN_ENGINE_THEN_H

#include "book/account_list.h"
#include "book/account_then.h"
#include "book/portfolio.h"
#include "health/score_then.h"

struct cn_then_account {
    struct cn_account_then record; /* with what was derived */
    cn_str placement;              /* "|kind:name|", "" for none */
    bool is_backfilled;            /* its score was computed later */
};

struct cn_then {
    cn_time at;
    const struct cn_tz *tz;        /* of the workspace */
    struct cn_then_account *items; /* by account id, until it is listed */
    size_t count;
    int64_t total;      /* of a list: all that match */
    int64_t backfilled; /* of the items: how many scores were computed later */
};

/* A moment that is past, and one account, or 0: all in scope. */
struct cn_then_ask {
    cn_time at;
    const struct cn_tz *tz; /* of the workspace: whose days are counted */
    cn_account_id only;
    struct cn_effective effective;
};

/* In the unit's arena.  Fails as sql/sql.h says. */
CN_MUST_CHECK bool cn_then_load(const struct cn_unit *unit, const struct cn_then_ask *ask,
                                struct cn_then *then_out, struct cn_error *err);

/* What a list of then can be narrowed by, beyond what one of now can from SQL alone. */
struct cn_then_filter {
    struct cn_account_filter list; /* `users`: of CN_SORT_OWNER, all */
    cn_str scorecard;              /* "": any; "none": without a score */
    bool overridden;
    bool left;
    int64_t left_since; /* day; with `left` */
};

/* Narrows, sorts and cuts the page out.  Fails with CN_MALFORMED if the account that the page
 * before ended with was not there. */
CN_MUST_CHECK bool cn_then_list(const struct cn_unit *unit, const struct cn_then_filter *filter,
                                struct cn_then *then, struct cn_error *err);

/* The figures of book/portfolio.h, of the accounts of that owner (0: any); then->backfilled counts
 * those alone from there on. */
void cn_then_portfolio(struct cn_then *then, cn_user_id owner_id, cn_str currency,
                       struct cn_portfolio *portfolio_out);

#endif
