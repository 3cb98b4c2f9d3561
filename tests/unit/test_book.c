#include <string.h>

#include "base/str.h"

#include "book/account.h"
#include "book/account_list.h"
#include "book/person.h"
#include "book/ticket.h"
#include "book/trait.h"
#include "book/user.h"
#include "tests/unit/book_fixture.h"

#define assert_str(actual, text) assert_true(cn_str_equal((actual), CN_STR(text)))

static struct cn_user make_user(struct book_fixture *f, const char *email, cn_team_id team)
{
    const struct cn_user_new new_user = { .email = cn_str_of(email),
                                          .name = CN_STR("Ann"),
                                          .role = CN_ROLE_CSM,
                                          .scope = CN_SCOPE_ALL,
                                          .team_id = team };
    struct cn_user user;
    must(cn_user_create(&f->unit, &new_user, &user, &f->err));
    return user;
}

static int64_t newest_change(struct book_fixture *f)
{
    int64_t seq = -1;
    must(cn_change_newest(&f->unit, 0, &seq, &f->err));
    return seq;
}

static void what_is_stored_is_loaded(void **state)
{
    struct book_fixture *f = *state;
    cn_team_id team = { 0 };
    must(cn_team_ensure(&f->unit, CN_STR("East"), &team, &f->err));
    struct cn_user user = make_user(f, "ann@example.com", team);
    const struct cn_account_new new_account = { .name = CN_STR("Soci\xc3\xa9t\xc3\xa9 Acme"),
                                                .external_id = CN_STR("a1"),
                                                .domain = CN_STR("https://www.Acme.example/x"),
                                                .owner_id = user.id,
                                                .stage = CN_STAGE_GROWTH,
                                                .arr = { 4500000, "USD" },
                                                .arr_given = CN_GIVEN };
    struct cn_account made;
    struct cn_account account;
    must(cn_account_create(&f->unit, &new_account, &made, &f->err));
    must(cn_account_load(&f->unit, made.id, &account, &f->err));
    assert_str(account.name, "Soci\xc3\xa9t\xc3\xa9 Acme");
    assert_str(account.external_id, "a1");
    assert_str(account.domain, "acme.example");
    assert_int_equal(account.owner_id.value, user.id.value);
    assert_int_equal(account.team_id.value, team.value); /* the owner's */
    assert_int_equal(account.stage, CN_STAGE_GROWTH);
    assert_int_equal(account.arr.minor, 4500000);
    assert_string_equal(account.arr.currency, "USD");
    assert_int_equal(account.version, 1);
    assert_int_equal(account.parent_id_given, CN_NULL);
    assert_int_equal(account.derived.points_given, CN_NULL);
    assert_int_equal(account.created_at.us, BOOK_NOW.us);
    must(cn_account_load_external(&f->unit, CN_STR("a1"), &account, &f->err));
    assert_int_equal(account.id.value, made.id.value);
}

static void what_is_out_of_scope_does_not_exist(void **state)
{
    struct book_fixture *f = *state;
    static const struct {
        enum cn_scope scope;
        bool own_user;
        bool own_team;
        bool sees;
    } cases[] = {
        { CN_SCOPE_ALL, false, false, true },  { CN_SCOPE_TEAM, false, true, true },
        { CN_SCOPE_TEAM, true, false, false }, { CN_SCOPE_OWN, true, false, true },
        { CN_SCOPE_OWN, false, true, false },  { CN_SCOPE_NONE, true, true, false },
    };
    cn_team_id team = { 0 };
    must(cn_team_ensure(&f->unit, CN_STR("East"), &team, &f->err));
    struct cn_user user = make_user(f, "ann@example.com", team);
    const struct cn_account_new new_account = { .name = CN_STR("Acme"), .owner_id = user.id };
    struct cn_account account;
    must(cn_account_create(&f->unit, &new_account, &account, &f->err));
    must(cn_person_create(&f->unit, account.id, &(struct cn_person_new){ .name = CN_STR("Pat") },
                          &(struct cn_person){ 0 }, &f->err));
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        const struct cn_account_filter filter = { .limit = 10 };
        struct cn_account_list list;
        struct cn_person_list people;
        struct cn_account loaded;
        f->unit.scope = cases[i].scope;
        f->unit.user.value = cases[i].own_user ? user.id.value : 99;
        f->unit.team.value = cases[i].own_team ? team.value : 99;
        assert_int_equal(cn_account_load(&f->unit, account.id, &loaded, &f->err), cases[i].sees);
        must(cn_account_list(&f->unit, &filter, &list, &f->err));
        assert_int_equal(list.count, cases[i].sees);
        assert_int_equal(list.total, cases[i].sees);
        assert_int_equal(cn_person_list(&f->unit, account.id, &people, &f->err), cases[i].sees);
        assert_int_equal(cn_unit_sees(&f->unit, account.team_id.value, account.owner_id.value),
                         cases[i].sees);
        if (!cases[i].sees) {
            assert_int_equal(f->err.code, CN_NOT_FOUND);
        }
    }
}

