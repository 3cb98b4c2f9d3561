/*
 * Signals about records: each critical ticket that waits for 48 hours asks for itself, in a whole
 * engine under a clock that the test moves; on SQLite and on PostgreSQL.
 */
#include "book/merge.h"
#include "engine/parts.h"
#include "tests/unit/spine_signals.h"

enum {
    TICKETS = 300
};

static const struct cn_program_file each_48 = {
    WORLD_TEXT("signals.yaml"),
    WORLD_TEXT("signals:\n"
               "  waits: {each: tickets.critical_for(48), severity: critical, rearm: 7d}\n")
};
static const struct cn_program_file each_24 = {
    WORLD_TEXT("signals.yaml"),
    WORLD_TEXT("signals:\n"
               "  waits: {each: tickets.critical_for(24), severity: critical, rearm: 7d}\n")
};
static const struct cn_program_file of_the_account = {
    WORLD_TEXT("signals.yaml"),
    WORLD_TEXT("signals:\n"
               "  waits: {when: oldest_critical_hours >= 48.0, severity: critical, rearm: 7d}\n")
};

static void use(struct world *w, const struct cn_program_file *signals)
{
    const struct cn_program_file files[] = {
        { WORLD_TEXT("metrics.yaml"),
          WORLD_TEXT("metrics:\n  events: {event: \"*\", count: events}\n") },
        *signals
    };
    open_stores(&w->spine);
    use_program(&w->spine, files, CN_ARRAY_LEN(files));
    close_stores(&w->spine);
}

static void begin(struct world *w, const char *schema)
{
    prepare_world(w, schema);
    use(w, &each_48);
    start(&w->spine);
}

/* ---- records ---- */

struct change {
    struct world *world;
    const char *account;
    const char *ticket; /* NULL: only that the account is there */
    bool is_solved;
    int64_t opened_us;
    const char *hold;
    const char *into; /* an account that it becomes part of */
    bool starts;      /* what was already true of that ticket */
    bool is_late;     /* of a merge: a round that read before it stores after it, of that ticket */
};

static bool merge(const struct cn_unit *unit, const struct change *change,
                  const struct cn_account *account, struct cn_error *err)
{
    struct cn_account into;
    struct cn_account survivor;
    return load_account(unit, change->into, &into, err) &&
           cn_account_merge(unit,
                            &(struct cn_merge){ .from = account->id,
                                                .into = into.id,
                                                .parts = cn_account_parts,
                                                .part_count = cn_account_part_count },
                            &survivor, err);
}

/* What a round found of the account's ticket before the account became part of another one. */
static bool merge_late(const struct cn_unit *unit, const struct change *change,
                       const struct cn_account *account, const struct cn_ticket *ticket,
                       struct cn_error *err)
{
    const struct cn_signal_budget budget = { .tell = NULL };
    const struct cn_signal_row row = {
        .account_id = account->id.value,
        .signal_id = cn_id_next(unit->ids, unit->now),
        .event_id = cn_id_next(unit->ids, unit->now),
        .about_id = ticket->id.value,
        .rule = CN_STR("waits"),
        .because = CN_STR("waits"),
        .severity = CN_SIGNAL_CRITICAL,
        .kind = CN_SIGNAL_EVENT_RAISED,
        .mark = { .state = CN_SIGNAL_RAISED, .was_raised = true },
        .is_new = true,
        .at = unit->now,
        .tick = 1,
        .program_version = 1,
    };
    /* Twice: the answer to a commit was lost. */
    return merge(unit, change, account, err) && cn_signal_save(unit, &row, &budget, err) &&
           cn_signal_save(unit, &row, &budget, err);
}

static bool start_ticket(const struct cn_unit *unit, const struct change *change,
                         const struct cn_account *account, struct cn_error *err)
{
    const struct cn_signal_filter filter = { .views = 1U << CN_SIGNAL_VIEW_ALREADY_TRUE,
                                             .account_id = account->id,
                                             .limit = 50 };
    const struct cn_signal_action action = { .verb = CN_SIGNAL_START };
    struct cn_signal_list list;
    struct cn_signal out;
    if (!cn_signal_list(unit, &filter, &list, err)) {
        return false;
    }
    for (size_t i = 0; i < list.count; i++) {
        if (cn_str_equal(list.items[i].ticket_subject, cn_str_of(change->ticket))) {
            return cn_signal_act(unit, list.items[i].id, &action, &out, err);
        }
    }
    return cn_fail(err, CN_NOT_FOUND, "%s is not listed", change->ticket);
}

