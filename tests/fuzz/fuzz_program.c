/*
 * Any bytes are a file of a program that compiles, or have problems, each of which lies in the
 * file, can be told as JSON, and says what stands where its fix is to go.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

#include "book/column.h"
#include "engine/program.h"
#include "program/problem.h"

enum {
    ARENA_BYTES = 1 << 16,
    SHOWN_MAX_BYTES = 1 << 20,
};

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where in the file a place is; `size` + 1 if it is nowhere. */
static size_t offset_of(cn_str text, int64_t line, int64_t column)
{
    size_t at = 0;
    for (int64_t i = 1; i < line; i++) {
        const char *end = at < text.len ? memchr(text.ptr + at, '\n', text.len - at) : NULL;
        if (end == NULL) {
            return at == text.len && column == 1 ? at : text.len + 1;
        }
        at = (size_t)(end - text.ptr) + 1;
    }
    return at + (size_t)column - 1;
}

static void check_problem(cn_str text, const struct cn_diagnostic *item)
{
    size_t at = offset_of(text, item->place.line, item->place.column);
    if (item->place.line == 0) {
        return; /* of the program as a whole */
    }
    if (at > text.len || !cn_utf8_valid(item->message)) {
        abort();
    }
    if (item->end_line != 0) {
        size_t end = offset_of(text, item->end_line, item->end_column);
        if (end < at || end > text.len) {
            abort();
        }
    }
    if (item->fix.line != 0) {
        size_t from = offset_of(text, item->fix.line, item->fix.column);
        size_t to = offset_of(text, item->fix.end_line, item->fix.end_column);
        if (to < from || to > text.len ||
            !cn_str_equal(item->fix.instead_of, cn_str_slice(text, from, to))) {
            abort();
        }
    }
}

static void check_problems(struct cn_diagnostics *problems, const struct cn_program_files *files)
{
    struct cn_buf shown;
    cn_str text = files->items[0].text;
    if (cn_str_starts_with(text, CN_STR("\xEF\xBB\xBF"))) {
        text = cn_str_slice(text, 3, text.len);
    }
    for (size_t i = 0; i < problems->count; i++) {
        check_problem(text, &problems->items[i]);
    }
    cn_buf_init(&shown, SHOWN_MAX_BYTES);
    cn_program_show_problems(problems, files, &shown);
    if (shown.overflowed || !cn_utf8_valid(cn_buf_str(&shown))) {
        abort();
    }
    cn_buf_deinit(&shown);
    cn_program_points(problems, files);
    for (size_t i = 0; i < problems->count; i++) {
        const struct cn_diagnostic *item = &problems->items[i];
        if (item->place.line > 0 && (item->place.column < 1 || item->end_column < 1)) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cn_tz *tz;
    struct cn_error err;
    struct cn_arena arena;
    struct cn_diagnostics problems;
    struct cn_engine_program *program = NULL;
    struct cn_program_file file = { CN_STR("a.yaml"), { (const char *)data, size } };
    struct cn_program_files files = { &file, 1 };
    if (tz == NULL && !cn_tz_load(CN_STR("UTC"), &tz, &err)) {
        abort();
    }
    cn_arena_init(&arena, ARENA_BYTES);
    cn_diagnostics_init(&problems, &arena);
    struct cn_interner *strings = cn_interner_new();
    struct cn_book_facts *facts = cn_book_facts_new(tz);
    struct cn_program_ground ground = { .book = cn_book_facts_source(facts),
                                        .tz = tz,
                                        .strings = strings };
    bool ok = cn_engine_program_compile(&files, &ground, &program, &problems);
    if (ok != (problems.total == 0)) {
        abort();
    }
    check_problems(&problems, &files);
    cn_engine_program_free(program);
    cn_book_facts_free(facts);
    cn_interner_free(strings);
    cn_arena_deinit(&arena);
    return 0;
}
