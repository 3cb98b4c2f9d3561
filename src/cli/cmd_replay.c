#include <limits.h>
#include <unistd.h>

#include "base/str.h"
#include "base/time.h"

#include "book/account.h"
#include "cli/commands.h"
#include "cli/server.h"
#include "engine/known.h"
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

static void print_row(FILE *out, const struct cn_health_row *row)
{
    if (row == NULL) {
        (void)fputs("nothing", out); /* as all below: a failure shows when it is flushed */
    } else {
        (void)fprintf(out, "%s%d.%03d points, %s%s, confidence %d, fired %llx, scorecard \"%.*s\"",
                      row->score.has_points ? "" : "no ", row->score.points / 1000,
                      row->score.points % 1000, cn_band_names[row->score.band],
                      row->score.is_grey ? " (grey)" : "", row->score.confidence,
                      (unsigned long long)row->score.fired, CN_STR_ARG(row->scorecard));
    }
}

static void print_placement(FILE *out, const struct cn_placement_row *row)
{
    if (row == NULL) {
        (void)fputs("nothing", out);
    } else {
        (void)fprintf(out, "\"%.*s\"", CN_STR_ARG(row->placement));
    }
}

static void print_signal(FILE *out, const struct cn_signal_row *row)
{
    if (row == NULL) {
        (void)fputs("no signal", out);
        return;
    }
    (void)fprintf(out, "signal %.*s %s", CN_STR_ARG(row->rule), cn_signal_event_names[row->kind]);
}

static void print_difference(void *arg, const struct cn_known_difference *difference)
{
    FILE *out = arg;
    char account[CN_ID_TEXT_BYTES];
    char at[CN_TIME_TEXT_BYTES];
    cn_id_format(CN_ACCOUNT_PREFIX, difference->account_id, account);
    cn_time_format(difference->at, at);
    (void)fprintf(out, "%s at %s (tick %lld): lived ", account, at, (long long)difference->tick);
    bool is_signal = difference->lived_signal != NULL || difference->replayed_signal != NULL;
    if (is_signal) {
        print_signal(out, difference->lived_signal);
        (void)fputs("; replayed ", out);
        print_signal(out, difference->replayed_signal);
    } else if (difference->is_placement) {
        print_placement(out, difference->lived_placement);
        (void)fputs("; replayed ", out);
        print_placement(out, difference->replayed_placement);
    } else {
        print_row(out, difference->lived);
        (void)fputs("; replayed ", out);
        print_row(out, difference->replayed);
    }
    (void)fputs("\n", out);
}

static bool compare_known(const struct cn_command_env *env, struct cn_server *server,
                          struct cn_db *scratch, struct cn_rollup *into, struct cn_error *err)
{
    struct cn_known_report report = { 0 };
    struct cn_known_options known = {
        .scratch = scratch, .into = into, .difference = print_difference, .arg = env->out
    };
    if (!cn_engine_settle(server->engine, err) ||
        !cn_engine_replay_known(server->engine, &known, &report, err)) {
        return false;
    }
    (void)fprintf(env->out, "%lld ticks and %lld lived rows compared, %lld differ\n",
                  (long long)report.ticks, (long long)(report.rows + report.signals),
                  (long long)report.differing);
    if (report.ticks_outside > 0) {
        (void)fprintf(env->out, "not compared: %lld ticks with %lld rows; %s\n",
                      (long long)report.ticks_outside, (long long)report.rows_outside, report.why);
    }
    return report.differing == 0 ||
           cn_fail(err, CN_INTERNAL, "what was lived does not come out again");
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
        (cn_command_value(env, "as-known") != NULL ? compare_known(env, server, db, into, err)
                                                   : compare(env, server, into, err));
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
    { "as-known", NULL, "Compute every lived score again from what was known then" },
};

const struct cn_command cn_cmd_replay = {
    .name = "replay",
    .operands = "",
    .options = options,
    .option_count = CN_ARRAY_LEN(options),
    .doc = "Count the whole event log again and prove the rollups equal",
    .help =
        "Ends with status 1 and names the first difference if there is one.\n"
        "\n"
        "With --as-known it goes through the recorded ticks of the engine instead: for each it\n"
        "brings events, mapping and records to what was known, scores under the program of that\n"
        "tick, and compares every lived row of history bit for bit.  Each difference is printed\n"
        "with account, instant and both values.  Ticks of another version of the engine, other\n"
        "settings or other time zone data are not compared, and nothing is if segments of the\n"
        "log were dropped; how many, and why, is said.",
    .run = run,
};
