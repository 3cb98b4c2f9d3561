/*
 * The checker's walk over the tree, and what a caller of cn_cel_check() gets.
 */
#include "cel/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

#include "cel/checker.h"
#include "cel/cost.h"

#define DYN cn_cel_type_of(CN_CEL_DYN)

enum {
    MESSAGE_MAX_BYTES = 256,
    STEPS_SAID_MAX = 1000 * 1000 * 1000,
    /* What constants of one expression may take. */
    FOLD_STEPS_MAX = 200 * 1000,
    FOLD_BYTES_MAX = 256 * 1024,
};

struct cn_cel_problem *cn_cel_complain(struct cn_cel_checker *checker, struct cn_cel_node *node,
                                       enum cn_cel_problem_kind kind, const char *fmt, ...)
{
    char message[MESSAGE_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args); /* a cut message still names its place */
    va_end(args);
    node->type = DYN;
    return cn_cel_problem_add(checker->problems, kind, node->offset, node->length, "%s", message);
}

struct cn_cel_problem *cn_cel_complain_mark(struct cn_cel_checker *checker,
                                            struct cn_cel_node *node, uint32_t length,
                                            enum cn_cel_problem_kind kind, const char *fmt, ...)
{
    char message[MESSAGE_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args); /* a cut message still names its place */
    va_end(args);
    node->type = DYN;
    return cn_cel_problem_add(checker->problems, kind, node->mark, length, "%s", message);
}

cn_str cn_cel_node_text(const struct cn_cel_checker *checker, const struct cn_cel_node *node)
{
    return cn_str_slice(checker->source, node->offset, node->offset + node->length);
}

void cn_cel_offer(struct cn_cel_checker *checker, struct cn_cel_problem *problem,
                  const struct cn_cel_node *node, const char *before, cn_str text,
                  const char *after)
{
    if (problem == NULL) {
        return;
    }
    cn_str a = cn_str_of(before);
    cn_str b = cn_str_of(after);
    char *fix = cn_arena_array(checker->arena, char, a.len + text.len + b.len + 1);
    memcpy(fix, a.ptr, a.len);
    memcpy(fix + a.len, text.ptr, text.len);
    memcpy(fix + a.len + text.len, b.ptr, b.len);
    problem->has_fix = true;
    problem->fix_offset = node->offset;
    problem->fix_length = node->length;
    problem->fix_text = (cn_str){ fix, a.len + text.len + b.len };
}

/* NOLINTBEGIN(misc-no-recursion): the tree is at most CN_CEL_DEPTH_MAX deep */
static void check_args(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    for (uint32_t i = 0; i < node->arg_count; i++) {
        cn_cel_check_node(checker, node->args[i]);
    }
}

/* What ?element or ?key: value adds: what the optional holds. */
static const struct cn_cel_type *unwrapped(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    const struct cn_cel_type *type = node->type;
    if (type->kind == CN_CEL_OPTIONAL) {
        return type->element;
    }
    if (type->kind != CN_CEL_DYN) {
        struct cn_cel_problem *problem = cn_cel_complain(
            checker, node, CN_CEL_PROBLEM_TYPE, "after '?' an optional is expected, not %s",
            cn_cel_kind_name(type->kind));
        cn_cel_offer(checker, problem, node, "optional.of(", cn_cel_node_text(checker, node), ")");
    }
    return DYN;
}

static void check_list(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    const struct cn_cel_type *element = &cn_cel_type_open;
    check_args(checker, node);
    for (uint32_t i = 0; i < node->arg_count; i++) {
        struct cn_cel_node *item = node->args[i];
        const struct cn_cel_type *type = item->is_element ? unwrapped(checker, item) : item->type;
        element = cn_cel_join_types(checker->arena, element, type);
    }
    node->type = cn_cel_list_type(checker->arena, element);
}

