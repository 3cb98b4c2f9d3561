#include "cel/cost.h"

#include "base/str.h"

/* Large enough for anything that is refused, small enough for two of them to be multiplied. */
#define MOST (UINT64_C(1) << 31)

/* A value, or the computation of one. */
struct extent {
    uint64_t cost;  /* steps to compute it */
    uint64_t size;  /* elements, or bytes of text */
    uint64_t inner; /* the largest size of what is in it, however deep */
    uint64_t total; /* steps to read all of it */
    uint64_t part;  /* steps to read the largest thing that is in it */
    bool has_map;   /* whose comparison takes all pairs of keys */
};

struct scope {
    cn_str name;
    struct extent extent;
    const struct scope *outer;
};

static uint64_t add(uint64_t a, uint64_t b)
{
    return a + b < MOST ? a + b : MOST;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
    return a * b < MOST ? a * b : MOST; /* both are at most MOST */
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Steps to read a text. */
static uint64_t reading(uint64_t bytes)
{
    return 1 + bytes / 64;
}

static struct extent text_of(uint64_t bytes)
{
    bytes = bytes < MOST ? bytes : MOST;
    return (struct extent){ .size = bytes, .total = reading(bytes) };
}

/* `part` is one element or entry more. */
static void put(struct extent *whole, const struct extent *part)
{
    whole->inner = larger(whole->inner, larger(part->size, part->inner));
    whole->total = add(whole->total, part->total);
    whole->part = larger(whole->part, larger(part->total, part->part));
    whole->has_map |= part->has_map;
}

/* NOLINTBEGIN(misc-no-recursion): constants nest as deep as what they were folded from */
static struct extent of_value(const struct cn_cel_value *value)
{
    struct extent out = { .total = 1 };
    if (value->kind == CN_CEL_STRING || value->kind == CN_CEL_BYTES) {
        return text_of(value->as.text.len);
    }
    if (value->kind == CN_CEL_OPTIONAL && value->as.inner != NULL) {
        return of_value(value->as.inner);
    }
    if (value->kind != CN_CEL_LIST && value->kind != CN_CEL_MAP) {
        return out;
    }
    bool is_map = value->kind == CN_CEL_MAP;
    out.size = is_map ? value->as.map.count : value->as.list.count;
    out.has_map = is_map;
    for (size_t i = 0; i < out.size; i++) {
        struct extent part = of_value(is_map ? &value->as.map.values[i] : &value->as.list.items[i]);
        put(&out, &part);
        if (is_map) {
            part = of_value(&value->as.map.keys[i]);
            put(&out, &part);
        }
    }
    return out;
}
/* NOLINTEND(misc-no-recursion) */

static struct extent of_column(const struct cn_cel_node *node)
{
    uint64_t size = node->size_max;
    if (node->type->kind == CN_CEL_LIST) {
        bool has_texts = node->type->element->kind == CN_CEL_STRING;
        struct extent item =
            has_texts ? text_of(CN_CEL_TEXT_TYPICAL_BYTES) : (struct extent){ .total = 1 };
        struct extent out = { .size = size > 0 ? size : CN_CEL_LIST_TYPICAL_ITEMS };
        out.inner = item.size;
        out.part = item.total;
        out.total = add(1, multiply(out.size, item.total));
        out.cost = out.size;
        return out;
    }
    if (node->type->kind == CN_CEL_STRING) {
        return text_of(size > 0 ? size : CN_CEL_TEXT_TYPICAL_BYTES);
    }
    return (struct extent){ .total = 1 };
}

/* Steps to find out whether they are equal. */
static uint64_t comparing(const struct extent *a, const struct extent *b)
{
    if (a->has_map || b->has_map) {
        return multiply(a->total, b->total);
    }
    return add(1, a->total < b->total ? a->total : b->total);
}

/* One of all elements. */
static struct extent element_of(const struct extent *all)
{
    return (struct extent){ .size = all->inner,
                            .inner = all->inner,
                            .total = larger(all->part, 1),
                            .part = all->part,
                            .has_map = all->has_map };
}

static struct extent either(const struct extent *a, const struct extent *b)
{
    return (struct extent){ .cost = larger(a->cost, b->cost),
                            .size = larger(a->size, b->size),
                            .inner = larger(a->inner, b->inner),
                            .total = larger(a->total, b->total),
                            .part = larger(a->part, b->part),
                            .has_map = a->has_map || b->has_map };
}

/* Functions whose result or work grows otherwise than with the largest of their operands. */
static struct extent of_function(cn_str name, const struct extent *args, uint32_t count)
{
    static const struct extent none = { .total = 1 };
    const struct extent *a = count > 0 ? &args[0] : &none;
    const struct extent *b = count > 1 ? &args[1] : &none;
    const struct extent *c = count > 2 ? &args[2] : &none;
    struct extent out = either(a, b);
    if (cn_str_equal(name, CN_STR("_+_"))) {
        out.size = add(a->size, b->size);
        out.total = add(a->total, b->total);
    } else if (cn_str_equal(name, CN_STR("replace"))) {
        out = text_of(multiply(add(a->size, 1), add(c->size, 1)));
    } else if (cn_str_equal(name, CN_STR("join"))) {
        out = text_of(multiply(a->size, add(a->inner, b->size)));
    } else if (cn_str_equal(name, CN_STR("split"))) {
        out = (struct extent){ .size = add(a->size, 1),
                               .inner = a->size,
                               .part = reading(a->size),
                               .total = multiply(3, add(a->size, 1)) };
    } else if (cn_str_equal(name, CN_STR("format"))) {
        /* A clause is two bytes at least, and writes a value or 1400 digits. */
        uint64_t clauses = add(a->size / 2, 1);
        out = text_of(add(a->size, multiply(clauses, add(multiply(b->total, 100), 1400))));
        out.cost = multiply(b->total, 10);
    } else if (cn_str_equal(name, CN_STR("matches"))) {
        out.cost = add(100, b->size);
    } else if (cn_str_equal(name, CN_STR("lastIndexOf"))) {
        out.cost = multiply(reading(a->size), reading(b->size));
    } else {
        /* Quotes, base64 and numbers as text are the longest. */
        out.size = add(multiply(out.size, 2), 64);
        out.total = add(out.total, reading(out.size));
        out.cost = name.len > 3 && cn_str_starts_with(name, CN_STR("get")) ? 100 : 0;
    }
    return out;
}

/* NOLINTBEGIN(misc-no-recursion): the tree is at most CN_CEL_DEPTH_MAX deep */
static struct extent estimate(const struct cn_cel_node *node, const struct scope *scope);

static struct extent of_name(const struct cn_cel_node *node, const struct scope *scope)
{
    while (scope != NULL && !cn_str_equal(scope->name, node->name)) {
        scope = scope->outer;
    }
    return scope != NULL ? scope->extent : (struct extent){ .total = 1 };
}

/* A list or a map that is written out. */
static struct extent of_items(const struct cn_cel_node *node, const struct scope *scope)
{
    bool is_map = node->kind == CN_CEL_NODE_MAP;
    struct extent out = { .size = node->arg_count, .total = 1, .has_map = is_map };
    for (uint32_t i = 0; i < node->arg_count; i++) {
        const struct cn_cel_node *item = node->args[i];
        for (uint32_t k = 0; k < (is_map ? 2U : 1U); k++) {
            struct extent part = estimate(is_map ? item->args[k] : item, scope);
            put(&out, &part);
            out.cost = add(out.cost, part.cost);
        }
    }
    /* Each key is compared with those before it, and what grows is copied. */
    out.cost = add(out.cost, is_map ? multiply(multiply(out.size, 3), out.total) : 0);
    return out;
}

static bool grows_accumulator(const struct cn_cel_node *node)
{
    return cn_str_equal(node->name, CN_STR("_+_")) && node->args[0]->kind == CN_CEL_NODE_IDENT &&
           cn_str_equal(node->args[0]->name, CN_STR("@result"));
}

/* What a call does with its operands; their cost is not in it. */
static struct extent of_operands(const struct cn_cel_node *node, const struct extent *args)
{
    struct extent out = { .total = 1 };
    switch (node->function != NULL ? node->function->special : CN_CEL_NOT_FALSE) {
    case CN_CEL_EQ:
    case CN_CEL_NE:
        out.cost = comparing(&args[0], &args[1]);
        break;
    case CN_CEL_IN:
        out.cost = args[0].has_map || args[1].has_map ? multiply(args[0].total, args[1].total)
                                                      : add(args[1].total, args[1].size);
        break;
    case CN_CEL_INDEX:
    case CN_CEL_OPTIONAL_INDEX:
        out = element_of(&args[0]);
        out.cost = args[0].has_map ? args[0].total : 1;
        break;
    case CN_CEL_CHOOSE:
        out = either(&args[1], &args[2]);
        out.cost = 0;
        break;
    case CN_CEL_OPTIONAL_OR:
    case CN_CEL_OPTIONAL_ELSE:
        out = either(&args[0], &args[1]);
        out.cost = 0;
        break;
    case CN_CEL_INSERT:
        out = args[0];
        put(&out, &args[1]);
        put(&out, &args[node->arg_count - 1]);
        out.size = add(out.size, node->arg_count == 3 ? 1 : args[1].size);
        out.cost = add(4, multiply(add(out.size, 1), multiply(2, args[1].total)));
        out.has_map = true;
        break;
    case CN_CEL_PLAIN:
        out = of_function(node->name, args, node->arg_count);
        break;
    case CN_CEL_AND:
    case CN_CEL_OR:
    case CN_CEL_NOT_FALSE:
        break;
    }
    return out;
}

static struct extent of_call(const struct cn_cel_node *node, const struct scope *scope)
{
    enum {
        ARGS_MAX = CN_CEL_ARGS_MAX
    };
    struct extent args[ARGS_MAX] = { 0 };
    uint64_t cost = 0;
    uint64_t read = 0;
    for (uint32_t i = 0; i < node->arg_count; i++) {
        struct extent arg = estimate(node->args[i], scope);
        cost = add(cost, arg.cost);
        read = add(read, arg.total);
        arg.cost = 0;
        /* A variadic function takes numbers only, or lists of them. */
        args[i < ARGS_MAX ? i : ARGS_MAX - 1] = arg;
    }
    struct extent out = of_operands(node, args);
    cost = add(cost, out.cost);
    if (grows_accumulator(node)) {
        cost = add(cost, 5);
    } else if (node->function != NULL && node->function->special == CN_CEL_PLAIN) {
        cost = add(cost, add(read, reading(out.size)));
    }
    out.cost = cost;
    return out;
}

static struct extent of_comprehension(const struct cn_cel_node *node, const struct scope *outer)
{
    struct cn_cel_node **parts = node->args;
    struct extent range = estimate(parts[CN_CEL_FOLD_RANGE], outer);
    struct extent init = estimate(parts[CN_CEL_FOLD_INIT], outer);
    uint64_t count = range.size;
    uint64_t cost = add(add(range.cost, init.cost), count);
    enum cn_cel_kind kind = parts[CN_CEL_FOLD_INIT]->type->kind;
    struct extent grown = init;
    grown.cost = 0;
    if (kind == CN_CEL_LIST || kind == CN_CEL_MAP) {
        /* A step sees as much as all steps before it made. */
        grown.size = add(grown.size, count);
        grown.total = add(grown.total, count);
    }
    struct scope accumulator = { node->accumulator, grown, outer };
    struct scope first = { node->name, element_of(&range), &accumulator };
    struct scope second = { node->name2, first.extent, &first };
    struct extent condition = estimate(parts[CN_CEL_FOLD_CONDITION], &second);
    struct extent step = estimate(parts[CN_CEL_FOLD_STEP], &second);
    cost = add(cost, multiply(count, add(condition.cost, step.cost)));
    uint64_t more = step.size > grown.size ? step.size - grown.size : 0;
    uint64_t read = step.total > grown.total ? step.total - grown.total : 0;
    accumulator.extent = (struct extent){ .size = add(init.size, multiply(count, more)),
                                          .inner = larger(init.inner, step.inner),
                                          .part = larger(init.part, step.part),
                                          .total = add(init.total, multiply(count, read)),
                                          .has_map = init.has_map || step.has_map };
    struct extent out = estimate(parts[CN_CEL_FOLD_RESULT], &accumulator);
    out.cost = add(out.cost, cost);
    return out;
}

static struct extent estimate(const struct cn_cel_node *node, const struct scope *scope)
{
    struct extent out = { .total = 1 };
    struct extent all;
    switch (node->kind) {
    case CN_CEL_NODE_CONST:
        out = of_value(&node->value);
        break;
    case CN_CEL_NODE_COLUMN:
        out = of_column(node);
        break;
    case CN_CEL_NODE_IDENT:
        out = of_name(node, scope);
        break;
    case CN_CEL_NODE_HAS:
        out = estimate(node->args[0], scope);
        out = (struct extent){ .cost = add(out.cost, add(out.total, 1)), .total = 1 };
        break;
    case CN_CEL_NODE_SELECT:
        all = estimate(node->args[0], scope);
        out = element_of(&all);
        out.cost = add(all.cost, all.total);
        break;
    case CN_CEL_NODE_CALL:
        out = of_call(node, scope);
        break;
    case CN_CEL_NODE_LIST:
    case CN_CEL_NODE_MAP:
        out = of_items(node, scope);
        break;
    case CN_CEL_NODE_COMPREHENSION:
        out = of_comprehension(node, scope);
        break;
    case CN_CEL_NODE_MESSAGE:
    case CN_CEL_NODE_ENTRY:
        break;
    }
    out.cost = add(out.cost, 1);
    return out;
}
/* NOLINTEND(misc-no-recursion) */

uint64_t cn_cel_estimate(const struct cn_cel_node *root)
{
    return estimate(root, NULL).cost;
}
