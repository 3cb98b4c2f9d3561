#include "engine/list_columns.h"

#include "health/history.h"

void cn_list_columns_init(struct cn_list_columns *lists)
{
    cn_column_init(&lists->owner, CN_COLUMN_I64);
    cn_column_init(&lists->team, CN_COLUMN_I64);
    for (size_t i = 0; i < CN_ARRAY_LEN(lists->weeks); i++) {
        cn_column_init(&lists->weeks[i], CN_COLUMN_I64);
    }
}

void cn_list_columns_deinit(struct cn_list_columns *lists)
{
    cn_column_deinit(&lists->owner);
    cn_column_deinit(&lists->team);
    for (size_t i = 0; i < CN_ARRAY_LEN(lists->weeks); i++) {
        cn_column_deinit(&lists->weeks[i]);
    }
}

void cn_list_columns_reserve(struct cn_list_columns *lists, size_t rows)
{
    cn_column_reserve(&lists->owner, rows);
    cn_column_reserve(&lists->team, rows);
    for (size_t i = 0; i < CN_ARRAY_LEN(lists->weeks); i++) {
        cn_column_reserve(&lists->weeks[i], rows);
    }
}

void cn_list_columns_clear(struct cn_list_columns *lists, uint32_t row)
{
    cn_column_set_missing(&lists->owner, row);
    cn_column_set_missing(&lists->team, row);
    for (size_t i = 0; i < CN_ARRAY_LEN(lists->weeks); i++) {
        cn_column_set_missing(&lists->weeks[i], row);
    }
}

static void set_or_missing(struct cn_column *column, uint32_t row, int64_t value)
{
    if (value != 0) {
        cn_column_set_i64(column, row, value);
    } else {
        cn_column_set_missing(column, row);
    }
}

void cn_engine_lists_refresh(struct cn_engine *engine, uint32_t row)
{
    int64_t owner = 0;
    int64_t team = 0;
    int64_t account = cn_frame_accounts(engine->frame)[row];
    if (cn_book_facts_owner(engine->facts, account, &owner, &team)) {
        set_or_missing(&engine->lists->owner, row, owner);
        set_or_missing(&engine->lists->team, row, team);
    }
}

void cn_engine_set_trend(struct cn_engine *engine, uint32_t row)
{
    const struct cn_health_score score = cn_health_state_get(&engine->health, row);
    if (score.has_points && !cn_column_is_missing(&engine->past_points, row)) {
        cn_column_set_i64(&engine->trend, row, score.points - engine->past_points.as.i64[row]);
    } else {
        cn_column_set_missing(&engine->trend, row);
    }
}

struct past {
    const struct cn_engine *engine;
    struct cn_column *column;
};

static void set_past(void *arg, const struct cn_health_row *row)
{
    const struct past *past = arg;
    uint32_t index = 0;
    if (row->score.has_points && cn_frame_find(past->engine->frame, row->account_id, &index)) {
        cn_column_set_i64(past->column, index, row->score.points);
    }
}

/* Reads into a column of its own first, so that lists wait for the exchange alone. */
static bool load_column(struct cn_engine *engine, struct cn_sql_conn *conn, cn_time at,
                        struct cn_column *column, struct cn_error *err)
{
    struct cn_column fresh;
    cn_column_init(&fresh, CN_COLUMN_I64);
    cn_column_reserve(&fresh, column->capacity);
    struct past past = { engine, &fresh };
    bool ok = cn_health_history_all_at(conn, at, set_past, &past, err);
    if (ok) {
        (void)pthread_rwlock_wrlock(&engine->lock);
        struct cn_column old = *column;
        *column = fresh;
        fresh = old;
        (void)pthread_rwlock_unlock(&engine->lock);
    }
    cn_column_deinit(&fresh);
    return ok;
}

bool cn_engine_load_past(struct cn_engine *engine, cn_time now, struct cn_error *err)
{
    static const int64_t day_us = (int64_t)86400 * 1000000;
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    cn_time then = { now.us - CN_TREND_DAYS * day_us };
    bool ok = load_column(engine, conn, then, &engine->past_points, err);
    for (int64_t week = 1; ok && week < CN_SPARK_WEEKS; week++) {
        then.us = now.us - week * 7 * day_us;
        ok = load_column(engine, conn, then, &engine->lists->weeks[CN_SPARK_WEEKS - 1 - week], err);
    }
    cn_db_release(engine->options.db, conn);
    if (ok) {
        (void)pthread_rwlock_wrlock(&engine->lock);
        for (size_t row = 0; row < cn_frame_rows(engine->frame); row++) {
            cn_engine_set_trend(engine, (uint32_t)row);
        }
        (void)pthread_rwlock_unlock(&engine->lock);
    }
    return ok || cn_error_context(err, "loading past scores");
}
