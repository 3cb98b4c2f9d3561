/* What placements a tick gives now, beside those that it gave then. */
#include <stdlib.h>

#include "base/str.h"

#include "engine/known_state.h"
#include "engine/placed.h"

static int by_account(const void *a, const void *b)
{
    int64_t x = ((const struct cn_placement_row *)a)->account_id;
    int64_t y = ((const struct cn_placement_row *)b)->account_id;
    return (x > y) - (x < y);
}

static struct cn_placement_row *list_moved(const struct known *known, const struct cn_tick *tick,
                                           size_t *count_out)
{
    struct cn_engine *then = known->then;
    const int64_t *accounts = cn_frame_accounts(then->frame);
    struct cn_placement_row *list =
        cn_arena_array(&then->scratch, struct cn_placement_row, then->moved.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < then->moved.count; i++) {
        const struct cn_segment_change *change = &then->moved.items[i];
        if (accounts[change->row] != 0) {
            list[count++] = (struct cn_placement_row){ .account_id = accounts[change->row],
                                                       .at = tick->at,
                                                       .placement = change->placement,
                                                       .program_version = tick->program_version };
        }
    }
    qsort(list, count, sizeof(*list), by_account);
    *count_out = count;
    return list;
}

static bool is_equal(const struct cn_placement_row *a, const struct cn_placement_row *b)
{
    return a != NULL && b != NULL && a->at.us == b->at.us &&
           a->program_version == b->program_version && cn_str_equal(a->placement, b->placement);
}

static void differ(struct known *known, const struct cn_tick *tick, int64_t account_id,
                   const struct cn_placement_row *lived, const struct cn_placement_row *replayed)
{
    known->report.differing++;
    if (known->options->difference != NULL) {
        struct cn_known_difference difference = { .tick = tick->number,
                                                  .account_id = account_id,
                                                  .at = tick->at,
                                                  .is_placement = true,
                                                  .lived_placement = lived,
                                                  .replayed_placement = replayed };
        known->options->difference(known->options->arg, &difference);
    }
}

/* What was lived stands, so that one difference is not found in every row after it. */
static void let_stand(const struct known *known, const struct cn_placement_row *lived)
{
    struct cn_engine *then = known->then;
    if (lived != NULL) {
        uint32_t row = cn_engine_row(then, lived->account_id);
        cn_membership_set(&then->segments, then->program->segments, row, lived->placement);
    }
}

/* The end of the tick's lived rows in the page. */
static size_t end_of_rows(const struct cn_placed *lived, const struct cn_tick *tick)
{
    size_t end = lived->next;
    while (end < lived->count && lived->rows[end].tick == tick->number) {
        end++;
    }
    return end;
}

/* Both lists ascend by account: keeps the next of either, or both if they are of the same account,
 * which is the result. */
static int64_t take_next(const struct cn_placement_row **then, const struct cn_placement_row **now)
{
    int64_t first = *then != NULL ? (*then)->account_id : INT64_MAX;
    if (*now != NULL && (*now)->account_id < first) {
        first = (*now)->account_id;
    }
    *then = *then != NULL && (*then)->account_id == first ? *then : NULL;
    *now = *now != NULL && (*now)->account_id == first ? *now : NULL;
    return first;
}

void cn_known_compare_placed(struct known *known, const struct cn_tick *tick, bool is_inside)
{
    struct cn_placed *lived = &known->page.placed;
    struct cn_known_report *report = &known->report;
    size_t count = 0;
    const struct cn_placement_row *moved = list_moved(known, tick, &count);
    size_t end = end_of_rows(lived, tick);
    for (size_t i = 0; i < count || lived->next < end;) {
        const struct cn_placement_row *then = lived->next < end ? &lived->rows[lived->next] : NULL;
        const struct cn_placement_row *now = i < count ? &moved[i] : NULL;
        int64_t account_id = take_next(&then, &now);
        bool compares = is_inside && cn_map_get(&known->merged, (uint64_t)account_id) == NULL;
        bool differs = !is_equal(then, now);
        if (differs) {
            let_stand(known, then);
        }
        if (differs && compares) {
            differ(known, tick, account_id, then, now);
        }
        *(compares ? &report->rows : &report->rows_outside) += then != NULL;
        lived->next += then != NULL;
        i += now != NULL;
    }
}
