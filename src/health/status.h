/*
 * For health/ only: what of a score is neither points nor exceptions, in one number.
 *
 *   bits 0-1 band   2 grey   8-23 confidence   32-63 scorecard (signed)
 */
#ifndef CAIRN_HEALTH_STATUS_H
#define CAIRN_HEALTH_STATUS_H

#include "health/evaluate.h"

static inline int64_t cn_status_pack(enum cn_band band, bool is_grey, int32_t confidence,
                                     int32_t scorecard)
{
    uint64_t low = (uint64_t)band | (is_grey ? 4U : 0U) | (uint64_t)(uint32_t)confidence << 8;
    return (int64_t)((uint64_t)(uint32_t)scorecard << 32 | low);
}

static inline enum cn_band cn_status_band(int64_t status)
{
    return (enum cn_band)(status & 3);
}

static inline bool cn_status_is_grey(int64_t status)
{
    return (status & 4) != 0;
}

static inline int32_t cn_status_confidence(int64_t status)
{
    return (int32_t)(status >> 8 & 0xFFFF);
}

static inline int32_t cn_status_scorecard(int64_t status)
{
    return (int32_t)(status >> 32);
}

/* What an exception that fired makes of the points, in thousandths. */
static inline int32_t cn_health_bend(const struct cn_health_exception *exception, int32_t points)
{
    int32_t limit = exception->points;
    switch (exception->kind) {
    case CN_EXCEPTION_CAP:
        return points > limit ? limit : points;
    case CN_EXCEPTION_FLOOR:
        return points < limit ? limit : points;
    case CN_EXCEPTION_SET:
        return limit;
    }
    return points;
}

#endif
