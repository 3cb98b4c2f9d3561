/*
 * One event of a request body; for event/parse.c only, which finds the events.
 */
#ifndef CAIRN_EVENT_DECODE_H
#define CAIRN_EVENT_DECODE_H

#include "event/parse.h"
#include "json/reader.h"

/* What the events of a batch share.  Text is in the batch's arena. */
struct cn_envelope {
    bool has_sent_at;
    cn_time sent_at;
    cn_str write_key;
    cn_str group_key; /* of the batch's context */
    cn_str email;
    cn_str traits; /* raw */
};

/* A batch in the making. */
struct cn_decoding {
    struct cn_event_batch *batch;
    const struct cn_event_limits *limits;
    enum cn_event_call call;
    struct cn_envelope envelope;
    size_t capacity; /* of batch->events and batch->rejections */
    size_t index;    /* of the event in the request */
    cn_str raw;      /* the event as it was sent */
};

/* Reads the members of a batch's body that are not events.  `walk` is moved to its end;
 * *events_out is left at the member "batch", if *has_events_out. */
void cn_decode_envelope(struct cn_decoding *decoding, struct cn_json_walk *walk,
                        struct cn_json_walk *events_out, cn_json_value *events_value_out,
                        bool *has_events_out);

/* Adds the event, an object at whose start `walk` is, or its rejection. */
void cn_decode_event(struct cn_decoding *decoding, struct cn_json_walk *walk);

/* Adds a rejection of the current event; `member` is the one at fault, or "". */
void cn_decode_reject(struct cn_decoding *decoding, const char *member, const char *fmt, ...)
    CN_PRINTF(3, 4);

#endif
