/*
 * What the tests of metric/ share: a program's metrics, facts from a seed, databases in a temporary
 * folder.
 */
#ifndef CAIRN_TESTS_UNIT_METRIC_WORLD_H
#define CAIRN_TESTS_UNIT_METRIC_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"

#include "metric/rollup.h"
#include "sql/db.h"
#include "tests/unit/unit.h"

/* clang-format off */
static struct cn_metric world_metrics[] = {
    { .name = { "active_users", 12 }, .kind = CN_METRIC_DISTINCT, .member = CN_MEMBER_USER,
      .event = { "*", 1 } },
    { .name = { "biggest", 7 }, .kind = CN_METRIC_MAX, .event = { "Order", 5 },
      .property = { "amount", 6 } },
    { .name = { "events", 6 }, .kind = CN_METRIC_COUNT, .event = { "*", 1 } },
    { .name = { "features", 8 }, .kind = CN_METRIC_DISTINCT, .member = CN_MEMBER_NAME,
      .event = { "*", 1 } },
    { .name = { "logins", 6 }, .kind = CN_METRIC_COUNT, .event = { "Signed In", 9 } },
    { .name = { "plans", 5 }, .kind = CN_METRIC_DISTINCT, .member = CN_MEMBER_VALUE,
      .event = { "Order", 5 }, .property = { "plan", 4 } },
    { .name = { "revenue", 7 }, .kind = CN_METRIC_SUM, .event = { "Order", 5 },
      .property = { "amount", 6 } },
    { .name = { "seats_used", 10 }, .kind = CN_METRIC_LAST, .of_trait = true,
      .property = { "seats_used", 10 } },
    { .name = { "smallest", 8 }, .kind = CN_METRIC_MIN, .event = { "Order", 5 },
      .property = { "amount", 6 } },
};
/* clang-format on */

static const struct cn_metric_list world_list = { world_metrics, CN_ARRAY_LEN(world_metrics) };

enum {
    WORLD_ACCOUNTS = 12,
    WORLD_FIRST_DAY = 20000,
    WORLD_LAST_DAY = 20070,
};

#define WORLD_DAY_US INT64_C(86400000000)

struct world_fact {
    struct cn_metric_fact fact;
    char name[32];
    char payload[96];
};

static inline void make_world_fact(struct cn_rng *rng, int64_t last_day, struct world_fact *out)
{
    static const char *const names[] = { "Signed In", "Order", "Report Opened", "Exported" };
    int64_t account = cn_rng_between(rng, 1, WORLD_ACCOUNTS);
    int64_t from = WORLD_FIRST_DAY + account * 3;
    int64_t day = cn_rng_between(rng, from < last_day ? from : last_day, last_day);
    bool is_group = cn_rng_between(rng, 0, 19) == 0;
    int64_t choice = cn_rng_between(rng, 0, 5);
    *out = (struct world_fact){ 0 };
    if (choice < 4) {
        snprintf(out->name, sizeof(out->name), "%s", names[choice]);
    } else {
        snprintf(out->name, sizeof(out->name), "Feature %d", (int)cn_rng_between(rng, 1, 12));
    }
    if (is_group) {
        out->name[0] = '\0';
        snprintf(out->payload, sizeof(out->payload), "{\"seats_used\":%d}",
                 (int)cn_rng_between(rng, 1, 99));
    } else {
        snprintf(out->payload, sizeof(out->payload), "{\"amount\":%d.%02d,\"plan\":\"p%d\"}",
                 (int)cn_rng_between(rng, -50, 900), (int)cn_rng_between(rng, 0, 99),
                 (int)cn_rng_between(rng, 1, 5));
    }
    out->fact = (struct cn_metric_fact){
        .account_id = account,
        .day = day,
        /* Few moments, so that some facts share one. */
        .at = { day * WORLD_DAY_US + cn_rng_between(rng, 0, 9) * 1000000 },
        .tie = (int64_t)cn_rng_next(rng),
        .kind = is_group ? CN_FACT_TRAITS : CN_FACT_EVENT,
        .user = (uint64_t)cn_rng_between(rng, 0, 9),
    };
}

