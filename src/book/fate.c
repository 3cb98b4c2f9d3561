#include "book/fate.h"

#include <stdlib.h>

#include "book/contract.h"
#include "book/row.h"

/* Who sees all accounts needs none of them looked up: departures are few.  $1 is the first day. */
static const char all_left_sql[] =
    "SELECT account_id FROM departure WHERE left_on >= $1 ORDER BY account_id";

/* $4 is the first day that counts, $5 today, $6 and $7 an active and an ended contract.  CROSS
 * JOIN: SQLite begins with departures, and not with all accounts. */
static const char left_sql[] =
    "SELECT departure.account_id FROM departure CROSS JOIN account"
    " WHERE account.account_id = departure.account_id AND " CN_SEES_ACCOUNT
    " AND left_on >= $4 ORDER BY departure.account_id";

static const char renewed_sql[] =
    "SELECT account.account_id FROM account WHERE " CN_SEES_ACCOUNT " AND EXISTS ("
    "SELECT 1 FROM contract AS past JOIN contract AS later ON later.account_id = past.account_id"
    " LEFT JOIN departure ON departure.account_id = past.account_id"
    " WHERE past.account_id = account.account_id AND past.ends_on >= $4 AND past.ends_on < $5"
    " AND past.status IN ($6, $7) AND later.status = $6"
    " AND later.starts_on > past.ends_on AND later.starts_on <= $5 AND later.ends_on >= $5"
    " AND (left_on IS NULL OR left_on < later.starts_on))"
    " ORDER BY account.account_id";

static bool read_ids(const struct cn_unit *unit, struct cn_sql_stmt *stmt,
                     struct cn_fate_accounts *accounts_out, struct cn_error *err)
{
    int64_t *ids = cn_arena_array(unit->arena, int64_t, 1);
    size_t count = 0;
    size_t capacity = 1;
    bool row = false;
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        ids = cn_row_grow(unit->arena, ids, count, &capacity, sizeof(ids[0]));
        ids[count++] = cn_sql_column_i64(stmt, 0);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *accounts_out = (struct cn_fate_accounts){ ids, count };
    }
    return ok;
}

bool cn_fate_has(const struct cn_fate_accounts *accounts, cn_account_id account_id)
{
    return accounts->count > 0 && bsearch(&account_id.value, accounts->ids, accounts->count,
                                          sizeof(accounts->ids[0]), cn_order_i64) != NULL;
}

bool cn_fate_accounts(const struct cn_unit *unit, enum cn_fate fate, int64_t since,
                      struct cn_fate_accounts *accounts_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (fate == CN_FATE_LEFT && unit->scope == CN_SCOPE_ALL) {
        if (!cn_sql_prepare(unit->conn, all_left_sql, &stmt, err)) {
            return false;
        }
        cn_sql_bind_i64(stmt, 1, since);
        return read_ids(unit, stmt, accounts_out, err);
    }
    if (!cn_row_prepare(unit, fate == CN_FATE_LEFT ? left_sql : renewed_sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, since);
    if (fate == CN_FATE_RENEWED) {
        cn_sql_bind_i64(stmt, 5, cn_unit_day(unit));
        cn_sql_bind_i64(stmt, 6, CN_CONTRACT_ACTIVE);
        cn_sql_bind_i64(stmt, 7, CN_CONTRACT_ENDED);
    }
    return read_ids(unit, stmt, accounts_out, err);
}
