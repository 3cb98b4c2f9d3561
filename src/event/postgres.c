/*
 * The event log on PostgreSQL: a row an event.  One transaction holds a group's claims of message
 * ids, its rows and what the in_commit hook writes.
 */
#include "event/postgres.h"

#include <stdlib.h>
#include <string.h>

#include "event/pg_rows.h"
#include "sql/db.h"
#include "sql/sql.h"

enum {
    GROUP_ARENA_BYTES = 256 * 1024,
    KEEP_SEEN_DAYS = CN_SEEN_DAYS + 1, /* partitions of event_seen that still matter */
};

static const int64_t us_per_day = 86400LL * 1000000;

struct pg_store {
    struct cn_event_store base;
    struct cn_event_log_options options;
    struct cn_db *db;
    _Atomic int64_t position;
    int64_t ready_day; /* the writer's: has its partitions */
};

/* An event of the group that is written, by id. */
struct claim {
    int64_t hi;
    int64_t lo;
    size_t order;
    struct cn_event *event;
    bool is_new;
};

/* What one transaction works on.  It may run several times, each from the start. */
struct pg_write {
    struct pg_store *store;
    struct cn_event_group *group;
    int64_t day;
    struct cn_arena arena;
    struct claim *claims;
    size_t claim_count;
    int64_t *hi; /* of the claims */
};

static struct pg_store *store_of(struct cn_event_store *store)
{
    return (struct pg_store *)store;
}

/* ---- partitions ---- */

static bool add_partitions(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const int64_t *day = arg;
    if (!cn_pg_add_log_day(conn, *day, err)) {
        return false;
    }
    return cn_pg_add_partition(conn, "event_seen", *day, err) &&
           cn_pg_drop_partition(conn, "event_seen", *day - KEEP_SEEN_DAYS, err);
}

static bool make_day_ready(struct pg_store *store, int64_t day, struct cn_error *err)
{
    if (store->ready_day == day) {
        return true;
    }
    bool ok = cn_db_write(store->db, add_partitions, &day, err);
    if (!ok && err->code == CN_CONFLICT) { /* another process made them at the same moment */
        ok = cn_db_write(store->db, add_partitions, &day, err);
    }
    store->ready_day = ok ? day : 0;
    return ok;
}

/* ---- claims ---- */

static int compare_keys(const struct claim *a, const struct claim *b)
{
    if (a->hi != b->hi) {
        return a->hi < b->hi ? -1 : 1;
    }
    return a->lo < b->lo ? -1 : a->lo > b->lo;
}

static int compare_claims(const void *a, const void *b)
{
    const struct claim *left = a;
    const struct claim *right = b;
    int order = compare_keys(left, right);
    if (order != 0) {
        return order;
    }
    return left->order < right->order ? -1 : left->order > right->order;
}

/* All ids of the group once, sorted, so that two groups never wait for each other; of events with
 * the same id the first one stays. */
static void gather_claims(struct pg_write *write)
{
    size_t total = 0;
    size_t order = 0;
    for (size_t b = 0; b < write->group->count; b++) {
        total += write->group->batches[b]->count;
    }
    struct claim *claims = cn_arena_array(&write->arena, struct claim, total + 1);
    for (size_t b = 0; b < write->group->count; b++) {
        struct cn_event_batch *batch = write->group->batches[b];
        for (size_t i = 0; i < batch->count; i++) {
            batch->events[i].seq = 0;
            claims[order] = (struct claim){ .hi = (int64_t)batch->events[i].id.hi,
                                            .lo = (int64_t)batch->events[i].id.lo,
                                            .order = order,
                                            .event = &batch->events[i] };
            order++;
        }
    }
    if (total > 0) {
        qsort(claims, total, sizeof(*claims), compare_claims);
    }
    size_t count = 0;
    for (size_t i = 0; i < total; i++) {
        if (count == 0 || compare_keys(&claims[count - 1], &claims[i]) != 0) {
            claims[count++] = claims[i];
        }
    }
    write->claims = claims;
    write->claim_count = count;
}

static int compare_to_key(const void *key, const void *claim)
{
    return compare_keys(key, claim);
}

/* Runs a statement that yields ids; those of the group among them are new, or are not.  The count
 * is of those that changed. */
static bool mark(struct pg_write *write, struct cn_sql_stmt *stmt, bool is_new, size_t *count_out,
                 struct cn_error *err)
{
    bool found = false;
    size_t count = 0;
    bool ok = cn_sql_step(stmt, &found, err);
    while (ok && found) {
        struct claim key = { .hi = cn_sql_column_i64(stmt, 0), .lo = cn_sql_column_i64(stmt, 1) };
        struct claim *claim =
            bsearch(&key, write->claims, write->claim_count, sizeof(key), compare_to_key);
        if (claim != NULL && claim->is_new != is_new) {
            claim->is_new = is_new;
            count++;
        }
        ok = cn_sql_step(stmt, &found, err);
    }
    cn_sql_finish(stmt);
    *count_out = count;
    return ok;
}

