#include "engine/diff_sets.h"

#include <stdlib.h>

#include "base/str.h"

static void put_hold(void *arg, const struct cn_hold_span *span)
{
    cn_hold_set_put(arg, span);
}

/* The engine's own are its thread's. */
static bool load_holds(struct cn_diff_sets *sets, struct cn_error *err)
{
    struct cn_engine *engine = sets->candidate->engine;
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    bool ok = cn_hold_each(conn, 0, sets->round.now, put_hold, &sets->holds, err);
    cn_db_release(engine->options.db, conn);
    return ok;
}

/* The rule of the running program of which the rule goes on, as cn_signal_states_use() finds it. */
static bool find_signal(const struct cn_signal_model *running, const struct cn_signal_rule *rule,
                        size_t *old_out)
{
    return cn_signal_rule_find(running, rule->name, old_out) ||
           (rule->was.len > 0 && cn_signal_rule_find(running, rule->was, old_out));
}

static bool goes_on(const struct cn_signal_model *running, const struct cn_signal_model *next,
                    size_t rule)
{
    for (size_t i = 0; i < next->rule_count; i++) {
        size_t old = 0;
        if (find_signal(running, &next->rules[i], &old) && old == rule) {
            return true;
        }
    }
    return false;
}

bool cn_diff_sets_begin(struct cn_diff_sets *sets, struct cn_arena *scratch, struct cn_error *err)
{
    struct cn_engine *engine = sets->candidate->engine;
    const struct cn_signal_model *running = engine->program->signals;
    const struct cn_signal_model *next = sets->program->signals;
    cn_membership_resize(&sets->segments, sets->program->segments->count, sets->candidate->count);
    cn_candidate_copy_signals(sets->candidate, &sets->states);
    sets->gone = cn_arena_array(scratch, struct cn_bitmap, running->rule_count + 1);
    for (size_t i = 0; i < running->rule_count; i++) {
        cn_bitmap_resize(&sets->gone[i], sets->candidate->count);
        if (!goes_on(running, next, i)) {
            cn_signal_states_add_raised(&sets->states, i, &sets->gone[i]);
        }
    }
    cn_signal_states_use(&sets->states, running, next);
    sets->round = (struct cn_signal_round){ .model = next,
                                            .frame = sets->candidate->frame,
                                            .health = &sets->candidate->health,
                                            .holds = &sets->holds,
                                            .at_once = sets->at_once,
                                            .is_settling = cn_engine_is_settling,
                                            .arg = engine,
                                            .now = sets->candidate->when.now,
                                            .when = &sets->candidate->when };
    return load_holds(sets, err);
}

void cn_diff_sets_end(struct cn_diff_sets *sets)
{
    const struct cn_signal_model *running = sets->candidate->engine->program->signals;
    for (size_t i = 0; sets->gone != NULL && i < running->rule_count; i++) {
        cn_bitmap_deinit(&sets->gone[i]);
    }
    cn_membership_deinit(&sets->segments);
    cn_signal_states_deinit(&sets->states);
    cn_signal_moves_deinit(&sets->moves);
    cn_hold_set_deinit(&sets->holds);
}

static bool sees(const struct cn_diff_sets *sets, size_t row)
{
    const struct cn_candidate_account *account = &sets->candidate->accounts[row];
    return cn_unit_sees(sets->unit, account->team, account->owner);
}

static double arr_of(const struct cn_diff_sets *sets, size_t row)
{
    return cn_candidate_number(sets->candidate, sets->program->list_columns[CN_LIST_ARR],
                               (uint32_t)row);
}

static void add(struct cn_diff_count *count, double arr)
{
    count->count++;
    count->arr += arr;
}

/* ---- segments ---- */

static bool find_exactly(const struct cn_segment_model *model, enum cn_segment_kind kind,
                         cn_str name, size_t *index_out)
{
    for (size_t i = 0; i < model->count; i++) {
        if (model->items[i].kind == kind && cn_str_equal(model->items[i].name, name)) {
            *index_out = i;
            return true;
        }
    }
    return false;
}

/* By its name, or by what it was called. */
static bool find_segment(const struct cn_segment_model *running, const struct cn_segment *segment,
                         size_t *old_out)
{
    return find_exactly(running, segment->kind, segment->name, old_out) ||
           (segment->was.len > 0 && find_exactly(running, segment->kind, segment->was, old_out));
}

