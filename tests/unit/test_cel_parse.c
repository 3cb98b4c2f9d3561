/*
 * The parser against the specification's parser tests (tests/data/cel/parsing.json), and where its
 * problems point.  A file named on the command line takes the place of that data.
 */
#include "base/buf.h"

#include "cel/parse.h"
#include "cel/text.h"
#include "tests/unit/unit.h"
/* after unit.h */
#include "tests/unit/cel_data.h"

/* The notation of the data: cel-go's debug output, each node with its kind. */
static void print(struct cn_buf *out, const struct cn_cel_node *node, int indent);

static void line(struct cn_buf *out, int indent)
{
    cn_buf_add(out, "\n", 1);
    for (int i = 0; i < indent; i++) {
        cn_buf_add(out, "  ", 2);
    }
}

static void print_args(struct cn_buf *out, const struct cn_cel_node *node, uint32_t from,
                       int indent)
{
    for (uint32_t i = from; i < node->arg_count; i++) {
        line(out, indent + 1);
        print(out, node->args[i], indent + 1);
        if (i + 1 < node->arg_count) {
            cn_buf_add(out, ",", 1);
        }
    }
    if (from < node->arg_count) {
        line(out, indent);
    }
}

static void print_text(struct cn_buf *out, cn_str text)
{
    static const char codes[] = "\a\b\f\n\r\t\v\"\\";
    static const char letters[] = "abfnrtv\"\\";
    cn_buf_add(out, "\"", 1);
    for (size_t i = 0; i < text.len; i++) {
        const char *at = memchr(codes, text.ptr[i], sizeof(codes) - 1);
        if (at != NULL) {
            cn_buf_printf(out, "\\%c", letters[at - codes]);
        } else {
            cn_buf_add(out, text.ptr + i, 1);
        }
    }
    cn_buf_add(out, "\"", 1);
}

static void print_const(struct cn_buf *out, const struct cn_cel_value *value)
{
    char number[CN_CEL_NUMBER_TEXT_BYTES];
    switch ((int)value->kind) {
    case CN_CEL_NULL:
        cn_buf_printf(out, "null^#*expr.Constant_NullValue#");
        break;
    case CN_CEL_BOOL:
        cn_buf_printf(out, "%s^#*expr.Constant_BoolValue#", value->as.flag ? "true" : "false");
        break;
    case CN_CEL_INT:
        cn_buf_printf(out, "%lld^#*expr.Constant_Int64Value#", (long long)value->as.i64);
        break;
    case CN_CEL_UINT:
        cn_buf_printf(out, "%lluu^#*expr.Constant_Uint64Value#", (unsigned long long)value->as.u64);
        break;
    case CN_CEL_DOUBLE:
        cn_buf_add_str(out, cn_cel_write_double(value->as.f64, number));
        cn_buf_printf(out, "^#*expr.Constant_DoubleValue#");
        break;
    case CN_CEL_STRING:
        print_text(out, value->as.text);
        cn_buf_printf(out, "^#*expr.Constant_StringValue#");
        break;
    default:
        cn_buf_add(out, "b", 1);
        print_text(out, value->as.text);
        cn_buf_printf(out, "^#*expr.Constant_BytesValue#");
        break;
    }
}

static void print_call(struct cn_buf *out, const struct cn_cel_node *node, int indent)
{
    if (node->has_target) {
        print(out, node->args[0], indent);
        cn_buf_add(out, ".", 1);
    }
    cn_buf_add_str(out, node->name);
    cn_buf_add(out, "(", 1);
    print_args(out, node, node->has_target, indent);
    cn_buf_printf(out, ")^#*expr.Expr_CallExpr#");
}

static void print_entry(struct cn_buf *out, const struct cn_cel_node *node, int indent)
{
    if (node->arg_count == 2) {
        print(out, node->args[0], indent);
    } else {
        cn_buf_add_str(out, node->name);
    }
    cn_buf_add(out, ":", 1);
    print(out, node->args[node->arg_count - 1], indent);
    cn_buf_printf(out, "^#*expr.Expr_CreateStruct_Entry#");
}

static void print_comprehension(struct cn_buf *out, const struct cn_cel_node *node, int indent)
{
    static const char *const titles[] = { "// Target", "// Init", "// LoopCondition", "// LoopStep",
                                          "// Result" };
    cn_buf_printf(out, "__comprehension__(");
    line(out, indent + 1);
    cn_buf_printf(out, "// Variable");
    line(out, indent + 1);
    cn_buf_add_str(out, node->name);
    for (uint32_t i = 0; i < CN_CEL_FOLD_PARTS; i++) {
        cn_buf_add(out, ",", 1);
        line(out, indent + 1);
        cn_buf_add_str(out, cn_str_of(titles[i]));
        line(out, indent + 1);
        print(out, node->args[i], indent + 1);
        if (i == CN_CEL_FOLD_RANGE) {
            cn_buf_add(out, ",", 1);
            line(out, indent + 1);
            cn_buf_printf(out, "// Accumulator");
            line(out, indent + 1);
            cn_buf_add_str(out, node->accumulator);
        }
    }
    cn_buf_printf(out, ")^#*expr.Expr_ComprehensionExpr#");
}

