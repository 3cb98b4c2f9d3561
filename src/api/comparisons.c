/* /api/v1/comparisons: how scores of a book, a portfolio or a segment would have run under two
 * versions of the program, side by side. */
#include "base/str.h"

#include "api/access.h"
#include "api/accounts.h"
#include "api/backtest_runner.h"
#include "api/comparison_view.h"
#include "api/program_view.h"
#include "api/resources.h"
#include "engine/boards.h"

enum {
    RUNS_MAX = 200,
    USUAL_DAYS = 90
};

static const struct cn_names bases = { cn_backtest_basis_names, CN_BACKTEST_BASES };
static const struct cn_names states = { cn_backtest_state_names, CN_BACKTEST_STATES };

enum step {
    STEP_DAY,
    STEP_WEEK
};
static const char *const step_texts[] = { "day", "week" };
static const struct cn_names steps = { step_texts, CN_ARRAY_LEN(step_texts) };

static int64_t days_of(int step)
{
    return step == STEP_WEEK ? 7 : 1;
}

/* What is told names accounts of the whole workspace. */
static bool sees_all(const struct cn_request *req, struct cn_error *err)
{
    return req->unit.scope == CN_SCOPE_ALL ||
           cn_fail(err, CN_DENIED, "a comparison tells of accounts that you may not see");
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
    int64_t from;
    enum cn_given from_given;
    int64_t to;
    enum cn_given to_given;
    int step;
    enum cn_given step_given;
    cn_user_id owner_id;
    enum cn_given owner_id_given;
    cn_str segment;
    enum cn_given segment_given;
};
#define ASK(member, may, ...) \
    CN_FIELD(struct ask_body, member, CN_MAY(struct ask_body, member, may), __VA_ARGS__)
#define ASK_DAY(member, doc_)                                                           \
    CN_FIELD_OF_DATE(struct ask_body, member, CN_MAY(struct ask_body, member, BE_BOTH), \
                     .doc = (doc_))
static const struct cn_field ask_rows[] = {
    ASK(version, BE_ABSENT, .min = 1, .max = INT64_MAX,
        .doc = "of the program: the active one, unless this or files is given"),
    CN_FIELD_OF_LIST(struct ask_body, files, &cn_program_file_item,
                     CN_MAY(struct ask_body, files, BE_ABSENT), .max = CN_PROGRAM_FILES_MAX,
                     .doc = "or a whole program that was not applied"),
    ASK(against, BE_BOTH, .min = 1, .max = INT64_MAX,
        .doc = "the version that was before; unless given: the active one, or, of the active one, "
               "the one before it"),
    CN_FIELD_OF_ENUM(struct ask_body, basis, &bases, CN_MAY(struct ask_body, basis, BE_ABSENT),
                     .doc = "true, unless given: what was so then, whenever it was told; known: "
                            "what had been told by then"),
    ASK_DAY(from, "the first day that is shown; 90 days before the last one unless given"),
    ASK_DAY(to, "the last day, this day included; today unless given; at most 400 days in all"),
    CN_FIELD_OF_ENUM(struct ask_body, step, &steps, CN_MAY(struct ask_body, step, BE_ABSENT),
                     .doc = "what is shown: each day, unless given, or one a week back from the "
                            "last; all are evaluated"),
    CN_FIELD_OF_ID(struct ask_body, owner_id, CN_USER_PREFIX,
                   CN_MAY(struct ask_body, owner_id, BE_BOTH),
                   .doc = "only accounts that this CSM owns today"),
    ASK(segment, BE_BOTH, .max = CN_SEGMENT_NAME_MAX_BYTES,
        .doc = "only accounts that are in this segment of the running program today"),
};
static const struct cn_fields ask_fields = CN_FIELDS("ComparisonAsk", struct ask_body, ask_rows);

/* ---- a run ---- */

