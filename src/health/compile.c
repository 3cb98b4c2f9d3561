/* The section `scorecard`: from YAML to trees and checked expressions. */
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"

#include "health/column.h"
#include "health/grade.h"
#include "health/keys.h"

enum {
    HALFLIFE_DEFAULT_DAYS = 30
};

static const double neutral_default = 50;
static const double min_coverage_default = 0.5;

struct compiler {
    struct cn_arena *arena;
    struct cn_health_env *env;
    struct cn_diagnostics *problems;
    uint32_t unit; /* of the scorecard that is being read */
    uint32_t *rules;
    size_t rule_count;
    size_t rule_capacity;
    struct cn_health_node *nodes; /* of the scorecard that is being read */
    size_t node_count;
    size_t shadow_count;
    bool has_families;
    uint32_t parent_column;
    uint32_t arr_column;
    bool ok;
};

static void problem(struct compiler *c, struct cn_place place, const char *message)
{
    c->ok = cn_diagnose(c->problems, &place, "%s", message);
}

static void check(struct compiler *c, const struct cn_node *map,
                  const struct cn_node_fields *fields)
{
    c->ok &= cn_node_check_fields(map, fields, c->problems);
}

/* --- expressions --- */

static uint32_t add_rule(struct compiler *c, uint32_t number)
{
    if (c->rule_count == c->rule_capacity) {
        size_t capacity = c->rule_capacity == 0 ? 64 : c->rule_capacity * 2;
        uint32_t *rules = cn_arena_array(c->arena, uint32_t, capacity);
        if (c->rule_count > 0) {
            memcpy(rules, c->rules, c->rule_count * sizeof(*rules));
        }
        c->rules = rules;
        c->rule_capacity = capacity;
    }
    c->rules[c->rule_count] = number;
    return (uint32_t)c->rule_count++;
}

/* CN_NO_RULE without the key, or if the expression is wrong: then there is a problem. */
static uint32_t rule_of(struct compiler *c, const struct cn_node *map, const char *key,
                        enum cn_cel_kind want)
{
    const struct cn_node *node = cn_node_get(map, key);
    if (node == NULL || node->kind != CN_NODE_SCALAR) {
        return CN_NO_RULE;
    }
    uint32_t number = cn_rules_add(c->env->rules, c->unit, node, want, c->problems);
    if (number == CN_NO_RULE) {
        c->ok = false;
        return CN_NO_RULE;
    }
    return add_rule(c, number);
}

/* --- measures --- */

struct point {
    double x;
    double y;
};

static int by_x(const void *a, const void *b)
{
    double x = ((const struct point *)a)->x;
    double y = ((const struct point *)b)->x;
    return (x > y) - (x < y);
}

/* The points in the order of x, whatever theirs in the file. */
static void read_map(struct compiler *c, const struct cn_node *map, struct cn_health_node *node)
{
    struct point points[CN_MAP_POINTS_MAX];
    if (map->kind != CN_NODE_MAP) {
        return;
    }
    if (map->count < 2 || map->count > CN_MAP_POINTS_MAX) {
        struct cn_place place = cn_node_place(map);
        c->ok =
            cn_diagnose(c->problems, &place, "a map has from 2 to %d points", CN_MAP_POINTS_MAX);
        return;
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct cn_node *item = &map->items[i];
        if (!cn_parse_f64(item->key, &points[i].x)) {
            problem(c, cn_node_key_place(item), "a point of a map begins with a number");
            return;
        }
        if (!cn_node_f64(item, &points[i].y, c->problems)) {
            c->ok = false;
            return;
        }
        if (points[i].y < 0 || points[i].y > 100) {
            problem(c, cn_node_place(item), "a score is from 0 to 100");
            return;
        }
    }
    qsort(points, map->count, sizeof(*points), by_x);
    node->xs = cn_arena_array(c->arena, double, map->count);
    node->ys = cn_arena_array(c->arena, double, map->count);
    for (size_t i = 0; i < map->count; i++) {
        if (i > 0 && points[i].x == points[i - 1].x) {
            problem(c, cn_node_place(map), "two points of the map are at the same value");
            return;
        }
        node->xs[i] = points[i].x;
        node->ys[i] = points[i].y;
    }
    node->point_count = map->count;
}

