#include "engine/matches.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "cel/plan.h"
#include "engine/asked.h"
#include "engine/candidate.h"
#include "engine/pass.h"
#include "frame/schema.h"
#include "program/expression.h"

/* The accounts' values of the rule, however they were computed. */
struct work {
    struct cn_candidate candidate;
    const struct cn_match_question *question;
    struct cn_arena scratch;
    struct cn_matches *matches;
    struct cn_engine_program *program; /* of the files as a whole; NULL: the rule alone */
    const struct cn_column_set *set;   /* of what is read and listed */
    const struct cn_cel_expr *expr;
    uint32_t name; /* columns that are listed */
    uint32_t arr;
    struct cn_asked_value *values; /* by row; on the heap */
    enum cn_cel_kind kind;
    struct cn_bitmap matching;
    /* Of the rule alone. */
    const struct cn_column_source *sources[CN_PROGRAM_SOURCES];
    const struct cn_metric_list *metrics;
    struct cn_metric_source *metric_source;
    struct cn_column_set columns;
    const struct cn_cel_plan *plan;
    struct cn_cel_strings strings;
};

static enum cn_cel_kind wanted(const struct work *work)
{
    cn_str result = cn_str_of(work->matches->rule.result);
    if (cn_str_equal(result, CN_STR("bool"))) {
        return CN_CEL_BOOL;
    }
    return cn_str_equal(result, CN_STR("double")) ? CN_CEL_DOUBLE : CN_CEL_DYN;
}

/* ---- the rule alone: over records and metrics, and what the running program makes ---- */

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
    struct cn_cel_options options = { .want = wanted(work) };
    struct cn_error err;
    size_t output = 0;
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
    work->set = &work->columns;
    return true;
}

/* It reads, perhaps of other accounts, what rules make. */
static bool reads_made(const struct work *work)
{
    for (size_t i = 0; i < work->columns.count; i++) {
        if (work->columns.items[i].spec.maker != 0) {
            return true;
        }
    }
    return false;
}

/* What the expression reads, and what is listed: in the order in which some read others. */
static bool fill_alone(struct work *work, struct cn_error *err)
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

static bool evaluate_alone(struct work *work, struct cn_error *err)
{
    if (!fill_alone(work, err)) {
        return false;
    }
    const struct cn_cel_cells *cells = cn_frame_cells(work->candidate.frame, &work->scratch);
    struct cn_cel_run *run = cn_cel_run_new(work->plan);
    size_t rows = work->candidate.count;
    for (size_t first = 0; first < rows; first += CN_BLOCK_ROWS) {
        struct cn_cel_batch batch =
            cn_frame_batch(work->candidate.frame, cells, &work->strings, first);
        cn_cel_run_block(run, &batch);
        struct cn_cel_result result = cn_cel_run_result(run, 0);
        work->kind = result.kind;
        for (size_t row = first; row < rows && row < first + CN_BLOCK_ROWS; row++) {
            work->values[row] = cn_asked_value_of(&result, row - first);
        }
    }
    cn_cel_run_free(run);
    return true;
}

/* ---- the rule in the program of the files ---- */

/* Whether the files are a program: what is wrong with the rule itself is told, all else is not. */
static bool compile_all(struct work *work, struct cn_program_asked *asked,
                        struct cn_diagnostics *problems)
{
    struct cn_engine *engine = work->candidate.engine;
    struct cn_diagnostics others;
    struct cn_program_ground ground = { .book = cn_book_facts_source(engine->facts),
                                        .rollup = engine->options.rollup,
                                        .tz = engine->options.tz,
                                        .strings = engine->strings,
                                        .asked = asked };
    cn_diagnostics_init(&others, &work->scratch);
    *asked = (struct cn_program_asked){ .node = work->matches->rule.node,
                                        .want = wanted(work),
                                        .problems = problems };
    if (!cn_engine_program_compile(work->question->files, &ground, &work->program, &others)) {
        return false;
    }
    work->set = &work->program->columns;
    work->expr = cn_rules_expr(work->program->rules, asked->rule);
    work->name = work->program->list_columns[CN_LIST_NAME];
    work->arr = work->program->list_columns[CN_LIST_ARR];
    work->metrics = work->program->metrics;
    return true;
}

