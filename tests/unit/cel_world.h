/*
 * Columns that the tests of cel/ evaluate over: two of each kind, lists, a dotted name and a metric
 * with a method, filled with random and with awkward values.
 */
#ifndef CAIRN_TESTS_UNIT_CEL_WORLD_H
#define CAIRN_TESTS_UNIT_CEL_WORLD_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/str.h"

#include "cel/plan.h"

enum {
    WORLD_ROWS = 1000, /* not a multiple of 64 */
    WORLD_TEXTS_MAX = 20000,
    WORLD_LIST_MAX = 6, /* elements of a list */
};

static const struct {
    const char *name;
    enum cn_cel_kind kind;
    enum cn_cel_kind element; /* of a LIST */
} world_columns[] = {
    { "x", CN_CEL_DOUBLE },
    { "y", CN_CEL_DOUBLE },
    { "i", CN_CEL_INT },
    { "j", CN_CEL_INT },
    { "u", CN_CEL_UINT },
    { "v", CN_CEL_UINT },
    { "p", CN_CEL_BOOL },
    { "q", CN_CEL_BOOL },
    { "s", CN_CEL_STRING },
    { "trait.plan", CN_CEL_STRING },
    { "m", CN_CEL_TIMESTAMP },
    { "n", CN_CEL_TIMESTAMP },
    { "d", CN_CEL_DURATION },
    { "e", CN_CEL_DURATION },
    { "tags", CN_CEL_LIST, CN_CEL_STRING },
    { "codes", CN_CEL_LIST, CN_CEL_INT },
    { "amounts", CN_CEL_LIST, CN_CEL_DOUBLE },
    { "active_users", CN_CEL_DOUBLE },
    { "logins.sum(28)", CN_CEL_DOUBLE },
};

enum {
    WORLD_COLUMNS = CN_ARRAY_LEN(world_columns)
};

struct world {
    struct cn_arena arena;
    cn_str texts[WORLD_TEXTS_MAX];
    uint32_t text_count;
    struct cn_cel_strings strings;
    struct cn_cel_cells cells[WORLD_COLUMNS];
    struct cn_cel_schema schema;
    struct cn_cel_batch batch;
};

static inline uint32_t world_intern(void *ctx, cn_str text)
{
    struct world *world = ctx;
    for (uint32_t i = 0; i < world->text_count; i++) {
        if (cn_str_equal(world->texts[i], text)) {
            return i;
        }
    }
    if (world->text_count == WORLD_TEXTS_MAX) {
        abort();
    }
    world->texts[world->text_count] = cn_arena_str(&world->arena, text);
    return world->text_count++;
}

static inline cn_str world_text(void *ctx, uint32_t number)
{
    return ((struct world *)ctx)->texts[number];
}

static inline enum cn_cel_resolve world_resolve(void *ctx, const struct cn_cel_reference *reference,
                                                struct cn_cel_column *column_out,
                                                struct cn_error *err)
{
    (void)ctx;
    if (cn_str_equal(reference->name, CN_STR("logins"))) {
        if (!cn_str_equal(reference->method, CN_STR("sum"))) {
            cn_fail(err, CN_INVALID, "'logins' needs a method: logins.sum(days)");
            return CN_CEL_WRONG;
        }
        if (reference->arg_count != 1 || reference->args[0].kind != CN_CEL_INT ||
            reference->args[0].as.i64 != 28) {
            cn_fail(err, CN_INVALID, "sum(days) takes 28 days");
            return CN_CEL_WRONG;
        }
        *column_out = (struct cn_cel_column){ .id = WORLD_COLUMNS - 1, .kind = CN_CEL_DOUBLE };
        return CN_CEL_FOUND;
    }
    for (uint32_t i = 0; reference->method.len == 0 && i + 1 < WORLD_COLUMNS; i++) {
        if (cn_str_equal(reference->name, cn_str_of(world_columns[i].name))) {
            *column_out =
                (struct cn_cel_column){ i, world_columns[i].kind, world_columns[i].element, 0 };
            return CN_CEL_FOUND;
        }
    }
    return CN_CEL_UNKNOWN;
}

static inline bool world_list(void *ctx, size_t index, cn_str *name_out)
{
    (void)ctx;
    if (index >= WORLD_COLUMNS) {
        return false;
    }
    *name_out =
        index + 1 == WORLD_COLUMNS ? CN_STR("logins") : cn_str_of(world_columns[index].name);
    return true;
}

static inline double random_double(struct cn_rng *rng)
{
    static const double awkward[] = { 0.0,
                                      -0.0,
                                      1.0,
                                      -1.0,
                                      2.5,
                                      1e308,
                                      -1e308,
                                      1e18,
                                      NAN,
                                      INFINITY,
                                      0.1,
                                      -2.5,
                                      -INFINITY,
                                      9007199254740993.0,
                                      9223372036854775808.0,
                                      -9223372036854775808.0,
                                      3.0,
                                      7.0 };
    return cn_rng_between(rng, 0, 2) == 0
               ? awkward[cn_rng_between(rng, 0, (int64_t)CN_ARRAY_LEN(awkward) - 1)]
               : (double)cn_rng_between(rng, -1000, 1000) / 4;
}

