#include "event/pg_seen.h"

#include <endian.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#include "event/files.h"
#include "event/seen.h"
#include "sql/sql.h"

enum {
    ID_BYTES = 16,
    PAGE_ROWS = 64, /* of at most half a megabyte each */
};

static const int64_t us_per_day = 86400LL * 1000000;

/* Of the parts of event/seen.h, which are named by their number here. */
struct part {
    int64_t number;
    int64_t newest_day; /* of its ids */
    bool is_file;
};

struct cn_pg_seen {
    const struct cn_event_log_options *options;
    struct cn_seen *seen;
    int64_t known;
    pthread_mutex_t lock; /* of the list, against cn_pg_seen_keep() */
    struct part *parts;   /* oldest first; one at least */
    size_t part_count;
    size_t part_capacity;
};

static void begin_part(struct cn_pg_seen *seen, int64_t day)
{
    int64_t number = seen->part_count > 0 ? seen->parts[seen->part_count - 1].number + 1 : 1;
    (void)pthread_mutex_lock(&seen->lock);
    if (seen->part_count == seen->part_capacity) {
        seen->part_capacity = seen->part_capacity > 0 ? seen->part_capacity * 2 : 16;
        seen->parts = cn_heap_resize(seen->parts, seen->part_capacity * sizeof(seen->parts[0]));
    }
    seen->parts[seen->part_count++] = (struct part){ .number = number, .newest_day = day };
    (void)pthread_mutex_unlock(&seen->lock);
    cn_seen_begin(seen->seen, number);
}

struct cn_pg_seen *cn_pg_seen_new(const struct cn_event_log_options *options)
{
    struct cn_pg_seen *seen = cn_heap_resize(NULL, sizeof(*seen));
    *seen = (struct cn_pg_seen){ .options = options, .seen = cn_seen_new(), .known = INT64_MIN };
    (void)pthread_mutex_init(&seen->lock, NULL); /* cannot fail without attributes */
    begin_part(seen, INT64_MIN);
    return seen;
}

void cn_pg_seen_free(struct cn_pg_seen *seen)
{
    (void)pthread_mutex_destroy(&seen->lock); /* nobody holds it */
    cn_seen_free(seen->seen);
    free(seen->parts);
    free(seen);
}

int64_t cn_pg_seen_days(const struct cn_event_log_options *options)
{
    return (options->dedup_window_us + us_per_day - 1) / us_per_day;
}

int64_t cn_pg_seen_known(const struct cn_pg_seen *seen)
{
    return seen->known;
}

/* A day that another process's clock is ahead of stays with the newest part. */
static void begin_day(struct cn_pg_seen *seen, int64_t day)
{
    struct part *newest = &seen->parts[seen->part_count - 1];
    size_t count = cn_seen_newest_count(seen->seen);
    if (count == 0 ||
        (day <= newest->newest_day && (int64_t)count < seen->options->segment_max_events)) {
        newest->newest_day = newest->newest_day < day ? day : newest->newest_day;
        return;
    }
    begin_part(seen, day > newest->newest_day ? day : newest->newest_day);
}

void cn_pg_seen_pass(struct cn_pg_seen *seen, int64_t today)
{
    int64_t oldest = today - cn_pg_seen_days(seen->options);
    size_t gone = 0;
    begin_day(seen, today);
    (void)pthread_mutex_lock(&seen->lock);
    while (gone + 1 < seen->part_count && seen->parts[gone].newest_day < oldest) {
        gone++;
    }
    if (gone > 0) {
        seen->part_count -= gone;
        memmove(seen->parts, seen->parts + gone, seen->part_count * sizeof(seen->parts[0]));
        cn_seen_forget_before(seen->seen, seen->parts[0].number);
    }
    (void)pthread_mutex_unlock(&seen->lock);
}

void cn_pg_seen_encode(struct cn_buf *buf, struct cn_hash128 id)
{
    uint64_t words[2] = { htobe64(id.hi), htobe64(id.lo) };
    cn_buf_add(buf, (const char *)words, ID_BYTES);
}

