#include "engine/diff.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"

#include "engine/candidate.h"
#include "engine/diff_sets.h"
#include "engine/pass.h"

enum {
    WORD_MAX_BYTES = 400,
    SETS_MAX = 2 * (CN_SEGMENTS_MAX + CN_SIGNALS_MAX),
    WORDS_MAX =
        CN_BAND_COUNT * CN_BAND_COUNT + CN_SCORECARDS_MAX * CN_SCORECARDS_MAX + 3 * SETS_MAX + 4
};

struct work {
    struct cn_candidate candidate;
    struct cn_engine_program *program;
    const struct cn_diff_question *question;
    struct cn_health_changes changes;
    struct cn_diff_sets sets;
    struct cn_arena scratch;
    struct cn_arena *arena; /* of what is answered */
    struct cn_diff *diff;
};

static bool compile(struct work *work, struct cn_diagnostics *problems)
{
    struct cn_engine *engine = work->candidate.engine;
    struct cn_program_ground ground = { .book = cn_book_facts_source(engine->facts),
                                        .rollup = engine->options.rollup,
                                        .tz = engine->options.tz,
                                        .strings = engine->strings };
    return cn_engine_program_compile(work->question->files, &ground, &work->program, problems);
}

static bool fill(void *arg, uint32_t stratum, struct cn_error *err)
{
    const struct work *work = arg;
    return cn_frame_fill(work->candidate.frame, stratum, NULL, &work->candidate.when, CN_PACE_FACT,
                         err);
}

/* By signal. */
static const bool *at_once(struct work *work)
{
    const struct cn_diff_question *question = work->question;
    const struct cn_signal_model *signals = work->program->signals;
    bool *rules = cn_arena_array(&work->scratch, bool, signals->rule_count + 1);
    for (size_t i = 0; i < question->start_count; i++) {
        size_t rule = 0;
        if (cn_signal_rule_find(signals, question->starts[i], &rule)) {
            rules[rule] = true;
        }
    }
    return rules;
}

static bool evaluate(struct work *work, struct cn_error *err)
{
    struct cn_candidate *candidate = &work->candidate;
    if (!cn_candidate_use_metrics(candidate, work->program->metrics, work->program->metric_source,
                                  err)) {
        return false;
    }
    cn_frame_use(candidate->frame, &work->program->columns, NULL);
    cn_candidate_move_scores(candidate, work->program->health);
    struct cn_engine_results results = { .health = &candidate->health,
                                         .health_changes = &work->changes,
                                         .segments = &work->sets.segments,
                                         .signals = &work->sets.round,
                                         .signal_states = &work->sets.states,
                                         .signal_moves = &work->sets.moves };
    work->sets.program = work->program;
    work->sets.at_once = at_once(work);
    if (!cn_diff_sets_begin(&work->sets, &work->scratch, err)) {
        return false;
    }
    struct cn_engine_pass pass = { .program = work->program,
                                   .frame = candidate->frame,
                                   .fill = fill,
                                   .arg = work,
                                   .results = &results };
    return cn_engine_pass(&pass, &work->scratch, err);
}

/* ---- counting ---- */

static double arr_of(const struct work *work, uint32_t row)
{
    return cn_candidate_number(&work->candidate, work->program->list_columns[CN_LIST_ARR], row);
}

static void add(struct cn_diff_count *count, double arr)
{
    count->count++;
    count->arr += arr;
}

static cn_str card_name(const struct cn_health_model *model, int32_t index, struct cn_arena *arena)
{
    return index >= 0 ? cn_arena_str(arena, model->scorecards[index].name) : CN_STR("");
}

static void count_colour(struct work *work, enum cn_band from, enum cn_band to, double arr)
{
    struct cn_diff *diff = work->diff;
    size_t i = 0;
    while (i < diff->colour_count && (diff->colours[i].from != from || diff->colours[i].to != to)) {
        i++;
    }
    if (i == diff->colour_count) {
        diff->colours[diff->colour_count++] = (struct cn_diff_colour){ .from = from, .to = to };
    }
    add(&diff->colours[i].of, arr);
}

