#include <pthread.h>
#include <stdatomic.h>

#include "metric/series.h"
#include "tests/unit/metric_world.h"

enum {
    REACH = 56,
    WINDOWS = 40,
};

/* Every method with several lengths, where it suits the kind of metric. */
static size_t list_windows(enum cn_metric_kind kind, struct cn_window windows[WINDOWS])
{
    static const int32_t lengths[] = { 1, 7, 28 };
    size_t count = 0;
    for (int method = 0; method < CN_WINDOW_METHODS; method++) {
        const struct cn_window_row *row = &cn_window_rows[method];
        if ((row->kinds >> kind & 1) == 0) {
            continue;
        }
        if (!row->takes_days) {
            windows[count++] = (struct cn_window){ (enum cn_window_method)method, 0, 0 };
            continue;
        }
        for (size_t i = 0; i < CN_ARRAY_LEN(lengths); i++) {
            windows[count++] = (struct cn_window){ (enum cn_window_method)method, lengths[i], 0 };
        }
        if (method != CN_WINDOW_CHANGE) {
            windows[count++] = (struct cn_window){ (enum cn_window_method)method, 28, 28 };
        }
    }
    assert_true(count <= WINDOWS);
    return count;
}

static void assert_same_value(struct cn_series *a, struct cn_series *b, int64_t account,
                              size_t metric, const struct cn_window *window,
                              struct cn_window_when when)
{
    double left = 0;
    double right = 0;
    bool has_left = cn_series_value(a, account, metric, window, when, &left);
    bool has_right = cn_series_value(b, account, metric, window, when, &right);
    if (has_left != has_right || (has_left && left != right)) {
        fail_msg("account %d, %s.%s(%d, %d) on %d: %d %.17g, %d %.17g", (int)account,
                 world_metrics[metric].name.ptr, cn_window_rows[window->method].name, window->days,
                 window->back, when.today, has_left, left, has_right, right);
    }
}

static void assert_same_on(struct cn_series *a, struct cn_series *b, struct cn_window_when when)
{
    for (size_t metric = 0; metric < world_list.count; metric++) {
        struct cn_window windows[WINDOWS];
        size_t count = list_windows(world_metrics[metric].kind, windows);
        for (size_t w = 0; w < count; w++) {
            for (int64_t account = 1; account <= WORLD_ACCOUNTS + 1; account++) {
                assert_same_value(a, b, account, metric, &windows[w], when);
            }
        }
    }
}

static struct cn_series *series_for(int32_t first_day, int32_t last_day)
{
    struct cn_series_options options = { .metrics = &world_list,
                                         .first_day = first_day,
                                         .last_day = last_day,
                                         .reach_days = REACH,
                                         .members_max = 100 };
    return cn_series_new(&options);
}

static struct cn_series *loaded(struct store *store, int32_t first_day, int32_t last_day)
{
    struct cn_error err;
    struct cn_series *series = series_for(first_day, last_day);
    must(cn_series_load(series, store->rollup, NULL, 0, &err), &err);
    return series;
}

static void flush(struct store *store)
{
    struct cn_error err;
    must(cn_rollup_flush(store->rollup, &err), &err);
}

static void fold(struct store *store, int64_t closed_before)
{
    struct cn_error err;
    int64_t rows = 0;
    must(cn_rollup_fold(store->rollup, closed_before, &rows, &err), &err);
}

static struct cn_window_when on(int32_t day)
{
    return (struct cn_window_when){ .today = day, .until = day };
}

/* Days pass; facts of the day and late ones come in pieces; now and then the live series is
 * compared with one that is loaded from what was flushed. */
