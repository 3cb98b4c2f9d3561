/*
 * A mail as text (RFC 5322, MIME): headers, and the same words as plain text and as HTML.
 *
 * What comes from people - names of accounts, reasons - may hold anything: no text can begin a
 * header of its own or end the mail, since control characters are blanked, subjects and names are
 * encoded (RFC 2047) where they are not plain ASCII, and bodies are base64.
 *
 * Not here: sending it (net/mail.h).
 */
#ifndef CAIRN_NET_MIME_H
#define CAIRN_NET_MIME_H

#include "base/buf.h"
#include "base/error.h"

enum {
    CN_MAIL_ADDRESS_MAX_BYTES = 320,
    CN_MAIL_SUBJECT_MAX_BYTES = 200, /* longer ones are cut between characters */
    CN_MAIL_MAX_BYTES = 1 << 20,
};

struct cn_mail_text {
    cn_str from; /* "Cairn <cairn@example.com>", or the address alone */
    cn_str to;   /* an address */
    cn_str subject;
    cn_str message_id; /* without <>: the same for each attempt */
    cn_time date;
    cn_str text; /* lines end with \n */
    cn_str html;
};

/* Borrowed: "cairn@example.com" of either form.  Fails with CN_INVALID for what is no address: one
 * @ between plain ASCII without blanks, quotes or brackets. */
CN_MUST_CHECK bool cn_mail_address(cn_str text, cn_str *address_out, struct cn_error *err);

/* Adds the whole mail, lines ending with \r\n.  Fails with CN_INVALID (an address), CN_TOO_LARGE.
 */
CN_MUST_CHECK bool cn_mail_format(const struct cn_mail_text *mail, struct cn_buf *out,
                                  struct cn_error *err);

#endif
