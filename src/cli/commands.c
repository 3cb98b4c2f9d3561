#include "cli/commands.h"

const struct cn_command *const cn_commands[] = {
    &cn_cmd_init,
    &cn_cmd_serve,
    &cn_cmd_demo,
    &cn_cmd_user_add,
    &cn_cmd_user_list,
    &cn_cmd_user_password,
    &cn_cmd_user_disable,
    &cn_cmd_key_source,
    &cn_cmd_key_api,
    &cn_cmd_program_check,
    &cn_cmd_program_apply,
    &cn_cmd_program_schema,
    &cn_cmd_program_reference,
    &cn_cmd_backup,
    &cn_cmd_restore,
    &cn_cmd_move,
    &cn_cmd_doctor,
    &cn_cmd_replay,
    &cn_cmd_config_list,
    &cn_cmd_openapi,
    &cn_cmd_version,
};
const size_t cn_command_count = CN_ARRAY_LEN(cn_commands);
