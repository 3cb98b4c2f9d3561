#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/random.h"
#include "base/str.h"
#include "base/subject.h"

#include "book/account.h"
#include "book/apply.h"
#include "book/merge.h"
#include "book/person.h"
#include "book/trait.h"
#include "tests/unit/book_fixture.h"

#define assert_str(actual, text) assert_true(cn_str_equal((actual), CN_STR(text)))
#define HOUR                     ((int64_t)3600 * 1000000)

/* Applies, commits, publishes; the batch is the caller's to free. */
static const struct cn_book_result *run(struct book_fixture *f, struct cn_book_batch *batch,
                                        const struct cn_book_fact *facts, size_t count)
{
    must(cn_sql_begin(f->unit.conn, &f->err));
    must(cn_book_batch_apply(batch, &f->unit, facts, count, &f->err));
    must(cn_sql_commit(f->unit.conn, &f->err));
    return cn_book_batch_publish(batch);
}

static struct cn_book_batch *batch_of(struct cn_subject_map *map, enum cn_unknown_account unknown)
{
    return cn_book_batch_new(
        &(struct cn_book_batch_options){ .map = map, .unknown_account = unknown });
}

static const struct cn_book_fact identify = {
    .type = CN_BOOK_FACT_IDENTIFY,
    .user_key = CN_STR("u1"),
    .anonymous_key = CN_STR("x1"),
    .email = CN_STR("pat@acme.example"),
    .traits = CN_STR("{\"firstName\":\"Pat\",\"lastName\":\"Doe\"}"),
    .at = { 1772357400000000 },
    .tie = 1,
};

static const struct cn_book_fact group = {
    .type = CN_BOOK_FACT_GROUP,
    .user_key = CN_STR("u1"),
    .group_key = CN_STR("acme"),
    .traits = CN_STR("{\"name\":\"Acme\",\"plan\":\"pro\",\"seats\":12,\"x\":[1],\"gone\":null,"
                     "\"website\":\"https://acme.example\"}"),
    .at = { 1772357400000000 },
    .tie = 2,
};

static int64_t user_subject(const char *key)
{
    return cn_subject_of(CN_SUBJECT_USER, cn_str_of(key));
}

static void an_unknown_group_makes_an_account_with_its_people_and_traits(void **state)
{
    struct book_fixture *f = *state;
    struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
    struct cn_book_batch *batch = batch_of(map, CN_UNKNOWN_CREATE);
    const struct cn_book_fact facts[] = { identify, group };
    const struct cn_book_result *result = run(f, batch, facts, 2);
    struct cn_account account;
    struct cn_trait_list traits;
    struct cn_person_list people;
    assert_int_equal(result->created_count, 1);
    assert_int_equal(result->touched_count, 1);
    must(cn_account_load_external(&f->unit, CN_STR("acme"), &account, &f->err));
    assert_int_equal(result->created[0], account.id.value);
    assert_str(account.name, "Acme");
    assert_str(account.domain, "acme.example");
    must(cn_trait_list(&f->unit, account.id, &traits, &f->err));
    assert_int_equal(traits.count, 4);
    assert_str(traits.items[1].name, "plan");
    assert_str(traits.items[1].value, "\"pro\"");
    assert_str(traits.items[2].value, "12");
    must(cn_person_list(&f->unit, account.id, &people, &f->err));
    assert_int_equal(people.count, 1);
    assert_str(people.items[0].name, "Pat Doe");
    assert_str(people.items[0].email, "pat@acme.example");

    const int64_t subjects[] = { user_subject("u1"),
                                 cn_subject_of(CN_SUBJECT_ANONYMOUS, CN_STR("x1")),
                                 cn_subject_of(CN_SUBJECT_GROUP, CN_STR("acme")) };
    for (size_t i = 0; i < CN_ARRAY_LEN(subjects); i++) {
        assert_int_equal(cn_subject_map_find(map, subjects[i], group.at), account.id.value);
    }
    int64_t version = 0;
    must(cn_mapping_stored(f->unit.conn, &version, &f->err));
    assert_true(version > 0);
    cn_book_batch_free(batch);

    /* what was stored gives the same mapping */
    struct cn_subject_map *loaded = cn_subject_map_new(CN_REATTRIBUTE_US);
    must(cn_subject_map_load(loaded, f->unit.conn, &f->err));
    assert_int_equal(cn_subject_map_version(loaded), version);
    int64_t *stale = NULL;
    size_t stale_count = 9;
    must(cn_subject_map_changed_since(loaded, f->unit.conn, version, &f->arena, &stale,
                                      &stale_count, &f->err));
    assert_int_equal(stale_count, 0);
    must(cn_subject_map_changed_since(loaded, f->unit.conn, version - 1, &f->arena, &stale,
                                      &stale_count, &f->err));
    assert_int_equal(stale_count, 1);
    assert_int_equal(stale[0], account.id.value);
    for (size_t i = 0; i < CN_ARRAY_LEN(subjects); i++) {
        assert_int_equal(cn_subject_map_find(loaded, subjects[i], group.at), account.id.value);
    }

    /* the same facts again are no news */
    batch = batch_of(loaded, CN_UNKNOWN_CREATE);
    result = run(f, batch, facts, 2);
    assert_int_equal(result->created_count, 0);
    assert_int_equal(result->touched_count, 0);
    assert_int_equal(result->moves.count, 0);
    int64_t again = 0;
    must(cn_mapping_stored(f->unit.conn, &again, &f->err));
    assert_int_equal(again, version);
    cn_book_batch_free(batch);
    cn_subject_map_free(loaded);
    cn_subject_map_free(map);
}

