/* What the tables of the program say, for editors and for readers. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#include "cli/commands.h"
#include "engine/program.h"
#include "engine/reference.h"
#include "program/schema.h"

enum {
    DOCUMENT_MAX_BYTES = 1024 * 1024,
    PATH_MAX_BYTES = 4096,
};

static bool run_reference(const struct cn_command_env *env, struct cn_error *err)
{
    const char *what = env->operand_count > 0 ? env->operands[0] : "program";
    bool is_functions = strcmp(what, "functions") == 0;
    struct cn_buf buf;
    if (!is_functions && strcmp(what, "program") != 0) {
        return cn_fail(err, CN_INVALID, "there is no reference of \"%s\": program or functions",
                       what);
    }
    cn_buf_init(&buf, DOCUMENT_MAX_BYTES);
    if (is_functions) {
        cn_engine_reference_functions(&buf);
    } else {
        cn_engine_reference_program(&buf);
    }
    bool ok = !buf.overflowed || cn_fail(err, CN_INTERNAL, "the reference is too long");
    if (ok) {
        /* A failure shows when standard output is flushed. */
        (void)fprintf(env->out, "%.*s", CN_STR_ARG(cn_buf_str(&buf)));
    }
    cn_buf_deinit(&buf);
    return ok;
}

const struct cn_command cn_cmd_program_reference = {
    .name = "program reference",
    .operands = "[program|functions]",
    .operands_max = 1,
    .doc = "Print the reference of the program's keys and names, or of its functions",
    .run = run_reference,
};

/* Writes over what is there, but not through a link. */
static bool write_file(const char *folder, const char *name, cn_str text, struct cn_error *err)
{
    char path[PATH_MAX_BYTES];
    int len = snprintf(path, sizeof(path), "%s/%s.schema.json", folder, name);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        return cn_fail(err, CN_INVALID, "the folder's path is too long");
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) {
        return cn_fail(err, CN_INTERNAL, "cannot write %s: %m", path);
    }
    bool ok = write(fd, text.ptr, text.len) == (ssize_t)text.len && write(fd, "\n", 1) == 1;
    ok = close(fd) == 0 && ok;
    return ok || cn_fail(err, CN_INTERNAL, "cannot write %s: %m", path);
}

/* folder NULL: to standard output. */
static bool write_schema(const struct cn_command_env *env, const char *folder, const char *name,
                         const struct cn_program_section *const *sections, size_t count,
                         struct cn_error *err)
{
    struct cn_buf buf;
    struct cn_json_writer out;
    cn_str text = { 0 };
    cn_buf_init(&buf, DOCUMENT_MAX_BYTES);
    cn_json_writer_init(&out, &buf);
    cn_program_schema_write(sections, count, &out);
    bool ok = cn_json_finish(&out, &text, err);
    if (ok && folder != NULL) {
        ok = write_file(folder, name, text, err);
    } else if (ok) {
        /* A failure shows when standard output is flushed. */
        (void)fprintf(env->out, "%.*s\n", CN_STR_ARG(text));
    }
    cn_buf_deinit(&buf);
    return ok;
}

static bool run_schema(const struct cn_command_env *env, struct cn_error *err)
{
    const char *folder = env->operand_count > 0 ? env->operands[0] : NULL;
    bool ok =
        write_schema(env, folder, "program", cn_program_sections, cn_program_section_count, err);
    for (size_t i = 0; ok && folder != NULL && i < cn_program_section_count; i++) {
        ok =
            write_schema(env, folder, cn_program_sections[i]->key, &cn_program_sections[i], 1, err);
    }
    return ok;
}

const struct cn_command cn_cmd_program_schema = {
    .name = "program schema",
    .operands = "[FOLDER]",
    .operands_max = 1,
    .doc = "Write JSON Schemas of the program's files, for editors",
    .help =
        "program.schema.json is that of any file; each section has one of its own besides, for a\n"
        "file that holds it alone. Without a folder, prints that of any file.",
    .run = run_schema,
};
