/*
 * Colours and points of all accounts at two moments, from health_history.  Accounts with an
 * override at either end are few: they are left out of what SQL counts and sorts, and added one by
 * one.
 */
#include "health/movement.h"

#include <stdlib.h>

#include "base/str.h"

#include "book/judgement.h"

/* What held at the moment $N: one look-up in the table's key. */
#define HELD(what, moment)                                                                \
    "(SELECT h." what " FROM health_history AS h WHERE h.account_id = account.account_id" \
    " AND h.at_us <= " moment " ORDER BY h.at_us DESC LIMIT 1)"
#define BAND(moment) "COALESCE(" HELD("band", moment) ", 0)"

/* judgement.kind: CN_JUDGEMENT_OVERRIDE */
#define HAND(what, moment)                                                         \
    "(SELECT " what " FROM judgement AS j WHERE j.account_id = account.account_id" \
    " AND j.kind = 1 AND j.at_us <= " moment " AND j.until_us > " moment           \
    " ORDER BY j.at_us DESC, j.judgement_id DESC LIMIT 1)"
#define IS_OVERRIDDEN                                                              \
    "EXISTS (SELECT 1 FROM judgement AS j WHERE j.account_id = account.account_id" \
    " AND j.kind = 1 AND ((j.at_us <= $4 AND j.until_us > $4)"                     \
    " OR (j.at_us <= $5 AND j.until_us > $5)))"
_Static_assert(CN_JUDGEMENT_OVERRIDE == 1, "as the statements say");

#define SEEN     CN_SEES_ACCOUNT " AND ($6 = 0 OR owner_id = $6)"
#define OF_RANGE SEEN " AND NOT " IS_OVERRIDDEN
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

/* The first four columns. */
static struct cn_mover read_account(struct cn_sql_stmt *stmt, struct cn_arena *arena)
{
    return (struct cn_mover){
        .id = { cn_sql_column_i64(stmt, 0) },
        .name = cn_arena_str(arena, cn_sql_column_str(stmt, 1)),
        .owner_id = { cn_sql_column_is_null(stmt, 2) ? 0 : cn_sql_column_i64(stmt, 2) },
        .has_arr = !cn_sql_column_is_null(stmt, 3),
        .arr_minor = cn_sql_column_i64(stmt, 3),
    };
}

/* An account with an override, as it counts. */
struct moved {
    struct cn_mover mover;
    bool has_was;
    bool has_is;
};

struct moved_list {
    struct moved *items;
    size_t count;
    size_t capacity;
};

static enum cn_band hand_band(const struct cn_effective *effective, cn_str scorecard,
                              int32_t points)
{
    struct cn_health_bands bands = { .yellow = 50000, .green = 75000 }; /* of one that is gone */
    for (size_t i = 0; i < effective->count; i++) {
        if (cn_str_equal(effective->items[i].scorecard, scorecard)) {
            bands = effective->items[i].bands;
        }
    }
    return cn_health_next_band(&bands, points, CN_BAND_NONE);
}

/* One end: its points, colour, scorecard and override in four columns of the statement. */
static bool read_end(struct cn_sql_stmt *stmt, int column, const struct cn_effective *effective,
                     int32_t *points_out, enum cn_band *band_out)
{
    const cn_str scorecard = cn_sql_column_str(stmt, column + 2);
    if (effective->is_by_hand && scorecard.len > 0 && !cn_sql_column_is_null(stmt, column + 3)) {
        *points_out = (int32_t)cn_sql_column_i64(stmt, column + 3) * 1000;
        *band_out = hand_band(effective, scorecard, *points_out);
        return true;
    }
    *points_out = (int32_t)cn_sql_column_i64(stmt, column);
    *band_out = band_at(stmt, column + 1);
    return !cn_sql_column_is_null(stmt, column);
}

