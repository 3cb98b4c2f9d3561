/* Entries into a set and exits: a placement beside the one before it of the same account. */
#include "segment/moves.h"

#include "base/str.h"

#include "segment/history.h"

enum {
    FIRST_CAPACITY = 256
};

static void add(const struct cn_unit *unit, struct cn_set_moves *moves, size_t *capacity,
                const struct cn_set_move *move)
{
    if (moves->count == *capacity) {
        size_t larger = *capacity == 0 ? FIRST_CAPACITY : *capacity * 2;
        struct cn_set_move *items = cn_arena_array(unit->arena, struct cn_set_move, larger);
        if (moves->count > 0) {
            memcpy(items, moves->items, moves->count * sizeof(*items));
        }
        moves->items = items;
        *capacity = larger;
    }
    moves->items[moves->count++] = *move;
}

/* "%|segment:quiet|%".  What LIKE reads as a sign of its own matches too much: it only narrows. */
static cn_str pattern_of(const struct cn_set_moves_range *range, struct cn_arena *arena)
{
    char text[CN_SEGMENT_NAME_MAX_BYTES + 32];
    int len = snprintf(text, sizeof(text), "%%|%.*s:%.*s|%%", CN_STR_ARG(range->kind),
                       CN_STR_ARG(range->name));
    return cn_arena_str(arena, (cn_str){ text, len > 0 ? (size_t)len : 0 });
}

static bool read_rows(const struct cn_unit *unit, const struct cn_set_moves_range *range,
                      struct cn_sql_stmt *stmt, struct cn_set_moves *moves, struct cn_error *err)
{
    size_t capacity = 0;
    bool row = false;
    bool ok = false;
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        bool was = cn_placement_holds(cn_sql_column_str(stmt, 5), range->kind, range->name);
        bool is = cn_placement_holds(cn_sql_column_str(stmt, 3), range->kind, range->name);
        if (was == is) {
            continue;
        }
        if (moves->count == range->limit) {
            moves->is_cut = true;
            return true;
        }
        const struct cn_set_move move = {
            .account_id = { cn_sql_column_i64(stmt, 0) },
            .name = cn_arena_str(unit->arena, cn_sql_column_str(stmt, 1)),
            .at = { cn_sql_column_i64(stmt, 2) },
            .is_entry = is,
            .is_backfilled = cn_sql_column_i64(stmt, 4) != 0,
        };
        add(unit, moves, &capacity, &move);
    }
    return ok;
}

bool cn_set_moves_load(const struct cn_unit *unit, const struct cn_set_moves_range *range,
                       struct cn_set_moves *moves_out, struct cn_error *err)
{
    static const char sql[] =
        "SELECT account_id, name, at_us, now_is, backfilled, was FROM ("
        "SELECT p.account_id AS account_id, account.name AS name, p.at_us AS at_us,"
        " p.placement AS now_is, p.backfilled AS backfilled,"
        " COALESCE((SELECT b.placement FROM placement_history AS b"
        " WHERE b.account_id = p.account_id AND b.at_us < p.at_us"
        " ORDER BY b.at_us DESC LIMIT 1), '') AS was"
        " FROM placement_history AS p JOIN account ON account.account_id = p.account_id"
        " WHERE " CN_SEES_ACCOUNT " AND p.at_us >= $4 AND p.at_us < $5) AS moved"
        " WHERE now_is LIKE $6 OR was LIKE $6 ORDER BY at_us DESC, account_id";
    struct cn_sql_stmt *stmt = NULL;
    struct cn_set_moves moves = { 0 };
    if (!cn_sql_prepare(unit->conn, sql, &stmt, err)) {
        return false;
    }
    cn_unit_bind_scope(unit, stmt);
    cn_sql_bind_i64(stmt, 4, range->from.us);
    cn_sql_bind_i64(stmt, 5, range->to.us);
    cn_sql_bind_str(stmt, 6, pattern_of(range, unit->arena));
    bool ok = read_rows(unit, range, stmt, &moves, err);
    cn_sql_finish(stmt);
    if (ok) {
        *moves_out = moves;
    }
    return ok || cn_error_context(err, "reading who entered and left a set");
}