static bool fill(void *arg, uint32_t stratum, struct cn_error *err)
{
    const struct work *work = arg;
    return cn_frame_fill(work->candidate.frame, stratum, NULL, &work->candidate.when, CN_PACE_FACT,
                         err);
}

/* All rules of the files on the scores that there are. */
static bool evaluate_all(struct work *work, const struct cn_program_asked *what,
                         struct cn_error *err)
{
    struct cn_candidate *candidate = &work->candidate;
    struct cn_asked asked = { .what = what, .values = work->values };
    const struct cn_rule_consumer consumer = cn_asked_consumer(&asked);
    struct cn_membership segments;
    if (!cn_candidate_use_metrics(candidate, work->metrics, work->program->metric_source, err)) {
        return false;
    }
    cn_membership_init(&segments);
    cn_membership_resize(&segments, work->program->segments->count, candidate->count);
    cn_frame_use(candidate->frame, &work->program->columns, NULL);
    cn_candidate_move_scores(candidate, work->program->health);
    struct cn_engine_results results = { .health = &candidate->health,
                                         .segments = &segments,
                                         .asked = &consumer };
    struct cn_engine_pass pass = { .program = work->program,
                                   .frame = candidate->frame,
                                   .fill = fill,
                                   .arg = work,
                                   .results = &results };
    bool ok = cn_engine_pass(&pass, &work->scratch, err);
    cn_membership_deinit(&segments);
    work->kind = asked.kind;
    return ok;
}

/* ---- the answer ---- */

/* Metrics among the columns that have to be counted from the log first. */
static bool list_scans(struct work *work, const bool *read, const struct cn_column_source *source,
                       struct cn_error *err)
{
    struct cn_arena *arena = work->question->unit->arena;
    struct cn_matches *matches = work->matches;
    size_t count = 0;
    bool *missing = cn_arena_array(&work->scratch, bool, work->metrics->count + 1);
    if (!cn_rollup_missing(work->candidate.engine->options.rollup, work->metrics, missing, &count,
                           err)) {
        return false;
    }
    matches->needs_scan = cn_arena_array(arena, cn_str, count + 1);
    for (size_t i = 0; i < work->set->count; i++) {
        const struct cn_column_def *def = &work->set->items[i];
        size_t metric = (size_t)def->spec.index;
        if (read[i] && def->source == source && missing[metric]) {
            missing[metric] = false; /* once */
            matches->needs_scan[matches->needs_scan_count++] =
                cn_arena_str(arena, work->metrics->items[metric].name);
        }
    }
    return true;
}

static bool needs_scan_alone(struct work *work, struct cn_error *err)
{
    bool *read = cn_arena_array(&work->scratch, bool, work->set->count + 1);
    for (size_t i = 0; i < work->set->count; i++) {
        read[i] = true;
    }
    return list_scans(work, read, cn_metric_source_columns(work->metric_source), err);
}

static bool needs_scan_all(struct work *work, const struct cn_program_asked *asked,
                           struct cn_error *err)
{
    bool *read = cn_arena_array(&work->scratch, bool, work->set->count + 1);
    cn_rules_mark_read(work->program->rules, asked->unit, &work->scratch, read);
    return list_scans(work, read, cn_metric_source_columns(work->program->metric_source), err);
}

