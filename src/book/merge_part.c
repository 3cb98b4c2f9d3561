/* What of an account's records moves when it becomes part of another: rows are put there anew and
 * deleted here, since a row's account says on which machine it is. */
#include "base/map.h"
#include "base/str.h"

#include "book/change.h"
#include "book/contract.h"
#include "book/merge.h"
#include "book/person.h"
#include "book/row.h"

bool cn_merge_move_rows(const struct cn_unit *unit, const char *copy, const char *drop,
                        cn_account_id from, cn_account_id into, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, copy, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, from.value);
    cn_sql_bind_i64(stmt, 2, into.value);
    if (!cn_sql_run(stmt, err) || !cn_sql_prepare(unit->conn, drop, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, from.value);
    return cn_sql_run(stmt, err);
}

bool cn_merge_history_end(const struct cn_unit *unit, const char *sql, cn_account_id from,
                          cn_time *end_out, bool *has_any_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(unit->conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, from.value);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        const int64_t last = cn_sql_column_i64(stmt, 0);
        end_out->us = last >= unit->now.us ? last + 1 : unit->now.us;
        *has_any_out = cn_sql_column_i64(stmt, 1) > 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

/* What cn_merge_move_rows() takes. */
struct move {
    const char *insert;
    const char *delete;
};

static bool run_move(const struct cn_unit *unit, const struct move *move, cn_account_id from,
                     cn_account_id into, struct cn_error *err)
{
    return cn_merge_move_rows(unit, move->insert, move->delete, from, into, err);
}

/* A record and what is unique about it within its account; "": nothing. */
struct record {
    int64_t id;
    cn_str key;
};

struct record_list {
    struct record *items;
    size_t count;
};

static bool list_records(const struct cn_unit *unit, const char *sql, cn_account_id account_id,
                         struct record_list *list, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    size_t capacity = 0;
    bool row = false;
    if (!cn_sql_prepare(unit->conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account_id.value);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        list->items =
            cn_row_grow(unit->arena, list->items, list->count, &capacity, sizeof(list->items[0]));
        list->items[list->count++] =
            (struct record){ cn_sql_column_i64(stmt, 0), cn_row_str(unit->arena, stmt, 1) };
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

static void note_moved(const struct cn_unit *unit, enum cn_change_kind kind, int64_t record_id,
                       cn_account_id from, cn_account_id into)
{
    struct cn_arena *arena = unit->arena;
    cn_field_change_note(unit,
                         &(struct cn_field_change){
                             .account_id = into,
                             .kind = kind,
                             .record_id = record_id,
                             .field = "account_id",
                             .from = cn_row_json_id(arena, CN_ACCOUNT_PREFIX, CN_GIVEN, from.value),
                             .to = cn_row_json_id(arena, CN_ACCOUNT_PREFIX, CN_GIVEN, into.value),
                         });
}

/* How one kind of record moves. */
struct kind {
    enum cn_change_kind kind;
    const char *list; /* of the account $1: id and key */
    struct move move;
    /* Two records have the same key: whether that of `from` still moves. */
    bool (*clash)(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                  const struct record *moving, int64_t staying, bool *moves_out,
                  struct cn_error *err);
};

static bool move_one(const struct cn_unit *unit, const struct kind *kind, cn_account_id from,
                     cn_account_id into, const struct record *record,
                     const struct cn_str_map *taken, struct cn_error *err)
{
    const uint64_t *staying = record->key.len > 0 ? cn_str_map_get(taken, record->key) : NULL;
    bool moves = true;
    if (staying != NULL && !kind->clash(unit, from, into, record, (int64_t)*staying, &moves, err)) {
        return false;
    }
    if (moves) {
        note_moved(unit, kind->kind, record->id, from, into);
    }
    return true;
}

static bool move_records(const struct cn_unit *unit, const struct kind *kind, cn_account_id from,
                         cn_account_id into, struct cn_error *err)
{
    struct record_list moving = { 0 };
    struct record_list staying = { 0 };
    struct cn_str_map taken;
    bool was_new = false;
    if (!list_records(unit, kind->list, from, &moving, err) ||
        !list_records(unit, kind->list, into, &staying, err)) {
        return false;
    }
    cn_str_map_init(&taken);
    for (size_t i = 0; i < staying.count; i++) {
        *cn_str_map_put(&taken, staying.items[i].key, &was_new) = (uint64_t)staying.items[i].id;
    }
    bool ok = true;
    for (size_t i = 0; ok && i < moving.count; i++) {
        ok = move_one(unit, kind, from, into, &moving.items[i], &taken, err);
    }
    cn_str_map_deinit(&taken);
    return ok && (moving.count == 0 || run_move(unit, &kind->move, from, into, err));
}

/* Runs a statement about one record of an account. */
static bool run_on(const struct cn_unit *unit, const char *sql, cn_account_id account_id,
                   int64_t record_id, int64_t other, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account_id.value);
    cn_sql_bind_i64(stmt, 2, record_id);
    if (other != 0) {
        cn_sql_bind_i64(stmt, 3, other);
    }
    return cn_sql_run(stmt, err);
}

/* ---- people ---- */

struct words {
    cn_str email;
    enum cn_given email_given;
    cn_str folded;
    cn_str title;
    enum cn_given title_given;
};

static bool read_words(const struct cn_unit *unit, cn_account_id account_id, int64_t person_id,
                       struct words *words, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT email, email_folded, title FROM person"
                        " WHERE account_id = $1 AND person_id = $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account_id.value);
    cn_sql_bind_i64(stmt, 2, person_id);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok && row) {
        words->email_given = cn_row_opt_str(unit->arena, stmt, 0, &words->email);
        words->folded = cn_row_str(unit->arena, stmt, 1);
        words->title_given = cn_row_opt_str(unit->arena, stmt, 2, &words->title);
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool fill_words(const struct cn_unit *unit, cn_account_id account_id, int64_t person_id,
                       const struct words *words, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE person SET"
                        " email_folded = CASE WHEN email IS NULL THEN $4 ELSE email_folded END,"
                        " email = CASE WHEN email IS NULL THEN $3 ELSE email END,"
                        " title = CASE WHEN title IS NULL THEN $5 ELSE title END,"
                        " version = version + 1 WHERE account_id = $1 AND person_id = $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account_id.value);
    cn_sql_bind_i64(stmt, 2, person_id);
    cn_row_bind_opt_str(stmt, 3, words->email_given, words->email);
    cn_row_bind_opt_str(stmt, 4, words->email_given, words->folded);
    cn_row_bind_opt_str(stmt, 5, words->title_given, words->title);
    return cn_sql_run(stmt, err);
}

/* The same user: one person, who has the roles of both. */
static bool fold_person(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                        const struct record *moving, int64_t staying, bool *moves_out,
                        struct cn_error *err)
{
    struct words words = { 0 };
    if (!read_words(unit, from, moving->id, &words, err) ||
        !fill_words(unit, into, staying, &words, err) ||
        !run_on(unit,
                "UPDATE person_role SET person_id = $3 WHERE account_id = $1 AND person_id = $2",
                from, moving->id, staying, err) ||
        !run_on(unit, "UPDATE touch SET person_id = $3 WHERE account_id = $1 AND person_id = $2",
                from, moving->id, staying, err) ||
        !run_on(unit, "DELETE FROM person WHERE account_id = $1 AND person_id = $2", from,
                moving->id, 0, err)) {
        return false;
    }
    struct cn_arena *arena = unit->arena;
    cn_field_change_note(unit,
                         &(struct cn_field_change){
                             .account_id = into,
                             .kind = CN_CHANGE_PERSON,
                             .record_id = moving->id,
                             .field = "person_id",
                             .from = cn_row_json_id(arena, CN_PERSON_PREFIX, CN_GIVEN, moving->id),
                             .to = cn_row_json_id(arena, CN_PERSON_PREFIX, CN_GIVEN, staying),
                         });
    *moves_out = false;
    return true;
}

static bool move_people(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                        struct cn_error *err)
{
    static const struct kind people = {
        .kind = CN_CHANGE_PERSON,
        .list = "SELECT person_id, user_key FROM person WHERE account_id = $1",
        .move = { "INSERT INTO person(account_id, person_id, name, email, email_folded, title,"
                  " user_key, left_us, left_known_us, created_us, version)"
                  " SELECT CAST($2 AS bigint), person_id, name, email, email_folded, title,"
                  " user_key, left_us, left_known_us, created_us, version"
                  " FROM person WHERE account_id = $1",
                  "DELETE FROM person WHERE account_id = $1" },
        .clash = fold_person,
    };
    static const struct move roles = {
        "INSERT INTO person_role(account_id, person_id, role, from_us, to_us, known_us,"
        " to_known_us) SELECT CAST($2 AS bigint), person_id, role, from_us, to_us, known_us,"
        " to_known_us FROM person_role WHERE account_id = $1"
        " ON CONFLICT (account_id, person_id, role, from_us) DO NOTHING",
        "DELETE FROM person_role WHERE account_id = $1"
    };
    cn_change_note(unit, into, CN_CHANGE_PERSON);
    return move_records(unit, &people, from, into, err) && run_move(unit, &roles, from, into, err);
}

/* ---- contracts and tickets: what has a foreign id keeps it, unless that is taken ---- */

static bool lose_key(const struct cn_unit *unit, enum cn_change_kind kind, const char *sql,
                     cn_account_id from, cn_account_id into, const struct record *moving,
                     struct cn_error *err)
{
    cn_field_change_note(unit, &(struct cn_field_change){
                                   .account_id = into,
                                   .kind = kind,
                                   .record_id = moving->id,
                                   .field = "external_id",
                                   .from = cn_row_json_str(unit->arena, CN_GIVEN, moving->key),
                                   .to = CN_STR(""),
                               });
    return run_on(unit, sql, from, moving->id, 0, err);
}

static bool rename_contract(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                            const struct record *moving, int64_t staying, bool *moves_out,
                            struct cn_error *err)
{
    (void)staying;
    *moves_out = true;
    return lose_key(unit, CN_CHANGE_CONTRACT,
                    "UPDATE contract SET external_id = NULL, version = version + 1"
                    " WHERE account_id = $1 AND contract_id = $2",
                    from, into, moving, err);
}

static bool move_contracts(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                           struct cn_error *err)
{
    static const struct kind contracts = {
        .kind = CN_CHANGE_CONTRACT,
        .list = "SELECT contract_id, external_id FROM contract WHERE account_id = $1",
        .move = { "INSERT INTO contract(account_id, contract_id, external_id, name, arr_minor,"
                  " currency, starts_on, ends_on, notice_on, seats, status, known_us, version)"
                  " SELECT CAST($2 AS bigint), contract_id, external_id, name, arr_minor,"
                  " currency, starts_on, ends_on, notice_on, seats, status, known_us, version"
                  " FROM contract WHERE account_id = $1",
                  "DELETE FROM contract WHERE account_id = $1" },
        .clash = rename_contract,
    };
    cn_change_note(unit, into, CN_CHANGE_CONTRACT);
    if (!move_records(unit, &contracts, from, into, err)) {
        return false;
    }
    if (!cn_contract_check_currencies(unit, into, err)) {
        return err->code == CN_INVALID ? cn_error_field(err, "into") : false;
    }
    return true;
}

static bool rename_ticket(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                          const struct record *moving, int64_t staying, bool *moves_out,
                          struct cn_error *err)
{
    (void)staying;
    *moves_out = true;
    return lose_key(unit, CN_CHANGE_TICKET,
                    "UPDATE ticket SET external_id = NULL, version = version + 1"
                    " WHERE account_id = $1 AND ticket_id = $2",
                    from, into, moving, err);
}

static bool move_tickets(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                         struct cn_error *err)
{
    static const struct kind tickets = {
        .kind = CN_CHANGE_TICKET,
        .list = "SELECT ticket_id, external_id FROM ticket WHERE account_id = $1",
        .move = { "INSERT INTO ticket(account_id, ticket_id, external_id, subject, priority,"
                  " status, opened_us, first_response_us, solved_us, solved_known_us, known_us,"
                  " version) SELECT CAST($2 AS bigint), ticket_id, external_id, subject, priority,"
                  " status, opened_us, first_response_us, solved_us, solved_known_us, known_us,"
                  " version FROM ticket WHERE account_id = $1",
                  "DELETE FROM ticket WHERE account_id = $1" },
        .clash = rename_ticket,
    };
    cn_change_note(unit, into, CN_CHANGE_TICKET);
    return move_records(unit, &tickets, from, into, err);
}

/* ---- traits and history ---- */

static bool move_traits(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                        struct cn_error *err)
{
    static const struct move traits = {
        "INSERT INTO account_trait(account_id, name, at_us, tie, value, known_us)"
        " SELECT CAST($2 AS bigint), name, at_us, tie, value, known_us"
        " FROM account_trait WHERE account_id = $1"
        " ON CONFLICT (account_id, name, at_us, tie) DO NOTHING",
        "DELETE FROM account_trait WHERE account_id = $1"
    };
    return run_move(unit, &traits, from, into, err);
}

/* A field of the merged account itself keeps it as its record. */
static bool move_history(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                         struct cn_error *err)
{
    static const struct move history = {
        "INSERT INTO field_history(account_id, history_id, kind, record_id, field, from_value,"
        " to_value, user_id, true_us, known_us, node, seq) SELECT CAST($2 AS bigint), history_id,"
        " kind, record_id, field, from_value, to_value, user_id, true_us, known_us, node, seq"
        " FROM field_history WHERE account_id = $1",
        "DELETE FROM field_history WHERE account_id = $1"
    };
    return run_move(unit, &history, from, into, err);
}

const struct cn_account_part cn_person_part = { "people", move_people };
const struct cn_account_part cn_contract_part = { "contracts", move_contracts };
const struct cn_account_part cn_ticket_part = { "tickets", move_tickets };
const struct cn_account_part cn_trait_part = { "traits", move_traits };
const struct cn_account_part cn_history_part = { "history of fields", move_history };