static void live_for_a_while(uint64_t seed)
{
    struct cn_rng rng = { seed };
    struct store store;
    int64_t accounts[WORLD_ACCOUNTS];
    struct cn_bitmap stale = { 0 };
    struct cn_series *live = series_for(WORLD_FIRST_DAY, WORLD_FIRST_DAY);
    cn_bitmap_resize(&stale, WORLD_ACCOUNTS);
    for (int i = 0; i < WORLD_ACCOUNTS; i++) {
        accounts[i] = i + 1;
    }
    store_open(&store);
    int64_t seq = 0;
    for (int32_t today = WORLD_FIRST_DAY; today <= WORLD_LAST_DAY + 60; today++) {
        cn_series_advance(live, today, accounts, &stale);
        struct world world;
        bool quiet = today > WORLD_LAST_DAY;
        world_init(&world, cn_rng_next(&rng), quiet ? 1 : (size_t)cn_rng_between(&rng, 1, 60),
                   today);
        seq += (int64_t)world.count;
        cn_series_add(live, world.facts, world.count);
        cn_rollup_add(store.rollup, world.facts, world.count,
                      (struct cn_rollup_position){ .seq = seq, .mapping = 1 });
        world_deinit(&world);
        if (today % 13 != 0) {
            continue;
        }
        flush(&store);
        if (cn_rng_between(&rng, 0, 1) == 0) {
            fold(&store, today - 2);
        }
        struct cn_series *again = loaded(&store, today, today);
        assert_same_on(live, again, on(today));
        assert_same_on(live, again, (struct cn_window_when){ today, today - 1 });
        cn_series_free(again);
    }
    cn_series_free(live);
    cn_bitmap_deinit(&stale);
    store_remove(&store);
}

static void a_live_series_equals_one_loaded_from_the_rollups(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        live_for_a_while(seed);
    }
}

static void every_order_of_arrival_gives_equal_windows(void **state)
{
    (void)state;
    struct world world;
    struct cn_rng rng = { 5 };
    world_init(&world, 5, 3000, WORLD_LAST_DAY);
    struct cn_series *first = series_for(WORLD_LAST_DAY, WORLD_LAST_DAY);
    cn_series_add(first, world.facts, world.count);
    for (int i = 0; i < 4; i++) {
        struct cn_series *other = series_for(WORLD_LAST_DAY, WORLD_LAST_DAY);
        world_shuffle(&world, &rng);
        cn_series_add(other, world.facts, world.count);
        assert_same_on(first, other, on(WORLD_LAST_DAY));
        cn_series_free(other);
    }
    cn_series_free(first);
    world_deinit(&world);
}

static void the_past_gives_what_was_live_then(void **state)
{
    (void)state;
    struct world world;
    struct store store;
    world_init(&world, 6, 3000, WORLD_LAST_DAY);
    store_open(&store);
    cn_rollup_add(store.rollup, world.facts, world.count,
                  (struct cn_rollup_position){ .seq = 3000, .mapping = 1 });
    flush(&store);
    fold(&store, WORLD_LAST_DAY - 3);
    struct cn_series *past = loaded(&store, WORLD_FIRST_DAY, WORLD_LAST_DAY);
    for (int32_t day = WORLD_FIRST_DAY; day <= WORLD_LAST_DAY; day += 7) {
        /* What was live then had seen facts up to that day only. */
        struct cn_series *then = series_for(day, day);
        for (size_t i = 0; i < world.count; i++) {
            if (world.facts[i].day <= day) {
                cn_series_add(then, &world.facts[i], 1);
            }
        }
        struct cn_series *loaded_then = loaded(&store, day, day);
        assert_same_on(then, past, on(day));
        assert_same_on(then, loaded_then, on(day));
        cn_series_free(then);
        cn_series_free(loaded_then);
    }
    cn_series_free(past);
    store_remove(&store);
    world_deinit(&world);
}

static void one_account_can_be_loaded_again(void **state)
{
    (void)state;
    struct world world;
    struct store store;
    struct cn_error err;
    static const int64_t accounts[] = { 3, 99 };
    world_init(&world, 7, 1500, WORLD_LAST_DAY);
    store_open(&store);
    cn_rollup_add(store.rollup, world.facts, world.count,
                  (struct cn_rollup_position){ .seq = 1500, .mapping = 1 });
    flush(&store);
    fold(&store, WORLD_LAST_DAY - 10);
    struct cn_series *live = series_for(WORLD_LAST_DAY, WORLD_LAST_DAY);
    cn_series_add(live, world.facts, world.count);
    struct cn_series *again = series_for(WORLD_LAST_DAY, WORLD_LAST_DAY);
    cn_series_add(again, world.facts, world.count);
    must(cn_series_load(again, store.rollup, accounts, 2, &err), &err);
    assert_same_on(live, again, on(WORLD_LAST_DAY));
    cn_series_forget(again, 3);
    double value = 0;
    struct cn_window sum = { CN_WINDOW_SUM, 28, 0 };
    assert_false(cn_series_value(again, 3, 2, &sum, on(WORLD_LAST_DAY), &value));
    assert_true(cn_series_value(live, 3, 2, &sum, on(WORLD_LAST_DAY), &value));
    cn_series_free(live);
    cn_series_free(again);
    store_remove(&store);
    world_deinit(&world);
}

