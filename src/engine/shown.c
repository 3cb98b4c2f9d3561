#include "engine/shown.h"

#include <stdlib.h>

#include "base/str.h"

#include "engine/portfolio.h"
#include "health/grade.h"
#include "json/writer.h"

struct cn_shown_score cn_engine_shown(const struct cn_engine *engine, size_t row)
{
    const struct cn_column *overrides = &engine->lists->overrides;
    struct cn_shown_score shown = { .computed = cn_health_state_get(&engine->health, row) };
    shown.score = shown.computed;
    if (!cn_bitmap_has(&engine->lists->overridden, row)) {
        return shown;
    }
    shown.has_override = true;
    shown.override = (int32_t)overrides->as.i64[row];
    if (engine->options.shows_overrides && shown.computed.scorecard >= 0) {
        const struct cn_health_model *model = engine->program->health;
        const struct cn_health_bands *bands = &model->scorecards[shown.computed.scorecard].bands;
        shown.is_by_hand = true;
        shown.score.has_points = true;
        shown.score.points = shown.override;
        shown.score.band = cn_health_next_band(bands, shown.override, CN_BAND_NONE);
        shown.score.is_grey = false;
    }
    return shown;
}

int64_t cn_engine_shown_whole(const struct cn_engine *engine, const struct cn_health_score *score)
{
    return score->scorecard >= 0
               ? cn_health_display(&engine->program->health->scorecards[score->scorecard], score)
               : 0;
}

cn_str cn_engine_shown_grade(const struct cn_engine *engine, const struct cn_health_score *score)
{
    return score->scorecard >= 0
               ? cn_health_grade(&engine->program->health->scorecards[score->scorecard], score)
               : CN_STR("");
}

static void key(struct cn_json_writer *out, const char *name)
{
    cn_json_key(out, cn_str_of(name));
}

void cn_engine_write_health(struct cn_json_writer *out, const struct cn_engine *engine,
                            uint32_t row)
{
    const struct cn_health_score score = cn_health_state_get(&engine->health, row);
    const struct cn_health_model *model = engine->program->health;
    const cn_str grade = cn_engine_shown_grade(engine, &score);
    if (!score.has_points) {
        cn_json_null(out);
        return;
    }
    cn_json_object_begin(out);
    key(out, "points");
    cn_json_f64(out, (double)score.points / 1000);
    if (score.scorecard >= 0) {
        key(out, "whole");
        cn_json_i64(out, cn_engine_shown_whole(engine, &score));
    }
    key(out, "band");
    cn_json_str(out, cn_str_of(cn_band_names[score.band]));
    key(out, "grade");
    if (grade.len > 0) {
        cn_json_str(out, grade);
    } else {
        cn_json_null(out);
    }
    key(out, "grey");
    cn_json_bool(out, score.is_grey);
    key(out, "confidence");
    cn_json_f64(out, (double)score.confidence / 1000);
    key(out, "scorecard");
    cn_json_str(out, score.scorecard >= 0 ? model->scorecards[score.scorecard].name : CN_STR(""));
    cn_json_object_end(out);
}

double cn_engine_shown_cadence(const struct cn_engine *engine, size_t row)
{
    const struct cn_segment_model *model = engine->program->segments;
    const struct cn_column *computed = &engine->segments.cadence_days;
    const struct cn_shown_score shown = cn_engine_shown(engine, row);
    if (!shown.is_by_hand) {
        return cn_column_is_missing(computed, row) ? 0 : computed->as.f64[row];
    }
    for (uint32_t i = 0; i < model->count; i++) {
        if (model->items[i].coverage != NULL && cn_membership_has(&engine->segments, i, row)) {
            return (double)cn_coverage_cadence(model->items[i].coverage,
                                               (size_t)shown.score.band - 1);
        }
    }
    return 0;
}

size_t cn_engine_ids(const struct cn_engine *engine, const struct cn_bitmap *rows,
                     struct cn_arena *arena, int64_t **ids_out)
{
    const int64_t *accounts = cn_frame_accounts(engine->frame);
    int64_t *ids = cn_arena_array(arena, int64_t, cn_bitmap_count(rows) + 1);
    size_t count = 0;
    size_t row = 0;
    for (size_t from = 0; cn_bitmap_next(rows, from, &row); from = row + 1) {
        ids[count] = accounts[row];
        count += accounts[row] != 0;
    }
    qsort(ids, count, sizeof(*ids), cn_order_i64);
    *ids_out = ids;
    return count;
}

void cn_engine_overridden(struct cn_engine *engine, struct cn_arena *arena, int64_t **ids_out,
                          size_t *count_out)
{
    (void)pthread_rwlock_rdlock(&engine->lock);
    *count_out = cn_engine_ids(engine, &engine->lists->overridden, arena, ids_out);
    (void)pthread_rwlock_unlock(&engine->lock);
}

