/*
 * Commands that read or write records: the workspace opened, one transaction, a unit that sees
 * everything.
 */
#ifndef CAIRN_CLI_RECORD_H
#define CAIRN_CLI_RECORD_H

#include "book/user.h"
#include "cli/workspace.h"

typedef bool cn_record_work(const struct cn_command_env *env, const struct cn_unit *unit,
                            const void *arg, struct cn_error *err);

/* Opens the command's workspace and runs `work` in a transaction of its own.  It may run again from
 * its start on PostgreSQL, so it prints last; others who write wait for it, so what takes long or
 * asks a person is done before and handed on as `arg`. */
CN_MUST_CHECK bool cn_record_run(const struct cn_command_env *env, cn_record_work *work,
                                 const void *arg, struct cn_error *err);

/* For those who call cn_record_password(). */
#define CN_OPTION_HASHED                                                                   \
    {                                                                                      \
        "hashed", NULL, "What is read is an Argon2 hash of the password, not the password" \
    }

/* The hash (book/user.h) of a new password from the terminal without showing it, or the first line
 * of standard input if that is not a terminal.  With the command's switch --hashed that line is the
 * hash.  In env->arena. */
CN_MUST_CHECK bool cn_record_password(const struct cn_command_env *env, cn_str *hash_out,
                                      struct cn_error *err);

/* The user whose address is the command's first operand, which the error of a failure begins with.
 */
CN_MUST_CHECK bool cn_record_user(const struct cn_command_env *env, const struct cn_unit *unit,
                                  struct cn_user *user_out, struct cn_error *err);

#endif
