#include "signal/store.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/str.h"

#include "book/change.h"
#include "book/merge.h"
#include "signal/task.h"

enum {
    ANSWERED_MAX_BYTES = CN_SIGNALS_MAX * 17 + 1,
    IDS_AT_ONCE = 5000,
};

const char *const cn_signal_event_names[CN_SIGNAL_EVENT_COUNT] = {
    [CN_SIGNAL_STAYS] = "stays",
    [CN_SIGNAL_LEARNED] = "learned",
    [CN_SIGNAL_EVENT_FOUND] = "already_true",
    [CN_SIGNAL_EVENT_RAISED] = "raised",
    [CN_SIGNAL_EVENT_RETURNED] = "returned",
    [CN_SIGNAL_EVENT_CLEARED] = "cleared",
    [CN_SIGNAL_EVENT_HELD] = "held",
    [CN_SIGNAL_EVENT_ENDED] = "ended",
    [CN_SIGNAL_EVENT_STARTED] = "started",
    [CN_SIGNAL_EVENT_ACKNOWLEDGED] = "acknowledged",
    [CN_SIGNAL_EVENT_SNOOZED] = "snoozed",
    [CN_SIGNAL_EVENT_ASSIGNED] = "assigned",
    [CN_SIGNAL_EVENT_RESOLVED] = "resolved",
    [CN_SIGNAL_EVENT_TASK_DONE] = "task_done",
    [CN_SIGNAL_EVENT_TASK_REOPENED] = "task_reopened",
    [CN_SIGNAL_EVENT_ASKED_AGAIN] = "asked_again",
    [CN_SIGNAL_EVENT_REOPENED] = "reopened",
};

/* ---- who is asked ---- */

