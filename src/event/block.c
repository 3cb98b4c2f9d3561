#include "event/block.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/subject.h"

enum {
    VERSION = 1,
    VARINT_MAX_BYTES = 10,
    FIXED_MAX_BYTES = 1 + 3 * VARINT_MAX_BYTES, /* of a record, without its texts */
    TEXTS = 8,
    EXPANDED_MAX_BYTES = 1 << 30,
};

static uint64_t zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* Differences wrap around, so that any two numbers have one. */
static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static unsigned char *put_varint(unsigned char *to, uint64_t value)
{
    while (value >= 0x80) {
        *to++ = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    *to++ = (unsigned char)value;
    return to;
}

void cn_varint_add(struct cn_buf *buf, uint64_t value)
{
    unsigned char bytes[VARINT_MAX_BYTES];
    unsigned char *end = put_varint(bytes, value);
    cn_buf_add(buf, (const char *)bytes, (size_t)(end - bytes));
}

void cn_varint_add_signed(struct cn_buf *buf, int64_t value)
{
    cn_varint_add(buf, zigzag(value));
}

void cn_block_begin(struct cn_buf *buf, const struct cn_event *first)
{
    cn_varint_add(buf, VERSION);
    cn_varint_add(buf, zigzag(first->received.us));
    cn_varint_add(buf, zigzag(first->source_id));
}

static size_t varint_bytes(uint64_t value)
{
    size_t bytes = 1;
    while (value >= 0x80) {
        value >>= 7;
        bytes++;
    }
    return bytes;
}

void cn_block_add(struct cn_buf *buf, const struct cn_event *first, const struct cn_event *event)
{
    const cn_str texts[TEXTS] = { event->message_id,    event->name,      event->user_key,
                                  event->anonymous_key, event->group_key, event->previous_key,
                                  event->email,         event->payload };
    unsigned char fixed[FIXED_MAX_BYTES];
    unsigned char *end = fixed;
    *end++ = (unsigned char)event->type;
    end = put_varint(end, zigzag(minus(event->source_id, first->source_id)));
    end = put_varint(end, zigzag(minus(event->received.us, first->received.us)));
    end = put_varint(end, zigzag(minus(event->at.us, event->received.us)));
    size_t len = (size_t)(end - fixed);
    for (size_t i = 0; i < TEXTS; i++) {
        len += varint_bytes(texts[i].len) + texts[i].len;
    }
    char *room = cn_buf_extend(buf, varint_bytes(len) + len);
    if (room == NULL) {
        return; /* the buffer remembers it */
    }
    unsigned char *to = put_varint((unsigned char *)room, len);
    memcpy(to, fixed, (size_t)(end - fixed));
    to += end - fixed;
    for (size_t i = 0; i < TEXTS; i++) {
        to = put_varint(to, texts[i].len);
        if (texts[i].len > 0) {
            memcpy(to, texts[i].ptr, texts[i].len);
            to += texts[i].len;
        }
    }
}

bool cn_varint_take(struct cn_block_reader *reader, uint64_t *value_out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (reader->at == reader->end) {
            return false;
        }
        unsigned char byte = *reader->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value_out = value;
            return true;
        }
    }
    return false;
}

bool cn_varint_take_signed(struct cn_block_reader *reader, int64_t *value_out)
{
    uint64_t value;
    if (!cn_varint_take(reader, &value)) {
        return false;
    }
    *value_out = unzigzag(value);
    return true;
}

static bool damaged(struct cn_error *err)
{
    (void)cn_fail(err, CN_INTERNAL, "block of the event log is damaged");
    return false; /* said here, where the analyser sees it */
}

bool cn_block_open(cn_str block, struct cn_block_reader *reader_out, struct cn_error *err)
{
    struct cn_block_reader reader = { .at = (const unsigned char *)block.ptr };
    uint64_t version;
    uint64_t received;
    uint64_t source;
    reader.end = reader.at + block.len;
    if (!cn_varint_take(&reader, &version) || version != VERSION ||
        !cn_varint_take(&reader, &received) || !cn_varint_take(&reader, &source)) {
        return damaged(err);
    }
    reader.base_received = unzigzag(received);
    reader.base_source = unzigzag(source);
    *reader_out = reader;
    return true;
}

/* Cuts the next record off the front. */
static bool take_record(struct cn_block_reader *reader, struct cn_block_reader *record_out,
                        struct cn_error *err)
{
    uint64_t len;
    if (!cn_varint_take(reader, &len) || len == 0 || len > (size_t)(reader->end - reader->at)) {
        return damaged(err);
    }
    *record_out = *reader;
    record_out->end = reader->at + len;
    reader->at += len;
    return true;
}

bool cn_block_skip(struct cn_block_reader *reader, size_t count, struct cn_error *err)
{
    struct cn_block_reader ignored;
    for (size_t i = 0; i < count; i++) {
        if (!take_record(reader, &ignored, err)) {
            return false;
        }
    }
    return true;
}