struct run_view {
    cn_backtest_id id;
    enum cn_backtest_state state;
    int64_t version;
    enum cn_given version_given;
    int64_t against;
    enum cn_backtest_basis basis;
    int64_t from;
    int64_t to;
    int step;
    cn_user_id owner_id;
    enum cn_given owner_id_given;
    cn_str segment;
    enum cn_given segment_given;
    cn_time asked_at;
    cn_time ended_at;
    enum cn_given ended_at_given;
    int64_t done;
    int64_t total;
    cn_str failure;
    enum cn_given failure_given;
    struct cn_comparison_view result;
    enum cn_given result_given;
    cn_str currency;
};
#define RUN(member, ...) CN_FIELD(struct run_view, member, __VA_ARGS__)
#define MAY_NULL(member) CN_MAY(struct run_view, member, BE_NULL)
#define RUN_ROWS                                                                                   \
    CN_FIELD_OF_ID(struct run_view, id, CN_COMPARISON_PREFIX, .doc = "the run"),                   \
        CN_FIELD_OF_ENUM(struct run_view, state, &states,                                          \
                         .doc = "how far it is; one runs at a time, back-tests included"),         \
        RUN(version, MAY_NULL(version), .min = 1, .max = INT64_MAX,                                \
            .doc = "of the program; null: files that were never a version"),                       \
        RUN(against, .min = 1, .max = INT64_MAX, .doc = "the version that was before"),            \
        CN_FIELD_OF_ENUM(struct run_view, basis, &bases, .doc = "as it was asked"),                \
        CN_FIELD_OF_DATE(struct run_view, from, .doc = "the first day"),                           \
        CN_FIELD_OF_DATE(struct run_view, to, .doc = "the last day"),                              \
        CN_FIELD_OF_ENUM(struct run_view, step, &steps, .doc = "between two days that are shown"), \
        CN_FIELD_OF_ID(struct run_view, owner_id, CN_USER_PREFIX, MAY_NULL(owner_id),              \
                       .doc = "only this CSM's accounts; null: all"),                              \
        RUN(segment, MAY_NULL(segment), .max = CN_SEGMENT_NAME_MAX_BYTES,                          \
            .doc = "only accounts in this segment; null: all"),                                    \
        RUN(asked_at, .doc = "when it was asked for"),                                             \
        RUN(ended_at, MAY_NULL(ended_at), .doc = "when it was done or failed"),                    \
        RUN(done, .max = INT64_MAX, .doc = "while it runs: days of accounts evaluated"),           \
        RUN(total, .max = INT64_MAX, .doc = "of so many; 0: not known yet"),                       \
        RUN(failure, MAY_NULL(failure), .max = CN_BACKTEST_FAILURE_MAX_BYTES,                      \
            .doc = "why it failed")

static const struct cn_field run_rows[] = {
    RUN_ROWS,
    CN_FIELD_OF_OBJECT(struct run_view, result, &cn_comparison_fields, MAY_NULL(result),
                       .doc = "null: it is not done"),
    RUN(currency, .max = 3, .doc = "of ARR"),
};
static const struct cn_fields run_fields = CN_FIELDS("Comparison", struct run_view, run_rows);

static const struct cn_field brief_rows[] = { RUN_ROWS };
static const struct cn_fields brief_fields =
    CN_FIELDS("ComparisonBrief", struct run_view, brief_rows);
static const struct cn_field brief_item = { .type = CN_FIELD_OBJECT, .object = &brief_fields };

static void view_run(const struct cn_request *req, const struct cn_backtest_run *run,
                     struct run_view *view)
{
    *view = (struct run_view){ .id = run->id,
                               .state = run->state,
                               .version = run->version,
                               .version_given = run->version > 0 ? CN_GIVEN : CN_NULL,
                               .against = run->against,
                               .basis = run->basis,
                               .from = run->first_day,
                               .to = run->last_day,
                               .step = run->step_days > 1 ? STEP_WEEK : STEP_DAY,
                               .owner_id = run->owner_id,
                               .owner_id_given = run->owner_id.value != 0 ? CN_GIVEN : CN_NULL,
                               .segment = run->segment,
                               .segment_given = run->segment.len > 0 ? CN_GIVEN : CN_NULL,
                               .asked_at = run->asked_at,
                               .ended_at = run->ended_at,
                               .ended_at_given = run->ended_at_given,
                               .failure = run->failure,
                               .failure_given = run->failure.len > 0 ? CN_GIVEN : CN_NULL,
                               .result_given = CN_NULL,
                               .currency = req->api->options.currency };
    if (run->state == CN_BACKTEST_RUNNING) {
        cn_backtest_runner_progress(req->api->backtests, run->id, &view->done, &view->total);
    }
}

static bool wrong(struct cn_error *err, const char *field, const char *message)
{
    (void)cn_fail(err, CN_INVALID, "%s", message);
    return cn_error_field(err, field);
}