/* Numbers of a set that both programs have, or one of them. */
struct pair {
    const struct cn_segment *of;
    enum cn_diff_change change;
    const struct cn_bitmap *before; /* NULL: it was not there */
    const struct cn_bitmap *after;  /* NULL: it is gone */
};

static struct pair *list_pairs(const struct cn_diff_sets *sets, struct cn_arena *arena,
                               size_t *count_out)
{
    const struct cn_segment_model *running = sets->candidate->engine->program->segments;
    const struct cn_segment_model *next = sets->program->segments;
    struct pair *pairs = cn_arena_array(arena, struct pair, running->count + next->count + 1);
    bool *used = cn_arena_array(arena, bool, running->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < next->count; i++) {
        size_t old = 0;
        bool was_there = find_segment(running, &next->items[i], &old);
        pairs[count++] =
            (struct pair){ .of = &next->items[i],
                           .change = was_there ? CN_DIFF_SAME : CN_DIFF_NEW,
                           .before = was_there ? &sets->candidate->segments.members[old] : NULL,
                           .after = &sets->segments.members[i] };
        used[old] = used[old] || was_there;
    }
    for (size_t i = 0; i < running->count; i++) {
        if (!used[i]) {
            pairs[count++] = (struct pair){ .of = &running->items[i],
                                            .change = CN_DIFF_GONE,
                                            .before = &sets->candidate->segments.members[i] };
        }
    }
    *count_out = count;
    return pairs;
}

static bool is_in(const struct cn_bitmap *set, size_t row)
{
    return set != NULL && cn_bitmap_has(set, row);
}

static void count_segment(const struct cn_diff_sets *sets, const struct pair *pair,
                          struct cn_diff_segment *segment, struct cn_bitmap *rows)
{
    for (size_t row = 0; row < sets->candidate->count; row++) {
        bool was = is_in(pair->before, row);
        bool is = is_in(pair->after, row);
        if ((!was && !is) || !sees(sets, row)) {
            continue;
        }
        segment->before += was;
        segment->after += is;
        if (was != is) {
            add(is ? &segment->entered : &segment->left, arr_of(sets, row));
            cn_bitmap_add(rows, row);
        }
    }
}

static void count_segments(const struct cn_diff_sets *sets, struct cn_arena *arena,
                           struct cn_diff *diff, struct cn_bitmap *rows)
{
    const struct pair *pairs = list_pairs(sets, arena, &diff->segment_count);
    diff->segments = cn_arena_array(arena, struct cn_diff_segment, diff->segment_count + 1);
    for (size_t i = 0; i < diff->segment_count; i++) {
        diff->segments[i] =
            (struct cn_diff_segment){ .kind = pairs[i].of->kind,
                                      .name = cn_arena_str(arena, pairs[i].of->name),
                                      .change = pairs[i].change };
        count_segment(sets, &pairs[i], &diff->segments[i], rows);
    }
}

/* ---- signals ---- */

static bool is_clearing(const struct cn_signal_moved *moved)
{
    return moved->move == CN_SIGNAL_CLEARS && moved->before.state == CN_SIGNAL_RAISED;
}

/* Of several records of an account that move alike, which follow each other, the first counts. */
static bool is_counted(const struct cn_diff_sets *sets, size_t number)
{
    const struct cn_signal_moved *moved = &sets->moves.items[number];
    for (size_t i = number; i > 0; i--) {
        const struct cn_signal_moved *before = &sets->moves.items[i - 1];
        if (before->rule != moved->rule || before->row != moved->row) {
            return false;
        }
        if (before->move == moved->move && before->before.state == moved->before.state) {
            return true;
        }
    }
    return false;
}

static void count_gone(const struct cn_diff_sets *sets, struct cn_arena *arena,
                       struct cn_diff *diff, struct cn_bitmap *rows)
{
    const struct cn_signal_model *running = sets->candidate->engine->program->signals;
    for (size_t rule = 0; rule < running->rule_count; rule++) {
        if (goes_on(running, sets->program->signals, rule)) {
            continue;
        }
        struct cn_diff_signal *signal = &diff->signals[diff->signal_count++];
        *signal = (struct cn_diff_signal){ .name = cn_arena_str(arena, running->rules[rule].name),
                                           .change = CN_DIFF_GONE };
        size_t row = 0;
        for (size_t from = 0; cn_bitmap_next(&sets->gone[rule], from, &row); from = row + 1) {
            if (sees(sets, row)) {
                add(&signal->clears, arr_of(sets, row));
                cn_bitmap_add(rows, row);
            }
        }
    }
}

