/*
 * What a store of the event log implements; for event/ only.  Only the log's writer thread calls
 * write(); keep() and pack() run on one thread at a time; the others on any.
 */
#ifndef CAIRN_EVENT_STORE_H
#define CAIRN_EVENT_STORE_H

#include "event/log.h"

enum {
    CN_BLOCK_EVENTS_MIN = 32, /* a batch of so many makes a block of its own */
    /* Of one segment, unless the options say otherwise: as many ids as fit into tables of 2^22
     * slots (event/idset.h). */
    CN_SEGMENT_EVENTS = 3000000,
    CN_BLOCK_EVENTS_MAX = 4096 /* smaller batches share blocks of up to so many */
};

struct cn_event_store;

/* Which events of a subject: from <= seq < before, at most `limit`. */
struct cn_subject_range {
    int64_t subject;
    int64_t from;
    int64_t before;
    size_t limit;
    bool newest_first;
};

/* A group that is written together.  write() puts the batches into the order of the log. */
struct cn_event_group {
    struct cn_event_batch **batches;
    size_t count;
    int64_t first_seq;
    int64_t last_seq; /* first_seq - 1 if all were duplicates */
    bool sync_failed;
    bool has_sealed; /* a segment ended before it: keep() has work */
};

struct cn_event_store_kind {
    /* Drops duplicates, numbers the rest, commits.  On failure nothing is changed but
     * group->sync_failed. */
    bool (*write)(struct cn_event_store *store, struct cn_event_group *group, struct cn_error *err);
    int64_t (*position)(struct cn_event_store *store);
    bool (*scan)(struct cn_event_store *store, int64_t from, int64_t to, cn_event_visitor *visit,
                 void *arg, struct cn_error *err);
    bool (*scan_subject)(struct cn_event_store *store, const struct cn_subject_range *range,
                         cn_event_visitor *visit, void *arg, struct cn_error *err);
    void (*seal)(struct cn_event_store *store);
    /* Any thread, also while another packs. */
    bool (*keep)(struct cn_event_store *store, struct cn_error *err);
    bool (*pack)(struct cn_event_store *store, int64_t consumed, bool *packed_out,
                 struct cn_error *err);
    bool (*drop)(struct cn_event_store *store, cn_time before, size_t *dropped_out,
                 struct cn_error *err);
    bool (*segments)(struct cn_event_store *store, struct cn_arena *arena,
                     struct cn_segment_info **segments_out, size_t *count_out,
                     struct cn_error *err);
    void (*id_counts)(struct cn_event_store *store, struct cn_id_counts *counts_out);
    void (*close)(struct cn_event_store *store);
};

/* First member of a store's own struct. */
struct cn_event_store {
    const struct cn_event_store_kind *kind;
};

CN_MUST_CHECK bool cn_event_store_embedded(const struct cn_event_log_options *options,
                                           struct cn_event_store **store_out, struct cn_error *err);

/* Encodes all events of a batch into its block. */
void cn_event_batch_encode(struct cn_event_batch *batch);

#endif