static bool write_change(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct change *change = arg;
    const struct cn_unit unit = world_unit(change->world, conn);
    struct cn_account account;
    struct cn_ticket ticket;
    struct cn_hold hold;
    if (!load_account(&unit, change->account, &account, err)) {
        return false;
    }
    if (change->into != NULL && !change->is_late) {
        return merge(&unit, change, &account, err);
    }
    if (change->starts) {
        return start_ticket(&unit, change, &account, err);
    }
    if (change->hold != NULL) {
        const struct cn_hold_new new_hold = { .kind = cn_str_of(change->hold),
                                              .reason = CN_STR("later"),
                                              .until = { unit.now.us + DAY_US } };
        return cn_hold_create(&unit, account.id, &new_hold, &hold, err);
    }
    if (change->ticket == NULL) {
        return true;
    }
    const struct cn_ticket_new new_ticket = { .external_id = cn_str_of(change->ticket),
                                              .subject = cn_str_of(change->ticket),
                                              .priority = CN_TICKET_CRITICAL,
                                              .status = change->is_solved ? CN_TICKET_SOLVED
                                                                          : CN_TICKET_OPEN,
                                              .opened_at = { change->opened_us } };
    return cn_ticket_create(&unit, account.id, &new_ticket, &ticket, err) &&
           (!change->is_late || merge_late(&unit, change, &account, &ticket, err));
}

static void apply_change(struct change change)
{
    write_and_settle(change.world, write_change, &change);
}

static void open_ticket(struct world *w, const char *account, const char *ticket, int64_t opened_us)
{
    apply_change((struct change){
        .world = w, .account = account, .ticket = ticket, .opened_us = opened_us });
}

static void solve_ticket(struct world *w, const char *account, const char *ticket)
{
    apply_change(
        (struct change){ .world = w, .account = account, .ticket = ticket, .is_solved = true });
}

/* ---- signals ---- */

/* Of a ticket, or of the account ("-"). */
static struct standing of_ticket(struct world *w, const char *ticket)
{
    return standing_of(w, (struct which){ "waits", "", ticket });
}

static struct standing wait_for(struct world *w, const char *ticket, enum cn_signal_state state)
{
    return wait_for_state(w, (struct which){ "waits", "", ticket }, state);
}

/* It was raised once, at 48 hours exactly, as far as the clock was looked at. */
static void raised_at(struct world *w, const char *ticket, int64_t opened_us)
{
    struct standing standing = wait_for(w, ticket, CN_SIGNAL_RAISED);
    assert_int_equal(standing.raised, 1);
    assert_int_equal(standing.events, 1);
    assert_true(standing.raised_us >= opened_us + 48 * HOUR_US);
    assert_true(standing.raised_us <= opened_us + 48 * HOUR_US + SECOND_US);
}

/* Two rounds at this moment have passed. */
static void not_there(struct world *w, const char *ticket)
{
    restart(w);
    assert_false(of_ticket(w, ticket).is_there);
}

/* ---- the tests ---- */

static void a_second_ticket(struct world *w)
{
    int64_t first_us = cn_now(&w->spine.clock).us;
    apply_change((struct change){ .world = w, .account = "a" });
    open_ticket(w, "a", "first", first_us);
    open_ticket(w, "a", "second", first_us + 3 * HOUR_US);
    go_on(w, 48 * HOUR_US - SECOND_US); /* 47:59:59 */
    not_there(w, "first");
    go_on(w, SECOND_US); /* 48:00:00 */
    raised_at(w, "first", first_us);
    not_there(w, "second");
    go_on(w, 3 * HOUR_US - SECOND_US);
    not_there(w, "second");
    go_on(w, SECOND_US); /* while the first is raised */
    raised_at(w, "second", first_us + 3 * HOUR_US);
    /* The first is solved: only its signal clears, and a third is told within its time to re-arm.
     */
    int64_t third_us = cn_now(&w->spine.clock).us;
    open_ticket(w, "a", "third", third_us);
    solve_ticket(w, "a", "first");
    assert_int_equal(wait_for(w, "first", CN_SIGNAL_CLEAR).raised, 1);
    assert_int_equal(of_ticket(w, "second").state, CN_SIGNAL_RAISED);
    solve_ticket(w, "a", "second");
    (void)wait_for(w, "second", CN_SIGNAL_CLEAR);
    go_on(w, 48 * HOUR_US);
    raised_at(w, "third", third_us);
    assert_int_equal(of_ticket(w, "second").events, 1);
}

