/*
 * Messages to Slack: by incoming webhook to its channel, by a bot's chat.postMessage to a person.
 *
 * What Slack answers decides what comes next: sent, another attempt (and how long Slack wants to
 * be left alone), or refused for good.
 */
#ifndef CAIRN_JOB_SLACK_H
#define CAIRN_JOB_SLACK_H

#include "base/arena.h"
#include "base/error.h"

#include "net/client.h"

/* Borrowed texts. */
struct cn_slack {
    cn_str webhook_url; /* "": there is none */
    cn_str bot_token;   /* "": there is none */
    cn_str api_url;     /* https://slack.com/api */
    int64_t timeout_ms;
    bool allows_private;
    cn_str ca_file; /* whom TLS trusts; "": whom the system does */
};

struct cn_slack_message {
    cn_str to;     /* a user's id; "": the webhook's channel */
    cn_str text;   /* where blocks are not shown: notifications, screen readers */
    cn_str blocks; /* a JSON array */
    cn_str id;     /* of the message, the same for each attempt */
};

/*
 * Sends and waits.  Fails with CN_UNAVAILABLE or CN_TOO_MANY if another attempt may succeed, not
 * before *wait_s_out seconds (0: Slack does not say); with CN_INVALID if it is refused for good,
 * with CN_DENIED for a private address.  Messages hold no secret.
 */
CN_MUST_CHECK bool cn_slack_send(struct cn_http_client *client, const struct cn_slack *slack,
                                 struct cn_arena *arena, const struct cn_slack_message *message,
                                 int64_t *wait_s_out, struct cn_error *err);

#endif
