/*
 * Parts of moments and spans.  A moment's are those of a clock in UTC, or in the zone that is named
 * like "Europe/Berlin" or by its distance like "+02:00".
 */
#include "base/str.h"

#include "cel/rows.h"

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY    (INT64_C(86400) * US_PER_SECOND)

static bool two_digits(cn_str text, size_t at, int64_t *value_out)
{
    if (at + 2 > text.len || text.ptr[at] < '0' || text.ptr[at] > '9' || text.ptr[at + 1] < '0' ||
        text.ptr[at + 1] > '9') {
        return false;
    }
    *value_out = (text.ptr[at] - '0') * 10 + (text.ptr[at + 1] - '0');
    return true;
}

/* "+02:00", "-02:30", "02:00": seconds east of UTC. */
static bool read_distance(cn_str text, int64_t *seconds_out)
{
    bool has_sign = text.len > 0 && (text.ptr[0] == '+' || text.ptr[0] == '-');
    size_t at = has_sign ? 1 : 0;
    int64_t hours = 0;
    int64_t minutes = 0;
    if (text.len != at + 5 || !two_digits(text, at, &hours) || text.ptr[at + 2] != ':' ||
        !two_digits(text, at + 3, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    *seconds_out = (hours * 3600 + minutes * 60) * (text.ptr[0] == '-' ? -1 : 1);
    return true;
}

/* The moment as a clock there shows it, in microseconds. */
static enum cn_cel_failure local(struct cn_cel_call *call, const struct cn_cel_value *args,
                                 size_t count, int64_t *us_out)
{
    int64_t seconds = 0;
    *us_out = args[0].as.time.us;
    if (count < 2) {
        return CN_CEL_NO_FAILURE;
    }
    if (!read_distance(args[1].as.text, &seconds)) {
        const struct cn_tz *zone = cn_cel_cached_zone(call, args[1].as.text);
        if (zone == NULL) {
            return call->steps_left > 0 ? CN_CEL_BAD_ARGUMENT : CN_CEL_TOO_COSTLY;
        }
        seconds = cn_tz_offset(zone, (cn_time){ args[0].as.time.us });
    }
    *us_out += seconds * US_PER_SECOND;
    return CN_CEL_NO_FAILURE;
}

static int64_t day_of(int64_t us)
{
    return us / US_PER_DAY - (us % US_PER_DAY < 0);
}

/* Microseconds since midnight. */
static int64_t time_of_day(int64_t us)
{
    return us - day_of(us) * US_PER_DAY;
}

static struct cn_cel_date date_of(int64_t us)
{
    return cn_cel_date_of_days(day_of(us));
}

/* clang-format off */
/* A part of what the clock shows. */
#define PART(name, part)                                                                   \
    CN_CEL_RUN(name)                                                                       \
    {                                                                                      \
        int64_t us = 0;                                                                    \
        enum cn_cel_failure failure = local(call, args, count, &us);                       \
        return failure == CN_CEL_NO_FAILURE ? cn_cel_int(part) : cn_cel_failed(failure);   \
    }
PART(full_year, date_of(us).year)
PART(month, date_of(us).month - 1)
PART(date, date_of(us).day)
PART(day_of_month, date_of(us).day - 1)
PART(day_of_year, date_of(us).day_of_year)
PART(day_of_week, ((day_of(us) + 4) % 7 + 7) % 7) /* 1970-01-01 was a Thursday */
PART(hours, time_of_day(us) / (3600 * US_PER_SECOND))
PART(minutes, time_of_day(us) / (60 * US_PER_SECOND) % 60)
PART(seconds, time_of_day(us) / US_PER_SECOND % 60)
PART(milliseconds, time_of_day(us) / 1000 % 1000)

/* Of spans the whole of it, towards 0; of milliseconds those of its last second. */
#define SPAN_PART(name, part)                                                              \
    CN_CEL_RUN(name)                                                                       \
    {                                                                                      \
        CN_CEL_UNUSED;                                                                     \
        int64_t us = args[0].as.time.us + (args[0].as.time.us < 0 && args[0].as.time.ns > 0); \
        return cn_cel_int(part);                                                           \
    }
SPAN_PART(span_hours, us / (3600 * US_PER_SECOND))
SPAN_PART(span_minutes, us / (60 * US_PER_SECOND))
SPAN_PART(span_seconds, us / US_PER_SECOND)
SPAN_PART(span_milliseconds, us / 1000 % 1000)

#define MOMENT(run_)                                                                       \
    CN_CEL_TAKES_1(CN_CEL_TIMESTAMP, CN_CEL_INT, run_, 0),                                 \
        CN_CEL_TAKES_2(CN_CEL_TIMESTAMP, CN_CEL_STRING, CN_CEL_INT, run_, 0)
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
static const struct cn_cel_overload milliseconds_rows[] = { MOMENT(milliseconds),
                                                            SPAN(span_milliseconds) };

#define MEMBER(name_, doc_, list)                                                              \
    {                                                                                          \
        .name = (name_), .usage = "x." name_ "([zone])", .doc = (doc_), .form = CN_CEL_MEMBER, \
        CN_CEL_OVERLOADS(list)                                                                 \
    }

static const struct cn_cel_function rows[] = {
    MEMBER("getFullYear", "Year of a moment, in UTC or a zone", full_year_rows),
    MEMBER("getMonth", "Month of a moment, 0 to 11", month_rows),
    MEMBER("getDate", "Day of the month, from 1", date_rows),
    MEMBER("getDayOfMonth", "Day of the month, from 0", day_of_month_rows),
    MEMBER("getDayOfYear", "Day of the year, from 0", day_of_year_rows),
    MEMBER("getDayOfWeek", "Day of the week, 0 is Sunday", day_of_week_rows),
    MEMBER("getHours", "Hour of a moment, or whole hours of a span", hours_rows),
    MEMBER("getMinutes", "Minute of a moment, or whole minutes of a span", minutes_rows),
    MEMBER("getSeconds", "Second of a moment, or whole seconds of a span", seconds_rows),
    MEMBER("getMilliseconds", "Milliseconds of a moment's or span's last second",
           milliseconds_rows),
};

const struct cn_cel_function_list cn_cel_time_functions = { "Moments and spans", rows,
                                                            CN_ARRAY_LEN(rows) };
