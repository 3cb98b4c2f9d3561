#include "metric/window.h"

#include <assert.h>
#include <math.h>

#define KIND(k)   (1u << CN_METRIC_##k)
#define ADDABLE   (KIND(COUNT) | KIND(SUM))
#define NUMBERS   (KIND(SUM) | KIND(MIN) | KIND(MAX) | KIND(LAST))
#define ALL_KINDS (KIND(COUNT) | KIND(DISTINCT) | NUMBERS)

enum {
    NEAR_ENTRIES = 16 /* that are looked at one by one */
};

static const double million = 1e6;

const struct cn_window_row cn_window_rows[CN_WINDOW_METHODS] = {
    [CN_WINDOW_SUM] = { "sum", "sum(days), sum(days, back)", true, true, ADDABLE,
                        "sum of the last days, today so far included" },
    [CN_WINDOW_COUNT] = { "count", "count(days), count(days, back)", true, true,
                          KIND(COUNT) | NUMBERS,
                          "how many events or values there were, today so far included" },
    [CN_WINDOW_DISTINCT] = { "distinct", "distinct(days), distinct(days, back)", true, true,
                             KIND(DISTINCT),
                             "how many different ones there were, today so far included" },
    [CN_WINDOW_AVG] = { "avg", "avg(days), avg(days, back)", true, true, ALL_KINDS,
                        "mean of the last complete days" },
    [CN_WINDOW_MIN] = { "min", "min(days), min(days, back)", true, true, ALL_KINDS,
                        "smallest of the last complete days" },
    [CN_WINDOW_MAX] = { "max", "max(days), max(days, back)", true, true, ALL_KINDS,
                        "largest of the last days, today so far included" },
    [CN_WINDOW_LAST] = { "last", "last()", false, false, KIND(COUNT) | NUMBERS,
                         "value of the newest day that has one" },
    [CN_WINDOW_CHANGE] = { "change", "change(days)", true, true, ALL_KINDS,
                           "relative change of the last complete days against those before" },
    [CN_WINDOW_SLOPE] = { "slope", "slope(days)", true, true, ALL_KINDS,
                          "change per day over the last complete days" },
    [CN_WINDOW_DAYS_SINCE] = { "days_since", "days_since()", false, false, ALL_KINDS,
                               "days since the newest day that has a value" },
    [CN_WINDOW_DAYS_OBSERVED] = { "days_observed", "days_observed()", false, false, ALL_KINDS,
                                  "complete days since the account was first heard of" },
};

/* Days that a window covers, both included. */
struct range {
    int32_t from;
    int32_t to;
};

enum day_state {
    DAY_NOTHING,
    DAY_VALUE,
    DAY_TOO_LARGE,
};

struct days {
    double value[CN_WINDOW_DAYS_MAX];
    uint8_t state[CN_WINDOW_DAYS_MAX]; /* enum day_state */
};

static bool is_complete_only(enum cn_window_method method)
{
    return method == CN_WINDOW_AVG || method == CN_WINDOW_MIN || method == CN_WINDOW_CHANGE ||
           method == CN_WINDOW_SLOPE;
}

int64_t cn_window_reach(const struct cn_window *window)
{
    int64_t days = window->method == CN_WINDOW_CHANGE ? 2 * (int64_t)window->days : window->days;
    return days + window->back;
}

static struct range range_of(const struct cn_window *window, struct cn_window_when when)
{
    int32_t last = when.today - (is_complete_only(window->method) ? 1 : 0) - window->back;
    return (struct range){ last - window->days + 1, last };
}

static int32_t length(struct range range)
{
    return range.to - range.from + 1;
}

static bool reads_numbers(const struct cn_metric_view *view)
{
    return view->kind != CN_METRIC_COUNT && view->kind != CN_METRIC_DISTINCT;
}

static int32_t day_at(const struct cn_metric_view *view, size_t i)
{
    return reads_numbers(view) ? view->values[i].day : view->counts[i].day;
}

