/* What a tick gives now, beside what it gave then. */
#include <stdlib.h>

#include "base/str.h"

#include "engine/known_state.h"

static bool is_equal(const struct cn_health_row *a, const struct cn_health_row *b)
{
    const struct cn_health_score *x = &a->score;
    const struct cn_health_score *y = &b->score;
    return a->at.us == b->at.us && x->has_points == y->has_points && x->points == y->points &&
           x->band == y->band && x->is_grey == y->is_grey && x->confidence == y->confidence &&
           x->fired == y->fired && cn_str_equal(a->scorecard, b->scorecard) &&
           cn_str_equal(a->because, b->because) && a->program_version == b->program_version;
}

/* One row that moved, with the score before it. */
struct moved {
    struct cn_health_row row;
    struct cn_health_score before;
    uint32_t place; /* in the frame */
};

static int by_account(const void *a, const void *b)
{
    int64_t x = ((const struct moved *)a)->row.account_id;
    int64_t y = ((const struct moved *)b)->row.account_id;
    return (x > y) - (x < y);
}

static struct moved *list_moved(const struct known *known, const struct cn_tick *tick,
                                size_t *count_out)
{
    struct cn_engine *then = known->then;
    const int64_t *accounts = cn_frame_accounts(then->frame);
    struct moved *list = cn_arena_array(&then->scratch, struct moved, then->changes.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < then->changes.count; i++) {
        const struct cn_health_change *change = &then->changes.items[i];
        if (change->is_history && accounts[change->row] != 0) {
            struct cn_health_row row =
                cn_health_history_row(then->program->health, accounts[change->row], tick->at,
                                      &change->after, &then->scratch);
            row.program_version = tick->program_version;
            list[count++] =
                (struct moved){ .row = row, .before = change->before, .place = change->row };
        }
    }
    qsort(list, count, sizeof(*list), by_account);
    *count_out = count;
    return list;
}

static void set_score(struct known *known, uint32_t row, const struct cn_health_score *score)
{
    cn_health_state_set(&known->then->health, row, score);
    cn_bitmap_add(cn_frame_dirty(known->then->frame), row);
}

/* What was lived stands, so that one difference is not found in every row after it. */
static void let_stand(struct known *known, const struct cn_health_row *lived)
{
    uint32_t row = cn_engine_row(known->then, lived->account_id);
    struct cn_health_score score = lived->score;
    score.scorecard = cn_known_scorecard(known, lived->scorecard);
    set_score(known, row, &score);
}

static void differ(struct known *known, const struct cn_tick *tick, int64_t account_id,
                   const struct cn_health_row *lived, const struct moved *moved, bool is_inside)
{
    if (lived != NULL) {
        let_stand(known, lived);
    } else if (moved != NULL) {
        set_score(known, moved->place, &moved->before);
    }
    if (!is_inside) {
        return;
    }
    known->report.differing++;
    if (known->options->difference != NULL) {
        struct cn_known_difference difference = {
            .tick = tick->number,
            .account_id = account_id,
            .at = tick->at,
            .lived = lived,
            .replayed = moved != NULL ? &moved->row : NULL,
        };
        known->options->difference(known->options->arg, &difference);
    }
}

/* Why the promise does not reach this tick, or NULL. */
static const char *outside(const struct known *known, const struct cn_tick *tick)
{
    const struct cn_engine_options *options = &known->live->options;
    if (tick->engine_version != CN_ENGINE_VERSION) {
        return "it is of another version of the engine";
    }
    if (tick->settings != cn_engine_settings(options)) {
        return "it was under other settings";
    }
    return tick->zone != cn_tz_digest(options->tz) ? "the time zone's data were others" : NULL;
}

static void say_why(struct known *known, const struct cn_tick *tick, const char *why)
{
    if (known->report.why[0] == '\0') {
        (void)snprintf(known->report.why, sizeof(known->report.why), "tick %lld: %s",
                       (long long)tick->number, why); /* may be cut */
    }
}

bool cn_known_is_merged(const struct known *known, int64_t account_id)
{
    return cn_map_get(&known->merged, (uint64_t)account_id) != NULL;
}

/* Both lists ascend by account: keeps the next of either, or both if they are of the same account,
 * which is the result. */
static int64_t take_next(const struct cn_health_row **lived, const struct moved **moved)
{
    int64_t first = *lived != NULL ? (*lived)->account_id : INT64_MAX;
    if (*moved != NULL && (*moved)->row.account_id < first) {
        first = (*moved)->row.account_id;
    }
    *lived = *lived != NULL && (*lived)->account_id == first ? *lived : NULL;
    *moved = *moved != NULL && (*moved)->row.account_id == first ? *moved : NULL;
    return first;
}

/* The end of the tick's lived rows in the page. */
static size_t end_of_rows(const struct known_page *page, const struct cn_tick *tick)
{
    size_t end = page->next_row;
    while (end < page->lived.count && page->lived.rows[end].tick == tick->number) {
        end++;
    }
    return end;
}

void cn_known_compare(struct known *known, const struct cn_tick *tick)
{
    struct known_page *page = &known->page;
    struct cn_known_report *report = &known->report;
    const char *why = outside(known, tick);
    cn_known_compare_placed(known, tick, why == NULL);
    size_t count = 0;
    const struct moved *moved = list_moved(known, tick, &count);
    size_t end = end_of_rows(page, tick);
    int64_t rows = (int64_t)(end - page->next_row);
    for (size_t i = 0; i < count || page->next_row < end;) {
        const struct cn_health_row *next_lived =
            page->next_row < end ? &page->lived.rows[page->next_row] : NULL;
        const struct moved *next_moved = i < count ? &moved[i] : NULL;
        int64_t account_id = take_next(&next_lived, &next_moved);
        bool merged = cn_known_is_merged(known, account_id);
        if (next_lived == NULL || next_moved == NULL || !is_equal(next_lived, &next_moved->row)) {
            differ(known, tick, account_id, next_lived, next_moved, why == NULL && !merged);
        }
        if (merged && next_lived != NULL && why == NULL) {
            say_why(known, tick, "accounts were merged");
            report->rows_outside++;
            rows--;
        }
        page->next_row += next_lived != NULL;
        i += next_moved != NULL;
    }
    cn_known_compare_signals(known, tick, why);
    if (why != NULL) {
        say_why(known, tick, why);
    }
    *(why == NULL ? &report->ticks : &report->ticks_outside) += 1;
    *(why == NULL ? &report->rows : &report->rows_outside) += rows;
}
