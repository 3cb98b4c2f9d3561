#include "metric/store.h"

#include <assert.h>

#include "metric/store_sql.h"

/* What differs between the two tables of rows is their names and the order of their keys. */
struct table_sql {
    const char *add_member;
    const char *add_count;
    const char *add_numbers;
    const char *large;
    const char *trim_members;
    const char *trim_count;
};

#define TABLE_SQL(rows, member_rows, key)                                                         \
    {                                                                                             \
        .add_member = "INSERT INTO " member_rows " (account_id, metric, day, member)"             \
                      " VALUES ($1, $2, $3, $4) ON CONFLICT (" key ", member) DO NOTHING",        \
        .add_count =                                                                              \
            "INSERT INTO " rows " (account_id, metric, day, count, members)"                      \
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (" key ") DO UPDATE SET " ADD_COUNTS(rows), \
        .add_numbers =                                                                            \
            "INSERT INTO " rows " (" COLUMNS ")"                                                  \
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"                         \
            " ON CONFLICT (" key ") DO UPDATE SET " ADD_COUNTS(rows) ", " ADD_NUMBERS(rows),      \
        .large =                                                                                  \
            "SELECT account_id, metric, day FROM " rows " WHERE members >= 100 AND members > $1", \
        .trim_members = "DELETE FROM " member_rows                                                \
                        " WHERE account_id = $1 AND metric = $2 AND day = $3 AND member >"        \
                        " (SELECT member FROM " member_rows                                       \
                        "   WHERE account_id = $1 AND metric = $2 AND day = $3"                   \
                        "   ORDER BY member LIMIT 1 OFFSET $4)",                                  \
        .trim_count = "UPDATE " rows " SET members ="                                             \
                      " (SELECT count(*) FROM " member_rows " AS m WHERE m.account_id = $1"       \
                      "   AND m.metric = $2 AND m.day = $3)"                                      \
                      " WHERE account_id = $1 AND metric = $2 AND day = $3",                      \
    }

/* clang-format off */
static const struct table_sql tables[] = {
    [CN_STORE_HOT] = TABLE_SQL("rollup_hot", "rollup_hot_member", "day, account_id, metric"),
    [CN_STORE_DAILY] = TABLE_SQL("metric_daily", "metric_member", "account_id, metric, day"),
};
/* clang-format on */

/* Steps a statement that returns no rows and makes it ready for the next values. */
static bool step_again(struct cn_sql_stmt *stmt, struct cn_error *err)
{
    bool row = false;
    if (!cn_sql_step(stmt, &row, err)) {
        return false;
    }
    cn_sql_reset(stmt);
    return true;
}

/* One statement with up to four numbers. */
static bool run_with(struct cn_sql_conn *conn, const char *sql, const int64_t *values, int count,
                     struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        cn_sql_bind_i64(stmt, i + 1, values[i]);
    }
    return cn_sql_run(stmt, err);
}

