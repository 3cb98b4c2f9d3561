#include "engine/explain.h"

#include <assert.h>

#include "base/str.h"

#include "engine/compiled.h"
#include "engine/moment.h"
#include "engine/said.h"
#include "program/version.h"

enum {
    BEGIN_WAIT_US = 3000000, /* most starts are done long before */
    VERSIONS_MAX = 3         /* of a question: of both ends, and the running one */
};

/* The beginning of a past day: what history shows, and what is computed now for it. */
struct past {
    struct cn_when when;
    struct cn_health_row row;
    bool has_row;
    struct cn_explain_said said;
    const struct cn_engine_program *program;
    struct cn_moment moment;
    struct cn_moment replay; /* the same under the rules of the later end, if those are others */
};

/* What is read before the engine's lock, for which the engine waits.  All but the present is made
 * from it. */
struct reading {
    struct cn_engine *engine;
    int64_t account_id;
    struct cn_arena *arena;
    int64_t running; /* version of the program */
    struct cn_engine_program *programs[VERSIONS_MAX];
    size_t program_count;
    struct past at;
    struct past since;
    struct cn_when when; /* now */
    struct cn_explain_said said;
};

/* ---- before the lock ---- */

static int64_t running_version(struct cn_engine *engine)
{
    (void)pthread_rwlock_rdlock(&engine->lock);
    const int64_t version = engine->program->version;
    (void)pthread_rwlock_unlock(&engine->lock);
    return version;
}

/* Compiles the version, which holds nobody up; NULL if it is no longer stored, or no longer
 * compiles. Fails as the database does. */
static bool compile(const struct reading *reading, int64_t version,
                    struct cn_engine_program **program_out, struct cn_error *err)
{
    struct cn_engine *engine = reading->engine;
    struct cn_program_version found;
    struct cn_program_files files;
    struct cn_sql_conn *conn = NULL;
    *program_out = NULL;
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_program_version_load(conn, reading->arena, version, &found, &files, err);
    cn_db_release(engine->options.db, conn);
    if (!ok) {
        return err->code == CN_NOT_FOUND;
    }
    const struct cn_program_ground ground = { .book = cn_book_facts_source(engine->facts),
                                              .rollup = engine->options.rollup,
                                              .tz = engine->options.tz,
                                              .strings = engine->strings };
    struct cn_diagnostics problems;
    cn_diagnostics_init(&problems, reading->arena);
    if (cn_engine_program_compile(&files, &ground, program_out, &problems)) {
        (*program_out)->version = version;
    }
    return true;
}

/* The version, one for the whole question; else as above. */
static bool find_program(struct reading *reading, int64_t version,
                         const struct cn_engine_program **program_out, struct cn_error *err)
{
    struct cn_engine_program *program = NULL;
    *program_out = NULL;
    for (size_t i = 0; i < reading->program_count; i++) {
        if (reading->programs[i]->version == version) {
            *program_out = reading->programs[i];
            return true;
        }
    }
    if (version != 0) {
        program = cn_compiled_take(reading->engine->compiled, version);
        if (program == NULL && !compile(reading, version, &program, err)) {
            return false;
        }
    }
    if (program != NULL) {
        reading->programs[reading->program_count++] = program;
        *program_out = program;
    }
    return true;
}

/* The running one is there. */
static bool need_program(struct reading *reading, int64_t version,
                         const struct cn_engine_program **program_out, struct cn_error *err)
{
    return find_program(reading, version, program_out, err) &&
           (*program_out != NULL ||
            cn_fail(err, CN_INTERNAL, "program version %lld cannot be read", (long long)version));
}

static bool open_moment(struct reading *reading, const struct past *past,
                        const struct cn_engine_program *program, struct cn_moment *moment,
                        struct cn_error *err)
{
    return cn_moment_open(reading->engine, program, reading->account_id, &past->when,
                          past->has_row ? past->row.score.band : CN_BAND_NONE, moment, err);
}

