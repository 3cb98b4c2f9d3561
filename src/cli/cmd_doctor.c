#include <limits.h>

#include "base/str.h"

#include "cli/commands.h"
#include "cli/server.h"
#include "metric/rollup.h"
#include "sql/sqlite.h"

/* The last line says what is wrong; one before it, in which database. */
static bool refuse_file(const char *name, cn_str verdict, struct cn_error *err)
{
    cn_str line;
    cn_str said = CN_STR("");
    while (cn_str_split(&verdict, '\n', &line)) {
        said = line;
    }
    return cn_fail(err, CN_INTERNAL, "%s is damaged, " CN_RESTORE ": %.*s", name, CN_STR_ARG(said));
}

/* SQLite's own check of one file; prints what it says if that is not "ok". */
static bool check_file(const struct cn_command_env *env, const char *name, struct cn_error *err)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof(path), "%s/%s", cn_workspace_dir(env), name);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        return cn_fail(err, CN_INVALID, "the path of the data folder is too long");
    }
    struct cn_sql_conn *conn = NULL;
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = cn_sqlite_open_reader(path, &conn, err) &&
              cn_sql_prepare(conn, "PRAGMA integrity_check(1)", &stmt, err) &&
              cn_sql_step(stmt, &row, err);
    if (ok) {
        cn_str verdict = cn_sql_column_str(stmt, 0);
        ok = cn_str_equal(verdict, CN_STR("ok")) || refuse_file(name, verdict, err);
    }
    cn_sql_finish(stmt);
    cn_sql_close(conn);
    if (ok) {
        (void)fprintf(env->out, "%-12s sound\n", name); /* a failure shows when it is flushed */
    }
    return ok;
}

static bool report(const struct cn_command_env *env, struct cn_server *server, struct cn_error *err)
{
    struct cn_segment_info *segments = NULL;
    size_t count = 0;
    if (!cn_engine_settle(server->engine, err) ||
        !cn_event_log_segments(server->log, env->arena, &segments, &count, err)) {
        return false;
    }
    struct cn_rollup_stats stats;
    cn_rollup_stats(server->rollup, &stats);
    /* A failure shows when standard output is flushed. */
    (void)fprintf(env->out,
                  "%-12s %lld events in %zu segments\n%-12s %zu of %zu event names counted\n",
                  "event log", (long long)cn_event_log_position(server->log), count, "rollups",
                  stats.names, stats.names_max);
    return true;
}

static bool run(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_workspace workspace;
    struct cn_server server;
    cn_server_block_signals();
    if (!cn_workspace_open(env, NULL, &workspace, NULL, err)) {
        return false;
    }
    bool embedded = cn_db_is_embedded(workspace.db);
    cn_str doubts = cn_notify_doubts(&workspace.config, env->arena);
    bool ok = !embedded || (check_file(env, "cairn.db", err) && check_file(env, "rollup.db", err));
    if (ok) {
        ok = cn_server_open(&workspace, false, &server, err);
        if (ok) {
            ok = report(env, &server, err);
            /* A failure shows when standard output is flushed. */
            (void)fprintf(env->out, "%-12s %.*s\n", "messages",
                          CN_STR_ARG(doubts.len > 0 ? doubts : CN_STR("can be sent")));
            cn_server_close(&server);
        }
    }
    cn_workspace_close(&workspace);
    return ok;
}

static const struct cn_option options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
};

const struct cn_command cn_cmd_doctor = {
    .name = "doctor",
    .operands = "",
    .options = options,
    .option_count = CN_ARRAY_LEN(options),
    .doc = "Check a workspace: files, program, event log",
    .help = "Opens it as the server would, and repairs what a crash left undone.  cairn replay\n"
            "checks the counts as well.",
    .run = run,
};
