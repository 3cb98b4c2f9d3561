/*
 * The lease on a PostgreSQL database: one process at a time derives state in it.
 *
 * It is an advisory lock of a connection that does nothing else, so it ends with its process, at
 * once.  A thread looks after it: when the connection was lost (the database was restarted, failed
 * over) it takes the lock anew.  In between somebody else may have taken it; the holder is then
 * told that it has lost.  Because a lease can end unnoticed for a moment, it only keeps order: what
 * must never be done twice is fenced in the transactions that do it (engine/guard.c).
 *
 * Embedded databases need none: the data folder is locked (cli/workspace.h).
 *
 * Not here: leases of many nodes, as rows with a term.
 */
#ifndef CAIRN_SQL_LEASE_H
#define CAIRN_SQL_LEASE_H

#include "sql/db.h"

struct cn_lease;

/*
 * Takes the lease of the database `db`, which outlives it; a predecessor that has just been killed
 * is waited for.  `lost` is called at most once, on the lease's thread.  *lease_out is NULL if `db`
 * is embedded.
 *
 * Fails with CN_CONFLICT if another process holds it, CN_UNAVAILABLE if the database is away.
 */
CN_MUST_CHECK bool cn_lease_take(struct cn_db *db, void (*lost)(void *arg), void *arg,
                                 struct cn_lease **lease_out, struct cn_error *err);

void cn_lease_release(struct cn_lease *lease); /* NULL is allowed */

/* Somebody else has it. */
bool cn_lease_is_lost(const struct cn_lease *lease); /* false for NULL */

#endif