static void check_map(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    const struct cn_cel_type *key = &cn_cel_type_open;
    const struct cn_cel_type *value = &cn_cel_type_open;
    for (uint32_t i = 0; i < node->arg_count; i++) {
        struct cn_cel_node *entry = node->args[i];
        check_args(checker, entry);
        const struct cn_cel_type *type =
            entry->is_optional ? unwrapped(checker, entry->args[1]) : entry->args[1]->type;
        key = cn_cel_join_types(checker->arena, key, entry->args[0]->type);
        value = cn_cel_join_types(checker->arena, value, type);
    }
    node->type = cn_cel_map_type(checker->arena, key, value);
}

/* The variables of a comprehension over that type. */
static void open_scope(const struct cn_cel_node *node, const struct cn_cel_type *range,
                       struct cn_cel_scope *first, struct cn_cel_scope *second)
{
    bool is_list = range->kind == CN_CEL_LIST;
    const struct cn_cel_type *element = is_list || range->kind == CN_CEL_MAP ? range->element : DYN;
    const struct cn_cel_type *key = range->kind == CN_CEL_MAP ? range->key
                                    : is_list                 ? cn_cel_type_of(CN_CEL_INT)
                                                              : DYN;
    bool is_pair = node->name2.len > 0;
    first->name = node->name;
    first->type = is_list && !is_pair ? element : key;
    second->name = node->name2;
    second->type = element;
    second->outer = first;
}

static void check_comprehension(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    struct cn_cel_node **parts = node->args;
    cn_cel_check_node(checker, parts[CN_CEL_FOLD_RANGE]);
    cn_cel_check_node(checker, parts[CN_CEL_FOLD_INIT]);
    const struct cn_cel_type *range = parts[CN_CEL_FOLD_RANGE]->type;
    if (range->kind != CN_CEL_LIST && range->kind != CN_CEL_MAP && range->kind != CN_CEL_DYN) {
        cn_cel_complain(checker, parts[CN_CEL_FOLD_RANGE], CN_CEL_PROBLEM_TYPE,
                        "only lists and maps have elements, not %s", cn_cel_kind_name(range->kind));
    }
    const struct cn_cel_scope *outer = checker->scope;
    /* A list grows from [], whose element type says nothing yet. */
    struct cn_cel_scope accumulator = { .name = node->accumulator,
                                        .type = parts[CN_CEL_FOLD_INIT]->type,
                                        .outer = outer };
    struct cn_cel_scope first = { .outer = &accumulator };
    struct cn_cel_scope second;
    open_scope(node, range, &first, &second);
    checker->scope = node->name2.len > 0 ? &second : &first;
    cn_cel_check_node(checker, parts[CN_CEL_FOLD_CONDITION]);
    cn_cel_check_node(checker, parts[CN_CEL_FOLD_STEP]);
    const struct cn_cel_type *step = parts[CN_CEL_FOLD_STEP]->type;
    accumulator.type = cn_cel_join_types(checker->arena, accumulator.type, step);
    checker->scope = &accumulator;
    cn_cel_check_node(checker, parts[CN_CEL_FOLD_RESULT]);
    checker->scope = outer;
    node->type = parts[CN_CEL_FOLD_RESULT]->type;
}

/* math.abs(x) is parsed as a call of abs on the field of a name. */
static void find_qualified(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    cn_str path = node->has_target ? cn_cel_node_path(checker->arena, node->args[0]) : CN_STR("");
    if (path.len == 0 || cn_cel_is_variable(checker, path)) {
        return;
    }
    char *text = cn_arena_array(checker->arena, char, path.len + node->name.len + 2);
    memcpy(text, path.ptr, path.len);
    text[path.len] = '.';
    memcpy(text + path.len + 1, node->name.ptr, node->name.len);
    cn_str name = { text, path.len + node->name.len + 1 };
    if (cn_cel_function_find(name, CN_CEL_GLOBAL) != NULL) {
        node->name = name;
        node->mark = node->offset;
        node->has_target = false;
        node->args++;
        node->arg_count--;
    }
}

