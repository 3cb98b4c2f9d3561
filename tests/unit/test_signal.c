/*
 * How a signal moves: the function of state, condition and clock, and the sets that hold where
 * accounts stand.
 */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#include "signal/hold.h"
#include "signal/state.h"
#include "signal/states.h"
#include "tests/unit/fake_columns.h"
#include "tests/unit/unit.h"

#define DAY_US ((int64_t)86400 * 1000000)

/* A rule for one account, under a clock. */
struct life {
    struct cn_signal_mark mark;
    int64_t now_us;
    int64_t rearm_us;
    bool is_held;
    bool is_frozen;
    bool is_settling;
    int raised;
};

static enum cn_signal_move ask(struct life *life, enum cn_answer when, enum cn_answer clear)
{
    struct cn_signal_condition condition = { .when = when,
                                             .clear = clear,
                                             .is_frozen = life->is_frozen,
                                             .is_held = life->is_held,
                                             .is_settling = life->is_settling,
                                             .rearm_us = life->rearm_us,
                                             .now = { life->now_us } };
    enum cn_signal_move move = cn_signal_step(&life->mark, &condition);
    life->raised += move == CN_SIGNAL_RAISES;
    return move;
}

static enum cn_signal_move is(struct life *life, bool is_true)
{
    return ask(life, is_true ? CN_ANSWER_TRUE : CN_ANSWER_FALSE,
               is_true ? CN_ANSWER_FALSE : CN_ANSWER_TRUE);
}

static struct life begin_clear(void)
{
    struct life life = { .rearm_us = 7 * DAY_US, .now_us = DAY_US };
    assert_int_equal(is(&life, false), CN_SIGNAL_LEARNED);
    return life;
}

/* T1: below 50 it is true, from 53 on clear. */
static enum cn_signal_move points(struct life *life, int score)
{
    return ask(life, score < 50 ? CN_ANSWER_TRUE : CN_ANSWER_FALSE,
               score >= 53 ? CN_ANSWER_TRUE : CN_ANSWER_FALSE);
}

static void fifty_to_forty_nine_raises_once(void **state)
{
    (void)state;
    struct life life = { .rearm_us = 7 * DAY_US, .now_us = DAY_US };
    assert_int_equal(points(&life, 50), CN_SIGNAL_LEARNED);
    assert_int_equal(points(&life, 49), CN_SIGNAL_RAISES);
    assert_int_equal(points(&life, 50), CN_SIGNAL_STAYS);
    assert_int_equal(points(&life, 49), CN_SIGNAL_STAYS);
    assert_int_equal(points(&life, 52), CN_SIGNAL_STAYS);
    assert_int_equal(life.raised, 1);
    assert_int_equal(points(&life, 53), CN_SIGNAL_CLEARS);
    /* Within the seven days it is the same signal again, and nobody is told. */
    life.now_us += 7 * DAY_US - 1;
    assert_int_equal(points(&life, 49), CN_SIGNAL_RETURNS);
    assert_int_equal(life.mark.state, CN_SIGNAL_RAISED);
    assert_int_equal(points(&life, 60), CN_SIGNAL_CLEARS);
    life.now_us += 7 * DAY_US;
    assert_int_equal(points(&life, 49), CN_SIGNAL_RAISES);
    assert_int_equal(life.raised, 2);
}

static void flapping_never_arms_it(void **state)
{
    (void)state;
    struct life life = begin_clear();
    for (int day = 0; day < 400; day++) {
        life.now_us += DAY_US;
        (void)is(&life, day % 6 < 3);
    }
    assert_int_equal(life.raised, 1);
}

static void what_was_already_true_tells_nobody(void **state)
{
    (void)state;
    struct life life = { .rearm_us = 0, .now_us = DAY_US };
    assert_int_equal(is(&life, true), CN_SIGNAL_FOUND);
    assert_int_equal(life.mark.state, CN_SIGNAL_BASELINE);
    assert_int_equal(is(&life, true), CN_SIGNAL_STAYS);
    assert_int_equal(life.raised, 0);
    /* It was never raised, so it is armed as soon as it is clear. */
    life.rearm_us = 7 * DAY_US;
    assert_int_equal(is(&life, false), CN_SIGNAL_CLEARS);
    assert_int_equal(is(&life, true), CN_SIGNAL_RAISES);
}

