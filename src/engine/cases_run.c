/* The cases as rows of a small frame, evaluated as accounts are. */
#include <math.h>
#include <stdio.h>

#include "base/parse.h"
#include "base/str.h"

#include "book/column.h"
#include "engine/cases.h"
#include "engine/pass.h"

enum {
    DIFFERENCES_MAX = 10 /* keys of `expect`, without its shadows */,
    WHAT_MAX_BYTES = 256,
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

/* The facts of a row. */
struct row_facts {
    const struct cn_case_facts *given;
    uint32_t row;
};

struct filling {
    const struct cn_engine_program *program;
    struct cn_frame *frame;
    struct cn_interner *strings;
    struct row_facts *rows;
    size_t row_count;
    bool has_families;
};

/* What was given of a column that was computed stands. */
static void set_again(const struct filling *filling, uint32_t column)
{
    for (size_t i = 0; i < filling->row_count; i++) {
        const struct cn_case_facts *given = filling->rows[i].given;
        for (size_t j = 0; j < given->count; j++) {
            if (given->items[j].column == column) {
                set_given(filling->frame, filling->rows[i].row, &given->items[j], filling->strings);
            }
        }
    }
}

/* What rules make of the given facts, and what families have, is filled for those that read it. */
static bool fill_made(void *arg, uint32_t stratum, struct cn_error *err)
{
    const struct filling *filling = arg;
    static const struct cn_when when = { .all_known = true };
    for (uint32_t i = 0; i < cn_frame_column_count(filling->frame); i++) {
        const struct cn_column_def *def = &filling->program->columns.items[i];
        bool is_of_family = filling->has_families && cn_column_is_of_family(def);
        if (def->stratum != stratum || (def->spec.maker == 0 && !is_of_family)) {
            continue;
        }
        if (!cn_frame_fill_column(filling->frame, i, NULL, &when, err)) {
            return false;
        }
        if (is_of_family) {
            set_again(filling, i);
        }
    }
    return true;
}

/* Of row 0: past all that can be given, so that a `parent_id` that is joins no other test. */
#define FIRST_ACCOUNT (CN_CASE_WHOLE_MAX + 1)

static uint32_t add_row(struct filling *filling, const struct cn_case_facts *given)
{
    uint32_t row = cn_frame_add(filling->frame, FIRST_ACCOUNT + (int64_t)filling->row_count);
    for (size_t i = 0; i < given->count; i++) {
        set_given(filling->frame, row, &given->items[i], filling->strings);
    }
    filling->rows[filling->row_count++] = (struct row_facts){ given, row };
    return row;
}

/* First the cases, in their order, then all children. */
static void fill_rows(struct filling *filling, struct cn_health_state *state,
                      struct cn_arena *arena)
{
    const struct cn_case_list *cases = filling->program->cases;
    uint32_t parent_column = 0;
    size_t total = cases->count;
    for (size_t i = 0; i < cases->count; i++) {
        total += cases->items[i].child_count;
    }
    filling->has_families =
        total > cases->count &&
        cn_column_set_has(&filling->program->columns, CN_STR("parent_id"), &parent_column);
    filling->rows = cn_arena_array(arena, struct row_facts, total + 1);
    for (size_t i = 0; i < cases->count; i++) {
        (void)add_row(filling, &cases->items[i].given); /* row i */
    }
    for (size_t i = 0; i < cases->count; i++) {
        for (size_t j = 0; j < cases->items[i].child_count; j++) {
            uint32_t row = add_row(filling, &cases->items[i].children[j]);
            cn_column_set_i64(cn_frame_column(filling->frame, parent_column), row,
                              FIRST_ACCOUNT + (int64_t)i);
        }
    }
    cn_health_state_resize(state, total);
    for (size_t i = 0; i < total; i++) {
        struct cn_health_score before = { .scorecard = -1 };
        before.band = i < cases->count ? cases->items[i].band_before : CN_BAND_NONE;
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
        (struct cn_case_difference){ cn_arena_str(c->arena, cn_str_of(what)),
                                     cn_arena_str(c->arena, expected),
                                     cn_arena_str(c->arena, got) };
}

static void compare_text(struct comparing *c, const char *what, const struct cn_node *node,
                         cn_str got)
{
    if (node != NULL && !cn_str_equal(node->text, got)) {
        differ(c, what, node->text, got);
    }
}

static void compare_points(struct comparing *c, const char *what, const struct cn_node *node,
                           const struct cn_health_score *score)
{
    double wanted = 0;
    char text[TEXT_MAX_BYTES];
    bool wants_none = !cn_parse_f64(node->text, &wanted);
    if (!score->has_points || score->scorecard < 0) {
        if (!wants_none) {
            differ(c, what, node->text, CN_STR("none"));
        }
        return;
    }
    const struct cn_scorecard *card = &c->program->health->scorecards[score->scorecard];
    bool is_whole = wanted == floor(wanted);
    double got = is_whole ? (double)cn_health_display(card, score) : (double)score->points / 1000;
    if (wants_none || llround(got * 1000) != llround(wanted * 1000)) {
        (void)snprintf(text, sizeof(text), is_whole ? "%.0f" : "%.3f", got); /* fits */
        differ(c, what, node->text, cn_str_of(text));
    }
}

static void compare_score(struct comparing *c, const struct cn_node *node)
{
    if (node != NULL) {
        compare_points(c, "score", node, &c->score);
    }
}

static void compare_shadows(struct comparing *c, const struct cn_node *map)
{
    const struct cn_health_model *health = c->program->health;
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        const struct cn_node *node = &map->items[i];
        for (size_t j = 0; j < health->scorecard_count; j++) {
            const struct cn_scorecard *card = &health->scorecards[j];
            if (card->is_shadow && cn_str_equal(card->name, node->key)) {
                const struct cn_health_score score =
                    cn_health_state_get(&c->states->health->shadows[card->shadow], c->row);
                char what[WHAT_MAX_BYTES];
                (void)snprintf(what, sizeof(what), "shadow %.*s", CN_STR_ARG(card->name));
                compare_points(c, what, node, &score);
            }
        }
    }
}

/* The one set of the kind that it is in, without the others' names. */
static void compare_set(struct comparing *c, const char *what, enum cn_segment_kind kind,
                        const struct cn_node *node)
{
    const struct cn_segment_model *model = c->program->segments;
    cn_str got = CN_STR("none");
    for (uint32_t i = 0; i < model->count; i++) {
        if (model->items[i].kind == kind && cn_membership_has(c->states->segments, i, c->row)) {
            got = model->items[i].name;
        }
    }
    compare_text(c, what, node, got);
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
        if (cn_signal_states_state(c->states->signal_states, i, c->row) == CN_SIGNAL_BASELINE) {
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
    compare_set(c, "coverage", CN_SEGMENT_COVERAGE, cn_node_get(expect, "coverage"));
    compare_set(c, "stage", CN_SEGMENT_STAGE, cn_node_get(expect, "stage"));
    compare_shadows(c, cn_node_get(expect, "shadows"));
}

bool cn_cases_run(const struct cn_engine_program *program, struct cn_interner *strings,
                  struct cn_arena *arena, struct cn_case_results *results_out, struct cn_error *err)
{
    const struct cn_case_list *cases = program->cases;
    struct cn_frame *frame = cn_frame_new(strings);
    struct cn_health_state state;
    struct filling filling = { .program = program, .frame = frame, .strings = strings };
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
    fill_rows(&filling, &state, arena);
    cn_membership_resize(&segments, program->segments->count, cn_frame_rows(frame));
    cn_signal_states_resize(&signals, cn_frame_rows(frame));
    bool ok = cn_engine_pass(&pass, arena, err);
    struct cn_case_results results = { .items = cn_arena_array(arena, struct cn_case_result,
                                                               cases->count + 1) };
    for (size_t i = 0; ok && i < cases->count; i++) {
        struct cn_case_result *result = &results.items[results.count++];
        result->of = &cases->items[i];
        result->differences = cn_arena_array(arena, struct cn_case_difference,
                                             DIFFERENCES_MAX + program->health->shadow_count);
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
