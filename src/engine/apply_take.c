/* Another version, taken by the engine's thread; and what people ask of it. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"

#include "book/change.h"
#include "engine/apply_parts.h"
#include "program/version.h"

enum {
    TRIES = 40,
    TRY_PAUSE_NS = 5000000,
    KEEP_US = 600000000 /* a program that was replaced: texts of it may be on their way out */
};

const char *const cn_version_state_names[CN_VERSION_STATE_COUNT] = { "active", "building", "past",
                                                                     "failed" };

static void free_retired(struct cn_apply *apply)
{
    int64_t now_us = cn_clock_monotonic_us();
    size_t kept = 0;
    for (size_t i = 0; i < apply->retired_count; i++) {
        if (now_us - apply->retired[i].at_us > KEEP_US) {
            cn_engine_program_free(apply->retired[i].program);
        } else {
            apply->retired[kept++] = apply->retired[i];
        }
    }
    apply->retired_count = kept;
}

/* Those who work with the old program are soon done; else the next round takes the new one. */
static bool lock_use(struct cn_apply *apply)
{
    const struct timespec pause = { .tv_nsec = TRY_PAUSE_NS };
    for (int i = 0; i < TRIES; i++) {
        if (pthread_rwlock_trywrlock(&apply->use) == 0) {
            return true;
        }
        (void)nanosleep(&pause, NULL); /* woken early, it just tries sooner */
    }
    return false;
}

static bool load_starts(struct cn_db *db, struct cn_arena *scratch, int64_t after, int64_t upto,
                        struct cn_program_start_list *starts_out, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    bool ok = cn_program_starts_load(conn, scratch, after, upto, starts_out, err);
    cn_db_release(db, conn);
    return ok;
}

bool cn_engine_load_starts(struct cn_db *db, struct cn_arena *scratch,
                           struct cn_engine_program *program, int64_t after, struct cn_error *err)
{
    struct cn_program_start_list starts;
    if (!load_starts(db, scratch, after, program->version, &starts, err)) {
        return false;
    }
    cn_engine_program_start(program, &starts);
    return true;
}

/* What is ready, with the lock of what is used held; version 0: nothing, and it is not held. */
static int64_t take_ready(struct cn_apply *apply, int64_t version)
{
    if (version == 0 || !lock_use(apply)) {
        return 0;
    }
    cn_apply_lock(apply);
    const struct cn_engine_program *program = apply->ready.program;
    if (program != NULL && program->version == version) { /* else something newer came meanwhile */
        apply->taking = apply->ready;
        apply->ready = (struct apply_prepared){ 0 };
    } else {
        version = 0;
    }
    cn_apply_unlock(apply);
    if (version == 0) {
        (void)pthread_rwlock_unlock(&apply->use);
    }
    return version;
}

bool cn_apply_begin(struct cn_apply *apply, bool *takes_out, struct cn_error *err)
{
    *takes_out = false;
    cn_apply_lock(apply);
    int64_t version = apply->ready.program != NULL ? apply->ready.program->version : 0;
    cn_apply_unlock(apply);
    struct cn_engine *engine = apply->engine;
    struct cn_program_start_list starts = { 0 };
    size_t count = 0;
    /* Before the lock: who holds a connection may wait for it. */
    if (version != 0 && !load_starts(engine->options.db, &engine->scratch, engine->program->version,
                                     version, &starts, err)) {
        return cn_error_context(err, "taking another version of the program");
    }
    if (take_ready(apply, version) == 0) {
        return true;
    }
    cn_engine_program_start(apply->taking.program, &starts);
    /* Rows that read other rows' past read it from the flushed rollups. */
    if (!cn_rollup_flush(engine->options.rollup, err) ||
        (apply->taking.series != NULL &&
         !cn_apply_load_touched(apply, apply->taking.series, &count, err))) {
        cn_apply_lock(apply);
        apply->ready = apply->taking;
        cn_apply_unlock(apply);
        (void)pthread_rwlock_unlock(&apply->use);
        return cn_error_context(err, "taking another version of the program");
    }
    free_retired(apply);
    *takes_out = true;
    return true;
}

void cn_engine_move_scores(struct cn_engine *engine, const struct cn_health_model *from,
                           const struct cn_health_model *to)
{
    int32_t places[CN_SCORECARDS_MAX];
    for (size_t i = 0; i < from->scorecard_count; i++) {
        places[i] = -1;
        for (size_t j = 0; j < to->scorecard_count; j++) {
            if (cn_str_equal(from->scorecards[i].name, to->scorecards[j].name)) {
                places[i] = (int32_t)j;
            }
        }
    }
    cn_health_state_move_shadows(&engine->health, from, to);
    for (size_t row = 0; row < cn_frame_rows(engine->frame); row++) {
        struct cn_health_score score = cn_health_state_get(&engine->health, row);
        if (score.scorecard >= 0) {
            score.scorecard = places[score.scorecard];
            cn_health_state_set(&engine->health, row, &score);
        }
    }
}

