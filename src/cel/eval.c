/*
 * The row evaluator: walks the tree with values.  Knows every kind and says why there is no value;
 * the block evaluator falls back to it.
 */
#include "cel/eval.h"

#include <assert.h>

#include "base/str.h"

enum {
    STEPS_MAX = 200 * 1000, /* nodes visited in one evaluation: comprehensions nest */
};

struct variable {
    cn_str name;
    struct cn_cel_value value;
    const struct variable *outer;
};

struct machine {
    const struct cn_cel_row *row;
    struct cn_cel_call call;
    const struct variable *variables;
    size_t steps_left;
};

static struct cn_cel_value failed_at(const struct cn_cel_node *node, enum cn_cel_failure failure)
{
    struct cn_cel_value value = cn_cel_failed(failure);
    value.offset = node->mark;
    return value;
}

/* NOLINTBEGIN(misc-no-recursion): the tree is at most CN_CEL_DEPTH_MAX deep */
static struct cn_cel_value eval(struct machine *machine, const struct cn_cel_node *node);

static struct cn_cel_value load(struct machine *machine, const struct cn_cel_node *node)
{
    struct cn_cel_value value = { .kind = CN_CEL_NULL };
    if (!machine->row->load(machine->row->ctx, node->column, node->type->kind, machine->call.arena,
                            &value)) {
        return failed_at(node, CN_CEL_NO_VALUE);
    }
    return value;
}

static struct cn_cel_value find_variable(const struct machine *machine,
                                         const struct cn_cel_node *node)
{
    for (const struct variable *at = machine->variables; at != NULL; at = at->outer) {
        if (cn_str_equal(at->name, node->name)) {
            return at->value;
        }
    }
    return failed_at(node, CN_CEL_NO_NAME);
}

static const struct cn_cel_value *find_key(const struct cn_cel_map *map,
                                           const struct cn_cel_value *key)
{
    for (size_t i = 0; i < map->count; i++) {
        if (cn_cel_equal(&map->keys[i], key)) {
            return &map->values[i];
        }
    }
    return NULL;
}

static struct cn_cel_value select_field(struct machine *machine, const struct cn_cel_node *node,
                                        bool is_test)
{
    struct cn_cel_value target = eval(machine, node->args[0]);
    if (target.kind == CN_CEL_ERROR) {
        return target;
    }
    if (target.kind != CN_CEL_MAP) {
        return failed_at(node, CN_CEL_NO_OVERLOAD);
    }
    struct cn_cel_value key = cn_cel_string(node->name);
    const struct cn_cel_value *found = find_key(&target.as.map, &key);
    if (is_test) {
        return cn_cel_bool(found != NULL);
    }
    return found != NULL ? *found : failed_at(node, CN_CEL_NO_KEY);
}

static struct cn_cel_value eval_has(struct machine *machine, const struct cn_cel_node *node)
{
    if (node->name.len > 0) {
        return select_field(machine, node, true);
    }
    struct cn_cel_value value = eval(machine, node->args[0]);
    if (value.kind == CN_CEL_ERROR && value.as.failure != CN_CEL_NO_VALUE) {
        return value;
    }
    return cn_cel_bool(value.kind != CN_CEL_ERROR);
}

/* "Logical operators": the side that decides wins over an error on the other. */
static struct cn_cel_value eval_logic(struct machine *machine, const struct cn_cel_node *node,
                                      bool decisive)
{
    struct cn_cel_value a = eval(machine, node->args[0]);
    if (a.kind == CN_CEL_BOOL && a.as.flag == decisive) {
        return a;
    }
    struct cn_cel_value b = eval(machine, node->args[1]);
    if (b.kind == CN_CEL_BOOL && b.as.flag == decisive) {
        return b;
    }
    if (a.kind == CN_CEL_ERROR) {
        return a;
    }
    if (b.kind == CN_CEL_ERROR) {
        return b;
    }
    if (a.kind != CN_CEL_BOOL || b.kind != CN_CEL_BOOL) {
        return failed_at(node, CN_CEL_NO_OVERLOAD);
    }
    return cn_cel_bool(!decisive);
}

