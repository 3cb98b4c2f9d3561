#include "signal/message.h"

#include <stdio.h>

#include "base/str.h"
#include "base/utf8.h"

#include "json/reader.h"
#include "signal/brief.h"

enum {
    SUBJECT_BYTES = 4800,
    MRKDWN_TEXT_MAX_BYTES = 300, /* of one value */
    MRKDWN_STANDING_MAX_BYTES = 600,
    MRKDWN_SUBJECT_MAX_BYTES = 100, /* of a ticket, so that ARR and health stand behind it */
    TEXT_SUBJECT_MAX_BYTES = 2000,
    STANDING_MAX_BYTES = 8000,
    DIGEST_MAX_BYTES = 2 * 1024 * 1024,
};

/* What a message is made of. */
struct draft {
    const struct cn_unit *unit;
    const struct cn_message_options *options;
    const struct cn_outbox_item *item;
    const struct cn_tz *tz; /* of the reader */
    struct cn_unit reader;  /* who reads it, if it is a person */
    struct cn_brief brief;
    char account_link[CN_BRIEF_LINK_BYTES];
    char signal_link[CN_BRIEF_LINK_BYTES];
    char acknowledge_link[CN_BRIEF_LINK_BYTES]; /* "": for nobody in particular */
};

static cn_str finish(struct cn_arena *arena, struct cn_buf *buf)
{
    cn_str text = cn_arena_str(arena, cn_buf_str(buf));
    cn_buf_deinit(buf);
    return text;
}

static cn_str subject_of(const struct draft *draft)
{
    const struct cn_signal *signal = &draft->brief.signal;
    struct cn_buf buf;
    cn_buf_init(&buf, SUBJECT_BYTES);
    cn_buf_printf(&buf, "[%s] ", cn_signal_severity_names[signal->severity]);
    cn_buf_add_str(&buf, signal->account_name);
    cn_buf_add_str(&buf, CN_STR(": "));
    cn_buf_add_str(&buf, signal->because);
    if (draft->item->kind != CN_OUTBOX_SIGNAL) {
        cn_buf_add_str(&buf, draft->item->kind == CN_OUTBOX_ASSIGNED
                                 ? CN_STR(" (assigned to you)")
                                 : CN_STR(" (the snooze is over)"));
    }
    return finish(draft->unit->arena, &buf);
}

/* What is not told because it is raised. */
static void add_why_now(struct cn_buf *buf, const struct cn_outbox_item *item)
{
    if (item->kind == CN_OUTBOX_ASSIGNED) {
        cn_buf_add_str(buf, item->body.len > 0 ? item->body : CN_STR("Somebody"));
        cn_buf_add_str(buf, CN_STR(" asks you to look at it. "));
    } else if (item->kind == CN_OUTBOX_SNOOZE_OVER) {
        cn_buf_add_str(buf, CN_STR("It asks again: the snooze is over. "));
    }
}

/* "High, since Sat 28 Nov 2026, 14:05." and what else is to be said in a line; at most so much of
 * the ticket's subject. */
static cn_str standing_of(const struct draft *draft, size_t subject_max)
{
    const struct cn_brief *brief = &draft->brief;
    struct cn_buf buf;
    cn_buf_init(&buf, STANDING_MAX_BYTES);
    add_why_now(&buf, draft->item);
    cn_buf_printf(&buf, "Severity %s, raised ", cn_signal_severity_names[brief->signal.severity]);
    cn_brief_time(&buf, draft->tz, brief->signal.raised_at);
    cn_buf_printf(&buf, " (%.*s).", CN_STR_ARG(cn_tz_name(draft->tz)));
    if (brief->signal.ticket_id_given == CN_GIVEN) {
        cn_buf_add_str(&buf, CN_STR(" Ticket: "));
        cn_str subject = cn_utf8_clip(brief->signal.ticket_subject, subject_max);
        cn_buf_add_str(&buf, subject);
        cn_buf_add_str(&buf, subject.len < brief->signal.ticket_subject.len ? CN_STR("...")
                                                                            : CN_STR("."));
    }
    if (brief->account.arr_given == CN_GIVEN) {
        cn_buf_add_str(&buf, CN_STR(" ARR "));
        cn_brief_money(&buf, brief->account.arr);
        cn_buf_add_str(&buf, CN_STR("."));
    }
    if (brief->band.len > 0) {
        cn_buf_printf(&buf, " Health then %d of 100, %.*s%s%.*s; 100 is healthy.",
                      (int)brief->points, CN_STR_ARG(brief->band),
                      brief->grade.len > 0 ? ", grade " : "", CN_STR_ARG(brief->grade));
    }
    if (brief->signal.cleared_at_given == CN_GIVEN) {
        cn_buf_add_str(&buf, CN_STR(" It has cleared since."));
    }
    return finish(draft->unit->arena, &buf);
}

