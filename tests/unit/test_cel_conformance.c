/*
 * The conformance tests of the CEL specification (tests/data/cel/conformance.json).
 *
 * What passes is written down for each section in tests/golden/cel/conformance.txt, so that the
 * list says what is not supported yet and any change shows.  CN_GOLDEN_UPDATE=1 rewrites it; with
 * CN_CEL_FAILING=section/subsection the failing tests of one are printed.
 */
#include "tests/unit/unit.h"
/* after unit.h */
#include <math.h>

#include "base/buf.h"
#include "base/parse.h"

#include "cel/check.h"
#include "cel/text.h"
#include "tests/unit/cel_data.h"

static void decode_base64(struct cn_arena *arena, cn_str text, cn_str *bytes_out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *out = cn_arena_array(arena, char, text.len + 1);
    size_t len = 0;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < text.len && text.ptr[i] != '='; i++) {
        bits = bits << 6 | (uint32_t)(strchr(digits, text.ptr[i]) - digits);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[len++] = (char)(bits >> held & 0xFF);
        }
    }
    *bytes_out = (cn_str){ out, len };
}

static double read_double(cn_json_value value)
{
    if (cn_json_kind(value) != CN_JSON_STR) {
        return cn_json_get_f64(value);
    }
    cn_str text = cn_json_get_str(value);
    return text.ptr[0] == 'N' ? NAN : text.ptr[0] == '-' ? -INFINITY : INFINITY;
}

static enum cn_cel_kind kind_of(cn_str name)
{
    for (enum cn_cel_kind kind = CN_CEL_BOOL; kind < CN_CEL_KINDS; kind++) {
        if (cn_str_equal(name, cn_str_of(cn_cel_kind_name(kind)))) {
            return kind;
        }
    }
    return CN_CEL_NULL;
}

/* A type by its name in the data: "google.protobuf.Timestamp", "list". */
static const struct cn_cel_type *type_named(cn_str name)
{
    return cn_cel_type_of(cn_str_equal(name, CN_STR("google.protobuf.Timestamp")) ? CN_CEL_TIMESTAMP
                          : cn_str_equal(name, CN_STR("google.protobuf.Duration")) ? CN_CEL_DURATION
                                                                                   : kind_of(name));
}

static struct cn_cel_value read_value(struct cn_arena *arena, cn_json_value tagged);

static void read_items(struct cn_arena *arena, cn_json_value list, struct cn_cel_value *out)
{
    struct cn_json_iter iter = cn_json_iterate(list);
    bool is_map = out->kind == CN_CEL_MAP;
    size_t count = cn_json_count(list);
    struct cn_cel_value *keys = cn_arena_array(arena, struct cn_cel_value, count + 1);
    struct cn_cel_value *items = cn_arena_array(arena, struct cn_cel_value, count + 1);
    cn_str name;
    cn_json_value item;
    cn_json_value part;
    for (size_t i = 0; cn_json_next(&iter, &name, &item); i++) {
        if (!is_map) {
            items[i] = read_value(arena, item);
            continue;
        }
        struct cn_json_iter pair = cn_json_iterate(item);
        assert_true(cn_json_next(&pair, &name, &part));
        keys[i] = read_value(arena, part);
        assert_true(cn_json_next(&pair, &name, &part));
        items[i] = read_value(arena, part);
    }
    if (is_map) {
        out->as.map = (struct cn_cel_map){ keys, items, count };
    } else {
        out->as.list = (struct cn_cel_list){ items, count };
    }
}

