/* Records as they were known at a past moment: fields, tickets, merges, marks, scope. */
#include <string.h>

#include "base/str.h"

#include "book/account_then.h"
#include "book/contract.h"
#include "book/departure.h"
#include "book/merge.h"
#include "book/ticket.h"
#include "book/user.h"
#include "tests/unit/book_fixture.h"

#define assert_str(actual, text) assert_true(cn_str_equal((actual), CN_STR(text)))

enum {
    HOUR_S = 3600
};

/* So many hours after the beginning. */
static cn_time hour(int64_t n)
{
    return (cn_time){ BOOK_NOW.us + n * HOUR_S * 1000000 };
}

static void go_to(struct book_fixture *f, int64_t n)
{
    f->unit.now = hour(n);
}

static struct cn_account_then_list list_at(struct book_fixture *f, int64_t n, cn_account_id only)
{
    struct cn_account_then_list list;
    must(cn_accounts_then(&f->unit, hour(n), only, &list, &f->err));
    return list;
}

static struct cn_account_then one_at(struct book_fixture *f, int64_t n, cn_account_id id)
{
    struct cn_account_then_list list = list_at(f, n, id);
    assert_int_equal(list.count, 1);
    assert_true(list.items[0].account.id.value == id.value);
    return list.items[0];
}

static void update(struct book_fixture *f, cn_account_id id, const struct cn_account_patch *patch)
{
    struct cn_account account;
    must(cn_account_update(&f->unit, id, 0, patch, &account, &f->err));
}

static cn_user_id make_user(struct book_fixture *f)
{
    const struct cn_user_new new_user = { .email = CN_STR("o@example.com"),
                                          .name = CN_STR("Olga"),
                                          .role = CN_ROLE_CSM,
                                          .scope = CN_SCOPE_OWN };
    struct cn_user user;
    must(cn_user_create(&f->unit, &new_user, &user, &f->err));
    return user.id;
}

static void a_field_has_the_value_that_was_told_last(void **state)
{
    struct book_fixture *f = *state;
    const struct cn_account made = book_make_account(f, "k1", "First name");
    const cn_user_id owner = make_user(f);
    go_to(f, 2);
    update(f, made.id,
           &(struct cn_account_patch){ .name = CN_STR("Second \"name\""),
                                       .name_given = CN_GIVEN,
                                       .domain = CN_STR("example.com"),
                                       .domain_given = CN_GIVEN,
                                       .owner_id = owner,
                                       .owner_id_given = CN_GIVEN,
                                       .stage = CN_STAGE_GROWTH,
                                       .stage_given = CN_GIVEN,
                                       .arr_given = CN_NULL });
    go_to(f, 4);
    update(f, made.id,
           &(struct cn_account_patch){ .owner_id_given = CN_NULL,
                                       .arr = { 700, "USD" },
                                       .arr_given = CN_GIVEN,
                                       .renewal_on = 20600,
                                       .renewal_on_given = CN_GIVEN });

    struct cn_account account = one_at(f, 1, made.id).account;
    assert_str(account.name, "First name");
    assert_str(account.external_id, "k1");
    assert_int_equal(account.domain_given, CN_NULL);
    assert_int_equal(account.owner_id_given, CN_NULL);
    assert_int_equal(account.stage, CN_STAGE_ONBOARDING);
    assert_true(account.arr_given == CN_GIVEN && account.arr.minor == 120000);
    assert_string_equal(account.arr.currency, "EUR");
    assert_int_equal(account.renewal_on_given, CN_NULL);

    account = one_at(f, 2, made.id).account; /* the moment of the change itself */
    assert_str(account.name, "Second \"name\"");
    assert_str(account.domain, "example.com");
    assert_true(account.owner_id_given == CN_GIVEN && account.owner_id.value == owner.value);
    assert_int_equal(account.stage, CN_STAGE_GROWTH);
    assert_int_equal(account.arr_given, CN_NULL);

    account = one_at(f, 5, made.id).account;
    assert_int_equal(account.owner_id_given, CN_NULL);
    assert_string_equal(account.arr.currency, "USD");
    assert_true(account.renewal_on_given == CN_GIVEN && account.renewal_on == 20600);
    assert_true(account.created_at.us == BOOK_NOW.us);
}

