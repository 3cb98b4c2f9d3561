#include "metric/definition.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum {
    TEXT_MAX_BYTES = 200, /* event, property and trait names in a definition */
};

static const char *const count_names[] = { "events", "distinct users" };
static const char *const keep_names[] = { "last", "min", "max" };

static const struct cn_node_field rows[] = {
    { "event", CN_SHAPE_TEXT, false, "name of the event, or \"*\" for every one" },
    { "count", CN_SHAPE_TEXT, false, "what is counted", CN_CHOICES(count_names) },
    { "distinct", CN_SHAPE_TEXT, false,
      "\"event names\", or the property whose values are told apart" },
    { "sum", CN_SHAPE_TEXT, false, "the property that is added up" },
    { "min", CN_SHAPE_TEXT, false, "the property of which the smallest value counts" },
    { "max", CN_SHAPE_TEXT, false, "the property of which the largest value counts" },
    { "last", CN_SHAPE_TEXT, false, "the property of which the newest value counts" },
    { "trait", CN_SHAPE_TEXT, false, "a trait of group calls, instead of an event" },
    { "keep", CN_SHAPE_TEXT, false, "which value of the trait counts", .initial = "last",
      CN_CHOICES(keep_names) },
    { "unit", CN_SHAPE_TEXT, false, "what is counted, for charts" },
    { "doc", CN_SHAPE_TEXT, false, "what the metric means" },
};

/* Each metric has exactly one of these keys. */
enum form {
    FORM_COUNT,
    FORM_DISTINCT,
    FORM_SUM,
    FORM_MIN,
    FORM_MAX,
    FORM_LAST,
    FORM_TRAIT,
    FORM_NONE,
};

static const char *const form_keys[FORM_NONE] = {
    [FORM_COUNT] = "count", [FORM_DISTINCT] = "distinct", [FORM_SUM] = "sum",
    [FORM_MIN] = "min",     [FORM_MAX] = "max",           [FORM_LAST] = "last",
    [FORM_TRAIT] = "trait",
};

static const struct cn_node_fields fields =
    CN_NODE_FIELDS("metric", "A number a day and account, counted from events or told by a trait",
                   rows, CN_ONE_OF(form_keys));

static const enum cn_metric_kind form_kinds[FORM_NONE] = {
    [FORM_COUNT] = CN_METRIC_COUNT, [FORM_DISTINCT] = CN_METRIC_DISTINCT,
    [FORM_SUM] = CN_METRIC_SUM,     [FORM_MIN] = CN_METRIC_MIN,
    [FORM_MAX] = CN_METRIC_MAX,     [FORM_LAST] = CN_METRIC_LAST,
    [FORM_TRAIT] = CN_METRIC_LAST,
};

struct reader {
    struct cn_arena *arena;
    struct cn_diagnostics *problems;
};

/* The names end up as keys in the database, where the parts are told apart by a control sign. */
static bool read_text(const struct reader *reader, const struct cn_node *node, cn_str *text_out)
{
    struct cn_place place = cn_node_place(node);
    cn_str text = { 0 };
    if (!cn_node_str(node, &text, reader->problems)) {
        return false;
    }
    if (text.len == 0 || text.len > TEXT_MAX_BYTES) {
        return cn_diagnose(reader->problems, &place, "%.*s must have 1 to %d bytes",
                           CN_STR_ARG(node->key), TEXT_MAX_BYTES);
    }
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < ' ') {
            return cn_diagnose(reader->problems, &place, "%.*s must be one line",
                               CN_STR_ARG(node->key));
        }
    }
    *text_out = cn_arena_str(reader->arena, text);
    return true;
}

/* The one that the check has found. */
static enum form form_of(const struct cn_node *map)
{
    enum form form = 0;
    while (form < FORM_NONE && cn_node_get(map, form_keys[form]) == NULL) {
        form++;
    }
    return form;
}

static bool read_event(const struct reader *reader, const struct cn_node *map,
                       struct cn_metric *metric)
{
    const struct cn_node *node = cn_node_get(map, "event");
    if (node == NULL) {
        struct cn_place place = cn_node_key_place(map);
        return cn_diagnose(reader->problems, &place,
                           "%.*s needs event: the name of one, or \"*\" for every one",
                           CN_STR_ARG(map->key));
    }
    return read_text(reader, node, &metric->event);
}

