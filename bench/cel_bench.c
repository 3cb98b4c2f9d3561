/*
 * Time a row of five rules that other engines are measured with, over columns of a million
 * accounts: each rule alone and all of them in one plan.  Prints JSON: nanoseconds, and of each
 * rule how many rows match.
 *
 *   cel_bench [FOLDER]     leaves the columns in FOLDER for bench/peers/cel.mjs
 *
 * The peers have the same rules.  Of a column they read numbers from NAME.f64, NaN where there is
 * no value, and texts from NAME.u32, as numbers of lines of `texts`.  NAME.offsets.u32 has where
 * the list of each row begins, and where the last one ends.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/str.h"

#include "cel/plan.h"

enum {
    ROWS = 1 << 20,
    ROUNDS = 5,
    TEXTS = 8,
    PATH_BYTES = 4096,
};

static const struct {
    const char *name;
    enum cn_cel_kind kind;
    enum cn_cel_kind element;
} columns[] = {
    { "usage.active_users_30d", CN_CEL_DOUBLE },
    { "usage.active_users_prev_30d", CN_CEL_DOUBLE },
    { "arr", CN_CEL_DOUBLE },
    { "days_to_renewal", CN_CEL_DOUBLE },
    { "usage.features_used", CN_CEL_DOUBLE },
    { "usage.missing", CN_CEL_DOUBLE },
    { "plan", CN_CEL_STRING },
    { "segment", CN_CEL_STRING },
    { "csm", CN_CEL_STRING },
    { "tags", CN_CEL_LIST, CN_CEL_STRING },
};

static const char *const texts[TEXTS] = { "",    "pro", "enterprise", "free",
                                          "ent", "smb", "vip",        "beta" };

static const struct {
    const char *name;
    const char *source;
} rules[] = {
    { "usage drop", "usage.active_users_30d < 0.7 * usage.active_users_prev_30d && arr > 5000.0 && "
                    "days_to_renewal <= 60.0" },
    { "text", "plan in ['pro','enterprise'] && segment == 'ent' && csm != ''" },
    { "weighted score",
      "(usage.active_users_30d > 20.0 ? 40.0 : usage.active_users_30d * 2.0) + (arr > 10000.0 ? "
      "30.0 : arr / 500.0) + (days_to_renewal > 90.0 ? 30.0 : days_to_renewal / 3.0) < 55.0" },
    { "tags", "tags.exists(t, t == 'vip' || t.startsWith('bet')) && arr >= 1000.0" },
    { "has", "has(usage.features_used) && usage.features_used > 3.0 || (has(usage.missing) && "
             "usage.missing > 1.0)" },
};

static enum cn_cel_resolve resolve(void *ctx, const struct cn_cel_reference *reference,
                                   struct cn_cel_column *column_out, struct cn_error *err)
{
    (void)ctx;
    (void)err;
    for (uint32_t i = 0; i < CN_ARRAY_LEN(columns); i++) {
        if (cn_str_equal(reference->name, cn_str_of(columns[i].name))) {
            *column_out = (struct cn_cel_column){ i, columns[i].kind, columns[i].element, 0 };
            return CN_CEL_FOUND;
        }
    }
    return CN_CEL_UNKNOWN;
}

static uint32_t intern(void *ctx, cn_str text)
{
    (void)ctx;
    for (uint32_t i = 0; i < TEXTS; i++) {
        if (cn_str_equal(text, cn_str_of(texts[i]))) {
            return i;
        }
    }
    return TEXTS;
}

static cn_str text_of(void *ctx, uint32_t number)
{
    (void)ctx;
    return cn_str_of(texts[number]);
}

static const struct cn_cel_strings strings = { .intern = intern, .text = text_of };

/* Up to three tags. */
static struct cn_cel_cells fill_lists(struct cn_arena *arena, struct cn_rng *rng)
{
    enum {
        TAGS_MAX = 3
    };
    uint32_t *words = cn_arena_array(arena, uint32_t, (size_t)ROWS * TAGS_MAX);
    uint32_t *offsets = cn_arena_array(arena, uint32_t, ROWS + 1);
    for (size_t i = 0; i < ROWS; i++) {
        offsets[i + 1] = offsets[i] + (uint32_t)cn_rng_between(rng, 0, TAGS_MAX);
        for (uint32_t k = offsets[i]; k < offsets[i + 1]; k++) {
            words[k] = (uint32_t)cn_rng_between(rng, 0, TEXTS - 1);
        }
    }
    return (struct cn_cel_cells){ .values = words, .offsets = offsets, .element = CN_CEL_STRING };
}

/* One row in twenty has no usage.features_used, and none has usage.missing.  The others are in
 * every row: outside of has() a missing one is an error, for which the peers would throw an
 * exception. */
static struct cn_cel_cells fill_column(struct cn_arena *arena, struct cn_rng *rng, size_t c)
{
    bool is_text = columns[c].kind == CN_CEL_STRING;
    bool is_arr = strcmp(columns[c].name, "arr") == 0;
    bool is_missing = strcmp(columns[c].name, "usage.missing") == 0;
    bool has_gaps = strcmp(columns[c].name, "usage.features_used") == 0;
    double *numbers = is_text ? NULL : cn_arena_array(arena, double, ROWS);
    uint32_t *words = is_text ? cn_arena_array(arena, uint32_t, ROWS) : NULL;
    uint64_t *missing = cn_arena_array(arena, uint64_t, ROWS / 64);
    for (size_t i = 0; i < ROWS; i++) {
        bool is_gap = is_missing || (has_gaps && cn_rng_between(rng, 0, 19) == 0);
        if (is_text) {
            words[i] = (uint32_t)cn_rng_between(rng, 0, TEXTS - 1);
        } else {
            double number = cn_rng_unit(rng) * (is_arr ? 20000 : 120);
            numbers[i] = is_gap ? (double)NAN : number;
        }
        missing[i / 64] |= (uint64_t)is_gap << (i % 64);
    }
    return (struct cn_cel_cells){ .values = is_text ? (const void *)words : numbers,
                                  .missing = missing };
}