static bool check_days(const struct cn_request *req, const struct cn_backtest_run *run,
                       struct cn_error *err)
{
    const struct ask_body *body = req->body;
    if (run->first_day > run->last_day) {
        return wrong(err, body->to_given == CN_GIVEN ? "to" : "from",
                     "the last day is before the first");
    }
    if (run->last_day > cn_unit_day(&req->unit)) {
        return wrong(err, "to", "the last day is today or before");
    }
    if (run->last_day - run->first_day >= CN_COMPARISON_DAYS_MAX) {
        (void)cn_fail(err, CN_INVALID, "at most %d days are compared", CN_COMPARISON_DAYS_MAX);
        return cn_error_field(err, "from");
    }
    return true;
}

/* Of the running program: a wrong name would be nobody. */
static bool check_segment(const struct cn_request *req, struct cn_engine *engine, cn_str name,
                          struct cn_error *err)
{
    struct cn_segment_board board;
    if (name.len == 0) {
        return true;
    }
    cn_engine_segment_board(engine, &req->unit, req->unit.arena, &board);
    for (size_t i = 0; i < board.count; i++) {
        if (board.items[i].kind == CN_SEGMENT_PLAIN && cn_str_equal(board.items[i].name, name)) {
            return true;
        }
    }
    return wrong(err, "segment", "the running program has no segment of that name");
}

/* Which version was before. */
static bool find_against(const struct ask_body *body, int64_t active, struct cn_backtest_run *run,
                         struct cn_error *err)
{
    const bool is_active = body->files_given != CN_GIVEN && run->version == active;
    run->against = body->against_given == CN_GIVEN ? body->against
                   : is_active                     ? active - 1
                                                   : active;
    return run->against > 0 ||
           wrong(err, "against", "there is no version before it: say which to compare with");
}

/* What is compared, then what was before. */
static bool load_files(const struct cn_request *req, const struct cn_backtest_run *run,
                       struct cn_engine *engine, struct cn_program_files *files,
                       struct cn_error *err)
{
    const struct ask_body *body = req->body;
    if (body->files_given == CN_GIVEN) {
        if (!cn_program_take_files(body->files.items, body->files.count, &files[0],
                                   req->problems)) {
            return cn_fail(err, CN_INVALID, "these files are no program");
        }
    } else if (!cn_program_load(req, engine, run->version, &files[0], err)) {
        return false;
    }
    return cn_program_load(req, engine, run->against, &files[1], err);
}

static struct cn_backtest_run run_of(const struct cn_request *req, int64_t active)
{
    const struct ask_body *body = req->body;
    const int64_t last = body->to_given == CN_GIVEN ? body->to : cn_unit_day(&req->unit);
    struct cn_backtest_run run = {
        .id.value = cn_id_next(req->unit.ids, req->unit.now),
        .kind = CN_BACKTEST_COMPARISON,
        .state = CN_BACKTEST_QUEUED,
        .version = body->version_given == CN_GIVEN ? body->version : active,
        .basis = body->basis_given == CN_GIVEN ? body->basis : CN_BACKTEST_TRUE,
        .left_from_given = CN_NULL,
        .left_to_given = CN_NULL,
        .first_day = body->from_given == CN_GIVEN ? body->from : last - USUAL_DAYS,
        .last_day = last,
        .step_days = days_of(body->step),
        .owner_id = body->owner_id,
        .segment = body->segment_given == CN_GIVEN ? body->segment : CN_STR(""),
        .asked_at = req->unit.now,
        .ended_at_given = CN_NULL,
    };
    run.version = body->files_given == CN_GIVEN ? 0 : run.version;
    return run;
}

static bool handle_ask(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct ask_body *body = req->body;
    struct cn_program_files files[CN_BACKTEST_VERSIONS] = { { 0 } };
    struct cn_apply_status status;
    struct cn_engine *engine = NULL;
    if (body->files_given == CN_GIVEN && body->version_given == CN_GIVEN) {
        return cn_fail(err, CN_INVALID, "give either files or version");
    }
    if (!sees_all(req, err) || !cn_program_engine(req, &engine, err)) {
        return false;
    }
    cn_engine_apply_status(engine, req->unit.arena, &status);
    struct cn_backtest_run run = run_of(req, status.active);
    if (!check_days(req, &run, err) || !check_segment(req, engine, run.segment, err) ||
        !find_against(body, status.active, &run, err) ||
        !load_files(req, &run, engine, files, err) ||
        !cn_backtest_runner_ask(req->api->backtests, &req->unit, &run, files, CN_BACKTEST_VERSIONS,
                                err)) {
        return false;
    }
    view_run(req, &run, res->body);
    return true;
}