static void count_signals(const struct cn_diff_sets *sets, struct cn_arena *arena,
                          struct cn_diff *diff, struct cn_bitmap *rows)
{
    const struct cn_signal_model *running = sets->candidate->engine->program->signals;
    const struct cn_signal_model *next = sets->program->signals;
    diff->signals =
        cn_arena_array(arena, struct cn_diff_signal, running->rule_count + next->rule_count + 1);
    diff->signal_count = next->rule_count;
    for (size_t i = 0; i < next->rule_count; i++) {
        size_t old = 0;
        bool was_there = find_signal(running, &next->rules[i], &old);
        diff->signals[i] =
            (struct cn_diff_signal){ .name = cn_arena_str(arena, next->rules[i].name),
                                     .change = was_there ? CN_DIFF_SAME : CN_DIFF_NEW,
                                     .asks_anew = !was_there ||
                                                  running->rules[old].hash != next->rules[i].hash };
    }
    for (size_t i = 0; i < sets->moves.count; i++) {
        const struct cn_signal_moved *moved = &sets->moves.items[i];
        struct cn_diff_signal *signal = &diff->signals[moved->rule];
        double arr = arr_of(sets, moved->row);
        if (!sees(sets, moved->row) || is_counted(sets, i)) {
            continue;
        }
        if (moved->move == CN_SIGNAL_FOUND) {
            add(&signal->found, arr);
        } else if (moved->move == CN_SIGNAL_RAISES || is_clearing(moved)) {
            add(moved->move == CN_SIGNAL_RAISES ? &signal->raises : &signal->clears, arr);
            cn_bitmap_add(rows, moved->row);
        }
    }
    count_gone(sets, arena, diff, rows);
}

void cn_diff_sets_count(const struct cn_diff_sets *sets, struct cn_arena *arena,
                        struct cn_diff *diff, struct cn_bitmap *rows)
{
    count_segments(sets, arena, diff, rows);
    count_signals(sets, arena, diff, rows);
}

/* ---- an account ---- */

static void list_segments(const struct cn_diff_sets *sets, uint32_t row, struct cn_arena *arena,
                          struct cn_diff_account *account)
{
    size_t count = 0;
    const struct pair *pairs = list_pairs(sets, arena, &count);
    account->entered = (struct cn_diff_names){ cn_arena_array(arena, cn_str, count + 1), 0 };
    account->left = (struct cn_diff_names){ cn_arena_array(arena, cn_str, count + 1), 0 };
    for (size_t i = 0; i < count; i++) {
        bool was = is_in(pairs[i].before, row);
        bool is = is_in(pairs[i].after, row);
        struct cn_diff_names *names = is ? &account->entered : &account->left;
        if (was != is) {
            names->items[names->count++] = cn_arena_str(arena, pairs[i].of->name);
        }
    }
}

void cn_diff_sets_account(const struct cn_diff_sets *sets, uint32_t row, struct cn_arena *arena,
                          struct cn_diff_account *account)
{
    const struct cn_signal_model *running = sets->candidate->engine->program->signals;
    const struct cn_signal_model *next = sets->program->signals;
    size_t most = running->rule_count + next->rule_count + 1;
    list_segments(sets, row, arena, account);
    account->raises = (struct cn_diff_names){ cn_arena_array(arena, cn_str, most), 0 };
    account->clears = (struct cn_diff_names){ cn_arena_array(arena, cn_str, most), 0 };
    for (size_t i = 0; i < sets->moves.count; i++) {
        const struct cn_signal_moved *moved = &sets->moves.items[i];
        bool raises = moved->move == CN_SIGNAL_RAISES;
        struct cn_diff_names *names = raises ? &account->raises : &account->clears;
        if (moved->row == row && (raises || is_clearing(moved)) && !is_counted(sets, i)) {
            names->items[names->count++] = cn_arena_str(arena, next->rules[moved->rule].name);
        }
    }
    for (size_t i = 0; i < running->rule_count; i++) {
        if (cn_bitmap_has(&sets->gone[i], row)) {
            account->clears.items[account->clears.count++] =
                cn_arena_str(arena, running->rules[i].name);
        }
    }
}
