/*
 * What the commands about the program share.
 */
#ifndef CAIRN_CLI_PROGRAM_H
#define CAIRN_CLI_PROGRAM_H

#include "base/diagnostics.h"

#include "cli/workspace.h"
#include "engine/apply.h"
#include "program/program.h"

/* The folder that the command names first, or the program that is built in. */
CN_MUST_CHECK bool cn_program_read_operand(const struct cn_command_env *env,
                                           struct cn_program_files *files_out,
                                           struct cn_error *err);

/* Prints them for people and yields false. */
bool cn_program_tell_problems(const struct cn_diagnostics *problems,
                              const struct cn_program_files *files, struct cn_error *err);

/* Says what there is, or what is wrong. */
CN_MUST_CHECK bool cn_program_check_files(const struct cn_command_env *env,
                                          const struct cn_program_files *files,
                                          struct cn_error *err);

/* The text of the version that accounts were evaluated by last; none if there is none yet. */
CN_MUST_CHECK bool cn_program_load_active(const struct cn_workspace *workspace,
                                          struct cn_arena *arena,
                                          struct cn_program_files *files_out, struct cn_error *err);

/* The signals of --start that raise at once, which the program has to have anew or changed. */
#define CN_OPTION_START                                                                          \
    {                                                                                            \
        "start", "SIGNAL",                                                                       \
            "Raise this new or changed signal at once for accounts that match; may be repeated", \
            true                                                                                 \
    }
CN_MUST_CHECK bool cn_program_read_starts(const struct cn_command_env *env,
                                          const struct cn_program_files *running,
                                          const struct cn_program_files *files, cn_str **starts_out,
                                          size_t *count_out, struct cn_error *err);

#endif
