/*
 * The signals that ship, at their edges, in a whole engine under a clock that the test moves; on
 * SQLite and on PostgreSQL.
 */
#include "tests/unit/spine_signals.h"

enum {
    BODY_MAX = 4 * 1024 * 1024
};

/* The score is what a trait says, so that a test can set it. */
static const struct cn_program_file score_of_a_trait = {
    WORLD_TEXT("scorecards/test.yaml"),
    WORLD_TEXT("scorecard: test\n"
               "groups:\n"
               "  - name: all\n"
               "    weight: 100\n"
               "    measures:\n"
               "      - {name: points, weight: 100, score: trait.points.number()}\n"
               "bands: {yellow: 50, green: 75, margin: 3}\n")
};

static struct cn_program_file shipped(struct world *w, const char *name)
{
    struct cn_program_files files;
    cn_program_shipped(&w->spine.arena, &files);
    for (size_t i = 0; i < files.count; i++) {
        if (cn_str_equal(files.items[i].name, cn_str_of(name))) {
            return files.items[i];
        }
    }
    fail_msg("%s does not ship", name);
    return (struct cn_program_file){ 0 };
}

/* With the metrics and signals that ship. */
static void begin(struct world *w, const char *schema)
{
    prepare_world(w, schema);
    w->spine.round_us = 1000; /* nobody floods it */
    open_stores(&w->spine);
    const struct cn_program_file files[] = { shipped(w, "metrics.yaml"), score_of_a_trait,
                                             shipped(w, "signals.yaml") };
    use_program(&w->spine, files, CN_ARRAY_LEN(files));
    close_stores(&w->spine);
    start(&w->spine);
}

/* ---- events ---- */

struct body {
    struct world *world;
    struct cn_buf text;
};

static struct body body_of(struct world *w)
{
    struct body body = { .world = w };
    cn_buf_init(&body.text, BODY_MAX);
    cn_buf_printf(&body.text, "{\"batch\":[");
    return body;
}

static void add(struct body *body, int64_t ago_us, const char *rest)
{
    char at[CN_TIME_TEXT_BYTES];
    cn_time now = cn_now(&body->world->spine.clock);
    cn_time_format((cn_time){ now.us - ago_us }, at);
    cn_buf_printf(&body->text, "%s{\"messageId\":\"m%lld\",\"timestamp\":\"%s\",%s}",
                  cn_buf_str(&body->text).len > 10 ? "," : "", (long long)body->world->messages++,
                  at, rest);
}

/* Events of users u0, u1, ... of the account, one each. */
static void add_users(struct body *body, const char *account, int users, int64_t ago_us)
{
    char rest[200];
    for (int i = 0; i < users; i++) {
        (void)snprintf(rest, sizeof(rest),
                       "\"type\":\"track\",\"event\":\"Feature %d\",\"userId\":\"%s-u%d\","
                       "\"context\":{\"groupId\":\"%s\"}",
                       i % 9, account, i, account);
        add(body, ago_us, rest);
    }
}

static void send(struct body *body)
{
    cn_buf_printf(&body->text, "]}");
    cn_buf_add(&body->text, "", 1);
    send_body(&body->world->spine, cn_buf_str(&body->text).ptr);
    cn_buf_deinit(&body->text);
}

/* JSON. */
static void set_trait_to(struct world *w, const char *account, const char *trait, const char *value)
{
    struct body body = body_of(w);
    char rest[200];
    (void)snprintf(rest, sizeof(rest),
                   "\"type\":\"group\",\"userId\":\"%s-u0\",\"groupId\":\"%s\","
                   "\"traits\":{\"%s\":%s}",
                   account, account, trait, value);
    go_on(w, SECOND_US); /* each is newer than the one before */
    add(&body, 0, rest);
    send(&body);
}

static void set_likelihood(struct world *w, const char *account, const char *value)
{
    set_trait_to(w, account, "renewal_likelihood", value);
}

static void set_trait(struct world *w, const char *account, const char *trait, int value)
{
    char text[20];
    (void)snprintf(text, sizeof(text), "%d", value);
    set_trait_to(w, account, trait, text);
}

