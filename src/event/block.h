/*
 * How events are laid out in a block of the log; for event/ only.
 *
 * A block is a header and one record an event.  A record starts with its length, so that one event
 * of a block is reached without decoding those before it, and refers to the header for what its
 * neighbours mostly share.  Numbers are varints, seven bits a byte, lowest first.
 *
 *   header: version, base receive time, base source
 *   record: length, type, source - base, received - base, at - received, eight texts with lengths
 *
 * Message-id hash, subject and sequence number are not in it: they follow from the texts or are
 * kept beside the block.  Reading checks every length, since files can be damaged.
 */
#ifndef CAIRN_EVENT_BLOCK_H
#define CAIRN_EVENT_BLOCK_H

#include "base/buf.h"

#include "event/event.h"

/* Beginning of a block at the end of `buf`; base values are those of `first`. */
void cn_block_begin(struct cn_buf *buf, const struct cn_event *first);
void cn_block_add(struct cn_buf *buf, const struct cn_event *first, const struct cn_event *event);

struct cn_block_reader {
    const unsigned char *at;
    const unsigned char *end;
    int64_t base_received;
    int64_t base_source;
};

/* Fails with CN_INTERNAL if it is not a block. */
CN_MUST_CHECK bool cn_block_open(cn_str block, struct cn_block_reader *reader_out,
                                 struct cn_error *err);

/* Passes over `count` records. */
CN_MUST_CHECK bool cn_block_skip(struct cn_block_reader *reader, size_t count,
                                 struct cn_error *err);

/* The next record; text is borrowed from the block.  Sets subject and id, but not seq. */
CN_MUST_CHECK bool cn_block_next(struct cn_block_reader *reader, struct cn_event *event_out,
                                 struct cn_error *err);

void cn_varint_add(struct cn_buf *buf, uint64_t value);
void cn_varint_add_signed(struct cn_buf *buf, int64_t value);

/* False if it does not end within the reader. */
CN_MUST_CHECK bool cn_varint_take(struct cn_block_reader *reader, uint64_t *value_out);
CN_MUST_CHECK bool cn_varint_take_signed(struct cn_block_reader *reader, int64_t *value_out);

/* zstd over whole blocks. */
enum cn_codec {
    CN_CODEC_RAW,
    CN_CODEC_ZSTD
};

/* What compressing takes, to be used again: making it costs as much as a small block.  One thread
 * at a time. */
struct cn_compressor;

struct cn_compressor *cn_compressor_new(int level);
void cn_compressor_free(struct cn_compressor *compressor); /* NULL is allowed */

/* Replaces the contents of `out`. */
void cn_compress(struct cn_compressor *compressor, cn_str text, struct cn_buf *out);

/* Points *text_out into `stored` or `out`, whose contents it replaces. */
CN_MUST_CHECK bool cn_codec_expand(enum cn_codec codec, cn_str stored, struct cn_buf *out,
                                   cn_str *text_out, struct cn_error *err);

/* The same for zstd into an arena. */
CN_MUST_CHECK bool cn_codec_expand_into(struct cn_arena *arena, cn_str stored, cn_str *text_out,
                                        struct cn_error *err);

#endif
