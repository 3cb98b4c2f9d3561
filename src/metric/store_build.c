/* How far the build of metrics is, see rollup_build.c. */
#include "metric/store.h"

bool cn_store_build(struct cn_sql_conn *conn, cn_store_each_build *each, void *arg,
                    struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok =
        cn_sql_prepare(conn, "SELECT metric, after_seq, upto_seq FROM rollup_build ORDER BY metric",
                       &stmt, err) &&
        cn_sql_step(stmt, &row, err);
    while (ok && row) {
        each(arg, &(struct cn_store_build){ .metric = (uint32_t)cn_sql_column_i64(stmt, 0),
                                            .after_seq = cn_sql_column_i64(stmt, 1),
                                            .upto_seq = cn_sql_column_i64(stmt, 2) });
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_store_begin_build(struct cn_sql_conn *conn, const struct cn_store_build *build,
                          struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn,
                        "INSERT INTO rollup_build (metric, after_seq, upto_seq)"
                        " VALUES ($1, $2, $3)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, build->metric);
    cn_sql_bind_i64(stmt, 2, build->after_seq);
    cn_sql_bind_i64(stmt, 3, build->upto_seq);
    return cn_sql_run(stmt, err);
}

bool cn_store_save_build(struct cn_sql_conn *conn, int64_t after_seq, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, "UPDATE rollup_build SET after_seq = $1", &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, after_seq);
    return cn_sql_run(stmt, err);
}

bool cn_store_end_build(struct cn_sql_conn *conn, struct cn_error *err)
{
    return cn_sql_exec(conn, "DELETE FROM rollup_build", err) &&
           cn_sql_exec(conn, "DELETE FROM rollup_build_account", err);
}

bool cn_store_note_rebuilt(struct cn_sql_conn *conn, int64_t account_id, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn,
                        "INSERT INTO rollup_build_account (account_id)"
                        " SELECT $1 WHERE EXISTS (SELECT 1 FROM rollup_build)"
                        " ON CONFLICT (account_id) DO NOTHING",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account_id);
    return cn_sql_run(stmt, err);
}

bool cn_store_rebuilt(struct cn_sql_conn *conn, struct cn_map *accounts, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool was_new = false;
    bool ok = cn_sql_prepare(conn, "SELECT account_id FROM rollup_build_account", &stmt, err) &&
              cn_sql_step(stmt, &row, err);
    while (ok && row) {
        (void)cn_map_put(accounts, (uint64_t)cn_sql_column_i64(stmt, 0), &was_new);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}