/* The number of entries of days up to and including `day`.  Most questions are about the newest;
 * those about a day long ago halve what is left. */
static size_t entries_to(const struct cn_metric_view *view, int32_t day)
{
    size_t high = view->day_count;
    size_t low = high > NEAR_ENTRIES ? high - NEAR_ENTRIES : 0;
    while (high > low && day_at(view, high - 1) > day) {
        high--;
    }
    if (high > low) {
        return high;
    }
    low = 0; /* entries before `low` are not after the day, those from `high` on are */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (day_at(view, middle) > day) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return high;
}

static int32_t ring_last(const struct cn_day_members *members)
{
    return members->first_day + 64 * (int32_t)members->words - 1;
}

/* First day of the range on which the account could have had a value. */
static int32_t observed_from(const struct cn_metric_view *view, struct range range)
{
    int32_t first = view->first_day;
    if (view->kind == CN_METRIC_LAST) {
        first = view->day_count > 0 ? view->values[0].day : CN_NO_DAY;
    }
    if (first == CN_NO_DAY) {
        return INT32_MAX;
    }
    return first > range.from ? first : range.from;
}

static struct range cut(struct range range, int32_t until)
{
    return (struct range){ range.from, range.to < until ? range.to : until };
}

/* Days of the range on which the account was observed. */
static int32_t observed_days(const struct cn_metric_view *view, struct range range)
{
    int32_t from = observed_from(view, range);
    return from > range.to ? 0 : range.to - from + 1;
}

/* What the entry says of its day.  False: it does not fit. */
static bool entry_value(const struct cn_metric_view *view, size_t i, double *value_out)
{
    if (view->kind == CN_METRIC_COUNT) {
        *value_out = (double)view->counts[i].count;
        return true;
    }
    const struct cn_day_value *entry = &view->values[i];
    if (view->kind != CN_METRIC_SUM) {
        *value_out = entry->value;
        return true;
    }
    *value_out = (double)(entry->plus - entry->minus) / million;
    return entry->plus != INT64_MAX && entry->minus != INT64_MAX;
}

static void put_entries(const struct cn_metric_view *view, struct range range, struct days *days)
{
    size_t i = entries_to(view, range.from - 1);
    for (; i < view->day_count && day_at(view, i) <= range.to; i++) {
        int32_t at = day_at(view, i) - range.from;
        bool fits = entry_value(view, i, &days->value[at]);
        days->state[at] = fits ? DAY_VALUE : DAY_TOO_LARGE;
    }
}

/* A value that holds until the next one. */
static void carry_last(const struct cn_metric_view *view, struct range range, struct days *days)
{
    size_t before = entries_to(view, range.from - 1);
    bool has_value = before > 0;
    double value = has_value ? view->values[before - 1].value : 0;
    for (int32_t at = 0; at < length(range); at++) {
        if (days->state[at] == DAY_VALUE) {
            has_value = true;
            value = days->value[at];
        } else if (has_value) {
            days->state[at] = DAY_VALUE;
            days->value[at] = value;
        }
    }
}

static void put_members(const struct cn_day_members *members, struct range range, struct days *days)
{
    for (int32_t day = range.from; day <= range.to; day++) {
        if (day < members->first_day || day > ring_last(members)) {
            continue;
        }
        uint32_t bit = cn_ring_bit(members->words, day);
        const uint64_t *word = members->items + 1 + bit / 64;
        size_t seen = 0;
        for (size_t slot = 0; slot < members->slots; slot++) {
            seen += word[slot * (1 + members->words)] >> bit % 64 & 1;
        }
        if (seen > 0) { /* else it is as for every metric: 0 once the account was observed */
            days->value[day - range.from] = (double)seen;
            days->state[day - range.from] = DAY_VALUE;
        }
    }
}

