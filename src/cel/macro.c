/*
 * Macros: calls that the parser replaces by what they stand for, as the specification's "Macros"
 * says.  The trees are those of cel-go, since the conformance data of the parser names them.
 */
#include <stdio.h>

#include "base/str.h"

#include "cel/parser.h"

/* Names of their own in the tree; "@" keeps them from the source. */
#define ACCUMULATOR CN_STR("@result")
#define UNUSED      CN_STR("#unused")
#define TARGET      CN_STR("@target")

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

/* Two names of one comprehension. */
static bool check_variables(struct cn_cel_parser *parser, const struct cn_cel_node *macro)
{
    const struct cn_cel_node *a = macro->args[1];
    const struct cn_cel_node *b = macro->args[2];
    if (!check_variable(parser, a) || !check_variable(parser, b)) {
        return false;
    }
    if (cn_str_equal(a->name, b->name)) {
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, b->offset, b->length,
                       "the two variables must have different names");
        return false;
    }
    return true;
}

/* The parts of a comprehension besides its range and variables. */
struct fold {
    struct cn_cel_node *init;
    struct cn_cel_node *condition;
    struct cn_cel_node *step;
    struct cn_cel_node *result;
};

static struct cn_cel_node *comprehension(struct cn_cel_parser *parser, struct cn_cel_node *macro,
                                         const struct fold *fold)
{
    struct cn_cel_token token = cn_cel_node_token(macro);
    struct cn_cel_node *node =
        cn_cel_new_node(parser, CN_CEL_NODE_COMPREHENSION, token, token, CN_CEL_FOLD_PARTS);
    node->mark = macro->mark;
    node->name = macro->args[1]->name;
    const struct cn_cel_node *second = macro->has_second ? macro->args[2] : NULL;
    node->name2 = second != NULL ? second->name : CN_STR("");
    node->accumulator = ACCUMULATOR;
    node->args[CN_CEL_FOLD_RANGE] = macro->args[0];
    node->args[CN_CEL_FOLD_INIT] = fold->init;
    node->args[CN_CEL_FOLD_CONDITION] = fold->condition;
    node->args[CN_CEL_FOLD_STEP] = fold->step;
    node->args[CN_CEL_FOLD_RESULT] = fold->result;
    return cn_cel_finish_node(parser, node);
}

/* The argument number `i` after the variables. */
static struct cn_cel_node *body(const struct cn_cel_node *macro, uint32_t i)
{
    return macro->args[(macro->has_second ? 3 : 2) + i];
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
    struct fold fold = {
        .init = constant(parser, macro, cn_cel_bool(false)),
        .condition = call(parser, "@not_strictly_false", macro,
                          call(parser, "!_", macro, accumulator(parser, macro))),
        .step = both(parser, "_||_", macro, accumulator(parser, macro), body(macro, 0)),
        .result = accumulator(parser, macro),
    };
    return comprehension(parser, macro, &fold);
}

static struct cn_cel_node *expand_all(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    struct fold fold = {
        .init = constant(parser, macro, cn_cel_bool(true)),
        .condition = call(parser, "@not_strictly_false", macro, accumulator(parser, macro)),
        .step = both(parser, "_&&_", macro, accumulator(parser, macro), body(macro, 0)),
        .result = accumulator(parser, macro),
    };
    return comprehension(parser, macro, &fold);
}

static struct cn_cel_node *expand_exists_one(struct cn_cel_parser *parser,
                                             struct cn_cel_node *macro)
{
    struct cn_cel_token token = cn_cel_node_token(macro);
    struct cn_cel_node *more = both(parser, "_+_", macro, accumulator(parser, macro),
                                    constant(parser, macro, cn_cel_int(1)));
    struct fold fold = {
        .init = constant(parser, macro, cn_cel_int(0)),
        .condition = constant(parser, macro, cn_cel_bool(true)),
        .step =
            cn_cel_build_ternary(parser, token, body(macro, 0), more, accumulator(parser, macro)),
        .result = both(parser, "_==_", macro, accumulator(parser, macro),
                       constant(parser, macro, cn_cel_int(1))),
    };
    return comprehension(parser, macro, &fold);
}

