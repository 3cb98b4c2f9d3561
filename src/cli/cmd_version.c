#include "cli/commands.h"

static bool run(const struct cn_command_env *env, struct cn_error *err)
{
    (void)err;
    (void)fprintf(env->out, "cairn %s\n", CN_VERSION); /* a failure shows when stdout is flushed */
    return true;
}

const struct cn_command cn_cmd_version = {
    .name = "version",
    .operands = "",
    .doc = "Print the version",
    .run = run,
};