static struct cn_cel_value eval_choice(struct machine *machine, const struct cn_cel_node *node)
{
    struct cn_cel_value test = eval(machine, node->args[0]);
    if (test.kind == CN_CEL_ERROR) {
        return test;
    }
    if (test.kind != CN_CEL_BOOL) {
        return failed_at(node, CN_CEL_NO_OVERLOAD);
    }
    return eval(machine, node->args[test.as.flag ? 1 : 2]);
}

static struct cn_cel_value eval_not_false(struct machine *machine, const struct cn_cel_node *node)
{
    struct cn_cel_value value = eval(machine, node->args[0]);
    return cn_cel_bool(value.kind != CN_CEL_BOOL || value.as.flag);
}

static struct cn_cel_value contains(const struct cn_cel_node *node, const struct cn_cel_value *item,
                                    const struct cn_cel_value *all)
{
    if (all->kind == CN_CEL_MAP) {
        return cn_cel_bool(find_key(&all->as.map, item) != NULL);
    }
    if (all->kind != CN_CEL_LIST) {
        return failed_at(node, CN_CEL_NO_OVERLOAD);
    }
    for (size_t i = 0; i < all->as.list.count; i++) {
        if (cn_cel_equal(&all->as.list.items[i], item)) {
            return cn_cel_bool(true);
        }
    }
    return cn_cel_bool(false);
}

/* An int, or a number that is equal to one. */
static bool as_index(const struct cn_cel_value *value, int64_t *index_out)
{
    if (value->kind == CN_CEL_INT) {
        *index_out = value->as.i64;
    } else if (value->kind == CN_CEL_UINT && value->as.u64 <= INT64_MAX) {
        *index_out = (int64_t)value->as.u64;
    } else if (value->kind == CN_CEL_DOUBLE && value->as.f64 >= 0 && value->as.f64 < 1e15 &&
               (double)(int64_t)value->as.f64 == value->as.f64) {
        *index_out = (int64_t)value->as.f64;
    } else {
        return false;
    }
    return true;
}

static struct cn_cel_value element(const struct cn_cel_node *node, const struct cn_cel_value *all,
                                   const struct cn_cel_value *key)
{
    int64_t index = 0;
    if (all->kind == CN_CEL_MAP) {
        const struct cn_cel_value *found = find_key(&all->as.map, key);
        return found != NULL ? *found : failed_at(node, CN_CEL_NO_KEY);
    }
    if (all->kind != CN_CEL_LIST || !as_index(key, &index)) {
        return failed_at(node, CN_CEL_NO_OVERLOAD);
    }
    if (index < 0 || (uint64_t)index >= all->as.list.count) {
        return failed_at(node, CN_CEL_NO_INDEX);
    }
    return all->as.list.items[index];
}

/* All operands in order; the first error ends it. */
static bool eval_args(struct machine *machine, const struct cn_cel_node *node,
                      struct cn_cel_value *args, struct cn_cel_value *error_out)
{
    for (uint32_t i = 0; i < node->arg_count; i++) {
        args[i] = eval(machine, node->args[i]);
        if (args[i].kind == CN_CEL_ERROR) {
            *error_out = args[i];
            return false;
        }
    }
    return true;
}

static struct cn_cel_value eval_strict(struct machine *machine, const struct cn_cel_node *node)
{
    enum {
        FEW = 4
    };
    struct cn_cel_value few[FEW] = { 0 };
    struct cn_cel_value *args =
        node->arg_count <= FEW
            ? few
            : cn_arena_array(machine->call.arena, struct cn_cel_value, node->arg_count);
    struct cn_cel_value result = { 0 };
    if (!eval_args(machine, node, args, &result)) {
        return result;
    }
    switch ((int)node->function->special) {
    case CN_CEL_EQ:
        return cn_cel_bool(cn_cel_equal(&args[0], &args[1]));
    case CN_CEL_NE:
        return cn_cel_bool(!cn_cel_equal(&args[0], &args[1]));
    case CN_CEL_IN:
        return contains(node, &args[0], &args[1]);
    case CN_CEL_INDEX:
        return element(node, &args[0], &args[1]);
    default:
        break;
    }
    const struct cn_cel_overload *overload =
        node->overload != NULL ? node->overload
                               : cn_cel_overload_find(node->function, args, node->arg_count);
    if (overload == NULL) {
        return failed_at(node, CN_CEL_NO_OVERLOAD);
    }
    result = overload->run(&machine->call, args, node->arg_count);
    if (result.kind == CN_CEL_ERROR) {
        result.offset = node->mark;
    }
    return result;
}

