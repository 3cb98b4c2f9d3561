#include "cli/commands.h"
#include "cli/server.h"

static bool run(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_workspace workspace;
    struct cn_server server;
    cn_server_block_signals();
    if (!cn_server_check(env, err) || !cn_workspace_open(env, NULL, &workspace, NULL, err)) {
        return false;
    }
    bool ok = cn_server_open(&workspace, false, &server, err);
    if (ok) {
        ok = cn_server_listen(&server, NULL, err);
        if (ok) {
            cn_server_announce(&server, env->out);
            ok = cn_server_wait(&server, err);
        }
        cn_server_close(&server);
    }
    cn_workspace_close(&workspace);
    return ok;
}

static const struct cn_option options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    CN_OPTION_LISTEN,
};

const struct cn_command cn_cmd_serve = {
    .name = "serve",
    .operands = "",
    .options = options,
    .option_count = CN_ARRAY_LEN(options),
    .doc = "Serve a workspace: web app, REST API, tracking API",
    .help = "Prints {\"listening\":\"http://...\"} when it is ready, and serves until SIGTERM or\n"
            "SIGINT.  What was acknowledged is on disk, so it may also be killed at any time.",
    .run = run,
};
