#include "net/gzip.h"

#include <limits.h>
#include <zlib.h>

enum {
    GZIP_ONLY = 15 + 16, /* window bits, and no other format than gzip */
    CHUNK_BYTES = 32 * 1024
};

bool cn_gzip_is(cn_str bytes)
{
    return bytes.len >= 2 && (unsigned char)bytes.ptr[0] == 0x1f &&
           (unsigned char)bytes.ptr[1] == 0x8b;
}

/* Decodes one member from the front of what the stream has left. */
static bool decode_member(z_stream *stream, struct cn_buf *out, struct cn_error *err)
{
    char chunk[CHUNK_BYTES];
    int rc = Z_OK;
    while (rc != Z_STREAM_END) {
        stream->next_out = (Bytef *)chunk;
        stream->avail_out = sizeof(chunk);
        rc = inflate(stream, Z_NO_FLUSH);
        if (rc != Z_OK && rc != Z_STREAM_END) {
            return cn_fail(err, CN_MALFORMED, "the gzip body is damaged or cut");
        }
        cn_buf_add(out, chunk, sizeof(chunk) - stream->avail_out);
        if (out->overflowed) {
            return cn_fail(err, CN_TOO_LARGE, "the body decodes to more than %zu bytes", out->max);
        }
    }
    return true;
}

bool cn_gzip_decode(cn_str bytes, struct cn_buf *out, struct cn_error *err)
{
    if (bytes.len == 0 || bytes.len > INT_MAX) {
        return cn_fail(err, CN_MALFORMED, "the gzip body is empty or too long");
    }
    z_stream stream = { .next_in = (Bytef *)(uintptr_t)bytes.ptr, /* not written to */
                        .avail_in = (uInt)bytes.len };
    if (inflateInit2(&stream, GZIP_ONLY) != Z_OK) {
        return cn_fail(err, CN_INTERNAL, "zlib does not start");
    }
    bool ok = decode_member(&stream, out, err);
    while (ok && stream.avail_in > 0) {
        ok = inflateReset(&stream) == Z_OK ? decode_member(&stream, out, err)
                                           : cn_fail(err, CN_INTERNAL, "zlib does not restart");
    }
    (void)inflateEnd(&stream); /* only frees */
    return ok;
}

void cn_gzip_encode(cn_str bytes, int level, struct cn_buf *out)
{
    char chunk[CHUNK_BYTES];
    z_stream stream = { .next_in = (Bytef *)(uintptr_t)bytes.ptr, .avail_in = (uInt)bytes.len };
    if (deflateInit2(&stream, level, Z_DEFLATED, GZIP_ONLY, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        out->overflowed = true;
        return;
    }
    int rc = Z_OK;
    while (rc == Z_OK) {
        stream.next_out = (Bytef *)chunk;
        stream.avail_out = sizeof(chunk);
        rc = deflate(&stream, Z_FINISH);
        cn_buf_add(out, chunk, sizeof(chunk) - stream.avail_out);
    }
    (void)deflateEnd(&stream); /* only frees */
}
