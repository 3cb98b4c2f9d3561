/*
 * Constant folding: what has only constant operands is computed when it is checked.
 *
 * What fails stays a call and fails where it is evaluated, as `false && 1 / 0 > 1` must not; only a
 * conversion or pattern that is written out and can never work is a problem.
 */
#include <string.h>

#include "base/str.h"

#include "cel/checker.h"
#include "cel/eval.h"
#include "cel/regex.h"

static bool no_column(void *ctx, uint32_t column, enum cn_cel_kind kind, struct cn_arena *arena,
                      struct cn_cel_value *value_out)
{
    (void)ctx;
    (void)column;
    (void)kind;
    (void)arena;
    (void)value_out;
    return false;
}

static bool has_const_args(const struct cn_cel_node *node)
{
    for (uint32_t i = 0; i < node->arg_count; i++) {
        if (!cn_cel_is_const(node->args[i])) {
            return false;
        }
    }
    return true;
}

/* The node becomes a copy of one of its operands, but keeps its place in the source. */
static void become(struct cn_cel_node *node, const struct cn_cel_node *other)
{
    struct cn_cel_node copy = *other;
    copy.offset = node->offset;
    copy.length = node->length;
    copy.depth = node->depth;
    copy.next = node->next;
    copy.is_element = node->is_element;
    *node = copy;
}

static void become_const(struct cn_cel_node *node, struct cn_cel_value value)
{
    node->folded_count =
        node->kind == CN_CEL_NODE_LIST || node->kind == CN_CEL_NODE_MAP ? node->arg_count : 0;
    node->kind = CN_CEL_NODE_CONST;
    node->value = value;
    node->arg_count = 0;
    if (node->type->element == NULL && node->type->kind != CN_CEL_DYN) {
        node->type = cn_cel_type_of(value.kind);
    }
}

/* true || x, false && x, true ? a : b: what the constant decides. */
static void fold_logic(struct cn_cel_node *node)
{
    enum cn_cel_special special = node->function->special;
    for (uint32_t i = 0; i < (special == CN_CEL_CHOOSE ? 1 : 2); i++) {
        const struct cn_cel_node *arg = node->args[i];
        if (!cn_cel_is_const(arg) || arg->value.kind != CN_CEL_BOOL) {
            continue;
        }
        bool flag = arg->value.as.flag;
        if (special == CN_CEL_CHOOSE) {
            const struct cn_cel_node *taken = node->args[flag ? 1 : 2];
            if (cn_cel_type_equal(taken->type, node->type)) {
                become(node, taken);
            }
        } else if (flag == (special == CN_CEL_OR)) {
            become(node, arg);
        } else if (node->args[1 - i]->type->kind == CN_CEL_BOOL) {
            become(node, node->args[1 - i]);
        } else {
            continue;
        }
        return;
    }
}

/* duration("1d"), timestamp("tomorrow"), x.matches("("): says so while it is written. */
static void check_constants(struct cn_cel_checker *checker, struct cn_cel_node *node,
                            const struct cn_cel_value *result)
{
    if (result != NULL && result->kind == CN_CEL_ERROR &&
        result->as.failure == CN_CEL_BAD_CONVERSION && node->arg_count == 1 &&
        node->args[0]->value.kind == CN_CEL_STRING) {
        bool is_span = cn_str_equal(node->name, CN_STR("duration"));
        cn_cel_complain(checker, node, CN_CEL_PROBLEM_ARGUMENT, "%.*s is not a %s%s",
                        CN_STR_ARG(cn_cel_node_text(checker, node->args[0])),
                        cn_cel_kind_name(node->type->kind),
                        is_span ? "; spans are like \"90m\" or \"48h\", without days" : "");
    }
    if (result == NULL && cn_str_equal(node->name, CN_STR("matches")) && node->arg_count == 2 &&
        cn_cel_is_const(node->args[1]) && node->args[1]->value.kind == CN_CEL_STRING) {
        const struct cn_cel_regex *regex =
            cn_cel_cached_regex(&checker->spare, node->args[1]->value.as.text);
        if (regex == NULL && checker->spare.steps_left > 0) {
            cn_cel_complain(checker, node->args[1], CN_CEL_PROBLEM_ARGUMENT,
                            "not a valid regular expression (RE2)");
        }
    }
}

/* Whether it needs nothing from outside: no column, no variable but its own. */
/* NOLINTNEXTLINE(misc-no-recursion): the tree is at most CN_CEL_DEPTH_MAX deep */
static bool is_closed(const struct cn_cel_node *node, const struct cn_cel_scope *scope)
{
    struct cn_cel_scope accumulator = { .name = node->accumulator, .outer = scope };
    struct cn_cel_scope first = { .name = node->name, .outer = &accumulator };
    struct cn_cel_scope second = { .name = node->name2, .outer = &first };
    if (node->kind == CN_CEL_NODE_COLUMN) {
        return false;
    }
    if (node->kind == CN_CEL_NODE_IDENT) {
        while (scope != NULL && !cn_str_equal(scope->name, node->name)) {
            scope = scope->outer;
        }
        return scope != NULL;
    }
    for (uint32_t i = 0; i < node->arg_count; i++) {
        bool is_comprehension = node->kind == CN_CEL_NODE_COMPREHENSION;
        bool is_inside = is_comprehension && (i == CN_CEL_FOLD_CONDITION || i == CN_CEL_FOLD_STEP);
        const struct cn_cel_scope *inner = is_inside ? &second
                                           : is_comprehension && i == CN_CEL_FOLD_RESULT
                                               ? &accumulator
                                               : scope;
        if (!is_closed(node->args[i], inner)) {
            return false;
        }
    }
    return true;
}

/* Whether it can be computed now. */
static bool is_constant(const struct cn_cel_node *node)
{
    switch ((int)node->kind) {
    case CN_CEL_NODE_CALL:
        return node->function != NULL && has_const_args(node);
    case CN_CEL_NODE_LIST:
    case CN_CEL_NODE_SELECT:
        return has_const_args(node);
    case CN_CEL_NODE_HAS:
        return node->name.len > 0 && has_const_args(node);
    case CN_CEL_NODE_MAP:
    case CN_CEL_NODE_COMPREHENSION:
        return is_closed(node, NULL);
    default:
        return false;
    }
}

/* Computes the node with a part of what is left for folding. */
static struct cn_cel_value compute(struct cn_cel_checker *checker, const struct cn_cel_node *node)
{
    struct cn_cel_row row = { .load = no_column };
    struct cn_cel_call call = checker->spare;
    call.steps_left /= 4;
    call.bytes_left /= 4;
    size_t steps = call.steps_left;
    size_t bytes = call.bytes_left;
    struct cn_cel_value value = cn_cel_eval_node(node, &row, &call);
    checker->spare.steps_left -= steps - call.steps_left;
    checker->spare.bytes_left -= bytes - call.bytes_left;
    return value;
}

void cn_cel_fold(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    if (node->kind == CN_CEL_NODE_CALL && node->function != NULL &&
        node->function->special != CN_CEL_PLAIN && node->function->special <= CN_CEL_CHOOSE) {
        fold_logic(node);
    }
    if (cn_cel_is_const(node)) {
        return;
    }
    if (!is_constant(node)) {
        if (node->kind == CN_CEL_NODE_CALL) {
            check_constants(checker, node, NULL);
        }
        return;
    }
    struct cn_cel_value value = compute(checker, node);
    if (value.kind != CN_CEL_ERROR) {
        become_const(node, value);
    } else if (node->kind == CN_CEL_NODE_CALL) {
        check_constants(checker, node, &value);
    }
}
