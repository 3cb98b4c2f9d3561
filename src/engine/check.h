/*
 * A program that somebody writes: its mistakes, and the names that its rules can read.
 *
 * A check compiles against nothing but the names that there are, so that it leaves no trace in a
 * running engine, whatever is typed.
 *
 * Not here: what the program would do to the accounts (engine/diff.h).
 */
#ifndef CAIRN_ENGINE_CHECK_H
#define CAIRN_ENGINE_CHECK_H

#include "engine/engine.h"

/* What the program consists of. */
struct cn_program_summary {
    int64_t metrics;
    int64_t scorecards;
    int64_t segments; /* of no other kind of set: no coverage models, no stages */
    int64_t signals;
    int64_t columns;
};

/* False if there is a problem: all of them are in `problems`, with their places. */
CN_MUST_CHECK bool cn_program_check(const struct cn_program_files *files,
                                    struct cn_program_summary *summary_out,
                                    struct cn_diagnostics *problems);

/*
 * Names of signals that `files` are to raise at once: false if one is none of theirs, or asks what
 * it asks in `running`, so that nothing of it becomes true anew; with the place in the list,
 * "/start/0".  Both programs may have mistakes, which are not told here: then nothing is changed.
 */
struct cn_program_start_question {
    const struct cn_program_files *running;
    const struct cn_program_files *files;
    const cn_str *names;
    size_t count;
};
bool cn_program_check_starts(const struct cn_program_start_question *question,
                             struct cn_diagnostics *problems);

/* A name that can stand in a rule. */
struct cn_program_name {
    cn_str name;
    cn_str usage; /* "logins.sum(days)" */
    enum cn_column_type type;
    cn_str unit; /* or "" */
    cn_str doc;
    cn_str source; /* "book", "metric", "rows" */
};

struct cn_program_name_list {
    struct cn_program_name *items;
    size_t count;
};

/* Those of the running program, in the arena.  Any thread. */
void cn_engine_names(struct cn_engine *engine, struct cn_arena *arena,
                     struct cn_program_name_list *list_out);

extern const char *const cn_column_type_names[6]; /* by enum cn_column_type */

#endif
