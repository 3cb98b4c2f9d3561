/*
 * The sums of health/drift.h for all accounts, from a walk over history; for engine/ only.
 */
#ifndef CAIRN_ENGINE_DRIFT_H
#define CAIRN_ENGINE_DRIFT_H

#include "engine/state.h"
#include "health/drift.h"

/* What one account's history held at the beginning of each of the last days.  Zeroed, then begun;
 * its rows are taken oldest first. */
struct cn_drift_walk {
    cn_time starts[CN_DRIFT_DAYS]; /* of the days, the last is today */
    struct cn_drift_sums sums;
    int32_t next; /* index of the day whose beginning is to be added next */
    int32_t points;
    bool has_points;
};

void cn_drift_walk_begin(struct cn_drift_walk *walk, const struct cn_tz *tz, int64_t today);
void cn_drift_walk_take(struct cn_drift_walk *walk, const struct cn_health_row *row);

/* The account's sums, without the live score; the walk is then at the next account. */
struct cn_drift_sums cn_drift_walk_end(struct cn_drift_walk *walk);

/* With the live score; under a lock, or on the engine's thread. */
struct cn_drift cn_engine_drift(const struct cn_engine *engine, uint32_t row);

#endif
