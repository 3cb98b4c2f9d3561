/* The program as files: check, test, diff. */
#include <string.h>

#include "base/parse.h"
#include "base/str.h"

#include "cli/commands.h"
#include "cli/program.h"
#include "engine/cases.h"
#include "engine/check.h"
#include "engine/diff.h"
#include "engine/engine.h"
#include "metric/rollup.h"
#include "program/problem.h"
#include "program/version.h"

enum {
    OUTPUT_MAX_BYTES = 1024 * 1024,
    ACCOUNTS_SHOWN = 20
};

/* A failure shows when standard output is flushed. */
#define PRINT(...) ((void)fprintf(__VA_ARGS__))

bool cn_program_read_operand(const struct cn_command_env *env, struct cn_program_files *files_out,
                             struct cn_error *err)
{
    if (env->operand_count == 0) {
        cn_program_shipped(env->arena, files_out);
        return true;
    }
    return cn_program_read_folder(env->arena, env->operands[0], files_out, err);
}

bool cn_program_tell_problems(const struct cn_diagnostics *problems,
                              const struct cn_program_files *files, struct cn_error *err)
{
    struct cn_buf text;
    cn_buf_init(&text, OUTPUT_MAX_BYTES);
    cn_program_show_problems(problems, files, &text);
    PRINT(stderr, "%.*s", CN_STR_ARG(cn_buf_str(&text))); /* no one else to tell */
    cn_buf_deinit(&text);
    return cn_fail(err, CN_INVALID, "%zu problem(s)", problems->total);
}

bool cn_program_check_files(const struct cn_command_env *env, const struct cn_program_files *files,
                            struct cn_error *err)
{
    struct cn_program_summary summary;
    struct cn_diagnostics problems;
    cn_diagnostics_init(&problems, env->arena);
    if (!cn_program_check(files, &summary, &problems)) {
        return cn_program_tell_problems(&problems, files, err);
    }
    PRINT(env->out, "%lld metrics, %lld scorecards, %lld columns: no problem.\n",
          (long long)summary.metrics, (long long)summary.scorecards, (long long)summary.columns);
    return true;
}

static bool run_check(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_program_files files;
    return cn_program_read_operand(env, &files, err) && cn_program_check_files(env, &files, err);
}

const struct cn_command cn_cmd_program_check = {
    .name = "program check",
    .operands = "[FOLDER]",
    .operands_max = 1,
    .doc = "Check a program and print every mistake with file, line and column",
    .help =
        "Reads all *.yaml files of the folder; without one, the program that is built in. Needs "
        "no\n"
        "workspace, so it can run in the program's own CI. Exit status: 0 if there is no problem,\n"
        "1 if there is one.",
    .run = run_check,
};

/* ---- test ---- */

static void print_result(const struct cn_command_env *env, const struct cn_case_result *result)
{
    if (result->difference_count == 0) {
        return;
    }
    PRINT(env->out, "%.*s:%lld: %.*s\n", CN_STR_ARG(result->of->file), (long long)result->of->line,
          CN_STR_ARG(result->of->name));
    for (size_t i = 0; i < result->difference_count; i++) {
        const struct cn_case_difference *difference = &result->differences[i];
        PRINT(env->out, "    %.*s: expected %.*s, got %.*s\n", CN_STR_ARG(difference->what),
              CN_STR_ARG(difference->expected), CN_STR_ARG(difference->got));
    }
}

static bool run_test(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_program_files files;
    struct cn_case_report report;
    struct cn_diagnostics problems;
    cn_diagnostics_init(&problems, env->arena);
    if (!cn_program_read_operand(env, &files, err)) {
        return false;
    }
    if (!cn_program_test(&files, env->arena, &report, &problems, err)) {
        return problems.total > 0 ? cn_program_tell_problems(&problems, &files, err) : false;
    }
    for (size_t i = 0; i < report.results.count; i++) {
        print_result(env, &report.results.items[i]);
    }
    PRINT(env->out, "%zu passed, %zu failed\n", report.results.count - report.results.failed,
          report.results.failed);
    return report.results.failed == 0 || cn_fail(err, CN_INVALID, "%zu of %zu tests failed",
                                                 report.results.failed, report.results.count);
}

