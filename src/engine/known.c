#include "engine/known.h"

#include <stdlib.h>

#include "base/str.h"

#include "engine/known_state.h"
#include "engine/placed.h"

enum {
    TICKS_AT_ONCE = 1000 /* with their rows in memory */
};

/* ---- pages of what was lived ---- */

static void keep_row(void *arg, const struct cn_health_row *row)
{
    struct known_page *page = arg;
    struct cn_health_row copy = *row;
    copy.scorecard = cn_arena_str(&page->arena, row->scorecard);
    copy.because = cn_arena_str(&page->arena, row->because);
    cn_pending_add(&page->lived, &copy);
}

static void keep_placement(void *arg, const struct cn_placement_row *row)
{
    struct known_page *page = arg;
    cn_placed_add(&page->placed, row);
}

static void keep_colour(void *arg, const struct cn_tick_colour *colour)
{
    struct known_page *page = arg;
    cn_colour_list_add(&page->colours, colour);
}

static bool load_page(struct known *known, int64_t after, int64_t last, struct cn_error *err)
{
    struct known_page *page = &known->page;
    struct cn_db *db = known->live->options.db;
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    cn_arena_reset(&page->arena);
    page->lived.count = 0;
    page->next_row = 0;
    cn_placed_clear(&page->placed);
    page->colours.count = 0;
    page->next_colour = 0;
    page->tick_count = 0;
    bool ok = cn_ticks_load(conn, after, TICKS_AT_ONCE, &page->arena, &page->ticks,
                            &page->tick_count, err);
    while (ok && page->tick_count > 0 && page->ticks[page->tick_count - 1].number > last) {
        page->tick_count--; /* later than the replay looks */
    }
    if (ok && page->tick_count > 0) {
        int64_t from = page->ticks[0].number;
        int64_t to = page->ticks[page->tick_count - 1].number;
        ok = cn_health_history_each_lived(conn, from, to, keep_row, page, err) &&
             cn_placement_each_lived(conn, from, to, keep_placement, page, err) &&
             cn_tick_colours_each(conn, from, to, keep_colour, page, err) &&
             cn_known_load_signals(known, conn, from, to, err);
    }
    cn_db_release(db, conn);
    return ok;
}

/* ---- ticks ---- */

/* What back-fills handed over before the tick. */
static void take_colours(struct known *known, const struct cn_tick *tick)
{
    struct known_page *page = &known->page;
    struct cn_engine *then = known->then;
    while (page->next_colour < page->colours.count &&
           page->colours.items[page->next_colour].tick <= tick->number) {
        const struct cn_tick_colour *colour = &page->colours.items[page->next_colour++];
        uint32_t row = cn_engine_row(then, colour->account_id);
        struct cn_health_score score =
            cn_engine_handed(cn_health_state_get(&then->health, row), colour->band);
        cn_health_state_set(&then->health, row, &score);
        cn_bitmap_add(cn_frame_dirty(then->frame), row);
    }
}

static bool run_tick(struct known *known, const struct cn_tick *tick, struct cn_error *err)
{
    struct cn_engine *then = known->then;
    if (!cn_known_use_program(known, tick, err) || !cn_known_advance(known, tick, err)) {
        return cn_error_context(err, "tick %lld", (long long)tick->number);
    }
    cn_arena_reset(&then->scratch);
    take_colours(known, tick);
    cn_known_take_decisions(known, tick);
    struct cn_round round = { .clock = tick->clock,
                              .is_fresh = tick->is_fresh,
                              .is_full = tick->is_fresh || tick->clock.us != then->clock.us,
                              .is_whole = true };
    bool compares = cn_engine_program_compares(then->program);
    if ((tick->is_fresh && compares && !cn_rollup_flush(known->options->into, err)) ||
        !cn_engine_score(then, &round, err)) {
        return cn_error_context(err, "tick %lld", (long long)tick->number);
    }
    cn_known_compare(known, tick);
    then->changes.count = 0;
    then->moved.count = 0;
    return true;
}

/* Before the first tick there may be rows that were lived before ticks were kept. */
static void set_score(void *arg, const struct cn_health_row *row)
{
    struct known *known = arg;
    if (!row->is_backfilled) {
        uint32_t place = cn_engine_row(known->then, row->account_id);
        struct cn_health_score score = row->score;
        score.scorecard = cn_known_scorecard(known, row->scorecard);
        cn_health_state_set(&known->then->health, place, &score);
    }
}

