#include "job/outbox.h"

#include "base/str.h"

const char *const cn_outbox_kind_names[CN_OUTBOX_KIND_COUNT] = {
    [CN_OUTBOX_SIGNAL] = "signal",
    [CN_OUTBOX_DIGEST] = "digest",
    [CN_OUTBOX_TEST] = "test",
    [CN_OUTBOX_ASSIGNED] = "assigned",
    [CN_OUTBOX_SNOOZE_OVER] = "snooze_over",
};

const char *const cn_channel_names[CN_CHANNEL_COUNT] = {
    [CN_CHANNEL_APP] = "app",
    [CN_CHANNEL_EMAIL] = "email",
    [CN_CHANNEL_SLACK] = "slack",
    [CN_CHANNEL_SLACK_CHANNEL] = "slack_channel",
};

const char *const cn_outbox_state_names[CN_OUTBOX_STATE_COUNT] = {
    [CN_OUTBOX_WAITING] = "waiting", [CN_OUTBOX_SENDING] = "sending", [CN_OUTBOX_SENT] = "sent",
    [CN_OUTBOX_FAILED] = "failed",   [CN_OUTBOX_DROPPED] = "dropped",
};

#define COLUMNS                                                                          \
    "outbox_id, dedup, kind, channel, user_id, record_id, body, state, is_held, due_us," \
    " attempts, created_us, done_us, error, read_us"

/* Which numbers of $n, a set of bits with 0 for all, have their bit set. */
#define CHANNEL_IN(n)                                                                       \
    "($" n " = 0 OR (channel = 0 AND $" n " & 1 <> 0) OR (channel = 1 AND $" n " & 2 <> 0)" \
    " OR (channel = 2 AND $" n " & 4 <> 0) OR (channel = 3 AND $" n " & 8 <> 0))"
#define STATE_IN(n)                                                                     \
    "($" n " = 0 OR (state = 0 AND $" n " & 1 <> 0) OR (state = 1 AND $" n " & 2 <> 0)" \
    " OR (state = 2 AND $" n " & 4 <> 0) OR (state = 3 AND $" n " & 8 <> 0)"            \
    " OR (state = 4 AND $" n " & 16 <> 0))"

static struct cn_outbox_item read_row(struct cn_arena *arena, struct cn_sql_stmt *stmt)
{
    return (struct cn_outbox_item){
        .id = cn_sql_column_i64(stmt, 0),
        .dedup = cn_arena_str(arena, cn_sql_column_str(stmt, 1)),
        .kind = (enum cn_outbox_kind)cn_sql_column_i64(stmt, 2),
        .channel = (enum cn_channel)cn_sql_column_i64(stmt, 3),
        .user_id = cn_sql_column_i64(stmt, 4),
        .record_id = cn_sql_column_i64(stmt, 5),
        .body = cn_arena_str(arena, cn_sql_column_str(stmt, 6)),
        .state = (enum cn_outbox_state)cn_sql_column_i64(stmt, 7),
        .is_held = cn_sql_column_i64(stmt, 8) != 0,
        .due.us = cn_sql_column_i64(stmt, 9),
        .attempts = cn_sql_column_i64(stmt, 10),
        .created.us = cn_sql_column_i64(stmt, 11),
        .done.us = cn_sql_column_i64(stmt, 12),
        .error = cn_arena_str(arena, cn_sql_column_str(stmt, 13)),
        .read.us = cn_sql_column_i64(stmt, 14),
    };
}

