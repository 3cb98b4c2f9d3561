#include "cli/command.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"

const char *cn_command_value(const struct cn_command_env *env, const char *option)
{
    for (size_t i = 0; i < env->command->option_count; i++) {
        if (strcmp(env->command->options[i].name, option) == 0) {
            return env->values[i];
        }
    }
    return NULL;
}

size_t cn_command_values(const struct cn_command_env *env, const char *option, cn_str **values_out)
{
    size_t count = 0;
    *values_out = cn_arena_array(env->arena, cn_str, env->repeat_count + 1);
    for (size_t i = 0; i < env->repeat_count; i++) {
        const struct cn_option *given = &env->command->options[env->repeats[i].option];
        if (strcmp(given->name, option) == 0) {
            (*values_out)[count++] = cn_str_of(env->repeats[i].value);
        }
    }
    return count;
}

/* How many of the words make up the name, or 0 if they do not begin with it. */
static int match_name(const char *name, int argc, char *const *argv)
{
    cn_str rest = cn_str_of(name);
    cn_str word;
    int used = 0;
    while (cn_str_split(&rest, ' ', &word)) {
        if (used == argc || !cn_str_equal(word, cn_str_of(argv[used]))) {
            return 0;
        }
        used++;
    }
    return used;
}

const struct cn_command *cn_command_find(int argc, char *const *argv, int *used_out)
{
    const struct cn_command *found = NULL;
    int longest = 0;
    for (size_t i = 0; i < cn_command_count; i++) {
        int used = match_name(cn_commands[i]->name, argc, argv);
        if (used > longest) {
            longest = used;
            found = cn_commands[i];
        }
    }
    *used_out = longest;
    return found;
}

static bool find_option(const struct cn_command *command, cn_str name, size_t *index_out)
{
    for (size_t i = 0; i < command->option_count; i++) {
        if (cn_str_equal(name, cn_str_of(command->options[i].name))) {
            *index_out = i;
            return true;
        }
    }
    return false;
}

/* One "--name", "--name value" or "--name=value"; *at moves past what it took. */
static bool parse_option(int argc, char *const *argv, int *at, struct cn_command_env *env,
                         struct cn_error *err)
{
    const char *word = argv[*at] + 2;
    const char *equals = strchr(word, '=');
    cn_str name = { word, equals != NULL ? (size_t)(equals - word) : strlen(word) };
    size_t index = 0;
    if (!find_option(env->command, name, &index)) {
        return cn_fail(err, CN_MALFORMED, "no option --%.*s; see cairn %s --help", CN_STR_ARG(name),
                       env->command->name);
    }
    const struct cn_option *option = &env->command->options[index];
    if (option->value == NULL) {
        if (equals != NULL) {
            return cn_fail(err, CN_MALFORMED, "--%s takes no value", option->name);
        }
        env->values[index] = "";
    } else if (equals != NULL) {
        env->values[index] = equals + 1;
    } else if (*at + 1 < argc) {
        env->values[index] = argv[++*at];
    } else {
        return cn_fail(err, CN_MALFORMED, "--%s needs %s", option->name, option->value);
    }
    if (option->is_place && env->values[index][0] == '\0') {
        return cn_fail(err, CN_MALFORMED, "--%s is empty: give %s, or leave it out", option->name,
                       option->value);
    }
    if (option->repeats) {
        if (env->repeat_count == CN_COMMAND_REPEATS_MAX) {
            return cn_fail(err, CN_MALFORMED, "--%s is given more than %d times", option->name,
                           CN_COMMAND_REPEATS_MAX);
        }
        env->repeats[env->repeat_count++] = (struct cn_command_repeat){ index, env->values[index] };
    }
    return true;
}

bool cn_command_parse(const struct cn_command *command, int argc, char *const *argv,
                      struct cn_command_env *env_out, struct cn_error *err)
{
    assert(command->option_count <= CN_COMMAND_OPTIONS_MAX);
    assert(command->operands_max <= CN_COMMAND_OPERANDS_MAX);
    struct cn_command_env env = { .command = command,
                                  .arena = env_out->arena,
                                  .out = env_out->out };
    bool only_operands = false;
    for (int at = 0; at < argc; at++) {
        if (!only_operands && strcmp(argv[at], "--") == 0) {
            only_operands = true;
        } else if (!only_operands && strncmp(argv[at], "--", 2) == 0) {
            if (!parse_option(argc, argv, &at, &env, err)) {
                return false;
            }
        } else if (argv[at][0] == '\0') { /* as of a variable that is not set */
            return cn_fail(err, CN_MALFORMED,
                           "a word of the command line is empty; usage: cairn %s %s", command->name,
                           command->operands);
        } else if (env.operand_count < command->operands_max) {
            env.operands[env.operand_count++] = argv[at];
        } else {
            return cn_fail(err, CN_MALFORMED, "unexpected \"%s\"; see cairn %s --help", argv[at],
                           command->name);
        }
    }
    if (env.operand_count < command->operands_min) {
        return cn_fail(err, CN_MALFORMED, "usage: cairn %s %s", command->name, command->operands);
    }
    *env_out = env;
    return true;
}

