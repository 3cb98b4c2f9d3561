/*
 * Who is where: the sets of a model over a frame's rows, kept up to date a block at a time.
 *
 * Membership is a function of the columns alone.  What is state is only what has been told: the
 * *placement* of an account, a text with all that it is in ("|coverage:mid|segment:vip|"), which is
 * what history keeps and lists filter by.  cn_segment_collect() says whose placement differs from
 * the one told last.
 */
#ifndef CAIRN_SEGMENT_EVALUATE_H
#define CAIRN_SEGMENT_EVALUATE_H

#include "segment/segment.h"

struct cn_membership {
    struct cn_bitmap *members; /* by item of the model */
    size_t count;
    struct cn_column days_in_stage; /* F64 */
    struct cn_column cadence_days;  /* F64, missing without one */
    struct cn_bitmap touched;       /* rows whose sets moved, and those to be looked at again */
    uint64_t *told;                 /* by row: a hash of the placement that was told last */
    size_t rows;
    size_t capacity;
};

void cn_membership_init(struct cn_membership *state);
void cn_membership_deinit(struct cn_membership *state);

/* For a model of `count` items.  New rows are in nothing. */
void cn_membership_resize(struct cn_membership *state, size_t count, size_t rows);

/* The sets of another program: by name, or by what they were called before.  What was told stands,
 * and whatever is called otherwise now will be told. */
void cn_membership_move(struct cn_membership *state, const struct cn_segment_model *from,
                        const struct cn_segment_model *to);

/* The row's account is gone. */
void cn_membership_clear(struct cn_membership *state, size_t row);

/* This is what was told of the row last: at a start, or by somebody who knows better. */
void cn_membership_set(struct cn_membership *state, const struct cn_segment_model *model,
                       size_t row, cn_str placement);

static inline bool cn_membership_has(const struct cn_membership *state, uint32_t index, size_t row)
{
    return cn_bitmap_has(&state->members[index], row);
}

/* Of the seven questions, those that a segment of the row answers. */
unsigned cn_segment_answered(const struct cn_segment_model *model,
                             const struct cn_membership *state, size_t row);

/* As a consumer of the program's rules.  `state` has the frame's rows; valid while `arena` is. */
struct cn_rule_consumer cn_segment_consumer(const struct cn_segment_model *model,
                                            struct cn_membership *state, struct cn_arena *arena);

/* Where its columns are filled from. */
void cn_segment_bind(const struct cn_segment_model *model, struct cn_frame *frame,
                     const struct cn_membership *state);

/* All that the row is in, by kind and name: "|coverage:mid|stage:growth|"; "" if it is in nothing.
 */
cn_str cn_segment_placement(const struct cn_segment_model *model, const struct cn_membership *state,
                            size_t row, struct cn_arena *arena);

struct cn_segment_change {
    uint32_t row;
    cn_str placement; /* from now on */
};

struct cn_segment_changes {
    struct cn_segment_change *items; /* ascending by row */
    size_t count;
};

/* The rows whose placement is another one than was told, which it is then.  From `arena`. */
void cn_segment_collect(const struct cn_segment_model *model, struct cn_membership *state,
                        struct cn_arena *arena, struct cn_segment_changes *changes_out);

/* Takes the next "kind:name" off the placement in *rest; false at its end. */
bool cn_segment_next(cn_str *rest, cn_str *kind_out, cn_str *name_out);

#endif
