/*
 * Which way a score drifts: the slope of four weeks, and whether it stands out of the noise.
 *
 * A point of the line is the score at the beginning of each of the last CN_DRIFT_DAYS days, as
 * history has it, and the score now, which stands for the end of today: x = -27, ..., 0, 1 days.
 * With the least squares line through these n points,
 *
 *   slope = Sxy / Sxx                        points a day
 *   drift = slope x CN_DRIFT_DAYS            points in four weeks
 *   noise = max(2, 2 sqrt((Syy - slope Sxy) / (n - 2)))
 *
 * where Sxx, Sxy, Syy are sums of squares about the means: twice the standard deviation of the
 * points about the line, at least two points of the score.  The score rises if drift >= noise,
 * falls if drift <= -noise, and is steady between.  A step of last night therefore moves the arrow
 * only when the weeks before were calmer than it is high; a score that swings by ten points each
 * week and comes back is steady.  With fewer than CN_DRIFT_LEAST points nothing is said.
 *
 * Sums are integers of thousandths, so that the order in which points come makes no difference.
 *
 * Not here: the change against a day of the past (the engine's trend), why (health/explain.h).
 */
#ifndef CAIRN_HEALTH_DRIFT_H
#define CAIRN_HEALTH_DRIFT_H

#include "base/base.h"

enum {
    CN_DRIFT_DAYS = 28,
    CN_DRIFT_LEAST = 8
};

enum cn_drift_way {
    CN_DRIFT_UNKNOWN, /* too few points */
    CN_DRIFT_FALLING,
    CN_DRIFT_STEADY,
    CN_DRIFT_RISING,
    CN_DRIFT_WAYS
};

/* "unknown", "falling", "steady", "rising" */
extern const char *const cn_drift_names[CN_DRIFT_WAYS];

/* A zeroed one is without points. */
struct cn_drift_sums {
    int32_t n;
    int32_t x;
    int32_t xx;
    int64_t y; /* thousandths */
    int64_t xy;
    int64_t yy;
};

struct cn_drift {
    enum cn_drift_way way;
    int32_t drift; /* thousandths of a point in four weeks */
    int32_t noise;
};

/* x: days after today's beginning, from 1 - CN_DRIFT_DAYS to 1; points: thousandths. */
void cn_drift_add(struct cn_drift_sums *sums, int32_t x, int32_t points);

struct cn_drift cn_drift_of(const struct cn_drift_sums *sums);

#endif
