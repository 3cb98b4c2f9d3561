/*
 * Entries into a set and exits: a placement beside the one before it of the same account.
 *
 * Not for one account, of which all sets are told (segment/history.h).
 */
#include "segment/moves.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/str.h"

enum {
    FIRST_CAPACITY = 4096,
    IS_IN = 1, /* bits of a row's flags */
    WAS_IN = 2,
    IS_BACKFILLED = 4,
};

/* Of placement_history. */
struct row {
    int64_t account_id;
    int64_t at_us;
    uint32_t flags;
};

struct reading {
    const struct cn_unit *unit;
    const struct cn_set_moves_range *range;
    cn_str pattern;
    struct row *rows; /* newest first; on the heap */
    size_t count;
    size_t capacity;
    cn_time from;            /* all rows from here on are there */
    struct cn_map unsettled; /* account: its oldest row, plus 1; none: it is not seen */
};

/* Names of a program are lower-case, and of letters that mean themselves, but for one; LIKE takes
 * upper-case for the same on one database and not on the other. */
static bool is_plain(cn_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '/') {
            return false;
        }
    }
    return true;
}

/* "%|segment:ready!_to!_grow|%" */
static cn_str pattern_of(const struct cn_set_moves_range *range, struct cn_arena *arena)
{
    const size_t size = range->kind.len + range->name.len * 2 + 8;
    char *text = cn_arena_array(arena, char, size);
    size_t len = (size_t)snprintf(text, size, "%%|%.*s:", CN_STR_ARG(range->kind)); /* it fits */
    for (size_t i = 0; i < range->name.len; i++) {
        if (range->name.ptr[i] == '_') {
            text[len++] = '!';
        }
        text[len++] = range->name.ptr[i];
    }
    text[len++] = '|';
    text[len++] = '%';
    return (cn_str){ text, len };
}

/* ---- reading ---- */

static void add_row(struct reading *r, const struct row *row)
{
    if (r->count == r->capacity) {
        r->capacity = r->capacity == 0 ? FIRST_CAPACITY : r->capacity * 2;
        r->rows = cn_heap_resize(r->rows, r->capacity * sizeof(*r->rows));
    }
    r->rows[r->count++] = *row;
}

/* Of the oldest moment perhaps only some rows were read: it does not count. */
static void cut(struct reading *r)
{
    const int64_t oldest = r->rows[r->count - 1].at_us;
    while (r->count > 0 && r->rows[r->count - 1].at_us == oldest) {
        r->count--;
    }
    r->from.us = oldest + 1;
}

static bool read_rows(struct reading *r, struct cn_sql_stmt *stmt, struct cn_error *err)
{
    bool is_there = false;
    bool ok = false;
    while ((ok = cn_sql_step(stmt, &is_there, err)) && is_there) {
        const struct row row = {
            .account_id = cn_sql_column_i64(stmt, 0),
            .at_us = cn_sql_column_i64(stmt, 1),
            .flags = (uint32_t)cn_sql_column_i64(stmt, 2),
        };
        add_row(r, &row);
    }
    if (ok && r->count > CN_SET_MOVES_ROWS_MAX) {
        cut(r);
    }
    return ok;
}

static bool load_rows(struct reading *r, struct cn_error *err)
{
    static const char sql[] =
        "SELECT account_id, at_us,"
        " CASE WHEN placement LIKE $3 ESCAPE '!' THEN 1 ELSE 0 END"
        " + CASE WHEN backfilled = 0 THEN 0 ELSE 4 END FROM placement_history"
        " WHERE at_us >= $1 AND at_us < $2 ORDER BY at_us DESC, account_id LIMIT $4";
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(r->unit->conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, r->range->from.us);
    cn_sql_bind_i64(stmt, 2, r->range->to.us);
    cn_sql_bind_str(stmt, 3, r->pattern);
    cn_sql_bind_i64(stmt, 4, CN_SET_MOVES_ROWS_MAX + 1);
    bool ok = read_rows(r, stmt, err);
    cn_sql_finish(stmt);
    return ok;
}

/* What was before a row is in the next older one of its account. */
static void settle(struct reading *r)
{
    for (size_t i = 0; i < r->count; i++) {
        bool is_new = false;
        uint64_t *newer = cn_map_put(&r->unsettled, (uint64_t)r->rows[i].account_id, &is_new);
        if (!is_new && (r->rows[i].flags & IS_IN) != 0) {
            r->rows[*newer - 1].flags |= WAS_IN;
        }
        *newer = i + 1;
    }
}

