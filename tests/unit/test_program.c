#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

#include "program/problem.h"
#include "program/version.h"
#include "tests/unit/store.h"
#include "tests/unit/unit.h"

struct fixture {
    struct cn_arena arena;
    struct cn_diagnostics problems;
};

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    cn_arena_init(&f->arena, 1 << 14);
    cn_diagnostics_init(&f->problems, &f->arena);
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    cn_arena_deinit(&f->arena);
    free(f);
    return 0;
}

static const struct cn_node *parsed(struct fixture *f, const char *text)
{
    struct cn_node *root = NULL;
    bool ok = cn_node_parse(&f->arena, CN_STR("a.yaml"), cn_str_of(text), &root, &f->problems);
    if (!ok) {
        print_error("%s: %.*s\n", text,
                    CN_STR_ARG(f->problems.items[f->problems.count - 1].message));
    }
    assert_true(ok);
    return root;
}

static void assert_str(cn_str got, const char *wanted)
{
    assert_int_equal(got.len, strlen(wanted));
    assert_memory_equal(got.ptr, wanted, got.len);
}

static void every_value_knows_its_place(void **state)
{
    const struct cn_node *root = parsed(*state, "name: mid\n"
                                                "groups:\n"
                                                "  - {name: \"\xC3\xBC\", w: 40}\n"
                                                "  - name: 'b'\n");
    const struct cn_node *groups = cn_node_get(root, "groups");
    assert_int_equal(groups->count, 2);
    const struct cn_node *weight = cn_node_get(&groups->items[0], "w");
    assert_int_equal(weight->line, 3);
    assert_int_equal(weight->column, 21); /* bytes, not characters */
    assert_int_equal(weight->key_column, 18);
    assert_str(weight->text, "40");
    assert_false(weight->is_quoted);
    assert_true(cn_node_get(&groups->items[1], "name")->is_quoted);
    assert_int_equal(groups->key_line, 2);
    assert_int_equal(cn_node_get(root, "name")->kind, CN_NODE_SCALAR);
    assert_null(cn_node_get(root, "nothing"));
}

static void an_offset_inside_a_text_has_its_place(void **state)
{
    static const struct {
        const char *yaml;
        int64_t offset;
        int64_t line;
        int64_t column;
    } cases[] = {
        { "when: a < b\n", 4, 1, 11 },         { "when: \"!a < b\"\n", 5, 1, 13 },
        { "when: |\n  a &&\n  b\n", 5, 3, 3 }, { "when: >-\n  a &&\n  b\n", 5, 3, 3 },
        { "when: a &&\n  b\n", 5, 2, 3 },      { "when: 'it''s'\n", 4, 1, 13 },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        const struct cn_node *node = cn_node_get(parsed(*state, cases[i].yaml), "when");
        struct cn_place place = cn_node_place_at(node, cases[i].offset);
        assert_int_equal(place.line, cases[i].line);
        assert_int_equal(place.column, cases[i].column);
    }
}

static void numbers_are_what_the_reader_asks_for(void **state)
{
    struct fixture *f = *state;
    const struct cn_node *root = parsed(
        f, "{a: 40, b: -1.5, c: '40', d: yes, e: 30d, f: 2w, g: true, h: , i: 0x10, j: 31x}");
    double number = 0;
    int64_t whole = 7;
    bool flag = false;
    cn_str text;
    assert_true(cn_node_f64(cn_node_get(root, "a"), &number, &f->problems));
    assert_true(number == 40.0);
    assert_true(cn_node_str(cn_node_get(root, "a"), &text, &f->problems));
    assert_true(cn_node_f64(cn_node_get(root, "b"), &number, &f->problems));
    assert_true(cn_node_days(cn_node_get(root, "f"), &whole, &f->problems));
    assert_int_equal(whole, 14);
    assert_true(cn_node_bool(cn_node_get(root, "g"), &flag, &f->problems));
    assert_int_equal(f->problems.total, 0);
    assert_false(cn_node_f64(cn_node_get(root, "c"), &number, &f->problems));
    assert_false(cn_node_bool(cn_node_get(root, "d"), &flag, &f->problems));
    assert_false(cn_node_str(cn_node_get(root, "h"), &text, &f->problems));
    assert_false(cn_node_f64(cn_node_get(root, "i"), &number, &f->problems));
    assert_false(cn_node_days(cn_node_get(root, "j"), &whole, &f->problems));
    assert_false(cn_node_i64(cn_node_get(root, "a"), 1, 39, &whole, &f->problems));
    assert_int_equal(whole, 14);
    assert_str(f->problems.items[0].message, "\"c\" must be a number, not \"40\"");
    assert_int_equal(f->problems.items[0].place.line, 1);
}

