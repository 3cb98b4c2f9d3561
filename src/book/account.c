#include "book/account.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"

#include "book/account_row.h"
#include "book/change.h"
#include "book/fold.h"
#include "book/merge.h"
#include "book/row.h"

const char *const cn_stage_names[CN_STAGE_COUNT] = {
    [CN_STAGE_ONBOARDING] = "onboarding", [CN_STAGE_ADOPTION] = "adoption",
    [CN_STAGE_GROWTH] = "growth",         [CN_STAGE_RENEWAL] = "renewal",
    [CN_STAGE_CHURNED] = "churned",
};

const char *const cn_band_names[CN_BAND_COUNT] = {
    [CN_BAND_NONE] = "none",
    [CN_BAND_RED] = "red",
    [CN_BAND_YELLOW] = "yellow",
    [CN_BAND_GREEN] = "green",
};

struct cn_account cn_account_read_row(struct cn_arena *arena, struct cn_sql_stmt *stmt)
{
    struct cn_account account = {
        .id.value = cn_sql_column_i64(stmt, 0),
        .external_id = cn_row_str(arena, stmt, 1),
        .name = cn_row_str(arena, stmt, 2),
        .stage = (enum cn_stage)cn_sql_column_i64(stmt, 7),
        .created_at.us = cn_sql_column_i64(stmt, 11),
        .version = cn_sql_column_i64(stmt, 12),
    };
    struct cn_account_derived *derived = &account.derived;
    account.domain_given = cn_row_opt_str(arena, stmt, 3, &account.domain);
    account.owner_id_given = cn_row_opt_i64(stmt, 4, &account.owner_id.value);
    account.team_id_given = cn_row_opt_i64(stmt, 5, &account.team_id.value);
    account.parent_id_given = cn_row_opt_i64(stmt, 6, &account.parent_id.value);
    account.arr_given = cn_row_opt_i64(stmt, 8, &account.arr.minor);
    cn_row_currency(stmt, 9, account.arr.currency);
    account.renewal_on_given = cn_row_opt_i64(stmt, 10, &account.renewal_on);
    derived->points_given = cn_row_opt_i64(stmt, 13, &derived->points);
    derived->band = (enum cn_band)cn_sql_column_i64(stmt, 14);
    derived->grey = cn_sql_column_i64(stmt, 15) == 1;
    derived->confidence = cn_sql_column_i64(stmt, 16);
    derived->trend_given = cn_row_opt_i64(stmt, 17, &derived->trend);
    derived->scorecard = cn_row_str(arena, stmt, 18);
    derived->last_activity_at_given = cn_row_opt_i64(stmt, 19, &derived->last_activity_at.us);
    derived->open_tickets = cn_sql_column_i64(stmt, 20);
    return account;
}

bool cn_account_load(const struct cn_unit *unit, cn_account_id id, struct cn_account *account_out,
                     struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_row_prepare(unit,
                        "SELECT " CN_ACCOUNT_COLUMNS " FROM account WHERE " CN_SEES_ACCOUNT
                        " AND account_id = $4",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, id.value);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && found) {
        *account_out = cn_account_read_row(unit->arena, stmt);
    }
    cn_sql_finish(stmt);
    return ok && (found || cn_row_no_account(unit, id, err));
}

bool cn_account_keep(const struct cn_unit *unit, cn_account_id id, struct cn_error *err)
{
    return cn_row_hold_account(unit, id, err);
}