static void a_taken_key_or_domain_is_a_conflict_and_names_its_field(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    const struct cn_account_patch domain = { .domain = CN_STR("acme.example"),
                                             .domain_given = CN_GIVEN };
    must(cn_account_update(&f->unit, account.id, 1, &domain, &account, &f->err));
    int64_t before = newest_change(f);
    struct cn_account other = { .version = -1 };
    const struct cn_account_new same_key = { .name = CN_STR("B"), .external_id = CN_STR("a1") };
    const struct cn_account_new same_domain = { .name = CN_STR("B"),
                                                .domain = CN_STR("acme.example") };
    assert_false(cn_account_create(&f->unit, &same_key, &other, &f->err));
    assert_int_equal(f->err.code, CN_CONFLICT);
    assert_string_equal(f->err.field, "external_id");
    assert_false(cn_account_create(&f->unit, &same_domain, &other, &f->err));
    assert_int_equal(f->err.code, CN_CONFLICT);
    assert_string_equal(f->err.field, "domain");
    assert_int_equal(other.version, -1);
    assert_false(cn_sql_in_transaction(f->unit.conn));
    assert_int_equal(newest_change(f), before);
}

static void what_a_record_points_to_must_exist(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    struct cn_account out;
    const struct cn_account_patch owner = { .owner_id = { 5 }, .owner_id_given = CN_GIVEN };
    const struct cn_account_patch self = { .parent_id = account.id, .parent_id_given = CN_GIVEN };
    assert_false(cn_account_update(&f->unit, account.id, 0, &owner, &out, &f->err));
    assert_int_equal(f->err.code, CN_INVALID);
    assert_string_equal(f->err.field, "owner_id");
    assert_false(cn_account_update(&f->unit, account.id, 0, &self, &out, &f->err));
    assert_string_equal(f->err.field, "parent_id");
}

static void a_patch_keeps_what_is_absent_and_clears_what_is_null(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    const struct cn_account_patch patch = { .stage = CN_STAGE_GROWTH,
                                            .stage_given = CN_GIVEN,
                                            .arr_given = CN_NULL };
    must(cn_account_update(&f->unit, account.id, 1, &patch, &account, &f->err));
    must(cn_account_load(&f->unit, account.id, &account, &f->err));
    assert_str(account.name, "Acme");
    assert_int_equal(account.stage, CN_STAGE_GROWTH);
    assert_int_equal(account.arr_given, CN_NULL);
    assert_int_equal(account.version, 2);
    assert_false(cn_account_update(&f->unit, account.id, 1, &patch, &account, &f->err));
    assert_int_equal(f->err.code, CN_STALE);
}

static void every_field_keeps_who_changed_it_from_what_to_what(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    const struct cn_account_patch patch = { .name = CN_STR("Acme \"2\""), .name_given = CN_GIVEN };
    struct cn_history_list list;
    f->unit.user.value = 7;
    f->unit.now.us += 5000000;
    must(cn_account_update(&f->unit, account.id, 1, &patch, &account, &f->err));
    must(cn_history_list(&f->unit, account.id, 1, &list, &f->err));
    assert_int_equal(list.count, 1);
    assert_str(list.items[0].field, "name");
    assert_str(list.items[0].from, "\"Acme\"");
    assert_str(list.items[0].to, "\"Acme \\\"2\\\"\"");
    assert_int_equal(list.items[0].user_id.value, 7);
    assert_int_equal(list.items[0].known_at.us, f->unit.now.us);
    assert_int_equal(list.items[0].seq, newest_change(f));
}

