/* The cases as rows of a small frame, evaluated as accounts are. */
#include <math.h>
#include <stdio.h>

#include "base/parse.h"
#include "base/str.h"

#include "book/column.h"
#include "engine/cases.h"
#include "engine/pass.h"

enum {
    DIFFERENCES_MAX = 8 /* keys of `expect` */,
    TEXT_MAX_BYTES = 64
};

static void set_given(struct cn_frame *frame, uint32_t row, const struct cn_case_given *given,
                      struct cn_interner *strings)
{
    struct cn_column *column = cn_frame_column(frame, given->column);
    switch (column->type) {
    case CN_COLUMN_F64:
        cn_column_set_f64(column, row, given->number);
        break;
    case CN_COLUMN_I64:
        cn_column_set_i64(column, row, (int64_t)given->number);
        break;
    case CN_COLUMN_BOOL:
        cn_column_set_bool(column, row, given->number != 0);
        break;
    case CN_COLUMN_STR:
        cn_column_set_str(column, row, cn_intern(strings, given->text));
        break;
    case CN_COLUMN_TIME:
        cn_column_set_i64(column, row, given->at.us);
        break;
    case CN_COLUMN_SPAN:
        cn_column_set_i64(column, row, (int64_t)(given->number * 3.6e9));
        break;
    }
}

struct filling {
    const struct cn_engine_program *program;
    struct cn_frame *frame;
};

/* What rules make of the given facts is filled for those that read it. */
static bool fill_made(void *arg, uint32_t stratum, struct cn_error *err)
{
    const struct filling *filling = arg;
    static const struct cn_when when = { .all_known = true };
    for (uint32_t i = 0; i < cn_frame_column_count(filling->frame); i++) {
        const struct cn_column_def *def = &filling->program->columns.items[i];
        if (def->stratum == stratum && def->spec.maker != 0 &&
            !cn_frame_fill_column(filling->frame, i, NULL, &when, err)) {
            return false;
        }
    }
    return true;
}

static void fill_rows(const struct cn_engine_program *program, struct cn_frame *frame,
                      struct cn_interner *strings, struct cn_health_state *state)
{
    const struct cn_case_list *cases = program->cases;
    for (size_t i = 0; i < cases->count; i++) {
        uint32_t row = cn_frame_add(frame, (int64_t)i + 1);
        for (size_t j = 0; j < cases->items[i].given_count; j++) {
            set_given(frame, row, &cases->items[i].given[j], strings);
        }
    }
    cn_health_state_resize(state, cases->count);
    for (size_t i = 0; i < cases->count; i++) {
        struct cn_health_score before = { .scorecard = -1, .band = cases->items[i].band_before };
        cn_health_state_set(state, i, &before);
    }
}

/* ---- comparing ---- */

struct comparing {
    const struct cn_engine_program *program;
    struct cn_arena *arena;
    const struct cn_engine_results *states;
    size_t row;
    struct cn_health_score score;
    struct cn_case_result *result;
};

static void differ(struct comparing *c, const char *what, cn_str expected, cn_str got)
{
    c->result->differences[c->result->difference_count++] =
        (struct cn_case_difference){ cn_str_of(what), cn_arena_str(c->arena, expected),
                                     cn_arena_str(c->arena, got) };
}

static void compare_text(struct comparing *c, const char *what, const struct cn_node *node,
                         cn_str got)
{
    if (node != NULL && !cn_str_equal(node->text, got)) {
        differ(c, what, node->text, got);
    }
}

static void compare_score(struct comparing *c, const struct cn_node *node)
{
    double wanted = 0;
    char text[TEXT_MAX_BYTES];
    if (node == NULL || !cn_parse_f64(node->text, &wanted)) {
        return;
    }
    if (!c->score.has_points) {
        differ(c, "score", node->text, CN_STR("none"));
        return;
    }
    const struct cn_scorecard *card = &c->program->health->scorecards[c->score.scorecard];
    bool is_whole = wanted == floor(wanted);
    double got =
        is_whole ? (double)cn_health_display(card, &c->score) : (double)c->score.points / 1000;
    if (llround(got * 1000) != llround(wanted * 1000)) {
        (void)snprintf(text, sizeof(text), is_whole ? "%.0f" : "%.3f", got); /* fits */
        differ(c, "score", node->text, cn_str_of(text));
    }
}

