#include "signal/preference.h"

#include "base/str.h"

#include "signal/quiet.h"

static const struct cn_notice_preference usual = {
    .in_app = true,
    .email = true,
    .slack_user_id = { "", 0 },
    .min_severity = CN_SIGNAL_MEDIUM,
    .quiet_given = CN_NULL,
    .critical_passes = true,
    .time_zone = { "", 0 },
    .digest_at = (int64_t)8 * 60,
    .digest_given = CN_GIVEN,
};

static struct cn_notice_preference read_row(struct cn_arena *arena, struct cn_sql_stmt *stmt)
{
    return (struct cn_notice_preference){
        .in_app = cn_sql_column_i64(stmt, 0) != 0,
        .email = cn_sql_column_i64(stmt, 1) != 0,
        .slack = cn_sql_column_i64(stmt, 2) != 0,
        .slack_user_id = cn_arena_str(arena, cn_sql_column_str(stmt, 3)),
        .min_severity = (enum cn_signal_severity)cn_sql_column_i64(stmt, 4),
        .quiet_from = cn_sql_column_i64(stmt, 5),
        .quiet_until = cn_sql_column_i64(stmt, 6),
        .quiet_given = cn_sql_column_is_null(stmt, 5) ? CN_NULL : CN_GIVEN,
        .critical_passes = cn_sql_column_i64(stmt, 7) != 0,
        .time_zone = cn_arena_str(arena, cn_sql_column_str(stmt, 8)),
        .digest_at = cn_sql_column_i64(stmt, 9),
        .digest_given = cn_sql_column_is_null(stmt, 9) ? CN_NULL : CN_GIVEN,
    };
}

bool cn_notice_preference_load(const struct cn_unit *unit, cn_user_id user,
                               struct cn_notice_preference *preference_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT in_app, email, slack, slack_user_id, min_severity, quiet_from,"
                        " quiet_until, critical_passes, time_zone, digest_at"
                        " FROM notice_preference WHERE user_id = $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, user.value);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *preference_out = row ? read_row(unit->arena, stmt) : usual;
    }
    cn_sql_finish(stmt);
    return ok;
}

/* "U024BE7LH": what an API call may name a person by. */
static bool check_slack_id(cn_str id, struct cn_error *err)
{
    bool is_id = id.len <= CN_SLACK_ID_MAX_BYTES;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        is_id = is_id && ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
    }
    if (!is_id) {
        cn_fail(err, CN_INVALID, "a person's id in Slack has capital letters and digits alone");
        return cn_error_field(err, "slack_user_id");
    }
    return true;
}

static bool check(const struct cn_notice_preference *preference, struct cn_error *err)
{
    struct cn_tz *tz = NULL;
    if (preference->time_zone.len > 0) {
        if (!cn_tz_load(preference->time_zone, &tz, err)) {
            return cn_error_field(err, "time_zone");
        }
        cn_tz_free(tz);
    }
    if (preference->slack && preference->slack_user_id.len == 0) {
        cn_fail(err, CN_INVALID, "is needed for messages in Slack");
        return cn_error_field(err, "slack_user_id");
    }
    if (preference->quiet_given == CN_GIVEN && preference->quiet_from == preference->quiet_until) {
        cn_fail(err, CN_INVALID, "quiet hours end at another time than they begin");
        return cn_error_field(err, "quiet_until");
    }
    return check_slack_id(preference->slack_user_id, err);
}

bool cn_notice_preference_save(const struct cn_unit *unit, cn_user_id user,
                               const struct cn_notice_preference *preference, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!check(preference, err) ||
        !cn_sql_prepare(unit->conn,
                        "INSERT INTO notice_preference(user_id, in_app, email, slack,"
                        " slack_user_id, min_severity, quiet_from, quiet_until, critical_passes,"
                        " time_zone, digest_at) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
                        " $11) ON CONFLICT (user_id) DO UPDATE SET in_app = excluded.in_app,"
                        " email = excluded.email, slack = excluded.slack, slack_user_id ="
                        " excluded.slack_user_id, min_severity = excluded.min_severity,"
                        " quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,"
                        " critical_passes = excluded.critical_passes, time_zone ="
                        " excluded.time_zone, digest_at = excluded.digest_at",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, user.value);
    cn_sql_bind_i64(stmt, 2, preference->in_app);
    cn_sql_bind_i64(stmt, 3, preference->email);
    cn_sql_bind_i64(stmt, 4, preference->slack);
    cn_sql_bind_str(stmt, 5, preference->slack_user_id);
    cn_sql_bind_i64(stmt, 6, preference->min_severity);
    if (preference->quiet_given == CN_GIVEN) {
        cn_sql_bind_i64(stmt, 7, preference->quiet_from);
        cn_sql_bind_i64(stmt, 8, preference->quiet_until);
    }
    cn_sql_bind_i64(stmt, 9, preference->critical_passes);
    cn_sql_bind_str(stmt, 10, preference->time_zone);
    if (preference->digest_given == CN_GIVEN) {
        cn_sql_bind_i64(stmt, 11, preference->digest_at);
    }
    return cn_sql_run(stmt, err);
}

struct cn_tz *cn_notice_zone(const struct cn_notice_preference *preference)
{
    struct cn_tz *tz = NULL;
    struct cn_error ignored; /* a workspace that moved to a host of other zone data goes on */
    if (preference->time_zone.len > 0 && !cn_tz_load(preference->time_zone, &tz, &ignored)) {
        tz = NULL;
    }
    return tz;
}