/* Printing to a closed terminal or pipe has no one to report to. */
#define PRINT(...) ((void)fprintf(__VA_ARGS__))

void cn_command_list_print(FILE *out)
{
    PRINT(out, "Cairn, a self-hosted customer success platform.\n\n"
               "usage: cairn COMMAND [OPTION...]\n\n");
    for (size_t i = 0; i < cn_command_count; i++) {
        PRINT(out, "  %-18s %s\n", cn_commands[i]->name, cn_commands[i]->doc);
    }
    PRINT(out, "\ncairn COMMAND --help says more.  First steps: cairn demo --data demo\n");
}

/* Whether some commands begin with the word, as those of "user" do; lists them on `out`. */
static bool print_group(FILE *out, const char *word)
{
    size_t len = strlen(word);
    bool found = false;
    for (size_t i = 0; i < cn_command_count; i++) {
        const struct cn_command *command = cn_commands[i];
        if (strncmp(command->name, word, len) == 0 && command->name[len] == ' ') {
            if (!found) {
                PRINT(out, "usage: cairn %s ...\n\n", word);
            }
            found = true;
            PRINT(out, "  cairn %-18s %s\n", command->name, command->doc);
        }
    }
    return found;
}

void cn_command_help_print(FILE *out, const struct cn_command *command)
{
    PRINT(out, "usage: cairn %s%s%s%s\n\n%s.\n", command->name,
          command->option_count > 0 ? " [OPTION...]" : "", command->operands[0] != '\0' ? " " : "",
          command->operands, command->doc);
    if (command->help != NULL) {
        PRINT(out, "\n%s\n", command->help);
    }
    if (command->option_count > 0) {
        PRINT(out, "\noptions:\n");
    }
    for (size_t i = 0; i < command->option_count; i++) {
        const struct cn_option *option = &command->options[i];
        char left[48];
        (void)snprintf(left, sizeof(left), "--%s %s", option->name,
                       option->value != NULL ? option->value : ""); /* names are short and ours */
        PRINT(out, "  %-24s %s\n", left, option->doc);
    }
}

static bool wants_help(int argc, char *const *argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

enum {
    EXIT_USAGE = 2,
    ARENA_BLOCK_BYTES = 64 * 1024
};

static int run_command(const struct cn_command *command, int argc, char *const *argv)
{
    struct cn_error err;
    struct cn_arena arena;
    cn_arena_init(&arena, ARENA_BLOCK_BYTES);
    struct cn_command_env env = { .arena = &arena, .out = stdout };
    int status = 0;
    if (!cn_command_parse(command, argc, argv, &env, &err)) {
        status = EXIT_USAGE;
    } else if (!command->run(&env, &err)) {
        status = err.code == CN_MALFORMED ? EXIT_USAGE : 1;
    } else if (fflush(stdout) != 0) {
        cn_fail(&err, CN_INTERNAL, "cannot write to standard output");
        status = 1;
    }
    if (status != 0) {
        PRINT(stderr, "cairn %s: %s\n", command->name, err.message);
    }
    cn_arena_deinit(&arena);
    return status;
}

/* `asks`: help was wanted. */
static int no_command(const char *word, bool asks)
{
    if (print_group(asks ? stdout : stderr, word)) {
        return asks ? 0 : EXIT_USAGE;
    }
    PRINT(stderr, "cairn: no command \"%s\"; see cairn --help\n", word);
    return EXIT_USAGE;
}

int cn_cli_main(int argc, char **argv)
{
    int words = argc > 0 ? argc - 1 : 0;
    char *const *first = argv + 1;
    if (words == 0) {
        cn_command_list_print(stderr);
        return EXIT_USAGE;
    }
    const bool is_help = strcmp(first[0], "help") == 0;
    if (is_help) {
        first++;
        words--;
    }
    char *word = NULL;
    if (words == 1 && strcmp(first[0], "--version") == 0) {
        word = first[0] + strlen("--"); /* the command, as other programs call it */
        first = &word;
    }
    int used = 0;
    const struct cn_command *command = cn_command_find(words, first, &used);
    const bool asks = is_help || wants_help(words - used, first + used);
    if (words == 0 || (first[0][0] == '-' && asks)) {
        cn_command_list_print(stdout);
        return 0;
    }
    if (first[0][0] == '-') {
        PRINT(stderr, "cairn: a command comes first; see cairn --help\n");
        return EXIT_USAGE;
    }
    if (used == 0) {
        return no_command(first[0], asks);
    }
    if (asks) {
        cn_command_help_print(stdout, command);
        return 0;
    }
    return run_command(command, words - used, first + used);
}
