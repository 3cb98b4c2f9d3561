/*
 * What metrics see of an event: the account that it belongs to, its day, and what can be counted.
 *
 * Identify and alias calls are no facts.  The order of facts never matters; duplicates have been
 * removed by the event log.
 */
#ifndef CAIRN_METRIC_FACT_H
#define CAIRN_METRIC_FACT_H

#include "base/base.h"

struct cn_event; /* event/event.h */
struct cn_tz;    /* base/tz.h */

enum cn_metric_fact_kind {
    CN_FACT_EVENT,  /* a track, page or screen call */
    CN_FACT_TRAITS, /* a group call: traits of the account */
};

struct cn_metric_fact {
    int64_t account_id;
    int64_t day; /* of `at`, in the workspace's zone */
    cn_time at;
    int64_t tie; /* from the hash of the message id: orders facts of the same moment */
    enum cn_metric_fact_kind kind;
    cn_str name;    /* of the event; may be "" */
    uint64_t user;  /* hash of the user's key, else of the anonymous id; 0: unknown */
    cn_str payload; /* raw JSON object or "" */
};

/* False for a call that metrics do not count.  Borrows the event's text. */
bool cn_metric_fact_from(const struct cn_event *event, int64_t account_id, const struct cn_tz *tz,
                         struct cn_metric_fact *fact_out);

#endif
