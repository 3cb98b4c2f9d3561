#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#include "cli/commands.h"
#include "cli/workspace.h"
#include "event/files.h"
#include "sql/sqlite.h"

enum {
    PATHS_MAX_BYTES = PATH_MAX,
    SQL_MAX_BYTES = 2 * PATH_MAX + 32,
    PASSES_MAX = 5
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
    bool ok = cn_sqlite_open(from, &conn, err) && cn_sql_exec(conn, sql, err);
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

/* A file that is no database: the ids of a sealed segment, which never change. */
static bool copy_file(const char *from, const char *to, struct cn_error *err)
{
    char bytes[64 * 1024];
    FILE *in = fopen(from, "re");
    FILE *out = in != NULL ? fopen(to, "wxe") : NULL;
    bool ok = out != NULL;
    size_t len = 0;
    while (ok && (len = fread(bytes, 1, sizeof(bytes), in)) > 0) {
        ok = fwrite(bytes, 1, len, out) == len;
    }
    ok = ok && ferror(in) == 0 && fflush(out) == 0 && fsync(fileno(out)) == 0;
    ok = (out == NULL || fclose(out) == 0) && ok;
    if (in != NULL) {
        (void)fclose(in); /* only read */
    }
    return ok || cn_fail(err, CN_INTERNAL, "cannot copy %s to %s", from, to);
}

/* One file of the log, unless it was copied in an earlier pass.  What is gone was packed meanwhile:
 * *again_out. */
static bool copy_segment(const char *from_dir, const char *to_dir, const char *name,
                         bool *again_out, struct cn_error *err)
{
    char from[PATHS_MAX_BYTES];
    char to[PATHS_MAX_BYTES];
    if (!join(from_dir, name, from, err) || !join(to_dir, name, to, err)) {
        return false;
    }
    if (access(to, F_OK) == 0) {
        return true;
    }
    bool is_ids = cn_str_ends_with(cn_str_of(name), CN_STR(".ids"));
    if (is_ids ? copy_file(from, to, err) : copy_database(from, to, err)) {
        return true;
    }
    *again_out = access(from, F_OK) != 0;
    if (*again_out) {
        (void)unlink(to); /* a part of a copy, or nothing */
    }
    return *again_out;
}

/* Not what SQLite keeps beside a database, nor what is being written. */
static bool is_segment(const char *name)
{
    int64_t first = 0;
    const char *suffix = NULL;
    return cn_segment_name_parse(name, &first, &suffix);
}

/* The segments of the event log: what was acknowledged before the backup began is in them. */
static bool copy_pass(const char *from, const char *to, size_t *count_out, bool *again_out,
                      struct cn_error *err)
{
    DIR *dir = opendir(from);
    *count_out = 0;
    *again_out = false;
    if (dir == NULL) { /* no folder: nothing was ever sent */
        return errno == ENOENT || cn_fail(err, CN_INVALID, "cannot read %s: %m", from);
    }
    bool ok = true;
    const struct dirent *entry = NULL;
    while (ok && (entry = readdir(dir)) != NULL) { /* NOLINT(concurrency-mt-unsafe): own DIR */
        if (is_segment(entry->d_name)) {
            bool again = false;
            ok = copy_segment(from, to, entry->d_name, &again, err);
            *again_out = *again_out || again;
            *count_out += cn_str_ends_with(cn_str_of(entry->d_name), CN_STR(".ids")) ? 0 : 1;
        }
    }
    (void)closedir(dir); /* only read */
    return ok;
}

static bool copy_segments(const char *from_dir, const char *to_dir, size_t *count_out,
                          struct cn_error *err)
{
    char from[PATHS_MAX_BYTES];
    char to[PATHS_MAX_BYTES];
    bool again = true;
    if (!join(from_dir, "events", from, err) || !join(to_dir, "events", to, err)) {
        return false;
    }
    if (mkdir(to, 0700) != 0) {
        return cn_fail(err, CN_INVALID, "cannot make the folder %s: %m", to);
    }
    for (int pass = 0; pass < PASSES_MAX && again; pass++) {
        if (!copy_pass(from, to, count_out, &again, err)) {
            return false;
        }
    }
    return !again || cn_fail(err, CN_UNAVAILABLE, "the event log is being packed; try again");
}

/* Rollups, then the book, then the log: what is derived never runs ahead of it. */
static bool copy_all(const char *from, const char *to, size_t *segments_out, struct cn_error *err)
{
    char events[PATHS_MAX_BYTES];
    return copy_named(from, to, "rollup.db", err) && copy_named(from, to, "cairn.db", err) &&
           copy_segments(from, to, segments_out, err) && join(to, "events/.", events, err) &&
           cn_folder_sync(events, err);
}

/* The folder in which the copy is made, beside the one that it becomes. */
static bool make_partial(const char *to, char partial_out[PATHS_MAX_BYTES], struct cn_error *err)
{
    int len = snprintf(partial_out, PATHS_MAX_BYTES, "%s.partial", to);
    if (len < 0 || len >= PATHS_MAX_BYTES) {
        return cn_fail(err, CN_INVALID, "a path is too long");
    }
    if (access(to, F_OK) == 0) {
        return cn_fail(err, CN_CONFLICT, "cannot make %s: it is there already", to);
    }
    if (mkdir(partial_out, 0700) != 0) {
        return errno == EEXIST
                   ? cn_fail(err, CN_CONFLICT,
                             "%s is there already: either another copy is being made, or one was "
                             "interrupted and left it to be removed",
                             partial_out)
                   : cn_fail(err, CN_INVALID, "cannot make %s: %m", to);
    }
    return true;
}

/* The copy is whole or not there, however the command ends. */
static bool copy_whole(const char *from, const char *named, size_t *segments_out,
                       struct cn_error *err)
{
    char to[PATHS_MAX_BYTES];
    char partial[PATHS_MAX_BYTES];
    size_t len = strlen(named);
    while (len > 1 && named[len - 1] == '/') {
        len--;
    }
    (void)umask(077); /* VACUUM INTO would make files that everybody can read */
    if (snprintf(to, sizeof(to), "%.*s", (int)len, named) >= (int)sizeof(to)) {
        return cn_fail(err, CN_INVALID, "a path is too long");
    }
    if (!make_partial(to, partial, err)) {
        return false;
    }
    if (!copy_all(from, partial, segments_out, err) || !cn_file_rename(partial, to, err)) {
        struct cn_error ignored; /* what stays cannot be taken for a copy */
        (void)cn_workspace_remove(partial, &ignored);
        return false;
    }
    return true;
}

/* Opening what is not there would make it. */
static bool require_files(const char *dir, const char *what, struct cn_error *err)
{
    char path[PATHS_MAX_BYTES];
    if (!join(dir, "cairn.db", path, err)) {
        return false;
    }
    if (access(path, R_OK) == 0) {
        return true;
    }
    return errno == ENOENT || errno == ENOTDIR
               ? cn_fail(err, CN_NOT_FOUND, "there is no %s", what)
               : cn_fail(err, CN_INVALID, "cannot read %s: %m", path);
}

static bool run_backup(const struct cn_command_env *env, struct cn_error *err)
{
    const char *from = cn_workspace_dir(env);
    size_t segments = 0;
    if (!require_files(from, "workspace in its files; one on PostgreSQL is copied by pg_dump",
                       err)) {
        return cn_error_context(err, "%s", from);
    }
    if (!copy_whole(from, env->operands[0], &segments, err)) {
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
    if (!require_files(env->operands[0], "backup in it", err)) {
        return cn_error_context(err, "%s", env->operands[0]);
    }
    if (!copy_whole(env->operands[0], to, &segments, err)) {
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
