/* Ids that wait for their turn. */
#include "api/waiting.h"
#include "tests/unit/unit.h"

enum {
    MANY = 5000
};

static void who_waits_longest_is_next_however_many_come_later(void **state)
{
    struct cn_waiting waiting = { 0 };
    int64_t id = 0;
    (void)state;
    for (int64_t i = 1; i <= MANY; i++) {
        cn_waiting_put(&waiting, i);
    }
    for (int64_t i = 1; i <= 3 * MANY; i++) {
        assert_true(cn_waiting_take(&waiting, &id));
        assert_int_equal(id, (i - 1) % MANY + 1);
        cn_waiting_put(&waiting, id); /* it changed again */
    }
    assert_int_equal(cn_waiting_count(&waiting), MANY);
    cn_waiting_deinit(&waiting);
}

static void an_id_waits_once_and_keeps_its_place(void **state)
{
    struct cn_waiting waiting = { 0 };
    int64_t id = 0;
    (void)state;
    cn_waiting_put(&waiting, 7);
    cn_waiting_put(&waiting, 8);
    cn_waiting_put(&waiting, 7);
    assert_int_equal(cn_waiting_count(&waiting), 2);
    assert_true(cn_waiting_take(&waiting, &id));
    assert_int_equal(id, 7);
    assert_true(cn_waiting_take(&waiting, &id));
    assert_int_equal(id, 8);
    assert_false(cn_waiting_take(&waiting, &id));
    assert_int_equal(id, 8);
    cn_waiting_deinit(&waiting);
}

static void what_was_dropped_has_no_turn_until_it_comes_again(void **state)
{
    struct cn_waiting waiting = { 0 };
    int64_t id = 0;
    (void)state;
    cn_waiting_put(&waiting, 1);
    cn_waiting_put(&waiting, 2);
    cn_waiting_drop(&waiting, 1);
    cn_waiting_drop(&waiting, 3);
    assert_int_equal(cn_waiting_count(&waiting), 1);
    assert_true(cn_waiting_take(&waiting, &id));
    assert_int_equal(id, 2);
    assert_false(cn_waiting_take(&waiting, &id));
    cn_waiting_put(&waiting, 1);
    assert_true(cn_waiting_take(&waiting, &id));
    assert_int_equal(id, 1);
    cn_waiting_put(&waiting, 9);
    cn_waiting_clear(&waiting);
    assert_false(cn_waiting_take(&waiting, &id));
    cn_waiting_deinit(&waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("who waits longest is next, however many come later",
                who_waits_longest_is_next_however_many_come_later),
        CN_TEST("an id waits once and keeps its place", an_id_waits_once_and_keeps_its_place),
        CN_TEST("what was dropped has no turn until it comes again",
                what_was_dropped_has_no_turn_until_it_comes_again),
    };
    return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}
