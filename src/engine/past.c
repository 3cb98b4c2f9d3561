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
    STRETCH_ACCOUNTS = 64, /* a query; some milliseconds */
    STRETCH_US = 40000,    /* of a round */
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
    int64_t *accounts;            /* the same: whose row it was at the beginning */
    size_t rows;
    bool sets_scores;
    int64_t account_id; /* 0: before the first */
    uint32_t row;
    bool is_known;       /* the frame has the account */
    bool is_backfilled;  /* its newest row is */
    enum cn_band colour; /* of that */
    bool has_lived;
    struct cn_health_score lived; /* the last that was */
};

/* The account goes on from what it lived last: a colour of the past that was filled since has been
 * handed over, or waits to be, and the next tick says so. */
static void set_score(const struct walk *walk)
{
    struct cn_engine *engine = walk->engine;
    if (!walk->sets_scores) {
        return;
    }
    if (walk->has_lived) {
        cn_health_state_set(&engine->health, walk->row, &walk->lived);
    }
    /* What was lived before these weeks is not known here. */
    if (walk->is_backfilled && !(walk->has_lived && walk->lived.band == walk->colour)) {
        cn_engine_hand(engine, walk->row, walk->colour);
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
        walk->has_lived = false;
        walk->is_known = cn_frame_find(walk->engine->frame, stored->account_id, &walk->row) &&
                         walk->row < walk->rows;
    }
    if (!walk->is_known) {
        return;
    }
    cn_drift_walk_take(&walk->drift, stored);
    walk->is_backfilled = stored->is_backfilled;
    walk->colour = stored->score.band;
    if (!stored->is_backfilled) {
        walk->has_lived = true;
        walk->lived = stored->score;
        walk->lived.scorecard = scorecard_of(walk->engine->program->health, stored->scorecard);
    }
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
    const struct cn_frame *frame = walk->engine->frame;
    const struct cn_tz *tz = walk->engine->options.tz;
    const int64_t today = cn_tz_day(tz, now);
    walk->rows = cn_frame_rows(frame);
    walk->drifts = cn_heap_resize(NULL, (walk->rows + 1) * sizeof(*walk->drifts));
    memset(walk->drifts, 0, (walk->rows + 1) * sizeof(*walk->drifts));
    walk->accounts = cn_heap_resize(NULL, (walk->rows + 1) * sizeof(*walk->accounts));
    if (walk->rows > 0) { /* else there is nowhere to copy from */
        memcpy(walk->accounts, cn_frame_accounts(frame), walk->rows * sizeof(*walk->accounts));
    }
    cn_drift_walk_begin(&walk->drift, tz, today);
    for (int64_t i = 0; i < PAST_WEEKS; i++) {
        /* At the beginnings of days, as explanations compare. */
        walk->weeks[i] = cn_tz_day_start(tz, today - (PAST_WEEKS - i) * 7);
        cn_column_init(&walk->points[i], CN_COLUMN_I64);
        cn_column_reserve(&walk->points[i], walk->rows);
    }
}

static void end(struct walk *walk)
{
    free(walk->drifts);
    free(walk->accounts);
    for (size_t i = 0; i < PAST_WEEKS; i++) {
        cn_column_deinit(&walk->points[i]);
    }
}

static void copy_value(struct cn_column *to, const struct cn_column *from, uint32_t row)
{
    if (cn_column_is_missing(from, row)) {
        cn_column_set_missing(to, row);
    } else {
        cn_column_set_i64(to, row, from->as.i64[row]);
    }
}

