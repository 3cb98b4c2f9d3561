#include "base/arena.h"
#include "base/str.h"

#include "book/fold.h"
#include "tests/unit/unit.h"

#define assert_str(text, expected) assert_true(cn_str_equal((text), CN_STR(expected)))

static void text_is_folded_for_search(void **state)
{
    struct cn_arena arena;
    (void)state;
    cn_arena_init(&arena, 1024);
    assert_str(cn_fold(&arena, CN_STR("  Soci\xc3\xa9t\xc3\xa9 \t G\xc3\xa9n\xc3\xa9rale ")),
               "societe generale");
    assert_str(cn_fold(&arena, CN_STR("STRA\xc3\x9f"
                                      "E \xc5\x81\xc3\xb3"
                                      "d\xc5\xba")),
               "strasse lodz");
    assert_str(cn_fold(&arena, CN_STR("\xd0\x9c\xd0\x98\xd0\xa0 \xce\x91")),
               "\xd0\xbc\xd0\xb8\xd1\x80 \xce\xb1");
    assert_str(cn_fold(&arena, CN_STR("e\xcc\x81")), "e"); /* combining accent */
    assert_str(cn_fold(&arena, CN_STR("\xc3")), "a");      /* cut off: no overrun */
    assert_str(cn_mail_domain(&arena, CN_STR("Pat@Acme.Example")), "acme.example");
    assert_str(cn_mail_domain(&arena, CN_STR("pat@gmail.com")), "");
    assert_str(cn_mail_domain(&arena, CN_STR("pat")), "");
    assert_str(cn_mail_domain(&arena, CN_STR("pat@nowhere")), "");
    assert_str(cn_domain_normal(&arena, CN_STR("http://www.Acme.example:80/x?y")), "acme.example");
    cn_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("text is folded for search", text_is_folded_for_search),
    };
    return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