/* What YAML allows and the program does not. */
static void what_the_subset_leaves_out_is_refused_with_its_place(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *yaml;
        const char *problem;
    } cases[] = {
        { "a: &x 1\n", "1:4: anchors are not part of the program's YAML" },
        { "a: 1\nb: *x\n", "2:4: aliases are not part of the program's YAML" },
        { "a: !!str 1\n", "1:4: tags are not part of the program's YAML" },
        { "a:\n  <<: {b: 1}\n", "2:3: merge keys are not part of the program's YAML" },
        { "a: 1\nb: 2\na: 3\n", "3:1: key \"a\" is there already, in line 1" },
        { "a:\n\t- b\n", "2:1: a tab in the indentation; use spaces" },
        { "a: 1\nb: \"\xC3\x28\"\n", "2:5: not valid UTF-8" },
        { "a: 1\n---\nb: 2\n", "2:1: a second document begins here; use a file of its own" },
        { "? [a, b]\n: c\n", "1:3: a key must be a plain text, not a list or map" },
        { "a: [1, 2\nb: 3\n", "2:2: not YAML: did not find expected ',' or ']' while parsing a "
                              "flow sequence" },
        { "a: {when: !b}\n", "1:13: not YAML: did not find expected whitespace or line break while "
                             "scanning a tag; an expression that begins with ! needs quotes" },
        { "a: hi: there\n", "1:6: not YAML: mapping values are not allowed in this context; does a "
                            "text with \": \" in it lack its quotes?" },
        { "a:\n  b: 1\n   c: 2\n", "3:5: not YAML: mapping values are not allowed in this context; "
                                   "does a text with \": \" in it lack its quotes?" },
        { "  b: 1\n c: 2\n", "2:2: not YAML: did not find expected <document start>" },
        { "a: \x01\n", "1:4: not YAML: control characters are not allowed" },
        { "", "1:1: the file is empty" },
        { "# nothing\n", "1:1: the file is empty" },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        struct cn_node *root = NULL;
        char text[256];
        cn_diagnostics_init(&f->problems, &f->arena);
        assert_false(cn_node_parse(&f->arena, CN_STR("a.yaml"), cn_str_of(cases[i].yaml), &root,
                                   &f->problems));
        assert_null(root);
        const struct cn_diagnostic *problem = &f->problems.items[0];
        (void)snprintf(text, sizeof(text), "%lld:%lld: %.*s", (long long)problem->place.line,
                       (long long)problem->place.column, CN_STR_ARG(problem->message));
        assert_string_equal(text, cases[i].problem);
    }
}

static void size_and_depth_are_bounded(void **state)
{
    struct fixture *f = *state;
    struct cn_node *root = NULL;
    char *text = calloc(1, CN_NODE_FILE_MAX_BYTES + 2);
    memset(text, '[', 100000);
    assert_false(
        cn_node_parse(&f->arena, CN_STR("a"), (cn_str){ text, 100000 }, &root, &f->problems));
    assert_str(f->problems.items[0].message, "nested deeper than 32");
    memset(text, '#', CN_NODE_FILE_MAX_BYTES + 1);
    assert_false(cn_node_parse(&f->arena, CN_STR("a"), (cn_str){ text, CN_NODE_FILE_MAX_BYTES + 1 },
                               &root, &f->problems));
    assert_str(f->problems.items[1].message, "larger than 1048576 bytes");
    for (size_t i = 0; i < CN_NODE_FILE_MAX_BYTES; i += 4) {
        text[i] = '-';
        text[i + 1] = ' ';
        text[i + 2] = 'a';
        text[i + 3] = '\n';
    }
    assert_false(cn_node_parse(&f->arena, CN_STR("a"), (cn_str){ text, CN_NODE_FILE_MAX_BYTES },
                               &root, &f->problems));
    assert_str(f->problems.items[2].message, "more than 100000 values in one file");
    free(text);
}

