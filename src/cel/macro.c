/*
 * Macros: calls that the parser replaces by what they stand for, as the specification's "Macros"
 * says.  The trees are those of cel-go, since the conformance data of the parser names them.
 */
#include "base/str.h"

#include "cel/parser.h"

/* Its own name in the tree; "@" keeps it from the source. */
#define ACCUMULATOR CN_STR("@result")

static struct cn_cel_node *constant(struct cn_cel_parser *parser, const struct cn_cel_node *at,
                                    struct cn_cel_value value)
{
    return cn_cel_build_const(parser, cn_cel_node_token(at), value);
}

static struct cn_cel_node *accumulator(struct cn_cel_parser *parser, const struct cn_cel_node *at)
{
    return cn_cel_new_ident(parser, cn_cel_node_token(at), ACCUMULATOR);
}

static struct cn_cel_node *call(struct cn_cel_parser *parser, const char *name,
                                const struct cn_cel_node *at, struct cn_cel_node *a)
{
    return cn_cel_build_unary(parser, name, cn_cel_node_token(at), a);
}

static struct cn_cel_node *both(struct cn_cel_parser *parser, const char *name,
                                const struct cn_cel_node *at, struct cn_cel_node *a,
                                struct cn_cel_node *b)
{
    struct cn_cel_node *node = cn_cel_build_operator(parser, name, cn_cel_node_token(at), a, b);
    node->offset = at->offset; /* made nodes stand where the macro stands */
    node->length = at->length;
    return node;
}

static struct cn_cel_node *list_of(struct cn_cel_parser *parser, const struct cn_cel_node *at,
                                   struct cn_cel_node *item)
{
    struct cn_cel_token token = cn_cel_node_token(at);
    struct cn_cel_nodes items = { 0 };
    if (item != NULL) {
        item->next = NULL;
        items = cn_cel_nodes_add(items, item);
    }
    return cn_cel_build_list(parser, CN_CEL_NODE_LIST, token, items, token);
}

static bool check_variable(struct cn_cel_parser *parser, const struct cn_cel_node *node)
{
    if (node->kind != CN_CEL_NODE_IDENT || node->is_parenthesised || node->name.ptr[0] == '.') {
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, node->offset, node->length,
                       "the first argument must be a simple name");
        return false;
    }
    if (cn_str_equal(node->name, CN_STR("__result__"))) {
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, node->offset, node->length,
                       "'__result__' cannot be the name of a variable");
        return false;
    }
    return true;
}

static struct cn_cel_node *comprehension(struct cn_cel_parser *parser, struct cn_cel_node *macro,
                                         struct cn_cel_node *init, struct cn_cel_node *condition,
                                         struct cn_cel_node *step, struct cn_cel_node *result)
{
    struct cn_cel_token token = cn_cel_node_token(macro);
    struct cn_cel_node *node =
        cn_cel_new_node(parser, CN_CEL_NODE_COMPREHENSION, token, token, CN_CEL_FOLD_PARTS);
    node->mark = macro->mark;
    node->name = macro->args[1]->name;
    node->accumulator = ACCUMULATOR;
    node->args[CN_CEL_FOLD_RANGE] = macro->args[0];
    node->args[CN_CEL_FOLD_INIT] = init;
    node->args[CN_CEL_FOLD_CONDITION] = condition;
    node->args[CN_CEL_FOLD_STEP] = step;
    node->args[CN_CEL_FOLD_RESULT] = result;
    return cn_cel_finish_node(parser, node);
}

static struct cn_cel_node *expand_has(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    struct cn_cel_node *arg = macro->args[0];
    struct cn_cel_token token = cn_cel_node_token(macro);
    bool is_field = arg->kind == CN_CEL_NODE_SELECT && !arg->is_optional;
    bool is_name =
        parser->dialect.has_names &&
        (arg->kind == CN_CEL_NODE_IDENT || (arg->kind == CN_CEL_NODE_CALL && arg->has_target));
    if (!is_field && !is_name) {
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, arg->offset, arg->length,
                       "has() takes a name or a field");
        return macro;
    }
    struct cn_cel_node *node = cn_cel_new_node(parser, CN_CEL_NODE_HAS, token, token, 1);
    node->mark = arg->mark;
    node->args[0] = is_field ? arg->args[0] : arg;
    node->name = is_field ? arg->name : CN_STR("");
    node->is_quoted = arg->is_quoted;
    return cn_cel_finish_node(parser, node);
}

