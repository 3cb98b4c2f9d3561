/*
 * The event log on PostgreSQL: a row an event.  One transaction holds a group's numbers, its rows,
 * its message ids and what the in_commit hook writes.
 */
#include "event/postgres.h"

#include <stdlib.h>
#include <string.h>

#include "event/pg_rows.h"
#include "event/pg_seen.h"
#include "sql/db.h"
#include "sql/sql.h"

enum {
    GROUP_ARENA_BYTES = 256 * 1024,
    DROP_DAYS = 32, /* partitions of ids that may have been left over */
    IDLE_US = 1000000,
    IDS_MAX_BYTES = 1 << 30,
};

static const int64_t us_per_day = 86400LL * 1000000;

struct pg_store {
    struct cn_event_store base;
    struct cn_event_log_options options;
    struct cn_db *db;
    _Atomic int64_t position;
    struct cn_pg_seen *seen;

    /* The writer's. */
    int64_t ready_day;  /* has its partitions */
    int64_t written_us; /* when it wrote last, monotonic */
};

/* What one transaction works on.  It may run several times, each from the start. */
struct pg_write {
    struct pg_store *store;
    struct cn_event_group *group;
    int64_t day;
    struct cn_arena arena;
    struct cn_buf ids; /* of the new events, as event_ids has them */
    bool has_added;    /* ids of the group to pg_seen */
};

static struct pg_store *store_of(struct cn_event_store *store)
{
    return (struct pg_store *)store;
}

/* ---- partitions ---- */

struct pg_day {
    int64_t day;
    int64_t oldest; /* whose ids matter */
};

static bool add_partitions(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct pg_day *ready = arg;
    bool ok = cn_pg_add_log_day(conn, ready->day, err) &&
              cn_pg_add_partition(conn, "event_ids", ready->day, err);
    for (int64_t age = 1; ok && age <= DROP_DAYS; age++) {
        ok = cn_pg_drop_partition(conn, "event_ids", ready->oldest - age, err);
    }
    return ok;
}

static bool make_day_ready(struct pg_store *store, int64_t day, struct cn_error *err)
{
    if (store->ready_day == day) {
        return true;
    }
    struct pg_day ready = { .day = day, .oldest = day - cn_pg_seen_days(&store->options) };
    bool ok = cn_db_write(store->db, add_partitions, &ready, err);
    if (!ok && err->code != CN_UNAVAILABLE) { /* another process made them at the same moment */
        ok = cn_db_write(store->db, add_partitions, &ready, err);
    }
    store->ready_day = ok ? day : 0;
    return ok;
}

/* ---- the group ---- */

/* Holds the row until the commit.  A negative count gives numbers back. */
static bool take_numbers(struct cn_sql_conn *conn, int64_t count, int64_t *last_out,
                         struct cn_error *err)
{
    static const char sql[] =
        "UPDATE event_position SET seq = seq + $1 WHERE node = 0 RETURNING seq";
    struct cn_sql_stmt *stmt;
    bool found = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, count);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && !found) {
        ok = cn_fail(err, CN_INTERNAL, "event_position has no row");
    }
    if (ok) {
        *last_out = cn_sql_column_i64(stmt, 0);
    }
    cn_sql_finish(stmt);
    return ok;
}

/*
 * The new events of the group get numbers up to *last_out.  Who holds the row of event_position is
 * alone; if others have appended since, what they appended is read first and the ids of the group
 * are looked up once more.
 */
static bool accept(struct pg_write *write, struct cn_sql_conn *conn, size_t *accepted_out,
                   int64_t *last_out, struct cn_error *err)
{
    struct cn_pg_seen *seen = write->store->seen;
    size_t count = 0;
    if (!cn_pg_seen_add(seen, write->group, &count, err)) {
        return false;
    }
    write->has_added = true;
    if (count > 0 && !take_numbers(conn, (int64_t)count, last_out, err)) {
        return false;
    }
    int64_t before = *last_out - (int64_t)count;
    if (count > 0 && before != cn_pg_seen_known(seen)) {
        cn_pg_seen_undo(seen, write->group);
        size_t taken = count;
        if (!cn_pg_seen_catch_up(seen, conn, write->day, before, err) ||
            !cn_pg_seen_add(seen, write->group, &count, err)) {
            return false;
        }
        if (count != taken && !take_numbers(conn, (int64_t)count - (int64_t)taken, last_out, err)) {
            return false;
        }
    }
    *accepted_out = count;
    return true;
}

