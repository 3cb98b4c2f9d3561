/* One round: read what changed, fill, score, store, tell. */
#include <stdlib.h>

#include "book/account.h"
#include "book/change.h"
#include "engine/apply_state.h"
#include "engine/list_columns.h"
#include "engine/pass.h"
#include "engine/placed.h"
#include "engine/shadows.h"
#include "engine/shown.h"
#include "engine/state.h"
#include "program/version.h"

enum {
    CHANGES_AT_ONCE = 5000
};

#define RANK_FIRST_US ((int64_t)10 * 1000000)
#define RANK_MOST_US  ((int64_t)3600 * 1000000)

static void note_change(struct cn_engine *engine, const struct cn_change *change,
                        struct cn_id_list *mapped)
{
    int64_t id = change->account_id.value;
    engine->position.change = change->seq;
    if (change->kind == CN_CHANGE_SIGNAL) {
        engine->signals.snooze_next = (cn_time){ 0 }; /* it may be a snooze */
    }
    if (change->kind == CN_CHANGE_MAPPING && id != 0) {
        cn_id_list_add(mapped, id);
    }
    if (change->kind == CN_CHANGE_DECISION && id != 0) {
        cn_id_list_add(&engine->decided, id);
    }
    if (change->kind != CN_CHANGE_SCORE && change->kind != CN_CHANGE_ACTIVITY &&
        change->kind != CN_CHANGE_SIGNAL && id != 0) {
        cn_id_list_add(&engine->touched, id);
    }
}

/* Somebody applied a version of the program. */
static bool look_for_program(struct cn_engine *engine, struct cn_sql_conn *conn,
                             struct cn_error *err)
{
    struct cn_program_version_list newest;
    if (!cn_program_version_list(conn, &engine->scratch, 0, 1, &newest, err)) {
        return false;
    }
    if (newest.count > 0) {
        cn_apply_news(engine->apply, newest.items[0].number);
    }
    return true;
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
    bool has_program = false;
    bool ok = true;
    do {
        ok = cn_change_list(&unit, CN_ENGINE_NODE, engine->position.change, CHANGES_AT_ONCE, &list,
                            err);
        for (size_t i = 0; ok && i < list.count; i++) {
            note_change(engine, &list.items[i], &mapped);
            has_program = has_program || list.items[i].kind == CN_CHANGE_PROGRAM;
        }
    } while (ok && list.count == CHANGES_AT_ONCE);
    ok = ok && (!has_program || look_for_program(engine, conn, err)) &&
         cn_subject_map_sync(engine->subjects, conn, mapped.items, mapped.count, &moves, err);
    cn_engine_note_moves(engine, &moves); /* of a part, if it failed */
    free(mapped.items);
    if (!ok) {
        engine->position.change = before; /* the next round reads them again */
        return false;
    }
    if (!cn_engine_follow(engine, err)) {
        return false;
    }
    cn_engine_note_mapping(engine);
    return true;
}

/* The account became part of another, which was active when it was.  Under the write lock. */
static void remove_account(struct cn_engine *engine, int64_t account_id)
{
    static const struct cn_health_score nothing = { .scorecard = -1 };
    struct cn_column *activity = &engine->last_activity;
    uint32_t row = 0;
    uint32_t other = 0;
    if (!cn_frame_find(engine->frame, account_id, &row)) {
        return;
    }
    int64_t survivor = cn_subject_map_survivor(engine->subjects, account_id);
    if (survivor != account_id && cn_frame_find(engine->frame, survivor, &other) &&
        !cn_column_is_missing(activity, row) &&
        (cn_column_is_missing(activity, other) ||
         activity->as.i64[other] < activity->as.i64[row])) {
        cn_column_set_i64(activity, other, activity->as.i64[row]);
    }
    if (survivor != account_id && cn_frame_find(engine->frame, survivor, &other)) {
        cn_abouts_move(&engine->signals.states.abouts, row, other); /* its tickets are there now */
        cn_bitmap_add(cn_frame_dirty(engine->frame), other);
    }
    cn_column_set_missing(activity, row);
    cn_column_set_missing(&engine->past_points, row);
    cn_column_set_missing(&engine->trend, row);
    cn_list_columns_clear(engine->lists, row);
    cn_health_state_set(&engine->health, row, &nothing);
    cn_membership_clear(&engine->segments, row);
    cn_signals_remove(engine, account_id, row);
    cn_bitmap_remove(&engine->active, row);
    (void)cn_frame_remove(engine->frame, account_id); /* it was found above */
    cn_id_list_add(&engine->removed, account_id);
}

