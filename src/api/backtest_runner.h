/*
 * Runs the back-tests and comparisons that were asked for, one at a time, on a thread of its own
 * that gives way to live scoring.
 *
 * What waits is in memory, at most CN_BACKTEST_WAITING_MAX; that a run was asked for and how it
 * ended are rows (engine/backtest_run.h).  A run that the server's stop ends has failed, and is
 * asked for again by whoever wants it.
 *
 * Internal to api/.
 */
#ifndef CAIRN_API_BACKTEST_RUNNER_H
#define CAIRN_API_BACKTEST_RUNNER_H

#include "api/api.h"
#include "engine/backtest_run.h"

enum {
    CN_BACKTEST_WAITING_MAX = 4,
};

struct cn_backtest_runner;

/* `options` outlives the result. */
struct cn_backtest_runner *cn_backtest_runner_new(const struct cn_api_options *options);

/* Ends the run that is under way.  NULL is allowed. */
void cn_backtest_runner_free(struct cn_backtest_runner *runner);

/*
 * Writes the run, whose id is set, and queues it.  files[0] is tested, and files[1] if `count` is
 * 2; a comparison takes both, what was before in files[1].  They are copied.  Any thread.  Fails
 * with CN_TOO_MANY if too many wait, CN_UNAVAILABLE where nothing is evaluated or while stopping,
 * or as the database does.
 */
CN_MUST_CHECK bool cn_backtest_runner_ask(struct cn_backtest_runner *runner,
                                          const struct cn_unit *unit,
                                          const struct cn_backtest_run *run,
                                          const struct cn_program_files *files, size_t count,
                                          struct cn_error *err);

/* Ends it soon, if it waits or runs; it has then failed. */
void cn_backtest_runner_stop(struct cn_backtest_runner *runner, cn_backtest_id id);

/* Of the run that is under way; 0 of 0 if it is another one. */
void cn_backtest_runner_progress(struct cn_backtest_runner *runner, cn_backtest_id id,
                                 int64_t *done_out, int64_t *total_out);

#endif
