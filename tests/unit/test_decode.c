/* The texts of requests: parameters, headers, cookies; CSV cells; failed sign-ins. */
#include <string.h>

#include "base/str.h"

#include "api/csv.h"
#include "api/decode.h"
#include "api/gauge.h"
#include "api/throttle.h"
#include "tests/unit/unit.h"

static void percent_escapes_are_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *path; /* NULL: refused */
        const char *query;
    } cases[] = {
        { "", "", "" },
        { "a%20b+c", "a b+c", "a b c" },
        { "%C3%A9", "\u00e9", "\u00e9" },
        { "%2F%2f", "//", "//" },
        { "%", NULL, NULL },
        { "a%2", NULL, NULL },
        { "%zz", NULL, NULL },
        { "%00", NULL, NULL },
        { "%ff", NULL, NULL },
        { "%C3", NULL, NULL },
    };
    struct cn_arena arena;
    cn_str text;
    cn_arena_init(&arena, 1024);
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        const bool is_good = cases[i].path != NULL;
        assert_int_equal(cn_url_decode(&arena, cn_str_of(cases[i].text), false, &text), is_good);
        if (is_good) {
            assert_true(cn_str_equal(text, cn_str_of(cases[i].path)));
            assert_true(cn_url_decode(&arena, cn_str_of(cases[i].text), true, &text));
            assert_true(cn_str_equal(text, cn_str_of(cases[i].query)));
        }
    }
    cn_arena_deinit(&arena);
}

struct list_query {
    int64_t limit;
    enum cn_given limit_given;
    cn_str q;
    enum cn_given q_given;
    bool deep;
};
static const struct cn_field query_rows[] = {
    CN_FIELD(struct list_query, limit, CN_MAY(struct list_query, limit, BE_ABSENT), .min = 1,
             .max = 200),
    CN_FIELD(struct list_query, q, CN_MAY(struct list_query, q, BE_ABSENT), .max = 10),
    CN_FIELD(struct list_query, deep),
};
static const struct cn_fields query_fields = CN_FIELDS("ListQuery", struct list_query, query_rows);

static size_t problems_of(struct cn_arena *arena, const char *query,
                          const struct list_query **query_out)
{
    struct cn_diagnostics problems;
    struct cn_error err = { .code = CN_OK };
    const void *out = NULL;
    cn_diagnostics_init(&problems, arena);
    const bool ok = cn_decode_query(arena, &query_fields, cn_str_of(query), &out, &problems, &err);
    assert_int_equal(ok, problems.count == 0);
    assert_int_equal(err.code, ok ? CN_OK : CN_MALFORMED);
    *query_out = out;
    return problems.count;
}

static void a_query_is_read_by_its_table(void **state)
{
    (void)state;
    struct cn_arena arena;
    const struct list_query *query = NULL;
    cn_arena_init(&arena, 1024);
    assert_int_equal(problems_of(&arena, "limit=7&q=a%20b+c&deep=true", &query), 0);
    assert_int_equal(query->limit, 7);
    assert_true(query->deep);
    assert_true(cn_str_equal(query->q, CN_STR("a b c")));
    assert_int_equal(problems_of(&arena, "&deep=false&", &query), 0);
    assert_int_equal(query->limit_given, CN_ABSENT);
    assert_int_equal(problems_of(&arena, "limit=201&q=%ff&deep=maybe&x=1", &query), 4);
    assert_int_equal(problems_of(&arena, "deep=true&deep=true", &query), 1);
    assert_int_equal(problems_of(&arena, "", &query), 1);
    assert_int_equal(problems_of(&arena, "deep", &query), 1);
    assert_int_equal(problems_of(&arena, "deep=true&<script>=1", &query), 1);
    cn_arena_deinit(&arena);
}

static void accept_headers_are_honest(void **state)
{
    (void)state;
    const cn_str json = CN_STR("application/json");
    assert_true(cn_accepts(CN_STR(""), json));
    assert_true(cn_accepts(CN_STR("*/*"), json));
    assert_true(cn_accepts(CN_STR("text/html, application/*;q=0.5"), json));
    assert_true(cn_accepts(CN_STR("Application/JSON"), json));
    assert_false(cn_accepts(CN_STR("text/html"), json));
    assert_false(cn_accepts(CN_STR("application/json;q=0"), json));
    assert_false(cn_accepts(CN_STR("application/jsonx"), json));
    assert_true(cn_is_media_type(CN_STR("application/json; charset=UTF-8"), json));
    assert_false(cn_is_media_type(CN_STR("application/json; charset=latin1"), json));
    assert_false(cn_is_media_type(CN_STR(""), json));
}

static void only_strong_tags_of_ours_name_a_version(void **state)
{
    (void)state;
    static const char *const wrong[] = { "",      "12",     "\"\"", "W/\"12\"", "\"1\", \"2\"",
                                         "\"a\"", "\"-1\"", "\"0\"" };
    int64_t version = 5;
    for (size_t i = 0; i < CN_ARRAY_LEN(wrong); i++) {
        assert_false(cn_parse_etag(cn_str_of(wrong[i]), &version) && version > 0);
    }
    assert_true(cn_parse_etag(CN_STR("\"12\""), &version));
    assert_int_equal(version, 12);
}

