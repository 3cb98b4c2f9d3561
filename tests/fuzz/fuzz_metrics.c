/* Any YAML is a list of metrics, sorted and with names, or a list of problems. */
#include <stdlib.h>

#include "base/str.h"

#include "metric/definition.h"

enum {
    ARENA_BYTES = 1 << 16
};

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct cn_metric_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct cn_metric *metric = &list->items[i];
        bool is_sorted = i == 0 || cn_str_compare(list->items[i - 1].name, metric->name) < 0;
        bool reads = metric->event.len > 0 || metric->property.len > 0;
        if (!is_sorted || !reads || metric->of_trait != (metric->event.len == 0)) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cn_arena arena;
    struct cn_diagnostics problems;
    struct cn_node *root = NULL;
    struct cn_metric_list *list = NULL;
    cn_arena_init(&arena, ARENA_BYTES);
    cn_diagnostics_init(&problems, &arena);
    if (cn_node_parse(&arena, CN_STR("f"), (cn_str){ (const char *)data, size }, &root,
                      &problems)) {
        const struct cn_node *nodes[] = { root };
        struct cn_section_input input = { .arena = &arena, .nodes = nodes, .count = 1 };
        if (cn_metrics_compile(&input, &list, &problems)) {
            check(list);
        } else if (problems.total == 0) {
            abort();
        }
    }
    cn_arena_deinit(&arena);
    return 0;
}
