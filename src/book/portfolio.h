/*
 * The portfolio: a book as a whole, in the few figures with which a leader begins the week.
 *
 * Each figure counts accounts and adds up their ARR, in minor units of the reporting currency; what
 * is in another currency is counted but not added, and said so.  This is where the figures are
 * defined; whoever has the accounts in memory adds them one by one.
 *
 *   at risk    red, or yellow with a renewal within CN_RISK_WINDOW_DAYS or overdue
 *   renewals   with a last contract day within 30, 60, 90 days, overdue ones included
 *   left       marked as left (book/departure.h).  They stay in every figure, since an account that
 *              left keeps its score, and each figure says how many of them it holds.
 *
 * Not here: how accounts moved (health/movement.h).
 */
#ifndef CAIRN_BOOK_PORTFOLIO_H
#define CAIRN_BOOK_PORTFOLIO_H

#include "book/account.h"
#include "book/fate.h"

enum {
    CN_RISK_WINDOW_DAYS = 120,
    CN_RENEWAL_HORIZONS = 3
};

/* 30, 60, 90 days. */
extern const int64_t cn_renewal_horizons[CN_RENEWAL_HORIZONS];

struct cn_tally {
    int64_t accounts;
    int64_t arr_minor;
    int64_t left; /* the part of the accounts that is marked as left */
};

struct cn_portfolio {
    struct cn_tally all;
    struct cn_tally bands[CN_BAND_COUNT]; /* CN_BAND_NONE: without a score */
    struct cn_tally grey; /* shown grey; each is in the band that it is frozen in, too */
    struct cn_tally at_risk;
    struct cn_tally yellow_at_risk;                               /* the part that is yellow */
    struct cn_tally renewals[CN_RENEWAL_HORIZONS][CN_BAND_COUNT]; /* each within the next */
    struct cn_tally overridden;     /* an override is in force, whether it stands first or not */
    struct cn_tally other_currency; /* accounts of which the ARR is in no sum; minor units as is */
};

/* An account, as far as these figures go. */
struct cn_portfolio_account {
    enum cn_band band;
    bool is_grey;
    bool is_overridden;
    bool has_left;
    bool has_arr;
    bool is_other_currency;
    int64_t arr_minor;
    bool has_renewal;
    int64_t days_to_renewal; /* below 0: overdue */
};

void cn_portfolio_add(struct cn_portfolio *portfolio, const struct cn_portfolio_account *account);

/* The definition of risk, for filters too. */
bool cn_portfolio_is_at_risk(const struct cn_portfolio_account *account);

/* Which accounts a portfolio is of, besides the unit's scope. */
struct cn_portfolio_filter {
    cn_user_id owner_id; /* 0: any */
    cn_str currency;     /* the reporting one */
    struct cn_fate_accounts left;
};

#endif
