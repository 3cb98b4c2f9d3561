/* Accounts that left, and what a program would have told of them. */
#include "base/parse.h"
#include "base/str.h"
#include "base/tz.h"

#include "api/backtest_view.h"
#include "book/departure.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "engine/backtest.h"
#include "program/version.h"

enum {
    CSV_MAX_BYTES = 4 * 1024 * 1024,
    VERSIONS = CN_BACKTEST_VERSIONS
};

/* A failure shows when standard output is flushed. */
#define PRINT(...) ((void)fprintf(env->out, __VA_ARGS__))

/* ---- departures ---- */

struct marking {
    const struct cn_command_env *env;
    struct cn_workspace *workspace;
    cn_str csv;
    struct cn_departure_import import;
};

static struct cn_unit unit_of(const struct cn_command_env *env, struct cn_workspace *workspace,
                              struct cn_sql_conn *conn)
{
    return (struct cn_unit){ .conn = conn,
                             .arena = env->arena,
                             .ids = &workspace->ids,
                             .scope = CN_SCOPE_ALL,
                             .now = cn_now(workspace->clock),
                             .tz = workspace->tz };
}

static bool mark_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct marking *marking = arg;
    struct cn_unit unit = unit_of(marking->env, marking->workspace, conn);
    return cn_departure_take_csv(&unit, marking->csv, &marking->import, err);
}

static bool read_csv(const struct cn_command_env *env, const char *path, cn_str *text_out,
                     struct cn_error *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return cn_fail(err, CN_INVALID, "cannot read %s: %m", path);
    }
    char *text = cn_arena_calloc(env->arena, CSV_MAX_BYTES, 1);
    size_t len = fread(text, 1, CSV_MAX_BYTES, file);
    bool failed = ferror(file) != 0;
    (void)fclose(file); /* only read */
    if (failed || len == CSV_MAX_BYTES) {
        return cn_fail(err, CN_INVALID, "%s cannot be read or is larger than %d bytes", path,
                       CSV_MAX_BYTES);
    }
    *text_out = (cn_str){ text, len };
    return true;
}

static bool mark(const struct cn_command_env *env, struct cn_workspace *workspace,
                 struct cn_error *err)
{
    struct marking marking = { .env = env, .workspace = workspace };
    if (!read_csv(env, env->operands[0], &marking.csv, err) ||
        !cn_db_write(workspace->db, mark_work, &marking, err)) {
        return false;
    }
    for (size_t i = 0; i < marking.import.problem_count; i++) {
        PRINT("%s:%lld: %.*s\n", env->operands[0], (long long)marking.import.problems[i].line,
              CN_STR_ARG(marking.import.problems[i].text));
    }
    if (marking.import.problem_count > 0) {
        return cn_fail(err, CN_INVALID, "nothing was marked: %zu %s wrong",
                       marking.import.problem_count,
                       marking.import.problem_count == 1 ? "line is" : "lines are");
    }
    PRINT("%zu %s marked as left.\n", marking.import.marked,
          marking.import.marked == 1 ? "account is" : "accounts are");
    return true;
}

static bool list_of(const struct cn_command_env *env, struct cn_workspace *workspace,
                    bool suggested, struct cn_departure_list *list_out, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(workspace->db, &conn, err)) {
        return false;
    }
    struct cn_unit unit = unit_of(env, workspace, conn);
    bool ok = suggested ? cn_departure_suggest(&unit, list_out, err)
                        : cn_departure_list(&unit, list_out, err);
    cn_db_release(workspace->db, conn);
    return ok;
}

static void print_cell(const struct cn_command_env *env, cn_str text)
{
    (void)fputc('"', env->out);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') {
            (void)fputc('"', env->out);
        }
        (void)fputc(text.ptr[i], env->out);
    }
    (void)fputc('"', env->out);
}

/* As a CSV that can be marked with. */
static bool print_departures(const struct cn_command_env *env, struct cn_workspace *workspace,
                             struct cn_error *err)
{
    struct cn_departure_list list;
    if (!list_of(env, workspace, cn_command_value(env, "suggest") != NULL, &list, err)) {
        return false;
    }
    PRINT("account,left_on,reason,name\n");
    for (size_t i = 0; i < list.count; i++) {
        char id[CN_ID_TEXT_BYTES];
        char day[CN_DATE_TEXT_BYTES];
        cn_id_format(CN_ACCOUNT_PREFIX, list.items[i].account_id.value, id);
        cn_date_format(list.items[i].left_on, day);
        PRINT("%s,%s,", id, day);
        print_cell(env, list.items[i].reason);
        PRINT(",");
        print_cell(env, list.items[i].name);
        PRINT("\n");
    }
    return true;
}

