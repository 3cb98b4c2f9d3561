/*
 * What has to be done now and then: each second the list of rejected events is written, within a
 * minute of midnight ARR and renewal of records follow contracts that began or ended, each ten
 * minutes ended sessions and old changes are deleted.  Each minute, and at the end, the last uses
 * of API keys are written.  Internal to api/.
 */
#ifndef CAIRN_API_CHORES_H
#define CAIRN_API_CHORES_H

#include "api/api.h"

struct cn_chores;

struct cn_key_uses; /* api/key_use.h */

/* `options` and `key_uses` outlive the result. */
struct cn_chores *cn_chores_new(const struct cn_api_options *options, struct cn_key_uses *key_uses);
void cn_chores_free(struct cn_chores *chores); /* NULL is allowed */

#endif
