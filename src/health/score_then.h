/*
 * The scores that accounts had at a past moment, as the history of health has them: nothing is
 * evaluated.
 *
 * A score is the row that held then.  Most were lived; one that was back-filled was computed later,
 * and says so.  Beside it stands an override that held then; where overrides stand first it takes
 * the score's place, with the colour that the scorecard's bands give it today.  The whole point is
 * rounded within the colour by the bands of today, too.
 *
 * Not here: what a score is made of (health/explain.h), how accounts moved between two moments
 * (health/movement.h), what records were then (book/account_then.h).
 */
#ifndef CAIRN_HEALTH_SCORE_THEN_H
#define CAIRN_HEALTH_SCORE_THEN_H

#include "health/movement.h"

struct cn_scores_ask {
    cn_time at;
    cn_time before; /* the trend is against this moment */
    int64_t only;   /* account, or 0: all that there are, or were then */
    struct cn_effective effective;
};

struct cn_score_then {
    int64_t account_id;
    /* Score, override, trend and scorecard; neither grade nor drift, nor what is not health. */
    struct cn_account_derived derived;
    bool is_backfilled;
};

/* Calls `each` for the accounts that had a row then, in no order; `each` may keep nothing that it
 * points to.  Four look-ups in the table's key an account.  Fails as sql/sql.h says. */
CN_MUST_CHECK bool cn_scores_then(struct cn_sql_conn *conn, const struct cn_scores_ask *ask,
                                  void (*each)(void *arg, const struct cn_score_then *score),
                                  void *arg, struct cn_error *err);

#endif