static void a_person_starts_what_was_already_true(void **state)
{
    (void)state;
    struct cn_signal_mark mark = { .state = CN_SIGNAL_BASELINE };
    struct cn_signal_condition condition = {
        .when = CN_ANSWER_TRUE, .clear = CN_ANSWER_FALSE, .is_started = true, .now = { DAY_US }
    };
    assert_int_equal(cn_signal_step(&mark, &condition), CN_SIGNAL_RAISES);
    assert_int_equal(mark.state, CN_SIGNAL_RAISED);
    /* Only that: a start that comes late does nothing. */
    assert_int_equal(cn_signal_step(&mark, &condition), CN_SIGNAL_STAYS);
    mark = (struct cn_signal_mark){ .state = CN_SIGNAL_CLEAR };
    condition.when = CN_ANSWER_FALSE;
    assert_int_equal(cn_signal_step(&mark, &condition), CN_SIGNAL_STAYS);
}

static void who_applies_a_rule_may_have_it_raise_at_once(void **state)
{
    (void)state;
    struct cn_signal_mark mark = { .state = CN_SIGNAL_UNKNOWN };
    struct cn_signal_condition condition = {
        .when = CN_ANSWER_TRUE, .clear = CN_ANSWER_FALSE, .is_at_once = true, .now = { DAY_US }
    };
    assert_int_equal(cn_signal_step(&mark, &condition), CN_SIGNAL_RAISES);
    assert_int_equal(mark.state, CN_SIGNAL_RAISED);
    assert_true(mark.was_raised);
    /* Under a hold it waits for its end. */
    mark = (struct cn_signal_mark){ .state = CN_SIGNAL_UNKNOWN };
    condition.is_held = true;
    assert_int_equal(cn_signal_step(&mark, &condition), CN_SIGNAL_IS_HELD);
    assert_int_equal(mark.state, CN_SIGNAL_HELD);
    condition.is_held = false;
    assert_int_equal(cn_signal_step(&mark, &condition), CN_SIGNAL_RAISES);
    /* What was already true before stays so, and a first "no" is one. */
    mark = (struct cn_signal_mark){ .state = CN_SIGNAL_BASELINE };
    assert_int_equal(cn_signal_step(&mark, &condition), CN_SIGNAL_STAYS);
    mark = (struct cn_signal_mark){ .state = CN_SIGNAL_UNKNOWN };
    condition.when = CN_ANSWER_FALSE;
    assert_int_equal(cn_signal_step(&mark, &condition), CN_SIGNAL_LEARNED);
    /* A grey health freezes it, too. */
    mark = (struct cn_signal_mark){ .state = CN_SIGNAL_UNKNOWN };
    condition.when = CN_ANSWER_TRUE;
    condition.is_frozen = true;
    assert_int_equal(cn_signal_step(&mark, &condition), CN_SIGNAL_STAYS);
}

static void missing_data_moves_nothing(void **state)
{
    (void)state;
    for (int s = 0; s < CN_SIGNAL_STATE_COUNT; s++) {
        struct life life = { .mark = { .state = (enum cn_signal_state)s, .was_raised = true } };
        assert_int_equal(ask(&life, CN_ANSWER_MISSING, CN_ANSWER_MISSING), CN_SIGNAL_STAYS);
        assert_int_equal(life.mark.state, s);
    }
    /* A baseline waits for the first answer, however late it is. */
    struct life life = { .now_us = 400 * DAY_US };
    assert_int_equal(is(&life, true), CN_SIGNAL_FOUND);
}

static void a_grey_health_freezes(void **state)
{
    (void)state;
    struct life life = begin_clear();
    life.is_frozen = true;
    assert_int_equal(is(&life, true), CN_SIGNAL_STAYS);
    life.is_frozen = false;
    assert_int_equal(is(&life, true), CN_SIGNAL_RAISES);
    life.is_frozen = true;
    assert_int_equal(is(&life, false), CN_SIGNAL_STAYS);
    assert_int_equal(life.mark.state, CN_SIGNAL_RAISED);
}

static void a_hold_of_six_months_suppresses(void **state)
{
    (void)state;
    struct life life = begin_clear();
    life.is_held = true;
    life.now_us += 150 * DAY_US; /* month 5 */
    assert_int_equal(is(&life, true), CN_SIGNAL_IS_HELD);
    assert_int_equal(is(&life, true), CN_SIGNAL_STAYS);
    assert_int_equal(life.raised, 0);
    life.now_us += 34 * DAY_US; /* month 6 and a day */
    life.is_held = false;
    assert_int_equal(is(&life, true), CN_SIGNAL_RAISES);
    /* What is raised is suppressed by a hold that comes later, and comes back after it. */
    life.is_held = true;
    assert_int_equal(is(&life, true), CN_SIGNAL_IS_HELD);
    assert_int_equal(is(&life, false), CN_SIGNAL_CLEARS);
    life.is_held = false;
    life.now_us += DAY_US;
    assert_int_equal(is(&life, true), CN_SIGNAL_RETURNS);
    assert_int_equal(life.raised, 1);
}

