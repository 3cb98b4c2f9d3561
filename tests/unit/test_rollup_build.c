/* Rollups while others write: folding days, building metrics from the log. */
#include <pthread.h>
#include <stdatomic.h>

#include "tests/unit/rollup_world.h"

enum {
    FOLD_DAYS = 50,
    FOLD_ACCOUNTS = 2000
};

struct folding {
    struct store *store;
    int64_t rows;
    _Atomic bool is_done;
};

static void *fold_all(void *arg)
{
    struct folding *folding = arg;
    struct cn_error err;
    must(cn_rollup_fold(folding->store->rollup, INT64_MAX, &folding->rows, &err), &err);
    atomic_store(&folding->is_done, true);
    return NULL;
}

static void folding_lets_others_write(void **state)
{
    (void)state;
    struct store store;
    struct folding folding = { .store = &store };
    pthread_t thread;
    store_open(&store);
    struct cn_metric_fact fact = { .name = CN_STR("Signed In") };
    for (int i = 0; i < FOLD_DAYS * FOLD_ACCOUNTS; i++) {
        fact.day = WORLD_FIRST_DAY + i % FOLD_DAYS;
        fact.account_id = 1 + i / FOLD_DAYS;
        fact.tie++;
        cn_rollup_add(store.rollup, &fact, 1, at(fact.tie));
    }
    flush(&store);
    const int64_t rows = number(&store, "SELECT count(*) FROM rollup_hot");
    assert_int_equal(pthread_create(&thread, NULL, fold_all, &folding), 0);
    while (!atomic_load(&folding.is_done)) {
        flush(&store);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(folding.rows > 0 && folding.rows < rows);
    fold(&store, INT64_MAX);
    assert_int_equal(number(&store, "SELECT count(*) FROM rollup_hot"), 0);
    store_remove(&store);
}

static void a_metric_that_comes_later_is_built_from_the_log(void **state)
{
    (void)state;
    static const struct cn_metric_list nothing = { 0 };
    struct world world;
    struct store whole;
    struct store store;
    struct cn_error err;
    size_t building = 0;
    world_init(&world, 4, 2000, WORLD_LAST_DAY);
    store_open_bare(&store);
    must(cn_rollup_use(store.rollup, &nothing, &building, &err), &err);
    assert_int_equal(building, 0);
    add(&store, &world, 0, 1000);
    flush(&store);
    must(cn_rollup_use(store.rollup, &world_list, &building, &err), &err);
    assert_int_equal(building, 4);
    add(&store, &world, 1000, 1500);
    flush(&store);
    add(&store, &world, 1500, world.count);
    must(cn_rollup_build(store.rollup,
                         &(struct cn_rollup_builder){ .scan = scan_plain, .arg = &world }, &err),
         &err);

    store_open_bare(&whole);
    must(cn_rollup_copy_names(whole.rollup, store.rollup, &err), &err);
    store_use(&whole);
    add(&whole, &world, 0, world.count);
    flush(&whole);
    assert_equal_rows(&whole, &store);
    store_close(&store);
    store_reopen(&store);
    store_remove(&store);
    store_remove(&whole);
    world_deinit(&world);
}

struct busy_scan {
    struct store *store;
    const struct world *world;
    bool fails;
};

/* In the middle of the scan more comes and is written, and some accounts are counted anew. */
static bool scan_beside_writers(void *arg, int64_t upto_seq, struct cn_rollup_sink *sink,
                                struct cn_error *err)
{
    static const int64_t accounts[] = { 1, 2, 3 };
    struct busy_scan *busy = arg;
    size_t upto = (size_t)upto_seq;
    struct cn_rollup_rebuild rebuild = { .account_ids = accounts,
                                         .account_count = 3,
                                         .first_day = INT32_MIN,
                                         .last_day = INT32_MAX,
                                         .mapping = 1,
                                         .scan = scan_plain,
                                         .arg = (void *)(uintptr_t)busy->world };
    for (size_t i = 0; i < upto; i++) {
        if (i == upto / 2 && busy->fails) {
            return cn_fail(err, CN_UNAVAILABLE, "on purpose");
        }
        if (i == upto / 2) {
            add(busy->store, busy->world, upto, busy->world->count - 100);
            must(cn_rollup_rebuild(busy->store->rollup, &rebuild, err), err);
            add(busy->store, busy->world, busy->world->count - 100, busy->world->count);
            flush(busy->store);
            fold(busy->store, WORLD_LAST_DAY);
        }
        sink->add(sink, &busy->world->facts[i], 1);
    }
    return true;
}

static void others_write_while_a_metric_is_built(void **state)
{
    (void)state;
    static const struct cn_metric_list nothing = { 0 };
    struct world world;
    struct store whole;
    struct store store;
    struct cn_error err;
    size_t building = 0;
    struct busy_scan busy = { .store = &store, .world = &world, .fails = true };
    const struct cn_rollup_builder with = { .scan = scan_beside_writers,
                                            .arg = &busy,
                                            .part_rows = 20 };
    world_init(&world, 11, 2000, WORLD_LAST_DAY);
    store_open_bare(&store);
    must(cn_rollup_use(store.rollup, &nothing, &building, &err), &err);
    add(&store, &world, 0, 1000);
    must(cn_rollup_use(store.rollup, &world_list, &building, &err), &err);
    assert_int_equal(building, 4);
    add(&store, &world, 1000, 1500);
    assert_false(cn_rollup_build(store.rollup, &with, &err)); /* with parts that were written */
    busy.fails = false;
    must(cn_rollup_build(store.rollup, &with, &err), &err);
    flush(&store);

    store_open_bare(&whole);
    must(cn_rollup_copy_names(whole.rollup, store.rollup, &err), &err);
    store_use(&whole);
    add(&whole, &world, 0, world.count);
    flush(&whole);
    assert_equal_rows(&whole, &store);
    store_remove(&store);
    store_remove(&whole);
    world_deinit(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("folding many days lets others write in between", folding_lets_others_write),
        CN_TEST("a metric that comes later is built from the log",
                a_metric_that_comes_later_is_built_from_the_log),
        CN_TEST("others write while a metric is built, and it comes out the same",
                others_write_while_a_metric_is_built),
    };
    return cmocka_run_group_tests_name("rollup build", tests, NULL, NULL);
}
