#include "book/workspace.h"

#include <string.h>

#include "base/str.h"

#include "book/row.h"

bool cn_workspace_row_create(const struct cn_unit *unit, const struct cn_workspace_row *row,
                             struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO workspace(workspace_id, name, time_zone, currency, is_demo,"
                        " created_us) VALUES(1, $1, $2, $3, $4, $5)"
                        " ON CONFLICT (workspace_id) DO NOTHING",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, row->name);
    cn_sql_bind_str(stmt, 2, row->time_zone);
    cn_sql_bind_str(stmt, 3, cn_str_of(row->currency));
    cn_sql_bind_i64(stmt, 4, row->is_demo);
    cn_sql_bind_i64(stmt, 5, unit->now.us);
    return cn_row_run(unit, stmt, &changed, err) &&
           (changed == 1 || cn_fail(err, CN_CONFLICT, "there is a workspace already"));
}

bool cn_workspace_row_load(const struct cn_unit *unit, struct cn_workspace_row *row_out,
                           struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT name, time_zone, currency, is_demo, created_us FROM workspace",
                        &stmt, err)) {
        return false;
    }
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && !found) {
        ok = cn_fail(err, CN_NOT_FOUND, "the database has no workspace yet");
    }
    if (ok) {
        *row_out = (struct cn_workspace_row){
            .name = cn_row_str(unit->arena, stmt, 0),
            .time_zone = cn_row_str(unit->arena, stmt, 1),
            .is_demo = cn_sql_column_i64(stmt, 3) == 1,
            .created_at.us = cn_sql_column_i64(stmt, 4),
        };
        cn_row_currency(stmt, 2, row_out->currency);
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_workspace_value_load(const struct cn_unit *unit, const char *name, cn_str *value_out,
                             struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn, "SELECT value FROM workspace_value WHERE name = $1", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_str_of(name));
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok) {
        *value_out = found ? cn_row_str(unit->arena, stmt, 0) : (cn_str){ "", 0 };
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_workspace_value_save(const struct cn_unit *unit, const char *name, cn_str value,
                             struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO workspace_value(name, value) VALUES($1, $2)"
                        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_str_of(name));
    cn_sql_bind_str(stmt, 2, value);
    return cn_sql_run(stmt, err);
}

/* Accounts and people come most often, so a later one than theirs is rare in other tables. */
static const char *const newest_sql[] = {
    "SELECT max(account_id) FROM account",
    "SELECT max(person_id) FROM person",
    "SELECT max(contract_id) FROM contract",
    "SELECT max(ticket_id) FROM ticket",
    "SELECT max(history_id) FROM field_history",
    "SELECT max(user_id) FROM app_user",
    "SELECT max(team_id) FROM team",
    "SELECT max(source_id) FROM source",
    "SELECT max(key_id) FROM api_key",
    "SELECT max(session_id) FROM session",
    "SELECT max(judgement_id) FROM judgement",
    "SELECT max(touch_id) FROM touch",
    "SELECT max(outbox_id) FROM outbox",
};

bool cn_workspace_newest_id(const struct cn_unit *unit, int64_t *id_out, struct cn_error *err)
{
    int64_t newest = 0;
    for (size_t i = 0; i < CN_ARRAY_LEN(newest_sql); i++) {
        struct cn_sql_stmt *stmt = NULL;
        bool row = false;
        if (!cn_sql_prepare(unit->conn, newest_sql[i], &stmt, err)) {
            return false;
        }
        bool ok = cn_sql_step(stmt, &row, err);
        if (ok && cn_sql_column_i64(stmt, 0) > newest) {
            newest = cn_sql_column_i64(stmt, 0);
        }
        cn_sql_finish(stmt);
        if (!ok) {
            return false;
        }
    }
    *id_out = newest;
    return true;
}
