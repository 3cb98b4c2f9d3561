#include "engine/comparison.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "engine/list_columns.h"
#include "engine/shown.h"
#include "engine/walk.h"

enum {
    THOUSAND = 1000
};

/* What is collected of an account over the days shown. */
struct tale {
    struct cn_comparison_account account;
    double distance; /* summed */
    double widest;
    bool is_counted; /* it is one of those that are compared */
    bool was_there;
    bool differs;
};

struct work {
    struct cn_engine *engine;
    const struct cn_comparison_question *question;
    struct cn_engine_program *programs[CN_COMPARISON_SIDES];
    struct cn_walk_account *accounts; /* that are evaluated; on the heap */
    size_t account_count;
    int64_t *compared; /* ids, ascending; in `arena` */
    size_t compared_count;
    int64_t done;
    int64_t total;
    struct cn_arena *arena;
    struct cn_comparison *comparison;
};

/* A chunk of accounts under both programs. */
struct chunk {
    struct cn_walker walkers[CN_COMPARISON_SIDES];
    struct cn_series *series; /* daily values, of both if they count the same */
    struct tale *tales;       /* by row */
    size_t count;
};

/* ---- whom ---- */

/* Who is compared, by what the running engine knows. */
static void find_compared(struct work *work)
{
    const struct cn_comparison_question *question = work->question;
    const struct cn_unit everybody = { .scope = CN_SCOPE_ALL, .arena = work->arena };
    char text[CN_SEGMENT_NAME_MAX_BYTES + 20];
    const int len =
        snprintf(text, sizeof(text), "segment:%.*s", CN_STR_ARG(question->segment)); /* fits */
    const cn_str placement = { text, len > 0 ? (size_t)len : 0 };
    const struct cn_account_filter filter = { .owner_id = question->owner_id,
                                              .placements = &placement,
                                              .placement_count = question->segment.len > 0 };
    struct cn_bitmap match = { 0 };
    (void)pthread_rwlock_rdlock(&work->engine->lock);
    cn_engine_match(work->engine, &everybody, &filter, &match);
    work->compared_count = cn_engine_ids(work->engine, &match, work->arena, &work->compared);
    (void)pthread_rwlock_unlock(&work->engine->lock);
    cn_bitmap_deinit(&match);
}

static bool is_compared(const struct work *work, int64_t id)
{
    return work->compared_count > 0 &&
           bsearch(&id, work->compared, work->compared_count, sizeof(id), cn_order_i64) != NULL;
}

static bool compares(const struct work *work)
{
    return cn_engine_program_compares(work->programs[CN_COMPARISON_BEFORE]) ||
           cn_engine_program_compares(work->programs[CN_COMPARISON_AFTER]);
}

/* Where rules look at other accounts these are evaluated, too. */
static bool read_accounts(struct work *work, struct cn_error *err)
{
    struct cn_engine *engine = work->engine;
    struct cn_sql_conn *conn = NULL;
    struct cn_walk_accounts all = { 0 };
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_walk_read_accounts(conn, engine->options.tz, &all, err);
    cn_db_release(engine->options.db, conn);
    const bool keeps_all = compares(work);
    for (size_t i = 0; ok && i < all.count; i++) {
        if (keeps_all || is_compared(work, all.items[i].id)) {
            all.items[work->account_count++] = all.items[i];
        }
    }
    work->accounts = all.items;
    return ok;
}

/* ---- one day ---- */

static struct cn_comparison_score score_of(const struct cn_walker *walker, size_t row)
{
    const struct cn_health_score score = cn_health_state_get(&walker->health, row);
    struct cn_comparison_score result = { .has_points = score.has_points };
    if (score.has_points) {
        result.points = (double)score.points / THOUSAND;
        result.band = score.band;
    }
    return result;
}

/* 0 if there is none, or in another currency. */
static double arr_of(const struct work *work, const struct cn_walker *walker, size_t row)
{
    const uint32_t *columns = walker->program->list_columns;
    const struct cn_column *unit = cn_frame_column(walker->frame, columns[CN_LIST_CURRENCY]);
    double arr = 0;
    if (!cn_column_is_missing(unit, row) &&
        !cn_str_equal(cn_interned(work->engine->strings, unit->as.str[row]),
                      work->question->currency)) {
        return 0;
    }
    return cn_walker_number(walker, columns[CN_LIST_ARR], row, &arr) ? arr : 0;
}

static void add_standing(struct cn_comparison_standing *standing,
                         const struct cn_comparison_score *score, bool is_grey, double arr)
{
    standing->colours[score->band].count++;
    standing->colours[score->band].arr += arr;
    standing->grey += is_grey && score->has_points;
    standing->scored += score->has_points;
    standing->mean += score->has_points ? score->points : 0; /* a sum, until all are there */
}