static void who_was_not_told_of_is_not_there(void **state)
{
    struct book_fixture *f = *state;
    cn_time first = { 0 };
    bool has_any = true;
    must(cn_accounts_first_known(&f->unit, &first, &has_any, &f->err));
    assert_false(has_any);
    go_to(f, 1);
    const struct cn_account early = book_make_account(f, "early", "Early");
    go_to(f, 3);
    /* It says that it began before; nobody knew. */
    const struct cn_account_new imported = { .name = CN_STR("Imported"),
                                             .external_id = CN_STR("imported"),
                                             .created_at = BOOK_NOW };
    struct cn_account late;
    must(cn_account_create(&f->unit, &imported, &late, &f->err));
    assert_int_equal(list_at(f, 0, (cn_account_id){ 0 }).count, 0);
    const struct cn_account_then_list then = list_at(f, 2, (cn_account_id){ 0 });
    assert_int_equal(then.count, 1);
    assert_true(then.items[0].account.id.value == early.id.value);
    assert_int_equal(list_at(f, 2, late.id).count, 0);
    assert_int_equal(list_at(f, 3, (cn_account_id){ 0 }).count, 2);
    must(cn_accounts_first_known(&f->unit, &first, &has_any, &f->err));
    assert_true(has_any && first.us == hour(1).us);
}

/* A contract of earlier years that is brought later stands before the later one. */
static void lines_are_in_the_order_in_which_they_were_known(void **state)
{
    struct book_fixture *f = *state;
    const struct cn_account made = book_make_account(f, "k1", "One");
    go_to(f, 6);
    update(f, made.id, &(struct cn_account_patch){ .arr = { 600, "EUR" }, .arr_given = CN_GIVEN });
    go_to(f, 3); /* written after, known before */
    update(f, made.id, &(struct cn_account_patch){ .arr = { 300, "EUR" }, .arr_given = CN_GIVEN });
    go_to(f, 9);
    update(f, made.id, &(struct cn_account_patch){ .arr = { 900, "EUR" }, .arr_given = CN_GIVEN });
    assert_int_equal(one_at(f, 1, made.id).account.arr.minor, 120000);
    assert_int_equal(one_at(f, 4, made.id).account.arr.minor, 300);
    assert_int_equal(one_at(f, 7, made.id).account.arr.minor, 600);
    assert_int_equal(one_at(f, 9, made.id).account.arr.minor, 900);
}

static struct cn_ticket open_ticket(struct book_fixture *f, cn_account_id account)
{
    const struct cn_ticket_new new_ticket = { .subject = CN_STR("Help"), .opened_at = BOOK_NOW };
    struct cn_ticket ticket;
    must(cn_ticket_create(&f->unit, account, &new_ticket, &ticket, &f->err));
    return ticket;
}

static void set_status(struct book_fixture *f, const struct cn_ticket *ticket,
                       enum cn_ticket_status status)
{
    struct cn_ticket changed;
    must(cn_ticket_update(&f->unit, ticket->account_id, ticket->id, 0,
                          &(struct cn_ticket_patch){ .status = status, .status_given = CN_GIVEN },
                          &changed, &f->err));
}

static void tickets_are_counted_as_they_were(void **state)
{
    struct book_fixture *f = *state;
    const struct cn_account made = book_make_account(f, "k1", "One");
    go_to(f, 1);
    const struct cn_ticket first = open_ticket(f, made.id);
    go_to(f, 3);
    (void)open_ticket(f, made.id);
    set_status(f, &first, CN_TICKET_SOLVED);
    go_to(f, 5);
    set_status(f, &first, CN_TICKET_PENDING);
    const int64_t counts[] = { 0, 1, 1, 1, 1, 2, 2 };
    for (int64_t n = 0; n < (int64_t)CN_ARRAY_LEN(counts); n++) {
        const struct cn_account_then then = one_at(f, n, made.id);
        assert_true(then.has_tickets);
        assert_int_equal(then.account.derived.open_tickets, counts[n]);
    }
}

static const struct cn_account_part *const parts[] = { &cn_person_part, &cn_contract_part,
                                                       &cn_ticket_part, &cn_trait_part,
                                                       &cn_history_part };

static void merge(struct book_fixture *f, cn_account_id from, cn_account_id into)
{
    struct cn_account survivor;
    must(cn_account_merge(
        &f->unit,
        &(struct cn_merge){
            .from = from, .into = into, .parts = parts, .part_count = CN_ARRAY_LEN(parts) },
        &survivor, &f->err));
}

