/*
 * Traits of accounts: what group calls and people say about them beyond the record's own fields.
 *
 * Every observation is kept; the value at a moment is the one of the latest observation at or
 * before it by (event time, tie), so that the order of arrival does not matter.  A value is a JSON
 * scalar as text: "\"pro\"", "12", "true", "null".
 */
#ifndef CAIRN_BOOK_TRAIT_H
#define CAIRN_BOOK_TRAIT_H

#include "book/unit.h"

enum {
    CN_TRAIT_NAME_MAX_BYTES = 100,
    CN_TRAIT_VALUE_MAX_BYTES = 1000,
    CN_TRAITS_MAX = 200, /* names of one account */
};

struct cn_trait {
    cn_str name;
    cn_str value; /* JSON scalar */
    cn_time at;
};

struct cn_trait_list {
    struct cn_trait *items;
    size_t count;
};

/* The current ones that are not null, by name.  The account must be in scope, else the list is
 * empty. */
CN_MUST_CHECK bool cn_trait_list(const struct cn_unit *unit, cn_account_id account_id,
                                 struct cn_trait_list *list_out, struct cn_error *err);

/* The same as they were known at a past moment. */
CN_MUST_CHECK bool cn_trait_list_then(const struct cn_unit *unit, cn_account_id account_id,
                                      cn_time at, struct cn_trait_list *list_out,
                                      struct cn_error *err);

struct cn_trait_observation {
    cn_account_id account_id;
    cn_str name;
    cn_str value;
    cn_time at;
    int64_t tie;
    int64_t log_seq; /* the event that told it; 0: none did */
};

/* Inside a transaction.  *is_newest_out: it is now the current value and differs from the one
 * before; only then a change is noted. */
CN_MUST_CHECK bool cn_trait_observe(const struct cn_unit *unit,
                                    const struct cn_trait_observation *observation,
                                    bool *is_newest_out, struct cn_error *err);

#endif
