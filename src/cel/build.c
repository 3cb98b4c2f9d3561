/*
 * Builds tree nodes for the grammar's actions, and keeps count of their number and depth.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

#include "cel/parser.h"

struct cn_cel_problem *cn_cel_fail_at(struct cn_cel_parser *parser, enum cn_cel_problem_kind kind,
                                      uint32_t offset, uint32_t length, const char *fmt, ...)
{
    if (parser->failed) {
        return NULL;
    }
    parser->failed = true;
    char message[256];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args); /* a cut message still names its place */
    va_end(args);
    return cn_cel_problem_add(parser->problems, kind, offset, length, "%s", message);
}

/* What people write who are used to SQL or to a shell. */
static const struct {
    const char *wrong;
    const char *right;
} habits[] = {
    { "=", "==" },   { "&", "&&" },   { "|", "||" },   { "and", "&&" }, { "or", "||" },
    { "AND", "&&" }, { "OR", "||" },  { "IN", "in" },  { "not", "!" },  { "NOT", "!" },
    { "<>", "!=" },  { "===", "==" }, { "!==", "!=" }, { "=>", ">=" },  { "=<", "<=" },
};

/* The whole run of operator signs that the token is a part of: "<>" of which ">" is not expected.
 */
static struct cn_cel_token whole_operator(const struct cn_cel_parser *parser,
                                          struct cn_cel_token token)
{
    static const char signs[] = "=<>!&|";
    size_t from = token.offset;
    size_t to = token.offset + token.length;
    if (memchr(signs, parser->source.ptr[from], sizeof(signs) - 1) == NULL) {
        return token;
    }
    while (from > 0 && memchr(signs, parser->source.ptr[from - 1], sizeof(signs) - 1) != NULL) {
        from--;
    }
    while (to < parser->source.len &&
           memchr(signs, parser->source.ptr[to], sizeof(signs) - 1) != NULL) {
        to++;
    }
    return (struct cn_cel_token){ (uint32_t)from, (uint32_t)(to - from) };
}

void cn_cel_fail_token(struct cn_cel_parser *parser, struct cn_cel_token token)
{
    cn_str text = cn_cel_token_text(parser, token);
    if (token.length == 0) {
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, token.offset, 0,
                       "the expression ends where more is expected");
        return;
    }
    if (text.ptr[0] == '"' || text.ptr[0] == '\'') {
        bool is_whole = token.length > 1;
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, token.offset, token.length,
                       is_whole ? "unexpected text" : "text without an end, or with a bad escape");
        return;
    }
    struct cn_cel_token whole = whole_operator(parser, token);
    bool is_habit = false;
    for (size_t i = 0; i < CN_ARRAY_LEN(habits); i++) {
        is_habit |= cn_str_equal(cn_cel_token_text(parser, whole), cn_str_of(habits[i].wrong));
    }
    if (is_habit) {
        token = whole;
        text = cn_cel_token_text(parser, whole);
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(habits); i++) {
        if (!cn_str_equal(text, cn_str_of(habits[i].wrong))) {
            continue;
        }
        struct cn_cel_problem *problem =
            cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, token.offset, token.length,
                           "unexpected '%s', did you mean '%s'?", habits[i].wrong, habits[i].right);
        if (problem != NULL) {
            problem->has_fix = true;
            problem->fix_offset = token.offset;
            problem->fix_length = token.length;
            problem->fix_text = cn_str_of(habits[i].right);
        }
        return;
    }
    cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, token.offset, token.length, "unexpected '%.*s'",
                   (int)(text.len < 40 ? text.len : 40), text.ptr);
}

cn_str cn_cel_token_text(const struct cn_cel_parser *parser, struct cn_cel_token token)
{
    return (cn_str){ parser->source.ptr + token.offset, token.length };
}

struct cn_cel_token cn_cel_node_token(const struct cn_cel_node *node)
{
    return (struct cn_cel_token){ node->offset, node->length };
}