static cn_str text_of(const struct draft *draft)
{
    const struct cn_brief *brief = &draft->brief;
    struct cn_buf buf;
    cn_buf_init(&buf, CN_MESSAGE_PART_MAX_BYTES);
    cn_buf_add_str(&buf, brief->signal.account_name);
    cn_buf_add_str(&buf, CN_STR(": "));
    cn_buf_add_str(&buf, brief->signal.because);
    cn_buf_add_str(&buf, CN_STR("\n\n"));
    cn_buf_add_str(&buf, standing_of(draft, TEXT_SUBJECT_MAX_BYTES));
    cn_buf_add_str(&buf, CN_STR("\n\nWhy (signal "));
    cn_buf_add_str(&buf, brief->signal.rule);
    cn_buf_printf(&buf, ", program version %lld):\n", (long long)brief->signal.program_version);
    for (size_t i = 0; i < brief->value_count; i++) {
        cn_buf_add_str(&buf, CN_STR("  "));
        cn_buf_add_str(&buf, brief->values[i].name);
        cn_buf_add_str(&buf, CN_STR(" = "));
        cn_buf_add_str(&buf, brief->values[i].value);
        cn_buf_add_str(&buf, brief->values[i].source.len > 0 ? CN_STR(", from ") : CN_STR(""));
        cn_buf_add_str(&buf, brief->values[i].source);
        cn_buf_add_str(&buf, CN_STR("\n"));
    }
    cn_buf_add_str(&buf, CN_STR("\nAcknowledge, without signing in: "));
    cn_buf_add_str(&buf, cn_str_of(draft->acknowledge_link));
    cn_buf_add_str(&buf, CN_STR("\nThe signal:  "));
    cn_buf_add_str(&buf, cn_str_of(draft->signal_link));
    cn_buf_add_str(&buf, CN_STR("\nThe account: "));
    cn_buf_add_str(&buf, cn_str_of(draft->account_link));
    cn_buf_add_str(&buf, CN_STR("\n\nHow you are told: "));
    cn_buf_add_str(&buf, draft->options->base_url);
    cn_buf_add_str(&buf, CN_STR("/notifications\n"));
    return finish(draft->unit->arena, &buf);
}

static void add_link(struct cn_buf *buf, const char *href, const char *label, const char *style)
{
    cn_buf_add_str(buf, CN_STR("<a href=\""));
    cn_brief_html(buf, cn_str_of(href));
    cn_buf_printf(buf, "\" style=\"%s\">%s</a>", style, label);
}

