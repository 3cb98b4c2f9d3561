/*
 * Which parts of a tree the block evaluator has operations for.
 */
#include "cel/operation.h"

#include "base/str.h"

enum {
    ITEMS_MAX = 64, /* of a list after `in` that is compared one by one */
};

bool cn_cel_has_columns(enum cn_cel_kind kind)
{
    return kind == CN_CEL_BOOL || kind == CN_CEL_INT || kind == CN_CEL_UINT ||
           kind == CN_CEL_DOUBLE || kind == CN_CEL_STRING || kind == CN_CEL_TIMESTAMP ||
           kind == CN_CEL_DURATION;
}

/* What may leave a ROWS step for another. */
static bool may_leave_rows(enum cn_cel_kind kind)
{
    return kind == CN_CEL_BOOL || kind == CN_CEL_INT || kind == CN_CEL_UINT ||
           kind == CN_CEL_DOUBLE;
}

enum cn_cel_op cn_cel_equality(enum cn_cel_kind a, enum cn_cel_kind b)
{
    static const struct {
        enum cn_cel_kind a;
        enum cn_cel_kind b;
        enum cn_cel_op op;
    } rows[] = {
#define ROW(suffix, lower, a_, b_) { CN_CEL_K_##a_, CN_CEL_K_##b_, CN_CEL_OP_EQ_##suffix },
        CN_CEL_COMPARE_OPS(ROW)
#undef ROW
            { CN_CEL_BOOL, CN_CEL_BOOL, CN_CEL_OP_EQ_BOOL },
        { CN_CEL_STRING, CN_CEL_STRING, CN_CEL_OP_EQ_STR },
        { CN_CEL_TIMESTAMP, CN_CEL_TIMESTAMP, CN_CEL_OP_EQ_I64 },
        { CN_CEL_DURATION, CN_CEL_DURATION, CN_CEL_OP_EQ_I64 },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(rows); i++) {
        if (rows[i].a == a && rows[i].b == b) {
            return rows[i].op;
        }
    }
    return CN_CEL_OP_NONE;
}

/* NOLINTBEGIN(misc-no-recursion): the tree is at most CN_CEL_DEPTH_MAX deep */
/* Whether the node can be an operand of a step. */
static bool can_be_operand(const struct cn_cel_node *node)
{
    return may_leave_rows(node->type->kind) || cn_cel_has_operation(node);
}

static bool all_operands(const struct cn_cel_node *node)
{
    for (uint32_t i = 0; i < node->arg_count; i++) {
        if (!can_be_operand(node->args[i])) {
            return false;
        }
    }
    return true;
}

static bool is_short_const_list(const struct cn_cel_node *node)
{
    if (node->kind != CN_CEL_NODE_CONST || node->value.kind != CN_CEL_LIST ||
        node->value.as.list.count > ITEMS_MAX) {
        return false;
    }
    for (size_t i = 0; i < node->value.as.list.count; i++) {
        const struct cn_cel_value *item = &node->value.as.list.items[i];
        bool is_time = item->kind == CN_CEL_TIMESTAMP || item->kind == CN_CEL_DURATION;
        if (is_time && item->as.time.ns != 0) {
            return false;
        }
    }
    return true;
}

/* A column of lists of that kind. */
static bool is_list_column(const struct cn_cel_node *node, enum cn_cel_kind element)
{
    return node->kind == CN_CEL_NODE_COLUMN && node->type->kind == CN_CEL_LIST &&
           node->type->element->kind == element && element != CN_CEL_BOOL;
}

bool cn_cel_is_list_size(const struct cn_cel_node *node)
{
    return node->function != NULL && cn_str_equal(node->name, CN_STR("size")) &&
           node->arg_count == 1 && node->args[0]->kind == CN_CEL_NODE_COLUMN &&
           node->args[0]->type->kind == CN_CEL_LIST;
}

static bool has_plain_operation(const struct cn_cel_node *node)
{
    if (cn_cel_is_list_size(node)) {
        return true;
    }
    if (node->overload == NULL || node->overload->op == CN_CEL_OP_NONE) {
        return false;
    }
    if (node->overload->op != CN_CEL_OP_TEXT) {
        return all_operands(node);
    }
    for (uint32_t i = 1; i < node->arg_count; i++) {
        if (node->args[i]->kind != CN_CEL_NODE_CONST) {
            return false;
        }
    }
    return can_be_operand(node->args[0]);
}