/* A step for the elements for which the condition holds, if there is one. */
static struct cn_cel_node *collect(struct cn_cel_parser *parser, struct cn_cel_node *macro,
                                   struct cn_cel_node *init, struct cn_cel_node *condition,
                                   struct cn_cel_node *step)
{
    if (condition != NULL) {
        step = cn_cel_build_ternary(parser, cn_cel_node_token(macro), condition, step,
                                    accumulator(parser, macro));
    }
    struct fold fold = {
        .init = init,
        .condition = constant(parser, macro, cn_cel_bool(true)),
        .step = step,
        .result = accumulator(parser, macro),
    };
    return comprehension(parser, macro, &fold);
}

/* map(v, f), map(v, p, f), filter(v, p) and transformList() append to a list. */
static struct cn_cel_node *expand_list(struct cn_cel_parser *parser, struct cn_cel_node *macro,
                                       struct cn_cel_node *condition, struct cn_cel_node *item)
{
    return collect(
        parser, macro, list_of(parser, macro, NULL), condition,
        both(parser, "_+_", macro, accumulator(parser, macro), list_of(parser, macro, item)));
}

static struct cn_cel_node *expand_map(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    return expand_list(parser, macro, NULL, body(macro, 0));
}

static struct cn_cel_node *expand_map_where(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    return expand_list(parser, macro, body(macro, 0), body(macro, 1));
}

static struct cn_cel_node *expand_filter(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    struct cn_cel_node *variable = macro->args[1];
    return expand_list(parser, macro, macro->args[2],
                       cn_cel_new_ident(parser, cn_cel_node_token(variable), variable->name));
}

/* transformMap() puts a value for each key, transformMapEntry() what entries a map has. */
static struct cn_cel_node *expand_entries(struct cn_cel_parser *parser, struct cn_cel_node *macro,
                                          struct cn_cel_node *condition, struct cn_cel_node *value,
                                          bool is_entry)
{
    struct cn_cel_token token = cn_cel_node_token(macro);
    struct cn_cel_node *variable = macro->args[1];
    struct cn_cel_nodes none = { 0 };
    struct cn_cel_node *step =
        cn_cel_new_node(parser, CN_CEL_NODE_CALL, token, token, is_entry ? 2 : 3);
    step->name = CN_STR("cel.@mapInsert");
    step->args[0] = accumulator(parser, macro);
    step->args[1] =
        is_entry ? value : cn_cel_new_ident(parser, cn_cel_node_token(variable), variable->name);
    if (!is_entry) {
        step->args[2] = value;
    }
    return collect(parser, macro, cn_cel_build_list(parser, CN_CEL_NODE_MAP, token, none, token),
                   condition, cn_cel_finish_node(parser, step));
}

static struct cn_cel_node *expand_transform_map(struct cn_cel_parser *parser,
                                                struct cn_cel_node *macro)
{
    return expand_entries(parser, macro, NULL, body(macro, 0), false);
}

static struct cn_cel_node *expand_transform_map_where(struct cn_cel_parser *parser,
                                                      struct cn_cel_node *macro)
{
    return expand_entries(parser, macro, body(macro, 0), body(macro, 1), false);
}

static struct cn_cel_node *expand_transform_entry(struct cn_cel_parser *parser,
                                                  struct cn_cel_node *macro)
{
    return expand_entries(parser, macro, NULL, body(macro, 0), true);
}

static struct cn_cel_node *expand_transform_entry_where(struct cn_cel_parser *parser,
                                                        struct cn_cel_node *macro)
{
    return expand_entries(parser, macro, body(macro, 0), body(macro, 1), true);
}