static bool take_texts(struct cn_block_reader *record, struct cn_event *event)
{
    cn_str *texts[TEXTS] = { &event->message_id,    &event->name,      &event->user_key,
                             &event->anonymous_key, &event->group_key, &event->previous_key,
                             &event->email,         &event->payload };
    for (size_t i = 0; i < TEXTS; i++) {
        uint64_t len;
        if (!cn_varint_take(record, &len) || len > (size_t)(record->end - record->at)) {
            return false;
        }
        *texts[i] = (cn_str){ (const char *)record->at, (size_t)len };
        record->at += len;
    }
    return record->at == record->end;
}

bool cn_block_next(struct cn_block_reader *reader, struct cn_event *event_out, struct cn_error *err)
{
    struct cn_block_reader record = { 0 };
    struct cn_event event = { 0 };
    uint64_t source;
    uint64_t received;
    uint64_t at;
    if (!take_record(reader, &record, err)) {
        return false;
    }
    unsigned char type = *record.at++;
    if (type >= CN_EVENT_TYPES || !cn_varint_take(&record, &source) ||
        !cn_varint_take(&record, &received) || !cn_varint_take(&record, &at) ||
        !take_texts(&record, &event)) {
        return damaged(err);
    }
    event.type = (enum cn_event_type)type;
    event.source_id = plus(unzigzag(source), reader->base_source);
    event.received.us = plus(unzigzag(received), reader->base_received);
    event.at.us = plus(unzigzag(at), event.received.us);
    event.id = cn_event_id(event.source_id, event.message_id);
    event.subject = cn_subject_of_keys(event.group_key, event.user_key, event.anonymous_key);
    *event_out = event;
    return true;
}

/* Grows the buffer, so that a library can write into it. */
static char *room(struct cn_buf *buf, size_t bytes)
{
    cn_buf_clear(buf);
    if (buf->size < bytes) {
        buf->data = cn_heap_resize(buf->data, bytes);
        buf->size = bytes;
    }
    return buf->data;
}

struct cn_compressor {
    ZSTD_CCtx *context;
    int level;
};

struct cn_compressor *cn_compressor_new(int level)
{
    struct cn_compressor *compressor = cn_heap_resize(NULL, sizeof(*compressor));
    *compressor = (struct cn_compressor){ .context = ZSTD_createCCtx(), .level = level };
    if (compressor->context == NULL) {
        abort(); /* out of memory, as in base/arena.c */
    }
    return compressor;
}

void cn_compressor_free(struct cn_compressor *compressor)
{
    if (compressor != NULL) {
        (void)ZSTD_freeCCtx(compressor->context); /* nothing to report */
        free(compressor);
    }
}

void cn_compress(struct cn_compressor *compressor, cn_str text, struct cn_buf *out)
{
    size_t most = ZSTD_compressBound(text.len);
    char *to = room(out, most);
    size_t len =
        ZSTD_compressCCtx(compressor->context, to, most, text.ptr, text.len, compressor->level);
    if (ZSTD_isError(len)) {
        out->overflowed = true; /* out of memory alone: the room is enough */
        return;
    }
    out->len = len;
}

static bool expand(cn_str stored, char *to, size_t bytes, struct cn_error *err)
{
    size_t len = ZSTD_decompress(to, bytes, stored.ptr, stored.len);
    return (!ZSTD_isError(len) && len == bytes) || damaged(err);
}

/* What a text takes when it is expanded. */
static bool expanded_bytes(cn_str stored, size_t *bytes_out, struct cn_error *err)
{
    unsigned long long bytes = ZSTD_getFrameContentSize(stored.ptr, stored.len);
    if (bytes > EXPANDED_MAX_BYTES) { /* the codes for errors are larger */
        return damaged(err);
    }
    *bytes_out = (size_t)bytes;
    return true;
}

bool cn_codec_expand(enum cn_codec codec, cn_str stored, struct cn_buf *out, cn_str *text_out,
                     struct cn_error *err)
{
    size_t bytes = 0;
    if (codec == CN_CODEC_RAW) {
        *text_out = stored;
        return true;
    }
    if (codec != CN_CODEC_ZSTD) {
        return damaged(err);
    }
    if (!expanded_bytes(stored, &bytes, err) || !expand(stored, room(out, bytes + 1), bytes, err)) {
        return false;
    }
    out->len = bytes;
    *text_out = cn_buf_str(out);
    return true;
}

bool cn_codec_expand_into(struct cn_arena *arena, cn_str stored, cn_str *text_out,
                          struct cn_error *err)
{
    size_t bytes = 0;
    if (!expanded_bytes(stored, &bytes, err)) {
        return false;
    }
    char *to = cn_arena_calloc(arena, bytes + 1, 1);
    if (!expand(stored, to, bytes, err)) {
        return false;
    }
    *text_out = (cn_str){ to, bytes };
    return true;
}