static void refresh_row(struct cn_engine *engine, int64_t account_id)
{
    int64_t owner = 0;
    int64_t team = 0;
    if (!cn_book_facts_owner(engine->facts, account_id, &owner, &team)) {
        remove_account(engine, account_id);
        return;
    }
    uint32_t row = cn_engine_row(engine, account_id);
    cn_bitmap_add(cn_frame_dirty(engine->frame), row);
    cn_engine_lists_refresh(engine, row);
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
        refresh_row(engine, engine->touched.items[i]);
    }
    (void)pthread_rwlock_unlock(&engine->lock);
    if (ok) {
        engine->touched.count = 0;
    }
    return ok;
}

/* After the records, so that every account has its row. */
static bool read_decisions(struct cn_engine *engine, struct cn_sql_conn *conn, struct cn_error *err)
{
    for (size_t i = 0; i < engine->decided.count; i++) {
        if (!cn_engine_read_decisions(engine, conn, engine->decided.items[i], err)) {
            return false; /* the next round reads all of them again */
        }
    }
    engine->decided.count = 0;
    return true;
}

static bool read_records(struct cn_engine *engine, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = read_changes(engine, conn, err) && refresh_facts(engine, conn, err) &&
              read_decisions(engine, conn, err);
    cn_db_release(engine->options.db, conn);
    return ok;
}

/* Rows of which something that was told ahead has come true. */
static void mark_due(struct cn_engine *engine, cn_time clock)
{
    int64_t *accounts = NULL;
    size_t count = cn_book_facts_due(engine->facts, clock, &engine->scratch, &accounts);
    for (size_t i = 0; i < count; i++) {
        uint32_t row = 0;
        if (cn_frame_find(engine->frame, accounts[i], &row)) {
            cn_bitmap_add(cn_frame_dirty(engine->frame), row);
        }
    }
}

struct scoring {
    struct cn_engine *engine;
    const struct cn_round *round;
    struct cn_when when;
};

static bool asks_all(const struct cn_round *round)
{
    return round->is_fresh || (round->is_full && round->is_whole);
}

static bool fill_stratum(void *arg, uint32_t stratum, struct cn_error *err)
{
    const struct scoring *scoring = arg;
    struct cn_frame *frame = scoring->engine->frame;
    const struct cn_when *when = &scoring->when;
    if (scoring->engine->needs_all) {
        return cn_frame_fill(frame, stratum, NULL, when, CN_PACE_FACT, err);
    }
    if (!cn_frame_fill(frame, stratum, cn_frame_dirty(frame), when, CN_PACE_FACT, err)) {
        return false;
    }
    if (asks_all(scoring->round)) {
        enum cn_column_pace pace = scoring->round->is_fresh ? CN_PACE_DAY : CN_PACE_TICK;
        return cn_frame_fill(frame, stratum, NULL, when, pace, err);
    }
    return !scoring->round->is_full || cn_frame_fill_moment(frame, stratum, when, err);
}