static void count_rows(struct work *work)
{
    struct cn_matches *matches = work->matches;
    cn_bitmap_resize(&work->matching, work->candidate.count);
    for (size_t row = 0; row < work->candidate.count; row++) {
        const struct cn_candidate_account *account = &work->candidate.accounts[row];
        const struct cn_asked_value *value = &work->values[row];
        if (!cn_unit_sees(work->question->unit, account->team, account->owner)) {
            continue;
        }
        matches->of++;
        matches->unknown += !value->has_value;
        if (value->has_value && (work->kind != CN_CEL_BOOL || value->truth)) {
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

static bool list_accounts(struct work *work, struct cn_error *err)
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
        struct cn_match_account *account = &matches->accounts[matches->account_count++];
        *account = (struct cn_match_account){
            .id = cn_frame_accounts(frame)[row],
            /* A copy: the program of the files takes its texts with it. */
            .name = cn_arena_str(arena, cn_frame_value_text(frame, work->name, row, arena)),
            .arr = cn_candidate_number(&work->candidate, work->arr, row),
            .value_text = cn_asked_text(work->candidate.engine->strings, work->kind,
                                        &work->values[row], arena),
        };
        ok = explain(work, row, account, err);
    }
    free(largest);
    return ok;
}

static void describe(struct work *work)
{
    size_t count = 0;
    const uint32_t *columns = cn_cel_expr_columns(work->expr, &count);
    work->matches->type =
        cn_cel_type_text(work->question->unit->arena, cn_cel_expr_type(work->expr));
    for (size_t i = 0; i < count; i++) {
        const struct cn_column_spec *spec = &work->set->items[columns[i]].spec;
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

/* Nothing is matched of what is counted only later. */
static bool finish(struct work *work, struct cn_error *err)
{
    count_rows(work);
    return list_accounts(work, err);
}

static bool answer_alone(struct work *work, struct cn_error *err)
{
    describe(work);
    if (!needs_scan_alone(work, err) || work->matches->needs_scan_count > 0) {
        return work->matches->needs_scan_count > 0;
    }
    return evaluate_alone(work, err) && finish(work, err);
}

static bool answer_all(struct work *work, const struct cn_program_asked *asked,
                       struct cn_error *err)
{
    describe(work);
    if (!needs_scan_all(work, asked, err) || work->matches->needs_scan_count > 0) {
        return work->matches->needs_scan_count > 0;
    }
    return evaluate_all(work, asked, err) && finish(work, err);
}

/*
 * Alone it is cheap, and nothing else needs to be right.  What reads names that rules make needs
 * all of them, as the files have them.
 */
static bool answer(struct work *work, struct cn_diagnostics *problems, struct cn_error *err)
{
    struct cn_diagnostics alone;
    struct cn_program_asked asked;
    cn_diagnostics_init(&alone, &work->scratch);
    prepare(work);
    bool is_good = check(work, &alone);
    if (is_good && !reads_made(work)) {
        return answer_alone(work, err);
    }
    if (compile_all(work, &asked, problems)) {
        return answer_all(work, &asked, err);
    }
    work->matches->is_partly_running = problems->total == 0;
    if (is_good && problems->total == 0) {
        return answer_alone(work, err);
    }
    if (!asked.is_checked) {
        (void)check(work, problems); /* once more, to be told */
    } else if (problems->total == 0) {
        struct cn_place place = cn_node_place(work->matches->rule.node);
        (void)cn_diagnose(problems, &place,
                          "it reads what this text defines: it is matched when the mistakes "
                          "elsewhere are gone"); /* that is the answer */
    }
    return true;
}

static void close_work(struct work *work)
{
    if (work->program != NULL) {
        cn_metric_source_set_series(work->program->metric_source, NULL);
    }
    cn_metric_source_set_series(work->metric_source, NULL);
    cn_metric_source_free(work->metric_source);
    cn_bitmap_deinit(&work->matching);
    free(work->values);
    cn_candidate_close(&work->candidate);
    cn_engine_program_free(work->program);
    cn_arena_deinit(&work->scratch);
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
        work.values = cn_heap_resize(NULL, (work.candidate.count + 1) * sizeof(work.values[0]));
        memset(work.values, 0, (work.candidate.count + 1) * sizeof(work.values[0]));
        ok = answer(&work, problems, err);
        close_work(&work);
    }
    if (ok) {
        *matches_out = matches;
    }
    return ok || cn_error_context(err, "matching a rule");
}
