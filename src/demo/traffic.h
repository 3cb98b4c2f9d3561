/*
 * What the demo world's products send: its customers' past and present as bodies of the tracking
 * API's batch call, in the order of time.
 *
 * Not here: who receives them.  The caller's `send` posts a body over HTTP or hands it to intake.
 */
#ifndef CAIRN_DEMO_TRAFFIC_H
#define CAIRN_DEMO_TRAFFIC_H

#include "base/error.h"
#include "base/tz.h"

#include "demo/world.h"

struct cn_demo_traffic {
    uint64_t seed;
    size_t self_service; /* accounts of that book */
    const struct cn_tz *tz;
    cn_time now; /* nothing later is sent */
    /* Called with each batch and how many events it holds; false stops. */
    bool (*send)(void *ctx, cn_str body, size_t events, struct cn_error *err);
    void *ctx;
};

enum {
    CN_DEMO_BATCH_EVENTS = 400,
    CN_DEMO_LIVE_PAUSE_MS = 300, /* live traffic comes in such slots of a day */
    CN_DEMO_LIVE_EVENTS = 6,     /* of a slot */
};

/* One group call an account and an identify call for each of its users, as of `now`. */
CN_MUST_CHECK bool cn_demo_send_profiles(const struct cn_demo_traffic *traffic,
                                         enum cn_demo_book book, struct cn_error *err);

/* Everything that the book's customers did from `days` days ago until now. */
CN_MUST_CHECK bool cn_demo_send_past(const struct cn_demo_traffic *traffic, enum cn_demo_book book,
                                     int64_t days, struct cn_error *err);

/* How many events cn_demo_send_past() sends, without making them: an estimate for a progress bar
 * that is within a few percent. */
int64_t cn_demo_past_estimate(const struct cn_demo_traffic *traffic, enum cn_demo_book book,
                              int64_t days);

/* The start of the slot that follows the moment. */
cn_time cn_demo_next_slot(const struct cn_tz *tz, cn_time moment);

/* What happens in the slot that begins now: some accounts of all books each do one thing.  As with
 * the past, which ones and what is a function of the seed and the time of day alone. */
CN_MUST_CHECK bool cn_demo_send_now(const struct cn_demo_traffic *traffic, struct cn_error *err);

#endif
