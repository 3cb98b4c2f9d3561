#include "engine/explain.h"

#include "engine/pass.h"
#include "engine/state.h"

enum {
    BEGIN_WAIT_US = 3000000 /* most starts are done long before */
};

/* Whether the column is over other accounts' rows, or is what such a one is over. */
static bool needs_all_rows(const struct cn_column_set *columns, uint32_t index)
{
    bool needs = columns->items[index].spec.needs_rows;
    for (size_t i = 0; i < columns->count && !needs; i++) {
        const struct cn_column_def *def = &columns->items[i];
        for (size_t j = 0; j < def->input_count; j++) {
            needs = needs || def->inputs[j] == index;
        }
    }
    return needs;
}

/* The account's row 0, and for rules that read other accounts' rows those of all others. */
static bool add_rows(struct cn_engine *engine, int64_t account_id, const struct cn_when *when,
                     struct cn_frame *frame, struct cn_error *err)
{
    const int64_t *accounts = cn_frame_accounts(engine->frame);
    (void)cn_frame_add(frame, account_id);
    if (!cn_column_set_compares(&engine->program->columns)) {
        cn_metric_source_refresh(engine->program->metric_source);
        return true;
    }
    for (size_t row = 0; row < cn_frame_rows(engine->frame); row++) {
        if (accounts[row] != 0) {
            (void)cn_frame_add(frame, accounts[row]);
        }
    }
    return cn_metric_source_prepare(engine->program->metric_source, (int32_t)when->day - 1,
                                    (int32_t)when->day, cn_frame_accounts(frame),
                                    cn_frame_rows(frame), err);
}

/* A past moment of one account, its row 0. */
struct past {
    const struct cn_column_set *columns;
    struct cn_frame *frame;
    const struct cn_when *when;
    struct cn_bitmap own; /* row 0 alone */
    bool scores_all;      /* rules read what rules make of the others */
};

static bool fill_stratum(void *arg, uint32_t stratum, struct cn_error *err)
{
    const struct past *past = arg;
    for (uint32_t i = 0; i < cn_frame_column_count(past->frame); i++) {
        bool all = past->scores_all || needs_all_rows(past->columns, i);
        if (past->columns->items[i].stratum == stratum &&
            !cn_frame_fill_column(past->frame, i, all ? NULL : &past->own, past->when, err)) {
            return false;
        }
    }
    return true;
}

/* Fills the frame of `then` and scores row 0 as true at the beginning of a day, on the colour that
 * history says was there. */
static bool score_then(struct cn_engine *engine, struct cn_explain_at *then, struct past *past,
                       struct cn_health_score *score_out, struct cn_error *err)
{
    struct cn_health_state state;
    struct cn_arena scratch;
    struct cn_health_score before = { .band = then->band_before, .scorecard = -1 };
    cn_health_state_init(&state);
    cn_health_state_resize(&state, cn_frame_rows(past->frame));
    cn_health_state_set(&state, 0, &before);
    cn_arena_init(&scratch, (size_t)16 * 1024);
    struct cn_membership segments;
    cn_membership_init(&segments);
    cn_membership_resize(&segments, engine->program->segments->count, cn_frame_rows(past->frame));
    struct cn_engine_results results = { .health = &state, .segments = &segments };
    struct cn_engine_pass pass = { .program = engine->program,
                                   .frame = past->frame,
                                   .rows = past->scores_all ? NULL : &past->own,
                                   .fill = fill_stratum,
                                   .arg = past,
                                   .results = &results };
    bool ok = cn_engine_pass(&pass, &scratch, err);
    *score_out = cn_health_state_get(&state, 0);
    cn_arena_deinit(&scratch);
    cn_membership_deinit(&segments);
    cn_health_state_deinit(&state);
    return ok;
}

