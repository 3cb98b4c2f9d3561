/*
 * Rows in columns: what programs are evaluated over.
 *
 * A batch is up to CN_CEL_BLOCK_ROWS consecutive rows of larger columns.  Representation by kind:
 *
 *   DOUBLE double   INT int64_t   UINT uint64_t   BOOL uint8_t 0 or 1   STRING uint32_t, interned
 *   TIMESTAMP, DURATION int64_t microseconds
 *   LIST     the elements of all rows one after the other, as one of the above, and where each
 * row's begin
 *
 * and one bit a row that says "missing"; reading a missing value is an error of the expression.
 */
#ifndef CAIRN_CEL_BATCH_H
#define CAIRN_CEL_BATCH_H

#include "cel/value.h"

enum {
    CN_CEL_BLOCK_ROWS = 1024,
    CN_CEL_BLOCK_WORDS = CN_CEL_BLOCK_ROWS / 64,
};

struct cn_cel_cells {
    const void *values;
    const uint64_t *missing; /* NULL: none is missing */
    /* Of a LIST: row i has the elements from offsets[i] up to offsets[i + 1]; one more than rows.
     * A row that is missing has none. */
    const uint32_t *offsets;
    enum cn_cel_kind element;
};

/* Text as numbers: equal numbers are equal texts.  `intern` is called when a program is planned and
 * for computed text that is a program's result; `text` also while it runs, by any thread. */
struct cn_cel_strings {
    void *ctx;
    uint32_t (*intern)(void *ctx, cn_str text);
    cn_str (*text)(void *ctx, uint32_t number);
};

struct cn_cel_batch {
    const struct cn_cel_cells *columns; /* by the column ids of the schema */
    size_t column_count;
    size_t first; /* row of the columns where the batch begins; a multiple of 64 */
    size_t rows;  /* at most CN_CEL_BLOCK_ROWS */
    const struct cn_cel_strings *strings;
};

#endif
