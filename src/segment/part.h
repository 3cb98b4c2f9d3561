/* What becomes of placements when accounts are merged: the merged account's history ends. */
#ifndef CAIRN_SEGMENT_PART_H
#define CAIRN_SEGMENT_PART_H

#include "book/merge.h"

extern const struct cn_account_part cn_segment_part;

#endif