static void a_hold_does_not_arm_what_was_just_raised(void **state)
{
    (void)state;
    struct life life = begin_clear();
    assert_int_equal(is(&life, true), CN_SIGNAL_RAISES);
    assert_int_equal(is(&life, false), CN_SIGNAL_CLEARS);
    life.is_held = true;
    assert_int_equal(is(&life, true), CN_SIGNAL_IS_HELD);
    assert_int_equal(is(&life, false), CN_SIGNAL_CLEARS);
    life.is_held = false;
    assert_int_equal(is(&life, true), CN_SIGNAL_RETURNS);
    assert_int_equal(life.raised, 1);
}

static void while_records_arrive_nothing_raises(void **state)
{
    (void)state;
    struct life life = begin_clear();
    life.is_settling = true;
    assert_int_equal(is(&life, true), CN_SIGNAL_FOUND);
    assert_int_equal(life.mark.state, CN_SIGNAL_BASELINE);
    life.is_settling = false;
    assert_int_equal(is(&life, true), CN_SIGNAL_STAYS);
    assert_int_equal(life.raised, 0);
}

static void a_clock_that_was_set_back_raises_nothing_twice(void **state)
{
    (void)state;
    struct life life = begin_clear();
    assert_int_equal(is(&life, true), CN_SIGNAL_RAISES);
    life.now_us -= DAY_US / 2; /* the ticket is younger than 48 hours again */
    assert_int_equal(is(&life, false), CN_SIGNAL_CLEARS);
    life.now_us += DAY_US / 2;
    assert_int_equal(is(&life, true), CN_SIGNAL_RETURNS);
    assert_int_equal(life.raised, 1);
}

/* Whatever comes: what was raised is not raised again before it was clear for the time of re-arm,
 * and what never was clear is not raised. */
static void no_two_raises_without_the_time_between(void **state)
{
    (void)state;
    struct cn_rng rng = { 12 };
    for (int run = 0; run < 2000; run++) {
        struct life life = { .rearm_us = 5 * DAY_US, .now_us = DAY_US };
        int64_t last_true_us = -1; /* when the condition was not clear last */
        bool has_raised = false;
        for (int i = 0; i < 200; i++) {
            int64_t answer = cn_rng_between(&rng, 0, 6);
            life.now_us += cn_rng_between(&rng, 0, 4 * DAY_US);
            life.is_frozen = cn_rng_between(&rng, 0, 9) == 0;
            life.is_settling = i < 20 && run % 2 == 0;
            struct cn_signal_mark before = life.mark;
            enum cn_signal_move move = answer == 0
                                           ? ask(&life, CN_ANSWER_MISSING, CN_ANSWER_MISSING)
                                       : answer < 4 ? is(&life, false)
                                                    : is(&life, true);
            if (move == CN_SIGNAL_RAISES) {
                assert_int_equal(before.state, CN_SIGNAL_CLEAR);
                assert_true(!has_raised || life.now_us - last_true_us >= life.rearm_us);
                has_raised = true;
            }
            if (life.mark.state == CN_SIGNAL_RAISED) {
                last_true_us = life.now_us;
            }
        }
    }
}

/* ---- the sets ---- */

static struct cn_signal_model model_of(struct cn_signal_rule *rules, size_t count)
{
    return (struct cn_signal_model){ .rules = rules, .rule_count = count };
}

static void set(struct cn_signal_states *states, size_t rule, size_t row,
                enum cn_signal_state state)
{
    cn_signal_states_set(
        states, rule, row,
        &(struct cn_signal_mark){ .state = state, .was_raised = state == CN_SIGNAL_RAISED });
}

static enum cn_signal_state at(const struct cn_signal_states *states, size_t rule, size_t row)
{
    return cn_signal_states_get(states, rule, row).state;
}

