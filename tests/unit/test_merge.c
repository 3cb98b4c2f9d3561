/* Merging accounts: what each record does.  What is counted of events is test_engine.c's. */
#include <string.h>

#include "base/str.h"

#include "book/contract.h"
#include "book/merge.h"
#include "book/person.h"
#include "book/ticket.h"
#include "book/trait.h"
#include "tests/unit/book_fixture.h"

#define assert_str(actual, text) assert_true(cn_str_equal((actual), CN_STR(text)))

static const struct cn_account_part *const parts[] = { &cn_person_part, &cn_contract_part,
                                                       &cn_ticket_part, &cn_trait_part,
                                                       &cn_history_part };

static cn_account_id make(struct book_fixture *f, const char *key, const char *domain)
{
    const struct cn_account_new new_account = { .name = cn_str_of(key),
                                                .external_id = cn_str_of(key),
                                                .domain = cn_str_of(domain) };
    struct cn_account account;
    must(cn_account_create(&f->unit, &new_account, &account, &f->err));
    return account.id;
}

static bool merge(struct book_fixture *f, cn_account_id from, cn_account_id into, int64_t version,
                  struct cn_account *survivor_out)
{
    return cn_account_merge(&f->unit,
                            &(struct cn_merge){ .from = from,
                                                .into = into,
                                                .version = version,
                                                .parts = parts,
                                                .part_count = CN_ARRAY_LEN(parts) },
                            survivor_out, &f->err);
}

static cn_person_id add_person(struct book_fixture *f, cn_account_id account, const char *user_key,
                               const char *email, enum cn_person_role_kind kind)
{
    struct cn_person_role role = { .role = kind, .from = BOOK_NOW, .to_given = CN_NULL };
    const struct cn_person_new new_person = { .name = CN_STR("Pat"),
                                              .email = cn_str_of(email),
                                              .user_key = cn_str_of(user_key),
                                              .roles = { &role, 1 } };
    struct cn_person person;
    must(cn_person_create(&f->unit, account, &new_person, &person, &f->err));
    return person.id;
}

static cn_contract_id add_contract(struct book_fixture *f, cn_account_id account, const char *key,
                                   int64_t minor)
{
    const struct cn_contract_new new_contract = { .name = CN_STR("Plan"),
                                                  .external_id = cn_str_of(key),
                                                  .arr = { minor, "USD" },
                                                  .starts_on = 20000,
                                                  .ends_on = 21000,
                                                  .status = CN_CONTRACT_ACTIVE };
    struct cn_contract contract;
    must(cn_contract_create(&f->unit, account, &new_contract, &contract, &f->err));
    return contract.id;
}

static void add_ticket(struct book_fixture *f, cn_account_id account, const char *key)
{
    const struct cn_ticket_new new_ticket = { .subject = CN_STR("Help"),
                                              .external_id = cn_str_of(key),
                                              .priority = CN_TICKET_HIGH,
                                              .status = CN_TICKET_OPEN,
                                              .opened_at = BOOK_NOW };
    struct cn_ticket ticket;
    must(cn_ticket_create(&f->unit, account, &new_ticket, &ticket, &f->err));
}

static bool has_history(struct book_fixture *f, cn_account_id account, int64_t record,
                        const char *field)
{
    struct cn_history_list history;
    must(cn_history_list(&f->unit, account, 1000, &history, &f->err));
    for (size_t i = 0; i < history.count; i++) {
        if (history.items[i].record_id == record &&
            cn_str_equal(history.items[i].field, cn_str_of(field))) {
            return true;
        }
    }
    return false;
}

static void records_move_and_keep_their_ids(void **state)
{
    struct book_fixture *f = *state;
    cn_account_id from = make(f, "beta", "beta.example");
    cn_account_id into = make(f, "acme", "");
    cn_person_id pat = add_person(f, from, "u1", "pat@beta.example", CN_PERSON_CHAMPION);
    add_contract(f, into, "c1", 1000);
    cn_contract_id second = add_contract(f, from, "c2", 500);
    add_ticket(f, into, "t1");
    add_ticket(f, from, "t2");
    bool newest = false;
    const struct cn_trait_observation plan = { .account_id = from,
                                               .name = CN_STR("plan"),
                                               .value = CN_STR("\"pro\""),
                                               .at = BOOK_NOW,
                                               .tie = 1 };
    must(cn_sql_begin(f->unit.conn, &f->err));
    must(cn_trait_observe(&f->unit, &plan, &newest, &f->err));
    must(cn_sql_commit(f->unit.conn, &f->err));

    struct cn_account survivor;
    must(merge(f, from, into, 0, &survivor));
    assert_int_equal(survivor.id.value, into.value);
    assert_int_equal(survivor.arr.minor, 1500);
    assert_int_equal(survivor.derived.open_tickets, 2);
    assert_str(survivor.domain, "beta.example"); /* it had none of its own */

    struct cn_person person;
    struct cn_contract contract;
    struct cn_trait_list traits;
    must(cn_person_load(&f->unit, into, pat, &person, &f->err));
    assert_int_equal(person.roles.count, 1);
    must(cn_contract_load(&f->unit, into, second, &contract, &f->err));
    assert_str(contract.external_id, "c2");
    must(cn_trait_list(&f->unit, into, &traits, &f->err));
    assert_int_equal(traits.count, 1);
    assert_true(has_history(f, into, pat.value, "account_id"));
    assert_true(has_history(f, into, pat.value, "email")); /* from before the merge */
    assert_true(has_history(f, into, into.value, "merged"));
    assert_true(has_history(f, into, from.value, "name")); /* of the account that is gone */
}

