/*
 * An engine under a program, with events of the small world by the hundred.
 */
#ifndef CAIRN_TESTS_UNIT_SPINE_BATCH_H
#define CAIRN_TESTS_UNIT_SPINE_BATCH_H

#include "tests/unit/spine_world.h"

/* So many events, posted at once. */
static inline void world_events(struct spine *spine, struct cn_rng *rng, int64_t count)
{
    struct cn_buf body;
    cn_buf_init(&body, (size_t)BODY_MAX_BYTES * 4);
    cn_buf_printf(&body, "{\"batch\":[");
    for (int64_t i = 0; i < count; i++) {
        cn_buf_printf(&body, "%s", i > 0 ? "," : "");
        world_event(rng, i, SPINE_NOW, &body);
    }
    cn_buf_printf(&body, "]}");
    cn_buf_add(&body, "", 1);
    append_body(spine, cn_buf_str(&body).ptr);
    cn_buf_deinit(&body);
}

/* An engine that runs under the files, to which so many events were posted. */
static inline void world_start(struct spine *spine, const struct cn_program_file *files,
                               size_t file_count, struct cn_rng *rng, int64_t events)
{
    spine_init(spine, NULL);
    open_stores(spine);
    use_program(spine, files, file_count);
    close_stores(spine);
    start(spine);
    world_events(spine, rng, events);
    settle(spine);
}

static inline int world_stop(void **state)
{
    struct spine *spine = *state;
    stop(spine);
    return spine_deinit(spine);
}

#endif