/* 0 if the key is free. */
static bool find_external(const struct cn_unit *unit, cn_str external_id, int64_t *id_out,
                          struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn, "SELECT account_id FROM ident WHERE ext_key = $1", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, external_id);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok) {
        *id_out = found ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_account_load_external(const struct cn_unit *unit, cn_str external_id,
                              struct cn_account *account_out, struct cn_error *err)
{
    cn_account_id id = { 0 };
    if (!find_external(unit, external_id, &id.value, err) ||
        !cn_merge_survivor(unit, id, &id, err)) {
        return false;
    }
    if (id.value == 0) {
        return cn_fail(err, CN_NOT_FOUND, "no account of external id '%.*s'",
                       CN_STR_ARG(external_id));
    }
    return cn_account_load(unit, id, account_out, err);
}

/* Members of the record in the order of both statements that write it, from $4 on. */
static void bind_record(const struct cn_unit *unit, struct cn_sql_stmt *stmt,
                        const struct cn_account *account)
{
    cn_sql_bind_i64(stmt, 1, account->id.value);
    cn_sql_bind_i64(stmt, 2, account->version);
    cn_sql_bind_str(stmt, 3, account->name);
    cn_sql_bind_str(stmt, 4, cn_fold(unit->arena, account->name));
    cn_row_bind_opt_str(stmt, 5, account->domain_given, account->domain);
    cn_row_bind_opt_i64(stmt, 6, account->owner_id_given, account->owner_id.value);
    cn_row_bind_opt_i64(stmt, 7, account->team_id_given, account->team_id.value);
    cn_row_bind_opt_i64(stmt, 8, account->parent_id_given, account->parent_id.value);
    cn_sql_bind_i64(stmt, 9, account->stage);
    cn_row_bind_opt_i64(stmt, 10, account->arr_given, account->arr.minor);
    cn_sql_bind_str(stmt, 11, cn_str_of(account->arr.currency));
    cn_row_bind_opt_i64(stmt, 12, account->renewal_on_given, account->renewal_on);
}

static bool insert(const struct cn_unit *unit, const struct cn_account *account,
                   struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO account(account_id, version, name, name_folded, domain,"
                        " owner_id, team_id, parent_id, stage, arr_minor, currency, renewal_on,"
                        " external_id, created_us) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
                        " $11, $12, $13, $14)",
                        &stmt, err)) {
        return false;
    }
    bind_record(unit, stmt, account);
    cn_sql_bind_str(stmt, 13, account->external_id);
    cn_sql_bind_i64(stmt, 14, account->created_at.us);
    return cn_sql_run(stmt, err);
}

/* The scope was checked by the load before; version tells whether that is still true. */
static bool save(const struct cn_unit *unit, const struct cn_account *account, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE account SET name = $3, name_folded = $4, domain = $5,"
                        " owner_id = $6, team_id = $7, parent_id = $8, stage = $9,"
                        " arr_minor = $10, currency = $11, renewal_on = $12,"
                        " version = version + 1 WHERE account_id = $1 AND version = $2",
                        &stmt, err)) {
        return false;
    }
    bind_record(unit, stmt, account);
    return cn_row_run(unit, stmt, &changed, err) &&
           (changed == 1 || cn_fail(err, CN_STALE, "the account has changed since version %lld",
                                    (long long)account->version));
}

static void note_field(const struct cn_unit *unit, cn_account_id id, const char *field, cn_str from,
                       cn_str to)
{
    cn_field_change_note(unit, &(struct cn_field_change){ .account_id = id,
                                                          .kind = CN_CHANGE_ACCOUNT,
                                                          .record_id = id.value,
                                                          .field = field,
                                                          .from = from,
                                                          .to = to });
}

cn_str cn_account_json_money(const struct cn_unit *unit, const struct cn_account *account)
{
    cn_str minor = cn_row_json_i64(unit->arena, account->arr_given, account->arr.minor);
    if (minor.len == 0) {
        return minor;
    }
    struct cn_buf buf;
    cn_buf_init(&buf, 128);
    cn_buf_printf(&buf, "{\"minor\":%.*s,\"currency\":\"%.3s\"}", CN_STR_ARG(minor),
                  account->arr.currency);
    cn_str text = cn_arena_str(unit->arena, cn_buf_str(&buf));
    cn_buf_deinit(&buf);
    return text;
}

/* One line of history for each member that differs. */
static void note_differences(const struct cn_unit *unit, const struct cn_account *old,
                             const struct cn_account *new)
{
    struct cn_arena *arena = unit->arena;
    note_field(unit, new->id, "name",
               cn_row_json_str(arena, old->id.value != 0 ? CN_GIVEN : CN_NULL, old->name),
               cn_row_json_str(arena, CN_GIVEN, new->name));
    note_field(unit, new->id, "domain", cn_row_json_str(arena, old->domain_given, old->domain),
               cn_row_json_str(arena, new->domain_given, new->domain));
    note_field(unit, new->id, "owner_id",
               cn_row_json_id(arena, CN_USER_PREFIX, old->owner_id_given, old->owner_id.value),
               cn_row_json_id(arena, CN_USER_PREFIX, new->owner_id_given, new->owner_id.value));
    note_field(unit, new->id, "team_id",
               cn_row_json_id(arena, CN_TEAM_PREFIX, old->team_id_given, old->team_id.value),
               cn_row_json_id(arena, CN_TEAM_PREFIX, new->team_id_given, new->team_id.value));
    note_field(
        unit, new->id, "parent_id",
        cn_row_json_id(arena, CN_ACCOUNT_PREFIX, old->parent_id_given, old->parent_id.value),
        cn_row_json_id(arena, CN_ACCOUNT_PREFIX, new->parent_id_given, new->parent_id.value));
    note_field(unit, new->id, "stage",
               cn_row_json_str(arena, old->id.value != 0 ? CN_GIVEN : CN_NULL,
                               cn_str_of(cn_stage_names[old->stage])),
               cn_row_json_str(arena, CN_GIVEN, cn_str_of(cn_stage_names[new->stage])));
    note_field(unit, new->id, "arr", cn_account_json_money(unit, old),
               cn_account_json_money(unit, new));
    note_field(unit, new->id, "renewal_on",
               cn_row_json_i64(arena, old->renewal_on_given, old->renewal_on),
               cn_row_json_i64(arena, new->renewal_on_given, new->renewal_on));
    cn_change_note(unit, new->id, CN_CHANGE_ACCOUNT);
}

