/*
 * The list of log segments of a folder; for event/ only.  Any thread.
 */
#ifndef CAIRN_EVENT_SEGMENTS_H
#define CAIRN_EVENT_SEGMENTS_H

#include "event/segment.h"

struct cn_segments {
    pthread_mutex_t lock;
    struct cn_segment **items; /* by first_seq */
    size_t count;
    size_t capacity;
    bool is_unsynced;
    cn_time now; /* when it was loaded */
    char dir[CN_SEGMENT_PATH_BYTES];
};

void cn_segments_init(struct cn_segments *segments, const char *dir);
void cn_segments_deinit(struct cn_segments *segments); /* safe on a zeroed one */

/* Makes the folder, deletes what a crash left half done, opens every segment, the newest raw one
 * for writing.  Fails if the folder cannot be read or a segment is damaged. */
CN_MUST_CHECK bool cn_segments_load(struct cn_segments *segments, bool is_unsynced, cn_time now,
                                    struct cn_error *err);

/* Adds one after all others; takes the reference. */
void cn_segments_add(struct cn_segments *segments, struct cn_segment *segment);

/* Puts `packed` in the place of the `count` segments from `first` on, which are deleted; takes the
 * reference of `packed`.  If `first` is no longer in the list, `packed` is deleted. */
void cn_segments_replace(struct cn_segments *segments, const struct cn_segment *first, size_t count,
                         struct cn_segment *packed);

/* Deletes what is not open and ended before; yields how many. */
size_t cn_segments_drop(struct cn_segments *segments, cn_time before);

/* A copy of the list, each with a reference; oldest first.  To be given back. */
size_t cn_segments_take(struct cn_segments *segments, struct cn_segment ***items_out);
void cn_segments_give(struct cn_segment **items, size_t count);

/* first_seq of the oldest segment that has events received since, or that is open. */
int64_t cn_segments_since(struct cn_segments *segments, cn_time since);

#endif
