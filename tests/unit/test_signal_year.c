/*
 * A year of an engine - facts that come late or twice, restarts, both days on which the clocks of
 * the zone change - raises exactly the signals that a reference says, which is written plainly here
 * and shares no code with what it judges: it looks at the whole past of each account at each
 * moment.
 */
#include "base/random.h"

#include "signal/store.h"
#include "tests/unit/spine_world.h"

#define HOUR_US ((int64_t)3600 * 1000000)
#define DAY_US  (24 * HOUR_US)

enum {
    ACCOUNTS = 6,
    STEPS = 180, /* of 49 hours, so that each is on another day */
    CHANGES = 7, /* of a step */
    SAYINGS_MAX = STEPS * CHANGES,
    RULES = 3, /* about the account; one more is about each ticket */
    EACH = RULES,
    TICKETS = 3, /* of an account */
    RAISED_MAX = 2000
};

static const struct cn_program_file year_program[] = {
    { WORLD_TEXT("metrics.yaml"), WORLD_TEXT("metrics:\n"
                                             "  events: {event: \"*\", count: events}\n") },
    { WORLD_TEXT("signals.yaml"),
      WORLD_TEXT(
          "signals:\n"
          "  low: {when: trait.points.number() < 50.0, clear: trait.points.number() >= 53.0,\n"
          "        rearm: 7d}\n"
          "  near: {when: days_to_renewal <= 60.0, rearm: 1d}\n"
          "  waits: {when: oldest_critical_hours > 48.0, rearm: 3d}\n"
          "  each: {each: tickets.critical_for(48), rearm: 3d}\n") },
};
static const char *const rule_names[RULES + 1] = { "low", "near", "waits", "each" };

/* ---- the reference ---- */

/* What was said of an account: that its points were so many at a moment. */
struct saying {
    int64_t at_us;
    int points;
};

struct ticket {
    int64_t opened_us; /* 0: there was none */
    bool is_open;      /* once more: its clock goes on */
    /* What the reference thinks of it. */
    bool is_true;
    bool was_raised;
    int64_t over_us;
};

struct account {
    struct saying sayings[SAYINGS_MAX];
    size_t said;
    int64_t renewal_day; /* 0: none */
    struct ticket tickets[TICKETS];
    bool each_has_answered;
    /* By rule: what the reference thinks. */
    bool has_answered[RULES];
    bool is_true[RULES];
    bool was_raised[RULES];
    int64_t over_us[RULES];
};

struct raised {
    int account;
    int rule;
    int ticket; /* 0 of what is about the account */
    int64_t at_us;
};

struct year {
    struct spine spine;
    struct cn_rng rng;
    struct account accounts[ACCOUNTS];
    struct raised expected[RAISED_MAX];
    size_t count;
    int64_t messages;
};

/* The newest by the time at which it was so; -1: nothing was said. */
static int points_of(const struct account *account)
{
    int64_t newest_us = -1;
    int points = -1;
    for (size_t i = 0; i < account->said; i++) {
        if (account->sayings[i].at_us > newest_us) {
            newest_us = account->sayings[i].at_us;
            points = account->sayings[i].points;
        }
    }
    return points;
}

/* 1: true, 0: between, -1: over, -2: nothing is known. */
static int answer_of(const struct year *year, const struct account *account, int rule)
{
    int64_t now_us = cn_now(&year->spine.clock).us;
    int points = points_of(account);
    if (rule == 0) {
        return points < 0 ? -2 : points < 50 ? 1 : points >= 53 ? -1 : 0;
    }
    if (rule == 1) {
        int64_t today = cn_tz_day(year->spine.tz, (cn_time){ now_us });
        return account->renewal_day == 0 ? -2 : account->renewal_day - today <= 60 ? 1 : -1;
    }
    for (int i = 0; i < TICKETS; i++) {
        if (account->tickets[i].is_open && now_us - account->tickets[i].opened_us > 48 * HOUR_US) {
            return 1;
        }
    }
    return -1;
}

