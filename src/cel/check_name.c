/*
 * Names: variables, columns with and without a method, fields, and what was probably meant.
 */
#include <stdio.h>

#include "base/str.h"

#include "cel/checker.h"

static const struct cn_cel_scope *find_variable(const struct cn_cel_checker *checker, cn_str name)
{
    for (const struct cn_cel_scope *scope = checker->scope; scope != NULL; scope = scope->outer) {
        if (cn_str_equal(scope->name, name)) {
            return scope;
        }
    }
    return NULL;
}

bool cn_cel_is_variable(const struct cn_cel_checker *checker, cn_str name)
{
    return find_variable(checker, name) != NULL;
}

/* NOLINTNEXTLINE(misc-no-recursion): the tree is at most CN_CEL_DEPTH_MAX deep */
cn_str cn_cel_node_path(struct cn_arena *arena, const struct cn_cel_node *node)
{
    if (node->kind == CN_CEL_NODE_IDENT) {
        return node->name.ptr[0] == '.' ? cn_str_slice(node->name, 1, node->name.len) : node->name;
    }
    if (node->kind != CN_CEL_NODE_SELECT || node->is_optional) {
        return CN_STR("");
    }
    cn_str front = cn_cel_node_path(arena, node->args[0]);
    if (front.len == 0) {
        return front;
    }
    char *text = cn_arena_array(arena, char, front.len + node->name.len + 2);
    memcpy(text, front.ptr, front.len);
    text[front.len] = '.';
    memcpy(text + front.len + 1, node->name.ptr, node->name.len);
    return (cn_str){ text, front.len + 1 + node->name.len };
}

void cn_cel_compare_names(cn_str wanted, cn_str name, size_t *best, cn_str *name_out)
{
    if (cn_str_equal(wanted, name)) {
        return;
    }
    size_t distance = cn_str_distance(wanted, name, *best);
    if (distance < *best) {
        *best = distance;
        *name_out = name;
    }
}

size_t cn_cel_first_limit(cn_str wanted)
{
    return wanted.len / 3 + 1;
}

static cn_str nearest_name(const struct cn_cel_checker *checker, cn_str wanted)
{
    cn_str found = CN_STR("");
    cn_str name;
    size_t best = cn_cel_first_limit(wanted);
    for (size_t i = 0;
         checker->schema->list != NULL && checker->schema->list(checker->schema->ctx, i, &name);
         i++) {
        cn_cel_compare_names(wanted, name, &best, &found);
    }
    return found;
}

/* What other languages call them. */
static const struct {
    const char *wrong;
    const char *right;
} habits[] = {
    { "length", "size" },
    { "len", "size" },
    { "count", "size" },
    { "includes", "contains" },
    { "toLowerCase", "lowerAscii" },
    { "toUpperCase", "upperAscii" },
    { "lower", "lowerAscii" },
    { "upper", "upperAscii" },
    { "substr", "substring" },
    { "any", "exists" },
    { "some", "exists" },
    { "every", "all" },
    { "find", "indexOf" },
    { "strip", "trim" },
    { "match", "matches" },
    { "abs", "math.abs" },
    { "min", "math.least" },
    { "max", "math.greatest" },
    { "round", "math.round" },
    { "floor", "math.floor" },
    { "ceil", "math.ceil" },
    { "math.min", "math.least" },
    { "math.max", "math.greatest" },
};

static cn_str nearest_function(cn_str wanted, unsigned forms)
{
    cn_str found = CN_STR("");
    for (size_t i = 0; i < CN_ARRAY_LEN(habits); i++) {
        cn_str right = cn_str_of(habits[i].right);
        if (cn_str_equal(wanted, cn_str_of(habits[i].wrong)) &&
            cn_cel_function_find(right, forms) != NULL) {
            return right;
        }
    }
    size_t best = cn_cel_first_limit(wanted);
    const struct cn_cel_function *function;
    for (size_t i = 0; (function = cn_cel_function_at(i)) != NULL; i++) {
        if ((function->form & forms) != 0) {
            cn_cel_compare_names(wanted, cn_str_of(function->name), &best, &found);
        }
    }
    return found;
}

/* "trait", if there are names "trait.x" of which any may be: then `wanted` may lack the front. */
static cn_str open_front(const struct cn_cel_checker *checker)
{
    cn_str name;
    for (size_t i = 0;
         checker->schema->list != NULL && checker->schema->list(checker->schema->ctx, i, &name);
         i++) {
        if (cn_str_ends_with(name, CN_STR("."))) {
            return cn_str_slice(name, 0, name.len - 1);
        }
    }
    return CN_STR("");
}

