/*
 * Types of calls: which overload, what the result is, and how a mismatch can be repaired.
 */
#include <stdio.h>

#include "base/str.h"

#include "cel/checker.h"

#define DYN cn_cel_type_of(CN_CEL_DYN)

enum {
    MESSAGE_MAX_BYTES = 256,
};

static bool is_number(enum cn_cel_kind kind)
{
    return kind == CN_CEL_INT || kind == CN_CEL_UINT || kind == CN_CEL_DOUBLE;
}

static const char *kind_of(const struct cn_cel_node *node)
{
    return cn_cel_kind_name(node->type->kind);
}

/* "+" of "_+_", "in" of "@in", "startsWith". */
static cn_str symbol(const struct cn_cel_node *node)
{
    cn_str name = node->name;
    if (name.ptr[0] == '@') {
        return cn_str_slice(name, 1, name.len);
    }
    if (name.ptr[0] == '_') {
        return cn_str_slice(name, 1, name.len - 1);
    }
    return name.ptr[name.len - 1] == '_' ? cn_str_slice(name, 0, name.len - 1) : name;
}

/* Writes a number as a double: 2 becomes 2.0, x becomes double(x). */
static void offer_double(struct cn_cel_checker *checker, struct cn_cel_problem *problem,
                         const struct cn_cel_node *node)
{
    if (cn_cel_is_const(node) && node->value.kind == CN_CEL_INT) {
        struct cn_cel_value value = cn_cel_double((double)node->value.as.i64);
        cn_cel_offer(checker, problem, node, "", cn_cel_value_text(checker->arena, &value), "");
        return;
    }
    cn_cel_offer(checker, problem, node, "double(", cn_cel_node_text(checker, node), ")");
}

/* Adds to the message what the fix puts there. */
static void say_fix(struct cn_cel_checker *checker, struct cn_cel_problem *problem,
                    const char *verb)
{
    char message[MESSAGE_MAX_BYTES];
    if (problem == NULL || !problem->has_fix) {
        return;
    }
    int len = snprintf(message, sizeof(message), "%.*s; %s %.*s", CN_STR_ARG(problem->message),
                       verb, CN_STR_ARG(problem->fix_text));
    if (len > 0 && (size_t)len < sizeof(message)) {
        problem->message = cn_arena_str(checker->arena, (cn_str){ message, (size_t)len });
    }
}

/* Text or a number where a moment or a span is meant: hours, or seconds since 1970. */
static void offer_time(struct cn_cel_checker *checker, struct cn_cel_problem *problem,
                       enum cn_cel_kind wanted, const struct cn_cel_node *node, const char *verb)
{
    const struct cn_cel_value *value = &node->value;
    cn_str text = cn_cel_node_text(checker, node);
    bool is_moment = wanted == CN_CEL_TIMESTAMP;
    if (!cn_cel_is_const(node)) {
        return;
    }
    if (value->kind == CN_CEL_STRING || (is_moment && value->kind == CN_CEL_INT)) {
        cn_cel_offer(checker, problem, node, is_moment ? "timestamp(" : "duration(", text, ")");
    } else if (!is_moment && (value->kind == CN_CEL_INT || value->kind == CN_CEL_DOUBLE)) {
        cn_cel_offer(checker, problem, node, "duration(\"", text, "h\")");
    }
    say_fix(checker, problem, verb);
}

static bool is_time(enum cn_cel_kind kind)
{
    return kind == CN_CEL_TIMESTAMP || kind == CN_CEL_DURATION;
}

/* double and int, int and uint: the one that is not a double, or is a uint, is to be converted. */
static void complain_numbers(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    struct cn_cel_node *a = node->args[0];
    struct cn_cel_node *b = node->args[1];
    bool is_double = a->type->kind == CN_CEL_DOUBLE || b->type->kind == CN_CEL_DOUBLE;
    enum cn_cel_kind kept = is_double ? CN_CEL_DOUBLE : CN_CEL_INT;
    struct cn_cel_node *wrong = a->type->kind == kept ? b : a;
    struct cn_cel_problem *problem =
        cn_cel_complain(checker, node, CN_CEL_PROBLEM_TYPE, "'%.*s' does not mix %s and %s",
                        CN_STR_ARG(symbol(node)), kind_of(a), kind_of(b));
    if (problem == NULL) {
        return;
    }
    if (is_double) {
        offer_double(checker, problem, wrong);
    } else {
        cn_cel_offer(checker, problem, wrong, "int(", cn_cel_node_text(checker, wrong), ")");
    }
    say_fix(checker, problem, "write");
}

