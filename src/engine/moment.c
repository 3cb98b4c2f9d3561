#include "engine/moment.h"

#include <assert.h>

#include "engine/pass.h"

enum {
    SCRATCH_BYTES = 64 * 1024,
};

struct opening {
    struct cn_engine *engine;
    struct cn_moment *moment;
    bool *read;            /* by column: the account's health reads it */
    struct cn_bitmap rows; /* the account and its family, which are scored with it */
    struct cn_arena scratch;
};

/* ---- what has to be there ---- */

static bool reads_family(const struct opening *o)
{
    const struct cn_engine_program *program = o->moment->program;
    bool reads = program->health->has_families;
    for (size_t i = 0; i < program->columns.count; i++) {
        reads = reads || (o->read[i] && cn_column_is_of_family(&program->columns.items[i]));
    }
    return reads;
}

static bool reads_metric(const struct opening *o)
{
    const struct cn_engine_program *program = o->moment->program;
    const struct cn_column_source *metrics = cn_metric_source_columns(program->metric_source);
    bool reads = false;
    for (size_t i = 0; i < program->columns.count; i++) {
        reads = reads || (o->read[i] && program->columns.items[i].source == metrics);
    }
    return reads;
}

/* A rank among all accounts is over what they had last night. */
static bool ranks_metric(const struct opening *o)
{
    const struct cn_engine_program *program = o->moment->program;
    const struct cn_column_source *metrics = cn_metric_source_columns(program->metric_source);
    bool ranks = false;
    for (size_t i = 0; i < program->columns.count; i++) {
        const struct cn_column_def *def = &program->columns.items[i];
        ranks = ranks || (o->read[i] && def->spec.needs_rows && !cn_column_is_of_family(def) &&
                          program->columns.items[def->inputs[0]].source == metrics);
    }
    return ranks;
}

static bool compares(const struct opening *o)
{
    const struct cn_engine_program *program = o->moment->program;
    bool compares = program->health->has_families;
    for (size_t i = 0; i < program->columns.count; i++) {
        compares = compares || (o->read[i] && program->columns.items[i].spec.needs_rows);
    }
    return compares;
}

static void mark_read(struct opening *o)
{
    const struct cn_engine_program *program = o->moment->program;
    const struct cn_health_model *model = program->health;
    o->read = cn_arena_array(&o->scratch, bool, program->columns.count + 1);
    cn_rules_mark_read(program->rules, model->unit, &o->scratch, o->read);
    if (model->has_families) {
        o->read[model->parent_column] = true;
        o->read[model->arr_column] = true;
        o->read[program->list_columns[CN_LIST_NAME]] = true; /* a child's line has its name */
    }
}

static void add_accounts(struct opening *o, int64_t account_id)
{
    struct cn_engine *engine = o->engine;
    struct cn_frame *frame = o->moment->frame;
    (void)cn_frame_add(frame, account_id);
    if (!compares(o)) {
        return;
    }
    (void)pthread_rwlock_rdlock(&engine->lock);
    const int64_t *accounts = cn_frame_accounts(engine->frame);
    for (size_t row = 0; row < cn_frame_rows(engine->frame); row++) {
        if (accounts[row] != 0) {
            (void)cn_frame_add(frame, accounts[row]); /* once each */
        }
    }
    (void)pthread_rwlock_unlock(&engine->lock);
}

static uint32_t parent_column(const struct cn_engine_program *program)
{
    uint32_t column = 0;
    bool found = cn_column_set_has(&program->columns, CN_STR("parent_id"), &column);
    assert(found);
    return found ? column : 0;
}

/* Whoever the account is related to, by whatever way: what is made of it depends on no other. */
static bool find_family(struct opening *o, struct cn_error *err)
{
    struct cn_frame *frame = o->moment->frame;
    cn_bitmap_resize(&o->rows, cn_frame_rows(frame));
    cn_bitmap_add(&o->rows, 0);
    if (!reads_family(o)) {
        return true;
    }
    const uint32_t column = parent_column(o->moment->program);
    if (!cn_frame_fill_column(frame, column, NULL, &o->moment->when, err)) {
        return false;
    }
    const struct cn_column *parents = cn_frame_column(frame, column);
    for (bool has_grown = true; has_grown;) {
        has_grown = false;
        for (size_t row = 0; row < cn_frame_rows(frame); row++) {
            uint32_t parent = 0;
            if (!cn_column_is_missing(parents, row) &&
                cn_frame_find(frame, parents->as.i64[row], &parent) &&
                cn_bitmap_has(&o->rows, row) != cn_bitmap_has(&o->rows, parent)) {
                cn_bitmap_add(&o->rows, row);
                cn_bitmap_add(&o->rows, parent);
                has_grown = true;
            }
        }
    }
    return true;
}