/* Number 0 of the first row, or 0. */
static bool ask(struct cn_sql_stmt *stmt, int64_t *value_out, struct cn_error *err)
{
    bool row = false;
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *value_out = row ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

/* The leader of the account's team, if there is one; else, and for a CSM, the account's owner. */
static bool find_assignee(const struct cn_unit *unit, const struct cn_signal_row *row,
                          int64_t *user_out, struct cn_error *err)
{
    static const char owner[] = "SELECT owner_id FROM account WHERE account_id = $1";
    static const char team[] = "SELECT team_id FROM account WHERE account_id = $1";
    static const char leader[] = "SELECT user_id FROM app_user WHERE team_id = $1 AND role = $2"
                                 " AND disabled_us IS NULL ORDER BY user_id LIMIT 1";
    struct cn_sql_stmt *stmt = NULL;
    int64_t team_id = 0;
    *user_out = 0;
    if (row->owner == CN_SIGNAL_OWNER_LEADER) {
        if (!cn_sql_prepare(unit->conn, team, &stmt, err)) {
            return false;
        }
        cn_sql_bind_i64(stmt, 1, row->account_id);
        if (!ask(stmt, &team_id, err)) {
            return false;
        }
        stmt = NULL;
        if (!cn_sql_prepare(unit->conn, leader, &stmt, err)) {
            return false;
        }
        cn_sql_bind_i64(stmt, 1, team_id);
        cn_sql_bind_i64(stmt, 2, CN_ROLE_LEADER);
        if (!ask(stmt, user_out, err)) {
            return false;
        }
    }
    if (*user_out != 0) {
        return true;
    }
    stmt = NULL;
    if (!cn_sql_prepare(unit->conn, owner, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, row->account_id);
    return ask(stmt, user_out, err);
}

/* ---- a move ---- */

bool cn_signal_save_event(const struct cn_unit *unit, const struct cn_signal_row *row, cn_str note,
                          bool *is_new_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO signal_event(account_id, event_id, signal_id, rule, kind,"
                        " state, at_us, tick, user_id, program_version, note, evidence, about_id)"
                        " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
                        " ON CONFLICT (account_id, event_id) DO NOTHING",
                        &stmt, err)) {
        return false;
    }
    const int64_t values[] = { row->at.us, row->tick, row->user_id, row->program_version };
    cn_sql_bind_i64(stmt, 1, row->account_id);
    cn_sql_bind_i64(stmt, 2, row->event_id);
    cn_sql_bind_i64(stmt, 3, row->signal_id);
    cn_sql_bind_str(stmt, 4, row->rule);
    cn_sql_bind_i64(stmt, 5, (int64_t)row->kind);
    cn_sql_bind_i64(stmt, 6, (int64_t)row->mark.state);
    for (size_t i = 0; i < CN_ARRAY_LEN(values); i++) {
        cn_sql_bind_i64(stmt, 7 + (int)i, values[i]);
    }
    cn_sql_bind_str(stmt, 11, note);
    if (row->evidence.len > 0) {
        cn_sql_bind_str(stmt, 12, row->evidence);
    }
    cn_sql_bind_i64(stmt, 13, row->about_id);
    bool ok = cn_sql_run(stmt, err);
    *is_new_out = ok && cn_sql_changes(unit->conn) > 0;
    return ok;
}

/* The newest one of the rule until now. */
static bool end_current(const struct cn_unit *unit, int64_t account_id, int64_t signal_id,
                        struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE signal SET is_current = 0 WHERE account_id = $1"
                        " AND signal_id = $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account_id);
    cn_sql_bind_i64(stmt, 2, signal_id);
    return cn_sql_run(stmt, err);
}

static bool insert_signal(const struct cn_unit *unit, const struct cn_signal_row *row,
                          struct cn_error *err)
{
    static const char sql[] =
        "INSERT INTO signal(account_id, signal_id, rule, because, severity, owner, rule_hash,"
        " state, is_current, was_raised, first_us, since_us, program_version, told, version,"
        " about_id) VALUES($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $10, $11, 0, 1, $12)";
    struct cn_sql_stmt *stmt = NULL;
    if ((row->replaces != 0 && !end_current(unit, row->account_id, row->replaces, err)) ||
        !cn_sql_prepare(unit->conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, row->account_id);
    cn_sql_bind_i64(stmt, 2, row->signal_id);
    cn_sql_bind_str(stmt, 3, row->rule);
    cn_sql_bind_str(stmt, 4, row->because);
    cn_sql_bind_i64(stmt, 5, (int64_t)row->severity);
    cn_sql_bind_i64(stmt, 6, (int64_t)row->owner);
    cn_sql_bind_i64(stmt, 7, (int64_t)row->rule_hash);
    cn_sql_bind_i64(stmt, 8, (int64_t)row->mark.state);
    cn_sql_bind_i64(stmt, 9, row->mark.was_raised);
    cn_sql_bind_i64(stmt, 10, row->at.us);
    cn_sql_bind_i64(stmt, 11, row->program_version);
    cn_sql_bind_i64(stmt, 12, row->about_id);
    return cn_sql_run(stmt, err);
}

static bool update_signal(const struct cn_unit *unit, const struct cn_signal_row *row,
                          struct cn_error *err)
{
    static const char sql[] =
        "UPDATE signal SET state = $3, since_us = $4, was_raised = $5, rule = $6, rule_hash = $7,"
        " start_us = NULL, start_by = NULL, version = version + 1, is_current = $10,"
        " cleared_us = CASE WHEN $8 = 1 THEN $9 ELSE NULL END"
        " WHERE account_id = $1 AND signal_id = $2";
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, sql, &stmt, err)) {
        return false;
    }
    bool is_clear = row->mark.state == CN_SIGNAL_CLEAR;
    cn_sql_bind_i64(stmt, 1, row->account_id);
    cn_sql_bind_i64(stmt, 2, row->signal_id);
    cn_sql_bind_i64(stmt, 3, (int64_t)row->mark.state);
    cn_sql_bind_i64(stmt, 4, row->at.us);
    cn_sql_bind_i64(stmt, 5, row->mark.was_raised);
    cn_sql_bind_str(stmt, 6, row->rule);
    cn_sql_bind_i64(stmt, 7, (int64_t)row->rule_hash);
    cn_sql_bind_i64(stmt, 8, is_clear);
    cn_sql_bind_i64(stmt, 9, row->mark.cleared_at.us);
    cn_sql_bind_i64(stmt, 10, row->kind != CN_SIGNAL_EVENT_ENDED);
    return cn_sql_run(stmt, err);
}