static void a_map_is_checked_by_its_table(void **state)
{
    struct fixture *f = *state;
    static const struct cn_node_field fields[] = {
        { "name", CN_SHAPE_NAME, true, "what it is called" },
        { "weight", CN_SHAPE_NUMBER, true, "its share" },
        { "validity", CN_SHAPE_DAYS, false, "how long it holds" },
    };
    const struct cn_node *root = parsed(f, "{nam: Usage, validity: long}");
    assert_false(cn_node_check(root, fields, CN_ARRAY_LEN(fields), &f->problems));
    assert_int_equal(f->problems.total, 4);
    assert_str(f->problems.items[0].message, "there is no key \"nam\" here (did you mean name?)");
    assert_str(f->problems.items[1].message,
               "\"validity\" must be a number of days or weeks such as 30d or 4w, not \"long\"");
    assert_str(f->problems.items[2].message, "\"name\" is missing: what it is called");
    root = parsed(f, "{name: usage, weight: 4}");
    assert_true(cn_node_check(root, fields, CN_ARRAY_LEN(fields), &f->problems));
}

static void a_row_bounds_its_value_and_readers_fall_back_silently(void **state)
{
    struct fixture *f = *state;
    static const char *const colours[] = { "red", "green" };
    static const char *const either[] = { "weight", "days" };
    static const struct cn_node_field rows[] = {
        { "weight", CN_SHAPE_NUMBER, false, "its share", .max = 100 },
        { "days", CN_SHAPE_DAYS, false, "how long", .min = 1, .max = 30 },
        { "count", CN_SHAPE_WHOLE, false, "how many", .min = 1, .max = 9 },
        { "colour", CN_SHAPE_TEXT, false, "as on screen", CN_CHOICES(colours) },
        { "on", CN_SHAPE_DATE, false, "when" },
        { "any", CN_SHAPE_ANY, false, "anything" },
    };
    static const struct cn_node_fields table = CN_NODE_FIELDS("thing", "", rows, CN_ONE_OF(either));
    const struct cn_node *root =
        parsed(f, "{weight: 101, days: 5w, count: 1.5, colour: gren, on: 2026-02-30, any: []}");
    assert_false(cn_node_check_fields(root, &table, &f->problems));
    struct cn_buf out;
    cn_buf_init(&out, 4096);
    cn_program_print_problems(&f->problems, &out);
    assert_str(cn_buf_str(&out),
               "a.yaml:1:10: \"weight\" must be from 0 to 100, not 101\n"
               "a.yaml:1:21: \"days\" must be from 1 to 30, not 35\n"
               "a.yaml:1:32: \"count\" must be a whole number, not \"1.5\"\n"
               "a.yaml:1:45: \"colour\" must be one of red, green, not \"gren\"\n"
               "    fix 1:45: green instead of gren\n"
               "a.yaml:1:55: \"on\" must be a day such as 2026-03-01, not \"2026-02-30\"\n"
               "a.yaml:1:15: \"days\" cannot stand beside \"weight\"\n");
    cn_buf_deinit(&out);
    assert_true(cn_node_number(root, &table, "weight", 7) == 7);
    assert_int_equal(cn_node_whole(root, &table, "days", 8), 8);
    assert_int_equal(cn_node_whole(root, &table, "count", 2), 2);
    assert_int_equal(cn_node_choice(root, &table, "colour", 0), 0);
    root = parsed(f, "{days: 2w, count: 9, colour: green}");
    assert_true(cn_node_check_fields(root, &table, &f->problems));
    assert_int_equal(cn_node_whole(root, &table, "days", 8), 14);
    assert_int_equal(cn_node_whole(root, &table, "count", 2), 9);
    assert_int_equal(cn_node_choice(root, &table, "colour", 0), 1);
    assert_true(cn_node_number(root, &table, "weight", 7) == 7);
    assert_false(cn_node_check_fields(parsed(f, "{count: 1}"), &table, &f->problems));
    assert_str(f->problems.items[f->problems.count - 1].message,
               "this thing needs one of \"weight\" or \"days\"");
}