static bool load_metrics(struct opening *o, struct cn_error *err)
{
    const struct cn_moment *moment = o->moment;
    struct cn_engine *engine = o->engine;
    const int32_t day = (int32_t)moment->when.day;
    const int64_t today = cn_tz_day(engine->options.tz, cn_now(engine->options.clock));
    int64_t *ids = NULL;
    size_t count = 0;
    size_t row = 0;
    if (!reads_metric(o)) {
        return true;
    }
    if (!ranks_metric(o)) {
        ids = cn_arena_array(&o->scratch, int64_t, cn_bitmap_count(&o->rows) + 1);
        for (size_t from = 0; cn_bitmap_next(&o->rows, from, &row); from = row + 1) {
            ids[count++] = cn_frame_accounts(moment->frame)[row];
        }
    }
    /* What is not stored yet is of these days, but for what came late. */
    return (day + 1 < today || cn_rollup_flush(engine->options.rollup, err)) &&
           cn_metric_source_prepare(moment->program->metric_source, day - 1, day, ids, count, err);
}

/* ---- scoring ---- */

static bool fill_stratum(void *arg, uint32_t stratum, struct cn_error *err)
{
    const struct opening *o = arg;
    const struct cn_moment *moment = o->moment;
    for (uint32_t i = 0; i < cn_frame_column_count(moment->frame); i++) {
        if (o->read[i] && moment->program->columns.items[i].stratum == stratum &&
            !cn_frame_fill_column(moment->frame, i, &o->rows, &moment->when, err)) {
            return false;
        }
    }
    return true;
}

static bool score(struct opening *o, enum cn_band band_before, struct cn_error *err)
{
    struct cn_moment *moment = o->moment;
    const struct cn_health_score before = { .band = band_before, .scorecard = -1 };
    struct cn_membership segments;
    cn_health_state_resize(&moment->state, cn_frame_rows(moment->frame));
    cn_health_state_set(&moment->state, 0, &before);
    cn_membership_init(&segments);
    cn_membership_resize(&segments, moment->program->segments->count, cn_frame_rows(moment->frame));
    struct cn_engine_results results = { .health = &moment->state, .segments = &segments };
    struct cn_engine_pass pass = { .program = moment->program,
                                   .frame = moment->frame,
                                   .rows = &o->rows,
                                   .fill = fill_stratum,
                                   .arg = o,
                                   .results = &results };
    bool ok = cn_engine_pass(&pass, &o->scratch, err);
    moment->score = cn_health_state_get(&moment->state, 0);
    cn_membership_deinit(&segments);
    return ok;
}

bool cn_moment_open(struct cn_engine *engine, const struct cn_engine_program *program,
                    int64_t account_id, const struct cn_when *when, enum cn_band band_before,
                    struct cn_moment *moment_out, struct cn_error *err)
{
    struct opening o = { .engine = engine, .moment = moment_out };
    *moment_out = (struct cn_moment){ .program = program,
                                      .frame = cn_frame_new(engine->strings),
                                      .when = *when };
    cn_health_state_init(&moment_out->state);
    cn_arena_init(&o.scratch, SCRATCH_BYTES);
    mark_read(&o);
    add_accounts(&o, account_id);
    cn_frame_use(moment_out->frame, &program->columns, NULL);
    bool ok = find_family(&o, err) && load_metrics(&o, err) && score(&o, band_before, err);
    cn_bitmap_deinit(&o.rows);
    cn_arena_deinit(&o.scratch);
    return ok;
}

void cn_moment_close(struct cn_moment *moment)
{
    cn_health_state_deinit(&moment->state);
    cn_frame_free(moment->frame);
    *moment = (struct cn_moment){ 0 };
}