static void new_rows_are_unknown_and_rows_keep_what_they_were(void **state)
{
    (void)state;
    struct cn_signal_states states;
    cn_signal_states_init(&states, 2);
    cn_signal_states_resize(&states, 100);
    set(&states, 1, 70, CN_SIGNAL_RAISED);
    cn_signal_states_set_id(&states, 1, 70, 4711);
    cn_signal_states_resize(&states, 300);
    assert_int_equal(at(&states, 0, 70), CN_SIGNAL_UNKNOWN);
    assert_int_equal(at(&states, 1, 70), CN_SIGNAL_RAISED);
    assert_int_equal(at(&states, 1, 299), CN_SIGNAL_UNKNOWN);
    assert_int_equal(cn_signal_states_id(&states, 1, 70), 4711);
    assert_int_equal(cn_signal_states_id(&states, 0, 70), 0);
    cn_signal_states_clear(&states, 70);
    assert_int_equal(at(&states, 1, 70), CN_SIGNAL_UNKNOWN);
    assert_int_equal(cn_signal_states_id(&states, 1, 70), 0);
    cn_signal_states_deinit(&states);
}

/* In any order, over several blocks of rows, and while rows are added. */
static void what_is_known_of_a_signal_stays_with_its_row(void **state)
{
    (void)state;
    enum {
        RULES = 3,
        ROWS = 5000,
        STEPS = 40000
    };
    static int64_t expected[RULES][ROWS]; /* 0: nothing is known */
    struct cn_rng rng = { 7 };
    struct cn_signal_details details;
    memset(expected, 0, sizeof(expected));
    cn_signal_details_init(&details, RULES);
    for (size_t i = 1; i <= STEPS; i++) {
        size_t rows = i < STEPS / 2 ? 1100 : ROWS;
        size_t rule = (size_t)cn_rng_between(&rng, 0, RULES - 1);
        size_t row = (size_t)cn_rng_between(&rng, 0, (int64_t)rows - 1);
        cn_signal_details_resize(&details, rows);
        if (cn_rng_between(&rng, 0, 2) == 0) {
            cn_signal_details_drop(&details, rule, row);
            expected[rule][row] = 0;
        } else {
            struct cn_signal_detail *detail = cn_signal_details_put(&details, rule, row);
            assert_int_equal(detail->signal_id, expected[rule][row]);
            detail->signal_id = (int64_t)i;
            expected[rule][row] = (int64_t)i;
        }
    }
    for (size_t i = 0; i < (size_t)RULES * ROWS; i++) {
        const struct cn_signal_detail *detail = cn_signal_details_get(&details, i / ROWS, i % ROWS);
        assert_int_equal(detail != NULL ? detail->signal_id : 0, expected[i / ROWS][i % ROWS]);
    }
    cn_signal_details_deinit(&details);
}

static void a_renamed_rule_keeps_its_state_and_a_changed_one_what_is_raised(void **state)
{
    (void)state;
    struct cn_signal_rule old_rules[] = { { .name = CN_STR("a"), .hash = 1 },
                                          { .name = CN_STR("b"), .hash = 2 },
                                          { .name = CN_STR("c"), .hash = 3 } };
    struct cn_signal_rule new_rules[] = { { .name = CN_STR("a"), .hash = 9 },
                                          { .name = CN_STR("d"), .was = CN_STR("b"), .hash = 2 },
                                          { .name = CN_STR("e"), .hash = 3 } };
    struct cn_signal_model before = model_of(old_rules, 3);
    struct cn_signal_model after = model_of(new_rules, 3);
    struct cn_signal_states states;
    cn_signal_states_init(&states, 3);
    cn_signal_states_resize(&states, 4);
    for (size_t rule = 0; rule < 3; rule++) {
        set(&states, rule, 0, CN_SIGNAL_CLEAR);
        set(&states, rule, 1, CN_SIGNAL_RAISED);
        set(&states, rule, 2, CN_SIGNAL_BASELINE);
        cn_signal_states_set_id(&states, rule, 1, (int64_t)rule + 100);
    }
    cn_signal_states_use(&states, &before, &after);
    /* a has another condition: what is raised stays, the rest is asked anew. */
    assert_int_equal(at(&states, 0, 0), CN_SIGNAL_UNKNOWN);
    assert_int_equal(at(&states, 0, 1), CN_SIGNAL_RAISED);
    assert_int_equal(cn_signal_states_id(&states, 0, 1), 100);
    assert_int_equal(at(&states, 0, 2), CN_SIGNAL_UNKNOWN);
    /* b is called d now. */
    assert_int_equal(at(&states, 1, 0), CN_SIGNAL_CLEAR);
    assert_int_equal(at(&states, 1, 1), CN_SIGNAL_RAISED);
    assert_int_equal(at(&states, 1, 2), CN_SIGNAL_BASELINE);
    assert_int_equal(cn_signal_states_id(&states, 1, 1), 101);
    /* e is new, although c asked the same. */
    assert_int_equal(at(&states, 2, 1), CN_SIGNAL_UNKNOWN);
    assert_int_equal(cn_signal_states_id(&states, 2, 1), 0);
    cn_signal_states_deinit(&states);
}