bool cn_outbox_add(struct cn_sql_conn *conn, const struct cn_outbox_item *item, bool *added_out,
                   struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool is_there = item->channel == CN_CHANNEL_APP;
    if (!cn_sql_prepare(conn,
                        "INSERT INTO outbox(outbox_id, dedup, kind, channel, user_id, record_id,"
                        " body, state, is_held, due_us, attempts, created_us, done_us, error)"
                        " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, '')"
                        " ON CONFLICT (dedup) DO NOTHING",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, item->id);
    cn_sql_bind_str(stmt, 2, item->dedup);
    cn_sql_bind_i64(stmt, 3, item->kind);
    cn_sql_bind_i64(stmt, 4, item->channel);
    cn_sql_bind_i64(stmt, 5, item->user_id);
    cn_sql_bind_i64(stmt, 6, item->record_id);
    cn_sql_bind_str(stmt, 7, item->body);
    cn_sql_bind_i64(stmt, 8, is_there ? CN_OUTBOX_SENT : CN_OUTBOX_WAITING);
    cn_sql_bind_i64(stmt, 9, item->is_held);
    cn_sql_bind_i64(stmt, 10, item->due.us);
    cn_sql_bind_i64(stmt, 11, item->created.us);
    if (is_there) {
        cn_sql_bind_i64(stmt, 12, item->created.us);
    }
    if (!cn_sql_run(stmt, err)) {
        return cn_error_context(err, "writing to the outbox");
    }
    *added_out = cn_sql_changes(conn) > 0;
    return true;
}

bool cn_outbox_next(struct cn_sql_conn *conn, unsigned channels, cn_time now, int64_t *id_out,
                    struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(conn,
                        "SELECT outbox_id FROM outbox WHERE state = 0 AND due_us <= $1"
                        " AND " CHANNEL_IN("2") " ORDER BY due_us, outbox_id LIMIT 1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, now.us);
    cn_sql_bind_i64(stmt, 2, (int64_t)channels);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *id_out = row ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_outbox_claim(struct cn_sql_conn *conn, struct cn_arena *arena, int64_t id,
                     struct cn_outbox_item *item_out, bool *claimed_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(conn,
                        "UPDATE outbox SET state = 1, attempts = attempts + 1"
                        " WHERE outbox_id = $1 AND state = 0",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id);
    if (!cn_sql_run(stmt, err)) {
        return false;
    }
    if (cn_sql_changes(conn) == 0) {
        *claimed_out = false;
        return true;
    }
    stmt = NULL;
    if (!cn_sql_prepare(conn, "SELECT " COLUMNS " FROM outbox WHERE outbox_id = $1", &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *claimed_out = row;
        *item_out = row ? read_row(arena, stmt) : (struct cn_outbox_item){ 0 };
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_outbox_settle(struct cn_sql_conn *conn, const struct cn_outbox_result *result,
                      struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool is_over = result->state != CN_OUTBOX_WAITING;
    if (!cn_sql_prepare(conn,
                        "UPDATE outbox SET state = $2, due_us = CASE WHEN $2 = 0 THEN $3 ELSE"
                        " due_us END, done_us = $4, error = $5 WHERE outbox_id = $1 AND state = 1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, result->id);
    cn_sql_bind_i64(stmt, 2, result->state);
    cn_sql_bind_i64(stmt, 3, result->due.us);
    if (is_over) {
        cn_sql_bind_i64(stmt, 4, result->at.us);
    }
    cn_sql_bind_str(stmt, 5, cn_str_slice(result->error, 0, CN_OUTBOX_ERROR_MAX_BYTES));
    return cn_sql_run(stmt, err);
}

bool cn_outbox_release(struct cn_sql_conn *conn, cn_time now, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, "UPDATE outbox SET state = 0, due_us = $1 WHERE state = 1", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, now.us);
    return cn_sql_run(stmt, err);
}

static bool exists(struct cn_sql_conn *conn, int64_t id, bool *exists_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, "SELECT 1 FROM outbox WHERE outbox_id = $1", &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id);
    bool ok = cn_sql_step(stmt, exists_out, err);
    cn_sql_finish(stmt);
    return ok;
}

bool cn_outbox_retry(struct cn_sql_conn *conn, int64_t id, cn_time now, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool is_there = false;
    if (!cn_sql_prepare(conn,
                        "UPDATE outbox SET state = 0, attempts = 0, due_us = $2, done_us = NULL"
                        " WHERE outbox_id = $1 AND state = 3",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id);
    cn_sql_bind_i64(stmt, 2, now.us);
    if (!cn_sql_run(stmt, err)) {
        return false;
    }
    if (cn_sql_changes(conn) > 0) {
        return true;
    }
    return exists(conn, id, &is_there, err) &&
           (is_there ? cn_fail(err, CN_CONFLICT, "only what has failed is tried again")
                     : cn_fail(err, CN_NOT_FOUND, "no such delivery"));
}

bool cn_outbox_prune(struct cn_sql_conn *conn, cn_time before, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, "DELETE FROM outbox WHERE done_us < $1", &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, before.us);
    return cn_sql_run(stmt, err);
}

bool cn_outbox_list(struct cn_sql_conn *conn, struct cn_arena *arena,
                    const struct cn_outbox_filter *filter, struct cn_outbox_list *list_out,
                    struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_outbox_list list = { 0 };
    size_t limit = filter->limit < CN_OUTBOX_LIST_MAX ? (size_t)filter->limit : CN_OUTBOX_LIST_MAX;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(
            conn,
            "SELECT " COLUMNS " FROM outbox WHERE ($1 = 0 OR user_id = $1)"
            " AND " CHANNEL_IN("2") " AND " STATE_IN(
                "3") " AND ($4 = 0 OR outbox_id"
                     " < $4) AND ($6 = 0 OR outbox_id = $6) ORDER BY outbox_id DESC LIMIT $5",
            &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, filter->user_id);
    cn_sql_bind_i64(stmt, 2, (int64_t)filter->channels);
    cn_sql_bind_i64(stmt, 3, (int64_t)filter->states);
    cn_sql_bind_i64(stmt, 4, filter->after);
    cn_sql_bind_i64(stmt, 5, (int64_t)limit);
    cn_sql_bind_i64(stmt, 6, filter->id);
    list.items = cn_arena_array(arena, struct cn_outbox_item, limit + 1);
    while ((ok = cn_sql_step(stmt, &row, err)) && row && list.count < limit) {
        list.items[list.count++] = read_row(arena, stmt);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

bool cn_outbox_unread(struct cn_sql_conn *conn, int64_t user_id, int64_t *count_out,
                      struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(conn,
                        "SELECT count(*) FROM outbox WHERE user_id = $1 AND channel = 0"
                        " AND read_us IS NULL",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, user_id);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *count_out = row ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_outbox_read(struct cn_sql_conn *conn, int64_t user_id, int64_t upto, cn_time now,
                    struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn,
                        "UPDATE outbox SET read_us = $3 WHERE user_id = $1 AND channel = 0"
                        " AND outbox_id <= $2 AND read_us IS NULL",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, user_id);
    cn_sql_bind_i64(stmt, 2, upto);
    cn_sql_bind_i64(stmt, 3, now.us);
    return cn_sql_run(stmt, err);
}

bool cn_outbox_count(struct cn_sql_conn *conn, int64_t *waiting_out, int64_t *failed_out,
                     struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t waiting = 0;
    int64_t failed = 0;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, "SELECT state, count(*) FROM outbox GROUP BY state", &stmt, err)) {
        return false;
    }
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        int64_t state = cn_sql_column_i64(stmt, 0);
        int64_t count = cn_sql_column_i64(stmt, 1);
        waiting += state == CN_OUTBOX_WAITING || state == CN_OUTBOX_SENDING ? count : 0;
        failed += state == CN_OUTBOX_FAILED ? count : 0;
    }
    cn_sql_finish(stmt);
    if (ok) {
        *waiting_out = waiting;
        *failed_out = failed;
    }
    return ok;
}
