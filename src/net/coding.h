/*
 * Content coding of answers: gzip, for clients that take it.
 *
 * Not for streams, whose events must not wait for a block to fill, nor for answers with a strong
 * entity tag, which would have to differ by coding.
 */
#ifndef CAIRN_NET_CODING_H
#define CAIRN_NET_CODING_H

#include "net/server.h"

enum {
    CN_HTTP_GZIP_MIN_BYTES = 1400,             /* what is shorter fits into one packet as it is */
    CN_HTTP_GZIP_MAX_BYTES = 16 * 1024 * 1024, /* what is longer would take a thread too long */
    CN_HTTP_GZIP_LEVEL = 3, /* of 9: three quarters of what the highest saves, for a third */
};

/* Whether Accept-Encoding names gzip. */
bool cn_http_takes_gzip(const struct cn_http_exchange *exchange);

/* Replaces *body by its gzip form and says so in the header, if the client takes it and it is worth
 * it; says in any case that the answer varies by coding.  Takes about 15 ms a megabyte. */
void cn_http_compress(struct cn_http_exchange *exchange, struct cn_buf *body);

#endif
