#include "program/expression.h"

#include "base/str.h"

void cn_node_report_cel(const struct cn_node *node, const struct cn_cel_problems *found,
                        struct cn_diagnostics *problems)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct cn_cel_problem *item = &found->items[i];
        struct cn_place place = cn_node_place_at(node, item->offset);
        (void)cn_diagnose(problems, &place, "%.*s", CN_STR_ARG(item->message)); /* that is all */
        cn_node_mark(node, item->offset, item->length, problems);
        if (item->kind == CN_CEL_PROBLEM_NAME) {
            cn_diagnose_unknown(problems, cn_str_slice(found->source, item->offset,
                                                       (size_t)item->offset + item->length));
        }
        if (item->has_fix) {
            cn_node_fix(node, item->fix_offset, item->fix_length, item->fix_text, problems);
        }
    }
}

bool cn_node_expression(struct cn_arena *arena, const struct cn_cel_schema *schema,
                        const struct cn_node *node, enum cn_cel_kind want,
                        struct cn_cel_expr **expr_out, struct cn_diagnostics *problems)
{
    const struct cn_cel_options options = { .want = want };
    struct cn_cel_problems found;
    cn_cel_problems_init(&found, arena, node->text);
    bool ok = cn_cel_check(arena, schema, node->text, &options, expr_out, &found);
    if (!ok) {
        cn_node_report_cel(node, &found, problems);
    }
    return ok;
}
