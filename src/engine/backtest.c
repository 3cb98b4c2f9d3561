#include "engine/backtest.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"

#include "engine/backtest_cases.h"
#include "engine/walk.h"

enum {
    STEP_DAYS = 30 /* between two instants of the calibration */
};

const int64_t cn_backtest_days[CN_BACKTEST_HORIZONS] = { 180, 90, 30 };

struct subject {
    int64_t id;
    int64_t there_us[CN_BACKTEST_BASES]; /* since when it is there, by the basis */
    int64_t left_on;                     /* INT64_MAX: it did not */
    bool is_looked_at;                   /* its departure is one of those collected */
    size_t departure;                    /* its place there then */
};

struct walk {
    struct cn_engine *engine;
    const struct cn_backtest_question *question;
    struct cn_engine_program *program;
    struct subject *subjects;
    size_t subject_count;
    size_t others; /* of those: their departures are not looked at */
    struct backtest_collected collected;
    size_t *beside; /* by departure and horizon: how many could stand beside it; in the arena */
    size_t too_old; /* departures that are not looked at */
    size_t too_many;
    int64_t first_day;
    int64_t last_day;
    int64_t done;
    int64_t total;
    struct cn_arena *arena;
    struct cn_arena parts; /* scratch */
};

/* ---- whom ---- */

static bool read_subjects(struct walk *walk, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct cn_walk_accounts accounts = { 0 };
    bool ok = cn_walk_read_accounts(conn, walk->engine->options.tz, &accounts, err);
    walk->subjects = cn_heap_resize(NULL, (accounts.count + 1) * sizeof(walk->subjects[0]));
    for (size_t i = 0; ok && i < accounts.count; i++) {
        walk->subjects[walk->subject_count++] =
            (struct subject){ .id = accounts.items[i].id,
                              .there_us = { [CN_BACKTEST_KNOWN] = accounts.items[i].known_us,
                                            [CN_BACKTEST_TRUE] = accounts.items[i].true_us },
                              .left_on = INT64_MAX };
    }
    free(accounts.items);
    return ok;
}

static uint64_t mix(int64_t a, int64_t b)
{
    const int64_t pair[] = { a, b };
    return cn_hash64((cn_str){ (const char *)pair, sizeof(pair) });
}

