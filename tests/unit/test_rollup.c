#include <signal.h>
#include <sys/wait.h>

#include "metric/store.h"
#include "tests/unit/rollup_world.h"

/* Everything in one flush. */
static void open_whole(struct store *store, const struct world *world)
{
    store_open(store);
    add(store, world, 0, world->count);
    flush(store);
}

static void a_day_is_counted_by_name_and_by_user(void **state)
{
    (void)state;
    struct store store;
    struct cn_metric_fact facts[] = {
        { .account_id = 7, .day = 20000, .name = CN_STR("Signed In"), .user = 5, .tie = 1 },
        { .account_id = 7, .day = 20000, .name = CN_STR("Signed In"), .user = 5, .tie = 2 },
        { .account_id = 7, .day = 20000, .name = CN_STR("Signed In"), .user = 6, .tie = 3 },
        { .account_id = 7,
          .day = 20000,
          .name = CN_STR("Order"),
          .user = 6,
          .tie = 4,
          .payload = CN_STR("{\"amount\": 12.5, \"plan\": \"pro\"}") },
        { .account_id = 7,
          .day = 20001,
          .name = CN_STR("Order"),
          .tie = 5,
          .payload = CN_STR("{\"amount\": -2.25, \"plan\": \"pro\"}") },
    };
    store_open(&store);
    cn_rollup_add(store.rollup, facts, CN_ARRAY_LEN(facts), at(5));
    flush(&store);
    assert_int_equal(cn_rollup_position(store.rollup).seq, 5);
    assert_int_equal(
        number(&store, "SELECT count FROM rollup_hot WHERE metric = 1 AND day = 20000"), 4);
    assert_int_equal(
        number(&store, "SELECT members FROM rollup_hot WHERE metric = 1 AND day = 20000"), 2);
    assert_int_equal(number(&store, "SELECT members FROM rollup_hot NATURAL JOIN rollup_metric"
                                    " WHERE name = 'event:Signed In'"),
                     2);
    assert_int_equal(number(&store, "SELECT plus FROM rollup_hot NATURAL JOIN rollup_metric"
                                    " WHERE name LIKE 'number:Order%' AND day = 20000"),
                     12500000);
    assert_int_equal(number(&store, "SELECT minus FROM rollup_hot NATURAL JOIN rollup_metric"
                                    " WHERE name LIKE 'number:Order%' AND day = 20001"),
                     2250000);
    store_remove(&store);
}

static void every_order_of_arrival_gives_equal_rows(void **state)
{
    (void)state;
    struct world world;
    struct store whole;
    struct cn_error err;
    world_init(&world, 1, 4000, WORLD_LAST_DAY);
    open_whole(&whole, &world);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct cn_rng rng = { seed };
        struct store store;
        store_open_bare(&store);
        must(cn_rollup_copy_names(store.rollup, whole.rollup, &err), &err);
        store_use(&store);
        world_shuffle(&world, &rng);
        for (size_t from = 0; from < world.count;) {
            size_t to = from + (size_t)cn_rng_between(&rng, 1, 400);
            to = to < world.count ? to : world.count;
            add(&store, &world, from, to);
            if (cn_rng_between(&rng, 0, 1) == 0) {
                flush(&store);
            }
            if (cn_rng_between(&rng, 0, 5) == 0) {
                fold(&store, cn_rng_between(&rng, WORLD_FIRST_DAY, WORLD_LAST_DAY));
            }
            from = to;
        }
        flush(&store);
        assert_equal_rows(&whole, &store);
        fold(&store, WORLD_LAST_DAY + 1);
        assert_int_equal(number(&store, "SELECT count(*) FROM rollup_hot"), 0);
        assert_equal_rows(&whole, &store);
        store_remove(&store);
    }
    store_remove(&whole);
    world_deinit(&world);
}