struct world {
    struct world_fact *items;
    struct cn_metric_fact *facts; /* in the order of arrival */
    size_t count;
};

static inline void point_facts(struct world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        struct world_fact *item = &world->items[i];
        item->fact.name = (cn_str){ item->name, strlen(item->name) };
        item->fact.payload = (cn_str){ item->payload, strlen(item->payload) };
        world->facts[i] = item->fact;
    }
}

static inline void world_init(struct world *world, uint64_t seed, size_t count, int64_t last_day)
{
    struct cn_rng rng = { seed };
    world->items = cn_heap_resize(NULL, count * sizeof(world->items[0]));
    world->facts = cn_heap_resize(NULL, count * sizeof(world->facts[0]));
    world->count = count;
    for (size_t i = 0; i < count; i++) {
        make_world_fact(&rng, last_day, &world->items[i]);
    }
    point_facts(world);
}

static inline void world_shuffle(struct world *world, struct cn_rng *rng)
{
    for (size_t i = world->count; i > 1; i--) {
        size_t j = (size_t)cn_rng_between(rng, 0, (int64_t)i - 1);
        struct cn_metric_fact fact = world->facts[i - 1];
        world->facts[i - 1] = world->facts[j];
        world->facts[j] = fact;
    }
}

static inline void world_deinit(struct world *world)
{
    free(world->items);
    free(world->facts);
}

/* A rollup in a file of its own. */
struct store {
    char dir[64];
    char url[256];
    struct cn_db *db;
    struct cn_rollup *rollup;
};

#define must(call, err)                     \
    do {                                    \
        if (!(call)) {                      \
            fail_msg("%s", (err)->message); \
        }                                   \
    } while (0)

static inline bool migrate_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_rollup_migrate(conn, (cn_time){ 0 }, err);
}

/* Without a program. */
static inline void store_reopen_bare(struct store *store)
{
    struct cn_error err;
    struct cn_db_options options = { .url = { store->url, strlen(store->url) }, .readers = 2 };
    must(cn_db_open(&options, &store->db, &err), &err);
    must(cn_db_write(store->db, migrate_work, NULL, &err), &err);
    struct cn_rollup_options rollup_options = { .db = store->db,
                                                .names_max = 16,
                                                .members_max = 100 };
    must(cn_rollup_open(&rollup_options, &store->rollup, &err), &err);
}

static inline void store_use(struct store *store)
{
    struct cn_error err;
    size_t building = 0;
    must(cn_rollup_use(store->rollup, &world_list, &building, &err), &err);
    assert_int_equal(building, 0);
}

static inline void store_reopen(struct store *store)
{
    store_reopen_bare(store);
    store_use(store);
}

static inline void store_open_bare(struct store *store)
{
    temp_path(store->dir, sizeof(store->dir), "metric");
    assert_non_null(mkdtemp(store->dir));
    snprintf(store->url, sizeof(store->url), "sqlite:%s/rollup.db", store->dir);
    store_reopen_bare(store);
}

static inline void store_open(struct store *store)
{
    store_open_bare(store);
    store_use(store);
}

static inline void store_close(struct store *store)
{
    cn_rollup_close(store->rollup);
    cn_db_close(store->db);
    store->rollup = NULL;
    store->db = NULL;
}

static inline void store_remove(struct store *store)
{
    static const char *const files[] = { "rollup.db", "rollup.db-wal", "rollup.db-shm" };
    char path[128];
    store_close(store);
    for (size_t i = 0; i < CN_ARRAY_LEN(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", store->dir, files[i]);
        (void)unlink(path); /* there may be none */
    }
    assert_int_equal(rmdir(store->dir), 0);
}

static inline void assert_equal_rows(struct store *a, struct store *b)
{
    struct cn_rollup_difference difference;
    struct cn_error err;
    must(cn_rollup_compare(a->rollup, b->rollup, &difference, &err), &err);
    if (difference.differing != 0) {
        fail_msg("%lld differ; %s", (long long)difference.differing, difference.first);
    }
    assert_true(difference.rows > 0);
    assert_true(difference.members > 0);
}

#endif
