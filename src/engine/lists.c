#include "engine/lists.h"

#include <math.h>
#include <string.h>

#include "base/str.h"

#include "engine/drift.h"
#include "engine/list_columns.h"
#include "engine/shown.h"
#include "engine/state.h"
#include "frame/list.h"

static const struct cn_column *list_column(const struct cn_engine *engine,
                                           enum cn_list_column which)
{
    return cn_frame_column(engine->frame, engine->program->list_columns[which]);
}

/* Each row's place among the names of owners; those of one name have one place. */
static void rank_owners(const struct cn_engine *engine, const struct cn_user_list *users,
                        struct cn_column *ranks)
{
    const struct cn_column *owner = &engine->lists->owner;
    const size_t rows = cn_frame_rows(engine->frame);
    struct cn_map places = { 0 };
    uint64_t place = 0;
    bool was_new = false;
    for (size_t i = 0; users != NULL && i < users->count; i++) {
        if (i > 0 && !cn_str_equal(users->items[i].name, users->items[i - 1].name)) {
            place++;
        }
        *cn_map_put(&places, (uint64_t)users->items[i].id.value, &was_new) = place;
    }
    cn_column_reserve(ranks, rows);
    for (size_t row = 0; row < rows; row++) {
        const uint64_t *found = cn_column_is_missing(owner, row)
                                    ? NULL
                                    : cn_map_get(&places, (uint64_t)owner->as.i64[row]);
        if (found != NULL) {
            cn_column_set_i64(ranks, row, (int64_t)*found);
        }
    }
    cn_map_deinit(&places);
}

/* NULL sorts by account id, which is the order in which accounts were made.  `scratch` is an empty
 * column for an order that is made for the list. */
static const struct cn_column *sort_column(const struct cn_engine *engine,
                                           const struct cn_account_filter *filter,
                                           struct cn_column *scratch)
{
    switch (filter->sort) {
    case CN_SORT_NAME:
        return list_column(engine, CN_LIST_NAME);
    case CN_SORT_SCORE:
        return cn_engine_shown_points(engine, scratch);
    case CN_SORT_TREND:
        return &engine->trend;
    case CN_SORT_ARR:
        return list_column(engine, CN_LIST_ARR);
    case CN_SORT_RENEWAL:
        return list_column(engine, CN_LIST_DAYS_TO_RENEWAL);
    case CN_SORT_OWNER:
        rank_owners(engine, filter->users, scratch);
        return scratch;
    case CN_SORT_LAST_ACTIVITY:
        return &engine->last_activity;
    case CN_SORT_OPEN_TICKETS:
        return list_column(engine, CN_LIST_OPEN_TICKETS);
    case CN_SORT_CREATED:
    case CN_SORT_COUNT:
        break;
    }
    return NULL;
}

void cn_engine_match_scope(const struct cn_engine *engine, const struct cn_unit *unit,
                           struct cn_bitmap *match)
{
    struct cn_bitmap scratch = { 0 };
    const struct cn_list_columns *lists = engine->lists;
    if (unit->scope == CN_SCOPE_ALL) {
        return;
    }
    bool by_team = unit->scope == CN_SCOPE_TEAM;
    int64_t value = by_team ? unit->team.value : unit->user.value;
    bool sees_any = unit->scope != CN_SCOPE_NONE && value != 0;
    cn_bitmap_where_i64(&scratch, engine->frame, by_team ? &lists->team : &lists->owner, &value,
                        sees_any ? 1 : 0);
    cn_bitmap_and(match, &scratch);
    cn_bitmap_deinit(&scratch);
}

/* Those in all of the sets, and in none of those with "!"; a set that the program does not have has
 * no members. */
