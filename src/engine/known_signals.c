/* Moves of signals at a tick, beside what they were then. */
#include <stdlib.h>

#include "base/str.h"

#include "engine/known_state.h"

static void keep_row(void *arg, const struct cn_signal_row *row)
{
    struct known_page *page = arg;
    struct known_signals *signals = &page->signals;
    signals->rows =
        cn_heap_reserve(signals->rows, signals->count + 1, &signals->capacity, sizeof(*row));
    signals->rows[signals->count] = *row;
    signals->rows[signals->count++].rule = cn_arena_str(&page->arena, row->rule);
}

static void keep_decision(void *arg, const struct cn_signal_decision *decision)
{
    struct known_page *page = arg;
    struct known_signals *signals = &page->signals;
    signals->decisions = cn_heap_reserve(signals->decisions, signals->decision_count + 1,
                                         &signals->decision_capacity, sizeof(*decision));
    signals->decisions[signals->decision_count] = *decision;
    if (decision->start.signal_id != 0) {
        signals->decisions[signals->decision_count].start.rule =
            cn_arena_str(&page->arena, decision->start.rule);
    }
    signals->decision_count++;
}

bool cn_known_load_signals(struct known *known, struct cn_sql_conn *conn, int64_t first,
                           int64_t last, struct cn_error *err)
{
    struct known_page *page = &known->page;
    page->signals.count = 0;
    page->signals.next = 0;
    page->signals.decision_count = 0;
    page->signals.next_decision = 0;
    return cn_signal_each_lived(conn, first, last, keep_row, page, err) &&
           cn_signal_each_decision(conn, first, last, keep_decision, page, err);
}

void cn_known_take_decisions(struct known *known, const struct cn_tick *tick)
{
    struct known_signals *signals = &known->page.signals;
    while (signals->next_decision < signals->decision_count &&
           signals->decisions[signals->next_decision].tick <= tick->number) {
        cn_engine_take_decision(known->then, &signals->decisions[signals->next_decision++]);
    }
}

/* A move with what it was before. */
struct moved {
    struct cn_signal_row row;
    struct cn_signal_mark before;
    uint32_t rule;
    uint32_t place; /* in the frame */
};

static int compare_rows(const struct cn_signal_row *a, const struct cn_signal_row *b)
{
    if (a->account_id != b->account_id) {
        return a->account_id < b->account_id ? -1 : 1;
    }
    int order = cn_str_compare(a->rule, b->rule);
    return order != 0 ? order : (a->about_id > b->about_id) - (a->about_id < b->about_id);
}

static int by_account_and_rule(const void *a, const void *b)
{
    return compare_rows(&((const struct moved *)a)->row, &((const struct moved *)b)->row);
}

/* A first "no" is no event. */
static struct moved *list_moved(const struct known *known, const struct cn_tick *tick,
                                size_t *count_out)
{
    struct cn_engine *then = known->then;
    const struct cn_signal_moves *moves = &then->signals.moves;
    const int64_t *accounts = cn_frame_accounts(then->frame);
    struct moved *list = cn_arena_array(&then->scratch, struct moved, moves->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < moves->count; i++) {
        const struct cn_signal_moved *move = &moves->items[i];
        if (move->move != CN_SIGNAL_LEARNED && accounts[move->row] != 0) {
            list[count++] = (struct moved){
                .row = { .account_id = accounts[move->row],
                         .about_id = move->about_id,
                         .rule = then->program->signals->rules[move->rule].name,
                         .kind = (enum cn_signal_event_kind)move->move,
                         .mark = move->after,
                         .at = tick->at,
                         .tick = tick->number,
                         .program_version = tick->program_version },
                .before = move->before,
                .rule = move->rule,
                .place = move->row,
            };
        }
    }
    qsort(list, count, sizeof(*list), by_account_and_rule);
    *count_out = count;
    return list;
}

static bool is_equal(const struct cn_signal_row *a, const struct cn_signal_row *b)
{
    return a->kind == b->kind && a->mark.state == b->mark.state && a->at.us == b->at.us &&
           a->program_version == b->program_version;
}

static bool is_each(const struct cn_engine *then, size_t rule)
{
    return cn_signal_rule_is_each(&then->program->signals->rules[rule]);
}

