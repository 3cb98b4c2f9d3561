#include "engine/cases.h"

#include <math.h>
#include <stdio.h>

#include "base/str.h"
#include "base/time.h"

enum {
    WANTED_MAX_BYTES = 100,
    SPAN_MAX_HOURS = 2000000000, /* what a span holds is 2.56 thousand millions */
};

static const char *const colour_names[] = { "none", "red", "yellow", "green" };

static const struct cn_node_field fact = { .shape = CN_SHAPE_ANY,
                                           .doc = "its value; null: missing" };
static const struct cn_node_field reason = { .shape = CN_SHAPE_TEXT,
                                             .doc = "the `because` of an exception" };
static const struct cn_node_field segment = { .shape = CN_SHAPE_TEXT,
                                              .doc = "the name of a segment" };
static const struct cn_node_field signal = { .shape = CN_SHAPE_TEXT,
                                             .doc = "the name of a signal" };

static const struct cn_node_field shadow = {
    .shape = CN_SHAPE_ANY, .doc = "as `score`, by the name of a scorecard; \"none\": it has none"
};

static const struct cn_node_field expect_rows[] = {
    { "scorecard", CN_SHAPE_TEXT, false, "the scorecard that applies, or \"none\"" },
    { "score", CN_SHAPE_NUMBER, false,
      "a whole number: as it is shown; with decimals: to the thousandth", .max = 100 },
    { "colour", CN_SHAPE_TEXT, false, "the colour", CN_CHOICES(colour_names) },
    { "grey", CN_SHAPE_BOOL, false, "too little is known" },
    { "confidence", CN_SHAPE_NUMBER, false, "how much is known and fresh", .max = 1 },
    { "exceptions", CN_SHAPE_LIST, false, "those that fire, all of them", .element = &reason },
    { "segments", CN_SHAPE_LIST, false, "those that it is in, all of them", .element = &segment },
    { "signals", CN_SHAPE_LIST, false, "those of which the condition holds, all of them",
      .element = &signal },
    { "coverage", CN_SHAPE_TEXT, false, "the coverage model that it is in, or \"none\"" },
    { "stage", CN_SHAPE_TEXT, false, "the lifecycle stage that it is in, or \"none\"" },
    { "shadows", CN_SHAPE_MAP, false, "scores of scorecards that are shadows, some of them",
      .key_shape = CN_SHAPE_TEXT, .element = &shadow },
};
static const struct cn_node_fields expect_fields = CN_NODE_FIELDS(
    "expect", "What must come of the facts; what is not said may be anything", expect_rows);

static const struct cn_node_field child = { .shape = CN_SHAPE_MAP,
                                            .key_shape = CN_SHAPE_TEXT,
                                            .element = &fact,
                                            .doc = "facts of a child account, as those given" };

static const struct cn_node_field case_rows[] = {
    { "name", CN_SHAPE_TEXT, true, "what is tested, as a sentence" },
    { "given", CN_SHAPE_MAP, false, "facts by the names that rules read: `arr`, `logins.sum(28)`",
      .key_shape = CN_SHAPE_TEXT, .element = &fact },
    { "children", CN_SHAPE_LIST, false,
      "accounts of which it is the parent: then `children.*`, `parent.*` and scores of families "
      "are "
      "computed",
      .element = &child },
    { "before", CN_SHAPE_TEXT, false, "the colour before, since rising takes a margin",
      .initial = "none", CN_CHOICES(colour_names) },
    { "expect", CN_SHAPE_MAP, true, "what must come of it", .object = &expect_fields },
};
static const struct cn_node_fields case_fields =
    CN_NODE_FIELDS("test", "Facts that are given, and what must come of them", case_rows);

static const struct cn_node_field case_item = { .shape = CN_SHAPE_MAP, .object = &case_fields };
static const struct cn_node_field section_value = { .shape = CN_SHAPE_LIST, .element = &case_item };

struct reader {
    struct cn_arena *arena;
    const struct cn_case_env *env;
    struct cn_diagnostics *problems;
};

