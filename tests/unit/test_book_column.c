#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#include "book/account.h"
#include "book/column.h"
#include "book/contract.h"
#include "book/person.h"
#include "book/ticket.h"
#include "book/trait.h"
#include "tests/unit/book_fixture.h"

#define DAY_US  ((int64_t)86400 * 1000000)
#define HOUR_US ((int64_t)3600 * 1000000)

struct column_fixture {
    struct book_fixture *book;
    struct cn_tz *tz;
    struct cn_book_facts *facts;
    const struct cn_column_source *source;
    struct cn_interner *strings;
    struct cn_account account;
};

static struct column_fixture fixture;

/* One value: the number, 0 or 1 for a truth, a text's number; missing is -999. */
static double value_at(struct column_fixture *c, const char *name, const char *method, double arg,
                       int64_t now_us, bool as_true)
{
    struct book_fixture *f = c->book;
    struct cn_column column;
    struct cn_column_spec spec;
    const struct cn_column_request request = { .name = cn_str_of(name),
                                               .method = cn_str_of(method),
                                               .args = { { .number = arg } },
                                               .arg_count = arg != 0 };
    assert_int_equal(c->source->resolve(c->source->ctx, &request, &spec, &f->err),
                     CN_RESOLVE_FOUND);
    const struct cn_fill fill = { .strings = c->strings,
                                  .accounts = &c->account.id.value,
                                  .count = 1,
                                  .now = { now_us },
                                  .day = cn_tz_day(c->tz, (cn_time){ now_us }),
                                  .as_true = as_true };
    cn_column_init(&column, spec.type);
    cn_column_reserve(&column, 1);
    assert_true(c->source->fill(c->source->ctx, &spec, &fill, &column, &f->err));
    double value = -999;
    if (!cn_column_is_missing(&column, 0)) {
        value = spec.type == CN_COLUMN_BOOL  ? column.as.flag[0]
                : spec.type == CN_COLUMN_STR ? column.as.str[0]
                                             : column.as.f64[0];
    }
    cn_column_deinit(&column);
    return value;
}

static double now_of(struct column_fixture *c, const char *name)
{
    return value_at(c, name, "", 0, BOOK_NOW.us, false);
}

static double true_at(struct column_fixture *c, const char *name, int64_t now_us)
{
    return value_at(c, name, "", 0, now_us, true);
}

static void refresh(struct column_fixture *c)
{
    struct book_fixture *f = c->book;
    must(cn_book_facts_refresh(c->facts, f->unit.conn, &c->account.id.value, 1, &f->err));
}

static void contracts_give_arr_seats_and_renewal(void **state)
{
    struct column_fixture *c = *state;
    struct book_fixture *f = c->book;
    int64_t today = cn_unit_day(&f->unit);
    struct cn_contract_new contract = { .name = CN_STR("Base"),
                                        .arr = { 4500000, "USD" },
                                        .starts_on = today - 270,
                                        .ends_on = today + 90,
                                        .seats = 50,
                                        .seats_given = CN_GIVEN,
                                        .status = CN_CONTRACT_ACTIVE };
    struct cn_contract out;
    assert_true(now_of(c, "arr") == 1200); /* of the record */
    assert_true(now_of(c, "days_to_renewal") == -999);
    must(cn_contract_create(&f->unit, c->account.id, &contract, &out, &f->err));
    refresh(c);
    assert_true(now_of(c, "arr") == 45000);
    assert_true(now_of(c, "seats") == 50);
    assert_true(now_of(c, "days_to_renewal") == 90);
    assert_true(now_of(c, "tenure_days") == 270);
    assert_true(true_at(c, "arr", BOOK_NOW.us - 300 * DAY_US) == -999); /* before it began */
    assert_true(true_at(c, "days_to_renewal", BOOK_NOW.us + 100 * DAY_US) == -10);
    assert_true(true_at(c, "arr", BOOK_NOW.us + 100 * DAY_US) == 45000); /* awaits renewal */
    assert_true(value_at(c, "arr", "", 0, BOOK_NOW.us - DAY_US, false) == -999); /* not known yet */

    contract.starts_on = today + 91; /* signed ahead */
    contract.ends_on = today + 455;
    must(cn_contract_create(&f->unit, c->account.id, &contract, &out, &f->err));
    refresh(c);
    assert_true(now_of(c, "arr") == 45000);
    assert_true(now_of(c, "days_to_renewal") == 455);
    assert_true(true_at(c, "days_to_renewal", BOOK_NOW.us) == 90);
    /* What it renewed does not count again when it awaits renewal itself. */
    assert_true(true_at(c, "arr", BOOK_NOW.us + 500 * DAY_US) == 45000);
    assert_true(true_at(c, "seats", BOOK_NOW.us + 500 * DAY_US) == 50);
}

