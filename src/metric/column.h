/*
 * The column source "metric": `logins.sum(28)` as a column of the frame.
 *
 * A live source answers from its series.  A day that the series does not cover (a back-fill, an
 * as-of question) is answered from the rollups, which are loaded for the accounts asked for;
 * cn_metric_source_prepare() loads a stretch of days at once.  The past is known by whole days: at
 * the first moment of a day nothing of it counts, at a later one all of it does.
 */
#ifndef CAIRN_METRIC_COLUMN_H
#define CAIRN_METRIC_COLUMN_H

#include "base/tz.h"

#include "frame/source.h"
#include "metric/series.h"

struct cn_metric_source;

struct cn_metric_source_options {
    const struct cn_metric_list *metrics; /* as the two below, outlives the source */
    struct cn_rollup *rollup;             /* NULL: only what the series covers */
    const struct cn_tz *tz;
};

struct cn_metric_source *cn_metric_source_new(const struct cn_metric_source_options *options);
void cn_metric_source_free(struct cn_metric_source *source); /* NULL is allowed */

/* The column source; lives as long as the metric source. */
const struct cn_column_source *cn_metric_source_columns(struct cn_metric_source *source);

/* How far back the windows that were resolved so far look: what its series needs. */
int32_t cn_metric_source_reach(struct cn_metric_source *source);

/* The live series, or NULL.  Borrowed until the next call, which waits for fills that use it. */
void cn_metric_source_set_series(struct cn_metric_source *source, struct cn_series *series);

/* Loads the days from first_day to last_day, so that filling them one by one is fast.  NULL: all
 * accounts.  Replaces what was prepared before; last_day < first_day only drops it. */
CN_MUST_CHECK bool cn_metric_source_prepare(struct cn_metric_source *source, int32_t first_day,
                                            int32_t last_day, const int64_t *account_ids,
                                            size_t count, struct cn_error *err);

/* Drops what was prepared or loaded of the past. */
void cn_metric_source_drop(struct cn_metric_source *source);

/* What was loaded of the past on demand is read again when it is asked for: rollups may have moved
 * on.  What was prepared stays. */
void cn_metric_source_refresh(struct cn_metric_source *source);

#endif
