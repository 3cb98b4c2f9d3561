#include "event/rejected.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/map.h"

#include "sql/db.h"

enum {
    WAITING_MAX = 2000, /* rejections that wait to be written */
    BUNDLE_ARENA_BYTES = 16 * 1024,
};

static const int64_t us_per_minute = 60LL * 1000000;

struct source {
    struct cn_intake_counts counts; /* per_minute as a ring, by minute % CN_INTAKE_MINUTES */
    int64_t newest_minute;          /* up to which the ring is filled */
};

/* What is written in one transaction. */
struct bundle {
    struct cn_arena arena;
    struct cn_rejected items[WAITING_MAX];
    size_t count;
    int64_t first_number;
};

struct cn_intake {
    struct cn_db_job job;
    struct cn_db *db;
    const struct cn_clock *clock;
    pthread_mutex_t lock;
    pthread_cond_t written;
    struct cn_map index; /* source id to its place in sources */
    struct source *sources;
    size_t source_count;
    size_t source_capacity;
    struct bundle *waiting;
    struct bundle *writing; /* NULL: nobody writes */
    struct bundle *spare;   /* the other one, while nobody writes */
    int64_t next_number;
};

static struct bundle *bundle_new(void)
{
    struct bundle *bundle = cn_heap_resize(NULL, sizeof(*bundle));
    bundle->count = 0;
    bundle->first_number = 0;
    cn_arena_init(&bundle->arena, BUNDLE_ARENA_BYTES);
    return bundle;
}

static void bundle_free(struct bundle *bundle)
{
    if (bundle != NULL) {
        cn_arena_deinit(&bundle->arena);
        free(bundle);
    }
}

struct cn_intake *cn_intake_new(struct cn_db *db, const struct cn_clock *clock)
{
    struct cn_intake *intake = cn_heap_resize(NULL, sizeof(*intake));
    *intake = (struct cn_intake){
        .db = db, .clock = clock, .waiting = bundle_new(), .spare = bundle_new()
    };
    (void)pthread_mutex_init(&intake->lock, NULL); /* these cannot fail without attributes */
    (void)pthread_cond_init(&intake->written, NULL);
    return intake;
}

/* ---- writing the list ---- */

static bool insert(struct cn_sql_conn *conn, const struct cn_rejected *rejected, int64_t number,
                   struct cn_error *err)
{
    static const char sql[] =
        "INSERT INTO rejected (source_id, at_us, number, reason, pointer, excerpt)"
        " VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (source_id, at_us, number) DO NOTHING";
    struct cn_sql_stmt *stmt;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, rejected->source_id);
    cn_sql_bind_i64(stmt, 2, rejected->at.us);
    cn_sql_bind_i64(stmt, 3, number);
    cn_sql_bind_str(stmt, 4, rejected->reason);
    cn_sql_bind_str(stmt, 5, rejected->pointer);
    cn_sql_bind_str(stmt, 6, rejected->excerpt);
    return cn_sql_run(stmt, err);
}

/* Forgets what is older than the newest CN_REJECTED_MAX of the source. */
static bool prune(struct cn_sql_conn *conn, int64_t source_id, struct cn_error *err)
{
    static const char sql[] = "DELETE FROM rejected WHERE source_id = $1 AND (at_us, number) <="
                              " (SELECT at_us, number FROM rejected WHERE source_id = $2"
                              " ORDER BY at_us DESC, number DESC LIMIT 1 OFFSET $3)";
    struct cn_sql_stmt *stmt;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, source_id);
    cn_sql_bind_i64(stmt, 2, source_id);
    cn_sql_bind_i64(stmt, 3, CN_REJECTED_MAX);
    return cn_sql_run(stmt, err);
}