static void the_champion_is_there_until_the_day_of_leaving(void **state)
{
    struct column_fixture *c = *state;
    struct book_fixture *f = c->book;
    struct cn_person_role role = { .role = CN_PERSON_CHAMPION,
                                   .from = { BOOK_NOW.us - 200 * DAY_US },
                                   .to_given = CN_NULL };
    const struct cn_person_new person = { .name = CN_STR("Pat"), .roles = { &role, 1 } };
    const struct cn_person_patch leave = { .left_at = { BOOK_NOW.us - 42 * DAY_US },
                                           .left_at_given = CN_GIVEN };
    struct cn_person out;
    assert_true(now_of(c, "has_champion") == 0);
    assert_true(now_of(c, "days_since_champion_left") == -999);
    must(cn_person_create(&f->unit, c->account.id, &person, &out, &f->err));
    refresh(c);
    assert_true(now_of(c, "has_champion") == 1);
    assert_true(now_of(c, "has_sponsor") == 0);
    assert_true(now_of(c, "people") == 1);
    f->unit.now.us += HOUR_US; /* learned later */
    must(cn_person_update(&f->unit, c->account.id, out.id, 0, &leave, &out, &f->err));
    refresh(c);
    assert_true(true_at(c, "has_champion", BOOK_NOW.us) == 0);
    assert_true(true_at(c, "days_since_champion_left", BOOK_NOW.us) == 42);
    assert_true(now_of(c, "has_champion") == 1); /* as known before we were told */
    assert_true(value_at(c, "has_champion", "", 0, f->unit.now.us, false) == 0);
    assert_true(true_at(c, "has_champion", BOOK_NOW.us - 43 * DAY_US) == 1);
    assert_true(true_at(c, "people", BOOK_NOW.us) == 0);
}

static void a_critical_ticket_ages_by_the_second(void **state)
{
    struct column_fixture *c = *state;
    struct book_fixture *f = c->book;
    const struct cn_ticket_new ticket = { .subject = CN_STR("Down"),
                                          .priority = CN_TICKET_CRITICAL,
                                          .opened_at = { BOOK_NOW.us - 48 * HOUR_US + 1000000 } };
    const struct cn_ticket_patch solve = { .status = CN_TICKET_SOLVED, .status_given = CN_GIVEN };
    struct cn_ticket out;
    assert_true(now_of(c, "oldest_critical_hours") == 0);
    must(cn_ticket_create(&f->unit, c->account.id, &ticket, &out, &f->err));
    refresh(c);
    assert_true(now_of(c, "open_tickets") == 1);
    assert_true(now_of(c, "critical_tickets_open") == 1);
    assert_true(now_of(c, "oldest_critical_hours") < 48);
    assert_true(true_at(c, "oldest_critical_hours", BOOK_NOW.us + 2000000) > 48);
    assert_true(value_at(c, "tickets", "critical_for", 48, BOOK_NOW.us, false) == 0);
    assert_true(value_at(c, "tickets", "critical_for", 47, BOOK_NOW.us, false) == 1);
    assert_true(value_at(c, "tickets", "open_for", 48, BOOK_NOW.us + 999999, true) == 0);
    assert_true(value_at(c, "tickets", "open_for", 48, BOOK_NOW.us + 1000000, true) == 1);
    assert_true(value_at(c, "tickets", "opened", 3, BOOK_NOW.us, false) == 1);
    assert_true(value_at(c, "tickets", "opened", 2, BOOK_NOW.us, false) == 0);
    must(cn_ticket_update(&f->unit, c->account.id, out.id, 0, &solve, &out, &f->err));
    refresh(c);
    assert_true(now_of(c, "open_tickets") == 0);
    assert_true(true_at(c, "open_tickets", BOOK_NOW.us - 1) == 1);
    assert_true(true_at(c, "open_tickets", BOOK_NOW.us - 50 * HOUR_US) == 0);
}

