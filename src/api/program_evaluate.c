/* /api/v1/program/evaluate: any expression as of a moment, as it was true or as it was known. */
#include "base/str.h"

#include "api/access.h"
#include "api/program_view.h"
#include "api/resources.h"
#include "engine/asof.h"

enum {
    EXPRESSION_MAX = 20000,
    ACCOUNTS_MAX = 1000
};

static const char *const kind_texts[] = { "known", "true" };
static const struct cn_names kinds = { kind_texts, CN_ARRAY_LEN(kind_texts) };

struct evaluate_body {
    cn_str expression;
    enum cn_given expression_given;
    cn_str signal;
    enum cn_given signal_given;
    cn_time at;
    enum cn_given at_given;
    int as; /* of kind_texts */
    enum cn_given as_given;
    int64_t version;
    enum cn_given version_given;
    struct cn_program_file_list files;
    enum cn_given files_given;
    struct {
        cn_account_id *items;
        size_t count;
    } accounts;
    enum cn_given accounts_given;
};
#define MAY(member) CN_MAY(struct evaluate_body, member, BE_ABSENT)
static const struct cn_field account_item = { .type = CN_FIELD_ID, .id_prefix = CN_ACCOUNT_PREFIX };
static const struct cn_field evaluate_body_rows[] = {
    CN_FIELD(struct evaluate_body, expression, MAY(expression), .min = 1, .max = EXPRESSION_MAX,
             .doc = "CEL over the program's names: health.score, logins.sum(28)"),
    CN_FIELD(struct evaluate_body, signal, MAY(signal), .min = 1, .max = CN_PROGRAM_NAME_MAX,
             .doc = "instead: the condition of this signal"),
    CN_FIELD(struct evaluate_body, at, MAY(at), .doc = "the moment; now unless given"),
    CN_FIELD_OF_ENUM(struct evaluate_body, as, &kinds, MAY(as),
                     .doc = "as it was known then, unless \"true\": whenever it was learnt"),
    CN_FIELD(struct evaluate_body, version, MAY(version), .min = 1, .max = INT64_MAX,
             .doc = "of the program; as known that of then, as true the active one unless given"),
    CN_FIELD_OF_LIST(struct evaluate_body, files, &cn_program_file_item, MAY(files),
                     .max = CN_PROGRAM_FILES_MAX, .doc = "a program instead of a version"),
    CN_FIELD_OF_LIST(struct evaluate_body, accounts, &account_item, MAY(accounts), .min = 1,
                     .max = ACCOUNTS_MAX, .doc = "these; unless given, all that the caller sees"),
};
static const struct cn_fields evaluate_body_fields =
    CN_FIELDS("ProgramQuestion", struct evaluate_body, evaluate_body_rows);

struct value_view {
    cn_account_id id;
    cn_str name;
    double number;
    enum cn_given number_given;
    cn_str text;
    bool missing;
};
static const struct cn_field value_rows[] = {
    CN_FIELD_OF_ID(struct value_view, id, CN_ACCOUNT_PREFIX, .doc = "the account"),
    CN_FIELD(struct value_view, name, .max = CN_PROGRAM_LINE_MAX, .doc = "its name then"),
    CN_FIELD(struct value_view, number, CN_MAY(struct value_view, number, BE_NULL),
             .doc = "the value, if it is a number"),
    CN_FIELD(struct value_view, text, .max = CN_PROGRAM_LINE_MAX, .doc = "the value, for people"),
    CN_FIELD(struct value_view, missing, .doc = "there is none, or an error"),
};
static const struct cn_fields value_fields =
    CN_FIELDS("ProgramValue", struct value_view, value_rows);
static const struct cn_field value_item = { .type = CN_FIELD_OBJECT, .object = &value_fields };

