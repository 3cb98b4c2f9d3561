/*
 * Answers of a past moment: the parameter as_of, and what of an answer it changes.  Internal to
 * api/: lists, one account and the portfolio share it.
 *
 * They are of what was known then, from what is stored; what no history keeps is left out and named
 * in the answer.
 */
#ifndef CAIRN_API_PAST_H
#define CAIRN_API_PAST_H

#include "api/accounts.h"
#include "engine/then.h"

enum {
    CN_AS_OF_MAX_BYTES = 40
};

/* In the row of the query's text as_of. */
#define CN_AS_OF_TEXT                                                                     \
    .min = 1, .max = CN_AS_OF_MAX_BYTES,                                                  \
    .doc = "as it was known at a past moment: the end of a day of the workspace's zone, " \
           "2026-10-01, or 2026-10-01T12:00:00Z; now unless given"

/* The first moment after the day, or the moment.  Fails with CN_MALFORMED for what is neither or is
 * not past. */
CN_MUST_CHECK bool cn_as_of_parse(const struct cn_request *req, cn_str text, cn_time *at_out,
                                  struct cn_error *err);

/* As cn_account_filter_of(), for a list of a past moment.  Fails, too, with CN_MALFORMED for what
 * history cannot answer. */
CN_MUST_CHECK bool cn_account_then_filter_of(const struct cn_request *req,
                                             const struct cn_account_list_query *query, cn_time at,
                                             struct cn_then_filter *filter_out,
                                             struct cn_error *err);

/* The book then, or that account alone (0: all).  Fails with CN_MALFORMED if nothing was known of
 * any account, saying since when something was; else as cn_then_load() does. */
CN_MUST_CHECK bool cn_past_load(const struct cn_request *req, cn_time at, cn_account_id only,
                                struct cn_then *then_out, struct cn_error *err);

/* Yields false with CN_NOT_FOUND: an account that is there now and was not known then. */
bool cn_past_not_there(const struct cn_request *req, cn_account_id id, cn_time at,
                       struct cn_error *err);

void cn_past_row_fill(const struct cn_request *req, const struct cn_then_account *then,
                      const struct cn_user_list *owners, struct cn_account_row *row);

/* Which answer it is. */
enum cn_past_kind {
    CN_PAST_LIST,
    CN_PAST_ACCOUNT,
    CN_PAST_PORTFOLIO
};

/* What the answer says of the moment: it names what is left out. */
struct cn_as_of_view cn_as_of_view_of(const struct cn_request *req, const struct cn_then *then,
                                      enum cn_past_kind kind);

#endif