static void a_message_that_is_cut_within_a_character_stays_utf8(void **state)
{
    struct fixture *f = *state;
    char text[200] = "w: a";
    for (size_t i = 4; i + 1 < sizeof(text) - 1; i += 2) {
        text[i] = '\xC3';
        text[i + 1] = '\xBC';
    }
    double number = 0;
    assert_false(cn_node_f64(cn_node_get(parsed(f, text), "w"), &number, &f->problems));
    cn_str message = f->problems.items[0].message;
    assert_true(cn_utf8_valid(message));
    assert_memory_equal(message.ptr + message.len - 3, "\xBC?\"", 3);
}

/* The text between the quotes is not what stands in the file. */
static void a_key_in_quotes_has_no_fix(void **state)
{
    struct fixture *f = *state;
    static const struct cn_node_field fields[] = { { "weight", CN_SHAPE_NUMBER, false, "" } };
    assert_false(cn_node_check(parsed(f, "{weigth: 1, \"weigh\": 1}"), fields, 1, &f->problems));
    assert_int_equal(f->problems.count, 2);
    assert_str(f->problems.items[0].fix.text, "weight");
    assert_str(f->problems.items[0].fix.instead_of, "weigth");
    assert_int_equal(f->problems.items[0].fix.column, 2);
    assert_int_equal(f->problems.items[1].fix.line, 0);
}

/* The file with the fix of the last problem applied, as a person or an editor would. */
static const char *repaired(struct fixture *f, const char *text)
{
    static char out[512];
    const struct cn_fix *fix = &f->problems.items[f->problems.count - 1].fix;
    size_t at[2] = { 0, 0 };
    const int64_t lines[2] = { fix->line, fix->end_line };
    const int64_t columns[2] = { fix->column, fix->end_column };
    assert_true(fix->line > 0);
    for (size_t i = 0; i < 2; i++) {
        for (int64_t line = 1; line < lines[i]; line++) {
            at[i] = (size_t)(strchr(text + at[i], '\n') - text) + 1;
        }
        at[i] += (size_t)columns[i] - 1;
    }
    assert_true(cn_str_equal(fix->instead_of, (cn_str){ text + at[0], at[1] - at[0] }));
    (void)snprintf(out, sizeof(out), "%.*s%.*s%s", (int)at[0], text, CN_STR_ARG(fix->text),
                   text + at[1]);
    return out;
}