static cn_str html_of(const struct draft *draft)
{
    static const char *const button =
        "display:inline-block;padding:10px 16px;border-radius:6px;background:#1d4ed8;color:#ffffff;"
        "text-decoration:none";
    const struct cn_brief *brief = &draft->brief;
    struct cn_buf buf;
    cn_buf_init(&buf, CN_MESSAGE_PART_MAX_BYTES);
    cn_buf_add_str(&buf, CN_STR("<!doctype html><html lang=\"en\"><body style=\"font:15px/1.5 "
                                "sans-serif;color:#1f2937\"><h1 style=\"font-size:18px\">"));
    cn_brief_html(&buf, brief->signal.account_name);
    cn_buf_add_str(&buf, CN_STR(": "));
    cn_brief_html(&buf, brief->signal.because);
    cn_buf_add_str(&buf, CN_STR("</h1><p>"));
    cn_brief_html(&buf, standing_of(draft, TEXT_SUBJECT_MAX_BYTES));
    cn_buf_add_str(&buf, CN_STR("</p><table style=\"border-collapse:collapse\">"));
    for (size_t i = 0; i < brief->value_count; i++) {
        cn_buf_add_str(&buf, CN_STR("<tr><td style=\"padding:2px 16px 2px 0\">"));
        cn_brief_html(&buf, brief->values[i].name);
        cn_buf_add_str(&buf, CN_STR("</td><td style=\"padding:2px 16px 2px 0\"><b>"));
        cn_brief_html(&buf, brief->values[i].value);
        cn_buf_add_str(&buf, CN_STR("</b></td><td style=\"color:#4b5563\">"));
        cn_brief_html(&buf, brief->values[i].source);
        cn_buf_add_str(&buf, CN_STR("</td></tr>"));
    }
    cn_buf_add_str(&buf, CN_STR("</table><p>"));
    add_link(&buf, draft->acknowledge_link, "Acknowledge", button);
    cn_buf_add_str(&buf, CN_STR(" &nbsp; "));
    add_link(&buf, draft->signal_link, "The signal", "");
    cn_buf_add_str(&buf, CN_STR(" &nbsp; "));
    add_link(&buf, draft->account_link, "The account", "");
    cn_buf_add_str(&buf, CN_STR("</p><p style=\"color:#4b5563;font-size:13px\">Signal "));
    cn_brief_html(&buf, brief->signal.rule);
    cn_buf_printf(&buf, ", program version %lld. ", (long long)brief->signal.program_version);
    char preferences[CN_BRIEF_LINK_BYTES];
    (void)snprintf(preferences, sizeof(preferences), "%.*s/notifications",
                   CN_STR_ARG(draft->options->base_url));
    add_link(&buf, preferences, "How you are told", "color:#4b5563");
    cn_buf_add_str(&buf, CN_STR("</p></body></html>\n"));
    return finish(draft->unit->arena, &buf);
}

/* ---- Slack ---- */

static void add_button(struct cn_json_writer *out, const char *label, const char *url,
                       bool is_primary)
{
    cn_json_object_begin(out);
    cn_json_key(out, CN_STR("type"));
    cn_json_str(out, CN_STR("button"));
    cn_json_key(out, CN_STR("text"));
    cn_json_object_begin(out);
    cn_json_key(out, CN_STR("type"));
    cn_json_str(out, CN_STR("plain_text"));
    cn_json_key(out, CN_STR("text"));
    cn_json_str(out, cn_str_of(label));
    cn_json_object_end(out);
    cn_json_key(out, CN_STR("url"));
    cn_json_str(out, cn_str_of(url));
    if (is_primary) {
        cn_json_key(out, CN_STR("style"));
        cn_json_str(out, CN_STR("primary"));
    }
    cn_json_object_end(out);
}

static void add_facts(struct cn_buf *buf, const struct draft *draft)
{
    const struct cn_brief *brief = &draft->brief;
    cn_brief_mrkdwn(buf, standing_of(draft, MRKDWN_SUBJECT_MAX_BYTES), MRKDWN_STANDING_MAX_BYTES);
    for (size_t i = 0; i < brief->value_count; i++) {
        cn_buf_add_str(buf, CN_STR("\n• "));
        cn_brief_mrkdwn(buf, brief->values[i].name, MRKDWN_TEXT_MAX_BYTES);
        cn_buf_add_str(buf, CN_STR(" = *"));
        cn_brief_mrkdwn(buf, brief->values[i].value, MRKDWN_TEXT_MAX_BYTES);
        cn_buf_add_str(buf, CN_STR("*"));
    }
    cn_buf_add_str(buf, CN_STR("\n"));
}