static struct cn_cel_node *expand_exists(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    return comprehension(parser, macro, constant(parser, macro, cn_cel_bool(false)),
                         call(parser, "@not_strictly_false", macro,
                              call(parser, "!_", macro, accumulator(parser, macro))),
                         both(parser, "_||_", macro, accumulator(parser, macro), macro->args[2]),
                         accumulator(parser, macro));
}

static struct cn_cel_node *expand_all(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    return comprehension(parser, macro, constant(parser, macro, cn_cel_bool(true)),
                         call(parser, "@not_strictly_false", macro, accumulator(parser, macro)),
                         both(parser, "_&&_", macro, accumulator(parser, macro), macro->args[2]),
                         accumulator(parser, macro));
}

static struct cn_cel_node *expand_exists_one(struct cn_cel_parser *parser,
                                             struct cn_cel_node *macro)
{
    struct cn_cel_token token = cn_cel_node_token(macro);
    struct cn_cel_node *more = both(parser, "_+_", macro, accumulator(parser, macro),
                                    constant(parser, macro, cn_cel_int(1)));
    return comprehension(
        parser, macro, constant(parser, macro, cn_cel_int(0)),
        constant(parser, macro, cn_cel_bool(true)),
        cn_cel_build_ternary(parser, token, macro->args[2], more, accumulator(parser, macro)),
        both(parser, "_==_", macro, accumulator(parser, macro),
             constant(parser, macro, cn_cel_int(1))));
}

/* map(v, f), map(v, p, f) and filter(v, p) append to a list, maybe under a condition. */
static struct cn_cel_node *expand_list(struct cn_cel_parser *parser, struct cn_cel_node *macro,
                                       struct cn_cel_node *condition, struct cn_cel_node *item)
{
    struct cn_cel_token token = cn_cel_node_token(macro);
    struct cn_cel_node *step =
        both(parser, "_+_", macro, accumulator(parser, macro), list_of(parser, macro, item));
    if (condition != NULL) {
        step = cn_cel_build_ternary(parser, token, condition, step, accumulator(parser, macro));
    }
    return comprehension(parser, macro, list_of(parser, macro, NULL),
                         constant(parser, macro, cn_cel_bool(true)), step,
                         accumulator(parser, macro));
}

static struct cn_cel_node *expand_map(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    return expand_list(parser, macro, NULL, macro->args[2]);
}

static struct cn_cel_node *expand_map_where(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    return expand_list(parser, macro, macro->args[2], macro->args[3]);
}

static struct cn_cel_node *expand_filter(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    struct cn_cel_node *variable = macro->args[1];
    return expand_list(parser, macro, macro->args[2],
                       cn_cel_new_ident(parser, cn_cel_node_token(variable), variable->name));
}

static const struct macro {
    const char *name;
    uint32_t args; /* with the target */
    bool has_target;
    bool has_variable; /* args[1] */
    struct cn_cel_node *(*expand)(struct cn_cel_parser *parser, struct cn_cel_node *macro);
} macros[] = {
    { "has", 1, false, false, expand_has },
    { "all", 3, true, true, expand_all },
    { "exists", 3, true, true, expand_exists },
    { "existsOne", 3, true, true, expand_exists_one },
    { "exists_one", 3, true, true, expand_exists_one },
    { "map", 3, true, true, expand_map },
    { "map", 4, true, true, expand_map_where },
    { "filter", 3, true, true, expand_filter },
};

struct cn_cel_node *cn_cel_expand(struct cn_cel_parser *parser, struct cn_cel_node *node)
{
    for (size_t i = 0; i < CN_ARRAY_LEN(macros); i++) {
        const struct macro *macro = &macros[i];
        if (macro->args != node->arg_count || macro->has_target != node->has_target ||
            !cn_str_equal(node->name, cn_str_of(macro->name))) {
            continue;
        }
        if (macro->has_variable && !check_variable(parser, node->args[1])) {
            return node;
        }
        return macro->expand(parser, node);
    }
    return node;
}