static void a_fix_of_a_text_is_an_edit_of_the_file(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *file;
        const char *part; /* of the text of "when" */
        const char *text;
        const char *repaired;
    } cases[] = {
        { "when: a * 2 > b\n", "2", "2.0", "when: a * 2.0 > b\n" },
        { "{when: a * 2 > b, c: d}\n", "2", "2.0", "{when: a * 2.0 > b, c: d}\n" },
        { "when: \"a > 48\"\n", "48", "duration(\"48h\")",
          "when: \"a > duration(\\\"48h\\\")\"\n" },
        { "when: 'a > 48'\n", "48", "f('x')", "when: 'a > f(''x'')'\n" },
        { "when: a > 48 # days\n", "48", "duration(\"48h\")",
          "when: a > duration(\"48h\") # days\n" },
        { "when: |\n  a &&\n  b > 48\n", "48", "duration(\"48h\")",
          "when: |\n  a &&\n  b > duration(\"48h\")\n" },
        { "when: >-\n  a &&\n  b > 48\n", "48", "[4, 8]", "when: >-\n  a &&\n  b > [4, 8]\n" },
        /* What would end a plain text, or make another thing of it, stands in quotes. */
        { "{when: a in b, c: d}\n", "b", "[1, 2]", "{when: \"a in [1, 2]\", c: d}\n" },
        { "when: a == null\n", "a == null", "!has(a)", "when: \"!has(a)\"\n" },
        { "when: a + b # c\n", "b", "(c ? 1 : 2)", "when: \"a + (c ? 1 : 2)\" # c\n" },
        /* What is written in another way than it reads is written anew. */
        { "when: \"\\u0061 > 48\"\n", "a", "b", "when: \"b > 48\"\n" },
        { "when: 'it''s 2'\n", "it's", "its", "when: \"its 2\"\n" },
        { "when: \xC3\xBC + 2\n", "2", "2.0", "when: \xC3\xBC + 2.0\n" },
        { "when: \"a +\\\n  2\"\n", "2", "2.0", "when: \"a +\\\n  2.0\"\n" },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        const struct cn_node *node = cn_node_get(parsed(f, cases[i].file), "when");
        struct cn_place place = cn_node_place(node);
        char text[128];
        char fixed[128];
        (void)snprintf(text, sizeof(text), "%.*s", CN_STR_ARG(node->text));
        size_t offset = (size_t)(strstr(text, cases[i].part) - text);
        size_t length = strlen(cases[i].part);
        (void)cn_diagnose(&f->problems, &place, "wrong");
        cn_node_fix(node, offset, length, cn_str_of(cases[i].text), &f->problems);
        const char *after = repaired(f, cases[i].file);
        assert_string_equal(after, cases[i].repaired);
        (void)snprintf(fixed, sizeof(fixed), "%.*s%s%s", (int)offset, text, cases[i].text,
                       text + offset + length);
        assert_str(cn_node_get(parsed(f, after), "when")->text, fixed);
    }
}

static void problems_are_shown_in_their_line_and_counted_in_characters(void **state)
{
    struct fixture *f = *state;
    const char *text = "a: b\n\xC3\xBC: {when: \"\xC3\xBC > 48\", weight: x}\n";
    struct cn_program_file file = { CN_STR("a.yaml"), cn_str_of(text) };
    struct cn_program_files files = { &file, 1 };
    const struct cn_node *map = cn_node_get(parsed(f, text), "\xC3\xBC");
    const struct cn_node *when = cn_node_get(map, "when");
    struct cn_place place = cn_node_place_at(when, 3);
    double weight = 0;
    (void)cn_diagnose(&f->problems, &place, "wrong");
    cn_node_mark(when, 3, 4, &f->problems);
    cn_node_fix(when, 5, 2, CN_STR("48.0"), &f->problems);
    (void)cn_diagnose(&f->problems, &place, "again");
    assert_false(cn_node_f64(cn_node_get(map, "weight"), &weight, &f->problems));
    struct cn_buf out;
    cn_buf_init(&out, 4096);
    cn_program_show_problems(&f->problems, &files, &out);
    assert_str(cn_buf_str(&out), "a.yaml:2:16: wrong\n"
                                 "    \xC3\xBC: {when: \"\xC3\xBC > 48\", weight: x}\n"
                                 "                 ~~~~\n"
                                 "    fix 2:18: 48.0 instead of 48\n"
                                 "a.yaml:2:16: again\n"
                                 "    \xC3\xBC: {when: \"\xC3\xBC > 48\", weight: x}\n"
                                 "                 ~\n"
                                 "a.yaml:2:31: \"weight\" must be a number, not \"x\"\n"
                                 "    \xC3\xBC: {when: \"\xC3\xBC > 48\", weight: x}\n"
                                 "                                ~\n");
    cn_buf_deinit(&out);
    cn_program_points(&f->problems, &files);
    const struct cn_diagnostic *items = f->problems.items;
    assert_int_equal(items[0].place.column, 14);
    assert_int_equal(items[0].end_column, 18);
    assert_int_equal(items[0].fix.column, 16);
    assert_int_equal(items[0].fix.end_column, 18);
    assert_int_equal(items[1].end_line, 2);
    assert_int_equal(items[1].end_column, 15); /* the word */
    assert_int_equal(items[2].place.column, 29);
    assert_int_equal(items[2].end_column, 30);
}

