#include "engine/backfill.h"

#include <stdlib.h>

#include "engine/apply_state.h"
#include "engine/list_columns.h"
#include "engine/pass.h"
#include "engine/placed.h"
#include "engine/shadows.h"
#include "engine/state.h"
#include "health/shadow_history.h"

enum {
    CHUNK_ACCOUNTS = 500, /* whose past is in memory at once */
    ROWS_AT_ONCE = 2000,  /* of one transaction */
    PAUSE_NS = 2000000    /* between two days */
};

/* One chunk of accounts on its way through the days. */
struct run {
    struct cn_engine *engine;
    const struct cn_backfill *what;
    const int64_t *accounts; /* to be scored */
    size_t count;
    const int64_t *population; /* those and all that their rules compare them with */
    size_t population_count;
    struct cn_frame *frame;
    struct cn_bitmap rows_scored;
    bool scores_all; /* the others, too: rules read what rules make of them */
    struct cn_health_state state;
    struct cn_membership segments;
    struct cn_placed placed;
    struct cn_health_changes changes;
    struct cn_health_changes shadow_changes;
    struct cn_pending rows;
    struct cn_arena scratch;
};

static bool guard(struct run *run, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct cn_unit unit = cn_engine_unit(run->engine, conn, &run->scratch);
    return cn_engine_guard(run->engine, &unit, err);
}

static bool save_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct run *run = arg;
    return guard(run, conn, err) &&
           cn_health_history_save(conn, run->rows.rows, run->rows.count, err) &&
           cn_shadow_history_save(conn, run->engine->options.tz, run->rows.shadows,
                                  run->rows.shadow_count, err) &&
           cn_placement_save(conn, run->placed.rows, run->placed.count, err);
}

static bool save(struct run *run, struct cn_error *err)
{
    if (run->rows.count + run->rows.shadow_count + run->placed.count == 0) {
        return true;
    }
    bool ok = cn_db_write(run->engine->options.db, save_work, run, err);
    run->rows.count = 0;
    run->rows.shadow_count = 0;
    cn_placed_clear(&run->placed);
    cn_arena_reset(&run->rows.arena);
    return ok;
}

static bool forget_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct run *run = arg;
    const struct cn_tz *tz = run->engine->options.tz;
    cn_time from = cn_tz_day_start(tz, run->what->first_day);
    cn_time to = cn_tz_day_start(tz, run->what->last_day + 1);
    if (!guard(run, conn, err)) {
        return false;
    }
    for (size_t i = 0; i < run->count; i++) {
        if (!cn_health_history_forget(conn, run->accounts[i], from, to, err) ||
            !cn_shadow_history_forget(conn, run->accounts[i], run->what->first_day,
                                      run->what->last_day, err) ||
            !cn_placement_forget(conn, run->accounts[i], from, to, err)) {
            return false;
        }
    }
    return true;
}

static void remember(struct run *run, cn_time at)
{
    const int64_t *accounts = cn_frame_accounts(run->frame);
    for (size_t i = 0; i < run->changes.count; i++) {
        const struct cn_health_change *change = &run->changes.items[i];
        if (change->is_history && cn_bitmap_has(&run->rows_scored, change->row)) {
            struct cn_health_row row =
                cn_health_history_row(run->engine->program->health, accounts[change->row], at,
                                      &change->after, &run->rows.arena);
            row.is_backfilled = true;
            row.program_version = run->engine->program->version;
            cn_pending_add(&run->rows, &row);
        }
    }
    run->changes.count = 0;
}

/* Under no lock: what history says is for people, nothing stands on it. */
static void remember_placed(struct run *run, cn_time at)
{
    const int64_t *accounts = cn_frame_accounts(run->frame);
    struct cn_segment_changes moved;
    cn_segment_collect(run->engine->program->segments, &run->segments, &run->scratch, &moved);
    for (size_t i = 0; i < moved.count; i++) {
        if (cn_bitmap_has(&run->rows_scored, moved.items[i].row)) {
            cn_placed_add(&run->placed, &(struct cn_placement_row){
                                            .account_id = accounts[moved.items[i].row],
                                            .at = at,
                                            .placement = moved.items[i].placement,
                                            .is_backfilled = true,
                                            .program_version = run->engine->program->version });
        }
    }
}