/* Restores the file with byte `at` changed. */
static bool restores_damaged(const char *path, long at, struct cn_rollup_position position)
{
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fputc(byte ^ 1, file), byte ^ 1);
    assert_int_equal(fclose(file), 0);
    struct cn_series *series = series_for(WORLD_LAST_DAY, WORLD_LAST_DAY);
    struct cn_rollup_position unused;
    bool restored = cn_series_restore(series, path, position, &unused);
    cn_series_free(series);
    return restored;
}

/* Writes the file of what the series has up to there, in its place. */
static void keep(struct cn_series *series, const char *path, struct cn_rollup_position position)
{
    struct cn_error err;
    struct cn_rollup_position at;
    cn_series_note(series, position);
    must(cn_series_save(series, path, &at, &err), &err);
    assert_int_equal(at.seq, position.seq);
    assert_int_equal(at.mapping, position.mapping);
    must(cn_series_keep(path, &err), &err);
}

static bool restores(struct cn_series *series, const char *path, struct cn_rollup_position upto)
{
    struct cn_rollup_position at;
    return cn_series_restore(series, path, upto, &at);
}

static void a_saved_series_is_the_same_after_a_start(void **state)
{
    (void)state;
    struct world world;
    struct cn_rollup_position position = { .seq = 3000, .mapping = 4 };
    struct cn_rollup_position earlier = { .seq = 2999, .mapping = 4 };
    struct cn_rollup_position unmapped = { .seq = 3000, .mapping = 3 };
    struct cn_rollup_position later = { .seq = 3001, .mapping = 5 };
    struct cn_rollup_position at;
    char path[64];
    temp_path(path, sizeof(path), "series");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    world_init(&world, 13, 3000, WORLD_LAST_DAY);
    struct cn_series *live = series_for(WORLD_LAST_DAY, WORLD_LAST_DAY);
    cn_series_add(live, world.facts, world.count);
    keep(live, path, position);
    for (int32_t today = WORLD_LAST_DAY; today < WORLD_LAST_DAY + 70; today += 23) {
        struct cn_series *again = series_for(today, today);
        struct cn_bitmap nobody = { 0 };
        assert_false(restores(again, path, earlier)); /* it goes further than the rollups */
        assert_false(restores(again, path, unmapped));
        assert_true(cn_series_restore(again, path, later, &at));
        assert_int_equal(at.seq, position.seq);
        assert_int_equal(at.mapping, position.mapping);
        cn_series_advance(live, today, NULL, &nobody);
        assert_same_on(live, again, on(today));
        assert_false(restores(again, path, position)); /* it is not empty */
        cn_series_free(again);
    }
    struct cn_series *yesterday = series_for(WORLD_LAST_DAY - 1, WORLD_LAST_DAY - 1);
    assert_false(restores(yesterday, path, position));
    assert_false(restores_damaged(path, 12, position));
    assert_true(restores_damaged(path, 12, position));
    assert_false(restores_damaged(path, 70, position));
    assert_true(restores_damaged(path, 70, position));
    assert_false(restores_damaged(path, 5000, position));
    assert_int_equal(truncate(path, 4000), 0);
    struct cn_series *empty = series_for(WORLD_LAST_DAY, WORLD_LAST_DAY);
    assert_false(restores(empty, path, position));
    assert_int_equal(unlink(path), 0);
    assert_false(restores(empty, path, position));
    cn_series_free(empty);
    cn_series_free(yesterday);
    cn_series_free(live);
    world_deinit(&world);
}

