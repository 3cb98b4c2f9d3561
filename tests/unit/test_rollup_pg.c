#include <pthread.h>

#include "metric/rollup.h"
#include "metric/series.h"
#include "tests/unit/metric_world.h"

/* Needs CAIRN_TEST_PG_URL, the address of a PostgreSQL; without it there is nothing to run. */

/* Everything in one flush of an embedded database, with the numbers that `like` gave to names. */
static void open_whole(struct store *whole, struct store *like, const struct world *world)
{
    struct cn_error err;
    store_open_bare(whole);
    must(cn_rollup_copy_names(whole->rollup, like->rollup, &err), &err);
    store_use(whole);
    cn_rollup_add(whole->rollup, world->facts, world->count,
                  (struct cn_rollup_position){ .seq = (int64_t)world->count, .mapping = 1 });
    must(cn_rollup_flush(whole->rollup, &err), &err);
}

struct shared {
    struct store store;
    struct world world;
    size_t next;
    pthread_mutex_t lock;
};

struct batch {
    size_t from;
    size_t to;
};

static bool take_batch(struct shared *shared, struct batch *batch)
{
    pthread_mutex_lock(&shared->lock);
    batch->from = shared->next;
    batch->to = batch->from + 170 < shared->world.count ? batch->from + 170 : shared->world.count;
    shared->next = batch->to;
    pthread_mutex_unlock(&shared->lock);
    return batch->from < batch->to;
}

static bool add_and_flush(struct cn_rollup *rollup, const struct world *world,
                          const struct batch *batch, struct cn_error *err)
{
    const struct cn_metric_fact *facts = &world->facts[batch->from];
    size_t count = batch->to - batch->from;
    if (!cn_rollup_learn(rollup, facts, count, err)) {
        return false;
    }
    cn_rollup_add(rollup, facts, count, (struct cn_rollup_position){ .seq = (int64_t)batch->to });
    return cn_rollup_flush(rollup, err);
}

/* As in a process of its own: with its connections and its memory of what is there. */
struct writer {
    struct shared *shared;
    struct store store;
};

static void writer_open(struct writer *writer, struct shared *shared)
{
    *writer = (struct writer){ .shared = shared };
    (void)snprintf(writer->store.url, sizeof(writer->store.url), "%s", shared->store.url);
    store_reopen(&writer->store);
}

static void *write_batches(void *arg)
{
    struct writer *writer = arg;
    struct batch batch;
    struct cn_error err;
    while (take_batch(writer->shared, &batch)) {
        if (!add_and_flush(writer->store.rollup, &writer->shared->world, &batch, &err)) {
            fprintf(stderr, "%s\n", err.message);
            return arg;
        }
    }
    return NULL;
}

static bool make_schema(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_sql_exec(conn, "DROP SCHEMA IF EXISTS metric_test CASCADE; CREATE SCHEMA metric_test",
                       err);
}

/* A schema of its own: other tests use the database at the same time. */
static void open_shared(struct store *store)
{
    struct cn_db *db = NULL;
    struct cn_error err;
    const char *url = getenv("CAIRN_TEST_PG_URL"); /* NOLINT(concurrency-mt-unsafe): one thread */
    *store = (struct store){ 0 };
    struct cn_db_options options = { .url = { url, strlen(url) } };
    must(cn_db_open(&options, &db, &err), &err);
    must(cn_db_write(db, make_schema, NULL, &err), &err);
    cn_db_close(db);
    snprintf(store->url, sizeof(store->url), "%s%coptions=-csearch_path%%3Dmetric_test", url,
             strchr(url, '?') != NULL ? '&' : '?');
    store_reopen(store);
}