static bool write_bundle(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct bundle *bundle = arg;
    for (size_t i = 0; i < bundle->count; i++) {
        if (!insert(conn, &bundle->items[i], bundle->first_number + (int64_t)i, err)) {
            return false;
        }
    }
    int64_t pruned = 0;
    for (size_t i = 0; i < bundle->count; i++) {
        int64_t source_id = bundle->items[i].source_id;
        if (source_id != pruned && !prune(conn, source_id, err)) {
            return false;
        }
        pruned = source_id; /* one source's rejections mostly come together */
    }
    return true;
}

static void note_written(struct cn_db_job *job, const struct cn_error *err)
{
    struct cn_intake *intake = (struct cn_intake *)job;
    if (err != NULL) {
        cn_log_error("event", err, "listing rejected events");
    }
    (void)pthread_mutex_lock(&intake->lock);
    intake->writing->count = 0;
    cn_arena_reset(&intake->writing->arena);
    intake->spare = intake->writing;
    intake->writing = NULL;
    (void)pthread_cond_broadcast(&intake->written);
    (void)pthread_mutex_unlock(&intake->lock);
}

void cn_intake_flush(struct cn_intake *intake)
{
    struct cn_error err;
    (void)pthread_mutex_lock(&intake->lock);
    bool is_due = intake->writing == NULL && intake->waiting->count > 0;
    if (is_due) {
        intake->writing = intake->waiting;
        intake->waiting = intake->spare;
        intake->spare = NULL;
        intake->job = (struct cn_db_job){ .work = write_bundle,
                                          .arg = intake->writing,
                                          .done = note_written };
    }
    (void)pthread_mutex_unlock(&intake->lock);
    if (is_due && !cn_db_post(intake->db, &intake->job, &err)) {
        note_written(&intake->job, &err);
    }
}

void cn_intake_free(struct cn_intake *intake)
{
    if (intake == NULL) {
        return;
    }
    for (int i = 0; i < 2; i++) { /* what is being written, then what waits */
        cn_intake_flush(intake);
        (void)pthread_mutex_lock(&intake->lock);
        while (intake->writing != NULL) {
            (void)pthread_cond_wait(&intake->written, &intake->lock);
        }
        (void)pthread_mutex_unlock(&intake->lock);
    }
    bundle_free(intake->waiting);
    bundle_free(intake->spare);
    cn_map_deinit(&intake->index);
    free(intake->sources);
    (void)pthread_mutex_destroy(&intake->lock); /* nobody holds it */
    (void)pthread_cond_destroy(&intake->written);
    free(intake);
}

void cn_intake_reject(struct cn_intake *intake, const struct cn_event_batch *batch)
{
    (void)pthread_mutex_lock(&intake->lock);
    struct bundle *bundle = intake->waiting;
    if (bundle->count == 0) {
        bundle->first_number = intake->next_number;
        intake->next_number += WAITING_MAX;
    }
    for (size_t i = 0; i < batch->rejection_count && bundle->count < WAITING_MAX; i++) {
        const struct cn_rejection *rejection = &batch->rejections[i];
        bundle->items[bundle->count++] = (struct cn_rejected){
            .source_id = batch->source_id,
            .at = batch->received,
            .reason = cn_arena_str(&bundle->arena, rejection->reason),
            .pointer = cn_arena_str(&bundle->arena, rejection->pointer),
            .excerpt = cn_arena_str(&bundle->arena, rejection->excerpt),
        };
    }
    (void)pthread_mutex_unlock(&intake->lock);
}

/* ---- counters ---- */

/* Locked. */
static struct source *source_of(struct cn_intake *intake, int64_t source_id)
{
    bool is_new;
    uint64_t *place = cn_map_put(&intake->index, (uint64_t)source_id, &is_new);
    if (is_new) {
        if (intake->source_count == intake->source_capacity) {
            intake->source_capacity =
                intake->source_capacity > 0 ? intake->source_capacity * 2 : 16;
            intake->sources = cn_heap_resize(intake->sources,
                                             intake->source_capacity * sizeof(intake->sources[0]));
        }
        *place = intake->source_count;
        intake->sources[intake->source_count++] = (struct source){ .counts.source_id = source_id };
    }
    return &intake->sources[*place];
}