/* Saved when it had little, so that many cells have one entry and no room. */
static void a_saved_series_grows_on(void **state)
{
    enum {
        SAVED = 60
    };
    (void)state;
    struct world world;
    struct cn_rollup_position position = { .seq = SAVED, .mapping = 4 };
    char path[64];
    temp_path(path, sizeof(path), "series");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    world_init(&world, 17, 3000, WORLD_LAST_DAY);
    struct cn_series *live = series_for(WORLD_LAST_DAY, WORLD_LAST_DAY);
    struct cn_series *again = series_for(WORLD_LAST_DAY, WORLD_LAST_DAY);
    cn_series_add(live, world.facts, SAVED);
    keep(live, path, position);
    assert_true(restores(again, path, position));
    cn_series_add(live, world.facts + SAVED, world.count - SAVED);
    cn_series_add(again, world.facts + SAVED, world.count - SAVED);
    assert_same_on(live, again, on(WORLD_LAST_DAY));
    cn_series_free(again);
    cn_series_free(live);
    assert_int_equal(unlink(path), 0);
    world_deinit(&world);
}

/* Members have their longest rings then. */
static void a_saved_series_with_the_longest_reach_is_restored(void **state)
{
    (void)state;
    struct world world;
    struct cn_rollup_position position = { .seq = 1000, .mapping = 4 };
    char path[64];
    temp_path(path, sizeof(path), "series");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    world_init(&world, 19, 1000, WORLD_LAST_DAY);
    const struct cn_series_options options = { .metrics = &world_list,
                                               .first_day = WORLD_LAST_DAY - 1,
                                               .last_day = WORLD_LAST_DAY,
                                               .reach_days = CN_WINDOW_DAYS_MAX,
                                               .members_max = 100 };
    struct cn_series *live = cn_series_new(&options);
    struct cn_series *again = cn_series_new(&options);
    cn_series_add(live, world.facts, world.count);
    keep(live, path, position);
    assert_true(restores(again, path, position));
    assert_same_on(live, again, on(WORLD_LAST_DAY));
    cn_series_free(again);
    cn_series_free(live);
    assert_int_equal(unlink(path), 0);
    world_deinit(&world);
}

/* More accounts than are written under one lock. */
enum {
    MANY_ACCOUNTS = 2500,
    MANY_FACTS = 30000,
};

struct feeding {
    struct world world;
    struct cn_series *series;
    atomic_int saves; /* that were begun */
    atomic_bool is_fed;
};

static void *feed_meanwhile(void *arg)
{
    struct feeding *feeding = arg;
    struct timespec pause = { .tv_nsec = 50000 }; /* so that it goes on while rows are written */
    int saves = 0;
    for (size_t from = 0; from < feeding->world.count; from += 40) {
        /* Beside many saves, however slow they are. */
        while (from % 2000 == 0 && atomic_load(&feeding->saves) == saves) {
            (void)nanosleep(&pause, NULL);
        }
        saves = atomic_load(&feeding->saves);
        cn_series_follow(feeding->series, &feeding->world.facts[from], 40,
                         (struct cn_rollup_position){ .seq = (int64_t)from + 40, .mapping = 1 });
        (void)nanosleep(&pause, NULL);
    }
    atomic_store(&feeding->is_fed, true);
    return NULL;
}

/* The file has the facts up to its position, no more and no fewer. */
static void assert_kept(const struct feeding *feeding, const char *path,
                        struct cn_rollup_position position)
{
    struct cn_window window = { .days = 28 };
    struct cn_series *kept = series_for(WORLD_LAST_DAY, WORLD_LAST_DAY);
    struct cn_series *fresh = series_for(WORLD_LAST_DAY, WORLD_LAST_DAY);
    assert_true(restores(kept, path, position));
    cn_series_add(fresh, feeding->world.facts, (size_t)position.seq);
    for (size_t metric = 0; metric < world_list.count; metric++) {
        bool is_distinct = world_metrics[metric].kind == CN_METRIC_DISTINCT;
        bool is_sum = world_metrics[metric].kind == CN_METRIC_COUNT ||
                      world_metrics[metric].kind == CN_METRIC_SUM;
        window.method = is_distinct ? CN_WINDOW_DISTINCT : is_sum ? CN_WINDOW_SUM : CN_WINDOW_LAST;
        if ((cn_window_rows[window.method].kinds >> world_metrics[metric].kind & 1) == 0) {
            continue;
        }
        for (int64_t account = 0; account < MANY_ACCOUNTS; account++) {
            assert_same_value(fresh, kept, account + 1, metric, &window, on(WORLD_LAST_DAY));
        }
    }
    cn_series_free(fresh);
    cn_series_free(kept);
}

