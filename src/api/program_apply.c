/* /api/v1/program: checking, applying and rolling back. */
#include "base/str.h"

#include "api/access.h"
#include "api/program_view.h"
#include "api/resources.h"
#include "book/change.h"
#include "engine/check.h"
#include "engine/diff.h"
#include "program/problem.h"
#include "program/version.h"

enum {
    APPLY_WAIT_US = 10000000 /* then it is said to be building */
};

static const struct cn_names states = { cn_version_state_names, CN_VERSION_STATE_COUNT };

/* ---- checking ---- */

struct files_body {
    struct cn_program_file_list files;
};
static const struct cn_field files_rows[] = {
    CN_FIELD_OF_LIST(struct files_body, files, &cn_program_file_item, .max = CN_PROGRAM_FILES_MAX,
                     .doc = "the whole program"),
};
static const struct cn_fields files_fields =
    CN_FIELDS("ProgramFiles", struct files_body, files_rows);

static const struct cn_field summary_rows[] = {
    CN_FIELD(struct cn_program_summary, metrics, .max = INT64_MAX, .doc = "how many metrics"),
    CN_FIELD(struct cn_program_summary, scorecards, .max = INT64_MAX, .doc = "scorecards"),
    CN_FIELD(struct cn_program_summary, segments, .max = INT64_MAX, .doc = "segments"),
    CN_FIELD(struct cn_program_summary, signals, .max = INT64_MAX, .doc = "signals"),
    CN_FIELD(struct cn_program_summary, columns, .max = INT64_MAX,
             .doc = "columns that its rules read"),
};
static const struct cn_fields summary_fields =
    CN_FIELDS("ProgramSummary", struct cn_program_summary, summary_rows);

struct check_view {
    bool ok;
    struct cn_program_problem_list problems;
    struct cn_program_summary summary;
};
static const struct cn_field check_rows[] = {
    CN_FIELD(struct check_view, ok, .doc = "it could be applied"),
    CN_FIELD_OF_LIST(struct check_view, problems, &cn_program_problem_item,
                     .max = CN_DIAGNOSTICS_MAX, .doc = "every mistake, at most 100"),
    CN_FIELD_OF_OBJECT(struct check_view, summary, &summary_fields,
                       .doc = "what it consists of; zeros unless ok"),
};
static const struct cn_fields check_fields =
    CN_FIELDS("ProgramCheck", struct check_view, check_rows);

static bool handle_check(const struct cn_request *req, struct cn_response *res,
                         struct cn_error *err)
{
    const struct files_body *body = req->body;
    struct check_view *view = res->body;
    struct cn_program_files files;
    struct cn_diagnostics problems;
    (void)err; /* what is wrong with the program is the answer */
    cn_diagnostics_init(&problems, req->unit.arena);
    view->ok = cn_program_take_files(body->files.items, body->files.count, &files, &problems) &&
               cn_program_check(&files, &view->summary, &problems);
    view->problems = cn_program_problems_view(&problems, &files, req->unit.arena);
    return true;
}

/* ---- applying ---- */

struct apply_body {
    struct cn_program_file_list files;
    cn_str note;
    enum cn_given note_given;
    int64_t base_version;
    enum cn_given base_version_given;
    struct cn_program_texts start;
    enum cn_given start_given;
};
static const struct cn_field apply_rows[] = {
    CN_FIELD_OF_LIST(struct apply_body, files, &cn_program_file_item, .max = CN_PROGRAM_FILES_MAX,
                     .doc = "the whole program"),
    CN_FIELD(struct apply_body, note, CN_MAY(struct apply_body, note, BE_ABSENT),
             .max = CN_PROGRAM_NOTE_MAX, .doc = "why, for the list of versions"),
    CN_FIELD(struct apply_body, base_version, CN_MAY(struct apply_body, base_version, BE_BOTH),
             .min = 1, .max = INT64_MAX,
             .doc = "the version that was changed: if another one was applied meanwhile, this "
                    "fails; null: whatever there is"),
    CN_PROGRAM_STARTS(struct apply_body,
                      .doc =
                          "new or changed signals that are raised at once for accounts that match "
                          "when the version becomes active; for all others that is their baseline"),
};
static const struct cn_fields apply_fields =
    CN_FIELDS("ProgramApply", struct apply_body, apply_rows);

