#include "engine/engine.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#include "book/change.h"
#include "engine/apply_state.h"
#include "engine/compiled.h"
#include "engine/keep.h"
#include "engine/list_columns.h"
#include "engine/placed.h"
#include "engine/state.h"

enum {
    INBOX_MAX = 65536,
    POP_MAX = 1024,
    POP_STEP = 32,
    INBOX_EVENTS = 150000,        /* that wait in memory, about; they take some 300 bytes each */
    INBOX_EVENTS_SHARED = 400000, /* on PostgreSQL, where reading them again costs it as well */
    ROUND_EVENTS = 65536,         /* no more batches are popped after so many */
    POLL_US = 50000,              /* how often the change table is looked at */
    ROUND_US = 50000,             /* unless options say otherwise */
    NICE = 10,
    SCRATCH_BLOCK_BYTES = 1024 * 1024,
    SCRATCH_KEPT_BYTES = 16 * 1024 * 1024, /* what a chunk of events from the log takes, and more */
    FLOOD_EVENTS = 500,                    /* between two rounds */
    ROUND_REST_TIMES = 6, /* as long as a round took: in a flood they take a seventh of a core */
    ROUND_MOST_US = 250000,
    GATHER_US = 10000, /* between two feedings of a round: each takes what many commits brought */
};

void cn_id_list_add(struct cn_id_list *list, int64_t id)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 256 : list->capacity * 2;
        list->items = cn_heap_resize(list->items, list->capacity * sizeof(list->items[0]));
    }
    list->items[list->count++] = id;
}

struct cn_health_score cn_engine_handed(struct cn_health_score score, enum cn_band band)
{
    score.band = band;
    score.scorecard = -1;
    return score;
}

void cn_engine_hand(struct cn_engine *engine, uint32_t row, enum cn_band band)
{
    struct cn_health_score score = cn_health_state_get(&engine->health, row);
    struct cn_health_score handed = cn_engine_handed(score, band);
    struct cn_tick_colour colour = { .account_id = cn_frame_accounts(engine->frame)[row],
                                     .band = band };
    cn_health_state_set(&engine->health, row, &handed);
    cn_colour_list_add(&engine->handed, &colour);
    cn_bitmap_add(cn_frame_dirty(engine->frame), row);
}

struct cn_unit cn_engine_unit(struct cn_engine *engine, struct cn_sql_conn *conn,
                              struct cn_arena *arena)
{
    return (struct cn_unit){ .conn = conn,
                             .arena = arena,
                             .ids = engine->options.ids,
                             .scope = CN_SCOPE_ALL,
                             .node = CN_ENGINE_NODE,
                             .now = cn_now(engine->options.clock) };
}

struct cn_engine *cn_engine_new(const struct cn_engine_options *options)
{
    struct cn_engine *engine = cn_heap_resize(NULL, sizeof(*engine));
    *engine = (struct cn_engine){ .options = *options };
    engine->options.round_us = options->round_us > 0 ? options->round_us : ROUND_US;
    cn_queue_init(&engine->inbox, options->inbox_max > 0 ? options->inbox_max : INBOX_MAX);
    pthread_rwlockattr_t attr;
    (void)pthread_rwlockattr_init(&attr); /* these inits cannot fail on Linux */
    /* A stream of readers must not keep scores from moving. */
    (void)pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    (void)pthread_rwlock_init(&engine->lock, &attr);
    (void)pthread_rwlockattr_destroy(&attr);
    (void)pthread_mutex_init(&engine->settle_lock, NULL);
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&engine->settled, &monotonic);
    (void)pthread_cond_init(&engine->halted, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    cn_arena_init(&engine->scratch, SCRATCH_BLOCK_BYTES);
    cn_arena_keep(&engine->scratch, SCRATCH_KEPT_BYTES);
    cn_arena_init(&engine->pending.arena, SCRATCH_BLOCK_BYTES);
    engine->strings = cn_interner_new();
    engine->facts = cn_book_facts_new(options->tz);
    engine->subjects = cn_subject_map_new(options->reattribute_us);
    engine->parked = cn_parked_new(options->parked_max);
    engine->frame = cn_frame_new(engine->strings);
    cn_health_state_init(&engine->health);
    cn_membership_init(&engine->segments);
    cn_signals_init(&engine->signals);
    cn_column_init(&engine->last_activity, CN_COLUMN_TIME);
    cn_column_init(&engine->past_points, CN_COLUMN_I64);
    cn_column_init(&engine->trend, CN_COLUMN_I64);
    engine->lists = cn_heap_resize(NULL, sizeof(*engine->lists));
    cn_list_columns_init(engine->lists);
    engine->apply = cn_apply_new(engine);
    engine->compiled = cn_compiled_new();
    engine->book_options = (struct cn_book_batch_options){
        .map = engine->subjects,
        .unknown_account = options->creates_accounts ? CN_UNKNOWN_CREATE : CN_UNKNOWN_PARK,
    };
    return engine;
}