static bool has_call_operation(const struct cn_cel_node *node)
{
    switch (node->function->special) {
    case CN_CEL_AND:
    case CN_CEL_OR:
        return node->args[0]->type->kind == CN_CEL_BOOL && node->args[1]->type->kind == CN_CEL_BOOL;
    case CN_CEL_CHOOSE:
        return cn_cel_has_columns(node->type->kind) && node->args[0]->type->kind == CN_CEL_BOOL &&
               node->args[1]->type->kind == node->type->kind &&
               node->args[2]->type->kind == node->type->kind && all_operands(node);
    case CN_CEL_EQ:
    case CN_CEL_NE:
        return cn_cel_equality(node->args[0]->type->kind, node->args[1]->type->kind) !=
                   CN_CEL_OP_NONE &&
               all_operands(node);
    case CN_CEL_IN:
        return cn_cel_has_columns(node->args[0]->type->kind) && can_be_operand(node->args[0]) &&
               (is_short_const_list(node->args[1]) ||
                is_list_column(node->args[1], node->args[0]->type->kind));
    case CN_CEL_PLAIN:
        return has_plain_operation(node);
    case CN_CEL_INDEX:
    case CN_CEL_NOT_FALSE:
    case CN_CEL_OPTIONAL_INDEX:
    case CN_CEL_OPTIONAL_OR:
    case CN_CEL_OPTIONAL_ELSE:
    case CN_CEL_INSERT:
        break;
    }
    return false;
}

/* Whether nothing in it goes row by row, and it reads nothing but the variable. */
static bool is_of_variable(const struct cn_cel_node *node, cn_str variable)
{
    if (node->kind == CN_CEL_NODE_CONST) {
        return true;
    }
    if (node->kind == CN_CEL_NODE_IDENT) {
        return cn_str_equal(node->name, variable) && cn_cel_has_columns(node->type->kind);
    }
    if (node->kind != CN_CEL_NODE_CALL || !cn_cel_has_operation(node)) {
        return false;
    }
    for (uint32_t i = 0; i < node->arg_count; i++) {
        if (!is_of_variable(node->args[i], variable)) {
            return false;
        }
    }
    return true;
}

/* `@result || test` or `@result && test`. */
static bool is_test_step(const struct cn_cel_node *step, cn_str accumulator)
{
    return step->kind == CN_CEL_NODE_CALL && step->function != NULL &&
           (step->function->special == CN_CEL_AND || step->function->special == CN_CEL_OR) &&
           step->args[0]->kind == CN_CEL_NODE_IDENT &&
           cn_str_equal(step->args[0]->name, accumulator) &&
           step->args[1]->type->kind == CN_CEL_BOOL;
}

/* Begins with false and goes on with "or", or with true and "and". */
static bool is_test(const struct cn_cel_node *node)
{
    const struct cn_cel_node *init = node->args[CN_CEL_FOLD_INIT];
    const struct cn_cel_node *step = node->args[CN_CEL_FOLD_STEP];
    return is_test_step(step, node->accumulator) && init->kind == CN_CEL_NODE_CONST &&
           init->value.kind == CN_CEL_BOOL &&
           init->value.as.flag == (step->function->special == CN_CEL_AND) &&
           node->args[CN_CEL_FOLD_RESULT]->kind == CN_CEL_NODE_IDENT;
}

const struct cn_cel_node *cn_cel_list_test(const struct cn_cel_node *node, bool *is_all_out)
{
    if (node->kind != CN_CEL_NODE_COMPREHENSION || node->name2.len > 0 || !is_test(node)) {
        return NULL;
    }
    const struct cn_cel_node *range = node->args[CN_CEL_FOLD_RANGE];
    const struct cn_cel_node *test = node->args[CN_CEL_FOLD_STEP]->args[1];
    if (range->kind != CN_CEL_NODE_COLUMN || range->type->kind != CN_CEL_LIST ||
        !is_of_variable(test, node->name)) {
        return NULL;
    }
    *is_all_out = node->args[CN_CEL_FOLD_INIT]->value.as.flag;
    return test;
}

bool cn_cel_has_operation(const struct cn_cel_node *node)
{
    enum cn_cel_kind kind = node->type->kind;
    bool is_all = false;
    switch ((int)node->kind) {
    case CN_CEL_NODE_CONST: /* a block's moments have no nanoseconds */
        return cn_cel_has_columns(kind) && ((kind != CN_CEL_TIMESTAMP && kind != CN_CEL_DURATION) ||
                                            node->value.as.time.ns == 0);
    case CN_CEL_NODE_COLUMN:
    case CN_CEL_NODE_IDENT: /* only asked inside the test of a list */
        return cn_cel_has_columns(kind);
    case CN_CEL_NODE_COMPREHENSION:
        return cn_cel_list_test(node, &is_all) != NULL;
    case CN_CEL_NODE_HAS:
        return node->name.len == 0;
    case CN_CEL_NODE_CALL:
        return has_call_operation(node);
    default:
        return false;
    }
}

bool cn_cel_is_costly(const struct cn_cel_node *node)
{
    if (!cn_cel_has_operation(node)) {
        return true;
    }
    if (node->kind != CN_CEL_NODE_CALL) {
        return false;
    }
    if (cn_cel_is_list_size(node)) {
        return false;
    }
    if (node->overload != NULL && node->overload->op == CN_CEL_OP_TEXT) {
        return true;
    }
    uint32_t count = node->function->special == CN_CEL_IN ? 1 : node->arg_count;
    for (uint32_t i = 0; i < count; i++) {
        if (cn_cel_is_costly(node->args[i])) {
            return true;
        }
    }
    return false;
}
/* NOLINTEND(misc-no-recursion) */
