/* Rows of placement_history.  A row's keys are the account and the moment. */
#include "segment/history.h"

#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/str.h"

#include "book/change.h"
#include "segment/evaluate.h"
#include "sql/rows.h"

#define COLUMNS "p.account_id, p.at_us, p.placement, p.backfilled, p.program_version, p.tick"

static uint64_t key_of(const struct cn_placement_row *row)
{
    const int64_t key[] = { row->account_id, row->at.us };
    return cn_hash64((cn_str){ (const char *)key, sizeof(key) });
}

#define SAVED "account_id, at_us, placement, backfilled, program_version, tick"

bool cn_placement_save(struct cn_sql_conn *conn, const struct cn_placement_row *rows, size_t count,
                       struct cn_error *err)
{
    static const char sql[] =
        "INSERT INTO placement_history (" SAVED ") {{rows " SAVED "}}"
        " ON CONFLICT (account_id, at_us) DO UPDATE SET placement = excluded.placement,"
        " backfilled = excluded.backfilled, program_version = excluded.program_version,"
        " tick = excluded.tick"
        " WHERE placement_history.backfilled = 1 OR excluded.backfilled = 0";
    struct cn_sql_rows out;
    if (count == 0) {
        return true;
    }
    bool ok = cn_sql_rows_begin(&out, conn, sql, "iitiii", err);
    for (size_t i = 0; ok && i < count; i++) {
        ok = cn_sql_rows_next(&out, key_of(&rows[i]), err);
        if (ok) {
            cn_sql_rows_i64(&out, rows[i].account_id);
            cn_sql_rows_i64(&out, rows[i].at.us);
            cn_sql_rows_str(&out, rows[i].placement);
            cn_sql_rows_i64(&out, rows[i].is_backfilled);
            cn_sql_rows_i64(&out, rows[i].program_version);
            cn_sql_rows_i64(&out, rows[i].tick);
        }
    }
    return cn_sql_rows_end(&out, ok, err) || cn_error_context(err, "saving placements");
}

bool cn_placement_save_current(const struct cn_unit *unit, const struct cn_placement_row *rows,
                               size_t count, struct cn_error *err)
{
    struct cn_map held = { 0 };
    int64_t *ids = cn_arena_array(unit->arena, int64_t, count + 1);
    cn_str *placements = cn_arena_array(unit->arena, cn_str, count + 1);
    struct cn_placement_row *there =
        cn_arena_array(unit->arena, struct cn_placement_row, count + 1);
    size_t there_count = 0;
    for (size_t i = 0; i < count; i++) {
        ids[i] = rows[i].account_id;
    }
    bool ok = cn_account_hold(unit, ids, count, &held, err);
    for (size_t i = 0; ok && i < count; i++) {
        if (cn_map_get(&held, (uint64_t)rows[i].account_id) != NULL) {
            ids[there_count] = rows[i].account_id;
            placements[there_count] = rows[i].placement;
            there[there_count++] = rows[i];
        }
    }
    cn_map_deinit(&held);
    return ok && cn_account_save_placements(unit, ids, placements, there_count, err) &&
           cn_placement_save(unit->conn, there, there_count, err);
}

/* Text is borrowed from the statement. */
static struct cn_placement_row read_row(struct cn_sql_stmt *stmt)
{
    return (struct cn_placement_row){
        .account_id = cn_sql_column_i64(stmt, 0),
        .at = { cn_sql_column_i64(stmt, 1) },
        .placement = cn_sql_column_str(stmt, 2),
        .is_backfilled = cn_sql_column_i64(stmt, 3) != 0,
        .program_version = cn_sql_column_i64(stmt, 4),
        .tick = cn_sql_column_i64(stmt, 5),
    };
}

static bool each_row(struct cn_sql_stmt *stmt,
                     void (*each)(void *arg, const struct cn_placement_row *row), void *arg,
                     struct cn_error *err)
{
    bool row = false;
    bool ok = false;
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        struct cn_placement_row read = read_row(stmt);
        each(arg, &read);
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_placement_each_lived(struct cn_sql_conn *conn, int64_t first_tick, int64_t last_tick,
                             void (*each)(void *arg, const struct cn_placement_row *row), void *arg,
                             struct cn_error *err)
{
    static const char sql[] = "SELECT " COLUMNS " FROM placement_history AS p"
                              " WHERE p.tick >= $1 AND p.tick <= $2 AND p.backfilled = 0"
                              " ORDER BY p.tick, p.account_id";
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, first_tick);
    cn_sql_bind_i64(stmt, 2, last_tick);
    return each_row(stmt, each, arg, err);
}

bool cn_placement_all_at(struct cn_sql_conn *conn, cn_time at,
                         void (*each)(void *arg, const struct cn_placement_row *row), void *arg,
                         struct cn_error *err)
{
    static const char sql[] =
        "SELECT " COLUMNS " FROM placement_history AS p"
        " JOIN (SELECT account_id, max(at_us) AS last_us FROM placement_history"
        " WHERE at_us <= $1 AND backfilled = 0 GROUP BY account_id) AS newest"
        " ON newest.account_id = p.account_id AND newest.last_us = p.at_us"
        " ORDER BY p.account_id";
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, at.us);
    return each_row(stmt, each, arg, err);
}