void cn_engine_on_commit(void *arg, const struct cn_event_commit *commit)
{
    struct cn_engine *engine = arg;
    size_t most = cn_db_is_embedded(engine->options.db) ? INBOX_EVENTS : INBOX_EVENTS_SHARED;
    for (size_t i = 0; i < commit->batch_count; i++) {
        struct cn_event_batch *batch = commit->batches[i];
        /* Behind a flood memory would grow with it: the rest is read from the log in its turn. */
        if (atomic_load(&engine->inbox_events) >= most) {
            atomic_store(&engine->has_skipped, true);
            continue;
        }
        cn_event_batch_retain(batch);
        atomic_fetch_add(&engine->inbox_events, batch->count);
        /* A full inbox makes the log wait, and so its senders.  A closed one: what is not taken now
         * is read from the log at the next start. */
        if (!cn_queue_push(&engine->inbox, batch)) {
            atomic_fetch_sub(&engine->inbox_events, batch->count);
            cn_event_batch_release(batch);
        }
    }
}

void cn_engine_hold(struct cn_engine *engine, bool held)
{
    if (atomic_exchange(&engine->held, held) && !held) {
        atomic_store(&engine->unscored, true);
    }
    cn_engine_wake(engine);
}

void cn_engine_wake(struct cn_engine *engine)
{
    /* If it is full, the engine is awake. */
    bool pushed = cn_queue_try_push(&engine->inbox, &engine->wake);
    (void)pushed;
}

uint32_t cn_engine_row(struct cn_engine *engine, int64_t account_id)
{
    uint32_t row = 0;
    if (cn_frame_find(engine->frame, account_id, &row)) {
        return row;
    }
    row = cn_frame_add(engine->frame, account_id);
    size_t rows = cn_frame_rows(engine->frame);
    cn_health_state_resize(&engine->health, rows);
    cn_membership_resize(&engine->segments, engine->program->segments->count, rows);
    cn_signals_resize(engine, rows);
    cn_bitmap_resize(&engine->active, rows);
    cn_bitmap_resize(&engine->activity.moved, rows);
    cn_bitmap_resize(&engine->activity.saving, rows);
    cn_column_reserve(&engine->last_activity, rows);
    cn_column_reserve(&engine->past_points, rows);
    cn_column_reserve(&engine->trend, rows);
    cn_list_columns_reserve(engine->lists, rows);
    return row;
}

/* Whether nothing is missing between what was taken so far and these: events that were committed
 * without an answer, or by another process, never come through the inbox. */
static bool follows(const struct cn_engine *engine, const struct cn_event *const *events,
                    size_t count)
{
    const struct cn_engine_position *position = &engine->position;
    int64_t next = (position->seq < position->book ? position->seq : position->book) + 1;
    for (size_t i = 0; i < count; i++) {
        if (events[i]->seq > next) {
            return false;
        }
        next += events[i]->seq == next;
    }
    return true;
}