/* What is given as a domain and is none would be lost without a word. */
static bool check_domain(cn_str given, const struct cn_account *account, struct cn_error *err)
{
    if (given.len > 0 && account->domain.len == 0) {
        (void)cn_fail(err, CN_INVALID, "not a domain such as example.com");
        return cn_error_field(err, "domain");
    }
    return true;
}

static struct cn_account new_record(const struct cn_unit *unit,
                                    const struct cn_account_new *new_account)
{
    struct cn_account account = {
        .id.value = cn_id_next(unit->ids, unit->now),
        .external_id = new_account->external_id,
        .name = new_account->name,
        .domain = cn_domain_normal(unit->arena, new_account->domain),
        .owner_id = new_account->owner_id,
        .owner_id_given = new_account->owner_id.value != 0 ? CN_GIVEN : CN_NULL,
        .team_id = new_account->team_id,
        .parent_id = new_account->parent_id,
        .parent_id_given = new_account->parent_id.value != 0 ? CN_GIVEN : CN_NULL,
        .stage = new_account->stage,
        .arr = new_account->arr,
        .arr_given = new_account->arr_given == CN_GIVEN ? CN_GIVEN : CN_NULL,
        .created_at = new_account->created_at.us != 0 ? new_account->created_at : unit->now,
        .version = 1,
    };
    account.domain_given = cn_given_if(account.domain);
    if (account.external_id.len == 0) {
        char text[CN_ID_TEXT_BYTES];
        cn_id_format(CN_ACCOUNT_PREFIX, account.id.value, text);
        account.external_id = cn_arena_str(unit->arena, cn_str_of(text));
    }
    return account;
}

static bool check_references(const struct cn_unit *unit, struct cn_account *account,
                             struct cn_error *err)
{
    int64_t owners_team = 0;
    if ((account->owner_id_given == CN_GIVEN &&
         !cn_account_check_owner(unit, account->owner_id, &owners_team, err)) ||
        (account->team_id.value != 0 && !cn_account_check_team(unit, account->team_id, err)) ||
        (account->parent_id_given == CN_GIVEN &&
         !cn_account_check_parent(unit, account->id, account->parent_id, err))) {
        return false;
    }
    if (account->team_id.value == 0) {
        account->team_id.value = owners_team;
    }
    account->team_id_given = account->team_id.value != 0 ? CN_GIVEN : CN_NULL;
    return true;
}

bool cn_account_create(const struct cn_unit *unit, const struct cn_account_new *new_account,
                       struct cn_account *account_out, struct cn_error *err)
{
    struct cn_account account = new_record(unit, new_account);
    const struct cn_account nothing = { 0 };
    if (!cn_sql_begin(unit->conn, err)) {
        return cn_error_context(err, "creating an account");
    }
    if (!check_domain(new_account->domain, &account, err) ||
        !check_references(unit, &account, err) ||
        !cn_account_claim_external_id(unit, account.external_id, account.id.value, err) ||
        (account.domain.len > 0 &&
         !cn_account_claim_domain(unit, account.domain, account.id.value, err)) ||
        !insert(unit, &account, err)) {
        goto fail;
    }
    note_differences(unit, &nothing, &account);
    if (!cn_sql_commit(unit->conn, err)) {
        goto fail;
    }
    *account_out = account;
    return true;

fail:
    cn_sql_rollback(unit->conn);
    return cn_error_context(err, "creating an account");
}

static struct cn_account_patch patch_of(const struct cn_account_new *new_account)
{
    return (struct cn_account_patch){
        .name = new_account->name,
        .name_given = CN_GIVEN,
        .domain = new_account->domain,
        .domain_given = new_account->domain.len > 0 ? CN_GIVEN : CN_ABSENT,
        .owner_id = new_account->owner_id,
        .owner_id_given = new_account->owner_id.value != 0 ? CN_GIVEN : CN_ABSENT,
        .team_id = new_account->team_id,
        .team_id_given = new_account->team_id.value != 0 ? CN_GIVEN : CN_ABSENT,
        .parent_id = new_account->parent_id,
        .parent_id_given = new_account->parent_id.value != 0 ? CN_GIVEN : CN_ABSENT,
        .stage = new_account->stage,
        .stage_given = CN_GIVEN,
        .arr = new_account->arr,
        .arr_given = new_account->arr_given == CN_GIVEN ? CN_GIVEN : CN_ABSENT,
    };
}

