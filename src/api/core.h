/*
 * What the files of api/ share: the struct behind cn_api, and answering.  Internal to api/.
 */
#ifndef CAIRN_API_CORE_H
#define CAIRN_API_CORE_H

#include <stdatomic.h>

#include "base/workers.h"

#include "api/route.h"
#include "book/source.h"
#include "net/files.h"

enum {
    CN_API_POOLS = CN_RUN_EXPLAIN + 1,
    CN_API_RESPONSE_MAX_BYTES = 64 * 1024 * 1024,
    CN_REQUEST_ID_BYTES = CN_ID_TEXT_BYTES,
};

struct cn_api {
    struct cn_api_options options;
    struct cn_http_server *http;
    struct cn_workers *pools[CN_API_POOLS]; /* by enum cn_route_run */
    struct cn_http_files *files;
    struct cn_source_cache *sources;
    struct cn_stream_hub *streams;        /* api/stream.h */
    struct cn_key_uses *key_uses;         /* api/key_use.h */
    struct cn_chores *chores;             /* api/chores.h */
    struct cn_backtest_runner *backtests; /* api/backtest_runner.h */
    struct cn_track *track;               /* api/track.h */
    struct cn_throttle *throttle;         /* api/throttle.h */
    struct cn_parsers *parsers;           /* api/parsers.h */
    struct cn_buf openapi;                /* the document, made once */
    _Atomic bool is_ready;
    _Atomic int64_t answers[6]; /* by the first digit of the status, for /metrics */
};

/* The name of a pool: "read", "write", "slow", "explain". */
extern const char *const cn_route_run_names[CN_API_POOLS];

/* A request id for logs and problem documents. */
void cn_api_request_id(struct cn_api *api, char text_out[CN_REQUEST_ID_BYTES]);

/* Answers with a problem document, and logs what is our fault. */
void cn_api_fail(struct cn_api *api, struct cn_http_exchange *exchange, const struct cn_error *err,
                 const struct cn_diagnostics *problems, cn_str request_id);

/* Answers with JSON or text that `body` holds. */
void cn_api_send(struct cn_api *api, struct cn_http_exchange *exchange, int status,
                 const char *media_type, struct cn_buf *body);

/* Counts an answer that was sent without the two above. */
void cn_api_count(struct cn_api *api, int status);

/* Handles a request for a path under /api/v1/, on the loop thread. */
void cn_dispatch(struct cn_api *api, struct cn_http_exchange *exchange);

#endif
