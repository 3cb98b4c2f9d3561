#include "bench/crowd.h"

#include "base/hash.h"
#include "base/random.h"
#include "base/str.h"

#include "frame/frame.h"

enum {
    CHANGES_PER_CENT = 5, /* accounts of which usage changes from a day to the next */
    WORDS_MAX = 4,
    FAMILY = 20, /* accounts, of which the first can be the parent of the others */
};

/* What becomes of a value from a day to the next. */
enum drift {
    STAYS,
    MOVES, /* is another one for some accounts */
    GROWS,
    SHRINKS,
};

struct crowd_column {
    const char *name;
    const char *method;
    const char *csv; /* in the file; NULL: it is not there */
    enum cn_column_type type;
    enum drift drift;
    int64_t least;
    int64_t most;
    int64_t divisor; /* the value is a whole number of these parts */
    int skew;        /* the smallest of so many draws: most accounts are small */
    int missing_per_cent;
    const char *words[WORDS_MAX]; /* of text */
};

static const struct crowd_column table[] = {
    { "arr", "", "arr", CN_COLUMN_F64, STAYS, 500, 400000, 1, 6, 10, { 0 } },
    { "seats", "", "seats", CN_COLUMN_F64, STAYS, 5, 1000, 1, 4, 0, { 0 } },
    { "days_to_renewal", "", "days_to_renewal", CN_COLUMN_F64, SHRINKS, 0, 365, 1, 1, 10, { 0 } },
    { "tenure_days", "", "tenure_days", CN_COLUMN_F64, GROWS, 0, 1500, 1, 1, 10, { 0 } },
    { "has_champion", "", "has_champion", CN_COLUMN_BOOL, STAYS, 0, 1, 1, 1, 0, { 0 } },
    { "trait.plan",
      "",
      "plan",
      CN_COLUMN_STR,
      STAYS,
      0,
      3,
      1,
      2,
      5,
      { "free", "team", "business", "enterprise" } },
    { "trait.region",
      "",
      "region",
      CN_COLUMN_STR,
      STAYS,
      0,
      3,
      1,
      1,
      5,
      { "amer", "emea", "apac", "latam" } },
    { "trait.nps", "number", "nps", CN_COLUMN_F64, STAYS, -100, 100, 1, 1, 55, { 0 } },
    { "open_tickets", "", "open_tickets", CN_COLUMN_F64, MOVES, 0, 12, 1, 4, 0, { 0 } },
    { "critical_tickets_open",
      "",
      "critical_tickets_open",
      CN_COLUMN_F64,
      MOVES,
      0,
      3,
      1,
      5,
      0,
      { 0 } },
    { "active_users",
      "distinct",
      "active_users_distinct",
      CN_COLUMN_F64,
      MOVES,
      0,
      1000,
      1,
      4,
      5,
      { 0 } },
    { "active_users",
      "days_since",
      "active_users_days_since",
      CN_COLUMN_F64,
      MOVES,
      0,
      60,
      1,
      4,
      2,
      { 0 } },
    { "events", "change", "events_change", CN_COLUMN_F64, MOVES, -100, 100, 100, 1, 8, { 0 } },
    { "logins", "sum", "logins_sum", CN_COLUMN_F64, MOVES, 0, 2000, 1, 5, 5, { 0 } },
    { "features_used",
      "distinct",
      "features_used_distinct",
      CN_COLUMN_F64,
      MOVES,
      0,
      12,
      1,
      1,
      5,
      { 0 } },
    { "seats_used", "last", "seats_used_last", CN_COLUMN_F64, MOVES, 0, 1000, 1, 4, 5, { 0 } },
    { "health.score", "", "health_score", CN_COLUMN_F64, MOVES, 0, 100, 1, 1, 5, { 0 } },
    /* In no file. */
    { "has_sponsor", "", NULL, CN_COLUMN_BOOL, STAYS, 0, 1, 1, 1, 0, { 0 } },
    { "days_since_touch", "", NULL, CN_COLUMN_F64, GROWS, 0, 120, 1, 2, 20, { 0 } },
    { "sentiment", "", NULL, CN_COLUMN_F64, STAYS, 0, 100, 1, 1, 60, { 0 } },
    { "oldest_critical_hours", "", NULL, CN_COLUMN_F64, MOVES, 0, 200, 1, 1, 95, { 0 } },
    { "tickets", "opened", NULL, CN_COLUMN_F64, MOVES, 0, 30, 1, 4, 0, { 0 } },
    { "tickets", "escalated", NULL, CN_COLUMN_F64, MOVES, 0, 6, 1, 6, 0, { 0 } },
    { "parent_id", "", NULL, CN_COLUMN_I64, STAYS, 0, 0, 1, 1, 80, { 0 } }, /* see set() */
    { "alarm", "last", NULL, CN_COLUMN_F64, MOVES, 0, 1, 1, 6, 0, { 0 } },
    /* Of metrics, whichever: by method alone. */
    { "", "distinct", NULL, CN_COLUMN_F64, MOVES, 0, 1000, 1, 4, 5, { 0 } },
    { "", "days_since", NULL, CN_COLUMN_F64, MOVES, 0, 90, 1, 4, 2, { 0 } },
    { "", "change", NULL, CN_COLUMN_F64, MOVES, -100, 100, 100, 1, 8, { 0 } },
    { "", "sum", NULL, CN_COLUMN_F64, MOVES, 0, 20000, 1, 5, 5, { 0 } },
};

/* ---- values ---- */

/* How often the value of the row has become another one until that day. */
static uint64_t times_moved(size_t row, int64_t day)
{
    uint64_t times = 0;
    for (int64_t d = 1; d <= day; d++) {
        struct cn_rng rng = { (uint64_t)row * 1000003 + (uint64_t)d };
        times += cn_rng_between(&rng, 0, 99) < CHANGES_PER_CENT ? 1 : 0;
    }
    return times;
}

