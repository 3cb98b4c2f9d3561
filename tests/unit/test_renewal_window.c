/*
 * The renewal window and the gaps of the program that ships, by calendar, in a whole engine under a
 * clock that the test moves; on SQLite and on PostgreSQL.
 */
#include "engine/boards.h"
#include "tests/unit/spine_world.h"

#define DAY_US ((int64_t)DAY_S * 1000000)

enum {
    ACCOUNTS = 5,
    WAIT_MS = 20000
};

/* All end on 1 July 2027; notice_on: 0: nobody said. */
struct customer {
    const char *name;
    int64_t arr_minor;
    int64_t notice_on;
    cn_account_id id;
};

struct world {
    struct spine spine;
    struct customer customers[ACCOUNTS];
};

static int64_t day_of(const char *text)
{
    int64_t day = 0;
    assert_true(cn_date_parse(cn_str_of(text), &day));
    return day;
}

static bool write_customers(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct world *w = arg;
    const struct cn_unit unit = { .conn = conn,
                                  .arena = &w->spine.arena,
                                  .ids = &w->spine.ids,
                                  .scope = CN_SCOPE_ALL,
                                  .now = cn_now(&w->spine.clock) };
    for (size_t i = 0; i < ACCOUNTS; i++) {
        struct customer *customer = &w->customers[i];
        const struct cn_account_new new_account = { .name = cn_str_of(customer->name),
                                                    .external_id = cn_str_of(customer->name),
                                                    .stage = CN_STAGE_ADOPTION };
        const struct cn_contract_new contract = {
            .name = CN_STR("Plan"),
            .arr = { customer->arr_minor, "USD" },
            .starts_on = day_of("2026-07-02"),
            .ends_on = day_of("2027-07-01"),
            .notice_on = customer->notice_on,
            .notice_on_given = customer->notice_on != 0 ? CN_GIVEN : CN_NULL,
            .status = CN_CONTRACT_ACTIVE,
        };
        struct cn_account account;
        struct cn_contract out;
        if (!cn_account_upsert(&unit, &new_account, &account, NULL, err) ||
            !cn_contract_create(&unit, account.id, &contract, &out, err)) {
            return false;
        }
        customer->id = account.id;
    }
    return true;
}

static void begin(struct world *w, const char *schema)
{
    struct cn_program_files files;
    struct cn_error err;
    *w = (struct world){ .customers = { { "high", 10000000, 0, { 0 } },
                                        { "mid", 2000000, 0, { 0 } },
                                        { "low", 500000, 0, { 0 } },
                                        { "tech", 100000, 0, { 0 } },
                                        { "notice", 100000, day_of("2027-02-01"), { 0 } } } };
    spine_init(&w->spine, schema);
    w->spine.tick_us = 20000;
    w->spine.round_us = 1000;
    open_stores(&w->spine);
    cn_program_shipped(&w->spine.arena, &files);
    use_program(&w->spine, files.items, files.count);
    close_stores(&w->spine);
    start(&w->spine);
    if (!cn_db_write(w->spine.db, write_customers, w, &err)) {
        fail_msg("%s", err.message);
    }
    settle(&w->spine);
}

static bool is_open(struct world *w, size_t customer)
{
    struct cn_arena arena;
    struct cn_standing standing;
    bool open = false;
    cn_arena_init(&arena, 4096);
    cn_engine_standings(w->spine.engine, &w->customers[customer].id, 1, &arena, &standing);
    for (size_t i = 0; i < standing.flag_count; i++) {
        open |= cn_str_equal(standing.flags[i], CN_STR("renewal-window"));
    }
    cn_arena_deinit(&arena);
    return open;
}

/* At noon of that day, and within a tick, exactly those customers' windows are open. */
static void opens(struct world *w, const char *date, unsigned wanted)
{
    int64_t noon_us = cn_tz_day_start(w->spine.tz, day_of(date)).us + DAY_US / 2;
    unsigned found = ~wanted;
    atomic_store(&w->spine.clock.fixed_us, noon_us);
    settle(&w->spine);
    for (int ms = 0; ms < WAIT_MS && found != wanted; ms += 5) {
        found = 0;
        for (size_t i = 0; i < ACCOUNTS; i++) {
            found |= (unsigned)is_open(w, i) << i;
        }
        (void)usleep(found == wanted ? 0 : 5000);
    }
    if (found != wanted) {
        fail_msg("on %s windows %02x are open instead of %02x", date, found, wanted);
    }
}

static void window(struct world *w)
{
    enum {
        HIGH = 1,
        MID = 2,
        LOW = 4,
        TECH = 8,
        NOTICE = 16
    };
    opens(w, "2027-01-01", 0);
    opens(w, "2027-01-02", NOTICE); /* 30 days before the last day to give notice */
    opens(w, "2027-03-02", NOTICE);
    opens(w, "2027-03-03", NOTICE | HIGH | MID);
    opens(w, "2027-04-01", NOTICE | HIGH | MID);
    opens(w, "2027-04-02", NOTICE | HIGH | MID | LOW);
    opens(w, "2027-05-01", NOTICE | HIGH | MID | LOW);
    opens(w, "2027-05-02", NOTICE | HIGH | MID | LOW | TECH);
    opens(w, "2027-07-01", NOTICE | HIGH | MID | LOW | TECH);
    opens(w, "2027-07-02", 0); /* overdue is no window */
}

static void both(void (*test)(struct world *w))
{
    struct world w;
    begin(&w, NULL);
    test(&w);
    stop(&w.spine);
    assert_int_equal(spine_deinit(&w.spine), 0);
    if (spine_server() != NULL) {
        begin(&w, "renewal_window_test");
        test(&w);
        stop(&w.spine);
        assert_int_equal(spine_deinit(&w.spine), 0);
    }
}

static void test_window(void **state)
{
    (void)state;
    both(window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST(
            "003-06 due on 1 July, the window opens on 3 March, for low touch on 2 April, for all "
            "by 2 May, and 30 days before notice",
            test_window),
    };
    return cmocka_run_group_tests_name("renewal_window", tests, NULL, NULL);
}
