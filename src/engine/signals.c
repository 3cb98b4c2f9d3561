#include "engine/signals.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"

#include "book/ticket.h"
#include "engine/shown.h"
#include "engine/state.h"
#include "json/writer.h"

enum {
    TEXT_BLOCK_BYTES = 16 * 1024,
    EVIDENCE_MAX_BYTES = 256 * 1024
};

void cn_signals_init(struct cn_signals *signals)
{
    *signals = (struct cn_signals){ 0 };
    cn_signal_states_init(&signals->states, 0);
    cn_arena_init(&signals->text, TEXT_BLOCK_BYTES);
}

void cn_signals_deinit(struct cn_signals *signals)
{
    cn_signal_states_deinit(&signals->states);
    cn_hold_set_deinit(&signals->holds);
    cn_signal_moves_deinit(&signals->moves);
    cn_bitmap_deinit(&signals->answered);
    cn_arena_deinit(&signals->text);
    free(signals->starts);
    free(signals->decisions);
    free(signals->orphans);
    free(signals->pending.rows);
    free(signals->pending.overs);
    free(signals->pending.decisions);
}

void cn_signals_resize(struct cn_engine *engine, size_t rows)
{
    cn_signal_states_resize(&engine->signals.states, rows);
    cn_bitmap_resize(&engine->signals.answered, rows);
}

void cn_signals_remove(struct cn_engine *engine, int64_t account_id, uint32_t row)
{
    cn_signal_states_clear(&engine->signals.states, row);
    cn_hold_set_forget(&engine->signals.holds, account_id);
    cn_bitmap_remove(&engine->signals.answered, row);
}

void cn_engine_rouse(struct cn_engine *engine)
{
    struct cn_bitmap *dirty = cn_frame_dirty(engine->frame);
    const struct cn_hold_set *holds = &engine->signals.holds;
    cn_signal_states_rouse(&engine->signals.states, dirty);
    for (size_t i = 0; i < holds->count; i++) {
        uint32_t row = 0;
        if (cn_frame_find(engine->frame, holds->items[i].account_id, &row)) {
            cn_bitmap_add(dirty, row); /* it may begin or end */
        }
    }
}

/* ---- what people decided ---- */

static void add_decision(struct cn_signals *signals, const struct cn_signal_decision *decision)
{
    signals->decisions = cn_heap_reserve(signals->decisions, signals->decision_count + 1,
                                         &signals->decision_capacity, sizeof(*decision));
    signals->decisions[signals->decision_count++] = *decision;
}

/* Whether it is there already, or is over and never was. */
static bool is_known(const struct cn_hold_set *set, const struct cn_hold_span *span, cn_time now)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct cn_hold_span *known = &set->items[i];
        if (known->hold_id == span->hold_id) {
            return known->from_us == span->from_us && known->until_us == span->until_us;
        }
    }
    return span->until_us <= now.us;
}

static void take_hold(void *arg, const struct cn_hold_span *span)
{
    struct cn_engine *engine = arg;
    struct cn_signals *signals = &engine->signals;
    cn_time now = cn_now(engine->options.clock);
    struct cn_hold_span taken = *span;
    if (taken.from_us <= now.us) {
        taken.from_us = 0; /* it has begun, also for a round that looked at the clock before */
    }
    if (!is_known(&signals->holds, &taken, now)) {
        cn_hold_set_put(&signals->holds, &taken);
        add_decision(signals, &(struct cn_signal_decision){ .hold = taken });
    }
}

static void put_start(struct cn_signals *signals, const struct cn_signal_start *start)
{
    signals->starts = cn_heap_reserve(signals->starts, signals->start_count + 1,
                                      &signals->start_capacity, sizeof(*start));
    signals->starts[signals->start_count] = *start;
    signals->starts[signals->start_count++].rule = cn_arena_str(&signals->text, start->rule);
}

