#include "engine/matches.h"

#include <stdlib.h>

#include "base/str.h"

#include "cel/plan.h"
#include "engine/asked.h"
#include "engine/candidate.h"
#include "frame/schema.h"
#include "program/expression.h"

struct work {
    struct cn_candidate candidate;
    const struct cn_match_question *question;
    struct cn_arena scratch;
    const struct cn_column_source *sources[CN_PROGRAM_SOURCES];
    const struct cn_metric_list *metrics;
    struct cn_metric_source *metric_source;
    struct cn_column_set columns;
    uint32_t name; /* columns that are listed */
    uint32_t arr;
    const struct cn_cel_expr *expr;
    const struct cn_cel_plan *plan;
    struct cn_cel_strings strings;
    struct cn_bitmap matching;
    struct cn_matches *matches;
};

/* The metrics of the files, if these are right; else those that run. */
static const struct cn_metric_list *metrics_of(struct work *work)
{
    struct cn_diagnostics ignored;
    struct cn_program_tree tree = { 0 };
    void *compiled = NULL;
    cn_diagnostics_init(&ignored, &work->scratch);
    bool ok = cn_program_parse(&work->scratch, work->question->files, cn_program_sections,
                               cn_program_section_count, &tree, &ignored);
    /* Another file may be wrong; what matters is this section. */
    (void)ok;
    if (cn_program_compile(&work->scratch, &tree, &cn_metric_section, NULL, &compiled, &ignored) &&
        ((struct cn_metric_list *)compiled)->count > 0) {
        return compiled;
    }
    return work->candidate.engine->program->metrics;
}

/* The names that there are: records and health as they run, metrics as they are written. */
static void prepare(struct work *work)
{
    struct cn_engine *engine = work->candidate.engine;
    work->metrics = metrics_of(work);
    work->metric_source = cn_metric_source_new(&(struct cn_metric_source_options){
        .metrics = work->metrics, .rollup = engine->options.rollup, .tz = engine->options.tz });
    const struct cn_column_source *running =
        cn_metric_source_columns(engine->program->metric_source);
    for (size_t i = 0; i < CN_PROGRAM_SOURCES; i++) {
        bool is_metric = engine->program->sources[i] == running;
        work->sources[i] =
            is_metric ? cn_metric_source_columns(work->metric_source) : engine->program->sources[i];
    }
    cn_column_set_init(&work->columns, &work->scratch, work->sources, CN_PROGRAM_SOURCES);
}

static bool check(struct work *work, struct cn_diagnostics *problems)
{
    const struct cn_node *node = work->matches->rule.node;
    struct cn_arena *arena = &work->scratch;
    struct cn_cel_schema schema = cn_frame_schema(&work->columns);
    struct cn_cel_problems found;
    struct cn_cel_expr *expr = NULL;
    struct cn_cel_options options = { .want = CN_CEL_DYN };
    struct cn_error err;
    size_t output = 0;
    if (cn_str_equal(cn_str_of(work->matches->rule.result), CN_STR("bool"))) {
        options.want = CN_CEL_BOOL;
    } else if (cn_str_equal(cn_str_of(work->matches->rule.result), CN_STR("double"))) {
        options.want = CN_CEL_DOUBLE;
    }
    cn_cel_problems_init(&found, arena, node->text);
    if (!cn_cel_check(arena, &schema, node->text, &options, &expr, &found)) {
        cn_node_report_cel(node, &found, problems);
        return false;
    }
    work->strings = cn_frame_cel_strings(work->candidate.engine->strings);
    struct cn_cel_planner *planner = cn_cel_planner_new(arena, &work->strings);
    if (!cn_cel_plan_add(planner, expr, &output, &err) ||
        !cn_column_set_find_text(&work->columns, CN_STR("name"), &work->name, &err) ||
        !cn_column_set_find_text(&work->columns, CN_STR("arr"), &work->arr, &err)) {
        struct cn_place place = cn_node_place(node);
        return cn_diagnose(problems, &place, "%s", err.message);
    }
    work->plan = cn_cel_plan_finish(planner);
    work->expr = expr;
    return true;
}

/* What the expression reads, and what is listed: in the order in which some read others. */
static bool fill(struct work *work, struct cn_error *err)
{
    struct cn_candidate *candidate = &work->candidate;
    struct cn_engine *engine = candidate->engine;
    if (!cn_candidate_use_metrics(candidate, work->metrics, work->metric_source, err)) {
        return false;
    }
    cn_frame_use(candidate->frame, &work->columns, NULL);
    cn_health_bind(engine->program->health, candidate->frame, &candidate->health);
    cn_segment_bind(engine->program->segments, candidate->frame, &candidate->segments);
    for (uint32_t stratum = 0; stratum < work->columns.stratum_count; stratum++) {
        if (!cn_frame_fill(candidate->frame, stratum, NULL, &candidate->when, CN_PACE_FACT, err)) {
            return false;
        }
    }
    return true;
}

static struct cn_cel_result run_block(const struct work *work, struct cn_cel_run *run,
                                      const struct cn_cel_cells *cells, size_t first)
{
    struct cn_cel_batch batch = cn_frame_batch(work->candidate.frame, cells, &work->strings, first);
    cn_cel_run_block(run, &batch);
    return cn_cel_run_result(run, 0);
}

