/* What the engine starts from: the active program, the records, the rollups, the last scores. */
#include <assert.h>

#include "base/str.h"

#include "book/account.h"
#include "book/change.h"
#include "engine/list_columns.h"
#include "engine/state.h"
#include "program/version.h"

struct saving {
    struct cn_engine *engine;
    struct cn_program_files files;
    struct cn_program_version version;
};

static bool save_shipped(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct saving *saving = arg;
    struct cn_program_version draft = { .at = cn_now(saving->engine->options.clock),
                                        .note = CN_STR("the program that Cairn ships") };
    return cn_program_version_save(conn, &saving->engine->scratch, &saving->files, &draft,
                                   &saving->version, err);
}

/* The active version; a workspace that has none gets the one that ships. */
static bool active_program(struct cn_engine *engine, struct cn_program_files *files_out,
                           int64_t *version_out, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_program_version version;
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_program_version_load(conn, &engine->scratch, 0, &version, files_out, err);
    cn_db_release(engine->options.db, conn);
    if (ok) {
        *version_out = version.number;
        return true;
    }
    if (err->code != CN_NOT_FOUND) {
        return false;
    }
    struct saving saving = { .engine = engine };
    cn_program_shipped(&engine->scratch, &saving.files);
    if (!cn_db_write(engine->options.db, save_shipped, &saving, err)) {
        return false;
    }
    *files_out = saving.files;
    *version_out = saving.version.number;
    return true;
}

static bool compile_program(struct cn_engine *engine, struct cn_error *err)
{
    struct cn_program_files files;
    int64_t version = 0;
    if (!active_program(engine, &files, &version, err)) {
        return false;
    }
    struct cn_diagnostics problems;
    cn_diagnostics_init(&problems, &engine->scratch);
    struct cn_program_ground ground = { .book = cn_book_facts_source(engine->facts),
                                        .rollup = engine->options.rollup,
                                        .tz = engine->options.tz,
                                        .strings = engine->strings };
    if (!cn_engine_program_compile(&files, &ground, &engine->program, &problems)) {
        bool none = cn_diagnostics_none(&problems, err);
        assert(!none);
        return cn_error_context(err, "program version %lld", (long long)version);
    }
    engine->program->version = version;
    return true;
}

static bool load_records(struct cn_engine *engine, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    struct cn_unit unit = cn_engine_unit(engine, conn, &engine->scratch);
    bool ok = cn_position_load(&unit, "book", &engine->position.book, err) &&
              cn_position_load(&unit, "rollup", &engine->position.seq, err) &&
              cn_change_newest(&unit, CN_ENGINE_NODE, &engine->position.change, err) &&
              cn_subject_map_load(engine->subjects, conn, err) &&
              cn_book_facts_load(engine->facts, conn, err);
    cn_db_release(engine->options.db, conn);
    return ok;
}

/* From the database of the rollups: embedded, that is another one. */
static bool load_parked(struct cn_engine *engine, struct cn_error *err)
{
    struct cn_db *db = engine->options.rollup_db;
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    bool ok = cn_parked_load(engine->parked, conn, engine->subjects, err);
    cn_db_release(db, conn);
    if (ok) {
        cn_engine_accompany(engine);
    }
    return ok;
}

static bool load_series(struct cn_engine *engine, struct cn_error *err)
{
    size_t building = 0;
    if (!cn_rollup_use(engine->options.rollup, engine->program->metrics, &building, err)) {
        return false;
    }
    int32_t today = (int32_t)cn_tz_day(engine->options.tz, cn_now(engine->options.clock));
    struct cn_rollup_stats rollup;
    cn_rollup_stats(engine->options.rollup, &rollup);
    struct cn_series_options options = {
        .members_max = rollup.members_max,
        .metrics = engine->program->metrics,
        .first_day = today,
        .last_day = today,
        .reach_days = cn_metric_source_reach(engine->program->metric_source),
    };
    engine->series = cn_series_new(&options);
    engine->day = today;
    engine->needs_all = true;
    if (cn_db_is_embedded(engine->options.db)) { /* else it is a consumer's, see feed.c */
        engine->position.seq = cn_rollup_position(engine->options.rollup).seq;
    }
    cn_metric_source_set_series(engine->program->metric_source, engine->series);
    const char *path = engine->options.series_path;
    return (path != NULL &&
            cn_series_restore(engine->series, path, cn_rollup_position(engine->options.rollup))) ||
           cn_series_load(engine->series, engine->options.rollup, NULL, 0, err);
}