static bool run_departures(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_workspace workspace;
    if (env->operands[0] != NULL && cn_command_value(env, "suggest") != NULL) {
        return cn_fail(err, CN_MALFORMED, "give a file or --suggest, not both");
    }
    if (!cn_workspace_open_beside(env, &workspace, err)) {
        return false;
    }
    bool ok = env->operands[0] != NULL ? mark(env, &workspace, err)
                                       : print_departures(env, &workspace, err);
    cn_workspace_close(&workspace);
    return ok;
}

static const struct cn_option departure_options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    { "suggest", NULL, "List accounts whose contracts ended and that are not marked" },
};

const struct cn_command cn_cmd_departures = {
    .name = "departures",
    .operands = "[FILE]",
    .operands_max = 1,
    .options = departure_options,
    .option_count = CN_ARRAY_LEN(departure_options),
    .doc = "Mark the accounts of a CSV file as left, or list those that are",
    .help = "A line has the account (its id, external id, domain or name), the day it left as\n"
            "2026-03-31, and perhaps a reason. If a line is wrong, all wrong ones are named and\n"
            "nothing is marked. Without a file the list is printed in the same form.",
    .run = run_departures,
};

/* ---- text ---- */

static const char *const colours[CN_BAND_COUNT] = { "no score", "red", "yellow", "green" };

/* Where there is no figure it says what there was instead. */
static bool is_too_few(const struct cn_command_env *env, const struct cn_backtest_auc *auc)
{
    if (auc->verdict != CN_BACKTEST_TOO_FEW) {
        return false;
    }
    PRINT("too few: %zu that left, %zu that stayed\n", auc->left, auc->stayed);
    return true;
}

static void print_horizons(const struct cn_command_env *env,
                           const struct cn_backtest_report *report)
{
    for (size_t h = 0; h < CN_BACKTEST_HORIZONS; h++) {
        const struct cn_backtest_horizon *at = &report->horizons[h];
        PRINT("  %3lld days before: ", (long long)at->days);
        if (!is_too_few(env, &at->auc)) {
            PRINT("AUC %.3f (%.3f to %.3f) %s; lift %.1f in the worst tenth, %.1f "
                  "in the worst fifth; median %.0f, of others %.0f\n",
                  at->auc.auc.value, at->auc.auc.low, at->auc.auc.high,
                  cn_backtest_verdict_names[at->auc.verdict], at->lift_decile, at->lift_quintile,
                  at->median_left, at->median_stayed);
        }
        for (size_t i = 0; i < CN_BAND_COUNT; i++) {
            if (at->lost[i].count > 0) {
                cn_str arr = cn_number_text(env->arena, (double)(int64_t)at->lost[i].arr, "");
                PRINT("      %zu were %s, with an ARR of %.*s\n", at->lost[i].count, colours[i],
                      CN_STR_ARG(arr));
            }
        }
    }
}

static void print_bands(const struct cn_command_env *env, const struct cn_backtest_report *report)
{
    size_t cases = 0;
    for (size_t i = 0; i < CN_BACKTEST_BANDS; i++) {
        cases += report->bands[i].cases;
    }
    if (cases > 0) {
        PRINT("Left within %d days, by score:\n", CN_BACKTEST_SOON);
    }
    for (size_t i = 0; i < CN_BACKTEST_BANDS; i++) {
        const struct cn_backtest_band *band = &report->bands[i];
        if (band->cases == 0) {
            continue;
        }
        PRINT("  %3lld to %3lld: %zu of %zu, %.1f %% (%.1f to %.1f)\n", (long long)band->from,
              (long long)band->from + 100 / CN_BACKTEST_BANDS, band->left, band->cases,
              band->rate.value * 100, band->rate.low * 100, band->rate.high * 100);
    }
}

