/* What people do about a signal. */
#include <assert.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/time.h"
#include "base/utf8.h"

#include "book/account.h"
#include "book/change.h"
#include "book/user.h"
#include "signal/inbox.h"

enum {
    NAME_MAX_BYTES = 80 /* of a person, in what is said of them */
};

static const enum cn_signal_event_kind event_kinds[] = {
    [CN_SIGNAL_ACKNOWLEDGE] = CN_SIGNAL_EVENT_ACKNOWLEDGED,
    [CN_SIGNAL_SNOOZE] = CN_SIGNAL_EVENT_SNOOZED,
    [CN_SIGNAL_ASSIGN] = CN_SIGNAL_EVENT_ASSIGNED,
    [CN_SIGNAL_RESOLVE] = CN_SIGNAL_EVENT_RESOLVED,
    [CN_SIGNAL_START] = CN_SIGNAL_EVENT_STARTED,
    [CN_SIGNAL_REOPEN] = CN_SIGNAL_EVENT_REOPENED,
};

/* As the signal's history calls them. */
static const char *const deed_names[CN_SIGNAL_DEED_COUNT] = {
    [CN_SIGNAL_ACKNOWLEDGED] = "acknowledged",
    [CN_SIGNAL_SNOOZED] = "snoozed",
    [CN_SIGNAL_RESOLVED] = "resolved",
};

/* Who is asked about an account is told what it is: only who may read it is. */
static bool check_assignee(const struct cn_unit *unit, const struct cn_signal *signal,
                           cn_user_id id, struct cn_error *err)
{
    struct cn_account account;
    struct cn_user user;
    if (id.value == 0) {
        return true;
    }
    if (!cn_user_load(unit, id, &user, err)) {
        if (err->code == CN_NOT_FOUND) {
            cn_fail(err, CN_INVALID, "no such user");
        }
        return cn_error_field(err, "assignee_id");
    }
    if (user.is_disabled) {
        cn_fail(err, CN_INVALID, "the user is disabled");
        return cn_error_field(err, "assignee_id");
    }
    if (!cn_account_load(unit, signal->account_id, &account, err)) {
        return false;
    }
    const struct cn_unit reader = cn_user_reader(unit, &user);
    if (!cn_unit_sees(&reader, account.team_id.value, account.owner_id.value)) {
        cn_fail(err, CN_INVALID,
                "%.*s may not see this account: give it to them or to their team first, or choose"
                " somebody who sees it",
                CN_STR_ARG(cn_utf8_clip(user.name, NAME_MAX_BYTES)));
        return cn_error_field(err, "assignee_id");
    }
    return true;
}

/* ---- taking back ---- */

/* The moment that is stored of the deed, by which it is known; 0: it does not stand. */
static cn_time moment_of(const struct cn_unit *unit, const struct cn_signal *signal,
                         enum cn_signal_deed deed)
{
    cn_time at = { 0 };
    switch (deed) {
    case CN_SIGNAL_ACKNOWLEDGED:
        at.us = signal->acknowledged_at_given == CN_GIVEN ? signal->acknowledged_at.us : 0;
        break;
    case CN_SIGNAL_SNOOZED: /* one that is over is ended in a moment, if it is not yet */
        at.us = signal->snoozed_until_given == CN_GIVEN && signal->snoozed_until.us > unit->now.us
                    ? signal->snoozed_until.us
                    : 0;
        break;
    case CN_SIGNAL_RESOLVED:
        at.us = signal->resolved_at_given == CN_GIVEN ? signal->resolved_at.us : 0;
        break;
    case CN_SIGNAL_DEED_COUNT:
        break;
    }
    return at;
}

/* Which deed is taken back, if the verb takes one back. */
static bool choose_deed(const struct cn_unit *unit, const struct cn_signal *signal,
                        const struct cn_signal_action *action, enum cn_signal_deed *deed_out,
                        struct cn_error *err)
{
    if (action->verb != CN_SIGNAL_REOPEN) {
        return true;
    }
    if (action->deed_given == CN_GIVEN) {
        assert(action->deed < CN_SIGNAL_DEED_COUNT);
        *deed_out = action->deed;
        return moment_of(unit, signal, action->deed).us != 0 ||
               cn_fail(err, CN_CONFLICT, "the signal is not %s, or not any more",
                       deed_names[action->deed]);
    }
    for (int deed = CN_SIGNAL_DEED_COUNT - 1; deed >= 0; deed--) {
        if (moment_of(unit, signal, (enum cn_signal_deed)deed).us != 0) {
            *deed_out = (enum cn_signal_deed)deed;
            return true;
        }
    }
    return cn_fail(err, CN_CONFLICT,
                   "there is nothing to take back: the signal is not resolved, snoozed or"
                   " acknowledged");
}

