/*
 * Rules asked of blocks of rows against the same rules asked row by row: who moves, and how, is
 * what the rules of moving say of each account, whatever shortcuts a block takes; and whether all
 * rows are asked, or as in a tick those to which something happened.
 */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#include "signal/evaluate.h"
#include "tests/unit/fake_columns.h"
#include "tests/unit/unit.h"

enum {
    ROWS = 2100, /* two blocks and a part of one */
    RULES = 3,
    ROUNDS = 60,
};

#define DAY_US ((int64_t)86400 * 1000000)

struct world {
    struct cn_arena arena;
    struct cn_arena scratch;
    struct cn_interner *strings;
    struct fake_table table;
    struct cn_column_source source;
    const struct cn_column_source *sources[1];
    struct cn_column_set columns;
    struct cn_rules *rules;
    struct cn_frame *frame;
    struct cn_signal_model *model;
    struct cn_health_state health;
    struct cn_signal_states states;
    struct cn_signal_moves moves;
    struct cn_hold_set holds;
    struct cn_signal_start start;
    struct cn_signal_mark expected[RULES][ROWS];
    struct cn_rng rng;
};

static void compile(struct world *w, const char *text)
{
    static const struct cn_program_section *const sections[] = { &cn_signal_section };
    struct cn_program_file file = { CN_STR("signals.yaml"), cn_str_of(text) };
    const struct cn_program_files files = { &file, 1 };
    struct cn_program_tree tree;
    struct cn_diagnostics problems;
    void *compiled = NULL;
    cn_diagnostics_init(&problems, &w->arena);
    cn_column_set_init(&w->columns, &w->arena, w->sources, 1);
    w->rules = cn_rules_new(&w->arena, &w->columns, w->strings);
    struct cn_signal_env env = { .rules = w->rules, .section = cn_rules_section(w->rules) };
    assert_true(cn_program_parse(&w->arena, &files, sections, 1, &tree, &problems));
    assert_true(
        cn_program_compile(&w->arena, &tree, &cn_signal_section, &env, &compiled, &problems));
    assert_true(cn_rules_finish(w->rules, &problems));
    w->model = compiled;
    uint32_t seats = 0;
    assert_true(cn_column_set_has(&w->columns, CN_STR("seats"), &seats));
    w->columns.items[seats].spec.pace = CN_PACE_TICK; /* moves without a fact */
}

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    cn_arena_init(&w->arena, 64 * 1024);
    cn_arena_init(&w->scratch, 64 * 1024);
    w->strings = cn_interner_new();
    w->frame = cn_frame_new(w->strings);
    w->source = fake_source(&w->table);
    w->sources[0] = &w->source;
    w->rng = (struct cn_rng){ 34 };
    compile(w, "signals:\n"
               "  a: {when: arr > 6.0, rearm: 2d}\n"
               "  b: {when: arr > 6.0, clear: arr < 4.0, rearm: 1d, holds: true}\n"
               "  c: {when: seats > 6.0, rearm: 1d, holds: true}\n");
    w->model->rules[2].reads_health = true;
    cn_frame_use(w->frame, &w->columns, NULL);
    for (int64_t id = 1; id <= ROWS; id++) {
        (void)cn_frame_add(w->frame, id);
    }
    cn_health_state_init(&w->health);
    cn_health_state_resize(&w->health, ROWS);
    cn_signal_states_init(&w->states, RULES);
    cn_signal_states_resize(&w->states, ROWS);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    cn_health_state_deinit(&w->health);
    cn_signal_states_deinit(&w->states);
    cn_signal_moves_deinit(&w->moves);
    cn_hold_set_deinit(&w->holds);
    cn_frame_free(w->frame);
    cn_interner_free(w->strings);
    cn_arena_deinit(&w->scratch);
    cn_arena_deinit(&w->arena);
    free(w);
    return 0;
}

/* One in ten is missing; most days most values stay.  Accounts of which a fact or the health moves
 * wait for being asked; what the moment moves is for a tick to find. */
