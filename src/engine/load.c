/* What the engine starts from: the active program, the records, the rollups, the last scores. */
#include <assert.h>
#include <stdlib.h>

#include "base/str.h"

#include "book/account.h"
#include "book/change.h"
#include "engine/apply_state.h"
#include "engine/keep.h"
#include "engine/list_columns.h"
#include "engine/placed.h"
#include "engine/shadows.h"
#include "engine/state.h"
#include "program/version.h"

struct saving {
    struct cn_engine *engine;
    struct cn_program_files files;
    struct cn_program_version version;
};

/* Versions that there are; 0: none. */
struct choice {
    int64_t newest;
    int64_t stored; /* as active */
};

static bool save_shipped(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct saving *saving = arg;
    struct cn_program_version draft = { .at = cn_now(saving->engine->options.clock),
                                        .note = CN_STR("the program that Cairn ships") };
    return cn_program_version_save(conn, &saving->engine->scratch, &saving->files, &draft,
                                   &saving->version, err);
}

/* A workspace that has no program yet gets the one that ships. */
static bool ensure_program(struct cn_engine *engine, struct choice *choice, struct cn_error *err)
{
    struct saving saving = { .engine = engine };
    if (choice->newest > 0) {
        return true;
    }
    cn_program_shipped(&engine->scratch, &saving.files);
    if (!cn_db_write(engine->options.db, save_shipped, &saving, err)) {
        return false;
    }
    choice->newest = saving.version.number;
    return true;
}

static bool read_choice(struct cn_engine *engine, struct choice *choice, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_program_version_list newest = { 0 };
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_program_version_list(conn, &engine->scratch, 0, 1, &newest, err) &&
              cn_apply_active_version(conn, &choice->stored, err);
    cn_db_release(engine->options.db, conn);
    choice->newest = ok && newest.count > 0 ? newest.items[0].number : 0;
    return ok;
}

/* CN_INVALID if the version does not compile. */
static bool compile_version(struct cn_engine *engine, int64_t number, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_program_version version;
    struct cn_program_files files;
    struct cn_diagnostics problems;
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_program_version_load(conn, &engine->scratch, number, &version, &files, err);
    cn_db_release(engine->options.db, conn);
    if (!ok) {
        return false;
    }
    cn_diagnostics_init(&problems, &engine->scratch);
    struct cn_program_ground ground = { .book = cn_book_facts_source(engine->facts),
                                        .rollup = engine->options.rollup,
                                        .tz = engine->options.tz,
                                        .strings = engine->strings };
    if (!cn_engine_program_compile(&files, &ground, &engine->program, &problems)) {
        bool none = cn_diagnostics_none(&problems, err);
        assert(!none);
        return cn_error_context(err, "program version %lld", (long long)number);
    }
    engine->program->version = number;
    return true;
}

/* Whether the program can be evaluated before the log has been scanned. */
static bool needs_scan(struct cn_engine *engine, bool *needs_out, struct cn_error *err)
{
    const struct cn_metric_list *metrics = engine->program->metrics;
    size_t count = 0;
    bool *missing = cn_arena_array(&engine->scratch, bool, metrics->count + 1);
    bool ok = cn_rollup_missing(engine->options.rollup, metrics, missing, &count, err);
    *needs_out = count > 0;
    return ok;
}

/* The newest version, or, if that does not compile or waits for a scan of the log, the one that was
 * active before. */
static bool compile_program(struct cn_engine *engine, struct cn_error *err)
{
    struct choice choice = { 0 };
    if (!read_choice(engine, &choice, err) || !ensure_program(engine, &choice, err)) {
        return false;
    }
    int64_t number = choice.newest;
    bool is_last = choice.stored == 0 || choice.stored == number;
    bool is_good = compile_version(engine, number, err);
    bool needs = false;
    if (!is_good && (is_last || err->code != CN_INVALID)) {
        return false;
    }
    if (is_good && !is_last && !needs_scan(engine, &needs, err)) {
        return false;
    }
    if (!is_good || needs) { /* the engine's thread for programs deals with the newest */
        cn_engine_program_free(engine->program);
        engine->program = NULL;
        number = choice.stored;
        if (!compile_version(engine, number, err)) {
            return false;
        }
    }
    cn_apply_begin_with(engine->apply, number, choice.stored, choice.newest);
    engine->signals.is_opening = number != choice.stored;
    return cn_engine_load_starts(engine->options.db, &engine->scratch, engine->program,
                                 choice.stored, err);
}

