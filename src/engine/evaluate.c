/* One round: read what changed, fill, score, store, tell. */
#include <stdlib.h>

#include "book/account.h"
#include "book/change.h"
#include "engine/list_columns.h"
#include "engine/state.h"

enum {
    CHANGES_AT_ONCE = 5000
};

static void note_change(struct cn_engine *engine, const struct cn_change *change,
                        struct cn_id_list *mapped)
{
    int64_t id = change->account_id.value;
    engine->position.change = change->seq;
    if (change->kind == CN_CHANGE_MAPPING && id != 0) {
        cn_id_list_add(mapped, id);
    }
    if (change->kind != CN_CHANGE_SCORE && change->kind != CN_CHANGE_ACTIVITY && id != 0) {
        cn_id_list_add(&engine->touched, id);
    }
}

/* Accounts of which records changed since the last round; parked events join those that were made
 * by a person meanwhile. */
static bool read_changes(struct cn_engine *engine, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct cn_unit unit = cn_engine_unit(engine, conn, &engine->scratch);
    struct cn_change_list list = { 0 };
    struct cn_id_list mapped = { 0 };
    struct cn_subject_moves moves = { .arena = &engine->scratch };
    int64_t before = engine->position.change;
    bool ok = true;
    do {
        ok = cn_change_list(&unit, CN_ENGINE_NODE, engine->position.change, CHANGES_AT_ONCE, &list,
                            err);
        for (size_t i = 0; ok && i < list.count; i++) {
            note_change(engine, &list.items[i], &mapped);
        }
    } while (ok && list.count == CHANGES_AT_ONCE);
    ok = ok && (mapped.count == 0 || (cn_subject_map_sync(engine->subjects, conn, mapped.items,
                                                          mapped.count, &moves, err) &&
                                      cn_engine_follow(engine, &moves, err)));
    free(mapped.items);
    if (!ok) {
        engine->position.change = before; /* the next round reads them again */
    }
    return ok;
}

static bool refresh_facts(struct cn_engine *engine, struct cn_sql_conn *conn, struct cn_error *err)
{
    if (engine->touched.count == 0) {
        return true;
    }
    (void)pthread_rwlock_wrlock(&engine->lock);
    bool ok = cn_book_facts_refresh(engine->facts, conn, engine->touched.items,
                                    engine->touched.count, err);
    for (size_t i = 0; ok && i < engine->touched.count; i++) {
        uint32_t row = cn_engine_row(engine, engine->touched.items[i]);
        cn_bitmap_add(cn_frame_dirty(engine->frame), row);
        cn_engine_lists_refresh(engine, row);
    }
    (void)pthread_rwlock_unlock(&engine->lock);
    if (ok) {
        engine->touched.count = 0;
    }
    return ok;
}

static bool read_records(struct cn_engine *engine, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = read_changes(engine, conn, err) && refresh_facts(engine, conn, err);
    cn_db_release(engine->options.db, conn);
    return ok;
}

static bool fill(struct cn_engine *engine, const struct cn_bitmap *rows, const struct cn_when *when,
                 enum cn_column_pace pace, struct cn_error *err)
{
    size_t strata = engine->program->columns.stratum_count;
    for (uint32_t stratum = 0; stratum < strata; stratum++) {
        if (!cn_frame_fill(engine->frame, stratum, rows, when, pace, err)) {
            return false;
        }
    }
    return true;
}

/* Fills and scores under the write lock. */
static bool score_rows(struct cn_engine *engine, const struct cn_when *when, bool is_tick,
                       struct cn_error *err)
{
    struct cn_bitmap *dirty = cn_frame_dirty(engine->frame);
    bool new_day = when->day != engine->day;
    if (new_day) {
        cn_series_advance(engine->series, (int32_t)when->day, cn_frame_accounts(engine->frame),
                          dirty);
    }
    if (!fill(engine, dirty, when, CN_PACE_FACT, err)) {
        return false;
    }
    if ((is_tick || new_day) &&
        !fill(engine, NULL, when, new_day ? CN_PACE_DAY : CN_PACE_TICK, err)) {
        return false;
    }
    size_t before = engine->changes.count;
    if (!cn_health_evaluate(engine->program->health, engine->frame,
                            is_tick || new_day ? NULL : dirty, &engine->health, &engine->changes,
                            &engine->scratch, err)) {
        return false;
    }
    for (size_t i = before; i < engine->changes.count; i++) {
        cn_engine_set_trend(engine, engine->changes.items[i].row);
    }
    cn_bitmap_fill(dirty, false);
    return true;
}

