#include "cli/record.h"

#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/str.h"

struct job {
    const struct cn_command_env *env;
    struct cn_workspace *workspace;
    cn_record_work *work;
    const void *arg;
};

static bool run_job(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct job *job = arg;
    struct cn_unit unit = { .conn = conn,
                            .arena = job->env->arena,
                            .ids = &job->workspace->ids,
                            .scope = CN_SCOPE_ALL,
                            .now = cn_now(job->workspace->clock),
                            .tz = job->workspace->tz };
    return job->work(job->env, &unit, job->arg, err);
}

bool cn_record_run(const struct cn_command_env *env, cn_record_work *work, const void *arg,
                   struct cn_error *err)
{
    struct cn_workspace workspace;
    if (!cn_workspace_open(env, NULL, &workspace, NULL, err)) {
        return false;
    }
    struct job job = { env, &workspace, work, arg };
    bool ok = cn_db_write(workspace.db, run_job, &job, err);
    cn_workspace_close(&workspace);
    return ok;
}

bool cn_record_user(const struct cn_command_env *env, const struct cn_unit *unit,
                    struct cn_user *user_out, struct cn_error *err)
{
    const char *email = env->operands[0];
    return cn_user_load_email(unit, cn_str_of(email), user_out, err) ||
           cn_error_context(err, "%s", email);
}

enum {
    LINE_MAX_BYTES = 512
};

bool cn_record_password(const struct cn_command_env *env, cn_str *hash_out, struct cn_error *err)
{
    struct termios before;
    bool is_hashed = cn_command_value(env, "hashed") != NULL;
    bool is_terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (is_terminal) {
        struct termios silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        /* A prompt that is not seen is no failure. */
        (void)fprintf(stderr, is_hashed ? "hash: " : "password: ");
        if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0) {
            return cn_fail(err, CN_INTERNAL, "cannot hide what is typed");
        }
    }
    char line[LINE_MAX_BYTES];
    bool got = fgets(line, sizeof(line), stdin) != NULL;
    if (is_terminal) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before); /* as it was; nothing else to do */
        (void)fprintf(stderr, "\n");
    }
    if (!got) {
        return cn_fail(err, CN_MALFORMED, "no password: type it, or give it as a line of input");
    }
    line[strcspn(line, "\r\n")] = '\0';
    cn_str read = cn_str_of(line);
    return is_hashed ? cn_user_take_password_hash(env->arena, read, hash_out, err)
                     : cn_user_hash_password(env->arena, read, hash_out, err);
}