static struct cn_cel_value read_value(struct cn_arena *arena, cn_json_value tagged)
{
    struct cn_cel_value out = { .kind = kind_of(member_text(tagged, "type")) };
    cn_json_value value;
    if (!member(tagged, "value", &value)) {
        return out;
    }
    bool ok = true;
    switch ((int)out.kind) {
    case CN_CEL_BOOL:
        out.as.flag = cn_json_get_bool(value);
        break;
    case CN_CEL_INT:
        ok = cn_parse_i64(cn_json_get_str(value), &out.as.i64);
        break;
    case CN_CEL_UINT:
        out.as.u64 = strtoull(cn_arena_str(arena, cn_json_get_str(value)).ptr, NULL, 10);
        break;
    case CN_CEL_DOUBLE:
        out.as.f64 = read_double(value);
        break;
    case CN_CEL_STRING:
        out.as.text = cn_arena_str(arena, cn_json_get_str(value));
        break;
    case CN_CEL_BYTES:
        decode_base64(arena, cn_json_get_str(value), &out.as.text);
        break;
    case CN_CEL_TIMESTAMP:
        ok = cn_cel_read_timestamp(cn_json_get_str(value), &out.as.time);
        break;
    case CN_CEL_DURATION:
        ok = cn_cel_read_duration(cn_json_get_str(value), &out.as.time);
        break;
    case CN_CEL_TYPE:
        out.as.type = type_named(cn_json_get_str(value));
        break;
    case CN_CEL_LIST:
    case CN_CEL_MAP:
        read_items(arena, value, &out);
        break;
    default:
        break;
    }
    assert_true(ok);
    return out;
}

/* A test's bindings stand for the columns of a row. */
struct bindings {
    cn_json_value object;
    bool is_there;
};

static enum cn_cel_resolve resolve(void *ctx, const struct cn_cel_reference *reference,
                                   struct cn_cel_column *column_out, struct cn_error *err)
{
    const struct bindings *bindings = ctx;
    (void)err;
    if (!bindings->is_there || reference->method.len > 0) {
        return CN_CEL_UNKNOWN;
    }
    struct cn_json_iter iter = cn_json_iterate(bindings->object);
    cn_str name;
    cn_json_value value;
    for (uint32_t i = 0; cn_json_next(&iter, &name, &value); i++) {
        if (cn_str_equal(name, reference->name)) {
            *column_out = (struct cn_cel_column){ i, kind_of(member_text(value, "type")) };
            return CN_CEL_FOUND;
        }
    }
    return CN_CEL_UNKNOWN;
}

static bool load(void *ctx, uint32_t column, enum cn_cel_kind kind, struct cn_arena *arena,
                 struct cn_cel_value *value_out)
{
    const struct bindings *bindings = ctx;
    (void)kind;
    struct cn_json_iter iter = cn_json_iterate(bindings->object);
    cn_str name;
    cn_json_value value;
    for (uint32_t i = 0; cn_json_next(&iter, &name, &value); i++) {
        if (i == column) {
            *value_out = read_value(arena, value);
            return true;
        }
    }
    return false;
}

static bool same(const struct cn_cel_value *a, const struct cn_cel_value *b)
{
    if (a->kind == CN_CEL_DOUBLE && b->kind == CN_CEL_DOUBLE && isnan(a->as.f64)) {
        return isnan(b->as.f64);
    }
    return a->kind == b->kind && cn_cel_equal(a, b);
}

static bool passes(struct cn_arena *arena, cn_json_value test)
{
    static const struct cn_cel_dialect whole = { .depth_max = CN_CEL_DEPTH_MAX,
                                                 .optionals = true,
                                                 .extensions = true,
                                                 .quoted_fields = true };
    struct bindings bindings = { .is_there = false };
    bindings.is_there = member(test, "bindings", &bindings.object);
    struct cn_cel_schema schema = { .ctx = &bindings, .resolve = resolve };
    struct cn_cel_row row = { .ctx = &bindings, .load = load };
    cn_json_value expect;
    cn_json_value value;
    assert_true(member(test, "expect", &expect));
    bool wants_value = member(expect, "value", &value);
    bool is_dynamic = member(test, "disable_check", &value) && cn_json_get_bool(value);
    cn_str source = member_text(test, "expr");
    struct cn_cel_problems problems;
    struct cn_cel_expr *expr = NULL;
    cn_cel_problems_init(&problems, arena, source);
    if (!cn_cel_check_dialect(arena, &schema, source, &whole, is_dynamic, &expr, &problems)) {
        /* A feature that is not there yet is no way to pass a test that wants an error. */
        return !wants_value && problems.items[0].kind != CN_CEL_PROBLEM_UNSUPPORTED &&
               problems.items[0].kind != CN_CEL_PROBLEM_NAME &&
               problems.items[0].kind != CN_CEL_PROBLEM_SYNTAX;
    }
    struct cn_cel_value got = cn_cel_eval(expr, &row, arena);
    if (!wants_value) {
        return got.kind == CN_CEL_ERROR && got.as.failure != CN_CEL_UNSUPPORTED &&
               (got.as.failure != CN_CEL_NO_FUNCTION ||
                cn_str_equal(member_text(test, "section"), CN_STR("basic")));
    }
    assert_true(member(expect, "value", &value));
    struct cn_cel_value wanted = read_value(arena, value);
    return same(&wanted, &got);
}

