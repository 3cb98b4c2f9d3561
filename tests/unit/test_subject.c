#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "base/str.h"
#include "base/subject.h"

#include "book/subject.h"
#include "book/subject_map.h"
#include "tests/unit/unit.h"

#define DAY ((int64_t)86400 * 1000000)

static int64_t decide(const struct cn_claim *claims, size_t count, int64_t t)
{
    const struct cn_claim *claim =
        cn_claim_decide(claims, count, (cn_time){ t }, CN_REATTRIBUTE_US);
    return claim != NULL ? claim->account_id : 0;
}

static void the_best_rule_wins_then_the_latest_before(void **state)
{
    (void)state;
    const struct cn_claim claims[] = {
        { .at = { 10 * DAY }, .rule = CN_CLAIM_DOMAIN, .account_id = 1 },
        { .at = { 100 * DAY }, .rule = CN_CLAIM_GROUP_CALL, .account_id = 2 },
        { .at = { 110 * DAY }, .rule = CN_CLAIM_GROUP_CALL, .account_id = 3 },
    };
    assert_int_equal(decide(NULL, 0, 0), 0);
    assert_int_equal(decide(claims, 3, 0), 1);         /* parked: the earliest of all */
    assert_int_equal(decide(claims, 3, 60 * DAY), 1);  /* 100 is more than 30 days ahead */
    assert_int_equal(decide(claims, 3, 75 * DAY), 2);  /* within the window, a better rule */
    assert_int_equal(decide(claims, 3, 105 * DAY), 2); /* at or before comes before after */
    assert_int_equal(decide(claims, 3, 110 * DAY), 3);
    assert_int_equal(decide(claims, 3, 1000 * DAY), 3);
}

static void of_two_at_one_moment_the_smaller_key_wins(void **state)
{
    (void)state;
    const struct cn_claim claims[] = {
        { .at = { 5 }, .rule = CN_CLAIM_GROUP_CALL, .account_id = 1, .account_key = CN_STR("b") },
        { .at = { 5 }, .rule = CN_CLAIM_GROUP_CALL, .account_id = 2, .account_key = CN_STR("a") },
    };
    assert_int_equal(decide(claims, 2, 5), 2);
    assert_int_equal(decide(claims, 2, 4), 2);
    assert_int_equal(decide(claims, 2, -90 * DAY), 2);
}

static void the_order_of_claims_does_not_matter(void **state)
{
    (void)state;
    struct cn_rng rng = { 7 };
    static const cn_str keys[] = { CN_STR("a"), CN_STR("b"), CN_STR("c") };
    for (int round = 0; round < 300; round++) {
        struct cn_claim claims[8];
        size_t count = (size_t)cn_rng_between(&rng, 1, CN_ARRAY_LEN(claims));
        for (size_t i = 0; i < count; i++) {
            int64_t account = cn_rng_between(&rng, 0, 2);
            claims[i] = (struct cn_claim){ .at = { cn_rng_between(&rng, 0, 8) * 10 * DAY },
                                           .rule = (enum cn_claim_rule)cn_rng_between(&rng, 1, 3),
                                           .account_id = account + 1,
                                           .account_key = keys[account] };
        }
        for (int64_t t = -50; t < 150; t += 5) {
            int64_t expected = decide(claims, count, t * DAY);
            struct cn_claim shuffled[8];
            memcpy(shuffled, claims, sizeof(claims));
            for (size_t i = count - 1; i > 0; i--) {
                size_t other = (size_t)cn_rng_between(&rng, 0, (int64_t)i);
                struct cn_claim kept = shuffled[i];
                shuffled[i] = shuffled[other];
                shuffled[other] = kept;
            }
            assert_int_equal(decide(shuffled, count, t * DAY), expected);
        }
    }
}

static int64_t user(const char *key)
{
    return cn_subject_of(CN_SUBJECT_USER, cn_str_of(key));
}

