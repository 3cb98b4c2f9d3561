/*
 * An exact set of message-id hashes in memory; for event/ only.
 *
 * Split into shards by the first byte, so that growing rehashes a small part at a time: one large
 * table stalled the writer for a tenth of a second.  21 to 43 bytes an id.  One thread at a time.
 */
#ifndef CAIRN_EVENT_IDSET_H
#define CAIRN_EVENT_IDSET_H

#include "base/hash.h"

enum {
    CN_ID_SHARDS = 256
};

struct cn_id_shard {
    struct cn_hash128 *slots; /* 0, 0 is an empty one */
    uint32_t capacity;        /* a power of two, or 0 */
    uint32_t count;
};

struct cn_id_set {
    struct cn_id_shard shards[CN_ID_SHARDS];
    size_t count;
};

/* A zeroed struct is an empty set. */
void cn_id_set_deinit(struct cn_id_set *set);

/* False if it was there.  The id 0, 0 counts as 0, 1. */
bool cn_id_set_add(struct cn_id_set *set, struct cn_hash128 id);
bool cn_id_set_has(const struct cn_id_set *set, struct cn_hash128 id);
void cn_id_set_remove(struct cn_id_set *set, struct cn_hash128 id);

/* What it takes in memory. */
size_t cn_id_set_bytes(const struct cn_id_set *set);

/* Brings the place of an id that is asked for soon into the cache. */
void cn_id_set_prefetch(const struct cn_id_set *set, struct cn_hash128 id);

/* The ids of a shard in ascending order, as many as it counts; those of the next one are greater.
 */
void cn_id_set_sorted_shard(const struct cn_id_set *set, size_t shard, struct cn_hash128 *ids_out);

/* By hi, then lo; for qsort() and searches. */
int cn_id_compare(struct cn_hash128 a, struct cn_hash128 b);

#endif
