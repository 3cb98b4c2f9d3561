/*
 * What has to be done now and then: each second the list of rejected events is written, within a
 * minute of midnight ARR and renewal of records follow contracts that began or ended, each ten
 * minutes ended sessions and old changes are deleted.  Internal to api/.
 */
#ifndef CAIRN_API_CHORES_H
#define CAIRN_API_CHORES_H

#include "api/api.h"

struct cn_chores;

/* `options` outlives the result. */
struct cn_chores *cn_chores_new(const struct cn_api_options *options);
void cn_chores_free(struct cn_chores *chores); /* NULL is allowed */

#endif
