/*
 * Colours and points of all accounts at two moments, from health_history.  Accounts with an
 * override at either end are few: they are read by themselves, and passed over among the others.
 */
#include "health/movement.h"

#include <stdlib.h>

#include "base/str.h"

#include "book/judgement.h"

/* What held at the moment $N: one look-up in the table's key. */
#define HELD(what, moment)                                                              \
    "(SELECT " what " FROM health_history AS h WHERE h.account_id = account.account_id" \
    " AND h.at_us <= " moment " ORDER BY h.at_us DESC LIMIT 1)"
#define BAND(moment) "COALESCE(" HELD("h.band", moment) ", 0)"

/* judgement.kind: CN_JUDGEMENT_OVERRIDE */
#define HAND(what, moment)                                                         \
    "(SELECT " what " FROM judgement AS j WHERE j.account_id = account.account_id" \
    " AND j.kind = 1 AND j.at_us <= " moment " AND j.until_us > " moment           \
    " ORDER BY j.at_us DESC, j.judgement_id DESC LIMIT 1)"
#define IS_OVERRIDDEN                                                         \
    "account_id IN (SELECT j.account_id FROM judgement AS j WHERE j.kind = 1" \
    " AND ((j.at_us <= $4 AND j.until_us > $4) OR (j.at_us <= $5 AND j.until_us > $5)))"
_Static_assert(CN_JUDGEMENT_OVERRIDE == 1, "as the statements say");

/* Points and colour of one look-up; NULL: there was no row. */
#define ENDS(moment) HELD("(COALESCE(h.points, -1) + 1) * 4 + h.band", moment)
#define SEEN         CN_SEES_ACCOUNT " AND ($6 = 0 OR owner_id = $6)"
#define OF_RANGE     SEEN " AND NOT " IS_OVERRIDDEN
#define ARR          "CASE WHEN currency = $7 THEN arr_minor END"

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

struct cn_health_bands cn_effective_bands_of(const struct cn_effective *effective, cn_str scorecard)
{
    struct cn_health_bands bands = { .yellow = 50000, .green = 75000 }; /* of one that is gone */
    for (size_t i = 0; i < effective->count; i++) {
        if (cn_str_equal(effective->items[i].scorecard, scorecard)) {
            bands = effective->items[i].bands;
        }
    }
    return bands;
}

