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
 * Three index look-ups an account: about 40 ms for 10,000 on SQLite.
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

struct cn_movement_range {
    cn_time from;
    cn_time to;
    cn_user_id owner_id; /* 0: any */
    cn_str currency;     /* the reporting one */
    struct cn_effective effective;
};

/* cells[was][is] */
struct cn_movement {
    struct cn_tally cells[CN_BAND_COUNT][CN_BAND_COUNT];
    int64_t
        overridden; /* accounts with an override at either end, whether it stands first or not */
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

/* Fails as sql/sql.h says, all of these; in the unit's scope. */
CN_MUST_CHECK bool cn_movement_load(const struct cn_unit *unit,
                                    const struct cn_movement_range *range,
                                    struct cn_movement *movement_out, struct cn_error *err);

/* Who fell most (rising: rose most), at most `limit` of CN_MOVERS_MAX; those that did not move are
 * left out. */
CN_MUST_CHECK bool cn_movement_movers(const struct cn_unit *unit,
                                      const struct cn_movement_range *range, bool rising,
                                      int64_t limit, struct cn_mover_list *list_out,
                                      struct cn_error *err);

/* The accounts of one cell, ascending, in the unit's arena. */
CN_MUST_CHECK bool cn_movement_members(const struct cn_unit *unit,
                                       const struct cn_movement_range *range, enum cn_band was,
                                       enum cn_band is, int64_t **ids_out, size_t *count_out,
                                       struct cn_error *err);

#endif
