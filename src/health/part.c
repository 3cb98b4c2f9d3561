#include "health/part.h"

#include "base/buf.h"
#include "base/str.h"

#include "health/history.h"
#include "health/shadow_history.h"

enum {
    BECAUSE_MAX_BYTES = 100
};

/* The moment after everything that the account lived. */
static bool end_of(struct cn_sql_conn *conn, cn_account_id id, cn_time now, cn_time *end_out,
                   bool *has_any_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(conn,
                        "SELECT max(at_us), count(*) FROM health_history WHERE account_id = $1",
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
    char id[CN_ID_TEXT_BYTES];
    struct cn_buf because;
    struct cn_health_row row = { .account_id = from.value,
                                 .score = { .scorecard = -1 },
                                 .scorecard = CN_STR("") };
    bool has_any = false;
    if (!cn_shadow_history_drop(unit->conn, from.value, err) ||
        !end_of(unit->conn, from, unit->now, &row.at, &has_any, err)) {
        return false;
    }
    if (!has_any) {
        return true;
    }
    cn_id_format(CN_ACCOUNT_PREFIX, into.value, id);
    cn_buf_init(&because, BECAUSE_MAX_BYTES);
    cn_buf_printf(&because, "became part of %s", id);
    row.because = cn_buf_str(&because);
    bool ok = cn_health_history_save(unit->conn, &row, 1, err);
    cn_buf_deinit(&because);
    return ok;
}

const struct cn_account_part cn_health_part = { "scores", end_history };
