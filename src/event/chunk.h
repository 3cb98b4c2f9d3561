/*
 * Chunks of packed log segments; for event/pack.c only.
 *
 * zstd of: the number of events, a header for sequence numbers (each as its difference from the one
 * before), and a block (event/block.h) of the events.
 */
#ifndef CAIRN_EVENT_CHUNK_H
#define CAIRN_EVENT_CHUNK_H

#include "event/block.h"

struct cn_chunk_writer {
    struct cn_buf plain;
    struct cn_buf packed;
    struct cn_compressor *compressor;
};

void cn_chunk_writer_init(struct cn_chunk_writer *writer);
void cn_chunk_writer_deinit(struct cn_chunk_writer *writer);

/* Borrowed until the next write.  At least one event. */
cn_str cn_chunk_write(struct cn_chunk_writer *writer, const struct cn_event *const *events,
                      size_t count);

/* Events and their texts are in the arena. */
CN_MUST_CHECK bool cn_chunk_read(struct cn_arena *arena, cn_str body, struct cn_event **events_out,
                                 size_t *count_out, struct cn_error *err);

#endif
