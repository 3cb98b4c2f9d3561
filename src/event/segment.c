#include "event/segment.h"

#include <stdlib.h>
#include <string.h>

#include "event/raw.h"

struct cn_segment *cn_segment_new(const struct cn_segment_kind *kind, int64_t first_seq)
{
    struct cn_segment *segment = cn_heap_resize(NULL, sizeof(*segment));
    *segment = (struct cn_segment){
        .kind = kind, .references = 1, .first_seq = first_seq, .last_seq = first_seq - 1
    };
    (void)pthread_mutex_init(&segment->lock, NULL); /* cannot fail without attributes */
    return segment;
}

void cn_segment_retain(struct cn_segment *segment)
{
    atomic_fetch_add_explicit(&segment->references, 1, memory_order_relaxed);
}

void cn_segment_release(struct cn_segment *segment)
{
    if (segment == NULL ||
        atomic_fetch_sub_explicit(&segment->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    cn_sql_close(segment->idle);
    cn_sql_close(segment->writer);
    if (atomic_load(&segment->is_deleted)) {
        cn_file_delete(segment->path);
    }
    cn_map_deinit(&segment->heads);
    free(segment->moved);
    (void)pthread_mutex_destroy(&segment->lock); /* nobody holds it */
    free(segment);
}

int64_t cn_segment_link(struct cn_segment *segment, int64_t subject, int64_t seq)
{
    bool is_new;
    uint64_t *head = cn_map_put(&segment->heads, (uint64_t)subject, &is_new);
    int64_t before = (int64_t)*head;
    if (segment->moved_count == segment->moved_capacity) {
        segment->moved_capacity = segment->moved_capacity > 0 ? segment->moved_capacity * 2 : 1024;
        segment->moved =
            cn_heap_resize(segment->moved, segment->moved_capacity * sizeof(segment->moved[0]));
    }
    segment->moved[segment->moved_count++] =
        (struct cn_moved_head){ .subject = subject, .head = before };
    *head = (uint64_t)seq;
    return before;
}

void cn_segment_keep(struct cn_segment *segment, int64_t last_seq, cn_time received)
{
    (void)pthread_mutex_lock(&segment->lock);
    segment->moved_count = 0;
    if (atomic_load(&segment->first_received) == 0) {
        atomic_store(&segment->first_received, received.us);
    }
    if (atomic_load(&segment->last_received) < received.us) {
        atomic_store(&segment->last_received, received.us);
    }
    atomic_store(&segment->last_seq, last_seq);
    (void)pthread_mutex_unlock(&segment->lock);
}

void cn_segment_undo(struct cn_segment *segment)
{
    (void)pthread_mutex_lock(&segment->lock);
    while (segment->moved_count > 0) {
        const struct cn_moved_head *moved = &segment->moved[--segment->moved_count];
        bool is_new;
        *cn_map_put(&segment->heads, (uint64_t)moved->subject, &is_new) = (uint64_t)moved->head;
    }
    (void)pthread_mutex_unlock(&segment->lock);
}

bool cn_segment_finish(struct cn_segment *segment, struct cn_error *err)
{
    if (segment->writer == NULL) {
        return true;
    }
    if (!cn_sql_exec(segment->writer, "PRAGMA wal_checkpoint(TRUNCATE)", err)) {
        return false;
    }
    cn_sql_close(segment->writer);
    segment->writer = NULL;
    return true;
}

/* A connection of this thread's own for as long as it needs one. */
static bool take_reader(struct cn_segment *segment, struct cn_sql_conn **conn_out,
                        struct cn_error *err)
{
    (void)pthread_mutex_lock(&segment->lock);
    struct cn_sql_conn *conn = segment->idle;
    segment->idle = NULL;
    (void)pthread_mutex_unlock(&segment->lock);
    if (conn == NULL && !cn_sqlite_open_reader(segment->path, &conn, err)) {
        return false;
    }
    *conn_out = conn;
    return true;
}

static void give_reader(struct cn_segment *segment, struct cn_sql_conn *conn)
{
    (void)pthread_mutex_lock(&segment->lock);
    struct cn_sql_conn *extra = segment->idle != NULL ? conn : NULL;
    if (extra == NULL) {
        segment->idle = conn;
    }
    (void)pthread_mutex_unlock(&segment->lock);
    cn_sql_close(extra);
}

bool cn_segment_scan(struct cn_segment *segment, int64_t from, int64_t to, cn_event_visitor *visit,
                     void *arg, bool *stopped_out, struct cn_error *err)
{
    struct cn_sql_conn *conn;
    int64_t last = atomic_load(&segment->last_seq);
    from = from > segment->first_seq ? from : segment->first_seq;
    to = to < last ? to : last;
    *stopped_out = false;
    if (from > to) {
        return true;
    }
    if (!take_reader(segment, &conn, err)) {
        return false;
    }
    struct cn_visit visits = { visit, arg, stopped_out };
    bool ok = segment->kind->scan(segment, conn, from, to, &visits, err);
    give_reader(segment, conn);
    return ok || cn_error_context(err, "reading %s", segment->path);
}

bool cn_segment_scan_subject(struct cn_segment *segment, const struct cn_subject_range *range,
                             cn_event_visitor *visit, void *arg, bool *stopped_out,
                             struct cn_error *err)
{
    struct cn_sql_conn *conn;
    *stopped_out = false;
    if (range->from > atomic_load(&segment->last_seq) || range->before <= segment->first_seq ||
        range->limit == 0) {
        return true;
    }
    if (!take_reader(segment, &conn, err)) {
        return false;
    }
    struct cn_visit visits = { visit, arg, stopped_out };
    bool ok = segment->kind->scan_subject(segment, conn, range, &visits, err);
    give_reader(segment, conn);
    return ok || cn_error_context(err, "reading %s", segment->path);
}