static void a_parked_group_waits_for_its_account(void **state)
{
    struct book_fixture *f = *state;
    struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
    struct cn_book_batch *batch = batch_of(map, CN_UNKNOWN_PARK);
    const struct cn_book_result *result = run(f, batch, &group, 1);
    assert_int_equal(result->created_count, 0);
    assert_int_equal(cn_subject_map_find(map, user_subject("u1"), group.at), 0);
    cn_book_batch_free(batch);

    const struct cn_account_new new_account = { .name = CN_STR("Acme"),
                                                .external_id = CN_STR("acme") };
    struct cn_account account;
    struct cn_subject_moves moves = { .arena = &f->arena };
    must(cn_account_create(&f->unit, &new_account, &account, &f->err));
    must(cn_subject_map_sync(map, f->unit.conn, &account.id.value, 1, &moves, &f->err));
    assert_int_equal(moves.count, 2); /* the group's own subject and the user's */
    assert_int_equal(cn_subject_map_find(map, user_subject("u1"), group.at), account.id.value);
    cn_subject_map_free(map);
}

static void a_mail_domain_tells_the_account(void **state)
{
    struct book_fixture *f = *state;
    struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
    const struct cn_account_new new_account = { .name = CN_STR("Acme"),
                                                .domain = CN_STR("acme.example") };
    struct cn_account account;
    struct cn_person_list people;
    must(cn_account_create(&f->unit, &new_account, &account, &f->err));
    must(cn_subject_map_load(map, f->unit.conn, &f->err));
    struct cn_book_batch *batch = batch_of(map, CN_UNKNOWN_CREATE);
    const struct cn_book_result *result = run(f, batch, &identify, 1);
    assert_int_equal(result->touched_count, 1);
    assert_int_equal(cn_subject_map_find(map, user_subject("u1"), identify.at), account.id.value);
    must(cn_person_list(&f->unit, account.id, &people, &f->err));
    assert_int_equal(people.count, 1);
    cn_book_batch_free(batch);
    cn_subject_map_free(map);
}

static void an_alias_carries_the_former_id_along(void **state)
{
    struct book_fixture *f = *state;
    struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
    struct cn_book_batch *batch = batch_of(map, CN_UNKNOWN_CREATE);
    const struct cn_book_fact facts[] = {
        { .type = CN_BOOK_FACT_ALIAS,
          .user_key = CN_STR("u1"),
          .previous_key = CN_STR("old"),
          .at = group.at },
        group,
    };
    (void)run(f, batch, facts, 2);
    int64_t account = cn_subject_map_account(map, CN_STR("acme"));
    assert_int_not_equal(account, 0);
    assert_int_equal(
        cn_subject_map_find(map, cn_subject_of(CN_SUBJECT_ANONYMOUS, CN_STR("old")), group.at),
        account);
    assert_int_equal(cn_subject_map_find(map, user_subject("old"), group.at), account);
    cn_book_batch_free(batch);
    cn_subject_map_free(map);
}

static void a_track_call_is_news_only_for_an_unknown_group(void **state)
{
    struct book_fixture *f = *state;
    struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
    const struct cn_book_batch_options create = { .map = map };
    const struct cn_book_batch_options park = { .map = map, .unknown_account = CN_UNKNOWN_PARK };
    const struct cn_book_fact track = { .type = CN_BOOK_FACT_OTHER, .group_key = CN_STR("beta") };
    const struct cn_book_fact plain = { .type = CN_BOOK_FACT_OTHER, .user_key = CN_STR("u") };
    assert_true(cn_book_fact_is_news(&create, &track));
    assert_false(cn_book_fact_is_news(&park, &track));
    assert_false(cn_book_fact_is_news(&create, &plain));
    struct cn_book_batch *batch = cn_book_batch_new(&create);
    assert_int_equal(run(f, batch, &track, 1)->created_count, 1);
    assert_false(cn_book_fact_is_news(&create, &track));
    cn_book_batch_free(batch);
    cn_subject_map_free(map);
}