static void match_placements(const struct cn_engine *engine, const struct cn_account_filter *filter,
                             struct cn_bitmap *match)
{
    for (size_t i = 0; i < filter->placement_count; i++) {
        bool is_not = cn_str_starts_with(filter->placements[i], CN_STR("!"));
        cn_str rest =
            cn_str_slice(filter->placements[i], is_not ? 1 : 0, filter->placements[i].len);
        cn_str kind_name = CN_STR("");
        cn_str name = CN_STR("");
        enum cn_segment_kind kind = CN_SEGMENT_PLAIN;
        uint32_t index = 0;
        if (cn_segment_next(&rest, &kind_name, &name) && cn_segment_kind_of(kind_name, &kind) &&
            cn_segment_find(engine->program->segments, kind, name, &index)) {
            const struct cn_bitmap *members = &engine->segments.members[index];
            is_not ? cn_bitmap_and_not(match, members) : cn_bitmap_and(match, members);
        } else if (!is_not) {
            cn_bitmap_fill(match, false);
        }
    }
}

static void match_text(const struct cn_engine *engine, cn_str query, struct cn_bitmap *match,
                       struct cn_bitmap *scratch)
{
    static const enum cn_list_column searched[] = { CN_LIST_NAME, CN_LIST_EXTERNAL_ID };
    struct cn_bitmap one = { 0 };
    cn_str word;
    while (cn_str_split(&query, ' ', &word)) {
        if (word.len == 0) {
            continue;
        }
        cn_bitmap_where_text(scratch, engine->frame, list_column(engine, searched[0]), word);
        for (size_t i = 1; i < CN_ARRAY_LEN(searched); i++) {
            cn_bitmap_where_text(&one, engine->frame, list_column(engine, searched[i]), word);
            cn_bitmap_or(scratch, &one);
        }
        cn_bitmap_and(match, scratch);
    }
    cn_bitmap_deinit(&one);
}

/* Red, or yellow and renewing until the day: book/portfolio.h. */
static void match_risk(const struct cn_engine *engine, int64_t until, struct cn_bitmap *match,
                       struct cn_bitmap *scratch)
{
    struct cn_bitmap yellow = { 0 };
    cn_bitmap_resize(&yellow, match->rows);
    cn_bitmap_fill(&yellow, false);
    cn_engine_shown_where_band(engine, 1U << CN_BAND_YELLOW, &yellow);
    cn_bitmap_where_f64(scratch, engine->frame, list_column(engine, CN_LIST_DAYS_TO_RENEWAL),
                        -INFINITY, (double)(until - engine->day));
    cn_bitmap_and(scratch, &yellow);
    cn_engine_shown_where_band(engine, 1U << CN_BAND_RED, scratch);
    cn_bitmap_and(match, scratch);
    cn_bitmap_deinit(&yellow);
}

static void match_only(const struct cn_engine *engine, const struct cn_account_filter *filter,
                       struct cn_bitmap *match, struct cn_bitmap *scratch)
{
    cn_bitmap_resize(scratch, match->rows);
    cn_bitmap_fill(scratch, false);
    for (size_t i = 0; i < filter->only_count; i++) {
        uint32_t row = 0;
        if (cn_frame_find(engine->frame, filter->only[i], &row)) {
            cn_bitmap_add(scratch, row);
        }
    }
    cn_bitmap_and(match, scratch);
}

/* Not rows of accounts so new that nothing of their records was filled in yet. */
static void match_filled(const struct cn_engine *engine, struct cn_bitmap *match)
{
    const struct cn_column *external_id = list_column(engine, CN_LIST_EXTERNAL_ID);
    for (size_t i = 0; i < (match->rows + 63) / 64; i++) {
        match->words[i] &= ~external_id->missing[i];
    }
}