/* `later` NULL: what was said is for the moment itself. */
static bool read_past(struct reading *reading, cn_time time, const struct cn_when *later,
                      struct past *past, struct cn_error *err)
{
    struct cn_engine *engine = reading->engine;
    const struct cn_tz *tz = engine->options.tz;
    const cn_time start = cn_tz_day_start(tz, cn_tz_day(tz, time));
    struct cn_sql_conn *conn = NULL;
    past->when = cn_when_at(tz, start, true);
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_health_history_at(conn, reading->account_id, start, reading->arena, &past->row,
                                   &past->has_row, err);
    cn_db_release(engine->options.db, conn);
    if (!ok ||
        !cn_engine_said(engine, reading->account_id, start, later != NULL ? later : &past->when,
                        reading->arena, &past->said, err)) {
        return false;
    }
    /* The version that made the row, or the running one where that cannot be had. */
    return find_program(reading, past->has_row ? past->row.program_version : 0, &past->program,
                        err) &&
           (past->program != NULL ||
            need_program(reading, reading->running, &past->program, err)) &&
           open_moment(reading, past, past->program, &past->moment, err);
}

/* The earlier end once more under the later end's version. */
static bool read_replay(struct reading *reading, int64_t version, struct cn_error *err)
{
    struct past *since = &reading->since;
    assert(since->program != NULL);
    if (since->program->version == version) {
        return true;
    }
    const struct cn_engine_program *program = NULL;
    return need_program(reading, version, &program, err) &&
           open_moment(reading, since, program, &since->replay, err);
}

static bool read_all(struct reading *reading, const struct cn_explain_ask *ask,
                     struct cn_error *err)
{
    const bool is_past = ask->at.us != 0;
    reading->running = running_version(reading->engine);
    bool ok = is_past ? read_past(reading, ask->at, NULL, &reading->at, err)
                      : cn_engine_said(reading->engine, reading->account_id, reading->when.now,
                                       &reading->when, reading->arena, &reading->said, err);
    if (!ok || ask->since.us == 0) {
        return ok;
    }
    const struct cn_when *later = is_past ? &reading->at.when : &reading->when;
    return read_past(reading, ask->since, later, &reading->since, err) &&
           read_replay(reading, is_past ? reading->at.program->version : reading->running, err);
}

static void forget(struct reading *reading)
{
    struct past *pasts[] = { &reading->at, &reading->since };
    for (size_t i = 0; i < CN_ARRAY_LEN(pasts); i++) {
        cn_moment_close(&pasts[i]->moment);
        cn_moment_close(&pasts[i]->replay);
    }
    for (size_t i = 0; i < reading->program_count; i++) {
        cn_compiled_give(reading->engine->compiled, reading->programs[i]);
    }
}

/* ---- explaining ---- */

static bool has_points(const struct past *past)
{
    return (past->has_row && past->row.score.has_points) || past->moment.score.has_points;
}

static struct cn_explain_at end_of(const struct past *past)
{
    const struct cn_moment *moment = &past->moment;
    return (struct cn_explain_at){
        .model = past->program->health,
        .frame = moment->frame,
        .when = past->when,
        .band_before = past->has_row ? past->row.score.band : CN_BAND_NONE,
        .version = past->program->version,
        .shown = past->has_row && past->row.score.has_points ? &past->row.score : NULL,
        .scores = &moment->state,
        .said = &past->said
    };
}

static bool explain_change(const struct reading *reading, const struct cn_explain_at *now,
                           struct cn_engine_explanation *out, struct cn_error *err)
{
    const struct past *since = &reading->since;
    struct cn_explain_at then = end_of(since);
    if (!has_points(since)) {
        return cn_health_explain(now, reading->arena, &out->now, err);
    }
    if (then.version == now->version) {
        then.model = now->model; /* a version compiles to the same rules over the same columns */
    } else {
        then.replay = since->replay.frame;
        then.replay_scores = &since->replay.state;
    }
    out->has_previous = true;
    out->previous_at = then.when.now;
    out->previous = then.shown != NULL ? *then.shown : since->moment.score;
    out->previous_version = then.version;
    return cn_health_explain_change(&then, now, reading->arena, &out->now, err);
}

/* Texts of the program, which may be gone before they are told. */
static void keep_texts(struct cn_explanation *explanation, struct cn_arena *arena)
{
    explanation->scorecard = cn_arena_str(arena, explanation->scorecard);
    explanation->because = cn_arena_str(arena, explanation->because);
    for (size_t i = 0; i < explanation->count; i++) {
        struct cn_explain_item *item = &explanation->items[i];
        cn_str *texts[] = { &item->path,     &item->name,   &item->raw_text,
                            &item->was_text, &item->reason, &item->rule };
        for (size_t k = 0; k < CN_ARRAY_LEN(texts); k++) {
            *texts[k] = cn_arena_str(arena, *texts[k]);
        }
        for (size_t k = 0; k < item->fact_count; k++) {
            struct cn_fact *fact = &item->facts[k];
            fact->name = cn_arena_str(arena, fact->name);
            fact->value_text = cn_arena_str(arena, fact->value_text);
            fact->source = cn_arena_str(arena, fact->source);
        }
    }
}