/* Which value is wanted. */
struct cell {
    size_t column;
    uint64_t salt; /* of the name, since one row of the table serves many metrics */
    size_t row;
};

/* A whole number of parts; false if it is missing. */
static bool value_of(const struct crowd *crowd, const struct cell *cell, int64_t *parts_out)
{
    const struct crowd_column *column = &table[cell->column];
    uint64_t version = column->drift == MOVES ? times_moved(cell->row, crowd->day) : 0;
    struct cn_rng rng = { cell->salt + crowd->seed + (uint64_t)cell->row * 4099 + version * 7919 };
    int64_t value = column->most;
    bool is_there = cn_rng_between(&rng, 0, 99) >= column->missing_per_cent;
    for (int i = 0; i < column->skew; i++) {
        int64_t draw = cn_rng_between(&rng, column->least, column->most);
        value = draw < value ? draw : value;
    }
    value += column->drift == GROWS ? crowd->day : column->drift == SHRINKS ? -crowd->day : 0;
    *parts_out = value;
    return is_there;
}

static void set(const struct cn_fill *fill, const struct cell *cell, int64_t parts,
                struct cn_column *column)
{
    const struct crowd_column *row = &table[cell->column];
    if (column->type == CN_COLUMN_BOOL) {
        cn_column_set_bool(column, cell->row, parts != 0);
    } else if (column->type == CN_COLUMN_STR) {
        cn_column_set_str(column, cell->row,
                          cn_intern(fill->strings, cn_str_of(row->words[parts])));
    } else if (column->type == CN_COLUMN_I64) {
        /* A parent is the first account of twenty, and has none itself. */
        int64_t parent = (int64_t)(cell->row / FAMILY * FAMILY) + 1;
        cn_column_set_i64(column, cell->row, parent);
        if (cell->row % FAMILY == 0) {
            cn_column_set_missing(column, cell->row);
        }
    } else {
        cn_column_set_f64(column, cell->row, (double)parts / (double)row->divisor);
    }
}

/* ---- the source ---- */

static uint64_t salt_of(cn_str name, cn_str method)
{
    return cn_hash128_of(name, cn_hash64(method)).lo;
}

static enum cn_resolve resolve(void *ctx, const struct cn_column_request *request,
                               struct cn_column_spec *spec_out, struct cn_error *err)
{
    (void)ctx;
    (void)err;
    for (size_t i = 0; i < CN_ARRAY_LEN(table); i++) {
        if ((table[i].name[0] == '\0' || cn_str_equal(request->name, cn_str_of(table[i].name))) &&
            cn_str_equal(request->method, cn_str_of(table[i].method))) {
            *spec_out = (struct cn_column_spec){
                .type = table[i].type, .pace = CN_PACE_FACT, .unit = "", .op = (int32_t)i
            };
            spec_out->args[0] = (int64_t)(salt_of(request->name, request->method) >> 1);
            return CN_RESOLVE_FOUND;
        }
    }
    return CN_RESOLVE_UNKNOWN;
}

static bool fill(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                 struct cn_column *column, struct cn_error *err)
{
    const struct crowd *crowd = ctx;
    struct cell cell = { (size_t)spec->op, (uint64_t)spec->args[0], 0 };
    (void)err;
    for (size_t i = 0; i < fill->count; i++) {
        int64_t parts = 0;
        cell.row = cn_fill_row(fill, i);
        if (value_of(crowd, &cell, &parts)) {
            set(fill, &cell, parts, column);
        } else {
            cn_column_set_missing(column, cell.row);
        }
    }
    return true;
}

static bool list(void *ctx, size_t index, struct cn_column_name *name_out)
{
    (void)ctx;
    if (index >= CN_ARRAY_LEN(table) || table[index].name[0] == '\0') {
        return false;
    }
    *name_out = (struct cn_column_name){ .name = cn_str_of(table[index].name),
                                         .method = cn_str_of(table[index].method) };
    return true;
}

void crowd_init(struct crowd *crowd)
{
    *crowd = (struct crowd){ 0 };
    crowd->source = (struct cn_column_source){
        .name = "crowd", .ctx = crowd, .resolve = resolve, .fill = fill, .list = list
    };
}

/* ---- as a file ---- */

static void write_value(size_t index, int64_t parts, FILE *out)
{
    if (table[index].type == CN_COLUMN_BOOL) {
        (void)fputs(parts != 0 ? "true" : "false", out);
    } else if (table[index].type == CN_COLUMN_STR) {
        (void)fputs(table[index].words[parts], out);
    } else {
        (void)fprintf(out, "%.17g", (double)parts / (double)table[index].divisor);
    }
}

static void write_row(const struct crowd *crowd, size_t row, FILE *out)
{
    (void)fprintf(out, "%zu", row + 1);
    for (size_t i = 0; i < CN_ARRAY_LEN(table) && table[i].csv != NULL; i++) {
        cn_str name = cn_str_of(table[i].name);
        struct cell cell = { i, salt_of(name, cn_str_of(table[i].method)) >> 1, row };
        int64_t parts = 0;
        (void)fputc(',', out);
        if (value_of(crowd, &cell, &parts)) {
            write_value(i, parts, out);
        }
    }
    (void)fputc('\n', out);
}

void crowd_write(const struct crowd *crowd, size_t count, FILE *out)
{
    (void)fputs("id", out);
    for (size_t i = 0; i < CN_ARRAY_LEN(table) && table[i].csv != NULL; i++) {
        (void)fprintf(out, ",%s", table[i].csv);
    }
    (void)fputc('\n', out);
    for (size_t row = 0; row < count; row++) {
        write_row(crowd, row, out);
    }
}
