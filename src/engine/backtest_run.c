#include "engine/backtest_run.h"

#include "base/str.h"

enum {
    LIST_MAX = 100
};

const char *const cn_backtest_state_names[CN_BACKTEST_STATES] = { "queued", "running", "done",
                                                                  "failed" };
const char *const cn_backtest_basis_names[CN_BACKTEST_BASES] = { "known", "true" };

static void bind_day(struct cn_sql_stmt *stmt, int index, enum cn_given given, int64_t day)
{
    if (given == CN_GIVEN) {
        cn_sql_bind_i64(stmt, index, day);
    } else {
        cn_sql_bind_null(stmt, index);
    }
}

bool cn_backtest_run_add(const struct cn_unit *unit, const struct cn_backtest_run *run,
                         struct cn_error *err)
{
    const enum cn_given given = run->kind == CN_BACKTEST_COMPARISON ? CN_GIVEN : CN_NULL;
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO backtest(backtest_id, state, author_id, version, against,"
                        " basis, left_from, left_to, asked_us, failure, reports, kind, first_day,"
                        " last_day, step_days, owner_id, segment)"
                        " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '', $10, $11, $12, $13,"
                        " $14, $15)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, run->id.value);
    cn_sql_bind_i64(stmt, 2, CN_BACKTEST_QUEUED);
    cn_sql_bind_i64(stmt, 3, unit->user.value);
    cn_sql_bind_i64(stmt, 4, run->version);
    cn_sql_bind_i64(stmt, 5, run->against);
    cn_sql_bind_i64(stmt, 6, run->basis);
    bind_day(stmt, 7, run->left_from_given, run->left_from);
    bind_day(stmt, 8, run->left_to_given, run->left_to);
    cn_sql_bind_i64(stmt, 9, unit->now.us);
    cn_sql_bind_i64(stmt, 10, run->kind);
    bind_day(stmt, 11, given, run->first_day);
    bind_day(stmt, 12, given, run->last_day);
    cn_sql_bind_i64(stmt, 13, run->step_days);
    cn_sql_bind_i64(stmt, 14, run->owner_id.value);
    cn_sql_bind_str(stmt, 15, run->segment);
    return cn_sql_run(stmt, err);
}

bool cn_backtest_run_begin(const struct cn_unit *unit, cn_backtest_id id, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, "UPDATE backtest SET state = $2 WHERE backtest_id = $1", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, CN_BACKTEST_RUNNING);
    return cn_sql_run(stmt, err);
}

/* The id of the oldest run of the kind that stays, 0: all do. */
static bool oldest_kept(const struct cn_unit *unit, enum cn_backtest_kind kind, int64_t *id_out,
                        struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT backtest_id FROM backtest WHERE kind = $2"
                        " ORDER BY backtest_id DESC LIMIT 1 OFFSET $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, CN_BACKTEST_RUNS_KEPT - 1);
    cn_sql_bind_i64(stmt, 2, kind);
    bool ok = cn_sql_step(stmt, &row, err);
    *id_out = ok && row ? cn_sql_column_i64(stmt, 0) : 0;
    cn_sql_finish(stmt);
    return ok;
}

static bool prune(const struct cn_unit *unit, enum cn_backtest_kind kind, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t oldest = 0;
    if (!oldest_kept(unit, kind, &oldest, err) ||
        !cn_sql_prepare(unit->conn,
                        "DELETE FROM backtest WHERE backtest_id < $1 AND state >= $2 AND kind = $3",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 3, kind);
    cn_sql_bind_i64(stmt, 1, oldest);
    cn_sql_bind_i64(stmt, 2, CN_BACKTEST_DONE);
    return cn_sql_run(stmt, err);
}

bool cn_backtest_run_end(const struct cn_unit *unit, cn_backtest_id id, cn_str reports,
                         cn_str failure, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE backtest SET state = $2, ended_us = $3, reports = $4, failure = $5"
                        " WHERE backtest_id = $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, reports.len > 0 ? CN_BACKTEST_DONE : CN_BACKTEST_FAILED);
    cn_sql_bind_i64(stmt, 3, unit->now.us);
    cn_sql_bind_str(stmt, 4, reports);
    cn_sql_bind_str(stmt, 5, failure);
    return cn_sql_run(stmt, err) && prune(unit, CN_BACKTEST_OF_DEPARTURES, err) &&
           prune(unit, CN_BACKTEST_COMPARISON, err);
}

bool cn_backtest_run_abandon(const struct cn_unit *unit, cn_backtest_id first, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE backtest SET state = $2, ended_us = $3, failure = $4"
                        " WHERE backtest_id < $1 AND state < $5",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, first.value);
    cn_sql_bind_i64(stmt, 2, CN_BACKTEST_FAILED);
    cn_sql_bind_i64(stmt, 3, unit->now.us);
    cn_sql_bind_str(stmt, 4, CN_STR("the server was stopped before it was done"));
    cn_sql_bind_i64(stmt, 5, CN_BACKTEST_DONE);
    return cn_sql_run(stmt, err);
}

