#include "program/schema.h"

#include <assert.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"

#include "program/tables.h"

#define NAME_PATTERN   "^[a-z][a-z0-9_-]{0,63}$"
#define NUMBER_PATTERN "^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?$"

static void add_text(struct cn_json_writer *out, const char *key, const char *text)
{
    cn_json_key(out, cn_str_of(key));
    cn_json_str(out, cn_str_of(text));
}

static void add_value(struct cn_json_writer *out, const struct cn_node_field *field);

static void add_range(struct cn_json_writer *out, const struct cn_node_field *field)
{
    if (field->min == field->max || field->shape == CN_SHAPE_DAYS) {
        return;
    }
    cn_json_key(out, CN_STR("minimum"));
    cn_json_f64(out, field->min);
    cn_json_key(out, CN_STR("maximum"));
    cn_json_f64(out, field->max);
}

/* YAML makes a number or a bool of what is not quoted; here it is a text all the same. */
static void add_scalar_types(struct cn_json_writer *out)
{
    cn_json_key(out, CN_STR("type"));
    cn_json_array_begin(out);
    cn_json_str(out, CN_STR("string"));
    cn_json_str(out, CN_STR("number"));
    cn_json_str(out, CN_STR("boolean"));
    cn_json_array_end(out);
}

static void add_strings(struct cn_json_writer *out, const char *key, const char *const *texts,
                        size_t count)
{
    cn_json_key(out, cn_str_of(key));
    cn_json_array_begin(out);
    for (size_t i = 0; i < count; i++) {
        cn_json_str(out, cn_str_of(texts[i]));
    }
    cn_json_array_end(out);
}

static void add_reference(struct cn_json_writer *out, const struct cn_node_fields *fields)
{
    char path[100];
    int len = snprintf(path, sizeof(path), "#/$defs/%s", fields->name);
    assert(len > 0 && (size_t)len < sizeof(path));
    add_text(out, "$ref", path);
}

