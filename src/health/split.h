/* For health/ only: shares of a whole in whole numbers. */
#ifndef CAIRN_HEALTH_SPLIT_H
#define CAIRN_HEALTH_SPLIT_H

#include "base/arena.h"

/* Splits `total` in proportion to `ideals`, which add up to it but for rounding, by largest
 * remainder: the parts add up exactly, and none is further than 1 from its ideal unless rounding
 * was coarser. */
void cn_split(int32_t total, const double *ideals, size_t count, struct cn_arena *arena,
              int32_t *parts_out);

#endif