static bool blocks_of(const struct draft *draft, cn_str *blocks_out, struct cn_error *err)
{
    const struct cn_brief *brief = &draft->brief;
    struct cn_json_writer out;
    struct cn_buf json;
    struct cn_buf text;
    cn_str written = CN_STR("");
    cn_buf_init(&json, CN_MESSAGE_PART_MAX_BYTES);
    cn_buf_init(&text, CN_MESSAGE_PART_MAX_BYTES);
    cn_json_writer_init(&out, &json);
    cn_json_array_begin(&out);
    cn_buf_printf(&text, "*[%s] <%s|", cn_signal_severity_names[brief->signal.severity],
                  draft->account_link);
    cn_brief_mrkdwn(&text, brief->signal.account_name, MRKDWN_TEXT_MAX_BYTES);
    cn_buf_add_str(&text, CN_STR(">*\n"));
    cn_brief_mrkdwn(&text, brief->signal.because, MRKDWN_TEXT_MAX_BYTES);
    cn_brief_section(&out, cn_buf_str(&text));
    cn_buf_clear(&text);
    add_facts(&text, draft);
    cn_brief_section(&out, cn_buf_str(&text));
    cn_json_object_begin(&out);
    cn_json_key(&out, CN_STR("type"));
    cn_json_str(&out, CN_STR("actions"));
    cn_json_key(&out, CN_STR("elements"));
    cn_json_array_begin(&out);
    if (draft->acknowledge_link[0] != '\0') {
        add_button(&out, "Acknowledge", draft->acknowledge_link, true);
    }
    add_button(&out, "The signal", draft->signal_link, false);
    add_button(&out, "The account", draft->account_link, false);
    cn_json_array_end(&out);
    cn_json_object_end(&out);
    cn_json_array_end(&out);
    bool ok = cn_json_finish(&out, &written, err);
    *blocks_out = ok ? cn_arena_str(draft->unit->arena, written) : CN_STR("");
    cn_buf_deinit(&json);
    cn_buf_deinit(&text);
    return ok;
}

/* ---- kinds ---- */

static cn_str why_moot(const struct draft *draft)
{
    const struct cn_signal *signal = &draft->brief.signal;
    const struct cn_account *account = &draft->brief.account;
    const struct cn_outbox_item *item = draft->item;
    if (item->user_id != 0 &&
        !cn_unit_sees(&draft->reader, account->team_id.value, account->owner_id.value)) {
        return CN_STR("the person may not see the account any more");
    }
    if (signal->acknowledged_at_given == CN_GIVEN &&
        signal->acknowledged_at.us >= item->created.us) {
        return CN_STR("somebody has acknowledged the signal before");
    }
    if (signal->resolved_at_given == CN_GIVEN) {
        return CN_STR("somebody has resolved the signal before");
    }
    if (item->user_id != 0 && signal->assignee_id.value != item->user_id) {
        return CN_STR("somebody else is asked to look at it by now");
    }
    if (item->kind != CN_OUTBOX_ASSIGNED && signal->snoozed_until_given == CN_GIVEN &&
        signal->snoozed_until.us > draft->unit->now.us) {
        return CN_STR("somebody has snoozed the signal before: it asks again");
    }
    return CN_STR("");
}

static bool compose_signal(struct draft *draft, struct cn_notice *notice, struct cn_error *err)
{
    const struct cn_message_options *options = draft->options;
    const struct cn_outbox_item *item = draft->item;
    char link[CN_LINK_TEXT_BYTES];
    if (!cn_brief_load(draft->unit, (cn_signal_id){ item->record_id }, &draft->brief, err)) {
        return false;
    }
    notice->why = why_moot(draft);
    notice->is_moot = notice->why.len > 0;
    if (notice->is_moot) {
        return true;
    }
    cn_brief_account_link(options->base_url, draft->brief.account.id, draft->account_link);
    cn_brief_signal_link(options->base_url, draft->brief.signal.id, draft->signal_link);
    if (item->user_id != 0) {
        const struct cn_link acknowledge = {
            .purpose = CN_LINK_ACKNOWLEDGE,
            .prefix = CN_SIGNAL_PREFIX,
            .record_id = item->record_id,
            .user = { item->user_id },
            .until = { draft->unit->now.us + options->link_ttl_us },
        };
        cn_link_format(&options->key, &acknowledge, link);
        (void)snprintf(draft->acknowledge_link, sizeof(draft->acknowledge_link),
                       "%.*s/api/v1/acknowledge/%s", CN_STR_ARG(options->base_url), link);
    }
    notice->subject = subject_of(draft);
    if (item->channel == CN_CHANNEL_EMAIL) {
        notice->text = text_of(draft);
        notice->html = html_of(draft);
        return true;
    }
    return blocks_of(draft, &notice->blocks, err);
}

