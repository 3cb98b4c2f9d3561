#include "book/change.h"

#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/str.h"

#include "book/row.h"
#include "sql/rows.h"

enum {
    COUNTER_NAME_BYTES = 32,
};

const char *const cn_change_names[CN_CHANGE_COUNT] = {
    [CN_CHANGE_ACCOUNT] = "account",   [CN_CHANGE_PERSON] = "person",
    [CN_CHANGE_CONTRACT] = "contract", [CN_CHANGE_TICKET] = "ticket",
    [CN_CHANGE_SCORE] = "score",       [CN_CHANGE_ACTIVITY] = "activity",
    [CN_CHANGE_MAPPING] = "mapping",   [CN_CHANGE_PROGRAM] = "program",
    [CN_CHANGE_SIGNAL] = "signal",     [CN_CHANGE_DECISION] = "decision",
};

/* What is deferred; a field's name is static, its values follow the struct. */
struct noted {
    int64_t account_id;
    enum cn_change_kind kind;
    int node;
    cn_time at;
    int64_t history_id; /* 0: no field */
    int64_t record_id;
    const char *field;
    cn_str from;
    cn_str to;
    int64_t user_id;
    cn_time true_at;
};

/* Numbers given in this flush, less its first; 0: none yet. */
struct numbers {
    int64_t of[CN_CHANGE_COUNT];
};

void cn_change_note(const struct cn_unit *unit, cn_account_id account_id, enum cn_change_kind kind)
{
    struct noted *noted = cn_sql_defer(unit->conn, sizeof(*noted));
    *noted = (struct noted){
        .account_id = account_id.value, .kind = kind, .node = unit->node, .at = unit->now
    };
}

static cn_str copy_to(char **at, cn_str text)
{
    cn_str copy = { *at, text.len };
    if (text.len > 0) {
        memcpy(*at, text.ptr, text.len);
        *at += text.len;
    }
    return copy;
}

void cn_field_change_note(const struct cn_unit *unit, const struct cn_field_change *change)
{
    if (cn_str_equal(change->from, change->to)) {
        return;
    }
    struct noted *noted =
        cn_sql_defer(unit->conn, sizeof(*noted) + change->from.len + change->to.len);
    char *text = (char *)(noted + 1);
    *noted = (struct noted){
        .account_id = change->account_id.value,
        .kind = change->kind,
        .node = unit->node,
        .at = unit->now,
        .history_id = cn_id_next(unit->ids, unit->now),
        .record_id = change->record_id,
        .field = change->field,
        .user_id = unit->user.value,
        .true_at = change->true_at.us != 0 ? change->true_at : unit->now,
    };
    noted->from = copy_to(&text, change->from);
    noted->to = copy_to(&text, change->to);
}

