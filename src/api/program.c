/* /api/v1/program: its text, its versions, checking and applying. */
#include <stdio.h>

#include "base/str.h"

#include "api/access.h"
#include "api/program_view.h"
#include "api/resources.h"
#include "book/change.h"
#include "book/user.h"
#include "cel/function.h"
#include "engine/check.h"
#include "program/problem.h"
#include "program/version.h"

enum {
    VERSIONS_MAX = 100,
    VERSIONS_USUAL = 20,
    NAMES_MAX = 20000,
    APPLY_WAIT_US = 10000000, /* then it is said to be building */
    TEXT_MAX = 1000
};

static const struct cn_field text_item = { .type = CN_FIELD_STR, .max = TEXT_MAX };

struct text_list {
    cn_str *items;
    size_t count;
};

/* ---- views ---- */

struct author_view {
    cn_user_id id;
    cn_str name;
};
static const struct cn_field author_rows[] = {
    CN_FIELD_OF_ID(struct author_view, id, CN_USER_PREFIX, .doc = "the user"),
    CN_FIELD(struct author_view, name, .max = 200, .doc = "display name"),
};
static const struct cn_fields author_fields =
    CN_FIELDS("ProgramAuthor", struct author_view, author_rows);

struct metric_view {
    cn_str name;
    int64_t done_days;
    int64_t total_days;
};
static const struct cn_field metric_rows[] = {
    CN_FIELD(struct metric_view, name, .max = 200, .doc = "as rules call it"),
    CN_FIELD(struct metric_view, done_days, .max = INT64_MAX, .doc = "days of the log read"),
    CN_FIELD(struct metric_view, total_days, .max = INT64_MAX, .doc = "of these; 0: not begun"),
};
static const struct cn_fields metric_fields =
    CN_FIELDS("BuildingMetric", struct metric_view, metric_rows);
static const struct cn_field metric_item = { .type = CN_FIELD_OBJECT, .object = &metric_fields };

struct building_view {
    int64_t version;
    cn_str note;
    cn_time at;
    struct {
        struct metric_view *items;
        size_t count;
    } metrics;
};
static const struct cn_field building_rows[] = {
    CN_FIELD(struct building_view, version, .min = 1, .max = INT64_MAX, .doc = "its number"),
    CN_FIELD(struct building_view, note, .max = CN_PROGRAM_NOTE_MAX, .doc = "why"),
    CN_FIELD(struct building_view, at, .doc = "when it was applied"),
    CN_FIELD_OF_LIST(struct building_view, metrics, &metric_item, .max = CN_METRICS_MAX,
                     .doc = "what is counted for it"),
};
static const struct cn_fields building_fields =
    CN_FIELDS("ProgramBuilding", struct building_view, building_rows);

struct program_view {
    int64_t version;
    cn_str hash;
    cn_time at;
    struct author_view author;
    enum cn_given author_given;
    cn_str note;
    struct cn_program_file_list files;
    struct building_view building;
    enum cn_given building_given;
};
#define PROGRAM(member, ...) CN_FIELD(struct program_view, member, __VA_ARGS__)
static const struct cn_field program_rows[] = {
    PROGRAM(version, .min = 1, .max = INT64_MAX, .doc = "the active one"),
    PROGRAM(hash, .max = 64, .doc = "names its text"),
    PROGRAM(at, .doc = "when it was applied"),
    CN_FIELD_OF_OBJECT(struct program_view, author, &author_fields,
                       CN_MAY(struct program_view, author, BE_NULL),
                       .doc = "null: Cairn, or a command"),
    PROGRAM(note, .max = CN_PROGRAM_NOTE_MAX, .doc = "why, in the author's words"),
    CN_FIELD_OF_LIST(struct program_view, files, &cn_program_file_item, .max = CN_PROGRAM_FILES_MAX,
                     .doc = "by name"),
    CN_FIELD_OF_OBJECT(struct program_view, building, &building_fields,
                       CN_MAY(struct program_view, building, BE_NULL),
                       .doc = "a version that waits for a scan of the log; null: none"),
};
static const struct cn_fields program_fields =
    CN_FIELDS("Program", struct program_view, program_rows);

static const struct cn_names states = { cn_version_state_names, CN_VERSION_STATE_COUNT };