static bool explain_end(const struct reading *reading, const struct cn_explain_ask *ask,
                        const struct cn_explain_at *end, struct cn_engine_explanation *out,
                        struct cn_error *err)
{
    out->at = end->when.now;
    out->version = end->version;
    return ask->since.us != 0 ? explain_change(reading, end, out, err)
                              : cn_health_explain(end, reading->arena, &out->now, err);
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

/* Under the write lock: sources belong to one thread at a time.  False without an error if another
 * version of the program runs than was read for. */
static bool explain_now(const struct reading *reading, const struct cn_explain_ask *ask,
                        struct cn_engine_explanation *out, bool *is_stale_out, struct cn_error *err)
{
    const struct cn_engine *engine = reading->engine;
    struct cn_explain_at now = { .model = engine->program->health,
                                 .frame = engine->frame,
                                 .when = reading->when,
                                 .version = engine->program->version,
                                 .scores = &engine->health,
                                 .said = &reading->said };
    if (!cn_frame_find(engine->frame, reading->account_id, &now.row)) {
        return cn_fail(err, CN_NOT_FOUND, "no such account");
    }
    *is_stale_out = now.version != reading->running;
    if (*is_stale_out) {
        return false;
    }
    now.band_before = cn_health_state_get(&engine->health, now.row).band;
    add_shadows(engine, now.row, reading->arena, out);
    if (ask->scorecard.len > 0) {
        out->at = now.when.now;
        out->version = now.version;
        return explain_shadow(&now, ask->scorecard, reading->arena, out, err);
    }
    return explain_end(reading, ask, &now, out, err);
}

static bool is_known(struct cn_engine *engine, int64_t account_id)
{
    uint32_t row = 0;
    (void)pthread_rwlock_rdlock(&engine->lock);
    const bool is = cn_frame_find(engine->frame, account_id, &row);
    (void)pthread_rwlock_unlock(&engine->lock);
    return is;
}

/* A version that is taken meanwhile makes it stale. */
static bool explain_once(struct cn_engine *engine, int64_t account_id,
                         const struct cn_explain_ask *ask, struct cn_arena *arena,
                         struct cn_engine_explanation *out, bool *is_stale_out,
                         struct cn_error *err)
{
    struct reading reading = { .engine = engine,
                               .account_id = account_id,
                               .arena = arena,
                               .when = cn_when_at(engine->options.tz, cn_now(engine->options.clock),
                                                  false) };
    bool ok = read_all(&reading, ask, err);
    *is_stale_out = false;
    if (ok && ask->at.us != 0) {
        const struct cn_explain_at end = end_of(&reading.at);
        ok = explain_end(&reading, ask, &end, out, err);
        keep_texts(&out->now, arena);
    } else if (ok) {
        (void)pthread_rwlock_wrlock(&engine->lock);
        ok = explain_now(&reading, ask, out, is_stale_out, err);
        keep_texts(&out->now, arena);
        (void)pthread_rwlock_unlock(&engine->lock);
    }
    forget(&reading);
    return ok;
}

bool cn_engine_explain(struct cn_engine *engine, int64_t account_id,
                       const struct cn_explain_ask *ask, struct cn_arena *arena,
                       struct cn_engine_explanation *explanation_out, struct cn_error *err)
{
    struct cn_engine_explanation explanation = { 0 };
    bool is_stale = true;
    bool ok = false;
    if (!cn_engine_has_begun(engine, BEGIN_WAIT_US)) { /* rows are not filled yet */
        return cn_fail(err, CN_UNAVAILABLE,
                       "scores are being brought up to date after a start; try again soon");
    }
    if (!is_known(engine, account_id)) {
        return cn_fail(err, CN_NOT_FOUND, "no such account");
    }
    while (is_stale) {
        explanation = (struct cn_engine_explanation){ 0 };
        ok = explain_once(engine, account_id, ask, arena, &explanation, &is_stale, err);
    }
    if (ok) {
        *explanation_out = explanation;
    }
    return ok;
}
