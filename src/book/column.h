/*
 * The column source "book": what rules can read of an account's record, people, contracts, tickets
 * and traits, at any instant.
 *
 *   name, external_id, stage, owner, currency     text
 *   arr                                           major units, contracts running on the day
 *   seats                                         of those contracts
 *   days_to_renewal                               until the last of them ends; below 0: overdue
 *   tenure_days                                   since the first contract began, else the account
 *   has_champion, has_sponsor                     somebody holds the role and has not left
 *   days_since_champion_left                      missing while there is one or never was
 *   people                                        who have not left
 *   sentiment, sentiment_age_days                 of the current one; missing without
 *   days_since_touch                              missing without any touch
 *   touches.made(30), touches.unasked(30)         in so many days, today included
 *   open_tickets, critical_tickets_open
 *   oldest_ticket_hours, oldest_critical_hours    of the open ones; 0 without
 *   tickets.opened(28), tickets.escalated(28)     in so many days, today included
 *   tickets.open_for(48), tickets.critical_for(48) open for so many hours or more; a signal can be
 *                                                 about each
 *   trait.NAME                                    text; .number() and .flag() for other types
 *   parent_id                                     for parent.* and children.*
 *
 * As true, a value goes by when things happened; as known, also by when we were told.
 *
 * Values come from a copy of the dated rows in memory, loaded in one scan a table and then account
 * by account as changes arrive.
 *
 * Not here: metrics (metric/), scores (health/).
 */
#ifndef CAIRN_BOOK_COLUMN_H
#define CAIRN_BOOK_COLUMN_H

#include "base/tz.h"

#include "book/unit.h"
#include "frame/source.h"

struct cn_book_facts;

/* `tz` is the workspace's zone and outlives the facts. */
struct cn_book_facts *cn_book_facts_new(const struct cn_tz *tz);
void cn_book_facts_free(struct cn_book_facts *facts); /* NULL is allowed */

/* Reads all accounts; what was there before is forgotten. */
CN_MUST_CHECK bool cn_book_facts_load(struct cn_book_facts *facts, struct cn_sql_conn *conn,
                                      struct cn_error *err);

/* Reads these accounts again, new ones too. */
CN_MUST_CHECK bool cn_book_facts_refresh(struct cn_book_facts *facts, struct cn_sql_conn *conn,
                                         const int64_t *account_ids, size_t count,
                                         struct cn_error *err);

/* How far the book had been told: every change up to `change`, every event up to `log`. */
struct cn_book_moment {
    int64_t change;
    int64_t log;
};

/* The same as known at that moment: as the records are now, with what was changed later undone by
 * their field history.  An account that was not there yet is none of cn_book_facts_has(). */
CN_MUST_CHECK bool cn_book_facts_load_known(struct cn_book_facts *facts, struct cn_sql_conn *conn,
                                            const struct cn_book_moment *moment,
                                            struct cn_error *err);
CN_MUST_CHECK bool cn_book_facts_refresh_known(struct cn_book_facts *facts,
                                               struct cn_sql_conn *conn, const int64_t *account_ids,
                                               size_t count, const struct cn_book_moment *moment,
                                               struct cn_error *err);

bool cn_book_facts_has(struct cn_book_facts *facts, int64_t account_id);

/* The accounts of which something that was told ahead has come true since this was asked last: a
 * role that ends, a ticket of tomorrow.  Their rows are to be filled again.  In `arena`. */
size_t cn_book_facts_due(struct cn_book_facts *facts, cn_time now, struct cn_arena *arena,
                         int64_t **accounts_out);

/* Every account that was loaded, ascending; borrowed until the next load or refresh. */
const int64_t *cn_book_facts_accounts(const struct cn_book_facts *facts, size_t *count_out);

/* Who owns it and which team's it is, for scope over rows; 0 is nobody.  False if unknown. */
bool cn_book_facts_owner(const struct cn_book_facts *facts, int64_t account_id, int64_t *owner_out,
                         int64_t *team_out);

/* The score that somebody has set by hand for that moment, 0 to 100; false: nobody. */
bool cn_book_facts_override(const struct cn_book_facts *facts, int64_t account_id, cn_time now,
                            int64_t *value_out);

/* The source; lives as long as the facts.  Any thread may fill while another refreshes. */
const struct cn_column_source *cn_book_facts_source(struct cn_book_facts *facts);

#endif