static void what_was_not_flushed_is_replayed_after_a_crash(void **state)
{
    (void)state;
    struct world world;
    struct store whole;
    struct store store;
    world_init(&world, 2, 3000, WORLD_LAST_DAY);
    store_open(&store);
    store_close(&store); /* the children are alone with it, and have no threads of ours */
    struct cn_rng rng = { 2 };
    for (int round = 0; round < 8; round++) {
        size_t more = (size_t)cn_rng_between(&rng, 100, 500);
        size_t unflushed = (size_t)cn_rng_between(&rng, 0, 99);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            store_reopen(&store);
            size_t from = (size_t)cn_rollup_position(store.rollup).seq;
            size_t to = from + more < world.count ? from + more : world.count;
            add(&store, &world, from, to - (to - from) / 2);
            flush(&store);
            fold(&store, WORLD_FIRST_DAY + 20);
            add(&store, &world, to - (to - from) / 2, to);
            flush(&store);
            add(&store, &world, to, to + unflushed < world.count ? to + unflushed : world.count);
            kill(getpid(), SIGKILL);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
    }
    store_reopen(&store);
    size_t from = (size_t)cn_rollup_position(store.rollup).seq;
    assert_true(from > 0);
    add(&store, &world, from, world.count);
    flush(&store);
    open_whole(&whole, &world);
    assert_equal_rows(&whole, &store);
    store_remove(&store);
    store_remove(&whole);
    world_deinit(&world);
}

/* Gives the events up to a position, with accounts 1 and 2 swapped. */
static bool scan_swapped(void *arg, int64_t upto_seq, struct cn_rollup_sink *sink,
                         struct cn_error *err)
{
    const struct world *world = arg;
    (void)err;
    for (size_t i = 0; i < (size_t)upto_seq; i++) {
        struct cn_metric_fact fact = world->facts[i];
        fact.account_id = fact.account_id <= 2 ? 3 - fact.account_id : fact.account_id;
        sink->add(sink, &fact, 1);
    }
    return true;
}

static bool scan_nothing(void *arg, int64_t upto_seq, struct cn_rollup_sink *sink,
                         struct cn_error *err)
{
    (void)arg;
    (void)upto_seq;
    (void)sink;
    return cn_fail(err, CN_UNAVAILABLE, "no log today");
}

static void a_rebuild_moves_events_to_their_new_account(void **state)
{
    (void)state;
    static const int64_t accounts[] = { 2, 1 };
    struct world world;
    struct store store;
    struct store swapped;
    struct cn_error err;
    world_init(&world, 3, 2000, WORLD_LAST_DAY);
    store_open(&store);
    add(&store, &world, 0, 1200);
    flush(&store);
    fold(&store, WORLD_FIRST_DAY + 30);
    add(&store, &world, 1200, world.count); /* waits while the rebuild runs */
    struct cn_rollup_rebuild rebuild = {
        .account_ids = accounts,
        .account_count = 2,
        .first_day = INT32_MIN,
        .last_day = INT32_MAX,
        .mapping = 2,
        .scan = scan_nothing,
        .arg = &world,
    };
    assert_false(cn_rollup_rebuild(store.rollup, &rebuild, &err));
    assert_int_equal(err.code, CN_UNAVAILABLE);
    rebuild.scan = scan_swapped;
    must(cn_rollup_rebuild(store.rollup, &rebuild, &err), &err);
    assert_int_equal(cn_rollup_position(store.rollup).seq, 2000);
    assert_int_equal(cn_rollup_position(store.rollup).mapping, 2);

    for (size_t i = 0; i < world.count; i++) {
        int64_t *account = &world.facts[i].account_id;
        *account = *account <= 2 ? 3 - *account : *account;
    }
    open_whole(&swapped, &world);
    assert_equal_rows(&store, &swapped);
    store_remove(&store);
    store_remove(&swapped);
    world_deinit(&world);
}