static enum cn_given given_day(struct cn_sql_stmt *stmt, int column, int64_t *day_out)
{
    if (cn_sql_column_is_null(stmt, column)) {
        return CN_NULL;
    }
    *day_out = cn_sql_column_i64(stmt, column);
    return CN_GIVEN;
}

#define COLUMNS                                                                             \
    "backtest_id, state, version, against, basis, left_from, left_to, asked_us, ended_us, " \
    "failure, kind, first_day, last_day, step_days, owner_id, segment"

static void read_run(const struct cn_unit *unit, struct cn_sql_stmt *stmt,
                     struct cn_backtest_run *run)
{
    *run = (struct cn_backtest_run){
        .id.value = cn_sql_column_i64(stmt, 0),
        .state = (enum cn_backtest_state)cn_sql_column_i64(stmt, 1),
        .version = cn_sql_column_i64(stmt, 2),
        .against = cn_sql_column_i64(stmt, 3),
        .basis = (enum cn_backtest_basis)cn_sql_column_i64(stmt, 4),
        .asked_at.us = cn_sql_column_i64(stmt, 7),
        .failure = cn_arena_str(unit->arena, cn_sql_column_str(stmt, 9)),
        .reports = CN_STR(""),
        .kind = (enum cn_backtest_kind)cn_sql_column_i64(stmt, 10),
        .step_days = cn_sql_column_i64(stmt, 13),
        .owner_id.value = cn_sql_column_i64(stmt, 14),
        .segment = cn_arena_str(unit->arena, cn_sql_column_str(stmt, 15)),
    };
    (void)given_day(stmt, 11, &run->first_day); /* a back-test has none */
    (void)given_day(stmt, 12, &run->last_day);
    run->left_from_given = given_day(stmt, 5, &run->left_from);
    run->left_to_given = given_day(stmt, 6, &run->left_to);
    run->ended_at_given = given_day(stmt, 8, &run->ended_at.us);
}

bool cn_backtest_run_load(const struct cn_unit *unit, enum cn_backtest_kind kind, cn_backtest_id id,
                          struct cn_backtest_run *run_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT " COLUMNS
                        ", reports FROM backtest WHERE backtest_id = $1 AND kind = $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, kind);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok && row) {
        read_run(unit, stmt, run_out);
        run_out->reports = cn_arena_str(unit->arena, cn_sql_column_str(stmt, 16));
    }
    cn_sql_finish(stmt);
    return ok && (row || cn_fail(err, CN_NOT_FOUND, "there is no such %s",
                                 kind == CN_BACKTEST_COMPARISON ? "comparison" : "back-test"));
}

bool cn_backtest_run_list(const struct cn_unit *unit, enum cn_backtest_kind kind,
                          struct cn_backtest_run_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_backtest_run_list list = { 0 };
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT " COLUMNS " FROM backtest WHERE kind = $2"
                        " ORDER BY backtest_id DESC LIMIT $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, LIST_MAX);
    cn_sql_bind_i64(stmt, 2, kind);
    list.items = cn_arena_array(unit->arena, struct cn_backtest_run, LIST_MAX);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        read_run(unit, stmt, &list.items[list.count++]);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}
