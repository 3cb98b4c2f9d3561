/*
 * Reports of the back-test as JSON: what the API answers, what is kept of a run, and what the
 * command prints.  One table, so that they agree.
 *
 * Not here: what the figures are (engine/backtest.h).
 */
#ifndef CAIRN_API_BACKTEST_VIEW_H
#define CAIRN_API_BACKTEST_VIEW_H

#include "engine/backtest_run.h"
#include "json/field.h"

enum {
    CN_BACKTEST_REPORTS_MAX_BYTES = 16 * 1024 * 1024,
};

struct cn_backtest_report_view;

/* An element of a list of reports, and such a list. */
extern const struct cn_field cn_backtest_report_item;
struct cn_backtest_report_list {
    struct cn_backtest_report_view *items;
    size_t count;
};

/* As a JSON array in `arena`.  `versions` are those of the program, 0: files that were never one.
 * Fails with CN_INTERNAL. */
CN_MUST_CHECK bool cn_backtest_reports_write(const struct cn_backtest_report *reports,
                                             const int64_t *versions, size_t count,
                                             struct cn_arena *arena, cn_str *json_out,
                                             struct cn_error *err);

/* The views that such a text is of; "" is none.  Fails with CN_INTERNAL if it is no such text. */
CN_MUST_CHECK bool cn_backtest_reports_read(cn_str json, struct cn_arena *arena,
                                            struct cn_backtest_report_list *list_out,
                                            struct cn_error *err);

#endif