struct filling {
    struct run *run;
    struct cn_when when;
};

/* Sources belong to one thread at a time, so the columns are filled under the engine's lock. */
static bool fill_stratum(void *arg, uint32_t stratum, struct cn_error *err)
{
    const struct filling *filling = arg;
    struct run *run = filling->run;
    (void)pthread_rwlock_wrlock(&run->engine->lock);
    bool ok = cn_frame_fill(run->frame, stratum, NULL, &filling->when, CN_PACE_FACT, err);
    (void)pthread_rwlock_unlock(&run->engine->lock);
    /* The lock is not fair: without a pause the engine's own rounds would wait until the end. */
    struct timespec pause = { .tv_nsec = PAUSE_NS };
    (void)nanosleep(&pause, NULL); /* woken early, it just goes on sooner */
    return ok;
}

static bool run_day(struct run *run, int64_t day, struct cn_error *err)
{
    const struct cn_tz *tz = run->engine->options.tz;
    struct filling filling = { .run = run, .when = cn_when_at(tz, cn_tz_day_start(tz, day), true) };
    struct cn_engine_results results = { .health = &run->state,
                                         .health_changes = &run->changes,
                                         .shadow_changes = &run->shadow_changes,
                                         .segments = &run->segments };
    struct cn_engine_pass pass = { .program = run->engine->program,
                                   .frame = run->frame,
                                   .rows = run->scores_all ? NULL : &run->rows_scored,
                                   .fill = fill_stratum,
                                   .arg = &filling,
                                   .results = &results };
    cn_arena_reset(&run->scratch);
    if (!cn_engine_pass(&pass, &run->scratch, err)) {
        return false;
    }
    remember(run, filling.when.now);
    cn_shadows_remember(run->engine->program, run->frame, &run->rows_scored, filling.when.now, true,
                        &run->shadow_changes, &run->rows);
    remember_placed(run, filling.when.now);
    return true;
}

static bool run_days(struct run *run, int64_t done_before, int64_t total, struct cn_error *err)
{
    for (int64_t day = run->what->first_day; day <= run->what->last_day; day++) {
        if (!run_day(run, day, err)) {
            return false;
        }
        if (run->rows.count + run->rows.shadow_count + run->placed.count >= ROWS_AT_ONCE &&
            !save(run, err)) {
            return false;
        }
        if (run->what->progress != NULL) {
            run->what->progress(run->what->arg, done_before + day - run->what->first_day + 1,
                                total);
        }
    }
    return save(run, err);
}

/* The live colour goes on from the back-filled one. */
static void hand_over(struct run *run)
{
    struct cn_engine *engine = run->engine;
    (void)pthread_rwlock_wrlock(&engine->lock);
    for (size_t i = 0; i < run->count; i++) {
        uint32_t from = 0;
        uint32_t to = 0;
        if (cn_frame_find(run->frame, run->accounts[i], &from) &&
            cn_frame_find(engine->frame, run->accounts[i], &to)) {
            const enum cn_band band = cn_health_state_get(&run->state, from).band;
            if (cn_health_state_get(&engine->health, to).band != band) {
                cn_engine_hand(engine, to, band);
            }
        }
    }
    (void)pthread_rwlock_unlock(&engine->lock);
}

static bool prepare(struct run *run, struct cn_error *err)
{
    struct cn_engine *engine = run->engine;
    for (size_t i = 0; i < run->population_count; i++) {
        (void)cn_frame_add(run->frame, run->population[i]);
    }
    cn_frame_use(run->frame, &engine->program->columns, NULL);
    run->scores_all = cn_engine_program_compares_made(engine->program);
    cn_health_state_resize(&run->state, run->population_count);
    cn_membership_resize(&run->segments, engine->program->segments->count, run->population_count);
    cn_bitmap_resize(&run->rows_scored, run->population_count);
    for (size_t i = 0; i < run->count; i++) {
        cn_bitmap_add(&run->rows_scored, cn_frame_add(run->frame, run->accounts[i]));
    }
    (void)pthread_rwlock_wrlock(&engine->lock);
    bool ok = cn_metric_source_prepare(
        engine->program->metric_source,
        (int32_t)run->what->first_day - 1, /* ranks: the night before */
        (int32_t)run->what->last_day, run->population, run->population_count, err);
    (void)pthread_rwlock_unlock(&engine->lock);
    return ok && cn_db_write(engine->options.db, forget_work, run, err);
}

