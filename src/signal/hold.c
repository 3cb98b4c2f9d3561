#include "signal/hold.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "book/account.h"
#include "book/change.h"

#define COLUMNS \
    "hold_id, account_id, kind, reason, from_us, until_us, ended_us, created_us, created_by"

static struct cn_hold read_row(struct cn_arena *arena, struct cn_sql_stmt *stmt)
{
    return (struct cn_hold){
        .id = { cn_sql_column_i64(stmt, 0) },
        .account_id = { cn_sql_column_i64(stmt, 1) },
        .kind = cn_arena_str(arena, cn_sql_column_str(stmt, 2)),
        .reason = cn_arena_str(arena, cn_sql_column_str(stmt, 3)),
        .from = { cn_sql_column_i64(stmt, 4) },
        .until = { cn_sql_column_i64(stmt, 5) },
        .until_given = cn_sql_column_is_null(stmt, 5) ? CN_NULL : CN_GIVEN,
        .ended_at = { cn_sql_column_i64(stmt, 6) },
        .ended_at_given = cn_sql_column_is_null(stmt, 6) ? CN_NULL : CN_GIVEN,
        .created_at = { cn_sql_column_i64(stmt, 7) },
        .created_by = { cn_sql_column_i64(stmt, 8) },
    };
}

static bool insert(const struct cn_unit *unit, const struct cn_hold *hold, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO hold(account_id, hold_id, kind, reason, from_us, until_us,"
                        " created_us, created_by) VALUES($1, $2, $3, $4, $5, $6, $7, $8)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, hold->account_id.value);
    cn_sql_bind_i64(stmt, 2, hold->id.value);
    cn_sql_bind_str(stmt, 3, hold->kind);
    cn_sql_bind_str(stmt, 4, hold->reason);
    cn_sql_bind_i64(stmt, 5, hold->from.us);
    if (hold->until_given == CN_GIVEN) {
        cn_sql_bind_i64(stmt, 6, hold->until.us);
    }
    cn_sql_bind_i64(stmt, 7, hold->created_at.us);
    cn_sql_bind_i64(stmt, 8, hold->created_by.value);
    return cn_sql_run(stmt, err);
}

bool cn_hold_create(const struct cn_unit *unit, cn_account_id account_id,
                    const struct cn_hold_new *new_hold, struct cn_hold *hold_out,
                    struct cn_error *err)
{
    struct cn_hold hold = {
        .account_id = account_id,
        .kind = new_hold->kind,
        .reason = new_hold->reason,
        .from = new_hold->from.us != 0 ? new_hold->from : unit->now,
        .until = new_hold->until,
        .until_given = new_hold->until.us != 0 ? CN_GIVEN : CN_NULL,
        .ended_at_given = CN_NULL,
        .created_by = unit->user,
        .created_at = unit->now,
    };
    if (hold.until_given == CN_GIVEN && hold.until.us <= hold.from.us) {
        cn_fail(err, CN_INVALID, "a hold ends after it begins");
        return cn_error_field(err, "until");
    }
    if (!cn_sql_begin(unit->conn, err)) {
        return cn_error_context(err, "adding a hold");
    }
    if (!cn_account_keep(unit, account_id, err)) {
        goto fail;
    }
    hold.id.value = cn_id_next(unit->ids, unit->now);
    cn_change_note(unit, account_id, CN_CHANGE_DECISION);
    if (!insert(unit, &hold, err) || !cn_sql_commit(unit->conn, err)) {
        goto fail;
    }
    *hold_out = hold;
    return true;

fail:
    cn_sql_rollback(unit->conn);
    return cn_error_context(err, "adding a hold");
}

bool cn_hold_list(const struct cn_unit *unit, cn_account_id account_id,
                  struct cn_hold_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_account account;
    bool row = false;
    bool ok = false;
    if (!cn_account_load(unit, account_id, &account, err) ||
        !cn_sql_prepare(unit->conn,
                        "SELECT " COLUMNS " FROM hold WHERE " CN_SEES_CHILD
                        " AND account_id = $4 ORDER BY hold_id DESC LIMIT $5",
                        &stmt, err)) {
        return false;
    }
    struct cn_hold_list list = { cn_arena_array(unit->arena, struct cn_hold, CN_HOLD_LIST_MAX), 0 };
    cn_unit_bind_scope(unit, stmt);
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_i64(stmt, 5, CN_HOLD_LIST_MAX);
    while ((ok = cn_sql_step(stmt, &row, err)) && row && list.count < CN_HOLD_LIST_MAX) {
        list.items[list.count++] = read_row(unit->arena, stmt);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

static bool load(const struct cn_unit *unit, cn_account_id account_id, cn_hold_id id,
                 struct cn_hold *hold_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    char text[CN_ID_TEXT_BYTES] = "";
    bool found = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT " COLUMNS " FROM hold WHERE " CN_SEES_CHILD
                        " AND account_id = $4 AND hold_id = $5",
                        &stmt, err)) {
        return false;
    }
    cn_unit_bind_scope(unit, stmt);
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_i64(stmt, 5, id.value);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && found) {
        *hold_out = read_row(unit->arena, stmt);
    }
    cn_sql_finish(stmt);
    if (ok && !found && id.value > 0) {
        cn_id_format(CN_HOLD_PREFIX, id.value, text);
    }
    return ok && (found || cn_fail(err, CN_NOT_FOUND, "no hold %s", text));
}