static void two_people_with_one_user_key_become_one(void **state)
{
    struct book_fixture *f = *state;
    cn_account_id from = make(f, "beta", "");
    cn_account_id into = make(f, "acme", "");
    cn_person_id gone = add_person(f, from, "u1", "pat@beta.example", CN_PERSON_CHAMPION);
    cn_person_id kept = add_person(f, into, "u1", "", CN_PERSON_SPONSOR);
    struct cn_account survivor;
    struct cn_person_list people;
    must(merge(f, from, into, 0, &survivor));
    must(cn_person_list(&f->unit, into, &people, &f->err));
    assert_int_equal(people.count, 1);
    assert_int_equal(people.items[0].id.value, kept.value);
    assert_str(people.items[0].email, "pat@beta.example");
    assert_int_equal(people.items[0].roles.count, 2);
    assert_true(has_history(f, into, gone.value, "person_id"));
}

static void a_taken_external_id_is_given_up_and_noted(void **state)
{
    struct book_fixture *f = *state;
    cn_account_id from = make(f, "beta", "");
    cn_account_id into = make(f, "acme", "");
    cn_contract_id kept = add_contract(f, into, "c1", 1000);
    cn_contract_id moved = add_contract(f, from, "c1", 500);
    add_ticket(f, into, "t1");
    add_ticket(f, from, "t1");
    struct cn_account survivor;
    struct cn_contract contract;
    must(merge(f, from, into, 0, &survivor));
    must(cn_contract_load(&f->unit, into, kept, &contract, &f->err));
    assert_str(contract.external_id, "c1");
    must(cn_contract_load(&f->unit, into, moved, &contract, &f->err));
    assert_int_equal(contract.external_id_given, CN_NULL);
    assert_true(has_history(f, into, moved.value, "external_id"));
    assert_int_equal(survivor.arr.minor, 1500); /* nothing is lost */
    assert_int_equal(survivor.derived.open_tickets, 2);
}

static void a_merged_account_names_its_successor(void **state)
{
    struct book_fixture *f = *state;
    cn_account_id from = make(f, "beta", "");
    cn_account_id into = make(f, "acme", "");
    struct cn_account account;
    struct cn_person_list people;
    char id[CN_ID_TEXT_BYTES];
    must(merge(f, from, into, 1, &account));
    cn_id_format(CN_ACCOUNT_PREFIX, into.value, id);
    assert_false(cn_account_load(&f->unit, from, &account, &f->err));
    assert_int_equal(f->err.code, CN_GONE);
    assert_string_equal(f->err.successor, id);
    assert_false(cn_person_list(&f->unit, from, &people, &f->err));
    assert_int_equal(f->err.code, CN_GONE);
    must(cn_account_load_external(&f->unit, CN_STR("beta"), &account, &f->err));
    assert_int_equal(account.id.value, into.value);

    /* an import under the old key is of the survivor, whose domain may be the merged one's */
    const struct cn_account_new again = { .name = CN_STR("Beta"), .external_id = CN_STR("beta") };
    bool created = true;
    must(cn_account_upsert(&f->unit, &again, &account, &created, &f->err));
    assert_false(created);
    assert_int_equal(account.id.value, into.value);

    /* out of scope it does not exist */
    f->unit.scope = CN_SCOPE_OWN;
    f->unit.user.value = 7;
    assert_false(cn_account_load(&f->unit, from, &account, &f->err));
    assert_int_equal(f->err.code, CN_NOT_FOUND);
}

