/* Versions of the program: apply, export, history, rollback. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/str.h"
#include "base/time.h"

#include "book/change.h"
#include "book/user.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "program/version.h"

enum {
    WAIT_US = 20000000, /* for a server to take it */
    LOOK_NS = 50000000,
    HISTORY_USUAL = 20,
    HISTORY_MAX = 10000,
    PATH_MAX_BYTES = 4096
};

/* A failure shows when standard output is flushed. */
#define PRINT(...) ((void)fprintf(__VA_ARGS__))

/* The option as a number from 1; 0 without it. */
static bool number_of(const struct cn_command_env *env, const char *option, int64_t *number_out,
                      struct cn_error *err)
{
    const char *text = cn_command_value(env, option);
    *number_out = 0;
    return text == NULL || (cn_parse_i64(cn_str_of(text), number_out) && *number_out > 0) ||
           cn_fail(err, CN_MALFORMED, "--%s takes a number from 1", option);
}

/* ---- saving ---- */

struct saving {
    struct cn_workspace *workspace;
    const struct cn_command_env *env;
    const struct cn_program_files *files;
    struct cn_program_version draft;
    struct cn_program_version saved;
};

static bool save_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct saving *saving = arg;
    struct cn_unit unit = { .conn = conn,
                            .arena = saving->env->arena,
                            .ids = &saving->workspace->ids,
                            .scope = CN_SCOPE_ALL,
                            .now = cn_now(saving->workspace->clock) };
    saving->draft.at = unit.now;
    if (!cn_program_version_save(conn, unit.arena, saving->files, &saving->draft, &saving->saved,
                                 err)) {
        return false;
    }
    cn_change_note(&unit, (cn_account_id){ 0 }, CN_CHANGE_PROGRAM);
    return true;
}

/* What became of the version. */
static bool look(struct saving *saving, int64_t *active_out, cn_str *failure_out,
                 struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_program_version version;
    struct cn_program_files files;
    if (!cn_db_read(saving->workspace->db, &conn, err)) {
        return false;
    }
    bool ok = cn_apply_active_version(conn, active_out, err) &&
              cn_program_version_load(conn, saving->env->arena, saving->saved.number, &version,
                                      &files, err);
    cn_db_release(saving->workspace->db, conn);
    *failure_out = ok ? version.failure : CN_STR("");
    return ok;
}

/* Until the server that runs in the folder has taken it. */
static bool wait_for_server(struct saving *saving, struct cn_error *err)
{
    int64_t until_us = cn_clock_monotonic_us() + WAIT_US;
    const struct timespec pause = { .tv_nsec = LOOK_NS };
    int64_t active = 0;
    cn_str failure = CN_STR("");
    long long number = (long long)saving->saved.number;
    do {
        (void)nanosleep(&pause, NULL); /* woken early, it just looks sooner */
        if (!look(saving, &active, &failure, err)) {
            return false;
        }
    } while (active < saving->saved.number && failure.len == 0 &&
             cn_clock_monotonic_us() < until_us);
    if (failure.len > 0) {
        return cn_fail(err, CN_INVALID, "version %lld could not be made active: %.*s", number,
                       CN_STR_ARG(failure));
    }
    if (active >= saving->saved.number) {
        PRINT(saving->env->out, "Version %lld is active.\n", number);
    } else {
        PRINT(saving->env->out,
              "Version %lld is saved; it becomes active when the log has been scanned for it.\n",
              number);
    }
    return true;
}

static bool save(struct saving *saving, struct cn_error *err)
{
    if (!cn_db_write(saving->workspace->db, save_work, saving, err)) {
        return false;
    }
    if (saving->workspace->lock < 0) {
        return wait_for_server(saving, err);
    }
    PRINT(saving->env->out, "Version %lld is active when the server starts.\n",
          (long long)saving->saved.number);
    return true;
}

static cn_str note_of(const struct cn_command_env *env)
{
    const char *note = cn_command_value(env, "note");
    return cn_str_of(note != NULL ? note : "");
}

static bool take_starts(struct saving *saving, struct cn_error *err)
{
    struct cn_program_files active;
    cn_str *starts = NULL;
    if (!cn_program_load_active(saving->workspace, saving->env->arena, &active, err) ||
        !cn_program_read_starts(saving->env, &active, saving->files, &starts,
                                &saving->draft.start_count, err)) {
        return false;
    }
    saving->draft.starts = starts;
    return true;
}

