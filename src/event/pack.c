#include "event/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"

#include "event/block.h"
#include "event/chunk.h"
#include "sql/migrate.h"

extern const struct cn_embedded_file cn_pack_migrations[];
extern const size_t cn_pack_migrations_count;

enum {
    SPAN_ARENA_BYTES = 1 << 20,
    CHUNK_ARENA_BYTES = 1 << 16,
};

/* ---- making ---- */

/* Where an event of a subject is. */
struct place {
    int64_t subject;
    size_t index;
};

/* A span in the making. */
struct making {
    struct cn_sql_conn *conn;
    struct cn_arena arena; /* texts of the span's events */
    struct cn_event *events;
    struct place *places; /* of the events, to be sorted in their stead */
    const struct cn_event **sorted;
    size_t count;
    int64_t total; /* of events gathered */
    int64_t next_chunk;
    struct cn_chunk_writer chunk;
    struct cn_error err; /* of a visit that failed */
    bool failed;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    if (left->subject != right->subject) {
        return left->subject < right->subject ? -1 : 1;
    }
    return left->index < right->index ? -1 : left->index > right->index;
}

/* By subject, then in the order of the log. */
static void sort_events(struct making *making)
{
    for (size_t i = 0; i < making->count; i++) {
        making->places[i] = (struct place){ making->events[i].subject, i };
    }
    qsort(making->places, making->count, sizeof(making->places[0]), compare_places);
    for (size_t i = 0; i < making->count; i++) {
        making->sorted[i] = &making->events[making->places[i].index];
    }
}

