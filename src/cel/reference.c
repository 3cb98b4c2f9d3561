#include "cel/reference.h"

#include "base/str.h"

#include "cel/rows.h"

static void add(struct cn_buf *out, const char *text)
{
    cn_buf_add_str(out, cn_str_of(text));
}

/* What a kind holds is only said where the result depends on it. */
static void add_kind(enum cn_cel_kind kind, enum cn_cel_shape shape, struct cn_buf *out)
{
    bool is_open = shape == CN_CEL_SHAPE_OPTIONAL || shape == CN_CEL_SHAPE_INNER ||
                   shape == CN_CEL_SHAPE_JOINED;
    if (is_open && kind == CN_CEL_DYN) {
        add(out, "T");
        return;
    }
    add(out, cn_cel_kind_name(kind));
    if (is_open && (kind == CN_CEL_LIST || kind == CN_CEL_OPTIONAL)) {
        add(out, "(T)");
    } else if (shape == CN_CEL_SHAPE_TEXTS && kind == CN_CEL_LIST) {
        add(out, "(string)");
    }
}

static void add_args(const struct cn_cel_overload *overload, uint8_t from, struct cn_buf *out)
{
    add(out, "(");
    for (uint8_t i = from; i < overload->arg_count; i++) {
        add(out, i > from ? ", " : "");
        add_kind(overload->args[i], overload->shape, out);
    }
    add(out, overload->is_variadic ? ", ...)" : ")");
}

/* "_+_": a kind for each "_". */
static void add_operator(const char *name, const struct cn_cel_overload *overload,
                         struct cn_buf *out)
{
    uint8_t arg = 0;
    for (const char *c = name; *c != '\0'; c++) {
        if (*c != '_') {
            cn_buf_add(out, c, 1);
            continue;
        }
        add(out, arg > 0 ? " " : "");
        add_kind(overload->args[arg], overload->shape, out);
        add(out, c[1] != '\0' ? " " : "");
        arg++;
    }
}

void cn_cel_signature(const struct cn_cel_function *function,
                      const struct cn_cel_overload *overload, struct cn_buf *out)
{
    if ((function->form & CN_CEL_OPERATOR) != 0) {
        add_operator(function->name, overload, out);
    } else if ((function->form & CN_CEL_GLOBAL) != 0) {
        add(out, function->name);
        add_args(overload, 0, out);
    } else {
        add_kind(overload->args[0], overload->shape, out);
        add(out, ".");
        add(out, function->name);
        add_args(overload, 1, out);
    }
    add(out, " -> ");
    add_kind(overload->result, overload->shape, out);
}

static void add_function(const struct cn_cel_function *function, struct cn_buf *out)
{
    unsigned both = CN_CEL_GLOBAL | CN_CEL_MEMBER;
    cn_buf_printf(out, "\n### `%s`\n\n", function->usage);
    add(out, function->doc);
    add(out, (function->form & both) == both ? ". Also `x." : ".");
    if ((function->form & both) == both) {
        cn_buf_printf(out, "%s(...)`, with what is in front of the dot as the first.",
                      function->name);
    }
    add(out, "\n\n```\n");
    if (function->signature != NULL) {
        add(out, function->signature);
        add(out, "\n");
    }
    for (size_t i = 0; i < function->overload_count; i++) {
        cn_cel_signature(function, &function->overloads[i], out);
        add(out, "\n");
    }
    add(out, "```\n");
}

void cn_cel_reference(struct cn_buf *out)
{
    const struct cn_cel_function_list *list;
    for (size_t i = 0; (list = cn_cel_function_list_at(i)) != NULL; i++) {
        cn_buf_printf(out, "\n## %s\n", list->title);
        for (size_t k = 0; k < list->count; k++) {
            if (list->rows[k].usage != NULL) {
                add_function(&list->rows[k], out);
            }
        }
    }
}