static int64_t anonymous(const char *key)
{
    return cn_subject_of(CN_SUBJECT_ANONYMOUS, cn_str_of(key));
}

static int64_t find(struct cn_subject_map *map, int64_t subject, int64_t at_us)
{
    return cn_subject_map_find(map, subject, (cn_time){ at_us });
}

static void what_was_seen_before_the_account_joins_it(void **state)
{
    (void)state;
    struct cn_arena arena;
    struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
    cn_arena_init(&arena, 4096);
    struct cn_subject_moves moves = { .arena = &arena };
    assert_true(
        cn_subject_map_add_link(map, anonymous("x"), user("u"), (cn_time){ 5 * DAY }, &moves));
    assert_true(
        cn_subject_map_add_group(map, user("u"), CN_STR("acme"), (cn_time){ 5 * DAY }, &moves));
    assert_int_equal(moves.count, 0); /* nobody knows acme yet */
    assert_int_equal(find(map, user("u"), 0), 0);
    assert_true(cn_subject_map_add_account(map, CN_STR("acme"), 7, &moves));
    assert_int_equal(moves.count, 3);
    for (size_t i = 0; i < moves.count; i++) {
        assert_int_equal(moves.items[i].old_account, 0);
        assert_int_equal(moves.items[i].new_account, 7);
        assert_true(moves.items[i].from_us == CN_SUBJECT_BEGIN_US);
        assert_true(moves.items[i].to_us == CN_SUBJECT_END_US);
    }
    assert_int_equal(find(map, anonymous("x"), -1000 * DAY), 7); /* parked, however old */
    assert_int_equal(find(map, cn_subject_of(CN_SUBJECT_GROUP, CN_STR("acme")), 0), 7);
    int64_t *subjects = NULL;
    assert_int_equal(cn_subject_map_subjects(map, 7, &arena, &subjects), 3);
    assert_false(cn_subject_map_add_account(map, CN_STR("acme"), 8, &moves));
    cn_subject_map_free(map);
    cn_arena_deinit(&arena);
}

static void an_identify_that_comes_later_moves_thirty_days(void **state)
{
    (void)state;
    struct cn_arena arena;
    struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
    cn_arena_init(&arena, 4096);
    struct cn_subject_moves moves = { .arena = &arena };
    (void)cn_subject_map_add_account(map, CN_STR("a"), 1, NULL);
    (void)cn_subject_map_add_account(map, CN_STR("b"), 2, NULL);
    (void)cn_subject_map_add_domain(map, CN_STR("a.example"), 1, NULL);
    assert_true(
        cn_subject_map_add_mail(map, user("u"), CN_STR("a.example"), (cn_time){ 0 }, &moves));
    assert_int_equal(moves.count, 1); /* joined a */
    moves.count = 0;
    assert_true(
        cn_subject_map_add_group(map, user("u"), CN_STR("b"), (cn_time){ 100 * DAY }, &moves));
    assert_int_equal(moves.count, 1);
    assert_int_equal(moves.items[0].from_us, 70 * DAY);
    assert_true(moves.items[0].to_us == CN_SUBJECT_END_US);
    assert_int_equal(moves.items[0].old_account, 1);
    assert_int_equal(moves.items[0].new_account, 2);
    assert_int_equal(find(map, user("u"), 70 * DAY - 1), 1);
    assert_int_equal(find(map, user("u"), 70 * DAY), 2);
    cn_subject_map_free(map);
    cn_arena_deinit(&arena);
}