static struct cn_cel_value eval_call(struct machine *machine, const struct cn_cel_node *node)
{
    if (node->function == NULL) {
        return failed_at(node, CN_CEL_NO_FUNCTION);
    }
    switch ((int)node->function->special) {
    case CN_CEL_AND:
        return eval_logic(machine, node, false);
    case CN_CEL_OR:
        return eval_logic(machine, node, true);
    case CN_CEL_CHOOSE:
        return eval_choice(machine, node);
    case CN_CEL_NOT_FALSE:
        return eval_not_false(machine, node);
    default:
        return eval_strict(machine, node);
    }
}

static struct cn_cel_value eval_list(struct machine *machine, const struct cn_cel_node *node)
{
    struct cn_cel_value error = { 0 };
    struct cn_cel_value *items =
        cn_arena_array(machine->call.arena, struct cn_cel_value, node->arg_count + 1);
    if (!eval_args(machine, node, items, &error)) {
        return error;
    }
    return (struct cn_cel_value){ .kind = CN_CEL_LIST, .as.list = { items, node->arg_count } };
}

static struct cn_cel_value eval_map(struct machine *machine, const struct cn_cel_node *node)
{
    struct cn_arena *arena = machine->call.arena;
    struct cn_cel_value *keys = cn_arena_array(arena, struct cn_cel_value, node->arg_count + 1);
    struct cn_cel_value *values = cn_arena_array(arena, struct cn_cel_value, node->arg_count + 1);
    struct cn_cel_map map = { keys, values, 0 };
    for (uint32_t i = 0; i < node->arg_count; i++) {
        struct cn_cel_value pair[2] = { 0 };
        struct cn_cel_value error = { 0 };
        if (!eval_args(machine, node->args[i], pair, &error)) {
            return error;
        }
        bool is_key = pair[0].kind == CN_CEL_BOOL || pair[0].kind == CN_CEL_INT ||
                      pair[0].kind == CN_CEL_UINT || pair[0].kind == CN_CEL_STRING;
        if (!is_key || find_key(&map, &pair[0]) != NULL) {
            return failed_at(node->args[i], CN_CEL_BAD_ARGUMENT);
        }
        keys[map.count] = pair[0];
        values[map.count++] = pair[1];
    }
    return (struct cn_cel_value){ .kind = CN_CEL_MAP, .as.map = map };
}

static struct cn_cel_value eval_comprehension(struct machine *machine,
                                              const struct cn_cel_node *node)
{
    struct cn_cel_node **parts = node->args;
    struct cn_cel_value range = eval(machine, parts[CN_CEL_FOLD_RANGE]);
    if (range.kind == CN_CEL_ERROR) {
        return range;
    }
    bool is_map = range.kind == CN_CEL_MAP;
    if (!is_map && range.kind != CN_CEL_LIST) {
        return failed_at(node, CN_CEL_NO_OVERLOAD);
    }
    const struct cn_cel_value *items = is_map ? range.as.map.keys : range.as.list.items;
    size_t count = is_map ? range.as.map.count : range.as.list.count;
    const struct variable *outer = machine->variables;
    struct variable accumulator = { .name = node->accumulator,
                                    .value = eval(machine, parts[CN_CEL_FOLD_INIT]),
                                    .outer = outer };
    struct variable variable = { .name = node->name, .outer = &accumulator };
    for (size_t i = 0; i < count; i++) {
        variable.value = items[i];
        machine->variables = &variable; /* cppcheck-suppress autoVariables; put back below */
        struct cn_cel_value more = eval(machine, parts[CN_CEL_FOLD_CONDITION]);
        if (more.kind != CN_CEL_BOOL || !more.as.flag) {
            break;
        }
        accumulator.value = eval(machine, parts[CN_CEL_FOLD_STEP]);
    }
    machine->variables = &accumulator;
    struct cn_cel_value result = eval(machine, parts[CN_CEL_FOLD_RESULT]);
    machine->variables = outer;
    return result;
}

