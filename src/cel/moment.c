/*
 * Moments and spans as text.  Nothing here knows a time zone or reads a clock.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#include "cel/text.h"

#define US_PER_SECOND INT64_C(1000000)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly `count` digits at *at, which moves past them. */
static bool read_fixed(cn_str text, size_t *at, size_t count, int64_t *value_out)
{
    int64_t value = 0;
    if (text.len - *at < count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        char c = text.ptr[(*at)++];
        if (!is_digit(c)) {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    *value_out = value;
    return true;
}

static bool read_char(cn_str text, size_t *at, char a, char b)
{
    if (*at >= text.len || (text.ptr[*at] != a && text.ptr[*at] != b)) {
        return false;
    }
    (*at)++;
    return true;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar (Howard Hinnant's algorithm). */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap);
}

static bool read_date(cn_str text, size_t *at, int64_t *days_out)
{
    int64_t year = 0;
    int64_t month = 0;
    int64_t day = 0;
    if (!read_fixed(text, at, 4, &year) || !read_char(text, at, '-', '-') ||
        !read_fixed(text, at, 2, &month) || !read_char(text, at, '-', '-') ||
        !read_fixed(text, at, 2, &day)) {
        return false;
    }
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) {
        return false;
    }
    *days_out = days_from_civil(year, month, day);
    return true;
}

static bool read_clock(cn_str text, size_t *at, int64_t *seconds_out)
{
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    if (!read_fixed(text, at, 2, &hour) || !read_char(text, at, ':', ':') ||
        !read_fixed(text, at, 2, &minute) || !read_char(text, at, ':', ':') ||
        !read_fixed(text, at, 2, &second) || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    *seconds_out = hour * 3600 + minute * 60 + second;
    return true;
}

/* ".123" to nanoseconds, if it is there; at most nine digits. */
static bool read_fraction(cn_str text, size_t *at, int64_t *nanoseconds_out)
{
    *nanoseconds_out = 0;
    if (!read_char(text, at, '.', '.')) {
        return true;
    }
    int64_t value = 0;
    size_t digits = 0;
    for (; *at < text.len && is_digit(text.ptr[*at]) && digits < 9; digits++) {
        value = value * 10 + (text.ptr[(*at)++] - '0');
    }
    bool is_empty = digits == 0;
    for (; digits < 9; digits++) {
        value *= 10;
    }
    *nanoseconds_out = value;
    return !is_empty;
}

/* "Z", "+02:00". */
static bool read_zone(cn_str text, size_t *at, int64_t *seconds_out)
{
    *seconds_out = 0;
    if (read_char(text, at, 'Z', 'z')) {
        return true;
    }
    int64_t hours = 0;
    int64_t minutes = 0;
    bool negative = *at < text.len && text.ptr[*at] == '-';
    if (!read_char(text, at, '+', '-') || !read_fixed(text, at, 2, &hours) ||
        !read_char(text, at, ':', ':') || !read_fixed(text, at, 2, &minutes) || hours > 23 ||
        minutes > 59) {
        return false;
    }
    *seconds_out = (hours * 3600 + minutes * 60) * (negative ? -1 : 1);
    return true;
}

bool cn_cel_read_timestamp(cn_str text, struct cn_cel_time *time_out)
{
    size_t at = 0;
    int64_t days = 0;
    int64_t clock = 0;
    int64_t nanoseconds = 0;
    int64_t zone = 0;
    if (!read_date(text, &at, &days) || !read_char(text, &at, 'T', 't') ||
        !read_clock(text, &at, &clock) || !read_fraction(text, &at, &nanoseconds) ||
        !read_zone(text, &at, &zone) || at != text.len) {
        return false;
    }
    struct cn_cel_time time = { .us = (days * 86400 + clock - zone) * US_PER_SECOND +
                                      nanoseconds / 1000,
                                .ns = (int32_t)(nanoseconds % 1000) };
    if (time.us < CN_CEL_TIMESTAMP_MIN_US || time.us > CN_CEL_TIMESTAMP_MAX_US) {
        return false;
    }
    *time_out = time;
    return true;
}

/* The fraction without trailing zeros, with its point; "" if it is 0. */
static size_t write_fraction(int64_t nanoseconds, char out[16])
{
    if (nanoseconds == 0) {
        return 0;
    }
    size_t len = (size_t)snprintf(out, 16, ".%09d", (int)nanoseconds);
    while (out[len - 1] == '0') {
        len--;
    }
    return len;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The inverse of days_from_civil(). */
struct cn_cel_date cn_cel_date_of_days(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = floor_div(shifted, 146097);
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    struct cn_cel_date date;
    date.month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    date.year = year_of_era + era * 400 + (date.month <= 2);
    date.day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    date.day_of_year = days - days_from_civil(date.year, 1, 1);
    return date;
}

cn_str cn_cel_write_timestamp(struct cn_arena *arena, struct cn_cel_time time)
{
    int64_t seconds = floor_div(time.us, US_PER_SECOND);
    int64_t nanoseconds = (time.us - seconds * US_PER_SECOND) * 1000 + time.ns;
    int64_t days = floor_div(seconds, 86400);
    int64_t clock = seconds - days * 86400;

    struct cn_cel_date date = cn_cel_date_of_days(days);
    char text[64];
    size_t len = (size_t)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d",
                                  (int)date.year, (int)date.month, (int)date.day,
                                  (int)(clock / 3600), (int)(clock / 60 % 60), (int)(clock % 60));
    len += write_fraction(nanoseconds, text + len);
    text[len++] = 'Z';
    return cn_arena_str(arena, (cn_str){ text, len });
}

static const struct {
    const char *name;
    int64_t nanoseconds;
} units[] = {
    { "ns", 1 },
    { "us", 1000 },
    { "\xc2\xb5s", 1000 }, /* micro sign */
    { "\xce\xbcs", 1000 }, /* Greek mu */
    { "ms", 1000000 },
    { "s", 1000000000 },
    { "m", INT64_C(60) * 1000000000 },
    { "h", INT64_C(3600) * 1000000000 },
};

static int64_t read_unit(cn_str text, size_t *at)
{
    size_t end = *at;
    while (end < text.len && !is_digit(text.ptr[end]) && text.ptr[end] != '.') {
        end++;
    }
    cn_str name = cn_str_slice(text, *at, end);
    *at = end;
    for (size_t i = 0; i < CN_ARRAY_LEN(units); i++) {
        if (cn_str_equal(name, cn_str_of(units[i].name))) {
            return units[i].nanoseconds;
        }
    }
    return 0;
}

/* "1h", "1.5s", ".5m": one number with its unit, added to *total. */
static bool read_part(cn_str text, size_t *at, __int128 *total)
{
    int64_t whole = 0;
    size_t start = *at;
    while (*at < text.len && is_digit(text.ptr[*at])) {
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_add_overflow(whole, text.ptr[*at] - '0', &whole)) {
            return false;
        }
        (*at)++;
    }
    bool has_digits = *at > start;
    int64_t fraction = 0;
    int64_t scale = 1;
    if (read_char(text, at, '.', '.')) {
        for (; *at < text.len && is_digit(text.ptr[*at]); (*at)++) {
            has_digits = true;
            if (scale < INT64_C(1000000000000)) { /* further digits are below a nanosecond */
                fraction = fraction * 10 + (text.ptr[*at] - '0');
                scale *= 10;
            }
        }
    }
    int64_t unit = read_unit(text, at);
    if (!has_digits || unit == 0) {
        return false;
    }
    *total += (__int128)whole * unit + (__int128)fraction * unit / scale;
    return *total <= (__int128)CN_CEL_DURATION_MAX_US * 1000;
}

bool cn_cel_read_duration(cn_str text, struct cn_cel_time *time_out)
{
    size_t at = 0;
    bool negative = text.len > 0 && text.ptr[0] == '-';
    if (text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+')) {
        at++;
    }
    if (cn_str_equal(cn_str_slice(text, at, text.len), CN_STR("0"))) {
        *time_out = (struct cn_cel_time){ 0, 0 };
        return true;
    }
    __int128 total = 0;
    if (at == text.len) {
        return false;
    }
    while (at < text.len) {
        if (!read_part(text, &at, &total)) {
            return false;
        }
    }
    total = negative ? -total : total;
    int32_t ns = (int32_t)(total % 1000);
    int64_t us = (int64_t)(total / 1000);
    *time_out = (struct cn_cel_time){ .us = us - (ns < 0), .ns = ns < 0 ? ns + 1000 : ns };
    return true;
}

cn_str cn_cel_write_duration(struct cn_arena *arena, struct cn_cel_time time)
{
    __int128 total = (__int128)time.us * 1000 + time.ns;
    bool negative = total < 0;
    total = negative ? -total : total;
    char text[64];
    size_t len = (size_t)snprintf(text, sizeof(text), "%s%lld", negative ? "-" : "",
                                  (long long)(total / 1000000000));
    len += write_fraction((int64_t)(total % 1000000000), text + len);
    text[len++] = 's';
    return cn_arena_str(arena, (cn_str){ text, len });
}
