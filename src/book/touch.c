#include "book/touch.h"

#include "base/str.h"

#include "book/change.h"
#include "book/row.h"

const char *const cn_touch_kind_names[CN_TOUCH_KINDS] = { "call", "meeting", "visit", "email",
                                                          "chat" };

static struct cn_touch read_row(struct cn_arena *arena, struct cn_sql_stmt *stmt)
{
    struct cn_touch touch = {
        .id.value = cn_sql_column_i64(stmt, 0),
        .account_id.value = cn_sql_column_i64(stmt, 1),
        .kind = (enum cn_touch_kind)cn_sql_column_i64(stmt, 2),
        .user_id.value = cn_sql_column_i64(stmt, 4),
        .note = cn_row_str(arena, stmt, 5),
        .trigger = cn_row_str(arena, stmt, 6),
        .at.us = cn_sql_column_i64(stmt, 7),
        .known_at.us = cn_sql_column_i64(stmt, 8),
    };
    touch.person_id_given = cn_row_opt_i64(stmt, 3, &touch.person_id.value);
    return touch;
}

bool cn_touch_list(const struct cn_unit *unit, cn_account_id account_id,
                   struct cn_touch_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_touch_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!cn_row_require_account(unit, account_id, err) ||
        !cn_row_prepare(unit,
                        "SELECT touch_id, account_id, kind, person_id, user_id, note,"
                        " trigger_text, at_us, known_us FROM touch WHERE " CN_SEES_CHILD
                        " AND account_id = $4 AND withdrawn_us IS NULL"
                        " ORDER BY at_us DESC, touch_id DESC LIMIT $5",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_i64(stmt, 5, CN_TOUCH_LIST_MAX);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        list.items =
            cn_row_grow(unit->arena, list.items, list.count, &capacity, sizeof(list.items[0]));
        list.items[list.count++] = read_row(unit->arena, stmt);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

/* Of the account, under the touch's own id: see book/facts_known.c. */
static void note(const struct cn_unit *unit, cn_account_id account_id, cn_touch_id id,
                 const char *field, cn_str to)
{
    cn_change_note(unit, account_id, CN_CHANGE_ACCOUNT);
    cn_field_change_note(unit, &(struct cn_field_change){ .account_id = account_id,
                                                          .kind = CN_CHANGE_ACCOUNT,
                                                          .record_id = id.value,
                                                          .field = field,
                                                          .from = CN_STR(""),
                                                          .to = to });
}

static bool insert(const struct cn_unit *unit, const struct cn_touch *touch, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO touch(account_id, touch_id, kind, person_id, user_id, note,"
                        " trigger_text, at_us, known_us) VALUES($1, $2, $3, $4, $5, $6, $7, $8,"
                        " $9)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, touch->account_id.value);
    cn_sql_bind_i64(stmt, 2, touch->id.value);
    cn_sql_bind_i64(stmt, 3, (int64_t)touch->kind);
    cn_row_bind_opt_i64(stmt, 4, touch->person_id_given, touch->person_id.value);
    cn_sql_bind_i64(stmt, 5, touch->user_id.value);
    cn_sql_bind_str(stmt, 6, touch->note);
    cn_sql_bind_str(stmt, 7, touch->trigger);
    cn_sql_bind_i64(stmt, 8, touch->at.us);
    cn_sql_bind_i64(stmt, 9, touch->known_at.us);
    return cn_sql_run(stmt, err);
}

/* The caller has the account.  A person who is not of it is the caller's mistake. */
static bool check_person(const struct cn_unit *unit, const struct cn_touch *touch,
                         struct cn_error *err)
{
    struct cn_person person;
    if (touch->person_id_given != CN_GIVEN ||
        cn_person_load(unit, touch->account_id, touch->person_id, &person, err)) {
        return true;
    }
    if (err->code == CN_NOT_FOUND) {
        (void)cn_fail(err, CN_INVALID, "the account has no such person");
        (void)cn_error_field(err, "person_id");
    }
    return false;
}

bool cn_touch_create(const struct cn_unit *unit, cn_account_id account_id,
                     const struct cn_touch_new *new_touch, struct cn_touch *touch_out,
                     struct cn_error *err)
{
    const struct cn_touch touch = {
        .id.value = cn_id_next(unit->ids, unit->now),
        .account_id = account_id,
        .kind = new_touch->kind,
        .person_id = new_touch->person_id,
        .person_id_given = new_touch->person_id.value != 0 ? CN_GIVEN : CN_NULL,
        .user_id = unit->user,
        .note = cn_str_trim(new_touch->note),
        .trigger = cn_str_trim(new_touch->trigger),
        .at = new_touch->at.us != 0 ? new_touch->at : unit->now,
        .known_at = unit->now,
    };
    if (touch.at.us > unit->now.us) {
        (void)cn_fail(err, CN_INVALID, "a touch has happened");
        return cn_error_field(err, "at");
    }
    if (!cn_sql_begin(unit->conn, err)) {
        return false;
    }
    if (!cn_row_hold_account(unit, account_id, err) || !check_person(unit, &touch, err) ||
        !insert(unit, &touch, err)) {
        goto fail;
    }
    note(unit, account_id, touch.id, "touch",
         cn_row_json_str(unit->arena, CN_GIVEN, cn_str_of(cn_touch_kind_names[touch.kind])));
    if (!cn_sql_commit(unit->conn, err)) {
        goto fail;
    }
    *touch_out = touch;
    return true;

fail:
    cn_sql_rollback(unit->conn);
    return cn_error_context(err, "adding a touch");
}

bool cn_touch_withdraw(const struct cn_unit *unit, cn_account_id account_id, cn_touch_id id,
                       struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_begin(unit->conn, err)) {
        return false;
    }
    if (!cn_row_hold_account(unit, account_id, err) ||
        !cn_sql_prepare(unit->conn,
                        "UPDATE touch SET withdrawn_us = $3 WHERE account_id = $1"
                        " AND touch_id = $2 AND withdrawn_us IS NULL",
                        &stmt, err)) {
        goto fail;
    }
    cn_sql_bind_i64(stmt, 1, account_id.value);
    cn_sql_bind_i64(stmt, 2, id.value);
    cn_sql_bind_i64(stmt, 3, unit->now.us);
    if (!cn_row_run(unit, stmt, &changed, err) ||
        (changed == 0 && !cn_row_not_found("touch", CN_TOUCH_PREFIX, id.value, err))) {
        goto fail;
    }
    note(unit, account_id, id, "touch_withdrawn",
         cn_row_json_time(unit->arena, CN_GIVEN, unit->now));
    if (!cn_sql_commit(unit->conn, err)) {
        goto fail;
    }
    return true;

fail:
    cn_sql_rollback(unit->conn);
    return cn_error_context(err, "withdrawing a touch");
}

static bool move_touches(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                         struct cn_error *err)
{
    static const char copy[] =
        "INSERT INTO touch(account_id, touch_id, kind, person_id, user_id, note, trigger_text,"
        " at_us, known_us, withdrawn_us) SELECT CAST($2 AS bigint), touch_id, kind, person_id,"
        " user_id, note, trigger_text, at_us, known_us, withdrawn_us FROM touch"
        " WHERE account_id = $1";
    static const char drop[] = "DELETE FROM touch WHERE account_id = $1";
    cn_change_note(unit, into, CN_CHANGE_ACCOUNT);
    return cn_merge_move_rows(unit, copy, drop, from, into, err);
}

const struct cn_account_part cn_touch_part = { "touches", move_touches };
