/*
 * The row evaluator: walks the tree with values.  Knows every kind and says why there is no value;
 * the block evaluator falls back to it.
 */
#include "cel/eval.h"

#include <assert.h>

#include "base/str.h"

#include "cel/access.h"

struct variable {
    cn_str name;
    struct cn_cel_value value;
    const struct variable *outer;
};

struct machine {
    const struct cn_cel_row *row;
    struct cn_cel_call call;
    const struct variable *variables;
    const struct cn_cel_node *list_node; /* the column of lists that was loaded last */
    struct cn_cel_value list;
};

static struct cn_cel_value failed_at(const struct cn_cel_node *node, enum cn_cel_failure failure)
{
    struct cn_cel_value value = cn_cel_failed(failure);
    value.offset = node->mark;
    return value;
}

/* NOLINTBEGIN(misc-no-recursion): the tree is at most CN_CEL_DEPTH_MAX deep */
static struct cn_cel_value eval(struct machine *machine, const struct cn_cel_node *node);

/* What a list that was loaded takes. */
static bool charge_list(struct cn_cel_call *call, const struct cn_cel_list *list)
{
    size_t bytes = list->count * sizeof(struct cn_cel_value);
    call->bytes_left = bytes < call->bytes_left ? call->bytes_left - bytes : 0;
    return call->bytes_left > 0 && cn_cel_charge(call, list->count);
}