static void add_expected(struct year *year, int account, int rule, int ticket)
{
    assert_true(year->count < RAISED_MAX);
    year->expected[year->count++] =
        (struct raised){ account, rule, ticket, cn_now(&year->spine.clock).us };
}

/* Each ticket for itself: two days old and open, told once, and anew after three days of peace. */
static void expect_each(struct year *year, int number)
{
    struct account *account = &year->accounts[number];
    int64_t now_us = cn_now(&year->spine.clock).us;
    for (int i = 0; i < TICKETS; i++) {
        struct ticket *ticket = &account->tickets[i];
        bool is_old = ticket->is_open && now_us - ticket->opened_us >= 48 * HOUR_US;
        if (ticket->is_true && !is_old) {
            ticket->over_us = now_us;
        } else if (!ticket->is_true && is_old && account->each_has_answered &&
                   (!ticket->was_raised || now_us - ticket->over_us >= 3 * DAY_US)) {
            ticket->was_raised = true;
            add_expected(year, number, EACH, i);
        }
        ticket->is_true = is_old;
    }
    account->each_has_answered = true;
}

static void expect(struct year *year, int number, int rule)
{
    static const int64_t rearm_days[RULES] = { 7, 1, 3 };
    struct account *account = &year->accounts[number];
    int64_t now_us = cn_now(&year->spine.clock).us;
    int answer = answer_of(year, account, rule);
    if (answer == -2) {
        return;
    }
    if (!account->has_answered[rule]) {
        account->has_answered[rule] = true;
        account->is_true[rule] = answer == 1; /* already true: nobody is told */
        return;
    }
    if (account->is_true[rule] && answer == -1) {
        account->is_true[rule] = false;
        account->over_us[rule] = now_us;
    } else if (!account->is_true[rule] && answer == 1) {
        account->is_true[rule] = true;
        if (!account->was_raised[rule] ||
            now_us - account->over_us[rule] >= rearm_days[rule] * DAY_US) {
            account->was_raised[rule] = true;
            add_expected(year, number, rule, 0);
        }
    }
}

/* ---- what happens ---- */

struct change {
    struct year *year;
    int account;
    int kind; /* 0: only that it is there, 1: renewal, 2: a critical ticket, 3: it is solved */
    int ticket;
};

static bool write_change(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct change *change = arg;
    struct spine *spine = &change->year->spine;
    const struct account *model = &change->year->accounts[change->account];
    struct cn_account account;
    struct cn_ticket ticket;
    struct cn_unit unit = { .conn = conn,
                            .arena = &spine->arena,
                            .ids = &spine->ids,
                            .scope = CN_SCOPE_ALL,
                            .tz = spine->tz,
                            .now = cn_now(&spine->clock) };
    cn_str key = world_text(spine, "g", change->account);
    const struct cn_account_new new_account = { .name = key,
                                                .external_id = key,
                                                .stage = CN_STAGE_ADOPTION };
    const struct cn_account_patch patch = { .renewal_on = model->renewal_day,
                                            .renewal_on_given = CN_GIVEN };
    const struct cn_ticket_new new_ticket = {
        .external_id = world_text(spine, "t", change->ticket),
        .subject = CN_STR("Help"),
        .priority = CN_TICKET_CRITICAL,
        .status = change->kind == 2 ? CN_TICKET_OPEN : CN_TICKET_SOLVED,
        .opened_at = { model->tickets[change->ticket].opened_us }
    };
    if (!cn_account_upsert(&unit, &new_account, &account, NULL, err)) {
        return false;
    }
    switch (change->kind) {
    case 1:
        return cn_account_update(&unit, account.id, 0, &patch, &account, err);
    case 2:
    case 3:
        return cn_ticket_create(&unit, account.id, &new_ticket, &ticket, err);
    default:
        return true;
    }
}

static void apply_change(struct year *year, int account, int kind, int ticket)
{
    struct cn_error err;
    struct change change = { year, account, kind, ticket };
    if (!cn_db_write(year->spine.db, write_change, &change, &err)) {
        fail_msg("%s", err.message);
    }
}

