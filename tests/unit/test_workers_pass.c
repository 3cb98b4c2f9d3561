/*
 * Threads that share a pass of the program's rules find what one thread finds: the shipped program,
 * with parents and a shadow model beside it, over accounts that come, move and go.
 */
#include <math.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "base/str.h"
#include "base/workers.h"

#include "engine/pass.h"
#include "tests/unit/unit.h"

enum {
    ROWS = 20 * CN_BLOCK_ROWS + 100, /* each of two threads has ten blocks */
    ROUNDS = 6,
    HANDS = 2,
    FAMILY = 20, /* accounts, of which the first is the parent */
    RECORDS_MAX = 3,
};

/* ---- columns that any program finds ---- */

struct crowd {
    int64_t round;
    struct cn_column_source source;
};

static bool begins(cn_str name, const char *with)
{
    return strncmp(name.ptr, with, strnlen(with, name.len)) == 0;
}

static enum cn_resolve resolve(void *ctx, const struct cn_column_request *request,
                               struct cn_column_spec *spec_out, struct cn_error *err)
{
    (void)ctx;
    (void)err;
    const bool is_text = begins(request->name, "trait.") && request->method.len == 0;
    *spec_out = (struct cn_column_spec){
        .type = is_text                              ? CN_COLUMN_STR
                : begins(request->name, "has_")      ? CN_COLUMN_BOOL
                : begins(request->name, "parent_id") ? CN_COLUMN_I64
                                                     : CN_COLUMN_F64,
        .unit = "",
        .op = (int32_t)cn_hash128_of(request->name, cn_hash64(request->method)).lo,
        .index = begins(request->name, "arr")                                         ? 200000
                 : cn_str_equal(request->method, CN_STR("change"))                    ? -1
                 : begins(request->name, "days_") || begins(request->name, "tenure_") ? 400
                                                                                      : 12,
        .counts = cn_str_equal(request->method, CN_STR("critical_for")) ? "ticket" : NULL,
    };
    return CN_RESOLVE_FOUND;
}

/* The value of an account moves every third round; one in ten is missing. */
static double value_of(const struct crowd *crowd, const struct cn_column_spec *spec,
                       int64_t account)
{
    const int64_t key[] = { account, spec->op, (crowd->round + account) / 3 };
    const uint64_t drawn = cn_hash64((cn_str){ (const char *)key, sizeof(key) });
    const double share = (double)(drawn >> 40) / (double)(1 << 24);
    if (drawn % 10 == 0) {
        return spec->counts != NULL ? 0 : NAN;
    }
    if (spec->counts != NULL) {
        return (double)(drawn % 7 < RECORDS_MAX ? drawn % 7 : 0);
    }
    return spec->index < 0 ? 2 * share - 1 : share * share * (double)spec->index;
}

static void set(const struct crowd *crowd, const struct cn_column_spec *spec,
                const struct cn_fill *fill, size_t row, struct cn_column *column)
{
    const int64_t account = fill->accounts[row];
    const double value = account == 0 ? NAN : value_of(crowd, spec, account);
    const int64_t parent = (account - 1) / FAMILY * FAMILY + 1;
    if (spec->type == CN_COLUMN_I64 && account != 0 && account != parent && account % 3 == 0) {
        cn_column_set_i64(column, row, parent);
    } else if (isnan(value) || spec->type == CN_COLUMN_I64) {
        cn_column_set_missing(column, row);
    } else if (spec->type == CN_COLUMN_BOOL) {
        cn_column_set_bool(column, row, value > 2);
    } else if (spec->type == CN_COLUMN_STR) {
        cn_column_set_str(column, row, cn_intern(fill->strings, CN_STR("0.5")));
    } else {
        cn_column_set_f64(column, row, value);
    }
}

