#include "cli/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/currency.h"
#include "base/log.h"
#include "base/random.h"
#include "base/str.h"

#include "book/change.h"
#include "book/workspace.h"
#include "engine/migrations.h"
#include "event/migrations.h"
#include "metric/rollup.h"
#include "sql/migrate.h"

enum {
    ARENA_BLOCK_BYTES = 16 * 1024,
    PATH_MAX_BYTES = 1024,
    CONFIG_MAX_BYTES = 256 * 1024,
    OPEN_FOLDERS_MAX = 16
};

const char *cn_workspace_dir(const struct cn_command_env *env)
{
    const char *dir = cn_command_value(env, "data");
    if (dir == NULL) {
        dir = getenv("CAIRN_DATA"); /* NOLINT(concurrency-mt-unsafe): before any thread starts */
    }
    return dir != NULL && dir[0] != '\0' ? dir : "data";
}

/* DIR/NAME; false if that is longer than paths may be. */
static bool join(const char *dir, const char *name, char path_out[PATH_MAX_BYTES],
                 struct cn_error *err)
{
    int len = snprintf(path_out, PATH_MAX_BYTES, "%s/%s", dir, name);
    return (len > 0 && len < PATH_MAX_BYTES) ||
           cn_fail(err, CN_INVALID, "the path of the data folder is too long");
}

/* The text of the file; *found_out is false if there is none. */
static bool read_file(struct cn_arena *arena, const char *path, cn_str *text_out, bool *found_out,
                      struct cn_error *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        *found_out = false;
        return errno == ENOENT || cn_fail(err, CN_INVALID, "cannot read %s: %m", path);
    }
    char *text = cn_arena_calloc(arena, CONFIG_MAX_BYTES, 1);
    size_t len = fread(text, 1, CONFIG_MAX_BYTES, file);
    bool failed = ferror(file) != 0;
    (void)fclose(file); /* only read */
    if (failed || len == CONFIG_MAX_BYTES) {
        return cn_fail(err, CN_INVALID, "%s cannot be read or is larger than %d bytes", path,
                       CONFIG_MAX_BYTES);
    }
    *text_out = (cn_str){ text, len };
    *found_out = true;
    return true;
}

/* A failure to print leaves the number of problems, which the command fails with. */
static void print_problem(const struct cn_diagnostic *problem)
{
    (void)fprintf(stderr, "%.*s:", CN_STR_ARG(problem->place.source));
    if (problem->place.line > 0) {
        (void)fprintf(stderr, "%lld:", (long long)problem->place.line);
    }
    (void)fprintf(stderr, " %.*s\n", CN_STR_ARG(problem->message));
}

bool cn_workspace_config(const struct cn_command_env *env, struct cn_config *config_out,
                         struct cn_error *err)
{
    const char *named = cn_command_value(env, "config");
    const char *listen = cn_command_value(env, "listen");
    char fallback[PATH_MAX_BYTES];
    if (!join(cn_workspace_dir(env), "cairn.conf", fallback, err)) {
        return false;
    }
    struct cn_setting_value flags[1] = { { CN_STR("http.listen"), cn_str_of(listen) } };
    struct cn_config_sources sources = {
        .file_name = cn_str_of(named != NULL ? named : fallback),
        .environment = (const char *const *)environ,
        .flags = flags,
        .flag_count = listen != NULL ? 1 : 0,
    };
    bool found = false;
    if (!read_file(env->arena, named != NULL ? named : fallback, &sources.file_text, &found, err)) {
        return false;
    }
    if (named != NULL && !found) {
        return cn_fail(err, CN_INVALID, "there is no file %s", named);
    }
    struct cn_diagnostics problems;
    cn_diagnostics_init(&problems, env->arena);
    if (cn_config_load(env->arena, &sources, config_out, &problems)) {
        return true;
    }
    for (size_t i = 0; i < problems.count; i++) {
        print_problem(&problems.items[i]);
    }
    return cn_fail(err, CN_INVALID, "%zu problem(s) with the settings", problems.total);
}

