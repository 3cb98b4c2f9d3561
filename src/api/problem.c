#include "api/problem.h"

#include <string.h>

#include "base/str.h"

#include "api/diagnostics.h"

/* Of a problem in a file, place_given. */
struct problem_item {
    cn_str pointer;
    cn_str detail;
    cn_str file;
    int64_t line;
    int64_t column;
    int64_t end_line;
    int64_t end_column;
    enum cn_given place_given;
    struct cn_program_fix_view fix;
    enum cn_given fix_given;
};

struct problem {
    cn_str type;
    cn_str title;
    int64_t status;
    cn_str detail;
    enum cn_given detail_given;
    cn_str instance;
    int64_t offset;
    enum cn_given offset_given;
    cn_str successor;
    enum cn_given successor_given;
    struct {
        struct problem_item *items;
        size_t count;
    } errors;
};

#define OF_FILE .may = CN_MAY_BE_ABSENT, .given_offset = offsetof(struct problem_item, place_given)
static const struct cn_field item_rows[] = {
    CN_FIELD(struct problem_item, pointer, .max = 1024, .doc = "RFC 6901, into the body"),
    CN_FIELD(struct problem_item, detail, .max = 256, .doc = "what is wrong there"),
    CN_FIELD(struct problem_item, file, OF_FILE, .max = 1024,
             .doc = "of a problem in a file of the program: its name"),
    CN_FIELD(struct problem_item, line, OF_FILE, .min = 1, .max = INT32_MAX,
             .doc = "where what is at fault begins, from 1"),
    CN_FIELD(struct problem_item, column, OF_FILE, .min = 1, .max = INT32_MAX,
             .doc = "characters (code points) in that line, from 1"),
    CN_FIELD(struct problem_item, end_line, OF_FILE, .min = 1, .max = INT32_MAX,
             .doc = "where what is at fault ends"),
    CN_FIELD(struct problem_item, end_column, OF_FILE, .min = 1, .max = INT32_MAX,
             .doc = "just past its last character"),
    CN_FIELD_OF_OBJECT(struct problem_item, fix, &cn_program_fix_fields,
                       CN_MAY(struct problem_item, fix, BE_ABSENT),
                       .doc = "a change that would repair it"),
};
#undef OF_FILE
static const struct cn_fields item_fields =
    CN_FIELDS("ProblemItem", struct problem_item, item_rows);
static const struct cn_field item = { .type = CN_FIELD_OBJECT, .object = &item_fields };

static const struct cn_field problem_rows[] = {
    CN_FIELD(struct problem, type, .max = 64, .doc = "documented at this address"),
    CN_FIELD(struct problem, title, .max = 64, .doc = "the same for every problem of the type"),
    CN_FIELD(struct problem, status, .min = 400, .max = 599, .doc = "HTTP status"),
    CN_FIELD(struct problem, detail, CN_MAY(struct problem, detail, BE_ABSENT), .max = 256,
             .doc = "this problem"),
    CN_FIELD(struct problem, instance, .max = 64, .doc = "the request's id, as in the log"),
    CN_FIELD(struct problem, offset, CN_MAY(struct problem, offset, BE_ABSENT), .min = 0,
             .max = INT32_MAX, .doc = "where in the body JSON ends to be JSON, in bytes"),
    CN_FIELD(struct problem, successor, CN_MAY(struct problem, successor, BE_ABSENT), .max = 64,
             .doc = "of what is gone: the id of what took its place"),
    CN_FIELD_OF_LIST(struct problem, errors, &item, .max = CN_DIAGNOSTICS_MAX,
                     .doc = "each thing that is wrong"),
};
const struct cn_fields cn_problem_fields = CN_FIELDS("Problem", struct problem, problem_rows);

static struct problem_item item_of(struct cn_arena *arena, const struct cn_diagnostic *diagnostic)
{
    struct problem_item out = {
        .pointer = diagnostic->place.pointer,
        .detail = diagnostic->message,
        .file = diagnostic->place.source,
        .line = diagnostic->place.line,
        .column = diagnostic->place.column,
        .end_line = diagnostic->end_line,
        .end_column = diagnostic->end_column,
        .place_given = diagnostic->end_line > 0 ? CN_GIVEN : CN_ABSENT,
        .fix_given = CN_ABSENT,
    };
    if (cn_program_fix_of(arena, diagnostic, &out.fix)) {
        out.fix_given = CN_GIVEN;
    }
    return out;
}

void cn_problem_write(struct cn_json_writer *out, const struct cn_error *err,
                      const struct cn_diagnostics *problems, cn_str request_id)
{
    char type[64] = "/problems/";
    char pointer[1 + sizeof(err->field)] = "/";
    struct problem_item items[CN_DIAGNOSTICS_MAX];
    const char *slug = cn_code_slug(err->code);
    struct problem problem = {
        .title = cn_str_of(slug),
        .status = cn_code_http_status(err->code),
        .detail = cn_str_of(err->message),
        .detail_given = err->code == CN_INTERNAL ? CN_ABSENT : CN_GIVEN,
        .instance = request_id,
        .offset = err->offset,
        .offset_given = err->code == CN_MALFORMED && err->offset >= 0 ? CN_GIVEN : CN_ABSENT,
        .successor = cn_str_of(err->successor),
        .successor_given = err->code == CN_GONE && err->successor[0] != '\0' ? CN_GIVEN : CN_ABSENT,
        .errors.items = items,
    };
    memcpy(type + strlen(type), slug, strlen(slug) + 1);
    problem.type = cn_str_of(type);

    memcpy(pointer + 1, err->field, sizeof(err->field));
    if (problems->count > 0) {
        problem.errors.count = problems->count;
        for (size_t i = 0; i < problems->count; i++) {
            problem.errors.items[i] = item_of(problems->arena, &problems->items[i]);
        }
    } else if (err->field[0] != '\0') {
        problem.errors.count = 1;
        problem.errors.items[0] = (struct problem_item){ .pointer = cn_str_of(pointer),
                                                         .detail = problem.detail,
                                                         .place_given = CN_ABSENT,
                                                         .fix_given = CN_ABSENT };
    }
    cn_json_write_struct(out, &cn_problem_fields, &problem);
}
