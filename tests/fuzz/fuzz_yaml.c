/* Any bytes are a tree or a list of problems, and places lie within the text. */
#include <stdlib.h>

#include "program/node.h"

enum {
    MAX_BYTES = 1 << 16
};

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NOLINTNEXTLINE(misc-no-recursion): CN_NODE_DEPTH_MAX bounds it */
static void walk(const struct cn_node *node, int64_t lines)
{
    struct cn_place last = cn_node_place_at(node, (int64_t)node->text.len);
    if (node->line < 1 || node->line > lines || node->column < 1 || last.line > lines + 1) {
        abort();
    }
    for (size_t i = 0; i < node->count; i++) {
        walk(&node->items[i], lines);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cn_arena arena;
    struct cn_diagnostics problems;
    struct cn_node *root = NULL;
    int64_t lines = 1;
    for (size_t i = 0; i < size; i++) {
        lines += data[i] == '\n';
    }
    cn_arena_init(&arena, MAX_BYTES);
    cn_diagnostics_init(&problems, &arena);
    if (cn_node_parse(&arena, CN_STR("f"), (cn_str){ (const char *)data, size }, &root,
                      &problems)) {
        walk(root, lines + 1);
    } else if (problems.total == 0) {
        abort();
    }
    cn_arena_deinit(&arena);
    return 0;
}
