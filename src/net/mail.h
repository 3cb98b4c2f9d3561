/*
 * Sending a mail by SMTP (libcurl).
 *
 * A sender keeps its connection between mails and belongs to one thread.
 *
 * Not here: what a mail looks like (net/mime.h), when it is tried again (job/sender.h).
 */
#ifndef CAIRN_NET_MAIL_H
#define CAIRN_NET_MAIL_H

#include "base/error.h"

struct cn_mailer;

enum cn_mail_tls {
    CN_MAIL_STARTTLS, /* on the connection, or no mail */
    CN_MAIL_TLS,      /* from the first byte */
    CN_MAIL_PLAIN,
    CN_MAIL_TLS_COUNT
};

extern const char *const cn_mail_tls_names[CN_MAIL_TLS_COUNT];

/* Borrowed: it outlives the mailer. */
struct cn_mail_server {
    cn_str host; /* "": there is none */
    int64_t port;
    enum cn_mail_tls tls;
    cn_str user; /* "": without signing in */
    cn_str password;
    int64_t timeout_ms;
    bool allows_private; /* addresses that the public internet does not route to */
    cn_str ca_file;      /* whom TLS trusts; "": whom the system does */
};

struct cn_mailer *cn_mailer_new(const struct cn_mail_server *server);
void cn_mailer_free(struct cn_mailer *mailer); /* NULL is allowed */

/*
 * Hands the mail to the server and returns when it has taken it.  Addresses are those of
 * cn_mail_address(); text is a whole mail.
 *
 * Fails with CN_UNAVAILABLE if no mail can be handed over now, with CN_TOO_MANY if the server does
 * not take this one now, with CN_INVALID if it refuses this one for good; with CN_DENIED if its
 * address is private and that is not allowed.  The message holds what the server said.
 */
CN_MUST_CHECK bool cn_mailer_send(struct cn_mailer *mailer, cn_str from, cn_str to, cn_str text,
                                  struct cn_error *err);

#endif
