/*
 * Parked subjects: those with counted events that belonged to no account.  When a subject finds its
 * account, what it did before must be counted for that; this list says whether there is anything,
 * so that the log need not be asked about each new subject.
 *
 * Kept in memory and, in the transaction that moves the rollups' position, on disk beside them.  It
 * may name a subject too many, never one too few.  Beyond max_count it says "there may be" for all.
 *
 * Any thread may call any function.
 *
 * Not here: what belongs to whom (book/subject_map.h), counting anew (engine/rebuild.c).
 */
#ifndef CAIRN_ENGINE_PARKED_H
#define CAIRN_ENGINE_PARKED_H

#include "base/base.h"
#include "base/error.h"

struct cn_parked;      /* opaque */
struct cn_sql_conn;    /* sql/sql.h */
struct cn_subject_map; /* book/subject_map.h */

enum {
    CN_PARKED_MAX = 2000000 /* subjects, at 24 to 48 bytes, unless the options say otherwise */
};

/* max_count 0: CN_PARKED_MAX. */
struct cn_parked *cn_parked_new(size_t max_count);
void cn_parked_free(struct cn_parked *parked); /* NULL is allowed */

/* Reads the list into an empty one.  `conn` is of the database of the rollups; a subject of
 * which no event can be parked by now is left out. */
CN_MUST_CHECK bool cn_parked_load(struct cn_parked *parked, struct cn_sql_conn *conn,
                                  struct cn_subject_map *map, struct cn_error *err);

/* The subject has counted events without an account. */
void cn_parked_add(struct cn_parked *parked, int64_t subject);

/* The subject has none any more. */
void cn_parked_remove(struct cn_parked *parked, int64_t subject);

/* Whether it may have. */
bool cn_parked_may_have(struct cn_parked *parked, int64_t subject);

size_t cn_parked_count(struct cn_parked *parked);

/* Writes what changed since the last cn_parked_written(); in the transaction that moves the
 * rollups' position, and again if that is done again.  cn_parked_written() after its commit. */
CN_MUST_CHECK bool cn_parked_write(void *arg, struct cn_sql_conn *conn, struct cn_error *err);
void cn_parked_written(void *arg); /* a struct cn_parked, as above */

#endif
