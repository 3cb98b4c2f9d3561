/* What contracts make of their account's record, at once and by the clock. */
#include "base/str.h"

#include "book/account.h"
#include "book/contract.h"
#include "tests/unit/book_fixture.h"

static void contracts_set_arr_and_renewal(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    int64_t today = cn_unit_day(&f->unit);
    struct cn_contract_new new_contract = { .name = CN_STR("Base"),
                                            .external_id = CN_STR("c1"),
                                            .arr = { 4500000, "USD" },
                                            .starts_on = today - 100,
                                            .ends_on = today + 90,
                                            .seats = 50,
                                            .seats_given = CN_GIVEN,
                                            .status = CN_CONTRACT_ACTIVE };
    struct cn_contract contract;
    struct cn_contract_list list;
    must(cn_contract_create(&f->unit, account.id, &new_contract, &contract, &f->err));
    new_contract.external_id = CN_STR("c2");
    new_contract.starts_on = today + 91; /* signed ahead: not running yet */
    new_contract.ends_on = today + 455;
    must(cn_contract_create(&f->unit, account.id, &new_contract, &contract, &f->err));
    must(cn_account_load(&f->unit, account.id, &account, &f->err));
    assert_int_equal(account.arr.minor, 4500000);
    assert_string_equal(account.arr.currency, "USD");
    assert_int_equal(account.renewal_on, today + 455);
    assert_int_equal(account.version, 1);

    must(cn_contract_create(&f->unit, account.id, &new_contract, &contract, &f->err));
    assert_int_equal(contract.version, 2); /* the same external id: updated */
    must(cn_contract_list(&f->unit, account.id, &list, &f->err));
    assert_int_equal(list.count, 2);

    const struct cn_contract_patch cancel = { .status = CN_CONTRACT_CANCELLED,
                                              .status_given = CN_GIVEN };
    for (size_t i = 0; i < list.count; i++) {
        must(cn_contract_update(&f->unit, account.id, list.items[i].id, list.items[i].version,
                                &cancel, &contract, &f->err));
    }
    must(cn_account_load(&f->unit, account.id, &account, &f->err));
    assert_int_equal(account.arr.minor, 0);
    assert_int_equal(account.renewal_on_given, CN_NULL);
    const struct cn_contract_patch backwards = { .ends_on = 5, .ends_on_given = CN_GIVEN };
    assert_false(
        cn_contract_update(&f->unit, account.id, contract.id, 0, &backwards, &contract, &f->err));
    assert_string_equal(f->err.field, "ends_on");
}

static void add_contract(struct book_fixture *f, cn_account_id account, struct cn_money arr,
                         int64_t starts_on, int64_t ends_on)
{
    const struct cn_contract_new new_contract = { .name = CN_STR("Year"),
                                                  .arr = arr,
                                                  .starts_on = starts_on,
                                                  .ends_on = ends_on,
                                                  .status = CN_CONTRACT_ACTIVE };
    struct cn_contract contract;
    must(cn_contract_create(&f->unit, account, &new_contract, &contract, &f->err));
}

static void follow_contracts(struct book_fixture *f)
{
    int64_t after = 0;
    bool done = false;
    must(cn_sql_begin(f->unit.conn, &f->err));
    must(cn_account_refresh_turned(&f->unit, &after, &done, &f->err));
    must(cn_sql_commit(f->unit.conn, &f->err));
    assert_true(done);
}

static void figures_follow_contracts_that_begin_and_end_by_the_clock(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    struct cn_account ahead = book_make_account(f, "a2", "Signed ahead");
    int64_t today = cn_unit_day(&f->unit);
    add_contract(f, account.id, (struct cn_money){ 100, "EUR" }, today - 100, today + 1);
    add_contract(f, account.id, (struct cn_money){ 250, "USD" }, today + 2, today + 400);
    add_contract(f, ahead.id, (struct cn_money){ 700, "USD" }, today + 2, today + 400);
    follow_contracts(f);
    must(cn_account_load(&f->unit, ahead.id, &ahead, &f->err));
    assert_int_equal(ahead.arr_given, CN_NULL); /* as rules have it: it has not begun */
    for (int64_t day = 1; day <= 3; day++) {
        f->unit.now.us += (int64_t)86400 * 1000000;
        follow_contracts(f);
        must(cn_account_load(&f->unit, account.id, &account, &f->err));
        assert_int_equal(account.arr.minor, day < 2 ? 100 : 250);
        assert_string_equal(account.arr.currency, day < 2 ? "EUR" : "USD");
    }
    must(cn_account_load(&f->unit, ahead.id, &ahead, &f->err));
    assert_int_equal(ahead.arr.minor, 700);
    /* After a pause what turned meanwhile is made up for: the last one awaits renewal. */
    f->unit.now.us += (int64_t)86400 * 1000000 * 500;
    follow_contracts(f);
    must(cn_account_load(&f->unit, account.id, &account, &f->err));
    assert_int_equal(account.arr.minor, 250);
    assert_int_equal(account.renewal_on, today + 400);
}

/* Such a figure was stored by earlier versions, and by a clock that was wrong. */
static void make_stale(struct book_fixture *f)
{
    must(cn_sql_exec(f->unit.conn, "UPDATE account SET arr_minor = 99, currency = 'GBP'", &f->err));
}

