/*
 * Who entered and left one set, of all accounts that the caller sees: the history of placements
 * (segment/history.h) read across accounts.
 *
 * One pass over the rows of the range, newest first, and one look-up an account for what held
 * before it.  Of a longer range than CN_SET_MOVES_ROWS_MAX rows the oldest are left out.
 */
#ifndef CAIRN_SEGMENT_MOVES_H
#define CAIRN_SEGMENT_MOVES_H

#include "book/account.h"
#include "segment/segment.h"

enum {
    CN_SET_MOVES_ROWS_MAX = 1000 * 1000, /* 24 MB while they are read */
};

struct cn_set_move {
    cn_account_id account_id;
    cn_str name; /* of the account; "" of those after the newest `named` */
    cn_time at;
    bool is_entry;
    bool is_backfilled;
};

struct cn_set_moves_range {
    cn_str kind;  /* as cn_segment_kind_names */
    cn_str name;  /* of the set */
    cn_time from; /* included */
    cn_time to;
    size_t limit; /* moves that are kept: the newest */
    size_t named;
};

struct cn_set_moves {
    struct cn_set_move *items; /* newest first, of one moment by account */
    size_t count;
    bool is_cut; /* there are, or may be, more than these */
};

/* In the arena of the unit. */
CN_MUST_CHECK bool cn_set_moves_load(const struct cn_unit *unit,
                                     const struct cn_set_moves_range *range,
                                     struct cn_set_moves *moves_out, struct cn_error *err);

#endif