static void cookies_are_found_by_their_whole_name(void **state)
{
    (void)state;
    cn_str value;
    const cn_str header = CN_STR("xcairn_session=1; cairn_session=abc=; cairn_session2=3");
    assert_true(cn_cookie(header, CN_STR("cairn_session"), &value));
    assert_true(cn_str_equal(value, CN_STR("abc=")));
    assert_false(cn_cookie(header, CN_STR("session"), &value));
}

static void other_origins_are_told_apart(void **state)
{
    (void)state;
    const cn_str host = CN_STR("cairn.example:7117");
    assert_true(cn_is_own_origin(CN_STR("http://cairn.example:7117"), host, CN_STR("")));
    assert_true(cn_is_own_origin(CN_STR("https://CAIRN.example:7117"), host, CN_STR("")));
    assert_true(
        cn_is_own_origin(CN_STR("https://cs.example"), host, CN_STR("https://cs.example/")));
    assert_false(cn_is_own_origin(CN_STR("http://cairn.example"), host, CN_STR("")));
    assert_false(cn_is_own_origin(CN_STR("http://cairn.example:7117.evil"), host, CN_STR("")));
    assert_false(cn_is_own_origin(CN_STR("null"), host, CN_STR("")));
    assert_false(cn_is_own_origin(CN_STR("http://"), CN_STR(""), CN_STR("")));
}

static void csv_cells_are_never_formulas(void **state)
{
    (void)state;
    struct cn_buf out;
    cn_buf_init(&out, 4096);
    cn_csv_cell(&out, CN_STR("=1+1"));
    cn_csv_cell(&out, CN_STR("+1"));
    cn_csv_cell(&out, CN_STR("-1"));
    cn_csv_cell(&out, CN_STR("@SUM(A1)"));
    cn_csv_cell(&out, CN_STR("\t=1"));
    cn_csv_cell(&out, CN_STR("\r=1"));
    cn_csv_number(&out, -1.5);
    cn_csv_end_line(&out);
    cn_csv_cell(&out, CN_STR("a \"b\", c\nd"));
    cn_csv_cell(&out, CN_STR(""));
    assert_true(cn_str_equal(cn_buf_str(&out),
                             CN_STR("\"'=1+1\",\"'+1\",\"'-1\",\"'@SUM(A1)\",\"'\t=1\",\"'\r=1\","
                                    "-1.5\r\n\"a \"\"b\"\", c\nd\",\"\"")));
    cn_buf_deinit(&out);
}

static void failed_sign_ins_are_counted_in_a_window(void **state)
{
    (void)state;
    struct cn_throttle *throttle = cn_throttle_new(1000000);
    cn_time now = { 5000000 };
    int64_t wait_s = 0;
    for (int i = 0; i < 3; i++) {
        assert_true(cn_throttle_allows(throttle, 'e', CN_STR("a"), 3, now, &wait_s));
        cn_throttle_count(throttle, 'e', CN_STR("a"), now);
    }
    assert_false(cn_throttle_allows(throttle, 'e', CN_STR("a"), 3, now, &wait_s));
    assert_int_equal(wait_s, 2);
    assert_true(cn_throttle_allows(throttle, 'e', CN_STR("b"), 3, now, &wait_s));
    assert_true(cn_throttle_allows(throttle, 'a', CN_STR("a"), 3, now, &wait_s));
    now.us += 1000000;
    assert_true(cn_throttle_allows(throttle, 'e', CN_STR("a"), 3, now, &wait_s));
    cn_throttle_count(throttle, 'e', CN_STR("a"), now);
    assert_true(cn_throttle_allows(throttle, 'e', CN_STR("a"), 2, now, &wait_s));
    cn_throttle_forget(throttle, 'e', CN_STR("a"));
    assert_true(cn_throttle_allows(throttle, 'e', CN_STR("a"), 1, now, &wait_s));
    cn_throttle_free(throttle);
}

static void gauges_are_prometheus_text(void **state)
{
    (void)state;
    struct cn_buf buf;
    struct cn_gauges out = { .buf = &buf };
    cn_buf_init(&buf, 4096);
    cn_gauge(&out, "cairn_a_total", CN_COUNTER, "Things.", 3);
    cn_gauge_family(&out, "cairn_b", CN_GAUGE, "Others.");
    cn_gauge_labelled(&out, "kind", "x", 0.5);
    assert_true(cn_str_equal(cn_buf_str(&buf),
                             CN_STR("# HELP cairn_a_total Things.\n# TYPE cairn_a_total counter\n"
                                    "cairn_a_total 3\n# HELP cairn_b Others.\n# TYPE cairn_b "
                                    "gauge\ncairn_b{kind=\"x\"} 0.5\n")));
    cn_buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("percent escapes are decoded", percent_escapes_are_decoded),
        CN_TEST("a query is read by its table", a_query_is_read_by_its_table),
        CN_TEST("Accept and Content-Type are taken at their word", accept_headers_are_honest),
        CN_TEST("only strong tags of ours name a version", only_strong_tags_of_ours_name_a_version),
        CN_TEST("cookies are found by their whole name", cookies_are_found_by_their_whole_name),
        CN_TEST("reliability 25: other origins are told apart", other_origins_are_told_apart),
        CN_TEST("reliability 24: CSV cells are never formulas", csv_cells_are_never_formulas),
        CN_TEST("reliability 27: failed sign-ins are counted in a window",
                failed_sign_ins_are_counted_in_a_window),
        CN_TEST("figures are written as Prometheus reads them", gauges_are_prometheus_text),
    };
    return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
