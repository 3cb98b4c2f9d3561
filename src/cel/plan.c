/*
 * The planner: trees to steps.
 *
 * A tree is lowered operand first; a step that is there already, with the same operands, is used
 * again.  A tree without an operation becomes one ROWS step.  Text and moments that such a step
 * makes have no place in columns, so what works on them is part of the same ROWS step; only numbers
 * and bools leave it.
 *
 * ROWS and TEXT steps are costly and have a guard: the rows where the operators above them still
 * depend on them.  In the other rows they yield an error, which those operators ignore.
 */
#include "cel/plan.h"

#include <string.h>

#include "base/str.h"

#include "cel/operation.h"
#include "cel/step.h"

enum {
    BUCKETS = 1024, /* a power of two */
    FIRST_CAPACITY = 64,
};

struct cn_cel_planner {
    struct cn_arena *arena;
    struct cn_cel_plan *plan;
    uint32_t step_capacity;
    size_t output_capacity;
    uint32_t buckets[BUCKETS];
    bool is_full;
};

struct cn_cel_planner *cn_cel_planner_new(struct cn_arena *arena,
                                          const struct cn_cel_strings *strings)
{
    struct cn_cel_planner *planner = cn_arena_new(arena, struct cn_cel_planner);
    planner->arena = arena;
    planner->plan = cn_arena_new(arena, struct cn_cel_plan);
    planner->plan->strings = strings;
    memset(planner->buckets, 0xFF, sizeof(planner->buckets));
    return planner;
}

/* Room for one more item in an array of the arena. */
static void *grow(struct cn_arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return items;
    }
    size_t capacity_new = *capacity == 0 ? FIRST_CAPACITY : *capacity * 2;
    void *grown = cn_arena_calloc(arena, capacity_new, size);
    if (count > 0) {
        memcpy(grown, items, count * size);
    }
    *capacity = capacity_new;
    return grown;
}

/* The number of the step, which is added if it is new. */
static uint32_t add_step(struct cn_cel_planner *planner, struct cn_cel_step step)
{
    struct cn_cel_plan *plan = planner->plan;
    size_t bucket = cn_cel_hash_step(&step) & (BUCKETS - 1);
    for (uint32_t at = planner->buckets[bucket]; at != CN_CEL_NO_STEP; at = plan->steps[at].next) {
        if (cn_cel_same_step(&plan->steps[at], &step)) {
            return at;
        }
    }
    if (plan->step_count == CN_CEL_PLAN_OPS_MAX) {
        planner->is_full = true;
        return 0;
    }
    size_t capacity = planner->step_capacity;
    plan->steps = grow(planner->arena, plan->steps, plan->step_count, &capacity, sizeof(step));
    planner->step_capacity = (uint32_t)capacity;
    step.next = planner->buckets[bucket];
    planner->buckets[bucket] = plan->step_count;
    plan->steps[plan->step_count] = step;
    return plan->step_count++;
}

static uint32_t emit(struct cn_cel_planner *planner, enum cn_cel_op op, enum cn_cel_kind kind,
                     uint32_t a, uint32_t b)
{
    return add_step(planner, (struct cn_cel_step){ .op = op,
                                                   .kind = kind,
                                                   .operands = { a, b, CN_CEL_NO_STEP },
                                                   .guard = CN_CEL_NO_STEP });
}

static uint32_t emit_node(struct cn_cel_planner *planner, enum cn_cel_op op,
                          const struct cn_cel_node *node, uint32_t a, uint32_t guard)
{
    return add_step(planner,
                    (struct cn_cel_step){ .op = op,
                                          .kind = node->type->kind,
                                          .operands = { a, CN_CEL_NO_STEP, CN_CEL_NO_STEP },
                                          .guard = guard,
                                          .node = node });
}

static size_t add_output(struct cn_cel_planner *planner, uint32_t step)
{
    struct cn_cel_plan *plan = planner->plan;
    plan->outputs = grow(planner->arena, plan->outputs, plan->output_count,
                         &planner->output_capacity, sizeof(uint32_t));
    plan->outputs[plan->output_count] = step;
    return plan->output_count++;
}

/* NOLINTBEGIN(misc-no-recursion): the tree is at most CN_CEL_DEPTH_MAX deep */
static uint32_t lower(struct cn_cel_planner *planner, const struct cn_cel_node *node,
                      uint32_t guard);

