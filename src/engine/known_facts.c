/* What was known at a tick: events, mapping, records, program. */
#include <assert.h>
#include <stdlib.h>

#include "base/str.h"

#include "engine/apply_state.h"
#include "engine/known_state.h"
#include "program/version.h"

enum {
    FLUSH_EVENTS = 200000 /* so that memory stays bounded */
};

static void add_touch(struct known_touches *touches, struct known_touch touch)
{
    if (touches->count == touches->capacity) {
        touches->capacity = touches->capacity == 0 ? 256 : touches->capacity * 2;
        touches->items =
            cn_heap_resize(touches->items, touches->capacity * sizeof(touches->items[0]));
    }
    touches->items[touches->count++] = touch;
}

static bool load_touches(struct cn_sql_conn *conn, const char *sql, int64_t after, int64_t upto,
                         struct known_touches *touches, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, after);
    cn_sql_bind_i64(stmt, 2, upto);
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        add_touch(touches, (struct known_touch){ .number = cn_sql_column_i64(stmt, 0),
                                                 .account_id = cn_sql_column_i64(stmt, 1) });
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_known_touches_load(struct known *known, const struct cn_tick *first,
                           const struct cn_tick *last, struct cn_error *err)
{
    static const char records[] = "SELECT DISTINCT seq, account_id FROM field_history"
                                  " WHERE seq > $1 AND seq <= $2 ORDER BY seq";
    static const char traits[] = "SELECT DISTINCT log_seq, account_id FROM account_trait"
                                 " WHERE log_seq > $1 AND log_seq <= $2 ORDER BY log_seq";
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(known->live->options.db, &conn, err)) {
        return false;
    }
    bool ok =
        load_touches(conn, records, first->change_seq, last->change_seq, &known->changes, err) &&
        load_touches(conn, traits, first->log_seq, last->log_seq, &known->traits, err);
    cn_db_release(known->live->options.db, conn);
    return ok;
}

/* ---- the program ---- */

int32_t cn_known_scorecard(const struct known *known, cn_str name)
{
    const struct cn_health_model *model = known->then->program->health;
    for (size_t i = 0; i < model->scorecard_count; i++) {
        if (cn_str_equal(model->scorecards[i].name, name)) {
            return (int32_t)i;
        }
    }
    return -1;
}

