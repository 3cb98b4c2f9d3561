/*
 * Growing text with a mandatory maximum, for output whose size an outsider can influence.
 *
 * Adding reports nothing: what does not fit is dropped whole and `overflowed` stays set, so that
 * the producer checks once at its end.  Lives on the heap, because it outgrows arenas.
 */
#ifndef CAIRN_BASE_BUF_H
#define CAIRN_BASE_BUF_H

#include "base/base.h"

struct cn_buf {
    char *data;
    size_t len;
    size_t size;
    size_t max; /* never more bytes than this */
    bool overflowed;
};

/* Prepares *buf without allocating. */
void cn_buf_init(struct cn_buf *buf, size_t max_bytes);

/* Frees the text.  Safe on a zeroed buffer and safe to call twice. */
void cn_buf_deinit(struct cn_buf *buf);

void cn_buf_add(struct cn_buf *buf, const char *bytes, size_t len);

void cn_buf_add_str(struct cn_buf *buf, cn_str text);

/* Adds that many bytes, at least one, not set yet, and yields where they are, until the next add;
 * NULL if they do not fit. */
char *cn_buf_extend(struct cn_buf *buf, size_t len);

/* At most 511 bytes at a time; that is asserted. */
void cn_buf_printf(struct cn_buf *buf, const char *fmt, ...) CN_PRINTF(2, 3);

void cn_buf_clear(struct cn_buf *buf); /* keeps the memory */

/* Borrowed until the next add or deinit. */
cn_str cn_buf_str(const struct cn_buf *buf);

#endif
