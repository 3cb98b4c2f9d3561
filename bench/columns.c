/*
 * How long it takes to score a million accounts by ten measures and three exceptions, beside
 * reading the same columns once from memory.  Prints one line of JSON, medians in milliseconds.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/str.h"

#include "bench/rounds.h"
#include "frame/frame.h"
#include "health/evaluate.h"
#include "program/program.h"

enum {
    ACCOUNTS = 1000000,
    MEASURES = 10,
    ROUNDS = 9,
    MISSING_PER_CENT = 10
};

static const char program_text[] =
    "scorecard: bench\n"
    "groups:\n"
    "  - name: all\n"
    "    weight: 100\n"
    "    measures:\n"
    "      - {name: a, weight: 20, value: m0, map: {0: 0, 50: 60, 100: 100}}\n"
    "      - {name: b, weight: 15, value: m1, map: {0: 0, 50: 60, 100: 100}}\n"
    "      - {name: c, weight: 15, value: m2, map: {0: 0, 50: 60, 100: 100}}\n"
    "      - {name: d, weight: 10, value: m3, map: {0: 0, 50: 60, 100: 100}}\n"
    "      - {name: e, weight: 10, value: m4, map: {0: 0, 50: 60, 100: 100}}\n"
    "      - {name: f, weight: 10, value: m5, map: {0: 0, 50: 60, 100: 100}}\n"
    "      - {name: g, weight: 5, value: m6, map: {0: 0, 50: 60, 100: 100}}\n"
    "      - {name: h, weight: 5, value: m7, map: {0: 0, 50: 60, 100: 100}}\n"
    "      - {name: i, weight: 5, value: m8, map: {0: 0, 50: 60, 100: 100}}\n"
    "      - {name: j, weight: 5, value: m9, map: {0: 0, 50: 60, 100: 100}}\n"
    "exceptions:\n"
    "  - {when: m0 < 5.0, cap: 50, because: a is low}\n"
    "  - {when: m1 < 5.0, cap: 60, because: b is low}\n"
    "  - {when: m2 < 5.0, cap: 40, because: c is low}\n";

/* "m0" to "m9": numbers from 0 to 100 out of a seed. */
static enum cn_resolve resolve(void *ctx, const struct cn_column_request *request,
                               struct cn_column_spec *spec_out, struct cn_error *err)
{
    (void)ctx;
    (void)err;
    if (request->name.len != 2 || request->name.ptr[0] != 'm' || request->method.len != 0) {
        return CN_RESOLVE_UNKNOWN;
    }
    *spec_out = (struct cn_column_spec){
        .type = CN_COLUMN_F64, .pace = CN_PACE_FACT, .unit = "", .op = request->name.ptr[1] - '0'
    };
    return CN_RESOLVE_FOUND;
}

static bool fill(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                 struct cn_column *column, struct cn_error *err)
{
    const uint64_t *seed = ctx;
    struct cn_rng rng = { *seed + (uint64_t)spec->op };
    (void)err;
    for (size_t i = 0; i < fill->count; i++) {
        size_t row = cn_fill_row(fill, i);
        if (cn_rng_between(&rng, 0, 99) < MISSING_PER_CENT) {
            cn_column_set_missing(column, row);
        } else {
            cn_column_set_f64(column, row, cn_rng_unit(&rng) * 100);
        }
    }
    return true;
}

static bool list(void *ctx, size_t index, struct cn_column_name *name_out)
{
    (void)ctx;
    (void)index;
    (void)name_out;
    return false;
}

static const struct cn_health_model *compile(struct cn_arena *arena, struct cn_column_set *set,
                                             struct cn_interner *strings)
{
    static const struct cn_program_section *const sections[] = { &cn_health_section };
    struct cn_program_file file = { CN_STR("bench.yaml"), cn_str_of(program_text) };
    struct cn_program_files files = { &file, 1 };
    struct cn_program_tree tree = { 0 };
    struct cn_rules *rules = cn_rules_new(arena, set, strings);
    struct cn_health_env env;
    struct cn_diagnostics problems;
    void *model = NULL;
    cn_diagnostics_init(&problems, arena);
    bool ok = cn_program_parse(arena, &files, sections, 1, &tree, &problems);
    cn_health_prepare(arena, rules, &tree, &env);
    if (!ok || !cn_program_compile(arena, &tree, &cn_health_section, &env, &model, &problems) ||
        !cn_rules_finish(rules, &problems)) {
        for (size_t i = 0; i < problems.count; i++) {
            (void)fprintf(stderr, "%.*s\n", CN_STR_ARG(problems.items[i].message));
        }
        exit(1);
    }
    return model;
}

