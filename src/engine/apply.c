#include "engine/apply.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#include "book/change.h"
#include "engine/apply_parts.h"
#include "program/version.h"

enum {
    PASSES_MAX = 8,      /* over accounts that had events while daily values were loaded */
    PASS_ACCOUNTS = 500, /* so few are left to the engine's thread */
    RETRY_S = 1          /* after the database failed */
};

struct cn_apply *cn_apply_new(struct cn_engine *engine)
{
    struct cn_apply *apply = cn_heap_resize(NULL, sizeof(*apply));
    *apply = (struct cn_apply){ .engine = engine };
    pthread_rwlockattr_t attr;
    (void)pthread_rwlockattr_init(&attr); /* these inits cannot fail on Linux */
    /* Who asks all the time must not keep a version from being taken. */
    (void)pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    (void)pthread_rwlock_init(&apply->use, &attr);
    (void)pthread_rwlockattr_destroy(&attr);
    (void)pthread_mutex_init(&apply->lock, NULL);
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&apply->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    cn_arena_init(&apply->names_arena, 1024);
    return apply;
}

static void drop(struct apply_prepared *prepared)
{
    cn_series_free(prepared->series); /* it reads the program's metrics */
    cn_engine_program_free(prepared->program);
    *prepared = (struct apply_prepared){ 0 };
}

void cn_apply_free(struct cn_apply *apply)
{
    drop(&apply->ready);
    for (size_t i = 0; i < apply->retired_count; i++) {
        cn_engine_program_free(apply->retired[i].program);
    }
    free(apply->retired);
    cn_map_deinit(&apply->touched);
    cn_arena_deinit(&apply->names_arena);
    (void)pthread_cond_destroy(&apply->changed);
    (void)pthread_mutex_destroy(&apply->lock);
    (void)pthread_rwlock_destroy(&apply->use);
    free(apply);
}

void cn_apply_lock(struct cn_apply *apply)
{
    (void)pthread_mutex_lock(&apply->lock);
}

void cn_apply_unlock(struct cn_apply *apply)
{
    (void)pthread_mutex_unlock(&apply->lock);
}

void cn_apply_tell(struct cn_apply *apply)
{
    const struct cn_engine_options *options = &apply->engine->options;
    if (options->publish_program != NULL) {
        options->publish_program(options->publish_arg);
    }
}

void cn_apply_news(struct cn_apply *apply, int64_t version)
{
    cn_apply_lock(apply);
    if (version > apply->announced) {
        apply->announced = version;
        (void)pthread_cond_broadcast(&apply->changed);
    }
    cn_apply_unlock(apply);
}

void cn_apply_begin_with(struct cn_apply *apply, int64_t active, int64_t stored, int64_t newest)
{
    apply->active = active;
    apply->stored = stored;
    apply->looked = active;
    apply->announced = newest;
}

void cn_engine_keep_program(struct cn_engine *engine)
{
    (void)pthread_rwlock_rdlock(&engine->apply->use);
}

void cn_engine_let_program(struct cn_engine *engine)
{
    (void)pthread_rwlock_unlock(&engine->apply->use);
}

/* ---- accounts with facts while daily values are loaded ---- */

void cn_apply_note_facts(struct cn_apply *apply, const struct cn_metric_fact *facts, size_t count)
{
    bool was_new = false;
    if (!atomic_load(&apply->collects)) {
        return;
    }
    cn_apply_lock(apply);
    for (size_t i = 0; i < count; i++) {
        (void)cn_map_put(&apply->touched, (uint64_t)facts[i].account_id, &was_new);
    }
    cn_apply_unlock(apply);
}

void cn_apply_note_accounts(struct cn_apply *apply, const int64_t *account_ids, size_t count)
{
    bool was_new = false;
    if (!atomic_load(&apply->collects)) {
        return;
    }
    cn_apply_lock(apply);
    for (size_t i = 0; i < count; i++) {
        (void)cn_map_put(&apply->touched, (uint64_t)account_ids[i], &was_new);
    }
    cn_apply_unlock(apply);
}

