/*
 * A block asks its rules where they stand and moves them; that touches nothing but its stretch of
 * rows, so that threads may have one each.  After the last block follow the records, which are kept
 * for all rows together.
 */
#include "signal/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* A clock that is set back by less finds a record that is over as it would have been. */
#define CLOCK_BACK_US ((int64_t)86400 * 1000000)

enum {
    OVERS_AT_ONCE = 1000 /* marks that a round drops: each is a row to be written */
};

/* A rule about records is to be asked of those of the row. */
struct question {
    uint32_t rule;
    uint32_t row;
    enum cn_answer when;
};

struct questions {
    struct question *items;
    size_t count;
    size_t capacity;
};

struct asking {
    const struct cn_signal_round *round;
    struct cn_signal_states *states;
    struct cn_signal_moves *moves;
    struct questions questions; /* wait for the end of the stratum */
    struct cn_signal_moves own; /* of a fork: what joins `moves` */
    struct cn_bitmap *held;     /* by rule: rows on which a hold stops it */
    struct cn_bitmap *started;  /* by rule: rows on which a person starts it */
    const struct cn_rule_block *block;
    uint64_t grey[CN_RULE_WORDS]; /* rows of the block with a grey health, once somebody asks */
    uint32_t grey_known;          /* by bit: words of `grey` that are filled */
    struct cn_arena *arena;
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
    free(moves->overs);
    *moves = (struct cn_signal_moves){ 0 };
}

void cn_signal_moves_clear(struct cn_signal_moves *moves)
{
    moves->count = 0;
    moves->over_count = 0;
}

static void reserve_moves(struct cn_signal_moves *moves, size_t count)
{
    moves->items = cn_heap_reserve(moves->items, count, &moves->capacity, sizeof(moves->items[0]));
}

static void add_move(struct cn_signal_moves *moves, const struct cn_signal_moved *moved)
{
    reserve_moves(moves, moves->count + 1);
    moves->items[moves->count++] = *moved;
}

static void reserve_questions(struct questions *questions, size_t count)
{
    questions->items =
        cn_heap_reserve(questions->items, count, &questions->capacity, sizeof(questions->items[0]));
}

