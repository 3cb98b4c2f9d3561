/*
 * Members that are in the database already, so that they need not be sent again: of users who come
 * every minute, nearly all.  A member's key is 128 bits, so what is found is there.
 *
 * It forgets everything when it is full, and when the mapping of subjects changes: then rows are
 * dropped and made anew.  One thread at a time.
 *
 * Only metric/ includes this header.
 */
#ifndef CAIRN_METRIC_KNOWN_H
#define CAIRN_METRIC_KNOWN_H

#include "base/hash.h"
#include "base/map.h"

#include "metric/delta.h"

struct cn_known_members {
    struct cn_map keys; /* one half of a key to the other */
    int64_t mapping;    /* under which they were written */
};

/* Members that a transaction adds. */
struct cn_fresh_members {
    int64_t mapping;
    struct cn_hash128 *keys;
    size_t count;
};

/* A zeroed struct is empty. */
void cn_fresh_members_deinit(struct cn_fresh_members *fresh);

/* The same. */
void cn_known_members_deinit(struct cn_known_members *known);
void cn_known_members_forget(struct cn_known_members *known);

/* Removes the members that are known from the deltas, to which nothing may be added afterwards, and
 * lists the others in *fresh, in place of what was there: a transaction may run again. */
void cn_known_members_filter(struct cn_known_members *known, int64_t mapping,
                             struct cn_deltas *deltas, struct cn_fresh_members *fresh);

/* Their transaction was committed.  Does nothing if the mapping is another one by now. */
void cn_known_members_add(struct cn_known_members *known, const struct cn_fresh_members *fresh);

#endif