static bool write_chunk(struct making *making, const struct cn_event *const *events, size_t count,
                        struct cn_error *err)
{
    static const char sql[] = "INSERT INTO chunk (chunk, body) VALUES ($1, $2)";
    struct cn_sql_stmt *stmt;
    cn_str body = cn_chunk_write(&making->chunk, events, count);
    if (!cn_sql_prepare(making->conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, making->next_chunk);
    cn_sql_bind_blob(stmt, 2, body);
    return cn_sql_run(stmt, err);
}

static bool write_postings(struct making *making, const struct cn_event *const *events,
                           size_t count, struct cn_error *err)
{
    static const char sql[] =
        "INSERT INTO posting (subject, chunk, first, n) VALUES ($1, $2, $3, $4)";
    for (size_t i = 0; i < count;) {
        struct cn_sql_stmt *stmt;
        size_t first = i;
        while (i < count && events[i]->subject == events[first]->subject) {
            i++;
        }
        if (!cn_sql_prepare(making->conn, sql, &stmt, err)) {
            return false;
        }
        cn_sql_bind_i64(stmt, 1, events[first]->subject);
        cn_sql_bind_i64(stmt, 2, making->next_chunk);
        cn_sql_bind_i64(stmt, 3, (int64_t)first);
        cn_sql_bind_i64(stmt, 4, (int64_t)(i - first));
        if (!cn_sql_run(stmt, err)) {
            return false;
        }
    }
    return true;
}

static bool write_span_row(struct making *making, const struct cn_event *first,
                           const struct cn_event *last, int64_t first_chunk, struct cn_error *err)
{
    static const char sql[] =
        "INSERT INTO span (first_seq, last_seq, first_received, last_received, first_chunk,"
        " last_chunk) VALUES ($1, $2, $3, $4, $5, $6)";
    struct cn_sql_stmt *stmt;
    if (!cn_sql_prepare(making->conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, first->seq);
    cn_sql_bind_i64(stmt, 2, last->seq);
    cn_sql_bind_i64(stmt, 3, first->received.us);
    cn_sql_bind_i64(stmt, 4, last->received.us);
    cn_sql_bind_i64(stmt, 5, first_chunk);
    cn_sql_bind_i64(stmt, 6, making->next_chunk - 1);
    return cn_sql_run(stmt, err);
}

/* Sorts what was gathered and writes it, in a transaction of its own. */
static bool write_span(struct making *making, struct cn_error *err)
{
    int64_t first_chunk = making->next_chunk;
    if (making->count == 0) {
        return true;
    }
    const struct cn_event *first = &making->events[0];
    const struct cn_event *last = &making->events[making->count - 1];
    sort_events(making);
    if (!cn_sql_begin(making->conn, err)) {
        return false;
    }
    for (size_t i = 0; i < making->count; i += CN_PACK_CHUNK_EVENTS) {
        size_t left = making->count - i;
        size_t count = left < CN_PACK_CHUNK_EVENTS ? left : CN_PACK_CHUNK_EVENTS;
        if (!write_chunk(making, making->sorted + i, count, err) ||
            !write_postings(making, making->sorted + i, count, err)) {
            return false;
        }
        making->next_chunk++;
    }
    if (!write_span_row(making, first, last, first_chunk, err) ||
        !cn_sql_commit(making->conn, err)) {
        return false;
    }
    making->count = 0;
    cn_arena_reset(&making->arena);
    return true;
}

static bool gather(void *arg, const struct cn_event *event)
{
    struct making *making = arg;
    if (making->count == CN_PACK_SPAN_EVENTS && !write_span(making, &making->err)) {
        making->failed = true;
        return false;
    }
    making->events[making->count] = *event;
    cn_event_keep_texts(&making->arena, &making->events[making->count]);
    making->count++;
    making->total++;
    return true;
}

static bool gather_all(struct making *making, struct cn_segment *const *sources, size_t count,
                       struct cn_error *err)
{
    for (size_t i = 0; i < count; i++) {
        bool stopped;
        if (!cn_segment_scan(sources[i], 0, INT64_MAX, gather, making, &stopped, err)) {
            return false;
        }
    }
    return true;
}

static bool fill(struct making *making, struct cn_segment *const *sources, size_t count,
                 cn_time now, struct cn_error *err)
{
    /* The file is synced once, when it is whole. */
    if (!cn_sql_exec(making->conn, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", err) ||
        !cn_migrate(making->conn, "pack", cn_pack_migrations, cn_pack_migrations_count, now, err) ||
        !gather_all(making, sources, count, err)) {
        return false;
    }
    if (making->failed) {
        *err = making->err;
        return false;
    }
    /* What is packed takes the place of what it was made from, so it is better counted. */
    int64_t expected = 0;
    for (size_t i = 0; i < count; i++) {
        expected += atomic_load(&sources[i]->last_seq) - sources[i]->first_seq + 1;
    }
    if (making->total != expected) {
        return cn_fail(err, CN_INTERNAL, "%lld events where %lld should be",
                       (long long)making->total, (long long)expected);
    }
    return write_span(making, err);
}

const char *cn_pack_suffix(enum cn_pack_level level)
{
    static const char *const suffixes[CN_PACK_LEVELS] = { "pack", "day", "month" };
    return suffixes[level];
}

bool cn_pack_make(const char *dir, struct cn_segment *const *sources, size_t count,
                  enum cn_pack_level level, cn_time now, struct cn_segment **packed_out,
                  struct cn_error *err)
{
    char path[CN_SEGMENT_PATH_BYTES];
    char other[CN_SEGMENT_PATH_BYTES];
    int64_t first_seq = sources[0]->first_seq;
    struct making making = { 0 };
    if (!cn_segment_path(dir, first_seq, cn_pack_suffix(level), path, err) ||
        !cn_segment_path(dir, first_seq, "pack.tmp", other, err)) {
        return false;
    }
    cn_file_delete(other);
    if (!cn_sqlite_open(other, &making.conn, err)) {
        return false;
    }
    cn_arena_init(&making.arena, SPAN_ARENA_BYTES);
    cn_chunk_writer_init(&making.chunk);
    making.events = cn_heap_resize(NULL, CN_PACK_SPAN_EVENTS * sizeof(making.events[0]));
    making.places = cn_heap_resize(NULL, CN_PACK_SPAN_EVENTS * sizeof(making.places[0]));
    making.sorted = cn_heap_resize(NULL, CN_PACK_SPAN_EVENTS * sizeof(making.sorted[0]));
    bool ok = fill(&making, sources, count, now, err);
    cn_sql_close(making.conn);
    free(making.events);
    free(making.places);
    free(making.sorted);
    cn_chunk_writer_deinit(&making.chunk);
    cn_arena_deinit(&making.arena);
    ok = ok && cn_file_sync(other, err) && cn_file_rename(other, path, err) &&
         cn_pack_open(dir, first_seq, level, packed_out, err);
    if (!ok) {
        cn_file_delete(other);
        return cn_error_context(err, "packing %s", sources[0]->path);
    }
    return true;
}

/* ---- reading ---- */

struct span {
    int64_t first_seq;
    int64_t last_seq;
    int64_t first_chunk;
    int64_t last_chunk;
};

/* The first span that ends at `from` or later. */
static bool load_span(struct cn_sql_conn *conn, int64_t from, struct span *span_out,
                      bool *found_out, struct cn_error *err)
{
    static const char sql[] = "SELECT first_seq, last_seq, first_chunk, last_chunk FROM span"
                              " WHERE last_seq >= $1 ORDER BY first_seq LIMIT 1";
    struct cn_sql_stmt *stmt;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, from);
    bool ok = cn_sql_step(stmt, found_out, err);
    if (ok && *found_out) {
        *span_out = (struct span){
            .first_seq = cn_sql_column_i64(stmt, 0),
            .last_seq = cn_sql_column_i64(stmt, 1),
            .first_chunk = cn_sql_column_i64(stmt, 2),
            .last_chunk = cn_sql_column_i64(stmt, 3),
        };
    }
    cn_sql_finish(stmt);
    return ok;
}

/* Loads and expands a chunk into the arena and decodes it. */
static bool load_chunk(struct cn_sql_conn *conn, struct cn_arena *arena, int64_t chunk,
                       struct cn_event **events_out, size_t *count_out, struct cn_error *err)
{
    static const char sql[] = "SELECT body FROM chunk WHERE chunk = $1";
    struct cn_sql_stmt *stmt;
    bool found;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, chunk);
    bool ok = cn_sql_step(stmt, &found, err) &&
              cn_chunk_read(arena, cn_sql_column_blob(stmt, 0), events_out, count_out, err);
    cn_sql_finish(stmt);
    return ok;
}

/* The span's events in the order of the log. */
static bool load_events(struct cn_sql_conn *conn, struct cn_arena *arena, const struct span *span,
                        struct cn_event *in_order, struct cn_error *err)
{
    for (int64_t chunk = span->first_chunk; chunk <= span->last_chunk; chunk++) {
        struct cn_event *events;
        size_t count;
        if (!load_chunk(conn, arena, chunk, &events, &count, err)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            if (events[i].seq < span->first_seq || events[i].seq > span->last_seq) {
                return cn_fail(err, CN_INTERNAL, "packed log segment is damaged");
            }
            in_order[events[i].seq - span->first_seq] = events[i];
        }
    }
    return true;
}

static bool scan_span(struct cn_sql_conn *conn, const struct span *span, int64_t from, int64_t to,
                      const struct cn_visit *visit, struct cn_error *err)
{
    struct cn_arena arena;
    int64_t count = span->last_seq - span->first_seq + 1;
    if (count < 1 || count > CN_PACK_SPAN_EVENTS) {
        return cn_fail(err, CN_INTERNAL, "packed log segment is damaged");
    }
    cn_arena_init(&arena, SPAN_ARENA_BYTES);
    struct cn_event *events = cn_arena_array(&arena, struct cn_event, (size_t)count);
    bool ok = load_events(conn, &arena, span, events, err);
    for (int64_t i = 0; ok && i < count && !*visit->stopped; i++) {
        int64_t seq = span->first_seq + i;
        if (events[i].seq != seq) {
            ok = cn_fail(err, CN_INTERNAL, "packed log segment is damaged");
        } else if (seq >= from && seq <= to) {
            *visit->stopped = !visit->visit(visit->arg, &events[i]);
        }
    }
    cn_arena_deinit(&arena);
    return ok;
}

static bool pack_scan(struct cn_segment *segment, struct cn_sql_conn *conn, int64_t from,
                      int64_t to, const struct cn_visit *visit, struct cn_error *err)
{
    (void)segment;
    while (from <= to && !*visit->stopped) {
        struct span span = { 0 };
        bool found = false;
        if (!load_span(conn, from, &span, &found, err)) {
            return false;
        }
        if (!found) {
            return true;
        }
        if (!scan_span(conn, &span, from, to, visit, err)) {
            return false;
        }
        from = span.last_seq + 1;
    }
    return true;
}

struct posting {
    int64_t chunk;
    size_t first;
    size_t count;
};

static bool load_postings(struct cn_sql_conn *conn, struct cn_arena *arena,
                          const struct cn_subject_range *range, struct posting **postings_out,
                          size_t *count_out, struct cn_error *err)
{
    static const char sql[] =
        "SELECT chunk, first, n FROM posting WHERE subject = $1 ORDER BY chunk";
    struct cn_sql_stmt *stmt;
    struct posting *postings = NULL;
    size_t count = 0;
    size_t capacity = 0;
    bool found = true;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, range->subject);
    bool ok = true;
    while (ok && found) {
        ok = cn_sql_step(stmt, &found, err);
        if (!ok || !found) {
            break;
        }
        if (count == capacity) {
            struct posting *more =
                cn_arena_array(arena, struct posting, capacity > 0 ? capacity * 2 : 16);
            capacity = capacity > 0 ? capacity * 2 : 16;
            if (count > 0) {
                memcpy(more, postings, count * sizeof(*postings));
            }
            postings = more;
        }
        postings[count++] = (struct posting){
            .chunk = cn_sql_column_i64(stmt, 0),
            .first = (size_t)cn_sql_column_i64(stmt, 1),
            .count = (size_t)cn_sql_column_i64(stmt, 2),
        };
    }
    cn_sql_finish(stmt);
    *postings_out = postings;
    *count_out = count;
    return ok;
}

