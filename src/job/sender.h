/*
 * Sends what is in the outbox: a thread for mail, one for Slack.
 *
 * An attempt is claimed, made and settled, one at a time, so that a process that dies sends at most
 * the one it was at again.  What fails for now is tried again after a pause that doubles, with
 * jitter, until attempts_max; then, and when it is refused for good, it stays in the outbox as
 * failed.  Where a server does not answer or wants to be left alone, its whole way rests.
 *
 * One process sends for a database: the one that holds its lease (sql/lease.h).
 *
 * Not here: what messages say.  Whoever starts a sender hands it a function for that.
 */
#ifndef CAIRN_JOB_SENDER_H
#define CAIRN_JOB_SENDER_H

#include "base/clock.h"

#include "job/outbox.h"
#include "job/slack.h"
#include "net/mail.h"
#include "sql/db.h"

struct cn_sender;

/* A row of the outbox as it is sent; texts live in the arena. */
struct cn_notice {
    bool is_moot; /* there is no need any more: dropped, with `why` */
    cn_str why;
    cn_str to;      /* mail address, or a person's id in Slack; "" for a channel */
    cn_str subject; /* mail; in Slack the text where blocks are not shown */
    cn_str text;    /* mail */
    cn_str html;    /* mail */
    cn_str blocks;  /* Slack: a JSON array */
};

struct cn_sender_options {
    struct cn_db *db;
    const struct cn_clock *clock;
    struct cn_mail_server mail; /* host "": no mail is sent */
    cn_str mail_from;
    struct cn_slack slack;
    int64_t attempts_max;
    int64_t retry_first_us;
    int64_t retry_max_us;
    int64_t keep_us; /* what is done stays in the outbox that long */

    /* What the row says now.  CN_NOT_FOUND: who or what it is about is gone, it is dropped. */
    bool (*compose)(void *arg, struct cn_sql_conn *conn, struct cn_arena *arena,
                    const struct cn_outbox_item *item, struct cn_notice *notice_out,
                    struct cn_error *err);
    /* Every few seconds: writes what is due by the clock, such as digests.  May be NULL. */
    bool (*plan)(void *arg, struct cn_error *err);
    void *arg;
};

struct cn_sender_stats {
    int64_t sent; /* since the start, by all ways */
    int64_t failed;
    int64_t retried;
};

/* Copies the options; their texts outlive it.  Fails as the database does. */
CN_MUST_CHECK bool cn_sender_start(const struct cn_sender_options *options,
                                   struct cn_sender **sender_out, struct cn_error *err);

/* Something was written to the outbox.  Any thread; never waits.  NULL is allowed. */
void cn_sender_wake(struct cn_sender *sender);

void cn_sender_stats(const struct cn_sender *sender, struct cn_sender_stats *stats_out);

/* Ends after the attempts that are under way.  NULL is allowed. */
void cn_sender_stop(struct cn_sender *sender);

/* How long to wait after so many attempts; `random` spreads it over half of that. */
int64_t cn_retry_pause_us(int64_t attempts, int64_t first_us, int64_t max_us, uint32_t random);

#endif