void cn_engine_match(const struct cn_engine *engine, const struct cn_unit *unit,
                     const struct cn_account_filter *filter, struct cn_bitmap *match)
{
    struct cn_bitmap scratch = { 0 };
    const struct cn_column *owner = &engine->lists->owner;
    cn_bitmap_copy(match, cn_frame_live(engine->frame));
    match_filled(engine, match);
    cn_engine_match_scope(engine, unit, match);
    match_placements(engine, filter, match);
    if (filter->owner_id.value != 0) {
        cn_bitmap_where_i64(&scratch, engine->frame, owner, &filter->owner_id.value, 1);
        cn_bitmap_and(match, &scratch);
    }
    if (filter->without_owner) {
        cn_bitmap_copy(&scratch, match);
        size_t row = 0;
        for (size_t from = 0; cn_bitmap_next(&scratch, from, &row); from = row + 1) {
            if (!cn_column_is_missing(owner, row)) {
                cn_bitmap_remove(match, row);
            }
        }
    }
    if (filter->bands != 0) {
        cn_bitmap_resize(&scratch, match->rows);
        cn_bitmap_fill(&scratch, false);
        cn_engine_shown_where_band(engine, filter->bands, &scratch);
        cn_bitmap_and(match, &scratch);
    }
    if (filter->renewal_until != 0) {
        cn_bitmap_where_f64(&scratch, engine->frame, list_column(engine, CN_LIST_DAYS_TO_RENEWAL),
                            -INFINITY, (double)(filter->renewal_until - engine->day));
        cn_bitmap_and(match, &scratch);
    }
    if (filter->risk_until != 0) {
        match_risk(engine, filter->risk_until, match, &scratch);
    }
    if (filter->only != NULL) {
        match_only(engine, filter, match, &scratch);
    }
    match_text(engine, filter->query, match, &scratch);
    cn_bitmap_deinit(&scratch);
}

static cn_str text_at(const struct cn_engine *engine, enum cn_list_column which, uint32_t row)
{
    const struct cn_column *column = list_column(engine, which);
    return cn_column_is_missing(column, row) ? CN_STR("")
                                             : cn_interned(engine->strings, column->as.str[row]);
}

/* A column of the book's numbers; false: missing. */
static bool number_at(const struct cn_engine *engine, enum cn_list_column which, uint32_t row,
                      double *value_out)
{
    const struct cn_column *column = list_column(engine, which);
    if (cn_column_is_missing(column, row)) {
        return false;
    }
    *value_out = column->as.f64[row];
    return true;
}

void cn_engine_derive(const struct cn_engine *engine, uint32_t row, struct cn_arena *arena,
                      struct cn_account_derived *derived)
{
    const struct cn_health_score score = cn_health_state_get(&engine->health, row);
    derived->points = score.points;
    derived->points_given = score.has_points ? CN_GIVEN : CN_NULL;
    derived->band = score.band;
    derived->grey = score.is_grey;
    derived->confidence = score.confidence;
    derived->trend_given = CN_NULL;
    derived->last_activity_at_given = CN_NULL;
    if (score.scorecard >= 0) {
        derived->scorecard =
            cn_arena_str(arena, engine->program->health->scorecards[score.scorecard].name);
    }
    if (!cn_column_is_missing(&engine->trend, row)) {
        derived->trend = engine->trend.as.i64[row];
        derived->trend_given = CN_GIVEN;
    }
    if (!cn_column_is_missing(&engine->last_activity, row)) {
        derived->last_activity_at.us = engine->last_activity.as.i64[row];
        derived->last_activity_at_given = CN_GIVEN;
    }
    const struct cn_drift drift = cn_engine_drift(engine, row);
    derived->drift_way = (int)drift.way;
    derived->drift = drift.drift;
    derived->noise = drift.noise;
    double tickets = 0;
    if (number_at(engine, CN_LIST_OPEN_TICKETS, row, &tickets)) {
        derived->open_tickets = (int64_t)tickets;
    }
}

