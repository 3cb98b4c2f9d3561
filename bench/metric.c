/*
 * What metrics cost in CPU time: adding facts, flushing rollups, filling columns, and memory.
 * Prints a line a figure with its limit; never a gate.
 *
 * Not here: the whole path from a request to a score (bench.mjs).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"

#include "metric/rollup.h"
#include "metric/series.h"
#include "sql/db.h"

enum {
    TODAY = 20700,
    BATCH = 1000,
    NAMES = 30,
    METRICS = 20,
    REACH = 56,
};

struct bench {
    struct cn_rng rng;
    char names[NAMES][16];
    struct cn_metric metrics[METRICS];
    char metric_names[METRICS][16];
    struct cn_metric_list list;
    struct cn_metric_fact facts[BATCH];
};

static void report(const char *what, double value, const char *unit, double limit)
{
    printf("%-44s %10.1f %s, limit %.0f: %.2f\n", what, value, unit, limit, value / limit);
}

/* Time of this process on its cores: what a busy machine does not change. */
static int64_t cpu_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* cannot fail on Linux */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static double elapsed_ns(int64_t since_us, double count)
{
    return (double)(cpu_us() - since_us) * 1000 / count;
}

/* Fails the run; a bench has nobody to report to. */
static void must(bool ok, const struct cn_error *err)
{
    if (!ok) {
        (void)fprintf(stderr, "%s\n", err->message);
        exit(1); /* NOLINT(concurrency-mt-unsafe): nothing else runs */
    }
}

/* Active users, features and eighteen counts by name. */
static void prepare(struct bench *bench)
{
    bench->rng = (struct cn_rng){ 1 };
    for (int i = 0; i < NAMES; i++) {
        (void)snprintf(bench->names[i], sizeof(bench->names[i]), "Event %d", i);
    }
    for (int i = 0; i < METRICS; i++) {
        struct cn_metric *metric = &bench->metrics[i];
        (void)snprintf(bench->metric_names[i], sizeof(bench->metric_names[i]), "m%02d", i);
        metric->name = (cn_str){ bench->metric_names[i], 3 };
        metric->event = i < 2 ? CN_STR("*") : (cn_str){ bench->names[i], strlen(bench->names[i]) };
        metric->kind = i < 2 ? CN_METRIC_DISTINCT : CN_METRIC_COUNT;
        metric->member = i == 0 ? CN_MEMBER_USER : (i == 1 ? CN_MEMBER_NAME : CN_MEMBER_NONE);
    }
    bench->list = (struct cn_metric_list){ bench->metrics, METRICS };
}

static void make_facts(struct bench *bench, int64_t accounts, int64_t days)
{
    for (size_t i = 0; i < BATCH; i++) {
        int64_t account = cn_rng_between(&bench->rng, 1, accounts);
        const char *name = bench->names[cn_rng_between(&bench->rng, 0, NAMES - 1)];
        int64_t day = TODAY - cn_rng_between(&bench->rng, 0, days - 1);
        bench->facts[i] = (struct cn_metric_fact){
            .account_id = account * 7919,
            .day = day,
            .at = { day * 86400000000 },
            .tie = (int64_t)cn_rng_next(&bench->rng),
            .name = { name, strlen(name) },
            .user = (uint64_t)(account * 100 + cn_rng_between(&bench->rng, 1, 20)) *
                    0x9e3779b97f4a7c15U,
        };
    }
}

static bool migrate(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_rollup_migrate(conn, (cn_time){ 0 }, err);
}

struct store {
    char dir[32];
    char url[64];
    struct cn_db *db;
    struct cn_rollup *rollup;
};

static void open_store(const struct bench *bench, struct store *store)
{
    struct cn_error err;
    size_t building = 0;
    *store = (struct store){ .dir = "/tmp/cairn-bench-XXXXXX" };
    if (mkdtemp(store->dir) == NULL) {
        perror(store->dir);
        exit(1); /* NOLINT(concurrency-mt-unsafe): nothing else runs */
    }
    (void)snprintf(store->url, sizeof(store->url), "sqlite:%s/rollup.db", store->dir);
    struct cn_db_options options = { .url = { store->url, strlen(store->url) } };
    must(cn_db_open(&options, &store->db, &err), &err);
    must(cn_db_write(store->db, migrate, NULL, &err), &err);
    must(cn_rollup_open(&(struct cn_rollup_options){ .db = store->db }, &store->rollup, &err),
         &err);
    must(cn_rollup_use(store->rollup, &bench->list, &building, &err), &err);
}

static void close_store(struct store *store)
{
    cn_rollup_close(store->rollup);
    cn_db_close(store->db);
    (void)unlink(store->url + strlen("sqlite:"));
    (void)rmdir(store->dir);
}

static void bench_rollup(struct bench *bench)
{
    struct store store;
    struct cn_rollup_stats stats;
    struct cn_error err;
    int64_t seq = 0;
    int64_t adding_us = 0;

    open_store(bench, &store);
    for (int round = 0; round < 5; round++) {
        adding_us = 0;
        for (int i = 0; i < 50; i++) {
            make_facts(bench, 10000, 1);
            int64_t since = cpu_us();
            seq += BATCH;
            cn_rollup_add(store.rollup, bench->facts, BATCH, (struct cn_rollup_position){ seq, 1 });
            adding_us += cpu_us() - since;
        }
        cn_rollup_stats(store.rollup, &stats);
        int64_t since = cpu_us();
        must(cn_rollup_flush(store.rollup, &err), &err);
        double flush_ns = elapsed_ns(since, 1);
        printf("flushed %zu rows and members in %.0f ms\n", stats.waiting_rows, flush_ns / 1e6);
        report("flush of 100,000 keys", flush_ns / 1e6 * 1e5 / (double)stats.waiting_rows, "ms",
               200);
    }
    report("rollup: adding one event", (double)adding_us * 1000 / (50 * BATCH), "ns", 250);
    int64_t rows = 0;
    int64_t since = cpu_us();
    must(cn_rollup_fold(store.rollup, TODAY + 1, &rows, &err), &err);
    printf("folded %lld rows in %.0f ms\n", (long long)rows, elapsed_ns(since, 1) / 1e6);
    close_store(&store);
}

