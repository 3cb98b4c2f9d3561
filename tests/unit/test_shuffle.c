/*
 * The second promise of replay: as true, metrics and points are equal for every order of arrival.
 * The same events and records go through a whole engine in several orders.  CAIRN_SEEDS is how many
 * orders are tried (3).
 */
#include "engine/backfill.h"
#include "engine/lists.h"
#include "health/history.h"
#include "metric/query.h"
#include "tests/unit/spine_world.h"

enum {
    SEEDS = 3,
    EVENTS = 400,
    PARTS = 24, /* of records */
    CHART_DAYS = 60,
    PAST_DAYS = 25,
    DIGEST_MAX_BYTES = 4 * 1024 * 1024
};

static int64_t seeds(void)
{
    const char *text = getenv("CAIRN_SEEDS"); /* NOLINT(concurrency-mt-unsafe): one thread */
    return text != NULL ? strtol(text, NULL, 10) : SEEDS;
}

static void shuffle(struct cn_rng *rng, size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)pick(rng, (int64_t)i);
        size_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

/* The same events whatever their order is. */
static void send_all(struct spine *spine, struct cn_rng *rng)
{
    size_t order[EVENTS];
    struct cn_buf body;
    cn_buf_init(&body, BODY_MAX_BYTES);
    shuffle(rng, order, EVENTS);
    for (size_t next = 0; next < EVENTS;) {
        size_t count = (size_t)cn_rng_between(rng, 1, 30);
        cn_buf_clear(&body);
        cn_buf_printf(&body, "{\"batch\":[");
        for (size_t i = 0; i < count && next < EVENTS; i++) {
            struct cn_rng one = { 1000 + order[next] };
            cn_buf_printf(&body, "%s", i > 0 ? "," : "");
            world_event(&one, (int64_t)order[next++], SPINE_NOW, &body);
        }
        cn_buf_printf(&body, "]}");
        cn_buf_add(&body, "", 1);
        append_body(spine, cn_buf_str(&body).ptr);
        if (pick(rng, 6) == 0) {
            settle(spine);
        }
    }
    cn_buf_deinit(&body);
    settle(spine);
}

struct part {
    struct spine *spine;
    size_t number;
};

/* Records that do not depend on one another. */
static bool write_part(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    static const int64_t hour_us = (int64_t)3600 * 1000000;
    const struct part *part = arg;
    struct spine *spine = part->spine;
    struct cn_rng rng = { 5000 + part->number };
    struct cn_account account;
    struct cn_account parent;
    struct cn_contract contract;
    struct cn_ticket ticket;
    struct cn_person person;
    struct cn_unit unit = { .conn = conn,
                            .arena = &spine->arena,
                            .ids = &spine->ids,
                            .scope = CN_SCOPE_ALL,
                            .now = cn_now(&spine->clock) };
    int64_t today = cn_tz_day(spine->tz, unit.now);
    if (!cn_account_load_external(&unit, world_text(spine, "g", (int64_t)part->number / 4),
                                  &account, err) ||
        !cn_account_load_external(&unit, CN_STR("g8"), &parent, err)) {
        return false;
    }
    switch (part->number % 4) {
    case 0: {
        struct cn_contract_new deal = { .name = CN_STR("Deal"),
                                        .arr = { cn_rng_between(&rng, 1, 90) * 99901, "USD" },
                                        .starts_on = today - cn_rng_between(&rng, 5, 100),
                                        .ends_on = today + cn_rng_between(&rng, 5, 100),
                                        .seats = 12,
                                        .seats_given = CN_GIVEN,
                                        .status = CN_CONTRACT_ACTIVE };
        return cn_contract_create(&unit, account.id, &deal, &contract, err);
    }
    case 1: {
        struct cn_ticket_new help = { .subject = CN_STR("Help"),
                                      .priority = CN_TICKET_CRITICAL,
                                      .status = CN_TICKET_SOLVED,
                                      .opened_at.us =
                                          unit.now.us - cn_rng_between(&rng, 50, 400) * hour_us };
        help.solved_at.us = help.opened_at.us + cn_rng_between(&rng, 1, 48) * hour_us;
        return cn_ticket_create(&unit, account.id, &help, &ticket, err);
    }
    case 2: {
        struct cn_person_role role = { .role = CN_PERSON_CHAMPION,
                                       .from.us =
                                           unit.now.us - cn_rng_between(&rng, 100, 500) * hour_us,
                                       .to.us = unit.now.us - cn_rng_between(&rng, 1, 90) * hour_us,
                                       .to_given = CN_GIVEN };
        struct cn_person_new ada = { .name = CN_STR("Ada"), .roles = { &role, 1 } };
        return cn_person_create(&unit, account.id, &ada, &person, err);
    }
    default: {
        struct cn_account_patch patch = { .parent_id = parent.id, .parent_id_given = CN_GIVEN };
        return cn_account_update(&unit, account.id, 0, &patch, &account, err);
    }
    }
}

static void write_all(struct spine *spine, struct cn_rng *rng)
{
    size_t order[PARTS];
    struct cn_error err;
    shuffle(rng, order, PARTS);
    for (size_t i = 0; i < PARTS; i++) {
        struct part part = { spine, order[i] };
        if (!cn_db_write(spine->db, write_part, &part, &err)) {
            fail_msg("%s", err.message);
        }
    }
    settle(spine);
}

/* ---- all that must be equal, as text ---- */