static struct cn_cel_value load(struct machine *machine, const struct cn_cel_node *node)
{
    struct cn_cel_value value = { .kind = CN_CEL_NULL };
    if (node->type->kind == CN_CEL_LIST && machine->list_node != NULL &&
        machine->list_node->column == node->column) {
        return machine->list;
    }
    if (!machine->row->load(machine->row->ctx, node->column, node->type->kind, machine->call.arena,
                            &value)) {
        return failed_at(node, CN_CEL_NO_VALUE);
    }
    if (value.kind == CN_CEL_LIST) {
        machine->list_node = node;
        machine->list = charge_list(&machine->call, &value.as.list)
                            ? value
                            : failed_at(node, CN_CEL_TOO_COSTLY);
        return machine->list;
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

/* An error of the node, if the value is one. */
static struct cn_cel_value placed(const struct cn_cel_node *node, struct cn_cel_value value)
{
    if (value.kind == CN_CEL_ERROR) {
        value.offset = node->mark;
    }
    return value;
}

static struct cn_cel_value select_field(struct machine *machine, const struct cn_cel_node *node)
{
    struct cn_cel_value target = eval(machine, node->args[0]);
    if (target.kind == CN_CEL_ERROR) {
        return target;
    }
    struct cn_cel_value key = cn_cel_string(node->name);
    return placed(node, cn_cel_element(&machine->call, &target, &key, node->is_optional));
}

static struct cn_cel_value eval_has(struct machine *machine, const struct cn_cel_node *node)
{
    struct cn_cel_value value = eval(machine, node->args[0]);
    if (node->name.len > 0) {
        return value.kind == CN_CEL_ERROR
                   ? value
                   : placed(node, cn_cel_has_field(&machine->call, &value, node->name));
    }
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

/* a.or(b), a.orValue(b): b only where a holds nothing. */
static struct cn_cel_value eval_alternative(struct machine *machine, const struct cn_cel_node *node)
{
    struct cn_cel_value a = eval(machine, node->args[0]);
    bool is_value = node->function->special == CN_CEL_OPTIONAL_ELSE;
    if (a.kind == CN_CEL_ERROR) {
        return a;
    }
    bool is_optional = a.kind == CN_CEL_OPTIONAL || a.kind == CN_CEL_NULL;
    if (!is_optional || node->arg_count != 2) {
        return failed_at(node, CN_CEL_NO_OVERLOAD);
    }
    if (a.kind == CN_CEL_OPTIONAL && a.as.inner != NULL) {
        return is_value ? *a.as.inner : a;
    }
    struct cn_cel_value b = eval(machine, node->args[1]);
    bool fits = is_value || b.kind == CN_CEL_OPTIONAL || b.kind == CN_CEL_ERROR;
    return fits ? b : failed_at(node, CN_CEL_NO_OVERLOAD);
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

static struct cn_cel_value equal(struct machine *machine, const struct cn_cel_value *args,
                                 bool wanted)
{
    bool same = false;
    return cn_cel_compare(&machine->call, &args[0], &args[1], &same)
               ? cn_cel_bool(same == wanted)
               : cn_cel_failed(CN_CEL_TOO_COSTLY);
}

static struct cn_cel_value insert(struct machine *machine, const struct cn_cel_value *args,
                                  size_t count)
{
    struct cn_cel_map one = { &args[1], &args[2], 1 };
    struct cn_cel_value more = { .kind = CN_CEL_MAP, .as.map = one };
    return cn_cel_insert_all(&machine->call, &args[0], count == 3 ? &more : &args[1]);
}

static struct cn_cel_value run_overload(struct machine *machine, const struct cn_cel_node *node,
                                        const struct cn_cel_value *args)
{
    const struct cn_cel_overload *overload =
        node->overload != NULL ? node->overload
                               : cn_cel_overload_find(node->function, args, node->arg_count);
    return overload != NULL ? overload->run(&machine->call, args, node->arg_count)
                            : cn_cel_failed(CN_CEL_NO_OVERLOAD);
}

static struct cn_cel_value run_strict(struct machine *machine, const struct cn_cel_node *node,
                                      const struct cn_cel_value *args)
{
    switch ((int)node->function->special) {
    case CN_CEL_EQ:
    case CN_CEL_NE:
        return equal(machine, args, node->function->special == CN_CEL_EQ);
    case CN_CEL_IN:
        return cn_cel_contains(&machine->call, &args[0], &args[1]);
    case CN_CEL_INDEX:
    case CN_CEL_OPTIONAL_INDEX:
        return cn_cel_element(&machine->call, &args[0], &args[1],
                              node->function->special == CN_CEL_OPTIONAL_INDEX);
    case CN_CEL_INSERT:
        return insert(machine, args, node->arg_count);
    default:
        return run_overload(machine, node, args);
    }
}

static struct cn_cel_value eval_strict(struct machine *machine, const struct cn_cel_node *node)
{
    enum {
        FEW = 4
    };
    struct cn_cel_value few[FEW] = { 0 };
    struct cn_cel_value result = { 0 };
    struct cn_cel_value *args =
        node->arg_count <= FEW ? few : cn_cel_take(&machine->call, node->arg_count, sizeof(*args));
    if (args == NULL) {
        return failed_at(node, CN_CEL_TOO_COSTLY);
    }
    if (!eval_args(machine, node, args, &result)) {
        return result;
    }
    return placed(node, run_strict(machine, node, args));
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
    case CN_CEL_OPTIONAL_OR:
    case CN_CEL_OPTIONAL_ELSE:
        return eval_alternative(machine, node);
    default:
        return eval_strict(machine, node);
    }
}

/* ?element, ?key: value: false if it is to be left out, or *value becomes an error. */
static bool unwrap(const struct cn_cel_node *node, struct cn_cel_value *value)
{
    if (value->kind != CN_CEL_OPTIONAL) {
        *value = failed_at(node, CN_CEL_NO_OVERLOAD);
        return true;
    }
    if (value->as.inner == NULL) {
        return false;
    }
    *value = *value->as.inner;
    return true;
}

static struct cn_cel_value eval_list(struct machine *machine, const struct cn_cel_node *node)
{
    struct cn_cel_value *items = cn_cel_take(&machine->call, node->arg_count, sizeof(*items));
    size_t count = 0;
    if (items == NULL) {
        return failed_at(node, CN_CEL_TOO_COSTLY);
    }
    for (uint32_t i = 0; i < node->arg_count; i++) {
        struct cn_cel_value value = eval(machine, node->args[i]);
        if (node->args[i]->is_element && value.kind != CN_CEL_ERROR &&
            !unwrap(node->args[i], &value)) {
            continue;
        }
        if (value.kind == CN_CEL_ERROR) {
            return value;
        }
        items[count++] = value;
    }
    return (struct cn_cel_value){ .kind = CN_CEL_LIST, .as.list = { items, count } };
}

static struct cn_cel_value eval_map(struct machine *machine, const struct cn_cel_node *node)
{
    struct cn_cel_value map = { .kind = CN_CEL_MAP };
    for (uint32_t i = 0; i < node->arg_count; i++) {
        const struct cn_cel_node *entry = node->args[i];
        struct cn_cel_value pair[2] = { 0 };
        struct cn_cel_value error = { 0 };
        if (!eval_args(machine, entry, pair, &error)) {
            return error;
        }
        if (entry->is_optional && !unwrap(entry, &pair[1])) {
            continue;
        }
        if (pair[1].kind == CN_CEL_ERROR) {
            return pair[1];
        }
        enum cn_cel_failure failure = cn_cel_put(&machine->call, &map, &pair[0], &pair[1]);
        if (failure != CN_CEL_NO_FAILURE) {
            return failed_at(entry, failure);
        }
    }
    return map;
}

/* The variables of a comprehension. */
struct fold {
    struct variable accumulator;
    struct variable first;
    struct variable second; /* if there are two */
};

/* The element's number or key, and the element itself, or the one of them that has a name. */
static void set_variables(struct fold *fold, const struct cn_cel_node *node,
                          const struct cn_cel_value *range, size_t i)
{
    bool is_map = range->kind == CN_CEL_MAP;
    if (node->name2.len == 0) {
        fold->first.value = is_map ? range->as.map.keys[i] : range->as.list.items[i];
        return;
    }
    fold->first.value = is_map ? range->as.map.keys[i] : cn_cel_int((int64_t)i);
    fold->second.value = is_map ? range->as.map.values[i] : range->as.list.items[i];
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
    size_t count = is_map ? range.as.map.count : range.as.list.count;
    const struct variable *outer = machine->variables;
    struct fold fold = {
        .accumulator = { .name = node->accumulator,
                         .value = eval(machine, parts[CN_CEL_FOLD_INIT]),
                         .outer = outer },
        .first = { .name = node->name, .outer = &fold.accumulator },
        .second = { .name = node->name2, .outer = &fold.first },
    };
    for (size_t i = 0; i < count; i++) {
        set_variables(&fold, node, &range, i);
        /* cppcheck-suppress autoVariables; put back below */
        machine->variables = node->name2.len > 0 ? &fold.second : &fold.first;
        struct cn_cel_value more = eval(machine, parts[CN_CEL_FOLD_CONDITION]);
        if (more.kind != CN_CEL_BOOL || !more.as.flag) {
            break;
        }
        fold.accumulator.value = eval(machine, parts[CN_CEL_FOLD_STEP]);
        if (machine->call.steps_left == 0) {
            break;
        }
    }
    machine->variables = &fold.accumulator;
    struct cn_cel_value result = eval(machine, parts[CN_CEL_FOLD_RESULT]);
    machine->variables = outer;
    return result;
}

static struct cn_cel_value eval(struct machine *machine, const struct cn_cel_node *node)
{
    if (machine->call.steps_left == 0) {
        return failed_at(node, CN_CEL_TOO_COSTLY);
    }
    machine->call.steps_left--;
    switch (node->kind) {
    case CN_CEL_NODE_CONST:
        return node->value;
    case CN_CEL_NODE_IDENT:
        return find_variable(machine, node);
    case CN_CEL_NODE_COLUMN:
        return load(machine, node);
    case CN_CEL_NODE_SELECT:
        return select_field(machine, node);
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
                                     struct cn_cel_call *call)
{
    struct machine machine = { .row = row, .call = *call };
    struct cn_cel_value value = eval(&machine, node);
    *call = machine.call;
    return value;
}

struct cn_cel_value cn_cel_eval(const struct cn_cel_expr *expr, const struct cn_cel_row *row,
                                struct cn_arena *arena)
{
    struct cn_cel_cache cache = { 0 };
    struct cn_cel_call call = { .arena = arena,
                                .bytes_left = CN_CEL_MEMORY_MAX_BYTES,
                                .steps_left = CN_CEL_STEPS_MAX,
                                .cache = &cache };
    struct cn_cel_value value = cn_cel_eval_node(expr->root, row, &call);
    cn_cel_cache_deinit(&cache);
    return value;
}

/* Number `at` of an array as batches have them. */
static struct cn_cel_value cell(const struct cn_cel_batch *batch, enum cn_cel_kind kind,
                                const void *values, size_t at)
{
    struct cn_cel_value value = { .kind = kind };
    switch ((int)kind) {
    case CN_CEL_DOUBLE:
        value.as.f64 = ((const double *)values)[at];
        break;
    case CN_CEL_INT:
        value.as.i64 = ((const int64_t *)values)[at];
        break;
    case CN_CEL_UINT:
        value.as.u64 = ((const uint64_t *)values)[at];
        break;
    case CN_CEL_BOOL:
        value.as.flag = ((const uint8_t *)values)[at] != 0;
        break;
    case CN_CEL_STRING:
        value.as.text = batch->strings->text(batch->strings->ctx, ((const uint32_t *)values)[at]);
        break;
    default:
        value.as.time = (struct cn_cel_time){ ((const int64_t *)values)[at], 0 };
        break;
    }
    return value;
}

static struct cn_cel_value list_cell(const struct cn_cel_batch *batch,
                                     const struct cn_cel_cells *cells, size_t row,
                                     struct cn_arena *arena)
{
    size_t from = cells->offsets[row];
    size_t count = cells->offsets[row + 1] - from;
    struct cn_cel_value *items = cn_arena_array(arena, struct cn_cel_value, count + 1);
    for (size_t i = 0; i < count; i++) {
        items[i] = cell(batch, cells->element, cells->values, from + i);
    }
    return (struct cn_cel_value){ .kind = CN_CEL_LIST, .as.list = { items, count } };
}

static bool load_cell(void *ctx, uint32_t column, enum cn_cel_kind kind, struct cn_arena *arena,
                      struct cn_cel_value *value_out)
{
    const struct cn_cel_batch_row *at = ctx;
    assert(column < at->batch->column_count);
    const struct cn_cel_cells *cells = &at->batch->columns[column];
    size_t row = at->batch->first + at->row;
    if (cells->missing != NULL && (cells->missing[row / 64] >> (row % 64) & 1) != 0) {
        return false;
    }
    *value_out = kind == CN_CEL_LIST ? list_cell(at->batch, cells, row, arena)
                                     : cell(at->batch, kind, cells->values, row);
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
    struct cn_cel_row one = cn_cel_row_of_batch(&at);
    return cn_cel_eval(expr, &one, arena);
}