/* Of one day: what is not there already is new for now. */
static bool claim_ids(struct pg_write *write, struct cn_sql_conn *conn, size_t *new_out,
                      struct cn_error *err)
{
    static const char sql[] = "INSERT INTO event_seen (key_hi, key_lo, day)"
                              " SELECT k.hi, k.lo, CAST($3 AS integer)"
                              " FROM unnest($1, $2) AS k(hi, lo) ORDER BY 1, 2"
                              " ON CONFLICT DO NOTHING RETURNING key_hi, key_lo";
    struct cn_sql_stmt *stmt;
    int64_t *lo = cn_arena_array(&write->arena, int64_t, write->claim_count + 1);
    write->hi = cn_arena_array(&write->arena, int64_t, write->claim_count + 1);
    for (size_t i = 0; i < write->claim_count; i++) {
        write->hi[i] = write->claims[i].hi;
        lo[i] = write->claims[i].lo;
    }
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_ids(stmt, 1, write->hi, write->claim_count);
    cn_sql_bind_ids(stmt, 2, lo, write->claim_count);
    cn_sql_bind_i64(stmt, 3, write->day);
    return mark(write, stmt, true, new_out, err);
}

/*
 * Of the days around it: what is there is not new after all.  Who holds the row of event_position
 * sees what all processes committed before, and those after it see what it claims, whatever day it
 * is by their clocks.
 */
static bool look_around(struct pg_write *write, struct cn_sql_conn *conn, size_t *old_out,
                        struct cn_error *err)
{
    static const char sql[] = "SELECT key_hi, key_lo FROM event_seen WHERE key_hi = ANY($1)"
                              " AND (day BETWEEN $2 AND $3 OR day BETWEEN $4 AND $5)";
    struct cn_sql_stmt *stmt;
    /* A day may have grown by a million rows since the planner was told of any. */
    if (!cn_sql_exec(conn, "SET LOCAL enable_seqscan = off", err) ||
        !cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_ids(stmt, 1, write->hi, write->claim_count);
    cn_sql_bind_i64(stmt, 2, write->day - CN_SEEN_DAYS);
    cn_sql_bind_i64(stmt, 3, write->day - 1);
    cn_sql_bind_i64(stmt, 4, write->day + 1);
    cn_sql_bind_i64(stmt, 5, write->day + CN_SEEN_DAYS);
    return mark(write, stmt, false, old_out, err);
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

/* The new events of the group get numbers up to *last_out. */
static bool accept(struct pg_write *write, struct cn_sql_conn *conn, size_t *accepted_out,
                   int64_t *last_out, struct cn_error *err)
{
    size_t claimed = 0;
    size_t old = 0;
    if (!claim_ids(write, conn, &claimed, err)) {
        return false;
    }
    if (claimed > 0 && (!take_numbers(conn, (int64_t)claimed, last_out, err) ||
                        !look_around(write, conn, &old, err) ||
                        (old > 0 && !take_numbers(conn, -(int64_t)old, last_out, err)))) {
        return false;
    }
    for (size_t i = 0; i < write->claim_count; i++) {
        write->claims[i].event->seq = write->claims[i].is_new ? -1 : 0;
    }
    *accepted_out = claimed - old;
    return true;
}

static const struct cn_event **number(struct pg_write *write, size_t accepted)
{
    int64_t seq = write->group->first_seq;
    const struct cn_event **events =
        cn_arena_array(&write->arena, const struct cn_event *, accepted + 1);
    size_t count = 0;
    for (size_t b = 0; b < write->group->count; b++) {
        struct cn_event_batch *batch = write->group->batches[b];
        size_t before = count;
        for (size_t i = 0; i < batch->count; i++) {
            if (batch->events[i].seq != 0) {
                batch->events[i].seq = seq++;
                events[count++] = &batch->events[i];
            }
        }
        batch->accepted = count - before;
        batch->duplicates = batch->count - batch->accepted;
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
    cn_arena_reset(&write->arena);
    gather_claims(write);
    size_t accepted = 0;
    write->group->last_seq = atomic_load(&write->store->position);
    if (!accept(write, conn, &accepted, &write->group->last_seq, err)) {
        return false;
    }
    write->group->first_seq = write->group->last_seq - (int64_t)accepted + 1;
    const struct cn_event **events = number(write, accepted);
    return cn_pg_insert_events(conn, events, accepted, write->day, err) &&
           (accepted == 0 || run_hook(write, conn, err));
}

static bool pg_write(struct cn_event_store *base, struct cn_event_group *group,
                     struct cn_error *err)
{
    struct pg_store *store = store_of(base);
    struct pg_write write = { .store = store,
                              .group = group,
                              .day = cn_now(store->options.clock).us / us_per_day };
    if (!make_day_ready(store, write.day, err)) {
        return false;
    }
    cn_arena_init(&write.arena, GROUP_ARENA_BYTES);
    bool ok = cn_db_write(store->db, write_group, &write, err);
    cn_arena_deinit(&write.arena);
    if (ok) {
        atomic_store(&store->position, group->last_seq);
        return true;
    }
    for (size_t b = 0; b < group->count; b++) {
        struct cn_event_batch *batch = group->batches[b];
        for (size_t i = 0; i < batch->count; i++) {
            batch->events[i].seq = 0;
        }
        batch->accepted = 0;
        batch->duplicates = 0;
    }
    store->ready_day = 0; /* a partition may have been dropped by hand */
    return false;
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
    (void)base; /* the database keeps its own files */
    (void)err;
    return true;
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

static void pg_id_counts(struct cn_event_store *base, int64_t *in_memory_out, int64_t *in_files_out)
{
    (void)base; /* they are in the database, not in this process */
    *in_memory_out = 0;
    *in_files_out = 0;
}

static void pg_close(struct cn_event_store *base)
{
    free(store_of(base));
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
    if (!load_position(store, err)) {
        free(store);
        return false;
    }
    *store_out = &store->base;
    return true;
}
