/*
 * Problems of the program's files as JSON: in the answers about a program, and in errors[] of a
 * problem document.  One field table, so that the API, the editor in the browser and the terminal
 * say the same.
 *
 * An edit is applied by putting `text` where the file has what lies between the two places.
 */
#ifndef CAIRN_API_DIAGNOSTICS_H
#define CAIRN_API_DIAGNOSTICS_H

#include "base/diagnostics.h"

#include "json/field.h"

struct cn_program_fix_edit {
    cn_str file;
    int64_t line; /* from 1, as all of them; columns in code points */
    int64_t column;
    int64_t end_line;
    int64_t end_column;
    cn_str text;
};

struct cn_program_fix_view {
    cn_str label;
    struct {
        struct cn_program_fix_edit *items;
        size_t count;
    } edits;
};
extern const struct cn_fields cn_program_fix_fields;

struct cn_program_problem {
    cn_str file;
    int64_t line;
    int64_t column;
    int64_t end_line;
    int64_t end_column;
    int severity; /* of cn_program_severities */
    cn_str message;
    struct cn_program_fix_view fix;
    enum cn_given fix_given;
};
extern const struct cn_names cn_program_severities;
extern const struct cn_field cn_program_problem_item;

struct cn_program_problem_list {
    struct cn_program_problem *items;
    size_t count;
};

/* Both take columns as they are: program/problem.h makes them code points.  Texts are borrowed,
 * what is made is in the arena. */
struct cn_program_problem_list cn_program_problems_list(struct cn_arena *arena,
                                                        const struct cn_diagnostics *problems);

/* False if there is no fix. */
bool cn_program_fix_of(struct cn_arena *arena, const struct cn_diagnostic *item,
                       struct cn_program_fix_view *fix_out);

#endif