static void unknown_name(struct cn_cel_checker *checker, struct cn_cel_node *node, cn_str name)
{
    cn_str meant = nearest_name(checker, name);
    cn_str front = open_front(checker);
    if (meant.len == 0 && front.len > 0 && memchr(name.ptr, '.', name.len) == NULL) {
        cn_cel_complain(checker, node, CN_CEL_PROBLEM_NAME,
                        "no such name '%.*s'; if it is a %.*s, write %.*s.%.*s", CN_STR_ARG(name),
                        CN_STR_ARG(front), CN_STR_ARG(front), CN_STR_ARG(name));
        return;
    }
    if (meant.len == 0) {
        cn_cel_complain(checker, node, CN_CEL_PROBLEM_NAME, "no such name '%.*s'",
                        CN_STR_ARG(name));
        return;
    }
    struct cn_cel_problem *problem = cn_cel_complain(checker, node, CN_CEL_PROBLEM_NAME,
                                                     "no such name '%.*s', did you mean '%.*s'?",
                                                     CN_STR_ARG(name), CN_STR_ARG(meant));
    cn_cel_offer(checker, problem, node, "", meant, "");
}

/* f(x, y) as x.f(y) */
static void offer_member(struct cn_cel_checker *checker, struct cn_cel_problem *problem,
                         const struct cn_cel_node *node)
{
    char after[256];
    const struct cn_cel_node *first = node->args[0];
    bool has_more = node->arg_count > 1;
    size_t rest = has_more ? node->args[1]->offset : node->offset + node->length - 1;
    cn_str more = cn_str_slice(checker->source, rest, node->offset + node->length);
    int len =
        snprintf(after, sizeof(after), ".%.*s(%.*s", CN_STR_ARG(node->name), CN_STR_ARG(more));
    bool is_simple = first->kind == CN_CEL_NODE_COLUMN || first->kind == CN_CEL_NODE_CONST ||
                     first->kind == CN_CEL_NODE_IDENT;
    if (is_simple && len > 0 && (size_t)len < sizeof(after)) {
        cn_cel_offer(checker, problem, node, "", cn_cel_node_text(checker, first), after);
    }
}

void cn_cel_unknown_function(struct cn_cel_checker *checker, struct cn_cel_node *node,
                             uint32_t length)
{
    node->type = cn_cel_type_of(CN_CEL_DYN);
    if (checker->is_dynamic) {
        return;
    }
    cn_str meant = nearest_function(node->name, CN_CEL_GLOBAL | CN_CEL_MACRO);
    if (cn_cel_function_find(node->name, CN_CEL_MEMBER | CN_CEL_MACRO) != NULL) {
        const struct cn_cel_function *function =
            cn_cel_function_find(node->name, CN_CEL_MEMBER | CN_CEL_MACRO);
        struct cn_cel_problem *problem = cn_cel_complain_mark(
            checker, node, length, CN_CEL_PROBLEM_NAME, "write %s", function->usage);
        if ((function->form & CN_CEL_MEMBER) != 0 && node->arg_count > 0) {
            offer_member(checker, problem, node);
        }
        return;
    }
    struct cn_cel_problem *problem = cn_cel_complain_mark(
        checker, node, length, CN_CEL_PROBLEM_NAME, "no such function '%.*s'%s%.*s%s",
        CN_STR_ARG(node->name), meant.len > 0 ? ", did you mean '" : "", CN_STR_ARG(meant),
        meant.len > 0 ? "'?" : "");
    if (problem != NULL && meant.len > 0) {
        problem->has_fix = true;
        problem->fix_offset = node->mark;
        problem->fix_length = length;
        problem->fix_text = meant;
    }
}

static void become_column(struct cn_cel_checker *checker, struct cn_cel_node *node,
                          const struct cn_cel_column *column, cn_str name)
{
    node->kind = CN_CEL_NODE_COLUMN;
    node->name = name;
    node->column = column->id;
    node->size_max = column->size_max;
    node->type = column->kind == CN_CEL_LIST && column->element != CN_CEL_ERROR
                     ? cn_cel_list_type(checker->arena, cn_cel_type_of(column->element))
                     : cn_cel_type_of(column->kind);
    node->arg_count = 0;
}

/* Asks the schema for a name without a method. */
static enum cn_cel_resolve resolve(struct cn_cel_checker *checker, struct cn_cel_node *node,
                                   cn_str name, bool complain)
{
    struct cn_cel_reference reference = { .name = name };
    struct cn_cel_column column = { 0 };
    struct cn_error err;
    enum cn_cel_resolve found =
        checker->schema->resolve(checker->schema->ctx, &reference, &column, &err);
    if (found == CN_CEL_FOUND) {
        become_column(checker, node, &column, name);
    } else if (found == CN_CEL_WRONG && complain) {
        cn_cel_complain(checker, node, CN_CEL_PROBLEM_NAME, "%s", err.message);
    }
    return found;
}

