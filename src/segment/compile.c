/* The sections `segment_models`, `segments`, `coverage` and `lifecycle`: what the names mean. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "segment/keys.h"

struct compiler {
    struct cn_arena *arena;
    struct cn_segment_env *env;
    struct cn_segment_model *model;
    struct cn_diagnostics *problems;
    bool ok;
};

static struct compiler begin(const struct cn_section_input *input, struct cn_diagnostics *problems)
{
    struct cn_segment_env *env = input->env;
    return (struct compiler){
        .arena = input->arena, .env = env, .model = env->model, .problems = problems, .ok = true
    };
}

static bool end(const struct compiler *c, void **compiled_out)
{
    if (c->ok) {
        *compiled_out = c->model;
    }
    return c->ok;
}

static void problem(struct compiler *c, struct cn_place place, const char *message)
{
    c->ok = cn_diagnose(c->problems, &place, "%s", message);
}

/* The item that prepare.c made of the node, or NULL: there was one too many. */
static struct cn_segment *item_of(struct compiler *c, const struct cn_node *node)
{
    for (size_t i = 0; i < c->model->count; i++) {
        if (c->model->items[i].node == node) {
            return &c->model->items[i];
        }
    }
    struct cn_place place = cn_node_key_place(node);
    c->ok = cn_diagnose(c->problems, &place,
                        "a program has at most %d segments, goals, stages and "
                        "coverage models",
                        CN_SEGMENTS_MAX);
    return NULL;
}

/* Names are taken once, and a former name by nobody else. */
static void check_names(struct compiler *c, const struct cn_segment *item)
{
    for (size_t i = 0; i < c->model->count; i++) {
        const struct cn_segment *other = &c->model->items[i];
        if (other == item || other->kind != item->kind) {
            continue;
        }
        if (other < item && cn_str_equal(other->name, item->name)) {
            struct cn_place place = cn_node_key_place(item->node);
            c->ok = cn_diagnose(c->problems, &place, "there is \"%.*s\" in %.*s already",
                                CN_STR_ARG(item->name), CN_STR_ARG(other->node->file));
        }
        if (item->was.len > 0 &&
            (cn_str_equal(other->name, item->was) || cn_str_equal(other->was, item->was))) {
            struct cn_place place = cn_node_place(cn_node_get(item->node, "was"));
            c->ok = cn_diagnose(c->problems, &place, "\"%.*s\" is what %.*s is or was called",
                                CN_STR_ARG(item->was), CN_STR_ARG(other->name));
        }
    }
}

/* A map whose keys are names; calls `read` for each. */
static void each(struct compiler *c, const struct cn_node *map, const struct cn_node_fields *fields,
                 void (*read)(struct compiler *c, const struct cn_node *node))
{
    if (map->kind != CN_NODE_MAP) {
        c->ok = cn_node_wrong(map, "a map of names", c->problems);
        return;
    }
    for (size_t i = 0; i < map->count; i++) {
        struct cn_node key = map->items[i];
        cn_str name;
        key.kind = CN_NODE_SCALAR;
        key.text = key.key;
        key.line = key.key_line;
        key.column = key.key_column;
        c->ok = cn_node_name(&key, &name, c->problems) && c->ok;
        c->ok = cn_node_check_fields(&map->items[i], fields, c->problems) && c->ok;
        read(c, &map->items[i]);
    }
}

static uint32_t rule_of(struct compiler *c, uint32_t unit, const struct cn_node *map,
                        const char *key)
{
    const struct cn_node *node = cn_node_get(map, key);
    if (node == NULL || node->kind != CN_NODE_SCALAR) {
        return CN_NO_RULE;
    }
    uint32_t rule = cn_rules_add(c->env->rules, unit, node, CN_CEL_BOOL, c->problems);
    c->ok = c->ok && rule != CN_NO_RULE;
    return rule;
}

static uint32_t rule_from(struct compiler *c, uint32_t unit, const char *text,
                          const struct cn_node *node, enum cn_cel_kind want)
{
    uint32_t rule =
        cn_rules_add_text(c->env->rules, unit, cn_str_of(text), node, want, c->problems);
    c->ok = c->ok && rule != CN_NO_RULE;
    return rule;
}

/* ---- segments ---- */

static void read_model(struct compiler *c, const struct cn_node *node)
{
    const struct cn_node *primary = cn_node_get(node, "primary");
    for (uint32_t i = 0; i < c->model->group_count; i++) {
        struct cn_segment_group *group = &c->model->groups[i];
        if (group->kind != CN_SEGMENT_PLAIN || !cn_str_equal(group->name, node->key)) {
            continue;
        }
        if (group->is_declared) {
            problem(c, cn_node_key_place(node), "there is a segment model of that name already");
        }
        group->is_declared = true;
        group->doc = cn_node_text(node, "doc");
        group->question = (enum cn_segment_question)cn_node_choice(node, &cn_segment_model_fields,
                                                                   "question", CN_QUESTION_NONE);
        group->validity_days = cn_node_whole(node, &cn_segment_model_fields, "validity", 0);
        if (c->model->primary != i && cn_str_equal(cn_node_text(node, "primary"), CN_STR("true"))) {
            problem(c, cn_node_place(primary), "another segment model is primary already");
        }
        return;
    }
    problem(c, cn_node_key_place(node), "too many segment models");
}

