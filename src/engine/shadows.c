#include "engine/shadows.h"

#include "base/str.h"

#include "health/shadow_history.h"

static void add_row(struct cn_pending *pending, const struct cn_health_row *row)
{
    if (pending->shadow_count == pending->shadow_capacity) {
        pending->shadow_capacity =
            pending->shadow_capacity == 0 ? 256 : pending->shadow_capacity * 2;
        pending->shadows = cn_heap_resize(pending->shadows,
                                          pending->shadow_capacity * sizeof(pending->shadows[0]));
    }
    pending->shadows[pending->shadow_count++] = *row;
}

void cn_shadows_remember(const struct cn_engine_program *program, const struct cn_frame *frame,
                         const struct cn_bitmap *shown, cn_time at, bool is_backfilled,
                         struct cn_health_changes *changes, struct cn_pending *pending)
{
    const int64_t *accounts = cn_frame_accounts(frame);
    for (size_t i = 0; i < changes->count; i++) {
        const struct cn_health_change *change = &changes->items[i];
        if (!change->is_history || accounts[change->row] == 0 ||
            (shown != NULL && !cn_bitmap_has(shown, change->row))) {
            continue;
        }
        struct cn_health_row row = cn_shadow_history_row(program->health, accounts[change->row], at,
                                                         change, &pending->arena);
        row.is_backfilled = is_backfilled;
        row.program_version = program->version;
        add_row(pending, &row);
    }
    changes->count = 0;
}

bool cn_shadows_store(struct cn_engine *engine, const struct cn_unit *unit, struct cn_error *err)
{
    const struct cn_pending *pending = &engine->pending;
    struct cn_map held = { 0 };
    int64_t *ids = cn_arena_array(unit->arena, int64_t, pending->shadow_count + 1);
    struct cn_health_row *there =
        cn_arena_array(unit->arena, struct cn_health_row, pending->shadow_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < pending->shadow_count; i++) {
        ids[i] = pending->shadows[i].account_id;
    }
    bool ok =
        pending->shadow_count == 0 || cn_account_hold(unit, ids, pending->shadow_count, &held, err);
    for (size_t i = 0; ok && i < pending->shadow_count; i++) {
        if (cn_map_get(&held, (uint64_t)ids[i]) != NULL) {
            there[count++] = pending->shadows[i];
        }
    }
    cn_map_deinit(&held);
    ok = ok && cn_shadow_history_save(unit->conn, engine->options.tz, there, count, err);
    return ok && (engine->pruned_day == engine->day ||
                  cn_shadow_history_prune(unit->conn, engine->day, err));
}

void cn_shadows_stored(struct cn_engine *engine)
{
    engine->pending.shadow_count = 0;
    engine->pruned_day = engine->day;
}

static void set_score(void *arg, const struct cn_health_row *newest)
{
    struct cn_engine *engine = arg;
    const struct cn_health_model *model = engine->program->health;
    uint32_t row = 0;
    for (size_t i = 0; i < model->scorecard_count; i++) {
        const struct cn_scorecard *card = &model->scorecards[i];
        struct cn_health_score score = newest->score;
        if (card->is_shadow && cn_str_equal(card->name, newest->scorecard) &&
            cn_frame_find(engine->frame, newest->account_id, &row)) {
            /* One that no longer applied has neither points nor a colour nor confidence. */
            score.scorecard =
                score.has_points || score.is_grey || score.confidence > 0 ? (int32_t)i : -1;
            cn_health_state_set(&engine->health.shadows[card->shadow], row, &score);
        }
    }
}

bool cn_shadows_load(struct cn_engine *engine, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (engine->program->health->shadow_count == 0) {
        return true;
    }
    cn_health_state_resize(&engine->health, cn_frame_rows(engine->frame));
    cn_health_state_prepare(&engine->health, engine->program->health);
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_shadow_history_each_newest(conn, set_score, engine, err);
    cn_db_release(engine->options.db, conn);
    return ok;
}