static void calls_within_an_hour_count_as_the_earliest(void **state)
{
    (void)state;
    struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
    const cn_str key = CN_STR("a");
    assert_true(cn_subject_map_add_group(map, user("u"), key, (cn_time){ 5000 }, NULL));
    assert_false(cn_subject_map_add_group(map, user("u"), key, (cn_time){ 9000 }, NULL));
    assert_true(cn_subject_map_has_group(map, user("u"), key, (cn_time){ 9000 }));
    assert_false(cn_subject_map_has_group(map, user("u"), key, (cn_time){ 4000 }));
    assert_true(cn_subject_map_add_group(map, user("u"), key, (cn_time){ 4000 }, NULL));
    assert_false(cn_subject_map_has_group(map, user("u"), key, (cn_time){ -1 }));
    assert_true(cn_subject_map_add_group(map, user("u"), key, (cn_time){ -1 }, NULL));
    assert_false(cn_subject_map_has_group(map, user("u"), key, (cn_time){ CN_SUBJECT_GRAIN_US }));
    cn_subject_map_free(map);
}

static void links_in_a_circle_come_to_an_end(void **state)
{
    (void)state;
    struct cn_arena arena;
    struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
    cn_arena_init(&arena, 4096);
    struct cn_subject_moves moves = { .arena = &arena };
    const cn_time at = { 0 };
    assert_true(cn_subject_map_add_link(map, user("a"), user("b"), at, &moves));
    assert_true(cn_subject_map_add_link(map, user("b"), user("a"), at, &moves));
    assert_false(cn_subject_map_add_link(map, user("a"), user("a"), at, &moves));
    assert_true(cn_subject_map_add_group(map, user("a"), CN_STR("k"), at, &moves));
    assert_true(cn_subject_map_add_account(map, CN_STR("k"), 3, &moves));
    assert_int_equal(find(map, user("a"), 0), 3);
    assert_int_equal(find(map, user("b"), 0), 3);
    cn_subject_map_free(map);
    cn_arena_deinit(&arena);
}

/* ---- any order of the same facts gives the same mapping, and moves tell exactly what moved ----
 */

enum fact_kind {
    ACCOUNT,
    DOMAIN,
    GROUP,
    MAIL,
    LINK,
    MERGE,
    FACT_KINDS
};

struct fact {
    enum fact_kind kind;
    int64_t subject;
    int64_t target;
    cn_str text;
    int64_t account;
    cn_time at;
};

enum {
    SUBJECTS = 6,
    NAMES = 3,
    FACTS = 24,
    MOMENTS = 60,
};

static const cn_str names[NAMES] = { CN_STR("a"), CN_STR("b"), CN_STR("c") };
static const char *const users[SUBJECTS] = { "u0", "u1", "u2", "u3", "u4", "u5" };

static int64_t subject_at(int64_t i)
{
    return i < SUBJECTS / 2 ? user(users[i]) : anonymous(users[i]);
}

static struct fact random_fact(struct cn_rng *rng)
{
    int64_t name = cn_rng_between(rng, 0, NAMES - 1);
    return (struct fact){
        .kind = (enum fact_kind)cn_rng_between(rng, 0, FACT_KINDS - 1),
        .subject = subject_at(cn_rng_between(rng, 0, SUBJECTS - 1)),
        .target = subject_at(cn_rng_between(rng, 0, SUBJECTS / 2 - 1)),
        .text = names[name],
        .account = name + 1, /* one account for each name, as in a real book */
        .at = { cn_rng_between(rng, 0, 20) * 5 * DAY + cn_rng_between(rng, 0, 2) * 1000000 },
    };
}

static void add(struct cn_subject_map *map, const struct fact *fact, struct cn_subject_moves *moves)
{
    switch (fact->kind) {
    case ACCOUNT:
        (void)cn_subject_map_add_account(map, fact->text, fact->account, moves);
        break;
    case DOMAIN:
        (void)cn_subject_map_add_domain(map, fact->text, fact->account, moves);
        break;
    case GROUP:
        (void)cn_subject_map_add_group(map, fact->subject, fact->text, fact->at, moves);
        break;
    case MAIL:
        (void)cn_subject_map_add_mail(map, fact->subject, fact->text, fact->at, moves);
        break;
    case MERGE: /* of the first two, so that none becomes part of itself */
        if (fact->account < NAMES) {
            (void)cn_subject_map_add_merge(map, fact->account, fact->account + 1, moves);
        }
        break;
    case LINK:
    case FACT_KINDS:
        (void)cn_subject_map_add_link(map, fact->subject, fact->target, fact->at, moves);
        break;
    }
}

