/* Ranks are as of last night, of which an import tells later. */
#include "engine/explain.h"
#include "engine/lists.h"
#include "tests/unit/spine_batch.h"

enum {
    EVENTS = 300,
    WAITS = 500
};

static int set_up(void **state)
{
    static struct spine spine;
    const struct cn_program_file files[] = { world_metrics, world_scorecards };
    struct cn_rng rng = { 42 };
    world_start(&spine, files, CN_ARRAY_LEN(files), &rng, EVENTS);
    *state = &spine;
    return 0;
}

static bool has_rank(struct spine *spine, int64_t account_id)
{
    struct cn_engine_explanation why;
    struct cn_error err;
    bool has = false;
    assert_true(cn_engine_explain(spine->engine, account_id, &(struct cn_explain_ask){ 0 },
                                  &spine->arena, &why, &err));
    for (size_t i = 0; i < why.now.count; i++) {
        has = has ||
              (cn_str_equal(why.now.items[i].name, CN_STR("rank")) && why.now.items[i].has_raw);
    }
    return has;
}

static size_t ranked(struct spine *spine)
{
    struct cn_error err;
    struct cn_account_list accounts;
    struct cn_unit unit = { .arena = &spine->arena, .scope = CN_SCOPE_ALL };
    struct cn_account_filter filter = { .sort = CN_SORT_NAME, .limit = WORLD_ACCOUNTS };
    size_t count = 0;
    assert_true(cn_engine_list(spine->engine, &unit, &filter, &accounts, &err));
    assert_int_equal(accounts.count, WORLD_ACCOUNTS);
    for (size_t i = 0; i < accounts.count; i++) {
        count += has_rank(spine, accounts.items[i].id.value);
    }
    return count;
}

static void ranks_follow_what_was_imported(void **state)
{
    struct spine *spine = *state;
    const struct timespec pause = { .tv_nsec = 20000000 };
    size_t count = 0;
    assert_int_equal(ranked(spine), 0); /* when it started nobody was here */
    atomic_store(&spine->clock.fixed_us, SPINE_NOW.us + (int64_t)11 * 1000000);
    for (int i = 0; i < WAITS && count < WORLD_ACCOUNTS; i++) {
        (void)nanosleep(&pause, NULL);
        settle(spine);
        count = ranked(spine);
    }
    assert_int_equal(count, WORLD_ACCOUNTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST_WITH("ranks of last night follow what was imported since",
                     ranks_follow_what_was_imported, set_up, world_stop),
    };
    return cmocka_run_group_tests_name("ranks", tests, NULL, NULL);
}
