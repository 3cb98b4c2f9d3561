/*
 * Carries a workspace from the files of its data folder to PostgreSQL, or back.
 *
 * To PostgreSQL everything is one transaction.  To files it is made in the folder "moving" beside
 * them and put in its place at the end, cairn.db last, which is what makes a folder a workspace.
 * So an interrupted move leaves no half workspace, and the source is only read.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#include "book/change.h"
#include "book/unit.h"
#include "cli/commands.h"
#include "cli/workspace.h"
#include "engine/migrations.h"
#include "event/carry.h"
#include "event/migrations.h"
#include "metric/rollup.h"
#include "sql/carry.h"
#include "sql/lease.h"
#include "sql/migrate.h"
#include "sql/sqlite.h"

enum {
    CARRIED_MAX = 256,
    TELL_EVERY_US = 200000
};

#define MOVING "moving"

struct move {
    const struct cn_command_env *env;
    const char *dir;
    const char *url;
    int lock;
    struct cn_db *book; /* of the source: cairn.db, or the PostgreSQL database */
    struct cn_db *rollup;
    struct cn_db *postgres; /* source or target */
    struct cn_lease *lease;
    struct cn_event_log *log; /* of the source */
    cn_str carried[CARRIED_MAX];
    size_t carried_count;
    int64_t rows;
    int64_t events;
    int64_t told_us;
    bool is_watched; /* a terminal shows the progress */
};

/* ---- what both directions do ---- */

static bool path_in(const struct move *move, const char *name, char path_out[PATH_MAX],
                    struct cn_error *err)
{
    int len = snprintf(path_out, PATH_MAX, "%s/%s", move->dir, name);
    return (len > 0 && len < PATH_MAX) || cn_fail(err, CN_INVALID,
                                                  "the data folder's path is too "
                                                  "long");
}

static bool is_there(const struct move *move, const char *name)
{
    char path[PATH_MAX];
    struct cn_error err;
    return path_in(move, name, path, &err) && access(path, F_OK) == 0;
}

static void tell(struct move *move, const char *what, int64_t count)
{
    int64_t now_us = cn_clock_monotonic_us();
    if (move->is_watched && now_us - move->told_us >= TELL_EVERY_US) {
        move->told_us = now_us;
        (void)fprintf(stderr, "\r\033[K%s: %lld", what, (long long)count); /* who is gone misses
                                                                              nothing */
    }
}

static void tell_rows(void *arg, const char *table, int64_t rows)
{
    tell(arg, table, rows);
}

static void tell_events(void *arg, int64_t events)
{
    tell(arg, "events", events);
}

static void lost(void *arg)
{
    (void)arg; /* a serving process writes to other places; the move's transaction is whole */
}

static bool open_sqlite_source(const struct move *move, const char *name, struct cn_db **db_out,
                               struct cn_error *err)
{
    char path[PATH_MAX];
    char url[PATH_MAX + 8];
    if (!path_in(move, name, path, err)) {
        return false;
    }
    (void)snprintf(url, sizeof(url), "sqlite:%s", path); /* fits: it is 8 bytes longer */
    return cn_db_open(&(struct cn_db_options){ .url = cn_str_of(url) }, db_out, err);
}

static bool open_postgres(struct move *move, struct cn_error *err)
{
    return cn_db_open(&(struct cn_db_options){ .url = cn_str_of(move->url) }, &move->postgres,
                      err) &&
           cn_lease_take(move->postgres, lost, move, &move->lease, err);
}

static bool open_log(struct move *move, const char *dir, struct cn_error *err)
{
    struct cn_event_log_options options = {
        .dir = dir, .db = move->book, .clock = &cn_clock_system, .is_kept_by_caller = true
    };
    return cn_event_log_open(&options, &move->log, err);
}

static bool is_workspace(struct cn_sql_conn *conn, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = cn_sql_prepare(conn, "SELECT workspace_id FROM workspace", &stmt, err) &&
              cn_sql_step(stmt, &row, err);
    cn_sql_finish(stmt);
    return ok && (row || cn_fail(err, CN_NOT_FOUND, "there is no workspace to move"));
}

