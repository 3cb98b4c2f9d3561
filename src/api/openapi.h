#ifndef CAIRN_API_OPENAPI_H
#define CAIRN_API_OPENAPI_H

#include "base/buf.h"
#include "base/error.h"

/* Adds the OpenAPI 3.1 document of all routes to `buf`.  The same text for the same program. */
CN_MUST_CHECK bool cn_openapi_write(struct cn_buf *buf, struct cn_error *err);

#endif