/* What is no value by itself has no methods but those of the schema, whatever else they are
 * called: parent.value("arr") asks no optional for its value. */
static bool has_own_methods(struct cn_cel_checker *checker, const struct cn_cel_node *node)
{
    cn_str path = node->has_target ? cn_cel_node_path(checker->arena, node->args[0]) : CN_STR("");
    struct cn_cel_reference reference = { .name = path };
    struct cn_cel_column column = { 0 };
    struct cn_error err;
    return path.len > 0 && !checker->is_dynamic && !cn_cel_is_variable(checker, path) &&
           checker->schema->resolve(checker->schema->ctx, &reference, &column, &err) !=
               CN_CEL_FOUND;
}

static void check_call(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    find_qualified(checker, node);
    if (has_own_methods(checker, node)) {
        cn_cel_check_method(checker, node);
        return;
    }
    cn_str name =
        node->name.ptr[0] == '.' ? cn_str_slice(node->name, 1, node->name.len) : node->name;
    node->function = cn_cel_function_find(name, node->has_target ? CN_CEL_MEMBER
                                                                 : CN_CEL_GLOBAL | CN_CEL_OPERATOR);
    if (node->function == NULL && node->has_target && !checker->is_dynamic) {
        cn_cel_check_method(checker, node);
        return;
    }
    check_args(checker, node);
    if (node->function == NULL) {
        cn_cel_unknown_function(checker, node, (uint32_t)node->name.len);
        return;
    }
    cn_cel_type_call(checker, node);
}

void cn_cel_check_node(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    switch (node->kind) {
    case CN_CEL_NODE_CONST:
        node->type = cn_cel_type_of(node->value.kind);
        break;
    case CN_CEL_NODE_IDENT:
        cn_cel_check_ident(checker, node);
        break;
    case CN_CEL_NODE_COLUMN:
        break; /* was checked with the name that it was */
    case CN_CEL_NODE_SELECT:
        cn_cel_check_select(checker, node);
        break;
    case CN_CEL_NODE_HAS:
        cn_cel_check_has(checker, node);
        break;
    case CN_CEL_NODE_CALL:
        check_call(checker, node);
        break;
    case CN_CEL_NODE_LIST:
        check_list(checker, node);
        break;
    case CN_CEL_NODE_MAP:
        check_map(checker, node);
        break;
    case CN_CEL_NODE_MESSAGE:
    case CN_CEL_NODE_ENTRY:
        cn_cel_complain(checker, node, CN_CEL_PROBLEM_UNSUPPORTED,
                        "messages are not part of this language");
        break;
    case CN_CEL_NODE_COMPREHENSION:
        check_comprehension(checker, node);
        break;
    }
    if (checker->is_dynamic) {
        node->type = DYN;
    } else {
        cn_cel_fold(checker, node);
    }
}

/* Adds the columns below the node that are not there yet. */
static void collect(struct cn_cel_expr *expr, const struct cn_cel_node *node)
{
    if (node->kind == CN_CEL_NODE_COLUMN) {
        for (size_t i = 0; i < expr->column_count; i++) {
            if (expr->columns[i] == node->column) {
                return;
            }
        }
        expr->columns[expr->column_count++] = node->column;
    }
    for (uint32_t i = 0; i < node->arg_count; i++) {
        collect(expr, node->args[i]);
    }
}

static size_t count_nodes(const struct cn_cel_node *node)
{
    size_t count = 1;
    for (uint32_t i = 0; i < node->arg_count; i++) {
        count += count_nodes(node->args[i]);
    }
    return count;
}
/* NOLINTEND(misc-no-recursion) */

