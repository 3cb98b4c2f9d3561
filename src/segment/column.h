/* For segment/ only: what rules read of it. */
#ifndef CAIRN_SEGMENT_COLUMN_H
#define CAIRN_SEGMENT_COLUMN_H

#include "segment/segment.h"

struct cn_column_source *cn_segment_columns(struct cn_arena *arena,
                                            const struct cn_segment_model *model);

#endif