static void print(struct cn_buf *out, const struct cn_cel_node *node, int indent)
{
    switch (node->kind) {
    case CN_CEL_NODE_CONST:
        print_const(out, &node->value);
        break;
    case CN_CEL_NODE_IDENT:
    case CN_CEL_NODE_COLUMN:
        cn_buf_printf(out, "%.*s^#*expr.Expr_IdentExpr#", CN_STR_ARG(node->name));
        break;
    case CN_CEL_NODE_SELECT:
    case CN_CEL_NODE_HAS:
        print(out, node->args[0], indent);
        cn_buf_printf(out, ".%.*s%s^#*expr.Expr_SelectExpr#", CN_STR_ARG(node->name),
                      node->kind == CN_CEL_NODE_HAS ? "~test-only~" : "");
        break;
    case CN_CEL_NODE_CALL:
        print_call(out, node, indent);
        break;
    case CN_CEL_NODE_LIST:
        cn_buf_add(out, "[", 1);
        print_args(out, node, 0, indent);
        cn_buf_printf(out, "]^#*expr.Expr_ListExpr#");
        break;
    case CN_CEL_NODE_MAP:
    case CN_CEL_NODE_MESSAGE:
        cn_buf_add_str(out, node->name);
        cn_buf_add(out, "{", 1);
        print_args(out, node, 0, indent);
        cn_buf_printf(out, "}^#*expr.Expr_StructExpr#");
        break;
    case CN_CEL_NODE_ENTRY:
        print_entry(out, node, indent);
        break;
    case CN_CEL_NODE_COMPREHENSION:
        print_comprehension(out, node, indent);
        break;
    }
}

/* The options that the data was made with. */
static const struct cn_cel_dialect plain = { .depth_max = 32 };

/* Another file than the one in the tree. */
static const char *cases_path;

static void the_parser_agrees_with_the_specification(void **state)
{
    (void)state;
    struct cn_arena files;
    cn_arena_init(&files, 16 * 1024);
    cn_str text = cases_path != NULL ? read_file(&files, cases_path)
                                     : read_test_file(&files, "data/cel/parsing.json");
    struct cn_json_parser *parser = cn_json_parser_new(TEST_FILE_MAX_BYTES);
    cn_json_value root;
    cn_json_value test;
    cn_json_value value;
    cn_str name;
    struct cn_error err;
    assert_true(cn_json_parse(parser, text, &root, &err));
    struct cn_json_iter iter = cn_json_iterate(root);
    size_t passed = 0;
    size_t failed = 0;
    while (cn_json_next(&iter, &name, &test)) {
        cn_str expr = member_text(test, "expr");
        cn_str ast = member(test, "ast", &value) ? cn_json_get_str(value) : CN_STR("");
        struct cn_arena arena;
        struct cn_cel_problems problems;
        struct cn_buf out;
        cn_arena_init(&arena, 16 * 1024);
        cn_cel_problems_init(&problems, &arena, expr);
        cn_buf_init(&out, 1 << 20);
        struct cn_cel_node *node = cn_cel_parse(&arena, expr, &plain, &problems);
        if (node != NULL) {
            print(&out, node, 0);
        }
        assert_int_equal(node == NULL, problems.count > 0);
        if (cn_str_equal(cn_buf_str(&out), ast)) {
            passed++;
        } else {
            failed++;
            print_message("%.*s\n  wanted %.*s\n  got %.*s %.*s\n", CN_STR_ARG(expr),
                          CN_STR_ARG(ast), CN_STR_ARG(cn_buf_str(&out)),
                          problems.count > 0 ? (int)problems.items[0].message.len : 0,
                          problems.count > 0 ? problems.items[0].message.ptr : "");
        }
        cn_buf_deinit(&out);
        cn_arena_deinit(&arena);
    }
    cn_json_parser_free(parser);
    cn_arena_deinit(&files);
    assert_int_equal(failed, 0);
    assert_true(cases_path != NULL || passed == 194);
}

static void parse_fails(const char *source, uint32_t line_, uint32_t column, const char *message)
{
    struct cn_arena arena;
    struct cn_cel_problems problems;
    cn_arena_init(&arena, 16 * 1024);
    cn_cel_problems_init(&problems, &arena, cn_str_of(source));
    assert_null(cn_cel_parse(&arena, cn_str_of(source), &cn_cel_dialect_rules, &problems));
    assert_int_equal(problems.count, 1);
    char text[256] = "";
    memcpy(text, problems.items[0].message.ptr, problems.items[0].message.len);
    assert_string_equal(text, message);
    assert_int_equal(problems.items[0].line, line_);
    assert_int_equal(problems.items[0].column, column);
    cn_arena_deinit(&arena);
}

