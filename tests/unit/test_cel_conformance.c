/*
 * The conformance tests of the CEL specification: all of tests/data/cel/conformance.json, or of the
 * file that is named on the command line (tests/cel/spec.test.mjs makes one of a release of the
 * specification).  A case has an expression, maybe bindings, and a value, an error, or a type.
 */
#include "tests/unit/unit.h"
/* after unit.h */
#include <math.h>

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
    double number = 0;
    if (cn_parse_f64(text, &number)) {
        return number;
    }
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

/* The type that the checker is to find, if the case has one. */
static bool has_type(struct cn_arena *arena, cn_json_value test, const struct cn_cel_expr *expr)
{
    cn_str wanted = member_text(test, "deduced_type");
    return wanted.len == 0 || cn_str_equal(wanted, cn_cel_type_text(arena, cn_cel_expr_type(expr)));
}

/* Whether it is refused for the right reason: not for a name or syntax that is not known. */
static bool is_refusal(cn_json_value test, enum cn_cel_problem_kind kind)
{
    cn_json_value expect;
    cn_json_value value;
    bool wants_error = member(test, "expect", &expect) && !member(expect, "value", &value);
    return wants_error && (kind == CN_CEL_PROBLEM_TYPE || kind == CN_CEL_PROBLEM_ARGUMENT);
}

static bool has_outcome(struct cn_arena *arena, cn_json_value test, struct cn_cel_value got)
{
    cn_json_value expect;
    cn_json_value value;
    if (!member(test, "expect", &expect)) {
        return true; /* only checked */
    }
    if (!member(expect, "value", &value)) {
        bool is_of_functions = cn_str_equal(member_text(test, "section"), CN_STR("basic"));
        return got.kind == CN_CEL_ERROR && got.as.failure != CN_CEL_UNSUPPORTED &&
               (got.as.failure != CN_CEL_NO_FUNCTION || is_of_functions);
    }
    struct cn_cel_value wanted = read_value(arena, value);
    return same(&wanted, &got);
}

static bool passes(struct cn_arena *arena, cn_json_value test)
{
    static const struct cn_cel_dialect whole = {
        .depth_max = CN_CEL_DEPTH_MAX, .optionals = true, .extensions = true, .quoted_fields = true
    };
    struct bindings bindings = { .is_there = false };
    bindings.is_there = member(test, "bindings", &bindings.object);
    struct cn_cel_schema schema = { .ctx = &bindings, .resolve = resolve };
    struct cn_cel_row row = { .ctx = &bindings, .load = load };
    cn_json_value value;
    bool is_dynamic = member(test, "disable_check", &value) && cn_json_get_bool(value);
    cn_str source = member_text(test, "expr");
    struct cn_cel_problems problems;
    struct cn_cel_expr *expr = NULL;
    cn_cel_problems_init(&problems, arena, source);
    if (!cn_cel_check_dialect(arena, &schema, source, &whole, is_dynamic, &expr, &problems)) {
        bool is_right = is_refusal(test, problems.items[0].kind);
        if (!is_right) {
            print_message("%.*s\n", CN_STR_ARG(problems.items[0].message));
        }
        return is_right;
    }
    struct cn_cel_value got = cn_cel_eval(expr, &row, arena);
    bool ok = has_outcome(arena, test, got) && has_type(arena, test, expr);
    if (!ok) {
        print_message("%.*s is %.*s of type %.*s\n", CN_STR_ARG(source),
                      CN_STR_ARG(cn_cel_value_text(arena, &got)),
                      CN_STR_ARG(cn_cel_type_text(arena, cn_cel_expr_type(expr))));
    }
    return ok;
}

/* Another file than the one in the tree. */
static const char *cases_path;

static void every_case_of_the_specification_passes(void **state)
{
    (void)state;
    struct cn_arena files;
    struct cn_error err;
    cn_json_value root;
    cn_json_value tests;
    struct cn_json_parser *parser = cn_json_parser_new(TEST_FILE_MAX_BYTES);
    cn_arena_init(&files, 1 << 16);
    cn_str text = cases_path != NULL ? read_file(&files, cases_path)
                                     : read_test_file(&files, "data/cel/conformance.json");
    if (!cn_json_parse(parser, text, &root, &err)) {
        fail_msg("%s", err.message);
    }
    assert_true(member(root, "tests", &tests));
    size_t passed = 0;
    size_t total = 0;
    struct cn_json_iter iter = cn_json_iterate(tests);
    cn_json_value test;
    cn_str name;
    for (; cn_json_next(&iter, &name, &test); total++) {
        struct cn_arena arena;
        cn_arena_init(&arena, 1 << 14);
        bool ok = passes(&arena, test);
        passed += ok;
        if (!ok) {
            print_message("FAILED %.*s/%.*s/%.*s\n", CN_STR_ARG(member_text(test, "section")),
                          CN_STR_ARG(member_text(test, "subsection")),
                          CN_STR_ARG(member_text(test, "name")));
        }
        cn_arena_deinit(&arena);
    }
    print_message("%zu of %zu cases pass\n", passed, total);
    assert_int_equal(passed, total);
    assert_true(cases_path != NULL || total == 1133);
    cn_arena_deinit(&files);
    cn_json_parser_free(parser);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("every case of the specification passes", every_case_of_the_specification_passes),
    };
    cases_path = argc > 1 ? argv[1] : NULL;
    return cmocka_run_group_tests_name("cel_conformance", tests, NULL, NULL);
}