/* Feeds what was popped; the batches are released. */
static bool feed_popped(struct cn_engine *engine, void *const *items, size_t count,
                        struct cn_error *err)
{
    cn_arena_reset(&engine->scratch);
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        const struct cn_event_batch *batch = items[i];
        total += items[i] == &engine->wake ? 0 : batch->count;
    }
    const struct cn_event **events =
        cn_arena_array(&engine->scratch, const struct cn_event *, total + 1);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct cn_event_batch *batch = items[i];
        for (size_t j = 0; items[i] != &engine->wake && j < batch->count; j++) {
            if (batch->events[j].seq > 0) {
                events[n++] = &batch->events[j];
            }
        }
    }
    bool ok = follows(engine, events, n) ? cn_engine_feed(engine, events, n, err)
                                         : cn_engine_catch_up(engine, err);
    for (size_t i = 0; i < count; i++) {
        if (items[i] != &engine->wake) {
            const struct cn_event_batch *batch = items[i];
            atomic_fetch_sub(&engine->inbox_events, batch->count);
            cn_event_batch_release(items[i]);
        }
    }
    return ok;
}

static void announce(struct cn_engine *engine)
{
    (void)pthread_mutex_lock(&engine->settle_lock);
    engine->reached = engine->position;
    engine->begun = CN_BEGUN;
    (void)pthread_cond_broadcast(&engine->settled);
    (void)pthread_mutex_unlock(&engine->settle_lock);
}

/* When the engine's thread did what, by the monotonic clock. */
struct rhythm {
    int64_t tick_us;
    int64_t round_us;
    int64_t rest_us; /* from the one to the next */
    int64_t seq;     /* fed by the last round */
};

/* What a start leaves to the thread, so that nobody waits for it who only wants to send events or
 * to read: nothing is scored before. */
static bool begin(struct cn_engine *engine, struct cn_error *err)
{
    int64_t from_us = cn_clock_monotonic_us();
    if (cn_engine_begin(engine, err) && cn_engine_evaluate(engine, true, err)) {
        cn_log(CN_LOG_INFO, "engine", "up to date %lld ms after the start",
               (long long)((cn_clock_monotonic_us() - from_us) / 1000));
        announce(engine);
        if (engine->options.begun != NULL) {
            engine->options.begun(engine->options.publish_arg);
        }
        return true;
    }
    (void)pthread_mutex_lock(&engine->settle_lock);
    bool can_pass = err->code == CN_UNAVAILABLE || err->code == CN_STORAGE_FULL;
    engine->begun = can_pass ? CN_BEGINNING : CN_BEGIN_FAILED;
    engine->begin_error = *err;
    (void)pthread_cond_broadcast(&engine->settled);
    (void)pthread_mutex_unlock(&engine->settle_lock);
    return false;
}

/* What waits, as much as is good for one round: behind a flood, rounds grow and cost less an event.
 */
static size_t pop(struct cn_engine *engine, void **items)
{
    int64_t round_us = engine->options.round_us;
    size_t count = cn_queue_pop(&engine->inbox, items, 1, round_us < POLL_US ? round_us : POLL_US);
    size_t events = 0;
    for (size_t last = 0; count > last && count < POP_MAX && events < ROUND_EVENTS;) {
        for (; last < count; last++) {
            const struct cn_event_batch *batch = items[last];
            events += items[last] == &engine->wake ? 0 : batch->count;
        }
        size_t most = POP_MAX - count < POP_STEP ? POP_MAX - count : POP_STEP;
        count += cn_queue_pop(&engine->inbox, items + count, most, 0);
    }
    return count;
}

/* Under load a commit comes each half millisecond, and waking for it costs more than its events. */
static void gather(size_t fed, int64_t until_round_us)
{
    if (fed == 0) {
        return; /* that was a wait already */
    }
    int64_t pause_us = until_round_us < GATHER_US ? until_round_us : GATHER_US;
    struct timespec pause = { .tv_nsec = pause_us * 1000 };
    (void)nanosleep(&pause, NULL); /* woken early, it just feeds sooner */
}