/* The same as people see it. */
static void derive_shown(const struct cn_engine *engine, uint32_t row, struct cn_arena *arena,
                         struct cn_account_derived *derived)
{
    const struct cn_shown_score shown = cn_engine_shown(engine, row);
    cn_engine_derive(engine, row, arena, derived);
    derived->override_given = shown.has_override ? CN_GIVEN : CN_NULL;
    derived->override = shown.override;
    derived->is_by_hand = shown.is_by_hand;
    derived->computed = derived->points;
    derived->computed_given = derived->points_given;
    if (shown.is_by_hand) {
        derived->points = shown.score.points;
        derived->points_given = CN_GIVEN;
        derived->band = shown.score.band;
        derived->grey = false;
    }
    if (shown.score.has_points && shown.score.scorecard >= 0) {
        derived->whole = cn_engine_shown_whole(engine, &shown.score);
        derived->whole_given = CN_GIVEN;
        derived->grade = cn_arena_str(arena, cn_engine_shown_grade(engine, &shown.score));
    }
}

void cn_engine_current(struct cn_engine *engine, cn_account_id id, struct cn_arena *arena,
                       struct cn_account_derived *derived)
{
    uint32_t row = 0;
    (void)pthread_rwlock_rdlock(&engine->lock);
    if (cn_frame_find(engine->frame, id.value, &row)) {
        derive_shown(engine, row, arena, derived);
    }
    (void)pthread_rwlock_unlock(&engine->lock);
}

static struct cn_account account_at(const struct cn_engine *engine, uint32_t row,
                                    struct cn_arena *arena)
{
    enum {
        MINOR_UNITS = 100
    };
    struct cn_account account = {
        .id = { cn_frame_accounts(engine->frame)[row] },
        .external_id = cn_arena_str(arena, text_at(engine, CN_LIST_EXTERNAL_ID, row)),
        .name = cn_arena_str(arena, text_at(engine, CN_LIST_NAME, row)),
        .domain_given = CN_NULL,
        .owner_id_given = CN_NULL,
        .team_id_given = CN_NULL,
        .parent_id_given = CN_NULL,
        .arr_given = CN_NULL,
        .renewal_on_given = CN_NULL,
    };
    const struct cn_list_columns *lists = engine->lists;
    if (!cn_column_is_missing(&lists->owner, row)) {
        account.owner_id.value = lists->owner.as.i64[row];
        account.owner_id_given = CN_GIVEN;
    }
    if (!cn_column_is_missing(&lists->team, row)) {
        account.team_id.value = lists->team.as.i64[row];
        account.team_id_given = CN_GIVEN;
    }
    double value = 0;
    if (number_at(engine, CN_LIST_ARR, row, &value)) {
        cn_str currency = text_at(engine, CN_LIST_CURRENCY, row);
        account.arr.minor = llround(value * MINOR_UNITS);
        memcpy(account.arr.currency, currency.ptr, currency.len < 3 ? currency.len : 3);
        account.arr_given = CN_GIVEN;
    }
    if (number_at(engine, CN_LIST_DAYS_TO_RENEWAL, row, &value)) {
        account.renewal_on = engine->day + (int64_t)value;
        account.renewal_on_given = CN_GIVEN;
    }
    derive_shown(engine, row, arena, &account.derived);
    return account;
}

/* Where the page behind the account `after` begins. */
static bool offset_after(const struct cn_engine *engine, const struct cn_list_query *query,
                         cn_account_id after, struct cn_arena *arena, size_t *offset_out,
                         struct cn_error *err)
{
    struct cn_list_query whole = *query;
    struct cn_list_page page;
    uint32_t row = 0;
    whole.offset = 0;
    whole.limit = cn_frame_rows(engine->frame);
    cn_frame_list(engine->frame, &whole, arena, &page);
    if (cn_frame_find(engine->frame, after.value, &row)) {
        for (size_t i = 0; i < page.count; i++) {
            if (page.rows[i] == row) {
                *offset_out = i + 1;
                return true;
            }
        }
    }
    return cn_fail(err, CN_MALFORMED,
                   "the list no longer holds the account that the page before "
                   "ended with; start again");
}

