/* /api/v1/stream: what changes live, and which accounts a stream is told of. */
#include "api/access.h"
#include "api/accounts.h"
#include "api/core.h"
#include "api/resources.h"
#include "api/stream.h"

static const struct cn_field query_rows[] = {
    CN_FIELD(struct cn_stream_query, watch, CN_MAY(struct cn_stream_query, watch, BE_ABSENT),
             .doc = "true: nothing is told of accounts until watchAccounts says of which"),
};
static const struct cn_fields query_fields =
    CN_FIELDS("StreamQuery", struct cn_stream_query, query_rows);

struct stream_path {
    cn_stream_id stream_id;
};
static const struct cn_field path_rows[] = {
    CN_FIELD_OF_ID(struct stream_path, stream_id, CN_STREAM_PREFIX,
                   .doc = "the stream, as its first event named it"),
};
static const struct cn_fields path_fields = CN_FIELDS("StreamPath", struct stream_path, path_rows);

struct watch_body {
    struct {
        cn_account_id *items;
        size_t count;
    } accounts;
};
static const struct cn_field account_item = { .type = CN_FIELD_ID, .id_prefix = CN_ACCOUNT_PREFIX };
static const struct cn_field watch_rows[] = {
    CN_FIELD_OF_LIST(struct watch_body, accounts, &account_item, .max = CN_STREAM_WATCH_MAX,
                     .doc = "that it is told of from now on, and of no others"),
};
static const struct cn_fields watch_fields = CN_FIELDS("Watch", struct watch_body, watch_rows);

static bool handle_watch(const struct cn_request *req, struct cn_response *res,
                         struct cn_error *err)
{
    const struct stream_path *path = req->path;
    const struct watch_body *body = req->body;
    (void)res; /* has no content */
    return cn_stream_watch(req->api->streams, path->stream_id, req->caller->user,
                           body->accounts.items, body->accounts.count) ||
           cn_fail(err, CN_NOT_FOUND, "no such stream is open");
}

static const struct cn_route live_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/stream",
      .access = CN_READERS,
      .query = &query_fields,
      .response = &cn_account_news_fields,
      .kind = CN_RESPONSE_EVENTS,
      .success_status = 200,
      .operation = "stream",
      .doc = "What changes: events named stream (its id, first of all), account, others, progress, "
             "program (of its versions) and sources" },
    { .method = CN_PUT,
      .path = "/api/v1/stream/{stream_id}",
      .access = CN_READERS,
      .path_params = &path_fields,
      .body = &watch_fields,
      .kind = CN_RESPONSE_EMPTY,
      .run = CN_RUN_SLOW,
      .failures = CN_FAILS(CN_NOT_FOUND),
      .success_status = 204,
      .handler = handle_watch,
      .operation = "watchAccounts",
      .doc = "Say which accounts a stream is told of; of the others it hears that some changed" },
};

const struct cn_route_table cn_api_live = CN_ROUTE_TABLE(live_routes);
