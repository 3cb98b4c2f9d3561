/* From expressions to strata; evaluating them is in rules_run.c. */
#include "frame/rules.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

#include "frame/rules_state.h"
#include "frame/strata.h"
#include "program/expression.h"

enum {
    CYCLE_MAX_BYTES = 2000,
    CYCLE_READS_SHOWN = 4,
    CYCLES_TOLD = 10,
    CYCLES_SEEN = 100 /* many may read alike */
};

struct cn_rules *cn_rules_new(struct cn_arena *arena, struct cn_column_set *columns,
                              struct cn_interner *strings)
{
    struct cn_rules *rules = cn_arena_new(arena, struct cn_rules);
    *rules = (struct cn_rules){ .arena = arena,
                                .columns = columns,
                                .schema = cn_frame_schema(columns),
                                .strings = cn_frame_cel_strings(strings) };
    return rules;
}

struct cn_column_set *cn_rules_columns(const struct cn_rules *rules)
{
    return rules->columns;
}

const struct cn_cel_strings *cn_rules_strings(const struct cn_rules *rules)
{
    return &rules->strings;
}

uint32_t cn_rules_section(struct cn_rules *rules)
{
    assert(rules->section_count < CN_FRAME_STATES);
    return rules->section_count++;
}

uint32_t cn_rules_unit(struct cn_rules *rules, const struct cn_unit_spec *spec)
{
    if (rules->unit_count == rules->unit_capacity) {
        size_t capacity = rules->unit_capacity == 0 ? 32 : rules->unit_capacity * 2;
        struct rule_unit *units = cn_arena_array(rules->arena, struct rule_unit, capacity);
        if (rules->unit_count > 0) {
            memcpy(units, rules->units, rules->unit_count * sizeof(*units));
        }
        rules->units = units;
        rules->unit_capacity = capacity;
    }
    rules->units[rules->unit_count] = (struct rule_unit){ .spec = *spec };
    return (uint32_t)rules->unit_count++;
}

/* ---- expressions ---- */

static void append(struct cn_rules *rules, const struct rule *rule)
{
    if (rules->count == rules->capacity) {
        size_t capacity = rules->capacity == 0 ? 64 : rules->capacity * 2;
        struct rule *items = cn_arena_array(rules->arena, struct rule, capacity);
        if (rules->count > 0) {
            memcpy(items, rules->items, rules->count * sizeof(*items));
        }
        rules->items = items;
        rules->capacity = capacity;
    }
    rules->items[rules->count++] = *rule;
}

uint32_t cn_rules_add(struct cn_rules *rules, uint32_t unit, const struct cn_node *node,
                      enum cn_cel_kind want, struct cn_diagnostics *problems)
{
    struct cn_cel_expr *expr = NULL;
    struct cn_place place = cn_node_place(node);
    if (rules->count == CN_RULES_MAX) {
        (void)cn_diagnose(problems, &place, "a program has at most %d expressions", CN_RULES_MAX);
        return CN_NO_RULE;
    }
    if (!cn_node_expression(rules->arena, &rules->schema, node, want, &expr, problems)) {
        return CN_NO_RULE;
    }
    append(rules, &(struct rule){ .expr = expr, .place = place, .unit = unit });
    return (uint32_t)(rules->count - 1);
}

uint32_t cn_rules_add_text(struct cn_rules *rules, uint32_t unit, cn_str text,
                           const struct cn_node *node, enum cn_cel_kind want,
                           struct cn_diagnostics *problems)
{
    struct cn_node *stands = cn_arena_new(rules->arena, struct cn_node);
    *stands = *node;
    stands->kind = CN_NODE_SCALAR;
    stands->text = cn_arena_str(rules->arena, text);
    stands->raw = CN_STR(""); /* so that problems have the node's own place */
    return cn_rules_add(rules, unit, stands, want, problems);
}

void cn_rules_after(struct cn_rules *rules, uint32_t unit, uint32_t other)
{
    struct unit_after *after = cn_arena_new(rules->arena, struct unit_after);
    *after = (struct unit_after){ other, rules->units[unit].after };
    rules->units[unit].after = after;
}

