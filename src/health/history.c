/* Rows of health_history.  A row's keys are the account and the moment; nothing else is unique. */
#include "health/history.h"

#include <string.h>

#include "base/hash.h"
#include "base/str.h"

#include "health/items.h"
#include "sql/rows.h"

#define COLUMNS CN_HEALTH_ROW_COLUMNS("h.tick")

static uint64_t key_of(const struct cn_health_row *row)
{
    const int64_t key[] = { row->account_id, row->at.us };
    return cn_hash64((cn_str){ (const char *)key, sizeof(key) });
}

static void add_row(struct cn_sql_rows *rows, const struct cn_health_row *row)
{
    const struct cn_health_score *score = &row->score;
    cn_sql_rows_i64(rows, row->account_id);
    cn_sql_rows_i64(rows, row->at.us);
    if (score->has_points) {
        cn_sql_rows_i64(rows, score->points);
    } else {
        cn_sql_rows_null(rows);
    }
    cn_sql_rows_i64(rows, (int64_t)score->band);
    cn_sql_rows_i64(rows, score->is_grey);
    cn_sql_rows_i64(rows, score->confidence);
    cn_sql_rows_str(rows, row->scorecard);
    cn_sql_rows_i64(rows, (int64_t)score->fired);
    cn_sql_rows_str(rows, row->because);
    cn_sql_rows_i64(rows, row->is_backfilled);
    cn_sql_rows_i64(rows, row->program_version);
    cn_sql_rows_i64(rows, row->tick);
}

#define SAVED                                                                       \
    "account_id, at_us, points, band, grey, confidence, scorecard, fired, because," \
    " backfilled, program_version, tick"

bool cn_health_history_save(struct cn_sql_conn *conn, const struct cn_health_row *rows,
                            size_t count, struct cn_error *err)
{
    static const char sql[] =
        "INSERT INTO health_history (" SAVED ") {{rows " SAVED "}}"
        " ON CONFLICT (account_id, at_us) DO UPDATE SET points = excluded.points,"
        " band = excluded.band, grey = excluded.grey, confidence = excluded.confidence,"
        " scorecard = excluded.scorecard, fired = excluded.fired, because = excluded.because,"
        " backfilled = excluded.backfilled, program_version = excluded.program_version,"
        " tick = excluded.tick WHERE health_history.backfilled = 1 OR excluded.backfilled = 0";
    struct cn_sql_rows out;
    if (count == 0) {
        return true;
    }
    bool ok = cn_sql_rows_begin(&out, conn, sql, "iiiiiititiii", err);
    for (size_t i = 0; ok && i < count; i++) {
        ok = cn_sql_rows_next(&out, key_of(&rows[i]), err);
        if (ok) {
            add_row(&out, &rows[i]);
        }
    }
    return cn_sql_rows_end(&out, ok, err) || cn_error_context(err, "saving the history of health");
}

struct cn_health_row cn_health_history_row(const struct cn_health_model *model, int64_t account_id,
                                           cn_time at, const struct cn_health_score *score,
                                           struct cn_arena *arena)
{
    struct cn_health_row row = { .account_id = account_id, .at = at, .score = *score };
    if (score->scorecard >= 0) {
        const struct cn_scorecard *card = &model->scorecards[score->scorecard];
        row.scorecard = card->name;
        row.because = cn_health_because(card, score->fired, arena);
    }
    return row;
}

struct cn_health_row cn_health_row_read(struct cn_sql_stmt *stmt)
{
    return (struct cn_health_row){
        .account_id = cn_sql_column_i64(stmt, 0),
        .at = { cn_sql_column_i64(stmt, 1) },
        .score = { .has_points = !cn_sql_column_is_null(stmt, 2),
                   .points = (int32_t)cn_sql_column_i64(stmt, 2),
                   .band = (enum cn_band)(cn_sql_column_i64(stmt, 3) & 3),
                   .is_grey = cn_sql_column_i64(stmt, 4) != 0,
                   .confidence = (int32_t)cn_sql_column_i64(stmt, 5),
                   .scorecard = -1,
                   .fired = (uint64_t)cn_sql_column_i64(stmt, 7) },
        .scorecard = cn_sql_column_str(stmt, 6),
        .because = cn_sql_column_str(stmt, 8),
        .is_backfilled = cn_sql_column_i64(stmt, 9) != 0,
        .program_version = cn_sql_column_i64(stmt, 10),
        .tick = cn_sql_column_i64(stmt, 11),
    };
}

struct cn_health_row cn_health_row_keep(struct cn_sql_stmt *stmt, struct cn_arena *arena)
{
    struct cn_health_row row = cn_health_row_read(stmt);
    row.scorecard = cn_arena_str(arena, row.scorecard);
    row.because = cn_arena_str(arena, row.because);
    return row;
}

static void reverse(struct cn_health_row_list *list)
{
    for (size_t i = 0; i < list->count / 2; i++) {
        struct cn_health_row row = list->items[i];
        list->items[i] = list->items[list->count - 1 - i];
        list->items[list->count - 1 - i] = row;
    }
}

