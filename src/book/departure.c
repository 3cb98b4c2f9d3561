#include "book/departure.h"

#include "base/str.h"

#include "book/contract.h"
#include "book/fold.h"
#include "book/row.h"

bool cn_departure_set(const struct cn_unit *unit, cn_account_id account_id, int64_t left_on,
                      cn_str reason, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (left_on > cn_unit_day(unit)) {
        (void)cn_fail(err, CN_INVALID, "an account that left did so today or before");
        return cn_error_field(err, "left_on");
    }
    if (!cn_row_require_account(unit, account_id, err) ||
        !cn_sql_prepare(unit->conn,
                        "INSERT INTO departure(account_id, left_on, reason, author_id, known_us)"
                        " VALUES($1, $2, $3, $4, $5) ON CONFLICT(account_id) DO UPDATE SET"
                        " left_on = excluded.left_on, reason = excluded.reason,"
                        " author_id = excluded.author_id, known_us = excluded.known_us",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account_id.value);
    cn_sql_bind_i64(stmt, 2, left_on);
    cn_sql_bind_str(stmt, 3, reason);
    cn_sql_bind_i64(stmt, 4, unit->user.value);
    cn_sql_bind_i64(stmt, 5, unit->now.us);
    return cn_sql_run(stmt, err);
}

bool cn_departure_remove(const struct cn_unit *unit, cn_account_id account_id, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_row_require_account(unit, account_id, err) ||
        !cn_sql_prepare(unit->conn, "DELETE FROM departure WHERE account_id = $1", &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account_id.value);
    return cn_sql_run(stmt, err);
}

/* Runs a query of account, name, day, reason and moment. */
static bool read_list(const struct cn_unit *unit, struct cn_sql_stmt *stmt,
                      struct cn_departure_list *list_out, struct cn_error *err)
{
    struct cn_departure_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        list.items =
            cn_row_grow(unit->arena, list.items, list.count, &capacity, sizeof(list.items[0]));
        list.items[list.count++] =
            (struct cn_departure){ .account_id.value = cn_sql_column_i64(stmt, 0),
                                   .name = cn_row_str(unit->arena, stmt, 1),
                                   .left_on = cn_sql_column_i64(stmt, 2),
                                   .reason = cn_row_str(unit->arena, stmt, 3),
                                   .known.us = cn_sql_column_i64(stmt, 4) };
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

bool cn_departure_list(const struct cn_unit *unit, struct cn_departure_list *list_out,
                       struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_row_prepare(unit,
                        "SELECT account.account_id, name, left_on, reason, known_us FROM account"
                        " JOIN departure ON departure.account_id = account.account_id"
                        " WHERE " CN_SEES_ACCOUNT
                        " ORDER BY left_on DESC, account.account_id LIMIT $4",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, CN_DEPARTURES_MAX);
    return read_list(unit, stmt, list_out, err);
}

bool cn_departure_get(const struct cn_unit *unit, cn_account_id account_id,
                      struct cn_departure *departure_out, bool *is_marked_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_departure_list list;
    if (!cn_row_require_account(unit, account_id, err) ||
        !cn_row_prepare(unit,
                        "SELECT account.account_id, name, left_on, reason, known_us FROM account"
                        " JOIN departure ON departure.account_id = account.account_id"
                        " WHERE " CN_SEES_ACCOUNT " AND account.account_id = $4",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, account_id.value);
    if (!read_list(unit, stmt, &list, err)) {
        return false;
    }
    *is_marked_out = list.count > 0;
    if (list.count > 0) {
        *departure_out = list.items[0];
    }
    return true;
}

bool cn_departure_suggest(const struct cn_unit *unit, struct cn_departure_list *list_out,
                          struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_row_prepare(unit,
                        "SELECT account.account_id, account.name, max(ends_on) + 1, '', 0"
                        " FROM account"
                        " JOIN contract ON contract.account_id = account.account_id"
                        " LEFT JOIN departure ON departure.account_id = account.account_id"
                        " WHERE " CN_SEES_ACCOUNT
                        " AND contract.status <> $4 AND departure.account_id IS NULL"
                        " GROUP BY account.account_id, account.name HAVING max(ends_on) < $5"
                        " ORDER BY 3 DESC, 1 LIMIT $6",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, CN_CONTRACT_DRAFT);
    cn_sql_bind_i64(stmt, 5, cn_unit_day(unit));
    cn_sql_bind_i64(stmt, 6, CN_DEPARTURES_MAX);
    return read_list(unit, stmt, list_out, err);
}

/* The account in scope with that external id or domain.  Of none, *found_out is false. */
static bool find_by_key(const struct cn_unit *unit, cn_str text, cn_account_id *account_id_out,
                        bool *found_out, struct cn_error *err)
{
    struct cn_account account = { 0 };
    const cn_str domain = cn_domain_normal(unit->arena, text);
    *found_out = cn_account_load_external(unit, text, &account, err) ||
                 (err->code == CN_NOT_FOUND && domain.len > 0 &&
                  cn_account_load_domain(unit, domain, &account, err));
    *account_id_out = account.id;
    return *found_out || err->code == CN_NOT_FOUND;
}

/* The one in scope of that very name, else of that name whatever its case and accents;
 * *several_out: there is another one like it. */
static bool find_by_name(const struct cn_unit *unit, cn_str name, cn_account_id *account_id_out,
                         bool *found_out, bool *several_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    *several_out = false;
    if (!cn_row_prepare(unit,
                        "SELECT account_id, CASE WHEN name = $5 THEN 1 ELSE 0 END AS is_same"
                        " FROM account WHERE " CN_SEES_ACCOUNT " AND name_folded = $4"
                        " ORDER BY is_same DESC, account_id LIMIT 2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 4, cn_fold(unit->arena, name));
    cn_sql_bind_str(stmt, 5, name);
    bool ok = cn_sql_step(stmt, found_out, err);
    if (ok && *found_out) {
        account_id_out->value = cn_sql_column_i64(stmt, 0);
        const int64_t is_same = cn_sql_column_i64(stmt, 1);
        ok = cn_sql_step(stmt, several_out, err);
        *several_out = *several_out && cn_sql_column_i64(stmt, 1) == is_same;
    }
    cn_sql_finish(stmt);
    return ok;
}

/* Each way has an index: a file has thousands of lines, and the one writer waits for it. */
bool cn_departure_find(const struct cn_unit *unit, cn_str text, cn_account_id *account_id_out,
                       struct cn_error *err)
{
    bool found = false;
    bool several = false;
    if (!find_by_key(unit, text, account_id_out, &found, err) ||
        (!found && !find_by_name(unit, text, account_id_out, &found, &several, err))) {
        return false;
    }
    if (several) {
        return cn_fail(err, CN_INVALID, "more than one account is called \"%.*s\"",
                       CN_STR_ARG(text));
    }
    return found ||
           cn_fail(err, CN_NOT_FOUND, "no account has \"%.*s\" as its external id, domain or name",
                   CN_STR_ARG(text));
}

/* The survivor's own mark wins. */
static bool move_departure(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                           struct cn_error *err)
{
    static const char copy[] =
        "INSERT INTO departure(account_id, left_on, reason, author_id, known_us)"
        " SELECT CAST($2 AS bigint), left_on, reason, author_id, known_us FROM departure"
        " WHERE account_id = $1 ON CONFLICT DO NOTHING";
    static const char drop[] = "DELETE FROM departure WHERE account_id = $1";
    return cn_merge_move_rows(unit, copy, drop, from, into, err);
}

const struct cn_account_part cn_departure_part = { "departures", move_departure };