static void print_signals(const struct cn_command_env *env, const struct cn_backtest_report *report)
{
    PRINT("Signals, within %d days before leaving:\n", CN_BACKTEST_WINDOW);
    for (size_t i = 0; i < report->signal_count; i++) {
        const struct cn_backtest_signal *signal = &report->signals[i];
        PRINT("  %.*s: ", CN_STR_ARG(signal->name));
        if (signal->refused.len > 0) {
            PRINT("refused, it tells by %.*s, which was learned afterwards\n",
                  CN_STR_ARG(signal->refused));
            continue;
        }
        if (is_too_few(env, &signal->auc)) {
            continue;
        }
        PRINT("warned of %zu of %zu", signal->caught, signal->caught + signal->missed);
        if (signal->caught > 0) {
            PRINT(", %.0f days ahead (%.0f to %.0f)", signal->lead[1], signal->lead[0],
                  signal->lead[2]);
        }
        PRINT("; %zu right, %zu false alarms, %zu open; %s\n", signal->right, signal->wrong,
              signal->open, cn_backtest_verdict_names[signal->auc.verdict]);
    }
}

static void print_measures(const struct cn_command_env *env,
                           const struct cn_backtest_report *report)
{
    cn_str scorecard = CN_STR("");
    for (size_t i = 0; i < report->measure_count; i++) {
        const struct cn_backtest_measure *measure = &report->measures[i];
        if (!cn_str_equal(measure->scorecard, scorecard)) {
            scorecard = measure->scorecard;
            PRINT("Parts of %.*s, %lld days before:\n", CN_STR_ARG(scorecard),
                  (long long)cn_backtest_days[1]);
        }
        PRINT("%*s%.*s: ", (int)measure->depth * 2, "", CN_STR_ARG(measure->name));
        if (measure->refused.len > 0) {
            PRINT("refused, it tells by %.*s, which was learned afterwards\n",
                  CN_STR_ARG(measure->refused));
        } else if (!is_too_few(env, &measure->auc)) {
            PRINT("AUC %.3f (%.3f to %.3f) %s\n", measure->auc.auc.value, measure->auc.auc.low,
                  measure->auc.auc.high, cn_backtest_verdict_names[measure->auc.verdict]);
        }
    }
}

static void print_left_out(const struct cn_command_env *env,
                           const struct cn_backtest_report *report)
{
    const bool is_true = report->basis == CN_BACKTEST_TRUE;
    if (report->left_out.too_old > 0) {
        PRINT("  %zu left too long ago to be looked at\n", report->left_out.too_old);
    }
    if (report->left_out.too_many > 0) {
        PRINT("  %zu left before the newest that are looked at\n", report->left_out.too_many);
    }
    if (report->left_out.no_history > 0) {
        PRINT("  %zu had not come, by what %s, 30 days before they left%s\n",
              report->left_out.no_history, is_true ? "is told now" : "was known",
              is_true ? "" : ": --as-true goes by their contracts");
    }
}

static void print_report(const struct cn_command_env *env, const struct cn_backtest_report *report)
{
    PRINT("%.*s\n", CN_STR_ARG(report->verdict));
    PRINT("From %s; %zu accounts that left, %zu left out.\n",
          report->basis == CN_BACKTEST_TRUE ? "what was true then, whenever it was told"
                                            : "what was known then",
          report->left,
          report->left_out.too_old + report->left_out.too_many + report->left_out.no_history);
    print_left_out(env, report);
    print_horizons(env, report);
    print_bands(env, report);
    print_measures(env, report);
    print_signals(env, report);
    for (size_t i = 0; i < report->fact_count; i++) {
        const struct cn_backtest_fact *fact = &report->facts[i];
        if (fact->leaks) {
            PRINT("Learned afterwards: %.*s, of %zu of %zu that left and %zu of %zu others\n",
                  CN_STR_ARG(fact->name), fact->left_later, fact->left_of, fact->stayed_later,
                  fact->stayed_of);
        }
    }
}

static bool print_json(const struct cn_command_env *env, const struct cn_backtest_report *reports,
                       const int64_t *versions, size_t count, struct cn_error *err)
{
    cn_str text;
    if (!cn_backtest_reports_write(reports, versions, count, env->arena, &text, err)) {
        return false;
    }
    PRINT("%.*s\n", CN_STR_ARG(text));
    return true;
}

/* ---- running ---- */

