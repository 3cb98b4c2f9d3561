#include "cli/commands.h"

const struct cn_command *const cn_commands[] = {
    &cn_cmd_version,
};
const size_t cn_command_count = CN_ARRAY_LEN(cn_commands);
