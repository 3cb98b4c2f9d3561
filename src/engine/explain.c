#include "engine/explain.h"

#include "base/str.h"

#include "engine/pass.h"
#include "engine/said.h"
#include "engine/state.h"
#include "program/version.h"

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
static bool add_rows(const struct cn_engine *engine, const struct cn_engine_program *program,
                     int64_t account_id, const struct cn_when *when, struct cn_frame *frame,
                     struct cn_error *err)
{
    const int64_t *accounts = cn_frame_accounts(engine->frame);
    (void)cn_frame_add(frame, account_id);
    if (!cn_engine_program_compares(program)) {
        cn_metric_source_refresh(program->metric_source);
        return true;
    }
    for (size_t row = 0; row < cn_frame_rows(engine->frame); row++) {
        if (accounts[row] != 0) {
            (void)cn_frame_add(frame, accounts[row]);
        }
    }
    return cn_metric_source_prepare(program->metric_source, (int32_t)when->day - 1,
                                    (int32_t)when->day, cn_frame_accounts(frame),
                                    cn_frame_rows(frame), err);
}

/* A past moment of one account, its row 0. */
struct past {
    const struct cn_engine_program *program;
    struct cn_frame *frame;
    const struct cn_when *when;
    struct cn_bitmap own; /* row 0 alone */
    bool scores_all;      /* rules read what rules make of the others */
};

static bool fill_stratum(void *arg, uint32_t stratum, struct cn_error *err)
{
    const struct past *past = arg;
    for (uint32_t i = 0; i < cn_frame_column_count(past->frame); i++) {
        bool all = past->scores_all || needs_all_rows(&past->program->columns, i);
        if (past->program->columns.items[i].stratum == stratum &&
            !cn_frame_fill_column(past->frame, i, all ? NULL : &past->own, past->when, err)) {
            return false;
        }
    }
    return true;
}

/* Fills the frame of `then` and scores row 0 as true at the beginning of a day, on the colour that
 * history says was there. */
static bool score_then(const struct cn_explain_at *then, struct past *past,
                       struct cn_health_state *state, struct cn_health_score *score_out,
                       struct cn_error *err)
{
    struct cn_arena scratch;
    struct cn_health_score before = { .band = then->band_before, .scorecard = -1 };
    cn_health_state_resize(state, cn_frame_rows(past->frame));
    cn_health_state_set(state, 0, &before);
    cn_arena_init(&scratch, (size_t)16 * 1024);
    struct cn_membership segments;
    cn_membership_init(&segments);
    cn_membership_resize(&segments, past->program->segments->count, cn_frame_rows(past->frame));
    struct cn_engine_results results = { .health = state, .segments = &segments };
    struct cn_engine_pass pass = { .program = past->program,
                                   .frame = past->frame,
                                   .rows = past->scores_all ? NULL : &past->own,
                                   .fill = fill_stratum,
                                   .arg = past,
                                   .results = &results };
    bool ok = cn_engine_pass(&pass, &scratch, err);
    *score_out = cn_health_state_get(state, 0);
    cn_arena_deinit(&scratch);
    cn_membership_deinit(&segments);
    return ok;
}

/* The account at the beginning of a day, as true, under a version of the program. */
struct moment {
    const struct cn_engine_program *program;
    struct cn_engine_program *owned; /* the same, unless it is the running one */
    struct cn_frame *frame;
    struct cn_health_state state; /* of the frame's rows */
    struct cn_explain_at at;
    struct cn_health_score score; /* as computed now */
    struct cn_health_row row;     /* what history shows */
    bool has_row;
};

static bool look_back(const struct cn_engine *engine, int64_t account_id, struct moment *moment,
                      struct cn_error *err)
{
    const struct cn_engine_program *program = moment->program;
    struct cn_frame *frame = moment->frame;
    struct past past = { .program = program,
                         .frame = frame,
                         .when = &moment->at.when,
                         .scores_all = cn_engine_program_compares_made(program) };
    bool ok = add_rows(engine, program, account_id, &moment->at.when, frame, err);
    cn_frame_use(frame, &program->columns, NULL);
    cn_bitmap_resize(&past.own, cn_frame_rows(frame));
    cn_bitmap_add(&past.own, 0);
    ok = ok && score_then(&moment->at, &past, &moment->state, &moment->score, err);
    cn_bitmap_deinit(&past.own);
    return ok;
}

static void close_moment(struct moment *moment)
{
    if (moment->program != NULL && moment->owned == NULL &&
        cn_engine_program_compares(moment->program)) { /* of all accounts */
        cn_metric_source_drop(moment->program->metric_source);
    }
    cn_health_state_deinit(&moment->state);
    cn_frame_free(moment->frame);
    cn_engine_program_free(moment->owned);
    *moment = (struct moment){ 0 };
}

