/* JSON that is refused: where it is wrong and which parts of it are good.  Also parts as written.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/random.h"
#include "base/str.h"

#include "json/reader.h"
#include "json/scan.h"
#include "tests/unit/folder.h"

enum {
    TEXT_MAX = 1 << 20
};

struct fixture {
    struct cn_json_parser *parser;
    struct cn_buf text;
    struct cn_error err;
};

static void faults_have_a_place_and_a_reason(void **state)
{
    static const struct {
        const char *text;
        enum cn_json_verdict verdict;
        size_t offset;
        const char *problem;
    } cases[] = {
        { "[1, 2, {\"a\": null}]", CN_JSON_IS_GOOD, 0, "" },
        { " \"x\" ", CN_JSON_IS_GOOD, 0, "" },
        { "-0.5e-7", CN_JSON_IS_GOOD, 0, "" },
        { "18446744073709551615", CN_JSON_IS_GOOD, 0, "" },
        { "-9223372036854775808", CN_JSON_IS_GOOD, 0, "" },
        { "\"\\ud83d\\ude00\"", CN_JSON_IS_GOOD, 0, "" },
        { "[18446744073709551616]", CN_JSON_HAS_BAD, 1, "number out of range" },
        { "[-9223372036854775809]", CN_JSON_HAS_BAD, 1, "number out of range" },
        { "[0, 1e999]", CN_JSON_HAS_BAD, 4, "number out of range" },
        { "[\"\\ud83d\"]", CN_JSON_HAS_BAD, 2, "surrogate without its other half" },
        { "[\"\\ude00\"]", CN_JSON_HAS_BAD, 2, "surrogate without its other half" },
        { "[\"\\ud83d\\u0041\"]", CN_JSON_HAS_BAD, 2, "surrogate without its other half" },
        { "[\"a\xff\"]", CN_JSON_HAS_BAD, 2, "text is not utf-8" },
        { "[1e999, 2", CN_JSON_IS_NOT, 9, "comma or end expected" },
        { "", CN_JSON_IS_NOT, 0, "value expected" },
        { "[1,]", CN_JSON_IS_NOT, 3, "value expected" },
        { "[1}", CN_JSON_IS_NOT, 2, "comma or end expected" },
        { "{\"a\" 1}", CN_JSON_IS_NOT, 5, "colon expected" },
        { "{a:1}", CN_JSON_IS_NOT, 1, "text in quotes expected" },
        { "\"a", CN_JSON_IS_NOT, 2, "text does not end" },
        { "\"\t\"", CN_JSON_IS_NOT, 1, "control character in text" },
        { "\"\\q\"", CN_JSON_IS_NOT, 2, "unknown escape" },
        { "\"\\u00g0\"", CN_JSON_IS_NOT, 5, "hexadecimal digit expected" },
        { "01", CN_JSON_IS_NOT, 1, "number starts with 0" },
        { "1.", CN_JSON_IS_NOT, 2, "digit expected" },
        { "1e+", CN_JSON_IS_NOT, 3, "digit expected" },
        { "[] []", CN_JSON_IS_NOT, 3, "text after the document" },
    };
    (void)state;
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        struct cn_json_fault fault = cn_json_scan(cn_str_of(cases[i].text));
        assert_int_equal(fault.verdict, cases[i].verdict);
        assert_int_equal(fault.offset, cases[i].offset);
        assert_string_equal(fault.problem, cases[i].problem);
    }
}

static void the_reader_says_where(void **state)
{
    struct fixture *f = *state;
    cn_json_value root;
    assert_false(cn_json_parse(f->parser, CN_STR("{\"a\": 1e999}"), &root, &f->err));
    assert_int_equal(f->err.offset, 6);
    assert_string_equal(f->err.message, "not json: number out of range");
}

static void pieces_of_a_bad_document_are_found(void **state)
{
    struct cn_json_pieces pieces;
    cn_str name;
    cn_str text;
    (void)state;
    cn_str document = CN_STR(" { \"a]\" : [1e999 , {\"x\":[2]}] ,\n\"b\\\"\":\"}\\\"\",\"c\":-1}");
    assert_int_equal(cn_json_scan(document).verdict, CN_JSON_HAS_BAD);
    assert_true(cn_json_pieces_of(document, &pieces));
    assert_true(cn_json_pieces_next(&pieces, &name, &text));
    assert_true(cn_str_equal(name, CN_STR("a]")));
    assert_true(cn_str_equal(text, CN_STR("[1e999 , {\"x\":[2]}]")));
    struct cn_json_pieces inner;
    assert_true(cn_json_pieces_of(text, &inner));
    assert_true(cn_json_pieces_next(&inner, &name, &text));
    assert_true(cn_str_equal(text, CN_STR("1e999")));
    assert_true(cn_json_pieces_next(&inner, &name, &text));
    assert_true(cn_str_equal(text, CN_STR("{\"x\":[2]}")));
    assert_false(cn_json_pieces_next(&inner, &name, &text));
    assert_true(cn_json_pieces_next(&pieces, &name, &text));
    assert_true(cn_str_equal(name, CN_STR("b\\\"")));
    assert_true(cn_str_equal(text, CN_STR("\"}\\\"\"")));
    assert_true(cn_json_pieces_next(&pieces, &name, &text));
    assert_true(cn_str_equal(text, CN_STR("-1")));
    assert_false(cn_json_pieces_next(&pieces, &name, &text));
    assert_false(cn_json_pieces_of(CN_STR("\"text\""), &pieces));
    assert_true(cn_json_pieces_of(CN_STR("[ ]"), &pieces));
    assert_false(cn_json_pieces_next(&pieces, &name, &text));
}

/* ---- parts as written ---- */

