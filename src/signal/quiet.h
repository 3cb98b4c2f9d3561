/*
 * Times of day as a person's clock shows them: quiet hours, and the hour of a digest.
 *
 * A minute is one of the day, 0 to 1439.  Where a clock change skips it, it is the first moment
 * after the gap; where a change repeats it, it comes twice, and quiet hours end at the first one
 * that is still ahead.  Pure: now is a parameter.
 */
#ifndef CAIRN_SIGNAL_QUIET_H
#define CAIRN_SIGNAL_QUIET_H

#include "base/tz.h"

enum {
    CN_DAY_MINUTES = 24 * 60
};

/* The first moment of the day at which the clock shows that minute or a later one, and that is
 * after `after` if the minute comes twice. */
cn_time cn_tz_minute(const struct cn_tz *tz, int64_t day, int64_t minute, cn_time after);

/* `now` if it is not quiet then, else when quiet ends.  From `from` up to `until`, over midnight if
 * that is not later; nothing is quiet if they are equal. */
cn_time cn_quiet_end(const struct cn_tz *tz, int64_t from, int64_t until, cn_time now);

/* The latest moment up to `now` at which the clock came to that minute. */
cn_time cn_daily_before(const struct cn_tz *tz, int64_t minute, cn_time now);

#endif
