#include "base/currency.h"
#include "base/str.h"

#include "book/name.h"
#include "cli/commands.h"
#include "cli/workspace.h"

/* Before anything is made: a workspace keeps its name and currency. */
static bool check(const struct cn_workspace_new *create, struct cn_error *err)
{
    if (!cn_check_name("--name", create->name, err)) {
        return false;
    }
    return cn_currency_check(create->currency, err) || cn_error_context(err, "--currency");
}

static bool run(const struct cn_command_env *env, struct cn_error *err)
{
    const char *name = cn_command_value(env, "name");
    const char *zone = cn_command_value(env, "time-zone");
    const char *currency = cn_command_value(env, "currency");
    struct cn_workspace_new create = {
        .name = cn_str_of(name != NULL ? name : "Cairn"),
        .time_zone = cn_str_of(zone != NULL ? zone : "UTC"),
        .currency = cn_str_of(currency != NULL ? currency : "USD"),
    };
    struct cn_workspace workspace;
    bool created = false;
    if (!check(&create, err) || !cn_workspace_open(env, &create, &workspace, &created, err)) {
        return false;
    }
    bool ok =
        created || cn_fail(err, CN_CONFLICT, "%s has a workspace already",
                           cn_command_value(env, "db") != NULL ? "the database" : workspace.dir);
    const char *db = cn_command_value(env, "db") != NULL ? " --db URL" : "";
    if (ok) {
        /* A failure shows when standard output is flushed. */
        (void)fprintf(env->out,
                      "Made the workspace \"%.*s\" in %s; its days begin in %.*s.\n"
                      "Next: cairn user add you@example.com --role admin --data %s%s\n"
                      "then: cairn serve --data %s%s\n",
                      CN_STR_ARG(create.name), workspace.dir, CN_STR_ARG(create.time_zone),
                      workspace.dir, db, workspace.dir, db);
    }
    cn_workspace_close(&workspace);
    return ok;
}

static const struct cn_option options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    { "name", "NAME", "What the workspace is called (default: Cairn)" },
    { "time-zone", "ZONE", "Where its days begin, such as Europe/Berlin (default: UTC)" },
    { "currency", "CODE", "Currency of its reports, such as EUR (default: USD)" },
};

const struct cn_command cn_cmd_init = {
    .name = "init",
    .operands = "",
    .options = options,
    .option_count = CN_ARRAY_LEN(options),
    .doc = "Make a new, empty workspace",
    .help = "The time zone is fixed from then on: daily figures are of its days.",
    .run = run,
};