/* ---- records ---- */

struct change {
    struct world *world;
    const char *account;
    int64_t arr_minor; /* -1: stays */
    int64_t seats;     /* a contract with them, and its end */
    int64_t ends_in_days;
    int tickets; /* to open */
    enum cn_ticket_priority priority;
    int64_t opened_us;
    const char *hold;     /* its kind */
    const char *champion; /* "comes" or "leaves" */
};

static bool change_contracts(const struct cn_unit *unit, const struct change *change,
                             const struct cn_account *account, struct cn_error *err)
{
    struct cn_contract out;
    struct cn_contract_new contract = {
        .name = CN_STR("Plan"),
        .external_id = CN_STR("c"),
        .arr = { change->arr_minor, "USD" },
        .starts_on = cn_unit_day(unit) - 270,
        .ends_on = cn_unit_day(unit) + change->ends_in_days,
        .seats = change->seats,
        .seats_given = CN_GIVEN,
        .status = CN_CONTRACT_ACTIVE,
    };
    return cn_contract_create(unit, account->id, &contract, &out, err);
}

static bool change_people(const struct cn_unit *unit, const struct change *change,
                          const struct cn_account *account, struct cn_error *err)
{
    struct cn_person out;
    struct cn_person_list people;
    struct cn_person_role role = { .role = CN_PERSON_CHAMPION,
                                   .from = { unit->now.us - DAY_US },
                                   .to_given = CN_NULL };
    if (strcmp(change->champion, "comes") == 0) {
        const struct cn_person_new person = { .name = CN_STR("Chris"), .roles = { &role, 1 } };
        return cn_person_create(unit, account->id, &person, &out, err);
    }
    const struct cn_person_patch gone = { .left_at = unit->now, .left_at_given = CN_GIVEN };
    return cn_person_list(unit, account->id, &people, err) &&
           cn_person_update(unit, account->id, people.items[0].id, 0, &gone, &out, err);
}

static bool change_tickets(const struct cn_unit *unit, const struct change *change,
                           const struct cn_account *account, struct cn_error *err)
{
    struct cn_ticket out;
    const struct cn_ticket_new ticket = { .subject = CN_STR("Help"),
                                          .priority = change->priority,
                                          .status = CN_TICKET_OPEN,
                                          .opened_at = { change->opened_us } };
    for (int i = 0; i < change->tickets; i++) {
        if (!cn_ticket_create(unit, account->id, &ticket, &out, err)) {
            return false;
        }
    }
    return true;
}

static bool write_change(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct change *change = arg;
    const struct cn_unit unit = world_unit(change->world, conn);
    struct cn_account account;
    struct cn_hold hold;
    const struct cn_account_patch patch = { .arr = { change->arr_minor, "USD" },
                                            .arr_given = CN_GIVEN };
    const struct cn_hold_new new_hold = { .kind = cn_str_of(change->hold),
                                          .reason = CN_STR("later"),
                                          .until = { unit.now.us + 180 * DAY_US } };
    if (!load_account(&unit, change->account, &account, err)) {
        return false;
    }
    if (change->seats > 0) {
        if (!change_contracts(&unit, change, &account, err)) {
            return false;
        }
    } else if (change->arr_minor > 0 &&
               !cn_account_update(&unit, account.id, 0, &patch, &account, err)) {
        return false;
    }
    return change_tickets(&unit, change, &account, err) &&
           (change->hold == NULL || cn_hold_create(&unit, account.id, &new_hold, &hold, err)) &&
           (change->champion == NULL || change_people(&unit, change, &account, err));
}

static void apply_change(struct change change)
{
    write_and_settle(change.world, write_change, &change);
}

/* ---- signals ---- */

static struct standing of_rule(struct world *w, const char *account, const char *rule)
{
    return standing_of(w, (struct which){ rule, account, "" });
}

static struct standing wait_for(struct world *w, const char *account, const char *rule,
                                enum cn_signal_state state)
{
    return wait_for_state(w, (struct which){ rule, account, "" }, state);
}

