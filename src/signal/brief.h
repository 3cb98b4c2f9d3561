/*
 * What a message about a signal is made of, and pieces of text that messages share.  Internal to
 * signal/: message.c and digest.c.
 */
#ifndef CAIRN_SIGNAL_BRIEF_H
#define CAIRN_SIGNAL_BRIEF_H

#include "base/buf.h"

#include "book/account.h"
#include "book/user.h"
#include "json/writer.h"
#include "signal/inbox.h"
#include "signal/preference.h"

enum {
    CN_BRIEF_VALUES_MAX = 20,
    CN_MESSAGE_PART_MAX_BYTES = 256 * 1024,
    CN_BRIEF_LINK_BYTES = 600,
};

struct cn_brief_value {
    cn_str name;
    cn_str value;
    cn_str source;
};

struct cn_brief {
    struct cn_signal signal;
    struct cn_account account;
    struct cn_brief_value values[CN_BRIEF_VALUES_MAX]; /* that the rule read when it raised */
    size_t value_count;
    double points;
    cn_str band;  /* "": there was no score */
    cn_str grade; /* "" without */
};

/* The unit's scope must see the account.  Fails with CN_NOT_FOUND if the signal is gone. */
CN_MUST_CHECK bool cn_brief_load(const struct cn_unit *unit, cn_signal_id id,
                                 struct cn_brief *brief_out, struct cn_error *err);

/* "12,000 USD", in whole units. */
void cn_brief_money(struct cn_buf *out, struct cn_money money);

/* "Sat 28 Nov 2026, 14:05". */
void cn_brief_time(struct cn_buf *out, const struct cn_tz *tz, cn_time at);

/* Text inside HTML, and inside Slack's mrkdwn; at most max bytes of it, cut between characters. */
void cn_brief_html(struct cn_buf *out, cn_str text);
void cn_brief_mrkdwn(struct cn_buf *out, cn_str text, size_t max);

/* {"type":"section","text":{"type":"mrkdwn","text":...}}: 3000 characters at most. */
void cn_brief_section(struct cn_json_writer *out, cn_str mrkdwn);

/* "https://cairn.example.com/accounts/acct_..." */
void cn_brief_account_link(cn_str base_url, cn_account_id id, char text_out[CN_BRIEF_LINK_BYTES]);
void cn_brief_signal_link(cn_str base_url, cn_signal_id id, char text_out[CN_BRIEF_LINK_BYTES]);

#endif
