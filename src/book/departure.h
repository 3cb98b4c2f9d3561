/*
 * Accounts that left, and when: what the back-test (engine/backtest.h) asks about.
 *
 * A departure is told afterwards.  No rule reads it, so that none can be right by reading it.
 *
 * Not here: contracts that ended, which only suggest one.
 */
#ifndef CAIRN_BOOK_DEPARTURE_H
#define CAIRN_BOOK_DEPARTURE_H

#include "book/merge.h"

enum {
    CN_DEPARTURE_REASON_MAX_BYTES = 500,
    CN_DEPARTURES_MAX = 10000, /* listed, the newest first */
};

struct cn_departure {
    cn_account_id account_id;
    cn_str name; /* of the account */
    int64_t left_on;
    cn_str reason; /* or "" */
    cn_time known; /* when it was told */
};

struct cn_departure_list {
    struct cn_departure *items;
    size_t count;
};

/* Marks the account, or changes its mark.  Fails with CN_NOT_FOUND if it is not in scope,
 * CN_INVALID if the day is to come, or as sql/sql.h says. */
CN_MUST_CHECK bool cn_departure_set(const struct cn_unit *unit, cn_account_id account_id,
                                    int64_t left_on, cn_str reason, struct cn_error *err);

/* Takes the mark back; nothing if there is none.  Fails with CN_NOT_FOUND as above. */
CN_MUST_CHECK bool cn_departure_remove(const struct cn_unit *unit, cn_account_id account_id,
                                       struct cn_error *err);

/* The account's mark; *is_marked_out is false if there is none.  Fails as above. */
CN_MUST_CHECK bool cn_departure_get(const struct cn_unit *unit, cn_account_id account_id,
                                    struct cn_departure *departure_out, bool *is_marked_out,
                                    struct cn_error *err);

/* Of accounts in scope, the newest first. */
CN_MUST_CHECK bool cn_departure_list(const struct cn_unit *unit, struct cn_departure_list *list_out,
                                     struct cn_error *err);

/* Accounts in scope whose last contract ended before today and that are not marked: offered, with
 * the day after its end. */
CN_MUST_CHECK bool cn_departure_suggest(const struct cn_unit *unit,
                                        struct cn_departure_list *list_out, struct cn_error *err);

/* The account in scope of that external id, domain or name; a name must be of one alone.  Fails
 * with CN_NOT_FOUND, or CN_INVALID if several have it. */
CN_MUST_CHECK bool cn_departure_find(const struct cn_unit *unit, cn_str text,
                                     cn_account_id *account_id_out, struct cn_error *err);

struct cn_departure_problem {
    int64_t line; /* from 1 */
    cn_str text;
};

struct cn_departure_import {
    size_t marked;
    struct cn_departure_problem *problems; /* with any, nothing was marked */
    size_t problem_count;
};

/*
 * Marks all accounts of a CSV text: account, day as 2026-03-31 and perhaps a reason; a first line
 * without a day is a heading.  The account is its id, external id, domain or name, and stands in
 * one line alone.  Inside a transaction.  Fails as sql/sql.h says; what is wrong with lines is a
 * problem each.
 */
CN_MUST_CHECK bool cn_departure_take_csv(const struct cn_unit *unit, cn_str csv,
                                         struct cn_departure_import *import_out,
                                         struct cn_error *err);

extern const struct cn_account_part cn_departure_part;

#endif