static void changes_are_numbered_without_a_gap(void **state)
{
    struct book_fixture *f = *state;
    struct cn_change_list list;
    struct cn_account out;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    const struct cn_account_new same_key = { .name = CN_STR("B"), .external_id = CN_STR("a1") };
    assert_false(cn_account_create(&f->unit, &same_key, &out, &f->err));
    must(cn_person_create(&f->unit, account.id, &(struct cn_person_new){ .name = CN_STR("Pat") },
                          &(struct cn_person){ 0 }, &f->err));
    must(cn_change_list(&f->unit, 0, 0, 100, &list, &f->err));
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < list.count; i++) {
        assert_int_equal(list.items[i].seq, i + 1);
        assert_int_equal(list.items[i].account_id.value, account.id.value);
    }
    assert_int_equal(list.items[0].kind, CN_CHANGE_MAPPING);
    assert_int_equal(list.items[1].kind, CN_CHANGE_ACCOUNT);
    assert_int_equal(list.items[2].kind, CN_CHANGE_PERSON);
    f->unit.now.us += (int64_t)8 * 86400 * 1000000;
    must(cn_change_prune(&f->unit, &f->err));
    assert_false(cn_change_list(&f->unit, 0, 2, 100, &list, &f->err));
    assert_int_equal(f->err.code, CN_GONE);
    must(cn_change_list(&f->unit, 0, 3, 100, &list, &f->err));
    assert_int_equal(list.count, 0);
}

static void same_for_each(void *arg, int64_t account_id, struct cn_account_derived *derived_out)
{
    const struct cn_account_derived *derived = arg;
    *derived_out = *derived;
    (void)account_id;
}

static void save_derived(struct book_fixture *f, cn_account_id id,
                         struct cn_account_derived *derived)
{
    must(cn_account_save_derived(&f->unit, &id.value, 1, same_for_each, derived, &f->err));
}

static void scores_leave_the_version_alone(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    struct cn_account_derived derived = { .points = 49000,
                                          .points_given = CN_GIVEN,
                                          .band = CN_BAND_RED,
                                          .grey = true,
                                          .confidence = 900,
                                          .trend = -3000,
                                          .trend_given = CN_GIVEN,
                                          .scorecard = CN_STR("mid-touch"),
                                          .last_activity_at = { 1000 },
                                          .last_activity_at_given = CN_GIVEN };
    struct cn_change_list list;
    must(cn_sql_begin(f->unit.conn, &f->err));
    const int64_t ids[] = { account.id.value, account.id.value + 1 };
    struct cn_map held = { 0 };
    must(cn_account_hold(&f->unit, ids, CN_ARRAY_LEN(ids), &held, &f->err));
    assert_non_null(cn_map_get(&held, (uint64_t)ids[0]));
    assert_null(cn_map_get(&held, (uint64_t)ids[1])); /* there is no such account */
    cn_map_deinit(&held);
    save_derived(f, account.id, &derived);
    must(cn_account_save_activity(&f->unit, account.id, (cn_time){ 500 }, &f->err));
    must(cn_sql_commit(f->unit.conn, &f->err));
    must(cn_account_load(&f->unit, account.id, &account, &f->err));
    assert_int_equal(account.version, 1);
    assert_int_equal(account.derived.points, 49000);
    assert_int_equal(account.derived.band, CN_BAND_RED);
    assert_true(account.derived.grey);
    assert_int_equal(account.derived.confidence, 900);
    assert_int_equal(account.derived.trend, -3000);
    assert_str(account.derived.scorecard, "mid-touch");
    assert_int_equal(account.derived.last_activity_at.us, 1000);
    must(cn_change_list(&f->unit, 0, 2, 100, &list, &f->err));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].kind, CN_CHANGE_SCORE);
}

static void an_import_finds_its_account_by_external_id(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account first;
    struct cn_account again;
    bool created = false;
    const struct cn_account_new new_account = { .name = CN_STR("Acme"),
                                                .external_id = CN_STR("a1") };
    const struct cn_account_new renamed = { .name = CN_STR("Acme 2"), .external_id = CN_STR("a1") };
    must(cn_account_upsert(&f->unit, &new_account, &first, &created, &f->err));
    assert_true(created);
    must(cn_account_upsert(&f->unit, &renamed, &again, &created, &f->err));
    assert_false(created);
    assert_int_equal(again.id.value, first.id.value);
    assert_str(again.name, "Acme 2");
}