static bool begin(struct known *known, const struct cn_tick *first, const struct cn_tick *last,
                  struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_known_touches_load(known, first, last, err) ||
        !cn_rollup_copy_names(known->options->into, known->live->options.rollup, err) ||
        !cn_known_use_program(known, first, err) ||
        !cn_db_read(known->live->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_health_history_all_at(conn, (cn_time){ first->at.us - 1 }, set_score, known, err);
    cn_db_release(known->live->options.db, conn);
    return ok;
}

/* Without all of the log nothing can be counted as it was. */
static bool is_log_whole(struct known *known, bool *whole_out, struct cn_error *err)
{
    struct cn_arena *arena = &known->then->scratch;
    struct cn_segment_info *segments = NULL;
    size_t count = 0;
    if (!cn_event_log_segments(known->live->log, arena, &segments, &count, err)) {
        return false;
    }
    size_t i = 0;
    while (i < count && segments[i].last_seq < segments[i].first_seq) {
        i++; /* empty */
    }
    *whole_out = i == count || segments[i].first_seq <= 1;
    if (!*whole_out) {
        (void)snprintf(known->report.why, sizeof(known->report.why),
                       "the event log begins at event %lld: what came before was dropped",
                       (long long)segments[i].first_seq); /* fits */
    }
    return true;
}

/* Accounts that a merge changed, whenever that was: the rows that moved tell no past of either. */
static bool load_merged(struct known *known, struct cn_error *err)
{
    struct cn_db *db = known->live->options.db;
    struct cn_sql_conn *conn = NULL;
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool was_new = false;
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    bool ok = cn_sql_prepare(conn, "SELECT merged_id, survivor_id FROM account_merge", &stmt, err);
    while (ok && (ok = cn_sql_step(stmt, &row, err)) && row) {
        for (int column = 0; column < 2; column++) {
            (void)cn_map_put(&known->merged, (uint64_t)cn_sql_column_i64(stmt, column),
                             &was_new); /* only that it is there */
        }
    }
    cn_sql_finish(stmt);
    cn_db_release(db, conn);
    return ok;
}

bool cn_known_replay(struct known *known, const struct cn_tick *last, struct cn_error *err)
{
    int64_t after = 0;
    bool is_whole = true;
    if (!load_merged(known, err) || !is_log_whole(known, &is_whole, err)) {
        return false;
    }
    while (after < last->number) {
        if (!load_page(known, after, last->number, err)) {
            return false;
        }
        const struct known_page *page = &known->page;
        if (page->tick_count == 0) {
            return true;
        }
        if (!is_whole) {
            known->report.ticks_outside += (int64_t)page->tick_count;
            known->report.rows_outside += (int64_t)(page->lived.count + page->placed.count);
        } else if (after == 0 && !begin(known, &page->ticks[0], last, err)) {
            return false;
        }
        for (size_t i = 0; is_whole && i < page->tick_count; i++) {
            if (!run_tick(known, &page->ticks[i], err)) {
                return false;
            }
        }
        after = page->ticks[page->tick_count - 1].number;
    }
    return true;
}

static bool newest_tick(struct cn_db *db, struct cn_tick *tick_out, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    bool ok = cn_tick_newest(conn, tick_out, err);
    cn_db_release(db, conn);
    return ok;
}

void cn_known_open(struct known *known, struct cn_engine *engine,
                   const struct cn_known_options *options)
{
    struct cn_engine_options then = engine->options;
    then.db = options->scratch;
    then.rollup_db = options->scratch;
    then.rollup = options->into;
    then.series_path = NULL;
    then.publish = NULL;
    *known = (struct known){ .live = engine, .options = options };
    known->then = cn_engine_new(&then);
    known->then->log = engine->log;
    known->then->position.book = INT64_MAX; /* the book has taken everything: only count */
    cn_arena_init(&known->page.arena, (size_t)256 * 1024);
    cn_arena_init(&known->events_arena, (size_t)1024 * 1024);
    cn_arena_init(&known->page.lived.arena, 1024);
}

void cn_known_close(struct known *known)
{
    cn_placed_deinit(&known->page.placed);
    cn_arena_deinit(&known->page.lived.arena);
    cn_arena_deinit(&known->events_arena);
    cn_arena_deinit(&known->page.arena);
    free(known->page.lived.rows);
    free(known->page.colours.items);
    free(known->page.signals.rows);
    free(known->page.signals.decisions);
    free(known->changes.items);
    free(known->traits.items);
    cn_map_deinit(&known->merged);
    cn_engine_free(known->then);
}

bool cn_engine_replay_known(struct cn_engine *engine, const struct cn_known_options *options,
                            struct cn_known_report *report_out, struct cn_error *err)
{
    struct known known;
    struct cn_tick last = { 0 };
    cn_known_open(&known, engine, options);
    bool ok = newest_tick(engine->options.db, &last, err) && cn_known_replay(&known, &last, err);
    if (ok) {
        *report_out = known.report;
    }
    cn_known_close(&known);
    return ok || cn_error_context(err, "replaying as known");
}