/* " (did you mean ...?)" among the columns that rules read. */
static bool unknown_fact(const struct reader *reader, const struct cn_node *node)
{
    const struct cn_column_set *columns = reader->env->columns;
    struct cn_place place = cn_node_key_place(node);
    cn_str *names = cn_arena_array(reader->arena, cn_str, columns->count + 1);
    for (size_t i = 0; i < columns->count; i++) {
        names[i] = columns->items[i].name;
    }
    cn_str hint = cn_suggest(reader->arena, node->key, names, columns->count);
    return cn_diagnose(reader->problems, &place, "no rule reads \"%.*s\"%.*s",
                       CN_STR_ARG(cn_str_slice(node->key, 0, 100)), CN_STR_ARG(hint));
}

static bool read_value(const struct reader *reader, const struct cn_node *node,
                       enum cn_column_type type, struct cn_case_given *given)
{
    bool flag = false;
    switch (type) {
    case CN_COLUMN_BOOL:
        if (!cn_node_bool(node, &flag, reader->problems)) {
            return false;
        }
        given->number = flag ? 1 : 0;
        return true;
    case CN_COLUMN_STR:
        return cn_node_str(node, &given->text, reader->problems);
    case CN_COLUMN_TIME:
        return (node->kind == CN_NODE_SCALAR && cn_time_parse(node->text, &given->at)) ||
               cn_node_wrong(node, "a moment such as 2026-03-01T12:00:00Z", reader->problems);
    case CN_COLUMN_F64:
    case CN_COLUMN_I64:
    case CN_COLUMN_SPAN:
        break;
    }
    if (!cn_node_f64(node, &given->number, reader->problems)) {
        return false;
    }
    const double max = type == CN_COLUMN_I64    ? (double)CN_CASE_WHOLE_MAX
                       : type == CN_COLUMN_SPAN ? (double)SPAN_MAX_HOURS
                                                : HUGE_VAL;
    char wanted[WANTED_MAX_BYTES];
    (void)snprintf(wanted, sizeof(wanted), "a number from -%.0f to %.0f", max, max); /* fits */
    return fabs(given->number) <= max || cn_node_wrong(node, wanted, reader->problems);
}

static bool read_given(const struct reader *reader, const struct cn_node *map,
                       struct cn_case_facts *into)
{
    bool ok = true;
    size_t count = map != NULL && map->kind == CN_NODE_MAP ? map->count : 0;
    into->items = cn_arena_array(reader->arena, struct cn_case_given, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct cn_node *node = &map->items[i];
        struct cn_case_given given = { 0 };
        if (!cn_column_set_has(reader->env->columns, node->key, &given.column)) {
            ok = unknown_fact(reader, node);
            continue;
        }
        const struct cn_column_spec *spec = &reader->env->columns->items[given.column].spec;
        if (spec->maker != 0) {
            struct cn_place place = cn_node_key_place(node);
            ok = cn_diagnose(reader->problems, &place,
                             "\"%.*s\" is what the program makes: it cannot be given",
                             CN_STR_ARG(node->key));
        } else if (node->kind != CN_NODE_NULL) {
            if (read_value(reader, node, spec->type, &given)) {
                into->items[into->count++] = given;
            } else {
                ok = false;
            }
        }
    }
    return ok;
}

/* Without a rule that looks at them they would be without meaning. */
static bool read_children(const struct reader *reader, const struct cn_node *list,
                          struct cn_case *into)
{
    size_t count = list != NULL && list->kind == CN_NODE_LIST ? list->count : 0;
    uint32_t parent = 0;
    bool ok = true;
    if (count > 0 && !cn_column_set_has(reader->env->columns, CN_STR("parent_id"), &parent)) {
        struct cn_place place = cn_node_key_place(list);
        return cn_diagnose(reader->problems, &place,
                           "no rule reads children, and no scorecard takes them");
    }
    if (count > CN_CASE_CHILDREN_MAX) {
        struct cn_place place = cn_node_key_place(list);
        return cn_diagnose(reader->problems, &place, "a test has at most %d children",
                           CN_CASE_CHILDREN_MAX);
    }
    into->children = cn_arena_array(reader->arena, struct cn_case_facts, count + 1);
    for (size_t i = 0; i < count; i++) {
        ok = read_given(reader, &list->items[i], &into->children[into->child_count++]) && ok;
    }
    return ok;
}

