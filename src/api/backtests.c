/* /api/v1/backtests: asking what a program would have told of the accounts that left, and what came
 * of it. */
#include "base/str.h"

#include "api/access.h"
#include "api/backtest_runner.h"
#include "api/backtest_view.h"
#include "api/program_view.h"
#include "api/resources.h"

enum {
    RUNS_MAX = 200
};

static const struct cn_names bases = { cn_backtest_basis_names, CN_BACKTEST_BASES };
static const struct cn_names states = { cn_backtest_state_names, CN_BACKTEST_STATES };

/* Reports name accounts of the whole workspace. */
static bool sees_all(const struct cn_request *req, struct cn_error *err)
{
    return req->unit.scope == CN_SCOPE_ALL ||
           cn_fail(err, CN_DENIED, "a back-test tells of accounts that you may not see");
}

/* ---- asking ---- */

struct ask_body {
    int64_t version;
    enum cn_given version_given;
    struct cn_program_file_list files;
    enum cn_given files_given;
    int64_t against;
    enum cn_given against_given;
    enum cn_backtest_basis basis;
    enum cn_given basis_given;
    int64_t left_from;
    enum cn_given left_from_given;
    int64_t left_to;
    enum cn_given left_to_given;
};
#define ASK(member, may, ...) \
    CN_FIELD(struct ask_body, member, CN_MAY(struct ask_body, member, may), __VA_ARGS__)
static const struct cn_field ask_rows[] = {
    ASK(version, BE_ABSENT, .min = 1, .max = INT64_MAX,
        .doc = "of the program that is tested: the active one, unless this or files is given"),
    CN_FIELD_OF_LIST(struct ask_body, files, &cn_program_file_item,
                     CN_MAY(struct ask_body, files, BE_ABSENT), .max = CN_PROGRAM_FILES_MAX,
                     .doc = "or a whole program that was not applied"),
    ASK(against, BE_BOTH, .min = 1, .max = INT64_MAX, .doc = "a second version, tested beside it"),
    CN_FIELD_OF_ENUM(struct ask_body, basis, &bases, CN_MAY(struct ask_body, basis, BE_ABSENT),
                     .doc = "known, unless given: what had been told by then; true: what was so "
                            "then, whenever it was told, for a past that was imported"),
    CN_FIELD_OF_DATE(struct ask_body, left_from, CN_MAY(struct ask_body, left_from, BE_BOTH),
                     .doc = "only of accounts that left on this day or after"),
    CN_FIELD_OF_DATE(struct ask_body, left_to, CN_MAY(struct ask_body, left_to, BE_BOTH),
                     .doc = "or before, this day included"),
};
static const struct cn_fields ask_fields = CN_FIELDS("BacktestAsk", struct ask_body, ask_rows);

/* ---- a run ---- */

struct run_view {
    cn_backtest_id id;
    enum cn_backtest_state state;
    int64_t version;
    enum cn_given version_given;
    int64_t against;
    enum cn_given against_given;
    enum cn_backtest_basis basis;
    int64_t left_from;
    enum cn_given left_from_given;
    int64_t left_to;
    enum cn_given left_to_given;
    cn_time asked_at;
    cn_time ended_at;
    enum cn_given ended_at_given;
    int64_t done;
    int64_t total;
    cn_str failure;
    enum cn_given failure_given;
    struct cn_backtest_report_list reports;
    cn_str currency;
};
#define RUN(member, ...)  CN_FIELD(struct run_view, member, __VA_ARGS__)
#define MAY_NULL(member)  CN_MAY(struct run_view, member, BE_NULL)
#define DAY(member, doc_) CN_FIELD_OF_DATE(struct run_view, member, MAY_NULL(member), .doc = (doc_))
#define RUN_ROWS                                                                                  \
    CN_FIELD_OF_ID(struct run_view, id, CN_BACKTEST_PREFIX, .doc = "the run"),                    \
        CN_FIELD_OF_ENUM(struct run_view, state, &states,                                         \
                         .doc = "how far it is; one runs at a time"),                             \
        RUN(version, MAY_NULL(version), .min = 1, .max = INT64_MAX,                               \
            .doc = "of the program; null: files that were never a version"),                      \
        RUN(against, MAY_NULL(against), .min = 1, .max = INT64_MAX, .doc = "the second version"), \
        CN_FIELD_OF_ENUM(struct run_view, basis, &bases, .doc = "as it was asked"),               \
        DAY(left_from, "departures from this day; null: all"),                                    \
        DAY(left_to, "to this day; null: all"), RUN(asked_at, .doc = "when it was asked for"),    \
        RUN(ended_at, MAY_NULL(ended_at), .doc = "when it was done or failed"),                   \
        RUN(done, .max = INT64_MAX, .doc = "while it runs: days of accounts evaluated"),          \
        RUN(total, .max = INT64_MAX, .doc = "of so many; 0: not known yet"),                      \
        RUN(failure, MAY_NULL(failure), .max = CN_BACKTEST_FAILURE_MAX_BYTES,                     \
            .doc = "why it failed")

