#include "engine/portfolio.h"

#include <math.h>

#include "base/str.h"

#include "engine/list_columns.h"
#include "engine/shown.h"

static struct cn_portfolio_account account_at(const struct cn_engine *engine, uint32_t row,
                                              cn_str currency)
{
    enum {
        MINOR_UNITS = 100
    };
    const uint32_t *columns = engine->program->list_columns;
    const struct cn_column *arr = cn_frame_column(engine->frame, columns[CN_LIST_ARR]);
    const struct cn_column *days = cn_frame_column(engine->frame, columns[CN_LIST_DAYS_TO_RENEWAL]);
    const struct cn_column *unit = cn_frame_column(engine->frame, columns[CN_LIST_CURRENCY]);
    const struct cn_shown_score shown = cn_engine_shown(engine, row);
    const struct cn_health_score score = shown.score;
    struct cn_portfolio_account account = {
        .band = score.band,
        .is_grey = score.is_grey && score.band != CN_BAND_NONE,
        .is_overridden = shown.has_override,
        .has_arr = !cn_column_is_missing(arr, row),
        .has_renewal = !cn_column_is_missing(days, row),
    };
    if (account.has_arr) {
        account.arr_minor = llround(arr->as.f64[row] * MINOR_UNITS);
        account.is_other_currency =
            !cn_column_is_missing(unit, row) &&
            !cn_str_equal(cn_interned(engine->strings, unit->as.str[row]), currency);
    }
    if (account.has_renewal) {
        account.days_to_renewal = (int64_t)days->as.f64[row];
    }
    return account;
}

/* Rows of the accounts that left: looked up once, since departures are fewer than accounts. */
static void mark_left(const struct cn_engine *engine, const struct cn_fate_accounts *left,
                      struct cn_bitmap *rows)
{
    uint32_t row = 0;
    cn_bitmap_resize(rows, cn_frame_rows(engine->frame));
    for (size_t i = 0; i < left->count; i++) {
        if (cn_frame_find(engine->frame, left->ids[i], &row)) {
            cn_bitmap_add(rows, row);
        }
    }
}

void cn_engine_portfolio(struct cn_engine *engine, const struct cn_unit *unit,
                         const struct cn_portfolio_filter *filter,
                         struct cn_portfolio *portfolio_out)
{
    const struct cn_account_filter owned = { .owner_id = filter->owner_id };
    struct cn_portfolio portfolio = { 0 };
    struct cn_bitmap match = { 0 };
    struct cn_bitmap left = { 0 };
    size_t row = 0;
    (void)pthread_rwlock_rdlock(&engine->lock);
    cn_engine_match(engine, unit, &owned, &match);
    mark_left(engine, &filter->left, &left);
    for (size_t from = 0; cn_bitmap_next(&match, from, &row); from = row + 1) {
        struct cn_portfolio_account account = account_at(engine, (uint32_t)row, filter->currency);
        account.has_left = cn_bitmap_has(&left, row);
        cn_portfolio_add(&portfolio, &account);
    }
    (void)pthread_rwlock_unlock(&engine->lock);
    cn_bitmap_deinit(&left);
    cn_bitmap_deinit(&match);
    *portfolio_out = portfolio;
}