/* ---- strata ---- */

/* Nodes: first the units, then the columns. */
struct graph {
    struct cn_rules *rules;
    struct cn_strata strata;
    struct cn_strata_order order;
};

static uint32_t column_node(const struct graph *g, uint32_t column)
{
    return (uint32_t)g->rules->unit_count + column;
}

static void add_unit_edges(struct graph *g, uint32_t unit)
{
    const struct cn_unit_spec *spec = &g->rules->units[unit].spec;
    if (spec->part_of != CN_NO_UNIT) {
        cn_strata_reads(&g->strata, spec->part_of, unit, false);
    }
    for (const struct unit_after *a = g->rules->units[unit].after; a != NULL; a = a->next) {
        cn_strata_reads(&g->strata, unit, a->unit, true);
    }
}

static void add_column_edges(struct graph *g, uint32_t index)
{
    const struct cn_column_def *def = &g->rules->columns->items[index];
    for (size_t i = 0; i < def->input_count; i++) {
        cn_strata_reads(&g->strata, column_node(g, index), column_node(g, def->inputs[i]), true);
    }
    if (def->spec.maker != 0) {
        cn_strata_reads(&g->strata, column_node(g, index), def->spec.maker - 1, true);
    }
}

static void build(struct graph *g)
{
    const struct cn_rules *rules = g->rules;
    cn_strata_init(&g->strata, rules->arena);
    for (size_t i = 0; i < rules->unit_count; i++) {
        (void)cn_strata_add(&g->strata, rules->units[i].spec.name); /* numbered as the units */
    }
    for (size_t i = 0; i < rules->columns->count; i++) {
        (void)cn_strata_add(&g->strata, rules->columns->items[i].name);
    }
    for (uint32_t i = 0; i < rules->unit_count; i++) {
        add_unit_edges(g, i);
    }
    for (uint32_t i = 0; i < rules->columns->count; i++) {
        add_column_edges(g, i);
    }
    for (size_t i = 0; i < rules->count; i++) {
        size_t count = 0;
        const uint32_t *columns = cn_cel_expr_columns(rules->items[i].expr, &count);
        for (size_t c = 0; c < count; c++) {
            cn_strata_reads(&g->strata, rules->items[i].unit, column_node(g, columns[c]), false);
        }
    }
}

/* The first expression of the unit that reads the column, or NULL. */
static const struct rule *find_reader(const struct cn_rules *rules, uint32_t unit, uint32_t column)
{
    for (size_t i = 0; i < rules->count; i++) {
        size_t count = 0;
        const uint32_t *columns = cn_cel_expr_columns(rules->items[i].expr, &count);
        for (size_t c = 0; rules->items[i].unit == unit && c < count; c++) {
            if (columns[c] == column) {
                return &rules->items[i];
            }
        }
    }
    return NULL;
}

/* "segment vip reads health.score (segments.yaml:4:11), scorecard mid reads segment.vip (...)", and
 * the place of the first. */
static cn_str say_cycle(const struct graph *g, const uint32_t *members, size_t count,
                        struct cn_place *first_out)
{
    const struct cn_rules *rules = g->rules;
    struct cn_place first = { 0 };
    struct cn_buf text;
    size_t reads = 0;
    cn_buf_init(&text, CYCLE_MAX_BYTES);
    for (size_t i = 0; i < count; i++) {
        uint32_t unit = members[i];
        uint32_t next = members[(i + 1) % count];
        if (unit >= rules->unit_count || next < rules->unit_count) {
            continue; /* not an expression that reads a column */
        }
        const struct rule *rule = find_reader(rules, unit, next - (uint32_t)rules->unit_count);
        reads += rule != NULL;
        if (rule != NULL && reads <= CYCLE_READS_SHOWN) {
            cn_str column = rules->columns->items[next - rules->unit_count].name;
            cn_buf_printf(&text, "%s%.*s reads %.*s (%.*s:%lld:%lld)", text.len > 0 ? ", " : "",
                          CN_STR_ARG(rules->units[unit].spec.name), CN_STR_ARG(column),
                          CN_STR_ARG(rule->place.source), (long long)rule->place.line,
                          (long long)rule->place.column);
            first = first.line == 0 ? rule->place : first;
        }
    }
    if (reads > CYCLE_READS_SHOWN) {
        cn_buf_printf(&text, ", and so on through %zu more", reads - CYCLE_READS_SHOWN);
    }
    cn_str said = cn_arena_str(rules->arena, cn_buf_str(&text));
    cn_buf_deinit(&text);
    *first_out = first;
    return said;
}

