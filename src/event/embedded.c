/*
 * The event log on files: its segments, and how a group becomes blocks of the open one.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/block.h"
#include "event/files.h"
#include "event/pack.h"
#include "event/seen.h"
#include "event/segment.h"
#include "event/segments.h"
#include "event/store.h"

enum {
    PAIR_BYTES = 16,
    COMPRESS_LEVEL = 1,
    BLOCK_MAX_BYTES = 1 << 30,
};

static const int64_t us_per_hour = 3600LL * 1000000;

struct embedded {
    struct cn_event_store base;
    struct cn_segments segments;
    const struct cn_clock *clock;
    struct cn_seen *seen;
    int64_t window_us;
    int64_t segment_max_events;
    bool is_unsynced;
    bool is_compressed;
    _Atomic bool wants_seal;
    pthread_mutex_t finishing; /* one at a time finishes or drops segments */
    _Atomic int64_t position;  /* the newest committed sequence number, or 0 */

    /* The writer's own. */
    struct cn_segment *open; /* also in the list */
    int64_t open_hour;       /* of its first event */
    int64_t next_seq;
    struct cn_buf body; /* of the block in the making */
    struct cn_buf ids;
    struct cn_buf chain;
    struct cn_buf compressed;
    struct cn_compressor *compressor; /* NULL unless is_compressed */
};

static struct embedded *embedded_of(struct cn_event_store *store)
{
    return (struct embedded *)store;
}

/* ---- the open segment ---- */

static int64_t hour_of(cn_time time)
{
    return time.us / us_per_hour;
}

/* Ids of segments that ended before the window are forgotten. */
static void forget_old_ids(struct embedded *log, cn_time now)
{
    int64_t first_seq = cn_segments_since(&log->segments, (cn_time){ now.us - log->window_us });
    cn_seen_forget_before(log->seen, first_seq);
}

static bool roll(struct embedded *log, cn_time now, struct cn_error *err)
{
    struct cn_segment *fresh;
    if (!cn_segment_create(log->segments.dir, log->next_seq, log->is_unsynced, now, &fresh, err)) {
        return cn_error_context(err, "starting a log segment");
    }
    if (log->open != NULL) {
        atomic_store(&log->open->state, CN_SEGMENT_SEALED);
    }
    cn_segments_add(&log->segments, fresh);
    cn_seen_begin(log->seen, fresh->first_seq);
    log->open = fresh;
    log->open_hour = hour_of(now);
    forget_old_ids(log, now);
    return true;
}

/* Cut at hours and at the bound; an empty one is simply used on. */
static bool make_ready(struct embedded *log, size_t events, struct cn_error *err)
{
    cn_time now = cn_now(log->clock);
    if (log->open == NULL) {
        return roll(log, now, err);
    }
    int64_t count = log->next_seq - log->open->first_seq;
    bool wants_seal = atomic_exchange(&log->wants_seal, false);
    if (count == 0) {
        log->open_hour = hour_of(now);
        return true;
    }
    bool is_full = count + (int64_t)events > log->segment_max_events;
    return (!is_full && !wants_seal && hour_of(now) <= log->open_hour) || roll(log, now, err);
}

/* ---- a group ---- */

static bool has_own_block(const struct cn_event_batch *batch)
{
    return batch->count >= CN_BLOCK_EVENTS_MIN;
}

/* Small batches first, since they share blocks; else as they came. */
static void put_in_order(struct cn_event_group *group)
{
    size_t small = 0;
    for (size_t i = 0; i < group->count; i++) {
        struct cn_event_batch *batch = group->batches[i];
        if (!has_own_block(batch)) {
            memmove(&group->batches[small + 1], &group->batches[small],
                    (i - small) * sizeof(group->batches[0]));
            group->batches[small++] = batch;
        }
    }
}

struct block_making {
    int64_t first_seq;
    size_t count;
    cn_time received;
    const struct cn_event *first;
};

