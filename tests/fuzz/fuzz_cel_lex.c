/*
 * Whatever text it is: tokens lie in it one after the other with nothing but blanks and comments
 * between them, and the lexer comes to the end or says where no token is.
 */
#include <stdlib.h>
#include <string.h>

#include "cel/parser.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_between(cn_str source, size_t from, size_t to)
{
    bool in_comment = false;
    for (size_t i = from; i < to; i++) {
        char c = source.ptr[i];
        in_comment = (in_comment && c != '\n') || (!in_comment && c == '/');
        if (!in_comment && strchr(" \t\n\f\r", c) == NULL) {
            return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cn_arena arena;
    cn_arena_init(&arena, 1 << 14);
    cn_str source = cn_arena_str(&arena, (cn_str){ (const char *)data, size }); /* the NUL */
    size_t offset = 0;
    int code = 1;
    while (code > 0) {
        struct cn_cel_token token = { 0, 0 };
        size_t before = offset;
        code = cn_cel_lex(source, &offset, &token);
        size_t end = (size_t)token.offset + token.length;
        if (token.offset < before || end > size || offset > size ||
            !is_between(source, before, token.offset)) {
            abort();
        }
        if (code > 0 && (token.length == 0 || offset != end)) {
            abort();
        }
        if (code == 0 && (token.length != 0 || end != size)) {
            abort();
        }
    }
    cn_arena_deinit(&arena);
    return 0;
}