static void tell_account(struct tale *tale, int64_t day,
                         const struct cn_comparison_score scores[CN_COMPARISON_SIDES])
{
    const bool have_both = scores[0].has_points && scores[1].has_points;
    const double apart = have_both ? fabs(scores[1].points - scores[0].points) : 0;
    tale->was_there = true;
    tale->differs = tale->differs || apart > 0 || scores[0].band != scores[1].band ||
                    scores[0].has_points != scores[1].has_points;
    tale->account.days += have_both;
    tale->distance += apart;
    if (apart > tale->widest) {
        tale->widest = apart;
        tale->account.widest_day = day;
        memcpy(tale->account.widest, scores, sizeof(tale->account.widest));
    }
    memcpy(tale->account.last, scores, sizeof(tale->account.last));
}

static void look(const struct work *work, struct chunk *chunk, struct cn_comparison_day *into,
                 bool is_last)
{
    for (size_t row = 0; row < chunk->count; row++) {
        struct cn_comparison_score scores[CN_COMPARISON_SIDES];
        struct tale *tale = &chunk->tales[row];
        if (!tale->is_counted || !cn_bitmap_has(&chunk->walkers[0].there, row)) {
            continue;
        }
        const double arr = arr_of(work, &chunk->walkers[CN_COMPARISON_AFTER], row);
        for (size_t i = 0; i < CN_COMPARISON_SIDES; i++) {
            const struct cn_walker *walker = &chunk->walkers[i];
            scores[i] = score_of(walker, row);
            add_standing(&into->sides[i], &scores[i],
                         cn_health_state_get(&walker->health, row).is_grey, arr);
        }
        into->moved += scores[0].band != scores[1].band;
        tale->account.arr = arr;
        tell_account(tale, into->day, scores);
        if (is_last) {
            struct cn_comparison_colour *move =
                &work->comparison->moves[scores[0].band][scores[1].band];
            move->count++;
            move->arr += arr;
        }
    }
}

/* ---- who differs most ---- */

/* Less than 0: `a` comes first. */
static int by_distance(const struct cn_comparison_account *a, const struct cn_comparison_account *b)
{
    if (a->distance != b->distance) {
        return a->distance > b->distance ? -1 : 1;
    }
    if (a->arr != b->arr) {
        return a->arr > b->arr ? -1 : 1;
    }
    return cn_order_i64(&a->id, &b->id);
}

/* Puts it where it belongs among the first, if it does. */
static void rank(struct cn_comparison *comparison, const struct cn_comparison_account *account)
{
    struct cn_comparison_account *list = comparison->furthest;
    size_t place = comparison->furthest_count;
    while (place > 0 && by_distance(account, &list[place - 1]) < 0) {
        place--;
    }
    if (place >= CN_COMPARISON_ACCOUNTS_MAX) {
        return;
    }
    comparison->furthest_count += comparison->furthest_count < CN_COMPARISON_ACCOUNTS_MAX;
    memmove(&list[place + 1], &list[place],
            (comparison->furthest_count - 1 - place) * sizeof(list[0]));
    list[place] = *account;
}

static void rank_all(struct work *work, const struct chunk *chunk)
{
    for (size_t row = 0; row < chunk->count; row++) {
        struct tale *tale = &chunk->tales[row];
        work->comparison->accounts += tale->was_there;
        work->comparison->differ += tale->differs;
        if (tale->account.days > 0 && tale->distance > 0) {
            tale->account.distance = tale->distance / (double)tale->account.days;
            rank(work->comparison, &tale->account);
        }
    }
}

static bool name_account(struct cn_sql_conn *conn, struct cn_arena *arena,
                         struct cn_comparison_account *account, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(conn, "SELECT name FROM account WHERE account_id = $1", &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account->id);
    bool ok = cn_sql_step(stmt, &row, err);
    /* It may have been deleted meanwhile: then it has no name. */
    account->name = ok && row ? cn_arena_str(arena, cn_sql_column_str(stmt, 0)) : CN_STR("");
    cn_sql_finish(stmt);
    return ok;
}