static void move_values(struct world *w)
{
    for (size_t row = 0; row < ROWS; row++) {
        const int64_t what = cn_rng_between(&w->rng, 0, 19);
        const int64_t drawn = cn_rng_between(&w->rng, 0, 10);
        const double value = drawn == 0 ? NAN : (double)drawn;
        if (what < 3) {
            w->table.cells[FAKE_SEATS][row] = value;
        }
        if (what < 17) {
            continue;
        }
        w->table.cells[FAKE_ARR][row] = value;
        cn_bitmap_add(cn_frame_dirty(w->frame), row);
        const struct cn_health_score score = { .has_points = true,
                                               .is_grey = cn_rng_between(&w->rng, 0, 2) == 0 };
        cn_health_state_set(&w->health, row, &score);
    }
}

static void move_holds(struct world *w, cn_time now)
{
    for (int i = 0; i < 20; i++) {
        struct cn_hold_span span = { .account_id = cn_rng_between(&w->rng, 1, ROWS),
                                     .hold_id = cn_rng_between(&w->rng, 1, 500),
                                     .from_us = now.us,
                                     .until_us = now.us + 3 * DAY_US,
                                     .kind = "all" };
        cn_hold_set_put(&w->holds, &span);
    }
    cn_hold_set_prune(&w->holds, now);
}

/* So many days from the beginning records of some accounts still arrive. */
static bool is_settling(void *arg, int64_t account_id, cn_time now)
{
    (void)arg;
    return account_id % 7 == 0 && now.us < 20 * DAY_US;
}

static bool is_held(const struct world *w, size_t rule, size_t row, cn_time now)
{
    for (size_t i = 0; i < w->holds.count; i++) {
        if (w->holds.items[i].account_id == (int64_t)row + 1 &&
            cn_hold_stops(&w->holds.items[i], &w->model->rules[rule], now)) {
            return true;
        }
    }
    return false;
}

static enum cn_answer answer(double value, double border, bool is_above)
{
    if (isnan(value)) {
        return CN_ANSWER_MISSING;
    }
    return (is_above ? value > border : value < border) ? CN_ANSWER_TRUE : CN_ANSWER_FALSE;
}

static struct cn_signal_condition condition_of(const struct world *w, size_t rule, size_t row,
                                               cn_time now)
{
    const double value = w->table.cells[rule == 2 ? FAKE_SEATS : FAKE_ARR][row];
    const enum cn_answer when = answer(value, 6, true);
    return (struct cn_signal_condition){
        .when = when,
        .clear = rule == 1 ? answer(value, 4, false) : cn_answer_not(when),
        .is_frozen = rule == 2 && cn_health_state_get(&w->health, row).is_grey,
        .is_held = is_held(w, rule, row, now),
        .is_started = w->start.account_id == (int64_t)row + 1 &&
                      cn_str_equal(w->start.rule, w->model->rules[rule].name),
        .is_settling = is_settling(NULL, (int64_t)row + 1, now),
        .rearm_us = w->model->rules[rule].rearm_us,
        .now = now,
    };
}

/* As the engine's tick: rows that wait, and those on which time may do something. */
static void wake(struct world *w)
{
    struct cn_bitmap *dirty = cn_frame_dirty(w->frame);
    cn_signal_states_rouse(&w->states, dirty);
    for (size_t i = 0; i < w->holds.count; i++) {
        cn_bitmap_add(dirty, (size_t)w->holds.items[i].account_id - 1);
    }
    cn_bitmap_add(dirty, (size_t)w->start.account_id - 1);
}

/* How many rows were asked. */
static size_t run(struct world *w, cn_time now, bool is_tick)
{
    const struct cn_signal_round round = { .model = w->model,
                                           .frame = w->frame,
                                           .health = &w->health,
                                           .holds = &w->holds,
                                           .starts = &w->start,
                                           .start_count = 1,
                                           .is_settling = is_settling,
                                           .now = now };
    const struct cn_when when = { 0 };
    struct cn_bitmap *dirty = cn_frame_dirty(w->frame);
    struct cn_error err;
    cn_arena_reset(&w->scratch);
    cn_signal_moves_clear(&w->moves);
    wake(w);
    if (is_tick) {
        assert_true(cn_frame_fill(w->frame, 0, dirty, &when, CN_PACE_FACT, &err));
        assert_true(cn_frame_fill_moment(w->frame, 0, &when, &err));
    } else {
        assert_true(cn_frame_fill(w->frame, 0, NULL, &when, CN_PACE_FACT, &err));
    }
    const struct cn_rule_consumer consumer =
        cn_signal_consumer(&round, &w->states, &w->moves, &w->scratch);
    const struct cn_rule_pass pass = { .frame = w->frame,
                                       .rows = is_tick ? dirty : NULL,
                                       .consumers = &consumer,
                                       .consumer_count = 1 };
    assert_true(cn_rules_run(w->rules, &pass, &w->scratch, &err));
    const size_t asked = is_tick ? cn_bitmap_count(dirty) : ROWS;
    cn_bitmap_fill(dirty, false);
    return asked;
}