static const struct cn_event **number(struct pg_write *write, size_t accepted)
{
    int64_t seq = write->group->first_seq;
    const struct cn_event **events =
        cn_arena_array(&write->arena, const struct cn_event *, accepted + 1);
    size_t count = 0;
    cn_buf_clear(&write->ids);
    for (size_t b = 0; b < write->group->count; b++) {
        struct cn_event_batch *batch = write->group->batches[b];
        for (size_t i = 0; i < batch->count; i++) {
            if (batch->events[i].seq != 0) {
                batch->events[i].seq = seq++;
                events[count++] = &batch->events[i];
                cn_pg_seen_encode(&write->ids, batch->events[i].id);
            }
        }
    }
    return events;
}

static bool run_hook(struct pg_write *write, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct cn_event_log_options *options = &write->store->options;
    struct cn_event_commit commit = {
        .batches = write->group->batches,
        .batch_count = write->group->count,
        .first_seq = write->group->first_seq,
        .last_seq = write->group->last_seq,
    };
    return options->in_commit == NULL ||
           options->in_commit(options->in_commit_arg, conn, &commit, err);
}

static bool write_group(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct pg_write *write = arg;
    struct cn_event_group *group = write->group;
    size_t accepted = 0;
    cn_arena_reset(&write->arena);
    if (write->has_added) { /* by an attempt that came to nothing */
        cn_pg_seen_undo(write->store->seen, group);
    }
    group->last_seq = atomic_load(&write->store->position);
    if (!accept(write, conn, &accepted, &group->last_seq, err)) {
        return false;
    }
    group->first_seq = group->last_seq - (int64_t)accepted + 1;
    const struct cn_event **events = number(write, accepted);
    return accepted == 0 ||
           (cn_pg_insert_ids(conn, group->last_seq, write->day, &write->ids, err) &&
            cn_pg_insert_events(conn, events, accepted, write->day, err) &&
            run_hook(write, conn, err));
}

/* What others appended while this process had nothing to append is better read before they have to
 * wait for it. */
static bool look_after_others(struct pg_store *store, int64_t day, struct cn_error *err)
{
    int64_t now_us = cn_clock_monotonic_us();
    struct cn_sql_conn *conn = NULL;
    bool was_idle = now_us - store->written_us > IDLE_US;
    store->written_us = now_us;
    if (!was_idle) {
        return true;
    }
    if (!cn_db_read(store->db, &conn, err)) {
        return false;
    }
    bool ok = cn_pg_seen_catch_up(store->seen, conn, day, 0, err);
    cn_db_release(store->db, conn);
    return ok;
}

/* A group without a new event has no number of its own, and who asked for the position may have
 * learnt of events whose ids were never read. */
static void note_written(struct pg_store *store, const struct cn_event_group *group)
{
    if (group->last_seq >= group->first_seq) {
        cn_pg_seen_commit(store->seen, group->last_seq);
        atomic_store(&store->position, group->last_seq);
    }
}

static bool pg_write(struct cn_event_store *base, struct cn_event_group *group,
                     struct cn_error *err)
{
    struct pg_store *store = store_of(base);
    struct pg_write write = { .store = store,
                              .group = group,
                              .day = cn_now(store->options.clock).us / us_per_day };
    if (!make_day_ready(store, write.day, err) || !look_after_others(store, write.day, err)) {
        return false;
    }
    cn_pg_seen_pass(store->seen, write.day);
    cn_arena_init(&write.arena, GROUP_ARENA_BYTES);
    cn_buf_init(&write.ids, IDS_MAX_BYTES);
    bool ok = cn_db_write(store->db, write_group, &write, err);
    if (ok) {
        note_written(store, group);
    } else {
        store->ready_day = 0; /* a partition may have been dropped by hand */
        if (write.has_added) {
            cn_pg_seen_undo(store->seen, group);
        }
    }
    cn_buf_deinit(&write.ids);
    cn_arena_deinit(&write.arena);
    return ok;
}

/* ---- reading ---- */

static bool load_position(struct pg_store *store, struct cn_error *err)
{
    struct cn_sql_conn *conn;
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_db_read(store->db, &conn, err)) {
        return false;
    }
    bool ok = cn_sql_prepare(conn, "SELECT seq FROM event_position WHERE node = 0", &stmt, err) &&
              cn_sql_step(stmt, &found, err);
    if (ok && found) {
        atomic_store(&store->position, cn_sql_column_i64(stmt, 0));
    }
    cn_sql_finish(stmt);
    cn_db_release(store->db, conn);
    return ok;
}

/* The position was read before, so no id up to it is missing. */
static bool load_ids(struct pg_store *store, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    int64_t today = cn_now(store->options.clock).us / us_per_day;
    if (!cn_db_read(store->db, &conn, err)) {
        return false;
    }
    bool ok = cn_pg_seen_catch_up(store->seen, conn, today, atomic_load(&store->position), err);
    cn_db_release(store->db, conn);
    return ok;
}