static bool compile_models(const struct cn_section_input *input, void **compiled_out,
                           struct cn_diagnostics *problems)
{
    struct compiler c = begin(input, problems);
    for (size_t i = 0; i < input->count; i++) {
        each(&c, input->nodes[i], &cn_segment_model_fields, read_model);
    }
    return end(&c, compiled_out);
}

static void read_segment(struct compiler *c, const struct cn_node *node)
{
    struct cn_segment *item = item_of(c, node);
    const struct cn_node *model = cn_node_get(node, "model");
    if (item == NULL) {
        return;
    }
    check_names(c, item);
    item->rule = rule_of(c, item->unit, node, "when");
    if (model != NULL && item->group == CN_SEGMENT_NO_GROUP) {
        cn_str names[CN_SEGMENTS_MAX];
        size_t count = 0;
        for (size_t i = 0; i < c->model->group_count; i++) {
            if (c->model->groups[i].kind == CN_SEGMENT_PLAIN) {
                names[count++] = c->model->groups[i].name;
            }
        }
        struct cn_place place = cn_node_place(model);
        cn_str suggestion = cn_suggest(c->arena, model->text, names, count);
        c->ok = cn_diagnose(c->problems, &place, "there is no segment model \"%.*s\"%.*s",
                            CN_STR_ARG(model->text), CN_STR_ARG(suggestion));
    }
}

static bool compile_segments(const struct cn_section_input *input, void **compiled_out,
                             struct cn_diagnostics *problems)
{
    struct compiler c = begin(input, problems);
    for (size_t i = 0; i < input->count; i++) {
        each(&c, input->nodes[i], &cn_segment_fields, read_segment);
    }
    return end(&c, compiled_out);
}

/* ---- coverage ---- */

static void read_colours(struct compiler *c, const struct cn_node *map,
                         struct cn_coverage *coverage)
{
    static const char *const colours[CN_SEGMENT_COLOURS] = { "red", "yellow", "green" };
    c->ok = cn_node_check_fields(map, &cn_coverage_colour_fields, c->problems) && c->ok;
    for (size_t i = 0; i < CN_SEGMENT_COLOURS; i++) {
        const struct cn_node *touch = cn_node_get(map, colours[i]);
        if (touch != NULL && touch->kind == CN_NODE_MAP) {
            c->ok = cn_node_check_fields(touch, &cn_coverage_touch_fields, c->problems) && c->ok;
            coverage->colour_days[i] =
                cn_node_whole(touch, &cn_coverage_touch_fields, "cadence", 0);
            coverage->colour_focus[i] = cn_node_text(touch, "focus");
        }
    }
}

static void read_accounts(struct compiler *c, const struct cn_node *map,
                          struct cn_coverage *coverage)
{
    const struct cn_node_fields *fields = &cn_coverage_accounts_fields;
    c->ok = cn_node_check_fields(map, fields, c->problems) && c->ok;
    coverage->ratio_min = cn_node_whole(map, fields, "min", 0);
    coverage->ratio_max = cn_node_whole(map, fields, "max", 0);
    coverage->is_pool = cn_node_choice(map, fields, "per", 0) == 1;
    if (coverage->ratio_max > 0 && coverage->ratio_max < coverage->ratio_min) {
        problem(c, cn_node_place(map), "\"max\" is less than \"min\"");
    }
}

/* Goals of a stage, needs of a coverage model. */
static void read_within(struct compiler *c, const struct cn_node *list,
                        const struct cn_node_fields *fields)
{
    for (size_t i = 0; list->kind == CN_NODE_LIST && i < list->count; i++) {
        const struct cn_node *node = &list->items[i];
        struct cn_segment *item = item_of(c, node);
        c->ok = cn_node_check_fields(node, fields, c->problems) && c->ok;
        if (item != NULL) {
            item->rule = rule_of(c, item->unit, node, "when");
            check_names(c, item);
        }
    }
}

