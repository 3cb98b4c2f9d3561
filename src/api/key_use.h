/*
 * When API keys were last used: kept in memory, and written at most once an hour a key.
 *
 * Whoever signs a request in asks the key's row, which says when its use was last written; only if
 * that is an hour ago is the use noted here, and no request waits for it to be written.  What was
 * noted and not yet written is lost if the process is killed.  Any thread may call.
 *
 * Internal to api/.
 */
#ifndef CAIRN_API_KEY_USE_H
#define CAIRN_API_KEY_USE_H

#include "api/api.h"
#include "book/session.h"

struct cn_key_uses;

/* `options` outlives the result. */
struct cn_key_uses *cn_key_uses_new(const struct cn_api_options *options);
void cn_key_uses_free(struct cn_key_uses *uses); /* NULL is allowed */

/* The first use that was not yet written stays the one that counts. */
void cn_key_uses_note(struct cn_key_uses *uses, cn_key_id key, cn_time at);

/* False if nothing is noted of it. */
bool cn_key_uses_get(struct cn_key_uses *uses, cn_key_id key, cn_time *at_out);

/* Writes what was noted, in one transaction; what fails is logged and tried again next time. */
void cn_key_uses_write(struct cn_key_uses *uses);

#endif