bool cn_health_history_load(struct cn_sql_conn *conn, const struct cn_health_range *range,
                            struct cn_arena *arena, struct cn_health_row_list *list_out,
                            struct cn_error *err)
{
    static const char sql[] = "SELECT " COLUMNS " FROM health_history AS h"
                              " WHERE h.account_id = $1 AND h.at_us < $2"
                              " ORDER BY h.at_us DESC LIMIT $3";
    struct cn_sql_stmt *stmt = NULL;
    struct cn_health_row_list list = { 0 };
    bool row = false;
    bool ok = false;
    bool goes_on = true;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    list.items = cn_arena_array(arena, struct cn_health_row, range->limit);
    cn_sql_bind_i64(stmt, 1, range->account_id);
    cn_sql_bind_i64(stmt, 2, range->to.us);
    cn_sql_bind_i64(stmt, 3, (int64_t)range->limit);
    while (goes_on && (ok = cn_sql_step(stmt, &row, err)) && row && list.count < range->limit) {
        list.items[list.count] = cn_health_row_keep(stmt, arena);
        goes_on =
            list.items[list.count++].at.us >= range->from.us; /* the last one held at `from` */
    }
    cn_sql_finish(stmt);
    if (ok) {
        reverse(&list);
        *list_out = list;
    }
    return ok;
}

bool cn_health_history_at(struct cn_sql_conn *conn, int64_t account_id, cn_time at,
                          struct cn_arena *arena, struct cn_health_row *row_out, bool *found_out,
                          struct cn_error *err)
{
    struct cn_health_row_list list;
    cn_time to = { at.us + 1 };
    struct cn_health_range range = { account_id, to, to, 1 };
    if (!cn_health_history_load(conn, &range, arena, &list, err)) {
        return false;
    }
    if (list.count > 0) {
        *row_out = list.items[0];
    }
    *found_out = list.count > 0;
    return true;
}

bool cn_health_history_each_lived(struct cn_sql_conn *conn, int64_t first_tick, int64_t last_tick,
                                  void (*each)(void *arg, const struct cn_health_row *row),
                                  void *arg, struct cn_error *err)
{
    static const char sql[] = "SELECT " COLUMNS " FROM health_history AS h"
                              " WHERE h.tick >= $1 AND h.tick <= $2 AND h.backfilled = 0"
                              " ORDER BY h.tick, h.account_id";
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, first_tick);
    cn_sql_bind_i64(stmt, 2, last_tick);
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        struct cn_health_row lived = cn_health_row_read(stmt);
        each(arg, &lived);
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_health_history_each_since(struct cn_sql_conn *conn, const struct cn_health_stretch *stretch,
                                  void (*each)(void *arg, const struct cn_health_row *row),
                                  void *arg, struct cn_error *err)
{
    /* By account, so that what came before `from` costs a look into the key and no more. */
    static const char sql[] =
        "SELECT " COLUMNS " FROM account AS a JOIN health_history AS h"
        " ON h.account_id = a.account_id AND h.at_us <= $2 AND h.at_us >= COALESCE("
        "(SELECT max(p.at_us) FROM health_history AS p"
        " WHERE p.account_id = a.account_id AND p.at_us <= $1), $1)"
        " WHERE a.account_id > $3 AND a.account_id <= $4 ORDER BY a.account_id, h.at_us";
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, stretch->from.us);
    cn_sql_bind_i64(stmt, 2, stretch->to.us);
    cn_sql_bind_i64(stmt, 3, stretch->after);
    cn_sql_bind_i64(stmt, 4, stretch->upto);
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        struct cn_health_row stored = cn_health_row_read(stmt);
        each(arg, &stored);
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_health_history_all_at(struct cn_sql_conn *conn, cn_time at,
                              void (*each)(void *arg, const struct cn_health_row *row), void *arg,
                              struct cn_error *err)
{
    static const char sql[] = "SELECT " COLUMNS " FROM health_history AS h"
                              " JOIN (SELECT account_id, max(at_us) AS last_us FROM health_history"
                              " WHERE at_us <= $1 GROUP BY account_id) AS newest"
                              " ON newest.account_id = h.account_id AND newest.last_us = h.at_us"
                              " ORDER BY h.account_id";
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, at.us);
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        struct cn_health_row held = cn_health_row_read(stmt);
        each(arg, &held);
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_health_history_forget(struct cn_sql_conn *conn, int64_t account_id, cn_time from,
                              cn_time to, struct cn_error *err)
{
    static const char one[] = "DELETE FROM health_history WHERE backfilled = 1"
                              " AND at_us >= $1 AND at_us < $2 AND account_id = $3";
    static const char all[] = "DELETE FROM health_history WHERE backfilled = 1"
                              " AND at_us >= $1 AND at_us < $2";
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, account_id != 0 ? one : all, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, from.us);
    cn_sql_bind_i64(stmt, 2, to.us);
    if (account_id != 0) {
        cn_sql_bind_i64(stmt, 3, account_id);
    }
    return cn_sql_run(stmt, err);
}