static void read_coverage(struct compiler *c, const struct cn_node *node)
{
    struct cn_segment *item = item_of(c, node);
    const struct cn_node *colours = cn_node_get(node, "colours");
    const struct cn_node *accounts = cn_node_get(node, "accounts");
    const struct cn_node *needs = cn_node_get(node, "needs");
    char band[120];
    if (item == NULL) {
        return;
    }
    check_names(c, item);
    struct cn_coverage *coverage = cn_arena_new(c->arena, struct cn_coverage);
    *coverage = (struct cn_coverage){
        .from = cn_node_number(node, &cn_coverage_fields, "from", 0),
        .below = cn_node_number(node, &cn_coverage_fields, "below", INFINITY),
        .has_below = cn_node_get(node, "below") != NULL,
        .cadence_days = cn_node_whole(node, &cn_coverage_fields, "cadence", 0),
    };
    item->coverage = coverage;
    if (colours != NULL && colours->kind == CN_NODE_MAP) {
        read_colours(c, colours, coverage);
    }
    if (accounts != NULL && accounts->kind == CN_NODE_MAP) {
        read_accounts(c, accounts, coverage);
    }
    if (needs != NULL) {
        read_within(c, needs, &cn_need_fields);
    }
    int len = snprintf(band, sizeof(band), "arr >= double(%.17g)", coverage->from);
    if (coverage->has_below) {
        (void)snprintf(band + len, sizeof(band) - (size_t)len, " && arr < double(%.17g)",
                       coverage->below); /* fits */
    }
    item->band_rule = rule_from(c, item->unit, band, node, CN_CEL_BOOL);
}

static int by_from(const void *a, const void *b)
{
    const struct cn_segment *x = *(const struct cn_segment *const *)a;
    const struct cn_segment *y = *(const struct cn_segment *const *)b;
    return (x->coverage->from > y->coverage->from) - (x->coverage->from < y->coverage->from);
}

/* 003-11: from 0 on, without a gap and without an overlap. */
static void check_bands(struct compiler *c)
{
    const struct cn_segment *bands[CN_SEGMENTS_MAX] = { NULL };
    size_t count = 0;
    for (size_t i = 0; i < c->model->count; i++) {
        if (c->model->items[i].coverage != NULL) {
            bands[count++] = &c->model->items[i];
        }
    }
    qsort(bands, count, sizeof(bands[0]), by_from);
    for (size_t i = 0; i < count; i++) {
        const struct cn_coverage *band = bands[i]->coverage;
        struct cn_place place = cn_node_key_place(bands[i]->node);
        if (i == 0 && band->from != 0) {
            problem(c, place, "the lowest band begins at 0");
        }
        if (i + 1 == count && band->has_below) {
            problem(c, place, "the highest band has no end");
        }
        if (i + 1 < count && (!band->has_below || band->below != bands[i + 1]->coverage->from)) {
            c->ok = cn_diagnose(c->problems, &place,
                                "the band must end at %.15g, where \"%.*s\" "
                                "begins",
                                bands[i + 1]->coverage->from, CN_STR_ARG(bands[i + 1]->name));
        }
    }
}

/* The colour is read only where it changes something. */
static void read_colour(struct compiler *c)
{
    for (size_t i = 0; i < c->model->count; i++) {
        const struct cn_segment *item = &c->model->items[i];
        const struct cn_node *colours =
            item->coverage != NULL ? cn_node_get(item->node, "colours") : NULL;
        if (colours != NULL) {
            c->model->colour_rule =
                rule_from(c, c->model->cadence_unit, "health.colour", colours, CN_CEL_STRING);
            return;
        }
    }
}

static bool compile_coverage(const struct cn_section_input *input, void **compiled_out,
                             struct cn_diagnostics *problems)
{
    struct compiler c = begin(input, problems);
    for (size_t i = 0; i < input->count; i++) {
        each(&c, input->nodes[i], &cn_coverage_fields, read_coverage);
    }
    check_bands(&c);
    if (c.model->cadence_unit != CN_NO_UNIT) {
        read_colour(&c);
    }
    return end(&c, compiled_out);
}

/* ---- lifecycle ---- */

static void read_stage(struct compiler *c, const struct cn_node *node)
{
    struct cn_segment *item = item_of(c, node);
    const struct cn_node *goals = cn_node_get(node, "goals");
    if (item == NULL) {
        return;
    }
    check_names(c, item);
    struct cn_lifecycle_stage *lifecycle = cn_arena_new(c->arena, struct cn_lifecycle_stage);
    *lifecycle = (struct cn_lifecycle_stage){
        .from_day = cn_node_whole(node, &cn_stage_fields, "from", 0),
        .end_day = INT64_MAX,
        .stall_after_days = cn_node_whole(node, &cn_stage_fields, "stall_after", 0),
        .stall_rule = CN_NO_RULE,
    };
    item->lifecycle = lifecycle;
    if (goals != NULL) {
        read_within(c, goals, &cn_goal_fields);
    }
    if (lifecycle->stall_after_days > 0 && goals == NULL) {
        problem(c, cn_node_place(cn_node_get(node, "stall_after")),
                "\"stall_after\" needs \"goals\"");
    }
}