static bool count_nodes(const struct cn_section_input *input, void **compiled_out,
                        struct cn_diagnostics *problems)
{
    (void)problems;
    size_t *count = cn_arena_new(input->arena, size_t);
    *count = input->count;
    *compiled_out = count;
    return true;
}

static const struct cn_program_section metrics = { "metrics", CN_SECTION_KEY, "", count_nodes };
static const struct cn_program_section scorecard = { "scorecard", CN_SECTION_FILE, "",
                                                     count_nodes };
static const struct cn_program_section *const sections[] = { &metrics, &scorecard };
static void sections_get_their_parts_and_strangers_are_named(void **state)
{
    struct fixture *f = *state;
    struct cn_program_file items[] = {
        { CN_STR("a.yaml"), CN_STR("metrics: {a: {}}\n") },
        { CN_STR("b.yaml"), CN_STR("scorecard: b\nanything: goes\n") },
        { CN_STR("c.yaml"), CN_STR("metric: {a: {}}\n") },
        { CN_STR("d.yaml"), CN_STR("- a\n") },
        { CN_STR("e.yaml"), CN_STR("a: [\n") },
    };
    struct cn_program_files files = { items, CN_ARRAY_LEN(items) };
    struct cn_program_tree tree;
    void *compiled = NULL;
    assert_false(cn_program_parse(&f->arena, &files, sections, 2, &tree, &f->problems));
    struct cn_buf out;
    cn_buf_init(&out, 4096);
    cn_program_print_problems(&f->problems, &out);
    assert_str(cn_buf_str(&out),
               "c.yaml:1:1: there is no section \"metric\" (did you mean metrics?)\n"
               "d.yaml:1:1: a file of the program must be a map\n"
               "e.yaml:2:1: not YAML: did not find expected node content while parsing a flow "
               "node\n");
    cn_buf_deinit(&out);
    assert_true(cn_program_compile(&f->arena, &tree, &metrics, NULL, &compiled, &f->problems));
    assert_int_equal(*(size_t *)compiled, 1);
    assert_true(cn_program_compile(&f->arena, &tree, &scorecard, NULL, &compiled, &f->problems));
    assert_int_equal(*(size_t *)compiled, 1);
}

static void the_shipped_program_parses(void **state)
{
    struct fixture *f = *state;
    struct cn_program_files files;
    struct cn_program_tree tree;
    cn_program_shipped(&f->arena, &files);
    assert_true(files.count >= 4);
    for (size_t i = 1; i < files.count; i++) {
        assert_true(cn_str_compare(files.items[i - 1].name, files.items[i].name) < 0);
    }
    /* What the sections of other folders mean is theirs to test. */
    (void)cn_program_parse(&f->arena, &files, sections, 2, &tree, &f->problems);
    for (size_t i = 0; i < f->problems.count; i++) {
        assert_true(
            cn_str_starts_with(f->problems.items[i].message, CN_STR("there is no section")));
    }
    assert_int_equal(tree.count, files.count);
    char hash[CN_PROGRAM_HASH_TEXT_BYTES];
    char other[CN_PROGRAM_HASH_TEXT_BYTES];
    cn_program_hash(&files, hash);
    files.items[0].text.len--;
    cn_program_hash(&files, other);
    assert_string_not_equal(hash, other);
}

static void a_folder_reads_as_the_built_in_files(void **state)
{
    struct fixture *f = *state;
    struct cn_program_files shipped;
    struct cn_program_files read;
    struct cn_error err;
    char a[CN_PROGRAM_HASH_TEXT_BYTES];
    char b[CN_PROGRAM_HASH_TEXT_BYTES];
    cn_program_shipped(&f->arena, &shipped);
    assert_true(cn_program_read_folder(&f->arena, CN_TEST_PROGRAM_FOLDER, &read, &err));
    cn_program_hash(&shipped, a);
    cn_program_hash(&read, b);
    assert_string_equal(a, b);
    assert_false(cn_program_read_folder(&f->arena, "/nonexistent", &read, &err));
    assert_int_equal(err.code, CN_NOT_FOUND);
}

