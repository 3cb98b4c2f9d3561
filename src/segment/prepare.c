/* All names of the program's sets, before anything of them is checked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "segment/column.h"

const char *const cn_segment_kind_names[CN_SEGMENT_KINDS] = {
    [CN_SEGMENT_COVERAGE] = "coverage", [CN_SEGMENT_FLAG] = "flag",
    [CN_SEGMENT_GAP] = "gap",           [CN_SEGMENT_GOAL] = "goal",
    [CN_SEGMENT_PLAIN] = "segment",     [CN_SEGMENT_STAGE] = "stage",
};

struct preparing {
    struct cn_arena *arena;
    struct cn_interner *strings;
    struct cn_rules *rules;
    struct cn_segment_model *model;
};

static uint32_t new_unit(const struct preparing *p, const char *what, cn_str name)
{
    char text[CN_SEGMENT_NAME_MAX_BYTES + 20];
    int len = snprintf(text, sizeof(text), "%s%s%.*s", what, name.len > 0 ? " " : "",
                       CN_STR_ARG(cn_str_slice(name, 0, CN_SEGMENT_NAME_MAX_BYTES)));
    return cn_rules_unit(
        p->rules,
        &(struct cn_unit_spec){ .section = p->model->section,
                                .name = cn_arena_str(p->arena, (cn_str){ text, (size_t)len }),
                                .part_of = CN_NO_UNIT });
}

/* ---- going through the tree ---- */

struct walk {
    void *arg;
    void (*each)(void *arg, const struct cn_node *item);
};

static void each_item(const struct cn_node *map, const struct walk *walk)
{
    for (size_t i = 0; map != NULL && map->kind == CN_NODE_MAP && i < map->count; i++) {
        walk->each(walk->arg, &map->items[i]);
    }
}

static void each_of_key(const struct cn_program_tree *tree, const char *key, const char *inner,
                        const struct walk *walk)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct cn_node *value = cn_node_get(tree->roots[i], key);
        each_item(inner != NULL && value != NULL ? cn_node_get(value, inner) : value, walk);
    }
}

/* ---- items ---- */

static cn_str piece_of(const struct preparing *p, const struct cn_segment *item)
{
    const char *kind = cn_segment_kind_names[item->kind];
    size_t len = strlen(kind) + 1 + item->name.len + 1;
    char *text = cn_arena_calloc(p->arena, len + 1, 1);
    (void)snprintf(text, len + 1, "%s:%.*s|", kind, CN_STR_ARG(item->name));
    return (cn_str){ text, len };
}

static struct cn_segment *add(const struct preparing *p, const struct cn_segment *item)
{
    struct cn_segment_model *model = p->model;
    if (model->count == CN_SEGMENTS_MAX) {
        return NULL; /* compiling says so */
    }
    struct cn_segment *added = &model->items[model->count++];
    *added = *item;
    added->piece = piece_of(p, item);
    added->interned = cn_intern(p->strings, item->name);
    added->rule = CN_NO_RULE;
    added->band_rule = CN_NO_RULE;
    added->doc = item->node != NULL ? cn_node_text(item->node, "doc") : CN_STR("");
    added->was = item->node != NULL ? cn_node_text(item->node, "was") : CN_STR("");
    added->text = item->node != NULL ? cn_node_text(item->node, "when") : CN_STR("");
    return added;
}

static uint32_t add_group(const struct preparing *p, enum cn_segment_kind kind, cn_str name,
                          uint32_t unit)
{
    p->model->groups[p->model->group_count] =
        (struct cn_segment_group){ .kind = kind, .name = name, .unit = unit };
    return (uint32_t)p->model->group_count++;
}

static void add_model(void *arg, const struct cn_node *item)
{
    const struct preparing *p = arg;
    if (p->model->group_count + 2 >= CN_SEGMENTS_MAX) { /* two for coverage and stages */
        return;                                         /* compiling says so */
    }
    uint32_t group =
        add_group(p, CN_SEGMENT_PLAIN, item->key, new_unit(p, "segment model", item->key));
    if (p->model->primary == CN_SEGMENT_NO_GROUP &&
        cn_str_equal(cn_node_text(item, "primary"), CN_STR("true"))) {
        p->model->primary = group;
        p->model->groups[group].is_primary = true;
    }
}

static uint32_t group_of(const struct cn_segment_model *model, cn_str name)
{
    for (uint32_t i = 0; name.len > 0 && i < model->group_count; i++) {
        if (model->groups[i].kind == CN_SEGMENT_PLAIN &&
            cn_str_equal(model->groups[i].name, name)) {
            return i;
        }
    }
    return CN_SEGMENT_NO_GROUP;
}

/* "segment.vip"; a hyphen would be a minus. */
static cn_str column_name(const struct preparing *p, cn_str name)
{
    char text[100];
    if (name.len > 64 || memchr(name.ptr, '-', name.len) != NULL) {
        return CN_STR("");
    }
    int len = snprintf(text, sizeof(text), "segment.%.*s", CN_STR_ARG(name));
    return cn_arena_str(p->arena, (cn_str){ text, (size_t)len });
}

