/*
 * Runs over the past as rows, back-tests and comparisons: who asked what, how it ended, and the
 * reports as JSON text.
 *
 * Reports name accounts of the whole workspace: who may read a run sees all of them.  Of each kind
 * the newest CN_BACKTEST_RUNS_KEPT that ended are kept.
 *
 * Not here: the test itself (engine/backtest.h), the comparison (engine/comparison.h), whose turn
 * it is (api/backtest_runner.h).
 */
#ifndef CAIRN_ENGINE_BACKTEST_RUN_H
#define CAIRN_ENGINE_BACKTEST_RUN_H

#include "book/account.h"
#include "engine/backtest.h"

#define CN_BACKTEST_PREFIX   "btst"
#define CN_COMPARISON_PREFIX "cmpr"

enum {
    CN_BACKTEST_RUNS_KEPT = 20,
    CN_BACKTEST_FAILURE_MAX_BYTES = 1000,
    CN_BACKTEST_VERSIONS = 2, /* side by side */
};

typedef struct cn_backtest_id {
    int64_t value;
} cn_backtest_id;

enum cn_backtest_kind {
    CN_BACKTEST_OF_DEPARTURES,
    CN_BACKTEST_COMPARISON
};

enum cn_backtest_state {
    CN_BACKTEST_QUEUED,
    CN_BACKTEST_RUNNING,
    CN_BACKTEST_DONE,
    CN_BACKTEST_FAILED,
    CN_BACKTEST_STATES
};

/* "queued", "running", "done", "failed" and "known", "true"; index: the enum. */
extern const char *const cn_backtest_state_names[CN_BACKTEST_STATES];
extern const char *const cn_backtest_basis_names[CN_BACKTEST_BASES];

struct cn_backtest_run {
    cn_backtest_id id;
    enum cn_backtest_kind kind;
    enum cn_backtest_state state;
    int64_t version; /* 0: files that were never a version */
    int64_t against; /* 0: none */
    enum cn_backtest_basis basis;
    int64_t left_from; /* of the departures, both days included */
    enum cn_given left_from_given;
    int64_t left_to;
    enum cn_given left_to_given;
    /* Of a comparison: the days that are shown, and whose accounts. */
    int64_t first_day;
    int64_t last_day;
    int64_t step_days;
    cn_user_id owner_id; /* 0: any */
    cn_str segment;      /* "": any */
    cn_time asked_at;
    cn_time ended_at;
    enum cn_given ended_at_given;
    cn_str failure; /* or "" */
    cn_str reports; /* JSON: an array of reports, or the comparison; or "" */
};

struct cn_backtest_run_list {
    struct cn_backtest_run *items;
    size_t count;
};

/* All fail as sql/sql.h says. */

/* Writes a queued run: what it asks and its id are read from `run`. */
CN_MUST_CHECK bool cn_backtest_run_add(const struct cn_unit *unit,
                                       const struct cn_backtest_run *run, struct cn_error *err);

/* It runs now. */
CN_MUST_CHECK bool cn_backtest_run_begin(const struct cn_unit *unit, cn_backtest_id id,
                                         struct cn_error *err);

/* It ended: with reports, or, if they are "", for the reason given.  Old ones are deleted. */
CN_MUST_CHECK bool cn_backtest_run_end(const struct cn_unit *unit, cn_backtest_id id,
                                       cn_str reports, cn_str failure, struct cn_error *err);

/* Those that were asked before `first` and have not ended never will: their server is gone. */
CN_MUST_CHECK bool cn_backtest_run_abandon(const struct cn_unit *unit, cn_backtest_id first,
                                           struct cn_error *err);

/* With its reports.  CN_NOT_FOUND if there is none of that kind. */
CN_MUST_CHECK bool cn_backtest_run_load(const struct cn_unit *unit, enum cn_backtest_kind kind,
                                        cn_backtest_id id, struct cn_backtest_run *run_out,
                                        struct cn_error *err);

/* Those of the kind, the newest first, without their reports. */
CN_MUST_CHECK bool cn_backtest_run_list(const struct cn_unit *unit, enum cn_backtest_kind kind,
                                        struct cn_backtest_run_list *list_out,
                                        struct cn_error *err);

#endif
