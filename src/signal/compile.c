/* The section `signals`: from YAML to checked rules. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/str.h"

#include "signal/rule.h"

enum {
    REARM_DEFAULT_DAYS = 7
};

static const int64_t day_us = (int64_t)86400 * 1000000;

const char *const cn_signal_severity_names[CN_SIGNAL_SEVERITY_COUNT] = {
    [CN_SIGNAL_LOW] = "low",
    [CN_SIGNAL_MEDIUM] = "medium",
    [CN_SIGNAL_HIGH] = "high",
    [CN_SIGNAL_CRITICAL] = "critical",
};

const char *const cn_signal_owner_names[CN_SIGNAL_OWNER_COUNT] = {
    [CN_SIGNAL_OWNER_CSM] = "csm",
    [CN_SIGNAL_OWNER_LEADER] = "leader",
};

static const char *const severities[] = { "critical", "high", "medium", "low" };

static const struct cn_node_field task = { .shape = CN_SHAPE_TEXT,
                                           .doc = "one thing to do, in a sentence" };
static const struct cn_node_field rule_rows[] = {
    { "doc", CN_SHAPE_TEXT, false, "what it means and what to do" },
    { "because", CN_SHAPE_TEXT, false, "the reason, in a few words; without it, the name" },
    { "when", CN_SHAPE_CEL, false, "the condition that raises it", .result = "bool" },
    { "each", CN_SHAPE_CEL, false,
      "a count of records, as tickets.critical_for(48): each record that is counted raises a "
      "signal "
      "of its own, which clears when that record is counted no more",
      .result = "double" },
    { "clear", CN_SHAPE_CEL, false,
      "the condition that clears it, for a margin; without it, that `when` is false",
      .result = "bool" },
    { "severity", CN_SHAPE_TEXT, false, "how urgent it is", .initial = "medium",
      CN_CHOICES(severities) },
    { "owner", CN_SHAPE_TEXT, false, "who is asked: the account's owner or the team's leader",
      .initial = "csm", CN_CHOICES(cn_signal_owner_names) },
    { "rearm", CN_SHAPE_DAYS, false, "how long it must be clear before it can raise again",
      .initial = "7d" },
    { "holds", CN_SHAPE_TEXT, false,
      "which holds suppress it: true for all, or those of one kind; without it, none" },
    { "tasks", CN_SHAPE_LIST, false,
      "what is to be done about it, in order; a signal has the list that its rule had when it was "
      "raised",
      .element = &task },
    { "was", CN_SHAPE_NAME, false, "its former name, of which it keeps the state" },
    { "playbook", CN_SHAPE_ANY, false, "refused: there are no playbooks yet" },
};
static const char *const conditions[] = { "when", "each" };
static const struct cn_node_fields rule_fields = CN_NODE_FIELDS(
    "signal", "A condition that asks a person for attention", rule_rows, CN_ONE_OF(conditions));

struct compiler {
    struct cn_arena *arena;
    struct cn_signal_env *env;
    struct cn_diagnostics *problems;
    bool ok;
};

static void problem(struct compiler *c, struct cn_place place, const char *message)
{
    c->ok = cn_diagnose(c->problems, &place, "%s", message);
}

/* "a signal has at most 20 tasks" */
static void too_many(struct compiler *c, const struct cn_node *node, const char *what, int max,
                     const char *of)
{
    const struct cn_place place = cn_node_place(node);
    c->ok = cn_diagnose(c->problems, &place, "%s has at most %d %s", what, max, of);
}

static cn_str text_of(const struct cn_node *map, const char *key)
{
    const struct cn_node *node = cn_node_get(map, key);
    return node != NULL && node->kind == CN_NODE_SCALAR ? node->text : CN_STR("");
}

/* CN_NO_RULE without the key, or if the expression is wrong: then there is a problem. */
static uint32_t rule_of(struct compiler *c, const struct cn_node *map, const char *key,
                        uint32_t unit)
{
    const struct cn_node *node = cn_node_get(map, key);
    if (node == NULL || node->kind != CN_NODE_SCALAR) {
        return CN_NO_RULE;
    }
    uint32_t rule = cn_rules_add(c->env->rules, unit, node, CN_CEL_BOOL, c->problems);
    c->ok &= rule != CN_NO_RULE;
    return rule;
}

/* What is none of the names was reported by the table. */
static size_t choice_of(const struct cn_node *map, const char *key, const char *const *names,
                        size_t count, size_t fallback)
{
    cn_str text = text_of(map, key);
    for (size_t i = 0; i < count; i++) {
        if (cn_str_equal(text, cn_str_of(names[i]))) {
            return i;
        }
    }
    return fallback;
}