/* All bytes of the columns, as fast as memory gives them. */
static uint64_t read_once(struct cn_frame *frame)
{
    uint64_t sum = 0;
    for (uint32_t c = 0; c < MEASURES; c++) {
        const struct cn_column *column = cn_frame_column(frame, c);
        const uint64_t *words = column->as.any;
        for (size_t i = 0; i < ACCOUNTS; i++) {
            sum += words[i];
        }
        for (size_t i = 0; i < ACCOUNTS / 64; i++) {
            sum += column->missing[i];
        }
    }
    return sum;
}

struct times {
    int64_t read_us[ROUNDS];
    int64_t all_us[ROUNDS];  /* every value is new */
    int64_t same_us[ROUNDS]; /* none is: the engine's tick */
};

static bool measure(struct cn_frame *frame, const struct cn_health_model *model, uint64_t *seed,
                    struct times *times, struct cn_error *err)
{
    const struct cn_when when = { 0 };
    struct cn_health_state state;
    struct cn_health_changes changes = { 0 };
    struct cn_arena arena;
    uint64_t sum = 0;
    bool ok = true;
    cn_health_state_init(&state);
    cn_health_state_resize(&state, ACCOUNTS);
    cn_arena_init(&arena, (size_t)1024 * 1024);
    for (size_t i = 0; ok && i < ROUNDS; i++) {
        *seed = i * 100;
        ok = cn_frame_fill(frame, 0, NULL, &when, CN_PACE_FACT, err);
        int64_t t0 = cn_clock_monotonic_us();
        sum += read_once(frame);
        int64_t t1 = cn_clock_monotonic_us();
        ok = ok && cn_health_evaluate(model, frame, NULL, &state, NULL, &arena, err);
        int64_t t2 = cn_clock_monotonic_us();
        ok = ok && cn_health_evaluate(model, frame, NULL, &state, &changes, &arena, err);
        int64_t t3 = cn_clock_monotonic_us();
        times->read_us[i] = t1 - t0;
        times->all_us[i] = t2 - t1;
        times->same_us[i] = t3 - t2;
        cn_arena_reset(&arena);
    }
    (void)fprintf(stderr, "%" PRIu64 "\n", sum); /* so that reading is not left out */
    cn_health_changes_deinit(&changes);
    cn_health_state_deinit(&state);
    cn_arena_deinit(&arena);
    return ok;
}

int main(void)
{
    uint64_t seed = 0;
    const struct cn_column_source source = {
        .name = "bench", .ctx = &seed, .resolve = resolve, .fill = fill, .list = list
    };
    const struct cn_column_source *const sources[] = { &source };
    struct cn_arena arena;
    struct cn_column_set set;
    struct times times;
    struct cn_error err;
    cn_heap_tune();

    cn_arena_init(&arena, (size_t)64 * 1024);
    cn_column_set_init(&set, &arena, sources, 1);
    struct cn_interner *strings = cn_interner_new();
    struct cn_frame *frame = cn_frame_new(strings);
    const struct cn_health_model *model = compile(&arena, &set, strings);
    cn_frame_use(frame, &set, NULL);
    for (int64_t id = 1; id <= ACCOUNTS; id++) {
        (void)cn_frame_add(frame, id); /* rows are numbered as they come */
    }
    bool ok = measure(frame, model, &seed, &times, &err);
    if (ok) {
        printf("{\"read_ms\":%.3f,\"all_ms\":%.3f,\"same_ms\":%.3f}\n",
               rounds_median_ms(times.read_us, ROUNDS), rounds_median_ms(times.all_us, ROUNDS),
               rounds_median_ms(times.same_us, ROUNDS));
    } else {
        (void)fprintf(stderr, "%s\n", err.message);
    }
    cn_frame_free(frame);
    cn_interner_free(strings);
    cn_arena_deinit(&arena);
    return ok ? 0 : 1;
}