static void the_same_second(struct world *w)
{
    int64_t opened_us = cn_now(&w->spine.clock).us;
    apply_change((struct change){ .world = w, .account = "a" });
    open_ticket(w, "a", "one", opened_us);
    open_ticket(w, "a", "two", opened_us);
    open_ticket(w, "b", "other", opened_us);
    go_on(w, 48 * HOUR_US);
    raised_at(w, "one", opened_us);
    raised_at(w, "two", opened_us);
    raised_at(w, "other", opened_us);
}

static void opened_again(struct world *w)
{
    int64_t opened_us = cn_now(&w->spine.clock).us;
    apply_change((struct change){ .world = w, .account = "a" });
    open_ticket(w, "a", "t", opened_us);
    go_on(w, 47 * HOUR_US);
    solve_ticket(w, "a", "t");
    go_on(w, HOUR_US / 2);
    open_ticket(w, "a", "t", opened_us); /* its clock went on */
    go_on(w, HOUR_US / 2);
    raised_at(w, "t", opened_us);
    solve_ticket(w, "a", "t");
    (void)wait_for(w, "t", CN_SIGNAL_CLEAR);
    restart(w);
    go_on(w, DAY_US);
    open_ticket(w, "a", "t", opened_us); /* before it is armed again: the same signal */
    struct standing again = wait_for(w, "t", CN_SIGNAL_RAISED);
    assert_int_equal(again.raised, 1);
    assert_int_equal(again.events, 1);
    solve_ticket(w, "a", "t");
    (void)wait_for(w, "t", CN_SIGNAL_CLEAR);
    restart(w);
    go_on(w, 7 * DAY_US);
    open_ticket(w, "a", "t", opened_us);
    again = wait_for(w, "t", CN_SIGNAL_RAISED);
    assert_int_equal(again.raised, 2);
    assert_int_equal(again.events, 2);
}

static void restarts_and_clocks(struct world *w)
{
    int64_t opened_us = cn_now(&w->spine.clock).us;
    apply_change((struct change){ .world = w, .account = "a" });
    open_ticket(w, "a", "first", opened_us);
    open_ticket(w, "a", "second", opened_us + HOUR_US);
    go_on(w, 48 * HOUR_US);
    raised_at(w, "first", opened_us);
    restart(w);
    go_on(w, HOUR_US);
    raised_at(w, "second", opened_us + HOUR_US);
    restart(w);
    go_on(w, -2 * HOUR_US); /* the clock is set back: neither is so old */
    (void)wait_for(w, "first", CN_SIGNAL_CLEAR);
    (void)wait_for(w, "second", CN_SIGNAL_CLEAR);
    restart(w);
    go_on(w, 2 * HOUR_US);
    (void)wait_for(w, "first", CN_SIGNAL_RAISED);
    (void)wait_for(w, "second", CN_SIGNAL_RAISED);
    assert_int_equal(of_ticket(w, "first").events, 1);
    assert_int_equal(of_ticket(w, "second").events, 1);
}

static void baseline_and_holds(struct world *w)
{
    int64_t now_us = cn_now(&w->spine.clock).us;
    /* Old already when the rule is asked for the first time of the account. */
    cn_engine_hold(w->spine.engine, true);
    open_ticket(w, "a", "old", now_us - 50 * HOUR_US);
    open_ticket(w, "a", "older", now_us - 60 * HOUR_US);
    cn_engine_hold(w->spine.engine, false);
    settle(&w->spine);
    assert_int_equal(wait_for(w, "old", CN_SIGNAL_BASELINE).raised, 0);
    assert_int_equal(wait_for(w, "older", CN_SIGNAL_BASELINE).raised, 0);
    apply_change((struct change){ .world = w, .account = "a", .ticket = "older", .starts = true });
    assert_int_equal(wait_for(w, "older", CN_SIGNAL_RAISED).events, 1);
    assert_int_equal(of_ticket(w, "old").state, CN_SIGNAL_BASELINE);
    restart(w);
    /* One that was told late is new. */
    open_ticket(w, "a", "late", now_us - 55 * HOUR_US);
    assert_int_equal(wait_for(w, "late", CN_SIGNAL_RAISED).events, 1);
    assert_int_equal(of_ticket(w, "old").state, CN_SIGNAL_BASELINE);
}