/* A comprehension over nothing, whose result sees the name as its accumulator. */
static struct cn_cel_node *bind(struct cn_cel_parser *parser, struct cn_cel_node *macro,
                                cn_str name, struct cn_cel_node *value, struct cn_cel_node *result)
{
    struct cn_cel_token token = cn_cel_node_token(macro);
    struct cn_cel_node *node =
        cn_cel_new_node(parser, CN_CEL_NODE_COMPREHENSION, token, token, CN_CEL_FOLD_PARTS);
    node->mark = macro->mark;
    node->name = UNUSED;
    node->accumulator = name;
    node->args[CN_CEL_FOLD_RANGE] = list_of(parser, macro, NULL);
    node->args[CN_CEL_FOLD_INIT] = value;
    node->args[CN_CEL_FOLD_CONDITION] = constant(parser, macro, cn_cel_bool(false));
    node->args[CN_CEL_FOLD_STEP] = cn_cel_new_ident(parser, token, name);
    node->args[CN_CEL_FOLD_RESULT] = result;
    return cn_cel_finish_node(parser, node);
}

static struct cn_cel_node *expand_bind(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    return bind(parser, macro, macro->args[1]->name, macro->args[2], macro->args[3]);
}

/* A name that no source can have: "@index3", "@it:0:1". */
static struct cn_cel_node *made_name(struct cn_cel_parser *parser, struct cn_cel_node *macro,
                                     const char *prefix)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "%s", prefix);
    for (uint32_t i = 1; i < macro->arg_count; i++) {
        const struct cn_cel_node *arg = macro->args[i];
        if (arg->kind != CN_CEL_NODE_CONST || arg->value.kind != CN_CEL_INT) {
            cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, arg->offset, arg->length,
                           "a number is expected");
            return macro;
        }
        len +=
            snprintf(text + len, sizeof(text) - (size_t)len, ":%lld", (long long)arg->value.as.i64);
    }
    cn_str name = cn_arena_str(parser->arena, (cn_str){ text, (size_t)len });
    return cn_cel_new_ident(parser, cn_cel_node_token(macro), name);
}

static struct cn_cel_node *expand_index(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    return made_name(parser, macro, "@index");
}

static struct cn_cel_node *expand_iter_var(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    return made_name(parser, macro, "@it");
}

/* cel.block([a, b], result), which optimizers make: cel.index(0) is a, which b may use. */
static struct cn_cel_node *expand_block(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    struct cn_cel_node *list = macro->args[1];
    struct cn_cel_node *node = macro->args[2];
    if (list->kind != CN_CEL_NODE_LIST) {
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, list->offset, list->length,
                       "a list is expected");
        return macro;
    }
    for (uint32_t i = list->arg_count; i-- > 0;) {
        char text[32];
        int len = snprintf(text, sizeof(text), "@index:%u", i);
        cn_str name = cn_arena_str(parser->arena, (cn_str){ text, (size_t)len });
        node = bind(parser, macro, name, list->args[i], node);
    }
    return node;
}

/* A call of a member function of what the optional macro is called on. */
static struct cn_cel_node *of_target(struct cn_cel_parser *parser, struct cn_cel_node *macro,
                                     const char *name)
{
    struct cn_cel_token token = cn_cel_node_token(macro);
    struct cn_cel_node *node = call(parser, name, macro, cn_cel_new_ident(parser, token, TARGET));
    node->has_target = true;
    node->length = macro->length;
    return node;
}

/* x.optMap(v, f): x.hasValue() ? optional.of(f with v as x.value()) : optional.none(), x computed
 * once. */
static struct cn_cel_node *expand_optional(struct cn_cel_parser *parser, struct cn_cel_node *macro,
                                           bool is_flat)
{
    struct cn_cel_token token = cn_cel_node_token(macro);
    struct cn_cel_node *some = bind(parser, macro, macro->args[1]->name,
                                    of_target(parser, macro, "value"), macro->args[2]);
    if (!is_flat) {
        some = call(parser, "optional.of", macro, some);
    }
    struct cn_cel_node *none = cn_cel_new_node(parser, CN_CEL_NODE_CALL, token, token, 0);
    none->name = CN_STR("optional.none");
    struct cn_cel_node *choice =
        cn_cel_build_ternary(parser, token, of_target(parser, macro, "hasValue"), some,
                             cn_cel_finish_node(parser, none));
    return bind(parser, macro, TARGET, macro->args[0], choice);
}