static void read_count(const struct cn_node *map, struct cn_metric *metric)
{
    size_t index = cn_node_choice(map, &fields, "count", 0);
    metric->kind = index == 0 ? CN_METRIC_COUNT : CN_METRIC_DISTINCT;
    metric->member = index == 0 ? CN_MEMBER_NONE : CN_MEMBER_USER;
    metric->unit = index == 0 ? CN_STR("events") : CN_STR("users");
}

static bool read_distinct(const struct reader *reader, const struct cn_node *node,
                          struct cn_metric *metric)
{
    cn_str what = { 0 };
    if (!read_text(reader, node, &what)) {
        return false;
    }
    if (!cn_str_equal(what, CN_STR("event names"))) {
        metric->member = CN_MEMBER_VALUE;
        metric->property = what;
        metric->unit = CN_STR("values");
        return true;
    }
    if (!cn_str_equal(metric->event, CN_STR("*"))) {
        struct cn_place place = cn_node_place(node);
        return cn_diagnose(reader->problems, &place,
                           "event names can only be told apart with event: \"*\"");
    }
    metric->member = CN_MEMBER_NAME;
    metric->unit = CN_STR("features");
    return true;
}

static bool read_trait(const struct reader *reader, const struct cn_node *map,
                       struct cn_metric *metric)
{
    static const enum cn_metric_kind kinds[] = { CN_METRIC_LAST, CN_METRIC_MIN, CN_METRIC_MAX };
    const struct cn_node *event = cn_node_get(map, "event");
    metric->of_trait = true;
    if (event != NULL) {
        struct cn_place place = cn_node_key_place(event);
        return cn_diagnose(reader->problems, &place, "a trait has no event: remove this");
    }
    metric->kind = kinds[cn_node_choice(map, &fields, "keep", 0)];
    return read_text(reader, cn_node_get(map, "trait"), &metric->property);
}

static bool read_measured(const struct reader *reader, const struct cn_node *map, enum form form,
                          struct cn_metric *metric)
{
    assert(form < FORM_NONE);
    const struct cn_node *node = cn_node_get(map, form_keys[form]);
    const struct cn_node *keep = cn_node_get(map, "keep");
    metric->kind = form_kinds[form];
    if (form == FORM_TRAIT) {
        return read_trait(reader, map, metric);
    }
    if (keep != NULL) {
        struct cn_place place = cn_node_key_place(keep);
        return cn_diagnose(reader->problems, &place, "keep belongs to a trait: remove this");
    }
    if (!read_event(reader, map, metric)) {
        return false;
    }
    if (form == FORM_COUNT) {
        read_count(map, metric);
        return true;
    }
    if (form == FORM_DISTINCT) {
        return read_distinct(reader, node, metric);
    }
    return read_text(reader, node, &metric->property);
}

/* In a rule a "-" would be read as minus. */
static bool read_name(const struct reader *reader, const struct cn_node *map,
                      struct cn_metric *metric)
{
    struct cn_place place = cn_node_key_place(map);
    struct cn_node key = { .kind = CN_NODE_SCALAR,
                           .file = map->file,
                           .line = map->key_line,
                           .column = map->key_column,
                           .text = map->key };
    cn_str name = { 0 };
    if (!cn_node_name(&key, &name, reader->problems)) {
        return false;
    }
    if (memchr(name.ptr, '-', name.len) != NULL) {
        return cn_diagnose(reader->problems, &place,
                           "%.*s would read as a subtraction in rules: use \"_\"",
                           CN_STR_ARG(name));
    }
    metric->name = cn_arena_str(reader->arena, name);
    return true;
}

static bool read_metric(const struct reader *reader, const struct cn_node *map,
                        struct cn_metric *metric)
{
    const struct cn_node *unit = cn_node_get(map, "unit");
    const struct cn_node *doc = cn_node_get(map, "doc");
    if (!read_name(reader, map, metric) || !cn_node_check_fields(map, &fields, reader->problems) ||
        !read_measured(reader, map, form_of(map), metric)) {
        return false;
    }
    if (unit != NULL && !read_text(reader, unit, &metric->unit)) {
        return false;
    }
    if (doc != NULL && !cn_node_str(doc, &metric->doc, reader->problems)) {
        return false;
    }
    metric->doc = cn_arena_str(reader->arena, metric->doc);
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct cn_metric *left = a;
    const struct cn_metric *right = b;
    return cn_str_compare(left->name, right->name);
}

