#include "book/contract.h"

#include "base/str.h"

#include "book/account.h"
#include "book/change.h"
#include "book/row.h"

#define COLUMNS                                                                               \
    "contract_id, external_id, name, arr_minor, currency, starts_on, ends_on, seats, status," \
    " version, account_id, notice_on"

const char *const cn_contract_status_names[CN_CONTRACT_STATUS_COUNT] = {
    [CN_CONTRACT_DRAFT] = "draft",
    [CN_CONTRACT_ACTIVE] = "active",
    [CN_CONTRACT_ENDED] = "ended",
    [CN_CONTRACT_CANCELLED] = "cancelled",
};

static struct cn_contract read_row(struct cn_arena *arena, struct cn_sql_stmt *stmt)
{
    struct cn_contract contract = {
        .id.value = cn_sql_column_i64(stmt, 0),
        .name = cn_row_str(arena, stmt, 2),
        .arr.minor = cn_sql_column_i64(stmt, 3),
        .starts_on = cn_sql_column_i64(stmt, 5),
        .ends_on = cn_sql_column_i64(stmt, 6),
        .status = (enum cn_contract_status)cn_sql_column_i64(stmt, 8),
        .version = cn_sql_column_i64(stmt, 9),
        .account_id.value = cn_sql_column_i64(stmt, 10),
    };
    contract.external_id_given = cn_row_opt_str(arena, stmt, 1, &contract.external_id);
    contract.seats_given = cn_row_opt_i64(stmt, 7, &contract.seats);
    contract.notice_on_given = cn_row_opt_i64(stmt, 11, &contract.notice_on);
    cn_row_currency(stmt, 4, contract.arr.currency);
    return contract;
}

bool cn_contract_load(const struct cn_unit *unit, cn_account_id account_id, cn_contract_id id,
                      struct cn_contract *contract_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_row_prepare(unit,
                        "SELECT " COLUMNS " FROM contract WHERE " CN_SEES_CHILD
                        " AND account_id = $4 AND contract_id = $5",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_i64(stmt, 5, id.value);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && found) {
        *contract_out = read_row(unit->arena, stmt);
    }
    cn_sql_finish(stmt);
    return ok && (found || cn_row_not_found("contract", CN_CONTRACT_PREFIX, id.value, err));
}

bool cn_contract_list(const struct cn_unit *unit, cn_account_id account_id,
                      struct cn_contract_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_contract_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!cn_row_require_account(unit, account_id, err) ||
        !cn_row_prepare(unit,
                        "SELECT " COLUMNS " FROM contract WHERE " CN_SEES_CHILD
                        " AND account_id = $4 ORDER BY starts_on DESC, contract_id LIMIT $5",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_i64(stmt, 5, CN_CONTRACT_LIST_MAX);
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

static bool check_days(const struct cn_contract *contract, struct cn_error *err)
{
    if (contract->ends_on < contract->starts_on) {
        (void)cn_fail(err, CN_INVALID, "a contract does not end before it starts");
        return cn_error_field(err, "ends_on");
    }
    if (contract->notice_on_given == CN_GIVEN &&
        (contract->notice_on < contract->starts_on || contract->notice_on > contract->ends_on)) {
        (void)cn_fail(err, CN_INVALID, "notice is given while the contract runs");
        return cn_error_field(err, "notice_on");
    }
    return true;
}

static void bind_record(const struct cn_contract *contract, struct cn_sql_stmt *stmt)
{
    cn_sql_bind_i64(stmt, 1, contract->account_id.value);
    cn_sql_bind_i64(stmt, 2, contract->id.value);
    cn_sql_bind_i64(stmt, 3, contract->version);
    cn_sql_bind_str(stmt, 4, contract->name);
    cn_sql_bind_i64(stmt, 5, contract->arr.minor);
    cn_sql_bind_str(stmt, 6, cn_str_of(contract->arr.currency));
    cn_sql_bind_i64(stmt, 7, contract->starts_on);
    cn_sql_bind_i64(stmt, 8, contract->ends_on);
    cn_row_bind_opt_i64(stmt, 9, contract->seats_given, contract->seats);
    cn_sql_bind_i64(stmt, 10, contract->status);
    cn_row_bind_opt_i64(stmt, 11, contract->notice_on_given, contract->notice_on);
}

static bool insert(const struct cn_unit *unit, const struct cn_contract *contract,
                   struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO contract(account_id, contract_id, version, name, arr_minor,"
                        " currency, starts_on, ends_on, seats, status, notice_on, external_id,"
                        " known_us)"
                        " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                        &stmt, err)) {
        return false;
    }
    bind_record(contract, stmt);
    cn_row_bind_opt_str(stmt, 12, contract->external_id_given, contract->external_id);
    cn_sql_bind_i64(stmt, 13, unit->now.us);
    return cn_sql_run(stmt, err);
}

static bool save(const struct cn_unit *unit, const struct cn_contract *contract,
                 struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE contract SET name = $4, arr_minor = $5, currency = $6,"
                        " starts_on = $7, ends_on = $8, seats = $9, status = $10, notice_on = $11,"
                        " version = version + 1"
                        " WHERE account_id = $1 AND contract_id = $2 AND version = $3",
                        &stmt, err)) {
        return false;
    }
    bind_record(contract, stmt);
    return cn_row_run(unit, stmt, &changed, err) &&
           (changed == 1 || cn_fail(err, CN_STALE, "the contract has changed since version %lld",
                                    (long long)contract->version));
}