static bool name_furthest(struct work *work, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(work->engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = true;
    for (size_t i = 0; ok && i < work->comparison->furthest_count; i++) {
        ok = name_account(conn, work->arena, &work->comparison->furthest[i], err);
    }
    cn_db_release(work->engine->options.db, conn);
    return ok;
}

/* ---- walking ---- */

static bool go_on(struct work *work, struct cn_error *err)
{
    const struct cn_comparison_question *question = work->question;
    cn_walk_pause();
    work->done++;
    return question->progress == NULL ||
           question->progress(question->arg, work->done, work->total) ||
           cn_fail(err, CN_UNAVAILABLE, "the comparison was stopped");
}

static bool walk_days(struct work *work, struct chunk *chunk, struct cn_error *err)
{
    const struct cn_comparison_question *question = work->question;
    const bool as_true = question->basis == CN_BACKTEST_TRUE;
    struct cn_comparison_day *into = work->comparison->days;
    for (int64_t day = question->first_day - CN_COMPARISON_WARM_DAYS; day <= question->last_day;
         day++) {
        for (size_t i = 0; i < CN_COMPARISON_SIDES; i++) {
            if (!cn_walker_day(&chunk->walkers[i], day, as_true, err)) {
                return false;
            }
        }
        if (day >= question->first_day && (question->last_day - day) % question->step_days == 0) {
            look(work, chunk, into++, day == question->last_day);
        }
        if (!go_on(work, err)) {
            return false;
        }
    }
    return true;
}

static void open_walker(const struct work *work, const struct cn_walk_account *accounts,
                        enum cn_comparison_side side, struct chunk *chunk)
{
    struct cn_walker *walker = &chunk->walkers[side];
    cn_walker_open(work->engine, work->programs[side], chunk->count, walker);
    const bool as_true = work->question->basis == CN_BACKTEST_TRUE;
    for (size_t i = 0; i < chunk->count; i++) {
        cn_walker_add(walker, accounts[i].id, as_true ? accounts[i].true_us : accounts[i].known_us);
    }
}

/* Ranks want the night before. */
static int32_t first_value_day(const struct work *work)
{
    return (int32_t)(work->question->first_day - CN_COMPARISON_WARM_DAYS - 1);
}

/* What the first one's metrics need, as far back as either looks. */
static bool load_series(const struct work *work, struct chunk *chunk, struct cn_error *err)
{
    const int32_t before = cn_metric_source_reach(work->programs[0]->metric_source);
    const int32_t after = cn_metric_source_reach(work->programs[1]->metric_source);
    chunk->series =
        cn_series_new(&(struct cn_series_options){ .metrics = work->programs[0]->metrics,
                                                   .first_day = first_value_day(work),
                                                   .last_day = (int32_t)work->question->last_day,
                                                   .reach_days = before > after ? before : after });
    return cn_series_load(chunk->series, work->engine->options.rollup,
                          cn_frame_accounts(chunk->walkers[0].frame), chunk->count, err);
}

/* Where both count the same they read the same values: what arrives meanwhile is known to both or
 * to neither. */
static bool load_values(const struct work *work, struct chunk *chunk, struct cn_error *err)
{
    struct cn_metric_source *after = work->programs[CN_COMPARISON_AFTER]->metric_source;
    if (!load_series(work, chunk, err)) {
        return false;
    }
    cn_metric_source_set_series(work->programs[CN_COMPARISON_BEFORE]->metric_source, chunk->series);
    if (cn_series_fits(chunk->series, work->programs[CN_COMPARISON_AFTER]->metrics,
                       cn_metric_source_reach(after))) {
        cn_metric_source_set_series(after, chunk->series);
        return true;
    }
    return cn_metric_source_prepare(after, first_value_day(work), (int32_t)work->question->last_day,
                                    cn_frame_accounts(chunk->walkers[0].frame), chunk->count, err);
}

static void drop_values(const struct work *work, struct chunk *chunk)
{
    for (size_t i = 0; i < CN_COMPARISON_SIDES; i++) {
        cn_metric_source_set_series(work->programs[i]->metric_source, NULL);
    }
    cn_series_free(chunk->series);
}

static bool walk_chunk(struct work *work, const struct cn_walk_account *accounts, size_t count,
                       struct cn_error *err)
{
    struct chunk chunk = { .count = count };
    chunk.tales = cn_heap_resize(NULL, (count + 1) * sizeof(chunk.tales[0]));
    for (size_t i = 0; i < count; i++) {
        chunk.tales[i] = (struct tale){ .account.id = accounts[i].id,
                                        .is_counted = is_compared(work, accounts[i].id) };
    }
    for (size_t i = 0; i < CN_COMPARISON_SIDES; i++) {
        open_walker(work, accounts, (enum cn_comparison_side)i, &chunk);
    }
    bool ok = load_values(work, &chunk, err) && walk_days(work, &chunk, err);
    if (ok) {
        rank_all(work, &chunk);
    }
    drop_values(work, &chunk);
    for (size_t i = 0; i < CN_COMPARISON_SIDES; i++) {
        cn_walker_close(&chunk.walkers[i]);
    }
    free(chunk.tales);
    return ok;
}

static bool walk_all(struct work *work, struct cn_error *err)
{
    const struct cn_comparison_question *question = work->question;
    const size_t chunk = compares(work) ? work->account_count : CN_WALK_CHUNK;
    const int64_t days = question->last_day - question->first_day + 1 + CN_COMPARISON_WARM_DAYS;
    work->total = chunk > 0 ? (int64_t)((work->account_count + chunk - 1) / chunk) * days : 0;
    for (size_t from = 0; from < work->account_count; from += chunk) {
        const size_t left = work->account_count - from;
        if (!walk_chunk(work, work->accounts + from, left < chunk ? left : chunk, err)) {
            return false;
        }
    }
    return true;
}

static void begin_days(struct work *work)
{
    const struct cn_comparison_question *question = work->question;
    const int64_t step = question->step_days;
    struct cn_comparison *comparison = work->comparison;
    comparison->day_count = (size_t)((question->last_day - question->first_day) / step + 1);
    comparison->days = cn_arena_array(work->arena, struct cn_comparison_day, comparison->day_count);
    for (size_t i = 0; i < comparison->day_count; i++) {
        comparison->days[comparison->day_count - 1 - i].day =
            question->last_day - (int64_t)i * step;
    }
}

static void end_days(struct cn_comparison *comparison)
{
    for (size_t i = 0; i < comparison->day_count; i++) {
        for (size_t side = 0; side < CN_COMPARISON_SIDES; side++) {
            struct cn_comparison_standing *standing = &comparison->days[i].sides[side];
            standing->mean = standing->scored > 0 ? standing->mean / (double)standing->scored : 0;
        }
    }
}

static bool is_named(const struct cn_comparison *comparison, cn_str name)
{
    for (size_t i = 0; i < comparison->needs_scan_count; i++) {
        if (cn_str_equal(comparison->needs_scan[i], name)) {
            return true;
        }
    }
    return false;
}

static bool list_scans(struct work *work, const struct cn_engine_program *program,
                       struct cn_error *err)
{
    struct cn_comparison *comparison = work->comparison;
    const struct cn_metric_list *metrics = program->metrics;
    bool *missing = cn_arena_array(work->arena, bool, metrics->count + 1);
    size_t count = 0;
    if (!cn_rollup_missing(work->engine->options.rollup, metrics, missing, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < metrics->count; i++) {
        if (missing[i] && comparison->needs_scan_count < CN_COMPARISON_SCANS_MAX &&
            !is_named(comparison, metrics->items[i].name)) {
            comparison->needs_scan[comparison->needs_scan_count++] =
                cn_arena_str(work->arena, metrics->items[i].name);
        }
    }
    return true;
}

static bool run(struct work *work, struct cn_error *err)
{
    struct cn_comparison *comparison = work->comparison;
    comparison->furthest =
        cn_arena_array(work->arena, struct cn_comparison_account, CN_COMPARISON_ACCOUNTS_MAX + 1);
    comparison->needs_scan = cn_arena_array(work->arena, cn_str, CN_COMPARISON_SCANS_MAX);
    find_compared(work);
    begin_days(work);
    if (!cn_rollup_flush(work->engine->options.rollup, err) ||
        !list_scans(work, work->programs[CN_COMPARISON_BEFORE], err) ||
        !list_scans(work, work->programs[CN_COMPARISON_AFTER], err) || !read_accounts(work, err) ||
        !walk_all(work, err)) {
        return false;
    }
    end_days(comparison);
    return name_furthest(work, err);
}

bool cn_engine_compare(struct cn_engine *engine, const struct cn_comparison_question *question,
                       struct cn_arena *arena, struct cn_comparison *comparison_out,
                       struct cn_diagnostics *problems, struct cn_error *err)
{
    struct cn_comparison comparison = { 0 };
    struct work work = {
        .engine = engine, .question = question, .arena = arena, .comparison = &comparison
    };
    const struct cn_program_ground ground = { .book = cn_book_facts_source(engine->facts),
                                              .rollup = engine->options.rollup,
                                              .tz = engine->options.tz,
                                              .strings = engine->strings };
    bool ok = true;
    for (size_t i = 0; ok && i < CN_COMPARISON_SIDES; i++) {
        ok = cn_engine_program_compile(question->files[i], &ground, &work.programs[i], problems) ||
             cn_diagnostics_none(problems, err);
    }
    ok = ok && run(&work, err);
    free(work.accounts);
    for (size_t i = 0; i < CN_COMPARISON_SIDES; i++) {
        cn_engine_program_free(work.programs[i]);
    }
    if (ok) {
        *comparison_out = comparison;
    }
    return ok || cn_error_context(err, "comparing two programs over the past");
}
