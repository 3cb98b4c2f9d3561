#include "signal/quiet.h"

static const int64_t second_us = 1000000;
static const int64_t day_s = 86400;

/* The first moment of (before, after] whose offset is not that of `before`. */
static int64_t find_change(const struct cn_tz *tz, int64_t before, int64_t after)
{
    const int64_t offset = cn_tz_offset(tz, (cn_time){ before * second_us });
    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;
        if (cn_tz_offset(tz, (cn_time){ middle * second_us }) == offset) {
            before = middle;
        } else {
            after = middle;
        }
    }
    return after;
}

cn_time cn_tz_minute(const struct cn_tz *tz, int64_t day, int64_t minute, cn_time after)
{
    const int64_t wall = day * day_s + minute * 60;
    const int64_t early = cn_tz_offset(tz, (cn_time){ (wall - day_s) * second_us });
    const int64_t late = cn_tz_offset(tz, (cn_time){ (wall + day_s) * second_us });
    const int64_t first = wall - early;
    const int64_t second = wall - late;
    bool has_first = cn_tz_offset(tz, (cn_time){ first * second_us }) == early;
    bool has_second = cn_tz_offset(tz, (cn_time){ second * second_us }) == late;
    if (has_first && (!has_second || first * second_us > after.us || first >= second)) {
        return (cn_time){ first * second_us };
    }
    if (has_second) {
        return (cn_time){ second * second_us };
    }
    return (cn_time){ find_change(tz, wall - day_s - early, first) * second_us };
}

cn_time cn_quiet_end(const struct cn_tz *tz, int64_t from, int64_t until, cn_time now)
{
    const struct cn_civil wall = cn_tz_civil(tz, now);
    const int64_t minute = (int64_t)wall.hour * 60 + wall.minute;
    const int64_t today = cn_tz_day(tz, now);
    bool over_midnight = until < from;
    bool is_quiet =
        over_midnight ? minute >= from || minute < until : minute >= from && minute < until;
    if (!is_quiet) {
        return now;
    }
    return cn_tz_minute(tz, over_midnight && minute >= from ? today + 1 : today, until, now);
}

cn_time cn_daily_before(const struct cn_tz *tz, int64_t minute, cn_time now)
{
    const int64_t today = cn_tz_day(tz, now);
    cn_time at = cn_tz_minute(tz, today, minute, (cn_time){ INT64_MIN });
    return at.us <= now.us ? at : cn_tz_minute(tz, today - 1, minute, (cn_time){ INT64_MIN });
}
