/*
 * The order in which columns and rules are computed when some read what others make.
 *
 * Nodes are columns and rules.  A node that reads another's result in its own row comes after it,
 * in the same stratum; one that reads it across rows comes in a later stratum, since every row of
 * the other must be there first.  A cycle has no order and is an error that names its members.
 */
#ifndef CAIRN_FRAME_STRATA_H
#define CAIRN_FRAME_STRATA_H

#include "base/arena.h"
#include "base/error.h"

struct cn_strata {
    struct cn_arena *arena;
    struct cn_strata_node *nodes;
    size_t count;
    size_t capacity;
};

void cn_strata_init(struct cn_strata *strata, struct cn_arena *arena);

/* The number of the new node; `name` is for messages. */
uint32_t cn_strata_add(struct cn_strata *strata, cn_str name);

void cn_strata_reads(struct cn_strata *strata, uint32_t reader, uint32_t read, bool across_rows);

struct cn_strata_order {
    uint32_t *nodes;   /* in the order of computing */
    uint32_t *stratum; /* of node n, from 0 */
    size_t count;
    uint32_t stratum_count;
};

/* Fails with CN_INVALID: "a reads b reads a". */
CN_MUST_CHECK bool cn_strata_sort(const struct cn_strata *strata, struct cn_strata_order *order_out,
                                  struct cn_error *err);

/* After a sort that failed: the members of cycle number `which`, from 0, each of which reads the
 * next and the last the first; in the strata's arena.  *count_out is 0 if there are no more.  Every
 * node that reads itself is in one of them. */
const uint32_t *cn_strata_cycle(const struct cn_strata *strata, size_t which, size_t *count_out);

/* What the node reads, in no order; from `arena`. */
const uint32_t *cn_strata_read_by(const struct cn_strata *strata, uint32_t node,
                                  struct cn_arena *arena, size_t *count_out);

#endif