struct version_view {
    int64_t version;
    cn_str hash;
    cn_time at;
    struct author_view author;
    enum cn_given author_given;
    cn_str note;
    bool is_active;
    enum cn_version_state state;
    cn_str failure;
    enum cn_given failure_given;
    struct text_list changed_files;
    int64_t rolls_back;
    enum cn_given rolls_back_given;
    struct cn_program_file_list files;
    enum cn_given files_given;
};
#define VERSION(member, ...) CN_FIELD(struct version_view, member, __VA_ARGS__)
static const struct cn_field version_rows[] = {
    VERSION(version, .min = 1, .max = INT64_MAX, .doc = "its number"),
    VERSION(hash, .max = 64, .doc = "names its text"),
    VERSION(at, .doc = "when it was applied"),
    CN_FIELD_OF_OBJECT(struct version_view, author, &author_fields,
                       CN_MAY(struct version_view, author, BE_NULL),
                       .doc = "null: Cairn, or a command"),
    VERSION(note, .max = CN_PROGRAM_NOTE_MAX, .doc = "why, in the author's words"),
    VERSION(is_active, .doc = "accounts are evaluated by it"),
    CN_FIELD_OF_ENUM(struct version_view, state, &states, .doc = "what became of it"),
    VERSION(failure, CN_MAY(struct version_view, failure, BE_NULL), .max = TEXT_MAX,
            .doc = "why it could not be made active"),
    CN_FIELD_OF_LIST(struct version_view, changed_files, &text_item, .max = CN_PROGRAM_FILES_MAX,
                     .doc = "names of files that are not as in the version before"),
    VERSION(rolls_back, CN_MAY(struct version_view, rolls_back, BE_NULL), .min = 1,
            .max = INT64_MAX, .doc = "the version whose text it has again"),
    CN_FIELD_OF_LIST(struct version_view, files, &cn_program_file_item,
                     CN_MAY(struct version_view, files, BE_ABSENT), .max = CN_PROGRAM_FILES_MAX,
                     .doc = "by name; not in lists"),
};
static const struct cn_fields version_fields =
    CN_FIELDS("ProgramVersion", struct version_view, version_rows);
static const struct cn_field version_item = { .type = CN_FIELD_OBJECT, .object = &version_fields };

/* ---- reading ---- */

static enum cn_given author_of(const struct cn_user_list *users, int64_t id,
                               struct author_view *author_out)
{
    for (size_t i = 0; i < users->count; i++) {
        if (users->items[i].id.value == id) {
            *author_out = (struct author_view){ users->items[i].id, users->items[i].name };
            return CN_GIVEN;
        }
    }
    return CN_NULL;
}

static bool find_engine(const struct cn_request *req, struct cn_engine **engine_out,
                        struct cn_error *err)
{
    *engine_out = req->api->options.engine.live;
    return *engine_out != NULL || cn_fail(err, CN_UNAVAILABLE, "nothing is evaluated here");
}

static bool load_building(const struct cn_request *req, const struct cn_apply_status *status,
                          struct program_view *view, struct cn_error *err)
{
    struct cn_program_version version;
    struct cn_program_files files;
    view->building_given = CN_NULL;
    if (status->building == 0) {
        return true;
    }
    if (!cn_program_version_load(req->unit.conn, req->unit.arena, status->building, &version,
                                 &files, err)) {
        return false;
    }
    view->building_given = CN_GIVEN;
    view->building =
        (struct building_view){ .version = version.number, .note = version.note, .at = version.at };
    view->building.metrics.count = status->metric_count;
    view->building.metrics.items =
        cn_arena_array(req->unit.arena, struct metric_view, status->metric_count + 1);
    for (size_t i = 0; i < status->metric_count; i++) {
        view->building.metrics.items[i] =
            (struct metric_view){ status->metrics[i], status->done_days, status->total_days };
    }
    return true;
}

