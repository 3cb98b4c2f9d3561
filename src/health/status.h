/*
 * For health/ only: what of a score is neither points nor exceptions, in one number.
 *
 *   bits 0-1 band   2 grey   3 there are points   8-23 confidence   32-63 scorecard (signed)
 */
#ifndef CAIRN_HEALTH_STATUS_H
#define CAIRN_HEALTH_STATUS_H

#include "health/evaluate.h"

enum {
    CN_STATUS_BAND = 3,
    CN_STATUS_GREY = 4,
    CN_STATUS_POINTS = 8,
    CN_STATUS_CONFIDENCE_SHIFT = 8,
    CN_STATUS_SCORECARD_SHIFT = 32
};

static inline int64_t cn_status_pack(const struct cn_health_score *score)
{
    uint64_t low = (uint64_t)score->band | (score->is_grey ? CN_STATUS_GREY : 0U) |
                   (score->has_points ? CN_STATUS_POINTS : 0U) |
                   (uint64_t)(uint32_t)score->confidence << CN_STATUS_CONFIDENCE_SHIFT;
    return (int64_t)((uint64_t)(uint32_t)score->scorecard << CN_STATUS_SCORECARD_SHIFT | low);
}

static inline enum cn_band cn_status_band(int64_t status)
{
    return (enum cn_band)(status & CN_STATUS_BAND);
}

static inline bool cn_status_is_grey(int64_t status)
{
    return (status & CN_STATUS_GREY) != 0;
}

static inline int32_t cn_status_confidence(int64_t status)
{
    return (int32_t)(status >> CN_STATUS_CONFIDENCE_SHIFT & 0xFFFF);
}

static inline int32_t cn_status_scorecard(int64_t status)
{
    return (int32_t)(status >> CN_STATUS_SCORECARD_SHIFT);
}

/* The other way, with what is kept beside it. */
static inline struct cn_health_score cn_status_score(bool has_points, int64_t points,
                                                     int64_t status, uint64_t fired)
{
    return (struct cn_health_score){
        .has_points = has_points,
        .points = (int32_t)points,
        .band = cn_status_band(status),
        .is_grey = cn_status_is_grey(status),
        .confidence = cn_status_confidence(status),
        .scorecard = cn_status_scorecard(status),
        .fired = fired,
    };
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
