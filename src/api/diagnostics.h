/*
 * Problems of text as JSON: of the program's files, and what errors[] of a problem document says of
 * them.  One field table, so that the API, the editor in the browser and the terminal have the
 * same.
 *
 * An edit is applied by putting `text` where the file has what lies between the two places. Whoever
 * answers with problems of files makes their columns characters first (program/problem.h).
 */
#ifndef CAIRN_API_DIAGNOSTICS_H
#define CAIRN_API_DIAGNOSTICS_H

#include "base/diagnostics.h"

#include "json/field.h"

struct cn_problem_edit {
    cn_str file;
    int64_t line;
    int64_t column;
    int64_t end_line;
    int64_t end_column;
    cn_str text;
};

struct cn_problem_fix {
    cn_str label;
    struct {
        struct cn_problem_edit *items;
        size_t count;
    } edits;
};

enum cn_severity {
    CN_SEVERITY_ERROR,
    CN_SEVERITY_WARNING,
};

struct cn_file_problem {
    cn_str file;
    int64_t line;
    int64_t column;
    int64_t end_line;
    int64_t end_column;
    enum cn_severity severity;
    cn_str message;
    struct cn_problem_fix fix;
    enum cn_given fix_given;
};

struct cn_file_problem_list {
    struct cn_file_problem *items;
    size_t count;
};

/* An element of a list of them, for CN_FIELD_OF_LIST(..., &cn_file_problem_element, .max =
 * CN_DIAGNOSTICS_MAX). */
extern const struct cn_field cn_file_problem_element;
extern const struct cn_fields cn_problem_fix_fields;

/* Texts are borrowed from `problems`, the rest is in `arena`. */
void cn_file_problems(struct cn_arena *arena, const struct cn_diagnostics *problems,
                      struct cn_file_problem_list *list_out);

/* False if there is no fix. */
bool cn_file_problem_fix(struct cn_arena *arena, const struct cn_diagnostic *item,
                         struct cn_problem_fix *fix_out);

#endif