static void hostile_traits_keep_nobody_waiting(void **state)
{
    struct book_fixture *f = *state;
    struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
    struct cn_book_batch *batch = batch_of(map, CN_UNKNOWN_CREATE);
    char many[CN_TRAITS_MAX * 20];
    char name[600];
    size_t len = 0;
    many[len++] = '{';
    for (int i = 0; i < CN_TRAITS_MAX + 50; i++) {
        len += (size_t)snprintf(many + len, sizeof(many) - len, "%s\"t%d\":%d", i > 0 ? "," : "", i,
                                i);
    }
    many[len++] = '}';
    (void)snprintf(name, sizeof(name), "{\"name\":\"%0199d\xc3\xa9\"}", 0); /* cut in a character */
    struct cn_book_fact facts[] = { group, group, group, group, identify };
    facts[0].traits = CN_STR("not json");
    facts[1].traits = (cn_str){ many, len };
    facts[2].traits = (cn_str){ name, strlen(name) };
    facts[3].traits = CN_STR("{\"a\\u0000b\":1,\"name\":\"x\\u0000y\",\"s\":\"\\u0000\"}");
    facts[4].user_key = CN_STR("u\0v");
    facts[4].email = CN_STR("@@");
    (void)run(f, batch, facts, CN_ARRAY_LEN(facts));
    struct cn_account account;
    struct cn_trait_list traits;
    must(cn_account_load_external(&f->unit, CN_STR("acme"), &account, &f->err));
    must(cn_trait_list(&f->unit, account.id, &traits, &f->err));
    assert_int_equal(traits.count, CN_TRAITS_MAX);
    assert_int_equal(account.name.len, 199);
    cn_book_batch_free(batch);
    cn_subject_map_free(map);
}

static void a_batch_that_is_tried_again_begins_anew(void **state)
{
    struct book_fixture *f = *state;
    struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
    struct cn_book_batch *batch = batch_of(map, CN_UNKNOWN_CREATE);
    must(cn_sql_begin(f->unit.conn, &f->err));
    must(cn_book_batch_apply(batch, &f->unit, &group, 1, &f->err));
    cn_sql_rollback(f->unit.conn);
    const struct cn_book_result *result = run(f, batch, &group, 1);
    assert_int_equal(result->created_count, 1);
    struct cn_account account;
    must(cn_account_load_external(&f->unit, CN_STR("acme"), &account, &f->err));
    assert_int_equal(result->created[0], account.id.value);
    int64_t stored = 0;
    must(cn_mapping_stored(f->unit.conn, &stored, &f->err));
    assert_int_equal(stored, 1); /* what the map goes by is what is stored */
    assert_int_equal(cn_subject_map_version(map), stored);
    cn_book_batch_free(batch);
    cn_subject_map_free(map);
}

/* ---- the order of arrival ---- */

enum {
    SHUFFLED = 30,
    ORDERS = 3,
    TEXT_BYTES = 8192,
};

static void random_fact(struct cn_rng *rng, int i, struct cn_book_fact *fact)
{
    static const cn_str keys[] = { CN_STR("a"), CN_STR("b"), CN_STR("c") };
    static const cn_str users[] = { CN_STR("u1"), CN_STR("u2"), CN_STR("u3") };
    static const cn_str traits[] = { CN_STR("{\"plan\":\"pro\",\"n\":1}"),
                                     CN_STR("{\"plan\":\"free\"}"),
                                     CN_STR("{\"plan\":null,\"n\":2.5}") };
    *fact = (struct cn_book_fact){
        .type = (enum cn_book_fact_type)cn_rng_between(rng, 0, 3),
        .user_key = users[cn_rng_between(rng, 0, 2)],
        .anonymous_key = users[cn_rng_between(rng, 0, 2)],
        .previous_key = users[cn_rng_between(rng, 0, 2)],
        .group_key = keys[cn_rng_between(rng, 0, 2)],
        .traits = traits[cn_rng_between(rng, 0, 2)],
        .at = { BOOK_NOW.us - cn_rng_between(rng, 0, 2000) * HOUR },
        .tie = i,
    };
}