/* The first day on which the row is in no stage up to this one. */
static void add_stage_rules(struct compiler *c, struct cn_segment *const *stages, size_t count)
{
    uint32_t flag = 0;
    bool found = cn_segment_find(c->model, CN_SEGMENT_FLAG, CN_STR("stalled"), &flag);
    for (size_t i = 0; i < count; i++) {
        struct cn_lifecycle_stage *stage = stages[i]->lifecycle;
        char text[160];
        stage->end_day = i + 1 < count ? stages[i + 1]->lifecycle->from_day : INT64_MAX;
        int64_t end = i + 2 < count ? stages[i + 2]->lifecycle->from_day : INT64_MAX;
        (void)snprintf(text, sizeof(text),
                       "tenure_days >= double(%" PRId64 ") && tenure_days < double(%" PRId64 ")",
                       stage->from_day, stage->end_day); /* fits, as below */
        stages[i]->band_rule = rule_from(c, stages[i]->unit, text, stages[i]->node, CN_CEL_BOOL);
        if (stage->stall_after_days > 0 && found) {
            (void)snprintf(text, sizeof(text),
                           "tenure_days >= double(%" PRId64 ") && tenure_days < double(%" PRId64
                           ")",
                           stage->from_day + stage->stall_after_days, end);
            stage->stall_rule =
                rule_from(c, c->model->items[flag].unit, text, stages[i]->node, CN_CEL_BOOL);
        }
    }
}

static void check_stages(struct compiler *c, const struct cn_node *node)
{
    struct cn_segment *stages[CN_SEGMENTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < c->model->count; i++) {
        if (c->model->items[i].lifecycle != NULL) {
            stages[count++] = &c->model->items[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        int64_t before = i > 0 ? stages[i - 1]->lifecycle->from_day : -1;
        if (stages[i]->lifecycle->from_day <= before ||
            (i == 0 && stages[i]->lifecycle->from_day != 0)) {
            problem(c, cn_node_key_place(stages[i]->node), "stages begin at day 0 and rise");
        }
    }
    if (count > 0) {
        add_stage_rules(c, stages, count);
        c->model->tenure_rule =
            rule_from(c, c->model->stage_unit, "tenure_days", node, CN_CEL_DOUBLE);
    }
}

static void read_lifecycle(struct compiler *c, const struct cn_node *node)
{
    const struct cn_node *stages = cn_node_get(node, "stages");
    uint32_t index = 0;
    c->ok = cn_node_check_fields(node, &cn_lifecycle_fields, c->problems) && c->ok;
    if (stages != NULL) {
        each(c, stages, &cn_stage_fields, read_stage);
        check_stages(c, node);
    }
    if (cn_segment_find(c->model, CN_SEGMENT_FLAG, CN_STR("renewal-window"), &index)) {
        c->model->items[index].rule =
            rule_of(c, c->model->items[index].unit, node, "renewal_window");
    }
}

static bool compile_lifecycle(const struct cn_section_input *input, void **compiled_out,
                              struct cn_diagnostics *problems)
{
    struct compiler c = begin(input, problems);
    if (input->count > 1) {
        problem(&c, cn_node_place(input->nodes[1]), "a program has one lifecycle");
    } else if (input->count == 1) {
        read_lifecycle(&c, input->nodes[0]);
    }
    return end(&c, compiled_out);
}

const struct cn_program_section cn_segment_model_section = {
    .key = "segment_models",
    .form = CN_SECTION_KEY,
    .doc = "Ways of telling accounts apart: of the segments of a model, an account is in one at "
           "most. One model is the primary one",
    .compile = compile_models,
    .value = &cn_segment_models_value,
    .example = cn_segment_models_example,
};

const struct cn_program_section cn_segment_section = {
    .key = "segments",
    .form = CN_SECTION_KEY,
    .doc = "Sets of accounts by condition. Rules read them as `segment.vip`, or "
           "`segment.has(\"key-account\")` if the name has a hyphen",
    .compile = compile_segments,
    .value = &cn_segments_value,
    .example = cn_segments_example,
};

const struct cn_program_section cn_coverage_section = {
    .key = "coverage",
    .form = CN_SECTION_KEY,
    .doc = "How accounts are looked after, by bands of ARR that begin at 0 and leave no gap. Rules "
           "read `coverage` and `cadence_days`",
    .compile = compile_coverage,
    .value = &cn_coverage_value,
    .example = cn_coverage_example,
};

const struct cn_program_section cn_lifecycle_section = {
    .key = "lifecycle",
    .form = CN_SECTION_KEY,
    .doc = "The stages of an account by days since its first contract began, with their goals, and "
           "the renewal window. Rules read `stage`, `days_in_stage`, `is_stalled` and "
           "`in_renewal_window`",
    .compile = compile_lifecycle,
    .value = &cn_lifecycle_value,
    .example = cn_lifecycle_example,
};
