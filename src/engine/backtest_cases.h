/*
 * What a walk through the past collects, and what is made of it; for engine/backtest*.c only.
 */
#ifndef CAIRN_ENGINE_BACKTEST_CASES_H
#define CAIRN_ENGINE_BACKTEST_CASES_H

#include "engine/backtest.h"
#include "health/explain.h"

struct backtest_cases {
    struct cn_backtest_case *items;
    size_t count;
    size_t capacity;
};

struct backtest_raise {
    uint32_t rule;
    int64_t account_id;
    int64_t day;
    int64_t left_on; /* INT64_MAX: it did not */
};

struct backtest_raises {
    struct backtest_raise *items;
    size_t count;
    size_t capacity;
};

/* An account beside a departure. */
struct backtest_pair {
    size_t departure;
    int64_t account_id;
};

struct backtest_pairs {
    struct backtest_pair *items;
    size_t count;
    size_t capacity;
};

/* A part of the score. */
struct backtest_measure {
    size_t scorecard; /* and node: in the model */
    size_t node;
    struct backtest_cases cases[CN_BACKTEST_BASES]; /* 90 days before */
};

/* All on the heap but what is said. */
struct backtest_collected {
    struct backtest_cases scores[CN_BACKTEST_BASES][CN_BACKTEST_HORIZONS];
    struct backtest_raises raises[CN_BACKTEST_BASES];
    struct backtest_pairs pairs;
    struct backtest_cases *values;     /* by column, as true */
    struct cn_backtest_fact *facts;    /* by column */
    struct backtest_measure *measures; /* in the report's arena, as measure_of */
    size_t measure_count;
    size_t *measure_of;               /* by scorecard: the measure of its node 1 */
    struct cn_backtest_account *left; /* by departure; in the report's arena */
    bool *seen;                       /* departures that were looked at; in that arena */
    size_t left_count;
    struct cn_backtest_band bands[CN_BACKTEST_BANDS];
    int64_t today;
};

void cn_backtest_add_case(struct backtest_cases *cases, double score, bool left);
void cn_backtest_add_raise(struct backtest_raises *raises, const struct backtest_raise *raise);
void cn_backtest_add_pair(struct backtest_pairs *pairs, size_t departure, int64_t account_id);

void cn_backtest_name_facts(struct backtest_collected *collected,
                            const struct cn_engine_program *program, struct cn_arena *arena);

/* What tells by a fact that was learned later: it tells from today's knowledge, and either not from
 * that of then, or today's is what the figures are of. */
bool cn_backtest_cheats(enum cn_backtest_basis basis, enum cn_backtest_verdict known,
                        enum cn_backtest_verdict as_true);

/* ---- parts of the score ---- */

void cn_backtest_name_measures(struct backtest_collected *collected,
                               const struct cn_health_model *model, struct cn_arena *arena);

/* What the account's parts gave at that instant. */
void cn_backtest_look_at_measures(struct backtest_collected *collected,
                                  const struct cn_explain_at *at, enum cn_backtest_basis basis,
                                  bool left, struct cn_arena *scratch);

/* After the facts were judged. */
void cn_backtest_judge_measures(const struct backtest_collected *collected,
                                const struct cn_health_model *model, struct cn_arena *arena,
                                struct cn_backtest_report *report);

void cn_backtest_drop_measures(struct backtest_collected *collected);

/* Fills in what follows from what was collected. */
void cn_backtest_judge(struct backtest_collected *collected,
                       const struct cn_engine_program *program, struct cn_arena *arena,
                       struct cn_backtest_report *report);

#endif