static void add_rows(struct cn_engine *engine)
{
    size_t count = 0;
    const int64_t *accounts = cn_book_facts_accounts(engine->facts, &count);
    cn_frame_use(engine->frame, &engine->program->columns, NULL);
    for (size_t i = 0; i < count; i++) {
        uint32_t row = cn_engine_row(engine, accounts[i]);
        cn_bitmap_add(cn_frame_dirty(engine->frame), row);
        cn_engine_lists_refresh(engine, row);
    }
}

static void set_score(void *arg, const struct cn_health_row *stored)
{
    struct cn_engine *engine = arg;
    const struct cn_health_model *model = engine->program->health;
    uint32_t row = 0;
    if (!cn_frame_find(engine->frame, stored->account_id, &row)) {
        return;
    }
    if (stored->is_backfilled) { /* it was handed over, or waits to be: the next tick says so */
        cn_engine_hand(engine, row, stored->score.band);
        return;
    }
    struct cn_health_score score = stored->score;
    score.scorecard = -1;
    for (size_t i = 0; i < model->scorecard_count; i++) {
        if (cn_str_equal(model->scorecards[i].name, stored->scorecard)) {
            score.scorecard = (int32_t)i;
        }
    }
    cn_health_state_set(&engine->health, row, &score);
}

static void set_activity(void *arg, cn_account_id id, cn_time last_activity_at)
{
    struct cn_engine *engine = arg;
    uint32_t row = 0;
    if (cn_frame_find(engine->frame, id.value, &row)) {
        cn_column_set_i64(&engine->last_activity, row, last_activity_at.us);
    }
}

/* Rows may have been written by a clock that was set back since. */
static cn_time newest(const struct cn_engine *engine, cn_time now)
{
    return engine->tick.at.us > now.us ? engine->tick.at : now;
}

static bool load_scores(struct cn_engine *engine, cn_time now, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    struct cn_unit unit = cn_engine_unit(engine, conn, &engine->scratch);
    bool ok = cn_tick_newest(conn, &engine->tick, err) &&
              cn_health_history_all_at(conn, newest(engine, now), set_score, engine, err) &&
              cn_account_each_activity(&unit, set_activity, engine, err);
    cn_db_release(engine->options.db, conn);
    return ok && cn_engine_recall_activity(engine, err) && cn_engine_load_past(engine, now, err);
}

/* What was counted was in the log.  Where it is not, files are lost, and events that come now would
 * be given numbers that were counted already. */
static bool check_log(const struct cn_engine *engine, struct cn_error *err)
{
    int64_t end = cn_event_log_position(engine->log);
    int64_t counted =
        engine->position.seq > engine->position.book ? engine->position.seq : engine->position.book;
    return counted <= end ||
           cn_fail(err, CN_INTERNAL,
                   "the event log ends at event %lld, but %lld were counted: files of events/ are "
                   "missing or damaged; restore a backup",
                   (long long)end, (long long)counted);
}

bool cn_engine_load(struct cn_engine *engine, struct cn_error *err)
{
    if (!load_records(engine, err) || !load_parked(engine, err) || !compile_program(engine, err) ||
        !load_series(engine, err) || !check_log(engine, err)) {
        return false;
    }
    add_rows(engine);
    return load_scores(engine, cn_now(engine->options.clock), err);
}