static bool check_scorecard(const struct reader *reader, const struct cn_node *node)
{
    const struct cn_health_model *health = reader->env->health;
    cn_str *names = cn_arena_array(reader->arena, cn_str, health->scorecard_count + 2);
    if (node == NULL || cn_str_equal(node->text, CN_STR("none"))) {
        return true;
    }
    for (size_t i = 0; i < health->scorecard_count; i++) {
        names[i] = health->scorecards[i].name;
        if (cn_str_equal(names[i], node->text)) {
            return true;
        }
    }
    struct cn_place place = cn_node_place(node);
    cn_str hint = cn_suggest(reader->arena, node->text, names, health->scorecard_count);
    return cn_diagnose(reader->problems, &place, "there is no scorecard \"%.*s\"%.*s",
                       CN_STR_ARG(cn_str_slice(node->text, 0, 100)), CN_STR_ARG(hint));
}

static bool is_reason(const struct cn_health_model *health, cn_str because)
{
    for (size_t i = 0; i < health->scorecard_count; i++) {
        for (size_t j = 0; j < health->scorecards[i].exception_count; j++) {
            if (cn_str_equal(health->scorecards[i].exceptions[j].because, because)) {
                return true;
            }
        }
    }
    return false;
}

static bool check_reasons(const struct reader *reader, const struct cn_node *list)
{
    bool ok = true;
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct cn_node *node = &list->items[i];
        cn_str because;
        if (!cn_node_str(node, &because, reader->problems)) {
            ok = false;
        } else if (!is_reason(reader->env->health, because)) {
            struct cn_place place = cn_node_place(node);
            ok = cn_diagnose(reader->problems, &place, "no exception says \"%.*s\"",
                             CN_STR_ARG(cn_str_slice(because, 0, 100)));
        }
    }
    return ok;
}

static bool check_name(const struct reader *reader, const struct cn_node *node, const char *what,
                       const cn_str *names, size_t count)
{
    cn_str name;
    if (!cn_node_str(node, &name, reader->problems)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (cn_str_equal(names[i], name)) {
            return true;
        }
    }
    struct cn_place place = cn_node_place(node);
    cn_str hint = cn_suggest(reader->arena, name, names, count);
    return cn_diagnose(reader->problems, &place, "there is no %s \"%.*s\"%.*s", what,
                       CN_STR_ARG(cn_str_slice(name, 0, 100)), CN_STR_ARG(hint));
}

static bool check_names(const struct reader *reader, const struct cn_node *list, const char *what,
                        const cn_str *names, size_t count)
{
    bool ok = true;
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        ok = check_name(reader, &list->items[i], what, names, count) && ok;
    }
    return ok;
}

/* One of the sets of a kind, or "none". */
static bool check_one(const struct reader *reader, const struct cn_node *node, const char *what,
                      enum cn_segment_kind kind)
{
    const struct cn_segment_model *segments = reader->env->segments;
    cn_str *names = cn_arena_array(reader->arena, cn_str, segments->count + 1);
    size_t count = 0;
    if (node == NULL || cn_str_equal(node->text, CN_STR("none"))) {
        return true;
    }
    for (size_t i = 0; i < segments->count; i++) {
        if (segments->items[i].kind == kind) {
            names[count++] = segments->items[i].name;
        }
    }
    return check_name(reader, node, what, names, count);
}

static bool check_shadows(const struct reader *reader, const struct cn_node *map)
{
    const struct cn_health_model *health = reader->env->health;
    cn_str *names = cn_arena_array(reader->arena, cn_str, health->scorecard_count + 1);
    size_t count = 0;
    bool ok = true;
    for (size_t i = 0; i < health->scorecard_count; i++) {
        if (health->scorecards[i].is_shadow) {
            names[count++] = health->scorecards[i].name;
        }
    }
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        const struct cn_node *node = &map->items[i];
        double points = 0;
        bool found = false;
        for (size_t j = 0; j < count; j++) {
            found = found || cn_str_equal(names[j], node->key);
        }
        if (!found) {
            struct cn_place place = cn_node_key_place(node);
            cn_str hint = cn_suggest(reader->arena, node->key, names, count);
            ok = cn_diagnose(reader->problems, &place, "no scorecard \"%.*s\" is a shadow%.*s",
                             CN_STR_ARG(cn_str_slice(node->key, 0, 100)), CN_STR_ARG(hint));
        } else if (!cn_str_equal(node->text, CN_STR("none"))) {
            ok = cn_node_f64(node, &points, reader->problems) && ok;
        }
    }
    return ok;
}