void cn_workspace_doubt(const struct cn_command_env *env)
{
    struct cn_diagnostics doubts;
    cn_diagnostics_init(&doubts, env->arena);
    cn_config_doubt(env->arena, (const char *const *)environ, &doubts);
    for (size_t i = 0; i < doubts.count; i++) {
        cn_log(CN_LOG_WARN, "config", "%.*s", CN_STR_ARG(doubts.items[i].message));
    }
}

static bool make_dir(const char *dir, struct cn_error *err)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        return cn_fail(err, CN_INVALID, "cannot make the folder %s: %m", dir);
    }
    return true;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

bool cn_workspace_remove(const char *path, struct cn_error *err)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the working directory stays */
    int rc = nftw(path, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
    return rc == 0 || errno == ENOENT || cn_fail(err, CN_INVALID, "cannot remove %s: %m", path);
}

bool cn_workspace_lock(const char *dir, int *lock_out, struct cn_error *err)
{
    char path[PATH_MAX_BYTES];
    if (!join(dir, "lock", path, err)) {
        return false;
    }
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        return cn_fail(err, CN_INVALID, "cannot write to the folder %s: %m", dir);
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        (void)close(lock); /* nothing was written to it */
        return cn_fail(err, CN_CONFLICT,
                       "another cairn works in %s; stop it first, or use its web page and API",
                       dir);
    }
    *lock_out = lock;
    return true;
}

static bool open_sqlite(const char *dir, const char *name, struct cn_db **db_out,
                        struct cn_error *err)
{
    char path[PATH_MAX_BYTES];
    char url[PATH_MAX_BYTES + 8];
    if (!join(dir, name, path, err)) {
        return false;
    }
    (void)snprintf(url, sizeof(url), "sqlite:%s", path); /* fits: it is 8 bytes longer */
    return cn_db_open(&(struct cn_db_options){ .url = cn_str_of(url), .flush = cn_book_flush },
                      db_out, err);
}

/* The size of a file of the workspace; 0 if there is none. */
static bool file_size(const struct cn_workspace *workspace, const char *name, int64_t *size_out,
                      struct cn_error *err)
{
    char path[PATH_MAX_BYTES];
    struct stat about;
    if (!join(workspace->dir, name, path, err)) {
        return false;
    }
    *size_out = stat(path, &about) == 0 ? about.st_size : 0;
    return true;
}

/* SQLite would make an empty cairn.db anew, as if there had never been records. */
static bool check_records(const struct cn_workspace *workspace, struct cn_error *err)
{
    int64_t records = 0;
    int64_t figures = 0;
    if (!file_size(workspace, "cairn.db", &records, err) ||
        !file_size(workspace, "rollup.db", &figures, err)) {
        return false;
    }
    return records > 0 || figures == 0 ||
           cn_fail(err, CN_INTERNAL,
                   "%s/cairn.db is missing or empty, but figures of its accounts are "
                   "there; " CN_RESTORE,
                   workspace->dir);
}

bool cn_workspace_db(const struct cn_command_env *env, const char **url_out, struct cn_error *err)
{
    const char *url = cn_command_value(env, "db");
    *url_out = url;
    /* What it is else is not told again: it may hold a password. */
    return url == NULL || cn_str_starts_with(cn_str_of(url), CN_STR("postgresql://")) ||
           cn_str_starts_with(cn_str_of(url), CN_STR("postgres://")) ||
           cn_fail(err, CN_MALFORMED,
                   "--db names a PostgreSQL database, as postgresql://user@host/name");
}

static bool connect_databases(const struct cn_command_env *env, struct cn_workspace *workspace,
                              struct cn_error *err)
{
    const char *url = NULL;
    if (!cn_workspace_db(env, &url, err)) {
        return false;
    }
    if (url == NULL) {
        return check_records(workspace, err) &&
               open_sqlite(workspace->dir, "cairn.db", &workspace->db, err) &&
               open_sqlite(workspace->dir, "rollup.db", &workspace->rollup_db, err);
    }
    workspace->rollup_db = NULL;
    if (!cn_db_open(&(struct cn_db_options){ .url = cn_str_of(url), .flush = cn_book_flush },
                    &workspace->db, err)) {
        return false;
    }
    workspace->rollup_db = workspace->db;
    return true;
}