static void add_over(struct cn_signal_moves *moves, const struct cn_signal_over *over)
{
    moves->overs = cn_heap_reserve(moves->overs, moves->over_count + 1, &moves->over_capacity,
                                   sizeof(moves->overs[0]));
    moves->overs[moves->over_count++] = *over;
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

/* What moves the row, whatever the answers. */
static struct cn_signal_condition condition_of(const struct asking *a, size_t rule, size_t row)
{
    const struct cn_signal_round *round = a->round;
    const struct cn_signal_rule *item = &round->model->rules[rule];
    return (struct cn_signal_condition){
        .is_frozen = item->reads_health && cn_health_state_get(round->health, row).is_grey,
        .is_held = cn_bitmap_has(&a->held[rule], row),
        .is_at_once = round->at_once != NULL && round->at_once[rule],
        .is_settling =
            round->is_settling != NULL &&
            round->is_settling(round->arg, cn_frame_accounts(round->frame)[row], round->now),
        .rearm_us = item->rearm_us,
        .now = round->now,
    };
}

static void step(struct asking *a, size_t rule, const struct answers *answers, size_t i)
{
    size_t row = a->block->first + i;
    struct cn_signal_moved moved = { .row = (uint32_t)row,
                                     .rule = (uint32_t)rule,
                                     .before = cn_signal_states_get(a->states, rule, row) };
    struct cn_signal_condition condition = condition_of(a, rule, row);
    condition.when = answer_at(answers->when, answers->when_missing, i);
    condition.clear = answers->clear != NULL ? answer_at(answers->clear, answers->clear_missing, i)
                                             : cn_answer_not(condition.when);
    condition.is_started = cn_bitmap_has(&a->started[rule], row);
    moved.after = moved.before;
    moved.move = cn_signal_step(&moved.after, &condition);
    if (moved.move != CN_SIGNAL_STAYS) {
        cn_signal_states_set(a->states, rule, row, &moved.after);
        add_move(a->moves, &moved);
    }
}

/* ---- rules about records ---- */

static bool is_started(const struct asking *a, size_t rule, size_t row, int64_t about_id)
{
    const struct cn_signal_round *round = a->round;
    const int64_t account_id = cn_frame_accounts(round->frame)[row];
    for (size_t i = 0; i < round->start_count; i++) {
        const struct cn_signal_start *start = &round->starts[i];
        if (start->account_id == account_id && start->about_id == about_id &&
            cn_str_equal(start->rule, round->model->rules[rule].name)) {
            return true;
        }
    }
    return false;
}

/* A record without a mark is unknown or clear, as its account is. */
static void step_record(struct asking *a, const struct cn_signal_moved *of,
                        struct cn_signal_condition condition, enum cn_answer when)
{
    struct cn_abouts *abouts = &a->states->abouts;
    const struct cn_about *about = cn_abouts_find(abouts, of->rule, of->row, of->about_id);
    struct cn_signal_moved moved = *of;
    if (about != NULL &&
        !(moved.before.state == CN_SIGNAL_UNKNOWN && about->mark.state == CN_SIGNAL_CLEAR)) {
        moved.before = about->mark;
    }
    condition.when = when;
    condition.clear = cn_answer_not(when);
    condition.is_started = cn_bitmap_has(&a->started[of->rule], of->row) &&
                           is_started(a, of->rule, of->row, of->about_id);
    moved.after = moved.before;
    moved.move = cn_signal_step(&moved.after, &condition);
    if (moved.move != CN_SIGNAL_STAYS) {
        cn_abouts_put(abouts, of->rule, of->row, of->about_id)->mark = moved.after;
        add_move(a->moves, &moved);
    }
}

/* A record that has been clear for as long as it takes to arm it again moves as one without a mark
 * does; so its mark goes, and a list has no more than what stands and what was over lately. */
static void drop_over(struct asking *a, size_t rule, size_t row)
{
    const struct cn_signal_round *round = a->round;
    struct cn_abouts *abouts = &a->states->abouts;
    const int64_t lasts_us = round->model->rules[rule].rearm_us + CLOCK_BACK_US;
    for (size_t at = cn_abouts_of(abouts, rule, row).count; at > 0; at--) {
        const struct cn_about about = cn_abouts_of(abouts, rule, row).items[at - 1];
        if (about.mark.state != CN_SIGNAL_CLEAR ||
            round->now.us - about.mark.cleared_at.us < lasts_us ||
            a->moves->over_count == OVERS_AT_ONCE) { /* the others another time */
            continue;
        }
        cn_abouts_drop(abouts, rule, row, about.about_id);
        if (about.signal_id != 0) {
            add_over(a->moves,
                     &(struct cn_signal_over){ .account_id = cn_frame_accounts(round->frame)[row],
                                               .about_id = about.about_id,
                                               .signal_id = about.signal_id });
        }
    }
}

/* The rule has answered for the account: what is counted from now on is new. */
static void answer_first(struct asking *a, struct cn_signal_moved moved)
{
    moved.about_id = 0;
    moved.after = (struct cn_signal_mark){ .state = CN_SIGNAL_CLEAR };
    moved.move = CN_SIGNAL_LEARNED;
    cn_signal_states_set(a->states, moved.rule, moved.row, &moved.after);
    add_move(a->moves, &moved);
}

static bool has_id(const int64_t *ids, size_t count, int64_t id)
{
    return count > 0 && bsearch(&id, ids, count, sizeof(*ids), cn_order_i64) != NULL;
}

/* Those that are counted, and those that were and have not cleared. */
static void step_records(struct asking *a, const struct question *question)
{
    const struct cn_signal_round *round = a->round;
    struct cn_abouts *abouts = &a->states->abouts;
    const size_t rule = question->rule;
    struct cn_signal_moved of = { .row = question->row, .rule = question->rule };
    const struct cn_signal_condition condition = condition_of(a, rule, of.row);
    const enum cn_answer when = question->when;
    int64_t *ids = NULL;
    size_t count = 0;
    of.before = cn_signal_states_get(a->states, rule, of.row);
    if (when == CN_ANSWER_TRUE) {
        count = cn_frame_records(round->frame, round->model->rules[rule].each_column, of.row,
                                 round->when, a->arena, &ids);
    }
    for (size_t at = 0; at < cn_abouts_of(abouts, rule, of.row).count; at++) {
        of.about_id = cn_abouts_of(abouts, rule, of.row).items[at].about_id;
        bool is_counted = of.about_id == 0 || has_id(ids, count, of.about_id);
        if (when != CN_ANSWER_MISSING) {
            step_record(a, &of, condition, is_counted ? when : CN_ANSWER_FALSE);
        }
    }
    for (size_t at = 0; at < count; at++) {
        of.about_id = ids[at];
        if (cn_abouts_find(abouts, rule, of.row, of.about_id) == NULL) {
            step_record(a, &of, condition, CN_ANSWER_TRUE);
        }
    }
    if (of.before.state == CN_SIGNAL_UNKNOWN && when != CN_ANSWER_MISSING && !condition.is_frozen) {
        answer_first(a, of);
    }
    if (of.before.state != CN_SIGNAL_UNKNOWN) {
        drop_over(a, rule, of.row);
    }
}

static void add_question(struct asking *a, size_t rule, const struct answers *answers, size_t i)
{
    reserve_questions(&a->questions, a->questions.count + 1);
    a->questions.items[a->questions.count++] =
        (struct question){ .rule = (uint32_t)rule,
                           .row = (uint32_t)(a->block->first + i),
                           .when = answer_at(answers->when, answers->when_missing, i) };
}

/* Whether the rule is asked of each record. */
static bool asks_records(const struct asking *a, size_t rule)
{
    return a->round->when != NULL && cn_signal_rule_is_each(&a->round->model->rules[rule]);
}

/* ---- blocks ---- */

/* Rows on which the rule may move: those that stand where the answers do not. */
static void may_move(const struct asking *a, size_t rule, const struct answers *answers,
                     uint64_t may[CN_RULE_WORDS])
{
    const struct cn_signal_block *block = cn_signal_states_block(a->states, rule, a->block->first);
    const uint64_t *held = a->held[rule].words + a->block->first / 64;
    const uint64_t *started = a->started[rule].words + a->block->first / 64;
    const size_t words = (a->block->count + 63) / 64;
    uint64_t clears[CN_RULE_WORDS];
    for (size_t w = 0; w < words; w++) {
        clears[w] = ~(answers->when[w] | answers->when_missing[w]);
    }
    if (answers->clear != NULL) {
        memcpy(clears, answers->clear, sizeof(clears));
    }
    for (size_t w = 0; w < words; w++) {
#define IN(state) cn_signal_block_in(block, CN_SIGNAL_##state, w)
        may[w] = (IN(UNKNOWN) & ~answers->when_missing[w]) | (IN(CLEAR) & answers->when[w]) |
                 ((IN(BASELINE) | IN(RAISED)) & clears[w]) | IN(HELD) | (IN(RAISED) & held[w]) |
                 (IN(BASELINE) & started[w]);
#undef IN
    }
}

/* Health does not move within the pass once rules that read it are asked. */
static uint64_t grey_in(struct asking *a, size_t w)
{
    if ((a->grey_known >> w & 1) == 0) {
        a->grey[w] = cn_health_state_grey(a->round->health, a->block->first / 64 + w);
        a->grey_known |= UINT32_C(1) << w;
    }
    return a->grey[w];
}

/* Takes out rows on which the rule is frozen, but for those on which a person starts it. */
static void leave_frozen(struct asking *a, size_t rule, uint64_t may[CN_RULE_WORDS])
{
    const uint64_t *started = a->started[rule].words + a->block->first / 64;
    for (size_t w = 0; w < (a->block->count + 63) / 64; w++) {
        may[w] &= may[w] != 0 ? ~grey_in(a, w) | started[w] : 0;
    }
}

/* The same for a rule about records: it counts some, or there were some. */
static void may_move_records(const struct asking *a, size_t rule, const struct answers *answers,
                             uint64_t may[CN_RULE_WORDS])
{
    const struct cn_signal_block *block = cn_signal_states_block(a->states, rule, a->block->first);
    const uint64_t *marked = a->states->abouts.rows[rule].words + a->block->first / 64;
    for (size_t w = 0; w < (a->block->count + 63) / 64; w++) {
        may[w] = answers->when[w] | marked[w] |
                 (cn_signal_block_in(block, CN_SIGNAL_UNKNOWN, w) & ~answers->when_missing[w]);
    }
}

/* What is asked of the rule for the next block comes after what all rules are asked for this one:
 * it is on its way then. */
static void fetch_next(const struct asking *a, size_t rule)
{
    const size_t row = a->block->first + CN_BLOCK_ROWS;
    if (row < a->states->rows) {
        const char *next = (const char *)cn_signal_states_block(a->states, rule, row);
        for (size_t at = 0; at < sizeof(struct cn_signal_block); at += CN_HEAP_LINE_BYTES) {
            __builtin_prefetch(next + at, 1);
        }
        cn_signal_details_prefetch(&a->states->details, rule, row);
    }
}

static void ask_rule(struct asking *a, size_t rule)
{
    const struct cn_rule_block *block = a->block;
    const struct cn_signal_rule *item = &a->round->model->rules[rule];
    const struct answers answers = answers_of(block, item);
    const bool is_each = asks_records(a, rule);
    uint64_t may[CN_RULE_WORDS] = { 0 };
    fetch_next(a, rule);
    if (is_each) {
        may_move_records(a, rule, &answers, may);
    } else {
        may_move(a, rule, &answers, may);
    }
    if (!is_each && item->reads_health) {
        leave_frozen(a, rule, may);
    }
    for (size_t w = 0; w < (block->count + 63) / 64; w++) {
        const uint64_t asked = may[w] & block->rows[w];
        a->states->restless.words[block->first / 64 + w] |= asked;
        for (uint64_t word = asked; word != 0; word &= word - 1) {
            size_t i = w * 64 + (size_t)__builtin_ctzll(word);
            is_each ? add_question(a, rule, &answers, i) : step(a, rule, &answers, i);
        }
    }
}

/* Those that are evaluated in the block's stratum. */
static void ask_block(void *ctx, const struct cn_rule_block *block)
{
    struct asking *a = ctx;
    const struct cn_signal_model *model = a->round->model;
    a->block = block;
    a->grey_known = 0;
    for (size_t rule = 0; rule < model->rule_count; rule++) {
        if (cn_rules_stratum(model->program, model->rules[rule].unit) == block->stratum) {
            ask_rule(a, rule);
        }
    }
}

static void end_stratum(void *ctx, const struct cn_frame *frame, uint32_t stratum)
{
    struct asking *a = ctx;
    (void)frame;
    (void)stratum;
    for (size_t i = 0; i < a->questions.count; i++) {
        step_records(a, &a->questions.items[i]);
    }
    free(a->questions.items);
    a->questions = (struct questions){ 0 };
}

/* ---- the consumer ---- */

static void *fork_asking(void *ctx, struct cn_arena *arena)
{
    struct asking *forked = cn_arena_new(arena, struct asking);
    *forked = *(const struct asking *)ctx;
    forked->moves = &forked->own;
    forked->questions = (struct questions){ 0 };
    return forked;
}

static void join_asking(void *ctx, void *other)
{
    struct asking *a = ctx;
    struct asking *forked = other;
    const struct cn_signal_moves *moves = forked->moves;
    const struct questions *questions = &forked->questions;
    if (moves->count > 0) {
        reserve_moves(a->moves, a->moves->count + moves->count);
        memcpy(a->moves->items + a->moves->count, moves->items,
               moves->count * sizeof(moves->items[0]));
        a->moves->count += moves->count;
    }
    if (questions->count > 0) {
        reserve_questions(&a->questions, a->questions.count + questions->count);
        memcpy(a->questions.items + a->questions.count, questions->items,
               questions->count * sizeof(questions->items[0]));
        a->questions.count += questions->count;
    }
    cn_signal_moves_deinit(&forked->own);
    free(forked->questions.items);
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
                          .arena = arena,
                          .held = make_sets(round, arena),
                          .started = make_sets(round, arena) };
    note_holds(round, a->held, arena);
    note_starts(round, a->started, arena);
    return (struct cn_rule_consumer){ .section = round->model->section,
                                      .ctx = a,
                                      .block = ask_block,
                                      .end = end_stratum,
                                      .fork = fork_asking,
                                      .join = join_asking };
}