static void what_cannot_be_merged_is_refused_and_nothing_changes(void **state)
{
    struct book_fixture *f = *state;
    cn_account_id from = make(f, "beta", "");
    cn_account_id into = make(f, "acme", "");
    struct cn_account account = { .version = -1 };
    int64_t before = 0;
    int64_t after = 0;
    must(cn_change_newest(&f->unit, 0, &before, &f->err));
    assert_false(merge(f, from, from, 0, &account));
    assert_int_equal(f->err.code, CN_INVALID);
    assert_string_equal(f->err.field, "into");
    assert_false(merge(f, from, (cn_account_id){ 99 }, 0, &account));
    assert_int_equal(f->err.code, CN_INVALID);
    assert_string_equal(f->err.field, "into");
    assert_false(merge(f, from, into, 5, &account));
    assert_int_equal(f->err.code, CN_STALE);
    assert_false(merge(f, (cn_account_id){ 99 }, into, 0, &account));
    assert_int_equal(f->err.code, CN_NOT_FOUND);
    assert_int_equal(account.version, -1);
    must(cn_change_newest(&f->unit, 0, &after, &f->err));
    assert_int_equal(after, before);
    must(cn_account_load(&f->unit, from, &account, &f->err));
    assert_int_equal(account.version, 1);
}

static void contracts_of_two_currencies_on_one_day_do_not_become_one_account_s(void **state)
{
    struct book_fixture *f = *state;
    cn_account_id from = make(f, "beta", "");
    cn_account_id into = make(f, "acme", "");
    struct cn_account account = { .version = -1 };
    const struct cn_contract_patch euros = { .arr = { 500, "EUR" }, .arr_given = CN_GIVEN };
    const struct cn_contract_patch later = {
        .starts_on = 21001, .starts_on_given = CN_GIVEN, .ends_on = 21365, .ends_on_given = CN_GIVEN
    };
    struct cn_contract contract;
    add_contract(f, into, "c1", 1000);
    cn_contract_id other = add_contract(f, from, "c2", 500);
    must(cn_contract_update(&f->unit, from, other, 0, &euros, &contract, &f->err));
    assert_false(merge(f, from, into, 0, &account));
    assert_int_equal(f->err.code, CN_INVALID);
    assert_string_equal(f->err.field, "into");
    must(cn_account_load(&f->unit, from, &account, &f->err));
    must(cn_contract_load(&f->unit, from, other, &contract, &f->err));

    must(cn_contract_update(&f->unit, from, other, 0, &later, &contract, &f->err));
    must(merge(f, from, into, 0, &account));
    must(cn_contract_load(&f->unit, into, other, &contract, &f->err));
    assert_string_equal(contract.arr.currency, "EUR");
}

static void set_parent(struct book_fixture *f, cn_account_id id, cn_account_id parent)
{
    struct cn_account account;
    const struct cn_account_patch patch = { .parent_id = parent, .parent_id_given = CN_GIVEN };
    must(cn_account_update(&f->unit, id, 0, &patch, &account, &f->err));
}

static cn_account_id parent_of(struct book_fixture *f, cn_account_id id)
{
    struct cn_account account = { 0 };
    must(cn_account_load(&f->unit, id, &account, &f->err));
    return account.parent_id_given == CN_GIVEN ? account.parent_id : (cn_account_id){ 0 };
}

static void accounts_below_the_merged_one_are_below_the_survivor(void **state)
{
    struct book_fixture *f = *state;
    cn_account_id top = make(f, "top", "");
    cn_account_id from = make(f, "from", "");
    cn_account_id between = make(f, "between", "");
    cn_account_id into = make(f, "into", "");
    cn_account_id other = make(f, "other", "");
    struct cn_account account;
    set_parent(f, from, top);
    set_parent(f, between, from);
    set_parent(f, into, between); /* into is below from, with one between */
    set_parent(f, other, from);
    must(merge(f, from, into, 0, &account));
    assert_int_equal(parent_of(f, other).value, into.value);
    assert_int_equal(parent_of(f, between).value, top.value);
    assert_int_equal(parent_of(f, into).value, between.value);
}

#define TEST(title, function, setup_) CN_TEST_WITH(title, function, setup_, book_teardown)
#define TESTS(setup_)                                                                            \
    TEST("records move and keep their ids", records_move_and_keep_their_ids, setup_),            \
        TEST("two people with one user key become one", two_people_with_one_user_key_become_one, \
             setup_),                                                                            \
        TEST("a taken external id is given up and noted",                                        \
             a_taken_external_id_is_given_up_and_noted, setup_),                                 \
        TEST("a merged account names its successor", a_merged_account_names_its_successor,       \
             setup_),                                                                            \
        TEST("what cannot be merged is refused and nothing changes",                             \
             what_cannot_be_merged_is_refused_and_nothing_changes, setup_),                      \
        TEST("contracts of two currencies on one day do not become one account's",               \
             contracts_of_two_currencies_on_one_day_do_not_become_one_account_s, setup_),        \
        TEST("accounts below the merged one are below the survivor",                             \
             accounts_below_the_merged_one_are_below_the_survivor, setup_)

int main(void)
{
    const struct CMUnitTest sqlite_tests[] = { TESTS(book_setup) };
    const struct CMUnitTest postgres_tests[] = { TESTS(book_setup_server) };
    return BOOK_RUN("merge", sqlite_tests, postgres_tests);
}
