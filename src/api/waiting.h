/*
 * Ids that wait for their turn: each once, whoever waits longest first.  One thread at a time.
 *
 * A hash table alone would be drained in its own order, and while new ids keep coming those at its
 * end would never be reached.
 *
 * Internal to api/.
 */
#ifndef CAIRN_API_WAITING_H
#define CAIRN_API_WAITING_H

#include "base/map.h"

/* A zeroed struct is empty. */
struct cn_waiting {
    struct cn_map known; /* those that wait */
    int64_t *ids;        /* in the order of their arrival; those that were dropped among them */
    size_t head;
    size_t end;
    size_t capacity;
};

/* Safe on a zeroed struct and twice. */
void cn_waiting_deinit(struct cn_waiting *waiting);

/* Keeps its place if it waits already.  id: not 0. */
void cn_waiting_put(struct cn_waiting *waiting, int64_t id);

/* False if nothing waits. */
bool cn_waiting_take(struct cn_waiting *waiting, int64_t *id_out);

/* It no longer waits, if it did. */
void cn_waiting_drop(struct cn_waiting *waiting, int64_t id);

void cn_waiting_clear(struct cn_waiting *waiting); /* keeps the memory */
size_t cn_waiting_count(const struct cn_waiting *waiting);

#endif
