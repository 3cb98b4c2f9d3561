/*
 * The demo's buttons: what happens to TechCorp, as calls of the public APIs that the browser makes.
 */
#ifndef CAIRN_DEMO_ACTIONS_H
#define CAIRN_DEMO_ACTIONS_H

#include "api/api.h"

struct cn_demo_buttons_source {
    struct cn_db *db;
    struct cn_id_source *ids;
    const struct cn_clock *clock;
    uint64_t seed;
};

/* For struct cn_api_demo: arg is a struct cn_demo_buttons_source.  The calls fit the records as
 * they are now, so they are asked for anew after each press. */
CN_MUST_CHECK bool cn_demo_actions(void *arg, struct cn_arena *arena,
                                   struct cn_demo_buttons *buttons_out, struct cn_error *err);

#endif