/* What rules see does not depend on the database. */
static void assert_equal_series(struct store *a, struct store *b)
{
    struct cn_series_options options = { .metrics = &world_list,
                                         .first_day = WORLD_LAST_DAY,
                                         .last_day = WORLD_LAST_DAY,
                                         .reach_days = 56 };
    struct cn_series *left = cn_series_new(&options);
    struct cn_series *right = cn_series_new(&options);
    struct cn_window_when now = { WORLD_LAST_DAY, WORLD_LAST_DAY };
    struct cn_window window = { CN_WINDOW_AVG, 28, 0 };
    struct cn_error err;
    must(cn_series_load(left, a->rollup, NULL, 0, &err), &err);
    must(cn_series_load(right, b->rollup, NULL, 0, &err), &err);
    for (int64_t account = 1; account <= WORLD_ACCOUNTS; account++) {
        for (size_t metric = 0; metric < world_list.count; metric++) {
            double x = -1;
            double y = -1;
            assert_int_equal(cn_series_value(left, account, metric, &window, now, &x),
                             cn_series_value(right, account, metric, &window, now, &y));
            assert_true(x == y);
        }
    }
    cn_series_free(left);
    cn_series_free(right);
}

static void writers_of_one_database_add_up(void **state)
{
    (void)state;
    struct shared shared = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct store whole;
    pthread_t threads[4];
    struct writer writers[CN_ARRAY_LEN(threads)];
    world_init(&shared.world, 21, 4000, WORLD_LAST_DAY);
    open_shared(&shared.store);
    for (size_t i = 0; i < CN_ARRAY_LEN(threads); i++) {
        writer_open(&writers[i], &shared);
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_batches, &writers[i]), 0);
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(threads); i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
        store_close(&writers[i].store);
    }
    store_close(&shared.store); /* it knows no names that others met */
    store_reopen_bare(&shared.store);
    open_whole(&whole, &shared.store, &shared.world);
    assert_equal_rows(&whole, &shared.store);
    assert_equal_series(&whole, &shared.store);
    store_remove(&whole);
    store_close(&shared.store);
    world_deinit(&shared.world);
}

/* The whole log, with accounts 1 and 2 swapped. */
static bool scan_swapped(void *arg, int64_t upto_seq, struct cn_rollup_sink *sink,
                         struct cn_error *err)
{
    const struct world *world = arg;
    (void)err;
    assert_true(upto_seq == INT64_MAX);
    for (size_t i = 0; i < world->count; i++) {
        struct cn_metric_fact fact = world->facts[i];
        fact.account_id = fact.account_id <= 2 ? 3 - fact.account_id : fact.account_id;
        sink->add(sink, &fact, 1);
    }
    return true;
}

static void a_rebuild_stops_writers_under_the_old_mapping(void **state)
{
    (void)state;
    static const int64_t accounts[] = { 1, 2 };
    struct shared shared = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct store whole;
    struct cn_error err;
    world_init(&shared.world, 22, 1000, WORLD_LAST_DAY);
    open_shared(&shared.store);
    struct writer own;
    struct writer stale;
    writer_open(&own, &shared);
    writer_open(&stale, &shared);
    assert_null(write_batches(&own));
    struct cn_rollup_rebuild rebuild = {
        .account_ids = accounts,
        .account_count = 2,
        .first_day = INT32_MIN,
        .last_day = INT32_MAX,
        .mapping = 5,
        .scan = scan_swapped,
        .arg = &shared.world,
    };
    must(cn_rollup_rebuild(own.store.rollup, &rebuild, &err), &err);
    struct batch one = { .from = 0, .to = 1 };
    assert_false(add_and_flush(stale.store.rollup, &shared.world, &one, &err));
    assert_int_equal(err.code, CN_CONFLICT);
    store_close(&stale.store);
    for (size_t i = 0; i < shared.world.count; i++) {
        int64_t *account = &shared.world.facts[i].account_id;
        *account = *account <= 2 ? 3 - *account : *account;
    }
    open_whole(&whole, &own.store, &shared.world);
    assert_equal_rows(&whole, &own.store);
    store_remove(&whole);
    store_close(&own.store);
    store_close(&shared.store);
    world_deinit(&shared.world);
}

/* A companion whose first commit "loses its answer": the database has it, the process does not
 * know. */
struct forgetful {
    int64_t stored_seq;
    int64_t flushing_seq;
    int writes;
};

static bool begin(void *arg, struct cn_sql_conn *conn, int64_t seq, bool *done_out,
                  struct cn_error *err)
{
    struct forgetful *forgetful = arg;
    (void)conn;
    (void)err;
    forgetful->flushing_seq = seq;
    *done_out = forgetful->stored_seq >= seq;
    return true;
}

