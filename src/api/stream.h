/*
 * The live stream of /api/v1/stream: what changed, to those who may see it.
 *
 * Changes are gathered for a moment, so that an account that changes a hundred times a second is
 * sent once or twice.  Who may see an account is asked when it is sent, by the stream's own unit:
 * its scope, its user's team and, at each look, the account's current owner.  An account that a
 * stream has been sent before and may no longer see is sent as `gone` with its id alone.
 *
 * Internal to api/.
 */
#ifndef CAIRN_API_STREAM_H
#define CAIRN_API_STREAM_H

#include "api/route.h"
#include "book/source.h"
#include "net/sse.h"

struct cn_stream_hub;

/* `options` outlives the hub. */
struct cn_stream_hub *cn_stream_hub_new(const struct cn_api_options *options);

/* Ends all streams' hold; the HTTP server must have stopped.  NULL is allowed. */
void cn_stream_hub_free(struct cn_stream_hub *hub);

/* Answers the exchange with a stream for that unit, or with 503 if there are too many. */
void cn_stream_open(struct cn_stream_hub *hub, struct cn_http_exchange *exchange,
                    const struct cn_unit *unit, const struct cn_caller *caller);

void cn_stream_account(struct cn_stream_hub *hub, cn_account_id id);

/* Something arrived from the source: told to admins and ops, once a second at most. */
void cn_stream_source(struct cn_stream_hub *hub, cn_source_id id);
void cn_stream_progress(struct cn_stream_hub *hub, const struct cn_progress *progress);

#endif
