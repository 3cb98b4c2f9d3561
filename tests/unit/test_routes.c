/* Properties that every row must have.  They hold for endpoints nobody has written yet. */
#include <string.h>

#include "base/str.h"

#include "api/openapi.h"
#include "api/problem.h"
#include "api/route.h"
#include "json/reader.h"
#include "tests/unit/unit.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): r is declared here */
#define FOR_EACH_ROUTE(r)                                                     \
    for (size_t r##_table = 0; r##_table < cn_route_table_count; r##_table++) \
        for (const struct cn_route *r = cn_route_tables[r##_table]->routes;   \
             r < cn_route_tables[r##_table]->routes + cn_route_tables[r##_table]->count; r++)

/* NOLINTEND(bugprone-macro-parentheses) */

static void every_route_is_complete(void **state)
{
    (void)state;
    FOR_EACH_ROUTE (r) {
        assert_int_equal(r->handler != NULL, r->kind != CN_RESPONSE_EVENTS);
        assert_non_null(r->doc);
        assert_non_null(r->operation);
        assert_int_equal(strncmp(r->path, "/api/v1/", 8), 0);
        assert_int_equal(strchr(r->path, '{') != NULL, r->path_params != NULL);
        assert_true(r->success_status >= 200 && r->success_status < 300);
        assert_int_equal(r->response != NULL,
                         r->kind == CN_RESPONSE_JSON || r->kind == CN_RESPONSE_EVENTS);
        assert_int_equal(r->media_type != NULL, r->kind == CN_RESPONSE_FILE);
        assert_int_equal(r->kind == CN_RESPONSE_EMPTY, r->success_status == 204);
        if (r->method == CN_GET || r->method == CN_DELETE) {
            assert_null(r->body);
        }
        if (r->method == CN_GET) {
            assert_int_not_equal(r->run, CN_RUN_WRITE);
        }
        if (r->method == CN_PATCH) {
            assert_true(r->needs_if_match && (r->headers & CN_HEADER_ETAG) != 0);
        }
        if (r->success_status == 201 && r->headers != 0) {
            assert_true((r->headers & CN_HEADER_LOCATION) != 0);
        }
    }
}

static void every_route_says_who_may(void **state)
{
    (void)state;
    FOR_EACH_ROUTE (r) {
        /* One's own session, stream and preferences: no customer's data. */
        const bool is_own = strcmp(r->path, "/api/v1/session") == 0 ||
                            strcmp(r->path, "/api/v1/notification-preferences") == 0 ||
                            strcmp(r->path, "/api/v1/notifications/read") == 0 ||
                            strcmp(r->path, "/api/v1/api-keys") == 0 ||
                            strcmp(r->path, "/api/v1/api-keys/{key_id}") == 0 ||
                            strcmp(r->path, "/api/v1/sessions") == 0 ||
                            strcmp(r->path, "/api/v1/sessions/{session_id}") == 0 ||
                            strcmp(r->path, "/api/v1/stream/{stream_id}") == 0;
        assert_int_equal(r->access[CN_ROLE_ADMIN] != CN_SCOPE_NONE, !r->is_public);
        for (size_t role = 0; role < CN_ROLE_COUNT; role++) {
            assert_true(r->access[role] <= CN_SCOPE_ALL);
            assert_true(r->access[role] <= r->access[CN_ROLE_ADMIN]);
        }
        if (r->method != CN_GET && !is_own) {
            assert_int_equal(r->access[CN_ROLE_VIEWER], CN_SCOPE_NONE);
        }
    }
}

static bool takes_password(const struct cn_route *r)
{
    for (size_t i = 0; r->body != NULL && i < r->body->count; i++) {
        if (strcmp(r->body->rows[i].name, "password") == 0) {
            return true;
        }
    }
    return false;
}

static void no_password_is_hashed_in_a_transaction(void **state)
{
    (void)state;
    size_t count = 0;
    FOR_EACH_ROUTE (r) {
        if (takes_password(r)) {
            assert_true(r->run == CN_RUN_SLOW || r->prepare != NULL);
            count++;
        }
    }
    assert_true(count >= 3); /* signing in, adding and changing a user */
}

static void who_is_let_in_is_changed_by_session_alone(void **state)
{
    (void)state;
    size_t count = 0;
    FOR_EACH_ROUTE (r) {
        const bool is_access =
            strstr(r->path, "/api-keys") != NULL || strstr(r->path, "/sessions") != NULL;
        assert_int_equal(r->needs_session, is_access);
        count += is_access;
    }
    assert_true(count > 0);
}

static void check_field(const struct cn_field *field, bool is_input);

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables nest */
static void check_fields(const struct cn_fields *fields, bool is_input)
{
    for (size_t i = 0; fields != NULL && i < fields->count; i++) {
        assert_non_null(fields->rows[i].doc);
        check_field(&fields->rows[i], is_input);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables nest */
static void check_field(const struct cn_field *field, bool is_input)
{
    if (field->type == CN_FIELD_STR || field->type == CN_FIELD_LIST) {
        assert_true(field->max > 0);
    }
    assert_int_equal(field->type == CN_FIELD_ENUM, field->names != NULL);
    assert_int_equal(field->type == CN_FIELD_ID, field->id_prefix != NULL);
    assert_int_equal(field->type == CN_FIELD_LIST, field->element != NULL);
    assert_int_equal(field->type == CN_FIELD_OBJECT, field->object != NULL);
    assert_false(is_input && field->type == CN_FIELD_RAW);
    if (field->element != NULL) {
        check_field(field->element, is_input);
    }
    check_fields(field->object, is_input);
}

static void every_field_is_bounded_and_described(void **state)
{
    (void)state;
    FOR_EACH_ROUTE (r) {
        check_fields(r->path_params, true);
        check_fields(r->query, true);
        check_fields(r->body, true);
        check_fields(r->response, false);
    }
}

static void operation_ids_are_unique(void **state)
{
    (void)state;
    FOR_EACH_ROUTE (a) {
        FOR_EACH_ROUTE (b) {
            assert_true(a == b || strcmp(a->operation, b->operation) != 0);
            assert_true(a == b || a->method != b->method || strcmp(a->path, b->path) != 0);
        }
    }
}

static const struct cn_fields *tables_of(const struct cn_route *route, size_t i)
{
    const struct cn_fields *const tables[] = { route->path_params, route->query, route->body,
                                               route->response };
    return tables[i];
}

static void schemas_of_one_name_are_one(void **state)
{
    (void)state;
    FOR_EACH_ROUTE (a) {
        FOR_EACH_ROUTE (b) {
            for (size_t i = 2; i < 4; i++) {
                const struct cn_fields *x = tables_of(a, i);
                const struct cn_fields *y = tables_of(b, i);
                assert_true(x == NULL || y == NULL || x == y || strcmp(x->name, y->name) != 0);
            }
        }
    }
}

static void paths_find_their_rows(void **state)
{
    (void)state;
    struct cn_route_match match;
    cn_route_find(CN_GET, CN_STR("/api/v1/accounts/x/people/y"), &match);
    assert_non_null(match.route);
    assert_string_equal(match.route->operation, "getPerson");
    assert_true(cn_str_equal(match.params[0], CN_STR("x")));
    assert_true(cn_str_equal(match.params[1], CN_STR("y")));
    cn_route_find(CN_HEAD, CN_STR("/api/v1/accounts"), &match);
    assert_string_equal(match.route->operation, "listAccounts");
    cn_route_find(CN_DELETE, CN_STR("/api/v1/accounts"), &match);
    assert_null(match.route);
    assert_int_equal(match.methods, 1U << CN_GET | 1U << CN_POST);
    cn_route_find(CN_GET, CN_STR("/api/v1/accounts/"), &match);
    assert_true(match.route == NULL || match.params[0].len == 0);
    cn_route_find(CN_GET, CN_STR("/api/v1"), &match);
    assert_int_equal(match.methods, 0);
}

static void the_openapi_document_is_json_and_complete(void **state)
{
    (void)state;
    struct cn_buf buf;
    struct cn_error err = { .code = CN_OK };
    cn_json_value root;
    struct cn_json_parser *parser = cn_json_parser_new((size_t)16 << 20);
    cn_buf_init(&buf, (size_t)16 << 20);
    assert_true(cn_openapi_write(&buf, &err));
    assert_true(cn_json_parse(parser, cn_buf_str(&buf), &root, &err));
    cn_buf_add(&buf, "", 1);
    FOR_EACH_ROUTE (r) {
        char text[128];
        (void)snprintf(text, sizeof(text), "\"operationId\":\"%s\"", r->operation);
        assert_non_null(strstr(buf.data, text));
        if (r->response != NULL && r->kind == CN_RESPONSE_JSON) {
            (void)snprintf(text, sizeof(text), "\"%s\":{\"type\":\"object\"", r->response->name);
            assert_non_null(strstr(buf.data, text));
        }
    }
    cn_json_parser_free(parser);
    cn_buf_deinit(&buf);
}

static void a_problem_names_every_place(void **state)
{
    (void)state;
    struct cn_arena arena;
    struct cn_buf buf;
    struct cn_json_writer out;
    struct cn_diagnostics problems;
    struct cn_error err = { .code = CN_OK };
    cn_str text;
    cn_arena_init(&arena, 1024);
    cn_buf_init(&buf, 4096);
    cn_json_writer_init(&out, &buf);
    cn_diagnostics_init(&problems, &arena);
    cn_diagnose(&problems, &(struct cn_place){ .pointer = CN_STR("/name") }, "missing");
    assert_false(cn_diagnostics_none(&problems, &err));
    cn_problem_write(&out, &err, &problems, CN_STR("r1"));
    assert_true(cn_json_finish(&out, &text, &err));
    assert_true(cn_str_equal(
        text, CN_STR("{\"type\":\"/problems/invalid\",\"title\":\"invalid\",\"status\":422,"
                     "\"detail\":\"1 problem(s), first: /name: missing\",\"instance\":\"r1\","
                     "\"errors\":[{\"pointer\":\"/name\",\"detail\":\"missing\"}]}")));
    cn_buf_deinit(&buf);
    cn_arena_deinit(&arena);
}

static void what_is_our_fault_stays_in_the_log(void **state)
{
    (void)state;
    static const struct cn_diagnostics none = { 0 };
    struct cn_buf buf;
    struct cn_json_writer out;
    struct cn_error err;
    cn_str text;
    cn_buf_init(&buf, 4096);
    cn_json_writer_init(&out, &buf);
    cn_fail(&err, CN_INTERNAL, "secret of the database");
    cn_problem_write(&out, &err, &none, CN_STR("r1"));
    assert_true(cn_json_finish(&out, &text, &err));
    assert_null(memmem(text.ptr, text.len, "secret", 6));
    cn_buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("every route is complete", every_route_is_complete),
        CN_TEST("reliability 29: every route says who may", every_route_says_who_may),
        CN_TEST("no password is hashed in a transaction", no_password_is_hashed_in_a_transaction),
        CN_TEST("reliability 33: who is let in is changed by session alone",
                who_is_let_in_is_changed_by_session_alone),
        CN_TEST("every field is bounded and described", every_field_is_bounded_and_described),
        CN_TEST("operation ids are unique", operation_ids_are_unique),
        CN_TEST("schemas of one name are one", schemas_of_one_name_are_one),
        CN_TEST("paths find their rows", paths_find_their_rows),
        CN_TEST("the OpenAPI document is JSON and complete",
                the_openapi_document_is_json_and_complete),
        CN_TEST("a problem names every place", a_problem_names_every_place),
        CN_TEST("what is our fault stays in the log", what_is_our_fault_stays_in_the_log),
    };
    return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
