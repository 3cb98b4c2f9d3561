/*
 * Subcommands of `cairn` as data: what they are called, which options they take, what they do.
 * Help, completion and docs/cli.md are printed from these rows, so a command cannot exist without
 * its description.
 *
 * Only this folder writes to the terminal.  A command's result goes to env->out; failures are
 * returned and printed once, by cn_cli_main().
 */
#ifndef CAIRN_CLI_COMMAND_H
#define CAIRN_CLI_COMMAND_H

#include "base/arena.h"
#include "base/error.h"

enum {
    CN_COMMAND_OPTIONS_MAX = 16,
    CN_COMMAND_OPERANDS_MAX = 16,
    CN_COMMAND_REPEATS_MAX = 200 /* values of options that may be given again and again */
};

struct cn_option {
    const char *name;  /* "data" is given as --data */
    const char *value; /* what its value is called, "DIR"; NULL for a switch */
    const char *doc;   /* one line */
    bool repeats;      /* each value counts: cn_command_values() */
    bool is_place;     /* the value says where something is: "" does not */
};

struct cn_command_repeat {
    size_t option;
    const char *value;
};

/* A command's parsed words. */
struct cn_command_env {
    const struct cn_command *command;
    const char *values[CN_COMMAND_OPTIONS_MAX]; /* by option; "" for a switch that was given */
    struct cn_command_repeat repeats[CN_COMMAND_REPEATS_MAX]; /* in the order given */
    size_t repeat_count;
    const char *operands[CN_COMMAND_OPERANDS_MAX];
    size_t operand_count;
    struct cn_arena *arena;
    FILE *out;
};

struct cn_command {
    const char *name;     /* "program check" */
    const char *operands; /* "FILE...", or "" */
    size_t operands_min;
    size_t operands_max;
    const struct cn_option *options;
    size_t option_count;
    const char *doc;  /* one line, imperative, no full stop */
    const char *help; /* paragraphs for --help; NULL if the line says it all */
    bool (*run)(const struct cn_command_env *env, struct cn_error *err);
};

/* All of them, in cli/commands.c. */
extern const struct cn_command *const cn_commands[];
extern const size_t cn_command_count;

/* The option's value, or NULL if it was not given or the command has no such option. */
const char *cn_command_value(const struct cn_command_env *env, const char *option);

/* All values of an option that repeats, in the order given, as texts in env->arena. */
size_t cn_command_values(const struct cn_command_env *env, const char *option, cn_str **values_out);

/* Finds the command that the words begin with; *used_out is how many words its name takes.  NULL if
 * there is none. */
const struct cn_command *cn_command_find(int argc, char *const *argv, int *used_out);

/* Reads the words after the command's name.  Fails with CN_MALFORMED. */
CN_MUST_CHECK bool cn_command_parse(const struct cn_command *command, int argc, char *const *argv,
                                    struct cn_command_env *env_out, struct cn_error *err);

/* Prints the list of commands, or one command's help. */
void cn_command_list_print(FILE *out);
void cn_command_help_print(FILE *out, const struct cn_command *command);

/* Runs what argv says.  Returns the exit status: 0, 1 for a failure, 2 for a wrong command line. */
int cn_cli_main(int argc, char **argv);

#endif