static bool run_apply(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_workspace workspace;
    struct cn_program_files files;
    struct saving saving = { .workspace = &workspace, .env = env, .files = &files };
    saving.draft.note = note_of(env);
    if (!number_of(env, "base", &saving.draft.base, err) ||
        !cn_program_read_operand(env, &files, err) || !cn_program_check_files(env, &files, err) ||
        !cn_workspace_open_beside(env, &workspace, err)) {
        return false;
    }
    bool ok = take_starts(&saving, err) && save(&saving, err);
    cn_workspace_close(&workspace);
    return ok;
}

static const struct cn_option apply_options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    CN_OPTION_START,
    { "note", "TEXT", "Why, for the list of versions" },
    { "base", "VERSION", "Fail if another version than this one was applied last" },
};

const struct cn_command cn_cmd_program_apply = {
    .name = "program apply",
    .operands = "FOLDER",
    .operands_min = 1,
    .operands_max = 1,
    .options = apply_options,
    .option_count = CN_ARRAY_LEN(apply_options),
    .doc = "Check a program and make it the active version",
    .help =
        "A program with a mistake is not applied. A server that is running takes the version "
        "within\n"
        "about a second; if it counts something new, after the log has been scanned, and the\n"
        "version before stays active meanwhile. For accounts of which a new or changed signal is "
        "true\n"
        "already, that is its baseline, of which nobody is told; signals named with --start "
        "are\n"
        "raised at once instead. Exit status: 0 if it was applied, 1 if not.",
    .run = run_apply,
};

static bool load_version(struct cn_workspace *workspace, struct cn_arena *arena, int64_t number,
                         struct cn_program_version *version_out, struct cn_program_files *files_out,
                         struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(workspace->db, &conn, err)) {
        return false;
    }
    bool ok = (number > 0 || cn_apply_active_version(conn, &number, err)) &&
              cn_program_version_load(conn, arena, number, version_out, files_out, err);
    cn_db_release(workspace->db, conn);
    return ok;
}

static bool run_rollback(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_workspace workspace;
    struct cn_program_version past;
    struct cn_program_files files;
    struct saving saving = { .workspace = &workspace, .env = env, .files = &files };
    saving.draft.note = note_of(env);
    if (!cn_parse_i64(cn_str_of(env->operands[0]), &saving.draft.rolls_back) ||
        saving.draft.rolls_back < 1) {
        return cn_fail(err, CN_MALFORMED, "a version is a number from 1");
    }
    if (!cn_workspace_open_beside(env, &workspace, err)) {
        return false;
    }
    bool ok = load_version(&workspace, env->arena, saving.draft.rolls_back, &past, &files, err) &&
              cn_program_check_files(env, &files, err) && save(&saving, err);
    cn_workspace_close(&workspace);
    return ok;
}

static const struct cn_option rollback_options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    { "note", "TEXT", "Why, for the list of versions" },
};

const struct cn_command cn_cmd_program_rollback = {
    .name = "program rollback",
    .operands = "VERSION",
    .operands_min = 1,
    .operands_max = 1,
    .options = rollback_options,
    .option_count = CN_ARRAY_LEN(rollback_options),
    .doc = "Make a new version with the text of an old one",
    .help = "Nothing is lost: the version that is left stays in the history.",
    .run = run_rollback,
};

/* ---- export ---- */

/* Makes the folders of a name such as scorecards/mid.yaml. */
static bool make_folders(const char *path, size_t base, struct cn_error *err)
{
    char folder[PATH_MAX_BYTES];
    size_t len = strlen(path);
    for (size_t i = base; i < len; i++) {
        if (path[i] == '/') {
            memcpy(folder, path, i);
            folder[i] = '\0';
            if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
                return cn_fail(err, CN_INTERNAL, "cannot make the folder %s: %m", folder);
            }
        }
    }
    return true;
}

static bool write_file(const char *folder, const struct cn_program_file *file, struct cn_error *err)
{
    char path[PATH_MAX_BYTES];
    size_t done = 0;
    int len = snprintf(path, sizeof(path), "%s/%.*s", folder, CN_STR_ARG(file->name));
    if (len < 0 || (size_t)len >= sizeof(path)) {
        return cn_fail(err, CN_INVALID, "the folder's path is too long");
    }
    if (!make_folders(path, strlen(folder) + 1, err)) {
        return false;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) {
        return cn_fail(err, CN_INTERNAL, "cannot write %s: %m", path);
    }
    while (done < file->text.len) {
        ssize_t wrote = write(fd, file->text.ptr + done, file->text.len - done);
        if (wrote < 0) {
            (void)close(fd); /* the write failed already */
            return cn_fail(err, CN_INTERNAL, "cannot write %s: %m", path);
        }
        done += (size_t)wrote;
    }
    return close(fd) == 0 || cn_fail(err, CN_INTERNAL, "cannot write %s: %m", path);
}

