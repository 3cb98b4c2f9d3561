/*
 * How accounts moved between two moments: which colour became which, and whose score moved most.
 *
 * Both ends are what the history of health says held at the moment, so that a figure here is the
 * same as on the account's own history.  Where overrides stand first, one that held at an end takes
 * the place of the score there, with the colour that the scorecard's bands give it today.  A colour
 * that was frozen (grey) counts as the colour it was frozen in; without a score an account is
 * CN_BAND_NONE.  Accounts are those that are there today; ARR is today's, of those in the reporting
 * currency.
 *
 * One look-up of the history an account and moment.
 *
 * Not here: how accounts stand now (book/portfolio.h), why one moved (health/explain.h).
 */
#ifndef CAIRN_HEALTH_MOVEMENT_H
#define CAIRN_HEALTH_MOVEMENT_H

#include "book/portfolio.h"
#include "health/evaluate.h"

enum {
    CN_MOVERS_MAX = 50
};

/* Which score of an account stands first, and what colours overrides have by scorecard. */
struct cn_effective {
    bool is_by_hand; /* the override while one lasts, else always the computed score */
    struct cn_effective_bands {
        cn_str scorecard;
        struct cn_health_bands bands;
    } * items;
    size_t count;
};

/* The bands that the scorecard has today; the usual ones if there is none of that name. */
struct cn_health_bands cn_effective_bands_of(const struct cn_effective *effective,
                                             cn_str scorecard);

struct cn_movement_range {
    cn_time from;
    cn_time to;
    cn_user_id owner_id; /* 0: any */
    cn_str currency;     /* the reporting one */
    struct cn_effective effective;
    struct cn_fate_accounts left; /* by now, for the sums */
};

struct cn_mover {
    cn_account_id id;
    cn_str name;
    cn_user_id owner_id; /* 0: nobody */
    bool has_arr;        /* in the reporting currency */
    int64_t arr_minor;
    int32_t points_was; /* thousandths */
    int32_t points_is;
    enum cn_band was;
    enum cn_band is;
};

struct cn_mover_list {
    struct cn_mover *items;
    size_t count;
};

/* cells[was][is] */
struct cn_movement {
    struct cn_tally cells[CN_BAND_COUNT][CN_BAND_COUNT];
    /* Accounts with an override at either end, whether it stands first or not. */
    int64_t overridden;
    struct cn_mover_list fallers; /* who fell most; those that did not move are left out */
    struct cn_mover_list risers;
};

/* Fails as sql/sql.h says, both of these; in the unit's scope, and its arena.  `movers`: how many
 * each way, at most CN_MOVERS_MAX. */
CN_MUST_CHECK bool cn_movement_load(const struct cn_unit *unit,
                                    const struct cn_movement_range *range, int64_t movers,
                                    struct cn_movement *movement_out, struct cn_error *err);

/* The accounts of one cell, ascending. */
CN_MUST_CHECK bool cn_movement_members(const struct cn_unit *unit,
                                       const struct cn_movement_range *range, enum cn_band was,
                                       enum cn_band is, int64_t **ids_out, size_t *count_out,
                                       struct cn_error *err);

#endif