static void is_not_there(struct world *w, const char *account, const char *rule)
{
    assert_false(of_rule(w, account, rule).is_there);
}

/* ---- the tests ---- */

static void t1(struct world *w)
{
    set_trait(w, "t1", "points", 50);
    is_not_there(w, "t1", "health-red");
    set_trait(w, "t1", "points", 49);
    assert_int_equal(wait_for(w, "t1", "health-red", CN_SIGNAL_RAISED).raised, 1);
    set_trait(w, "t1", "points", 50);
    set_trait(w, "t1", "points", 49);
    set_trait(w, "t1", "points", 52);
    assert_int_equal(of_rule(w, "t1", "health-red").state, CN_SIGNAL_RAISED);
    set_trait(w, "t1", "points", 54);
    (void)wait_for(w, "t1", "health-red", CN_SIGNAL_CLEAR);
    set_trait(w, "t1", "points", 40);
    assert_int_equal(wait_for(w, "t1", "health-red", CN_SIGNAL_RAISED).raised, 1);
    set_trait(w, "t1", "points", 80);
    (void)wait_for(w, "t1", "health-red", CN_SIGNAL_CLEAR);
    go_on(w, 7 * DAY_US);
    set_trait(w, "t1", "points", 30);
    assert_int_equal(wait_for(w, "t1", "health-red", CN_SIGNAL_RAISED).raised, 2);
    /* Red when it was first asked: so it was already. */
    set_trait(w, "t1-red", "points", 10);
    assert_int_equal(wait_for(w, "t1-red", "health-red", CN_SIGNAL_BASELINE).raised, 0);
}

/* So many users each day of the last 28, and so many of the 28 before; watched since 60 days. */
static void add_usage(struct body *body, const char *account, int before, int after)
{
    add_users(body, account, 1, 60 * DAY_US);
    for (int64_t day = 1; day <= 56; day++) {
        add_users(body, account, day > 28 ? before : after, day * DAY_US);
    }
}

static void t2(struct world *w)
{
    apply_change((struct change){ .world = w, .account = "falls", .arr_minor = 500000 });
    apply_change((struct change){ .world = w, .account = "sags", .arr_minor = 900000 });
    struct body body = body_of(w);
    add_usage(&body, "falls", 25, 21); /* 16 % */
    add_usage(&body, "sags", 20, 17);  /* 15 % */
    send(&body);
    is_not_there(w, "falls", "value-at-risk");
    apply_change((struct change){ .world = w, .account = "falls", .arr_minor = 500001 });
    (void)wait_for(w, "falls", "value-at-risk", CN_SIGNAL_RAISED);
    is_not_there(w, "sags", "value-at-risk");
}

static void t3(struct world *w)
{
    static const char *const names[] = { "s0", "s1", "s2", "s3", "s4", "s5",
                                         "s6", "s7", "s8", "s9", "s10" };
    struct body body = body_of(w);
    for (int i = 0; i < 11; i++) {
        add_users(&body, names[i], 5 * i + 1, 2 * DAY_US);
    }
    send(&body);
    for (int i = 5; i < 11; i++) {
        apply_change((struct change){ .world = w,
                                      .account = names[i],
                                      .arr_minor = 100000,
                                      .seats = 100,
                                      .ends_in_days = 200,
                                      .hold = i == 9 ? "expansion" : NULL });
        set_trait(w, names[i], "seats_used", 84);
    }
    go_on(w, DAY_US); /* ranks are of the last complete day */
    settle(&w->spine);
    for (int i = 5; i < 11; i++) {
        set_trait(w, names[i], "seats_used", 84);
    }
    for (int i = 5; i < 11; i++) {
        is_not_there(w, names[i], "expansion");
        set_trait(w, names[i], "seats_used", 85);
    }
    (void)wait_for(w, "s10", "expansion", CN_SIGNAL_RAISED);
    (void)wait_for(w, "s8", "expansion", CN_SIGNAL_RAISED);
    assert_int_equal(wait_for(w, "s9", "expansion", CN_SIGNAL_HELD).raised, 0);
    is_not_there(w, "s5", "expansion");
    /* Month 5, and a day after month 6. */
    go_on(w, 150 * DAY_US);
    set_trait(w, "s9", "seats_used", 85);
    assert_int_equal(of_rule(w, "s9", "expansion").raised, 0);
    go_on(w, 30 * DAY_US); /* and one more below */
    struct body again = body_of(w);
    for (int i = 0; i < 11; i++) {
        add_users(&again, names[i], 5 * i + 1, 2 * DAY_US);
    }
    send(&again);
    go_on(w, DAY_US);
    settle(&w->spine);
    set_trait(w, "s9", "seats_used", 85);
    assert_int_equal(wait_for(w, "s9", "expansion", CN_SIGNAL_RAISED).raised, 1);
}