static void observe(struct column_fixture *c, const char *name, const char *value, int64_t at_us)
{
    struct book_fixture *f = c->book;
    bool newest = false;
    const struct cn_trait_observation observation = { .account_id = c->account.id,
                                                      .name = cn_str_of(name),
                                                      .value = cn_str_of(value),
                                                      .at = { at_us } };
    must(cn_sql_begin(f->unit.conn, &f->err));
    must(cn_trait_observe(&f->unit, &observation, &newest, &f->err));
    must(cn_sql_commit(f->unit.conn, &f->err));
}

static void traits_have_a_value_for_every_moment(void **state)
{
    struct column_fixture *c = *state;
    observe(c, "plan", "\"pro\"", BOOK_NOW.us - 10);
    observe(c, "plan", "\"free\"", BOOK_NOW.us - 20);
    observe(c, "plan", "null", BOOK_NOW.us - 5);
    observe(c, "plan", "\"pro\"", BOOK_NOW.us - 3);
    observe(c, "size", "2.5e1", BOOK_NOW.us - 10);
    observe(c, "paying", "true", BOOK_NOW.us - 10);
    refresh(c);
    assert_true(now_of(c, "trait.plan") == cn_intern(c->strings, CN_STR("pro")));
    assert_true(true_at(c, "trait.plan", BOOK_NOW.us - 4) == -999);
    assert_true(true_at(c, "trait.plan", BOOK_NOW.us - 15) ==
                cn_intern(c->strings, CN_STR("free")));
    assert_true(true_at(c, "trait.plan", BOOK_NOW.us - 30) == -999);
    assert_true(value_at(c, "trait.size", "number", 0, BOOK_NOW.us, false) == 25);
    assert_true(value_at(c, "trait.plan", "number", 0, BOOK_NOW.us, false) == -999);
    assert_true(value_at(c, "trait.paying", "flag", 0, BOOK_NOW.us, false) == 1);
    assert_true(now_of(c, "trait.unheard") == -999);
}

static void texts_come_from_the_record(void **state)
{
    struct column_fixture *c = *state;
    assert_true(now_of(c, "name") == cn_intern(c->strings, CN_STR("Acme")));
    assert_true(now_of(c, "stage") == cn_intern(c->strings, CN_STR("onboarding")));
    assert_true(now_of(c, "currency") == cn_intern(c->strings, CN_STR("EUR")));
    assert_true(now_of(c, "owner") == -999);
}

static void names_that_are_used_wrongly_are_told_how(void **state)
{
    struct column_fixture *c = *state;
    struct book_fixture *f = c->book;
    struct cn_column_spec spec;
    static const struct {
        struct cn_column_request request;
        enum cn_resolve expected;
        const char *says;
    } cases[] = {
        { { .name = CN_STR("nothing") }, CN_RESOLVE_UNKNOWN, "" },
        { { .name = CN_STR("trait.") }, CN_RESOLVE_UNKNOWN, "" },
        { { .name = CN_STR("arr"), .method = CN_STR("sum") }, CN_RESOLVE_WRONG, "write arr" },
        { { .name = CN_STR("tickets") }, CN_RESOLVE_WRONG, "tickets.opened(days)" },
        { { .name = CN_STR("tickets"), .method = CN_STR("opened") }, CN_RESOLVE_WRONG, "whole" },
        { { .name = CN_STR("tickets"),
            .method = CN_STR("opened"),
            .args = { { .number = 1.5 } },
            .arg_count = 1 },
          CN_RESOLVE_WRONG,
          "whole" },
        { { .name = CN_STR("arr"), .args = { { .number = 1 } }, .arg_count = 1 },
          CN_RESOLVE_WRONG,
          "no arguments" },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        f->err.message[0] = '\0';
        assert_int_equal(c->source->resolve(c->source->ctx, &cases[i].request, &spec, &f->err),
                         cases[i].expected);
        assert_non_null(strstr(f->err.message, cases[i].says));
    }
    struct cn_column_name name;
    size_t count = 0;
    while (c->source->list(c->source->ctx, count, &name)) {
        assert_true(name.name.len > 0 && name.doc.len > 0);
        count++;
    }
    assert_true(count > 15);
}