bool cn_account_upsert(const struct cn_unit *unit, const struct cn_account_new *new_account,
                       struct cn_account *account_out, bool *created_out, struct cn_error *err)
{
    cn_account_id id = { 0 };
    if (new_account->external_id.len > 0 &&
        (!find_external(unit, new_account->external_id, &id.value, err) ||
         !cn_merge_survivor(unit, id, &id, err))) {
        return false;
    }
    if (created_out != NULL) {
        *created_out = id.value == 0;
    }
    if (id.value == 0) {
        return cn_account_create(unit, new_account, account_out, err);
    }
    struct cn_account_patch patch = patch_of(new_account);
    return cn_account_update(unit, id, 0, &patch, account_out, err);
}

static void apply(const struct cn_unit *unit, const struct cn_account_patch *patch,
                  struct cn_account *account)
{
    if (patch->name_given == CN_GIVEN) {
        account->name = patch->name;
    }
    if (patch->domain_given != CN_ABSENT) {
        account->domain = cn_domain_normal(unit->arena, patch->domain);
        account->domain_given = cn_given_if(account->domain);
    }
    if (patch->owner_id_given != CN_ABSENT) {
        account->owner_id = patch->owner_id;
        account->owner_id_given = patch->owner_id_given;
    }
    if (patch->team_id_given != CN_ABSENT) {
        account->team_id = patch->team_id;
        account->team_id_given = patch->team_id_given;
    }
    if (patch->parent_id_given != CN_ABSENT) {
        account->parent_id = patch->parent_id;
        account->parent_id_given = patch->parent_id_given;
    }
    if (patch->stage_given == CN_GIVEN) {
        account->stage = patch->stage;
    }
    if (patch->arr_given != CN_ABSENT) {
        account->arr = patch->arr;
        account->arr_given = patch->arr_given;
    }
    if (patch->renewal_on_given != CN_ABSENT) {
        account->renewal_on = patch->renewal_on;
        account->renewal_on_given = patch->renewal_on_given;
    }
}

/* Rules read the contracts: an ARR of the record beside them would be shown and counted nowhere. */
static bool check_arr(const struct cn_unit *unit, cn_account_id id, struct cn_error *err)
{
    bool has_contracts = false;
    if (!cn_account_has_contracts(unit, id, &has_contracts, err)) {
        return false;
    }
    if (has_contracts) {
        (void)cn_fail(err, CN_INVALID, "the account's contracts say its ARR: change those");
        return cn_error_field(err, "arr");
    }
    return true;
}

static bool check_patch(const struct cn_unit *unit, const struct cn_account_patch *patch,
                        const struct cn_account *account, struct cn_error *err)
{
    return (patch->owner_id_given != CN_GIVEN ||
            cn_account_check_owner(unit, patch->owner_id, NULL, err)) &&
           (patch->team_id_given != CN_GIVEN || cn_account_check_team(unit, patch->team_id, err)) &&
           (patch->parent_id_given != CN_GIVEN ||
            cn_account_check_parent(unit, account->id, patch->parent_id, err)) &&
           (patch->arr_given == CN_ABSENT || check_arr(unit, account->id, err)) &&
           (patch->domain_given != CN_GIVEN || patch->domain.len == 0 ||
            (check_domain(patch->domain, account, err) &&
             cn_account_claim_domain(unit, account->domain, account->id.value, err)));
}

bool cn_account_update(const struct cn_unit *unit, cn_account_id id, int64_t version,
                       const struct cn_account_patch *patch, struct cn_account *account_out,
                       struct cn_error *err)
{
    struct cn_account account = { 0 };
    struct cn_account old;
    if (!cn_sql_begin(unit->conn, err)) {
        return cn_error_context(err, "updating an account");
    }
    if (!cn_account_load(unit, id, &account, err)) {
        goto fail;
    }
    old = account;
    if (version != 0) {
        account.version = version;
    }
    apply(unit, patch, &account);
    if (!check_patch(unit, patch, &account, err) || !save(unit, &account, err)) {
        goto fail;
    }
    note_differences(unit, &old, &account);
    if (!cn_sql_commit(unit->conn, err)) {
        goto fail;
    }
    account.version++;
    *account_out = account;
    return true;

fail:
    cn_sql_rollback(unit->conn);
    return cn_error_context(err, "updating an account");
}