static void read_holds(struct compiler *c, const struct cn_node *map, struct cn_signal_rule *rule)
{
    const struct cn_node *node = cn_node_get(map, "holds");
    if (node == NULL || node->kind != CN_NODE_SCALAR) {
        return; /* a wrong shape was reported by the table */
    }
    if (cn_str_equal(node->text, CN_STR("true"))) {
        rule->holds = CN_SIGNAL_HOLDS_ANY;
    } else if (!cn_str_equal(node->text, CN_STR("false"))) {
        rule->holds = CN_SIGNAL_HOLDS_KIND;
        c->ok &= cn_node_name(node, &rule->hold_kind, c->problems);
    }
}

static void read_tasks(struct compiler *c, const struct cn_node *map, struct cn_signal_rule *rule)
{
    const struct cn_node *list = cn_node_get(map, "tasks");
    if (list == NULL || list->kind != CN_NODE_LIST) {
        return; /* a wrong shape was reported by the table */
    }
    if (list->count > CN_SIGNAL_TASKS_MAX) {
        too_many(c, list, "a signal", CN_SIGNAL_TASKS_MAX, "tasks");
        return;
    }
    rule->tasks = cn_arena_array(c->arena, cn_str, list->count + 1);
    for (size_t i = 0; i < list->count; i++) {
        const struct cn_node *item = &list->items[i];
        if (item->kind != CN_NODE_SCALAR || item->text.len == 0 ||
            item->text.len > CN_SIGNAL_TASK_MAX_BYTES) {
            const struct cn_place place = cn_node_place(item);
            c->ok = cn_diagnose(c->problems, &place, "a task is a text of 1 to %d bytes",
                                CN_SIGNAL_TASK_MAX_BYTES);
        }
        rule->tasks[rule->task_count++] = item->text;
    }
}

static void read_name(struct compiler *c, const struct cn_node *map, struct cn_signal_rule *rule)
{
    struct cn_node key = { .kind = CN_NODE_SCALAR,
                           .file = map->file,
                           .line = map->key_line,
                           .column = map->key_column,
                           .text = map->key };
    c->ok &= cn_node_name(&key, &rule->name, c->problems);
    rule->was = text_of(map, "was");
    if (rule->was.len > 0 && cn_str_equal(rule->was, rule->name)) {
        problem(c, cn_node_place(cn_node_get(map, "was")), "that is its name already");
    }
}

static uint64_t hash_of(const struct cn_signal_rule *rule)
{
    uint64_t when = cn_hash64(rule->when_text);
    uint64_t both = cn_hash128_of(rule->clear_text, when).lo;
    return cn_signal_rule_is_each(rule) ? cn_hash128_of(rule->each_text, both).lo : both;
}

uint64_t cn_signal_rule_key(cn_str name, uint64_t hash)
{
    return cn_hash128_of(name, hash).lo;
}

static bool reads_health(const struct compiler *c, uint32_t rule)
{
    const struct cn_column_set *columns = cn_rules_columns(c->env->rules);
    size_t count = 0;
    if (rule == CN_NO_RULE) {
        return false;
    }
    const uint32_t *read = cn_cel_expr_columns(cn_rules_expr(c->env->rules, rule), &count);
    for (size_t i = 0; i < count; i++) {
        if (cn_str_starts_with(columns->items[read[i]].name, CN_STR("health."))) {
            return true;
        }
    }
    return false;
}

/* The column that an expression is, and nothing besides. */
static bool is_column(const struct compiler *c, uint32_t expr, cn_str text, uint32_t *column_out)
{
    const struct cn_column_set *columns = cn_rules_columns(c->env->rules);
    size_t count = 0;
    const uint32_t *read = cn_cel_expr_columns(cn_rules_expr(c->env->rules, expr), &count);
    size_t len = 0;
    if (count != 1) {
        return false;
    }
    cn_str name = columns->items[read[0]].name;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != ' ') {
            if (len == name.len || name.ptr[len] != text.ptr[i]) {
                return false;
            }
            len++;
        }
    }
    *column_out = read[0];
    return len == name.len;
}