static void compare_confidence(struct comparing *c, const struct cn_node *node)
{
    double wanted = 0;
    char text[TEXT_MAX_BYTES];
    if (node == NULL || !cn_parse_f64(node->text, &wanted)) {
        return;
    }
    if (llround(wanted * 1000) != c->score.confidence) {
        (void)snprintf(text, sizeof(text), "%.3f", (double)c->score.confidence / 1000); /* fits */
        differ(c, "confidence", node->text, cn_str_of(text));
    }
}

static bool is_expected(const struct cn_node *list, cn_str name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (cn_str_equal(list->items[i].text, name)) {
            return true;
        }
    }
    return false;
}

static void add_name(struct cn_buf *out, cn_str name)
{
    cn_buf_add_str(out, out->len > 0 ? CN_STR("; ") : CN_STR(""));
    cn_buf_add_str(out, name);
}

/* Each that is expected is there, and no other. */
static void compare_list(struct comparing *c, const char *what, const struct cn_node *list,
                         const cn_str *names, size_t count)
{
    struct cn_buf wanted;
    struct cn_buf got;
    bool same = true;
    if (list == NULL) {
        return;
    }
    cn_buf_init(&wanted, 4096);
    cn_buf_init(&got, 4096);
    for (size_t i = 0; i < list->count; i++) {
        add_name(&wanted, list->items[i].text);
    }
    for (size_t i = 0; i < count; i++) {
        add_name(&got, names[i]);
        same = same && is_expected(list, names[i]);
    }
    if (!same || count != list->count) {
        differ(c, what, wanted.len > 0 ? cn_buf_str(&wanted) : CN_STR("none"),
               got.len > 0 ? cn_buf_str(&got) : CN_STR("none"));
    }
    cn_buf_deinit(&got);
    cn_buf_deinit(&wanted);
}

static void compare_exceptions(struct comparing *c, const struct cn_node *list)
{
    const struct cn_scorecard *card =
        c->score.scorecard >= 0 ? &c->program->health->scorecards[c->score.scorecard] : NULL;
    size_t most = card != NULL ? card->exception_count : 0;
    cn_str *names = cn_arena_array(c->arena, cn_str, most + 1);
    size_t count = 0;
    for (size_t i = 0; i < most; i++) {
        if ((c->score.fired >> i & 1) != 0) {
            names[count++] = card->exceptions[i].because;
        }
    }
    compare_list(c, "exceptions", list, names, count);
}

static void compare_segments(struct comparing *c, const struct cn_node *list)
{
    const struct cn_segment_model *model = c->program->segments;
    cn_str *names = cn_arena_array(c->arena, cn_str, model->count + 1);
    size_t count = 0;
    for (uint32_t i = 0; i < model->count; i++) {
        if (model->items[i].kind == CN_SEGMENT_PLAIN &&
            cn_membership_has(c->states->segments, i, c->row)) {
            names[count++] = model->items[i].name;
        }
    }
    compare_list(c, "segments", list, names, count);
}

/* A first answer that is true finds it so. */
static void compare_signals(struct comparing *c, const struct cn_node *list)
{
    const struct cn_signal_model *model = c->program->signals;
    cn_str *names = cn_arena_array(c->arena, cn_str, model->rule_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < model->rule_count; i++) {
        if (cn_bitmap_has(cn_signal_states_in(c->states->signal_states, i, CN_SIGNAL_BASELINE),
                          c->row)) {
            names[count++] = model->rules[i].name;
        }
    }
    compare_list(c, "signals", list, names, count);
}

static void compare(struct comparing *c, const struct cn_node *expect)
{
    static const char *const colours[] = { "none", "red", "yellow", "green" };
    const struct cn_health_model *health = c->program->health;
    compare_text(c, "scorecard", cn_node_get(expect, "scorecard"),
                 c->score.scorecard >= 0 ? health->scorecards[c->score.scorecard].name
                                         : CN_STR("none"));
    compare_score(c, cn_node_get(expect, "score"));
    compare_text(c, "colour", cn_node_get(expect, "colour"), cn_str_of(colours[c->score.band]));
    compare_text(c, "grey", cn_node_get(expect, "grey"),
                 c->score.is_grey ? CN_STR("true") : CN_STR("false"));
    compare_confidence(c, cn_node_get(expect, "confidence"));
    compare_exceptions(c, cn_node_get(expect, "exceptions"));
    compare_segments(c, cn_node_get(expect, "segments"));
    compare_signals(c, cn_node_get(expect, "signals"));
}

