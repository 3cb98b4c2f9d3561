#include "engine/candidate.h"

#include <stdlib.h>

#include "base/str.h"

#include "engine/apply_state.h"
#include "engine/list_columns.h"

static int64_t or_none(const struct cn_column *column, size_t row)
{
    return cn_column_is_missing(column, row) ? 0 : column->as.i64[row];
}

static void copy_number(struct cn_column *into, size_t to, const struct cn_column *from, size_t row)
{
    if (cn_column_is_missing(from, row)) {
        cn_column_set_missing(into, to);
    } else {
        cn_column_set_f64(into, to, from->as.f64[row]);
    }
}

static void copy_segments(const struct cn_engine *engine, size_t row, struct cn_candidate *into)
{
    for (size_t i = 0; i < engine->program->segments->count; i++) {
        if (cn_membership_has(&engine->segments, (uint32_t)i, row)) {
            cn_bitmap_add(&into->segments.members[i], into->count);
        }
    }
    copy_number(&into->segments.days_in_stage, into->count, &engine->segments.days_in_stage, row);
    copy_number(&into->segments.cadence_days, into->count, &engine->segments.cadence_days, row);
}

void cn_candidate_open(struct cn_engine *engine, struct cn_candidate *candidate_out)
{
    struct cn_candidate candidate = { .engine = engine };
    cn_engine_keep_program(engine);
    candidate.frame = cn_frame_new(engine->strings);
    candidate.when = cn_when_at(engine->options.tz, cn_now(engine->options.clock), false);
    candidate.when.all_known = true;
    cn_health_state_init(&candidate.health);
    cn_membership_init(&candidate.segments);
    (void)pthread_rwlock_rdlock(&engine->lock);
    const int64_t *ids = cn_frame_accounts(engine->frame);
    size_t rows = cn_frame_rows(engine->frame);
    candidate.accounts = cn_heap_resize(NULL, (rows + 1) * sizeof(candidate.accounts[0]));
    cn_membership_resize(&candidate.segments, engine->program->segments->count, rows);
    for (size_t row = 0; row < rows; row++) {
        if (ids[row] != 0) {
            (void)cn_frame_add(candidate.frame, ids[row]); /* the next row */
            copy_segments(engine, row, &candidate);
            candidate.accounts[candidate.count++] = (struct cn_candidate_account){
                .score = cn_health_state_get(&engine->health, row),
                .owner = or_none(&engine->lists->owner, row),
                .team = or_none(&engine->lists->team, row),
            };
        }
    }
    (void)pthread_rwlock_unlock(&engine->lock);
    cn_membership_resize(&candidate.segments, engine->program->segments->count, candidate.count);
    cn_health_state_resize(&candidate.health, candidate.count);
    for (size_t row = 0; row < candidate.count; row++) {
        cn_health_state_set(&candidate.health, row, &candidate.accounts[row].score);
    }
    *candidate_out = candidate;
}

void cn_candidate_close(struct cn_candidate *candidate)
{
    cn_health_state_deinit(&candidate->health);
    cn_membership_deinit(&candidate->segments);
    cn_frame_free(candidate->frame);
    cn_series_free(candidate->series);
    free(candidate->accounts);
    cn_engine_let_program(candidate->engine);
}

void cn_candidate_copy_signals(const struct cn_candidate *candidate,
                               struct cn_signal_states *states_out)
{
    struct cn_engine *engine = candidate->engine;
    const struct cn_signal_states *states = &engine->signals.states;
    const int64_t *accounts = cn_frame_accounts(candidate->frame);
    cn_signal_states_init(states_out, states->rule_count);
    cn_signal_states_resize(states_out, candidate->count);
    (void)pthread_rwlock_rdlock(&engine->lock);
    for (size_t row = 0; row < candidate->count; row++) {
        uint32_t from = 0;
        if (!cn_frame_find(engine->frame, accounts[row], &from) || from >= states->rows) {
            continue; /* it was merged since */
        }
        for (size_t rule = 0; rule < states->rule_count; rule++) {
            struct cn_signal_mark mark = cn_signal_states_get(states, rule, from);
            if (mark.state != CN_SIGNAL_UNKNOWN) {
                cn_signal_states_set(states_out, rule, row, &mark);
            }
            const struct cn_about_list list = cn_abouts_of(&states->abouts, rule, from);
            for (size_t i = 0; i < list.count; i++) {
                *cn_abouts_put(&states_out->abouts, rule, row, list.items[i].about_id) =
                    list.items[i];
            }
        }
    }
    (void)pthread_rwlock_unlock(&engine->lock);
}

