/* For frame/ only: the columns over other accounts' rows, as a column source. */
#ifndef CAIRN_FRAME_ROWS_H
#define CAIRN_FRAME_ROWS_H

#include "frame/frame.h"

extern const struct cn_column_source cn_rows_source;

/* Completes `def`, which cn_rows_source has resolved, with its inputs: columns of `set`. */
CN_MUST_CHECK bool cn_rows_link(struct cn_column_set *set, const struct cn_column_request *request,
                                struct cn_column_def *def, struct cn_error *err);

/* Computes such a column for all rows into `column`.  `of` is the column it is over (NULL for a
 * mere count) and `parents` the account id of each row's parent. */
void cn_rows_compute(const struct cn_frame *frame, const struct cn_column_def *def,
                     const struct cn_column *of, const struct cn_column *parents,
                     struct cn_column *column);

/* The column is over values as of the end of the last complete day. */
bool cn_rows_is_of_yesterday(const struct cn_column_def *def);

#endif
