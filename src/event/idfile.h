/*
 * A file of message-id hashes in ascending order; for event/ only.
 *
 * Not mapped into memory: ids that are looked for are spread over the whole file, so that the pages
 * of all files would soon be the process's memory.  It is kept open, with the first key of each
 * page of ids in memory (a quarter of a bit an id), so that a look costs one read of a page, which
 * is in the system's cache if there is room.
 *
 * Any number of threads may ask at once.
 */
#ifndef CAIRN_EVENT_IDFILE_H
#define CAIRN_EVENT_IDFILE_H

#include "base/error.h"
#include "base/hash.h"

struct cn_id_file;
struct cn_id_set;

/* Writes the ids of a set, syncs and renames; needs no memory for a copy of them. */
CN_MUST_CHECK bool cn_id_file_write(const struct cn_id_set *set, const char *path,
                                    struct cn_error *err);

/* *file_out is NULL if there is no such file or it is damaged.  It may be deleted while open. */
CN_MUST_CHECK bool cn_id_file_open(const char *path, struct cn_id_file **file_out,
                                   struct cn_error *err);

/* One more user, who closes it as well. */
struct cn_id_file *cn_id_file_keep(struct cn_id_file *file);
void cn_id_file_close(struct cn_id_file *file); /* NULL is allowed */

size_t cn_id_file_count(const struct cn_id_file *file);

/* What it keeps in memory. */
size_t cn_id_file_memory_bytes(const struct cn_id_file *file);

CN_MUST_CHECK bool cn_id_file_has(const struct cn_id_file *file, struct cn_hash128 id,
                                  bool *has_out, struct cn_error *err);

typedef void cn_id_visitor(void *arg, const struct cn_hash128 *ids, size_t count);

/* All ids in ascending order, some at a time. */
CN_MUST_CHECK bool cn_id_file_each(const struct cn_id_file *file, cn_id_visitor *visit, void *arg,
                                   struct cn_error *err);

#endif
