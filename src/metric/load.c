#include "metric/load.h"

#include "metric/rollup_impl.h"
#include "metric/store_sql.h"

enum statement {
    FIRST_DAY,
    ROWS,
    ROWS_AND_BEFORE,
    MEMBER_DAY_BEFORE,
    MEMBERS,
    HOT_ROWS,
    HOT_MEMBERS,
    HOT_OF_DAY,
    HOT_MEMBERS_OF_DAY,
    NEXT_ACCOUNT,
    STATEMENTS,
};

static const char *const texts[STATEMENTS] = {
    [FIRST_DAY] = "SELECT min(day) FROM metric_daily WHERE account_id = $1 AND metric = $2",
    [ROWS] = "SELECT " COLUMNS " FROM metric_daily WHERE account_id = $1 AND metric = $2"
             " AND day BETWEEN $3 AND $4 ORDER BY day",
    /* In one: there are as many as accounts times metrics. */
    [ROWS_AND_BEFORE] = "SELECT " COLUMNS " FROM metric_daily WHERE account_id = $1 AND metric = $2"
                        " AND day >= COALESCE((SELECT max(b.day) FROM metric_daily AS b WHERE"
                        " b.account_id = $1 AND b.metric = $2 AND b.day < $3), $3)"
                        " AND day <= $4 ORDER BY day",
    [MEMBER_DAY_BEFORE] = "SELECT account_id, metric, day, 0 FROM metric_daily"
                          " WHERE account_id = $1 AND metric = $2 AND day < $3 AND members > 0"
                          " ORDER BY day DESC LIMIT 1",
    [MEMBERS] = "SELECT account_id, metric, day, member FROM metric_member"
                " WHERE account_id = $1 AND metric = $2 AND day BETWEEN $3 AND $4",
    [HOT_ROWS] = "SELECT " COLUMNS " FROM rollup_hot WHERE day <= $1"
                 " ORDER BY day, account_id, metric",
    [HOT_MEMBERS] = "SELECT account_id, metric, day, member FROM rollup_hot_member"
                    " WHERE day BETWEEN $1 AND $2 ORDER BY day, account_id, metric",
    [HOT_OF_DAY] = "SELECT " COLUMNS " FROM rollup_hot WHERE day = $1 AND account_id = $2",
    [HOT_MEMBERS_OF_DAY] = "SELECT account_id, metric, day, member FROM rollup_hot_member"
                           " WHERE day = $1 AND account_id = $2",
    [NEXT_ACCOUNT] = "SELECT min(account_id) FROM metric_daily WHERE account_id > $1",
};

struct loader {
    struct cn_sql_conn *conn;
    const struct cn_load *load;
    const struct cn_load_sink *sink;
    struct cn_sql_stmt *stmts[STATEMENTS];
};

static const struct cn_load_metric *wanted(const struct loader *loader, uint32_t metric)
{
    for (size_t i = 0; i < loader->load->metric_count; i++) {
        if (loader->load->metrics[i].metric == metric) {
            return &loader->load->metrics[i];
        }
    }
    return NULL;
}

/* Binds up to four numbers to the statement, ready to be stepped. */
static struct cn_sql_stmt *start(struct loader *loader, enum statement which, const int64_t *values,
                                 int count)
{
    struct cn_sql_stmt *stmt = loader->stmts[which];
    cn_sql_reset(stmt);
    for (int i = 0; i < count; i++) {
        cn_sql_bind_i64(stmt, i + 1, values[i]);
    }
    return stmt;
}

static struct cn_load_row key_of(struct cn_sql_stmt *stmt)
{
    return (struct cn_load_row){ .account_id = cn_sql_column_i64(stmt, 0),
                                 .metric = (uint32_t)cn_sql_column_i64(stmt, 1),
                                 .day = (int32_t)cn_sql_column_i64(stmt, 2) };
}

static struct cn_load_row row_of(struct cn_sql_stmt *stmt)
{
    struct cn_load_row row = key_of(stmt);
    row.count = cn_sql_column_i64(stmt, 3);
    row.members = cn_sql_column_i64(stmt, 4);
    row.number = (struct cn_delta_number){
        .plus = cn_sql_column_i64(stmt, 5),
        .minus = cn_sql_column_i64(stmt, 6),
        .min = cn_sql_column_f64(stmt, 7),
        .max = cn_sql_column_f64(stmt, 8),
        .last = cn_sql_column_f64(stmt, 9),
        .last_at = cn_sql_column_i64(stmt, 10),
        .last_tie = cn_sql_column_i64(stmt, 11),
    };
    return row;
}

/* Hands on the rows of a started statement; *before_out, unless NULL, is what it had of earlier
 * days last, or metric 0. */
static bool give_rows(const struct loader *loader, struct cn_sql_stmt *stmt,
                      struct cn_load_row *before_out, struct cn_error *err)
{
    for (;;) {
        bool found = false;
        if (!cn_sql_step(stmt, &found, err)) {
            return false;
        }
        if (!found) {
            return true;
        }
        struct cn_load_row row = row_of(stmt);
        if (before_out != NULL && row.day < loader->load->first_day) {
            *before_out = row;
        }
        if (row.metric == CN_ROLLUP_EVERY || row.metric == CN_ROLLUP_GROUPS) {
            loader->sink->first_day(loader->sink->arg, row.account_id, row.day);
        }
        bool in_time = row.day >= loader->load->first_day || loader->load->with_before;
        if (in_time && row.day <= loader->load->last_day && wanted(loader, row.metric) != NULL) {
            loader->sink->row(loader->sink->arg, &row);
        }
    }
}

