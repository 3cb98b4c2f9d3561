/*
 * What a rule asks of a metric: "logins.sum(28)".
 *
 * Pure functions of one account's daily values, of the day that is `today` and of the last day
 * whose values exist; whether those come from memory or from the database, live or for a day a year
 * ago, makes no difference.
 *
 *   today so far counts:   sum(n) sum(n, back) count(n) distinct(n) distinct(n, back) max(n)
 *                          last() days_since()
 *   complete days only:    avg(n) min(n) change(n) slope(n) days_observed()
 *
 * Days before the account was first observed are no zeros: an account of which nothing is known in
 * a window is missing, avg and min look at observed days only, change needs both of its windows
 * observed in full, slope at least half of its.  change is (new - old) / old of the last n complete
 * days against the n before them: missing if old is 0, unless new is too.  slope is the change per
 * day of the line that fits best.
 *
 * A metric that keeps `last` holds its value until the next one; other days without events are 0
 * for counts, sums and distinct, and are skipped for min and max.
 */
#ifndef CAIRN_METRIC_WINDOW_H
#define CAIRN_METRIC_WINDOW_H

#include "metric/definition.h"

enum {
    CN_WINDOW_DAYS_MAX = 731, /* how far back a window may reach */
};

enum cn_window_method {
    CN_WINDOW_SUM,
    CN_WINDOW_COUNT,
    CN_WINDOW_DISTINCT,
    CN_WINDOW_AVG,
    CN_WINDOW_MIN,
    CN_WINDOW_MAX,
    CN_WINDOW_LAST,
    CN_WINDOW_CHANGE,
    CN_WINDOW_SLOPE,
    CN_WINDOW_DAYS_SINCE,
    CN_WINDOW_DAYS_OBSERVED,
};

enum {
    CN_WINDOW_METHODS = CN_WINDOW_DAYS_OBSERVED + 1
};

struct cn_window {
    enum cn_window_method method;
    int32_t days; /* 0 where the method takes none */
    int32_t back; /* the window ends so many days before it otherwise would */
};

/* As data: what can be asked of which kinds, and how. */
struct cn_window_row {
    const char *name;  /* "sum" */
    const char *usage; /* "sum(days), sum(days, back)" */
    bool takes_days;
    bool takes_back;
    uint32_t kinds; /* 1 << enum cn_metric_kind */
    const char *doc;
};

extern const struct cn_window_row cn_window_rows[CN_WINDOW_METHODS];

/* Days before today that the window reads. */
int64_t cn_window_reach(const struct cn_window *window);

/* What was counted on one day. */
struct cn_day_count {
    int32_t day;
    uint32_t count;
};

/* A day's value of a metric that reads numbers. */
struct cn_day_value {
    int32_t day;
    uint32_t count;  /* values that were there */
    int64_t plus;    /* CN_METRIC_SUM: millionths of the positive values, INT64_MAX: too many */
    int64_t minus;   /* and of the negative ones, as a positive number */
    double value;    /* CN_METRIC_MIN, _MAX, _LAST */
    int64_t last_at; /* CN_METRIC_LAST: of which the greatest (last_at, last_tie) is kept */
    int64_t last_tie;
};

/* Members and the days on which each was seen.  A slot is 1 + words numbers: the member's hash, 0
 * if it is free, and its days: bit cn_ring_bit() of them. */
struct cn_day_members {
    const uint64_t *items;
    size_t slots;
    size_t words;
    int32_t first_day; /* bits speak of first_day to first_day + 64 * words - 1 */
    int32_t before;    /* newest day before first_day with a member, or CN_NO_DAY */
};

enum {
    CN_NO_DAY = INT32_MIN
};

/* The place of a day in a ring of 64 * words bits; words is a power of two. */
static inline uint32_t cn_ring_bit(size_t words, int32_t day)
{
    return ((uint32_t)day ^ UINT32_C(1) << 31) & (64 * (uint32_t)words - 1);
}

/* How many words a ring over so many days takes. */
static inline uint32_t cn_ring_words(int32_t days)
{
    uint32_t words = 1;
    while (64 * words < (uint32_t)days) {
        words *= 2;
    }
    return words;
}

/* One metric of one account.  Days ascend and are sparse; the days before the oldest that a window
 * reads may be left out, but for the newest of them. */
struct cn_metric_view {
    enum cn_metric_kind kind;
    int32_t first_day;                 /* on which the account was first observed, or CN_NO_DAY */
    const struct cn_day_count *counts; /* CN_METRIC_COUNT */
    const struct cn_day_value *values; /* CN_METRIC_SUM, _MIN, _MAX, _LAST */
    size_t day_count;
    struct cn_day_members members; /* CN_METRIC_DISTINCT */
};

struct cn_window_when {
    int32_t today;
    int32_t until; /* later days do not count: today, or the day before if today has not begun */
};

/* False: missing. */
bool cn_window_value(const struct cn_metric_view *view, const struct cn_window *window,
                     struct cn_window_when when, double *value_out);

/* What the metric says about one day alone; false: nothing. */
bool cn_day_value_of(const struct cn_metric_view *view, int32_t day, double *value_out);

#endif
