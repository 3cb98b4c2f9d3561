/*
 * Where requests begin and end in the bytes of a connection, by the strict reading of RFC 9112.
 *
 * libmicrohttpd forgives what two parsers may read differently.  This follows its input beside it
 * and says from which request on the bytes are not to be trusted; such a request is refused, so
 * nothing can be smuggled past a proxy.  Holds no bytes; never allocates.
 *
 * Internal to net/; the header is public for its unit test and its fuzzer.
 */
#ifndef CAIRN_NET_FRAMING_H
#define CAIRN_NET_FRAMING_H

#include "base/base.h"

enum {
    CN_FRAMING_NAME_BYTES = 24,
    CN_FRAMING_VALUE_BYTES = 24,
};

struct cn_framing {
    int state;
    int64_t requests;    /* begun so far; the current one has the index requests - 1 */
    int64_t bad_request; /* index of the first that is refused; valid if why is not NULL */
    const char *why;     /* static text, or NULL */
    char name[CN_FRAMING_NAME_BYTES]; /* of the current field, in lower case, cut */
    char value[CN_FRAMING_VALUE_BYTES];
    size_t name_len; /* as sent, may be more than is kept */
    size_t value_len;
    size_t digits;
    char version[8]; /* last bytes of the request line */
    uint64_t length; /* Content-Length */
    uint64_t left;   /* of the body or the chunk */
    bool has_length;
    bool has_coding;
    bool has_host;
    bool in_trailer;
};

/* A zeroed struct is a connection of which nothing was read yet. */
void cn_framing_feed(struct cn_framing *framing, const char *bytes, size_t len);

/* Whether the last byte fed was the last of a request, or none was fed. */
bool cn_framing_is_between(const struct cn_framing *framing);

/* Why request `index` (from 0) must be refused, or NULL. */
const char *cn_framing_problem(const struct cn_framing *framing, int64_t index);

#endif
