#include "engine/questions.h"

#include <math.h>
#include <stdlib.h>

#include "base/str.h"

#include "engine/shown.h"

static const double day_us = 86400e6;

static enum cn_segment_question question_of(const struct cn_segment_model *model, uint32_t item)
{
    const struct cn_segment *segment = &model->items[item];
    const bool has = segment->kind == CN_SEGMENT_PLAIN && segment->group != CN_SEGMENT_NO_GROUP;
    return has ? model->groups[segment->group].question : CN_QUESTION_NONE;
}

/* An account in two models that answer the same question answers it once. */
static void find_answering(const struct cn_engine *engine, enum cn_segment_question question,
                           struct cn_bitmap *rows)
{
    const struct cn_segment_model *model = engine->program->segments;
    cn_bitmap_copy(rows, cn_frame_live(engine->frame));
    cn_bitmap_fill(rows, false);
    for (uint32_t i = 0; i < model->count; i++) {
        if (question_of(model, i) == question) {
            cn_bitmap_or(rows, &engine->segments.members[i]);
        }
    }
    cn_bitmap_and(rows, cn_frame_live(engine->frame));
}

void cn_engine_question_members(struct cn_engine *engine, const struct cn_question_ask *ask,
                                struct cn_arena *arena, int64_t **ids_out, size_t *count_out)
{
    struct cn_bitmap rows = { 0 };
    struct cn_bitmap live = { 0 };
    size_t row = 0;
    (void)pthread_rwlock_rdlock(&engine->lock);
    cn_bitmap_copy(&live, cn_frame_live(engine->frame));
    if (ask->question != CN_QUESTION_NONE) {
        find_answering(engine, ask->question, &rows);
    } else {
        cn_bitmap_copy(&rows, &live);
        for (size_t from = 0; cn_bitmap_next(&live, from, &row); from = row + 1) {
            if (cn_segment_answered(engine->program->segments, &engine->segments, row) !=
                ask->answered) {
                cn_bitmap_remove(&rows, row);
            }
        }
    }
    if (ask->is_open) {
        cn_bitmap_and_not(&live, &rows);
        cn_bitmap_copy(&rows, &live);
    }
    *count_out = cn_engine_ids(engine, &rows, arena, ids_out);
    (void)pthread_rwlock_unlock(&engine->lock);
    cn_bitmap_deinit(&live);
    cn_bitmap_deinit(&rows);
}

/* ---- what an answer rests on ---- */

/* The columns that the segment's condition reads. */
static const uint32_t *columns_of(const struct cn_segment_model *model, uint32_t item,
                                  size_t *count_out)
{
    const uint32_t rule = model->items[item].rule;
    *count_out = 0;
    if (rule == CN_NO_RULE) {
        return NULL;
    }
    return cn_cel_expr_columns(cn_rules_expr(model->rules, rule), count_out);
}

/* 0 to 1. */
static double worth_of(const struct cn_fact *fact, bool is_missing, int64_t validity_days,
                       cn_time now)
{
    if (is_missing) {
        return 0;
    }
    if (validity_days == 0) {
        return 1;
    }
    if (fact->at.us == 0) {
        return 0.5;
    }
    const double age = floor((double)(now.us - fact->at.us) / day_us);
    const double over = age - (double)validity_days;
    return over <= 0 ? 1 : exp2(-over / (double)validity_days);
}

/* Of the segment that the row is in.  Under the write lock: sources belong to one thread. */
static bool ground_answer(const struct cn_engine *engine, uint32_t item, uint32_t row,
                          const struct cn_when *when, struct cn_arena *arena,
                          struct cn_answered *answer, struct cn_error *err)
{
    const struct cn_segment_model *model = engine->program->segments;
    const struct cn_segment *segment = &model->items[item];
    const struct cn_segment_group *group = &model->groups[segment->group];
    size_t count = 0;
    const uint32_t *columns = columns_of(model, item, &count);
    double worth = 0;
    answer->is_answered = true;
    answer->segment = cn_arena_str(arena, segment->name);
    answer->model = cn_arena_str(arena, group->name);
    answer->rule = cn_arena_str(arena, segment->text);
    answer->facts = cn_arena_array(arena, struct cn_fact, count + 1);
    for (size_t i = 0; i < count && i < CN_QUESTION_FACTS_MAX; i++) {
        struct cn_fact *fact = &answer->facts[answer->fact_count];
        if (!cn_frame_fact(engine->frame, columns[i], row, when, arena, fact, err)) {
            return false;
        }
        answer->fact_count++;
        fact->name = cn_arena_str(arena, fact->name);
        worth +=
            worth_of(fact, cn_column_is_missing(cn_frame_column(engine->frame, columns[i]), row),
                     group->validity_days, when->now);
        if (fact->at.us != 0 && (answer->as_of.us == 0 || fact->at.us < answer->as_of.us)) {
            answer->as_of = fact->at;
        }
    }
    answer->confidence = answer->fact_count > 0 ? worth / (double)answer->fact_count : 0;
    return true;
}

/* Of two segments that answer it the one of the model that comes first. */
static bool answer_of(const struct cn_engine *engine, enum cn_segment_question question,
                      uint32_t row, const struct cn_when *when, struct cn_arena *arena,
                      struct cn_answered *answer, struct cn_error *err)
{
    const struct cn_segment_model *model = engine->program->segments;
    *answer = (struct cn_answered){ .question = question };
    for (uint32_t i = 0; i < model->count; i++) {
        if (question_of(model, i) == question && cn_membership_has(&engine->segments, i, row)) {
            return ground_answer(engine, i, row, when, arena, answer, err);
        }
    }
    return true;
}

