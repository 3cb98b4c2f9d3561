/*
 * gzip bodies (zlib), with a cap on what they decode to, so that a bomb costs no more than a body.
 */
#ifndef CAIRN_NET_GZIP_H
#define CAIRN_NET_GZIP_H

#include "base/buf.h"
#include "base/error.h"

/* Begins with gzip's magic number; no JSON text does. */
bool cn_gzip_is(cn_str bytes);

/*
 * Decodes all members of `bytes` into *out, which the caller has initialised; its maximum is the
 * cap.  Fails with CN_TOO_LARGE over the cap, and with CN_MALFORMED if it is damaged or cut.
 */
CN_MUST_CHECK bool cn_gzip_decode(cn_str bytes, struct cn_buf *out, struct cn_error *err);

/* Encodes at a level of 1, fast, to 9, small. */
void cn_gzip_encode(cn_str bytes, int level, struct cn_buf *out);

#endif
