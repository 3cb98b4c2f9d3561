/*
 * Which messages were seen: the ids of the deduplication window; for event/ only.
 *
 * A list of parts, one a log segment.  A part is an exact set in memory, or a sorted file of which
 * little is in memory; the newest is always a set and takes what is added.  One filter over all
 * files, of 12 to 18 bits an id, keeps a new id, the usual case, from being looked for in each of
 * them.
 *
 * The writer thread alone adds and asks.  Any thread may turn a finished set into a file.
 */
#ifndef CAIRN_EVENT_SEEN_H
#define CAIRN_EVENT_SEEN_H

#include "base/error.h"
#include "base/hash.h"

#include "event/store.h"

struct cn_seen;

struct cn_seen *cn_seen_new(void);
void cn_seen_free(struct cn_seen *seen); /* keeps the files; NULL is allowed */

/* Starts a part; what is added from now on belongs to it.  first_seq names its segment and grows
 * from part to part. */
void cn_seen_begin(struct cn_seen *seen, int64_t first_seq);

/* Adds the ids of a group.  Events whose id is new get seq -1, the others 0; counts them in each
 * batch.  *new_out is how many are new.  Fails if a file cannot be read; then none is added. */
CN_MUST_CHECK bool cn_seen_add_group(struct cn_seen *seen, struct cn_event_group *group,
                                     size_t *new_out, struct cn_error *err);

/* Takes back what cn_seen_add_group() just added to the newest part. */
void cn_seen_undo_group(struct cn_seen *seen, struct cn_event_group *group);

/* Around ids that are added one by one: once for many, since it costs more than one question. */
void cn_seen_lock(struct cn_seen *seen);
void cn_seen_unlock(struct cn_seen *seen);

/* Adds an id that is in no older part, as the log has each once, to the newest.  Locked. */
void cn_seen_put(struct cn_seen *seen, struct cn_hash128 id);

/* Size of the newest part. */
size_t cn_seen_newest_count(const struct cn_seen *seen);

/* Adds the part of an earlier segment from its file; before the first cn_seen_begin() with a later
 * first_seq.  *found_out is false if there is no such file or it is damaged. */
CN_MUST_CHECK bool cn_seen_load(struct cn_seen *seen, int64_t first_seq, const char *path,
                                bool *found_out, struct cn_error *err);

/* After the last cn_seen_load() and before anything is asked. */
CN_MUST_CHECK bool cn_seen_ready(struct cn_seen *seen, struct cn_error *err);

/* Writes the part of a segment, which must not be the newest, to a file and uses that from then on.
 * Does nothing if it is a file already or gone. */
CN_MUST_CHECK bool cn_seen_store(struct cn_seen *seen, int64_t first_seq, const char *path,
                                 struct cn_error *err);

/* Forgets the parts before the one of first_seq. */
void cn_seen_forget_before(struct cn_seen *seen, int64_t first_seq);

void cn_seen_counts(struct cn_seen *seen, struct cn_id_counts *counts_out);

#endif