/* `item in list` instead of the node. */
static void offer_in(struct cn_cel_checker *checker, struct cn_cel_problem *problem,
                     const struct cn_cel_node *node, const struct cn_cel_node *item,
                     const struct cn_cel_node *list)
{
    char before[MESSAGE_MAX_BYTES];
    cn_str text = cn_cel_node_text(checker, item);
    int len = snprintf(before, sizeof(before), "%.*s in ", CN_STR_ARG(text));
    if (len > 0 && (size_t)len < sizeof(before)) {
        cn_cel_offer(checker, problem, node, before, cn_cel_node_text(checker, list), "");
    }
}

/* Two operands that do not fit each other. */
static void complain_pair(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    struct cn_cel_node *a = node->args[0];
    struct cn_cel_node *b = node->args[1];
    enum cn_cel_kind a_kind = a->type->kind;
    enum cn_cel_kind b_kind = b->type->kind;
    if (is_number(a_kind) && is_number(b_kind) && a_kind != b_kind) {
        complain_numbers(checker, node);
        return;
    }
    struct cn_cel_problem *problem =
        cn_cel_complain(checker, node, CN_CEL_PROBLEM_TYPE, "'%.*s' does not take %s and %s",
                        CN_STR_ARG(symbol(node)), kind_of(a), kind_of(b));
    /* A moment is compared with a moment, and moved by a span. */
    bool is_sum = symbol(node).ptr[0] == '+' || symbol(node).ptr[0] == '-';
    const char *verb = is_sum ? "write" : "compare with";
    if (is_time(a_kind)) {
        offer_time(checker, problem, is_sum ? CN_CEL_DURATION : a_kind, b, verb);
    } else if (is_time(b_kind)) {
        offer_time(checker, problem, is_sum ? CN_CEL_DURATION : b_kind, a, verb);
    } else if (a_kind == CN_CEL_LIST && node->function->special == CN_CEL_EQ) {
        offer_in(checker, problem, node, b, a);
    } else if (b_kind == CN_CEL_LIST && node->function->special == CN_CEL_EQ) {
        offer_in(checker, problem, node, a, b);
    }
}

static bool comparable(const struct cn_cel_type *a, const struct cn_cel_type *b)
{
    return a->kind == b->kind || a->kind == CN_CEL_DYN || b->kind == CN_CEL_DYN ||
           (is_number(a->kind) && is_number(b->kind));
}

static void type_equality(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    struct cn_cel_node *a = node->args[0];
    struct cn_cel_node *b = node->args[1];
    node->type = cn_cel_type_of(CN_CEL_BOOL);
    if (comparable(a->type, b->type)) {
        cn_cel_check_values(checker, a, b);
        cn_cel_check_values(checker, b, a);
        return;
    }
    if (a->type->kind == CN_CEL_NULL || b->type->kind == CN_CEL_NULL) {
        struct cn_cel_node *other = a->type->kind == CN_CEL_NULL ? b : a;
        struct cn_cel_problem *problem = cn_cel_complain(
            checker, node, CN_CEL_PROBLEM_TYPE,
            "%s is never null; ask whether there is a value with has()", kind_of(other));
        if (other->kind == CN_CEL_NODE_COLUMN) {
            cn_cel_offer(checker, problem, node,
                         node->function->special == CN_CEL_EQ ? "!has(" : "has(",
                         cn_cel_node_text(checker, other), ")");
        }
        return;
    }
    complain_pair(checker, node);
}

