/* Maps against the tables of their keys. */
#include <assert.h>

#include "base/parse.h"
#include "base/str.h"

#include "program/node.h"

enum {
    NAMES_MAX = 64 /* keys of one table */
};

static bool unknown_key(const struct cn_node *item, const struct cn_node_field *fields,
                        size_t count, struct cn_diagnostics *problems)
{
    struct cn_place place = cn_node_key_place(item);
    cn_str names[NAMES_MAX];
    assert(count <= CN_ARRAY_LEN(names));
    for (size_t i = 0; i < count; i++) {
        names[i] = cn_str_of(fields[i].key);
    }
    cn_str key = cn_str_slice(item->key, 0, 100);
    cn_str hint = cn_suggest(problems->arena, key, names, count);
    (void)cn_diagnose(problems, &place, "there is no key \"%.*s\" here%.*s", CN_STR_ARG(key),
                      CN_STR_ARG(hint)); /* false, as we are */
    cn_node_mark_key(item, problems);
    cn_node_fix_key(item, cn_str_nearest(key, names, count), problems);
    return false;
}

static bool in_range(const struct cn_node_field *field, double value)
{
    return field->min == field->max || (value >= field->min && value <= field->max);
}

static bool check_range(const struct cn_node *item, const struct cn_node_field *field, double value,
                        struct cn_diagnostics *problems)
{
    struct cn_place place = cn_node_place(item);
    if (in_range(field, value)) {
        return true;
    }
    (void)cn_diagnose(problems, &place, "\"%.*s\" must be from %.10g to %.10g, not %.10g",
                      CN_STR_ARG(item->key), field->min, field->max, value); /* false, as we are */
    cn_node_mark_value(item, problems);
    return false;
}

static bool check_text(const struct cn_node *item, const struct cn_node_field *field,
                       struct cn_diagnostics *problems)
{
    cn_str text;
    size_t index = 0;
    if (field->choice_count > 0) {
        return cn_node_enum(item, field->choices, field->choice_count, &index, problems);
    }
    /* Who checks it as an expression says that there is none. */
    bool is_empty_cel =
        field->shape == CN_SHAPE_CEL && item->kind == CN_NODE_SCALAR && item->text.len == 0;
    return is_empty_cel || cn_node_str(item, &text, problems);
}

static bool check_value(const struct cn_node *item, const struct cn_node_field *field,
                        struct cn_diagnostics *problems)
{
    cn_str text;
    double number = 0;
    int64_t whole = 0;
    bool flag = false;
    switch (field->shape) {
    case CN_SHAPE_TEXT:
    case CN_SHAPE_CEL:
        return check_text(item, field, problems);
    case CN_SHAPE_NAME:
        return cn_node_name(item, &text, problems);
    case CN_SHAPE_NUMBER:
        return cn_node_f64(item, &number, problems) && check_range(item, field, number, problems);
    case CN_SHAPE_WHOLE:
        return cn_node_i64(item, INT64_MIN, INT64_MAX, &whole, problems) &&
               check_range(item, field, (double)whole, problems);
    case CN_SHAPE_BOOL:
        return cn_node_bool(item, &flag, problems);
    case CN_SHAPE_DAYS:
        return cn_node_days(item, &whole, problems) &&
               check_range(item, field, (double)whole, problems);
    case CN_SHAPE_DATE:
        return cn_node_date(item, &whole, problems);
    case CN_SHAPE_LIST:
        return item->kind == CN_NODE_LIST || cn_node_wrong(item, "a list", problems);
    case CN_SHAPE_MAP:
        return item->kind == CN_NODE_MAP || cn_node_wrong(item, "a map", problems);
    case CN_SHAPE_ANY:
        return true;
    }
    return false;
}

static const struct cn_node_field *find_field(const struct cn_node_field *fields, size_t count,
                                              cn_str key)
{
    for (size_t i = 0; i < count; i++) {
        if (cn_str_equal(key, cn_str_of(fields[i].key))) {
            return &fields[i];
        }
    }
    return NULL;
}

