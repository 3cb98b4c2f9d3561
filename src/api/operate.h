/*
 * What operators read: /healthz, /readyz, /metrics, /openapi.json.  Internal to api/.
 */
#ifndef CAIRN_API_OPERATE_H
#define CAIRN_API_OPERATE_H

#include "api/core.h"

/* Answers and yields true if the path is one of these. */
bool cn_operate(struct cn_api *api, struct cn_http_exchange *exchange);

#endif