bool cn_engine_answers(struct cn_engine *engine, cn_account_id id, struct cn_arena *arena,
                       struct cn_answered answers_out[CN_QUESTIONS], struct cn_error *err)
{
    const struct cn_when when =
        cn_when_at(engine->options.tz, cn_now(engine->options.clock), false);
    uint32_t row = 0;
    (void)pthread_rwlock_wrlock(&engine->lock);
    bool ok = (cn_frame_find(engine->frame, id.value, &row) && row < engine->segments.rows) ||
              cn_fail(err, CN_NOT_FOUND, "no such account");
    for (int q = CN_QUESTION_NONE; ok && q < CN_QUESTIONS; q++) {
        answers_out[q] = (struct cn_answered){ 0 };
        ok = q == CN_QUESTION_NONE || answer_of(engine, (enum cn_segment_question)q, row, &when,
                                                arena, &answers_out[q], err);
    }
    (void)pthread_rwlock_unlock(&engine->lock);
    return ok;
}

/* ---- all accounts ---- */

static int by_name(const void *a, const void *b)
{
    return cn_str_compare(((const struct cn_question_fact *)a)->name,
                          ((const struct cn_question_fact *)b)->name);
}

static void add_fact(const struct cn_column_def *def, struct cn_arena *arena,
                     struct cn_question_ground *ground)
{
    for (size_t i = 0; i < ground->fact_count; i++) {
        if (cn_str_equal(ground->facts[i].name, def->name)) {
            return;
        }
    }
    if (ground->fact_count < CN_QUESTION_FACTS_MAX) {
        ground->facts[ground->fact_count++] =
            (struct cn_question_fact){ cn_arena_str(arena, def->name),
                                       cn_arena_str(arena, cn_str_of(def->source->name)) };
    }
}

/* What the conditions of all models that answer it read. */
static void list_facts(const struct cn_engine *engine, enum cn_segment_question question,
                       struct cn_arena *arena, struct cn_question_ground *ground)
{
    const struct cn_segment_model *model = engine->program->segments;
    const struct cn_column_set *set = cn_frame_columns(engine->frame);
    ground->facts = cn_arena_array(arena, struct cn_question_fact, CN_QUESTION_FACTS_MAX);
    for (uint32_t i = 0; i < model->count; i++) {
        size_t count = 0;
        if (question_of(model, i) != question) {
            continue;
        }
        const uint32_t *columns = columns_of(model, i, &count);
        for (size_t c = 0; c < count; c++) {
            add_fact(&set->items[columns[c]], arena, ground);
        }
    }
    qsort(ground->facts, ground->fact_count, sizeof(ground->facts[0]), by_name);
}

/* Every so many of the rows, so that there are CN_QUESTION_SAMPLE. */
static bool sample(const struct cn_engine *engine, enum cn_segment_question question,
                   const struct cn_bitmap *rows, const struct cn_when *when, struct cn_arena *arena,
                   struct cn_question_ground *ground, struct cn_error *err)
{
    const size_t all = cn_bitmap_count(rows);
    const size_t wanted = all < CN_QUESTION_SAMPLE ? all : CN_QUESTION_SAMPLE;
    int64_t dates[CN_QUESTION_SAMPLE];
    size_t dated = 0;
    size_t passed = 0;
    size_t row = 0;
    for (size_t from = 0; cn_bitmap_next(rows, from, &row); from = row + 1, passed++) {
        struct cn_answered answer;
        if (passed != ground->sampled * all / wanted) {
            continue;
        }
        if (!answer_of(engine, question, (uint32_t)row, when, arena, &answer, err)) {
            return false;
        }
        ground->sampled++;
        ground->confidence += answer.confidence;
        if (answer.as_of.us != 0) {
            dates[dated++] = answer.as_of.us;
        }
    }
    if (ground->sampled > 0) {
        ground->confidence /= (double)ground->sampled;
    }
    if (dated > 0) {
        qsort(dates, dated, sizeof(dates[0]), cn_order_i64);
        ground->oldest.us = dates[0];
        ground->as_of.us = dates[dated / 2];
    }
    return true;
}

bool cn_engine_question_grounds(struct cn_engine *engine, const struct cn_unit *unit,
                                struct cn_arena *arena,
                                struct cn_question_ground grounds_out[CN_QUESTIONS],
                                struct cn_error *err)
{
    const struct cn_when when =
        cn_when_at(engine->options.tz, cn_now(engine->options.clock), false);
    struct cn_bitmap rows = { 0 };
    bool ok = true;
    (void)pthread_rwlock_wrlock(&engine->lock);
    for (int q = CN_QUESTION_NONE; ok && q < CN_QUESTIONS; q++) {
        const enum cn_segment_question question = (enum cn_segment_question)q;
        grounds_out[q] = (struct cn_question_ground){ 0 };
        if (question == CN_QUESTION_NONE) {
            continue;
        }
        list_facts(engine, question, arena, &grounds_out[q]);
        find_answering(engine, question, &rows);
        cn_engine_match_scope(engine, unit, &rows);
        ok = sample(engine, question, &rows, &when, arena, &grounds_out[q], err);
    }
    (void)pthread_rwlock_unlock(&engine->lock);
    cn_bitmap_deinit(&rows);
    return ok;
}
