/*
 * Whatever text it is: lexer, parser and macros take or refuse it, and each part of the tree lies
 * in the text and is no deeper than it may be.
 */
#include <stdlib.h>

#include "cel/parse.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NOLINTNEXTLINE(misc-no-recursion): that it is not too deep is what is tested */
static void look_at(const struct cn_cel_node *node, size_t size, size_t depth)
{
    if (depth > CN_CEL_DEPTH_MAX || (size_t)node->offset + node->length > size ||
        node->mark > size) {
        abort();
    }
    for (uint32_t i = 0; i < node->arg_count; i++) {
        look_at(node->args[i], size, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cn_arena arena;
    struct cn_cel_problems problems;
    cn_str source = { (const char *)data, size };
    cn_arena_init(&arena, 1 << 14);
    cn_cel_problems_init(&problems, &arena, source);
    struct cn_cel_node *root = cn_cel_parse(&arena, source, &cn_cel_dialect_rules, &problems);
    if (root != NULL) {
        look_at(root, size, 1);
    } else if (problems.count == 0) {
        abort();
    }
    cn_arena_deinit(&arena);
    return 0;
}