static void note_field(const struct cn_unit *unit, const struct cn_contract *contract,
                       const char *field, cn_str from, cn_str to)
{
    cn_field_change_note(unit, &(struct cn_field_change){ .account_id = contract->account_id,
                                                          .kind = CN_CHANGE_CONTRACT,
                                                          .record_id = contract->id.value,
                                                          .field = field,
                                                          .from = from,
                                                          .to = to });
}

/* old: zeroed for a new contract. */
static void note_differences(const struct cn_unit *unit, const struct cn_contract *old,
                             const struct cn_contract *new)
{
    struct cn_arena *arena = unit->arena;
    enum cn_given was = old->id.value != 0 ? CN_GIVEN : CN_NULL;
    note_field(unit, new, "name", cn_row_json_str(arena, was, old->name),
               cn_row_json_str(arena, CN_GIVEN, new->name));
    note_field(unit, new, "arr_minor", cn_row_json_i64(arena, was, old->arr.minor),
               cn_row_json_i64(arena, CN_GIVEN, new->arr.minor));
    note_field(unit, new, "currency", cn_row_json_str(arena, was, cn_str_of(old->arr.currency)),
               cn_row_json_str(arena, CN_GIVEN, cn_str_of(new->arr.currency)));
    note_field(unit, new, "starts_on", cn_row_json_i64(arena, was, old->starts_on),
               cn_row_json_i64(arena, CN_GIVEN, new->starts_on));
    note_field(unit, new, "ends_on", cn_row_json_i64(arena, was, old->ends_on),
               cn_row_json_i64(arena, CN_GIVEN, new->ends_on));
    note_field(unit, new, "notice_on", cn_row_json_i64(arena, old->notice_on_given, old->notice_on),
               cn_row_json_i64(arena, new->notice_on_given, new->notice_on));
    note_field(unit, new, "seats", cn_row_json_i64(arena, old->seats_given, old->seats),
               cn_row_json_i64(arena, new->seats_given, new->seats));
    note_field(unit, new, "status",
               cn_row_json_str(arena, was, cn_str_of(cn_contract_status_names[old->status])),
               cn_row_json_str(arena, CN_GIVEN, cn_str_of(cn_contract_status_names[new->status])));
    cn_change_note(unit, new->account_id, CN_CHANGE_CONTRACT);
}

/* The contract of that external id, or id 0. */
static bool find_external(const struct cn_unit *unit, cn_account_id account_id, cn_str external_id,
                          struct cn_contract *contract_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_row_prepare(unit,
                        "SELECT " COLUMNS " FROM contract WHERE " CN_SEES_CHILD
                        " AND account_id = $4 AND external_id = $5",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_str(stmt, 5, external_id);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok) {
        *contract_out = found ? read_row(unit->arena, stmt) : (struct cn_contract){ 0 };
    }
    cn_sql_finish(stmt);
    return ok;
}

struct clash {
    bool is_there;
    cn_str name;
    cn_str currency;
    cn_str other_name;
    cn_str other_currency;
};

/* Of that contract, or of any two if its id is 0: ARR is added up, so contracts that run on the
 * same day are in one currency.  One that was marked as ended counts until its last day. */
