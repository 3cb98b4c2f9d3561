/* What a past moment of one account is made from. */
#include "engine/moment.h"
#include "tests/unit/spine_batch.h"

enum {
    EVENTS = 300
};

static int set_up(void **state)
{
    static struct spine spine;
    const struct cn_program_file files[] = { world_metrics, world_scorecards, world_signals };
    struct cn_rng rng = { 7 };
    world_start(&spine, files, CN_ARRAY_LEN(files), &rng, EVENTS);
    *state = &spine;
    return 0;
}

/* How many accounts' rows a moment of one of them has under the files. */
static size_t rows_under(struct spine *spine, struct cn_program_file *items, size_t count)
{
    struct cn_engine *engine = spine->engine;
    struct cn_program_files files = { .items = items, .count = count };
    struct cn_engine_program *program = NULL;
    const struct cn_program_ground ground = { .book = cn_book_facts_source(engine->facts),
                                              .rollup = engine->options.rollup,
                                              .tz = engine->options.tz,
                                              .strings = engine->strings };
    struct cn_diagnostics problems;
    struct cn_moment moment;
    struct cn_error err;
    const int64_t day = cn_tz_day(spine->tz, SPINE_NOW) - 3;
    const struct cn_when when = cn_when_at(spine->tz, cn_tz_day_start(spine->tz, day), true);
    cn_diagnostics_init(&problems, &spine->arena);
    if (!cn_engine_program_compile(&files, &ground, &program, &problems)) {
        assert_false(cn_diagnostics_none(&problems, &err));
        fail_msg("%s", err.message);
    }
    assert_true(cn_moment_open(engine, program, cn_frame_accounts(engine->frame)[0], &when,
                               CN_BAND_NONE, &moment, &err));
    size_t rows = cn_frame_rows(moment.frame);
    assert_int_equal(moment.score.scorecard, 0);
    cn_moment_close(&moment);
    cn_engine_program_free(program);
    return rows;
}

static const struct cn_program_file plain = {
    WORLD_TEXT("scorecards/plain.yaml"),
    WORLD_TEXT("scorecard: plain\n"
               "measures:\n"
               "  - {name: users, weight: 1, value: users.distinct(7), map: {0: 0, 5: 100}}\n"
               "bands: {yellow: 40, green: 60, margin: 5}\n")
};

static void an_account_is_read_alone_unless_its_health_compares(void **state)
{
    struct spine *spine = *state;
    struct cn_program_file alone[] = { world_metrics, plain, world_signals };
    struct cn_program_file among[] = { world_metrics, world_scorecards, world_signals };
    assert_int_equal(rows_under(spine, alone, CN_ARRAY_LEN(alone)), 1);
    assert_int_equal(rows_under(spine, among, CN_ARRAY_LEN(among)), WORLD_ACCOUNTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST_WITH("capabilities 28: an account's past is read alone, unless its health compares",
                     an_account_is_read_alone_unless_its_health_compares, set_up, world_stop),
    };
    return cmocka_run_group_tests_name("moment", tests, NULL, NULL);
}
