#include "book/judgement.h"

#include "base/str.h"

#include "book/change.h"
#include "book/row.h"

#define COLUMNS "judgement_id, account_id, kind, value, reason, author_id, at_us, until_us"
#define DAY_US  ((int64_t)86400 * 1000000)

const char *const cn_judgement_names[CN_JUDGEMENT_KINDS] = { "sentiment", "override" };
const int64_t cn_judgement_days[CN_JUDGEMENT_KINDS] = { 90, 30 };

static struct cn_judgement read_row(struct cn_arena *arena, struct cn_sql_stmt *stmt)
{
    return (struct cn_judgement){
        .id.value = cn_sql_column_i64(stmt, 0),
        .account_id.value = cn_sql_column_i64(stmt, 1),
        .kind = (enum cn_judgement_kind)cn_sql_column_i64(stmt, 2),
        .value = cn_sql_column_i64(stmt, 3),
        .reason = cn_row_str(arena, stmt, 4),
        .author_id.value = cn_sql_column_i64(stmt, 5),
        .at.us = cn_sql_column_i64(stmt, 6),
        .until.us = cn_sql_column_i64(stmt, 7),
    };
}

bool cn_judgement_list(const struct cn_unit *unit, cn_account_id account_id,
                       struct cn_judgement_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_judgement_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!cn_row_require_account(unit, account_id, err) ||
        !cn_row_prepare(unit,
                        "SELECT " COLUMNS " FROM judgement WHERE " CN_SEES_CHILD
                        " AND account_id = $4 ORDER BY at_us DESC, judgement_id DESC LIMIT $5",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_i64(stmt, 5, CN_JUDGEMENT_LIST_MAX);
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

bool cn_judgement_at(const struct cn_unit *unit, cn_account_id account_id,
                     enum cn_judgement_kind kind, cn_time at, struct cn_judgement *judgement_out,
                     bool *found_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_row_prepare(unit,
                        "SELECT " COLUMNS " FROM judgement WHERE " CN_SEES_CHILD
                        " AND account_id = $4 AND kind = $5 AND at_us <= $6 AND until_us > $6"
                        " ORDER BY at_us DESC, judgement_id DESC LIMIT 1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_i64(stmt, 5, (int64_t)kind);
    cn_sql_bind_i64(stmt, 6, at.us);
    bool ok = cn_sql_step(stmt, found_out, err);
    if (ok && *found_out) {
        *judgement_out = read_row(unit->arena, stmt);
    }
    cn_sql_finish(stmt);
    return ok;
}

/* Of the account, under the judgement's own id: see book/facts_known.c. */
static void note(const struct cn_unit *unit, const struct cn_judgement *judgement,
                 const char *field, cn_str from, cn_str to)
{
    cn_field_change_note(unit, &(struct cn_field_change){ .account_id = judgement->account_id,
                                                          .kind = CN_CHANGE_ACCOUNT,
                                                          .record_id = judgement->id.value,
                                                          .field = field,
                                                          .from = from,
                                                          .to = to });
}

static bool end(const struct cn_unit *unit, const struct cn_judgement *judgement,
                struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE judgement SET until_us = $3, until_known_us = $3"
                        " WHERE account_id = $1 AND judgement_id = $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, judgement->account_id.value);
    cn_sql_bind_i64(stmt, 2, judgement->id.value);
    cn_sql_bind_i64(stmt, 3, unit->now.us);
    note(unit, judgement, "judgement_until",
         cn_row_json_time(unit->arena, CN_GIVEN, judgement->until),
         cn_row_json_time(unit->arena, CN_GIVEN, unit->now));
    return cn_sql_run(stmt, err);
}

static bool end_before(const struct cn_unit *unit, const struct cn_judgement *next,
                       struct cn_error *err)
{
    struct cn_judgement_list list;
    if (!cn_judgement_list(unit, next->account_id, &list, err)) {
        return false;
    }
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].kind == next->kind && list.items[i].until.us > unit->now.us &&
            !end(unit, &list.items[i], err)) {
            return false;
        }
    }
    return true;
}

