/* Depth-first over the edges with a stack of its own; the stratum of a node is the most barriers on
 * any way to it. */
#include "frame/strata.h"

#include <string.h>

#include "base/buf.h"

enum {
    CYCLE_TEXT_MAX_BYTES = 200
};

struct edge {
    uint32_t read;
    bool across_rows;
    struct edge *next;
};

struct cn_strata_node {
    cn_str name;
    struct edge *reads;
};

enum mark {
    MARK_NEW,
    MARK_OPEN,
    MARK_DONE
};

struct walk {
    const struct cn_strata *strata;
    struct cn_strata_order order;
    uint8_t *marks;
    uint32_t *stack;
    const struct edge **next; /* of each node on the stack, the edge to look at */
    size_t depth;
};

void cn_strata_init(struct cn_strata *strata, struct cn_arena *arena)
{
    *strata = (struct cn_strata){ .arena = arena };
}

uint32_t cn_strata_add(struct cn_strata *strata, cn_str name)
{
    if (strata->count == strata->capacity) {
        size_t capacity = strata->capacity == 0 ? 32 : strata->capacity * 2;
        struct cn_strata_node *nodes =
            cn_arena_array(strata->arena, struct cn_strata_node, capacity);
        if (strata->count > 0) {
            memcpy(nodes, strata->nodes, strata->count * sizeof(*nodes));
        }
        strata->nodes = nodes;
        strata->capacity = capacity;
    }
    strata->nodes[strata->count] =
        (struct cn_strata_node){ .name = cn_arena_str(strata->arena, name) };
    return (uint32_t)strata->count++;
}

void cn_strata_reads(struct cn_strata *strata, uint32_t reader, uint32_t read, bool across_rows)
{
    struct edge *edge = cn_arena_new(strata->arena, struct edge);
    *edge = (struct edge){ read, across_rows, strata->nodes[reader].reads };
    strata->nodes[reader].reads = edge;
}

static bool cycle(const struct walk *w, uint32_t again, struct cn_error *err)
{
    char text[CYCLE_TEXT_MAX_BYTES];
    struct cn_buf buf;
    size_t from = 0;
    cn_buf_init(&buf, sizeof(text) - 1);
    while (w->stack[from] != again) {
        from++;
    }
    for (size_t i = from; i < w->depth; i++) {
        cn_buf_add_str(&buf, w->strata->nodes[w->stack[i]].name);
        cn_buf_add_str(&buf, CN_STR(" reads "));
    }
    cn_buf_add_str(&buf, w->strata->nodes[again].name);
    cn_fail(err, CN_INVALID, "a cycle: %.*s", CN_STR_ARG(cn_buf_str(&buf)));
    cn_buf_deinit(&buf);
    return false;
}

static void push(struct walk *w, uint32_t node)
{
    w->marks[node] = MARK_OPEN;
    w->stack[w->depth] = node;
    w->next[w->depth] = w->strata->nodes[node].reads;
    w->depth++;
}

static void finish_node(struct walk *w, uint32_t node)
{
    uint32_t stratum = 0;
    for (const struct edge *e = w->strata->nodes[node].reads; e != NULL; e = e->next) {
        uint32_t after = w->order.stratum[e->read] + (e->across_rows ? 1 : 0);
        stratum = after > stratum ? after : stratum;
    }
    w->order.stratum[node] = stratum;
    w->order.nodes[w->order.count++] = node;
    w->marks[node] = MARK_DONE;
    if (stratum + 1 > w->order.stratum_count) {
        w->order.stratum_count = stratum + 1;
    }
}

static bool visit(struct walk *w, uint32_t root, struct cn_error *err)
{
    push(w, root);
    while (w->depth > 0) {
        const struct edge *edge = w->next[w->depth - 1];
        if (edge == NULL) {
            finish_node(w, w->stack[--w->depth]);
            continue;
        }
        w->next[w->depth - 1] = edge->next;
        if (w->marks[edge->read] == MARK_OPEN) {
            return cycle(w, edge->read, err);
        }
        if (w->marks[edge->read] == MARK_NEW) {
            push(w, edge->read);
        }
    }
    return true;
}

/* Stable by stratum, so that all of one stratum stand together. */
static void group(const struct cn_strata *strata, struct cn_strata_order *order)
{
    uint32_t *grouped = cn_arena_array(strata->arena, uint32_t, order->count);
    size_t count = 0;
    for (uint32_t stratum = 0; stratum < order->stratum_count; stratum++) {
        for (size_t i = 0; i < order->count; i++) {
            if (order->stratum[order->nodes[i]] == stratum) {
                grouped[count++] = order->nodes[i];
            }
        }
    }
    order->nodes = grouped;
}

bool cn_strata_sort(const struct cn_strata *strata, struct cn_strata_order *order_out,
                    struct cn_error *err)
{
    struct walk w = {
        .strata = strata,
        .order = { .nodes = cn_arena_array(strata->arena, uint32_t, strata->count),
                   .stratum = cn_arena_array(strata->arena, uint32_t, strata->count),
                   .stratum_count = 1 },
        .marks = cn_arena_array(strata->arena, uint8_t, strata->count),
        .stack = cn_arena_array(strata->arena, uint32_t, strata->count),
        .next = cn_arena_array(strata->arena, const struct edge *, strata->count),
    };
    for (uint32_t i = 0; i < strata->count; i++) {
        if (w.marks[i] == MARK_NEW && !visit(&w, i, err)) {
            return false;
        }
    }
    group(strata, &w.order);
    *order_out = w.order;
    return true;
}