void cn_candidate_move_scores(struct cn_candidate *candidate, const struct cn_health_model *to)
{
    const struct cn_health_model *from = candidate->engine->program->health;
    for (size_t row = 0; row < candidate->count; row++) {
        struct cn_health_score score = candidate->accounts[row].score;
        int32_t place = -1;
        for (size_t i = 0; score.scorecard >= 0 && i < to->scorecard_count; i++) {
            if (cn_str_equal(from->scorecards[score.scorecard].name, to->scorecards[i].name)) {
                place = (int32_t)i;
            }
        }
        score.scorecard = place;
        cn_health_state_set(&candidate->health, row, &score);
    }
}

bool cn_candidate_sees(const struct cn_engine *engine, const struct cn_unit *unit, uint32_t row)
{
    return cn_unit_sees(unit, or_none(&engine->lists->team, row),
                        or_none(&engine->lists->owner, row));
}

bool cn_candidate_use_metrics(struct cn_candidate *candidate, const struct cn_metric_list *metrics,
                              struct cn_metric_source *source, struct cn_error *err)
{
    struct cn_engine *engine = candidate->engine;
    struct cn_rollup *rollup = engine->options.rollup;
    int32_t reach = cn_metric_source_reach(source);
    int32_t today = (int32_t)candidate->when.day;
    bool fits =
        cn_series_fits(engine->series, metrics, reach) && cn_series_covers(engine->series, today);
    bool ok = true;
    if (!fits) {
        candidate->series = cn_series_new(&(struct cn_series_options){
            .metrics = metrics, .first_day = today - 1, .last_day = today, .reach_days = reach });
        ok =
            cn_rollup_flush(rollup, err) && cn_series_load(candidate->series, rollup, NULL, 0, err);
    }
    cn_metric_source_set_series(source, fits ? engine->series : candidate->series);
    return ok;
}

double cn_candidate_number(const struct cn_candidate *candidate, uint32_t column, uint32_t row)
{
    const struct cn_column *values = cn_frame_column(candidate->frame, column);
    if (cn_column_is_missing(values, row)) {
        return 0;
    }
    return values->type == CN_COLUMN_F64 ? values->as.f64[row] : (double)values->as.i64[row];
}

struct sized {
    double size;
    uint32_t row;
};

static int larger_first(const void *a, const void *b)
{
    const struct sized *x = a;
    const struct sized *y = b;
    if (x->size != y->size) {
        return x->size > y->size ? -1 : 1;
    }
    return (x->row > y->row) - (x->row < y->row);
}

uint32_t *cn_candidate_largest(const struct cn_candidate *candidate, const struct cn_bitmap *rows,
                               uint32_t by)
{
    size_t count = cn_bitmap_count(rows);
    struct sized *sized = cn_heap_resize(NULL, (count + 1) * sizeof(sized[0]));
    uint32_t *largest = cn_heap_resize(NULL, (count + 1) * sizeof(largest[0]));
    size_t n = 0;
    size_t row = 0;
    for (size_t from = 0; cn_bitmap_next(rows, from, &row); from = row + 1) {
        sized[n++] =
            (struct sized){ cn_candidate_number(candidate, by, (uint32_t)row), (uint32_t)row };
    }
    if (count > 0) {
        qsort(sized, count, sizeof(sized[0]), larger_first);
    }
    for (size_t i = 0; i < count; i++) {
        largest[i] = sized[i].row;
    }
    free(sized);
    return largest;
}