static void read_age(struct compiler *c, const struct cn_node *yaml, struct cn_health_node *node)
{
    bool has_validity = cn_node_get(yaml, "validity") != NULL;
    node->age_rule = rule_of(c, yaml, "age", CN_CEL_DOUBLE);
    node->validity_days = (double)cn_node_whole(yaml, &cn_health_measure_fields, "validity", 0);
    node->halflife_days =
        (double)cn_node_whole(yaml, &cn_health_measure_fields, "halflife", HALFLIFE_DEFAULT_DAYS);
    node->stale = (enum cn_stale)cn_node_choice(yaml, &cn_health_measure_fields, "stale", 0);
    if (has_validity != (cn_node_get(yaml, "age") != NULL)) {
        problem(c, cn_node_place(yaml), "\"age\" and \"validity\" belong together");
    } else if (!has_validity &&
               (cn_node_get(yaml, "halflife") != NULL || cn_node_get(yaml, "stale") != NULL)) {
        problem(c, cn_node_place(yaml), "\"halflife\" and \"stale\" need \"age\" and \"validity\"");
    }
}

static void read_measure(struct compiler *c, const struct cn_node *yaml, uint32_t index)
{
    struct cn_health_node *node = &c->nodes[index];
    const struct cn_node *map = cn_node_get(yaml, "map");
    bool has_value = cn_node_get(yaml, "value") != NULL;
    bool has_score = cn_node_get(yaml, "score") != NULL;
    check(c, yaml, &cn_health_measure_fields);
    if (has_value == has_score) {
        problem(c, cn_node_place(yaml),
                "a measure has either \"value\" with \"map\", or \"score\"");
    } else if (has_value != (map != NULL)) {
        problem(c, cn_node_place(yaml), "\"value\" and \"map\" belong together");
    }
    node->rule = rule_of(c, yaml, has_value ? "value" : "score", CN_CEL_DOUBLE);
    node->text = cn_node_text(yaml, has_value ? "value" : "score");
    node->missing = (enum cn_missing)cn_node_choice(yaml, &cn_health_measure_fields, "missing", 0);
    node->neutral = cn_node_number(yaml, &cn_health_measure_fields, "neutral", neutral_default);
    if (map != NULL) {
        read_map(c, map, node);
    }
    read_age(c, yaml, node);
}

/* --- groups --- */

static cn_str path_of(struct compiler *c, cn_str parent, cn_str name)
{
    char path[CN_SCORECARD_DEPTH_MAX * 70];
    int len = snprintf(path, sizeof(path), "%.*s%s%.*s", CN_STR_ARG(parent),
                       parent.len > 0 ? "/" : "", CN_STR_ARG(name));
    size_t used = (size_t)len < sizeof(path) ? (size_t)len : sizeof(path) - 1;
    return cn_arena_str(c->arena, (cn_str){ path, used });
}

static void check_name(struct compiler *c, const struct cn_node *yaml, uint32_t index)
{
    const struct cn_health_node *node = &c->nodes[index];
    for (uint32_t i = node->parent + 1; i < index; i = c->nodes[i].end) {
        if (cn_str_equal(c->nodes[i].name, node->name) && node->name.len > 0) {
            struct cn_place place = cn_node_place(yaml);
            c->ok = cn_diagnose(c->problems, &place, "\"%.*s\" is there already",
                                CN_STR_ARG(node->name));
        }
    }
}

/* False if there are too many. */
static bool new_node(struct compiler *c, const struct cn_node *yaml, enum cn_health_kind kind,
                     uint32_t parent, uint32_t *index_out)
{
    if (c->node_count == CN_SCORECARD_NODES_MAX) {
        problem(c, cn_node_place(yaml), "too many groups and measures in one scorecard");
        return false;
    }
    uint32_t index = (uint32_t)c->node_count++;
    c->nodes[index] = (struct cn_health_node){
        .kind = kind,
        .name = cn_node_text(yaml, "name"),
        .parent = parent,
        .end = index + 1,
        .depth = index == 0 ? 0 : c->nodes[parent].depth + 1,
        .weight = cn_node_number(yaml, &cn_health_group_fields, "weight", 0),
        .cap = 100,
        .rule = CN_NO_RULE,
        .age_rule = CN_NO_RULE,
    };
    if (index > 0) {
        c->nodes[index].path = path_of(c, c->nodes[parent].path, c->nodes[index].name);
        check_name(c, yaml, index);
    }
    *index_out = index;
    return true;
}

