#include "net/mail.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

#include "net/outbound.h"

enum {
    URL_BYTES = 400,
    ADDRESS_BYTES = 340,
    REPLY_BYTES = 160,
    TEXT_BYTES = 300,
};

const char *const cn_mail_tls_names[CN_MAIL_TLS_COUNT] = {
    [CN_MAIL_STARTTLS] = "starttls",
    [CN_MAIL_TLS] = "tls",
    [CN_MAIL_PLAIN] = "none",
};

struct cn_mailer {
    CURL *curl;
    struct cn_mail_server server;
    char url[URL_BYTES];
    char user[TEXT_BYTES];
    char password[TEXT_BYTES];
};

struct sending {
    cn_str rest;
    char reply[REPLY_BYTES]; /* the last refusal */
};

static bool copy_text(char *at, size_t size, cn_str text)
{
    int len = snprintf(at, size, "%.*s", CN_STR_ARG(text));
    return len >= 0 && (size_t)len < size;
}

struct cn_mailer *cn_mailer_new(const struct cn_mail_server *server)
{
    struct cn_mailer *mailer = cn_heap_resize(NULL, sizeof(*mailer));
    *mailer = (struct cn_mailer){ .curl = curl_easy_init(), .server = *server };
    int len = snprintf(mailer->url, sizeof(mailer->url), "%s://%.*s:%lld",
                       server->tls == CN_MAIL_TLS ? "smtps" : "smtp", CN_STR_ARG(server->host),
                       (long long)server->port);
    if (len < 0 || (size_t)len >= sizeof(mailer->url) ||
        !copy_text(mailer->user, sizeof(mailer->user), server->user) ||
        !copy_text(mailer->password, sizeof(mailer->password), server->password)) {
        mailer->url[0] = '\0'; /* nothing is sent with half of a setting */
    }
    return mailer;
}

void cn_mailer_free(struct cn_mailer *mailer)
{
    if (mailer != NULL) {
        curl_easy_cleanup(mailer->curl);
        memset(mailer->password, 0, sizeof(mailer->password));
        free(mailer);
    }
}

static size_t on_read(char *bytes, size_t size, size_t count, void *arg)
{
    struct sending *sending = arg;
    const size_t room = size * count;
    const size_t len = sending->rest.len < room ? sending->rest.len : room;
    memcpy(bytes, sending->rest.ptr, len);
    sending->rest = cn_str_slice(sending->rest, len, sending->rest.len);
    return len;
}

/* libcurl hands on the lines of an SMTP server as if they were headers. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's signature */
static size_t on_reply(char *bytes, size_t size, size_t count, void *arg)
{
    struct sending *sending = arg;
    cn_str line = cn_str_trim((cn_str){ bytes, size * count });
    if (line.len > 3 && (line.ptr[0] == '4' || line.ptr[0] == '5')) {
        size_t len = line.len < REPLY_BYTES - 1 ? line.len : REPLY_BYTES - 1;
        for (size_t i = 0; i < len; i++) {
            bool is_plain = line.ptr[i] >= ' ' && line.ptr[i] < 0x7f;
            sending->reply[i] = (char)(is_plain ? line.ptr[i] : '?');
        }
        sending->reply[len] = '\0';
    }
    return size * count;
}

/* Options of a fixed, known type do not fail but for memory, which the transfer then reports. */
static void prepare(const struct cn_mailer *mailer, const char *from, struct curl_slist *to,
                    struct sending *sending)
{
    CURL *curl = mailer->curl;
    curl_easy_reset(curl);
    (void)curl_easy_setopt(curl, CURLOPT_URL, mailer->url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    (void)curl_easy_setopt(curl, CURLOPT_USE_SSL,
                           mailer->server.tls == CN_MAIL_PLAIN ? (long)CURLUSESSL_NONE
                                                               : (long)CURLUSESSL_ALL);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)mailer->server.timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
    (void)curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
    (void)curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    (void)curl_easy_setopt(curl, CURLOPT_READDATA, sending);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_reply);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, sending);
    if (mailer->user[0] != '\0') {
        (void)curl_easy_setopt(curl, CURLOPT_USERNAME, mailer->user);
        (void)curl_easy_setopt(curl, CURLOPT_PASSWORD, mailer->password);
    }
}

/* A refusal of the sign-in or of TLS is about the settings: once they are put right it works. */
static enum cn_code code_of(CURLcode rc, long status)
{
    bool is_about_settings = rc == CURLE_LOGIN_DENIED || rc == CURLE_USE_SSL_FAILED ||
                             status == 421 || status == 530 || status == 535 || status == 538;
    if (rc == CURLE_COULDNT_CONNECT || rc == CURLE_OPERATION_TIMEDOUT || is_about_settings ||
        status < 400) {
        return CN_UNAVAILABLE;
    }
    return status < 500 ? CN_TOO_MANY : CN_INVALID;
}

static bool fail(CURLcode rc, long status, const struct sending *sending,
                 const struct cn_outbound *outbound, struct cn_error *err)
{
    const enum cn_code code = code_of(rc, status);
    if (sending->reply[0] == '\0' || rc == CURLE_USE_SSL_FAILED) {
        return cn_outbound_fail(outbound, rc, code, "the mail server", err);
    }
    return cn_fail(err, code, "the mail server: %s", sending->reply);
}

bool cn_mailer_send(struct cn_mailer *mailer, cn_str from, cn_str to, cn_str text,
                    struct cn_error *err)
{
    char from_text[ADDRESS_BYTES];
    char to_text[ADDRESS_BYTES];
    struct sending sending = { .rest = text };
    struct cn_outbound outbound = { .allows_private = mailer->server.allows_private,
                                    .ca_file = mailer->server.ca_file };
    long status = 0;
    if (mailer->url[0] == '\0') {
        return cn_fail(err, CN_UNAVAILABLE, "a setting of the mail server is too long");
    }
    (void)snprintf(from_text, sizeof(from_text), "<%.*s>", CN_STR_ARG(from));
    (void)snprintf(to_text, sizeof(to_text), "<%.*s>", CN_STR_ARG(to));
    struct curl_slist *recipients = curl_slist_append(NULL, to_text);
    prepare(mailer, from_text, recipients, &sending);
    const CURLcode rc = cn_outbound_perform(mailer->curl, &outbound);
    (void)curl_easy_getinfo(mailer->curl, CURLINFO_RESPONSE_CODE, &status); /* 0 if it fails */
    curl_slist_free_all(recipients);
    if (outbound.was_refused) {
        return cn_fail(err, CN_DENIED,
                       "the address of the mail server is private; see "
                       "outbound.allow_private");
    }
    return rc == CURLE_OK || fail(rc, status, &sending, &outbound, err);
}