static void count_model(struct work *work, cn_str from, cn_str to, double arr)
{
    struct cn_diff *diff = work->diff;
    size_t i = 0;
    while (i < diff->model_count &&
           (!cn_str_equal(diff->models[i].from, from) || !cn_str_equal(diff->models[i].to, to))) {
        i++;
    }
    if (i == diff->model_count) {
        diff->models[diff->model_count++] =
            (struct cn_diff_model){ .from = cn_arena_str(work->arena, from),
                                    .to = cn_arena_str(work->arena, to) };
    }
    add(&diff->models[i].of, arr);
}

static bool sees(const struct work *work, uint32_t row)
{
    const struct cn_candidate_account *account = &work->candidate.accounts[row];
    return cn_unit_sees(work->question->unit, account->team, account->owner);
}

/* Whether what people see of the account is another, and counts it. */
static bool count_change(struct work *work, const struct cn_health_change *change)
{
    const struct cn_health_score *before = &work->candidate.accounts[change->row].score;
    const struct cn_health_score *after = &change->after;
    const struct cn_health_model *running = work->candidate.engine->program->health;
    double arr = arr_of(work, change->row);
    if (!change->is_history || !sees(work, change->row)) {
        return false;
    }
    cn_str from = card_name(running, before->scorecard, &work->scratch);
    cn_str to = card_name(work->program->health, after->scorecard, &work->scratch);
    bool moved = !cn_str_equal(from, to);
    if (before->band != after->band) {
        count_colour(work, before->band, after->band, arr);
    }
    if (moved) {
        count_model(work, from, to, arr);
    }
    add(&work->diff->rescored, arr);
    return true;
}

static struct cn_diff_score score_view(const struct work *work, const struct cn_health_model *model,
                                       const struct cn_health_score *score)
{
    struct cn_diff_score view = { .has_points = score->has_points,
                                  .points = (double)score->points / 1000,
                                  .band = score->band,
                                  .scorecard = card_name(model, score->scorecard, work->arena) };
    if (score->has_points && score->scorecard >= 0) {
        view.points = (double)cn_health_display(&model->scorecards[score->scorecard], score);
    }
    return view;
}

static void list_accounts(struct work *work, const struct cn_bitmap *rows)
{
    struct cn_candidate *candidate = &work->candidate;
    const uint32_t *lists = work->program->list_columns;
    size_t count = cn_bitmap_count(rows);
    uint32_t *largest = cn_candidate_largest(candidate, rows, lists[CN_LIST_ARR]);
    count = count < CN_DIFF_ACCOUNTS_MAX ? count : CN_DIFF_ACCOUNTS_MAX;
    work->diff->accounts = cn_arena_array(work->arena, struct cn_diff_account, count + 1);
    work->diff->account_count = count;
    for (size_t i = 0; i < count; i++) {
        uint32_t row = largest[i];
        struct cn_health_score after = cn_health_state_get(&candidate->health, row);
        work->diff->accounts[i] = (struct cn_diff_account){
            .id = cn_frame_accounts(candidate->frame)[row],
            .name = cn_frame_value_text(candidate->frame, lists[CN_LIST_NAME], row, work->arena),
            .arr = arr_of(work, row),
            .before = score_view(work, candidate->engine->program->health,
                                 &candidate->accounts[row].score),
            .after = score_view(work, work->program->health, &after),
        };
        cn_diff_sets_account(&work->sets, row, work->arena, &work->diff->accounts[i]);
    }
    free(largest);
}

static void count_changes(struct work *work)
{
    struct cn_bitmap rows = { 0 };
    cn_bitmap_resize(&rows, work->candidate.count);
    for (size_t i = 0; i < work->changes.count; i++) {
        if (count_change(work, &work->changes.items[i])) {
            cn_bitmap_add(&rows, work->changes.items[i].row);
        }
    }
    cn_diff_sets_count(&work->sets, work->arena, work->diff, &rows);
    list_accounts(work, &rows);
    cn_bitmap_deinit(&rows);
}

static bool list_scans(struct work *work, struct cn_error *err)
{
    const struct cn_metric_list *metrics = work->program->metrics;
    struct cn_diff *diff = work->diff;
    size_t count = 0;
    bool *missing = cn_arena_array(&work->scratch, bool, metrics->count + 1);
    if (!cn_rollup_missing(work->candidate.engine->options.rollup, metrics, missing, &count, err)) {
        return false;
    }
    diff->needs_scan = cn_arena_array(work->arena, cn_str, count + 1);
    for (size_t i = 0; i < metrics->count; i++) {
        if (missing[i]) {
            diff->needs_scan[diff->needs_scan_count++] =
                cn_arena_str(work->arena, metrics->items[i].name);
        }
    }
    return true;
}

