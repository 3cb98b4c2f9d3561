#include "engine/asof.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "engine/apply_state.h"
#include "engine/asked.h"
#include "engine/asof_known.h"
#include "engine/candidate.h"
#include "engine/pass.h"
#include "program/version.h"

struct work {
    struct cn_engine *engine;  /* whose facts are evaluated: the live one, or one of then */
    struct cn_db *versions_db; /* with the versions of the program */
    const struct cn_asof_question *question;
    struct cn_asof *answer;
    struct cn_diagnostics *problems;
    struct cn_arena scratch;
    struct cn_candidate candidate;
    struct cn_program_files files;
    struct cn_node typed; /* the expression, unless it is a signal's */
    struct cn_program_asked asked;
    struct cn_engine_program *program;
    struct cn_bitmap rows;       /* to be answered */
    struct cn_bitmap *evaluated; /* the same; NULL: all, because rules compare accounts */
    struct cn_asked_value *values;
    enum cn_cel_kind kind;
};

/* ---- what is asked ---- */

static bool load_files(struct work *work, struct cn_error *err)
{
    struct cn_db *db = work->versions_db;
    const struct cn_asof_question *question = work->question;
    struct cn_program_version found;
    struct cn_sql_conn *conn = NULL;
    if (question->files != NULL) {
        work->files = *question->files;
        return true;
    }
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    bool ok = cn_program_version_load(conn, &work->scratch, work->answer->version, &found,
                                      &work->files, err);
    cn_db_release(db, conn);
    if (!ok && err->code == CN_NOT_FOUND) {
        err->code = CN_INVALID; /* it is a part of the question */
    }
    return ok;
}

static const struct cn_node *find_item(const struct cn_node *map, cn_str key)
{
    for (size_t i = 0; map != NULL && map->kind == CN_NODE_MAP && i < map->count; i++) {
        if (cn_str_equal(map->items[i].key, key)) {
            return &map->items[i];
        }
    }
    return NULL;
}

/* The condition of the signal in the files; a file that does not parse is told of by compiling. */
static const struct cn_node *find_signal(struct work *work)
{
    struct cn_diagnostics ignored;
    cn_diagnostics_init(&ignored, &work->scratch);
    for (size_t i = 0; i < work->files.count; i++) {
        const struct cn_program_file *file = &work->files.items[i];
        struct cn_node *root = NULL;
        if (cn_node_parse(&work->scratch, file->name, file->text, &root, &ignored)) {
            const struct cn_node *rule =
                find_item(cn_node_get(root, "signals"), work->question->signal);
            const struct cn_node *when = rule != NULL ? cn_node_get(rule, "when") : NULL;
            if (when != NULL && when->kind == CN_NODE_SCALAR) {
                return when;
            }
        }
    }
    return NULL;
}

static bool choose_expression(struct work *work, struct cn_error *err)
{
    const struct cn_asof_question *question = work->question;
    if (question->signal.len == 0) {
        work->typed = (struct cn_node){ .kind = CN_NODE_SCALAR,
                                        .file = CN_STR("expression"),
                                        .line = 1,
                                        .column = 1,
                                        .text = question->expression,
                                        .raw = question->expression };
        work->asked = (struct cn_program_asked){ .node = &work->typed, .want = CN_CEL_DYN };
        return true;
    }
    work->asked = (struct cn_program_asked){ .node = find_signal(work), .want = CN_CEL_BOOL };
    return work->asked.node != NULL ||
           cn_fail(err, CN_INVALID, "the program has no signal \"%.*s\"",
                   CN_STR_ARG(question->signal));
}

static bool reads_metric(const struct work *work)
{
    const struct cn_column_source *metrics = cn_metric_source_columns(work->program->metric_source);
    for (size_t i = 0; i < work->program->columns.count; i++) {
        if (work->program->columns.items[i].source == metrics) {
            return true;
        }
    }
    return false;
}