struct tally {
    cn_str section;
    cn_str subsection;
    size_t passed;
    size_t total;
};

static struct tally *tally_of(struct tally *tallies, size_t *count, cn_json_value test)
{
    cn_str section = member_text(test, "section");
    cn_str subsection = member_text(test, "subsection");
    for (size_t i = 0; i < *count; i++) {
        if (cn_str_equal(tallies[i].section, section) &&
            cn_str_equal(tallies[i].subsection, subsection)) {
            return &tallies[i];
        }
    }
    tallies[*count] = (struct tally){ .section = section, .subsection = subsection };
    return &tallies[(*count)++];
}

static void print_failing(const struct tally *tally, cn_json_value test)
{
    const char *wanted = getenv("CN_CEL_FAILING");
    if (wanted != NULL && cn_str_starts_with(tally->section, cn_str_of(wanted))) {
        cn_str expr = member_text(test, "expr");
        print_message("%.*s/%.*s: %.*s\n", CN_STR_ARG(tally->section),
                      CN_STR_ARG(tally->subsection), (int)(expr.len < 200 ? expr.len : 200),
                      expr.ptr);
    }
}

static void run_all(struct cn_buf *out, cn_json_value tests)
{
    enum {
        SECTIONS_MAX = 200
    };
    struct tally tallies[SECTIONS_MAX];
    size_t count = 0;
    size_t passed = 0;
    size_t total = 0;
    struct cn_json_iter iter = cn_json_iterate(tests);
    cn_json_value test;
    cn_str name;
    while (cn_json_next(&iter, &name, &test)) {
        struct tally *tally = tally_of(tallies, &count, test);
        struct cn_arena arena;
        cn_arena_init(&arena, 1 << 14);
        bool ok = passes(&arena, test);
        tally->passed += ok;
        tally->total++;
        passed += ok;
        total++;
        if (!ok) {
            print_failing(tally, test);
        }
        cn_arena_deinit(&arena);
        assert_true(count < SECTIONS_MAX);
    }
    cn_buf_printf(out, "%zu of %zu\n", passed, total);
    for (size_t i = 0; i < count; i++) {
        cn_buf_printf(out, "%zu of %zu %.*s/%.*s\n", tallies[i].passed, tallies[i].total,
                      CN_STR_ARG(tallies[i].section), CN_STR_ARG(tallies[i].subsection));
    }
}

static void as_much_of_the_specification_passes_as_is_written_down(void **state)
{
    (void)state;
    struct cn_arena files;
    struct cn_buf out;
    struct cn_error err;
    cn_json_value root;
    cn_json_value tests;
    struct cn_json_parser *parser = cn_json_parser_new(1 << 20);
    cn_arena_init(&files, 1 << 16);
    cn_buf_init(&out, 1 << 16);
    assert_true(
        cn_json_parse(parser, read_test_file(&files, "data/cel/conformance.json"), &root, &err));
    assert_true(member(root, "tests", &tests));
    run_all(&out, tests);
    if (getenv("CN_GOLDEN_UPDATE") != NULL) {
        write_test_file("golden/cel/conformance.txt", cn_buf_str(&out));
    }
    cn_str wanted = read_test_file(&files, "golden/cel/conformance.txt");
    if (!cn_str_equal(wanted, cn_buf_str(&out))) {
        print_message("%.*s", CN_STR_ARG(cn_buf_str(&out)));
        fail();
    }
    cn_buf_deinit(&out);
    cn_arena_deinit(&files);
    cn_json_parser_free(parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("as much of the specification passes as is written down",
                as_much_of_the_specification_passes_as_is_written_down),
    };
    return cmocka_run_group_tests_name("cel_conformance", tests, NULL, NULL);
}