static void another_program(struct world *w)
{
    int64_t opened_us = cn_now(&w->spine.clock).us;
    apply_change((struct change){ .world = w, .account = "a" });
    open_ticket(w, "a", "first", opened_us);
    open_ticket(w, "a", "second", opened_us + 20 * HOUR_US);
    go_on(w, 48 * HOUR_US);
    raised_at(w, "first", opened_us);
    stop(&w->spine);
    use(w, &each_24); /* what is raised stays so; what is true already is listed */
    start(&w->spine);
    assert_int_equal(wait_for(w, "second", CN_SIGNAL_BASELINE).raised, 0);
    assert_int_equal(of_ticket(w, "first").events, 1);
    assert_int_equal(of_ticket(w, "first").state, CN_SIGNAL_RAISED);
    stop(&w->spine);
    use(w, &of_the_account); /* about the account now: those of its tickets end */
    start(&w->spine);
    assert_int_equal(wait_for(w, "-", CN_SIGNAL_BASELINE).raised, 0);
    assert_false(of_ticket(w, "first").is_there);
    assert_false(of_ticket(w, "second").is_there);
    solve_ticket(w, "a", "first");
    solve_ticket(w, "a", "second");
    assert_int_equal(wait_for(w, "-", CN_SIGNAL_CLEAR).raised, 0);
}

/* The account's raised signal goes on until none of its tickets is so old. */
static void from_the_account(struct world *w)
{
    stop(&w->spine);
    use(w, &of_the_account);
    start(&w->spine);
    int64_t opened_us = cn_now(&w->spine.clock).us;
    apply_change((struct change){ .world = w, .account = "a" });
    open_ticket(w, "a", "first", opened_us);
    open_ticket(w, "a", "second", opened_us + HOUR_US);
    go_on(w, 48 * HOUR_US);
    assert_int_equal(wait_for(w, "-", CN_SIGNAL_RAISED).raised, 1);
    stop(&w->spine);
    use(w, &each_48);
    start(&w->spine);
    assert_int_equal(wait_for(w, "first", CN_SIGNAL_BASELINE).raised, 0);
    assert_int_equal(of_ticket(w, "-").state, CN_SIGNAL_RAISED);
    go_on(w, HOUR_US);
    raised_at(w, "second", opened_us + HOUR_US);
    restart(w);
    solve_ticket(w, "a", "first");
    (void)wait_for(w, "first", CN_SIGNAL_CLEAR);
    assert_int_equal(of_ticket(w, "-").state, CN_SIGNAL_RAISED);
    solve_ticket(w, "a", "second");
    (void)wait_for(w, "second", CN_SIGNAL_CLEAR);
    assert_int_equal(wait_for(w, "-", CN_SIGNAL_CLEAR).events, 1);
}

static void merged(struct world *w)
{
    int64_t opened_us = cn_now(&w->spine.clock).us;
    apply_change((struct change){ .world = w, .account = "a" });
    apply_change((struct change){ .world = w, .account = "b" });
    open_ticket(w, "a", "told", opened_us);
    open_ticket(w, "a", "young", opened_us + HOUR_US);
    go_on(w, 48 * HOUR_US);
    raised_at(w, "told", opened_us);
    apply_change((struct change){ .world = w, .account = "a", .into = "b" });
    go_on(w, HOUR_US);
    raised_at(w, "young", opened_us + HOUR_US);
    raised_at(w, "told", opened_us); /* nobody is told once more */
    restart(w);
    solve_ticket(w, "b", "told");
    assert_int_equal(wait_for(w, "told", CN_SIGNAL_CLEAR).events, 1);
}

static void merged_meanwhile(struct world *w)
{
    apply_change((struct change){ .world = w, .account = "a" });
    apply_change((struct change){ .world = w, .account = "b" });
    cn_engine_hold(w->spine.engine, true);
    struct change late = { .world = w,
                           .account = "a",
                           .ticket = "late",
                           .opened_us = cn_now(&w->spine.clock).us,
                           .into = "b",
                           .is_late = true };
    struct cn_error err;
    if (!cn_db_write(w->spine.db, write_change, &late, &err)) {
        fail_msg("%s", err.message);
    }
    struct standing standing = of_ticket(w, "late");
    cn_engine_hold(w->spine.engine, false);
    assert_true(standing.is_there);
    assert_int_equal(standing.state, CN_SIGNAL_RAISED);
    assert_int_equal(standing.raised, 1);
    assert_int_equal(standing.events, 1);
}

/* Marks that are stored as the newest of a record. */
static int64_t marks_of(struct world *w)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_sql_stmt *stmt = NULL;
    struct cn_error err;
    bool row = false;
    assert_true(cn_db_read(w->spine.db, &conn, &err));
    assert_true(cn_sql_prepare(
        conn, "SELECT count(*) FROM signal WHERE is_current = 1 AND about_id <> 0", &stmt, &err));
    assert_true(cn_sql_step(stmt, &row, &err) && row);
    int64_t count = cn_sql_column_i64(stmt, 0);
    cn_sql_finish(stmt);
    cn_db_release(w->spine.db, conn);
    return count;
}

