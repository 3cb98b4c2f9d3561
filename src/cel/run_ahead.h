/*
 * Only run.c includes this.  Asks memory for the next block of all columns while this one is
 * computed: blocks are too short for the processor to see where reading goes on, since all columns
 * of one come between.
 */
#ifndef CAIRN_CEL_RUN_AHEAD_H
#define CAIRN_CEL_RUN_AHEAD_H

#include "base/arena.h"

#include "cel/batch.h"
#include "cel/step.h"

/* Part of the next block that is still to be asked for. */
struct cn_cel_ahead_part {
    const uint8_t *at;
    size_t lines;
};

struct cn_cel_ahead {
    const struct cn_cel_plan *plan;
    uint32_t *columns; /* steps that read one */
    size_t column_count;
    struct cn_cel_ahead_part *parts; /* values and missing bits of each */
    size_t part_count;
    size_t next;  /* part */
    size_t quota; /* lines a step */
};

/* Bytes of a value in a column of that kind. */
size_t cn_cel_cell_bytes(enum cn_cel_kind kind);

/* For a plan that has all its steps; from `arena`. */
void cn_cel_ahead_init(struct cn_cel_ahead *ahead, const struct cn_cel_plan *plan,
                       struct cn_arena *arena);

/* The block after this one is wanted next, if there is one. */
void cn_cel_ahead_begin(struct cn_cel_ahead *ahead, const struct cn_cel_batch *batch);

/* Asks for a part of it: asked for at once it would be waited for, since few lines can be on their
 * way.  To be called once a step. */
void cn_cel_ahead_fetch(struct cn_cel_ahead *ahead);

#endif
