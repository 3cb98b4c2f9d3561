#include "api/problem.h"

#include <string.h>

#include "base/str.h"

struct problem_item {
    cn_str pointer;
    cn_str detail;
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

static const struct cn_field item_rows[] = {
    CN_FIELD(struct problem_item, pointer, .max = 1024, .doc = "RFC 6901, into the body"),
    CN_FIELD(struct problem_item, detail, .max = 256, .doc = "what is wrong there"),
};
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
            problem.errors.items[i] = (struct problem_item){
                .pointer = problems->items[i].place.pointer,
                .detail = problems->items[i].message,
            };
        }
    } else if (err->field[0] != '\0') {
        problem.errors.count = 1;
        problem.errors.items[0] = (struct problem_item){ cn_str_of(pointer), problem.detail };
    }
    cn_json_write_struct(out, &cn_problem_fields, &problem);
}