static bool fill_column(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                        struct cn_column *column, struct cn_error *err)
{
    (void)err;
    for (size_t i = 0; i < fill->count; i++) {
        set(ctx, spec, fill, cn_fill_row(fill, i), column);
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

/* The tickets of an account are numbered from its own number on. */
static size_t records(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                      struct cn_arena *arena, int64_t **ids_out)
{
    const int64_t account = fill->accounts[fill->rows[0]];
    const size_t count = (size_t)value_of(ctx, spec, account);
    int64_t *ids = cn_arena_array(arena, int64_t, RECORDS_MAX);
    for (size_t i = 0; i < count; i++) {
        ids[i] = account * RECORDS_MAX + (int64_t)i;
    }
    *ids_out = ids;
    return count;
}

/* ---- a world ---- */

struct world {
    struct cn_arena arena;
    struct cn_arena scratch;
    struct crowd crowd;
    struct cn_interner *strings;
    struct cn_column_set columns;
    const struct cn_column_source *sources[3];
    struct cn_engine_program program;
    struct cn_frame *frame;
    struct cn_health_state health;
    struct cn_health_changes changes;
    struct cn_health_changes shadow_changes;
    struct cn_membership segments;
    struct cn_signal_states states;
    struct cn_signal_moves moves;
    struct cn_when when;
    struct cn_workers *workers;
};

static bool ignore(const struct cn_section_input *input, void **compiled_out,
                   struct cn_diagnostics *problems)
{
    (void)input;
    (void)compiled_out;
    (void)problems;
    return true;
}

/* The shipped files without their metrics, and what they do not have. */
static void read_files(struct cn_arena *arena, struct cn_program_files *files_out)
{
    const struct cn_program_file more[] = {
        { CN_STR("scorecards/group.yaml"),
          CN_STR("scorecard: group\npriority: 90\napplies_when: children.count() > 0.0\n"
                 "children: {take: arr, share: 0.5}\ngroups:\n"
                 "  - {name: usage, weight: 100, measures: [{name: trend, weight: 40, "
                 "value: events.change(28), map: {-0.4: 0, 0: 80, 0.15: 100}}]}\n"
                 "exceptions:\n  - {when: \"!has_champion\", cap: 49, because: alone}\n"
                 "bands: {yellow: 50, green: 75, margin: 3}\n") },
        { CN_STR("scorecards/plain.yaml"),
          CN_STR("scorecard: plain\nshadow: true\napplies_when: \"arr > 100.0\"\ngroups:\n"
                 "  - {name: usage, weight: 100, measures: [{name: trend, weight: 40, "
                 "value: events.change(28), map: {-0.4: 0, 0: 80, 0.15: 100}}]}\n"
                 "bands: {yellow: 50, green: 75, margin: 3}\n") },
    };
    struct cn_program_files shipped;
    size_t count = 0;
    cn_program_shipped(arena, &shipped);
    struct cn_program_file *files =
        cn_arena_array(arena, struct cn_program_file, shipped.count + CN_ARRAY_LEN(more));
    for (size_t i = 0; i < shipped.count; i++) {
        if (!begins(shipped.items[i].name, "metrics") && !begins(shipped.items[i].name, "tests/")) {
            files[count++] = shipped.items[i];
        }
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(more); i++) {
        files[count++] = more[i];
    }
    *files_out = (struct cn_program_files){ files, count };
}

static void compile(struct world *w)
{
    static const struct cn_program_section metrics = { .key = "metrics",
                                                       .form = CN_SECTION_KEY,
                                                       .compile = ignore };
    static const struct cn_program_section *const sections[] = { &metrics,
                                                                 &cn_segment_model_section,
                                                                 &cn_segment_section,
                                                                 &cn_coverage_section,
                                                                 &cn_lifecycle_section,
                                                                 &cn_health_section,
                                                                 &cn_signal_section };
    struct cn_program_files files;
    struct cn_program_tree tree;
    struct cn_diagnostics problems;
    struct cn_segment_env segments;
    struct cn_health_env health;
    void *compiled[CN_ARRAY_LEN(sections)] = { NULL };
    read_files(&w->arena, &files);
    cn_diagnostics_init(&problems, &w->arena);
    cn_column_set_init(&w->columns, &w->arena, w->sources, CN_ARRAY_LEN(w->sources));
    struct cn_rules *rules = cn_rules_new(&w->arena, &w->columns, w->strings);
    assert_true(
        cn_program_parse(&w->arena, &files, sections, CN_ARRAY_LEN(sections), &tree, &problems));
    cn_health_prepare(&w->arena, rules, &tree, &health);
    cn_segment_prepare(&w->arena, rules, w->strings, &tree, &segments);
    struct cn_signal_env signals = { .rules = rules, .section = cn_rules_section(rules) };
    w->sources[0] = cn_segment_source(&segments);
    w->sources[1] = cn_health_source(&health);
    w->sources[2] = &w->crowd.source;
    void *const envs[] = { NULL, &segments, &segments, &segments, &segments, &health, &signals };
    for (size_t i = 0; i < CN_ARRAY_LEN(sections); i++) {
        assert_true(
            cn_program_compile(&w->arena, &tree, sections[i], envs[i], &compiled[i], &problems));
    }
    assert_true(cn_rules_finish(rules, &problems));
    w->program = (struct cn_engine_program){
        .rules = rules, .segments = segments.model, .health = compiled[5], .signals = compiled[6]
    };
}

static struct world *world_new(struct cn_workers *workers)
{
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    cn_arena_init(&w->arena, 64 * 1024);
    cn_arena_init(&w->scratch, 1024 * 1024);
    w->workers = workers;
    w->strings = cn_interner_new();
    w->crowd.source = (struct cn_column_source){ .name = "crowd",
                                                 .ctx = &w->crowd,
                                                 .resolve = resolve,
                                                 .fill = fill_column,
                                                 .list = list,
                                                 .records = records };
    compile(w);
    w->frame = cn_frame_new(w->strings);
    cn_frame_use(w->frame, &w->columns, NULL);
    for (int64_t id = 1; id <= ROWS; id++) {
        (void)cn_frame_add(w->frame, id);
    }
    cn_health_state_init(&w->health);
    cn_health_state_resize(&w->health, ROWS);
    cn_membership_init(&w->segments);
    cn_membership_resize(&w->segments, w->program.segments->count, ROWS);
    cn_signal_states_init(&w->states, w->program.signals->rule_count);
    cn_signal_states_resize(&w->states, ROWS);
    return w;
}

static void world_free(struct world *w)
{
    cn_health_changes_deinit(&w->changes);
    cn_health_changes_deinit(&w->shadow_changes);
    cn_signal_moves_deinit(&w->moves);
    cn_health_state_deinit(&w->health);
    cn_membership_deinit(&w->segments);
    cn_signal_states_deinit(&w->states);
    cn_frame_free(w->frame);
    cn_interner_free(w->strings);
    cn_arena_deinit(&w->scratch);
    cn_arena_deinit(&w->arena);
    free(w);
}

static bool fill_stratum(void *arg, uint32_t stratum, struct cn_error *err)
{
    struct world *w = arg;
    return cn_frame_fill(w->frame, stratum,
                         w->crowd.round % 2 == 0 ? NULL : cn_frame_dirty(w->frame), &w->when,
                         CN_PACE_FACT, err);
}

/* Every second round asks all rows, the others those that waited; an account in a hundred goes. */
static void live(struct world *w)
{
    struct cn_bitmap *dirty = cn_frame_dirty(w->frame);
    struct cn_error err;
    w->crowd.round++;
    w->when.now.us = w->crowd.round * 86400 * INT64_C(1000000);
    w->changes.count = 0;
    w->shadow_changes.count = 0;
    cn_signal_moves_clear(&w->moves);
    cn_arena_reset(&w->scratch);
    cn_signal_states_rouse(&w->states, dirty);
    for (size_t row = 0; row < ROWS; row++) {
        if ((row + (size_t)w->crowd.round) % 3 == 0) {
            cn_bitmap_add(dirty, row);
        }
        if (row % 600 == (size_t)w->crowd.round) {
            assert_true(cn_frame_remove(w->frame, (int64_t)row + 1));
        }
    }
    const struct cn_signal_round round = { .model = w->program.signals,
                                           .frame = w->frame,
                                           .health = &w->health,
                                           .now = w->when.now,
                                           .when = &w->when };
    const struct cn_engine_results results = { .health = &w->health,
                                               .health_changes = &w->changes,
                                               .shadow_changes = &w->shadow_changes,
                                               .segments = &w->segments,
                                               .signals = &round,
                                               .signal_states = &w->states,
                                               .signal_moves = &w->moves };
    const struct cn_engine_pass pass = { .program = &w->program,
                                         .frame = w->frame,
                                         .rows = w->crowd.round % 2 == 0 ? NULL : dirty,
                                         .fill = fill_stratum,
                                         .arg = w,
                                         .results = &results,
                                         .workers = w->workers };
    assert_true(cn_engine_pass(&pass, &w->scratch, &err));
    cn_bitmap_fill(dirty, false);
}

/* ---- comparing ---- */

static void check_score(const struct cn_health_score *a, const struct cn_health_score *b)
{
    assert_int_equal(a->has_points, b->has_points);
    assert_int_equal(a->points, b->points);
    assert_int_equal(a->band, b->band);
    assert_int_equal(a->is_grey, b->is_grey);
    assert_int_equal(a->confidence, b->confidence);
    assert_int_equal(a->scorecard, b->scorecard);
    assert_int_equal(a->fired, b->fired);
}

static void check_changes(const struct cn_health_changes *a, const struct cn_health_changes *b)
{
    assert_true(a->count > 0);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->items[i].row, b->items[i].row);
        assert_int_equal(a->items[i].shadow, b->items[i].shadow);
        assert_int_equal(a->items[i].is_history, b->items[i].is_history);
        check_score(&a->items[i].before, &b->items[i].before);
        check_score(&a->items[i].after, &b->items[i].after);
    }
}