/* Now or up to ten days late, and now and then sent twice. */
static void say_points(struct year *year, int number)
{
    struct account *account = &year->accounts[number];
    char body[600];
    char at[CN_TIME_TEXT_BYTES];
    int64_t late_us = pick(&year->rng, 3) == 0 ? pick(&year->rng, 10 * DAY_US) : 0;
    struct saying saying = { cn_now(&year->spine.clock).us - late_us,
                             (int)cn_rng_between(&year->rng, 44, 58) };
    /* As precise as the text, and no two at the same moment. */
    saying.at_us -= saying.at_us % 1000 + year->messages % 10000 * 1000;
    cn_time_format((cn_time){ saying.at_us }, at);
    (void)snprintf(body, sizeof(body),
                   "{\"batch\":[{\"messageId\":\"m%lld\",\"timestamp\":\"%s\",\"type\":\"group\","
                   "\"userId\":\"u%d\",\"groupId\":\"g%d\",\"traits\":{\"points\":%d}}]}",
                   (long long)year->messages++, at, number, number, saying.points);
    append_body(&year->spine, body);
    if (pick(&year->rng, 5) == 0) {
        append_body(&year->spine, body);
    }
    account->sayings[account->said++] = saying;
}

/* It is opened, told of up to three days late or at once, or solved, or opened again. */
static void toggle_ticket(struct year *year, int number)
{
    int which = (int)pick(&year->rng, TICKETS);
    struct ticket *ticket = &year->accounts[number].tickets[which];
    ticket->is_open = !ticket->is_open;
    if (ticket->opened_us == 0) {
        int64_t late_us = pick(&year->rng, 2) == 0 ? pick(&year->rng, 3 * DAY_US) : 0;
        ticket->opened_us = cn_now(&year->spine.clock).us - late_us;
    }
    apply_change(year, number, ticket->is_open ? 2 : 3, which);
}

static void happen(struct year *year)
{
    int number = (int)pick(&year->rng, ACCOUNTS);
    struct account *account = &year->accounts[number];
    int64_t today = cn_tz_day(year->spine.tz, cn_now(&year->spine.clock));
    switch (pick(&year->rng, 8)) {
    case 0:
        account->renewal_day = today + cn_rng_between(&year->rng, 40, 90);
        apply_change(year, number, 1, 0);
        break;
    case 1:
    case 2:
        toggle_ticket(year, number);
        break;
    default:
        say_points(year, number);
        break;
    }
}

/* On another day the next round asks everything, at this moment; there is one, since the engine was
 * let go, or is made by what was told. */
static void look(struct year *year)
{
    settle(&year->spine);
    for (int number = 0; number < ACCOUNTS; number++) {
        for (int rule = 0; rule < RULES; rule++) {
            expect(year, number, rule);
        }
        expect_each(year, number);
    }
}

/* ---- what was raised ---- */

static int by_time(const void *a, const void *b)
{
    const struct raised *x = a;
    const struct raised *y = b;
    if (x->at_us / 1000000 != y->at_us / 1000000) {
        return x->at_us < y->at_us ? -1 : 1;
    }
    if (x->account != y->account) {
        return x->account - y->account;
    }
    return x->rule != y->rule ? x->rule - y->rule : x->ticket - y->ticket;
}