static bool export_to(const struct cn_command_env *env, struct cn_workspace *workspace,
                      struct cn_error *err)
{
    struct cn_program_version version;
    struct cn_program_files files;
    const char *folder = env->operands[0];
    int64_t number = 0;
    if (!number_of(env, "version", &number, err) ||
        !load_version(workspace, env->arena, number, &version, &files, err)) {
        return false;
    }
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        return cn_fail(err, CN_INTERNAL, "cannot make the folder %s: %m", folder);
    }
    for (size_t i = 0; i < files.count; i++) {
        if (!write_file(folder, &files.items[i], err)) {
            return false;
        }
    }
    PRINT(env->out, "Version %lld: %zu files in %s\n", (long long)version.number, files.count,
          folder);
    return true;
}

static bool run_export(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_workspace workspace;
    if (!cn_workspace_open_beside(env, &workspace, err)) {
        return false;
    }
    bool ok = export_to(env, &workspace, err);
    cn_workspace_close(&workspace);
    return ok;
}

static const struct cn_option export_options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    { "version", "VERSION", "That one instead of the active one" },
};

const struct cn_command cn_cmd_program_export = {
    .name = "program export",
    .operands = "FOLDER",
    .operands_min = 1,
    .operands_max = 1,
    .options = export_options,
    .option_count = CN_ARRAY_LEN(export_options),
    .doc = "Write the program's files to a folder, to change them or keep them in Git",
    .help = "Files of the same names are written over; others stay.",
    .run = run_export,
};

/* ---- history ---- */

static cn_str author_name(const struct cn_user_list *users, int64_t id)
{
    for (size_t i = 0; i < users->count; i++) {
        if (users->items[i].id.value == id) {
            return users->items[i].name;
        }
    }
    return CN_STR("cairn");
}

static void print_version(const struct cn_command_env *env,
                          const struct cn_program_version *version, int64_t active, cn_str author)
{
    char at[CN_TIME_TEXT_BYTES];
    const char *mark = version->number == active ? "active" : "";
    cn_time_format(version->at, at);
    PRINT(env->out, "%5lld  %.16s  %-20.*s %-7s %.*s", (long long)version->number, at,
          CN_STR_ARG(author), version->failure.len > 0 ? "failed" : mark,
          CN_STR_ARG(version->note));
    if (version->rolls_back > 0) {
        PRINT(env->out, "%s(back to %lld)", version->note.len > 0 ? " " : "",
              (long long)version->rolls_back);
    }
    PRINT(env->out, "\n");
    if (version->failure.len > 0) {
        PRINT(env->out, "       %.*s\n", CN_STR_ARG(version->failure));
    }
}

static bool print_history(const struct cn_command_env *env, struct cn_sql_conn *conn,
                          struct cn_error *err)
{
    struct cn_unit unit = { .conn = conn, .arena = env->arena, .scope = CN_SCOPE_ALL };
    struct cn_program_version_list list;
    struct cn_user_list users;
    int64_t limit = 0;
    int64_t active = 0;
    if (!number_of(env, "limit", &limit, err)) {
        return false;
    }
    limit = limit > 0 && limit < HISTORY_MAX ? limit : HISTORY_USUAL;
    if (!cn_program_version_list(conn, env->arena, 0, (size_t)limit, &list, err) ||
        !cn_user_list(&unit, &users, err) || !cn_apply_active_version(conn, &active, err)) {
        return false;
    }
    for (size_t i = 0; i < list.count; i++) {
        print_version(env, &list.items[i], active, author_name(&users, list.items[i].author_id));
    }
    return true;
}

static bool run_history(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_workspace workspace;
    struct cn_sql_conn *conn = NULL;
    if (!cn_workspace_open_beside(env, &workspace, err)) {
        return false;
    }
    bool ok = cn_db_read(workspace.db, &conn, err);
    if (ok) {
        ok = print_history(env, conn, err);
        cn_db_release(workspace.db, conn);
    }
    cn_workspace_close(&workspace);
    return ok;
}

static const struct cn_option history_options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    { "limit", "N", "How many, the newest first (20)" },
};

const struct cn_command cn_cmd_program_history = {
    .name = "program history",
    .operands = "",
    .options = history_options,
    .option_count = CN_ARRAY_LEN(history_options),
    .doc = "List the versions: when, by whom, and why",
    .run = run_history,
};