/* ---- the section ---- */

struct program {
    struct cn_arena arena;
    struct cn_interner *strings;
    struct fake_table table;
    struct cn_column_source source;
    const struct cn_column_source *sources[1];
    struct cn_column_set columns;
    struct cn_diagnostics problems;
    struct cn_signal_model *model;
};

static bool compile(struct program *p, const char *text)
{
    static const struct cn_program_section *const sections[] = { &cn_signal_section };
    struct cn_program_file file = { CN_STR("signals.yaml"), cn_str_of(text) };
    const struct cn_program_files files = { &file, 1 };
    struct cn_program_tree tree;
    void *compiled = NULL;
    cn_diagnostics_init(&p->problems, &p->arena);
    cn_column_set_init(&p->columns, &p->arena, p->sources, 1);
    struct cn_rules *rules = cn_rules_new(&p->arena, &p->columns, p->strings);
    struct cn_signal_env env = { .rules = rules, .section = cn_rules_section(rules) };
    bool ok = cn_program_parse(&p->arena, &files, sections, 1, &tree, &p->problems);
    ok &= cn_program_compile(&p->arena, &tree, &cn_signal_section, &env, &compiled, &p->problems);
    ok &= cn_rules_finish(rules, &p->problems);
    p->model = compiled;
    return ok;
}

static int program_begin(void **state)
{
    struct program *p = calloc(1, sizeof(*p));
    cn_arena_init(&p->arena, 64 * 1024);
    p->strings = cn_interner_new();
    p->source = fake_source(&p->table);
    p->sources[0] = &p->source;
    *state = p;
    return 0;
}

static int program_end(void **state)
{
    struct program *p = *state;
    cn_interner_free(p->strings);
    cn_arena_deinit(&p->arena);
    free(p);
    return 0;
}

static void a_rule_says_what_it_does_and_the_rest_is_usual(void **state)
{
    struct program *p = *state;
    assert_true(compile(p, "signals:\n"
                           "  b:\n"
                           "    when: arr > 5000.0\n"
                           "  a:\n"
                           "    was: old-a\n"
                           "    because: it pays less\n"
                           "    when: arr > 5000.0\n"
                           "    clear: arr < 4000.0\n"
                           "    severity: critical\n"
                           "    owner: leader\n"
                           "    rearm: 2w\n"
                           "    holds: expansion\n"
                           "  c: {when: arr > 1.0, holds: true}\n"));
    assert_int_equal(p->model->rule_count, 3);
    const struct cn_signal_rule *a = &p->model->rules[0];
    const struct cn_signal_rule *b = &p->model->rules[1];
    assert_true(cn_str_equal(a->was, CN_STR("old-a")));
    assert_true(cn_str_equal(a->because, CN_STR("it pays less")));
    assert_int_equal(a->severity, CN_SIGNAL_CRITICAL);
    assert_int_equal(a->owner, CN_SIGNAL_OWNER_LEADER);
    assert_int_equal(a->rearm_us, 14 * DAY_US);
    assert_int_equal(a->holds, CN_SIGNAL_HOLDS_KIND);
    assert_true(a->clear != CN_NO_RULE);
    assert_true(cn_str_equal(b->because, CN_STR("b")));
    assert_int_equal(b->severity, CN_SIGNAL_MEDIUM);
    assert_int_equal(b->owner, CN_SIGNAL_OWNER_CSM);
    assert_int_equal(b->rearm_us, 7 * DAY_US);
    assert_int_equal(b->holds, CN_SIGNAL_HOLDS_NONE);
    assert_true(b->clear == CN_NO_RULE);
    assert_true(a->hash != b->hash);
    size_t rule = 9;
    assert_true(cn_signal_rule_find(p->model, CN_STR("c"), &rule));
    assert_int_equal(rule, 2);
    assert_false(cn_signal_rule_find(p->model, CN_STR("d"), &rule));
    assert_int_equal(rule, 2);

    struct cn_hold_span hold = { .from_us = 10, .until_us = 20, .kind = "expansion" };
    assert_true(cn_hold_stops(&hold, a, (cn_time){ 10 }));
    assert_false(cn_hold_stops(&hold, a, (cn_time){ 9 }));
    assert_false(cn_hold_stops(&hold, a, (cn_time){ 20 }));
    assert_false(cn_hold_stops(&hold, b, (cn_time){ 10 }));
    hold.kind[0] = 'x'; /* another kind */
    assert_false(cn_hold_stops(&hold, a, (cn_time){ 10 }));
    assert_true(cn_hold_stops(&hold, &p->model->rules[2], (cn_time){ 10 }));
}