static enum cn_band hand_band(const struct cn_effective *effective, cn_str scorecard,
                              int32_t points)
{
    const struct cn_health_bands bands = cn_effective_bands_of(effective, scorecard);
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
#define END(moment)          \
    HELD("h.points", moment) \
    ", " BAND(moment) ", " HELD("h.scorecard", moment) ", " HAND("value", moment)
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

/* ---- the others, in one pass ---- */

static int by_account(const void *a, const void *b)
{
    const struct moved *x = a;
    const struct moved *y = b;
    return cn_order_i64(&x->mover.id.value, &y->mover.id.value);
}

static bool is_overridden(const struct moved_list *overridden, int64_t account_id)
{
    const struct moved key = { .mover.id = { account_id } };
    return overridden->count > 0 && bsearch(&key, overridden->items, overridden->count,
                                            sizeof(overridden->items[0]), by_account) != NULL;
}

/* Less than 0: `a` comes first, as it fell more. */
static int by_fall(const struct cn_mover *a, const struct cn_mover *b)
{
    const int32_t x = a->points_is - a->points_was;
    const int32_t y = b->points_is - b->points_was;
    return x != y ? (x < y ? -1 : 1) : cn_order_i64(&a->id.value, &b->id.value);
}

static int by_rise(const struct cn_mover *a, const struct cn_mover *b)
{
    const int32_t x = a->points_is - a->points_was;
    const int32_t y = b->points_is - b->points_was;
    return x != y ? (x > y ? -1 : 1) : cn_order_i64(&a->id.value, &b->id.value);
}

/* Puts it where it belongs among the first, if it does. */
static void rank(struct cn_mover_list *list, size_t limit, const struct cn_mover *mover,
                 int (*order)(const struct cn_mover *a, const struct cn_mover *b))
{
    size_t place = list->count;
    while (place > 0 && order(mover, &list->items[place - 1]) < 0) {
        place--;
    }
    if (place >= limit) {
        return;
    }
    list->count += list->count < limit;
    memmove(&list->items[place + 1], &list->items[place],
            (list->count - 1 - place) * sizeof(*list->items));
    list->items[place] = *mover;
}

static void count_moved(struct cn_movement *movement, const struct cn_movement_range *range,
                        size_t limit, const struct moved *moved)
{
    const struct cn_mover *mover = &moved->mover;
    struct cn_tally *cell = &movement->cells[mover->was][mover->is];
    cell->accounts++;
    cell->left += cn_fate_has(&range->left, mover->id);
    cell->arr_minor += mover->arr_minor;
    if (!moved->has_was || !moved->has_is) {
        return;
    }
    if (mover->points_is < mover->points_was) {
        rank(&movement->fallers, limit, mover, by_fall);
    } else if (mover->points_is > mover->points_was) {
        rank(&movement->risers, limit, mover, by_rise);
    }
}

/* What ENDS() made: whether there were points. */
static bool read_ends(struct cn_sql_stmt *stmt, int column, int32_t *points_out,
                      enum cn_band *band_out)
{
    const int64_t both = cn_sql_column_i64(stmt, column); /* 0: no row */
    *points_out = (int32_t)(both / 4) - 1;
    *band_out = (enum cn_band)(both & 3);
    return *points_out >= 0;
}

static bool count_others(const struct cn_unit *unit, const struct cn_movement_range *range,
                         const struct moved_list *overridden, size_t limit,
                         struct cn_movement *movement, struct cn_error *err)
{
    static const char sql[] =
        "SELECT account_id, " ARR ", " ENDS("$4") ", " ENDS("$5") " FROM account WHERE " SEEN;
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = prepare(unit, range, sql, &stmt, err);
    if (ok) {
        cn_sql_bind_str(stmt, 7, range->currency);
    }
    while (ok && (ok = cn_sql_step(stmt, &row, err)) && row) {
        struct moved moved = { .mover.id = { cn_sql_column_i64(stmt, 0) } };
        struct cn_mover *mover = &moved.mover;
        if (is_overridden(overridden, mover->id.value)) {
            continue;
        }
        mover->arr_minor = cn_sql_column_i64(stmt, 1);
        moved.has_was = read_ends(stmt, 2, &mover->points_was, &mover->was);
        moved.has_is = read_ends(stmt, 3, &mover->points_is, &mover->is);
        count_moved(movement, range, limit, &moved);
    }
    cn_sql_finish(stmt);
    return ok;
}

/* What is told of an account besides how it moved, of the few that are. */
static bool name_movers(const struct cn_unit *unit, const struct cn_movement_range *range,
                        struct cn_mover_list *list, struct cn_error *err)
{
    static const char sql[] = "SELECT account_id, name, owner_id, CASE WHEN currency = $2 THEN"
                              " arr_minor END FROM account WHERE account_id = $1";
    bool ok = true;
    for (size_t i = 0; ok && i < list->count; i++) {
        struct cn_mover *mover = &list->items[i];
        struct cn_sql_stmt *stmt = NULL;
        bool row = false;
        ok = cn_sql_prepare(unit->conn, sql, &stmt, err);
        if (ok) {
            cn_sql_bind_i64(stmt, 1, mover->id.value);
            cn_sql_bind_str(stmt, 2, range->currency);
            ok = cn_sql_step(stmt, &row, err);
        }
        if (ok && row) {
            const struct cn_mover account = read_account(stmt, unit->arena);
            mover->name = account.name;
            mover->owner_id = account.owner_id;
            mover->has_arr = account.has_arr;
        }
        cn_sql_finish(stmt);
    }
    return ok;
}

bool cn_movement_load(const struct cn_unit *unit, const struct cn_movement_range *range,
                      int64_t movers, struct cn_movement *movement_out, struct cn_error *err)
{
    const size_t limit = movers < CN_MOVERS_MAX ? (size_t)movers : CN_MOVERS_MAX;
    struct cn_movement movement = {
        .fallers.items = cn_arena_array(unit->arena, struct cn_mover, CN_MOVERS_MAX + 1),
        .risers.items = cn_arena_array(unit->arena, struct cn_mover, CN_MOVERS_MAX + 1),
    };
    struct moved_list overridden = { 0 };
    if (!load_overridden(unit, range, &overridden, err)) {
        return false;
    }
    movement.overridden = (int64_t)overridden.count;
    for (size_t i = 0; i < overridden.count; i++) {
        count_moved(&movement, range, limit, &overridden.items[i]);
    }
    if (!count_others(unit, range, &overridden, limit, &movement, err) ||
        !name_movers(unit, range, &movement.fallers, err) ||
        !name_movers(unit, range, &movement.risers, err)) {
        return cn_error_context(err, "reading how accounts moved");
    }
    *movement_out = movement;
    return true;
}

/* ---- one cell ---- */

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