static bool check_sets(const struct reader *reader, const struct cn_node *expect)
{
    const struct cn_segment_model *segments = reader->env->segments;
    const struct cn_signal_model *signals = reader->env->signals;
    size_t count = 0;
    cn_str *names =
        cn_arena_array(reader->arena, cn_str, segments->count + signals->rule_count + 1);
    for (size_t i = 0; i < segments->count; i++) {
        if (segments->items[i].kind == CN_SEGMENT_PLAIN) {
            names[count++] = segments->items[i].name;
        }
    }
    bool ok = check_names(reader, cn_node_get(expect, "segments"), "segment", names, count);
    for (size_t i = 0; i < signals->rule_count; i++) {
        names[i] = signals->rules[i].name;
    }
    ok =
        check_names(reader, cn_node_get(expect, "signals"), "signal", names, signals->rule_count) &&
        ok;
    ok =
        check_one(reader, cn_node_get(expect, "coverage"), "coverage model", CN_SEGMENT_COVERAGE) &&
        ok;
    return check_one(reader, cn_node_get(expect, "stage"), "lifecycle stage", CN_SEGMENT_STAGE) &&
           ok;
}

static bool read_case(const struct reader *reader, const struct cn_node *node,
                      struct cn_case *case_out)
{
    if (!cn_node_check_fields(node, &case_fields, reader->problems)) {
        return false;
    }
    const struct cn_node *expect = cn_node_get(node, "expect");
    if (!cn_node_check_fields(expect, &expect_fields, reader->problems)) {
        return false;
    }
    *case_out = (struct cn_case){
        .file = node->file,
        .line = node->line,
        .name = cn_node_text(node, "name"),
        .band_before = (enum cn_band)cn_node_choice(node, &case_fields, "before", CN_BAND_NONE),
        .expect = expect,
    };
    bool ok = read_given(reader, cn_node_get(node, "given"), &case_out->given);
    ok = read_children(reader, cn_node_get(node, "children"), case_out) && ok;
    ok = check_shadows(reader, cn_node_get(expect, "shadows")) && ok;
    ok = check_scorecard(reader, cn_node_get(expect, "scorecard")) && ok;
    ok = check_reasons(reader, cn_node_get(expect, "exceptions")) && ok;
    return check_sets(reader, expect) && ok;
}

static bool compile(const struct cn_section_input *input, void **compiled_out,
                    struct cn_diagnostics *problems)
{
    struct reader reader = { input->arena, input->env, problems };
    struct cn_case_list *list = cn_arena_new(input->arena, struct cn_case_list);
    size_t total = 0;
    size_t children = 0;
    bool ok = true;
    for (size_t i = 0; i < input->count; i++) {
        total += input->nodes[i]->count;
    }
    if (total > CN_CASES_MAX) {
        struct cn_place place = cn_node_place(input->nodes[0]);
        return cn_diagnose(problems, &place, "a program has at most %d tests", CN_CASES_MAX);
    }
    list->items = cn_arena_array(input->arena, struct cn_case, total + 1);
    for (size_t i = 0; i < input->count; i++) {
        const struct cn_node *cases = input->nodes[i];
        if (cases->kind != CN_NODE_LIST) {
            ok = cn_node_wrong(cases, "a list of tests", problems);
            continue;
        }
        for (size_t j = 0; j < cases->count; j++) {
            struct cn_case *item = &list->items[list->count++];
            ok = read_case(&reader, &cases->items[j], item) && ok;
            children += item->child_count;
        }
    }
    if (children > CN_CASES_CHILDREN_MAX) {
        struct cn_place place = cn_node_place(input->nodes[0]);
        return cn_diagnose(problems, &place, "the tests of a program have at most %d children",
                           CN_CASES_CHILDREN_MAX);
    }
    *compiled_out = list;
    return ok;
}

const struct cn_program_section cn_case_section = {
    .key = "tests",
    .form = CN_SECTION_KEY,
    .doc = "cases that the program must get right: `cairn program test`",
    .compile = compile,
    .value = &section_value,
    .example = "tests:\n"
               "  - name: without a champion the score is at most 49\n"
               "    given: {arr: 50000, \"logins.sum(28)\": 30, has_champion: false}\n"
               "    expect: {scorecard: mid-touch, score: 49, exceptions: [no champion]}\n",
};
