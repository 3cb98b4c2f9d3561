/*
 * Texts that a column can never hold: coverage == 'middle', where the program has no such coverage
 * model.
 *
 * Not for columns that may hold whatever there is, as a trait does; the schema tells them apart.
 */
#include <stdio.h>

#include "base/str.h"

#include "cel/checker.h"

enum {
    VALUES_SAID_MAX_BYTES = 120,
    PREFIX_MIN_BYTES = 2, /* "middle" means "mid", but "m" nothing */
};

struct values {
    struct cn_cel_checker *checker;
    const struct cn_cel_node *column;
};

static bool value_at(const struct values *v, size_t index, cn_str *value_out)
{
    const struct cn_cel_schema *schema = v->checker->schema;
    return schema->value != NULL && schema->value(schema->ctx, v->column->column, index, value_out);
}

/* "hihg" for "high" */
static bool is_swapped(cn_str text, cn_str value)
{
    size_t i = 0;
    while (i < text.len && i < value.len && text.ptr[i] == value.ptr[i]) {
        i++;
    }
    return text.len == value.len && i + 1 < text.len && text.ptr[i] == value.ptr[i + 1] &&
           text.ptr[i + 1] == value.ptr[i] &&
           cn_str_equal(cn_str_slice(text, i + 2, text.len), cn_str_slice(value, i + 2, value.len));
}

/* Written in other letters, longer or shorter at the end, or with two letters swapped. */
static bool is_variant(cn_str text, cn_str value)
{
    const size_t len = text.len < value.len ? text.len : value.len;
    return cn_str_equal_nocase(text, value) || is_swapped(text, value) ||
           (len >= PREFIX_MIN_BYTES &&
            cn_str_equal_nocase(cn_str_slice(text, 0, len), cn_str_slice(value, 0, len)));
}

/* Whether the column can hold it; if not, what was probably meant, or "". */
static bool can_be(const struct values *v, cn_str text, cn_str *meant_out)
{
    cn_str value;
    size_t best = cn_cel_first_limit(text);
    *meant_out = CN_STR("");
    for (size_t i = 0; value_at(v, i, &value); i++) {
        if (cn_str_equal(text, value)) {
            return true;
        }
        cn_cel_compare_names(text, value, &best, meant_out);
    }
    for (size_t i = 0; meant_out->len == 0 && value_at(v, i, &value); i++) {
        *meant_out = is_variant(text, value) ? value : *meant_out;
    }
    return !value_at(v, 0, &value);
}

/* "'high', 'mid', 'low' or 'tech'"; what does not fit is left out. */
static const char *say_values(const struct values *v, char *out)
{
    size_t len = 0;
    cn_str value;
    cn_str next;
    out[0] = '\0';
    for (size_t i = 0; value_at(v, i, &value); i++) {
        const char *before = i == 0 ? "" : value_at(v, i + 1, &next) ? ", " : " or ";
        if (len + value.len + 20 > VALUES_SAID_MAX_BYTES) {
            (void)snprintf(out + len, VALUES_SAID_MAX_BYTES - len, "%s...", i == 0 ? "" : ", ");
            break; /* it fits, as below */
        }
        len += (size_t)snprintf(out + len, VALUES_SAID_MAX_BYTES - len, "%s'%.*s'", before,
                                CN_STR_ARG(value));
    }
    return out;
}

static void check_text(const struct values *v, struct cn_cel_node *node, cn_str text, bool can_fix)
{
    char values[VALUES_SAID_MAX_BYTES];
    cn_str meant;
    if (can_be(v, text, &meant)) {
        return;
    }
    cn_str shown = cn_str_slice(text, 0, 40);
    cn_str name = cn_str_slice(v->column->name, 0, 40);
    if (meant.len == 0) {
        cn_cel_complain(v->checker, node, CN_CEL_PROBLEM_NAME, "%.*s is never '%.*s': it is %s",
                        CN_STR_ARG(name), CN_STR_ARG(shown), say_values(v, values));
        return;
    }
    struct cn_cel_problem *problem = cn_cel_complain(
        v->checker, node, CN_CEL_PROBLEM_NAME, "%.*s is never '%.*s', did you mean '%.*s'?",
        CN_STR_ARG(name), CN_STR_ARG(shown), CN_STR_ARG(meant));
    /* In the quotes that are there: the expression may stand in others. */
    cn_str source = cn_cel_node_text(v->checker, node);
    const char *quote = source.len > 0 && source.ptr[0] == '"' ? "\"" : "'";
    if (can_fix) {
        cn_cel_offer(v->checker, problem, node, quote, meant, quote);
    }
}

/* A list that was computed, as a sum of two: what it comes to stands nowhere. */
static void check_list(const struct values *v, struct cn_cel_node *node)
{
    for (size_t i = 0; i < node->value.as.list.count; i++) {
        const struct cn_cel_value *item = &node->value.as.list.items[i];
        if (item->kind == CN_CEL_STRING) {
            check_text(v, node, item->as.text, false);
        }
    }
}

/* The elements of a list, or the keys of a map, that is written out. */
static void check_items(const struct values *v, const struct cn_cel_node *node, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct cn_cel_node *item = node->args[i];
        item = item->kind == CN_CEL_NODE_ENTRY ? item->args[0] : item;
        if (cn_cel_is_const(item) && item->value.kind == CN_CEL_STRING) {
            check_text(v, item, item->value.as.text, true);
        }
    }
}

static void check_node(const struct values *v, struct cn_cel_node *node)
{
    if (node->kind == CN_CEL_NODE_LIST || node->kind == CN_CEL_NODE_MAP) {
        check_items(v, node, node->arg_count);
    } else if (cn_cel_is_const(node) && node->folded_count > 0) {
        check_items(v, node, node->folded_count);
    } else if (cn_cel_is_const(node) && node->value.kind == CN_CEL_STRING) {
        check_text(v, node, node->value.as.text, true);
    } else if (cn_cel_is_const(node) && node->value.kind == CN_CEL_LIST) {
        check_list(v, node);
    }
}

void cn_cel_check_values(struct cn_cel_checker *checker, const struct cn_cel_node *column,
                         struct cn_cel_node *text)
{
    const struct values v = { checker, column };
    if (column->kind == CN_CEL_NODE_COLUMN && column->type->kind == CN_CEL_STRING) {
        check_node(&v, text);
    }
}