static bool note_write(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct forgetful *forgetful = arg;
    (void)conn;
    (void)err;
    forgetful->writes++;
    return true;
}

static void what_is_flushed_already_is_not_added_again(void **state)
{
    (void)state;
    struct shared shared = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct store whole;
    struct cn_error err;
    struct batch first = { .from = 0, .to = 500 };
    struct forgetful forgetful = { 0 };
    world_init(&shared.world, 23, 500, WORLD_LAST_DAY);
    open_shared(&shared.store);
    must(add_and_flush(shared.store.rollup, &shared.world, &first, &err), &err);
    cn_rollup_accompany(
        shared.store.rollup,
        &(struct cn_rollup_companion){ .begin = begin, .write = note_write, .arg = &forgetful });
    forgetful.stored_seq = 1000;
    cn_rollup_add(shared.store.rollup, shared.world.facts, 500,
                  (struct cn_rollup_position){ .seq = 1000 });
    must(cn_rollup_flush(shared.store.rollup, &err), &err);
    assert_int_equal(forgetful.flushing_seq, 1000);
    assert_int_equal(forgetful.writes, 0);
    open_whole(&whole, &shared.store, &shared.world);
    assert_equal_rows(&whole, &shared.store);
    store_remove(&whole);
    store_close(&shared.store);
    world_deinit(&shared.world);
}

struct adding {
    struct cn_rollup *rollup;
    const struct world *world;
};

/* Events come while an account is made anew that has none. */
static bool scan_while_adding(void *arg, int64_t upto_seq, struct cn_rollup_sink *sink,
                              struct cn_error *err)
{
    const struct adding *adding = arg;
    (void)upto_seq;
    (void)sink;
    (void)err;
    cn_rollup_add(adding->rollup, &adding->world->facts[500], 200,
                  (struct cn_rollup_position){ .seq = 700 });
    return true;
}

static void what_is_added_during_a_rebuild_is_flushed_after_it(void **state)
{
    (void)state;
    static const int64_t accounts[] = { 999999 };
    struct shared shared = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct store whole;
    struct cn_error err;
    struct batch first = { .from = 0, .to = 500 };
    struct forgetful forgetful = { .stored_seq = 500 };
    world_init(&shared.world, 24, 700, WORLD_LAST_DAY);
    open_shared(&shared.store);
    struct cn_rollup *rollup = shared.store.rollup;
    struct adding adding = { rollup, &shared.world };
    must(cn_rollup_learn(rollup, shared.world.facts, 700, &err), &err);
    must(add_and_flush(rollup, &shared.world, &first, &err), &err);
    cn_rollup_accompany(rollup, &(struct cn_rollup_companion){
                                    .begin = begin, .write = note_write, .arg = &forgetful });
    struct cn_rollup_rebuild rebuild = {
        .account_ids = accounts,
        .account_count = 1,
        .first_day = INT32_MIN,
        .last_day = INT32_MAX,
        .mapping = 5,
        .scan = scan_while_adding,
        .arg = &adding,
    };
    must(cn_rollup_rebuild(rollup, &rebuild, &err), &err);
    must(cn_rollup_flush(rollup, &err), &err);
    assert_int_equal(forgetful.flushing_seq, 700);
    open_whole(&whole, &shared.store, &shared.world);
    assert_equal_rows(&whole, &shared.store);
    store_remove(&whole);
    store_close(&shared.store);
    world_deinit(&shared.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("reliability 16: writers of one database add up", writers_of_one_database_add_up),
        CN_TEST("reliability 16: a rebuild stops writers under the old mapping",
                a_rebuild_stops_writers_under_the_old_mapping),
        CN_TEST("PostgreSQL: what is flushed already is not added again",
                what_is_flushed_already_is_not_added_again),
        CN_TEST("PostgreSQL: what is added during a rebuild is flushed after it",
                what_is_added_during_a_rebuild_is_flushed_after_it),
    };
    if (getenv("CAIRN_TEST_PG_URL") == NULL) { /* NOLINT(concurrency-mt-unsafe): one thread */
        return 0;
    }
    return cmocka_run_group_tests_name("rollup on postgresql", tests, NULL, NULL);
}