/* False with problems if there are any. */
static bool compile(struct work *work)
{
    struct cn_engine *engine = work->engine;
    struct cn_program_ground ground = { .book = cn_book_facts_source(engine->facts),
                                        .rollup = engine->options.rollup,
                                        .tz = engine->options.tz,
                                        .strings = engine->strings,
                                        .asked = &work->asked };
    if (!cn_engine_program_compile(&work->files, &ground, &work->program, work->problems)) {
        return false;
    }
    work->answer->reads_state = cn_rules_reads_state(work->program->rules, work->asked.unit);
    work->answer->type =
        cn_cel_type_text(work->question->unit->arena,
                         cn_cel_expr_type(cn_rules_expr(work->program->rules, work->asked.rule)));
    if (work->question->as_true && work->answer->reads_state) {
        struct cn_place place = cn_node_place(work->asked.node);
        return cn_diagnose(work->problems, &place,
                           "it reads a colour or a signal, which exists as known only");
    }
    return true;
}

/* ---- facts ---- */

/* Every metric that the program counts is counted in full. */
static bool has_metrics(struct work *work, struct cn_error *err)
{
    const struct cn_metric_list *metrics = work->program->metrics;
    bool *missing = cn_arena_array(&work->scratch, bool, metrics->count + 1);
    size_t count = 0;
    if (!cn_rollup_missing(work->engine->options.rollup, metrics, missing, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < metrics->count; i++) {
        if (missing[i]) {
            return cn_fail(err, CN_INVALID,
                           "metric %.*s is not counted by the running program: ask as known, which"
                           " counts it from the log",
                           CN_STR_ARG(metrics->items[i].name));
        }
    }
    return true;
}

/* In the database that is thrown away, they are. */
static bool count_metrics(struct work *work, struct cn_error *err)
{
    struct cn_rollup *rollup = work->engine->options.rollup;
    size_t building = 0;
    return cn_rollup_flush(rollup, err) &&
           cn_rollup_use(rollup, work->program->metrics, &building, err) &&
           (building == 0 ||
            cn_engine_build_metrics(work->engine, &(struct cn_engine_build){ 0 }, err));
}

static bool use_metrics(struct work *work, struct cn_error *err)
{
    struct cn_metric_source *source = work->program->metric_source;
    const int32_t day = (int32_t)work->candidate.when.day;
    if (!work->question->as_true) {
        return cn_candidate_use_metrics(&work->candidate, work->program->metrics, source, err);
    }
    const int64_t *ids = NULL;
    size_t count = 0;
    if (work->evaluated != NULL) {
        int64_t *chosen = cn_arena_array(&work->scratch, int64_t, work->candidate.count + 1);
        size_t row = 0;
        for (size_t from = 0; cn_bitmap_next(&work->rows, from, &row); from = row + 1) {
            chosen[count++] = cn_frame_accounts(work->candidate.frame)[row];
        }
        ids = chosen;
    }
    return cn_rollup_flush(work->engine->options.rollup, err) &&
           cn_metric_source_prepare(source, day - 1, day, ids, count, err);
}

/* ---- evaluating ---- */

static bool fill(void *arg, uint32_t stratum, struct cn_error *err)
{
    const struct work *work = arg;
    return cn_frame_fill(work->candidate.frame, stratum, work->evaluated, &work->candidate.when,
                         CN_PACE_FACT, err);
}

/* All rules again, on nothing (as true) or on the scores that there were. */
static bool evaluate_all(struct work *work, const struct cn_rule_consumer *consumer,
                         struct cn_error *err)
{
    struct cn_candidate *candidate = &work->candidate;
    struct cn_membership segments;
    cn_membership_init(&segments);
    cn_membership_resize(&segments, work->program->segments->count, candidate->count);
    if (work->question->as_true) {
        static const struct cn_health_score nothing = { .scorecard = -1 };
        for (size_t row = 0; row < candidate->count; row++) {
            cn_health_state_set(&candidate->health, row, &nothing);
        }
    } else {
        cn_candidate_move_scores(candidate, work->program->health);
    }
    struct cn_engine_results results = { .health = &candidate->health,
                                         .segments = &segments,
                                         .asked = consumer };
    struct cn_engine_pass pass = { .program = work->program,
                                   .frame = candidate->frame,
                                   .rows = work->evaluated,
                                   .fill = fill,
                                   .arg = work,
                                   .results = &results };
    bool ok = cn_engine_pass(&pass, &work->scratch, err);
    cn_membership_deinit(&segments);
    return ok;
}

/* What the rules made is there: under the program that made it, it is what it is. */
static bool evaluate_one(struct work *work, const struct cn_rule_consumer *consumer,
                         struct cn_error *err)
{
    struct cn_candidate *candidate = &work->candidate;
    cn_health_bind(work->program->health, candidate->frame, &candidate->health);
    cn_segment_bind(work->program->segments, candidate->frame, &candidate->segments);
    struct cn_rule_pass pass = { .frame = candidate->frame,
                                 .rows = work->evaluated,
                                 .fill = fill,
                                 .arg = work,
                                 .consumers = consumer,
                                 .consumer_count = 1 };
    return cn_rules_run(work->program->rules, &pass, &work->scratch, err);
}

static bool evaluate(struct work *work, struct cn_error *err)
{
    struct cn_candidate *candidate = &work->candidate;
    work->values = cn_heap_resize(NULL, (candidate->count + 1) * sizeof(work->values[0]));
    memset(work->values, 0, (candidate->count + 1) * sizeof(work->values[0]));
    struct cn_asked asked = { .what = &work->asked, .values = work->values };
    const struct cn_rule_consumer consumer = cn_asked_consumer(&asked);
    bool compares = cn_column_set_compares(&work->program->columns);
    work->evaluated = compares ? NULL : &work->rows;
    if (!use_metrics(work, err)) {
        return false;
    }
    cn_frame_use(candidate->frame, &work->program->columns, NULL);
    bool is_same = !work->question->as_true && work->question->files == NULL &&
                   work->answer->version == work->engine->program->version;
    bool ok = is_same ? evaluate_one(work, &consumer, err) : evaluate_all(work, &consumer, err);
    work->kind = asked.kind;
    return ok;
}

/* ---- the answer ---- */

static int by_account(const void *a, const void *b)
{
    const struct cn_asof_value *x = a;
    const struct cn_asof_value *y = b;
    return (x->account_id > y->account_id) - (x->account_id < y->account_id);
}

static void list_values(struct work *work)
{
    struct cn_arena *arena = work->question->unit->arena;
    struct cn_asof *answer = work->answer;
    const struct cn_frame *frame = work->candidate.frame;
    const uint32_t name = work->program->list_columns[CN_LIST_NAME];
    size_t row = 0;
    answer->values = cn_arena_array(arena, struct cn_asof_value, cn_bitmap_count(&work->rows) + 1);
    for (size_t from = 0; cn_bitmap_next(&work->rows, from, &row); from = row + 1) {
        const struct cn_asked_value *value = &work->values[row];
        bool is_number = work->kind == CN_CEL_DOUBLE || work->kind == CN_CEL_INT;
        answer->missing += !value->has_value;
        answer->values[answer->count++] = (struct cn_asof_value){
            .account_id = cn_frame_accounts(frame)[row],
            /* A copy: an engine of then takes its texts with it. */
            .name = cn_arena_str(arena, cn_frame_value_text(frame, name, (uint32_t)row, arena)),
            .has_value = value->has_value,
            .is_number = is_number && value->has_value,
            .number = work->kind == CN_CEL_DOUBLE ? value->number : (double)value->whole,
            .text = cn_asked_text(work->engine->strings, work->kind, value, arena),
        };
    }
    if (answer->count > 0) {
        qsort(answer->values, answer->count, sizeof(answer->values[0]), by_account);
    }
}

static bool is_asked(const struct cn_asof_question *question, int64_t account_id)
{
    bool is = question->account_ids == NULL;
    for (size_t i = 0; !is && i < question->account_count; i++) {
        is = question->account_ids[i] == account_id;
    }
    return is;
}

/* Who sees an account now says who may ask about its past. */
static void choose_rows(struct work *work, struct cn_engine *live)
{
    const struct cn_candidate *candidate = &work->candidate;
    const int64_t *ids = cn_frame_accounts(candidate->frame);
    cn_bitmap_resize(&work->rows, candidate->count);
    (void)pthread_rwlock_rdlock(&live->lock);
    for (size_t row = 0; row < candidate->count; row++) {
        uint32_t place = 0;
        if (is_asked(work->question, ids[row]) && cn_frame_find(live->frame, ids[row], &place) &&
            cn_candidate_sees(live, work->question->unit, place)) {
            cn_bitmap_add(&work->rows, row);
        }
    }
    (void)pthread_rwlock_unlock(&live->lock);
}

static struct cn_when moment_of(const struct work *work, cn_time at)
{
    const struct cn_tz *tz = work->engine->options.tz;
    if (work->question->as_true && reads_metric(work)) {
        at = cn_tz_day_start(tz, cn_tz_day(tz, at));
    }
    struct cn_when when = cn_when_at(tz, at, work->question->as_true);
    when.all_known = !work->question->as_true;
    return when;
}

/* `at` is what the clock of then says. */
static bool answer(struct work *work, struct cn_engine *live, cn_time at, struct cn_error *err)
{
    if (!load_files(work, err) || !choose_expression(work, err)) {
        return false;
    }
    if (!compile(work)) {
        return true;
    }
    cn_candidate_open(work->engine, &work->candidate);
    work->candidate.when = moment_of(work, at);
    work->answer->at = work->candidate.when.now;
    choose_rows(work, live);
    bool ok = (work->engine == live ? has_metrics(work, err) : count_metrics(work, err)) &&
              evaluate(work, err);
    if (ok) {
        list_values(work);
    }
    cn_metric_source_set_series(work->program->metric_source, NULL);
    cn_candidate_close(&work->candidate);
    return ok;
}

/* In the engine of then, which knows what was known. */
static bool answer_known(struct work *work, struct cn_engine *live, struct cn_error *err)
{
    struct cn_asof_known *known = NULL;
    struct cn_asof_then then = { 0 };
    cn_time at = work->question->at;
    if (!cn_asof_known_open(live, at, &known, &then, err)) {
        return false;
    }
    work->answer->is_known = then.is_known;
    work->answer->at = at;
    bool ok = true;
    if (then.is_known) {
        work->engine = then.engine;
        work->answer->tick = then.tick;
        work->answer->limit = cn_arena_str(work->question->unit->arena, cn_str_of(then.limit));
        work->answer->version =
            work->question->version != 0 ? work->question->version : then.engine->program->version;
        work->answer->version = work->question->files != NULL ? 0 : work->answer->version;
        work->versions_db = live->options.db;
        ok = answer(work, live, then.clock, err);
    }
    cn_engine_program_free(work->program);
    work->program = NULL;
    cn_asof_known_close(known);
    return ok;
}

static bool answer_live(struct work *work, struct cn_engine *live, struct cn_error *err)
{
    cn_time now = cn_now(live->options.clock);
    cn_engine_keep_program(live);
    int64_t running = live->program->version;
    cn_engine_let_program(live);
    work->answer->is_known = true;
    work->answer->version = work->question->version != 0 ? work->question->version : running;
    work->answer->version = work->question->files != NULL ? 0 : work->answer->version;
    bool ok = answer(work, live, work->question->at.us != 0 ? work->question->at : now, err);
    cn_engine_program_free(work->program);
    work->program = NULL;
    return ok;
}

bool cn_engine_asof(struct cn_engine *engine, const struct cn_asof_question *question,
                    struct cn_asof *asof_out, struct cn_diagnostics *problems, struct cn_error *err)
{
    struct cn_asof asof = { .limit = CN_STR(""), .type = CN_STR("") };
    struct work work = { .engine = engine,
                         .question = question,
                         .answer = &asof,
                         .problems = problems,
                         .versions_db = engine->options.db };
    if (question->at.us > cn_now(engine->options.clock).us) {
        return cn_fail(err, CN_INVALID, "the moment has not come yet");
    }
    cn_arena_init(&work.scratch, (size_t)64 * 1024);
    bool is_past_known = !question->as_true && question->at.us != 0;
    bool ok = is_past_known ? answer_known(&work, engine, err) : answer_live(&work, engine, err);
    cn_bitmap_deinit(&work.rows);
    free(work.values);
    cn_arena_deinit(&work.scratch);
    if (ok) {
        *asof_out = asof;
    }
    return ok || cn_error_context(err, "evaluating as of a moment");
}
