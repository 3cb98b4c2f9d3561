/*
 * What a request says that direct.c may answer: a POST with a plain body, of which all bytes are
 * there and net/framing.h has found where they end.  Refuses nobody: what it does not take goes to
 * libmicrohttpd.
 *
 * Internal to net/; the header is public for its fuzzer.
 */
#ifndef CAIRN_NET_DIRECT_PARSE_H
#define CAIRN_NET_DIRECT_PARSE_H

#include "base/arena.h"

enum {
    CN_DIRECT_FIELDS_MAX = 32, /* more go to libmicrohttpd */
};

struct cn_http_field {
    cn_str name;
    cn_str value; /* without blanks around it */
};

struct cn_direct_request {
    cn_str path;  /* as sent, before any '?' */
    cn_str query; /* as sent, without the '?' */
    struct cn_http_field *fields;
    size_t field_count;
    cn_str body; /* of `text` itself; all else is the arena's */
};

/* `text` begins with the request line and has one request and maybe empty lines after it; its body
 * has body_len bytes.  False: it is not for direct.c. */
bool cn_direct_parse(struct cn_arena *arena, cn_str text, size_t body_len,
                     struct cn_direct_request *request_out);

#endif
