#include "program/tables.h"

#include <assert.h>

static void add(struct cn_program_tables *tables, const struct cn_node_fields *fields)
{
    for (size_t i = 0; i < tables->count; i++) {
        if (tables->items[i] == fields) {
            return;
        }
    }
    assert(tables->count < CN_PROGRAM_TABLES_MAX);
    tables->items[tables->count++] = fields;
}

/* The table that the value, or what the value holds, is described by. */
static void add_of(struct cn_program_tables *tables, const struct cn_node_field *field)
{
    while (field != NULL && field->object == NULL) {
        field = field->element;
    }
    if (field != NULL) {
        add(tables, field->object);
    }
}

void cn_program_tables_find(const struct cn_program_section *const *sections, size_t count,
                            struct cn_program_tables *tables_out)
{
    tables_out->count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t done = tables_out->count;
        add_of(tables_out, sections[i]->value);
        for (; done < tables_out->count; done++) {
            for (size_t row = 0; row < tables_out->items[done]->count; row++) {
                add_of(tables_out, &tables_out->items[done]->rows[row]);
            }
        }
    }
}