static bool add_row(struct cn_pg_seen *seen, struct cn_sql_stmt *stmt, struct cn_error *err)
{
    cn_str ids = cn_sql_column_blob(stmt, 2);
    if (ids.len % ID_BYTES != 0) {
        return cn_fail(err, CN_INTERNAL, "a row of event_ids has %zu bytes", ids.len);
    }
    seen->known = cn_sql_column_i64(stmt, 0);
    begin_day(seen, cn_sql_column_i64(stmt, 1));
    cn_seen_lock(seen->seen);
    for (size_t at = 0; at < ids.len; at += ID_BYTES) {
        uint64_t words[2];
        memcpy(words, ids.ptr + at, ID_BYTES);
        cn_seen_put(seen->seen, (struct cn_hash128){ be64toh(words[0]), be64toh(words[1]) });
    }
    cn_seen_unlock(seen->seen);
    return true;
}

static bool load_page(struct cn_pg_seen *seen, struct cn_sql_conn *conn, int64_t oldest,
                      size_t *rows_out, struct cn_error *err)
{
    static const char sql[] = "SELECT seq, day, ids FROM event_ids WHERE seq > $1 AND day >= $2"
                              " ORDER BY seq LIMIT $3";
    struct cn_sql_stmt *stmt = NULL;
    bool found = true;
    *rows_out = 0;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, seen->known);
    cn_sql_bind_i64(stmt, 2, oldest);
    cn_sql_bind_i64(stmt, 3, PAGE_ROWS);
    bool ok = true;
    while (ok && found) {
        ok = cn_sql_step(stmt, &found, err) && (!found || add_row(seen, stmt, err));
        *rows_out += ok && found ? 1 : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_pg_seen_catch_up(struct cn_pg_seen *seen, struct cn_sql_conn *conn, int64_t today,
                         int64_t upto, struct cn_error *err)
{
    size_t rows = PAGE_ROWS;
    int64_t oldest = today - cn_pg_seen_days(seen->options);
    bool is_first = seen->known == INT64_MIN;
    struct cn_error kept;
    while (rows == PAGE_ROWS) {
        if (!load_page(seen, conn, oldest, &rows, err)) {
            return false;
        }
        if (is_first && !cn_pg_seen_keep(seen, &kept)) { /* the whole window may be large */
            cn_log_error("event", &kept, "keeping message ids in files");
            is_first = false;
        }
    }
    cn_pg_seen_commit(seen, upto);
    return true;
}

bool cn_pg_seen_add(struct cn_pg_seen *seen, struct cn_event_group *group, size_t *new_out,
                    struct cn_error *err)
{
    return cn_seen_add_group(seen->seen, group, new_out, err);
}

void cn_pg_seen_undo(struct cn_pg_seen *seen, struct cn_event_group *group)
{
    cn_seen_undo_group(seen->seen, group);
}

void cn_pg_seen_commit(struct cn_pg_seen *seen, int64_t last_seq)
{
    seen->known = seen->known < last_seq ? last_seq : seen->known;
}

/* The oldest finished part that is in memory, or 0. */
static int64_t next_finished(struct cn_pg_seen *seen)
{
    int64_t number = 0;
    (void)pthread_mutex_lock(&seen->lock);
    for (size_t i = 0; number == 0 && i + 1 < seen->part_count; i++) {
        number = seen->parts[i].is_file ? 0 : seen->parts[i].number;
    }
    (void)pthread_mutex_unlock(&seen->lock);
    return number;
}

static void note_file(struct cn_pg_seen *seen, int64_t number)
{
    (void)pthread_mutex_lock(&seen->lock);
    for (size_t i = 0; i < seen->part_count; i++) {
        if (seen->parts[i].number == number) {
            seen->parts[i].is_file = true;
        }
    }
    (void)pthread_mutex_unlock(&seen->lock);
}

bool cn_pg_seen_keep(struct cn_pg_seen *seen, struct cn_error *err)
{
    int64_t number = 0;
    while (seen->options->scratch_dir != NULL && (number = next_finished(seen)) != 0) {
        char path[CN_SEGMENT_PATH_BYTES];
        int len = snprintf(path, sizeof(path), "%s/.seen-%ld-%lld.ids", seen->options->scratch_dir,
                           (long)getpid(), (long long)number);
        if (len < 0 || (size_t)len >= sizeof(path)) {
            return cn_fail(err, CN_INVALID, "the path of the data folder is too long");
        }
        bool ok = cn_seen_store(seen->seen, number, path, err);
        (void)unlink(path); /* what is open stays */
        if (!ok) {
            return false;
        }
        note_file(seen, number);
    }
    return true;
}

void cn_pg_seen_counts(struct cn_pg_seen *seen, struct cn_id_counts *counts_out)
{
    cn_seen_counts(seen->seen, counts_out);
}