static void read_children(struct compiler *c, const struct cn_node *yaml, uint32_t index);

/* NOLINTNEXTLINE(misc-no-recursion): at most CN_SCORECARD_DEPTH_MAX deep */
static void read_list(struct compiler *c, const struct cn_node *list, enum cn_health_kind kind,
                      uint32_t parent)
{
    if (list == NULL || list->kind != CN_NODE_LIST) {
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        uint32_t index = 0;
        const struct cn_node *yaml = &list->items[i];
        if (!new_node(c, yaml, kind, parent, &index)) {
            return;
        }
        if (kind == CN_HEALTH_MEASURE) {
            read_measure(c, yaml, index);
        } else if (c->nodes[index].depth > CN_SCORECARD_DEPTH_MAX) {
            problem(c, cn_node_place(yaml), "groups are nested too deeply");
        } else {
            check(c, yaml, &cn_health_group_fields);
            read_children(c, yaml, index);
        }
        c->nodes[parent].weight_sum += c->nodes[index].weight;
        c->nodes[parent].end = (uint32_t)c->node_count;
    }
}

static size_t count_children(const struct compiler *c, uint32_t index)
{
    size_t count = 0;
    for (uint32_t n = index + 1; n < c->nodes[index].end; n = c->nodes[n].end) {
        count++;
    }
    return count;
}

/* After its children.  The scorecard itself has no floor and no cap: exceptions say it better. */
static void read_bounds(struct compiler *c, const struct cn_node *yaml, uint32_t index)
{
    const struct cn_node_fields *fields = &cn_health_group_fields;
    struct cn_health_node *node = &c->nodes[index];
    node->needs = (uint32_t)cn_node_whole(yaml, fields, "needs", 0);
    if (index > 0) {
        node->floor = cn_node_number(yaml, fields, "floor", 0);
        node->cap = cn_node_number(yaml, fields, "cap", 100);
    }
    if (node->floor > node->cap) {
        problem(c, cn_node_place(cn_node_get(yaml, "floor")), "the floor is above the cap");
    }
    size_t parts = count_children(c, index);
    if (node->needs > parts) {
        struct cn_place place = cn_node_place(cn_node_get(yaml, "needs"));
        c->ok =
            cn_diagnose(c->problems, &place, "it needs %u of only %zu parts", node->needs, parts);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): at most CN_SCORECARD_DEPTH_MAX deep */
static void read_children(struct compiler *c, const struct cn_node *yaml, uint32_t index)
{
    const struct cn_node_fields *fields = &cn_health_group_fields;
    c->nodes[index].min_coverage =
        cn_node_number(yaml, fields, "min_coverage", min_coverage_default);
    read_list(c, cn_node_get(yaml, "groups"), CN_HEALTH_GROUP, index);
    read_list(c, cn_node_get(yaml, "measures"), CN_HEALTH_MEASURE, index);
    read_bounds(c, yaml, index);
    if (c->nodes[index].end == index + 1) {
        problem(c, cn_node_place(yaml), "there is no measure here");
    } else if (!(c->nodes[index].weight_sum > 0)) {
        problem(c, cn_node_place(yaml), "all weights here are 0");
    }
}

/* --- scorecards --- */

static int32_t thousandths(double points)
{
    return (int32_t)(points * 1000.0 + 0.5);
}

static void read_exception(struct compiler *c, const struct cn_node *yaml,
                           struct cn_health_exception *exception)
{
    const struct cn_node_fields *fields = &cn_health_exception_fields;
    check(c, yaml, fields);
    for (size_t i = 0; i < fields->one_of_count; i++) {
        if (cn_node_get(yaml, fields->one_of[i]) != NULL) {
            exception->kind = (enum cn_exception_kind)i;
            exception->points = thousandths(cn_node_number(yaml, fields, fields->one_of[i], 0));
        }
    }
    exception->rule = rule_of(c, yaml, "when", CN_CEL_BOOL);
    exception->because = cn_node_text(yaml, "because");
    exception->text = cn_node_text(yaml, "when");
}

static void read_exceptions(struct compiler *c, const struct cn_node *list,
                            struct cn_scorecard *card)
{
    if (list == NULL || list->kind != CN_NODE_LIST) {
        return;
    }
    if (list->count > CN_EXCEPTIONS_MAX) {
        problem(c, cn_node_place(list), "a scorecard has at most 63 exceptions");
        return;
    }
    card->exceptions = cn_arena_array(c->arena, struct cn_health_exception, list->count);
    card->exception_count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        read_exception(c, &list->items[i], &card->exceptions[i]);
    }
}