static void take_start(void *arg, const struct cn_signal_start *start)
{
    struct cn_engine *engine = arg;
    struct cn_signals *signals = &engine->signals;
    for (size_t i = 0; i < signals->start_count; i++) {
        if (signals->starts[i].signal_id == start->signal_id) {
            return; /* a round that failed has not come to it */
        }
    }
    put_start(signals, start);
    const struct cn_signal_start *kept = &signals->starts[signals->start_count - 1];
    add_decision(signals, &(struct cn_signal_decision){ .start = *kept });
}

bool cn_engine_read_decisions(struct cn_engine *engine, struct cn_sql_conn *conn,
                              int64_t account_id, struct cn_error *err)
{
    uint32_t row = 0;
    if (!cn_frame_find(engine->frame, account_id, &row)) {
        return true; /* it was merged since */
    }
    cn_bitmap_add(cn_frame_dirty(engine->frame), row);
    /* Those that are over, too: one may have been ended. */
    return cn_hold_each(conn, account_id, (cn_time){ 0 }, take_hold, engine, err) &&
           cn_signal_each_start(conn, account_id, take_start, engine, err);
}

void cn_engine_take_decision(struct cn_engine *engine, const struct cn_signal_decision *decision)
{
    struct cn_signals *signals = &engine->signals;
    bool is_hold = decision->hold.hold_id != 0;
    uint32_t row = 0;
    if (is_hold) {
        cn_hold_set_put(&signals->holds, &decision->hold);
    } else {
        put_start(signals, &decision->start);
    }
    if (cn_frame_find(engine->frame,
                      is_hold ? decision->hold.account_id : decision->start.account_id, &row)) {
        cn_bitmap_add(cn_frame_dirty(engine->frame), row);
    }
}

bool cn_engine_is_settling(void *arg, int64_t account_id, cn_time now)
{
    const struct cn_engine *engine = arg;
    /* Its record may say that the account is older: what counts is when it came. */
    return now.us - cn_id_time(account_id).us < engine->options.signal_settle_us;
}

/* ---- at a start ---- */

static bool find_row(void *arg, int64_t account_id, uint32_t *row_out)
{
    const struct cn_engine *engine = arg;
    return cn_frame_find(engine->frame, account_id, row_out);
}

static void take_orphan(void *arg, const struct cn_signal_row *row)
{
    struct cn_engine *engine = arg;
    struct cn_signals *signals = &engine->signals;
    signals->orphans = cn_heap_reserve(signals->orphans, signals->orphan_count + 1,
                                       &signals->orphan_capacity, sizeof(*row));
    signals->orphans[signals->orphan_count] = *row;
    signals->orphans[signals->orphan_count++].rule = cn_arena_str(&signals->text, row->rule);
}

static void note_outdated(void *arg, uint32_t row)
{
    struct cn_engine *engine = arg;
    cn_bitmap_add(&engine->signals.answered, row);
}

bool cn_engine_load_signals(struct cn_engine *engine, struct cn_sql_conn *conn,
                            struct cn_error *err)
{
    struct cn_signals *signals = &engine->signals;
    size_t rows = cn_frame_rows(engine->frame);
    const struct cn_signal_load load = { .model = engine->program->signals,
                                         .states = &signals->states,
                                         .find = find_row,
                                         .orphan = take_orphan,
                                         .outdated = note_outdated,
                                         .arg = engine };
    cn_signal_states_deinit(&signals->states);
    cn_signal_states_init(&signals->states, engine->program->signals->rule_count);
    cn_signals_resize(engine, rows);
    return cn_signal_states_load(conn, &load, err) &&
           cn_hold_each(conn, 0, cn_now(engine->options.clock), take_hold, engine, err) &&
           cn_signal_each_start(conn, 0, take_start, engine, err);
}

/* ---- another program ---- */