static void syntax_errors_name_their_place(void **state)
{
    (void)state;
    parse_fails("arr > 5 &&\n  logins.sum(28 > 2", 2, 20,
                "the expression ends where more is expected");
    parse_fails("a == 1 and b", 1, 8, "unexpected 'and', did you mean '&&'?");
    parse_fails("a = 1", 1, 3, "unexpected '=', did you mean '=='?");
    parse_fails("a == \xe2\x80\x98mid\xe2\x80\x99", 1, 6, "unexpected '\xe2\x80\x98'");
    parse_fails("'abc", 1, 1, "text without an end, or with a bad escape");
    parse_fails("a.exists(b.c, true)", 1, 10, "the first argument must be a simple name");
    parse_fails("9223372036854775808", 1, 1, "the number does not fit in 64 bits");
    parse_fails("", 1, 1, "the expression ends where more is expected");
    parse_fails("a \xff b", 1, 3, "the text is not valid UTF-8");
}

static void repeated_fails(const char *open, const char *middle, const char *close, size_t times,
                           const char *message)
{
    struct cn_buf source;
    cn_buf_init(&source, 1 << 20);
    for (size_t i = 0; i < times; i++) {
        cn_buf_add_str(&source, cn_str_of(open));
    }
    cn_buf_add_str(&source, cn_str_of(middle));
    for (size_t i = 0; i < times; i++) {
        cn_buf_add_str(&source, cn_str_of(close));
    }
    struct cn_arena arena;
    struct cn_cel_problems problems;
    cn_arena_init(&arena, 16 * 1024);
    cn_cel_problems_init(&problems, &arena, cn_buf_str(&source));
    assert_null(cn_cel_parse(&arena, cn_buf_str(&source), &cn_cel_dialect_rules, &problems));
    assert_int_equal(problems.items[0].kind, CN_CEL_PROBLEM_TOO_LARGE);
    assert_int_equal(problems.items[0].message.len, strlen(message));
    assert_memory_equal(problems.items[0].message.ptr, message, strlen(message));
    cn_arena_deinit(&arena);
    cn_buf_deinit(&source);
}

static void hostile_text_meets_a_limit(void **state)
{
    (void)state;
    repeated_fails("(", "1", ")", 8000, "nested too deeply");
    repeated_fails("(", "1", ")", 10000, "longer than 16384 bytes");
    repeated_fails("[", "1", "]", 300, "nested more than 128 deep");
    repeated_fails("-", "1", "", 5000, "nested too deeply");
    repeated_fails("a+", "1", "", 200, "nested more than 128 deep");
    repeated_fails("a||", "1", "", 4000, "more than 4096 parts in one expression");
    repeated_fails("aaaaaaaaaa", "1", "", 2000, "longer than 16384 bytes");
}

/* The place is where it becomes too much, not the beginning. */
static void hostile_text_is_refused_where_it_goes_too_far(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t before; /* what is fine */
    } cases[] = { { "(((", 0 }, { "true &&", 7 }, { "---", 0 } };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        char source[9000];
        struct cn_arena arena;
        struct cn_cel_problems problems;
        size_t len = strlen(cases[i].text);
        memset(source, i == 2 ? '-' : '(', sizeof(source));
        memcpy(source, cases[i].text, len);
        cn_arena_init(&arena, 16 * 1024);
        cn_cel_problems_init(&problems, &arena, (cn_str){ source, sizeof(source) });
        assert_null(cn_cel_parse(&arena, problems.source, &cn_cel_dialect_rules, &problems));
        assert_in_range(problems.items[0].offset, cases[i].before + 100, 8000);
        assert_int_equal(problems.items[0].column, problems.items[0].offset + 1);
        cn_arena_deinit(&arena);
    }
    struct cn_arena arena;
    struct cn_cel_problems problems;
    cn_arena_init(&arena, 1024);
    cn_cel_problems_init(&problems, &arena, CN_STR("a == '\xC3('"));
    assert_null(cn_cel_parse(&arena, problems.source, &cn_cel_dialect_rules, &problems));
    assert_int_equal(problems.items[0].offset, 6);
    cn_arena_deinit(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("the parser agrees with the specification",
                the_parser_agrees_with_the_specification),
        CN_TEST("syntax errors name their place", syntax_errors_name_their_place),
        CN_TEST("hostile text meets a limit", hostile_text_meets_a_limit),
        CN_TEST("hostile text is refused where it goes too far",
                hostile_text_is_refused_where_it_goes_too_far),
    };
    cases_path = argc > 1 ? argv[1] : NULL;
    return cmocka_run_group_tests_name("cel_parse", tests, NULL, NULL);
}