/* The decisive side first where it is cheap; the costly side for the rows that it leaves open. */
static uint32_t lower_logic(struct cn_cel_planner *planner, const struct cn_cel_node *node,
                            uint32_t guard, bool is_and)
{
    const struct cn_cel_node *first = node->args[0];
    const struct cn_cel_node *second = node->args[1];
    if (cn_cel_is_costly(first) && !cn_cel_is_costly(second)) {
        first = node->args[1];
        second = node->args[0];
    }
    uint32_t a = lower(planner, first, guard);
    uint32_t rest = guard;
    if (cn_cel_is_costly(second)) {
        rest = emit(planner, is_and ? CN_CEL_OP_UNLESS_FALSE : CN_CEL_OP_UNLESS_TRUE, CN_CEL_BOOL,
                    a, guard);
    }
    uint32_t b = lower(planner, second, rest);
    return emit(planner, is_and ? CN_CEL_OP_AND : CN_CEL_OP_OR, CN_CEL_BOOL, a < b ? a : b,
                a < b ? b : a);
}

static uint32_t lower_choice(struct cn_cel_planner *planner, const struct cn_cel_node *node,
                             uint32_t guard)
{
    uint32_t test = lower(planner, node->args[0], guard);
    uint32_t branches[2];
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t taken = guard;
        if (cn_cel_is_costly(node->args[i + 1])) {
            taken = emit(planner, i == 0 ? CN_CEL_OP_IF_TRUE : CN_CEL_OP_IF_FALSE, CN_CEL_BOOL,
                         test, guard);
        }
        branches[i] = lower(planner, node->args[i + 1], taken);
    }
    enum cn_cel_kind kind = node->type->kind;
    return add_step(planner,
                    (struct cn_cel_step){ .op = kind == CN_CEL_BOOL     ? CN_CEL_OP_CHOOSE_BOOL
                                                : kind == CN_CEL_STRING ? CN_CEL_OP_CHOOSE_4
                                                                        : CN_CEL_OP_CHOOSE_8,
                                          .kind = kind,
                                          .operands = { test, branches[0], branches[1] },
                                          .guard = CN_CEL_NO_STEP });
}

static uint32_t lower_constant(struct cn_cel_planner *planner, const struct cn_cel_value *value)
{
    struct cn_cel_node *node = cn_arena_new(planner->arena, struct cn_cel_node);
    node->kind = CN_CEL_NODE_CONST;
    node->value = *value;
    node->type = cn_cel_type_of(value->kind);
    uint32_t step = emit_node(planner, CN_CEL_OP_CONST, node, CN_CEL_NO_STEP, CN_CEL_NO_STEP);
    if (value->kind == CN_CEL_STRING) {
        const struct cn_cel_strings *strings = planner->plan->strings;
        planner->plan->steps[step].interned = strings->intern(strings->ctx, value->as.text);
    }
    return step;
}

/* What reads a column of lists reads it where it is. */
static uint32_t lower_list_column(struct cn_cel_planner *planner, const struct cn_cel_node *node)
{
    return emit_node(planner, CN_CEL_OP_COLUMN, node, CN_CEL_NO_STEP, CN_CEL_NO_STEP);
}

/* x in column */
static uint32_t lower_in_column(struct cn_cel_planner *planner, const struct cn_cel_node *node,
                                uint32_t guard)
{
    enum cn_cel_kind kind = node->args[0]->type->kind;
    uint32_t item = lower(planner, node->args[0], guard);
    uint32_t list = lower_list_column(planner, node->args[1]);
    return emit(planner,
                kind == CN_CEL_STRING   ? CN_CEL_OP_LIST_HAS_4
                : kind == CN_CEL_DOUBLE ? CN_CEL_OP_LIST_HAS_F64
                                        : CN_CEL_OP_LIST_HAS_8,
                CN_CEL_BOOL, item, list);
}

/* column.exists(v, test): a plan of its own over the elements of all lists. */
static uint32_t lower_list_test(struct cn_cel_planner *planner, const struct cn_cel_node *node)
{
    bool is_all = false;
    const struct cn_cel_node *test = cn_cel_list_test(node, &is_all);
    struct cn_cel_planner *inner = cn_cel_planner_new(planner->arena, planner->plan->strings);
    uint32_t output = lower(inner, test, CN_CEL_NO_STEP);
    planner->is_full |= inner->is_full;
    add_output(inner, output);
    return add_step(planner,
                    (struct cn_cel_step){
                        .op = is_all ? CN_CEL_OP_LIST_ALL : CN_CEL_OP_LIST_ANY,
                        .kind = CN_CEL_BOOL,
                        .operands = { lower_list_column(planner, node->args[CN_CEL_FOLD_RANGE]),
                                      CN_CEL_NO_STEP, CN_CEL_NO_STEP },
                        .guard = CN_CEL_NO_STEP,
                        .node = node,
                        .inner = cn_cel_plan_finish(inner) });
}

