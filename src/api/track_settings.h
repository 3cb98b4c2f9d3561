/*
 * The document that analytics.js asks for before it sends anything: where events go, and that no
 * other integration is wanted.
 *
 * Internal to api/.  Not here: the events themselves (track.h).
 */
#ifndef CAIRN_API_TRACK_SETTINGS_H
#define CAIRN_API_TRACK_SETTINGS_H

#include "net/server.h"

/* For the source of that write key; public_url: where browsers reach the server, or "" for where
 * the request says it went.  *json_out is in buf.  Fails if a text is not UTF-8. */
CN_MUST_CHECK bool cn_track_settings(cn_str public_url, struct cn_http_exchange *exchange,
                                     cn_str key, struct cn_buf *buf, cn_str *json_out,
                                     struct cn_error *err);

#endif
