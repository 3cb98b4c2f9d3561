#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#include "cli/commands.h"
#include "cli/workspace.h"
#include "sql/sqlite.h"

enum {
    PATHS_MAX_BYTES = PATH_MAX,
    SQL_MAX_BYTES = 2 * PATH_MAX + 32
};

static bool join(const char *dir, const char *name, char path_out[PATHS_MAX_BYTES],
                 struct cn_error *err)
{
    int len = snprintf(path_out, PATHS_MAX_BYTES, "%s/%s", dir, name);
    return (len > 0 && len < PATHS_MAX_BYTES) || cn_fail(err, CN_INVALID, "a path is too long");
}

/* A consistent copy of one database, also while a server writes to it: VACUUM INTO reads a
 * snapshot.  Its target is part of the text, so quotes are doubled. */
static bool copy_database(const char *from, const char *to, struct cn_error *err)
{
    char sql[SQL_MAX_BYTES] = "VACUUM INTO '";
    size_t len = strlen(sql);
    for (const char *c = to; *c != '\0'; c++) {
        if (*c == '\'') {
            sql[len++] = '\'';
        }
        sql[len++] = *c;
    }
    sql[len++] = '\'';
    sql[len] = '\0';
    struct cn_sql_conn *conn = NULL;
    bool ok = cn_sqlite_open_reader(from, &conn, err) && cn_sql_exec(conn, sql, err);
    cn_sql_close(conn);
    return ok || cn_error_context(err, "copying %s", from);
}

static bool copy_named(const char *from_dir, const char *to_dir, const char *name,
                       struct cn_error *err)
{
    char from[PATHS_MAX_BYTES];
    char to[PATHS_MAX_BYTES];
    return join(from_dir, name, from, err) && join(to_dir, name, to, err) &&
           copy_database(from, to, err);
}

static bool is_database(const char *name)
{
    return cn_str_ends_with(cn_str_of(name), CN_STR(".db"));
}

/* The segments of the event log, in any order: what was acknowledged before the backup began is in
 * one of them. */
static bool copy_segments(const char *from_dir, const char *to_dir, size_t *count_out,
                          struct cn_error *err)
{
    char from[PATHS_MAX_BYTES];
    char to[PATHS_MAX_BYTES];
    if (!join(from_dir, "events", from, err) || !join(to_dir, "events", to, err)) {
        return false;
    }
    if (mkdir(to, 0700) != 0) {
        return cn_fail(err, CN_INVALID, "cannot make the folder %s", to);
    }
    DIR *dir = opendir(from);
    if (dir == NULL) {
        return errno == ENOENT || cn_fail(err, CN_INVALID, "cannot read %s", from);
    }
    bool ok = true;
    const struct dirent *entry = NULL;
    while (ok && (entry = readdir(dir)) != NULL) { /* NOLINT(concurrency-mt-unsafe): own DIR */
        if (is_database(entry->d_name)) {
            ok = copy_named(from, to, entry->d_name, err);
            (*count_out)++;
        }
    }
    (void)closedir(dir); /* only read */
    return ok;
}

/* Rollups, then the book, then the log: what is derived never runs ahead of it. */
static bool copy_all(const char *from, const char *to, size_t *segments_out, struct cn_error *err)
{
    return copy_named(from, to, "rollup.db", err) && copy_named(from, to, "cairn.db", err) &&
           copy_segments(from, to, segments_out, err);
}

static bool make_empty_dir(const char *dir, struct cn_error *err)
{
    if (mkdir(dir, 0700) != 0) {
        return cn_fail(err, CN_CONFLICT, "cannot make %s: %s", dir,
                       errno == EEXIST ? "it is there already" : "no permission or no such place");
    }
    return true;
}

static bool run_backup(const struct cn_command_env *env, struct cn_error *err)
{
    const char *from = cn_workspace_dir(env);
    size_t segments = 0;
    if (access(from, R_OK) != 0) {
        return cn_fail(err, CN_NOT_FOUND, "there is no workspace in %s", from);
    }
    if (!make_empty_dir(env->operands[0], err) ||
        !copy_all(from, env->operands[0], &segments, err)) {
        return false;
    }
    /* A failure shows when standard output is flushed. */
    (void)fprintf(env->out, "Copied %s to %s: rollups, book and %zu segments of the event log.\n",
                  from, env->operands[0], segments);
    return true;
}

static const struct cn_option options[] = {
    CN_OPTION_DATA,
};

const struct cn_command cn_cmd_backup = {
    .name = "backup",
    .operands = "FOLDER",
    .operands_min = 1,
    .operands_max = 1,
    .options = options,
    .option_count = CN_ARRAY_LEN(options),
    .doc = "Copy a workspace to a new folder, also while it is being served",
    .help = "Everything that was acknowledged before the command began is in the copy.  On\n"
            "PostgreSQL, use pg_dump instead.",
    .run = run_backup,
};

static bool run_restore(const struct cn_command_env *env, struct cn_error *err)
{
    const char *to = cn_workspace_dir(env);
    size_t segments = 0;
    if (access(env->operands[0], R_OK) != 0) {
        return cn_fail(err, CN_NOT_FOUND, "there is no backup in %s", env->operands[0]);
    }
    if (!make_empty_dir(to, err) || !copy_all(env->operands[0], to, &segments, err)) {
        return false;
    }
    /* A failure shows when standard output is flushed. */
    (void)fprintf(env->out,
                  "Restored %s to %s, with %zu segments of the event log.\n"
                  "Next: cairn doctor --data %s\n",
                  env->operands[0], to, segments, to);
    return true;
}

const struct cn_command cn_cmd_restore = {
    .name = "restore",
    .operands = "BACKUP",
    .operands_min = 1,
    .operands_max = 1,
    .options = options,
    .option_count = CN_ARRAY_LEN(options),
    .doc = "Make a workspace from a backup, in a folder that is not there yet",
    .run = run_restore,
};