/* The rule of `after` that goes on with the states of a rule of `before`, or false. */
static bool find_heir(const struct cn_signal_model *after, cn_str name, size_t *rule_out)
{
    if (cn_signal_rule_find(after, name, rule_out)) {
        return true;
    }
    for (size_t i = 0; i < after->rule_count; i++) {
        if (cn_str_equal(after->rules[i].was, name)) {
            *rule_out = i;
            return true;
        }
    }
    return false;
}

/* The same for signals about records. */
static void end_records(struct cn_engine *engine, const struct cn_signal_model *before, size_t rule,
                        size_t row, bool keeps_raised)
{
    const struct cn_signal_rule *old = &before->rules[rule];
    const struct cn_about_list list = cn_abouts_of(&engine->signals.states.abouts, rule, row);
    for (size_t i = 0; i < list.count; i++) {
        const struct cn_about *about = &list.items[i];
        if (about->signal_id != 0 && !(keeps_raised && about->mark.state == CN_SIGNAL_RAISED)) {
            take_orphan(engine, &(struct cn_signal_row){ .account_id =
                                                             cn_frame_accounts(engine->frame)[row],
                                                         .signal_id = about->signal_id,
                                                         .about_id = about->about_id,
                                                         .rule = old->name,
                                                         .rule_hash = old->hash });
        }
    }
}

/* Ends the signals of a rule that does not go on; raised ones do if it only asks something else. */
static void end_rule(struct cn_engine *engine, const struct cn_signal_model *before, size_t rule,
                     bool keeps_raised, bool keeps_records)
{
    struct cn_signals *signals = &engine->signals;
    const int64_t *accounts = cn_frame_accounts(engine->frame);
    for (size_t row = 0; row < signals->states.rows; row++) {
        int64_t signal_id = cn_signal_states_id(&signals->states, rule, row);
        struct cn_signal_mark mark = cn_signal_states_get(&signals->states, rule, row);
        if (signal_id != 0 && accounts[row] != 0 &&
            !(keeps_raised && mark.state == CN_SIGNAL_RAISED)) {
            take_orphan(engine, &(struct cn_signal_row){ .account_id = accounts[row],
                                                         .signal_id = signal_id,
                                                         .rule = before->rules[rule].name,
                                                         .rule_hash = before->rules[rule].hash });
        }
        if (accounts[row] != 0) {
            end_records(engine, before, rule, row, keeps_records);
        }
    }
}

void cn_engine_move_signals(struct cn_engine *engine, const struct cn_signal_model *before,
                            const struct cn_signal_model *after)
{
    struct cn_signals *signals = &engine->signals;
    bool is_outdated = false;
    for (size_t rule = 0; rule < before->rule_count; rule++) {
        size_t heir = 0;
        bool goes_on = find_heir(after, before->rules[rule].name, &heir);
        bool is_same = goes_on && after->rules[heir].hash == before->rules[rule].hash;
        if (!is_same) {
            end_rule(engine, before, rule, goes_on,
                     goes_on && cn_signal_rule_is_each(&after->rules[heir]));
        }
        is_outdated |= !is_same || !cn_str_equal(after->rules[heir].name, before->rules[rule].name);
    }
    if (is_outdated) {
        cn_bitmap_fill(&signals->answered, true);
    }
    cn_signal_moves_clear(&signals->moves); /* of a round that failed: their rules have other
                                               numbers now */
    cn_signal_states_use(&signals->states, before, after);
}

/* ---- evidence ---- */

static void key(struct cn_json_writer *out, const char *name)
{
    cn_json_key(out, cn_str_of(name));
}

static void write_value(struct cn_json_writer *out, const struct cn_fact *fact)
{
    char at[CN_TIME_TEXT_BYTES];
    cn_json_object_begin(out);
    key(out, "name");
    cn_json_str(out, fact->name);
    key(out, "value_text");
    cn_json_str(out, fact->value_text);
    key(out, "source");
    cn_json_str(out, fact->source);
    key(out, "at");
    if (fact->at.us != 0) {
        cn_time_format(fact->at, at);
        cn_json_str(out, cn_str_of(at));
    } else {
        cn_json_null(out);
    }
    cn_json_object_end(out);
}