static const struct cn_field run_rows[] = {
    RUN_ROWS,
    CN_FIELD_OF_LIST(struct run_view, reports, &cn_backtest_report_item,
                     .max = CN_BACKTEST_VERSIONS,
                     .doc = "when it is done: one for each version, in the order asked"),
    RUN(currency, .max = 3, .doc = "of ARR"),
};
static const struct cn_fields run_fields = CN_FIELDS("Backtest", struct run_view, run_rows);

static const struct cn_field brief_rows[] = { RUN_ROWS };
static const struct cn_fields brief_fields =
    CN_FIELDS("BacktestBrief", struct run_view, brief_rows);
static const struct cn_field brief_item = { .type = CN_FIELD_OBJECT, .object = &brief_fields };

static void view_run(const struct cn_request *req, const struct cn_backtest_run *run,
                     struct run_view *view)
{
    *view = (struct run_view){ .id = run->id,
                               .state = run->state,
                               .version = run->version,
                               .version_given = run->version > 0 ? CN_GIVEN : CN_NULL,
                               .against = run->against,
                               .against_given = run->against > 0 ? CN_GIVEN : CN_NULL,
                               .basis = run->basis,
                               .left_from = run->left_from,
                               .left_from_given = run->left_from_given,
                               .left_to = run->left_to,
                               .left_to_given = run->left_to_given,
                               .asked_at = run->asked_at,
                               .ended_at = run->ended_at,
                               .ended_at_given = run->ended_at_given,
                               .failure = run->failure,
                               .failure_given = run->failure.len > 0 ? CN_GIVEN : CN_NULL,
                               .currency = req->api->options.currency };
    if (run->state == CN_BACKTEST_RUNNING) {
        cn_backtest_runner_progress(req->api->backtests, run->id, &view->done, &view->total);
    }
}

/* The files to test, at most two; false with a failure. */
static bool load_files(const struct cn_request *req, const struct cn_backtest_run *run,
                       struct cn_engine *engine, struct cn_program_files *files, size_t *count_out,
                       struct cn_error *err)
{
    const struct ask_body *body = req->body;
    *count_out = 1;
    if (body->files_given == CN_GIVEN) {
        if (!cn_program_take_files(body->files.items, body->files.count, &files[0],
                                   req->problems)) {
            return cn_fail(err, CN_INVALID, "these files are no program");
        }
    } else if (!cn_program_load(req, engine, run->version, &files[0], err)) {
        return false;
    }
    if (run->against == 0) {
        return true;
    }
    *count_out = 2;
    return cn_program_load(req, engine, run->against, &files[1], err);
}

static enum cn_given given_or_null(enum cn_given given)
{
    return given == CN_GIVEN ? CN_GIVEN : CN_NULL;
}

static bool handle_ask(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct ask_body *body = req->body;
    struct cn_program_files files[CN_BACKTEST_VERSIONS] = { { 0 } };
    struct cn_apply_status status;
    struct cn_engine *engine = NULL;
    size_t count = 0;
    if (body->files_given == CN_GIVEN && body->version_given == CN_GIVEN) {
        return cn_fail(err, CN_INVALID, "give either files or version");
    }
    if (body->left_from_given == CN_GIVEN && body->left_to_given == CN_GIVEN &&
        body->left_from > body->left_to) {
        (void)cn_fail(err, CN_INVALID, "the last day is before the first");
        return cn_error_field(err, "left_to");
    }
    if (!sees_all(req, err) || !cn_program_engine(req, &engine, err)) {
        return false;
    }
    cn_engine_apply_status(engine, req->unit.arena, &status);
    struct cn_backtest_run run = {
        .id.value = cn_id_next(req->unit.ids, req->unit.now),
        .state = CN_BACKTEST_QUEUED,
        .version = body->version_given == CN_GIVEN ? body->version : status.active,
        .against = body->against,
        .basis = body->basis,
        .left_from = body->left_from,
        .left_from_given = given_or_null(body->left_from_given),
        .left_to = body->left_to,
        .left_to_given = given_or_null(body->left_to_given),
        .step_days = 1,
        .segment = CN_STR(""),
        .asked_at = req->unit.now,
        .ended_at_given = CN_NULL,
    };
    run.version = body->files_given == CN_GIVEN ? 0 : run.version;
    if (!load_files(req, &run, engine, files, &count, err) ||
        !cn_backtest_runner_ask(req->api->backtests, &req->unit, &run, files, count, err)) {
        return false;
    }
    view_run(req, &run, res->body);
    return true;
}

