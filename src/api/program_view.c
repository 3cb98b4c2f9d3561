#include "api/program_view.h"

#include <math.h>
#include <stdio.h>

#include "base/str.h"

#include "program/problem.h"
#include "program/version.h"

static const struct cn_field file_rows[] = {
    CN_FIELD(struct cn_program_file, name, .min = 1, .max = CN_PROGRAM_NAME_MAX,
             .doc = "scorecards/mid-touch.yaml"),
    CN_FIELD(struct cn_program_file, text, .max = CN_PROGRAM_TEXT_MAX, .doc = "its YAML"),
};
static const struct cn_fields file_fields =
    CN_FIELDS("ProgramFile", struct cn_program_file, file_rows);
const struct cn_field cn_program_file_item = { .type = CN_FIELD_OBJECT, .object = &file_fields };

static cn_str text_of(const struct cn_program_files *files, cn_str name)
{
    for (size_t i = 0; i < files->count; i++) {
        if (cn_str_equal(files->items[i].name, name)) {
            return files->items[i].text;
        }
    }
    return CN_STR("");
}

static cn_str line_of(cn_str text, int64_t line)
{
    cn_str rest = text;
    cn_str found = CN_STR("");
    for (int64_t i = 0; i < line; i++) {
        if (!cn_str_split(&rest, '\n', &found)) {
            return CN_STR("");
        }
    }
    return found;
}

struct cn_program_problem_list cn_program_problems_view(const struct cn_diagnostics *problems,
                                                        const struct cn_program_files *files,
                                                        struct cn_arena *arena)
{
    struct cn_diagnostics points = *problems;
    points.items = cn_arena_array(arena, struct cn_diagnostic, problems->count);
    for (size_t i = 0; i < problems->count; i++) {
        points.items[i] = problems->items[i];
    }
    cn_program_points(&points, files);
    struct cn_program_problem_list list = cn_program_problems_list(arena, &points);
    return list;
}

int64_t cn_program_byte_column(const struct cn_program_files *files, cn_str file, int64_t line,
                               int64_t column)
{
    cn_str text = line_of(text_of(files, file), line);
    int64_t byte = 0;
    for (int64_t point = 1; point < column && (size_t)byte < text.len; point++) {
        do {
            byte++;
        } while ((size_t)byte < text.len && ((unsigned char)text.ptr[byte] & 0xc0) == 0x80);
    }
    return byte + 1;
}

const struct cn_field cn_program_text_item = { .type = CN_FIELD_STR, .max = CN_PROGRAM_LINE_MAX };

bool cn_program_engine(const struct cn_request *req, struct cn_engine **engine_out,
                       struct cn_error *err)
{
    *engine_out = req->api->options.engine.live;
    return *engine_out != NULL || cn_fail(err, CN_UNAVAILABLE, "nothing is evaluated here");
}

double cn_program_cents(double arr)
{
    return round(arr * 100) / 100;
}

bool cn_program_load(const struct cn_request *req, struct cn_engine *engine, int64_t version,
                     struct cn_program_files *files_out, struct cn_error *err)
{
    struct cn_apply_status status;
    struct cn_program_version head;
    struct cn_sql_conn *conn = NULL;
    struct cn_db *db = req->api->options.db;
    cn_engine_apply_status(engine, req->unit.arena, &status);
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    bool ok = cn_program_version_load(conn, req->unit.arena, version > 0 ? version : status.active,
                                      &head, files_out, err);
    cn_db_release(db, conn);
    return ok;
}
