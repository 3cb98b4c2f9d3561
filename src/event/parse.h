/*
 * Bodies of the tracking API: Segment's, and its RudderStack and Customer.io dialects, one call or
 * a batch, become events.
 *
 * A body that is not JSON, not an object or too large fails as a whole.  Anything wrong with one
 * event rejects that event alone, with a reason and a pointer, and keeps the others: a field that
 * is missing or of the wrong type, too large an event, an absurd timestamp, and also what makes
 * simdjson refuse a whole document (a number out of range, text that is not UTF-8, deep nesting).
 *
 * Kept of an event is what struct cn_event holds.  `context` is read for groupId and traits, and
 * then dropped, as are `integrations`.  A parser belongs to one thread; batches do not depend on
 * it.
 *
 * Not here: headers, gzip, authentication, status codes (api/track.c).
 */
#ifndef CAIRN_EVENT_PARSE_H
#define CAIRN_EVENT_PARSE_H

#include "event/event.h"

/* What the path of a request says. */
enum cn_event_call {
    CN_CALL_IDENTIFY = CN_EVENT_IDENTIFY,
    CN_CALL_TRACK = CN_EVENT_TRACK,
    CN_CALL_PAGE = CN_EVENT_PAGE,
    CN_CALL_SCREEN = CN_EVENT_SCREEN,
    CN_CALL_GROUP = CN_EVENT_GROUP,
    CN_CALL_ALIAS = CN_EVENT_ALIAS,
    CN_CALL_BATCH,
};

/* Last part of the path, short browser form included: "track", "t", "batch", "b", "import". */
CN_MUST_CHECK bool cn_event_call_parse(cn_str name, enum cn_event_call *call_out);

/* Every limit is a setting; 0 is not "none". */
struct cn_event_limits {
    size_t body_max_bytes;   /* over: CN_TOO_LARGE for the request */
    size_t event_max_bytes;  /* over: that event is rejected */
    size_t batch_max_events; /* the excess is rejected */
    int64_t past_max_us;     /* event time before receive time */
    int64_t future_max_us;   /* event time after receive time */
    bool needs_user; /* userId or anonymousId on every call; else a group key will do as well */
};

/* What real SDKs need, and what Segment's documents say (X-Strict-Mode: 1). */
extern const struct cn_event_limits cn_event_limits_default;
extern const struct cn_event_limits cn_event_limits_strict;

struct cn_event_parser;

/* body_max_bytes: the largest that any later call's limits allow. */
struct cn_event_parser *cn_event_parser_new(size_t body_max_bytes);
void cn_event_parser_free(struct cn_event_parser *parser); /* NULL is allowed */

/*
 * Makes a batch, with one reference, of a request body.  Source and ids of the events are set later
 * by cn_event_batch_set_source(), since the write key may be in the body.
 *
 * Fails with CN_MALFORMED, err->offset pointing into the body, and with CN_TOO_LARGE.
 */
CN_MUST_CHECK bool cn_event_parse(struct cn_event_parser *parser, enum cn_event_call call,
                                  cn_str body, cn_time received,
                                  const struct cn_event_limits *limits,
                                  struct cn_event_batch **batch_out, struct cn_error *err);

#endif