static void t4(struct world *w)
{
    int64_t now_us = cn_now(&w->spine.clock).us;
    /* Tech-touch: they pay little, and are asked about all the same. */
    apply_change((struct change){ .world = w, .account = "waits", .arr_minor = 10000 });
    apply_change((struct change){ .world = w, .account = "waits-longer", .arr_minor = 10000 });
    apply_change((struct change){ .world = w,
                                  .account = "waits",
                                  .tickets = 1,
                                  .priority = CN_TICKET_CRITICAL,
                                  .opened_us = now_us });
    apply_change((struct change){ .world = w,
                                  .account = "waits-longer",
                                  .tickets = 1,
                                  .priority = CN_TICKET_CRITICAL,
                                  .opened_us = now_us - 2 * SECOND_US });
    go_on(w, 48 * HOUR_US - SECOND_US); /* 47:59:59, and 48:00:01 */
    (void)wait_for(w, "waits-longer", "critical-ticket", CN_SIGNAL_RAISED);
    is_not_there(w, "waits", "critical-ticket");
    restart(w); /* the first round is at this moment too, not after the clock went on */
    is_not_there(w, "waits", "critical-ticket");
    go_on(w, SECOND_US); /* 48:00:00 */
    struct standing standing = wait_for(w, "waits", "critical-ticket", CN_SIGNAL_RAISED);
    assert_int_equal(standing.raised, 1);
    assert_int_equal(standing.raised_us, now_us + 48 * HOUR_US);
    /* A clock that is set back, a restart, the clock again: still the same signal. */
    go_on(w, -HOUR_US);
    (void)wait_for(w, "waits", "critical-ticket", CN_SIGNAL_CLEAR);
    stop(&w->spine);
    start(&w->spine);
    go_on(w, HOUR_US);
    assert_int_equal(wait_for(w, "waits", "critical-ticket", CN_SIGNAL_RAISED).raised, 1);
}

static void t5(struct world *w)
{
    static const struct {
        const char *account;
        int points;
    } accounts[] = { { "ends-yellow", 60 },
                     { "ends-green", 90 },
                     { "ends-red", 20 },
                     { "ends-sure", 90 },
                     { "ends-unsure", 90 } };
    set_likelihood(w, "ends-sure", "0.9");
    set_likelihood(w, "ends-unsure", "0.69");
    for (size_t i = 0; i < CN_ARRAY_LEN(accounts); i++) {
        set_trait(w, accounts[i].account, "points", accounts[i].points);
        apply_change((struct change){ .world = w,
                                      .account = accounts[i].account,
                                      .arr_minor = 100000,
                                      .seats = 1,
                                      .ends_in_days = 61 });
        is_not_there(w, accounts[i].account, "renewal-at-risk");
    }
    go_on(w, DAY_US);
    (void)wait_for(w, "ends-yellow", "renewal-at-risk", CN_SIGNAL_RAISED);
    (void)wait_for(w, "ends-red", "renewal-at-risk", CN_SIGNAL_RAISED);
    (void)wait_for(w, "ends-unsure", "renewal-at-risk", CN_SIGNAL_RAISED);
    is_not_there(w, "ends-green", "renewal-at-risk");
    is_not_there(w, "ends-sure", "renewal-at-risk");
    set_likelihood(w, "ends-sure", "0.7");
    is_not_there(w, "ends-sure", "renewal-at-risk");
    set_likelihood(w, "ends-sure", "0.5");
    (void)wait_for(w, "ends-sure", "renewal-at-risk", CN_SIGNAL_RAISED);
    set_trait(w, "ends-green", "points", 74);
    (void)wait_for(w, "ends-green", "renewal-at-risk", CN_SIGNAL_RAISED);
}

