/*
 * Both directions read the log in its order and hand on batches.  A batch is cut where its events
 * were received on another day, since that is a partition on PostgreSQL.
 */
#include "event/carry.h"

#include "event/pg_rows.h"
#include "event/pg_seen.h"
#include "event/store.h"
#include "sql/sql.h"

enum {
    BATCH_EVENTS = 4096,
    BATCH_BYTES = 8 << 20,
    DEDUP_NONE_US = 1, /* the shortest window: what a log holds was deduplicated when it came */
};

static const int64_t us_per_day = 86400LL * 1000000;

const char *const cn_event_carry_tables[] = { "event_day", "event_ids", "event_log",
                                              "event_position" };
const size_t cn_event_carry_table_count = CN_ARRAY_LEN(cn_event_carry_tables);

struct carrying {
    const struct cn_event_carry *carry;
    struct cn_event_batch *batch; /* what was gathered */
    int64_t day;                  /* of its events */
    int64_t next_seq;             /* 0: none was carried yet */
    int64_t carried;
    bool (*write)(struct carrying *carrying, struct cn_error *err);
    bool failed;
    struct cn_error *err;

    struct cn_sql_conn *conn; /* PostgreSQL */

    const char *dir; /* embedded */
    struct cn_clock clock;
    struct cn_event_store *store;
};

static void start_batch(struct carrying *carrying)
{
    carrying->batch = cn_event_batch_new(BATCH_BYTES / 8);
    carrying->batch->events =
        cn_arena_array(&carrying->batch->arena, struct cn_event, BATCH_EVENTS);
}

static bool write_batch(struct carrying *carrying, struct cn_error *err)
{
    struct cn_event_batch *batch = carrying->batch;
    if (batch->count == 0) {
        return true;
    }
    batch->received = batch->events[batch->count - 1].received;
    if (!carrying->write(carrying, err)) {
        return false;
    }
    carrying->carried += (int64_t)batch->count;
    cn_event_batch_release(batch);
    start_batch(carrying);
    if (carrying->carry->progress != NULL) {
        carrying->carry->progress(carrying->carry->progress_arg, carrying->carried);
    }
    return true;
}

static bool add_event(void *arg, const struct cn_event *event)
{
    struct carrying *carrying = arg;
    int64_t day = event->received.us / us_per_day;
    if (carrying->next_seq != 0 && event->seq != carrying->next_seq) {
        carrying->failed =
            !cn_fail(carrying->err, CN_INTERNAL, "event %lld of the log is followed by event %lld",
                     (long long)carrying->next_seq - 1, (long long)event->seq);
        return false;
    }
    bool is_full = carrying->batch->count == BATCH_EVENTS ||
                   carrying->batch->arena.used_bytes > BATCH_BYTES || day != carrying->day;
    if (is_full && !write_batch(carrying, carrying->err)) {
        carrying->failed = true;
        return false;
    }
    struct cn_event *copy = &carrying->batch->events[carrying->batch->count++];
    *copy = *event;
    cn_event_keep_texts(&carrying->batch->arena, copy);
    copy->id = cn_event_id(copy->source_id, copy->message_id);
    carrying->day = day;
    carrying->next_seq = event->seq + 1;
    return true;
}

static bool carry_all(struct carrying *carrying, struct cn_error *err)
{
    carrying->err = err;
    start_batch(carrying);
    bool ok = cn_event_log_scan(carrying->carry->from, 1, INT64_MAX, add_event, carrying, err) &&
              !carrying->failed && write_batch(carrying, err);
    cn_event_batch_release(carrying->batch);
    return ok || cn_error_context(err, "carrying the event log");
}

/* ---- to PostgreSQL ---- */