static void a_series_is_saved_while_it_grows(void **state)
{
    (void)state;
    struct feeding feeding = { .is_fed = false };
    struct cn_error err;
    struct cn_rollup_position at = { 0 };
    pthread_t feeder;
    bool was_moving = false;
    char path[64];
    temp_path(path, sizeof(path), "series");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    world_init(&feeding.world, 18, MANY_FACTS, WORLD_LAST_DAY);
    for (size_t i = 0; i < feeding.world.count; i++) {
        feeding.world.facts[i].account_id = 1 + (int64_t)(i * 7919 % MANY_ACCOUNTS);
    }
    feeding.series = series_for(WORLD_LAST_DAY, WORLD_LAST_DAY);
    cn_series_note(feeding.series, at);
    assert_int_equal(pthread_create(&feeder, NULL, feed_meanwhile, &feeding), 0);
    for (bool is_last = false; !is_last;) {
        is_last = atomic_load(&feeding.is_fed);
        atomic_fetch_add(&feeding.saves, 1);
        struct cn_rollup_position before = cn_series_position(feeding.series);
        must(cn_series_save(feeding.series, path, &at, &err), &err);
        must(cn_series_keep(path, &err), &err);
        assert_true(at.seq >= before.seq);
        was_moving = was_moving || (at.seq > before.seq && before.seq > 0);
        assert_kept(&feeding, path, at);
    }
    assert_int_equal(pthread_join(feeder, NULL), 0);
    assert_true(was_moving);
    assert_int_equal(at.seq, MANY_FACTS);
    cn_series_add(feeding.series, feeding.world.facts, 1); /* nobody says how far that is */
    assert_false(cn_series_save(feeding.series, path, &at, &err));
    assert_int_equal(err.code, CN_CONFLICT);
    cn_series_free(feeding.series);
    assert_int_equal(unlink(path), 0);
    world_deinit(&feeding.world);
}

/* One thread feeds, as the engine does; one flushes and folds; one asks. */
struct crowd {
    struct store store;
    struct world world;
    struct cn_series *series;
    atomic_bool is_fed;
};

static void *flush_meanwhile(void *arg)
{
    struct crowd *crowd = arg;
    struct cn_error err;
    int64_t rows = 0;
    while (!atomic_load(&crowd->is_fed)) {
        if (!cn_rollup_flush(crowd->store.rollup, &err) ||
            !cn_rollup_fold(crowd->store.rollup, WORLD_LAST_DAY - 5, &rows, &err)) {
            return arg;
        }
    }
    return NULL;
}

static void *ask_meanwhile(void *arg)
{
    struct crowd *crowd = arg;
    struct cn_window window = { CN_WINDOW_DISTINCT, 28, 0 };
    double before = 0;
    while (!atomic_load(&crowd->is_fed)) {
        double value = 0;
        if (cn_series_value(crowd->series, WORLD_ACCOUNTS, 3, &window, on(WORLD_LAST_DAY),
                            &value) &&
            value < before) {
            return arg; /* features only become more */
        }
        before = value;
    }
    return NULL;
}

