/*
 * An engine as it was at a past moment, for questions as known; for engine/asof.c only.
 */
#ifndef CAIRN_ENGINE_ASOF_KNOWN_H
#define CAIRN_ENGINE_ASOF_KNOWN_H

#include "engine/engine.h"

struct cn_asof_known;

struct cn_asof_then {
    struct cn_engine *engine; /* never started; not to be changed */
    bool is_known;            /* false: nothing was, and there is no engine */
    cn_time clock;            /* for what depends on time */
    int64_t tick;             /* the last before, or at, the moment */
    char limit[200];          /* why the promise of replay does not reach all of it, or "" */
};

/* Fails with CN_UNAVAILABLE if another one is open, and with CN_INVALID if the log does not reach
 * back.  To be closed after success alone. */
CN_MUST_CHECK bool cn_asof_known_open(struct cn_engine *live, cn_time at,
                                      struct cn_asof_known **known_out,
                                      struct cn_asof_then *then_out, struct cn_error *err);
void cn_asof_known_close(struct cn_asof_known *known);

#endif
