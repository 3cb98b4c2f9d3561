/*
 * Signed links: what a message hands to a person, so that one thing can be done without signing in.
 *
 * A link says what it is for, which record, which user and until when, and carries a MAC of all
 * that under a key of the workspace.  Nothing is stored of it.  Whoever has the text can use it: it
 * is for things that harm nobody if done twice or by the wrong hand.
 */
#ifndef CAIRN_BOOK_LINK_H
#define CAIRN_BOOK_LINK_H

#include "book/unit.h"

enum {
    CN_LINK_KEY_BYTES = 32,
    CN_LINK_TEXT_BYTES = 128, /* with the NUL */
};

struct cn_link_key {
    unsigned char bytes[CN_LINK_KEY_BYTES];
};

struct cn_link {
    const char *purpose; /* "acknowledge": a link is good for one */
    const char *prefix;  /* of the record's id */
    int64_t record_id;
    cn_user_id user;
    cn_time until; /* whole seconds count */
};

/* The workspace's key, made if there is none.  In a write. */
CN_MUST_CHECK bool cn_link_key_ensure(const struct cn_unit *unit, struct cn_link_key *key_out,
                                      struct cn_error *err);

/* Letters, digits, '.', '-' and '_'. */
void cn_link_format(const struct cn_link_key *key, const struct cn_link *link,
                    char text_out[CN_LINK_TEXT_BYTES]);

/* *link: purpose and prefix are given, the rest is filled.  Fails with CN_NOT_FOUND for a text that
 * we did not make for that purpose, with CN_GONE if it has expired. */
CN_MUST_CHECK bool cn_link_parse(const struct cn_link_key *key, cn_str text, cn_time now,
                                 struct cn_link *link, struct cn_error *err);

#endif
