/* /api/v1/notification-preferences: how the caller wants to be told of signals. */
#include <stdio.h>

#include "base/parse.h"
#include "base/str.h"

#include "api/access.h"
#include "api/core.h"
#include "api/resources.h"
#include "signal/preference.h"

enum {
    MINUTE_TEXT_BYTES = 5, /* "22:00" */
};

static const struct cn_names severities = { cn_signal_severity_names, CN_SIGNAL_SEVERITY_COUNT };

struct preference_body {
    bool in_app;
    bool email;
    bool slack;
    cn_str slack_user_id;
    enum cn_signal_severity min_severity;
    cn_str quiet_from;
    enum cn_given quiet_from_given;
    cn_str quiet_until;
    enum cn_given quiet_until_given;
    bool critical_passes;
    cn_str time_zone;
    cn_str digest_at;
    enum cn_given digest_at_given;
};

#define ROW(struct_, member, ...) CN_FIELD(struct_, member, __VA_ARGS__)
#define CLOCK(struct_, member, ...)                                                       \
    CN_FIELD(struct_, member, CN_MAY(struct_, member, BE_NULL), .min = MINUTE_TEXT_BYTES, \
             .max = MINUTE_TEXT_BYTES, __VA_ARGS__)
#define PREFERENCE_ROWS(struct_)                                                   \
    ROW(struct_, in_app, .doc = "list them under notifications"),                  \
        ROW(struct_, email, .doc = "send mails"),                                  \
        ROW(struct_, slack, .doc = "send messages in Slack; needs slack_user_id"), \
        ROW(struct_, slack_user_id, .max = CN_SLACK_ID_MAX_BYTES,                  \
            .doc = "the person's id in Slack, such as U024BE7LH"),                 \
        CN_FIELD_OF_ENUM(struct_, min_severity, &severities,                       \
                         .doc = "what is less severe waits for the digest"),       \
        CLOCK(struct_, quiet_from,                                                 \
              .doc = "22:00: mails and messages wait from then on; null: "         \
                     "no quiet hours"),                                            \
        CLOCK(struct_, quiet_until, .doc = "07:00: and are sent then"),            \
        ROW(struct_, critical_passes, .doc = "what is critical does not wait"),    \
        ROW(struct_, time_zone, .max = CN_ZONE_MAX_BYTES,                          \
            .doc = "Europe/Berlin: of these hours; empty: the workspace's"),       \
        CLOCK(struct_, digest_at, .doc = "08:00: one mail a day; null: none")

static const struct cn_field body_rows[] = { PREFERENCE_ROWS(struct preference_body) };
static const struct cn_fields body_fields =
    CN_FIELDS("NotificationPreferences", struct preference_body, body_rows);

struct preference_view {
    struct preference_body said; /* first */
    bool mail_is_set;
    bool slack_is_set;
};
static const struct cn_field view_rows[] = {
    PREFERENCE_ROWS(struct preference_body), /* they come first in the struct */
    CN_FIELD(struct preference_view, mail_is_set, .doc = "this server sends mails"),
    CN_FIELD(struct preference_view, slack_is_set, .doc = "this server sends messages in Slack"),
};
static const struct cn_fields view_fields =
    CN_FIELDS("NotificationPreferencesView", struct preference_view, view_rows);
_Static_assert(offsetof(struct preference_view, said) == 0, "the rows of a body fit a view");

/* ---- times of day ---- */

static cn_str minute_text(struct cn_arena *arena, int64_t minute)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%02d:%02d", (int)(minute / 60), (int)(minute % 60));
    return cn_arena_str(arena, cn_str_of(text));
}

static bool parse_minute(const struct cn_request *req, const char *pointer, cn_str text,
                         int64_t *minute_out)
{
    const struct cn_place place = { .pointer = cn_str_of(pointer) };
    int64_t hours = 0;
    int64_t minutes = 0;
    if (text.len != MINUTE_TEXT_BYTES || text.ptr[2] != ':' ||
        !cn_parse_i64(cn_str_slice(text, 0, 2), &hours) ||
        !cn_parse_i64(cn_str_slice(text, 3, 5), &minutes) || hours < 0 || hours > 23 ||
        minutes < 0 || minutes > 59) {
        return cn_diagnose(req->problems, &place, "is a time of day such as 07:30");
    }
    *minute_out = hours * 60 + minutes;
    return true;
}