static int64_t moment(int i)
{
    return (i - 15) * 3 * DAY + 500000;
}

static void look(struct cn_subject_map *map, int64_t seen[SUBJECTS][MOMENTS])
{
    for (int s = 0; s < SUBJECTS; s++) {
        for (int i = 0; i < MOMENTS; i++) {
            seen[s][i] = find(map, subject_at(s), moment(i));
        }
    }
}

static void follow(const struct cn_subject_moves *moves, int64_t seen[SUBJECTS][MOMENTS])
{
    for (size_t m = 0; m < moves->count; m++) {
        const struct cn_subject_move *move = &moves->items[m];
        for (int s = 0; s < SUBJECTS; s++) {
            for (int i = 0; i < MOMENTS && move->subject == subject_at(s); i++) {
                if (moment(i) >= move->from_us && moment(i) < move->to_us) {
                    assert_int_equal(seen[s][i], move->old_account);
                    seen[s][i] = move->new_account;
                }
            }
        }
    }
}

static void shuffle(struct cn_rng *rng, struct fact *facts)
{
    for (size_t i = FACTS - 1; i > 0; i--) {
        size_t other = (size_t)cn_rng_between(rng, 0, (int64_t)i);
        struct fact kept = facts[i];
        facts[i] = facts[other];
        facts[other] = kept;
    }
}

static void every_order_gives_one_mapping_and_moves_tell_what_moved(void **state)
{
    (void)state;
    struct cn_rng rng = { 42 };
    struct cn_arena arena;
    cn_arena_init(&arena, (size_t)64 * 1024);
    for (int round = 0; round < 60; round++) {
        struct fact facts[FACTS];
        int64_t expected[SUBJECTS][MOMENTS];
        for (size_t i = 0; i < FACTS; i++) {
            facts[i] = random_fact(&rng);
        }
        for (int order = 0; order < 4; order++) {
            struct cn_subject_map *map = cn_subject_map_new(CN_REATTRIBUTE_US);
            int64_t told[SUBJECTS][MOMENTS] = { { 0 } };
            int64_t now[SUBJECTS][MOMENTS];
            for (size_t i = 0; i < FACTS; i++) {
                struct cn_subject_moves moves = { .arena = &arena };
                add(map, &facts[i], &moves);
                follow(&moves, told);
                look(map, now);
                assert_memory_equal(told, now, sizeof(now));
            }
            if (order == 0) {
                memcpy(expected, now, sizeof(now));
            }
            assert_memory_equal(now, expected, sizeof(now));
            cn_subject_map_free(map);
            shuffle(&rng, facts);
            cn_arena_reset(&arena);
        }
    }
    cn_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("the best rule wins, then the latest before",
                the_best_rule_wins_then_the_latest_before),
        CN_TEST("of two at one moment the smaller key wins",
                of_two_at_one_moment_the_smaller_key_wins),
        CN_TEST("reliability 14: the order of claims does not matter",
                the_order_of_claims_does_not_matter),
        CN_TEST("what was seen before the account joins it",
                what_was_seen_before_the_account_joins_it),
        CN_TEST("an identify that comes later moves thirty days",
                an_identify_that_comes_later_moves_thirty_days),
        CN_TEST("calls within an hour count as the earliest",
                calls_within_an_hour_count_as_the_earliest),
        CN_TEST("links in a circle come to an end", links_in_a_circle_come_to_an_end),
        CN_TEST("reliability 14: every order gives one mapping, and moves tell what moved",
                every_order_gives_one_mapping_and_moves_tell_what_moved),
    };
    return cmocka_run_group_tests_name("subject", tests, NULL, NULL);
}