static bool save_end(const struct cn_unit *unit, const struct cn_hold *hold, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE hold SET ended_us = $3 WHERE account_id = $1 AND hold_id = $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, hold->account_id.value);
    cn_sql_bind_i64(stmt, 2, hold->id.value);
    cn_sql_bind_i64(stmt, 3, unit->now.us);
    cn_change_note(unit, hold->account_id, CN_CHANGE_DECISION);
    return cn_sql_run(stmt, err);
}

bool cn_hold_end(const struct cn_unit *unit, cn_account_id account_id, cn_hold_id id,
                 struct cn_hold *hold_out, struct cn_error *err)
{
    struct cn_hold hold = { 0 };
    if (!cn_sql_begin(unit->conn, err)) {
        return cn_error_context(err, "ending a hold");
    }
    if (!cn_account_keep(unit, account_id, err) || !load(unit, account_id, id, &hold, err)) {
        goto fail;
    }
    bool is_over = hold.ended_at_given == CN_GIVEN ||
                   (hold.until_given == CN_GIVEN && hold.until.us <= unit->now.us);
    if (!is_over) {
        if (!save_end(unit, &hold, err)) {
            goto fail;
        }
        hold.ended_at = unit->now;
        hold.ended_at_given = CN_GIVEN;
    }
    if (!cn_sql_commit(unit->conn, err)) {
        goto fail;
    }
    *hold_out = hold;
    return true;

fail:
    cn_sql_rollback(unit->conn);
    return cn_error_context(err, "ending a hold");
}

/* ---- in memory ---- */

void cn_hold_set_deinit(struct cn_hold_set *set)
{
    free(set->items);
    *set = (struct cn_hold_set){ 0 };
}

void cn_hold_set_put(struct cn_hold_set *set, const struct cn_hold_span *span)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i].hold_id == span->hold_id) {
            set->items[i] = *span;
            return;
        }
    }
    if (set->count == set->capacity) {
        set->capacity = set->capacity == 0 ? 16 : set->capacity * 2;
        set->items = cn_heap_resize(set->items, set->capacity * sizeof(set->items[0]));
    }
    set->items[set->count++] = *span;
}

void cn_hold_set_prune(struct cn_hold_set *set, cn_time now)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i].until_us > now.us) {
            set->items[kept++] = set->items[i];
        }
    }
    set->count = kept;
}

void cn_hold_set_forget(struct cn_hold_set *set, int64_t account_id)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i].account_id != account_id) {
            set->items[kept++] = set->items[i];
        }
    }
    set->count = kept;
}

bool cn_hold_stops(const struct cn_hold_span *span, const struct cn_signal_rule *rule, cn_time now)
{
    if (span->from_us > now.us || span->until_us <= now.us || rule->holds == CN_SIGNAL_HOLDS_NONE) {
        return false;
    }
    cn_str kind = cn_str_of(span->kind);
    return rule->holds == CN_SIGNAL_HOLDS_ANY || cn_str_equal(kind, CN_STR("all")) ||
           cn_str_equal(kind, rule->hold_kind);
}

static struct cn_hold_span read_span(struct cn_sql_stmt *stmt)
{
    struct cn_hold_span span = { .hold_id = cn_sql_column_i64(stmt, 0),
                                 .account_id = cn_sql_column_i64(stmt, 1),
                                 .from_us = cn_sql_column_i64(stmt, 3),
                                 .until_us = INT64_MAX };
    cn_str kind = cn_str_slice(cn_sql_column_str(stmt, 2), 0, CN_SIGNAL_HOLD_KIND_MAX_BYTES);
    memcpy(span.kind, kind.ptr, kind.len);
    for (int column = 4; column <= 5; column++) { /* the earlier of both ends */
        int64_t end = cn_sql_column_i64(stmt, column);
        if (!cn_sql_column_is_null(stmt, column) && end < span.until_us) {
            span.until_us = end;
        }
    }
    return span;
}

bool cn_hold_each(struct cn_sql_conn *conn, int64_t account_id, cn_time now,
                  void (*each)(void *arg, const struct cn_hold_span *span), void *arg,
                  struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn,
                        "SELECT hold_id, account_id, kind, from_us, until_us, ended_us FROM hold"
                        " WHERE ($1 = 0 OR account_id = $1) AND (until_us IS NULL OR until_us > $2)"
                        " AND (ended_us IS NULL OR ended_us > $2) ORDER BY hold_id",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account_id);
    cn_sql_bind_i64(stmt, 2, now.us);
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        struct cn_hold_span span = read_span(stmt);
        each(arg, &span);
    }
    cn_sql_finish(stmt);
    return ok;
}
