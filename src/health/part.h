/*
 * What health has to do when accounts are merged.
 *
 * Not here: the merge (book/merge.h).
 */
#ifndef CAIRN_HEALTH_PART_H
#define CAIRN_HEALTH_PART_H

#include "book/merge.h"

/* The lived scores of the merged account stay under its id, where they can still be read, and end:
 * a last row without a score says why.
 * What shadows said of it is dropped. */
extern const struct cn_account_part cn_health_part;

#endif
