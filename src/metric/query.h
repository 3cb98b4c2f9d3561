/*
 * Daily values of one account's metrics, for charts.  Reads the flushed rollups.
 */
#ifndef CAIRN_METRIC_QUERY_H
#define CAIRN_METRIC_QUERY_H

#include "base/arena.h"

#include "metric/rollup.h"

enum {
    CN_CHART_DAYS_MAX = 731,
};

struct cn_chart_day {
    int64_t day;
    double value;
    bool is_missing; /* no value, or one that does not fit; days without events are 0 in counts */
};

struct cn_chart {
    const struct cn_metric *metric; /* name, doc, unit */
    struct cn_chart_day *days;      /* every one from the first to the last that was asked for */
    size_t count;
    bool at_least; /* a day has more members than are kept */
};

struct cn_chart_list {
    struct cn_chart *items; /* in the order of the metrics */
    size_t count;
};

/* Both days are included.  Fails with CN_INVALID for more than CN_CHART_DAYS_MAX days. */
CN_MUST_CHECK bool cn_metric_charts(struct cn_rollup *rollup, const struct cn_metric_list *metrics,
                                    int64_t account_id, int64_t first_day, int64_t last_day,
                                    struct cn_arena *arena, struct cn_chart_list *list_out,
                                    struct cn_error *err);

#endif