static struct cn_signal_mark mark_of(const struct cn_engine *then, size_t rule, uint32_t row,
                                     int64_t about_id)
{
    const struct cn_signal_states *states = &then->signals.states;
    const struct cn_about *about = cn_abouts_find(&states->abouts, rule, row, about_id);
    return about != NULL ? about->mark : cn_signal_states_get(states, rule, row);
}

static void set_mark(struct cn_engine *then, size_t rule, uint32_t row, int64_t about_id,
                     const struct cn_signal_mark *mark)
{
    struct cn_signal_states *states = &then->signals.states;
    if (is_each(then, rule)) {
        cn_abouts_put(&states->abouts, rule, row, about_id)->mark = *mark;
        cn_bitmap_add(&states->restless, row);
    } else {
        cn_signal_states_set(states, rule, row, mark);
    }
}

/* What was lived stands, so that one difference is not found in every move after it. */
static void let_stand(struct known *known, const struct cn_signal_row *lived)
{
    struct cn_engine *then = known->then;
    size_t rule = 0;
    uint32_t row = 0;
    if (!cn_signal_rule_find(then->program->signals, lived->rule, &rule) ||
        !cn_frame_find(then->frame, lived->account_id, &row)) {
        return;
    }
    struct cn_signal_mark mark = mark_of(then, rule, row, lived->about_id);
    mark.state = lived->mark.state;
    mark.was_raised = lived->kind == CN_SIGNAL_EVENT_RAISED ||
                      (mark.was_raised && lived->kind != CN_SIGNAL_EVENT_FOUND);
    if (lived->kind == CN_SIGNAL_EVENT_CLEARED) {
        mark.cleared_at = then->clock;
    }
    set_mark(then, rule, row, lived->about_id, &mark);
}

static void differ(struct known *known, const struct cn_tick *tick,
                   const struct cn_signal_row *lived, const struct moved *moved, bool is_inside)
{
    if (lived != NULL) {
        let_stand(known, lived);
    } else {
        set_mark(known->then, moved->rule, moved->place, moved->row.about_id, &moved->before);
    }
    if (!is_inside) {
        return;
    }
    known->report.differing++;
    if (known->options->difference != NULL) {
        known->options->difference(
            known->options->arg,
            &(struct cn_known_difference){ .tick = tick->number,
                                           .account_id = lived != NULL ? lived->account_id
                                                                       : moved->row.account_id,
                                           .at = tick->at,
                                           .lived_signal = lived,
                                           .replayed_signal = moved != NULL ? &moved->row : NULL });
    }
}

/* Both lists ascend: keeps the next of either, or both if they are of the same account and rule. */
static void take_next(const struct cn_signal_row **lived, const struct moved **moved)
{
    int order = 0;
    if (*lived == NULL || *moved == NULL) {
        return;
    }
    order = compare_rows(*lived, &(*moved)->row);
    *lived = order <= 0 ? *lived : NULL;
    *moved = order >= 0 ? *moved : NULL;
}

static void compare_one(struct known *known, const struct cn_tick *tick, const char *why,
                        const struct cn_signal_row *lived, const struct moved *moved)
{
    const struct cn_signal_row *either = lived != NULL ? lived : &moved->row;
    bool is_inside = why == NULL && !cn_known_is_merged(known, either->account_id);
    bool is_same = lived != NULL && moved != NULL && is_equal(lived, &moved->row);
    if (!is_same) {
        differ(known, tick, lived, moved, is_inside);
    }
    if (lived != NULL) {
        *(is_inside ? &known->report.signals : &known->report.rows_outside) += 1;
    }
}

void cn_known_compare_signals(struct known *known, const struct cn_tick *tick, const char *why)
{
    struct known_signals *signals = &known->page.signals;
    size_t count = 0;
    const struct moved *list = list_moved(known, tick, &count);
    size_t end = signals->next;
    while (end < signals->count && signals->rows[end].tick == tick->number) {
        end++;
    }
    for (size_t i = 0; i < count || signals->next < end;) {
        const struct cn_signal_row *lived =
            signals->next < end ? &signals->rows[signals->next] : NULL;
        const struct moved *moved = i < count ? &list[i] : NULL;
        take_next(&lived, &moved);
        compare_one(known, tick, why, lived, moved);
        signals->next += lived != NULL;
        i += moved != NULL;
    }
    cn_signal_moves_clear(&known->then->signals.moves);
    cn_arena_reset(&known->then->signals.text);
}
