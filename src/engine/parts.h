/* What belongs to an account, by the folders that keep it: for merging.  Adding a kind of record
 * means a struct cn_account_part in its folder and one line here. */
#ifndef CAIRN_ENGINE_PARTS_H
#define CAIRN_ENGINE_PARTS_H

#include "book/merge.h"

extern const struct cn_account_part *const cn_account_parts[];
extern const size_t cn_account_part_count;

#endif