static void describe(struct book_fixture *f, struct cn_subject_map *map, struct cn_buf *out)
{
    static const char *const keys[] = { "a", "b", "c" };
    static const char *const users[] = { "u1", "u2", "u3" };
    int64_t accounts[3];
    for (size_t i = 0; i < 3; i++) {
        struct cn_trait_list traits;
        accounts[i] = cn_subject_map_account(map, cn_str_of(keys[i]));
        must(cn_trait_list(&f->unit, (cn_account_id){ accounts[i] }, &traits, &f->err));
        for (size_t t = 0; t < traits.count; t++) {
            cn_buf_printf(out, "%s %.*s=%.*s\n", keys[i], CN_STR_ARG(traits.items[t].name),
                          CN_STR_ARG(traits.items[t].value));
        }
    }
    for (size_t u = 0; u < 6; u++) {
        int64_t subject =
            cn_subject_of(u < 3 ? CN_SUBJECT_USER : CN_SUBJECT_ANONYMOUS, cn_str_of(users[u % 3]));
        for (int64_t t = 0; t < 2200; t += 40) {
            int64_t account =
                cn_subject_map_find(map, subject, (cn_time){ BOOK_NOW.us - t * HOUR });
            int which = account == accounts[0] ? 0 : account == accounts[1] ? 1 : 2;
            cn_buf_printf(out, "%d", account == 0 ? 9 : which);
        }
        cn_buf_add(out, "\n", 1);
    }
}

static void any_order_of_arrival_gives_the_same_book(void **state)
{
    struct book_fixture *f = *state;
    struct cn_rng rng = { 11 };
    struct cn_book_fact facts[SHUFFLED];
    struct cn_buf expected;
    cn_buf_init(&expected, TEXT_BYTES);
    for (int i = 0; i < SHUFFLED; i++) {
        random_fact(&rng, i, &facts[i]);
    }
    for (int order = 0; order < ORDERS; order++) {
        struct cn_buf now;
        struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
        struct cn_subject_map *loaded = cn_subject_map_new(CN_REATTRIBUTE_US);
        cn_buf_init(&now, TEXT_BYTES);
        for (size_t i = 0; i < SHUFFLED; i += 5) {
            struct cn_book_batch *batch = batch_of(map, CN_UNKNOWN_CREATE);
            (void)run(f, batch, facts + i, 5);
            cn_book_batch_free(batch);
        }
        must(cn_subject_map_load(loaded, f->unit.conn, &f->err));
        describe(f, map, &now);
        describe(f, loaded, order == 0 ? &expected : &now);
        if (order > 0) {
            /* both halves of `now` equal what came out first */
            assert_int_equal(now.len, expected.len * 2);
            assert_memory_equal(now.data, expected.data, expected.len);
            assert_memory_equal(now.data + expected.len, expected.data, expected.len);
        }
        cn_buf_deinit(&now);
        cn_subject_map_free(map);
        cn_subject_map_free(loaded);
        for (size_t i = SHUFFLED - 1; i > 0; i--) {
            size_t other = (size_t)cn_rng_between(&rng, 0, (int64_t)i);
            struct cn_book_fact kept = facts[i];
            facts[i] = facts[other];
            facts[other] = kept;
        }
        must(cn_sql_exec(f->unit.conn,
                         "DELETE FROM account; DELETE FROM ident; DELETE FROM account_domain;"
                         "DELETE FROM account_trait; DELETE FROM person; DELETE FROM subject_group;"
                         "DELETE FROM subject_domain; DELETE FROM subject_link;"
                         "DELETE FROM subject_person; DELETE FROM counter; DELETE FROM change",
                         &f->err));
    }
    cn_buf_deinit(&expected);
}