static void names_over_the_limit_count_as_other(void **state)
{
    (void)state;
    struct store store;
    struct cn_rollup_stats stats;
    store_open(&store);
    for (int i = 0; i < 40; i++) {
        char name[32];
        snprintf(name, sizeof(name), "Event %d", i);
        struct cn_metric_fact fact = {
            .account_id = 1, .day = 20000, .name = { name, strlen(name) }, .user = 1
        };
        cn_rollup_add(store.rollup, &fact, 1, at(i + 1));
    }
    flush(&store);
    cn_rollup_stats(store.rollup, &stats);
    assert_int_equal(stats.names, 16);
    /* The one that the program counts is among the 16. */
    assert_int_equal(number(&store, "SELECT count FROM rollup_hot WHERE metric = 2"), 40 - 15);
    assert_int_equal(number(&store, "SELECT count FROM rollup_hot WHERE metric = 1"), 40);
    assert_int_equal(number(&store, "SELECT members FROM rollup_hot NATURAL JOIN rollup_metric"
                                    " WHERE name = 'names:*'"),
                     40);
    store_remove(&store);
}

static void too_many_members_keep_the_same_ones_in_every_order(void **state)
{
    (void)state;
    struct store a;
    struct store b;
    store_open(&a);
    store_open(&b);
    struct cn_rng rng = { 9 };
    for (int i = 0; i < 1000; i++) {
        struct cn_metric_fact fact = { .account_id = 1, .day = 20000, .name = CN_STR("Order") };
        fact.user = cn_rng_next(&rng) | 1;
        cn_rollup_add(a.rollup, &fact, 1, at(i + 1));
        if (i % 100 == 0) {
            flush(&a);
        }
        if (i % 300 == 0) {
            fold(&a, 20001);
        }
    }
    /* The same backwards. */
    uint64_t users[1000];
    rng = (struct cn_rng){ 9 };
    for (int i = 0; i < 1000; i++) {
        users[i] = cn_rng_next(&rng) | 1;
    }
    for (int i = 999; i >= 0; i--) {
        struct cn_metric_fact fact = { .account_id = 1, .day = 20000, .name = CN_STR("Order") };
        fact.user = users[i];
        cn_rollup_add(b.rollup, &fact, 1, at(1000 - i));
    }
    flush(&a);
    flush(&b);
    fold(&a, 20001);
    assert_equal_rows(&a, &b);
    assert_int_equal(number(&a, "SELECT count(*) FROM metric_member WHERE metric = 1"), 100);
    assert_int_equal(number(&a, "SELECT members FROM metric_daily WHERE metric = 1"), 100);
    store_remove(&a);
    store_remove(&b);
}

static void values_that_cannot_be_summed_are_reported(void **state)
{
    (void)state;
    struct store store;
    struct cn_rollup_stats stats;
    struct cn_metric_fact facts[] = {
        { .account_id = 1,
          .day = 20000,
          .name = CN_STR("Order"),
          .payload = CN_STR("{\"amount\": 2e9}") },
        { .account_id = 1,
          .day = 20000,
          .name = CN_STR("Order"),
          .payload = CN_STR("{\"amount\": \"many\"}") },
        { .account_id = 1,
          .day = 20000,
          .name = CN_STR("Order"),
          .payload = CN_STR("{\"amount\": 3}") },
    };
    store_open(&store);
    for (size_t i = 0; i < CN_ARRAY_LEN(facts); i++) {
        cn_rollup_add(store.rollup, &facts[i], 1, at((int64_t)i + 1));
    }
    flush(&store);
    cn_rollup_stats(store.rollup, &stats);
    assert_int_equal(stats.refused_values, 2);
    assert_string_equal(stats.refused, "amount: not a number");
    assert_int_equal(number(&store, "SELECT plus FROM rollup_hot WHERE plus IS NOT NULL"), 3000000);
    assert_int_equal(number(&store, "SELECT max_value FROM rollup_hot WHERE plus IS NOT NULL"),
                     2000000000);
    store_remove(&store);
}