bool cn_engine_score(struct cn_engine *engine, const struct cn_round *round, struct cn_error *err)
{
    struct cn_bitmap *dirty = cn_frame_dirty(engine->frame);
    struct scoring scoring = { .engine = engine,
                               .round = round,
                               .when = cn_when_at(engine->options.tz, round->clock, false) };
    scoring.when.all_known = true;
    if (scoring.when.day != engine->day) {
        cn_series_advance(engine->series, (int32_t)scoring.when.day,
                          cn_frame_accounts(engine->frame), dirty);
    }
    if (round->is_fresh) {
        cn_metric_source_refresh(engine->program->metric_source);
    }
    if (round->is_full) {
        mark_due(engine, round->clock);
        cn_engine_shown_end(engine, round->clock);
        cn_engine_rouse(engine);
    }
    size_t before = engine->changes.count;
    const bool *at_once = engine->signals.is_opening ? engine->program->at_once : NULL;
    const struct cn_signal_round signals = { .model = engine->program->signals,
                                             .frame = engine->frame,
                                             .health = &engine->health,
                                             .holds = &engine->signals.holds,
                                             .starts = engine->signals.starts,
                                             .start_count = engine->signals.start_count,
                                             .at_once = at_once,
                                             .is_settling = cn_engine_is_settling,
                                             .arg = engine,
                                             .now = round->clock,
                                             .when = &scoring.when };
    struct cn_engine_results results = { .health = &engine->health,
                                         .health_changes = &engine->changes,
                                         .shadow_changes = &engine->shadow_changes,
                                         .segments = &engine->segments,
                                         .signals = &signals,
                                         .signal_states = &engine->signals.states,
                                         .signal_moves = &engine->signals.moves };
    struct cn_engine_pass pass = { .program = engine->program,
                                   .frame = engine->frame,
                                   .rows = asks_all(round) ? NULL : dirty,
                                   .fill = fill_stratum,
                                   .arg = &scoring,
                                   .results = &results,
                                   .workers = engine->options.workers };
    cn_health_state_resize(&engine->health, cn_frame_rows(engine->frame));
    cn_membership_resize(&engine->segments, engine->program->segments->count,
                         cn_frame_rows(engine->frame));
    if (!cn_engine_pass(&pass, &engine->scratch, err)) {
        engine->needs_all = engine->needs_all || round->is_fresh; /* not all were asked */
        return false;
    }
    cn_segment_collect(engine->program->segments, &engine->segments, &engine->scratch,
                       &engine->moved);
    for (size_t i = before; i < engine->changes.count; i++) {
        cn_engine_set_trend(engine, engine->changes.items[i].row);
    }
    engine->signals.start_count = 0;
    engine->signals.is_opening = false;
    if (round->is_full) {
        cn_hold_set_prune(&engine->signals.holds, round->clock);
    }
    cn_bitmap_fill(dirty, false);
    engine->day = scoring.when.day;
    engine->clock = round->clock;
    engine->needs_all = false;
    return true;
}

/* History rows of what moved, kept until they are stored. */
static size_t remember(struct cn_engine *engine, const struct cn_tick *tick)
{
    const int64_t *accounts = cn_frame_accounts(engine->frame);
    struct cn_pending *pending = &engine->pending;
    size_t count = 0;
    for (size_t i = 0; i < engine->changes.count; i++) {
        const struct cn_health_change *change = &engine->changes.items[i];
        if (!change->is_history || accounts[change->row] == 0) {
            continue;
        }
        struct cn_health_row row =
            cn_health_history_row(engine->program->health, accounts[change->row], tick->at,
                                  &change->after, &pending->arena);
        row.program_version = tick->program_version;
        row.tick = tick->number;
        cn_pending_add(pending, &row);
        count++;
    }
    return count;
}

/* Keeps the tick if it wrote something, or if later ones stand on what it computed. */
static void keep_tick(struct cn_engine *engine, const struct cn_round *round)
{
    static const int64_t step_us = (int64_t)60 * 1000000;
    cn_time now = cn_now(engine->options.clock);
    int64_t last_us = engine->tick.at.us;
    /* A clock that was set back a little must not put a row before the one that it follows. */
    if (engine->tick.number > 0 && now.us <= last_us && last_us - now.us < step_us) {
        now.us = last_us + 1;
    }
    struct cn_tick tick = {
        .number = engine->tick.number + 1,
        .at = now,
        .clock = round->clock,
        .is_fresh = round->is_fresh,
        .log_seq = engine->position.seq,
        .change_seq = engine->position.change,
        .mapping = cn_subject_map_version(engine->subjects),
        .program_version = engine->program->version,
        .engine_version = CN_ENGINE_VERSION,
        .settings = cn_engine_settings(&engine->options),
        .zone = cn_tz_digest(engine->options.tz),
    };
    const struct cn_colour_list *colours = &engine->pending.colours;
    bool has_colours = colours->count > 0 && colours->items[colours->count - 1].tick == tick.number;
    size_t written = remember(engine, &tick) + cn_placed_remember(engine, &tick) +
                     cn_engine_remember_signals(engine, &tick);
    cn_shadows_remember(engine->program, engine->frame, NULL, tick.at, false,
                        &engine->shadow_changes, &engine->pending);
    if (written > 0 || round->is_fresh || has_colours) {
        cn_pending_add_tick(&engine->pending, &tick);
        engine->tick = tick;
    }
}

/* Under the lock: what was handed over until now is what this tick goes on from. */
static void take_colours(struct cn_engine *engine)
{
    for (size_t i = 0; i < engine->handed.count; i++) {
        struct cn_tick_colour colour = engine->handed.items[i];
        colour.tick = engine->tick.number + 1;
        cn_colour_list_add(&engine->pending.colours, &colour);
    }
    engine->handed.count = 0;
}

