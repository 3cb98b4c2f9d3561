/*
 * Daily values of the program's metrics in memory, for evaluating rules.
 *
 * Sparse: an account and metric take memory for days with events only, and days that no window
 * reaches any more are dropped.  A live series is loaded from the rollups once and then fed with
 * the same facts; it equals one that is loaded at that moment.  A series for a stretch of the past
 * is loaded only.
 *
 * Any thread may call any function.
 *
 * Not here: which windows there are (metric/window.h), columns (metric/column.h).
 */
#ifndef CAIRN_METRIC_SERIES_H
#define CAIRN_METRIC_SERIES_H

#include "base/map.h"

#include "frame/bitmap.h"
#include "metric/fact.h"
#include "metric/rollup.h"
#include "metric/window.h"

struct cn_series;

struct cn_series_options {
    const struct cn_metric_list *metrics; /* outlives the series */
    int32_t first_day;                    /* days that can be `today`, both included: of a live */
    int32_t last_day;                     /* series yesterday and today, which it moves on with */
    int32_t reach_days;                   /* how far windows look back from them; at most 731 */
    int64_t members_max;                  /* as of the rollup; 0: CN_ROLLUP_MEMBERS_MAX */
};

struct cn_series *cn_series_new(const struct cn_series_options *options);
void cn_series_free(struct cn_series *series); /* NULL is allowed */

/* True if the series counts exactly what these metrics count, whatever their names, and reaches so
 * far: then it can answer for them as it is. */
bool cn_series_fits(const struct cn_series *series, const struct cn_metric_list *metrics,
                    int32_t reach_days);

/* From here on it counts for these, which it fits; they outlive it in place of those before. */
void cn_series_use(struct cn_series *series, const struct cn_metric_list *metrics);

/* Reads these accounts (NULL: all) from the flushed rollups, replacing what the series had of them.
 * Facts that were added but not flushed are lost: flush first. */
CN_MUST_CHECK bool cn_series_load(struct cn_series *series, struct cn_rollup *rollup,
                                  const int64_t *account_ids, size_t count, struct cn_error *err);

/* Up to where the series has exactly the facts; unknown (seq -1) after facts without a position. */
struct cn_rollup_position cn_series_position(struct cn_series *series);
void cn_series_note(struct cn_series *series, struct cn_rollup_position position);

/*
 * A live series as a file, so that a start need not read all rollups.  The file is a cache: it may
 * be deleted at any time, and one that is damaged or of other metrics is not used.
 *
 * save writes `path`.new, durably, while others go on adding: it holds them up only for a stretch
 * of rows at a time and for what changed last.  *position_out is up to where it goes.  It fails
 * with CN_CONFLICT if that is unknown, or if all rows became others meanwhile: try again later.
 * Once the rollups go as far, keep puts it in the place of the file before.  One thread at a time.
 *
 * restore takes a file of facts up to `upto` or less, of which *position_out says how far they go:
 * what comes after is to be added.  It wants an empty series and moves it on from the day when it
 * was saved; false: it is empty still, load it.
 */
CN_MUST_CHECK bool cn_series_save(struct cn_series *series, const char *path,
                                  struct cn_rollup_position *position_out, struct cn_error *err);
CN_MUST_CHECK bool cn_series_keep(const char *path, struct cn_error *err);
CN_MUST_CHECK bool cn_series_restore(struct cn_series *series, const char *path,
                                     struct cn_rollup_position upto,
                                     struct cn_rollup_position *position_out);

/* Facts of any day; those out of reach are ignored. */
void cn_series_add(struct cn_series *series, const struct cn_metric_fact *facts, size_t count);

/* The same; after these, everything up to `upto` has been added. */
void cn_series_follow(struct cn_series *series, const struct cn_metric_fact *facts, size_t count,
                      struct cn_rollup_position upto);

void cn_series_forget(struct cn_series *series, int64_t account_id);

/* The last day that can be `today` becomes `today`, if it is later, and the first moves with it.
 * Adds to `stale` the rows (of accounts[row], the frame's) whose windows may differ from the day
 * before. */
void cn_series_advance(struct cn_series *series, int32_t today, const int64_t *accounts,
                       struct cn_bitmap *stale);

/* True if `today` is a day that the series was made for. */
bool cn_series_covers(struct cn_series *series, int32_t today);

/* One value; false: missing.  `metric` is its index in the list. */
bool cn_series_value(struct cn_series *series, int64_t account_id, size_t metric,
                     const struct cn_window *window, struct cn_window_when when, double *value_out);

/* The value of one day, as a chart shows it; false: missing, or the account is not known.  The day
 * is one that a window of today reaches. */
bool cn_series_day(struct cn_series *series, int64_t account_id, size_t metric, int32_t day,
                   double *value_out);

/* Many: values_out[i] and missing_out[i] for accounts[first + i]; an account 0 is missing. */
struct cn_series_fill {
    size_t metric;
    struct cn_window window;
    struct cn_window_when when;
    const int64_t *accounts;
    size_t first;
    const uint32_t *rows; /* accounts[rows[i]] if not NULL */
    size_t count;
};

void cn_series_fill(struct cn_series *series, const struct cn_series_fill *fill, double *values_out,
                    bool *missing_out);

/* Heap that the series holds, for a gauge. */
size_t cn_series_bytes(struct cn_series *series);

#endif
