#include "engine/program.h"

#include <stdlib.h>

#include "base/str.h"

#include "engine/cases.h"
#include "program/version.h"

enum {
    ARENA_BLOCK_BYTES = 64 * 1024
};

const struct cn_program_section *const cn_program_sections[] = {
    &cn_metric_section,    &cn_segment_model_section, &cn_segment_section, &cn_coverage_section,
    &cn_lifecycle_section, &cn_health_section,        &cn_signal_section,  &cn_case_section,
};
const size_t cn_program_section_count = CN_ARRAY_LEN(cn_program_sections);

static bool resolve_lists(struct cn_engine_program *program, struct cn_diagnostics *problems)
{
    static const char *const names[CN_LIST_COLUMN_COUNT] = {
        [CN_LIST_NAME] = "name",
        [CN_LIST_EXTERNAL_ID] = "external_id",
        [CN_LIST_ARR] = "arr",
        [CN_LIST_DAYS_TO_RENEWAL] = "days_to_renewal",
        [CN_LIST_CURRENCY] = "currency",
        [CN_LIST_OPEN_TICKETS] = "open_tickets",
        [CN_LIST_DAYS_SINCE_TOUCH] = "days_since_touch",
        [CN_LIST_TENURE_DAYS] = "tenure_days",
        [CN_LIST_UNASKED_TOUCHES] = "touches.unasked(30)",
    };
    for (size_t i = 0; i < CN_LIST_COLUMN_COUNT; i++) {
        struct cn_error err;
        if (!cn_column_set_find_text(&program->columns, cn_str_of(names[i]),
                                     &program->list_columns[i], &err)) {
            struct cn_place nowhere = { 0 };
            return cn_diagnose(problems, &nowhere, "%s", err.message);
        }
    }
    return true;
}

static bool compile_metrics(struct cn_engine_program *program, const struct cn_program_tree *tree,
                            const struct cn_program_ground *ground, struct cn_diagnostics *problems)
{
    void *compiled = NULL;
    if (!cn_program_compile(&program->arena, tree, &cn_metric_section, NULL, &compiled, problems)) {
        return false;
    }
    program->metrics = compiled;
    program->metric_source = cn_metric_source_new(&(struct cn_metric_source_options){
        .metrics = program->metrics, .rollup = ground->rollup, .tz = ground->tz });
    return true;
}

/* The sections that read each other, whatever their order. */
static bool compile_rules(struct cn_engine_program *program, const struct cn_program_tree *tree,
                          struct cn_segment_env *segments, struct cn_health_env *health,
                          struct cn_diagnostics *problems)
{
    struct cn_signal_env signals = { .rules = program->rules,
                                     .section = cn_rules_section(program->rules) };
    const struct {
        const struct cn_program_section *section;
        void *env;
    } parts[] = {
        { &cn_segment_model_section, segments }, { &cn_segment_section, segments },
        { &cn_coverage_section, segments },      { &cn_lifecycle_section, segments },
        { &cn_health_section, health },          { &cn_signal_section, &signals },
    };
    void *compiled[CN_ARRAY_LEN(parts)] = { NULL };
    bool ok = true;
    for (size_t i = 0; i < CN_ARRAY_LEN(parts); i++) {
        ok = cn_program_compile(&program->arena, tree, parts[i].section, parts[i].env, &compiled[i],
                                problems) &&
             ok;
    }
    program->segments = segments->model;
    program->health = compiled[CN_ARRAY_LEN(parts) - 2];
    program->signals = compiled[CN_ARRAY_LEN(parts) - 1];
    return ok;
}

/* Before the rules are put in order, so that it may read whatever they make. */
static bool compile_asked(const struct cn_engine_program *program, struct cn_program_asked *asked,
                          struct cn_diagnostics *problems)
{
    asked->section = cn_rules_section(program->rules);
    asked->unit =
        cn_rules_unit(program->rules, &(struct cn_unit_spec){ .section = asked->section,
                                                              .name = CN_STR("what is asked"),
                                                              .part_of = CN_NO_UNIT });
    asked->rule = cn_rules_add(program->rules, asked->unit, asked->node, asked->want,
                               asked->problems != NULL ? asked->problems : problems);
    asked->is_checked = true;
    return asked->rule != CN_NO_RULE;
}