/* What waits is in the log. */
static void drain(struct cn_engine *engine)
{
    void *items[POP_MAX];
    size_t count = 0;
    while ((count = cn_queue_pop(&engine->inbox, items, POP_MAX, 0)) > 0) {
        for (size_t i = 0; i < count; i++) {
            if (items[i] != &engine->wake) {
                const struct cn_event_batch *batch = items[i];
                atomic_fetch_sub(&engine->inbox_events, batch->count);
                cn_event_batch_release(items[i]);
            }
        }
    }
}

/* Reads what was not taken in its turn.  What waits in memory is of that; kept, it would leave no
 * room for what comes meanwhile, which then had to be read, too, and so on while a flood lasts. */
static bool make_good(struct cn_engine *engine, struct cn_error *err)
{
    if (!engine->is_behind) {
        return true;
    }
    drain(engine);
    return cn_engine_catch_up(engine, err);
}

/* A round took so long.  In a flood nearly all rows change between two rounds: fewer rounds then
 * evaluate fewer rows. */
static void rest_after(const struct cn_engine *engine, struct rhythm *rhythm, int64_t took_us)
{
    const bool is_flood = engine->position.seq - rhythm->seq >= FLOOD_EVENTS;
    int64_t rest_us = is_flood ? took_us * ROUND_REST_TIMES : 0;
    rest_us = rest_us < ROUND_MOST_US ? rest_us : ROUND_MOST_US;
    rhythm->rest_us = rest_us > engine->options.round_us ? rest_us : engine->options.round_us;
    rhythm->seq = engine->position.seq;
}

/* One turn of the engine's thread. */
static bool turn(struct cn_engine *engine, struct rhythm *rhythm, struct cn_error *err)
{
    void *items[POP_MAX];
    cn_arena_reset(&engine->scratch);
    engine->is_behind = atomic_exchange(&engine->has_skipped, false) || engine->is_behind;
    if (!cn_engine_follow(engine, err) || !make_good(engine, err)) {
        return false;
    }
    size_t count = pop(engine, items);
    /* What was popped and could not be fed is in the log: the next turn reads it from there. */
    engine->is_behind = count > 0 && !feed_popped(engine, items, count, err);
    if (engine->is_behind) {
        return false;
    }
    int64_t now_us = cn_clock_monotonic_us();
    bool is_tick = now_us - rhythm->tick_us >= engine->options.tick_us;
    int64_t until_round_us = rhythm->round_us + rhythm->rest_us - now_us;
    if (!is_tick && until_round_us > 0) {
        gather(count, until_round_us);
        return true;
    }
    rhythm->round_us = now_us;
    if (is_tick) {
        rhythm->tick_us = now_us;
    }
    if (!cn_engine_evaluate(engine, is_tick, err)) {
        engine->is_behind = true; /* subjects may have moved that were not counted anew */
        return false;
    }
    rest_after(engine, rhythm, cn_clock_monotonic_us() - now_us);
    if (is_tick && count == 0 && !cn_db_is_embedded(engine->options.db)) {
        engine->is_behind = cn_event_log_position(engine->log) > engine->position.seq;
    }
    announce(engine);
    cn_engine_note_series(engine);
    return !is_tick || cn_engine_keep_activity(engine, false, err);
}

static void *run(void *arg)
{
    struct cn_engine *engine = arg;
    struct rhythm rhythm = { 0 };
    /* Intake goes first; a failure only means that it does not. */
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
    while (!atomic_load(&engine->stopping)) {
        struct cn_error err;
        bool ok = engine->begun == CN_BEGUN ? turn(engine, &rhythm, &err) : begin(engine, &err);
        if (!ok && !atomic_load(&engine->stopping)) {
            cn_log_error("engine", &err, "a round failed; what it left is done in the next");
            struct timespec pause = { .tv_sec = 1 };
            (void)nanosleep(&pause, NULL); /* woken early, it just tries sooner */
        }
    }
    return NULL;
}