bool cn_placement_each_held(struct cn_sql_conn *conn, cn_time at, int64_t only,
                            void (*each)(void *arg, int64_t account_id, cn_str placement),
                            void *arg, struct cn_error *err)
{
    static const char sql[] =
        "SELECT a.account_id, (SELECT p.placement FROM placement_history AS p"
        " WHERE p.account_id = a.account_id AND p.at_us <= $1 ORDER BY p.at_us DESC LIMIT 1)"
        " FROM (SELECT account_id FROM account UNION ALL SELECT merged_id FROM account_merge"
        " WHERE known_us > $1) AS a WHERE $2 = 0 OR a.account_id = $2";
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, at.us);
    cn_sql_bind_i64(stmt, 2, only);
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        if (!cn_sql_column_is_null(stmt, 1)) {
            each(arg, cn_sql_column_i64(stmt, 0), cn_sql_column_str(stmt, 1));
        }
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_placement_forget(struct cn_sql_conn *conn, int64_t account_id, cn_time from, cn_time to,
                         struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn,
                        "DELETE FROM placement_history WHERE account_id = $1 AND backfilled = 1"
                        " AND at_us >= $2 AND at_us < $3",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account_id);
    cn_sql_bind_i64(stmt, 2, from.us);
    cn_sql_bind_i64(stmt, 3, to.us);
    return cn_sql_run(stmt, err);
}

/* ---- entries and exits ---- */

struct reading {
    const struct cn_placement_range *range;
    struct cn_arena *arena;
    struct cn_placement_events *events;
};

bool cn_placement_holds(cn_str placement, cn_str kind, cn_str name)
{
    cn_str rest = placement;
    cn_str other_kind;
    cn_str other_name;
    while (cn_segment_next(&rest, &other_kind, &other_name)) {
        if (cn_str_equal(kind, other_kind) && cn_str_equal(name, other_name)) {
            return true;
        }
    }
    return false;
}

/* What is in `of` and not in `beside`. */
static void add_events(struct reading *r, cn_str of, cn_str beside,
                       const struct cn_placement_event *like)
{
    cn_str rest = of;
    cn_str kind;
    cn_str name;
    while (cn_segment_next(&rest, &kind, &name) && r->events->count < r->range->limit) {
        struct cn_placement_event event = *like;
        if (!cn_placement_holds(beside, kind, name) && cn_segment_kind_of(kind, &event.kind)) {
            event.name = cn_arena_str(r->arena, name);
            r->events->items[r->events->count++] = event;
        }
    }
}

static void read_events(struct reading *r, const struct cn_placement_row *row,
                        const struct cn_placement_row *older)
{
    cn_str before = older != NULL ? older->placement : CN_STR("");
    struct cn_placement_event event = { .at = row->at,
                                        .is_entry = true,
                                        .is_backfilled = row->is_backfilled,
                                        .program_version = row->program_version };
    add_events(r, row->placement, before, &event);
    event.is_entry = false;
    add_events(r, before, row->placement, &event);
}

/* Rows newest first, one more than there may be events: each is told beside the one before it. */
static bool load_rows(struct cn_sql_stmt *stmt, struct reading *r, struct cn_error *err)
{
    struct cn_placement_row newer = { 0 };
    bool has_newer = false;
    bool row = false;
    bool ok = false;
    while ((ok = cn_sql_step(stmt, &row, err)) && row && r->events->count < r->range->limit) {
        struct cn_placement_row older = read_row(stmt);
        older.placement = cn_arena_str(r->arena, older.placement);
        if (has_newer) {
            read_events(r, &newer, &older);
        }
        newer = older;
        has_newer = newer.at.us >= r->range->from.us;
        if (!has_newer) {
            return true; /* it held at `from` */
        }
    }
    if (ok && has_newer && r->events->count < r->range->limit) {
        read_events(r, &newer, NULL);
    }
    return ok;
}

bool cn_placement_events_load(struct cn_sql_conn *conn, const struct cn_placement_range *range,
                              struct cn_arena *arena, struct cn_placement_events *events_out,
                              struct cn_error *err)
{
    static const char sql[] = "SELECT " COLUMNS " FROM placement_history AS p"
                              " WHERE p.account_id = $1 AND p.at_us < $2"
                              " ORDER BY p.at_us DESC LIMIT $3";
    struct cn_sql_stmt *stmt = NULL;
    struct cn_placement_events events = { .items = cn_arena_array(arena, struct cn_placement_event,
                                                                  range->limit + 1) };
    struct reading reading = { .range = range, .arena = arena, .events = &events };
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, range->account_id);
    cn_sql_bind_i64(stmt, 2, range->to.us);
    cn_sql_bind_i64(stmt, 3, (int64_t)range->limit + 1);
    bool ok = load_rows(stmt, &reading, err);
    cn_sql_finish(stmt);
    if (ok) {
        *events_out = events;
    }
    return ok;
}
