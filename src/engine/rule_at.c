/* Which rule an editor's cursor is in: by the tables of keys that the sections declare. */
#include "base/str.h"

#include "engine/matches.h"
#include "engine/program.h"

enum {
    STEPS_UP = 2 /* from a point of a map, or the name beside the rule */
};

const char *const cn_rule_kind_names[CN_RULE_KIND_COUNT] = {
    "signal", "segment", "measure", "exception", "applies_when", "lifecycle", "coverage", "other"
};

/* A node on the way from the root to the cursor, with the row that says what it is. */
struct step {
    const struct cn_node *node;
    const struct cn_node_field *field; /* NULL: not declared */
};

struct path {
    struct step steps[CN_NODE_DEPTH_MAX + 2];
    size_t count;
    const char *section;
};

static bool begins_before(const struct cn_node *node, int64_t line, int64_t column)
{
    bool has_key = node->key_line > 0;
    int64_t at_line = has_key ? node->key_line : node->line;
    int64_t at_column = has_key ? node->key_column : node->column;
    return at_line < line || (at_line == line && at_column <= column);
}

static const struct cn_node *child_at(const struct cn_node *node, int64_t line, int64_t column)
{
    const struct cn_node *found = NULL;
    for (size_t i = 0; i < node->count; i++) {
        if (begins_before(&node->items[i], line, column)) {
            found = &node->items[i];
        }
    }
    return found;
}

static const struct cn_node_field *row_of(const struct cn_node_fields *fields, cn_str key)
{
    for (size_t i = 0; fields != NULL && i < fields->count; i++) {
        if (cn_str_equal(cn_str_of(fields->rows[i].key), key)) {
            return &fields->rows[i];
        }
    }
    return NULL;
}

static const struct cn_node_field *field_below(const struct cn_node_field *field,
                                               const struct cn_node *child)
{
    if (field == NULL) {
        return NULL;
    }
    return field->object != NULL ? row_of(field->object, child->key) : field->element;
}

/* The section that the root belongs to, or that the cursor's top-level key does. */
static const struct cn_program_section *section_of(const struct cn_node *root,
                                                   const struct cn_node *child)
{
    for (size_t i = 0; i < cn_program_section_count; i++) {
        const struct cn_program_section *section = cn_program_sections[i];
        if (section->form == CN_SECTION_FILE && cn_node_get(root, section->key) != NULL) {
            return section;
        }
    }
    for (size_t i = 0; child != NULL && i < cn_program_section_count; i++) {
        const struct cn_program_section *section = cn_program_sections[i];
        if (section->form == CN_SECTION_KEY && cn_str_equal(child->key, cn_str_of(section->key))) {
            return section;
        }
    }
    return NULL;
}

static bool find_path(const struct cn_node *root, int64_t line, int64_t column, struct path *path)
{
    const struct cn_node *child = child_at(root, line, column);
    const struct cn_program_section *section = section_of(root, child);
    if (section == NULL) {
        return false;
    }
    struct step step = { root, section->value };
    path->section = section->key;
    if (section->form == CN_SECTION_KEY) {
        step.node = child;
    }
    while (step.node != NULL && path->count < CN_ARRAY_LEN(path->steps)) {
        path->steps[path->count++] = step;
        const struct cn_node *next = child_at(step.node, line, column);
        step = (struct step){ next, next != NULL ? field_below(step.field, next) : NULL };
    }
    return true;
}

static bool is_rule(const struct step *step)
{
    return step->field != NULL && step->field->shape == CN_SHAPE_CEL &&
           step->node->kind == CN_NODE_SCALAR;
}

/* The first rule among the keys of a map. */
static bool rule_of_map(const struct step *map, struct step *rule_out)
{
    for (size_t i = 0; map->node->kind == CN_NODE_MAP && i < map->node->count; i++) {
        const struct cn_node *item = &map->node->items[i];
        struct step step = { item, field_below(map->field, item) };
        if (is_rule(&step)) {
            *rule_out = step;
            return true;
        }
    }
    return false;
}

/* The cursor's own, or that of the map it is in, but not of the whole file. */
static bool choose(const struct path *path, struct step *rule_out, size_t *owner_out)
{
    size_t last = path->count - 1;
    if (is_rule(&path->steps[last])) {
        *rule_out = path->steps[last];
        *owner_out = last > 0 ? last - 1 : 0;
        return true;
    }
    for (size_t up = 0; up <= STEPS_UP && last > up; up++) {
        if (rule_of_map(&path->steps[last - up], rule_out)) {
            *owner_out = last - up;
            return true;
        }
    }
    return false;
}

static enum cn_rule_kind kind_of(const struct path *path, const struct step *rule,
                                 const struct step *owner)
{
    static const struct {
        const char *section;
        enum cn_rule_kind kind;
    } kinds[] = { { "signals", CN_RULE_SIGNAL },
                  { "segments", CN_RULE_SEGMENT },
                  { "lifecycle", CN_RULE_LIFECYCLE },
                  { "coverage", CN_RULE_COVERAGE } };
    for (size_t i = 0; i < CN_ARRAY_LEN(kinds); i++) {
        if (cn_str_equal(cn_str_of(path->section), cn_str_of(kinds[i].section))) {
            return kinds[i].kind;
        }
    }
    if (!cn_str_equal(cn_str_of(path->section), CN_STR("scorecard"))) {
        return CN_RULE_OTHER;
    }
    if (cn_str_equal(rule->node->key, CN_STR("applies_when"))) {
        return CN_RULE_APPLIES_WHEN;
    }
    return cn_node_get(owner->node, "because") != NULL ? CN_RULE_EXCEPTION : CN_RULE_MEASURE;
}

static cn_str name_of(const struct step *owner, enum cn_rule_kind kind)
{
    static const char *const keys[] = { "name", "because", "scorecard", "segment" };
    bool is_keyed = kind == CN_RULE_SIGNAL || kind == CN_RULE_SEGMENT; /* its key is its name */
    for (size_t i = 0; !is_keyed && i < CN_ARRAY_LEN(keys); i++) {
        const struct cn_node *node = cn_node_get(owner->node, keys[i]);
        if (node != NULL && node->kind == CN_NODE_SCALAR) {
            return node->text;
        }
    }
    return owner->node->key;
}

bool cn_program_rule_at(const struct cn_program_file *file, int64_t line, int64_t column,
                        struct cn_arena *arena, struct cn_rule_at *rule_out)
{
    struct cn_diagnostics ignored; /* a check tells of them */
    struct cn_node *root = NULL;
    struct path path = { 0 };
    struct step rule = { 0 };
    size_t owner = 0;
    cn_diagnostics_init(&ignored, arena);
    if (!cn_node_parse(arena, file->name, file->text, &root, &ignored) ||
        root->kind != CN_NODE_MAP || !find_path(root, line, column, &path) || path.count == 0 ||
        !choose(&path, &rule, &owner) || rule.node == NULL) {
        return false;
    }
    enum cn_rule_kind kind = kind_of(&path, &rule, &path.steps[owner]);
    *rule_out = (struct cn_rule_at){
        .kind = kind,
        .name = rule.node == path.steps[owner].node ? rule.node->key
                                                    : name_of(&path.steps[owner], kind),
        .node = rule.node,
        .result = rule.field->result != NULL ? rule.field->result : "",
    };
    return true;
}