/* Takes the row's step; how many moves that makes. */
static size_t check_row(struct world *w, size_t rule, size_t row, cn_time now)
{
    const struct cn_signal_condition condition = condition_of(w, rule, row, now);
    struct cn_signal_mark *mark = &w->expected[rule][row];
    const bool has_moved = cn_signal_step(mark, &condition) != CN_SIGNAL_STAYS;
    const struct cn_signal_mark stands = cn_signal_states_get(&w->states, rule, row);
    assert_int_equal(stands.state, mark->state);
    assert_int_equal(stands.was_raised, mark->was_raised);
    assert_int_equal(stands.cleared_at.us, mark->cleared_at.us);
    return has_moved ? 1 : 0;
}

/* One round in `whole_every` asks all rows, the others are ticks; how many rows these asked. */
static size_t live(struct world *w, int64_t whole_every)
{
    size_t asked = 0;
    for (int64_t day = 1; day <= ROUNDS; day++) {
        const cn_time now = { day * DAY_US };
        size_t moves = 0;
        move_values(w);
        move_holds(w, now);
        w->start = (struct cn_signal_start){ .account_id = cn_rng_between(&w->rng, 1, ROWS),
                                             .rule = day % 2 == 0 ? CN_STR("c") : CN_STR("a") };
        asked += run(w, now, day % whole_every != 0);
        for (size_t rule = 0; rule < RULES; rule++) {
            for (size_t row = 0; row < ROWS; row++) {
                moves += check_row(w, rule, row, now);
            }
        }
        assert_true(moves > 0);
        assert_int_equal(w->moves.count, moves);
    }
    return asked;
}

static void blocks_move_as_rows_do(void **state)
{
    assert_int_equal(live(*state, 1), ROUNDS * ROWS);
}

static void a_tick_leaves_out_no_move(void **state)
{
    const size_t asked = live(*state, 10);
    assert_true(asked < ROUNDS * ROWS / 10 * 9); /* and it leaves out rows */
}

/* A value of the moment that became another one, and nothing else. */
static void only_what_a_moment_moves_waits(void **state)
{
    struct world *w = *state;
    struct cn_bitmap *dirty = cn_frame_dirty(w->frame);
    const struct cn_when when = { 0 };
    struct cn_error err;
    assert_true(cn_frame_fill(w->frame, 0, NULL, &when, CN_PACE_FACT, &err));
    cn_bitmap_fill(dirty, false);
    assert_true(cn_frame_fill_moment(w->frame, 0, &when, &err));
    assert_true(cn_bitmap_is_empty(dirty));
    w->table.cells[FAKE_SEATS][70] = 5;
    w->table.cells[FAKE_SEATS][2099] = NAN;
    w->table.cells[FAKE_ARR][71] = 5; /* a fact, of which nobody told */
    assert_true(cn_frame_fill_moment(w->frame, 0, &when, &err));
    assert_int_equal(cn_bitmap_count(dirty), 2);
    assert_true(cn_bitmap_has(dirty, 70) && cn_bitmap_has(dirty, 2099));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST_WITH("rules asked of blocks move as the same rules asked of each account",
                     blocks_move_as_rows_do, begin, end),
        CN_TEST_WITH("a tick asks fewer rows and leaves out no move", a_tick_leaves_out_no_move,
                     begin, end),
        CN_TEST_WITH("rows of which a value moved with the moment wait, and no others",
                     only_what_a_moment_moves_waits, begin, end),
    };
    return cmocka_run_group_tests_name("signal_blocks", tests, NULL, NULL);
}
