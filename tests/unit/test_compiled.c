/* What is kept of compiled versions explains the past as one that was compiled for it. */
#include "base/str.h"

#include "engine/backfill.h"
#include "engine/compiled.h"
#include "engine/explain.h"
#include "engine/lists.h"
#include "engine/state.h"
#include "tests/unit/spine_apply.h"
#include "tests/unit/spine_batch.h"

enum {
    EVENTS = 300,
    RECORDS = 60,
    PAST_DAYS = 20,
    THREADS = 3,
    VERSIONS = CN_COMPILED_MAX + 2
};

static const struct cn_program_file other_card = {
    WORLD_TEXT("scorecards/world.yaml"),
    WORLD_TEXT("scorecard: world\n"
               "measures:\n"
               "  - {name: users, weight: 1, value: users.distinct(7), map: {0: 0, 5: 100}}\n"
               "  - {name: rank, weight: 1, value: 'peers.percentile(\"events.sum(28)\")',"
               " map: {0: 0, 1: 100}}\n"
               "bands: {yellow: 40, green: 60, margin: 5}\n")
};

static int set_up(void **state)
{
    static struct spine spine;
    const struct cn_program_file files[] = { world_metrics, world_scorecards };
    const struct cn_program_file next[] = { world_metrics, other_card };
    struct cn_rng rng = { 9 };
    struct cn_error err;
    world_start(&spine, files, CN_ARRAY_LEN(files), &rng, EVENTS);
    for (int i = 0; i < RECORDS; i++) {
        world_record(&spine, &rng);
    }
    settle(&spine);
    const int64_t today = cn_tz_day(spine.tz, SPINE_NOW);
    const struct cn_backfill past = { .first_day = today - PAST_DAYS, .last_day = today - 1 };
    assert_true(cn_engine_backfill(spine.engine, &past, &err));
    const int64_t number = apply_program(&spine, next, CN_ARRAY_LEN(next));
    enum cn_version_state applied = CN_VERSION_BUILDING;
    while (applied == CN_VERSION_BUILDING) {
        applied = cn_engine_apply_wait(spine.engine, number, 10000);
        (void)usleep(1000);
    }
    assert_int_equal(applied, CN_VERSION_ACTIVE);
    *state = &spine;
    return 0;
}

static void empty(struct cn_compiled *compiled)
{
    for (int64_t version = 1; version <= VERSIONS; version++) {
        struct cn_engine_program *program = NULL;
        while ((program = cn_compiled_take(compiled, version)) != NULL) {
            cn_engine_program_free(program);
        }
    }
    assert_int_equal(cn_compiled_count(compiled), 0);
}

/* Of every account: what changed since a day of the first version, up to now. */
struct answers {
    struct spine *spine;
    struct cn_account_list accounts;
    struct cn_arena arena;
    bool starts_empty; /* each question finds nothing that is kept */
    struct cn_engine_explanation items[WORLD_ACCOUNTS];
};

static void *ask_all(void *arg)
{
    struct answers *answers = arg;
    struct cn_engine *engine = answers->spine->engine;
    const int64_t today = cn_tz_day(answers->spine->tz, SPINE_NOW);
    for (size_t i = 0; i < answers->accounts.count; i++) {
        struct cn_error err;
        const struct cn_explain_ask ask = { .since = cn_tz_day_start(answers->spine->tz,
                                                                     today - 2 - (int64_t)i % 5) };
        if (answers->starts_empty) {
            empty(engine->compiled);
        }
        if (!cn_engine_explain(engine, answers->accounts.items[i].id.value, &ask, &answers->arena,
                               &answers->items[i], &err)) {
            fail_msg("%s", err.message);
        }
    }
    return NULL;
}

static struct answers *answers_new(struct spine *spine)
{
    struct cn_error err;
    struct answers *answers = cn_arena_new(&spine->arena, struct answers);
    *answers = (struct answers){ .spine = spine };
    struct cn_unit unit = { .arena = &spine->arena, .scope = CN_SCOPE_ALL };
    const struct cn_account_filter filter = { .sort = CN_SORT_NAME, .limit = WORLD_ACCOUNTS };
    assert_true(cn_engine_list(spine->engine, &unit, &filter, &answers->accounts, &err));
    assert_int_equal(answers->accounts.count, WORLD_ACCOUNTS);
    cn_arena_init(&answers->arena, (size_t)64 * 1024);
    return answers;
}

