/* What direct.c takes of a request that net/framing.h takes is what its text says, read again by
 * the plainest means: so nothing hides between the two. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/direct_parse.h"
#include "net/framing.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_so)
{
    if (!is_so) {
        abort();
    }
}

/* Whether `text` goes on at *at with these bytes; *at is then behind them. */
static bool goes_on(cn_str text, size_t *at, cn_str with)
{
    bool is_so = text.len - *at >= with.len && memcmp(text.ptr + *at, with.ptr, with.len) == 0;
    *at += is_so ? with.len : 0;
    return is_so;
}

static void skip_blanks(cn_str text, size_t *at)
{
    while (*at < text.len && (text.ptr[*at] == ' ' || text.ptr[*at] == '\t')) {
        ++*at;
    }
}

static void check_target(const struct cn_direct_request *request)
{
    check(request->path.len > 0 && request->path.ptr[0] == '/');
    check(memchr(request->path.ptr, '?', request->path.len) == NULL);
    for (size_t i = 0; i < request->path.len; i++) {
        check(request->path.ptr[i] > ' ' && request->path.ptr[i] < 0x7f);
    }
    for (size_t i = 0; i < request->query.len; i++) {
        check(request->query.ptr[i] > ' ' && request->query.ptr[i] < 0x7f);
    }
}

/* A name is not empty and has no blank; a value begins and ends with none. */
static void check_field(const struct cn_http_field *field)
{
    cn_str value = field->value;
    check(field->name.len > 0);
    for (size_t i = 0; i < field->name.len; i++) {
        check(field->name.ptr[i] > ' ' && field->name.ptr[i] < 0x7f && field->name.ptr[i] != ':');
    }
    check(memchr(value.ptr, '\r', value.len) == NULL && memchr(value.ptr, '\n', value.len) == NULL);
    check(value.len == 0 ||
          (strchr(" \t", value.ptr[0]) == NULL && strchr(" \t", value.ptr[value.len - 1]) == NULL));
}

/* Puts the request together again beside its text. */
static void check_text(const struct cn_direct_request *request, cn_str text)
{
    size_t at = 0;
    size_t lengths = 0;
    size_t hosts = 0;
    unsigned long long length = 0;
    check(goes_on(text, &at, CN_STR("POST ")) && goes_on(text, &at, request->path));
    check((goes_on(text, &at, CN_STR("?")) || request->query.len == 0) &&
          goes_on(text, &at, request->query) && goes_on(text, &at, CN_STR(" HTTP/1.1\r\n")));
    for (size_t i = 0; i < request->field_count; i++) {
        const struct cn_http_field *field = &request->fields[i];
        check_field(field);
        check(goes_on(text, &at, field->name) && goes_on(text, &at, CN_STR(":")));
        skip_blanks(text, &at);
        check(goes_on(text, &at, field->value));
        skip_blanks(text, &at);
        check(goes_on(text, &at, CN_STR("\r\n")));
        hosts += field->name.len == 4 && strncasecmp(field->name.ptr, "host", 4) == 0;
        if (field->name.len == 14 && strncasecmp(field->name.ptr, "content-length", 14) == 0) {
            char *end = NULL;
            lengths++;
            length = strtoull(field->value.ptr, &end, 10); /* a line end stops it */
            check(end == field->value.ptr + field->value.len);
        }
        check(field->name.len != 17 || strncasecmp(field->name.ptr, "transfer-encoding", 17) != 0);
    }
    check(goes_on(text, &at, CN_STR("\r\n")) && hosts == 1 && lengths <= 1);
    check(request->body.len == length && goes_on(text, &at, request->body));
    while (goes_on(text, &at, CN_STR("\r\n"))) {
        /* empty lines between requests belong to none */
    }
    check(at == text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cn_framing framing = { 0 };
    struct cn_arena arena;
    struct cn_direct_request request;
    cn_str text = { (const char *)data, size };
    cn_framing_feed(&framing, text.ptr, text.len);
    if (!cn_framing_is_between(&framing) || framing.requests != 1) {
        return 0;
    }
    cn_arena_init(&arena, 4096);
    if (cn_direct_parse(&arena, text, (size_t)framing.length, &request)) {
        check_target(&request);
        check_text(&request, text);
    }
    cn_arena_deinit(&arena);
    return 0;
}