static void write_ticket(struct cn_json_writer *out, int64_t about_id)
{
    char text[CN_ID_TEXT_BYTES];
    if (about_id == 0) {
        cn_json_null(out);
        return;
    }
    cn_id_format(CN_TICKET_PREFIX, about_id, text);
    cn_json_str(out, cn_str_of(text));
}

/* What the rule read, frozen; "" if it cannot be told: then the signal stands without. */
static cn_str evidence_of(struct cn_engine *engine, const struct cn_signal_moved *moved,
                          struct cn_arena *arena)
{
    const struct cn_signal_model *model = engine->program->signals;
    const struct cn_signal_rule *rule = &model->rules[moved->rule];
    struct cn_when when = cn_when_at(engine->options.tz, engine->clock, false);
    struct cn_json_writer out;
    struct cn_error ignored;
    struct cn_buf buf;
    size_t count = 0;
    cn_str text = CN_STR("");
    const uint32_t *columns = cn_signal_rule_columns(model, moved->rule, &engine->scratch, &count);
    when.all_known = true;
    cn_buf_init(&buf, EVIDENCE_MAX_BYTES);
    cn_json_writer_init(&out, &buf);
    cn_json_object_begin(&out);
    key(&out, "when");
    cn_json_str(&out, rule->when_text);
    key(&out, "clear");
    cn_json_str(&out, rule->clear_text);
    key(&out, "each");
    cn_json_str(&out, rule->each_text);
    key(&out, "ticket_id");
    write_ticket(&out, moved->about_id);
    key(&out, "values");
    cn_json_array_begin(&out);
    for (size_t i = 0; i < count; i++) {
        struct cn_fact fact;
        if (cn_frame_fact(engine->frame, columns[i], moved->row, &when, &engine->scratch, &fact,
                          &ignored)) {
            write_value(&out, &fact);
        }
    }
    cn_json_array_end(&out);
    key(&out, "health");
    cn_engine_write_health(&out, engine, moved->row);
    cn_json_object_end(&out);
    if (cn_json_finish(&out, &text, &ignored)) {
        text = cn_arena_str(arena, text);
    } else {
        char account[CN_ID_TEXT_BYTES];
        cn_id_format(CN_ACCOUNT_PREFIX, cn_frame_accounts(engine->frame)[moved->row], account);
        cn_log(CN_LOG_WARN, "engine",
               "what the signal \"%.*s\" of %s rests on is too long to keep: over %d bytes",
               CN_STR_ARG(rule->name), account, EVIDENCE_MAX_BYTES);
    }
    cn_buf_deinit(&buf);
    return text;
}

/* ---- ticks ---- */

static void add_row(struct cn_signals_pending *pending, const struct cn_signal_row *row)
{
    pending->rows =
        cn_heap_reserve(pending->rows, pending->count + 1, &pending->capacity, sizeof(*row));
    pending->rows[pending->count++] = *row;
}

/* Who had the program raise it at once, if that is why it moved. */
static int64_t opener_of(const struct cn_engine *engine, const struct cn_signal_moved *moved)
{
    bool is_raised = moved->move == CN_SIGNAL_RAISES || moved->move == CN_SIGNAL_IS_HELD;
    return moved->before.state == CN_SIGNAL_UNKNOWN && is_raised &&
                   engine->program->starters != NULL
               ? engine->program->starters[moved->rule]
               : 0;
}

static int64_t starter_of(const struct cn_signals *signals, int64_t signal_id)
{
    for (size_t i = 0; i < signals->decision_count; i++) {
        if (signals->decisions[i].start.signal_id == signal_id) {
            return signals->decisions[i].start.user_id;
        }
    }
    return 0;
}

