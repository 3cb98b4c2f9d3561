/*
 * Which steps of a plan are the same.
 */
#include "cel/step.h"

#include <string.h>

#include "base/str.h"

static bool same_constant(const struct cn_cel_value *a, const struct cn_cel_value *b)
{
    if (a->kind != b->kind) {
        return false;
    }
    if (a->kind == CN_CEL_DOUBLE) { /* by its bits: 0.0 and -0.0 differ, NaN is NaN */
        return a->as.u64 == b->as.u64;
    }
    return cn_cel_equal(a, b);
}

/* NOLINTNEXTLINE(misc-no-recursion): the tree is at most CN_CEL_DEPTH_MAX deep */
static bool same_tree(const struct cn_cel_node *a, const struct cn_cel_node *b)
{
    if (a->kind != b->kind || a->arg_count != b->arg_count || a->column != b->column ||
        a->overload != b->overload || a->function != b->function ||
        !cn_cel_type_equal(a->type, b->type)) {
        return false;
    }
    if (a->kind == CN_CEL_NODE_CONST
            ? !same_constant(&a->value, &b->value)
            : !cn_str_equal(a->name, b->name) || !cn_str_equal(a->name2, b->name2)) {
        return false;
    }
    for (uint32_t i = 0; i < a->arg_count; i++) {
        if (!same_tree(a->args[i], b->args[i])) {
            return false;
        }
    }
    return true;
}

/* The node is a CONST, or a COLUMN or HAS whose column matters, or a whole tree. */
static bool same_payload(enum cn_cel_op op, const struct cn_cel_node *a,
                         const struct cn_cel_node *b)
{
    if (op == CN_CEL_OP_COLUMN || op == CN_CEL_OP_HAS) {
        return a->column == b->column;
    }
    if (op != CN_CEL_OP_TEXT) {
        return a == b || (a != NULL && b != NULL && same_tree(a, b));
    }
    if (a->overload != b->overload) {
        return false;
    }
    for (uint32_t i = 1; i < a->arg_count; i++) {
        if (!same_constant(&a->args[i]->value, &b->args[i]->value)) {
            return false;
        }
    }
    return true;
}

bool cn_cel_same_step(const struct cn_cel_step *a, const struct cn_cel_step *b)
{
    return a->op == b->op && a->kind == b->kind && a->guard == b->guard &&
           memcmp(a->operands, b->operands, sizeof(a->operands)) == 0 &&
           same_payload(a->op, a->node, b->node);
}

uint64_t cn_cel_hash_step(const struct cn_cel_step *step)
{
    uint64_t hash = (uint64_t)step->op;
    for (size_t i = 0; i < CN_CEL_OPERANDS_MAX; i++) {
        hash = hash * UINT64_C(0x9E3779B97F4A7C15) + step->operands[i];
    }
    if (step->op == CN_CEL_OP_COLUMN || step->op == CN_CEL_OP_HAS) {
        hash += step->node->column * UINT64_C(0x9E3779B97F4A7C15);
    }
    return hash ^ hash >> 32;
}
