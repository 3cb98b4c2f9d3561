#include "base/str.h"

#include "book/account_row.h"
#include "book/change.h"
#include "book/merge.h"
#include "book/row.h"

/* External ids and domains have tables of their own: account is distributed by account_id, so it
 * cannot have another unique key.  A conflict is asked for, since a failed INSERT would end the
 * transaction. */
static bool claim(const struct cn_unit *unit, const char *sql, cn_str key, int64_t account_id,
                  int64_t *changed_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t version = unit->mapping;
    if ((version == 0 && !cn_counter_add(unit->conn, "mapping", 1, &version, err)) ||
        !cn_sql_prepare(unit->conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, key);
    cn_sql_bind_i64(stmt, 2, account_id);
    cn_sql_bind_i64(stmt, 3, version);
    cn_sql_bind_i64(stmt, 4, unit->now.us);
    return cn_row_run(unit, stmt, changed_out, err);
}

bool cn_account_claim_external_id(const struct cn_unit *unit, cn_str external_id,
                                  int64_t account_id, struct cn_error *err)
{
    int64_t changed = 0;
    if (!claim(unit,
               "INSERT INTO ident(ext_key, account_id, version, known_us) VALUES($1, $2, $3, $4)"
               " ON CONFLICT (ext_key) DO NOTHING",
               external_id, account_id, &changed, err)) {
        return false;
    }
    if (changed == 0) {
        (void)cn_fail(err, CN_CONFLICT, "external id '%.*s' is taken", CN_STR_ARG(external_id));
        return cn_error_field(err, "external_id");
    }
    cn_change_note(unit, (cn_account_id){ account_id }, CN_CHANGE_MAPPING);
    return true;
}

static bool domain_owner(const struct cn_unit *unit, cn_str domain, int64_t *account_out,
                         struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn, "SELECT account_id FROM account_domain WHERE domain = $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, domain);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok) {
        *account_out = found ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_account_load_domain(const struct cn_unit *unit, cn_str domain,
                            struct cn_account *account_out, struct cn_error *err)
{
    cn_account_id id = { 0 };
    if (!domain_owner(unit, domain, &id.value, err) || !cn_merge_survivor(unit, id, &id, err)) {
        return false;
    }
    return id.value != 0
               ? cn_account_load(unit, id, account_out, err)
               : cn_fail(err, CN_NOT_FOUND, "no account of domain '%.*s'", CN_STR_ARG(domain));
}

/* An account keeps the domains that it once had: mail from them is still its people's. */
bool cn_account_claim_domain(const struct cn_unit *unit, cn_str domain, int64_t account_id,
                             struct cn_error *err)
{
    int64_t changed = 0;
    cn_account_id owner = { 0 };
    if (!claim(unit,
               "INSERT INTO account_domain(domain, account_id, version, known_us)"
               " VALUES($1, $2, $3, $4) ON CONFLICT (domain) DO NOTHING",
               domain, account_id, &changed, err) ||
        (changed == 0 && (!domain_owner(unit, domain, &owner.value, err) ||
                          !cn_merge_survivor(unit, owner, &owner, err)))) {
        return false;
    }
    if (changed == 0 && owner.value != account_id) {
        (void)cn_fail(err, CN_CONFLICT, "the domain '%.*s' belongs to another account",
                      CN_STR_ARG(domain));
        return cn_error_field(err, "domain");
    }
    if (changed > 0) {
        cn_change_note(unit, (cn_account_id){ account_id }, CN_CHANGE_MAPPING);
    }
    return true;
}

/* What the record points to must exist; *team_out may be NULL. */
bool cn_account_check_owner(const struct cn_unit *unit, cn_user_id owner_id, int64_t *team_out,
                            struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn, "SELECT team_id FROM app_user WHERE user_id = $1", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, owner_id.value);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && found && team_out != NULL) {
        *team_out = cn_sql_column_i64(stmt, 0);
    }
    cn_sql_finish(stmt);
    if (ok && !found) {
        (void)cn_fail(err, CN_INVALID, "no such user");
        return cn_error_field(err, "owner_id");
    }
    return ok;
}

bool cn_account_check_team(const struct cn_unit *unit, cn_team_id team_id, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn, "SELECT 1 FROM team WHERE team_id = $1", &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, team_id.value);
    bool ok = cn_sql_step(stmt, &found, err);
    cn_sql_finish(stmt);
    if (ok && !found) {
        (void)cn_fail(err, CN_INVALID, "no such team");
        return cn_error_field(err, "team_id");
    }
    return ok;
}

/* *parent_out 0: none. */
static bool parent_of(const struct cn_unit *unit, cn_account_id id, cn_account_id *parent_out,
                      struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn, "SELECT parent_id FROM account WHERE account_id = $1", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    bool ok = cn_sql_step(stmt, &found, err);
    parent_out->value =
        ok && found && !cn_sql_column_is_null(stmt, 0) ? cn_sql_column_i64(stmt, 0) : 0;
    cn_sql_finish(stmt);
    return ok;
}

bool cn_account_check_parent(const struct cn_unit *unit, cn_account_id id, cn_account_id parent_id,
                             struct cn_error *err)
{
    if (id.value == parent_id.value) {
        (void)cn_fail(err, CN_INVALID, "an account is not its own parent");
        return cn_error_field(err, "parent_id");
    }
    if (!cn_row_require_account(unit, parent_id, err)) {
        if (err->code == CN_NOT_FOUND) {
            (void)cn_fail(err, CN_INVALID, "no such account");
            (void)cn_error_field(err, "parent_id");
        }
        return false;
    }
    cn_account_id above = parent_id;
    for (int level = 1; above.value != 0; level++) {
        if (level >= CN_ACCOUNT_LEVELS_MAX) {
            (void)cn_fail(err, CN_INVALID, "accounts are at most %d levels below each other",
                          CN_ACCOUNT_LEVELS_MAX);
            return cn_error_field(err, "parent_id");
        }
        if (!parent_of(unit, above, &above, err)) {
            return false;
        }
        if (above.value == id.value) {
            (void)cn_fail(err, CN_INVALID, "the parent is itself below this account");
            return cn_error_field(err, "parent_id");
        }
    }
    return true;
}