bool cn_counter_add(struct cn_sql_conn *conn, const char *name, int64_t by, int64_t *value_out,
                    struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(conn,
                        "INSERT INTO counter(name, value) VALUES($1, $2)"
                        " ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value"
                        " RETURNING value",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_str_of(name));
    cn_sql_bind_i64(stmt, 2, by);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *value_out = cn_sql_column_i64(stmt, 0);
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool write_history(struct cn_sql_conn *conn, const struct noted *noted, int64_t seq,
                          struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn,
                        "INSERT INTO field_history(account_id, history_id, kind, record_id, field,"
                        " from_value, to_value, user_id, true_us, known_us, node, seq)"
                        " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, noted->account_id);
    cn_sql_bind_i64(stmt, 2, noted->history_id);
    cn_sql_bind_i64(stmt, 3, noted->kind);
    cn_sql_bind_i64(stmt, 4, noted->record_id);
    cn_sql_bind_str(stmt, 5, cn_str_of(noted->field));
    cn_row_bind_opt_str(stmt, 6, cn_given_if(noted->from), noted->from);
    cn_row_bind_opt_str(stmt, 7, cn_given_if(noted->to), noted->to);
    cn_sql_bind_i64(stmt, 8, noted->user_id);
    cn_sql_bind_i64(stmt, 9, noted->true_at.us);
    cn_sql_bind_i64(stmt, 10, noted->at.us);
    cn_sql_bind_i64(stmt, 11, noted->node);
    cn_sql_bind_i64(stmt, 12, seq);
    bool ok = cn_sql_send(stmt, err);
    cn_sql_finish(stmt);
    return ok;
}

/* Gives each account and kind among the items its number, from 1; the count of numbers given. */
static int64_t number_all(void *const *items, size_t count, struct cn_map *index,
                          struct numbers *numbers)
{
    int64_t given = 0;
    for (size_t i = 0; i < count; i++) {
        const struct noted *noted = items[i];
        bool was_new = false;
        uint64_t *slot = cn_map_put(index, (uint64_t)noted->account_id, &was_new);
        if (was_new) {
            *slot = index->count - 1;
        }
        int64_t *number = &numbers[*slot].of[noted->kind];
        if (*number == 0) {
            *number = ++given;
        }
    }
    return given;
}

/* What a flush has given its numbers. */
struct flush {
    struct cn_sql_conn *conn;
    void *const *items;
    size_t count;
    const struct cn_map *index;
    struct numbers *numbers;
    int64_t before; /* the newest number that others have */
};

static int64_t number_of(const struct flush *flush, const struct noted *noted)
{
    const uint64_t *slot = cn_map_get(flush->index, (uint64_t)noted->account_id);
    return flush->numbers[*slot].of[noted->kind];
}

/* One for each number, of the first item that has it. */
static bool write_changes(const struct flush *flush, struct cn_error *err)
{
    static const char sql[] = "INSERT INTO change(node, seq, account_id, kind, at_us)"
                              " {{rows node, seq, account_id, kind, at_us}}";
    struct cn_sql_rows rows;
    int64_t written = 0;
    bool ok = cn_sql_rows_begin(&rows, flush->conn, sql, "iiiii", err);
    for (size_t i = 0; ok && i < flush->count; i++) {
        const struct noted *noted = flush->items[i];
        const int64_t number = number_of(flush, noted);
        if (number <= written) {
            continue;
        }
        written = number;
        ok = cn_sql_rows_next(&rows, (uint64_t)number, err);
        if (ok) {
            cn_sql_rows_i64(&rows, noted->node);
            cn_sql_rows_i64(&rows, flush->before + number);
            cn_sql_rows_i64(&rows, noted->account_id);
            cn_sql_rows_i64(&rows, noted->kind);
            cn_sql_rows_i64(&rows, noted->at.us);
        }
    }
    return cn_sql_rows_end(&rows, ok, err);
}

static bool write_histories(const struct flush *flush, struct cn_error *err)
{
    for (size_t i = 0; i < flush->count; i++) {
        const struct noted *noted = flush->items[i];
        if (noted->history_id != 0 &&
            !write_history(flush->conn, noted, flush->before + number_of(flush, noted), err)) {
            return false;
        }
    }
    return true;
}

bool cn_book_flush(struct cn_sql_conn *conn, void *const *items, size_t count, struct cn_error *err)
{
    const struct noted *first = items[0];
    struct cn_map index = { 0 };
    struct cn_arena arena;
    char counter[COUNTER_NAME_BYTES];
    int64_t newest = 0;

    cn_arena_init(&arena, 4096);
    struct flush flush = { .conn = conn, .items = items, .count = count, .index = &index };
    flush.numbers = cn_arena_array(&arena, struct numbers, count);
    int64_t given = number_all(items, count, &index, flush.numbers);
    (void)snprintf(counter, sizeof(counter), "change.%d", first->node); /* a short number fits */
    bool ok = cn_counter_add(conn, counter, given, &newest, err);
    flush.before = newest - given;
    ok = ok && write_changes(&flush, err) && write_histories(&flush, err);
    cn_map_deinit(&index);
    cn_arena_deinit(&arena);
    return ok || cn_error_context(err, "writing changes");
}

static bool oldest_kept(const struct cn_unit *unit, int node, int64_t *oldest_out,
                        struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(unit->conn, "SELECT min(seq) FROM change WHERE node = $1", &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, node);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *oldest_out = cn_sql_column_i64(stmt, 0); /* 0 if there is none */
    }
    cn_sql_finish(stmt);
    return ok;
}

/* Changes between `after` and the oldest kept were pruned. */
static bool check_kept(const struct cn_unit *unit, int node, int64_t after, struct cn_error *err)
{
    int64_t oldest = 0;
    int64_t newest = 0;
    if (!oldest_kept(unit, node, &oldest, err) || !cn_change_newest(unit, node, &newest, err)) {
        return false;
    }
    int64_t first_readable = oldest > 0 ? oldest - 1 : newest;
    return after >= first_readable ||
           cn_fail(err, CN_GONE, "changes after %lld are no longer kept", (long long)after);
}

