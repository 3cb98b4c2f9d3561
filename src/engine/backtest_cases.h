/*
 * What a walk through the past collects, and what is made of it; for engine/backtest*.c only.
 */
#ifndef CAIRN_ENGINE_BACKTEST_CASES_H
#define CAIRN_ENGINE_BACKTEST_CASES_H

#include "engine/backtest.h"

struct backtest_cases {
    struct cn_backtest_case *items;
    size_t count;
    size_t capacity;
};

struct backtest_raise {
    uint32_t rule;
    int64_t account_id;
    int64_t day;
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

/* All on the heap but what is said. */
struct backtest_collected {
    struct backtest_cases scores[CN_BACKTEST_BASES][CN_BACKTEST_HORIZONS];
    struct backtest_raises raises[CN_BACKTEST_BASES];
    struct backtest_pairs pairs;
    struct backtest_cases *values;    /* by column, as true */
    struct cn_backtest_fact *facts;   /* by column */
    struct cn_backtest_account *left; /* by departure; in the report's arena */
    bool *seen;                       /* departures that were looked at; in that arena */
    size_t left_count;
    struct cn_backtest_band bands[CN_BACKTEST_BANDS];
    int64_t today;
};

void cn_backtest_add_case(struct backtest_cases *cases, double score, bool left);
void cn_backtest_add_raise(struct backtest_raises *raises, const struct backtest_raise *raise);
void cn_backtest_add_pair(struct backtest_pairs *pairs, size_t departure, int64_t account_id);

/* Fills in what follows from what was collected. */
void cn_backtest_judge(struct backtest_collected *collected,
                       const struct cn_engine_program *program, struct cn_arena *arena,
                       struct cn_backtest_report *report);

#endif
