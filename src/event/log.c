#include "event/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"

#include "event/block.h"
#include "event/postgres.h"
#include "event/store.h"

enum {
    GROUP_BATCHES_MAX = 256,
    GROUP_EVENTS_MAX = 32768,
    DEFAULT_QUEUE_BATCHES = 4096,
    DEFAULT_QUEUE_BYTES = 64 * 1024 * 1024,
    DEFAULT_WINDOW_HOURS = 48,
    KEEPER_WAIT_S = 60,
    KEEPER_NICE = 10,
};

struct cn_event_log {
    struct cn_event_log_options options;
    struct cn_event_store *store;
    struct cn_queue queue;
    pthread_t writer;
    _Atomic int64_t queue_bytes;
    _Atomic bool is_stopped; /* after a failed sync */
    _Atomic int64_t consumed;
    _Atomic int64_t events;
    _Atomic int64_t duplicates;
    _Atomic int64_t groups;

    pthread_mutex_t keeping; /* one at a time packs */
    pthread_t keeper;
    bool has_keeper;
    pthread_mutex_t keeper_lock;
    pthread_cond_t keeper_wake;
    bool is_closing; /* under keeper_lock */
    bool has_work;
};

static void wake_keeper(struct cn_event_log *log, bool is_closing)
{
    (void)pthread_mutex_lock(&log->keeper_lock);
    log->has_work = true;
    log->is_closing = log->is_closing || is_closing;
    (void)pthread_cond_signal(&log->keeper_wake);
    (void)pthread_mutex_unlock(&log->keeper_lock);
}

/* ---- the writer thread ---- */

static void answer(struct cn_event_log *log, const struct cn_event_group *group,
                   const struct cn_error *err)
{
    for (size_t i = 0; i < group->count; i++) {
        struct cn_event_batch *batch = group->batches[i];
        batch->ends_group = i + 1 == group->count;
        batch->done(batch->done_arg, batch, err);
        atomic_fetch_sub(&log->queue_bytes, batch->queued_bytes);
        cn_event_batch_release(batch);
    }
}

static void hand_on(struct cn_event_log *log, const struct cn_event_group *group)
{
    struct cn_event_commit commit = {
        .batches = group->batches,
        .batch_count = group->count,
        .first_seq = group->first_seq,
        .last_seq = group->last_seq,
    };
    if (log->options.on_commit != NULL && group->last_seq >= group->first_seq) {
        log->options.on_commit(log->options.on_commit_arg, &commit);
    }
}

static void count_group(struct cn_event_log *log, const struct cn_event_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        atomic_fetch_add(&log->events, (int64_t)group->batches[i]->accepted);
        atomic_fetch_add(&log->duplicates, (int64_t)group->batches[i]->duplicates);
    }
    atomic_fetch_add(&log->groups, 1);
}

static void write_group(struct cn_event_log *log, struct cn_event_group *group)
{
    struct cn_error err;
    if (atomic_load(&log->is_stopped)) {
        (void)cn_fail(&err, CN_UNAVAILABLE, "event log has stopped after a failed sync");
        answer(log, group, &err);
        return;
    }
    if (!log->store->kind->write(log->store, group, &err)) {
        if (group->sync_failed) {
            atomic_store(&log->is_stopped, true);
        }
        cn_log_error("event", &err, "storing %zu batches", group->count);
        answer(log, group, &err);
        return;
    }
    count_group(log, group);
    hand_on(log, group);
    answer(log, group, NULL);
    if (group->has_sealed && log->has_keeper) {
        wake_keeper(log, false);
    }
}

static void *run_writer(void *arg)
{
    struct cn_event_log *log = arg;
    void *waiting[GROUP_BATCHES_MAX];
    struct cn_event_batch *batches[GROUP_BATCHES_MAX];
    size_t count;
    while ((count = cn_queue_pop(&log->queue, waiting, GROUP_BATCHES_MAX, -1)) > 0) {
        struct cn_event_group group = { .batches = batches };
        size_t events = 0;
        for (size_t i = 0; i < count; i++) {
            struct cn_event_batch *batch = waiting[i];
            if (group.count > 0 && events + batch->count > GROUP_EVENTS_MAX) {
                write_group(log, &group);
                group = (struct cn_event_group){ .batches = batches };
                events = 0;
            }
            batches[group.count++] = batch;
            events += batch->count;
        }
        write_group(log, &group);
    }
    return NULL;
}

/* ---- the keeper thread ---- */

bool cn_event_log_keep(struct cn_event_log *log, struct cn_error *err)
{
    (void)pthread_mutex_lock(&log->keeping);
    bool ok = log->store->kind->keep(log->store, err);
    bool packed = true;
    while (ok && packed) {
        ok = log->store->kind->pack(log->store, atomic_load(&log->consumed), &packed, err);
    }
    (void)pthread_mutex_unlock(&log->keeping);
    return ok;
}