bool cn_store_metrics(struct cn_sql_conn *conn, cn_store_each_metric *each, void *arg,
                      struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = cn_sql_prepare(conn, "SELECT metric, name, built FROM rollup_metric ORDER BY metric",
                             &stmt, err) &&
              cn_sql_step(stmt, &row, err);
    while (ok && row) {
        struct cn_store_metric metric = { .metric = (uint32_t)cn_sql_column_i64(stmt, 0),
                                          .name = cn_sql_column_str(stmt, 1),
                                          .built = cn_sql_column_i64(stmt, 2) != 0 };
        ok = each(arg, &metric, err) && cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_store_save_metric(struct cn_sql_conn *conn, const struct cn_store_metric *metric,
                          struct cn_error *err)
{
    static const char sql[] = "INSERT INTO rollup_metric (metric, name, built) VALUES ($1, $2, $3)"
                              " ON CONFLICT (metric) DO UPDATE SET built = excluded.built";
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, metric->metric);
    cn_sql_bind_str(stmt, 2, metric->name);
    cn_sql_bind_i64(stmt, 3, metric->built);
    return cn_sql_run(stmt, err);
}

bool cn_store_mark_built(struct cn_sql_conn *conn, uint32_t metric, struct cn_error *err)
{
    int64_t values[] = { metric };
    return run_with(conn, "UPDATE rollup_metric SET built = 1 WHERE metric = $1", values, 1, err);
}

bool cn_store_position(struct cn_sql_conn *conn, struct cn_rollup_position *position_out,
                       struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok =
        cn_sql_prepare(conn, "SELECT seq, mapping FROM rollup_position WHERE id = 1", &stmt, err) &&
        cn_sql_step(stmt, &row, err);
    if (ok) {
        *position_out = (struct cn_rollup_position){ 0 };
    }
    if (ok && row) {
        *position_out = (struct cn_rollup_position){ .seq = cn_sql_column_i64(stmt, 0),
                                                     .mapping = cn_sql_column_i64(stmt, 1) };
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_store_save_position(struct cn_sql_conn *conn, struct cn_rollup_position position,
                            struct cn_error *err)
{
    static const char sql[] = "INSERT INTO rollup_position (id, seq, mapping) VALUES (1, $1, $2)"
                              " ON CONFLICT (id) DO UPDATE SET seq = excluded.seq,"
                              " mapping = excluded.mapping";
    int64_t values[] = { position.seq, position.mapping };
    return run_with(conn, sql, values, 2, err);
}

/* Statements of one cn_store_add(), prepared once. */
struct adder {
    struct cn_sql_conn *conn;
    struct cn_sql_stmt *member;
    struct cn_sql_stmt *count;
    struct cn_sql_stmt *numbers;
    const struct cn_deltas *deltas;
};

static void bind_key(struct cn_sql_stmt *stmt, const struct cn_delta *row)
{
    cn_sql_bind_i64(stmt, 1, row->account_id);
    cn_sql_bind_i64(stmt, 2, row->metric);
    cn_sql_bind_i64(stmt, 3, row->day);
}

/* How many of them are new goes to *new_out. */
static bool add_members(const struct adder *adder, const struct cn_delta *row,
                        const struct cn_delta_member *members, size_t count, int64_t *new_out,
                        struct cn_error *err)
{
    for (size_t i = 0; i < count; i++) {
        bool ignored = false;
        bind_key(adder->member, row);
        cn_sql_bind_i64(adder->member, 4, (int64_t)members[i].member);
        if (!cn_sql_step(adder->member, &ignored, err)) {
            return false;
        }
        *new_out += cn_sql_changes(adder->conn);
        cn_sql_reset(adder->member);
    }
    return true;
}

static bool add_row(const struct adder *adder, const struct cn_delta *row, int64_t new_members,
                    struct cn_error *err)
{
    struct cn_sql_stmt *stmt = row->number != 0 ? adder->numbers : adder->count;
    bind_key(stmt, row);
    cn_sql_bind_i64(stmt, 4, row->count);
    cn_sql_bind_i64(stmt, 5, new_members);
    if (row->number != 0) {
        const struct cn_delta_number *number = &adder->deltas->numbers[row->number - 1];
        cn_sql_bind_i64(stmt, 6, number->plus);
        cn_sql_bind_i64(stmt, 7, number->minus);
        cn_sql_bind_f64(stmt, 8, number->min);
        cn_sql_bind_f64(stmt, 9, number->max);
        cn_sql_bind_f64(stmt, 10, number->last);
        cn_sql_bind_i64(stmt, 11, number->last_at);
        cn_sql_bind_i64(stmt, 12, number->last_tie);
    }
    return step_again(stmt, err);
}

/* Of a row with too many members the smallest stay, whatever order they came in. */
static bool trim(struct cn_sql_conn *conn, const struct table_sql *sql, int64_t members_max,
                 struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t key[4] = { 0, 0, 0, members_max - 1 };
    bool row = true;
    while (row) {
        if (!cn_sql_prepare(conn, sql->large, &stmt, err)) {
            return false;
        }
        cn_sql_bind_i64(stmt, 1, members_max);
        if (!cn_sql_step(stmt, &row, err)) {
            cn_sql_finish(stmt);
            return false;
        }
        for (int i = 0; row && i < 3; i++) {
            key[i] = cn_sql_column_i64(stmt, i);
        }
        cn_sql_finish(stmt);
        if (row && (!run_with(conn, sql->trim_members, key, 4, err) ||
                    !run_with(conn, sql->trim_count, key, 3, err))) {
            return false;
        }
    }
    return true;
}

static bool add_sorted(const struct adder *adder, const struct cn_delta_list *list,
                       struct cn_error *err)
{
    size_t member = 0;
    for (size_t i = 0; i < list->row_count; i++) {
        const struct cn_delta *row = &adder->deltas->rows[list->rows[i]];
        size_t first = member;
        int64_t new_members = 0;
        while (member < list->member_count && list->members[member].row == i) {
            member++;
        }
        if (!add_members(adder, row, &list->members[first], member - first, &new_members, err) ||
            !add_row(adder, row, new_members, err)) {
            return false;
        }
    }
    return true;
}

bool cn_store_add(struct cn_sql_conn *conn, enum cn_store_table table,
                  const struct cn_deltas *deltas, int64_t members_max, struct cn_error *err)
{
    const struct table_sql *sql = &tables[table];
    struct adder adder = { .conn = conn, .deltas = deltas };
    struct cn_delta_list list = { 0 };
    bool ok = false;

    assert(members_max >= CN_STORE_MEMBERS_MIN);
    if (deltas->count == 0) {
        return true;
    }
    cn_deltas_sort(deltas, table == CN_STORE_HOT ? CN_ORDER_BY_DAY : CN_ORDER_BY_ACCOUNT, &list);
    if (!cn_sql_prepare(conn, sql->add_member, &adder.member, err) ||
        !cn_sql_prepare(conn, sql->add_count, &adder.count, err) ||
        !cn_sql_prepare(conn, sql->add_numbers, &adder.numbers, err) ||
        !add_sorted(&adder, &list, err)) {
        goto done;
    }
    ok = list.member_count == 0 || trim(conn, sql, members_max, err);

done:
    cn_delta_list_deinit(&list);
    cn_sql_finish(adder.member);
    cn_sql_finish(adder.count);
    cn_sql_finish(adder.numbers);
    return ok;
}

bool cn_store_trim(struct cn_sql_conn *conn, int64_t members_max, struct cn_error *err)
{
    return trim(conn, &tables[CN_STORE_DAILY], members_max, err);
}

bool cn_store_hot_day(struct cn_sql_conn *conn, int64_t from, bool *found_out, int64_t *day_out,
                      struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(conn, "SELECT min(day) FROM rollup_hot WHERE day >= $1", &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, from);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *found_out = row && !cn_sql_column_is_null(stmt, 0);
        *day_out = *found_out ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_store_hot_days(struct cn_sql_conn *conn, int64_t before, int64_t *days_out, size_t max,
                       size_t *count_out, struct cn_error *err)
{
    int64_t day = INT32_MIN;
    bool found = true;
    *count_out = 0;
    for (; *count_out < max; day++) {
        if (!cn_store_hot_day(conn, day, &found, &day, err)) {
            return false;
        }
        if (!found || day >= before) {
            break;
        }
        days_out[(*count_out)++] = day;
    }
    return true;
}

/* The account before which each of the days has as many rows as its share of the part. */
static bool end_of_part(struct cn_sql_conn *conn, const struct cn_store_fold *fold,
                        int64_t *end_out, struct cn_error *err)
{
    static const char sql[] = "SELECT account_id FROM rollup_hot WHERE day = $1 AND account_id >= "
                              "$2 ORDER BY account_id, metric LIMIT 1 OFFSET $3";
    const size_t share = fold->rows / fold->day_count;
    struct cn_sql_stmt *stmt = NULL;
    bool ok = cn_sql_prepare(conn, sql, &stmt, err);
    int64_t end = INT64_MAX;
    for (size_t i = 0; ok && i < fold->day_count; i++) {
        bool row = false;
        cn_sql_bind_i64(stmt, 1, fold->days[i]);
        cn_sql_bind_i64(stmt, 2, fold->from);
        cn_sql_bind_i64(stmt, 3, share > 0 ? (int64_t)share : 1);
        ok = cn_sql_step(stmt, &row, err);
        if (ok && row && cn_sql_column_i64(stmt, 0) < end) {
            end = cn_sql_column_i64(stmt, 0);
        }
        cn_sql_reset(stmt);
    }
    cn_sql_finish(stmt);
    *end_out = end > fold->from ? end : fold->from + 1; /* an account is not parted */
    return ok;
}

/* A step of folding: of the days $1, of accounts from $2 on and before $3. */
static bool run_step(struct cn_sql_conn *conn, const char *sql, const struct cn_store_fold *fold,
                     int64_t end, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_ids(stmt, 1, fold->days, fold->day_count);
    cn_sql_bind_i64(stmt, 2, fold->from);
    cn_sql_bind_i64(stmt, 3, end);
    return cn_sql_run(stmt, err);
}

#define OF_PART "WHERE day {{in_ids $1}} AND account_id >= $2 AND account_id < $3"

bool cn_store_fold(struct cn_sql_conn *conn, const struct cn_store_fold *fold, int64_t *next_out,
                   int64_t *moved_out, struct cn_error *err)
{
    /* clang-format off */
    static const char *const steps[] = {
        "INSERT INTO metric_member (account_id, metric, day, member)"
        " SELECT account_id, metric, day, member FROM rollup_hot_member " OF_PART
        " ORDER BY account_id, metric, day, member"
        " ON CONFLICT (account_id, metric, day, member) DO NOTHING",
        "INSERT INTO metric_daily (" COLUMNS ")"
        " SELECT " COLUMNS " FROM rollup_hot " OF_PART
        " ORDER BY account_id, metric, day"
        " ON CONFLICT (account_id, metric, day) DO UPDATE SET "
        ADD_COUNTS("metric_daily") ", " ADD_NUMBERS("metric_daily"),
        /* A member of both was counted twice. */
        "UPDATE metric_daily SET members = (SELECT count(*) FROM metric_member AS m"
        "   WHERE m.account_id = metric_daily.account_id AND m.metric = metric_daily.metric"
        "   AND m.day = metric_daily.day)"
        " WHERE (account_id, metric, day) IN (SELECT account_id, metric, day FROM rollup_hot"
        "   " OF_PART " AND members > 0)",
        "DELETE FROM rollup_hot_member " OF_PART,
        "DELETE FROM rollup_hot " OF_PART,
    };
    /* clang-format on */
    int64_t end = INT64_MAX;
    assert(fold->day_count > 0);
    if (!end_of_part(conn, fold, &end, err)) {
        return false;
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(steps); i++) {
        if (!run_step(conn, steps[i], fold, end, err)) {
            return false;
        }
    }
    *moved_out = cn_sql_changes(conn);
    *next_out = end;
    return trim(conn, &tables[CN_STORE_DAILY], fold->members_max, err);
}

static bool run_steps(struct cn_sql_conn *conn, const char *const *steps, size_t step_count,
                      const int64_t *values, int count, struct cn_error *err)
{
    for (size_t i = 0; i < step_count; i++) {
        if (!run_with(conn, steps[i], values, count, err)) {
            return false;
        }
    }
    return true;
}

bool cn_store_drop_account(struct cn_sql_conn *conn, int64_t account_id, int64_t first_day,
                           int64_t last_day, struct cn_error *err)
{
    static const char *const daily[] = {
        "DELETE FROM metric_daily WHERE account_id = $1 AND day BETWEEN $2 AND $3",
        "DELETE FROM metric_member WHERE account_id = $1 AND day BETWEEN $2 AND $3",
    };
    static const char *const hot[] = {
        "DELETE FROM rollup_hot WHERE account_id = $1 AND day = $2",
        "DELETE FROM rollup_hot_member WHERE account_id = $1 AND day = $2",
    };
    int64_t values[] = { account_id, first_day, last_day };
    bool found = true;
    if (!run_steps(conn, daily, CN_ARRAY_LEN(daily), values, 3, err)) {
        return false;
    }
    for (int64_t day = first_day; found && day <= last_day; day++) {
        if (!cn_store_hot_day(conn, day, &found, &day, err)) {
            return false;
        }
        values[1] = day;
        if (found && day <= last_day && !run_steps(conn, hot, CN_ARRAY_LEN(hot), values, 2, err)) {
            return false;
        }
    }
    return true;
}

bool cn_store_drop_metric(struct cn_sql_conn *conn, uint32_t metric, struct cn_error *err)
{
    static const char *const steps[] = {
        "DELETE FROM metric_daily WHERE metric = $1",
        "DELETE FROM metric_member WHERE metric = $1",
        "DELETE FROM rollup_hot WHERE metric = $1",
        "DELETE FROM rollup_hot_member WHERE metric = $1",
    };
    int64_t values[] = { metric };
    return run_steps(conn, steps, CN_ARRAY_LEN(steps), values, 1, err);
}