/* Of days that are still looked at. */
static bool write_ids(struct carrying *carrying, struct cn_error *err)
{
    const struct cn_event_carry *carry = carrying->carry;
    const int64_t oldest = carry->now.us / us_per_day - cn_pg_seen_days(carry->dedup_window_us);
    const struct cn_event_batch *batch = carrying->batch;
    struct cn_buf ids;
    if (carrying->day < oldest) {
        return true;
    }
    cn_buf_init(&ids, BATCH_BYTES);
    for (size_t i = 0; i < batch->count; i++) {
        cn_pg_seen_encode(&ids, batch->events[i].id);
    }
    bool ok = cn_pg_add_partition(carrying->conn, "event_ids", carrying->day, err) &&
              cn_pg_insert_ids(carrying->conn, batch->events[batch->count - 1].seq, carrying->day,
                               &ids, err);
    cn_buf_deinit(&ids);
    return ok;
}

static bool write_rows(struct carrying *carrying, struct cn_error *err)
{
    const struct cn_event_batch *batch = carrying->batch;
    const struct cn_event **events =
        cn_arena_array(&carrying->batch->arena, const struct cn_event *, batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        events[i] = &batch->events[i];
    }
    return cn_pg_add_log_day(carrying->conn, carrying->day, err) &&
           cn_pg_insert_events(carrying->conn, events, batch->count, carrying->day, err) &&
           write_ids(carrying, err);
}

static bool save_position(struct cn_sql_conn *conn, int64_t seq, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, "UPDATE event_position SET seq = $1 WHERE node = 0", &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, seq);
    return cn_sql_run(stmt, err);
}

bool cn_event_carry_to_postgres(const struct cn_event_carry *carry, struct cn_sql_conn *to,
                                int64_t *events_out, struct cn_error *err)
{
    struct carrying carrying = { .carry = carry, .write = write_rows, .conn = to };
    if (!carry_all(&carrying, err) || !save_position(to, cn_event_log_position(carry->from), err)) {
        return false;
    }
    *events_out = carrying.carried;
    return true;
}

/* ---- to files ---- */

/* The clock says when the events came, so that segments are cut where they would have been. */
static bool open_store(struct carrying *carrying, int64_t first_seq, struct cn_error *err)
{
    struct cn_event_log_options options = {
        .dir = carrying->dir,
        .clock = &carrying->clock,
        .dedup_window_us = DEDUP_NONE_US,
        .segment_max_events = CN_SEGMENT_EVENTS,
        .first_seq = first_seq,
    };
    return cn_event_store_embedded(&options, &carrying->store, err);
}

static bool write_blocks(struct carrying *carrying, struct cn_error *err)
{
    struct cn_event_batch *batch = carrying->batch;
    struct cn_event_group group = { .batches = &batch, .count = 1 };
    int64_t first_seq = batch->events[0].seq;
    if (carrying->store == NULL && !open_store(carrying, first_seq, err)) {
        return false;
    }
    if (batch->count >= CN_BLOCK_EVENTS_MIN) {
        cn_event_batch_encode(batch);
    }
    atomic_store(&carrying->clock.fixed_us, batch->received.us);
    return carrying->store->kind->write(carrying->store, &group, err) &&
           ((group.first_seq == first_seq && batch->accepted == batch->count) ||
            cn_fail(err, CN_INTERNAL, "event %lld was stored as %lld, %zu of %zu with it",
                    (long long)first_seq, (long long)group.first_seq, batch->accepted,
                    batch->count));
}

/* A log whose events were all dropped goes on with the number after the last. */
static bool open_empty(struct carrying *carrying, struct cn_error *err)
{
    struct cn_event_group none = { .count = 0 };
    return open_store(carrying, cn_event_log_position(carrying->carry->from) + 1, err) &&
           carrying->store->kind->write(carrying->store, &none, err);
}

bool cn_event_carry_to_files(const struct cn_event_carry *carry, const char *dir,
                             int64_t *events_out, struct cn_error *err)
{
    struct carrying carrying = { .carry = carry, .write = write_blocks, .dir = dir };
    cn_clock_fixed(&carrying.clock, carry->now);
    bool ok = carry_all(&carrying, err) && (carrying.store != NULL || open_empty(&carrying, err)) &&
              carrying.store->kind->keep(carrying.store, err);
    if (carrying.store != NULL) {
        carrying.store->kind->close(carrying.store);
    }
    if (ok) {
        *events_out = carrying.carried;
    }
    return ok;
}
