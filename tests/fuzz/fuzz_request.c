/* The texts of a request: path, parameters, headers, cookies, keys, body, read by every route's own
 * tables.  What is taken keeps to the tables; a refusal names at least one problem. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

#include "api/decode.h"

enum {
    BODY_MAX_BYTES = 1 << 16
};

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void read_query(struct cn_arena *arena, const struct cn_route *route, cn_str query)
{
    struct cn_diagnostics problems;
    struct cn_error err;
    const void *out = NULL;
    cn_diagnostics_init(&problems, arena);
    bool ok = cn_decode_query(arena, route->query, query, &out, &problems, &err);
    require(ok ? problems.total == 0 && out != NULL
               : problems.total > 0 && err.code == CN_MALFORMED);
}

static void read_body(struct cn_arena *arena, const struct cn_route *route, cn_str body)
{
    struct cn_json_parser *parser = cn_json_parser_new(BODY_MAX_BYTES);
    struct cn_diagnostics problems;
    struct cn_error err;
    const void *out = NULL;
    cn_diagnostics_init(&problems, arena);
    bool ok = cn_decode_body(arena, parser, route->body, body, &out, &problems, &err);
    require(ok ? problems.total == 0 && out != NULL
               : err.code == CN_MALFORMED || err.code == CN_TOO_LARGE || problems.total > 0);
    cn_json_parser_free(parser);
}

static void read_route(struct cn_arena *arena, cn_str path, cn_str query, cn_str body)
{
    static const enum cn_http_method methods[] = { CN_GET, CN_POST, CN_PATCH, CN_DELETE };
    for (size_t i = 0; i < CN_ARRAY_LEN(methods); i++) {
        struct cn_route_match match;
        struct cn_error err;
        const void *out = NULL;
        cn_route_find(methods[i], path, &match);
        if (match.route == NULL) {
            continue;
        }
        if (match.route->path_params != NULL && !cn_decode_path(arena, &match, &out, &err)) {
            require(err.code == CN_NOT_FOUND);
        }
        if (match.route->query != NULL) {
            read_query(arena, match.route, query);
        }
        if (match.route->body != NULL) {
            read_body(arena, match.route, body);
        }
    }
}

static bool is_within(cn_str part, cn_str whole)
{
    return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

static void read_headers(struct cn_arena *arena, cn_str text)
{
    cn_str value;
    cn_str rest = text;
    int64_t number = 0;
    if (cn_cookie(text, CN_STR("cairn_session"), &value)) {
        require(is_within(value, text));
    }
    while (cn_header_item(&rest, &value)) {
        require(is_within(value, text) && value.len > 0);
    }
    if (cn_parse_etag(text, &number)) {
        require(text.len > 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"');
    }
    if (cn_url_decode(arena, text, true, &value)) {
        require(cn_utf8_valid(value) && memchr(value.ptr, '\0', value.len) == NULL);
    }
    if (cn_is_own_origin(text, CN_STR("shop.example"), CN_STR(""))) {
        require(cn_str_ends_with(text, CN_STR("e")) || cn_str_ends_with(text, CN_STR("E")));
        require(text.len == strlen("http://shop.example") ||
                text.len == strlen("https://shop.example"));
    }
    (void)cn_accepts(text, CN_STR("application/json")); /* any answer is as good; it must end */
    (void)cn_is_media_type(text, CN_STR("application/json"));
}

/* The input's lines: path, query, header; what follows is the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cn_arena arena;
    cn_str rest = { (const char *)data, size };
    cn_str lines[3] = { { "", 0 }, { "", 0 }, { "", 0 } };
    cn_arena_init(&arena, 4096);
    for (size_t i = 0; i < CN_ARRAY_LEN(lines); i++) {
        if (!cn_str_split(&rest, '\n', &lines[i])) {
            lines[i] = CN_STR("");
        }
    }
    read_route(&arena, lines[0], lines[1], rest);
    read_headers(&arena, lines[2]);
    cn_arena_deinit(&arena);
    return 0;
}