static void start_block(struct embedded *log, struct block_making *block)
{
    *block = (struct block_making){ .first_seq = log->next_seq };
    cn_buf_clear(&log->body);
    cn_buf_clear(&log->ids);
    cn_buf_clear(&log->chain);
}

/* Numbers the event and adds it to the block; to its body unless that is made already. */
static void add_to_block(struct embedded *log, struct block_making *block, struct cn_event *event,
                         bool with_body)
{
    int64_t link[2] = { event->subject, 0 };
    event->seq = log->next_seq++;
    link[1] = cn_segment_link(log->open, event->subject, event->seq);
    cn_buf_add(&log->ids, (const char *)&event->id, sizeof(event->id));
    cn_buf_add(&log->chain, (const char *)link, sizeof(link));
    if (block->count == 0) {
        block->first = event;
        if (with_body) {
            cn_block_begin(&log->body, event);
        }
    }
    if (with_body) {
        cn_block_add(&log->body, block->first, event);
    }
    if (event->received.us > block->received.us) {
        block->received = event->received;
    }
    block->count++;
}

static bool write_block(struct embedded *log, const struct block_making *block, cn_str body,
                        struct cn_error *err)
{
    if (block->count == 0) {
        return true;
    }
    struct cn_block_row row = {
        .seq = block->first_seq,
        .count = block->count,
        .received = block->received,
        .ids = cn_buf_str(&log->ids),
        .chain = cn_buf_str(&log->chain),
        .codec = log->is_compressed ? CN_CODEC_ZSTD : CN_CODEC_RAW,
        .body = body,
    };
    if (log->is_compressed) {
        cn_compress(log->compressor, body, &log->compressed);
        row.body = cn_buf_str(&log->compressed);
    }
    return cn_segment_insert(log->open, &row, err);
}

static void lock_heads(struct embedded *log)
{
    (void)pthread_mutex_lock(&log->open->lock);
}

static void unlock_heads(struct embedded *log)
{
    (void)pthread_mutex_unlock(&log->open->lock);
}

static bool write_own(struct embedded *log, struct cn_event_batch *batch, struct cn_error *err)
{
    struct block_making block;
    bool is_whole = batch->accepted == batch->count && batch->block.len > 0;
    start_block(log, &block);
    lock_heads(log);
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->events[i].seq != 0) {
            add_to_block(log, &block, &batch->events[i], !is_whole);
        }
    }
    unlock_heads(log);
    return write_block(log, &block, cn_buf_str(is_whole ? &batch->block : &log->body), err);
}

static bool write_shared(struct embedded *log, struct cn_event_group *group, size_t *done,
                         struct cn_error *err)
{
    struct block_making block;
    start_block(log, &block);
    lock_heads(log);
    for (; *done < group->count && !has_own_block(group->batches[*done]) &&
           block.count < CN_BLOCK_EVENTS_MAX;
         (*done)++) {
        struct cn_event_batch *batch = group->batches[*done];
        for (size_t i = 0; i < batch->count; i++) {
            if (batch->events[i].seq != 0) {
                add_to_block(log, &block, &batch->events[i], true);
            }
        }
    }
    unlock_heads(log);
    return write_block(log, &block, cn_buf_str(&log->body), err);
}

static bool write_blocks(struct embedded *log, struct cn_event_group *group, struct cn_error *err)
{
    struct cn_sql_conn *conn = log->open->writer;
    size_t done = 0;
    if (!cn_sql_begin(conn, err)) {
        return false;
    }
    while (done < group->count) {
        bool ok = has_own_block(group->batches[done]) ? write_own(log, group->batches[done++], err)
                                                      : write_shared(log, group, &done, err);
        if (!ok) {
            return false;
        }
    }
    return cn_sql_commit(conn, err);
}

static void undo_group(struct embedded *log, struct cn_event_group *group)
{
    cn_segment_undo(log->open);
    cn_seen_undo_group(log->seen, group);
    log->next_seq = group->first_seq;
}