static bool find_type_name(struct cn_cel_node *node, cn_str name)
{
    for (enum cn_cel_kind kind = CN_CEL_NULL; kind < CN_CEL_KINDS; kind++) {
        const char *text = kind == CN_CEL_TIMESTAMP  ? "google.protobuf.Timestamp"
                           : kind == CN_CEL_DURATION ? "google.protobuf.Duration"
                                                     : cn_cel_kind_name(kind);
        if (cn_str_equal(name, cn_str_of(text))) {
            node->kind = CN_CEL_NODE_CONST;
            node->arg_count = 0;
            node->value =
                (struct cn_cel_value){ .kind = CN_CEL_TYPE, .as.type = cn_cel_type_of(kind) };
            node->type = cn_cel_type_of(CN_CEL_TYPE);
            return true;
        }
    }
    return false;
}

void cn_cel_check_ident(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    cn_str name = cn_cel_node_path(checker->arena, node);
    const struct cn_cel_scope *variable = find_variable(checker, node->name);
    if (variable != NULL) {
        node->type = variable->type;
        return;
    }
    if (resolve(checker, node, name, true) != CN_CEL_UNKNOWN || find_type_name(node, name)) {
        return;
    }
    node->type = cn_cel_type_of(CN_CEL_DYN);
    if (!checker->is_dynamic) {
        unknown_name(checker, node, name);
    }
}

/* Whether the first names of the path are something by themselves, so that the rest are fields. */
static bool has_known_front(struct cn_cel_checker *checker, const struct cn_cel_node *node)
{
    struct cn_cel_column column = { 0 };
    struct cn_error err;
    for (; node->kind == CN_CEL_NODE_SELECT; node = node->args[0]) {
        cn_str path = cn_cel_node_path(checker->arena, node->args[0]);
        struct cn_cel_reference reference = { .name = path };
        if (path.len == 0 || cn_cel_is_variable(checker, path) ||
            checker->schema->resolve(checker->schema->ctx, &reference, &column, &err) !=
                CN_CEL_UNKNOWN) {
            return true;
        }
    }
    return false;
}