/* Lists wait for this alone.  Rows that came or changed hands meanwhile have no past. */
static void publish(const struct walk *walk)
{
    struct cn_engine *engine = walk->engine;
    (void)pthread_rwlock_wrlock(&engine->lock);
    const int64_t *accounts = cn_frame_accounts(engine->frame);
    for (uint32_t row = 0; row < walk->rows; row++) {
        if (accounts[row] != walk->accounts[row]) {
            continue;
        }
        for (size_t i = 0; i < PAST_WEEKS; i++) {
            copy_value(&engine->lists->weeks[i], &walk->points[i], row);
        }
        engine->lists->drifts[row] = walk->drifts[row];
        copy_value(&engine->past_points, &walk->points[PAST_WEEKS - TREND_WEEKS], row);
        cn_engine_set_trend(engine, row);
    }
    (void)pthread_rwlock_unlock(&engine->lock);
}

/* The accounts after `after` and up to `upto`. */
static bool walk_along(struct walk *walk, cn_time to, int64_t after, int64_t upto,
                       struct cn_error *err)
{
    const struct cn_health_stretch stretch = {
        .from = walk->weeks[0], .to = to, .after = after, .upto = upto
    };
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(walk->engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_health_history_each_since(conn, &stretch, take_row, walk, err);
    cn_db_release(walk->engine->options.db, conn);
    if (ok) {
        end_account(walk);
        walk->account_id = 0;
        walk->is_known = false;
    }
    return ok;
}

/* `upto` is that of scores; a clock that was set back has the weeks before its own moment. */
static bool load(struct walk *walk, cn_time now, cn_time upto, struct cn_error *err)
{
    begin(walk, now);
    bool ok = walk_along(walk, upto, 0, INT64_MAX, err);
    if (ok) {
        publish(walk);
        atomic_fetch_add(&walk->engine->past_loads, 1);
    }
    end(walk);
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

/* ---- a new day ---- */

/* All accounts take seconds where there are many. */
struct cn_past {
    struct walk walk;
    cn_time now;
    uint64_t loads; /* when it began */
    int64_t *ids;   /* of the accounts, ascending; NULL: not listed yet */
    size_t count;
    size_t next;
};

void cn_engine_drop_past(struct cn_engine *engine)
{
    if (engine->past != NULL) {
        end(&engine->past->walk);
        free(engine->past->ids);
        free(engine->past);
        engine->past = NULL;
    }
}

void cn_engine_begin_past(struct cn_engine *engine, cn_time now)
{
    cn_engine_drop_past(engine);
    struct cn_past *past = cn_heap_resize(NULL, sizeof(*past));
    *past = (struct cn_past){ .walk = { .engine = engine },
                              .now = now,
                              .loads = atomic_load(&engine->past_loads) };
    engine->past = past;
}

static void list_accounts(struct cn_past *past)
{
    begin(&past->walk, past->now);
    past->ids = cn_heap_resize(NULL, (past->walk.rows + 1) * sizeof(*past->ids));
    for (size_t row = 0; row < past->walk.rows; row++) {
        if (past->walk.accounts[row] != 0) { /* else the row is free */
            past->ids[past->count++] = past->walk.accounts[row];
        }
    }
    qsort(past->ids, past->count, sizeof(*past->ids), cn_order_i64);
}

bool cn_engine_go_on_with_past(struct cn_engine *engine, struct cn_error *err)
{
    struct cn_past *past = engine->past;
    const int64_t until_us = cn_clock_monotonic_us() + STRETCH_US;
    if (past == NULL) {
        return true;
    }
    if (past->ids == NULL) {
        list_accounts(past);
    }
    while (past->next < past->count && cn_clock_monotonic_us() < until_us) {
        const size_t last = past->count - past->next > STRETCH_ACCOUNTS
                                ? past->next + STRETCH_ACCOUNTS - 1
                                : past->count - 1;
        const int64_t after = past->next > 0 ? past->ids[past->next - 1] : 0;
        if (!walk_along(&past->walk, past->now, after, past->ids[last], err)) {
            return cn_error_context(err, "loading past scores");
        }
        past->next = last + 1;
    }
    if (past->next < past->count) {
        return true;
    }
    if (past->loads == atomic_load(&engine->past_loads)) { /* else what was read last is newer */
        publish(&past->walk);
    }
    cn_engine_drop_past(engine);
    return true;
}