static bool embedded_write(struct cn_event_store *store, struct cn_event_group *group,
                           struct cn_error *err)
{
    struct embedded *log = embedded_of(store);
    size_t events = 0;
    cn_time received = { 0 };
    for (size_t i = 0; i < group->count; i++) {
        const struct cn_event_batch *batch = group->batches[i];
        events += batch->count;
        received = batch->received.us > received.us ? batch->received : received;
    }
    const struct cn_segment *before = log->open;
    if (!make_ready(log, events, err)) {
        return false;
    }
    group->has_sealed = before != NULL && log->open != before;
    group->first_seq = log->next_seq;
    size_t accepted = 0;
    if (!cn_seen_add_group(log->seen, group, &accepted, err)) {
        return false;
    }
    put_in_order(group);
    if (accepted > 0 && !write_blocks(log, group, err)) {
        group->sync_failed = cn_sql_sync_failed(log->open->writer);
        cn_sql_rollback(log->open->writer);
        undo_group(log, group);
        return false;
    }
    if (accepted > 0) {
        cn_segment_keep(log->open, log->next_seq - 1, received);
        atomic_store(&log->position, log->next_seq - 1);
    }
    group->last_seq = log->next_seq - 1;
    return true;
}

static int64_t embedded_position(struct cn_event_store *store)
{
    return atomic_load(&embedded_of(store)->position);
}

/* ---- reading ---- */

static bool embedded_scan(struct cn_event_store *store, int64_t from, int64_t to,
                          cn_event_visitor *visit, void *arg, struct cn_error *err)
{
    struct cn_segment **segments;
    size_t count = cn_segments_take(&embedded_of(store)->segments, &segments);
    bool stopped = false;
    bool ok = true;
    for (size_t i = 0; i < count && ok && !stopped; i++) {
        ok = cn_segment_scan(segments[i], from, to, visit, arg, &stopped, err);
    }
    cn_segments_give(segments, count);
    return ok;
}

struct counted_visit {
    cn_event_visitor *visit;
    void *arg;
    size_t left;
};

static bool visit_counted(void *arg, const struct cn_event *event)
{
    struct counted_visit *counted = arg;
    counted->left--;
    return counted->visit(counted->arg, event);
}

static bool embedded_scan_subject(struct cn_event_store *store,
                                  const struct cn_subject_range *range, cn_event_visitor *visit,
                                  void *arg, struct cn_error *err)
{
    struct cn_segment **segments;
    size_t count = cn_segments_take(&embedded_of(store)->segments, &segments);
    struct counted_visit counted = { visit, arg, range->limit };
    bool stopped = false;
    bool ok = true;
    for (size_t i = 0; i < count && ok && !stopped && counted.left > 0; i++) {
        struct cn_segment *segment = segments[range->newest_first ? count - 1 - i : i];
        struct cn_subject_range part = *range;
        part.limit = counted.left;
        ok = cn_segment_scan_subject(segment, &part, visit_counted, &counted, &stopped, err);
    }
    cn_segments_give(segments, count);
    return ok;
}

/* ---- keeping ---- */

/* What sealing left to do: empty SQLite's log, write the ids to a file, forget old ids' files.
 * With `finishing` locked. */
static bool finish_segment(struct embedded *log, struct cn_segment *segment, struct cn_error *err)
{
    char path[CN_SEGMENT_PATH_BYTES];
    if (atomic_load(&segment->state) == CN_SEGMENT_OPEN) {
        return true;
    }
    if (!cn_segment_path(log->segments.dir, segment->first_seq, "ids", path, err)) {
        return false;
    }
    if (atomic_load(&segment->last_received) < cn_now(log->clock).us - log->window_us) {
        cn_file_delete(path);
        return cn_segment_finish(segment, err);
    }
    return cn_segment_finish(segment, err) &&
           cn_seen_store(log->seen, segment->first_seq, path, err);
}