/* One value a day of the range, as the kind of metric has it. */
static void fill_days(const struct cn_metric_view *view, struct range range, struct days *days)
{
    bool is_zero_without = view->kind == CN_METRIC_COUNT || view->kind == CN_METRIC_SUM ||
                           view->kind == CN_METRIC_DISTINCT;
    int32_t zeros = is_zero_without ? observed_from(view, range) : INT32_MAX;
    assert(length(range) <= CN_WINDOW_DAYS_MAX);
    for (int32_t at = 0; at < length(range); at++) {
        days->value[at] = 0;
        days->state[at] = range.from + at >= zeros ? DAY_VALUE : DAY_NOTHING;
    }
    if (view->kind == CN_METRIC_DISTINCT) {
        put_members(&view->members, range, days);
    } else {
        put_entries(view, range, days);
    }
    if (view->kind == CN_METRIC_LAST) {
        carry_last(view, range, days);
    }
}

/* Members that were seen on any day of the range. */
static size_t distinct(const struct cn_day_members *members, struct range range)
{
    int32_t from = range.from > members->first_day ? range.from : members->first_day;
    int32_t to = range.to < ring_last(members) ? range.to : ring_last(members);
    size_t count = 0;
    if (from > to) {
        return 0;
    }
    /* The range is at most two runs of bits in the ring: each word has one mask. */
    for (size_t slot = 0; slot < members->slots; slot++) {
        const uint64_t *bits = members->items + slot * (1 + members->words) + 1;
        bool seen = false;
        for (int32_t day = from; !seen && day <= to;) {
            uint32_t bit = cn_ring_bit(members->words, day);
            uint32_t run = 64 - bit % 64;
            uint32_t left = (uint32_t)(to - day + 1);
            uint32_t take = run < left ? run : left;
            uint64_t mask = take == 64 ? UINT64_MAX : ((UINT64_C(1) << take) - 1);
            seen = (bits[bit / 64] >> bit % 64 & mask) != 0;
            day += (int32_t)take;
        }
        count += seen;
    }
    return count;
}

/* Sum of counts or of exact values.  False if a day does not fit. */
static bool total(const struct cn_metric_view *view, struct range range, double *total_out)
{
    __int128 millionths = 0;
    int64_t events = 0;
    for (size_t i = entries_to(view, range.to); i > 0 && day_at(view, i - 1) >= range.from; i--) {
        if (view->kind == CN_METRIC_COUNT) {
            events += view->counts[i - 1].count;
            continue;
        }
        const struct cn_day_value *entry = &view->values[i - 1];
        if (entry->plus == INT64_MAX || entry->minus == INT64_MAX) {
            return false;
        }
        millionths += entry->plus;
        millionths -= entry->minus;
    }
    *total_out = view->kind == CN_METRIC_COUNT ? (double)events : (double)millionths / million;
    return true;
}

static size_t count_values(const struct cn_metric_view *view, struct range range)
{
    size_t count = 0;
    for (size_t i = entries_to(view, range.to); i > 0 && day_at(view, i - 1) >= range.from; i--) {
        count += reads_numbers(view) ? view->values[i - 1].count : view->counts[i - 1].count;
    }
    return count;
}

/* Sum, mean, extremes and the sums for a line through the days that have a value. */
struct summary {
    int32_t points;
    double sum;
    double min;
    double max;
    double x;
    double xx;
    double xy;
};

static void add_point(struct summary *summary, double at, double value)
{
    summary->min = summary->points == 0 || value < summary->min ? value : summary->min;
    summary->max = summary->points == 0 || value > summary->max ? value : summary->max;
    summary->points++;
    summary->sum += value;
    summary->xy += at * value;
}

/* 0 + 1 + 4 + ... + n * n */
static double squares(int64_t n)
{
    const int64_t sum = n * (n + 1) * (2 * n + 1) / 6; /* it is whole */
    return (double)sum;
}