struct deriving {
    struct cn_engine *engine;
    struct cn_arena *arena;
};

/* Of an account that has a row, see store_rows().  Past scores may come from another thread. */
static void derive(void *arg, int64_t account_id, struct cn_account_derived *derived_out)
{
    const struct deriving *deriving = arg;
    struct cn_engine *engine = deriving->engine;
    uint32_t row = 0;
    (void)pthread_rwlock_rdlock(&engine->lock);
    if (cn_frame_find(engine->frame, account_id, &row)) {
        cn_engine_derive(engine, row, deriving->arena, derived_out);
    }
    (void)pthread_rwlock_unlock(&engine->lock);
}

/* The history of an account that was merged meanwhile has ended. */
static bool store_rows(struct cn_engine *engine, const struct cn_unit *unit, struct cn_error *err)
{
    const struct cn_pending *pending = &engine->pending;
    struct deriving deriving = { .engine = engine, .arena = unit->arena };
    struct cn_map held = { 0 };
    struct cn_health_row *there =
        cn_arena_array(unit->arena, struct cn_health_row, pending->count + 1);
    int64_t *ids = cn_arena_array(unit->arena, int64_t, pending->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < pending->count; i++) {
        ids[i] = pending->rows[i].account_id;
    }
    bool ok = cn_account_hold(unit, ids, pending->count, &held, err);
    for (size_t i = 0; ok && i < pending->count; i++) {
        uint32_t row = 0;
        if (cn_map_get(&held, (uint64_t)ids[i]) != NULL &&
            cn_frame_find(engine->frame, ids[i], &row)) {
            ids[count] = ids[i];
            there[count++] = pending->rows[i];
        }
    }
    cn_map_deinit(&held);
    return ok && cn_account_save_derived(unit, ids, count, derive, &deriving, err) &&
           cn_health_history_save(unit->conn, there, count, err);
}

/* Runs while the engine's thread waits, so it may read what that owns. */
static bool store_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct cn_engine *engine = arg;
    struct cn_arena arena;
    cn_arena_init(&arena, (size_t)16 * 1024);
    struct cn_unit unit = cn_engine_unit(engine, conn, &arena);
    const struct cn_pending *pending = &engine->pending;
    bool ok = cn_engine_guard(engine, &unit, err) && cn_apply_store(engine->apply, &unit, err) &&
              cn_ticks_save(conn, pending->ticks, pending->tick_count, err) &&
              cn_tick_colours_save(conn, pending->colours.items, pending->colours.count, err) &&
              store_rows(engine, &unit, err) && cn_shadows_store(engine, &unit, err) &&
              cn_placed_save(&unit, &engine->placed, err) &&
              cn_engine_store_signals(engine, &unit, err);
    cn_arena_deinit(&arena);
    return ok;
}

static bool store(struct cn_engine *engine, struct cn_error *err)
{
    if (engine->pending.tick_count + engine->pending.shadow_count == 0) {
        return true;
    }
    if (!cn_db_write(engine->options.db, store_work, engine, err)) {
        return cn_error_context(err, "storing scores");
    }
    cn_apply_stored(engine->apply);
    engine->pending.count = 0;
    engine->pending.tick_count = 0;
    engine->pending.colours.count = 0;
    cn_shadows_stored(engine);
    cn_placed_clear(&engine->placed);
    cn_engine_signals_stored(engine);
    cn_arena_reset(&engine->pending.arena);
    return true;
}

/* Whose score or placement moved is to be told. */
static void note_moved(struct cn_engine *engine)
{
    for (size_t i = 0; i < engine->changes.count; i++) {
        cn_bitmap_add(&engine->active, engine->changes.items[i].row);
    }
    for (size_t i = 0; i < engine->moved.count; i++) {
        cn_bitmap_add(&engine->active, engine->moved.items[i].row);
    }
    engine->changes.count = 0;
    engine->moved.count = 0;
}