/* A map of names. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables say, which are constants */
static void add_names(struct cn_json_writer *out, const struct cn_node_field *field)
{
    add_text(out, "type", "object");
    if (field->key_shape != CN_SHAPE_TEXT) {
        cn_json_key(out, CN_STR("propertyNames"));
        cn_json_object_begin(out);
        add_text(out, "pattern",
                 field->key_shape == CN_SHAPE_NUMBER ? NUMBER_PATTERN : NAME_PATTERN);
        cn_json_object_end(out);
    }
    if (field->element != NULL) {
        cn_json_key(out, CN_STR("additionalProperties"));
        cn_json_object_begin(out);
        add_value(out, field->element);
        cn_json_object_end(out);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables say, which are constants */
static void add_list(struct cn_json_writer *out, const struct cn_node_field *field)
{
    add_text(out, "type", "array");
    if (field->element != NULL) {
        cn_json_key(out, CN_STR("items"));
        cn_json_object_begin(out);
        add_value(out, field->element);
        cn_json_object_end(out);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables say, which are constants */
static void add_shape(struct cn_json_writer *out, const struct cn_node_field *field)
{
    switch (field->shape) {
    case CN_SHAPE_TEXT:
        if (field->choice_count > 0) {
            add_strings(out, "enum", field->choices, field->choice_count);
        } else {
            add_scalar_types(out);
        }
        return;
    case CN_SHAPE_CEL:
        add_scalar_types(out);
        add_text(out, "x-cel-result", field->result != NULL ? field->result : "any");
        return;
    case CN_SHAPE_NAME:
        add_text(out, "type", "string");
        add_text(out, "pattern", NAME_PATTERN);
        return;
    case CN_SHAPE_NUMBER:
    case CN_SHAPE_WHOLE:
        add_text(out, "type", field->shape == CN_SHAPE_WHOLE ? "integer" : "number");
        add_range(out, field);
        return;
    case CN_SHAPE_BOOL:
        add_text(out, "type", "boolean");
        return;
    case CN_SHAPE_DAYS:
        add_text(out, "type", "string");
        add_text(out, "pattern", "^[0-9]{1,4}[dw]$");
        return;
    case CN_SHAPE_DATE:
        add_text(out, "type", "string");
        add_text(out, "format", "date");
        return;
    case CN_SHAPE_LIST:
        add_list(out, field);
        return;
    case CN_SHAPE_MAP:
        if (field->object != NULL) {
            add_reference(out, field->object);
        } else {
            add_names(out, field);
        }
        return;
    case CN_SHAPE_ANY:
        return;
    }
}

static void add_initial(struct cn_json_writer *out, const struct cn_node_field *field)
{
    cn_str initial = cn_str_of(field->initial);
    bool is_bare = field->shape == CN_SHAPE_NUMBER || field->shape == CN_SHAPE_WHOLE ||
                   field->shape == CN_SHAPE_BOOL;
    cn_json_key(out, CN_STR("default"));
    if (is_bare) {
        cn_json_raw(out, initial);
    } else {
        cn_json_str(out, initial);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables say, which are constants */
static void add_value(struct cn_json_writer *out, const struct cn_node_field *field)
{
    if (field->doc != NULL) {
        add_text(out, "description", field->doc);
    }
    add_shape(out, field);
    if (field->initial != NULL) {
        add_initial(out, field);
    }
}

/* `is_any`: at least one, else exactly one. */
static void add_required(struct cn_json_writer *out, const char *const *keys, size_t count,
                         bool is_any)
{
    cn_json_key(out, is_any ? CN_STR("anyOf") : CN_STR("oneOf"));
    cn_json_array_begin(out);
    for (size_t i = 0; i < count; i++) {
        cn_json_object_begin(out);
        add_strings(out, "required", &keys[i], 1);
        cn_json_object_end(out);
    }
    cn_json_array_end(out);
}

static void add_object(struct cn_json_writer *out, const struct cn_node_fields *fields)
{
    add_text(out, "description", fields->doc);
    add_text(out, "type", "object");
    cn_json_key(out, CN_STR("properties"));
    cn_json_object_begin(out);
    for (size_t i = 0; i < fields->count; i++) {
        cn_json_key(out, cn_str_of(fields->rows[i].key));
        cn_json_object_begin(out);
        add_value(out, &fields->rows[i]);
        cn_json_object_end(out);
    }
    cn_json_object_end(out);
    cn_json_key(out, CN_STR("required"));
    cn_json_array_begin(out);
    for (size_t i = 0; i < fields->count; i++) {
        if (fields->rows[i].is_required) {
            cn_json_str(out, cn_str_of(fields->rows[i].key));
        }
    }
    cn_json_array_end(out);
    if (fields->one_of_count > 0) {
        add_required(out, fields->one_of, fields->one_of_count, false);
    }
    cn_json_key(out, CN_STR("additionalProperties"));
    cn_json_bool(out, false);
}

/* A file that holds keys of sections. */
static void add_keys(struct cn_json_writer *out, const struct cn_program_section *const *sections,
                     size_t count)
{
    const char *keys[CN_PROGRAM_SECTIONS_MAX];
    size_t key_count = 0;
    assert(count <= CN_ARRAY_LEN(keys));
    add_text(out, "type", "object");
    cn_json_key(out, CN_STR("properties"));
    cn_json_object_begin(out);
    for (size_t i = 0; i < count; i++) {
        if (sections[i]->form != CN_SECTION_KEY) {
            continue;
        }
        keys[key_count++] = sections[i]->key;
        cn_json_key(out, cn_str_of(sections[i]->key));
        cn_json_object_begin(out);
        add_text(out, "description", sections[i]->doc);
        if (sections[i]->value != NULL) {
            add_shape(out, sections[i]->value);
        }
        cn_json_object_end(out);
    }
    cn_json_object_end(out);
    add_required(out, keys, key_count, true);
    cn_json_key(out, CN_STR("additionalProperties"));
    cn_json_bool(out, false);
}

/* Each file is what one section takes whole, or holds keys. */
static void add_files(struct cn_json_writer *out, const struct cn_program_section *const *sections,
                      size_t count)
{
    size_t key_count = 0;
    for (size_t i = 0; i < count; i++) {
        key_count += sections[i]->form == CN_SECTION_KEY;
    }
    if (key_count == count) {
        add_keys(out, sections, count);
        return;
    }
    cn_json_key(out, CN_STR("anyOf"));
    cn_json_array_begin(out);
    if (key_count > 0) {
        cn_json_object_begin(out);
        add_keys(out, sections, count);
        cn_json_object_end(out);
    }
    for (size_t i = 0; i < count; i++) {
        if (sections[i]->form == CN_SECTION_FILE && sections[i]->value != NULL) {
            cn_json_object_begin(out);
            add_shape(out, sections[i]->value);
            cn_json_object_end(out);
        }
    }
    cn_json_array_end(out);
}

void cn_program_schema_write(const struct cn_program_section *const *sections, size_t count,
                             struct cn_json_writer *out)
{
    struct cn_program_tables tables;
    cn_program_tables_find(sections, count, &tables);
    cn_json_object_begin(out);
    add_text(out, "$schema", "https://json-schema.org/draft/2020-12/schema");
    add_text(out, "title", count == 1 ? sections[0]->key : "A file of the program");
    add_files(out, sections, count);
    cn_json_key(out, CN_STR("$defs"));
    cn_json_object_begin(out);
    for (size_t i = 0; i < tables.count; i++) {
        cn_json_key(out, cn_str_of(tables.items[i]->name));
        cn_json_object_begin(out);
        add_object(out, tables.items[i]);
        cn_json_object_end(out);
    }
    cn_json_object_end(out);
    cn_json_object_end(out);
}
