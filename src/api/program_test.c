/* /api/v1/program/test: the program's own cases. */
#include "api/access.h"
#include "api/program_view.h"
#include "api/resources.h"
#include "engine/cases.h"

enum {
    TEXT_MAX = 20000,
    DIFFERENCES_MAX = 100
};

struct files_body {
    struct cn_program_file_list files;
};
static const struct cn_field body_rows[] = {
    CN_FIELD_OF_LIST(struct files_body, files, &cn_program_file_item, .max = CN_PROGRAM_FILES_MAX,
                     .doc = "the whole program, with its tests"),
};
static const struct cn_fields body_fields =
    CN_FIELDS("ProgramTestOf", struct files_body, body_rows);

static const struct cn_field difference_rows[] = {
    CN_FIELD(struct cn_case_difference, what, .max = TEXT_MAX, .doc = "score, colour, exceptions"),
    CN_FIELD(struct cn_case_difference, expected, .max = TEXT_MAX, .doc = "as the case says"),
    CN_FIELD(struct cn_case_difference, got, .max = TEXT_MAX, .doc = "what came of the facts"),
};
static const struct cn_fields difference_fields =
    CN_FIELDS("ProgramTestDifference", struct cn_case_difference, difference_rows);
static const struct cn_field difference_item = { .type = CN_FIELD_OBJECT,
                                                 .object = &difference_fields };

struct case_view {
    cn_str file;
    int64_t line;
    cn_str name;
    bool ok;
    struct {
        struct cn_case_difference *items;
        size_t count;
    } differences;
};
static const struct cn_field case_rows[] = {
    CN_FIELD(struct case_view, file, .max = CN_PROGRAM_NAME_MAX, .doc = "where it stands"),
    CN_FIELD(struct case_view, line, .min = 1, .max = INT32_MAX, .doc = "the same"),
    CN_FIELD(struct case_view, name, .max = TEXT_MAX, .doc = "what is tested"),
    CN_FIELD(struct case_view, ok, .doc = "it passed"),
    CN_FIELD_OF_LIST(struct case_view, differences, &difference_item, .max = DIFFERENCES_MAX,
                     .doc = "what is not as expected"),
};
static const struct cn_fields case_fields =
    CN_FIELDS("ProgramTestCase", struct case_view, case_rows);
static const struct cn_field case_item = { .type = CN_FIELD_OBJECT, .object = &case_fields };

struct test_view {
    struct cn_program_problem_list problems;
    int64_t passed;
    int64_t failed;
    struct {
        struct case_view *items;
        size_t count;
    } cases;
};
static const struct cn_field test_rows[] = {
    CN_FIELD_OF_LIST(struct test_view, problems, &cn_program_problem_item,
                     .max = CN_DIAGNOSTICS_MAX, .doc = "if there are any, nothing is tested"),
    CN_FIELD(struct test_view, passed, .max = INT64_MAX, .doc = "how many"),
    CN_FIELD(struct test_view, failed, .max = INT64_MAX, .doc = "how many"),
    CN_FIELD_OF_LIST(struct test_view, cases, &case_item, .max = CN_CASES_MAX,
                     .doc = "in the order of the files"),
};
static const struct cn_fields test_fields = CN_FIELDS("ProgramTest", struct test_view, test_rows);

static bool handle_test(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct files_body *body = req->body;
    struct test_view *view = res->body;
    struct cn_program_files files;
    struct cn_case_report report = { 0 };
    struct cn_diagnostics problems;
    cn_diagnostics_init(&problems, req->unit.arena);
    if (cn_program_take_files(body->files.items, body->files.count, &files, &problems) &&
        !cn_program_test(&files, req->unit.arena, &report, &problems, err) && problems.total == 0) {
        return false;
    }
    view->problems = cn_program_problems_view(&problems, &files, req->unit.arena);
    view->failed = (int64_t)report.results.failed;
    view->passed = (int64_t)(report.results.count - report.results.failed);
    view->cases.count = report.results.count;
    view->cases.items = cn_arena_array(req->unit.arena, struct case_view, report.results.count + 1);
    for (size_t i = 0; i < report.results.count; i++) {
        const struct cn_case_result *result = &report.results.items[i];
        view->cases.items[i] = (struct case_view){ .file = result->of->file,
                                                   .line = result->of->line,
                                                   .name = result->of->name,
                                                   .ok = result->difference_count == 0 };
        view->cases.items[i].differences.items = result->differences;
        view->cases.items[i].differences.count = result->difference_count;
    }
    return true;
}

static const struct cn_route test_routes[] = {
    { .method = CN_POST,
      .path = "/api/v1/program/test",
      .access = CN_PROGRAM_AUTHORS,
      .body = &body_fields,
      .takes_program = true,
      .response = &test_fields,
      .run = CN_RUN_SLOW,
      .success_status = 200,
      .handler = handle_test,
      .operation = "testProgram",
      .doc = "Run a program's own test cases" },
};

const struct cn_route_table cn_api_program_test = CN_ROUTE_TABLE(test_routes);
