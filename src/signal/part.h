/* Signals and holds as a part of accounts. */
#ifndef CAIRN_SIGNAL_PART_H
#define CAIRN_SIGNAL_PART_H

#include "book/merge.h"

/* The merged account's signals and their history move, as what they were: none of them is the
 * newest of its rule then, and those that stood are cleared.  Whether the survivor is to be asked
 * about is found by its own facts, which are those of both from then on. */
extern const struct cn_account_part cn_signal_part;

#endif