static void read_bands(struct compiler *c, const struct cn_node *yaml, struct cn_scorecard *card)
{
    static const struct cn_node none = { .kind = CN_NODE_MAP };
    const struct cn_node *map = cn_node_get(yaml, "bands");
    if (map != NULL) {
        check(c, map, &cn_health_band_fields);
    } else {
        map = &none;
    }
    card->bands = (struct cn_health_bands){
        .yellow = thousandths(cn_node_number(map, &cn_health_band_fields, "yellow", 50)),
        .green = thousandths(cn_node_number(map, &cn_health_band_fields, "green", 75)),
        .margin = thousandths(cn_node_number(map, &cn_health_band_fields, "margin", 3)),
    };
    if (card->bands.yellow <= 0 || card->bands.yellow + card->bands.margin > card->bands.green ||
        card->bands.green + card->bands.margin > 100000) {
        problem(c, cn_node_place(map == &none ? yaml : map),
                "bands must rise: 0, yellow, yellow + margin, green, green + margin, 100");
    }
}

/* The columns that families need. */
static void need_columns(struct compiler *c, const struct cn_node *yaml)
{
    struct cn_column_set *columns = cn_rules_columns(c->env->rules);
    struct cn_error err;
    if (!cn_column_set_find_text(columns, CN_STR("parent_id"), &c->parent_column, &err) ||
        !cn_column_set_find_text(columns, CN_STR("arr"), &c->arr_column, &err)) {
        struct cn_place place = cn_node_place(yaml);
        c->ok = cn_diagnose(c->problems, &place, "%s", err.message);
    }
}

static void read_children_share(struct compiler *c, const struct cn_node *yaml,
                                struct cn_scorecard *card)
{
    const struct cn_node_fields *fields = &cn_health_children_fields;
    const struct cn_node *map = cn_node_get(yaml, "children");
    if (map == NULL) {
        return;
    }
    check(c, map, fields);
    card->children = (enum cn_children)(cn_node_choice(map, fields, "take", 0) + 1);
    card->children_share = cn_node_number(map, fields, "share", 1);
    need_columns(c, map);
    c->has_families = true;
}

static void read_shadow(struct compiler *c, const struct cn_node *yaml, struct cn_scorecard *card)
{
    const struct cn_node *node = cn_node_get(yaml, "shadow");
    /* A value that is no bool was told by the check. */
    card->is_shadow = node != NULL && cn_str_equal(node->text, CN_STR("true"));
    if (!card->is_shadow) {
        return;
    }
    if (c->shadow_count == CN_SHADOWS_MAX) {
        struct cn_place place = cn_node_place(node);
        c->ok =
            cn_diagnose(c->problems, &place, "a program has at most %d shadows", CN_SHADOWS_MAX);
        return;
    }
    card->shadow = (uint32_t)c->shadow_count++;
}

static void read_card(struct compiler *c, const struct cn_node *yaml, struct cn_scorecard *card)
{
    uint32_t root = 0;
    struct cn_health_node nodes[CN_SCORECARD_NODES_MAX];
    check(c, yaml, &cn_health_card_fields);
    card->name = cn_node_text(yaml, "scorecard");
    card->doc = cn_node_text(yaml, "doc");
    card->priority = (int64_t)cn_node_number(yaml, &cn_health_card_fields, "priority", 0);
    card->applies_rule = rule_of(c, yaml, "applies_when", CN_CEL_BOOL);
    card->applies_text = cn_node_text(yaml, "applies_when");
    c->nodes = nodes;
    c->node_count = 0;
    (void)new_node(c, yaml, CN_HEALTH_GROUP, 0, &root); /* the first always fits */
    nodes[root].name = card->name;
    nodes[root].weight = 1;
    read_children(c, yaml, root);
    read_exceptions(c, cn_node_get(yaml, "exceptions"), card);
    read_bands(c, yaml, card);
    c->ok &= cn_health_read_grades(yaml, c->arena, card, c->problems);
    read_children_share(c, yaml, card);
    read_shadow(c, yaml, card);
    card->node_count = c->node_count;
    card->nodes = cn_arena_array(c->arena, struct cn_health_node, card->node_count);
    memcpy(card->nodes, nodes, card->node_count * sizeof(*nodes));
    c->nodes = NULL;
}

