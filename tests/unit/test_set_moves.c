/* Who entered and left a set, across accounts, on both databases. */
#include "segment/history.h"
#include "segment/moves.h"
#include "tests/unit/book_fixture.h"

#define assert_str(actual, text) assert_true(cn_str_equal((actual), CN_STR(text)))

enum {
    LIMIT = 1000,
    ACCOUNTS = 12,
    MOMENTS = 60
};

static int setup(void **state, bool on_server)
{
    if ((on_server ? book_setup_server(state) : book_setup(state)) != 0) {
        return -1;
    }
    struct book_fixture *f = *state;
    /* As a set of its own: the book's go on to later numbers. */
    must(cn_migrate(f->unit.conn, "placement", cn_placement_migrations,
                    cn_placement_migrations_count, BOOK_NOW, &f->err));
    return 0;
}

static int setup_sqlite(void **state)
{
    return setup(state, false);
}

static int setup_server(void **state)
{
    return setup(state, true);
}

static void place(struct book_fixture *f, cn_account_id id, int64_t at_us, const char *placement,
                  bool is_backfilled)
{
    const struct cn_placement_row row = { .account_id = id.value,
                                          .at = { at_us },
                                          .placement = cn_str_of(placement),
                                          .is_backfilled = is_backfilled,
                                          .tick = is_backfilled ? 0 : at_us };
    must(cn_placement_save(f->unit.conn, &row, 1, &f->err));
}

static struct cn_set_moves load(struct book_fixture *f, const char *name, int64_t from_us,
                                size_t limit)
{
    const struct cn_set_moves_range range = { .kind = CN_STR("segment"),
                                              .name = cn_str_of(name),
                                              .from = { from_us },
                                              .to = { 1000 },
                                              .limit = limit,
                                              .named = 2 };
    struct cn_set_moves moves;
    must(cn_set_moves_load(&f->unit, &range, &moves, &f->err));
    return moves;
}

static void entries_and_exits_are_told_newest_first(void **state)
{
    struct book_fixture *f = *state;
    cn_account_id acme = book_make_account(f, "acme", "Acme").id;
    cn_account_id bold = book_make_account(f, "bold", "Bold").id;
    place(f, acme, 10, "|segment:vip|stage:growth|", true);
    place(f, acme, 20, "|segment:quiet|segment:vip|", false);
    place(f, acme, 30, "|segment:quiet|", false);
    place(f, bold, 20, "|segment:vip|", false);
    struct cn_set_moves moves = load(f, "vip", 0, LIMIT);
    assert_int_equal(moves.count, 3);
    assert_false(moves.is_cut);
    assert_int_equal(moves.items[0].at.us, 30);
    assert_false(moves.items[0].is_entry);
    assert_str(moves.items[0].name, "Acme");
    assert_int_equal(moves.items[1].account_id.value, bold.value);
    assert_str(moves.items[1].name, "Bold");
    assert_true(moves.items[2].is_entry);
    assert_true(moves.items[2].is_backfilled);
    assert_str(moves.items[2].name, ""); /* beyond those that are named */

    moves = load(f, "vip", 15, LIMIT); /* it was in it when the range began */
    assert_int_equal(moves.count, 2);
    moves = load(f, "vip", 0, 2);
    assert_int_equal(moves.count, 2);
    assert_true(moves.is_cut);
    assert_int_equal(moves.items[1].at.us, 20);
}

static void a_name_is_no_pattern_and_lower_case(void **state)
{
    struct book_fixture *f = *state;
    cn_account_id acme = book_make_account(f, "acme", "Acme").id;
    place(f, acme, 10, "|segment:to_grow|", false);
    place(f, acme, 20, "|segment:toxgrow|", false);
    assert_int_equal(load(f, "to_grow", 0, LIMIT).count, 2);
    assert_int_equal(load(f, "to_gro_", 0, LIMIT).count, 0);
    assert_int_equal(load(f, "to%", 0, LIMIT).count, 0);
    assert_int_equal(load(f, "TO_GROW", 0, LIMIT).count, 0);
    assert_int_equal(load(f, "to", 0, LIMIT).count, 0);
}

