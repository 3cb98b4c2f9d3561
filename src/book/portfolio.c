/* The definitions of the portfolio's figures. */
#include "book/portfolio.h"

const int64_t cn_renewal_horizons[CN_RENEWAL_HORIZONS] = { 30, 60, 90 };

static void tally(struct cn_tally *tally, const struct cn_portfolio_account *account)
{
    tally->accounts++;
    tally->left += account->has_left;
    if (account->has_arr && !account->is_other_currency) {
        tally->arr_minor += account->arr_minor;
    }
}

bool cn_portfolio_is_at_risk(const struct cn_portfolio_account *account)
{
    return account->band == CN_BAND_RED ||
           (account->band == CN_BAND_YELLOW && account->has_renewal &&
            account->days_to_renewal <= CN_RISK_WINDOW_DAYS);
}

void cn_portfolio_add(struct cn_portfolio *portfolio, const struct cn_portfolio_account *account)
{
    tally(&portfolio->all, account);
    tally(&portfolio->bands[account->band], account);
    if (account->is_grey) {
        tally(&portfolio->grey, account);
    }
    if (account->is_overridden) {
        tally(&portfolio->overridden, account);
    }
    if (account->has_arr && account->is_other_currency) {
        portfolio->other_currency.accounts++;
        portfolio->other_currency.left += account->has_left;
        portfolio->other_currency.arr_minor += account->arr_minor;
    }
    if (cn_portfolio_is_at_risk(account)) {
        tally(&portfolio->at_risk, account);
        if (account->band == CN_BAND_YELLOW) {
            tally(&portfolio->yellow_at_risk, account);
        }
    }
    for (size_t i = 0; i < CN_RENEWAL_HORIZONS; i++) {
        if (account->has_renewal && account->days_to_renewal <= cn_renewal_horizons[i]) {
            tally(&portfolio->renewals[i][account->band], account);
        }
    }
}
