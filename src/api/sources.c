/* /api/v1/sources: who sends events, what arrived and what was rejected. */
#include "base/str.h"

#include "api/access.h"
#include "api/core.h"
#include "api/resources.h"
#include "book/source.h"
#include "event/rejected.h"

struct source_view {
    cn_source_id id;
    cn_str name;
    cn_str write_key_hint;
    cn_str write_key; /* once, when it was made */
    enum cn_given write_key_given;
    cn_time created_at;
    cn_time last_event_at;
    enum cn_given last_event_at_given;
    int64_t events_total;
    int64_t duplicates_total;
    int64_t rejected_total;
    struct {
        int64_t *items;
        size_t count;
    } per_minute;
};
static const struct cn_field count_item = { .type = CN_FIELD_I64 };
#define ROW(member, ...) CN_FIELD(struct source_view, member, __VA_ARGS__)
#define SOURCE_ROWS                                                                             \
    CN_FIELD_OF_ID(struct source_view, id, CN_SOURCE_PREFIX, .doc = "the source"),              \
        ROW(name, .max = 200, .doc = "display name"),                                           \
        ROW(write_key_hint, .max = 16, .doc = "the end of its write key"),                      \
        ROW(created_at, .doc = "when it was made"),                                             \
        ROW(last_event_at, CN_MAY(struct source_view, last_event_at, BE_NULL),                  \
            .doc = "when its newest event arrived; null: none since the server started"),       \
        ROW(events_total, .doc = "events stored since the server started"),                     \
        ROW(duplicates_total, .doc = "sent again, and dropped"),                                \
        ROW(rejected_total, .doc = "refused, with a reason"),                                   \
        CN_FIELD_OF_LIST(struct source_view, per_minute, &count_item, .max = CN_INTAKE_MINUTES, \
                         .doc = "events of the last minutes, the current one last")
static const struct cn_field source_rows[] = { SOURCE_ROWS };
static const struct cn_fields source_fields = CN_FIELDS("Source", struct source_view, source_rows);
static const struct cn_field created_rows[] = {
    SOURCE_ROWS,
    ROW(write_key, CN_MAY(struct source_view, write_key, BE_ABSENT), .max = CN_WRITE_KEY_BYTES,
        .doc = "shown this once"),
};
static const struct cn_fields created_fields =
    CN_FIELDS("CreatedSource", struct source_view, created_rows);

