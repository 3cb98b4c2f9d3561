#include "net/direct_parse.h"

#include <string.h>

#include "base/str.h"

/* Cuts a line and its CRLF off the front; framing has seen that each has one. */
static cn_str take_line(cn_str *rest)
{
    const char *end = memchr(rest->ptr, '\n', rest->len);
    const size_t len = end != NULL ? (size_t)(end - rest->ptr) : rest->len;
    cn_str line = cn_str_slice(*rest, 0, len > 0 ? len - 1 : 0);
    *rest = cn_str_slice(*rest, len < rest->len ? len + 1 : len, rest->len);
    return line;
}

/* "POST /v1/track?a=b HTTP/1.1" */
static bool split_line(cn_str line, struct cn_direct_request *request)
{
    const cn_str method = CN_STR("POST ");
    const cn_str version = CN_STR(" HTTP/1.1");
    if (!cn_str_ends_with(line, version) || line.len <= method.len + version.len) {
        return false;
    }
    cn_str target = cn_str_slice(line, method.len, line.len - version.len);
    const char *mark = memchr(target.ptr, '?', target.len);
    const size_t path_len = mark != NULL ? (size_t)(mark - target.ptr) : target.len;
    request->path = cn_str_slice(target, 0, path_len);
    request->query = mark != NULL ? cn_str_slice(target, path_len + 1, target.len) : CN_STR("");
    for (size_t i = 0; i < target.len; i++) {
        const unsigned char c = (unsigned char)target.ptr[i];
        if (c <= ' ' || c >= 0x7f) {
            return false; /* another might end it here */
        }
    }
    return true;
}

/* What libmicrohttpd has to see to. */
static bool is_unusual(const struct cn_http_field *field)
{
    static const cn_str names[] = { { "expect", 6 },
                                    { "upgrade", 7 },
                                    { "transfer-encoding", 17 } };
    for (size_t i = 0; i < CN_ARRAY_LEN(names); i++) {
        if (cn_str_equal_nocase(field->name, names[i])) {
            return true;
        }
    }
    return cn_str_equal_nocase(field->name, CN_STR("connection")) &&
           !cn_str_equal_nocase(field->value, CN_STR("keep-alive"));
}

bool cn_direct_parse(struct cn_arena *arena, cn_str text, size_t body_len,
                     struct cn_direct_request *request_out)
{
    struct cn_direct_request request = { 0 };
    const char *end = memmem(text.ptr, text.len, "\r\n\r\n", 4);
    const size_t head_len = end != NULL ? (size_t)(end - text.ptr) + 4 : text.len;
    if (!cn_str_starts_with(text, CN_STR("POST /")) || text.len - head_len < body_len) {
        return false;
    }
    /* First, since the arena keeps its first block. */
    request.fields = cn_arena_array(arena, struct cn_http_field, CN_DIRECT_FIELDS_MAX);
    cn_str head = cn_arena_str(arena, cn_str_slice(text, 0, head_len));
    if (!split_line(take_line(&head), &request)) {
        return false;
    }
    for (cn_str line = take_line(&head); line.len > 0; line = take_line(&head)) {
        const char *colon = memchr(line.ptr, ':', line.len);
        if (colon == NULL || request.field_count == CN_DIRECT_FIELDS_MAX) {
            return false;
        }
        const size_t at = (size_t)(colon - line.ptr);
        struct cn_http_field *field = &request.fields[request.field_count++];
        *field = (struct cn_http_field){ cn_str_slice(line, 0, at),
                                         cn_str_trim(cn_str_slice(line, at + 1, line.len)) };
        if (is_unusual(field)) {
            return false;
        }
    }
    request.body = cn_str_slice(text, head_len, head_len + body_len);
    *request_out = request;
    return true;
}
