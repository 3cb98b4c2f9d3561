#include "health/drift.h"

#include <math.h>

const char *const cn_drift_names[CN_DRIFT_WAYS] = { "unknown", "falling", "steady", "rising" };

void cn_drift_add(struct cn_drift_sums *sums, int32_t x, int32_t points)
{
    sums->n++;
    sums->x += x;
    sums->xx += x * x;
    sums->y += points;
    sums->xy += (int64_t)x * points;
    sums->yy += (int64_t)points * points;
}

struct cn_drift cn_drift_of(const struct cn_drift_sums *sums)
{
    static const double least_noise = 2000;
    struct cn_drift drift = { .way = CN_DRIFT_UNKNOWN };
    if (sums->n < CN_DRIFT_LEAST) {
        return drift;
    }
    /* n times the sums about the means: whole numbers of at most 2^53, so exact. */
    const double n = sums->n;
    const double sxx = (double)((int64_t)sums->n * sums->xx - (int64_t)sums->x * sums->x);
    const double sxy = (double)(sums->n * sums->xy - sums->x * sums->y);
    const double syy = (double)(sums->n * sums->yy - sums->y * sums->y);
    const double slope = sxy / sxx;
    const double rest = (syy - slope * sxy) / n;
    const double spread = rest > 0 ? 2 * sqrt(rest / (n - 2)) : 0;
    const double noise = spread > least_noise ? spread : least_noise;
    drift.drift = (int32_t)lround(slope * CN_DRIFT_DAYS);
    drift.noise = (int32_t)lround(noise);
    drift.way = drift.drift >= drift.noise    ? CN_DRIFT_RISING
                : drift.drift <= -drift.noise ? CN_DRIFT_FALLING
                                              : CN_DRIFT_STEADY;
    return drift;
}
