/* Every command, one per cmd_*.c; listed in cli/commands.c. */
#ifndef CAIRN_CLI_COMMANDS_H
#define CAIRN_CLI_COMMANDS_H

#include "cli/command.h"

extern const struct cn_command cn_cmd_version;

#endif