/* Some of them, each once: expressions of one unit that read the same are one. */
static void report_cycles(const struct graph *g, struct cn_diagnostics *problems)
{
    cn_str told[CYCLES_TOLD];
    size_t told_count = 0;
    size_t count = 0;
    const uint32_t *members = cn_strata_cycle(&g->strata, 0, &count);
    for (size_t which = 1; count > 0 && told_count < CYCLES_TOLD && which < CYCLES_SEEN; which++) {
        struct cn_place first;
        cn_str text = say_cycle(g, members, count, &first);
        bool is_new = true;
        for (size_t i = 0; i < told_count; i++) {
            is_new = is_new && !cn_str_equal(told[i], text);
        }
        if (is_new) {
            told[told_count++] = text;
            (void)cn_diagnose(problems, &first, "a cycle: %.*s", CN_STR_ARG(text));
        }
        members = cn_strata_cycle(&g->strata, which, &count);
    }
}

/* What reads state makes state; the order has what is read first. */
static void spread_state(const struct graph *g)
{
    const struct cn_rules *rules = g->rules;
    bool *reads = cn_arena_array(rules->arena, bool, g->order.count);
    for (size_t i = 0; i < g->order.count; i++) {
        uint32_t node = g->order.nodes[i];
        if (node >= rules->unit_count) {
            struct cn_column_spec *spec = &rules->columns->items[node - rules->unit_count].spec;
            reads[node] = spec->reads_state;
        }
        size_t count = 0;
        const uint32_t *read = cn_strata_read_by(&g->strata, node, rules->arena, &count);
        for (size_t n = 0; n < count; n++) {
            reads[node] = reads[node] || reads[read[n]];
        }
        if (node >= rules->unit_count) {
            rules->columns->items[node - rules->unit_count].spec.reads_state = reads[node];
        } else {
            rules->units[node].reads_state = reads[node];
        }
    }
}

/* The unit with which it is evaluated. */
static uint32_t root_of(const struct cn_rules *rules, uint32_t unit)
{
    while (rules->units[unit].spec.part_of != CN_NO_UNIT) {
        unit = rules->units[unit].spec.part_of;
    }
    return unit;
}

static void place(const struct graph *g)
{
    struct cn_rules *rules = g->rules;
    struct cn_column_set *columns = rules->columns;
    for (size_t i = 0; i < columns->count; i++) {
        columns->items[i].stratum = g->order.stratum[column_node(g, (uint32_t)i)];
    }
    columns->stratum_count = g->order.stratum_count;
    rules->stratum_count = g->order.stratum_count;
    rules->strata = cn_arena_array(rules->arena, struct rule_stratum, rules->stratum_count);
    for (uint32_t i = 0; i < rules->unit_count; i++) {
        struct rule_unit *unit = &rules->units[i];
        unit->stratum = g->order.stratum[root_of(rules, i)];
        rules->strata[unit->stratum].sections |= 1U << unit->spec.section;
    }
}

static bool make_plans(struct cn_rules *rules, struct cn_diagnostics *problems)
{
    bool ok = true;
    for (uint32_t s = 0; s < rules->stratum_count; s++) {
        struct cn_cel_planner *planner = cn_cel_planner_new(rules->arena, &rules->strings);
        for (size_t i = 0; i < rules->count; i++) {
            struct rule *rule = &rules->items[i];
            struct cn_error err;
            if (rules->units[rule->unit].stratum == s &&
                !cn_cel_plan_add(planner, rule->expr, &rule->output, &err)) {
                ok = cn_diagnose(problems, &rule->place, "%s", err.message);
            }
        }
        rules->strata[s].plan = cn_cel_plan_finish(planner);
    }
    return ok;
}