static bool handle_program(const struct cn_request *req, struct cn_response *res,
                           struct cn_error *err)
{
    struct program_view *view = res->body;
    struct cn_engine *engine = NULL;
    struct cn_apply_status status;
    struct cn_program_version version;
    struct cn_program_files files;
    struct cn_user_list users;
    if (!find_engine(req, &engine, err)) {
        return false;
    }
    cn_engine_apply_status(engine, req->unit.arena, &status);
    if (!cn_program_version_load(req->unit.conn, req->unit.arena, status.active, &version, &files,
                                 err) ||
        !cn_user_list(&req->unit, &users, err) || !load_building(req, &status, view, err)) {
        return false;
    }
    view->version = version.number;
    view->hash = version.hash;
    view->at = version.at;
    view->author_given = author_of(&users, version.author_id, &view->author);
    view->note = version.note;
    view->files = (struct cn_program_file_list){ files.items, files.count };
    return true;
}

/* What differs from the version before. */
static bool list_changed(const struct cn_request *req, int64_t number,
                         const struct cn_program_files *files, struct text_list *list_out,
                         struct cn_error *err)
{
    struct cn_program_version before;
    struct cn_program_files older = { 0 };
    struct cn_program_file_change *changes = NULL;
    if (number > 1 && !cn_program_version_load(req->unit.conn, req->unit.arena, number - 1, &before,
                                               &older, err)) {
        return false;
    }
    size_t count = cn_program_compare(&older, files, req->unit.arena, &changes);
    list_out->items = cn_arena_array(req->unit.arena, cn_str, count + 1);
    list_out->count = count;
    for (size_t i = 0; i < count; i++) {
        list_out->items[i] = changes[i].name;
    }
    return true;
}

struct looking {
    struct cn_apply_status status;
    struct cn_user_list users;
};

static bool look(const struct cn_request *req, struct looking *looking, struct cn_error *err)
{
    struct cn_engine *engine = NULL;
    if (!find_engine(req, &engine, err)) {
        return false;
    }
    cn_engine_apply_status(engine, req->unit.arena, &looking->status);
    return cn_user_list(&req->unit, &looking->users, err);
}

static bool view_version(const struct cn_request *req, const struct looking *looking,
                         int64_t number, bool with_files, struct version_view *view,
                         struct cn_error *err)
{
    struct cn_program_version version;
    struct cn_program_files files;
    if (!cn_program_version_load(req->unit.conn, req->unit.arena, number, &version, &files, err)) {
        return false;
    }
    *view = (struct version_view){
        .version = version.number,
        .hash = version.hash,
        .at = version.at,
        .note = version.note,
        .is_active = version.number == looking->status.active,
        .state = cn_apply_state_of(&looking->status, version.number, version.failure.len > 0),
        .failure = version.failure,
        .failure_given = version.failure.len > 0 ? CN_GIVEN : CN_NULL,
        .rolls_back = version.rolls_back,
        .rolls_back_given = version.rolls_back > 0 ? CN_GIVEN : CN_NULL,
        .files = { files.items, files.count },
        .files_given = with_files ? CN_GIVEN : CN_ABSENT,
    };
    view->author_given = author_of(&looking->users, version.author_id, &view->author);
    return list_changed(req, version.number, &files, &view->changed_files, err);
}

struct versions_query {
    int64_t limit;
    enum cn_given limit_given;
    int64_t cursor;
    enum cn_given cursor_given;
};
static const struct cn_field versions_query_rows[] = {
    CN_FIELD(struct versions_query, limit, CN_MAY(struct versions_query, limit, BE_ABSENT),
             .min = 1, .max = VERSIONS_MAX, .doc = "rows of a page, 20 unless given"),
    CN_FIELD(struct versions_query, cursor, CN_MAY(struct versions_query, cursor, BE_ABSENT),
             .min = 1, .max = INT64_MAX, .doc = "next_cursor of the page before"),
};
static const struct cn_fields versions_query_fields =
    CN_FIELDS("ProgramVersionsQuery", struct versions_query, versions_query_rows);