bool cn_cel_check_dialect(struct cn_arena *arena, const struct cn_cel_schema *schema, cn_str source,
                          const struct cn_cel_dialect *dialect, bool is_dynamic,
                          struct cn_cel_expr **expr_out, struct cn_cel_problems *problems)
{
    size_t before = problems->total;
    struct cn_cel_node *root = cn_cel_parse(arena, source, dialect, problems);
    if (root == NULL) {
        return false;
    }
    struct cn_cel_checker checker = {
        .arena = arena,
        .schema = schema,
        .problems = problems,
        .source = cn_arena_str(arena, source),
        .is_dynamic = is_dynamic,
        .spare = { .arena = arena, .bytes_left = FOLD_BYTES_MAX, .steps_left = FOLD_STEPS_MAX }
    };
    struct cn_cel_cache cache = { 0 };
    checker.spare.cache = &cache;
    cn_cel_check_node(&checker, root);
    cn_cel_cache_deinit(&cache);
    uint64_t steps = problems->total > before || is_dynamic ? 0 : cn_cel_estimate(root);
    if (steps > CN_CEL_STEPS_MAX) {
        cn_cel_complain(&checker, root, CN_CEL_PROBLEM_TOO_LARGE,
                        "may take %s%llu steps a row, and more than %d are too many",
                        steps >= STEPS_SAID_MAX ? "over " : "",
                        (unsigned long long)(steps < STEPS_SAID_MAX ? steps : STEPS_SAID_MAX),
                        CN_CEL_STEPS_MAX);
    }
    if (problems->total > before) {
        return false;
    }
    struct cn_cel_expr *expr = cn_arena_new(arena, struct cn_cel_expr);
    expr->root = root;
    expr->source = checker.source;
    expr->steps = steps;
    expr->columns = cn_arena_array(arena, uint32_t, count_nodes(root));
    collect(expr, root);
    *expr_out = expr;
    return true;
}

/* Makes the result of the kind that is wanted, or says what is wrong. */
static bool want(struct cn_cel_checker *checker, struct cn_cel_node *root, enum cn_cel_kind kind)
{
    if (kind == CN_CEL_DYN || root->type->kind == kind) {
        return true;
    }
    if (kind == CN_CEL_DOUBLE && cn_cel_is_const(root) && root->type->kind == CN_CEL_INT) {
        root->value = cn_cel_double((double)root->value.as.i64);
        root->type = cn_cel_type_of(CN_CEL_DOUBLE);
        return true;
    }
    struct cn_cel_problem *problem =
        cn_cel_complain(checker, root, CN_CEL_PROBLEM_TYPE, "the result must be %s, but is %s",
                        cn_cel_kind_name(kind), cn_cel_kind_name(root->type->kind));
    if (kind == CN_CEL_DOUBLE &&
        (root->type->kind == CN_CEL_INT || root->type->kind == CN_CEL_UINT)) {
        cn_cel_offer(checker, problem, root, "double(", cn_cel_node_text(checker, root), ")");
    }
    return false;
}

bool cn_cel_check(struct cn_arena *arena, const struct cn_cel_schema *schema, cn_str source,
                  const struct cn_cel_options *options, struct cn_cel_expr **expr_out,
                  struct cn_cel_problems *problems)
{
    struct cn_cel_expr *expr = NULL;
    if (!cn_cel_check_dialect(arena, schema, source, &cn_cel_dialect_rules, false, &expr,
                              problems)) {
        return false;
    }
    struct cn_cel_checker checker = {
        .arena = arena, .schema = schema, .problems = problems, .source = expr->source
    };
    if (!want(&checker, expr->root, options->want)) {
        return false;
    }
    *expr_out = expr;
    return true;
}

const struct cn_cel_type *cn_cel_expr_type(const struct cn_cel_expr *expr)
{
    return expr->root->type;
}

uint64_t cn_cel_expr_steps(const struct cn_cel_expr *expr)
{
    return expr->steps;
}

cn_str cn_cel_expr_source(const struct cn_cel_expr *expr)
{
    return expr->source;
}

const uint32_t *cn_cel_expr_columns(const struct cn_cel_expr *expr, size_t *count_out)
{
    *count_out = expr->column_count;
    return expr->columns;
}