static bool give_members(const struct loader *loader, struct cn_sql_stmt *stmt,
                         struct cn_error *err)
{
    for (;;) {
        bool found = false;
        if (!cn_sql_step(stmt, &found, err)) {
            return false;
        }
        if (!found) {
            return true;
        }
        struct cn_load_row key = key_of(stmt);
        const struct cn_load_metric *metric = wanted(loader, key.metric);
        if (metric != NULL && metric->with_members) {
            loader->sink->member(loader->sink->arg, &key, (uint64_t)cn_sql_column_i64(stmt, 3));
        }
    }
}

static bool load_first_day(struct loader *loader, int64_t account_id, uint32_t metric,
                           struct cn_error *err)
{
    int64_t key[] = { account_id, metric };
    struct cn_sql_stmt *stmt = start(loader, FIRST_DAY, key, 2);
    bool found = false;
    if (!cn_sql_step(stmt, &found, err)) {
        return false;
    }
    if (found && !cn_sql_column_is_null(stmt, 0)) {
        loader->sink->first_day(loader->sink->arg, account_id, (int32_t)cn_sql_column_i64(stmt, 0));
    }
    cn_sql_reset(stmt);
    return true;
}

/* The newest day before the first with members: mostly the newest with anything. */
static bool give_member_day_before(struct loader *loader, const struct cn_load_row *before,
                                   const int64_t *key, struct cn_error *err)
{
    if (before->metric != 0 && before->members == 0) {
        return give_members(loader, start(loader, MEMBER_DAY_BEFORE, key, 3), err);
    }
    if (before->metric != 0) {
        loader->sink->member(loader->sink->arg, before, 0);
    }
    return true;
}

static bool load_metric(struct loader *loader, int64_t account_id,
                        const struct cn_load_metric *metric, struct cn_error *err)
{
    int64_t key[] = { account_id, metric->metric, loader->load->first_day, loader->load->last_day };
    struct cn_load_row before = { .metric = 0 };
    enum statement rows = loader->load->with_before ? ROWS_AND_BEFORE : ROWS;
    return give_rows(loader, start(loader, rows, key, 4), &before, err) &&
           (!metric->with_members || (give_member_day_before(loader, &before, key, err) &&
                                      give_members(loader, start(loader, MEMBERS, key, 4), err)));
}

static bool load_folded(struct loader *loader, int64_t account_id, struct cn_error *err)
{
    if (!load_first_day(loader, account_id, CN_ROLLUP_EVERY, err) ||
        !load_first_day(loader, account_id, CN_ROLLUP_GROUPS, err)) {
        return false;
    }
    for (size_t i = 0; i < loader->load->metric_count; i++) {
        if (!load_metric(loader, account_id, &loader->load->metrics[i], err)) {
            return false;
        }
    }
    return true;
}

static bool load_all(struct loader *loader, struct cn_error *err)
{
    int64_t days[] = { loader->load->first_day, loader->load->last_day };
    int64_t account_id = INT64_MIN;
    for (;;) {
        struct cn_sql_stmt *stmt = start(loader, NEXT_ACCOUNT, &account_id, 1);
        bool found = false;
        if (!cn_sql_step(stmt, &found, err)) {
            return false;
        }
        if (!found || cn_sql_column_is_null(stmt, 0)) {
            break;
        }
        account_id = cn_sql_column_i64(stmt, 0);
        if (!load_folded(loader, account_id, err)) {
            return false;
        }
    }
    cn_sql_reset(loader->stmts[NEXT_ACCOUNT]);
    return give_rows(loader, start(loader, HOT_ROWS, &days[1], 1), NULL, err) &&
           give_members(loader, start(loader, HOT_MEMBERS, days, 2), err);
}

static bool load_hot_day(struct loader *loader, int64_t day, struct cn_error *err)
{
    for (size_t i = 0; i < loader->load->account_count; i++) {
        int64_t key[] = { day, loader->load->account_ids[i] };
        if (!give_rows(loader, start(loader, HOT_OF_DAY, key, 2), NULL, err) ||
            (day >= loader->load->first_day &&
             !give_members(loader, start(loader, HOT_MEMBERS_OF_DAY, key, 2), err))) {
            return false;
        }
    }
    return true;
}

static bool load_some(struct loader *loader, struct cn_error *err)
{
    bool found = true;
    for (size_t i = 0; i < loader->load->account_count; i++) {
        if (!load_folded(loader, loader->load->account_ids[i], err)) {
            return false;
        }
    }
    for (int64_t day = INT32_MIN; found; day++) {
        if (!cn_store_hot_day(loader->conn, day, &found, &day, err)) {
            return false;
        }
        if (found && day > loader->load->last_day) {
            return true;
        }
        if (found && !load_hot_day(loader, day, err)) {
            return false;
        }
    }
    return true;
}

bool cn_load_rows(struct cn_sql_conn *conn, const struct cn_load *load,
                  const struct cn_load_sink *sink, struct cn_error *err)
{
    struct loader loader = { .conn = conn, .load = load, .sink = sink };
    bool ok = true;
    for (int i = 0; ok && i < STATEMENTS; i++) {
        ok = cn_sql_prepare(conn, texts[i], &loader.stmts[i], err);
    }
    ok = ok && (load->account_ids != NULL ? load_some(&loader, err) : load_all(&loader, err));
    for (int i = 0; i < STATEMENTS; i++) {
        cn_sql_finish(loader.stmts[i]);
    }
    return ok;
}
