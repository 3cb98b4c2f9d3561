#include "book/trait.h"

#include "base/str.h"

#include "book/change.h"
#include "book/row.h"

bool cn_trait_list(const struct cn_unit *unit, cn_account_id account_id,
                   struct cn_trait_list *list_out, struct cn_error *err)
{
    return cn_trait_list_then(unit, account_id, (cn_time){ INT64_MAX }, list_out, err);
}

bool cn_trait_list_then(const struct cn_unit *unit, cn_account_id account_id, cn_time at,
                        struct cn_trait_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_trait_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!cn_row_prepare(unit,
                        "SELECT name, value, at_us FROM (SELECT name, value, at_us, row_number()"
                        " OVER (PARTITION BY name ORDER BY at_us DESC, tie DESC) AS place"
                        " FROM account_trait WHERE " CN_SEES_CHILD " AND account_id = $4"
                        " AND known_us <= $6) t"
                        " WHERE place = 1 AND value <> 'null' ORDER BY name LIMIT $5",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_i64(stmt, 5, CN_TRAITS_MAX);
    cn_sql_bind_i64(stmt, 6, at.us);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        list.items =
            cn_row_grow(unit->arena, list.items, list.count, &capacity, sizeof(list.items[0]));
        list.items[list.count++] = (struct cn_trait){ .name = cn_row_str(unit->arena, stmt, 0),
                                                      .value = cn_row_str(unit->arena, stmt, 1),
                                                      .at.us = cn_sql_column_i64(stmt, 2) };
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

struct newest {
    bool found;
    cn_time at;
    int64_t tie;
    cn_str value;
};

static bool load_newest(const struct cn_unit *unit, const struct cn_trait_observation *observation,
                        struct newest *newest_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT at_us, tie, value FROM account_trait"
                        " WHERE account_id = $1 AND name = $2"
                        " ORDER BY at_us DESC, tie DESC LIMIT 1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, observation->account_id.value);
    cn_sql_bind_str(stmt, 2, observation->name);
    struct newest newest = { 0 };
    bool ok = cn_sql_step(stmt, &newest.found, err);
    if (ok && newest.found) {
        newest.at.us = cn_sql_column_i64(stmt, 0);
        newest.tie = cn_sql_column_i64(stmt, 1);
        newest.value = cn_row_str(unit->arena, stmt, 2);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *newest_out = newest;
    }
    return ok;
}

static bool insert(const struct cn_unit *unit, const struct cn_trait_observation *observation,
                   int64_t *changed_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO account_trait(account_id, name, at_us, tie, value, known_us,"
                        " log_seq) VALUES($1, $2, $3, $4, $5, $6, $7)"
                        " ON CONFLICT (account_id, name, at_us, tie) DO NOTHING",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, observation->account_id.value);
    cn_sql_bind_str(stmt, 2, observation->name);
    cn_sql_bind_i64(stmt, 3, observation->at.us);
    cn_sql_bind_i64(stmt, 4, observation->tie);
    cn_sql_bind_str(stmt, 5, observation->value);
    cn_sql_bind_i64(stmt, 6, unit->now.us);
    cn_sql_bind_i64(stmt, 7, observation->log_seq);
    return cn_row_run(unit, stmt, changed_out, err);
}

/* A name too many is left out: whoever sends ever new names fills no disk. */
static bool has_room(const struct cn_unit *unit, cn_account_id account_id, bool *room_out,
                     struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT count(DISTINCT name) FROM account_trait WHERE account_id = $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account_id.value);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *room_out = cn_sql_column_i64(stmt, 0) < CN_TRAITS_MAX;
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_trait_observe(const struct cn_unit *unit, const struct cn_trait_observation *observation,
                      bool *is_newest_out, struct cn_error *err)
{
    struct newest newest;
    int64_t inserted = 0;
    bool room = true;
    if (!load_newest(unit, observation, &newest, err) ||
        (!newest.found && !has_room(unit, observation->account_id, &room, err))) {
        return cn_error_context(err, "observing a trait");
    }
    if (!room) {
        *is_newest_out = false;
        return true;
    }
    if (!insert(unit, observation, &inserted, err)) {
        return cn_error_context(err, "observing a trait");
    }
    bool later = !newest.found || observation->at.us > newest.at.us ||
                 (observation->at.us == newest.at.us && observation->tie > newest.tie);
    *is_newest_out = inserted > 0 && later && !cn_str_equal(observation->value, newest.value);
    if (*is_newest_out) {
        cn_change_note(unit, observation->account_id, CN_CHANGE_ACCOUNT);
    }
    return true;
}
