#include "event/chunk.h"

enum {
    COMPRESS_LEVEL = 3,
    CHUNK_MAX_BYTES = 1 << 30,
    EVENTS_MAX = 1 << 20,
};

void cn_chunk_writer_init(struct cn_chunk_writer *writer)
{
    cn_buf_init(&writer->plain, CHUNK_MAX_BYTES);
    cn_buf_init(&writer->packed, CHUNK_MAX_BYTES);
    writer->compressor = cn_compressor_new(COMPRESS_LEVEL);
}

void cn_chunk_writer_deinit(struct cn_chunk_writer *writer)
{
    cn_buf_deinit(&writer->plain);
    cn_buf_deinit(&writer->packed);
    cn_compressor_free(writer->compressor);
    writer->compressor = NULL;
}

cn_str cn_chunk_write(struct cn_chunk_writer *writer, const struct cn_event *const *events,
                      size_t count)
{
    int64_t before = 0;
    cn_buf_clear(&writer->plain);
    cn_varint_add(&writer->plain, count);
    for (size_t i = 0; i < count; i++) {
        cn_varint_add_signed(&writer->plain, events[i]->seq - before);
        before = events[i]->seq;
    }
    cn_block_begin(&writer->plain, events[0]);
    for (size_t i = 0; i < count; i++) {
        cn_block_add(&writer->plain, events[0], events[i]);
    }
    cn_compress(writer->compressor, cn_buf_str(&writer->plain), &writer->packed);
    return cn_buf_str(&writer->packed);
}

bool cn_chunk_read(struct cn_arena *arena, cn_str body, struct cn_event **events_out,
                   size_t *count_out, struct cn_error *err)
{
    struct cn_block_reader reader;
    cn_str plain;
    uint64_t count;
    int64_t seq = 0;
    if (!cn_codec_expand_into(arena, body, &plain, err)) {
        return false;
    }
    reader = (struct cn_block_reader){ .at = (const unsigned char *)plain.ptr };
    reader.end = reader.at + plain.len;
    if (!cn_varint_take(&reader, &count) || count == 0 || count > EVENTS_MAX) {
        return cn_fail(err, CN_INTERNAL, "chunk of the event log is damaged");
    }
    struct cn_event *events = cn_arena_array(arena, struct cn_event, (size_t)count);
    for (size_t i = 0; i < count; i++) {
        int64_t step;
        if (!cn_varint_take_signed(&reader, &step)) {
            return cn_fail(err, CN_INTERNAL, "chunk of the event log is damaged");
        }
        seq += step;
        events[i].seq = seq;
    }
    cn_str block = { (const char *)reader.at, (size_t)(reader.end - reader.at) };
    if (!cn_block_open(block, &reader, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t own = events[i].seq;
        if (!cn_block_next(&reader, &events[i], err)) {
            return false;
        }
        events[i].seq = own;
    }
    *events_out = events;
    *count_out = (size_t)count;
    return true;
}