static bool is_grade(const struct cn_health_model *model, cn_str grade)
{
    for (size_t i = 0; i < model->scorecard_count; i++) {
        const struct cn_scorecard *card = &model->scorecards[i];
        for (size_t g = 0; !card->is_shadow && g < card->grade_count; g++) {
            if (cn_str_equal(card->grades[g].name, grade)) {
                return true;
            }
        }
    }
    return false;
}

bool cn_engine_graded(struct cn_engine *engine, cn_str grade, struct cn_arena *arena,
                      int64_t **ids_out, size_t *count_out)
{
    struct cn_bitmap match = { 0 };
    size_t row = 0;
    (void)pthread_rwlock_rdlock(&engine->lock);
    const struct cn_bitmap *live = cn_frame_live(engine->frame);
    const bool is_known = is_grade(engine->program->health, grade);
    cn_bitmap_resize(&match, live->rows);
    cn_bitmap_fill(&match, false);
    for (size_t from = 0; is_known && cn_bitmap_next(live, from, &row); from = row + 1) {
        const struct cn_shown_score shown = cn_engine_shown(engine, row);
        if (cn_str_equal(cn_engine_shown_grade(engine, &shown.score), grade)) {
            cn_bitmap_add(&match, row);
        }
    }
    *count_out = cn_engine_ids(engine, &match, arena, ids_out);
    (void)pthread_rwlock_unlock(&engine->lock);
    cn_bitmap_deinit(&match);
    return is_known;
}

void cn_engine_effective(struct cn_engine *engine, struct cn_arena *arena,
                         struct cn_effective *effective_out)
{
    (void)pthread_rwlock_rdlock(&engine->lock);
    const struct cn_health_model *model = engine->program->health;
    struct cn_effective effective = {
        .is_by_hand = engine->options.shows_overrides,
        .items = cn_arena_array(arena, struct cn_effective_bands, model->scorecard_count + 1),
        .count = model->scorecard_count,
    };
    for (size_t i = 0; i < model->scorecard_count; i++) {
        const struct cn_scorecard *card = &model->scorecards[i];
        effective.items[i] =
            (struct cn_effective_bands){ cn_arena_str(arena, card->name), card->bands };
    }
    (void)pthread_rwlock_unlock(&engine->lock);
    *effective_out = effective;
}

void cn_engine_shown_where_band(const struct cn_engine *engine, unsigned mask,
                                struct cn_bitmap *into)
{
    const struct cn_bitmap *overridden = &engine->lists->overridden;
    size_t row = 0;
    struct cn_bitmap match = { 0 };
    cn_bitmap_resize(&match, into->rows);
    cn_bitmap_fill(&match, false);
    cn_health_where_band(&match, &engine->health, mask);
    for (size_t from = 0; engine->options.shows_overrides && cn_bitmap_next(overridden, from, &row);
         from = row + 1) {
        if (row >= match.rows) {
            break;
        }
        if ((mask >> cn_engine_shown(engine, row).score.band & 1) != 0) {
            cn_bitmap_add(&match, row);
        } else {
            cn_bitmap_remove(&match, row);
        }
    }
    cn_bitmap_or(into, &match);
    cn_bitmap_deinit(&match);
}

const struct cn_column *cn_engine_shown_points(const struct cn_engine *engine,
                                               struct cn_column *scratch)
{
    const struct cn_bitmap *overridden = &engine->lists->overridden;
    const struct cn_column *points = &engine->health.points;
    size_t row = 0;
    if (!engine->options.shows_overrides || cn_bitmap_is_empty(overridden)) {
        return points;
    }
    cn_column_reserve(scratch, engine->health.rows);
    for (size_t i = 0; i < engine->health.rows; i++) {
        if (!cn_column_is_missing(points, i)) {
            cn_column_set_i64(scratch, i, points->as.i64[i]);
        }
    }
    for (size_t from = 0; cn_bitmap_next(overridden, from, &row); from = row + 1) {
        const struct cn_shown_score shown = cn_engine_shown(engine, row);
        if (row < engine->health.rows && shown.is_by_hand) {
            cn_column_set_i64(scratch, row, shown.score.points);
        }
    }
    return scratch;
}

void cn_engine_shown_refresh(struct cn_engine *engine, uint32_t row, cn_time now)
{
    struct cn_list_columns *lists = engine->lists;
    const int64_t account = cn_frame_accounts(engine->frame)[row];
    int64_t value = 0;
    cn_bitmap_remove(&lists->overridden, row);
    if (cn_book_facts_override(engine->facts, account, now, &value)) {
        cn_bitmap_add(&lists->overridden, row);
        cn_column_set_i64(&lists->overrides, row, value * 1000);
    } else {
        cn_column_set_missing(&lists->overrides, row);
    }
}

void cn_engine_shown_end(struct cn_engine *engine, cn_time now)
{
    size_t row = 0;
    const struct cn_bitmap *overridden = &engine->lists->overridden;
    for (size_t from = 0; cn_bitmap_next(overridden, from, &row); from = row + 1) {
        cn_engine_shown_refresh(engine, (uint32_t)row, now);
        if (!cn_bitmap_has(overridden, row)) {
            cn_bitmap_add(&engine->active, row);
        }
    }
}
