/* An expression as of a moment, for one account or all. */
#include <string.h>

#include "base/parse.h"
#include "base/str.h"
#include "base/time.h"

#include "book/account.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "cli/server.h"
#include "engine/asof.h"

/* A failure shows when standard output is flushed. */
#define PRINT(...) ((void)fprintf(__VA_ARGS__))

struct asking {
    struct cn_asof_question question;
    struct cn_unit unit;
    int64_t account_id;
};

static bool is_one_of(const char *text, const char *a, const char *b)
{
    return cn_str_equal(cn_str_of(text), cn_str_of(a)) ||
           cn_str_equal(cn_str_of(text), cn_str_of(b));
}

static bool parse(const struct cn_command_env *env, struct asking *asking, struct cn_error *err)
{
    struct cn_asof_question *question = &asking->question;
    const char *at = cn_command_value(env, "at");
    const char *as = cn_command_value(env, "as");
    const char *version = cn_command_value(env, "version");
    const char *signal = cn_command_value(env, "signal");
    asking->unit = (struct cn_unit){ .arena = env->arena, .scope = CN_SCOPE_ALL };
    *question = (struct cn_asof_question){ .unit = &asking->unit };
    if ((signal != NULL) == (env->operand_count == 1)) {
        return cn_fail(err, CN_MALFORMED, "give an expression or --signal, and not both");
    }
    question->signal = signal != NULL ? cn_str_of(signal) : CN_STR("");
    question->expression = signal != NULL ? CN_STR("") : cn_str_of(env->operands[0]);
    if (at != NULL && !cn_time_parse(cn_str_of(at), &question->at)) {
        return cn_fail(err, CN_MALFORMED, "--at takes a moment such as 2026-03-01T09:00:00Z");
    }
    if (as != NULL && !is_one_of(as, "known", "true")) {
        return cn_fail(err, CN_MALFORMED, "--as takes known or true");
    }
    question->as_true = as != NULL && cn_str_equal(cn_str_of(as), CN_STR("true"));
    return version == NULL ||
           (cn_parse_i64(cn_str_of(version), &question->version) && question->version > 0) ||
           cn_fail(err, CN_MALFORMED, "--version takes a number from 1");
}

/* By its id, or by the external one. */
static bool find_account(const struct cn_command_env *env, struct cn_server *server,
                         struct asking *asking, struct cn_error *err)
{
    const char *name = cn_command_value(env, "account");
    struct cn_account account;
    if (name == NULL) {
        return true;
    }
    asking->question.account_ids = &asking->account_id;
    asking->question.account_count = 1;
    if (cn_id_parse(CN_ACCOUNT_PREFIX, cn_str_of(name), &asking->account_id)) {
        return true;
    }
    struct cn_unit unit = asking->unit;
    if (!cn_db_read(server->workspace->db, &unit.conn, err)) {
        return false;
    }
    bool ok = cn_account_load_external(&unit, cn_str_of(name), &account, err);
    cn_db_release(server->workspace->db, unit.conn);
    asking->account_id = ok ? account.id.value : 0;
    return ok;
}

/* Direction and scale stand wherever a score does. */
static void print_scale(const struct cn_command_env *env, cn_str expression)
{
    cn_str score = CN_STR("health.score");
    for (size_t i = 0; i + score.len <= expression.len; i++) {
        if (memcmp(expression.ptr + i, score.ptr, score.len) == 0) {
            PRINT(env->out, "health scores run from 0 to 100; 100 is healthy\n");
            return;
        }
    }
}

static void print(const struct cn_command_env *env, const struct cn_asof *answer)
{
    char at[CN_TIME_TEXT_BYTES];
    cn_time_format(answer->at, at);
    if (!answer->is_known) {
        PRINT(env->out, "nothing was known yet at %s\n", at);
        return;
    }
    for (size_t i = 0; i < answer->count; i++) {
        const struct cn_asof_value *value = &answer->values[i];
        char id[CN_ID_TEXT_BYTES];
        cn_id_format(CN_ACCOUNT_PREFIX, value->account_id, id);
        PRINT(env->out, "%s  %-30.*s  %.*s\n", id, CN_STR_ARG(value->name),
              CN_STR_ARG(value->text));
    }
    PRINT(env->out, "%zu accounts, %lld without a value; %.*s at %s, program version %lld\n",
          answer->count, (long long)answer->missing, CN_STR_ARG(answer->type), at,
          (long long)answer->version);
    if (answer->limit.len > 0) {
        PRINT(env->out, "not promised for all of the past: %.*s\n", CN_STR_ARG(answer->limit));
    }
}

static bool evaluate(const struct cn_command_env *env, struct cn_server *server,
                     struct asking *asking, struct cn_error *err)
{
    struct cn_asof answer = { 0 };
    struct cn_diagnostics problems;
    struct cn_program_file file = { CN_STR("expression"), asking->question.expression };
    const struct cn_program_files files = { &file, 1 };
    cn_diagnostics_init(&problems, env->arena);
    if (!cn_engine_settle(server->engine, err) || !find_account(env, server, asking, err) ||
        !cn_engine_asof(server->engine, &asking->question, &answer, &problems, err)) {
        return false;
    }
    if (problems.total > 0) {
        return cn_program_tell_problems(&problems, &files, err);
    }
    print(env, &answer);
    print_scale(env, asking->question.expression);
    return true;
}

static bool run(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_workspace workspace;
    struct cn_server server;
    struct asking asking = { 0 };
    if (!parse(env, &asking, err)) {
        return false;
    }
    cn_server_block_signals();
    if (!cn_workspace_open(env, NULL, &workspace, NULL, err)) {
        return false;
    }
    bool ok = cn_server_open(&workspace, false, &server, err);
    if (ok) {
        ok = evaluate(env, &server, &asking, err);
        cn_server_close(&server);
    }
    cn_workspace_close(&workspace);
    return ok;
}

static const struct cn_option options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    { "account", "ID", "Of this account, by its id or external id (default: all)" },
    { "at", "MOMENT", "RFC 3339 (default: now)" },
    { "as", "known|true", "What was known then, or what was true (default: known)" },
    { "version", "N", "Of the program (as known: that of then; as true: the active one)" },
    { "signal", "NAME", "The condition of this signal instead of an expression" },
};

const struct cn_command cn_cmd_eval = {
    .name = "eval",
    .operands = "[EXPRESSION]",
    .operands_max = 1,
    .options = options,
    .option_count = CN_ARRAY_LEN(options),
    .doc = "Evaluate an expression for accounts, also as of a past moment",
    .help =
        "An expression is what a rule of the program could say: health.score, logins.sum(28),\n"
        "segment.has(\"vip\"), stage == \"growth\", arr > 5000.\n"
        "\n"
        "As known is what the engine would have answered at that moment: events, records and\n"
        "claims that had arrived by then, and the colours that there were. It counts the log\n"
        "from its beginning, into a database that is thrown away after.\n"
        "\n"
        "As true goes by the time of events and the dates of records, whenever they arrived.\n"
        "What rests on a metric is evaluated for the beginning of the day; what reads a colour or\n"
        "a signal exists as known only. No server may be running in the folder: a running one\n"
        "answers the same at POST /api/v1/program/evaluate.",
    .run = run,
};