static void wait_for_marks(struct world *w, int64_t count)
{
    for (int ms = 0; ms < WAIT_MS && marks_of(w) != count; ms += 5) {
        (void)usleep(5000);
    }
    assert_int_equal(marks_of(w), count);
}

/* In one go: the ticket of that number is opened or solved. */
static void change_tickets(struct world *w, bool is_solved, int64_t opened_us)
{
    char name[16];
    struct change change = { .world = w,
                             .account = "a",
                             .ticket = name,
                             .is_solved = is_solved,
                             .opened_us = is_solved ? 0 : opened_us };
    struct cn_error err;
    cn_engine_hold(w->spine.engine, true);
    for (int i = 0; i < TICKETS; i++) {
        (void)snprintf(name, sizeof(name), "t%d", i);
        if (!cn_db_write(w->spine.db, write_change, &change, &err)) {
            fail_msg("%s", err.message);
        }
    }
    cn_engine_hold(w->spine.engine, false);
    settle(&w->spine);
}

static void hundreds_solved(struct world *w)
{
    int64_t opened_us = cn_now(&w->spine.clock).us;
    apply_change((struct change){ .world = w, .account = "a" });
    change_tickets(w, false, opened_us);
    open_ticket(w, "a", "stays", opened_us);
    go_on(w, 48 * HOUR_US);
    wait_for_marks(w, TICKETS + 1);
    change_tickets(w, true, 0);
    (void)wait_for(w, "t0", CN_SIGNAL_CLEAR);
    (void)wait_for(w, "t299", CN_SIGNAL_CLEAR);
    assert_int_equal(marks_of(w), TICKETS + 1);
    go_on(w, 7 * DAY_US); /* armed again; a clock may be set back */
    restart(w);
    assert_int_equal(marks_of(w), TICKETS + 1);
    go_on(w, DAY_US);
    wait_for_marks(w, 1);
    restart(w); /* without them nothing else is told, and nothing is forgotten */
    assert_int_equal(of_ticket(w, "stays").state, CN_SIGNAL_RAISED);
    assert_int_equal(of_ticket(w, "stays").events, 1);
    assert_int_equal(of_ticket(w, "t7").events, 1);
    open_ticket(w, "a", "t7", opened_us);
    struct standing again = wait_for(w, "t7", CN_SIGNAL_RAISED);
    assert_int_equal(again.raised, 2);
    assert_int_equal(again.events, 2);
    assert_int_equal(marks_of(w), 2);
}

#define TEST(name)                                \
    static void test_##name(void **state)         \
    {                                             \
        (void)state;                              \
        on_both(begin, "signal_each_test", name); \
    }
TEST(a_second_ticket)
TEST(the_same_second)
TEST(opened_again)
TEST(restarts_and_clocks)
TEST(baseline_and_holds)
TEST(another_program)
TEST(from_the_account)
TEST(merged)
TEST(merged_meanwhile)
TEST(hundreds_solved)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("003-37 T4: a second ticket is told at its own 48:00:00, while the first is raised "
                "and within the time to re-arm",
                test_a_second_ticket),
        CN_TEST("003-37 T4: tickets of the same second are told each", test_the_same_second),
        CN_TEST("003-37 T4: a ticket that is opened again continues its clock, and is told again "
                "once it is armed",
                test_opened_again),
        CN_TEST("003-37 T4: restarts and a clock that is set back tell of no ticket twice",
                test_restarts_and_clocks),
        CN_TEST("what is old when a rule is first asked is listed by ticket, and a ticket is "
                "started alone",
                test_baseline_and_holds),
        CN_TEST("another count keeps what is raised; about the account, those of tickets end",
                test_another_program),
        CN_TEST("a raised signal of the account stays when its rule becomes one about each ticket",
                test_from_the_account),
        CN_TEST("tickets of an account that becomes part of another are not told again",
                test_merged),
        CN_TEST("a ticket's signal that is stored after its account was merged is the survivor's",
                test_merged_meanwhile),
        CN_TEST(
            "marks of tickets that were solved go once they are armed again; one that is opened "
            "then is told as before",
            test_hundreds_solved),
    };
    return cmocka_run_group_tests_name("signal_each", tests, NULL, NULL);
}