static void mistakes_are_told_at_their_place(void **state)
{
    struct program *p = *state;
    static const struct {
        const char *text;
        int64_t line;
        const char *says;
    } cases[] = {
        { "signals:\n  a:\n    when: arr > 1.0\n    playbook: rescue-12w\n", 4,
          "there are no playbooks yet" },
        { "signals:\n  a:\n    when: ar > 1.0\n", 3, "no such name 'ar'" },
        { "signals:\n  a:\n    when: arr\n", 3, "bool" },
        { "signals:\n  a:\n    severity: high\n", 2, "needs one of \"when\" or \"each\"" },
        { "signals:\n  a:\n    when: arr > 1.0\n    each: arr\n", 4, "beside \"when\"" },
        { "signals:\n  a:\n    each: arr\n", 3, "records that can be named" },
        { "signals:\n  a:\n    each: arr > 1.0\n", 3, "double" },
        { "signals:\n  a:\n    when: arr > 1.0\n    severity: urgent\n", 4, "urgent" },
        { "signals:\n  a:\n    when: arr > 1.0\n    rearm: soon\n", 4, "days" },
        { "signals:\n  a: {when: arr > 1.0, was: a}\n", 2, "its name already" },
        { "signals:\n  a: {when: arr > 1.0}\n  b: {when: arr > 2.0, was: a}\n", 3, "so is a" },
        { "signals:\n  A: {when: arr > 1.0}\n", 2, "name" },
        { "signals: 7\n", 1, "map" },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        bool found = false;
        assert_false(compile(p, cases[i].text));
        for (size_t n = 0; n < p->problems.count; n++) {
            const struct cn_diagnostic *item = &p->problems.items[n];
            found |= item->place.line == cases[i].line &&
                     memmem(item->message.ptr, item->message.len, cases[i].says,
                            strlen(cases[i].says)) != NULL;
        }
        if (!found) {
            fail_msg("%s: %.*s", cases[i].text, CN_STR_ARG(p->problems.items[0].message));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("003-34 50 to 49 raises once, 49, 50, 49 too, and again after 7 days clear",
                fifty_to_forty_nine_raises_once),
        CN_TEST("what flaps is one signal", flapping_never_arms_it),
        CN_TEST("what was already true tells nobody", what_was_already_true_tells_nobody),
        CN_TEST("a person starts what was already true", a_person_starts_what_was_already_true),
        CN_TEST("003 who applies a rule may have it raise at once",
                who_applies_a_rule_may_have_it_raise_at_once),
        CN_TEST("missing data moves nothing", missing_data_moves_nothing),
        CN_TEST("a rule that reads a grey health is frozen", a_grey_health_freezes),
        CN_TEST("003-31 a hold suppresses in month 5 and no more after month 6",
                a_hold_of_six_months_suppresses),
        CN_TEST("a hold does not arm what was just raised",
                a_hold_does_not_arm_what_was_just_raised),
        CN_TEST("nothing raises while an account's records arrive",
                while_records_arrive_nothing_raises),
        CN_TEST("003-37 a clock that was set back raises nothing twice",
                a_clock_that_was_set_back_raises_nothing_twice),
        CN_TEST("no two raises without the time of re-arm between them",
                no_two_raises_without_the_time_between),
        CN_TEST("new rows are unknown, and rows keep what they were",
                new_rows_are_unknown_and_rows_keep_what_they_were),
        CN_TEST("what is known of a signal stays with its row",
                what_is_known_of_a_signal_stays_with_its_row),
        CN_TEST("a renamed rule keeps its state, a changed one what is raised",
                a_renamed_rule_keeps_its_state_and_a_changed_one_what_is_raised),
        CN_TEST_WITH("a rule says what it does, and the rest is usual",
                     a_rule_says_what_it_does_and_the_rest_is_usual, program_begin, program_end),
        CN_TEST_WITH("mistakes are told at their place", mistakes_are_told_at_their_place,
                     program_begin, program_end),
    };
    return cmocka_run_group_tests_name("signal", tests, NULL, NULL);
}
