#include "base/tz.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/parse.h"
#include "base/str.h"

enum {
    FILE_MAX_BYTES = 256 * 1024, /* the largest zone has 4 KiB */
    HEADER_BYTES = 44,
    NAME_MAX_BYTES = 64,
    SECONDS_PER_DAY = 86400
};

/* When a rule of the footer applies: the POSIX form Mm.w.d/time (the only one tz database uses),
 * or Jn, or n. */
struct change_rule {
    char kind; /* 'M', 'J' or 'n' */
    int month;
    int week;
    int day;
    int64_t time; /* seconds after local midnight, may be negative or over a day */
};

struct cn_tz {
    char name[NAME_MAX_BYTES];
    int64_t digest;  /* of the file */
    size_t count;    /* of changes */
    int64_t *at;     /* seconds UTC, ascending */
    int64_t *offset; /* seconds east from at[i] on */
    int64_t first;   /* offset before at[0] */
    bool has_footer; /* the rest describes the time after the last change */
    bool has_summer;
    int64_t standard;
    int64_t summer;
    struct change_rule begins; /* of summer time */
    struct change_rule ends;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t cn_day_from_date(int64_t year, int month, int day)
{
    /* Years begin in March, so that the leap day is the last of its year. */
    int64_t y = year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (int64_t)(month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct cn_civil cn_date_from_day(int64_t day)
{
    int64_t z = day + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153; /* from March */
    return (struct cn_civil){ .year = year + era * 400 + (month >= 10),
                              .month = (int)(month < 10 ? month + 3 : month - 9),
                              .day = (int)(of_year - (153 * month + 2) / 5 + 1) };
}

static int64_t be32(const unsigned char *p)
{
    return (int32_t)((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]);
}

static int64_t be64(const unsigned char *p)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) {
        value = value << 8 | p[i];
    }
    return (int64_t)value;
}

static bool read_file(cn_str name, unsigned char *bytes_out, size_t *len_out, struct cn_error *err)
{
    char path[PATH_MAX];
    const char *folder = getenv("TZDIR"); /* NOLINT(concurrency-mt-unsafe): nobody sets it */
    int len = snprintf(path, sizeof(path), "%s/%.*s",
                       folder != NULL ? folder : "/usr/share/zoneinfo", CN_STR_ARG(name));
    if (len < 0 || (size_t)len >= sizeof(path)) {
        return cn_fail(err, CN_INVALID, "time zone name is too long");
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return cn_fail(err, CN_INVALID,
                       "no time zone \"%.*s\" on this host (is tzdata installed?): %m",
                       CN_STR_ARG(name));
    }
    size_t total = 0;
    ssize_t got = 0;
    while (total < FILE_MAX_BYTES &&
           ((got = read(fd, bytes_out + total, FILE_MAX_BYTES - total)) > 0 ||
            (got < 0 && errno == EINTR))) {
        total += got > 0 ? (size_t)got : 0;
    }
    (void)close(fd); /* only read */
    if (got < 0) {
        return cn_fail(err, CN_INVALID, "time zone \"%.*s\" cannot be read", CN_STR_ARG(name));
    }
    *len_out = total;
    return true;
}

struct header {
    int64_t is_utc_count;
    int64_t is_standard_count;
    int64_t leap_count;
    int64_t change_count;
    int64_t type_count;
    int64_t text_bytes;
};

static bool read_header(const unsigned char *at, size_t len, struct header *header_out)
{
    if (len < HEADER_BYTES || memcmp(at, "TZif", 4) != 0 || at[4] < '2') {
        return false;
    }
    struct header header = { be32(at + 20), be32(at + 24), be32(at + 28),
                             be32(at + 32), be32(at + 36), be32(at + 40) };
    *header_out = header;
    return header.is_utc_count >= 0 && header.is_standard_count >= 0 && header.leap_count >= 0 &&
           header.change_count >= 0 && header.type_count > 0 && header.text_bytes >= 0;
}

static size_t body_bytes(const struct header *header, int64_t time_bytes)
{
    return (size_t)(header->change_count * (time_bytes + 1) + header->type_count * 6 +
                    header->text_bytes + header->leap_count * (time_bytes + 4) +
                    header->is_standard_count + header->is_utc_count);
}

/* POSIX time: [+-]hh[:mm[:ss]], in seconds. */
static bool parse_posix_time(cn_str *rest, int64_t *seconds_out)
{
    bool negative = rest->len > 0 && rest->ptr[0] == '-';
    if (rest->len > 0 && (rest->ptr[0] == '-' || rest->ptr[0] == '+')) {
        *rest = cn_str_slice(*rest, 1, rest->len);
    }
    int64_t total = 0;
    for (int64_t unit = 3600; unit > 0; unit /= 60) {
        size_t digits = 0;
        while (digits < rest->len && rest->ptr[digits] >= '0' && rest->ptr[digits] <= '9') {
            digits++;
        }
        int64_t value = 0;
        if (digits > 3 || !cn_parse_i64(cn_str_slice(*rest, 0, digits), &value)) {
            return false;
        }
        total += value * unit;
        *rest = cn_str_slice(*rest, digits, rest->len);
        if (rest->len == 0 || rest->ptr[0] != ':') {
            break;
        }
        *rest = cn_str_slice(*rest, 1, rest->len);
    }
    *seconds_out = negative ? -total : total;
    return true;
}

static bool skip_zone_letters(cn_str *rest)
{
    size_t len = 0;
    if (rest->len > 0 && rest->ptr[0] == '<') {
        while (len < rest->len && rest->ptr[len] != '>') {
            len++;
        }
        len++;
    } else {
        while (len < rest->len &&
               ((rest->ptr[len] | 0x20) >= 'a' && (rest->ptr[len] | 0x20) <= 'z')) {
            len++;
        }
    }
    *rest = cn_str_slice(*rest, len, rest->len);
    return len >= 3;
}

static bool parse_rule_numbers(cn_str text, struct change_rule *rule)
{
    int64_t numbers[3] = { 0 };
    size_t count = 0;
    size_t want = rule->kind == 'M' ? 3 : 1;
    cn_str piece;
    while (count < want && cn_str_split(&text, '.', &piece)) {
        if (!cn_parse_i64(piece, &numbers[count++])) {
            return false;
        }
    }
    if (text.len > 0 || count != want) {
        return false;
    }
    if (rule->kind != 'M') {
        rule->day = (int)numbers[0];
        return numbers[0] >= 0 && numbers[0] <= 366;
    }
    rule->month = (int)numbers[0];
    rule->week = (int)numbers[1];
    rule->day = (int)numbers[2];
    return rule->month >= 1 && rule->month <= 12 && rule->week >= 1 && rule->week <= 5 &&
           rule->day >= 0 && rule->day <= 6;
}

static bool parse_rule(cn_str text, struct change_rule *rule_out)
{
    struct change_rule rule = { .kind = 'n', .time = 7200 };
    cn_str date;
    if (!cn_str_split(&text, '/', &date)) {
        return false;
    }
    if (text.len > 0 && !parse_posix_time(&text, &rule.time)) {
        return false;
    }
    if (date.len > 0 && (date.ptr[0] == 'M' || date.ptr[0] == 'J')) {
        rule.kind = date.ptr[0];
        date = cn_str_slice(date, 1, date.len);
    }
    *rule_out = rule;
    return parse_rule_numbers(date, rule_out);
}

/* The POSIX TZ text behind the data: "CET-1CEST,M3.5.0,M10.5.0/3".  POSIX counts west. */
static bool parse_footer(struct cn_tz *tz, cn_str text)
{
    int64_t west = 0;
    if (!skip_zone_letters(&text) || !parse_posix_time(&text, &west)) {
        return false;
    }
    tz->has_footer = true;
    tz->standard = -west;
    if (text.len == 0) {
        return true;
    }
    if (!skip_zone_letters(&text)) {
        return false;
    }
    tz->summer = tz->standard + 3600;
    if (text.len > 0 && text.ptr[0] != ',') {
        if (!parse_posix_time(&text, &west)) {
            return false;
        }
        tz->summer = -west;
    }
    cn_str before;
    cn_str begins;
    tz->has_summer = true;
    return cn_str_split(&text, ',', &before) && before.len == 0 &&
           cn_str_split(&text, ',', &begins) && parse_rule(begins, &tz->begins) &&
           parse_rule(text, &tz->ends);
}

/* Fills tz from the second, 64-bit part of the file. */
static bool read_body(struct cn_tz *tz, const unsigned char *at, size_t len)
{
    struct header header;
    if (!read_header(at, len, &header) || len - HEADER_BYTES < body_bytes(&header, 8)) {
        return false;
    }
    tz->count = (size_t)header.change_count;
    tz->at = cn_heap_resize(NULL, (tz->count + 1) * sizeof(tz->at[0]));
    tz->offset = cn_heap_resize(NULL, (tz->count + 1) * sizeof(tz->offset[0]));
    const unsigned char *times = at + HEADER_BYTES;
    const unsigned char *indexes = times + tz->count * 8;
    const unsigned char *types = indexes + tz->count;
    for (size_t i = 0; i < tz->count; i++) {
        if (indexes[i] >= header.type_count) {
            return false;
        }
        tz->at[i] = be64(times + i * 8);
        tz->offset[i] = be32(types + (size_t)indexes[i] * 6);
        if (i > 0 && tz->at[i] <= tz->at[i - 1]) {
            return false;
        }
    }
    tz->first = be32(types);

    size_t used = HEADER_BYTES + body_bytes(&header, 8);
    cn_str footer = { (const char *)at + used, len - used };
    cn_str line = cn_str_trim(footer);
    return line.len == 0 || parse_footer(tz, line);
}

static bool name_is_safe(cn_str name)
{
    if (name.len == 0 || name.len >= NAME_MAX_BYTES || name.ptr[0] == '/') {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '/' && c != '_' && c != '-' && c != '+') {
            return false;
        }
    }
    return true;
}