/* A merge is committed, and the map in memory does not have it yet. */
static void facts_of_an_account_that_was_just_merged_are_the_survivors(void **state)
{
    struct book_fixture *f = *state;
    struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
    struct cn_book_batch *batch = batch_of(map, CN_UNKNOWN_CREATE);
    struct cn_book_fact other = group;
    struct cn_account merged;
    struct cn_account survivor;
    struct cn_trait_list traits;
    struct cn_person_list people;
    int64_t version = 0;
    other.group_key = CN_STR("beta");
    other.traits = CN_STR("");
    (void)run(f, batch, (const struct cn_book_fact[]){ group, other }, 2);
    cn_book_batch_free(batch);
    must(cn_mapping_stored(f->unit.conn, &version, &f->err));
    cn_subject_map_set_version(map, version);
    must(cn_account_load_external(&f->unit, CN_STR("acme"), &merged, &f->err));
    must(cn_account_load_external(&f->unit, CN_STR("beta"), &survivor, &f->err));
    must(cn_account_merge(&f->unit, &(struct cn_merge){ .from = merged.id, .into = survivor.id },
                          &survivor, &f->err));

    struct cn_book_fact late = group;
    late.user_key = CN_STR("u2");
    late.traits = CN_STR("{\"plan\":\"basic\"}");
    late.at.us += HOUR;
    batch = batch_of(map, CN_UNKNOWN_CREATE);
    const struct cn_book_result *result = run(f, batch, &late, 1);
    assert_int_equal(result->touched_count, 1);
    assert_int_equal(result->touched[0], survivor.id.value);
    must(cn_trait_list(&f->unit, survivor.id, &traits, &f->err));
    assert_int_equal(traits.count, 1);
    assert_str(traits.items[0].value, "\"basic\"");
    must(cn_person_list(&f->unit, survivor.id, &people, &f->err));
    assert_int_equal(people.count, 2);
    cn_book_batch_free(batch);
    /* What others stored is not in the map because a batch was: the merge is still to be read. */
    assert_int_equal(cn_subject_map_version(map), version);
    assert_int_equal(cn_subject_map_find(map, user_subject("u2"), late.at), merged.id.value);
    struct cn_subject_moves moves = { .arena = &f->arena };
    must(cn_subject_map_sync(map, f->unit.conn, &merged.id.value, 1, &moves, &f->err));
    assert_true(moves.count > 0);
    assert_int_equal(cn_subject_map_find(map, user_subject("u2"), late.at), survivor.id.value);
    cn_subject_map_free(map);
}

/* A merge is committed by another process after the transaction began, while it waits to go on. */
static void what_others_stored_while_a_batch_waited_is_still_to_be_read(void **state)
{
    struct book_fixture *f = *state;
    struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
    struct cn_book_batch *batch = batch_of(map, CN_UNKNOWN_CREATE);
    int64_t version = 0;
    (void)run(f, batch, &group, 1);
    cn_book_batch_free(batch);
    version = cn_subject_map_version(map);
    must(cn_sql_exec(f->unit.conn,
                     "CREATE TEMP TRIGGER merged_meanwhile AFTER UPDATE ON counter"
                     " WHEN NEW.name = 'merge' BEGIN"
                     " UPDATE counter SET value = value + 1 WHERE name = 'mapping'; END",
                     &f->err));

    struct cn_book_fact other = group;
    int64_t stored = 0;
    other.user_key = CN_STR("u2");
    batch = batch_of(map, CN_UNKNOWN_CREATE);
    (void)run(f, batch, &other, 1);
    cn_book_batch_free(batch);
    must(cn_mapping_stored(f->unit.conn, &stored, &f->err));
    assert_int_equal(stored, version + 2);
    assert_int_equal(cn_subject_map_version(map), version);
    cn_subject_map_free(map);
}

#define TEST(title, function, setup_) CN_TEST_WITH(title, function, setup_, book_teardown)
#define TESTS(setup_)                                                                            \
    TEST("an unknown group makes an account with its people and traits",                         \
         an_unknown_group_makes_an_account_with_its_people_and_traits, setup_),                  \
        TEST("a parked group waits for its account", a_parked_group_waits_for_its_account,       \
             setup_),                                                                            \
        TEST("a mail domain tells the account", a_mail_domain_tells_the_account, setup_),        \
        TEST("an alias carries the former id along", an_alias_carries_the_former_id_along,       \
             setup_),                                                                            \
        TEST("a track call is news only for an unknown group",                                   \
             a_track_call_is_news_only_for_an_unknown_group, setup_),                            \
        TEST("reliability 39: hostile traits keep nobody waiting",                               \
             hostile_traits_keep_nobody_waiting, setup_),                                        \
        TEST("a batch that is tried again begins anew", a_batch_that_is_tried_again_begins_anew, \
             setup_),                                                                            \
        TEST("facts of an account that was just merged are the survivor's",                      \
             facts_of_an_account_that_was_just_merged_are_the_survivors, setup_),                \
        TEST("reliability 14: any order of arrival gives the same book",                         \
             any_order_of_arrival_gives_the_same_book, setup_)

int main(void)
{
    const struct CMUnitTest sqlite_tests[] = {
        TESTS(book_setup),
        TEST("reliability 14: what others stored while a batch waited is still to be read",
             what_others_stored_while_a_batch_waited_is_still_to_be_read, book_setup),
    };
    const struct CMUnitTest postgres_tests[] = { TESTS(book_setup_server) };
    return BOOK_RUN("apply", sqlite_tests, postgres_tests);
}
