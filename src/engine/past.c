/*
 * What scores were: the trend's point of four weeks ago, the weeks of the small charts, and at a
 * start the last one, from which the engine goes on.  All from one walk over the history of the
 * last weeks: a query a week took as long as the rest of a start.
 *
 * Not here: what is computed of the past anew (backfill.c).
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "engine/drift.h"
#include "engine/list_columns.h"
#include "health/history.h"

enum {
    PAST_WEEKS = CN_SPARK_WEEKS - 1, /* before now */
    TREND_WEEKS = CN_TREND_DAYS / 7,
};
_Static_assert((int)TREND_WEEKS * 7 == (int)CN_TREND_DAYS && (int)TREND_WEEKS <= (int)PAST_WEEKS,
               "the trend begins on one of the weeks");

/* One account after the other, its rows oldest first. */
struct walk {
    struct cn_engine *engine;
    cn_time weeks[PAST_WEEKS];           /* moments, oldest first */
    struct cn_column points[PAST_WEEKS]; /* of them */
    struct cn_drift_walk drift;
    struct cn_drift_sums *drifts; /* by row */
    bool sets_scores;
    int64_t account_id; /* 0: before the first */
    uint32_t row;
    bool is_known; /* the frame has the account */
    struct cn_health_score last;
    bool is_backfilled; /* `last` is */
};

/* The account's newest row is what it stands on. */
static void set_score(const struct walk *walk)
{
    struct cn_engine *engine = walk->engine;
    if (!walk->sets_scores) {
        return;
    }
    if (walk->is_backfilled) { /* it was handed over, or waits to be: the next tick says so */
        cn_engine_hand(engine, walk->row, walk->last.band);
    } else {
        cn_health_state_set(&engine->health, walk->row, &walk->last);
    }
}

static void end_account(struct walk *walk)
{
    const struct cn_drift_sums sums = cn_drift_walk_end(&walk->drift);
    if (walk->is_known) {
        walk->drifts[walk->row] = sums;
        set_score(walk);
    }
}

static int32_t scorecard_of(const struct cn_health_model *model, cn_str name)
{
    for (size_t i = 0; i < model->scorecard_count; i++) {
        if (cn_str_equal(model->scorecards[i].name, name)) {
            return (int32_t)i;
        }
    }
    return -1;
}

static void take_row(void *arg, const struct cn_health_row *stored)
{
    struct walk *walk = arg;
    if (stored->account_id != walk->account_id) {
        end_account(walk);
        walk->account_id = stored->account_id;
        walk->is_known = cn_frame_find(walk->engine->frame, stored->account_id, &walk->row);
    }
    if (!walk->is_known) {
        return;
    }
    cn_drift_walk_take(&walk->drift, stored);
    walk->last = stored->score;
    walk->last.scorecard = scorecard_of(walk->engine->program->health, stored->scorecard);
    walk->is_backfilled = stored->is_backfilled;
    for (size_t i = PAST_WEEKS; i > 0 && walk->weeks[i - 1].us >= stored->at.us; i--) {
        if (stored->score.has_points) {
            cn_column_set_i64(&walk->points[i - 1], walk->row, stored->score.points);
        } else {
            cn_column_set_missing(&walk->points[i - 1], walk->row);
        }
    }
}

static void begin(struct walk *walk, cn_time now)
{
    const struct cn_tz *tz = walk->engine->options.tz;
    const int64_t today = cn_tz_day(tz, now);
    walk->drifts =
        cn_heap_resize(NULL, (cn_frame_rows(walk->engine->frame) + 1) * sizeof(*walk->drifts));
    memset(walk->drifts, 0, (cn_frame_rows(walk->engine->frame) + 1) * sizeof(*walk->drifts));
    cn_drift_walk_begin(&walk->drift, tz, today);
    for (int64_t i = 0; i < PAST_WEEKS; i++) {
        /* At the beginnings of days, as explanations compare. */
        walk->weeks[i] = cn_tz_day_start(tz, today - (PAST_WEEKS - i) * 7);
        cn_column_init(&walk->points[i], CN_COLUMN_I64);
        cn_column_reserve(&walk->points[i], cn_frame_rows(walk->engine->frame));
    }
}

static void exchange(struct cn_column *a, struct cn_column *b)
{
    struct cn_column kept = *a;
    *a = *b;
    *b = kept;
}

/* Lists wait for the exchange alone. */
static void publish(struct walk *walk)
{
    struct cn_engine *engine = walk->engine;
    const size_t rows = cn_frame_rows(engine->frame);
    const struct cn_column *then = &engine->lists->weeks[PAST_WEEKS - TREND_WEEKS];
    (void)pthread_rwlock_wrlock(&engine->lock);
    for (size_t i = 0; i < PAST_WEEKS; i++) {
        exchange(&engine->lists->weeks[i], &walk->points[i]);
    }
    for (size_t row = 0; row < rows; row++) {
        engine->lists->drifts[row] = walk->drifts[row];
        if (cn_column_is_missing(then, row)) {
            cn_column_set_missing(&engine->past_points, row);
        } else {
            cn_column_set_i64(&engine->past_points, row, then->as.i64[row]);
        }
        cn_engine_set_trend(engine, (uint32_t)row);
    }
    (void)pthread_rwlock_unlock(&engine->lock);
}

/* `upto` is that of scores; a clock that was set back has the weeks before its own moment. */
static bool load(struct walk *walk, cn_time now, cn_time upto, struct cn_error *err)
{
    struct cn_engine *engine = walk->engine;
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    begin(walk, now);
    bool ok = cn_health_history_each_since(conn, walk->weeks[0], upto, take_row, walk, err);
    cn_db_release(engine->options.db, conn);
    if (ok) {
        end_account(walk);
        publish(walk);
    }
    free(walk->drifts);
    for (size_t i = 0; i < PAST_WEEKS; i++) {
        cn_column_deinit(&walk->points[i]);
    }
    return ok || cn_error_context(err, "loading past scores");
}

bool cn_engine_load_past(struct cn_engine *engine, cn_time now, struct cn_error *err)
{
    struct walk walk = { .engine = engine };
    return load(&walk, now, now, err);
}

bool cn_engine_load_scores(struct cn_engine *engine, cn_time now, struct cn_error *err)
{
    struct walk walk = { .engine = engine, .sets_scores = true };
    /* Rows may have been written by a clock that was set back since. */
    return load(&walk, now, engine->tick.at.us > now.us ? engine->tick.at : now, err);
}
