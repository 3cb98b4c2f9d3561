#include <limits.h>
#include <unistd.h>

#include "base/str.h"

#include "cli/commands.h"
#include "cli/server.h"
#include "engine/replay.h"
#include "metric/rollup.h"

/* The second rollup's files; they hold nothing of value. */
static void remove_scratch(const char *path)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    char name[PATH_MAX];
    for (size_t i = 0; i < CN_ARRAY_LEN(suffixes); i++) {
        int len = snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        if (len > 0 && (size_t)len < sizeof(name)) {
            (void)unlink(name); /* it may not be there */
        }
    }
}

static bool migrate(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct cn_server *server = arg;
    return cn_rollup_migrate(conn, cn_now(server->workspace->clock), err);
}

static bool compare(const struct cn_command_env *env, struct cn_server *server,
                    struct cn_rollup *into, struct cn_error *err)
{
    struct cn_rollup_difference difference = { 0 };
    if (!cn_engine_settle(server->engine, err) ||
        !cn_engine_replay(server->engine, into, &difference, err)) {
        return false;
    }
    /* A failure shows when standard output is flushed. */
    (void)fprintf(env->out, "%lld events, %lld rows and %lld members compared, %lld differ\n",
                  (long long)cn_event_log_position(server->log), (long long)difference.rows,
                  (long long)difference.members, (long long)difference.differing);
    return difference.differing == 0 ||
           cn_fail(err, CN_INTERNAL, "the rollups differ from the log: %s", difference.first);
}

static bool replay(const struct cn_command_env *env, struct cn_server *server, struct cn_error *err)
{
    char path[PATH_MAX];
    char url[PATH_MAX + 8];
    int len = snprintf(path, sizeof(path), "%s/replay.db", server->workspace->dir);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        return cn_fail(err, CN_INVALID, "the path of the data folder is too long");
    }
    (void)snprintf(url, sizeof(url), "sqlite:%s", path); /* fits: it is 8 bytes longer */
    remove_scratch(path);
    const struct cn_config *config = &server->workspace->config;
    struct cn_db *db = NULL;
    struct cn_rollup *into = NULL;
    bool ok =
        cn_db_open(&(struct cn_db_options){ .url = cn_str_of(url) }, &db, err) &&
        cn_db_write(db, migrate, server, err) &&
        cn_rollup_open(&(struct cn_rollup_options){ .db = db,
                                                    .names_max = (size_t)config->metric_names_max,
                                                    .members_max = config->metric_members_max },
                       &into, err) &&
        compare(env, server, into, err);
    cn_rollup_close(into);
    cn_db_close(db);
    remove_scratch(path);
    return ok;
}

static bool run(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_workspace workspace;
    struct cn_server server;
    cn_server_block_signals();
    if (!cn_workspace_open(env, NULL, &workspace, NULL, err)) {
        return false;
    }
    bool ok = cn_server_open(&workspace, false, &server, err);
    if (ok) {
        ok = replay(env, &server, err);
        cn_server_close(&server);
    }
    cn_workspace_close(&workspace);
    return ok;
}

static const struct cn_option options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
};

const struct cn_command cn_cmd_replay = {
    .name = "replay",
    .operands = "",
    .options = options,
    .option_count = CN_ARRAY_LEN(options),
    .doc = "Count the whole event log again and prove the rollups equal",
    .help = "Changes nothing.  Ends with status 1 and names the first difference if there is one.",
    .run = run,
};