static bool check_main(struct cn_sql_conn *conn, struct cn_error *err)
{
    return cn_migrate_check(conn, "main", cn_main_migrations, cn_main_migrations_count, err);
}

/* The tables of one file, which are found on PostgreSQL under the same names. */
static bool carry_file(struct move *move, const struct cn_sql_carry *carry, struct cn_error *err)
{
    struct cn_sql_conn *sqlite = cn_sql_is_embedded(carry->from) ? carry->from : carry->to;
    cn_str *names = NULL;
    size_t count = 0;
    bool ok = cn_sql_tables(sqlite, move->env->arena, &names, &count, err);
    for (size_t i = 0; ok && i < count; i++) {
        int64_t rows = 0;
        if (cn_str_equal(names[i], CN_STR("schema_migration"))) {
            continue;
        }
        ok = move->carried_count < CARRIED_MAX || cn_fail(err, CN_INTERNAL, "too many tables");
        ok = ok && cn_sql_carry_table(carry, names[i].ptr, &rows, err);
        if (ok) {
            move->carried[move->carried_count++] = names[i];
            move->rows += rows;
        }
    }
    return ok;
}

static bool is_carried(const struct move *move, cn_str name)
{
    for (size_t i = 0; i < move->carried_count; i++) {
        if (cn_str_equal(name, move->carried[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < cn_event_carry_table_count; i++) {
        if (cn_str_equal(name, cn_str_of(cn_event_carry_tables[i]))) {
            return true;
        }
    }
    return cn_str_equal(name, CN_STR("schema_migration"));
}

/* No table that a migration adds is forgotten. */
static bool check_all_carried(const struct move *move, struct cn_sql_conn *postgres,
                              struct cn_error *err)
{
    cn_str *names = NULL;
    size_t count = 0;
    if (!cn_sql_tables(postgres, move->env->arena, &names, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_carried(move, names[i])) {
            return cn_fail(err, CN_INVALID, "the database has a table %.*s, which is not carried",
                           CN_STR_ARG(names[i]));
        }
    }
    return true;
}

static struct cn_event_carry event_carry(struct move *move)
{
    return (struct cn_event_carry){ .from = move->log,
                                    .now = cn_now(&cn_clock_system),
                                    .progress = tell_events,
                                    .progress_arg = move };
}

static struct cn_sql_carry table_carry(struct move *move, struct cn_sql_conn *from,
                                       struct cn_sql_conn *to)
{
    return (
        struct cn_sql_carry){ .from = from, .to = to, .progress = tell_rows, .progress_arg = move };
}

static struct cn_unit unit_of(struct move *move, struct cn_sql_conn *conn)
{
    return (struct cn_unit){ .conn = conn,
                             .arena = move->env->arena,
                             .scope = CN_SCOPE_ALL,
                             .now = cn_now(&cn_clock_system) };
}

/* ---- to PostgreSQL ---- */

static bool open_files(struct move *move, struct cn_error *err)
{
    char events[PATH_MAX];
    if (!is_there(move, "cairn.db") || !is_there(move, "rollup.db")) {
        return cn_fail(err, CN_NOT_FOUND, "there is no workspace in the files of %s", move->dir);
    }
    return path_in(move, "events", events, err) &&
           open_sqlite_source(move, "cairn.db", &move->book, err) &&
           open_sqlite_source(move, "rollup.db", &move->rollup, err) && open_log(move, events, err);
}

static bool check_empty(const struct move *move, struct cn_sql_conn *to, struct cn_error *err)
{
    cn_str *names = NULL;
    size_t count = 0;
    return cn_sql_tables(to, move->env->arena, &names, &count, err) &&
           (count == 0 ||
            cn_fail(err, CN_CONFLICT,
                    "the database is not empty: it has a table %.*s; make a new one for the move",
                    CN_STR_ARG(names[0])));
}

static bool migrate_postgres(struct cn_sql_conn *to, struct cn_error *err)
{
    cn_time now = cn_now(&cn_clock_system);
    return cn_migrate(to, "main", cn_main_migrations, cn_main_migrations_count, now, err) &&
           cn_migrate(to, "eventpg", cn_eventpg_migrations, cn_eventpg_migrations_count, now,
                      err) &&
           cn_rollup_migrate(to, now, err);
}

static bool tables_to_postgres(struct move *move, struct cn_sql_conn *book,
                               struct cn_sql_conn *rollup, struct cn_sql_conn *to,
                               struct cn_error *err)
{
    struct cn_sql_carry of_book = table_carry(move, book, to);
    struct cn_sql_carry of_rollup = table_carry(move, rollup, to);
    struct cn_unit unit = unit_of(move, to);
    int64_t seq = 0;
    return check_main(book, err) && cn_rollup_check(rollup, err) && is_workspace(book, err) &&
           migrate_postgres(to, err) && carry_file(move, &of_book, err) &&
           carry_file(move, &of_rollup, err) && check_all_carried(move, to, err) &&
           cn_rollup_copied_seq(rollup, &seq, err) && cn_rollup_settle_copy(to, seq, err) &&
           cn_position_save(&unit, "rollup", seq, err);
}

static bool fill_postgres(struct move *move, struct cn_sql_conn *to, struct cn_error *err)
{
    struct cn_sql_conn *book = NULL;
    struct cn_sql_conn *rollup = NULL;
    struct cn_event_carry carry = event_carry(move);
    bool ok = cn_db_read(move->book, &book, err) && cn_db_read(move->rollup, &rollup, err) &&
              tables_to_postgres(move, book, rollup, to, err);
    cn_db_release(move->book, book);
    cn_db_release(move->rollup, rollup);
    return ok && cn_event_carry_to_postgres(&carry, to, &move->events, err);
}

static bool to_postgres(struct move *move, struct cn_error *err)
{
    struct cn_sql_conn *to = NULL;
    if (!open_files(move, err) || !open_postgres(move, err) ||
        !cn_db_connect_own(move->postgres, &to, err)) {
        return false;
    }
    bool ok = check_empty(move, to, err) && cn_sql_begin(to, err) && fill_postgres(move, to, err) &&
              cn_sql_commit(to, err);
    while (!ok && cn_sql_in_transaction(to)) {
        cn_sql_rollback(to);
    }
    cn_sql_close(to);
    return ok;
}

/* ---- to files ---- */

static bool remove_part(const struct move *move, const char *name, struct cn_error *err)
{
    char path[PATH_MAX];
    return path_in(move, name, path, err) && cn_workspace_remove(path, err);
}

/* The folder, without a workspace and without what an interrupted move left. */
static bool make_place(struct move *move, struct cn_error *err)
{
    char moving[PATH_MAX];
    if (mkdir(move->dir, 0700) != 0 && errno != EEXIST) {
        return cn_fail(err, CN_INVALID, "cannot make the folder %s", move->dir);
    }
    if (!cn_workspace_lock(move->dir, &move->lock, err)) {
        return false;
    }
    /* Of these two without cairn.db and with MOVING beside them, a move was the maker. */
    bool was_moving = is_there(move, MOVING);
    if (is_there(move, "cairn.db") ||
        (!was_moving && (is_there(move, "rollup.db") || is_there(move, "events")))) {
        return cn_fail(
            err, CN_CONFLICT,
            "%s has cairn.db, rollup.db or events already; move to another folder, or put "
            "those away first",
            move->dir);
    }
    if (was_moving && (!remove_part(move, "rollup.db", err) || !remove_part(move, "events", err) ||
                       !remove_part(move, MOVING, err))) {
        return false;
    }
    return path_in(move, MOVING, moving, err) &&
           (mkdir(moving, 0700) == 0 ||
            cn_fail(err, CN_INVALID, "cannot make the folder %s", moving));
}

static bool check_postgres(struct move *move, struct cn_sql_conn *from, struct cn_error *err)
{
    cn_str *names = NULL;
    size_t count = 0;
    if (!cn_sql_tables(from, move->env->arena, &names, &count, err)) {
        return false;
    }
    if (count == 0) {
        return cn_fail(err, CN_NOT_FOUND, "there is no workspace in the database");
    }
    return check_main(from, err) &&
           cn_migrate_check(from, "eventpg", cn_eventpg_migrations, cn_eventpg_migrations_count,
                            err) &&
           cn_rollup_check(from, err) && is_workspace(from, err);
}

static bool migrate_book(struct cn_sql_conn *to, struct cn_error *err)
{
    return cn_migrate(to, "main", cn_main_migrations, cn_main_migrations_count,
                      cn_now(&cn_clock_system), err);
}

static bool migrate_rollup(struct cn_sql_conn *to, struct cn_error *err)
{
    return cn_rollup_migrate(to, cn_now(&cn_clock_system), err);
}

static bool make_file(struct move *move, struct cn_sql_conn *from, const char *name,
                      bool (*migrate)(struct cn_sql_conn *to, struct cn_error *err),
                      struct cn_sql_conn **to_out, struct cn_error *err)
{
    char path[PATH_MAX];
    struct cn_sql_conn *to = NULL;
    if (!path_in(move, name, path, err) || !cn_sqlite_open(path, &to, err)) {
        return false;
    }
    struct cn_sql_carry carry = table_carry(move, from, to);
    if (!migrate(to, err) || !carry_file(move, &carry, err)) {
        cn_sql_close(to);
        return false;
    }
    *to_out = to;
    return true;
}

static bool tables_to_files(struct move *move, struct cn_sql_conn *from, struct cn_error *err)
{
    struct cn_sql_conn *book = NULL;
    struct cn_sql_conn *rollup = NULL;
    struct cn_unit unit = unit_of(move, from);
    int64_t seq = 0;
    bool ok = check_postgres(move, from, err) &&
              make_file(move, from, MOVING "/cairn.db", migrate_book, &book, err) &&
              make_file(move, from, MOVING "/rollup.db", migrate_rollup, &rollup, err) &&
              check_all_carried(move, from, err) && cn_position_load(&unit, "rollup", &seq, err) &&
              cn_rollup_settle_copy(rollup, seq, err);
    cn_sql_close(book);
    cn_sql_close(rollup);
    return ok;
}

static bool fill_files(struct move *move, struct cn_error *err)
{
    struct cn_sql_conn *from = NULL;
    char events[PATH_MAX];
    if (!path_in(move, MOVING "/events", events, err) || !cn_db_read(move->book, &from, err)) {
        return false;
    }
    bool ok = tables_to_files(move, from, err);
    cn_db_release(move->book, from);
    if (!ok || !open_log(move, NULL, err)) {
        return false;
    }
    struct cn_event_carry carry = event_carry(move);
    return cn_event_carry_to_files(&carry, events, &move->events, err);
}

static bool sync_folder(const char *path, struct cn_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        (void)close(fd); /* only read */
    }
    return ok || cn_fail(err, CN_INTERNAL, "cannot sync the folder %s", path);
}

static bool put_in_place(struct move *move, struct cn_error *err)
{
    static const char *const names[][2] = { { MOVING "/events", "events" },
                                            { MOVING "/rollup.db", "rollup.db" },
                                            { MOVING "/cairn.db", "cairn.db" } };
    char from[PATH_MAX];
    char to[PATH_MAX];
    for (size_t i = 0; i < CN_ARRAY_LEN(names); i++) {
        if (!path_in(move, names[i][0], from, err) || !path_in(move, names[i][1], to, err) ||
            !sync_folder(move->dir, err)) {
            return false;
        }
        if (rename(from, to) != 0) {
            return cn_fail(err, CN_INTERNAL, "cannot rename %s to %s", from, to);
        }
    }
    return remove_part(move, MOVING, err) && sync_folder(move->dir, err);
}

static bool to_files(struct move *move, struct cn_error *err)
{
    if (!open_postgres(move, err) || !make_place(move, err)) {
        return false;
    }
    move->book = move->postgres;
    if (!fill_files(move, err)) {
        struct cn_error ignored; /* what stays is removed by the next move */
        (void)remove_part(move, MOVING, &ignored);
        return false;
    }
    return put_in_place(move, err);
}

/* ---- the command ---- */

static void finish(struct move *move)
{
    cn_event_log_close(move->log);
    cn_lease_release(move->lease);
    if (move->book != move->postgres) {
        cn_db_close(move->book);
    }
    cn_db_close(move->rollup);
    cn_db_close(move->postgres);
    if (move->lock >= 0) {
        (void)close(move->lock); /* gives the lock up as well */
    }
}

static bool lock_source(struct move *move, struct cn_error *err)
{
    if (access(move->dir, F_OK) != 0) {
        return cn_fail(err, CN_NOT_FOUND, "there is no workspace in %s", move->dir);
    }
    return cn_workspace_lock(move->dir, &move->lock, err);
}

static bool run(const struct cn_command_env *env, struct cn_error *err)
{
    struct move move = { .env = env,
                         .dir = cn_workspace_dir(env),
                         .lock = -1,
                         .is_watched = isatty(STDERR_FILENO) == 1 };
    bool is_up = strcmp(env->operands[0], "postgresql") == 0;
    if (!is_up && strcmp(env->operands[0], "files") != 0) {
        return cn_fail(err, CN_MALFORMED,
                       "a workspace is moved to postgresql or to files, not '%s'",
                       env->operands[0]);
    }
    if (!cn_workspace_db(env, &move.url, err)) {
        return false;
    }
    if (move.url == NULL) {
        return cn_fail(err, CN_MALFORMED, "--db says which PostgreSQL database");
    }
    bool ok = is_up ? lock_source(&move, err) && to_postgres(&move, err) : to_files(&move, err);
    finish(&move);
    if (move.told_us > 0) {
        (void)fprintf(stderr, "\r\033[K"); /* as above */
    }
    if (!ok) {
        return cn_error_context(err, "nothing was moved, the source is as it was");
    }
    /* A failure shows when standard output is flushed. */
    (void)fprintf(env->out,
                  "Moved %lld rows of %zu tables and %lld events to %s.\n"
                  "The source is as it was; remove it when you need it no more.\n"
                  "Next: cairn serve --data %s%s\n",
                  (long long)move.rows, move.carried_count, (long long)move.events,
                  is_up ? "PostgreSQL" : move.dir, move.dir, is_up ? " --db URL" : "");
    return true;
}

static const struct cn_option options[] = {
    CN_OPTION_DATA,
    CN_OPTION_CONFIG,
    { .name = "db",
      .value = "URL",
      .doc = "postgresql://..., the database to move to or from",
      .is_place = true },
};

const struct cn_command cn_cmd_move = {
    .name = "move",
    .operands = "TO",
    .operands_min = 1,
    .operands_max = 1,
    .options = options,
    .option_count = CN_ARRAY_LEN(options),
    .doc = "Carry a workspace from files to PostgreSQL, or back",
    .help =
        "cairn move postgresql --data DIR --db URL   from the files of DIR to the database\n"
        "cairn move files --data DIR --db URL        from the database to the files of DIR\n"
        "\n"
        "Everything is carried: records, users and their keys, the program, history, events\n"
        "with their numbers, and what was seen of them, so that an event which is sent again\n"
        "is a duplicate after the move too.\n"
        "\n"
        "The target must be empty: a database without tables, a folder without cairn.db.  Stop\n"
        "the server first.  Both sides must be of this program's version: cairn doctor brings\n"
        "an older workspace up to date.  The source is only read.  If the move is interrupted,\n"
        "the target is no workspace yet and the command can simply be run again.",
    .run = run,
};