/* One of the parts below, with a connection of its own. */
typedef bool read_part(struct cn_engine *engine, struct cn_sql_conn *conn, struct cn_error *err);

static bool with_reader(struct cn_engine *engine, struct cn_db *db, read_part *read,
                        struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    bool ok = read(engine, conn, err);
    cn_db_release(db, conn);
    return ok;
}

static bool read_positions(struct cn_engine *engine, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct cn_unit unit = cn_engine_unit(engine, conn, &engine->scratch);
    return cn_position_load(&unit, "book", &engine->position.book, err) &&
           cn_position_load(&unit, "rollup", &engine->position.seq, err) &&
           cn_change_newest(&unit, CN_ENGINE_NODE, &engine->position.change, err) &&
           cn_tick_newest(conn, &engine->tick, err);
}

static bool read_facts(struct cn_engine *engine, struct cn_sql_conn *conn, struct cn_error *err)
{
    return cn_book_facts_load(engine->facts, conn, err);
}

static bool read_subjects(struct cn_engine *engine, struct cn_sql_conn *conn, struct cn_error *err)
{
    return cn_subject_map_load(engine->subjects, conn, err);
}

static bool read_parked(struct cn_engine *engine, struct cn_sql_conn *conn, struct cn_error *err)
{
    return cn_parked_load(engine->parked, conn, engine->subjects, err);
}

/* Before the records: what changes meanwhile is read again. */
static bool load_positions(struct cn_engine *engine, struct cn_error *err)
{
    return with_reader(engine, engine->options.db, read_positions, err);
}

static bool load_facts(struct cn_engine *engine, struct cn_error *err)
{
    return with_reader(engine, engine->options.db, read_facts, err);
}

static bool load_subjects(struct cn_engine *engine, struct cn_error *err)
{
    return with_reader(engine, engine->options.db, read_subjects, err);
}

/* Parked events are in the database of the rollups: embedded, that is another one. */
static bool load_mapping(struct cn_engine *engine, cn_time now, struct cn_error *err)
{
    (void)now;
    return load_subjects(engine, err) &&
           with_reader(engine, engine->options.rollup_db, read_parked, err);
}

static bool make_series(struct cn_engine *engine, struct cn_error *err)
{
    if (!cn_rollup_use(engine->options.rollup, engine->program->metrics, &engine->building, err)) {
        return false;
    }
    int32_t today = (int32_t)cn_tz_day(engine->options.tz, cn_now(engine->options.clock));
    struct cn_rollup_stats rollup;
    cn_rollup_stats(engine->options.rollup, &rollup);
    struct cn_series_options options = {
        .members_max = rollup.members_max,
        .metrics = engine->program->metrics,
        .first_day = today - 1, /* ranks are of last night */
        .last_day = today,
        .reach_days = cn_metric_source_reach(engine->program->metric_source),
    };
    engine->series = cn_series_new(&options);
    engine->day = today;
    engine->needs_all = true;
    cn_metric_source_set_series(engine->program->metric_source, engine->series);
    return true;
}

static bool load_series(struct cn_engine *engine, cn_time now, struct cn_error *err)
{
    (void)now;
    return cn_engine_restore_series(engine) || cn_engine_load_series(engine, err);
}

/* A part of what is loaded that needs nothing of the rest: on a thread of its own, since a start
 * is waited for. */
struct beside {
    bool (*load)(struct cn_engine *engine, cn_time now, struct cn_error *err);
    struct cn_engine *engine;
    cn_time now; /* of who waits for it */
    pthread_t thread;
    struct cn_error err;
    bool ok;
};

static void *run_beside(void *arg)
{
    struct beside *beside = arg;
    beside->ok = beside->load(beside->engine, beside->now, &beside->err);
    return NULL;
}

