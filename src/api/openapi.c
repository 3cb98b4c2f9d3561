#include "api/openapi.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#include "api/problem.h"
#include "api/route.h"

enum {
    SCHEMAS_MAX = 256
};

struct document {
    struct cn_json_writer out;
    const struct cn_fields *schemas[SCHEMAS_MAX]; /* that the paths refer to */
    size_t schema_count;
};

static void member(struct document *doc, const char *name, const char *value)
{
    cn_json_key(&doc->out, cn_str_of(name));
    cn_json_str(&doc->out, cn_str_of(value));
}

static void begin(struct document *doc, const char *name)
{
    cn_json_key(&doc->out, cn_str_of(name));
    cn_json_object_begin(&doc->out);
}

static void end(struct document *doc)
{
    cn_json_object_end(&doc->out);
}

static void integer(struct document *doc, const char *name, int64_t value)
{
    cn_json_key(&doc->out, cn_str_of(name));
    cn_json_i64(&doc->out, value);
}

static void note_schema(struct document *doc, const struct cn_fields *fields);

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables nest */
static void note_field(struct document *doc, const struct cn_field *field)
{
    if (field->object != NULL) {
        note_schema(doc, field->object);
    }
    if (field->element != NULL) {
        note_field(doc, field->element);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables nest */
static void note_schema(struct document *doc, const struct cn_fields *fields)
{
    for (size_t i = 0; i < doc->schema_count; i++) {
        if (doc->schemas[i] == fields) {
            return;
        }
    }
    assert(doc->schema_count < SCHEMAS_MAX);
    doc->schemas[doc->schema_count++] = fields;
    for (size_t i = 0; i < fields->count; i++) {
        note_field(doc, &fields->rows[i]);
    }
}

static void write_reference(struct document *doc, const char *name)
{
    char text[128] = "#/components/schemas/";
    const size_t len = strlen(text);
    assert(len + strlen(name) < sizeof(text));
    memcpy(text + len, name, strlen(name) + 1);
    member(doc, "$ref", text);
}

static void write_text_type(struct document *doc, const char *format)
{
    member(doc, "type", "string");
    if (format != NULL) {
        member(doc, "format", format);
    }
}

static void write_str(struct document *doc, const struct cn_field *field)
{
    member(doc, "type", "string");
    if (field->min > 0) {
        integer(doc, "minLength", 1); /* ours counts bytes, this characters */
    }
    integer(doc, "maxLength", field->max);
}

static void write_number(struct document *doc, const struct cn_field *field)
{
    member(doc, "type", field->type == CN_FIELD_I64 ? "integer" : "number");
    if (field->min != field->max) {
        integer(doc, "minimum", field->min);
        if (field->max != INT64_MAX) {
            integer(doc, "maximum", field->max);
        }
    }
}

static void write_enum(struct document *doc, const struct cn_names *names)
{
    member(doc, "type", "string");
    cn_json_key(&doc->out, CN_STR("enum"));
    cn_json_array_begin(&doc->out);
    for (size_t i = 0; i < names->count; i++) {
        cn_json_str(&doc->out, cn_str_of(names->texts[i]));
    }
    cn_json_array_end(&doc->out);
}

static void write_id(struct document *doc, const char *prefix)
{
    char pattern[64];
    const int len = snprintf(pattern, sizeof(pattern), "^%s_[0-9a-hjkmnp-tv-z]{13}$", prefix);
    assert(len > 0 && (size_t)len < sizeof(pattern));
    member(doc, "type", "string");
    member(doc, "pattern", pattern);
}

static void write_type(struct document *doc, const struct cn_field *field);

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables nest */
static void write_list(struct document *doc, const struct cn_field *field)
{
    member(doc, "type", "array");
    integer(doc, "maxItems", field->max);
    begin(doc, "items");
    write_type(doc, field->element);
    end(doc);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables nest */
static void write_type(struct document *doc, const struct cn_field *field)
{
    switch (field->type) {
    case CN_FIELD_STR:
        write_str(doc, field);
        break;
    case CN_FIELD_I64:
    case CN_FIELD_F64:
        write_number(doc, field);
        break;
    case CN_FIELD_BOOL:
        member(doc, "type", "boolean");
        break;
    case CN_FIELD_TIME:
        write_text_type(doc, "date-time");
        break;
    case CN_FIELD_DATE:
        write_text_type(doc, "date");
        break;
    case CN_FIELD_MONEY:
        write_reference(doc, "Money");
        break;
    case CN_FIELD_ENUM:
        write_enum(doc, field->names);
        break;
    case CN_FIELD_ID:
        write_id(doc, field->id_prefix);
        break;
    case CN_FIELD_LIST:
        write_list(doc, field);
        break;
    case CN_FIELD_OBJECT:
        write_reference(doc, field->object->name);
        break;
    case CN_FIELD_RAW:
        break; /* no words about it: any JSON */
    }
}

static void write_field(struct document *doc, const struct cn_field *field)
{
    if ((field->may & CN_MAY_BE_NULL) == 0) {
        write_type(doc, field);
        return;
    }
    cn_json_key(&doc->out, CN_STR("anyOf"));
    cn_json_array_begin(&doc->out);
    cn_json_object_begin(&doc->out);
    write_type(doc, field);
    end(doc);
    cn_json_object_begin(&doc->out);
    member(doc, "type", "null");
    end(doc);
    cn_json_array_end(&doc->out);
}

static void write_schema(struct document *doc, const struct cn_fields *fields)
{
    begin(doc, fields->name);
    member(doc, "type", "object");
    begin(doc, "properties");
    for (size_t i = 0; i < fields->count; i++) {
        begin(doc, fields->rows[i].name);
        write_field(doc, &fields->rows[i]);
        member(doc, "description", fields->rows[i].doc);
        end(doc);
    }
    end(doc);
    cn_json_key(&doc->out, CN_STR("required"));
    cn_json_array_begin(&doc->out);
    for (size_t i = 0; i < fields->count; i++) {
        if ((fields->rows[i].may & CN_MAY_BE_ABSENT) == 0) {
            cn_json_str(&doc->out, cn_str_of(fields->rows[i].name));
        }
    }
    cn_json_array_end(&doc->out);
    cn_json_key(&doc->out, CN_STR("additionalProperties"));
    cn_json_bool(&doc->out, false);
    end(doc);
}

static void write_money_schema(struct document *doc)
{
    begin(doc, "Money");
    member(doc, "type", "object");
    member(doc, "description", "An amount in minor units of an ISO 4217 currency");
    begin(doc, "properties");
    begin(doc, "minor");
    member(doc, "type", "integer");
    end(doc);
    begin(doc, "currency");
    member(doc, "type", "string");
    member(doc, "pattern", "^[A-Z]{3}$");
    end(doc);
    end(doc);
    cn_json_key(&doc->out, CN_STR("required"));
    cn_json_array_begin(&doc->out);
    cn_json_str(&doc->out, CN_STR("minor"));
    cn_json_str(&doc->out, CN_STR("currency"));
    cn_json_array_end(&doc->out);
    end(doc);
}

static void write_parameters_of(struct document *doc, const struct cn_fields *fields,
                                const char *where)
{
    for (size_t i = 0; fields != NULL && i < fields->count; i++) {
        const struct cn_field *field = &fields->rows[i];
        cn_json_object_begin(&doc->out);
        member(doc, "name", field->name);
        member(doc, "in", where);
        member(doc, "description", field->doc);
        cn_json_key(&doc->out, CN_STR("required"));
        cn_json_bool(&doc->out, (field->may & CN_MAY_BE_ABSENT) == 0);
        begin(doc, "schema");
        write_type(doc, field);
        end(doc);
        end(doc);
    }
}

static void write_header_parameter(struct document *doc, const char *name, const char *about,
                                   bool is_required)
{
    cn_json_object_begin(&doc->out);
    member(doc, "name", name);
    member(doc, "in", "header");
    member(doc, "description", about);
    cn_json_key(&doc->out, CN_STR("required"));
    cn_json_bool(&doc->out, is_required);
    begin(doc, "schema");
    member(doc, "type", "string");
    end(doc);
    end(doc);
}

static void write_parameters(struct document *doc, const struct cn_route *route)
{
    cn_json_key(&doc->out, CN_STR("parameters"));
    cn_json_array_begin(&doc->out);
    write_parameters_of(doc, route->path_params, "path");
    write_parameters_of(doc, route->query, "query");
    if (route->needs_if_match) {
        write_header_parameter(doc, "If-Match", "ETag of the version that is being changed", true);
    }
    if (route->method == CN_POST && route->run == CN_RUN_WRITE) {
        write_header_parameter(doc, "Idempotency-Key",
                               "A request that comes again under the same key within 24 hours gets "
                               "the first one's answer",
                               false);
    }
    cn_json_array_end(&doc->out);
}

static void write_body(struct document *doc, const struct cn_route *route)
{
    if (route->body == NULL) {
        return;
    }
    begin(doc, "requestBody");
    cn_json_key(&doc->out, CN_STR("required"));
    cn_json_bool(&doc->out, true);
    begin(doc, "content");
    begin(doc, route->method == CN_PATCH ? "application/merge-patch+json" : "application/json");
    begin(doc, "schema");
    write_reference(doc, route->body->name);
    end(doc);
    end(doc);
    end(doc);
    end(doc);
}

static void write_answer_header(struct document *doc, const char *name, const char *about)
{
    begin(doc, name);
    member(doc, "description", about);
    begin(doc, "schema");
    member(doc, "type", "string");
    end(doc);
    end(doc);
}

static const char *media_type_of(const struct cn_route *route)
{
    switch (route->kind) {
    case CN_RESPONSE_JSON:
        return "application/json";
    case CN_RESPONSE_EVENTS:
        return "text/event-stream";
    case CN_RESPONSE_FILE:
        return route->media_type;
    case CN_RESPONSE_EMPTY:
        break;
    }
    return NULL;
}

static void write_success(struct document *doc, const struct cn_route *route)
{
    const char *media_type = media_type_of(route);
    const char status[] = { (char)('0' + route->success_status / 100),
                            (char)('0' + route->success_status / 10 % 10),
                            (char)('0' + route->success_status % 10), '\0' };
    begin(doc, status);
    member(doc, "description", route->doc);
    if ((route->headers & (CN_HEADER_ETAG | CN_HEADER_LOCATION)) != 0) {
        begin(doc, "headers");
        if ((route->headers & CN_HEADER_ETAG) != 0) {
            write_answer_header(doc, "ETag", "The version");
        }
        if ((route->headers & CN_HEADER_LOCATION) != 0) {
            write_answer_header(doc, "Location", "Path of what was created");
        }
        end(doc);
    }
    if (media_type != NULL) {
        begin(doc, "content");
        begin(doc, media_type);
        if (route->kind == CN_RESPONSE_JSON || route->kind == CN_RESPONSE_FILE) {
            begin(doc, "schema"); /* of a file: anything */
            if (route->kind == CN_RESPONSE_JSON) {
                write_reference(doc, route->response->name);
            }
            end(doc);
        }
        end(doc);
        end(doc);
    }
    end(doc);
}

static void write_not_modified(struct document *doc, const struct cn_route *route)
{
    if ((route->headers & CN_HEADER_NOT_MODIFIED) != 0) {
        begin(doc, "304");
        member(doc, "description", "If-None-Match names the current version");
        end(doc);
    }
}

/* What the dispatcher can answer for any such row. */
static uint32_t failures_of(const struct cn_route *route)
{
    uint32_t failures = route->failures | CN_FAILS(CN_MALFORMED) | CN_FAILS(CN_NOT_ACCEPTABLE) |
                        CN_FAILS(CN_TOO_LARGE) | CN_FAILS(CN_INTERNAL) | CN_FAILS(CN_UNAVAILABLE);
    if (!route->is_public) {
        failures |= CN_FAILS(CN_UNAUTHENTICATED) | CN_FAILS(CN_DENIED);
    }
    if (route->path_params != NULL) {
        failures |= CN_FAILS(CN_NOT_FOUND);
        if (strstr(route->path, "{account_id}") != NULL) {
            failures |= CN_FAILS(CN_GONE); /* it became part of another */
        }
    }
    if (route->body != NULL) {
        failures |= CN_FAILS(CN_BAD_MEDIA_TYPE) | CN_FAILS(CN_INVALID);
    }
    if (route->needs_if_match) {
        failures |= CN_FAILS(CN_MATCH_REQUIRED) | CN_FAILS(CN_STALE);
    }
    if (route->method != CN_GET) {
        failures |= CN_FAILS(CN_DENIED) | CN_FAILS(CN_STORAGE_FULL);
    }
    return failures;
}

static void write_failures(struct document *doc, const struct cn_route *route)
{
    const uint32_t failures = failures_of(route);
    for (int code = CN_OK + 1; code <= CN_STORAGE_FULL; code++) {
        if ((failures & CN_FAILS(code)) == 0) {
            continue;
        }
        const int status = cn_code_http_status((enum cn_code)code);
        const char text[] = { (char)('0' + status / 100), (char)('0' + status / 10 % 10),
                              (char)('0' + status % 10), '\0' };
        begin(doc, text);
        member(doc, "description", cn_code_slug((enum cn_code)code));
        begin(doc, "content");
        begin(doc, "application/problem+json");
        begin(doc, "schema");
        write_reference(doc, cn_problem_fields.name);
        end(doc);
        end(doc);
        end(doc);
        end(doc);
    }
}

/* The first `count` ways to say who asks: any of them. */
static void write_security(struct document *doc, size_t count)
{
    static const char *const names[] = { "session", "key" };
    cn_json_key(&doc->out, CN_STR("security"));
    cn_json_array_begin(&doc->out);
    for (size_t i = 0; i < count; i++) {
        cn_json_object_begin(&doc->out);
        cn_json_key(&doc->out, cn_str_of(names[i]));
        cn_json_array_begin(&doc->out);
        cn_json_array_end(&doc->out);
        end(doc);
    }
    cn_json_array_end(&doc->out);
}

static void write_operation(struct document *doc, const struct cn_route *route)
{
    static const char *const verbs[] = { [CN_GET] = "get",
                                         [CN_POST] = "post",
                                         [CN_PUT] = "put",
                                         [CN_PATCH] = "patch",
                                         [CN_DELETE] = "delete" };
    begin(doc, verbs[route->method]);
    member(doc, "operationId", route->operation);
    member(doc, "summary", route->doc);
    write_parameters(doc, route);
    write_body(doc, route);
    begin(doc, "responses");
    write_success(doc, route);
    write_not_modified(doc, route);
    write_failures(doc, route);
    end(doc);
    if (route->is_public) {
        cn_json_key(&doc->out, CN_STR("security"));
        cn_json_array_begin(&doc->out);
        cn_json_array_end(&doc->out);
    } else if (route->needs_session) {
        write_security(doc, 1);
    }
    end(doc);
}

/* Rows of one path stand together in a table. */
static void write_paths(struct document *doc)
{
    begin(doc, "paths");
    for (size_t t = 0; t < cn_route_table_count; t++) {
        const struct cn_route *routes = cn_route_tables[t]->routes;
        for (size_t i = 0; i < cn_route_tables[t]->count; i++) {
            const bool is_first = i == 0 || strcmp(routes[i].path, routes[i - 1].path) != 0;
            const bool is_last = i + 1 == cn_route_tables[t]->count ||
                                 strcmp(routes[i].path, routes[i + 1].path) != 0;
            if (is_first) {
                begin(doc, routes[i].path);
            }
            write_operation(doc, &routes[i]);
            if (is_last) {
                end(doc);
            }
        }
    }
    end(doc);
}

static void write_security_schemes(struct document *doc)
{
    begin(doc, "securitySchemes");
    begin(doc, "session");
    member(doc, "type", "apiKey");
    member(doc, "in", "cookie");
    member(doc, "name", "cairn_session");
    end(doc);
    begin(doc, "key");
    member(doc, "type", "http");
    member(doc, "scheme", "bearer");
    end(doc);
    end(doc);
}

static void note_all(struct document *doc)
{
    note_schema(doc, &cn_problem_fields);
    for (size_t t = 0; t < cn_route_table_count; t++) {
        for (size_t i = 0; i < cn_route_tables[t]->count; i++) {
            const struct cn_route *route = &cn_route_tables[t]->routes[i];
            if (route->body != NULL) {
                note_schema(doc, route->body);
            }
            if (route->response != NULL) {
                note_schema(doc, route->response);
            }
        }
    }
}

bool cn_openapi_write(struct cn_buf *buf, struct cn_error *err)
{
    struct document doc = { 0 };
    cn_str unused;
    note_all(&doc);
    cn_json_writer_init(&doc.out, buf);
    cn_json_object_begin(&doc.out);
    member(&doc, "openapi", "3.1.0");
    begin(&doc, "info");
    member(&doc, "title", "Cairn");
    member(&doc, "version", "1");
    member(&doc, "description", "The API of a Cairn server, the same that its web app uses.");
    begin(&doc, "license");
    member(&doc, "name", "Apache-2.0");
    member(&doc, "identifier", "Apache-2.0");
    end(&doc);
    end(&doc);
    cn_json_key(&doc.out, CN_STR("servers"));
    cn_json_array_begin(&doc.out);
    cn_json_object_begin(&doc.out);
    member(&doc, "url", "/");
    end(&doc);
    cn_json_array_end(&doc.out);
    write_security(&doc, 2);
    write_paths(&doc);
    begin(&doc, "components");
    write_security_schemes(&doc);
    begin(&doc, "schemas");
    write_money_schema(&doc);
    for (size_t i = 0; i < doc.schema_count; i++) {
        write_schema(&doc, doc.schemas[i]);
    }
    end(&doc);
    end(&doc);
    end(&doc);
    return cn_json_finish(&doc.out, &unused, err);
}