/* A person is to be told. */
static bool raise_signal(const struct cn_unit *unit, const struct cn_signal_row *row,
                         const struct cn_signal_budget *budget, struct cn_error *err)
{
    static const char sql[] =
        "UPDATE signal SET raised_us = $3, assignee_id = $4, told = $5, severity = $6, because = "
        "$7,"
        " owner = $8, program_version = $9, resolved_us = NULL, resolved_by = NULL, outcome = NULL,"
        " outcome_reason = '', snoozed_us = NULL, acknowledged_us = NULL, acknowledged_by = NULL"
        " WHERE account_id = $1 AND signal_id = $2";
    struct cn_sql_stmt *stmt = NULL;
    struct cn_tell tell = { .signal_id = row->signal_id,
                            .event_id = row->event_id,
                            .severity = row->severity };
    struct cn_notice_preference preference;
    enum cn_told told = CN_TOLD_NOBODY;
    if (!find_assignee(unit, row, &tell.user.value, err) ||
        !cn_tell_decide(unit, &tell, budget, &preference, &told, err) ||
        (budget->tell != NULL &&
         !cn_tell_write(unit, &tell, budget->tell, &preference, told, err)) ||
        !cn_sql_prepare(unit->conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, row->account_id);
    cn_sql_bind_i64(stmt, 2, row->signal_id);
    cn_sql_bind_i64(stmt, 3, row->at.us);
    if (tell.user.value != 0) {
        cn_sql_bind_i64(stmt, 4, tell.user.value);
    }
    cn_sql_bind_i64(stmt, 5, told);
    cn_sql_bind_i64(stmt, 6, (int64_t)row->severity);
    cn_sql_bind_str(stmt, 7, row->because);
    cn_sql_bind_i64(stmt, 8, (int64_t)row->owner);
    cn_sql_bind_i64(stmt, 9, row->program_version);
    return cn_sql_run(stmt, err);
}

static bool hold_account(const struct cn_unit *unit, int64_t account_id, bool *there_out,
                         struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t found = 0;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT account_id FROM account WHERE account_id = $1 {{hold_row}}", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account_id);
    bool ok = ask(stmt, &found, err);
    *there_out = found != 0;
    return ok;
}

/* The account may have been merged since the round read it.  What is about itself ended with it;
 * its records are the survivor's, and so is what stands of them.  *account_out 0: nobody's. */
static bool find_account(const struct cn_unit *unit, int64_t account_id, bool is_record,
                         int64_t *account_out, struct cn_error *err)
{
    cn_account_id at = { account_id };
    cn_account_id next = at;
    bool there = false;
    *account_out = 0;
    do {
        at = next;
        if (!hold_account(unit, at.value, &there, err) ||
            (!there && is_record && !cn_merge_survivor(unit, at, &next, err))) {
            return false;
        }
    } while (!there && next.value != at.value);
    *account_out = there ? at.value : 0;
    return true;
}

static bool save(const struct cn_unit *unit, const struct cn_signal_row *row,
                 const struct cn_signal_budget *budget, struct cn_error *err)
{
    bool is_new = false;
    if (!cn_signal_save_event(unit, row, CN_STR(""), &is_new, err)) {
        return false;
    }
    if (!is_new) {
        return true; /* the answer to a commit was lost */
    }
    cn_change_note(unit, (cn_account_id){ row->account_id }, CN_CHANGE_SIGNAL);
    return (row->is_new ? insert_signal(unit, row, err) : update_signal(unit, row, err)) &&
           (row->kind != CN_SIGNAL_EVENT_RAISED ||
            (raise_signal(unit, row, budget, err) && cn_signal_save_tasks(unit, row, err)));
}

bool cn_signal_save(const struct cn_unit *unit, const struct cn_signal_row *row,
                    const struct cn_signal_budget *budget, struct cn_error *err)
{
    struct cn_signal_row there = *row;
    return (find_account(unit, row->account_id, row->about_id != 0, &there.account_id, err) &&
            (there.account_id == 0 || save(unit, &there, budget, err))) ||
           cn_error_context(err, "saving a signal");
}

bool cn_signal_save_over(const struct cn_unit *unit, const struct cn_signal_over *over,
                         struct cn_error *err)
{
    int64_t account_id = 0;
    return (find_account(unit, over->account_id, over->about_id != 0, &account_id, err) &&
            (account_id == 0 || end_current(unit, account_id, over->signal_id, err))) ||
           cn_error_context(err, "saving a signal that is over");
}

/* ---- which rules answered ---- */

/* An account and what names its answers. */
struct answer {
    uint64_t hash;
    int64_t account_id;
    size_t row;
};

static int by_hash(const void *a, const void *b)
{
    const struct answer *x = a;
    const struct answer *y = b;
    if (x->hash != y->hash) {
        return x->hash < y->hash ? -1 : 1;
    }
    return (x->account_id > y->account_id) - (x->account_id < y->account_id);
}

static void say_answers(const struct cn_signal_model *model, const struct cn_signal_states *states,
                        size_t row, struct cn_buf *out)
{
    cn_buf_clear(out);
    for (size_t rule = 0; rule < model->rule_count; rule++) {
        if (cn_signal_states_state(states, rule, row) != CN_SIGNAL_UNKNOWN) {
            uint64_t key = cn_signal_rule_key(model->rules[rule].name, model->rules[rule].hash);
            cn_buf_printf(out, "%016llx ", (unsigned long long)key);
        }
    }
}

/* The same answers of many accounts, of those that are still there. */
static bool save_same(const struct cn_unit *unit, const struct answer *answers, size_t count,
                      cn_str rules, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t *ids = cn_arena_array(unit->arena, int64_t, count);
    for (size_t i = 0; i < count; i++) {
        ids[i] = answers[i].account_id;
    }
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO signal_answered(account_id, rules)"
                        " SELECT account_id, CAST($2 AS text) FROM account"
                        " WHERE account_id {{in_ids $1}}"
                        " ON CONFLICT (account_id) DO UPDATE SET rules = excluded.rules",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_ids(stmt, 1, ids, count);
    cn_sql_bind_str(stmt, 2, rules);
    return cn_sql_run(stmt, err);
}

bool cn_signal_save_answered(const struct cn_unit *unit, const struct cn_signal_model *model,
                             const struct cn_signal_states *states, const int64_t *accounts,
                             const struct cn_bitmap *rows, struct cn_error *err)
{
    struct answer *answers = cn_arena_array(unit->arena, struct answer, cn_bitmap_count(rows) + 1);
    struct cn_buf text;
    size_t count = 0;
    size_t row = 0;
    bool ok = true;
    cn_buf_init(&text, ANSWERED_MAX_BYTES);
    for (size_t from = 0; cn_bitmap_next(rows, from, &row); from = row + 1) {
        if (accounts[row] != 0) {
            say_answers(model, states, row, &text);
            answers[count++] = (struct answer){ cn_hash64(cn_buf_str(&text)), accounts[row], row };
        }
    }
    /* Most accounts have the same answers: few statements say all of them. */
    qsort(answers, count, sizeof(*answers), by_hash);
    for (size_t i = 0, end = 0; ok && i < count; i = end) {
        while (end < count && answers[end].hash == answers[i].hash && end - i < IDS_AT_ONCE) {
            end++;
        }
        say_answers(model, states, answers[i].row, &text);
        ok = save_same(unit, answers + i, end - i, cn_buf_str(&text), err);
    }
    cn_buf_deinit(&text);
    return ok || cn_error_context(err, "saving which signals answered");
}
