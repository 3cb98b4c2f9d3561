#include "signal/snooze.h"

#include "base/str.h"

#include "book/account.h"
#include "book/change.h"
#include "signal/store.h"

struct snooze {
    int64_t account_id;
    int64_t signal_id;
    int64_t until_us;
    cn_str rule;
    enum cn_signal_state state;
    bool is_resolved;
    enum cn_signal_severity severity;
    cn_user_id assignee;
    int64_t program_version;
    int64_t about_id;
};

bool cn_snooze_next(struct cn_sql_conn *conn, cn_time *next_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(conn, "SELECT min(snoozed_us) FROM signal WHERE snoozed_us IS NOT NULL",
                        &stmt, err)) {
        return false;
    }
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        next_out->us =
            row && !cn_sql_column_is_null(stmt, 0) ? cn_sql_column_i64(stmt, 0) : INT64_MAX;
    }
    cn_sql_finish(stmt);
    return ok || cn_error_context(err, "looking for snoozes");
}

static bool list_over(const struct cn_unit *unit, struct snooze *list, size_t *count_out,
                      struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    size_t count = 0;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT account_id, signal_id, snoozed_us, rule, state, resolved_us,"
                        " severity, assignee_id, program_version, about_id FROM signal"
                        " WHERE snoozed_us <= $1 ORDER BY snoozed_us, signal_id LIMIT $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, unit->now.us);
    cn_sql_bind_i64(stmt, 2, CN_SNOOZES_AT_ONCE);
    while ((ok = cn_sql_step(stmt, &row, err)) && row && count < CN_SNOOZES_AT_ONCE) {
        list[count++] = (struct snooze){
            .account_id = cn_sql_column_i64(stmt, 0),
            .signal_id = cn_sql_column_i64(stmt, 1),
            .until_us = cn_sql_column_i64(stmt, 2),
            .rule = cn_arena_str(unit->arena, cn_sql_column_str(stmt, 3)),
            .state = (enum cn_signal_state)cn_sql_column_i64(stmt, 4),
            .is_resolved = !cn_sql_column_is_null(stmt, 5),
            .severity = (enum cn_signal_severity)cn_sql_column_i64(stmt, 6),
            .assignee = { cn_sql_column_i64(stmt, 7) }, /* 0: nobody */
            .program_version = cn_sql_column_i64(stmt, 8),
            .about_id = cn_sql_column_i64(stmt, 9),
        };
    }
    cn_sql_finish(stmt);
    *count_out = count;
    return ok;
}

/* False in *ended_out if somebody has snoozed it once more, or it was raised anew. */
static bool clear_snooze(const struct cn_unit *unit, const struct snooze *snooze, bool *ended_out,
                         struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE signal SET snoozed_us = NULL, version = version + 1"
                        " WHERE account_id = $1 AND signal_id = $2 AND snoozed_us = $3",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, snooze->account_id);
    cn_sql_bind_i64(stmt, 2, snooze->signal_id);
    cn_sql_bind_i64(stmt, 3, snooze->until_us);
    bool ok = cn_sql_run(stmt, err);
    *ended_out = ok && cn_sql_changes(unit->conn) > 0;
    return ok;
}

static bool add_event(const struct cn_unit *unit, const struct snooze *snooze, int64_t event_id,
                      struct cn_error *err)
{
    const struct cn_signal_row row = {
        .account_id = snooze->account_id,
        .signal_id = snooze->signal_id,
        .event_id = event_id,
        .about_id = snooze->about_id,
        .rule = snooze->rule,
        .kind = CN_SIGNAL_EVENT_ASKED_AGAIN,
        .mark = { .state = snooze->state },
        .at = unit->now,
        .program_version = snooze->program_version,
    };
    bool is_new = false;
    return cn_signal_save_event(unit, &row, CN_STR(""), &is_new, err);
}

/* What cleared or was resolved meanwhile asks nobody. */
static bool ask_again(const struct cn_unit *unit, const struct snooze *snooze,
                      const struct cn_tell_options *options, bool *asked_out, struct cn_error *err)
{
    struct cn_tell tell = { .signal_id = snooze->signal_id,
                            .event_id = cn_id_next(unit->ids, unit->now),
                            .user = snooze->assignee,
                            .severity = snooze->severity,
                            .kind = CN_OUTBOX_SNOOZE_OVER };
    bool ended = false;
    if (!clear_snooze(unit, snooze, &ended, err)) {
        return false;
    }
    *asked_out = ended && snooze->state == CN_SIGNAL_RAISED && !snooze->is_resolved;
    if (!*asked_out) {
        return true;
    }
    cn_change_note(unit, (cn_account_id){ snooze->account_id }, CN_CHANGE_SIGNAL);
    return add_event(unit, snooze, tell.event_id, err) && cn_tell_person(unit, &tell, options, err);
}

/* A merge copies the snooze along, so it waits until this one is over. */
static bool hold_accounts(const struct cn_unit *unit, const struct snooze *list, size_t count,
                          struct cn_map *held_out, struct cn_error *err)
{
    int64_t *ids = cn_arena_array(unit->arena, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = list[i].account_id;
    }
    return count == 0 || cn_account_hold(unit, ids, count, held_out, err);
}

bool cn_snooze_end(const struct cn_unit *unit, const struct cn_tell_options *tell,
                   int64_t **accounts_out, size_t *count_out, struct cn_error *err)
{
    struct snooze *list = cn_arena_array(unit->arena, struct snooze, CN_SNOOZES_AT_ONCE);
    int64_t *accounts = cn_arena_array(unit->arena, int64_t, CN_SNOOZES_AT_ONCE);
    struct cn_map held = { 0 };
    size_t count = 0;
    size_t asked_count = 0;
    bool ok = list_over(unit, list, &count, err) && hold_accounts(unit, list, count, &held, err);
    for (size_t i = 0; ok && i < count; i++) {
        bool asked = false;
        if (cn_map_get(&held, (uint64_t)list[i].account_id) == NULL) {
            continue; /* merged meanwhile: the next time, where it is then */
        }
        ok = ask_again(unit, &list[i], tell, &asked, err);
        if (asked) {
            accounts[asked_count++] = list[i].account_id;
        }
    }
    cn_map_deinit(&held);
    if (ok) {
        *accounts_out = accounts;
        *count_out = asked_count;
    }
    return ok || cn_error_context(err, "ending snoozes");
}