static void want_bool(struct cn_cel_checker *checker, struct cn_cel_node *node,
                      struct cn_cel_node *arg)
{
    enum cn_cel_kind kind = arg->type->kind;
    if (kind != CN_CEL_BOOL && kind != CN_CEL_DYN) {
        cn_cel_complain(checker, arg, CN_CEL_PROBLEM_TYPE, "'%.*s' takes bool, not %s",
                        CN_STR_ARG(symbol(node)), cn_cel_kind_name(kind));
    }
}

static void type_choice(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    struct cn_cel_node *a = node->args[1];
    struct cn_cel_node *b = node->args[2];
    want_bool(checker, node, node->args[0]);
    if (cn_cel_type_equal(a->type, b->type)) {
        node->type = a->type;
        return;
    }
    node->type = cn_cel_join_types(checker->arena, a->type, b->type);
    if (a->type->kind == CN_CEL_DYN || b->type->kind == CN_CEL_DYN ||
        a->type->kind == b->type->kind) {
        return;
    }
    struct cn_cel_problem *problem = cn_cel_complain(
        checker, node, CN_CEL_PROBLEM_TYPE, "the branches are %s and %s", kind_of(a), kind_of(b));
    if (is_number(a->type->kind) && b->type->kind == CN_CEL_DOUBLE) {
        offer_double(checker, problem, a);
    } else if (is_number(b->type->kind) && a->type->kind == CN_CEL_DOUBLE) {
        offer_double(checker, problem, b);
    }
}

static void type_in(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    struct cn_cel_node *a = node->args[0];
    const struct cn_cel_type *list = node->args[1]->type;
    node->type = cn_cel_type_of(CN_CEL_BOOL);
    if (list->kind == CN_CEL_DYN) {
        return;
    }
    const struct cn_cel_type *element = list->kind == CN_CEL_MAP ? list->key : list->element;
    if (list->kind != CN_CEL_LIST && list->kind != CN_CEL_MAP) {
        struct cn_cel_problem *problem =
            cn_cel_complain(checker, node->args[1], CN_CEL_PROBLEM_TYPE,
                            "'in' takes a list or a map, not %s", kind_of(node->args[1]));
        if (list->kind == CN_CEL_STRING && a->type->kind == CN_CEL_STRING &&
            !cn_cel_is_const(node->args[1])) {
            char after[MESSAGE_MAX_BYTES];
            cn_str part = cn_cel_node_text(checker, a);
            int len = snprintf(after, sizeof(after), ".contains(%.*s)", CN_STR_ARG(part));
            bool fits = len > 0 && (size_t)len < sizeof(after);
            cn_cel_offer(checker, fits ? problem : NULL, node, "",
                         cn_cel_node_text(checker, node->args[1]), after);
        } else {
            cn_cel_offer(checker, problem, node->args[1], "[",
                         cn_cel_node_text(checker, node->args[1]), "]");
        }
    } else if (!comparable(a->type, element)) {
        cn_cel_complain(checker, node, CN_CEL_PROBLEM_TYPE,
                        "%s is never an element of a list of %s", kind_of(a),
                        cn_cel_kind_name(element->kind));
    } else {
        cn_cel_check_values(checker, a, node->args[1]);
    }
}

static void type_index(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    const struct cn_cel_type *type = node->args[0]->type;
    enum cn_cel_kind index = node->args[1]->type->kind;
    bool is_optional =
        node->function->special == CN_CEL_OPTIONAL_INDEX || type->kind == CN_CEL_OPTIONAL;
    type = type->kind == CN_CEL_OPTIONAL ? type->element : type;
    node->type = type->kind == CN_CEL_LIST || type->kind == CN_CEL_MAP ? type->element : DYN;
    if (is_optional) {
        node->type = cn_cel_optional_type(checker->arena, node->type);
    }
    if (type->kind == CN_CEL_LIST && index != CN_CEL_INT && index != CN_CEL_DYN) {
        cn_cel_complain(checker, node->args[1], CN_CEL_PROBLEM_TYPE,
                        "the index of a list is int, not %s", kind_of(node->args[1]));
    } else if (type->kind != CN_CEL_LIST && type->kind != CN_CEL_MAP && type->kind != CN_CEL_DYN) {
        cn_cel_complain(checker, node->args[0], CN_CEL_PROBLEM_TYPE, "%s has no elements",
                        cn_cel_kind_name(type->kind));
    } else {
        cn_cel_check_values(checker, node->args[1], node->args[0]);
    }
}

