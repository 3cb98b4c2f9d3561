#include "net/client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/parse.h"
#include "base/str.h"

#include "net/outbound.h"

struct cn_http_client {
    CURL *curl;
    int64_t retry_after;
};

struct answer {
    struct cn_http_client *client;
    struct cn_buf *body;
};

struct cn_http_client *cn_http_client_new(void)
{
    struct cn_http_client *client = cn_heap_resize(NULL, sizeof(*client));
    *client = (struct cn_http_client){ .curl = curl_easy_init() };
    return client;
}

void cn_http_client_free(struct cn_http_client *client)
{
    if (client != NULL) {
        curl_easy_cleanup(client->curl);
        free(client);
    }
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct answer *answer = arg;
    const size_t len = size * count;
    const size_t room = answer->body->max - answer->body->len;
    cn_buf_add(answer->body, bytes, len < room ? len : room);
    return len; /* what does not fit is read and dropped, so that the connection lives on */
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's signature */
static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
    static const char name[] = "retry-after:";
    struct answer *answer = arg;
    cn_str line = cn_str_trim((cn_str){ bytes, size * count });
    int64_t seconds = 0;
    if (line.len > sizeof(name) - 1 &&
        cn_str_equal_nocase(cn_str_slice(line, 0, sizeof(name) - 1), CN_STR("retry-after:")) &&
        cn_parse_i64(cn_str_trim(cn_str_slice(line, sizeof(name) - 1, line.len)), &seconds)) {
        answer->client->retry_after = seconds;
    }
    return size * count;
}

static bool is_http(const char *url)
{
    cn_str text = cn_str_of(url);
    return cn_str_starts_with(text, CN_STR("http://")) ||
           cn_str_starts_with(text, CN_STR("https://"));
}

/* Options of a fixed, known type do not fail but for memory, which the transfer then reports. */
static void prepare(CURL *curl, const struct cn_http_call *call, struct curl_slist *headers,
                    struct answer *answer)
{
    curl_easy_reset(curl);
    (void)curl_easy_setopt(curl, CURLOPT_URL, call->url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, answer);
    if (call->body.len > 0) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body.ptr);
    }
    if (strcmp(call->method, "HEAD") == 0) {
        (void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    }
}

bool cn_http_client_call(struct cn_http_client *client, const struct cn_http_call *call,
                         int *status_out, struct cn_buf *body_out, struct cn_error *err)
{
    struct answer answer = { client, body_out };
    struct cn_outbound outbound = { .allows_private = call->allows_private,
                                    .ca_file = call->ca_file };
    /* Without "Expect:" libcurl waits a second before it sends a body of more than a megabyte. */
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    long status = 0;
    if (!is_http(call->url)) {
        curl_slist_free_all(headers);
        return cn_fail(err, CN_INVALID, "not an http or https address");
    }
    for (size_t i = 0; i < call->header_count; i++) {
        headers = curl_slist_append(headers, call->headers[i]);
    }
    client->retry_after = 0;
    prepare(client->curl, call, headers, &answer);
    CURLcode rc = cn_outbound_perform(client->curl, &outbound);
    if (rc == CURLE_OK) {
        rc = curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    }
    curl_slist_free_all(headers);
    if (outbound.was_refused) {
        return cn_fail(err, CN_DENIED, "the address is private; see outbound.allow_private");
    }
    if (rc != CURLE_OK) {
        return cn_outbound_fail(&outbound, rc, CN_UNAVAILABLE, "no answer", err);
    }
    *status_out = (int)status;
    return true;
}

int64_t cn_http_client_retry_after(const struct cn_http_client *client)
{
    return client->retry_after;
}