static void add_blanks(struct cn_rng *rng, struct cn_buf *buf)
{
    static const char blanks[] = " \t\r\n";
    while (cn_rng_between(rng, 0, 2) == 0) {
        cn_buf_add(buf, &blanks[cn_rng_between(rng, 0, 3)], 1);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): to a depth of six */
static void add_value(struct cn_rng *rng, struct cn_buf *buf, int depth)
{
    static const char *const scalars[] = { "1",     "-2.5e3", "\"\"",        "\"a\\\"]}{[,:\"",
                                           "true",  "null",   "\"\\u00e9\"", "123456789012",
                                           "false", "0",      "{}",          "[]" };
    int64_t kind = depth < 6 ? cn_rng_between(rng, 0, 3) : 0;
    if (kind < 2) {
        cn_buf_add_str(buf, cn_str_of(scalars[cn_rng_between(rng, 0, CN_ARRAY_LEN(scalars) - 1)]));
        return;
    }
    cn_buf_add(buf, kind == 2 ? "[" : "{", 1);
    int64_t count = cn_rng_between(rng, 0, 4);
    for (int64_t i = 0; i < count; i++) {
        add_blanks(rng, buf);
        if (kind == 3) {
            cn_buf_printf(buf, "\"k%d\"", (int)i);
            add_blanks(rng, buf);
            cn_buf_add(buf, ":", 1);
            add_blanks(rng, buf);
        }
        add_value(rng, buf, depth + 1);
        add_blanks(rng, buf);
        if (i + 1 < count) {
            cn_buf_add(buf, ",", 1);
        }
    }
    cn_buf_add(buf, kind == 2 ? "]" : "}", 1);
}

static bool is_container(cn_json_value value)
{
    return cn_json_kind(value) == CN_JSON_ARRAY || cn_json_kind(value) == CN_JSON_OBJECT;
}

/* Each value as written is what the pieces of its container are. */
/* NOLINTNEXTLINE(misc-no-recursion): to a depth of six */
static void check_walk(struct cn_json_walk walk, cn_str text)
{
    struct cn_json_pieces pieces;
    cn_str name;
    cn_str piece_name;
    cn_str piece;
    cn_json_value value;
    assert_true(cn_json_pieces_of(text, &pieces));
    while (cn_json_walk_next(&walk, &name, &value)) {
        assert_true(cn_json_pieces_next(&pieces, &piece_name, &piece));
        assert_true(cn_str_equal(name, piece_name));
        assert_true(cn_str_equal(cn_json_walk_raw(&walk), piece));
        if (is_container(value)) {
            check_walk(cn_json_walk_into(&walk, value), piece);
        }
    }
    assert_false(cn_json_pieces_next(&pieces, &piece_name, &piece));
}

static void values_are_found_as_they_were_written(void **state)
{
    struct fixture *f = *state;
    struct cn_rng rng = { 11 };
    for (int i = 0; i < 2000; i++) {
        cn_json_value root;
        cn_buf_clear(&f->text);
        add_blanks(&rng, &f->text);
        add_value(&rng, &f->text, 0);
        add_blanks(&rng, &f->text);
        assert_int_equal(cn_json_scan(cn_buf_str(&f->text)).verdict, CN_JSON_IS_GOOD);
        assert_true(cn_json_parse(f->parser, cn_buf_str(&f->text), &root, &f->err));
        if (is_container(root)) {
            check_walk(cn_json_walk_root(f->parser, root), cn_buf_str(&f->text));
        }
    }
}

/* ---- JSONTestSuite ---- */

static void read_file(const char *path, struct cn_buf *text)
{
    char bytes[4096];
    size_t n;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    cn_buf_clear(text);
    while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0) {
        cn_buf_add(text, bytes, n);
    }
    assert_int_equal(fclose(file), 0);
}

static void check_file(const char *path, const char *name, const char *ignored)
{
    struct cn_json_parser *parser = cn_json_parser_new(TEXT_MAX);
    struct cn_buf text;
    struct cn_error err;
    cn_json_value root;
    (void)ignored;
    cn_buf_init(&text, TEXT_MAX);
    read_file(path, &text);
    bool is_read = cn_json_parse(parser, cn_buf_str(&text), &root, &err);
    struct cn_json_fault fault = cn_json_scan(cn_buf_str(&text));
    bool same = is_read == (fault.verdict == CN_JSON_IS_GOOD);
    bool right = (name[0] != 'y' || is_read) && (name[0] != 'n' || !is_read);
    bool placed = is_read || (err.offset == (int)fault.offset && fault.offset <= text.len);
    if (!same || !right || !placed) {
        print_message("%s: read %d, verdict %d at %zu\n", name, is_read, (int)fault.verdict,
                      fault.offset);
        fail();
    }
    cn_buf_deinit(&text);
    cn_json_parser_free(parser);
}

static void the_test_suite_is_read_and_refused_as_it_says(void **state)
{
    (void)state;
    for_each_file(CN_TEST_JSON_SUITE, check_file, "");
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){ .parser = cn_json_parser_new(TEXT_MAX) };
    cn_buf_init(&f.text, TEXT_MAX);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    cn_json_parser_free(f->parser);
    cn_buf_deinit(&f->text);
    return 0;
}

#define T(title, function) CN_TEST_WITH(title, function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("faults have a place and a reason", faults_have_a_place_and_a_reason),
        T("the reader says where", the_reader_says_where),
        T("pieces of a bad document are found", pieces_of_a_bad_document_are_found),
        T("values are found as they were written", values_are_found_as_they_were_written),
        T("JSONTestSuite is read and refused as it says",
          the_test_suite_is_read_and_refused_as_it_says),
    };
    return cmocka_run_group_tests_name("json_scan", tests, NULL, NULL);
}