static void figures_of_all_accounts_are_made_at_the_first_time(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account ahead = book_make_account(f, "a1", "Signed ahead");
    struct cn_account now = book_make_account(f, "a2", "Running");
    int64_t today = cn_unit_day(&f->unit);
    add_contract(f, ahead.id, (struct cn_money){ 700, "USD" }, today + 2, today + 400);
    add_contract(f, now.id, (struct cn_money){ 100, "EUR" }, today - 100, today + 100);
    make_stale(f);
    follow_contracts(f);
    must(cn_account_load(&f->unit, ahead.id, &ahead, &f->err));
    assert_int_equal(ahead.arr_given, CN_NULL);
    must(cn_account_load(&f->unit, now.id, &now, &f->err));
    assert_int_equal(now.arr.minor, 100);
    assert_string_equal(now.arr.currency, "EUR");
}

/* Three capital letters sufficed once, and the standard withdraws what it had. */
static void an_amount_stays_readable_whatever_its_currency(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    int64_t today = cn_unit_day(&f->unit);
    add_contract(f, account.id, (struct cn_money){ 100, "XYZ" }, today - 100, today + 100);
    follow_contracts(f);
    must(cn_account_load(&f->unit, account.id, &account, &f->err));
    assert_string_equal(account.arr.currency, "XYZ");
}

static void a_day_that_changes_no_figure_is_not_told(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    int64_t today = cn_unit_day(&f->unit);
    int64_t before = 0;
    int64_t after = 0;
    add_contract(f, account.id, (struct cn_money){ 100, "EUR" }, today - 100, today + 1);
    follow_contracts(f);
    must(cn_change_newest(&f->unit, 0, &before, &f->err));
    f->unit.now.us += (int64_t)3 * 86400 * 1000000; /* it awaits renewal, with the same figures */
    follow_contracts(f);
    must(cn_change_newest(&f->unit, 0, &after, &f->err));
    assert_int_equal(after, before);
}

static void figures_follow_a_clock_that_is_set_back(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    int64_t today = cn_unit_day(&f->unit);
    add_contract(f, account.id, (struct cn_money){ 100, "EUR" }, today - 100, today);
    add_contract(f, account.id, (struct cn_money){ 250, "USD" }, today + 1, today + 400);
    f->unit.now.us += (int64_t)86400 * 1000000;
    follow_contracts(f);
    must(cn_account_load(&f->unit, account.id, &account, &f->err));
    assert_int_equal(account.arr.minor, 250);
    f->unit.now.us -= (int64_t)86400 * 1000000;
    follow_contracts(f);
    must(cn_account_load(&f->unit, account.id, &account, &f->err));
    assert_int_equal(account.arr.minor, 100);
    assert_string_equal(account.arr.currency, "EUR");
}

static void contracts_that_run_on_one_day_are_in_one_currency(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    int64_t today = cn_unit_day(&f->unit);
    struct cn_contract_new euros = { .name = CN_STR("Euros"),
                                     .arr = { 100, "EUR" },
                                     .starts_on = today - 10,
                                     .ends_on = today + 10,
                                     .status = CN_CONTRACT_ENDED }; /* counts until it is over */
    struct cn_contract_new dollars = { .name = CN_STR("Dollars"),
                                       .arr = { 250, "USD" },
                                       .starts_on = today + 10,
                                       .ends_on = today + 50,
                                       .status = CN_CONTRACT_ACTIVE };
    struct cn_contract contract;
    struct cn_contract_list list;
    must(cn_contract_create(&f->unit, account.id, &euros, &contract, &f->err));
    const enum cn_contract_status counted[] = { CN_CONTRACT_ACTIVE, CN_CONTRACT_ENDED };
    for (size_t i = 0; i < CN_ARRAY_LEN(counted); i++) {
        dollars.status = counted[i];
        assert_false(cn_contract_create(&f->unit, account.id, &dollars, &contract, &f->err));
        assert_int_equal(f->err.code, CN_INVALID);
        assert_string_equal(f->err.field, "arr");
    }
    must(cn_contract_list(&f->unit, account.id, &list, &f->err));
    assert_int_equal(list.count, 1);
    dollars.status = CN_CONTRACT_CANCELLED;
    must(cn_contract_create(&f->unit, account.id, &dollars, &contract, &f->err));
    dollars.status = CN_CONTRACT_ACTIVE;
    dollars.starts_on = today + 11;
    must(cn_contract_create(&f->unit, account.id, &dollars, &contract, &f->err));
}

#define TEST(title, function, setup_) CN_TEST_WITH(title, function, setup_, book_teardown)
#define TESTS(setup_)                                                                              \
    TEST("contracts set ARR and renewal", contracts_set_arr_and_renewal, setup_),                  \
        TEST("figures follow contracts that begin and end by the clock",                           \
             figures_follow_contracts_that_begin_and_end_by_the_clock, setup_),                    \
        TEST("figures of all accounts are made at the first time",                                 \
             figures_of_all_accounts_are_made_at_the_first_time, setup_),                          \
        TEST("an amount stays readable whatever its currency",                                     \
             an_amount_stays_readable_whatever_its_currency, setup_),                              \
        TEST("a day that changes no figure is not told", a_day_that_changes_no_figure_is_not_told, \
             setup_),                                                                              \
        TEST("figures follow a clock that is set back", figures_follow_a_clock_that_is_set_back,   \
             setup_),                                                                              \
        TEST("contracts that run on one day are in one currency",                                  \
             contracts_that_run_on_one_day_are_in_one_currency, setup_)

int main(void)
{
    const struct CMUnitTest sqlite_tests[] = { TESTS(book_setup) };
    const struct CMUnitTest postgres_tests[] = { TESTS(book_setup_server) };
    return BOOK_RUN("contract", sqlite_tests, postgres_tests);
}