struct versions_page {
    struct {
        struct version_view *items;
        size_t count;
    } items;
    int64_t next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field versions_rows[] = {
    CN_FIELD_OF_LIST(struct versions_page, items, &version_item, .max = VERSIONS_MAX,
                     .doc = "the newest first"),
    CN_FIELD(struct versions_page, next_cursor, CN_MAY(struct versions_page, next_cursor, BE_NULL),
             .min = 1, .max = INT64_MAX, .doc = "null: no more"),
};
static const struct cn_fields versions_fields =
    CN_FIELDS("ProgramVersions", struct versions_page, versions_rows);

static bool handle_versions(const struct cn_request *req, struct cn_response *res,
                            struct cn_error *err)
{
    const struct versions_query *query = req->query;
    struct versions_page *page = res->body;
    struct looking looking;
    struct cn_program_version_list list;
    size_t limit = query->limit_given == CN_GIVEN ? (size_t)query->limit : VERSIONS_USUAL;
    if (!look(req, &looking, err) ||
        !cn_program_version_list(req->unit.conn, req->unit.arena, query->cursor, limit + 1, &list,
                                 err)) {
        return false;
    }
    size_t count = list.count < limit ? list.count : limit;
    page->items.items = cn_arena_array(req->unit.arena, struct version_view, count + 1);
    for (; page->items.count < count; page->items.count++) {
        if (!view_version(req, &looking, list.items[page->items.count].number, false,
                          &page->items.items[page->items.count], err)) {
            return false;
        }
    }
    page->next_cursor_given = list.count > limit ? CN_GIVEN : CN_NULL;
    page->next_cursor = count > 0 ? list.items[count - 1].number : 0;
    return true;
}

struct version_path {
    int64_t version;
};
static const struct cn_field version_path_rows[] = {
    CN_FIELD(struct version_path, version, .min = 1, .max = INT64_MAX, .doc = "its number"),
};
static const struct cn_fields version_path_fields =
    CN_FIELDS("ProgramVersionPath", struct version_path, version_path_rows);

static bool handle_version(const struct cn_request *req, struct cn_response *res,
                           struct cn_error *err)
{
    const struct version_path *path = req->path;
    struct looking looking;
    return look(req, &looking, err) &&
           view_version(req, &looking, path->version, true, res->body, err);
}

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
};
static const struct cn_fields apply_fields =
    CN_FIELDS("ProgramApply", struct apply_body, apply_rows);

struct applied_view {
    int64_t version;
    enum cn_version_state state;
    struct text_list words;
};
static const struct cn_field applied_rows[] = {
    CN_FIELD(struct applied_view, version, .min = 1, .max = INT64_MAX, .doc = "its number"),
    CN_FIELD_OF_ENUM(struct applied_view, state, &states,
                     .doc = "active, or building while the log is scanned for it"),
    CN_FIELD_OF_LIST(struct applied_view, words, &text_item, .max = CN_PROGRAM_WORDS_MAX,
                     .doc = "what it changes for the accounts"),
};
static const struct cn_fields applied_fields =
    CN_FIELDS("ProgramApplied", struct applied_view, applied_rows);

struct saving {
    const struct cn_request *req;
    struct cn_program_files files;
    int64_t load; /* instead of files: the version to roll back to */
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
    saving->draft.author_id = req->unit.user.value;
    saving->draft.at = req->unit.now;
    if (!find_engine(req, &engine, err) ||
        !cn_db_write(req->api->options.db, save_work, saving, err)) {
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
                             .draft = { .note = body->note, .base = body->base_version } };
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

/* ---- what can be written ---- */

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
    if (!find_engine(req, &engine, err)) {
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

static const struct cn_route program_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/program",
      .access = CN_EVERYBODY,
      .response = &program_fields,
      .failures = CN_FAILS(CN_NOT_FOUND),
      .success_status = 200,
      .handler = handle_program,
      .operation = "getProgram",
      .doc = "The active program" },
    { .method = CN_GET,
      .path = "/api/v1/program/versions",
      .access = CN_EVERYBODY,
      .query = &versions_query_fields,
      .response = &versions_fields,
      .success_status = 200,
      .handler = handle_versions,
      .operation = "listProgramVersions",
      .doc = "Versions of the program: who applied them, when, and what changed" },
    { .method = CN_GET,
      .path = "/api/v1/program/versions/{version}",
      .access = CN_EVERYBODY,
      .path_params = &version_path_fields,
      .response = &version_fields,
      .success_status = 200,
      .handler = handle_version,
      .operation = "getProgramVersion",
      .doc = "One version with its files" },
    { .method = CN_POST,
      .path = "/api/v1/program/check",
      .access = CN_PROGRAM_AUTHORS,
      .body = &files_fields,
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

const struct cn_route_table cn_api_program = CN_ROUTE_TABLE(program_routes);
