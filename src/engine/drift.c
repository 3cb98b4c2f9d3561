#include "engine/drift.h"

#include "engine/list_columns.h"
#include "health/history.h"

void cn_drift_walk_begin(struct cn_drift_walk *walk, const struct cn_tz *tz, int64_t today)
{
    for (int64_t i = 0; i < CN_DRIFT_DAYS; i++) {
        walk->starts[i] = cn_tz_day_start(tz, today - (CN_DRIFT_DAYS - 1) + i);
    }
}

/* Adds the beginnings of days up to the moment, exclusive. */
static void hold_until(struct cn_drift_walk *walk, int64_t until_us)
{
    while (walk->next < CN_DRIFT_DAYS && walk->starts[walk->next].us < until_us) {
        if (walk->has_points) {
            cn_drift_add(&walk->sums, walk->next - (CN_DRIFT_DAYS - 1), walk->points);
        }
        walk->next++;
    }
}

void cn_drift_walk_take(struct cn_drift_walk *walk, const struct cn_health_row *row)
{
    hold_until(walk, row->at.us);
    walk->has_points = row->score.has_points;
    walk->points = row->score.points;
}

struct cn_drift_sums cn_drift_walk_end(struct cn_drift_walk *walk)
{
    hold_until(walk, INT64_MAX);
    const struct cn_drift_sums sums = walk->sums;
    walk->sums = (struct cn_drift_sums){ 0 };
    walk->next = 0;
    walk->has_points = false;
    return sums;
}

struct cn_drift cn_engine_drift(const struct cn_engine *engine, uint32_t row)
{
    struct cn_drift_sums sums = engine->lists->drifts[row];
    const struct cn_health_score score = cn_health_state_get(&engine->health, row);
    if (!score.has_points) {
        return (struct cn_drift){ .way = CN_DRIFT_UNKNOWN };
    }
    cn_drift_add(&sums, 1, score.points);
    return cn_drift_of(&sums);
}