const struct cn_command cn_cmd_program_test = {
    .name = "program test",
    .operands = "[FOLDER]",
    .operands_max = 1,
    .doc = "Run the program's own test cases",
    .help = "Cases are in files of the folder such as tests/scores.yaml:\n\n"
            "  tests:\n"
            "    - name: without a champion the score is at most 49\n"
            "      given: {arr: 50000, \"logins.sum(28)\": 30, has_champion: false}\n"
            "      expect: {scorecard: mid-touch, score: 49, exceptions: [no champion]}\n\n"
            "A fact that is not given is missing. Needs no workspace. Exit status: 0 if all pass, "
            "1 if\n"
            "one fails or the program has a problem.",
    .run = run_test,
};

/* ---- diff ---- */

static void print_score(const struct cn_command_env *env, const struct cn_diff_score *score)
{
    static const char *const colours[] = { "none", "red", "yellow", "green" };
    if (score->has_points) {
        PRINT(env->out, "%3.0f %-6s", score->points, colours[score->band]);
    } else {
        PRINT(env->out, "  - %-6s", "none");
    }
}

static void print_diff(const struct cn_command_env *env, const struct cn_diff *diff)
{
    for (size_t i = 0; i < diff->word_count; i++) {
        PRINT(env->out, "%.*s\n", CN_STR_ARG(diff->words[i]));
    }
    for (size_t i = 0; i < diff->account_count && i < ACCOUNTS_SHOWN; i++) {
        const struct cn_diff_account *account = &diff->accounts[i];
        cn_str arr = cn_number_text(env->arena, (double)(int64_t)account->arr, "");
        PRINT(env->out, "  %-30.*s %12.*s   ", CN_STR_ARG(account->name), CN_STR_ARG(arr));
        print_score(env, &account->before);
        PRINT(env->out, " -> ");
        print_score(env, &account->after);
        PRINT(env->out, "  %.*s\n", CN_STR_ARG(account->after.scorecard));
    }
    if (diff->rescored.count > ACCOUNTS_SHOWN) {
        PRINT(env->out, "  and %lld more\n", (long long)(diff->rescored.count - ACCOUNTS_SHOWN));
    }
}

static void print_files(const struct cn_command_env *env, const struct cn_program_files *before,
                        const struct cn_program_files *after)
{
    struct cn_program_file_change *changes = NULL;
    size_t count = cn_program_compare(before, after, env->arena, &changes);
    for (size_t i = 0; i < count; i++) {
        const char *what = changes[i].was_there ? "changed" : "added";
        PRINT(env->out, "%s %.*s\n", changes[i].is_there ? what : "removed",
              CN_STR_ARG(changes[i].name));
    }
    if (count == 0) {
        PRINT(env->out, "the text is that of the active version\n");
    }
}

bool cn_program_load_active(const struct cn_workspace *workspace, struct cn_arena *arena,
                            struct cn_program_files *files_out, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_program_version version;
    int64_t active = 0;
    if (!cn_db_read(workspace->db, &conn, err)) {
        return false;
    }
    *files_out = (struct cn_program_files){ 0 };
    bool ok =
        cn_apply_active_version(conn, &active, err) &&
        (active == 0 || cn_program_version_load(conn, arena, active, &version, files_out, err));
    cn_db_release(workspace->db, conn);
    return ok;
}