struct source_page {
    struct {
        struct source_view *items;
        size_t count;
    } data;
    struct cn_page_end next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field source_item = { .type = CN_FIELD_OBJECT, .object = &source_fields };
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct source_page, data, &source_item, .max = CN_PAGE_MAX, .doc = "all"),
    CN_FIELD_OF_ID(struct source_page, next_cursor, CN_SOURCE_PREFIX,
                   CN_MAY(struct source_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields page_fields = CN_FIELDS("SourceList", struct source_page, page_rows);
static const struct cn_field query_rows[] = { CN_PAGE_ROWS(CN_SOURCE_PREFIX) };
static const struct cn_fields query_fields =
    CN_FIELDS("SourceQuery", struct cn_page_query, query_rows);

struct create_body {
    cn_str name;
};
static const struct cn_field create_rows[] = {
    CN_FIELD(struct create_body, name, .min = 1, .max = 200, .doc = "display name"),
};
static const struct cn_fields create_fields =
    CN_FIELDS("SourceCreate", struct create_body, create_rows);

struct source_path {
    cn_source_id source_id;
};
static const struct cn_field path_rows[] = {
    CN_FIELD_OF_ID(struct source_path, source_id, CN_SOURCE_PREFIX, .doc = "the source"),
};
static const struct cn_fields path_fields = CN_FIELDS("SourcePath", struct source_path, path_rows);

static struct source_view view_of(const struct cn_request *req, const struct cn_source *source)
{
    struct cn_intake_counts counts;
    struct source_view view = {
        .id = source->id,
        .name = source->name,
        .write_key_hint = source->write_key_hint,
        .created_at = source->created_at,
    };
    cn_intake_counts(req->api->options.intake, source->id.value, &counts);
    view.last_event_at = counts.last_event_at;
    view.last_event_at_given = counts.last_event_at.us != 0 ? CN_GIVEN : CN_NULL;
    view.events_total = counts.events;
    view.duplicates_total = counts.duplicates;
    view.rejected_total = counts.rejected;
    view.per_minute.count = CN_INTAKE_MINUTES;
    view.per_minute.items = cn_arena_array(req->unit.arena, int64_t, CN_INTAKE_MINUTES);
    memcpy(view.per_minute.items, counts.per_minute, sizeof(counts.per_minute));
    return view;
}

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct source_page *page = res->body;
    struct cn_source_list sources;
    if (!cn_source_list(&req->unit, &sources, err)) {
        return false;
    }
    page->data.items = cn_arena_array(req->unit.arena, struct source_view, sources.count);
    page->data.count = sources.count;
    for (size_t i = 0; i < sources.count; i++) {
        page->data.items[i] = view_of(req, &sources.items[i]);
    }
    return cn_page_cut(req->query, sizeof(struct source_view), &page->data, &page->next_cursor,
                       &page->next_cursor_given, err);
}

static bool handle_create(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct create_body *body = req->body;
    struct source_view *view = res->body;
    char key[CN_WRITE_KEY_BYTES];
    struct cn_source source;
    if (!cn_source_create(&req->unit, body->name, key, &source, err)) {
        return false;
    }
    cn_source_cache_expire(req->api->sources);
    *view = view_of(req, &source);
    view->write_key = cn_arena_str(req->unit.arena, cn_str_of(key));
    view->write_key_given = CN_GIVEN;
    res->secret = &view->write_key_given;
    return true;
}

static bool handle_revoke(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct source_path *path = req->path;
    (void)res; /* nothing is said */
    if (!cn_source_disable(&req->unit, path->source_id, err)) {
        return false;
    }
    cn_source_cache_expire(req->api->sources);
    return true;
}

struct rejected_view {
    cn_time at;
    cn_str reason;
    cn_str pointer;
    enum cn_given pointer_given;
    cn_str excerpt;
};
static const struct cn_field rejected_rows[] = {
    CN_FIELD(struct rejected_view, at, .doc = "when it arrived"),
    CN_FIELD(struct rejected_view, reason, .max = 1000, .doc = "why it was refused"),
    CN_FIELD(struct rejected_view, pointer, CN_MAY(struct rejected_view, pointer, BE_NULL),
             .max = 1000, .doc = "RFC 6901, into the body"),
    CN_FIELD(struct rejected_view, excerpt, .max = (int64_t)4 * CN_REJECTED_EXCERPT_MAX_BYTES,
             .doc = "how the event began"),
};
static const struct cn_fields rejected_fields =
    CN_FIELDS("Rejection", struct rejected_view, rejected_rows);
static const struct cn_field rejected_item = { .type = CN_FIELD_OBJECT,
                                               .object = &rejected_fields };

struct rejected_page {
    struct {
        struct rejected_view *items;
        size_t count;
    } data;
    cn_source_id next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field rejected_page_rows[] = {
    CN_FIELD_OF_LIST(struct rejected_page, data, &rejected_item, .max = CN_PAGE_MAX,
                     .doc = "the newest first"),
    CN_FIELD_OF_ID(struct rejected_page, next_cursor, CN_SOURCE_PREFIX,
                   CN_MAY(struct rejected_page, next_cursor, BE_NULL), .doc = "always null"),
};
static const struct cn_fields rejected_page_fields =
    CN_FIELDS("RejectionList", struct rejected_page, rejected_page_rows);

struct rejected_query {
    int64_t limit;
    enum cn_given limit_given;
};
static const struct cn_field rejected_query_rows[] = {
    CN_FIELD(struct rejected_query, limit, CN_MAY(struct rejected_query, limit, BE_ABSENT),
             .min = 1, .max = CN_PAGE_MAX, .doc = "how many, 200 unless given"),
};
static const struct cn_fields rejected_query_fields =
    CN_FIELDS("RejectionQuery", struct rejected_query, rejected_query_rows);

static bool handle_rejected(const struct cn_request *req, struct cn_response *res,
                            struct cn_error *err)
{
    const struct source_path *path = req->path;
    const struct rejected_query *query = req->query;
    struct rejected_page *page = res->body;
    struct cn_source source;
    struct cn_rejected *list = NULL;
    size_t count = 0;
    const size_t limit = query->limit_given == CN_GIVEN ? (size_t)query->limit : CN_PAGE_MAX;
    if (!cn_source_load(&req->unit, path->source_id, &source, err) ||
        !cn_rejected_list(req->unit.conn, req->unit.arena, source.id.value, limit, &list, &count,
                          err)) {
        return false;
    }
    page->next_cursor_given = CN_NULL;
    page->data.count = count;
    page->data.items = cn_arena_array(req->unit.arena, struct rejected_view, count);
    for (size_t i = 0; i < count; i++) {
        page->data.items[i] = (struct rejected_view){
            .at = list[i].at,
            .reason = list[i].reason,
            .pointer = list[i].pointer,
            .pointer_given = list[i].pointer.len > 0 ? CN_GIVEN : CN_NULL,
            .excerpt = list[i].excerpt,
        };
    }
    return true;
}

static const struct cn_route source_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/sources",
      .access = CN_OPERATORS,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listSources",
      .doc = "What sends events" },
    { .method = CN_POST,
      .path = "/api/v1/sources",
      .access = CN_OPERATORS,
      .body = &create_fields,
      .response = &created_fields,
      .failures = CN_FAILS(CN_CONFLICT),
      .run = CN_RUN_WRITE,
      .success_status = 201,
      .handler = handle_create,
      .operation = "createSource",
      .doc = "Make a source; its write key is shown this once" },
    { .method = CN_DELETE,
      .path = "/api/v1/sources/{source_id}",
      .access = CN_OPERATORS,
      .path_params = &path_fields,
      .kind = CN_RESPONSE_EMPTY,
      .run = CN_RUN_WRITE,
      .success_status = 204,
      .handler = handle_revoke,
      .operation = "revokeSource",
      .doc = "Revoke a source: its write key is refused within a second; what it sent stays, and "
             "its name is free" },
    { .method = CN_GET,
      .path = "/api/v1/sources/{source_id}/rejected",
      .access = CN_OPERATORS,
      .path_params = &path_fields,
      .query = &rejected_query_fields,
      .response = &rejected_page_fields,
      .success_status = 200,
      .handler = handle_rejected,
      .operation = "listRejected",
      .doc = "Events that were refused, and why" },
};

const struct cn_route_table cn_api_sources = CN_ROUTE_TABLE(source_routes);
