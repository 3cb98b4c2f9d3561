/*
 * Which scorecard scores whom, and what shadows would make of them; from the live state.
 */
#ifndef CAIRN_ENGINE_SCORECARDS_H
#define CAIRN_ENGINE_SCORECARDS_H

#include "book/unit.h"
#include "engine/engine.h"
#include "health/evaluate.h"

enum {
    CN_SHADOW_MOVERS_MAX = 20
};

/* An account of which the shadow says something else. */
struct cn_shadow_mover {
    int64_t account_id;
    cn_str name;
    struct cn_health_score live;
    struct cn_health_score shadow;
};

struct cn_scorecard_use {
    const struct cn_scorecard *card; /* its texts are in the arena */
    int64_t accounts;                /* that it scores; of a shadow: to which it applies */
    int64_t arr_minor;
    int64_t bands[CN_BANDS]; /* by colour; CN_BAND_NONE: never had one */
    /* Of a shadow: both have a score. */
    int64_t both;
    int64_t moves[CN_BANDS][CN_BANDS]; /* by the live colour, then the shadow's */
    int64_t difference;                /* sum over `both`, thousandths: shadow less live */
    int64_t distance;                  /* the same without signs */
    struct cn_shadow_mover *movers;    /* the most different first */
    size_t mover_count;
};

struct cn_scorecard_board {
    struct cn_scorecard_use *items; /* by falling priority */
    size_t count;
    int64_t accounts; /* that the caller sees */
    int64_t unscored; /* to which none applies */
};

/* Accounts out of the unit's scope are not counted.  Everything is in `arena`.  Any thread. */
void cn_engine_scorecard_board(struct cn_engine *engine, const struct cn_unit *unit,
                               struct cn_arena *arena, struct cn_scorecard_board *board_out);

/* The accounts that the scorecard of that name scores, live or as a shadow; "none", if no scorecard
 * is called so: those to which none applies.  Ascending, whoever may see them.  false: there is no
 * such scorecard. */
bool cn_engine_scored_by(struct cn_engine *engine, cn_str name, struct cn_arena *arena,
                         int64_t **ids_out, size_t *count_out);

#endif
