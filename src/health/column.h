/* For health/ only: the columns that other rules read of health. */
#ifndef CAIRN_HEALTH_COLUMN_H
#define CAIRN_HEALTH_COLUMN_H

#include "health/scorecard.h"

/* The section has been compiled: from now on the columns can be filled. */
void cn_health_columns_fill_from(struct cn_health_columns *columns,
                                 const struct cn_health_model *model);

#endif