static struct cn_cel_node *expand_opt_map(struct cn_cel_parser *parser, struct cn_cel_node *macro)
{
    return expand_optional(parser, macro, false);
}

static struct cn_cel_node *expand_opt_flat_map(struct cn_cel_parser *parser,
                                               struct cn_cel_node *macro)
{
    return expand_optional(parser, macro, true);
}

/* What the macro is called on. */
enum target {
    NONE,
    ANY,
    CEL /* the name "cel" */
};

static const struct macro {
    const char *name;
    uint32_t args; /* with the target */
    enum target target;
    uint32_t variables; /* args[1], and args[2] if there are two */
    bool is_extension;
    struct cn_cel_node *(*expand)(struct cn_cel_parser *parser, struct cn_cel_node *macro);
} macros[] = {
    { "has", 1, NONE, 0, false, expand_has },
    { "all", 3, ANY, 1, false, expand_all },
    { "exists", 3, ANY, 1, false, expand_exists },
    { "existsOne", 3, ANY, 1, false, expand_exists_one },
    { "exists_one", 3, ANY, 1, false, expand_exists_one },
    { "map", 3, ANY, 1, false, expand_map },
    { "map", 4, ANY, 1, false, expand_map_where },
    { "filter", 3, ANY, 1, false, expand_filter },
    { "all", 4, ANY, 2, true, expand_all },
    { "exists", 4, ANY, 2, true, expand_exists },
    { "existsOne", 4, ANY, 2, true, expand_exists_one },
    { "exists_one", 4, ANY, 2, true, expand_exists_one },
    { "transformList", 4, ANY, 2, true, expand_map },
    { "transformList", 5, ANY, 2, true, expand_map_where },
    { "transformMap", 4, ANY, 2, true, expand_transform_map },
    { "transformMap", 5, ANY, 2, true, expand_transform_map_where },
    { "transformMapEntry", 4, ANY, 2, true, expand_transform_entry },
    { "transformMapEntry", 5, ANY, 2, true, expand_transform_entry_where },
    { "bind", 4, CEL, 1, true, expand_bind },
    { "block", 3, CEL, 0, true, expand_block },
    { "index", 2, CEL, 0, true, expand_index },
    { "iterVar", 3, CEL, 0, true, expand_iter_var },
    { "optMap", 3, ANY, 1, true, expand_opt_map },
    { "optFlatMap", 3, ANY, 1, true, expand_opt_flat_map },
};

static bool is_named_cel(const struct cn_cel_node *node)
{
    return node->kind == CN_CEL_NODE_IDENT && cn_str_equal(node->name, CN_STR("cel"));
}

static bool fits(const struct cn_cel_parser *parser, const struct macro *macro,
                 const struct cn_cel_node *node)
{
    return macro->args == node->arg_count && (macro->target != NONE) == node->has_target &&
           cn_str_equal(node->name, cn_str_of(macro->name)) &&
           (macro->target != CEL || is_named_cel(node->args[0])) &&
           (!macro->is_extension || parser->dialect.extensions);
}

struct cn_cel_node *cn_cel_expand(struct cn_cel_parser *parser, struct cn_cel_node *node)
{
    for (size_t i = 0; i < CN_ARRAY_LEN(macros); i++) {
        const struct macro *macro = &macros[i];
        if (!fits(parser, macro, node)) {
            continue;
        }
        node->has_second = macro->variables == 2;
        bool ok = macro->variables == 2   ? check_variables(parser, node)
                  : macro->variables == 1 ? check_variable(parser, node->args[1])
                                          : true;
        return ok ? macro->expand(parser, node) : node;
    }
    return node;
}
