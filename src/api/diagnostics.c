#include "api/diagnostics.h"

#include <stdio.h>

enum {
    NAME_MAX_BYTES = 1024,
    TEXT_MAX_BYTES = 64 * 1024,
    LABEL_MAX_BYTES = 200,
    SHOWN_MAX_BYTES = 60, /* of a text in a label */
};

static const struct cn_field edit_rows[] = {
    CN_FIELD(struct cn_problem_edit, file, .max = NAME_MAX_BYTES, .doc = "name of the file"),
    CN_FIELD(struct cn_problem_edit, line, .min = 1, .max = INT32_MAX,
             .doc = "of what is replaced, from 1"),
    CN_FIELD(struct cn_problem_edit, column, .min = 1, .max = INT32_MAX,
             .doc = "characters (code points) in that line, from 1"),
    CN_FIELD(struct cn_problem_edit, end_line, .min = 1, .max = INT32_MAX, .doc = "where it ends"),
    CN_FIELD(struct cn_problem_edit, end_column, .min = 1, .max = INT32_MAX,
             .doc = "just past its last character"),
    CN_FIELD(struct cn_problem_edit, text, .max = TEXT_MAX_BYTES, .doc = "what stands there then"),
};
static const struct cn_fields edit_fields =
    CN_FIELDS("ProblemEdit", struct cn_problem_edit, edit_rows);
static const struct cn_field edit = { .type = CN_FIELD_OBJECT, .object = &edit_fields };

static const struct cn_field fix_rows[] = {
    CN_FIELD(struct cn_problem_fix, label, .max = LABEL_MAX_BYTES,
             .doc = "what it does, for a button"),
    CN_FIELD_OF_LIST(struct cn_problem_fix, edits, &edit, .max = 1, .doc = "to the files"),
};
const struct cn_fields cn_problem_fix_fields =
    CN_FIELDS("ProblemFix", struct cn_problem_fix, fix_rows);

static const char *const severity_texts[] = { "error", "warning" };
static const struct cn_names severities = { severity_texts, CN_ARRAY_LEN(severity_texts) };

static const struct cn_field problem_rows[] = {
    CN_FIELD(struct cn_file_problem, file, .max = NAME_MAX_BYTES,
             .doc = "name of the file; \"\": none in particular"),
    CN_FIELD(struct cn_file_problem, line, .min = 0, .max = INT32_MAX,
             .doc = "from 1; 0: no place in particular"),
    CN_FIELD(struct cn_file_problem, column, .min = 0, .max = INT32_MAX,
             .doc = "characters (code points) in that line, from 1"),
    CN_FIELD(struct cn_file_problem, end_line, .min = 0, .max = INT32_MAX,
             .doc = "where what is at fault ends"),
    CN_FIELD(struct cn_file_problem, end_column, .min = 0, .max = INT32_MAX,
             .doc = "just past its last character"),
    CN_FIELD_OF_ENUM(struct cn_file_problem, severity, &severities,
                     .doc = "an error keeps the program from being applied"),
    CN_FIELD(struct cn_file_problem, message, .max = 256, .doc = "what is wrong there"),
    CN_FIELD_OF_OBJECT(struct cn_file_problem, fix, &cn_problem_fix_fields,
                       CN_MAY(struct cn_file_problem, fix, BE_NULL),
                       .doc = "a change that would repair it"),
};
static const struct cn_fields problem_fields =
    CN_FIELDS("FileProblem", struct cn_file_problem, problem_rows);
const struct cn_field cn_file_problem_element = { .type = CN_FIELD_OBJECT,
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

bool cn_file_problem_fix(struct cn_arena *arena, const struct cn_diagnostic *item,
                         struct cn_problem_fix *fix_out)
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
    fix_out->edits.items = cn_arena_new(arena, struct cn_problem_edit);
    *fix_out->edits.items = (struct cn_problem_edit){ .file = item->place.source,
                                                      .line = fix->line,
                                                      .column = fix->column,
                                                      .end_line = fix->end_line,
                                                      .end_column = fix->end_column,
                                                      .text = fix->text };
    return true;
}

void cn_file_problems(struct cn_arena *arena, const struct cn_diagnostics *problems,
                      struct cn_file_problem_list *list_out)
{
    struct cn_file_problem *items = cn_arena_array(arena, struct cn_file_problem, problems->count);
    for (size_t i = 0; i < problems->count; i++) {
        const struct cn_diagnostic *item = &problems->items[i];
        items[i] = (struct cn_file_problem){ .file = item->place.source,
                                             .line = item->place.line,
                                             .column = item->place.column,
                                             .end_line = item->end_line,
                                             .end_column = item->end_column,
                                             .severity = CN_SEVERITY_ERROR,
                                             .message = item->message };
        bool has_fix = cn_file_problem_fix(arena, item, &items[i].fix);
        items[i].fix_given = has_fix ? CN_GIVEN : CN_NULL;
    }
    *list_out = (struct cn_file_problem_list){ items, problems->count };
}
