#include "signal/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

struct asking {
    const struct cn_signal_round *round;
    struct cn_signal_states *states;
    struct cn_signal_moves *moves;
    struct cn_bitmap *held;    /* by rule: rows on which a hold stops it */
    struct cn_bitmap *started; /* by rule: rows on which a person starts it */
    const struct cn_rule_block *block;
};

/* The answers of a rule for a block, a bit a row. */
struct answers {
    const uint64_t *when;
    const uint64_t *when_missing;
    const uint64_t *clear; /* NULL: the negation of `when` */
    const uint64_t *clear_missing;
};

void cn_signal_moves_deinit(struct cn_signal_moves *moves)
{
    free(moves->items);
    *moves = (struct cn_signal_moves){ 0 };
}

static void add_move(struct cn_signal_moves *moves, const struct cn_signal_moved *moved)
{
    if (moves->count == moves->capacity) {
        moves->capacity = moves->capacity == 0 ? 64 : moves->capacity * 2;
        moves->items = cn_heap_resize(moves->items, moves->capacity * sizeof(moves->items[0]));
    }
    moves->items[moves->count++] = *moved;
}

static struct answers answers_of(const struct cn_rule_block *block,
                                 const struct cn_signal_rule *rule)
{
    struct cn_cel_result when = cn_rule_result(block, rule->when);
    struct answers answers = { .when = when.truth, .when_missing = when.errors };
    if (rule->clear != CN_NO_RULE) {
        struct cn_cel_result clear = cn_rule_result(block, rule->clear);
        answers.clear = clear.truth;
        answers.clear_missing = clear.errors;
    }
    return answers;
}

static enum cn_answer answer_at(const uint64_t *truth, const uint64_t *missing, size_t i)
{
    if ((missing[i / 64] >> (i % 64) & 1) != 0) {
        return CN_ANSWER_MISSING;
    }
    return (truth[i / 64] >> (i % 64) & 1) != 0 ? CN_ANSWER_TRUE : CN_ANSWER_FALSE;
}

/* Row i of the block. */
static void step(struct asking *a, size_t rule, const struct answers *answers, size_t i)
{
    const struct cn_signal_round *round = a->round;
    const struct cn_signal_rule *item = &round->model->rules[rule];
    size_t row = a->block->first + i;
    struct cn_signal_moved moved = { .row = (uint32_t)row,
                                     .rule = (uint32_t)rule,
                                     .before = cn_signal_states_get(a->states, rule, row) };
    struct cn_signal_condition condition = {
        .when = answer_at(answers->when, answers->when_missing, i),
        .is_held = cn_bitmap_has(&a->held[rule], row),
        .is_started = cn_bitmap_has(&a->started[rule], row),
        .is_at_once = round->at_once != NULL && round->at_once[rule],
        .rearm_us = item->rearm_us,
        .now = round->now,
    };
    condition.clear = answers->clear != NULL ? answer_at(answers->clear, answers->clear_missing, i)
                                             : cn_answer_not(condition.when);
    condition.is_frozen = item->reads_health && cn_health_state_get(round->health, row).is_grey;
    condition.is_settling =
        round->is_settling != NULL &&
        round->is_settling(round->arg, cn_frame_accounts(round->frame)[row], round->now);
    moved.after = moved.before;
    moved.move = cn_signal_step(&moved.after, &condition);
    if (moved.move != CN_SIGNAL_STAYS) {
        cn_signal_states_set(a->states, rule, row, &moved.after);
        add_move(a->moves, &moved);
    }
}

/* Rows of word w on which the rule may move: those that stand where the answers do not. */
static uint64_t may_move(const struct asking *a, size_t rule, const struct answers *answers,
                         size_t w)
{
    const struct cn_signal_states *states = a->states;
    size_t word = a->block->first / 64 + w;
#define IN(state) (cn_signal_states_in(states, rule, CN_SIGNAL_##state)->words[word])
    uint64_t clears =
        answers->clear != NULL ? answers->clear[w] : ~(answers->when[w] | answers->when_missing[w]);
    return (IN(UNKNOWN) & ~answers->when_missing[w]) | (IN(CLEAR) & answers->when[w]) |
           ((IN(BASELINE) | IN(RAISED)) & clears) | IN(HELD) |
           (IN(RAISED) & a->held[rule].words[word]) | (IN(BASELINE) & a->started[rule].words[word]);
#undef IN
}

