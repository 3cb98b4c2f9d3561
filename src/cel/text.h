/*
 * Only cel/ includes this.  Text of the language: code points, numbers, moments, spans.
 */
#ifndef CAIRN_CEL_TEXT_H
#define CAIRN_CEL_TEXT_H

#include "cel/value.h"

enum {
    CN_CEL_NUMBER_TEXT_BYTES = 40,
};

/* 0 to 15 of a digit. */
unsigned cn_cel_hex_digit(char c);

/* Not a surrogate and at most U+10FFFF. */
bool cn_cel_code_point_valid(uint32_t code);

/* Writes UTF-8, at most four bytes; gives their number. */
size_t cn_cel_put_code_point(uint32_t code, char *out);

/* Code points of valid UTF-8. */
int64_t cn_cel_count_code_points(cn_str text);

/* The byte at which code point number `index` begins; text.len for the one past the last, SIZE_MAX
 * for what is out of range. */
size_t cn_cel_code_point_at(cn_str text, int64_t index);

/* The code point at *at of valid UTF-8, which moves past it. */
uint32_t cn_cel_take_code_point(cn_str text, size_t *at);

/* "1.5", ".5", "1e3", "-2"; false if it is anything else or too large. */
bool cn_cel_read_double(cn_str text, double *value_out);

/* The shortest text that reads back as the same number: "1.5", "1e+100", "NaN", "+Inf". */
cn_str cn_cel_write_double(double value, char out[CN_CEL_NUMBER_TEXT_BYTES]);

/* RFC 3339 with up to nine decimals and any offset. */
bool cn_cel_read_timestamp(cn_str text, struct cn_cel_time *time_out);
cn_str cn_cel_write_timestamp(struct cn_arena *arena, struct cn_cel_time time);

struct cn_cel_date {
    int64_t year;
    int64_t month;       /* from 1 */
    int64_t day;         /* from 1 */
    int64_t day_of_year; /* from 0 */
};

/* The date of a day, counted from 1970-01-01. */
struct cn_cel_date cn_cel_date_of_days(int64_t days);

/* As Go writes them: "1h30m", "-1.5s", "300ms"; no days. */
bool cn_cel_read_duration(cn_str text, struct cn_cel_time *time_out);
/* In seconds: "5400s", "1.5s". */
cn_str cn_cel_write_duration(struct cn_arena *arena, struct cn_cel_time time);

/* The range of timestamps, years 1 to 9999, and of spans, 292 years: what int64 nanoseconds hold.
 */
#define CN_CEL_TIMESTAMP_MIN_US (INT64_C(-62135596800) * 1000000)
#define CN_CEL_TIMESTAMP_MAX_US (INT64_C(253402300800) * 1000000 - 1)
#define CN_CEL_DURATION_MAX_US  (INT64_MAX / 1000)

#endif