bool cn_tz_load(cn_str name, struct cn_tz **tz_out, struct cn_error *err)
{
    if (!name_is_safe(name)) {
        return cn_fail(err, CN_INVALID,
                       "\"%.*s\" is not a time zone name such as \"Europe/Berlin\"",
                       (int)(name.len < NAME_MAX_BYTES ? name.len : NAME_MAX_BYTES), name.ptr);
    }
    unsigned char *bytes = cn_heap_resize(NULL, FILE_MAX_BYTES);
    struct cn_tz *tz = cn_heap_resize(NULL, sizeof(*tz));
    *tz = (struct cn_tz){ 0 };
    memcpy(tz->name, name.ptr, name.len);
    size_t len = 0;
    bool ok = read_file(name, bytes, &len, err);
    if (ok) {
        struct header header;
        size_t skip = 0;
        ok = read_header(bytes, len, &header);
        if (ok) {
            skip = HEADER_BYTES + body_bytes(&header, 4);
            ok = skip <= len && read_body(tz, bytes + skip, len - skip);
            tz->digest = (int64_t)cn_hash64((cn_str){ (const char *)bytes, len });
        }
        if (!ok) {
            cn_fail(err, CN_INVALID, "the file of time zone \"%s\" is damaged", tz->name);
        }
    }
    free(bytes);
    if (!ok) {
        cn_tz_free(tz);
        return false;
    }
    *tz_out = tz;
    return true;
}