static bool visit_posting(struct cn_sql_conn *conn, const struct posting *posting,
                          const struct cn_subject_range *range, size_t *left,
                          const struct cn_visit *visit, struct cn_error *err)
{
    struct cn_arena arena;
    struct cn_event *events;
    size_t count;
    cn_arena_init(&arena, CHUNK_ARENA_BYTES);
    bool ok = load_chunk(conn, &arena, posting->chunk, &events, &count, err);
    if (ok && (posting->first > count || posting->count > count - posting->first)) {
        ok = cn_fail(err, CN_INTERNAL, "packed log segment is damaged");
    }
    for (size_t i = 0; ok && i<posting->count && * left> 0 && !*visit->stopped; i++) {
        size_t place = range->newest_first ? posting->count - 1 - i : i;
        const struct cn_event *event = &events[posting->first + place];
        if (event->seq >= range->from && event->seq < range->before) {
            (*left)--;
            *visit->stopped = !visit->visit(visit->arg, event);
        }
    }
    cn_arena_deinit(&arena);
    return ok;
}

static bool pack_scan_subject(struct cn_segment *segment, struct cn_sql_conn *conn,
                              const struct cn_subject_range *range, const struct cn_visit *visit,
                              struct cn_error *err)
{
    struct cn_arena arena;
    struct posting *postings = NULL;
    size_t count = 0;
    size_t left = range->limit;
    (void)segment;
    cn_arena_init(&arena, 4096);
    bool ok = load_postings(conn, &arena, range, &postings, &count, err);
    for (size_t i = 0; ok && i < count && left > 0 && !*visit->stopped; i++) {
        const struct posting *posting = &postings[range->newest_first ? count - 1 - i : i];
        ok = visit_posting(conn, posting, range, &left, visit, err);
    }
    cn_arena_deinit(&arena);
    return ok;
}

