/* Every command, one or a few per cmd_*.c; listed in cli/commands.c. */
#ifndef CAIRN_CLI_COMMANDS_H
#define CAIRN_CLI_COMMANDS_H

#include "cli/command.h"

extern const struct cn_command cn_cmd_backtest;
extern const struct cn_command cn_cmd_backup;
extern const struct cn_command cn_cmd_departures;
extern const struct cn_command cn_cmd_config_list;
extern const struct cn_command cn_cmd_demo;
extern const struct cn_command cn_cmd_doctor;
extern const struct cn_command cn_cmd_eval;
extern const struct cn_command cn_cmd_init;
extern const struct cn_command cn_cmd_key_api;
extern const struct cn_command cn_cmd_key_source;
extern const struct cn_command cn_cmd_move;
extern const struct cn_command cn_cmd_openapi;
extern const struct cn_command cn_cmd_program_apply;
extern const struct cn_command cn_cmd_program_check;
extern const struct cn_command cn_cmd_program_test;
extern const struct cn_command cn_cmd_program_diff;
extern const struct cn_command cn_cmd_program_export;
extern const struct cn_command cn_cmd_program_history;
extern const struct cn_command cn_cmd_program_rollback;
extern const struct cn_command cn_cmd_program_reference;
extern const struct cn_command cn_cmd_program_schema;
extern const struct cn_command cn_cmd_replay;
extern const struct cn_command cn_cmd_restore;
extern const struct cn_command cn_cmd_serve;
extern const struct cn_command cn_cmd_user_add;
extern const struct cn_command cn_cmd_user_disable;
extern const struct cn_command cn_cmd_user_list;
extern const struct cn_command cn_cmd_user_password;
extern const struct cn_command cn_cmd_version;

#endif
