/*
 * One attribute of all accounts: an array with a bit per row that says whether the value is
 * missing.
 *
 * Bit set means missing.  Rows that were never set are missing.  Arrays hold whole blocks, so that
 * code that works a block at a time needs no tail.  The representation of each type is that of
 * cel/: text is a number of the frame's interner, moments and spans are int64 microseconds.
 */
#ifndef CAIRN_FRAME_COLUMN_H
#define CAIRN_FRAME_COLUMN_H

#include "base/base.h"

enum {
    CN_BLOCK_ROWS = 1024, /* a multiple of 64 */
    /* Rows that one thread has when several share a pass: whatever is kept for rows together is
     * kept for no more than these. */
    CN_STRETCH_ROWS = 16 * CN_BLOCK_ROWS,
};

enum cn_column_type {
    CN_COLUMN_F64,
    CN_COLUMN_I64,
    CN_COLUMN_BOOL,
    CN_COLUMN_STR,
    CN_COLUMN_TIME,
    CN_COLUMN_SPAN, /* a duration */
};

struct cn_column {
    enum cn_column_type type;
    union {
        double *f64;
        int64_t *i64;  /* _I64, _TIME, _SPAN */
        uint8_t *flag; /* _BOOL: 0 or 1 */
        uint32_t *str;
        void *any;
    } as;
    uint64_t *missing;
    size_t capacity; /* rows, a multiple of CN_BLOCK_ROWS */
};

/* Prepares an empty column. */
void cn_column_init(struct cn_column *column, enum cn_column_type type);
void cn_column_deinit(struct cn_column *column);

/* Room for at least `rows`; new rows are missing, with value 0. */
void cn_column_reserve(struct cn_column *column, size_t rows);

size_t cn_column_value_bytes(enum cn_column_type type);

static inline bool cn_column_is_missing(const struct cn_column *column, size_t row)
{
    return (column->missing[row / 64] >> (row % 64) & 1) != 0;
}

static inline void cn_column_set_missing(struct cn_column *column, size_t row)
{
    column->missing[row / 64] |= UINT64_C(1) << (row % 64);
}

static inline void cn_column_mark_present(struct cn_column *column, size_t row)
{
    column->missing[row / 64] &= ~(UINT64_C(1) << (row % 64));
}

static inline void cn_column_set_f64(struct cn_column *column, size_t row, double value)
{
    column->as.f64[row] = value;
    cn_column_mark_present(column, row);
}

/* Also for moments and spans. */
static inline void cn_column_set_i64(struct cn_column *column, size_t row, int64_t value)
{
    column->as.i64[row] = value;
    cn_column_mark_present(column, row);
}

static inline void cn_column_set_bool(struct cn_column *column, size_t row, bool value)
{
    column->as.flag[row] = value;
    cn_column_mark_present(column, row);
}

static inline void cn_column_set_str(struct cn_column *column, size_t row, uint32_t interned)
{
    column->as.str[row] = interned;
    cn_column_mark_present(column, row);
}

#endif
