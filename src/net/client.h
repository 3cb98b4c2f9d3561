/*
 * HTTP requests that Cairn sends (libcurl): the traffic of the demo, messages to Slack.
 *
 * A client keeps its connections between calls and belongs to one thread.  It follows no redirects
 * and reads at most as much of an answer as it is told.
 */
#ifndef CAIRN_NET_CLIENT_H
#define CAIRN_NET_CLIENT_H

#include "base/buf.h"
#include "base/error.h"

struct cn_http_client;

struct cn_http_call {
    const char *method;
    const char *url;
    const char *const *headers; /* "name: value" */
    size_t header_count;
    cn_str body;
    int64_t timeout_ms;
    bool allows_private; /* addresses that the public internet does not route to */
    cn_str ca_file;      /* whom TLS trusts; "": whom the system does */
};

struct cn_http_client *cn_http_client_new(void);
void cn_http_client_free(struct cn_http_client *client); /* NULL is allowed */

/*
 * Sends and waits.  *body_out, initialised by the caller, gets the answer's body up to its maximum.
 * Any status is a success.  Fails with CN_UNAVAILABLE if no answer came, with CN_DENIED if the
 * address is private and that is not allowed, with CN_INVALID for a URL that is not http or https.
 */
CN_MUST_CHECK bool cn_http_client_call(struct cn_http_client *client,
                                       const struct cn_http_call *call, int *status_out,
                                       struct cn_buf *body_out, struct cn_error *err);

/* Seconds of the last answer's Retry-After header, or 0. */
int64_t cn_http_client_retry_after(const struct cn_http_client *client);

#endif
