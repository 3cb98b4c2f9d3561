/*
 * Packed log segments: a sealed one rewritten for reading by subject; for event/ only.
 *
 * A SQLite file in which spans of up to CN_PACK_SPAN_EVENTS consecutive events are sorted by
 * subject, cut into chunks and compressed, with a posting for each subject and chunk.  Reading a
 * subject decompresses the chunks that hold it; a scan in the order of the log takes one span at
 * a time into memory and sorts it back.
 *
 * The file is written under another name, synced and renamed, so it is whole or absent; until then
 * the raw one is valid.
 */
#ifndef CAIRN_EVENT_PACK_H
#define CAIRN_EVENT_PACK_H

#include "event/segment.h"

enum {
    CN_PACK_SPAN_EVENTS = 128 * 1024,
    CN_PACK_CHUNK_EVENTS = 256,
};

/* The file's suffix: "pack", "day", "month". */
const char *cn_pack_suffix(enum cn_pack_level level);

/* Writes the packed form of consecutive segments that are not open, and opens it. */
CN_MUST_CHECK bool cn_pack_make(const char *dir, struct cn_segment *const *sources, size_t count,
                                enum cn_pack_level level, cn_time now,
                                struct cn_segment **packed_out, struct cn_error *err);

CN_MUST_CHECK bool cn_pack_open(const char *dir, int64_t first_seq, enum cn_pack_level level,
                                struct cn_segment **packed_out, struct cn_error *err);

/* Which segments of a list to merge, and into what. */
struct cn_pack_merge {
    size_t first;
    size_t count;
    enum cn_pack_level level;
};

/* Finds two or more packed segments in a row that are all of a UTC month or day that ended before
 * `before`; false if there are none. */
bool cn_pack_find_merge(struct cn_segment *const *segments, size_t count, cn_time before,
                        struct cn_pack_merge *merge_out);

#endif
