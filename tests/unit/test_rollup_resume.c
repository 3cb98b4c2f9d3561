/* A build of metrics that is interrupted goes on after its last part: in a file, and on PostgreSQL.
 */
#include "metric/rollup.h"
#include "tests/unit/rollup_world.h"

enum {
    EVENTS = 2000,
    PART = 20,
};

struct log {
    struct world world;
    struct store store;
    bool is_shared;
    int64_t counted;  /* what the companion keeps on PostgreSQL */
    size_t fails_at;  /* of the scan; 0: nowhere */
    int64_t began;    /* where the last scan did */
    size_t meanwhile; /* in the middle of a scan events up to here come; 0: none */
};

static void count_events(struct log *log, size_t upto)
{
    struct cn_error err;
    struct cn_rollup *rollup = log->store.rollup;
    size_t from = (size_t)log->counted;
    struct cn_rollup_position position = { .seq = (int64_t)upto, .mapping = 1 };
    if (log->is_shared) {
        must(cn_rollup_learn(rollup, &log->world.facts[from], upto - from, &err), &err);
    }
    cn_rollup_add(rollup, &log->world.facts[from], upto - from, position);
    must(cn_rollup_flush(rollup, &err), &err);
    log->counted = (int64_t)upto;
}

static bool scan(void *arg, int64_t upto_seq, struct cn_rollup_sink *sink, struct cn_error *err)
{
    struct log *log = arg;
    int64_t last = upto_seq < log->counted ? upto_seq : log->counted;
    log->began = sink->after_seq;
    for (int64_t i = sink->after_seq; i < last; i++) {
        if (log->fails_at > 0 && i == (int64_t)log->fails_at) {
            return cn_fail(err, CN_UNAVAILABLE, "on purpose");
        }
        if (log->meanwhile > 0 && i == last - 10) {
            count_events(log, log->meanwhile);
            log->meanwhile = 0;
        }
        sink->seq = i + 1;
        sink->add(sink, &log->world.facts[i], 1);
    }
    return true;
}

static bool position(void *arg, struct cn_sql_conn *conn, int64_t *seq_out, struct cn_error *err)
{
    const struct log *log = arg;
    (void)conn;
    (void)err;
    *seq_out = log->counted;
    return true;
}

static bool build(struct log *log, size_t fails_at)
{
    struct cn_rollup_builder with = {
        .scan = scan, .arg = log, .position = log->is_shared ? position : NULL, .part_rows = PART
    };
    struct cn_error err;
    log->fails_at = fails_at;
    return cn_rollup_build(log->store.rollup, &with, &err);
}

static void use(struct log *log, const struct cn_metric_list *metrics, size_t building)
{
    struct cn_error err;
    size_t count = 0;
    must(cn_rollup_use(log->store.rollup, metrics, &count, &err), &err);
    assert_int_equal(count, building);
}

/* As a process that is killed and another. */
static void restart(struct log *log)
{
    store_close(&log->store);
    store_reopen_bare(&log->store);
}

static void count_anew(struct log *log, const int64_t *accounts, size_t count)
{
    struct cn_rollup_rebuild rebuild = { .account_ids = accounts,
                                         .account_count = count,
                                         .first_day = INT32_MIN,
                                         .last_day = INT32_MAX,
                                         .mapping = 1,
                                         .scan = scan,
                                         .arg = log };
    struct cn_error err;
    log->fails_at = 0;
    must(cn_rollup_rebuild(log->store.rollup, &rebuild, &err), &err);
}

static void assert_complete(struct log *log)
{
    struct store whole;
    struct cn_error err;
    store_open_bare(&whole);
    must(cn_rollup_copy_names(whole.rollup, log->store.rollup, &err), &err);
    store_use(&whole);
    add(&whole, &log->world, 0, (size_t)log->counted);
    flush(&whole);
    assert_equal_rows(&whole, &log->store);
    assert_int_equal(number(&log->store, "SELECT count(*) FROM rollup_build"), 0);
    assert_int_equal(number(&log->store, "SELECT count(*) FROM rollup_build_account"), 0);
    store_remove(&whole);
}

static const struct cn_metric_list nothing;

static void begin_building(struct log *log)
{
    world_init(&log->world, 31, EVENTS, WORLD_LAST_DAY);
    use(log, &nothing, 0);
    count_events(log, 1000);
    use(log, &world_list, 4);
    count_events(log, 1400);
    assert_false(build(log, 1100));
    assert_int_equal(log->began, 0);
}

