/*
 * Which packed segments are merged: those of a day, later those of a month, so that years of events
 * are some dozens of files.
 */
#include <time.h>

#include "event/pack.h"

static const int64_t us_per_second = 1000000;

/* The UTC day or month of a moment, and where it ends. */
struct period {
    int64_t key;
    cn_time end;
};

static struct period period_of(enum cn_pack_level level, int64_t us)
{
    time_t seconds = (time_t)(us / us_per_second);
    struct tm tm = { 0 };
    (void)gmtime_r(&seconds, &tm); /* fails for years beyond int alone */
    struct period period = { .key = (tm.tm_year * 12LL + tm.tm_mon) * 32 };
    struct tm end = { .tm_year = tm.tm_year, .tm_mon = tm.tm_mon + 1, .tm_mday = 1 };
    if (level == CN_PACK_DAY) {
        period.key += tm.tm_mday;
        end.tm_mon = tm.tm_mon;
        end.tm_mday = tm.tm_mday + 1;
    }
    period.end.us = (int64_t)timegm(&end) * us_per_second;
    return period;
}

static int64_t key_of(struct cn_segment *segment, enum cn_pack_level level)
{
    return period_of(level, atomic_load(&segment->first_received)).key;
}

static bool may_join(struct cn_segment *segment, enum cn_pack_level level, int64_t key)
{
    return atomic_load(&segment->state) == CN_SEGMENT_PACKED && segment->level < level &&
           key_of(segment, level) == key;
}

/* How many segments from `first` on make a whole period that is over; 0 if they do not. */
static size_t whole_period(struct cn_segment *const *segments, size_t first, size_t count,
                           enum cn_pack_level level, cn_time before)
{
    struct period period = period_of(level, atomic_load(&segments[first]->first_received));
    size_t next = first;
    if (period.end.us >= before.us ||
        (first > 0 && key_of(segments[first - 1], level) == period.key)) {
        return 0;
    }
    while (next < count && may_join(segments[next], level, period.key)) {
        next++;
    }
    bool ends = next < count && key_of(segments[next], level) != period.key;
    return ends && next - first >= 2 ? next - first : 0;
}

bool cn_pack_find_merge(struct cn_segment *const *segments, size_t count, cn_time before,
                        struct cn_pack_merge *merge_out)
{
    for (unsigned level = CN_PACK_MONTH; level > CN_PACK_SEGMENT; level--) {
        for (size_t i = 0; i < count; i++) {
            size_t found = whole_period(segments, i, count, (enum cn_pack_level)level, before);
            if (found > 0) {
                *merge_out = (struct cn_pack_merge){ i, found, (enum cn_pack_level)level };
                return true;
            }
        }
    }
    return false;
}