struct evaluate_view {
    cn_time at;
    int64_t version;
    enum cn_given version_given;
    cn_str type;
    bool known_only;
    bool was_known;
    cn_str limit;
    enum cn_given limit_given;
    struct cn_program_problem_list problems;
    int64_t of;
    int64_t missing;
    struct {
        struct value_view *items;
        size_t count;
    } values;
};
#define VIEW(member, ...) CN_FIELD(struct evaluate_view, member, __VA_ARGS__)
static const struct cn_field evaluate_rows[] = {
    VIEW(at, .doc = "what it was evaluated for: as true, what rests on a metric is evaluated for"
                    " the beginning of the day"),
    VIEW(version, CN_MAY(struct evaluate_view, version, BE_NULL), .min = 0, .max = INT64_MAX,
         .doc = "of the program; null: the files that were given"),
    VIEW(type, .max = CN_PROGRAM_LINE_MAX, .doc = "of the value; empty: it is wrong"),
    VIEW(known_only, .doc = "it reads a colour or a signal: it exists as known only"),
    VIEW(was_known, .doc = "false: nothing was known yet at that moment"),
    VIEW(limit, CN_MAY(struct evaluate_view, limit, BE_NULL), .max = CN_PROGRAM_LINE_MAX,
         .doc = "as known: why that is not promised for all of the past; null: it is"),
    CN_FIELD_OF_LIST(struct evaluate_view, problems, &cn_program_problem_item,
                     .max = CN_DIAGNOSTICS_MAX, .doc = "if there are any, there are no values"),
    VIEW(of, .max = INT64_MAX, .doc = "accounts"),
    VIEW(missing, .max = INT64_MAX, .doc = "of which there is no value"),
    CN_FIELD_OF_LIST(struct evaluate_view, values, &value_item, .max = ACCOUNTS_MAX,
                     .doc = "of the first of them, by id"),
};
static const struct cn_fields evaluate_fields =
    CN_FIELDS("ProgramEvaluation", struct evaluate_view, evaluate_rows);

static void view_answer(const struct cn_request *req, const struct cn_asof *answer,
                        struct evaluate_view *view)
{
    view->at = answer->at;
    view->version = answer->version;
    view->version_given = answer->version > 0 ? CN_GIVEN : CN_NULL;
    view->type = answer->type;
    view->known_only = answer->reads_state;
    view->was_known = answer->is_known;
    view->limit = answer->limit;
    view->limit_given = answer->limit.len > 0 ? CN_GIVEN : CN_NULL;
    view->of = (int64_t)answer->count;
    view->missing = answer->missing;
    view->values.count = answer->count < ACCOUNTS_MAX ? answer->count : ACCOUNTS_MAX;
    view->values.items = cn_arena_array(req->unit.arena, struct value_view, view->values.count + 1);
    for (size_t i = 0; i < view->values.count; i++) {
        const struct cn_asof_value *value = &answer->values[i];
        view->values.items[i] =
            (struct value_view){ .id = { value->account_id },
                                 .name = value->name,
                                 .number = value->number,
                                 .number_given = value->is_number ? CN_GIVEN : CN_NULL,
                                 .text = value->text,
                                 .missing = !value->has_value };
    }
}

static bool handle_evaluate(const struct cn_request *req, struct cn_response *res,
                            struct cn_error *err)
{
    const struct evaluate_body *body = req->body;
    struct evaluate_view *view = res->body;
    struct cn_engine *engine = NULL;
    struct cn_program_files files = { 0 };
    struct cn_asof answer = { .type = CN_STR(""), .limit = CN_STR("") };
    struct cn_diagnostics problems;
    bool has_files = body->files_given == CN_GIVEN;
    cn_diagnostics_init(&problems, req->unit.arena);
    if ((body->expression_given == CN_GIVEN) == (body->signal_given == CN_GIVEN)) {
        return cn_fail(err, CN_INVALID, "an expression or a signal is to be given, and not both");
    }
    if (!cn_program_engine(req, &engine, err)) {
        return false;
    }
    size_t count = body->accounts_given == CN_GIVEN ? body->accounts.count : 0;
    int64_t *ids = cn_arena_array(req->unit.arena, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = body->accounts.items[i].value;
    }
    const struct cn_asof_question question = {
        .unit = &req->unit,
        .files = has_files ? &files : NULL,
        .version = body->version_given == CN_GIVEN ? body->version : 0,
        .expression = body->expression,
        .signal = body->signal_given == CN_GIVEN ? body->signal : CN_STR(""),
        .at = body->at_given == CN_GIVEN ? body->at : (cn_time){ 0 },
        .as_true = body->as_given == CN_GIVEN && body->as == 1,
        .account_ids = count > 0 ? ids : NULL,
        .account_count = count,
    };
    bool ok = !has_files ||
              cn_program_take_files(body->files.items, body->files.count, &files, &problems);
    if (ok && !cn_engine_asof(engine, &question, &answer, &problems, err)) {
        return false;
    }
    view_answer(req, &answer, view);
    view->problems = cn_program_problems_view(&problems, &files, req->unit.arena);
    return true;
}

static const struct cn_route evaluate_routes[] = {
    { .method = CN_POST,
      .path = "/api/v1/program/evaluate",
      .access = CN_PROGRAM_AUTHORS,
      .body = &evaluate_body_fields,
      .takes_program = true,
      .response = &evaluate_fields,
      .run = CN_RUN_SLOW,
      .success_status = 200,
      .handler = handle_evaluate,
      .operation = "evaluateExpression",
      .doc = "Evaluate any expression as of a moment, as true or as known" },
};

const struct cn_route_table cn_api_program_evaluate = CN_ROUTE_TABLE(evaluate_routes);