/* ---- from and to ---- */

static struct preference_view view_of(const struct cn_request *req,
                                      const struct cn_notice_preference *preference)
{
    const struct cn_tell_options *tell = req->api->options.notices.tell;
    struct cn_arena *arena = req->unit.arena;
    struct preference_view view = {
        .said = { .in_app = preference->in_app,
                  .email = preference->email,
                  .slack = preference->slack,
                  .slack_user_id = preference->slack_user_id,
                  .min_severity = preference->min_severity,
                  .quiet_from_given = preference->quiet_given,
                  .quiet_until_given = preference->quiet_given,
                  .critical_passes = preference->critical_passes,
                  .time_zone = preference->time_zone,
                  .digest_at_given = preference->digest_given },
        .mail_is_set = tell != NULL && tell->has_mail,
        .slack_is_set = tell != NULL && tell->has_slack,
    };
    if (preference->quiet_given == CN_GIVEN) {
        view.said.quiet_from = minute_text(arena, preference->quiet_from);
        view.said.quiet_until = minute_text(arena, preference->quiet_until);
    }
    if (preference->digest_given == CN_GIVEN) {
        view.said.digest_at = minute_text(arena, preference->digest_at);
    }
    return view;
}

static bool read_body(const struct cn_request *req, struct cn_notice_preference *preference_out,
                      struct cn_error *err)
{
    const struct preference_body *body = req->body;
    bool has_from = body->quiet_from_given == CN_GIVEN;
    bool has_until = body->quiet_until_given == CN_GIVEN;
    bool ok = true;
    struct cn_notice_preference preference = {
        .in_app = body->in_app,
        .email = body->email,
        .slack = body->slack,
        .slack_user_id = body->slack_user_id,
        .min_severity = body->min_severity,
        .quiet_given = has_from && has_until ? CN_GIVEN : CN_NULL,
        .critical_passes = body->critical_passes,
        .time_zone = body->time_zone,
        .digest_given = body->digest_at_given,
    };
    if (has_from != has_until) {
        const struct cn_place place = { .pointer = has_from ? CN_STR("/quiet_until")
                                                            : CN_STR("/quiet_from") };
        ok = cn_diagnose(req->problems, &place, "quiet hours have a beginning and an end");
    }
    if (preference.quiet_given == CN_GIVEN) {
        ok = parse_minute(req, "/quiet_from", body->quiet_from, &preference.quiet_from) && ok;
        ok = parse_minute(req, "/quiet_until", body->quiet_until, &preference.quiet_until) && ok;
    }
    if (preference.digest_given == CN_GIVEN) {
        ok = parse_minute(req, "/digest_at", body->digest_at, &preference.digest_at) && ok;
    }
    *preference_out = preference;
    return ok || cn_fail(err, CN_INVALID, "a time of day is wrong");
}

static bool handle_get(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct cn_notice_preference preference;
    if (!cn_notice_preference_load(&req->unit, req->caller->user, &preference, err)) {
        return false;
    }
    *(struct preference_view *)res->body = view_of(req, &preference);
    return true;
}

static bool handle_put(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct cn_notice_preference preference;
    if (!read_body(req, &preference, err) ||
        !cn_notice_preference_save(&req->unit, req->caller->user, &preference, err)) {
        return false;
    }
    *(struct preference_view *)res->body = view_of(req, &preference);
    return true;
}

static const struct cn_route preference_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/notification-preferences",
      .access = CN_EVERYBODY,
      .response = &view_fields,
      .success_status = 200,
      .handler = handle_get,
      .operation = "getNotificationPreferences",
      .doc = "How the caller is told of signals" },
    { .method = CN_PUT,
      .path = "/api/v1/notification-preferences",
      .access = CN_EVERYBODY,
      .body = &body_fields,
      .response = &view_fields,
      .run = CN_RUN_WRITE,
      .failures = CN_FAILS(CN_INVALID),
      .success_status = 200,
      .handler = handle_put,
      .operation = "putNotificationPreferences",
      .doc = "Say how to be told of signals" },
};

const struct cn_route_table cn_api_preferences = CN_ROUTE_TABLE(preference_routes);
