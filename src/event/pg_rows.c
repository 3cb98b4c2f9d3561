#include "event/pg_rows.h"

#include <stdlib.h>

#include "base/buf.h"

#include "sql/copy.h"

enum {
    COLUMNS_COUNT = 15,
    DDL_MAX_BYTES = 256,
    SCAN_ROWS = 2048,
    PAGE_ARENA_BYTES = 64 * 1024,
    DAYS_MAX = 4096,
};

#define COLUMNS                                                                           \
    "subject, seq, day, type, source_id, at_us, received_us, message_id, name, user_key," \
    " anonymous_key, group_key, previous_key, email, payload"

/* PostgreSQL cannot bind what a table is made of, so the day is written into the text. */
bool cn_pg_add_partition(struct cn_sql_conn *conn, const char *table, int64_t day,
                         struct cn_error *err)
{
    struct cn_buf ddl;
    cn_buf_init(&ddl, DDL_MAX_BYTES);
    cn_buf_printf(&ddl,
                  "CREATE TABLE IF NOT EXISTS %s_d%lld PARTITION OF %s"
                  " FOR VALUES FROM (%lld) TO (%lld)",
                  table, (long long)day, table, (long long)day, (long long)day + 1);
    cn_buf_add(&ddl, "", 1);
    bool ok = cn_sql_exec(conn, ddl.data, err);
    cn_buf_deinit(&ddl);
    return ok;
}

bool cn_pg_drop_partition(struct cn_sql_conn *conn, const char *table, int64_t day,
                          struct cn_error *err)
{
    struct cn_buf ddl;
    cn_buf_init(&ddl, DDL_MAX_BYTES);
    cn_buf_printf(&ddl, "DROP TABLE IF EXISTS %s_d%lld", table, (long long)day);
    cn_buf_add(&ddl, "", 1);
    bool ok = cn_sql_exec(conn, ddl.data, err);
    cn_buf_deinit(&ddl);
    return ok;
}

bool cn_pg_add_log_day(struct cn_sql_conn *conn, int64_t day, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_pg_add_partition(conn, "event_log", day, err) ||
        !cn_sql_prepare(conn, "INSERT INTO event_day (day) VALUES ($1) ON CONFLICT DO NOTHING",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, day);
    return cn_sql_run(stmt, err);
}

static void add_event(struct cn_buf *buf, const struct cn_event *event, int64_t day)
{
    const cn_str texts[] = { event->message_id,    event->name,      event->user_key,
                             event->anonymous_key, event->group_key, event->previous_key,
                             event->email,         event->payload };
    cn_copy_row(buf, COLUMNS_COUNT);
    cn_copy_i64(buf, event->subject, 8);
    cn_copy_i64(buf, event->seq, 8);
    cn_copy_i64(buf, day, 4);
    cn_copy_i64(buf, (int64_t)event->type, 2);
    cn_copy_i64(buf, event->source_id, 8);
    cn_copy_i64(buf, event->at.us, 8);
    cn_copy_i64(buf, event->received.us, 8);
    for (size_t i = 0; i < CN_ARRAY_LEN(texts); i++) {
        cn_copy_str(buf, texts[i]);
    }
}

bool cn_pg_insert_events(struct cn_sql_conn *conn, const struct cn_event *const *events,
                         size_t count, int64_t day, struct cn_error *err)
{
    static const char sql[] = "COPY event_log (" COLUMNS ") FROM STDIN (FORMAT binary)";
    struct cn_buf buf;
    bool ok = true;
    cn_buf_init(&buf, CN_COPY_MAX_BYTES);
    for (size_t i = 0; i < count && ok;) {
        cn_copy_begin(&buf);
        while (i < count && buf.len < CN_COPY_BYTES) {
            add_event(&buf, events[i++], day);
        }
        ok = cn_copy_send(conn, sql, &buf, err);
    }
    cn_buf_deinit(&buf);
    return ok;
}

