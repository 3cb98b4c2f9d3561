/*
 * What the server sends: from settings to the parts that write, compose and send messages.
 *
 * Not here: what those do (signal/tell.h, signal/message.h, job/sender.h).
 */
#ifndef CAIRN_CLI_NOTIFY_H
#define CAIRN_CLI_NOTIFY_H

#include <stdatomic.h>

#include "cli/workspace.h"
#include "job/sender.h"
#include "signal/digest.h"
#include "signal/message.h"
#include "signal/tell.h"

enum {
    CN_BASE_URL_BYTES = 512
};

struct cn_notify {
    struct cn_workspace *workspace;
    struct cn_tell_options tell;
    struct cn_message_options messages;
    char base_url[CN_BASE_URL_BYTES];
    struct cn_sender *_Atomic sender; /* the engine wakes it */
};

/* Reads the settings; nothing is sent yet.  Fails with CN_INVALID for a setting that means nothing,
 * and as the database does. */
CN_MUST_CHECK bool cn_notify_open(struct cn_workspace *workspace, struct cn_notify *notify_out,
                                  struct cn_error *err);

/* Sends from now on.  port: where the server listens; for links, unless http.public_url is set. */
CN_MUST_CHECK bool cn_notify_start(struct cn_notify *notify, uint16_t port, struct cn_error *err);

/* Something may be in the outbox.  Any thread. */
void cn_notify_wake(struct cn_notify *notify);

/* May be called twice, and on what was not opened. */
void cn_notify_stop(struct cn_notify *notify);

/* Why nothing, or not everything, can be sent; "" if all is well. */
cn_str cn_notify_doubts(const struct cn_config *config, struct cn_arena *arena);

#endif
