/* Rows of shadow_history.  A row's keys are the account, the shadow and the day. */
#include "health/shadow_history.h"

#include <string.h>

#include "base/hash.h"
#include "base/str.h"

#include "health/items.h"
#include "sql/rows.h"

#define COLUMNS CN_HEALTH_ROW_COLUMNS("0")

static uint64_t key_of(const struct cn_health_row *row, int64_t day)
{
    const int64_t key[] = { row->account_id, day, (int64_t)cn_hash64(row->scorecard) };
    return cn_hash64((cn_str){ (const char *)key, sizeof(key) });
}

static void add_row(struct cn_sql_rows *rows, int64_t day, const struct cn_health_row *row)
{
    const struct cn_health_score *score = &row->score;
    cn_sql_rows_i64(rows, row->account_id);
    cn_sql_rows_str(rows, row->scorecard);
    cn_sql_rows_i64(rows, day);
    cn_sql_rows_i64(rows, row->at.us);
    if (score->has_points) {
        cn_sql_rows_i64(rows, score->points);
    } else {
        cn_sql_rows_null(rows);
    }
    cn_sql_rows_i64(rows, (int64_t)score->band);
    cn_sql_rows_i64(rows, score->is_grey);
    cn_sql_rows_i64(rows, score->confidence);
    cn_sql_rows_str(rows, row->because);
    cn_sql_rows_i64(rows, row->is_backfilled);
    cn_sql_rows_i64(rows, row->program_version);
    cn_sql_rows_i64(rows, (int64_t)score->fired);
}

#define SAVED                                                                                 \
    "account_id, scorecard, day, at_us, points, band, grey, confidence, because, backfilled," \
    " program_version, fired"

bool cn_shadow_history_save(struct cn_sql_conn *conn, const struct cn_tz *tz,
                            const struct cn_health_row *rows, size_t count, struct cn_error *err)
{
    static const char sql[] =
        "INSERT INTO shadow_history (" SAVED ") {{rows " SAVED "}}"
        " ON CONFLICT (account_id, scorecard, day) DO UPDATE SET at_us = excluded.at_us,"
        " points = excluded.points, band = excluded.band, grey = excluded.grey,"
        " confidence = excluded.confidence, because = excluded.because,"
        " backfilled = excluded.backfilled, program_version = excluded.program_version,"
        " fired = excluded.fired"
        " WHERE shadow_history.backfilled = 1 OR excluded.backfilled = 0";
    struct cn_sql_rows out;
    if (count == 0) {
        return true;
    }
    bool ok = cn_sql_rows_begin(&out, conn, sql, "itiiiiiitiii", err);
    for (size_t i = 0; ok && i < count; i++) {
        const int64_t day = cn_tz_day(tz, rows[i].at);
        ok = cn_sql_rows_next(&out, key_of(&rows[i], day), err);
        if (ok) {
            add_row(&out, day, &rows[i]);
        }
    }
    return cn_sql_rows_end(&out, ok, err) || cn_error_context(err, "saving the history of shadows");
}

struct cn_health_row cn_shadow_history_row(const struct cn_health_model *model, int64_t account_id,
                                           cn_time at, const struct cn_health_change *change,
                                           struct cn_arena *arena)
{
    struct cn_health_row row = { .account_id = account_id, .at = at, .score = change->after };
    for (size_t i = 0; i < model->scorecard_count; i++) {
        const struct cn_scorecard *card = &model->scorecards[i];
        if (card->is_shadow && card->shadow == change->shadow) {
            row.scorecard = cn_arena_str(arena, card->name);
            row.because = cn_health_because(card, change->after.fired, arena);
        }
    }
    return row;
}

bool cn_shadow_history_load(struct cn_sql_conn *conn, const struct cn_health_range *range,
                            struct cn_arena *arena, struct cn_health_row_list *list_out,
                            struct cn_error *err)
{
    static const char sql[] =
        "SELECT " COLUMNS " FROM (SELECT * FROM shadow_history AS h"
        " WHERE h.account_id = $1 AND h.at_us < $3"
        " AND h.at_us >= COALESCE((SELECT max(p.at_us) FROM shadow_history AS p"
        " WHERE p.account_id = $1 AND p.scorecard = h.scorecard AND p.at_us <= $2), $2)"
        " ORDER BY h.at_us DESC LIMIT $4) AS h ORDER BY h.scorecard, h.at_us";
    struct cn_sql_stmt *stmt = NULL;
    struct cn_health_row_list list = { 0 };
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    list.items = cn_arena_array(arena, struct cn_health_row, range->limit);
    cn_sql_bind_i64(stmt, 1, range->account_id);
    cn_sql_bind_i64(stmt, 2, range->from.us);
    cn_sql_bind_i64(stmt, 3, range->to.us);
    cn_sql_bind_i64(stmt, 4, (int64_t)range->limit);
    while ((ok = cn_sql_step(stmt, &row, err)) && row && list.count < range->limit) {
        list.items[list.count++] = cn_health_row_keep(stmt, arena);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok || cn_error_context(err, "reading the history of shadows");
}

bool cn_shadow_history_each_newest(struct cn_sql_conn *conn,
                                   void (*each)(void *arg, const struct cn_health_row *row),
                                   void *arg, struct cn_error *err)
{
    static const char sql[] =
        "SELECT " COLUMNS " FROM shadow_history AS h JOIN (SELECT account_id, scorecard,"
        " max(day) AS last_day FROM shadow_history GROUP BY account_id, scorecard) AS newest"
        " ON newest.account_id = h.account_id AND newest.scorecard = h.scorecard"
        " AND newest.last_day = h.day ORDER BY h.account_id, h.scorecard";
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        struct cn_health_row newest = cn_health_row_read(stmt);
        each(arg, &newest);
    }
    cn_sql_finish(stmt);
    return ok || cn_error_context(err, "reading what shadows said last");
}

/* A statement with up to three numbers. */
static bool run(struct cn_sql_conn *conn, const char *sql, const int64_t *numbers, int count,
                struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        cn_sql_bind_i64(stmt, i + 1, numbers[i]);
    }
    return cn_sql_run(stmt, err);
}

bool cn_shadow_history_forget(struct cn_sql_conn *conn, int64_t account_id, int64_t first_day,
                              int64_t last_day, struct cn_error *err)
{
    const int64_t numbers[] = { account_id, first_day, last_day };
    return run(conn,
               "DELETE FROM shadow_history WHERE backfilled = 1 AND account_id = $1"
               " AND day >= $2 AND day <= $3",
               numbers, 3, err);
}

bool cn_shadow_history_prune(struct cn_sql_conn *conn, int64_t today, struct cn_error *err)
{
    const int64_t numbers[] = { today - CN_SHADOW_DAYS };
    return run(
        conn,
        "DELETE FROM shadow_history WHERE day < $1 AND EXISTS (SELECT 1 FROM"
        " shadow_history AS later WHERE later.account_id = shadow_history.account_id"
        " AND later.scorecard = shadow_history.scorecard AND later.day > shadow_history.day)",
        numbers, 1, err);
}

bool cn_shadow_history_drop(struct cn_sql_conn *conn, int64_t account_id, struct cn_error *err)
{
    return run(conn, "DELETE FROM shadow_history WHERE account_id = $1", &account_id, 1, err);
}