static void number_versions(struct fixture *f, struct cn_sql_conn *conn)
{
    struct cn_error err;
    struct cn_program_files files;
    struct cn_program_files read;
    struct cn_program_version draft = { .author_id = 5, .at = { 100 }, .note = CN_STR("first") };
    struct cn_program_version version;
    struct cn_program_version_list list;
    char hash[CN_PROGRAM_HASH_TEXT_BYTES];
    assert_false(cn_program_version_load(conn, &f->arena, 0, &version, &read, &err));
    assert_int_equal(err.code, CN_NOT_FOUND);
    cn_program_shipped(&f->arena, &files);
    assert_true(cn_program_version_save(conn, &f->arena, &files, &draft, &version, &err));
    assert_int_equal(version.number, 1);
    draft.note = CN_STR("again");
    assert_true(cn_program_version_save(conn, &f->arena, &files, &draft, &version, &err));
    assert_int_equal(version.number, 1);
    assert_str(version.note, "first");
    struct cn_program_files fewer = { files.items, files.count - 1 };
    assert_true(cn_program_version_save(conn, &f->arena, &fewer, &draft, &version, &err));
    assert_int_equal(version.number, 2);
    assert_true(cn_program_version_save(conn, &f->arena, &files, &draft, &version, &err));
    assert_int_equal(version.number, 3); /* going back is a version, too */
    assert_true(cn_program_version_load(conn, &f->arena, 2, &version, &read, &err));
    assert_int_equal(read.count, files.count - 1);
    assert_true(cn_program_version_load(conn, &f->arena, 0, &version, &read, &err));
    assert_int_equal(version.number, 3);
    cn_program_hash(&read, hash);
    assert_str(version.hash, hash);
    assert_true(cn_program_version_list(conn, &f->arena, 0, 2, &list, &err));
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].number, 3);
    assert_int_equal(list.items[1].author_id, 5);
}

static void versions_are_numbered_and_never_change(void **state)
{
    struct cn_sql_conn *conn = store_open(NULL, cn_program_migrations, cn_program_migrations_count);
    number_versions(*state, conn);
    cn_sql_close(conn);
}

static void the_same_on_postgresql(void **state)
{
    if (store_server() == NULL) {
        skip();
    }
    struct cn_sql_conn *conn =
        store_open("test_program", cn_program_migrations, cn_program_migrations_count);
    number_versions(*state, conn);
    cn_sql_close(conn);
}

#define TEST(title, function) CN_TEST_WITH(title, function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("every value knows its place", every_value_knows_its_place),
        TEST("an offset inside a text has its place", an_offset_inside_a_text_has_its_place),
        TEST("numbers are what the reader asks for", numbers_are_what_the_reader_asks_for),
        TEST("what the subset leaves out is refused with its place",
             what_the_subset_leaves_out_is_refused_with_its_place),
        TEST("size and depth of a file are bounded", size_and_depth_are_bounded),
        TEST("a map is checked by its table", a_map_is_checked_by_its_table),
        TEST("a row bounds its value, and readers fall back silently",
             a_row_bounds_its_value_and_readers_fall_back_silently),
        TEST("a message that is cut within a character stays UTF-8",
             a_message_that_is_cut_within_a_character_stays_utf8),
        TEST("a key in quotes has no fix", a_key_in_quotes_has_no_fix),
        TEST("a fix of a text is an edit of the file", a_fix_of_a_text_is_an_edit_of_the_file),
        TEST("problems are shown in their line and counted in characters",
             problems_are_shown_in_their_line_and_counted_in_characters),
        TEST("sections get their parts and strangers are named",
             sections_get_their_parts_and_strangers_are_named),
        TEST("the shipped program parses", the_shipped_program_parses),
        TEST("versions are numbered and never change", versions_are_numbered_and_never_change),
        TEST("versions are numbered and never change on PostgreSQL", the_same_on_postgresql),
        TEST("a folder reads as the built-in files", a_folder_reads_as_the_built_in_files),
    };
    return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
