/*
 * What a row of the outbox says when it is sent: subject, text, HTML, blocks of Slack.
 *
 * A signal's message is made from what was frozen when it was raised and from how it stands by now:
 * somebody may have acknowledged it in quiet hours, and then it is not sent.  A message to its
 * assignee carries a link that acknowledges it without signing in (book/link.h).
 */
#ifndef CAIRN_SIGNAL_MESSAGE_H
#define CAIRN_SIGNAL_MESSAGE_H

#include "book/link.h"
#include "job/sender.h"

#define CN_LINK_ACKNOWLEDGE "acknowledge"

struct cn_message_options {
    cn_str base_url; /* of the web app, without a slash at its end */
    cn_str workspace;
    const struct cn_tz *tz; /* of the workspace */
    struct cn_link_key key;
    int64_t link_ttl_us;
};

/* Reads on unit->conn, with a scope that sees everything.  Fails with CN_NOT_FOUND if whom or what
 * it is about is gone. */
CN_MUST_CHECK bool cn_message_compose(const struct cn_unit *unit,
                                      const struct cn_message_options *options,
                                      const struct cn_outbox_item *item,
                                      struct cn_notice *notice_out, struct cn_error *err);

#endif