bool cn_engine_prepare(struct cn_engine *engine, struct cn_error *err)
{
    assert(!engine->is_prepared);
    engine->is_prepared = cn_engine_take_over(engine, err) && cn_engine_load(engine, err);
    return engine->is_prepared || cn_error_context(err, "starting the engine");
}

bool cn_engine_start(struct cn_engine *engine, struct cn_event_log *log, struct cn_error *err)
{
    assert(!engine->has_threads);
    engine->log = log;
    if ((!engine->is_prepared && !cn_engine_prepare(engine, err)) ||
        !cn_engine_load_from_log(engine, err)) {
        return false;
    }
    engine->reached = engine->position;
    if (pthread_create(&engine->thread, NULL, run, engine) != 0 ||
        pthread_create(&engine->flusher, NULL, cn_engine_run_flusher, engine) != 0) {
        abort(); /* as when memory ends: without them nothing works */
    }
    (void)pthread_setname_np(engine->thread, "cn-engine"); /* only for people who look */
    (void)pthread_setname_np(engine->flusher, "cn-flusher");
    engine->has_threads = true;
    cn_apply_start(engine->apply);
    return true;
}

static bool has_reached(const struct cn_engine *engine, const struct cn_engine_position *target)
{
    bool is_scored = !atomic_load(&engine->unscored) || atomic_load(&engine->held);
    return is_scored && engine->begun == CN_BEGUN && engine->reached.seq >= target->seq &&
           engine->reached.change >= target->change;
}

/* Until the engine has come so far, or cannot. */
static bool wait_until_reached(struct cn_engine *engine, const struct cn_engine_position *target,
                               struct cn_error *err)
{
    (void)pthread_mutex_lock(&engine->settle_lock);
    while (!has_reached(engine, target) && engine->begun != CN_BEGIN_FAILED &&
           !atomic_load(&engine->stopping)) {
        (void)pthread_cond_wait(&engine->settled, &engine->settle_lock);
    }
    bool ok = has_reached(engine, target);
    if (!ok && engine->begun == CN_BEGIN_FAILED) {
        *err = engine->begin_error;
    } else if (!ok) {
        cn_fail(err, CN_UNAVAILABLE, "the engine is being stopped");
    }
    (void)pthread_mutex_unlock(&engine->settle_lock);
    return ok;
}

bool cn_engine_settle(struct cn_engine *engine, struct cn_error *err)
{
    struct cn_arena arena;
    struct cn_sql_conn *conn = NULL;
    struct cn_engine_position target = { .seq = cn_event_log_position(engine->log) };
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    cn_arena_init(&arena, 4096);
    struct cn_unit unit = cn_engine_unit(engine, conn, &arena);
    bool ok = cn_change_newest(&unit, CN_ENGINE_NODE, &target.change, err);
    cn_db_release(engine->options.db, conn);
    cn_arena_deinit(&arena);
    if (!ok) {
        return false;
    }
    cn_engine_wake(engine);
    return wait_until_reached(engine, &target, err);
}

bool cn_engine_has_begun(struct cn_engine *engine, int64_t wait_us)
{
    const struct timespec until = cn_clock_until(wait_us);
    (void)pthread_mutex_lock(&engine->settle_lock);
    int rc = 0;
    while (rc == 0 && engine->begun == CN_BEGINNING && !atomic_load(&engine->stopping)) {
        rc = pthread_cond_timedwait(&engine->settled, &engine->settle_lock, &until);
    }
    bool has_begun = engine->begun == CN_BEGUN;
    (void)pthread_mutex_unlock(&engine->settle_lock);
    return has_begun;
}

struct cn_subject_map *cn_engine_subjects(struct cn_engine *engine)
{
    return engine->subjects;
}

const struct cn_metric_list *cn_engine_metrics(struct cn_engine *engine)
{
    (void)pthread_rwlock_rdlock(&engine->lock);
    const struct cn_metric_list *metrics = engine->program->metrics;
    (void)pthread_rwlock_unlock(&engine->lock);
    return metrics;
}