/* Whether the overload could take operands of these types. */
static bool may_take(const struct cn_cel_overload *overload, const struct cn_cel_node *node)
{
    if (overload->is_variadic ? node->arg_count == 0 : node->arg_count != overload->arg_count) {
        return false;
    }
    for (uint32_t i = 0; i < node->arg_count; i++) {
        enum cn_cel_kind kind = node->args[i]->type->kind;
        enum cn_cel_kind wanted = overload->args[overload->is_variadic ? 0 : i];
        if (kind != wanted && kind != CN_CEL_DYN && wanted != CN_CEL_DYN) {
            return false;
        }
    }
    return true;
}

static void complain_args(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    if ((node->function->form & CN_CEL_OPERATOR) != 0 && node->arg_count == 2) {
        complain_pair(checker, node);
        return;
    }
    char kinds[128] = "";
    size_t len = 0;
    for (uint32_t i = 0; i < node->arg_count && len < sizeof(kinds) - 20; i++) {
        len += (size_t)snprintf(kinds + len, sizeof(kinds) - len, "%s%s", i > 0 ? ", " : "",
                                kind_of(node->args[i]));
    }
    struct cn_cel_problem *problem =
        cn_cel_complain(checker, node, CN_CEL_PROBLEM_TYPE, "'%.*s' does not take (%s): %s",
                        CN_STR_ARG(symbol(node)), kinds, node->function->usage);
    /* -u; math.floor(2): an int where only doubles are taken */
    if (node->arg_count == 1 && (node->function->form & CN_CEL_OPERATOR) != 0 &&
        node->args[0]->type->kind == CN_CEL_UINT) {
        cn_cel_offer(checker, problem, node->args[0], "int(",
                     cn_cel_node_text(checker, node->args[0]), ")");
    } else if (node->arg_count == 2 && node->args[0]->type->kind == CN_CEL_LIST &&
               cn_str_equal(node->name, CN_STR("contains"))) {
        offer_in(checker, problem, node, node->args[1], node->args[0]);
    } else if (node->arg_count == 1 && is_number(node->args[0]->type->kind)) {
        offer_double(checker, problem, node->args[0]);
    }
}

/* The overloads that the types of the operands leave possible. */
struct candidates {
    const struct cn_cel_overload *first;
    size_t count;
    bool same_result;
};

static struct candidates find_candidates(const struct cn_cel_node *node)
{
    struct candidates found = { .same_result = true };
    for (size_t i = 0; i < node->function->overload_count; i++) {
        const struct cn_cel_overload *overload = &node->function->overloads[i];
        if (!may_take(overload, node)) {
            continue;
        }
        if (found.count++ == 0) {
            found.first = overload;
        } else if (overload->result != found.first->result) {
            found.same_result = false;
        }
    }
    return found;
}

static bool has_dyn_operand(const struct cn_cel_node *node)
{
    for (uint32_t i = 0; i < node->arg_count; i++) {
        if (node->args[i]->type->kind == CN_CEL_DYN) {
            return true;
        }
    }
    return false;
}

/* The type of what the overload makes of its operands. */
static const struct cn_cel_type *shaped(struct cn_cel_checker *checker,
                                        const struct cn_cel_overload *overload,
                                        const struct cn_cel_node *node)
{
    const struct cn_cel_type *first = node->arg_count > 0 ? node->args[0]->type : DYN;
    switch (overload->shape) {
    case CN_CEL_SHAPE_TEXTS:
        return cn_cel_list_type(checker->arena, cn_cel_type_of(CN_CEL_STRING));
    case CN_CEL_SHAPE_OPTIONAL:
        return cn_cel_optional_type(checker->arena,
                                    node->arg_count > 0 ? first : &cn_cel_type_open);
    case CN_CEL_SHAPE_INNER:
        return first->element != NULL ? first->element : DYN;
    case CN_CEL_SHAPE_JOINED:
        return cn_cel_join_types(checker->arena, first, node->args[1]->type);
    case CN_CEL_SHAPE_PLAIN:
        break;
    }
    return cn_cel_type_of(overload->result);
}