/* ---- looking ---- */

static const struct cn_field query_rows[] = { CN_PAGE_ROWS(CN_COMPARISON_PREFIX) };
static const struct cn_fields query_fields =
    CN_FIELDS("ComparisonQuery", struct cn_page_query, query_rows);

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
    CN_FIELD_OF_ID(struct run_page, next_cursor, CN_COMPARISON_PREFIX,
                   CN_MAY(struct run_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields page_fields = CN_FIELDS("ComparisonList", struct run_page, page_rows);

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct run_page *page = res->body;
    struct cn_backtest_run_list runs;
    if (!sees_all(req, err) ||
        !cn_backtest_run_list(&req->unit, CN_BACKTEST_COMPARISON, &runs, err)) {
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
    cn_backtest_id comparison_id;
};
static const struct cn_field path_rows[] = {
    CN_FIELD_OF_ID(struct run_path, comparison_id, CN_COMPARISON_PREFIX, .doc = "the run"),
};
static const struct cn_fields path_fields = CN_FIELDS("ComparisonPath", struct run_path, path_rows);

static bool load(const struct cn_request *req, struct cn_backtest_run *run_out,
                 struct cn_error *err)
{
    const struct run_path *path = req->path;
    return sees_all(req, err) && cn_backtest_run_load(&req->unit, CN_BACKTEST_COMPARISON,
                                                      path->comparison_id, run_out, err);
}

static bool handle_get(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct run_view *view = res->body;
    struct cn_backtest_run run;
    struct cn_error unread;
    if (!load(req, &run, err)) {
        return false;
    }
    view_run(req, &run, view);
    if (run.state == CN_BACKTEST_DONE &&
        cn_comparison_read(run.reports, req->unit.arena, &view->result, &unread)) {
        view->result_given = CN_GIVEN;
    } else if (run.state == CN_BACKTEST_DONE) {
        view->state = CN_BACKTEST_FAILED; /* the form changes with releases, and a run is cheap */
        view->failure = CN_STR("it is of another release of Cairn: run it again");
        view->failure_given = CN_GIVEN;
    }
    return true;
}

static bool handle_stop(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct cn_backtest_run run;
    if (!load(req, &run, err)) {
        return false;
    }
    cn_backtest_runner_stop(req->api->backtests, run.id);
    view_run(req, &run, res->body);
    return true;
}

static const struct cn_route comparison_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/comparisons",
      .access = CN_PROGRAM_AUTHORS,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listComparisons",
      .doc = "Comparisons that were asked for" },
    { .method = CN_POST,
      .path = "/api/v1/comparisons",
      .access = CN_PROGRAM_AUTHORS,
      .body = &ask_fields,
      .takes_program = true,
      .response = &brief_fields,
      .run = CN_RUN_SLOW,
      .failures = CN_FAILS(CN_INVALID) | CN_FAILS(CN_NOT_FOUND) | CN_FAILS(CN_TOO_MANY),
      .success_status = 202,
      .handler = handle_ask,
      .operation = "askComparison",
      .doc = "Ask how scores would have run under two versions of the program" },
    { .method = CN_GET,
      .path = "/api/v1/comparisons/{comparison_id}",
      .access = CN_PROGRAM_AUTHORS,
      .path_params = &path_fields,
      .response = &run_fields,
      .failures = CN_FAILS(CN_NOT_FOUND),
      .success_status = 200,
      .handler = handle_get,
      .operation = "getComparison",
      .doc = "How far a comparison is, and what it came to" },
    { .method = CN_POST,
      .path = "/api/v1/comparisons/{comparison_id}/stop",
      .access = CN_PROGRAM_AUTHORS,
      .path_params = &path_fields,
      .response = &brief_fields,
      .failures = CN_FAILS(CN_NOT_FOUND),
      .success_status = 200,
      .handler = handle_stop,
      .operation = "stopComparison",
      .doc = "End a comparison that waits or runs" },
};

const struct cn_route_table cn_api_comparisons = CN_ROUTE_TABLE(comparison_routes);