/* Empties the minutes of the ring that passed without an event. */
static void advance(struct source *source, int64_t minute)
{
    int64_t from = source->newest_minute + 1;
    if (from <= minute - CN_INTAKE_MINUTES) {
        from = minute - CN_INTAKE_MINUTES + 1;
    }
    for (int64_t m = from; m <= minute; m++) {
        source->counts.per_minute[m % CN_INTAKE_MINUTES] = 0;
    }
    if (minute > source->newest_minute) {
        source->newest_minute = minute;
    }
}

void cn_intake_count(struct cn_intake *intake, const struct cn_event_batch *batch)
{
    int64_t accepted = (int64_t)batch->accepted;
    int64_t minute = cn_now(intake->clock).us / us_per_minute;
    (void)pthread_mutex_lock(&intake->lock);
    struct source *source = source_of(intake, batch->source_id);
    advance(source, minute);
    source->counts.events += accepted;
    source->counts.duplicates += (int64_t)batch->duplicates;
    source->counts.rejected += (int64_t)batch->rejection_count;
    source->counts.per_minute[source->newest_minute % CN_INTAKE_MINUTES] += accepted;
    if (accepted > 0 && batch->received.us > source->counts.last_event_at.us) {
        source->counts.last_event_at = batch->received;
    }
    (void)pthread_mutex_unlock(&intake->lock);
}

void cn_intake_counts(struct cn_intake *intake, int64_t source_id,
                      struct cn_intake_counts *counts_out)
{
    int64_t minute = cn_now(intake->clock).us / us_per_minute;
    *counts_out = (struct cn_intake_counts){ .source_id = source_id };
    (void)pthread_mutex_lock(&intake->lock);
    const uint64_t *place = cn_map_get(&intake->index, (uint64_t)source_id);
    if (place != NULL) {
        struct source *source = &intake->sources[*place];
        advance(source, minute);
        *counts_out = source->counts;
        for (int64_t i = 0; i < CN_INTAKE_MINUTES; i++) {
            int64_t m = source->newest_minute + 1 + i;
            counts_out->per_minute[i] = source->counts.per_minute[m % CN_INTAKE_MINUTES];
        }
    }
    (void)pthread_mutex_unlock(&intake->lock);
}

/* ---- reading the list ---- */

bool cn_rejected_list(struct cn_sql_conn *conn, struct cn_arena *arena, int64_t source_id,
                      size_t limit, struct cn_rejected **list_out, size_t *count_out,
                      struct cn_error *err)
{
    static const char sql[] = "SELECT at_us, reason, pointer, excerpt FROM rejected"
                              " WHERE source_id = $1 ORDER BY at_us DESC, number DESC LIMIT $2";
    struct cn_sql_stmt *stmt;
    size_t count = 0;
    bool found = true;
    bool ok = true;
    assert(limit <= CN_REJECTED_MAX);
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    struct cn_rejected *list = cn_arena_array(arena, struct cn_rejected, limit + 1);
    cn_sql_bind_i64(stmt, 1, source_id);
    cn_sql_bind_i64(stmt, 2, (int64_t)limit);
    while (ok && count < limit) {
        ok = cn_sql_step(stmt, &found, err);
        if (!ok || !found) {
            break;
        }
        list[count++] = (struct cn_rejected){
            .source_id = source_id,
            .at = { cn_sql_column_i64(stmt, 0) },
            .reason = cn_arena_str(arena, cn_sql_column_str(stmt, 1)),
            .pointer = cn_arena_str(arena, cn_sql_column_str(stmt, 2)),
            .excerpt = cn_arena_str(arena, cn_sql_column_str(stmt, 3)),
        };
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
        *count_out = count;
    }
    return ok;
}