static bool read_moment(struct cn_engine *engine, int64_t account_id, cn_time at,
                        struct cn_arena *arena, struct moment *moment, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok =
        cn_health_history_at(conn, account_id, at, arena, &moment->row, &moment->has_row, err);
    cn_db_release(engine->options.db, conn);
    return ok;
}

/* The version that made the row, or the running one where that cannot be had: it is no longer
 * stored, or no longer compiles. */
static void choose_program(struct cn_engine *engine, struct cn_arena *arena, struct moment *moment)
{
    const int64_t version = moment->has_row ? moment->row.program_version : 0;
    struct cn_program_version found;
    struct cn_program_files files;
    struct cn_sql_conn *conn = NULL;
    struct cn_error err;
    moment->program = engine->program;
    if (version == 0 || version == engine->program->version ||
        !cn_db_read(engine->options.db, &conn, &err)) {
        return;
    }
    bool ok = cn_program_version_load(conn, arena, version, &found, &files, &err);
    cn_db_release(engine->options.db, conn);
    const struct cn_program_ground ground = { .book = cn_book_facts_source(engine->facts),
                                              .rollup = engine->options.rollup,
                                              .tz = engine->options.tz,
                                              .strings = engine->strings };
    struct cn_diagnostics problems;
    cn_diagnostics_init(&problems, arena);
    if (ok && cn_engine_program_compile(&files, &ground, &moment->owned, &problems)) {
        moment->owned->version = version;
        moment->program = moment->owned;
    }
}

/* `program` NULL: the one that history's row was made by. */
static bool open_moment(struct cn_engine *engine, int64_t account_id, cn_time time,
                        const struct cn_engine_program *program, struct cn_arena *arena,
                        struct moment *moment, struct cn_error *err)
{
    const struct cn_tz *tz = engine->options.tz;
    const cn_time start = cn_tz_day_start(tz, cn_tz_day(tz, time));
    if (!read_moment(engine, account_id, start, arena, moment, err)) {
        return false;
    }
    moment->program = program;
    if (program == NULL) {
        choose_program(engine, arena, moment);
    }
    moment->frame = cn_frame_new(engine->strings);
    cn_health_state_init(&moment->state);
    moment->at = (struct cn_explain_at){ .model = moment->program->health,
                                         .frame = moment->frame,
                                         .when = cn_when_at(tz, start, true),
                                         .band_before = moment->has_row ? moment->row.score.band
                                                                        : CN_BAND_NONE,
                                         .version = moment->program->version };
    if (!look_back(engine, account_id, moment, err)) {
        return false;
    }
    if (moment->has_row && moment->row.score.has_points) {
        moment->at.shown = &moment->row.score;
        moment->score = moment->row.score;
    }
    return true;
}

static bool explain_change(struct cn_engine *engine, const struct cn_explain_at *now,
                           const struct cn_engine_program *program, cn_time since,
                           struct cn_arena *arena, struct cn_engine_explanation *out,
                           struct cn_error *err)
{
    const int64_t account_id = cn_frame_accounts(now->frame)[now->row];
    struct moment then = { 0 };
    struct moment replay = { 0 };
    bool ok = open_moment(engine, account_id, since, NULL, arena, &then, err);
    if (ok && then.program != program && then.program->version == program->version) {
        /* The same rules, compiled twice: as one model, they did not change. */
        struct moment same = { 0 };
        ok = open_moment(engine, account_id, since, program, arena, &same, err);
        close_moment(&then);
        then = same;
        then.at.shown = then.at.shown != NULL ? &then.row.score : NULL;
    } else if (ok && then.program != program) {
        ok = open_moment(engine, account_id, since, program, arena, &replay, err);
        then.at.replay = replay.frame;
        then.at.replay_scores = &replay.state;
    }
    struct cn_explain_said said;
    then.at.scores = &then.state;
    then.at.said = &said;
    ok = ok && cn_engine_said(engine, account_id, then.at.when.now, &now->when, arena, &said, err);
    if (ok && then.score.has_points) {
        out->has_previous = true;
        out->previous_at = then.at.when.now;
        out->previous = then.score;
        out->previous_version = then.program->version;
        ok = cn_health_explain_change(&then.at, now, arena, &out->now, err);
    } else if (ok) {
        ok = cn_health_explain(now, arena, &out->now, err);
    }
    close_moment(&replay);
    close_moment(&then);
    return ok;
}