static bool backfill_chunk(struct run *run, int64_t done_before, int64_t total,
                           struct cn_error *err)
{
    run->frame = cn_frame_new(run->engine->strings);
    cn_health_state_init(&run->state);
    cn_membership_init(&run->segments);
    cn_arena_init(&run->scratch, (size_t)256 * 1024);
    cn_arena_init(&run->rows.arena, (size_t)256 * 1024);
    bool ok = prepare(run, err) && run_days(run, done_before, total, err);
    if (ok) {
        hand_over(run);
    }
    cn_arena_deinit(&run->rows.arena);
    free(run->rows.rows);
    free(run->rows.shadows);
    cn_arena_deinit(&run->scratch);
    cn_health_changes_deinit(&run->changes);
    cn_health_changes_deinit(&run->shadow_changes);
    cn_health_state_deinit(&run->state);
    cn_membership_deinit(&run->segments);
    cn_placed_deinit(&run->placed);
    cn_bitmap_deinit(&run->rows_scored);
    cn_frame_free(run->frame);
    return ok;
}

/* A copy of all account ids: the frame's own move when it grows. */
static int64_t *all_accounts(struct cn_engine *engine, size_t *count_out)
{
    (void)pthread_rwlock_rdlock(&engine->lock);
    size_t rows = cn_frame_rows(engine->frame);
    const int64_t *accounts = cn_frame_accounts(engine->frame);
    int64_t *copy = cn_heap_resize(NULL, (rows + 1) * sizeof(copy[0]));
    size_t count = 0;
    for (size_t row = 0; row < rows; row++) {
        if (accounts[row] != 0) {
            copy[count++] = accounts[row];
        }
    }
    (void)pthread_rwlock_unlock(&engine->lock);
    *count_out = count;
    return copy;
}

/* A chunk of accounts after the other; all at once, beside all others, if rules compare them. */
static bool backfill_all(struct run *all, struct cn_error *err)
{
    bool compares = cn_engine_program_compares(all->engine->program);
    size_t chunk = compares ? all->count : CHUNK_ACCOUNTS;
    int64_t days = all->what->last_day - all->what->first_day + 1;
    int64_t total = chunk > 0 ? (int64_t)((all->count + chunk - 1) / chunk) * days : 0;
    int64_t done = 0;
    bool ok = true;
    for (size_t from = 0; ok && from < all->count; from += chunk, done += days) {
        struct run run = *all;
        run.accounts = all->accounts + from;
        run.count = all->count - from < chunk ? all->count - from : chunk;
        if (!compares) {
            run.population = run.accounts;
            run.population_count = run.count;
        }
        ok = backfill_chunk(&run, done, total, err);
    }
    return ok;
}

bool cn_engine_backfill(struct cn_engine *engine, const struct cn_backfill *what,
                        struct cn_error *err)
{
    struct run run = { .engine = engine, .what = what };
    cn_engine_keep_program(engine);
    int64_t *all = all_accounts(engine, &run.population_count);
    run.population = all;
    run.accounts = what->account_ids != NULL ? what->account_ids : all;
    run.count = what->account_ids != NULL ? what->count : run.population_count;
    bool ok = cn_rollup_flush(engine->options.rollup, err) && backfill_all(&run, err);
    cn_metric_source_drop(engine->program->metric_source);
    cn_engine_let_program(engine);
    free(all);
    ok = ok && cn_engine_load_past(engine, cn_now(engine->options.clock), err);
    return ok || cn_error_context(err, "evaluating the past");
}