bool cn_program_read_starts(const struct cn_command_env *env,
                            const struct cn_program_files *running,
                            const struct cn_program_files *files, cn_str **starts_out,
                            size_t *count_out, struct cn_error *err)
{
    struct cn_diagnostics problems;
    cn_diagnostics_init(&problems, env->arena);
    *count_out = cn_command_values(env, "start", starts_out);
    const struct cn_program_start_question question = {
        .running = running, .files = files, .names = *starts_out, .count = *count_out
    };
    return cn_program_check_starts(&question, &problems) ||
           (cn_diagnostics_none(&problems, err) || cn_error_context(err, "--start"));
}

struct starts {
    cn_str *items;
    size_t count;
};

static bool compare(const struct cn_command_env *env, struct cn_workspace *workspace,
                    struct cn_rollup *rollup, const struct cn_program_files *files,
                    const struct starts *starts, struct cn_diff *diff_out, struct cn_error *err)
{
    struct cn_diagnostics problems;
    struct cn_unit unit = { .arena = env->arena, .scope = CN_SCOPE_ALL };
    struct cn_engine *engine = cn_engine_new(&(struct cn_engine_options){
        .db = workspace->db,
        .rollup = rollup,
        .rollup_db = workspace->rollup_db,
        .tz = workspace->tz,
        .clock = workspace->clock,
        .ids = &workspace->ids,
        .reattribute_us = workspace->config.intake_reattribute_ms * 1000,
        .signal_settle_us = workspace->config.signal_settle_ms * 1000,
    });
    cn_diagnostics_init(&problems, env->arena);
    const struct cn_diff_question question = { .unit = &unit,
                                               .files = files,
                                               .currency = workspace->currency,
                                               .starts = starts->items,
                                               .start_count = starts->count };
    bool ok =
        cn_engine_look(engine, err) && cn_engine_diff(engine, &question, diff_out, &problems, err);
    cn_engine_free(engine);
    return ok || (problems.total > 0 ? cn_program_tell_problems(&problems, files, err) : false);
}

static bool diff_in(const struct cn_command_env *env, struct cn_workspace *workspace,
                    const struct cn_program_files *files, struct cn_error *err)
{
    struct cn_rollup *rollup = NULL;
    struct cn_program_files active;
    struct starts starts = { 0 };
    struct cn_diff diff = { 0 };
    struct cn_rollup_options options = { .db = workspace->rollup_db,
                                         .names_max = (size_t)workspace->config.metric_names_max,
                                         .members_max = workspace->config.metric_members_max };
    if (!cn_program_load_active(workspace, env->arena, &active, err) ||
        !cn_program_read_starts(env, &active, files, &starts.items, &starts.count, err) ||
        !cn_rollup_open(&options, &rollup, err)) {
        return false;
    }
    bool ok = compare(env, workspace, rollup, files, &starts, &diff, err);
    cn_rollup_close(rollup);
    if (ok) {
        print_files(env, &active, files);
        print_diff(env, &diff);
    }
    if (ok && cn_command_value(env, "exit-code") != NULL &&
        (diff.rescored.count > 0 || diff.needs_scan_count > 0)) {
        return cn_fail(err, CN_INVALID, "the program would change something");
    }
    return ok;
}

static bool run_diff(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_workspace workspace;
    struct cn_program_files files;
    if (!cn_program_read_operand(env, &files, err) ||
        !cn_workspace_open_beside(env, &workspace, err)) {
        return false;
    }
    bool ok = diff_in(env, &workspace, &files, err);
    cn_workspace_close(&workspace);
    return ok;
}

static const struct cn_option diff_options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    CN_OPTION_START,
    { "exit-code", NULL, "Exit with 1 if a score would change" },
};

const struct cn_command cn_cmd_program_diff = {
    .name = "program diff",
    .operands = "FOLDER",
    .operands_min = 1,
    .operands_max = 1,
    .options = diff_options,
    .option_count = CN_ARRAY_LEN(diff_options),
    .doc = "Say what a program would change for the accounts, in words and numbers",
    .help =
        "Evaluates the program over the accounts as they are now, beside the active version, and\n"
        "changes nothing. A server may be running meanwhile.",
    .run = run_diff,
};