void cn_tz_free(struct cn_tz *tz)
{
    if (tz != NULL) {
        free(tz->at);
        free(tz->offset);
        free(tz);
    }
}

cn_str cn_tz_name(const struct cn_tz *tz)
{
    return cn_str_of(tz->name);
}

int64_t cn_tz_digest(const struct cn_tz *tz)
{
    return tz->digest;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* The moment of the change in that year, in local seconds before the change. */
static int64_t rule_moment(const struct change_rule *rule, int64_t year)
{
    int64_t day;
    if (rule->kind == 'M') {
        int64_t first = cn_day_from_date(year, rule->month, 1);
        int64_t weekday = (first % 7 + 11) % 7; /* 1970-01-01 was a Thursday; Sunday is 0 */
        day = first + (rule->day - weekday + 7) % 7 + (int64_t)(rule->week - 1) * 7;
        int64_t next = rule->month == 12 ? cn_day_from_date(year + 1, 1, 1)
                                         : cn_day_from_date(year, rule->month + 1, 1);
        if (day >= next) { /* week 5 is the last one */
            day -= 7;
        }
    } else if (rule->kind == 'J') { /* 1 to 365, the leap day is not counted */
        day = cn_day_from_date(year, 1, 1) + rule->day - 1 + (is_leap(year) && rule->day >= 60);
    } else {
        day = cn_day_from_date(year, 1, 1) + rule->day;
    }
    return day * SECONDS_PER_DAY + rule->time;
}

static int64_t offset_by_footer(const struct cn_tz *tz, int64_t seconds)
{
    if (!tz->has_summer) {
        return tz->standard;
    }
    int64_t year = cn_date_from_day(floor_div(seconds + tz->standard, SECONDS_PER_DAY)).year;
    int64_t begins = rule_moment(&tz->begins, year) - tz->standard;
    int64_t ends = rule_moment(&tz->ends, year) - tz->summer;
    bool is_summer = begins < ends ? seconds >= begins && seconds < ends
                                   : seconds >= begins || seconds < ends; /* southern half */
    return is_summer ? tz->summer : tz->standard;
}

static int64_t offset_at(const struct cn_tz *tz, int64_t seconds)
{
    if (tz->count == 0 || seconds >= tz->at[tz->count - 1]) {
        if (tz->has_footer) {
            return offset_by_footer(tz, seconds);
        }
        return tz->count == 0 ? tz->first : tz->offset[tz->count - 1];
    }
    if (seconds < tz->at[0]) {
        return tz->first;
    }
    size_t lo = 0;
    size_t hi = tz->count - 1; /* at[lo] <= seconds < at[hi] */
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (tz->at[mid] <= seconds) {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    return tz->offset[lo];
}

int64_t cn_tz_offset(const struct cn_tz *tz, cn_time at)
{
    return offset_at(tz, floor_div(at.us, 1000000));
}

int64_t cn_tz_day(const struct cn_tz *tz, cn_time at)
{
    int64_t seconds = floor_div(at.us, 1000000);
    return floor_div(seconds + offset_at(tz, seconds), SECONDS_PER_DAY);
}

cn_time cn_tz_day_start(const struct cn_tz *tz, int64_t day)
{
    /* The first second whose day is not before `day`.  Offsets stay within a day, so the answer
     * lies within a day of UTC midnight; the day never runs backwards across a whole day. */
    int64_t lo = (day - 1) * SECONDS_PER_DAY - SECONDS_PER_DAY / 2; /* before */
    int64_t hi = (day + 1) * SECONDS_PER_DAY + SECONDS_PER_DAY / 2; /* not before */
    while (hi - lo > 1) {
        int64_t mid = lo + (hi - lo) / 2;
        if (floor_div(mid + offset_at(tz, mid), SECONDS_PER_DAY) < day) {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    return (cn_time){ hi * 1000000 };
}

struct cn_civil cn_tz_civil(const struct cn_tz *tz, cn_time at)
{
    int64_t seconds = floor_div(at.us, 1000000);
    int64_t local = seconds + offset_at(tz, seconds);
    int64_t day = floor_div(local, SECONDS_PER_DAY);
    int of_day = (int)(local - day * SECONDS_PER_DAY);
    struct cn_civil civil = cn_date_from_day(day);
    civil.hour = of_day / 3600;
    civil.minute = of_day / 60 % 60;
    civil.second = of_day % 60;
    return civil;
}

void cn_date_format(int64_t day, char text_out[CN_DATE_TEXT_BYTES])
{
    const struct cn_civil civil = cn_date_from_day(day);
    assert(civil.year >= 0 && civil.year <= 9999);
    (void)snprintf(text_out, CN_DATE_TEXT_BYTES, "%04d-%02d-%02d", (int)civil.year, civil.month,
                   civil.day);
}

bool cn_date_parse(cn_str text, int64_t *day_out)
{
    static const char form[] = "dddd-dd-dd";
    char again[CN_DATE_TEXT_BYTES];
    int digits[8];
    size_t count = 0;
    if (text.len != sizeof(form) - 1) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (form[i] == 'd' ? text.ptr[i] < '0' || text.ptr[i] > '9' : text.ptr[i] != '-') {
            return false;
        }
        if (form[i] == 'd') {
            digits[count++] = text.ptr[i] - '0';
        }
    }
    const int64_t year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3];
    const int month = digits[4] * 10 + digits[5];
    const int day_of_month = digits[6] * 10 + digits[7];
    if (month < 1 || month > 12 || day_of_month < 1) {
        return false;
    }
    /* A day that the month has not is written as one of the next month. */
    const int64_t day = cn_day_from_date(year, month, day_of_month);
    cn_date_format(day, again);
    if (!cn_str_equal(cn_str_of(again), text)) {
        return false;
    }
    *day_out = day;
    return true;
}