/* Those noted until now, on the heap; they are no longer noted. */
static int64_t *take_touched(struct cn_apply *apply, size_t *count_out)
{
    size_t cursor = 0;
    size_t count = 0;
    uint64_t id = 0;
    uint64_t unused = 0;
    cn_apply_lock(apply);
    int64_t *ids = cn_heap_resize(NULL, (apply->touched.count + 1) * sizeof(ids[0]));
    while (cn_map_next(&apply->touched, &cursor, &id, &unused)) {
        ids[count++] = (int64_t)id;
    }
    cn_map_clear(&apply->touched);
    cn_apply_unlock(apply);
    *count_out = count;
    return ids;
}

bool cn_apply_load_touched(struct cn_apply *apply, struct cn_series *series, size_t *count_out,
                           struct cn_error *err)
{
    struct cn_rollup *rollup = apply->engine->options.rollup;
    int64_t *ids = take_touched(apply, count_out);
    bool ok = *count_out == 0 || (cn_rollup_flush(rollup, err) &&
                                  cn_series_load(series, rollup, ids, *count_out, err));
    if (!ok) { /* for the next try */
        cn_apply_note_accounts(apply, ids, *count_out);
    }
    free(ids);
    return ok;
}

/* ---- the thread that prepares ---- */

/* Whether what is being prepared is no longer wanted.  With the lock held. */
static bool is_dated(const struct cn_apply *apply)
{
    return apply->is_stopping || apply->announced > apply->preparing;
}

static bool is_given_up(struct cn_apply *apply)
{
    cn_apply_lock(apply);
    bool given_up = is_dated(apply);
    cn_apply_unlock(apply);
    return given_up;
}

static bool compile(struct cn_apply *apply, const struct cn_program_files *files, int64_t version,
                    struct cn_engine_program **program_out, struct cn_error *err)
{
    struct cn_engine *engine = apply->engine;
    struct cn_diagnostics problems;
    struct cn_arena arena;
    struct cn_program_ground ground = { .book = cn_book_facts_source(engine->facts),
                                        .rollup = engine->options.rollup,
                                        .tz = engine->options.tz,
                                        .strings = engine->strings };
    cn_arena_init(&arena, (size_t)16 * 1024);
    cn_diagnostics_init(&problems, &arena);
    bool ok = cn_engine_program_compile(files, &ground, program_out, &problems);
    if (ok) {
        (*program_out)->version = version;
    } else {
        ok = cn_diagnostics_none(&problems, err); /* false: there is one */
    }
    cn_arena_deinit(&arena);
    return ok;
}

struct failing {
    struct cn_engine *engine;
    int64_t version;
    cn_str message;
};

static bool fail_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct failing *failing = arg;
    return cn_program_version_fail(conn, failing->version, cn_now(failing->engine->options.clock),
                                   failing->message, err);
}

static bool mark_failed(struct cn_apply *apply, int64_t version, const struct cn_error *why,
                        struct cn_error *err)
{
    struct failing failing = { apply->engine, version, cn_str_of(why->message) };
    cn_log_error("engine", why, "a version of the program cannot be made active");
    if (!cn_db_write(apply->engine->options.db, fail_work, &failing, err)) {
        return false;
    }
    cn_apply_lock(apply);
    apply->failed = version;
    (void)pthread_cond_broadcast(&apply->changed);
    cn_apply_unlock(apply);
    cn_apply_tell(apply);
    return true;
}

/* What both programs count, while the one is active and the other is prepared. */
static bool use_both(struct cn_apply *apply, const struct cn_metric_list *next,
                     struct cn_error *err)
{
    struct cn_engine *engine = apply->engine;
    size_t building = 0;
    cn_engine_keep_program(engine);
    const struct cn_metric_list *now = engine->program->metrics;
    struct cn_metric_list both = { .count = now->count + next->count };
    both.items = cn_heap_resize(NULL, (both.count + 1) * sizeof(both.items[0]));
    for (size_t i = 0; i < both.count; i++) {
        both.items[i] = i < now->count ? now->items[i] : next->items[i - now->count];
    }
    bool ok = cn_rollup_use(engine->options.rollup, &both, &building, err);
    free(both.items);
    cn_engine_let_program(engine);
    return ok;
}

/* No more than the running one counts. */
static bool use_running(struct cn_apply *apply, struct cn_error *err)
{
    struct cn_engine *engine = apply->engine;
    size_t building = 0;
    cn_engine_keep_program(engine);
    bool ok = cn_rollup_use(engine->options.rollup, engine->program->metrics, &building, err);
    cn_engine_let_program(engine);
    return ok;
}

