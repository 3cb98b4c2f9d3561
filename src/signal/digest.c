#include "signal/digest.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

#include "job/outbox.h"
#include "signal/brief.h"
#include "signal/quiet.h"

enum {
    BODY_MAX_BYTES = 1024 * 1024,
    REACH_DAYS = 7, /* who had none for long is told of no more than that */
    DEDUP_BYTES = 80,
    MRKDWN_MAX_BYTES = 200, /* of a name or a reason */
};

/* ---- who is due ---- */

static bool load_until(const struct cn_unit *unit, cn_user_id user, bool *has_out,
                       cn_time *until_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, "SELECT until_us FROM notice_digest WHERE user_id = $1", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, user.value);
    bool ok = cn_sql_step(stmt, has_out, err);
    if (ok) {
        until_out->us = *has_out ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool save_until(const struct cn_unit *unit, cn_user_id user, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO notice_digest(user_id, until_us) VALUES($1, $2)"
                        " ON CONFLICT (user_id) DO UPDATE SET until_us = excluded.until_us",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, user.value);
    cn_sql_bind_i64(stmt, 2, unit->now.us);
    return cn_sql_run(stmt, err);
}

/* Its moment has come since it was written last; before the first one only the beginning is noted.
 */
static bool is_due(const struct cn_notice_preference *preference, const struct cn_tz *tz,
                   bool has_until, cn_time until, cn_time now)
{
    if (!has_until) {
        return true;
    }
    if (preference->digest_given != CN_GIVEN) {
        return false;
    }
    struct cn_tz *own = cn_notice_zone(preference);
    cn_time moment = cn_daily_before(own != NULL ? own : tz, preference->digest_at, now);
    cn_tz_free(own);
    return until.us < moment.us;
}

bool cn_digest_list_due(const struct cn_unit *unit, const struct cn_tz *tz,
                        struct cn_digest_due *due_out, struct cn_error *err)
{
    struct cn_user_list users;
    struct cn_digest_due due = { 0 };
    if (!cn_user_list(unit, &users, err)) {
        return false;
    }
    due.users = cn_arena_array(unit->arena, cn_user_id, users.count + 1);
    for (size_t i = 0; i < users.count; i++) {
        struct cn_notice_preference preference;
        cn_time until = { 0 };
        bool has_until = false;
        if (users.items[i].is_disabled) {
            continue;
        }
        if (!load_until(unit, users.items[i].id, &has_until, &until, err) ||
            !cn_notice_preference_load(unit, users.items[i].id, &preference, err)) {
            return false;
        }
        if (is_due(&preference, tz, has_until, until, unit->now)) {
            due.users[due.count++] = users.items[i].id;
        }
    }
    *due_out = due;
    return true;
}

/* ---- what there is to say ---- */

enum part {
    PART_NEW,
    PART_OPEN,
    PART_CLEARED,
    PARTS
};
static const char *const part_names[PARTS] = { "new", "still open", "cleared" };

struct row {
    cn_account_id account_id;
    cn_str account_name;
    struct cn_money arr;
    bool has_arr;
    cn_signal_id signal_id;
    cn_str because;
    enum cn_signal_severity severity;
    enum cn_told told;
    cn_time at; /* raised, or cleared */
    enum part part;
};

struct digest {
    const struct cn_unit *unit;
    const struct cn_message_options *options;
    const struct cn_tz *tz; /* of the reader */
    struct row *rows;       /* by account, the one that pays most first */
    size_t count;
    size_t left_out;
    size_t by_part[PARTS];
};

static struct row read_row(struct cn_arena *arena, struct cn_sql_stmt *stmt, cn_time until)
{
    struct row row = {
        .account_id = { cn_sql_column_i64(stmt, 0) },
        .account_name = cn_arena_str(arena, cn_sql_column_str(stmt, 1)),
        .has_arr = !cn_sql_column_is_null(stmt, 2),
        .arr.minor = cn_sql_column_i64(stmt, 2),
        .signal_id = { cn_sql_column_i64(stmt, 4) },
        .because = cn_arena_str(arena, cn_sql_column_str(stmt, 5)),
        .severity = (enum cn_signal_severity)cn_sql_column_i64(stmt, 6),
        .told = (enum cn_told)cn_sql_column_i64(stmt, 7),
        .at = { cn_sql_column_i64(stmt, 8) },
    };
    cn_str currency = cn_sql_column_str(stmt, 3);
    memcpy(row.arr.currency, currency.ptr, currency.len < 3 ? currency.len : 3);
    if (!cn_sql_column_is_null(stmt, 9)) {
        row.part = PART_CLEARED;
        row.at.us = cn_sql_column_i64(stmt, 9);
    } else {
        row.part = row.at.us > until.us ? PART_NEW : PART_OPEN;
    }
    return row;
}