/* History rows of what moved, kept until they are stored. */
static void remember(struct cn_engine *engine, cn_time now)
{
    const int64_t *accounts = cn_frame_accounts(engine->frame);
    struct cn_pending *pending = &engine->pending;
    for (size_t i = 0; i < engine->changes.count; i++) {
        const struct cn_health_change *change = &engine->changes.items[i];
        if (!change->is_history || accounts[change->row] == 0) {
            continue;
        }
        struct cn_health_row row = cn_health_history_row(
            engine->program->health, accounts[change->row], now, &change->after, &pending->arena);
        row.program_version = engine->program->version;
        cn_pending_add(pending, &row);
    }
}

/* Runs while the engine's thread waits, so it may read what that owns. */
static bool store_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct cn_engine *engine = arg;
    struct cn_arena arena;
    cn_arena_init(&arena, (size_t)16 * 1024);
    struct cn_unit unit = cn_engine_unit(engine, conn, &arena);
    bool ok = cn_health_history_save(conn, engine->pending.rows, engine->pending.count, err);
    for (size_t i = 0; ok && i < engine->pending.count; i++) {
        cn_account_id id = { engine->pending.rows[i].account_id };
        struct cn_account_derived derived = { 0 };
        uint32_t row = 0;
        if (cn_frame_find(engine->frame, id.value, &row)) {
            cn_engine_derive(engine, row, &arena, &derived);
            ok = cn_account_save_derived(&unit, id, &derived, err);
        }
    }
    cn_arena_deinit(&arena);
    return ok;
}

static bool store(struct cn_engine *engine, struct cn_error *err)
{
    if (engine->pending.count == 0) {
        return true;
    }
    if (!cn_db_write(engine->options.db, store_work, engine, err)) {
        return cn_error_context(err, "storing scores");
    }
    engine->pending.count = 0;
    cn_arena_reset(&engine->pending.arena);
    return true;
}

static void publish(struct cn_engine *engine)
{
    if (engine->options.publish == NULL) {
        return;
    }
    for (size_t i = 0; i < engine->changes.count; i++) {
        cn_bitmap_add(&engine->active, engine->changes.items[i].row);
    }
    const int64_t *accounts = cn_frame_accounts(engine->frame);
    size_t count = cn_bitmap_count(&engine->active);
    int64_t *ids = cn_arena_array(&engine->scratch, int64_t, count + 1);
    size_t n = 0;
    size_t row = 0;
    for (size_t from = 0; cn_bitmap_next(&engine->active, from, &row); from = row + 1) {
        ids[n++] = accounts[row];
    }
    if (n > 0) {
        engine->options.publish(engine->options.publish_arg, ids, n);
    }
}

bool cn_engine_evaluate(struct cn_engine *engine, cn_time now, bool is_tick, struct cn_error *err)
{
    cn_arena_reset(&engine->scratch);
    if (!read_records(engine, err)) {
        return cn_error_context(err, "reading changed records");
    }
    struct cn_when when = cn_when_at(engine->options.tz, now, false);
    bool new_day = when.day != engine->day;
    if (atomic_load(&engine->held)) {
        return true;
    }
    (void)pthread_rwlock_wrlock(&engine->lock);
    bool ok = score_rows(engine, &when, is_tick, err);
    engine->day = ok ? when.day : engine->day; /* lists count from it the days that rows hold */
    (void)pthread_rwlock_unlock(&engine->lock);
    if (!ok) {
        return cn_error_context(err, "scoring");
    }
    remember(engine, now);
    publish(engine);
    engine->changes.count = 0;
    cn_bitmap_fill(&engine->active, false);
    return store(engine, err) && (!new_day || cn_engine_load_past(engine, now, err));
}