struct test {
    struct cn_program_files files[VERSIONS];
    int64_t numbers[VERSIONS];
    size_t count;
    struct cn_departure_list departures;
    struct cn_backtest_report reports[VERSIONS];
};

static bool number_of(const struct cn_command_env *env, const char *option, int64_t *number_out,
                      struct cn_error *err)
{
    const char *text = cn_command_value(env, option);
    *number_out = 0;
    return text == NULL || (cn_parse_i64(cn_str_of(text), number_out) && *number_out > 0) ||
           cn_fail(err, CN_MALFORMED, "--%s takes a number from 1", option);
}

static bool load(const struct cn_command_env *env, struct cn_workspace *workspace,
                 struct test *test, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_program_version version;
    if (!number_of(env, "version", &test->numbers[0], err) ||
        !number_of(env, "against", &test->numbers[1], err) ||
        !list_of(env, workspace, false, &test->departures, err) ||
        !cn_db_read(workspace->db, &conn, err)) {
        return false;
    }
    test->count = test->numbers[1] > 0 ? VERSIONS : 1;
    bool ok = test->numbers[0] > 0 || cn_apply_active_version(conn, &test->numbers[0], err);
    for (size_t i = 0; ok && i < test->count; i++) {
        ok = cn_program_version_load(conn, env->arena, test->numbers[i], &version, &test->files[i],
                                     err);
    }
    cn_db_release(workspace->db, conn);
    return ok;
}

static bool test_all(const struct cn_command_env *env, struct cn_engine *engine, struct test *test,
                     struct cn_error *err)
{
    struct cn_diagnostics problems;
    if (!cn_engine_look(engine, err)) {
        return false;
    }
    for (size_t i = 0; i < test->count; i++) {
        const struct cn_backtest_question question = {
            .files = &test->files[i],
            .departures = &test->departures,
            .basis =
                cn_command_value(env, "as-true") != NULL ? CN_BACKTEST_TRUE : CN_BACKTEST_KNOWN,
        };
        cn_diagnostics_init(&problems, env->arena);
        if (!cn_engine_backtest(engine, &question, env->arena, &test->reports[i], &problems, err)) {
            return problems.total > 0 ? cn_program_tell_problems(&problems, &test->files[i], err)
                                      : false;
        }
    }
    return true;
}

static bool run_in(const struct cn_command_env *env, struct cn_workspace *workspace,
                   struct test *test, struct cn_error *err)
{
    struct cn_rollup *rollup = NULL;
    const struct cn_rollup_options options = {
        .db = workspace->rollup_db,
        .names_max = (size_t)workspace->config.metric_names_max,
        .members_max = workspace->config.metric_members_max,
    };
    if (!load(env, workspace, test, err) || !cn_rollup_open(&options, &rollup, err)) {
        return false;
    }
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
    bool ok = test_all(env, engine, test, err);
    cn_engine_free(engine);
    cn_rollup_close(rollup);
    if (ok && cn_command_value(env, "json") != NULL) {
        return print_json(env, test->reports, test->numbers, test->count, err);
    }
    for (size_t i = 0; ok && i < test->count; i++) {
        PRINT("%sVersion %lld: ", i > 0 ? "\n" : "", (long long)test->numbers[i]);
        print_report(env, &test->reports[i]);
    }
    return ok;
}

static bool run(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_workspace workspace;
    struct test test = { 0 };
    if (!cn_workspace_open_beside(env, &workspace, err)) {
        return false;
    }
    bool ok = run_in(env, &workspace, &test, err);
    cn_workspace_close(&workspace);
    return ok;
}

static const struct cn_option options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    { "version", "NUMBER", "The version of the program; the active one unless given" },
    { "against", "NUMBER", "A second version, tested the same way" },
    { "as-true", NULL, "From what was true then, whenever it was told: for an imported past" },
    { "json", NULL, "Print JSON" },
};

const struct cn_command cn_cmd_backtest = {
    .name = "backtest",
    .operands = "",
    .options = options,
    .option_count = CN_ARRAY_LEN(options),
    .doc = "Say what a program would have told of the accounts that left",
    .help =
        "Mark them with 'cairn departures'. The program is evaluated for each day of the past;\n"
        "a score or signal that tells by facts learned only after an account left is refused\n"
        "by name. Nothing is changed. A server may be running meanwhile.",
    .run = run,
};