static void interrupt_and_go_on(struct log *log)
{
    static const int64_t accounts[] = { 1, 2, 3 };
    begin_building(log);
    restart(log);
    use(log, &nothing, 0); /* the old program runs; what is being built is counted all the same */
    count_events(log, 1500);
    count_anew(log, accounts, 3);
    count_events(log, 1600);
    use(log, &world_list, 4);
    assert_false(build(log, 1300));
    assert_true(log->began > 1000 && log->began <= 1100);
    restart(log);
    use(log, &world_list, 4);
    count_events(log, 1700);
    log->meanwhile = 1800;
    assert_true(build(log, 0));
    assert_true(log->began > 1200 && log->began <= 1300);
    count_events(log, EVENTS);
    assert_complete(log);
}

static void begin_again_for_others(struct log *log)
{
    static struct cn_metric_list fewer;
    fewer = (struct cn_metric_list){ world_list.items, 2 };
    begin_building(log);
    restart(log);
    use(log, &fewer, 1);
    count_events(log, 1500);
    assert_true(build(log, 0)); /* of other metrics: it has nothing of theirs */
    assert_int_equal(log->began, 0);
    use(log, &world_list, 3);
    assert_true(build(log, 0));
    assert_int_equal(log->began, 0);
    count_events(log, EVENTS);
    assert_complete(log);
}

static bool make_schema(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_sql_exec(conn, "DROP SCHEMA IF EXISTS resume_test CASCADE; CREATE SCHEMA resume_test",
                       err);
}

static void on_both(void (*run)(struct log *log))
{
    const char *url = getenv("CAIRN_TEST_PG_URL"); /* NOLINT(concurrency-mt-unsafe): one thread */
    struct log file = { .is_shared = false };
    store_open_bare(&file.store);
    run(&file);
    store_remove(&file.store);
    world_deinit(&file.world);
    if (url == NULL) {
        return;
    }
    struct log shared = { .is_shared = true };
    struct cn_db *db = NULL;
    struct cn_error err;
    must(cn_db_open(&(struct cn_db_options){ .url = { url, strlen(url) } }, &db, &err), &err);
    must(cn_db_write(db, make_schema, NULL, &err), &err);
    cn_db_close(db);
    snprintf(shared.store.url, sizeof(shared.store.url), "%s%coptions=-csearch_path%%3Dresume_test",
             url, strchr(url, '?') != NULL ? '&' : '?');
    store_reopen_bare(&shared.store);
    run(&shared);
    store_close(&shared.store);
    world_deinit(&shared.world);
}

static void a_build_goes_on_after_its_last_part(void **state)
{
    (void)state;
    on_both(interrupt_and_go_on);
}

static void a_build_of_other_metrics_begins_again(void **state)
{
    (void)state;
    on_both(begin_again_for_others);
}

/* An event of which a property is summed has rows of its own like any other. */
static void a_metric_of_a_property_does_not_hide_its_event(void **state)
{
    (void)state;
    struct cn_metric sum = { .name = CN_STR("revenue"),
                             .kind = CN_METRIC_SUM,
                             .event = CN_STR("Order"),
                             .property = CN_STR("amount") };
    struct cn_metric_list list = { &sum, 1 };
    struct log log = { .is_shared = false };
    world_init(&log.world, 32, 500, WORLD_LAST_DAY);
    store_open_bare(&log.store);
    use(&log, &list, 0);
    count_events(&log, 500);
    assert_int_equal(
        number(&log.store, "SELECT count(*) FROM rollup_metric WHERE name = 'event:Order'"), 1);
    assert_true(number(&log.store, "SELECT sum(count) FROM rollup_hot WHERE metric = (SELECT metric"
                                   " FROM rollup_metric WHERE name = 'event:Order')") > 0);
    store_remove(&log.store);
    world_deinit(&log.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST(
            "003 a build that is interrupted goes on after its last part, whatever came between",
            a_build_goes_on_after_its_last_part),
        CN_TEST("003 a build of other metrics begins again", a_build_of_other_metrics_begins_again),
        CN_TEST("a metric of a property does not hide its event",
                a_metric_of_a_property_does_not_hide_its_event),
    };
    return cmocka_run_group_tests_name("rollup resume", tests, NULL, NULL);
}