static void count_block(struct work *work, const struct cn_cel_result *result, size_t first)
{
    struct cn_matches *matches = work->matches;
    size_t rows = work->candidate.count;
    for (size_t row = first; row < rows && row < first + CN_BLOCK_ROWS; row++) {
        const struct cn_candidate_account *account = &work->candidate.accounts[row];
        size_t i = row - first;
        bool failed = (result->errors[i / 64] >> (i % 64) & 1) != 0;
        bool is_true = result->kind != CN_CEL_BOOL || (result->truth[i / 64] >> (i % 64) & 1) != 0;
        if (!cn_unit_sees(work->question->unit, account->team, account->owner)) {
            continue;
        }
        matches->of++;
        matches->unknown += failed;
        if (!failed && is_true) {
            matches->matches++;
            matches->arr += cn_candidate_number(&work->candidate, work->arr, (uint32_t)row);
            cn_bitmap_add(&work->matching, row);
        }
    }
}

static bool explain(const struct work *work, uint32_t row, struct cn_match_account *account,
                    struct cn_error *err)
{
    struct cn_arena *arena = work->question->unit->arena;
    size_t count = 0;
    const uint32_t *columns = cn_cel_expr_columns(work->expr, &count);
    account->why = cn_arena_array(arena, struct cn_fact, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct cn_fact *fact = &account->why[account->why_count++];
        if (!cn_frame_fact(work->candidate.frame, columns[i], row, &work->candidate.when, arena,
                           fact, err)) {
            return false;
        }
        fact->name = cn_arena_str(arena, fact->name);
    }
    return true;
}

static cn_str value_text(const struct work *work, const struct cn_cel_result *result, size_t i)
{
    const struct cn_asked_value value = cn_asked_value_of(result, i);
    return cn_asked_text(work->candidate.engine->strings, result->kind, &value,
                         work->question->unit->arena);
}

static bool list_accounts(struct work *work, struct cn_cel_run *run,
                          const struct cn_cel_cells *cells, struct cn_error *err)
{
    struct cn_arena *arena = work->question->unit->arena;
    struct cn_matches *matches = work->matches;
    const struct cn_frame *frame = work->candidate.frame;
    uint32_t *largest = cn_candidate_largest(&work->candidate, &work->matching, work->arr);
    size_t count = cn_bitmap_count(&work->matching);
    count = count < CN_MATCHES_LISTED ? count : CN_MATCHES_LISTED;
    matches->accounts = cn_arena_array(arena, struct cn_match_account, count + 1);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        uint32_t row = largest[i];
        size_t first = row - row % CN_BLOCK_ROWS;
        struct cn_cel_result result = run_block(work, run, cells, first);
        struct cn_match_account *account = &matches->accounts[matches->account_count++];
        *account = (struct cn_match_account){
            .id = cn_frame_accounts(frame)[row],
            .name = cn_frame_value_text(frame, work->name, row, arena),
            .arr = cn_candidate_number(&work->candidate, work->arr, row),
            .value_text = value_text(work, &result, row - first),
        };
        ok = explain(work, row, account, err);
    }
    free(largest);
    return ok;
}

static bool evaluate(struct work *work, struct cn_error *err)
{
    const struct cn_cel_cells *cells = cn_frame_cells(work->candidate.frame, &work->scratch);
    struct cn_cel_run *run = cn_cel_run_new(work->plan);
    cn_bitmap_resize(&work->matching, work->candidate.count);
    for (size_t first = 0; first < work->candidate.count; first += CN_BLOCK_ROWS) {
        struct cn_cel_result result = run_block(work, run, cells, first);
        count_block(work, &result, first);
    }
    bool ok = list_accounts(work, run, cells, err);
    cn_cel_run_free(run);
    return ok;
}

static void note_state(struct work *work)
{
    size_t count = 0;
    const uint32_t *columns = cn_cel_expr_columns(work->expr, &count);
    for (size_t i = 0; i < count; i++) {
        const struct cn_column_spec *spec = &work->columns.items[columns[i]].spec;
        work->matches->reads_state = work->matches->reads_state || spec->reads_state;
    }
}

static bool find_rule(struct work *work)
{
    const struct cn_match_question *question = work->question;
    const struct cn_program_files *files = question->files;
    for (size_t i = 0; i < files->count; i++) {
        if (cn_str_equal(files->items[i].name, question->file)) {
            return cn_program_rule_at(&files->items[i], question->line, question->column,
                                      question->unit->arena, &work->matches->rule);
        }
    }
    return false;
}

static bool answer(struct work *work, struct cn_diagnostics *problems, struct cn_error *err)
{
    prepare(work);
    bool ok = true;
    if (check(work, problems)) {
        work->matches->type =
            cn_cel_type_text(work->question->unit->arena, cn_cel_expr_type(work->expr));
        note_state(work);
        ok = fill(work, err) && evaluate(work, err);
    }
    cn_metric_source_set_series(work->metric_source, NULL);
    cn_metric_source_free(work->metric_source);
    cn_bitmap_deinit(&work->matching);
    return ok;
}

bool cn_engine_matches(struct cn_engine *engine, const struct cn_match_question *question,
                       struct cn_matches *matches_out, struct cn_diagnostics *problems,
                       struct cn_error *err)
{
    struct cn_matches matches = { 0 };
    struct work work = { .question = question, .matches = &matches };
    bool ok = true;
    matches.has_rule = find_rule(&work);
    if (matches.has_rule) {
        cn_arena_init(&work.scratch, (size_t)64 * 1024);
        cn_candidate_open(engine, &work.candidate);
        ok = answer(&work, problems, err);
        cn_candidate_close(&work.candidate);
        cn_arena_deinit(&work.scratch);
    }
    if (ok) {
        *matches_out = matches;
    }
    return ok || cn_error_context(err, "matching a rule");
}