/* `each` counts records that can be named, and needs no margin. */
static void read_each(struct compiler *c, const struct cn_node *map, const struct cn_node *node,
                      struct cn_signal_rule *rule)
{
    const struct cn_node *margin = cn_node_get(map, "clear");
    char any[CN_COLUMN_NAME_MAX_BYTES + 20];
    uint32_t expr = cn_rules_add(c->env->rules, rule->unit, node, CN_CEL_DOUBLE, c->problems);
    if (expr == CN_NO_RULE) {
        c->ok = false;
        return;
    }
    if (!is_column(c, expr, node->text, &rule->each_column) ||
        cn_rules_columns(c->env->rules)->items[rule->each_column].spec.counts == NULL) {
        problem(c, cn_node_place(node),
                "each is a count of records that can be named: tickets.critical_for(hours) or "
                "tickets.open_for(hours)");
        return;
    }
    if (margin != NULL) {
        problem(c, cn_node_key_place(margin),
                "a signal about a record clears when the record is counted no more: remove this");
    }
    cn_str name = cn_rules_columns(c->env->rules)->items[rule->each_column].name;
    (void)snprintf(any, sizeof(any), "%.*s > 0.0", CN_STR_ARG(name)); /* fits */
    rule->when =
        cn_rules_add_text(c->env->rules, rule->unit, cn_arena_str(c->arena, cn_str_of(any)), node,
                          CN_CEL_BOOL, c->problems);
    c->ok &= rule->when != CN_NO_RULE;
}

/* For messages with its own name. */
static uint32_t unit_of(struct compiler *c, cn_str name)
{
    char text[100];
    int len = snprintf(text, sizeof(text), "signal %.*s", CN_STR_ARG(cn_str_slice(name, 0, 64)));
    return cn_rules_unit(
        c->env->rules,
        &(struct cn_unit_spec){ .section = c->env->section,
                                .name = cn_arena_str(c->arena, (cn_str){ text, (size_t)len }),
                                .part_of = CN_NO_UNIT });
}

static void read_rule(struct compiler *c, const struct cn_node *map, struct cn_signal_rule *rule)
{
    const struct cn_node *rearm = cn_node_get(map, "rearm");
    const struct cn_node *playbook = cn_node_get(map, "playbook");
    const struct cn_node *each = cn_node_get(map, "each");
    int64_t days = REARM_DEFAULT_DAYS;
    *rule = (struct cn_signal_rule){ 0 };
    read_name(c, map, rule);
    c->ok &= cn_node_check_fields(map, &rule_fields, c->problems);
    if (playbook != NULL) {
        problem(c, cn_node_key_place(playbook),
                "there are no playbooks yet: remove this, the signal itself asks its owner");
    }
    rule->doc = text_of(map, "doc");
    rule->because = text_of(map, "because");
    rule->severity = (enum cn_signal_severity)choice_of(map, "severity", cn_signal_severity_names,
                                                        CN_SIGNAL_SEVERITY_COUNT, CN_SIGNAL_MEDIUM);
    rule->owner = (enum cn_signal_owner)choice_of(map, "owner", cn_signal_owner_names,
                                                  CN_SIGNAL_OWNER_COUNT, CN_SIGNAL_OWNER_CSM);
    if (rearm != NULL && !cn_node_parse_days(rearm->text, &days)) {
        days = REARM_DEFAULT_DAYS; /* a wrong one was reported by the table */
    }
    rule->rearm_us = days * day_us;
    read_holds(c, map, rule);
    read_tasks(c, map, rule);
    rule->when_text = text_of(map, "when");
    rule->clear_text = text_of(map, "clear");
    rule->each_text = text_of(map, "each");
    rule->hash = hash_of(rule);
    rule->unit = unit_of(c, rule->name);
    rule->when = rule_of(c, map, "when", rule->unit);
    if (each != NULL && each->kind == CN_NODE_SCALAR) {
        read_each(c, map, each, rule);
    }
    rule->clear = rule_of(c, map, "clear", rule->unit);
    rule->reads_health = reads_health(c, rule->when) || reads_health(c, rule->clear);
    if (rule->because.len == 0) {
        rule->because = rule->name;
    }
}

static int by_name(const void *a, const void *b)
{
    return cn_str_compare(((const struct cn_signal_rule *)a)->name,
                          ((const struct cn_signal_rule *)b)->name);
}

bool cn_signal_rule_find(const struct cn_signal_model *model, cn_str name, size_t *rule_out)
{
    const struct cn_signal_rule key = { .name = name };
    const struct cn_signal_rule *found =
        model->rule_count == 0
            ? NULL
            : bsearch(&key, model->rules, model->rule_count, sizeof(key), by_name);
    if (found != NULL) {
        *rule_out = (size_t)(found - model->rules);
    }
    return found != NULL;
}

/* Names are unique over all files, and no two rules go on from the same one. */
static void check_names(struct compiler *c, const struct cn_node *const *nodes,
                        const struct cn_signal_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            struct cn_place place = cn_node_key_place(nodes[i]);
            if (cn_str_equal(rules[i].name, rules[j].name)) {
                c->ok = cn_diagnose(c->problems, &place, "%.*s is defined in %.*s already",
                                    CN_STR_ARG(rules[i].name), CN_STR_ARG(nodes[j]->file));
            } else if (rules[i].was.len > 0 && (cn_str_equal(rules[i].was, rules[j].was) ||
                                                cn_str_equal(rules[i].was, rules[j].name))) {
                c->ok = cn_diagnose(c->problems, &place, "%.*s was %.*s, and so is %.*s",
                                    CN_STR_ARG(rules[i].name), CN_STR_ARG(rules[i].was),
                                    CN_STR_ARG(rules[j].name));
            }
        }
    }
}