static int by_id(const void *a, const void *b)
{
    const struct subject *x = a;
    const struct subject *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static struct subject *find(const struct walk *walk, int64_t account_id)
{
    const struct subject key = { .id = account_id };
    return walk->subject_count > 0
               ? bsearch(&key, walk->subjects, walk->subject_count, sizeof(key), by_id)
               : NULL;
}

/* Whose departure is not looked at left all the same, and does not stand for those that stayed. */
static void mark_left(struct walk *walk)
{
    const struct cn_departure_list *list = walk->question->departures;
    for (size_t i = 0; i < list->count; i++) {
        struct subject *found = find(walk, list->items[i].account_id.value);
        if (found != NULL) {
            found->left_on = list->items[i].left_on;
        }
    }
    for (size_t i = 0; i < walk->collected.left_count; i++) {
        struct subject *found = find(walk, walk->collected.left[i].id);
        if (found != NULL) {
            found->is_looked_at = true;
            found->departure = i;
        }
    }
}

/* Marks who left, and drops by hash what is beyond the limit of the others. */
static void choose_subjects(struct walk *walk)
{
    bool compares = cn_engine_program_compares(walk->program);
    size_t kept = 0;
    mark_left(walk);
    for (size_t i = 0; i < walk->subject_count; i++) {
        const struct subject *subject = &walk->subjects[i];
        bool keeps = compares || subject->is_looked_at ||
                     walk->subject_count <= CN_BACKTEST_OTHERS_MAX ||
                     mix(subject->id, 1) % walk->subject_count < CN_BACKTEST_OTHERS_MAX;
        if (keeps) {
            walk->others += !subject->is_looked_at;
            walk->subjects[kept++] = *subject;
        }
    }
    walk->subject_count = kept;
}

static void choose_departures(struct walk *walk)
{
    const struct cn_departure_list *list = walk->question->departures;
    struct backtest_collected *collected = &walk->collected;
    const bool *asked = walk->question->asked;
    size_t count = list->count < CN_BACKTEST_LEFT_MAX ? list->count : CN_BACKTEST_LEFT_MAX;
    collected->left = cn_arena_array(walk->arena, struct cn_backtest_account, count + 1);
    collected->seen = cn_arena_array(walk->arena, bool, count + 1);
    collected->today = cn_tz_day(walk->engine->options.tz, cn_now(walk->engine->options.clock));
    walk->last_day = collected->today;
    walk->first_day = collected->today;
    for (size_t i = 0; i < list->count; i++) {
        const struct cn_departure *departure = &list->items[i];
        bool is_asked = asked == NULL || asked[i];
        bool has_room = collected->left_count + walk->too_old < count;
        walk->too_many += is_asked && !has_room;
        if (!is_asked || !has_room) {
            continue;
        }
        if (departure->left_on - CN_BACKTEST_WINDOW < collected->today - CN_BACKTEST_DAYS_MAX) {
            walk->too_old++;
            continue;
        }
        collected->left[collected->left_count++] =
            (struct cn_backtest_account){ .id = departure->account_id.value,
                                          .name = cn_arena_str(walk->arena, departure->name),
                                          .left_on = departure->left_on,
                                          .warned = -1 };
        int64_t first = departure->left_on - CN_BACKTEST_WINDOW - 1;
        walk->first_day = first < walk->first_day ? first : walk->first_day;
    }
}

/* ---- one side: a chunk of accounts seen from one basis ---- */

static void open_side(struct walk *walk, const struct subject *subjects, size_t count,
                      enum cn_backtest_basis basis, struct cn_walker *side)
{
    cn_walker_open(walk->engine, walk->program, count, side);
    side->asks_signals = true;
    for (size_t i = 0; i < count; i++) {
        cn_walker_add(side, subjects[i].id, subjects[i].there_us[basis]); /* row i */
    }
}

static bool run_side(struct walk *walk, struct cn_walker *side, const struct subject *subjects,
                     int64_t day, bool as_true, struct cn_error *err)
{
    const int64_t *accounts = cn_frame_accounts(side->frame);
    if (!cn_walker_day(side, day, as_true, err)) {
        return false;
    }
    for (size_t i = 0; i < side->moves.count; i++) {
        const struct cn_signal_moved *moved = &side->moves.items[i];
        if (moved->move == CN_SIGNAL_RAISES) {
            cn_backtest_add_raise(
                &walk->collected.raises[as_true ? CN_BACKTEST_TRUE : CN_BACKTEST_KNOWN],
                &(struct backtest_raise){ moved->rule, accounts[moved->row], day,
                                          subjects[moved->row].left_on });
        }
    }
    return true;
}

/* ---- looking ---- */

static bool is_later(const struct cn_walker sides[CN_BACKTEST_BASES], uint32_t column, size_t row)
{
    const struct cn_column *known = cn_frame_column(sides[CN_BACKTEST_KNOWN].frame, column);
    const struct cn_column *as_true = cn_frame_column(sides[CN_BACKTEST_TRUE].frame, column);
    bool misses = cn_column_is_missing(known, row);
    if (misses != cn_column_is_missing(as_true, row)) {
        return true;
    }
    size_t bytes = cn_column_value_bytes(known->type);
    return !misses && memcmp((const char *)known->as.any + row * bytes,
                             (const char *)as_true->as.any + row * bytes, bytes) != 0;
}

static void look_at_facts(struct walk *walk, const struct cn_walker sides[CN_BACKTEST_BASES],
                          size_t row, size_t horizon, bool left)
{
    for (uint32_t i = 0; i < walk->program->columns.count; i++) {
        struct cn_backtest_fact *fact = &walk->collected.facts[i];
        double number = 0;
        if (walk->program->columns.items[i].spec.maker != 0) {
            continue; /* the program's own */
        }
        bool later = is_later(sides, i, row);
        fact->left_of += left;
        fact->left_later += left && later;
        fact->stayed_of += !left;
        fact->stayed_later += !left && later;
        if (horizon == 1 && cn_walker_number(&sides[walk->question->basis], i, row, &number)) {
            cn_backtest_add_case(&walk->collected.values[i], number, left);
        }
    }
}

static void look_at_measures(struct walk *walk, const struct cn_walker *side, size_t row,
                             enum cn_backtest_basis basis, bool left)
{
    const struct cn_explain_at at = { .model = walk->program->health,
                                      .frame = side->frame,
                                      .row = (uint32_t)row,
                                      .when = side->when };
    cn_backtest_look_at_measures(&walk->collected, &at, basis, left, &walk->parts);
    cn_arena_reset(&walk->parts);
}

static void look(struct walk *walk, const struct cn_walker sides[CN_BACKTEST_BASES], size_t row,
                 size_t horizon, bool left)
{
    for (size_t basis = 0; basis < CN_BACKTEST_BASES; basis++) {
        struct cn_health_score score = cn_health_state_get(&sides[basis].health, row);
        if (score.has_points) {
            cn_backtest_add_case(&walk->collected.scores[basis][horizon],
                                 (double)score.points / 1000, left);
        }
        if (horizon == 1) {
            look_at_measures(walk, &sides[basis], row, (enum cn_backtest_basis)basis, left);
        }
    }
    look_at_facts(walk, sides, row, horizon, left);
}

static void look_at_left(struct walk *walk, const struct cn_walker sides[CN_BACKTEST_BASES],
                         const struct subject *subject, size_t row, size_t horizon)
{
    struct cn_backtest_account *left = &walk->collected.left[subject->departure];
    const struct cn_walker *side = &sides[walk->question->basis];
    struct cn_health_score score = cn_health_state_get(&side->health, row);
    double arr = 0;
    (void)cn_walker_number(side, walk->program->list_columns[CN_LIST_ARR], row, &arr);
    left->at[horizon].has_points = score.has_points;
    if (score.has_points) {
        const struct cn_scorecard *card = &walk->program->health->scorecards[score.scorecard];
        left->at[horizon].points = (double)cn_health_display(card, &score);
    }
    left->at[horizon].band = score.has_points ? score.band : CN_BAND_NONE;
    left->at[horizon].arr = arr;
    walk->collected.seen[subject->departure] = true;
    look(walk, sides, row, horizon, true);
}

static bool is_there(const struct walk *walk, const struct subject *subject, int64_t now_us)
{
    return subject->there_us[walk->question->basis] <= now_us;
}

/* There at the instant, and not leaving within the window after it. */
static bool could_stand_beside(const struct walk *walk, const struct subject *subject,
                               int64_t left_id, int64_t day, int64_t now_us)
{
    return is_there(walk, subject, now_us) && subject->left_on > day + CN_BACKTEST_WINDOW &&
           subject->id != left_id;
}

/* How many could stand beside each departure: of those that came later none is chosen, so they must
 * not thin out the others. */
static void count_beside(struct walk *walk)
{
    struct backtest_collected *collected = &walk->collected;
    walk->beside =
        cn_arena_array(walk->arena, size_t, collected->left_count * CN_BACKTEST_HORIZONS + 1);
    for (size_t i = 0; i < collected->left_count * CN_BACKTEST_HORIZONS; i++) {
        const struct cn_backtest_account *left = &collected->left[i / CN_BACKTEST_HORIZONS];
        int64_t day = left->left_on - cn_backtest_days[i % CN_BACKTEST_HORIZONS];
        int64_t now_us = cn_tz_day_start(walk->engine->options.tz, day).us;
        for (size_t s = 0; s < walk->subject_count; s++) {
            walk->beside[i] += could_stand_beside(walk, &walk->subjects[s], left->id, day, now_us);
        }
    }
}

/* Those beside a departure. */
static void look_at_others(struct walk *walk, const struct cn_walker sides[CN_BACKTEST_BASES],
                           const struct subject *subjects, size_t count, size_t departure,
                           size_t horizon)
{
    const struct cn_backtest_account *left = &walk->collected.left[departure];
    int64_t day = left->left_on - cn_backtest_days[horizon];
    int64_t now = sides[0].when.now.us;
    size_t beside = walk->beside[departure * CN_BACKTEST_HORIZONS + horizon];
    for (size_t row = 0; row < count; row++) {
        const struct subject *subject = &subjects[row];
        bool is_beside = could_stand_beside(walk, subject, left->id, day, now) &&
                         mix(subject->id, left->id) % beside < CN_BACKTEST_CONTROLS;
        if (is_beside) {
            look(walk, sides, row, horizon, false);
        }
        if (is_beside && horizon == CN_BACKTEST_HORIZONS - 1) {
            cn_backtest_add_pair(&walk->collected.pairs, departure, subject->id);
        }
    }
}

static void look_around(struct walk *walk, const struct cn_walker sides[CN_BACKTEST_BASES],
                        const struct subject *subjects, size_t count, int64_t day)
{
    int64_t now = sides[0].when.now.us;
    for (size_t i = 0; i < walk->collected.left_count; i++) {
        const struct cn_backtest_account *left = &walk->collected.left[i];
        const struct subject *subject = find(walk, left->id);
        for (size_t h = 0; h < CN_BACKTEST_HORIZONS; h++) {
            if (left->left_on - cn_backtest_days[h] != day || subject == NULL ||
                !is_there(walk, subject, now)) {
                continue;
            }
            if (subject >= subjects && subject < subjects + count) {
                look_at_left(walk, sides, subject, (size_t)(subject - subjects), h);
            }
            look_at_others(walk, sides, subjects, count, i, h);
        }
    }
}

static void calibrate(struct walk *walk, const struct cn_walker *side,
                      const struct subject *subjects, size_t count, int64_t day)
{
    for (size_t row = 0; row < count; row++) {
        struct cn_health_score score = cn_health_state_get(&side->health, row);
        if (score.has_points && is_there(walk, &subjects[row], side->when.now.us) &&
            subjects[row].left_on > day) {
            size_t place = (size_t)score.points * CN_BACKTEST_BANDS / 100000;
            struct cn_backtest_band *band =
                &walk->collected.bands[place < CN_BACKTEST_BANDS ? place : CN_BACKTEST_BANDS - 1];
            band->cases++;
            band->left += subjects[row].left_on - day <= CN_BACKTEST_SOON;
        }
    }
}

/* ---- walking ---- */

static bool go_on(struct walk *walk, struct cn_error *err)
{
    const struct cn_backtest_question *question = walk->question;
    cn_walk_pause();
    walk->done++;
    return question->progress == NULL ||
           question->progress(question->arg, walk->done, walk->total) ||
           cn_fail(err, CN_UNAVAILABLE, "the back-test was stopped");
}

static bool walk_days(struct walk *walk, struct cn_walker sides[CN_BACKTEST_BASES],
                      const struct subject *subjects, size_t count, struct cn_error *err)
{
    for (int64_t day = walk->first_day; day < walk->last_day; day++) {
        if (!run_side(walk, &sides[CN_BACKTEST_KNOWN], subjects, day, false, err) ||
            !run_side(walk, &sides[CN_BACKTEST_TRUE], subjects, day, true, err)) {
            return false;
        }
        look_around(walk, sides, subjects, count, day);
        if ((day - walk->first_day) % STEP_DAYS == 1 && day + CN_BACKTEST_SOON <= walk->last_day) {
            calibrate(walk, &sides[walk->question->basis], subjects, count, day);
        }
        if (!go_on(walk, err)) {
            return false;
        }
    }
    return true;
}

static bool walk_chunk(struct walk *walk, const struct subject *subjects, size_t count,
                       struct cn_error *err)
{
    struct cn_walker sides[CN_BACKTEST_BASES];
    for (size_t i = 0; i < CN_BACKTEST_BASES; i++) {
        open_side(walk, subjects, count, (enum cn_backtest_basis)i, &sides[i]);
    }
    bool ok = cn_metric_source_prepare(walk->program->metric_source, (int32_t)walk->first_day - 1,
                                       (int32_t)walk->last_day, cn_frame_accounts(sides[0].frame),
                                       count, err) &&
              walk_days(walk, sides, subjects, count, err);
    for (size_t i = 0; i < CN_BACKTEST_BASES; i++) {
        cn_walker_close(&sides[i]);
    }
    return ok;
}

static bool walk_all(struct walk *walk, struct cn_error *err)
{
    bool compares = cn_engine_program_compares(walk->program);
    size_t chunk = compares ? walk->subject_count : CN_WALK_CHUNK;
    int64_t days = walk->last_day - walk->first_day;
    walk->total = chunk > 0 ? (int64_t)((walk->subject_count + chunk - 1) / chunk) * days : 0;
    for (size_t from = 0; from < walk->subject_count; from += chunk) {
        size_t count = walk->subject_count - from < chunk ? walk->subject_count - from : chunk;
        if (!walk_chunk(walk, walk->subjects + from, count, err)) {
            return false;
        }
    }
    return true;
}

static void drop(struct walk *walk)
{
    struct backtest_collected *collected = &walk->collected;
    for (size_t basis = 0; basis < CN_BACKTEST_BASES; basis++) {
        for (size_t h = 0; h < CN_BACKTEST_HORIZONS; h++) {
            free(collected->scores[basis][h].items);
        }
        free(collected->raises[basis].items);
    }
    for (size_t i = 0; collected->values != NULL && i < walk->program->columns.count; i++) {
        free(collected->values[i].items);
    }
    free(collected->values);
    free(collected->facts);
    free(collected->pairs.items);
    cn_backtest_drop_measures(collected);
    cn_arena_deinit(&walk->parts);
    free(walk->subjects);
    cn_engine_program_free(walk->program);
}

static bool run(struct walk *walk, struct cn_backtest_report *report, struct cn_error *err)
{
    struct cn_engine *engine = walk->engine;
    struct cn_sql_conn *conn = NULL;
    if (!cn_rollup_flush(engine->options.rollup, err) ||
        !cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = read_subjects(walk, conn, err);
    cn_db_release(engine->options.db, conn);
    if (!ok) {
        return false;
    }
    choose_departures(walk);
    choose_subjects(walk);
    count_beside(walk);
    cn_backtest_name_facts(&walk->collected, walk->program, walk->arena);
    cn_backtest_name_measures(&walk->collected, walk->program->health, walk->arena);
    if (!walk_all(walk, err)) {
        return false;
    }
    *report = (struct cn_backtest_report){ .basis = walk->question->basis,
                                           .first_day = walk->first_day,
                                           .last_day = walk->last_day };
    cn_backtest_judge(&walk->collected, walk->program, walk->arena, report);
    report->left_out.too_old = walk->too_old;
    report->left_out.too_many = walk->too_many;
    report->others = walk->others;
    return true;
}

bool cn_engine_backtest(struct cn_engine *engine, const struct cn_backtest_question *question,
                        struct cn_arena *arena, struct cn_backtest_report *report_out,
                        struct cn_diagnostics *problems, struct cn_error *err)
{
    struct walk walk = { .engine = engine, .question = question, .arena = arena };
    struct cn_backtest_report report = { 0 };
    const struct cn_program_ground ground = { .book = cn_book_facts_source(engine->facts),
                                              .rollup = engine->options.rollup,
                                              .tz = engine->options.tz,
                                              .strings = engine->strings };
    if (!cn_engine_program_compile(question->files, &ground, &walk.program, problems)) {
        return cn_diagnostics_none(problems, err);
    }
    cn_arena_init(&walk.parts, (size_t)64 * 1024);
    bool ok = run(&walk, &report, err);
    drop(&walk);
    if (ok) {
        *report_out = report;
    }
    return ok || cn_error_context(err, "testing a program on the past");
}