/* What the person may still see: a signal stays theirs when its account goes to another team. */
static bool load_rows(struct digest *digest, cn_user_id user_id, cn_time until,
                      struct cn_error *err)
{
    static const char sql[] =
        "SELECT s.account_id, a.name, a.arr_minor, a.currency, s.signal_id, s.because,"
        " s.severity, s.told, s.raised_us, CASE WHEN s.state = 1 THEN s.cleared_us ELSE NULL END"
        " FROM signal AS s JOIN account AS a ON a.account_id = s.account_id"
        " WHERE " CN_SEES_ACCOUNT
        " AND s.assignee_id = $3 AND s.raised_us IS NOT NULL AND s.resolved_us IS NULL"
        " AND ((s.state = 1 AND s.cleared_us > $4) OR (s.state = 3 AND (s.raised_us > $4"
        " OR (s.acknowledged_us IS NULL AND (s.snoozed_us IS NULL OR s.snoozed_us <= $5)))))"
        " ORDER BY COALESCE(a.arr_minor, -1) DESC, a.name, s.account_id, s.severity DESC,"
        " s.signal_id DESC";
    _Static_assert(CN_SIGNAL_CLEAR == 1 && CN_SIGNAL_RAISED == 3, "numbers in the statement");
    const struct cn_unit *unit = digest->unit;
    struct cn_sql_stmt *stmt = NULL;
    struct cn_user user;
    bool row = false;
    bool ok = false;
    if (!cn_user_load(unit, user_id, &user, err) || !cn_sql_prepare(unit->conn, sql, &stmt, err)) {
        return false;
    }
    const struct cn_unit reader = cn_user_reader(unit, &user);
    cn_unit_bind_scope(&reader, stmt);
    cn_sql_bind_i64(stmt, 4, until.us);
    cn_sql_bind_i64(stmt, 5, unit->now.us);
    digest->rows = cn_arena_array(unit->arena, struct row, CN_DIGEST_ROWS_MAX);
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        struct row read = read_row(unit->arena, stmt, until);
        digest->by_part[read.part]++;
        if (digest->count < CN_DIGEST_ROWS_MAX) {
            digest->rows[digest->count++] = read;
        } else {
            digest->left_out++;
        }
    }
    cn_sql_finish(stmt);
    return ok;
}

/* ---- how it is said ---- */

static void add_counts(struct cn_buf *out, const struct digest *digest)
{
    const char *separator = "";
    for (size_t i = 0; i < PARTS; i++) {
        if (digest->by_part[i] > 0) {
            cn_buf_printf(out, "%s%zu %s", separator, digest->by_part[i], part_names[i]);
            separator = ", ";
        }
    }
}

static const char *why_not_before(const struct row *row)
{
    return row->part != PART_NEW              ? ""
           : row->told == CN_TOLD_OVER_BUDGET ? " (not told before: over the day's budget)"
           : row->told == CN_TOLD_IN_DIGEST   ? " (only here: under your minimum)"
                                              : "";
}

static bool is_first_of_account(const struct digest *digest, size_t i)
{
    return i == 0 || digest->rows[i].account_id.value != digest->rows[i - 1].account_id.value;
}

static void add_text(struct cn_buf *out, const struct digest *digest)
{
    add_counts(out, digest);
    cn_buf_add_str(out, CN_STR(".\n"));
    for (size_t i = 0; i < digest->count; i++) {
        const struct row *row = &digest->rows[i];
        char link[CN_BRIEF_LINK_BYTES];
        if (is_first_of_account(digest, i)) {
            cn_buf_add_str(out, CN_STR("\n"));
            cn_buf_add_str(out, row->account_name);
            if (row->has_arr) {
                cn_buf_add_str(out, CN_STR(", ARR "));
                cn_brief_money(out, row->arr);
            }
            cn_brief_account_link(digest->options->base_url, row->account_id, link);
            cn_buf_printf(out, "\n  %.500s\n", link);
        }
        cn_buf_printf(out, "  %s: [%s] ", part_names[row->part],
                      cn_signal_severity_names[row->severity]);
        cn_buf_add_str(out, row->because);
        cn_buf_add_str(out, CN_STR(", "));
        cn_brief_time(out, digest->tz, row->at);
        cn_buf_printf(out, "%s\n", why_not_before(row));
    }
    if (digest->left_out > 0) {
        cn_buf_printf(out, "\nand %zu more.\n", digest->left_out);
    }
    cn_buf_add_str(out, CN_STR("\nAll of them: "));
    cn_buf_add_str(out, digest->options->base_url);
    cn_buf_add_str(out, CN_STR("/signals?who=me\nHow you are told: "));
    cn_buf_add_str(out, digest->options->base_url);
    cn_buf_add_str(out, CN_STR("/notifications\n"));
}