static bool migrate_main(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct cn_workspace *workspace = arg;
    cn_time now = cn_now(workspace->clock);
    return cn_migrate(conn, "main", cn_main_migrations, cn_main_migrations_count, now, err) &&
           (cn_sql_is_embedded(conn) || cn_migrate(conn, "eventpg", cn_eventpg_migrations,
                                                   cn_eventpg_migrations_count, now, err));
}

static bool migrate_rollup(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct cn_workspace *workspace = arg;
    return cn_rollup_migrate(conn, cn_now(workspace->clock), err);
}

static struct cn_unit unit_of(struct cn_workspace *workspace, struct cn_sql_conn *conn)
{
    return (struct cn_unit){ .conn = conn,
                             .arena = &workspace->arena,
                             .ids = &workspace->ids,
                             .scope = CN_SCOPE_ALL,
                             .now = cn_now(workspace->clock) };
}

struct creation {
    struct cn_workspace *workspace;
    const struct cn_workspace_new *create;
};

static bool write_row(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct creation *creation = arg;
    struct cn_unit unit = unit_of(creation->workspace, conn);
    struct cn_workspace_row row = { .name = creation->create->name,
                                    .time_zone = creation->create->time_zone,
                                    .is_demo = creation->create->is_demo,
                                    .created_at = unit.now };
    if (!cn_currency_check(creation->create->currency, err)) {
        return false;
    }
    memcpy(row.currency, creation->create->currency.ptr, 3);
    return cn_workspace_row_create(&unit, &row, err);
}

/* Whoever has the folder alone is node 0.  Beside others a process draws a node, so that two which
 * make ids within the same millisecond do not make the same ones. */
static int64_t node_of(const struct cn_workspace *workspace)
{
    uint64_t drawn = 0;
    if (cn_db_is_embedded(workspace->db) && workspace->lock >= 0) {
        return 0;
    }
    cn_random_bytes(&drawn, sizeof(drawn));
    return 1 + (int64_t)(drawn % CN_ID_NODE_MAX);
}

static bool read_row(struct cn_workspace *workspace, struct cn_workspace_row *row_out,
                     struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    int64_t newest = 0;
    if (!cn_db_read(workspace->db, &conn, err)) {
        return false;
    }
    struct cn_unit unit = unit_of(workspace, conn);
    bool ok =
        cn_workspace_row_load(&unit, row_out, err) && cn_workspace_newest_id(&unit, &newest, err);
    cn_db_release(workspace->db, conn);
    if (ok) {
        cn_id_source_init(&workspace->ids, node_of(workspace), newest);
    }
    return ok;
}

/* The workspace's row, made if there is none and `create` says how. */
static bool load_row(struct cn_workspace *workspace, const struct cn_workspace_new *create,
                     struct cn_workspace_row *row_out, bool *created_out, struct cn_error *err)
{
    *created_out = false;
    if (read_row(workspace, row_out, err)) {
        return true;
    }
    if (err->code != CN_NOT_FOUND || create == NULL) {
        return false;
    }
    struct creation creation = { workspace, create };
    *created_out = true;
    return cn_db_write(workspace->db, write_row, &creation, err) &&
           read_row(workspace, row_out, err);
}

/* Before anything is made: a command that looks at a workspace does not leave half a one. */
static bool check_place(const struct cn_command_env *env, const struct cn_workspace *workspace,
                        struct cn_error *err)
{
    const char *url = NULL;
    int64_t records = 0;
    int64_t figures = 0;
    if (!cn_workspace_db(env, &url, err) || !file_size(workspace, "cairn.db", &records, err) ||
        !file_size(workspace, "rollup.db", &figures, err)) {
        return false;
    }
    bool is_one = url != NULL ? access(workspace->dir, F_OK) == 0 : records > 0 || figures > 0;
    return is_one ||
           cn_fail(err, CN_NOT_FOUND, "there is no workspace in %s; make one with cairn init",
                   workspace->dir);
}

