/*
 * The live stream of /api/v1/stream: what changed, to those who may see it.
 *
 * Changes are gathered for a moment, so that an account that changes a hundred times a second is
 * sent a few times.  Who may see an account is asked when it is sent, by the stream's own unit:
 * its scope, its user's team and, at each look, the account's current owner.  An account that a
 * stream has been sent before and may no longer see is sent as `gone` with its id alone.
 *
 * A stream is told of all accounts, in the order of their changes, some thousands a second at most,
 * until its reader says which it watches.  Then it is told of these alone, at once however many
 * others change, and once a second that others did.  Each stream says its id first.
 *
 * Internal to api/.
 */
#ifndef CAIRN_API_STREAM_H
#define CAIRN_API_STREAM_H

#include "api/route.h"
#include "book/source.h"
#include "net/sse.h"

struct cn_stream_hub;

typedef struct cn_stream_id {
    int64_t value;
} cn_stream_id;
#define CN_STREAM_PREFIX "strm"

enum {
    CN_STREAM_WATCH_MAX = 500, /* accounts of one stream */
};

/* `options` outlives the hub. */
struct cn_stream_hub *cn_stream_hub_new(const struct cn_api_options *options);

/* Ends all streams' hold; the HTTP server must have stopped.  NULL is allowed. */
void cn_stream_hub_free(struct cn_stream_hub *hub);

/* The query of the row that opens a stream. */
struct cn_stream_query {
    bool watch; /* it watches from the start, and nothing at first */
    enum cn_given watch_given;
};

/* Answers the exchange with a stream for the request's unit, or with 503 if there are too many. */
void cn_stream_open(struct cn_stream_hub *hub, struct cn_http_exchange *exchange,
                    const struct cn_request *req);

/* Which accounts the stream is told of from now on, in place of those before; sends each new one as
 * it is.  False unless the user has an open stream of that id in this process. */
bool cn_stream_watch(struct cn_stream_hub *hub, cn_stream_id id, cn_user_id user,
                     const cn_account_id *accounts, size_t count);

void cn_stream_account(struct cn_stream_hub *hub, cn_account_id id);

/* Something arrived from the source: told to admins and ops, once a second at most. */
void cn_stream_source(struct cn_stream_hub *hub, cn_source_id id);

/* Sessions or keys ended: in the next round, within a tenth of a second, streams that were opened
 * by them end.  What ends in another process is noticed within ten seconds. */
void cn_stream_check(struct cn_stream_hub *hub);

/* News of the program's versions. */
void cn_stream_program(struct cn_stream_hub *hub);
void cn_stream_progress(struct cn_stream_hub *hub, const struct cn_progress *progress);

#endif