static bool embedded_keep(struct cn_event_store *store, struct cn_error *err)
{
    struct embedded *log = embedded_of(store);
    struct cn_segment **segments;
    bool ok = true;
    (void)pthread_mutex_lock(&log->finishing); /* or one of the list may be dropped meanwhile */
    size_t count = cn_segments_take(&log->segments, &segments);
    for (size_t i = 0; i < count && ok; i++) {
        ok = finish_segment(log, segments[i], err);
    }
    (void)pthread_mutex_unlock(&log->finishing);
    cn_segments_give(segments, count);
    return ok;
}

static bool replace_by_pack(struct embedded *log, struct cn_segment **first, size_t count,
                            enum cn_pack_level level, struct cn_error *err)
{
    struct cn_segment *packed;
    if (!cn_pack_make(log->segments.dir, first, count, level, cn_now(log->clock), &packed, err)) {
        return false;
    }
    cn_segments_replace(&log->segments, first[0], count, packed);
    return true;
}

/* Sealed segments first; then what ended before the window, since nobody asks for its ids. */
static bool embedded_pack(struct cn_event_store *store, int64_t consumed, bool *packed_out,
                          struct cn_error *err)
{
    struct embedded *log = embedded_of(store);
    struct cn_segment **segments;
    size_t count = cn_segments_take(&log->segments, &segments);
    struct cn_pack_merge merge;
    cn_time before = { cn_now(log->clock).us - log->window_us - us_per_hour };
    bool ok = true;
    *packed_out = false;
    for (size_t i = 0; i < count && ok && !*packed_out; i++) {
        if (atomic_load(&segments[i]->state) == CN_SEGMENT_SEALED &&
            atomic_load(&segments[i]->last_seq) <= consumed) {
            (void)pthread_mutex_lock(&log->finishing);
            ok = finish_segment(log, segments[i], err);
            (void)pthread_mutex_unlock(&log->finishing);
            ok = ok && replace_by_pack(log, &segments[i], 1, CN_PACK_SEGMENT, err);
            *packed_out = ok;
        }
    }
    if (ok && !*packed_out && cn_pack_find_merge(segments, count, before, &merge)) {
        ok = replace_by_pack(log, segments + merge.first, merge.count, merge.level, err);
        *packed_out = ok;
    }
    cn_segments_give(segments, count);
    return ok;
}

static bool embedded_drop(struct cn_event_store *store, cn_time before, size_t *dropped_out,
                          struct cn_error *err)
{
    struct embedded *log = embedded_of(store);
    (void)err; /* files that cannot be deleted now are found again at the next start */
    (void)pthread_mutex_lock(&log->finishing);
    *dropped_out = cn_segments_drop(&log->segments, before);
    (void)pthread_mutex_unlock(&log->finishing);
    return true;
}

static bool embedded_segments(struct cn_event_store *store, struct cn_arena *arena,
                              struct cn_segment_info **segments_out, size_t *count_out,
                              struct cn_error *err)
{
    struct cn_segment **segments;
    size_t count = cn_segments_take(&embedded_of(store)->segments, &segments);
    (void)err; /* the list is in memory */
    *segments_out = cn_arena_array(arena, struct cn_segment_info, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*segments_out)[i] = (struct cn_segment_info){
            .state = (enum cn_segment_state)atomic_load(&segments[i]->state),
            .first_seq = segments[i]->first_seq,
            .last_seq = atomic_load(&segments[i]->last_seq),
            .first_received = { atomic_load(&segments[i]->first_received) },
            .last_received = { atomic_load(&segments[i]->last_received) },
        };
    }
    *count_out = count;
    cn_segments_give(segments, count);
    return true;
}

static void embedded_id_counts(struct cn_event_store *store, struct cn_id_counts *counts_out)
{
    cn_seen_counts(embedded_of(store)->seen, counts_out);
}

static void embedded_seal(struct cn_event_store *store)
{
    atomic_store(&embedded_of(store)->wants_seal, true);
}

