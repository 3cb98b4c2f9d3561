/*
 * What commands stand on: the data folder with its lock, the configuration, the databases.
 *
 * Not here: the running server (cli/server.h).
 */
#ifndef CAIRN_CLI_WORKSPACE_H
#define CAIRN_CLI_WORKSPACE_H

#include "base/clock.h"
#include "base/id.h"
#include "base/tz.h"

#include "cli/command.h"
#include "config/setting.h"
#include "sql/db.h"

#define CN_OPTION_DATA                                                                            \
    {                                                                                             \
        .name = "data", .value = "DIR", .doc = "Data folder (default: $CAIRN_DATA, else ./data)", \
        .is_place = true                                                                          \
    }
#define CN_OPTION_DB                                                                     \
    {                                                                                    \
        .name = "db", .value = "URL",                                                    \
        .doc = "postgresql://... instead of SQLite in the data folder", .is_place = true \
    }
#define CN_OPTION_CONFIG                                                             \
    {                                                                                \
        .name = "config", .value = "FILE",                                           \
        .doc = "Settings (default: cairn.conf in the data folder)", .is_place = true \
    }
#define CN_OPTION_LISTEN                                                                          \
    {                                                                                             \
        .name = "listen", .value = "ADDRESS:PORT", .doc = "Where to serve (setting http.listen)", \
        .is_place = true                                                                          \
    }

/* An open workspace.  Zeroed, it is closed. */
struct cn_workspace {
    struct cn_arena arena;
    struct cn_config config;
    const char *dir;
    int lock; /* descriptor of DIR/lock, or -1 */
    struct cn_db *db;
    struct cn_db *rollup_db; /* the same as db on PostgreSQL */
    struct cn_tz *tz;
    struct cn_id_source ids;
    const struct cn_clock *clock;
    cn_str name; /* of the workspace */
    cn_str currency;
    bool is_demo;
};

/* The command's data folder, borrowed; it may not be there. */
const char *cn_workspace_dir(const struct cn_command_env *env);

/* Removes the file, or the folder with all that is in it; what is not there is no error.  Who has
 * failed already need not look whether it did. */
bool cn_workspace_remove(const char *path, struct cn_error *err);

/* Keeps other processes from working in the folder, until the descriptor is closed.  Fails with
 * CN_CONFLICT if one does. */
CN_MUST_CHECK bool cn_workspace_lock(const char *dir, int *lock_out, struct cn_error *err);

/* The configuration alone, from the command's --config, --data and --listen, as far as it has
 * them.  Lives in env->arena. */
CN_MUST_CHECK bool cn_workspace_config(const struct cn_command_env *env,
                                       struct cn_config *config_out, struct cn_error *err);

/* Logs which variables of the environment may have been meant as settings and are none. */
void cn_workspace_doubt(const struct cn_command_env *env);

/* What --db names, or *url_out is NULL: the files of the folder.  Fails with CN_MALFORMED if it is
 * no PostgreSQL. */
CN_MUST_CHECK bool cn_workspace_db(const struct cn_command_env *env, const char **url_out,
                                   struct cn_error *err);

/* What a new workspace is called and where its days begin. */
struct cn_workspace_new {
    cn_str name;
    cn_str time_zone;
    cn_str currency;
    bool is_demo;
};

/*
 * Opens the command's workspace: locks the data folder (embedded: one process at a time), connects,
 * migrates.  `create`: what to make if there is none yet; NULL: fail with CN_NOT_FOUND then.
 * *created_out may be NULL.  On failure the workspace is closed.
 */
CN_MUST_CHECK bool cn_workspace_open(const struct cn_command_env *env,
                                     const struct cn_workspace_new *create,
                                     struct cn_workspace *workspace_out, bool *created_out,
                                     struct cn_error *err);

/*
 * The same beside a server that may be running in the folder: if it is, its tables must be this
 * program's, and workspace->lock is -1.  For what is done in short transactions, and on what the
 * server looks at by itself.
 */
CN_MUST_CHECK bool cn_workspace_open_beside(const struct cn_command_env *env,
                                            struct cn_workspace *workspace_out,
                                            struct cn_error *err);

void cn_workspace_close(struct cn_workspace *workspace);

#endif