static bool note_progress(void *arg, cn_time received)
{
    static const int64_t day_us = (int64_t)86400 * 1000000;
    struct cn_apply *apply = arg;
    cn_time now = cn_now(apply->engine->options.clock);
    cn_apply_lock(apply);
    if (apply->first_received.us == 0) {
        apply->first_received = received;
    }
    int64_t done = (received.us - apply->first_received.us) / day_us;
    bool moved = done != apply->done_days;
    apply->done_days = done;
    apply->total_days = (now.us - apply->first_received.us) / day_us + 1;
    bool goes_on = !is_dated(apply);
    cn_apply_unlock(apply);
    if (moved) {
        cn_apply_tell(apply);
    }
    return goes_on;
}

static void begin_building(struct cn_apply *apply, const struct cn_metric_list *metrics,
                           const bool *missing)
{
    cn_apply_lock(apply);
    cn_arena_reset(&apply->names_arena);
    apply->names = cn_arena_array(&apply->names_arena, cn_str, metrics->count + 1);
    apply->name_count = 0;
    for (size_t i = 0; i < metrics->count; i++) {
        if (missing[i]) {
            apply->names[apply->name_count++] =
                cn_arena_str(&apply->names_arena, metrics->items[i].name);
        }
    }
    apply->first_received.us = 0;
    apply->done_days = 0;
    apply->total_days = 0;
    (void)pthread_cond_broadcast(&apply->changed);
    cn_apply_unlock(apply);
    cn_apply_tell(apply);
}

static void end_building(struct cn_apply *apply)
{
    cn_apply_lock(apply);
    apply->name_count = 0;
    cn_apply_unlock(apply);
}

/* The log is scanned for metrics that were not counted before. */
static bool build(struct cn_apply *apply, const struct cn_metric_list *metrics, bool *built_out,
                  struct cn_error *err)
{
    struct cn_rollup *rollup = apply->engine->options.rollup;
    bool *missing = cn_heap_resize(NULL, metrics->count + 1);
    size_t count = 0;
    bool ok =
        cn_rollup_missing(rollup, metrics, missing, &count, err) && use_both(apply, metrics, err);
    if (ok && count > 0) {
        begin_building(apply, metrics, missing);
        ok = cn_engine_build_metrics(apply->engine,
                                     &(struct cn_engine_build){ note_progress, apply }, err);
        end_building(apply);
    }
    free(missing);
    *built_out = count > 0;
    return ok;
}

/* Daily values for the program, unless the running ones fit. */
static bool load_series(struct cn_apply *apply, struct apply_prepared *prepared, bool built,
                        struct cn_error *err)
{
    struct cn_engine *engine = apply->engine;
    struct cn_rollup *rollup = engine->options.rollup;
    const struct cn_metric_list *metrics = prepared->program->metrics;
    int32_t reach = cn_metric_source_reach(prepared->program->metric_source);
    cn_engine_keep_program(engine);
    bool fits = !built && cn_series_fits(engine->series, metrics, reach);
    cn_engine_let_program(engine);
    if (fits) {
        return true;
    }
    int32_t today = (int32_t)cn_tz_day(engine->options.tz, cn_now(engine->options.clock));
    struct cn_rollup_stats stats;
    cn_rollup_stats(rollup, &stats);
    prepared->series =
        cn_series_new(&(struct cn_series_options){ .metrics = metrics,
                                                   .first_day = today - 1,
                                                   .last_day = today,
                                                   .reach_days = reach,
                                                   .members_max = stats.members_max });
    size_t count = PASS_ACCOUNTS + 1;
    cn_apply_lock(apply);
    cn_map_clear(&apply->touched);
    cn_apply_unlock(apply);
    atomic_store(&apply->collects, true);
    bool ok =
        cn_rollup_flush(rollup, err) && cn_series_load(prepared->series, rollup, NULL, 0, err);
    for (int pass = 0; ok && pass < PASSES_MAX && count > PASS_ACCOUNTS; pass++) {
        ok = cn_apply_load_touched(apply, prepared->series, &count, err);
    }
    return ok;
}