/* NOLINTNEXTLINE(misc-no-recursion): the tree is at most CN_CEL_DEPTH_MAX deep */
void cn_cel_check_select(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    cn_str path = cn_cel_node_path(checker->arena, node);
    const struct cn_cel_node *root = node;
    while (root->kind == CN_CEL_NODE_SELECT) {
        root = root->args[0];
    }
    bool is_field =
        path.len == 0 || (root->name.ptr[0] != '.' && cn_cel_is_variable(checker, root->name));
    if (!is_field) {
        enum cn_cel_resolve found = resolve(checker, node, path, true);
        if (found != CN_CEL_UNKNOWN || find_type_name(node, path)) {
            return;
        }
        if (!checker->is_dynamic && !has_known_front(checker, node)) {
            unknown_name(checker, node, path);
            return;
        }
    }
    cn_cel_check_node(checker, node->args[0]);
    const struct cn_cel_type *type = node->args[0]->type;
    bool is_optional = node->is_optional || type->kind == CN_CEL_OPTIONAL;
    type = type->kind == CN_CEL_OPTIONAL ? type->element : type;
    node->type = type->kind == CN_CEL_MAP ? type->element : cn_cel_type_of(CN_CEL_DYN);
    if (is_optional) {
        node->type = cn_cel_optional_type(checker->arena, node->type);
    }
    if (type->kind != CN_CEL_MAP && type->kind != CN_CEL_DYN) {
        cn_cel_complain(checker, node, CN_CEL_PROBLEM_TYPE, "%s has no fields",
                        cn_cel_kind_name(type->kind));
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): the tree is at most CN_CEL_DEPTH_MAX deep */
void cn_cel_check_has(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    struct cn_cel_node *arg = node->args[0];
    if (node->name.len > 0) { /* has(a.b): a column "a.b", or the field of a map */
        struct cn_cel_node *whole = cn_arena_new(checker->arena, struct cn_cel_node);
        *whole =
            (struct cn_cel_node){ .kind = CN_CEL_NODE_SELECT,
                                  .offset = arg->offset,
                                  .length = node->mark + (uint32_t)node->name.len - arg->offset,
                                  .mark = node->mark,
                                  .depth = node->depth,
                                  .name = node->name,
                                  .args = node->args,
                                  .arg_count = 1 };
        cn_cel_check_select(checker, whole);
        if (whole->kind == CN_CEL_NODE_COLUMN) {
            node->args = cn_arena_array(checker->arena, struct cn_cel_node *, 1);
            node->args[0] = whole;
            node->name = CN_STR("");
        }
    } else {
        size_t before = checker->problems->total;
        cn_cel_check_node(checker, arg);
        if (arg->kind != CN_CEL_NODE_COLUMN && checker->problems->total == before) {
            cn_cel_complain(checker, arg, CN_CEL_PROBLEM_TYPE,
                            "has() takes a column or the field of a map");
        }
    }
    node->type = cn_cel_type_of(CN_CEL_BOOL);
}

/* math.rnd(x): there are functions whose name begins like that. */
static bool is_namespace(cn_str path)
{
    const struct cn_cel_function *function;
    for (size_t i = 0; path.len > 0 && (function = cn_cel_function_at(i)) != NULL; i++) {
        cn_str name = cn_str_of(function->name);
        if (name.len > path.len && name.ptr[path.len] == '.' && cn_str_starts_with(name, path)) {
            return true;
        }
    }
    return false;
}

static void unknown_in_namespace(struct cn_cel_checker *checker, struct cn_cel_node *node,
                                 cn_str path)
{
    /* As it is written: there may be blanks at the dot. */
    uint32_t length = node->mark + (uint32_t)node->name.len - node->offset;
    char *text = cn_arena_array(checker->arena, char, path.len + node->name.len + 2);
    memcpy(text, path.ptr, path.len);
    text[path.len] = '.';
    memcpy(text + path.len + 1, node->name.ptr, node->name.len);
    node->name = (cn_str){ text, path.len + 1 + node->name.len };
    node->mark = node->offset;
    cn_cel_unknown_function(checker, node, length);
}

static void unknown_method(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    uint32_t length = (uint32_t)node->name.len;
    cn_str meant = nearest_function(node->name, CN_CEL_MEMBER | CN_CEL_MACRO);
    struct cn_cel_problem *problem = cn_cel_complain_mark(
        checker, node, length, CN_CEL_PROBLEM_NAME, "%s has no method '%.*s'%s%.*s%s",
        cn_cel_kind_name(node->args[0]->type->kind), CN_STR_ARG(node->name),
        meant.len > 0 ? ", did you mean '" : "", CN_STR_ARG(meant), meant.len > 0 ? "'?" : "");
    if (problem != NULL && meant.len > 0) {
        problem->has_fix = true;
        problem->fix_offset = node->mark;
        problem->fix_length = length;
        problem->fix_text = meant;
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): the tree is at most CN_CEL_DEPTH_MAX deep */
void cn_cel_check_method(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    cn_str path = cn_cel_node_path(checker->arena, node->args[0]);
    node->type = cn_cel_type_of(CN_CEL_DYN);
    size_t before = checker->problems->total;
    size_t count = node->arg_count - 1;
    struct cn_cel_value *args = cn_arena_array(checker->arena, struct cn_cel_value, count + 1);
    if (is_namespace(path) && !cn_cel_is_variable(checker, path)) {
        unknown_in_namespace(checker, node, path);
        return;
    }
    if (path.len == 0) {
        cn_cel_check_node(checker, node->args[0]);
    }
    for (size_t i = 0; i < count; i++) {
        cn_cel_check_node(checker, node->args[i + 1]);
        args[i] = node->args[i + 1]->value;
        if (path.len > 0 && !cn_cel_is_const(node->args[i + 1])) {
            cn_cel_complain(checker, node->args[i + 1], CN_CEL_PROBLEM_ARGUMENT,
                            "an argument of '%.*s' must be a constant", CN_STR_ARG(node->name));
        }
    }
    if (checker->problems->total > before) {
        return;
    }
    uint32_t length = (uint32_t)node->name.len;
    struct cn_cel_reference reference = {
        .name = path, .method = node->name, .args = args, .arg_count = count
    };
    struct cn_cel_column column = { 0 };
    struct cn_error err;
    enum cn_cel_resolve found = CN_CEL_UNKNOWN;
    if (path.len > 0) {
        found = checker->schema->resolve(checker->schema->ctx, &reference, &column, &err);
    }
    if (found == CN_CEL_FOUND) {
        become_column(checker, node, &column, cn_cel_node_text(checker, node));
        return;
    }
    if (found == CN_CEL_WRONG) {
        cn_cel_complain_mark(checker, node, length, CN_CEL_PROBLEM_NAME, "%s", err.message);
        return;
    }
    if (path.len > 0) {
        cn_cel_check_node(checker, node->args[0]); /* says so if the name itself is unknown */
    }
    if (checker->problems->total == before) {
        unknown_method(checker, node);
    }
}
