/*
 * The parser's front: limits of the text, then lexer and grammar.
 */
#include "cel/parse.h"

#include "base/utf8.h"

#include "cel/parser.h"

const struct cn_cel_dialect cn_cel_dialect_rules = {
    .depth_max = CN_CEL_DEPTH_MAX,
    .optionals = true,
    .quoted_fields = true,
    .has_names = true,
    .extensions = true,
};

struct cn_cel_node *cn_cel_parse(struct cn_arena *arena, cn_str source,
                                 const struct cn_cel_dialect *dialect,
                                 struct cn_cel_problems *problems)
{
    if (source.len > CN_CEL_SOURCE_MAX_BYTES) {
        cn_cel_problem_add(problems, CN_CEL_PROBLEM_TOO_LARGE, CN_CEL_SOURCE_MAX_BYTES, 0,
                           "longer than %d bytes", CN_CEL_SOURCE_MAX_BYTES);
        return NULL;
    }
    size_t valid = cn_utf8_valid_len(source);
    if (valid < source.len) {
        cn_cel_problem_add(problems, CN_CEL_PROBLEM_SYNTAX, (uint32_t)valid, 1,
                           "the text is not valid UTF-8");
        return NULL;
    }
    struct cn_cel_parser parser = { .arena = arena,
                                    .source = cn_arena_str(arena, source), /* the lexer's NUL */
                                    .dialect = *dialect,
                                    .problems = problems };
    cn_cel_run_grammar(&parser);
    return parser.failed ? NULL : parser.root;
}