void cn_engine_stats(struct cn_engine *engine, struct cn_engine_stats *stats_out)
{
    (void)pthread_rwlock_rdlock(&engine->lock);
    stats_out->accounts = cn_bitmap_count(cn_frame_live(engine->frame));
    stats_out->series_bytes = cn_series_bytes(engine->series);
    (void)pthread_rwlock_unlock(&engine->lock);
    (void)pthread_mutex_lock(&engine->settle_lock);
    stats_out->events_behind = cn_event_log_position(engine->log) - engine->reached.seq;
    (void)pthread_mutex_unlock(&engine->settle_lock);
    stats_out->inbox = cn_queue_count(&engine->inbox);
    stats_out->parked_subjects = cn_parked_count(engine->parked);
}

static void keep_activity(struct cn_engine *engine)
{
    struct cn_error err;
    cn_arena_reset(&engine->scratch);
    if (!cn_engine_keep_activity(engine, true, &err)) {
        cn_log_error("engine", &err, "keeping activity; the next start reads it from the log");
    }
}

void cn_engine_stop(struct cn_engine *engine)
{
    (void)pthread_mutex_lock(&engine->settle_lock);
    atomic_store(&engine->stopping, true);
    (void)pthread_cond_broadcast(&engine->settled);
    (void)pthread_cond_broadcast(&engine->halted);
    (void)pthread_mutex_unlock(&engine->settle_lock);
    cn_queue_close(&engine->inbox);
    cn_apply_stop(engine->apply);
    if (engine->has_threads) {
        cn_rollup_stop_folding(engine->options.rollup); /* the next start goes on with it */
        (void)pthread_join(engine->thread, NULL);
        (void)pthread_join(engine->flusher, NULL);
        cn_engine_flush(engine);
        if (engine->begun == CN_BEGUN) { /* else what is kept is newer than what we have */
            cn_engine_keep_series(engine);
            keep_activity(engine);
        }
        engine->has_threads = false;
    }
    drain(engine);
}

void cn_engine_free(struct cn_engine *engine)
{
    if (engine == NULL) {
        return;
    }
    assert(!engine->has_threads);
    drain(engine);
    cn_queue_deinit(&engine->inbox);
    cn_engine_drop_past(engine);
    cn_list_columns_deinit(engine->lists);
    free(engine->lists);
    cn_column_deinit(&engine->trend);
    cn_column_deinit(&engine->past_points);
    cn_column_deinit(&engine->last_activity);
    cn_bitmap_deinit(&engine->activity.moved);
    cn_bitmap_deinit(&engine->activity.saving);
    cn_health_changes_deinit(&engine->changes);
    cn_health_changes_deinit(&engine->shadow_changes);
    cn_health_state_deinit(&engine->health);
    cn_membership_deinit(&engine->segments);
    cn_signals_deinit(&engine->signals);
    cn_bitmap_deinit(&engine->active);
    cn_frame_free(engine->frame);
    cn_series_free(engine->series);
    cn_engine_program_free(engine->program);
    cn_apply_free(engine->apply);
    cn_compiled_free(engine->compiled);
    cn_parked_free(engine->parked);
    cn_subject_map_free(engine->subjects);
    cn_book_facts_free(engine->facts);
    cn_interner_free(engine->strings);
    free(engine->touched.items);
    free(engine->decided.items);
    free(engine->handed.items);
    free(engine->stale.items);
    free(engine->removed.items);
    cn_placed_deinit(&engine->placed);
    free(engine->pending.rows);
    free(engine->pending.shadows);
    free(engine->pending.ticks);
    free(engine->pending.colours.items);
    cn_arena_deinit(&engine->pending.arena);
    cn_arena_deinit(&engine->scratch);
    (void)pthread_cond_destroy(&engine->halted);
    (void)pthread_cond_destroy(&engine->settled);
    (void)pthread_mutex_destroy(&engine->settle_lock);
    (void)pthread_rwlock_destroy(&engine->lock);
    free(engine);
}