/* The newest signal of the rule for the account, or for that record of it; 0: there was none. */
static int64_t newest_of(const struct cn_signal_states *states, const struct cn_signal_moved *moved)
{
    const struct cn_about *about =
        cn_abouts_find(&states->abouts, moved->rule, moved->row, moved->about_id);
    return about != NULL ? about->signal_id : cn_signal_states_id(states, moved->rule, moved->row);
}

static void set_newest(struct cn_signal_states *states, const struct cn_signal_moved *moved,
                       int64_t signal_id)
{
    struct cn_about *about =
        cn_abouts_find(&states->abouts, moved->rule, moved->row, moved->about_id);
    if (about != NULL) {
        about->signal_id = signal_id;
    } else {
        cn_signal_states_set_id(states, moved->rule, moved->row, signal_id);
    }
}

/* A signal goes on, or is another one: what is found, or becomes true anew. */
static bool begins(const struct cn_signal_moved *moved, int64_t signal_id)
{
    bool was_standing = moved->before.state == CN_SIGNAL_BASELINE ||
                        moved->before.state == CN_SIGNAL_HELD ||
                        moved->before.state == CN_SIGNAL_RAISED;
    return signal_id == 0 ||
           !(was_standing || moved->move == CN_SIGNAL_RETURNS || moved->move == CN_SIGNAL_CLEARS);
}

/* The program may be another by the time that they are stored. */
static void copy_tasks(const struct cn_signal_rule *rule, struct cn_arena *arena,
                       struct cn_signal_row *row)
{
    cn_str *tasks = cn_arena_array(arena, cn_str, rule->task_count + 1);
    for (size_t i = 0; i < rule->task_count; i++) {
        tasks[i] = cn_arena_str(arena, rule->tasks[i]);
    }
    row->tasks = tasks;
    row->task_count = rule->task_count;
}

static void remember_move(struct cn_engine *engine, const struct cn_tick *tick,
                          const struct cn_signal_moved *moved)
{
    struct cn_signals *signals = &engine->signals;
    struct cn_arena *arena = &engine->pending.arena;
    const struct cn_signal_rule *rule = &engine->program->signals->rules[moved->rule];
    int64_t newest = newest_of(&signals->states, moved);
    bool is_new = begins(moved, newest);
    struct cn_signal_row row = {
        .account_id = cn_frame_accounts(engine->frame)[moved->row],
        .signal_id = is_new ? cn_id_next(engine->options.ids, tick->at) : newest,
        .event_id = cn_id_next(engine->options.ids, tick->at),
        .about_id = moved->about_id,
        .rule = cn_arena_str(arena, rule->name),
        .rule_hash = rule->hash,
        .because = cn_arena_str(arena, rule->because),
        .severity = rule->severity,
        .owner = rule->owner,
        .kind = (enum cn_signal_event_kind)moved->move,
        .mark = moved->after,
        .is_new = is_new,
        .replaces = is_new ? newest : 0,
        .at = tick->at,
        .tick = tick->number,
        .user_id = is_new ? opener_of(engine, moved) : starter_of(signals, newest),
        .program_version = tick->program_version,
    };
    if (is_new) {
        set_newest(&signals->states, moved, row.signal_id);
    }
    if (moved->move == CN_SIGNAL_RAISES) {
        row.evidence = evidence_of(engine, moved, arena);
        copy_tasks(rule, arena, &row);
    }
    add_row(&signals->pending, &row);
}

/* Signals of rules that the program no longer has. */
static size_t end_orphans(struct cn_engine *engine, const struct cn_tick *tick)
{
    struct cn_signals *signals = &engine->signals;
    size_t count = signals->orphan_count;
    for (size_t i = 0; i < count; i++) {
        struct cn_signal_row row = signals->orphans[i];
        row.rule = cn_arena_str(&engine->pending.arena, row.rule);
        row.kind = CN_SIGNAL_EVENT_ENDED;
        row.mark = (struct cn_signal_mark){ .state = CN_SIGNAL_CLEAR, .cleared_at = tick->at };
        row.event_id = cn_id_next(engine->options.ids, tick->at);
        row.at = tick->at;
        row.tick = tick->number;
        row.program_version = tick->program_version;
        add_row(&signals->pending, &row);
    }
    signals->orphan_count = 0;
    return count;
}