static bool open_all(const struct cn_command_env *env, const struct cn_workspace_new *create,
                     struct cn_workspace *workspace, bool *created_out, struct cn_error *err)
{
    struct cn_workspace_row row;
    if (create == NULL) {
        if (!check_place(env, workspace, err)) {
            return false;
        }
    } else {
        const char *url = NULL;
        struct cn_tz *tz = NULL; /* before anything is made: the zone is for ever */
        if (!cn_workspace_db(env, &url, err) || !cn_tz_load(create->time_zone, &tz, err)) {
            return false;
        }
        cn_tz_free(tz);
        if (!make_dir(workspace->dir, err)) {
            return false;
        }
    }
    if (!cn_workspace_lock(workspace->dir, &workspace->lock, err) ||
        !connect_databases(env, workspace, err) ||
        !cn_db_write(workspace->db, migrate_main, workspace, err) ||
        !cn_db_write(workspace->rollup_db, migrate_rollup, workspace, err)) {
        return false;
    }
    if (!load_row(workspace, create, &row, created_out, err)) {
        return err->code != CN_NOT_FOUND ? false
                                         : cn_fail(err, CN_NOT_FOUND,
                                                   "there is no workspace yet; make one with "
                                                   "cairn init");
    }
    workspace->name = row.name;
    workspace->is_demo = row.is_demo;
    workspace->currency = cn_arena_str(&workspace->arena, cn_str_of(row.currency));
    return cn_tz_load(row.time_zone, &workspace->tz, err);
}

bool cn_workspace_open(const struct cn_command_env *env, const struct cn_workspace_new *create,
                       struct cn_workspace *workspace_out, bool *created_out, struct cn_error *err)
{
    bool created = false;
    *workspace_out = (struct cn_workspace){ .dir = cn_workspace_dir(env),
                                            .lock = -1,
                                            .clock = &cn_clock_system };
    cn_arena_init(&workspace_out->arena, ARENA_BLOCK_BYTES);
    cn_id_source_init(&workspace_out->ids, 0, 0);
    if (!cn_workspace_config(env, &workspace_out->config, err) ||
        !open_all(env, create, workspace_out, &created, err)) {
        cn_workspace_close(workspace_out);
        return false;
    }
    if (created_out != NULL) {
        *created_out = created;
    }
    return true;
}

/* The tables are this program's, and the workspace is there. */
static bool look_beside(struct cn_workspace *workspace, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_workspace_row row;
    if (!cn_db_read(workspace->db, &conn, err)) {
        return false;
    }
    bool ok = cn_migrate_check(conn, "main", cn_main_migrations, cn_main_migrations_count, err);
    cn_db_release(workspace->db, conn);
    if (!ok || !read_row(workspace, &row, err)) {
        return false;
    }
    workspace->name = row.name;
    workspace->is_demo = row.is_demo;
    workspace->currency = cn_arena_str(&workspace->arena, cn_str_of(row.currency));
    return cn_tz_load(row.time_zone, &workspace->tz, err);
}

bool cn_workspace_open_beside(const struct cn_command_env *env, struct cn_workspace *workspace_out,
                              struct cn_error *err)
{
    if (cn_workspace_open(env, NULL, workspace_out, NULL, err)) {
        return true;
    }
    if (err->code != CN_CONFLICT) {
        return false;
    }
    *workspace_out = (struct cn_workspace){ .dir = cn_workspace_dir(env),
                                            .lock = -1,
                                            .clock = &cn_clock_system };
    cn_arena_init(&workspace_out->arena, ARENA_BLOCK_BYTES);
    cn_id_source_init(&workspace_out->ids, 0, 0);
    if (!cn_workspace_config(env, &workspace_out->config, err) ||
        !connect_databases(env, workspace_out, err) || !look_beside(workspace_out, err)) {
        cn_workspace_close(workspace_out);
        return false;
    }
    return true;
}

void cn_workspace_close(struct cn_workspace *workspace)
{
    cn_tz_free(workspace->tz);
    if (workspace->rollup_db != workspace->db) {
        cn_db_close(workspace->rollup_db);
    }
    cn_db_close(workspace->db);
    if (workspace->lock > 0) {
        (void)close(workspace->lock); /* gives the lock up as well */
    }
    cn_arena_deinit(&workspace->arena);
    *workspace = (struct cn_workspace){ .lock = -1 };
}
