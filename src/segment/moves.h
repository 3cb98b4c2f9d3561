/*
 * Who entered and left one set, of all accounts that the caller sees: the history of placements
 * (segment/history.h) read across accounts.  A look-up for each row of the range; no more than
 * `limit` moves are kept, the newest.
 */
#ifndef CAIRN_SEGMENT_MOVES_H
#define CAIRN_SEGMENT_MOVES_H

#include "book/account.h"
#include "segment/segment.h"

struct cn_set_move {
    cn_account_id account_id;
    cn_str name; /* of the account */
    cn_time at;
    bool is_entry;
    bool is_backfilled;
};

struct cn_set_moves_range {
    cn_str kind;  /* as cn_segment_kind_names */
    cn_str name;  /* of the set */
    cn_time from; /* included */
    cn_time to;
    size_t limit;
};

struct cn_set_moves {
    struct cn_set_move *items; /* newest first */
    size_t count;
    bool is_cut; /* there were more than the limit */
};

/* In the arena of the unit. */
CN_MUST_CHECK bool cn_set_moves_load(const struct cn_unit *unit,
                                     const struct cn_set_moves_range *range,
                                     struct cn_set_moves *moves_out, struct cn_error *err);

#endif