bool cn_pg_insert_ids(struct cn_sql_conn *conn, int64_t last_seq, int64_t day,
                      const struct cn_buf *ids, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (ids->overflowed) {
        return cn_fail(err, CN_TOO_LARGE, "too many ids for one row");
    }
    if (!cn_sql_prepare(conn, "INSERT INTO event_ids (seq, day, ids) VALUES ($1, $2, $3)", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, last_seq);
    cn_sql_bind_i64(stmt, 2, day);
    cn_sql_bind_blob(stmt, 3, (cn_str){ ids->data, ids->len });
    return cn_sql_run(stmt, err);
}

static cn_str text_at(struct cn_sql_stmt *stmt, struct cn_arena *arena, int column)
{
    return cn_arena_str(arena, cn_sql_column_str(stmt, column));
}

static struct cn_event read_event(struct cn_sql_stmt *stmt, struct cn_arena *arena)
{
    struct cn_event event = {
        .subject = cn_sql_column_i64(stmt, 0),
        .seq = cn_sql_column_i64(stmt, 1),
        .type = (enum cn_event_type)cn_sql_column_i64(stmt, 3),
        .source_id = cn_sql_column_i64(stmt, 4),
        .at = { cn_sql_column_i64(stmt, 5) },
        .received = { cn_sql_column_i64(stmt, 6) },
        .message_id = text_at(stmt, arena, 7),
        .name = text_at(stmt, arena, 8),
        .user_key = text_at(stmt, arena, 9),
        .anonymous_key = text_at(stmt, arena, 10),
        .group_key = text_at(stmt, arena, 11),
        .previous_key = text_at(stmt, arena, 12),
        .email = text_at(stmt, arena, 13),
        .payload = text_at(stmt, arena, 14),
    };
    event.id = cn_event_id(event.source_id, event.message_id);
    return event;
}

struct page {
    struct cn_arena arena;
    struct cn_event events[SCAN_ROWS];
    size_t count;
};

/* The texts for all events and for one subject's, upwards and downwards. */
static const char *scan_sql(const struct cn_subject_range *range)
{
    if (range->subject == 0) {
        return "SELECT " COLUMNS " FROM event_log WHERE seq >= $1 AND seq < $2"
               " ORDER BY seq LIMIT $3";
    }
    return range->newest_first ? "SELECT " COLUMNS " FROM event_log"
                                 " WHERE seq >= $1 AND seq < $2 AND subject = $4"
                                 " ORDER BY seq DESC LIMIT $3"
                               : "SELECT " COLUMNS " FROM event_log"
                                 " WHERE seq >= $1 AND seq < $2 AND subject = $4"
                                 " ORDER BY seq LIMIT $3";
}

static bool load_page(struct cn_db *db, const struct cn_subject_range *range, struct page *page,
                      struct cn_error *err)
{
    struct cn_sql_conn *conn;
    struct cn_sql_stmt *stmt = NULL;
    bool found = true;
    page->count = 0;
    cn_arena_reset(&page->arena);
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    bool ok = cn_sql_prepare(conn, scan_sql(range), &stmt, err);
    if (ok) {
        cn_sql_bind_i64(stmt, 1, range->from);
        cn_sql_bind_i64(stmt, 2, range->before);
        cn_sql_bind_i64(stmt, 3, range->limit < SCAN_ROWS ? (int64_t)range->limit : SCAN_ROWS);
    }
    if (ok && range->subject != 0) {
        cn_sql_bind_i64(stmt, 4, range->subject);
    }
    while (ok && page->count < SCAN_ROWS) {
        ok = cn_sql_step(stmt, &found, err);
        if (!ok || !found) {
            break;
        }
        page->events[page->count++] = read_event(stmt, &page->arena);
    }
    cn_sql_finish(stmt);
    cn_db_release(db, conn);
    return ok;
}

bool cn_pg_scan(struct cn_db *db, const struct cn_subject_range *range, cn_event_visitor *visit,
                void *arg, struct cn_error *err)
{
    struct cn_subject_range rest = *range;
    struct page *page = cn_heap_resize(NULL, sizeof(*page));
    bool ok = true;
    bool goes_on = true;
    cn_arena_init(&page->arena, PAGE_ARENA_BYTES);
    while (ok && goes_on && rest.limit > 0 && rest.from < rest.before) {
        ok = load_page(db, &rest, page, err);
        goes_on = ok && page->count > 0;
        for (size_t i = 0; goes_on && i < page->count; i++) {
            goes_on = visit(arg, &page->events[i]);
            if (rest.newest_first) {
                rest.before = page->events[i].seq;
            } else {
                rest.from = page->events[i].seq + 1;
            }
        }
        rest.limit -= page->count;
    }
    cn_arena_deinit(&page->arena);
    free(page);
    return ok;
}

bool cn_pg_days(struct cn_db *db, struct cn_arena *arena, struct cn_segment_info **segments_out,
                size_t *count_out, struct cn_error *err)
{
    static const char sql[] = "SELECT min(seq), max(seq), min(received_us), max(received_us)"
                              " FROM event_log GROUP BY day ORDER BY day LIMIT 4096";
    struct cn_sql_conn *conn;
    struct cn_sql_stmt *stmt = NULL;
    bool found = true;
    size_t count = 0;
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    struct cn_segment_info *segments = cn_arena_array(arena, struct cn_segment_info, DAYS_MAX);
    bool ok = cn_sql_prepare(conn, sql, &stmt, err);
    while (ok && count < DAYS_MAX) {
        ok = cn_sql_step(stmt, &found, err);
        if (!ok || !found) {
            break;
        }
        segments[count++] = (struct cn_segment_info){
            .state = CN_SEGMENT_OPEN,
            .first_seq = cn_sql_column_i64(stmt, 0),
            .last_seq = cn_sql_column_i64(stmt, 1),
            .first_received = { cn_sql_column_i64(stmt, 2) },
            .last_received = { cn_sql_column_i64(stmt, 3) },
        };
    }
    cn_sql_finish(stmt);
    cn_db_release(db, conn);
    *segments_out = segments;
    *count_out = count;
    return ok;
}
