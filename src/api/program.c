/* /api/v1/program: its text and its versions. */
#include "base/str.h"

#include "api/access.h"
#include "api/program_view.h"
#include "api/resources.h"
#include "book/user.h"
#include "program/version.h"

enum {
    VERSIONS_MAX = 100,
    VERSIONS_USUAL = 20,
    TEXT_MAX = 1000
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
                     .doc = "what the log is scanned for; often nothing"),
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
                       .doc = "a version that is not active yet; null: none"),
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
    struct cn_program_texts changed_files;
    struct cn_program_texts start;
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
    CN_FIELD_OF_LIST(struct version_view, changed_files, &cn_program_text_item,
                     .max = CN_PROGRAM_FILES_MAX,
                     .doc = "names of files that are not as in the version before"),
    CN_FIELD_OF_LIST(struct version_view, start, &cn_program_text_item, .max = CN_SIGNALS_MAX,
                     .doc = "signals that it raises at once; none of a version that failed"),
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
    if (!cn_program_engine(req, &engine, err)) {
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
                         const struct cn_program_files *files, struct cn_program_texts *list_out,
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

static bool list_starts(const struct cn_request *req, int64_t number,
                        struct cn_program_texts *list_out, struct cn_error *err)
{
    struct cn_program_start_list starts;
    if (!cn_program_starts_load(req->unit.conn, req->unit.arena, number - 1, number, &starts,
                                err)) {
        return false;
    }
    list_out->items = cn_arena_array(req->unit.arena, cn_str, starts.count + 1);
    list_out->count = starts.count;
    for (size_t i = 0; i < starts.count; i++) {
        list_out->items[i] = starts.items[i].rule;
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
    if (!cn_program_engine(req, &engine, err)) {
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
    return list_changed(req, version.number, &files, &view->changed_files, err) &&
           list_starts(req, version.number, &view->start, err);
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
};

const struct cn_route_table cn_api_program = CN_ROUTE_TABLE(program_routes);