static void check_marks(const struct cn_signal_mark *a, const struct cn_signal_mark *b)
{
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->was_raised, b->was_raised);
    assert_int_equal(a->cleared_at.us, b->cleared_at.us);
}

static void check_moves(const struct cn_signal_moves *a, const struct cn_signal_moves *b)
{
    assert_true(a->count > 0);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->items[i].row, b->items[i].row);
        assert_int_equal(a->items[i].rule, b->items[i].rule);
        assert_int_equal(a->items[i].about_id, b->items[i].about_id);
        assert_int_equal(a->items[i].move, b->items[i].move);
        check_marks(&a->items[i].before, &b->items[i].before);
        check_marks(&a->items[i].after, &b->items[i].after);
    }
}

static void check_columns(const struct cn_column *a, const struct cn_column *b)
{
    for (size_t row = 0; row < ROWS; row++) {
        const bool is_missing = cn_column_is_missing(a, row);
        assert_int_equal(is_missing, cn_column_is_missing(b, row));
        assert_true(is_missing || a->as.f64[row] == b->as.f64[row]);
    }
}

/* What moved, in what order, and where all accounts stand. */
static void check(const struct world *a, const struct world *b)
{
    check_changes(&a->changes, &b->changes);
    check_changes(&a->shadow_changes, &b->shadow_changes);
    check_moves(&a->moves, &b->moves);
    check_columns(&a->segments.days_in_stage, &b->segments.days_in_stage);
    check_columns(&a->segments.cadence_days, &b->segments.cadence_days);
    for (size_t row = 0; row < ROWS; row++) {
        const struct cn_health_score score = cn_health_state_get(&a->health, row);
        const struct cn_health_score other = cn_health_state_get(&b->health, row);
        check_score(&score, &other);
        for (uint32_t i = 0; i < a->segments.count; i++) {
            assert_int_equal(cn_membership_has(&a->segments, i, row),
                             cn_membership_has(&b->segments, i, row));
        }
        for (size_t rule = 0; rule < a->states.rule_count; rule++) {
            const struct cn_signal_mark mark = cn_signal_states_get(&a->states, rule, row);
            const struct cn_signal_mark same = cn_signal_states_get(&b->states, rule, row);
            check_marks(&mark, &same);
        }
    }
}