static void all_are_loaded_and_new_ones_join_in_order(void **state)
{
    struct column_fixture *c = *state;
    struct book_fixture *f = c->book;
    struct cn_account second;
    int64_t owner = 1;
    int64_t team = 1;
    size_t count = 0;
    const struct cn_account_new new_account = { .name = CN_STR("Beta") };
    must(cn_account_create(&f->unit, &new_account, &second, &f->err));
    assert_false(cn_book_facts_owner(c->facts, second.id.value, &owner, &team));
    must(cn_book_facts_refresh(c->facts, f->unit.conn, &second.id.value, 1, &f->err));
    assert_true(cn_book_facts_owner(c->facts, second.id.value, &owner, &team));
    assert_int_equal(owner, 0);
    const int64_t *ids = cn_book_facts_accounts(c->facts, &count);
    assert_int_equal(count, 2);
    assert_true(ids[0] < ids[1]);
    must(cn_book_facts_load(c->facts, f->unit.conn, &f->err));
    ids = cn_book_facts_accounts(c->facts, &count);
    assert_int_equal(count, 2);
    assert_int_equal(ids[1], second.id.value);
}

static int column_setup_on(void **state, const char *pg_url)
{
    void *book = NULL;
    if (book_setup_on(&book, pg_url) != 0) {
        return -1;
    }
    struct book_fixture *f = book;
    fixture = (struct column_fixture){ .book = f, .strings = cn_interner_new() };
    *state = &fixture;
    const struct cn_account_new new_account = { .name = CN_STR("Acme"),
                                                .arr = { 120000, "EUR" },
                                                .arr_given = CN_GIVEN };
    must(cn_tz_load(CN_STR("UTC"), &fixture.tz, &f->err));
    fixture.facts = cn_book_facts_new(fixture.tz);
    fixture.source = cn_book_facts_source(fixture.facts);
    must(cn_account_create(&f->unit, &new_account, &fixture.account, &f->err));
    must(cn_book_facts_load(fixture.facts, f->unit.conn, &f->err));
    return 0;
}

static int column_setup(void **state)
{
    return column_setup_on(state, NULL);
}

static int column_setup_server(void **state)
{
    return column_setup_on(
        state, getenv("CAIRN_TEST_PG_URL")); /* NOLINT(concurrency-mt-unsafe): one thread */
}

static int column_teardown(void **state)
{
    struct column_fixture *c = *state;
    void *book = c->book;
    cn_book_facts_free(c->facts);
    cn_interner_free(c->strings);
    cn_tz_free(c->tz);
    return book_teardown(&book);
}

#define TEST(title, function, setup_) CN_TEST_WITH(title, function, setup_, column_teardown)
#define TESTS(setup_)                                                                              \
    TEST("contracts give ARR, seats and renewal", contracts_give_arr_seats_and_renewal, setup_),   \
        TEST("003-28 the champion is there until the day of leaving",                              \
             the_champion_is_there_until_the_day_of_leaving, setup_),                              \
        TEST("003-37 a critical ticket ages by the second", a_critical_ticket_ages_by_the_second,  \
             setup_),                                                                              \
        TEST("traits have a value for every moment", traits_have_a_value_for_every_moment,         \
             setup_),                                                                              \
        TEST("texts come from the record", texts_come_from_the_record, setup_),                    \
        TEST("names that are used wrongly are told how", names_that_are_used_wrongly_are_told_how, \
             setup_),                                                                              \
        TEST("all are loaded, and new ones join in order",                                         \
             all_are_loaded_and_new_ones_join_in_order, setup_)

int main(void)
{
    const struct CMUnitTest sqlite_tests[] = { TESTS(column_setup) };
    const struct CMUnitTest postgres_tests[] = { TESTS(column_setup_server) };
    return BOOK_RUN("book column", sqlite_tests, postgres_tests);
}
