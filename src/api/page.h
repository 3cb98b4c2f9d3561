/*
 * Pages that the server writes itself, for a person who came by a link in a message: without the
 * web app, without a script, without being signed in.
 */
#ifndef CAIRN_API_PAGE_H
#define CAIRN_API_PAGE_H

#include "base/buf.h"

#define CN_PAGE_MEDIA_TYPE   "text/html" /* of the route */
#define CN_PAGE_CONTENT_TYPE "text/html; charset=utf-8"

/* Nothing is loaded, and nobody frames it; its one form goes to where it came from. */
#define CN_PAGE_POLICY                                                                            \
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; " \
    "base-uri 'none'"

/* Adds the page up to what is said below the title, and its end. */
void cn_page_begin(struct cn_buf *out, cn_str title);
void cn_page_end(struct cn_buf *out);

/* Text of people, escaped. */
void cn_page_text(struct cn_buf *out, cn_str text);

#endif