static void a_ticket_that_is_opened_again_continues_its_clock(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    const struct cn_ticket_new new_ticket = { .subject = CN_STR("Export fails"),
                                              .priority = CN_TICKET_CRITICAL };
    const struct cn_ticket_patch solve = { .status = CN_TICKET_SOLVED, .status_given = CN_GIVEN };
    const struct cn_ticket_patch reopen = { .status = CN_TICKET_OPEN, .status_given = CN_GIVEN };
    struct cn_ticket ticket;
    must(cn_ticket_create(&f->unit, account.id, &new_ticket, &ticket, &f->err));
    must(cn_account_load(&f->unit, account.id, &account, &f->err));
    assert_int_equal(account.derived.open_tickets, 1);
    f->unit.now.us += 1000;
    must(cn_ticket_update(&f->unit, account.id, ticket.id, 1, &solve, &ticket, &f->err));
    assert_int_equal(ticket.solved_at.us, f->unit.now.us);
    must(cn_account_load(&f->unit, account.id, &account, &f->err));
    assert_int_equal(account.derived.open_tickets, 0);
    must(cn_ticket_update(&f->unit, account.id, ticket.id, 2, &reopen, &ticket, &f->err));
    must(cn_ticket_load(&f->unit, account.id, ticket.id, &ticket, &f->err));
    assert_int_equal(ticket.solved_at_given, CN_NULL);
    assert_int_equal(ticket.opened_at.us, BOOK_NOW.us);
    assert_int_equal(ticket.version, 3);
}

static void who_leaves_gives_up_roles_on_that_day(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    struct cn_person_role roles[] = {
        { .role = CN_PERSON_CHAMPION, .from = { 1000 }, .to_given = CN_NULL },
        { .role = CN_PERSON_USER, .from = { 500 }, .to = { 900 }, .to_given = CN_GIVEN },
    };
    const struct cn_person_new new_person = { .name = CN_STR("Pat"),
                                              .email = CN_STR("Pat@Acme.example"),
                                              .roles = { roles, CN_ARRAY_LEN(roles) } };
    const struct cn_person_patch leave = { .left_at = { 5000 }, .left_at_given = CN_GIVEN };
    struct cn_person person;
    must(cn_person_create(&f->unit, account.id, &new_person, &person, &f->err));
    must(cn_person_update(&f->unit, account.id, person.id, 1, &leave, &person, &f->err));
    must(cn_person_load(&f->unit, account.id, person.id, &person, &f->err));
    assert_int_equal(person.left_at.us, 5000);
    assert_int_equal(person.roles.count, 2);
    assert_int_equal(person.roles.items[0].role, CN_PERSON_CHAMPION);
    assert_int_equal(person.roles.items[0].to.us, 5000);
    assert_int_equal(person.roles.items[1].to.us, 900);
    assert_int_equal(person.version, 2);

    struct cn_person_role backwards[] = { { .from = { 10 }, .to = { 5 }, .to_given = CN_GIVEN } };
    const struct cn_person_patch bad = { .roles = { backwards, 1 }, .roles_given = CN_GIVEN };
    assert_false(cn_person_update(&f->unit, account.id, person.id, 0, &bad, &person, &f->err));
    assert_string_equal(f->err.field, "roles");
    const struct cn_person_patch none = { .roles_given = CN_GIVEN };
    must(cn_person_update(&f->unit, account.id, person.id, 0, &none, &person, &f->err));
    must(cn_person_load(&f->unit, account.id, person.id, &person, &f->err));
    assert_int_equal(person.roles.count, 0);
}

static void an_identified_person_is_known_by_key_or_address(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    const struct cn_person_new new_person = { .name = CN_STR("Pat"),
                                              .email = CN_STR("Pat@Acme.example") };
    struct cn_person person;
    struct cn_person_list list;
    bool changed = false;
    must(cn_person_create(&f->unit, account.id, &new_person, &person, &f->err));
    for (int i = 0; i < 2; i++) {
        must(cn_sql_begin(f->unit.conn, &f->err));
        must(cn_person_identify(&f->unit, account.id, CN_STR("u1"), CN_STR("pat@acme.example"),
                                CN_STR("Pat P."), &changed, &f->err));
        must(cn_sql_commit(f->unit.conn, &f->err));
        assert_int_equal(changed, i == 0);
    }
    must(cn_person_list(&f->unit, account.id, &list, &f->err));
    assert_int_equal(list.count, 1);
    assert_str(list.items[0].user_key, "u1");
    assert_str(list.items[0].name, "Pat P.");
}

static bool observe(struct book_fixture *f, cn_account_id id, cn_str value, int64_t at, int64_t tie)
{
    bool newest = false;
    const struct cn_trait_observation observation = {
        .account_id = id, .name = CN_STR("plan"), .value = value, .at = { at }, .tie = tie
    };
    must(cn_sql_begin(f->unit.conn, &f->err));
    must(cn_trait_observe(&f->unit, &observation, &newest, &f->err));
    must(cn_sql_commit(f->unit.conn, &f->err));
    return newest;
}