static struct cn_cel_value eval(struct machine *machine, const struct cn_cel_node *node)
{
    if (machine->steps_left == 0) {
        return failed_at(node, CN_CEL_TOO_COSTLY);
    }
    machine->steps_left--;
    switch (node->kind) {
    case CN_CEL_NODE_CONST:
        return node->value;
    case CN_CEL_NODE_IDENT:
        return find_variable(machine, node);
    case CN_CEL_NODE_COLUMN:
        return load(machine, node);
    case CN_CEL_NODE_SELECT:
        return select_field(machine, node, false);
    case CN_CEL_NODE_HAS:
        return eval_has(machine, node);
    case CN_CEL_NODE_CALL:
        return eval_call(machine, node);
    case CN_CEL_NODE_LIST:
        return eval_list(machine, node);
    case CN_CEL_NODE_MAP:
        return eval_map(machine, node);
    case CN_CEL_NODE_COMPREHENSION:
        return eval_comprehension(machine, node);
    case CN_CEL_NODE_MESSAGE:
    case CN_CEL_NODE_ENTRY:
        break;
    }
    return failed_at(node, CN_CEL_UNSUPPORTED);
}
/* NOLINTEND(misc-no-recursion) */

struct cn_cel_value cn_cel_eval_node(const struct cn_cel_node *node, const struct cn_cel_row *row,
                                     struct cn_arena *arena)
{
    struct machine machine = { .row = row,
                               .call = { .arena = arena, .text_left = CN_CEL_TEXT_MAX_BYTES },
                               .steps_left = STEPS_MAX };
    return eval(&machine, node);
}

struct cn_cel_value cn_cel_eval(const struct cn_cel_expr *expr, const struct cn_cel_row *row,
                                struct cn_arena *arena)
{
    return cn_cel_eval_node(expr->root, row, arena);
}

static bool load_cell(void *ctx, uint32_t column, enum cn_cel_kind kind, struct cn_arena *arena,
                      struct cn_cel_value *value_out)
{
    (void)arena;
    const struct cn_cel_batch_row *at = ctx;
    assert(column < at->batch->column_count);
    const struct cn_cel_cells *cells = &at->batch->columns[column];
    size_t row = at->batch->first + at->row;
    if (cells->missing != NULL && (cells->missing[row / 64] >> (row % 64) & 1) != 0) {
        return false;
    }
    struct cn_cel_value value = { .kind = kind };
    switch ((int)kind) {
    case CN_CEL_DOUBLE:
        value.as.f64 = ((const double *)cells->values)[row];
        break;
    case CN_CEL_INT:
        value.as.i64 = ((const int64_t *)cells->values)[row];
        break;
    case CN_CEL_UINT:
        value.as.u64 = ((const uint64_t *)cells->values)[row];
        break;
    case CN_CEL_BOOL:
        value.as.flag = ((const uint8_t *)cells->values)[row] != 0;
        break;
    case CN_CEL_STRING:
        value.as.text = at->batch->strings->text(at->batch->strings->ctx,
                                                 ((const uint32_t *)cells->values)[row]);
        break;
    default:
        value.as.time = (struct cn_cel_time){ ((const int64_t *)cells->values)[row], 0 };
        break;
    }
    *value_out = value;
    return true;
}

struct cn_cel_row cn_cel_row_of_batch(struct cn_cel_batch_row *at)
{
    return (struct cn_cel_row){ .ctx = at, .load = load_cell };
}

struct cn_cel_value cn_cel_eval_batch_row(const struct cn_cel_expr *expr,
                                          const struct cn_cel_batch *batch, size_t row,
                                          struct cn_arena *arena)
{
    struct cn_cel_batch_row at = { .batch = batch, .row = row };
    struct cn_cel_row source = cn_cel_row_of_batch(&at);
    return cn_cel_eval_node(expr->root, &source, arena);
}
