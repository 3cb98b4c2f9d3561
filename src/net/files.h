/*
 * Files built into the program, served over HTTP: the web app.
 *
 * Each has a strong ETag.  "x.js.gz" beside "x.js" is sent to clients that take gzip.  Files under
 * assets/ carry a hash in their name and are cached for a year; all others are asked for again each
 * time.  Pages get the strict security headers of the app.
 */
#ifndef CAIRN_NET_FILES_H
#define CAIRN_NET_FILES_H

#include "base/embedded.h"

#include "net/server.h"

struct cn_http_files;

/* `files` must outlive the result. */
struct cn_http_files *cn_http_files_new(const struct cn_embedded_file *files, size_t count);
void cn_http_files_free(struct cn_http_files *files); /* NULL is allowed */

/*
 * Answers a GET or HEAD for `path` ("/assets/app.js"; "/" is index.html) and yields true; false if
 * there is no such file.  `path` is only ever compared with the names in the table.
 */
bool cn_http_files_serve(const struct cn_http_files *files, struct cn_http_exchange *exchange,
                         cn_str path);

/* The headers that every page of ours carries: a strict CSP, no framing, no referrer. */
void cn_http_add_page_headers(struct cn_http_exchange *exchange);

#endif