/* Until the engine's thread has taken it, or something newer came. */
static void hand_over(struct cn_apply *apply, struct apply_prepared *prepared)
{
    cn_apply_lock(apply);
    apply->ready = *prepared;
    int64_t version = prepared->program->version;
    cn_apply_unlock(apply);
    cn_engine_wake(apply->engine);
    cn_apply_lock(apply);
    while (!is_dated(apply) && apply->active != version) {
        (void)pthread_cond_wait(&apply->changed, &apply->lock);
    }
    *prepared = apply->ready; /* none, if it was taken */
    apply->ready = (struct apply_prepared){ 0 };
    cn_apply_unlock(apply);
    drop(prepared);
}

static bool prepare(struct cn_apply *apply, const struct cn_program_files *files, int64_t version,
                    struct cn_error *err)
{
    struct apply_prepared prepared = { 0 };
    struct cn_error why;
    bool built = false;
    cn_apply_lock(apply);
    apply->preparing = version;
    cn_apply_unlock(apply);
    if (!compile(apply, files, version, &prepared.program, &why)) {
        return mark_failed(apply, version, &why, err);
    }
    bool ok = build(apply, prepared.program->metrics, &built, err) &&
              load_series(apply, &prepared, built, err);
    if (ok && !is_given_up(apply)) {
        hand_over(apply, &prepared);
    }
    atomic_store(&apply->collects, false);
    drop(&prepared);
    struct cn_error ignored; /* the next version or start says again what is counted */
    bool used = use_running(apply, &ignored);
    if (!used) {
        cn_log_error("engine", &ignored, "preparing the program's metrics");
    }
    return ok || is_given_up(apply);
}

/* The newest version, unless it is running or has failed. */
static bool look(struct cn_apply *apply, struct cn_error *err)
{
    struct cn_db *db = apply->engine->options.db;
    struct cn_sql_conn *conn = NULL;
    struct cn_arena arena;
    struct cn_program_version version = { 0 };
    struct cn_program_files files;
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    cn_arena_init(&arena, (size_t)64 * 1024);
    bool ok = cn_program_version_load(conn, &arena, 0, &version, &files, err);
    cn_db_release(db, conn);
    if (ok) {
        cn_apply_lock(apply);
        bool is_news = version.number != apply->active;
        apply->announced = version.number > apply->announced ? version.number : apply->announced;
        if (version.failure.len > 0) {
            apply->failed = version.number;
            is_news = false;
        }
        (void)pthread_cond_broadcast(&apply->changed);
        cn_apply_unlock(apply);
        ok = !is_news || prepare(apply, &files, version.number, err);
        cn_apply_lock(apply);
        apply->preparing = 0;
        apply->looked = ok ? version.number : apply->looked;
        (void)pthread_cond_broadcast(&apply->changed);
        cn_apply_unlock(apply);
    }
    cn_arena_deinit(&arena);
    return ok;
}

/* A second, or less if the engine stops; then another try. */
static void pause_a_little(struct cn_apply *apply)
{
    const struct timespec until = cn_clock_until((int64_t)RETRY_S * 1000000);
    cn_apply_lock(apply);
    int rc = 0;
    while (rc == 0 && !apply->is_stopping) {
        rc = pthread_cond_timedwait(&apply->changed, &apply->lock, &until);
    }
    cn_apply_unlock(apply);
}

static bool wait_for_news(struct cn_apply *apply)
{
    cn_apply_lock(apply);
    while (apply->announced <= apply->looked && !apply->is_stopping) {
        (void)pthread_cond_wait(&apply->changed, &apply->lock);
    }
    bool goes_on = !apply->is_stopping;
    cn_apply_unlock(apply);
    return goes_on;
}

static void *run(void *arg)
{
    struct cn_apply *apply = arg;
    while (wait_for_news(apply)) {
        struct cn_error err;
        if (!look(apply, &err)) {
            cn_log_error("engine", &err, "preparing a version of the program; it is tried again");
            pause_a_little(apply);
        }
    }
    return NULL;
}

void cn_apply_start(struct cn_apply *apply)
{
    if (pthread_create(&apply->thread, NULL, run, apply) != 0) {
        abort(); /* as when memory ends */
    }
    (void)pthread_setname_np(apply->thread, "cn-program"); /* only for people who look */
    apply->has_thread = true;
}

void cn_apply_stop(struct cn_apply *apply)
{
    cn_apply_lock(apply);
    apply->is_stopping = true;
    (void)pthread_cond_broadcast(&apply->changed);
    cn_apply_unlock(apply);
    if (apply->has_thread) {
        (void)pthread_join(apply->thread, NULL);
        apply->has_thread = false;
    }
}