static void fill(struct cn_arena *arena, struct cn_cel_cells *cells)
{
    struct cn_rng rng = { 42 };
    for (size_t c = 0; c < CN_ARRAY_LEN(columns); c++) {
        cells[c] =
            columns[c].kind == CN_CEL_LIST ? fill_lists(arena, &rng) : fill_column(arena, &rng, c);
    }
}

static size_t count_truth(const uint64_t *truth)
{
    size_t count = 0;
    for (size_t w = 0; w < CN_CEL_BLOCK_WORDS; w++) {
        count += (size_t)__builtin_popcountll(truth[w]);
    }
    return count;
}

static void write_file(const char *folder, const char *name, const char *kind, const void *bytes,
                       size_t len)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof(path), "%s/%s%s", folder, name, kind);
    FILE *out = fopen(path, "w");
    if (out == NULL || fwrite(bytes, 1, len, out) != len || fclose(out) != 0) {
        (void)fprintf(stderr, "%s cannot be written\n", path);
        exit(1);
    }
}

static void write_columns(const struct cn_cel_cells *cells, const char *folder)
{
    char lines[TEXTS * 16] = "";
    for (size_t i = 0; i < TEXTS; i++) {
        size_t len = strlen(lines);
        (void)snprintf(lines + len, sizeof(lines) - len, "%s\n", texts[i]);
    }
    write_file(folder, "texts", "", lines, strlen(lines));
    for (size_t c = 0; c < CN_ARRAY_LEN(columns); c++) {
        const char *name = columns[c].name;
        const uint32_t *offsets = cells[c].offsets;
        if (columns[c].kind == CN_CEL_DOUBLE) {
            write_file(folder, name, ".f64", cells[c].values, ROWS * sizeof(double));
            continue;
        }
        size_t words = offsets != NULL ? offsets[ROWS] : ROWS;
        write_file(folder, name, ".u32", cells[c].values, words * sizeof(uint32_t));
        if (offsets != NULL) {
            write_file(folder, name, ".offsets.u32", offsets, (ROWS + 1) * sizeof(*offsets));
        }
    }
}

static void measure(struct cn_arena *arena, const struct cn_cel_cells *cells, const char *name,
                    const char *const *sources, size_t count)
{
    struct cn_cel_schema schema = { .resolve = resolve };
    struct cn_cel_options options = { .want = CN_CEL_BOOL };
    struct cn_cel_planner *planner = cn_cel_planner_new(arena, &strings);
    struct cn_error err;
    for (size_t i = 0; i < count; i++) {
        struct cn_cel_problems problems;
        struct cn_cel_expr *expr = NULL;
        size_t output = 0;
        cn_cel_problems_init(&problems, arena, cn_str_of(sources[i]));
        if (!cn_cel_check(arena, &schema, cn_str_of(sources[i]), &options, &expr, &problems)) {
            (void)fprintf(stderr, "%s: %.*s\n", name, CN_STR_ARG(problems.items[0].message));
            exit(1);
        }
        if (!cn_cel_plan_add(planner, expr, &output, &err)) {
            (void)fprintf(stderr, "%s: %s\n", name, err.message);
            exit(1);
        }
    }
    const struct cn_cel_plan *plan = cn_cel_plan_finish(planner);
    struct cn_cel_run *run = cn_cel_run_new(plan);
    struct cn_cel_batch batch = { .columns = cells,
                                  .column_count = CN_ARRAY_LEN(columns),
                                  .rows = CN_CEL_BLOCK_ROWS,
                                  .strings = &strings };
    int64_t best = INT64_MAX;
    size_t hits[CN_ARRAY_LEN(rules)] = { 0 };
    for (int round = 0; round < ROUNDS; round++) {
        memset(hits, 0, sizeof(hits));
        int64_t start = cn_clock_monotonic_us();
        for (batch.first = 0; batch.first < ROWS; batch.first += CN_CEL_BLOCK_ROWS) {
            cn_cel_run_block(run, &batch);
            for (size_t i = 0; i < count; i++) {
                hits[i] += count_truth(cn_cel_run_result(run, i).truth);
            }
        }
        int64_t took = cn_clock_monotonic_us() - start;
        best = took < best ? took : best;
    }
    printf("%s\"%s\": { \"ns\": %.3f, \"operations\": %zu, \"hits\": [",
           strcmp(name, rules[0].name) == 0 ? "{ " : ",\n  ", name, (double)best * 1000 / ROWS,
           cn_cel_plan_ops(plan));
    for (size_t i = 0; i < count; i++) {
        printf("%s%zu", i > 0 ? ", " : "", hits[i]);
    }
    printf("] }");
    cn_cel_run_free(run);
}

int main(int argc, char **argv)
{
    struct cn_arena arena;
    struct cn_cel_cells cells[CN_ARRAY_LEN(columns)];
    const char *all[CN_ARRAY_LEN(rules)];
    cn_heap_tune();
    cn_arena_init(&arena, 1 << 20);
    fill(&arena, cells);
    if (argc > 1) {
        write_columns(cells, argv[1]);
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(rules); i++) {
        all[i] = rules[i].source;
        measure(&arena, cells, rules[i].name, &rules[i].source, 1);
    }
    measure(&arena, cells, "all five", all, CN_ARRAY_LEN(all));
    printf(" }\n");
    cn_arena_deinit(&arena);
    return 0;
}