const struct cn_metric *cn_metric_find(const struct cn_metric_list *list, cn_str name,
                                       size_t *index_out)
{
    struct cn_metric key = { .name = name };
    if (list->count == 0) {
        return NULL;
    }
    const struct cn_metric *found =
        bsearch(&key, list->items, list->count, sizeof(list->items[0]), by_name);
    if (found != NULL && index_out != NULL) {
        *index_out = (size_t)(found - list->items);
    }
    return found;
}

/* The file among the first `count` that defines the name already, or NULL. */
static const struct cn_node *defined_before(const struct cn_section_input *input, size_t count,
                                            cn_str name)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t item = 0; item < input->nodes[i]->count; item++) {
            if (cn_str_equal(input->nodes[i]->items[item].key, name)) {
                return input->nodes[i];
            }
        }
    }
    return NULL;
}

/* The keys of one file differ; those of two files may not. */
static bool check_names(const struct reader *reader, const struct cn_section_input *input)
{
    size_t before = reader->problems->total;
    for (size_t i = 1; i < input->count; i++) {
        for (size_t item = 0; item < input->nodes[i]->count; item++) {
            const struct cn_node *node = &input->nodes[i]->items[item];
            const struct cn_node *other = defined_before(input, i, node->key);
            struct cn_place place = cn_node_key_place(node);
            if (other != NULL) {
                cn_diagnose(reader->problems, &place, "%.*s is defined in %.*s already",
                            CN_STR_ARG(node->key), CN_STR_ARG(other->file));
            }
        }
    }
    return reader->problems->total == before;
}

bool cn_metrics_compile(const struct cn_section_input *input, struct cn_metric_list **list_out,
                        struct cn_diagnostics *problems)
{
    struct reader reader = { input->arena, problems };
    struct cn_metric_list *list = cn_arena_new(input->arena, struct cn_metric_list);
    size_t before = problems->total;
    size_t count = 0;

    for (size_t i = 0; i < input->count; i++) {
        struct cn_place place = cn_node_place(input->nodes[i]);
        if (input->nodes[i]->kind != CN_NODE_MAP) {
            return cn_diagnose(problems, &place, "metrics must be a map of names to definitions");
        }
        count += input->nodes[i]->count;
        if (count > CN_METRICS_MAX) {
            return cn_diagnose(problems, &place, "a program has at most %d metrics",
                               CN_METRICS_MAX);
        }
    }
    if (!check_names(&reader, input)) {
        return false;
    }
    list->items = cn_arena_array(input->arena, struct cn_metric, count + 1);
    for (size_t i = 0; i < input->count; i++) {
        for (size_t item = 0; item < input->nodes[i]->count; item++) {
            if (read_metric(&reader, &input->nodes[i]->items[item], &list->items[list->count])) {
                list->count++;
            }
        }
    }
    qsort(list->items, list->count, sizeof(list->items[0]), by_name);
    if (problems->total != before) {
        return false;
    }
    *list_out = list;
    return true;
}

static bool compile_section(const struct cn_section_input *input, void **compiled_out,
                            struct cn_diagnostics *problems)
{
    struct cn_metric_list *list = NULL;
    if (!cn_metrics_compile(input, &list, problems)) {
        return false;
    }
    *compiled_out = list;
    return true;
}

static const struct cn_node_field metric = { .shape = CN_SHAPE_MAP, .object = &fields };
static const struct cn_node_field metrics = { .shape = CN_SHAPE_MAP,
                                              .key_shape = CN_SHAPE_NAME,
                                              .element = &metric };

const struct cn_program_section cn_metric_section = {
    .key = "metrics",
    .form = CN_SECTION_KEY,
    .doc = "What is counted: events, people, features, properties and traits. Each metric has a "
           "name (`a-z`, `0-9`, `_`), which rules read with a method: `logins.sum(28)`",
    .compile = compile_section,
    .value = &metrics,
    .example = "metrics:\n"
               "  logins:        {event: Signed In, count: events}\n"
               "  active_users:  {event: \"*\", count: distinct users}\n"
               "  features_used: {distinct: event names, event: \"*\"}\n"
               "  spend:         {event: Order Placed, sum: amount, unit: EUR}\n"
               "  seats_used:    {trait: seats_used, keep: last}\n",
};
