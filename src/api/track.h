/*
 * The tracking API (/v1/...): what SDKs send, as they really send it.
 *
 * Content types are not looked at, gzip is taken with and without its header, a trailing slash and
 * a query are ignored, and nothing is ever redirected.  A bad event is rejected alone; 2xx comes
 * only after the commit.  Everything that may pass by itself - full queue, database gone, disk
 * full, failed sync - answers 429 with whole seconds in Retry-After, decided here and nowhere else,
 * because that is the only answer that every SDK waits for.
 *
 * Internal to api/.
 */
#ifndef CAIRN_API_TRACK_H
#define CAIRN_API_TRACK_H

#include "api/core.h"

struct cn_track;

struct cn_track *cn_track_new(struct cn_api *api);
void cn_track_free(struct cn_track *track); /* NULL is allowed */

/* True if the path belongs to the tracking API. */
bool cn_track_owns(cn_str path);

/* The header is complete: sheds load and sets the body's cap.  Loop thread. */
void cn_track_begin(struct cn_track *track, struct cn_http_exchange *exchange);

void cn_track_handle(struct cn_track *track, struct cn_http_exchange *exchange);

/* A loop has handed over what had arrived: now it is one group for the log. */
void cn_track_turn_over(struct cn_track *track);

/* Answers what net/ refuses by itself. */
void cn_track_refuse(struct cn_track *track, struct cn_http_exchange *exchange, int status,
                     const char *why);

/* Figures for /metrics. */
void cn_track_write_gauges(struct cn_track *track, struct cn_gauges *out);

#endif