static void add_charts(struct spine *spine, int64_t account_id, struct cn_buf *out)
{
    struct cn_error err;
    struct cn_chart_list charts;
    int64_t today = cn_tz_day(spine->tz, SPINE_NOW);
    assert_true(cn_metric_charts(spine->rollup, cn_engine_metrics(spine->engine), account_id,
                                 today - CHART_DAYS, today, &spine->arena, &charts, &err));
    for (size_t i = 0; i < charts.count; i++) {
        cn_buf_printf(out, " %.*s", CN_STR_ARG(charts.items[i].metric->name));
        for (size_t j = 0; j < charts.items[i].count; j++) {
            const struct cn_chart_day *day = &charts.items[i].days[j];
            cn_buf_printf(out, day->is_missing ? " -" : " %.17g", day->value);
        }
        cn_buf_printf(out, "\n");
    }
}

static void add_history(struct spine *spine, int64_t account_id, struct cn_buf *out)
{
    struct cn_error err;
    struct cn_sql_conn *conn = NULL;
    struct cn_health_row_list list;
    struct cn_health_range range = { account_id, { 0 }, SPINE_NOW, 1000 };
    assert_true(cn_db_read(spine->db, &conn, &err));
    assert_true(cn_health_history_load(conn, &range, &spine->arena, &list, &err));
    cn_db_release(spine->db, conn);
    for (size_t i = 0; i < list.count; i++) {
        const struct cn_health_row *row = &list.items[i];
        assert_true(row->is_backfilled);
        cn_buf_printf(out, " %lld: %d %d band %d grey %d confidence %d fired %llx %.*s %.*s\n",
                      (long long)row->at.us, row->score.has_points, row->score.points,
                      (int)row->score.band, row->score.is_grey, row->score.confidence,
                      (unsigned long long)row->score.fired, CN_STR_ARG(row->scorecard),
                      CN_STR_ARG(row->because));
    }
}

static cn_str digest(struct spine *spine)
{
    struct cn_error err;
    struct cn_account_list accounts;
    struct cn_buf out;
    cn_buf_init(&out, DIGEST_MAX_BYTES);
    assert_true(cn_rollup_flush(spine->rollup, &err));
    for (int64_t i = 0; i < WORLD_ACCOUNTS; i++) {
        struct cn_unit unit = { .arena = &spine->arena, .scope = CN_SCOPE_ALL };
        struct cn_account_filter filter = { .sort = CN_SORT_NAME, .limit = 50 };
        cn_str key = world_text(spine, "g", i);
        assert_true(cn_engine_list(spine->engine, &unit, &filter, &accounts, &err));
        assert_int_equal(accounts.total, WORLD_ACCOUNTS);
        for (size_t j = 0; j < accounts.count; j++) {
            const struct cn_account *account = &accounts.items[j];
            if (cn_str_equal(account->external_id, key)) {
                cn_buf_printf(&out, "%.*s: now %lld, confidence %lld\n", CN_STR_ARG(key),
                              (long long)account->derived.points,
                              (long long)account->derived.confidence);
                add_charts(spine, account->id.value, &out);
                add_history(spine, account->id.value, &out);
            }
        }
    }
    return cn_buf_str(&out);
}

/* The text is the caller's to free. */
static cn_str run_order(uint64_t seed, const char *schema)
{
    const struct cn_program_file files[] = { world_metrics, world_scorecards };
    struct spine spine;
    struct cn_error err;
    struct cn_rng rng = { seed };
    spine_init(&spine, schema);
    open_stores(&spine);
    use_program(&spine, files, CN_ARRAY_LEN(files));
    close_stores(&spine);
    start(&spine);
    send_all(&spine, &rng);
    write_all(&spine, &rng);
    /* Ranks are of the last night, and of what had arrived when they were taken: take them anew. */
    stop(&spine);
    start(&spine);
    settle(&spine);
    int64_t today = cn_tz_day(spine.tz, SPINE_NOW);
    struct cn_backfill past = { .first_day = today - PAST_DAYS, .last_day = today - 1 };
    if (!cn_engine_backfill(spine.engine, &past, &err)) {
        fail_msg("%s", err.message);
    }
    settle(&spine);
    cn_str text = digest(&spine);
    stop(&spine);
    assert_int_equal(spine_deinit(&spine), 0);
    return text;
}

/* The first line in which they differ. */
static void assert_same(cn_str want, cn_str got, uint64_t seed)
{
    size_t line = 0;
    for (size_t i = 0; i < want.len && i < got.len; i++) {
        line = i > 0 && want.ptr[i - 1] == '\n' ? i : line;
        if (want.ptr[i] != got.ptr[i]) {
            fail_msg("order %llu differs:\n%.*s\n%.*s", (unsigned long long)seed,
                     (int)strcspn(want.ptr + line, "\n"), want.ptr + line,
                     (int)strcspn(got.ptr + line, "\n"), got.ptr + line);
        }
    }
    assert_int_equal(want.len, got.len);
}

static void try_orders(const char *schema)
{
    cn_str want = run_order(1, NULL);
    assert_true(want.len > 10000);
    for (int64_t seed = schema == NULL ? 2 : 1; seed <= seeds(); seed++) {
        cn_str got = run_order((uint64_t)seed, schema);
        assert_same(want, got, (uint64_t)seed);
        free((char *)(uintptr_t)got.ptr);
    }
    free((char *)(uintptr_t)want.ptr);
}

static void every_order_of_arrival_gives_the_same(void **state)
{
    (void)state;
    try_orders(NULL);
}

static void postgresql_gives_the_same(void **state)
{
    (void)state;
    if (spine_server() == NULL) {
        skip();
    }
    try_orders("shuffle_test");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("every order of arrival gives equal metrics and points as true",
                every_order_of_arrival_gives_the_same),
        CN_TEST("every order of arrival on PostgreSQL gives what SQLite gives, as true",
                postgresql_gives_the_same),
    };
    return cmocka_run_group_tests_name("shuffle", tests, NULL, NULL);
}