/* What held before the oldest row of each account; those that are not seen are forgotten. */
static bool settle_oldest(struct reading *r, struct cn_map *seen, struct cn_error *err)
{
    static const char sql[] =
        "SELECT account_id, COALESCE((SELECT"
        " CASE WHEN b.placement LIKE $4 ESCAPE '!' THEN 1 ELSE 0 END FROM placement_history AS b"
        " WHERE b.account_id = account.account_id AND b.at_us < $5"
        " ORDER BY b.at_us DESC LIMIT 1), 0) FROM account WHERE " CN_SEES_ACCOUNT;
    struct cn_sql_stmt *stmt = NULL;
    bool is_there = false;
    bool is_new = false;
    bool ok = cn_sql_prepare(r->unit->conn, sql, &stmt, err);
    if (ok) {
        cn_unit_bind_scope(r->unit, stmt);
        cn_sql_bind_str(stmt, 4, r->pattern);
        cn_sql_bind_i64(stmt, 5, r->from.us);
    }
    while (ok && (ok = cn_sql_step(stmt, &is_there, err)) && is_there) {
        const uint64_t account_id = (uint64_t)cn_sql_column_i64(stmt, 0);
        const uint64_t *oldest = cn_map_get(&r->unsettled, account_id);
        if (oldest != NULL) {
            r->rows[*oldest - 1].flags |= cn_sql_column_i64(stmt, 1) != 0 ? WAS_IN : 0;
            (void)cn_map_put(seen, account_id, &is_new); /* that it is there is all */
        }
    }
    cn_sql_finish(stmt);
    return ok;
}

/* ---- telling ---- */

static bool is_move(const struct row *row)
{
    return ((row->flags & IS_IN) != 0) != ((row->flags & WAS_IN) != 0);
}

static void collect(const struct reading *r, const struct cn_map *seen, struct cn_set_moves *moves)
{
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++) {
        count += is_move(&r->rows[i]);
    }
    count = count < r->range->limit ? count : r->range->limit;
    moves->items = cn_arena_array(r->unit->arena, struct cn_set_move, count + 1);
    for (size_t i = 0; i < r->count; i++) {
        const struct row *row = &r->rows[i];
        if (!is_move(row) || cn_map_get(seen, (uint64_t)row->account_id) == NULL) {
            continue;
        }
        if (moves->count == r->range->limit) {
            moves->is_cut = true;
            return;
        }
        moves->items[moves->count++] =
            (struct cn_set_move){ .account_id = { row->account_id },
                                  .at = { row->at_us },
                                  .is_entry = (row->flags & IS_IN) != 0,
                                  .is_backfilled = (row->flags & IS_BACKFILLED) != 0 };
    }
}

static bool name_newest(const struct reading *r, struct cn_set_moves *moves, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool is_there = false;
    bool ok = true;
    for (size_t i = 0; ok && i < moves->count && i < r->range->named; i++) {
        ok = cn_sql_prepare(r->unit->conn, "SELECT name FROM account WHERE account_id = $1", &stmt,
                            err);
        if (ok) {
            cn_sql_bind_i64(stmt, 1, moves->items[i].account_id.value);
            ok = cn_sql_step(stmt, &is_there, err);
        }
        if (ok && is_there) {
            moves->items[i].name = cn_arena_str(r->unit->arena, cn_sql_column_str(stmt, 0));
        }
        cn_sql_finish(stmt);
    }
    return ok;
}

bool cn_set_moves_load(const struct cn_unit *unit, const struct cn_set_moves_range *range,
                       struct cn_set_moves *moves_out, struct cn_error *err)
{
    struct reading r = { .unit = unit, .range = range, .from = range->from };
    struct cn_map seen = { 0 };
    struct cn_set_moves moves = { 0 };
    bool ok = true;
    if (is_plain(range->name)) {
        r.pattern = pattern_of(range, unit->arena);
        ok = load_rows(&r, err);
        settle(&r);
        ok = ok && (r.count == 0 || settle_oldest(&r, &seen, err));
    }
    if (ok) {
        moves.is_cut = r.from.us != range->from.us;
        collect(&r, &seen, &moves);
        ok = name_newest(&r, &moves, err);
    }
    cn_map_deinit(&r.unsettled);
    cn_map_deinit(&seen);
    free(r.rows);
    if (ok) {
        *moves_out = moves;
    }
    return ok || cn_error_context(err, "reading who entered and left a set");
}