/* Other processes append too, so the database is asked; while it is away, the last answer. */
static int64_t pg_position(struct cn_event_store *base)
{
    struct pg_store *store = store_of(base);
    struct cn_error err;
    (void)load_position(store, &err); /* as said above */
    return atomic_load(&store->position);
}

static bool pg_scan(struct cn_event_store *base, int64_t from, int64_t to, cn_event_visitor *visit,
                    void *arg, struct cn_error *err)
{
    struct pg_store *store = store_of(base);
    struct cn_subject_range range = { .from = from, .before = to < INT64_MAX ? to + 1 : to };
    range.limit = SIZE_MAX;
    return cn_pg_scan(store->db, &range, visit, arg, err);
}

static bool pg_scan_subject(struct cn_event_store *base, const struct cn_subject_range *range,
                            cn_event_visitor *visit, void *arg, struct cn_error *err)
{
    return cn_pg_scan(store_of(base)->db, range, visit, arg, err);
}

static void pg_seal(struct cn_event_store *base)
{
    (void)base; /* a day is a partition, however full */
}

static bool pg_keep(struct cn_event_store *base, struct cn_error *err)
{
    return cn_pg_seen_keep(store_of(base)->seen, err); /* the database keeps its own files */
}

static bool pg_pack(struct cn_event_store *base, int64_t consumed, bool *packed_out,
                    struct cn_error *err)
{
    (void)base;
    (void)consumed;
    (void)err;
    *packed_out = false;
    return true;
}

struct pg_drop {
    int64_t before_day;
    size_t dropped;
};

static bool drop_days(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct pg_drop *drop = arg;
    struct cn_sql_stmt *stmt;
    int64_t days[64]; /* the rest goes with the next call */
    size_t count = 0;
    bool found = true;
    if (!cn_sql_prepare(conn, "SELECT day FROM event_day WHERE day < $1 ORDER BY day LIMIT 64",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, drop->before_day);
    bool ok = cn_sql_step(stmt, &found, err);
    while (ok && found && count < CN_ARRAY_LEN(days)) {
        days[count++] = cn_sql_column_i64(stmt, 0);
        ok = cn_sql_step(stmt, &found, err);
    }
    cn_sql_finish(stmt);
    for (size_t i = 0; i < count && ok; i++) {
        ok = cn_pg_drop_partition(conn, "event_log", days[i], err);
    }
    ok = ok && cn_sql_prepare(conn, "DELETE FROM event_day WHERE day {{in_ids $1}}", &stmt, err);
    if (ok) {
        cn_sql_bind_ids(stmt, 1, days, count);
        ok = cn_sql_run(stmt, err);
    }
    drop->dropped = count;
    return ok;
}

static bool pg_drop(struct cn_event_store *base, cn_time before, size_t *dropped_out,
                    struct cn_error *err)
{
    struct pg_store *store = store_of(base);
    int64_t today = cn_now(store->options.clock).us / us_per_day;
    int64_t day = before.us / us_per_day;
    struct pg_drop drop = { .before_day = day < today ? day : today };
    if (!cn_db_write(store->db, drop_days, &drop, err)) {
        return false;
    }
    *dropped_out = drop.dropped;
    return true;
}

static bool pg_segments(struct cn_event_store *base, struct cn_arena *arena,
                        struct cn_segment_info **segments_out, size_t *count_out,
                        struct cn_error *err)
{
    return cn_pg_days(store_of(base)->db, arena, segments_out, count_out, err);
}

static void pg_id_counts(struct cn_event_store *base, struct cn_id_counts *counts_out)
{
    cn_pg_seen_counts(store_of(base)->seen, counts_out);
}

static void pg_close(struct cn_event_store *base)
{
    struct pg_store *store = store_of(base);
    cn_pg_seen_free(store->seen);
    free(store);
}

bool cn_event_store_postgres(const struct cn_event_log_options *options,
                             struct cn_event_store **store_out, struct cn_error *err)
{
    static const struct cn_event_store_kind kind = {
        .write = pg_write,
        .position = pg_position,
        .scan = pg_scan,
        .scan_subject = pg_scan_subject,
        .seal = pg_seal,
        .keep = pg_keep,
        .pack = pg_pack,
        .drop = pg_drop,
        .segments = pg_segments,
        .id_counts = pg_id_counts,
        .close = pg_close,
    };
    struct pg_store *store = cn_heap_resize(NULL, sizeof(*store));
    *store = (struct pg_store){ .base.kind = &kind, .options = *options, .db = options->db };
    store->seen = cn_pg_seen_new(&store->options);
    if (!load_position(store, err) || !load_ids(store, err)) {
        pg_close(&store->base);
        return false;
    }
    *store_out = &store->base;
    return true;
}
