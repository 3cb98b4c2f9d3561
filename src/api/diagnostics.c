#include "api/diagnostics.h"

#include <stdio.h>

enum {
    NAME_MAX_BYTES = 200,
    TEXT_MAX_BYTES = 1024 * 1024,
    LABEL_MAX_BYTES = 200,
    SHOWN_MAX_BYTES = 60, /* of a text in a label */
};

#define EDIT(member, ...) CN_FIELD(struct cn_program_fix_edit, member, __VA_ARGS__)
static const struct cn_field edit_rows[] = {
    EDIT(file, .max = NAME_MAX_BYTES, .doc = "the file"),
    EDIT(line, .min = 1, .max = INT32_MAX, .doc = "where what is replaced begins, from 1"),
    EDIT(column, .min = 1, .max = INT32_MAX, .doc = "the same, in code points from 1"),
    EDIT(end_line, .min = 1, .max = INT32_MAX, .doc = "where it ends"),
    EDIT(end_column, .min = 1, .max = INT32_MAX, .doc = "one past its last code point"),
    EDIT(text, .max = TEXT_MAX_BYTES, .doc = "what is put there"),
};
static const struct cn_fields edit_fields =
    CN_FIELDS("ProgramEdit", struct cn_program_fix_edit, edit_rows);
static const struct cn_field edit_item = { .type = CN_FIELD_OBJECT, .object = &edit_fields };

static const struct cn_field fix_rows[] = {
    CN_FIELD(struct cn_program_fix_view, label, .max = LABEL_MAX_BYTES, .doc = "what the fix does"),
    CN_FIELD_OF_LIST(struct cn_program_fix_view, edits, &edit_item, .max = 100,
                     .doc = "changes that together repair it"),
};
const struct cn_fields cn_program_fix_fields =
    CN_FIELDS("ProgramFix", struct cn_program_fix_view, fix_rows);

static const char *const severities[] = { "error", "warning" };
const struct cn_names cn_program_severities = { severities, CN_ARRAY_LEN(severities) };

#define PROBLEM(member, ...) CN_FIELD(struct cn_program_problem, member, __VA_ARGS__)
static const struct cn_field problem_rows[] = {
    PROBLEM(file, .max = NAME_MAX_BYTES, .doc = "the file; \"\": the program as a whole"),
    PROBLEM(line, .min = 1, .max = INT32_MAX, .doc = "where it begins, from 1"),
    PROBLEM(column, .min = 1, .max = INT32_MAX, .doc = "the same, in code points from 1"),
    PROBLEM(end_line, .min = 1, .max = INT32_MAX, .doc = "where it ends"),
    PROBLEM(end_column, .min = 1, .max = INT32_MAX, .doc = "one past its last code point"),
    CN_FIELD_OF_ENUM(struct cn_program_problem, severity, &cn_program_severities,
                     .doc = "a warning does not keep the program from being applied"),
    PROBLEM(message, .max = 256, .doc = "what is wrong"),
    CN_FIELD_OF_OBJECT(struct cn_program_problem, fix, &cn_program_fix_fields,
                       CN_MAY(struct cn_program_problem, fix, BE_NULL),
                       .doc = "null: nothing is known that would repair it"),
};
static const struct cn_fields problem_fields =
    CN_FIELDS("ProgramProblem", struct cn_program_problem, problem_rows);
const struct cn_field cn_program_problem_item = { .type = CN_FIELD_OBJECT,
                                                  .object = &problem_fields };

/* At most so many bytes of a text, ending between characters. */
static cn_str shown(cn_str text)
{
    size_t len = text.len < SHOWN_MAX_BYTES ? text.len : SHOWN_MAX_BYTES;
    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xC0U) == 0x80U) {
        len--;
    }
    return (cn_str){ text.ptr, len };
}

bool cn_program_fix_of(struct cn_arena *arena, const struct cn_diagnostic *item,
                       struct cn_program_fix_view *fix_out)
{
    const struct cn_fix *fix = &item->fix;
    char label[LABEL_MAX_BYTES];
    if (fix->line == 0) {
        return false;
    }
    int len = snprintf(label, sizeof(label), "%.*s instead of %.*s", CN_STR_ARG(shown(fix->text)),
                       CN_STR_ARG(shown(fix->instead_of))); /* always fits */
    fix_out->label = cn_arena_str(arena, (cn_str){ label, (size_t)len });
    fix_out->edits.count = 1;
    fix_out->edits.items = cn_arena_new(arena, struct cn_program_fix_edit);
    *fix_out->edits.items = (struct cn_program_fix_edit){ .file = item->place.source,
                                                          .line = fix->line,
                                                          .column = fix->column,
                                                          .end_line = fix->end_line,
                                                          .end_column = fix->end_column,
                                                          .text = fix->text };
    return true;
}

static int64_t at_least_1(int64_t value)
{
    return value > 0 ? value : 1;
}

struct cn_program_problem_list cn_program_problems_list(struct cn_arena *arena,
                                                        const struct cn_diagnostics *problems)
{
    struct cn_program_problem_list list = {
        .items = cn_arena_array(arena, struct cn_program_problem, problems->count),
        .count = problems->count,
    };
    for (size_t i = 0; i < problems->count; i++) {
        const struct cn_diagnostic *item = &problems->items[i];
        struct cn_program_problem *view = &list.items[i];
        *view = (struct cn_program_problem){ .file = item->place.source,
                                             .line = at_least_1(item->place.line),
                                             .column = at_least_1(item->place.column),
                                             .end_line = at_least_1(item->end_line),
                                             .end_column = at_least_1(item->end_column),
                                             .message = item->message };
        bool has_fix = cn_program_fix_of(arena, item, &view->fix);
        view->fix_given = has_fix ? CN_GIVEN : CN_NULL;
    }
    return list;
}
