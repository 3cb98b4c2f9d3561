/*
 * Files of the event log: names, and writing one so that it is whole or absent; for event/ only.
 *
 *   events/00000000000000000001.raw    a log segment as it was written (SQLite)
 *   events/00000000000000000001.pack   the same segment packed (SQLite); the raw one is then gone
 *   events/00000000000000000001.day    the packed segments of a UTC day merged; they are then gone
 *   events/00000000000000000001.month  the same for a UTC month
 *   events/00000000000000000001.ids    message-id hashes of a sealed segment, sorted
 *
 * The number is the segment's first sequence number.
 */
#ifndef CAIRN_EVENT_FILES_H
#define CAIRN_EVENT_FILES_H

#include "base/error.h"

enum {
    CN_SEGMENT_PATH_BYTES = 4096
};

/* dir/NUMBER.suffix.  Fails if the path is too long. */
CN_MUST_CHECK bool cn_segment_path(const char *dir, int64_t first_seq, const char *suffix,
                                   char path_out[CN_SEGMENT_PATH_BYTES], struct cn_error *err);

/* "00000000000000000001.raw" gives 1 and "raw"; false for names of another form. */
CN_MUST_CHECK bool cn_segment_name_parse(const char *name, int64_t *first_seq_out,
                                         const char **suffix_out);

/* Makes the folder, readable by its owner only, unless it is there. */
CN_MUST_CHECK bool cn_folder_make(const char *path, struct cn_error *err);

/* Writes a file under another name, syncs it and renames it. */
CN_MUST_CHECK bool cn_file_write(const char *path, cn_str bytes, struct cn_error *err);

/* The same in pieces. */
struct cn_file_making {
    int fd;
    char path[CN_SEGMENT_PATH_BYTES];
    char other[CN_SEGMENT_PATH_BYTES]; /* its name until it is whole */
};

CN_MUST_CHECK bool cn_file_begin(struct cn_file_making *making, const char *path,
                                 struct cn_error *err);
CN_MUST_CHECK bool cn_file_add(struct cn_file_making *making, cn_str bytes, struct cn_error *err);

/* Ends what was begun, also after an error.  If `ok`, puts `head` over the first bytes, syncs and
 * renames; else deletes what there is and yields false. */
CN_MUST_CHECK bool cn_file_end(struct cn_file_making *making, bool ok, cn_str head,
                               struct cn_error *err);

CN_MUST_CHECK bool cn_file_sync(const char *path, struct cn_error *err);

/* Renames a synced file and syncs the folder. */
CN_MUST_CHECK bool cn_file_rename(const char *from, const char *to, struct cn_error *err);

/* Syncs the folder that path is in. */
CN_MUST_CHECK bool cn_folder_sync(const char *path, struct cn_error *err);

/* Deletes a SQLite database with its log files, or any file; what is not there is no error. */
void cn_file_delete(const char *path);

#endif
