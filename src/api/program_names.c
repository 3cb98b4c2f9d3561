/* /api/v1/program: what can be written in a rule. */
#include "base/str.h"

#include "api/access.h"
#include "api/program_view.h"
#include "api/resources.h"
#include "cel/function.h"
#include "engine/check.h"

enum {
    NAMES_MAX = 20000,
    TEXT_MAX = 1000
};

static const struct cn_names types = { cn_column_type_names, CN_ARRAY_LEN(cn_column_type_names) };

#define NAME(member, ...) CN_FIELD(struct cn_program_name, member, __VA_ARGS__)
static const struct cn_field name_rows[] = {
    NAME(name, .max = TEXT_MAX, .doc = "arr, logins"),
    NAME(usage, .max = TEXT_MAX, .doc = "as it stands in a rule: logins.sum(days)"),
    CN_FIELD_OF_ENUM(struct cn_program_name, type, &types, .doc = "of its value"),
    NAME(unit, .max = TEXT_MAX, .doc = "of its value, or empty"),
    NAME(doc, .max = TEXT_MAX, .doc = "what it is"),
    NAME(source, .max = 40, .doc = "book: records; metric: events; rows: other accounts"),
};
static const struct cn_fields name_fields =
    CN_FIELDS("ProgramName", struct cn_program_name, name_rows);
static const struct cn_field name_item = { .type = CN_FIELD_OBJECT, .object = &name_fields };

struct names_view {
    struct cn_program_name_list items;
};
static const struct cn_field names_rows[] = {
    CN_FIELD_OF_LIST(struct names_view, items, &name_item, .max = NAMES_MAX,
                     .doc = "every name that the active program's rules can read"),
};
static const struct cn_fields names_fields =
    CN_FIELDS("ProgramNames", struct names_view, names_rows);

static bool handle_names(const struct cn_request *req, struct cn_response *res,
                         struct cn_error *err)
{
    struct cn_engine *engine = NULL;
    if (!cn_program_engine(req, &engine, err)) {
        return false;
    }
    struct names_view *view = res->body;
    cn_engine_names(engine, req->unit.arena, &view->items);
    return true;
}

static const char *const form_names[] = { "function", "macro", "operator" };
static const struct cn_names forms = { form_names, CN_ARRAY_LEN(form_names) };

struct function_view {
    cn_str name;
    cn_str usage;
    cn_str doc;
    int kind;
};
static const struct cn_field function_rows[] = {
    CN_FIELD(struct function_view, name, .max = TEXT_MAX, .doc = "size, math.abs"),
    CN_FIELD(struct function_view, usage, .max = TEXT_MAX, .doc = "as it stands in a rule"),
    CN_FIELD(struct function_view, doc, .max = TEXT_MAX, .doc = "what it gives"),
    CN_FIELD_OF_ENUM(struct function_view, kind, &forms, .doc = "what it is"),
};
static const struct cn_fields function_fields =
    CN_FIELDS("ProgramFunction", struct function_view, function_rows);
static const struct cn_field function_item = { .type = CN_FIELD_OBJECT,
                                               .object = &function_fields };

struct functions_view {
    struct {
        struct function_view *items;
        size_t count;
    } items;
};
static const struct cn_field functions_rows[] = {
    CN_FIELD_OF_LIST(struct functions_view, items, &function_item, .max = NAMES_MAX,
                     .doc = "everything that the language has"),
};
static const struct cn_fields functions_fields =
    CN_FIELDS("ProgramFunctions", struct functions_view, functions_rows);

static bool handle_functions(const struct cn_request *req, struct cn_response *res,
                             struct cn_error *err)
{
    struct functions_view *view = res->body;
    const struct cn_cel_function *function = NULL;
    size_t total = 0;
    (void)err; /* what is built in does not fail */
    while (cn_cel_function_at(total) != NULL) {
        total++;
    }
    view->items.items = cn_arena_array(req->unit.arena, struct function_view, total + 1);
    for (size_t i = 0; (function = cn_cel_function_at(i)) != NULL; i++) {
        int kind = (function->form & CN_CEL_MACRO) != 0 ? 1 : 0;
        kind = (function->form & CN_CEL_OPERATOR) != 0 ? 2 : kind;
        if (function->usage != NULL) { /* else it is part of a macro's expansion */
            view->items.items[view->items.count++] =
                (struct function_view){ cn_str_of(function->name), cn_str_of(function->usage),
                                        cn_str_of(function->doc), kind };
        }
    }
    return true;
}

static const struct cn_route names_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/program/names",
      .access = CN_EVERYBODY,
      .response = &names_fields,
      .success_status = 200,
      .handler = handle_names,
      .operation = "listProgramNames",
      .doc = "Names that rules can read" },
    { .method = CN_GET,
      .path = "/api/v1/program/functions",
      .access = CN_EVERYBODY,
      .response = &functions_fields,
      .success_status = 200,
      .handler = handle_functions,
      .operation = "listProgramFunctions",
      .doc = "Functions, macros and operators of the rule language" },
};

const struct cn_route_table cn_api_program_names = CN_ROUTE_TABLE(names_routes);