/* ---- words ---- */

static void add_money(struct cn_buf *out, double value, cn_str currency, struct cn_arena *arena)
{
    bool is_usd = cn_str_equal(currency, CN_STR("USD"));
    cn_buf_add_str(out, is_usd ? CN_STR("$") : CN_STR(""));
    cn_buf_add_str(out, cn_number_text(arena, round(value), ""));
    if (!is_usd) {
        cn_buf_add_str(out, CN_STR(" "));
        cn_buf_add_str(out, currency);
    }
}

cn_str cn_diff_count_text(struct cn_arena *arena, const struct cn_diff_count *count,
                          cn_str currency)
{
    struct cn_buf buf;
    cn_buf_init(&buf, WORD_MAX_BYTES);
    cn_buf_add_str(&buf, cn_number_text(arena, (double)count->count, "accounts"));
    cn_buf_add_str(&buf, CN_STR(" of "));
    add_money(&buf, count->arr, currency, arena);
    cn_str text = cn_arena_str(arena, cn_buf_str(&buf));
    cn_buf_deinit(&buf);
    return text;
}

static void say(struct work *work, const char *fmt, ...) CN_PRINTF(2, 3);

static void say(struct work *work, const char *fmt, ...)
{
    char text[WORD_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (len > 0 && (size_t)len < sizeof(text)) {
        work->diff->words[work->diff->word_count++] =
            cn_arena_str(work->arena, (cn_str){ text, (size_t)len });
    }
}

static int most_first(const void *a, const void *b)
{
    int64_t x = ((const struct cn_diff_colour *)a)->of.count;
    int64_t y = ((const struct cn_diff_colour *)b)->of.count;
    return (x < y) - (x > y);
}

static int most_models_first(const void *a, const void *b)
{
    int64_t x = ((const struct cn_diff_model *)a)->of.count;
    int64_t y = ((const struct cn_diff_model *)b)->of.count;
    return (x < y) - (x > y);
}

static void say_colours(struct work *work)
{
    static const char *const names[] = { "no score", "red", "yellow", "green" };
    int64_t coloured = 0;
    for (size_t i = 0; i < work->diff->colour_count; i++) {
        const struct cn_diff_colour *colour = &work->diff->colours[i];
        cn_str count = cn_diff_count_text(work->arena, &colour->of, work->question->currency);
        say(work, "%.*s %s from %s to %s", CN_STR_ARG(count),
            colour->of.count == 1 ? "turns" : "turn", names[colour->from], names[colour->to]);
        coloured += colour->of.count;
    }
    int64_t rest = work->diff->rescored.count - coloured;
    if (rest > 0) {
        cn_str count = cn_number_text(work->arena, (double)rest, "accounts");
        say(work, "%.*s %s scored differently in the same colour", CN_STR_ARG(count),
            rest == 1 ? "is" : "are");
    }
}

static void say_models(struct work *work)
{
    for (size_t i = 0; i < work->diff->model_count; i++) {
        const struct cn_diff_model *model = &work->diff->models[i];
        cn_str count = cn_diff_count_text(work->arena, &model->of, work->question->currency);
        bool is_one = model->of.count == 1;
        if (model->to.len == 0) {
            say(work, "%.*s %s no longer scored; the scorecard was %.*s", CN_STR_ARG(count),
                is_one ? "is" : "are", CN_STR_ARG(model->from));
        } else if (model->from.len == 0) {
            say(work, "%.*s %s scored by %.*s, and by none before", CN_STR_ARG(count),
                is_one ? "is" : "are", CN_STR_ARG(model->to));
        } else {
            say(work, "%.*s %s from scorecard %.*s to %.*s", CN_STR_ARG(count),
                is_one ? "moves" : "move", CN_STR_ARG(model->from), CN_STR_ARG(model->to));
        }
    }
}

static void say_segments(struct work *work)
{
    for (size_t i = 0; i < work->diff->segment_count; i++) {
        const struct cn_diff_segment *segment = &work->diff->segments[i];
        const char *kind = cn_segment_kind_names[segment->kind];
        cn_str entered =
            cn_diff_count_text(work->arena, &segment->entered, work->question->currency);
        cn_str left = cn_diff_count_text(work->arena, &segment->left, work->question->currency);
        if (segment->entered.count > 0) {
            say(work, "%.*s %s %s %.*s", CN_STR_ARG(entered),
                segment->entered.count == 1 ? "enters" : "enter", kind, CN_STR_ARG(segment->name));
        }
        if (segment->left.count > 0) {
            say(work, "%.*s %s %s %.*s", CN_STR_ARG(left),
                segment->left.count == 1 ? "leaves" : "leave", kind, CN_STR_ARG(segment->name));
        }
    }
}

static void say_signal(struct work *work, const struct cn_diff_count *count, const char *what,
                       cn_str name, const char *more)
{
    if (count->count > 0) {
        cn_str text = cn_diff_count_text(work->arena, count, work->question->currency);
        say(work, "signal %.*s %s for %.*s%s", CN_STR_ARG(name), what, CN_STR_ARG(text), more);
    }
}

static void say_signals(struct work *work)
{
    for (size_t i = 0; i < work->diff->signal_count; i++) {
        const struct cn_diff_signal *signal = &work->diff->signals[i];
        say_signal(work, &signal->raises, "is raised", signal->name, "");
        say_signal(work, &signal->clears, "is cleared", signal->name, "");
        say_signal(work, &signal->found, "is already true", signal->name, ": nobody is told");
    }
}

static void say_everything(struct work *work)
{
    struct cn_diff *diff = work->diff;
    diff->words = cn_arena_array(work->arena, cn_str, WORDS_MAX);
    if (diff->colour_count > 0) {
        qsort(diff->colours, diff->colour_count, sizeof(diff->colours[0]), most_first);
    }
    if (diff->model_count > 0) {
        qsort(diff->models, diff->model_count, sizeof(diff->models[0]), most_models_first);
    }
    say_colours(work);
    say_models(work);
    if (diff->rescored.count == 0) {
        say(work, "no account's score changes");
    }
    say_segments(work);
    say_signals(work);
    for (size_t i = 0; i < diff->needs_scan_count && i < 3; i++) {
        say(work, "metric %.*s is counted from the log first: what reads it is missing here",
            CN_STR_ARG(diff->needs_scan[i]));
    }
}

static bool answer(struct work *work, struct cn_error *err)
{
    struct cn_diff *diff = work->diff;
    diff->colours =
        cn_arena_array(work->arena, struct cn_diff_colour, (size_t)CN_BAND_COUNT * CN_BAND_COUNT);
    diff->models = cn_arena_array(work->arena, struct cn_diff_model,
                                  (work->candidate.engine->program->health->scorecard_count + 1) *
                                      (work->program->health->scorecard_count + 1));
    if (!evaluate(work, err) || !list_scans(work, err)) {
        return cn_error_context(err, "comparing programs");
    }
    count_changes(work);
    say_everything(work);
    return true;
}

bool cn_engine_diff(struct cn_engine *engine, const struct cn_diff_question *question,
                    struct cn_diff *diff_out, struct cn_diagnostics *problems, struct cn_error *err)
{
    struct cn_diff diff = { 0 };
    struct work work = { .question = question, .arena = question->unit->arena, .diff = &diff };
    cn_arena_init(&work.scratch, (size_t)64 * 1024);
    cn_membership_init(&work.sets.segments);
    cn_candidate_open(engine, &work.candidate);
    work.sets.candidate = &work.candidate;
    work.sets.unit = question->unit;
    bool ok = compile(&work, problems) ? answer(&work, err) : cn_diagnostics_none(problems, err);
    if (work.program != NULL) {
        cn_metric_source_set_series(work.program->metric_source, NULL);
    }
    cn_diff_sets_end(&work.sets);
    cn_candidate_close(&work.candidate);
    cn_engine_program_free(work.program);
    cn_health_changes_deinit(&work.changes);
    cn_arena_deinit(&work.scratch);
    if (ok) {
        *diff_out = diff;
    }
    return ok;
}
