#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void cn_buf_init(struct cn_buf *buf, size_t max_bytes)
{
    *buf = (struct cn_buf){ .max = max_bytes };
}

void cn_buf_deinit(struct cn_buf *buf)
{
    free(buf->data);
    *buf = (struct cn_buf){ .max = buf->max };
}

char *cn_buf_extend(struct cn_buf *buf, size_t len)
{
    if (buf->overflowed || len > buf->max - buf->len) {
        buf->overflowed = true;
        return NULL;
    }
    if (len > buf->size - buf->len) {
        size_t want = buf->len + len;
        buf->size = want < buf->max / 2 ? want * 2 : buf->max;
        buf->data = cn_heap_resize(buf->data, buf->size);
    }
    char *at = buf->data + buf->len;
    buf->len += len;
    return at;
}

void cn_buf_add(struct cn_buf *buf, const char *bytes, size_t len)
{
    char *to = len > 0 ? cn_buf_extend(buf, len) : NULL;
    if (to != NULL) {
        memcpy(to, bytes, len);
    }
}

cn_str cn_buf_str(const struct cn_buf *buf)
{
    return (cn_str){ .ptr = buf->data != NULL ? buf->data : "", .len = buf->len };
}

void cn_buf_add_str(struct cn_buf *buf, cn_str text)
{
    cn_buf_add(buf, text.ptr, text.len);
}

void cn_buf_printf(struct cn_buf *buf, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    assert(len >= 0 && (size_t)len < sizeof(text)); /* long text goes through cn_buf_add_str() */
    cn_buf_add(buf, text, (size_t)len);
}

void cn_buf_clear(struct cn_buf *buf)
{
    buf->len = 0;
    buf->overflowed = false;
}