static void ask_rule(struct asking *a, size_t rule)
{
    const struct cn_rule_block *block = a->block;
    struct answers answers = answers_of(block, &a->round->model->rules[rule]);
    size_t words = (block->count + 63) / 64;
    for (size_t w = 0; w < words; w++) {
        for (uint64_t word = may_move(a, rule, &answers, w) & block->rows[w]; word != 0;
             word &= word - 1) {
            step(a, rule, &answers, w * 64 + (size_t)__builtin_ctzll(word));
        }
    }
}

/* Those that are evaluated in the block's stratum. */
static void ask_block(void *ctx, const struct cn_rule_block *block)
{
    struct asking *a = ctx;
    const struct cn_signal_model *model = a->round->model;
    a->block = block;
    for (size_t rule = 0; rule < model->rule_count; rule++) {
        if (cn_rules_stratum(model->program, model->rules[rule].unit) == block->stratum) {
            ask_rule(a, rule);
        }
    }
}

static struct cn_bitmap *make_sets(const struct cn_signal_round *round, struct cn_arena *arena)
{
    size_t rows = cn_frame_rows(round->frame);
    size_t words = rows / 64 + 1;
    struct cn_bitmap *sets = cn_arena_array(arena, struct cn_bitmap, round->model->rule_count + 1);
    uint64_t *none = cn_arena_array(arena, uint64_t, words);
    for (size_t i = 0; i <= round->model->rule_count; i++) {
        sets[i] = (struct cn_bitmap){ .words = none, .rows = rows, .capacity_words = words };
    }
    return sets;
}

/* Rules share one empty set, that past the last of them; a first member gives a rule its own. */
static void add_member(const struct cn_signal_round *round, struct cn_bitmap *sets, size_t rule,
                       size_t row, struct cn_arena *arena)
{
    struct cn_bitmap *set = &sets[rule];
    if (set->words == sets[round->model->rule_count].words) {
        uint64_t *own = cn_arena_array(arena, uint64_t, set->capacity_words);
        memcpy(own, set->words, set->capacity_words * sizeof(*own));
        set->words = own;
    }
    cn_bitmap_add(set, row);
}

static void note_holds(const struct cn_signal_round *round, struct cn_bitmap *held,
                       struct cn_arena *arena)
{
    for (size_t i = 0; round->holds != NULL && i < round->holds->count; i++) {
        const struct cn_hold_span *span = &round->holds->items[i];
        uint32_t row = 0;
        if (!cn_frame_find(round->frame, span->account_id, &row)) {
            continue;
        }
        for (size_t rule = 0; rule < round->model->rule_count; rule++) {
            if (cn_hold_stops(span, &round->model->rules[rule], round->now)) {
                add_member(round, held, rule, row, arena);
            }
        }
    }
}

static void note_starts(const struct cn_signal_round *round, struct cn_bitmap *started,
                        struct cn_arena *arena)
{
    for (size_t i = 0; i < round->start_count; i++) {
        uint32_t row = 0;
        size_t rule = 0;
        if (cn_frame_find(round->frame, round->starts[i].account_id, &row) &&
            cn_signal_rule_find(round->model, round->starts[i].rule, &rule)) {
            add_member(round, started, rule, row, arena);
        }
    }
}

struct cn_rule_consumer cn_signal_consumer(const struct cn_signal_round *round,
                                           struct cn_signal_states *states,
                                           struct cn_signal_moves *moves, struct cn_arena *arena)
{
    struct asking *a = cn_arena_new(arena, struct asking);
    *a = (struct asking){ .round = round,
                          .states = states,
                          .moves = moves,
                          .held = make_sets(round, arena),
                          .started = make_sets(round, arena) };
    note_holds(round, a->held, arena);
    note_starts(round, a->started, arena);
    return (
        struct cn_rule_consumer){ .section = round->model->section, .ctx = a, .block = ask_block };
}