/* Of counts and sums only the days with events are looked at; the others are 0. */
static bool summarise_sparse(const struct cn_metric_view *view, struct range range,
                             struct summary *out)
{
    struct summary summary = { 0 };
    int32_t observed = observed_days(view, range);
    int64_t last = length(range) - 1;
    int64_t first = last - observed + 1;
    size_t i = entries_to(view, range.from - 1);
    for (; i < view->day_count && day_at(view, i) <= range.to; i++) {
        double value = 0;
        if (!entry_value(view, i, &value)) {
            return false;
        }
        add_point(&summary, day_at(view, i) - range.from, value);
    }
    if (summary.points < observed) {
        add_point(&summary, 0, 0);
    }
    summary.points = observed;
    const int64_t days = (first + last) * observed / 2; /* of a row of numbers: it is whole */
    summary.x = (double)days;
    summary.xx = squares(last) - squares(first - 1);
    *out = summary;
    return true;
}

/* False if a day does not fit. */
static bool summarise(const struct cn_metric_view *view, struct range range, struct summary *out)
{
    if (view->kind == CN_METRIC_COUNT || view->kind == CN_METRIC_SUM) {
        return summarise_sparse(view, range, out);
    }
    struct days days __attribute__((uninitialized)); /* filled as far as it is read */
    fill_days(view, range, &days);
    struct summary summary = { 0 };
    for (int32_t at = 0; at < length(range); at++) {
        if (days.state[at] == DAY_TOO_LARGE) {
            return false;
        }
        if (days.state[at] == DAY_NOTHING) {
            continue;
        }
        add_point(&summary, at, days.value[at]);
        summary.x += at;
        summary.xx += (double)at * at;
    }
    *out = summary;
    return true;
}

static bool mean(const struct cn_metric_view *view, struct range range, double *value_out)
{
    struct summary summary;
    int32_t observed = observed_days(view, range);
    if (observed == 0) {
        return false;
    }
    if (view->kind == CN_METRIC_COUNT || view->kind == CN_METRIC_SUM) {
        double sum = 0;
        if (!total(view, range, &sum)) {
            return false;
        }
        *value_out = sum / observed;
        return true;
    }
    if (!summarise(view, range, &summary) || summary.points == 0) {
        return false;
    }
    *value_out = summary.sum / summary.points;
    return true;
}

static bool extreme(const struct cn_metric_view *view, struct range range, bool want_max,
                    double *value_out)
{
    struct summary summary;
    if (observed_days(view, range) == 0 || !summarise(view, range, &summary) ||
        summary.points == 0) {
        return false;
    }
    *value_out = want_max ? summary.max : summary.min;
    return true;
}

/* What change compares: one figure for the whole of a window. */
static bool level(const struct cn_metric_view *view, struct range range, double *value_out)
{
    if (view->kind == CN_METRIC_DISTINCT) {
        *value_out = (double)distinct(&view->members, range);
        return true;
    }
    return mean(view, range, value_out);
}

static bool change(const struct cn_metric_view *view, struct range range, double *value_out)
{
    struct range earlier = { range.from - length(range), range.from - 1 };
    double old = 0;
    double new = 0;
    if (observed_days(view, earlier) < length(earlier) || !level(view, earlier, &old) ||
        !level(view, range, &new)) {
        return false;
    }
    if (old == 0) {
        *value_out = 0;
        return new == 0;
    }
    *value_out = (new - old) / fabs(old);
    return true;
}

static bool slope(const struct cn_metric_view *view, struct range range, double *value_out)
{
    struct summary summary;
    int32_t observed = observed_days(view, range);
    if (observed < 2 || 2 * observed < length(range) || !summarise(view, range, &summary) ||
        summary.points < 2) {
        return false;
    }
    double n = summary.points;
    *value_out =
        (n * summary.xy - summary.x * summary.sum) / (n * summary.xx - summary.x * summary.x);
    return true;
}

/* Newest day up to `to`, which the ring still covers, on which a member was seen.  The days of a
 * word are looked at at once. */
