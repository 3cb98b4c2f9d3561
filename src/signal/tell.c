#include "signal/tell.h"

#include <stdio.h>

#include "base/str.h"

#include "signal/quiet.h"

enum {
    DEDUP_BYTES = 96
};

/* How often one was handed to the person since then, each time by all their ways. */
static bool count_handed(const struct cn_unit *unit, const struct cn_tell *tell, cn_time since,
                         int64_t *count_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT count(*) FROM (SELECT DISTINCT record_id, created_us FROM outbox"
                        " WHERE user_id = $1 AND kind = $2 AND created_us >= $3) AS handed",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, tell->user.value);
    cn_sql_bind_i64(stmt, 2, CN_OUTBOX_ASSIGNED);
    cn_sql_bind_i64(stmt, 3, since.us);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *count_out = row ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool count_told(const struct cn_unit *unit, const struct cn_tell *tell,
                       const struct cn_signal_budget *budget, int64_t *count_out,
                       struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT count(*) FROM signal WHERE assignee_id = $1 AND raised_us >= $2"
                        " AND told = $3 AND signal_id <> $4 AND severity >= $5",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, tell->user.value);
    cn_sql_bind_i64(stmt, 2, budget->day_start.us);
    cn_sql_bind_i64(stmt, 3, CN_TOLD_ASSIGNEE);
    cn_sql_bind_i64(stmt, 4, tell->signal_id);
    /* What is less severe must not keep a critical one back: those count among themselves. */
    cn_sql_bind_i64(stmt, 5, tell->severity == CN_SIGNAL_CRITICAL ? CN_SIGNAL_CRITICAL : 0);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *count_out = row ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_tell_decide(const struct cn_unit *unit, const struct cn_tell *tell,
                    const struct cn_signal_budget *budget,
                    struct cn_notice_preference *preference_out, enum cn_told *told_out,
                    struct cn_error *err)
{
    int64_t today = 0;
    *told_out = CN_TOLD_NOBODY;
    *preference_out = (struct cn_notice_preference){ 0 };
    if (tell->user.value == 0) {
        return true;
    }
    if (!cn_notice_preference_load(unit, tell->user, preference_out, err)) {
        return false;
    }
    if (tell->severity < preference_out->min_severity) {
        *told_out = CN_TOLD_IN_DIGEST;
        return true;
    }
    if (budget->a_day > 0 && !count_told(unit, tell, budget, &today, err)) {
        return false;
    }
    *told_out =
        budget->a_day > 0 && today >= budget->a_day ? CN_TOLD_OVER_BUDGET : CN_TOLD_ASSIGNEE;
    return true;
}

static bool add(const struct cn_unit *unit, const struct cn_tell *tell, enum cn_channel channel,
                cn_time due, struct cn_error *err)
{
    char dedup[DEDUP_BYTES];
    bool added = false;
    bool is_person = channel != CN_CHANNEL_SLACK_CHANNEL;
    (void)snprintf(dedup, sizeof(dedup), "signal %lld %s %lld", (long long)tell->event_id,
                   cn_channel_names[channel], is_person ? (long long)tell->user.value : 0);
    const struct cn_outbox_item item = {
        .id = cn_id_next(unit->ids, unit->now),
        .dedup = cn_str_of(dedup),
        .kind = tell->kind,
        .channel = channel,
        .user_id = is_person ? tell->user.value : 0,
        .record_id = tell->signal_id,
        .body = tell->by.len > 0 ? tell->by : CN_STR(""),
        .is_held = due.us > unit->now.us,
        .due = due,
        .created = unit->now,
    };
    return cn_outbox_add(unit->conn, &item, &added, err); /* the same again is told already */
}

/* When the person may be disturbed. */
static cn_time due_of(const struct cn_unit *unit, const struct cn_tell *tell,
                      const struct cn_tell_options *options,
                      const struct cn_notice_preference *preference)
{
    if (preference->quiet_given != CN_GIVEN ||
        (preference->critical_passes && tell->severity == CN_SIGNAL_CRITICAL)) {
        return unit->now;
    }
    struct cn_tz *own = cn_notice_zone(preference);
    cn_time due = cn_quiet_end(own != NULL ? own : options->tz, preference->quiet_from,
                               preference->quiet_until, unit->now);
    cn_tz_free(own);
    return due;
}

bool cn_tell_write(const struct cn_unit *unit, const struct cn_tell *tell,
                   const struct cn_tell_options *options,
                   const struct cn_notice_preference *preference, enum cn_told told,
                   struct cn_error *err)
{
    const bool is_told = told == CN_TOLD_ASSIGNEE;
    const bool is_wanted[CN_CHANNEL_COUNT] = {
        [CN_CHANNEL_APP] = is_told && preference->in_app,
        [CN_CHANNEL_EMAIL] = is_told && preference->email && options->has_mail,
        [CN_CHANNEL_SLACK] = is_told && preference->slack && options->has_slack,
        [CN_CHANNEL_SLACK_CHANNEL] = options->has_channel && told != CN_TOLD_OVER_BUDGET &&
                                     tell->severity >= options->channel_severity,
    };
    cn_time due = is_told ? due_of(unit, tell, options, preference) : unit->now;
    for (size_t i = 0; i < CN_CHANNEL_COUNT; i++) {
        enum cn_channel channel = (enum cn_channel)i;
        bool disturbs = channel == CN_CHANNEL_EMAIL || channel == CN_CHANNEL_SLACK;
        if (is_wanted[i] && !add(unit, tell, channel, disturbs ? due : unit->now, err)) {
            return cn_error_context(err, "telling of a signal");
        }
    }
    return true;
}

bool cn_tell_person(const struct cn_unit *unit, const struct cn_tell *tell,
                    const struct cn_tell_options *options, struct cn_error *err)
{
    const struct cn_signal_budget any = { .tell = options };
    struct cn_notice_preference preference;
    enum cn_told told = CN_TOLD_NOBODY;
    int64_t handed = 0;
    if (options == NULL) {
        return true;
    }
    struct cn_tell_options person = *options;
    person.has_channel = false;
    if (tell->kind == CN_OUTBOX_ASSIGNED && options->a_day > 0) {
        cn_time since = cn_tz_day_start(options->tz, cn_tz_day(options->tz, unit->now));
        if (!count_handed(unit, tell, since, &handed, err)) {
            return cn_error_context(err, "telling of a signal");
        }
        if (handed >= options->a_day) {
            return true; /* the digest lists what is open */
        }
    }
    return cn_tell_decide(unit, tell, &any, &preference, &told, err) &&
           cn_tell_write(unit, tell, &person, &preference, told, err);
}