static size_t remember_overs(struct cn_signals *signals)
{
    struct cn_signals_pending *pending = &signals->pending;
    const size_t count = signals->moves.over_count;
    for (size_t i = 0; i < count; i++) {
        pending->overs = cn_heap_reserve(pending->overs, pending->over_count + 1,
                                         &pending->over_capacity, sizeof(*pending->overs));
        pending->overs[pending->over_count++] = signals->moves.overs[i];
    }
    return count;
}

size_t cn_engine_remember_signals(struct cn_engine *engine, const struct cn_tick *tick)
{
    struct cn_signals *signals = &engine->signals;
    struct cn_signals_pending *pending = &signals->pending;
    const int64_t *accounts = cn_frame_accounts(engine->frame);
    size_t count = end_orphans(engine, tick) + remember_overs(signals) + signals->moves.count +
                   signals->decision_count;
    for (size_t i = 0; i < signals->moves.count; i++) {
        const struct cn_signal_moved *moved = &signals->moves.items[i];
        if (accounts[moved->row] == 0) {
            continue;
        }
        cn_bitmap_add(&engine->active, moved->row);
        if (moved->before.state == CN_SIGNAL_UNKNOWN) {
            cn_bitmap_add(&signals->answered, moved->row);
        }
        if (moved->move != CN_SIGNAL_LEARNED) {
            remember_move(engine, tick, moved);
        }
    }
    for (size_t i = 0; i < signals->decision_count; i++) {
        pending->decisions =
            cn_heap_reserve(pending->decisions, pending->decision_count + 1,
                            &pending->decision_capacity, sizeof(*pending->decisions));
        struct cn_signal_decision *decision = &pending->decisions[pending->decision_count++];
        *decision = signals->decisions[i];
        decision->tick = tick->number;
        if (decision->start.signal_id != 0) {
            decision->start.rule = cn_arena_str(&engine->pending.arena, decision->start.rule);
        }
    }
    cn_signal_moves_clear(&signals->moves);
    signals->decision_count = 0;
    cn_arena_reset(&signals->text);
    return count;
}

bool cn_engine_store_signals(struct cn_engine *engine, const struct cn_unit *unit,
                             struct cn_error *err)
{
    struct cn_signals *signals = &engine->signals;
    const struct cn_signals_pending *pending = &signals->pending;
    const struct cn_signal_budget budget = {
        .a_day = engine->options.signal_budget,
        .day_start = cn_tz_day_start(engine->options.tz, engine->day),
        .tell = engine->options.tell,
    };
    bool ok = true;
    for (size_t i = 0; ok && i < pending->decision_count; i++) {
        ok = cn_signal_save_decision(unit->conn, &pending->decisions[i], err);
    }
    for (size_t i = 0; ok && i < pending->count; i++) {
        ok = cn_signal_save(unit, &pending->rows[i], &budget, err);
    }
    for (size_t i = 0; ok && i < pending->over_count; i++) {
        ok = cn_signal_save_over(unit, &pending->overs[i], err);
    }
    return ok &&
           (cn_bitmap_is_empty(&signals->answered) ||
            cn_signal_save_answered(unit, engine->program->signals, &signals->states,
                                    cn_frame_accounts(engine->frame), &signals->answered, err));
}

void cn_engine_signals_stored(struct cn_engine *engine)
{
    struct cn_signals *signals = &engine->signals;
    signals->pending.count = 0;
    signals->pending.decision_count = 0;
    signals->pending.over_count = 0;
    cn_bitmap_fill(&signals->answered, false);
}
