#include "segment/part.h"

#include "base/str.h"

#include "segment/history.h"

/* The moment after everything that the account lived; *has_any_out is false if that is nothing. */
static bool end_of(struct cn_sql_conn *conn, cn_account_id id, cn_time now, cn_time *end_out,
                   bool *has_any_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(conn,
                        "SELECT max(at_us), count(*) FROM placement_history WHERE account_id = $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        int64_t last = cn_sql_column_i64(stmt, 0);
        end_out->us = last >= now.us ? last + 1 : now.us;
        *has_any_out = cn_sql_column_i64(stmt, 1) > 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool end_history(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                        struct cn_error *err)
{
    struct cn_placement_row row = { .account_id = from.value, .placement = CN_STR("") };
    bool has_any = false;
    (void)into;
    return end_of(unit->conn, from, unit->now, &row.at, &has_any, err) &&
           (!has_any || cn_placement_save(unit->conn, &row, 1, err));
}

const struct cn_account_part cn_segment_part = { "placements", end_history };
