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
    size_t skip;    /* so many cycles are passed over */
    uint32_t again; /* of a cycle: the node that was met again, on the stack */
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

/* Where on the stack the cycle begins. */
static size_t cycle_start(const struct walk *w)
{
    size_t from = 0;
    while (w->stack[from] != w->again) {
        from++;
    }
    return from;
}

static bool fail_cycle(const struct walk *w, struct cn_error *err)
{
    struct cn_buf buf;
    cn_buf_init(&buf, CYCLE_TEXT_MAX_BYTES - 1);
    for (size_t i = cycle_start(w); i < w->depth; i++) {
        cn_buf_add_str(&buf, w->strata->nodes[w->stack[i]].name);
        cn_buf_add_str(&buf, CN_STR(" reads "));
    }
    cn_buf_add_str(&buf, w->strata->nodes[w->again].name);
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

/* False at a cycle. */
static bool visit(struct walk *w, uint32_t root)
{
    push(w, root);
    while (w->depth > 0) {
        const struct edge *edge = w->next[w->depth - 1];
        if (edge == NULL) {
            finish_node(w, w->stack[--w->depth]);
            continue;
        }
        w->next[w->depth - 1] = edge->next;
        if (w->marks[edge->read] == MARK_OPEN && w->skip == 0) {
            w->again = edge->read;
            return false;
        }
        w->skip -= w->marks[edge->read] == MARK_OPEN; /* that cycle was told */
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

static struct walk begin(const struct cn_strata *strata)
{
    return (struct walk){
        .strata = strata,
        .order = { .nodes = cn_arena_array(strata->arena, uint32_t, strata->count),
                   .stratum = cn_arena_array(strata->arena, uint32_t, strata->count),
                   .stratum_count = 1 },
        .marks = cn_arena_array(strata->arena, uint8_t, strata->count),
        .stack = cn_arena_array(strata->arena, uint32_t, strata->count),
        .next = cn_arena_array(strata->arena, const struct edge *, strata->count),
    };
}

/* False at the first cycle. */
static bool visit_all(struct walk *w)
{
    for (uint32_t i = 0; i < w->strata->count; i++) {
        if (w->marks[i] == MARK_NEW && !visit(w, i)) {
            return false;
        }
    }
    return true;
}

bool cn_strata_sort(const struct cn_strata *strata, struct cn_strata_order *order_out,
                    struct cn_error *err)
{
    struct walk w = begin(strata);
    if (!visit_all(&w)) {
        return fail_cycle(&w, err);
    }
    group(strata, &w.order);
    *order_out = w.order;
    return true;
}

const uint32_t *cn_strata_cycle(const struct cn_strata *strata, size_t which, size_t *count_out)
{
    struct walk w = begin(strata);
    w.skip = which;
    *count_out = 0;
    if (visit_all(&w)) {
        return w.stack;
    }
    size_t from = cycle_start(&w);
    *count_out = w.depth - from;
    return w.stack + from;
}

const uint32_t *cn_strata_read_by(const struct cn_strata *strata, uint32_t node,
                                  struct cn_arena *arena, size_t *count_out)
{
    size_t count = 0;
    for (const struct edge *e = strata->nodes[node].reads; e != NULL; e = e->next) {
        count++;
    }
    uint32_t *read = cn_arena_array(arena, uint32_t, count);
    *count_out = 0;
    for (const struct edge *e = strata->nodes[node].reads; e != NULL; e = e->next) {
        read[(*count_out)++] = e->read;
    }
    return read;
}