struct applied_view {
    int64_t version;
    enum cn_version_state state;
    struct cn_program_texts words;
};
static const struct cn_field applied_rows[] = {
    CN_FIELD(struct applied_view, version, .min = 1, .max = INT64_MAX, .doc = "its number"),
    CN_FIELD_OF_ENUM(struct applied_view, state, &states,
                     .doc = "active, or building while it is not yet: see building of the program"),
    CN_FIELD_OF_LIST(struct applied_view, words, &cn_program_text_item, .max = CN_PROGRAM_TEXTS_MAX,
                     .doc = "what it changes for the accounts"),
};
static const struct cn_fields applied_fields =
    CN_FIELDS("ProgramApplied", struct applied_view, applied_rows);

struct saving {
    const struct cn_request *req;
    struct cn_program_files files;
    struct cn_program_version draft;
    struct cn_program_version saved;
};

static bool save_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct saving *saving = arg;
    struct cn_unit unit = saving->req->unit;
    unit.conn = conn;
    if (!cn_program_version_save(conn, unit.arena, &saving->files, &saving->draft, &saving->saved,
                                 err)) {
        return false;
    }
    cn_change_note(&unit, (cn_account_id){ 0 }, CN_CHANGE_PROGRAM);
    return true;
}

/* The problem document says of each where in the body it is. */
static bool refuse_starts(const struct cn_request *req, const struct cn_diagnostics *problems,
                          struct cn_error *err)
{
    for (size_t i = 0; i < problems->count; i++) {
        (void)cn_diagnose(req->problems, &problems->items[i].place, "%.*s",
                          CN_STR_ARG(problems->items[i].message));
    }
    return cn_fail(err, CN_INVALID, "%zu of the signals cannot be raised at once", problems->total);
}

/* The problem document says of each where it is and what would repair it. */
static bool refuse(const struct cn_request *req, const struct cn_program_files *files,
                   struct cn_diagnostics *problems, struct cn_error *err)
{
    cn_program_points(problems, files);
    for (size_t i = 0; i < problems->count; i++) {
        const struct cn_diagnostic *item = &problems->items[i];
        struct cn_place place = item->place;
        place.pointer = CN_STR("/files");
        (void)cn_diagnose(req->problems, &place, "%.*s", CN_STR_ARG(item->message));
        cn_diagnose_end(req->problems, item->end_line, item->end_column);
        cn_diagnose_fix(req->problems, &item->fix);
    }
    return cn_fail(err, CN_INVALID, "the program has %zu problem(s)", problems->total);
}

/* Before it happens: afterwards nothing is left to compare with. */
static bool say_what_changes(const struct saving *saving, struct cn_engine *engine,
                             struct applied_view *view, struct cn_error *err)
{
    const struct cn_request *req = saving->req;
    struct cn_diff diff = { 0 };
    struct cn_diagnostics problems;
    const struct cn_diff_question question = { .unit = &req->unit,
                                               .files = &saving->files,
                                               .currency = req->api->options.currency,
                                               .starts = saving->draft.starts,
                                               .start_count = saving->draft.start_count };
    cn_diagnostics_init(&problems, req->unit.arena);
    if (!cn_engine_diff(engine, &question, &diff, &problems, err)) {
        return problems.total > 0 ? refuse(req, &saving->files, &problems, err) : false;
    }
    view->words = (struct cn_program_texts){ diff.words, diff.word_count };
    return true;
}

/* Against the active version: what asks the same as there becomes true nowhere. */
static bool check_starts(const struct saving *saving, struct cn_engine *engine,
                         struct cn_error *err)
{
    const struct cn_request *req = saving->req;
    struct cn_program_files running;
    struct cn_diagnostics problems;
    if (saving->draft.start_count == 0) {
        return true;
    }
    if (!cn_program_load(req, engine, 0, &running, err)) {
        return false;
    }
    const struct cn_program_start_question question = { .running = &running,
                                                        .files = &saving->files,
                                                        .names = saving->draft.starts,
                                                        .count = saving->draft.start_count };
    cn_diagnostics_init(&problems, req->unit.arena);
    return cn_program_check_starts(&question, &problems) || refuse_starts(req, &problems, err);
}

