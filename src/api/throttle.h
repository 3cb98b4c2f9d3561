/*
 * Counts failed sign-ins, by account and by address, over a moving window.
 *
 * Memory is bounded: when the table is full, the entry that is oldest of the few looked at gives
 * way.  Internal to api/.
 */
#ifndef CAIRN_API_THROTTLE_H
#define CAIRN_API_THROTTLE_H

#include "base/base.h"

struct cn_throttle;

struct cn_throttle *cn_throttle_new(int64_t window_us);
void cn_throttle_free(struct cn_throttle *throttle); /* NULL is allowed */

/* True if fewer than `max` failures of `kind` and `key` lie within the window; else *wait_s_out
 * says after how many seconds it may be tried again. */
bool cn_throttle_allows(struct cn_throttle *throttle, char kind, cn_str key, int64_t max,
                        cn_time now, int64_t *wait_s_out);

void cn_throttle_count(struct cn_throttle *throttle, char kind, cn_str key, cn_time now);

/* After a success. */
void cn_throttle_forget(struct cn_throttle *throttle, char kind, cn_str key);

#endif