/* Rules read metrics, and what other rules make: first all names are known, then expressions are
 * checked, then they are put in order.  A tree is whole if all files could be parsed. */
static bool compile_sections(struct cn_engine_program *program, const struct cn_program_tree *tree,
                             const struct cn_program_ground *ground, bool is_whole,
                             struct cn_diagnostics *problems)
{
    struct cn_segment_env segments;
    struct cn_health_env health;
    if (!compile_metrics(program, tree, ground, problems)) {
        return false;
    }
    cn_column_set_init(&program->columns, &program->arena, program->sources, CN_PROGRAM_SOURCES);
    program->rules = cn_rules_new(&program->arena, &program->columns, ground->strings);
    cn_health_prepare(&program->arena, program->rules, tree, &health);
    cn_segment_prepare(&program->arena, program->rules, ground->strings, tree, &segments);
    program->sources[0] = cn_segment_source(&segments);
    program->sources[1] = ground->book;
    program->sources[2] = cn_metric_source_columns(program->metric_source);
    program->sources[3] = cn_health_source(&health);
    bool ok = compile_rules(program, tree, &segments, &health, problems);
    if (ok && is_whole) { /* else the cases name rules that are not there */
        struct cn_case_env cases = { .columns = &program->columns,
                                     .health = program->health,
                                     .segments = program->segments,
                                     .signals = program->signals };
        void *compiled = NULL;
        ok = cn_program_compile(&program->arena, tree, &cn_case_section, &cases, &compiled,
                                problems);
        program->cases = compiled;
    }
    ok = (ground->asked == NULL || compile_asked(program, ground->asked, problems)) && ok;
    ok = resolve_lists(program, problems) && ok;
    /* Also after other mistakes: what reads itself is told with them. */
    return cn_rules_finish(program->rules, problems) && ok;
}

bool cn_engine_program_compile(const struct cn_program_files *files,
                               const struct cn_program_ground *ground,
                               struct cn_engine_program **program_out,
                               struct cn_diagnostics *problems)
{
    struct cn_engine_program *program = cn_heap_resize(NULL, sizeof(*program));
    *program = (struct cn_engine_program){ 0 };
    cn_arena_init(&program->arena, ARENA_BLOCK_BYTES);
    struct cn_program_tree tree = { 0 };
    bool parsed = cn_program_parse(&program->arena, files, cn_program_sections,
                                   cn_program_section_count, &tree, problems);
    /* A file that does not parse does not keep the others' mistakes from being found. */
    const size_t unread = problems->count;
    bool compiled = compile_sections(program, &tree, ground, parsed, problems);
    cn_program_drop_followers(&tree, unread, problems);
    if (!parsed || !compiled) {
        cn_engine_program_free(program);
        return false;
    }
    *program_out = program;
    return true;
}

void cn_engine_program_start(struct cn_engine_program *program,
                             const struct cn_program_start_list *starts)
{
    size_t count = program->signals->rule_count;
    program->at_once = cn_arena_array(&program->arena, bool, count + 1);
    program->starters = cn_arena_array(&program->arena, int64_t, count + 1);
    for (size_t i = 0; i < starts->count; i++) {
        size_t rule = 0;
        if (cn_signal_rule_find(program->signals, starts->items[i].rule, &rule)) {
            program->at_once[rule] = true;
            program->starters[rule] = starts->items[i].author_id;
        }
    }
}

bool cn_engine_program_compares(const struct cn_engine_program *program)
{
    return cn_column_set_compares(&program->columns) || program->health->has_families;
}

bool cn_engine_program_compares_made(const struct cn_engine_program *program)
{
    return cn_column_set_compares_made(&program->columns) || program->health->has_families;
}

bool cn_engine_program_ranks(const struct cn_engine_program *program)
{
    bool ranks = false;
    for (size_t i = 0; i < program->columns.count; i++) {
        const struct cn_column_def *def = &program->columns.items[i];
        ranks = ranks || (def->spec.needs_rows && !cn_column_is_of_family(def));
    }
    return ranks;
}

void cn_engine_program_free(struct cn_engine_program *program)
{
    if (program != NULL) {
        cn_metric_source_free(program->metric_source);
        cn_arena_deinit(&program->arena);
        free(program);
    }
}
