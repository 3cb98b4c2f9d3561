/*
 * First the records as they are, then what was told since is undone: for each field that changed,
 * the value that was told last before.  History is ordered by the moment at which a line was known,
 * since what is brought from another system may be written in any order.
 */
#include "book/account_then.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "book/account_row.h"
#include "book/change.h"
#include "book/merge.h"
#include "book/row.h"
#include "book/ticket.h"
#include "json/reader.h"

enum {
    VALUE_MAX_BYTES = 64 * 1024
};

struct reading {
    const struct cn_unit *unit;
    cn_time at;
    cn_account_id only;
    struct cn_json_parser *parser;
    struct cn_map index; /* account id to place in `list` */
    struct cn_account_then_list list;
    size_t capacity;
    bool *is_absent; /* by place: nobody had told of it */
};

static struct cn_account_then *add(struct reading *reading, const struct cn_account *account)
{
    bool was_new = false;
    reading->list.items =
        cn_row_grow(reading->unit->arena, reading->list.items, reading->list.count,
                    &reading->capacity, sizeof(reading->list.items[0]));
    *cn_map_put(&reading->index, (uint64_t)account->id.value, &was_new) = reading->list.count;
    struct cn_account_then *then = &reading->list.items[reading->list.count++];
    *then = (struct cn_account_then){ .account = *account, .has_tickets = true };
    return then;
}

static struct cn_account_then *item_at(const struct reading *reading, size_t place)
{
    assert(reading->list.items != NULL && place < reading->list.count);
    return &reading->list.items[place];
}