static const struct cn_segment_kind pack_kind = {
    .scan = pack_scan,
    .scan_subject = pack_scan_subject,
};

static bool load_bounds(struct cn_segment *segment, struct cn_error *err)
{
    static const char sql[] =
        "SELECT max(last_seq), min(first_received), max(last_received) FROM span";
    struct cn_sql_stmt *stmt;
    bool found;
    if (!cn_sql_prepare(segment->idle, sql, &stmt, err)) {
        return false;
    }
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && !cn_sql_column_is_null(stmt, 0)) {
        atomic_store(&segment->last_seq, cn_sql_column_i64(stmt, 0));
        atomic_store(&segment->first_received, cn_sql_column_i64(stmt, 1));
        atomic_store(&segment->last_received, cn_sql_column_i64(stmt, 2));
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_pack_open(const char *dir, int64_t first_seq, enum cn_pack_level level,
                  struct cn_segment **packed_out, struct cn_error *err)
{
    struct cn_segment *segment = cn_segment_new(&pack_kind, first_seq);
    segment->level = level;
    atomic_store(&segment->state, CN_SEGMENT_PACKED);
    if (!cn_segment_path(dir, first_seq, cn_pack_suffix(level), segment->path, err) ||
        !cn_sqlite_open_reader(segment->path, &segment->idle, err) || !load_bounds(segment, err)) {
        cn_segment_release(segment);
        return false;
    }
    *packed_out = segment;
    return true;
}