static void adding_flushing_and_asking_go_on_at_once(void **state)
{
    (void)state;
    struct crowd crowd = { .is_fed = false };
    pthread_t flusher;
    pthread_t asker;
    void *failed = NULL;
    world_init(&crowd.world, 12, 20000, WORLD_LAST_DAY);
    store_open(&crowd.store);
    crowd.series = series_for(WORLD_LAST_DAY, WORLD_LAST_DAY);
    assert_int_equal(pthread_create(&flusher, NULL, flush_meanwhile, &crowd), 0);
    assert_int_equal(pthread_create(&asker, NULL, ask_meanwhile, &crowd), 0);
    for (size_t from = 0; from < crowd.world.count; from += 50) {
        cn_rollup_add(crowd.store.rollup, &crowd.world.facts[from], 50,
                      (struct cn_rollup_position){ .seq = (int64_t)from + 50, .mapping = 1 });
        cn_series_add(crowd.series, &crowd.world.facts[from], 50);
    }
    atomic_store(&crowd.is_fed, true);
    assert_int_equal(pthread_join(flusher, &failed), 0);
    assert_null(failed);
    assert_int_equal(pthread_join(asker, &failed), 0);
    assert_null(failed);
    flush(&crowd.store);
    struct cn_series *again = loaded(&crowd.store, WORLD_LAST_DAY, WORLD_LAST_DAY);
    assert_same_on(crowd.series, again, on(WORLD_LAST_DAY));
    cn_series_free(again);
    cn_series_free(crowd.series);
    store_remove(&crowd.store);
    world_deinit(&crowd.world);
}

static void midnight_touches_only_what_was_active(void **state)
{
    (void)state;
    int64_t accounts[] = { 1, 2, 3, 0 };
    struct cn_bitmap stale = { 0 };
    struct cn_metric_fact facts[] = {
        { .account_id = 1, .day = 20000, .name = CN_STR("Signed In"), .user = 1 },
        { .account_id = 2, .day = 19000, .name = CN_STR("Signed In"), .user = 1 },
    };
    struct cn_series *series = series_for(20000, 20000);
    cn_series_add(series, facts, 2);
    cn_bitmap_resize(&stale, 4);
    cn_series_advance(series, 20001, accounts, &stale);
    assert_true(cn_bitmap_has(&stale, 0));
    assert_int_equal(cn_bitmap_count(&stale), 1);
    cn_bitmap_fill(&stale, false);
    cn_series_advance(series, 20056, accounts, &stale);
    assert_int_equal(cn_bitmap_count(&stale), 1);
    cn_series_advance(series, 20057, accounts, &stale);
    cn_bitmap_fill(&stale, false);
    cn_series_advance(series, 20058, accounts, &stale);
    assert_int_equal(cn_bitmap_count(&stale), 0);
    /* A rule that counts days is stale for everybody. */
    struct cn_window since = { CN_WINDOW_DAYS_SINCE, 0, 0 };
    double value = 0;
    assert_true(cn_series_value(series, 2, 4, &since, on(20058), &value));
    assert_true(value == 1058);
    assert_true(cn_series_day(series, 2, 4, 20058, &value)); /* known, and nothing happened */
    assert_true(value == 0);
    assert_false(cn_series_day(series, 99, 4, 20058, &value));
    cn_series_advance(series, 20059, accounts, &stale);
    assert_int_equal(cn_bitmap_count(&stale), 2);
    cn_bitmap_deinit(&stale);
    cn_series_free(series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("a series is saved while it grows: the file has the facts up to its position",
                a_series_is_saved_while_it_grows),
        CN_TEST("reliability 14: a live series equals one loaded from the rollups",
                a_live_series_equals_one_loaded_from_the_rollups),
        CN_TEST("reliability 14: every order of arrival gives equal windows",
                every_order_of_arrival_gives_equal_windows),
        CN_TEST("reliability 14: the past gives what was live then",
                the_past_gives_what_was_live_then),
        CN_TEST("one account can be loaded again", one_account_can_be_loaded_again),
        CN_TEST("a saved series is the same after a start",
                a_saved_series_is_the_same_after_a_start),
        CN_TEST("a saved series grows on after a start", a_saved_series_grows_on),
        CN_TEST("a saved series with the longest reach is restored",
                a_saved_series_with_the_longest_reach_is_restored),
        CN_TEST("adding, flushing and asking go on at once",
                adding_flushing_and_asking_go_on_at_once),
        CN_TEST("midnight touches only what was active", midnight_touches_only_what_was_active),
    };
    return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
