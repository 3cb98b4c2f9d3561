#include "net/coding.h"

#include "base/str.h"

#include "net/gzip.h"

bool cn_http_takes_gzip(const struct cn_http_exchange *exchange)
{
    cn_str list;
    cn_str item;
    if (!cn_http_header(exchange, "accept-encoding", &list)) {
        return false;
    }
    while (cn_str_split(&list, ',', &item)) {
        item = cn_str_trim(item);
        /* "gzip;q=0" is the only way to say no that clients use. */
        if (cn_str_equal_nocase(item, CN_STR("gzip")) ||
            (cn_str_starts_with(item, CN_STR("gzip;")) && !cn_str_ends_with(item, CN_STR("q=0")))) {
            return true;
        }
    }
    return false;
}

void cn_http_compress(struct cn_http_exchange *exchange, struct cn_buf *body)
{
    struct cn_buf packed;
    cn_http_add_header(exchange, "vary", CN_STR("accept-encoding"));
    if (body->len < CN_HTTP_GZIP_MIN_BYTES || body->len > CN_HTTP_GZIP_MAX_BYTES ||
        !cn_http_takes_gzip(exchange)) {
        return;
    }
    cn_buf_init(&packed, body->len);
    cn_gzip_encode(cn_buf_str(body), CN_HTTP_GZIP_LEVEL, &packed);
    if (packed.overflowed) { /* no shorter than it was */
        cn_buf_deinit(&packed);
        return;
    }
    cn_http_add_header(exchange, "content-encoding", CN_STR("gzip"));
    cn_buf_deinit(body);
    *body = packed;
}