static void add_html_link(struct cn_buf *out, const char *href, cn_str label)
{
    cn_buf_add_str(out, CN_STR("<a href=\""));
    cn_brief_html(out, cn_str_of(href));
    cn_buf_add_str(out, CN_STR("\">"));
    cn_brief_html(out, label);
    cn_buf_add_str(out, CN_STR("</a>"));
}

static void add_html_row(struct cn_buf *out, const struct digest *digest, size_t i)
{
    const struct row *row = &digest->rows[i];
    char link[CN_BRIEF_LINK_BYTES];
    if (is_first_of_account(digest, i)) {
        cn_buf_add_str(out, i > 0 ? CN_STR("</ul>") : CN_STR(""));
        cn_buf_add_str(out, CN_STR("<h2 style=\"font-size:16px;margin:16px 0 4px\">"));
        cn_brief_account_link(digest->options->base_url, row->account_id, link);
        add_html_link(out, link, row->account_name);
        if (row->has_arr) {
            cn_buf_add_str(out, CN_STR(", ARR "));
            cn_brief_money(out, row->arr);
        }
        cn_buf_add_str(out, CN_STR("</h2><ul style=\"margin:0\">"));
    }
    cn_buf_printf(out, "<li>%s: [%s] ", part_names[row->part],
                  cn_signal_severity_names[row->severity]);
    cn_brief_signal_link(digest->options->base_url, row->signal_id, link);
    add_html_link(out, link, row->because);
    cn_buf_add_str(out, CN_STR(", "));
    cn_brief_time(out, digest->tz, row->at);
    cn_brief_html(out, cn_str_of(why_not_before(row)));
    cn_buf_add_str(out, CN_STR("</li>"));
}

static void add_html(struct cn_buf *out, const struct digest *digest)
{
    char link[CN_BRIEF_LINK_BYTES];
    cn_buf_add_str(out, CN_STR("<!doctype html><html lang=\"en\"><body style=\"font:15px/1.5 "
                               "sans-serif;color:#1f2937\"><h1 style=\"font-size:18px\">"));
    add_counts(out, digest);
    cn_buf_add_str(out, CN_STR("</h1>"));
    for (size_t i = 0; i < digest->count; i++) {
        add_html_row(out, digest, i);
    }
    cn_buf_add_str(out, CN_STR("</ul>"));
    if (digest->left_out > 0) {
        cn_buf_printf(out, "<p>and %zu more.</p>", digest->left_out);
    }
    cn_buf_add_str(out, CN_STR("<p>"));
    (void)snprintf(link, sizeof(link), "%.*s/signals?who=me",
                   CN_STR_ARG(digest->options->base_url));
    add_html_link(out, link, CN_STR("All of them"));
    cn_buf_add_str(out, CN_STR(" &nbsp; "));
    (void)snprintf(link, sizeof(link), "%.*s/notifications", CN_STR_ARG(digest->options->base_url));
    add_html_link(out, link, CN_STR("How you are told"));
    cn_buf_add_str(out, CN_STR("</p></body></html>\n"));
}

/* A JSON array of sections, each under Slack's limit. */
static bool add_blocks(struct cn_buf *out, const struct digest *digest, struct cn_error *err)
{
    struct cn_json_writer json;
    struct cn_buf text;
    cn_str unused;
    cn_buf_init(&text, BODY_MAX_BYTES);
    cn_json_writer_init(&json, out);
    cn_json_array_begin(&json);
    cn_buf_add_str(&text, CN_STR("*"));
    add_counts(&text, digest);
    cn_buf_printf(&text, "*\n<%.*s/signals?who=me|All of them>\n",
                  CN_STR_ARG(digest->options->base_url));
    cn_brief_section(&json, cn_buf_str(&text));
    cn_buf_clear(&text);
    for (size_t i = 0; i < digest->count; i++) {
        const struct row *row = &digest->rows[i];
        char link[CN_BRIEF_LINK_BYTES];
        if (is_first_of_account(digest, i)) {
            cn_brief_account_link(digest->options->base_url, row->account_id, link);
            cn_buf_add_str(&text, CN_STR("*<"));
            cn_buf_add_str(&text, cn_str_of(link));
            cn_buf_add_str(&text, CN_STR("|"));
            cn_brief_mrkdwn(&text, row->account_name, MRKDWN_MAX_BYTES);
            cn_buf_add_str(&text, CN_STR(">*"));
            if (row->has_arr) {
                cn_buf_add_str(&text, CN_STR(", ARR "));
                cn_brief_money(&text, row->arr);
            }
            cn_buf_add_str(&text, CN_STR("\n"));
        }
        cn_buf_printf(&text, "• %s: [%s] ", part_names[row->part],
                      cn_signal_severity_names[row->severity]);
        cn_brief_mrkdwn(&text, row->because, MRKDWN_MAX_BYTES);
        cn_buf_printf(&text, "%s\n", why_not_before(row));
    }
    cn_brief_section(&json, cn_buf_str(&text));
    cn_json_array_end(&json);
    cn_buf_deinit(&text);
    return cn_json_finish(&json, &unused, err);
}