/* What a list needs besides its result. */
struct list_work {
    struct cn_bitmap match;
    struct cn_column sort;
};

static bool list_locked(const struct cn_engine *engine, const struct cn_unit *unit,
                        const struct cn_account_filter *filter, struct list_work *work,
                        struct cn_account_list *list_out, struct cn_error *err)
{
    cn_engine_match(engine, unit, filter, &work->match);
    struct cn_list_query query = { .match = &work->match,
                                   .sort = sort_column(engine, filter, &work->sort),
                                   .descending = filter->descending,
                                   .offset = (size_t)filter->offset,
                                   .limit = (size_t)filter->limit };
    if (filter->after.value != 0 &&
        !offset_after(engine, &query, filter->after, unit->arena, &query.offset, err)) {
        return false;
    }
    struct cn_list_page page = { 0 };
    cn_frame_list(engine->frame, &query, unit->arena, &page);
    *list_out = (struct cn_account_list){
        .items = cn_arena_array(unit->arena, struct cn_account, page.count + 1),
        .count = page.count,
        .total = (int64_t)page.total,
    };
    for (size_t i = 0; i < page.count; i++) {
        list_out->items[i] = account_at(engine, page.rows[i], unit->arena);
    }
    return true;
}

bool cn_engine_list(struct cn_engine *engine, const struct cn_unit *unit,
                    const struct cn_account_filter *filter, struct cn_account_list *list_out,
                    struct cn_error *err)
{
    struct list_work work = { 0 };
    cn_column_init(&work.sort, CN_COLUMN_I64);
    (void)pthread_rwlock_rdlock(&engine->lock);
    bool ok = list_locked(engine, unit, filter, &work, list_out, err);
    (void)pthread_rwlock_unlock(&engine->lock);
    cn_column_deinit(&work.sort);
    cn_bitmap_deinit(&work.match);
    return ok;
}

void cn_engine_live_charts(struct cn_engine *engine, cn_account_id id, struct cn_chart_list *charts)
{
    (void)pthread_rwlock_rdlock(&engine->lock);
    for (size_t i = 0; i < charts->count; i++) {
        const struct cn_chart *chart = &charts->items[i];
        struct cn_chart_day *last = chart->count > 0 ? &chart->days[chart->count - 1] : NULL;
        size_t metric = engine->program->metrics->count;
        (void)cn_metric_find(engine->program->metrics, chart->metric->name, &metric);
        double value = 0;
        if (last != NULL && last->day == engine->day && metric < engine->program->metrics->count &&
            cn_series_day(engine->series, id.value, metric, (int32_t)last->day, &value)) {
            last->value = value;
            last->is_missing = false;
        }
    }
    (void)pthread_rwlock_unlock(&engine->lock);
}

void cn_engine_sparks(struct cn_engine *engine, const cn_account_id *ids, size_t count,
                      struct cn_engine_spark *sparks_out)
{
    (void)pthread_rwlock_rdlock(&engine->lock);
    for (size_t i = 0; i < count; i++) {
        struct cn_engine_spark *spark = &sparks_out[i];
        uint32_t row = 0;
        *spark = (struct cn_engine_spark){ .count = 0 };
        if (!cn_frame_find(engine->frame, ids[i].value, &row)) {
            continue;
        }
        for (size_t week = 0; week + 1 < CN_SPARK_WEEKS; week++) {
            const struct cn_column *past = &engine->lists->weeks[week];
            if (!cn_column_is_missing(past, row)) {
                spark->points[spark->count++] = (double)past->as.i64[row] / 1000;
            }
        }
        const struct cn_health_score score = cn_health_state_get(&engine->health, row);
        if (score.has_points) {
            spark->points[spark->count++] = (double)score.points / 1000;
        }
    }
    (void)pthread_rwlock_unlock(&engine->lock);
}