bool cn_cases_run(const struct cn_engine_program *program, struct cn_interner *strings,
                  struct cn_arena *arena, struct cn_case_results *results_out, struct cn_error *err)
{
    const struct cn_case_list *cases = program->cases;
    struct cn_frame *frame = cn_frame_new(strings);
    struct cn_health_state state;
    struct filling filling = { program, frame };
    struct cn_membership segments;
    struct cn_signal_states signals;
    struct cn_signal_moves moves = { 0 };
    const struct cn_signal_round round = { .model = program->signals,
                                           .frame = frame,
                                           .health = &state };
    struct cn_engine_results states = { .health = &state,
                                        .segments = &segments,
                                        .signals = &round,
                                        .signal_states = &signals,
                                        .signal_moves = &moves };
    struct cn_engine_pass pass = {
        .program = program, .frame = frame, .fill = fill_made, .arg = &filling, .results = &states
    };
    cn_health_state_init(&state);
    cn_membership_init(&segments);
    cn_signal_states_init(&signals, program->signals->rule_count);
    cn_frame_use(frame, &program->columns, NULL);
    fill_rows(program, frame, strings, &state);
    cn_membership_resize(&segments, program->segments->count, cn_frame_rows(frame));
    cn_signal_states_resize(&signals, cn_frame_rows(frame));
    bool ok = cn_engine_pass(&pass, arena, err);
    struct cn_case_results results = { .items = cn_arena_array(arena, struct cn_case_result,
                                                               cases->count + 1) };
    for (size_t i = 0; ok && i < cases->count; i++) {
        struct cn_case_result *result = &results.items[results.count++];
        result->of = &cases->items[i];
        result->differences = cn_arena_array(arena, struct cn_case_difference, DIFFERENCES_MAX);
        struct comparing comparing = { program, arena, &states, i, cn_health_state_get(&state, i),
                                       result };
        compare(&comparing, cases->items[i].expect);
        results.failed += result->difference_count > 0;
    }
    cn_signal_moves_deinit(&moves);
    cn_signal_states_deinit(&signals);
    cn_membership_deinit(&segments);
    cn_health_state_deinit(&state);
    cn_frame_free(frame);
    if (ok) {
        *results_out = results;
    }
    return ok;
}

/* The results name the program's text, which goes. */
static void keep_results(struct cn_case_results *results, struct cn_arena *arena)
{
    for (size_t i = 0; i < results->count; i++) {
        struct cn_case *copy = cn_arena_new(arena, struct cn_case);
        *copy = (struct cn_case){ .file = cn_arena_str(arena, results->items[i].of->file),
                                  .line = results->items[i].of->line,
                                  .name = cn_arena_str(arena, results->items[i].of->name) };
        results->items[i].of = copy;
    }
}

bool cn_program_test(const struct cn_program_files *files, struct cn_arena *arena,
                     struct cn_case_report *report_out, struct cn_diagnostics *problems,
                     struct cn_error *err)
{
    struct cn_engine_program *program = NULL;
    struct cn_tz *tz = NULL;
    struct cn_case_report report = { 0 };
    if (!cn_tz_load(CN_STR("UTC"), &tz, err)) {
        return false;
    }
    struct cn_interner *strings = cn_interner_new();
    struct cn_book_facts *facts = cn_book_facts_new(tz);
    struct cn_program_ground ground = { .book = cn_book_facts_source(facts),
                                        .tz = tz,
                                        .strings = strings };
    bool ok = cn_engine_program_compile(files, &ground, &program, problems)
                  ? cn_cases_run(program, strings, arena, &report.results, err)
                  : cn_diagnostics_none(problems, err);
    if (ok) {
        keep_results(&report.results, arena);
        *report_out = report;
    }
    cn_engine_program_free(program);
    cn_book_facts_free(facts);
    cn_interner_free(strings);
    cn_tz_free(tz);
    return ok;
}
