#include "api/openapi.h"
#include "cli/commands.h"

static bool run(const struct cn_command_env *env, struct cn_error *err)
{
    enum {
        DOCUMENT_MAX_BYTES = 4 * 1024 * 1024
    };
    struct cn_buf buf;
    cn_buf_init(&buf, DOCUMENT_MAX_BYTES);
    bool ok = cn_openapi_write(&buf, err);
    if (ok) {
        /* A failure shows when standard output is flushed. */
        (void)fprintf(env->out, "%.*s\n", CN_STR_ARG(cn_buf_str(&buf)));
    }
    cn_buf_deinit(&buf);
    return ok;
}

const struct cn_command cn_cmd_openapi = {
    .name = "openapi",
    .operands = "",
    .doc = "Print the OpenAPI document of the REST API",
    .run = run,
};