static bool insert(const struct cn_unit *unit, const struct cn_judgement *judgement,
                   struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO judgement(judgement_id, account_id, kind, value, reason,"
                        " author_id, at_us, until_us, known_us, until_known_us)"
                        " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $7, $7)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, judgement->id.value);
    cn_sql_bind_i64(stmt, 2, judgement->account_id.value);
    cn_sql_bind_i64(stmt, 3, (int64_t)judgement->kind);
    cn_sql_bind_i64(stmt, 4, judgement->value);
    cn_sql_bind_str(stmt, 5, judgement->reason);
    cn_sql_bind_i64(stmt, 6, judgement->author_id.value);
    cn_sql_bind_i64(stmt, 7, judgement->at.us);
    cn_sql_bind_i64(stmt, 8, judgement->until.us);
    note(unit, judgement, cn_judgement_names[judgement->kind], CN_STR(""),
         cn_row_json_i64(unit->arena, CN_GIVEN, judgement->value));
    return cn_sql_run(stmt, err);
}

static bool check(const struct cn_unit *unit, const struct cn_judgement *judgement,
                  struct cn_error *err)
{
    if (cn_str_trim(judgement->reason).len == 0) {
        (void)cn_fail(err, CN_INVALID, "a judgement has a reason");
        return cn_error_field(err, "reason");
    }
    if (judgement->until.us <= unit->now.us ||
        judgement->until.us > unit->now.us + CN_JUDGEMENT_DAYS_MAX * DAY_US) {
        (void)cn_fail(err, CN_INVALID, "it ends within %d days from now", CN_JUDGEMENT_DAYS_MAX);
        return cn_error_field(err, "until");
    }
    return true;
}

bool cn_judgement_create(const struct cn_unit *unit, cn_account_id account_id,
                         const struct cn_judgement_new *new_judgement,
                         struct cn_judgement *judgement_out, struct cn_error *err)
{
    const int64_t usual_us = unit->now.us + cn_judgement_days[new_judgement->kind] * DAY_US;
    const struct cn_judgement judgement = {
        .id.value = cn_id_next(unit->ids, unit->now),
        .account_id = account_id,
        .kind = new_judgement->kind,
        .value = new_judgement->value,
        .reason = cn_str_trim(new_judgement->reason),
        .author_id = unit->user,
        .at = unit->now,
        .until.us = new_judgement->until.us != 0 ? new_judgement->until.us : usual_us,
    };
    if (!check(unit, &judgement, err) || !cn_sql_begin(unit->conn, err)) {
        return false;
    }
    cn_change_note(unit, account_id, CN_CHANGE_ACCOUNT);
    if (!cn_row_hold_account(unit, account_id, err) || !end_before(unit, &judgement, err) ||
        !insert(unit, &judgement, err) || !cn_sql_commit(unit->conn, err)) {
        cn_sql_rollback(unit->conn);
        return cn_error_context(err, "adding a judgement");
    }
    *judgement_out = judgement;
    return true;
}

bool cn_judgement_end(const struct cn_unit *unit, cn_account_id account_id, cn_judgement_id id,
                      struct cn_error *err)
{
    struct cn_judgement_list list = { 0 };
    const struct cn_judgement *found = NULL;
    if (!cn_sql_begin(unit->conn, err)) {
        return false;
    }
    bool ok = cn_row_hold_account(unit, account_id, err) &&
              cn_judgement_list(unit, account_id, &list, err);
    for (size_t i = 0; ok && i < list.count; i++) {
        found = list.items[i].id.value == id.value ? &list.items[i] : found;
    }
    ok = ok && (found != NULL || cn_row_not_found("judgement", CN_JUDGEMENT_PREFIX, id.value, err));
    if (ok && found != NULL && found->until.us > unit->now.us) {
        cn_change_note(unit, account_id, CN_CHANGE_ACCOUNT);
        ok = end(unit, found, err);
    }
    if (!ok || !cn_sql_commit(unit->conn, err)) {
        cn_sql_rollback(unit->conn);
        return cn_error_context(err, "ending a judgement");
    }
    return true;
}

static bool move_judgements(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                            struct cn_error *err)
{
    static const char copy[] =
        "INSERT INTO judgement(account_id, judgement_id, kind, value, reason, author_id, at_us,"
        " until_us, known_us, until_known_us) SELECT CAST($2 AS bigint), judgement_id, kind, value,"
        " reason, author_id, at_us, until_us, known_us, until_known_us FROM judgement"
        " WHERE account_id = $1";
    static const char drop[] = "DELETE FROM judgement WHERE account_id = $1";
    cn_change_note(unit, into, CN_CHANGE_ACCOUNT);
    return cn_merge_move_rows(unit, copy, drop, from, into, err);
}

const struct cn_account_part cn_judgement_part = { "judgements", move_judgements };
