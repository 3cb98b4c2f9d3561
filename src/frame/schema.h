/*
 * The frame's columns as names of the expression language, and its arrays as batches.
 *
 * Column ids of cel/ are the indexes of the column set.
 */
#ifndef CAIRN_FRAME_SCHEMA_H
#define CAIRN_FRAME_SCHEMA_H

#include "cel/batch.h"
#include "cel/schema.h"
#include "frame/frame.h"

/* Names resolve through the set's sources, and what is found joins the set. */
struct cn_cel_schema cn_frame_schema(struct cn_column_set *set);

/* The interner, for plans and batches. */
struct cn_cel_strings cn_frame_cel_strings(struct cn_interner *strings);

/* The frame's columns, one cell array for each of the set, from `arena`.  Valid until the frame's
 * next add or use. */
struct cn_cel_cells *cn_frame_cells(const struct cn_frame *frame, struct cn_arena *arena);

/* The block that begins at row `first`, a multiple of CN_BLOCK_ROWS. */
struct cn_cel_batch cn_frame_batch(const struct cn_frame *frame, const struct cn_cel_cells *cells,
                                   const struct cn_cel_strings *strings, size_t first);

#endif
