#include "api/program_view.h"

#include <math.h>
#include <stdio.h>

#include "base/str.h"

#include "program/version.h"

static const struct cn_field file_rows[] = {
    CN_FIELD(struct cn_program_file, name, .min = 1, .max = CN_PROGRAM_NAME_MAX,
             .doc = "scorecards/mid-touch.yaml"),
    CN_FIELD(struct cn_program_file, text, .max = CN_PROGRAM_TEXT_MAX, .doc = "its YAML"),
};
static const struct cn_fields file_fields =
    CN_FIELDS("ProgramFile", struct cn_program_file, file_rows);
const struct cn_field cn_program_file_item = { .type = CN_FIELD_OBJECT, .object = &file_fields };

#define EDIT(member, ...) CN_FIELD(struct cn_program_fix_edit, member, __VA_ARGS__)
static const struct cn_field edit_rows[] = {
    EDIT(file, .max = CN_PROGRAM_NAME_MAX, .doc = "the file"),
    EDIT(line, .min = 1, .max = INT32_MAX, .doc = "where what is replaced begins, from 1"),
    EDIT(column, .min = 1, .max = INT32_MAX, .doc = "the same, in code points from 1"),
    EDIT(end_line, .min = 1, .max = INT32_MAX, .doc = "where it ends"),
    EDIT(end_column, .min = 1, .max = INT32_MAX, .doc = "one past its last code point"),
    EDIT(text, .max = CN_PROGRAM_TEXT_MAX, .doc = "what is put there"),
};
static const struct cn_fields edit_fields =
    CN_FIELDS("ProgramEdit", struct cn_program_fix_edit, edit_rows);
static const struct cn_field edit_item = { .type = CN_FIELD_OBJECT, .object = &edit_fields };

static const struct cn_field fix_rows[] = {
    CN_FIELD(struct cn_program_fix_view, label, .max = CN_PROGRAM_TEXT_MAX,
             .doc = "what the fix does"),
    CN_FIELD_OF_LIST(struct cn_program_fix_view, edits, &edit_item, .max = 100,
                     .doc = "changes that together repair it"),
};
static const struct cn_fields fix_fields =
    CN_FIELDS("ProgramFix", struct cn_program_fix_view, fix_rows);

static const char *const severities[] = { "error", "warning" };
const struct cn_names cn_program_severities = { severities, CN_ARRAY_LEN(severities) };

#define PROBLEM(member, ...) CN_FIELD(struct cn_program_problem, member, __VA_ARGS__)
static const struct cn_field problem_rows[] = {
    PROBLEM(file, .max = CN_PROGRAM_NAME_MAX, .doc = "the file; \"\": the program as a whole"),
    PROBLEM(line, .min = 1, .max = INT32_MAX, .doc = "where it begins, from 1"),
    PROBLEM(column, .min = 1, .max = INT32_MAX, .doc = "the same, in code points from 1"),
    PROBLEM(end_line, .min = 1, .max = INT32_MAX, .doc = "where it ends"),
    PROBLEM(end_column, .min = 1, .max = INT32_MAX, .doc = "one past its last code point"),
    CN_FIELD_OF_ENUM(struct cn_program_problem, severity, &cn_program_severities,
                     .doc = "a warning does not keep the program from being applied"),
    PROBLEM(message, .max = 1000, .doc = "what is wrong"),
    CN_FIELD_OF_OBJECT(struct cn_program_problem, fix, &fix_fields,
                       CN_MAY(struct cn_program_problem, fix, BE_NULL),
                       .doc = "null: nothing is known that would repair it"),
};
static const struct cn_fields problem_fields =
    CN_FIELDS("ProgramProblem", struct cn_program_problem, problem_rows);
const struct cn_field cn_program_problem_item = { .type = CN_FIELD_OBJECT,
                                                  .object = &problem_fields };

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

/* Code points that begin among the first `bytes` of the line. */
static int64_t points_of(cn_str line, int64_t bytes)
{
    int64_t points = 0;
    for (int64_t i = 0; i < bytes; i++) {
        bool goes_on = (size_t)i < line.len && ((unsigned char)line.ptr[i] & 0xc0) == 0x80;
        points += !goes_on;
    }
    return points;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || (unsigned char)c >= 0x80;
}

/* Bytes of the word that begins at the place; at least one. */
static int64_t word_bytes(cn_str line, int64_t column)
{
    size_t from = (size_t)column - 1;
    size_t to = from;
    while (to < line.len && is_word(line.ptr[to])) {
        to++;
    }
    return to > from ? (int64_t)(to - from) : 1;
}

static void add_fix(const struct cn_diagnostic *item, cn_str line, struct cn_arena *arena,
                    struct cn_program_problem *view)
{
    const struct cn_fix *fix = &item->fix;
    char label[256];
    int64_t breaks = 0;
    size_t last = 0;
    for (size_t i = 0; i < fix->instead_of.len; i++) {
        if (fix->instead_of.ptr[i] == '\n') {
            breaks++;
            last = i + 1;
        }
    }
    int64_t column = points_of(line, fix->column - 1) + 1;
    cn_str tail = cn_str_slice(fix->instead_of, last, fix->instead_of.len);
    struct cn_program_fix_edit *edit = cn_arena_new(arena, struct cn_program_fix_edit);
    *edit = (struct cn_program_fix_edit){
        .file = item->place.source,
        .line = fix->line,
        .column = column,
        .end_line = fix->line + breaks,
        .end_column = (breaks == 0 ? column : 1) + points_of(tail, (int64_t)tail.len),
        .text = fix->text,
    };
    int len = snprintf(label, sizeof(label), "%.*s instead of %.*s", CN_STR_ARG(fix->text),
                       CN_STR_ARG(fix->instead_of));
    size_t used = len > 0 && (size_t)len < sizeof(label) ? (size_t)len : 0;
    view->fix.label = used > 0 ? cn_arena_str(arena, (cn_str){ label, used }) : fix->text;
    view->fix.edits.items = edit;
    view->fix.edits.count = 1;
    view->fix_given = CN_GIVEN;
}

struct cn_program_problem_list cn_program_problems_view(const struct cn_diagnostics *problems,
                                                        const struct cn_program_files *files,
                                                        struct cn_arena *arena)
{
    struct cn_program_problem_list list = {
        .items = cn_arena_array(arena, struct cn_program_problem, problems->count + 1),
        .count = problems->count,
    };
    for (size_t i = 0; i < problems->count; i++) {
        const struct cn_diagnostic *item = &problems->items[i];
        cn_str text = text_of(files, item->place.source);
        int64_t number = item->place.line > 0 ? item->place.line : 1;
        int64_t byte = item->place.column > 0 ? item->place.column : 1;
        cn_str line = line_of(text, number);
        struct cn_program_problem *view = &list.items[i];
        *view = (struct cn_program_problem){
            .file = item->place.source,
            .line = number,
            .column = points_of(line, byte - 1) + 1,
            .end_line = number,
            .end_column = points_of(line, byte - 1 + word_bytes(line, byte)) + 1,
            .message = item->message,
            .fix_given = CN_NULL,
        };
        if (item->fix.line > 0) {
            add_fix(item, line_of(text, item->fix.line), arena, view);
        }
    }
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
