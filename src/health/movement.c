/* Colours and points of all accounts at two moments, from health_history. */
#include "health/movement.h"

#include "base/str.h"

/* What held at the moment $N: one look-up in the table's key. */
#define HELD(what, moment)                                                                \
    "(SELECT h." what " FROM health_history AS h WHERE h.account_id = account.account_id" \
    " AND h.at_us <= " moment " ORDER BY h.at_us DESC LIMIT 1)"
#define BAND(moment) "COALESCE(" HELD("band", moment) ", 0)"

#define OF_RANGE CN_SEES_ACCOUNT " AND ($6 = 0 OR owner_id = $6)"
#define ARR      "CASE WHEN currency = $7 THEN arr_minor END"

static bool prepare(const struct cn_unit *unit, const struct cn_movement_range *range,
                    const char *sql, struct cn_sql_stmt **stmt_out, struct cn_error *err)
{
    if (!cn_sql_prepare(unit->conn, sql, stmt_out, err)) {
        return false;
    }
    cn_unit_bind_scope(unit, *stmt_out);
    cn_sql_bind_i64(*stmt_out, 4, range->from.us);
    cn_sql_bind_i64(*stmt_out, 5, range->to.us);
    cn_sql_bind_i64(*stmt_out, 6, range->owner_id.value);
    return true;
}

static enum cn_band band_at(struct cn_sql_stmt *stmt, int column)
{
    return (enum cn_band)(cn_sql_column_i64(stmt, column) & 3);
}

bool cn_movement_load(const struct cn_unit *unit, const struct cn_movement_range *range,
                      struct cn_movement *movement_out, struct cn_error *err)
{
    static const char sql[] =
        "SELECT was, now_is, count(*), CAST(sum(arr) AS bigint) FROM (SELECT " BAND(
            "$4") " AS was,"
                  " " BAND("$5") " AS now_is, " ARR " AS arr FROM account WHERE " OF_RANGE
                                 ") AS moved"
                                 " GROUP BY was, now_is";
    struct cn_sql_stmt *stmt = NULL;
    struct cn_movement movement = { 0 };
    bool row = false;
    bool ok = prepare(unit, range, sql, &stmt, err);
    if (ok) {
        cn_sql_bind_str(stmt, 7, range->currency);
    }
    while (ok && (ok = cn_sql_step(stmt, &row, err)) && row) {
        movement.cells[band_at(stmt, 0)][band_at(stmt, 1)] =
            (struct cn_tally){ cn_sql_column_i64(stmt, 2), cn_sql_column_i64(stmt, 3) };
    }
    cn_sql_finish(stmt);
    if (ok) {
        *movement_out = movement;
    }
    return ok || cn_error_context(err, "reading how accounts moved");
}

#define MOVERS(test, order)                                                                     \
    "SELECT account_id, name, owner_id, arr, points_was, points_is, was, now_is FROM ("         \
    "SELECT account_id, name, owner_id, " ARR " AS arr, " HELD(                                 \
        "points", "$4") " AS points_was,"                                                       \
                        " " HELD("points", "$5") " AS points_is, " BAND("$4") " AS was, " BAND( \
                            "$5") " AS now_is"                                                  \
                                  " FROM account WHERE " OF_RANGE                               \
                                  ") AS moved WHERE points_is " test " points_was"              \
                                  " ORDER BY points_is - points_was " order                     \
                                  ", account_id LIMIT $8"

static struct cn_mover read_mover(struct cn_sql_stmt *stmt, struct cn_arena *arena)
{
    return (struct cn_mover){
        .id = { cn_sql_column_i64(stmt, 0) },
        .name = cn_arena_str(arena, cn_sql_column_str(stmt, 1)),
        .owner_id = { cn_sql_column_is_null(stmt, 2) ? 0 : cn_sql_column_i64(stmt, 2) },
        .has_arr = !cn_sql_column_is_null(stmt, 3),
        .arr_minor = cn_sql_column_i64(stmt, 3),
        .points_was = (int32_t)cn_sql_column_i64(stmt, 4),
        .points_is = (int32_t)cn_sql_column_i64(stmt, 5),
        .was = band_at(stmt, 6),
        .is = band_at(stmt, 7),
    };
}

bool cn_movement_movers(const struct cn_unit *unit, const struct cn_movement_range *range,
                        bool rising, int64_t limit, struct cn_mover_list *list_out,
                        struct cn_error *err)
{
    static const char *const sql[] = { MOVERS("<", "ASC"), MOVERS(">", "DESC") };
    struct cn_sql_stmt *stmt = NULL;
    struct cn_mover_list list = { .items =
                                      cn_arena_array(unit->arena, struct cn_mover, CN_MOVERS_MAX) };
    bool row = false;
    bool ok = prepare(unit, range, sql[rising], &stmt, err);
    if (ok) {
        cn_sql_bind_str(stmt, 7, range->currency);
        cn_sql_bind_i64(stmt, 8, limit < CN_MOVERS_MAX ? limit : CN_MOVERS_MAX);
    }
    while (ok && (ok = cn_sql_step(stmt, &row, err)) && row && list.count < CN_MOVERS_MAX) {
        list.items[list.count++] = read_mover(stmt, unit->arena);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok || cn_error_context(err, "reading whose score moved");
}

bool cn_movement_members(const struct cn_unit *unit, const struct cn_movement_range *range,
                         enum cn_band was, enum cn_band is, int64_t **ids_out, size_t *count_out,
                         struct cn_error *err)
{
    static const char sql[] =
        "SELECT account_id FROM (SELECT account_id, " BAND("$4") " AS was, " BAND(
            "$5") " AS now_is"
                  " FROM account WHERE " OF_RANGE ") AS moved WHERE was = $7 AND now_is = $8"
                  " ORDER BY account_id";
    struct cn_sql_stmt *stmt = NULL;
    size_t capacity = 1024;
    size_t count = 0;
    int64_t *ids = cn_arena_array(unit->arena, int64_t, capacity);
    bool row = false;
    bool ok = prepare(unit, range, sql, &stmt, err);
    if (ok) {
        cn_sql_bind_i64(stmt, 7, (int64_t)was);
        cn_sql_bind_i64(stmt, 8, (int64_t)is);
    }
    while (ok && (ok = cn_sql_step(stmt, &row, err)) && row) {
        if (count == capacity) {
            int64_t *larger = cn_arena_array(unit->arena, int64_t, capacity * 2);
            memcpy(larger, ids, count * sizeof(*ids));
            ids = larger;
            capacity *= 2;
        }
        ids[count++] = cn_sql_column_i64(stmt, 0);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *ids_out = ids;
        *count_out = count;
    }
    return ok || cn_error_context(err, "reading which accounts moved");
}