struct cn_cel_node *cn_cel_new_node(struct cn_cel_parser *parser, enum cn_cel_node_kind kind,
                                    struct cn_cel_token from, struct cn_cel_token to,
                                    uint32_t count)
{
    struct cn_cel_node *node = cn_arena_new(parser->arena, struct cn_cel_node);
    node->kind = kind;
    node->offset = from.offset;
    node->length = to.offset + to.length - from.offset;
    node->mark = from.offset;
    node->depth = 1;
    node->arg_count = count;
    if (count > 0) {
        node->args = cn_arena_array(parser->arena, struct cn_cel_node *, count);
    }
    if (++parser->node_count > CN_CEL_NODES_MAX) {
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_TOO_LARGE, node->offset, node->length,
                       "more than %d parts in one expression", CN_CEL_NODES_MAX);
    }
    return node;
}

struct cn_cel_node *cn_cel_finish_node(struct cn_cel_parser *parser, struct cn_cel_node *node)
{
    size_t depth = 0;
    for (uint32_t i = 0; i < node->arg_count; i++) {
        if (node->args[i]->depth > depth) {
            depth = node->args[i]->depth;
        }
    }
    node->depth = (uint16_t)(depth + 1);
    if (node->depth > parser->dialect.depth_max) {
        node->depth = 1; /* builders go on after a problem: keep it from growing */
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_TOO_LARGE, node->offset, node->length,
                       "nested more than %zu deep", parser->dialect.depth_max);
    }
    return node;
}

struct cn_cel_nodes cn_cel_nodes_add(struct cn_cel_nodes list, struct cn_cel_node *node)
{
    if (list.first == NULL) {
        list.first = node;
    } else {
        list.last->next = node;
    }
    list.last = node;
    list.count++;
    return list;
}

static void take_list(struct cn_cel_node *node, uint32_t at, struct cn_cel_nodes list)
{
    for (struct cn_cel_node *item = list.first; item != NULL; item = item->next) {
        node->args[at++] = item;
    }
}

static bool is_reserved(cn_str name)
{
    static const char *const words[] = {
        "as",  "break", "const",   "continue",  "else",   "for", "function", "if",    "import",
        "let", "loop",  "package", "namespace", "return", "var", "void",     "while",
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(words); i++) {
        if (cn_str_equal(name, cn_str_of(words[i]))) {
            return true;
        }
    }
    return false;
}

static void check_reserved(struct cn_cel_parser *parser, struct cn_cel_token token)
{
    cn_str name = cn_cel_token_text(parser, token);
    if (is_reserved(name)) {
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, token.offset, token.length,
                       "'%.*s' is a reserved word%s", CN_STR_ARG(name),
                       cn_str_equal(name, CN_STR("if")) ? "; write test ? a : b" : "");
    }
}

struct cn_cel_node *cn_cel_new_ident(struct cn_cel_parser *parser, struct cn_cel_token token,
                                     cn_str name)
{
    struct cn_cel_node *node = cn_cel_new_node(parser, CN_CEL_NODE_IDENT, token, token, 0);
    node->name = name;
    return node;
}

/* The name with its leading dot. */
static cn_str dotted(const struct cn_cel_parser *parser, bool has_dot, struct cn_cel_token token)
{
    cn_str name = cn_cel_token_text(parser, token);
    if (!has_dot) {
        return name;
    }
    char *text = cn_arena_array(parser->arena, char, name.len + 2);
    text[0] = '.';
    memcpy(text + 1, name.ptr, name.len);
    return (cn_str){ text, name.len + 1 };
}

struct cn_cel_node *cn_cel_build_ident(struct cn_cel_parser *parser, bool has_dot,
                                       struct cn_cel_token token)
{
    check_reserved(parser, token);
    return cn_cel_new_ident(parser, token, dotted(parser, has_dot, token));
}

struct cn_cel_node *cn_cel_build_operator(struct cn_cel_parser *parser, const char *name,
                                          struct cn_cel_token mark, struct cn_cel_node *a,
                                          struct cn_cel_node *b)
{
    struct cn_cel_node *node =
        cn_cel_new_node(parser, CN_CEL_NODE_CALL, cn_cel_node_token(a), cn_cel_node_token(b), 2);
    node->name = cn_str_of(name);
    node->mark = mark.offset;
    node->args[0] = a;
    node->args[1] = b;
    return cn_cel_finish_node(parser, node);
}