static bool explain_past(struct cn_engine *engine, int64_t account_id,
                         const struct cn_explain_ask *ask, struct cn_arena *arena,
                         struct cn_engine_explanation *out, struct cn_error *err)
{
    struct moment moment = { 0 };
    struct cn_explain_said said;
    bool ok =
        open_moment(engine, account_id, ask->at, NULL, arena, &moment, err) &&
        cn_engine_said(engine, account_id, moment.at.when.now, &moment.at.when, arena, &said, err);
    moment.at.said = &said;
    if (ok) {
        moment.at.scores = &moment.state;
        out->at = moment.at.when.now;
        out->version = moment.program->version;
        ok = ask->since.us != 0
                 ? explain_change(engine, &moment.at, moment.program, ask->since, arena, out, err)
                 : cn_health_explain(&moment.at, arena, &out->now, err);
    }
    close_moment(&moment);
    return ok;
}

static void add_shadows(const struct cn_engine *engine, uint32_t row, struct cn_arena *arena,
                        struct cn_engine_explanation *out)
{
    const struct cn_health_model *model = engine->program->health;
    const struct cn_health_score live = cn_health_state_get(&engine->health, row);
    out->shadows = cn_arena_array(arena, struct cn_shadow_score, model->shadow_count + 1);
    for (size_t i = 0; i < model->scorecard_count; i++) {
        const struct cn_scorecard *card = &model->scorecards[i];
        if (!card->is_shadow || card->shadow >= engine->health.shadow_count) {
            continue;
        }
        struct cn_health_score score =
            cn_health_state_get(&engine->health.shadows[card->shadow], row);
        if (score.scorecard == (int32_t)i) {
            out->shadows[out->shadow_count++] = (struct cn_shadow_score){
                .scorecard = cn_arena_str(arena, card->name),
                .score = score,
                .because = cn_health_because(card, score.fired, arena),
                .has_difference = score.has_points && live.has_points,
                .difference = score.points - live.points,
            };
        }
    }
}

static bool explain_shadow(const struct cn_explain_at *now, cn_str name, struct cn_arena *arena,
                           struct cn_engine_explanation *out, struct cn_error *err)
{
    for (size_t i = 0; i < out->shadow_count; i++) {
        if (cn_str_equal(out->shadows[i].scorecard, name)) {
            const struct cn_health_score *score = &out->shadows[i].score;
            struct cn_explain_at at = *now;
            at.band_before = score->band;
            return cn_health_explain_by(&at, score->scorecard, arena, &out->now, err);
        }
    }
    return cn_fail(err, CN_NOT_FOUND, "no shadow of this name applies to the account");
}

/* The moment that is now, and what users had said by then. */
struct present {
    struct cn_when when;
    struct cn_explain_said said;
};

/* Under the write lock: sources belong to one thread at a time. */
static bool explain_locked(struct cn_engine *engine, int64_t account_id,
                           const struct cn_explain_ask *ask, const struct present *present,
                           struct cn_arena *arena, struct cn_engine_explanation *out,
                           struct cn_error *err)
{
    struct cn_explain_at now = { .model = engine->program->health,
                                 .frame = engine->frame,
                                 .version = engine->program->version,
                                 .scores = &engine->health };
    if (!cn_frame_find(engine->frame, account_id, &now.row)) {
        return cn_fail(err, CN_NOT_FOUND, "no such account");
    }
    if (ask->at.us != 0) {
        return explain_past(engine, account_id, ask, arena, out, err);
    }
    now.when = present->when;
    now.said = &present->said;
    now.band_before = cn_health_state_get(&engine->health, now.row).band;
    out->at = now.when.now;
    out->version = engine->program->version;
    add_shadows(engine, now.row, arena, out);
    if (ask->scorecard.len > 0) {
        return explain_shadow(&now, ask->scorecard, arena, out, err);
    }
    return ask->since.us != 0
               ? explain_change(engine, &now, engine->program, ask->since, arena, out, err)
               : cn_health_explain(&now, arena, &out->now, err);
}

bool cn_engine_explain(struct cn_engine *engine, int64_t account_id,
                       const struct cn_explain_ask *ask, struct cn_arena *arena,
                       struct cn_engine_explanation *explanation_out, struct cn_error *err)
{
    struct cn_engine_explanation explanation = { 0 };
    if (!cn_engine_has_begun(engine, BEGIN_WAIT_US)) { /* rows are not filled yet */
        return cn_fail(err, CN_UNAVAILABLE,
                       "scores are being brought up to date after a start; try again soon");
    }
    struct present present = { .when = cn_when_at(engine->options.tz, cn_now(engine->options.clock),
                                                  false) };
    /* Before the lock, for which the engine waits: this may wait for a connection. */
    if (ask->at.us == 0 && !cn_engine_said(engine, account_id, present.when.now, &present.when,
                                           arena, &present.said, err)) {
        return false;
    }
    (void)pthread_rwlock_wrlock(&engine->lock);
    bool ok = explain_locked(engine, account_id, ask, &present, arena, &explanation, err);
    (void)pthread_rwlock_unlock(&engine->lock);
    if (ok) {
        *explanation_out = explanation;
    }
    return ok;
}
