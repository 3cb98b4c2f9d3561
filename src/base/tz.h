/*
 * Time zones: which calendar day a moment falls on, and when a day begins.
 *
 * Reads TZif files (RFC 8536) of the system's tz database, with the rule for the future in their
 * footer.  A zone is immutable after loading and may be used by any thread.
 *
 * A day is a number: days since 1970-01-01 of the zone's own calendar.  SQL only ever sees the
 * number.
 */
#ifndef CAIRN_BASE_TZ_H
#define CAIRN_BASE_TZ_H

#include "base/error.h"

struct cn_tz;

/* A calendar date and time of day as a person reads them. */
struct cn_civil {
    int64_t year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
    int hour;
    int minute;
    int second;
};

/* name: "Europe/Berlin" or "UTC".  Fails with CN_INVALID if there is no such zone on this host or
 * its file is damaged. */
CN_MUST_CHECK bool cn_tz_load(cn_str name, struct cn_tz **tz_out, struct cn_error *err);
void cn_tz_free(struct cn_tz *tz); /* NULL is allowed */

cn_str cn_tz_name(const struct cn_tz *tz);

/* Of the zone's data: another one means that another version of the tz database was loaded. */
int64_t cn_tz_digest(const struct cn_tz *tz);

/* Seconds east of UTC at that moment. */
int64_t cn_tz_offset(const struct cn_tz *tz, cn_time at);

/* The day on which the moment falls. */
int64_t cn_tz_day(const struct cn_tz *tz, cn_time at);

/* The first moment of the day.  Where a clock change skips midnight, the moment after the gap. */
cn_time cn_tz_day_start(const struct cn_tz *tz, int64_t day);

struct cn_civil cn_tz_civil(const struct cn_tz *tz, cn_time at);

/* Proleptic Gregorian calendar, any year of int64 days that a cn_time can hold. */
int64_t cn_day_from_date(int64_t year, int month, int day);
struct cn_civil cn_date_from_day(int64_t day); /* hour, minute and second are 0 */

enum {
    CN_DATE_TEXT_BYTES = 16
};

/* "2026-03-01"; years 0000 to 9999, that is asserted. */
void cn_date_format(int64_t day, char text_out[CN_DATE_TEXT_BYTES]);
CN_MUST_CHECK bool cn_date_parse(cn_str text, int64_t *day_out);

#endif