static void add_member(struct cn_json_writer *json, const char *name, struct cn_buf *value)
{
    cn_json_key(json, cn_str_of(name));
    cn_json_str(json, cn_buf_str(value));
    cn_buf_clear(value);
}

/* What signal/message.c takes apart again. */
static bool write_body(const struct digest *digest, struct cn_buf *out, struct cn_error *err)
{
    struct cn_json_writer json;
    struct cn_buf part;
    cn_str unused;
    cn_buf_init(&part, BODY_MAX_BYTES);
    cn_json_writer_init(&json, out);
    cn_json_object_begin(&json);
    cn_buf_add_str(&part, CN_STR("Your signals: "));
    add_counts(&part, digest);
    add_member(&json, "subject", &part);
    add_text(&part, digest);
    add_member(&json, "text", &part);
    add_html(&part, digest);
    add_member(&json, "html", &part);
    bool ok = add_blocks(&part, digest, err);
    add_member(&json, "blocks", &part);
    cn_json_object_end(&json);
    cn_buf_deinit(&part);
    return ok && cn_json_finish(&json, &unused, err);
}

/* ---- writing it ---- */

static bool post(const struct digest *digest, cn_user_id user, enum cn_channel channel,
                 struct cn_error *err)
{
    const struct cn_unit *unit = digest->unit;
    struct cn_buf body;
    char dedup[DEDUP_BYTES];
    bool added = false;
    (void)snprintf(dedup, sizeof(dedup), "digest %lld %lld", (long long)user.value,
                   (long long)unit->now.us);
    cn_buf_init(&body, (size_t)2 * BODY_MAX_BYTES);
    bool ok = write_body(digest, &body, err);
    if (ok) {
        const struct cn_outbox_item item = { .id = cn_id_next(unit->ids, unit->now),
                                             .dedup = cn_str_of(dedup),
                                             .kind = CN_OUTBOX_DIGEST,
                                             .channel = channel,
                                             .user_id = user.value,
                                             .body = cn_buf_str(&body),
                                             .due = unit->now,
                                             .created = unit->now };
        ok = cn_outbox_add(unit->conn, &item, &added, err);
    }
    cn_buf_deinit(&body);
    return ok;
}

static bool say(struct digest *digest, cn_user_id user, cn_time until,
                const struct cn_notice_preference *preference, const struct cn_tell_options *tell,
                struct cn_error *err)
{
    bool by_mail = preference->email && tell->has_mail;
    bool by_slack = preference->slack && tell->has_slack;
    if (!by_mail && !by_slack) {
        return true;
    }
    struct cn_tz *own = cn_notice_zone(preference);
    digest->tz = own != NULL ? own : digest->options->tz;
    bool ok = load_rows(digest, user, until, err) &&
              (digest->count == 0 ||
               post(digest, user, by_mail ? CN_CHANNEL_EMAIL : CN_CHANNEL_SLACK, err));
    cn_tz_free(own);
    return ok;
}

bool cn_digest_write(const struct cn_unit *unit, const struct cn_message_options *options,
                     const struct cn_tell_options *tell, cn_user_id user, struct cn_error *err)
{
    struct digest digest = { .unit = unit, .options = options };
    struct cn_notice_preference preference;
    cn_time until = { 0 };
    bool has_until = false;
    if (!load_until(unit, user, &has_until, &until, err) ||
        !cn_notice_preference_load(unit, user, &preference, err)) {
        return cn_error_context(err, "writing a digest");
    }
    if (!is_due(&preference, options->tz, has_until, until, unit->now)) {
        return true;
    }
    const int64_t reach_us = (int64_t)REACH_DAYS * 86400 * 1000000;
    until.us = unit->now.us - until.us > reach_us ? unit->now.us - reach_us : until.us;
    if ((has_until && !say(&digest, user, until, &preference, tell, err)) ||
        !save_until(unit, user, err)) {
        return cn_error_context(err, "writing a digest");
    }
    return true;
}