static bool compose_test(const struct draft *draft, struct cn_notice *notice, struct cn_error *err)
{
    struct cn_json_writer out;
    struct cn_buf buf;
    cn_str blocks = CN_STR("");
    cn_buf_init(&buf, CN_MESSAGE_PART_MAX_BYTES);
    notice->subject = CN_STR("A test message of Cairn");
    notice->text = CN_STR("This is the test message that somebody asked Cairn to send.\n"
                          "Signals will reach you here.\n");
    notice->html = CN_STR("<!doctype html><html lang=\"en\"><body><p>This is the test message that "
                          "somebody asked Cairn to send. Signals will reach you here.</p></body>"
                          "</html>\n");
    cn_json_writer_init(&out, &buf);
    cn_json_array_begin(&out);
    cn_brief_section(&out, CN_STR("This is the test message that somebody asked Cairn to send."
                                  " Signals will reach you here.\n"));
    cn_json_array_end(&out);
    bool ok = cn_json_finish(&out, &blocks, err);
    notice->blocks = ok ? cn_arena_str(draft->unit->arena, blocks) : CN_STR("");
    cn_buf_deinit(&buf);
    return ok;
}

/* A digest says what was so when it was written: its parts are the members of its body. */
static bool compose_digest(const struct draft *draft, struct cn_notice *notice,
                           struct cn_error *err)
{
    struct cn_arena *arena = draft->unit->arena;
    struct cn_json_parser *parser = cn_json_parser_new(DIGEST_MAX_BYTES);
    cn_json_value root;
    cn_json_value value;
    cn_str name;
    bool ok = cn_json_parse(parser, draft->item->body, &root, err);
    if (ok && cn_json_kind(root) == CN_JSON_OBJECT) {
        struct cn_json_iter iter = cn_json_iterate(root);
        while (cn_json_next(&iter, &name, &value)) {
            cn_str *at = cn_str_equal(name, CN_STR("subject")) ? &notice->subject
                         : cn_str_equal(name, CN_STR("text"))  ? &notice->text
                         : cn_str_equal(name, CN_STR("html"))  ? &notice->html
                                                               : &notice->blocks;
            *at = cn_arena_str(arena, cn_json_get_str(value));
        }
    }
    cn_json_parser_free(parser);
    return ok;
}

static bool address(struct draft *draft, const struct cn_notice_preference *preference,
                    struct cn_notice *notice, struct cn_error *err)
{
    struct cn_user user;
    if (!cn_user_load(draft->unit, (cn_user_id){ draft->item->user_id }, &user, err)) {
        return false;
    }
    if (user.is_disabled) {
        return cn_fail(err, CN_NOT_FOUND, "the user is disabled");
    }
    draft->reader = cn_user_reader(draft->unit, &user);
    notice->to = draft->item->channel == CN_CHANNEL_EMAIL ? user.email : preference->slack_user_id;
    return true;
}

static bool compose(struct draft *draft, struct cn_notice *notice, struct cn_error *err)
{
    switch (draft->item->kind) {
    case CN_OUTBOX_SIGNAL:
    case CN_OUTBOX_ASSIGNED:
    case CN_OUTBOX_SNOOZE_OVER:
        return compose_signal(draft, notice, err);
    case CN_OUTBOX_DIGEST:
        return compose_digest(draft, notice, err);
    case CN_OUTBOX_TEST:
        return compose_test(draft, notice, err);
    case CN_OUTBOX_KIND_COUNT:
        break;
    }
    return cn_fail(err, CN_NOT_FOUND, "this program does not know what that message is");
}

bool cn_message_compose(const struct cn_unit *unit, const struct cn_message_options *options,
                        const struct cn_outbox_item *item, struct cn_notice *notice_out,
                        struct cn_error *err)
{
    struct draft *draft = cn_arena_new(unit->arena, struct draft);
    struct cn_notice_preference preference = { 0 };
    struct cn_notice notice = { .why = CN_STR("") };
    struct cn_tz *own = NULL;
    *draft = (struct draft){ .unit = unit, .options = options, .item = item };
    if (item->user_id != 0) {
        if (!cn_notice_preference_load(unit, (cn_user_id){ item->user_id }, &preference, err) ||
            !address(draft, &preference, &notice, err)) {
            return false;
        }
        own = cn_notice_zone(&preference);
    }
    draft->tz = own != NULL ? own : options->tz;
    bool ok = compose(draft, &notice, err);
    cn_tz_free(own);
    if (ok) {
        *notice_out = notice;
    }
    return ok;
}