static void add_segment(void *arg, const struct cn_node *item)
{
    const struct preparing *p = arg;
    struct cn_segment segment = { .kind = CN_SEGMENT_PLAIN, .name = item->key, .node = item };
    segment.column_name = column_name(p, item->key);
    segment.group = group_of(p->model, cn_node_text(item, "model"));
    segment.unit = segment.group != CN_SEGMENT_NO_GROUP ? p->model->groups[segment.group].unit
                                                        : new_unit(p, "segment", item->key);
    (void)add(p, &segment);
}

static void add_coverage(void *arg, const struct cn_node *item)
{
    const struct preparing *p = arg;
    struct cn_segment_model *model = p->model;
    if (model->coverage_unit == CN_NO_UNIT) {
        model->coverage_unit = new_unit(p, "coverage", CN_STR(""));
        model->cadence_unit = new_unit(p, "cadence", CN_STR(""));
        (void)add_group(p, CN_SEGMENT_COVERAGE, CN_STR("coverage"), model->coverage_unit);
        cn_rules_after(p->rules, model->cadence_unit, model->coverage_unit);
    }
    (void)add(p, &(struct cn_segment){ .kind = CN_SEGMENT_COVERAGE,
                                       .name = item->key,
                                       .node = item,
                                       .group = (uint32_t)model->group_count - 1,
                                       .unit = model->coverage_unit });
}

/* "onboarding/activated" of a stage, "high/sponsor" of a coverage model. */
static void add_within(const struct preparing *p, uint32_t within, enum cn_segment_kind kind,
                       const struct cn_node *list)
{
    for (size_t i = 0; list != NULL && list->kind == CN_NODE_LIST && i < list->count; i++) {
        char name[CN_SEGMENT_NAME_MAX_BYTES];
        int len = snprintf(name, sizeof(name), "%.*s/%.*s",
                           CN_STR_ARG(cn_str_slice(p->model->items[within].name, 0, 64)),
                           CN_STR_ARG(cn_str_slice(cn_node_text(&list->items[i], "name"), 0, 64)));
        cn_str text = cn_arena_str(p->arena, (cn_str){ name, (size_t)len });
        uint32_t unit = new_unit(p, cn_segment_kind_names[kind], text);
        (void)add(p, &(struct cn_segment){ .kind = kind,
                                           .name = text,
                                           .node = &list->items[i],
                                           .group = CN_SEGMENT_NO_GROUP,
                                           .within = within,
                                           .unit = unit });
        if (kind == CN_SEGMENT_GAP) {
            cn_rules_after(p->rules, unit, p->model->coverage_unit);
        }
    }
}

static void add_stage(void *arg, const struct cn_node *item)
{
    const struct preparing *p = arg;
    struct cn_segment_model *model = p->model;
    if (model->stage_unit == CN_NO_UNIT) {
        model->stage_unit = new_unit(p, "lifecycle", CN_STR(""));
        (void)add_group(p, CN_SEGMENT_STAGE, CN_STR("stage"), model->stage_unit);
    }
    (void)add(p, &(struct cn_segment){ .kind = CN_SEGMENT_STAGE,
                                       .name = item->key,
                                       .node = item,
                                       .group = (uint32_t)model->group_count - 1,
                                       .unit = model->stage_unit });
}

static struct cn_segment *add_flag(const struct preparing *p, const char *name, const char *unit,
                                   enum cn_segment_flag flag)
{
    return add(p, &(struct cn_segment){ .kind = CN_SEGMENT_FLAG,
                                        .flag = flag,
                                        .name = cn_str_of(name),
                                        .group = CN_SEGMENT_NO_GROUP,
                                        .unit = new_unit(p, unit, CN_STR("")) });
}

static void add_stalled(const struct preparing *p)
{
    struct cn_segment_model *model = p->model;
    const struct cn_segment *stalled = add_flag(p, "stalled", "stalled", CN_FLAG_STALLED);
    for (uint32_t i = 0; stalled != NULL && i < model->count; i++) {
        if (model->items[i].kind == CN_SEGMENT_GOAL) {
            cn_rules_after(p->rules, stalled->unit, model->items[i].unit);
        }
    }
}

static void add_window(const struct preparing *p, const struct cn_program_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct cn_node *lifecycle = cn_node_get(tree->roots[i], "lifecycle");
        const struct cn_node *window =
            lifecycle != NULL ? cn_node_get(lifecycle, "renewal_window") : NULL;
        if (window != NULL) {
            struct cn_segment *flag = add_flag(p, "renewal-window", "renewal window", CN_FLAG_NONE);
            if (flag != NULL) {
                flag->node = window;
                flag->text = window->text;
            }
            return; /* a second one is a problem of compiling */
        }
    }
}