static void the_latest_observation_of_a_trait_counts_however_it_arrives(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    struct cn_trait_list list;
    assert_true(observe(f, account.id, CN_STR("\"pro\""), 2000, 1));
    assert_false(observe(f, account.id, CN_STR("\"free\""), 1000, 9)); /* older */
    assert_false(observe(f, account.id, CN_STR("\"pro\""), 2000, 1));  /* again */
    assert_true(observe(f, account.id, CN_STR("\"max\""), 2000, 2));   /* tie */
    must(cn_trait_list(&f->unit, account.id, &list, &f->err));
    assert_int_equal(list.count, 1);
    assert_str(list.items[0].value, "\"max\"");
    assert_true(observe(f, account.id, CN_STR("null"), 3000, 0));
    must(cn_trait_list(&f->unit, account.id, &list, &f->err));
    assert_int_equal(list.count, 0);
}

static void filters_of_the_portfolio(struct book_fixture *f, const struct cn_account *accounts)
{
    struct cn_account_list list;
    struct cn_account_filter risky = { .risk_until = 1, .limit = 10 };
    must(cn_account_list(&f->unit, &risky, &list, &f->err));
    assert_int_equal(list.total, 2); /* the red ones: nobody renews */
    assert_int_equal(list.items[0].derived.band, CN_BAND_RED);
    const int64_t chosen[] = { accounts[1].id.value, accounts[4].id.value };
    struct cn_account_filter only = { .only = chosen, .only_count = 2, .limit = 10 };
    must(cn_account_list(&f->unit, &only, &list, &f->err));
    assert_int_equal(list.total, 2);
    assert_int_equal(list.items[0].id.value, chosen[0]);
    only.only_count = 0; /* of nobody */
    must(cn_account_list(&f->unit, &only, &list, &f->err));
    assert_int_equal(list.total, 0);
}

static void lists_filter_sort_and_page_with_an_exact_total(void **state)
{
    struct book_fixture *f = *state;
    static const char *const names[] = { "Delta", "alpha", "Charlie", "Br\xc3\xa4vo 50%", "Echo" };
    struct cn_account accounts[CN_ARRAY_LEN(names)];
    must(cn_sql_begin(f->unit.conn, &f->err));
    for (size_t i = 0; i < CN_ARRAY_LEN(names); i++) {
        char key[] = { 'k', (char)('0' + i), '\0' };
        accounts[i] = book_make_account(f, key, names[i]);
        struct cn_account_derived derived = { .points = (int64_t)(i % 2) * 1000,
                                              .points_given = i < 4 ? CN_GIVEN : CN_NULL,
                                              .band = i < 4 ? (enum cn_band)(1 + i % 2)
                                                            : CN_BAND_NONE };
        save_derived(f, accounts[i].id, &derived);
    }
    must(cn_sql_commit(f->unit.conn, &f->err));

    static const struct {
        enum cn_account_sort sort;
        bool descending;
        int order[CN_ARRAY_LEN(names)];
    } cases[] = {
        { CN_SORT_NAME, false, { 1, 3, 2, 0, 4 } },
        { CN_SORT_NAME, true, { 4, 0, 2, 3, 1 } },
        { CN_SORT_SCORE, false, { 0, 2, 1, 3, 4 } },
        { CN_SORT_SCORE, true, { 1, 3, 0, 2, 4 } },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        struct cn_account_filter filter = { .sort = cases[i].sort,
                                            .descending = cases[i].descending,
                                            .limit = 2 };
        size_t seen = 0;
        struct cn_account_list list;
        do {
            must(cn_account_list(&f->unit, &filter, &list, &f->err));
            assert_int_equal(list.total, CN_ARRAY_LEN(names));
            for (size_t row = 0; row < list.count; row++) {
                assert_int_equal(list.items[row].id.value,
                                 accounts[cases[i].order[seen++]].id.value);
                filter.after = list.items[row].id;
            }
        } while (list.count > 0);
        assert_int_equal(seen, CN_ARRAY_LEN(names));
        filter.after.value = 0;
        filter.offset = 3;
        must(cn_account_list(&f->unit, &filter, &list, &f->err));
        assert_int_equal(list.items[0].id.value, accounts[cases[i].order[3]].id.value);
    }

    struct cn_account_list list;
    filters_of_the_portfolio(f, accounts);
    struct cn_account_filter filter = { .query = CN_STR("BRAVO 50%"), .limit = 10 };
    must(cn_account_list(&f->unit, &filter, &list, &f->err));
    assert_int_equal(list.total, 1);
    filter.query = CN_STR("%");
    must(cn_account_list(&f->unit, &filter, &list, &f->err));
    assert_int_equal(list.total, 1); /* a percent sign is no wildcard */
    filter.query = CN_STR("k4");
    must(cn_account_list(&f->unit, &filter, &list, &f->err));
    assert_int_equal(list.items[0].id.value, accounts[4].id.value);
    filter = (struct cn_account_filter){ .bands = 1 << CN_BAND_RED, .limit = 1 };
    must(cn_account_list(&f->unit, &filter, &list, &f->err));
    assert_int_equal(list.total, 2);
    assert_int_equal(list.count, 1);
    filter = (struct cn_account_filter){ .without_owner = true, .limit = 1 };
    must(cn_account_list(&f->unit, &filter, &list, &f->err));
    assert_int_equal(list.total, 5);
    filter = (struct cn_account_filter){ .after = { 12345 }, .limit = 1 };
    assert_false(cn_account_list(&f->unit, &filter, &list, &f->err));
    assert_int_equal(f->err.code, CN_MALFORMED);
}