/* x in [a, b] is x == a || x == b; a constant of another kind is equal to nothing. */
static uint32_t lower_in(struct cn_cel_planner *planner, const struct cn_cel_node *node,
                         uint32_t guard)
{
    if (node->args[1]->kind == CN_CEL_NODE_COLUMN) {
        return lower_in_column(planner, node, guard);
    }
    const struct cn_cel_list *list = &node->args[1]->value.as.list;
    enum cn_cel_kind kind = node->args[0]->type->kind;
    uint32_t item = lower(planner, node->args[0], guard);
    uint32_t found = CN_CEL_NO_STEP;
    for (size_t i = 0; i < list->count; i++) {
        enum cn_cel_op op = cn_cel_equality(kind, list->items[i].kind);
        if (op != CN_CEL_OP_NONE) {
            uint32_t constant = lower_constant(planner, &list->items[i]);
            uint32_t same = emit(planner, op, CN_CEL_BOOL, item, constant);
            found = found == CN_CEL_NO_STEP ? same
                                            : emit(planner, CN_CEL_OP_OR, CN_CEL_BOOL, found, same);
        }
    }
    if (found != CN_CEL_NO_STEP) {
        return found;
    }
    /* Equal to nothing: false, but an error where x is one.  x == x && x != x */
    uint32_t self = emit(planner, cn_cel_equality(kind, kind), CN_CEL_BOOL, item, item);
    uint32_t other = emit(planner, CN_CEL_OP_NOT, CN_CEL_BOOL, self, CN_CEL_NO_STEP);
    return emit(planner, CN_CEL_OP_AND, CN_CEL_BOOL, self, other);
}

static uint32_t lower_plain(struct cn_cel_planner *planner, const struct cn_cel_node *node,
                            uint32_t guard)
{
    if (cn_cel_is_list_size(node)) {
        return emit(planner, CN_CEL_OP_LIST_SIZE, CN_CEL_INT,
                    lower_list_column(planner, node->args[0]), CN_CEL_NO_STEP);
    }
    const struct cn_cel_overload *overload = node->overload;
    enum cn_cel_op op = (enum cn_cel_op)overload->op;
    enum cn_cel_kind kind = overload->result;
    uint32_t a = lower(planner, node->args[0], guard);
    if (op == CN_CEL_OP_TEXT) {
        return emit_node(planner, op, node, a, guard);
    }
    if (overload->is_variadic) {
        for (uint32_t i = 1; i < node->arg_count; i++) {
            a = emit(planner, op, kind, a, lower(planner, node->args[i], guard));
        }
        return a;
    }
    uint32_t b = node->arg_count == 2 ? lower(planner, node->args[1], guard) : CN_CEL_NO_STEP;
    return overload->is_swapped ? emit(planner, op, kind, b, a) : emit(planner, op, kind, a, b);
}

static uint32_t lower_equality(struct cn_cel_planner *planner, const struct cn_cel_node *node,
                               uint32_t guard)
{
    uint32_t a = lower(planner, node->args[0], guard);
    uint32_t b = lower(planner, node->args[1], guard);
    enum cn_cel_op op = cn_cel_equality(node->args[0]->type->kind, node->args[1]->type->kind);
    uint32_t equal = emit(planner, op, CN_CEL_BOOL, a, b);
    return node->function->special == CN_CEL_EQ
               ? equal
               : emit(planner, CN_CEL_OP_NOT, CN_CEL_BOOL, equal, CN_CEL_NO_STEP);
}

static uint32_t lower_call(struct cn_cel_planner *planner, const struct cn_cel_node *node,
                           uint32_t guard)
{
    switch ((int)node->function->special) {
    case CN_CEL_AND:
        return lower_logic(planner, node, guard, true);
    case CN_CEL_OR:
        return lower_logic(planner, node, guard, false);
    case CN_CEL_CHOOSE:
        return lower_choice(planner, node, guard);
    case CN_CEL_EQ:
    case CN_CEL_NE:
        return lower_equality(planner, node, guard);
    case CN_CEL_IN:
        return lower_in(planner, node, guard);
    default:
        return lower_plain(planner, node, guard);
    }
}