static bool look_back(struct cn_engine *engine, int64_t account_id, struct cn_frame *frame,
                      struct cn_explain_at *then, struct cn_health_score *score_out,
                      struct cn_error *err)
{
    const struct cn_column_set *columns = &engine->program->columns;
    struct past past = { .columns = columns,
                         .frame = frame,
                         .when = &then->when,
                         .scores_all = cn_column_set_compares_made(columns) };
    bool ok = add_rows(engine, account_id, &then->when, frame, err);
    cn_frame_use(frame, columns, NULL);
    cn_bitmap_resize(&past.own, cn_frame_rows(frame));
    cn_bitmap_add(&past.own, 0);
    ok = ok && score_then(engine, then, &past, score_out, err);
    cn_bitmap_deinit(&past.own);
    return ok;
}

static bool band_at(struct cn_engine *engine, int64_t account_id, cn_time at,
                    struct cn_arena *arena, enum cn_band *band_out, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_health_row row = { 0 };
    bool found = false;
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_health_history_at(conn, account_id, at, arena, &row, &found, err);
    cn_db_release(engine->options.db, conn);
    *band_out = found ? row.score.band : CN_BAND_NONE;
    return ok;
}

static bool explain_change(struct cn_engine *engine, const struct cn_explain_at *now, cn_time since,
                           struct cn_arena *arena, struct cn_engine_explanation *out,
                           struct cn_error *err)
{
    int64_t account_id = cn_frame_accounts(now->frame)[now->row];
    int64_t day = cn_tz_day(engine->options.tz, since);
    struct cn_frame *frame = cn_frame_new(engine->strings);
    struct cn_explain_at then = {
        .model = engine->program->health,
        .frame = frame,
        .when = cn_when_at(engine->options.tz, cn_tz_day_start(engine->options.tz, day), true)
    };
    bool ok = band_at(engine, account_id, then.when.now, arena, &then.band_before, err) &&
              look_back(engine, account_id, frame, &then, &out->previous, err);
    if (ok && out->previous.has_points) {
        out->has_previous = true;
        out->previous_at = then.when.now;
        ok = cn_health_explain_change(&then, now, arena, &out->now, err);
    } else if (ok) {
        ok = cn_health_explain(now, arena, &out->now, err);
    }
    if (cn_column_set_compares(&engine->program->columns)) { /* of all accounts */
        cn_metric_source_drop(engine->program->metric_source);
    }
    cn_frame_free(frame);
    return ok;
}

/* Under the write lock: sources belong to one thread at a time. */
static bool explain_locked(struct cn_engine *engine, int64_t account_id, cn_time since,
                           struct cn_arena *arena, struct cn_engine_explanation *out,
                           struct cn_error *err)
{
    struct cn_explain_at now = { .model = engine->program->health, .frame = engine->frame };
    if (!cn_frame_find(engine->frame, account_id, &now.row)) {
        return cn_fail(err, CN_NOT_FOUND, "no such account");
    }
    now.when = cn_when_at(engine->options.tz, cn_now(engine->options.clock), false);
    now.band_before = cn_health_state_get(&engine->health, now.row).band;
    out->at = now.when.now;
    return since.us != 0 ? explain_change(engine, &now, since, arena, out, err)
                         : cn_health_explain(&now, arena, &out->now, err);
}

bool cn_engine_explain(struct cn_engine *engine, int64_t account_id, cn_time since,
                       struct cn_arena *arena, struct cn_engine_explanation *explanation_out,
                       struct cn_error *err)
{
    struct cn_engine_explanation explanation = { 0 };
    if (!cn_engine_has_begun(engine, BEGIN_WAIT_US)) { /* rows are not filled yet */
        return cn_fail(err, CN_UNAVAILABLE,
                       "scores are being brought up to date after a start; try again soon");
    }
    (void)pthread_rwlock_wrlock(&engine->lock);
    bool ok = explain_locked(engine, account_id, since, arena, &explanation, err);
    (void)pthread_rwlock_unlock(&engine->lock);
    if (ok) {
        *explanation_out = explanation;
    }
    return ok;
}