static int32_t newest_seen(const struct cn_day_members *members, int32_t to)
{
    for (int32_t day = to; day >= members->first_day;) {
        const uint32_t bit = cn_ring_bit(members->words, day);
        const uint32_t run = bit % 64 + 1;
        const uint32_t left = (uint32_t)(day - members->first_day + 1);
        const uint32_t take = run < left ? run : left;
        const uint64_t *word = members->items + 1 + bit / 64;
        uint64_t seen = 0;
        for (size_t slot = 0; slot < members->slots; slot++) {
            seen |= word[slot * (1 + members->words)];
        }
        seen <<= 63 - bit % 64; /* the day itself is now the highest bit */
        seen &= take == 64 ? UINT64_MAX : ~(UINT64_MAX >> take);
        if (seen != 0) {
            return day - __builtin_clzll(seen);
        }
        day -= (int32_t)take;
    }
    return CN_NO_DAY;
}

/* Newest day up to `until` that has a value. */
static int32_t newest_day(const struct cn_metric_view *view, int32_t until)
{
    if (view->kind != CN_METRIC_DISTINCT) {
        size_t i = entries_to(view, until);
        return i > 0 ? day_at(view, i - 1) : CN_NO_DAY;
    }
    const struct cn_day_members *members = &view->members;
    int32_t to = until < ring_last(members) ? until : ring_last(members);
    int32_t day = newest_seen(members, to);
    if (day != CN_NO_DAY) {
        return day;
    }
    return members->before != CN_NO_DAY && members->before <= until ? members->before : CN_NO_DAY;
}

static bool last(const struct cn_metric_view *view, int32_t until, double *value_out)
{
    int32_t day = newest_day(view, until);
    return day != CN_NO_DAY && cn_day_value_of(view, day, value_out);
}

static bool days_since(const struct cn_metric_view *view, struct cn_window_when when,
                       double *value_out)
{
    int32_t day = newest_day(view, when.until);
    if (day == CN_NO_DAY) {
        return false;
    }
    *value_out = when.today - day;
    return true;
}

static bool days_observed(const struct cn_metric_view *view, struct cn_window_when when,
                          double *value_out)
{
    bool is_known = view->first_day != CN_NO_DAY && view->first_day <= when.until;
    *value_out = is_known ? when.today - view->first_day : 0;
    return true;
}

/* Windows in which nothing being there means 0, if only the account was known by then. */
static bool tally(const struct cn_metric_view *view, const struct cn_window *window,
                  struct range range, double *value_out)
{
    if (view->first_day == CN_NO_DAY || view->first_day > range.to) {
        return false;
    }
    if (window->method == CN_WINDOW_SUM) {
        return total(view, range, value_out);
    }
    *value_out = (double)(window->method == CN_WINDOW_DISTINCT ? distinct(&view->members, range)
                                                               : count_values(view, range));
    return true;
}

bool cn_window_value(const struct cn_metric_view *view, const struct cn_window *window,
                     struct cn_window_when when, double *value_out)
{
    struct range range = cut(range_of(window, when), when.until);

    switch (window->method) {
    case CN_WINDOW_SUM:
    case CN_WINDOW_COUNT:
    case CN_WINDOW_DISTINCT:
        return tally(view, window, range, value_out);
    case CN_WINDOW_AVG:
        return mean(view, range, value_out);
    case CN_WINDOW_MIN:
        return extreme(view, range, false, value_out);
    case CN_WINDOW_MAX:
        return extreme(view, range, true, value_out);
    case CN_WINDOW_LAST:
        return last(view, when.until, value_out);
    case CN_WINDOW_CHANGE:
        return change(view, range, value_out);
    case CN_WINDOW_SLOPE:
        return slope(view, range, value_out);
    case CN_WINDOW_DAYS_SINCE:
        return days_since(view, when, value_out);
    case CN_WINDOW_DAYS_OBSERVED:
        return days_observed(view, when, value_out);
    }
    return false;
}

bool cn_day_value_of(const struct cn_metric_view *view, int32_t day, double *value_out)
{
    struct days days __attribute__((uninitialized)); /* filled as far as it is read */
    fill_days(view, (struct range){ day, day }, &days);
    *value_out = days.value[0];
    return days.state[0] == DAY_VALUE;
}