static void begin(struct beside *beside)
{
    beside->now = cn_now(beside->engine->options.clock);
    if (pthread_create(&beside->thread, NULL, run_beside, beside) != 0) {
        abort(); /* out of memory, as in base/arena.c */
    }
    (void)pthread_setname_np(beside->thread, "cn-load"); /* for ps alone */
}

/* `ok`: how the rest went; the first failure is told. */
static bool end(struct beside *beside, bool ok, struct cn_error *err)
{
    (void)pthread_join(beside->thread, NULL); /* it is ours and runs, or has ended */
    if (ok && !beside->ok) {
        *err = beside->err;
    }
    return ok && beside->ok;
}

/* Else they grow again and again. */
static void reserve_rows(struct cn_engine *engine, size_t count)
{
    cn_frame_reserve(engine->frame, count);
    cn_column_reserve(&engine->last_activity, count);
    cn_column_reserve(&engine->past_points, count);
    cn_column_reserve(&engine->trend, count);
    cn_list_columns_reserve(engine->lists, count);
}

static void add_rows(struct cn_engine *engine)
{
    size_t count = 0;
    const int64_t *accounts = cn_book_facts_accounts(engine->facts, &count);
    cn_frame_use(engine->frame, &engine->program->columns, NULL);
    reserve_rows(engine, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t row = cn_engine_row(engine, accounts[i]);
        cn_bitmap_add(cn_frame_dirty(engine->frame), row);
        cn_engine_lists_refresh(engine, row);
    }
}

/* Lists show records from the start on. */
static bool fill_lists(struct cn_engine *engine, cn_time now, struct cn_error *err)
{
    struct cn_when when = cn_when_at(engine->options.tz, now, false);
    when.all_known = true;
    for (size_t i = 0; i < CN_LIST_COLUMN_COUNT; i++) {
        if (!cn_frame_fill_column(engine->frame, engine->program->list_columns[i], NULL, &when,
                                  err)) {
            return cn_error_context(err, "reading accounts");
        }
    }
    return true;
}

/* What lists show of records, scores as they were last, and those of the weeks before. */
static bool load_shown(struct cn_engine *engine, cn_time now, struct cn_error *err)
{
    return fill_lists(engine, now, err) && cn_engine_load_scores(engine, now, err) &&
           cn_shadows_load(engine, err);
}

static void set_activity(void *arg, cn_account_id id, cn_time last_activity_at)
{
    struct cn_engine *engine = arg;
    uint32_t row = 0;
    if (cn_frame_find(engine->frame, id.value, &row)) {
        cn_column_set_i64(&engine->last_activity, row, last_activity_at.us);
    }
}

static bool read_states(struct cn_engine *engine, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct cn_unit unit = cn_engine_unit(engine, conn, &engine->scratch);
    return cn_placed_load(engine, conn, (cn_time){ INT64_MAX }, err) &&
           cn_account_each_activity(&unit, set_activity, engine, err) &&
           cn_engine_load_signals(engine, conn, err);
}

/* Of every row. */
static bool load_derived(struct cn_engine *engine, struct cn_error *err)
{
    struct beside shown = { .load = load_shown, .engine = engine };
    begin(&shown);
    return end(&shown, with_reader(engine, engine->options.db, read_states, err), err);
}

static bool load_accounts(struct cn_engine *engine, struct cn_error *err)
{
    if (!load_facts(engine, err)) {
        return false;
    }
    add_rows(engine);
    return load_derived(engine, err);
}

static bool load_rest(struct cn_engine *engine, struct cn_error *err)
{
    struct beside mapping = { .load = load_mapping, .engine = engine };
    if (!load_positions(engine, err)) {
        return false;
    }
    if (cn_db_is_embedded(engine->options.db)) { /* else it is a consumer's, see feed.c */
        engine->position.seq = cn_rollup_position(engine->options.rollup).seq;
    }
    begin(&mapping);
    if (!end(&mapping, load_accounts(engine, err), err)) {
        return false;
    }
    cn_engine_accompany(engine);
    return true;
}

bool cn_engine_load(struct cn_engine *engine, struct cn_error *err)
{
    struct beside series = { .load = load_series, .engine = engine };
    if (!compile_program(engine, err) || !make_series(engine, err)) {
        return false;
    }
    if (engine->building > 0) { /* their daily values come with the log */
        return load_rest(engine, err);
    }
    begin(&series);
    return end(&series, load_rest(engine, err), err);
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
                   "missing or damaged; " CN_RESTORE,
                   (long long)end, (long long)counted);
}