bool cn_change_list(const struct cn_unit *unit, int node, int64_t after, int64_t limit,
                    struct cn_change_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_change_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!check_kept(unit, node, after, err) ||
        !cn_sql_prepare(unit->conn,
                        "SELECT seq, account_id, kind, at_us FROM change"
                        " WHERE node = $1 AND seq > $2 ORDER BY seq LIMIT $3",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, node);
    cn_sql_bind_i64(stmt, 2, after);
    cn_sql_bind_i64(stmt, 3, limit);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        list.items =
            cn_row_grow(unit->arena, list.items, list.count, &capacity, sizeof(list.items[0]));
        list.items[list.count++] = (struct cn_change){
            .node = node,
            .seq = cn_sql_column_i64(stmt, 0),
            .account_id.value = cn_sql_column_i64(stmt, 1),
            .kind = (enum cn_change_kind)cn_sql_column_i64(stmt, 2),
            .at.us = cn_sql_column_i64(stmt, 3),
        };
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

bool cn_change_newest(const struct cn_unit *unit, int node, int64_t *seq_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    char counter[COUNTER_NAME_BYTES];
    bool row = false;
    if (!cn_sql_prepare(unit->conn, "SELECT value FROM counter WHERE name = $1", &stmt, err)) {
        return false;
    }
    (void)snprintf(counter, sizeof(counter), "change.%d", node); /* a short number fits */
    cn_sql_bind_str(stmt, 1, cn_str_of(counter));
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *seq_out = row ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_change_prune(const struct cn_unit *unit, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, "DELETE FROM change WHERE at_us < $1", &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, unit->now.us - CN_CHANGE_KEPT_DAYS * (int64_t)86400 * 1000000);
    return cn_sql_run(stmt, err);
}

bool cn_history_list(const struct cn_unit *unit, cn_account_id account_id, int64_t limit,
                     struct cn_history_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_history_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!cn_row_prepare(unit,
                        "SELECT kind, record_id, field, from_value, to_value, user_id, true_us,"
                        " known_us, seq FROM field_history WHERE " CN_SEES_CHILD
                        " AND account_id = $4 ORDER BY history_id DESC LIMIT $5",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_i64(stmt, 5, limit);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        list.items =
            cn_row_grow(unit->arena, list.items, list.count, &capacity, sizeof(list.items[0]));
        list.items[list.count++] = (struct cn_history_row){
            .kind = (enum cn_change_kind)cn_sql_column_i64(stmt, 0),
            .record_id = cn_sql_column_i64(stmt, 1),
            .field = cn_row_str(unit->arena, stmt, 2),
            .from = cn_row_str(unit->arena, stmt, 3),
            .to = cn_row_str(unit->arena, stmt, 4),
            .user_id.value = cn_sql_column_i64(stmt, 5),
            .true_at.us = cn_sql_column_i64(stmt, 6),
            .known_at.us = cn_sql_column_i64(stmt, 7),
            .seq = cn_sql_column_i64(stmt, 8),
        };
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

bool cn_position_load(const struct cn_unit *unit, const char *consumer, int64_t *position_out,
                      struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(unit->conn, "SELECT position FROM consumer WHERE name = $1", &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_str_of(consumer));
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *position_out = row ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_position_save(const struct cn_unit *unit, const char *consumer, int64_t position,
                      struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO consumer(name, position, at_us) VALUES($1, $2, $3)"
                        " ON CONFLICT (name) DO UPDATE SET position = excluded.position,"
                        " at_us = excluded.at_us",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_str_of(consumer));
    cn_sql_bind_i64(stmt, 2, position);
    cn_sql_bind_i64(stmt, 3, unit->now.us);
    return cn_sql_run(stmt, err);
}

bool cn_position_advance(const struct cn_unit *unit, const char *consumer, int64_t *position_out,
                         struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO consumer(name, position, at_us) VALUES($1, 1, $2)"
                        " ON CONFLICT (name) DO UPDATE SET position = consumer.position + 1,"
                        " at_us = excluded.at_us RETURNING position",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_str_of(consumer));
    cn_sql_bind_i64(stmt, 2, unit->now.us);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *position_out = cn_sql_column_i64(stmt, 0);
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_position_hold(const struct cn_unit *unit, const char *consumer, int64_t position,
                      bool *holds_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT 1 FROM consumer WHERE name = $1 AND position = $2 FOR SHARE", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_str_of(consumer));
    cn_sql_bind_i64(stmt, 2, position);
    bool ok = cn_sql_step(stmt, holds_out, err);
    cn_sql_finish(stmt);
    return ok;
}