/* When the snooze under the one that stands ends; 0: there is none, or it would be over. */
static bool find_earlier_snooze(const struct cn_unit *unit, const struct cn_signal *signal,
                                cn_time *until_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    cn_time until = { 0 };
    bool row = false;
    bool ok = false;
    bool is_found = false;
    int above = 1; /* snoozes that stand, or were taken back */
    if (!cn_sql_prepare(unit->conn,
                        "SELECT kind, note FROM signal_event WHERE account_id = $1"
                        " AND signal_id = $2 AND kind IN ($3, $4, $5, $6) ORDER BY event_id DESC",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, signal->account_id.value);
    cn_sql_bind_i64(stmt, 2, signal->id.value);
    cn_sql_bind_i64(stmt, 3, CN_SIGNAL_EVENT_SNOOZED);
    cn_sql_bind_i64(stmt, 4, CN_SIGNAL_EVENT_REOPENED);
    cn_sql_bind_i64(stmt, 5, CN_SIGNAL_EVENT_RAISED); /* it and the next end every snooze */
    cn_sql_bind_i64(stmt, 6, CN_SIGNAL_EVENT_ASKED_AGAIN);
    while (!is_found && (ok = cn_sql_step(stmt, &row, err)) && row) {
        const int64_t kind = cn_sql_column_i64(stmt, 0);
        const cn_str note = cn_sql_column_str(stmt, 1);
        if (kind == CN_SIGNAL_EVENT_REOPENED) {
            above += cn_str_equal(note, cn_str_of(deed_names[CN_SIGNAL_SNOOZED])) ? 1 : 0;
        } else if (kind != CN_SIGNAL_EVENT_SNOOZED) {
            break;
        } else if (above-- == 0) {
            is_found = cn_time_parse(note, &until);
        }
    }
    cn_sql_finish(stmt);
    if (ok) {
        until_out->us = is_found && until.us > unit->now.us ? until.us : 0;
    }
    return ok;
}

/* On PostgreSQL the deed may be over, or done anew, since the signal was read. */
static bool take_back(const struct cn_unit *unit, const struct cn_signal *signal,
                      enum cn_signal_deed deed, struct cn_error *err)
{
    static const char *const texts[CN_SIGNAL_DEED_COUNT] = {
        [CN_SIGNAL_ACKNOWLEDGED] =
            "UPDATE signal SET acknowledged_us = NULL, acknowledged_by = NULL,"
            " version = version + 1"
            " WHERE account_id = $1 AND signal_id = $2 AND acknowledged_us = $3",
        [CN_SIGNAL_SNOOZED] = "UPDATE signal SET snoozed_us = $4, version = version + 1"
                              " WHERE account_id = $1 AND signal_id = $2 AND snoozed_us = $3",
        [CN_SIGNAL_RESOLVED] = "UPDATE signal SET resolved_us = NULL, resolved_by = NULL,"
                               " outcome = NULL, outcome_reason = '', version = version + 1"
                               " WHERE account_id = $1 AND signal_id = $2 AND resolved_us = $3",
    };
    struct cn_sql_stmt *stmt = NULL;
    cn_time earlier = { 0 };
    if ((deed == CN_SIGNAL_SNOOZED && !find_earlier_snooze(unit, signal, &earlier, err)) ||
        !cn_sql_prepare(unit->conn, texts[deed], &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, signal->account_id.value);
    cn_sql_bind_i64(stmt, 2, signal->id.value);
    cn_sql_bind_i64(stmt, 3, moment_of(unit, signal, deed).us);
    if (earlier.us != 0) {
        cn_sql_bind_i64(stmt, 4, earlier.us);
    } else if (deed == CN_SIGNAL_SNOOZED) {
        cn_sql_bind_null(stmt, 4);
    }
    return cn_sql_run(stmt, err) &&
           (cn_sql_changes(unit->conn) > 0 ||
            cn_fail(err, CN_CONFLICT, "somebody else worked on the signal at the same time"));
}

/* ---- doing ---- */

static bool check(const struct cn_unit *unit, const struct cn_signal *signal,
                  const struct cn_signal_action *action, struct cn_error *err)
{
    if (action->verb == CN_SIGNAL_START) {
        return signal->state == CN_SIGNAL_BASELINE ||
               cn_fail(err, CN_CONFLICT, "only what was already true can be started");
    }
    if (signal->raised_at_given != CN_GIVEN) {
        return cn_fail(err, CN_CONFLICT, "the signal has not been raised");
    }
    if (action->verb == CN_SIGNAL_ASSIGN) {
        return check_assignee(unit, signal, action->assignee_id, err);
    }
    if (action->verb != CN_SIGNAL_SNOOZE) {
        return true;
    }
    if (signal->state != CN_SIGNAL_RAISED || signal->resolved_at_given == CN_GIVEN) {
        return cn_fail(err, CN_CONFLICT, "only an open signal can be snoozed");
    }
    if (action->until.us <= unit->now.us) {
        cn_fail(err, CN_INVALID, "a snooze ends later than now");
        return cn_error_field(err, "until");
    }
    return true;
}

/* $1 account, $2 signal, $3 now, $4 the user, $5 and $6 what the verb takes. */
static bool update(const struct cn_unit *unit, const struct cn_signal *signal,
                   const struct cn_signal_action *action, enum cn_signal_deed deed,
                   struct cn_error *err)
{
    static const char *const texts[] = {
        [CN_SIGNAL_ACKNOWLEDGE] =
            "UPDATE signal SET acknowledged_us = $3, acknowledged_by = $4, version = version + 1"
            " WHERE account_id = $1 AND signal_id = $2",
        [CN_SIGNAL_SNOOZE] = "UPDATE signal SET snoozed_us = $3, version = version + 1"
                             " WHERE account_id = $1 AND signal_id = $2",
        [CN_SIGNAL_ASSIGN] = "UPDATE signal SET assignee_id = $3, version = version + 1"
                             " WHERE account_id = $1 AND signal_id = $2",
        [CN_SIGNAL_RESOLVE] = "UPDATE signal SET resolved_us = $3, resolved_by = $4, outcome = $5,"
                              " outcome_reason = $6, version = version + 1"
                              " WHERE account_id = $1 AND signal_id = $2",
        [CN_SIGNAL_START] = "UPDATE signal SET start_us = $3, start_by = $4, version = version + 1"
                            " WHERE account_id = $1 AND signal_id = $2",
    };
    struct cn_sql_stmt *stmt = NULL;
    if (action->verb == CN_SIGNAL_REOPEN) {
        return take_back(unit, signal, deed, err);
    }
    if (!cn_sql_prepare(unit->conn, texts[action->verb], &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, signal->account_id.value);
    cn_sql_bind_i64(stmt, 2, signal->id.value);
    if (action->verb == CN_SIGNAL_SNOOZE) {
        cn_sql_bind_i64(stmt, 3, action->until.us);
    } else if (action->verb != CN_SIGNAL_ASSIGN) {
        cn_sql_bind_i64(stmt, 3, unit->now.us);
        cn_sql_bind_i64(stmt, 4, unit->user.value);
    } else if (action->assignee_id.value != 0) {
        cn_sql_bind_i64(stmt, 3, action->assignee_id.value);
    } else {
        cn_sql_bind_null(stmt, 3);
    }
    if (action->verb == CN_SIGNAL_RESOLVE) {
        cn_sql_bind_i64(stmt, 5, (int64_t)action->outcome);
        cn_sql_bind_str(stmt, 6, action->reason);
    }
    return cn_sql_run(stmt, err);
}

/* What the event says besides its kind. */
static cn_str note_of(const struct cn_unit *unit, const struct cn_signal_action *action,
                      enum cn_signal_deed deed)
{
    char text[CN_TIME_TEXT_BYTES + CN_ID_TEXT_BYTES] = "";
    if (action->verb == CN_SIGNAL_SNOOZE) {
        cn_time_format(action->until, text);
    } else if (action->verb == CN_SIGNAL_ASSIGN && action->assignee_id.value != 0) {
        cn_id_format(CN_USER_PREFIX, action->assignee_id.value, text);
    } else if (action->verb == CN_SIGNAL_REOPEN) {
        return cn_str_of(deed_names[deed]);
    } else if (action->verb == CN_SIGNAL_RESOLVE) {
        struct cn_buf buf;
        cn_buf_init(&buf, CN_SIGNAL_REASON_MAX_BYTES + 100);
        cn_buf_add_str(&buf, cn_str_of(cn_signal_outcome_names[action->outcome]));
        cn_buf_add_str(&buf, action->reason.len > 0 ? CN_STR(": ") : CN_STR(""));
        cn_buf_add_str(&buf, action->reason);
        cn_str note = cn_arena_str(unit->arena, cn_buf_str(&buf));
        cn_buf_deinit(&buf);
        return note;
    }
    return cn_arena_str(unit->arena, cn_str_of(text));
}

bool cn_signal_add_event(const struct cn_unit *unit, int64_t event_id,
                         const struct cn_signal *signal, enum cn_signal_event_kind kind,
                         cn_str note, struct cn_error *err)
{
    const struct cn_signal_row row = {
        .account_id = signal->account_id.value,
        .signal_id = signal->id.value,
        .event_id = event_id,
        .about_id = signal->ticket_id.value,
        .rule = signal->rule,
        .kind = kind,
        .mark = { .state = signal->state },
        .at = unit->now,
        .user_id = unit->user.value,
        .program_version = signal->program_version,
    };
    bool is_new = false;
    return cn_signal_save_event(unit, &row, note, &is_new, err);
}

/* Who hands it to themselves knows; what is over asks nobody. */
static bool tell_assignee(const struct cn_unit *unit, const struct cn_signal *before,
                          const struct cn_signal_action *action, int64_t event_id,
                          struct cn_error *err)
{
    const bool is_same = before->assignee_id_given == CN_GIVEN &&
                         before->assignee_id.value == action->assignee_id.value;
    struct cn_tell tell = { .signal_id = before->id.value,
                            .event_id = event_id,
                            .user = action->assignee_id,
                            .severity = before->severity,
                            .kind = CN_OUTBOX_ASSIGNED,
                            .by = CN_STR("") };
    struct cn_user by;
    if (action->verb != CN_SIGNAL_ASSIGN || action->assignee_id.value == 0 || is_same ||
        action->assignee_id.value == unit->user.value || before->state != CN_SIGNAL_RAISED ||
        before->resolved_at_given == CN_GIVEN) {
        return true;
    }
    if (unit->user.value != 0) {
        if (!cn_user_load(unit, unit->user, &by, err)) {
            return false;
        }
        tell.by = by.name;
    }
    return cn_tell_person(unit, &tell, action->tell, err);
}

bool cn_signal_act(const struct cn_unit *unit, cn_signal_id id,
                   const struct cn_signal_action *action, struct cn_signal *signal_out,
                   struct cn_error *err)
{
    struct cn_signal signal;
    enum cn_signal_deed deed = CN_SIGNAL_ACKNOWLEDGED;
    const int64_t event_id = cn_id_next(unit->ids, unit->now);
    if (!cn_sql_begin(unit->conn, err)) {
        return cn_error_context(err, "working on a signal");
    }
    /* Once more after the account is kept: until then a merge may have moved it.  On SQLite nobody
     * else writes by then; on PostgreSQL the engine may still move it until its row is updated. */
    if (!cn_signal_load(unit, id, &signal, err) || !cn_account_keep(unit, signal.account_id, err) ||
        !cn_signal_load(unit, id, &signal, err) || !check(unit, &signal, action, err) ||
        !choose_deed(unit, &signal, action, &deed, err) ||
        !update(unit, &signal, action, deed, err) ||
        !cn_signal_add_event(unit, event_id, &signal, event_kinds[action->verb],
                             note_of(unit, action, deed), err) ||
        !tell_assignee(unit, &signal, action, event_id, err)) {
        goto fail;
    }
    cn_change_note(unit, signal.account_id,
                   action->verb == CN_SIGNAL_START ? CN_CHANGE_DECISION : CN_CHANGE_SIGNAL);
    if (!cn_signal_load(unit, id, &signal, err) || !cn_sql_commit(unit->conn, err)) {
        goto fail;
    }
    *signal_out = signal;
    return true;

fail:
    cn_sql_rollback(unit->conn);
    return cn_error_context(err, "working on a signal");
}