/* Told after it was stored: who is told may read it. */
static void publish(struct cn_engine *engine)
{
    const int64_t *accounts = cn_frame_accounts(engine->frame);
    size_t count = cn_bitmap_count(&engine->active);
    int64_t *ids = cn_arena_array(&engine->scratch, int64_t, count + engine->removed.count + 1);
    size_t n = 0;
    for (size_t i = 0; i < engine->removed.count; i++) {
        ids[n++] = engine->removed.items[i];
    }
    size_t row = 0;
    for (size_t from = 0; cn_bitmap_next(&engine->active, from, &row); from = row + 1) {
        ids[n++] = accounts[row];
    }
    if (n > 0 && engine->options.publish != NULL) {
        engine->options.publish(engine->options.publish_arg, ids, n);
    }
    cn_bitmap_fill(&engine->active, false);
    engine->removed.count = 0;
}

/* Rows that read other rows' past read it from the flushed rollups. */
static bool flush_before(struct cn_engine *engine, const struct cn_round *round,
                         struct cn_error *err)
{
    return !round->is_fresh || !cn_engine_program_compares(engine->program) ||
           cn_rollup_flush(engine->options.rollup, err);
}

/* Fills and scores under one lock, beginning with another program if one is to be taken. */
static bool score_round(struct cn_engine *engine, const struct cn_round *round, bool takes,
                        struct cn_error *err)
{
    (void)pthread_rwlock_wrlock(&engine->lock);
    if (takes) {
        cn_apply_take(engine->apply);
    }
    take_colours(engine);
    bool ok = cn_engine_score(engine, round, err);
    (void)pthread_rwlock_unlock(&engine->lock);
    if (takes) {
        cn_apply_done(engine->apply);
    }
    return ok;
}

/* An import brings what accounts had last night after ranks were computed, and some of it is late
 * on every day: ranks follow soon at first, and seldom in the end, for they take all accounts. */
static bool ranks_anew(const struct cn_engine *engine, cn_time now)
{
    const struct cn_ranking *ranking = &engine->ranking;
    const bool is_due =
        now.us >= ranking->next.us || ranking->next.us - now.us > RANK_MOST_US; /* set back */
    return ranking->has_late && is_due && cn_engine_program_ranks(engine->program);
}

static struct cn_round round_at(const struct cn_engine *engine, cn_time now, bool is_tick,
                                bool is_begun)
{
    struct cn_round round = { .is_fresh = is_begun || (is_tick && ranks_anew(engine, now)) };
    round.is_full = is_tick || round.is_fresh || engine->needs_clock;
    round.clock = round.is_full ? now : engine->clock;
    return round;
}

static void note_ranked(struct cn_engine *engine, const struct cn_round *round, bool is_again)
{
    struct cn_ranking *ranking = &engine->ranking;
    if (!round->is_fresh) {
        return;
    }
    const int64_t longer_us =
        2 * ranking->wait_us < RANK_MOST_US ? 2 * ranking->wait_us : RANK_MOST_US;
    ranking->has_late = false;
    ranking->wait_us = is_again ? longer_us : RANK_FIRST_US;
    ranking->next.us = round->clock.us + ranking->wait_us;
}

bool cn_engine_evaluate(struct cn_engine *engine, bool is_tick, struct cn_error *err)
{
    bool takes = false;
    cn_arena_reset(&engine->scratch);
    if (!read_records(engine, err)) {
        return cn_error_context(err, "reading changed records");
    }
    if (atomic_load(&engine->held)) {
        return true;
    }
    /* Before a version is taken: that holds a lock, which the round gives back. */
    if (!cn_engine_end_snoozes(engine, cn_now(engine->options.clock), err)) {
        return cn_error_context(err, "ending snoozes");
    }
    if (!cn_apply_begin(engine->apply, &takes, err)) {
        return false;
    }
    /* After reading: what was told is not ahead of the clock. */
    cn_time now = cn_now(engine->options.clock);
    bool new_day = cn_tz_day(engine->options.tz, now) != engine->day;
    const bool is_begun = new_day || engine->needs_all || takes;
    const struct cn_round round = round_at(engine, now, is_tick, is_begun);
    engine->needs_clock = true;
    if ((!takes && !flush_before(engine, &round, err)) ||
        !score_round(engine, &round, takes, err)) {
        return cn_error_context(err, "scoring");
    }
    engine->needs_clock = false;
    note_ranked(engine, &round, !is_begun);
    keep_tick(engine, &round);
    note_moved(engine);
    if (!store(engine, err)) {
        return false; /* the next round stores and tells */
    }
    publish(engine);
    atomic_store(&engine->unscored, false);
    if (new_day) { /* what came while all rows were scored goes first */
        cn_engine_begin_past(engine, now);
        return true;
    }
    return cn_engine_go_on_with_past(engine, err);
}
