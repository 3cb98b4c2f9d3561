#include "base/str.h"

#include "book/change.h"
#include "book/column.h"
#include "cli/commands.h"
#include "cli/record.h"
#include "engine/program.h"
#include "program/problem.h"
#include "program/version.h"

/* Checks the files against nothing but the names that there are; prints every problem. */
static bool check(const struct cn_command_env *env, const struct cn_program_files *files,
                  const struct cn_tz *tz, struct cn_error *err)
{
    enum {
        OUTPUT_MAX_BYTES = 1024 * 1024
    };
    struct cn_diagnostics problems;
    struct cn_engine_program *program = NULL;
    struct cn_interner *strings = cn_interner_new();
    struct cn_book_facts *facts = cn_book_facts_new(tz);
    cn_diagnostics_init(&problems, env->arena);
    struct cn_program_ground ground = { .book = cn_book_facts_source(facts),
                                        .tz = tz,
                                        .strings = strings };
    bool ok = cn_engine_program_compile(files, &ground, &program, &problems);
    if (ok) {
        /* A failure shows when standard output is flushed. */
        (void)fprintf(env->out, "%zu metrics, %zu scorecards, %zu columns: no problem.\n",
                      program->metrics->count, program->health->scorecard_count,
                      program->columns.count);
    } else {
        struct cn_buf text;
        cn_buf_init(&text, OUTPUT_MAX_BYTES);
        cn_program_show_problems(&problems, files, &text);
        (void)fprintf(stderr, "%.*s", CN_STR_ARG(cn_buf_str(&text))); /* no one else to tell */
        cn_buf_deinit(&text);
        cn_fail(err, CN_INVALID, "%zu problem(s)", problems.total);
    }
    cn_engine_program_free(program);
    cn_book_facts_free(facts);
    cn_interner_free(strings);
    return ok;
}

static bool read_and_check(const struct cn_command_env *env, struct cn_program_files *files,
                           struct cn_error *err)
{
    struct cn_tz *tz = NULL;
    if (env->operand_count == 0) {
        cn_program_shipped(env->arena, files);
    } else if (!cn_program_read_folder(env->arena, env->operands[0], files, err)) {
        return false;
    }
    if (!cn_tz_load(CN_STR("UTC"), &tz, err)) {
        return false;
    }
    bool ok = check(env, files, tz, err);
    cn_tz_free(tz);
    return ok;
}

static bool run_check(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_program_files files;
    return read_and_check(env, &files, err);
}

const struct cn_command cn_cmd_program_check = {
    .name = "program check",
    .operands = "[FOLDER]",
    .operands_max = 1,
    .doc = "Check a program and print every mistake with file, line and column",
    .help = "Without a folder, the program that is built in.",
    .run = run_check,
};

static bool save(const struct cn_command_env *env, const struct cn_unit *unit, struct cn_error *err)
{
    const char *note = cn_command_value(env, "note");
    struct cn_program_files files;
    struct cn_program_version version;
    struct cn_program_version draft = { .at = unit->now,
                                        .note = cn_str_of(note != NULL ? note : "") };
    if (!cn_program_read_folder(env->arena, env->operands[0], &files, err) ||
        !cn_program_version_save(unit->conn, env->arena, &files, &draft, &version, err)) {
        return false;
    }
    cn_change_note(unit, (cn_account_id){ 0 }, CN_CHANGE_PROGRAM);
    /* A failure shows when standard output is flushed. */
    (void)fprintf(env->out, "Version %lld is active when the server starts.\n",
                  (long long)version.number);
    return true;
}

static bool run_apply(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_program_files files;
    return read_and_check(env, &files, err) && cn_record_run(env, save, err);
}

static const struct cn_option apply_options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    { "note", "TEXT", "Why, for the list of versions" },
};

const struct cn_command cn_cmd_program_apply = {
    .name = "program apply",
    .operands = "FOLDER",
    .operands_min = 1,
    .operands_max = 1,
    .options = apply_options,
    .option_count = CN_ARRAY_LEN(apply_options),
    .doc = "Check a program and make it the active version",
    .help = "A program with a mistake is not applied.",
    .run = run_apply,
};
