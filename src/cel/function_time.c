/*
 * Parts of moments and spans.  Moments are taken in UTC; other zones are not here.
 */
#include "cel/rows.h"

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY    (INT64_C(86400) * US_PER_SECOND)

static int64_t day_of(const struct cn_cel_value *value)
{
    return value->as.time.us / US_PER_DAY - (value->as.time.us % US_PER_DAY < 0);
}

/* Microseconds since midnight. */
static int64_t time_of_day(const struct cn_cel_value *value)
{
    return value->as.time.us - day_of(value) * US_PER_DAY;
}

static struct cn_cel_date date_of(const struct cn_cel_value *value)
{
    return cn_cel_date_of_days(day_of(value));
}

/* clang-format off */
/* A part of args[0]. */
#define PART(name, part)                                                                   \
    static struct cn_cel_value name(struct cn_cel_call *call,                              \
                                    const struct cn_cel_value *args, size_t count)         \
    {                                                                                      \
        (void)call;                                                                        \
        (void)count;                                                                       \
        return cn_cel_int(part);                                                           \
    }
PART(full_year, date_of(&args[0]).year)
PART(month, date_of(&args[0]).month - 1)
PART(date, date_of(&args[0]).day)
PART(day_of_month, date_of(&args[0]).day - 1)
PART(day_of_year, date_of(&args[0]).day_of_year)
PART(day_of_week, ((day_of(&args[0]) + 4) % 7 + 7) % 7) /* 1970-01-01 was a Thursday */
PART(hours, time_of_day(&args[0]) / (3600 * US_PER_SECOND))
PART(minutes, time_of_day(&args[0]) / (60 * US_PER_SECOND) % 60)
PART(seconds, time_of_day(&args[0]) / US_PER_SECOND % 60)
PART(milliseconds, time_of_day(&args[0]) / 1000 % 1000)
/* Of spans the whole of it, towards 0. */
PART(span_hours, args[0].as.time.us / (3600 * US_PER_SECOND))
PART(span_minutes, args[0].as.time.us / (60 * US_PER_SECOND))
PART(span_seconds, args[0].as.time.us / US_PER_SECOND)

#define MOMENT(run_) CN_CEL_TAKES_1(CN_CEL_TIMESTAMP, CN_CEL_INT, run_, 0)
#define SPAN(run_)   CN_CEL_TAKES_1(CN_CEL_DURATION, CN_CEL_INT, run_, 0)
/* clang-format on */

static const struct cn_cel_overload full_year_rows[] = { MOMENT(full_year) };
static const struct cn_cel_overload month_rows[] = { MOMENT(month) };
static const struct cn_cel_overload date_rows[] = { MOMENT(date) };
static const struct cn_cel_overload day_of_month_rows[] = { MOMENT(day_of_month) };
static const struct cn_cel_overload day_of_year_rows[] = { MOMENT(day_of_year) };
static const struct cn_cel_overload day_of_week_rows[] = { MOMENT(day_of_week) };
static const struct cn_cel_overload hours_rows[] = { MOMENT(hours), SPAN(span_hours) };
static const struct cn_cel_overload minutes_rows[] = { MOMENT(minutes), SPAN(span_minutes) };
static const struct cn_cel_overload seconds_rows[] = { MOMENT(seconds), SPAN(span_seconds) };
static const struct cn_cel_overload milliseconds_rows[] = { MOMENT(milliseconds) };

#define MEMBER(name_, doc_, list)                                                        \
    {                                                                                    \
        .name = (name_), .usage = "x." name_ "()", .doc = (doc_), .form = CN_CEL_MEMBER, \
        CN_CEL_OVERLOADS(list)                                                           \
    }

static const struct cn_cel_function rows[] = {
    MEMBER("getFullYear", "Year of a moment, in UTC", full_year_rows),
    MEMBER("getMonth", "Month of a moment, 0 to 11", month_rows),
    MEMBER("getDate", "Day of the month, from 1", date_rows),
    MEMBER("getDayOfMonth", "Day of the month, from 0", day_of_month_rows),
    MEMBER("getDayOfYear", "Day of the year, from 0", day_of_year_rows),
    MEMBER("getDayOfWeek", "Day of the week, 0 is Sunday", day_of_week_rows),
    MEMBER("getHours", "Hour of a moment, or whole hours of a span", hours_rows),
    MEMBER("getMinutes", "Minute of a moment, or whole minutes of a span", minutes_rows),
    MEMBER("getSeconds", "Second of a moment, or whole seconds of a span", seconds_rows),
    MEMBER("getMilliseconds", "Milliseconds of a moment's second", milliseconds_rows),
};

const struct cn_cel_function_list cn_cel_time_functions = { rows, CN_ARRAY_LEN(rows) };