bool cn_rules_finish(struct cn_rules *rules, struct cn_diagnostics *problems)
{
    struct graph g = { .rules = rules };
    struct cn_error err;
    build(&g);
    if (!cn_strata_sort(&g.strata, &g.order, &err)) {
        report_cycles(&g, problems);
        return false;
    }
    place(&g);
    spread_state(&g);
    return make_plans(rules, problems);
}

/* ---- once finished ---- */

size_t cn_rules_count(const struct cn_rules *rules)
{
    return rules->count;
}

const struct cn_cel_expr *cn_rules_expr(const struct cn_rules *rules, uint32_t rule)
{
    assert(rule < rules->count);
    return rules->items[rule].expr;
}

uint32_t cn_rules_stratum(const struct cn_rules *rules, uint32_t unit)
{
    return rules->units[unit].stratum;
}

bool cn_rules_reads_state(const struct cn_rules *rules, uint32_t unit)
{
    return rules->units[unit].reads_state;
}

/* Units to be looked at, each once. */
struct unit_walk {
    const struct cn_rules *rules;
    bool *columns;
    bool *seen;
    uint32_t *units;
    size_t count;
};

static void walk_to_unit(struct unit_walk *walk, uint32_t unit)
{
    if (!walk->seen[unit]) {
        walk->seen[unit] = true;
        walk->units[walk->count++] = unit;
    }
}

/* The column, those that it is computed from, and the units that make them. */
static void walk_to_column(struct unit_walk *walk, uint32_t column, struct cn_arena *arena)
{
    const struct cn_column_set *set = walk->rules->columns;
    size_t count = 0;
    if (walk->columns[column]) {
        return;
    }
    uint32_t *waiting = cn_arena_array(arena, uint32_t, set->count * CN_COLUMN_INPUTS_MAX + 1);
    waiting[count++] = column;
    while (count > 0) {
        uint32_t index = waiting[--count];
        const struct cn_column_def *def = &set->items[index];
        if (walk->columns[index]) {
            continue;
        }
        walk->columns[index] = true;
        if (def->spec.maker != 0) {
            walk_to_unit(walk, def->spec.maker - 1);
        }
        for (size_t i = 0; i < def->input_count; i++) {
            waiting[count++] = def->inputs[i];
        }
    }
}

static void walk_unit(struct unit_walk *walk, uint32_t unit, struct cn_arena *arena)
{
    const struct cn_rules *rules = walk->rules;
    for (const struct unit_after *a = rules->units[unit].after; a != NULL; a = a->next) {
        walk_to_unit(walk, a->unit);
    }
    for (uint32_t other = 0; other < rules->unit_count; other++) {
        if (rules->units[other].spec.part_of == unit) {
            walk_to_unit(walk, other);
        }
    }
    for (size_t i = 0; i < rules->count; i++) {
        size_t count = 0;
        const uint32_t *columns = cn_cel_expr_columns(rules->items[i].expr, &count);
        for (size_t c = 0; rules->items[i].unit == unit && c < count; c++) {
            walk_to_column(walk, columns[c], arena);
        }
    }
}

void cn_rules_mark_read(const struct cn_rules *rules, uint32_t unit, struct cn_arena *arena,
                        bool *columns)
{
    struct unit_walk walk = { .rules = rules };
    walk.columns = columns;
    walk.seen = cn_arena_array(arena, bool, rules->unit_count + 1);
    walk.units = cn_arena_array(arena, uint32_t, rules->unit_count + 1);
    walk_to_unit(&walk, unit);
    for (size_t i = 0; i < walk.count; i++) {
        walk_unit(&walk, walk.units[i], arena);
    }
}