static bool read_records(struct reading *reading, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_row_prepare(reading->unit,
                        "SELECT " CN_ACCOUNT_COLUMNS " FROM account WHERE " CN_SEES_ACCOUNT
                        " AND ($4 = 0 OR account_id = $4) ORDER BY account_id",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, reading->only.value);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        struct cn_account account = cn_account_read_row(reading->unit->arena, stmt);
        account.derived = (struct cn_account_derived){
            .open_tickets = account.derived.open_tickets,
        };
        (void)add(reading, &account);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

/* ---- values of history ---- */

/* What cannot be read counts as none: the book writes only what can. */
static bool parse(struct reading *reading, cn_str text, enum cn_json_kind kind,
                  cn_json_value *value_out)
{
    struct cn_error err;
    return text.len > 0 && cn_json_parse(reading->parser, text, value_out, &err) &&
           cn_json_kind(*value_out) == kind;
}

static cn_str text_of(struct reading *reading, cn_str json)
{
    cn_json_value value;
    return parse(reading, json, CN_JSON_STR, &value)
               ? cn_arena_str(reading->unit->arena, cn_json_get_str(value))
               : (cn_str){ "", 0 };
}

static enum cn_given id_of(struct reading *reading, const char *prefix, cn_str json,
                           int64_t *id_out)
{
    *id_out = 0;
    return cn_id_parse(prefix, text_of(reading, json), id_out) ? CN_GIVEN : CN_NULL;
}

static size_t place_of(cn_str text, const char *const *names, size_t count)
{
    size_t i = 0;
    while (i + 1 < count && !cn_str_equal(text, cn_str_of(names[i]))) {
        i++;
    }
    return i;
}

static void set_arr(struct reading *reading, cn_str json, struct cn_account *account)
{
    cn_json_value root;
    cn_json_value value;
    cn_str name;
    account->arr = (struct cn_money){ 0 };
    account->arr_given = CN_NULL;
    if (!parse(reading, json, CN_JSON_OBJECT, &root)) {
        return;
    }
    struct cn_json_iter iter = cn_json_iterate(root);
    while (cn_json_next(&iter, &name, &value)) {
        if (cn_str_equal(name, CN_STR("minor")) && cn_json_kind(value) == CN_JSON_I64) {
            account->arr.minor = cn_json_get_i64(value);
            account->arr_given = CN_GIVEN;
        } else if (cn_str_equal(name, CN_STR("currency")) && cn_json_kind(value) == CN_JSON_STR) {
            const cn_str currency = cn_json_get_str(value);
            memcpy(account->arr.currency, currency.ptr, currency.len < 3 ? currency.len : 3);
        }
    }
}

/* `json` is "" for none. */
static void set_field(struct reading *reading, cn_str field, cn_str json, size_t place)
{
    struct cn_account *account = &item_at(reading, place)->account;
    cn_json_value value;
    if (cn_str_equal(field, CN_STR("name"))) {
        reading->is_absent[place] = json.len == 0;
        account->name = text_of(reading, json);
    } else if (cn_str_equal(field, CN_STR("domain"))) {
        account->domain = text_of(reading, json);
        account->domain_given = cn_given_if(account->domain);
    } else if (cn_str_equal(field, CN_STR("owner_id"))) {
        account->owner_id_given = id_of(reading, CN_USER_PREFIX, json, &account->owner_id.value);
    } else if (cn_str_equal(field, CN_STR("team_id"))) {
        account->team_id_given = id_of(reading, CN_TEAM_PREFIX, json, &account->team_id.value);
    } else if (cn_str_equal(field, CN_STR("parent_id"))) {
        account->parent_id_given =
            id_of(reading, CN_ACCOUNT_PREFIX, json, &account->parent_id.value);
    } else if (cn_str_equal(field, CN_STR("stage"))) {
        account->stage =
            (enum cn_stage)place_of(text_of(reading, json), cn_stage_names, CN_STAGE_COUNT);
    } else if (cn_str_equal(field, CN_STR("arr"))) {
        set_arr(reading, json, account);
    } else if (cn_str_equal(field, CN_STR("renewal_on"))) {
        account->renewal_on_given = cn_null_unless(parse(reading, json, CN_JSON_I64, &value));
        account->renewal_on = account->renewal_on_given == CN_GIVEN ? cn_json_get_i64(value) : 0;
    }
}

static bool is_open(int64_t status)
{
    return status <= CN_TICKET_PENDING;
}

/* A ticket whose status changed since: it is `now`, and was what the line says; "": not there. */
static void set_ticket(struct reading *reading, cn_str json, bool is_there, int64_t now,
                       size_t place)
{
    const bool was =
        json.len > 0 && is_open((int64_t)place_of(text_of(reading, json), cn_ticket_status_names,
                                                  CN_TICKET_STATUS_COUNT));
    item_at(reading, place)->account.derived.open_tickets +=
        (int64_t)was - (int64_t)(is_there && is_open(now));
}

/* ---- what was told since ---- */

#define FIELDS \
    "('name', 'domain', 'owner_id', 'team_id', 'parent_id', 'stage', 'arr', 'renewal_on')"

/* $1 the moment, $2 the account or 0, $3 the kind of accounts, $4 that of tickets. */
#define FIRST_TOLD_SINCE                                                                \
    "SELECT c.account_id FROM field_history AS c WHERE c.known_us > $1"                 \
    " AND ($2 = 0 OR c.account_id = $2) AND c.kind = $3 AND c.record_id = c.account_id" \
    " AND c.field = 'name' AND c.from_value IS NULL"

/* Of accounts that were there: after an import that is little. */
static const char told_since[] =
    "SELECT s.account_id, s.kind, s.field, (SELECT b.to_value FROM field_history AS b"
    " WHERE b.account_id = s.account_id AND b.kind = s.kind AND b.record_id = s.record_id"
    " AND b.field = s.field AND b.known_us <= $1"
    " ORDER BY b.known_us DESC, b.history_id DESC LIMIT 1),"
    " CASE WHEN s.kind = $4 THEN (SELECT t.status FROM ticket AS t"
    " WHERE t.account_id = s.account_id AND t.ticket_id = s.record_id) END"
    " FROM (SELECT DISTINCT account_id, kind, record_id, field FROM field_history"
    " WHERE known_us > $1 AND ($2 = 0 OR account_id = $2)"
    " AND account_id NOT IN (" FIRST_TOLD_SINCE ")"
    " AND ((kind = $3 AND record_id = account_id AND field IN " FIELDS ")"
    " OR (kind = $4 AND field = 'status'))) AS s";

static cn_str json_at(struct cn_sql_stmt *stmt, int column)
{
    return cn_sql_column_is_null(stmt, column) ? (cn_str){ "", 0 }
                                               : cn_sql_column_str(stmt, column);
}

static void undo_line(struct reading *reading, struct cn_sql_stmt *stmt)
{
    const uint64_t *place = cn_map_get(&reading->index, (uint64_t)cn_sql_column_i64(stmt, 0));
    if (place == NULL) {
        return; /* out of scope */
    }
    if (cn_sql_column_i64(stmt, 1) == CN_CHANGE_TICKET) {
        set_ticket(reading, json_at(stmt, 3), !cn_sql_column_is_null(stmt, 4),
                   cn_sql_column_i64(stmt, 4), (size_t)*place);
    } else {
        set_field(reading, cn_sql_column_str(stmt, 2), json_at(stmt, 3), (size_t)*place);
    }
}

static void note_absent(struct reading *reading, struct cn_sql_stmt *stmt)
{
    const uint64_t *place = cn_map_get(&reading->index, (uint64_t)cn_sql_column_i64(stmt, 0));
    if (place != NULL) {
        reading->is_absent[*place] = true;
    }
}

/* Calls `each` for the rows of one of the two statements above. */
static bool each_line(struct reading *reading, const char *sql,
                      void (*each)(struct reading *reading, struct cn_sql_stmt *stmt),
                      struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(reading->unit->conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, reading->at.us);
    cn_sql_bind_i64(stmt, 2, reading->only.value);
    cn_sql_bind_i64(stmt, 3, CN_CHANGE_ACCOUNT);
    if (sql == told_since) {
        cn_sql_bind_i64(stmt, 4, CN_CHANGE_TICKET);
    }
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        each(reading, stmt);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool undo(struct reading *reading, struct cn_error *err)
{
    reading->is_absent = cn_arena_array(reading->unit->arena, bool, reading->list.count);
    return each_line(reading, FIRST_TOLD_SINCE, note_absent, err) &&
           each_line(reading, told_since, undo_line, err);
}

/* ---- merges since ---- */

struct merged {
    cn_account_id id;
    cn_account_id into;
};

struct merged_list {
    struct merged *items;
    size_t count;
};

static bool list_merged(const struct reading *reading, struct merged_list *list_out,
                        struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct merged_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!cn_sql_prepare(reading->unit->conn,
                        "SELECT merged_id, survivor_id FROM account_merge WHERE known_us > $1"
                        " ORDER BY merged_id",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, reading->at.us);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        list.items = cn_row_grow(reading->unit->arena, list.items, list.count, &capacity,
                                 sizeof(list.items[0]));
        list.items[list.count++] =
            (struct merged){ { cn_sql_column_i64(stmt, 0) }, { cn_sql_column_i64(stmt, 1) } };
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    for (size_t i = 0; ok && i < list.count; i++) {
        ok = cn_merge_survivor(reading->unit, list.items[i].into, &list.items[i].into, err);
    }
    *list_out = list;
    return ok;
}

/* The external id of {"id":"acct_...","external_id":"...","name":"..."}, if it is of that account.
 */
static bool read_merged_key(struct reading *reading, cn_str json, cn_account_id id,
                            cn_str *external_id_out)
{
    cn_json_value root;
    cn_json_value value;
    cn_str name;
    int64_t found = 0;
    cn_str key = { "", 0 };
    if (!parse(reading, json, CN_JSON_OBJECT, &root)) {
        return false;
    }
    struct cn_json_iter iter = cn_json_iterate(root);
    while (cn_json_next(&iter, &name, &value)) {
        if (cn_json_kind(value) != CN_JSON_STR) {
            continue;
        }
        if (cn_str_equal(name, CN_STR("id")) &&
            !cn_id_parse(CN_ACCOUNT_PREFIX, cn_json_get_str(value), &found)) {
            return false;
        }
        if (cn_str_equal(name, CN_STR("external_id"))) {
            key = cn_arena_str(reading->unit->arena, cn_json_get_str(value));
        }
    }
    if (found == id.value) {
        *external_id_out = key;
    }
    return found == id.value;
}

static void tell_merged(struct reading *reading, struct cn_sql_stmt *stmt, size_t place)
{
    struct cn_account *account = &item_at(reading, place)->account;
    const cn_str field = cn_sql_column_str(stmt, 0);
    const cn_str json = json_at(stmt, 1);
    const int64_t known_us = cn_sql_column_i64(stmt, 2);
    if (cn_str_equal(field, CN_STR("merged"))) {
        (void)read_merged_key(reading, json, account->id, &account->external_id);
    } else if (known_us <= reading->at.us) {
        if (account->created_at.us == 0) {
            account->created_at.us = known_us;
        }
        set_field(reading, field, json, place);
    }
}

/* A merged account's own lines are below the account that it became part of. */
static bool retell(struct reading *reading, const struct merged *merged, size_t place,
                   struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(reading->unit->conn,
                        "SELECT field, to_value, known_us FROM field_history"
                        " WHERE account_id = $1 AND kind = $3 AND ((record_id = $2"
                        " AND field IN " FIELDS ") OR field = 'merged')"
                        " ORDER BY known_us, history_id",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, merged->into.value);
    cn_sql_bind_i64(stmt, 2, merged->id.value);
    cn_sql_bind_i64(stmt, 3, CN_CHANGE_ACCOUNT);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        tell_merged(reading, stmt, place);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

/* Whether the caller sees the account that it became part of. */
static bool is_wanted(const struct reading *reading, const struct merged *merged, bool *wanted_out,
                      struct cn_error *err)
{
    if (reading->only.value == 0) {
        *wanted_out = cn_map_get(&reading->index, (uint64_t)merged->into.value) != NULL;
        return true;
    }
    if (reading->only.value != merged->id.value) {
        *wanted_out = false;
        return true;
    }
    *wanted_out = cn_row_require_account(reading->unit, merged->into, err);
    return *wanted_out || err->code == CN_NOT_FOUND || err->code == CN_GONE;
}

static void leave_out_tickets(struct reading *reading, cn_account_id id)
{
    const uint64_t *place = cn_map_get(&reading->index, (uint64_t)id.value);
    if (place != NULL) {
        item_at(reading, (size_t)*place)->has_tickets = false;
    }
}

static bool add_merged(struct reading *reading, const struct merged_list *merges,
                       struct cn_error *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < merges->count; i++) {
        const struct merged *merged = &merges->items[i];
        const struct cn_account empty = { .id = merged->id, .external_id = CN_STR("") };
        bool wanted = false;
        ok = is_wanted(reading, merged, &wanted, err);
        leave_out_tickets(reading, merged->into);
        if (!ok || !wanted) {
            continue;
        }
        struct cn_account_then *then = add(reading, &empty);
        then->has_tickets = false;
        then->merged_into = merged->into;
    }
    return ok;
}

static bool retell_merged(struct reading *reading, const struct merged_list *merges,
                          struct cn_error *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < merges->count; i++) {
        const uint64_t *place = cn_map_get(&reading->index, (uint64_t)merges->items[i].id.value);
        if (place != NULL) {
            reading->is_absent[*place] = true; /* until a name was told */
            ok = retell(reading, &merges->items[i], (size_t)*place, err);
        }
    }
    return ok;
}

static bool mark_left(struct reading *reading, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(reading->unit->conn,
                        "SELECT account_id, left_on FROM departure WHERE known_us <= $1"
                        " AND ($2 = 0 OR account_id = $2)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, reading->at.us);
    cn_sql_bind_i64(stmt, 2, reading->only.value);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        const uint64_t *place = cn_map_get(&reading->index, (uint64_t)cn_sql_column_i64(stmt, 0));
        if (place != NULL) {
            struct cn_account_then *then = item_at(reading, (size_t)*place);
            then->has_left = true;
            then->left_on = cn_sql_column_i64(stmt, 1);
        }
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

/* ---- all together ---- */

static int by_id(const void *a, const void *b)
{
    const struct cn_account_then *x = a;
    const struct cn_account_then *y = b;
    return cn_order_i64(&x->account.id.value, &y->account.id.value);
}

static void drop_absent(struct reading *reading)
{
    size_t kept = 0;
    for (size_t i = 0; i < reading->list.count; i++) {
        if (!reading->is_absent[i]) {
            *item_at(reading, kept++) = *item_at(reading, i);
        }
    }
    reading->list.count = kept;
}

bool cn_accounts_then(const struct cn_unit *unit, cn_time at, cn_account_id only,
                      struct cn_account_then_list *list_out, struct cn_error *err)
{
    struct reading reading = {
        .unit = unit, .at = at, .only = only, .parser = cn_json_parser_new(VALUE_MAX_BYTES)
    };
    struct merged_list merges = { 0 };
    bool ok = read_records(&reading, err) && list_merged(&reading, &merges, err) &&
              add_merged(&reading, &merges, err) && undo(&reading, err) &&
              retell_merged(&reading, &merges, err) && mark_left(&reading, err);
    if (ok) {
        drop_absent(&reading);
        if (merges.count > 0 && reading.list.count > 0) {
            qsort(reading.list.items, reading.list.count, sizeof(reading.list.items[0]), by_id);
        }
        *list_out = reading.list;
    }
    cn_map_deinit(&reading.index);
    cn_json_parser_free(reading.parser);
    return ok || cn_error_context(err, "reading accounts as they were known");
}

bool cn_accounts_first_known(const struct cn_unit *unit, cn_time *at_out, bool *has_any_out,
                             struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(unit->conn, "SELECT min(known_us) FROM field_history WHERE kind = $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, CN_CHANGE_ACCOUNT);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *has_any_out = !cn_sql_column_is_null(stmt, 0);
        at_out->us = *has_any_out ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok || cn_error_context(err, "looking for what was known first");
}