/* What is derived never runs ahead of what it came from, or that has lost something: accounts that
 * are found again in the log would get other ids than those that were counted. */
static bool check_book(const struct cn_engine *engine, struct cn_error *err)
{
    const int64_t counted = cn_rollup_position(engine->options.rollup).mapping;
    const int64_t known = cn_subject_map_version(engine->subjects);
    return counted <= known ||
           cn_fail(err, CN_INTERNAL,
                   "cairn.db is damaged or older than rollup.db: it knows %lld changes of the "
                   "mapping of subjects, but %lld were counted; move rollup.db away to have "
                   "all counted anew, or " CN_RESTORE,
                   (long long)known, (long long)counted);
}

bool cn_engine_load_from_log(struct cn_engine *engine, struct cn_error *err)
{
    if (!check_log(engine, err) || !check_book(engine, err)) {
        return false;
    }
    if (engine->building == 0) {
        return cn_engine_catch_up_series(engine, err);
    }
    /* There is no other program to go by while they are counted. */
    bool ok = cn_engine_build_metrics(engine, &(struct cn_engine_build){ 0 }, err) &&
              cn_engine_load_series(engine, err);
    engine->building = 0;
    return ok;
}

/* A crash may have come between the book, which knows where subjects moved to, and the rollups. */
static bool follow_mapping(struct cn_engine *engine, struct cn_error *err)
{
    int64_t counted = cn_rollup_position(engine->options.rollup).mapping;
    struct cn_sql_conn *conn = NULL;
    int64_t *accounts = NULL;
    size_t count = 0;
    if (engine->position.seq == 0 || counted >= cn_subject_map_version(engine->subjects)) {
        return true;
    }
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_subject_map_changed_since(engine->subjects, conn, counted, &engine->scratch,
                                           &accounts, &count, err);
    cn_db_release(engine->options.db, conn);
    for (size_t i = 0; ok && i < count; i++) {
        cn_id_list_add(&engine->stale, accounts[i]);
    }
    return ok && cn_engine_follow(engine, err);
}

bool cn_engine_begin(struct cn_engine *engine, struct cn_error *err)
{
    if (!follow_mapping(engine, err)) {
        return false;
    }
    engine->position.mapping = cn_subject_map_version(engine->subjects);
    return cn_engine_recall_activity(engine, err) && cn_engine_catch_up(engine, err);
}

static bool load_series_beside(struct cn_engine *engine, struct cn_error *err)
{
    int32_t today = (int32_t)cn_tz_day(engine->options.tz, cn_now(engine->options.clock));
    engine->series = cn_series_new(&(struct cn_series_options){
        .metrics = engine->program->metrics,
        .first_day = today - 1,
        .last_day = today,
        .reach_days = cn_metric_source_reach(engine->program->metric_source) });
    engine->day = today;
    engine->needs_all = true;
    cn_metric_source_set_series(engine->program->metric_source, engine->series);
    return cn_series_load(engine->series, engine->options.rollup, NULL, 0, err);
}

bool cn_engine_look(struct cn_engine *engine, struct cn_error *err)
{
    struct choice choice = { 0 };
    cn_time now = cn_now(engine->options.clock);
    if (!load_positions(engine, err) || !load_subjects(engine, err) || !load_facts(engine, err) ||
        !read_choice(engine, &choice, err)) {
        return false;
    }
    int64_t number = choice.stored > 0 ? choice.stored : choice.newest;
    if (number == 0) {
        return cn_fail(err, CN_NOT_FOUND,
                       "the workspace has no program yet: start the server once");
    }
    if (!compile_version(engine, number, err) || !load_series_beside(engine, err)) {
        return false;
    }
    cn_apply_begin_with(engine->apply, number, number, number);
    add_rows(engine);
    struct cn_round round = { .clock = now, .is_full = true, .is_fresh = true };
    /* Colours stand on those before, and so does every other state that a round moves on. */
    return load_derived(engine, err) && cn_engine_score(engine, &round, err);
}