static void type_plain(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    struct candidates found = find_candidates(node);
    if (found.first == NULL) {
        complain_args(checker, node);
        return;
    }
    /* The first of several takes operands of known types most exactly: the table has it so. */
    bool is_decided = !has_dyn_operand(node) || found.first->args[0] == CN_CEL_DYN;
    node->overload = is_decided ? found.first : NULL;
    node->type = is_decided || found.same_result ? shaped(checker, found.first, node) : DYN;
}

/* a.or(b), a.orValue(b) */
static void type_alternative(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    bool is_value = node->function->special == CN_CEL_OPTIONAL_ELSE;
    node->type = DYN;
    if (node->arg_count != 2) {
        complain_args(checker, node);
        return;
    }
    const struct cn_cel_type *a = node->args[0]->type;
    const struct cn_cel_type *b = node->args[1]->type;
    bool is_fit = a->kind == CN_CEL_OPTIONAL || a->kind == CN_CEL_DYN;
    if (!is_fit || (!is_value && b->kind != CN_CEL_OPTIONAL && b->kind != CN_CEL_DYN)) {
        complain_args(checker, node);
        return;
    }
    if (a->kind == CN_CEL_DYN) {
        return;
    }
    node->type = cn_cel_join_types(checker->arena, is_value ? a->element : a, b);
    if (is_value && a->element->kind != b->kind && a->element->kind != CN_CEL_DYN &&
        b->kind != CN_CEL_DYN) {
        struct cn_cel_problem *problem = cn_cel_complain(
            checker, node->args[1], CN_CEL_PROBLEM_TYPE, "the optional holds %s, but this is %s",
            cn_cel_kind_name(a->element->kind), kind_of(node->args[1]));
        if (a->element->kind == CN_CEL_DOUBLE && is_number(b->kind)) {
            offer_double(checker, problem, node->args[1]);
        }
    }
}

static void type_insert(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    const struct cn_cel_type *map = node->args[0]->type;
    const struct cn_cel_type *more = node->args[1]->type;
    if (node->arg_count == 3) {
        more = cn_cel_map_type(checker->arena, more, node->args[2]->type);
    }
    node->type = cn_cel_join_types(checker->arena, map, more);
    if (more->kind != CN_CEL_MAP && more->kind != CN_CEL_DYN) {
        cn_cel_complain(checker, node->args[1], CN_CEL_PROBLEM_TYPE, "an entry is a map, not %s",
                        kind_of(node->args[1]));
    }
}

void cn_cel_type_call(struct cn_cel_checker *checker, struct cn_cel_node *node)
{
    switch (node->function->special) {
    case CN_CEL_PLAIN:
        type_plain(checker, node);
        break;
    case CN_CEL_AND:
    case CN_CEL_OR:
        want_bool(checker, node, node->args[0]);
        want_bool(checker, node, node->args[1]);
        node->type = cn_cel_type_of(CN_CEL_BOOL);
        break;
    case CN_CEL_CHOOSE:
        type_choice(checker, node);
        break;
    case CN_CEL_EQ:
    case CN_CEL_NE:
        type_equality(checker, node);
        break;
    case CN_CEL_IN:
        type_in(checker, node);
        break;
    case CN_CEL_INDEX:
    case CN_CEL_OPTIONAL_INDEX:
        type_index(checker, node);
        break;
    case CN_CEL_OPTIONAL_OR:
    case CN_CEL_OPTIONAL_ELSE:
        type_alternative(checker, node);
        break;
    case CN_CEL_INSERT:
        type_insert(checker, node);
        break;
    case CN_CEL_NOT_FALSE:
        node->type = cn_cel_type_of(CN_CEL_BOOL);
        break;
    }
}