/* Checks, saves, and waits until the engine has taken it. */
static bool apply(struct saving *saving, struct applied_view *view, struct cn_error *err)
{
    const struct cn_request *req = saving->req;
    struct cn_diagnostics problems;
    struct cn_program_summary summary;
    struct cn_engine *engine = NULL;
    cn_diagnostics_init(&problems, req->unit.arena);
    if (!cn_program_check(&saving->files, &summary, &problems)) {
        return refuse(req, &saving->files, &problems, err);
    }
    if (!cn_program_engine(req, &engine, err) || !check_starts(saving, engine, err) ||
        !say_what_changes(saving, engine, view, err)) {
        return false;
    }
    saving->draft.author_id = req->unit.user.value;
    saving->draft.at = req->unit.now;
    if (!cn_db_write(req->api->options.db, save_work, saving, err)) {
        return false;
    }
    view->version = saving->saved.number;
    view->state = cn_engine_apply_wait(engine, view->version, APPLY_WAIT_US);
    return view->state != CN_VERSION_FAILED ||
           cn_fail(err, CN_INVALID, "version %lld could not be made active; the one before goes on",
                   (long long)view->version);
}

static bool handle_apply(const struct cn_request *req, struct cn_response *res,
                         struct cn_error *err)
{
    const struct apply_body *body = req->body;
    struct saving saving = { .req = req,
                             .draft = { .note = body->note,
                                        .base = body->base_version,
                                        .starts = body->start.items,
                                        .start_count = body->start.count } };
    struct cn_diagnostics problems;
    cn_diagnostics_init(&problems, req->unit.arena);
    if (!cn_program_take_files(body->files.items, body->files.count, &saving.files, &problems)) {
        return refuse(req, &saving.files, &problems, err);
    }
    return apply(&saving, res->body, err);
}

struct rollback_body {
    int64_t version;
    cn_str note;
    enum cn_given note_given;
};
static const struct cn_field rollback_rows[] = {
    CN_FIELD(struct rollback_body, version, .min = 1, .max = INT64_MAX,
             .doc = "whose text is to be active again"),
    CN_FIELD(struct rollback_body, note, CN_MAY(struct rollback_body, note, BE_ABSENT),
             .max = CN_PROGRAM_NOTE_MAX, .doc = "why"),
};
static const struct cn_fields rollback_fields =
    CN_FIELDS("ProgramRollback", struct rollback_body, rollback_rows);

static bool handle_rollback(const struct cn_request *req, struct cn_response *res,
                            struct cn_error *err)
{
    const struct rollback_body *body = req->body;
    struct cn_db *db = req->api->options.db;
    struct cn_sql_conn *conn = NULL;
    struct cn_program_version past;
    struct saving saving = { .req = req,
                             .draft = { .note = body->note, .rolls_back = body->version } };
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    bool ok =
        cn_program_version_load(conn, req->unit.arena, body->version, &past, &saving.files, err);
    cn_db_release(db, conn);
    return ok && apply(&saving, res->body, err);
}

static const struct cn_route apply_routes[] = {
    { .method = CN_POST,
      .path = "/api/v1/program/check",
      .access = CN_PROGRAM_AUTHORS,
      .body = &files_fields,
      .takes_program = true,
      .response = &check_fields,
      .run = CN_RUN_SLOW,
      .success_status = 200,
      .handler = handle_check,
      .operation = "checkProgram",
      .doc = "Every mistake of a program, with its place" },
    { .method = CN_POST,
      .path = "/api/v1/program/apply",
      .access = CN_OPERATORS,
      .body = &apply_fields,
      .takes_program = true,
      .response = &applied_fields,
      .run = CN_RUN_SLOW,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 200,
      .handler = handle_apply,
      .operation = "applyProgram",
      .doc = "Make a new version of the program and evaluate by it" },
    { .method = CN_POST,
      .path = "/api/v1/program/rollback",
      .access = CN_OPERATORS,
      .body = &rollback_fields,
      .response = &applied_fields,
      .run = CN_RUN_SLOW,
      .failures = CN_FAILS(CN_NOT_FOUND) | CN_FAILS(CN_CONFLICT),
      .success_status = 200,
      .handler = handle_rollback,
      .operation = "rollBackProgram",
      .doc = "Make a new version with the text of an old one" },
};

const struct cn_route_table cn_api_program_apply = CN_ROUTE_TABLE(apply_routes);
