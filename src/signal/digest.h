/*
 * The digest: once a day what was raised, what still waits and what cleared, by account, in one
 * mail - or in one message in Slack to who wants no mails.  What a person was not told at once, for
 * the day's budget or because it is less severe than they asked for, is in it.
 *
 * Each digest goes on where the one before ended.  A person's first one begins when Cairn first
 * looks, so that nobody is told of a past.
 */
#ifndef CAIRN_SIGNAL_DIGEST_H
#define CAIRN_SIGNAL_DIGEST_H

#include "signal/message.h"
#include "signal/tell.h"

enum {
    CN_DIGEST_ROWS_MAX = 200 /* signals of one; it says how many more there are */
};

struct cn_digest_due {
    cn_user_id *users;
    size_t count;
};

/* Whose digest is due at unit->now.  Only reads. */
CN_MUST_CHECK bool cn_digest_list_due(const struct cn_unit *unit, const struct cn_tz *tz,
                                      struct cn_digest_due *due_out, struct cn_error *err);

/* Writes the person's digest to the outbox, if there is anything to say, and that it was written.
 * Nothing if it is not due any more.  In a write. */
CN_MUST_CHECK bool cn_digest_write(const struct cn_unit *unit,
                                   const struct cn_message_options *options,
                                   const struct cn_tell_options *tell, cn_user_id user,
                                   struct cn_error *err);

#endif