static void bench_fill(const struct bench *bench, struct cn_series *series, const int64_t *accounts)
{
    static double values[10000];
    static bool missing[10000];
    static uint32_t rows[10000];
    for (uint32_t i = 0; i < 10000; i++) {
        rows[i] = i * 10;
    }
    static const enum cn_window_method methods[] = { CN_WINDOW_SUM, CN_WINDOW_CHANGE, CN_WINDOW_MAX,
                                                     CN_WINDOW_SLOPE };
    int64_t since = cpu_us();
    for (size_t i = 0; i < METRICS; i++) {
        bool is_distinct = bench->metrics[i].kind == CN_METRIC_DISTINCT;
        struct cn_series_fill fill = {
            .metric = i,
            .window = { .method = is_distinct ? CN_WINDOW_DISTINCT : methods[i % 4], .days = 28 },
            .when = { TODAY, TODAY },
            .accounts = accounts,
            .rows = rows,
            .count = 10000,
        };
        cn_series_fill(series, &fill, values, missing);
    }
    report("series: 10,000 accounts x 20 columns", elapsed_ns(since, 1) / 1e6, "ms", 50);
}

/* A clean stop and a start. */
static void bench_snapshot(const struct cn_series_options *options, struct cn_series *series)
{
    char path[] = "/tmp/cairn-bench-XXXXXX";
    struct cn_rollup_position position = { 1, 1 };
    struct cn_error err;
    int fd = mkstemp(path);
    if (fd < 0 || close(fd) != 0) {
        perror(path);
        exit(1); /* NOLINT(concurrency-mt-unsafe): nothing else runs */
    }
    int64_t since = cpu_us();
    cn_series_note(series, position);
    must(cn_series_save(series, path, &position, &err), &err);
    must(cn_series_keep(path, &err), &err);
    printf("saved 100,000 accounts in %.0f ms\n", elapsed_ns(since, 1) / 1e6);
    struct cn_series *again = cn_series_new(options);
    since = cpu_us();
    bool restored = cn_series_restore(again, path, position, &position);
    report(restored ? "series: start with 100,000 accounts" : "series: NOT restored",
           elapsed_ns(since, 1) / 1e6, "ms", 3000);
    cn_series_free(again);
    (void)unlink(path);
}

static void bench_series(struct bench *bench)
{
    struct cn_series_options options = {
        .metrics = &bench->list, .first_day = TODAY, .last_day = TODAY, .reach_days = REACH
    };
    struct cn_series *series = cn_series_new(&options);
    int64_t *accounts = cn_heap_resize(NULL, 100000 * sizeof(accounts[0]));
    struct cn_bitmap stale = { 0 };
    int64_t adding_us = 0;
    for (int64_t i = 0; i < 100000; i++) {
        accounts[i] = (i + 1) * 7919;
    }
    for (int i = 0; i < 20000; i++) {
        make_facts(bench, 100000, REACH);
        cn_series_add(series, bench->facts, BATCH);
    }
    for (int i = 0; i < 1000; i++) {
        make_facts(bench, 10000, 1);
        int64_t since = cpu_us();
        cn_series_add(series, bench->facts, BATCH);
        adding_us += cpu_us() - since;
    }
    report("series: adding one event", (double)adding_us / 1000, "ns", 250);
    report("series: 100,000 accounts x 20 metrics", (double)cn_series_bytes(series) / 1e6, "MB",
           1024);
    bench_fill(bench, series, accounts);
    bench_snapshot(&options, series);
    cn_bitmap_resize(&stale, 100000);
    int64_t since = cpu_us();
    cn_series_advance(series, TODAY + 1, accounts, &stale);
    report("series: midnight", elapsed_ns(since, 1) / 1e6, "ms", 100);
    cn_bitmap_deinit(&stale);
    free(accounts);
    cn_series_free(series);
}

/* Reads what a server has on disk after 90 days, all of it folded. */
static void bench_load(struct bench *bench)
{
    struct store store;
    struct cn_error err;
    int64_t rows = 0;
    int64_t seq = 0;
    open_store(bench, &store);
    for (int i = 0; i < 1500; i++) {
        make_facts(bench, 2000, 90);
        seq += BATCH;
        cn_rollup_add(store.rollup, bench->facts, BATCH, (struct cn_rollup_position){ seq, 1 });
    }
    must(cn_rollup_flush(store.rollup, &err), &err);
    must(cn_rollup_fold(store.rollup, TODAY - 1, &rows, &err), &err);
    struct cn_series_options options = {
        .metrics = &bench->list, .first_day = TODAY, .last_day = TODAY, .reach_days = REACH
    };
    struct cn_series *series = cn_series_new(&options);
    int64_t since = cpu_us();
    must(cn_series_load(series, store.rollup, NULL, 0, &err), &err);
    double load_ns = elapsed_ns(since, 1);
    printf("loaded 2,000 accounts, %.1f MB, in %.0f ms\n", (double)cn_series_bytes(series) / 1e6,
           load_ns / 1e6);
    cn_series_free(series);
    close_store(&store);
}

int main(void)
{
    static struct bench bench;
    cn_heap_tune();
    prepare(&bench);
    bench_rollup(&bench);
    bench_load(&bench);
    bench_series(&bench);
    return 0;
}