static size_t load_raised(struct year *year, struct raised *raised)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_sql_stmt *stmt = NULL;
    struct cn_error err;
    bool row = false;
    size_t count = 0;
    assert_true(cn_db_read(year->spine.db, &conn, &err));
    assert_true(
        cn_sql_prepare(conn,
                       "SELECT a.external_id, e.rule, e.at_us, COALESCE(t.external_id, 't0')"
                       " FROM signal_event AS e"
                       " JOIN account AS a ON a.account_id = e.account_id"
                       " LEFT JOIN ticket AS t ON t.account_id = e.account_id"
                       " AND t.ticket_id = e.about_id"
                       " WHERE e.kind = $1",
                       &stmt, &err));
    cn_sql_bind_i64(stmt, 1, CN_SIGNAL_EVENT_RAISED);
    while (cn_sql_step(stmt, &row, &err) && row) {
        assert_true(count < RAISED_MAX);
        raised[count].account = cn_sql_column_str(stmt, 0).ptr[1] - '0';
        raised[count].ticket = cn_sql_column_str(stmt, 3).ptr[1] - '0';
        for (int rule = 0; rule <= RULES; rule++) {
            if (cn_str_equal(cn_sql_column_str(stmt, 1), cn_str_of(rule_names[rule]))) {
                raised[count].rule = rule;
            }
        }
        raised[count++].at_us = cn_sql_column_i64(stmt, 2);
    }
    cn_sql_finish(stmt);
    cn_db_release(year->spine.db, conn);
    return count;
}

static void compare(struct year *year)
{
    struct raised *raised = cn_arena_array(&year->spine.arena, struct raised, RAISED_MAX);
    size_t count = load_raised(year, raised);
    qsort(raised, count, sizeof(*raised), by_time);
    qsort(year->expected, year->count, sizeof(year->expected[0]), by_time);
    for (size_t i = 0; i < count && i < year->count; i++) {
        if (by_time(&raised[i], &year->expected[i]) != 0) {
            fail_msg("number %zu: %s of g%d, t%d at %lld, not %s of g%d, t%d at %lld", i,
                     rule_names[raised[i].rule], raised[i].account, raised[i].ticket,
                     (long long)raised[i].at_us / 1000000, rule_names[year->expected[i].rule],
                     year->expected[i].account, year->expected[i].ticket,
                     (long long)year->expected[i].at_us / 1000000);
        }
    }
    assert_int_equal(count, year->count);
    assert_true(count > 50);
    size_t of_tickets = 0;
    for (size_t i = 0; i < count; i++) {
        of_tickets += raised[i].rule == EACH;
    }
    assert_true(of_tickets > 20);
}

static void begin(struct year *year, const char *schema)
{
    struct cn_error err;
    spine_init(&year->spine, schema);
    year->spine.round_us = 1000; /* nobody floods it */
    cn_tz_free(year->spine.tz);
    assert_true(cn_tz_load(CN_STR("Europe/Berlin"), &year->spine.tz, &err));
    open_stores(&year->spine);
    use_program(&year->spine, year_program, CN_ARRAY_LEN(year_program));
    close_stores(&year->spine);
    start(&year->spine);
}

static void live_a_year(uint64_t seed, const char *schema)
{
    struct year *year = calloc(1, sizeof(*year));
    year->rng = (struct cn_rng){ seed };
    begin(year, schema);
    for (int number = 0; number < ACCOUNTS; number++) {
        apply_change(year, number, 0, 0);
    }
    look(year);
    for (int step = 0; step < STEPS; step++) {
        /* What happens in a step is told at once: the reference looks at its end. */
        cn_engine_hold(year->spine.engine, true);
        settle(&year->spine);
        (void)atomic_fetch_add(&year->spine.clock.fixed_us, 49 * HOUR_US);
        for (int i = 0; i < CHANGES; i++) {
            happen(year);
        }
        settle(&year->spine);
        cn_engine_hold(year->spine.engine, false);
        look(year);
        if (pick(&year->rng, 12) == 0) {
            stop(&year->spine);
            start(&year->spine);
        }
    }
    compare(year);
    stop(&year->spine);
    assert_int_equal(spine_deinit(&year->spine), 0);
    free(year);
}

static void a_year_raises_what_the_reference_says(void **state)
{
    (void)state;
    live_a_year(2027, NULL);
    if (spine_server() != NULL) {
        live_a_year(2028, "signal_year_test");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("a year with late and double facts, restarts and changes of the clocks raises what "
                "the reference says",
                a_year_raises_what_the_reference_says),
    };
    return cmocka_run_group_tests_name("signal_year", tests, NULL, NULL);
}