/* All rules of all files, in the order of the text; NULL if there are too many. */
static const struct cn_node **list_rules(struct compiler *c, const struct cn_section_input *input,
                                         size_t *count_out)
{
    const struct cn_node **nodes =
        cn_arena_array(c->arena, const struct cn_node *, CN_SIGNALS_MAX + 1);
    size_t count = 0;
    for (size_t i = 0; i < input->count; i++) {
        const struct cn_node *map = input->nodes[i];
        if (map->kind != CN_NODE_MAP && map->kind != CN_NODE_NULL) {
            problem(c, cn_node_place(map), "signals must be a map of names to rules");
            continue;
        }
        for (size_t item = 0; item < map->count; item++) {
            if (count == CN_SIGNALS_MAX) {
                too_many(c, &map->items[item], "a program", CN_SIGNALS_MAX, "signals");
                return NULL;
            }
            nodes[count++] = &map->items[item];
        }
    }
    *count_out = count;
    return nodes;
}

static bool compile(const struct cn_section_input *input, void **compiled_out,
                    struct cn_diagnostics *problems)
{
    struct cn_signal_env *env = input->env;
    struct compiler c = { .arena = input->arena, .env = env, .problems = problems, .ok = true };
    struct cn_signal_model *model = cn_arena_new(input->arena, struct cn_signal_model);
    const struct cn_node **nodes = list_rules(&c, input, &model->rule_count);
    if (nodes == NULL) {
        return false;
    }
    model->program = env->rules;
    model->section = env->section;
    model->rules = cn_arena_array(input->arena, struct cn_signal_rule, model->rule_count + 1);
    for (size_t i = 0; i < model->rule_count; i++) {
        read_rule(&c, nodes[i], &model->rules[i]);
    }
    check_names(&c, nodes, model->rules, model->rule_count);
    if (!c.ok) {
        return false;
    }
    qsort(model->rules, model->rule_count, sizeof(model->rules[0]), by_name);
    *compiled_out = model;
    return true;
}

static const struct cn_node_field rule_shape = { .shape = CN_SHAPE_MAP, .object = &rule_fields };
static const struct cn_node_field rules_shape = { .shape = CN_SHAPE_MAP,
                                                  .key_shape = CN_SHAPE_NAME,
                                                  .element = &rule_shape };

const struct cn_program_section cn_signal_section = {
    .key = "signals",
    .form = CN_SECTION_KEY,
    .doc = "Which conditions ask a person for attention. What is true when a rule is asked for the "
           "first time of an account was so already: it is shown, and tells nobody until a person "
           "starts it. A condition without an answer, because data is missing, moves nothing",
    .compile = compile,
    .value = &rules_shape,
    .example = "signals:\n"
               "  usage-drop:\n"
               "    because: usage fell by more than 15 % in four weeks\n"
               "    when: arr > 5000.0 && active_users.change(28) < -0.15\n"
               "    clear: active_users.change(28) > -0.1\n"
               "    severity: high\n"
               "    rearm: 14d\n",
};

const uint32_t *cn_signal_rule_columns(const struct cn_signal_model *model, size_t rule,
                                       struct cn_arena *arena, size_t *count_out)
{
    const struct cn_signal_rule *item = &model->rules[rule];
    const uint32_t rules[] = { item->when, item->clear };
    const uint32_t *read[CN_ARRAY_LEN(rules)] = { 0 };
    size_t counts[CN_ARRAY_LEN(rules)] = { 0 };
    size_t most = 1;
    size_t count = 0;
    for (size_t i = 0; i < CN_ARRAY_LEN(rules); i++) {
        if (rules[i] != CN_NO_RULE) {
            read[i] = cn_cel_expr_columns(cn_rules_expr(model->program, rules[i]), &counts[i]);
            most += counts[i];
        }
    }
    uint32_t *columns = cn_arena_array(arena, uint32_t, most);
    for (size_t i = 0; i < CN_ARRAY_LEN(rules); i++) {
        for (size_t j = 0; read[i] != NULL && j < counts[i]; j++) {
            bool is_there = false;
            for (size_t k = 0; k < count; k++) {
                is_there |= columns[k] == read[i][j];
            }
            if (!is_there) {
                columns[count++] = read[i][j];
            }
        }
    }
    *count_out = count;
    return columns;
}