static int by_priority(const void *a, const void *b)
{
    const struct cn_scorecard *x = a;
    const struct cn_scorecard *y = b;
    if (x->priority != y->priority) {
        return x->priority > y->priority ? -1 : 1;
    }
    return cn_str_compare(x->name, y->name);
}

static void check_card_name(struct compiler *c, const struct cn_section_input *input,
                            const struct cn_scorecard *cards, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (cn_str_equal(cards[i].name, cards[index].name)) {
            struct cn_place place = cn_node_place(cn_node_get(input->nodes[index], "scorecard"));
            c->ok =
                cn_diagnose(c->problems, &place, "there is a scorecard \"%.*s\" in %.*s already",
                            CN_STR_ARG(cards[i].name), CN_STR_ARG(input->nodes[i]->file));
        }
    }
}

/* The unit of the scorecard: part of the health of an account, for messages with its own name. */
static uint32_t unit_of(const struct compiler *c, const struct cn_node *yaml)
{
    char name[100];
    int len = snprintf(name, sizeof(name), "scorecard %.*s",
                       CN_STR_ARG(cn_str_slice(cn_node_text(yaml, "scorecard"), 0, 64)));
    return cn_rules_unit(
        c->env->rules,
        &(struct cn_unit_spec){ .section = c->env->section,
                                .name = cn_arena_str(c->arena, (cn_str){ name, (size_t)len }),
                                .part_of = c->env->unit });
}

static bool compile(const struct cn_section_input *input, void **compiled_out,
                    struct cn_diagnostics *problems)
{
    struct cn_health_env *env = input->env;
    struct compiler c = { .arena = input->arena, .env = env, .problems = problems, .ok = true };
    struct cn_health_model *model = cn_arena_new(input->arena, struct cn_health_model);
    if (input->count > CN_SCORECARDS_MAX) {
        struct cn_place place = cn_node_place(input->nodes[CN_SCORECARDS_MAX]);
        return cn_diagnose(problems, &place, "a program has at most %d scorecards",
                           CN_SCORECARDS_MAX);
    }
    model->scorecards = cn_arena_array(input->arena, struct cn_scorecard, input->count);
    model->scorecard_count = input->count;
    for (size_t i = 0; i < input->count; i++) {
        c.unit = unit_of(&c, input->nodes[i]);
        read_card(&c, input->nodes[i], &model->scorecards[i]);
        check_card_name(&c, input, model->scorecards, i);
    }
    if (!c.ok) {
        return false;
    }
    if (model->scorecard_count > 0) {
        qsort(model->scorecards, model->scorecard_count, sizeof(*model->scorecards), by_priority);
    }
    model->shadow_count = c.shadow_count;
    model->has_families = c.has_families;
    model->parent_column = c.parent_column;
    model->arr_column = c.arr_column;
    model->rules = env->rules;
    model->section = env->section;
    model->unit = env->unit;
    model->rule_numbers = c.rules;
    model->rule_count = c.rule_count;
    cn_health_columns_fill_from(env->columns, model);
    *compiled_out = model;
    return true;
}

const struct cn_program_section cn_health_section = {
    .key = "scorecard",
    .form = CN_SECTION_FILE,
    .doc = "How the health of an account is scored. Each scorecard is a file of its own",
    .compile = compile,
    .value = &cn_health_card,
    .example = cn_health_example,
};

const uint32_t *cn_health_rule_columns(const struct cn_health_model *model, uint32_t rule,
                                       size_t *count_out)
{
    return cn_cel_expr_columns(cn_rules_expr(model->rules, model->rule_numbers[rule]), count_out);
}