bool cn_node_check(const struct cn_node *map, const struct cn_node_field *fields, size_t count,
                   struct cn_diagnostics *problems)
{
    bool ok = true;
    if (map->kind != CN_NODE_MAP) {
        return cn_node_wrong(map, "a map", problems);
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct cn_node_field *field = find_field(fields, count, map->items[i].key);
        ok &= field == NULL ? unknown_key(&map->items[i], fields, count, problems)
                            : check_value(&map->items[i], field, problems);
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].is_required && cn_node_get(map, fields[i].key) == NULL) {
            struct cn_place place = cn_node_place(map);
            ok = cn_diagnose(problems, &place, "\"%s\" is missing: %s", fields[i].key,
                             fields[i].doc);
        }
    }
    return ok;
}

/* `"cap", "floor" or "set"` */
static cn_str choices_text(const struct cn_node_fields *fields, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < fields->one_of_count && len < size; i++) {
        const char *before = i == 0 ? "" : i + 1 == fields->one_of_count ? " or " : ", ";
        len += (size_t)snprintf(out + len, size - len, "%s\"%s\"", before, fields->one_of[i]);
    }
    return cn_str_of(out);
}

static bool check_one_of(const struct cn_node *map, const struct cn_node_fields *fields,
                         struct cn_diagnostics *problems)
{
    const char *found = NULL;
    char choices[200];
    bool ok = true;
    for (size_t i = 0; i < fields->one_of_count; i++) {
        const struct cn_node *node = cn_node_get(map, fields->one_of[i]);
        if (node != NULL && found != NULL) {
            struct cn_place place = cn_node_key_place(node);
            ok = cn_diagnose(problems, &place, "\"%s\" cannot stand beside \"%s\"",
                             fields->one_of[i], found);
        } else if (node != NULL) {
            found = fields->one_of[i];
        }
    }
    if (found == NULL && fields->one_of_count > 0) {
        struct cn_place place = cn_node_key_place(map);
        ok = cn_diagnose(problems, &place, "this %s needs one of %.*s", fields->name,
                         CN_STR_ARG(choices_text(fields, choices, sizeof(choices))));
    }
    return ok;
}

bool cn_node_check_fields(const struct cn_node *map, const struct cn_node_fields *fields,
                          struct cn_diagnostics *problems)
{
    bool ok = cn_node_check(map, fields->rows, fields->count, problems);
    return map->kind != CN_NODE_MAP ? ok : (check_one_of(map, fields, problems) && ok);
}

/* The value under the key if its row allows it, else NULL. */
static const struct cn_node *allowed(const struct cn_node *map, const struct cn_node_fields *fields,
                                     const char *key, const struct cn_node_field **field_out)
{
    const struct cn_node *node = cn_node_get(map, key);
    const struct cn_node_field *field = find_field(fields->rows, fields->count, cn_str_of(key));
    assert(field != NULL);
    *field_out = field;
    return node != NULL && node->kind == CN_NODE_SCALAR ? node : NULL;
}

double cn_node_number(const struct cn_node *map, const struct cn_node_fields *fields,
                      const char *key, double fallback)
{
    const struct cn_node_field *field = NULL;
    const struct cn_node *node = allowed(map, fields, key, &field);
    double value = 0;
    bool ok = node != NULL && !node->is_quoted && cn_parse_f64(node->text, &value);
    return ok && in_range(field, value) ? value : fallback;
}

int64_t cn_node_whole(const struct cn_node *map, const struct cn_node_fields *fields,
                      const char *key, int64_t fallback)
{
    const struct cn_node_field *field = NULL;
    const struct cn_node *node = allowed(map, fields, key, &field);
    int64_t value = 0;
    if (node == NULL) {
        return fallback;
    }
    bool ok = field->shape == CN_SHAPE_DAYS ? cn_node_parse_days(node->text, &value)
                                            : !node->is_quoted && cn_parse_i64(node->text, &value);
    return ok && in_range(field, (double)value) ? value : fallback;
}

size_t cn_node_choice(const struct cn_node *map, const struct cn_node_fields *fields,
                      const char *key, size_t fallback)
{
    const struct cn_node_field *field = NULL;
    const struct cn_node *node = allowed(map, fields, key, &field);
    for (size_t i = 0; node != NULL && i < field->choice_count; i++) {
        if (cn_str_equal(node->text, cn_str_of(field->choices[i]))) {
            return i;
        }
    }
    return fallback;
}

cn_str cn_node_text(const struct cn_node *map, const char *key)
{
    const struct cn_node *node = cn_node_get(map, key);
    return node != NULL ? node->text : CN_STR("");
}