static void merged_accounts_are_there_again(void **state)
{
    struct book_fixture *f = *state;
    const struct cn_account a = book_make_account(f, "a", "Alpha");
    const struct cn_account b = book_make_account(f, "b", "Beta");
    const struct cn_account c = book_make_account(f, "c", "Gamma");
    go_to(f, 1);
    update(f, a.id,
           &(struct cn_account_patch){ .name = CN_STR("Alpha 2"), .name_given = CN_GIVEN });
    go_to(f, 3);
    merge(f, a.id, b.id);
    go_to(f, 5);
    merge(f, b.id, c.id);

    struct cn_account_then_list list = list_at(f, 2, (cn_account_id){ 0 });
    assert_int_equal(list.count, 3);
    for (size_t i = 1; i < list.count; i++) {
        assert_true(list.items[i - 1].account.id.value < list.items[i].account.id.value);
    }
    struct cn_account_then then = one_at(f, 2, a.id);
    assert_str(then.account.name, "Alpha 2");
    assert_str(then.account.external_id, "a");
    assert_int_equal(then.account.arr.minor, 120000);
    assert_true(then.account.created_at.us == BOOK_NOW.us);
    assert_true(then.merged_into.value == c.id.value);
    assert_false(then.has_tickets);
    assert_str(one_at(f, 0, a.id).account.name, "Alpha");
    then = one_at(f, 2, c.id);
    assert_true(then.merged_into.value == 0);
    assert_false(then.has_tickets);

    assert_int_equal(list_at(f, 4, (cn_account_id){ 0 }).count, 2);
    assert_int_equal(list_at(f, 4, a.id).count, 0);
    assert_str(one_at(f, 4, b.id).account.external_id, "b");
    assert_int_equal(list_at(f, 5, (cn_account_id){ 0 }).count, 1);
    assert_true(one_at(f, 5, c.id).has_tickets);
}

static void marks_count_from_when_they_were_told(void **state)
{
    struct book_fixture *f = *state;
    const struct cn_account made = book_make_account(f, "k1", "One");
    go_to(f, 2);
    must(cn_departure_set(&f->unit, made.id, 20000, CN_STR(""), &f->err));
    assert_false(one_at(f, 1, made.id).has_left);
    assert_true(one_at(f, 2, made.id).has_left);
    assert_int_equal(one_at(f, 2, made.id).left_on, 20000);
}

static void the_scope_is_todays(void **state)
{
    struct book_fixture *f = *state;
    const cn_user_id owner = make_user(f);
    const struct cn_account gained = book_make_account(f, "gained", "Gained");
    const struct cn_account lost = book_make_account(f, "lost", "Lost");
    const struct cn_account merged = book_make_account(f, "merged", "Merged");
    update(f, lost.id, &(struct cn_account_patch){ .owner_id = owner, .owner_id_given = CN_GIVEN });
    go_to(f, 2);
    update(f, lost.id, &(struct cn_account_patch){ .owner_id_given = CN_NULL });
    update(f, gained.id,
           &(struct cn_account_patch){ .owner_id = owner, .owner_id_given = CN_GIVEN });
    merge(f, merged.id, gained.id);
    f->unit.scope = CN_SCOPE_OWN;
    f->unit.user = owner;
    const struct cn_account_then_list list = list_at(f, 1, (cn_account_id){ 0 });
    assert_int_equal(list.count, 2);
    assert_int_equal(list_at(f, 1, lost.id).count, 0);
    assert_int_equal(one_at(f, 1, gained.id).account.owner_id_given, CN_NULL);
    assert_str(one_at(f, 1, merged.id).account.name, "Merged");
    f->unit.user = (cn_user_id){ owner.value + 1 };
    assert_int_equal(list_at(f, 1, (cn_account_id){ 0 }).count, 0);
    assert_int_equal(list_at(f, 1, merged.id).count, 0);
}

#define TESTS(setup)                                                                         \
    {                                                                                        \
        cmocka_unit_test_setup_teardown(a_field_has_the_value_that_was_told_last, setup,     \
                                        book_teardown),                                      \
            cmocka_unit_test_setup_teardown(who_was_not_told_of_is_not_there, setup,         \
                                            book_teardown),                                  \
            cmocka_unit_test_setup_teardown(lines_are_in_the_order_in_which_they_were_known, \
                                            setup, book_teardown),                           \
            cmocka_unit_test_setup_teardown(tickets_are_counted_as_they_were, setup,         \
                                            book_teardown),                                  \
            cmocka_unit_test_setup_teardown(merged_accounts_are_there_again, setup,          \
                                            book_teardown),                                  \
            cmocka_unit_test_setup_teardown(marks_count_from_when_they_were_told, setup,     \
                                            book_teardown),                                  \
            cmocka_unit_test_setup_teardown(the_scope_is_todays, setup, book_teardown),      \
    }

int main(void)
{
    const struct CMUnitTest on_sqlite[] = TESTS(book_setup);
    const struct CMUnitTest on_postgres[] = TESTS(book_setup_server);
    return BOOK_RUN("accounts of then", on_sqlite, on_postgres);
}