static void a_failed_write_leaves_nothing(void **state)
{
    struct book_fixture *f = *state;
    struct cn_account account = book_make_account(f, "a1", "Acme");
    struct cn_account out = { .version = -1 };
    const struct cn_account_patch patch = { .name = CN_STR("New"), .name_given = CN_GIVEN };
    must(cn_sql_exec(f->unit.conn, "ALTER TABLE change RENAME TO hidden", &f->err));
    assert_false(cn_account_update(&f->unit, account.id, 1, &patch, &out, &f->err));
    assert_non_null(strstr(f->err.message, "updating an account: "));
    assert_int_equal(out.version, -1);
    assert_false(cn_sql_in_transaction(f->unit.conn));
    must(cn_sql_exec(f->unit.conn, "ALTER TABLE hidden RENAME TO change", &f->err));
    must(cn_account_update(&f->unit, account.id, 1, &patch, &out, &f->err));
    assert_int_equal(out.version, 2); /* still at 1 until now */
}

#define TEST(title, function, setup_) CN_TEST_WITH(title, function, setup_, book_teardown)
#define TESTS(setup_)                                                                             \
    TEST("what is stored is loaded", what_is_stored_is_loaded, setup_),                           \
        TEST("what is out of scope does not exist", what_is_out_of_scope_does_not_exist, setup_), \
        TEST("a taken key or domain is a conflict and names its field",                           \
             a_taken_key_or_domain_is_a_conflict_and_names_its_field, setup_),                    \
        TEST("what a record points to must exist", what_a_record_points_to_must_exist, setup_),   \
        TEST("a patch keeps what is absent and clears what is null",                              \
             a_patch_keeps_what_is_absent_and_clears_what_is_null, setup_),                       \
        TEST("every field keeps who changed it, from what to what",                               \
             every_field_keeps_who_changed_it_from_what_to_what, setup_),                         \
        TEST("changes are numbered without a gap", changes_are_numbered_without_a_gap, setup_),   \
        TEST("scores leave the version alone", scores_leave_the_version_alone, setup_),           \
        TEST("an import finds its account by external id",                                        \
             an_import_finds_its_account_by_external_id, setup_),                                 \
        TEST("003-37 a ticket that is opened again continues its clock",                          \
             a_ticket_that_is_opened_again_continues_its_clock, setup_),                          \
        TEST("who leaves gives up roles on that day", who_leaves_gives_up_roles_on_that_day,      \
             setup_),                                                                             \
        TEST("an identified person is known by key or address",                                   \
             an_identified_person_is_known_by_key_or_address, setup_),                            \
        TEST("the latest observation of a trait counts however it arrives",                       \
             the_latest_observation_of_a_trait_counts_however_it_arrives, setup_),                \
        TEST("lists filter, sort and page with an exact total",                                   \
             lists_filter_sort_and_page_with_an_exact_total, setup_),                             \
        TEST("a failed write leaves nothing", a_failed_write_leaves_nothing, setup_)

int main(void)
{
    const struct CMUnitTest sqlite_tests[] = { TESTS(book_setup) };
    const struct CMUnitTest postgres_tests[] = { TESTS(book_setup_server) };
    return BOOK_RUN("book", sqlite_tests, postgres_tests);
}