static inline int64_t random_int(struct cn_rng *rng)
{
    static const int64_t awkward[] = {
        0, 1, -1, 2, 3, INT64_MAX, INT64_MIN, 7, INT64_MAX - 1, INT64_C(9007199254740993), 28, 10
    };
    return cn_rng_between(rng, 0, 2) == 0
               ? awkward[cn_rng_between(rng, 0, (int64_t)CN_ARRAY_LEN(awkward) - 1)]
               : cn_rng_between(rng, -20, 20);
}

static inline void world_fill_cell(struct world *world, struct cn_rng *rng, enum cn_cel_kind kind,
                                   void *values, size_t row)
{
    static const char *const texts[] = { "",  "pro",  "enterprise", "h\xc3\xa9llo",
                                         "a", "beta", "vip",        "betamax",
                                         "z", "Pro",  "free",       "\xf0\x9f\x98\x80" };
    switch ((int)kind) {
    case CN_CEL_DOUBLE:
        ((double *)values)[row] = random_double(rng);
        break;
    case CN_CEL_BOOL:
        ((uint8_t *)values)[row] = cn_rng_between(rng, 0, 1) != 0;
        break;
    case CN_CEL_STRING:
        ((uint32_t *)values)[row] = world_intern(
            world, cn_str_of(texts[cn_rng_between(rng, 0, (int64_t)CN_ARRAY_LEN(texts) - 1)]));
        break;
    case CN_CEL_TIMESTAMP:
        ((int64_t *)values)[row] = cn_rng_between(rng, 0, 9) == 0
                                       ? INT64_C(253402300799999999)
                                       : cn_rng_between(rng, -5, 5) * 86400 * 1000000;
        break;
    case CN_CEL_DURATION:
        ((int64_t *)values)[row] = cn_rng_between(rng, 0, 9) == 0
                                       ? INT64_C(9223372036854775)
                                       : cn_rng_between(rng, -100, 100) * 3600 * 1000000;
        break;
    default:
        ((int64_t *)values)[row] = random_int(rng);
        break;
    }
}

/* A column of lists of up to WORLD_LIST_MAX elements; a missing row has none. */
static inline struct cn_cel_cells world_lists(struct world *world, struct cn_rng *rng,
                                              enum cn_cel_kind element, const uint64_t *missing)
{
    void *values =
        cn_arena_calloc(&world->arena, (size_t)WORLD_ROWS * WORLD_LIST_MAX, sizeof(uint64_t));
    uint32_t *offsets = cn_arena_array(&world->arena, uint32_t, WORLD_ROWS + 1);
    for (size_t row = 0; row < WORLD_ROWS; row++) {
        bool is_missing = (missing[row / 64] >> (row % 64) & 1) != 0;
        int64_t count = is_missing ? 0 : cn_rng_between(rng, 0, WORLD_LIST_MAX);
        offsets[row + 1] = offsets[row] + (uint32_t)count;
        for (uint32_t k = offsets[row]; k < offsets[row + 1]; k++) {
            world_fill_cell(world, rng, element, values, k);
        }
    }
    return (struct cn_cel_cells){ values, missing, offsets, element };
}

static inline void world_init(struct world *world)
{
    struct cn_rng rng = { 20260301 };
    memset(world, 0, sizeof(*world));
    cn_arena_init(&world->arena, 1 << 20);
    world->strings =
        (struct cn_cel_strings){ .ctx = world, .intern = world_intern, .text = world_text };
    world->schema = (struct cn_cel_schema){ .resolve = world_resolve, .list = world_list };
    for (size_t c = 0; c < WORLD_COLUMNS; c++) {
        void *values = cn_arena_calloc(&world->arena, WORLD_ROWS, sizeof(uint64_t));
        uint64_t *missing = cn_arena_array(&world->arena, uint64_t, WORLD_ROWS / 64 + 1);
        for (size_t row = 0; row < WORLD_ROWS; row++) {
            if (world_columns[c].kind != CN_CEL_LIST) {
                world_fill_cell(world, &rng, world_columns[c].kind, values, row);
            }
            if (cn_rng_between(&rng, 0, 7) == 0) {
                missing[row / 64] |= UINT64_C(1) << (row % 64);
            }
        }
        world->cells[c] =
            world_columns[c].kind == CN_CEL_LIST
                ? world_lists(world, &rng, world_columns[c].element, missing)
                : (struct cn_cel_cells){ .values = values, .missing = c % 5 == 4 ? NULL : missing };
    }
    world->batch = (struct cn_cel_batch){ .columns = world->cells,
                                          .column_count = WORLD_COLUMNS,
                                          .first = 0,
                                          .rows = WORLD_ROWS,
                                          .strings = &world->strings };
}

static inline void world_deinit(struct world *world)
{
    cn_arena_deinit(&world->arena);
}

#endif
