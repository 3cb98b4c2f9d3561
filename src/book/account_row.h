/*
 * The columns of `account` as they are read, and what the files about them share.  Only
 * book/account*.c and book/merge.c include this header.
 */
#ifndef CAIRN_BOOK_ACCOUNT_ROW_H
#define CAIRN_BOOK_ACCOUNT_ROW_H

#include "book/account.h"

#define CN_ACCOUNT_COLUMNS                                                        \
    "account_id, external_id, name, domain, owner_id, team_id, parent_id, stage," \
    " arr_minor, currency, renewal_on, created_us, version, score, band, grey,"   \
    " confidence, trend, scorecard, last_activity_us, open_tickets"

/* What must be unique over all accounts is claimed inside the transaction; fails with CN_CONFLICT
 * and the field. */
CN_MUST_CHECK bool cn_account_claim_external_id(const struct cn_unit *unit, cn_str external_id,
                                                int64_t account_id, struct cn_error *err);
CN_MUST_CHECK bool cn_account_claim_domain(const struct cn_unit *unit, cn_str domain,
                                           int64_t account_id, struct cn_error *err);

/* What the record points to must exist, else CN_INVALID and the field; *team_out may be NULL. */
CN_MUST_CHECK bool cn_account_check_owner(const struct cn_unit *unit, cn_user_id owner_id,
                                          int64_t *team_out, struct cn_error *err);
CN_MUST_CHECK bool cn_account_check_team(const struct cn_unit *unit, cn_team_id team_id,
                                         struct cn_error *err);
CN_MUST_CHECK bool cn_account_check_parent(const struct cn_unit *unit, cn_account_id id,
                                           cn_account_id parent_id, struct cn_error *err);

/* Whether contracts that are no drafts say the account's ARR, and not its record. */
CN_MUST_CHECK bool cn_account_has_contracts(const struct cn_unit *unit, cn_account_id id,
                                            bool *has_out, struct cn_error *err);

/* The account's ARR as it stands in field history; "" for none. */
cn_str cn_account_json_money(const struct cn_unit *unit, const struct cn_account *account);

struct cn_account cn_account_read_row(struct cn_arena *arena, struct cn_sql_stmt *stmt);

#endif