/* False when the log closes. */
static bool wait_for_work(struct cn_event_log *log)
{
    const struct timespec until = cn_clock_until((int64_t)KEEPER_WAIT_S * 1000000);
    (void)pthread_mutex_lock(&log->keeper_lock);
    int rc = 0;
    while (!log->is_closing && !log->has_work && rc == 0) {
        rc = pthread_cond_timedwait(&log->keeper_wake, &log->keeper_lock, &until);
    }
    log->has_work = false;
    bool goes_on = !log->is_closing;
    (void)pthread_mutex_unlock(&log->keeper_lock);
    return goes_on;
}

static void *run_keeper(void *arg)
{
    struct cn_event_log *log = arg;
    struct cn_error err;
    (void)pthread_setname_np(pthread_self(), "event-keeper");     /* for ps alone */
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), KEEPER_NICE); /* helps, but is not needed */
    while (wait_for_work(log)) {
        /* Packing, which takes long, is left to who consumes: ids would stay in memory meanwhile.
         */
        if (!log->store->kind->keep(log->store, &err)) {
            cn_log_error("event", &err, "keeping log segments");
        }
    }
    return NULL;
}

/* ---- open and close ---- */

static void start_threads(struct cn_event_log *log)
{
    pthread_condattr_t attributes;
    (void)pthread_mutex_init(&log->keeping, NULL); /* these cannot fail with these attributes */
    (void)pthread_mutex_init(&log->keeper_lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&log->keeper_wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    cn_queue_init(&log->queue, log->options.queue_batches);
    if (pthread_create(&log->writer, NULL, run_writer, log) != 0) {
        abort(); /* out of memory, as in base/arena.c */
    }
    (void)pthread_setname_np(log->writer, "event-writer"); /* for ps alone */
    log->has_keeper = !log->options.is_kept_by_caller;
    if (log->has_keeper && pthread_create(&log->keeper, NULL, run_keeper, log) != 0) {
        abort();
    }
}

static void take_defaults(struct cn_event_log_options *options)
{
    if (options->queue_batches == 0) {
        options->queue_batches = DEFAULT_QUEUE_BATCHES;
    }
    if (options->queue_bytes == 0) {
        options->queue_bytes = DEFAULT_QUEUE_BYTES;
    }
    if (options->dedup_window_us == 0) {
        options->dedup_window_us = DEFAULT_WINDOW_HOURS * 3600LL * 1000000;
    }
    if (options->segment_max_events == 0) {
        options->segment_max_events = CN_SEGMENT_EVENTS;
    }
}

bool cn_event_log_open(const struct cn_event_log_options *options, struct cn_event_log **log_out,
                       struct cn_error *err)
{
    struct cn_event_log *log = cn_heap_resize(NULL, sizeof(*log));
    *log = (struct cn_event_log){ .options = *options };
    take_defaults(&log->options);
    bool ok = options->dir != NULL ? cn_event_store_embedded(&log->options, &log->store, err)
                                   : cn_event_store_postgres(&log->options, &log->store, err);
    if (!ok) {
        free(log);
        return cn_error_context(err, "opening the event log");
    }
    start_threads(log);
    *log_out = log;
    return true;
}

void cn_event_log_close(struct cn_event_log *log)
{
    if (log == NULL) {
        return;
    }
    cn_queue_close(&log->queue);
    (void)pthread_join(log->writer, NULL); /* it is ours and runs */
    if (log->has_keeper) {
        wake_keeper(log, true);
        (void)pthread_join(log->keeper, NULL);
    }
    cn_queue_deinit(&log->queue);
    log->store->kind->close(log->store);
    (void)pthread_mutex_destroy(&log->keeping); /* nobody holds these */
    (void)pthread_mutex_destroy(&log->keeper_lock);
    (void)pthread_cond_destroy(&log->keeper_wake);
    free(log);
}

/* ---- what callers use ---- */

void cn_event_batch_encode(struct cn_event_batch *batch)
{
    cn_buf_clear(&batch->block);
    cn_block_begin(&batch->block, &batch->events[0]);
    for (size_t i = 0; i < batch->count; i++) {
        cn_block_add(&batch->block, &batch->events[0], &batch->events[i]);
    }
}

bool cn_event_log_append_quietly(struct cn_event_log *log, struct cn_event_batch *batch,
                                 cn_event_done *done, void *arg, struct cn_error *err)
{
    if (atomic_load(&log->is_stopped)) {
        return cn_fail(err, CN_UNAVAILABLE, "event log has stopped after a failed sync");
    }
    bool is_file = log->options.dir != NULL; /* PostgreSQL has no blocks */
    if (is_file && batch->count >= CN_BLOCK_EVENTS_MIN && batch->block.len == 0) {
        cn_event_batch_encode(batch);
    }
    batch->done = done;
    batch->done_arg = arg;
    batch->queued_bytes = (int64_t)(batch->arena.used_bytes + batch->block.len);
    int64_t before = atomic_fetch_add(&log->queue_bytes, batch->queued_bytes);
    bool fits = before + batch->queued_bytes <= log->options.queue_bytes || before == 0;
    if (fits && cn_queue_try_push_quietly(&log->queue, batch)) {
        return true;
    }
    atomic_fetch_sub(&log->queue_bytes, batch->queued_bytes);
    if (cn_queue_is_closed(&log->queue)) {
        return cn_fail(err, CN_UNAVAILABLE, "event log is closing");
    }
    return cn_fail(err, CN_TOO_MANY, "intake queue is full");
}

void cn_event_log_wake(struct cn_event_log *log)
{
    cn_queue_wake(&log->queue);
}

bool cn_event_log_append(struct cn_event_log *log, struct cn_event_batch *batch,
                         cn_event_done *done, void *arg, struct cn_error *err)
{
    bool ok = cn_event_log_append_quietly(log, batch, done, arg, err);
    if (ok) {
        cn_event_log_wake(log);
    }
    return ok;
}

int64_t cn_event_log_position(const struct cn_event_log *log)
{
    return log->store->kind->position(log->store);
}

bool cn_event_log_scan(struct cn_event_log *log, int64_t from, int64_t to, cn_event_visitor *visit,
                       void *arg, struct cn_error *err)
{
    return log->store->kind->scan(log->store, from, to, visit, arg, err);
}

struct collecting {
    struct cn_arena *arena;
    struct cn_event *events;
    size_t count;
};

static bool collect(void *arg, const struct cn_event *event)
{
    struct collecting *collecting = arg;
    struct cn_event *copy = &collecting->events[collecting->count++];
    *copy = *event;
    cn_event_keep_texts(collecting->arena, copy);
    return true;
}

/* NOLINTNEXTLINE(readability-function-size): two outputs, as a list has everywhere */
bool cn_event_log_read_subject(struct cn_event_log *log, struct cn_arena *arena, int64_t subject,
                               int64_t before, size_t limit, struct cn_event **events_out,
                               size_t *count_out, struct cn_error *err)
{
    struct cn_subject_range range = {
        .subject = subject,
        .from = 1,
        .before = before > 0 ? before : INT64_MAX,
        .limit = limit,
        .newest_first = true,
    };
    struct collecting collecting = { .arena = arena };
    collecting.events = cn_arena_array(arena, struct cn_event, limit + 1);
    if (!log->store->kind->scan_subject(log->store, &range, collect, &collecting, err)) {
        return false;
    }
    *events_out = collecting.events;
    *count_out = collecting.count;
    return true;
}

bool cn_event_log_scan_subject(struct cn_event_log *log, int64_t subject, int64_t from, int64_t to,
                               cn_event_visitor *visit, void *arg, struct cn_error *err)
{
    struct cn_subject_range range = {
        .subject = subject,
        .from = from,
        .before = to < INT64_MAX ? to + 1 : to,
        .limit = SIZE_MAX,
        .newest_first = false,
    };
    return log->store->kind->scan_subject(log->store, &range, visit, arg, err);
}

void cn_event_log_set_consumed(struct cn_event_log *log, int64_t seq)
{
    atomic_store(&log->consumed, seq);
}

bool cn_event_log_drop(struct cn_event_log *log, cn_time before, size_t *dropped_out,
                       struct cn_error *err)
{
    (void)pthread_mutex_lock(&log->keeping);
    bool ok = log->store->kind->drop(log->store, before, dropped_out, err);
    (void)pthread_mutex_unlock(&log->keeping);
    return ok;
}

bool cn_event_log_pack(struct cn_event_log *log, bool *packed_out, struct cn_error *err)
{
    (void)pthread_mutex_lock(&log->keeping);
    bool ok = log->store->kind->pack(log->store, atomic_load(&log->consumed), packed_out, err);
    (void)pthread_mutex_unlock(&log->keeping);
    return ok;
}

void cn_event_log_seal(struct cn_event_log *log)
{
    log->store->kind->seal(log->store);
}

bool cn_event_log_segments(struct cn_event_log *log, struct cn_arena *arena,
                           struct cn_segment_info **segments_out, size_t *count_out,
                           struct cn_error *err)
{
    return log->store->kind->segments(log->store, arena, segments_out, count_out, err);
}

void cn_event_log_stats(struct cn_event_log *log, struct cn_event_log_stats *stats_out)
{
    *stats_out = (struct cn_event_log_stats){
        .events = atomic_load(&log->events),
        .duplicates = atomic_load(&log->duplicates),
        .groups = atomic_load(&log->groups),
        .queue_batches = (int64_t)cn_queue_count(&log->queue),
        .queue_bytes = atomic_load(&log->queue_bytes),
        .is_stopped = atomic_load(&log->is_stopped),
    };
    log->store->kind->id_counts(log->store, &stats_out->ids);
}