static void embedded_close(struct cn_event_store *store)
{
    struct embedded *log = embedded_of(store);
    cn_segments_deinit(&log->segments);
    cn_seen_free(log->seen);
    (void)pthread_mutex_destroy(&log->finishing); /* nobody holds it */
    cn_buf_deinit(&log->body);
    cn_buf_deinit(&log->ids);
    cn_buf_deinit(&log->chain);
    cn_buf_deinit(&log->compressed);
    cn_compressor_free(log->compressor);
    free(log);
}

/* ---- opening ---- */

static void add_id(void *arg, struct cn_hash128 id)
{
    struct embedded *log = arg;
    cn_seen_put(log->seen, id);
}

/* Ids of a segment in the window, from its file or from its events. */
static bool load_ids(struct embedded *log, struct cn_segment *segment, struct cn_error *err)
{
    char path[CN_SEGMENT_PATH_BYTES];
    bool found = false;
    bool is_open = atomic_load(&segment->state) == CN_SEGMENT_OPEN;
    if (!cn_segment_path(log->segments.dir, segment->first_seq, "ids", path, err)) {
        return false;
    }
    if (!is_open && !cn_seen_load(log->seen, segment->first_seq, path, &found, err)) {
        return false;
    }
    if (found) {
        return true;
    }
    cn_seen_begin(log->seen, segment->first_seq);
    return cn_segment_each_ids(segment, add_id, log, err);
}

static bool load_segments(struct embedded *log, struct cn_error *err)
{
    struct cn_segment **segments;
    cn_time now = cn_now(log->clock);
    if (!cn_segments_load(&log->segments, log->is_unsynced, now, err)) {
        return false;
    }
    size_t count = cn_segments_take(&log->segments, &segments);
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++) {
        bool is_open = atomic_load(&segments[i]->state) == CN_SEGMENT_OPEN;
        if (is_open || atomic_load(&segments[i]->last_received) >= now.us - log->window_us) {
            ok = load_ids(log, segments[i], err);
        }
        if (is_open) {
            log->open = segments[i];
            log->open_hour = hour_of((cn_time){ atomic_load(&segments[i]->first_received) });
        }
        log->next_seq = atomic_load(&segments[i]->last_seq) + 1;
    }
    cn_segments_give(segments, count);
    atomic_store(&log->position, log->next_seq - 1);
    return ok && cn_seen_ready(log->seen, err);
}

bool cn_event_store_embedded(const struct cn_event_log_options *options,
                             struct cn_event_store **store_out, struct cn_error *err)
{
    static const struct cn_event_store_kind kind = {
        .write = embedded_write,
        .position = embedded_position,
        .scan = embedded_scan,
        .scan_subject = embedded_scan_subject,
        .seal = embedded_seal,
        .keep = embedded_keep,
        .pack = embedded_pack,
        .drop = embedded_drop,
        .segments = embedded_segments,
        .id_counts = embedded_id_counts,
        .close = embedded_close,
    };
    struct embedded *log = cn_heap_resize(NULL, sizeof(*log));
    *log = (struct embedded){
        .base.kind = &kind,
        .clock = options->clock,
        .seen = cn_seen_new(),
        .window_us = options->dedup_window_us,
        .segment_max_events = options->segment_max_events,
        .is_unsynced = options->is_unsynced,
        .is_compressed = options->is_compressed,
        .next_seq = options->first_seq > 0 ? options->first_seq : 1,
    };
    (void)pthread_mutex_init(&log->finishing, NULL); /* cannot fail without attributes */
    cn_segments_init(&log->segments, options->dir);
    cn_buf_init(&log->body, BLOCK_MAX_BYTES);
    cn_buf_init(&log->ids, BLOCK_MAX_BYTES);
    cn_buf_init(&log->chain, BLOCK_MAX_BYTES);
    cn_buf_init(&log->compressed, BLOCK_MAX_BYTES);
    log->compressor = log->is_compressed ? cn_compressor_new(COMPRESS_LEVEL) : NULL;
    if (!load_segments(log, err)) {
        embedded_close(&log->base);
        return false;
    }
    *store_out = &log->base;
    return true;
}