struct cn_cel_node *cn_cel_build_unary(struct cn_cel_parser *parser, const char *name,
                                       struct cn_cel_token mark, struct cn_cel_node *a)
{
    struct cn_cel_node *node =
        cn_cel_new_node(parser, CN_CEL_NODE_CALL, mark, cn_cel_node_token(a), 1);
    node->name = cn_str_of(name);
    node->args[0] = a;
    return cn_cel_finish_node(parser, node);
}

struct cn_cel_node *cn_cel_build_ternary(struct cn_cel_parser *parser, struct cn_cel_token mark,
                                         struct cn_cel_node *a, struct cn_cel_node *b,
                                         struct cn_cel_node *c)
{
    struct cn_cel_node *node =
        cn_cel_new_node(parser, CN_CEL_NODE_CALL, cn_cel_node_token(a), cn_cel_node_token(c), 3);
    node->name = CN_STR("_?_:_");
    node->mark = mark.offset;
    node->args[0] = a;
    node->args[1] = b;
    node->args[2] = c;
    return cn_cel_finish_node(parser, node);
}

/* NOLINTNEXTLINE(misc-no-recursion): halves the range, so at most 13 deep for CN_CEL_NODES_MAX */
static struct cn_cel_node *balance(struct cn_cel_parser *parser, const char *name,
                                   struct cn_cel_node **terms, size_t low, size_t high)
{
    size_t middle = (low + high + 1) / 2;
    struct cn_cel_node *left =
        middle == low ? terms[middle] : balance(parser, name, terms, low, middle - 1);
    struct cn_cel_node *right =
        middle == high ? terms[middle + 1] : balance(parser, name, terms, middle + 1, high);
    return cn_cel_build_operator(parser, name, cn_cel_node_token(left), left, right);
}

struct cn_cel_node *cn_cel_build_balanced(struct cn_cel_parser *parser, const char *name,
                                          struct cn_cel_nodes terms)
{
    if (terms.count == 1) {
        return terms.first;
    }
    struct cn_cel_node **items = cn_arena_array(parser->arena, struct cn_cel_node *, terms.count);
    size_t count = 0;
    for (struct cn_cel_node *term = terms.first; term != NULL;) {
        struct cn_cel_node *next = term->next;
        term->next = NULL;
        items[count++] = term;
        term = next;
    }
    return balance(parser, name, items, 0, count - 2);
}

/* The text of a field, without its back quotes. */
static cn_str field_name(struct cn_cel_parser *parser, struct cn_cel_token field)
{
    cn_str name = cn_cel_token_text(parser, field);
    if (name.ptr[0] != '`') {
        return name;
    }
    if (!parser->dialect.quoted_fields) {
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, field.offset, field.length,
                       "back quotes are not part of this dialect");
    }
    return cn_str_slice(name, 1, name.len - 1);
}

static void check_optional(struct cn_cel_parser *parser, uint32_t offset, bool is_optional)
{
    if (is_optional && !parser->dialect.optionals) {
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, offset, 1,
                       "optional syntax is not part of this dialect");
    }
}

struct cn_cel_node *cn_cel_build_select(struct cn_cel_parser *parser, struct cn_cel_node *target,
                                        struct cn_cel_token field, bool is_optional)
{
    check_optional(parser, field.offset, is_optional);
    struct cn_cel_node *node =
        cn_cel_new_node(parser, CN_CEL_NODE_SELECT, cn_cel_node_token(target), field, 1);
    node->is_quoted = parser->source.ptr[field.offset] == '`';
    node->name = field_name(parser, field);
    node->mark = field.offset;
    node->is_optional = is_optional;
    node->args[0] = target;
    return cn_cel_finish_node(parser, node);
}

struct cn_cel_node *cn_cel_build_index(struct cn_cel_parser *parser, struct cn_cel_node *target,
                                       struct cn_cel_node *index, struct cn_cel_token end,
                                       bool is_optional)
{
    check_optional(parser, index->offset, is_optional);
    struct cn_cel_node *node =
        cn_cel_new_node(parser, CN_CEL_NODE_CALL, cn_cel_node_token(target), end, 2);
    node->name = is_optional ? CN_STR("_[?_]") : CN_STR("_[_]");
    node->mark = index->offset;
    node->args[0] = target;
    node->args[1] = index;
    return cn_cel_finish_node(parser, node);
}

