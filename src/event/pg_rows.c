#include "event/pg_rows.h"

#include <stdlib.h>

#include "base/buf.h"

enum {
    COLUMNS_COUNT = 15,
    INSERT_ROWS = 128, /* of a large statement; the rest goes in small ones */
    INSERT_SQL_MAX_BYTES = 64 * 1024,
    SCAN_ROWS = 512,
    DAYS_MAX = 4096,
};

#define COLUMNS                                                                           \
    "subject, seq, day, type, source_id, at_us, received_us, message_id, name, user_key," \
    " anonymous_key, group_key, previous_key, email, payload"

/* "INSERT INTO event_log (...) VALUES ($1, ..., $15), ($16, ...)": only the number of rows varies.
 */
static const char *insert_sql(struct cn_arena *arena, size_t rows)
{
    struct cn_buf sql;
    cn_buf_init(&sql, INSERT_SQL_MAX_BYTES);
    cn_buf_add_str(&sql, CN_STR("INSERT INTO event_log (" COLUMNS ") VALUES "));
    for (size_t i = 0; i < rows * COLUMNS_COUNT; i++) {
        const char *before = i == 0 ? "(" : i % COLUMNS_COUNT == 0 ? "), (" : ", ";
        cn_buf_printf(&sql, "%s$%zu", before, i + 1);
    }
    cn_buf_add(&sql, ")", 1);
    const char *text = cn_arena_str(arena, cn_buf_str(&sql)).ptr;
    cn_buf_deinit(&sql);
    return text;
}

static void bind_event(struct cn_sql_stmt *stmt, int first, const struct cn_event *event,
                       int64_t day)
{
    const int64_t numbers[] = { event->subject,       event->seq,       day,
                                (int64_t)event->type, event->source_id, event->at.us,
                                event->received.us };
    const cn_str texts[] = { event->message_id,    event->name,      event->user_key,
                             event->anonymous_key, event->group_key, event->previous_key,
                             event->email,         event->payload };
    for (size_t i = 0; i < CN_ARRAY_LEN(numbers); i++) {
        cn_sql_bind_i64(stmt, first++, numbers[i]);
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(texts); i++) {
        cn_sql_bind_str(stmt, first++, texts[i]);
    }
}

static bool insert_rows(struct cn_sql_conn *conn, const char *sql,
                        const struct cn_event *const *events, size_t count, int64_t day,
                        struct cn_error *err)
{
    struct cn_sql_stmt *stmt;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bind_event(stmt, (int)(i * COLUMNS_COUNT) + 1, events[i], day);
    }
    return cn_sql_run(stmt, err);
}

bool cn_pg_insert_events(struct cn_sql_conn *conn, struct cn_arena *arena,
                         const struct cn_event *const *events, size_t count, int64_t day,
                         struct cn_error *err)
{
    static const size_t sizes[] = { INSERT_ROWS, 16, 1 };
    for (size_t s = 0; s < CN_ARRAY_LEN(sizes); s++) {
        const char *sql = count >= sizes[s] ? insert_sql(arena, sizes[s]) : NULL;
        while (count >= sizes[s]) {
            if (!insert_rows(conn, sql, events, sizes[s], day, err)) {
                return false;
            }
            events += sizes[s];
            count -= sizes[s];
        }
    }
    return true;
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
    cn_arena_init(&page->arena, 64 * 1024);
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