/* After coverage and stages, so that items of a group stand together. */
static void add_beside_groups(const struct preparing *p, const struct cn_program_tree *tree)
{
    struct cn_segment_model *model = p->model;
    size_t count = model->count;
    for (uint32_t i = 0; i < count; i++) {
        const struct cn_segment item = model->items[i];
        if (item.kind == CN_SEGMENT_STAGE) {
            add_within(p, i, CN_SEGMENT_GOAL, cn_node_get(item.node, "goals"));
        } else if (item.kind == CN_SEGMENT_COVERAGE) {
            add_within(p, i, CN_SEGMENT_GAP, cn_node_get(item.node, "needs"));
        }
    }
    if (model->stage_unit != CN_NO_UNIT) {
        add_stalled(p);
    }
    add_window(p, tree);
    if (model->primary != CN_SEGMENT_NO_GROUP) {
        const struct cn_segment *flag =
            add_flag(p, "unsegmented", "unsegmented", CN_FLAG_UNSEGMENTED);
        if (flag != NULL) {
            cn_rules_after(p->rules, flag->unit, model->groups[model->primary].unit);
        }
    }
}

/* The answers to the seven questions are counted after all segments that are such. */
static void add_answered(const struct preparing *p)
{
    struct cn_segment_model *model = p->model;
    model->answered_unit = new_unit(p, "segment.answered", CN_STR(""));
    for (uint32_t i = 0; i < model->group_count; i++) {
        if (model->groups[i].kind == CN_SEGMENT_PLAIN) {
            cn_rules_after(p->rules, model->answered_unit, model->groups[i].unit);
        }
    }
}

/* By kind and name: the order of texts, whatever that of the files. */
static int by_name(const void *a, const void *b, void *arg)
{
    const struct cn_segment *items = arg;
    const struct cn_segment *x = &items[*(const uint32_t *)a];
    const struct cn_segment *y = &items[*(const uint32_t *)b];
    return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind)
                              : cn_str_compare(x->name, y->name);
}

static void sort(const struct preparing *p)
{
    struct cn_segment_model *model = p->model;
    model->order = cn_arena_array(p->arena, uint32_t, model->count + 1);
    for (uint32_t i = 0; i < model->count; i++) {
        model->order[i] = i;
    }
    qsort_r(model->order, model->count, sizeof(*model->order), by_name, model->items);
}

void cn_segment_prepare(struct cn_arena *arena, struct cn_rules *rules, struct cn_interner *strings,
                        const struct cn_program_tree *tree, struct cn_segment_env *env_out)
{
    static const char *const colours[CN_SEGMENT_COLOURS] = { "red", "yellow", "green" };
    struct cn_segment_model *model = cn_arena_new(arena, struct cn_segment_model);
    *model = (struct cn_segment_model){
        .items = cn_arena_array(arena, struct cn_segment, CN_SEGMENTS_MAX),
        .groups = cn_arena_array(arena, struct cn_segment_group, CN_SEGMENTS_MAX),
        .primary = CN_SEGMENT_NO_GROUP,
        .stage_unit = CN_NO_UNIT,
        .coverage_unit = CN_NO_UNIT,
        .cadence_unit = CN_NO_UNIT,
        .colour_rule = CN_NO_RULE,
        .tenure_rule = CN_NO_RULE,
        .rules = rules,
        .section = cn_rules_section(rules),
    };
    for (size_t i = 0; i < CN_SEGMENT_COLOURS; i++) {
        model->colours[i] = cn_intern(strings, cn_str_of(colours[i]));
    }
    struct preparing p = { arena, strings, rules, model };
    each_of_key(tree, "segment_models", NULL, &(struct walk){ &p, add_model });
    each_of_key(tree, "segments", NULL, &(struct walk){ &p, add_segment });
    each_of_key(tree, "coverage", NULL, &(struct walk){ &p, add_coverage });
    each_of_key(tree, "lifecycle", "stages", &(struct walk){ &p, add_stage });
    add_beside_groups(&p, tree);
    add_answered(&p);
    sort(&p);
    *env_out = (struct cn_segment_env){ .rules = rules,
                                        .model = model,
                                        .source = cn_segment_columns(arena, model),
                                        .strings = strings };
}

bool cn_segment_find(const struct cn_segment_model *model, enum cn_segment_kind kind, cn_str name,
                     uint32_t *index_out)
{
    bool found = false;
    for (uint32_t i = 0; i < model->count; i++) {
        const struct cn_segment *item = &model->items[i];
        if (item->kind == kind && cn_str_equal(item->name, name)) {
            *index_out = i;
            return true;
        }
        if (item->kind == kind && item->was.len > 0 && cn_str_equal(item->was, name)) {
            *index_out = i;
            found = true;
        }
    }
    return found;
}

bool cn_segment_kind_of(cn_str name, enum cn_segment_kind *kind_out)
{
    for (size_t i = 0; i < CN_SEGMENT_KINDS; i++) {
        if (cn_str_equal(name, cn_str_of(cn_segment_kind_names[i]))) {
            *kind_out = (enum cn_segment_kind)i;
            return true;
        }
    }
    return false;
}
