#include "signal/part.h"

#include "book/change.h"
#include "signal/store.h"

/* What is about a record goes on where the record goes. */
static bool end_signals(const struct cn_unit *unit, cn_account_id from, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE signal SET is_current = 0, since_us = CASE WHEN state = $2"
                        " THEN since_us ELSE $3 END, cleared_us = CASE WHEN state = $2"
                        " THEN cleared_us ELSE $3 END, state = $2, start_us = NULL,"
                        " start_by = NULL, version = version + 1 WHERE account_id = $1"
                        " AND about_id = 0",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, from.value);
    cn_sql_bind_i64(stmt, 2, CN_SIGNAL_CLEAR);
    cn_sql_bind_i64(stmt, 3, unit->now.us);
    return cn_sql_run(stmt, err);
}

static bool move(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                 struct cn_error *err)
{
#define SIGNAL_COLUMNS                                                                             \
    "signal_id, rule, rule_hash, because, severity, owner, state, is_current, was_raised,"         \
    " first_us, since_us, raised_us, cleared_us, program_version, assignee_id, told,"              \
    " acknowledged_us, acknowledged_by, snoozed_us, start_us, start_by, resolved_us, resolved_by," \
    " outcome, outcome_reason, version, about_id"
#define EVENT_COLUMNS                                                                      \
    "event_id, signal_id, rule, kind, state, at_us, tick, user_id, program_version, note," \
    " evidence, about_id"
#define TASK_COLUMNS     "signal_id, number, text, done_us, done_by"
#define HOLD_COLUMNS     "hold_id, kind, reason, from_us, until_us, ended_us, created_us, created_by"
#define DECISION_COLUMNS "tick, record_id, rule, kind, from_us, until_us, about_id"
#define MOVE(table, columns)                                                             \
    "INSERT INTO " table "(account_id, " columns ") SELECT CAST($2 AS bigint), " columns \
    " FROM " table " WHERE account_id = $1",                                             \
        "DELETE FROM " table " WHERE account_id = $1"
    cn_change_note(unit, into, CN_CHANGE_DECISION); /* its holds */
    return end_signals(unit, from, err) &&
           cn_merge_move_rows(unit, MOVE("signal", SIGNAL_COLUMNS), from, into, err) &&
           cn_merge_move_rows(unit, MOVE("signal_event", EVENT_COLUMNS), from, into, err) &&
           cn_merge_move_rows(unit, MOVE("signal_task", TASK_COLUMNS), from, into, err) &&
           cn_merge_move_rows(unit, MOVE("hold", HOLD_COLUMNS), from, into, err) &&
           cn_merge_move_rows(unit, MOVE("tick_decision", DECISION_COLUMNS), from, into, err) &&
           /* The survivor's own say which rules have answered for it. */
           cn_merge_move_rows(
               unit,
               "INSERT INTO signal_answered(account_id, rules) SELECT CAST($2 AS bigint),"
               " rules FROM signal_answered WHERE account_id = $1"
               " ON CONFLICT (account_id) DO NOTHING",
               "DELETE FROM signal_answered WHERE account_id = $1", from, into, err);
}

const struct cn_account_part cn_signal_part = { "signals", move };
