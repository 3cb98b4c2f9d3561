/*
 * The program as the API shows it.  Internal to api/: what the files program*.c share.
 */
#ifndef CAIRN_API_PROGRAM_VIEW_H
#define CAIRN_API_PROGRAM_VIEW_H

#include "api/core.h"
#include "api/diagnostics.h"
#include "engine/apply.h"
#include "program/program.h"

/* clang-format off */
/* Trying out what a program would do. */
#define CN_PROGRAM_AUTHORS { [CN_ROLE_ADMIN] = CN_SCOPE_ALL, [CN_ROLE_OPS] = CN_SCOPE_ALL, \
                             [CN_ROLE_LEADER] = CN_SCOPE_ALL }
/* clang-format on */

enum {
    CN_PROGRAM_NAME_MAX = 200,
    CN_PROGRAM_TEXT_MAX = CN_NODE_FILE_MAX_BYTES,
    CN_PROGRAM_NOTE_MAX = 1000,
    CN_PROGRAM_TEXTS_MAX = 20000, /* sentences and names of a list */
    CN_PROGRAM_LINE_MAX = 20000
};

/* struct cn_program_file; a list of them, as it is received and sent. */
extern const struct cn_field cn_program_file_item;
struct cn_program_file_list {
    struct cn_program_file *items;
    size_t count;
};

/* Sentences and names. */
extern const struct cn_field cn_program_text_item;
struct cn_program_texts {
    cn_str *items;
    size_t count;
};

/* Signals that a version is to raise at once. */
#define CN_PROGRAM_STARTS(struct_, ...)                                                        \
    CN_FIELD_OF_LIST(struct_, start, &cn_program_text_item, CN_MAY(struct_, start, BE_ABSENT), \
                     .max = CN_SIGNALS_MAX, __VA_ARGS__)

/* Fails with CN_UNAVAILABLE where nothing is evaluated. */
CN_MUST_CHECK bool cn_program_engine(const struct cn_request *req, struct cn_engine **engine_out,
                                     struct cn_error *err);

/* The text of a version; 0: of the active one. */
CN_MUST_CHECK bool cn_program_load(const struct cn_request *req, struct cn_engine *engine,
                                   int64_t version, struct cn_program_files *files_out,
                                   struct cn_error *err);

/* Money in major units, to the cent. */
double cn_program_cents(double arr);

/* Problems with the files' text, for editors: columns are code points, and a problem has an end. */
struct cn_program_problem_list cn_program_problems_view(const struct cn_diagnostics *problems,
                                                        const struct cn_program_files *files,
                                                        struct cn_arena *arena);

/* The column of an editor, in code points, as one in bytes. */
int64_t cn_program_byte_column(const struct cn_program_files *files, cn_str file, int64_t line,
                               int64_t column);

#endif