/* More than there was: the accounts' rows on days of their own, which take new pages. */
static bool scan_twice(void *arg, int64_t upto_seq, struct cn_rollup_sink *sink,
                       struct cn_error *err)
{
    const struct world *world = arg;
    (void)err;
    for (size_t i = 0; i < (size_t)upto_seq; i++) {
        struct cn_metric_fact fact = world->facts[i];
        for (int64_t year = 0; year < 10; year++) {
            fact.day = world->facts[i].day - 365 * year;
            sink->add(sink, &fact, 1);
        }
    }
    return true;
}

static bool limit_pages(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    return cn_sql_exec(conn, arg, err);
}

static size_t waiting_rows(struct store *store)
{
    struct cn_rollup_stats stats;
    cn_rollup_stats(store->rollup, &stats);
    return stats.waiting_rows;
}

static void a_full_disk_loses_nothing(void **state)
{
    (void)state;
    struct world world;
    struct store whole;
    struct store store;
    struct cn_error err;
    char small[] = "PRAGMA max_page_count = 40";
    char large[] = "PRAGMA max_page_count = 100000";
    static const int64_t accounts[] = { 1 };
    world_init(&world, 8, 4000, WORLD_LAST_DAY);
    open_whole(&whole, &world);
    store_open(&store);
    add(&store, &world, 0, 100);
    flush(&store);
    must(cn_db_write(store.db, limit_pages, small, &err), &err);
    add(&store, &world, 100, 3000);
    size_t waiting = waiting_rows(&store);
    assert_true(waiting > 0);
    assert_false(cn_rollup_flush(store.rollup, &err));
    assert_int_equal(waiting_rows(&store), waiting); /* taken off, and not written */
    assert_int_equal(err.code, CN_STORAGE_FULL);
    assert_int_equal(cn_rollup_position(store.rollup).seq, 100);
    add(&store, &world, 3000, 3500);
    assert_false(cn_rollup_flush(store.rollup, &err));
    struct cn_rollup_rebuild rebuild = { .account_ids = accounts,
                                         .account_count = 1,
                                         .first_day = INT32_MIN,
                                         .last_day = INT32_MAX,
                                         .mapping = 1,
                                         .scan = scan_plain,
                                         .arg = &world };
    assert_false(cn_rollup_rebuild(store.rollup, &rebuild, &err));
    must(cn_db_write(store.db, limit_pages, large, &err), &err);
    add(&store, &world, 3500, world.count);
    flush(&store);
    assert_int_equal(waiting_rows(&store), 0);
    assert_int_equal(cn_rollup_position(store.rollup).seq, 4000);
    assert_equal_rows(&whole, &store);
    store_remove(&store);
    store_remove(&whole);
    world_deinit(&world);
}

static void a_rebuild_that_fails_changes_nothing(void **state)
{
    (void)state;
    struct world world;
    struct store whole;
    struct store store;
    struct cn_error err;
    char small[] = "PRAGMA max_page_count = 1";
    char large[] = "PRAGMA max_page_count = 100000";
    static const int64_t accounts[] = { 1, 2, 3 };
    world_init(&world, 10, 3000, WORLD_LAST_DAY);
    open_whole(&whole, &world);
    store_open(&store);
    add(&store, &world, 0, world.count);
    flush(&store);
    must(cn_db_write(store.db, limit_pages, small, &err), &err);
    struct cn_rollup_rebuild rebuild = { .account_ids = accounts,
                                         .account_count = 3,
                                         .first_day = INT32_MIN,
                                         .last_day = INT32_MAX,
                                         .mapping = 2,
                                         .scan = scan_twice,
                                         .arg = &world };
    assert_false(cn_rollup_rebuild(store.rollup, &rebuild, &err));
    assert_int_equal(cn_rollup_position(store.rollup).mapping, 1);
    must(cn_db_write(store.db, limit_pages, large, &err), &err);
    flush(&store);
    assert_int_equal(cn_rollup_position(store.rollup).mapping, 1);
    assert_equal_rows(&whole, &store);
    store_remove(&store);
    store_remove(&whole);
    world_deinit(&world);
}