static void assert_same(const struct answers *a, const struct answers *b)
{
    size_t changes = 0;
    for (size_t i = 0; i < a->accounts.count; i++) {
        const struct cn_engine_explanation *x = &a->items[i];
        const struct cn_engine_explanation *y = &b->items[i];
        assert_int_equal(x->version, 2);
        assert_int_equal(y->version, x->version);
        assert_int_equal(y->previous_version, x->previous_version);
        assert_int_equal(y->previous.points, x->previous.points);
        assert_int_equal(y->now.score.points, x->now.score.points);
        assert_int_equal(y->now.count, x->now.count);
        for (size_t k = 0; k < x->now.count; k++) {
            const struct cn_explain_item *was = &x->now.items[k];
            const struct cn_explain_item *is = &y->now.items[k];
            assert_true(cn_str_equal(is->path, was->path));
            assert_true(cn_str_equal(is->was_text, was->was_text));
            assert_int_equal(is->points, was->points);
            assert_int_equal(is->change, was->change);
        }
        changes += x->has_previous && x->previous_version == 1;
    }
    assert_true(changes > 2);
}

static void what_is_kept_explains_as_what_is_compiled_for_it(void **state)
{
    struct spine *spine = *state;
    struct cn_compiled *compiled = spine->engine->compiled;
    struct answers *fresh = answers_new(spine);
    struct answers *kept = answers_new(spine);
    fresh->starts_empty = true;
    (void)ask_all(fresh);
    empty(compiled);
    (void)ask_all(kept);
    assert_int_equal(cn_compiled_count(compiled), 2); /* compiled once each */
    assert_same(fresh, kept);
    cn_arena_deinit(&fresh->arena);
    cn_arena_deinit(&kept->arena);
}

static void those_who_ask_at_once_have_one_each(void **state)
{
    struct spine *spine = *state;
    struct answers *all[THREADS + 1];
    pthread_t threads[THREADS];
    for (size_t i = 0; i < CN_ARRAY_LEN(all); i++) {
        all[i] = answers_new(spine);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask_all, all[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_true(cn_compiled_count(spine->engine->compiled) <= CN_COMPILED_MAX);
    (void)ask_all(all[THREADS]);
    for (size_t i = 0; i < THREADS; i++) {
        assert_same(all[THREADS], all[i]);
        cn_arena_deinit(&all[i]->arena);
    }
    cn_arena_deinit(&all[THREADS]->arena);
}

static void what_was_not_used_the_longest_makes_room(void **state)
{
    struct spine *spine = *state;
    struct cn_compiled *compiled = cn_compiled_new();
    struct cn_program_file items[] = { world_metrics, other_card };
    const struct cn_program_files files = { items, CN_ARRAY_LEN(items) };
    const struct cn_program_ground ground = { .book = cn_book_facts_source(spine->engine->facts),
                                              .tz = spine->tz,
                                              .strings = spine->engine->strings };
    for (int64_t version = 1; version <= VERSIONS; version++) {
        struct cn_engine_program *program = NULL;
        struct cn_diagnostics problems;
        cn_diagnostics_init(&problems, &spine->arena);
        assert_true(cn_engine_program_compile(&files, &ground, &program, &problems));
        program->version = version;
        cn_compiled_give(compiled, program);
        struct cn_engine_program *first = version < VERSIONS ? cn_compiled_take(compiled, 1) : NULL;
        if (first != NULL) {
            cn_compiled_give(compiled, first);
        }
    }
    assert_int_equal(cn_compiled_count(compiled), CN_COMPILED_MAX);
    assert_null(cn_compiled_take(compiled, 2));
    assert_null(cn_compiled_take(compiled, 3));
    struct cn_engine_program *first = cn_compiled_take(compiled, 1);
    assert_non_null(first);
    assert_int_equal(first->version, 1);
    assert_null(cn_compiled_take(compiled, 1));
    cn_engine_program_free(first);
    cn_compiled_free(compiled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST_WITH("capabilities 28: a version that is kept explains as one compiled for it",
                     what_is_kept_explains_as_what_is_compiled_for_it, set_up, world_stop),
        CN_TEST_WITH("explanations at once have a version each",
                     those_who_ask_at_once_have_one_each, set_up, world_stop),
        CN_TEST_WITH("of versions the one not used the longest makes room",
                     what_was_not_used_the_longest_makes_room, set_up, world_stop),
    };
    return cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