static void what_the_caller_does_not_see_and_accounts_that_are_gone_are_left_out(void **state)
{
    struct book_fixture *f = *state;
    cn_account_id acme = book_make_account(f, "acme", "Acme").id;
    place(f, acme, 10, "|segment:vip|", false);
    place(f, (cn_account_id){ acme.value + 1 }, 10, "|segment:vip|", false);
    assert_int_equal(load(f, "vip", 0, LIMIT).count, 1);
    f->unit.scope = CN_SCOPE_OWN;
    f->unit.user = (cn_user_id){ 7 };
    assert_int_equal(load(f, "vip", 0, LIMIT).count, 0);
}

/* What the same range says of one account: the same moves, read otherwise. */
static size_t count_of_one(struct book_fixture *f, cn_account_id id, int64_t from_us,
                           int64_t *sum_out)
{
    const struct cn_placement_range range = {
        .account_id = id.value, .from = { from_us }, .to = { 1000 }, .limit = LIMIT
    };
    struct cn_placement_events events;
    size_t count = 0;
    must(cn_placement_events_load(f->unit.conn, &range, &f->arena, &events, &f->err));
    for (size_t i = 0; i < events.count; i++) {
        const struct cn_placement_event *event = &events.items[i];
        if (cn_str_equal(event->name, CN_STR("vip"))) {
            count++;
            *sum_out += event->at.us * (event->is_entry ? 3 : 5);
        }
    }
    return count;
}

static void all_accounts_together_are_each_by_itself(void **state)
{
    static const char *const placements[] = { "|segment:vip|", "|segment:quiet|segment:vip|",
                                              "|segment:quiet|", "" };
    struct book_fixture *f = *state;
    cn_account_id ids[ACCOUNTS];
    uint32_t random = 12345;
    for (size_t i = 0; i < ACCOUNTS; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "a%zu", i);
        ids[i] = book_make_account(f, key, key).id;
    }
    for (int64_t at = 1; at <= MOMENTS; at++) {
        for (size_t i = 0; i < ACCOUNTS; i++) {
            random = random * 1664525 + 1013904223;
            if (random >> 30 == 0) {
                place(f, ids[i], at, placements[random >> 20 & 3], (random >> 18 & 1) != 0);
            }
        }
    }
    for (int64_t from = 0; from <= MOMENTS; from += 7) {
        const struct cn_set_moves moves = load(f, "vip", from, LIMIT);
        size_t count = 0;
        int64_t expected = 0;
        int64_t sum = 0;
        for (size_t i = 0; i < ACCOUNTS; i++) {
            count += count_of_one(f, ids[i], from, &expected);
        }
        for (size_t i = 0; i < moves.count; i++) {
            sum += moves.items[i].at.us * (moves.items[i].is_entry ? 3 : 5);
            assert_true(i == 0 || moves.items[i - 1].at.us > moves.items[i].at.us ||
                        (moves.items[i - 1].at.us == moves.items[i].at.us &&
                         moves.items[i - 1].account_id.value < moves.items[i].account_id.value));
        }
        assert_int_equal(moves.count, count);
        assert_int_equal(sum, expected);
    }
}

#define TEST(title, function, setup_) CN_TEST_WITH(title, function, setup_, book_teardown)
#define TESTS(setup_)                                                                              \
    TEST("entries and exits are told newest first", entries_and_exits_are_told_newest_first,       \
         setup_),                                                                                  \
        TEST("a name is no pattern, and lower-case", a_name_is_no_pattern_and_lower_case, setup_), \
        TEST("what the caller does not see, and accounts that are gone, are left out",             \
             what_the_caller_does_not_see_and_accounts_that_are_gone_are_left_out, setup_),        \
        TEST("all accounts together are each by itself", all_accounts_together_are_each_by_itself, \
             setup_)

int main(void)
{
    const struct CMUnitTest sqlite_tests[] = { TESTS(setup_sqlite) };
    const struct CMUnitTest postgres_tests[] = { TESTS(setup_server) };
    return BOOK_RUN("set_moves", sqlite_tests, postgres_tests);
}
