/* Problems of files as JSON: in an answer, and in a problem document. */
#include "base/str.h"

#include "api/diagnostics.h"
#include "api/problem.h"
#include "tests/unit/unit.h"

struct fixture {
    struct cn_arena arena;
    struct cn_diagnostics problems;
    struct cn_buf buf;
    struct cn_json_writer out;
};

static void begin(struct fixture *f)
{
    struct cn_place place = { .source = CN_STR("signals.yaml"), .line = 3, .column = 11 };
    struct cn_place nowhere = { 0 };
    cn_arena_init(&f->arena, 4096);
    cn_diagnostics_init(&f->problems, &f->arena);
    (void)cn_diagnose(&f->problems, &place, "no such name 'activ_users'");
    cn_diagnose_end(&f->problems, 3, 22);
    cn_diagnose_fix(&f->problems, &(struct cn_fix){ .line = 3,
                                                    .column = 11,
                                                    .instead_of = CN_STR("activ_users"),
                                                    .text = CN_STR("active_users") });
    (void)cn_diagnose(&f->problems, &nowhere, "scorecards: too large");
    cn_buf_init(&f->buf, 1 << 16);
    cn_json_writer_init(&f->out, &f->buf);
}

static void assert_json(struct fixture *f, const char *expected)
{
    struct cn_error err;
    cn_str text;
    assert_true(cn_json_finish(&f->out, &text, &err));
    if (!cn_str_equal(text, cn_str_of(expected))) {
        print_error("%.*s\n", CN_STR_ARG(text));
    }
    assert_true(cn_str_equal(text, cn_str_of(expected)));
    cn_buf_deinit(&f->buf);
    cn_arena_deinit(&f->arena);
}

#define FIX                                                                       \
    "{\"label\":\"active_users instead of activ_users\",\"edits\":[{\"file\":"    \
    "\"signals.yaml\",\"line\":3,\"column\":11,\"end_line\":3,\"end_column\":22," \
    "\"text\":\"active_users\"}]}"

static void a_problem_of_a_file_has_its_place_and_an_edit(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    struct cn_program_problem_list list = cn_program_problems_list(&f.arena, &f.problems);
    assert_int_equal(list.count, 2);
    cn_json_array_begin(&f.out);
    for (size_t i = 0; i < list.count; i++) {
        cn_json_write_struct(&f.out, cn_program_problem_item.object, &list.items[i]);
    }
    cn_json_array_end(&f.out);
    assert_json(&f, "[{\"file\":\"signals.yaml\",\"line\":3,\"column\":11,\"end_line\":3,"
                    "\"end_column\":22,\"severity\":\"error\",\"message\":\"no such name "
                    "'activ_users'\",\"fix\":" FIX "},"
                    "{\"file\":\"\",\"line\":1,\"column\":1,\"end_line\":1,\"end_column\":1,"
                    "\"severity\":\"error\",\"message\":\"scorecards: too large\",\"fix\":null}]");
}

static void a_problem_document_carries_the_same(void **state)
{
    (void)state;
    struct fixture f;
    struct cn_error err;
    begin(&f);
    (void)cn_fail(&err, CN_INVALID, "the program does not check");
    cn_problem_write(&f.out, &err, &f.problems, CN_STR("r1"));
    assert_json(&f, "{\"type\":\"/problems/invalid\",\"title\":\"invalid\",\"status\":422,"
                    "\"detail\":\"the program does not check\",\"instance\":\"r1\",\"errors\":["
                    "{\"pointer\":\"\",\"detail\":\"no such name 'activ_users'\",\"file\":"
                    "\"signals.yaml\",\"line\":3,\"column\":11,\"end_line\":3,\"end_column\":22,"
                    "\"fix\":" FIX "},"
                    "{\"pointer\":\"\",\"detail\":\"scorecards: too large\"}]}");
}

static void a_long_fix_has_a_short_label(void **state)
{
    (void)state;
    struct fixture f;
    struct cn_program_fix_view fix = { 0 };
    char text[302];
    for (size_t i = 0; i < sizeof(text); i += 2) {
        text[i] = '\xC3'; /* two bytes a character */
        text[i + 1] = '\xBC';
    }
    begin(&f);
    f.problems.items[0].fix.text = (cn_str){ text, sizeof(text) };
    f.problems.items[0].fix.instead_of = (cn_str){ text + 2, sizeof(text) - 2 };
    assert_true(cn_program_fix_of(&f.arena, &f.problems.items[0], &fix));
    assert_int_equal(fix.label.len, 60 + 12 + 60); /* whole characters */
    assert_int_equal(fix.edits.items[0].text.len, sizeof(text));
    assert_false(cn_program_fix_of(&f.arena, &f.problems.items[1], &fix));
    cn_buf_deinit(&f.buf);
    cn_arena_deinit(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("a problem of a file has its place and an edit",
                a_problem_of_a_file_has_its_place_and_an_edit),
        CN_TEST("a problem document carries the same", a_problem_document_carries_the_same),
        CN_TEST("a long fix has a short label", a_long_fix_has_a_short_label),
    };
    return cmocka_run_group_tests_name("diagnostics", tests, NULL, NULL);
}
