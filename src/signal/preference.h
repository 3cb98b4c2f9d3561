/*
 * How a person wants to be told of signals.
 *
 * Not here: telling (signal/tell.h), the digest itself (signal/digest.h).
 */
#ifndef CAIRN_SIGNAL_PREFERENCE_H
#define CAIRN_SIGNAL_PREFERENCE_H

#include "book/unit.h"
#include "signal/rule.h"

enum {
    CN_SLACK_ID_MAX_BYTES = 32,
    CN_ZONE_MAX_BYTES = 64,
};

struct cn_notice_preference {
    bool in_app;
    bool email;
    bool slack; /* a message to slack_user_id */
    cn_str slack_user_id;
    enum cn_signal_severity min_severity; /* less waits for the digest */
    int64_t quiet_from;                   /* minutes of the day */
    int64_t quiet_until;
    enum cn_given quiet_given;  /* CN_NULL: no quiet hours */
    bool critical_passes;       /* the quiet hours */
    cn_str time_zone;           /* "": the workspace's */
    int64_t digest_at;          /* minute of the day */
    enum cn_given digest_given; /* CN_NULL: no digest */
};

/* Without a row: in the app and by mail, from medium, no quiet hours, a digest at 8. */
CN_MUST_CHECK bool cn_notice_preference_load(const struct cn_unit *unit, cn_user_id user,
                                             struct cn_notice_preference *preference_out,
                                             struct cn_error *err);

/* Fails with CN_INVALID (field time_zone, slack_user_id or quiet_until). */
CN_MUST_CHECK bool cn_notice_preference_save(const struct cn_unit *unit, cn_user_id user,
                                             const struct cn_notice_preference *preference,
                                             struct cn_error *err);

/* The person's zone, to be freed, or NULL: the workspace's, also where this host does not know
 * theirs. */
struct cn_tz *cn_notice_zone(const struct cn_notice_preference *preference);

#endif
