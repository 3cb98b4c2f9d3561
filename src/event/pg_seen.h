/*
 * The message ids of the deduplication window on PostgreSQL: kept in memory by each process that
 * appends, and caught up with what the others append.
 *
 * The table event_ids has them, a row a group.  Whoever appends holds the row of event_position; if
 * the number in it is the one up to which the ids are known, all of them are, else the rows after
 * it are read first.  So two processes never store the same event, and one that is alone reads
 * nothing.
 *
 * Ids are kept in parts, by the day on which they were stored.  A part that is finished is moved to
 * a file that has no name any more: the process that ends leaves none.
 *
 * The log's writer alone uses it, but for keep() and counts().  For event/postgres.c only; what is
 * not here: numbers and rows of events (postgres.c), the sets themselves (seen.h).
 */
#ifndef CAIRN_EVENT_PG_SEEN_H
#define CAIRN_EVENT_PG_SEEN_H

#include "base/buf.h"

#include "event/store.h"

struct cn_pg_seen;
struct cn_sql_conn;

/* `options` are borrowed. */
struct cn_pg_seen *cn_pg_seen_new(const struct cn_event_log_options *options);
void cn_pg_seen_free(struct cn_pg_seen *seen);

/* How many days before its own an id is looked for, at least. */
int64_t cn_pg_seen_days(const struct cn_event_log_options *options);

/* Up to which number of the log all ids of the window are known. */
int64_t cn_pg_seen_known(const struct cn_pg_seen *seen);

/* Reads what was appended after that.  `upto` is a position of the log that was true before the
 * call; `today` the UTC day, before whose window ids are forgotten. */
CN_MUST_CHECK bool cn_pg_seen_catch_up(struct cn_pg_seen *seen, struct cn_sql_conn *conn,
                                       int64_t today, int64_t upto, struct cn_error *err);

/* Begins a day: forgets what has left the window. */
void cn_pg_seen_pass(struct cn_pg_seen *seen, int64_t today);

/* Adds the ids of a group.  Events whose id is new get seq -1, the others 0; counts them in each
 * batch.  *new_out is how many are new.  Fails if a file cannot be read; then none is added. */
CN_MUST_CHECK bool cn_pg_seen_add(struct cn_pg_seen *seen, struct cn_event_group *group,
                                  size_t *new_out, struct cn_error *err);

/* Takes back what cn_pg_seen_add() added for the group, which was not committed. */
void cn_pg_seen_undo(struct cn_pg_seen *seen, struct cn_event_group *group);

/* The group was committed, up to this number. */
void cn_pg_seen_commit(struct cn_pg_seen *seen, int64_t last_seq);

/* Appends an id as event_ids has it. */
void cn_pg_seen_encode(struct cn_buf *buf, struct cn_hash128 id);

/* Moves finished parts to files.  What cannot be written stays in memory, and err says why. */
CN_MUST_CHECK bool cn_pg_seen_keep(struct cn_pg_seen *seen, struct cn_error *err);

void cn_pg_seen_counts(struct cn_pg_seen *seen, struct cn_id_counts *counts_out);

#endif
