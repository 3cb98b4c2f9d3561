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

#endif