static bool find_clash(const struct cn_unit *unit, cn_account_id account_id, cn_contract_id id,
                       struct clash *clash_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT own.name, own.currency, other.name, other.currency"
                        " FROM contract AS own JOIN contract AS other"
                        " ON other.account_id = own.account_id"
                        " AND other.contract_id <> own.contract_id"
                        " WHERE own.account_id = $1 AND ($2 = 0 OR own.contract_id = $2)"
                        " AND own.status IN ($3, $4) AND other.status IN ($3, $4)"
                        " AND other.starts_on <= own.ends_on AND other.ends_on >= own.starts_on"
                        " AND other.currency <> own.currency"
                        " ORDER BY own.contract_id, other.contract_id LIMIT 1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account_id.value);
    cn_sql_bind_i64(stmt, 2, id.value);
    cn_sql_bind_i64(stmt, 3, CN_CONTRACT_ACTIVE);
    cn_sql_bind_i64(stmt, 4, CN_CONTRACT_ENDED);
    bool ok = cn_sql_step(stmt, &found, err);
    *clash_out = (struct clash){ .is_there = ok && found };
    if (clash_out->is_there) {
        clash_out->name = cn_row_str(unit->arena, stmt, 0);
        clash_out->currency = cn_row_str(unit->arena, stmt, 1);
        clash_out->other_name = cn_row_str(unit->arena, stmt, 2);
        clash_out->other_currency = cn_row_str(unit->arena, stmt, 3);
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool check_currency(const struct cn_unit *unit, const struct cn_contract *contract,
                           struct cn_error *err)
{
    struct clash clash;
    if (!find_clash(unit, contract->account_id, contract->id, &clash, err)) {
        return false;
    }
    if (clash.is_there) {
        (void)cn_fail(err, CN_INVALID, "contract '%.*s' runs at the same time and is in %.*s",
                      CN_STR_ARG(clash.other_name), CN_STR_ARG(clash.other_currency));
        return cn_error_field(err, "arr");
    }
    return true;
}

bool cn_contract_check_currencies(const struct cn_unit *unit, cn_account_id account_id,
                                  struct cn_error *err)
{
    struct clash clash;
    if (!find_clash(unit, account_id, (cn_contract_id){ 0 }, &clash, err)) {
        return false;
    }
    return !clash.is_there ||
           cn_fail(err, CN_INVALID,
                   "contracts of one account run at the same time in %.*s and %.*s: '%.*s' and"
                   " '%.*s'",
                   CN_STR_ARG(clash.currency), CN_STR_ARG(clash.other_currency),
                   CN_STR_ARG(clash.name), CN_STR_ARG(clash.other_name));
}

/* Stores the record, new if old has no id, inside the transaction, which must not be committed if
 * it fails. */
static bool store(const struct cn_unit *unit, const struct cn_contract *old,
                  const struct cn_contract *new, struct cn_error *err)
{
    if (!check_days(new, err) ||
        !(old->id.value == 0 ? insert(unit, new, err) : save(unit, new, err)) ||
        !check_currency(unit, new, err)) {
        return false;
    }
    note_differences(unit, old, new);
    return cn_account_refresh(unit, new->account_id, err);
}

bool cn_contract_create(const struct cn_unit *unit, cn_account_id account_id,
                        const struct cn_contract_new *new_contract,
                        struct cn_contract *contract_out, struct cn_error *err)
{
    struct cn_contract old = { 0 };
    struct cn_contract contract = {
        .account_id = account_id,
        .external_id = new_contract->external_id,
        .external_id_given = cn_given_if(new_contract->external_id),
        .name = new_contract->name,
        .arr = new_contract->arr,
        .starts_on = new_contract->starts_on,
        .ends_on = new_contract->ends_on,
        .notice_on = new_contract->notice_on,
        .notice_on_given = new_contract->notice_on_given == CN_GIVEN ? CN_GIVEN : CN_NULL,
        .seats = new_contract->seats,
        .seats_given = new_contract->seats_given == CN_GIVEN ? CN_GIVEN : CN_NULL,
        .status = new_contract->status,
    };
    if (!cn_sql_begin(unit->conn, err)) {
        return cn_error_context(err, "creating a contract");
    }
    if (!cn_row_hold_account(unit, account_id, err) ||
        (new_contract->external_id.len > 0 &&
         !find_external(unit, account_id, new_contract->external_id, &old, err))) {
        goto fail;
    }
    contract.id.value = old.id.value != 0 ? old.id.value : cn_id_next(unit->ids, unit->now);
    contract.version = old.id.value != 0 ? old.version : 1;
    if (!store(unit, &old, &contract, err) || !cn_sql_commit(unit->conn, err)) {
        goto fail;
    }
    contract.version += old.id.value != 0;
    *contract_out = contract;
    return true;

fail:
    cn_sql_rollback(unit->conn);
    return cn_error_context(err, "creating a contract");
}

static void apply(const struct cn_contract_patch *patch, struct cn_contract *contract)
{
    if (patch->name_given == CN_GIVEN) {
        contract->name = patch->name;
    }
    if (patch->arr_given == CN_GIVEN) {
        contract->arr = patch->arr;
    }
    if (patch->starts_on_given == CN_GIVEN) {
        contract->starts_on = patch->starts_on;
    }
    if (patch->ends_on_given == CN_GIVEN) {
        contract->ends_on = patch->ends_on;
    }
    if (patch->notice_on_given != CN_ABSENT) {
        contract->notice_on = patch->notice_on;
        contract->notice_on_given = patch->notice_on_given;
    }
    if (patch->seats_given != CN_ABSENT) {
        contract->seats = patch->seats;
        contract->seats_given = patch->seats_given;
    }
    if (patch->status_given == CN_GIVEN) {
        contract->status = patch->status;
    }
}

bool cn_contract_update(const struct cn_unit *unit, cn_account_id account_id, cn_contract_id id,
                        int64_t version, const struct cn_contract_patch *patch,
                        struct cn_contract *contract_out, struct cn_error *err)
{
    struct cn_contract old = { 0 };
    struct cn_contract contract;
    if (!cn_sql_begin(unit->conn, err)) {
        return cn_error_context(err, "updating a contract");
    }
    if (!cn_row_hold_account(unit, account_id, err) ||
        !cn_contract_load(unit, account_id, id, &old, err)) {
        goto fail;
    }
    contract = old;
    contract.version = version != 0 ? version : old.version;
    apply(patch, &contract);
    if (!store(unit, &old, &contract, err) || !cn_sql_commit(unit->conn, err)) {
        goto fail;
    }
    contract.version++;
    *contract_out = contract;
    return true;

fail:
    cn_sql_rollback(unit->conn);
    return cn_error_context(err, "updating a contract");
}