/* Of many days and accounts, a few rows at a time. */
static bool fold_in_parts(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    int64_t *parts_out = arg;
    int64_t days[100];
    struct cn_store_fold part = { .days = days, .rows = 150, .members_max = 1000 };
    if (!cn_store_hot_days(conn, WORLD_LAST_DAY + 1, days, CN_ARRAY_LEN(days), &part.day_count,
                           err)) {
        return false;
    }
    assert_in_range(part.day_count, 3, CN_ARRAY_LEN(days) - 1);
    for (int64_t next = INT64_MIN; next != INT64_MAX;) {
        int64_t moved = 0;
        part.from = next;
        if (!cn_store_fold(conn, &part, &next, &moved, err)) {
            return false;
        }
        assert_true(next > part.from);
        *parts_out += moved > 0;
    }
    return true;
}

static void what_is_folded_in_parts_is_the_same(void **state)
{
    (void)state;
    struct world world;
    struct store store;
    struct store whole;
    struct cn_error err;
    int64_t parts = 0;
    world_init(&world, 11, 6000, WORLD_LAST_DAY);
    open_whole(&store, &world);
    open_whole(&whole, &world);
    must(cn_db_write(store.db, fold_in_parts, &parts, &err), &err);
    assert_true(parts > 3);
    assert_int_equal(number(&store, "SELECT count(*) FROM rollup_hot"), 0);
    assert_int_equal(number(&store, "SELECT count(*) FROM rollup_hot_member"), 0);
    assert_equal_rows(&store, &whole);
    (void)fold(&whole, WORLD_LAST_DAY + 1);
    assert_equal_rows(&store, &whole);
    store_remove(&store);
    store_remove(&whole);
    world_deinit(&world);
}

static void one_that_stops_leaves_days_to_the_next_start(void **state)
{
    (void)state;
    struct world world;
    struct store store;
    struct store whole;
    world_init(&world, 7, 2000, WORLD_LAST_DAY);
    open_whole(&store, &world);
    open_whole(&whole, &world);
    const int64_t rows = number(&store, "SELECT count(*) FROM rollup_hot");
    assert_true(rows > 2);
    cn_rollup_stop_folding(store.rollup);
    assert_int_equal(fold(&store, WORLD_LAST_DAY + 1), 0);
    assert_int_equal(number(&store, "SELECT count(*) FROM metric_daily"), 0);
    store_close(&store);
    store_reopen(&store);
    assert_int_equal(fold(&store, WORLD_LAST_DAY + 1), rows);
    assert_equal_rows(&store, &whole);
    store_remove(&store);
    store_remove(&whole);
    world_deinit(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("a day is counted by name and by user", a_day_is_counted_by_name_and_by_user),
        CN_TEST("reliability 14: every order of arrival gives equal rows",
                every_order_of_arrival_gives_equal_rows),
        CN_TEST("reliability 1: what was not flushed is replayed after a crash",
                what_was_not_flushed_is_replayed_after_a_crash),
        CN_TEST("reliability 14: a rebuild moves events to their new account",
                a_rebuild_moves_events_to_their_new_account),
        CN_TEST("reliability 39: names over the limit count as other",
                names_over_the_limit_count_as_other),
        CN_TEST("reliability 39: too many members keep the same ones in every order",
                too_many_members_keep_the_same_ones_in_every_order),
        CN_TEST("values that cannot be summed are reported",
                values_that_cannot_be_summed_are_reported),
        CN_TEST("what is folded in parts is what is folded at once",
                what_is_folded_in_parts_is_the_same),
        CN_TEST("a rollup that stops leaves the days of a flood to the next start",
                one_that_stops_leaves_days_to_the_next_start),
        CN_TEST("reliability 6: a full disk loses nothing", a_full_disk_loses_nothing),
        CN_TEST("reliability 6: a rebuild that fails changes nothing",
                a_rebuild_that_fails_changes_nothing),
    };
    return cmocka_run_group_tests_name("rollup", tests, NULL, NULL);
}