void cn_apply_take(struct cn_apply *apply)
{
    struct cn_engine *engine = apply->engine;
    struct cn_engine_program *old = engine->program;
    struct cn_engine_program *program = apply->taking.program;
    cn_metric_source_set_series(old->metric_source, NULL);
    if (apply->taking.series != NULL) {
        atomic_store(&engine->keeping.are_others, true);
        cn_series_free(engine->series);
        engine->series = apply->taking.series;
        /* Night may have fallen since it was loaded. */
        cn_series_advance(engine->series, (int32_t)engine->day, cn_frame_accounts(engine->frame),
                          cn_frame_dirty(engine->frame));
    } else {
        cn_series_use(engine->series, program->metrics);
    }
    cn_metric_source_set_series(program->metric_source, engine->series);
    cn_engine_move_scores(engine, old->health, program->health);
    cn_membership_move(&engine->segments, old->segments, program->segments);
    cn_engine_move_signals(engine, old->signals, program->signals);
    engine->program = program;
    cn_frame_use(engine->frame, &program->columns, NULL);
    engine->needs_all = true;
    engine->signals.is_opening = true;
    apply->taking = (struct apply_prepared){ 0 };
    atomic_store(&apply->collects, false);
    apply->retired =
        cn_heap_resize(apply->retired, (apply->retired_count + 1) * sizeof(apply->retired[0]));
    apply->retired[apply->retired_count++] = (struct apply_retired){ old, cn_clock_monotonic_us() };
}

void cn_apply_done(struct cn_apply *apply)
{
    (void)pthread_rwlock_unlock(&apply->use);
}

bool cn_apply_store(const struct cn_apply *apply, const struct cn_unit *unit, struct cn_error *err)
{
    int64_t version = apply->engine->program->version;
    return apply->stored == version || cn_position_save(unit, "program", version, err);
}

void cn_apply_stored(struct cn_apply *apply)
{
    if (apply->stored == apply->engine->program->version) {
        return;
    }
    apply->stored = apply->engine->program->version;
    cn_apply_lock(apply);
    apply->active = apply->stored;
    (void)pthread_cond_broadcast(&apply->changed);
    cn_apply_unlock(apply);
    cn_apply_tell(apply);
}

/* ---- questions ---- */

/* From being saved to being active or found impossible.  With the lock held. */
static int64_t on_its_way(const struct cn_apply *apply)
{
    bool is_news = apply->announced > apply->looked && apply->announced != apply->active &&
                   apply->announced != apply->failed;
    bool is_prepared = apply->preparing == apply->active; /* and is active since a moment ago */
    int64_t preparing = is_prepared ? 0 : apply->preparing;
    return preparing != 0 ? preparing : is_news ? apply->announced : 0;
}

void cn_engine_apply_status(struct cn_engine *engine, struct cn_arena *arena,
                            struct cn_apply_status *status_out)
{
    struct cn_apply *apply = engine->apply;
    cn_apply_lock(apply);
    *status_out = (struct cn_apply_status){
        .active = apply->active,
        .building = on_its_way(apply),
        .metrics = cn_arena_array(arena, cn_str, apply->name_count + 1),
        .metric_count = apply->name_count,
        .done_days = apply->done_days,
        .total_days = apply->total_days,
    };
    for (size_t i = 0; i < apply->name_count; i++) {
        status_out->metrics[i] = cn_arena_str(arena, apply->names[i]);
    }
    cn_apply_unlock(apply);
}

enum cn_version_state cn_apply_state_of(const struct cn_apply_status *status, int64_t version,
                                        bool has_failed)
{
    if (version == status->active) {
        return CN_VERSION_ACTIVE;
    }
    if (has_failed) {
        return CN_VERSION_FAILED;
    }
    return version == status->building ? CN_VERSION_BUILDING : CN_VERSION_PAST;
}

/* With the lock held. */
static bool is_decided(const struct cn_apply *apply, int64_t version,
                       enum cn_version_state *state_out)
{
    if (apply->active >= version) {
        *state_out = apply->active == version ? CN_VERSION_ACTIVE : CN_VERSION_PAST;
        return true;
    }
    if (apply->failed == version) {
        *state_out = CN_VERSION_FAILED;
        return true;
    }
    *state_out = CN_VERSION_BUILDING;
    return apply->is_stopping || (apply->preparing == version && apply->name_count > 0);
}

enum cn_version_state cn_engine_apply_wait(struct cn_engine *engine, int64_t version,
                                           int64_t wait_us)
{
    struct cn_apply *apply = engine->apply;
    enum cn_version_state state = CN_VERSION_BUILDING;
    const struct timespec until = cn_clock_until(wait_us);
    cn_apply_news(apply, version); /* the engine would see it a moment later */
    cn_apply_lock(apply);
    int rc = 0;
    while (!is_decided(apply, version, &state) && rc == 0) {
        rc = pthread_cond_timedwait(&apply->changed, &apply->lock, &until);
    }
    cn_apply_unlock(apply);
    return state;
}

bool cn_apply_active_version(struct cn_sql_conn *conn, int64_t *version_out, struct cn_error *err)
{
    struct cn_unit unit = { .conn = conn };
    return cn_position_load(&unit, "program", version_out, err);
}
