/* What must hold for every row that the program's language is documented by. */
#include <string.h>

#include "base/str.h"

#include "book/column.h"
#include "cel/reference.h"
#include "engine/program.h"
#include "program/tables.h"
#include "tests/unit/unit.h"

static void assert_doc(const char *where, const char *doc)
{
    if (doc == NULL || doc[0] == '\0' || doc[strlen(doc) - 1] == '.') {
        fail_msg("%s must have a documentation without a full stop", where);
    }
}

static void check_row(const struct cn_node_fields *table, const struct cn_node_field *row)
{
    char where[200];
    (void)snprintf(where, sizeof(where), "%s.%s", table->name, row->key);
    assert_doc(where, row->doc);
    if (row->min > row->max || (row->is_required && row->initial != NULL) ||
        (row->choice_count > 0 && row->shape != CN_SHAPE_TEXT) ||
        ((row->shape == CN_SHAPE_CEL) != (row->result != NULL)) ||
        (row->shape == CN_SHAPE_LIST && row->element == NULL) ||
        (row->shape == CN_SHAPE_MAP && row->element == NULL && row->object == NULL)) {
        fail_msg("%s contradicts itself", where);
    }
}

static bool has_row(const struct cn_node_fields *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

static void every_section_and_key_is_described(void **state)
{
    (void)state;
    struct cn_program_tables tables;
    assert_in_range(cn_program_section_count, 2, CN_PROGRAM_SECTIONS_MAX);
    for (size_t i = 0; i < cn_program_section_count; i++) {
        assert_doc(cn_program_sections[i]->key, cn_program_sections[i]->doc);
        assert_non_null(cn_program_sections[i]->value);
        assert_non_null(cn_program_sections[i]->example);
    }
    cn_program_tables_find(cn_program_sections, cn_program_section_count, &tables);
    for (size_t i = 0; i < tables.count; i++) {
        const struct cn_node_fields *table = tables.items[i];
        assert_doc(table->name, table->doc);
        for (size_t k = 0; k < i; k++) { /* the name is that of a definition in the schema */
            assert_string_not_equal(table->name, tables.items[k]->name);
        }
        for (size_t row = 0; row < table->count; row++) {
            check_row(table, &table->rows[row]);
        }
        for (size_t k = 0; k < table->one_of_count; k++) {
            assert_true(has_row(table, table->one_of[k]));
        }
    }
}

static void every_example_is_a_program_without_a_mistake(void **state)
{
    (void)state;
    struct cn_arena arena;
    struct cn_diagnostics problems;
    struct cn_tz *tz = NULL;
    struct cn_error err;
    struct cn_program_file items[CN_PROGRAM_SECTIONS_MAX];
    cn_arena_init(&arena, 1 << 14);
    assert_true(cn_tz_load(CN_STR("UTC"), &tz, &err));
    struct cn_book_facts *facts = cn_book_facts_new(tz);
    struct cn_interner *strings = cn_interner_new();
    struct cn_program_ground ground = { .book = cn_book_facts_source(facts),
                                        .tz = tz,
                                        .strings = strings };
    struct cn_program_files files = { items, 0 };
    for (size_t i = 0; i < cn_program_section_count; i++) {
        items[files.count++] =
            (struct cn_program_file){ cn_str_of(cn_program_sections[i]->key),
                                      cn_str_of(cn_program_sections[i]->example) };
    }
    struct cn_engine_program *program = NULL;
    cn_diagnostics_init(&problems, &arena);
    bool ok = cn_engine_program_compile(&files, &ground, &program, &problems);
    for (size_t i = 0; i < problems.count; i++) {
        print_error("%.*s:%d: %.*s\n", CN_STR_ARG(problems.items[i].place.source),
                    (int)problems.items[i].place.line, CN_STR_ARG(problems.items[i].message));
    }
    assert_true(ok);
    cn_engine_program_free(program);
    cn_interner_free(strings);
    cn_book_facts_free(facts);
    cn_tz_free(tz);
    cn_arena_deinit(&arena);
}

static void every_function_has_a_signature_and_a_line_that_says_what_it_does(void **state)
{
    (void)state;
    const struct cn_cel_function *function;
    size_t count = 0;
    for (size_t i = 0; (function = cn_cel_function_at(i)) != NULL; i++) {
        if (function->usage == NULL) {
            assert_non_null(strchr(function->name, '@')); /* nobody can write it */
            continue;
        }
        count++;
        assert_doc(function->name, function->doc);
        if ((function->overload_count > 0) == (function->signature != NULL)) {
            fail_msg("%s must have overloads or a signature", function->name);
        }
    }
    assert_true(count > 80);
}

static void a_signature_reads_as_the_call(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned form;
        const char *signature;
    } cases[] = {
        { "startsWith", CN_CEL_MEMBER, "string.startsWith(string) -> bool" },
        { "_+_", CN_CEL_OPERATOR, "double + double -> double" },
        { "-_", CN_CEL_OPERATOR, "-double -> double" },
        { "optional.of", CN_CEL_GLOBAL, "optional.of(T) -> optional_type(T)" },
        { "value", CN_CEL_MEMBER, "optional_type(T).value() -> T" },
        { "split", CN_CEL_MEMBER, "string.split(string) -> list(string)" },
        { "math.greatest", CN_CEL_GLOBAL, "math.greatest(double, ...) -> double" },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        const struct cn_cel_function *function =
            cn_cel_function_find(cn_str_of(cases[i].name), cases[i].form);
        struct cn_buf out;
        bool found = false;
        assert_non_null(function);
        cn_buf_init(&out, 1024);
        for (size_t k = 0; k < function->overload_count && !found; k++) {
            cn_buf_clear(&out);
            cn_cel_signature(function, &function->overloads[k], &out);
            found = cn_str_equal(cn_buf_str(&out), cn_str_of(cases[i].signature));
        }
        if (!found) {
            fail_msg("no overload of %s is %s; the last is %.*s", cases[i].name, cases[i].signature,
                     CN_STR_ARG(cn_buf_str(&out)));
        }
        cn_buf_deinit(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("every section and key is described", every_section_and_key_is_described),
        CN_TEST("every example is a program without a mistake",
                every_example_is_a_program_without_a_mistake),
        CN_TEST("every function has a signature and a line that says what it does",
                every_function_has_a_signature_and_a_line_that_says_what_it_does),
        CN_TEST("a signature reads as the call", a_signature_reads_as_the_call),
    };
    return cmocka_run_group_tests_name("reference", tests, NULL, NULL);
}