static void add_moved(struct cn_sql_stmt *stmt, const struct cn_movement_range *range,
                      struct cn_arena *arena, struct moved_list *list)
{
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        struct moved *items = cn_arena_array(arena, struct moved, capacity);
        if (list->count > 0) {
            memcpy(items, list->items, list->count * sizeof(*items));
        }
        list->items = items;
        list->capacity = capacity;
    }
    struct moved *moved = &list->items[list->count++];
    *moved = (struct moved){ .mover = read_account(stmt, arena) };
    struct cn_mover *mover = &moved->mover;
    moved->has_was = read_end(stmt, 4, &range->effective, &mover->points_was, &mover->was);
    moved->has_is = read_end(stmt, 8, &range->effective, &mover->points_is, &mover->is);
}

/* Those with an override at either end, by account. */
static bool load_overridden(const struct cn_unit *unit, const struct cn_movement_range *range,
                            struct moved_list *list_out, struct cn_error *err)
{
#define END(moment)        \
    HELD("points", moment) \
    ", " BAND(moment) ", " HELD("scorecard", moment) ", " HAND("value", moment)
    static const char sql[] = "SELECT account_id, name, owner_id, " ARR ", " END("$4") ", " END(
        "$5") " FROM account WHERE " SEEN " AND " IS_OVERRIDDEN " ORDER BY account_id";
    struct cn_sql_stmt *stmt = NULL;
    struct moved_list list = { 0 };
    bool row = false;
    bool ok = prepare(unit, range, sql, &stmt, err);
    if (ok) {
        cn_sql_bind_str(stmt, 7, range->currency);
    }
    while (ok && (ok = cn_sql_step(stmt, &row, err)) && row) {
        add_moved(stmt, range, unit->arena, &list);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok || cn_error_context(err, "reading how accounts with an override moved");
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
    struct moved_list moved = { 0 };
    bool row = false;
    bool ok = load_overridden(unit, range, &moved, err) && prepare(unit, range, sql, &stmt, err);
    if (ok) {
        cn_sql_bind_str(stmt, 7, range->currency);
    }
    while (ok && (ok = cn_sql_step(stmt, &row, err)) && row) {
        movement.cells[band_at(stmt, 0)][band_at(stmt, 1)] =
            (struct cn_tally){ cn_sql_column_i64(stmt, 2), cn_sql_column_i64(stmt, 3) };
    }
    cn_sql_finish(stmt);
    for (size_t i = 0; i < moved.count; i++) {
        const struct cn_mover *mover = &moved.items[i].mover;
        struct cn_tally *cell = &movement.cells[mover->was][mover->is];
        cell->accounts++;
        cell->arr_minor += mover->arr_minor;
    }
    movement.overridden = (int64_t)moved.count;
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
    struct cn_mover mover = read_account(stmt, arena);
    mover.points_was = (int32_t)cn_sql_column_i64(stmt, 4);
    mover.points_is = (int32_t)cn_sql_column_i64(stmt, 5);
    mover.was = band_at(stmt, 6);
    mover.is = band_at(stmt, 7);
    return mover;
}

static int by_fall(const void *a, const void *b)
{
    const struct cn_mover *x = a;
    const struct cn_mover *y = b;
    const int32_t dx = x->points_is - x->points_was;
    const int32_t dy = y->points_is - y->points_was;
    if (dx != dy) {
        return dx < dy ? -1 : 1;
    }
    return (x->id.value > y->id.value) - (x->id.value < y->id.value);
}

static int by_rise(const void *a, const void *b)
{
    const struct cn_mover *x = a;
    const struct cn_mover *y = b;
    const int32_t dx = x->points_is - x->points_was;
    const int32_t dy = y->points_is - y->points_was;
    if (dx != dy) {
        return dx > dy ? -1 : 1;
    }
    return (x->id.value > y->id.value) - (x->id.value < y->id.value);
}

/* The movers that SQL found, joined by those of `moved`. */
static void join_movers(const struct moved_list *moved, bool rising, size_t limit,
                        struct cn_arena *arena, struct cn_mover_list *list)
{
    struct cn_mover *items = cn_arena_array(arena, struct cn_mover, list->count + moved->count + 1);
    size_t count = list->count;
    if (count > 0) {
        memcpy(items, list->items, count * sizeof(*items));
    }
    for (size_t i = 0; i < moved->count; i++) {
        const struct moved *one = &moved->items[i];
        const int32_t change = one->mover.points_is - one->mover.points_was;
        if (one->has_was && one->has_is && (rising ? change > 0 : change < 0)) {
            items[count++] = one->mover;
        }
    }
    qsort(items, count, sizeof(*items), rising ? by_rise : by_fall);
    *list = (struct cn_mover_list){ items, count < limit ? count : limit };
}

bool cn_movement_movers(const struct cn_unit *unit, const struct cn_movement_range *range,
                        bool rising, int64_t limit, struct cn_mover_list *list_out,
                        struct cn_error *err)
{
    static const char *const sql[] = { MOVERS("<", "ASC"), MOVERS(">", "DESC") };
    struct cn_sql_stmt *stmt = NULL;
    struct cn_mover_list list = { .items =
                                      cn_arena_array(unit->arena, struct cn_mover, CN_MOVERS_MAX) };
    struct moved_list moved = { 0 };
    bool row = false;
    bool ok =
        load_overridden(unit, range, &moved, err) && prepare(unit, range, sql[rising], &stmt, err);
    limit = limit < CN_MOVERS_MAX ? limit : CN_MOVERS_MAX;
    if (ok) {
        cn_sql_bind_str(stmt, 7, range->currency);
        cn_sql_bind_i64(stmt, 8, limit);
    }
    while (ok && (ok = cn_sql_step(stmt, &row, err)) && row && list.count < CN_MOVERS_MAX) {
        list.items[list.count++] = read_mover(stmt, unit->arena);
    }
    cn_sql_finish(stmt);
    if (ok) {
        join_movers(&moved, rising, (size_t)limit, unit->arena, &list);
        *list_out = list;
    }
    return ok || cn_error_context(err, "reading whose score moved");
}

struct id_list {
    int64_t *items;
    size_t count;
    size_t capacity;
};

static void add_id(struct cn_arena *arena, struct id_list *list, int64_t id)
{
    if (list->count == list->capacity) {
        int64_t *larger = cn_arena_array(arena, int64_t, list->capacity * 2);
        memcpy(larger, list->items, list->count * sizeof(*larger));
        list->items = larger;
        list->capacity *= 2;
    }
    list->items[list->count++] = id;
}

bool cn_movement_members(const struct cn_unit *unit, const struct cn_movement_range *range,
                         enum cn_band was, enum cn_band is, int64_t **ids_out, size_t *count_out,
                         struct cn_error *err)
{
    static const char sql[] =
        "SELECT account_id FROM (SELECT account_id, " BAND("$4") " AS was, " BAND(
            "$5") " AS now_is"
                  " FROM account WHERE " OF_RANGE ") AS moved WHERE was = $7 AND now_is = $8";
    enum {
        USUAL = 1024
    };
    struct cn_sql_stmt *stmt = NULL;
    struct id_list ids = { cn_arena_array(unit->arena, int64_t, USUAL), 0, USUAL };
    struct moved_list moved = { 0 };
    bool row = false;
    bool ok = load_overridden(unit, range, &moved, err) && prepare(unit, range, sql, &stmt, err);
    if (ok) {
        cn_sql_bind_i64(stmt, 7, (int64_t)was);
        cn_sql_bind_i64(stmt, 8, (int64_t)is);
    }
    while (ok && (ok = cn_sql_step(stmt, &row, err)) && row) {
        add_id(unit->arena, &ids, cn_sql_column_i64(stmt, 0));
    }
    cn_sql_finish(stmt);
    for (size_t i = 0; i < moved.count; i++) {
        if (moved.items[i].mover.was == was && moved.items[i].mover.is == is) {
            add_id(unit->arena, &ids, moved.items[i].mover.id.value);
        }
    }
    if (ok) {
        qsort(ids.items, ids.count, sizeof(*ids.items), cn_order_i64);
        *ids_out = ids.items;
        *count_out = ids.count;
    }
    return ok || cn_error_context(err, "reading which accounts moved");
}
