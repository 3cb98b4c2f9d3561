/*
 * A database: connections to read with, and the one way to write.
 *
 * Embedded (SQLite) one thread writes.  It takes what is waiting, runs each member of this group in
 * a savepoint and commits them together as soon as nothing more waits; a member that fails takes
 * back only itself.  If that commit fails, every member of the group fails.  On PostgreSQL each
 * write has a connection and a transaction of its own, tried again when it lost a race.
 *
 * After a failed fsync nothing is written until the process starts again: what the kernel dropped
 * cannot be known.  Reads go on.
 *
 * All functions may be called from any thread, except from inside a cn_db_work, which may only use
 * the connection it was given.
 *
 * Not here: the tables (book/ and others), migrations (sql/migrate.h).
 */
#ifndef CAIRN_SQL_DB_H
#define CAIRN_SQL_DB_H

#include "sql/sql.h"

enum {
    CN_DB_QUEUE_MAX = 4096,    /* writes that wait, unless the options say otherwise */
    CN_DB_GROUP_MAX = 256,     /* members of one commit */
    CN_DB_READERS_MAX = 64,    /* connections to read with */
    CN_DB_READ_WAIT_MS = 5000, /* for a free connection; then CN_UNAVAILABLE */
    CN_DB_ATTEMPTS_MAX = 5     /* of one write on PostgreSQL, begun within 5 seconds */
};

struct cn_db;

/* Makes a connection; for tests with a scripted driver. */
typedef bool cn_db_connect(void *arg, bool for_writing, struct cn_sql_conn **conn_out,
                           struct cn_error *err);

struct cn_db_options {
    cn_str url;             /* "sqlite:/var/lib/cairn/cairn.db" or "postgresql://..." */
    size_t readers;         /* 0: 8 */
    size_t queue_max;       /* 0: CN_DB_QUEUE_MAX */
    size_t group_max;       /* 0: CN_DB_GROUP_MAX */
    size_t writers;         /* connections that write, PostgreSQL only; 0: 4 */
    cn_sql_flush *flush;    /* writes what transactions defer; may be NULL */
    cn_db_connect *connect; /* instead of url, or NULL */
    void *connect_arg;
    bool connect_is_embedded;
};

/* Opens or creates the database and starts its threads.  Copies the options.  Fails as sql/sql.h
 * says, and with CN_INVALID for a url of another kind. */
CN_MUST_CHECK bool cn_db_open(const struct cn_db_options *options, struct cn_db **db_out,
                              struct cn_error *err);

/* Finishes what is queued, then stops.  All readers must have been released.  NULL is allowed. */
void cn_db_close(struct cn_db *db);

bool cn_db_is_embedded(const struct cn_db *db);

/* A connection of the caller's own, that no pool knows: for what must stay on one connection.
 * Closed with cn_sql_close() before the database. */
CN_MUST_CHECK bool cn_db_connect_own(struct cn_db *db, struct cn_sql_conn **conn_out,
                                     struct cn_error *err);

/* False after a failed fsync. */
bool cn_db_is_writable(const struct cn_db *db);

/* Runs in a transaction that its caller begins and ends.  True: commit.  False with *err: roll
 * back.  May be run again from its start on PostgreSQL, so it changes nothing but the database. */
typedef bool cn_db_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err);

/* Runs `work` in a transaction and returns after its commit.  Fails with what work reports, with
 * CN_UNAVAILABLE if the queue is full or the database gone, or with CN_STORAGE_FULL. */
CN_MUST_CHECK bool cn_db_write(struct cn_db *db, cn_db_work *work, void *arg, struct cn_error *err);

/* The same without waiting; embed it in your own struct. */
struct cn_db_job {
    cn_db_work *work;
    void *arg;
    /* Called once on another thread after the commit (err is NULL) or the failure.  The job may be
     * freed in it. */
    void (*done)(struct cn_db_job *job, const struct cn_error *err);
};

/* On true done() will be called; false with CN_UNAVAILABLE if the queue is full. */
CN_MUST_CHECK bool cn_db_post(struct cn_db *db, struct cn_db_job *job, struct cn_error *err);

/* Writes that wait; the limit is options.queue_max. */
size_t cn_db_waiting(struct cn_db *db);

/*
 * Borrows a connection whose reads all see one snapshot, taken at the first of them.  Give it back
 * soon: a snapshot that stays open keeps SQLite's log from being cut.
 */
CN_MUST_CHECK bool cn_db_read(struct cn_db *db, struct cn_sql_conn **conn_out,
                              struct cn_error *err);
void cn_db_release(struct cn_db *db, struct cn_sql_conn *conn); /* NULL is allowed */

#endif
