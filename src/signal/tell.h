/*
 * Who is told of a signal that is raised, handed to somebody or asks again, how and when: written
 * to the outbox in the transaction that does it.
 *
 *   severity under the person's minimum -> the digest alone
 *   over the day's budget               -> the digest alone
 *   in quiet hours                      -> held until they end, unless critical passes
 *   else                                -> at once, by each way that the person chose
 *
 * The workspace's channel in Slack gets what is at least slack.channel_severity, unless the budget
 * of its assignee is spent.  What is only found, held or returns tells nobody.
 *
 * Not here: what messages say (signal/message.h), sending (job/sender.h).
 */
#ifndef CAIRN_SIGNAL_TELL_H
#define CAIRN_SIGNAL_TELL_H

#include "book/unit.h"
#include "job/outbox.h"
#include "signal/preference.h"

/* Stored as numbers in signal.told: only add at the end. */
enum cn_told {
    CN_TOLD_NOBODY, /* nobody is asked */
    CN_TOLD_ASSIGNEE,
    CN_TOLD_OVER_BUDGET,
    CN_TOLD_IN_DIGEST, /* the assignee wants less than that in the digest alone */
};

/* What can be sent at all. */
struct cn_tell_options {
    const struct cn_tz *tz; /* of the workspace */
    bool has_mail;
    bool has_slack;   /* messages to people */
    bool has_channel; /* the incoming webhook */
    enum cn_signal_severity channel_severity;
    int64_t a_day; /* of what is raised or handed to one person; 0: any number */
};

/* How many signals a day tell one person; further ones are in the digest.  Critical ones count
 * among themselves, the others with them. */
struct cn_signal_budget {
    int64_t a_day; /* 0: any number */
    cn_time day_start;
    const struct cn_tell_options *tell; /* NULL: nobody is told */
};

/* What is raised, or handed to somebody. */
struct cn_tell {
    int64_t signal_id;
    int64_t event_id; /* of its history: the same is told once */
    cn_user_id user;  /* 0: nobody is asked */
    enum cn_signal_severity severity;
    enum cn_outbox_kind kind; /* CN_OUTBOX_SIGNAL: it is raised */
    cn_str by;                /* CN_OUTBOX_ASSIGNED: who handed it over */
};

/* Whether the person is to be told now, by severity and budget; the preference for what follows.
 * The budget counts what was raised since day_start and told. */
CN_MUST_CHECK bool cn_tell_decide(const struct cn_unit *unit, const struct cn_tell *tell,
                                  const struct cn_signal_budget *budget,
                                  struct cn_notice_preference *preference_out,
                                  enum cn_told *told_out, struct cn_error *err);

/* Tells the person alone, not a channel, of a signal that was raised before: by their preference,
 * and what is handed to them within a day's budget of its own.  `options` may be NULL: nobody is
 * told. */
CN_MUST_CHECK bool cn_tell_person(const struct cn_unit *unit, const struct cn_tell *tell,
                                  const struct cn_tell_options *options, struct cn_error *err);

/* Writes the messages to the outbox. */
CN_MUST_CHECK bool cn_tell_write(const struct cn_unit *unit, const struct cn_tell *tell,
                                 const struct cn_tell_options *options,
                                 const struct cn_notice_preference *preference, enum cn_told told,
                                 struct cn_error *err);

#endif
