#include "event/timestamp.h"

enum {
    US_PER_S = 1000000,
    S_PER_MINUTE = 60,
    S_PER_HOUR = 3600,
    S_PER_DAY = 86400,
};

struct reader {
    const char *at;
    const char *end;
};

/* Takes `digits` decimal digits; -1 if they are not there. */
static int take_number(struct reader *in, int digits)
{
    int value = 0;
    if (in->end - in->at < digits) {
        return -1;
    }
    for (int i = 0; i < digits; i++) {
        unsigned digit = (unsigned)(in->at[i] - '0');
        if (digit > 9) {
            return -1;
        }
        value = value * 10 + (int)digit;
    }
    in->at += digits;
    return value;
}

static bool take(struct reader *in, char c)
{
    if (in->at < in->end && *in->at == c) {
        in->at++;
        return true;
    }
    return false;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970-01-01.  Counts years from March, so that the leap day is the last of its year. */
static int64_t day_number(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static bool take_date(struct reader *in, int64_t *seconds_out)
{
    static const int month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int year = take_number(in, 4);
    bool has_month = take(in, '-');
    int month = take_number(in, 2);
    bool has_day = take(in, '-');
    int day = take_number(in, 2);
    if (!has_month || !has_day || year < 1970 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    if (day > month_days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0)) {
        return false;
    }
    *seconds_out = day_number(year, month, day) * S_PER_DAY;
    return true;
}

/* What follows a "." or ",": microseconds, further digits are passed over. */
static bool take_fraction(struct reader *in, int64_t *us_out)
{
    int64_t unit = US_PER_S / 10;
    const char *start = in->at;
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9') {
        *us_out += (*in->at - '0') * unit;
        unit /= 10;
        in->at++;
    }
    return in->at > start;
}

static bool take_time(struct reader *in, int64_t *seconds_out, int64_t *us_out)
{
    int hour = take_number(in, 2);
    bool has_minute = take(in, ':');
    int minute = take_number(in, 2);
    int second = 0;
    if (!has_minute || hour < 0 || hour > 23 || minute < 0 || minute > 59) {
        return false;
    }
    if (take(in, ':')) {
        second = take_number(in, 2);
        if (second < 0 || second > 60) { /* a leap second is the next one */
            return false;
        }
        if ((take(in, '.') || take(in, ',')) && !take_fraction(in, us_out)) {
            return false;
        }
    }
    *seconds_out += hour * S_PER_HOUR + minute * S_PER_MINUTE + second;
    return true;
}

/* "Z", "+02:00", "+0200", "+02" or nothing. */
static bool take_zone(struct reader *in, int64_t *seconds_out)
{
    if (in->at == in->end || take(in, 'Z') || take(in, 'z')) {
        return true;
    }
    bool is_west = take(in, '-');
    if (!is_west && !take(in, '+')) {
        return false;
    }
    int hours = take_number(in, 2);
    int minutes = 0;
    if (in->at < in->end) {
        (void)take(in, ':'); /* may be there */
        minutes = take_number(in, 2);
    }
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
        return false;
    }
    int64_t offset = hours * S_PER_HOUR + minutes * S_PER_MINUTE;
    *seconds_out += is_west ? offset : -offset;
    return true;
}

bool cn_timestamp_parse(cn_str text, cn_time *time_out)
{
    struct reader in = { text.ptr, text.ptr + text.len };
    int64_t seconds = 0;
    int64_t us = 0;
    if (!take_date(&in, &seconds)) {
        return false;
    }
    if (in.at < in.end) {
        bool has_time = take(&in, 'T') || take(&in, 't') || take(&in, ' ');
        if (!has_time || !take_time(&in, &seconds, &us) || !take_zone(&in, &seconds)) {
            return false;
        }
    }
    if (in.at != in.end) {
        return false;
    }
    time_out->us = seconds * US_PER_S + us;
    return true;
}

bool cn_timestamp_of_number(double number, cn_time *time_out)
{
    const double millisecond_limit = 1e11;
    const double most = 2e14; /* milliseconds: the year 8307 */
    if (!(number >= 0 && number <= most)) {
        return false;
    }
    double us = number >= millisecond_limit ? number * 1e3 : number * 1e6;
    time_out->us = (int64_t)us;
    return true;
}
