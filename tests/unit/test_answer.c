/* Answers that are remembered under an idempotency key. */
#include "base/str.h"

#include "book/answer.h"
#include "tests/unit/book_fixture.h"

static void an_answer_is_remembered_for_its_time(void **state)
{
    struct book_fixture *f = *state;
    const struct cn_answer_key key = { CN_STR("createAccount"), CN_STR("k1"), CN_STR("h1"),
                                       1000000 };
    const struct cn_answer answer = { 201, 7, CN_STR("/x"), CN_STR("{}") };
    struct cn_answer_key other = key;
    struct cn_answer again = { 0 };
    bool found = true;
    must(cn_answer_find(&f->unit, &key, &again, &found, &f->err));
    assert_false(found);
    must(cn_answer_save(&f->unit, &key, &answer, &f->err));
    assert_false(cn_answer_save(&f->unit, &key, &answer, &f->err));
    assert_int_equal(f->err.code, CN_CONFLICT);
    must(cn_answer_find(&f->unit, &key, &again, &found, &f->err));
    assert_true(found);
    assert_int_equal(again.status, 201);
    assert_int_equal(again.version, 7);
    assert_true(cn_str_equal(again.body, CN_STR("{}")));
    other.request_hash = CN_STR("h2");
    assert_false(cn_answer_find(&f->unit, &other, &again, &found, &f->err));
    assert_int_equal(f->err.code, CN_INVALID);
    f->unit.now.us += 1000000;
    must(cn_answer_find(&f->unit, &key, &again, &found, &f->err));
    assert_false(found);
    must(cn_answer_save(&f->unit, &key, &answer, &f->err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST_WITH("an answer is remembered for its time", an_answer_is_remembered_for_its_time,
                     book_setup, book_teardown),
    };
    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