/* ---- tests ---- */

static void a_shared_pass_is_one_pass(void **state)
{
    (void)state;
    struct cn_workers *workers = cn_workers_new("test", HANDS - 1, HANDS);
    struct world *alone = world_new(NULL);
    struct world *shared = world_new(workers);
    size_t of_records = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        live(alone);
        live(shared);
        check(alone, shared);
        for (size_t m = 0; m < alone->moves.count; m++) {
            of_records += alone->moves.items[m].about_id != 0 ? 1 : 0;
        }
    }
    assert_true(of_records > 0);
    world_free(alone);
    world_free(shared);
    cn_workers_free(workers);
}

struct tally {
    _Atomic int calls[CN_WORKERS_SHARES_MAX];
};

static void count_call(void *arg, size_t index)
{
    struct tally *tally = arg;
    atomic_fetch_add(&tally->calls[index], 1);
}

/* Whoever is there: nobody, fewer than there are shares, or a queue without room. */
static void each_share_is_done_once(void **state)
{
    (void)state;
    struct cn_workers *workers = cn_workers_new("test", 2, 3);
    struct tally tally = { 0 };
    assert_int_equal(cn_workers_hands(NULL), 1);
    assert_int_equal(cn_workers_hands(workers), 3);
    for (int round = 0; round < 200; round++) {
        cn_workers_each(workers, CN_WORKERS_SHARES_MAX, count_call, &tally);
        cn_workers_each(NULL, 3, count_call, &tally);
        cn_workers_each(workers, 0, count_call, &tally);
    }
    for (size_t i = 0; i < CN_WORKERS_SHARES_MAX; i++) {
        assert_int_equal(tally.calls[i], i < 3 ? 400 : 200);
    }
    cn_workers_free(workers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("each share of a piece of work is done once", each_share_is_done_once),
        CN_TEST("a pass that threads share finds what one thread finds, in the same order",
                a_shared_pass_is_one_pass),
    };
    return cmocka_run_group_tests_name("workers_pass", tests, NULL, NULL);
}