struct cn_cel_node *cn_cel_build_call(struct cn_cel_parser *parser, struct cn_cel_node *target,
                                      struct cn_cel_token name, struct cn_cel_nodes args,
                                      struct cn_cel_token end)
{
    struct cn_cel_node *node =
        cn_cel_new_node(parser, CN_CEL_NODE_CALL, cn_cel_node_token(target), end, args.count + 1);
    node->name = cn_cel_token_text(parser, name);
    node->mark = name.offset;
    node->has_target = true;
    node->args[0] = target;
    take_list(node, 1, args);
    return cn_cel_expand(parser, cn_cel_finish_node(parser, node));
}

struct cn_cel_node *cn_cel_build_function(struct cn_cel_parser *parser, bool has_dot,
                                          struct cn_cel_token name, struct cn_cel_nodes args,
                                          struct cn_cel_token end)
{
    check_reserved(parser, name);
    struct cn_cel_node *node = cn_cel_new_node(parser, CN_CEL_NODE_CALL, name, end, args.count);
    node->name = dotted(parser, has_dot, name);
    take_list(node, 0, args);
    return cn_cel_expand(parser, cn_cel_finish_node(parser, node));
}

struct cn_cel_node *cn_cel_build_list(struct cn_cel_parser *parser, enum cn_cel_node_kind kind,
                                      struct cn_cel_token begin, struct cn_cel_nodes items,
                                      struct cn_cel_token end)
{
    struct cn_cel_node *node = cn_cel_new_node(parser, kind, begin, end, items.count);
    take_list(node, 0, items);
    return cn_cel_finish_node(parser, node);
}

/* "a.b.c" of the nodes that a chain of names parsed to; "" if it is anything else. */
static cn_str path_text(const struct cn_cel_parser *parser, const struct cn_cel_node *node)
{
    for (const struct cn_cel_node *part = node;; part = part->args[0]) {
        if (part->is_parenthesised || part->is_quoted || part->is_optional) {
            return CN_STR("");
        }
        if (part->kind == CN_CEL_NODE_IDENT) {
            return cn_cel_token_text(parser, cn_cel_node_token(node));
        }
        if (part->kind != CN_CEL_NODE_SELECT) {
            return CN_STR("");
        }
    }
}

struct cn_cel_node *cn_cel_build_message(struct cn_cel_parser *parser, struct cn_cel_node *name,
                                         struct cn_cel_nodes fields, struct cn_cel_token end)
{
    struct cn_cel_node *node =
        cn_cel_new_node(parser, CN_CEL_NODE_MESSAGE, cn_cel_node_token(name), end, fields.count);
    node->name = path_text(parser, name);
    if (node->name.len == 0) {
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, name->offset + name->length, 1,
                       "unexpected '{'");
    }
    take_list(node, 0, fields);
    return cn_cel_finish_node(parser, node);
}

struct cn_cel_node *cn_cel_build_entry(struct cn_cel_parser *parser, struct cn_cel_node *key,
                                       struct cn_cel_node *value, bool is_optional)
{
    check_optional(parser, key->offset, is_optional);
    struct cn_cel_node *node = cn_cel_new_node(parser, CN_CEL_NODE_ENTRY, cn_cel_node_token(key),
                                               cn_cel_node_token(value), 2);
    node->is_optional = is_optional;
    node->args[0] = key;
    node->args[1] = value;
    return cn_cel_finish_node(parser, node);
}

struct cn_cel_node *cn_cel_build_field(struct cn_cel_parser *parser, struct cn_cel_token name,
                                       struct cn_cel_node *value, bool is_optional)
{
    check_optional(parser, name.offset, is_optional);
    struct cn_cel_node *node =
        cn_cel_new_node(parser, CN_CEL_NODE_ENTRY, name, cn_cel_node_token(value), 1);
    node->name = field_name(parser, name);
    node->is_optional = is_optional;
    node->args[0] = value;
    return cn_cel_finish_node(parser, node);
}

struct cn_cel_node *cn_cel_mark_optional(struct cn_cel_parser *parser, struct cn_cel_token mark,
                                         struct cn_cel_node *node)
{
    check_optional(parser, mark.offset, true);
    node->is_element = true;
    return node;
}