/* ---- looking ---- */

static const struct cn_field query_rows[] = { CN_PAGE_ROWS(CN_BACKTEST_PREFIX) };
static const struct cn_fields query_fields =
    CN_FIELDS("BacktestQuery", struct cn_page_query, query_rows);

struct run_page {
    struct {
        struct run_view *items;
        size_t count;
    } data;
    struct cn_page_end next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct run_page, data, &brief_item, .max = RUNS_MAX,
                     .doc = "the newest first; the last 20 are kept"),
    CN_FIELD_OF_ID(struct run_page, next_cursor, CN_BACKTEST_PREFIX,
                   CN_MAY(struct run_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields page_fields = CN_FIELDS("BacktestList", struct run_page, page_rows);

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct run_page *page = res->body;
    struct cn_backtest_run_list runs;
    if (!sees_all(req, err) ||
        !cn_backtest_run_list(&req->unit, CN_BACKTEST_OF_DEPARTURES, &runs, err)) {
        return false;
    }
    struct cn_list list = { runs.items, runs.count };
    if (!cn_page_cut(req->query, sizeof(struct cn_backtest_run), &list, &page->next_cursor,
                     &page->next_cursor_given, err)) {
        return false;
    }
    const struct cn_backtest_run *cut = list.items;
    page->data.count = list.count;
    page->data.items = cn_arena_array(req->unit.arena, struct run_view, list.count + 1);
    for (size_t i = 0; i < list.count; i++) {
        view_run(req, &cut[i], &page->data.items[i]);
    }
    return true;
}

struct run_path {
    cn_backtest_id backtest_id;
};
static const struct cn_field path_rows[] = {
    CN_FIELD_OF_ID(struct run_path, backtest_id, CN_BACKTEST_PREFIX, .doc = "the run"),
};
static const struct cn_fields path_fields = CN_FIELDS("BacktestPath", struct run_path, path_rows);

static bool handle_get(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct run_path *path = req->path;
    struct run_view *view = res->body;
    struct cn_backtest_run run;
    struct cn_error unread;
    if (!sees_all(req, err) || !cn_backtest_run_load(&req->unit, CN_BACKTEST_OF_DEPARTURES,
                                                     path->backtest_id, &run, err)) {
        return false;
    }
    view_run(req, &run, view);
    if (!cn_backtest_reports_read(run.reports, req->unit.arena, &view->reports, &unread)) {
        view->state = CN_BACKTEST_FAILED; /* the form changes with releases, and a run is cheap */
        view->failure = CN_STR("it is of another release of Cairn: run it again");
        view->failure_given = CN_GIVEN;
    }
    return true;
}

static bool handle_stop(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct run_path *path = req->path;
    struct cn_backtest_run run;
    if (!sees_all(req, err) || !cn_backtest_run_load(&req->unit, CN_BACKTEST_OF_DEPARTURES,
                                                     path->backtest_id, &run, err)) {
        return false;
    }
    cn_backtest_runner_stop(req->api->backtests, path->backtest_id);
    view_run(req, &run, res->body);
    return true;
}

static const struct cn_route backtest_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/backtests",
      .access = CN_PROGRAM_AUTHORS,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listBacktests",
      .doc = "Back-tests that were asked for" },
    { .method = CN_POST,
      .path = "/api/v1/backtests",
      .access = CN_PROGRAM_AUTHORS,
      .body = &ask_fields,
      .takes_program = true,
      .response = &brief_fields,
      .run = CN_RUN_SLOW,
      .failures = CN_FAILS(CN_INVALID) | CN_FAILS(CN_NOT_FOUND) | CN_FAILS(CN_TOO_MANY),
      .success_status = 202,
      .handler = handle_ask,
      .operation = "askBacktest",
      .doc = "Ask what a program would have told of the accounts that left" },
    { .method = CN_GET,
      .path = "/api/v1/backtests/{backtest_id}",
      .access = CN_PROGRAM_AUTHORS,
      .path_params = &path_fields,
      .response = &run_fields,
      .failures = CN_FAILS(CN_NOT_FOUND),
      .success_status = 200,
      .handler = handle_get,
      .operation = "getBacktest",
      .doc = "How far a back-test is, and what it came to" },
    { .method = CN_POST,
      .path = "/api/v1/backtests/{backtest_id}/stop",
      .access = CN_PROGRAM_AUTHORS,
      .path_params = &path_fields,
      .response = &brief_fields,
      .failures = CN_FAILS(CN_NOT_FOUND),
      .success_status = 200,
      .handler = handle_stop,
      .operation = "stopBacktest",
      .doc = "End a back-test that waits or runs" },
};

const struct cn_route_table cn_api_backtests = CN_ROUTE_TABLE(backtest_routes);
