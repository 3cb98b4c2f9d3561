#include "base/str.h"

#include "book/name.h"
#include "book/session.h"
#include "book/source.h"
#include "cli/commands.h"
#include "cli/record.h"

static const struct cn_option record_options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
};

static bool add_source(const struct cn_command_env *env, const struct cn_unit *unit,
                       const void *arg, struct cn_error *err)
{
    (void)arg;
    char key[CN_WRITE_KEY_BYTES];
    struct cn_source source;
    if (!cn_check_name("NAME", cn_str_of(env->operands[0]), err) ||
        !cn_source_create(unit, cn_str_of(env->operands[0]), key, &source, err)) {
        return false;
    }
    /* A failure shows when standard output is flushed. */
    (void)fprintf(env->out, "%s\n", key);
    return true;
}

static bool run_source(const struct cn_command_env *env, struct cn_error *err)
{
    return cn_record_run(env, add_source, NULL, err);
}

const struct cn_command cn_cmd_key_source = {
    .name = "key source",
    .operands = "NAME",
    .operands_min = 1,
    .operands_max = 1,
    .options = record_options,
    .option_count = CN_ARRAY_LEN(record_options),
    .doc = "Make a source that may send events, and print its write key",
    .help = "The key is stored hashed and cannot be shown again.",
    .run = run_source,
};

static bool add_api(const struct cn_command_env *env, const struct cn_unit *unit, const void *arg,
                    struct cn_error *err)
{
    (void)arg;
    const char *name = cn_command_value(env, "name");
    struct cn_user user;
    struct cn_api_key_new new_key = { .name = cn_str_of(name != NULL ? name : "command line"),
                                      .scopes = CN_KEY_READ };
    if (cn_command_value(env, "write") != NULL) {
        new_key.scopes |= CN_KEY_WRITE;
    }
    char token[CN_TOKEN_BYTES];
    struct cn_api_key key;
    if (!cn_check_name("--name", new_key.name, err) || !cn_record_user(env, unit, &user, err)) {
        return false;
    }
    if (user.is_disabled) {
        return cn_fail(err, CN_CONFLICT, "%.*s is disabled", CN_STR_ARG(user.email));
    }
    new_key.user_id = user.id;
    if (!cn_api_key_create(unit, &new_key, token, &key, err)) {
        return false;
    }
    /* A failure shows when standard output is flushed. */
    (void)fprintf(env->out, "%s\n", token);
    return true;
}

static bool run_api(const struct cn_command_env *env, struct cn_error *err)
{
    return cn_record_run(env, add_api, NULL, err);
}

static const struct cn_option api_options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    { "name", "NAME", "What the key is for (default: command line)" },
    { "write", NULL, "It may also change records" },
};

const struct cn_command cn_cmd_key_api = {
    .name = "key api",
    .operands = "EMAIL",
    .operands_min = 1,
    .operands_max = 1,
    .options = api_options,
    .option_count = CN_ARRAY_LEN(api_options),
    .doc = "Make an API key that acts as a user, and print it",
    .help = "The key is stored hashed and cannot be shown again.  Give it to the REST API as\n"
            "Authorization: Bearer KEY.",
    .run = run_api,
};