static bool compile(struct known *known, int64_t version, struct cn_engine_program **program_out,
                    struct cn_error *err)
{
    struct cn_engine *then = known->then;
    struct cn_program_files files;
    struct cn_program_version saved;
    struct cn_sql_conn *conn = NULL;
    struct cn_diagnostics problems;
    if (!cn_db_read(known->live->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_program_version_load(conn, &then->scratch, version, &saved, &files, err);
    cn_db_release(known->live->options.db, conn);
    if (!ok) {
        return false;
    }
    struct cn_program_ground ground = { .book = cn_book_facts_source(then->facts),
                                        .rollup = known->options->into,
                                        .tz = then->options.tz,
                                        .strings = then->strings };
    cn_diagnostics_init(&problems, &then->scratch);
    if (!cn_engine_program_compile(&files, &ground, program_out, &problems)) {
        bool none = cn_diagnostics_none(&problems, err);
        assert(!none);
        return cn_error_context(err, "program version %lld", (long long)version);
    }
    (*program_out)->version = version;
    return true;
}

static struct cn_series *series_of(const struct known *known, int64_t today)
{
    const struct cn_engine_program *program = known->then->program;
    return cn_series_new(&(struct cn_series_options){
        .metrics = program->metrics,
        .first_day = (int32_t)today - 1,
        .last_day = (int32_t)today,
        .reach_days = cn_metric_source_reach(program->metric_source) });
}

bool cn_known_use_program(struct known *known, const struct cn_tick *tick, struct cn_error *err)
{
    struct cn_engine *then = known->then;
    struct cn_engine_program *old = then->program;
    struct cn_engine_program *program = NULL;
    size_t building = 0;
    if (old != NULL && old->version == tick->program_version) {
        return true;
    }
    cn_arena_reset(&then->scratch);
    if (!compile(known, tick->program_version, &program, err)) {
        return false;
    }
    if (!cn_engine_load_starts(known->live->options.db, &then->scratch, program,
                               old != NULL ? old->version : 0, err)) {
        cn_engine_program_free(program);
        return false;
    }
    then->program = program;
    cn_frame_use(then->frame, &program->columns, NULL);
    if (old != NULL) {
        cn_engine_move_scores(then, old->health, program->health);
        cn_membership_move(&then->segments, old->segments, program->segments);
    }
    cn_signal_states_use(&then->signals.states, old != NULL ? old->signals : NULL,
                         program->signals);
    cn_series_free(then->series); /* it reads the old program's metrics */
    cn_engine_program_free(old);
    then->day = cn_tz_day(then->options.tz, tick->clock);
    then->needs_all = true;
    then->signals.is_opening = true;
    then->series = series_of(known, then->day);
    cn_metric_source_set_series(program->metric_source, then->series);
    /* What it counts for the first time was then counted from the whole log, too. */
    return cn_rollup_use(known->options->into, program->metrics, &building, err) &&
           (building == 0 || cn_engine_build_metrics(then, &(struct cn_engine_build){ 0 }, err)) &&
           cn_rollup_flush(known->options->into, err) &&
           cn_series_load(then->series, known->options->into, NULL, 0, err);
}

/* ---- events ---- */

static bool read_more(struct known *known, int64_t upto, struct cn_error *err)
{
    /* Further than asked, for the ticks that come: a scan begins with looking for its place. */
    int64_t end = cn_event_log_position(known->live->log);
    cn_arena_reset(&known->events_arena);
    known->next_event = 0;
    known->event_count = 0;
    return cn_engine_read_ahead(known->then, known->then->position.seq, end > upto ? end : upto,
                                &known->events_arena, &known->events, &known->event_count, err);
}

/* Those read ahead that the tick had counted. */
static size_t stretch(const struct known *known, int64_t upto)
{
    size_t count = 0;
    while (known->next_event + count < known->event_count &&
           known->events[known->next_event + count]->seq <= upto) {
        count++;
    }
    return count;
}

static bool count_events(struct known *known, int64_t upto, struct cn_error *err)
{
    struct cn_engine *then = known->then;
    while (then->position.seq < upto) {
        size_t count = stretch(known, upto);
        if (count == 0 && known->next_event < known->event_count) {
            return true; /* the next one is later */
        }
        if (count == 0 && !read_more(known, upto, err)) {
            return false;
        }
        if (known->event_count == 0) {
            return true; /* the log has no more */
        }
        cn_arena_reset(&then->scratch);
        count = stretch(known, upto);
        if (!cn_engine_feed(then, known->events + known->next_event, count, err)) {
            return false;
        }
        known->next_event += count;
        known->since_flush += (int64_t)count;
        if (known->since_flush >= FLUSH_EVENTS) {
            known->since_flush = 0;
            if (!cn_rollup_flush(known->options->into, err)) {
                return false;
            }
        }
    }
    return true;
}

/* ---- records ---- */

static void take_touches(struct known_touches *touches, int64_t upto, struct cn_id_list *list)
{
    while (touches->next < touches->count && touches->items[touches->next].number <= upto) {
        cn_id_list_add(list, touches->items[touches->next++].account_id);
    }
}

/* The accounts that there are get a row, and all of them are to be filled again. */
static void mark(struct cn_engine *then, const int64_t *accounts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (cn_book_facts_has(then->facts, accounts[i])) {
            cn_bitmap_add(cn_frame_dirty(then->frame), cn_engine_row(then, accounts[i]));
        }
    }
}

static bool read_records(struct known *known, const struct cn_tick *tick, struct cn_error *err)
{
    struct cn_engine *then = known->then;
    struct cn_book_moment moment = { .change = tick->change_seq, .log = tick->log_seq };
    struct cn_sql_conn *conn = NULL;
    struct cn_id_list touched = { 0 };
    bool is_first = then->clock.us == 0;
    take_touches(&known->changes, tick->change_seq, &touched);
    take_touches(&known->traits, tick->log_seq, &touched);
    bool ok = true;
    if (is_first || touched.count > 0) {
        ok = cn_db_read(known->live->options.db, &conn, err);
        ok = ok && (is_first ? cn_book_facts_load_known(then->facts, conn, &moment, err)
                             : cn_book_facts_refresh_known(then->facts, conn, touched.items,
                                                           touched.count, &moment, err));
        cn_db_release(known->live->options.db, conn);
    }
    if (ok && is_first) {
        size_t count = 0;
        const int64_t *accounts = cn_book_facts_accounts(then->facts, &count);
        mark(then, accounts, count);
    }
    if (ok) {
        mark(then, touched.items, touched.count);
        mark(then, then->touched.items, then->touched.count); /* by events that moved */
        then->touched.count = 0;
    }
    free(touched.items);
    return ok;
}

static bool follow_mapping(struct known *known, int64_t version, struct cn_error *err)
{
    struct cn_engine *then = known->then;
    struct cn_sql_conn *conn = NULL;
    if (cn_subject_map_version(then->subjects) >= version) {
        return true;
    }
    cn_arena_reset(&then->scratch);
    struct cn_subject_moves moves = { .arena = &then->scratch };
    if (!cn_db_read(known->live->options.db, &conn, err)) {
        return false;
    }
    bool is_first = then->position.seq == 0; /* nothing has been counted that could move */
    bool ok = cn_subject_map_follow(then->subjects, conn, version, is_first ? NULL : &moves, err);
    cn_db_release(known->live->options.db, conn);
    cn_engine_note_moves(then, &moves); /* of a part, if it failed */
    return ok && cn_engine_follow(then, err);
}

bool cn_known_advance(struct known *known, const struct cn_tick *tick, struct cn_error *err)
{
    return follow_mapping(known, tick->mapping, err) && count_events(known, tick->log_seq, err) &&
           read_records(known, tick, err);
}
