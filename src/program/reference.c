#include "program/reference.h"

#include "base/str.h"

#include "program/tables.h"

static void add(struct cn_buf *out, const char *text)
{
    cn_buf_add_str(out, cn_str_of(text));
}

/* "|" would end the cell of a table. */
static void add_cell(struct cn_buf *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '|') {
            add(out, "\\");
        }
        cn_buf_add(out, c, 1);
    }
}

static void add_range(struct cn_buf *out, const struct cn_node_field *field)
{
    if (field->min != field->max) {
        cn_buf_printf(out, ", %.10g to %.10g", field->min, field->max);
    }
}

static void add_choices(struct cn_buf *out, const struct cn_node_field *field)
{
    for (size_t i = 0; i < field->choice_count; i++) {
        add(out, i == 0 ? "" : i + 1 == field->choice_count ? " or " : ", ");
        cn_buf_printf(out, "`%s`", field->choices[i]);
    }
}

static const char *const shapes[] = {
    [CN_SHAPE_TEXT] = "text",
    [CN_SHAPE_NAME] = "name",
    [CN_SHAPE_NUMBER] = "number",
    [CN_SHAPE_WHOLE] = "whole number",
    [CN_SHAPE_BOOL] = "`true` or `false`",
    [CN_SHAPE_DAYS] = "days, as `30d` or `4w`",
    [CN_SHAPE_DATE] = "day, as `2026-03-01`",
    [CN_SHAPE_CEL] = "CEL",
    [CN_SHAPE_LIST] = "list",
    [CN_SHAPE_MAP] = "map",
    [CN_SHAPE_ANY] = "any value",
};

/* What stands under a key, in a few words. */
static void add_shape(struct cn_buf *out, const struct cn_node_field *field)
{
    while (field->object == NULL && field->element != NULL) {
        bool is_list = field->shape == CN_SHAPE_LIST;
        cn_buf_printf(out, "%s of %s", shapes[field->shape],
                      is_list                               ? ""
                      : field->key_shape == CN_SHAPE_NUMBER ? "numbers to "
                      : field->key_shape == CN_SHAPE_NAME   ? "names to "
                                                            : "texts to ");
        field = field->element;
    }
    if (field->object != NULL) {
        cn_buf_printf(out, "[%s](#%s)", field->object->name, field->object->name);
        return;
    }
    if (field->choice_count > 0) {
        add_choices(out, field);
        return;
    }
    add(out, shapes[field->shape]);
    add_range(out, field);
    if (field->shape == CN_SHAPE_CEL && field->result != NULL) {
        cn_buf_printf(out, ", %s", field->result);
    }
}

static void add_row(struct cn_buf *out, const struct cn_node_field *field)
{
    cn_buf_printf(out, "| `%s` | ", field->key);
    add_shape(out, field);
    add(out, " | ");
    if (field->is_required) {
        add(out, "needed");
    } else if (field->initial != NULL) {
        cn_buf_printf(out, "`%s`", field->initial);
    }
    add(out, " | ");
    add_cell(out, field->doc);
    add(out, " |\n");
}

static void add_table(struct cn_buf *out, const struct cn_node_fields *fields)
{
    cn_buf_printf(out, "\n### %s\n\n%s.", fields->name, fields->doc);
    for (size_t i = 0; i < fields->one_of_count; i++) {
        const char *before = i == 0                          ? " Exactly one of "
                             : i + 1 == fields->one_of_count ? " and "
                                                             : ", ";
        cn_buf_printf(out, "%s`%s`", before, fields->one_of[i]);
    }
    add(out, fields->one_of_count > 0 ? " is there." : "");
    add(out, "\n\n| key | value | without it | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < fields->count; i++) {
        add_row(out, &fields->rows[i]);
    }
    if (fields->example != NULL) {
        cn_buf_printf(out, "\n```yaml\n%s```\n", fields->example);
    }
}

static void add_section(struct cn_buf *out, const struct cn_program_section *section)
{
    cn_buf_printf(out, "\n## `%s`\n\n", section->key);
    add(out, section->doc);
    add(out, section->form == CN_SECTION_FILE ? ", which this key heads.\n" : ".\n");
    if (section->form == CN_SECTION_KEY && section->value != NULL) {
        add(out, "\nHolds: ");
        add_shape(out, section->value);
        add(out, ".\n");
    }
    if (section->example != NULL) {
        add(out, "\n```yaml\n");
        add(out, section->example);
        add(out, "```\n");
    }
}

void cn_program_reference(const struct cn_program_section *const *sections, size_t count,
                          struct cn_buf *out)
{
    struct cn_program_tables before = { 0 };
    for (size_t i = 0; i < count; i++) {
        struct cn_program_tables tables;
        cn_program_tables_find(sections, i + 1, &tables); /* those of this one are last */
        add_section(out, sections[i]);
        for (size_t k = before.count; k < tables.count; k++) {
            add_table(out, tables.items[k]);
        }
        before = tables;
    }
}