static void friction(struct world *w)
{
    struct body body = body_of(w);
    add_usage(&body, "two", 25, 23); /* 8 % */
    add_usage(&body, "three", 25, 23);
    send(&body);
    int64_t now_us = cn_now(&w->spine.clock).us;
    struct change opened = {
        .world = w, .account = "two", .tickets = 2, .priority = CN_TICKET_HIGH, .opened_us = now_us
    };
    apply_change(opened);
    opened.account = "three";
    apply_change(opened);
    is_not_there(w, "two", "friction");
    is_not_there(w, "three", "friction");
    opened.tickets = 1;
    opened.priority = CN_TICKET_CRITICAL;
    apply_change(opened);
    (void)wait_for(w, "three", "friction", CN_SIGNAL_RAISED);
    opened.account = "two";
    opened.priority = CN_TICKET_NORMAL; /* no escalation */
    apply_change(opened);
    is_not_there(w, "two", "friction");
}

/* $45K, nine months, usage falls by 45 % over 60 days, the champion left six weeks ago. */
static void techcorp(struct world *w)
{
    stop(&w->spine);
    open_stores(&w->spine);
    struct cn_program_files files;
    cn_program_shipped(&w->spine.arena, &files);
    use_program(&w->spine, files.items, files.count);
    close_stores(&w->spine);
    start(&w->spine);
    apply_change((struct change){ .world = w,
                                  .account = "techcorp",
                                  .arr_minor = 4500000,
                                  .seats = 20,
                                  .ends_in_days = 150,
                                  .champion = "comes" });
    set_trait(w, "techcorp", "seats_used", 18);
    struct body body = body_of(w);
    add_usage(&body, "techcorp", 20, 20);
    send(&body);
    is_not_there(w, "techcorp", "value-at-risk");
    is_not_there(w, "techcorp", "health-red");
    for (int day = 0; day < 60; day++) {
        go_on(w, DAY_US);
        body = body_of(w);
        add_users(&body, "techcorp", day < 30 ? 20 : 11, HOUR_US);
        send(&body);
        if (day == 18) {
            apply_change(
                (struct change){ .world = w, .account = "techcorp", .champion = "leaves" });
        }
    }
    assert_int_equal(wait_for(w, "techcorp", "value-at-risk", CN_SIGNAL_RAISED).raised, 1);
    assert_int_equal(wait_for(w, "techcorp", "health-red", CN_SIGNAL_RAISED).raised, 1);
}

#define TEST(name)                                 \
    static void test_##name(void **state)          \
    {                                              \
        (void)state;                               \
        on_both(begin, "signal_rules_test", name); \
    }
TEST(t1)
TEST(t2)
TEST(t3)
TEST(t4)
TEST(t5)
TEST(friction)
TEST(techcorp)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("003-34 T1: 50 to 49 raises once, 49, 50, 49 the same day once, and anew after 7 "
                "days",
                test_t1),
        CN_TEST("003-35 T2: an ARR of 5,000 does not raise, 5,000.01 with 16 % less usage does",
                test_t2),
        CN_TEST("003-36 T3: 84 % of the seats do not raise, 85 % with high usage do; 003-31 a hold "
                "suppresses",
                test_t3),
        CN_TEST("003-37 T4: 47:59:59 does not raise, 48:00:00 does, once; 004-14 for tech-touch "
                "too",
                test_t4),
        CN_TEST("003-38 T5: day 61 does not raise, day 60 does; green does not, unless it is not "
                "likely",
                test_t5),
        CN_TEST("003-21 8 % less engagement and 3 escalations raise, with 2 they do not",
                test_friction),
        CN_TEST("003-28 TechCorp raises T2 and T1", test_techcorp),
    };
    return cmocka_run_group_tests_name("signal_rules", tests, NULL, NULL);
}