static uint32_t lower(struct cn_cel_planner *planner, const struct cn_cel_node *node,
                      uint32_t guard)
{
    if (!cn_cel_has_operation(node)) {
        return emit_node(planner, CN_CEL_OP_ROWS, node, CN_CEL_NO_STEP, guard);
    }
    switch ((int)node->kind) {
    case CN_CEL_NODE_CONST:
        return lower_constant(planner, &node->value);
    case CN_CEL_NODE_COLUMN:
    case CN_CEL_NODE_IDENT: /* the elements of a list, column 0 of the plan of its test */
        return emit_node(planner, CN_CEL_OP_COLUMN, node, CN_CEL_NO_STEP, CN_CEL_NO_STEP);
    case CN_CEL_NODE_COMPREHENSION:
        return lower_list_test(planner, node);
    case CN_CEL_NODE_HAS:
        return add_step(planner, (struct cn_cel_step){
                                     .op = CN_CEL_OP_HAS,
                                     .kind = CN_CEL_BOOL,
                                     .operands = { CN_CEL_NO_STEP, CN_CEL_NO_STEP, CN_CEL_NO_STEP },
                                     .guard = CN_CEL_NO_STEP,
                                     .node = node->args[0] });
    default:
        return lower_call(planner, node, guard);
    }
}
/* NOLINTEND(misc-no-recursion) */

bool cn_cel_plan_add(struct cn_cel_planner *planner, const struct cn_cel_expr *expr,
                     size_t *output_out, struct cn_error *err)
{
    if (!cn_cel_has_columns(expr->root->type->kind)) {
        return cn_fail(err, CN_INVALID, "a result of type %s has no place in a column",
                       cn_cel_kind_name(expr->root->type->kind));
    }
    uint32_t step = lower(planner, expr->root, CN_CEL_NO_STEP);
    if (planner->is_full) {
        return cn_fail(err, CN_TOO_LARGE, "more than %d operations in one program",
                       CN_CEL_PLAN_OPS_MAX);
    }
    *output_out = add_output(planner, step);
    return true;
}

static void find_last_uses(struct cn_cel_plan *plan)
{
    for (uint32_t i = 0; i < plan->step_count; i++) {
        struct cn_cel_step *step = &plan->steps[i];
        step->last_use = i;
        for (size_t k = 0; k < CN_CEL_OPERANDS_MAX; k++) {
            if (step->operands[k] != CN_CEL_NO_STEP) {
                plan->steps[step->operands[k]].last_use = i;
            }
        }
        if (step->guard != CN_CEL_NO_STEP) {
            plan->steps[step->guard].last_use = i;
        }
    }
    for (size_t i = 0; i < plan->output_count; i++) {
        plan->steps[plan->outputs[i]].last_use = UINT32_MAX;
    }
}

/* Free slots of one width, as a stack. */
struct slots {
    uint32_t *free;
    uint32_t free_count;
    uint32_t count;
};

static uint32_t take_slot(struct slots *slots)
{
    return slots->free_count > 0 ? slots->free[--slots->free_count] : slots->count++;
}

/* Gives back the slots of operands that are used here for the last time. */
static void release(struct cn_cel_plan *plan, uint32_t at, uint32_t operand, struct slots widths[2])
{
    if (operand == CN_CEL_NO_STEP || plan->steps[operand].last_use != at) {
        return;
    }
    struct cn_cel_step *step = &plan->steps[operand];
    if (step->slot == CN_CEL_NO_STEP) {
        return;
    }
    struct slots *slots = &widths[step->kind == CN_CEL_BOOL];
    slots->free[slots->free_count++] = step->slot;
    step->last_use = UINT32_MAX - 1; /* once, though it may be two operands of the step */
}

const struct cn_cel_plan *cn_cel_plan_finish(struct cn_cel_planner *planner)
{
    struct cn_cel_plan *plan = planner->plan;
    struct slots widths[2] = { 0 };
    for (size_t i = 0; i < 2; i++) {
        widths[i].free = cn_arena_array(planner->arena, uint32_t, plan->step_count + 1);
    }
    find_last_uses(plan);
    for (uint32_t i = 0; i < plan->step_count; i++) {
        struct cn_cel_step *step = &plan->steps[i];
        bool has_slot = step->op != CN_CEL_OP_CONST &&
                        (step->op != CN_CEL_OP_COLUMN || step->kind == CN_CEL_BOOL);
        /* First its own: an operation may not write where it still reads. */
        step->slot = has_slot ? take_slot(&widths[step->kind == CN_CEL_BOOL]) : CN_CEL_NO_STEP;
        for (size_t k = 0; k < CN_CEL_OPERANDS_MAX; k++) {
            release(plan, i, step->operands[k], widths);
        }
        release(plan, i, step->guard, widths);
    }
    plan->wide_slots = widths[0].count;
    plan->bit_slots = widths[1].count;
    return plan;
}

size_t cn_cel_plan_outputs(const struct cn_cel_plan *plan)
{
    return plan->output_count;
}

size_t cn_cel_plan_ops(const struct cn_cel_plan *plan)
{
    return plan->step_count;
}
